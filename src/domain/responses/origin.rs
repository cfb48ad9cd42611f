//! The response object of an answer: what of it a foreign client may see, and how we write one ourselves.

use super::audience::Audience;
use super::event::{Event, EventKind};
use super::fields::{Fields, quote};
use bytes::Bytes;
use serde_json::{Value, json};

/// What is known about an answer before it begins.
#[derive(Clone, Debug, Default)]
pub struct AnswerOptions {
    /// Kept here, since the upstream takes none. In tokens, see [`super::limit::OutputLimit`].
    pub max_output_tokens: Option<u64>,
    /// The client gave no `prompt_cache_key`: it must not see the one that we made.
    pub hide_prompt_cache_key: bool,
    /// What a response that we write ourselves is called when the upstream named none: `resp_…`.
    pub response_id: String,
    /// The model as asked for, for the same case.
    pub model: String,
    /// When the request came, in Unix seconds, for the same case.
    pub created_at: i64,
    /// An estimate for the usage of an answer that is cut here; 0 when unknown.
    pub input_tokens: u64,
}

/// Remembers how the upstream announced the response, to be able to end it ourselves.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    audience: Audience,
    pub(super) options: AnswerOptions,
    /// The data of the last event that carried the response while it was in progress.
    announced: Option<Bytes>,
}

/// How a response that we end ourselves ends.
pub(super) enum Ending<'a> {
    InProgress,
    Completed,
    Failed {
        code: &'a str,
        message: &'a str,
    },
    /// Cut at the output limit, after about so many tokens.
    Cut {
        output_tokens: u64,
    },
    /// The upstream's own reason.
    Incomplete {
        reason: &'a str,
    },
}

impl Origin {
    pub(super) fn new(audience: Audience, options: AnswerOptions) -> Self {
        Self { audience, options, announced: None }
    }

    pub(super) fn on_event(&mut self, event: &Event) {
        if matches!(event.kind, EventKind::Created | EventKind::InProgress) {
            self.announced = Some(event.frame.data.clone());
        }
    }

    /// A response object as JSON text, made from the announced one.
    pub(super) fn response(&self, ending: &Ending<'_>, output: &[Value]) -> String {
        let skeleton = self.skeleton();
        let announced = self.announced.as_ref().and_then(|data| Fields::parse(data).ok());
        let announced =
            announced.as_ref().and_then(|event| Fields::parse(event.present("response")?.as_bytes()).ok());
        let mut response = announced.or_else(|| Fields::parse(skeleton.as_bytes()).ok()).unwrap_or_default();
        if self.audience == Audience::Foreign {
            self.scrub(&mut response);
        }
        let status = match ending {
            Ending::InProgress => "in_progress",
            Ending::Completed => "completed",
            Ending::Failed { .. } => "failed",
            Ending::Cut { .. } | Ending::Incomplete { .. } => "incomplete",
        };
        response.set("status", quote(status));
        response.set("output", Value::from(output).to_string());
        match ending {
            Ending::InProgress | Ending::Completed => {}
            Ending::Failed { code, message } => {
                let message =
                    if self.audience == Audience::Foreign { hide_ids(message) } else { (*message).into() };
                response.set("error", json!({"code": code, "message": message}).to_string());
            }
            Ending::Incomplete { reason } => {
                response.set("incomplete_details", json!({"reason": reason}).to_string());
            }
            Ending::Cut { output_tokens } => {
                response.set("incomplete_details", r#"{"reason":"max_output_tokens"}"#);
                let input_tokens = self.options.input_tokens;
                let usage = json!({
                    "input_tokens": input_tokens,
                    "input_tokens_details": {"cached_tokens": 0},
                    "output_tokens": output_tokens,
                    "output_tokens_details": {"reasoning_tokens": 0},
                    "total_tokens": input_tokens + output_tokens,
                });
                response.set("usage", usage.to_string());
            }
        }
        response.write()
    }

    /// Takes out of a response object what tells about the account behind it, or about our own settings.
    pub(super) fn scrub(&self, response: &mut Fields<'_>) {
        for key in ["safety_identifier", "user"] {
            if response.present(key).is_some() {
                response.set(key, "null");
            }
        }
        if self.options.hide_prompt_cache_key && response.present("prompt_cache_key").is_some() {
            response.set("prompt_cache_key", "null");
        }
        if let Some(limit) = self.options.max_output_tokens {
            response.set("max_output_tokens", limit.to_string());
        }
        let error = response.present("error").and_then(|error| serde_json::from_str::<Value>(error).ok());
        if let Some(mut error) = error
            && let Some(message) = error["message"].as_str()
            && message.contains(ORGANISATION)
        {
            error["message"] = hide_ids(message).into();
            response.set("error", error.to_string());
        }
    }

    /// For a stream that nothing announced.
    fn skeleton(&self) -> String {
        let options = &self.options;
        json!({
            "id": options.response_id, "object": "response", "created_at": options.created_at,
            "status": "in_progress", "background": false, "completed_at": null, "error": null,
            "frequency_penalty": 0.0, "incomplete_details": null, "instructions": null,
            "max_output_tokens": null, "max_tool_calls": null, "model": options.model, "output": [],
            "parallel_tool_calls": true, "presence_penalty": 0.0, "previous_response_id": null,
            "prompt_cache_key": null, "prompt_cache_retention": null,
            "reasoning": {"effort": null, "summary": null}, "safety_identifier": null, "service_tier": "auto",
            "store": false, "temperature": 1.0, "text": {"format": {"type": "text"}}, "tool_choice": "auto",
            "tools": [], "top_logprobs": 0, "top_p": 1.0, "truncation": "disabled", "usage": null, "user": null,
            "metadata": {},
        })
        .to_string()
    }
}

/// How an organisation's id begins; messages about rate limits name the one of the account.
const ORGANISATION: &str = "org-";

/// A message without the ids of organisations.
pub(in crate::domain) fn hide_ids(message: &str) -> String {
    let mut out = String::with_capacity(message.len());
    let mut rest = message;
    while let Some(at) = rest.find(ORGANISATION) {
        let starts_a_word = !rest[..at].ends_with(|c: char| c.is_alphanumeric());
        let (before, id) = rest.split_at(at);
        let end = id[ORGANISATION.len()..]
            .find(|c: char| !c.is_ascii_alphanumeric())
            .map(|n| n + ORGANISATION.len());
        let (id, after) = id.split_at(end.unwrap_or(id.len()));
        out.push_str(before);
        out.push_str(if starts_a_word { "(hidden)" } else { id });
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_do_not_name_the_organisation_behind_an_account() {
        assert_eq!(
            hide_ids("Rate limit reached for gpt-5.5 in organization org-A1b2 on tokens. See cyborg-x."),
            "Rate limit reached for gpt-5.5 in organization (hidden) on tokens. See cyborg-x."
        );
        assert_eq!(hide_ids("org-"), "(hidden)");
    }
}
