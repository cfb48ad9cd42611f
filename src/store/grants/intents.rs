//! The intents to refresh a sign-in: written before a refresh token is sent, removed with the outcome.

use crate::domain::ids::{ProviderId, TenantId};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;

/// A refresh that was begun and never finished: its process died, or its answer was lost.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct RefreshIntent {
    pub grant_version: i64,
    /// The instance that sent the token.
    pub holder: String,
    pub started_at: DateTime<Utc>,
}

/// What an earlier refresh left behind. Read under [`lock`]: then no other is under way.
pub async fn intent(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: ProviderId,
) -> Result<Option<RefreshIntent>, sqlx::Error> {
    sqlx::query_as(
        "select i.grant_version, i.holder, i.started_at from refresh_intents i join grants g using (provider_id)
         where g.tenant_id = $1 and i.provider_id = $2",
    )
    .bind(tenant.0)
    .bind(provider.0)
    .fetch_optional(db)
    .await
}

/// Notes that the refresh token of `intent.grant_version` is about to be sent. On a connection of its own, committed
/// at once. Whether the grant exists.
pub async fn write_intent(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: ProviderId,
    intent: &RefreshIntent,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(
        "insert into refresh_intents (provider_id, grant_version, holder, started_at)
         select provider_id, $3, $4, $5 from grants where tenant_id = $1 and provider_id = $2
         on conflict (provider_id) do update set
             grant_version = excluded.grant_version, holder = excluded.holder, started_at = excluded.started_at",
    )
    .bind(tenant.0)
    .bind(provider.0)
    .bind(intent.grant_version)
    .bind(&intent.holder)
    .bind(intent.started_at)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The refresh token was certainly not spent, or its successor is stored.
pub async fn clear_intent(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: ProviderId,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "delete from refresh_intents i using grants g
         where i.provider_id = g.provider_id and g.tenant_id = $1 and g.provider_id = $2",
    )
    .bind(tenant.0)
    .bind(provider.0)
    .execute(db)
    .await
    .map(drop)
}
