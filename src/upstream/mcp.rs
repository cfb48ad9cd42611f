//! The HTTP client for MCP servers.

use super::http_client::{USER_AGENT, install_tls_provider};
use reqwest::StatusCode;
use reqwest::redirect::Policy;
use std::time::Duration;

/// Redirects that are followed in a row.
const MOST_REDIRECTS: usize = 5;
/// A dead peer is noticed within two of these, also while a stream is silent.
const KEEP_ALIVE: Duration = Duration::from_secs(20);

/// A client of its own, since these servers redirect (`/mcp` to `/mcp/`): within one origin, and only in the way that
/// keeps the request as it is. Anywhere else a redirect would take the configured headers to a stranger.
pub fn client(connect_timeout: Duration) -> Result<reqwest::Client, reqwest::Error> {
    install_tls_provider();
    let redirects = Policy::custom(|attempt| {
        let keeps_body =
            matches!(attempt.status(), StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT);
        let first = attempt.previous().first();
        let same_origin = first.is_some_and(|first| first.origin() == attempt.url().origin());
        if keeps_body && same_origin && attempt.previous().len() <= MOST_REDIRECTS {
            attempt.follow()
        } else {
            attempt.stop()
        }
    });
    reqwest::Client::builder()
        .user_agent(USER_AGENT)
        .redirect(redirects)
        .referer(false)
        // A tool may do something: it is not called twice behind the agent's back.
        .retry(reqwest::retry::never())
        .connect_timeout(connect_timeout)
        .tcp_nodelay(true)
        .tcp_keepalive(KEEP_ALIVE)
        .build()
}
