//! Our own traffic, debited at once: what upstream reports lags by minutes and comes in whole percents.
//!
//! How many percent a token costs is learnt from how the reported figures rise over our own tokens; until enough was seen,
//! a cautious default counts. Nothing here is shown to people, and nothing outlives the process.

use super::evidence::WindowView;
use super::window::{MeterId, WindowLength};
use crate::domain::responses::event::Usage;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::{BTreeMap, VecDeque};

/// Traffic is added up over so many seconds.
const BUCKET: i64 = 10;
/// Traffic older than this is surely part of what was reported since.
const KEPT: i64 = 2 * 3600 / BUCKET;
/// A figure may be this much behind the tokens that it counts.
const LAG: TimeDelta = TimeDelta::seconds(60);
/// Tokens that one percent of the five hours of a Plus account is taken to cost: its 30 to 150 messages, of some 20,000
/// weighted tokens each, at the cautious end.
const DEFAULT_TOKENS_PER_PERCENT: f64 = 20_000.0;
/// Below so many tokens, or so few percent, nothing was learnt.
const LEARNT_TOKENS: f64 = 40_000.0;
const LEARNT_PERCENT: f64 = 2.0;
/// Beyond so many tokens older lessons fade.
const MEMORY_TOKENS: f64 = 5_000_000.0;

/// Tokens by what they cost: cached input a tenth, output six times the input (the price list's relations).
#[expect(clippy::cast_precision_loss, reason = "an estimate of at most millions")]
pub fn weight(usage: &Usage) -> f64 {
    let cached = usage.cached_input_tokens.min(usage.input_tokens);
    (usage.input_tokens - cached) as f64 + 0.1 * cached as f64 + 6.0 * usage.output_tokens as f64
}

/// One account's own traffic and what it costs.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    traffic: BTreeMap<MeterId, VecDeque<(i64, f64)>>,
    rates: BTreeMap<MeterId, BTreeMap<WindowLength, Rate>>,
    last_at: Option<DateTime<Utc>>,
}

#[derive(Clone, Debug)]
struct Rate {
    used: f64,
    resets_at: Option<DateTime<Utc>>,
    tokens_since: f64,
    percent: f64,
    tokens: f64,
}

impl Ledger {
    /// An answer was served.
    pub fn served(&mut self, meter: &MeterId, usage: &Usage, now: DateTime<Utc>) {
        let tokens = weight(usage);
        self.last_at = self.last_at.max(Some(now));
        let bucket = now.timestamp().div_euclid(BUCKET);
        let traffic = match self.traffic.get_mut(meter) {
            Some(traffic) => traffic,
            None => self.traffic.entry(meter.clone()).or_default(),
        };
        match traffic.back_mut() {
            // A clock that was set back: it still happened, and not before the last.
            Some((at, sum)) if *at >= bucket => *sum += tokens,
            _ => traffic.push_back((bucket, tokens)),
        }
        while traffic.front().is_some_and(|(at, _)| *at < bucket - KEPT) {
            traffic.pop_front();
        }
        for rate in self.rates.get_mut(meter).into_iter().flat_map(BTreeMap::values_mut) {
            rate.tokens_since += tokens;
        }
    }

    /// When an answer was last served.
    pub fn last_at(&self) -> Option<DateTime<Utc>> {
        self.last_at
    }

    /// A window's figure is new: learns from how it rose.
    pub fn learn(&mut self, window: &WindowView<'_>) {
        let fresh = Rate {
            used: window.used_percent,
            resets_at: window.resets_at,
            tokens_since: 0.0,
            percent: 0.0,
            tokens: 0.0,
        };
        let rate = self.rates.entry(window.meter.clone()).or_default().entry(window.length).or_insert(fresh);
        let same = match (rate.resets_at, window.resets_at) {
            (Some(a), Some(b)) => (a - b).abs() <= window.length.jitter(),
            (a, b) => a == b,
        };
        if same && window.used_percent > rate.used {
            if rate.tokens_since > 0.0 {
                rate.percent += window.used_percent - rate.used;
                rate.tokens += rate.tokens_since;
                if rate.tokens > MEMORY_TOKENS {
                    rate.percent /= 2.0;
                    rate.tokens /= 2.0;
                }
            }
            (rate.used, rate.tokens_since) = (window.used_percent, 0.0);
        } else if !same || window.used_percent < rate.used {
            (rate.used, rate.tokens_since) = (window.used_percent, 0.0);
        }
        rate.resets_at = window.resets_at;
    }

    /// Percent of `window` that our own traffic used since its figure was taken; `capacity` is that of the plan.
    pub fn debit(&self, window: &WindowView<'_>, capacity: f64) -> f64 {
        let Some(traffic) = self.traffic.get(window.meter) else { return 0.0 };
        let since = (window.observed_at - LAG).timestamp().div_euclid(BUCKET);
        let tokens: f64 =
            traffic.iter().rev().take_while(|(at, _)| *at >= since).map(|(_, tokens)| tokens).sum();
        (tokens * self.percent_per_token(window.meter, window.length, capacity)).min(100.0)
    }

    /// Tokens, weighted, that all of a window of the main meter is taken to hold.
    pub fn tokens_in(&self, length: WindowLength, capacity: f64) -> f64 {
        100.0 / self.percent_per_token(&MeterId::main(), length, capacity)
    }

    fn percent_per_token(&self, meter: &MeterId, length: WindowLength, capacity: f64) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "seconds of at most 400 days")]
        let lengths = length.seconds() as f64 / 18_000.0;
        // A week holds some six times what five hours hold, not thirty-four.
        let default = 1.0 / (DEFAULT_TOKENS_PER_PERCENT * capacity.max(0.01) * lengths.max(0.1).sqrt());
        let learnt = self.rates.get(meter).and_then(|rates| rates.get(&length));
        let learnt = learnt.filter(|r| r.tokens >= LEARNT_TOKENS && r.percent >= LEARNT_PERCENT);
        // Others may use the account as well: what they burn must not be laid to our tokens without bounds.
        learnt.map_or(default, |r| (r.percent / r.tokens).clamp(default / 50.0, default * 20.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::quota::window::Source;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_300_000 + seconds, 0).expect("a time")
    }

    fn view(meter: &MeterId, used_percent: f64, seconds: i64) -> WindowView<'_> {
        WindowView {
            meter,
            name: None,
            length: WindowLength::from_seconds(18_000).expect("a length"),
            used_percent,
            resets_at: Some(at(10_000)),
            source: Source::Header,
            observed_at: at(seconds),
        }
    }

    fn tokens(input_tokens: u64) -> Usage {
        Usage { input_tokens, cached_input_tokens: 0, output_tokens: 0, reasoning_tokens: 0 }
    }

    #[test]
    fn cached_input_costs_a_tenth_and_reasoning_is_not_counted_twice() {
        let usage =
            Usage { input_tokens: 100, cached_input_tokens: 90, output_tokens: 10, reasoning_tokens: 10 };
        assert!((weight(&usage) - (10.0 + 9.0 + 60.0)).abs() < 1e-9);
    }

    #[test]
    fn own_traffic_counts_at_once_and_a_later_figure_takes_its_place() {
        let meter = MeterId::main();
        let mut ledger = Ledger::default();
        let before = view(&meter, 10.0, 0);
        assert!(ledger.debit(&before, 1.0).abs() < 1e-9);
        ledger.served(&meter, &tokens(40_000), at(5));
        assert!((ledger.debit(&before, 1.0) - 2.0).abs() < 1e-9);
        assert!((ledger.debit(&before, 10.0) - 0.2).abs() < 1e-9, "a larger plan");
        assert!(ledger.debit(&view(&meter, 12.0, 300), 1.0).abs() < 1e-9);
        let other = MeterId::named("bengalfox");
        assert!(ledger.debit(&view(&other, 10.0, 0), 1.0).abs() < 1e-9, "each meter alone");
    }

    #[test]
    fn the_price_of_a_token_is_learnt_from_the_figures() {
        let meter = MeterId::main();
        let mut ledger = Ledger::default();
        ledger.learn(&view(&meter, 10.0, 0));
        for step in 1..=10 {
            ledger.served(&meter, &tokens(50_000), at(step * 100));
            ledger.learn(&view(
                &meter,
                10.0 + 0.5 * f64::from(i32::try_from(step).expect("small")),
                step * 100,
            ));
        }
        // Half a percent per 50,000 tokens.
        ledger.served(&meter, &tokens(100_000), at(2_000));
        assert!((ledger.debit(&view(&meter, 15.0, 1_990), 1.0) - 1.0).abs() < 1e-6);
    }
}
