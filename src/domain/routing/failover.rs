//! Whose fault a failed attempt was, and what follows from it.
//!
//! The table is that of the upstream's errors (codex 0.169, November 2026). What the client did wrong never touches
//! another account; what an account can't do moves on; what the whole upstream suffers condemns nobody.

use crate::domain::responses::assemble::Incomplete;
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
    /// The conversation was compacted by another account, and this one cannot read what is left of it.
    Bound,
}

impl From<Incomplete> for Failure {
    fn from(incomplete: Incomplete) -> Self {
        match incomplete {
            Incomplete::Failed(error) => Self::Refused(*error),
            Incomplete::Truncated => Self::EndedEarly,
        }
    }
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

impl Fault {
    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Account => "account",
            Self::Upstream => "upstream",
        }
    }
}

/// The class of a failure: what the account's health, and a person who reads the record, go by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Cause {
    /// The request itself was wrong.
    Client,
    /// No connection, or it broke before the answer's head.
    Connection,
    /// The first byte, or the next one, did not come in time.
    Timeout,
    /// A 5xx.
    ServerError,
    /// The model has no room just now.
    Overload,
    /// The stream ended without a terminal event.
    BrokenStream,
    /// A good end without anything in it.
    EmptyAnswer,
    /// A page instead of JSON: something between us and the upstream refuses this address.
    Blocked,
    /// A window is used up.
    UsageLimit,
    /// Too much within a minute.
    RateLimit,
    /// Credits or a spend limit are used up: only the owner can help.
    SpendLimit,
    /// The plan holds no Codex at all.
    NotIncluded,
    /// The workspace is deactivated or unpaid.
    PaymentRequired,
    /// Refused without a better reason.
    Forbidden,
    /// The plan lacks this model.
    ModelNotInPlan,
    /// The access token was refused.
    Unauthorized,
    /// The sign-in is over.
    NeedsReauth,
    /// The token could not be refreshed just now.
    TokenUnavailable,
    /// Something in the request belongs to another account.
    ForeignContent,
}

impl Cause {
    /// As it is stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Connection => "connection",
            Self::Timeout => "timeout",
            Self::ServerError => "server_error",
            Self::Overload => "overload",
            Self::BrokenStream => "broken_stream",
            Self::EmptyAnswer => "empty_answer",
            Self::Blocked => "blocked",
            Self::UsageLimit => "usage_limit",
            Self::RateLimit => "rate_limit",
            Self::SpendLimit => "spend_limit",
            Self::NotIncluded => "not_included",
            Self::PaymentRequired => "payment_required",
            Self::Forbidden => "forbidden",
            Self::ModelNotInPlan => "model_not_in_plan",
            Self::Unauthorized => "unauthorized",
            Self::NeedsReauth => "needs_reauth",
            Self::TokenUnavailable => "token_unavailable",
            Self::ForeignContent => "foreign_content",
        }
    }
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
    /// Leave out what belongs to another account and try the same one once more.
    StripAndRetry,
    /// Go on with the next account.
    MoveOn,
}

/// Cause, fault and consequence of one failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub cause: Cause,
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

/// Codes by which credits, or a limit that a person set, are used up.
const SPEND_LIMITS: &[&str] = &[
    "insufficient_quota",
    "credit_balance_exhausted",
    "organization_spend_limit_exceeded",
    "project_spend_limit_exceeded",
    "organization_usage_limit_exceeded",
];

/// How the upstream says that an account's plan has no such model, without a code.
pub(super) const UNSUPPORTED_MODEL: &str = "is not supported when using Codex with a ChatGPT account";

/// How it says that a model has no room, without a code.
const AT_CAPACITY: &str = "model is at capacity";

/// Whether the upstream's word for it blames the request. The code decides: an `error` event with the type
/// `server_error` can still carry a client's fault.
pub(super) fn blames_request(error: &UpstreamError) -> bool {
    let of_the_account = matches!(error.status, Some(401 | 402 | 403 | 429));
    !of_the_account && error.name().is_some_and(|name| CLIENT_FAULTS.contains(&name))
}

/// Sorts a failure.
pub fn classify(failure: &Failure) -> Verdict {
    let upstream = |cause| Verdict { cause, fault: Fault::Upstream, next: Next::MoveOn };
    let account = |cause| Verdict { cause, fault: Fault::Account, next: Next::MoveOn };
    match failure {
        Failure::Connection(_) => upstream(Cause::Connection),
        Failure::Timeout => upstream(Cause::Timeout),
        Failure::EndedEarly => upstream(Cause::BrokenStream),
        Failure::EmptyCompletion => upstream(Cause::EmptyAnswer),
        Failure::NeedsReauth => account(Cause::NeedsReauth),
        Failure::TokenUnavailable(_) => account(Cause::TokenUnavailable),
        // The account is fine, and another one may be able to read it.
        Failure::Bound => Verdict { cause: Cause::ForeignContent, fault: Fault::Client, next: Next::MoveOn },
        Failure::Refused(error) => refused(error),
    }
}

fn refused(error: &UpstreamError) -> Verdict {
    let client = Verdict { cause: Cause::Client, fault: Fault::Client, next: Next::Return };
    let account = |cause| Verdict { cause, fault: Fault::Account, next: Next::MoveOn };
    let upstream = |cause| Verdict { cause, fault: Fault::Upstream, next: Next::MoveOn };
    if error.is_any(DEAD_GRANT) {
        return Verdict { next: Next::MarkAndMoveOn, ..account(Cause::NeedsReauth) };
    }
    if error.is_any(&["invalid_encrypted_content"]) {
        return Verdict { cause: Cause::ForeignContent, fault: Fault::Client, next: Next::StripAndRetry };
    }
    // A plan without the model is the account's affair: another one may have it.
    if error.message.contains(UNSUPPORTED_MODEL) {
        return account(Cause::ModelNotInPlan);
    }
    if blames_request(error) {
        return client;
    }
    if error.is_any(&["usage_limit_reached"]) {
        return account(Cause::UsageLimit);
    }
    if error.is_any(SPEND_LIMITS) {
        return account(Cause::SpendLimit);
    }
    if error.is_any(&["usage_not_included"]) {
        return account(Cause::NotIncluded);
    }
    if error.is_any(&["server_is_overloaded", "flex_unavailable"])
        || error.message.to_lowercase().contains(AT_CAPACITY)
    {
        return upstream(Cause::Overload);
    }
    if error.is_any(&["rate_limit_exceeded", "slow_down"]) {
        return account(Cause::RateLimit);
    }
    if error.is_any(&["deactivated_workspace"]) {
        return account(Cause::PaymentRequired);
    }
    match error.status {
        Some(401) => Verdict { next: Next::RefreshAndRetry, ..account(Cause::Unauthorized) },
        Some(402) => account(Cause::PaymentRequired),
        // A page instead of JSON: the way to the upstream, not the account.
        Some(403) if error.is_html => upstream(Cause::Blocked),
        Some(403) => account(Cause::Forbidden),
        Some(429) => account(Cause::RateLimit),
        Some(status) if status < 500 => client,
        // A failure inside a stream has no status; one without a known code is the upstream's.
        Some(_) | None => upstream(Cause::ServerError),
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
            let client = Verdict { cause: Cause::Client, fault: Fault::Client, next: Next::Return };
            assert_eq!(http(400, body), client, "{body}");
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
    fn limits_and_missing_models_belong_to_the_account_each_with_its_own_cause() {
        for (status, body, cause) in [
            (429, r#"{"error":{"type":"usage_limit_reached"}}"#, Cause::UsageLimit),
            (429, r#"{"error":{"type":"usage_not_included"}}"#, Cause::NotIncluded),
            (429, r#"{"error":{"code":"insufficient_quota"}}"#, Cause::SpendLimit),
            (429, r#"{"error":{"code":"rate_limit_exceeded"}}"#, Cause::RateLimit),
            (429, r#"{"error":{"code":"slow_down"}}"#, Cause::RateLimit),
            (429, "", Cause::RateLimit),
            (402, r#"{"detail":{"code":"deactivated_workspace"}}"#, Cause::PaymentRequired),
            (403, r#"{"detail":"Forbidden"}"#, Cause::Forbidden),
            (
                400,
                r#"{"detail":"The 'x' model is not supported when using Codex with a ChatGPT account."}"#,
                Cause::ModelNotInPlan,
            ),
        ] {
            let account = Verdict { cause, fault: Fault::Account, next: Next::MoveOn };
            assert_eq!(http(status, body), account, "{body}");
        }
    }

    #[test]
    fn what_another_account_encrypted_is_left_out_once() {
        let verdict = http(400, r#"{"error":{"code":"invalid_encrypted_content","message":"x"}}"#);
        assert_eq!((verdict.fault, verdict.next), (Fault::Client, Next::StripAndRetry));
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
