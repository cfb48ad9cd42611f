//! The cookie of a browser's session: read, written, and given its next value on the way out.

use super::error::ApiError;
use crate::app::people::NewCookie;
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use secrecy::ExposeSecret as _;
use std::sync::{Arc, OnceLock};

/// Its name over plain HTTP.
pub const SESSION_COOKIE: &str = "gateway_session";
/// Its name over TLS: browsers take a cookie of such a name from this very host alone, over TLS. Neither a neighbour below
/// the same domain nor somebody on the network can put their own session in the place of somebody's.
pub const HOST_COOKIE: &str = "__Host-gateway_session";

/// The cookie of a sign-in that was begun at an issuer of OpenID Connect, over plain HTTP and over TLS.
const SIGN_IN_COOKIES: [&str; 2] = ["gateway_sign_in", "__Host-gateway_sign_in"];

fn name(headers: &HeaderMap) -> &'static str {
    if is_https(headers) { HOST_COOKIE } else { SESSION_COOKIE }
}

fn name_of_sign_in(headers: &HeaderMap) -> &'static str {
    SIGN_IN_COOKIES[usize::from(is_https(headers))]
}

/// The value that the request came with.
pub fn shown(headers: &HeaderMap) -> Option<&str> {
    shown_as(headers, name(headers))
}

/// The same of a sign-in that was begun.
pub fn shown_of_sign_in(headers: &HeaderMap) -> Option<&str> {
    shown_as(headers, name_of_sign_in(headers))
}

fn shown_as<'a>(headers: &'a HeaderMap, wanted: &str) -> Option<&'a str> {
    let pairs =
        headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(';'));
    let mut named = pairs.filter_map(|pair| pair.trim().split_once('='));
    named.find(|(name, _)| *name == wanted).map(|(_, value)| value)
}

/// A header that sets the cookie.
pub fn set(cookie: &NewCookie, headers: &HeaderMap) -> Result<HeaderValue, ApiError> {
    written(cookie.value.expose_secret(), cookie.seconds, headers)
}

/// A header that removes it.
pub fn removed(headers: &HeaderMap) -> Result<HeaderValue, ApiError> {
    written("", 0, headers)
}

/// A header that sets the cookie of a sign-in that was begun, or with no time left removes it. The browser comes back from
/// the issuer's site, with which no stricter one would be sent.
pub fn of_sign_in(value: &str, seconds: i64, headers: &HeaderMap) -> Result<HeaderValue, ApiError> {
    header_of(name_of_sign_in(headers), value, seconds, "Lax", headers)
}

fn written(value: &str, seconds: i64, headers: &HeaderMap) -> Result<HeaderValue, ApiError> {
    header_of(name(headers), value, seconds, "Strict", headers)
}

fn header_of(
    name: &str,
    value: &str,
    seconds: i64,
    same_site: &str,
    headers: &HeaderMap,
) -> Result<HeaderValue, ApiError> {
    let secure = if is_https(headers) { "; Secure" } else { "" };
    let text = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite={same_site}{secure}");
    let mut value = HeaderValue::from_str(&text).map_err(|error| ApiError::internal(&error))?;
    value.set_sensitive(true);
    Ok(value)
}

/// A proxy that ends TLS says so; lying about it only makes one's own cookie unusable over http.
fn is_https(headers: &HeaderMap) -> bool {
    headers.get("x-forwarded-proto").is_some_and(|v| v.as_bytes().eq_ignore_ascii_case(b"https"))
}

/// Where the extractor leaves the cookie's next value for the answer.
#[derive(Clone, Default)]
struct NextValue(Arc<OnceLock<HeaderValue>>);

/// Leaves the cookie's next value for the answer.
pub fn hand_out(parts: &Parts, cookie: &NewCookie) -> Result<(), ApiError> {
    if let Some(next) = parts.extensions.get::<NextValue>() {
        // One request has one session.
        let _ = next.0.set(set(cookie, &parts.headers)?);
    }
    Ok(())
}

/// Puts the cookie's next value into the answer, unless that sets this cookie itself.
pub async fn with_next_value(mut request: Request, next: Next) -> Response {
    let value = NextValue::default();
    request.extensions_mut().insert(value.clone());
    let mut response = next.run(request).await;
    if let Some(value) = value.0.get() {
        let name = |set: &HeaderValue| set.as_bytes().split(|byte| *byte == b'=').next().map(<[u8]>::to_vec);
        if !response.headers().get_all(header::SET_COOKIE).iter().any(|set| name(set) == name(value)) {
            response.headers_mut().append(header::SET_COOKIE, value.clone());
        }
    }
    response
}
