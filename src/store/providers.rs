//! Providers: accounts and API keys behind a name. `api_key` is sealed; nothing here can open it.

use crate::domain::ids::{ProviderId, TenantId};
use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

/// The columns of [`ProviderRow`]. Named, not `*`: a column that a newer replica's migration adds would break the
/// statements that an older one has prepared.
macro_rules! columns {
    () => {
        "id, tenant_id, name, display_name, provider_type, api_base, api_key, enabled, settings, created_at, updated_at,
         draining"
    };
}

/// One provider. Its `Debug` shows the sealed key: a ciphertext.
#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct ProviderRow {
    #[sqlx(try_from = "Uuid")]
    pub id: ProviderId,
    #[sqlx(try_from = "Uuid")]
    pub tenant_id: TenantId,
    /// A slug, unique in its tenant.
    pub name: String,
    pub display_name: Option<String>,
    pub provider_type: String,
    pub api_base: Option<String>,
    /// Sealed with [`api_key_aad`].
    pub api_key: Option<String>,
    pub enabled: bool,
    /// A JSON object.
    pub settings: Value,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    /// It takes nothing new.
    pub draining: bool,
}

/// What a new provider is made of.
#[derive(Clone, Debug)]
pub struct NewProvider {
    pub id: ProviderId,
    pub name: String,
    pub display_name: Option<String>,
    pub provider_type: String,
    pub api_base: Option<String>,
    /// Sealed with [`api_key_aad`].
    pub api_key: Option<String>,
    pub enabled: bool,
    /// A JSON object.
    pub settings: Value,
}

/// What to change: `None` leaves a value as it is, `Some(None)` clears it.
#[derive(Clone, Debug, Default)]
pub struct ProviderChange {
    pub name: Option<String>,
    pub display_name: Option<Option<String>>,
    pub provider_type: Option<String>,
    pub api_base: Option<Option<String>>,
    /// Sealed with [`api_key_aad`].
    pub api_key: Option<Option<String>>,
    pub enabled: Option<bool>,
    pub draining: Option<bool>,
    /// A JSON object that replaces the old one.
    pub settings: Option<Value>,
}

/// What `api_key` of this provider is sealed with, besides the key: it opens in no other row.
pub fn api_key_aad(id: ProviderId) -> String {
    format!("provider:{id}:api_key")
}

/// A name that is taken breaks `providers_tenant_id_name_key` ([`crate::store::db::unique_violation`]).
pub async fn insert(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: &NewProvider,
    now: DateTime<Utc>,
) -> Result<ProviderRow, sqlx::Error> {
    sqlx::query_as(concat!(
        "insert into providers (",
        columns!(),
        ") values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, false) returning ",
        columns!()
    ))
    .bind(provider.id.0)
    .bind(tenant.0)
    .bind(&provider.name)
    .bind(&provider.display_name)
    .bind(&provider.provider_type)
    .bind(&provider.api_base)
    .bind(&provider.api_key)
    .bind(provider.enabled)
    .bind(&provider.settings)
    .bind(now)
    .fetch_one(db)
    .await
}

pub async fn get(
    db: &mut PgConnection,
    tenant: TenantId,
    id: ProviderId,
) -> Result<Option<ProviderRow>, sqlx::Error> {
    sqlx::query_as(concat!("select ", columns!(), " from providers where tenant_id = $1 and id = $2"))
        .bind(tenant.0)
        .bind(id.0)
        .fetch_optional(db)
        .await
}

pub async fn get_by_name(
    db: &mut PgConnection,
    tenant: TenantId,
    name: &str,
) -> Result<Option<ProviderRow>, sqlx::Error> {
    sqlx::query_as(concat!("select ", columns!(), " from providers where tenant_id = $1 and name = $2"))
        .bind(tenant.0)
        .bind(name)
        .fetch_optional(db)
        .await
}

/// By id when `id_or_name` is a UUID, else by name. A UUID is also a valid name: the id goes first.
pub async fn find(
    db: &mut PgConnection,
    tenant: TenantId,
    id_or_name: &str,
) -> Result<Option<ProviderRow>, sqlx::Error> {
    if let Ok(id) = id_or_name.parse::<Uuid>()
        && let Some(row) = get(db, tenant, ProviderId(id)).await?
    {
        return Ok(Some(row));
    }
    get_by_name(db, tenant, id_or_name).await
}

/// All that [`find`] could mean, and the providers of these names, by id, locked until the transaction ends. Rows are locked in the order of their ids: two
/// writers that want the same ones wait for each other and never in a circle.
pub async fn lock_with(
    db: &mut PgConnection,
    tenant: TenantId,
    id_or_name: &str,
    names: &[String],
) -> Result<Vec<ProviderRow>, sqlx::Error> {
    sqlx::query_as(concat!(
        "select ",
        columns!(),
        " from providers where tenant_id = $1 and (id = $2 or name = $3 or name = any($4)) order by id for update"
    ))
    .bind(tenant.0)
    .bind(id_or_name.parse::<Uuid>().ok())
    .bind(id_or_name)
    .bind(names)
    .fetch_all(db)
    .await
}

/// Oldest first, so that "the first connected one" means something.
pub async fn list(db: &mut PgConnection, tenant: TenantId) -> Result<Vec<ProviderRow>, sqlx::Error> {
    sqlx::query_as(concat!(
        "select ",
        columns!(),
        " from providers where tenant_id = $1 order by created_at, id"
    ))
    .bind(tenant.0)
    .fetch_all(db)
    .await
}

/// Of every tenant, for the catalogue.
pub async fn list_all(db: &mut PgConnection) -> Result<Vec<ProviderRow>, sqlx::Error> {
    sqlx::query_as(concat!("select ", columns!(), " from providers order by tenant_id, created_at, id"))
        .fetch_all(db)
        .await
}

/// The provider as it stands afterwards; `None` when there is none.
pub async fn update(
    db: &mut PgConnection,
    tenant: TenantId,
    id: ProviderId,
    change: &ProviderChange,
    now: DateTime<Utc>,
) -> Result<Option<ProviderRow>, sqlx::Error> {
    sqlx::query_as(concat!(
        "update providers set
             name = coalesce($3, name),
             display_name = case when $4 then $5 else display_name end,
             provider_type = coalesce($6, provider_type),
             api_base = case when $7 then $8 else api_base end,
             api_key = case when $9 then $10 else api_key end,
             enabled = coalesce($11, enabled),
             settings = coalesce($12, settings),
             updated_at = $13,
             draining = coalesce($14, draining)
         where tenant_id = $1 and id = $2
         returning ",
        columns!()
    ))
    .bind(tenant.0)
    .bind(id.0)
    .bind(&change.name)
    .bind(change.display_name.is_some())
    .bind(change.display_name.as_ref().and_then(Option::as_ref))
    .bind(&change.provider_type)
    .bind(change.api_base.is_some())
    .bind(change.api_base.as_ref().and_then(Option::as_ref))
    .bind(change.api_key.is_some())
    .bind(change.api_key.as_ref().and_then(Option::as_ref))
    .bind(change.enabled)
    .bind(&change.settings)
    .bind(now)
    .bind(change.draining)
    .fetch_optional(db)
    .await
}

/// Whether there was one. Its grant and its model list go with it.
pub async fn delete(db: &mut PgConnection, tenant: TenantId, id: ProviderId) -> Result<bool, sqlx::Error> {
    let done = sqlx::query("delete from providers where tenant_id = $1 and id = $2")
        .bind(tenant.0)
        .bind(id.0)
        .execute(db)
        .await?;
    Ok(done.rows_affected() == 1)
}
