//! When the usage endpoint is asked again: seldom. Real turns tell the same numbers for free.

use chrono::{DateTime, TimeDelta, Utc};

/// What decides it for one account.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Facts {
    /// Since when this process knows the account.
    pub known_since: DateTime<Utc>,
    /// When the endpoint last answered, here or to another replica.
    pub polled_at: Option<DateTime<Utc>>,
    /// When we last tried.
    pub tried_at: Option<DateTime<Utc>>,
    /// How often it failed since it last answered.
    pub failures: u32,
    /// When a real turn last told of the quota.
    pub heard_at: Option<DateTime<Utc>>,
    /// When an answer was last served.
    pub served_at: Option<DateTime<Utc>>,
    /// When a limit was last refused.
    pub refused_at: Option<DateTime<Utc>>,
    /// A window was reset then, and nothing has been heard since.
    pub silent_since: Option<DateTime<Utc>>,
}

/// How often, as configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// For an account that serves and of which nothing is heard otherwise.
    pub active: TimeDelta,
    /// For one that does not serve.
    pub idle: TimeDelta,
}

/// An account that served within this time is active.
const ACTIVE: TimeDelta = TimeDelta::minutes(10);
/// The first pause after a failure; it doubles.
const BACKOFF: TimeDelta = TimeDelta::minutes(1);

/// When to ask. `jitter` is 0 to 1, different for every account and process, and the same until it was asked.
pub fn due_at(facts: &Facts, pace: Pace, now: DateTime<Utc>, jitter: f64) -> DateTime<Utc> {
    let after = |at: DateTime<Utc>, from: i64, to: i64| {
        at + scaled(TimeDelta::seconds(to - from), jitter) + TimeDelta::seconds(from)
    };
    let spread = |pause: TimeDelta| scaled(pause, 0.9 + 0.2 * jitter);
    if facts.failures > 0
        && let Some(tried) = facts.tried_at
    {
        let pause = BACKOFF * (1 << (facts.failures - 1).min(6));
        return tried + spread(pause.min(pace.idle.max(BACKOFF)));
    }
    let asked = facts.polled_at.max(facts.tried_at);
    let Some(asked) = asked else {
        // A new account: somebody waits to see it. Replicas that start together do not all ask.
        return if facts.heard_at.is_some() {
            after(facts.known_since, 0, 30)
        } else {
            after(facts.known_since, 0, 2)
        };
    };
    let last = asked.max(facts.heard_at.unwrap_or(asked));
    let is_active = facts.served_at.is_some_and(|served| now - served <= ACTIVE);
    let mut due = last + spread(if is_active { pace.active } else { pace.idle });
    if let Some(refused) = facts.refused_at.filter(|refused| *refused >= asked) {
        due = due.min(after(refused, 1, 4));
    }
    if let Some(reset) = facts.silent_since {
        due = due.min(after(reset, 2, 10));
    }
    due
}

#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "milliseconds of hours")]
fn scaled(delta: TimeDelta, by: f64) -> TimeDelta {
    TimeDelta::milliseconds((delta.num_milliseconds() as f64 * by) as i64)
}

/// Many failing alike within a minute is no fault of the accounts: how long to leave the endpoint alone. `failed` of
/// `tried` in the last pass failed by the way to the upstream, for the `streak`th time.
pub fn incident_pause(tried: usize, failed: usize, streak: u32) -> Option<TimeDelta> {
    let is_incident = failed >= 3 && failed * 2 > tried;
    is_incident.then(|| (BACKOFF * (1 << streak.min(4))).min(TimeDelta::minutes(15)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PACE: Pace = Pace { active: TimeDelta::minutes(5), idle: TimeDelta::hours(1) };

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_300_000 + seconds, 0).expect("a time")
    }

    /// Seconds from now, for the earliest and the latest jitter.
    fn due(facts: &Facts) -> (i64, i64) {
        let seconds = |jitter| (due_at(facts, PACE, at(0), jitter) - at(0)).num_seconds();
        (seconds(0.0), seconds(1.0))
    }

    #[test]
    fn the_table() {
        let known = Facts { known_since: at(-9_000), ..Facts::default() };
        let polled = Facts { polled_at: Some(at(-60)), ..known };
        let active = Facts { served_at: Some(at(-5)), ..polled };
        for (what, facts, expected) in [
            ("new", Facts { known_since: at(0), ..Facts::default() }, (0, 2)),
            ("idle", polled, (3_180, 3_900)),
            ("serves, nothing heard", active, (210, 270)),
            ("serves, headers are fresh", Facts { heard_at: Some(at(0)), ..active }, (270, 330)),
            ("refused just now", Facts { refused_at: Some(at(0)), ..active }, (1, 4)),
            ("refused before it was asked", Facts { refused_at: Some(at(-90)), ..active }, (210, 270)),
            ("reset, and nothing heard since", Facts { silent_since: Some(at(0)), ..polled }, (2, 10)),
            ("failed once", Facts { failures: 1, tried_at: Some(at(0)), ..polled }, (54, 66)),
            ("failed twice", Facts { failures: 2, tried_at: Some(at(0)), ..polled }, (108, 132)),
            ("fails for long", Facts { failures: 40, tried_at: Some(at(0)), ..polled }, (3_240, 3_960)),
            (
                "refused, and the endpoint is down",
                Facts { failures: 1, tried_at: Some(at(0)), refused_at: Some(at(0)), ..polled },
                (54, 66),
            ),
        ] {
            assert_eq!(due(&facts), expected, "{what}");
        }
    }

    #[test]
    fn many_that_fail_alike_are_an_incident() {
        assert_eq!(incident_pause(10, 2, 0), None);
        assert_eq!(incident_pause(10, 5, 0), None);
        assert_eq!(incident_pause(4, 3, 0), Some(TimeDelta::minutes(1)));
        assert_eq!(incident_pause(4, 4, 2), Some(TimeDelta::minutes(4)));
        assert_eq!(incident_pause(900, 900, 90), Some(TimeDelta::minutes(15)));
    }

    proptest! {
        /// An answer puts the next question off; nothing makes it immediate again but news.
        #[test]
        fn what_was_just_asked_is_not_asked_again_within_two_seconds(
            jitter in 0.0..1.0_f64, heard in prop::option::of(-7_200..0_i64), served in prop::option::of(-7_200..0_i64),
            refused in prop::option::of(-7_200..-1_i64), failures in 0..50_u32,
        ) {
            let facts = Facts {
                known_since: at(-9_000), polled_at: Some(at(0)), tried_at: Some(at(0)), failures,
                heard_at: heard.map(at), served_at: served.map(at), refused_at: refused.map(at), silent_since: None,
            };
            prop_assert!(due_at(&facts, PACE, at(0), jitter) > at(2));
        }
    }
}
