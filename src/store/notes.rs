//! What agents were told to remember.

use crate::domain::ids::TenantId;
use chrono::{DateTime, Utc};
use sqlx::PgConnection;

/// One note.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct NoteRow {
    /// Counted for each agent, from 1.
    pub number: i64,
    pub note: String,
    pub created_at: DateTime<Utc>,
}

/// Keeps a note when the agent has fewer than `most`; its number. Within a transaction: writers of one agent take turns.
/// A note that is there word for word keeps its number and gets the new time.
pub async fn add(
    conn: &mut PgConnection,
    tenant: TenantId,
    agent_key: &str,
    note: &str,
    most: i64,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<i64>> {
    sqlx::query("select pg_advisory_xact_lock(hashtextextended('agent_notes ' || $1::text || ' ' || $2, 0))")
        .bind(tenant.0)
        .bind(agent_key)
        .execute(&mut *conn)
        .await?;
    let same: Option<i64> = sqlx::query_scalar(
        "update agent_notes set created_at = $4 where number = (
             select number from agent_notes where tenant_id = $1 and agent_key = $2 and note = $3 limit 1)
           and tenant_id = $1 and agent_key = $2 returning number",
    )
    .bind(tenant.0)
    .bind(agent_key)
    .bind(note)
    .bind(now)
    .fetch_optional(&mut *conn)
    .await?;
    if same.is_some() {
        return Ok(same);
    }
    sqlx::query_scalar(
        "insert into agent_notes (tenant_id, agent_key, number, note, created_at)
         select $1, $2, coalesce(max(number), 0) + 1, $3, $4 from agent_notes
         where tenant_id = $1 and agent_key = $2 having count(*) < $5 returning number",
    )
    .bind(tenant.0)
    .bind(agent_key)
    .bind(note)
    .bind(now)
    .bind(most)
    .fetch_optional(conn)
    .await
}

/// Notes that have to do with a query, the best first: those that have all of its words, then those that have some, or
/// some of `terms` anywhere within a word.
pub async fn search(
    conn: &mut PgConnection,
    tenant: TenantId,
    agent_key: &str,
    query: &str,
    terms: &[String],
    limit: i64,
) -> sqlx::Result<Vec<NoteRow>> {
    let patterns: Vec<String> = terms.iter().map(|term| format!("%{}%", escaped(term))).collect();
    sqlx::query_as(
        "with asked as (select websearch_to_tsquery('simple', $3) as words)
         select number, note, created_at from agent_notes, asked,
              lateral (select count(*) as hits from unnest($4::text[]) p (pattern) where note ilike p.pattern) found
         where tenant_id = $1 and agent_key = $2 and (agent_notes.words @@ asked.words or found.hits > 0)
         order by (agent_notes.words @@ asked.words) desc, found.hits desc,
              ts_rank(agent_notes.words, asked.words) desc, created_at desc, number desc
         limit $5",
    )
    .bind(tenant.0)
    .bind(agent_key)
    .bind(query)
    .bind(patterns)
    .bind(limit)
    .fetch_all(conn)
    .await
}

/// The newest notes.
pub async fn newest(
    conn: &mut PgConnection,
    tenant: TenantId,
    agent_key: &str,
    limit: i64,
) -> sqlx::Result<Vec<NoteRow>> {
    sqlx::query_as(
        "select number, note, created_at from agent_notes where tenant_id = $1 and agent_key = $2
         order by created_at desc, number desc limit $3",
    )
    .bind(tenant.0)
    .bind(agent_key)
    .bind(limit)
    .fetch_all(conn)
    .await
}

/// How many there are.
pub async fn count(conn: &mut PgConnection, tenant: TenantId, agent_key: &str) -> sqlx::Result<i64> {
    sqlx::query_scalar("select count(*) from agent_notes where tenant_id = $1 and agent_key = $2")
        .bind(tenant.0)
        .bind(agent_key)
        .fetch_one(conn)
        .await
}

/// Removes a note; whether there was one.
pub async fn remove(
    conn: &mut PgConnection,
    tenant: TenantId,
    agent_key: &str,
    number: i64,
) -> sqlx::Result<bool> {
    let done = sqlx::query("delete from agent_notes where tenant_id = $1 and agent_key = $2 and number = $3")
        .bind(tenant.0)
        .bind(agent_key)
        .bind(number)
        .execute(conn)
        .await?;
    Ok(done.rows_affected() > 0)
}

/// For `like`, without its signs.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}
