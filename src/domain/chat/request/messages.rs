//! Messages become input items. Calls and their outputs are matched here, since the upstream insists on both.

use super::fault;
use super::tools::Tools;
use crate::domain::responses::request::{RequestError, short_call_id};
use serde_json::{Value, json};
use std::collections::HashSet;

/// A conversation in the upstream's words.
#[derive(Debug, Default)]
pub(super) struct Messages {
    pub(super) instructions: String,
    pub(super) input: Vec<Value>,
}

/// Translates the messages in order. `keep_system` leaves system text among the input, where the upstream looks for
/// the word "json" before it takes the format `json_object`.
pub(super) fn translate(list: &[Value], keep_system: bool, tools: &Tools) -> Result<Messages, RequestError> {
    // A conversation of system text alone has to stand in the input: there must be something to answer.
    let is_system = |m: &Value| matches!(m["role"].as_str(), Some("system" | "developer"));
    let keep_system = keep_system || list.iter().all(is_system);
    let mut out = Builder { tools, calls: Vec::new(), wire_ids: HashSet::new(), input: Vec::new() };
    let mut instructions: Vec<String> = Vec::new();
    for (index, message) in list.iter().enumerate() {
        let at = format!("messages[{index}]");
        match message["role"].as_str() {
            Some("system" | "developer") => {
                let text = system_text(&message["content"], &at)?;
                if text.is_empty() {
                    continue;
                }
                if keep_system {
                    let content = json!([{"type": "input_text", "text": text}]);
                    out.input.push(json!({"type": "message", "role": "developer", "content": content}));
                } else {
                    instructions.push(text);
                }
            }
            Some("user") => {
                out.expect_outputs(&at)?;
                let content = input_parts(&message["content"], &format!("{at}.content"))?;
                out.input.push(json!({"type": "message", "role": "user", "content": content}));
            }
            Some("assistant") => {
                out.expect_outputs(&at)?;
                out.assistant(message, &at)?;
            }
            Some("tool" | "function") => out.tool(message, &at)?,
            Some(role) => {
                let message = format!("`{role}` is not a role: system, developer, user, assistant or tool");
                return Err(fault("invalid_value", &format!("{at}.role"), message));
            }
            None => {
                let param = format!("{at}.role");
                return Err(fault("missing_required_parameter", &param, "a message needs a `role`"));
            }
        }
    }
    out.expect_outputs(&format!("messages[{}]", list.len()))?;
    Ok(Messages { instructions: instructions.join("\n\n"), input: out.input })
}

/// A call of the last assistant message that made any.
struct Call {
    /// The client's id; none in the shape before tool calls.
    id: Option<String>,
    wire_id: String,
    name: String,
    is_custom: bool,
    answered: bool,
}

struct Builder<'a> {
    tools: &'a Tools,
    calls: Vec<Call>,
    /// All call ids of this request: some clients count from one again in every turn.
    wire_ids: HashSet<String>,
    input: Vec<Value>,
}

impl Builder<'_> {
    fn assistant(&mut self, message: &Value, at: &str) -> Result<(), RequestError> {
        if message["audio"].is_object() {
            return Err(fault("unsupported_parameter", &format!("{at}.audio"), "audio is not served here"));
        }
        let content = output_parts(message, at)?;
        if !content.is_empty() {
            let mut item = json!({"type": "message", "role": "assistant", "content": content});
            if let Some(phase) = message["phase"].as_str() {
                item["phase"] = phase.into();
            }
            self.input.push(item);
        }
        let none = Vec::new();
        let calls = match &message["tool_calls"] {
            Value::Null => &none,
            Value::Array(list) => list,
            _ => {
                let param = format!("{at}.tool_calls");
                return Err(fault("invalid_type", &param, "`tool_calls` must be a list"));
            }
        };
        let legacy = Some(&message["function_call"]).filter(|f| f.is_object() && calls.is_empty());
        if !calls.is_empty() || legacy.is_some() {
            self.calls.clear();
        }
        for (index, call) in calls.iter().enumerate() {
            self.call(call, &format!("{at}.tool_calls[{index}]"))?;
        }
        if let Some(function) = legacy {
            self.call(&json!({"type": "function", "function": function}), at)?;
        }
        Ok(())
    }

    fn call(&mut self, call: &Value, at: &str) -> Result<(), RequestError> {
        let (kind, inner) = match &call["custom"] {
            inner @ Value::Object(_) => ("custom", inner),
            _ => ("function", if call["function"].is_object() { &call["function"] } else { call }),
        };
        let Some(name) = inner["name"].as_str().filter(|n| !n.is_empty()) else {
            let param = format!("{at}.{kind}.name");
            return Err(fault(
                "missing_required_parameter",
                &param,
                "a tool call needs the name of its tool",
            ));
        };
        let id = call["id"].as_str().filter(|id| !id.is_empty()).map(str::to_owned);
        if let Some(id) = id.as_deref().filter(|id| self.calls.iter().any(|c| c.id.as_deref() == Some(id))) {
            let message = format!("two tool calls of one message have the id `{id}`");
            return Err(fault("invalid_value", &format!("{at}.id"), message));
        }
        let wire_id = self.wire_id(id.as_deref());
        let is_custom = kind == "custom" || self.tools.custom.contains(name);
        let arguments = match (&inner["arguments"], &inner["input"]) {
            (Value::String(text), _) | (Value::Null, Value::String(text)) => text.clone(),
            (Value::Null, _) => if is_custom { "" } else { "{}" }.to_owned(),
            (value, _) => value.to_string(),
        };
        let wire_name = self.tools.names.wire(name);
        self.input.push(if is_custom {
            json!({"type": "custom_tool_call", "call_id": wire_id, "name": wire_name, "input": arguments})
        } else {
            json!({"type": "function_call", "call_id": wire_id, "name": wire_name, "arguments": arguments})
        });
        self.calls.push(Call { id, wire_id, name: name.to_owned(), is_custom, answered: false });
        Ok(())
    }

    fn tool(&mut self, message: &Value, at: &str) -> Result<(), RequestError> {
        let id = ["tool_call_id", "toolCallId", "call_id"].iter().find_map(|key| message[*key].as_str());
        let id = id.filter(|id| !id.is_empty());
        let name = message["name"].as_str().filter(|_| message["role"] == "function");
        let is_it = |call: &Call| match id {
            Some(id) => call.id.as_deref() == Some(id),
            // Without an id it answers the next call that waits, of its name if it gives one.
            None => !call.answered && name.is_none_or(|name| call.name == name),
        };
        let Some(call) = self.calls.iter_mut().find(|call| is_it(call)) else {
            let message = match id {
                Some(id) => {
                    format!("no tool call of the assistant message before this one has the id `{id}`")
                }
                None => "there is no tool call that this message could answer".to_owned(),
            };
            return Err(fault("invalid_value", &format!("{at}.tool_call_id"), message));
        };
        if call.answered {
            let message = format!("the tool call `{}` has an output already", id.unwrap_or_default());
            return Err(fault("invalid_value", &format!("{at}.tool_call_id"), message));
        }
        call.answered = true;
        let output = match &message["content"] {
            Value::Null => "".into(),
            Value::String(text) => text.as_str().into(),
            parts => Value::from(input_parts(parts, &format!("{at}.content"))?),
        };
        let kind = if call.is_custom { "custom_tool_call_output" } else { "function_call_output" };
        self.input.push(json!({"type": kind, "call_id": call.wire_id, "output": output}));
        Ok(())
    }

    /// Everything called so far must have been answered.
    fn expect_outputs(&self, at: &str) -> Result<(), RequestError> {
        let waiting: Vec<&str> = (self.calls.iter())
            .filter(|c| !c.answered)
            .map(|c| c.id.as_deref().unwrap_or(c.name.as_str()))
            .collect();
        if waiting.is_empty() {
            return Ok(());
        }
        let message = format!(
            "an assistant message with tool calls must be followed by a tool message for each of them; missing: {}",
            waiting.join(", ")
        );
        Err(fault("missing_tool_output", at, message))
    }

    /// An id that the upstream takes and that nothing else in this request has.
    fn wire_id(&mut self, id: Option<&str>) -> String {
        let mut wire = short_call_id(id.unwrap_or("call")).into_owned();
        let mut turn = 1;
        while !self.wire_ids.insert(wire.clone()) {
            turn += 1;
            wire = short_call_id(&format!("{}_{turn}", id.unwrap_or("call"))).into_owned();
        }
        wire
    }
}

/// The text of a system message.
fn system_text(content: &Value, at: &str) -> Result<String, RequestError> {
    let parts = input_parts(content, &format!("{at}.content"))?;
    let mut texts = Vec::with_capacity(parts.len());
    for (index, part) in parts.iter().enumerate() {
        let Some(text) = part["text"].as_str() else {
            let param = format!("{at}.content[{index}]");
            return Err(fault("invalid_value", &param, "a system message holds text only"));
        };
        texts.push(text);
    }
    Ok(texts.join("\n"))
}

/// What a user or a tool says, as input parts.
fn input_parts(content: &Value, at: &str) -> Result<Vec<Value>, RequestError> {
    match content {
        Value::String(text) => Ok(vec![json!({"type": "input_text", "text": text})]),
        Value::Array(parts) => (parts.iter().enumerate())
            .map(|(index, part)| input_part(part, &format!("{at}[{index}]")))
            .collect(),
        Value::Null => Err(fault("missing_required_parameter", at, "a message needs `content`")),
        _ => Err(fault("invalid_type", at, "`content` must be a string or a list of parts")),
    }
}

fn input_part(part: &Value, at: &str) -> Result<Value, RequestError> {
    if let Some(text) = part.as_str() {
        return Ok(json!({"type": "input_text", "text": text}));
    }
    match part["type"].as_str() {
        Some("text" | "input_text" | "output_text") => match part["text"].as_str() {
            Some(text) => Ok(json!({"type": "input_text", "text": text})),
            None => Err(fault("invalid_type", &format!("{at}.text"), "a text part needs a `text`")),
        },
        Some("image_url" | "input_image") => image_part(part, at),
        Some("file" | "input_file") => file_part(part, at),
        Some("input_audio") => {
            Err(fault("unsupported_value", &format!("{at}.type"), "audio is not served here"))
        }
        Some(other) => {
            let message = format!("`{other}` is not a kind of content: text, image_url or file");
            Err(fault("invalid_value", &format!("{at}.type"), message))
        }
        None => {
            Err(fault("missing_required_parameter", &format!("{at}.type"), "a content part needs a `type`"))
        }
    }
}

fn image_part(part: &Value, at: &str) -> Result<Value, RequestError> {
    let image = &part["image_url"];
    let at = format!("{at}.image_url");
    let Some(url) = image["url"].as_str().or(image.as_str()) else {
        return Err(fault("missing_required_parameter", &at, "an image part needs a URL in `image_url`"));
    };
    let starts = |prefix: &str| url.get(..prefix.len()).is_some_and(|s| s.eq_ignore_ascii_case(prefix));
    if !starts("https://") && !starts("data:image/") {
        return Err(fault("invalid_value", &at, "an image must be an https URL or a data URL with an image"));
    }
    let mut flat = json!({"type": "input_image", "image_url": url});
    if let Some(detail) = image["detail"].as_str().or(part["detail"].as_str()) {
        flat["detail"] = detail.into();
    }
    Ok(flat)
}

fn file_part(part: &Value, at: &str) -> Result<Value, RequestError> {
    let file = if part["file"].is_object() { &part["file"] } else { part };
    if file["file_id"].is_string() {
        let message = "files by id are not served here: send `file_data`";
        return Err(fault("unsupported_value", &format!("{at}.file.file_id"), message));
    }
    let Some(data) = file["file_data"].as_str() else {
        let param = format!("{at}.file.file_data");
        return Err(fault("missing_required_parameter", &param, "a file part needs `file_data`"));
    };
    let mut flat = json!({"type": "input_file"});
    if let Some(name) = file["filename"].as_str() {
        flat["filename"] = name.into();
    }
    flat["file_data"] = data.into();
    Ok(flat)
}

/// What the assistant said, as output parts; empty when it only made calls.
fn output_parts(message: &Value, at: &str) -> Result<Vec<Value>, RequestError> {
    let text = |text: &str| json!({"type": "output_text", "text": text});
    let refusal = |text: &str| json!({"type": "refusal", "refusal": text});
    let mut parts = match &message["content"] {
        Value::Null => Vec::new(),
        Value::String(content) => vec![text(content)],
        Value::Array(list) => {
            let mut parts = Vec::with_capacity(list.len());
            for (index, part) in list.iter().enumerate() {
                parts.push(match (part["type"].as_str(), part["text"].as_str(), part["refusal"].as_str()) {
                    (Some("text" | "output_text" | "input_text"), Some(content), _) => text(content),
                    (Some("refusal"), _, Some(content)) => refusal(content),
                    _ => {
                        let param = format!("{at}.content[{index}]");
                        return Err(fault("invalid_value", &param, "an assistant says text or a refusal"));
                    }
                });
            }
            parts
        }
        _ => {
            let message = "`content` must be a string or a list of parts";
            return Err(fault("invalid_type", &format!("{at}.content"), message));
        }
    };
    parts.extend(message["refusal"].as_str().map(refusal));
    parts.retain(|part| part["text"] != "" && part["refusal"] != "");
    Ok(parts)
}
