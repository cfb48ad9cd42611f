//! A whole gateway in process: a simulated OpenAI, a database of its own, and any number of gateways on them.

use super::database::{TestDb, database};
use super::leaks;
use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use gateway::app::App;
use gateway::app::boot::{self, Running};
use gateway::app::logins::LoginOptions;
use gateway::app::providers::Create;
use gateway::config::Config;
use gateway::demo::simulator::{
    AccountHandle, COMPAT_KEY, RecordedRequest, Script, Simulator, SimulatorSpec,
};
use gateway::domain::access::{Actor, Role, Who};
use gateway::domain::ids::MASTER_TENANT;
use gateway::http;
use gateway::lifecycle::Shutdown;
use gateway::store::requests::{self, AttemptRow, RequestRow};
use http_body_util::BodyExt as _;
use reqwest::header::HeaderMap;
use secrecy::SecretString;
use serde_json::{Map, Value, json};
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tower::ServiceExt as _;

/// The account behind [`CODEX`].
pub const ADA: &str = "ada@example.com";
pub const GRACE: &str = "grace@example.com";
pub const LINUS: &str = "linus@example.com";
/// The provider that a plain model name goes to.
pub const CODEX: &str = "openai-codex";
/// The OpenAI-compatible one, once [`Node::add_compat`] made it.
pub const COMPAT: &str = "local";
/// The gateway's own token.
pub const TOKEN: &str = "gw_test_token";

/// What gateways run on.
pub struct World {
    pub sim: Simulator,
    pub db: TestDb,
    config: Config,
    /// Removed with it.
    _dir: TempDir,
}

/// One process of the gateway.
pub struct Node {
    pub app: Arc<App>,
    pub shutdown: Shutdown,
    running: Running,
}

/// A whole answer.
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl World {
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// With other settings.
    pub async fn with(change: impl FnOnce(&mut Config)) -> Self {
        Self::of([ADA, GRACE, LINUS], change).await
    }

    /// With other people.
    pub async fn of<const N: usize>(emails: [&str; N], change: impl FnOnce(&mut Config)) -> Self {
        let sim = Simulator::start(SimulatorSpec::with_emails(emails)).await.unwrap();
        let (db, dir) = (database().await, TempDir::new().unwrap());
        let mut config = Config::default();
        config.database.url = Some(db.url.clone().into());
        config.database.max_connections = 5;
        dir.path().clone_into(&mut config.data_dir);
        config.encryption_key = Some("5a".repeat(32).into());
        config.server.token = Some(TOKEN.into());
        config.chatgpt.issuer = sim.issuer();
        config.chatgpt.api_base = sim.api_base();
        config.agents.defaults.model = "gpt-5.5".into();
        // Who tests something else counts the requests.
        config.quota.poll = false;
        change(&mut config);
        Self { sim, db, config, _dir: dir }
    }

    /// A gateway with the account of [`ADA`] connected as [`CODEX`].
    pub async fn node(&self) -> Node {
        let node = self.bare_node().await;
        node.connect(CODEX, &self.ada()).await;
        node
    }

    /// A gateway with whatever is in the database.
    pub async fn bare_node(&self) -> Node {
        self.node_with(|_| {}).await
    }

    /// Another process on the same database, with other settings.
    pub async fn node_with(&self, change: impl FnOnce(&mut Config)) -> Node {
        let mut config = self.config.clone();
        change(&mut config);
        let shutdown = Shutdown::new();
        let running = boot::start(Arc::new(config), shutdown.clone(), false).await.unwrap();
        Node { app: running.app.clone(), shutdown, running }
    }

    pub fn ada(&self) -> AccountHandle {
        self.sim.account(ADA)
    }

    /// The next answer of the account.
    pub fn script(&self, script: Script) {
        self.ada().script(script);
    }
}

impl Node {
    /// Signs an account in, asks where its calls go, and reads its models.
    pub async fn connect(&self, name: &str, account: &AccountHandle) {
        let options = LoginOptions::default();
        self.app.logins.import(&owner(), name, &account.auth_json(), options).await.unwrap();
        self.app.reload().await.unwrap();
        self.app.placements.check_due().await.unwrap();
        self.app.models.refresh_due().await;
    }

    /// The simulator's Chat Completions endpoint as [`COMPAT`].
    pub async fn add_compat(&self, world: &World, key: &str) {
        let create = Create {
            name: COMPAT.into(),
            provider_type: "openai_compat".into(),
            display_name: None,
            api_base: Some(world.sim.compat_base()),
            api_key: Some(SecretString::from(key)),
            enabled: true,
            settings: Map::new(),
        };
        self.app.providers.create(&owner(), create).await.unwrap();
        self.app.models.refresh_due().await;
    }

    /// With the right key.
    pub async fn with_compat(world: &World) -> Self {
        let node = world.bare_node().await;
        node.add_compat(world, COMPAT_KEY).await;
        node
    }

    pub fn router(&self) -> Router {
        http::router(&self.app)
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.request("GET", path, &[], Body::empty()).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.post_with(path, &[], body).await
    }

    pub async fn post_with(&self, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        self.request("POST", path, headers, Body::from(body.to_string())).await
    }

    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        self.request("PUT", path, &[], Body::from(body.to_string())).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.request("DELETE", path, &[], Body::empty()).await
    }

    /// As the gateway's owner, unless `headers` say otherwise.
    pub async fn request(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Body) -> Answer {
        request(self.router(), method, path, headers, body).await
    }

    /// Serves on a socket; its address.
    pub async fn listen(&self) -> String {
        let listener = tokio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = self.router().into_make_service_with_connect_info::<SocketAddr>();
        self.shutdown
            .tasks()
            .spawn_until_stopped("serve", async move { axum::serve(listener, router).await.unwrap() });
        format!("http://{address}")
    }

    /// The newest request that was recorded, with its attempts, once there are `count` of them.
    pub async fn record(&self, count: usize) -> (RequestRow, Vec<AttemptRow>) {
        until("the request is recorded", async || self.records().await.len() >= count).await;
        let mut db = self.app.db.work().await.unwrap();
        let (mut rows, attempts) = requests::newest(&mut db, MASTER_TENANT, 1).await.unwrap();
        let row = rows.remove(0);
        let attempts = attempts.into_iter().filter(|a| a.request_id == row.id).collect();
        (row, attempts)
    }

    pub async fn records(&self) -> Vec<RequestRow> {
        let mut db = self.app.db.work().await.unwrap();
        requests::newest(&mut db, MASTER_TENANT, 1_000).await.unwrap().0
    }

    /// What was held against its accounts is over, as when an operator says so.
    pub fn forgive(&self) {
        let now = self.app.clock.now();
        for provider in self.app.catalogues.current().providers() {
            self.app.accounts.forgive(provider.id);
            self.app.quotas.release(provider, now);
        }
    }

    /// The state of a provider as its page shows it.
    pub fn state(&self, provider: &str) -> String {
        let catalogue = self.app.catalogues.current();
        let provider = catalogue.tenant(MASTER_TENANT).provider(provider).unwrap();
        let status = self.app.accounts.status(provider, self.app.clock.now());
        serde_json::to_value(status.state).unwrap().as_str().unwrap().to_owned()
    }

    /// The process ends, and everything that it had in memory.
    pub async fn stop(self) {
        self.shutdown.begin();
        self.shutdown.stop_streams().cancel();
        self.shutdown.tasks().stop();
        // As the program does: what is still to be written is written.
        let _ = tokio::time::timeout(Duration::from_secs(5), self.shutdown.tasks().ended()).await;
        self.running.close().await;
    }
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8(self.body.to_vec()).unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{} {}", self.status, self.text()))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The data of its events, `[DONE]` as a string.
    pub fn events(&self) -> Vec<Value> {
        events(&self.text())
    }

    /// `error.code` of an error body.
    pub fn code(&self) -> String {
        self.json()["error"]["code"].as_str().unwrap_or_else(|| panic!("{}", self.text())).to_owned()
    }
}

/// Whoever has the gateway's token, at work without a request.
pub fn owner() -> Actor {
    let tenant = MASTER_TENANT;
    Actor { tenant, role: Role::Owner, who: Who::Token, name: "token".into(), from: None, request: None }
}

/// As the gateway's owner, unless `headers` say otherwise. Who asks often makes the router once.
pub async fn request(
    router: Router,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Body,
) -> Answer {
    let mut request = axum::http::Request::builder().method(method).uri(path);
    if !headers.iter().any(|(name, _)| *name == "authorization") {
        request = request.header("authorization", format!("Bearer {TOKEN}"));
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = router.oneshot(request.body(body).unwrap()).await.unwrap();
    let (head, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    leaks::assert_none(method, path, &head.headers, &body);
    Answer { status: head.status.as_u16(), headers: head.headers, body }
}

/// The newest model request of an account. Others, such as for its model list, come beside it at any time.
pub fn last_turn(account: &AccountHandle) -> RecordedRequest {
    account.last_requests().into_iter().rfind(|request| request.method == "POST").unwrap()
}

/// The data of a stream's events, `[DONE]` as a string.
pub fn events(stream: &str) -> Vec<Value> {
    let data = stream.lines().filter_map(|line| line.strip_prefix("data: "));
    data.map(|data| serde_json::from_str(data).unwrap_or_else(|_| json!(data))).collect()
}

/// Looks until it is so.
pub async fn until<F: Future<Output = bool>>(what: &str, condition: impl Fn() -> F) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !condition().await {
        assert!(Instant::now() < deadline, "not within 20 seconds: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
