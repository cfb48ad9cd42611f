//! Conversations: one row per item, in the Responses dialect.

use crate::domain::ids::{ProviderId, SessionId, TenantId};
use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use sqlx::types::Json;

/// One stored item.
#[derive(Debug, sqlx::FromRow)]
pub struct ItemRow {
    pub seq: i64,
    pub item: Json<Value>,
    /// The account that made it, when an account did.
    pub provider_id: Option<uuid::Uuid>,
}

/// A conversation's items in order; empty when it does not exist yet.
pub async fn items(
    conn: &mut PgConnection,
    tenant: TenantId,
    agent_key: &str,
    session_key: &str,
) -> sqlx::Result<Vec<ItemRow>> {
    sqlx::query_as(
        "select i.seq, i.item, i.provider_id from session_items i join sessions s on s.id = i.session_id
         where s.tenant_id = $1 and s.agent_key = $2 and s.session_key = $3 order by i.seq",
    )
    .bind(tenant.0)
    .bind(agent_key)
    .bind(session_key)
    .fetch_all(conn)
    .await
}

/// Makes the conversation when it does not exist, and locks it: appends come one after the other.
pub async fn open(
    conn: &mut PgConnection,
    tenant: TenantId,
    agent_key: &str,
    session_key: &str,
    id: SessionId,
    now: DateTime<Utc>,
) -> sqlx::Result<SessionId> {
    let id: uuid::Uuid = sqlx::query_scalar(
        "insert into sessions (id, tenant_id, agent_key, session_key, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $5)
         on conflict (tenant_id, agent_key, session_key) do update set updated_at = $5 returning id",
    )
    .bind(id.0)
    .bind(tenant.0)
    .bind(agent_key)
    .bind(session_key)
    .bind(now)
    .fetch_one(conn)
    .await?;
    Ok(SessionId(id))
}

/// Appends items behind those that are there. `provider` is who made them, `None` for what a person said.
pub async fn append(
    conn: &mut PgConnection,
    session: SessionId,
    items: &[Value],
    provider: Option<ProviderId>,
    now: DateTime<Utc>,
) -> sqlx::Result<u64> {
    let items: Vec<Json<&Value>> = items.iter().map(Json).collect();
    let done = sqlx::query(
        "insert into session_items (session_id, seq, item, provider_id, created_at)
         select $1, last.seq + new.n, new.item, $3, $4
         from (select coalesce(max(seq), 0) as seq from session_items where session_id = $1) as last,
              unnest($2::jsonb[]) with ordinality as new (item, n)",
    )
    .bind(session.0)
    .bind(items)
    .bind(provider.map(|p| p.0))
    .bind(now)
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}
