//! The audit log: who changed what, from where, and how it was before and after.
//!
//! A tenant's entries are a chain. The hash of entry `n` is SHA-256 over the hash of entry `n - 1` (32 zero bytes before
//! the first) and the entry's canonical bytes ([`Entry::canonical`]), so that an entry that was changed, taken out or put
//! in later does not fit ([`chain::Walk`] finds the first that doesn't). Whoever can write to the database can also build
//! a whole new chain: against that helps a head ([`Head`]) that is kept elsewhere.

pub mod chain;
pub mod change;
pub mod export;
mod mask;

pub use change::Change;

use crate::domain::access::Actor;
use crate::domain::ids::{RequestId, TenantId};
use chrono::{DateTime, SubsecRound as _, Utc};
use sha2::{Digest as _, Sha256};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

/// The first bytes of everything that is hashed. Another number is another layout.
const LAYOUT: &[u8] = b"gateway audit entry 1\0";

/// A hash of the chain. It is written in hex.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// What stands before the first entry.
    pub const NONE: Self = Self([0; 32]);
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hash({self})")
    }
}

impl FromStr for Hash {
    type Err = hex::FromHexError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes)?;
        Ok(Self(bytes))
    }
}

/// The end of a chain: its last entry. It is written `<tenant>:<seq>:<hash>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    pub tenant: TenantId,
    /// 0: there is no entry yet.
    pub seq: i64,
    pub hash: Hash,
}

impl Head {
    /// Of a chain without entries.
    pub const fn none(tenant: TenantId) -> Self {
        Self { tenant, seq: 0, hash: Hash::NONE }
    }
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.tenant, self.seq, self.hash)
    }
}

/// A text that is no [`Head`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a head is written <tenant>:<number>:<hash>, as `gateway audit verify` prints it")]
pub struct NoHead;

impl FromStr for Head {
    type Err = NoHead;

    fn from_str(text: &str) -> Result<Self, NoHead> {
        let mut parts = text.trim().split(':');
        let mut next = || parts.next().ok_or(NoHead);
        let tenant = TenantId(next()?.parse().map_err(|_| NoHead)?);
        let seq = next()?.parse().map_err(|_| NoHead)?;
        let hash = next()?.parse().map_err(|_| NoHead)?;
        if parts.next().is_some() { Err(NoHead) } else { Ok(Self { tenant, seq, hash }) }
    }
}

/// Who did it, as it was known then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct By {
    /// `token`, `user`, `key` or `gateway`.
    pub kind: String,
    /// Of a user or a key.
    pub id: Option<Uuid>,
    /// An e-mail address, the name of a key.
    pub name: String,
    /// From where; `None`: not over the network.
    pub address: Option<String>,
}

/// What was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// `provider`, `agent`, …
    pub kind: String,
    pub id: Option<String>,
    /// As it was called then.
    pub name: Option<String>,
}

/// An entry before it has its place in the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub tenant: TenantId,
    pub id: Uuid,
    /// To the microsecond: that is how Postgres keeps it.
    pub at: DateTime<Utc>,
    pub by: By,
    /// The request that did it.
    pub request: Option<RequestId>,
    /// `noun.verb`: `provider.update`.
    pub action: String,
    pub object: Object,
    /// JSON: the members that changed, as they were.
    pub before: Option<String>,
    /// JSON: the members that changed, as they are.
    pub after: Option<String>,
}

/// An entry in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chained {
    pub entry: Entry,
    /// From 1, without gaps.
    pub seq: i64,
    /// The hash of the entry before it.
    pub previous: Hash,
    pub hash: Hash,
}

impl Entry {
    /// What `actor` changed.
    pub fn new(actor: &Actor, change: &Change, id: Uuid, at: DateTime<Utc>) -> Self {
        let object = change.object();
        Self {
            tenant: actor.tenant,
            id,
            at: at.trunc_subsecs(6),
            by: By {
                kind: actor.who.kind().to_owned(),
                id: actor.who.id(),
                name: actor.name.to_string(),
                address: actor.from.map(|address| address.to_string()),
            },
            request: actor.request,
            action: change.action().to_owned(),
            object: object.clone(),
            before: change.before().map(ToString::to_string),
            after: change.after().map(ToString::to_string),
        }
    }

    /// The bytes that are hashed: the layout's name, then every field in the order of the table's columns (tenant, seq,
    /// id, time, actor's kind, id, name and address, request, action, object's type, id and name, before, after). A field
    /// is the length of its bytes as 8 bytes, the most significant first, and the bytes; one that is absent is 8 bytes of
    /// 0xff. Texts are UTF-8, ids their 16 bytes, numbers 8 bytes, the most significant first; the time counts
    /// microseconds since 1970.
    pub fn canonical(&self, seq: i64) -> Vec<u8> {
        let mut bytes = LAYOUT.to_vec();
        let mut field = |value: Option<&[u8]>| match value {
            Some(value) => {
                bytes.extend((value.len() as u64).to_be_bytes());
                bytes.extend(value);
            }
            None => bytes.extend(u64::MAX.to_be_bytes()),
        };
        let text = |text: &Option<String>| text.as_ref().map(|text| text.as_bytes().to_vec());
        field(Some(self.tenant.0.as_bytes()));
        field(Some(&seq.to_be_bytes()));
        field(Some(self.id.as_bytes()));
        field(Some(&self.at.timestamp_micros().to_be_bytes()));
        field(Some(self.by.kind.as_bytes()));
        field(self.by.id.as_ref().map(|id| id.as_bytes().as_slice()));
        field(Some(self.by.name.as_bytes()));
        field(text(&self.by.address).as_deref());
        field(self.request.as_ref().map(|id| id.0.as_bytes().as_slice()));
        field(Some(self.action.as_bytes()));
        field(Some(self.object.kind.as_bytes()));
        field(text(&self.object.id).as_deref());
        field(text(&self.object.name).as_deref());
        field(text(&self.before).as_deref());
        field(text(&self.after).as_deref());
        bytes
    }

    /// In its place: behind `head`.
    pub fn behind(self, head: &Head) -> Chained {
        let seq = head.seq + 1;
        let hash = self.hash(seq, head.hash);
        Chained { entry: self, seq, previous: head.hash, hash }
    }

    fn hash(&self, seq: i64, previous: Hash) -> Hash {
        let digest = Sha256::new().chain_update(previous.0).chain_update(self.canonical(seq));
        Hash(digest.finalize().into())
    }
}

impl Chained {
    /// The end of the chain when this is its last entry.
    pub fn head(&self) -> Head {
        Head { tenant: self.entry.tenant, seq: self.seq, hash: self.hash }
    }

    /// Whether its hash is that of its content.
    pub fn is_whole(&self) -> bool {
        self.entry.hash(self.seq, self.previous) == self.hash
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text() -> impl Strategy<Value = String> {
        // Few and short ones, so that two fields are often alike.
        "[ab:\\x00]{0,3}"
    }

    fn maybe<T: fmt::Debug>(of: impl Strategy<Value = T>) -> impl Strategy<Value = Option<T>> {
        prop::option::of(of)
    }

    prop_compose! {
        pub(crate) fn entries()(
            tenant in 0..3_u128, id in 0..3_u128, at in 0..3_i64, kind in text(), who in maybe(0..3_u128), name in text(),
            address in maybe(text()), request in maybe(0..3_u128), (action, object) in (text(), text()),
            (object_id, object_name) in (maybe(text()), maybe(text())),
            (before, after) in (maybe(text()), maybe(text())),
        ) -> Entry {
            Entry {
                tenant: TenantId(Uuid::from_u128(tenant)),
                id: Uuid::from_u128(id),
                at: DateTime::from_timestamp_micros(at).expect("a time"),
                by: By { kind, id: who.map(Uuid::from_u128), name, address },
                request: request.map(|id| RequestId(Uuid::from_u128(id))),
                action,
                object: Object { kind: object, id: object_id, name: object_name },
                before,
                after,
            }
        }
    }

    proptest! {
        #[test]
        fn two_entries_that_differ_in_any_field_differ_in_their_bytes_and_hash(
            one in entries(), other in entries(), (seq, other_seq) in (1..3_i64, 1..3_i64)
        ) {
            let same = one == other && seq == other_seq;
            prop_assert_eq!(one.canonical(seq) == other.canonical(other_seq), same);
            prop_assert_eq!(one.hash(seq, Hash::NONE) == other.hash(other_seq, Hash::NONE), same);
            prop_assert_ne!(one.hash(seq, Hash::NONE), one.hash(seq, Hash([1; 32])));
        }

        #[test]
        fn what_one_field_loses_and_the_next_one_gains_changes_the_hash(entry in entries()) {
            let mut other = entry.clone();
            other.by.name.push('x');
            let mut shifted = entry.clone();
            shifted.by.address = Some(format!("x{}", entry.by.address.clone().unwrap_or_default()));
            prop_assert_ne!(entry.canonical(1), other.canonical(1));
            prop_assert_ne!(other.canonical(1), shifted.canonical(1));
        }

        #[test]
        fn a_head_is_read_as_it_was_written(tenant: u128, seq in 0..i64::MAX, hash: [u8; 32]) {
            let head = Head { tenant: TenantId(Uuid::from_u128(tenant)), seq, hash: Hash(hash) };
            prop_assert_eq!(head.to_string().parse(), Ok(head));
        }
    }

    #[test]
    fn a_time_is_hashed_as_the_database_keeps_it() {
        let at = DateTime::from_timestamp(1_800_000_000, 123_456_789).expect("a time");
        let actor = Actor::gateway(TenantId(Uuid::nil()));
        let entry = Entry::new(&actor, &Change::new("provider.release"), Uuid::nil(), at);
        assert_eq!(entry.at.timestamp_subsec_nanos(), 123_456_000);
    }

    /// The layout is part of every installation's log: this hash never changes.
    #[test]
    fn the_layout_is_the_one_that_logs_were_written_with() {
        let entry = Entry {
            tenant: TenantId(Uuid::from_u128(1)),
            id: Uuid::from_u128(2),
            at: DateTime::from_timestamp_micros(1_800_000_000_000_000).expect("a time"),
            by: By {
                kind: "user".into(),
                id: Some(Uuid::from_u128(3)),
                name: "ada@example.com".into(),
                address: Some("192.0.2.1".into()),
            },
            request: Some(RequestId(Uuid::from_u128(4))),
            action: "provider.update".into(),
            object: Object { kind: "provider".into(), id: Some("5".into()), name: Some("main".into()) },
            before: Some("{\"enabled\":true}".into()),
            after: Some("{\"enabled\":false}".into()),
        };
        let chained = entry.behind(&Head::none(TenantId(Uuid::from_u128(1))));
        assert!(chained.is_whole());
        assert_eq!(
            chained.hash.to_string(),
            "1c89cae078d1b20fc12c8bfdcdfb0e3b9ead33f20d8bedfd2ec1d5a1127a813d"
        );
    }
}
