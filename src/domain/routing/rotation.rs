//! Whose turn it is: every account has a count of turns, and the one with the fewest is next.
//!
//! A position in a list is unfair as soon as an account is left out: its neighbour gets its turns as well. Counts stay
//! fair when members come and go: who joins, or comes back, starts where the others are and makes up for nothing.

use crate::domain::ids::{ByProvider, ProviderId};

/// The turns of one pool, in one process.
#[derive(Clone, Debug)]
pub struct Rotation {
    turns: ByProvider<Turns>,
    /// Counts the choices.
    choice: u64,
    /// The fewest turns of those who could serve in the last one.
    floor: f64,
    /// Breaks the first ties, so that processes that start together do not all begin with the same account.
    offset: usize,
}

#[derive(Clone, Copy, Debug, Default)]
struct Turns {
    /// Turns taken, in shares of a unit weight.
    taken: f64,
    /// The last choice in which it could serve.
    seen: u64,
}

impl Rotation {
    /// Nobody had a turn yet; `offset` is random.
    pub fn new(offset: usize) -> Self {
        Self { turns: ByProvider::default(), choice: 0, floor: 0.0, offset }
    }

    /// A choice between these begins. Who could not serve in the choice before starts where the others are.
    pub fn begin(&mut self, present: impl Iterator<Item = ProviderId> + Clone) {
        // Between nobody there is no choice.
        if present.clone().next().is_none() {
            return;
        }
        let before = self.choice;
        self.choice += 1;
        let stayed = present.clone().filter_map(|id| self.turns.get(&id)).filter(|t| t.seen == before);
        let floor = stayed.map(|t| t.taken).reduce(f64::min);
        // When nobody stayed, those who come start where those who left are: who served alone is not made to wait.
        let floor = floor.unwrap_or_else(|| {
            let left = self.turns.values().filter(|t| t.seen == before);
            left.map(|t| t.taken).reduce(f64::min).unwrap_or(self.floor)
        });
        self.floor = floor;
        for id in present {
            let turns = self.turns.entry(id).or_default();
            if turns.seen != before {
                turns.taken = turns.taken.max(floor);
            }
            turns.seen = self.choice;
        }
    }

    /// The account's count, as of the choice that has begun.
    pub fn count(&self, id: ProviderId) -> f64 {
        self.turns.get(&id).map_or(0.0, |turns| turns.taken)
    }

    /// Where a tie at place `index` of `len` stands in line.
    pub fn tie(&self, index: usize, len: usize) -> usize {
        (index + len - self.offset % len.max(1)) % len.max(1)
    }

    /// The account has its turn. One of weight 2 has two turns where another has one.
    pub fn take(&mut self, id: ProviderId, weight: f64) {
        self.turns.entry(id).or_default().taken += 1.0 / weight.clamp(0.01, 1000.0);
    }

    /// Forgets accounts that are no longer in the pool.
    pub fn retain(&mut self, is_member: impl Fn(ProviderId) -> bool) {
        self.turns.retain(|id, _| is_member(*id));
    }

    /// Accounts that are known.
    pub fn len(&self) -> usize {
        self.turns.len()
    }

    /// Nobody had a turn yet.
    pub fn is_empty(&self) -> bool {
        self.turns.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: usize) -> ProviderId {
        ProviderId(uuid::Uuid::from_u128(n as u128 + 1))
    }

    /// Whose turn it is among these.
    fn next(rotation: &mut Rotation, present: &[usize]) -> usize {
        rotation.begin(present.iter().map(|n| id(*n)));
        let key = |n: &usize| (rotation.count(id(*n)), rotation.tie(*n, 4));
        let next = present.iter().min_by(|a, b| key(a).partial_cmp(&key(b)).expect("no NaN"));
        let next = *next.expect("somebody");
        rotation.take(id(next), 1.0);
        next
    }

    #[test]
    fn who_served_while_all_others_were_out_is_not_made_to_wait() {
        let mut rotation = Rotation::new(0);
        for _ in 0..50 {
            next(&mut rotation, &[0]);
        }
        // It leaves in the same moment in which the others come back, again and again.
        for _ in 0..50 {
            next(&mut rotation, &[1, 2]);
            rotation.begin(std::iter::empty());
            next(&mut rotation, &[0]);
            next(&mut rotation, &[0]);
        }
        let turns: Vec<usize> = (0..30).map(|_| next(&mut rotation, &[0, 1, 2])).collect();
        for n in 0..3 {
            let count = turns.iter().filter(|turn| **turn == n).count();
            assert!((9..=11).contains(&count), "{turns:?}");
        }
    }
}
