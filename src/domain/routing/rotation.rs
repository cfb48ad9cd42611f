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

    /// A choice between these begins; gives the count of each. Who could not serve in the choice before starts where the
    /// others are.
    pub fn begin(&mut self, present: &[ProviderId]) -> Vec<f64> {
        // Between nobody there is no choice.
        if present.is_empty() {
            return Vec::new();
        }
        let before = self.choice;
        self.choice += 1;
        let mut floor: Option<f64> = None;
        let mut came: Vec<usize> = Vec::new();
        let mut counts = Vec::with_capacity(present.len());
        for (place, id) in present.iter().enumerate() {
            let stayed = self.turns.get_mut(id).filter(|turns| turns.seen == before);
            counts.push(stayed.as_ref().map_or(0.0, |turns| turns.taken));
            match stayed {
                None => came.push(place),
                Some(turns) => {
                    turns.seen = self.choice;
                    floor = Some(floor.map_or(turns.taken, |floor| floor.min(turns.taken)));
                }
            }
        }
        // When nobody stayed, those who come start where those who left are: who served alone is not made to wait.
        let floor = floor.unwrap_or_else(|| {
            let left = self.turns.values().filter(|t| t.seen == before);
            left.map(|t| t.taken).reduce(f64::min).unwrap_or(self.floor)
        });
        self.floor = floor;
        for place in came {
            let turns = self.turns.entry(present[place]).or_default();
            turns.taken = turns.taken.max(floor);
            turns.seen = self.choice;
            counts[place] = turns.taken;
        }
        counts
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
        let ids: Vec<ProviderId> = present.iter().map(|n| id(*n)).collect();
        let counts = rotation.begin(&ids);
        let keys = present.iter().zip(counts).map(|(n, count)| (count, rotation.tie(*n, 4), *n));
        let (.., next) = keys.min_by(|a, b| a.partial_cmp(b).expect("no NaN")).expect("somebody");
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
            rotation.begin(&[]);
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
