//! Leases: accounts, and models on accounts, that are left alone for a while.

use crate::domain::ids::ProviderId;
use crate::domain::routing::health::{Block, BlockReason};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;

#[derive(sqlx::FromRow)]
struct Row {
    provider_id: uuid::Uuid,
    model: String,
    reason: String,
    since: DateTime<Utc>,
    until: DateTime<Utc>,
    told: bool,
    opened: i32,
}

/// All of them, those that have run out included: they wait for their probe. A reason that this version does not know
/// is left out.
pub async fn list(conn: &mut PgConnection) -> sqlx::Result<Vec<(ProviderId, Block)>> {
    let rows: Vec<Row> = sqlx::query_as(
        "select provider_id, model, reason, since, until, told, opened from account_blocks order by since",
    )
    .fetch_all(conn)
    .await?;
    let block = |row: Row| {
        let block = Block {
            model: Some(row.model).filter(|model| !model.is_empty()),
            reason: BlockReason::named(&row.reason)?,
            since: row.since,
            until: row.until,
            told: row.told,
            opened: u32::try_from(row.opened).unwrap_or_default(),
        };
        Some((ProviderId(row.provider_id), block))
    };
    Ok(rows.into_iter().filter_map(block).collect())
}

/// Keeps a lease; a later one takes the place of an earlier one. Of a provider that is gone, nothing is kept.
pub async fn put(conn: &mut PgConnection, provider: ProviderId, block: &Block) -> sqlx::Result<u64> {
    let done = sqlx::query(
        "insert into account_blocks (provider_id, model, reason, since, until, told, opened)
         select $1, $2, $3, $4, $5, $6, $7 where exists (select 1 from providers where id = $1)
         on conflict (provider_id, model, reason) do update
             set since = excluded.since, until = excluded.until, told = excluded.told, opened = excluded.opened
             where account_blocks.since <= excluded.since",
    )
    .bind(provider.0)
    .bind(block.model.as_deref().unwrap_or_default())
    .bind(block.reason.as_str())
    .bind(block.since)
    .bind(block.until)
    .bind(block.told)
    .bind(i32::try_from(block.opened).unwrap_or(i32::MAX))
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// Removes a lease that began at or before `before`.
pub async fn remove(
    conn: &mut PgConnection,
    provider: ProviderId,
    model: Option<&str>,
    reason: BlockReason,
    before: DateTime<Utc>,
) -> sqlx::Result<u64> {
    let done = sqlx::query(
        "delete from account_blocks where provider_id = $1 and model = $2 and reason = $3 and since <= $4",
    )
    .bind(provider.0)
    .bind(model.unwrap_or_default())
    .bind(reason.as_str())
    .bind(before)
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// Removes leases that ended before `before`: nobody asked since.
pub async fn prune(conn: &mut PgConnection, before: DateTime<Utc>) -> sqlx::Result<u64> {
    let done = sqlx::query("delete from account_blocks where until < $1").bind(before).execute(conn).await?;
    Ok(done.rows_affected())
}
