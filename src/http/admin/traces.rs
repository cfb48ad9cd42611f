//! `/v1/traces`: the newest requests, as a plain list.

use super::requests::{Trace, assemble};
use crate::app::App;
use crate::http::error::{ApiError, ErrorBody};
use crate::http::permit::{Permitted, Read};
use axum::Json;
use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

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
#[utoipa::path(operation_id = "traces_list", get, path = "/v1/traces", tag = "traces", params(TraceQuery), security(("token" = ["read"])), responses(
    (status = 200, description = "Newest first", body = TraceList),
    (status = 401, description = "Signed out", body = ErrorBody)))]
pub async fn list(
    State(app): State<Arc<App>>,
    caller: Permitted<Read>,
    Query(query): Query<TraceQuery>,
) -> Result<Json<TraceList>, ApiError> {
    let limit = query.limit.unwrap_or(50).clamp(1, 500);
    let newest = app.traces.newest(caller.tenant(), limit).await.map_err(|e| ApiError::internal(&e))?;
    Ok(Json(TraceList { traces: assemble(newest) }))
}
