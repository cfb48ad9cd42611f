//! Will it last until the reset? From the burn rate of the window's history, with its uncertainty; where the data cannot
//! carry an answer, none is given.
//!
//! The history is put on an even grid over the last part of the window (a third of its length: people have days and
//! nights). The rate is the median of all slopes on it (Theil-Sen), which a few odd figures don't move; its uncertainty
//! comes from how much the rates of its parts differ.

use super::window::WindowLength;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;

/// One figure of a window, as it was told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    pub at: DateTime<Utc>,
    pub used_percent: f64,
    pub resets_at: Option<DateTime<Utc>>,
}

/// What is foreseen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Lasts,
    RunsOut,
    /// The data cannot carry an answer.
    Unknown,
}

/// The forecast of one window.
#[derive(Clone, Debug, PartialEq)]
pub struct Forecast {
    pub verdict: Verdict,
    pub runs_out_at: Option<DateTime<Utc>>,
    /// In plain words.
    pub text: String,
}

/// The window as of now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Present {
    pub length: WindowLength,
    pub used_percent: f64,
    pub resets_at: Option<DateTime<Utc>>,
    pub observed_at: DateTime<Utc>,
}

/// Points of the grid, and parts that it is cut into for the uncertainty.
const POINTS: usize = 25;
const PARTS: usize = 6;
/// One-sided 90 % of Student's distribution with five degrees of freedom.
const STUDENT: f64 = 1.476;

/// Looks ahead. `history` is in any order and may hold other windows' samples of the same length.
pub fn forecast(history: &[Sample], present: Present, now: DateTime<Utc>) -> Forecast {
    let unknown =
        |text: &str| Forecast { verdict: Verdict::Unknown, runs_out_at: None, text: text.to_owned() };
    let Some(resets_at) = present.resets_at.filter(|reset| *reset > now) else {
        return unknown("no forecast: its reset is not known");
    };
    if present.used_percent >= 100.0 {
        let text = format!("used up; resets in {}", about(resets_at - now));
        return Forecast { verdict: Verdict::RunsOut, runs_out_at: Some(now), text };
    }
    let Some(rate) = rate(history, present, resets_at) else {
        return unknown("no forecast yet: too little history in this window");
    };
    if present.is_stale(now) {
        return unknown("no forecast: nothing was heard of it lately");
    }
    let left = hours(resets_at - now);
    let rest = 100.0 - present.used_percent;
    if rest >= rate.high * left {
        let text = "lasts until the reset".to_owned();
        return Forecast { verdict: Verdict::Lasts, runs_out_at: None, text };
    }
    if rest > rate.low * left || rate.middle <= 0.0 {
        return unknown("too close to call: it may run out shortly before the reset");
    }
    let runs_out_in = span(rest / rate.middle).min(resets_at - now);
    let text = format!("out in about {}", about(runs_out_in));
    Forecast { verdict: Verdict::RunsOut, runs_out_at: Some(now + runs_out_in), text }
}

impl Present {
    /// Nothing was heard of it for long: what became of it since is anybody's guess.
    pub(super) fn is_stale(&self, now: DateTime<Utc>) -> bool {
        now - self.observed_at > (self.length.delta() / 12).max(TimeDelta::minutes(30))
    }
}

/// Percent an hour.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rate {
    pub low: f64,
    pub middle: f64,
    pub high: f64,
}

/// How fast a window is used up; `None` where the data can't carry it.
pub(super) fn burn(history: &[Sample], present: Present, now: DateTime<Utc>) -> Option<Rate> {
    let resets_at = present.resets_at.filter(|reset| *reset > now && !present.is_stale(now))?;
    rate(history, present, resets_at)
}

fn rate(history: &[Sample], present: Present, resets_at: DateTime<Utc>) -> Option<Rate> {
    let length = present.length.delta();
    let end = present.observed_at;
    let from = (resets_at - length).max(end - length / 3);
    let of_this_window =
        |s: &&Sample| s.resets_at.is_none_or(|reset| (reset - resets_at).abs() <= present.length.jitter());
    let mut samples: Vec<Sample> = history
        .iter()
        .filter(|s| s.at >= from && s.at < end && s.used_percent.is_finite())
        .filter(of_this_window)
        .copied()
        .collect();
    samples.push(Sample { at: end, used_percent: present.used_percent, resets_at: Some(resets_at) });
    samples.sort_by(|a, b| a.at.cmp(&b.at).then(a.used_percent.total_cmp(&b.used_percent)));
    samples.dedup_by_key(|s| s.at);
    let start = samples.first()?.at;
    // Less than a thirtieth of the window (ten minutes of five hours) tells nothing of the rest.
    if samples.len() < 4 || end - start < length / 30 {
        return None;
    }
    let grid = on_grid(&samples, start, end);
    let step = hours(end - start) / f64::from(u32::try_from(POINTS - 1).ok()?);
    let mut slopes = Vec::with_capacity(POINTS * POINTS / 2);
    for (i, a) in grid.iter().enumerate() {
        for (distance, b) in (1_u32..).zip(&grid[i + 1..]) {
            slopes.push((b - a) / (step * f64::from(distance)));
        }
    }
    let middle = median(&mut slopes).max(0.0);
    let size = (POINTS - 1) / PARTS;
    let mut parts: Vec<f64> = (0..PARTS)
        .map(|part| {
            (grid[(part + 1) * size] - grid[part * size])
                / (step * f64::from(u32::try_from(size).unwrap_or(1)))
        })
        .collect();
    let count = f64::from(u32::try_from(PARTS).ok()?);
    let mean = parts.iter().sum::<f64>() / count;
    let spread = (parts.iter().map(|p| (p - mean).powi(2)).sum::<f64>() / (count - 1.0)).sqrt();
    let robust = {
        let centre = median(&mut parts);
        let mut off: Vec<f64> = parts.iter().map(|p| (p - centre).abs()).collect();
        1.4826 * median(&mut off)
    };
    // One part's outlier widens it, but not without bounds; whole percents blur every slope.
    let blur = 1.0 / hours(end - start);
    let error = STUDENT * (spread.min(3.0 * robust.max(spread / 3.0)) / count.sqrt()).hypot(blur / 2.0);
    let (low, high) = (mean.min(middle) - error, mean.max(middle) + error);
    Some(Rate { low: low.max(0.0), middle, high: high.max(0.0) })
}

/// The figure at even distances, linear between what was told.
fn on_grid(samples: &[Sample], start: DateTime<Utc>, end: DateTime<Utc>) -> Vec<f64> {
    let whole = hours(end - start);
    let times: Vec<f64> = samples.iter().map(|s| hours(s.at - start)).collect();
    let at = |hour: f64| {
        let next = times.partition_point(|t| *t < hour).clamp(1, samples.len() - 1);
        let (a, b) = (next - 1, next);
        let width = times[b] - times[a];
        let share = if width > 0.0 { ((hour - times[a]) / width).clamp(0.0, 1.0) } else { 1.0 };
        samples[a].used_percent + share * (samples[b].used_percent - samples[a].used_percent)
    };
    let step = whole / f64::from(u32::try_from(POINTS - 1).unwrap_or(1));
    (0_u32..).take(POINTS).map(|point| at(step * f64::from(point))).collect()
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => 0.0,
        n if n % 2 == 1 => values[middle],
        _ => f64::midpoint(values[middle - 1], values[middle]),
    }
}

#[expect(clippy::cast_precision_loss, reason = "seconds of at most 400 days")]
fn hours(delta: TimeDelta) -> f64 {
    delta.num_seconds() as f64 / 3600.0
}

/// At most a hundred years.
#[expect(clippy::cast_possible_truncation, reason = "bounded just before")]
fn span(hours: f64) -> TimeDelta {
    TimeDelta::seconds((hours.clamp(0.0, 876_000.0) * 3600.0) as i64)
}

/// A duration as people say it: `5 min`, `2 h 10 min`, `3 days 4 h`. Finer than it is known would be a lie.
pub fn about(delta: TimeDelta) -> String {
    let minutes = delta.num_minutes().max(0);
    let rounded = |to: i64| (minutes + to / 2) / to * to;
    let minutes = match minutes {
        0..10 => minutes.max(1),
        10..60 => rounded(5),
        60..1_440 => rounded(10),
        _ => rounded(60),
    };
    let (days, h, min) = (minutes / 1_440, minutes / 60 % 24, minutes % 60);
    let mut text = String::new();
    for (count, unit) in [(days, if days == 1 { "day" } else { "days" }), (h, "h"), (min, "min")] {
        if count > 0 {
            let gap = if text.is_empty() { "" } else { " " };
            // Writing to a string can't fail.
            let _ = write!(text, "{gap}{count} {unit}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(minutes: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_300_000, 0).expect("a time") + TimeDelta::minutes(minutes)
    }

    fn length(seconds: i64) -> WindowLength {
        WindowLength::from_seconds(seconds).expect("a length")
    }

    /// A sample every so many minutes up to now, the figures as given.
    fn history(every: i64, figures: &[f64], resets_in: i64) -> Vec<Sample> {
        let count = i64::try_from(figures.len()).expect("few");
        let sample = |(i, used): (i64, &f64)| Sample {
            at: at((i - count + 1) * every),
            used_percent: *used,
            resets_at: Some(at(resets_in)),
        };
        (0..).zip(figures).map(sample).collect()
    }

    fn look(length_seconds: i64, every: i64, figures: &[f64], resets_in: i64) -> Forecast {
        let present = Present {
            length: length(length_seconds),
            used_percent: *figures.last().expect("a figure"),
            resets_at: Some(at(resets_in)),
            observed_at: at(0),
        };
        forecast(&history(every, figures, resets_in), present, at(0))
    }

    #[test]
    fn the_table() {
        const HOURS5: i64 = 18_000;
        const WEEK: i64 = 604_800;
        let day_and_night = [10.0, 14.0, 14.0, 14.0, 18.0, 18.0, 18.0, 22.0, 22.0, 22.0, 26.0];
        for (what, length, every, figures, resets_in, expected) in [
            // 10 % in 10 minutes, 60 % left: one hour; the reset is two hours away.
            ("burns fast", HOURS5, 10, &[10.0, 20.0, 30.0, 40.0][..], 120, "out in about 1 h"),
            (
                "burns, but the reset is near",
                HOURS5,
                10,
                &[10.0, 20.0, 30.0, 40.0],
                20,
                "lasts until the reset",
            ),
            ("stands still", HOURS5, 10, &[40.0, 40.0, 40.0, 40.0, 40.0], 200, "lasts until the reset"),
            (
                "one odd figure",
                HOURS5,
                10,
                &[10.0, 11.0, 60.0, 11.0, 11.0, 12.0, 12.0, 12.0, 13.0],
                90,
                "lasts until the reset",
            ),
            ("days and nights", WEEK, 8 * 60, &day_and_night[..8], 5 * 1_440, "lasts until the reset"),
            (
                "too few",
                HOURS5,
                10,
                &[10.0, 20.0, 30.0],
                120,
                "no forecast yet: too little history in this window",
            ),
            (
                "too short",
                HOURS5,
                1,
                &[10.0, 11.0, 12.0, 13.0, 14.0],
                120,
                "no forecast yet: too little history in this window",
            ),
            ("used up", HOURS5, 10, &[90.0, 95.0, 99.0, 100.0], 130, "used up; resets in 2 h 10 min"),
        ] {
            assert_eq!(look(length, every, figures, resets_in).text, expected, "{what}");
        }
    }

    #[test]
    fn what_nobody_knows_is_not_foreseen() {
        let present =
            Present { length: length(18_000), used_percent: 40.0, resets_at: None, observed_at: at(0) };
        assert_eq!(forecast(&[], present, at(0)).verdict, Verdict::Unknown);
        let figures = [10.0, 20.0, 30.0, 40.0];
        let present = Present { resets_at: Some(at(120)), observed_at: at(-60), ..present };
        let old = forecast(&history(10, &figures, 120), present, at(0));
        assert_eq!(old.verdict, Verdict::Unknown);
        // A rate that swings between nothing and much carries no verdict near the edge.
        let swings = [10.0, 10.0, 28.0, 28.0, 28.0, 46.0, 46.0];
        assert_eq!(look(18_000, 10, &swings, 95).verdict, Verdict::Unknown);
    }

    #[test]
    fn another_windows_figures_do_not_count() {
        let mut samples = history(10, &[96.0, 97.0, 98.0, 99.0], -5);
        samples.extend(history(10, &[10.0, 20.0, 30.0, 40.0], 120));
        let present = Present {
            length: length(18_000),
            used_percent: 40.0,
            resets_at: Some(at(120)),
            observed_at: at(0),
        };
        assert_eq!(forecast(&samples, present, at(0)).text, "out in about 1 h");
    }

    #[test]
    fn durations_read_as_people_say_them() {
        for (minutes, text) in [
            (0, "1 min"),
            (7, "7 min"),
            (33, "35 min"),
            (58, "1 h"),
            (128, "2 h 10 min"),
            (120, "2 h"),
            (1_500, "1 day 1 h"),
            (4_560, "3 days 4 h"),
        ] {
            assert_eq!(about(TimeDelta::minutes(minutes)), text);
        }
    }

    proptest! {
        #[test]
        fn a_verdict_never_contradicts_the_present(
            figures in prop::collection::vec(0.0..120.0_f64, 1..40), every in 1..60_i64, resets_in in -60..300_i64,
        ) {
            let told = look(18_000, every, &figures, resets_in);
            if let Some(out) = told.runs_out_at {
                prop_assert!(out >= at(0) && out <= at(resets_in));
                prop_assert_eq!(told.verdict, Verdict::RunsOut);
            }
            if told.verdict != Verdict::Unknown {
                prop_assert!(resets_in > 0);
            }
            prop_assert!(!told.text.is_empty());
        }

        #[test]
        fn a_steady_burn_is_foreseen_within_a_tenth(per_hour in 12.0..60.0_f64, start in 0.0..20.0_f64) {
            let figures: Vec<f64> = (0..10).map(|i| start + per_hour * f64::from(i) / 10.0).collect();
            let used = figures[9];
            let truth = (100.0 - used) / per_hour * 60.0;
            let told = look(18_000, 6, &figures, 200);
            if told.verdict == Verdict::RunsOut && used < 100.0 {
                let minutes = (told.runs_out_at.expect("a time") - at(0)).num_minutes();
                let minutes = f64::from(i32::try_from(minutes).expect("minutes"));
                prop_assert!((minutes - truth).abs() <= truth / 10.0 + 1.0, "{minutes} instead of {truth}");
            } else {
                prop_assert!(used >= 100.0 || truth > 150.0, "{told:?} {truth}");
            }
        }

        #[test]
        fn the_order_of_the_history_does_not_matter(figures in prop::collection::vec(0.0..90.0_f64, 4..20)) {
            let samples = history(7, &figures, 200);
            let mut turned = samples.clone();
            turned.reverse();
            let present = Present {
                length: length(18_000), used_percent: figures[figures.len() - 1], resets_at: Some(at(200)), observed_at: at(0),
            };
            prop_assert_eq!(forecast(&samples, present, at(0)), forecast(&turned, present, at(0)));
        }
    }
}
