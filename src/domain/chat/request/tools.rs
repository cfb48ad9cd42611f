//! Tools and the choice among them, under names that the upstream takes.

use super::fault;
use crate::domain::chat::names::ToolNames;
use crate::domain::responses::request::{RequestError, flat_tool, flat_tool_choice};
use serde_json::{Map, Value, json};
use std::collections::HashSet;

/// The tools of one request, ready to be sent.
#[derive(Debug, Default)]
pub(super) struct Tools {
    pub(super) list: Vec<Value>,
    pub(super) choice: Option<Value>,
    pub(super) names: ToolNames,
    /// The client's names of its custom tools.
    pub(super) custom: HashSet<String>,
}

/// Reads `tools` and `tool_choice`, or their forerunners `functions` and `function_call`.
pub(super) fn translate(body: &Map<String, Value>, messages: &[Value]) -> Result<Tools, RequestError> {
    let declared = list(body, "tools")?;
    let functions = list(body, "functions")?;
    let custom = (declared.iter())
        .filter(|t| t["type"] == "custom")
        .filter_map(|t| Some(named(t)?["name"].as_str()?.to_owned()))
        .collect();
    let own = declared.iter().filter_map(|t| named(t)?["name"].as_str());
    let legacy = functions.iter().filter_map(|f| f["name"].as_str());
    // Names in the history may be of tools that are not offered any more.
    let past = messages.iter().flat_map(called_names);
    let names = ToolNames::new(own.chain(legacy).chain(past).filter(|n| !n.is_empty()));
    let mut flat = Vec::with_capacity(declared.len() + functions.len());
    for (index, tool) in declared.iter().enumerate() {
        flat.push(flat_tool(renamed(tool.clone(), &names), &format!("tools[{index}]"))?);
    }
    for (index, function) in functions.iter().enumerate() {
        let mut tool = function.clone();
        if let Some(tool) = tool.as_object_mut() {
            tool.insert("type".into(), "function".into());
        }
        flat.push(flat_tool(renamed(tool, &names), &format!("functions[{index}]"))?);
    }
    let choice = match (body.get("tool_choice"), body.get("function_call")) {
        (Some(choice), _) if !choice.is_null() => choice.clone(),
        // `function_call` names a function without saying that it is one.
        (_, Some(choice)) if choice.is_object() => json!({"type": "function", "function": choice}),
        (_, choice) => choice.cloned().unwrap_or_default(),
    };
    let choice = flat_tool_choice(renamed(choice, &names), &flat)?;
    Ok(Tools { list: flat, choice, names, custom })
}

fn list<'a>(body: &'a Map<String, Value>, key: &str) -> Result<&'a [Value], RequestError> {
    match body.get(key) {
        None | Some(Value::Null) => Ok(&[]),
        Some(Value::Array(list)) => Ok(list),
        Some(_) => Err(fault("invalid_type", key, format!("`{key}` must be a list"))),
    }
}

/// The object that holds a tool's name: `{type, <type>: {name}}`, or the flat shape that some clients send here too.
fn named(tool: &Value) -> Option<&Value> {
    match tool["type"].as_str().unwrap_or("function") {
        kind @ ("function" | "custom") => Some(if tool[kind].is_object() { &tool[kind] } else { tool }),
        _ => None,
    }
}

fn called_names(message: &Value) -> impl Iterator<Item = &str> {
    let calls = message["tool_calls"].as_array().into_iter().flatten();
    calls.filter_map(|c| named(c)?["name"].as_str()).chain(message["function_call"]["name"].as_str())
}

/// A tool, or a choice of some, under the names to send. A function is strict only when that is asked for: it is the
/// default of Chat Completions, and not that of Responses.
fn renamed(mut tool: Value, names: &ToolNames) -> Value {
    let kind = tool["type"].as_str().unwrap_or_default().to_owned();
    match &*kind {
        "function" | "custom" => {
            let inner = if tool[&kind].is_object() { &mut tool[&kind] } else { &mut tool };
            if let Some(name) = inner["name"].as_str() {
                inner["name"] = names.wire(name).into();
            }
            if kind == "function" && inner["parameters"].is_object() && !inner["strict"].is_boolean() {
                inner["strict"] = false.into();
            }
        }
        "allowed_tools" => {
            let inner = if tool[&kind].is_object() { &mut tool[&kind] } else { &mut tool };
            if let Some(list) = inner.get_mut("tools").and_then(Value::as_array_mut) {
                for tool in list {
                    *tool = renamed(tool.take(), names);
                }
            }
        }
        _ => {}
    }
    tool
}
