//! What handlers take: who calls, and bodies with precise errors. A handler that takes a [`Caller`] cannot run
//! unauthenticated.

use super::error::ApiError;
use super::openai::OpenAiError;
use crate::app::App;
use crate::domain::access::{Actor, Permission};
use crate::domain::ids::{MASTER_TENANT, RequestId, TenantId};
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use serde::de::DeserializeOwned;
use std::sync::Arc;

/// The cookie of a browser session.
pub const SESSION_COOKIE: &str = "gateway_session";
/// A page of another origin can't send it without being allowed to: it makes a changing request with a cookie ours.
pub const CSRF_HEADER: &str = "x-gateway-csrf";
/// Tells the client which request this was.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

tokio::task_local! {
    static CURRENT: RequestId;
}

/// The id of the request that this task serves.
pub fn current_request_id() -> Option<String> {
    CURRENT.try_with(ToString::to_string).ok()
}

/// Gives every request its id: in the log's span, in error bodies and in the answer's header.
pub async fn with_request_id(mut request: Request, next: Next) -> Response {
    let id = RequestId(uuid::Uuid::now_v7());
    request.extensions_mut().insert(id);
    let mut response = CURRENT.scope(id, next.run(request)).await;
    if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

/// Somebody authenticated, with the tenant that they may touch.
#[derive(Clone, Debug)]
pub struct Caller(Actor);

impl Caller {
    pub fn tenant(&self) -> TenantId {
        self.0.tenant
    }

    /// Who they are, and from where.
    pub fn actor(&self) -> &Actor {
        &self.0
    }

    /// Whether their role allows it, for what only some are shown.
    pub fn may(&self, permission: Permission) -> bool {
        self.0.role.may(permission)
    }

    /// The first line of every handler.
    pub fn require(&self, permission: Permission) -> Result<(), ApiError> {
        if self.may(permission) {
            return Ok(());
        }
        let (role, least) = (self.0.role.as_str(), permission.least().as_str());
        let needs = permission.as_str();
        Err(ApiError::forbidden(format!(
            "this needs the permission {needs}, which roles from {least} on have; yours is {role}"
        )))
    }
}

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let mut actor = match bearer(&parts.headers) {
            Some(token) => app.access.bearer(token).ok_or_else(ApiError::unauthorized)?,
            None => {
                let session = cookie(&parts.headers, SESSION_COOKIE).ok_or_else(ApiError::unauthorized)?;
                let actor = app.access.session(session).ok_or_else(ApiError::unauthorized)?;
                let reads = matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS);
                if !reads && !parts.headers.contains_key(CSRF_HEADER) {
                    return Err(ApiError::forbidden(format!(
                        "a changing request with a session cookie needs the header {CSRF_HEADER}"
                    )));
                }
                actor
            }
        };
        for name in ["x-gateway-tenant-id", "x-goclaw-tenant-id"] {
            let Some(asked) = parts.headers.get(name) else { continue };
            let ours = asked.to_str().is_ok_and(|t| t == "master" || t == MASTER_TENANT.to_string());
            if !ours {
                return Err(ApiError::not_found("tenant"));
            }
        }
        actor.request = parts.extensions.get::<RequestId>().copied();
        Ok(Self(actor))
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let pairs =
        headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(';'));
    pairs.filter_map(|pair| pair.trim().split_once('=')).find(|(n, _)| *n == name).map(|(_, value)| value)
}

/// A JSON body; an error names the place and what was found there. An empty body is `{}`.
#[derive(Debug)]
pub struct JsonBody<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Arc<App>> for JsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, ApiError> {
        let bytes =
            Bytes::from_request(request, app).await.map_err(|rejection| match rejection.status() {
                status @ StatusCode::PAYLOAD_TOO_LARGE => {
                    ApiError::new(status, "body_too_large", "the body is larger than this route takes")
                }
                status => ApiError::new(status, "invalid_body", rejection.body_text()),
            })?;
        if holds_nul(&bytes) {
            return Err(ApiError::bad_request("invalid_body", "a text of the body holds a NUL character"));
        }
        let bytes: &[u8] = if bytes.iter().all(u8::is_ascii_whitespace) { b"{}" } else { &bytes };
        let mut reader = serde_json::Deserializer::from_slice(bytes);
        let value = serde_path_to_error::deserialize(&mut reader)
            .map_err(|error| ApiError::bad_request("invalid_body", error.to_string()))?;
        reader.end().map_err(|error| ApiError::bad_request("invalid_body", error.to_string()))?;
        Ok(Self(value))
    }
}

/// Whether a string of this JSON text holds U+0000, which the database can't keep. Unescaped, it is no JSON.
fn holds_nul(json: &[u8]) -> bool {
    memchr::memmem::find_iter(json, b"\\u0000").any(|at| {
        let before = json[..at].iter().rev().take_while(|byte| **byte == b'\\').count();
        before % 2 == 0
    })
}

/// A [`Caller`] of a model route: refused in OpenAI's shape.
#[derive(Clone, Debug)]
pub struct ModelCaller(pub Caller);

impl FromRequestParts<Arc<App>> for ModelCaller {
    type Rejection = OpenAiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, OpenAiError> {
        Ok(Self(Caller::from_request_parts(parts, app).await?))
    }
}

#[cfg(test)]
mod tests {
    use super::holds_nul;

    #[test]
    fn a_nul_is_seen_and_the_text_of_its_escape_is_none() {
        assert!(holds_nul(br#"{"a": "x\u0000"}"#) && holds_nul(br#"["\\\u0000"]"#));
        assert!(!holds_nul(br#"["\\u0000", "\u0001", "u0000"]"#));
    }
}
