//! `/v1/agents/{id}/runs` and `/v1/runs`: agents at work.

use super::sessions::TokensBody;
use crate::app::App;
use crate::app::runs::{Filter, RunAsk, RunError, RunRow, Started, Told};
use crate::domain::ids::{RunId, SessionId, TenantId};
use crate::domain::responses::sse::HEARTBEAT;
use crate::domain::session::is_session_key;
use crate::http::error::{ApiError, ErrorBody};
use crate::http::extract::JsonBody;
use crate::http::openai::{ServerSentEvent, sse};
use crate::http::permit::{Permitted, Read, UseModels};
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::{Stream, StreamExt as _};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use utoipa::ToSchema;
use uuid::Uuid;

/// Images in one message.
const IMAGES: usize = 20;

/// A message to an agent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRun {
    /// What the person says.
    message: String,
    /// The conversation; none begins a new one, whose key is the run's id.
    session_key: Option<String>,
    /// Server-sent events instead of one JSON answer.
    #[serde(default)]
    stream: bool,
    /// Instead of the agent's.
    model: Option<String>,
    /// Instead of the agent's.
    thinking_level: Option<String>,
    /// URLs that begin with `https://` or `data:image/`.
    #[serde(default)]
    images: Vec<String>,
}

/// A run of an agent.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Run)]
pub struct RunBody {
    id: String,
    agent_key: String,
    #[schema(required)]
    session_id: Option<String>,
    #[schema(required)]
    session_key: Option<String>,
    /// Through which endpoint it came: `runs`, `responses`, `chat_completions`.
    endpoint: String,
    #[schema(value_type = RunStatus)]
    status: String,
    /// Why it ended: `finished`, a limit's name, an error's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<RunFault>,
    model: String,
    /// The beginning of what was said.
    message: String,
    /// The last answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<String>,
    /// Answers of the model.
    iterations: i32,
    usage: TokensBody,
    started_at: DateTime<Utc>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<DateTime<Utc>>,
    /// The accounts that answered, by name.
    served_by: Vec<String>,
}

/// Where a run stands.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    Running,
    Completed,
    Failed,
    Cancelled,
    /// Its process died or went down: `resume` goes on with it.
    Interrupted,
}

/// What went wrong.
#[derive(Debug, Serialize, ToSchema)]
pub struct RunFault {
    code: String,
    message: String,
}

/// Some runs, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct RunList {
    runs: Vec<RunBody>,
    /// For `before`, when there are more.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_before: Option<String>,
}

/// The message waits for the run that is on.
#[derive(Debug, Serialize, ToSchema)]
pub struct Queued {
    queued: bool,
    run_id: String,
}

/// It is done.
#[derive(Debug, Serialize, ToSchema)]
pub struct RunCancelled {
    status: &'static str,
}

/// Which runs are wanted.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RunsQuery {
    /// An agent's key.
    agent: Option<String>,
    /// A session's id.
    session: Option<Uuid>,
    status: Option<String>,
    /// 1 to 100.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// `next_before` of the page before.
    before: Option<Uuid>,
}

/// From where a log is read.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AfterQuery {
    /// The number of the last event that was seen; the header `Last-Event-ID` says the same.
    after: Option<i64>,
}

/// Why there is no answer: the run could not begin, or it ended without one.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum RunRefusal {
    Error(ErrorBody),
    Run(Box<RunBody>),
}

/// Whether the rest of a resumed run is streamed.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ResumeRun {
    stream: bool,
}

/// Runs an agent
///
/// With `stream` the answer is a stream of events: `run.started`, `activity`, `thinking`, `chunk`, `tool.call`,
/// `tool.result`, `usage`, `run.retrying`, and at last exactly one of `run.completed`, `run.failed`, `run.cancelled`. The run
/// goes on when the client is gone: `GET /v1/runs/{id}/events` reads on. While a run is on in the conversation, the message
/// waits for its next step: 202, or the events of that run.
#[utoipa::path(operation_id = "runs_create", post, path = "/v1/agents/{id}/runs", tag = "runs",
    params(("id" = String, Path, description = "An agent's key or id")), request_body = NewRun,
    security(("token" = ["use_models"])), responses((status = 200, description = "The run when it has ended, or its events",
     content((RunBody = "application/json"), (ServerSentEvent = "text/event-stream"))),
    (status = 202, description = "The message is queued", body = Queued),
    (status = "4XX", description = "The run could not begin, or failed: then the run itself", body = RunRefusal),
    (status = "5XX", description = "The run failed, for the reason told", body = RunRefusal)))]
pub async fn create(
    State(app): State<Arc<App>>,
    caller: Permitted<UseModels>,
    Path(agent): Path<String>,
    JsonBody(new): JsonBody<NewRun>,
) -> Result<Response, ApiError> {
    check(&new)?;
    let ask = RunAsk {
        agent,
        message: new.message,
        images: new.images,
        session_key: new.session_key,
        model: new.model,
        thinking_level: new.thinking_level,
        key: caller.key(&app)?,
    };
    let started = app.runs.start(caller.tenant(), ask).await?;
    match (started, new.stream) {
        (Started::Running(id), true) => events(&app, caller.tenant(), id, 0, None).await,
        (Started::Running(id), false) => ended(&app, caller.tenant(), id).await,
        (Started::Queued(id), true) => {
            let after = app.runs.get(caller.tenant(), id).await?.last_seq;
            // It is not in the run's log: it is this client's own.
            let data = json!({"type": "activity", "phase": "message_queued"});
            let queued = Told { seq: after, at: app.clock.now(), kind: "activity".into(), data };
            events(&app, caller.tenant(), id, after, Some(frame(id, queued))).await
        }
        (Started::Queued(id), false) => {
            let queued = Queued { queued: true, run_id: id.to_string() };
            Ok((StatusCode::ACCEPTED, Json(queued)).into_response())
        }
    }
}

/// Lists runs, newest first
#[utoipa::path(operation_id = "runs_list", get, path = "/v1/runs", tag = "runs", params(RunsQuery),
    security(("token" = ["read"])), responses((status = 200, body = RunList), (status = 401, body = ErrorBody)))]
pub async fn list(
    State(app): State<Arc<App>>,
    caller: Permitted<Read>,
    Query(query): Query<RunsQuery>,
) -> Result<Json<RunList>, ApiError> {
    let filter = Filter {
        agent_key: query.agent,
        session: query.session.map(SessionId),
        status: query.status,
        before: query.before.map(RunId),
    };
    let limit = query.limit.unwrap_or(50).clamp(1, 100);
    let mut rows = app.runs.page(caller.tenant(), &filter, limit + 1).await?;
    let more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let next_before = rows.last().filter(|_| more).map(|row| row.id.to_string());
    Ok(Json(RunList { runs: rows.into_iter().map(body).collect(), next_before }))
}

/// Shows a run
#[utoipa::path(operation_id = "runs_get", get, path = "/v1/runs/{id}", tag = "runs", params(("id" = Uuid, Path)),
    security(("token" = ["read"])), responses((status = 200, body = RunBody), (status = 404, body = ErrorBody)))]
pub async fn get(
    State(app): State<Arc<App>>,
    caller: Permitted<Read>,
    Path(id): Path<Uuid>,
) -> Result<Json<RunBody>, ApiError> {
    Ok(Json(body(app.runs.get(caller.tenant(), RunId(id)).await?)))
}

/// Reads a run's events, and on until it is over
#[utoipa::path(operation_id = "runs_events", get, path = "/v1/runs/{id}/events", tag = "runs",
    params(("id" = Uuid, Path), AfterQuery), security(("token" = ["read"])), responses(
    (status = 200, description = "Server-sent events; each id is the event's number", body = ServerSentEvent,
     content_type = "text/event-stream"), (status = 404, body = ErrorBody)))]
pub async fn watch(
    State(app): State<Arc<App>>,
    caller: Permitted<Read>,
    Path(id): Path<Uuid>,
    headers: HeaderMap,
    Query(query): Query<AfterQuery>,
) -> Result<Response, ApiError> {
    let header = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.trim().parse().ok());
    let after = header.or(query.after).unwrap_or_default();
    events(&app, caller.tenant(), RunId(id), after, None).await
}

/// Cancels a run at once
#[utoipa::path(operation_id = "runs_cancel", post, path = "/v1/runs/{id}/cancel", tag = "runs",
    params(("id" = Uuid, Path)), security(("token" = ["use_models"])), responses((status = 200, body = RunCancelled), (status = 404, body = ErrorBody),
    (status = 409, description = "It is over", body = ErrorBody)))]
pub async fn cancel(
    State(app): State<Arc<App>>,
    caller: Permitted<UseModels>,
    Path(id): Path<Uuid>,
) -> Result<Json<RunCancelled>, ApiError> {
    app.runs.cancel(caller.tenant(), RunId(id)).await?;
    Ok(Json(RunCancelled { status: "cancelled" }))
}

/// Goes on with a run that was interrupted
#[utoipa::path(operation_id = "runs_resume", post, path = "/v1/runs/{id}/resume", tag = "runs",
    params(("id" = Uuid, Path)), request_body = ResumeRun,
    security(("token" = ["use_models"])), responses((status = 200, description = "The run when it has ended, or its events",
     content((RunBody = "application/json"), (ServerSentEvent = "text/event-stream"))),
    (status = "4XX", description = "It failed: then the run itself", body = RunRefusal),
    (status = 409, description = "It is not interrupted, or was cancelled: then the run itself", body = RunRefusal),
    (status = "5XX", description = "The run failed, for the reason told", body = RunRefusal)))]
pub async fn resume(
    State(app): State<Arc<App>>,
    caller: Permitted<UseModels>,
    Path(id): Path<Uuid>,
    JsonBody(resume): JsonBody<ResumeRun>,
) -> Result<Response, ApiError> {
    let tenant = caller.tenant();
    let after = app.runs.get(tenant, RunId(id)).await?.last_seq;
    app.runs.resume(tenant, RunId(id), caller.key(&app)?).await?;
    if resume.stream {
        return events(&app, tenant, RunId(id), after, None).await;
    }
    ended(&app, tenant, RunId(id)).await
}

fn check(new: &NewRun) -> Result<(), ApiError> {
    if new.message.trim().is_empty() && new.images.is_empty() {
        return Err(ApiError::bad_request(
            "invalid_message",
            "message: it is empty; say something, or send an image",
        ));
    }
    if let Some(key) = &new.session_key
        && !is_session_key(key)
    {
        return Err(ApiError::bad_request(
            "invalid_session_key",
            "session_key: it takes 1 to 255 characters",
        ));
    }
    if new.images.len() > IMAGES {
        let text = format!("images: {} of them; at most {IMAGES}", new.images.len());
        return Err(ApiError::bad_request("invalid_images", text));
    }
    let known = |url: &String| url.starts_with("https://") || url.starts_with("data:image/");
    if let Some(at) = new.images.iter().position(|url| !known(url)) {
        let text = format!("images[{at}]: it takes a URL that begins with https:// or data:image/");
        return Err(ApiError::bad_request("invalid_images", text));
    }
    Ok(())
}

/// The run when it is over: a failed one under its error's status.
async fn ended(app: &App, tenant: TenantId, id: RunId) -> Result<Response, ApiError> {
    let row = app.runs.wait(tenant, id).await?;
    let told = row.error_status.and_then(|status| StatusCode::from_u16(u16::try_from(status).ok()?).ok());
    let status = match row.status.as_str() {
        "completed" => StatusCode::OK,
        "cancelled" => StatusCode::CONFLICT,
        _ => told.unwrap_or(StatusCode::BAD_GATEWAY),
    };
    Ok((status, Json(body(row))).into_response())
}

async fn events(
    app: &App,
    tenant: TenantId,
    id: RunId,
    after: i64,
    first: Option<Bytes>,
) -> Result<Response, ApiError> {
    let told = app.runs.watch(tenant, id, after).await?;
    let heartbeat = Duration::from_secs(app.config.load().server.heartbeat_seconds);
    Ok(sse(HeaderMap::new(), Body::from_stream(frames(id, told, heartbeat, first))))
}

fn frames(
    id: RunId,
    told: impl Stream<Item = Told> + Send,
    heartbeat: Duration,
    first: Option<Bytes>,
) -> impl Stream<Item = Result<Bytes, Infallible>> + Send {
    async_stream::stream! {
        if let Some(first) = first {
            yield Ok(first);
        }
        let mut told = std::pin::pin!(told);
        loop {
            match tokio::time::timeout(heartbeat, told.next()).await {
                Ok(Some(told)) => yield Ok(frame(id, told)),
                Ok(None) => break,
                Err(_) => yield Ok(Bytes::from_static(HEARTBEAT)),
            }
        }
    }
}

fn frame(run: RunId, mut told: Told) -> Bytes {
    told.data["run_id"] = run.to_string().into();
    told.data["seq"] = told.seq.into();
    told.data["at"] = json!(told.at);
    Bytes::from(format!("id: {}\nevent: {}\ndata: {}\n\n", told.seq, told.kind, told.data))
}

fn body(row: RunRow) -> RunBody {
    RunBody {
        id: row.id.to_string(),
        agent_key: row.agent_key,
        session_id: row.session_id.map(|id| id.to_string()),
        session_key: row.session_key,
        endpoint: row.endpoint,
        status: row.status,
        reason: row.reason,
        error: row.error_code.map(|code| RunFault { code, message: row.error_message.unwrap_or_default() }),
        model: row.model,
        message: row.message,
        content: row.content,
        iterations: row.iterations,
        usage: TokensBody::of(row.input_tokens, row.cached_tokens, row.output_tokens, row.reasoning_tokens),
        started_at: row.started_at,
        ended_at: row.ended_at,
        served_by: row.served_by,
    }
}

impl From<RunError> for ApiError {
    fn from(error: RunError) -> Self {
        match error {
            RunError::NotFound => Self::not_found("run"),
            RunError::AgentNotFound(text) => Self::new(StatusCode::NOT_FOUND, "not_found", text),
            RunError::Database(cause) => Self::internal(&cause),
            other => {
                let refusal = other.into_refusal();
                let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::BAD_GATEWAY);
                Self::new(status, &refusal.code, refusal.message)
            }
        }
    }
}
