//! Errors in OpenAI's shape.

use crate::domain::responses::request::RequestError;
use crate::domain::routing::refusal::Refusal;
use crate::http::error::ApiError;
use axum::Json;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// How many accounts were tried for an answer or a refusal.
pub const ATTEMPTS: HeaderName = HeaderName::from_static("x-gateway-attempts");

/// An error of a model route.
#[derive(Debug)]
pub struct OpenAiError(pub Refusal);

impl From<Refusal> for OpenAiError {
    fn from(refusal: Refusal) -> Self {
        Self(refusal)
    }
}

impl From<RequestError> for OpenAiError {
    fn from(error: RequestError) -> Self {
        Self(error.into())
    }
}

impl From<ApiError> for OpenAiError {
    fn from(error: ApiError) -> Self {
        let (status, code, message) = error.parts();
        let kind = match status.as_u16() {
            401 => "authentication_error",
            403 => "permission_error",
            500.. => "server_error",
            _ => "invalid_request_error",
        };
        Self(Refusal {
            status: status.as_u16(),
            kind: kind.into(),
            ..Refusal::invalid_request(&code, message, None)
        })
    }
}

/// `{"error": {message, type, param, code}}`, with `resets_at` and `resets_in_seconds` where the upstream named them.
pub fn body(refusal: &Refusal) -> Value {
    let mut error = json!({
        "message": refusal.message, "type": refusal.kind, "param": refusal.param, "code": refusal.code,
    });
    if let Some(at) = refusal.resets_at {
        error["resets_at"] = at.into();
        // Where another try makes sense before, the wait is another one.
        if !refusal.retryable {
            error["resets_in_seconds"] = refusal.retry_after.into();
        }
    }
    json!({ "error": error })
}

impl IntoResponse for OpenAiError {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(body(&self.0))).into_response();
        let headers = response.headers_mut();
        if let Some(seconds) = self.0.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.0.attempts > 0 {
            headers.insert(ATTEMPTS, HeaderValue::from(self.0.attempts));
        }
        // The OpenAI SDKs repeat a 429 and a 5xx twice unless told not to.
        let again = if self.0.retryable { "true" } else { "false" };
        headers.insert("x-should-retry", HeaderValue::from_static(again));
        response
    }
}
