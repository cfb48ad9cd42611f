//! What is known of the accounts' quotas, and its history.

use crate::domain::ids::{ProviderId, TenantId};
use crate::domain::quota::evidence::Evidence;
use crate::store::notify::notify;
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use sqlx::types::Json;

/// The channel on which a writer tells the others; the payload is [`told`].
pub const CHANNEL: &str = "gateway_quota";

/// What is known of one account.
#[derive(Clone, Debug, PartialEq)]
pub struct BeliefRow {
    pub provider_id: ProviderId,
    pub account_id: String,
    pub evidence: Evidence,
}

#[derive(sqlx::FromRow)]
struct Stored {
    provider_id: uuid::Uuid,
    account_id: String,
    evidence: Json<serde_json::Value>,
}

impl From<Stored> for BeliefRow {
    fn from(row: Stored) -> Self {
        Self {
            provider_id: ProviderId(row.provider_id),
            account_id: row.account_id,
            // What another version wrote and we can't read is heard again soon.
            evidence: serde_json::from_value(row.evidence.0).unwrap_or_default(),
        }
    }
}

/// One figure of a window.
#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct SampleRow {
    pub provider_id: uuid::Uuid,
    pub meter: String,
    pub length_seconds: i64,
    pub observed_at: DateTime<Utc>,
    pub used_percent: f64,
    pub resets_at: Option<DateTime<Utc>>,
    pub source: String,
}

/// All of all tenants, for memory.
pub async fn list_all(conn: &mut PgConnection) -> sqlx::Result<Vec<BeliefRow>> {
    let rows: Vec<Stored> =
        sqlx::query_as("select provider_id, account_id, evidence from quota_beliefs").fetch_all(conn).await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Those of some providers.
pub async fn list(conn: &mut PgConnection, ids: &[ProviderId]) -> sqlx::Result<Vec<BeliefRow>> {
    let rows: Vec<Stored> = sqlx::query_as(
        "select provider_id, account_id, evidence from quota_beliefs where provider_id = any($1)",
    )
    .bind(uuids(ids))
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Keeps others from writing to these until the transaction ends; those that still exist. Joining and writing back is then one step.
pub async fn lock(conn: &mut PgConnection, ids: &[ProviderId]) -> sqlx::Result<Vec<ProviderId>> {
    // A row that is not there yet can't be locked, its provider can. In one order, or two writers wait for each other.
    let there: Vec<uuid::Uuid> =
        sqlx::query_scalar("select id from providers where id = any($1) order by id for no key update")
            .bind(uuids(ids))
            .fetch_all(conn)
            .await?;
    Ok(there.into_iter().map(ProviderId).collect())
}

/// Writes them, and tells the other replicas. Call it in the transaction of [`lock`].
pub async fn put(
    conn: &mut PgConnection,
    rows: &[BeliefRow],
    writer: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let ids: Vec<_> = rows.iter().map(|r| r.provider_id).collect();
    let accounts: Vec<_> = rows.iter().map(|r| r.account_id.as_str()).collect();
    let evidence: Vec<_> = rows.iter().map(|r| Json(&r.evidence)).collect();
    sqlx::query(
        "insert into quota_beliefs (provider_id, account_id, evidence, updated_at)
         select provider_id, account_id, evidence, $4 from unnest($1::uuid[], $2::text[], $3::jsonb[])
             as t (provider_id, account_id, evidence)
         on conflict (provider_id) do update
             set account_id = excluded.account_id, evidence = excluded.evidence, updated_at = excluded.updated_at",
    )
    .bind(uuids(&ids))
    .bind(accounts)
    .bind(evidence)
    .bind(now)
    .execute(&mut *conn)
    .await?;
    let payloads: Vec<String> = ids.iter().map(|id| told(writer, *id)).collect();
    notify(conn, CHANNEL, &payloads).await
}

/// What a notification says: who wrote, and about whom.
fn told(writer: &str, id: ProviderId) -> String {
    format!("{writer} {id}")
}

/// Whom a notification is about; `None` when `reader` wrote it.
pub fn heard(payload: &str, reader: &str) -> Option<ProviderId> {
    let (writer, id) = payload.split_once(' ')?;
    if writer == reader { None } else { id.parse().ok().map(ProviderId) }
}

/// Adds to the history. What another replica has written already is left as it is.
pub async fn add_samples(conn: &mut PgConnection, samples: &[SampleRow]) -> sqlx::Result<()> {
    fn column<'a, T>(rows: &'a [SampleRow], pick: impl Fn(&'a SampleRow) -> T) -> Vec<T> {
        rows.iter().map(pick).collect()
    }
    sqlx::query(
        "insert into quota_history (provider_id, meter, length_seconds, observed_at, used_percent, resets_at, source)
         select * from unnest($1::uuid[], $2::text[], $3::bigint[], $4::timestamptz[], $5::double precision[],
             $6::timestamptz[], $7::text[])
         on conflict do nothing",
    )
    .bind(column(samples, |s| s.provider_id))
    .bind(column(samples, |s| s.meter.as_str()))
    .bind(column(samples, |s| s.length_seconds))
    .bind(column(samples, |s| s.observed_at))
    .bind(column(samples, |s| s.used_percent))
    .bind(column(samples, |s| s.resets_at))
    .bind(column(samples, |s| s.source.as_str()))
    .execute(conn)
    .await?;
    Ok(())
}

/// The last third of every window's history, oldest first: what forecasts are made of.
pub async fn recent(
    conn: &mut PgConnection,
    ids: Option<&[ProviderId]>,
    now: DateTime<Utc>,
) -> sqlx::Result<Vec<SampleRow>> {
    sqlx::query_as(
        "select provider_id, meter, length_seconds, observed_at, used_percent, resets_at, source from quota_history
         where observed_at > $2::timestamptz - make_interval(secs => length_seconds / 3.0)
             and observed_at > $2::timestamptz - interval '60 days'
             and ($1::uuid[] is null or provider_id = any($1))
         order by observed_at",
    )
    .bind(ids.map(uuids))
    .bind(now)
    .fetch_all(conn)
    .await
}

/// One provider's history between two moments, oldest first, at most `limit` rows of the newest.
pub async fn history(
    conn: &mut PgConnection,
    tenant: TenantId,
    provider: ProviderId,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
    limit: u32,
) -> sqlx::Result<Vec<SampleRow>> {
    sqlx::query_as(
        "select * from (
             select h.provider_id, meter, length_seconds, observed_at, used_percent, resets_at, source
             from quota_history h join providers p on p.id = h.provider_id
             where p.tenant_id = $1 and h.provider_id = $2 and observed_at >= $3 and observed_at <= $4
             order by observed_at desc limit $5
         ) newest order by meter <> 'codex', meter, length_seconds, observed_at",
    )
    .bind(tenant.0)
    .bind(provider.0)
    .bind(from)
    .bind(to)
    .bind(i64::from(limit))
    .fetch_all(conn)
    .await
}

/// A figure of some account's window.
#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct SampledRow {
    pub provider_id: uuid::Uuid,
    pub observed_at: DateTime<Utc>,
    pub used_percent: f64,
    pub resets_at: Option<DateTime<Utc>>,
}

/// The main meter's history of some of a tenant's providers between two moments, one window, oldest first: of every
/// `step` seconds the last figure.
pub async fn sampled(
    conn: &mut PgConnection,
    tenant: TenantId,
    providers: &[uuid::Uuid],
    length_seconds: i64,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
    step: i64,
) -> sqlx::Result<Vec<SampledRow>> {
    sqlx::query_as(
        "select distinct on (provider_id, step) provider_id, observed_at, used_percent, resets_at
         from quota_history h, lateral (select floor(extract(epoch from observed_at) / $6) as step) s
         where provider_id = any($2) and meter = 'codex' and length_seconds = $3 and observed_at >= $4
             and observed_at <= $5
             and exists (select from providers p where p.id = h.provider_id and p.tenant_id = $1)
         order by provider_id, step, observed_at desc",
    )
    .bind(tenant.0)
    .bind(providers)
    .bind(length_seconds)
    .bind(from)
    .bind(to)
    .bind(step)
    .fetch_all(conn)
    .await
}

/// Keeps the last figure of every hour (and of every window in it) between two moments; how many rows went.
pub async fn thin(conn: &mut PgConnection, from: DateTime<Utc>, to: DateTime<Utc>) -> sqlx::Result<u64> {
    let done = sqlx::query(
        "delete from quota_history h using (
             select provider_id, meter, length_seconds, observed_at, row_number() over (
                 partition by provider_id, meter, length_seconds, date_trunc('hour', observed_at, 'UTC')
                 order by observed_at desc) as place
             from quota_history where observed_at >= $1 and observed_at < $2
         ) d
         where d.place > 1 and h.provider_id = d.provider_id and h.meter = d.meter
             and h.length_seconds = d.length_seconds and h.observed_at = d.observed_at",
    )
    .bind(from)
    .bind(to)
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// Removes what is older than `before`; how many rows went.
pub async fn prune(conn: &mut PgConnection, before: DateTime<Utc>) -> sqlx::Result<u64> {
    let done =
        sqlx::query("delete from quota_history where observed_at < $1").bind(before).execute(conn).await?;
    Ok(done.rows_affected())
}

fn uuids(ids: &[ProviderId]) -> Vec<uuid::Uuid> {
    ids.iter().map(|id| id.0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replica_does_not_hear_itself() {
        let id = ProviderId(uuid::Uuid::nil());
        assert_eq!(heard(&told("a", id), "b"), Some(id));
        assert_eq!(heard(&told("a", id), "a"), None);
        assert_eq!(heard("nonsense", "a"), None);
    }
}
