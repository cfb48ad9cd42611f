//! The answers of one run as the one answer that a client of the OpenAI endpoints asked for.
//!
//! The gateway makes the calls of its own tools itself: they are left out, and what the model says before and after
//! them follows on as items of one response. As long as nothing was left out, events pass as the bytes they came in.

use super::OwnTools;
use crate::domain::responses::event::{Event, EventKind, Usage, to_count};
use crate::domain::responses::fields::{Fields, quote};
use crate::domain::responses::sse::{Frame, encode};
use serde::Deserialize;
use serde_json::json;
use std::borrow::Cow;
use std::collections::HashMap;

/// Puts the streams of a run's answers one behind the other.
#[derive(Debug, Default)]
pub struct Merger {
    own: OwnTools,
    /// Which answer this is, from 0.
    step: u32,
    /// `output_index` of this step's items: `None` is left out.
    places: HashMap<u64, Option<u64>>,
    /// The next free place.
    next_place: u64,
    /// The next sequence number.
    next_number: u64,
    /// Something was left out or moved: everything that follows is written anew.
    rewriting: bool,
    /// The id under which the client knows the response, as JSON.
    id: Option<String>,
    /// The items that the client got, as JSON.
    items: Vec<String>,
    usage: Usage,
}

#[derive(Deserialize)]
struct Placed<'a> {
    #[serde(default)]
    output_index: Option<f64>,
    #[serde(borrow, default)]
    item: Option<Item<'a>>,
}

#[derive(Deserialize)]
struct Item<'a> {
    #[serde(borrow, rename = "type", default)]
    kind: Cow<'a, str>,
    #[serde(borrow, default)]
    name: Option<Cow<'a, str>>,
}

impl Merger {
    /// `own`: whose calls the client does not see.
    pub fn new(own: OwnTools) -> Self {
        Self { own, ..Self::default() }
    }

    /// Another answer begins.
    pub fn next_step(&mut self) {
        self.step += 1;
        self.places.clear();
        self.rewriting = true;
    }

    /// What the client gets of an event that ends nothing; `None`: nothing. Terminal events go to
    /// [`Merger::swallow`] or [`Merger::end`].
    pub fn on_event(&mut self, event: Event) -> Option<Event> {
        match event.kind {
            EventKind::Comment | EventKind::RateLimits | EventKind::Metadata | EventKind::Vendor => {
                return Some(event);
            }
            EventKind::Created | EventKind::InProgress if self.step > 0 => return None,
            EventKind::Created => {
                let fields = Fields::parse(&event.frame.data).ok();
                let response =
                    fields.as_ref().and_then(|f| Fields::parse(f.present("response")?.as_bytes()).ok());
                self.id = response.and_then(|r| r.present("id").map(str::to_owned));
            }
            _ => {}
        }
        let about_items = matches!(event.kind, EventKind::OutputItemAdded | EventKind::OutputItemDone);
        if !about_items && !self.rewriting {
            self.next_number += 1;
            return Some(event);
        }
        let placed: Placed<'_> = serde_json::from_slice(&event.frame.data).ok()?;
        let place = placed.output_index.map(to_count);
        if let (true, Some(at)) = (about_items, place) {
            let hidden = placed.item.as_ref().is_some_and(|item| {
                item.kind == "function_call" && item.name.as_deref().is_some_and(|name| self.own.takes(name))
            });
            if let std::collections::hash_map::Entry::Vacant(entry) = self.places.entry(at) {
                entry.insert((!hidden).then_some(self.next_place));
                if hidden {
                    self.rewriting = true;
                } else {
                    self.next_place += 1;
                }
            }
        }
        let moved = match place.map(|at| self.places.get(&at)) {
            Some(Some(None)) => return None,
            Some(Some(Some(to))) => Some(*to),
            Some(None) | None => None,
        };
        if event.kind == EventKind::OutputItemDone {
            let fields = Fields::parse(&event.frame.data).ok()?;
            self.items.extend(fields.present("item").map(str::to_owned));
        }
        let number = self.next_number;
        self.next_number += 1;
        if !self.rewriting {
            return Some(event);
        }
        let mut fields = Fields::parse(&event.frame.data).ok()?;
        if let Some(to) = moved {
            fields.set("output_index", to.to_string());
        }
        fields.set("sequence_number", number.to_string());
        written(event.kind, &fields)
    }

    /// An answer ended after which the run goes on.
    pub fn swallow(&mut self, usage: Option<Usage>) {
        self.add(usage);
    }

    /// The last event of the run's last answer, as the last one of the whole.
    pub fn end(&mut self, event: Event, usage: Option<Usage>) -> Event {
        self.add(usage);
        if !self.rewriting {
            return event;
        }
        self.rewritten(&event).unwrap_or(event)
    }

    /// Tokens of all answers so far.
    pub fn usage(&self) -> Usage {
        self.usage
    }

    fn add(&mut self, usage: Option<Usage>) {
        if let Some(usage) = usage {
            self.usage += usage;
        }
    }

    fn rewritten(&self, event: &Event) -> Option<Event> {
        let mut fields = Fields::parse(&event.frame.data).ok()?;
        fields.set("sequence_number", self.next_number.to_string());
        let response = fields.present("response").map(str::to_owned);
        let Some(response) = response else { return written(event.kind, &fields) };
        let mut response = Fields::parse(response.as_bytes()).ok()?;
        if let Some(id) = &self.id {
            response.set("id", id.clone());
        }
        response.set("output", format!("[{}]", self.items.join(",")));
        if response.present("usage").is_some() {
            response.set("usage", usage_json(self.usage));
        }
        let response = response.write();
        fields.set("response", response);
        written(event.kind, &fields)
    }
}

/// `usage` of a response object.
fn usage_json(usage: Usage) -> String {
    json!({
        "input_tokens": usage.input_tokens,
        "input_tokens_details": {"cached_tokens": usage.cached_input_tokens},
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
        "total_tokens": usage.input_tokens + usage.output_tokens,
    })
    .to_string()
}

/// An event anew, under its own name.
fn written(kind: EventKind, fields: &Fields<'_>) -> Option<Event> {
    let name: String = serde_json::from_str(fields.get("type")?).ok()?;
    let data = fields.write();
    let raw = encode(&name, data.as_bytes());
    Some(Event { kind, frame: Frame { raw, event: name.into(), data: data.into() } })
}

/// An event of our own, as the upstream would send it.
pub fn own_event(kind: EventKind, name: &str, members: &[(&str, String)]) -> Event {
    let mut fields = Fields::default();
    fields.set("type", quote(name));
    for (key, json) in members {
        fields.set(key, json.clone());
    }
    let data = fields.write();
    let raw = encode(name, data.as_bytes());
    Event { kind, frame: Frame { raw, event: name.to_owned().into(), data: data.into() } }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::responses::assemble::Assembler;
    use crate::domain::responses::fixtures::{events, stream};
    use crate::domain::responses::forward::AnswerOptions;
    use serde_json::Value;
    use std::collections::HashSet;

    fn data(event: &Event) -> Value {
        serde_json::from_slice(&event.frame.data).expect("JSON")
    }

    /// Runs the streams one behind the other, the last one ending the whole.
    fn merged(own: &[&str], streams: &[&str]) -> Vec<Event> {
        let names = own.iter().map(|n| (*n).to_owned()).collect();
        let mut merger = Merger::new(OwnTools { names, beside_clients: true });
        let mut out = Vec::new();
        for (at, name) in streams.iter().enumerate() {
            if at > 0 {
                merger.next_step();
            }
            for event in events(&stream(name), &[]) {
                match event.terminal() {
                    Some(terminal) if at + 1 == streams.len() => out.push(merger.end(event, terminal.usage)),
                    Some(terminal) => merger.swallow(terminal.usage),
                    None => out.extend(merger.on_event(event)),
                }
            }
        }
        out
    }

    #[test]
    fn one_answer_without_own_calls_passes_as_its_bytes() {
        for name in ["text-answer", "two-phase-commentary-final", "commentary-then-tool-call"] {
            let came = events(&stream(name), &[]);
            assert_eq!(merged(&["other_tool"], &[name]), came, "{name}");
        }
    }

    #[test]
    fn a_call_of_a_tool_that_nobody_has_stays_here_when_the_client_brought_none() {
        let mut merger = Merger::new(OwnTools::default());
        let came = events(&stream("commentary-then-tool-call"), &[]);
        let shown: Vec<Value> =
            came.into_iter().filter_map(|event| merger.on_event(event)).map(|event| data(&event)).collect();
        assert!(!shown.iter().any(|d| d["item"]["type"] == "function_call"), "{shown:?}");
    }

    #[test]
    fn own_calls_are_left_out_and_what_follows_is_one_answer() {
        let tool = events(&stream("commentary-then-tool-call"), &[])
            .iter()
            .map(data)
            .find_map(|d| Some(d["item"]["name"].as_str()?.to_owned()))
            .expect("a call");
        let all = merged(&[&tool], &["commentary-then-tool-call", "text-answer"]);
        let shown: Vec<Value> = all.iter().filter(|e| e.kind != EventKind::Comment).map(data).collect();
        assert!(!shown.iter().any(|d| d["item"]["type"] == "function_call"));
        assert_eq!(shown.iter().filter(|d| d["type"] == "response.created").count(), 1);
        let terminal: Vec<_> = all.iter().filter(|e| e.kind.is_terminal()).collect();
        assert_eq!(terminal.len(), 1);
        let last = data(terminal[0]);
        assert_eq!(last["response"]["id"], shown[0]["response"]["id"]);
        let mut numbers = shown.iter().filter_map(|d| d["sequence_number"].as_f64());
        let mut before = numbers.next().expect("numbered");
        for number in numbers {
            assert!(number > before, "{number} after {before}");
            before = number;
        }
        // The places of the items are dense, and each item is in one place.
        let mut assembler = Assembler::new(AnswerOptions::default());
        for event in &all {
            assembler.on_event(event);
        }
        let response = assembler.finish().expect("an answer");
        let output = response["output"].as_array().expect("items");
        let places: HashSet<u64> =
            shown.iter().filter_map(|d| Some(to_count(d["output_index"].as_f64()?))).collect();
        assert_eq!(places, (0..output.len() as u64).collect());
        let alone = |name: &str| {
            let mut assembler = Assembler::new(AnswerOptions::default());
            for event in &events(&stream(name), &[]) {
                assembler.on_event(event);
            }
            (assembler.text(), assembler.finish().expect("an answer")["usage"]["total_tokens"].as_f64())
        };
        let (first, second) = (alone("commentary-then-tool-call"), alone("text-answer"));
        assert_eq!(assembler.text(), format!("{}{}", first.0, second.0));
        let total = first.1.unwrap_or_default() + second.1.unwrap_or_default();
        assert_eq!(response["usage"]["total_tokens"].as_f64(), Some(total));
    }
}
