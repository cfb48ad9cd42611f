//! A simulated OpenAI on loopback: issuer, ChatGPT backend, and a Chat Completions endpoint, in one axum server.
//!
//! It stands for what the gateway talks to, in `gateway demo` and in every test: in process through [`Simulator`] and
//! [`AccountHandle`], over HTTP through `/__sim/…`. It depends on nothing else of the crate, so it cannot share a
//! mistake with it. It is as strict about a request as the real backend is known to be ([`validate`]), and as
//! inventive with answers as a test needs ([`Script`]).
//!
//! What a prompt makes the model do: naming an offered tool (or "use the tool") calls it, with the JSON object that
//! follows the name as its arguments; `[use-shell]` runs `echo hello-from-tool` through a shell function;
//! `[use-exec]` does so through the Lite shape's `exec`; `[say] …` is answered with the rest of it, word by word; after a tool's output the answer quotes it; a JSON schema
//! gets a minimal instance; anything else gets "You said: …".

mod account_calls;
mod answer;
mod call;
mod chaos;
mod compat;
mod control;
mod device;
mod events;
mod frames;
mod html;
mod ids;
mod limits;
mod models;
mod net;
mod oauth;
mod refusal;
mod responses;
mod schema;
mod script;
mod sealed;
mod spec;
mod state;
mod stream;
mod tokens;
mod validate;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub use chaos::{Chaos, Fault, Spare};
pub use compat::COMPAT_KEY;
pub use limits::UsageChange;
pub use script::{
    Chunking, Cut, CutMode, Endpoint, Failure, FailureFrame, Garbage, Script, Source, StreamScript,
};
pub use spec::{AccountSpec, RedirectPorts, SimulatorSpec, WindowShape};
pub use state::{AccountHandle, COMPAT, Counters, RecordedRequest};
pub use tokens::{CLIENT_ID, TokenSet};

use state::Shared;

/// A running simulator. Dropping it closes every connection.
#[derive(Debug)]
pub struct Simulator {
    shared: Arc<Shared>,
    closing: CancellationToken,
    server: JoinHandle<()>,
}

impl Simulator {
    /// Listens and serves. Fails when the address is taken.
    pub async fn start(spec: SimulatorSpec) -> io::Result<Self> {
        let closing = CancellationToken::new();
        let (listener, bound) = net::SimListener::bind(spec.bind, closing.clone()).await?;
        let shared = Arc::new(Shared::new(spec, format!("http://{bound}")));
        let service = router(Arc::clone(&shared)).into_make_service_with_connect_info::<net::Conn>();
        let serve = axum::serve(listener, service).with_graceful_shutdown(closing.clone().cancelled_owned());
        #[expect(clippy::disallowed_methods, reason = "the simulator owns its task and aborts it on drop")]
        let server = tokio::spawn(async move {
            // It ends when the simulator stops, and not otherwise.
            let _ = serve.await;
        });
        Ok(Self { shared, closing, server })
    }

    /// `http://127.0.0.1:<port>`.
    pub fn url(&self) -> String {
        self.shared.url.clone()
    }

    /// The OAuth issuer; the same address.
    pub fn issuer(&self) -> String {
        self.url()
    }

    /// `{url}/backend-api`, what stands for `https://chatgpt.com/backend-api`.
    pub fn api_base(&self) -> String {
        format!("{}/backend-api", self.shared.url)
    }

    /// `{url}/compat/v1`, an OpenAI-compatible base; its key is [`COMPAT_KEY`].
    pub fn compat_base(&self) -> String {
        format!("{}/compat/v1", self.shared.url)
    }

    /// The account with this address.
    ///
    /// # Panics
    /// When there is none: a mistake in the test.
    pub fn account(&self, email: &str) -> AccountHandle {
        let index =
            self.shared.find(email).unwrap_or_else(|| panic!("the simulator has no account `{email}`"));
        AccountHandle { shared: Arc::clone(&self.shared), index }
    }

    /// Every account, in the order of the spec, without the one of the compatible endpoint.
    pub fn accounts(&self) -> Vec<AccountHandle> {
        (0..self.shared.compat())
            .map(|index| AccountHandle { shared: Arc::clone(&self.shared), index })
            .collect()
    }

    /// Scripts and counters of the Chat Completions endpoint.
    pub fn compat(&self) -> AccountHandle {
        AccountHandle { shared: Arc::clone(&self.shared), index: self.shared.compat() }
    }

    /// What a person does on the authorize page, without a browser: the URL the browser is sent to. `None` denies.
    /// The error says what is wrong with the authorize URL.
    pub fn authorize(&self, authorize_url: &str, email: Option<&str>) -> Result<String, String> {
        let (_, query) = authorize_url.split_once('?').ok_or("the authorize URL has no query")?;
        oauth::decide(&self.shared, query, email)
    }

    /// What a person does on the device page, without a browser. `None` denies.
    pub fn decide_device(&self, user_code: &str, email: Option<&str>) -> Result<(), String> {
        device::decide(&self.shared, user_code, email)
    }

    /// Stops accepting, breaks every connection, waits for the server to end.
    pub async fn shutdown(mut self) {
        self.closing.cancel();
        // Broken connections end by themselves; a handler that never yields must not hold us.
        let _ = tokio::time::timeout(Duration::from_secs(5), &mut self.server).await;
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.closing.cancel();
        self.server.abort();
    }
}

async fn not_found() -> Response {
    (StatusCode::NOT_FOUND, axum::Json(serde_json::json!({ "detail": "Not Found" }))).into_response()
}

fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/oauth/authorize", get(oauth::authorize_page).post(oauth::authorize_choice))
        .route("/oauth/token", post(oauth::token))
        .route("/oauth/revoke", post(oauth::revoke))
        .route("/api/accounts/deviceauth/usercode", post(device::user_code))
        .route("/api/accounts/deviceauth/token", post(device::poll))
        .route("/codex/device", get(device::page).post(device::submit))
        .route("/deviceauth/callback", get(device::callback))
        .route("/backend-api/codex/responses", post(responses::create).get(responses::upgrade))
        .route("/backend-api/codex/models", get(account_calls::model_list))
        .route("/backend-api/wham/usage", get(account_calls::usage))
        .route("/backend-api/wham/accounts/check", get(account_calls::accounts_check))
        .route("/backend-api/wham/rate-limit-reset-credits", get(account_calls::reset_credits))
        .route(
            "/backend-api/wham/rate-limit-reset-credits/consume",
            post(account_calls::consume_reset_credit),
        )
        .route("/backend-api/wham/settings/user", get(account_calls::user_settings))
        .route("/compat/v1/chat/completions", post(compat::chat))
        .route("/compat/v1/models", get(compat::model_list))
        .merge(control::router())
        .fallback(not_found)
        .layer(DefaultBodyLimit::max(64 * 1024 * 1024))
        .with_state(shared)
}
