//! `/v1/keys`: API keys and their limits.

use super::providers::{Done, given};
use super::session::RoleName;
use crate::app::App;
use crate::app::keys::{KeyChange, KeyError, KeyView, LimitView, NewKey};
use crate::domain::access::Role;
use crate::domain::api_key::{ApiKey, KeyState};
use crate::domain::ids::KeyId;
use crate::domain::limits::{Limit, Meter, Window};
use crate::http::error::{ApiError, ErrorBody};
use crate::http::extract::{Caller, JsonBody};
use crate::http::permit::{ManageKeys, Permitted};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::Arc;
use utoipa::ToSchema;

/// An API key, without the key itself.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Key)]
pub struct KeyBody {
    id: String,
    name: String,
    /// The key's first characters.
    prefix: String,
    #[schema(value_type = RoleName)]
    role: String,
    /// What it may do now: its role, or its owner's where that is lower.
    #[schema(value_type = RoleName)]
    effective_role: Role,
    /// The person whose key it is, or was.
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<KeyOwner>,
    /// `<model>` or `<provider>/<model>`; null: all.
    #[schema(required)]
    models: Option<Vec<String>>,
    /// Keys of agents; null: all.
    #[schema(required)]
    agents: Option<Vec<String>>,
    /// Names of accounts, each member of a pool by itself; null: all.
    #[schema(required)]
    providers: Option<Vec<String>>,
    limits: Vec<LimitBody>,
    created_at: DateTime<Utc>,
    #[schema(required)]
    expires_at: Option<DateTime<Utc>>,
    #[schema(required)]
    last_used_at: Option<DateTime<Utc>>,
    #[schema(required)]
    revoked_at: Option<DateTime<Utc>>,
    #[schema(value_type = KeyStateName)]
    state: KeyState,
}

/// Whether a key works. It documents `domain::api_key::KeyState`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = KeyState)]
#[serde(rename_all = "snake_case")]
pub enum KeyStateName {
    Active,
    Expired,
    Revoked,
    /// Its owner is disabled; it works again when they are enabled.
    OwnerDisabled,
    /// Its owner is no member of the tenant any more.
    OwnerGone,
}

/// Whose key it is.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeyOwner {
    /// Null: they are forgotten.
    #[schema(required)]
    id: Option<String>,
    name: String,
}

/// What a limit counts. It documents `domain::limits::Meter`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Meter)]
#[serde(rename_all = "snake_case")]
pub enum MeterName {
    /// Questions to a model; those of an agent's run count one by one.
    Requests,
    /// Input and output.
    Tokens,
    /// Answers that are open at a time.
    Concurrent,
    /// Percent of what a pool's accounts have in a week, estimated; each pool counts by itself.
    PoolShare,
}

/// By the calendar, in UTC. It documents `domain::limits::Window`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LimitWindow)]
#[serde(rename_all = "snake_case")]
pub enum WindowName {
    Minute,
    Day,
    Week,
    Month,
}

/// A limit of a key, and what it counts now.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Limit)]
pub struct LimitBody {
    #[schema(value_type = MeterName)]
    meter: Meter,
    /// Absent for `concurrent` and `pool_share`.
    #[schema(value_type = Option<WindowName>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    window: Option<Window>,
    amount: u64,
    used: u64,
    /// By requests that are open.
    reserved: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    resets_at: Option<DateTime<Utc>>,
}

/// A limit as it is written. What it counts is not.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = LimitInput)]
pub struct WriteLimit {
    #[schema(value_type = MeterName)]
    meter: Meter,
    /// Of `requests` and `tokens`.
    #[schema(value_type = Option<WindowName>)]
    window: Option<Window>,
    /// At least 1; of `pool_share` percent.
    amount: u64,
}

/// The tenant's keys, oldest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeyList {
    keys: Vec<KeyBody>,
}

/// A key that was just made, with the key itself: it is shown once.
#[derive(Debug, Serialize, ToSchema)]
pub struct CreatedKey {
    #[serde(flatten)]
    made: KeyBody,
    /// `gw_` and 40 characters.
    key: String,
}

/// A new key. A list that is absent or null allows all.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateKey {
    /// 1 to 100 characters.
    name: String,
    /// `viewer`, `operator` (the default) or `admin`; not above one's own.
    #[schema(value_type = Option<RoleName>)]
    role: Option<Role>,
    expires_at: Option<DateTime<Utc>>,
    models: Option<Vec<String>>,
    agents: Option<Vec<String>>,
    /// Names or ids.
    providers: Option<Vec<String>>,
    limits: Option<Vec<WriteLimit>>,
}

/// Changes to a key; what is absent stays, null clears.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateKey {
    name: Option<String>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<DateTime<Utc>>)]
    expires_at: Option<Option<DateTime<Utc>>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Vec<String>>)]
    models: Option<Option<Vec<String>>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Vec<String>>)]
    agents: Option<Option<Vec<String>>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Vec<String>>)]
    providers: Option<Option<Vec<String>>>,
    /// All of them. One that stays, by meter and window, keeps what it counts.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Vec<WriteLimit>>)]
    limits: Option<Option<Vec<WriteLimit>>>,
}

fn limits(written: Vec<WriteLimit>) -> Vec<Limit> {
    written.into_iter().map(|l| Limit { meter: l.meter, window: l.window, amount: l.amount }).collect()
}

impl From<CreateKey> for NewKey {
    fn from(body: CreateKey) -> Self {
        Self {
            name: body.name,
            role: body.role.unwrap_or(Role::Operator),
            expires_at: body.expires_at,
            models: body.models,
            agents: body.agents,
            providers: body.providers,
            limits: limits(body.limits.unwrap_or_default()),
        }
    }
}

impl From<UpdateKey> for KeyChange {
    fn from(body: UpdateKey) -> Self {
        Self {
            name: body.name,
            expires_at: body.expires_at,
            models: body.models,
            agents: body.agents,
            providers: body.providers,
            limits: body.limits.map(|written| limits(written.unwrap_or_default())),
        }
    }
}

impl From<LimitView> for LimitBody {
    fn from(LimitView { limit, used, reserved, resets_at }: LimitView) -> Self {
        Self { meter: limit.meter, window: limit.window, amount: limit.amount, used, reserved, resets_at }
    }
}

impl From<KeyView> for KeyBody {
    fn from(key: KeyView) -> Self {
        Self {
            id: key.id.to_string(),
            name: key.name,
            prefix: key.prefix,
            role: key.role,
            effective_role: key.effective_role,
            owner: key.owner.map(|(id, name)| KeyOwner { id: id.map(|id| id.to_string()), name }),
            models: key.models,
            agents: key.agents,
            providers: key.providers,
            limits: key.limits.into_iter().map(Into::into).collect(),
            created_at: key.created_at,
            expires_at: key.expires_at,
            last_used_at: key.last_used_at,
            revoked_at: key.revoked_at,
            state: key.state,
        }
    }
}

impl Caller {
    /// The API key that asks; `None` for a person or the gateway's token.
    pub fn key(&self, app: &App) -> Result<Option<Arc<ApiKey>>, ApiError> {
        // It was revoked since it was looked at.
        app.keys.of(self.actor()).map_err(|_| ApiError::unauthorized())
    }
}

/// Lists the API keys
#[utoipa::path(operation_id = "keys_list", get, path = "/v1/keys", tag = "keys", security(("token" = ["manage_keys"])), responses(
    (status = 200, description = "Revoked and expired ones as well", body = KeyList)))]
pub async fn list(
    State(app): State<Arc<App>>,
    caller: Permitted<ManageKeys>,
) -> Result<Json<KeyList>, ApiError> {
    let keys = app.keys.list(caller.tenant()).await?;
    Ok(Json(KeyList { keys: keys.into_iter().map(Into::into).collect() }))
}

/// Makes an API key; the answer is the only place that ever shows it
#[utoipa::path(operation_id = "keys_create", post, path = "/v1/keys", tag = "keys", request_body = CreateKey, security(("token" = ["manage_keys"])), responses(
    (status = 201, description = "Made", body = CreatedKey),
    (status = 400, description = "A value is wrong: `violations`", body = ErrorBody),
    (status = 403, description = "The role is above one's own", body = ErrorBody)))]
pub async fn create(
    State(app): State<Arc<App>>,
    caller: Permitted<ManageKeys>,
    JsonBody(body): JsonBody<CreateKey>,
) -> Result<(StatusCode, Json<CreatedKey>), ApiError> {
    let (made, key) = app.keys.create(caller.actor(), body.into()).await?;
    let created = CreatedKey { made: made.into(), key: key.expose_secret().to_owned() };
    Ok((StatusCode::CREATED, Json(created)))
}

/// One API key
#[utoipa::path(operation_id = "keys_get", get, path = "/v1/keys/{id}", tag = "keys", params(("id" = String, Path)), security(("token" = ["manage_keys"])), responses(
    (status = 200, description = "The key", body = KeyBody), (status = 404, description = "There is none", body = ErrorBody)))]
pub async fn get(
    State(app): State<Arc<App>>,
    caller: Permitted<ManageKeys>,
    Path(id): Path<String>,
) -> Result<Json<KeyBody>, ApiError> {
    Ok(Json(app.keys.get(caller.tenant(), key_id(&id)?).await?.into()))
}

/// Changes an API key; what its limits count stays
#[utoipa::path(operation_id = "keys_update", put, path = "/v1/keys/{id}", tag = "keys", params(("id" = String, Path)), request_body = UpdateKey, security(("token" = ["manage_keys"])), responses(
    (status = 200, description = "Changed", body = KeyBody),
    (status = 400, description = "A value is wrong: `violations`", body = ErrorBody),
    (status = 404, description = "There is none", body = ErrorBody)))]
pub async fn update(
    State(app): State<Arc<App>>,
    caller: Permitted<ManageKeys>,
    Path(id): Path<String>,
    JsonBody(body): JsonBody<UpdateKey>,
) -> Result<Json<KeyBody>, ApiError> {
    Ok(Json(app.keys.update(caller.actor(), key_id(&id)?, body.into()).await?.into()))
}

/// Ends an API key for good; it stays in the list
#[utoipa::path(operation_id = "keys_revoke", post, path = "/v1/keys/{id}/revoke", tag = "keys", params(("id" = String, Path)), security(("token" = ["manage_keys"])), responses(
    (status = 200, description = "No replica takes it any more after a second", body = KeyBody),
    (status = 404, description = "There is none", body = ErrorBody)))]
pub async fn revoke(
    State(app): State<Arc<App>>,
    caller: Permitted<ManageKeys>,
    Path(id): Path<String>,
) -> Result<Json<KeyBody>, ApiError> {
    Ok(Json(app.keys.revoke(caller.actor(), key_id(&id)?).await?.into()))
}

/// Removes an API key
#[utoipa::path(operation_id = "keys_delete", delete, path = "/v1/keys/{id}", tag = "keys", params(("id" = String, Path)), security(("token" = ["manage_keys"])), responses(
    (status = 200, description = "Removed; its requests stay in the record", body = Done),
    (status = 404, description = "There is none", body = ErrorBody)))]
pub async fn delete(
    State(app): State<Arc<App>>,
    caller: Permitted<ManageKeys>,
    Path(id): Path<String>,
) -> Result<Json<Done>, ApiError> {
    app.keys.delete(caller.actor(), key_id(&id)?).await?;
    Ok(Json(Done { status: "deleted" }))
}

/// What is no id names no key.
fn key_id(id: &str) -> Result<KeyId, ApiError> {
    id.parse().map(KeyId).map_err(|_| KeyError::NotFound.into())
}

impl From<KeyError> for ApiError {
    fn from(error: KeyError) -> Self {
        let text = error.to_string();
        match error {
            KeyError::Invalid(wrong) => {
                Self::bad_request("invalid_key", text).with("violations", json!(wrong))
            }
            KeyError::RoleTooHigh(..) => Self::new(StatusCode::FORBIDDEN, "role_too_high", text),
            KeyError::Restricted => Self::forbidden(text),
            KeyError::NotFound => Self::not_found("key"),
            KeyError::Database(cause) => Self::internal(&cause),
        }
    }
}
