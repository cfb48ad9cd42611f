//! `/mcp`: the gateway as an MCP server, over streamable HTTP, with the caller's role.
//!
//! 2026-11-22: no sessions. The specification leaves them to the server; without them nothing grows, any replica
//! answers any request, and a restart ends nothing. Cost: the server can't speak of itself between requests, which
//! none of its tools needs.

mod ask;
mod tools;

use super::error::ApiError;
use crate::app::App;
use crate::http::permit::{Permitted, Read};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use http_body_util::BodyExt as _;
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use std::sync::Arc;
use std::time::Duration;
use tools::GatewayTools;

/// The largest request, in bytes.
const MOST_BODY: usize = 4 << 20;

/// One message of an MCP client. `GET` and `DELETE` are of sessions, and answered with 405.
pub async fn serve(
    State(app): State<Arc<App>>,
    caller: Permitted<Read>,
    request: Request,
) -> Result<Response, ApiError> {
    check_origin(&app, request.headers())?;
    let heartbeat = Duration::from_secs(app.config.load().server.heartbeat_seconds);
    // Whether a host or an origin may ask was decided above: a token is needed in any case.
    let config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_sse_keep_alive(Some(heartbeat))
        .with_max_request_body_bytes(MOST_BODY)
        .with_cancellation_token(app.shutdown.tasks().stopping())
        .disable_allowed_hosts();
    // At the end of the process an answer that is under way gets its grace.
    let open = app.shutdown.stream();
    let key = caller.key(&app)?;
    let tools = GatewayTools { app, caller: caller.into_caller(), key };
    let sessions = Arc::new(NeverSessionManager::default());
    let service = StreamableHttpService::new(move || Ok(tools.clone()), sessions, config);
    let mut response = service.handle(request).await.map(|body| {
        Body::new(body.map_frame(move |frame| {
            let _open = &open;
            frame
        }))
    });
    // nginx would hold the events back.
    response.headers_mut().insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

/// A browser says from which page a request comes. Only our own pages and the configured origins may ask: by DNS
/// rebinding, any page could otherwise reach a gateway that listens on loopback.
fn check_origin(app: &App, headers: &HeaderMap) -> Result<(), ApiError> {
    let Some(origin) = headers.get(header::ORIGIN) else { return Ok(()) };
    let origin = String::from_utf8_lossy(origin.as_bytes());
    let config = app.config.load();
    let scheme = if config.server.tls.certificate.is_some() { "https" } else { "http" };
    let main = app.bound.get().map_or(config.server.port, std::net::SocketAddr::port);
    let ports = std::iter::once(main).chain(app.admin_bound.get().map(std::net::SocketAddr::port));
    let hosts = ["127.0.0.1", "localhost", "[::1]"];
    let own: Vec<String> =
        ports.flat_map(|port| hosts.map(|host| format!("{scheme}://{host}:{port}"))).collect();
    let allowed = &config.server.allowed_origins;
    let public = [app.public_url(), app.dashboard_url()];
    let ours = own.iter().chain(&public).chain(allowed);
    if allowed.iter().any(|origin| origin == "*") || ours.into_iter().any(|ours| same_origin(ours, &origin)) {
        return Ok(());
    }
    Err(ApiError::forbidden(format!(
        "pages of the origin {origin} may not ask this gateway; gateway.allowed_origins says who may"
    )))
}

fn same_origin(ours: &str, origin: &str) -> bool {
    let of = |text: &str| url::Url::parse(text).ok().map(|url| url.origin()).filter(url::Origin::is_tuple);
    of(ours).is_some_and(|ours| of(origin) == Some(ours))
}

#[cfg(test)]
mod tests {
    use super::same_origin;

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        assert!(same_origin("https://a.example/path", "https://a.example:443"));
        for other in ["http://a.example", "https://a.example:8443", "https://b.example", "null", ""] {
            assert!(!same_origin("https://a.example", other), "{other}");
        }
        assert!(!same_origin("null", "null"));
    }
}
