//! Why one account did not serve a request, and what would have to be there.

use super::Refusal;
use crate::domain::routing::decide::{Exclusion, ExclusionReason};
use crate::domain::routing::failover::Cause;
use chrono::{DateTime, TimeDelta, Utc};
use std::fmt::Write as _;

/// Why one account did not serve a request.
#[derive(Clone, Debug, PartialEq)]
pub struct Out {
    pub(super) text: String,
    pub(super) missing: Missing,
    /// When it can be asked again, where that is known.
    pub(super) until: Option<DateTime<Utc>>,
    /// `until` is what the upstream said.
    pub(super) told: bool,
    /// What it said when it was asked.
    pub(super) refusal: Option<Refusal>,
}

/// What would have to be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    /// Its owner, or an operator.
    Person,
    Model,
    Quota,
    /// A minute's rest.
    Minute,
    Health,
}

impl Out {
    /// It was not asked. `name` is the account's.
    pub fn excluded(name: &str, exclusion: &Exclusion) -> Self {
        use ExclusionReason as Reason;
        let Exclusion { reason, until, told, .. } = *exclusion;
        let mut text = format!("\"{name}\" {reason}");
        if let Some(until) = until.filter(|_| reason != Reason::ModelNotInPlan) {
            let _ = write!(text, " until {}", until.format("%Y-%m-%d %H:%M:%S UTC"));
        }
        let missing = match reason {
            Reason::Exhausted => Missing::Quota,
            Reason::CoolingDown => Missing::Minute,
            Reason::ModelNotInPlan => Missing::Model,
            Reason::Busy => Missing::Health,
            Reason::Disabled
            | Reason::SignedOut
            | Reason::NeedsReauth
            | Reason::SpendLimit
            | Reason::NotIncluded
            | Reason::PaymentRequired
            | Reason::Forbidden
            | Reason::Draining
            | Reason::ForeignConversation => Missing::Person,
        };
        // Nobody is told to come back for what only a person can mend.
        let until = until.filter(|_| missing != Missing::Person && missing != Missing::Model);
        // A lease whose end nobody named is ours to look at again, not a promise.
        Self {
            text,
            missing,
            until: until.filter(|_| told || missing != Missing::Quota),
            told,
            refusal: None,
        }
    }

    /// It became busy between the decision and the attempt.
    pub fn busy(name: &str) -> Self {
        let text = format!("\"{name}\" {}", ExclusionReason::Busy);
        Self { text, missing: Missing::Health, until: None, told: false, refusal: None }
    }

    /// It was asked and refused, or failed.
    pub fn failed(refusal: Refusal, cause: Cause, now: DateTime<Utc>) -> Self {
        let missing = match cause {
            Cause::UsageLimit => Missing::Quota,
            Cause::RateLimit => Missing::Minute,
            Cause::ModelNotInPlan => Missing::Model,
            Cause::SpendLimit
            | Cause::NotIncluded
            | Cause::PaymentRequired
            | Cause::Forbidden
            | Cause::NeedsReauth
            | Cause::Unauthorized
            | Cause::ForeignContent
            | Cause::Client => Missing::Person,
            Cause::Connection
            | Cause::Timeout
            | Cause::ServerError
            | Cause::Overload
            | Cause::BrokenStream
            | Cause::EmptyAnswer
            | Cause::Blocked
            | Cause::TokenUnavailable => Missing::Health,
        };
        let at = refusal.resets_at.and_then(|at| DateTime::from_timestamp(at, 0)).filter(|at| *at > now);
        let wait =
            refusal.retry_after.and_then(|s| i64::try_from(s).ok()).map(|s| now + TimeDelta::seconds(s));
        let until = at.or(wait).filter(|_| missing != Missing::Person && missing != Missing::Model);
        Self { text: refusal.message.clone(), missing, until, told: at.is_some(), refusal: Some(refusal) }
    }

    /// When the first of them can be asked again.
    pub fn earliest(outs: &[Self]) -> Option<DateTime<Utc>> {
        outs.iter().filter_map(|out| out.until).min()
    }
}
