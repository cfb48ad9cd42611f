//! The record of what was served: one row per request and one per attempt, written behind the answer.

use crate::domain::ids::{ProviderId, RequestId, TenantId};
use crate::domain::responses::event::Usage;
use chrono::{DateTime, Utc};
use sqlx::{PgConnection, Row};

/// One request of a client, as it ended.
#[derive(Clone, Debug)]
pub struct RequestRecord {
    pub id: RequestId,
    pub tenant: TenantId,
    pub started_at: DateTime<Utc>,
    pub duration_ms: i64,
    /// Until the first event that the client could see.
    pub first_event_ms: Option<i64>,
    /// `responses` or `chat_completions`.
    pub endpoint: &'static str,
    /// `codex` or `other`.
    pub client: &'static str,
    /// As the client named it.
    pub model: String,
    pub served_model: Option<String>,
    pub agent_key: Option<String>,
    pub session_key: Option<String>,
    pub provider: Option<(ProviderId, String)>,
    /// `completed`, `incomplete`, `failed`, `cancelled` or `refused`.
    pub status: &'static str,
    pub http_status: u16,
    pub error: Option<(String, String)>,
    pub usage: Option<Usage>,
    pub attempts: Vec<AttemptRecord>,
}

/// One try at one account.
#[derive(Clone, Debug)]
pub struct AttemptRecord {
    pub provider: ProviderId,
    pub provider_name: String,
    /// `served`, `failed` or `cancelled`.
    pub outcome: &'static str,
    /// Code and text.
    pub error: Option<(String, String)>,
    pub duration_ms: i64,
}

/// Writes a batch. Call it in a transaction.
///
/// One statement per table, however many rows: at hundreds of answers per second a statement per row would cost the
/// database more than the answers cost the gateway.
pub async fn insert(conn: &mut PgConnection, records: &[RequestRecord]) -> sqlx::Result<()> {
    let tokens = |pick: fn(&Usage) -> u64| {
        column(records, |r| r.usage.as_ref().and_then(|u| i64::try_from(pick(u)).ok()))
    };
    sqlx::query(
        "insert into requests (id, tenant_id, started_at, duration_ms, first_event_ms, endpoint, client, model,
             served_model, agent_key, session_key, provider_id, provider_name, status, http_status, error_code,
             error_message, input_tokens, cached_input_tokens, output_tokens, reasoning_tokens)
         select * from unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::bigint[], $5::bigint[], $6::text[],
             $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::uuid[], $13::text[], $14::text[],
             $15::integer[], $16::text[], $17::text[], $18::bigint[], $19::bigint[], $20::bigint[], $21::bigint[])",
    )
    .bind(column(records, |r| r.id.0))
    .bind(column(records, |r| r.tenant.0))
    .bind(column(records, |r| r.started_at))
    .bind(column(records, |r| r.duration_ms))
    .bind(column(records, |r| r.first_event_ms))
    .bind(column(records, |r| r.endpoint))
    .bind(column(records, |r| r.client))
    .bind(column(records, |r| r.model.as_str()))
    .bind(column(records, |r| r.served_model.as_deref()))
    .bind(column(records, |r| r.agent_key.as_deref()))
    .bind(column(records, |r| r.session_key.as_deref()))
    .bind(column(records, |r| r.provider.as_ref().map(|p| p.0.0)))
    .bind(column(records, |r| r.provider.as_ref().map(|p| p.1.as_str())))
    .bind(column(records, |r| r.status))
    .bind(column(records, |r| i32::from(r.http_status)))
    .bind(column(records, |r| r.error.as_ref().map(|e| e.0.as_str())))
    .bind(column(records, |r| r.error.as_ref().map(|e| e.1.as_str())))
    .bind(tokens(|u| u.input_tokens))
    .bind(tokens(|u| u.cached_input_tokens))
    .bind(tokens(|u| u.output_tokens))
    .bind(tokens(|u| u.reasoning_tokens))
    .execute(&mut *conn)
    .await?;
    let attempts: Vec<_> = records
        .iter()
        .flat_map(|r| r.attempts.iter().zip(0_i32..).map(|(a, seq)| (r.id.0, seq, a)))
        .collect();
    sqlx::query(
        "insert into attempts (request_id, seq, provider_id, provider_name, outcome, error_code, error_message,
             duration_ms)
         select * from unnest($1::uuid[], $2::integer[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[],
             $8::bigint[])",
    )
    .bind(column(&attempts, |(id, ..)| *id))
    .bind(column(&attempts, |(_, seq, _)| *seq))
    .bind(column(&attempts, |(.., a)| a.provider.0))
    .bind(column(&attempts, |(.., a)| a.provider_name.as_str()))
    .bind(column(&attempts, |(.., a)| a.outcome))
    .bind(column(&attempts, |(.., a)| a.error.as_ref().map(|e| e.0.as_str())))
    .bind(column(&attempts, |(.., a)| a.error.as_ref().map(|e| e.1.as_str())))
    .bind(column(&attempts, |(.., a)| a.duration_ms))
    .execute(conn)
    .await?;
    Ok(())
}

fn column<'a, R, T>(rows: &'a [R], pick: impl Fn(&'a R) -> T) -> Vec<T> {
    rows.iter().map(pick).collect()
}

/// A request as stored, for people.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct RequestRow {
    pub id: uuid::Uuid,
    pub started_at: DateTime<Utc>,
    pub duration_ms: i64,
    pub first_event_ms: Option<i64>,
    pub endpoint: String,
    pub client: String,
    pub model: String,
    pub served_model: Option<String>,
    pub agent_key: Option<String>,
    pub provider_name: Option<String>,
    pub status: String,
    pub http_status: i32,
    pub error_code: Option<String>,
    pub error_message: Option<String>,
    pub input_tokens: Option<i64>,
    pub cached_input_tokens: Option<i64>,
    pub output_tokens: Option<i64>,
    pub reasoning_tokens: Option<i64>,
}

/// An attempt as stored.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct AttemptRow {
    pub request_id: uuid::Uuid,
    pub provider_name: String,
    pub outcome: String,
    pub error_code: Option<String>,
    pub duration_ms: i64,
}

/// A tenant's newest requests with their attempts.
pub async fn newest(
    conn: &mut PgConnection,
    tenant: TenantId,
    limit: u32,
) -> sqlx::Result<(Vec<RequestRow>, Vec<AttemptRow>)> {
    let requests: Vec<RequestRow> = sqlx::query_as(
        "select id, started_at, duration_ms, first_event_ms, endpoint, client, model, served_model, agent_key,
             provider_name, status, http_status, error_code, error_message, input_tokens, cached_input_tokens,
             output_tokens, reasoning_tokens
         from requests where tenant_id = $1 order by started_at desc limit $2",
    )
    .bind(tenant.0)
    .bind(i64::from(limit))
    .fetch_all(&mut *conn)
    .await?;
    let ids: Vec<uuid::Uuid> = requests.iter().map(|r| r.id).collect();
    let attempts = sqlx::query_as(
        "select request_id, provider_name, outcome, error_code, duration_ms from attempts
         where request_id = any($1) order by request_id, seq",
    )
    .bind(ids)
    .fetch_all(conn)
    .await?;
    Ok((requests, attempts))
}

/// Sums since a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    pub requests: i64,
    pub succeeded: i64,
    pub failed: i64,
    pub input_tokens: i64,
    pub cached_input_tokens: i64,
    pub output_tokens: i64,
}

/// A tenant's sums since `from`. A client's hang-up and its own mistakes count as neither success nor failure.
pub async fn totals(conn: &mut PgConnection, tenant: TenantId, from: DateTime<Utc>) -> sqlx::Result<Totals> {
    let row = sqlx::query(
        "select count(*) as requests,
             count(*) filter (where status in ('completed', 'incomplete')) as succeeded,
             count(*) filter (where status = 'failed') as failed,
             coalesce(sum(input_tokens), 0)::bigint as input_tokens,
             coalesce(sum(cached_input_tokens), 0)::bigint as cached_input_tokens,
             coalesce(sum(output_tokens), 0)::bigint as output_tokens
         from requests where tenant_id = $1 and started_at >= $2",
    )
    .bind(tenant.0)
    .bind(from)
    .fetch_one(conn)
    .await?;
    Ok(Totals {
        requests: row.try_get("requests")?,
        succeeded: row.try_get("succeeded")?,
        failed: row.try_get("failed")?,
        input_tokens: row.try_get("input_tokens")?,
        cached_input_tokens: row.try_get("cached_input_tokens")?,
        output_tokens: row.try_get("output_tokens")?,
    })
}

/// Whether the tenant ever had an answer.
pub async fn any_served(conn: &mut PgConnection, tenant: TenantId) -> sqlx::Result<bool> {
    sqlx::query_scalar("select exists (select 1 from requests where tenant_id = $1 and status = 'completed')")
        .bind(tenant.0)
        .fetch_one(conn)
        .await
}

/// Removes what is older than `before`, at most `limit` rows; how many went.
pub async fn prune(conn: &mut PgConnection, before: DateTime<Utc>, limit: u32) -> sqlx::Result<u64> {
    let done = sqlx::query(
        "delete from requests where id in (select id from requests where started_at < $1 order by started_at limit $2)",
    )
    .bind(before)
    .bind(i64::from(limit))
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}
