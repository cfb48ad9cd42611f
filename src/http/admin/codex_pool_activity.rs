//! `…/codex-pool-activity`: who served of late, and how well.

use super::providers::ModelBlockBody;
use super::quota::ProviderQuota;
use super::requests::{Decision, limited};
use crate::app::App;
use crate::app::activity::{self, Activity, Recent};
use crate::domain::activity::{Counts, HealthState, MOST_RECENT, USUAL_RECENT};
use crate::domain::catalogue::{Provider, TenantCatalogue};
use crate::domain::pool::config::Strategy;
use crate::http::error::{ApiError, ErrorBody};
use crate::http::permit::{Permitted, Read};
use axum::Json;
use axum::extract::{Path, Query, State};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;
use utoipa::ToSchema;
use uuid::Uuid;

/// What a pool did of late. Nothing at all for an agent or a provider without ChatGPT accounts.
#[derive(Debug, Serialize, ToSchema)]
pub struct PoolActivity {
    strategy: &'static str,
    /// The owner first.
    pool_providers: Vec<String>,
    /// From how many requests the numbers come: the newest ones.
    stats_sample_size: usize,
    /// In the order of `pool_providers`.
    provider_counts: Vec<PoolProviderCounts>,
    /// Newest first.
    recent_requests: Vec<PoolRequest>,
}

/// The same of a provider's pool, with the agents that used it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProviderPoolActivity {
    #[serde(flatten)]
    activity: PoolActivity,
    /// The busiest first.
    top_agents: Vec<PoolAgent>,
}

/// The numbers of one account.
#[derive(Debug, Serialize, ToSchema)]
pub struct PoolProviderCounts {
    provider_name: String,
    /// Requests in which it was tried at all.
    request_count: u32,
    /// Requests in which it was tried first.
    direct_selection_count: u32,
    /// Requests that it served after another account had been tried.
    failover_serve_count: u32,
    /// Attempts; what a client did wrong counts neither way.
    success_count: u32,
    failure_count: u32,
    /// Failures since the last success.
    consecutive_failures: u32,
    /// Percent.
    success_rate: u32,
    /// 0 to 100.
    health_score: u32,
    #[schema(value_type = PoolHealthState)]
    health_state: HealthState,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_selected_at: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_failover_at: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_used_at: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_success_at: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_failure_at: Option<DateTime<Utc>>,
    /// As `GET /v1/quota` has it; null when nothing is known.
    #[schema(required, value_type = Option<ProviderQuota>)]
    quota: Option<Value>,
    /// It takes nothing new and goes on with the conversations that live on it.
    draining: bool,
    /// It is left alone until then.
    #[serde(skip_serializing_if = "Option::is_none")]
    cooldown_until: Option<DateTime<Utc>>,
    /// Models that it does not serve for now, while it may serve others.
    model_blocks: Vec<ModelBlockBody>,
    /// Code and text of the newest failure of the sample.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_error: Option<String>,
}

/// How healthy an account looks. It documents `domain::activity::HealthState`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PoolHealthState {
    /// No outcome in the sample.
    Idle,
    Healthy,
    /// A score below 80.
    Degraded,
    /// Three failures in a row, or a score below 40.
    Critical,
}

/// One request.
#[derive(Debug, Serialize, ToSchema)]
pub struct PoolRequest {
    /// Of the attempt that served, or of the last one.
    span_id: Uuid,
    /// The request's id.
    trace_id: Uuid,
    started_at: DateTime<Utc>,
    #[schema(value_type = super::requests::TraceStatus)]
    status: String,
    duration_ms: i64,
    /// Who served, else who was tried last; null when nobody could be asked.
    #[schema(required)]
    provider_name: Option<String>,
    /// Who was tried first.
    #[serde(skip_serializing_if = "Option::is_none")]
    selected_provider: Option<String>,
    model: String,
    attempt_count: i32,
    /// An account answered that was not the first choice.
    used_failover: bool,
    /// Who was tried after the first choice.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    failover_providers: Vec<String>,
    /// Null when it was not written down.
    #[schema(required, value_type = Option<Decision>)]
    decision: Option<Value>,
}

/// An agent that used the pool.
#[derive(Debug, Serialize, ToSchema)]
pub struct PoolAgent {
    /// Null for an agent of the configuration file, and for one that is gone.
    #[schema(required)]
    agent_id: Option<String>,
    agent_key: String,
    request_count: u32,
}

/// Query of both.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ActivityQuery {
    /// How many single requests: 1 to 50; 18 when absent.
    limit: Option<i64>,
}

/// What an agent's pool did for it
#[utoipa::path(operation_id = "agents_pool_activity", get, path = "/v1/agents/{id}/codex-pool-activity", tag = "agents",
    params(("id" = String, Path, description = "Id or key"), ActivityQuery),
    security(("token" = ["read"])), responses((status = 200, description = "Of the newest requests", body = PoolActivity),
              (status = 400, description = "The limit is wrong", body = ErrorBody),
              (status = 404, description = "There is none", body = ErrorBody)))]
pub async fn of_agent(
    State(app): State<Arc<App>>,
    caller: Permitted<Read>,
    Path(id): Path<String>,
    Query(query): Query<ActivityQuery>,
) -> Result<Json<PoolActivity>, ApiError> {
    let limit = limited("limit", query.limit, USUAL_RECENT, 1..=MOST_RECENT)?;
    let tenant = caller.tenant();
    let catalogue = app.catalogues.current();
    let agent =
        super::agents::find(catalogue.tenant(tenant), &id).ok_or_else(|| ApiError::not_found("agent"))?;
    let pool = activity::pool_of_agent(catalogue.tenant(tenant), agent, &app.catalogues.defaults());
    let found = activity::activity(&app, tenant, pool, limit);
    Ok(Json(PoolActivity::new(&app, found.await.map_err(|e| ApiError::internal(&e))?)))
}

/// What a provider's pool did
#[utoipa::path(operation_id = "providers_pool_activity", get, path = "/v1/providers/{id}/codex-pool-activity", tag = "providers",
    params(("id" = String, Path, description = "Id or name"), ActivityQuery),
    security(("token" = ["read"])), responses((status = 200, description = "Of the newest requests", body = ProviderPoolActivity),
              (status = 400, description = "The limit is wrong", body = ErrorBody),
              (status = 404, description = "There is none", body = ErrorBody)))]
pub async fn of_provider(
    State(app): State<Arc<App>>,
    caller: Permitted<Read>,
    Path(id): Path<String>,
    Query(query): Query<ActivityQuery>,
) -> Result<Json<ProviderPoolActivity>, ApiError> {
    let limit = limited("limit", query.limit, USUAL_RECENT, 1..=MOST_RECENT)?;
    let tenant = caller.tenant();
    let catalogue = app.catalogues.current();
    let catalogue = catalogue.tenant(tenant);
    let provider = catalogue.provider(&id).ok_or_else(|| ApiError::not_found("provider"))?;
    let pool = activity::pool_of_provider(catalogue, provider);
    let found = activity::activity(&app, tenant, pool, limit);
    let mut found = found.await.map_err(|e| ApiError::internal(&e))?;
    let agents = std::mem::take(&mut found.agents);
    let top_agents = agents.into_iter().map(|agent| top_agent(catalogue, agent)).collect();
    Ok(Json(ProviderPoolActivity { activity: PoolActivity::new(&app, found), top_agents }))
}

fn top_agent(catalogue: &TenantCatalogue, (key, request_count): (String, u32)) -> PoolAgent {
    let id = catalogue.agent(&key).and_then(|agent| agent.id);
    PoolAgent { agent_id: id.map(|id| id.to_string()), agent_key: key, request_count }
}

impl PoolActivity {
    fn new(app: &App, found: Activity) -> Self {
        let accounts = found.pool.as_ref().map_or(&[][..], |pool| &pool.accounts);
        Self {
            strategy: found.pool.as_ref().map_or(Strategy::default(), |pool| pool.strategy).as_str(),
            pool_providers: accounts.iter().map(|p| p.name.clone()).collect(),
            stats_sample_size: found.sample,
            provider_counts: accounts.iter().zip(found.counts).map(|(p, n)| row(app, p, n)).collect(),
            recent_requests: found.recent.into_iter().map(PoolRequest::from).collect(),
        }
    }
}

fn row(app: &App, account: &Provider, counts: Counts) -> PoolProviderCounts {
    let status = activity::status(app, account);
    PoolProviderCounts {
        provider_name: account.name.clone(),
        request_count: counts.request_count,
        direct_selection_count: counts.direct_selection_count,
        failover_serve_count: counts.failover_serve_count,
        success_count: counts.success_count,
        failure_count: counts.failure_count,
        consecutive_failures: counts.consecutive_failures,
        success_rate: counts.success_rate,
        health_score: counts.health_score,
        health_state: counts.health_state,
        last_selected_at: counts.last_selected_at,
        last_failover_at: counts.last_failover_at,
        last_used_at: counts.last_used_at,
        last_success_at: counts.last_success_at,
        last_failure_at: counts.last_failure_at,
        quota: Some(activity::quota(app, account)),
        draining: account.draining,
        cooldown_until: status.until,
        model_blocks: status.model_blocks.into_iter().map(Into::into).collect(),
        last_error: counts.last_error,
    }
}

impl From<Recent> for PoolRequest {
    fn from(Recent { row, call, decision }: Recent) -> Self {
        let names = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect();
        let telling = call.telling();
        Self {
            span_id: span_id(row.id, telling),
            trace_id: row.id,
            started_at: row.started_at,
            status: row.status,
            duration_ms: row.duration_ms,
            provider_name: telling.map(|seq| call.attempts[seq].provider_name.clone()),
            selected_provider: row.selected_provider_name,
            model: row.served_model.unwrap_or(row.model),
            attempt_count: row.attempt_count,
            used_failover: call.used_failover(),
            failover_providers: names(call.failover_providers()),
            decision,
        }
    }
}

/// Attempts have no ids of their own: one follows from the request's and the attempt's place in it.
fn span_id(request: Uuid, attempt: Option<usize>) -> Uuid {
    let place = attempt.map_or(0, |seq| seq as u128 + 1);
    Uuid::from_u128(request.as_u128() ^ place)
}
