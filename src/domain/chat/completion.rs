//! A finished response as one `chat.completion` object, for a client that does not stream.

use super::chunk::ChunkOptions;
use super::stop::StopFilter;
use crate::domain::responses::event::{Usage, WireUsage};
use serde_json::{Map, Value, json};

/// The `chat.completion` of a final Responses object: one of status `completed` or `incomplete`, its `output` filled.
/// A `failed` one is the caller's to turn into an error.
///
/// The same rules as in a stream, see [`super::chunk`], except for the length: that is cut, with
/// [`crate::domain::responses::limit::OutputLimit`], where the answer is collected.
pub fn completion(response: &Value, options: &ChunkOptions) -> Value {
    let mut answer = Answer::default();
    let mut stop = StopFilter::new(&options.stop);
    for item in response["output"].as_array().into_iter().flatten() {
        answer.take(item, options, stop.as_mut());
        if answer.stopped {
            break;
        }
    }
    let finish_reason = answer.finish_reason(response);
    let id = response["id"].as_str().map(|id| format!("chatcmpl-{}", id.strip_prefix("resp_").unwrap_or(id)));
    let mut body = json!({
        "id": id.as_ref().unwrap_or(&options.id),
        "object": "chat.completion",
        "created": response["created_at"].as_f64().map_or(options.created, whole),
        "model": response["model"].as_str().unwrap_or(&options.model),
        "choices": [{
            "index": 0,
            "message": answer.into_message(),
            "logprobs": null,
            "finish_reason": finish_reason,
        }],
    });
    if let Ok(wire) = serde_json::from_value::<WireUsage>(response["usage"].clone()) {
        body["usage"] = usage(wire.into());
    }
    body
}

/// Usage in the words of Chat Completions.
pub(super) fn usage(usage: Usage) -> Value {
    json!({
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens.saturating_add(usage.output_tokens),
        "prompt_tokens_details": {"cached_tokens": usage.cached_input_tokens},
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
    })
}

/// The citations of a message item. `chars` is how much content stands before it, in characters, and grows by what
/// the message has: a citation counts from the start of the whole content.
pub(super) fn annotations(item: &Value, chars: &mut u64) -> Vec<Value> {
    let mut found = Vec::new();
    for part in item["content"].as_array().into_iter().flatten().filter(|p| p["type"] == "output_text") {
        for annotation in part["annotations"].as_array().into_iter().flatten() {
            if annotation["type"] != "url_citation" {
                continue;
            }
            let at = |key: &str| annotation[key].as_u64().map(|n| n.saturating_add(*chars));
            found.push(json!({"type": "url_citation", "url_citation": {
                "start_index": at("start_index"),
                "end_index": at("end_index"),
                "url": annotation["url"],
                "title": annotation["title"],
            }}));
        }
        *chars += part["text"].as_str().map_or(0, |t| t.chars().count() as u64);
    }
    found
}

/// A generated image as a data URL, in the shape that chat clients know from other gateways.
pub(super) fn image(item: &Value) -> Option<Value> {
    let data = item["result"].as_str().filter(|d| !d.is_empty())?;
    let format = item["output_format"].as_str().unwrap_or("png");
    let url = format!("data:image/{format};base64,{data}");
    Some(json!({"index": 0, "type": "image_url", "image_url": {"url": url}}))
}

#[expect(clippy::cast_possible_truncation, reason = "seconds; a cast saturates")]
fn whole(number: f64) -> i64 {
    number as i64
}

#[derive(Default)]
struct Answer {
    content: Option<String>,
    refusal: Option<String>,
    reasoning: Vec<String>,
    calls: Vec<Value>,
    annotations: Vec<Value>,
    images: Vec<Value>,
    chars: u64,
    stopped: bool,
}

impl Answer {
    fn take(&mut self, item: &Value, options: &ChunkOptions, stop: Option<&mut StopFilter>) {
        match item["type"].as_str() {
            Some("message") if options.commentary_as_reasoning && item["phase"] == "commentary" => {
                self.reasoning.extend(texts(&item["content"], "output_text", "text").map(str::to_owned));
            }
            Some("message") => {
                for refusal in texts(&item["content"], "refusal", "refusal") {
                    self.refusal.get_or_insert_default().push_str(refusal);
                }
                let text: String = texts(&item["content"], "output_text", "text").collect();
                self.annotations.extend(annotations(item, &mut self.chars));
                self.add_content(&text, stop);
            }
            Some("reasoning") => {
                let before = self.reasoning.len();
                self.reasoning.extend(texts(&item["summary"], "summary_text", "text").map(str::to_owned));
                if self.reasoning.len() == before {
                    self.reasoning.extend(texts(&item["content"], "reasoning_text", "text").map(str::to_owned));
                }
            }
            Some("function_call" | "custom_tool_call") => self.add_call(item, options),
            Some("image_generation_call") => self.images.extend(image(item)),
            _ => {}
        }
    }

    fn add_call(&mut self, item: &Value, options: &ChunkOptions) {
        let Some(name) = item["name"].as_str() else { return };
        let arguments = item["arguments"].as_str().or(item["input"].as_str()).unwrap_or_default();
        let id = item["call_id"].as_str().or(item["id"].as_str());
        let id = id.map_or_else(|| format!("call_{}", self.calls.len()), str::to_owned);
        self.calls.push(json!({"id": id, "type": "function",
            "function": {"name": options.names.client(name), "arguments": arguments}}));
    }

    fn add_content(&mut self, text: &str, stop: Option<&mut StopFilter>) {
        if text.is_empty() {
            return;
        }
        let content = self.content.get_or_insert_default();
        let Some(stop) = stop else {
            content.push_str(text);
            return;
        };
        let (shown, stopped) = stop.push(text);
        content.push_str(&shown);
        self.stopped = stopped;
        content.push_str(&stop.flush());
    }

    fn finish_reason(&self, response: &Value) -> &'static str {
        let reason = response.pointer("/incomplete_details/reason").and_then(Value::as_str);
        if !self.stopped && response["status"] == "incomplete" {
            return if reason == Some("content_filter") { "content_filter" } else { "length" };
        }
        if self.calls.is_empty() { "stop" } else { "tool_calls" }
    }

    fn into_message(self) -> Value {
        let mut message = Map::new();
        message.insert("role".into(), "assistant".into());
        let empty = self.calls.is_empty() && self.refusal.is_none();
        let content = self.content.or_else(|| empty.then(String::new));
        message.insert("content".into(), content.into());
        if !self.reasoning.is_empty() {
            message.insert("reasoning_content".into(), self.reasoning.join("\n\n").into());
        }
        message.insert("refusal".into(), self.refusal.into());
        for (key, list) in
            [("tool_calls", self.calls), ("annotations", self.annotations), ("images", self.images)]
        {
            if !list.is_empty() {
                message.insert(key.into(), list.into());
            }
        }
        Value::Object(message)
    }
}

/// The non-empty texts of one kind in a list of parts.
fn texts<'a>(list: &'a Value, kind: &'a str, key: &'a str) -> impl Iterator<Item = &'a str> {
    (list.as_array().into_iter().flatten())
        .filter(move |part| part["type"] == kind)
        .filter_map(move |part| part[key].as_str())
        .filter(|text| !text.is_empty())
}
