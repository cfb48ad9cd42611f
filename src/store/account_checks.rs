//! What the backend last told about the workspaces of the ChatGPT accounts.

use crate::domain::ids::ProviderId;
use crate::domain::placement::{Placement, RoutingOverride};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

/// One account's answer.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct CheckRow {
    #[sqlx(try_from = "Uuid")]
    pub provider_id: ProviderId,
    /// Whose it is; the grant may be another account's by now.
    pub account_id: String,
    pub backend_origin: Option<String>,
    routing_override: Option<String>,
}

impl CheckRow {
    /// What goes with every call.
    pub fn routing_override(&self) -> Option<RoutingOverride> {
        self.routing_override.as_deref().and_then(RoutingOverride::parse)
    }
}

/// The answers of all tenants, for the catalogue.
pub async fn list_all(conn: &mut PgConnection) -> sqlx::Result<Vec<CheckRow>> {
    sqlx::query_as("select provider_id, account_id, backend_origin, routing_override from account_checks")
        .fetch_all(conn)
        .await
}

/// The enabled providers of all tenants whose sign-in is valid and that were not asked about since `before`, or not
/// since their tokens last changed, each with the version of its sign-in.
pub async fn due(conn: &mut PgConnection, before: DateTime<Utc>) -> sqlx::Result<Vec<(ProviderId, i64)>> {
    let rows: Vec<(Uuid, i64)> = sqlx::query_as(
        "select g.provider_id, g.version
         from grants g
         join providers p on p.id = g.provider_id
         left join account_checks c on c.provider_id = g.provider_id and c.account_id = g.account_id
         where g.state = 'valid' and p.enabled
           and (c.provider_id is null or c.grant_version < g.version or c.checked_at <= $1)
         order by c.checked_at nulls first, g.provider_id",
    )
    .bind(before)
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|(id, version)| (ProviderId(id), version)).collect())
}

/// Stores an answer. `false` when the provider is not this account's any more.
pub async fn put(
    conn: &mut PgConnection,
    provider: ProviderId,
    account_id: &str,
    grant_version: i64,
    placement: &Placement,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let done = sqlx::query(
        "insert into account_checks (provider_id, account_id, grant_version, backend_origin, routing_override,
                                     checked_at)
         select provider_id, account_id, $3, $4, $5, $6 from grants where provider_id = $1 and account_id = $2
         on conflict (provider_id) do update set
             account_id = excluded.account_id, grant_version = excluded.grant_version,
             backend_origin = excluded.backend_origin, routing_override = excluded.routing_override,
             checked_at = excluded.checked_at",
    )
    .bind(provider.0)
    .bind(account_id)
    .bind(grant_version)
    .bind(&placement.backend_origin)
    .bind(placement.routing_override.map(RoutingOverride::as_str))
    .bind(now)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}
