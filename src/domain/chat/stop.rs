//! Stop sequences, looked for here, since the subscription backend takes none.
//!
//! An answer ends before the sequence that is complete first, as it would if the model had stopped there. So the place
//! does not depend on how the text was cut into pieces, and what a stream told is what a whole answer is cut to.

use serde_json::Value;

/// Cuts the items of an answer to what the client of a chat got, whose stop sequences ended it; whether one did. The
/// message that it is in ends before it, and the items behind were never told. A message of which nothing is left goes,
/// and with it the reasoning before it, which the upstream takes only together with what it led to.
pub fn cut_items(items: &mut Vec<Value>, stops: &[String]) -> bool {
    let Some(mut filter) = StopFilter::new(stops) else { return false };
    let found = items.iter().enumerate().find_map(|(at, item)| {
        let texts = parts(item).filter_map(|part| part["text"].as_str());
        let (shown, stopped) = filter.push(&texts.collect::<String>());
        // A sequence does not reach over two messages.
        filter.flush();
        stopped.then_some((at, shown.len()))
    });
    let Some((at, length)) = found else { return false };
    items.truncate(at + 1);
    if cut_message(&mut items[at], length) {
        items.truncate(at);
        while items.last().is_some_and(|item| item["type"] == "reasoning") {
            items.pop();
        }
    }
    true
}

/// The parts of a message that stop sequences are looked for in.
fn parts(item: &Value) -> impl Iterator<Item = &Value> {
    let content = item["content"].as_array().filter(|_| item["type"] == "message");
    content.into_iter().flatten().filter(|part| part["type"] == "output_text")
}

/// Leaves the first `length` bytes of a message's text; whether nothing is left of the message.
fn cut_message(item: &mut Value, length: usize) -> bool {
    item["status"] = "incomplete".into();
    let Some(content) = item["content"].as_array_mut() else { return true };
    let mut left = length;
    content.retain_mut(|part| {
        if part["type"] != "output_text" {
            return true;
        }
        let text = part["text"].as_str().unwrap_or_default();
        let kept = text.len().min(left);
        left -= kept;
        if kept < text.len() {
            part["text"] = text[..kept].into();
            // They count characters of a text that is no longer whole.
            part["annotations"] = Value::Array(Vec::new());
        }
        kept > 0
    });
    content.is_empty()
}

/// Finds the first stop sequence in a text, wherever the text's pieces are cut.
#[derive(Debug)]
pub(super) struct StopFilter {
    stops: Vec<String>,
    /// The end of the text so far that may be the start of a stop sequence.
    held: String,
}

impl StopFilter {
    /// `None` when there is nothing to look for.
    pub(super) fn new(stops: &[String]) -> Option<Self> {
        let stops: Vec<String> = stops.iter().filter(|s| !s.is_empty()).cloned().collect();
        (!stops.is_empty()).then(|| Self { stops, held: String::new() })
    }

    /// The text that may be shown now, and whether the answer ends with it.
    pub(super) fn push(&mut self, text: &str) -> (String, bool) {
        let mut ready = std::mem::take(&mut self.held);
        ready.push_str(text);
        let found = self.stops.iter().filter_map(|s| ready.find(s.as_str()).map(|at| (at + s.len(), at)));
        if let Some((_, at)) = found.min() {
            ready.truncate(at);
            return (ready, true);
        }
        self.held = ready.split_off(ready.len() - self.possible_start(&ready));
        (ready, false)
    }

    /// What was held back, when no more text of this message comes.
    pub(super) fn flush(&mut self) -> String {
        std::mem::take(&mut self.held)
    }

    /// The length of the longest end of `text` that a stop sequence begins with.
    fn possible_start(&self, text: &str) -> usize {
        let longest = self.stops.iter().map(|s| s.len() - 1).max().unwrap_or(0).min(text.len());
        (text.len() - longest..text.len())
            .filter(|from| text.is_char_boundary(*from))
            .find(|from| self.stops.iter().any(|s| s.starts_with(&text[*from..])))
            .map_or(0, |from| text.len() - from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn run(stops: &[&str], pieces: &[&str]) -> (String, bool) {
        let stops: Vec<String> = stops.iter().map(|s| (*s).to_owned()).collect();
        let mut filter = StopFilter::new(&stops).expect("has stops");
        let mut shown = String::new();
        for piece in pieces {
            let (text, stopped) = filter.push(piece);
            shown.push_str(&text);
            if stopped {
                return (shown, true);
            }
        }
        shown.push_str(&filter.flush());
        (shown, false)
    }

    #[test]
    fn a_stop_sequence_split_over_pieces_is_found_and_never_shown() {
        assert_eq!(run(&["END"], &["to the E", "N", "D and on"]), ("to the ".into(), true));
        assert_eq!(run(&["END"], &["to the E", "N", "E"]), ("to the ENE".into(), false));
    }

    fn message(texts: &[&str]) -> Value {
        let part = |text: &&str| json!({"type": "output_text", "text": text, "annotations": [1]});
        let content: Vec<Value> = texts.iter().map(part).collect();
        json!({"type": "message", "role": "assistant", "status": "completed", "content": content})
    }

    fn cut(items: &[Value], stops: &[&str]) -> (Vec<Value>, bool) {
        let stops: Vec<String> = stops.iter().map(|s| (*s).to_owned()).collect();
        let mut items = items.to_vec();
        let stopped = cut_items(&mut items, &stops);
        (items, stopped)
    }

    #[test]
    fn the_items_of_an_answer_end_where_the_client_was_cut_off() {
        let reasoning = json!({"type": "reasoning", "encrypted_content": "x"});
        let call = json!({"type": "function_call", "name": "f", "arguments": "END"});
        let items = [reasoning.clone(), message(&["one ", "two EN", "D three", "four"]), call.clone()];
        let (left, stopped) = cut(&items, &["END"]);
        let mut expected = message(&["one ", "two "]);
        expected["status"] = "incomplete".into();
        expected["content"][1]["annotations"] = json!([]);
        assert_eq!((left, stopped), (vec![reasoning.clone(), expected], true));
        for stops in [&["never"][..], &[], &[""]] {
            assert_eq!(cut(&items, stops), (items.to_vec(), false));
        }
        // Not over two messages, and in no arguments.
        let apart = [message(&["E"]), message(&["ND"]), call.clone()];
        assert_eq!(cut(&apart, &["END"]), (apart.to_vec(), false));
        // Nothing of the message was told.
        let behind = [message(&["said"]), reasoning.clone(), reasoning, message(&["END"]), call];
        assert_eq!(cut(&behind, &["END"]), (vec![message(&["said"])], true));
    }

    proptest! {
        #[test]
        fn the_cut_does_not_depend_on_where_the_pieces_end(
            text in "[abé]{0,30}",
            stops in prop::collection::vec("[abé]{1,4}", 1..3),
            cuts in prop::collection::vec(0usize..60, 0..6),
        ) {
            let stops: Vec<&str> = stops.iter().map(String::as_str).collect();
            let mut at: Vec<usize> = cuts.into_iter().filter(|c| text.is_char_boundary(*c)).collect();
            at.extend([0, text.len()]);
            at.retain(|c| *c <= text.len());
            at.sort_unstable();
            let pieces: Vec<&str> = at.windows(2).map(|w| &text[w[0]..w[1]]).collect();
            prop_assert_eq!(run(&stops, &pieces), run(&stops, &[&text]));
            let first = stops.iter().filter_map(|s| text.find(s).map(|at| (at + s.len(), at))).min();
            let shown = first.map_or(&text[..], |(_, at)| &text[..at]);
            prop_assert_eq!(run(&stops, &pieces), (shown.to_owned(), first.is_some()));
        }
    }
}
