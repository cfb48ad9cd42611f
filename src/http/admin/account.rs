//! `/v1/account`: what people change about themselves. Each of these is for a person who is signed in; the sessions are
//! also for whoever has the gateway's token, who sees those that were opened with it.

use crate::app::App;
use crate::domain::ids::BrowserSessionId;
use crate::http::cookie;
use crate::http::error::{ApiError, ErrorBody};
use crate::http::extract::{Coming, JsonBody};
use crate::http::permit::{Permitted, SignedIn};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

/// All of them.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(update))
        .routes(routes!(password))
        .routes(routes!(begin_totp, end_totp))
        .routes(routes!(confirm_totp))
        .routes(routes!(sessions))
        .routes(routes!(end_session))
        .routes(routes!(end_other_sessions))
}

/// What changes about oneself.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountUpdate {
    /// Empty: none.
    display_name: String,
}

/// Another password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordChange {
    /// The present one; only who has none leaves it out.
    #[schema(value_type = Option<String>)]
    current: Option<SecretString>,
    /// At least 12 characters.
    #[schema(value_type = String)]
    new: SecretString,
}

/// For the authenticator app. Shown this once.
#[derive(Debug, Serialize, ToSchema)]
pub struct TotpSetup {
    /// In base 32.
    secret: String,
    /// What a QR code holds.
    otpauth_url: String,
}

/// A code of the app.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TotpCode {
    code: String,
}

/// What proves that it is still them: one of both.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TotpEnd {
    /// Of the app, or a recovery code.
    code: Option<String>,
    #[schema(value_type = Option<String>)]
    password: Option<SecretString>,
}

/// For when the device is gone: each works once. Shown this once.
#[derive(Debug, Serialize, ToSchema)]
pub struct RecoveryCodes {
    recovery_codes: Vec<String>,
}

/// A browser that is signed in.
#[derive(Debug, Serialize, ToSchema)]
pub struct AccountSession {
    id: String,
    /// The one that asks.
    current: bool,
    #[schema(required)]
    address: Option<String>,
    #[schema(required)]
    user_agent: Option<String>,
    created_at: DateTime<Utc>,
    last_seen_at: DateTime<Utc>,
    /// If nobody comes any more.
    expires_at: DateTime<Utc>,
    /// `password`, `token`, `oidc` or `invitation`.
    method: String,
}

/// One's own sessions, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct AccountSessions {
    sessions: Vec<AccountSession>,
}

/// Changes one's own name
#[utoipa::path(operation_id = "account_update", put, path = "/v1/account", tag = "account", request_body = AccountUpdate,
    security(("token" = [])), responses((status = 204, description = "Changed"),
    (status = 400, description = "Not a name", body = ErrorBody),
    (status = 403, description = "Not a person", body = ErrorBody)))]
pub async fn update(
    State(app): State<Arc<App>>,
    caller: Permitted<SignedIn>,
    JsonBody(body): JsonBody<AccountUpdate>,
) -> Result<StatusCode, ApiError> {
    app.people.rename(caller.actor(), &body.display_name).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Changes one's own password; all other sessions end
#[utoipa::path(operation_id = "account_password", post, path = "/v1/account/password", tag = "account", request_body = PasswordChange,
    security(("token" = [])), responses((status = 204, description = "Changed; the cookie has another value"),
    (status = 400, description = "The present password is wrong, or the new one too weak", body = ErrorBody),
    (status = 403, description = "Not a person", body = ErrorBody),
    (status = 429, description = "Too many attempts failed; see `retry-after`", body = ErrorBody),
    (status = 503, description = "Too many sign in at once", body = ErrorBody)))]
pub async fn password(
    State(app): State<Arc<App>>,
    caller: Permitted<SignedIn>,
    Coming(visitor): Coming,
    headers: HeaderMap,
    JsonBody(body): JsonBody<PasswordChange>,
) -> Result<Response, ApiError> {
    let (actor, current) = (caller.actor(), body.current.as_ref());
    let cookie = app.people.change_password(actor, caller.session(), current, &body.new, &visitor).await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    if let Some(cookie) = cookie {
        response.headers_mut().insert(header::SET_COOKIE, cookie::set(&cookie, &headers)?);
    }
    Ok(response)
}

/// Begins one-time codes; they are in force once one was confirmed
#[utoipa::path(operation_id = "account_totp_begin", post, path = "/v1/account/totp", tag = "account",
    security(("token" = [])), responses((status = 200, description = "For the app", body = TotpSetup),
    (status = 403, description = "Not a person", body = ErrorBody),
    (status = 409, description = "They are in force", body = ErrorBody)))]
pub async fn begin_totp(
    State(app): State<Arc<App>>,
    caller: Permitted<SignedIn>,
) -> Result<Json<TotpSetup>, ApiError> {
    let setup = app.people.begin_totp(caller.actor()).await?;
    let shown = |secret: &SecretString| secret.expose_secret().to_owned();
    Ok(Json(TotpSetup { secret: shown(&setup.secret), otpauth_url: shown(&setup.url) }))
}

/// Puts one-time codes in force
#[utoipa::path(operation_id = "account_totp_confirm", post, path = "/v1/account/totp/confirm", tag = "account", request_body = TotpCode,
    security(("token" = [])), responses((status = 200, description = "In force", body = RecoveryCodes),
    (status = 400, description = "The code is wrong", body = ErrorBody),
    (status = 403, description = "Not a person", body = ErrorBody),
    (status = 409, description = "They were not begun, or are in force", body = ErrorBody),
    (status = 429, description = "Too many attempts failed; see `retry-after`", body = ErrorBody)))]
pub async fn confirm_totp(
    State(app): State<Arc<App>>,
    caller: Permitted<SignedIn>,
    Coming(visitor): Coming,
    JsonBody(body): JsonBody<TotpCode>,
) -> Result<Json<RecoveryCodes>, ApiError> {
    let codes = app.people.confirm_totp(caller.actor(), &body.code, &visitor).await?;
    let recovery_codes = codes.iter().map(|code| code.expose_secret().to_owned()).collect();
    Ok(Json(RecoveryCodes { recovery_codes }))
}

/// Ends one-time codes
#[utoipa::path(operation_id = "account_totp_end", delete, path = "/v1/account/totp", tag = "account", request_body = TotpEnd,
    security(("token" = [])), responses((status = 204, description = "Ended"),
    (status = 400, description = "The code or the password is wrong", body = ErrorBody),
    (status = 403, description = "Not a person", body = ErrorBody),
    (status = 409, description = "There are none", body = ErrorBody),
    (status = 429, description = "Too many attempts failed; see `retry-after`", body = ErrorBody),
    (status = 503, description = "Too many sign in at once", body = ErrorBody)))]
pub async fn end_totp(
    State(app): State<Arc<App>>,
    caller: Permitted<SignedIn>,
    Coming(visitor): Coming,
    JsonBody(body): JsonBody<TotpEnd>,
) -> Result<StatusCode, ApiError> {
    let (code, password) = (body.code.as_deref(), body.password.as_ref());
    app.people.end_totp(caller.actor(), code, password, &visitor).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lists one's own sessions
#[utoipa::path(operation_id = "account_sessions", get, path = "/v1/account/sessions", tag = "account",
    security(("token" = [])), responses((status = 200, description = "The newest first", body = AccountSessions),
    (status = 403, description = "With a key there are none", body = ErrorBody)))]
pub async fn sessions(
    State(app): State<Arc<App>>,
    caller: Permitted<SignedIn>,
) -> Result<Json<AccountSessions>, ApiError> {
    let current = caller.session().map(|id| id.0);
    let rows = app.people.sessions(caller.actor()).await?;
    let shown = rows.into_iter().map(|row| AccountSession {
        id: row.id.to_string(),
        current: current == Some(row.id),
        address: row.address,
        user_agent: row.user_agent,
        created_at: row.created_at,
        last_seen_at: row.last_seen_at,
        expires_at: row.expires_at,
        method: row.method,
    });
    Ok(Json(AccountSessions { sessions: shown.collect() }))
}

/// Ends one of one's own sessions
#[utoipa::path(operation_id = "account_session_end", delete, path = "/v1/account/sessions/{id}", tag = "account",
    params(("id" = String, Path, description = "The session's id")),
    security(("token" = [])), responses((status = 204, description = "Ended"),
    (status = 403, description = "With a key there are none", body = ErrorBody),
    (status = 404, description = "There is no such session", body = ErrorBody)))]
pub async fn end_session(
    State(app): State<Arc<App>>,
    caller: Permitted<SignedIn>,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let id = Uuid::parse_str(&id).map_err(|_| ApiError::not_found("session"))?;
    app.people.end_session(caller.actor(), BrowserSessionId(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends one's other sessions
#[utoipa::path(operation_id = "account_sessions_end_others", post, path = "/v1/account/sessions/revoke-others", tag = "account",
    security(("token" = [])), responses((status = 204, description = "Ended"),
    (status = 403, description = "With a key there are none", body = ErrorBody)))]
pub async fn end_other_sessions(
    State(app): State<Arc<App>>,
    caller: Permitted<SignedIn>,
) -> Result<StatusCode, ApiError> {
    app.people.end_other_sessions(caller.actor(), caller.session()).await?;
    Ok(StatusCode::NO_CONTENT)
}
