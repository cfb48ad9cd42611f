//! The record, counted: how many requests and tokens, by something.

use crate::domain::ids::{KeyId, ProviderId, TenantId};
use crate::domain::usage::{By, Counters};
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::{PgConnection, Postgres, QueryBuilder};
use uuid::Uuid;

/// Which requests are counted; what is absent does not matter.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// That it answered; of those that nobody answered, that was tried first.
    pub account: Option<ProviderId>,
    pub agent_key: Option<String>,
    pub key: Option<KeyId>,
    /// As the upstream named it, else as the client did.
    pub model: Option<String>,
}

/// The sums of one key.
#[derive(Clone, Debug, sqlx::FromRow)]
struct Row {
    key: Option<String>,
    requests: i64,
    completed: i64,
    incomplete: i64,
    failed: i64,
    cancelled: i64,
    refused: i64,
    failovers: i64,
    input_tokens: i64,
    cached_input_tokens: i64,
    output_tokens: i64,
    reasoning_tokens: i64,
}

/// Whose request it was: who answered, else who was tried first.
const ACCOUNT: &str = "coalesce(provider_id, selected_provider_id)";

/// A tenant's sums between two moments, by something; in no order. Days and hours are those of `zone`, a name that
/// Postgres knows.
///
/// Everything that is read is in one index (migration 0018): no row of the table is.
pub async fn sums(
    conn: &mut PgConnection,
    tenant: TenantId,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
    by: By,
    zone: &str,
    scope: &Scope,
) -> sqlx::Result<Vec<(Option<String>, Counters)>> {
    // What it groups by is small; the planner can't know, and would sort on disk.
    sqlx::query("set local work_mem = '32MB'").execute(&mut *conn).await?;
    let mut sql = QueryBuilder::<Postgres>::new("select key::text, ");
    sql.push(
        "count(*) as requests,
         count(*) filter (where status = 'completed') as completed,
         count(*) filter (where status = 'incomplete') as incomplete,
         count(*) filter (where status = 'failed') as failed,
         count(*) filter (where status = 'cancelled') as cancelled,
         count(*) filter (where status = 'refused') as refused,
         count(*) filter (where provider_id <> selected_provider_id) as failovers,
         coalesce(sum(input_tokens), 0)::bigint as input_tokens,
         coalesce(sum(cached_input_tokens), 0)::bigint as cached_input_tokens,
         coalesce(sum(output_tokens), 0)::bigint as output_tokens,
         coalesce(sum(reasoning_tokens), 0)::bigint as reasoning_tokens
         from requests r, lateral (select ",
    );
    match by {
        By::Account => {
            sql.push(ACCOUNT);
        }
        By::Agent => {
            sql.push("agent_key");
        }
        By::Key => {
            sql.push("key_id");
        }
        By::Model => {
            sql.push("counted_model");
        }
        By::Cause => {
            sql.push("cause");
        }
        By::Day => {
            sql.push("(started_at at time zone ").push_bind(zone).push(")::date");
        }
        // As `domain::usage` counts the hours of a week: from Monday's first.
        By::WeekdayHour => {
            sql.push("extract(isodow from started_at at time zone ").push_bind(zone);
            sql.push(")::int * 24 - 24 + extract(hour from started_at at time zone ").push_bind(zone);
            sql.push(")::int");
        }
    }
    sql.push(" as key) k where tenant_id = ").push_bind(tenant.0);
    sql.push(" and started_at >= ").push_bind(from).push(" and started_at < ").push_bind(to);
    if let Some(account) = scope.account {
        sql.push(" and ").push(ACCOUNT).push(" = ").push_bind(account.0);
    }
    if let Some(agent) = &scope.agent_key {
        sql.push(" and agent_key = ").push_bind(agent);
    }
    if let Some(key) = scope.key {
        sql.push(" and key_id = ").push_bind(key.0);
    }
    if let Some(model) = &scope.model {
        sql.push(" and counted_model = ").push_bind(model);
    }
    sql.push(" group by key");
    let rows: Vec<Row> = sql.build_query_as().fetch_all(conn).await?;
    Ok(rows.into_iter().map(|row| (row.key.clone(), row.into())).collect())
}

impl From<Row> for Counters {
    fn from(row: Row) -> Self {
        Self {
            requests: row.requests,
            completed: row.completed,
            incomplete: row.incomplete,
            failed: row.failed,
            cancelled: row.cancelled,
            refused: row.refused,
            failovers: row.failovers,
            input_tokens: row.input_tokens,
            cached_input_tokens: row.cached_input_tokens,
            output_tokens: row.output_tokens,
            reasoning_tokens: row.reasoning_tokens,
        }
    }
}

/// The first and the last day of a span, as a zone has them.
pub async fn days(
    conn: &mut PgConnection,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
    zone: &str,
) -> sqlx::Result<(NaiveDate, NaiveDate)> {
    sqlx::query_as(
        "select ($1 at time zone $3)::date, (($2 - interval '1 microsecond') at time zone $3)::date",
    )
    .bind(from)
    .bind(to)
    .bind(zone)
    .fetch_one(conn)
    .await
}

/// The time zones that Postgres knows, by IANA's names.
pub async fn zones(conn: &mut PgConnection) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar(
        "select name from pg_timezone_names
         where name !~ '^(posix|right)/' and name not in ('localtime', 'posixrules', 'Factory')",
    )
    .fetch_all(conn)
    .await
}

/// What a tenant's accounts were called when they were last asked: those that are gone as well.
pub async fn account_names(
    conn: &mut PgConnection,
    tenant: TenantId,
    accounts: &[Uuid],
) -> sqlx::Result<Vec<(Uuid, String)>> {
    sqlx::query_as(
        "select k.id, a.provider_name from unnest($2::uuid[]) k (id), lateral (
             select provider_name from attempts where tenant_id = $1 and provider_id = k.id
             order by request_started_at desc, request_id desc limit 1) a",
    )
    .bind(tenant.0)
    .bind(accounts)
    .fetch_all(conn)
    .await
}
