//! The log of every run: written first, then told to whoever watches. What a client has seen is in Postgres, so that it
//! can read on from there at any replica, after a restart too.

use crate::app::batches;
use crate::domain::agent_loop::event::RunEvent;
use crate::domain::ids::RunId;
use crate::store::db::Db;
use crate::store::runs::{self, EventRow, StoredEvent};
use chrono::{DateTime, SubsecRound as _, Utc};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{broadcast, mpsc, oneshot};
use tokio_util::sync::CancellationToken;

/// Events waiting to be written, at most; then runs wait.
const CAPACITY: usize = 4_096;
/// Events in one statement, at most.
const BATCH: usize = 512;
/// How long the first event of a batch waits for others.
const LINGER: Duration = Duration::from_millis(10);
/// How long after a failure the database is tried again.
const AGAIN: Duration = Duration::from_secs(1);
/// Events that one watcher may be behind before it reads them from the database.
const BEHIND: usize = 256;

/// An event as a watcher gets it.
#[derive(Clone, Debug)]
pub struct Told {
    pub seq: i64,
    pub at: DateTime<Utc>,
    pub kind: String,
    pub data: Value,
}

impl From<StoredEvent> for Told {
    fn from(event: StoredEvent) -> Self {
        let StoredEvent { seq, at, kind, data } = event;
        Self { seq, at, kind, data: data.0 }
    }
}

/// A run that this process drives.
#[derive(Debug)]
pub struct Live {
    pub id: RunId,
    /// Ends it as cancelled.
    pub cancel: CancellationToken,
    /// The client has all that it wanted: ends it as complete.
    pub cut: CancellationToken,
    /// Cancelled when it is over and that is written down.
    pub over: CancellationToken,
    told: broadcast::Sender<Arc<Told>>,
}

impl Live {
    pub(super) fn new(id: RunId) -> Arc<Self> {
        Arc::new(Self {
            id,
            cancel: CancellationToken::new(),
            cut: CancellationToken::new(),
            over: CancellationToken::new(),
            told: broadcast::channel(BEHIND).0,
        })
    }

    /// Hears every event that is written from now on.
    pub(super) fn subscribe(&self) -> broadcast::Receiver<Arc<Told>> {
        self.told.subscribe()
    }

    /// Tells an event that is written down.
    pub(super) fn tell(&self, event: EventRow) {
        // Nobody watches: that is no fault.
        let _ = self.told.send(Arc::new(Told {
            seq: event.seq,
            at: event.at,
            kind: event.kind.into(),
            data: event.data,
        }));
    }
}

struct Entry {
    live: Arc<Live>,
    event: EventRow,
}

enum News {
    Event(Box<Entry>),
    /// Answered when everything before it is written.
    Flush(oneshot::Sender<()>),
}

/// Where the drivers write. Clones write to the same log.
#[derive(Clone, Debug)]
pub struct Log(mpsc::Sender<News>);

/// What writes it.
#[derive(Debug)]
pub struct LogWriter(mpsc::Receiver<News>);

/// A log, and what writes it.
pub fn channel() -> (Log, LogWriter) {
    let (send, receive) = mpsc::channel(CAPACITY);
    (Log(send), LogWriter(receive))
}

impl Log {
    /// Appends an event; waits while the database can't keep up.
    pub(super) async fn append(&self, live: &Arc<Live>, event: EventRow) {
        // The writer ends after the last run.
        let _ = self.0.send(News::Event(Box::new(Entry { live: live.clone(), event }))).await;
    }

    /// Waits until everything that was appended is written.
    pub(super) async fn flush(&self) {
        let (done, written) = oneshot::channel();
        if self.0.send(News::Flush(done)).await.is_ok() {
            let _ = written.await;
        }
    }
}

/// An event of a run, as stored.
pub(super) fn row(run: RunId, seq: i64, at: DateTime<Utc>, event: &RunEvent) -> EventRow {
    // As precise as Postgres is: whoever reads it again reads the same.
    let at = at.trunc_subsecs(6);
    EventRow { run, seq, at, kind: event.kind(), data: crate::app::conversations::storable(event.to_value()) }
}

impl LogWriter {
    /// Writes until `stopping` fires, and then what is left.
    pub async fn run(mut self, db: Db, stopping: CancellationToken) {
        let mut batch = Vec::new();
        while batches::gather(&mut self.0, &mut batch, BATCH, LINGER, &stopping).await {
            let (mut entries, mut flushed) = (Vec::with_capacity(batch.len()), Vec::new());
            for news in batch.drain(..) {
                match news {
                    News::Event(entry) => entries.push(*entry),
                    News::Flush(done) => flushed.push(done),
                }
            }
            write(&db, entries, &stopping).await;
            for done in flushed {
                let _ = done.send(());
            }
        }
    }
}

/// Writes the events and tells them. What the database refuses for itself is left out, so that it holds up no other
/// run; where the database is not there, everything waits for it.
async fn write(db: &Db, entries: Vec<Entry>, stopping: &CancellationToken) {
    let (lives, mut events): (HashMap<RunId, Arc<Live>>, Vec<EventRow>) =
        entries.into_iter().map(|e| ((e.live.id, e.live), e.event)).unzip();
    while !events.is_empty() {
        let Err(error) = try_write(db, &events).await else { break };
        if is_refused(&error) {
            tracing::error!(%error, count = events.len(), "events of runs are stored one by one");
            let mut stored = Vec::with_capacity(events.len());
            for event in events {
                match try_write(db, std::slice::from_ref(&event)).await {
                    Ok(()) => stored.push(event),
                    Err(error) => tracing::error!(%error, run_id = %event.run, "an event of a run is lost"),
                }
            }
            events = stored;
            break;
        }
        if stopping.is_cancelled() {
            tracing::error!(%error, count = events.len(), "the last events of runs are lost");
            return;
        }
        tracing::warn!(%error, "events of runs can't be stored yet");
        tokio::time::sleep(AGAIN).await;
    }
    for event in events {
        if let Some(live) = lives.get(&event.run) {
            live.tell(event);
        }
    }
}

/// Whether the database took offence at the data, and not for want of itself (classes 08, 53 and 57 of SQLSTATE).
fn is_refused(error: &sqlx::Error) -> bool {
    let sqlx::Error::Database(error) = error else { return false };
    error.code().is_some_and(|code| !["08", "53", "57"].iter().any(|class| code.starts_with(class)))
}

async fn try_write(db: &Db, events: &[EventRow]) -> sqlx::Result<()> {
    let mut conn = db.work().await?;
    runs::append_events(&mut conn, events).await
}
