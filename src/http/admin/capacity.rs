//! `/v1/capacity`: what all accounts have left together, and whether that lasts.

use super::quota::{QuotaSourceDoc, VerdictDoc, WindowKindDoc};
use crate::app::App;
use crate::domain::quota::capacity::WindowCapacity;
use crate::http::error::ApiError;
use crate::http::permit::{Permitted, Read};
use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// What is left of all accounts of the tenant that can be used. Accounts count by the sizes of their plans.
#[derive(Debug, Serialize, ToSchema)]
pub struct Capacity {
    generated_at: DateTime<Utc>,
    /// Of the main limit, short ones first. None where no account can be used.
    #[schema(value_type = Vec<CapacityWindow>)]
    windows: Vec<WindowCapacity>,
}

/// One window. It documents `domain::quota::capacity`, as do those below.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it documents the domain's type")]
pub struct CapacityWindow {
    kind: WindowKindDoc,
    label: String,
    length_seconds: i64,
    /// How many accounts something is known of: all sums are over these.
    accounts: usize,
    unknown_accounts: Vec<String>,
    weight_total: f64,
    #[schema(required)]
    used_percent: Option<f64>,
    #[schema(required)]
    remaining_percent: Option<f64>,
    by_account: Vec<CapacityAccount>,
    /// Over the last length of the window, oldest first; moments of which nothing is known are left out.
    history: Vec<CapacityPoint>,
    forecast: CapacityForecast,
    /// Within one length of the window from now on, in order.
    resets: Vec<CapacityReset>,
}

/// One account's part.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it documents the domain's type")]
pub struct CapacityAccount {
    provider_name: String,
    #[schema(required)]
    plan_type: Option<String>,
    /// The size of its plan, Plus being 1.
    weight: f64,
    #[schema(required)]
    remaining_percent: Option<f64>,
    #[schema(required)]
    reset_at: Option<DateTime<Utc>>,
    #[schema(required)]
    observed_at: Option<DateTime<Utc>>,
    #[schema(required)]
    source: Option<QuotaSourceDoc>,
    verdict: VerdictDoc,
    #[schema(required)]
    runs_out_at: Option<DateTime<Utc>>,
}

/// What was left at a moment.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it documents the domain's type")]
pub struct CapacityPoint {
    at: DateTime<Utc>,
    remaining_percent: f64,
}

/// What is foreseen, as if all accounts were one pool.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it documents the domain's type")]
pub struct CapacityForecast {
    verdict: VerdictDoc,
    /// When no account has anything left; a reset may come later.
    #[schema(required)]
    runs_out_at: Option<DateTime<Utc>>,
    /// In plain words.
    text: String,
    /// For one length of the window from now on; empty where the data can't carry it.
    points: Vec<CapacityAhead>,
}

/// What will be left at a moment: at least, probably, and at most.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it documents the domain's type")]
pub struct CapacityAhead {
    at: DateTime<Utc>,
    low_percent: f64,
    mid_percent: f64,
    high_percent: f64,
}

/// An account's window begins anew.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it documents the domain's type")]
pub struct CapacityReset {
    at: DateTime<Utc>,
    provider_name: String,
    /// What comes back then, in percent of all accounts together.
    returns_percent: f64,
}

/// What all accounts have left together
#[utoipa::path(operation_id = "capacity_get", get, path = "/v1/capacity", tag = "quota", security(("token" = ["read"])), responses(
    (status = 200, description = "As of now", body = Capacity)))]
pub async fn get(State(app): State<Arc<App>>, caller: Permitted<Read>) -> Result<Json<Capacity>, ApiError> {
    let (tenant, now) = (caller.tenant(), app.clock.now());
    let catalogue = app.catalogues.current();
    let windows = app.quotas.capacity(tenant, catalogue.tenant(tenant), now).await;
    let windows = windows.map_err(|error| ApiError::internal(&error))?;
    Ok(Json(Capacity { generated_at: now, windows }))
}
