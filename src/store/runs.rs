//! Runs of agents, and the log of events of each.

use crate::domain::ids::{RunId, SessionId, TenantId};
use crate::domain::responses::event::Usage;
use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::types::Json;
use sqlx::{PgConnection, Postgres, QueryBuilder};
use uuid::Uuid;

/// A run as stored.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct RunRow {
    pub id: Uuid,
    pub agent_key: String,
    pub session_id: Option<Uuid>,
    pub session_key: Option<String>,
    pub endpoint: String,
    pub status: String,
    pub reason: Option<String>,
    pub error_code: Option<String>,
    pub error_message: Option<String>,
    /// The HTTP status that says the same.
    pub error_status: Option<i32>,
    pub model: String,
    pub message: String,
    pub content: Option<String>,
    pub iterations: i32,
    pub input_tokens: i64,
    pub cached_tokens: i64,
    pub output_tokens: i64,
    pub reasoning_tokens: i64,
    pub served_by: Vec<String>,
    pub owner: i64,
    pub last_seq: i64,
    pub started_at: DateTime<Utc>,
    pub ended_at: Option<DateTime<Utc>>,
}

impl RunRow {
    pub fn is_running(&self) -> bool {
        self.status == "running"
    }
}

/// A run that begins.
#[derive(Clone, Debug)]
pub struct NewRun<'a> {
    pub id: RunId,
    pub tenant: TenantId,
    pub agent_key: &'a str,
    pub session: Option<(SessionId, &'a str)>,
    pub endpoint: &'a str,
    pub model: &'a str,
    /// The beginning of what was said.
    pub message: &'a str,
    pub owner: i64,
    pub now: DateTime<Utc>,
}

/// How a run ended.
#[derive(Clone, Debug)]
pub struct Ended<'a> {
    pub status: &'static str,
    pub reason: Option<&'a str>,
    /// Code, text, and the HTTP status that says the same.
    pub error: Option<(&'a str, &'a str, u16)>,
    pub content: Option<&'a str>,
}

/// What a run used so far.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    pub iterations: u32,
    pub usage: Usage,
    pub served_by: Vec<String>,
}

impl Progress {
    /// An account answered; each is named once.
    pub fn served(&mut self, name: &str) {
        if !self.served_by.iter().any(|known| known == name) {
            self.served_by.push(name.to_owned());
        }
    }
}

/// One event of a run.
#[derive(Clone, Debug)]
pub struct EventRow {
    pub run: RunId,
    pub seq: i64,
    pub at: DateTime<Utc>,
    pub kind: &'static str,
    pub data: Value,
}

const COLUMNS: &str = "id, agent_key, session_id, session_key, endpoint, status, reason, error_code, error_message,
     error_status, model, message, content, iterations, input_tokens, cached_tokens, output_tokens, reasoning_tokens, served_by, owner,
     last_seq, started_at, ended_at";

/// Begins a run; `false` when one is on in that conversation.
pub async fn insert(conn: &mut PgConnection, run: &NewRun<'_>) -> sqlx::Result<bool> {
    let done = sqlx::query(
        "insert into runs (id, tenant_id, agent_key, session_id, session_key, endpoint, status, model, message, owner,
             started_at)
         values ($1, $2, $3, $4, $5, $6, 'running', $7, $8, $9, $10)
         on conflict (session_id) where status = 'running' do nothing",
    )
    .bind(run.id.0)
    .bind(run.tenant.0)
    .bind(run.agent_key)
    .bind(run.session.map(|(id, _)| id.0))
    .bind(run.session.map(|(_, key)| key))
    .bind(run.endpoint)
    .bind(run.model)
    .bind(run.message)
    .bind(run.owner)
    .bind(run.now)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Takes an interrupted run up again; `false` when it is not interrupted, or another one is on in its conversation.
pub async fn take_up(conn: &mut PgConnection, tenant: TenantId, id: RunId, owner: i64) -> sqlx::Result<bool> {
    let done = sqlx::query(
        "update runs r set status = 'running', owner = $3, ended_at = null, reason = null, error_code = null,
             error_message = null, error_status = null
         where r.tenant_id = $1 and r.id = $2 and r.status = 'interrupted' and not exists (
             select from runs o where o.session_id = r.session_id and o.status = 'running')",
    )
    .bind(tenant.0)
    .bind(id.0)
    .bind(owner)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Writes down what a run used; `false` when it is no longer this process's.
pub async fn progress(
    conn: &mut PgConnection,
    id: RunId,
    owner: i64,
    progress: &Progress,
) -> sqlx::Result<bool> {
    let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let done = sqlx::query(
        "update runs set iterations = $3, input_tokens = $4, cached_tokens = $5, output_tokens = $6,
             reasoning_tokens = $7, served_by = $8
         where id = $1 and owner = $2 and status = 'running'",
    )
    .bind(id.0)
    .bind(owner)
    .bind(i32::try_from(progress.iterations).unwrap_or(i32::MAX))
    .bind(number(progress.usage.input_tokens))
    .bind(number(progress.usage.cached_input_tokens))
    .bind(number(progress.usage.output_tokens))
    .bind(number(progress.usage.reasoning_tokens))
    .bind(&progress.served_by)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends a run; `false` when it is over already, or another process's.
pub async fn end(
    conn: &mut PgConnection,
    id: RunId,
    owner: i64,
    ended: &Ended<'_>,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let done = sqlx::query(
        "update runs set status = $3, reason = $4, error_code = $5, error_message = $6, content = $7, ended_at = $8,
             error_status = $9
         where id = $1 and owner = $2 and status = 'running'",
    )
    .bind(id.0)
    .bind(owner)
    .bind(ended.status)
    .bind(ended.reason)
    .bind(ended.error.map(|(code, ..)| code))
    .bind(ended.error.map(|(_, message, _)| message))
    .bind(ended.content)
    .bind(now)
    .bind(ended.error.map(|(.., status)| i32::from(status)))
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Appends events of several runs at once.
pub async fn append_events(conn: &mut PgConnection, events: &[EventRow]) -> sqlx::Result<()> {
    sqlx::query(
        "with new as (
             select * from unnest($1::uuid[], $2::bigint[], $3::timestamptz[], $4::text[], $5::jsonb[])
                 as new (run_id, seq, at, type, data)),
         added as (insert into run_events (run_id, seq, at, type, data) select * from new)
         update runs set last_seq = greatest(runs.last_seq, newest.seq)
         from (select run_id, max(seq) as seq from new group by run_id) as newest where runs.id = newest.run_id",
    )
    .bind(events.iter().map(|e| e.run.0).collect::<Vec<_>>())
    .bind(events.iter().map(|e| e.seq).collect::<Vec<_>>())
    .bind(events.iter().map(|e| e.at).collect::<Vec<_>>())
    .bind(events.iter().map(|e| e.kind).collect::<Vec<_>>())
    .bind(events.iter().map(|e| Json(&e.data)).collect::<Vec<_>>())
    .execute(conn)
    .await?;
    Ok(())
}

/// An event as stored.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct StoredEvent {
    pub seq: i64,
    pub at: DateTime<Utc>,
    #[sqlx(rename = "type")]
    pub kind: String,
    pub data: Json<Value>,
}

/// Events of a run behind `after`, in order, at most so many.
pub async fn events(
    conn: &mut PgConnection,
    run: RunId,
    after: i64,
    limit: u32,
) -> sqlx::Result<Vec<StoredEvent>> {
    sqlx::query_as(
        "select seq, at, type, data from run_events where run_id = $1 and seq > $2 order by seq limit $3",
    )
    .bind(run.0)
    .bind(after)
    .bind(i64::from(limit))
    .fetch_all(conn)
    .await
}

/// One run.
pub async fn get(conn: &mut PgConnection, tenant: TenantId, id: RunId) -> sqlx::Result<Option<RunRow>> {
    let mut sql = QueryBuilder::<Postgres>::new("select ");
    sql.push(COLUMNS).push(" from runs where tenant_id = ").push_bind(tenant.0);
    sql.push(" and id = ").push_bind(id.0);
    sql.build_query_as().fetch_optional(conn).await
}

/// The run that is on in a conversation.
pub async fn running_in(conn: &mut PgConnection, session: SessionId) -> sqlx::Result<Option<RunId>> {
    let id: Option<Uuid> =
        sqlx::query_scalar("select id from runs where session_id = $1 and status = 'running'")
            .bind(session.0)
            .fetch_optional(conn)
            .await?;
    Ok(id.map(RunId))
}

/// Which runs are wanted; what is absent does not matter.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub agent_key: Option<String>,
    pub session: Option<SessionId>,
    pub status: Option<String>,
    pub before: Option<RunId>,
}

/// A tenant's runs, newest first.
pub async fn page(
    conn: &mut PgConnection,
    tenant: TenantId,
    filter: &Filter,
    limit: u32,
) -> sqlx::Result<Vec<RunRow>> {
    let mut sql = QueryBuilder::<Postgres>::new("select ");
    sql.push(COLUMNS).push(" from runs where tenant_id = ").push_bind(tenant.0);
    if let Some(agent) = &filter.agent_key {
        sql.push(" and agent_key = ").push_bind(agent);
    }
    if let Some(session) = filter.session {
        sql.push(" and session_id = ").push_bind(session.0);
    }
    if let Some(status) = &filter.status {
        sql.push(" and status = ").push_bind(status);
    }
    if let Some(before) = filter.before {
        sql.push(" and id < ").push_bind(before.0);
    }
    sql.push(" order by id desc limit ").push_bind(i64::from(limit));
    sql.build_query_as().fetch_all(conn).await
}

/// Holds the lock that says that this process lives, for as long as the connection does; `false` when somebody has it.
pub async fn hold_owner(conn: &mut PgConnection, owner: i64) -> sqlx::Result<bool> {
    sqlx::query_scalar("select pg_try_advisory_lock($1)").bind(owner).fetch_one(conn).await
}

/// The other processes that have runs which are on.
pub async fn other_owners(conn: &mut PgConnection, owner: i64) -> sqlx::Result<Vec<i64>> {
    sqlx::query_scalar("select distinct owner from runs where status = 'running' and owner <> $1")
        .bind(owner)
        .fetch_all(conn)
        .await
}

/// The runs of a process that are on.
pub async fn running_of(conn: &mut PgConnection, owner: i64) -> sqlx::Result<Vec<RunId>> {
    let ids: Vec<Uuid> = sqlx::query_scalar("select id from runs where status = 'running' and owner = $1")
        .bind(owner)
        .fetch_all(conn)
        .await?;
    Ok(ids.into_iter().map(RunId).collect())
}

/// Whether a process is gone: its lock is free, and ours until the end of the transaction.
pub async fn is_gone(conn: &mut PgConnection, owner: i64) -> sqlx::Result<bool> {
    sqlx::query_scalar("select pg_try_advisory_xact_lock($1)").bind(owner).fetch_one(conn).await
}

/// Marks runs of a process that nobody drives any more; each gets its last event.
pub async fn interrupt(
    conn: &mut PgConnection,
    owner: i64,
    runs: &[RunId],
    (code, message): (&str, &str),
    now: DateTime<Utc>,
) -> sqlx::Result<Vec<RunId>> {
    let ids: Vec<Uuid> = sqlx::query_scalar(
        "with orphans as (
             update runs set status = 'interrupted', reason = $2, error_code = $2, error_message = $3, error_status = 503, ended_at = $4,
                 last_seq = last_seq + 1
             where owner = $1 and status = 'running' and id = any($5) returning id, last_seq),
         told as (
             insert into run_events (run_id, seq, at, type, data)
             select id, last_seq, $4, 'run.failed', jsonb_build_object('type', 'run.failed', 'error', jsonb_build_object(
                 'code', $2::text, 'message', $3::text), 'resumable', true) from orphans)
         select id from orphans",
    )
    .bind(owner)
    .bind(code)
    .bind(message)
    .bind(now)
    .bind(runs.iter().map(|run| run.0).collect::<Vec<_>>())
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().map(RunId).collect())
}

/// Removes the events of runs that ended before a moment; how many.
pub async fn prune_events(conn: &mut PgConnection, before: DateTime<Utc>) -> sqlx::Result<u64> {
    let done = sqlx::query(
        "delete from run_events e using runs r where r.id = e.run_id and r.ended_at is not null and r.ended_at < $1",
    )
    .bind(before)
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}
