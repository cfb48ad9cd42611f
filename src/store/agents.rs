//! Agents of the database. Those of the configuration file are not here.

use crate::domain::ids::{AgentId, TenantId};
use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use sqlx::PgConnection;
use sqlx::types::Json;

/// The columns of [`AgentRow`]. Named, not `*`: a column that a newer replica's migration adds would break the
/// statements that an older one has prepared.
macro_rules! columns {
    () => {
        "id, tenant_id, agent_key, display_name, provider, model, context_window, max_tool_iterations, workspace, \
         agent_type, is_default, status, system_prompt, tools_config, other_config, created_at, updated_at"
    };
}

/// An agent as stored.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct AgentRow {
    pub id: uuid::Uuid,
    pub tenant_id: uuid::Uuid,
    pub agent_key: String,
    pub display_name: Option<String>,
    pub provider: Option<String>,
    pub model: Option<String>,
    pub context_window: i32,
    pub max_tool_iterations: i32,
    pub workspace: Option<String>,
    pub agent_type: String,
    pub is_default: bool,
    pub status: String,
    pub system_prompt: Option<String>,
    pub tools_config: Json<Map<String, Value>>,
    pub other_config: Json<Map<String, Value>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// All agents of all tenants, oldest first, for the catalogue.
pub async fn list_all(conn: &mut PgConnection) -> sqlx::Result<Vec<AgentRow>> {
    sqlx::query_as(concat!("select ", columns!(), " from agents order by created_at, id"))
        .fetch_all(conn)
        .await
}

/// A tenant's agents, oldest first.
pub async fn list(conn: &mut PgConnection, tenant: TenantId) -> sqlx::Result<Vec<AgentRow>> {
    sqlx::query_as(concat!(
        "select ",
        columns!(),
        " from agents where tenant_id = $1 order by created_at, id"
    ))
    .bind(tenant.0)
    .fetch_all(conn)
    .await
}

/// By id or key, locked until the transaction ends.
pub async fn lock(
    conn: &mut PgConnection,
    tenant: TenantId,
    id_or_key: &str,
) -> sqlx::Result<Option<AgentRow>> {
    sqlx::query_as(concat!(
        "select ",
        columns!(),
        " from agents where tenant_id = $1 and (id::text = $2 or agent_key = $2)
         order by id::text = $2 desc limit 1 for update"
    ))
    .bind(tenant.0)
    .bind(id_or_key)
    .fetch_optional(conn)
    .await
}

/// The agents that name a provider, as their own or in their routing object, locked until the transaction ends in the
/// order of their ids.
pub async fn lock_naming(
    conn: &mut PgConnection,
    tenant: TenantId,
    provider: &str,
) -> sqlx::Result<Vec<AgentRow>> {
    sqlx::query_as(concat!(
        "select ",
        columns!(),
        " from agents where tenant_id = $1
             and (provider = $2 or other_config #> '{chatgpt_oauth_routing,extra_provider_names}' ? $2)
         order by id for update"
    ))
    .bind(tenant.0)
    .bind(provider)
    .fetch_all(conn)
    .await
}

/// Writes a new agent; a taken key breaks `agents_tenant_id_agent_key_key`.
pub async fn insert(conn: &mut PgConnection, row: &AgentRow) -> sqlx::Result<()> {
    let sql = concat!(
        "insert into agents (",
        columns!(),
        ") values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)"
    );
    bound(sql, row).execute(conn).await.map(drop)
}

/// Writes all columns of a locked row back.
pub async fn update(conn: &mut PgConnection, row: &AgentRow) -> sqlx::Result<()> {
    let sql = concat!(
        "update agents set (",
        columns!(),
        ") = ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
         where tenant_id = $2 and id = $1"
    );
    bound(sql, row).execute(conn).await.map(drop)
}

/// Binds every column, in the order of `columns!`.
fn bound<'a>(
    sql: &'static str,
    row: &'a AgentRow,
) -> sqlx::query::Query<'a, sqlx::Postgres, sqlx::postgres::PgArguments> {
    sqlx::query(sql)
        .bind(row.id)
        .bind(row.tenant_id)
        .bind(&row.agent_key)
        .bind(&row.display_name)
        .bind(&row.provider)
        .bind(&row.model)
        .bind(row.context_window)
        .bind(row.max_tool_iterations)
        .bind(&row.workspace)
        .bind(&row.agent_type)
        .bind(row.is_default)
        .bind(&row.status)
        .bind(&row.system_prompt)
        .bind(&row.tools_config)
        .bind(&row.other_config)
        .bind(row.created_at)
        .bind(row.updated_at)
}

/// Takes the mark of the default agent from whoever has it, but `keep`.
pub async fn clear_default(conn: &mut PgConnection, tenant: TenantId, keep: AgentId) -> sqlx::Result<()> {
    sqlx::query("update agents set is_default = false where tenant_id = $1 and is_default and id <> $2")
        .bind(tenant.0)
        .bind(keep.0)
        .execute(conn)
        .await?;
    Ok(())
}

/// Removes an agent. Its conversations stay: they belong to the key.
pub async fn delete(conn: &mut PgConnection, tenant: TenantId, id: AgentId) -> sqlx::Result<bool> {
    let done = sqlx::query("delete from agents where tenant_id = $1 and id = $2")
        .bind(tenant.0)
        .bind(id.0)
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}
