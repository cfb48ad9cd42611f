//! What the backend takes as a model request, as strictly as it is known to check. Pure: body in, refusal out.
//!
//! Facts from probes and peers that people published; where they are silent the check is left out, so an unknown
//! key or item type passes.

mod items;
mod tools;

use axum::http::HeaderMap;
use serde_json::{Map, Value};

use super::models;
use super::refusal::Refusal;
use super::spec::AccountSpec;

/// The header that selects the Lite shape.
pub(super) const LITE_HEADER: &str = "x-openai-internal-codex-responses-lite";

/// Keys of other dialects, or that this backend refuses by name.
const UNSUPPORTED: [&str; 35] = [
    "max_output_tokens",
    "max_tokens",
    "max_completion_tokens",
    "temperature",
    "top_p",
    "stop",
    "frequency_penalty",
    "presence_penalty",
    "seed",
    "logit_bias",
    "logprobs",
    "top_logprobs",
    "user",
    "metadata",
    "safety_identifier",
    "truncation",
    "prompt_cache_retention",
    "prompt_cache_options",
    "prompt_cache_breakpoint",
    "stream_options",
    "context_management",
    "background",
    "n",
    "previous_response_id",
    "max_tool_calls",
    "conversation",
    "prompt",
    "generate",
    "messages",
    "response_format",
    "reasoning_effort",
    "functions",
    "function_call",
    "verbosity",
    "modalities",
];

/// `Ok` when the backend would take this body from this account.
pub(super) fn validate(
    body: &Value,
    headers: &HeaderMap,
    spec: &AccountSpec,
    strict: Strict,
) -> Result<(), Refusal> {
    let Some(map) = body.as_object() else {
        return Err(Refusal::detail("The request body is not a JSON object"));
    };
    for key in UNSUPPORTED {
        if map.contains_key(key) {
            return Err(Refusal::unsupported(key));
        }
    }
    if map.get("stream") != Some(&Value::Bool(true)) {
        return Err(Refusal::detail("Stream must be set to true"));
    }
    if map.get("store") != Some(&Value::Bool(false)) {
        return Err(Refusal::detail("Store must be set to false"));
    }
    let Some(input) = map.get("input").and_then(Value::as_array) else {
        return Err(Refusal::detail("Input must be a list"));
    };
    if input.is_empty() {
        return Err(Refusal::missing("input"));
    }
    let lite = input.iter().any(|item| item["type"] == "additional_tools");
    instructions(map, lite, strict)?;
    let model = map.get("model").and_then(Value::as_str).unwrap_or_default();
    if !spec.models.iter().any(|slug| slug == model) {
        let text = format!("The '{model}' model is not supported when using Codex with a ChatGPT account.");
        return Err(Refusal::detail(text));
    }
    lite_contract(map, headers, model, lite)?;
    let offered = tools::check(map, input)?;
    reasoning(map.get("reasoning"), model)?;
    tier_and_cache(map)?;
    text(map.get("text"), input)?;
    if let Some(metadata) = map.get("client_metadata").filter(|value| !value.is_null()) {
        let flat = metadata.as_object().is_some_and(|metadata| metadata.values().all(Value::is_string));
        if !flat {
            return Err(wrong_type("client_metadata", "a map of strings"));
        }
    }
    items::check(input, spec, &offered)
}

/// Checks whose truth is open: a setting of the simulator decides.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Strict {
    /// A classic request without `instructions` is refused.
    pub(super) instructions: bool,
}

fn wrong_type(param: &str, expected: &str) -> Refusal {
    Refusal::invalid(param, "invalid_type", format!("Invalid type for '{param}': expected {expected}."))
}

fn instructions(map: &Map<String, Value>, lite: bool, strict: Strict) -> Result<(), Refusal> {
    match map.get("instructions") {
        Some(Value::String(_)) => Ok(()),
        None if lite || !strict.instructions => Ok(()),
        Some(_) | None => Err(Refusal::detail("Instructions are required")),
    }
}

fn lite_contract(
    map: &Map<String, Value>,
    headers: &HeaderMap,
    model: &str,
    lite: bool,
) -> Result<(), Refusal> {
    let header = headers.get(LITE_HEADER).is_some_and(|value| value == "true");
    let context = map.get("reasoning").and_then(|reasoning| reasoning.get("context"));
    if !header {
        if lite {
            let message = "Invalid value: 'additional_tools'.";
            return Err(Refusal::invalid("input[0].type", "invalid_value", message));
        }
        if context.is_some_and(|context| !context.is_null()) {
            let message = "Unknown parameter: 'reasoning.context'.";
            return Err(Refusal::invalid("reasoning.context", "unknown_parameter", message));
        }
        return Ok(());
    }
    if !models::is_lite(model) {
        return Err(Refusal::detail(
            "This model is not supported when using X-OpenAI-Internal-Codex-Responses-Lite.",
        ));
    }
    if !lite {
        return Err(Refusal::detail(
            "X-OpenAI-Internal-Codex-Responses-Lite requires an additional_tools item in input",
        ));
    }
    if context.and_then(Value::as_str) != Some("all_turns") {
        return Err(Refusal::detail(
            "X-OpenAI-Internal-Codex-Responses-Lite requires reasoning.context to be all_turns",
        ));
    }
    if map.contains_key("tools") {
        let message = "Invalid 'tools': the reserved tool 'collaboration.spawn_agent' does not match.";
        return Err(Refusal::invalid("tools", "invalid_value", message));
    }
    if map.get("parallel_tool_calls") != Some(&Value::Bool(false)) {
        return Err(Refusal::detail(
            "X-OpenAI-Internal-Codex-Responses-Lite requires parallel_tool_calls to be false",
        ));
    }
    Ok(())
}

fn reasoning(reasoning: Option<&Value>, model: &str) -> Result<(), Refusal> {
    let Some(reasoning) = reasoning.filter(|value| !value.is_null()) else {
        return Ok(());
    };
    if !reasoning.is_object() {
        return Err(wrong_type("reasoning", "an object"));
    }
    if let Some(effort) = present(reasoning, "effort") {
        let mut supported = models::efforts(model);
        supported.push("none");
        one_of("reasoning.effort", effort, &supported)?;
    }
    if let Some(summary) = present(reasoning, "summary") {
        one_of("reasoning.summary", summary, &["auto", "concise", "detailed"])?;
    }
    Ok(())
}

fn present<'a>(value: &'a Value, key: &str) -> Option<&'a Value> {
    value.get(key).filter(|found| !found.is_null())
}

fn one_of(param: &str, value: &Value, supported: &[&str]) -> Result<(), Refusal> {
    match value.as_str() {
        Some(text) if supported.contains(&text) => Ok(()),
        Some(text) => Err(Refusal::value(param, text, supported)),
        None => Err(wrong_type(param, "a string")),
    }
}

fn tier_and_cache(map: &Map<String, Value>) -> Result<(), Refusal> {
    if let Some(tier) = map.get("service_tier").filter(|tier| !tier.is_null())
        && !matches!(tier.as_str(), Some("priority" | "flex"))
    {
        let tier = tier.as_str().map_or_else(|| tier.to_string(), str::to_owned);
        return Err(Refusal::detail(format!("Unsupported service_tier: {tier}")));
    }
    if let Some(key) = map.get("prompt_cache_key").filter(|key| !key.is_null()) {
        let param = "prompt_cache_key";
        let length = key.as_str().ok_or_else(|| wrong_type(param, "a string"))?.len();
        if length == 0 {
            let message = "Invalid 'prompt_cache_key': empty string. Expected a string with minimum length 1, \
                           but got an empty string instead.";
            return Err(Refusal::invalid(param, "empty_string", message));
        }
        length_limit(param, length)?;
    }
    if let Some(include) = map.get("include").filter(|include| !include.is_null())
        && !include.as_array().is_some_and(|list| list.iter().all(Value::is_string))
    {
        return Err(wrong_type("include", "an array of strings"));
    }
    Ok(())
}

/// At most 64 characters, as for ids, call ids and cache keys.
fn length_limit(param: &str, length: usize) -> Result<(), Refusal> {
    if length <= 64 {
        return Ok(());
    }
    let message = format!(
        "Invalid '{param}': string too long. Expected a string with maximum length 64, but got a string with \
         length {length} instead."
    );
    Err(Refusal::invalid(param, "string_above_max_length", message))
}

fn text(text: Option<&Value>, input: &[Value]) -> Result<(), Refusal> {
    let Some(text) = text.filter(|value| !value.is_null()) else {
        return Ok(());
    };
    if let Some(verbosity) = present(text, "verbosity") {
        one_of("text.verbosity", verbosity, &["low", "medium", "high"])?;
    }
    let Some(format) = present(text, "format") else {
        return Ok(());
    };
    match format["type"].as_str().unwrap_or_default() {
        "text" => Ok(()),
        "json_object" => {
            let said = input.iter().any(|item| item.to_string().to_ascii_lowercase().contains("json"));
            let message = "Response input messages must contain the word 'json' in some form to use 'text.format' \
                           of type 'json_object'.";
            if said { Ok(()) } else { Err(Refusal::codeless("input", message)) }
        }
        "json_schema" => {
            tools::name("text.format.name", present(format, "name"))?;
            let schema = present(format, "schema").ok_or_else(|| Refusal::missing("text.format.schema"))?;
            if format["strict"] == true {
                let context = format["name"].as_str().unwrap_or_default();
                tools::strict_schema(schema).map_err(|reason| {
                    let message = format!("Invalid schema for response_format '{context}': {reason}");
                    Refusal::invalid("text.format.schema", "invalid_json_schema", message)
                })?;
            }
            Ok(())
        }
        other => Err(Refusal::value("text.format.type", other, &["json_object", "json_schema", "text"])),
    }
}

#[cfg(test)]
mod tests;
