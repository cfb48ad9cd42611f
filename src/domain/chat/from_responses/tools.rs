//! Flat, custom and namespaced tools as the functions that every chat upstream knows, and the way back.

use crate::domain::chat::names::ToolNames;
use serde_json::{Map, Value, json};
use std::collections::HashMap;

/// What a function of the chat request was in the client's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Original {
    pub name: String,
    pub namespace: Option<String>,
    /// A custom (free text) tool: its text travels as the argument `input`.
    pub custom: bool,
}

/// The tools of one request by the names that the chat upstream knows them by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ToolMap {
    names: ToolNames,
    originals: HashMap<String, Original>,
}

impl ToolMap {
    /// Reads the tools of a Responses body, those in `additional_tools` items too. For a body without any, such as a
    /// chat client's own, every function stays what it is.
    pub fn new(body: &Value) -> Self {
        let declared = declared(body);
        let names = ToolNames::new(declared.iter().map(|d| d.joined.as_str()));
        let originals =
            (declared.iter()).map(|d| (names.wire(&d.joined).to_owned(), d.original.clone())).collect();
        Self { names, originals }
    }

    /// What the client calls a function that the upstream called.
    pub fn original(&self, chat_name: &str) -> Option<&Original> {
        self.originals.get(chat_name)
    }

    /// What the upstream calls a tool of the client.
    pub(super) fn chat_name(&self, namespace: Option<&str>, name: &str) -> String {
        self.names.wire(&joined(namespace, name)).to_owned()
    }
}

struct Declared<'a> {
    joined: String,
    original: Original,
    tool: &'a Value,
}

/// Functions and custom tools, namespaces opened.
fn declared(body: &Value) -> Vec<Declared<'_>> {
    let top = body["tools"].as_array().into_iter().flatten();
    let items = body["input"].as_array().into_iter().flatten();
    let more = items
        .filter(|i| i["type"] == "additional_tools")
        .flat_map(|i| i["tools"].as_array().into_iter().flatten());
    let mut found = Vec::new();
    for tool in top.chain(more) {
        if tool["type"] == "namespace" {
            for inner in tool["tools"].as_array().into_iter().flatten() {
                found.extend(one(inner, tool["name"].as_str()));
            }
        } else {
            found.extend(one(tool, None));
        }
    }
    found
}

fn one<'a>(tool: &'a Value, namespace: Option<&str>) -> Option<Declared<'a>> {
    let custom = match tool["type"].as_str()? {
        "function" => false,
        "custom" => true,
        _ => return None,
    };
    let name = tool["name"].as_str()?;
    let original = Original { name: name.to_owned(), namespace: namespace.map(str::to_owned), custom };
    Some(Declared { joined: joined(namespace, name), original, tool })
}

/// The Codex client's namespace `functions` is where tools without one live: its names stay short.
fn joined(namespace: Option<&str>, name: &str) -> String {
    match namespace {
        None | Some("" | "functions") => name.to_owned(),
        Some(namespace) => format!("{namespace}__{name}"),
    }
}

/// The tools in the nested shape, and the choice among them.
pub(super) fn translate(body: &Value, map: &ToolMap) -> (Vec<Value>, Option<Value>) {
    let mut tools: Vec<Value> = declared(body).iter().map(|d| nested(d, map)).collect();
    let choice = &body["tool_choice"];
    let named = |choice: &Value| Some(map.chat_name(choice["namespace"].as_str(), choice["name"].as_str()?));
    let choice = match choice["type"].as_str() {
        None => choice.as_str().map(Value::from),
        Some("function" | "custom") => {
            named(choice).map(|name| json!({"type": "function", "function": {"name": name}}))
        }
        Some("allowed_tools") => {
            let allowed: Vec<Value> =
                choice["tools"].as_array().into_iter().flatten().filter_map(named).map(Value::from).collect();
            tools.retain(|t| allowed.contains(&t["function"]["name"]));
            choice["mode"].as_str().map(Value::from)
        }
        // A hosted tool, which is not there.
        Some(_) => None,
    };
    (tools, choice)
}

fn nested(declared: &Declared<'_>, map: &ToolMap) -> Value {
    let tool = declared.tool;
    let mut function = Map::new();
    function.insert("name".into(), map.names.wire(&declared.joined).into());
    if let Some(description) = description(declared) {
        function.insert("description".into(), description.into());
    }
    if declared.original.custom {
        function.insert(
            "parameters".into(),
            json!({
                "type": "object",
                "properties": {"input": {"type": "string", "description": "the whole input of the tool, as plain text"}},
                "required": ["input"],
                "additionalProperties": false,
            }),
        );
    } else {
        if tool["parameters"].is_object() {
            function.insert("parameters".into(), tool["parameters"].clone());
        }
        if tool["strict"] == true {
            function.insert("strict".into(), true.into());
        }
    }
    json!({"type": "function", "function": function})
}

/// A grammar cannot be enforced here, so the model is at least told of it.
fn description(declared: &Declared<'_>) -> Option<String> {
    let description = declared.tool["description"].as_str();
    let grammar = declared.tool["format"]["definition"].as_str().filter(|_| declared.original.custom);
    match (description, grammar) {
        (Some(text), Some(grammar)) => {
            Some(format!("{text}\n\nThe input must follow this grammar:\n{grammar}"))
        }
        (None, Some(grammar)) => Some(format!("The input must follow this grammar:\n{grammar}")),
        (text, None) => text.map(str::to_owned),
    }
}
