//! `/v1/providers/{id}/pool-preview`: the last requests under another strategy.

use super::pools::PoolStrategy;
use super::requests::limited;
use crate::app::App;
use crate::app::preview::{Note, Preview};
use crate::domain::pool::config::Strategy;
use crate::http::error::{ApiError, ErrorBody};
use crate::http::permit::{Permitted, Read};
use axum::Json;
use axum::extract::{Path, Query, State};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

/// What would have happened to a pool's last requests. They are decided once more, in their order, by the rules that the
/// gateway routes by; who was left out, or failed, is as it was.
#[derive(Debug, Serialize, ToSchema)]
pub struct PoolPreview {
    #[schema(value_type = PoolStrategy)]
    strategy: Strategy,
    #[schema(value_type = PoolStrategy)]
    current_strategy: Strategy,
    /// How many were decided.
    requests: usize,
    /// When the first and the last of them came.
    #[schema(required)]
    from: Option<DateTime<Utc>>,
    #[schema(required)]
    to: Option<DateTime<Utc>>,
    /// Of the pool as it is now, the owner first.
    by_account: Vec<PreviewAccount>,
    /// Another account would have served.
    moved: u32,
    /// No account would have.
    unserved: u32,
    #[schema(value_type = Vec<PreviewNote>)]
    notes: Vec<Note>,
}

/// Requests that an account served, and would have served.
#[derive(Debug, Serialize, ToSchema)]
pub struct PreviewAccount {
    provider_name: String,
    actual: u32,
    simulated: u32,
}

/// What there is to know about the numbers. It documents `app::preview::Note`.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum PreviewNote {
    /// There are fewer requests than were asked for.
    FewerRequests,
    /// Requests of agents with a routing of their own: the pool's strategy does not move them.
    OwnRoutingLeftOut,
    /// Some were asked when the pool had other accounts.
    MembersChanged,
    /// Of some, the conversation was not written down: they count as by themselves.
    ConversationsUnknown,
    /// Of some account nothing was known of its quota then: it counts as on pace.
    QuotaUnknown,
}

/// Which strategy, and over how many requests.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PreviewQuery {
    /// `primary_first`, `priority_order`, `round_robin` or `quota_aware`; the pool's own when absent.
    strategy: Option<String>,
    /// 1 to 500; 200 when absent.
    requests: Option<i64>,
}

/// What another strategy would have done
#[utoipa::path(operation_id = "providers_pool_preview", get, path = "/v1/providers/{id}/pool-preview", tag = "providers",
    params(("id" = String, Path, description = "Id or name of the pool's owner"), PreviewQuery),
    security(("token" = ["read"])), responses((status = 200, description = "Of the newest requests", body = PoolPreview),
              (status = 400, description = "A value is wrong, or the provider manages no pool", body = ErrorBody),
              (status = 404, description = "There is none", body = ErrorBody)))]
pub async fn get(
    State(app): State<Arc<App>>,
    caller: Permitted<Read>,
    Path(id): Path<String>,
    Query(query): Query<PreviewQuery>,
) -> Result<Json<PoolPreview>, ApiError> {
    let count = limited("requests", query.requests, 200, 1..=500)?;
    let tenant = caller.tenant();
    let catalogue = app.catalogues.current();
    let catalogue = catalogue.tenant(tenant);
    let owner = catalogue.provider(&id).ok_or_else(|| ApiError::not_found("provider"))?;
    let strategy = match query.strategy.as_deref() {
        None => catalogue.pool(owner.id).map_or_else(Strategy::default, |pool| pool.strategy),
        Some(name) => Strategy::named(name).ok_or_else(|| {
            let text = format!("strategy \"{name}\" is none of {}", Strategy::names());
            ApiError::bad_request("invalid_value", text).with("field", "strategy".into())
        })?,
    };
    let preview = app.pool_preview(tenant, owner.id, strategy, count).await;
    let preview = preview.map_err(|error| ApiError::internal(&error))?;
    let Some(Preview { current, requests, between, accounts, replayed, notes }) = preview else {
        let text = format!("provider \"{}\" manages no pool with members", owner.name);
        return Err(ApiError::bad_request("no_pool", text));
    };
    let by_account = accounts.into_iter().zip(replayed.served);
    let by_account = by_account.map(|(provider_name, (actual, simulated))| PreviewAccount {
        provider_name,
        actual,
        simulated,
    });
    Ok(Json(PoolPreview {
        strategy,
        current_strategy: current,
        requests,
        from: between.map(|(from, _)| from),
        to: between.map(|(_, to)| to),
        by_account: by_account.collect(),
        moved: replayed.moved,
        unserved: replayed.unserved,
        notes,
    }))
}
