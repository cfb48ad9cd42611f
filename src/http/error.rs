//! Errors of the admin routes: `{"error", "code", "request_id"}`, and what else a client needs to act.

use super::openai::OpenAiError;
use axum::Json;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Map, Value};

/// The body of an error of an admin route.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ErrorBody {
    /// For people.
    pub error: String,
    /// For programs: stable, in snake case.
    pub code: String,
    /// Also in the header `x-request-id`, and in the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Further members, such as `dependents`.
    #[serde(flatten)]
    #[schema(ignore)]
    pub more: Map<String, Value>,
}

/// An error of an admin route.
#[derive(Debug)]
pub struct ApiError {
    status: StatusCode,
    code: String,
    message: String,
    more: Map<String, Value>,
    /// Seconds after which it is worth another try.
    retry_after: Option<u64>,
}

impl ApiError {
    pub fn new(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        Self { status, code: code.to_owned(), message: message.into(), more: Map::new(), retry_after: None }
    }

    pub fn bad_request(code: &str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    pub fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", format!("{what} not found"))
    }

    pub fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", "a valid token is required")
    }

    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", message)
    }

    /// Something broke on our side: the cause goes to the log and never to the client.
    pub fn internal(cause: &dyn std::fmt::Display) -> Self {
        tracing::error!(error = %cause, "request failed");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "internal error")
    }

    /// Status, code and text, for another error shape.
    pub fn parts(self) -> (StatusCode, String, String) {
        (self.status, self.code, self.message)
    }

    /// When another try is worth it: also the header `retry-after`.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// A further member of the body.
    #[must_use]
    pub fn with(mut self, key: &str, value: Value) -> Self {
        self.more.insert(key.to_owned(), value);
        self
    }
}

/// A NUL is in no name, no id and no text that the database can hold: asked for, it would be an error of ours.
pub async fn without_nul(request: Request, next: Next) -> Response {
    let uri = request.uri();
    let parts = [Some(uri.path()), uri.query()];
    if parts.into_iter().flatten().any(|part| memchr::memmem::find(part.as_bytes(), b"%00").is_some()) {
        // Its shape is that of the route, see [`in_our_shape`].
        return (StatusCode::BAD_REQUEST, "the address holds a NUL character").into_response();
    }
    next.run(request).await
}

/// The largest text of an error that is put into our shape.
const ERROR_TEXT: usize = 16 * 1024;

/// Errors that axum makes by itself (no such method, a path or a query that can't be read, a panic) in the shape that
/// every other error has.
pub async fn in_our_shape(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_model_route =
        ["/v1/responses", "/v1/chat/completions", "/v1/models"].iter().any(|p| path.starts_with(p));
    let response = next.run(request).await;
    let status = response.status();
    let kind = response.headers().get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    if !(status.is_client_error() || status.is_server_error())
        || kind.is_some_and(|kind| !kind.starts_with(b"text/plain"))
    {
        return response;
    }
    let (mut head, body) = response.into_parts();
    let text = axum::body::to_bytes(body, ERROR_TEXT).await.unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let code = match status {
        StatusCode::METHOD_NOT_ALLOWED => "method_not_allowed",
        StatusCode::NOT_FOUND => "not_found",
        StatusCode::PAYLOAD_TOO_LARGE => "body_too_large",
        status if status.is_server_error() => "internal",
        _ => "invalid_request",
    };
    let message = match status {
        // What went wrong on our side is for the log.
        status if status.is_server_error() => "internal error",
        StatusCode::METHOD_NOT_ALLOWED => "this path does not take this method",
        _ if text.trim().is_empty() => status.canonical_reason().unwrap_or("refused"),
        _ => text.trim(),
    };
    let error = ApiError::new(status, code, message);
    let ours = if is_model_route { OpenAiError::from(error).into_response() } else { error.into_response() };
    head.headers.remove(header::CONTENT_LENGTH);
    head.headers.remove(header::CONTENT_TYPE);
    let (ours_head, body) = ours.into_parts();
    head.headers.extend(ours_head.headers);
    Response::from_parts(head, body)
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let request_id = super::extract::current_request_id();
        let body = ErrorBody { error: self.message, code: self.code, request_id, more: self.more };
        let mut response = (self.status, Json(body)).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
