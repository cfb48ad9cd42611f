//! The input items: roles, parts, id prefixes, calls and their outputs, account-bound content.

use std::collections::HashMap;

use serde_json::Value;

use super::tools::Offered;
use crate::demo::simulator::refusal::Refusal;
use crate::demo::simulator::sealed;
use crate::demo::simulator::spec::AccountSpec;

/// One call or output: where it stands, and of which family.
#[derive(Default)]
struct Calls<'a> {
    open: HashMap<&'a str, Kind>,
    closed: HashMap<&'a str, Kind>,
    order: Vec<&'a str>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Function,
    Custom,
    Search,
}

impl Kind {
    fn text(self) -> &'static str {
        match self {
            Self::Function => "function call",
            Self::Custom => "custom tool call",
            Self::Search => "tool search call",
        }
    }
}

pub(super) fn check(input: &[Value], spec: &AccountSpec, offered: &Offered) -> Result<(), Refusal> {
    let mut calls = Calls::default();
    for (index, item) in input.iter().enumerate() {
        let at = format!("input[{index}]");
        if !item.is_object() {
            return Err(super::wrong_type(&at, "an object"));
        }
        if item.get("prompt_cache_breakpoint").is_some() {
            return Err(Refusal::unsupported("prompt_cache_breakpoint"));
        }
        let kind = item_type(item, &at)?;
        id(item, kind, &at)?;
        match kind {
            "message" => message(item, &at)?,
            "function_call" => {
                string(item, "name", &at)?;
                string(item, "arguments", &at)?;
                if let Some(namespace) = item.get("namespace").filter(|value| !value.is_null())
                    && !namespace.as_str().is_some_and(|name| offered.namespaces.contains(name))
                {
                    let param = format!("{at}.namespace");
                    return Err(Refusal::codeless(&param, format!("Unknown namespace: {namespace}.")));
                }
                calls.open(item, &at, Kind::Function)?;
            }
            "custom_tool_call" => {
                string(item, "name", &at)?;
                string(item, "input", &at)?;
                calls.open(item, &at, Kind::Custom)?;
            }
            "tool_search_call" => calls.open(item, &at, Kind::Search)?,
            "local_shell_call" => calls.open(item, &at, Kind::Function)?,
            "function_call_output" | "local_shell_call_output" => {
                output(item, &at)?;
                calls.close(item, &at, Kind::Function)?;
            }
            "custom_tool_call_output" => {
                output(item, &at)?;
                calls.close(item, &at, Kind::Custom)?;
            }
            "tool_search_output" => calls.close(item, &at, Kind::Search)?,
            "reasoning" => {
                if !item["summary"].is_array() {
                    return Err(Refusal::missing(&format!("{at}.summary")));
                }
                bound(item, spec)?;
            }
            "compaction" | "compaction_summary" => bound(item, spec)?,
            "item_reference" => return Err(not_found(item)),
            "compaction_trigger" if index + 1 != input.len() => {
                return Err(Refusal::codeless(&at, "A compaction_trigger must be the last input item."));
            }
            "additional_tools" if index != 0 || item["role"] != "developer" => {
                let message = "An additional_tools item must come first, with the role developer.";
                return Err(Refusal::codeless(&at, message));
            }
            _ => {}
        }
    }
    calls.finish()
}

fn item_type<'a>(item: &'a Value, at: &str) -> Result<&'a str, Refusal> {
    match item.get("type") {
        Some(kind) => kind.as_str().ok_or_else(|| super::wrong_type(&format!("{at}.type"), "a string")),
        None if item.get("role").is_some() => Ok("message"),
        None => Err(Refusal::missing(&format!("{at}.type"))),
    }
}

/// The backend checks the prefix by type and the length; leaving the id out is allowed.
fn id(item: &Value, kind: &str, at: &str) -> Result<(), Refusal> {
    let Some(id) = item.get("id").filter(|id| !id.is_null()) else {
        return Ok(());
    };
    let param = format!("{at}.id");
    let id = id.as_str().ok_or_else(|| super::wrong_type(&param, "a string"))?;
    let prefix = match kind {
        "message" => "msg",
        "reasoning" => "rs",
        "function_call" => "fc",
        "function_call_output" => "fco",
        "custom_tool_call" => "ctc",
        "custom_tool_call_output" => "ctco",
        "additional_tools" => "at",
        "compaction" | "compaction_summary" => "cmp",
        "web_search_call" => "ws",
        "image_generation_call" => "ig",
        _ => return super::length_limit(&param, id.len()),
    };
    if !id.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('_')) {
        let message = format!("Invalid '{param}': '{id}'. Expected an ID that begins with '{prefix}'.");
        return Err(Refusal::invalid(&param, "invalid_value", message));
    }
    super::length_limit(&param, id.len())
}

fn string<'a>(item: &'a Value, key: &str, at: &str) -> Result<&'a str, Refusal> {
    let param = format!("{at}.{key}");
    match item.get(key) {
        None | Some(Value::Null) => Err(Refusal::missing(&param)),
        Some(Value::String(text)) => Ok(text),
        Some(_) => Err(super::wrong_type(&param, "a string")),
    }
}

fn message(item: &Value, at: &str) -> Result<(), Refusal> {
    let role = string(item, "role", at)?;
    let parts: &[&str] = match role {
        "system" => return Err(Refusal::detail("System messages are not allowed")),
        "user" | "developer" => &["input_text", "input_image", "input_file"],
        "assistant" => &["output_text", "refusal"],
        other => {
            return Err(Refusal::value(&format!("{at}.role"), other, &["assistant", "developer", "user"]));
        }
    };
    match item.get("content") {
        Some(Value::String(_)) => Ok(()),
        Some(Value::Array(content)) => content.iter().enumerate().try_for_each(|(index, part)| {
            let at = format!("{at}.content[{index}]");
            self::part(part, &at, parts)
        }),
        _ => Err(Refusal::missing(&format!("{at}.content"))),
    }
}

fn part(part: &Value, at: &str, allowed: &[&str]) -> Result<(), Refusal> {
    if part.get("prompt_cache_breakpoint").is_some() {
        return Err(Refusal::unsupported("prompt_cache_breakpoint"));
    }
    let kind = string(part, "type", at)?;
    if !allowed.contains(&kind) {
        return Err(Refusal::value(&format!("{at}.type"), kind, allowed));
    }
    match kind {
        "input_text" | "output_text" => string(part, "text", at).map(drop),
        "refusal" => string(part, "refusal", at).map(drop),
        "input_image" => {
            let url = string(part, "image_url", at)?;
            if url.starts_with("data:image/") || url.starts_with("https://") || url.starts_with("http://") {
                return Ok(());
            }
            let param = format!("{at}.image_url");
            Err(Refusal::invalid(
                &param,
                "invalid_value",
                format!("Invalid '{param}'. Expected a valid URL."),
            ))
        }
        "input_file" if part.get("file_id").is_some() => Err(Refusal::unsupported("file_id")),
        _ => Ok(()),
    }
}

fn output(item: &Value, at: &str) -> Result<(), Refusal> {
    match item.get("output") {
        Some(Value::String(_)) => Ok(()),
        Some(Value::Array(parts)) => parts.iter().enumerate().try_for_each(|(index, part)| {
            let at = format!("{at}.output[{index}]");
            self::part(part, &at, &["input_text", "input_image", "input_file"])
        }),
        _ => Err(Refusal::missing(&format!("{at}.output"))),
    }
}

/// Encrypted content opens only for the account that got it, and under the id it came with.
fn bound(item: &Value, spec: &AccountSpec) -> Result<(), Refusal> {
    let Some(content) = item["encrypted_content"].as_str() else {
        return Err(not_found(item));
    };
    if sealed::opens(content, &spec.user_id, &spec.account_id, item["id"].as_str()) {
        return Ok(());
    }
    let shown: String = content.chars().take(12).collect();
    let message = format!(
        "The encrypted content {shown} could not be verified. Reason: Encrypted content could not be decrypted or \
         parsed."
    );
    let kind = Some("invalid_request_error");
    Err(Refusal::error(400, kind, None, Some("invalid_encrypted_content"), message))
}

fn not_found(item: &Value) -> Refusal {
    let id = item["id"].as_str().unwrap_or_default();
    let message = format!(
        "Item with id '{id}' not found. Items are not persisted when `store` is set to false. Try again with `store` \
         set to true, or remove this item from your input."
    );
    Refusal::error(404, Some("invalid_request_error"), Some("input"), None, message)
}

impl<'a> Calls<'a> {
    fn open(&mut self, item: &'a Value, at: &str, kind: Kind) -> Result<(), Refusal> {
        // Searches run by the server carry no call id and have no output to wait for.
        if kind == Kind::Search && item["call_id"].is_null() {
            return Ok(());
        }
        let call_id = string(item, "call_id", at)?;
        super::length_limit(&format!("{at}.call_id"), call_id.len())?;
        if self.open.contains_key(call_id) || self.closed.contains_key(call_id) {
            return Err(Refusal::codeless("input", format!("Duplicate call_id {call_id}.")));
        }
        self.open.insert(call_id, kind);
        self.order.push(call_id);
        Ok(())
    }

    fn close(&mut self, item: &'a Value, at: &str, kind: Kind) -> Result<(), Refusal> {
        if kind == Kind::Search && item["call_id"].is_null() {
            return Ok(());
        }
        let call_id = string(item, "call_id", at)?;
        if self.open.get(call_id) == Some(&kind) {
            self.open.remove(call_id);
            self.closed.insert(call_id, kind);
            return Ok(());
        }
        let message = format!("No tool call found for {} output with call_id {call_id}.", kind.text());
        Err(Refusal::codeless("input", message))
    }

    fn finish(self) -> Result<(), Refusal> {
        for call_id in self.order {
            if let Some(kind) = self.open.get(call_id) {
                let message = format!("No tool output found for {} {call_id}.", kind.text());
                return Err(Refusal::codeless("input", message));
            }
        }
        Ok(())
    }
}
