//! `/v1/activity`: the audit log of the tenant.

use crate::app::App;
use crate::app::audit::Filter;
use crate::domain::audit::Chained;
use crate::domain::audit::export::Format;
use crate::http::error::{ApiError, ErrorBody};
use crate::http::permit::{Permitted, ReadAudit};
use axum::Json;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::{Stream, StreamExt as _};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::sync::Arc;
use utoipa::ToSchema;

/// A change that was made.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditEntry {
    id: String,
    /// From 1, without gaps, in this tenant.
    seq: i64,
    at: DateTime<Utc>,
    actor: AuditActor,
    /// `noun.verb`, such as `provider.update`.
    action: String,
    object: AuditObject,
    /// The members that changed, as they were; secrets are `***`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    before: Option<Box<RawValue>>,
    /// The members that changed, as they are since; secrets are `***`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    after: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    /// Over the entry and the hash of the one before it.
    hash: String,
}

/// Who made it, as they were known then.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditActor {
    /// `token`, `user`, `key` or `gateway` (by itself, or by a command).
    kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    name: String,
    /// From where; absent: not over the network.
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
}

/// What was changed, as it was called then.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditObject {
    #[serde(rename = "type")]
    kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
}

/// Changes, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditLog {
    entries: Vec<AuditEntry>,
    /// What to give as `before` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<i64>,
}

impl From<Chained> for AuditEntry {
    fn from(chained: Chained) -> Self {
        let Chained { entry, seq, hash, .. } = chained;
        let raw = |text: Option<String>| text.and_then(|text| RawValue::from_string(text).ok());
        Self {
            id: entry.id.to_string(),
            seq,
            at: entry.at,
            actor: AuditActor {
                kind: entry.by.kind,
                id: entry.by.id.map(|id| id.to_string()),
                name: entry.by.name,
                address: entry.by.address,
            },
            action: entry.action,
            object: AuditObject { kind: entry.object.kind, id: entry.object.id, name: entry.object.name },
            before: raw(entry.before),
            after: raw(entry.after),
            request_id: entry.request.map(|id| id.to_string()),
            hash: hash.to_string(),
        }
    }
}

/// Which changes.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
pub struct ActivityQuery {
    /// A kind of actor (`user`), an id, or a part of a name.
    actor: Option<String>,
    /// An action (`provider.update`), or its noun (`provider`).
    action: Option<String>,
    /// A type of object (`provider`), an id, or a part of a name.
    object: Option<String>,
    /// From then on.
    since: Option<DateTime<Utc>>,
    /// Before then.
    until: Option<DateTime<Utc>>,
    /// Only those before this number: the `next` of the page before.
    before: Option<i64>,
    /// At most so many, 1 to 200; 50 when absent.
    limit: Option<u32>,
}

/// Lists the changes that were made, newest first
#[utoipa::path(operation_id = "activity_list", get, path = "/v1/activity", tag = "activity", params(ActivityQuery),
    security(("token" = ["read_audit"])), responses(
    (status = 200, description = "The changes that fit", body = AuditLog),
    (status = 400, description = "A value is wrong", body = ErrorBody)))]
pub async fn list(
    State(app): State<Arc<App>>,
    caller: Permitted<ReadAudit>,
    Query(query): Query<ActivityQuery>,
) -> Result<Json<AuditLog>, ApiError> {
    let ActivityQuery { actor, action, object, since, until, before, limit } = query;
    let filter = filter(actor, action, object, (since, until));
    let limit = limit.unwrap_or(50).clamp(1, 200);
    let found = app.audit.page(caller.tenant(), &filter, before, limit).await;
    let (entries, more) = found.map_err(|error| ApiError::internal(&error))?;
    let next = entries.last().filter(|_| more).map(|last| last.seq);
    Ok(Json(AuditLog { entries: entries.into_iter().map(Into::into).collect(), next }))
}

/// Which changes, and how they are written.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
pub struct ActivityExportQuery {
    /// `jsonl` (an entry a line, with all that its hash covers; the default) or `csv`.
    format: Option<String>,
    /// As of the list.
    actor: Option<String>,
    /// As of the list.
    action: Option<String>,
    /// As of the list.
    object: Option<String>,
    /// From then on.
    since: Option<DateTime<Utc>>,
    /// Before then.
    until: Option<DateTime<Utc>>,
}

/// Takes the changes away, oldest first, as a file
#[utoipa::path(operation_id = "activity_export", get, path = "/v1/activity/export", tag = "activity", params(ActivityExportQuery),
    security(("token" = ["read_audit"])), responses(
    (status = 200, description = "A file: JSON Lines or CSV", body = String, content_type = "application/x-ndjson"),
    (status = 400, description = "A value is wrong", body = ErrorBody)))]
pub async fn export(
    State(app): State<Arc<App>>,
    caller: Permitted<ReadAudit>,
    Query(query): Query<ActivityExportQuery>,
) -> Result<Response, ApiError> {
    let ActivityExportQuery { format, actor, action, object, since, until } = query;
    let format = Format::named(format.as_deref().unwrap_or("jsonl"))
        .ok_or_else(|| ApiError::bad_request("invalid_format", "format: neither \"jsonl\" nor \"csv\""))?;
    let filter = filter(actor, action, object, (since, until));
    let (kind, name) = match format {
        Format::JsonLines => ("application/x-ndjson", "attachment; filename=\"activity.jsonl\""),
        Format::Csv => ("text/csv; charset=utf-8", "attachment; filename=\"activity.csv\""),
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static(name)),
    ];
    let lines = lines(format, app.audit.export(caller.tenant(), filter));
    Ok((headers, Body::from_stream(lines)).into_response())
}

/// A database that fails half way cuts the body off: a file that ended as if it were whole would lie.
fn lines<E: Send>(
    format: Format,
    entries: impl Stream<Item = Result<Vec<Chained>, E>> + Send,
) -> impl Stream<Item = Result<Bytes, E>> + Send {
    let beginning = futures_util::stream::iter(Some(Ok(Bytes::from(format.beginning()))));
    let lines = entries.map(move |some| {
        let lines = some?.iter().map(|entry| format.line(entry)).collect::<String>();
        Ok(Bytes::from(lines))
    });
    beginning.chain(lines)
}

/// An empty text is none.
fn filter(
    actor: Option<String>,
    action: Option<String>,
    object: Option<String>,
    (since, until): (Option<DateTime<Utc>>, Option<DateTime<Utc>>),
) -> Filter {
    // Postgres has no NUL in its texts, and no entry has one.
    let text = |text: Option<String>| {
        text.map(|text| text.trim().replace('\0', "\u{fffd}")).filter(|text| !text.is_empty())
    };
    // Postgres knows fewer years than chrono does, and no entry is from another time.
    let last = DateTime::from_timestamp(253_402_300_799, 0).unwrap_or(DateTime::UNIX_EPOCH);
    let time = |at: Option<DateTime<Utc>>| at.map(|at| at.clamp(DateTime::UNIX_EPOCH, last));
    let (since, until) = (time(since), time(until));
    Filter { actor: text(actor), action: text(action), object: text(object), since, until }
}
