//! The decision: which accounts are tried, in which order, and why not the others.

use crate::domain::ids::ProviderId;
use chrono::{DateTime, Utc};
use std::fmt;

/// What the decision needs to know of one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub id: ProviderId,
    pub name: String,
    pub availability: Availability,
}

/// Whether an account can be asked at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Availability {
    Ready,
    /// Switched off by a person.
    Disabled,
    /// Never signed in, or signed out.
    SignedOut,
    /// The grant is gone; only its owner can bring it back.
    NeedsReauth {
        since: DateTime<Utc>,
        reason: Option<String>,
    },
}

/// Why an account is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exclusion {
    pub id: ProviderId,
    pub name: String,
    pub reason: ExclusionReason,
}

/// The reasons, as the API names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ExclusionReason {
    Disabled,
    SignedOut,
    NeedsReauth,
}

impl fmt::Display for ExclusionReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Disabled => "is disabled",
            Self::SignedOut => "is not signed in",
            Self::NeedsReauth => "needs to be signed in again",
        })
    }
}

/// The order of attempts with the reasons of those that are not in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    pub attempts: Vec<ProviderId>,
    pub excluded: Vec<Exclusion>,
}

/// Every candidate is either attempted, in the order given, or excluded with its reason.
pub fn decide(candidates: &[Candidate]) -> Plan {
    let mut plan = Plan::default();
    for candidate in candidates {
        let reason = match candidate.availability {
            Availability::Ready => {
                plan.attempts.push(candidate.id);
                continue;
            }
            Availability::Disabled => ExclusionReason::Disabled,
            Availability::SignedOut => ExclusionReason::SignedOut,
            Availability::NeedsReauth { .. } => ExclusionReason::NeedsReauth,
        };
        plan.excluded.push(Exclusion { id: candidate.id, name: candidate.name.clone(), reason });
    }
    plan
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_plan_partitions_the_pool_and_keeps_its_order(states in prop::collection::vec(0..4u8, 0..8)) {
            let candidates: Vec<Candidate> = states.iter().enumerate().map(|(i, state)| Candidate {
                id: ProviderId(uuid::Uuid::from_u128(i as u128)),
                name: format!("p{i}"),
                availability: match state {
                    0 => Availability::Ready,
                    1 => Availability::Disabled,
                    2 => Availability::SignedOut,
                    _ => Availability::NeedsReauth { since: DateTime::<Utc>::UNIX_EPOCH, reason: None },
                },
            }).collect();
            let plan = decide(&candidates);
            let attempted = candidates.iter().filter(|c| c.availability == Availability::Ready).map(|c| c.id);
            prop_assert_eq!(plan.attempts.clone(), attempted.collect::<Vec<_>>());
            prop_assert_eq!(plan.attempts.len() + plan.excluded.len(), candidates.len());
        }
    }
}
