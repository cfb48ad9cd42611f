//! Input items become messages. What the assistant said and called in one go is one message, and the outputs of its
//! calls follow at once, wherever they stood.

use super::fault;
use super::tools::ToolMap;
use crate::domain::responses::request::RequestError;
use serde_json::{Map, Value, json};
use std::collections::{HashMap, VecDeque};

pub(super) fn translate(body: &Value, map: &ToolMap) -> Result<Vec<Value>, RequestError> {
    let mut out = Builder { map, messages: Vec::new(), turn: Turn::default(), outputs: HashMap::new() };
    if let Some(text) = body["instructions"].as_str().filter(|t| !t.is_empty()) {
        out.messages.push(json!({"role": "system", "content": text}));
    }
    match &body["input"] {
        Value::String(text) => out.messages.push(json!({"role": "user", "content": text})),
        Value::Array(items) => out.items(items)?,
        Value::Null => return Err(fault("missing_required_parameter", "input", "`input` is missing")),
        _ => {
            return Err(fault("invalid_type", "input", "`input` must be a string or a list of items"));
        }
    }
    Ok(out.messages)
}

/// What the assistant did since somebody else spoke.
#[derive(Default)]
struct Turn {
    texts: Vec<String>,
    reasoning: Vec<String>,
    calls: Vec<Value>,
    /// The calls' ids and where they stood.
    waiting: Vec<(String, usize)>,
}

struct Builder<'a> {
    map: &'a ToolMap,
    messages: Vec<Value>,
    turn: Turn,
    /// Outputs that no call has claimed yet, by call id, with where they stood.
    outputs: HashMap<&'a str, VecDeque<(usize, &'a Value)>>,
}

impl<'a> Builder<'a> {
    fn items(&mut self, items: &'a [Value]) -> Result<(), RequestError> {
        for (index, item) in items.iter().enumerate() {
            if is_output(item) {
                let id = item["call_id"].as_str().unwrap_or_default();
                self.outputs.entry(id).or_default().push_back((index, &item["output"]));
            }
        }
        for (index, item) in items.iter().enumerate() {
            self.item(index, item)?;
        }
        self.end_turn()?;
        match self.outputs.iter().filter_map(|(id, left)| Some((left.front()?.0, *id))).min() {
            Some((index, id)) => {
                let message = format!("no tool call found for the output with call_id `{id}`");
                Err(fault("invalid_value", &format!("input[{index}].call_id"), message))
            }
            None => Ok(()),
        }
    }

    fn item(&mut self, index: usize, item: &Value) -> Result<(), RequestError> {
        let at = format!("input[{index}]");
        match item["type"].as_str().or(item["role"].as_str().map(|_| "message")) {
            Some("message") if item["role"] == "assistant" => {
                self.turn.texts.extend(assistant_text(&item["content"]));
            }
            Some("message") => {
                self.end_turn()?;
                let role = match item["role"].as_str() {
                    Some("user") => "user",
                    Some("system" | "developer") => "system",
                    _ => {
                        let message = "a message's role is user, assistant, developer or system";
                        return Err(fault("invalid_value", &format!("{at}.role"), message));
                    }
                };
                let content = content(&item["content"], &format!("{at}.content"))?;
                self.messages.push(json!({"role": role, "content": content}));
            }
            Some("function_call") => {
                let arguments = item["arguments"].as_str().unwrap_or("{}");
                self.call(item, arguments, index)?;
            }
            Some("custom_tool_call") => {
                let arguments = json!({"input": item["input"].as_str().unwrap_or_default()}).to_string();
                self.call(item, &arguments, index)?;
            }
            Some("reasoning") if !item["encrypted_content"].is_string() => {
                let parts = item["summary"].as_array().into_iter().flatten();
                self.turn.reasoning.extend(parts.filter_map(|p| p["text"].as_str()).map(str::to_owned));
            }
            Some("compaction" | "compaction_summary" | "context_compaction" | "compaction_trigger") => {
                let message = "a compacted history can be read only by the account that made it";
                return Err(fault("unsupported_value", &format!("{at}.type"), message));
            }
            Some("item_reference") => {
                let message = "items are not stored here: send the item itself";
                return Err(fault("unsupported_value", &format!("{at}.type"), message));
            }
            // An output stands where its call is; what the assistant says next is another message.
            _ if is_output(item) => self.end_turn()?,
            // These are the notes of tools and accounts that are not here.
            _ => {}
        }
        Ok(())
    }

    fn call(&mut self, item: &Value, arguments: &str, index: usize) -> Result<(), RequestError> {
        let (Some(name), Some(id)) = (item["name"].as_str(), item["call_id"].as_str()) else {
            let message = "a tool call needs a `name` and a `call_id`";
            return Err(fault("missing_required_parameter", &format!("input[{index}]"), message));
        };
        let name = self.map.chat_name(item["namespace"].as_str(), name);
        self.turn.calls.push(json!({"id": id, "type": "function",
            "function": {"name": name, "arguments": arguments}}));
        self.turn.waiting.push((id.to_owned(), index));
        Ok(())
    }

    /// Writes the assistant's message, the outputs of its calls, and the images in them.
    fn end_turn(&mut self) -> Result<(), RequestError> {
        let turn = std::mem::take(&mut self.turn);
        if turn.texts.is_empty() && turn.calls.is_empty() {
            return Ok(());
        }
        let mut message = Map::new();
        message.insert("role".into(), "assistant".into());
        let text = (!turn.texts.is_empty()).then(|| turn.texts.join("\n\n"));
        message.insert("content".into(), text.into());
        if !turn.reasoning.is_empty() {
            message.insert("reasoning_content".into(), turn.reasoning.join("\n\n").into());
        }
        if !turn.calls.is_empty() {
            message.insert("tool_calls".into(), turn.calls.into());
        }
        self.messages.push(message.into());
        let mut images = Vec::new();
        for (id, index) in turn.waiting {
            let Some((at, output)) = self.outputs.get_mut(id.as_str()).and_then(VecDeque::pop_front) else {
                let message = format!("no tool output found for the tool call `{id}`");
                return Err(fault("invalid_value", &format!("input[{index}].call_id"), message));
            };
            let mut text = Vec::new();
            match content(output, &format!("input[{at}].output"))? {
                Value::String(all) => text.push(all),
                Value::Array(parts) => {
                    for part in parts {
                        match part["text"].as_str() {
                            Some(part) => text.push(part.to_owned()),
                            None => images.push(part),
                        }
                    }
                }
                _ => {}
            }
            self.messages.push(json!({"role": "tool", "tool_call_id": id, "content": text.join("\n")}));
        }
        // A tool message holds text only, so what a tool showed comes from the user.
        if !images.is_empty() {
            images.insert(0, json!({"type": "text", "text": "What the tools above returned besides text:"}));
            self.messages.push(json!({"role": "user", "content": images}));
        }
        Ok(())
    }
}

fn is_output(item: &Value) -> bool {
    matches!(item["type"].as_str(), Some("function_call_output" | "custom_tool_call_output"))
}

fn assistant_text(content: &Value) -> Option<String> {
    let text = match content {
        Value::String(text) => text.clone(),
        parts => (parts.as_array().into_iter().flatten())
            .filter_map(|p| p["text"].as_str().or(p["refusal"].as_str()))
            .collect(),
    };
    (!text.is_empty()).then_some(text)
}

/// Input content: a plain string when it is all text, since some upstreams take nothing else.
fn content(content: &Value, at: &str) -> Result<Value, RequestError> {
    let parts = match content {
        Value::String(_) => return Ok(content.clone()),
        Value::Null => return Ok("".into()),
        Value::Array(parts) => parts,
        other => return Ok(other.to_string().into()),
    };
    let mut out = Vec::with_capacity(parts.len());
    for (index, part) in parts.iter().enumerate() {
        out.push(part_of(part, &format!("{at}[{index}]"))?);
    }
    if out.iter().all(|p| p["type"] == "text") {
        let texts: Vec<&str> = out.iter().filter_map(|p| p["text"].as_str()).collect();
        return Ok(texts.join("\n").into());
    }
    Ok(out.into())
}

fn part_of(part: &Value, at: &str) -> Result<Value, RequestError> {
    match part["type"].as_str() {
        Some("input_text" | "output_text" | "text") => {
            Ok(json!({"type": "text", "text": part["text"].as_str().unwrap_or_default()}))
        }
        Some("input_image") => {
            let Some(url) = part["image_url"].as_str() else {
                let message = "an image by file id is not served for this model: send its `image_url`";
                return Err(fault("unsupported_value", &format!("{at}.file_id"), message));
            };
            let mut image = json!({"url": url});
            match part["detail"].as_str() {
                // The Codex client's word for "do not scale it down".
                Some("original") => image["detail"] = "high".into(),
                Some(detail) => image["detail"] = detail.into(),
                None => {}
            }
            Ok(json!({"type": "image_url", "image_url": image}))
        }
        Some("input_file") => {
            let mut file = Map::new();
            for key in ["filename", "file_data", "file_id"] {
                if !part[key].is_null() {
                    file.insert(key.into(), part[key].clone());
                }
            }
            Ok(json!({"type": "file", "file": file}))
        }
        Some("input_audio") => Ok(part.clone()),
        _ => {
            let message = "a content part is input_text, input_image or input_file";
            Err(fault("invalid_value", &format!("{at}.type"), message))
        }
    }
}
