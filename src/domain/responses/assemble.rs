//! The whole answer, for clients that do not stream and for conversations that are kept.

use super::audience::Audience;
use super::error::UpstreamError;
use super::event::{Event, Outcome, Terminal};
use super::fields::Fields;
use super::limit::OutputLimit;
use super::origin::{AnswerOptions, Ending, Origin};
use super::output::Output;
use bytes::Bytes;
use serde_json::Value;

/// Puts an answer together from its events.
#[derive(Clone, Debug)]
pub struct Assembler {
    origin: Origin,
    output: Output,
    limit: OutputLimit,
    end: End,
}

#[derive(Clone, Debug)]
enum End {
    Open,
    /// The terminal event of the upstream, and its data.
    Reached(Box<Terminal>, Bytes),
    /// The output limit was reached.
    Cut,
}

/// Why there is no answer to give.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Incomplete {
    #[error("the upstream's answer broke off")]
    Truncated,
    /// The upstream said so itself.
    #[error("the upstream failed: {}", .0.message)]
    Failed(Box<UpstreamError>),
}

impl Assembler {
    pub fn new(options: AnswerOptions) -> Self {
        let limit = OutputLimit::new(options.max_output_tokens);
        Self {
            origin: Origin::new(Audience::Foreign, options),
            output: Output::default(),
            limit,
            end: End::Open,
        }
    }

    /// Takes in the next event. After the end nothing counts any more.
    pub fn on_event(&mut self, event: &Event) {
        if self.is_finished() {
            return;
        }
        self.origin.on_event(event);
        if let Some(terminal) = event.terminal() {
            self.end = End::Reached(Box::new(terminal), event.frame.data.clone());
        } else if self.limit.on_event(event) {
            if let Some(rest) = self.limit.fitting(event) {
                self.output.on_event(&rest);
            }
            self.end = End::Cut;
        } else {
            self.output.on_event(event);
        }
    }

    /// Whether the answer is whole: it ended, or reached the output limit, and the upstream may be dropped.
    pub fn is_finished(&self) -> bool {
        !matches!(self.end, End::Open)
    }

    /// The output tokens, as estimated, after which the output limit ended the answer here.
    pub fn cut(&self) -> Option<u64> {
        matches!(self.end, End::Cut).then(|| self.limit.tokens())
    }

    /// The response object, cleaned of what tells about the account behind it.
    ///
    /// # Errors
    /// The upstream failed, or the stream ended without an end.
    pub fn finish(&self) -> Result<Value, Incomplete> {
        let (terminal, data) = match &self.end {
            End::Open => return Err(Incomplete::Truncated),
            End::Cut => {
                let ending = Ending::Cut { output_tokens: self.limit.tokens() };
                return Ok(self.own(&ending));
            }
            End::Reached(terminal, data) => (terminal, data),
        };
        let ending = match &terminal.outcome {
            Outcome::Failed(error) => return Err(Incomplete::Failed(Box::new(error.clone()))),
            Outcome::Completed { .. } => Ending::Completed,
            Outcome::Incomplete { reason } => Ending::Incomplete { reason },
        };
        let event = Fields::parse(data).unwrap_or_default();
        let response = event.present("response").and_then(|json| Fields::parse(json.as_bytes()).ok());
        let Some(mut response) = response else { return Ok(self.own(&ending)) };
        self.origin.scrub(&mut response);
        let output = Value::from(self.items()).to_string();
        response.set("output", output);
        serde_json::from_str(&response.write()).map_err(|_| Incomplete::Truncated)
    }

    /// The items of the answer so far, as a conversation keeps them: `phase` and encrypted reasoning included.
    pub fn items(&self) -> Vec<Value> {
        let status = match &self.end {
            End::Reached(terminal, _) if is_completed(terminal) => "completed",
            _ => "incomplete",
        };
        let built = self.output.items(status);
        let mut told = self.told_items();
        // The list of the terminal event is often empty, and its items may lack their ids.
        if told.len() < built.len() {
            return built;
        }
        if told.len() == built.len() {
            for (item, same) in told.iter_mut().zip(&built) {
                if item["id"].is_null() && same["type"] == item["type"] && !same["id"].is_null() {
                    item["id"] = same["id"].clone();
                }
            }
        }
        told
    }

    /// All text of the answer, as the SDKs' `output_text`.
    pub fn text(&self) -> String {
        self.items().iter().map(text_of).collect()
    }

    /// The text without what was said between tool calls (`phase: commentary`), unless nothing else was said.
    pub fn final_text(&self) -> String {
        let items = self.items();
        let last: String = items.iter().filter(|item| item["phase"] != "commentary").map(text_of).collect();
        if last.is_empty() { items.iter().map(text_of).collect() } else { last }
    }

    /// Whether the upstream calls an answer complete that has nothing in it: no item, and not one output token. That
    /// is a failure, whatever the upstream says.
    pub fn is_empty_completion(&self) -> bool {
        let End::Reached(terminal, _) = &self.end else { return false };
        let silent = terminal.usage.is_none_or(|usage| usage.output_tokens == 0);
        is_completed(terminal) && silent && self.items().is_empty()
    }

    /// A response object of our own.
    fn own(&self, ending: &Ending<'_>) -> Value {
        serde_json::from_str(&self.origin.response(ending, &self.items())).unwrap_or_default()
    }

    /// The items in the terminal event itself.
    fn told_items(&self) -> Vec<Value> {
        let End::Reached(_, data) = &self.end else { return Vec::new() };
        let event = Fields::parse(data).unwrap_or_default();
        let response = event.present("response").and_then(|json| Fields::parse(json.as_bytes()).ok());
        let output = response.as_ref().and_then(|response| response.present("output"));
        output.and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default()
    }
}

fn is_completed(terminal: &Terminal) -> bool {
    matches!(terminal.outcome, Outcome::Completed { .. })
}

/// The text of an item, empty when it is no message.
fn text_of(item: &Value) -> String {
    let parts = item["content"].as_array().map(Vec::as_slice).unwrap_or_default();
    let parts = parts.iter().filter(|part| item["type"] == "message" && part["type"] == "output_text");
    parts.filter_map(|part| part["text"].as_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::super::event::EventKind;
    use super::super::fixtures::{events, stream, streams};
    use super::super::sse::encode;
    use super::*;
    use serde_json::json;

    fn assemble(events: &[Event], limit: Option<u64>) -> Assembler {
        let mut assembler = Assembler::new(AnswerOptions {
            max_output_tokens: limit,
            hide_prompt_cache_key: true,
            ..Default::default()
        });
        for event in events {
            assembler.on_event(event);
        }
        assembler
    }

    fn of(name: &str) -> Assembler {
        assemble(&events(&stream(name), &[]), None)
    }

    fn only(stream: &[u8], keep: impl Fn(EventKind) -> bool) -> Vec<Event> {
        events(stream, &[]).into_iter().filter(|event| keep(event.kind)).collect()
    }

    #[test]
    fn the_answer_is_whole_with_and_without_an_output_in_its_last_event() {
        for name in ["text-answer", "text-answer-output-populated", "two-phase-commentary-final"] {
            let response = of(name).finish().expect("an answer");
            assert_eq!(response["status"], "completed");
            assert!(response["output"].as_array().is_some_and(|o| !o.is_empty()), "{name}");
            assert_eq!(
                (&response["safety_identifier"], &response["prompt_cache_key"]),
                (&Value::Null, &Value::Null)
            );
        }
    }

    #[test]
    fn items_and_deltas_tell_the_same_answer() {
        let is_terminal = |kind: EventKind| kind.is_terminal();
        for (name, stream) in streams() {
            let whole = assemble(&events(&stream, &[]), None);
            let Ok(response) = whole.finish() else { continue };
            let items = assemble(&only(&stream, |k| k == EventKind::OutputItemDone || is_terminal(k)), None);
            assert_eq!(items.finish().expect("an answer")["output"], response["output"], "{name}");
            let deltas = assemble(&only(&stream, |k| k != EventKind::OutputItemDone), None);
            assert_eq!(deltas.text(), whole.text(), "{name}");
            let calls = |answer: &Assembler| -> Vec<Value> {
                answer
                    .items()
                    .iter()
                    .filter(|i| !i["call_id"].is_null())
                    .map(|i| i["arguments"].clone())
                    .collect()
            };
            assert_eq!(calls(&deltas), calls(&whole), "{name}");
        }
    }

    #[test]
    fn a_conversation_keeps_phases_and_encrypted_reasoning() {
        let answer = of("two-phase-commentary-final");
        let items = answer.items();
        assert_eq!((&items[1]["phase"], &items[3]["phase"]), (&json!("commentary"), &json!("final_answer")));
        assert!(items[0]["encrypted_content"].as_str().is_some_and(|c| c.starts_with("gAAA")));
        assert!(answer.text().starts_with("I'll check the config file first."));
        assert_eq!(answer.final_text(), "The port is set to 8080 in config.toml.");
        assert_eq!(of("commentary-then-tool-call").final_text(), of("commentary-then-tool-call").text());
    }

    #[test]
    fn what_broke_off_or_failed_is_no_answer() {
        assert_eq!(of("disconnect-clean-eof-no-terminal").finish(), Err(Incomplete::Truncated));
        let Err(Incomplete::Failed(error)) = of("failed-rate-limit-midstream").finish() else {
            panic!("no failure")
        };
        assert_eq!(error.name(), Some("rate_limit_exceeded"));
        let Err(Incomplete::Failed(error)) = of("error-overloaded-before-output").finish() else {
            panic!("no failure")
        };
        assert_eq!(error.name(), Some("server_is_overloaded"));
    }

    #[test]
    fn an_incomplete_answer_is_given_with_its_reason() {
        let response = of("incomplete-max-output-tokens").finish().expect("an answer");
        assert_eq!(response["status"], "incomplete");
        assert_eq!(response["incomplete_details"]["reason"], "max_output_tokens");
        assert_eq!(response["usage"]["output_tokens"], 4096);
    }

    #[test]
    fn the_output_limit_ends_the_answer_here() {
        let answer = assemble(&events(&stream("text-answer"), &[]), Some(1));
        let response = answer.finish().expect("an answer");
        assert_eq!((answer.cut(), response["usage"]["output_tokens"].as_u64()), (Some(1), Some(1)));
        assert_eq!(response["incomplete_details"]["reason"], "max_output_tokens");
        assert_eq!((answer.text().len(), &response["output"][0]["status"]), (7, &json!("incomplete")));
    }

    #[test]
    fn a_completion_with_nothing_in_it_is_told() {
        let end = |response: Value| {
            let data = json!({"type": "response.completed", "response": response}).to_string();
            assemble(&events(&encode("response.completed", data.as_bytes()), &[]), None)
        };
        assert!(end(json!({"output": [], "usage": null})).is_empty_completion());
        assert!(end(json!({"output": [], "usage": {"output_tokens": 0}})).is_empty_completion());
        assert!(!end(json!({"output": [], "usage": {"output_tokens": 5}})).is_empty_completion());
        assert!(!end(json!({"output": [{"type": "message"}], "usage": null})).is_empty_completion());
        assert!(!of("text-answer").is_empty_completion() && !of("compaction-v2").is_empty_completion());
        assert!(!of("disconnect-after-created").is_empty_completion());
    }

    #[test]
    fn items_of_the_last_event_get_the_ids_that_they_lack() {
        let done = json!({"type": "response.output_item.done", "output_index": 0, "item": {"type": "message", "id": "msg_1"}});
        let end = json!({"type": "response.completed", "response": {"output": [{"type": "message", "id": null, "x": 1}]}});
        let mut bytes = encode("response.output_item.done", done.to_string().as_bytes()).to_vec();
        bytes.extend(encode("response.completed", end.to_string().as_bytes()));
        assert_eq!(
            assemble(&events(&bytes, &[]), None).items(),
            [json!({"type": "message", "id": "msg_1", "x": 1})]
        );
    }
}
