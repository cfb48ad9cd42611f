//! API keys. Only a digest is stored: nothing here can make a key of it.

use crate::domain::ids::TenantId;
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

/// The columns of [`KeyRow`].
macro_rules! columns {
    () => {
        "id, tenant_id, name, digest, prefix, role, owner_id, owner_name, models, agents, providers, created_at,
         expires_at, last_used_at, revoked_at"
    };
}

/// A key as stored.
#[derive(Clone, sqlx::FromRow)]
pub struct KeyRow {
    pub id: Uuid,
    #[sqlx(try_from = "Uuid")]
    pub tenant_id: TenantId,
    pub name: String,
    /// SHA-256 of the key: 32 bytes.
    pub digest: Vec<u8>,
    /// Its first characters, for people.
    pub prefix: String,
    pub role: String,
    pub owner_id: Option<Uuid>,
    pub owner_name: Option<String>,
    /// What it may use; null is all.
    pub models: Option<Vec<String>>,
    pub agents: Option<Vec<String>>,
    pub providers: Option<Vec<Uuid>>,
    pub created_at: DateTime<Utc>,
    pub expires_at: Option<DateTime<Utc>>,
    pub last_used_at: Option<DateTime<Utc>>,
    pub revoked_at: Option<DateTime<Utc>>,
}

impl std::fmt::Debug for KeyRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyRow").field("id", &self.id).field("name", &self.name).finish_non_exhaustive()
    }
}

/// What is known of the person whose key it is. All `None`: they are forgotten, or the key is nobody's.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct OwnerRow {
    /// Of the whole installation.
    pub owns_all: Option<bool>,
    /// In the key's tenant.
    pub member_role: Option<String>,
    pub member_disabled_at: Option<DateTime<Utc>>,
}

/// A key of any tenant.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct WholeRow {
    #[sqlx(flatten)]
    pub key: KeyRow,
    #[sqlx(flatten)]
    pub owner: OwnerRow,
}

/// Of every tenant.
pub async fn list_all(conn: &mut PgConnection) -> sqlx::Result<Vec<WholeRow>> {
    sqlx::query_as(
        "select k.*, u.is_owner as owns_all, m.role as member_role, m.disabled_at as member_disabled_at
         from (select id, tenant_id, name, digest, prefix, role, owner_id, owner_name, models, agents, providers,
             created_at, expires_at, last_used_at, revoked_at from api_keys) k
         left join users u on u.id = k.owner_id
         left join memberships m on m.tenant_id = k.tenant_id and m.user_id = k.owner_id",
    )
    .fetch_all(conn)
    .await
}

/// Ends those keys of a person in a tenant that are not ended: id and name of each.
pub async fn revoke_of(
    conn: &mut PgConnection,
    tenant: TenantId,
    owner: Uuid,
    now: DateTime<Utc>,
) -> sqlx::Result<Vec<(Uuid, String)>> {
    sqlx::query_as(
        "update api_keys set revoked_at = $3 where tenant_id = $1 and owner_id = $2 and revoked_at is null
         returning id, name",
    )
    .bind(tenant.0)
    .bind(owner)
    .bind(now)
    .fetch_all(conn)
    .await
}

/// A tenant's keys, oldest first.
pub async fn list(conn: &mut PgConnection, tenant: TenantId) -> sqlx::Result<Vec<KeyRow>> {
    let sql = concat!("select ", columns!(), " from api_keys where tenant_id = $1 order by created_at, id");
    sqlx::query_as(sql).bind(tenant.0).fetch_all(conn).await
}

/// One key.
pub async fn get(conn: &mut PgConnection, tenant: TenantId, id: Uuid) -> sqlx::Result<Option<KeyRow>> {
    let sql = concat!("select ", columns!(), " from api_keys where tenant_id = $1 and id = $2");
    sqlx::query_as(sql).bind(tenant.0).bind(id).fetch_optional(conn).await
}

/// One key, locked until the transaction ends.
pub async fn lock(conn: &mut PgConnection, tenant: TenantId, id: Uuid) -> sqlx::Result<Option<KeyRow>> {
    let sql = concat!("select ", columns!(), " from api_keys where tenant_id = $1 and id = $2 for update");
    sqlx::query_as(sql).bind(tenant.0).bind(id).fetch_optional(conn).await
}

/// Writes a new key.
pub async fn insert(conn: &mut PgConnection, row: &KeyRow) -> sqlx::Result<()> {
    let sql = concat!(
        "insert into api_keys (",
        columns!(),
        ") values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"
    );
    sqlx::query(sql)
        .bind(row.id)
        .bind(row.tenant_id.0)
        .bind(&row.name)
        .bind(&row.digest)
        .bind(&row.prefix)
        .bind(&row.role)
        .bind(row.owner_id)
        .bind(&row.owner_name)
        .bind(&row.models)
        .bind(&row.agents)
        .bind(&row.providers)
        .bind(row.created_at)
        .bind(row.expires_at)
        .bind(row.last_used_at)
        .bind(row.revoked_at)
        .execute(conn)
        .await
        .map(drop)
}

/// Writes what can change of a locked key.
pub async fn update(conn: &mut PgConnection, row: &KeyRow) -> sqlx::Result<()> {
    sqlx::query(
        "update api_keys set name = $3, models = $4, agents = $5, providers = $6, expires_at = $7, revoked_at = $8
         where tenant_id = $2 and id = $1",
    )
    .bind(row.id)
    .bind(row.tenant_id.0)
    .bind(&row.name)
    .bind(&row.models)
    .bind(&row.agents)
    .bind(&row.providers)
    .bind(row.expires_at)
    .bind(row.revoked_at)
    .execute(conn)
    .await
    .map(drop)
}

/// Whether there was one.
pub async fn delete(conn: &mut PgConnection, tenant: TenantId, id: Uuid) -> sqlx::Result<bool> {
    let done = sqlx::query("delete from api_keys where tenant_id = $1 and id = $2")
        .bind(tenant.0)
        .bind(id)
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// When keys were last used; an older word changes nothing.
pub async fn used(conn: &mut PgConnection, uses: &[(Uuid, DateTime<Utc>)]) -> sqlx::Result<()> {
    sqlx::query(
        "update api_keys k set last_used_at = u.at from unnest($1::uuid[], $2::timestamptz[]) as u (id, at)
         where k.id = u.id and (k.last_used_at is null or k.last_used_at < u.at)",
    )
    .bind(uses.iter().map(|(id, _)| *id).collect::<Vec<_>>())
    .bind(uses.iter().map(|(_, at)| *at).collect::<Vec<_>>())
    .execute(conn)
    .await
    .map(drop)
}

/// What a key used on one day.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct DayRow {
    pub day: chrono::NaiveDate,
    pub requests: i64,
    /// Input and output.
    pub tokens: i64,
}

/// What a key used by day (UTC) since a moment, days without use left out.
pub async fn usage(
    conn: &mut PgConnection,
    tenant: TenantId,
    id: Uuid,
    since: DateTime<Utc>,
) -> sqlx::Result<Vec<DayRow>> {
    sqlx::query_as(
        "select (started_at at time zone 'utc')::date as day, count(*) as requests,
             coalesce(sum(coalesce(input_tokens, 0) + coalesce(output_tokens, 0)), 0)::bigint as tokens
         from requests where tenant_id = $1 and key_id = $2 and started_at >= $3 group by 1 order by 1",
    )
    .bind(tenant.0)
    .bind(id)
    .bind(since)
    .fetch_all(conn)
    .await
}

/// The providers of a tenant: id and name.
pub async fn providers(conn: &mut PgConnection, tenant: TenantId) -> sqlx::Result<Vec<(Uuid, String)>> {
    sqlx::query_as("select id, name from providers where tenant_id = $1 order by name")
        .bind(tenant.0)
        .fetch_all(conn)
        .await
}
