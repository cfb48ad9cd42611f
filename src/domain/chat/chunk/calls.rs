//! The tool calls of one answer: announced once, arguments once, whatever order the upstream tells them in.

use super::frame::json;
use super::wire::Piece;
use crate::domain::chat::names::ToolNames;
use serde_json::Value;

#[derive(Debug, Default)]
pub(super) struct Calls {
    calls: Vec<Call>,
    /// How many have been announced: the chat index counts these and not the upstream's output items.
    announced: usize,
}

#[derive(Debug, Default)]
struct Call {
    output_index: Option<u64>,
    item_id: Option<String>,
    /// The `call_id`, by which the client answers it.
    id: Option<String>,
    name: Option<String>,
    /// The chat index, once the call is announced.
    slot: Option<usize>,
    /// Arguments that came before the name, as the inside of a JSON string.
    held: String,
    /// Whether any arguments came.
    has_arguments: bool,
    /// Nothing more is expected.
    done: bool,
    /// The call that was open when something came for an item that nobody announced.
    stands_for: Option<usize>,
}

impl Calls {
    /// Whether the client has been told of any call.
    pub(super) fn any_announced(&self) -> bool {
        self.announced > 0
    }

    /// `output_item.added` of a call. Gives the members of a delta to send, here and below.
    pub(super) fn added(
        &mut self,
        output_index: Option<u64>,
        item: &Value,
        names: &ToolNames,
    ) -> Option<String> {
        // A second announcement of the same item changes nothing; arguments may have come before the first.
        let known = output_index.and_then(|i| self.calls.iter().rposition(|c| c.output_index == Some(i)));
        let at = match known {
            Some(at) if !self.calls[at].done && self.calls[at].is_same(item) => at,
            _ => self.open(Call { output_index, ..Call::default() }),
        };
        let call = &mut self.calls[at];
        call.stands_for = None;
        call.learn(item);
        self.announce(at, names)
    }

    /// An arguments delta, as the inside of a JSON string.
    pub(super) fn delta(&mut self, piece: &Piece<'_>, raw: &str) -> Option<String> {
        let at = self.find(piece.output_index(), piece.item_id());
        self.append(at, raw)
    }

    /// `…arguments.done`: the arguments, unless they came in deltas.
    pub(super) fn arguments_done(&mut self, piece: &Piece<'_>, raw: &str) -> Option<String> {
        let at = self.find(piece.output_index(), piece.item_id());
        if self.calls[at].has_arguments { None } else { self.append(at, raw) }
    }

    /// `output_item.done` of a call: whatever of it has not been told yet.
    pub(super) fn item_done(
        &mut self,
        output_index: Option<u64>,
        item: &Value,
        names: &ToolNames,
    ) -> Vec<String> {
        let id = item["id"].as_str();
        let call_id = item["call_id"].as_str();
        let at = (call_id.and_then(|id| self.calls.iter().position(|c| c.id.as_deref() == Some(id))))
            .or_else(|| self.position(output_index, id).filter(|at| self.calls[*at].is_same(item)))
            .unwrap_or_else(|| self.open(Call { output_index, ..Call::default() }));
        let call = &mut self.calls[at];
        if call.done {
            return Vec::new();
        }
        call.stands_for = None;
        call.learn(item);
        if call.id.is_none() {
            call.id = Some(id.map_or_else(|| format!("call_{at}"), str::to_owned));
        }
        let mut out: Vec<String> = Vec::new();
        if !call.has_arguments {
            let whole = item["arguments"].as_str().or(item["input"].as_str()).unwrap_or_default();
            let whole = json(whole);
            out.extend(self.append(at, &whole[1..whole.len() - 1]));
        }
        out.extend(self.announce(at, names));
        self.calls[at].done = true;
        out
    }

    /// At the end of the stream: arguments that came under a wrong name go to the call that had none.
    pub(super) fn settle(&mut self) -> Vec<String> {
        let strays: Vec<(usize, String)> = (self.calls.iter_mut())
            .filter(|c| c.slot.is_none())
            .filter_map(|c| Some((c.stands_for?, std::mem::take(&mut c.held))))
            .collect();
        let mut out = Vec::new();
        for (at, raw) in strays {
            if self.calls[at].slot.is_some() && !self.calls[at].has_arguments {
                out.extend(self.append(at, &raw));
            }
        }
        out
    }

    fn open(&mut self, call: Call) -> usize {
        self.calls.push(call);
        self.calls.len() - 1
    }

    /// By output index, then by item id. Of two calls with one index, the id tells which; else it is the later.
    fn position(&self, output_index: Option<u64>, item_id: Option<&str>) -> Option<usize> {
        let has_id = |c: &Call| item_id.is_some() && c.item_id.as_deref() == item_id;
        let has_index = |c: &Call| output_index.is_some() && c.output_index == output_index;
        let last = |wanted: &dyn Fn(&Call) -> bool| self.calls.iter().rposition(wanted);
        last(&|c| has_index(c) && has_id(c)).or_else(|| last(&has_index)).or_else(|| last(&has_id))
    }

    /// The call that a piece of arguments belongs to: by output index, then by item id, then the current one. A
    /// piece with an index of its own that nothing matches is kept apart until its item tells whose it was.
    fn find(&mut self, output_index: Option<u64>, item_id: Option<&str>) -> usize {
        if let Some(at) = self.position(output_index, item_id) {
            return at;
        }
        let current = self.calls.iter().rposition(|c| !c.done && c.stands_for.is_none());
        match (output_index, current) {
            (None, Some(at)) => at,
            _ => self.open(Call {
                output_index,
                item_id: item_id.map(str::to_owned),
                stands_for: current,
                ..Call::default()
            }),
        }
    }

    fn append(&mut self, at: usize, raw: &str) -> Option<String> {
        if raw.is_empty() {
            return None;
        }
        let call = &mut self.calls[at];
        call.has_arguments = true;
        let Some(slot) = call.slot else {
            call.held.push_str(raw);
            return None;
        };
        Some(format!("\"tool_calls\":[{{\"index\":{slot},\"function\":{{\"arguments\":\"{raw}\"}}}}]"))
    }

    /// Tells the client of a call as soon as its name and id are known, with what has been held back.
    fn announce(&mut self, at: usize, names: &ToolNames) -> Option<String> {
        let call = &mut self.calls[at];
        let (None, Some(name), Some(id)) = (call.slot, &call.name, &call.id) else {
            return None;
        };
        let slot = self.announced;
        let text = format!(
            "\"tool_calls\":[{{\"index\":{slot},\"id\":{},\"type\":\"function\",\"function\":{{\"name\":{},\"arguments\":\"{}\"}}}}]",
            json(id),
            json(names.client(name)),
            std::mem::take(&mut call.held),
        );
        call.slot = Some(slot);
        self.announced += 1;
        Some(text)
    }
}

impl Call {
    fn learn(&mut self, item: &Value) {
        let text = |key: &str| item[key].as_str().filter(|t| !t.is_empty()).map(str::to_owned);
        self.item_id = text("id").or(self.item_id.take());
        self.id = self.id.take().or_else(|| text("call_id"));
        self.name = self.name.take().or_else(|| text("name"));
    }

    /// Whether `item` can be this call: two calls may carry one output index when an upstream counts badly.
    fn is_same(&self, item: &Value) -> bool {
        match (&self.id, item["call_id"].as_str()) {
            (Some(mine), Some(its)) => mine == its,
            _ => true,
        }
    }
}
