//! A Chat Completions request as a Responses request.
//!
//! The body is built from what is known, never by copying: the upstream refuses parameters that it does not know.
//! What a client asked for and does not get is listed in [`Translated::dropped`], so that a header can say so.
//!
//! Images: data URLs and `https` URLs go to the upstream as they are. Nothing is fetched and inlined here, so
//! whether a remote image is read is the upstream's affair; a `file_id` names a file of another service and is
//! refused, as is audio.

mod head;
mod messages;
mod tools;

pub use head::{ChatHead, read_head};

use super::names::ToolNames;
use crate::domain::responses::request::{Draft, RequestError, Target, text_format};
use serde_json::{Map, Value};
use std::collections::HashSet;

/// What is read here, or by [`read_head`] for use on the way back. All else is dropped and listed.
const HANDLED: [&str; 20] = [
    "model",
    "messages",
    "stream",
    "stream_options",
    "tools",
    "tool_choice",
    "functions",
    "function_call",
    "parallel_tool_calls",
    "reasoning_effort",
    "reasoning",
    "response_format",
    "verbosity",
    "service_tier",
    "prompt_cache_key",
    "n",
    "max_tokens",
    "max_completion_tokens",
    "stop",
    "modalities",
];

/// A chat request in the upstream's words.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Translated {
    pub draft: Draft,
    /// Members of the client's body that have no counterpart, in the client's order.
    pub dropped: Vec<String>,
    /// For the way back: see [`super::chunk::ChunkOptions`].
    pub names: ToolNames,
    /// The client's names of its custom (free text) tools.
    pub custom_tools: HashSet<String>,
}

/// Translates a parsed body for the model that was chosen.
///
/// # Errors
/// The request asks for what cannot be served, or its messages do not fit together; `param` tells where.
pub fn to_responses(body: &Value, target: &Target<'_>) -> Result<Translated, RequestError> {
    let body = body.as_object().ok_or_else(|| fault("invalid_json", "", "the body must be a JSON object"))?;
    head::refuse_several_choices(body.get("n"))?;
    refuse_audio(body)?;
    let list = match body.get("messages") {
        Some(Value::Array(list)) if !list.is_empty() => list,
        Some(Value::Array(_)) => {
            return Err(fault("empty_array", "messages", "`messages` must hold at least one message"));
        }
        Some(_) => return Err(fault("invalid_type", "messages", "`messages` must be a list")),
        None => {
            return Err(fault("missing_required_parameter", "messages", "`messages` is missing"));
        }
    };
    let tools = tools::translate(body, list)?;
    let format = answer_format(body)?;
    let is_json_object = format.as_ref().is_some_and(|f| f["type"] == "json_object");
    let messages = messages::translate(list, is_json_object, &tools)?;
    let (effort, summary) = reasoning(body, target)?;
    let asked_tier = optional_text(body, "service_tier")?;
    let service_tier = asked_tier.and_then(|tier| target.service_tier(tier));
    let mut dropped: Vec<String> = (body.iter())
        .filter(|(key, value)| !value.is_null() && !HANDLED.contains(&key.as_str()))
        .map(|(key, _)| key.clone())
        .collect();
    if asked_tier.is_some_and(|t| !matches!(t, "auto" | "default")) && service_tier.is_none() {
        dropped.push("service_tier".into());
    }
    let parallel = optional(body, "parallel_tool_calls", Value::as_bool, "a boolean")?;
    let key = optional_text(body, "prompt_cache_key")?.filter(|k| !k.is_empty());
    Ok(Translated {
        draft: Draft {
            model: target.model.to_owned(),
            instructions: messages.instructions,
            input: messages.input,
            parallel_tool_calls: target.parallel_tool_calls(parallel, !tools.list.is_empty()),
            tool_choice: tools.choice,
            tools: tools.list,
            effort,
            summary,
            text: text(format, optional_text(body, "verbosity")?),
            service_tier,
            prompt_cache_key: key.unwrap_or(target.default_cache_key).to_owned(),
            ..Draft::default()
        },
        dropped,
        names: tools.names,
        custom_tools: tools.custom,
    })
}

/// `reasoning_effort`, or the `reasoning` object that other gateways take. A client that asks for reasoning gets its
/// summary too, since the reasoning itself is never shown; for one that does not, none is made.
fn reasoning(
    body: &Map<String, Value>,
    target: &Target<'_>,
) -> Result<(Option<String>, Option<String>), RequestError> {
    let object = optional(body, "reasoning", Value::as_object, "an object")?;
    let of = |key: &str| object.and_then(|o| o.get(key)).and_then(Value::as_str);
    let (asked, param) = match optional_text(body, "reasoning_effort")? {
        Some(effort) => (Some(effort), "reasoning_effort"),
        None => (of("effort"), "reasoning.effort"),
    };
    let effort = target.effort(asked, param)?;
    let wants_some = (asked.is_some() || object.is_some()) && asked != Some("none");
    let summary = match of("summary") {
        Some("none") => None,
        Some(summary) => Some(summary.to_owned()),
        None => wants_some.then(|| "auto".to_owned()),
    };
    Ok((effort, summary))
}

/// `response_format` as `text.format`; `None` for plain text.
fn answer_format(body: &Map<String, Value>) -> Result<Option<Value>, RequestError> {
    match body.get("response_format").filter(|f| !f.is_null() && f["type"] != "text") {
        Some(format) => text_format(format.clone(), "response_format").map(Some),
        None => Ok(None),
    }
}

fn text(format: Option<Value>, verbosity: Option<&str>) -> Option<Value> {
    let mut text = Map::new();
    if let Some(verbosity) = verbosity {
        text.insert("verbosity".into(), verbosity.into());
    }
    if let Some(format) = format {
        text.insert("format".into(), format);
    }
    (!text.is_empty()).then(|| text.into())
}

fn refuse_audio(body: &Map<String, Value>) -> Result<(), RequestError> {
    let modalities = body.get("modalities").and_then(Value::as_array).into_iter().flatten();
    if let Some(other) = modalities.into_iter().find(|m| *m != "text") {
        let message = format!("only the modality `text` is served, not {other}");
        return Err(fault("unsupported_value", "modalities", message));
    }
    match body.get("audio") {
        None | Some(Value::Null) => Ok(()),
        Some(_) => Err(fault("unsupported_parameter", "audio", "audio is not served here")),
    }
}

/// A member that may be missing or null, and else must be of one type.
fn optional<'a, T>(
    body: &'a Map<String, Value>,
    key: &str,
    read: impl Fn(&'a Value) -> Option<T>,
    wanted: &str,
) -> Result<Option<T>, RequestError> {
    match body.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => {
            let message = || format!("`{key}` must be {wanted}");
            read(value).map(Some).ok_or_else(|| fault("invalid_type", key, message()))
        }
    }
}

fn optional_text<'a>(body: &'a Map<String, Value>, key: &str) -> Result<Option<&'a str>, RequestError> {
    optional(body, key, Value::as_str, "a string")
}

fn fault(code: &'static str, param: &str, message: impl Into<String>) -> RequestError {
    RequestError::new(code, Some(param.to_owned()).filter(|p| !p.is_empty()), message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::chat::testing::{cases, golden};
    use proptest::prelude::*;
    use serde_json::json;

    fn target() -> Target<'static> {
        Target { model: "gpt-5.5", default_cache_key: "tenant-key", ..Target::default() }
    }

    /// What goes upstream for a case, or why it is refused.
    fn run(body: &Value) -> Value {
        let done = match to_responses(body, &target()) {
            Ok(done) => done,
            Err(refused) => {
                return json!({"refused": {"code": refused.code, "param": refused.param, "message": refused.message}});
            }
        };
        let mut custom: Vec<&String> = done.custom_tools.iter().collect();
        custom.sort();
        json!({
            "body": serde_json::from_slice::<Value>(&done.draft.clone().into_body()).expect("JSON"),
            "dropped": done.dropped,
            "custom_tools": custom,
        })
    }

    #[test]
    fn recorded_requests_become_the_recorded_ones() {
        golden("chat-request").bind(|| {
            for (name, case) in cases("chat-request", "json") {
                let body: Value = serde_json::from_str(&case).expect(&name);
                insta::assert_json_snapshot!(name, run(&body));
            }
        });
    }

    #[test]
    fn a_shortened_name_is_the_same_in_tools_choice_and_history_and_comes_back() {
        let long = format!("mcp__{}__read.file", "server".repeat(12));
        let body = json!({
            "messages": [
                {"role": "user", "content": "go"},
                {"role": "assistant", "tool_calls": [{"id": "c", "type": "function", "function": {"name": long, "arguments": "{}"}}]},
                {"role": "tool", "tool_call_id": "c", "content": "done"},
            ],
            "tools": [{"type": "function", "function": {"name": long}}],
            "tool_choice": {"type": "function", "function": {"name": long}},
        });
        let done = to_responses(&body, &target()).expect("translated");
        let wire = "mcp__read_file";
        assert_eq!(done.names.client(wire), long);
        assert_eq!(done.draft.tools[0]["name"], wire);
        assert_eq!(done.draft.tool_choice, Some(json!({"type": "function", "name": wire})));
        assert_eq!(done.draft.input[1]["name"], wire);
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            prop::sample::select(vec![
                "",
                "user",
                "assistant",
                "tool",
                "function",
                "custom",
                "text",
                "c1",
                "auto"
            ])
            .prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            let keys = vec![
                "messages",
                "role",
                "content",
                "tool_calls",
                "type",
                "function",
                "custom",
                "name",
                "id",
                "text",
                "tool_call_id",
                "tools",
                "tool_choice",
                "image_url",
                "url",
                "arguments",
                "response_format",
                "n",
            ];
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec((prop::sample::select(keys), inner), 0..5).prop_map(|pairs| pairs
                    .into_iter()
                    .map(|(k, v)| (k.to_owned(), v))
                    .collect::<Map<_, _>>()
                    .into()),
            ]
        })
    }

    proptest! {
        #[test]
        fn whatever_is_sent_is_translated_or_refused_with_a_reason(
            messages in prop::collection::vec(any_json(), 0..4),
            tools in any_json(),
            choice in any_json(),
        ) {
            let body = json!({"messages": messages, "tools": tools, "tool_choice": choice});
            match to_responses(&body, &target()) {
                Ok(done) => {
                    let called = |kind: &str| done.draft.input.iter().filter(|i| i["type"] == kind).count();
                    prop_assert_eq!(called("function_call"), called("function_call_output"));
                }
                Err(refused) => prop_assert!(!refused.message.is_empty()),
            }
        }
    }
}
