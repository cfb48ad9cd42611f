//! Conversations: one row per item, in the Responses dialect.

use crate::domain::ids::{ProviderId, RunId, SessionId, TenantId};
use crate::domain::responses::event::Usage;
use crate::domain::session::searched;
use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::types::Json;
use sqlx::{PgConnection, Postgres, QueryBuilder};
use uuid::Uuid;

/// One stored item.
#[derive(Debug, sqlx::FromRow)]
pub struct ItemRow {
    pub seq: i64,
    pub item: Json<Value>,
    /// The account that made it, when an account did.
    pub provider_id: Option<Uuid>,
    pub run_id: Option<Uuid>,
    pub created_at: DateTime<Utc>,
}

/// A conversation in a list.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct SessionRow {
    pub id: Uuid,
    pub agent_key: String,
    pub session_key: String,
    pub title: Option<String>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub input_tokens: i64,
    pub cached_tokens: i64,
    pub output_tokens: i64,
    pub reasoning_tokens: i64,
    pub item_count: i64,
    /// The run that is on.
    pub running_run_id: Option<Uuid>,
    /// Where the search found something.
    pub snippet: Option<String>,
}

/// What stands for the items up to a place when the model is asked.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct CompactionRow {
    pub upto_seq: i64,
    pub summary: String,
    pub created_at: DateTime<Utc>,
}

/// Which conversations are wanted.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub agent_key: Option<String>,
    /// Words that were said, or a part of the title.
    pub words: Option<String>,
    /// Only those behind this one, newest first.
    pub before: Option<(DateTime<Utc>, Uuid)>,
}

const COLUMNS: &str = "s.id, s.agent_key, s.session_key, s.title, s.created_at, s.updated_at, s.input_tokens,
     s.cached_tokens, s.output_tokens, s.reasoning_tokens,
     (select count(*) from session_items i where i.session_id = s.id) as item_count,
     (select r.id from runs r where r.session_id = s.id and r.status = 'running') as running_run_id";

/// A tenant's conversations, newest first.
pub async fn page(
    conn: &mut PgConnection,
    tenant: TenantId,
    filter: &Filter,
    limit: u32,
) -> sqlx::Result<Vec<SessionRow>> {
    let mut sql = QueryBuilder::<Postgres>::new("select ");
    sql.push(COLUMNS);
    if let Some(words) = &filter.words {
        // Words are found by their index; a script without blanks between its words, and a part of a word, as they stand.
        sql.push(
            ", hit.snippet from sessions s left join lateral (
             select ts_headline('simple', left(i.said, 4000), websearch_to_tsquery('simple', ",
        );
        sql.push_bind(words).push(
            "), 'MaxFragments=1, MaxWords=24, MinWords=8, StartSel=\"\", StopSel=\"\"') as snippet
             from session_items i where i.session_id = s.id and i.said is not null
             and (to_tsvector('simple', coalesce(i.said, '')) @@ websearch_to_tsquery('simple', ",
        );
        sql.push_bind(words).push(") or i.said ilike ").push_bind(pattern(words));
        sql.push(
            ") order by i.seq desc limit 1) hit on true where (hit.snippet is not null or s.title ilike ",
        );
        sql.push_bind(pattern(words)).push(") and s.tenant_id = ").push_bind(tenant.0);
    } else {
        sql.push(", null::text as snippet from sessions s where s.tenant_id = ").push_bind(tenant.0);
    }
    // One that was opened for a run whose first answer is still to come is not there for people.
    sql.push(" and exists (select from session_items i where i.session_id = s.id)");
    if let Some(agent) = &filter.agent_key {
        sql.push(" and s.agent_key = ").push_bind(agent);
    }
    if let Some((at, id)) = filter.before {
        sql.push(" and (s.updated_at, s.id) < (").push_bind(at).push(", ").push_bind(id).push(")");
    }
    sql.push(" order by s.updated_at desc, s.id desc limit ").push_bind(i64::from(limit));
    sql.build_query_as().fetch_all(conn).await
}

/// A pattern of `ilike` that finds the text itself.
fn pattern(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%{escaped}%")
}

/// One conversation.
pub async fn get(
    conn: &mut PgConnection,
    tenant: TenantId,
    id: SessionId,
) -> sqlx::Result<Option<SessionRow>> {
    let mut sql = QueryBuilder::<Postgres>::new("select ");
    sql.push(COLUMNS)
        .push(", null::text as snippet from sessions s where s.tenant_id = ")
        .push_bind(tenant.0);
    sql.push(" and s.id = ").push_bind(id.0);
    sql.build_query_as().fetch_optional(conn).await
}

/// A conversation's id by its key.
pub async fn find(
    conn: &mut PgConnection,
    tenant: TenantId,
    agent_key: &str,
    session_key: &str,
) -> sqlx::Result<Option<SessionId>> {
    let id: Option<Uuid> = sqlx::query_scalar(
        "select id from sessions where tenant_id = $1 and agent_key = $2 and session_key = $3",
    )
    .bind(tenant.0)
    .bind(agent_key)
    .bind(session_key)
    .fetch_optional(conn)
    .await?;
    Ok(id.map(SessionId))
}

/// A conversation's items behind `after`, in order.
pub async fn items(
    conn: &mut PgConnection,
    session: SessionId,
    after: i64,
    limit: Option<u32>,
) -> sqlx::Result<Vec<ItemRow>> {
    sqlx::query_as(
        "select seq, item, provider_id, run_id, created_at from session_items
         where session_id = $1 and seq > $2 order by seq limit $3",
    )
    .bind(session.0)
    .bind(after)
    .bind(limit.map(i64::from))
    .fetch_all(conn)
    .await
}

/// The newest summary.
pub async fn compaction(conn: &mut PgConnection, session: SessionId) -> sqlx::Result<Option<CompactionRow>> {
    sqlx::query_as(
        "select upto_seq, summary, created_at from session_compactions where session_id = $1
         order by upto_seq desc limit 1",
    )
    .bind(session.0)
    .fetch_optional(conn)
    .await
}

/// All summaries, oldest first.
pub async fn compactions(conn: &mut PgConnection, session: SessionId) -> sqlx::Result<Vec<CompactionRow>> {
    sqlx::query_as(
        "select upto_seq, summary, created_at from session_compactions where session_id = $1 order by upto_seq",
    )
    .bind(session.0)
    .fetch_all(conn)
    .await
}

/// From now on the summary stands for the items up to a place.
pub async fn compact(
    conn: &mut PgConnection,
    session: SessionId,
    upto_seq: i64,
    summary: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query(
        "insert into session_compactions (session_id, upto_seq, summary, created_at) values ($1, $2, $3, $4)
         on conflict (session_id, upto_seq) do update set summary = $3, created_at = $4",
    )
    .bind(session.0)
    .bind(upto_seq)
    .bind(summary)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}

/// Makes the conversation when it does not exist, and locks it: appends come one after the other. `title` is for a new
/// one, or one that has none.
pub async fn open(
    conn: &mut PgConnection,
    tenant: TenantId,
    agent_key: &str,
    session_key: &str,
    (id, title): (SessionId, Option<&str>),
    now: DateTime<Utc>,
) -> sqlx::Result<SessionId> {
    let id: Uuid = sqlx::query_scalar(
        "insert into sessions (id, tenant_id, agent_key, session_key, title, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $6)
         on conflict (tenant_id, agent_key, session_key)
         do update set updated_at = $6, title = coalesce(sessions.title, $5) returning id",
    )
    .bind(id.0)
    .bind(tenant.0)
    .bind(agent_key)
    .bind(session_key)
    .bind(title)
    .bind(now)
    .fetch_one(conn)
    .await?;
    Ok(SessionId(id))
}

/// Locks a conversation against other writers; `false` when it is gone.
pub async fn lock(conn: &mut PgConnection, session: SessionId, now: DateTime<Utc>) -> sqlx::Result<bool> {
    let done = sqlx::query("update sessions set updated_at = $2 where id = $1")
        .bind(session.0)
        .bind(now)
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Appends items behind those that are there, in a conversation that is locked; the place of the last one. `provider`
/// is who made them, `None` for what a person said or a tool gave.
pub async fn append(
    conn: &mut PgConnection,
    session: SessionId,
    items: &[Value],
    (provider, run): (Option<ProviderId>, Option<RunId>),
    now: DateTime<Utc>,
) -> sqlx::Result<i64> {
    let said: Vec<Option<String>> = items.iter().map(searched).collect();
    let items: Vec<Json<&Value>> = items.iter().map(Json).collect();
    sqlx::query_scalar(
        "with last as (select coalesce(max(seq), 0) as seq from session_items where session_id = $1),
             added as (
                 insert into session_items (session_id, seq, item, said, provider_id, run_id, created_at)
                 select $1, last.seq + new.n, new.item, new.said, $4, $5, $6
                 from last, unnest($2::jsonb[], $3::text[]) with ordinality as new (item, said, n)
                 returning seq)
         select coalesce((select max(seq) from added), (select seq from last))",
    )
    .bind(session.0)
    .bind(items)
    .bind(said)
    .bind(provider.map(|p| p.0))
    .bind(run.map(|r| r.0))
    .bind(now)
    .fetch_one(conn)
    .await
}

/// Counts tokens that a conversation used.
pub async fn count(conn: &mut PgConnection, session: SessionId, usage: Usage) -> sqlx::Result<()> {
    let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    sqlx::query(
        "update sessions set input_tokens = input_tokens + $2, cached_tokens = cached_tokens + $3,
             output_tokens = output_tokens + $4, reasoning_tokens = reasoning_tokens + $5 where id = $1",
    )
    .bind(session.0)
    .bind(number(usage.input_tokens))
    .bind(number(usage.cached_input_tokens))
    .bind(number(usage.output_tokens))
    .bind(number(usage.reasoning_tokens))
    .execute(conn)
    .await?;
    Ok(())
}

/// Gives a conversation another title; the old one. `None` when there is no conversation of that id.
pub async fn rename(
    conn: &mut PgConnection,
    tenant: TenantId,
    id: SessionId,
    title: &str,
) -> sqlx::Result<Option<Option<String>>> {
    sqlx::query_scalar(
        "with old as (select id, title from sessions where tenant_id = $1 and id = $2 for update)
         update sessions s set title = $3 from old where s.id = old.id returning old.title",
    )
    .bind(tenant.0)
    .bind(id.0)
    .bind(title)
    .fetch_optional(conn)
    .await
}

/// Removes a conversation with its items; its runs stay in the record.
pub async fn delete(conn: &mut PgConnection, tenant: TenantId, id: SessionId) -> sqlx::Result<bool> {
    let done = sqlx::query("delete from sessions where tenant_id = $1 and id = $2")
        .bind(tenant.0)
        .bind(id.0)
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Removes a conversation that came to nothing.
pub async fn delete_empty(conn: &mut PgConnection, session: SessionId) -> sqlx::Result<()> {
    sqlx::query(
        "delete from sessions s where id = $1
         and not exists (select from session_items i where i.session_id = s.id)",
    )
    .bind(session.0)
    .execute(conn)
    .await?;
    Ok(())
}

/// Removes the items from a place on, and the summaries that tell of them; how many items.
pub async fn rewind(conn: &mut PgConnection, session: SessionId, from_seq: i64) -> sqlx::Result<u64> {
    sqlx::query("delete from session_compactions where session_id = $1 and upto_seq >= $2")
        .bind(session.0)
        .bind(from_seq)
        .execute(&mut *conn)
        .await?;
    let done = sqlx::query("delete from session_items where session_id = $1 and seq >= $2")
        .bind(session.0)
        .bind(from_seq)
        .execute(conn)
        .await?;
    Ok(done.rows_affected())
}

/// Keeps what was said while a run is on.
pub async fn enqueue(
    conn: &mut PgConnection,
    session: SessionId,
    (id, item): (Uuid, &Value),
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query("insert into queued_messages (id, session_id, item, created_at) values ($1, $2, $3, $4)")
        .bind(id)
        .bind(session.0)
        .bind(Json(item))
        .bind(now)
        .execute(conn)
        .await?;
    Ok(())
}

/// Appends what was said while a run was on, oldest first, in a conversation that is locked: the items, and the place of
/// the conversation's last one.
pub async fn append_waiting(
    conn: &mut PgConnection,
    session: SessionId,
    run: RunId,
    now: DateTime<Utc>,
) -> sqlx::Result<(Vec<Value>, i64)> {
    let mut rows: Vec<(Uuid, Json<Value>)> =
        sqlx::query_as("delete from queued_messages where session_id = $1 returning id, item")
            .bind(session.0)
            .fetch_all(&mut *conn)
            .await?;
    if rows.is_empty() {
        return Ok((Vec::new(), 0));
    }
    rows.sort_by_key(|(id, _)| *id);
    let items: Vec<Value> = rows.into_iter().map(|(_, item)| item.0).collect();
    let last = append(conn, session, &items, (None, Some(run)), now).await?;
    Ok((items, last))
}
