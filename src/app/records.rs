//! The record of what was served, written behind the answers.
//!
//! Lossy by policy: when the database can't keep up, records are dropped and counted, and no request waits.

use crate::app::batches;
use crate::app::events::{self, Event, Events, FinishedRequest, Told};
use crate::domain::ids::ProviderId;
use crate::store::db::Db;
use crate::store::requests::{self, RequestRecord};
use crate::telemetry::metrics::Metrics;
use std::slice;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Records waiting to be written, at most.
const CAPACITY: usize = 4096;
/// Records in one transaction, at most.
const BATCH: usize = 256;
/// How long the first record of a batch waits for others.
const LINGER: Duration = Duration::from_millis(100);

/// The way in.
#[derive(Clone)]
pub struct Recorder {
    queue: mpsc::Sender<RequestRecord>,
    metrics: Arc<Metrics>,
}

/// The end that writes.
pub struct RecordWriter {
    queue: mpsc::Receiver<RequestRecord>,
    metrics: Arc<Metrics>,
    events: Events,
}

/// A queue of records: the way in and the end that writes, and tells of each request once it is written.
pub fn channel(metrics: Arc<Metrics>, events: Events) -> (Recorder, RecordWriter) {
    let (send, receive) = mpsc::channel(CAPACITY);
    (Recorder { queue: send, metrics: metrics.clone() }, RecordWriter { queue: receive, metrics, events })
}

impl Recorder {
    /// Hands a record over without waiting.
    pub fn record(&self, record: RequestRecord) {
        if self.queue.try_send(record).is_err() {
            self.metrics.records_dropped(1);
        }
    }
}

impl RecordWriter {
    /// Writes until `stopping` fires, and then what is still in the queue.
    pub async fn run(mut self, db: Db, stopping: CancellationToken) {
        let mut batch = Vec::new();
        while batches::gather(&mut self.queue, &mut batch, BATCH, LINGER, &stopping).await {
            self.write(&db, &batch).await;
            batch.clear();
        }
    }

    /// What can't be written is counted and given up: whoever asks is served in any case.
    async fn write(&self, db: &Db, batch: &[RequestRecord]) {
        // Told with the record: whoever hears of a request can read it. A second try tells the same event.
        let told: Vec<Told> = batch.iter().map(|r| self.events.told(r.tenant, &finished(r))).collect();
        let Err(error) = write(db, batch, &told).await else { return };
        let lost = match &error {
            // One record that Postgres refuses takes no other with it.
            sqlx::Error::Database(_) => one_by_one(db, batch, &told).await,
            // The connection broke: the next one may be whole. What was written nevertheless is not written twice.
            _ if write(db, batch, &told).await.is_ok() => 0,
            _ => batch.len(),
        };
        if lost > 0 {
            tracing::warn!(%error, lost, "request records could not be written");
            self.metrics.records_dropped(lost as u64);
        }
    }
}

/// How many could not be written.
async fn one_by_one(db: &Db, batch: &[RequestRecord], told: &[Told]) -> usize {
    let mut lost = 0;
    for (record, told) in batch.iter().zip(told) {
        if let Err(error) = write(db, slice::from_ref(record), slice::from_ref(told)).await {
            tracing::debug!(%error, request_id = %record.id, "a request record was refused");
            lost += 1;
        }
    }
    lost
}

async fn write(db: &Db, batch: &[RequestRecord], told: &[Told]) -> sqlx::Result<()> {
    let mut tx = db.begin_work().await?;
    requests::insert(&mut tx, batch).await?;
    events::tell(&mut tx, told).await?;
    tx.commit().await
}

fn finished(record: &RequestRecord) -> Event {
    let first = record.attempts.first();
    let name = |(_, name): &(ProviderId, String)| name.clone();
    Event::RequestFinished(Box::new(FinishedRequest {
        id: record.id,
        started_at: record.started_at,
        duration_ms: record.duration_ms,
        endpoint: record.endpoint,
        model: requests::name(&record.model),
        agent_key: record.agent_key.clone(),
        pool_owner: record.pool_owner.as_ref().map(name),
        provider_name: record.provider.as_ref().map(name),
        selected_provider: first.map(|a| a.provider_name.clone()),
        attempt_count: record.attempts.len(),
        used_failover: record
            .provider
            .as_ref()
            .is_some_and(|(id, _)| first.is_some_and(|a| a.provider != *id)),
        status: record.status,
        http_status: record.http_status,
        error_code: record.error.as_ref().map(|(code, _)| requests::name(code)),
    }))
}
