//! `/v1/sessions`: stored conversations.

use crate::app::App;
use crate::app::sessions::{CompactionRow, Filter, ItemRow, SessionError, SessionRow};
use crate::domain::ids::SessionId;
use crate::domain::session::markdown;
use crate::http::error::{ApiError, ErrorBody};
use crate::http::extract::JsonBody;
use crate::http::permit::{Permitted, Read, UseModels};
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;
use utoipa::ToSchema;
use uuid::Uuid;

/// A stored conversation.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Conversation)]
pub struct SessionBody {
    id: String,
    agent_key: String,
    session_key: String,
    #[schema(required)]
    title: Option<String>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    item_count: i64,
    usage: TokensBody,
    /// The run that is on in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    running_run_id: Option<String>,
    /// Where the search found something: some words around it.
    #[serde(skip_serializing_if = "Option::is_none")]
    snippet: Option<String>,
}

/// Tokens. Cached tokens are part of the input, reasoning tokens part of the output.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Tokens)]
pub struct TokensBody {
    pub input_tokens: i64,
    pub cached_tokens: i64,
    pub output_tokens: i64,
    pub reasoning_tokens: i64,
    pub total_tokens: i64,
}

impl TokensBody {
    /// Input and output, and of these the cached and the reasoning ones.
    pub fn of(input: i64, cached: i64, output: i64, reasoning: i64) -> Self {
        Self {
            input_tokens: input,
            cached_tokens: cached,
            output_tokens: output,
            reasoning_tokens: reasoning,
            total_tokens: input + output,
        }
    }
}

/// Some conversations, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionList {
    sessions: Vec<SessionBody>,
    /// For `before`, when there are more.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_before: Option<String>,
}

/// One item of a conversation.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionItem {
    seq: i64,
    /// In the Responses dialect.
    #[schema(value_type = Object)]
    item: Value,
    /// The account that made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    provider_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    run_id: Option<String>,
    created_at: DateTime<Utc>,
}

/// What stands for the items up to a place when the model is asked.
#[derive(Debug, Serialize, ToSchema)]
pub struct Compaction {
    upto_seq: i64,
    summary: String,
    created_at: DateTime<Utc>,
}

/// A part of a conversation.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionItems {
    items: Vec<SessionItem>,
    /// For `after`, when there are more.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_after: Option<i64>,
    compactions: Vec<Compaction>,
}

/// Which conversations are wanted.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SessionsQuery {
    /// An agent's key.
    agent: Option<String>,
    /// Words that were said in it, or a part of its title.
    q: Option<String>,
    /// 1 to 100.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// `next_before` of the page before.
    before: Option<String>,
}

/// Which items are wanted.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ItemsQuery {
    /// Only those behind this place.
    after: Option<i64>,
    /// 1 to 1000.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
}

/// A conversation to take away.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ExportQuery {
    /// `json` (the items as they are) or `markdown`.
    #[param(inline)]
    format: Option<ExportFormat>,
}

/// How it is written.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExportFormat {
    #[default]
    Json,
    Markdown,
}

/// A new title.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SessionPatch {
    /// 1 to 200 characters.
    title: String,
}

/// Where a conversation is cut.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rewind {
    /// The first item that goes.
    before_seq: i64,
}

/// How much of it is gone.
#[derive(Debug, Serialize, ToSchema)]
pub struct Rewound {
    status: &'static str,
    removed: u64,
}

/// It is done.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionStatus {
    status: &'static str,
}

/// Lists or searches conversations, newest first
#[utoipa::path(operation_id = "sessions_list", get, path = "/v1/sessions", tag = "sessions", params(SessionsQuery),
    security(("token" = ["read"])), responses((status = 200, body = SessionList), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody)))]
pub async fn list(
    State(app): State<Arc<App>>,
    caller: Permitted<Read>,
    Query(query): Query<SessionsQuery>,
) -> Result<Json<SessionList>, ApiError> {
    let before = query.before.as_deref().map(place).transpose()?;
    let words = query.q.map(|words| words.trim().to_owned()).filter(|words| !words.is_empty());
    let filter = Filter { agent_key: query.agent, words, before };
    let limit = query.limit.unwrap_or(50).clamp(1, 100);
    let (rows, more) = app.sessions.page(caller.tenant(), &filter, limit).await?;
    let next = |row: &SessionRow| format!("{}_{}", row.updated_at.timestamp_micros(), row.id.simple());
    let next_before = rows.last().filter(|_| more).map(next);
    Ok(Json(SessionList { sessions: rows.into_iter().map(body).collect(), next_before }))
}

/// Shows a conversation
#[utoipa::path(operation_id = "sessions_get", get, path = "/v1/sessions/{id}", tag = "sessions",
    params(("id" = Uuid, Path)), security(("token" = ["read"])), responses((status = 200, body = SessionBody), (status = 404, body = ErrorBody)))]
pub async fn get(
    State(app): State<Arc<App>>,
    caller: Permitted<Read>,
    Path(id): Path<Uuid>,
) -> Result<Json<SessionBody>, ApiError> {
    Ok(Json(body(app.sessions.get(caller.tenant(), SessionId(id)).await?)))
}

/// Reads a conversation's items, oldest first
#[utoipa::path(operation_id = "sessions_items", get, path = "/v1/sessions/{id}/items", tag = "sessions",
    params(("id" = Uuid, Path), ItemsQuery),
    security(("token" = ["read"])), responses((status = 200, body = SessionItems), (status = 404, body = ErrorBody)))]
pub async fn items(
    State(app): State<Arc<App>>,
    caller: Permitted<Read>,
    Path(id): Path<Uuid>,
    Query(query): Query<ItemsQuery>,
) -> Result<Json<SessionItems>, ApiError> {
    let limit = query.limit.unwrap_or(500).clamp(1, 1000);
    let after = query.after.unwrap_or_default();
    let page = app.sessions.items(caller.tenant(), SessionId(id), after, Some(limit)).await?;
    let compactions = app.sessions.compactions(caller.tenant(), SessionId(id)).await?;
    let compactions = compactions.into_iter().map(|c| {
        let CompactionRow { upto_seq, summary, created_at } = c;
        Compaction { upto_seq, summary, created_at }
    });
    let name = |id: Uuid| {
        let catalogue = app.catalogues.current();
        let provider = catalogue.tenant(caller.tenant()).provider(&id.to_string()).cloned();
        provider.map(|provider| provider.name.clone())
    };
    let item = |row: ItemRow| SessionItem {
        seq: row.seq,
        item: row.item.0,
        provider_name: row.provider_id.and_then(name),
        run_id: row.run_id.map(|id| id.to_string()),
        created_at: row.created_at,
    };
    Ok(Json(SessionItems {
        items: page.items.into_iter().map(item).collect(),
        next_after: page.next,
        compactions: compactions.collect(),
    }))
}

/// Renames a conversation
#[utoipa::path(operation_id = "sessions_update", patch, path = "/v1/sessions/{id}", tag = "sessions",
    params(("id" = Uuid, Path)), request_body = SessionPatch,
    security(("token" = ["use_models"])), responses((status = 200, body = SessionBody), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn update(
    State(app): State<Arc<App>>,
    caller: Permitted<UseModels>,
    Path(id): Path<Uuid>,
    JsonBody(patch): JsonBody<SessionPatch>,
) -> Result<Json<SessionBody>, ApiError> {
    let title = patch.title.trim().replace('\0', "");
    let length = title.chars().count();
    if !(1..=200).contains(&length) {
        let text = format!("title: {length} characters; it takes 1 to 200");
        return Err(ApiError::bad_request("invalid_title", text));
    }
    app.sessions.rename(caller.actor(), SessionId(id), &title).await?;
    Ok(Json(body(app.sessions.get(caller.tenant(), SessionId(id)).await?)))
}

/// Removes a conversation
#[utoipa::path(operation_id = "sessions_delete", delete, path = "/v1/sessions/{id}", tag = "sessions",
    params(("id" = Uuid, Path)), security(("token" = ["use_models"])), responses((status = 200, body = SessionStatus), (status = 404, body = ErrorBody),
    (status = 409, description = "A run is on in it", body = ErrorBody)))]
pub async fn delete(
    State(app): State<Arc<App>>,
    caller: Permitted<UseModels>,
    Path(id): Path<Uuid>,
) -> Result<Json<SessionStatus>, ApiError> {
    app.sessions.delete(caller.actor(), SessionId(id)).await?;
    Ok(Json(SessionStatus { status: "deleted" }))
}

/// Removes what was said from a place on, to say something else instead
#[utoipa::path(operation_id = "sessions_rewind", post, path = "/v1/sessions/{id}/rewind", tag = "sessions",
    params(("id" = Uuid, Path)), request_body = Rewind,
    security(("token" = ["use_models"])), responses((status = 200, body = Rewound), (status = 404, body = ErrorBody),
    (status = 409, description = "A run is on in it", body = ErrorBody)))]
pub async fn rewind(
    State(app): State<Arc<App>>,
    caller: Permitted<UseModels>,
    Path(id): Path<Uuid>,
    JsonBody(rewind): JsonBody<Rewind>,
) -> Result<Json<Rewound>, ApiError> {
    let removed = app.sessions.rewind(caller.actor(), SessionId(id), rewind.before_seq).await?;
    Ok(Json(Rewound { status: "rewound", removed }))
}

/// Takes a conversation away, as JSON or Markdown
#[utoipa::path(operation_id = "sessions_export", get, path = "/v1/sessions/{id}/export", tag = "sessions",
    params(("id" = Uuid, Path), ExportQuery),
    security(("token" = ["read"])), responses((status = 200, description = "A file",
     content((Value = "application/json"), (String = "text/markdown"))), (status = 404, body = ErrorBody)))]
pub async fn export(
    State(app): State<Arc<App>>,
    caller: Permitted<Read>,
    Path(id): Path<Uuid>,
    Query(query): Query<ExportQuery>,
) -> Result<Response, ApiError> {
    let session = app.sessions.get(caller.tenant(), SessionId(id)).await?;
    let items = app.sessions.items(caller.tenant(), SessionId(id), 0, None).await?.items;
    let title = session.title.clone().unwrap_or_else(|| session.session_key.clone());
    let (kind, suffix, text) = match query.format.unwrap_or_default() {
        ExportFormat::Markdown => {
            ("text/markdown; charset=utf-8", "md", markdown(&title, items.iter().map(|row| &row.item.0)))
        }
        ExportFormat::Json => {
            let items: Vec<Value> = items
                .into_iter()
                .map(|row| json!({"seq": row.seq, "created_at": row.created_at, "item": row.item.0}))
                .collect();
            let mut whole = json!(body(session));
            whole["items"] = items.into();
            ("application/json", "json", format!("{whole:#}\n"))
        }
    };
    let name = format!("attachment; filename=\"conversation-{id}.{suffix}\"");
    let name = HeaderValue::from_str(&name).unwrap_or(HeaderValue::from_static("attachment"));
    let headers =
        [(header::CONTENT_TYPE, HeaderValue::from_static(kind)), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, text).into_response())
}

fn body(row: SessionRow) -> SessionBody {
    SessionBody {
        id: row.id.to_string(),
        agent_key: row.agent_key,
        session_key: row.session_key,
        title: row.title,
        created_at: row.created_at,
        updated_at: row.updated_at,
        item_count: row.item_count,
        usage: TokensBody::of(row.input_tokens, row.cached_tokens, row.output_tokens, row.reasoning_tokens),
        running_run_id: row.running_run_id.map(|id| id.to_string()),
        snippet: row.snippet,
    }
}

/// A place in the list, as `next_before` wrote it.
fn place(text: &str) -> Result<(DateTime<Utc>, Uuid), ApiError> {
    let parsed = text.split_once('_').and_then(|(micros, id)| {
        Some((DateTime::from_timestamp_micros(micros.parse().ok()?)?, Uuid::parse_str(id).ok()?))
    });
    parsed.ok_or_else(|| ApiError::bad_request("invalid_cursor", "before: not a next_before of this list"))
}

impl From<SessionError> for ApiError {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::NotFound => Self::not_found("session"),
            SessionError::Busy => Self::new(StatusCode::CONFLICT, "session_busy", error.to_string()),
            SessionError::Database(cause) => Self::internal(&cause),
        }
    }
}
