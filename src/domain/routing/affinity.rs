//! Where conversations live. A change of account costs a conversation its whole prompt cache, so it stays on its home
//! while that can serve; a failover is a loan, and the home stays recorded.

use crate::domain::ids::ProviderId;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::HashMap;

/// A conversation's name within its tenant and pool, hashed: nothing tells what it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConversationKey(pub u128);

/// Where one conversation lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Home {
    /// The account that it began on.
    pub home: ProviderId,
    /// The account that served it last.
    pub last: ProviderId,
    pub at: DateTime<Utc>,
}

/// The conversations of one process, bounded in number and forgotten when they rest.
#[derive(Clone, Debug)]
pub struct Homes {
    known: HashMap<ConversationKey, Home>,
    /// When other processes were told of it.
    told: HashMap<ConversationKey, DateTime<Utc>>,
    ttl: TimeDelta,
    capacity: usize,
}

impl Homes {
    /// Conversations that rest for `ttl` are forgotten; at most `capacity` are kept.
    pub fn new(ttl: TimeDelta, capacity: usize) -> Self {
        Self { known: HashMap::new(), told: HashMap::new(), ttl, capacity }
    }

    /// Where a conversation lives.
    pub fn get(&self, key: ConversationKey, now: DateTime<Utc>) -> Option<Home> {
        self.known.get(&key).filter(|home| now - home.at < self.ttl).copied()
    }

    /// An account served it. Its first one is its home, until that is no member of the pool any more. What it gives back
    /// is news for other processes: the conversation moved, or it is long since they heard of it.
    pub fn served(
        &mut self,
        key: ConversationKey,
        by: ProviderId,
        is_member: impl Fn(ProviderId) -> bool,
        now: DateTime<Utc>,
    ) -> Option<Home> {
        let known = self.get(key, now);
        let home = known.map(|known| known.home).filter(|home| is_member(*home)).unwrap_or(by);
        let new = Home { home, last: by, at: now };
        let told = self.told.get(&key).copied();
        let moved = known.is_none_or(|known| (known.home, known.last) != (home, by));
        let is_news = moved || told.is_none_or(|at| now - at > self.ttl / 4);
        self.make_room_for(key, now);
        self.known.insert(key, new);
        if is_news {
            self.told.insert(key, now);
        }
        is_news.then_some(new)
    }

    /// Another process saw it; the newer word counts.
    pub fn adopt(&mut self, key: ConversationKey, home: Home) {
        if self.known.get(&key).is_none_or(|known| known.at < home.at) {
            self.make_room_for(key, home.at);
            self.known.insert(key, home);
            self.told.insert(key, home.at);
        }
    }

    /// Conversations that are known.
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// None is known.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// Forgets those that rest, and when that is not enough the older half.
    fn make_room_for(&mut self, key: ConversationKey, now: DateTime<Utc>) {
        if self.known.len() < self.capacity || self.known.contains_key(&key) {
            return;
        }
        self.forget(now);
        let known = &self.known;
        self.told.retain(|key, _| known.contains_key(key));
    }

    fn forget(&mut self, now: DateTime<Utc>) {
        let ttl = self.ttl;
        self.known.retain(|_, home| now - home.at < ttl);
        if self.known.len() < self.capacity {
            return;
        }
        let mut ages: Vec<DateTime<Utc>> = self.known.values().map(|home| home.at).collect();
        let middle = ages.len() / 2;
        let (_, median, _) = ages.select_nth_unstable(middle);
        let median = *median;
        self.known.retain(|_, home| home.at > median);
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
    fn a_failover_is_a_loan_and_the_home_stays_recorded() {
        let mut homes = Homes::new(TimeDelta::minutes(10), 10);
        let key = ConversationKey(1);
        homes.served(key, id(1), |_| true, at(0));
        homes.served(key, id(2), |_| true, at(60));
        let known = homes.get(key, at(60)).expect("known");
        assert_eq!((known.home, known.last), (id(1), id(2)));
    }

    #[test]
    fn other_processes_hear_of_a_move_and_from_time_to_time() {
        let mut homes = Homes::new(TimeDelta::minutes(60), 10);
        let mut tell = |by, second| homes.served(ConversationKey(1), id(by), |_| true, at(second)).is_some();
        assert!(tell(1, 0), "it is new");
        assert!(!tell(1, 10) && !tell(1, 600));
        assert!(tell(2, 700), "it moved");
        assert!(!tell(2, 701) && tell(2, 2_000), "it still lives");
        let mut other = Homes::new(TimeDelta::minutes(60), 10);
        other.adopt(ConversationKey(1), Home { home: id(1), last: id(2), at: at(100) });
        other.adopt(ConversationKey(1), Home { home: id(3), last: id(3), at: at(50) });
        assert_eq!(other.get(ConversationKey(1), at(100)).map(|h| (h.home, h.last)), Some((id(1), id(2))));
    }

    #[test]
    fn a_home_that_left_the_pool_is_none() {
        let mut homes = Homes::new(TimeDelta::minutes(10), 10);
        homes.served(ConversationKey(1), id(1), |_| true, at(0));
        homes.served(ConversationKey(1), id(2), |member| member != id(1), at(1));
        assert_eq!(homes.get(ConversationKey(1), at(1)).map(|h| h.home), Some(id(2)));
    }

    #[test]
    fn conversations_that_rest_are_forgotten_and_their_number_is_bounded() {
        let mut homes = Homes::new(TimeDelta::minutes(10), 8);
        homes.served(ConversationKey(0), id(1), |_| true, at(0));
        assert_eq!(homes.get(ConversationKey(0), at(600)), None);
        for n in 0..1000 {
            homes.served(ConversationKey(n), id(1), |_| true, at(i64::try_from(n).expect("small")));
            assert!(homes.len() <= 8);
        }
        assert!(homes.get(ConversationKey(999), at(999)).is_some(), "the newest stays");
    }
}
