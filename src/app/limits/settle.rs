//! Tickets that were given back, to Postgres: at once, several together when they come together.

use super::turn::Turn;
use crate::store::db::Db;
use crate::store::limits::{self, Settled};
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Tickets in one statement, at most.
const BATCH: usize = 256;
/// How long after a failure it is tried again.
const AGAIN: Duration = Duration::from_millis(200);
/// How often, once the process goes down. What is left then is freed by the others.
const LAST_TRIES: u32 = 10;

/// A ticket that was given back.
#[derive(Debug)]
pub(super) struct Settlement {
    pub ticket: Uuid,
    pub turn: Arc<Turn>,
    pub settled: Vec<Settled>,
}

/// The end that writes.
#[derive(Debug)]
pub struct SettleWriter {
    pub(super) heard: UnboundedReceiver<Settlement>,
    pub(super) live: Arc<Mutex<HashSet<Uuid>>>,
}

impl SettleWriter {
    /// Writes until `stopping` fires, and then what is left.
    pub async fn run(mut self, db: Db, stopping: CancellationToken) {
        let mut batch = Vec::new();
        loop {
            let got = tokio::select! {
                biased;
                got = self.heard.recv_many(&mut batch, BATCH) => got,
                () = stopping.cancelled() => {
                    self.heard.close();
                    self.heard.recv_many(&mut batch, BATCH).await
                }
            };
            if got == 0 {
                return;
            }
            if !write(&db, &batch, &stopping).await {
                return;
            }
            let mut live = self.live.lock().unwrap_or_else(PoisonError::into_inner);
            for settlement in batch.drain(..) {
                live.remove(&settlement.ticket);
                settlement.turn.gave_back();
            }
        }
    }
}

/// Until it is written: what is not given back is missing to somebody. `false` when the process ends before.
async fn write(db: &Db, batch: &[Settlement], stopping: &CancellationToken) -> bool {
    let rows: Vec<Settled> = batch.iter().flat_map(|settlement| settlement.settled.iter().copied()).collect();
    let mut last_tries = 0;
    loop {
        let written = async { limits::settle(&mut *db.work().await?, &rows).await };
        let Err(error) = written.await else { return true };
        tracing::warn!(%error, count = batch.len(), "what requests used of their limits can't be written yet");
        if stopping.is_cancelled() {
            last_tries += 1;
            if last_tries >= LAST_TRIES {
                return false;
            }
        }
        tokio::time::sleep(AGAIN).await;
    }
}
