//! A foreign client's body, built anew from what the upstream is known to take.

use super::target::is_no_tier;
use super::tools::{flat_tool, flat_tool_choice};
use super::{Draft, Prepared, RequestError, Target, input, nothing_is_stored, read_head};
use serde_json::{Map, Value, json};

/// What goes upstream for a body in OpenAI's public Responses dialect.
///
/// # Errors
/// Something in it cannot be served, or is not what the public API takes either.
pub fn prepare_foreign(body: &[u8], target: &Target<'_>) -> Result<Prepared, RequestError> {
    let (draft, mut prepared) = draft_of(body, target, true)?;
    prepared.finish(draft);
    Ok(prepared)
}

/// The same in parts, for whoever has something to add before it is written: [`Prepared::finish`] writes it. The call
/// of an output may be in what is added, so [`super::close_calls`] is left to the caller.
///
/// # Errors
/// As [`prepare_foreign`].
pub fn draft_foreign(body: &[u8], target: &Target<'_>) -> Result<(Draft, Prepared), RequestError> {
    draft_of(body, target, false)
}

fn draft_of(body: &[u8], target: &Target<'_>, whole: bool) -> Result<(Draft, Prepared), RequestError> {
    let head = read_head(body)?;
    if head.previous_response_id {
        return Err(nothing_is_stored());
    }
    target.takes_shape_of(&head)?;
    let mut body: Map<String, Value> = serde_json::from_slice(body)
        .map_err(|e| RequestError::new("invalid_json", None, format!("the body is not valid JSON: {e}")))?;
    body.retain(|_, value| !value.is_null());
    let mut take = |key: &str| body.shift_remove(key);
    refuse_what_nobody_runs(&mut take, head.background)?;
    if head.max_output_tokens == Some(0) {
        let message = "`max_output_tokens` must be at least 1";
        return Err(RequestError::at("invalid_value", "max_output_tokens", message));
    }
    let mut dropped = Vec::new();

    let tools = tools(take("tools"), head.lite)?;
    let Some(given) = take("input") else {
        let message = if body.contains_key("messages") {
            "`input` is missing; a body with `messages` belongs to POST /v1/chat/completions"
        } else {
            "`input` is missing: a string or a list of items"
        };
        return Err(RequestError::at("missing_required_parameter", "input", message));
    };
    let namespaces = namespaces(&tools, &given);
    let input = input::items(given, &namespaces, &mut dropped, whole)?;
    let tool_choice = match take("tool_choice") {
        // The tools of a Lite body are in its input.
        Some(choice) if head.lite => Some(choice),
        Some(choice) => flat_tool_choice(choice, &tools)?,
        None => None,
    };
    let instructions = match take("instructions") {
        None => String::new(),
        Some(Value::String(text)) => text,
        Some(_) => {
            return Err(RequestError::at("invalid_type", "instructions", "`instructions` must be a string"));
        }
    };
    let summary = summary(take("reasoning"), head.lite, &mut dropped)?;
    let text = text(take("text"), &mut dropped)?;
    let include = include(take("include"), &mut dropped)?;
    let service_tier = head.service_tier.as_deref().and_then(|tier| target.service_tier(tier));
    if service_tier.is_none() && head.service_tier.as_deref().is_some_and(|tier| !is_no_tier(tier)) {
        dropped.push("service_tier".into());
    }
    let effort = target.effort(head.effort.as_deref(), "reasoning.effort")?;
    for key in READ {
        take(key);
    }
    dropped.extend(body.into_iter().filter(|(key, value)| !asks_for_nothing(key, value)).map(|(key, _)| key));

    let prompt_cache_key_is_ours = head.prompt_cache_key.is_none();
    let draft = Draft {
        model: target.model.to_owned(),
        instructions,
        input,
        parallel_tool_calls: target.parallel_tool_calls(head.parallel_tool_calls, !tools.is_empty()),
        tools,
        tool_choice,
        effort,
        summary,
        text,
        service_tier,
        prompt_cache_key: head.prompt_cache_key.unwrap_or_else(|| target.default_cache_key.to_owned()),
        include,
    };
    let prepared = Prepared {
        dropped,
        max_output_tokens: head.max_output_tokens,
        stream: head.stream,
        prompt_cache_key_is_ours,
        ..Prepared::default()
    };
    Ok((draft, prepared))
}

/// Read with the head, or forced.
const READ: [&str; 7] = [
    "model",
    "stream",
    "prompt_cache_key",
    "parallel_tool_calls",
    "max_output_tokens",
    "service_tier",
    "background",
];

/// Whether a parameter that is not sent only says what happens anyway.
fn asks_for_nothing(key: &str, value: &Value) -> bool {
    match key {
        "store" => value == false,
        "n" => value == 1,
        "truncation" => value == "disabled",
        "metadata" => value.as_object().is_some_and(Map::is_empty),
        "top_logprobs" => value == 0,
        _ => false,
    }
}

fn refuse_what_nobody_runs(
    take: &mut impl FnMut(&str) -> Option<Value>,
    background: bool,
) -> Result<(), RequestError> {
    let refuse = |param: &str, message: &str| Err(RequestError::at("unsupported_parameter", param, message));
    if background {
        return refuse(
            "background",
            "nothing runs in the background here: leave `background` out and read the stream",
        );
    }
    if take("prompt").is_some() {
        return refuse("prompt", "no prompt templates are stored here: send `instructions` and `input`");
    }
    match take("n") {
        Some(n) if n != 1 => refuse("n", "`n` may only be 1: send the request several times"),
        _ => Ok(()),
    }
}

fn tools(given: Option<Value>, lite: bool) -> Result<Vec<Value>, RequestError> {
    let list = match given {
        None => return Ok(Vec::new()),
        Some(Value::Array(list)) => list,
        Some(_) => return Err(RequestError::at("invalid_type", "tools", "`tools` must be a list")),
    };
    if lite && !list.is_empty() {
        let message =
            "`tools` cannot stand beside an `additional_tools` item in `input`: put them all in one place";
        return Err(RequestError::at("invalid_value", "tools", message));
    }
    list.into_iter().enumerate().map(|(n, tool)| flat_tool(tool, &format!("tools[{n}]"))).collect()
}

/// The namespaces that the request's tools are in.
fn namespaces(tools: &[Value], input: &Value) -> Vec<String> {
    let items = input.as_array().map(Vec::as_slice).unwrap_or_default();
    let additional = items.iter().filter(|item| item["type"] == "additional_tools");
    let inner = additional.filter_map(|item| item["tools"].as_array()).flatten();
    let spaces = tools.iter().chain(inner).filter(|tool| tool["type"] == "namespace");
    spaces.filter_map(|tool| tool["name"].as_str().map(str::to_owned)).collect()
}

/// `reasoning.summary`, also under its old name. `none` is the upstream's default and not a value of it.
fn summary(
    reasoning: Option<Value>,
    lite: bool,
    dropped: &mut Vec<String>,
) -> Result<Option<String>, RequestError> {
    let Some(Value::Object(mut reasoning)) = reasoning else { return Ok(None) };
    // The effort is read with the head; the context is part of the Lite contract and written with it.
    reasoning.retain(|key, _| key != "effort" && !(lite && key == "context"));
    reasoning.retain(|_, value| !value.is_null());
    let old = reasoning.remove("generate_summary");
    let summary = reasoning.remove("summary").or(old);
    dropped.extend(reasoning.into_iter().map(|(key, _)| format!("reasoning.{key}")));
    match summary.as_ref().map(|s| s.as_str().unwrap_or_default()) {
        None | Some("none") => Ok(None),
        Some(known @ ("auto" | "concise" | "detailed")) => Ok(Some(known.to_owned())),
        Some(_) => {
            let message = "`reasoning.summary` may be `auto`, `concise`, `detailed` or `none`";
            Err(RequestError::at("invalid_value", "reasoning.summary", message))
        }
    }
}

fn text(given: Option<Value>, dropped: &mut Vec<String>) -> Result<Option<Value>, RequestError> {
    let mut given = match given {
        None => return Ok(None),
        Some(Value::Object(given)) => given,
        Some(_) => return Err(RequestError::at("invalid_type", "text", "`text` must be an object")),
    };
    given.retain(|_, value| !value.is_null());
    let mut text = Map::new();
    if let Some(verbosity) = given.remove("verbosity") {
        if !matches!(verbosity.as_str(), Some("low" | "medium" | "high")) {
            let message = "`text.verbosity` may be `low`, `medium` or `high`";
            return Err(RequestError::at("invalid_value", "text.verbosity", message));
        }
        text.insert("verbosity".into(), verbosity);
    }
    if let Some(format) = given.remove("format") {
        text.insert("format".into(), text_format(format, "text.format")?);
    }
    dropped.extend(given.into_iter().map(|(key, _)| format!("text.{key}")));
    Ok((!text.is_empty()).then_some(Value::Object(text)))
}

/// The format of an answer in the upstream's shape, from `text.format` or from `response_format` of Chat Completions,
/// which nests `json_schema` once more. `place` is what the client calls it.
pub fn text_format(format: Value, place: &str) -> Result<Value, RequestError> {
    let kind = format["type"].as_str().unwrap_or_default().to_owned();
    match (&*kind, format) {
        ("text" | "json_object", _) => Ok(json!({"type": kind})),
        ("json_schema", Value::Object(mut format)) => {
            let mut place = place.to_owned();
            if let Some(Value::Object(nested)) = format.remove("json_schema") {
                format = nested;
                place.push_str(".json_schema");
            }
            let name = format.get("name").and_then(Value::as_str).unwrap_or_default();
            let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
            if !(1..=64).contains(&name.len()) || !name.bytes().all(fits) {
                let message = format!(
                    "`{place}.name` is needed: 1 to 64 characters out of letters, digits, `_` and `-`"
                );
                return Err(RequestError::at("invalid_value", format!("{place}.name"), message));
            }
            if !format.get("schema").is_some_and(Value::is_object) {
                let message = format!("`{place}.schema` must be a JSON schema, an object");
                return Err(RequestError::at("invalid_type", format!("{place}.schema"), message));
            }
            let mut flat = Map::from_iter([("type".to_owned(), json!("json_schema"))]);
            for key in ["strict", "schema", "name", "description"] {
                if let Some(value) = format.remove(key).filter(|v| !v.is_null()) {
                    flat.insert(key.into(), value);
                }
            }
            Ok(Value::Object(flat))
        }
        _ => Err(RequestError::at(
            "invalid_value",
            format!("{place}.type"),
            format!("`{place}.type` may be `text`, `json_object` or `json_schema`"),
        )),
    }
}

fn include(given: Option<Value>, dropped: &mut Vec<String>) -> Result<Vec<String>, RequestError> {
    let refuse = || RequestError::at("invalid_type", "include", "`include` must be a list of strings");
    let list = match given {
        None => return Ok(Vec::new()),
        Some(Value::Array(list)) => list,
        Some(_) => return Err(refuse()),
    };
    let mut include: Vec<String> = Vec::new();
    for entry in list {
        let Value::String(entry) = entry else { return Err(refuse()) };
        if entry == "message.output_text.logprobs" {
            // As `top_logprobs`, which the upstream refuses.
            dropped.push(format!("include ({entry})"));
        } else if !include.contains(&entry) {
            include.push(entry);
        }
    }
    Ok(include)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A case: `{target: {model, …}, body}`.
    fn run(case: &Value) -> Value {
        let strings =
            |key: &str| -> Option<Vec<String>> { serde_json::from_value(case["target"][key].clone()).ok() };
        let (efforts, tiers) = (strings("efforts"), strings("service_tiers"));
        let target = Target {
            model: case["target"]["model"].as_str().unwrap_or("gpt-5.5"),
            model_is_lite: case["target"]["model_is_lite"].as_bool(),
            default_effort: case["target"]["default_effort"].as_str(),
            efforts: efforts.as_deref(),
            default_cache_key: "tenant-key",
            service_tiers: tiers.as_deref(),
        };
        match prepare_foreign(case["body"].to_string().as_bytes(), &target) {
            Ok(prepared) => json!({
                "body": serde_json::from_slice::<Value>(&prepared.body).expect("JSON"),
                "lite": prepared.lite,
                "dropped": prepared.dropped,
                "max_output_tokens": prepared.max_output_tokens,
                "stream": prepared.stream,
                "prompt_cache_key_is_ours": prepared.prompt_cache_key_is_ours,
            }),
            Err(refused) => json!({"refused": {
                "code": refused.code, "param": refused.param, "message": refused.message,
            }}),
        }
    }

    #[test]
    fn recorded_requests_go_upstream_as_recorded() {
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path("../../../../tests/golden/responses-request");
        settings.set_prepend_module_to_snapshot(false);
        settings.set_sort_maps(false);
        settings.set_omit_expression(true);
        settings.bind(|| {
            insta::glob!("../../../../tests/golden/responses-request", "*.json", |path| {
                let case = std::fs::read(path).expect("a case");
                let case: Value = serde_json::from_slice(&case).expect("a case is JSON");
                insta::assert_json_snapshot!("upstream", run(&case));
            });
        });
    }

    #[test]
    fn a_body_in_the_upstreams_own_shape_comes_out_the_same_twice() {
        let body = json!({"model": "m", "input": [
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hi"}]},
            {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "g"},
            {"type": "function_call", "status": "completed", "id": "fc_1", "call_id": "c", "name": "f", "arguments": "{}"},
        ], "tools": [{"type": "function", "name": "f", "strict": false, "parameters": {"type": "object", "properties": {}}}]});
        let target = Target { model: "m", default_cache_key: "k", ..Target::default() };
        let once = prepare_foreign(body.to_string().as_bytes(), &target).expect("once").body;
        let twice = prepare_foreign(&once, &target).expect("twice").body;
        assert_eq!(once, twice);
    }
}
