//! Whoever came over TLS is told to come over nothing else (HSTS, RFC 6797).

use super::listener::OverTls;
use crate::app::App;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use std::net::SocketAddr;
use std::sync::Arc;

/// Says so in every answer to a request that came over TLS: to us, or to a proxy that is trusted and says it.
pub async fn only(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let seconds = app.config.load().server.hsts_seconds;
    let told = seconds > 0 && came_over_tls(&request, &app) && !is_localhost(&request);
    let mut response = next.run(request).await;
    if told && let Ok(value) = HeaderValue::from_str(&format!("max-age={seconds}")) {
        response.headers_mut().entry(header::STRICT_TRANSPORT_SECURITY).or_insert(value);
    }
    response
}

fn came_over_tls(request: &Request, app: &App) -> bool {
    if request.extensions().get::<OverTls>().is_some() {
        return true;
    }
    let says = request.headers().get("x-forwarded-proto");
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let (Some(says), Some(ConnectInfo(peer))) = (says, peer) else { return false };
    let trusted = &app.config.load().server.trusted_proxies;
    says.as_bytes().eq_ignore_ascii_case(b"https") && trusted.iter().any(|block| block.contains(peer.ip()))
}

/// A browser would come over TLS alone to every program of that host.
fn is_localhost(request: &Request) -> bool {
    let named = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let host = request.uri().host().or(named).unwrap_or_default();
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
    host == "localhost" || host.ends_with(".localhost")
}
