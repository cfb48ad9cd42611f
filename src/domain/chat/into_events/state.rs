//! The output items of the answer in the making, and the events that tell them.

use super::wire::{Call, Function};
use crate::domain::chat::from_responses::{Original, ToolMap};
use crate::domain::responses::event::{Event, EventKind};
use crate::domain::responses::sse::{Frame, encode};
use serde_json::{Map, Value, json};

/// What a piece of text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said {
    Text,
    Refusal,
    Reasoning,
}

/// Items in their order. One message or reasoning item is open at a time; calls stay open until the end, since some
/// servers tell several at once.
#[derive(Debug)]
pub(super) struct Output {
    seed: String,
    sequence: u64,
    events: Vec<Event>,
    /// The finished items by output index; `None` while one is open.
    items: Vec<Option<Value>>,
    open: Option<Texts>,
    calls: Vec<OpenCall>,
}

/// An open message or reasoning item.
#[derive(Debug)]
struct Texts {
    output_index: usize,
    id: String,
    is_reasoning: bool,
    /// The parts; all but the last are done.
    parts: Vec<(Said, String)>,
}

#[derive(Debug)]
struct OpenCall {
    /// The upstream's index of it.
    index: Option<u64>,
    /// The upstream's id of it.
    id: Option<String>,
    name: Option<String>,
    arguments: String,
    /// Where it stands among the items, once it was announced.
    announced: Option<Announced>,
}

#[derive(Clone, Debug)]
struct Announced {
    output_index: usize,
    item_id: String,
    call_id: String,
    tool: Original,
}

impl Output {
    pub(super) fn new(seed: &str) -> Self {
        Self {
            seed: seed.to_owned(),
            sequence: 0,
            events: Vec::new(),
            items: Vec::new(),
            open: None,
            calls: Vec::new(),
        }
    }

    pub(super) fn response_id(&self) -> String {
        format!("resp_{}", self.seed)
    }

    /// The events since the last time.
    pub(super) fn take(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// Says an event. `body` is what it has besides its type and number.
    pub(super) fn say(&mut self, name: &str, body: Value) {
        let mut data = Map::new();
        data.insert("type".into(), name.into());
        if let Value::Object(body) = body {
            data.extend(body);
        }
        data.insert("sequence_number".into(), self.sequence.into());
        self.sequence += 1;
        let raw = encode(name, Value::Object(data).to_string().as_bytes());
        let event = raw.slice("event: ".len()..).slice(..name.len());
        let data = raw.slice("event: \ndata: ".len() + name.len()..raw.len() - 2);
        self.events
            .push(Event { kind: EventKind::named(name.as_bytes()), frame: Frame { raw, event, data } });
    }

    /// Adds a text to the item that it belongs to.
    pub(super) fn text(&mut self, said: Said, text: &str) {
        if text.is_empty() {
            return;
        }
        let is_reasoning = said == Said::Reasoning;
        if self.open.as_ref().is_some_and(|o| o.is_reasoning != is_reasoning) {
            self.close_texts("completed");
        }
        let mut open = self.open.take().unwrap_or_else(|| self.open_texts(is_reasoning));
        if open.parts.last().is_none_or(|(kind, _)| *kind != said) {
            self.end_part(&open);
            open.parts.push((said, String::new()));
            self.begin_part(&open);
        }
        let (name, _) = names_of(said);
        let mut body = place(&open);
        body["delta"] = text.into();
        self.say(&format!("{name}.delta"), body);
        if let Some((_, whole)) = open.parts.last_mut() {
            whole.push_str(text);
        }
        self.open = Some(open);
    }

    /// A piece of a call. It goes on with the call of its index, unless it brings another id and a name: some
    /// servers count every call as the first.
    pub(super) fn call(&mut self, piece: &Call<'_>, tools: &ToolMap) {
        let id = piece.id.as_deref().filter(|id| !id.is_empty());
        let name = piece.function.as_ref().and_then(|f| f.name.as_deref()).filter(|n| !n.is_empty());
        let is_other =
            |call: &OpenCall| name.is_some() && id.is_some() && call.id.is_some() && call.id.as_deref() != id;
        let found = match (piece.index, id) {
            (Some(index), _) => self.calls.iter().rposition(|c| c.index == Some(index)),
            (None, Some(id)) => {
                let same = self.calls.iter().rposition(|c| c.id.as_deref() == Some(id));
                same.or_else(|| self.calls.len().checked_sub(1).filter(|_| name.is_none()))
            }
            (None, None) => self.calls.len().checked_sub(1),
        };
        let at = found.filter(|at| !is_other(&self.calls[*at])).unwrap_or_else(|| {
            self.calls.push(OpenCall {
                index: piece.index,
                id: None,
                name: None,
                arguments: String::new(),
                announced: None,
            });
            self.calls.len() - 1
        });
        let call = &mut self.calls[at];
        if call.id.is_none() {
            call.id = id.map(str::to_owned);
        }
        if call.name.is_none() {
            call.name = name.map(str::to_owned);
        }
        let arguments = piece.function.as_ref().map(Function::arguments).unwrap_or_default();
        self.arguments(at, &arguments, tools);
    }

    /// The shape before tool calls: one call, without an id.
    pub(super) fn legacy_call(&mut self, function: &Function<'_>, tools: &ToolMap) {
        if self.calls.is_empty() {
            self.calls.push(OpenCall {
                index: Some(0),
                id: None,
                name: None,
                arguments: String::new(),
                announced: None,
            });
        }
        if self.calls[0].name.is_none() {
            self.calls[0].name = function.name.as_deref().filter(|n| !n.is_empty()).map(str::to_owned);
        }
        self.arguments(0, &function.arguments(), tools);
    }

    /// Closes whatever is open. Gives the finished items.
    pub(super) fn close(&mut self, status: &str, tools: &ToolMap) -> Vec<Value> {
        self.close_texts(status);
        for at in 0..self.calls.len() {
            self.announce(at, tools);
            self.close_call(at, status);
        }
        self.items.iter().flatten().cloned().collect()
    }

    fn arguments(&mut self, at: usize, text: &str, tools: &ToolMap) {
        let was_announced = self.calls[at].announced.is_some();
        self.calls[at].arguments.push_str(text);
        self.announce(at, tools);
        if let (true, Some(announced), false) = (was_announced, &self.calls[at].announced, text.is_empty()) {
            self.say_arguments(&announced.clone(), text);
        }
    }

    /// Announces a call whose name is known, with the arguments that came before.
    fn announce(&mut self, at: usize, tools: &ToolMap) {
        let call = &self.calls[at];
        let (None, Some(name)) = (&call.announced, call.name.clone()) else {
            return;
        };
        let tool = tools.original(&name).cloned();
        let tool = tool.unwrap_or(Original { name, namespace: None, custom: false });
        let call_id = call.id.clone().unwrap_or_else(|| format!("call_{}_{at}", self.seed));
        let so_far = call.arguments.clone();
        self.close_texts("completed");
        let prefix = if tool.custom { "ctc" } else { "fc" };
        let (output_index, item_id) = self.reserve(prefix);
        let announced = Announced { output_index, item_id, call_id, tool };
        let item = call_item(&announced, "in_progress", "");
        self.say("response.output_item.added", json!({"output_index": output_index, "item": item}));
        if !so_far.is_empty() {
            self.say_arguments(&announced, &so_far);
        }
        self.calls[at].announced = Some(announced);
    }

    fn say_arguments(&mut self, call: &Announced, text: &str) {
        // A custom tool's text is inside the arguments, so it is told when they are whole.
        if !call.tool.custom {
            let body = json!({"item_id": call.item_id, "output_index": call.output_index, "delta": text});
            self.say("response.function_call_arguments.delta", body);
        }
    }

    fn close_call(&mut self, at: usize, status: &str) {
        let Some(call) = self.calls[at].announced.clone() else {
            return;
        };
        let arguments = std::mem::take(&mut self.calls[at].arguments);
        let (item_id, output_index) = (&call.item_id, call.output_index);
        let whole = if call.tool.custom { custom_input(&arguments) } else { arguments };
        if call.tool.custom {
            let delta = json!({"item_id": item_id, "output_index": output_index, "delta": whole});
            self.say("response.custom_tool_call_input.delta", delta);
            let done = json!({"item_id": item_id, "output_index": output_index, "input": whole});
            self.say("response.custom_tool_call_input.done", done);
        } else {
            let done = json!({"item_id": item_id, "output_index": output_index, "arguments": whole});
            self.say("response.function_call_arguments.done", done);
        }
        self.done(output_index, call_item(&call, status, &whole));
    }

    fn open_texts(&mut self, is_reasoning: bool) -> Texts {
        let (output_index, id) = self.reserve(if is_reasoning { "rs" } else { "msg" });
        let open = Texts { output_index, id, is_reasoning, parts: Vec::new() };
        let item = texts_item(&open, "in_progress");
        self.say("response.output_item.added", json!({"output_index": output_index, "item": item}));
        open
    }

    fn close_texts(&mut self, status: &str) {
        if let Some(open) = self.open.take() {
            self.end_part(&open);
            self.done(open.output_index, texts_item(&open, status));
        }
    }

    fn begin_part(&mut self, open: &Texts) {
        let Some((said, _)) = open.parts.last() else {
            return;
        };
        let mut body = place(open);
        body["part"] = part_of(*said, "");
        self.say(&format!("{}.added", names_of(*said).1), body);
    }

    fn end_part(&mut self, open: &Texts) {
        let Some((said, text)) = open.parts.last() else {
            return;
        };
        let (name, part) = names_of(*said);
        let key = if *said == Said::Refusal { "refusal" } else { "text" };
        let mut body = place(open);
        body[key] = text.as_str().into();
        self.say(&format!("{name}.done"), body);
        let mut body = place(open);
        body["part"] = part_of(*said, text);
        self.say(&format!("{part}.done"), body);
    }

    fn done(&mut self, output_index: usize, item: Value) {
        self.say("response.output_item.done", json!({"output_index": output_index, "item": item}));
        self.items[output_index] = Some(item);
    }

    /// The place and the id of the next item.
    fn reserve(&mut self, prefix: &str) -> (usize, String) {
        let index = self.items.len();
        self.items.push(None);
        (index, format!("{prefix}_{}_{index}", self.seed))
    }
}

/// The names of a text's events and of its part's.
fn names_of(said: Said) -> (&'static str, &'static str) {
    match said {
        Said::Text => ("response.output_text", "response.content_part"),
        Said::Refusal => ("response.refusal", "response.content_part"),
        Said::Reasoning => ("response.reasoning_summary_text", "response.reasoning_summary_part"),
    }
}

/// Where the last part of an item is.
fn place(open: &Texts) -> Value {
    let index = open.parts.len().saturating_sub(1);
    let key = if open.is_reasoning { "summary_index" } else { "content_index" };
    json!({"item_id": open.id, "output_index": open.output_index, key: index})
}

fn part_of(said: Said, text: &str) -> Value {
    match said {
        Said::Text => json!({"type": "output_text", "annotations": [], "logprobs": [], "text": text}),
        Said::Refusal => json!({"type": "refusal", "refusal": text}),
        Said::Reasoning => json!({"type": "summary_text", "text": text}),
    }
}

fn texts_item(open: &Texts, status: &str) -> Value {
    let parts: Vec<Value> = open.parts.iter().map(|(said, text)| part_of(*said, text)).collect();
    if open.is_reasoning {
        json!({"id": open.id, "type": "reasoning", "summary": parts})
    } else {
        json!({"id": open.id, "type": "message", "status": status, "role": "assistant", "content": parts})
    }
}

fn call_item(call: &Announced, status: &str, arguments: &str) -> Value {
    let (kind, key) =
        if call.tool.custom { ("custom_tool_call", "input") } else { ("function_call", "arguments") };
    let mut item = json!({
        "id": call.item_id,
        "type": kind,
        "status": status,
        key: arguments,
        "call_id": call.call_id,
        "name": call.tool.name,
    });
    if let Some(namespace) = &call.tool.namespace {
        item["namespace"] = namespace.as_str().into();
    }
    item
}

/// The free text of a custom tool, out of the function's arguments. A model that ignores the schema sends the bare
/// text.
fn custom_input(arguments: &str) -> String {
    match serde_json::from_str::<Value>(arguments) {
        Ok(Value::String(text)) => text,
        Ok(value) => value["input"].as_str().map_or_else(|| arguments.to_owned(), str::to_owned),
        Err(_) => arguments.to_owned(),
    }
}
