//! From a request to an [`Ask`]: the body decoded, the client recognised, the name resolved.

use super::error::OpenAiError;
use crate::app::App;
use crate::domain::api_key::ApiKey;
use crate::domain::catalogue::{Resolved, Unresolved};
use crate::domain::ids::TenantId;
use crate::domain::responses::audience::Audience;
use crate::domain::responses::depth;
use crate::domain::responses::headers::passes_upstream;
use crate::domain::routing::refusal::Refusal;
use crate::http::error::ApiError;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode, header};
use http_body_util::BodyExt as _;
use std::io::Read as _;

/// The header that names the conversation of an agent.
const SESSION_KEY: &[&str] = &["x-gateway-session-key", "x-goclaw-session-key"];

/// Reads the body once, bounded in size and in depth.
pub async fn read_body(app: &App, headers: &HeaderMap, body: Body) -> Result<Bytes, OpenAiError> {
    let body = decoded_body(app, headers, body).await?;
    if depth::is_too_deep(&body) {
        let text = format!("the body is nested more than {} levels deep", depth::MOST);
        return Err(Refusal::invalid_request("invalid_json", text, None).into());
    }
    Ok(body)
}

/// Undoes zstd, which the Codex CLI uses on its built-in provider.
async fn decoded_body(app: &App, headers: &HeaderMap, body: Body) -> Result<Bytes, OpenAiError> {
    let most = app.config.load().server.max_body_mib << 20;
    let too_large = || {
        // 400 and not 413: the Codex client repeats a 413.
        let text = format!("the body is larger than {} MiB (gateway.max_body_mib)", most >> 20);
        OpenAiError(Refusal::invalid_request("request_too_large", text, None))
    };
    let bytes = match collect(body, most).await {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return Err(too_large()),
        Err(_) => {
            let text = "the body ended before it was complete";
            return Err(Refusal::invalid_request("incomplete_body", text, None).into());
        }
    };
    match headers.get(header::CONTENT_ENCODING).map(|v| v.as_bytes().to_ascii_lowercase()) {
        None => Ok(bytes),
        Some(encoding) if encoding.is_empty() || encoding == b"identity" => Ok(bytes),
        Some(encoding) if encoding == b"zstd" => {
            // Decoding a megabyte takes milliseconds: not on a thread that serves others.
            let decoded = tokio::task::spawn_blocking(move || unzstd(&bytes, most)).await;
            match decoded.map_err(|error| ApiError::internal(&error))? {
                Ok(Some(decoded)) => Ok(decoded),
                Ok(None) => Err(too_large()),
                Err(text) => Err(Refusal::invalid_request("invalid_encoding", text, None).into()),
            }
        }
        Some(encoding) => {
            let text = format!(
                "content-encoding \"{}\" is not supported; send zstd or none",
                String::from_utf8_lossy(&encoding)
            );
            Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_encoding", text).into())
        }
    }
}

/// The body; `None` when it has more than `most` bytes. What is too much is still read, within reason: a client that
/// is cut off while it sends sees a broken connection instead of the reason, and repeats.
async fn collect(mut body: Body, most: usize) -> Result<Option<Bytes>, axum::Error> {
    let announced = usize::try_from(axum::body::HttpBody::size_hint(&body).lower()).unwrap_or(usize::MAX);
    let mut bytes = Vec::with_capacity(announced.min(most));
    let mut size = 0;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else { continue };
        size += data.len();
        if size <= most {
            bytes.extend_from_slice(&data);
        } else {
            bytes = Vec::new();
            if size > most.saturating_mul(4) {
                break;
            }
        }
    }
    Ok((size <= most).then(|| bytes.into()))
}

fn unzstd(bytes: &[u8], most: usize) -> Result<Option<Bytes>, String> {
    let broken = |error: &dyn std::fmt::Display| format!("the body is not valid zstd: {error}");
    let mut source = bytes;
    let mut decoder = ruzstd::decoding::StreamingDecoder::new(&mut source).map_err(|e| broken(&e))?;
    let mut plain = Vec::new();
    decoder.by_ref().take(most as u64 + 1).read_to_end(&mut plain).map_err(|e| broken(&e))?;
    Ok((plain.len() <= most).then(|| plain.into()))
}

/// A native Codex client says so in several headers; any one will do.
pub fn audience(headers: &HeaderMap) -> Audience {
    let starts = |name: &str| {
        headers
            .get(name)
            .and_then(|v| v.to_str().ok())
            .is_some_and(|v| v.to_ascii_lowercase().starts_with("codex"))
    };
    let native =
        starts("originator") || starts("user-agent") || headers.contains_key("x-codex-turn-metadata");
    if native { Audience::Codex } else { Audience::Foreign }
}

/// The headers of a native client that go upstream.
pub fn native_headers(headers: &HeaderMap) -> HeaderMap {
    headers
        .iter()
        .filter(|(name, _)| passes_upstream(name.as_str()))
        .map(|(n, v)| (n.clone(), v.clone()))
        .collect()
}

/// The model that a body names which could not be read as a whole; empty when that is not readable either.
pub fn model_in(body: &[u8]) -> String {
    #[derive(serde::Deserialize)]
    struct Named {
        model: String,
    }
    serde_json::from_slice::<Named>(body).map(|named| named.model).unwrap_or_default()
}

/// What a model name stands for, to a key among what it reaches.
pub fn resolve(
    app: &App,
    (tenant, key): (TenantId, Option<&ApiKey>),
    model: Option<&str>,
) -> Result<Resolved, OpenAiError> {
    let catalogue = app.catalogues.seen_by(tenant, key);
    let defaults = app.catalogues.defaults();
    catalogue.resolve(model, &defaults).map_err(|error| {
        let code = match error {
            Unresolved::UnknownAgent { .. } | Unresolved::InactiveAgent { .. } => "agent_not_found",
            Unresolved::UnknownProvider { .. } => "provider_not_found",
            Unresolved::UnknownModel { .. } => "model_not_found",
        };
        OpenAiError(Refusal::not_found(code, error.to_string()))
    })
}

/// The conversation that a request to an agent belongs to: a header, else nothing is kept.
pub fn session_key(headers: &HeaderMap) -> Result<Option<String>, OpenAiError> {
    let Some(value) = SESSION_KEY.iter().find_map(|name| headers.get(*name)) else { return Ok(None) };
    match value.to_str().map(str::trim) {
        Ok(key) if !key.is_empty() && key.len() <= 255 => Ok(Some(key.to_owned())),
        _ => {
            let text = format!("{} must be 1 to 255 visible ASCII characters", SESSION_KEY[0]);
            Err(Refusal::invalid_request("invalid_session_key", text, None).into())
        }
    }
}

/// What the client calls the conversation: an agent's session, the key of its prompt cache, or its session's id.
pub fn conversation(session: Option<&str>, cache_key: Option<&str>, headers: &HeaderMap) -> Option<String> {
    let header = || {
        let mut values =
            ["session-id", "session_id", "x-session-id"].iter().filter_map(|name| headers.get(*name));
        values.find_map(|value| value.to_str().ok())
    };
    session.or(cache_key).or_else(header).filter(|name| !name.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_compressed_body_is_bounded_by_what_it_becomes() {
        let bomb = ruzstd::encoding::compress_to_vec(
            &vec![0u8; 100_000][..],
            ruzstd::encoding::CompressionLevel::Fastest,
        );
        assert!(bomb.len() < 1000);
        assert_eq!(unzstd(&bomb, 100_000).map(|b| b.map(|b| b.len())), Ok(Some(100_000)));
        assert_eq!(unzstd(&bomb, 99_999), Ok(None));
        assert!(unzstd(b"not zstd", 100).is_err());
    }

    #[test]
    fn codex_clients_are_recognised_and_others_are_not() {
        let with = |name: &'static str, value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(name, value.parse().expect("header"));
            audience(&headers)
        };
        assert_eq!(with("originator", "codex_exec"), Audience::Codex);
        assert_eq!(with("user-agent", "codex-tui/0.169.0"), Audience::Codex);
        assert_eq!(with("user-agent", "OpenAI/Python 3"), Audience::Foreign);
    }
}
