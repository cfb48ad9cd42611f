//! The keys in memory: every replica's copy of what holds for each.

use crate::domain::api_key::{ApiKey, KeyState, Standing};
use crate::domain::ids::KeyId;
use arc_swap::ArcSwap;
use chrono::{DateTime, Utc};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use subtle::ConstantTimeEq as _;

/// SHA-256 of a key.
pub type Digest = [u8; 32];

/// All keys of all tenants. Empty until they are read.
#[derive(Debug, Default)]
pub struct KeyRing(ArcSwap<Ring>);

#[derive(Debug, Default)]
struct Ring {
    keys: HashMap<Digest, Held>,
    by_id: HashMap<KeyId, Digest>,
}

/// A key, and when it was used. Unix seconds; 0 is never.
#[derive(Clone, Debug)]
struct Held {
    key: Arc<ApiKey>,
    used_at: Arc<AtomicI64>,
    written_at: Arc<AtomicI64>,
}

impl KeyRing {
    /// The key of this digest when it works, which counts as a use of it.
    pub fn find(&self, digest: &Digest, now: DateTime<Utc>) -> Option<Arc<ApiKey>> {
        let ring = self.0.load();
        // The table compares as it likes, and digests tell nothing of a key; the last word is a comparison that takes as
        // long whatever differs.
        let (known, held) = ring.keys.get_key_value(digest)?;
        if !bool::from(known.ct_eq(digest)) || held.key.state(now) != KeyState::Active {
            return None;
        }
        held.used_at.store(now.timestamp(), Ordering::Relaxed);
        Some(held.key.clone())
    }

    /// The key of this id when it works.
    pub fn get(&self, id: KeyId, now: DateTime<Utc>) -> Option<Arc<ApiKey>> {
        let ring = self.0.load();
        let held = ring.keys.get(ring.by_id.get(&id)?)?;
        (held.key.state(now) == KeyState::Active).then(|| held.key.clone())
    }

    /// How it stands with the owner of a key.
    pub(super) fn standing(&self, id: KeyId) -> Option<Standing> {
        let ring = self.0.load();
        ring.keys.get(ring.by_id.get(&id)?)?.key.standing
    }

    /// These are all of them now. What is unchanged keeps its place in memory, and when it was used.
    pub(super) fn replace(&self, keys: Vec<(Digest, ApiKey)>) {
        let before = self.0.load();
        let new = keys.into_iter().map(|(digest, mut key)| {
            let old = before.keys.get(&digest);
            if let Some(old) = old.filter(|old| *old.key.reach == *key.reach) {
                key.reach = old.key.reach.clone();
            }
            let time =
                |pick: fn(&Held) -> &Arc<AtomicI64>| old.map(|old| pick(old).clone()).unwrap_or_default();
            let (used_at, written_at) = (time(|held| &held.used_at), time(|held| &held.written_at));
            (digest, Held { key: Arc::new(key), used_at, written_at })
        });
        let keys: HashMap<Digest, Held> = new.collect();
        let by_id = keys.iter().map(|(digest, held)| (held.key.id, *digest)).collect();
        self.0.store(Arc::new(Ring { keys, by_id }));
    }

    /// The uses that are not written down yet. A failure to write them costs nothing but that.
    pub(super) fn take_uses(&self) -> Vec<(uuid::Uuid, DateTime<Utc>)> {
        let new = |held: &Held| {
            let used = held.used_at.load(Ordering::Relaxed);
            let written = held.written_at.swap(used, Ordering::Relaxed);
            if used > written { Some((held.key.id.0, DateTime::from_timestamp(used, 0)?)) } else { None }
        };
        self.0.load().keys.values().filter_map(new).collect()
    }
}
