//! Leases to Postgres, and to and from the other replicas.

use super::Accounts;
use crate::app::clock::Clock;
use crate::domain::ids::ProviderId;
use crate::domain::routing::health::{Block, BlockReason, Change};
use crate::store::blocks;
use crate::store::db::Db;
use crate::store::notify::notify;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// The channel of Postgres on which leases are told.
pub const CHANNEL: &str = "gateway_blocks";
/// How long a lease that could not be written waits for the next try.
const RETRY: Duration = Duration::from_secs(1);
/// Leases that ended longer ago are removed.
const KEPT: TimeDelta = TimeDelta::days(1);

/// A lease that was made or lifted here.
#[derive(Clone, Debug)]
pub struct News {
    pub provider: ProviderId,
    pub change: Change,
    pub at: DateTime<Utc>,
}

/// The same as one replica tells it to the others.
#[derive(Debug, Deserialize, Serialize)]
struct Told {
    /// The process that tells it: it knows already.
    from: Uuid,
    provider: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    model: Option<String>,
    reason: BlockReason,
    since: DateTime<Utc>,
    /// Absent: the lease is lifted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<DateTime<Utc>>,
    #[serde(default)]
    upstream_said: bool,
    #[serde(default)]
    opened: u32,
}

/// What shares the leases of this process.
pub struct Sharing {
    pub db: Db,
    pub clock: Clock,
    pub accounts: Arc<Accounts>,
    /// Of this process.
    pub id: Uuid,
}

impl Sharing {
    /// Reads the leases of Postgres: at the start, and when telling was interrupted.
    pub async fn load(&self) -> sqlx::Result<()> {
        for (provider, block) in blocks::list(&mut *self.db.work().await?).await? {
            self.accounts.adopt(provider, block);
        }
        Ok(())
    }

    /// A notification of the channel. One that cannot be read is of a newer version: the next reading will tell.
    pub fn heard(&self, payload: &str) {
        let Ok(told) = serde_json::from_str::<Told>(payload) else { return };
        if told.from == self.id {
            return;
        }
        let provider = ProviderId(told.provider);
        match told.until {
            Some(until) => {
                let Told { model, reason, since, upstream_said: told, opened, .. } = told;
                self.accounts.adopt(provider, Block { model, reason, since, until, told, opened });
            }
            None => self.accounts.forget(provider, told.model.as_deref(), told.reason, told.since),
        }
    }

    /// Writes what changes until `stopping` fires, and then what is left. What Postgres does not take at once is kept
    /// for the next try: a lease that is not written would be forgotten at the next start.
    pub async fn run(&self, mut news: mpsc::UnboundedReceiver<News>, stopping: CancellationToken) {
        let mut waiting: Vec<News> = Vec::new();
        loop {
            tokio::select! {
                biased;
                () = stopping.cancelled(), if !news.is_closed() => news.close(),
                got = news.recv_many(&mut waiting, 256), if waiting.is_empty() => if got == 0 { break },
                // The last try failed.
                () = tokio::time::sleep(RETRY), if !waiting.is_empty() => {}
            }
            if waiting.is_empty() {
                continue;
            }
            match self.write(&waiting).await {
                Ok(()) => waiting.clear(),
                Err(error) => {
                    tracing::warn!(%error, waiting = waiting.len(), "leases could not be written, trying again");
                    if news.is_closed() {
                        break;
                    }
                }
            }
        }
    }

    async fn write(&self, news: &[News]) -> sqlx::Result<()> {
        let mut tx = self.db.begin_work().await?;
        let mut payloads = Vec::with_capacity(news.len());
        for News { provider, change, at } in news {
            let told = match change {
                Change::Blocked(block) => {
                    blocks::put(&mut tx, *provider, block).await?;
                    Told {
                        from: self.id,
                        provider: provider.0,
                        model: block.model.clone(),
                        reason: block.reason,
                        since: block.since,
                        until: Some(block.until),
                        upstream_said: block.told,
                        opened: block.opened,
                    }
                }
                Change::Lifted { model, reason } => {
                    blocks::remove(&mut tx, *provider, model.as_deref(), *reason, *at).await?;
                    Told {
                        from: self.id,
                        provider: provider.0,
                        model: model.clone(),
                        reason: *reason,
                        since: *at,
                        until: None,
                        upstream_said: false,
                        opened: 0,
                    }
                }
            };
            payloads.extend(serde_json::to_string(&told));
        }
        notify(&mut tx, CHANNEL, &payloads).await?;
        tx.commit().await
    }

    /// One pass: removes leases that ended long ago.
    pub async fn prune(&self) -> sqlx::Result<u64> {
        blocks::prune(&mut *self.db.work().await?, self.clock.now() - KEPT).await
    }
}
