//! The bodies of the backend's refusals, in its three shapes.

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// An error answer. A string body is sent as HTML, anything else as JSON.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Value,
}

impl Refusal {
    pub(super) fn new(status: u16, body: Value) -> Self {
        Self { status, headers: Vec::new(), body }
    }

    /// 400 `{"detail": text}`.
    pub(super) fn detail(text: impl Into<String>) -> Self {
        Self::new(400, json!({ "detail": text.into() }))
    }

    /// 400 `{"detail": "Unsupported parameter: …"}`.
    pub(super) fn unsupported(parameter: &str) -> Self {
        Self::detail(format!("Unsupported parameter: {parameter}"))
    }

    /// 400 `invalid_request_error` with a code.
    pub(super) fn invalid(param: &str, code: &str, message: impl Into<String>) -> Self {
        Self::error(400, Some("invalid_request_error"), Some(param), Some(code), message)
    }

    /// 400 `invalid_request_error` without a code.
    pub(super) fn codeless(param: &str, message: impl Into<String>) -> Self {
        Self::error(400, Some("invalid_request_error"), Some(param), None, message)
    }

    /// 400 `missing_required_parameter`.
    pub(super) fn missing(param: &str) -> Self {
        let message = format!("Missing required parameter: '{param}'.");
        Self::invalid(param, "missing_required_parameter", message)
    }

    /// 400 `invalid_value`, with the values that would do.
    pub(super) fn value(param: &str, got: &str, supported: &[&str]) -> Self {
        let quoted: Vec<String> = supported.iter().map(|value| format!("'{value}'")).collect();
        let list = match quoted.as_slice() {
            [] => "none".to_owned(),
            [one] => one.clone(),
            [a, b] => format!("{a} and {b}"),
            [head @ .., last] => format!("{}, and {last}", head.join(", ")),
        };
        Self::invalid(
            param,
            "invalid_value",
            format!("Invalid value: '{got}'. Supported values are: {list}."),
        )
    }

    pub(super) fn error(
        status: u16,
        kind: Option<&str>,
        param: Option<&str>,
        code: Option<&str>,
        message: impl Into<String>,
    ) -> Self {
        let message: String = message.into();
        Self::new(
            status,
            json!({ "error": { "message": message, "type": kind, "param": param, "code": code } }),
        )
    }

    pub(super) fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// The access token ran out.
    pub(super) fn token_expired() -> Self {
        let message = "Provided authentication token is expired. Please try signing in again.";
        let error = json!({ "message": message, "type": null, "code": "token_expired", "param": null });
        Self::new(401, json!({ "error": error, "status": 401 }))
    }

    /// The access token was revoked, or never ours.
    pub(super) fn token_invalidated() -> Self {
        let message = "Your authentication token has been invalidated. Please try signing in again.";
        let kind = "invalid_request_error";
        let error = json!({ "message": message, "type": kind, "code": "token_invalidated", "param": null });
        Self::new(401, json!({ "error": error, "status": 401 }))
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (kind, body) = match self.body {
            Value::String(html) => ("text/html; charset=utf-8", html),
            Value::Null => ("text/plain", String::new()),
            other => ("application/json", other.to_string()),
        };
        let mut headers = HeaderMap::new();
        headers.insert("content-type", HeaderValue::from_static(kind));
        for (name, value) in &self.headers {
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
                headers.insert(name, value);
            }
        }
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, headers, body).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_written_refusals_equal_the_recorded_ones() {
        for (name, refusal) in [
            ("error-401-token_expired", Refusal::token_expired()),
            ("error-401-token_invalidated", Refusal::token_invalidated()),
            ("error-400-unsupported-parameter", Refusal::unsupported("max_output_tokens")),
            (
                "error-400-invalid_value-effort",
                Refusal::value("reasoning.effort", "bogus", &["low", "medium", "high"]),
            ),
        ] {
            let recorded = super::super::script::error_fixture(name).expect("the fixture exists");
            assert_eq!(refusal.body, recorded.body, "{name}");
            assert_eq!(refusal.status, recorded.status, "{name}");
        }
    }
}
