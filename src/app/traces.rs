//! What was served, for people to read.

use crate::app::clock::Clock;
use crate::domain::ids::{RequestId, TenantId};
use crate::store::db::Db;
use crate::store::requests;
use chrono::TimeDelta;
use serde_json::Value;
use std::collections::HashSet;
use std::sync::Arc;
use tokio::sync::OnceCell;
use uuid::Uuid;

pub use crate::store::requests::{AttemptRow, Filter, Place, RequestRow, Totals};

/// Records older than this are removed.
pub(super) const KEPT_FOR: TimeDelta = TimeDelta::days(30);
/// Records removed in one statement.
const PRUNE_BATCH: u32 = 5_000;

/// Reads the record.
#[derive(Clone, Debug)]
pub struct Traces {
    pub db: Db,
    pub clock: Clock,
    /// The names of the time zones, once they were asked for.
    pub zones: Arc<OnceCell<HashSet<String>>>,
}

/// Some requests of a list, newest first.
#[derive(Debug)]
pub struct Page {
    pub requests: Vec<RequestRow>,
    pub attempts: Vec<AttemptRow>,
    /// After which place the list goes on; `None` at its end.
    pub next: Option<Place>,
}

impl Traces {
    /// A tenant's requests that `filter` wants, `limit` at most, from the one after `after` on.
    pub async fn page(
        &self,
        tenant: TenantId,
        filter: &Filter,
        after: Option<Place>,
        limit: u32,
    ) -> sqlx::Result<Page> {
        let mut conn = self.db.tenant(tenant).await?;
        // One more than wanted tells whether there are more.
        let mut rows = requests::page(&mut conn, tenant, filter, after, limit + 1).await?;
        let more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let next = rows.last().filter(|_| more).map(RequestRow::place);
        let ids: Vec<Uuid> = rows.iter().map(|r| r.id).collect();
        let attempts = requests::attempts_of(&mut conn, tenant, &ids).await?;
        Ok(Page { requests: rows, attempts, next })
    }

    /// A tenant's newest requests with their attempts.
    pub async fn newest(&self, tenant: TenantId, limit: u32) -> sqlx::Result<Page> {
        self.page(tenant, &Filter::default(), None, limit).await
    }

    /// One request with its attempts and what was decided for it.
    pub async fn one(
        &self,
        tenant: TenantId,
        id: RequestId,
    ) -> sqlx::Result<Option<(RequestRow, Vec<AttemptRow>, Option<Value>)>> {
        let mut conn = self.db.tenant(tenant).await?;
        let Some(row) = requests::one(&mut conn, tenant, id).await? else { return Ok(None) };
        let attempts = requests::attempts_of(&mut conn, tenant, &[row.id]).await?;
        let decision = requests::decisions_of(&mut conn, tenant, &[row.id]).await?.remove(&row.id);
        Ok(Some((row, attempts, decision)))
    }

    /// A tenant's sums of the last 24 hours, and whether it ever had an answer.
    pub async fn last_day(&self, tenant: TenantId) -> sqlx::Result<(Totals, bool)> {
        let mut conn = self.db.tenant(tenant).await?;
        let totals = requests::totals(&mut conn, tenant, self.clock.now() - TimeDelta::hours(24)).await?;
        let ever = totals.succeeded > 0 || requests::any_served(&mut conn, tenant).await?;
        Ok((totals, ever))
    }

    /// One pass: removes what is too old, a batch at a time.
    pub async fn prune(&self) -> sqlx::Result<u64> {
        let before = self.clock.now() - KEPT_FOR;
        let mut conn = self.db.work().await?;
        let mut gone = 0;
        loop {
            let batch = requests::prune(&mut conn, before, PRUNE_BATCH).await?;
            gone += batch;
            if batch < u64::from(PRUNE_BATCH) {
                return Ok(gone);
            }
        }
    }
}
