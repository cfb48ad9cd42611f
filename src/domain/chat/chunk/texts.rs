//! The messages and reasoning items of one answer: which of their texts were told, and as what.

/// An output item that is a message or reasoning.
#[derive(Debug, Default)]
struct Item {
    output_index: Option<u64>,
    id: Option<String>,
    commentary: bool,
    /// The parts of which something was told.
    told: Vec<(Part, u64)>,
    done: bool,
}

/// What a text is upstream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Text,
    Refusal,
    Summary,
    Reasoning,
}

/// What a text is to a chat client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Channel {
    Content,
    Refusal,
    /// `gap`: another part of the reasoning was told before, so a blank line comes first.
    Reasoning {
        gap: bool,
    },
}

#[derive(Debug)]
pub(super) struct Texts {
    commentary_as_reasoning: bool,
    items: Vec<Item>,
    /// The part of the reasoning that was told last.
    reasoning: Option<(usize, Part, u64)>,
}

impl Texts {
    pub(super) fn new(commentary_as_reasoning: bool) -> Self {
        Self { commentary_as_reasoning, items: Vec::new(), reasoning: None }
    }

    /// The place of an item: by output index, then by id, then the last one.
    pub(super) fn item(&mut self, output_index: Option<u64>, id: Option<&str>) -> usize {
        let by_index = output_index.and_then(|i| self.items.iter().rposition(|x| x.output_index == Some(i)));
        let by_id = || id.and_then(|id| self.items.iter().rposition(|x| x.id.as_deref() == Some(id)));
        let last = || match (output_index, id) {
            (None, None) => self.items.len().checked_sub(1),
            _ => None,
        };
        by_index.or_else(by_id).or_else(last).unwrap_or_else(|| {
            self.items.push(Item { output_index, id: id.map(str::to_owned), ..Item::default() });
            self.items.len() - 1
        })
    }

    /// Notes a message's phase.
    pub(super) fn set_commentary(&mut self, at: usize, commentary: bool) {
        self.items[at].commentary = commentary;
    }

    /// Whether an item's text goes to the content.
    pub(super) fn is_content(&self, at: usize) -> bool {
        !(self.items[at].commentary && self.commentary_as_reasoning)
    }

    /// Notes that an item is done. `false` when it was already.
    pub(super) fn close(&mut self, at: usize) -> bool {
        !std::mem::replace(&mut self.items[at].done, true)
    }

    /// Whether anything was told of this part.
    pub(super) fn was_told(&self, at: usize, part: Part, part_index: u64) -> bool {
        self.items[at].told.contains(&(part, part_index))
    }

    /// Whether anything of this sort was told of the item.
    pub(super) fn has_told(&self, at: usize, part: Part) -> bool {
        self.items[at].told.iter().any(|(p, _)| *p == part)
    }

    /// Whether anything of this sort was told at all.
    pub(super) fn has_told_any(&self, part: Part) -> bool {
        (0..self.items.len()).any(|at| self.has_told(at, part))
    }

    /// Notes that a part is told now. Gives what it is to the client; `None` when it must not be told.
    pub(super) fn tell(&mut self, at: usize, part: Part, part_index: u64) -> Option<Channel> {
        // Some upstreams tell both the reasoning and its summary: the first to come is enough.
        let twin = match part {
            Part::Summary => Some(Part::Reasoning),
            Part::Reasoning => Some(Part::Summary),
            Part::Text | Part::Refusal => None,
        };
        if twin.is_some_and(|twin| self.has_told(at, twin)) {
            return None;
        }
        if !self.was_told(at, part, part_index) {
            self.items[at].told.push((part, part_index));
        }
        match part {
            Part::Refusal => Some(Channel::Refusal),
            Part::Text if self.is_content(at) => Some(Channel::Content),
            Part::Text | Part::Summary | Part::Reasoning => {
                let key = (at, part, part_index);
                let gap = self.reasoning.replace(key).is_some_and(|last| last != key);
                Some(Channel::Reasoning { gap })
            }
        }
    }
}
