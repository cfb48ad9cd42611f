//! MCP servers of the database. `env` and `headers` are sealed; nothing here can open them.

use crate::domain::ids::TenantId;
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

/// The columns of [`McpServerRow`]. Named, not `*`: a column that a newer replica's migration adds would break the
/// statements that an older one has prepared.
macro_rules! columns {
    () => {
        "id, tenant_id, name, transport, command, args, url, env, headers, enabled, timeout_seconds, created_at, updated_at"
    };
}

/// An MCP server as stored. Its `Debug` shows sealed values: ciphertexts.
#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct McpServerRow {
    pub id: Uuid,
    #[sqlx(try_from = "Uuid")]
    pub tenant_id: TenantId,
    /// A slug, unique in its tenant.
    pub name: String,
    /// `stdio` or `streamable_http`.
    pub transport: String,
    pub command: Option<String>,
    pub args: Json<Vec<String>>,
    pub url: Option<String>,
    /// A JSON object, sealed with [`aad`].
    pub env: Option<String>,
    /// A JSON object, sealed with [`aad`].
    pub headers: Option<String>,
    pub enabled: bool,
    pub timeout_seconds: i32,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// The columns that are sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SealedColumn {
    Env,
    Headers,
}

/// What a column of this server is sealed with, besides the key: it opens in no other row and column.
pub fn aad(id: Uuid, column: SealedColumn) -> String {
    let column = match column {
        SealedColumn::Env => "env",
        SealedColumn::Headers => "headers",
    };
    format!("mcp_server:{id}:{column}")
}

/// Of every tenant, by name.
pub async fn list_all(conn: &mut PgConnection) -> sqlx::Result<Vec<McpServerRow>> {
    sqlx::query_as(concat!("select ", columns!(), " from mcp_servers order by tenant_id, name"))
        .fetch_all(conn)
        .await
}

/// By id or name, locked until the transaction ends. A UUID is also a valid name: the id goes first.
pub async fn lock(
    conn: &mut PgConnection,
    tenant: TenantId,
    id_or_name: &str,
) -> sqlx::Result<Option<McpServerRow>> {
    sqlx::query_as(concat!(
        "select ",
        columns!(),
        " from mcp_servers where tenant_id = $1 and (id::text = $2 or name = $2)
         order by id::text = $2 desc limit 1 for update"
    ))
    .bind(tenant.0)
    .bind(id_or_name)
    .fetch_optional(conn)
    .await
}

/// Writes a new server; a taken name breaks `mcp_servers_tenant_id_name_key`.
pub async fn insert(conn: &mut PgConnection, row: &McpServerRow) -> sqlx::Result<()> {
    let sql = concat!(
        "insert into mcp_servers (",
        columns!(),
        ") values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
    );
    bound(sql, row).execute(conn).await.map(drop)
}

/// Writes all columns of a locked row back.
pub async fn update(conn: &mut PgConnection, row: &McpServerRow) -> sqlx::Result<()> {
    let sql = concat!(
        "update mcp_servers set (",
        columns!(),
        ") = ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) where tenant_id = $2 and id = $1"
    );
    bound(sql, row).execute(conn).await.map(drop)
}

/// Binds every column, in the order of `columns!`.
fn bound<'a>(
    sql: &'static str,
    row: &'a McpServerRow,
) -> sqlx::query::Query<'a, sqlx::Postgres, sqlx::postgres::PgArguments> {
    sqlx::query(sql)
        .bind(row.id)
        .bind(row.tenant_id.0)
        .bind(&row.name)
        .bind(&row.transport)
        .bind(&row.command)
        .bind(&row.args)
        .bind(&row.url)
        .bind(&row.env)
        .bind(&row.headers)
        .bind(row.enabled)
        .bind(row.timeout_seconds)
        .bind(row.created_at)
        .bind(row.updated_at)
}

/// Whether there was one.
pub async fn delete(conn: &mut PgConnection, tenant: TenantId, id: Uuid) -> sqlx::Result<bool> {
    let done = sqlx::query("delete from mcp_servers where tenant_id = $1 and id = $2")
        .bind(tenant.0)
        .bind(id)
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}
