//! What all accounts of a tenant have left together, and how long that lasts.
//!
//! Percentages of accounts are summed by the sizes of their plans (`readiness::capacity`). The look ahead takes all
//! accounts for one pool: what one has no room for, the others take, and each reset gives its account's whole window
//! back. It is made three times, with the lowest, the middle and the highest burn rates that the histories allow.

use super::forecast::{Forecast, Present, Rate, Sample, Verdict, about, burn, forecast};
use super::window::{Source, WindowKind, WindowLength};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

#[cfg(test)]
mod tests;

/// Points of the history and of the look ahead.
const POINTS: i32 = 96;
/// The share of the weight whose burn rates have to be known for a look ahead.
const ENOUGH: f64 = 0.5;
/// Less than this is nothing.
const EMPTY: f64 = 1e-6;

/// One account, as far as one window goes.
#[derive(Clone, Debug)]
pub struct Account<'a> {
    pub name: &'a str,
    pub plan_type: Option<String>,
    pub weight: f64,
    /// `None`: it has such a window, and nothing is known of it now.
    pub present: Option<(Present, Source)>,
    /// Oldest first; at least of the last length of the window.
    pub history: Vec<Sample>,
}

/// One window of all accounts.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WindowCapacity {
    pub kind: WindowKind,
    pub label: String,
    pub length_seconds: i64,
    /// Of which something is known: all sums are over them.
    pub accounts: usize,
    pub unknown_accounts: Vec<String>,
    pub weight_total: f64,
    pub used_percent: Option<f64>,
    pub remaining_percent: Option<f64>,
    pub by_account: Vec<AccountCapacity>,
    pub history: Vec<Past>,
    pub forecast: Outlook,
    pub resets: Vec<Reset>,
}

/// One account's part.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AccountCapacity {
    pub provider_name: String,
    pub plan_type: Option<String>,
    /// The size of its plan, Plus being 1.
    pub weight: f64,
    pub remaining_percent: Option<f64>,
    pub reset_at: Option<DateTime<Utc>>,
    pub observed_at: Option<DateTime<Utc>>,
    pub source: Option<Source>,
    pub verdict: Verdict,
    pub runs_out_at: Option<DateTime<Utc>>,
}

/// What was left at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Past {
    pub at: DateTime<Utc>,
    pub remaining_percent: f64,
}

/// What is foreseen of all together.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Outlook {
    pub verdict: Verdict,
    pub runs_out_at: Option<DateTime<Utc>>,
    /// In plain words.
    pub text: String,
    /// From now on for the length of the window; empty where the data can't carry it.
    pub points: Vec<Ahead>,
}

/// What will be left at a moment: at least, probably, and at most.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Ahead {
    pub at: DateTime<Utc>,
    pub low_percent: f64,
    pub mid_percent: f64,
    pub high_percent: f64,
}

/// An account's window begins anew.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Reset {
    pub at: DateTime<Utc>,
    pub provider_name: String,
    /// What comes back then, in percent of all accounts together.
    pub returns_percent: f64,
}

/// One window, of all accounts that have it.
pub fn capacity(length: WindowLength, accounts: &[Account<'_>], now: DateTime<Utc>) -> WindowCapacity {
    let known: Vec<Known<'_>> = accounts.iter().filter_map(|account| Known::of(account, now)).collect();
    let weight_total: f64 = known.iter().map(|k| k.account.weight).sum();
    let share = |weighted: f64| if weight_total > 0.0 { Some(weighted / weight_total) } else { None };
    let left: f64 = known.iter().map(|k| k.account.weight * k.remaining).sum();
    let remaining_percent = share(left).map(percent);
    let outlook = Lookout { known: &known, weight_total, length, now };
    let (forecast, resets) = (outlook.forecast(), outlook.resets());
    WindowCapacity {
        kind: length.kind(),
        label: length.label(),
        length_seconds: length.seconds(),
        accounts: known.len(),
        unknown_accounts: accounts
            .iter()
            .filter(|a| a.present.is_none())
            .map(|a| a.name.to_owned())
            .collect(),
        weight_total,
        used_percent: remaining_percent.map(|left| 100.0 - left),
        remaining_percent,
        by_account: accounts.iter().map(|account| of_account(account, now)).collect(),
        history: past(accounts, length, remaining_percent, now),
        forecast,
        resets,
    }
}

fn of_account(account: &Account<'_>, now: DateTime<Utc>) -> AccountCapacity {
    let present = account.present.map(|(present, _)| present);
    let foreseen = present.map(|present| forecast(&account.history, present, now));
    let Forecast { verdict, runs_out_at, .. } =
        foreseen.unwrap_or(Forecast { verdict: Verdict::Unknown, runs_out_at: None, text: String::new() });
    AccountCapacity {
        provider_name: account.name.to_owned(),
        plan_type: account.plan_type.clone(),
        weight: account.weight,
        remaining_percent: present.map(|p| percent(100.0 - p.used_percent)),
        reset_at: present.and_then(|p| p.resets_at),
        observed_at: present.map(|p| p.observed_at),
        source: account.present.map(|(_, source)| source),
        verdict,
        runs_out_at,
    }
}

fn percent(value: f64) -> f64 {
    value.clamp(0.0, 100.0)
}

/// What was left over the last length of the window. A moment at which nothing was known of any account is left out.
fn past(
    accounts: &[Account<'_>],
    length: WindowLength,
    remaining: Option<f64>,
    now: DateTime<Utc>,
) -> Vec<Past> {
    let step = length.delta() / POINTS;
    let mut points: Vec<Past> = (0..POINTS)
        .rev()
        .filter_map(|back| {
            let at = now - step * (back + 1);
            let (mut left, mut weight) = (0.0, 0.0);
            for account in accounts {
                if let Some(remaining) = left_at(&account.history, at) {
                    left += account.weight * remaining;
                    weight += account.weight;
                }
            }
            (weight > 0.0).then(|| Past { at, remaining_percent: percent(left / weight) })
        })
        .collect();
    points.extend(remaining.map(|remaining_percent| Past { at: now, remaining_percent }));
    points
}

/// As it was last told before a moment, unless its window was over by then.
fn left_at(history: &[Sample], at: DateTime<Utc>) -> Option<f64> {
    let until = history.partition_point(|sample| sample.at <= at);
    let last = history[..until].last()?;
    last.resets_at.is_none_or(|reset| at < reset).then(|| percent(100.0 - last.used_percent))
}

/// An account of which the window is known.
struct Known<'a> {
    account: &'a Account<'a>,
    remaining: f64,
    resets_at: Option<DateTime<Utc>>,
    rate: Option<Rate>,
}

impl<'a> Known<'a> {
    fn of(account: &'a Account<'a>, now: DateTime<Utc>) -> Option<Self> {
        let (present, _) = account.present?;
        Some(Self {
            account,
            remaining: percent(100.0 - present.used_percent),
            resets_at: present.resets_at.filter(|reset| *reset > now),
            rate: burn(&account.history, present, now).or_else(|| idle(&account.history, present, now)),
        })
    }
}

/// The rate of an account that nobody uses: its figure was heard of lately, and is what it was some time ago. It burned
/// less than the percent that would have been seen.
fn idle(history: &[Sample], present: Present, now: DateTime<Utc>) -> Option<Rate> {
    let last = history.iter().rfind(|sample| sample.at < present.observed_at)?;
    let (stood, same) =
        (present.observed_at - last.at, (last.used_percent - present.used_percent).abs() < 0.5);
    let is_known = same && stood >= present.length.delta() / 30 && !present.is_stale(now);
    is_known.then(|| Rate { low: 0.0, middle: 0.0, high: 1.0 / hours(stood) })
}

/// Which of the rates a look ahead takes.
type Pick = fn(&Rate) -> f64;

struct Lookout<'a> {
    known: &'a [Known<'a>],
    weight_total: f64,
    length: WindowLength,
    now: DateTime<Utc>,
}

impl Lookout<'_> {
    /// Weighted percent an hour of each account. One whose rate is not known may stand still, or burn like the others.
    fn demand(&self, pick: Pick, of_unknown: f64) -> Vec<f64> {
        self.known.iter().map(|k| k.account.weight * k.rate.as_ref().map_or(of_unknown, pick)).collect()
    }

    fn carries(&self) -> bool {
        let rated: f64 = self.known.iter().filter(|k| k.rate.is_some()).map(|k| k.account.weight).sum();
        self.weight_total > 0.0 && rated >= ENOUGH * self.weight_total
    }

    /// The fastest of the burn rates: no account that nobody looked at burns faster, as far as one can tell.
    fn fastest(&self) -> f64 {
        self.known.iter().filter_map(|k| k.rate.as_ref()).map(|rate| rate.high).fold(0.0, f64::max)
    }

    fn forecast(&self) -> Outlook {
        let unknown = |text: &str| Outlook {
            verdict: Verdict::Unknown,
            runs_out_at: None,
            text: text.to_owned(),
            points: Vec::new(),
        };
        if self.known.is_empty() {
            return unknown("no forecast: nothing is known of any account");
        }
        if !self.carries() {
            return unknown("no forecast yet: too little history of most accounts");
        }
        let low = self.simulate(&self.demand(|rate| rate.high, self.fastest()));
        let mid = self.simulate(&self.demand(|rate| rate.middle, 0.0));
        let high = self.simulate(&self.demand(|rate| rate.low, 0.0));
        let points =
            (low.left.iter().zip(&mid.left).zip(&high.left)).map(|(((at, low), (_, mid)), (_, high))| {
                // Rates of many accounts differ by less than the last bits.
                let mid_percent = *mid;
                Ahead { at: *at, low_percent: low.min(*mid), mid_percent, high_percent: high.max(*mid) }
            });
        let points = points.collect();
        let (verdict, runs_out_at, text) = match (low.empty_at, mid.empty_at, high.empty_at) {
            (None, ..) => (Verdict::Lasts, None, "lasts: the resets come before it is used up".to_owned()),
            (_, Some(at), Some(_)) => {
                let text = if at <= self.now {
                    "used up".to_owned()
                } else {
                    format!("out in about {}", about(at - self.now))
                };
                (Verdict::RunsOut, Some(at), text)
            }
            _ => (Verdict::Unknown, None, "too close to call: it may run out".to_owned()),
        };
        Outlook { verdict, runs_out_at, text, points }
    }

    fn resets(&self) -> Vec<Reset> {
        let end = self.now + self.length.delta();
        let ahead =
            if self.carries() { self.demand(|rate| rate.middle, 0.0) } else { vec![0.0; self.known.len()] };
        let returned = self.simulate(&ahead).returned;
        let mut resets: Vec<Reset> = self
            .known
            .iter()
            .zip(returned)
            .filter_map(|(k, returned)| {
                let at = k.resets_at.filter(|at| *at <= end)?;
                let used = returned.unwrap_or(k.account.weight * (100.0 - k.remaining));
                let returns_percent = percent(used / self.weight_total);
                Some(Reset { at, provider_name: k.account.name.to_owned(), returns_percent })
            })
            .collect();
        resets.sort_by(|a, b| a.at.cmp(&b.at).then_with(|| a.provider_name.cmp(&b.provider_name)));
        resets
    }

    /// Goes ahead step by step, from reset to reset in between.
    fn simulate(&self, demand: &[f64]) -> Simulated {
        let full = |k: &Known<'_>| k.account.weight * 100.0;
        let mut have: Vec<f64> = self.known.iter().map(|k| k.account.weight * k.remaining).collect();
        let mut returned = vec![None; have.len()];
        let mut resets: Vec<(DateTime<Utc>, usize)> =
            self.known.iter().enumerate().filter_map(|(index, k)| Some((k.resets_at?, index))).collect();
        resets.sort_unstable();
        let mut resets = resets.into_iter().peekable();
        let mut at = self.now;
        let mut left = vec![(at, self.share(&have))];
        let mut empty_at = (have.iter().sum::<f64>() <= EMPTY).then_some(at);
        for point in 1..=POINTS {
            let target = self.now + self.length.delta() * point / POINTS;
            loop {
                let reset = resets.peek().copied().filter(|(reset, _)| *reset <= target);
                let next = reset.map_or(target, |(reset, _)| reset);
                let before: f64 = have.iter().sum();
                let wanted: f64 = demand.iter().sum::<f64>() * hours(next - at);
                if empty_at.is_none() && wanted > 0.0 && wanted >= before {
                    empty_at = Some(at + scale(next - at, before / wanted));
                }
                spend(&mut have, demand, hours(next - at));
                at = next;
                let Some((_, index)) = reset else { break };
                resets.next();
                returned[index] = Some(full(&self.known[index]) - have[index]);
                have[index] = full(&self.known[index]);
            }
            left.push((at, self.share(&have)));
        }
        Simulated { left, empty_at, returned }
    }

    fn share(&self, have: &[f64]) -> f64 {
        percent(have.iter().sum::<f64>() / self.weight_total)
    }
}

/// How it goes on.
struct Simulated {
    left: Vec<(DateTime<Utc>, f64)>,
    /// The first moment at which no account has anything.
    empty_at: Option<DateTime<Utc>>,
    /// What came back to each account.
    returned: Vec<Option<f64>>,
}

/// Each account gives what is asked of it; what it does not have the others give, by what they have.
fn spend(have: &mut [f64], demand: &[f64], hours: f64) {
    let mut missing = 0.0;
    for (have, demand) in have.iter_mut().zip(demand) {
        let wanted = demand * hours;
        missing += (wanted - *have).max(0.0);
        *have = (*have - wanted).max(0.0);
    }
    let rest: f64 = have.iter().sum();
    if missing > 0.0 && rest > 0.0 {
        let kept = (1.0 - missing / rest).max(0.0);
        for left in have {
            *left *= kept;
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds of at most 400 days")]
fn hours(delta: TimeDelta) -> f64 {
    delta.num_milliseconds() as f64 / 3_600_000.0
}

/// A part of a span, the share being 0 to 1.
#[expect(clippy::cast_possible_truncation, reason = "not longer than the span")]
fn scale(delta: TimeDelta, share: f64) -> TimeDelta {
    TimeDelta::milliseconds((hours(delta) * share.clamp(0.0, 1.0) * 3_600_000.0) as i64)
}
