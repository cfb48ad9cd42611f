//! Tools, tool choice, and strict schemas.

use std::collections::HashSet;

use serde_json::{Map, Value};

use crate::demo::simulator::refusal::Refusal;

/// The names a request offers.
#[derive(Debug, Default)]
pub(super) struct Offered {
    names: HashSet<String>,
    /// Names of namespaces.
    pub(super) namespaces: HashSet<String>,
}

/// Top-level tools, those of `additional_tools` items, the choice between them, and parallel calls.
pub(super) fn check(map: &Map<String, Value>, input: &[Value]) -> Result<Offered, Refusal> {
    let mut offered = Offered::default();
    if let Some(tools) = map.get("tools").filter(|tools| !tools.is_null()) {
        let list = tools.as_array().ok_or_else(|| super::wrong_type("tools", "an array"))?;
        for (index, tool) in list.iter().enumerate() {
            check_tool(tool, &format!("tools[{index}]"), &mut offered)?;
        }
    }
    for (at, item) in input.iter().enumerate().filter(|(_, item)| item["type"] == "additional_tools") {
        let tools =
            item["tools"].as_array().ok_or_else(|| Refusal::missing(&format!("input[{at}].tools")))?;
        for (index, tool) in tools.iter().enumerate() {
            check_tool(tool, &format!("input[{at}].tools[{index}]"), &mut offered)?;
        }
    }
    choice(map.get("tool_choice"), &offered)?;
    let none = map.get("tools").and_then(Value::as_array).is_none_or(Vec::is_empty);
    if none && map.get("parallel_tool_calls") == Some(&Value::Bool(true)) {
        let message = "Invalid value for 'parallel_tool_calls': 'parallel_tool_calls' is only allowed when 'tools' \
                       are specified.";
        return Err(Refusal::codeless("parallel_tool_calls", message));
    }
    Ok(offered)
}

fn check_tool(tool: &Value, at: &str, offered: &mut Offered) -> Result<(), Refusal> {
    let kind = tool["type"].as_str().ok_or_else(|| Refusal::missing(&format!("{at}.type")))?;
    match kind {
        "function" => {
            let found = name(&format!("{at}.name"), tool.get("name"))?;
            let parameters = &tool["parameters"];
            if !parameters.is_object() && !parameters.is_null() {
                return Err(super::wrong_type(&format!("{at}.parameters"), "an object"));
            }
            if tool["strict"] == true {
                strict_schema(parameters).map_err(|reason| {
                    let message = format!("Invalid schema for function '{found}': {reason}");
                    Refusal::invalid(&format!("{at}.parameters"), "invalid_function_parameters", message)
                })?;
            }
            offered.names.insert(found.to_owned());
        }
        "custom" => {
            offered.names.insert(name(&format!("{at}.name"), tool.get("name"))?.to_owned());
        }
        "namespace" => {
            offered.namespaces.insert(name(&format!("{at}.name"), tool.get("name"))?.to_owned());
            for (index, inner) in tool["tools"].as_array().into_iter().flatten().enumerate() {
                check_tool(inner, &format!("{at}.tools[{index}]"), offered)?;
            }
        }
        "tool_search" | "web_search" | "image_generation" | "local_shell" => {
            offered.names.insert(kind.to_owned());
        }
        "code_interpreter" | "file_search" | "computer_use_preview" | "mcp" => {
            return Err(Refusal::detail(format!("Unsupported tool type: {kind}")));
        }
        other => {
            let known = [
                "function",
                "custom",
                "namespace",
                "tool_search",
                "web_search",
                "image_generation",
                "local_shell",
            ];
            return Err(Refusal::value(&format!("{at}.type"), other, &known));
        }
    }
    Ok(())
}

/// A tool's or a schema's name: 1 to 64 letters, digits, `_` or `-`.
pub(super) fn name<'a>(param: &str, value: Option<&'a Value>) -> Result<&'a str, Refusal> {
    let name = value.and_then(Value::as_str).filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| Refusal::missing(param))?;
    super::length_limit(param, name.len())?;
    if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')) {
        let message = format!(
            "Invalid '{param}': string does not match pattern. Expected a string that matches the pattern \
             '^[a-zA-Z0-9_-]+$'."
        );
        return Err(Refusal::invalid(param, "invalid_value", message));
    }
    Ok(name)
}

fn choice(choice: Option<&Value>, offered: &Offered) -> Result<(), Refusal> {
    let Some(choice) = choice.filter(|choice| !choice.is_null()) else {
        return Ok(());
    };
    if let Some(word) = choice.as_str() {
        return super::one_of("tool_choice", &Value::from(word), &["none", "auto", "required"]);
    }
    if !choice.is_object() {
        return Err(super::wrong_type("tool_choice", "a string or an object"));
    }
    if choice.get("function").is_some() {
        let param = "tool_choice.function";
        return Err(Refusal::invalid(param, "unknown_parameter", format!("Unknown parameter: '{param}'.")));
    }
    match choice["type"].as_str() {
        None => Err(Refusal::missing("tool_choice.type")),
        Some("function" | "custom") => {
            let wanted = choice["name"].as_str().ok_or_else(|| Refusal::missing("tool_choice.name"))?;
            if offered.names.contains(wanted) {
                return Ok(());
            }
            let message = format!("Tool choice '{wanted}' not found in 'tools' parameter.");
            Err(Refusal::codeless("tool_choice", message))
        }
        Some(_) => Ok(()),
    }
}

/// What a strict schema must have on every object: `additionalProperties: false`, and every property required.
pub(super) fn strict_schema(schema: &Value) -> Result<(), String> {
    let Some(map) = schema.as_object() else {
        return Ok(());
    };
    let properties = map.get("properties").and_then(Value::as_object);
    if map.get("type") == Some(&Value::from("object")) || properties.is_some() {
        if map.get("additionalProperties") != Some(&Value::Bool(false)) {
            return Err("'additionalProperties' is required to be supplied and to be false.".into());
        }
        let required = map.get("required").and_then(Value::as_array);
        for key in properties.into_iter().flat_map(Map::keys) {
            if !required.is_some_and(|required| required.iter().any(|name| name == key)) {
                return Err(format!(
                    "'required' is required to be supplied and to be an array including every key in properties. \
                     Missing '{key}'."
                ));
            }
        }
    }
    let inner =
        ["properties", "$defs", "definitions"].into_iter().filter_map(|key| map.get(key)?.as_object());
    let nested = inner.flat_map(Map::values);
    let lists = ["anyOf", "oneOf", "allOf"].into_iter().filter_map(|key| map.get(key)?.as_array()).flatten();
    nested.chain(lists).chain(map.get("items")).try_for_each(strict_schema)
}
