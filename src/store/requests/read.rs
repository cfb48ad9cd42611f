//! The record, read: in pages, newest first, and one by one.

use crate::domain::ids::{KeyId, ProviderId, RequestId, TenantId};
use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::types::Json;
use sqlx::{PgConnection, Postgres, QueryBuilder};
use std::collections::HashMap;
use uuid::Uuid;

/// A request as stored, without its decision, which can be long.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct RequestRow {
    pub id: Uuid,
    pub started_at: DateTime<Utc>,
    pub duration_ms: i64,
    pub first_event_ms: Option<i64>,
    pub endpoint: String,
    pub client: String,
    pub model: String,
    pub served_model: Option<String>,
    pub agent_key: Option<String>,
    pub key_id: Option<Uuid>,
    /// As it is called now; `None` where it is gone.
    pub key_name: Option<String>,
    pub cause: Option<String>,
    pub provider_id: Option<Uuid>,
    pub provider_name: Option<String>,
    pub pool_owner_name: Option<String>,
    pub strategy: Option<String>,
    pub attempt_count: i32,
    pub selected_provider_id: Option<Uuid>,
    pub selected_provider_name: Option<String>,
    pub status: String,
    pub http_status: i32,
    pub error_code: Option<String>,
    pub error_message: Option<String>,
    pub input_tokens: Option<i64>,
    pub cached_input_tokens: Option<i64>,
    pub output_tokens: Option<i64>,
    pub reasoning_tokens: Option<i64>,
}

impl RequestRow {
    /// An account answered that was not the first choice.
    pub fn used_failover(&self) -> bool {
        self.provider_id.is_some() && self.provider_id != self.selected_provider_id
    }

    /// Where it stands in the order of the lists.
    pub fn place(&self) -> Place {
        Place { started_at: self.started_at, id: RequestId(self.id) }
    }
}

/// An attempt as stored.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct AttemptRow {
    pub request_id: Uuid,
    pub seq: i32,
    pub provider_id: Uuid,
    pub provider_name: String,
    pub started_at: DateTime<Utc>,
    pub model: Option<String>,
    pub outcome: String,
    pub error_code: Option<String>,
    pub error_message: Option<String>,
    pub cause: Option<String>,
    pub fault: Option<String>,
    pub http_status: Option<i32>,
    pub first_event_ms: Option<i64>,
    pub duration_ms: i64,
}

/// Which requests are wanted; what is absent does not matter.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub id: Option<RequestId>,
    /// At which one was tried at all.
    pub account: Option<ProviderId>,
    /// That were addressed to this one, whose pool it is when it has one.
    pub pool_owner: Option<ProviderId>,
    pub agent_key: Option<String>,
    pub key: Option<KeyId>,
    /// What went wrong first.
    pub cause: Option<String>,
    /// As the client or the upstream named it.
    pub model: Option<String>,
    /// The status of the request.
    pub outcome: Option<String>,
    /// From then on.
    pub from: Option<DateTime<Utc>>,
    /// Before then.
    pub to: Option<DateTime<Utc>>,
}

/// A place in the order of the lists, newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub started_at: DateTime<Utc>,
    pub id: RequestId,
}

/// A tenant's requests from the one after `after` on, newest first.
///
/// Only the conditions that are asked for are in the statement, so that each has a plan of its own with its own index.
pub async fn page(
    conn: &mut PgConnection,
    tenant: TenantId,
    filter: &Filter,
    after: Option<Place>,
    limit: u32,
) -> sqlx::Result<Vec<RequestRow>> {
    let mut sql = QueryBuilder::<Postgres>::new(
        "select r.id, r.started_at, r.duration_ms, r.first_event_ms, r.endpoint, r.client, r.model, r.served_model,
             r.agent_key, r.provider_id, r.provider_name, r.pool_owner_name, r.strategy, r.attempt_count,
             r.selected_provider_id, r.selected_provider_name, r.status, r.http_status, r.error_code, r.error_message,
             r.input_tokens, r.cached_input_tokens, r.output_tokens, r.reasoning_tokens, r.key_id, r.cause,
             (select k.name from api_keys k where k.id = r.key_id and k.tenant_id = r.tenant_id) as key_name
         from ",
    );
    // The newest of one account are found among its attempts, in the same order; the first one stands for its request.
    let order = if let Some(account) = filter.account {
        sql.push("attempts a join requests r on r.id = a.request_id where a.tenant_id = ");
        sql.push_bind(tenant.0).push(" and a.provider_id = ").push_bind(account.0);
        sql.push(
            " and not exists (select from attempts b where b.request_id = a.request_id
                 and b.provider_id = a.provider_id and b.seq < a.seq)",
        );
        if let Some(model) = &filter.model {
            sql.push(" and (r.model = ").push_bind(model);
            sql.push(" or r.served_model = ").push_bind(model).push(")");
        }
        between(&mut sql, ["a.request_started_at", "a.request_id"], filter, after);
        matching(&mut sql, filter);
        " order by a.request_started_at desc, a.request_id desc limit "
    } else if let Some(model) = &filter.model {
        // Both names of a model have an index in this order: the newest of each, merged.
        for (open, name) in
            [("((", "r.model = "), (" union all (", "r.served_model <> r.model and r.served_model = ")]
        {
            sql.push(open).push("select r.* from requests r where r.tenant_id = ").push_bind(tenant.0);
            sql.push(" and ").push(name).push_bind(model);
            between(&mut sql, ["r.started_at", "r.id"], filter, after);
            matching(&mut sql, filter);
            sql.push(NEWEST).push_bind(i64::from(limit)).push(")");
        }
        sql.push(") r");
        NEWEST
    } else {
        sql.push("requests r where r.tenant_id = ").push_bind(tenant.0);
        between(&mut sql, ["r.started_at", "r.id"], filter, after);
        matching(&mut sql, filter);
        NEWEST
    };
    sql.push(order).push_bind(i64::from(limit));
    sql.build_query_as().fetch_all(conn).await
}

/// The order of the lists.
const NEWEST: &str = " order by r.started_at desc, r.id desc limit ";

/// The conditions on the request alone.
fn matching(sql: &mut QueryBuilder<Postgres>, filter: &Filter) {
    if let Some(id) = filter.id {
        sql.push(" and r.id = ").push_bind(id.0);
    }
    if let Some(owner) = filter.pool_owner {
        sql.push(" and r.pool_owner_id = ").push_bind(owner.0);
    }
    if let Some(agent) = &filter.agent_key {
        sql.push(" and r.agent_key = ").push_bind(agent.clone());
    }
    if let Some(key) = filter.key {
        sql.push(" and r.key_id = ").push_bind(key.0);
    }
    if let Some(cause) = &filter.cause {
        sql.push(" and r.cause = ").push_bind(cause.clone());
    }
    if let Some(outcome) = &filter.outcome {
        sql.push(" and r.status = ").push_bind(outcome.clone());
    }
}

/// The conditions on the place in the order.
fn between(sql: &mut QueryBuilder<Postgres>, [at, id]: [&str; 2], filter: &Filter, after: Option<Place>) {
    if let Some(from) = filter.from {
        sql.push(" and ").push(at).push(" >= ").push_bind(from);
    }
    if let Some(to) = filter.to {
        sql.push(" and ").push(at).push(" < ").push_bind(to);
    }
    if let Some(after) = after {
        sql.push(" and (").push(at).push(", ").push(id).push(") < (");
        sql.push_bind(after.started_at).push(", ").push_bind(after.id.0).push(")");
    }
}

/// One request of a tenant.
pub async fn one(
    conn: &mut PgConnection,
    tenant: TenantId,
    id: RequestId,
) -> sqlx::Result<Option<RequestRow>> {
    let filter = Filter { id: Some(id), ..Filter::default() };
    Ok(page(conn, tenant, &filter, None, 1).await?.pop())
}

/// The attempts of a tenant's requests, those of one request in their order.
pub async fn attempts_of(
    conn: &mut PgConnection,
    tenant: TenantId,
    requests: &[Uuid],
) -> sqlx::Result<Vec<AttemptRow>> {
    sqlx::query_as(
        "select request_id, seq, provider_id, provider_name, started_at, model, outcome, error_code, error_message,
             cause, fault, http_status, first_event_ms, duration_ms
         from attempts where tenant_id = $1 and request_id = any($2) order by request_id, seq",
    )
    .bind(tenant.0)
    .bind(requests)
    .fetch_all(conn)
    .await
}

/// What was decided for a tenant's requests, where that was written down.
pub async fn decisions_of(
    conn: &mut PgConnection,
    tenant: TenantId,
    requests: &[Uuid],
) -> sqlx::Result<HashMap<Uuid, Value>> {
    let rows: Vec<(Uuid, Json<Value>)> = sqlx::query_as(
        "select id, decision from requests where tenant_id = $1 and id = any($2) and decision is not null",
    )
    .bind(tenant.0)
    .bind(requests)
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|(id, decision)| (id, decision.0)).collect())
}

/// What a request has to be decided once more.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct ReplayRow {
    pub id: Uuid,
    pub started_at: DateTime<Utc>,
    pub agent_key: Option<String>,
    pub provider_id: Option<Uuid>,
    pub conversation: Option<Uuid>,
    pub decision: Value,
}

/// Those of a tenant's requests for which something was decided, oldest first.
pub async fn for_replay(
    conn: &mut PgConnection,
    tenant: TenantId,
    requests: &[Uuid],
) -> sqlx::Result<Vec<ReplayRow>> {
    sqlx::query_as(
        "select id, started_at, agent_key, provider_id, conversation, decision from requests
         where tenant_id = $1 and id = any($2) and decision is not null order by started_at, id",
    )
    .bind(tenant.0)
    .bind(requests)
    .fetch_all(conn)
    .await
}

/// A tenant's newest requests with their attempts.
pub async fn newest(
    conn: &mut PgConnection,
    tenant: TenantId,
    limit: u32,
) -> sqlx::Result<(Vec<RequestRow>, Vec<AttemptRow>)> {
    let rows = page(conn, tenant, &Filter::default(), None, limit).await?;
    let ids: Vec<Uuid> = rows.iter().map(|r| r.id).collect();
    let attempts = attempts_of(conn, tenant, &ids).await?;
    Ok((rows, attempts))
}

/// Sums since a moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Totals {
    pub requests: i64,
    pub succeeded: i64,
    pub failed: i64,
    pub incomplete: i64,
    pub cancelled: i64,
    pub refused: i64,
    pub failovers: i64,
    pub input_tokens: i64,
    pub cached_input_tokens: i64,
    pub output_tokens: i64,
    pub reasoning_tokens: i64,
    /// The median and what nineteen in twenty stay below, of [`RequestRow::first_event_ms`] and of what was added to it
    /// before the account that answered was asked; `None` where nothing was measured.
    pub first_event_ms: Option<Vec<i64>>,
    pub added_ms: Option<Vec<i64>>,
    /// The oldest of each kind.
    pub first_failed_at: Option<DateTime<Utc>>,
    pub first_refused_at: Option<DateTime<Utc>>,
}

/// A tenant's sums since `from`. A client's hang-up and its own mistakes count as neither success nor failure.
pub async fn totals(conn: &mut PgConnection, tenant: TenantId, from: DateTime<Utc>) -> sqlx::Result<Totals> {
    sqlx::query_as(
        "select count(*) as requests,
             count(*) filter (where status in ('completed', 'incomplete')) as succeeded,
             count(*) filter (where status = 'failed') as failed,
             count(*) filter (where status = 'incomplete') as incomplete,
             count(*) filter (where status = 'cancelled') as cancelled,
             count(*) filter (where status = 'refused') as refused,
             count(*) filter (where provider_id <> selected_provider_id) as failovers,
             coalesce(sum(input_tokens), 0)::bigint as input_tokens,
             coalesce(sum(cached_input_tokens), 0)::bigint as cached_input_tokens,
             coalesce(sum(output_tokens), 0)::bigint as output_tokens,
             coalesce(sum(reasoning_tokens), 0)::bigint as reasoning_tokens,
             percentile_disc(array[0.5, 0.95]) within group (order by first_event_ms) as first_event_ms,
             percentile_disc(array[0.5, 0.95]) within group (order by added_ms) as added_ms,
             min(started_at) filter (where status = 'failed') as first_failed_at,
             min(started_at) filter (where status = 'refused') as first_refused_at
         from requests where tenant_id = $1 and started_at >= $2",
    )
    .bind(tenant.0)
    .bind(from)
    .fetch_one(conn)
    .await
}

/// Whether the tenant ever had an answer.
pub async fn any_served(conn: &mut PgConnection, tenant: TenantId) -> sqlx::Result<bool> {
    sqlx::query_scalar("select exists (select 1 from requests where tenant_id = $1 and status = 'completed')")
        .bind(tenant.0)
        .fetch_one(conn)
        .await
}
