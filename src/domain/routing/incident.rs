//! Many accounts failing alike within a minute: that is the upstream, not the accounts.

use super::failover::Cause;
use crate::domain::ids::{ByProvider, ProviderId};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::HashMap;

/// Failures and good answers count for so long.
const MEMORY: TimeDelta = TimeDelta::minutes(1);
/// Failures in a row that make an account count as failing: one alone may be chance.
const IN_A_ROW: u32 = 2;

/// Trouble of the upstream as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    pub cause: Cause,
    pub since: DateTime<Utc>,
    /// How many accounts fail alike.
    pub accounts: usize,
}

#[derive(Clone, Copy, Debug)]
struct Last {
    at: DateTime<Utc>,
    /// Of the last failures in a row; `None` after a good answer.
    cause: Option<Cause>,
    in_a_row: u32,
}

/// The last outcome of every account.
#[derive(Clone, Debug, Default)]
pub struct Incidents {
    last: ByProvider<Last>,
    current: Option<Incident>,
}

impl Incidents {
    /// An account answered well. One good answer ends an incident: the upstream serves.
    pub fn succeeded(&mut self, id: ProviderId, now: DateTime<Utc>) {
        if self.current.take().is_some() {
            self.last.values_mut().for_each(|last| last.in_a_row = 0);
        }
        self.last.insert(id, Last { at: now, cause: None, in_a_row: 0 });
    }

    /// An attempt failed; whether it is part of an incident.
    pub fn failed(&mut self, id: ProviderId, cause: Cause, now: DateTime<Utc>) -> bool {
        let before = self.last.get(&id).filter(|last| now - last.at <= MEMORY && last.cause == Some(cause));
        let in_a_row = before.map_or(0, |last| last.in_a_row) + 1;
        self.last.insert(id, Last { at: now, cause: Some(cause), in_a_row });
        self.judge(now);
        self.current.as_ref().is_some_and(|incident| incident.cause == cause)
    }

    /// The trouble of this moment.
    pub fn current(&self, now: DateTime<Utc>) -> Option<&Incident> {
        let fresh = self.last.values().any(|last| last.cause.is_some() && now - last.at <= MEMORY);
        self.current.as_ref().filter(|_| fresh)
    }

    /// An incident: at least two accounts, and more than half of those that were asked within the last minute, fail in
    /// a row for one cause.
    fn judge(&mut self, now: DateTime<Utc>) {
        self.last.retain(|_, last| now - last.at <= MEMORY);
        let mut failing: HashMap<Cause, usize> = HashMap::new();
        for last in self.last.values() {
            if let Some(cause) = last.cause.filter(|cause| last.in_a_row >= IN_A_ROW && is_shared(*cause)) {
                *failing.entry(cause).or_default() += 1;
            }
        }
        let worst = failing.into_iter().max_by_key(|(cause, count)| (*count, *cause));
        self.current = match worst {
            Some((cause, accounts)) if accounts >= 2 && accounts * 2 > self.last.len() => {
                let since = self
                    .current
                    .as_ref()
                    .filter(|known| known.cause == cause)
                    .map_or(now, |known| known.since);
                Some(Incident { cause, since, accounts })
            }
            _ => None,
        };
    }
}

/// A used-up quota is nobody's incident: many accounts may be used up at once.
fn is_shared(cause: Cause) -> bool {
    match cause {
        Cause::Connection
        | Cause::Timeout
        | Cause::ServerError
        | Cause::Overload
        | Cause::BrokenStream
        | Cause::EmptyAnswer
        | Cause::Blocked
        | Cause::Forbidden
        | Cause::Unauthorized
        | Cause::TokenUnavailable => true,
        Cause::Client
        | Cause::UsageLimit
        | Cause::RateLimit
        | Cause::SpendLimit
        | Cause::NotIncluded
        | Cause::PaymentRequired
        | Cause::ModelNotInPlan
        | Cause::NeedsReauth
        | Cause::ForeignContent => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u128) -> ProviderId {
        ProviderId(uuid::Uuid::from_u128(n))
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::<Utc>::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    #[test]
    fn accounts_that_fail_alike_within_a_minute_are_one_incident() {
        let mut incidents = Incidents::default();
        for n in 1..=3 {
            assert!(!incidents.failed(id(n), Cause::ServerError, at(0)), "one failure each may be chance");
        }
        assert!(!incidents.failed(id(1), Cause::ServerError, at(1)));
        assert!(incidents.failed(id(2), Cause::ServerError, at(2)), "two of three, twice in a row");
        assert_eq!(incidents.current(at(2)).map(|i| i.accounts), Some(2));
        assert!(!incidents.failed(id(3), Cause::Timeout, at(3)), "another trouble");
        incidents.succeeded(id(1), at(4));
        assert_eq!(incidents.current(at(4)), None, "a good answer ends it");
    }

    #[test]
    fn one_bad_account_is_no_incident_and_neither_are_used_up_quotas() {
        let mut incidents = Incidents::default();
        for n in 1..=3 {
            for second in 0..5 {
                assert!(!incidents.failed(id(n), Cause::UsageLimit, at(second)));
            }
        }
        for second in 0..9 {
            incidents.succeeded(id(2), at(second));
            assert!(!incidents.failed(id(1), Cause::ServerError, at(second)));
        }
    }

    #[test]
    fn an_incident_is_over_when_nobody_fails_any_more() {
        let mut incidents = Incidents::default();
        for n in 1..=2 {
            incidents.failed(id(n), Cause::Blocked, at(0));
            incidents.failed(id(n), Cause::Blocked, at(1));
        }
        assert!(incidents.current(at(1)).is_some());
        assert_eq!(incidents.current(at(90)), None);
    }
}
