//! What was served, newest first.

use crate::app::App;
use crate::app::traces::{AttemptRow, RequestRow};
use crate::domain::access::Permission;
use crate::http::error::{ApiError, ErrorBody};
use crate::http::extract::Caller;
use axum::Json;
use axum::extract::{Query, State};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

/// One request of a client.
#[derive(Debug, Serialize, ToSchema)]
pub struct Trace {
    id: String,
    started_at: DateTime<Utc>,
    duration_ms: i64,
    /// Until the first event that the client could see.
    #[schema(required)]
    first_event_ms: Option<i64>,
    #[schema(value_type = TraceEndpoint)]
    endpoint: String,
    /// As the client named it.
    model: String,
    /// As the upstream named it.
    #[schema(required)]
    served_model: Option<String>,
    #[schema(required)]
    agent_key: Option<String>,
    #[schema(required)]
    provider_name: Option<String>,
    #[schema(value_type = TraceClient)]
    client: String,
    #[schema(value_type = TraceStatus)]
    status: String,
    http_status: i32,
    #[schema(required)]
    error_code: Option<String>,
    #[schema(required)]
    error_message: Option<String>,
    #[schema(required)]
    usage: Option<Usage>,
    attempts: Vec<Attempt>,
}

/// Which route it was. This and the next three only document columns, which hold the text.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TraceEndpoint {
    Responses,
    ChatCompletions,
}

/// What kind of client asked.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TraceClient {
    Codex,
    Other,
}

/// How a request ended.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TraceStatus {
    /// A whole answer.
    Completed,
    /// An answer that stopped at a limit.
    Incomplete,
    /// No account could answer, or the answer broke off.
    Failed,
    /// The client went away.
    Cancelled,
    /// The request itself was wrong.
    Refused,
}

/// How one attempt ended.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AttemptOutcome {
    Served,
    Failed,
    Cancelled,
}

/// Tokens; cached ones are part of the input, reasoning ones of the output.
#[derive(Debug, Serialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "the API's own names")]
pub struct Usage {
    input_tokens: i64,
    cached_input_tokens: i64,
    output_tokens: i64,
    reasoning_tokens: i64,
}

/// One try at one account.
#[derive(Debug, Serialize, ToSchema)]
pub struct Attempt {
    provider_name: String,
    #[schema(value_type = AttemptOutcome)]
    outcome: String,
    #[schema(required)]
    error_code: Option<String>,
    duration_ms: i64,
}

/// The newest requests.
#[derive(Debug, Serialize, ToSchema)]
pub struct TraceList {
    traces: Vec<Trace>,
}

/// Query of the list.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
pub struct TraceQuery {
    /// 1 to 500; 50 when absent.
    limit: Option<u32>,
}

/// Lists the newest requests
#[utoipa::path(operation_id = "traces_list", get, path = "/v1/traces", tag = "traces", params(TraceQuery), responses(
    (status = 200, description = "Newest first", body = TraceList),
    (status = 401, description = "Signed out", body = ErrorBody)))]
pub async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Query(query): Query<TraceQuery>,
) -> Result<Json<TraceList>, ApiError> {
    caller.require(Permission::Read)?;
    let limit = query.limit.unwrap_or(50).clamp(1, 500);
    let newest = app.traces.newest(caller.tenant(), limit).await.map_err(|e| ApiError::internal(&e))?;
    Ok(Json(TraceList { traces: assemble(newest) }))
}

/// Requests with their attempts, for people.
pub fn assemble((requests, attempts): (Vec<RequestRow>, Vec<AttemptRow>)) -> Vec<Trace> {
    let mut by_request = std::collections::HashMap::<_, Vec<Attempt>>::new();
    for a in attempts {
        let attempt = Attempt {
            provider_name: a.provider_name,
            outcome: a.outcome,
            error_code: a.error_code,
            duration_ms: a.duration_ms,
        };
        by_request.entry(a.request_id).or_default().push(attempt);
    }
    let trace = |r: RequestRow| Trace {
        attempts: by_request.remove(&r.id).unwrap_or_default(),
        usage: r.input_tokens.map(|input_tokens| Usage {
            input_tokens,
            cached_input_tokens: r.cached_input_tokens.unwrap_or_default(),
            output_tokens: r.output_tokens.unwrap_or_default(),
            reasoning_tokens: r.reasoning_tokens.unwrap_or_default(),
        }),
        id: r.id.to_string(),
        started_at: r.started_at,
        duration_ms: r.duration_ms,
        first_event_ms: r.first_event_ms,
        endpoint: r.endpoint,
        model: r.model,
        served_model: r.served_model,
        agent_key: r.agent_key,
        provider_name: r.provider_name,
        client: r.client,
        status: r.status,
        http_status: r.http_status,
        error_code: r.error_code,
        error_message: r.error_message,
    };
    requests.into_iter().map(trace).collect()
}
