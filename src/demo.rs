//! `gateway demo` and the simulated OpenAI behind it.

mod history;
pub mod simulator;

use crate::app::App;
use crate::app::logins::LoginOptions;
use crate::app::providers::Update;
use crate::config::Config;
use crate::domain::access::Actor;
use crate::domain::ids::MASTER_TENANT;
use crate::http;
use anyhow::Context as _;
use axum::body::Body;
use axum::http::{Request, header};
use http_body_util::BodyExt as _;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use simulator::{AccountHandle, Failure, Script, Simulator, SimulatorSpec, StreamScript};
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use std::time::Duration;
use tower::ServiceExt as _;

/// The providers of the demo, the pool's owner first; the simulator's further accounts are for trying the sign-in.
const PROVIDERS: [&str; 3] = ["openai-codex", "codex-grace", "codex-linus"];
/// What the traffic asks.
const QUESTIONS: [&str; 6] = [
    "Name three uses of a lighthouse.",
    "Why is the sky blue at noon and red in the evening?",
    "Write a haiku about a queue that is never empty.",
    "Which number comes next: 1, 1, 2, 3, 5?",
    "Explain rate limits to a ten-year-old.",
    "What would you pack for a week at sea?",
];
/// So many questions make a conversation.
const TURNS: usize = 2;
/// Every so many questions, an account fails at one.
const TROUBLE: usize = 9;

/// Everything that the demo is played on: a simulator, and a directory that goes with it.
#[derive(Debug)]
pub struct Stage {
    simulator: Simulator,
    config: Arc<Config>,
    directory: tempfile::TempDir,
}

impl Stage {
    /// Starts the simulator, and points the settings at it and at an empty directory. Whatever real account the
    /// settings know is not touched.
    pub async fn set(mut config: Config, simulator_port: u16) -> anyhow::Result<Self> {
        let directory = tempfile::Builder::new()
            .prefix("gateway-demo-")
            // The embedded Postgres of root runs as another user, who has to get in.
            .permissions(std::fs::Permissions::from_mode(0o755))
            .tempdir()
            .context("no temporary directory can be made")?;
        let mut spec = SimulatorSpec::demo();
        spec.bind = SocketAddr::from((Ipv4Addr::LOCALHOST, simulator_port));
        let simulator = Simulator::start(spec).await.context("the simulated OpenAI can't be started")?;
        config.database.url = None;
        config.data_dir = directory.path().to_owned();
        config.encryption_key = None;
        config.encryption_keys_previous = Vec::new();
        config.chatgpt.issuer = simulator.issuer();
        config.chatgpt.api_base = simulator.api_base();
        PROVIDERS[0].clone_into(&mut config.agents.defaults.provider);
        Ok(Self { simulator, config: Arc::new(config), directory })
    }

    /// The settings of the demo.
    pub fn config(&self) -> Arc<Config> {
        self.config.clone()
    }

    /// Where the simulator listens.
    pub fn simulator_url(&self) -> String {
        self.simulator.url()
    }

    /// Signs the demo's accounts in, as an import of the CLI's file does, lets them take turns, and gives them a past.
    pub async fn connect_accounts(&self, app: &App) -> anyhow::Result<()> {
        let gateway = Actor::gateway(MASTER_TENANT);
        for (name, account) in PROVIDERS.iter().zip(self.simulator.accounts()) {
            app.logins.import(&gateway, name, &account.auth_json(), LoginOptions::default()).await?;
        }
        app.reload().await?;
        let [owner, members @ ..] = PROVIDERS;
        let pool = json!({"strategy": "round_robin", "extra_provider_names": members});
        let settings = Some(serde_json::Map::from_iter([("codex_pool".to_owned(), pool)]));
        app.providers.update(&gateway, owner, Update { settings, ..Update::default() }).await?;
        app.models.refresh_due().await;
        history::write(app, &PROVIDERS).await.context("the demo's past can't be written")
    }

    /// Light traffic over the pool, through the gateway's own front door, until the process ends. Now and then an
    /// account fails, so that another one steps in.
    pub fn begin_traffic(&self, app: &Arc<App>, token: SecretString) {
        let app = app.clone();
        let tasks = app.shutdown.tasks().clone();
        let accounts = self.simulator.accounts();
        tasks.spawn_until_stopped("demo_traffic", async move {
            let router = http::router(&app);
            for n in 0_usize.. {
                tokio::time::sleep(Duration::from_millis(2_500 + 700 * (n as u64 % 5))).await;
                if n % TROUBLE == TROUBLE - 1 {
                    fail_once(&accounts[n / TROUBLE % PROVIDERS.len()], n / TROUBLE);
                }
                let ask = question(n, &token);
                let Ok(response) = router.clone().oneshot(ask).await;
                if let Err(error) = response.into_body().collect().await {
                    tracing::debug!(%error, "a demo answer broke off");
                }
            }
        });
    }

    /// Ends the simulator and removes the directory.
    pub async fn strike(self) {
        self.simulator.shutdown().await;
        if let Err(error) = self.directory.close() {
            tracing::warn!(%error, "the demo's directory was not removed");
        }
    }
}

/// Lets the account fail at its next request, each time in another way.
fn fail_once(account: &AccountHandle, kind: usize) {
    account.script(match kind % 3 {
        0 => Script::status(502, json!({"error": {"message": "Bad gateway"}})),
        1 => Script::Reset,
        _ => Script::stream(StreamScript::failing(Failure::before_output(
            "server_is_overloaded",
            "Our servers are currently overloaded. Please try again later.",
        ))),
    });
}

/// The `n`th question; those of one conversation name it, and repeat what was asked before.
fn question(n: usize, token: &SecretString) -> Request<Body> {
    let (conversation, turn) = (n / TURNS, n % TURNS);
    let asked = (0..=turn).map(|turn| QUESTIONS[(conversation + 3 * turn) % QUESTIONS.len()]);
    let messages: Vec<_> = asked.map(|text| json!({"role": "user", "content": text})).collect();
    let (path, content) = if conversation.is_multiple_of(2) {
        ("/v1/responses", "input")
    } else {
        ("/v1/chat/completions", "messages")
    };
    let body = json!({
        "model": "gpt-5.5", "stream": true, "prompt_cache_key": format!("demo-{conversation}"), content: messages,
    });
    Request::post(path)
        .header(header::AUTHORIZATION, format!("Bearer {}", token.expose_secret()))
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(body.to_string()))
        .expect("the parts are valid")
}
