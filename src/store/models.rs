//! The model catalogue of each provider, as its upstream last told it.

use crate::domain::ids::ProviderId;
use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use sqlx::types::Json;

/// One provider's list.
#[derive(Debug, sqlx::FromRow)]
pub struct ModelsRow {
    pub provider_id: uuid::Uuid,
    pub models: Json<Vec<Value>>,
    pub etag: Option<String>,
    pub fetched_at: DateTime<Utc>,
}

/// The lists of all providers of all tenants, for the catalogue.
pub async fn list_all(conn: &mut PgConnection) -> sqlx::Result<Vec<ModelsRow>> {
    sqlx::query_as("select provider_id, models, etag, fetched_at from provider_models").fetch_all(conn).await
}

/// The ETag of a provider's list and when it was fetched.
pub async fn etag(
    conn: &mut PgConnection,
    id: ProviderId,
) -> sqlx::Result<Option<(Option<String>, DateTime<Utc>)>> {
    sqlx::query_as("select etag, fetched_at from provider_models where provider_id = $1")
        .bind(id.0)
        .fetch_optional(conn)
        .await
}

/// Replaces a provider's list. A provider deleted meanwhile is no error: `false`.
pub async fn put(
    conn: &mut PgConnection,
    id: ProviderId,
    models: &[Value],
    etag: Option<&str>,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let done = sqlx::query(
        "insert into provider_models (provider_id, models, etag, fetched_at)
         select id, $2, $3, $4 from providers where id = $1
         on conflict (provider_id) do update set models = $2, etag = $3, fetched_at = $4",
    )
    .bind(id.0)
    .bind(Json(models))
    .bind(etag)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The list is still the same as of `now`.
pub async fn touch(conn: &mut PgConnection, id: ProviderId, now: DateTime<Utc>) -> sqlx::Result<bool> {
    let done = sqlx::query("update provider_models set fetched_at = $2 where provider_id = $1")
        .bind(id.0)
        .bind(now)
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}
