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
                    self.reasoning
                        .extend(texts(&item["content"], "reasoning_text", "text").map(str::to_owned));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::chat::names::ToolNames;
    use crate::domain::chat::testing::{chunks, golden, options, read};
    use crate::domain::responses::assemble::Assembler;
    use crate::domain::responses::fixtures::{events, stream, streams};
    use crate::domain::responses::forward::AnswerOptions;

    /// The response of a recorded stream, cut at a limit.
    fn response(stream: &[u8], max_output_tokens: Option<u64>) -> Option<Value> {
        let mut assembler = Assembler::new(AnswerOptions { max_output_tokens, ..AnswerOptions::default() });
        for event in events(stream, &[]) {
            assembler.on_event(&event);
        }
        assembler.finish().ok()
    }

    #[test]
    fn recorded_streams_become_the_recorded_completions() {
        golden("chat-completion").bind(|| {
            for (name, stream) in streams() {
                if let Some(response) = response(&stream, None) {
                    insta::assert_json_snapshot!(name, completion(&response, &options()));
                }
            }
        });
    }

    /// A client that does not stream gets what one that streams puts together.
    #[test]
    fn a_whole_answer_says_what_the_streamed_one_says() {
        for (name, stream) in streams() {
            for commentary_as_reasoning in [false, true] {
                let Some(response) = response(&stream, None) else {
                    continue;
                };
                let options = ChunkOptions { commentary_as_reasoning, ..options() };
                let whole = completion(&response, &options);
                let streamed = read(&chunks(&events(&stream, &[]), options));
                let choice = &whole["choices"][0];
                let text = |key: &str| choice["message"][key].as_str().unwrap_or_default().to_owned();
                assert_eq!(text("content"), streamed.content, "{name}");
                assert_eq!(text("reasoning_content"), streamed.reasoning, "{name}");
                assert_eq!(text("refusal"), streamed.refusal, "{name}");
                assert_eq!(choice["finish_reason"].as_str(), streamed.finish_reason.as_deref(), "{name}");
                assert_eq!(Some(&whole["usage"]), streamed.usage.as_ref(), "{name}");
                let calls: Vec<Value> = (streamed.calls.values())
                    .map(|(id, name, arguments)| {
                        json!({"id": id, "type": "function", "function": {"name": name, "arguments": arguments}})
                    })
                    .collect();
                let told = choice["message"]["tool_calls"].as_array().cloned().unwrap_or_default();
                assert_eq!(told, calls, "{name}");
            }
        }
    }

    #[test]
    fn a_whole_answer_is_cut_at_a_stop_sequence_and_at_the_limit() {
        let stream = stream("text-answer");
        let of = |limit, stop: &[&str]| {
            let stop = stop.iter().map(|s| (*s).to_owned()).collect();
            let options = ChunkOptions { stop, ..options() };
            let whole = completion(&response(&stream, limit).expect("a response"), &options);
            let choice = &whole["choices"][0];
            let content = choice["message"]["content"].as_str().expect("content").to_owned();
            (content, choice["finish_reason"].as_str().expect("a reason").to_owned())
        };
        assert_eq!(of(None, &[" of"]), ("The capital".into(), "stop".into()));
        assert_eq!(of(None, &["never"]), ("The capital of France is Paris.".into(), "stop".into()));
        let (content, reason) = of(Some(2), &[]);
        assert_eq!(reason, "length");
        assert!("The capital of".starts_with(&content), "{content}");
    }

    #[test]
    fn a_shortened_name_and_a_citation_come_back_as_the_client_knows_them() {
        let names = ToolNames::new(["a.b"]);
        let response = json!({"id": "resp_1", "status": "completed", "output": [
            {"type": "message", "content": [{"type": "output_text", "text": "Long: "}]},
            {"type": "message", "content": [{"type": "output_text", "text": "héllo", "annotations":
                [{"type": "url_citation", "start_index": 0, "end_index": 5, "url": "https://e.example/", "title": "E"}]}]},
            {"type": "function_call", "call_id": "c", "name": "a_b", "arguments": "{}"},
            {"type": "image_generation_call", "result": "AAAA"},
        ]});
        let whole = completion(&response, &ChunkOptions { names, ..options() });
        let message = &whole["choices"][0]["message"];
        assert_eq!(message["content"], "Long: héllo");
        assert_eq!(message["annotations"][0]["url_citation"]["start_index"], 6);
        assert_eq!(message["tool_calls"][0]["function"]["name"], "a.b");
        assert_eq!(message["images"][0]["image_url"]["url"], "data:image/png;base64,AAAA");
        assert_eq!((&whole["id"], whole.get("usage")), (&json!("chatcmpl-1"), None));
    }
}
