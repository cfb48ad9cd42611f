//! How an account's quota is told: GoClaw's envelope, with a source and an age for every number.

use super::evidence::{Evidence, WindowView};
use super::window::{Source, WindowKind};
use crate::domain::responses::error::UpstreamError;
use crate::domain::routing::failover::Failure;
use chrono::{DateTime, Utc};
use serde::Serialize;

/// The answer of `GET /v1/auth/chatgpt/{provider}/quota`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct QuotaEnvelope {
    pub provider_name: String,
    /// The last word of this account's quota was one, and not a failure to get it.
    pub success: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan_type: Option<String>,
    /// What is known, also where the last fetch failed.
    pub windows: Vec<QuotaWindow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub core_usage: Option<CoreUsage>,
    /// `None` when nothing was ever heard.
    pub last_updated: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_code: Option<ErrorCode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action_hint: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub needs_reauth: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_forbidden: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retryable: Option<bool>,
}

/// One window.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct QuotaWindow {
    pub label: String,
    pub kind: WindowKind,
    pub length_seconds: i64,
    /// As told; may be above 100.
    pub used_percent: f64,
    /// 0 to 100.
    pub remaining_percent: f64,
    pub reset_after_seconds: Option<i64>,
    pub reset_at: Option<DateTime<Utc>>,
    pub source: Source,
    pub observed_at: DateTime<Utc>,
    /// The additional limit that this window is of; `None` for the main one.
    pub meter: Option<String>,
}

/// The two windows that most plans have; `None` where the plan has no such window, or nothing is known of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CoreUsage {
    pub five_hour: Option<CoreWindow>,
    pub weekly: Option<CoreWindow>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CoreWindow {
    pub label: String,
    pub remaining_percent: f64,
    pub reset_after_seconds: Option<i64>,
    pub reset_at: Option<DateTime<Utc>>,
}

/// Why the usage endpoint did not tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    MissingAccountId,
    ReauthRequired,
    PaymentRequired,
    QuotaApiForbidden,
    QuotaEndpointNotFound,
    RateLimited,
    ProviderUnavailable,
    NetworkTimeout,
    NetworkError,
    QuotaRequestFailed,
    UnknownUpstreamError,
}

/// All of them.
pub const ERROR_CODES: [ErrorCode; 11] = [
    ErrorCode::MissingAccountId,
    ErrorCode::ReauthRequired,
    ErrorCode::PaymentRequired,
    ErrorCode::QuotaApiForbidden,
    ErrorCode::QuotaEndpointNotFound,
    ErrorCode::RateLimited,
    ErrorCode::ProviderUnavailable,
    ErrorCode::NetworkTimeout,
    ErrorCode::NetworkError,
    ErrorCode::QuotaRequestFailed,
    ErrorCode::UnknownUpstreamError,
];

impl ErrorCode {
    /// Of a failed fetch.
    pub fn of(failure: &Failure) -> Self {
        match failure {
            Failure::Timeout => Self::NetworkTimeout,
            Failure::Connection(_) | Failure::EndedEarly => Self::NetworkError,
            Failure::NeedsReauth => Self::ReauthRequired,
            Failure::TokenUnavailable(_) => Self::ProviderUnavailable,
            Failure::EmptyCompletion | Failure::Bound => Self::UnknownUpstreamError,
            Failure::Refused(UpstreamError { status, .. }) => match status {
                Some(401) => Self::ReauthRequired,
                Some(402) => Self::PaymentRequired,
                Some(403) => Self::QuotaApiForbidden,
                Some(404) => Self::QuotaEndpointNotFound,
                Some(408) => Self::NetworkTimeout,
                Some(429) => Self::RateLimited,
                Some(500..) => Self::ProviderUnavailable,
                Some(400..500) => Self::QuotaRequestFailed,
                _ => Self::UnknownUpstreamError,
            },
        }
    }

    /// For people: what happened.
    pub fn message(self) -> &'static str {
        match self {
            Self::MissingAccountId => "the sign-in names no ChatGPT account",
            Self::ReauthRequired => "the account's sign-in is over",
            Self::PaymentRequired => "the account's workspace is switched off or not paid for",
            Self::QuotaApiForbidden => "the upstream does not let this gateway read the quota",
            Self::QuotaEndpointNotFound => "the upstream has no quota endpoint here",
            Self::RateLimited => "the upstream asks for a pause before the quota is read again",
            Self::ProviderUnavailable => "the upstream is not available at the moment",
            Self::NetworkTimeout => "the upstream did not answer in time",
            Self::NetworkError => "the upstream can't be reached",
            Self::QuotaRequestFailed => "the upstream refused the request for the quota",
            Self::UnknownUpstreamError => "the upstream's answer was not understood",
        }
    }

    /// For people: what to do.
    pub fn hint(self) -> &'static str {
        match self {
            Self::MissingAccountId | Self::ReauthRequired => "Sign in again.",
            Self::PaymentRequired => "Check the account's plan and payment at ChatGPT.",
            Self::QuotaApiForbidden => {
                "Check that this machine's address is allowed and that the account may use Codex."
            }
            Self::QuotaEndpointNotFound => "Check the provider's api_base.",
            Self::RateLimited | Self::ProviderUnavailable | Self::NetworkTimeout => {
                "Nothing to do: it is tried again by itself."
            }
            Self::NetworkError => "Check the network, and the provider's api_base.",
            Self::QuotaRequestFailed | Self::UnknownUpstreamError => {
                "Look into the log; the upstream may have changed."
            }
        }
    }

    /// Whether trying again may help, without anybody doing anything.
    pub fn is_retryable(self) -> bool {
        match self {
            Self::RateLimited
            | Self::ProviderUnavailable
            | Self::NetworkTimeout
            | Self::NetworkError
            | Self::QuotaRequestFailed
            | Self::UnknownUpstreamError => true,
            Self::MissingAccountId
            | Self::ReauthRequired
            | Self::PaymentRequired
            | Self::QuotaApiForbidden
            | Self::QuotaEndpointNotFound => false,
        }
    }
}

impl QuotaWindow {
    fn new(window: &WindowView<'_>, now: DateTime<Utc>) -> Self {
        let is_main = window.meter.is_main();
        Self {
            label: window.length.label(),
            kind: window.length.kind(),
            length_seconds: window.length.seconds(),
            used_percent: window.used_percent,
            remaining_percent: remaining(window.used_percent),
            reset_after_seconds: window.resets_at.map(|reset| (reset - now).num_seconds().max(0)),
            reset_at: window.resets_at,
            source: window.source,
            observed_at: window.observed_at,
            meter: (!is_main).then(|| window.name.unwrap_or(window.meter.as_str()).to_owned()),
        }
    }
}

/// Hundredths are as fine as it is told.
fn remaining(used: f64) -> f64 {
    ((100.0 - used).clamp(0.0, 100.0) * 100.0).round() / 100.0
}

/// The envelope of an account. `plan` is what the sign-in says; `error` is of the last fetch, when it failed and nothing
/// was heard since.
pub fn envelope(
    provider_name: &str,
    evidence: &Evidence,
    plan: Option<&str>,
    error: Option<ErrorCode>,
    now: DateTime<Utc>,
) -> QuotaEnvelope {
    let windows: Vec<QuotaWindow> = evidence.windows(now).iter().map(|w| QuotaWindow::new(w, now)).collect();
    let core = |kind| {
        let found = windows.iter().find(|w| w.meter.is_none() && w.kind == kind)?;
        Some(CoreWindow {
            label: found.label.clone(),
            remaining_percent: found.remaining_percent,
            reset_after_seconds: found.reset_after_seconds,
            reset_at: found.reset_at,
        })
    };
    let core_usage = CoreUsage { five_hour: core(WindowKind::FiveHour), weekly: core(WindowKind::Weekly) };
    let last_updated = evidence.observed_at();
    let unread = (last_updated.is_none() && error.is_none()).then_some("the quota has not been read yet");
    QuotaEnvelope {
        provider_name: provider_name.to_owned(),
        success: error.is_none() && last_updated.is_some(),
        plan_type: evidence.plan().or(plan).map(str::to_owned),
        core_usage: (core_usage.five_hour.is_some() || core_usage.weekly.is_some()).then_some(core_usage),
        windows,
        last_updated,
        error: error.map(ErrorCode::message).or(unread).map(str::to_owned),
        error_code: error,
        action_hint: error.map(ErrorCode::hint),
        needs_reauth: (error == Some(ErrorCode::ReauthRequired)).then_some(true),
        is_forbidden: (error == Some(ErrorCode::QuotaApiForbidden)).then_some(true),
        retryable: error.map(ErrorCode::is_retryable).or(unread.map(|_| true)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::quota::parse;
    use serde_json::{Value, json};

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_300_000, 0).expect("a time")
    }

    fn told(name: &str) -> Value {
        let path = format!("{}/tests/fixtures/{name}.json", env!("CARGO_MANIFEST_DIR"));
        let body = serde_json::from_str(&std::fs::read_to_string(path).expect("the fixture")).expect("JSON");
        let evidence = Evidence::of(&parse::usage(&body, now()));
        serde_json::to_value(envelope("ada", &evidence, Some("free"), None, now())).expect("JSON")
    }

    #[test]
    fn the_envelope_has_goclaws_members_and_ours() {
        let weekly = json!({"label": "Weekly", "remaining_percent": 60.0, "reset_after_seconds": 400_000,
            "reset_at": "2026-11-26T13:33:20Z"});
        let five = json!({"label": "5h", "remaining_percent": 88.0, "reset_after_seconds": 9_000,
            "reset_at": "2026-11-22T00:56:40Z"});
        let window = |core: &Value, kind: &str, seconds: i64, used: f64| {
            json!({"label": core["label"], "kind": kind, "length_seconds": seconds, "used_percent": used,
                "remaining_percent": core["remaining_percent"], "reset_after_seconds": core["reset_after_seconds"],
                "reset_at": core["reset_at"], "source": "usage_api", "observed_at": now(), "meter": null})
        };
        let envelope = told("usage-plus");
        assert_eq!(
            envelope["windows"],
            json!([window(&five, "five_hour", 18_000, 12.0), window(&weekly, "weekly", 604_800, 40.0)])
        );
        assert_eq!(envelope["core_usage"], json!({"five_hour": five, "weekly": weekly}));
        assert_eq!((&envelope["success"], &envelope["plan_type"]), (&json!(true), &json!("plus")));
        assert_eq!(envelope["last_updated"], json!(now()));
        for absent in ["error", "error_code", "action_hint", "needs_reauth", "is_forbidden", "retryable"] {
            assert_eq!(envelope.get(absent), None, "{absent}");
        }
    }

    #[test]
    fn a_weekly_only_plan_is_not_shown_as_five_hours() {
        let envelope = told("usage-pro-weekly-only-no-secondary");
        assert_eq!(envelope["core_usage"]["five_hour"], Value::Null);
        assert_eq!(envelope["core_usage"]["weekly"]["remaining_percent"], json!(78.0));
        assert_eq!(envelope["windows"].as_array().map(Vec::len), Some(1));
    }

    #[test]
    fn what_is_unknown_is_neither_full_nor_empty() {
        let envelope = told("usage-minimal-nulls");
        assert_eq!((&envelope["windows"], envelope.get("core_usage")), (&json!([]), None));
        let nothing = super::envelope("ada", &Evidence::default(), Some("plus"), None, now());
        assert_eq!(
            (nothing.success, nothing.last_updated, nothing.plan_type.as_deref()),
            (false, None, Some("plus"))
        );
        assert_eq!(nothing.error.as_deref(), Some("the quota has not been read yet"));
    }

    #[test]
    fn every_failure_has_its_code() {
        let http = |status| Failure::Refused(UpstreamError::from_http(status, None, b"{}"));
        for (failure, code, retryable) in [
            (http(401), "reauth_required", false),
            (Failure::NeedsReauth, "reauth_required", false),
            (http(402), "payment_required", false),
            (http(403), "quota_api_forbidden", false),
            (http(404), "quota_endpoint_not_found", false),
            (http(429), "rate_limited", true),
            (http(500), "provider_unavailable", true),
            (http(503), "provider_unavailable", true),
            (Failure::TokenUnavailable(String::new()), "provider_unavailable", true),
            (Failure::Timeout, "network_timeout", true),
            (Failure::Connection(String::new()), "network_error", true),
            (http(400), "quota_request_failed", true),
            (http(200), "unknown_upstream_error", true),
        ] {
            let told = ErrorCode::of(&failure);
            assert_eq!(
                (serde_json::to_value(told).expect("JSON"), told.is_retryable()),
                (json!(code), retryable)
            );
        }
        assert_eq!(ERROR_CODES.len(), 11);
        let out = envelope("ada", &Evidence::default(), None, Some(ErrorCode::ReauthRequired), now());
        assert_eq!((out.success, out.needs_reauth, out.is_forbidden), (false, Some(true), None));
        let out = envelope("ada", &Evidence::default(), None, Some(ErrorCode::QuotaApiForbidden), now());
        assert_eq!((out.needs_reauth, out.is_forbidden, out.retryable), (None, Some(true), Some(false)));
    }
}
