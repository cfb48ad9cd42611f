//! Tokens that the API refused right after their renewal without saying why: over all tenants and all replicas.

use crate::domain::ids::{ProviderId, TenantId};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

/// Two refusals at once are counted one after the other, or neither would see the other one.
const LOCK: i64 = 0x6761_7465_7265_6675;

/// Notes such a refusal of version `version`; how many accounts met one after `since`, this one included. Nobody else
/// counts until the transaction ends.
pub async fn note_refused(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: ProviderId,
    version: i64,
    since: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<i64, sqlx::Error> {
    sqlx::query("select pg_advisory_xact_lock($1)").bind(LOCK).execute(&mut *db).await?;
    sqlx::query(
        "update grants set refused_at = $4
         where tenant_id = $1 and provider_id = $2 and version = $3 and state = 'valid'",
    )
    .bind(tenant.0)
    .bind(provider.0)
    .bind(version)
    .bind(now)
    .execute(&mut *db)
    .await?;
    sqlx::query_scalar("select count(*) from grants where refused_at > $1").bind(since).fetch_one(db).await
}

/// Makes the sign-ins valid again that were given up over such a refusal after `since`; which ones. Only where nothing
/// else has changed the row: the refusal of then is still what its state is about. The version grows, so that memory
/// takes the state for a newer one.
pub async fn take_back(
    db: &mut PgConnection,
    since: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Vec<(TenantId, ProviderId)>, sqlx::Error> {
    let ids: Vec<(Uuid, Uuid)> = sqlx::query_as(
        "update grants set state = 'valid', state_reason = null, state_since = $2, version = version + 1
         where state = 'needs_reauth' and refused_at > $1 and state_since = refused_at
         returning tenant_id, provider_id",
    )
    .bind(since)
    .bind(now)
    .fetch_all(db)
    .await?;
    Ok(ids.into_iter().map(|(tenant, provider)| (TenantId(tenant), ProviderId(provider))).collect())
}
