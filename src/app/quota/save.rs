//! Keeping what is known: written in batches behind everything else, read at boot, and whenever another replica says that
//! it wrote.

use super::Quotas;
use super::live::{Change, Dirty};
use crate::domain::ids::ProviderId;
use crate::store::quota::{self, BeliefRow, SampleRow};
use chrono::TimeDelta;
use std::collections::HashSet;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// What comes at once is written at once.
const GATHER: Duration = Duration::from_millis(100);
/// How often the unhurried part is looked at.
const LOOK: Duration = Duration::from_secs(5);
/// Accounts in one transaction.
const BATCH: usize = 200;

/// What was taken out of an account's memory to be written.
struct Pending {
    row: BeliefRow,
    samples: Vec<SampleRow>,
}

impl Quotas {
    /// Reads everything: at boot, before anything is served.
    pub async fn load(&self) -> sqlx::Result<()> {
        self.sync();
        let now = self.parts.clock.now();
        let mut conn = self.parts.db.work().await?;
        let beliefs = quota::list_all(&mut conn).await?;
        let samples = quota::recent(&mut conn, None, now).await?;
        drop(conn);
        for sample in &samples {
            if let Some(account) = self.known(ProviderId(sample.provider_id)) {
                account.live().remember(sample);
            }
        }
        self.absorb(beliefs);
        Ok(())
    }

    /// Another replica wrote. Only notes it: the reading is done elsewhere.
    pub fn heard(&self, payload: &str) {
        if let Some(id) = quota::heard(payload, &self.name) {
            self.heard.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
            self.nudge.notify_one();
        }
    }

    /// The connection that tells of other replicas' writes was lost and is back.
    pub fn heard_nothing_for_a_while(&self) {
        self.missed.store(true, Ordering::Release);
        self.nudge.notify_one();
    }

    /// Saves and listens until `stop`, and saves once more then.
    pub async fn keep(&self, stop: CancellationToken) {
        let mut ticks = tokio::time::interval(LOOK);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                () = self.nudge.notified() => tokio::time::sleep(GATHER).await,
                _ = ticks.tick() => {}
            }
            if let Err(error) = self.listen().await {
                tracing::warn!(%error, "what other replicas know of quotas could not be read");
            }
            if let Err(error) = self.save(false).await {
                tracing::warn!(%error, "what is known of quotas could not be saved; it is tried again");
            }
        }
        match tokio::time::timeout(Duration::from_secs(3), self.save(true)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "the last word on quotas could not be saved"),
            Err(_) => tracing::warn!("the last word on quotas could not be saved in time"),
        }
    }

    /// One pass: thins and prunes the history.
    pub async fn prune_history(&self) -> sqlx::Result<u64> {
        let now = self.parts.clock.now();
        let days = TimeDelta::days(self.parts.config.load().quota.history_days.into());
        let mut conn = self.parts.db.work().await?;
        let day_ago = now - TimeDelta::days(1);
        // What is older than two days was thinned by an earlier pass, unless nobody ran then.
        let all = !self.thinned.load(Ordering::Acquire);
        let from = if all { now - days } else { day_ago - TimeDelta::days(1) };
        // Whole hours, or the last figure of a cut one would go with the next pass.
        let to = day_ago - TimeDelta::seconds(day_ago.timestamp().rem_euclid(3600));
        let thinned = quota::thin(&mut conn, from, to).await?;
        self.thinned.store(true, Ordering::Release);
        Ok(thinned + quota::prune(&mut conn, now - days).await?)
    }

    async fn listen(&self) -> sqlx::Result<()> {
        let ids: Vec<ProviderId> = {
            let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *heard).into_iter().collect()
        };
        let missed = self.missed();
        if ids.is_empty() && !missed {
            return Ok(());
        }
        let read = async {
            let mut conn = self.parts.db.work().await?;
            if missed { quota::list_all(&mut conn).await } else { quota::list(&mut conn, &ids).await }
        };
        match read.await {
            Ok(rows) => {
                // An account that somebody connected there may be news here.
                self.sync();
                self.absorb(rows);
                Ok(())
            }
            Err(error) => {
                // Not lost: it is read when the database is back.
                self.missed.store(true, Ordering::Release);
                Err(error)
            }
        }
    }

    fn absorb(&self, rows: Vec<BeliefRow>) {
        let now = self.parts.clock.now();
        for row in rows {
            let Some(account) = self.known(row.provider_id) else { continue };
            let change = {
                let mut live = account.live();
                if live.account_id.as_deref() == Some(&*row.account_id) {
                    live.take(row.provider_id, row.evidence, false, now)
                } else {
                    Change::Nothing
                }
            };
            if change == Change::Visible {
                // Nobody listens: nobody has to know.
                let _ = self.changes.send(row.provider_id);
            }
        }
    }

    /// Writes what changed; with `all`, also what is in no hurry.
    async fn save(&self, all: bool) -> sqlx::Result<()> {
        let now = self.parts.clock.now();
        let accounts: Vec<_> = {
            let accounts = self.accounts.read().unwrap_or_else(PoisonError::into_inner);
            accounts.iter().map(|(id, account)| (*id, account.clone())).collect()
        };
        let mut pending = Vec::new();
        for (id, account) in accounts {
            let mut live = account.live();
            let is_time = if all { live.dirty != Dirty::No } else { live.must_save(now) };
            if !is_time {
                continue;
            }
            // Whose account it is comes with the catalogue, soon.
            let Some(account_id) = live.account_id.clone() else { continue };
            live.dirty = Dirty::No;
            live.evidence.prune(now);
            let row = BeliefRow { provider_id: id, account_id, evidence: live.evidence.clone() };
            pending.push(Pending { row, samples: std::mem::take(&mut live.unsaved) });
        }
        let mut result = Ok(());
        for batch in pending.chunks_mut(BATCH) {
            if result.is_ok() {
                result = self.write(batch).await;
            }
            if result.is_err() {
                self.give_back(batch);
            }
        }
        result
    }

    async fn write(&self, batch: &mut [Pending]) -> sqlx::Result<()> {
        let ids: Vec<ProviderId> = batch.iter().map(|p| p.row.provider_id).collect();
        let mut tx = self.parts.db.begin_work().await?;
        let there: HashSet<ProviderId> = quota::lock(&mut tx, &ids).await?.into_iter().collect();
        let stored = quota::list(&mut tx, &ids).await?;
        let rows: Vec<BeliefRow> = batch
            .iter()
            .filter(|p| there.contains(&p.row.provider_id))
            .map(|p| {
                let mut row = p.row.clone();
                let known = stored.iter().find(|s| s.provider_id == row.provider_id);
                if let Some(known) = known.filter(|s| s.account_id == row.account_id) {
                    row.evidence.join(known.evidence.clone());
                }
                row
            })
            .collect();
        if rows.is_empty() {
            return tx.commit().await;
        }
        let samples: Vec<SampleRow> = batch
            .iter()
            .filter(|p| there.contains(&p.row.provider_id))
            .flat_map(|p| p.samples.iter().cloned())
            .collect();
        quota::put(&mut tx, &rows, &self.name, self.parts.clock.now()).await?;
        if !samples.is_empty() {
            quota::add_samples(&mut tx, &samples).await?;
        }
        tx.commit().await?;
        self.absorb(rows);
        Ok(())
    }

    /// Nothing was written: it is still to be done.
    fn give_back(&self, batch: &mut [Pending]) {
        /// A database that is away for long must not fill the memory.
        const MOST_SAMPLES: usize = 2_000;
        for pending in batch {
            let Some(account) = self.known(pending.row.provider_id) else { continue };
            let mut live = account.live();
            live.dirty = Dirty::Now;
            if live.account_id.as_deref() == Some(&*pending.row.account_id)
                && live.unsaved.len() + pending.samples.len() <= MOST_SAMPLES
            {
                let newer = std::mem::replace(&mut live.unsaved, std::mem::take(&mut pending.samples));
                live.unsaved.extend(newer);
            }
        }
    }
}
