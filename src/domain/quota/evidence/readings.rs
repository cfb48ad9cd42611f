//! The figures of one window, and which of them is believed.

use super::{Join, POLL_LAG, TURN_HOLD};
use crate::domain::quota::window::{Source, WindowLength};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// Of real turns and of the usage endpoint.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct WindowEvidence {
    pub(super) turn: Readings,
    pub(super) poll: Readings,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Readings {
    pub(super) newest: Option<Reading>,
    pub(super) peak: Option<Reading>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Reading {
    pub(super) at: DateTime<Utc>,
    pub(super) source: Source,
    pub(super) used: u32,
    pub(super) resets_at: Option<DateTime<Utc>>,
}

impl Join for WindowEvidence {
    fn join(&mut self, other: Self) {
        self.turn.join(other.turn);
        self.poll.join(other.poll);
    }
}

impl Join for Readings {
    fn join(&mut self, other: Self) {
        if other.newest.map(|r| r.newness()) > self.newest.map(|r| r.newness()) {
            self.newest = other.newest;
        }
        if other.peak.map(|r| r.height()) > self.peak.map(|r| r.height()) {
            self.peak = other.peak;
        }
    }
}

impl Reading {
    /// Later is newer. Answers of the same few seconds overtake each other: of those, the later reset and the higher
    /// figure.
    fn newness(&self) -> impl Ord + use<> {
        let at = self.at.timestamp().div_euclid(30);
        (at, self.reset_within(300), self.used, self.at, self.source, self.resets_at)
    }

    /// The highest figure of the last window.
    fn height(&self) -> impl Ord + use<> {
        (self.reset_within(600), self.used, self.at, self.source, self.resets_at)
    }

    /// Resets so near to each other are one; without one, the earliest.
    fn reset_within(&self, seconds: i64) -> i64 {
        self.resets_at.map_or(i64::MIN, |reset| (reset.timestamp() + seconds / 2).div_euclid(seconds))
    }

    /// Past its reset nothing is known any more.
    fn is_live(&self, length: WindowLength, now: DateTime<Utc>) -> bool {
        self.resets_at.unwrap_or(self.at + length.delta()) > now
    }

    fn same_window(&self, other: &Self, length: WindowLength) -> bool {
        match (self.resets_at, other.resets_at) {
            (Some(a), Some(b)) => (a - b).abs() <= length.jitter(),
            // A reading without a reset belongs to the window in which it was taken.
            (Some(reset), None) => other.at > reset - length.delta() && other.at <= reset,
            (None, Some(reset)) => self.at > reset - length.delta() && self.at <= reset,
            (None, None) => true,
        }
    }
}

impl Readings {
    /// The newest, and at least what was told within `hold` before it of the same window.
    fn judge(&self, length: WindowLength, hold: TimeDelta, now: DateTime<Utc>) -> Option<Reading> {
        let newest = self.newest.filter(|r| r.is_live(length, now))?;
        let peak = self.peak.filter(|peak| {
            peak.used > newest.used && peak.same_window(&newest, length) && newest.at - peak.at <= hold
        });
        Some(peak.map_or(newest, |peak| Reading { used: peak.used, ..newest }))
    }
}

impl WindowEvidence {
    pub(super) fn judge(&self, length: WindowLength, now: DateTime<Utc>) -> Option<Reading> {
        let turn = self.turn.judge(length, TURN_HOLD, now);
        let poll = self.poll.judge(length, POLL_LAG, now);
        let (Some(turn), Some(poll)) = (turn, poll) else {
            return turn.or(poll);
        };
        if turn.at >= poll.at {
            return Some(turn);
        }
        let lag_is_over = poll.at - turn.at > POLL_LAG;
        let poll_is_right = if turn.same_window(&poll, length) {
            poll.used >= turn.used || lag_is_over
        } else {
            poll.resets_at > turn.resets_at || lag_is_over
        };
        Some(if poll_is_right { poll } else { turn })
    }

    pub(super) fn newest_at(&self) -> Option<DateTime<Utc>> {
        self.turn.newest.map(|r| r.at).max(self.poll.newest.map(|r| r.at))
    }
}
