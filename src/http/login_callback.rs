//! The page that the browser comes back to after a sign-in: `http://localhost:1455/auth/callback`.
//!
//! It stands on ports of its own, which `app::login_listener` opens and closes; this file only answers. Whoever finds
//! the port learns nothing and changes nothing without the `state` of a pending sign-in.

use crate::app::login_listener::{Door, Socket};
use crate::app::logins::{CallbackPage, Logins};
use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderName, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use axum::serve::Listener;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// What a closed door's requests under way get; an exchange may take 30 seconds.
const FINISH_LIMIT: Duration = Duration::from_secs(40);

/// Answers on every door until `shutdown`, and then for as long as requests are under way.
pub async fn run(logins: Arc<Logins>, mut doors: UnboundedReceiver<Door>, shutdown: CancellationToken) {
    let router = router(logins);
    let mut serving = JoinSet::new();
    loop {
        tokio::select! {
            door = doors.recv() => match door {
                Some(door) => {
                    for socket in door.sockets {
                        let closing = door.closing.clone();
                        serving.spawn(answer(router.clone(), socket, closing, shutdown.clone()));
                    }
                }
                None => break,
            },
            _ = serving.join_next(), if !serving.is_empty() => {}
            () = shutdown.cancelled() => break,
        }
    }
    // A door that was opened this moment is dropped here, which frees its port.
    drop(doors);
    while serving.join_next().await.is_some() {}
}

async fn answer(router: Router, socket: Socket, closing: CancellationToken, shutdown: CancellationToken) {
    let stop = CancellationToken::new();
    let serve = axum::serve(socket, router).with_graceful_shutdown(stop.clone().cancelled_owned());
    let limit = async {
        tokio::select! {
            () = closing.cancelled() => {}
            () = shutdown.cancelled() => {}
        }
        stop.cancel();
        // A browser's spare connection that never asks anything would be waited for.
        tokio::time::sleep(FINISH_LIMIT).await;
    };
    tokio::select! {
        served = serve => if let Err(error) = served {
            tracing::warn!(%error, "the sign-in callback listener failed");
        },
        () = limit => {}
    }
}

impl Listener for Socket {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        Listener::accept(&mut self.listener).await
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        TcpListener::local_addr(&self.listener)
    }
}

/// The routes: the callback, and nothing else.
pub fn router(logins: Arc<Logins>) -> Router {
    Router::new().route("/auth/callback", any(callback)).fallback(not_found).with_state(logins)
}

async fn callback(State(logins): State<Arc<Logins>>, method: Method, RawQuery(query): RawQuery) -> Response {
    // A HEAD or a POST is not a browser that comes back, and a code works once.
    if method != Method::GET {
        return not_found().await;
    }
    page(&logins.callback_from_listener(&query.unwrap_or_default()).await)
}

async fn not_found() -> Response {
    html(StatusCode::NOT_FOUND, "Not found", "There is nothing here.")
}

fn page(outcome: &CallbackPage) -> Response {
    match outcome {
        CallbackPage::Connected { provider_name, email, note } => {
            let account = email.as_deref().map_or_else(String::new, |email| format!("{email} "));
            let note = note.as_deref().map_or_else(String::new, |note| format!(" ({note})"));
            let text = format!(
                "The account {account}is connected as “{provider_name}”{note}. You can close this tab."
            );
            html(StatusCode::OK, "Signed in", &text)
        }
        CallbackPage::AlreadyDone => html(
            StatusCode::OK,
            "Already signed in",
            "This sign-in has been completed before. You can close this tab.",
        ),
        CallbackPage::Unknown => html(
            StatusCode::BAD_REQUEST,
            "Unknown sign-in",
            "No pending sign-in belongs to this address. Start again in the dashboard; a sign-in is valid for 15 minutes.",
        ),
        CallbackPage::TryAgain { message } => html(
            StatusCode::SERVICE_UNAVAILABLE,
            "Not yet",
            &format!("{message}. Reload this page in a moment to try again."),
        ),
        CallbackPage::Refused { message } => html(
            StatusCode::BAD_REQUEST,
            "The sign-in did not work",
            &format!("{message}. You can close this tab and start again in the dashboard."),
        ),
    }
}

/// A page without scripts, sub-resources or a referrer: its address holds the code.
fn html(status: StatusCode, title: &str, text: &str) -> Response {
    let (title, text) = (escape(title), escape(text));
    let body = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><meta name=\"color-scheme\" content=\"light dark\">\
         <style>body{{font:1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:20vh auto;padding:0 1rem}}</style>\
         </head><body><h1>{title}</h1><p>{text}</p></body></html>"
    );
    let headers: [(HeaderName, &str); 6] = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
        ),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONNECTION, "close"),
    ];
    (status, headers, body).into_response()
}

fn escape(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt as _;

    #[tokio::test]
    async fn what_the_issuer_says_is_shown_as_text_never_as_html() {
        let message = "<script>alert(1)</script>\"'&".to_owned();
        let response = page(&CallbackPage::Refused { message });
        assert_eq!(response.status(), StatusCode::BAD_REQUEST);
        assert_eq!(response.headers()[header::REFERRER_POLICY], "no-referrer");
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let body = String::from_utf8(body.to_vec()).unwrap();
        assert!(body.contains("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;"), "{body}");
        assert!(!body.contains("<script"));
    }
}
