//! The one pooled HTTP client: a client per request costs a TLS handshake per request.

use std::time::Duration;

/// How we name ourselves to every remote.
pub const USER_AGENT: &str = concat!("gateway/", env!("CARGO_PKG_VERSION"));

/// Proxies in between drop idle connections after a minute or so; ours are gone before that.
const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(50);
/// A dead peer is noticed within two of these, also while a stream is silent.
const KEEP_ALIVE: Duration = Duration::from_secs(20);

/// Installs ring as the process's TLS provider. Called before the first TLS use; later calls change nothing.
pub fn install_tls_provider() {
    // An error says that a provider stands already: of the two that rustls knows, only ring is compiled in.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// The client that all upstream calls share; clones are handles on the same pool.
///
/// There is no total timeout: answers stream for minutes. A caller that expects a short answer sets one on the request.
/// Redirects are not followed: a request carries credentials, and no endpoint that we call redirects.
pub fn build(connect_timeout: Duration) -> Result<reqwest::Client, reqwest::Error> {
    install_tls_provider();
    reqwest::Client::builder()
        .user_agent(USER_AGENT)
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        // Whether a request may be sent twice is decided by who knows what it does.
        .retry(reqwest::retry::never())
        .connect_timeout(connect_timeout)
        // Small frames would otherwise wait 40 ms for Nagle.
        .tcp_nodelay(true)
        .tcp_keepalive(KEEP_ALIVE)
        .pool_idle_timeout(POOL_IDLE_TIMEOUT)
        .http2_adaptive_window(true)
        .http2_keep_alive_interval(KEEP_ALIVE)
        .http2_keep_alive_timeout(KEEP_ALIVE)
        .build()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_client_builds_and_may_be_built_again() {
        assert!(super::build(std::time::Duration::from_secs(1)).is_ok());
        assert!(super::build(std::time::Duration::from_secs(1)).is_ok());
    }
}
