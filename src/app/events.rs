//! What happens, told to whoever watches: on every replica, each event once.
//!
//! An event goes to Postgres (`NOTIFY`), and every replica, the one that told it among them, hears it from there: all
//! hear the same events in the same order, so that a watcher can go on at another replica where the first one stopped.
//! The newest ones are kept for that. Where events may have been missed, a `reset` says so: read everything anew.
//!
//! Lossy by policy: an event is a hint to look, and nobody waits for one.

use crate::app::clock::Clock;
use crate::domain::ids::{ProviderId, RequestId, TenantId};
use crate::domain::routing::health::ModelBlock;
use crate::store::db::Db;
use crate::store::notify::{MOST_BYTES, notify};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use sqlx::PgConnection;
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{broadcast, mpsc};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// The channel on which replicas tell each other.
pub const CHANNEL: &str = "gateway_events";
/// Events waiting to be told, at most.
const CAPACITY: usize = 1_024;
/// How long the first event of a batch waits for others.
const LINGER: Duration = Duration::from_millis(25);
/// How long after a failure the database is tried again.
const AGAIN: Duration = Duration::from_secs(1);
/// Events of one tenant that are kept for who comes back.
const KEPT: usize = 512;
/// Events that one watcher may be behind; then it has to read everything anew.
const BEHIND: usize = 256;
/// The name of the event that says so.
const RESET: &str = "reset";

/// Something that happened in a tenant.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "type")]
pub enum Event {
    /// A provider is in another state: what the provider's page shows as `status`.
    #[serde(rename = "provider.status")]
    ProviderStatus { provider_id: ProviderId, provider_name: String, status: Value },
    /// An account's health changed.
    #[serde(rename = "provider.health")]
    ProviderHealth { provider_id: ProviderId, provider_name: String, health: Value },
    /// More is known of an account's quota.
    #[serde(rename = "provider.quota")]
    ProviderQuota { provider_id: ProviderId, provider_name: String, quota: Value },
    /// An account is left alone for a while, or no longer (`null`); or models on it are, those of the list.
    #[serde(rename = "provider.cooldown")]
    ProviderCooldown {
        provider_id: ProviderId,
        provider_name: String,
        cooldown: Value,
        model_blocks: Vec<ModelBlock>,
    },
    /// A request ended, and its record can be read.
    #[serde(rename = "request.finished")]
    RequestFinished(Box<FinishedRequest>),
}

/// What a list needs to show a request that has just ended.
#[derive(Clone, Debug, Serialize)]
pub struct FinishedRequest {
    pub id: RequestId,
    pub started_at: DateTime<Utc>,
    pub duration_ms: i64,
    pub endpoint: &'static str,
    pub model: String,
    pub agent_key: Option<String>,
    pub pool_owner: Option<String>,
    /// Who served.
    pub provider_name: Option<String>,
    /// Who was tried first.
    pub selected_provider: Option<String>,
    pub attempt_count: usize,
    pub used_failover: bool,
    pub status: &'static str,
    pub http_status: u16,
    pub error_code: Option<String>,
}

impl Event {
    /// Its type, as it says in itself.
    pub fn name(&self) -> &'static str {
        match self {
            Self::ProviderStatus { .. } => "provider.status",
            Self::ProviderHealth { .. } => "provider.health",
            Self::ProviderQuota { .. } => "provider.quota",
            Self::ProviderCooldown { .. } => "provider.cooldown",
            Self::RequestFinished(_) => "request.finished",
        }
    }
}

/// An event on its way to the replicas.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Told {
    id: Uuid,
    /// `None`: of all of them.
    tenant: Option<TenantId>,
    name: String,
    data: Box<RawValue>,
}

/// An event as a watcher gets it.
#[derive(Clone, Debug)]
pub struct Heard {
    /// Where to go on after it.
    pub id: Uuid,
    /// Its type.
    pub name: String,
    /// A JSON object on one line.
    pub data: String,
}

/// The events of this process; clones share them.
#[derive(Clone)]
pub struct Events {
    outgoing: mpsc::Sender<Told>,
    shared: Arc<Shared>,
    clock: Clock,
}

struct Shared {
    feeds: Mutex<HashMap<TenantId, Feed>>,
    /// An event could not be told.
    lost: AtomicBool,
}

/// The events of one tenant.
struct Feed {
    /// The newest, oldest first.
    kept: VecDeque<Arc<Heard>>,
    /// The place before the oldest of them.
    before: Uuid,
    live: broadcast::Sender<Arc<Heard>>,
}

/// The end that tells.
pub struct Teller {
    queue: mpsc::Receiver<Told>,
    events: Events,
}

/// The events of a process and the end that tells them.
pub fn channel(clock: Clock) -> (Events, Teller) {
    let (send, queue) = mpsc::channel(CAPACITY);
    let shared = Shared { feeds: Mutex::default(), lost: AtomicBool::new(false) };
    let events = Events { outgoing: send, shared: Arc::new(shared), clock };
    (events.clone(), Teller { queue, events })
}

impl Events {
    /// Tells everybody who watches the tenant, soon and without waiting.
    pub fn publish(&self, tenant: TenantId, event: &Event) {
        if self.outgoing.try_send(self.told(tenant, event)).is_err() {
            self.shared.lost.store(true, Ordering::Relaxed);
        }
    }

    /// An event with its id, for [`tell`].
    pub fn told(&self, tenant: TenantId, event: &Event) -> Told {
        let id = self.clock.new_id();
        let data = serde_json::value::to_raw_value(event).ok();
        // What can't be carried has to be read.
        match data.filter(|data| data.get().len() + 200 < MOST_BYTES) {
            Some(data) => Told { id, tenant: Some(tenant), name: event.name().to_owned(), data },
            None => reset(id, Some(tenant)),
        }
    }

    /// A notification came in.
    pub fn hear(&self, payload: &str) {
        let all: Vec<Told> = match serde_json::from_str(payload) {
            Ok(all) => all,
            // Of another version of this program.
            Err(error) => {
                tracing::warn!(%error, "events of another replica could not be read");
                return self.missed();
            }
        };
        let mut feeds = self.feeds();
        for Told { id, tenant, name, data } in all {
            match tenant {
                Some(tenant) if name == RESET => {
                    feeds.entry(tenant).or_insert_with(|| Feed::new(id)).reset(id);
                }
                Some(tenant) => {
                    let heard = Heard { id, name, data: data.get().to_owned() };
                    let feed = feeds.entry(tenant).or_insert_with(|| Feed::new(self.clock.new_id()));
                    // Replicas see the same of an account at the same time, and each tells it.
                    if !feed.was_just_told(&heard) {
                        feed.push(heard);
                    }
                }
                None => feeds.values_mut().for_each(|feed| feed.reset(id)),
            }
        }
    }

    /// Events may have been told that were not heard here.
    pub fn missed(&self) {
        let id = self.clock.new_id();
        self.feeds().values_mut().for_each(|feed| feed.reset(id));
    }

    /// Watches a tenant: from the event after `after` on, else from now on. Where it can't be told what came since, the
    /// first event is a `reset`.
    pub fn watch(&self, tenant: TenantId, after: Option<Uuid>) -> Watcher {
        let mut feeds = self.feeds();
        let feed = feeds.entry(tenant).or_insert_with(|| Feed::new(self.clock.new_id()));
        let missed = match after {
            None => VecDeque::new(),
            Some(after) => feed.since(after).unwrap_or_else(|| VecDeque::from([feed.reset_event()])),
        };
        let begin = after.is_none().then(|| feed.newest());
        Watcher { begin, missed, live: feed.live.subscribe(), tenant, events: self.clone() }
    }

    fn feeds(&self) -> MutexGuard<'_, HashMap<TenantId, Feed>> {
        self.shared.feeds.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Feed {
    /// Whether the last event of this type about the same provider said the same.
    fn was_just_told(&self, heard: &Heard) -> bool {
        if !heard.name.starts_with("provider.") {
            return false;
        }
        let about = |data: &str| provider_in(data).map(str::to_owned);
        let provider = about(&heard.data);
        let alike =
            self.kept.iter().rev().take(64).find(|e| e.name == heard.name && about(&e.data) == provider);
        alike.is_some_and(|last| last.data == heard.data)
    }

    fn new(before: Uuid) -> Self {
        Self { kept: VecDeque::new(), before, live: broadcast::Sender::new(BEHIND) }
    }

    fn newest(&self) -> Uuid {
        self.kept.back().map_or(self.before, |heard| heard.id)
    }

    fn push(&mut self, heard: Heard) {
        // A batch whose commit was not heard of is told again.
        if self.kept.iter().any(|kept| kept.id == heard.id) {
            return;
        }
        let heard = Arc::new(heard);
        if self.kept.len() == KEPT
            && let Some(oldest) = self.kept.pop_front()
        {
            self.before = oldest.id;
        }
        self.kept.push_back(heard.clone());
        // Nobody watches: that is fine.
        let _ = self.live.send(heard);
    }

    /// What is kept can't be gone on from any more.
    fn reset(&mut self, id: Uuid) {
        self.kept.clear();
        self.before = id;
        let _ = self.live.send(self.reset_event());
    }

    fn reset_event(&self) -> Arc<Heard> {
        let id = self.newest();
        Arc::new(Heard { id, name: RESET.into(), data: format!("{{\"type\":\"{RESET}\"}}") })
    }

    /// What came after an event; `None` when that event is not known any more.
    fn since(&self, after: Uuid) -> Option<VecDeque<Arc<Heard>>> {
        let from =
            if after == self.before { 0 } else { self.kept.iter().position(|heard| heard.id == after)? + 1 };
        Some(self.kept.range(from..).cloned().collect())
    }
}

/// Watches one tenant's events.
pub struct Watcher {
    /// The place at which it began, to go on from when there was no event yet; `None` when it goes on itself.
    pub begin: Option<Uuid>,
    missed: VecDeque<Arc<Heard>>,
    live: broadcast::Receiver<Arc<Heard>>,
    tenant: TenantId,
    events: Events,
}

impl Watcher {
    /// The next event. Whoever is too slow for them gets a `reset` in the place of those that it lost. Dropping the
    /// future loses nothing.
    pub async fn next(&mut self) -> Arc<Heard> {
        if let Some(heard) = self.missed.pop_front() {
            return heard;
        }
        if let Ok(heard) = self.live.recv().await {
            return heard;
        }
        let mut feeds = self.events.feeds();
        let feed = feeds.entry(self.tenant).or_insert_with(|| Feed::new(self.events.clock.new_id()));
        self.live = feed.live.subscribe();
        feed.reset_event()
    }
}

fn reset(id: Uuid, tenant: Option<TenantId>) -> Told {
    Told { id, tenant, name: RESET.into(), data: RawValue::NULL.to_owned() }
}

/// Tells all replicas when the transaction commits.
pub async fn tell(conn: &mut PgConnection, told: &[Told]) -> sqlx::Result<()> {
    if told.is_empty() {
        return Ok(());
    }
    notify(conn, CHANNEL, &payloads(told)).await
}

/// As many events in each payload as it can carry.
fn payloads(told: &[Told]) -> Vec<String> {
    let mut payloads = Vec::new();
    let mut open = String::new();
    for event in told {
        let Ok(text) = serde_json::to_string(event) else { continue };
        if !open.is_empty() && open.len() + text.len() + 2 > MOST_BYTES {
            open.push(']');
            payloads.push(std::mem::take(&mut open));
        }
        open.push(if open.is_empty() { '[' } else { ',' });
        open.push_str(&text);
    }
    if !open.is_empty() {
        open.push(']');
        payloads.push(open);
    }
    payloads
}

impl Teller {
    /// Tells until `stopping` fires, and then what is still in the queue.
    pub async fn run(mut self, db: Db, stopping: CancellationToken) {
        let mut batch = Vec::new();
        let lost = &self.events.shared.lost;
        loop {
            let owing = lost.load(Ordering::Relaxed);
            tokio::select! {
                biased;
                got = self.queue.recv_many(&mut batch, CAPACITY) => if got == 0 { break },
                () = stopping.cancelled() => self.queue.close(),
                () = tokio::time::sleep(AGAIN), if owing => {}
            }
            if !stopping.is_cancelled() {
                tokio::time::sleep(LINGER).await;
                while let Ok(told) = self.queue.try_recv() {
                    batch.push(told);
                }
            }
            if lost.swap(false, Ordering::Relaxed) {
                batch.push(reset(self.events.clock.new_id(), None));
            }
            if !batch.is_empty()
                && let Err(error) = send(&db, &batch).await
            {
                tracing::warn!(%error, "events could not be told");
                lost.store(true, Ordering::Relaxed);
            }
            batch.clear();
        }
    }
}

async fn send(db: &Db, batch: &[Told]) -> sqlx::Result<()> {
    let mut tx = db.begin_work().await?;
    tell(&mut tx, batch).await?;
    tx.commit().await
}

/// The id of the provider that an event is about.
fn provider_in(data: &str) -> Option<&str> {
    let (_, rest) = data.split_once("\"provider_id\":\"")?;
    rest.split_once('"').map(|(id, _)| id)
}

#[cfg(test)]
mod tests;
