//! The record of what was served, written behind the answers.
//!
//! Lossy by policy: when the database can't keep up, records are dropped and counted, and no request waits.

use crate::store::requests::{self, RequestRecord};
use crate::telemetry::metrics::Metrics;
use sqlx::PgPool;
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
}

/// A queue of records: the way in and the end that writes.
pub fn channel(metrics: Arc<Metrics>) -> (Recorder, RecordWriter) {
    let (send, receive) = mpsc::channel(CAPACITY);
    (Recorder { queue: send, metrics: metrics.clone() }, RecordWriter { queue: receive, metrics })
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
    pub async fn run(mut self, db: PgPool, stopping: CancellationToken) {
        let mut batch = Vec::new();
        loop {
            tokio::select! {
                biased;
                got = self.queue.recv_many(&mut batch, BATCH) => if got == 0 { break },
                () = stopping.cancelled() => self.queue.close(),
            }
            if batch.len() < BATCH && !stopping.is_cancelled() {
                tokio::time::sleep(LINGER).await;
                while batch.len() < BATCH
                    && let Ok(record) = self.queue.try_recv()
                {
                    batch.push(record);
                }
            }
            if batch.is_empty() {
                continue;
            }
            self.write(&db, &batch).await;
            batch.clear();
        }
    }

    /// What can't be written is counted and given up: whoever asks is served in any case.
    async fn write(&self, db: &PgPool, batch: &[RequestRecord]) {
        let Err(error) = write(db, batch).await else { return };
        let lost = match &error {
            // One record that Postgres refuses takes no other with it.
            sqlx::Error::Database(_) => one_by_one(db, batch).await,
            // The connection broke: the next one may be whole. What was written nevertheless is not written twice.
            _ if write(db, batch).await.is_ok() => 0,
            _ => batch.len(),
        };
        if lost > 0 {
            tracing::warn!(%error, lost, "request records could not be written");
            self.metrics.records_dropped(lost as u64);
        }
    }
}

/// How many could not be written.
async fn one_by_one(db: &PgPool, batch: &[RequestRecord]) -> usize {
    let mut lost = 0;
    for record in batch {
        if let Err(error) = write(db, std::slice::from_ref(record)).await {
            tracing::debug!(%error, request_id = %record.id, "a request record was refused");
            lost += 1;
        }
    }
    lost
}

async fn write(db: &PgPool, batch: &[RequestRecord]) -> sqlx::Result<()> {
    let mut tx = db.begin().await?;
    requests::insert(&mut tx, batch).await?;
    tx.commit().await
}
