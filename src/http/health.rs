//! For those that watch over the process.

use crate::app::App;
use crate::app::readiness::Readiness;
use crate::telemetry::metrics::CONTENT_TYPE as METRICS_CONTENT_TYPE;
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// The process lives.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    status: &'static str,
    version: &'static str,
}

/// Whether requests can be served, and what is missing.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReadyBody {
    /// `ready` or `not_ready`.
    status: &'static str,
    database: bool,
    /// At least one provider can serve. A new installation has none and is ready all the same: people have to reach
    /// the dashboard to connect one.
    provider: bool,
    draining: bool,
}

/// Tells that the process lives
#[utoipa::path(operation_id = "health_healthz", get, path = "/healthz", tag = "operations", responses((status = 200, description = "It does", body = Health)))]
pub async fn healthz() -> Json<Health> {
    Json(Health { status: "ok", version: env!("CARGO_PKG_VERSION") })
}

/// Tells whether requests can be served
#[utoipa::path(operation_id = "health_readyz", get, path = "/readyz", tag = "operations", responses(
    (status = 200, description = "They can", body = ReadyBody),
    (status = 503, description = "They can't, for the reason told", body = ReadyBody)))]
pub async fn readyz(State(app): State<Arc<App>>) -> (StatusCode, Json<ReadyBody>) {
    let Readiness { database, provider, draining, ready } = app.readiness().await;
    let (code, status) =
        if ready { (StatusCode::OK, "ready") } else { (StatusCode::SERVICE_UNAVAILABLE, "not_ready") };
    (code, Json(ReadyBody { status, database, provider, draining }))
}

/// Prometheus metrics
#[utoipa::path(operation_id = "health_metrics", get, path = "/metrics", tag = "operations", responses((status = 200, description = "OpenMetrics text", body = String, content_type = "application/openmetrics-text")))]
pub async fn metrics(State(app): State<Arc<App>>) -> Response {
    app.count_providers();
    ([(header::CONTENT_TYPE, METRICS_CONTENT_TYPE)], app.metrics.encode()).into_response()
}
