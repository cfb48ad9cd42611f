//! Whose fault a failed attempt was, and what follows from it.
//!
//! The table is that of the upstream's errors (codex 0.169, November 2026). What the client did wrong never touches
//! another account; what an account can't do moves on; what the whole upstream suffers condemns nobody.

use crate::domain::responses::error::UpstreamError;

/// How an attempt failed before its first visible event.
#[derive(Clone, Debug, PartialEq)]
pub enum Failure {
    /// No connection, or it broke before the answer's head. The text names no secret.
    Connection(String),
    /// Nothing came within the time allowed.
    Timeout,
    /// The upstream refused: over HTTP, or inside a 200 stream.
    Refused(UpstreamError),
    /// The stream ended without a terminal event.
    EndedEarly,
    /// `response.completed` with neither output nor usage.
    EmptyCompletion,
    /// The account has no usable token: its owner has to sign in again.
    NeedsReauth,
    /// The account's token could not be refreshed just now.
    TokenUnavailable(String),
}

/// Whose fault it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The request itself. Returned as it is; no account suffers.
    Client,
    /// This account, for the time being or until its owner acts.
    Account,
    /// The upstream as a whole, or the way to it.
    Upstream,
}

/// What the attempt loop does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Tell the client.
    Return,
    /// Refresh the token once and try the same account once more.
    RefreshAndRetry,
    /// The grant is dead: mark the account, go on with the next.
    MarkAndMoveOn,
    /// Go on with the next account.
    MoveOn,
}

/// Fault and consequence of one failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub fault: Fault,
    pub next: Next,
}

/// Codes by which the upstream says that the account's sign-in is over.
const DEAD_GRANT: &[&str] =
    &["token_invalidated", "token_revoked", "account_deactivated", "refresh_token_invalidated"];

/// Codes that blame the request, whatever status they come with.
const CLIENT_FAULTS: &[&str] = &[
    "context_length_exceeded",
    "cyber_policy",
    "bio_policy",
    "misalignment_policy_violation",
    "invalid_prompt",
    "invalid_encrypted_content",
    "invalid_request_error",
    "model_not_found",
    "previous_response_not_found",
];

/// How the upstream says that an account's plan has no such model, without a code.
pub(super) const UNSUPPORTED_MODEL: &str = "is not supported when using Codex with a ChatGPT account";

/// Whether the upstream's word for it blames the request. The code decides: an `error` event with the type
/// `server_error` can still carry a client's fault.
pub(super) fn blames_request(error: &UpstreamError) -> bool {
    let of_the_account = matches!(error.status, Some(401 | 402 | 403 | 429));
    !of_the_account && error.name().is_some_and(|name| CLIENT_FAULTS.contains(&name))
}

/// Sorts a failure.
pub fn classify(failure: &Failure) -> Verdict {
    match failure {
        Failure::Connection(_) | Failure::Timeout | Failure::EndedEarly | Failure::EmptyCompletion => {
            Verdict { fault: Fault::Upstream, next: Next::MoveOn }
        }
        Failure::NeedsReauth | Failure::TokenUnavailable(_) => {
            Verdict { fault: Fault::Account, next: Next::MoveOn }
        }
        Failure::Refused(error) => refused(error),
    }
}

fn refused(error: &UpstreamError) -> Verdict {
    let client = Verdict { fault: Fault::Client, next: Next::Return };
    let account = Verdict { fault: Fault::Account, next: Next::MoveOn };
    let upstream = Verdict { fault: Fault::Upstream, next: Next::MoveOn };
    if error.is_any(DEAD_GRANT) {
        return Verdict { fault: Fault::Account, next: Next::MarkAndMoveOn };
    }
    if blames_request(error) {
        return client;
    }
    // A plan without the model is the account's affair: another one may have it.
    if error.message.contains(UNSUPPORTED_MODEL) {
        return account;
    }
    if error.is_any(&["usage_limit_reached", "usage_not_included", "rate_limit_exceeded", "slow_down"]) {
        return account;
    }
    if error.is_any(&["server_is_overloaded", "server_error", "flex_unavailable"]) {
        return upstream;
    }
    match error.status {
        Some(401) => Verdict { fault: Fault::Account, next: Next::RefreshAndRetry },
        Some(402 | 429) | None => account,
        // A page instead of JSON: the way to the upstream, not the account.
        Some(403) => upstream,
        Some(status) if status >= 500 => upstream,
        Some(_) => client,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn http(status: u16, body: &str) -> Verdict {
        classify(&Failure::Refused(UpstreamError::from_http(status, None, body.as_bytes())))
    }

    #[test]
    fn what_the_client_did_wrong_is_returned_and_touches_no_account() {
        for body in [
            r#"{"detail":"Unsupported parameter: temperature"}"#,
            r#"{"error":{"code":"context_length_exceeded","message":"x"}}"#,
            r#"{"error":{"code":"cyber_policy","message":"x"}}"#,
        ] {
            assert_eq!(http(400, body), Verdict { fault: Fault::Client, next: Next::Return }, "{body}");
        }
        let in_stream =
            UpstreamError::from_event(br#"{"response":{"error":{"code":"invalid_prompt","message":"x"}}}"#);
        assert_eq!(classify(&Failure::Refused(in_stream)).fault, Fault::Client);
    }

    #[test]
    fn an_expired_token_is_refreshed_and_a_dead_grant_is_marked() {
        assert_eq!(http(401, r#"{"error":{"code":"token_expired"}}"#).next, Next::RefreshAndRetry);
        assert_eq!(http(401, r#"{"detail":"Unauthorized"}"#).next, Next::RefreshAndRetry);
        assert_eq!(http(401, r#"{"error":{"code":"token_invalidated"}}"#).next, Next::MarkAndMoveOn);
    }

    #[test]
    fn limits_and_missing_models_belong_to_the_account() {
        let account = Verdict { fault: Fault::Account, next: Next::MoveOn };
        assert_eq!(http(429, r#"{"error":{"type":"usage_limit_reached"}}"#), account);
        assert_eq!(http(402, r#"{"detail":{"code":"deactivated_workspace"}}"#), account);
        let missing =
            r#"{"detail":"The 'x' model is not supported when using Codex with a ChatGPT account."}"#;
        assert_eq!(http(400, missing), account);
    }

    #[test]
    fn an_overloaded_or_unreachable_upstream_condemns_no_account() {
        for failure in [
            Failure::Refused(UpstreamError::from_http(
                503,
                None,
                br#"{"error":{"code":"server_is_overloaded"}}"#,
            )),
            Failure::Refused(UpstreamError::from_http(403, None, b"<html>")),
            Failure::Refused(UpstreamError::from_http(502, None, b"")),
            Failure::EndedEarly,
            Failure::Timeout,
        ] {
            assert_eq!(classify(&failure).fault, Fault::Upstream, "{failure:?}");
        }
    }
}
