//! How the accounts of a pool did of late, from a sample of its newest requests.
//!
//! The numbers and the formulas are those of GoClaw's codex-pool-activity, with one difference that is on purpose: what
//! a client did wrong, and a client that hung up, counts neither as a success nor as a failure of any account.

use super::ids::{ProviderId, RequestId};
use chrono::{DateTime, Utc};
use serde::Serialize;

/// The fewest requests that the numbers are computed from, where there are as many.
pub const LEAST_SAMPLE: u32 = 120;
/// The most rows of single requests.
pub const MOST_RECENT: u32 = 50;
/// Rows of single requests when nobody says how many.
pub const USUAL_RECENT: u32 = 18;

/// How many of the newest requests are looked at for so many rows.
pub fn sample_size(limit: u32) -> u32 {
    limit.max(LEAST_SAMPLE)
}

/// One request to the pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    pub id: RequestId,
    pub started_at: DateTime<Utc>,
    /// In the order in which they were made. None when nobody could be asked.
    pub attempts: Vec<Attempt>,
}

/// One try at one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    pub provider: ProviderId,
    pub provider_name: String,
    pub started_at: DateTime<Utc>,
    pub outcome: Outcome,
    /// Code and text of a failure.
    pub error: Option<String>,
}

/// What one attempt says about its account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Success,
    Failure,
    /// The client's own fault, a hang-up, or our own shutdown: it says nothing.
    Neutral,
}

impl Outcome {
    /// From the words of the record.
    pub fn of(outcome: &str, fault: Option<&str>) -> Self {
        match (outcome, fault) {
            ("served", _) => Self::Success,
            ("failed", Some("client")) => Self::Neutral,
            ("failed", _) => Self::Failure,
            _ => Self::Neutral,
        }
    }
}

/// How healthy an account looks in the sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HealthState {
    /// No outcome at all.
    Idle,
    /// Three failures in a row, or a score below 40.
    Critical,
    /// A score below 80.
    Degraded,
    Healthy,
}

/// The numbers of one account. Counts are of requests, except for successes and failures, which are of attempts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counts {
    /// In which it was tried at all.
    pub request_count: u32,
    /// In which it was tried first.
    pub direct_selection_count: u32,
    /// That it served after another account had been tried.
    pub failover_serve_count: u32,
    pub success_count: u32,
    pub failure_count: u32,
    /// Since the last success.
    pub consecutive_failures: u32,
    /// In percent, rounded; 0 without an outcome.
    pub success_rate: u32,
    /// 0 to 100; 0 without an outcome.
    pub health_score: u32,
    pub health_state: HealthState,
    /// The newest attempt of each kind, by when it began.
    pub last_selected_at: Option<DateTime<Utc>>,
    pub last_failover_at: Option<DateTime<Utc>>,
    pub last_used_at: Option<DateTime<Utc>>,
    pub last_success_at: Option<DateTime<Utc>>,
    pub last_failure_at: Option<DateTime<Utc>>,
    /// Of the newest failure.
    pub last_error: Option<String>,
}

/// The numbers of one account from the calls of its pool, in any order.
pub fn counts(calls: &[Call], account: ProviderId) -> Counts {
    let mut own: Vec<(&Call, usize, &Attempt)> = calls
        .iter()
        .flat_map(|call| call.attempts.iter().enumerate().map(move |(seq, attempt)| (call, seq, attempt)))
        .filter(|(.., attempt)| attempt.provider == account)
        .collect();
    own.sort_by_key(|(call, seq, attempt)| (attempt.started_at, call.id, *seq));
    let newest = |wanted: &dyn Fn(&Call, usize, &Attempt) -> bool| {
        own.iter()
            .rev()
            .find(|(call, seq, attempt)| wanted(call, *seq, attempt))
            .map(|(.., attempt)| *attempt)
    };
    let with = |outcome| own.iter().filter(|(.., a)| a.outcome == outcome).count();
    let of_calls = |wanted: &dyn Fn(&Call) -> bool| count(calls.iter().filter(|call| wanted(call)).count());

    let (success_count, failure_count) = (count(with(Outcome::Success)), count(with(Outcome::Failure)));
    let outcomes = own.iter().rev().map(|(.., a)| a.outcome).filter(|o| *o != Outcome::Neutral);
    let consecutive_failures = count(outcomes.take_while(|o| *o == Outcome::Failure).count());
    let success_rate = success_rate(success_count, failure_count);
    let health_score = health_score(success_count, failure_count, consecutive_failures);
    let at = |attempt: Option<&Attempt>| attempt.map(|a| a.started_at);
    let failed = newest(&|_, _, a| a.outcome == Outcome::Failure);
    Counts {
        request_count: of_calls(&|call| call.attempts.iter().any(|a| a.provider == account)),
        direct_selection_count: of_calls(&|call| call.selected().is_some_and(|a| a.provider == account)),
        failover_serve_count: of_calls(&|call| {
            call.used_failover() && call.served().is_some_and(|a| a.provider == account)
        }),
        success_count,
        failure_count,
        consecutive_failures,
        success_rate,
        health_score,
        health_state: health_state(success_count, failure_count, consecutive_failures),
        last_selected_at: at(newest(&|_, seq, _| seq == 0)),
        last_failover_at: at(newest(&|call, _, a| call.used_failover() && a.outcome == Outcome::Success)),
        last_used_at: at(newest(&|_, _, _| true)),
        last_success_at: at(newest(&|_, _, a| a.outcome == Outcome::Success)),
        last_failure_at: at(failed),
        last_error: failed.and_then(|a| a.error.clone()),
    }
}

impl Call {
    /// Who was tried first.
    pub fn selected(&self) -> Option<&Attempt> {
        self.attempts.first()
    }

    /// Who answered.
    pub fn served(&self) -> Option<&Attempt> {
        self.attempts.iter().find(|a| a.outcome == Outcome::Success)
    }

    /// The attempt that tells how it went, by its place: the one that answered, else the last one.
    pub fn telling(&self) -> Option<usize> {
        let served = self.attempts.iter().position(|a| a.outcome == Outcome::Success);
        served.or(self.attempts.len().checked_sub(1))
    }

    /// An account answered that was not the first choice.
    pub fn used_failover(&self) -> bool {
        match (self.selected(), self.served()) {
            (Some(first), Some(served)) => first.provider != served.provider,
            _ => false,
        }
    }

    /// Whoever was tried after the first choice, each once, in that order.
    pub fn failover_providers(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        let first = self.selected().map(|a| a.provider);
        for attempt in self.attempts.iter().filter(|a| Some(a.provider) != first) {
            if !names.contains(&attempt.provider_name.as_str()) {
                names.push(&attempt.provider_name);
            }
        }
        names
    }
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// Percent of the outcomes that were successes, rounded half up; 0 without one.
pub fn success_rate(success: u32, failure: u32) -> u32 {
    let total = u64::from(success) + u64::from(failure);
    if total == 0 {
        return 0;
    }
    // At most 100.
    u32::try_from((200 * u64::from(success) + total) / (2 * total)).unwrap_or(100)
}

/// 0 to 100: the success rate, less 15 for every failure of the current streak (45 at most), less 10 for an account that
/// has failed and never succeeded. 0 without an outcome.
pub fn health_score(success: u32, failure: u32, streak: u32) -> u32 {
    let of_streak = streak.saturating_mul(15).min(45);
    let of_no_success = if failure > 0 && success == 0 { 10 } else { 0 };
    success_rate(success, failure).saturating_sub(of_streak + of_no_success)
}

/// The word for it.
pub fn health_state(success: u32, failure: u32, streak: u32) -> HealthState {
    if success == 0 && failure == 0 {
        return HealthState::Idle;
    }
    let score = health_score(success, failure, streak);
    if streak >= 3 || score < 40 {
        HealthState::Critical
    } else if score < 80 {
        HealthState::Degraded
    } else {
        HealthState::Healthy
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_formulas_are_those_of_the_reference() {
        use HealthState::{Critical, Degraded, Healthy, Idle};
        for (success, failure, streak, rate, score, state) in [
            (0, 0, 0, 0, 0, Idle),
            (1, 0, 0, 100, 100, Healthy),
            (4, 1, 0, 80, 80, Healthy),
            (79, 21, 0, 79, 79, Degraded),
            (9, 1, 1, 90, 75, Degraded),
            (99, 1, 1, 99, 84, Healthy),
            (8, 2, 2, 80, 50, Degraded),
            // A streak of three is critical whatever the score.
            (97, 3, 3, 97, 52, Critical),
            // No more than 45 for a streak.
            (90, 10, 10, 90, 45, Critical),
            (2, 3, 0, 40, 40, Degraded),
            (39, 61, 0, 39, 39, Critical),
            // Never a success: ten less, and not below nothing.
            (0, 1, 1, 0, 0, Critical),
            (1, 2, 2, 33, 3, Critical),
            // Half a percent is rounded up.
            (1, 7, 0, 13, 13, Critical),
            (2, 1, 0, 67, 67, Degraded),
        ] {
            let row = (success, failure, streak);
            assert_eq!(success_rate(success, failure), rate, "{row:?}");
            assert_eq!(health_score(success, failure, streak), score, "{row:?}");
            assert_eq!(health_state(success, failure, streak), state, "{row:?}");
        }
    }

    fn account(n: u8) -> ProviderId {
        ProviderId(uuid::Uuid::from_u128(u128::from(n)))
    }

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + second, 0).unwrap()
    }

    /// `1+`: account 1 served; `-`: it failed; `.`: it says nothing.
    fn call(second: i64, attempts: &str) -> Call {
        let attempts = attempts.split_whitespace().zip(0_i64..).map(|(attempt, n)| {
            let (name, outcome) = attempt.split_at(1);
            Attempt {
                provider: account(name.parse().unwrap()),
                provider_name: name.to_owned(),
                started_at: at(second) + chrono::TimeDelta::milliseconds(n),
                outcome: match outcome {
                    "+" => Outcome::Success,
                    "-" => Outcome::Failure,
                    _ => Outcome::Neutral,
                },
                error: (outcome == "-").then(|| format!("{second}")),
            }
        });
        let id = RequestId(uuid::Uuid::from_u128(u128::try_from(second).unwrap()));
        Call { id, started_at: at(second), attempts: attempts.collect() }
    }

    #[test]
    fn a_request_that_moved_on_counts_for_both_accounts() {
        let calls = [call(3, "1+"), call(2, "1- 2+"), call(1, "2+"), call(0, "1- 2- 3-")];
        let [one, two, three] = [1, 2, 3].map(|n| counts(&calls, account(n)));
        assert_eq!((one.request_count, one.direct_selection_count, one.failover_serve_count), (3, 3, 0));
        assert_eq!((one.success_count, one.failure_count, one.consecutive_failures), (1, 2, 0));
        assert_eq!((two.request_count, two.direct_selection_count, two.failover_serve_count), (3, 1, 1));
        assert_eq!((two.success_count, two.failure_count, two.consecutive_failures), (2, 1, 0));
        assert_eq!(
            (three.request_count, three.direct_selection_count, three.failover_serve_count),
            (1, 0, 0)
        );
        assert_eq!((three.health_state, three.consecutive_failures), (HealthState::Critical, 1));

        let millis = chrono::TimeDelta::milliseconds;
        assert_eq!((one.last_selected_at, one.last_failover_at), (Some(at(3)), None));
        assert_eq!((one.last_success_at, one.last_failure_at), (Some(at(3)), Some(at(2))));
        assert_eq!(one.last_error.as_deref(), Some("2"));
        assert_eq!((two.last_selected_at, two.last_failover_at), (Some(at(1)), Some(at(2) + millis(1))));
        assert_eq!(two.last_used_at, two.last_failover_at);
        assert_eq!((three.last_selected_at, three.last_success_at), (None, None));
    }

    #[test]
    fn what_the_client_did_wrong_counts_neither_way_and_ends_no_streak() {
        let calls = [call(4, "1."), call(3, "1-"), call(2, "1."), call(1, "1-"), call(0, "1+")];
        let one = counts(&calls, account(1));
        assert_eq!((one.request_count, one.direct_selection_count), (5, 5));
        assert_eq!((one.success_count, one.failure_count, one.consecutive_failures), (1, 2, 2));
        assert_eq!(one.last_used_at, Some(at(4)));
        for (outcome, fault, said) in [
            ("served", None, Outcome::Success),
            ("failed", Some("client"), Outcome::Neutral),
            ("failed", Some("account"), Outcome::Failure),
            ("failed", Some("upstream"), Outcome::Failure),
            ("failed", None, Outcome::Failure),
            ("cancelled", None, Outcome::Neutral),
        ] {
            assert_eq!(Outcome::of(outcome, fault), said, "{outcome} {fault:?}");
        }
    }

    #[test]
    fn an_account_that_was_never_asked_is_idle() {
        let idle = counts(&[call(1, "1+"), call(0, "")], account(9));
        assert_eq!((idle.request_count, idle.health_score, idle.health_state), (0, 0, HealthState::Idle));
        assert_eq!((idle.last_used_at, idle.last_error), (None, None));
    }

    #[test]
    fn a_row_names_who_was_chosen_who_served_and_who_stepped_in() {
        for (attempts, failover, others) in [
            ("1+", false, vec![]),
            ("", false, vec![]),
            ("1- 2+", true, vec!["2"]),
            // Nobody stepped in for it when nobody served.
            ("1- 2- 3-", false, vec!["2", "3"]),
            // The same account again is no failover.
            ("1- 1+", false, vec![]),
            ("1- 2- 1+", false, vec!["2"]),
        ] {
            let call = call(0, attempts);
            assert_eq!((call.used_failover(), call.failover_providers()), (failover, others), "{attempts}");
        }
    }

    #[test]
    fn the_sample_is_never_smaller_than_the_rows() {
        assert_eq!([1, 18, 50, 120, 121].map(sample_size), [120, 120, 120, 120, 121]);
    }

    proptest! {
        #[test]
        fn the_order_of_the_sample_does_not_matter(
            outcomes in prop::collection::vec(prop::collection::vec((1..4_u8, 0..3_u8), 0..4), 0..20),
            turn in 0..20_usize,
        ) {
            let mut calls: Vec<Call> = outcomes.iter().zip(0..).map(|(attempts, second)| {
                let text: Vec<String> =
                    attempts.iter().map(|(n, o)| format!("{n}{}", ["+", "-", "."][usize::from(*o)])).collect();
                call(second, &text.join(" "))
            }).collect();
            let before: Vec<Counts> = (1..4).map(|n| counts(&calls, account(n))).collect();
            if !calls.is_empty() {
                let turn = turn % calls.len();
                calls.rotate_left(turn);
            }
            let after: Vec<Counts> = (1..4).map(|n| counts(&calls, account(n))).collect();
            prop_assert_eq!(&before, &after);
            for c in before {
                prop_assert!(c.direct_selection_count <= c.request_count);
                prop_assert!(c.direct_selection_count + c.failover_serve_count <= c.request_count);
                prop_assert!(c.consecutive_failures <= c.failure_count);
                prop_assert!(c.health_score <= c.success_rate && c.success_rate <= 100);
                prop_assert_eq!(c.health_state == HealthState::Idle, c.success_count + c.failure_count == 0);
            }
        }
    }
}
