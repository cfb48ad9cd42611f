//! Sign-in with ChatGPT: `/v1/auth/chatgpt/{provider}/…`, and which status an error has.

mod bodies;

use crate::app::App;
use crate::app::logins::LoginError;
use crate::domain::ids::LoginId;
use crate::http::error::{ApiError, ErrorBody};
use crate::http::extract::JsonBody;
use crate::http::permit::{Connecting, Connector, ManageProviders, Permitted, Read};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use bodies::{
    CallbackRequest, CancelRequest, ConnectedResponse, ImportRequest, Method, StartRequest, StartResponse,
    StatusResponse, StatusWord,
};
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The status of an error. Its text and its code go into the body, but for the internal ones.
pub fn status_of(error: &LoginError) -> StatusCode {
    match error {
        LoginError::InvalidName(_)
        | LoginError::InvalidApiBase
        | LoginError::Redirect(_)
        | LoginError::NoPendingFlow
        | LoginError::InvalidState
        | LoginError::Denied(_)
        | LoginError::CodeRefused(_)
        | LoginError::Unidentified(_)
        | LoginError::NoDeviceSignIn
        | LoginError::AuthJson(_)
        | LoginError::ForeignAuthJson { .. } => StatusCode::BAD_REQUEST,
        LoginError::NotFound(_) => StatusCode::NOT_FOUND,
        LoginError::OtherType { .. }
        | LoginError::AlreadyConnected { .. }
        | LoginError::OtherAccount { .. }
        | LoginError::Cancelled => StatusCode::CONFLICT,
        LoginError::Recorded { code, .. } => match code.as_str() {
            "provider_type_conflict" | "account_already_connected" | "account_mismatch" => {
                StatusCode::CONFLICT
            }
            _ => StatusCode::BAD_REQUEST,
        },
        LoginError::Incomplete(_) => StatusCode::BAD_GATEWAY,
        LoginError::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        LoginError::Database(_) | LoginError::Vault(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// The routes, twice: GoClaw's older `/v1/auth/openai/…` is the provider `openai-codex`.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    let older = Router::new()
        .route("/v1/auth/openai/status", get(|app, caller| status(app, caller, Path(OLDER.into()))))
        .route(
            "/v1/auth/openai/start",
            post(|app, caller, body| start(app, caller, Path(OLDER.into()), body)),
        )
        .route(
            "/v1/auth/openai/callback",
            post(|app, caller, body| callback(app, caller, Path(OLDER.into()), body)),
        )
        .route("/v1/auth/openai/logout", post(|app, caller| logout(app, caller, Path(OLDER.into()))));
    OpenApiRouter::from(older)
        .routes(routes!(status))
        .routes(routes!(start))
        .routes(routes!(callback))
        .routes(routes!(import))
        .routes(routes!(cancel))
        .routes(routes!(logout))
}

/// The provider of the routes that name none.
const OLDER: &str = "openai-codex";

/// Where the provider's account and its newest sign-in stand
#[utoipa::path(operation_id = "oauth_status", get, path = "/v1/auth/chatgpt/{provider}/status", tag = "sign-in",
    params(("provider" = String, Path, description = "A provider's name; it need not exist yet")),
    security(("token" = ["read"])), responses((status = 200, description = "As of now", body = StatusResponse)))]
pub async fn status(
    State(app): State<Arc<App>>,
    Connecting { by: caller, .. }: Connecting<Read>,
    Path(provider): Path<String>,
) -> Result<Json<StatusResponse>, ApiError> {
    let status = app.logins.status(caller.tenant(), &provider).await?;
    Ok(Json(StatusResponse::shown(status, caller.may_connect())))
}

/// Begins a sign-in; the provider is made when it completes
#[utoipa::path(operation_id = "oauth_start", post, path = "/v1/auth/chatgpt/{provider}/start", tag = "sign-in", request_body = StartRequest,
    params(("provider" = String, Path, description = "A provider's name; it need not exist yet")),
    security(("token" = ["manage_providers"])), responses((status = 200, description = "Begun, or nothing to do", body = StartResponse),
              (status = 400, description = "A value is wrong", body = ErrorBody),
              (status = 409, description = "The name belongs to another type", body = ErrorBody)))]
pub async fn start(
    State(app): State<Arc<App>>,
    Connecting { by: caller, .. }: Connecting<ManageProviders>,
    Path(provider): Path<String>,
    JsonBody(body): JsonBody<StartRequest>,
) -> Result<Json<StartResponse>, ApiError> {
    if let Connector::Invited(..) = caller
        && (body.force || body.api_base.is_some())
    {
        return Err(ApiError::forbidden(
            "an invitation connects an account: it replaces none (force) and names no backend (api_base)",
        ));
    }
    let begun: StartResponse = match body.method {
        Method::Browser => app.logins.start_browser(caller.actor(), &provider, body.options()).await?.into(),
        Method::Device => app.logins.start_device(caller.actor(), &provider, body.options()).await?.into(),
    };
    if let (Connector::Invited(pass, _), Some(login)) = (&caller, begun.login_id()) {
        app.people.began_with(pass, login).await?;
    }
    Ok(Json(begun))
}

/// Finishes a browser sign-in with the address that the browser ended at
#[utoipa::path(operation_id = "oauth_callback", post, path = "/v1/auth/chatgpt/{provider}/callback", tag = "sign-in", request_body = CallbackRequest,
    params(("provider" = String, Path, description = "As at the start")),
    security(("token" = ["manage_providers"])), responses((status = 200, description = "Connected", body = ConnectedResponse),
              (status = 400, description = "Not the address of a pending sign-in", body = ErrorBody),
              (status = 409, description = "The account is connected elsewhere", body = ErrorBody)))]
pub async fn callback(
    State(app): State<Arc<App>>,
    Connecting { by: caller, .. }: Connecting<ManageProviders>,
    Path(provider): Path<String>,
    JsonBody(body): JsonBody<CallbackRequest>,
) -> Result<Json<ConnectedResponse>, ApiError> {
    let connected = app.logins.callback(caller.actor(), &provider, &body.redirect_url).await?;
    app.reload().await.map_err(|error| ApiError::internal(&error))?;
    Ok(Json(ConnectedResponse::of_callback(connected)))
}

/// Connects an account with the Codex CLI's auth.json
#[utoipa::path(operation_id = "oauth_import", post, path = "/v1/auth/chatgpt/{provider}/import", tag = "sign-in", request_body = ImportRequest,
    params(("provider" = String, Path, description = "A provider's name; it need not exist yet")),
    security(("token" = ["manage_providers"])), responses((status = 200, description = "Connected; mind the warning", body = ConnectedResponse),
              (status = 400, description = "Not an auth.json with tokens", body = ErrorBody),
              (status = 409, description = "The account is connected elsewhere", body = ErrorBody)))]
pub async fn import(
    State(app): State<Arc<App>>,
    caller: Permitted<ManageProviders>,
    Path(provider): Path<String>,
    JsonBody(body): JsonBody<ImportRequest>,
) -> Result<Json<ConnectedResponse>, ApiError> {
    let (auth_json, options) = body.into_parts();
    let connected = app.logins.import(caller.actor(), &provider, &auth_json, options).await?;
    app.reload().await.map_err(|error| ApiError::internal(&error))?;
    Ok(Json(ConnectedResponse::of_import(connected)))
}

/// Ends pending sign-ins
#[utoipa::path(operation_id = "oauth_cancel", post, path = "/v1/auth/chatgpt/{provider}/cancel", tag = "sign-in", request_body = CancelRequest,
    params(("provider" = String, Path, description = "As at the start")),
    security(("token" = ["manage_providers"])), responses((status = 200, description = "Ended, if there were any", body = StatusWord)))]
pub async fn cancel(
    State(app): State<Arc<App>>,
    Connecting { by: caller, .. }: Connecting<ManageProviders>,
    Path(provider): Path<String>,
    JsonBody(body): JsonBody<CancelRequest>,
) -> Result<Json<StatusWord>, ApiError> {
    app.logins.cancel(caller.actor(), &provider, body.login_id.map(LoginId)).await?;
    Ok(Json(StatusWord::CANCELLED))
}

/// Forgets the account's tokens; the provider stays
#[utoipa::path(operation_id = "oauth_logout", post, path = "/v1/auth/chatgpt/{provider}/logout", tag = "sign-in",
    params(("provider" = String, Path, description = "A provider's name")),
    security(("token" = ["manage_providers"])), responses((status = 200, description = "Signed out", body = StatusWord),
              (status = 404, description = "There is no such provider", body = ErrorBody)))]
pub async fn logout(
    State(app): State<Arc<App>>,
    caller: Permitted<ManageProviders>,
    Path(provider): Path<String>,
) -> Result<Json<StatusWord>, ApiError> {
    app.logins.logout(caller.actor(), &provider).await?;
    app.reload().await.map_err(|error| ApiError::internal(&error))?;
    Ok(Json(StatusWord::LOGGED_OUT))
}

impl From<LoginError> for ApiError {
    fn from(error: LoginError) -> Self {
        match status_of(&error) {
            StatusCode::INTERNAL_SERVER_ERROR => Self::internal(&error),
            status => Self::new(status, error.code(), error.to_string()),
        }
    }
}
