//! Input items of a foreign client, brought into the shape that the upstream takes.

use super::RequestError;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::collections::HashMap;

/// The longest item id and call id that the upstream takes.
const MAX_ID: usize = 64;

/// What a call gets for an output when an interrupt left it without one, in the Codex client's own word.
const ABORTED: &str = "aborted";

/// All items of `input`. What is left out is noted in `dropped`; `namespaces` are those of the request's tools.
/// With `whole`, it is the whole conversation, and every call in it meets its output.
pub(super) fn items(
    input: Value,
    namespaces: &[String],
    dropped: &mut Vec<String>,
    whole: bool,
) -> Result<Vec<Value>, RequestError> {
    let list = match input {
        Value::String(text) => return Ok(vec![message("user", &text)]),
        Value::Array(list) => list,
        _ => {
            return Err(RequestError::at(
                "invalid_type",
                "input",
                "`input` must be a string or a list of items",
            ));
        }
    };
    let mut items = Vec::with_capacity(list.len());
    let mut places = Vec::with_capacity(list.len());
    for (n, item) in list.into_iter().enumerate() {
        let place = format!("input[{n}]");
        let Value::Object(item) = item else {
            return Err(RequestError::at("invalid_type", &*place, format!("`{place}` must be an object")));
        };
        match one(item, &place, namespaces)? {
            Ok(item) => {
                items.push(item);
                places.push(place);
            }
            Err(Dropped(what)) => dropped.push(format!("{place} ({what})")),
        }
    }
    if whole {
        close_calls(&mut items, |n| places[n].clone())?;
    }
    Ok(items)
}

/// A message of one text.
fn message(role: &str, text: &str) -> Value {
    json!({"type": "message", "role": role, "content": [{"type": text_part(role), "text": text}]})
}

fn text_part(role: &str) -> &'static str {
    if role == "assistant" { "output_text" } else { "input_text" }
}

/// What an item that is left out was.
struct Dropped(&'static str);

fn one(
    mut item: Map<String, Value>,
    place: &str,
    namespaces: &[String],
) -> Result<Result<Value, Dropped>, RequestError> {
    item.retain(|key, value| !value.is_null() && key != "prompt_cache_breakpoint" && key != "cache_control");
    let kind = match item.get("type") {
        None if item.contains_key("role") => "message".to_owned(),
        // A reference may come without its type.
        None if item.contains_key("id") => "item_reference".to_owned(),
        Some(Value::String(kind)) => kind.clone(),
        _ => {
            let message = format!("`{place}` has no `type`; a message has `role` and `content`");
            return Err(RequestError::at("missing_required_parameter", format!("{place}.type"), message));
        }
    };
    if let Some(id) = item.get("id")
        && !id_fits(&kind, id)
    {
        item.shift_remove("id");
    }
    match &*kind {
        "item_reference" => return Ok(Err(Dropped("item_reference: nothing is stored"))),
        "reasoning" => {
            // Nothing is stored, so an item without its content is an id that leads nowhere: 404 upstream.
            if item.get("encrypted_content").and_then(Value::as_str).is_none_or(str::is_empty) {
                return Ok(Err(Dropped("reasoning without encrypted_content")));
            }
            item.entry("summary").or_insert_with(|| json!([]));
            keep(&mut item, &["type", "id", "summary", "content", "encrypted_content"]);
        }
        "message" => message_item(&mut item, place)?,
        "function_call" | "custom_tool_call" => {
            let text = if kind == "function_call" { "arguments" } else { "input" };
            for key in ["call_id", "name", text] {
                string(&item, key, place)?;
            }
            // Refused on a call of a tool that has none.
            if item
                .get("namespace")
                .and_then(Value::as_str)
                .is_none_or(|n| !namespaces.iter().any(|k| k == n))
            {
                item.remove("namespace");
            }
            keep(&mut item, &["type", "status", "id", "call_id", "name", "namespace", text]);
        }
        "function_call_output" | "custom_tool_call_output" => {
            string(&item, "call_id", place)?;
            output(&mut item, place)?;
            keep(&mut item, &["type", "status", "id", "call_id", "output"]);
        }
        _ => {}
    }
    if let Some(Value::String(call_id)) = item.get_mut("call_id")
        && let Cow::Owned(short) = short_call_id(call_id)
    {
        *call_id = short;
    }
    Ok(Ok(Value::Object(item)))
}

/// Leaves these members only, in this order: equal items are equal bytes, however the client wrote them.
fn keep(item: &mut Map<String, Value>, keys: &[&str]) {
    *item = keys.iter().filter_map(|key| Some(((*key).to_owned(), item.remove(*key)?))).collect();
}

/// Whether the upstream takes an item's id: it looks at the prefix, the length and the characters. An item goes
/// without an id rather than with a new one, since encrypted content may depend on the one that it was issued with.
fn id_fits(kind: &str, id: &Value) -> bool {
    let prefix = match kind {
        "message" => "msg_",
        "reasoning" => "rs_",
        "function_call" => "fc_",
        "function_call_output" => "fco_",
        "custom_tool_call" => "ctc_",
        "custom_tool_call_output" => "ctco_",
        "additional_tools" => "at_",
        "compaction" | "compaction_summary" => "cmp_",
        "web_search_call" => "ws_",
        "image_generation_call" => "ig_",
        // Not known here: the upstream's to judge.
        _ => "",
    };
    let Some(id) = id.as_str() else { return false };
    id.len() > prefix.len()
        && id.len() <= MAX_ID
        && id.starts_with(prefix)
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
}

/// A call id that the upstream takes: one that is too long becomes a digest of itself, the same one every time.
pub fn short_call_id(id: &str) -> Cow<'_, str> {
    if id.len() <= MAX_ID {
        return Cow::Borrowed(id);
    }
    let digest = URL_SAFE_NO_PAD.encode(Sha256::digest(id.as_bytes()));
    Cow::Owned(format!("call_{digest}"))
}

fn string<'a>(item: &'a Map<String, Value>, key: &str, place: &str) -> Result<&'a str, RequestError> {
    let param = format!("{place}.{key}");
    match item.get(key) {
        Some(Value::String(text)) if !text.is_empty() || matches!(key, "arguments" | "input" | "text") => {
            Ok(text)
        }
        None => {
            let message = format!("`{param}` is missing");
            Err(RequestError::at("missing_required_parameter", param, message))
        }
        Some(_) => {
            let message = format!("`{param}` must be a string, and not an empty one");
            Err(RequestError::at("invalid_type", param, message))
        }
    }
}

fn message_item(item: &mut Map<String, Value>, place: &str) -> Result<(), RequestError> {
    let param = format!("{place}.role");
    let role = match string(item, "role", place)? {
        "system" | "developer" => "developer",
        "user" => "user",
        "assistant" => "assistant",
        "tool" | "function" => {
            let message = format!(
                "`{param}` is of Chat Completions; the result of a tool is an item `{{\"type\": \
                 \"function_call_output\", \"call_id\": …, \"output\": …}}`"
            );
            return Err(RequestError::at("invalid_value", param, message));
        }
        other => {
            let message =
                format!("`{param}` is `{other}`; it may be `user`, `assistant`, `system` or `developer`");
            return Err(RequestError::at("invalid_value", param, message));
        }
    };
    let place = format!("{place}.content");
    let content = match item.remove("content") {
        Some(Value::String(text)) => vec![json!({"type": text_part(role), "text": text})],
        Some(Value::Array(parts)) => content_parts(parts, role, &place)?,
        None => {
            let message = format!("`{place}` is missing");
            return Err(RequestError::at("missing_required_parameter", place, message));
        }
        Some(_) => {
            let message = format!("`{place}` must be a string or a list of parts");
            return Err(RequestError::at("invalid_type", place, message));
        }
    };
    item.insert("type".into(), "message".into());
    item.insert("role".into(), role.into());
    item.insert("content".into(), content.into());
    keep(item, &["type", "status", "id", "role", "content", "phase"]);
    Ok(())
}

fn output(item: &mut Map<String, Value>, place: &str) -> Result<(), RequestError> {
    let place = format!("{place}.output");
    match item.remove("output") {
        Some(Value::String(text)) => item.insert("output".into(), text.into()),
        Some(Value::Array(parts)) => {
            item.insert("output".into(), content_parts(parts, "user", &place)?.into())
        }
        None => {
            let message = format!("`{place}` is missing");
            return Err(RequestError::at("missing_required_parameter", place, message));
        }
        Some(_) => {
            let message = format!("`{place}` must be a string or a list of parts; JSON is sent as a string");
            return Err(RequestError::at("invalid_type", place, message));
        }
    };
    Ok(())
}

fn content_parts(parts: Vec<Value>, role: &str, place: &str) -> Result<Vec<Value>, RequestError> {
    parts
        .into_iter()
        .enumerate()
        .map(|(n, part)| content_part(part, role, &format!("{place}[{n}]")))
        .collect()
}

fn content_part(part: Value, role: &str, place: &str) -> Result<Value, RequestError> {
    let mut part = match part {
        Value::Object(part) => part,
        Value::String(text) => return Ok(json!({"type": text_part(role), "text": text})),
        _ => return Err(RequestError::at("invalid_type", place, format!("`{place}` must be an object"))),
    };
    part.retain(|key, value| !value.is_null() && key != "prompt_cache_breakpoint" && key != "cache_control");
    let kind = part.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
    match &*kind {
        "text" | "input_text" | "output_text" => {
            let text = string(&part, "text", place)?;
            Ok(json!({"type": text_part(role), "text": text}))
        }
        "refusal" => Ok(json!({"type": "refusal", "refusal": string(&part, "refusal", place)?})),
        "input_image" | "image_url" => image(&part, place),
        "input_file" => {
            if part.contains_key("file_id") {
                return Err(no_uploads(place, "file_data` (a data URL) and `filename"));
            }
            keep(&mut part, &["type", "filename", "file_data", "file_url", "detail"]);
            Ok(Value::Object(part))
        }
        "input_audio" => Err(RequestError::at(
            "unsupported_value",
            format!("{place}.type"),
            "audio is not served by a ChatGPT subscription; send text, images or files",
        )),
        "" => {
            let message = format!("`{place}.type` is missing: for a text it is `{}`", text_part(role));
            Err(RequestError::at("missing_required_parameter", format!("{place}.type"), message))
        }
        _ => Ok(Value::Object(part)),
    }
}

/// An image part; the shape of Chat Completions (`image_url: {url, detail}`) is taken as well.
fn image(part: &Map<String, Value>, place: &str) -> Result<Value, RequestError> {
    if part.contains_key("file_id") {
        return Err(no_uploads(place, "image_url"));
    }
    let (url, detail) = match part.get("image_url") {
        Some(Value::String(url)) => (url.as_str(), part.get("detail")),
        Some(Value::Object(image)) => {
            (string(image, "url", &format!("{place}.image_url"))?, image.get("detail").or(part.get("detail")))
        }
        _ => {
            let param = format!("{place}.image_url");
            let message = format!("`{param}` must be a URL, which may be a data URL");
            return Err(RequestError::at("missing_required_parameter", param, message));
        }
    };
    let mut image =
        Map::from_iter([("type".to_owned(), json!("input_image")), ("image_url".to_owned(), url.into())]);
    if let Some(detail) = detail.filter(|d| d.is_string()) {
        image.insert("detail".into(), detail.clone());
    }
    Ok(Value::Object(image))
}

fn no_uploads(place: &str, instead: &str) -> RequestError {
    RequestError::at(
        "unsupported_parameter",
        format!("{place}.file_id"),
        format!("no files are stored here, so `{place}.file_id` leads nowhere: send `{instead}`"),
    )
}

/// The `call_id` of a call (`true`) or of an output (`false`); `None` for any other item.
pub fn call_direction(item: &Value) -> Option<(&str, bool)> {
    let (kind, id) = (item["type"].as_str()?, item["call_id"].as_str()?);
    if kind.ends_with("_call") {
        return Some((id, true));
    }
    kind.ends_with("_output").then_some((id, false))
}

/// Makes calls and outputs meet, as the upstream demands: a call that an interrupt left alone gets the output
/// `aborted`, right behind it.
///
/// # Errors
/// An output without a call before it, two calls or two outputs of one id. `place` names an item by its index.
pub fn close_calls(items: &mut Vec<Value>, place: impl Fn(usize) -> String) -> Result<(), RequestError> {
    #[derive(Clone, Copy)]
    struct Call {
        at: usize,
        answered: bool,
    }
    let mut calls: HashMap<&str, Call> = HashMap::new();
    for (at, item) in items.iter().enumerate() {
        let Some((id, is_call)) = call_direction(item) else { continue };
        let refuse =
            |what: String| Err(RequestError::at("invalid_value", format!("{}.call_id", place(at)), what));
        if is_call {
            if calls.insert(id, Call { at, answered: false }).is_some() {
                return refuse(format!("two calls have the `call_id` `{id}`"));
            }
        } else {
            match calls.get_mut(id) {
                None => return refuse(format!("no call with the `call_id` `{id}` comes before this output")),
                Some(call) if call.answered => return refuse(format!("two outputs answer the call `{id}`")),
                Some(call) => call.answered = true,
            }
        }
    }
    let mut open: Vec<usize> = calls.values().filter(|c| !c.answered).map(|c| c.at).collect();
    open.sort_unstable();
    for at in open.into_iter().rev() {
        let kind = match items[at]["type"].as_str() {
            Some("function_call" | "local_shell_call") => "function_call_output",
            Some("custom_tool_call") => "custom_tool_call_output",
            // Calls that the upstream makes itself have no outputs of ours.
            _ => continue,
        };
        let output = json!({"type": kind, "call_id": items[at]["call_id"], "output": ABORTED});
        items.insert(at + 1, output);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn convert(input: Value) -> (Vec<Value>, Vec<String>) {
        let mut dropped = Vec::new();
        let items = items(input, &["shell".to_owned()], &mut dropped, true).expect("items");
        (items, dropped)
    }

    fn refused(input: Value) -> RequestError {
        items(input, &[], &mut Vec::new(), true).expect_err("refused")
    }

    #[test]
    fn texts_become_parts_and_system_becomes_developer() {
        let (items, _) = convert(json!([
            {"role": "system", "content": "s"},
            {"content": [{"type": "text", "text": "u"}], "role": "user", "type": "message", "name": "x"},
            {"role": "assistant", "content": [{"type": "input_text", "text": "a", "annotations": []}], "phase": "commentary"},
        ]));
        assert_eq!(
            items,
            [
                json!({"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "s"}]}),
                json!({"type": "message", "role": "user", "content": [{"type": "input_text", "text": "u"}]}),
                json!({"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "a"}], "phase": "commentary"}),
            ]
        );
        assert_eq!(convert(json!("hi")).0, [message("user", "hi")]);
    }

    #[test]
    fn what_leads_nowhere_is_left_out_and_told() {
        let (items, dropped) = convert(json!([
            {"type": "item_reference", "id": "msg_1"},
            {"id": "msg_2"},
            {"type": "reasoning", "id": "rs_1", "summary": []},
            {"type": "reasoning", "id": "rs_2", "encrypted_content": "gAAA", "content": null, "status": null},
        ]));
        assert_eq!(
            items,
            [json!({"type": "reasoning", "id": "rs_2", "summary": [], "encrypted_content": "gAAA"})]
        );
        assert_eq!(dropped.len(), 3);
        assert_eq!(dropped[2], "input[2] (reasoning without encrypted_content)");
    }

    #[test]
    fn ids_that_the_upstream_refuses_go_and_are_never_replaced() {
        let long = format!("msg_{}", "a".repeat(61));
        let (items, _) = convert(json!([
            {"role": "user", "content": "a", "id": long},
            {"role": "user", "content": "b", "id": "item_1"},
            {"role": "user", "content": "c", "id": "msg_1"},
            {"type": "compaction", "id": "x", "encrypted_content": "g"},
            {"type": "compaction", "id": "cmp_1", "encrypted_content": "g"},
            {"type": "of_tomorrow", "id": "anything", "x": 1},
        ]));
        let ids: Vec<_> = items.iter().map(|i| i["id"].as_str()).collect();
        assert_eq!(ids, [None, None, Some("msg_1"), None, Some("cmp_1"), Some("anything")]);
    }

    #[test]
    fn a_namespace_stays_only_on_calls_of_a_tool_that_has_one() {
        let call = |id: &str, space: &str| json!({"type": "function_call", "call_id": id, "name": "f", "arguments": "{}", "namespace": space});
        let out = |id: &str| json!({"type": "function_call_output", "call_id": id, "output": ""});
        let (items, _) = convert(json!([call("1", "shell"), out("1"), call("2", "other"), out("2")]));
        assert_eq!((items[0]["namespace"].as_str(), items[2].get("namespace")), (Some("shell"), None));
    }

    #[test]
    fn an_interrupted_call_gets_an_output_and_a_lonely_output_is_refused() {
        let call = |id: &str| json!({"type": "custom_tool_call", "call_id": id, "name": "f", "input": ""});
        let out = |id: &str| json!({"type": "custom_tool_call_output", "call_id": id, "output": "x"});
        let (items, _) =
            convert(json!([call("1"), call("2"), out("2"), {"role": "user", "content": "go on"}]));
        assert_eq!(items[1], json!({"type": "custom_tool_call_output", "call_id": "1", "output": "aborted"}));
        assert_eq!(items.len(), 5);
        assert_eq!(refused(json!([out("1")])).param.as_deref(), Some("input[0].call_id"));
        assert_eq!(refused(json!([out("1"), call("1")])).param.as_deref(), Some("input[0].call_id"));
        assert_eq!(refused(json!([call("1"), call("1")])).param.as_deref(), Some("input[1].call_id"));
        assert_eq!(
            refused(json!([call("1"), out("1"), out("1")])).param.as_deref(),
            Some("input[2].call_id")
        );
    }

    #[test]
    fn long_call_ids_are_shortened_alike_on_both_sides() {
        let long = "c".repeat(65);
        let (items, _) = convert(json!([
            {"type": "function_call", "call_id": long, "name": "f", "arguments": ""},
            {"type": "function_call_output", "call_id": long, "output": [{"type": "input_text", "text": "t"}]},
        ]));
        let short = items[0]["call_id"].as_str().expect("id");
        assert!(short.len() <= 64 && items[1]["call_id"] == short);
        assert_eq!(items.len(), 2);
    }

    #[test]
    fn what_cannot_be_served_is_refused_with_its_place() {
        let part = |part: Value| refused(json!([{"role": "user", "content": [part]}])).param.expect("param");
        assert_eq!(part(json!({"type": "input_file", "file_id": "file_1"})), "input[0].content[0].file_id");
        assert_eq!(part(json!({"type": "input_image", "file_id": "file_1"})), "input[0].content[0].file_id");
        assert_eq!(part(json!({"type": "input_audio"})), "input[0].content[0].type");
        assert_eq!(part(json!({"type": "input_text"})), "input[0].content[0].text");
        assert_eq!(refused(json!([{"role": "tool", "content": ""}])).param.as_deref(), Some("input[0].role"));
        assert_eq!(refused(json!([{"x": 1}])).param.as_deref(), Some("input[0].type"));
        let call = json!([{"type": "function_call", "call_id": "1", "name": "f", "arguments": {}}]);
        assert_eq!(refused(call).param.as_deref(), Some("input[0].arguments"));
        assert_eq!(refused(json!({"a": 1})).param.as_deref(), Some("input"));
    }

    #[test]
    fn images_lose_what_the_upstream_does_not_know() {
        let (items, _) = convert(json!([{"role": "user", "content": [
            {"type": "input_image", "image_url": "data:x", "detail": "original", "prompt_cache_breakpoint": {}, "file_id": null},
            {"type": "image_url", "image_url": {"url": "https://x", "detail": "low"}},
        ]}]));
        assert_eq!(
            items[0]["content"],
            json!([{"type": "input_image", "image_url": "data:x", "detail": "original"},
                   {"type": "input_image", "image_url": "https://x", "detail": "low"}])
        );
    }
}
