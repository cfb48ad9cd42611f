//! Limits: generic rules of a subject, a meter, a window and an amount, and what somebody over one is told.
//!
//! A request reserves what it may cost at most before it begins, and settles what it cost when it is over. It is let in
//! when what was used, what others have reserved and its own estimate are within the amount, or when nobody has
//! reserved anything and something is left. So the amount is never passed by more than what one single request costs,
//! however many come at once, and a limit that is smaller than an estimate lets one request through at a time.

use super::api_key::Violation;
use super::routing::refusal::Refusal;
use chrono::{DateTime, Datelike as _, Months, NaiveTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Meter {
    /// Questions to a model: those of an agent's run count one by one.
    Requests,
    /// Input and output, cached input included.
    Tokens,
    /// Answers that are open at a time.
    Concurrent,
    /// Percent of what the accounts of a pool have in a week; each pool counts by itself.
    PoolShare,
}

impl Meter {
    pub const ALL: [Self; 4] = [Self::Requests, Self::Tokens, Self::Concurrent, Self::PoolShare];

    /// Its name in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::Tokens => "tokens",
            Self::Concurrent => "concurrent",
            Self::PoolShare => "pool_share",
        }
    }

    /// The meter of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|meter| meter.as_str() == name)
    }

    /// Whether a rule of it names its window.
    const fn has_window(self) -> bool {
        matches!(self, Self::Requests | Self::Tokens)
    }

    const fn most(self) -> u64 {
        match self {
            Self::Requests => 1_000_000_000,
            Self::Tokens => 1_000_000_000_000_000,
            Self::Concurrent => 100_000,
            Self::PoolShare => 100,
        }
    }
}

/// A stretch of time in which something is counted, by the calendar in UTC: a minute, a day, a week from Monday, a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Window {
    Minute,
    Day,
    Week,
    Month,
}

impl Window {
    pub const ALL: [Self; 4] = [Self::Minute, Self::Day, Self::Week, Self::Month];

    /// Its name in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    /// The window of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|window| window.as_str() == name)
    }

    /// When the one that holds `now` began, and when it ends.
    pub fn around(self, now: DateTime<Utc>) -> (DateTime<Utc>, DateTime<Utc>) {
        let midnight = |day: chrono::NaiveDate| day.and_time(NaiveTime::MIN).and_utc();
        let today = now.date_naive();
        match self {
            Self::Minute => {
                let began = now.timestamp().div_euclid(60) * 60;
                let began = DateTime::from_timestamp(began, 0).unwrap_or(now);
                (began, began + TimeDelta::minutes(1))
            }
            Self::Day => (midnight(today), midnight(today) + TimeDelta::days(1)),
            Self::Week => {
                let began = midnight(today.week(chrono::Weekday::Mon).first_day());
                (began, began + TimeDelta::days(7))
            }
            Self::Month => {
                let began = today.with_day(1).unwrap_or(today);
                (midnight(began), midnight(began.checked_add_months(Months::new(1)).unwrap_or(began)))
            }
        }
    }
}

/// A rule without its subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    pub meter: Meter,
    pub window: Option<Window>,
    pub amount: u64,
}

impl Limit {
    /// The window in which it counts; `None` for what is open at a time.
    pub const fn counted_in(&self) -> Option<Window> {
        match self.meter {
            Meter::Requests | Meter::Tokens => self.window,
            Meter::PoolShare => Some(Window::Week),
            Meter::Concurrent => None,
        }
    }

    /// What people call it: `tokens per day`.
    pub fn name(&self) -> String {
        match (self.meter, self.window) {
            (Meter::Concurrent, _) => "concurrent streams".into(),
            (Meter::PoolShare, _) => "share of a pool's weekly quota".into(),
            (meter, Some(window)) => format!("{} per {}", meter.as_str(), window.as_str()),
            (meter, None) => meter.as_str().into(),
        }
    }
}

/// Everything that is wrong with some rules of one subject.
pub fn violations(limits: &[Limit]) -> Vec<Violation> {
    let mut wrong = Vec::new();
    for (at, limit) in limits.iter().enumerate() {
        let mut say = |member: &str, message: String| {
            wrong.push(Violation { field: format!("limits[{at}].{member}"), message });
        };
        let meter = limit.meter.as_str();
        match (limit.meter.has_window(), limit.window) {
            (true, None) => {
                say("window", format!("{meter} takes a window: one of minute, day, week, month"));
            }
            (false, Some(_)) => say("window", format!("{meter} takes no window")),
            _ => {}
        }
        let most = limit.meter.most();
        if limit.amount == 0 || limit.amount > most {
            say("amount", format!("{meter} takes 1 to {most}"));
        }
        if limits[..at].iter().any(|other| (other.meter, other.window) == (limit.meter, limit.window)) {
            say("meter", format!("there are two limits of {}", limit.name()));
        }
    }
    wrong
}

/// A rule that is in the way of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    pub limit: Limit,
    /// The name of the key that it is of.
    pub key: String,
    /// In the meter's unit; of a pool's share in percent.
    pub used: u64,
    /// By requests that are open.
    pub reserved: u64,
}

/// Seconds until a request that others are in the way of may try again.
const SOON: u64 = 2;

impl Reached {
    /// The rule's name: `tokens per day of key "ci"`.
    pub fn rule(&self) -> String {
        format!("{} of key \"{}\"", self.limit.name(), self.key)
    }

    /// Whether nothing of it comes back before its window ends.
    pub fn is_spent(&self) -> bool {
        self.limit.counted_in().is_some() && self.used >= self.limit.amount
    }

    /// What the client is told. What is used up until a far reset is told once and finally; a client comes back by
    /// itself for what is free again within moments.
    pub fn refusal(&self, now: DateTime<Utc>) -> Refusal {
        let Self { limit, used, reserved, .. } = self;
        let base = Refusal {
            status: 429,
            kind: "rate_limit_exceeded".into(),
            retry_after: Some(SOON),
            retryable: true,
            ..Refusal::invalid_request("limit_reached", "", None)
        };
        let Some(window) = limit.counted_in() else {
            let message = format!("{}: {reserved} of {} are open", self.rule(), limit.amount);
            return Refusal { code: "too_many_streams".into(), message, ..base };
        };
        let (_, resets_at) = window.around(now);
        let left = u64::try_from((resets_at - now).num_milliseconds()).unwrap_or_default().div_ceil(1000);
        let percent = if limit.meter == Meter::PoolShare { " percent" } else { "" };
        let at = resets_at.format("%Y-%m-%d %H:%M:%S UTC");
        let base = Refusal { resets_at: Some(resets_at.timestamp()), ..base };
        if *used < limit.amount {
            let message = format!(
                "{}: {used} of {}{percent} are used, and requests that are open have reserved the rest; it resets at {at}",
                self.rule(),
                limit.amount
            );
            return Refusal { message, retry_after: Some(SOON.min(left.max(1))), ..base };
        }
        let message =
            format!("{}: {used} of {}{percent} are used; it resets at {at}", self.rule(), limit.amount);
        let base = Refusal { message, retry_after: Some(left.max(1)), ..base };
        if window == Window::Minute {
            return base;
        }
        // Codex clients repeat a 429 of any other type six times.
        Refusal { kind: "usage_limit_reached".into(), retryable: false, ..base }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("a time")
    }

    #[test]
    fn windows_follow_the_calendar() {
        let now = at("2026-11-22T11:47:29.5Z");
        for (window, from, to) in [
            (Window::Minute, "2026-11-22T11:47:00Z", "2026-11-22T11:48:00Z"),
            (Window::Day, "2026-11-22T00:00:00Z", "2026-11-23T00:00:00Z"),
            (Window::Week, "2026-11-16T00:00:00Z", "2026-11-23T00:00:00Z"),
            (Window::Month, "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z"),
        ] {
            assert_eq!(window.around(now), (at(from), at(to)), "{window:?}");
        }
    }

    proptest! {
        #[test]
        fn a_window_holds_its_moment_and_the_next_one_begins_where_it_ends(seconds in 0_i64..4_000_000_000) {
            let now = DateTime::from_timestamp(seconds, 0).expect("a time");
            for window in Window::ALL {
                let (from, to) = window.around(now);
                prop_assert!(from <= now && now < to);
                prop_assert_eq!(window.around(from), (from, to));
                prop_assert_eq!(window.around(to).0, to);
            }
        }
    }

    #[test]
    fn every_broken_rule_is_told() {
        let limit = |meter, window, amount| Limit { meter, window, amount };
        let told = violations(&[
            limit(Meter::Tokens, None, 0),
            limit(Meter::Concurrent, Some(Window::Day), 5),
            limit(Meter::PoolShare, None, 101),
            limit(Meter::Requests, Some(Window::Minute), 1),
            limit(Meter::Requests, Some(Window::Minute), 2),
        ]);
        let fields: Vec<&str> = told.iter().map(|violation| violation.field.as_str()).collect();
        let wrong = [
            "limits[0].window",
            "limits[0].amount",
            "limits[1].window",
            "limits[2].amount",
            "limits[4].meter",
        ];
        assert_eq!(fields, wrong);
        assert!(
            violations(&[
                limit(Meter::Tokens, Some(Window::Day), 1),
                limit(Meter::Tokens, Some(Window::Week), 1)
            ])
            .is_empty()
        );
    }

    #[test]
    fn a_refusal_names_its_rule_and_its_reset_and_is_repeated_only_where_that_helps() {
        let now = at("2026-11-22T23:59:58Z");
        let reached = |meter, window, used, reserved| {
            let limit = Limit { meter, window, amount: 10 };
            Reached { limit, key: "ci".into(), used, reserved }.refusal(now)
        };
        let day = reached(Meter::Tokens, Some(Window::Day), 11, 0);
        assert!(
            day.message.starts_with("tokens per day of key \"ci\": 11 of 10 are used"),
            "{}",
            day.message
        );
        assert_eq!((day.status, &*day.code, &*day.kind), (429, "limit_reached", "usage_limit_reached"));
        assert_eq!((day.retry_after, day.retryable), (Some(2), false));
        assert_eq!(day.resets_at, Some(at("2026-11-23T00:00:00Z").timestamp()));
        let crowded = reached(Meter::Tokens, Some(Window::Week), 3, 9);
        assert_eq!(
            (crowded.retry_after, crowded.retryable, &*crowded.kind),
            (Some(2), true, "rate_limit_exceeded")
        );
        let minute = reached(Meter::Requests, Some(Window::Minute), 10, 0);
        assert!(minute.retryable);
        let open = reached(Meter::Concurrent, None, 0, 10);
        assert_eq!((&*open.code, open.resets_at), ("too_many_streams", None));
        assert!(open.message.contains("10 of 10 are open"), "{}", open.message);
    }
}
