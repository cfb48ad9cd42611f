//! Tenants: the walls that nothing crosses.

use crate::domain::ids::TenantId;
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

macro_rules! columns {
    () => {
        "id, slug, name, sealing_key, created_at"
    };
}

/// A tenant as stored.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct TenantRow {
    #[sqlx(try_from = "Uuid")]
    pub id: TenantId,
    /// Unique.
    pub slug: String,
    pub name: String,
    /// Its own key, wrapped: sealed with the main key and [`sealing_key_aad`]. `None` until the first start that knows of
    /// such keys.
    pub sealing_key: Option<String>,
    pub created_at: DateTime<Utc>,
}

/// What a tenant has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Counts {
    pub members: i64,
    pub providers: i64,
    pub agents: i64,
}

/// What a tenant's key is wrapped with, besides the main key.
pub fn sealing_key_aad(id: TenantId) -> String {
    format!("tenant:{id}:sealing_key")
}

/// All, the default one first, then by slug.
pub async fn list(db: &mut PgConnection) -> sqlx::Result<Vec<TenantRow>> {
    sqlx::query_as(concat!("select ", columns!(), " from tenants order by slug <> 'master', slug"))
        .fetch_all(db)
        .await
}

/// Locked until the transaction ends, whoever comes first.
pub async fn lock(db: &mut PgConnection, id: TenantId) -> sqlx::Result<Option<TenantRow>> {
    sqlx::query_as(concat!("select ", columns!(), " from tenants where id = $1 for update"))
        .bind(id.0)
        .fetch_optional(db)
        .await
}

/// A slug that is taken breaks `tenants_slug_key` ([`crate::store::db::unique_violation`]).
pub async fn insert(db: &mut PgConnection, row: &TenantRow) -> sqlx::Result<()> {
    sqlx::query("insert into tenants (id, slug, name, sealing_key, created_at) values ($1, $2, $3, $4, $5)")
        .bind(row.id.0)
        .bind(&row.slug)
        .bind(&row.name)
        .bind(&row.sealing_key)
        .bind(row.created_at)
        .execute(db)
        .await
        .map(drop)
}

/// Gives a tenant another slug and name; a slug that is taken breaks `tenants_slug_key`.
pub async fn rename(db: &mut PgConnection, id: TenantId, slug: &str, name: &str) -> sqlx::Result<()> {
    sqlx::query("update tenants set slug = $2, name = $3 where id = $1")
        .bind(id.0)
        .bind(slug)
        .bind(name)
        .execute(db)
        .await
        .map(drop)
}

/// Gives a tenant that has no key its own.
pub async fn set_sealing_key(db: &mut PgConnection, id: TenantId, wrapped: &str) -> sqlx::Result<()> {
    sqlx::query("update tenants set sealing_key = $2 where id = $1")
        .bind(id.0)
        .bind(wrapped)
        .execute(db)
        .await
        .map(drop)
}

/// Removes a tenant with all that it has.
pub async fn delete(db: &mut PgConnection, id: TenantId) -> sqlx::Result<()> {
    sqlx::query("delete from tenants where id = $1").bind(id.0).execute(db).await.map(drop)
}

/// What a tenant has.
pub async fn counts(db: &mut PgConnection, id: TenantId) -> sqlx::Result<Counts> {
    sqlx::query_as(
        "select (select count(*) from memberships where tenant_id = $1) as members,
                (select count(*) from providers where tenant_id = $1) as providers,
                (select count(*) from agents where tenant_id = $1) as agents",
    )
    .bind(id.0)
    .fetch_one(db)
    .await
}
