//! A chat stream of an upstream, told as the events of a Responses stream.
//!
//! The servers that call themselves compatible differ: some count every call as the first, some send no ids, some
//! tell reasoning as `reasoning`, some repeat the usage in each chunk. What is read here is what they have in common.

mod state;
#[cfg(test)]
mod tests;
mod wire;

use super::from_responses::ToolMap;
use crate::domain::responses::error::UpstreamError;
use crate::domain::responses::event::{Event, to_count};
use serde_json::{Value, json};
use state::{Output, Said};
use wire::{Chunk, Delta};

/// What an upstream sent is not a chat chunk.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the upstream sent a chunk that cannot be read: {reason}")]
pub struct InvalidChunk {
    reason: String,
}

/// Turns chat chunks into one well-formed Responses stream: `response.created` first, every item added, filled and
/// done, and at most one terminal event. A stream that breaks off gets none.
#[derive(Debug)]
pub struct EventTranslator {
    output: Output,
    model: String,
    /// Seconds since 1970.
    created_at: i64,
    tools: ToolMap,
    /// The upstream's word for why it stopped.
    finish: Option<String>,
    /// The last usage that was told.
    usage: Option<Value>,
    started: bool,
    ended: bool,
}

impl EventTranslator {
    /// `seed` makes the ids (`resp_…`, `msg_…`): letters and digits, at most 40 of them, new for each answer.
    /// `created_at` is in Unix seconds. `tools` is the map of the request, the empty one for a chat client's own.
    pub fn new(model: &str, seed: &str, created_at: i64, tools: ToolMap) -> Self {
        Self {
            output: Output::new(seed),
            model: model.to_owned(),
            created_at,
            tools,
            finish: None,
            usage: None,
            started: false,
            ended: false,
        }
    }

    /// Whether the terminal event is out.
    pub fn is_finished(&self) -> bool {
        self.ended
    }

    /// Takes the data of one event of the chat stream, `[DONE]` included.
    ///
    /// # Errors
    /// The data is not a chunk. What was said before stays said; the stream cannot go on.
    pub fn on_chunk(&mut self, data: &str) -> Result<Vec<Event>, InvalidChunk> {
        let data = data.trim();
        if self.ended || data.is_empty() {
            return Ok(Vec::new());
        }
        if data == "[DONE]" {
            return Ok(self.finish());
        }
        let chunk: Chunk<'_> =
            serde_json::from_str(data).map_err(|error| InvalidChunk { reason: error.to_string() })?;
        if chunk.is_error() {
            return Ok(self.fail(data));
        }
        self.start(&chunk);
        if let Some(usage) = chunk.usage.as_ref().filter(|u| u.is_object()) {
            self.usage = Some(usage_of(usage));
        }
        for choice in chunk.choices.iter().flatten().filter(|c| c.index.unwrap_or(0) == 0) {
            if let Some(delta) = &choice.delta {
                self.delta(delta);
            }
            if let Some(reason) = choice.finish_reason.as_deref().filter(|r| !r.is_empty()) {
                self.finish = Some(reason.to_owned());
            }
        }
        Ok(self.output.take())
    }

    /// At the end of the upstream's stream: what is left to say. Nothing when the upstream never said why it
    /// stopped, since then the stream was cut.
    pub fn finish(&mut self) -> Vec<Event> {
        let Some(reason) = self.finish.take().filter(|_| !self.ended) else {
            return Vec::new();
        };
        let (name, status, details) = match &*reason {
            "length" => ("response.incomplete", "incomplete", json!({"reason": "max_output_tokens"})),
            "content_filter" => ("response.incomplete", "incomplete", json!({"reason": "content_filter"})),
            "error" | "insufficient_system_resource" => {
                let message = format!("the upstream stopped with the reason `{reason}`");
                return self.fail_with(json!({"code": "server_error", "message": message}));
            }
            _ => ("response.completed", "completed", Value::Null),
        };
        let items = self.output.close(status, &self.tools);
        let mut response = self.response(status, &items);
        response["incomplete_details"] = details;
        response["usage"] = self.usage.clone().unwrap_or_default();
        self.output.say(name, json!({"response": response}));
        self.ended = true;
        self.output.take()
    }

    fn start(&mut self, chunk: &Chunk<'_>) {
        if std::mem::replace(&mut self.started, true) {
            return;
        }
        if let Some(model) = chunk.model.as_deref().filter(|m| !m.is_empty()) {
            model.clone_into(&mut self.model);
        }
        let response = self.response("in_progress", &[]);
        self.output.say("response.created", json!({"response": response}));
        self.output.say("response.in_progress", json!({"response": response}));
    }

    fn delta(&mut self, delta: &Delta<'_>) {
        if let Some(text) = delta.reasoning() {
            self.output.text(Said::Reasoning, &text);
        }
        for (said, text) in delta.content() {
            self.output.text(said, &text);
        }
        if let Some(text) = delta.refusal.as_deref() {
            self.output.text(Said::Refusal, text);
        }
        for call in delta.tool_calls.iter().flatten() {
            self.output.call(call, &self.tools);
        }
        if let Some(function) = &delta.function_call {
            self.output.legacy_call(function, &self.tools);
        }
    }

    fn fail(&mut self, data: &str) -> Vec<Event> {
        let value: Value = serde_json::from_str(data).unwrap_or_default();
        if let Some(message) = value["error"].as_str() {
            return self.fail_with(json!({"code": "server_error", "message": message}));
        }
        let error = UpstreamError::from_event(data.as_bytes());
        // Some servers give an HTTP status as the code.
        let status = value["error"]["code"].as_u64().or(value["code"].as_u64()).map(|n| n.to_string());
        let code = error.name().map(str::to_owned).or(status).unwrap_or_else(|| "server_error".into());
        self.fail_with(json!({"code": code, "message": error.message}))
    }

    fn fail_with(&mut self, error: Value) -> Vec<Event> {
        let mut response = self.response("failed", &[]);
        response["error"] = error;
        self.output.say("response.failed", json!({"response": response}));
        self.ended = true;
        self.output.take()
    }

    fn response(&self, status: &str, output: &[Value]) -> Value {
        json!({
            "id": self.output.response_id(),
            "object": "response",
            "created_at": self.created_at,
            "status": status,
            "error": null,
            "incomplete_details": null,
            "instructions": null,
            "metadata": {},
            "model": self.model,
            "output": output,
            "parallel_tool_calls": true,
            "store": false,
            "temperature": null,
            "tool_choice": "auto",
            "tools": [],
            "top_p": null,
            "usage": null,
        })
    }
}

/// Usage in the words of Responses. Numbers may come as `1.0`.
fn usage_of(usage: &Value) -> Value {
    let count = |path: &str| usage.pointer(path).and_then(Value::as_f64).map(to_count);
    let input = count("/prompt_tokens").unwrap_or_default();
    let output = count("/completion_tokens").unwrap_or_default();
    let cached = count("/prompt_tokens_details/cached_tokens").or_else(|| count("/prompt_cache_hit_tokens"));
    let reasoning = count("/completion_tokens_details/reasoning_tokens");
    json!({
        "input_tokens": input,
        "input_tokens_details": {"cached_tokens": cached.unwrap_or_default()},
        "output_tokens": output,
        "output_tokens_details": {"reasoning_tokens": reasoning.unwrap_or_default()},
        "total_tokens": input.saturating_add(output),
    })
}
