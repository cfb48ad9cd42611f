//! `/v1/requests`: what was served, in pages, newest first; and one request with all that is known of it.

use super::pools::PoolStrategy;
use crate::app::App;
use crate::app::traces::{AttemptRow, Filter, Page, Place, RequestRow};
use crate::domain::ids::{KeyId, ProviderId, RequestId, TenantId};
use crate::http::error::{ApiError, ErrorBody};
use crate::http::permit::{Permitted, Read};
use axum::Json;
use axum::extract::{Path, Query, State};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::sync::Arc;
use utoipa::ToSchema;
use uuid::Uuid;

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
    /// The API key that asked.
    #[schema(required)]
    key_id: Option<String>,
    /// As it is called now; null where it is gone.
    #[schema(required)]
    key_name: Option<String>,
    /// Who served.
    #[schema(required)]
    provider_name: Option<String>,
    /// The provider that was asked for, whose pool it was when it has one.
    #[schema(required)]
    pool_owner: Option<String>,
    /// Null where only one account was in play.
    #[schema(required)]
    strategy: Option<String>,
    /// Who was tried first.
    #[schema(required)]
    selected_provider: Option<String>,
    attempt_count: i32,
    /// An account answered that was not the first choice.
    used_failover: bool,
    #[schema(value_type = TraceClient)]
    client: String,
    #[schema(value_type = TraceStatus)]
    status: String,
    http_status: i32,
    #[schema(required)]
    error_code: Option<String>,
    #[schema(required)]
    error_message: Option<String>,
    /// What went wrong first, in one word, also where another account answered then.
    #[schema(required)]
    cause: Option<String>,
    #[schema(required)]
    usage: Option<Usage>,
    attempts: Vec<Attempt>,
}

/// Which route it was. This and the other enums only document columns, which hold the text.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TraceEndpoint {
    Responses,
    ChatCompletions,
    /// An agent's run, over its own route.
    Runs,
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

/// Whose fault a failure was.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AttemptFault {
    /// It counts against no account.
    Client,
    Account,
    /// Of the upstream as a whole, or of the way to it.
    Upstream,
}

/// One try at one account.
#[derive(Debug, Serialize, ToSchema)]
pub struct Attempt {
    provider_name: String,
    started_at: DateTime<Utc>,
    /// As it was named to the upstream.
    #[schema(required)]
    model: Option<String>,
    #[schema(value_type = AttemptOutcome)]
    outcome: String,
    /// How it failed, in one word.
    #[schema(required)]
    cause: Option<String>,
    #[schema(required, value_type = Option<AttemptFault>)]
    fault: Option<String>,
    /// Of the upstream's refusal.
    #[schema(required)]
    http_status: Option<i32>,
    #[schema(required)]
    error_code: Option<String>,
    #[schema(required)]
    error_message: Option<String>,
    /// From its own begin until the first event that the client could see.
    #[schema(required)]
    first_event_ms: Option<i64>,
    duration_ms: i64,
}

/// Why a request went where it went. It documents `domain::routing::decide::Plan::describe`.
#[derive(Debug, Serialize, ToSchema)]
pub struct Decision {
    #[schema(value_type = PoolStrategy)]
    strategy: String,
    /// One sentence: what the first account has before the others.
    why: String,
    /// The same as a code; absent in what an older version wrote.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<DecisionWhy>)]
    why_code: Option<String>,
    /// The account that the conversation belongs to.
    #[schema(required)]
    home: Option<String>,
    /// In the order in which they were to be tried.
    attempts: Vec<String>,
    /// Those of the attempts that are in trouble themselves, and were to be tried when all others fail.
    last_resort: Vec<String>,
    excluded: Vec<Exclusion>,
    /// How many accounts there were to choose from. The lists name the first of many.
    candidates: usize,
}

/// What the first account has before the others. It documents `domain::routing::decide::Why`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DecisionWhy {
    /// There is no other.
    Only,
    /// The pool's owner comes first.
    Owner,
    /// A person made it the one that comes first, instead of the owner.
    Primary,
    /// The first in the pool's order that can serve.
    Next,
    Turn,
    /// Of the quota that is left, it would lose the most at its next reset.
    Quota,
    /// The conversation lives on it.
    Home,
    /// The conversation was moved there, as its home cannot serve.
    Loan,
    /// All are in trouble; it may be out of it soonest.
    LastResort,
    /// No account can serve.
    Nobody,
}

/// An account that was left out, and why.
#[derive(Debug, Serialize, ToSchema)]
pub struct Exclusion {
    provider_name: String,
    #[schema(value_type = ExclusionReason)]
    reason: String,
    /// When it can serve again, where that is known.
    #[schema(required)]
    until: Option<DateTime<Utc>>,
    /// The reason in words.
    detail: String,
}

/// Why an account is left out. It documents `domain::routing::decide::ExclusionReason`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExclusionReason {
    Disabled,
    SignedOut,
    NeedsReauth,
    Exhausted,
    CoolingDown,
    SpendLimit,
    NotIncluded,
    PaymentRequired,
    Forbidden,
    ModelNotInPlan,
    /// It serves as many requests as it may.
    Busy,
    /// Another account compacted the conversation.
    ForeignConversation,
    /// It takes nothing new.
    Draining,
}

/// One request with what was decided for it.
#[derive(Debug, Serialize, ToSchema)]
pub struct RequestDetail {
    #[serde(flatten)]
    request: Trace,
    #[schema(required, value_type = Option<Decision>)]
    decision: Option<Value>,
}

/// Some requests, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct RequestPage {
    requests: Vec<Trace>,
    /// For the next page; null at the end.
    #[schema(required)]
    next_cursor: Option<String>,
}

/// Which requests are wanted; what is absent does not matter.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RequestQuery {
    /// Id or name of an account that was tried.
    account: Option<String>,
    /// Id or key of an agent.
    agent: Option<String>,
    /// Id of an API key.
    key: Option<String>,
    /// What went wrong first, in one word.
    cause: Option<String>,
    /// As the client or the upstream named it.
    model: Option<String>,
    /// How they ended: a status.
    outcome: Option<String>,
    /// From this time on, RFC 3339.
    from: Option<String>,
    /// Before this time, RFC 3339.
    to: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// 1 to 200; 50 when absent.
    limit: Option<i64>,
}

/// Lists requests
#[utoipa::path(operation_id = "requests_list", get, path = "/v1/requests", tag = "requests", params(RequestQuery), security(("token" = ["read"])), responses(
    (status = 200, description = "Newest first", body = RequestPage),
    (status = 400, description = "A value is wrong", body = ErrorBody),
    (status = 401, description = "Signed out", body = ErrorBody)))]
pub async fn list(
    State(app): State<Arc<App>>,
    caller: Permitted<Read>,
    Query(query): Query<RequestQuery>,
) -> Result<Json<RequestPage>, ApiError> {
    let tenant = caller.tenant();
    let limit = limited("limit", query.limit, 50, 1..=200)?;
    let after = query.cursor.as_deref().map(place).transpose()?;
    let Some(filter) = filter(&app, tenant, query)? else {
        // An account that there is not has served nothing.
        return Ok(Json(RequestPage { requests: Vec::new(), next_cursor: None }));
    };
    let page = app.traces.page(tenant, &filter, after, limit).await.map_err(|e| ApiError::internal(&e))?;
    let next_cursor = page.next.map(cursor);
    Ok(Json(RequestPage { requests: assemble(page), next_cursor }))
}

/// One request with its decision and its attempts
#[utoipa::path(operation_id = "requests_get", get, path = "/v1/requests/{id}", tag = "requests",
    params(("id" = String, Path, description = "What `x-request-id` said")),
    security(("token" = ["read"])), responses((status = 200, description = "The request", body = RequestDetail),
              (status = 404, description = "There is none", body = ErrorBody)))]
pub async fn get(
    State(app): State<Arc<App>>,
    caller: Permitted<Read>,
    Path(id): Path<String>,
) -> Result<Json<RequestDetail>, ApiError> {
    let none = || ApiError::not_found("request");
    let id = RequestId(id.parse().map_err(|_| none())?);
    let found = app.traces.one(caller.tenant(), id).await.map_err(|e| ApiError::internal(&e))?;
    let (row, attempts, decision) = found.ok_or_else(none)?;
    let request = assemble(Page { requests: vec![row], attempts, next: None }).pop().ok_or_else(none)?;
    Ok(Json(RequestDetail { request, decision }))
}

/// `None` when nothing can match.
fn filter(app: &App, tenant: TenantId, query: RequestQuery) -> Result<Option<Filter>, ApiError> {
    let catalogue = app.catalogues.current();
    let catalogue = catalogue.tenant(tenant);
    let account = match &query.account {
        None => None,
        // Its requests are still there when the account is not.
        Some(wanted) => {
            match catalogue.provider(wanted).map(|p| p.id).or_else(|| wanted.parse().ok().map(ProviderId)) {
                Some(id) => Some(id),
                None => return Ok(None),
            }
        }
    };
    let agent_key = query.agent.map(|wanted| match super::agents::find(catalogue, &wanted) {
        Some(agent) => agent.key.clone(),
        None => wanted,
    });
    if let Some(outcome) = &query.outcome
        && !STATUSES.contains(&outcome.as_str())
    {
        let text = format!("outcome \"{outcome}\" is none of {}", STATUSES.join(", "));
        return Err(ApiError::bad_request("invalid_value", text).with("field", "outcome".into()));
    }
    let (from, to) = (time("from", query.from.as_deref())?, time("to", query.to.as_deref())?);
    Ok(Some(Filter {
        account,
        agent_key,
        key: key(query.key.as_deref())?,
        cause: query.cause,
        model: query.model,
        outcome: query.outcome,
        from,
        to,
        ..Filter::default()
    }))
}

/// The id of an API key.
pub(super) fn key(text: Option<&str>) -> Result<Option<KeyId>, ApiError> {
    let read = |text: &str| {
        text.parse().map(KeyId).map_err(|_| {
            let message = format!("key \"{text}\" is not the id of an API key");
            ApiError::bad_request("invalid_value", message).with("field", "key".into())
        })
    };
    text.map(read).transpose()
}

/// The words of [`TraceStatus`].
const STATUSES: [&str; 5] = ["completed", "incomplete", "failed", "cancelled", "refused"];

pub(super) fn time(field: &str, text: Option<&str>) -> Result<Option<DateTime<Utc>>, ApiError> {
    // A `+` that was not escaped in the query comes as a space.
    let read = |text: &str| DateTime::parse_from_rfc3339(&text.replace(' ', "+")).map(|t| t.to_utc());
    text.map(|text| {
        read(text).map_err(|_| {
            let message = format!("{field} \"{text}\" is not a time such as 2026-11-22T14:05:00Z");
            ApiError::bad_request("invalid_value", message).with("field", field.into())
        })
    })
    .transpose()
}

/// A number of rows.
pub(super) fn limited(
    field: &str,
    given: Option<i64>,
    usual: u32,
    allowed: RangeInclusive<u32>,
) -> Result<u32, ApiError> {
    let Some(given) = given else { return Ok(usual) };
    u32::try_from(given).ok().filter(|n| allowed.contains(n)).ok_or_else(|| {
        let text = format!("{field} {given} is not between {} and {}", allowed.start(), allowed.end());
        ApiError::bad_request("invalid_value", text).with("field", field.into())
    })
}

/// A place as a text that says nothing to a client: microseconds and id.
fn cursor(place: Place) -> String {
    let mut bytes = place.started_at.timestamp_micros().to_be_bytes().to_vec();
    bytes.extend(place.id.0.as_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

fn place(cursor: &str) -> Result<Place, ApiError> {
    let read = || {
        let bytes: [u8; 24] = URL_SAFE_NO_PAD.decode(cursor).ok()?.try_into().ok()?;
        let (micros, id) = bytes.split_first_chunk::<8>()?;
        let started_at = DateTime::from_timestamp_micros(i64::from_be_bytes(*micros))?;
        Some(Place { started_at, id: RequestId(Uuid::from_slice(id).ok()?) })
    };
    read().ok_or_else(|| {
        let text = "cursor is not the next_cursor of a page";
        ApiError::bad_request("invalid_value", text).with("field", "cursor".into())
    })
}

/// Requests with their attempts, for people.
pub(super) fn assemble(page: Page) -> Vec<Trace> {
    let mut by_request = HashMap::<_, Vec<Attempt>>::new();
    for a in page.attempts {
        by_request.entry(a.request_id).or_default().push(attempt(a));
    }
    let trace = |r: RequestRow| Trace {
        attempts: by_request.remove(&r.id).unwrap_or_default(),
        used_failover: r.used_failover(),
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
        key_id: r.key_id.map(|id| id.to_string()),
        key_name: r.key_name,
        cause: r.cause,
        provider_name: r.provider_name,
        pool_owner: r.pool_owner_name,
        strategy: r.strategy,
        selected_provider: r.selected_provider_name,
        attempt_count: r.attempt_count,
        client: r.client,
        status: r.status,
        http_status: r.http_status,
        error_code: r.error_code,
        error_message: r.error_message,
    };
    page.requests.into_iter().map(trace).collect()
}

fn attempt(row: AttemptRow) -> Attempt {
    Attempt {
        provider_name: row.provider_name,
        started_at: row.started_at,
        model: row.model,
        outcome: row.outcome,
        cause: row.cause,
        fault: row.fault,
        http_status: row.http_status,
        error_code: row.error_code,
        error_message: row.error_message,
        first_event_ms: row.first_event_ms,
        duration_ms: row.duration_ms,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_as_the_place_it_was_and_nothing_else_is_one() {
        let started_at = DateTime::from_timestamp_micros(1_800_000_000_123_456).unwrap();
        let here = Place { started_at, id: RequestId(Uuid::from_u128(7)) };
        assert_eq!(place(&cursor(here)).unwrap(), here);
        for other in ["", "x", "AAAA", &cursor(here)[1..], &"A".repeat(33)] {
            assert!(place(other).is_err(), "{other}");
        }
    }

    #[test]
    fn times_are_rfc_3339_and_a_plus_may_have_become_a_space() {
        let noon = DateTime::from_timestamp(1_800_014_400, 0);
        for text in ["2027-01-15T12:00:00Z", "2027-01-15T14:00:00+02:00", "2027-01-15T14:00:00 02:00"] {
            assert_eq!(time("from", Some(text)).unwrap(), noon, "{text}");
        }
        assert!(time("from", Some("yesterday")).is_err());
    }
}
