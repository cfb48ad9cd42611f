//! How much is left of the accounts: told from memory, with a source and an age for every number.

use crate::app::App;
use crate::app::quota::{Overview, SampleRow, WindowForecast};
use crate::domain::catalogue::Provider;
use crate::domain::quota::envelope::QuotaEnvelope;
use crate::domain::quota::parse::{Credits, ResetCredits};
use crate::domain::quota::window::{MeterId, WindowKind, WindowLength};
use crate::http::error::{ApiError, ErrorBody};
use crate::http::extract::Caller;
use crate::http::permit::{Permitted, Read};
use axum::extract::{Path, Query, State};
use axum::routing::get;
use axum::{Json, Router};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

/// A number younger than this is not asked for anew.
const FRESH: TimeDelta = TimeDelta::seconds(60);
/// How long a person waits for the upstream.
const BOUND: Duration = Duration::from_secs(10);
/// The provider of the route that names none.
const OLDER: &str = "openai-codex";

/// What a window is, from its length.
#[derive(ToSchema)]
#[schema(as = WindowKind)]
pub enum WindowKindDoc {
    #[schema(rename = "five_hour")]
    FiveHour,
    #[schema(rename = "weekly")]
    Weekly,
    #[schema(rename = "monthly")]
    Monthly,
    #[schema(rename = "other")]
    Other,
}

/// Who said it.
#[derive(ToSchema)]
#[schema(as = QuotaSource)]
pub enum QuotaSourceDoc {
    #[schema(rename = "usage_api")]
    UsageApi,
    #[schema(rename = "header")]
    Header,
    #[schema(rename = "event")]
    Event,
    #[schema(rename = "refusal")]
    Refusal,
}

/// Why the quota could not be read.
#[derive(ToSchema)]
#[schema(as = QuotaErrorCode, rename_all = "snake_case")]
pub enum QuotaErrorCodeDoc {
    MissingAccountId,
    ReauthRequired,
    PaymentRequired,
    QuotaApiForbidden,
    QuotaEndpointNotFound,
    RateLimited,
    ProviderUnavailable,
    NetworkTimeout,
    NetworkError,
    QuotaRequestFailed,
    UnknownUpstreamError,
}

/// Whether a window lasts.
#[derive(ToSchema)]
#[schema(as = ForecastVerdict, rename_all = "snake_case")]
pub enum VerdictDoc {
    Lasts,
    RunsOut,
    /// The data cannot carry an answer.
    Unknown,
}

/// One window of an account.
#[derive(ToSchema)]
#[schema(as = QuotaWindow)]
#[expect(dead_code, reason = "it documents the domain's type")]
pub struct QuotaWindowDoc {
    label: String,
    #[schema(value_type = WindowKindDoc)]
    kind: WindowKind,
    length_seconds: i64,
    /// As told; may be above 100.
    used_percent: f64,
    /// 0 to 100.
    remaining_percent: f64,
    #[schema(required)]
    reset_after_seconds: Option<i64>,
    #[schema(required)]
    reset_at: Option<DateTime<Utc>>,
    #[schema(value_type = QuotaSourceDoc)]
    source: String,
    observed_at: DateTime<Utc>,
    /// The additional limit that this window is of; null for the main one.
    #[schema(required)]
    meter: Option<String>,
}

/// One of the two windows that most plans have.
#[derive(ToSchema)]
#[schema(as = CoreWindow)]
#[expect(dead_code, reason = "it documents the domain's type")]
pub struct CoreWindowDoc {
    label: String,
    remaining_percent: f64,
    #[schema(required)]
    reset_after_seconds: Option<i64>,
    #[schema(required)]
    reset_at: Option<DateTime<Utc>>,
}

/// Null where the plan has no such window, or nothing is known of it.
#[derive(ToSchema)]
#[schema(as = CoreUsage)]
#[expect(dead_code, reason = "it documents the domain's type")]
pub struct CoreUsageDoc {
    #[schema(required)]
    five_hour: Option<CoreWindowDoc>,
    #[schema(required)]
    weekly: Option<CoreWindowDoc>,
}

/// An account's quota. Always a 200: what failed is said within, beside what is known all the same.
#[derive(ToSchema)]
#[schema(as = QuotaEnvelope)]
#[expect(dead_code, reason = "it documents the domain's type")]
pub struct QuotaEnvelopeDoc {
    provider_name: String,
    /// The last word of this account's quota was one, and not a failure to get it.
    success: bool,
    plan_type: Option<String>,
    windows: Vec<QuotaWindowDoc>,
    core_usage: Option<CoreUsageDoc>,
    /// Null when nothing was ever heard.
    #[schema(required)]
    last_updated: Option<DateTime<Utc>>,
    error: Option<String>,
    error_code: Option<QuotaErrorCodeDoc>,
    /// For people: what to do.
    action_hint: Option<String>,
    needs_reauth: Option<bool>,
    is_forbidden: Option<bool>,
    retryable: Option<bool>,
}

/// What is foreseen of one window.
#[derive(ToSchema)]
#[schema(as = WindowForecast)]
#[expect(dead_code, reason = "it documents the application's type")]
pub struct WindowForecastDoc {
    label: String,
    #[schema(value_type = WindowKindDoc)]
    kind: WindowKind,
    /// The additional limit that it is of; null for the main one.
    #[schema(required)]
    meter: Option<String>,
    verdict: VerdictDoc,
    #[schema(required)]
    runs_out_at: Option<DateTime<Utc>>,
    #[schema(required)]
    runs_out_in_seconds: Option<i64>,
    /// In plain words.
    text: String,
}

/// Bought credits, with which an account goes on past its windows.
#[derive(Debug, Serialize, ToSchema)]
pub struct CreditsBody {
    has_credits: bool,
    unlimited: bool,
    /// As the upstream writes it.
    #[schema(required)]
    balance: Option<String>,
}

impl From<Credits> for CreditsBody {
    fn from(credits: Credits) -> Self {
        let Credits { has_credits, unlimited, balance } = credits;
        Self { has_credits, unlimited, balance }
    }
}

/// Resets that an account's owner can have before their time, by a click at the upstream.
#[derive(Debug, Serialize, ToSchema)]
pub struct ResetCreditsBody {
    available: u32,
    /// Those that would help now; null when that is not known.
    #[schema(required)]
    applicable: Option<u32>,
}

impl From<ResetCredits> for ResetCreditsBody {
    fn from(ResetCredits { available, applicable }: ResetCredits) -> Self {
        Self { available, applicable }
    }
}

/// One account: its envelope, and more.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProviderQuota {
    provider_id: Uuid,
    #[serde(flatten)]
    #[schema(value_type = QuotaEnvelopeDoc)]
    envelope: QuotaEnvelope,
    /// One per window, in their order.
    #[schema(value_type = Vec<WindowForecastDoc>)]
    forecast: Vec<WindowForecast>,
    #[serde(skip_serializing_if = "Option::is_none")]
    credits: Option<CreditsBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reset_credits: Option<ResetCreditsBody>,
}

impl ProviderQuota {
    /// Of an account, as of now.
    pub fn new(provider: &Provider, overview: Overview) -> Self {
        let Overview { envelope, forecast, credits, reset_credits } = overview;
        let (credits, reset_credits) = (credits.map(Into::into), reset_credits.map(Into::into));
        Self { provider_id: provider.id.0, envelope, forecast, credits, reset_credits }
    }
}

/// The quotas of a tenant.
#[derive(Debug, Serialize, ToSchema)]
pub struct QuotaList {
    providers: Vec<ProviderQuota>,
    generated_at: DateTime<Utc>,
}

/// Query of the list.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
pub struct QuotaQuery {
    /// Ask the upstream first about every account of which nothing was heard for a minute; takes at most ten seconds.
    refresh: Option<bool>,
}

/// One figure of a window.
#[derive(Debug, Serialize, ToSchema)]
pub struct QuotaSample {
    at: DateTime<Utc>,
    used_percent: f64,
    #[schema(required)]
    reset_at: Option<DateTime<Utc>>,
    #[schema(value_type = QuotaSourceDoc)]
    source: String,
}

/// One window's history.
#[derive(Debug, Serialize, ToSchema)]
pub struct WindowHistory {
    label: String,
    #[schema(value_type = WindowKindDoc)]
    kind: WindowKind,
    length_seconds: i64,
    /// The additional limit that it is of; null for the main one.
    #[schema(required)]
    meter: Option<String>,
    /// Oldest first.
    samples: Vec<QuotaSample>,
}

/// An account's history.
#[derive(Debug, Serialize, ToSchema)]
pub struct QuotaHistory {
    provider_name: String,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    windows: Vec<WindowHistory>,
}

/// Query of the history.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
pub struct HistoryQuery {
    /// A week ago when absent.
    from: Option<DateTime<Utc>>,
    /// Now when absent.
    to: Option<DateTime<Utc>>,
}

/// The routes; GoClaw's older `/v1/auth/openai/quota` is the provider `openai-codex`.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    let older = Router::new()
        .route("/v1/auth/openai/quota", get(|app, caller| of_provider(app, caller, Path(OLDER.into()))));
    OpenApiRouter::from(older).routes(routes!(list)).routes(routes!(of_provider)).routes(routes!(history))
}

/// The provider of that name or id, when it is an account.
fn account(app: &App, caller: &Caller, name_or_id: &str) -> Result<Arc<Provider>, ApiError> {
    let catalogue = app.catalogues.current();
    let found = catalogue.tenant(caller.tenant()).provider(name_or_id);
    let provider = found.ok_or_else(|| ApiError::not_found("provider"))?;
    if provider.kind.is_chatgpt() {
        return Ok(provider.clone());
    }
    let text = format!("provider \"{}\" is of type {} and has no quota", provider.name, provider.kind.name);
    Err(ApiError::bad_request("no_quota", text))
}

/// The quotas of all accounts, from memory
#[utoipa::path(operation_id = "quota_list", get, path = "/v1/quota", tag = "quota", params(QuotaQuery), security(("token" = ["read"])), responses(
    (status = 200, description = "As of now, in the order of the providers", body = QuotaList),
    (status = 401, description = "Signed out", body = ErrorBody)))]
pub async fn list(
    State(app): State<Arc<App>>,
    caller: Permitted<Read>,
    Query(query): Query<QuotaQuery>,
) -> Result<Json<QuotaList>, ApiError> {
    if query.refresh.unwrap_or(false) {
        app.quotas.refresh_tenant(caller.tenant(), FRESH, BOUND).await;
    }
    let now = app.clock.now();
    let catalogue = app.catalogues.current();
    let accounts = catalogue.tenant(caller.tenant()).providers.iter().filter(|p| p.kind.is_chatgpt());
    let providers = accounts.map(|p| ProviderQuota::new(p, app.quotas.overview(p, now))).collect();
    Ok(Json(QuotaList { providers, generated_at: now }))
}

/// One account's quota; asks the upstream when nothing was heard for a minute
#[utoipa::path(operation_id = "oauth_quota", get, path = "/v1/auth/chatgpt/{provider}/quota", tag = "quota",
    params(("provider" = String, Path, description = "A provider's name or id")),
    security(("token" = ["read"])), responses((status = 200, description = "What is known, also when the upstream failed", body = QuotaEnvelopeDoc),
              (status = 400, description = "Not a ChatGPT account", body = ErrorBody),
              (status = 404, description = "There is no such provider", body = ErrorBody)))]
pub async fn of_provider(
    State(app): State<Arc<App>>,
    caller: Permitted<Read>,
    Path(provider): Path<String>,
) -> Result<Json<QuotaEnvelope>, ApiError> {
    let provider = account(&app, &caller, &provider)?;
    app.quotas.refresh(&provider, FRESH, BOUND).await;
    // A refused token changed its state.
    let provider = account(&app, &caller, &provider.id.to_string())?;
    Ok(Json(app.quotas.envelope(&provider, app.clock.now())))
}

/// How an account's windows filled
#[utoipa::path(operation_id = "quota_history", get, path = "/v1/providers/{id}/quota/history", tag = "quota",
    params(("id" = String, Path, description = "A provider's id or name"), HistoryQuery),
    security(("token" = ["read"])), responses((status = 200, description = "Every window's figures, oldest first", body = QuotaHistory),
              (status = 400, description = "Not a ChatGPT account, or no such span", body = ErrorBody),
              (status = 404, description = "There is no such provider", body = ErrorBody)))]
pub async fn history(
    State(app): State<Arc<App>>,
    caller: Permitted<Read>,
    Path(id): Path<String>,
    Query(query): Query<HistoryQuery>,
) -> Result<Json<QuotaHistory>, ApiError> {
    let provider = account(&app, &caller, &id)?;
    let to = query.to.unwrap_or_else(|| app.clock.now());
    let from = query.from.unwrap_or(to - TimeDelta::days(7));
    if from > to {
        return Err(ApiError::bad_request("invalid_span", "from is later than to"));
    }
    let samples = app.quotas.history(caller.tenant(), provider.id, (from, to)).await;
    let samples = samples.map_err(|error| ApiError::internal(&error))?;
    Ok(Json(QuotaHistory { provider_name: provider.name.clone(), from, to, windows: by_window(samples) }))
}

/// Rows of one window stand together.
fn by_window(rows: Vec<SampleRow>) -> Vec<WindowHistory> {
    let mut windows: Vec<WindowHistory> = Vec::new();
    let mut last = None;
    for row in rows {
        let Some(length) = WindowLength::from_seconds(row.length_seconds) else { continue };
        let key = Some((row.meter.clone(), length));
        if last != key {
            last = key;
            windows.push(WindowHistory {
                label: length.label(),
                kind: length.kind(),
                length_seconds: length.seconds(),
                meter: (!MeterId::named(&row.meter).is_main()).then_some(row.meter),
                samples: Vec::new(),
            });
        }
        if let Some(window) = windows.last_mut() {
            window.samples.push(QuotaSample {
                at: row.observed_at,
                used_percent: row.used_percent,
                reset_at: row.resets_at,
                source: row.source,
            });
        }
    }
    windows
}
