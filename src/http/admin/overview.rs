//! The first page: is all well, and what is the next step.

use super::requests::{Trace, assemble};
use crate::app::App;
use crate::app::attention::Attention;
use crate::domain::provider::State as ProviderState;
use crate::http::error::{ApiError, ErrorBody};
use crate::http::permit::{Permitted, Read};
use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// Everything that the first page shows.
#[derive(Debug, Serialize, ToSchema)]
pub struct Overview {
    version: &'static str,
    demo: bool,
    /// What clients are pointed at.
    base_url: String,
    checklist: Checklist,
    providers: ProviderCounts,
    last_24h: LastDay,
    /// Absent while all is well with the upstream.
    #[schema(required)]
    incident: Option<UpstreamIncident>,
    /// What waits for a person, the most urgent first.
    #[schema(value_type = Vec<AttentionBody>)]
    attention: Vec<Attention>,
    /// The newest ten.
    recent: Vec<Trace>,
    generated_at: DateTime<Utc>,
}

/// The first steps, each true once it is done.
#[derive(Debug, Serialize, ToSchema)]
pub struct Checklist {
    account_connected: bool,
    models_loaded: bool,
    first_request_served: bool,
    agent_created: bool,
}

/// Providers by state.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProviderCounts {
    total: usize,
    ready: usize,
    needs_reauth: usize,
    disabled: usize,
    cooling_down: usize,
    exhausted: usize,
    draining: usize,
}

/// Trouble of the upstream as a whole: many accounts fail alike within a minute.
#[derive(Debug, Serialize, ToSchema)]
pub struct UpstreamIncident {
    /// How they fail, in one word.
    cause: &'static str,
    since: DateTime<Utc>,
    /// How many accounts fail so.
    accounts: usize,
}

/// Sums of the last 24 hours.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Last24h)]
pub struct LastDay {
    requests: i64,
    succeeded: i64,
    failed: i64,
    /// Of the succeeded ones, those that stopped at a limit.
    incomplete: i64,
    /// The client went away.
    cancelled: i64,
    /// The request itself was wrong.
    refused: i64,
    /// An account answered that was not the first choice.
    failovers: i64,
    input_tokens: i64,
    cached_input_tokens: i64,
    output_tokens: i64,
    reasoning_tokens: i64,
    /// Until the first event that the client could see; null when no answer had one.
    #[schema(required)]
    first_event_ms: Option<Percentiles>,
    /// What choosing, waiting and other accounts took of that, beyond the time of the account that answered.
    #[schema(required)]
    added_latency_ms: Option<Percentiles>,
}

/// The median, and what nineteen in twenty stay below.
#[derive(Debug, Serialize, ToSchema)]
pub struct Percentiles {
    p50: i64,
    p95: i64,
}

fn percentiles(of: Option<&[i64]>) -> Option<Percentiles> {
    match of {
        Some([p50, p95]) => Some(Percentiles { p50: *p50, p95: *p95 }),
        _ => None,
    }
}

/// One thing that waits for a person. It documents `app::attention::Attention`.
#[derive(ToSchema)]
#[schema(as = Attention)]
#[expect(dead_code, reason = "it documents the application's type")]
pub struct AttentionBody {
    kind: AttentionKind,
    severity: AttentionSeverity,
    #[schema(required)]
    provider_name: Option<String>,
    /// Of an MCP server.
    #[schema(required)]
    name: Option<String>,
    /// Of requests, in the last 24 hours.
    #[schema(required)]
    count: Option<i64>,
    /// When it runs out, or ends by itself.
    #[schema(required)]
    at: Option<DateTime<Utc>>,
    #[schema(required)]
    since: Option<DateTime<Utc>>,
}

/// What is the matter.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum AttentionKind {
    NeedsReauth,
    Exhausted,
    /// An account will run out before its reset.
    RunningOut,
    CoolingDown,
    /// Requests that were wrong themselves.
    RequestsRefused,
    /// Requests that no account answered.
    RequestsFailed,
    McpServerDown,
}

/// How soon somebody should look.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum AttentionSeverity {
    Now,
    Soon,
}

/// The state of things at a glance
#[utoipa::path(operation_id = "overview_get", get, path = "/v1/overview", tag = "overview", security(("token" = ["read"])), responses(
    (status = 200, description = "As of now", body = Overview),
    (status = 401, description = "Signed out", body = ErrorBody)))]
pub async fn get(State(app): State<Arc<App>>, caller: Permitted<Read>) -> Result<Json<Overview>, ApiError> {
    let tenant = caller.tenant();
    let (day, ever_served) = app.traces.last_day(tenant).await.map_err(|e| ApiError::internal(&e))?;
    let newest = app.traces.newest(tenant, 10).await.map_err(|e| ApiError::internal(&e))?;
    let catalogue = app.catalogues.current();
    let catalogue = catalogue.tenant(tenant);
    let now = app.clock.now();
    let states: Vec<ProviderState> =
        catalogue.providers.iter().map(|p| app.accounts.status(p, now).state).collect();
    let count = |state| states.iter().filter(|s| **s == state).count();
    Ok(Json(Overview {
        version: env!("CARGO_PKG_VERSION"),
        demo: app.demo,
        base_url: format!("{}/v1", app.public_url()),
        checklist: Checklist {
            account_connected: catalogue.providers.iter().any(|p| p.grant.is_some() || !p.kind.is_chatgpt()),
            models_loaded: catalogue.providers.iter().any(|p| !p.models.is_empty()),
            first_request_served: ever_served,
            agent_created: !catalogue.agents.is_empty(),
        },
        providers: ProviderCounts {
            total: states.len(),
            ready: count(ProviderState::Ready),
            needs_reauth: count(ProviderState::NeedsReauth),
            disabled: count(ProviderState::Disabled),
            cooling_down: count(ProviderState::CoolingDown),
            exhausted: count(ProviderState::Exhausted),
            draining: count(ProviderState::Draining),
        },
        incident: app.accounts.incident().map(|incident| UpstreamIncident {
            cause: incident.cause.as_str(),
            since: incident.since,
            accounts: incident.accounts,
        }),
        last_24h: LastDay {
            requests: day.requests,
            succeeded: day.succeeded,
            failed: day.failed,
            incomplete: day.incomplete,
            cancelled: day.cancelled,
            refused: day.refused,
            failovers: day.failovers,
            input_tokens: day.input_tokens,
            cached_input_tokens: day.cached_input_tokens,
            output_tokens: day.output_tokens,
            reasoning_tokens: day.reasoning_tokens,
            first_event_ms: percentiles(day.first_event_ms.as_deref()),
            added_latency_ms: percentiles(day.added_ms.as_deref()),
        },
        attention: app.attention(tenant, catalogue, &day),
        recent: assemble(newest),
        generated_at: app.clock.now(),
    }))
}
