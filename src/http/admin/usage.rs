//! `/v1/usage`: requests and tokens, counted by account, agent, key, model, day, hour of the week, or cause.

use super::agents;
use super::requests::{key, time};
use crate::app::App;
use crate::app::usage::{Question, UTC, UsageScope};
use crate::domain::ids::ProviderId;
use crate::domain::usage::{By, Counters, LONGEST, Line, USUAL, file, total};
use crate::http::error::{ApiError, ErrorBody};
use crate::http::extract::Caller;
use crate::http::permit::{Permitted, Read};
use axum::Json;
use axum::extract::{Query, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;
use uuid::Uuid;

/// What was used.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UsageReport)]
pub struct Usage {
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    #[schema(value_type = UsageBy)]
    by: By,
    tz: String,
    /// Days and hours in their order, each of them; others by how much they were used.
    rows: Vec<UsageRow>,
    totals: UsageCounters,
    /// Requests from before then are not kept: what the span has of that time is not counted.
    kept_since: DateTime<Utc>,
    generated_at: DateTime<Utc>,
}

/// What is counted by. It documents `domain::usage::By`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum UsageBy {
    /// Who answered; of requests that nobody answered, who was tried first.
    Account,
    Agent,
    Key,
    /// As the upstream named it, else as the client did.
    Model,
    Day,
    WeekdayHour,
    /// What went wrong first, also where another account answered then.
    Cause,
}

/// One of what is counted by.
#[derive(Debug, Serialize, ToSchema)]
pub struct UsageRow {
    /// An id, an agent's key, a model, `2026-11-22`, `1-00` to `7-23` (from Monday on), or a cause; null: of requests
    /// that have none.
    #[schema(required)]
    key: Option<String>,
    /// Of an account, an agent or a key; null where it has none or is not known any more.
    #[schema(required)]
    name: Option<String>,
    #[serde(flatten)]
    counters: UsageCounters,
}

/// Sums. Cached tokens are part of the input, reasoning ones of the output.
#[derive(Debug, Serialize, ToSchema)]
pub struct UsageCounters {
    requests: i64,
    completed: i64,
    incomplete: i64,
    failed: i64,
    cancelled: i64,
    refused: i64,
    /// An account answered that was not the first choice.
    failovers: i64,
    input_tokens: i64,
    cached_input_tokens: i64,
    output_tokens: i64,
    reasoning_tokens: i64,
}

impl From<Counters> for UsageCounters {
    fn from(c: Counters) -> Self {
        Self {
            requests: c.requests,
            completed: c.completed,
            incomplete: c.incomplete,
            failed: c.failed,
            cancelled: c.cancelled,
            refused: c.refused,
            failovers: c.failovers,
            input_tokens: c.input_tokens,
            cached_input_tokens: c.cached_input_tokens,
            output_tokens: c.output_tokens,
            reasoning_tokens: c.reasoning_tokens,
        }
    }
}

/// What is to be counted; what is absent does not matter.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct UsageQuery {
    /// From this time on, RFC 3339; seven days before `to` when absent.
    from: Option<String>,
    /// Before this time, RFC 3339; now when absent. At most 92 days after `from`.
    to: Option<String>,
    /// `account`, `agent`, `key`, `model`, `day` (the default), `weekday_hour` or `cause`.
    by: Option<String>,
    /// The time zone of days and hours, by its IANA name; UTC when absent.
    tz: Option<String>,
    /// Id or name of an account: who answered, else who was tried first.
    account: Option<String>,
    /// Id or key of an agent.
    agent: Option<String>,
    /// Id of an API key.
    key: Option<String>,
    /// As the upstream named it, else as the client did.
    model: Option<String>,
}

/// Counts what was used
#[utoipa::path(operation_id = "usage_get", get, path = "/v1/usage", tag = "usage", params(UsageQuery), security(("token" = ["read"])), responses(
    (status = 200, description = "Of the span", body = Usage),
    (status = 400, description = "A value is wrong", body = ErrorBody)))]
pub async fn get(
    State(app): State<Arc<App>>,
    caller: Permitted<Read>,
    Query(query): Query<UsageQuery>,
) -> Result<Json<Usage>, ApiError> {
    let question = question(&app, &caller, query).await?;
    let lines = counted(&app, &caller, &question).await?;
    let totals = total(&lines).into();
    let row = |Line { key, name, counters }| UsageRow { key, name, counters: counters.into() };
    Ok(Json(Usage {
        from: question.between.0,
        to: question.between.1,
        by: question.by,
        tz: question.zone,
        rows: lines.into_iter().map(row).collect(),
        totals,
        kept_since: app.traces.kept_since(),
        generated_at: app.clock.now(),
    }))
}

/// Takes the same away as a CSV file
#[utoipa::path(operation_id = "usage_export", get, path = "/v1/usage/export", tag = "usage", params(UsageQuery), security(("token" = ["read"])), responses(
    (status = 200, description = "A row a line, after a line of names", body = String, content_type = "text/csv"),
    (status = 400, description = "A value is wrong", body = ErrorBody)))]
pub async fn export(
    State(app): State<Arc<App>>,
    caller: Permitted<Read>,
    Query(query): Query<UsageQuery>,
) -> Result<Response, ApiError> {
    let question = question(&app, &caller, query).await?;
    let lines = counted(&app, &caller, &question).await?;
    let name = format!("attachment; filename=\"usage-by-{}.csv\"", question.by.as_str());
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8")),
        (header::CONTENT_DISPOSITION, HeaderValue::from_str(&name).map_err(|e| ApiError::internal(&e))?),
    ];
    Ok((headers, file(question.by, &lines)).into_response())
}

async fn counted(app: &App, caller: &Caller, question: &Question) -> Result<Vec<Line>, ApiError> {
    let catalogue = app.catalogues.current();
    let tenant = caller.tenant();
    let lines = app.traces.usage(tenant, catalogue.tenant(tenant), question).await;
    lines.map_err(|error| ApiError::internal(&error))
}

async fn question(app: &App, caller: &Caller, query: UsageQuery) -> Result<Question, ApiError> {
    let wrong =
        |field: &str, text: String| ApiError::bad_request("invalid_value", text).with("field", field.into());
    let to = time("to", query.to.as_deref())?.unwrap_or_else(|| app.clock.now());
    let from = time("from", query.from.as_deref())?.unwrap_or(to - USUAL);
    if from >= to {
        return Err(wrong("from", "from is not before to".into()));
    }
    if to - from > LONGEST {
        return Err(wrong("from", format!("from is more than {} days before to", LONGEST.num_days())));
    }
    let by = query.by.as_deref().unwrap_or(By::Day.as_str());
    let by = By::named(by).ok_or_else(|| {
        let all = By::ALL.map(By::as_str).join(", ");
        wrong("by", format!("by \"{by}\" is none of {all}"))
    })?;
    let zone = query.tz.unwrap_or_else(|| UTC.to_owned());
    if !app.traces.knows_zone(&zone).await.map_err(|error| ApiError::internal(&error))? {
        return Err(wrong("tz", format!("tz \"{zone}\" is not a time zone such as Asia/Ho_Chi_Minh")));
    }
    let catalogue = app.catalogues.current();
    let catalogue = catalogue.tenant(caller.tenant());
    let account = |wanted: String| {
        let known = catalogue.provider(&wanted).map(|p| p.id);
        // What is gone is known by its id; what never was has no request.
        known.unwrap_or_else(|| ProviderId(wanted.parse().unwrap_or(Uuid::nil())))
    };
    let agent = |wanted: String| agents::find(catalogue, &wanted).map_or(wanted, |agent| agent.key.clone());
    let scope = UsageScope {
        account: query.account.map(account),
        agent_key: query.agent.map(agent),
        key: key(query.key.as_deref())?,
        model: query.model,
    };
    Ok(Question { between: (from, to), by, zone, scope })
}
