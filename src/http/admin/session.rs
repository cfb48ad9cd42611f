//! The browser's session: opened with the gateway's token, kept in a cookie that no script can read.

use crate::app::App;
use crate::domain::access::{Actor, Role, Who};
use crate::http::error::{ApiError, ErrorBody};
use crate::http::extract::{Caller, JsonBody, SESSION_COOKIE};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

/// Opens a session.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = CreateSession)]
pub struct SignIn {
    /// The gateway's token; `gateway token` prints it.
    #[schema(value_type = String)]
    token: SecretString,
}

/// Who is signed in, and where.
#[derive(Debug, Serialize, ToSchema)]
pub struct Session {
    #[schema(value_type = RoleName)]
    role: Role,
    tenant: Tenant,
    /// Of this program.
    version: &'static str,
    /// Everything here is simulated.
    demo: bool,
}

/// The roles, from the lowest. It documents `domain::access::Role`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Role)]
#[serde(rename_all = "snake_case")]
pub enum RoleName {
    Viewer,
    Operator,
    Admin,
    Owner,
}

/// A tenant, for people.
#[derive(Debug, Serialize, ToSchema)]
pub struct Tenant {
    id: String,
    slug: &'static str,
    name: &'static str,
}

fn session(app: &App, actor: &Actor) -> Session {
    Session {
        role: actor.role,
        tenant: Tenant { id: actor.tenant.to_string(), slug: "master", name: "Master" },
        version: env!("CARGO_PKG_VERSION"),
        demo: app.demo,
    }
}

/// Signs a browser in
#[utoipa::path(operation_id = "session_create", post, path = "/v1/auth/session", tag = "session", request_body = SignIn, responses(
    (status = 200, description = "Signed in; the cookie is set", body = Session),
    (status = 401, description = "Not the token", body = ErrorBody)))]
pub async fn create(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    JsonBody(body): JsonBody<SignIn>,
) -> Result<Response, ApiError> {
    // The session is an owner's: no API key opens one.
    let bearer = app.access.bearer(body.token.expose_secret().trim());
    let actor = bearer.filter(|actor| actor.who == Who::Token).ok_or_else(|| {
        ApiError::new(StatusCode::UNAUTHORIZED, "invalid_token", "this is not the gateway's token")
    })?;
    let (value, seconds) = app.access.open_session();
    let cookie = cookie(&value, seconds, is_https(&headers))?;
    Ok(([(header::SET_COOKIE, cookie)], Json(session(&app, &actor))).into_response())
}

/// Tells who is signed in
#[utoipa::path(operation_id = "session_get", get, path = "/v1/auth/session", tag = "session", security(("token" = [])), responses(
    (status = 200, description = "Signed in", body = Session),
    (status = 401, description = "Signed out", body = ErrorBody)))]
pub async fn get(State(app): State<Arc<App>>, caller: Caller) -> Json<Session> {
    Json(session(&app, caller.actor()))
}

/// Signs a browser out
#[utoipa::path(operation_id = "session_delete", delete, path = "/v1/auth/session", tag = "session", responses((status = 204, description = "The cookie is gone")))]
pub async fn delete(headers: HeaderMap) -> Result<Response, ApiError> {
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie("", 0, is_https(&headers))?)]).into_response())
}

fn cookie(value: &str, seconds: i64, secure: bool) -> Result<HeaderValue, ApiError> {
    let secure = if secure { "; Secure" } else { "" };
    HeaderValue::from_str(&format!(
        "{SESSION_COOKIE}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}"
    ))
    .map_err(|error| ApiError::internal(&error))
}

/// A proxy that ends TLS says so; lying about it only makes one's own cookie unusable over http.
fn is_https(headers: &HeaderMap) -> bool {
    headers.get("x-forwarded-proto").is_some_and(|v| v.as_bytes().eq_ignore_ascii_case(b"https"))
}
