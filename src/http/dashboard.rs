//! The dashboard, embedded in the binary.
//!
//! `web/dist` is built, never committed. A build without it works and says so on the page.

use super::error::ApiError;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};

#[derive(RustEmbed)]
#[folder = "web/dist"]
#[allow_missing = true]
struct Assets;

/// `style-src` needs inline styles: the components position menus with style attributes. Scripts are files only.
const PAGE_CSP: &str = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; \
    frame-ancestors 'none'";

/// Of whatever is no page: data that a browser is led to as a document can do nothing.
const DATA_CSP: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const NOT_BUILT: &str = "<!doctype html><title>gateway</title><p>This gateway was built without its dashboard. \
    Run <code>make</code> in the source tree; the API works all the same.";

/// Headers that every answer carries.
pub async fn security_headers(mut response: Response) -> Response {
    // It changes the headers of what the browser has already: the policy of a page must stay that of a page.
    let is_unchanged = response.status() == StatusCode::NOT_MODIFIED;
    let headers = response.headers_mut();
    let is_page =
        headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::CONTENT_SECURITY_POLICY, if is_page { PAGE_CSP } else { DATA_CSP }),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        // A tab that is opened for a sign-in elsewhere is led there by the page that opened it.
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin-allow-popups"),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        ),
    ] {
        if !(is_unchanged && name == header::CONTENT_SECURITY_POLICY) {
            headers.entry(name).or_insert(HeaderValue::from_static(value));
        }
    }
    response
}

/// Whatever no route answers: a file of the dashboard, its page for a path of its own, else 404.
pub async fn serve(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path().trim_start_matches('/');
    let api = ["v1", "healthz", "readyz", "metrics", "auth"]
        .iter()
        .any(|p| path == *p || path.starts_with(&format!("{p}/")));
    if api || !matches!(method, Method::GET | Method::HEAD) {
        return ApiError::not_found("route").into_response();
    }
    if !path.is_empty()
        && let Some(response) = file(path, &headers)
    {
        return response;
    }
    let wants_page = headers.get(header::ACCEPT).is_none_or(|a| {
        let accept = a.as_bytes();
        memchr::memmem::find(accept, b"text/html").is_some() || memchr::memmem::find(accept, b"*/*").is_some()
    });
    // A missing script must not be answered with a page.
    let is_file = path.rsplit('/').next().is_some_and(|last| last.contains('.'));
    if !wants_page || is_file {
        return ApiError::not_found("file").into_response();
    }
    match file("index.html", &headers) {
        Some(page) => page,
        None => {
            (StatusCode::OK, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], NOT_BUILT).into_response()
        }
    }
}

fn file(path: &str, headers: &HeaderMap) -> Option<Response> {
    let plain = Assets::get(path)?;
    let etag = format!("\"{}\"", hex::encode(&plain.metadata.sha256_hash()[..12]));
    let immutable = path.starts_with("assets/");
    // A proxy that compresses makes the tag a weak one.
    let known = headers
        .get(header::IF_NONE_MATCH)
        .and_then(|tags| tags.to_str().ok())
        .is_some_and(|tags| tags.split(',').any(|tag| tag.trim().trim_start_matches("W/") == etag));
    let mut response = if known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let (encoding, content) = negotiated(path, headers).unwrap_or((None, plain));
        let mut response = Body::from(content.data).into_response();
        let kind = mime_guess::from_path(path).first_or_octet_stream();
        let kind = if kind.type_() == "text" { format!("{kind}; charset=utf-8") } else { kind.to_string() };
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_str(&kind).ok()?);
        if let Some(encoding) = encoding {
            response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        response
    };
    let headers = response.headers_mut();
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    headers.insert(header::ETAG, HeaderValue::from_str(&etag).ok()?);
    // The names of the files in `assets` hold their hash.
    let cache = if immutable { "public, max-age=31536000, immutable" } else { "no-cache" };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    Some(response)
}

/// The smaller form that the build made, when the browser takes it.
fn negotiated(path: &str, headers: &HeaderMap) -> Option<(Option<&'static str>, EmbeddedFile)> {
    let accepted = headers.get(header::ACCEPT_ENCODING)?.to_str().ok()?;
    let takes = |name: &str| {
        accepted.split(',').any(|part| {
            let mut words = part.split(';').map(str::trim);
            words.next() == Some(name) && !words.any(|w| w == "q=0")
        })
    };
    [("br", "br"), ("gzip", "gz")]
        .into_iter()
        .filter(|(encoding, _)| takes(encoding))
        .find_map(|(encoding, suffix)| Some((Some(encoding), Assets::get(&format!("{path}.{suffix}"))?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_says_that_a_page_is_unchanged_leaves_its_policy_as_it_is() {
        let policy = async |status, kind: Option<&'static str>| {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = status;
            if let Some(kind) = kind {
                response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
            }
            let response = security_headers(response).await;
            response.headers().get(header::CONTENT_SECURITY_POLICY).cloned()
        };
        assert_eq!(policy(StatusCode::NOT_MODIFIED, None).await, None);
        assert_eq!(
            policy(StatusCode::OK, Some("text/html")).await.as_ref(),
            Some(&HeaderValue::from_static(PAGE_CSP))
        );
        assert_eq!(
            policy(StatusCode::NO_CONTENT, None).await.as_ref(),
            Some(&HeaderValue::from_static(DATA_CSP))
        );
    }
}
