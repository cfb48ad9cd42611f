//! Walking a chain from its first entry to its last, to find where it does not hold.

use super::{Chained, Hash, Head};

/// Where a chain does not hold: the first such place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    #[error("entry {seq} is missing: entry {found} follows entry {}", seq - 1)]
    Missing { seq: i64, found: i64 },
    #[error("entry {seq} was changed: its hash is not that of its content")]
    Changed { seq: i64 },
    #[error(
        "entry {seq} does not follow the one before it: that one was put in its place, or this one was put in"
    )]
    Unchained { seq: i64 },
    #[error("the chain ends with entry {last}, but it went on to entry {head}")]
    CutOff { last: i64, head: i64 },
    #[error("entry {last} stands behind the chain's end, entry {head}")]
    PutBehind { last: i64, head: i64 },
    #[error("the chain's end is not the hash of its last entry, {seq}")]
    OtherEnd { seq: i64 },
    #[error("entry {seq} is not the one whose hash was kept")]
    NotAsKept { seq: i64 },
    #[error("entry {seq}, whose hash was kept, is missing: the chain ends with entry {last}")]
    KeptIsMissing { seq: i64, last: i64 },
}

impl Broken {
    /// The entry at which it shows.
    pub fn seq(&self) -> i64 {
        match self {
            Self::Missing { seq, .. }
            | Self::Changed { seq }
            | Self::Unchained { seq }
            | Self::OtherEnd { seq }
            | Self::NotAsKept { seq }
            | Self::KeptIsMissing { seq, .. } => *seq,
            Self::CutOff { last, .. } => last + 1,
            Self::PutBehind { last, .. } => *last,
        }
    }
}

/// A walk along one tenant's chain.
#[derive(Clone, Debug)]
pub struct Walk {
    at: Head,
    /// Heads that were kept elsewhere, of this tenant.
    kept: Vec<Head>,
}

impl Walk {
    /// Before the first entry. `kept`: heads from outside of the database that the chain has to have gone through.
    pub fn new(start: Head, kept: &[Head]) -> Self {
        let kept = kept.iter().filter(|head| head.tenant == start.tenant).copied().collect();
        Self { at: start, kept }
    }

    /// Takes the next entry, by `seq`.
    pub fn step(&mut self, next: &Chained) -> Result<(), Broken> {
        let seq = self.at.seq + 1;
        if next.seq != seq {
            return Err(Broken::Missing { seq, found: next.seq });
        }
        if !next.is_whole() || next.entry.tenant != self.at.tenant {
            return Err(Broken::Changed { seq });
        }
        if next.previous != self.at.hash {
            return Err(Broken::Unchained { seq });
        }
        if self.kept.iter().any(|kept| kept.seq == seq && kept.hash != next.hash) {
            return Err(Broken::NotAsKept { seq });
        }
        self.at = next.head();
        Ok(())
    }

    /// After the last entry: it has to be the one that the database calls the end.
    pub fn end(self, head: Option<Head>) -> Result<Head, Broken> {
        let last = self.at.seq;
        let (end, hash) = head.map_or((0, Hash::NONE), |head| (head.seq, head.hash));
        if last < end {
            return Err(Broken::CutOff { last, head: end });
        }
        if last > end {
            return Err(Broken::PutBehind { last, head: end });
        }
        if hash != self.at.hash {
            return Err(Broken::OtherEnd { seq: last });
        }
        match self.kept.iter().find(|kept| kept.seq > last) {
            Some(kept) => Err(Broken::KeptIsMissing { seq: kept.seq, last }),
            None => Ok(self.at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::entries;
    use super::super::{By, Entry};
    use super::*;
    use proptest::prelude::*;
    use proptest::strategy::ValueTree as _;

    fn chain(entries: Vec<Entry>) -> Vec<Chained> {
        let tenant = entries[0].tenant;
        let mut head = Head::none(tenant);
        let mut chain = Vec::new();
        for entry in entries {
            let next = Entry { tenant, ..entry }.behind(&head);
            head = next.head();
            chain.push(next);
        }
        chain
    }

    fn walk(chain: &[Chained], head: Head, kept: &[Head]) -> Result<Head, Broken> {
        let mut walk = Walk::new(Head::none(head.tenant), kept);
        for entry in chain {
            walk.step(entry)?;
        }
        walk.end(Some(head))
    }

    fn end(chain: &[Chained]) -> Head {
        chain.last().expect("an entry").head()
    }

    proptest! {
        #[test]
        fn a_chain_holds_as_it_was_written(entries in prop::collection::vec(entries(), 1..8)) {
            let chain = chain(entries);
            prop_assert_eq!(walk(&chain, end(&chain), &[end(&chain)]), Ok(end(&chain)));
        }

        #[test]
        fn an_entry_that_was_changed_taken_out_put_in_or_moved_is_the_first_that_is_named(
            entries in prop::collection::vec(entries(), 2..8), at in 0..8_usize, way in 0..5_u8
        ) {
            let whole = chain(entries);
            let (head, at) = (end(&whole), at % whole.len());
            let mut chain = whole.clone();
            let mut found_at = at;
            match way {
                0 => chain[at].entry.by = By { name: "somebody else".into(), ..chain[at].entry.by.clone() },
                1 => drop(chain.remove(at)),
                // One that is whole in itself, in the place of another.
                2 => {
                    let before = Head { seq: chain[at].seq - 1, hash: chain[at].previous, ..head };
                    let entry = Entry { action: "put.in".into(), ..chain[at].entry.clone() };
                    chain[at] = entry.behind(&before);
                    // It is whole and fits what is before it: the next one, or the end, tells.
                    found_at = at + 1;
                }
                3 => {
                    let copy = chain[at].clone();
                    chain.insert(at, copy);
                    found_at = at + 1;
                }
                _ => {
                    let other = (at + 1) % chain.len();
                    chain.swap(at, other);
                    found_at = at.min(other);
                }
            }
            let broken = walk(&chain, head, &[]).expect_err("it does not hold");
            let named = usize::try_from(broken.seq()).expect("a place");
            prop_assert_eq!(named.min(whole.len()), (found_at + 1).min(whole.len()), "{}", broken);
        }

        #[test]
        fn a_chain_that_was_written_anew_is_told_by_a_head_that_was_kept(
            entries in prop::collection::vec(entries(), 1..8), at in 0..8_usize, cut in 0..3_usize
        ) {
            let old = chain(entries.clone());
            let at = at % old.len();
            let mut entries = entries;
            entries[at].action.push_str("other");
            entries.truncate(entries.len() - cut.min(entries.len() - 1));
            let new = chain(entries);
            prop_assert_eq!(walk(&new, end(&new), &[]), Ok(end(&new)));
            prop_assert!(walk(&new, end(&new), &[end(&old)]).is_err());
        }
    }

    #[test]
    fn the_end_of_a_chain_is_where_the_database_says() {
        let mut runner = proptest::test_runner::TestRunner::deterministic();
        let entries = prop::collection::vec(entries(), 3).new_tree(&mut runner).expect("entries").current();
        let chain = chain(entries);
        let head = end(&chain);
        assert_eq!(walk(&chain[..2], head, &[]), Err(Broken::CutOff { last: 2, head: 3 }));
        assert_eq!(walk(&chain, chain[1].head(), &[]), Err(Broken::PutBehind { last: 3, head: 2 }));
        assert_eq!(walk(&chain, Head { hash: Hash([7; 32]), ..head }, &[]), Err(Broken::OtherEnd { seq: 3 }));
        let mut none = Walk::new(Head::none(head.tenant), &[]);
        assert_eq!(none.clone().end(None), Ok(Head::none(head.tenant)));
        none.step(&chain[0]).expect("the first");
        assert_eq!(none.end(None), Err(Broken::PutBehind { last: 1, head: 0 }));
    }
}
