//! The items of an answer, put together from its events.

use super::event::{Event, EventKind};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Collects items by `output_index`. An item counts as it stands in `output_item.done`; until that comes, and when it
/// never does, it is what its deltas say.
#[derive(Clone, Debug, Default)]
pub(super) struct Output {
    slots: BTreeMap<usize, Slot>,
    /// The slot that the last event belonged to.
    current: Option<usize>,
}

#[derive(Clone, Debug, Default)]
struct Slot {
    item: Map<String, Value>,
    done: bool,
    /// Parts whose text is complete, and parts that are complete, as (list, index).
    full_texts: BTreeSet<(List, usize)>,
    full_parts: BTreeSet<(List, usize)>,
}

/// Where an item has its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum List {
    Content,
    Summary,
}

impl List {
    fn key(self) -> &'static str {
        match self {
            Self::Content => "content",
            Self::Summary => "summary",
        }
    }

    fn index_key(self) -> &'static str {
        match self {
            Self::Content => "content_index",
            Self::Summary => "summary_index",
        }
    }
}

/// What the events of items consist of. Numbers may come as `1.0`.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Wire {
    output_index: Option<f64>,
    item_id: Option<String>,
    content_index: Option<f64>,
    summary_index: Option<f64>,
    delta: Option<String>,
    text: Option<String>,
    refusal: Option<String>,
    arguments: Option<String>,
    input: Option<String>,
    part: Option<Value>,
    item: Option<Map<String, Value>>,
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped; an index fits by far")]
fn index(number: Option<f64>) -> usize {
    number.unwrap_or(0.0).clamp(0.0, 1e9) as usize
}

/// What an event does to its item.
enum Step {
    Added,
    Done,
    Part {
        list: List,
        full: bool,
    },
    Delta {
        list: List,
        part: &'static str,
    },
    Text {
        list: List,
        part: &'static str,
    },
    /// The text of a call, a piece of it or all.
    Call {
        kind: &'static str,
        key: &'static str,
        full: bool,
    },
}

fn step(kind: EventKind) -> Option<Step> {
    let (list, part) = match kind {
        EventKind::OutputTextDelta | EventKind::OutputTextDone => (List::Content, "output_text"),
        EventKind::RefusalDelta | EventKind::RefusalDone => (List::Content, "refusal"),
        EventKind::ReasoningTextDelta | EventKind::ReasoningTextDone => (List::Content, "reasoning_text"),
        _ => (List::Summary, "summary_text"),
    };
    let arguments = ("function_call", "arguments");
    let input = ("custom_tool_call", "input");
    let call = |(kind, key), full| Step::Call { kind, key, full };
    Some(match kind {
        EventKind::OutputItemAdded => Step::Added,
        EventKind::OutputItemDone => Step::Done,
        EventKind::ContentPartAdded => Step::Part { list: List::Content, full: false },
        EventKind::ContentPartDone => Step::Part { list: List::Content, full: true },
        EventKind::ReasoningSummaryPartAdded => Step::Part { list: List::Summary, full: false },
        EventKind::ReasoningSummaryPartDone => Step::Part { list: List::Summary, full: true },
        EventKind::OutputTextDelta
        | EventKind::RefusalDelta
        | EventKind::ReasoningTextDelta
        | EventKind::ReasoningSummaryTextDelta => Step::Delta { list, part },
        EventKind::OutputTextDone
        | EventKind::RefusalDone
        | EventKind::ReasoningTextDone
        | EventKind::ReasoningSummaryTextDone => Step::Text { list, part },
        EventKind::FunctionCallArgumentsDelta => call(arguments, false),
        EventKind::FunctionCallArgumentsDone => call(arguments, true),
        EventKind::CustomToolCallInputDelta => call(input, false),
        EventKind::CustomToolCallInputDone => call(input, true),
        _ => return None,
    })
}

impl Output {
    /// Takes in an event. What is not about items, or cannot be read, changes nothing.
    pub(super) fn on_event(&mut self, event: &Event) {
        if let Some(step) = step(event.kind)
            && let Ok(wire) = serde_json::from_slice::<Wire>(&event.frame.data)
        {
            self.apply(&step, wire);
        }
    }

    fn apply(&mut self, step: &Step, mut wire: Wire) {
        let at = self.slot_of(&wire);
        self.current = Some(at);
        let slot = self.slots.entry(at).or_default();
        if slot.done {
            return;
        }
        match *step {
            Step::Added | Step::Done => {
                if let Some(item) = wire.item {
                    slot.item = item;
                    slot.done = matches!(step, Step::Done);
                }
            }
            Step::Part { list, full } => {
                let n = index(if list == List::Content { wire.content_index } else { wire.summary_index });
                let kind = if list == List::Content { "message" } else { "reasoning" };
                slot.announce(kind, wire.item_id);
                if let Some(part) = wire.part {
                    let n = slot.put_part(list, n, part);
                    if full {
                        slot.full_parts.insert((list, n));
                    }
                }
            }
            Step::Delta { list, part } | Step::Text { list, part } => {
                let n = index(if list == List::Content { wire.content_index } else { wire.summary_index });
                let kind = if matches!(part, "output_text" | "refusal") { "message" } else { "reasoning" };
                slot.announce(kind, wire.item_id);
                let key = if part == "refusal" { "refusal" } else { "text" };
                let n = slot.part_at(list, n, part);
                let target = slot.text(list, n, key);
                if matches!(step, Step::Delta { .. }) {
                    target.push_str(wire.delta.as_deref().unwrap_or_default());
                } else if let Some(text) = wire.text.or(wire.refusal) {
                    *target = text;
                    slot.full_texts.insert((list, n));
                }
            }
            Step::Call { kind, key, full } => {
                slot.announce(kind, wire.item_id.take());
                let target = string_in(&mut slot.item, key);
                match (full, if key == "arguments" { wire.arguments } else { wire.input }) {
                    (true, Some(all)) => *target = all,
                    (true, None) => {}
                    (false, _) => target.push_str(wire.delta.as_deref().unwrap_or_default()),
                }
            }
        }
    }

    /// By `output_index`, else by id, else the item of the event before: an id may differ from the announced one.
    fn slot_of(&self, wire: &Wire) -> usize {
        if wire.output_index.is_some() {
            return index(wire.output_index);
        }
        let id = wire.item_id.as_deref();
        let known = |slot: &Slot| id.is_some() && slot.item.get("id").and_then(Value::as_str) == id;
        let next = || self.slots.last_key_value().map_or(0, |(at, _)| at + 1);
        match self.slots.iter().find(|(_, slot)| known(slot)) {
            Some((at, _)) => *at,
            None if wire.item.is_some() => next(),
            None => self.current.unwrap_or_else(next),
        }
    }

    /// All items in their order. One that never was completed is given as far as it got, with `status`.
    pub(super) fn items(&self, status: &str) -> Vec<Value> {
        self.slots.values().filter_map(|slot| slot.finished(status)).map(Value::Object).collect()
    }

    /// The events, without sequence numbers, that end what is still open, as an answer that was cut off has them.
    ///
    /// A call that is cut gets no `….done` of its arguments: nobody shall run half a call.
    pub(super) fn closing_events(&self) -> Vec<Map<String, Value>> {
        let mut events = Vec::new();
        for (at, slot) in self.slots.iter().filter(|(_, slot)| !slot.done) {
            let Some(item) = slot.finished("incomplete") else { continue };
            for list in [List::Summary, List::Content] {
                slot.close_parts(list, *at, &mut events);
            }
            events.push(object(json!({
                "type": "response.output_item.done", "output_index": at, "item": item,
            })));
        }
        events
    }
}

impl Slot {
    /// Makes the item when nothing announced it.
    fn announce(&mut self, kind: &str, id: Option<String>) {
        if !self.item.is_empty() {
            return;
        }
        if let Some(id) = id {
            self.item.insert("id".into(), id.into());
        }
        self.item.insert("type".into(), kind.into());
        if kind == "message" {
            self.item.insert("role".into(), "assistant".into());
        }
    }

    fn parts(&mut self, list: List) -> &mut Vec<Value> {
        let parts = self.item.entry(list.key()).or_insert_with(|| json!([]));
        if !parts.is_array() {
            *parts = json!([]);
        }
        parts.as_array_mut().expect("made an array above")
    }

    /// Puts a part in its place, or behind the last: an index far out makes no room. Gives back the place.
    fn put_part(&mut self, list: List, n: usize, part: Value) -> usize {
        let parts = self.parts(list);
        let n = n.min(parts.len());
        if n == parts.len() {
            parts.push(part);
        } else {
            parts[n] = part;
        }
        n
    }

    /// The place of a part that texts go to; it is made when nothing announced it.
    fn part_at(&mut self, list: List, n: usize, kind: &str) -> usize {
        let known = self.parts(list).len();
        if n < known {
            return n;
        }
        let part = match kind {
            "output_text" => json!({"type": kind, "annotations": [], "logprobs": [], "text": ""}),
            "refusal" => json!({"type": kind, "refusal": ""}),
            _ => json!({"type": kind, "text": ""}),
        };
        self.put_part(list, n, part)
    }

    fn text(&mut self, list: List, n: usize, key: &str) -> &mut String {
        let part = &mut self.parts(list)[n];
        if !part.is_object() {
            *part = json!({});
        }
        string_in(part.as_object_mut().expect("made an object above"), key)
    }

    /// The item as it is given out. `None` when there is nothing in it.
    fn finished(&self, status: &str) -> Option<Map<String, Value>> {
        let mut item = self.item.clone();
        if self.done {
            return Some(item);
        }
        if item.is_empty() {
            return None;
        }
        if item.get("type").is_some_and(|kind| kind == "reasoning") {
            // What was announced of it is not the whole, and half of it cannot be decrypted.
            item.shift_remove("encrypted_content");
            item.get("summary").or(item.get("content"))?.as_array().filter(|parts| !parts.is_empty())?;
        } else {
            item.insert("status".into(), status.into());
        }
        Some(item)
    }

    fn close_parts(&self, list: List, at: usize, events: &mut Vec<Map<String, Value>>) {
        let parts =
            self.item.get(list.key()).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        for (n, part) in parts.iter().enumerate().filter(|(n, _)| !self.full_parts.contains(&(list, *n))) {
            let (text_event, part_event, key) = match part["type"].as_str() {
                Some("output_text") => ("response.output_text.done", "response.content_part.done", "text"),
                Some("refusal") => ("response.refusal.done", "response.content_part.done", "refusal"),
                Some("reasoning_text") => {
                    ("response.reasoning_text.done", "response.content_part.done", "text")
                }
                Some("summary_text") => {
                    ("response.reasoning_summary_text.done", "response.reasoning_summary_part.done", "text")
                }
                _ => continue,
            };
            let place = |kind: &str| {
                let mut event = object(json!({"type": kind, "output_index": at}));
                event.insert("item_id".into(), self.item.get("id").cloned().unwrap_or_default());
                event.insert(list.index_key().into(), n.into());
                event
            };
            if !self.full_texts.contains(&(list, n)) {
                let mut event = place(text_event);
                if text_event == "response.output_text.done" {
                    event.insert("logprobs".into(), json!([]));
                }
                event.insert(key.into(), part[key].clone());
                events.push(event);
            }
            let mut event = place(part_event);
            event.insert("part".into(), part.clone());
            events.push(event);
        }
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// The string under `key`, made empty when there is none.
fn string_in<'a>(map: &'a mut Map<String, Value>, key: &str) -> &'a mut String {
    let value = map.entry(key).or_insert_with(|| "".into());
    if !value.is_string() {
        *value = "".into();
    }
    match value {
        Value::String(text) => text,
        _ => unreachable!("made a string above"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::events;
    use super::super::sse::encode;
    use super::*;

    fn output(list: &[(&str, Value)]) -> Output {
        let mut output = Output::default();
        for (name, data) in list {
            for event in events(&encode(name, data.to_string().as_bytes()), &[]) {
                output.on_event(&event);
            }
        }
        output
    }

    #[test]
    fn pieces_that_nothing_announced_make_an_item_of_their_own() {
        let output = output(&[
            ("response.output_text.delta", json!({"delta": "a"})),
            ("response.output_text.delta", json!({"delta": "b", "item_id": "other"})),
            ("response.output_text.delta", json!({"delta": "far", "content_index": 1e8})),
            (
                "response.custom_tool_call_input.delta",
                json!({"output_index": 1.0, "item_id": "ctc_1", "delta": "x"}),
            ),
        ]);
        assert_eq!(
            output.items("completed"),
            [
                json!({"type": "message", "role": "assistant", "content": [
                    {"type": "output_text", "annotations": [], "logprobs": [], "text": "ab"},
                    {"type": "output_text", "annotations": [], "logprobs": [], "text": "far"},
                ], "status": "completed"}),
                json!({"id": "ctc_1", "type": "custom_tool_call", "input": "x", "status": "completed"}),
            ]
        );
    }

    #[test]
    fn arguments_that_come_as_pieces_and_whole_are_taken_once() {
        let call =
            json!({"type": "function_call", "id": "fc_1", "call_id": "c", "name": "f", "arguments": ""});
        let pieces = [
            ("response.output_item.added", json!({"output_index": 0, "item": call})),
            ("response.function_call_arguments.delta", json!({"output_index": 0, "delta": "{\"a\""})),
            ("response.function_call_arguments.delta", json!({"item_id": "fc_strange", "delta": ":1}"})),
            ("response.function_call_arguments.done", json!({"output_index": 0, "arguments": "{\"a\":1}"})),
        ];
        assert_eq!(output(&pieces[..3]).items("completed")[0]["arguments"], "{\"a\":1}");
        assert_eq!(output(&pieces).items("completed")[0]["arguments"], "{\"a\":1}");
    }

    #[test]
    fn reasoning_that_was_cut_is_closed_without_what_cannot_be_decrypted() {
        let reasoning =
            json!({"type": "reasoning", "id": "rs_1", "encrypted_content": "half", "summary": []});
        let mut list = vec![("response.output_item.added", json!({"output_index": 0, "item": reasoning}))];
        assert!(output(&list).closing_events().is_empty() && output(&list).items("incomplete").is_empty());
        let place = |key: &str, value: Value| json!({"output_index": 0, "summary_index": 0, "item_id": "rs_1", key: value});
        list.push((
            "response.reasoning_summary_part.added",
            place("part", json!({"type": "summary_text", "text": ""})),
        ));
        list.push(("response.reasoning_summary_text.delta", place("delta", json!("why"))));
        let events = output(&list).closing_events();
        let names: Vec<_> = events.iter().filter_map(|event| event["type"].as_str()).collect();
        assert_eq!(
            names,
            [
                "response.reasoning_summary_text.done",
                "response.reasoning_summary_part.done",
                "response.output_item.done"
            ]
        );
        assert_eq!(events[0]["text"], "why");
        assert_eq!(
            events[2]["item"],
            json!({"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "why"}]})
        );
    }
}
