//! What is held and nobody gives back: by processes that died, and by accident by this one.

use crate::store::db::Db;
use crate::store::{limits, runs};
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use uuid::Uuid;

/// How often it is looked for. What is found at two looks is freed: a process that lost its connection, and with it for a
/// moment the lock that says it lives, keeps what it holds.
const LOOK: Duration = Duration::from_secs(3);

/// Frees what is left over.
#[derive(Debug)]
pub struct Sweeper {
    pub(super) db: Db,
    pub(super) process: i64,
    pub(super) live: Arc<Mutex<HashSet<Uuid>>>,
}

/// What was found at the look before.
#[derive(Debug, Default)]
struct Found {
    gone: HashSet<i64>,
    lost: HashSet<Uuid>,
}

impl Sweeper {
    /// Looks now and then, for ever.
    pub async fn run(self) {
        let mut before = Found::default();
        loop {
            before = match self.look(&before).await {
                Ok(found) => found,
                Err(error) => {
                    tracing::warn!(%error, "what dead processes hold of limits could not be looked for");
                    Found::default()
                }
            };
            tokio::time::sleep(LOOK).await;
        }
    }

    async fn look(&self, before: &Found) -> sqlx::Result<Found> {
        let (others, ours) = limits::holders(&mut *self.db.work().await?, self.process).await?;
        let mut found = Found::default();
        for owner in others {
            let mut tx = self.db.begin_work().await?;
            if !runs::is_gone(&mut tx, owner).await? {
                continue;
            }
            if before.gone.contains(&owner) {
                let count = limits::free_owner(&mut tx, owner).await?;
                tracing::warn!(count, "what a process that is gone held of limits is free");
            } else {
                found.gone.insert(owner);
            }
            tx.commit().await?;
        }
        {
            let live = self.live.lock().unwrap_or_else(PoisonError::into_inner);
            found.lost = ours.into_iter().filter(|ticket| !live.contains(ticket)).collect();
        }
        let lost: Vec<Uuid> = found.lost.intersection(&before.lost).copied().collect();
        if !lost.is_empty() {
            tracing::error!(count = lost.len(), "what nobody held any more of limits is free");
            limits::free_tickets(&mut *self.db.work().await?, &lost).await?;
        }
        Ok(found)
    }
}
