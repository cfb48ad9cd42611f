//! Where time and ids enter.

use chrono::{DateTime, TimeDelta, Utc};
use std::sync::{Arc, Mutex, PoisonError};
use uuid::{NoContext, Timestamp, Uuid};

/// The time, of the system or as a test sets it. Clones share it.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    Manual(ManualClock),
}

/// The hand on a clock that stands still until a test moves it.
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<Mutex<DateTime<Utc>>>);

impl Clock {
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands at `start`, and the hand that moves it.
    pub fn manual(start: DateTime<Utc>) -> (Self, ManualClock) {
        let hand = ManualClock(Arc::new(Mutex::new(start)));
        (Self(Source::Manual(hand.clone())), hand)
    }

    #[expect(clippy::disallowed_methods, reason = "the one door through which the time enters")]
    pub fn now(&self) -> DateTime<Utc> {
        match &self.0 {
            Source::System => Utc::now(),
            Source::Manual(hand) => hand.now(),
        }
    }

    /// A new id: version 7, so that ids sort by the time they were made.
    pub fn new_id(&self) -> Uuid {
        let now = self.now();
        let seconds = u64::try_from(now.timestamp()).unwrap_or(0);
        Uuid::new_v7(Timestamp::from_unix(NoContext, seconds, now.timestamp_subsec_nanos()))
    }
}

impl ManualClock {
    pub fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn advance(&self, by: TimeDelta) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += by;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_only_by_hand_and_for_all_its_clones() {
        let start = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let (clock, hand) = Clock::manual(start);
        let other = clock.clone();
        assert_eq!(clock.now(), start);
        hand.advance(TimeDelta::seconds(5));
        assert_eq!(other.now(), start + TimeDelta::seconds(5));
    }

    #[test]
    fn ids_sort_by_the_time_they_were_made() {
        let (clock, hand) = Clock::manual(DateTime::from_timestamp(1_800_000_000, 0).unwrap());
        let first = clock.new_id();
        hand.advance(TimeDelta::milliseconds(2));
        assert!(first < clock.new_id());
        assert_eq!(first.get_version_num(), 7);
    }
}
