//! What was served, for people to read.

use crate::app::clock::Clock;
use crate::domain::ids::TenantId;
use crate::store::requests;
use chrono::TimeDelta;
use sqlx::PgPool;

pub use crate::store::requests::{AttemptRow, RequestRow, Totals};

/// Records older than this are removed.
const KEPT_FOR: TimeDelta = TimeDelta::days(30);
/// Records removed in one statement.
const PRUNE_BATCH: u32 = 5_000;

/// Reads the record.
#[derive(Clone, Debug)]
pub struct Traces {
    pub db: PgPool,
    pub clock: Clock,
}

impl Traces {
    /// A tenant's newest requests with their attempts.
    pub async fn newest(
        &self,
        tenant: TenantId,
        limit: u32,
    ) -> sqlx::Result<(Vec<RequestRow>, Vec<AttemptRow>)> {
        requests::newest(&mut *self.db.acquire().await?, tenant, limit).await
    }

    /// A tenant's sums of the last 24 hours, and whether it ever had an answer.
    pub async fn last_day(&self, tenant: TenantId) -> sqlx::Result<(Totals, bool)> {
        let mut conn = self.db.acquire().await?;
        let totals = requests::totals(&mut conn, tenant, self.clock.now() - TimeDelta::hours(24)).await?;
        let ever = totals.succeeded > 0 || requests::any_served(&mut conn, tenant).await?;
        Ok((totals, ever))
    }

    /// One pass: removes what is too old.
    pub async fn prune(&self) -> sqlx::Result<u64> {
        let mut conn = self.db.acquire().await?;
        requests::prune(&mut conn, self.clock.now() - KEPT_FOR, PRUNE_BATCH).await
    }
}
