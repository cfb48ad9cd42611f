//! Which process drives a run. It holds an advisory lock for as long as it lives, so that the others know at once when
//! it is gone: its runs are marked then, never left "running".

use super::LiveRuns;
use crate::app::clock::Clock;
use crate::domain::ids::RunId;
use crate::store::db::Db;
use crate::store::runs;
use sqlx::{Connection as _, PgConnection};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// How often the lock is looked after, and runs that nobody drives are looked for.
const LOOK: Duration = Duration::from_secs(2);
/// How long after a failure it is tried again.
const AGAIN: Duration = Duration::from_millis(200);

/// How long runs may take to write their end down when the process goes.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// Why a run that nobody drives ended: code and text.
const GONE: (&str, &str) = ("interrupted", "the process that drove this run is gone; the run can be resumed");

/// A number for this process that no other has. It is the number of the advisory lock by which the others know that the
/// process lives.
pub fn process_number(clock: &Clock) -> i64 {
    let id = clock.new_id();
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&id.as_bytes()[8..]);
    i64::from_be_bytes(bytes)
}

/// Holds the lock of this process, and marks the runs of those that are gone.
#[derive(Debug)]
pub struct Keeper {
    pub(super) db: Db,
    pub(super) clock: Clock,
    pub(super) owner: i64,
    pub(super) live: Arc<LiveRuns>,
    /// Whether it has the lock: no run begins without.
    pub(super) holding: watch::Sender<bool>,
}

impl Keeper {
    /// Until `stopping` fires and the last run has written its end down.
    pub async fn run(self, stopping: CancellationToken) {
        let last = async {
            stopping.cancelled().await;
            let until = tokio::time::Instant::now() + LAST_WORDS;
            while !self.live.is_empty() && tokio::time::Instant::now() < until {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::select! {
            () = self.keep() => {}
            () = last => {}
        }
    }

    async fn keep(&self) {
        loop {
            if let Err(error) = self.hold().await {
                tracing::warn!(%error, "the lock of this process's runs was lost; taking it again");
            }
            self.holding.send_replace(false);
            tokio::time::sleep(AGAIN).await;
        }
    }

    async fn hold(&self) -> sqlx::Result<()> {
        // The pool may close an idle connection: this one is the process's own.
        let mut conn = self.db.work().await?.detach();
        while !runs::hold_owner(&mut conn, self.owner).await? {
            // The server has not noticed yet that our last connection is gone.
            tokio::time::sleep(AGAIN).await;
        }
        self.holding.send_replace(true);
        let mut lost = HashSet::new();
        loop {
            self.mark_orphans(&mut conn).await?;
            lost = self.mark_lost(&mut conn, lost).await?;
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Runs of processes that are gone.
    async fn mark_orphans(&self, conn: &mut PgConnection) -> sqlx::Result<()> {
        for other in runs::other_owners(conn, self.owner).await? {
            let mut tx = conn.begin().await?;
            if runs::is_gone(&mut tx, other).await? {
                let theirs = runs::running_of(&mut tx, other).await?;
                let marked = runs::interrupt(&mut tx, other, &theirs, GONE, self.clock.now()).await?;
                tracing::warn!(
                    count = marked.len(),
                    "runs of a process that is gone are marked as interrupted"
                );
            }
            tx.commit().await?;
        }
        Ok(())
    }

    /// Our own that no task drives, since it panicked or could not write the end down. One that is missing at two looks
    /// is none that only begins.
    async fn mark_lost(
        &self,
        conn: &mut PgConnection,
        before: HashSet<RunId>,
    ) -> sqlx::Result<HashSet<RunId>> {
        let running = runs::running_of(conn, self.owner).await?;
        let missing: HashSet<RunId> = running.into_iter().filter(|id| self.live.get(*id).is_none()).collect();
        let lost: Vec<RunId> = missing.intersection(&before).copied().collect();
        if !lost.is_empty() {
            tracing::error!(count = lost.len(), "runs that nothing drives are marked as interrupted");
            runs::interrupt(conn, self.owner, &lost, GONE, self.clock.now()).await?;
        }
        Ok(missing)
    }
}
