//! The life cycle of a sign-in: when its access token has to be refreshed, and what an answer of the token endpoint
//! means. The rules are those of the official client (codex `login/src/auth/manager.rs`) and of public code that runs
//! against the same endpoint.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use std::fmt;

/// A token is refreshed when this much of its life, or less, is left: what the official client does.
pub const REFRESH_AHEAD: TimeDelta = TimeDelta::minutes(5);

/// A token whose end cannot be read is refreshed when its last refresh is this old.
pub const UNREADABLE_EXPIRY: TimeDelta = TimeDelta::days(8);

/// The most that [`refresh_jitter`] adds to [`REFRESH_AHEAD`].
const MAX_JITTER: TimeDelta = TimeDelta::minutes(30);

/// No token is refreshed earlier than this before its end.
pub const REFRESH_HORIZON: TimeDelta = TimeDelta::minutes(35);

/// A sign-in, as far as its tokens go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grant {
    Valid { expires_at: DateTime<Utc> },
    NeedsReauth { since: DateTime<Utc>, reason: ReauthReason },
}

/// Why only the account's owner can bring it back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReauthReason {
    /// The token endpoint refused the refresh token for good; `code` is what it said.
    Refused { code: String },
    /// A refresh was interrupted (a process died, or its answer was lost) between sending the refresh token and
    /// storing the new one, and the old one was then refused with `code`.
    Interrupted { code: String },
    /// The stored tokens cannot be opened. Never stored: the row itself is what is wrong.
    Unreadable,
    /// The API refused a token that had just been refreshed; `code` is what it said.
    Rejected { code: String },
}

impl ReauthReason {
    const INTERRUPTED: &str = "refresh_interrupted:";
    const REJECTED: &str = "rejected:";
    const UNREADABLE: &str = "stored_tokens_unreadable";

    /// The stored form; [`ReauthReason::from_code`] reads it back.
    pub fn to_code(&self) -> String {
        match self {
            Self::Refused { code } => code.clone(),
            Self::Interrupted { code } => format!("{}{code}", Self::INTERRUPTED),
            Self::Rejected { code } => format!("{}{code}", Self::REJECTED),
            Self::Unreadable => Self::UNREADABLE.to_owned(),
        }
    }

    /// Reads what [`ReauthReason::to_code`] wrote.
    pub fn from_code(text: &str) -> Self {
        if let Some(code) = text.strip_prefix(Self::INTERRUPTED) {
            Self::Interrupted { code: code.to_owned() }
        } else if let Some(code) = text.strip_prefix(Self::REJECTED) {
            Self::Rejected { code: code.to_owned() }
        } else if text == Self::UNREADABLE {
            Self::Unreadable
        } else {
            Self::Refused { code: text.to_owned() }
        }
    }
}

impl fmt::Display for ReauthReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { code } => write!(f, "the sign-in server refused to renew the sign-in ({code})"),
            Self::Interrupted { code } => write!(
                f,
                "a renewal was interrupted before its result could be stored, and the old token is spent ({code})"
            ),
            Self::Unreadable => f.write_str("the stored tokens cannot be opened"),
            Self::Rejected { code } => write!(f, "the API refused a freshly renewed token ({code})"),
        }
    }
}

/// How an exchange of the refresh token ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefreshOutcome {
    Refreshed {
        expires_at: DateTime<Utc>,
    },
    /// Final: the same token will be refused again.
    Refused {
        code: String,
    },
    /// Passing: try again later. The sign-in is kept.
    Unavailable {
        spent: Spent,
    },
}

/// Whether the issuer may have used up the refresh token although no new one arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spent {
    /// The request did not get there, or was turned away.
    No,
    /// The answer was lost: nobody knows.
    Unknown,
}

/// A transition that has no meaning.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTransition {
    #[error("a sign-in that needs its owner cannot be refreshed")]
    NeedsReauth,
}

impl Grant {
    /// Whether it is time to refresh: `ahead` plus `jitter` before the end. Never for a grant that needs its owner.
    pub fn needs_refresh(&self, now: DateTime<Utc>, ahead: TimeDelta, jitter: TimeDelta) -> bool {
        match self {
            Self::Valid { expires_at } => *expires_at - now <= ahead + jitter,
            Self::NeedsReauth { .. } => false,
        }
    }

    /// Whether the access token can be sent at `now`.
    pub fn is_usable(&self, now: DateTime<Utc>) -> bool {
        matches!(self, Self::Valid { expires_at } if now < *expires_at)
    }

    /// The grant after an exchange. An outage never costs a sign-in.
    pub fn after_refresh(
        self,
        outcome: RefreshOutcome,
        now: DateTime<Utc>,
    ) -> Result<Self, InvalidTransition> {
        match (self, outcome) {
            (Self::NeedsReauth { .. }, _) => Err(InvalidTransition::NeedsReauth),
            (Self::Valid { .. }, RefreshOutcome::Refreshed { expires_at }) => Ok(Self::Valid { expires_at }),
            (Self::Valid { .. }, RefreshOutcome::Refused { code }) => {
                Ok(Self::NeedsReauth { since: now, reason: ReauthReason::Refused { code } })
            }
            (valid @ Self::Valid { .. }, RefreshOutcome::Unavailable { .. }) => Ok(valid),
        }
    }

    /// The same, when the refresh token had been sent once before without its answer being stored: a refusal is then
    /// the consequence of that interruption, and says so.
    pub fn after_retried_refresh(
        self,
        outcome: RefreshOutcome,
        now: DateTime<Utc>,
    ) -> Result<Self, InvalidTransition> {
        Ok(match self.after_refresh(outcome, now)? {
            Self::NeedsReauth { since, reason: ReauthReason::Refused { code } } => {
                Self::NeedsReauth { since, reason: ReauthReason::Interrupted { code } }
            }
            other => other,
        })
    }
}

/// How long before the end of its life a token is refreshed: [`REFRESH_AHEAD`], but at most half of a short life, so
/// that tokens of a few minutes are not refreshed without end.
pub fn refresh_ahead(lifetime: Option<TimeDelta>) -> TimeDelta {
    lifetime.map_or(REFRESH_AHEAD, |lifetime| REFRESH_AHEAD.min(lifetime / 2))
}

/// Spreads refreshes: accounts that were connected together do not all refresh in one second, and a restart finds few
/// that are due. A twentieth of the life at most, never over half an hour; `seed` is any stable number of the account.
pub fn refresh_jitter(lifetime: Option<TimeDelta>, seed: u64) -> TimeDelta {
    let most = lifetime.map_or(TimeDelta::minutes(1), |lifetime| (lifetime / 20).min(MAX_JITTER));
    let most = u64::try_from(most.num_milliseconds()).unwrap_or(0);
    // The high bits of a multiplied seed are well mixed, whatever the seed is (Fibonacci hashing).
    let mixed = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
    TimeDelta::milliseconds(i64::try_from((mixed * most) >> 32).unwrap_or(0))
}

/// How long to leave the issuer alone after the `failures`th failure in a row: 5 s, doubling, five minutes at most.
pub fn retry_delay(failures: u32) -> TimeDelta {
    TimeDelta::seconds((5_i64 << failures.saturating_sub(1).min(6)).min(300))
}

/// Codes with which the token endpoint says that this refresh token is finished.
const PERMANENT: [&str; 13] = [
    "refresh_token_expired",
    "refresh_token_reused",
    "refresh_token_invalidated",
    "invalid_grant",
    "invalid_refresh_token",
    "app_session_terminated",
    "token_expired",
    "token_invalidated",
    "token_revoked",
    "account_deactivated",
    "invalid_client",
    "unauthorized_client",
    "access_denied",
];

/// The error code in a body of the token endpoint: `error.code`, else `error` when it is a string, else `code`.
/// A code of a strange shape is left out: it may be an echo of what was sent.
pub fn error_code(body: &[u8]) -> Option<String> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let error = body.get("error");
    let code = error
        .and_then(|error| error.get("code"))
        .and_then(Value::as_str)
        .or_else(|| error.and_then(Value::as_str))
        .or_else(|| body.get("code").and_then(Value::as_str))?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    (!code.is_empty() && code.len() <= 64 && code.chars().all(plain)).then(|| code.to_owned())
}

/// What an answer with an error status means: a listed code or any 401 is final, all else passes. A 5xx is never
/// final, whatever its body says: an outage never costs a sign-in.
pub fn classify_refusal(status: u16, code: Option<&str>) -> RefreshOutcome {
    let listed = code.filter(|code| PERMANENT.contains(code));
    match (status, listed) {
        (500.., _) => RefreshOutcome::Unavailable { spent: Spent::Unknown },
        (_, Some(code)) => RefreshOutcome::Refused { code: code.to_owned() },
        (401, None) => RefreshOutcome::Refused { code: code.unwrap_or("http_401").to_owned() },
        _ => RefreshOutcome::Unavailable { spent: Spent::No },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    fn valid(seconds: i64) -> Grant {
        Grant::Valid { expires_at: at(seconds) }
    }

    fn final_code(status: u16, body: &str) -> Option<String> {
        match classify_refusal(status, error_code(body.as_bytes()).as_deref()) {
            RefreshOutcome::Refused { code } => Some(code),
            _ => None,
        }
    }

    #[test]
    fn four_minutes_before_the_end_is_time_and_six_is_not() {
        assert!(valid(240).needs_refresh(at(0), REFRESH_AHEAD, TimeDelta::zero()));
        assert!(valid(300).needs_refresh(at(0), REFRESH_AHEAD, TimeDelta::zero()));
        assert!(!valid(360).needs_refresh(at(0), REFRESH_AHEAD, TimeDelta::zero()));
        assert!(valid(360).needs_refresh(at(0), REFRESH_AHEAD, TimeDelta::seconds(60)));
        assert!(valid(-5).needs_refresh(at(0), REFRESH_AHEAD, TimeDelta::zero()));
    }

    #[test]
    fn the_recorded_refusals_are_final() {
        let of =
            |code: &str| format!(r#"{{"error":{{"message":"…","type":"t","param":null,"code":"{code}"}}}}"#);
        for code in [
            "app_session_terminated",
            "refresh_token_expired",
            "refresh_token_invalidated",
            "refresh_token_reused",
        ] {
            assert_eq!(final_code(401, &of(code)).as_deref(), Some(code));
        }
        let plain = r#"{"error": "invalid_grant", "error_description": "Invalid refresh token"}"#;
        assert_eq!(final_code(400, plain).as_deref(), Some("invalid_grant"));
        assert_eq!(
            final_code(403, r#"{"code":"account_deactivated"}"#).as_deref(),
            Some("account_deactivated")
        );
    }

    #[test]
    fn any_other_401_is_final_and_keeps_its_code() {
        assert_eq!(
            final_code(401, r#"{"error":{"code":"something_new"}}"#).as_deref(),
            Some("something_new")
        );
        assert_eq!(final_code(401, "<html>").as_deref(), Some("http_401"));
    }

    #[test]
    fn an_outage_a_limit_and_a_challenge_page_pass() {
        for (status, body) in [
            (500, r#"{"error":{"code":"server_error"}}"#),
            (503, r#"{"error":"invalid_grant"}"#),
            (429, r#"{"error":{"code":"rate_limit_exceeded"}}"#),
            (403, "<html>Just a moment...</html>"),
            (400, r#"{"error":{"code":"invalid_request"}}"#),
            (302, ""),
        ] {
            assert_eq!(final_code(status, body), None, "{status} {body}");
        }
    }

    #[test]
    fn a_code_that_could_be_an_echo_is_not_repeated() {
        assert_eq!(error_code(br#"{"error":"rt_abc def"}"#), None);
        assert_eq!(error_code(format!(r#"{{"error":"{}"}}"#, "x".repeat(65)).as_bytes()), None);
        assert_eq!(error_code(br#"{"error":{"code":5},"code":"top"}"#).as_deref(), Some("top"));
    }

    #[test]
    fn a_refusal_after_an_interruption_says_so() {
        let refused = RefreshOutcome::Refused { code: "refresh_token_reused".into() };
        let grant = valid(10).after_retried_refresh(refused, at(1)).unwrap();
        let reason = ReauthReason::Interrupted { code: "refresh_token_reused".into() };
        assert!(reason.to_string().contains("interrupted"));
        assert_eq!(grant, Grant::NeedsReauth { since: at(1), reason });
    }

    #[test]
    fn the_pause_doubles_and_ends_at_five_minutes() {
        let seconds: Vec<i64> = (1..9).map(|n| retry_delay(n).num_seconds()).collect();
        assert_eq!(seconds, [5, 10, 20, 40, 80, 160, 300, 300]);
        assert_eq!(retry_delay(0).num_seconds(), 5);
    }

    fn outcome() -> impl Strategy<Value = RefreshOutcome> {
        prop_oneof![
            (0_i64..10_000_000).prop_map(|s| RefreshOutcome::Refreshed { expires_at: at(s) }),
            "[a-z_]{1,20}".prop_map(|code| RefreshOutcome::Refused { code }),
            Just(RefreshOutcome::Unavailable { spent: Spent::No }),
            Just(RefreshOutcome::Unavailable { spent: Spent::Unknown }),
        ]
    }

    proptest! {
        #[test]
        fn an_outage_never_costs_a_sign_in(end in -1_000_000_i64..1_000_000, spent in prop_oneof![
            Just(Spent::No), Just(Spent::Unknown)
        ]) {
            let outcome = RefreshOutcome::Unavailable { spent };
            prop_assert_eq!(valid(end).after_refresh(outcome.clone(), at(0)).unwrap(), valid(end));
            prop_assert_eq!(valid(end).after_retried_refresh(outcome, at(0)).unwrap(), valid(end));
        }

        #[test]
        fn only_its_owner_brings_a_refused_sign_in_back(outcomes in prop::collection::vec(outcome(), 1..20)) {
            let mut grant = valid(60);
            let mut refused = false;
            for (second, outcome) in (0_i64..).zip(outcomes) {
                let final_one = matches!(outcome, RefreshOutcome::Refused { .. });
                match grant.clone().after_refresh(outcome, at(second)) {
                    Ok(next) => {
                        prop_assert!(!refused);
                        grant = next;
                    }
                    Err(InvalidTransition::NeedsReauth) => prop_assert!(refused),
                }
                refused |= final_one;
                prop_assert_eq!(refused, matches!(grant, Grant::NeedsReauth { .. }));
                prop_assert!(!(refused && grant.needs_refresh(at(second), REFRESH_AHEAD, MAX_JITTER)));
            }
        }

        #[test]
        fn a_server_error_is_never_final(status in 500_u16..600, code in prop::option::of("[a-z_]{1,20}")) {
            let outcome = classify_refusal(status, code.as_deref());
            prop_assert_eq!(outcome, RefreshOutcome::Unavailable { spent: Spent::Unknown });
        }

        #[test]
        fn no_body_makes_the_classifier_panic(status in 100_u16..600, body in prop::collection::vec(any::<u8>(), 0..60)) {
            let _ = classify_refusal(status, error_code(&body).as_deref());
        }

        #[test]
        fn jitter_stays_below_a_twentieth_of_the_life_and_half_an_hour(seed in any::<u64>(), life in 1_i64..5_000_000) {
            let lifetime = TimeDelta::seconds(life);
            let jitter = refresh_jitter(Some(lifetime), seed);
            prop_assert!(jitter >= TimeDelta::zero() && jitter <= MAX_JITTER && jitter <= lifetime / 20);
        }

        #[test]
        fn a_new_token_is_never_due_at_once(seed in any::<u64>(), life in 1_i64..5_000_000) {
            let lifetime = Some(TimeDelta::seconds(life));
            let grant = valid(life);
            prop_assert!(!grant.needs_refresh(at(0), refresh_ahead(lifetime), refresh_jitter(lifetime, seed)));
        }

        #[test]
        fn a_reason_survives_its_stored_form(code in "[a-z0-9_]{1,30}") {
            for reason in [
                ReauthReason::Refused { code: code.clone() },
                ReauthReason::Interrupted { code: code.clone() },
                ReauthReason::Rejected { code: code.clone() },
                ReauthReason::Unreadable,
            ] {
                prop_assert_eq!(ReauthReason::from_code(&reason.to_code()), reason);
            }
        }
    }

    #[test]
    fn neighbouring_seeds_spread_over_the_whole_span() {
        let lifetime = Some(TimeDelta::days(10));
        let mut minutes: Vec<i64> =
            (0..300).map(|seed| refresh_jitter(lifetime, seed).num_minutes()).collect();
        minutes.sort_unstable();
        minutes.dedup();
        assert!(minutes.len() >= 28, "{minutes:?}");
    }
}
