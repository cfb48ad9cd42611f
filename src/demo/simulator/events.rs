//! The events of a response, serialised once, byte shapes and order as recorded.

use serde_json::{Map, Value, json};

use super::answer::{Item, deltas};
use super::frames::Frames;
use super::{ids, models};

fn raw(buffer: &mut Vec<u8>, text: &str) {
    buffer.extend_from_slice(text.as_bytes());
}

fn quoted(buffer: &mut Vec<u8>, key: &str, value: &str) {
    raw(buffer, ",\"");
    raw(buffer, key);
    raw(buffer, "\":");
    serde_json::to_writer(&mut *buffer, value).expect("a string is JSON");
}

fn number(buffer: &mut Vec<u8>, key: &str, value: usize) {
    raw(buffer, &format!(",\"{key}\":{value}"));
}

fn value(buffer: &mut Vec<u8>, key: &str, value: &Value) {
    raw(buffer, &format!(",\"{key}\":"));
    serde_json::to_writer(&mut *buffer, value).expect("a value is JSON");
}

/// Token counts of a finished response.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Usage {
    pub(super) input: usize,
    pub(super) cached: usize,
    pub(super) output: usize,
    pub(super) reasoning: usize,
}

impl Usage {
    /// About four bytes to a token; a prompt seen before is mostly cached.
    pub(super) fn estimate(body_bytes: usize, cached: bool, items: &[Item]) -> Self {
        let input = (body_bytes / 4).max(1);
        let words = |text: &str| text.len() / 4 + 1;
        let mut usage = Self { input, cached: if cached { input * 4 / 5 } else { 0 }, ..Self::default() };
        for item in items {
            match item {
                Item::Reasoning { summary, .. } => {
                    usage.reasoning += 32 + summary.iter().map(|part| words(part)).sum::<usize>();
                }
                Item::Message { text, .. } => usage.output += words(text),
                Item::FunctionCall { arguments, .. } => usage.output += words(arguments) + 12,
                Item::CustomCall { input, .. } => usage.output += words(input) + 12,
                Item::Compaction { encrypted, .. } => usage.output += words(encrypted),
            }
        }
        usage.output += usage.reasoning;
        usage
    }

    fn json(self) -> Value {
        json!({
            "input_tokens": self.input,
            "input_tokens_details": { "cached_tokens": self.cached, "cache_write_tokens": 0 },
            "output_tokens": self.output,
            "output_tokens_details": { "reasoning_tokens": self.reasoning },
            "total_tokens": self.input + self.output,
        })
    }
}

/// The response object around the events.
#[derive(Clone, Debug)]
pub(super) struct Envelope {
    map: Map<String, Value>,
}

impl Envelope {
    pub(super) fn new(
        body: &Value,
        served_model: &str,
        unique: &[u8; 32],
        user_id: &str,
        now_ms: i64,
    ) -> Self {
        let or = |found: &Value, default: Value| if found.is_null() { default } else { found.clone() };
        let format = or(&body["text"]["format"], json!({ "type": "text" }));
        let effort = or(&body["reasoning"]["effort"], json!(models::default_effort(served_model)));
        let object = json!({
            "id": format!("resp_{}", ids::hex(unique, 50)), "object": "response",
            "created_at": now_ms.div_euclid(1000), "status": "in_progress", "background": false,
            "completed_at": null, "error": null, "frequency_penalty": 0.0, "incomplete_details": null,
            "instructions": or(&body["instructions"], json!("")), "max_output_tokens": null,
            "max_tool_calls": null, "model": served_model, "output": [],
            "parallel_tool_calls": or(&body["parallel_tool_calls"], json!(true)), "presence_penalty": 0.0,
            "previous_response_id": null, "prompt_cache_key": body["prompt_cache_key"],
            "prompt_cache_retention": null,
            "reasoning": { "effort": effort, "summary": body["reasoning"]["summary"] },
            "safety_identifier": user_id, "service_tier": or(&body["service_tier"], json!("auto")), "store": false, "temperature": 1.0,
            "text": { "format": format, "verbosity": or(&body["text"]["verbosity"], json!("low")) },
            "tool_choice": or(&body["tool_choice"], json!("auto")), "tools": or(&body["tools"], json!([])),
            "top_logprobs": 0, "top_p": 1.0, "truncation": "disabled", "usage": null, "user": null,
            "metadata": {},
        });
        let Value::Object(map) = object else { unreachable!("an object literal") };
        Self { map }
    }

    fn write(&self, buffer: &mut Vec<u8>) {
        raw(buffer, ",\"response\":");
        serde_json::to_writer(&mut *buffer, &self.map).expect("a map is JSON");
    }

    /// `response.created` and `response.in_progress`.
    pub(super) fn begin(&self, frames: &mut Frames) {
        let mut object = Vec::with_capacity(1024);
        self.write(&mut object);
        frames.event("response.created", |buffer| buffer.extend_from_slice(&object));
        frames.event("response.in_progress", |buffer| buffer.extend_from_slice(&object));
    }

    /// The terminal event of an answer.
    pub(super) fn end(
        mut self,
        frames: &mut Frames,
        usage: Usage,
        items: Option<&[Item]>,
        incomplete: Option<&str>,
    ) {
        let completed_at = if incomplete.is_some() { Value::Null } else { self.map["created_at"].clone() };
        let status = if incomplete.is_some() { "incomplete" } else { "completed" };
        self.map["status"] = json!(status);
        self.map["completed_at"] = completed_at;
        if self.map["service_tier"] == "auto" {
            self.map["service_tier"] = json!("default");
        }
        self.map["usage"] = usage.json();
        if let Some(items) = items {
            self.map["output"] = items.iter().map(|item| item_json(item, status)).collect();
        }
        if let Some(reason) = incomplete {
            self.map["incomplete_details"] = json!({ "reason": reason });
        }
        if incomplete.is_none() {
            self.map.insert("tool_usage".into(), tool_usage());
        }
        let kind = if incomplete.is_some() { "response.incomplete" } else { "response.completed" };
        frames.event(kind, |buffer| self.write(buffer));
    }

    /// `response.failed` with this error.
    pub(super) fn fail(mut self, frames: &mut Frames, error: Value) {
        self.map["status"] = json!("failed");
        self.map["error"] = error;
        frames.event("response.failed", |buffer| self.write(buffer));
    }
}

/// Use of the server's own tools: none.
fn tool_usage() -> Value {
    json!({
        "image_gen": {
            "input_tokens": 0, "input_tokens_details": { "image_tokens": 0, "text_tokens": 0 },
            "output_tokens": 0, "output_tokens_details": { "image_tokens": 0, "text_tokens": 0 }, "total_tokens": 0,
        },
        "web_search": { "num_requests": 0 },
    })
}

fn part(text: &str) -> Value {
    json!({ "type": "output_text", "annotations": [], "logprobs": [], "text": text })
}

/// The item as `output_item.done` has it; `status` is `completed` or `incomplete`.
fn item_json(item: &Item, status: &str) -> Value {
    match item {
        Item::Reasoning { id, encrypted, summary } => {
            let parts: Vec<Value> =
                summary.iter().map(|text| json!({ "type": "summary_text", "text": text })).collect();
            json!({ "id": id, "type": "reasoning", "encrypted_content": encrypted, "summary": parts })
        }
        Item::Message { id, text } => json!({
            "id": id, "type": "message", "status": status, "content": [part(text)], "phase": "final_answer",
            "role": "assistant",
        }),
        Item::FunctionCall { id, call_id, name, namespace, arguments } => {
            let mut call = json!({
                "id": id, "type": "function_call", "status": status, "arguments": arguments, "call_id": call_id,
                "name": name,
            });
            if let Some(namespace) = namespace {
                call["namespace"] = json!(namespace);
            }
            call
        }
        Item::CustomCall { id, call_id, name, input } => json!({
            "id": id, "type": "custom_tool_call", "status": status, "call_id": call_id, "input": input, "name": name,
        }),
        Item::Compaction { id, encrypted } => {
            json!({ "id": id, "type": "compaction", "status": status, "encrypted_content": encrypted })
        }
    }
}

/// The item as `output_item.added` has it: no content yet.
fn added_json(item: &Item) -> Value {
    let mut value = item_json(item, "in_progress");
    match item {
        // The real one is shorter when it starts; here it must only differ.
        Item::Reasoning { encrypted, .. } => {
            value["encrypted_content"] = json!(encrypted.as_ref().map(|text| &text[..text.len().min(88)]));
            value["summary"] = json!([]);
        }
        Item::Message { .. } => value["content"] = json!([]),
        Item::FunctionCall { .. } => value["arguments"] = json!(""),
        Item::CustomCall { .. } => value["input"] = json!(""),
        Item::Compaction { .. } => value["encrypted_content"] = json!(""),
    }
    value
}

/// Everything of one output item. `status` is how it ends.
pub(super) fn write_item(frames: &mut Frames, index: usize, item: &Item, no_deltas: bool, status: &str) {
    frames.event("response.output_item.added", |buffer| {
        number(buffer, "output_index", index);
        value(buffer, "item", &added_json(item));
    });
    match item {
        Item::Reasoning { id, summary, .. } => {
            for (at, text) in summary.iter().enumerate() {
                summary_part(frames, id, index, at, text, no_deltas);
            }
        }
        Item::Message { id, text } => message(frames, id, index, text, no_deltas),
        Item::FunctionCall { id, arguments, .. } => {
            let kinds = ("response.function_call_arguments.delta", "response.function_call_arguments.done");
            call_text(frames, kinds, "arguments", (id, index), arguments, no_deltas);
        }
        Item::CustomCall { id, input, .. } => {
            let kinds = ("response.custom_tool_call_input.delta", "response.custom_tool_call_input.done");
            call_text(frames, kinds, "input", (id, index), input, no_deltas);
        }
        Item::Compaction { .. } => {}
    }
    frames.event("response.output_item.done", |buffer| {
        number(buffer, "output_index", index);
        value(buffer, "item", &item_json(item, status));
    });
}

fn message(frames: &mut Frames, id: &str, index: usize, text: &str, no_deltas: bool) {
    let head = |buffer: &mut Vec<u8>| {
        raw(buffer, ",\"content_index\":0");
        quoted(buffer, "item_id", id);
        number(buffer, "output_index", index);
    };
    frames.event("response.content_part.added", |buffer| {
        head(buffer);
        value(buffer, "part", &part(""));
    });
    // The same for every delta of this message.
    let tail = format!(",\"item_id\":\"{id}\",\"logprobs\":[],\"obfuscation\":\"");
    for delta in if no_deltas { Vec::new() } else { deltas(text) } {
        let noise = frames.obfuscation();
        frames.event("response.output_text.delta", |buffer| {
            raw(buffer, ",\"content_index\":0");
            quoted(buffer, "delta", delta);
            raw(buffer, &tail);
            raw(buffer, noise);
            raw(buffer, "\"");
            number(buffer, "output_index", index);
        });
    }
    frames.event("response.output_text.done", |buffer| {
        raw(buffer, ",\"content_index\":0");
        quoted(buffer, "item_id", id);
        raw(buffer, ",\"logprobs\":[]");
        number(buffer, "output_index", index);
        quoted(buffer, "text", text);
    });
    frames.event("response.content_part.done", |buffer| {
        head(buffer);
        value(buffer, "part", &part(text));
    });
}

fn summary_part(frames: &mut Frames, id: &str, index: usize, at: usize, text: &str, no_deltas: bool) {
    let head = |buffer: &mut Vec<u8>| {
        quoted(buffer, "item_id", id);
        number(buffer, "output_index", index);
        number(buffer, "summary_index", at);
    };
    let part = |text: &str| json!({ "type": "summary_text", "text": text });
    frames.event("response.reasoning_summary_part.added", |buffer| {
        head(buffer);
        value(buffer, "part", &part(""));
    });
    for delta in if no_deltas { Vec::new() } else { deltas(text) } {
        let noise = frames.obfuscation();
        frames.event("response.reasoning_summary_text.delta", |buffer| {
            head(buffer);
            quoted(buffer, "delta", delta);
            quoted(buffer, "obfuscation", noise);
        });
    }
    frames.event("response.reasoning_summary_text.done", |buffer| {
        head(buffer);
        quoted(buffer, "text", text);
    });
    frames.event("response.reasoning_summary_part.done", |buffer| {
        head(buffer);
        value(buffer, "part", &part(text));
    });
}

fn call_text(
    frames: &mut Frames,
    (delta_kind, done_kind): (&'static str, &'static str),
    key: &str,
    (id, index): (&str, usize),
    text: &str,
    no_deltas: bool,
) {
    for delta in if no_deltas { Vec::new() } else { deltas(text) } {
        let noise = frames.obfuscation();
        frames.event(delta_kind, |buffer| {
            quoted(buffer, "delta", delta);
            quoted(buffer, "item_id", id);
            quoted(buffer, "obfuscation", noise);
            number(buffer, "output_index", index);
        });
    }
    frames.event(done_kind, |buffer| {
        quoted(buffer, key, text);
        quoted(buffer, "item_id", id);
        number(buffer, "output_index", index);
    });
}

#[cfg(test)]
mod tests;
