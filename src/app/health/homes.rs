//! Where conversations live, to Postgres and to and from the other replicas. Behind the requests, and lossy: a home that
//! nobody heard of costs a prompt cache once.

use super::Accounts;
use crate::app::batches;
use crate::app::clock::Clock;
use crate::domain::ids::ProviderId;
use crate::domain::routing::affinity::{ConversationKey, Home};
use crate::store::db::Db;
use crate::store::homes;
use crate::store::notify::notify;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// The channel of Postgres on which homes are told.
pub const CHANNEL: &str = "gateway_homes";
/// Homes waiting to be written, at most.
pub const CAPACITY: usize = 8_192;
/// Homes in one transaction, at most.
const BATCH: usize = 512;
/// How long the first home of a batch waits for others.
const LINGER: Duration = Duration::from_millis(50);
/// Homes in one notification: Postgres takes 8000 bytes.
const TOLD: usize = 40;
/// Homes that are read at the start.
const MOST: u32 = 100_000;

/// As one replica tells them to the others.
#[derive(Deserialize, Serialize)]
struct Told {
    /// The process that tells: it knows already.
    from: Uuid,
    /// Key in hex, home, last, when.
    homes: Vec<(String, Uuid, Uuid, DateTime<Utc>)>,
}

/// What shares the homes of this process.
pub struct HomeSharing {
    pub db: Db,
    pub clock: Clock,
    pub accounts: Arc<Accounts>,
    pub ttl: TimeDelta,
    /// Of this process.
    pub id: Uuid,
}

impl HomeSharing {
    /// Reads the homes of Postgres: at the start.
    pub async fn load(&self) -> sqlx::Result<()> {
        let since = self.clock.now() - self.ttl;
        for (key, home) in homes::list(&mut *self.db.work().await?, since, MOST).await? {
            self.accounts.homes().adopt(key, home);
        }
        Ok(())
    }

    /// A notification of the channel; one that cannot be read is of another version.
    pub fn heard(&self, payload: &str) {
        let Ok(told) = serde_json::from_str::<Told>(payload) else { return };
        if told.from == self.id {
            return;
        }
        let mut known = self.accounts.homes();
        for (key, home, last, at) in told.homes {
            if let Ok(key) = u128::from_str_radix(&key, 16) {
                let home = Home { home: ProviderId(home), last: ProviderId(last), at };
                known.adopt(ConversationKey(key), home);
            }
        }
    }

    /// Writes what changes until `stopping` fires, and then what is left.
    pub async fn run(&self, mut news: mpsc::Receiver<(ConversationKey, Home)>, stopping: CancellationToken) {
        let mut batch = Vec::new();
        while batches::gather(&mut news, &mut batch, BATCH, LINGER, &stopping).await {
            // One row may not be written twice by one statement.
            let newest: HashMap<ConversationKey, Home> = batch.drain(..).collect();
            let mut newest: Vec<_> = newest.into_iter().collect();
            // Two replicas that write the same rows take them in one order.
            newest.sort_unstable_by_key(|(key, _)| *key);
            if let Err(error) = self.write(&newest).await {
                tracing::warn!(%error, lost = newest.len(), "the homes of conversations could not be written");
            }
        }
    }

    async fn write(&self, batch: &[(ConversationKey, Home)]) -> sqlx::Result<()> {
        let mut tx = self.db.begin_work().await?;
        homes::put(&mut tx, batch).await?;
        let payload = |part: &[(ConversationKey, Home)]| {
            let told = part.iter().map(|(key, h)| (format!("{:x}", key.0), h.home.0, h.last.0, h.at));
            serde_json::to_string(&Told { from: self.id, homes: told.collect() }).ok()
        };
        let payloads: Vec<String> = batch.chunks(TOLD).filter_map(payload).collect();
        notify(&mut tx, CHANNEL, &payloads).await?;
        tx.commit().await
    }

    /// One pass: forgets conversations that rest.
    pub async fn prune(&self) -> sqlx::Result<u64> {
        homes::prune(&mut *self.db.work().await?, self.clock.now() - self.ttl).await
    }
}
