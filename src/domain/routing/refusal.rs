//! What a client is told when nothing could serve it, chosen by how clients retry.
//!
//! Measured with `codex exec` 0.169: a 5xx turns one turn into 30 requests, 429 `rate_limit_exceeded` into 6 (waiting
//! as told), 400, 404 and 429 `usage_limit_reached` into one, and a stream that fails with `server_is_overloaded` into
//! one. The OpenAI SDKs retry 408, 409, 429 and 5xx twice unless `x-should-retry: false` is said.

mod out;

use super::failover::{Failure, UNSUPPORTED_MODEL, blames_request};
use crate::domain::responses::error::UpstreamError;
use crate::domain::responses::hide_ids;
use crate::domain::responses::request::RequestError;
use chrono::{DateTime, Utc};
use out::Missing;
use std::fmt::Write as _;

pub use out::Out;

/// A refusal in the terms of the OpenAI API.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    pub status: u16,
    /// `error.type`.
    pub kind: String,
    /// `error.code`.
    pub code: String,
    pub message: String,
    pub param: Option<String>,
    /// Unix seconds; only ever a time that the upstream named, or when a limit of ours resets.
    pub resets_at: Option<i64>,
    /// Seconds to wait before another try makes sense.
    pub retry_after: Option<u64>,
    /// Whether the same request may succeed without anybody doing something.
    pub retryable: bool,
    /// How many accounts were tried before; 0 when the request got to none.
    pub attempts: usize,
}

impl From<RequestError> for Refusal {
    fn from(error: RequestError) -> Self {
        Self::invalid_request(error.code, error.message, error.param)
    }
}

/// How many accounts a refusal names.
const NAMED: usize = 12;

/// How a refusal reaches the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presentation {
    /// As an HTTP status with an error body.
    Status(u16),
    /// As a 200 stream whose only event is `response.failed`: the one form that a Codex client does not repeat.
    FailedStream,
}

impl Refusal {
    /// A fault of the request.
    pub fn invalid_request(code: &str, message: impl Into<String>, param: Option<String>) -> Self {
        Self {
            status: 400,
            kind: "invalid_request_error".into(),
            code: code.into(),
            message: message.into(),
            param,
            resets_at: None,
            retry_after: None,
            retryable: false,
            attempts: 0,
        }
    }

    /// A model or agent that there is not.
    pub fn not_found(code: &str, message: impl Into<String>) -> Self {
        Self { status: 404, param: Some("model".into()), ..Self::invalid_request(code, message, None) }
    }

    /// No account could serve; the text says why for each. What one account alone said is told as it is.
    ///
    /// It is a 429 when all that is missing is quota, with the earliest reset that an upstream named; a wait is told
    /// when one is known, and never invented.
    pub fn all_out(mut outs: Vec<Out>, model: &str, now: DateTime<Utc>) -> Self {
        if let [Out { refusal: Some(_), .. }] = outs.as_slice()
            && let Some(refusal) = outs.pop().and_then(|out| out.refusal)
        {
            return refusal;
        }
        let mut message = format!("no account can serve \"{model}\"");
        for (i, out) in outs.iter().take(NAMED).enumerate() {
            let _ = write!(message, "{} {}", if i == 0 { ":" } else { "," }, out.text);
        }
        if outs.len() > NAMED {
            let _ = write!(message, " and {} more", outs.len() - NAMED);
        }
        let wait = Out::earliest(&outs).and_then(|at| u64::try_from((at - now).num_milliseconds()).ok());
        let retry_after = wait.map(|ms| ms.div_ceil(1000).max(1));
        let base = Self {
            status: 503,
            kind: "server_error".into(),
            code: "no_account_available".into(),
            message,
            param: None,
            resets_at: None,
            retry_after,
            retryable: false,
            attempts: 0,
        };
        let live = || outs.iter().map(|out| out.missing).filter(|missing| *missing != Missing::Person);
        if outs.iter().any(|out| out.missing == Missing::Model)
            && live().all(|missing| missing == Missing::Model)
        {
            return Self {
                status: 404,
                kind: "invalid_request_error".into(),
                code: "model_not_found".into(),
                param: Some("model".into()),
                retry_after: None,
                ..base
            };
        }
        let mut live = live().filter(|missing| *missing != Missing::Model).peekable();
        if live.peek().is_none() {
            return Self { retry_after: None, ..base };
        }
        let (mut usage, mut rate, mut passing) = (false, false, false);
        for missing in live {
            match missing {
                Missing::Quota => usage = true,
                Missing::Minute => rate = true,
                Missing::Health | Missing::Model | Missing::Person => passing = true,
            }
        }
        match (passing, rate, usage) {
            (true, ..) => Self { retry_after: retry_after.or(Some(2)), retryable: true, ..base },
            (false, true, _) => Self {
                status: 429,
                kind: "rate_limit_exceeded".into(),
                code: "rate_limit_exceeded".into(),
                retry_after: retry_after.or(Some(5)),
                retryable: true,
                ..base
            },
            (false, false, _) => Self {
                status: 429,
                kind: "usage_limit_reached".into(),
                code: "usage_limit_reached".into(),
                resets_at: outs
                    .iter()
                    .filter(|out| out.told)
                    .filter_map(|out| out.until)
                    .min()
                    .map(|at| at.timestamp()),
                ..base
            },
        }
    }

    /// This process goes down; the next one, or another, can serve.
    pub fn shutting_down() -> Self {
        Self {
            status: 503,
            kind: "server_error".into(),
            code: "server_shutting_down".into(),
            message: "the gateway is shutting down".into(),
            param: None,
            resets_at: None,
            retry_after: Some(1),
            retryable: true,
            attempts: 0,
        }
    }

    /// Says which models there are instead.
    pub fn list_models<'a>(&mut self, models: impl Iterator<Item = &'a str>) {
        self.message.truncate(self.message.trim_end_matches('.').len());
        for (i, model) in models.enumerate() {
            let _ = write!(self.message, "{}{model}", if i == 0 { "; it has: " } else { ", " });
        }
    }

    /// What the last failed attempt means to the client. `now` in Unix seconds.
    pub fn of(failure: &Failure, provider: &str, now: i64) -> Self {
        let passing = |code: &str, message: String| Self {
            status: 503,
            kind: "server_error".into(),
            code: code.into(),
            message,
            param: None,
            resets_at: None,
            retry_after: Some(2),
            retryable: true,
            attempts: 0,
        };
        match failure {
            Failure::Connection(text) => passing(
                "upstream_unreachable",
                format!("account \"{provider}\": the upstream could not be reached: {text}"),
            ),
            Failure::Timeout => passing(
                "upstream_timeout",
                format!("account \"{provider}\": the upstream sent nothing in time"),
            ),
            Failure::EndedEarly => passing(
                "upstream_stream_broken",
                format!("account \"{provider}\": the upstream ended its stream without finishing the answer"),
            ),
            Failure::EmptyCompletion => passing(
                "upstream_empty_answer",
                format!("account \"{provider}\": the upstream answered with nothing"),
            ),
            Failure::TokenUnavailable(text) => passing(
                "token_unavailable",
                format!("account \"{provider}\": its token could not be refreshed: {text}"),
            ),
            Failure::Bound => Self {
                status: 400,
                kind: "invalid_request_error".into(),
                retry_after: None,
                retryable: false,
                ..passing(
                    "conversation_bound",
                    format!(
                        "account \"{provider}\" cannot read this conversation: another account compacted it"
                    ),
                )
            },
            Failure::NeedsReauth => Self {
                retry_after: None,
                retryable: false,
                ..passing("needs_reauth", format!("account \"{provider}\" needs to be signed in again"))
            },
            Failure::Refused(error) => Self::refused(error, provider, now),
        }
    }

    fn refused(error: &UpstreamError, provider: &str, now: i64) -> Self {
        let wait = error.retry_after_seconds.map(ceil_seconds);
        let base = Self {
            status: error.status.unwrap_or(502),
            kind: error.kind.clone().unwrap_or_else(|| "invalid_request_error".into()),
            code: error.name().unwrap_or("upstream_refused").to_owned(),
            // Messages about rate limits name the account's organisation.
            message: hide_ids(&error.message),
            param: error.param.clone(),
            resets_at: None,
            retry_after: wait,
            retryable: false,
            attempts: 0,
        };
        if error.is_any(&["model_not_found"]) || error.message.contains(UNSUPPORTED_MODEL) {
            return Self {
                status: 404,
                kind: "invalid_request_error".into(),
                code: "model_not_found".into(),
                message: format!("account \"{provider}\": {}", base.message),
                param: Some("model".into()),
                ..base
            };
        }
        if blames_request(error) {
            // Inside a 200 stream there is no status.
            let status = error.status.filter(|status| (400..500).contains(status)).unwrap_or(400);
            return Self { status, kind: "invalid_request_error".into(), ..base };
        }
        if error.is_any(&["usage_limit_reached"]) {
            let resets_at = error.resets_at(now);
            let wait = resets_at.and_then(|at| u64::try_from(at - now).ok()).or(wait);
            return Self {
                status: 429,
                kind: "usage_limit_reached".into(),
                message: format!("account \"{provider}\": {}", base.message),
                resets_at,
                retry_after: wait,
                ..base
            };
        }
        if error.is_any(&["usage_not_included", "insufficient_quota", "credit_balance_exhausted"]) {
            return Self { status: 429, ..base };
        }
        if error.is_any(&["rate_limit_exceeded", "slow_down"]) || error.status == Some(429) {
            return Self { status: 429, retry_after: wait.or(Some(5)), retryable: true, ..base };
        }
        if error.is_any(&["server_is_overloaded", "server_error", "flex_unavailable"]) {
            return Self {
                status: 503,
                kind: "server_error".into(),
                retry_after: wait.or(Some(2)),
                retryable: true,
                ..base
            };
        }
        match error.status {
            // The gateway's key was right: a 401 here would send the client to its own sign-in.
            Some(401 | 402) => Self {
                status: 503,
                kind: "server_error".into(),
                message: format!("account \"{provider}\" was refused by the upstream: {}", error.message),
                ..base
            },
            Some(403) => Self {
                status: 503,
                kind: "server_error".into(),
                code: if error.is_html { "upstream_blocked".into() } else { base.code.clone() },
                message: format!("the upstream refuses requests from here: {}", error.message),
                ..base
            },
            Some(413) => Self { status: 400, code: "request_too_large".into(), ..base },
            Some(status) if status >= 500 => Self {
                status: 503,
                kind: "server_error".into(),
                retry_after: wait.or(Some(2)),
                retryable: true,
                ..base
            },
            Some(_) => base,
            None => Self {
                status: 503,
                kind: "server_error".into(),
                retry_after: wait.or(Some(2)),
                retryable: true,
                ..base
            },
        }
    }

    /// Chosen by how the client retries: a Codex client repeats a turn up to 30 times on a 5xx.
    pub fn presentation(&self, codex_client: bool) -> Presentation {
        if codex_client && self.status >= 500 {
            Presentation::FailedStream
        } else {
            Presentation::Status(self.status)
        }
    }

    /// The code of `response.failed` for a Codex client: one that it takes as final, since a stream that it repeats
    /// costs six requests. `rate_limit_exceeded` alone is worth repeating, as it waits for as long as the text says.
    pub fn stream_code(&self, codex_client: bool) -> &str {
        const FINAL: &[&str] = &[
            "insufficient_quota",
            "context_length_exceeded",
            "server_is_overloaded",
            "cyber_policy",
            "bio_policy",
            "misalignment_policy_violation",
            "invalid_prompt",
            "model_not_found",
            "usage_not_included",
            "rate_limit_exceeded",
        ];
        if !codex_client || FINAL.contains(&self.code.as_str()) {
            &self.code
        } else if self.code == "usage_limit_reached" || self.code == "limit_reached" && !self.retryable {
            "insufficient_quota"
        } else if self.code == "limit_reached" || self.code == "too_many_streams" {
            "rate_limit_exceeded"
        } else {
            "server_is_overloaded"
        }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to what fits")]
fn ceil_seconds(seconds: f64) -> u64 {
    seconds.clamp(0.0, 1e9).ceil() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(status: u16, body: &str) -> Refusal {
        Refusal::of(&Failure::Refused(UpstreamError::from_http(status, None, body.as_bytes())), "main", 1000)
    }

    #[test]
    fn a_used_up_account_is_a_429_with_the_upstreams_reset() {
        let told = refusal(429, r#"{"error":{"type":"usage_limit_reached","message":"m","resets_at":8000}}"#);
        assert_eq!(
            (told.status, &*told.code, told.resets_at, told.retry_after),
            (429, "usage_limit_reached", Some(8000), Some(7000))
        );
        assert!(!told.retryable);
        let unknown = refusal(429, r#"{"error":{"type":"usage_limit_reached","message":"m"}}"#);
        assert_eq!((unknown.resets_at, unknown.retry_after), (None, None), "no invented reset");
    }

    #[test]
    fn no_upstream_trouble_becomes_a_5xx_for_a_codex_client() {
        for (status, body) in [(500, ""), (502, ""), (503, ""), (401, ""), (402, ""), (403, "<html>")] {
            let told = refusal(status, body);
            assert_eq!(told.presentation(true), Presentation::FailedStream, "{status}");
            assert_eq!(told.stream_code(true), "server_is_overloaded");
            assert_eq!(told.presentation(false), Presentation::Status(503));
        }
        assert_eq!(refusal(413, "").presentation(true), Presentation::Status(400));
    }

    #[test]
    fn a_401_of_the_upstream_is_never_a_401_of_ours() {
        assert_eq!(refusal(401, r#"{"detail":"Unauthorized"}"#).status, 503);
    }

    #[test]
    fn a_clients_fault_keeps_the_upstreams_words() {
        let told = refusal(
            400,
            r#"{"error":{"code":"context_length_exceeded","message":"too long","param":"input"}}"#,
        );
        assert_eq!(
            (told.status, &*told.code, &*told.message, told.param.as_deref()),
            (400, "context_length_exceeded", "too long", Some("input"))
        );
    }
}
