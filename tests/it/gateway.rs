//! The path of a request, from the client's bytes to the upstream's and back.

mod agents;
mod compat;
mod failures;
mod front;
mod life;
mod native;
mod placement;
mod sign_in;
mod streams;

use crate::support::world::Answer;
use serde_json::{Value, json};

pub const RESPONSES: &str = "/v1/responses";
pub const CHAT: &str = "/v1/chat/completions";
pub const MODEL: &str = "gpt-5.5";

/// What tells that a Codex client asks.
pub const AS_CODEX: &[(&str, &str)] =
    &[("originator", "codex_exec"), ("user-agent", "codex_exec/0.169.0 (Debian 12.0.0; x86_64)")];

/// A request in the dialect of `path`.
pub fn ask(path: &str, model: &str, text: &str, stream: bool) -> Value {
    if path == CHAT {
        json!({"model": model, "messages": [{"role": "user", "content": text}], "stream": stream})
    } else {
        json!({"model": model, "input": text, "stream": stream})
    }
}

/// A turn as a Codex client sends it.
pub fn native_turn(text: &str) -> Value {
    json!({
        "model": MODEL, "stream": true,
        "input": [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}],
        "tools": [], "tool_choice": "auto", "parallel_tool_calls": false, "reasoning": {"effort": "medium"},
        "store": false, "include": ["reasoning.encrypted_content"], "prompt_cache_key": "the-session",
    })
}

/// What an answer says, and how often it ends.
#[derive(Debug, PartialEq)]
pub struct Told {
    pub text: String,
    pub ends: usize,
    /// `completed`, `incomplete`, `failed`, or the finish reason of a chat answer.
    pub end: String,
}

pub fn told(path: &str, stream: bool, answer: &Answer) -> Told {
    match (path == CHAT, stream) {
        (true, true) => told_by_chunks(&answer.events()),
        (true, false) => {
            let choice = &answer.json()["choices"][0];
            let texts = ["content", "refusal"]
                .map(|key| choice["message"][key].as_str().unwrap_or_default().to_owned());
            Told { text: texts.concat(), ends: 1, end: choice["finish_reason"].as_str().unwrap().into() }
        }
        (false, true) => told_by_events(&answer.events()),
        (false, false) => {
            let response = answer.json();
            Told {
                text: text_of(&response["output"]),
                ends: 1,
                end: response["status"].as_str().unwrap().into(),
            }
        }
    }
}

fn told_by_events(events: &[Value]) -> Told {
    let terminals: Vec<&str> = events
        .iter()
        .filter_map(|event| event["type"].as_str())
        .filter_map(|kind| match kind {
            "response.completed" | "response.incomplete" | "response.failed" => {
                kind.strip_prefix("response.")
            }
            "error" => Some(kind),
            _ => None,
        })
        .collect();
    let items: Vec<Value> = events
        .iter()
        .filter(|event| event["type"] == "response.output_item.done")
        .map(|event| event["item"].clone())
        .collect();
    let deltas = ["response.output_text.delta", "response.refusal.delta"];
    let mut text: String = events
        .iter()
        .filter(|event| deltas.contains(&event["type"].as_str().unwrap_or_default()))
        .filter_map(|event| event["delta"].as_str())
        .collect();
    if text.is_empty() {
        text = text_of(&Value::from(items));
    }
    Told { text, ends: terminals.len(), end: terminals.first().copied().unwrap_or_default().into() }
}

fn told_by_chunks(events: &[Value]) -> Told {
    let mut told = Told { text: String::new(), ends: 0, end: String::new() };
    for event in events {
        let choice = &event["choices"][0];
        for key in ["content", "refusal"] {
            told.text.push_str(choice["delta"][key].as_str().unwrap_or_default());
        }
        if let Some(reason) = choice["finish_reason"].as_str() {
            told.ends += 1;
            told.end = reason.into();
        }
        if !event["error"].is_null() {
            told.ends += 1;
            told.end = "failed".into();
        }
    }
    assert_eq!(events.last(), Some(&json!("[DONE]")), "a chat stream ends with [DONE]");
    assert_eq!(events.iter().filter(|event| **event == "[DONE]").count(), 1);
    told
}

/// All text in output items.
fn text_of(items: &Value) -> String {
    let parts = items.as_array().into_iter().flatten().filter(|item| item["type"] == "message");
    let parts = parts.flat_map(|item| item["content"].as_array().into_iter().flatten());
    parts.filter_map(|part| part["text"].as_str().or(part["refusal"].as_str())).collect()
}
