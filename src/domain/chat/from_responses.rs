//! A request for an upstream that speaks only Chat Completions.
//!
//! Nothing of the upstream is known but its dialect, so only what the original of 2023 has, or what every server
//! since ignores, is sent: `system` and not `developer`, functions and not custom tools, `max_tokens`.
//!
//! Reasoning goes back only to the kind of upstream it came from: an item without encrypted content was made by
//! [`super::into_events`] of a `reasoning_content`, which some upstreams insist on seeing again after a tool call.

mod messages;
mod tools;

pub use tools::{Original, ToolMap};

use crate::domain::responses::request::RequestError;
use serde_json::{Map, Value, json};

/// Sampling parameters and the like that both dialects call by the same name.
const KEPT: [&str; 7] =
    ["temperature", "top_p", "presence_penalty", "frequency_penalty", "seed", "stop", "user"];

/// A Responses request as a streaming chat request for `model`. Hosted tools, such as `web_search`, are left out:
/// there is nobody to run them.
///
/// Answers are translated back by [`super::into_events::EventTranslator`] with the [`ToolMap`] of the same body.
///
/// # Errors
/// The conversation is kept elsewhere (`previous_response_id`, a stored item, a compacted history), or its calls
/// and outputs do not match.
pub fn to_chat(body: &Value, model: &str) -> Result<Value, RequestError> {
    for key in ["previous_response_id", "conversation", "prompt"] {
        if !body[key].is_null() {
            let message = format!("`{key}` is not served for this model: send the whole input");
            return Err(fault("unsupported_parameter", key, message));
        }
    }
    let map = ToolMap::new(body);
    let mut chat = Map::new();
    chat.insert("model".into(), model.into());
    chat.insert("messages".into(), messages::translate(body, &map)?.into());
    let (tools, choice) = tools::translate(body, &map);
    if !tools.is_empty() {
        chat.insert("tools".into(), tools.into());
        if let Some(choice) = choice {
            chat.insert("tool_choice".into(), choice);
        }
        if let Some(parallel) = body["parallel_tool_calls"].as_bool() {
            chat.insert("parallel_tool_calls".into(), parallel.into());
        }
    }
    if let Some(effort) = body["reasoning"]["effort"].as_str() {
        chat.insert("reasoning_effort".into(), effort.into());
    }
    if let Some(format) = response_format(&body["text"]["format"]) {
        chat.insert("response_format".into(), format);
    }
    if !body["max_output_tokens"].is_null() {
        chat.insert("max_tokens".into(), body["max_output_tokens"].clone());
    }
    chat.extend(sampling(body));
    stream(&mut chat);
    Ok(chat.into())
}

/// The members of a body, of either dialect, that a ChatGPT account does not take and a chat upstream does.
pub fn sampling(body: &Value) -> Map<String, Value> {
    let given = KEPT.iter().filter(|key| !body[**key].is_null());
    given.map(|key| ((*key).to_owned(), body[*key].clone())).collect()
}

/// A chat client's own body for `model`: every member kept, but it streams and tells its usage. A body that is not
/// an object comes back as it is, for the upstream to refuse.
pub fn chat_to_chat(body: &Value, model: &str) -> Value {
    let mut body = body.clone();
    if let Some(chat) = body.as_object_mut() {
        chat.insert("model".into(), model.into());
        stream(chat);
    }
    body
}

fn stream(chat: &mut Map<String, Value>) {
    chat.insert("stream".into(), true.into());
    match chat.get_mut("stream_options").and_then(Value::as_object_mut) {
        Some(options) => options.insert("include_usage".into(), true.into()),
        None => chat.insert("stream_options".into(), json!({"include_usage": true})),
    };
}

fn response_format(format: &Value) -> Option<Value> {
    match format["type"].as_str()? {
        "json_object" => Some(json!({"type": "json_object"})),
        "json_schema" => {
            let mut inner = Map::new();
            for key in ["name", "description", "schema", "strict"] {
                if !format[key].is_null() {
                    inner.insert(key.into(), format[key].clone());
                }
            }
            Some(json!({"type": "json_schema", "json_schema": inner}))
        }
        _ => None,
    }
}

fn fault(code: &'static str, param: &str, message: impl Into<String>) -> RequestError {
    RequestError::new(code, Some(param.to_owned()), message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::chat::testing::{cases, golden};

    #[test]
    fn recorded_requests_become_the_recorded_chat_requests() {
        golden("chat-from-responses").bind(|| {
            for (name, case) in cases("chat-from-responses", "json") {
                let body: Value = serde_json::from_str(&case).expect(&name);
                let result = to_chat(&body, "served-model").unwrap_or_else(|refused| {
                    json!({"refused": {"code": refused.code, "param": refused.param, "message": refused.message}})
                });
                insta::assert_json_snapshot!(name, result);
            }
        });
    }

    #[test]
    fn a_chat_clients_own_body_keeps_every_member() {
        let body = json!({"messages": [{"role": "user", "content": "hi"}], "model": "alias", "top_k": 4,
            "stream": false, "stream_options": {"chunk": 1, "include_usage": false}, "n": 1});
        assert_eq!(
            chat_to_chat(&body, "served-model"),
            json!({"messages": [{"role": "user", "content": "hi"}], "model": "served-model", "top_k": 4,
                "stream": true, "stream_options": {"chunk": 1, "include_usage": true}, "n": 1})
        );
    }
}
