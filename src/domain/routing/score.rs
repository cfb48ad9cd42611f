//! `quota_aware`: how much an account should be preferred for what is left of its quota.
//!
//! A window whose share of quota left is larger than its share of time left will lapse unused: such an account goes
//! first. One that is nearly out goes last, whatever it would lose. Percentages lag, so accounts whose scores are
//! nearly equal take turns, weighed by their capacity, and own traffic is debited at once (`domain::quota`).

use crate::domain::quota::readiness::{Headroom, Readiness};
use chrono::{DateTime, Utc};

/// Scores within this share of the best one count as equal.
pub const BAND: f64 = 0.15;
/// An account with less than this left of a window is spared.
const SPARE: f64 = 0.1;
/// The least share of a window's time that is told apart: just before a reset everything left would lapse.
const LEAST_TIME: f64 = 0.02;

/// What is known of an account's quota, as a score and a weight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// 1: on pace, the quota lasts exactly until its reset. More: some would lapse. 0: nothing left.
    pub value: f64,
    /// Turns inside the band are in proportion to it.
    pub weight: f64,
}

/// Of an account. Where nothing is known it counts as on pace.
pub fn score(readiness: &Readiness, now: DateTime<Utc>) -> Score {
    match readiness {
        Readiness::Unknown => Score { value: 1.0, weight: 1.0 },
        Readiness::Exhausted { .. } => Score { value: 0.0, weight: 1.0 },
        Readiness::Available { headroom } => of_headroom(headroom, now),
    }
}

fn of_headroom(headroom: &Headroom, now: DateTime<Utc>) -> Score {
    let mut pace: f64 = f64::INFINITY;
    let mut least: f64 = 1.0;
    for window in &headroom.windows {
        let remaining = window.remaining.clamp(0.0, 1.0);
        least = least.min(remaining);
        let length = as_seconds(window.length.num_seconds());
        let time_left = match window.resets_at {
            Some(at) if length > 0.0 => {
                (as_seconds(at.timestamp() - now.timestamp()) / length).clamp(LEAST_TIME, 1.0)
            }
            // A window without a known reset: as if it had just begun.
            _ => 1.0,
        };
        pace = pace.min(remaining / time_left);
    }
    let pace = if pace.is_finite() { pace } else { 1.0 };
    let spare = (least / SPARE).min(1.0);
    Score { value: pace * spare, weight: (headroom.capacity * least).max(0.05) }
}

#[expect(clippy::cast_precision_loss, reason = "durations of months in seconds are far below 2^52")]
fn as_seconds(seconds: i64) -> f64 {
    seconds as f64
}
