//! `/v1/me`: whoever asks, and what they may know of themselves. A key needs no user and no permission for it.

use super::keys::KeyBody;
use super::session::{RoleName, Tenant};
use crate::app::App;
use crate::domain::access::{Role, Who};
use crate::http::error::{ApiError, ErrorBody};
use crate::http::permit::{Permitted, SignedIn};
use axum::Json;
use axum::extract::State;
use chrono::NaiveDate;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// Who asks.
#[derive(Debug, Serialize, ToSchema)]
pub struct Me {
    kind: MeKind,
    /// What people know them by: a key's name, an e-mail address.
    name: String,
    #[schema(value_type = RoleName)]
    role: Role,
    tenant: Tenant,
    /// The key that asks, with its limits.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<KeyBody>,
    /// What the key used.
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<KeyUsage>,
}

/// As what somebody asks.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MeKind {
    /// With the gateway's own token.
    Token,
    User,
    Key,
}

/// What a key used in the last 14 days, as far as the record of requests goes back.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeyUsage {
    requests: i64,
    /// Input and output.
    tokens: i64,
    /// Oldest first, today last; those without use as well.
    days: Vec<KeyDay>,
}

/// What a key used on one day.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeyDay {
    /// In UTC.
    #[schema(value_type = String, format = Date)]
    day: NaiveDate,
    requests: i64,
    tokens: i64,
}

/// Tells who asks
#[utoipa::path(operation_id = "me_get", get, path = "/v1/me", tag = "keys", security(("token" = [])), responses(
    (status = 200, description = "Whoever asks, with a key its limits and its use", body = Me),
    (status = 401, description = "Nobody", body = ErrorBody)))]
pub async fn get(State(app): State<Arc<App>>, caller: Permitted<SignedIn>) -> Result<Json<Me>, ApiError> {
    let actor = caller.actor();
    let who = app.keys.whoami(actor).await?;
    let (key, days) = who.key.unzip();
    let usage = days.map(|days| KeyUsage {
        requests: days.iter().map(|day| day.requests).sum(),
        tokens: days.iter().map(|day| day.tokens).sum(),
        days: days
            .into_iter()
            .map(|d| KeyDay { day: d.day, requests: d.requests, tokens: d.tokens })
            .collect(),
    });
    Ok(Json(Me {
        kind: match actor.who {
            Who::Token | Who::Gateway => MeKind::Token,
            Who::User(_) => MeKind::User,
            Who::Key(_) => MeKind::Key,
        },
        name: actor.name.to_string(),
        role: actor.role,
        tenant: Tenant::of(who.tenant.id, who.tenant.slug, who.tenant.name),
        key: key.map(Into::into),
        usage,
    }))
}
