//! The door: a socket, TLS where there is a certificate, and bounds on who stands in it.
//!
//! Whoever can reach the port can open connections, so each costs little and none is kept for nothing. A connection ends
//! when its first request does not come in time, when nothing is under way on it for long, when its client does not take
//! what is sent to it, and when it sends a body too slowly. More connections than the bound are told to come back.

pub mod activity;
pub mod crowd;
pub mod tls;

use activity::{Activity, Answered, Arriving, Patience, Standing};
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderName, HeaderValue};
use crowd::{Crowd, Place};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
/// How long answers that are no streams get at the end.
const LAST_ANSWERS: Duration = Duration::from_secs(2);
/// Most bytes of a request's head. More is answered 431.
const HEAD_BYTES: usize = 64 * 1024;
/// Most lines of a request's head. More is answered 431.
const HEAD_LINES: usize = 100;
/// Requests side by side on one HTTP/2 connection.
const STREAMS: u32 = 200;
/// Streams that a client opened and reset before they were looked at; more ends the connection ("rapid reset").
const RESET_BY_CLIENT: usize = 20;
/// Streams that we had to reset; more ends the connection ("made you reset").
const RESET_BY_US: usize = 256;
/// A dead HTTP/2 client is noticed within two of these.
const PING: Duration = Duration::from_secs(20);
/// Clients that are told side by side that there is no room; others are cut off.
const REFUSALS: usize = 64;
/// How long a client has to take its refusal.
const REFUSAL_TIME: Duration = Duration::from_secs(1);
/// How long accepting rests when the system has no more descriptors.
const ACCEPT_REST: Duration = Duration::from_secs(1);
/// A full house is said in the log this often at most.
const SAY_AGAIN: Duration = Duration::from_mins(1);

const REFUSAL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\nretry-after: 1\r\n\
    content-length: 96\r\nconnection: close\r\n\r\n\
    {\"error\":{\"message\":\"too many connections\",\"type\":\"server_error\",\"code\":\"too_many_connections\"}}";

/// What is allowed to a listener's clients.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Open connections.
    pub connections: usize,
    /// Of them, from one address.
    pub per_address: usize,
    pub patience: Patience,
}

/// Whose connections are not counted by address: proxies', which carry those of others.
pub type Exempt = Arc<dyn Fn(IpAddr) -> bool + Send + Sync>;

/// A request came over TLS that ends here.
#[derive(Clone, Copy, Debug)]
pub struct OverTls;

/// A bound socket with its rules.
pub struct Listener {
    pub socket: TcpListener,
    /// Without it, plain HTTP.
    pub tls: Option<TlsAcceptor>,
    pub bounds: Bounds,
    pub exempt: Exempt,
}

impl Listener {
    /// Serves until `draining` begins, then waits for what is under way: until `stopping`, when every stream has ended,
    /// and a moment longer for answers that are none.
    pub async fn serve(self, router: Router, draining: CancellationToken, stopping: CancellationToken) {
        let connections = TaskTracker::new();
        let end = CancellationToken::new();
        let slots = Arc::new(Semaphore::new(self.bounds.connections));
        let refusals = Arc::new(Semaphore::new(REFUSALS));
        let crowd = Crowd::default();
        let mut said: Option<Instant> = None;
        loop {
            let (stream, peer) = tokio::select! {
                accepted = accept(&self.socket) => accepted,
                () = draining.cancelled() => break,
            };
            let exempt = (self.exempt)(peer.ip());
            let place = if exempt { None } else { crowd.enter(peer.ip(), self.bounds.per_address) };
            let crowded = !exempt && place.is_none();
            let slot = if crowded { None } else { Arc::clone(&slots).try_acquire_owned().ok() };
            let Some(slot) = slot else {
                if said.is_none_or(|at| at.elapsed() > SAY_AGAIN) {
                    said = Some(Instant::now());
                    let Bounds { connections, per_address, .. } = self.bounds;
                    if crowded {
                        tracing::warn!(address = %peer.ip(), most = per_address, "too many connections from one address");
                    } else {
                        tracing::warn!(most = connections, "too many connections; new ones are refused");
                    }
                }
                if self.tls.is_none()
                    && let Ok(slot) = Arc::clone(&refusals).try_acquire_owned()
                {
                    connections.spawn(refuse(stream, slot));
                }
                continue;
            };
            let connection = Connection {
                peer,
                router: router.clone(),
                patience: self.bounds.patience,
                draining: draining.clone(),
                _room: (slot, place),
            };
            let (tls, end) = (self.tls.clone(), end.clone());
            connections.spawn(async move { end.run_until_cancelled(connection.run(stream, tls)).await });
        }
        drop(self.socket);
        connections.close();
        tokio::select! {
            () = connections.wait() => return,
            () = stopping.cancelled() => {}
        }
        // A short answer may be under way still; who never asks is not waited for.
        if timeout(LAST_ANSWERS, connections.wait()).await.is_err() {
            end.cancel();
            connections.wait().await;
        }
    }
}

/// The next connection. What goes wrong with one is no reason to stop.
async fn accept(socket: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match socket.accept().await {
            Ok(accepted) => return accepted,
            Err(error) if gone(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "no connection can be accepted");
                sleep(ACCEPT_REST).await;
            }
        }
    }
}

/// The client left before it was accepted.
fn gone(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

/// Says that there is no room. What the client sends is read: closing before it is would break its connection before it
/// has the answer.
async fn refuse(mut stream: TcpStream, _slot: OwnedSemaphorePermit) {
    let told = async {
        stream.write_all(REFUSAL).await?;
        stream.shutdown().await?;
        let mut rest = [0; 4096];
        while stream.read(&mut rest).await? > 0 {}
        Ok::<_, io::Error>(())
    };
    let _ = timeout(REFUSAL_TIME, told).await;
}

/// One client's connection.
struct Connection {
    peer: SocketAddr,
    router: Router,
    patience: Patience,
    draining: CancellationToken,
    _room: (OwnedSemaphorePermit, Option<Place>),
}

impl Connection {
    async fn run(self, stream: TcpStream, tls: Option<TlsAcceptor>) {
        // Small frames would otherwise wait 40 ms for Nagle.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY was not set");
        }
        let Some(acceptor) = tls else { return self.http(stream, false).await };
        match timeout(self.patience.head, acceptor.accept(stream)).await {
            Ok(Ok(stream)) => self.http(stream, true).await,
            Ok(Err(error)) => tracing::debug!(peer = %self.peer, %error, "no TLS connection"),
            Err(_) => tracing::debug!(peer = %self.peer, "the TLS handshake took too long"),
        }
    }

    async fn http(self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, over_tls: bool) {
        let Self { peer, router, patience, draining, _room } = self;
        let activity = Arc::new(Activity::new(patience));
        let service = hyper::service::service_fn(|request: hyper::Request<Incoming>| {
            let answering = Activity::begin(&activity);
            let router = router.clone();
            let mut request = request.map(|body| Body::new(Arriving::new(body, patience.stall)));
            request.extensions_mut().insert(ConnectInfo(peer));
            if over_tls {
                // As a proxy that ends TLS says it; cookies are `Secure` then.
                request.headers_mut().insert(FORWARDED_PROTO, HeaderValue::from_static("https"));
                request.extensions_mut().insert(OverTls);
            }
            async move {
                let Ok(response) = router.oneshot(request).await;
                Ok::<_, Infallible>(response.map(|body| Answered::new(body, answering)))
            }
        });
        let builder = protocol();
        let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
        let mut leaving = false;
        loop {
            tokio::select! {
                result = connection.as_mut() => {
                    if let Err(error) = result {
                        tracing::trace!(%peer, error, "a connection broke");
                    }
                    return;
                }
                () = draining.cancelled(), if !leaving => {
                    leaving = true;
                    activity.leave(LAST_ANSWERS);
                    connection.as_mut().graceful_shutdown();
                }
                () = sleep_until(activity.look_again()) => match activity.standing(Instant::now()) {
                    Standing::Fine => {}
                    Standing::Idle if !leaving => {
                        leaving = true;
                        activity.leave(LAST_ANSWERS);
                        connection.as_mut().graceful_shutdown();
                    }
                    standing @ (Standing::Idle | Standing::Stalled) => {
                        tracing::debug!(%peer, ?standing, "a connection is cut");
                        return;
                    }
                },
            }
        }
    }
}

/// HTTP/1.1 and HTTP/2 with their limits.
fn protocol() -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    // The time of a head is watched over by the connection, which also sees the wait before its first byte.
    builder.http1().max_buf_size(HEAD_BYTES).max_headers(HEAD_LINES).header_read_timeout(None);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(u32::try_from(HEAD_BYTES).expect("64 KiB"))
        .max_pending_accept_reset_streams(RESET_BY_CLIENT)
        .max_local_error_reset_streams(RESET_BY_US)
        .keep_alive_interval(PING)
        .keep_alive_timeout(PING);
    builder
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_refusal_is_a_whole_answer() {
        let text = std::str::from_utf8(REFUSAL).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("content-length: {}\r\n", body.len())), "{}", body.len());
        assert!(serde_json::from_str::<serde_json::Value>(body).unwrap()["error"]["code"].is_string());
    }
}
