//! One database, one simulated OpenAI, any number of gateways on them.

use crate::support::database::{TestDb, database};
use crate::support::world::owner;
use chrono::{DateTime, Utc};
use gateway::app::clock::{Clock, ManualClock};
use gateway::app::login_listener::ListenerSettings;
use gateway::app::logins::{
    BrowserStart, DeviceStart, LoginError, LoginOptions, LoginParts, LoginSettings, LoginStatus, Logins,
    Progress, Started,
};
use gateway::app::tokens::{Tokens, TokensDeps};
use gateway::app::vault::{EncryptionKey, KeyRing, Vault};
use gateway::demo::simulator::{AccountHandle, RedirectPorts, Simulator, SimulatorSpec};
use gateway::domain::ids::{LoginId, MASTER_TENANT, TenantId};
use gateway::http::login_callback;
use gateway::store::grants::{self, GrantRow};
use gateway::store::providers::{self, ProviderRow};
use gateway::upstream::http_client;
use gateway::upstream::openai_auth::{OpenAiAuth, OpenAiAuthConfig};
use sqlx::Row as _;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub const ADA: &str = "ada@example.com";
pub const GRACE: &str = "grace@example.com";

pub struct World {
    pub db: TestDb,
    pub sim: Simulator,
    pub vault: Vault,
    pub clock: Clock,
    pub hand: ManualClock,
    ports: Vec<u16>,
}

/// One process of the gateway.
pub struct Gateway {
    pub logins: Arc<Logins>,
    pub tokens: Tokens,
    pub tracker: TaskTracker,
    pub shutdown: CancellationToken,
}

/// A page as a browser sees it.
pub struct Page {
    pub status: u16,
    pub text: String,
}

impl World {
    pub async fn new() -> Self {
        let mut spec = SimulatorSpec::with_emails([ADA, GRACE]);
        spec.redirect_ports = RedirectPorts::Any;
        let sim = Simulator::start(spec).await.unwrap();
        let ring = KeyRing { primary: EncryptionKey::generate(), others: Vec::new() };
        let (clock, hand) = Clock::manual(Clock::system().now());
        let ports = vec![free_port().await, free_port().await];
        Self { db: database().await, sim, vault: Vault::new(ring), clock, hand, ports }
    }

    pub fn ports(&self) -> &[u16] {
        &self.ports
    }

    pub fn account(&self, email: &str) -> AccountHandle {
        self.sim.account(email)
    }

    /// A gateway with the clock that the test moves.
    pub fn gateway(&self) -> Gateway {
        self.gateway_with(self.clock.clone())
    }

    /// A gateway whose time passes by itself.
    pub fn running_gateway(&self) -> Gateway {
        self.gateway_with(Clock::system())
    }

    fn gateway_with(&self, clock: Clock) -> Gateway {
        let config = OpenAiAuthConfig::new(self.sim.issuer().parse().unwrap());
        let auth = OpenAiAuth::new(http_client::build(Duration::from_secs(10)).unwrap(), config);
        let (tracker, shutdown) = (TaskTracker::new(), CancellationToken::new());
        let tokens = Tokens::new(TokensDeps {
            db: self.db.db.clone(),
            vault: self.vault.clone(),
            clock: clock.clone(),
            auth: auth.clone(),
            tracker: tracker.clone(),
        });
        let listener = ListenerSettings { ports: self.ports.clone(), ..ListenerSettings::default() };
        let (logins, doors) = Logins::new(LoginParts {
            db: self.db.db.clone(),
            vault: self.vault.clone(),
            tokens: tokens.clone(),
            clock,
            auth,
            settings: LoginSettings { listener, ..LoginSettings::default() },
            tracker: tracker.clone(),
            shutdown: shutdown.clone(),
        });
        tracker.spawn(login_callback::run(Arc::clone(&logins), doors, shutdown.clone()));
        Gateway { logins, tokens, tracker, shutdown }
    }

    pub async fn provider(&self, name: &str) -> Option<ProviderRow> {
        let mut db = self.db.pool.acquire().await.unwrap();
        providers::get_by_name(&mut db, MASTER_TENANT, name).await.unwrap()
    }

    pub async fn grant(&self, name: &str) -> Option<GrantRow> {
        let provider = self.provider(name).await?;
        let mut db = self.db.pool.acquire().await.unwrap();
        grants::get(&mut db, MASTER_TENANT, provider.id).await.unwrap()
    }

    pub async fn add_provider(&self, name: &str, provider_type: &str) {
        let id = self.clock.new_id();
        self.sql(&format!(
            "insert into providers (id, tenant_id, name, provider_type, created_at, updated_at)
             values ('{id}', '{MASTER_TENANT}', '{name}', '{provider_type}', now(), now())"
        ))
        .await;
    }

    pub async fn add_tenant(&self) -> TenantId {
        let id = TenantId(self.clock.new_id());
        self.sql(&format!("insert into tenants values ('{id}', 'other', 'Other', now())")).await;
        id
    }

    pub async fn sql(&self, sql: &str) -> u64 {
        sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&self.db.pool).await.unwrap().rows_affected()
    }

    /// Every row of a table as text.
    pub async fn dump(&self, table: &str) -> String {
        let sql = format!("select coalesce(string_agg(to_jsonb(t)::text, ' '), '') from {table} t");
        sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_one(&self.db.pool).await.unwrap().get(0)
    }

    /// What the person does on the issuer's page: where the browser is sent.
    pub fn agree(&self, auth_url: &str, email: &str) -> String {
        self.sim.authorize(auth_url, Some(email)).unwrap()
    }

    pub fn refuse(&self, auth_url: &str) -> String {
        self.sim.authorize(auth_url, None).unwrap()
    }

    /// A whole browser sign-in by paste.
    pub async fn connect(&self, gateway: &Gateway, name: &str, email: &str) {
        let begun = gateway.browser(name).await;
        let redirect = self.agree(&begun.auth_url, email);
        gateway.logins.callback(&owner(), name, &redirect).await.unwrap();
    }
}

impl Gateway {
    pub async fn browser(&self, name: &str) -> BrowserStart {
        self.browser_with(name, LoginOptions::default()).await.unwrap()
    }

    pub async fn browser_with(&self, name: &str, options: LoginOptions) -> Result<BrowserStart, LoginError> {
        match self.logins.start_browser(&owner(), name, options).await? {
            Started::Begun(begun) => Ok(begun),
            Started::AlreadyAuthenticated => panic!("{name} is signed in"),
        }
    }

    pub async fn device(&self, name: &str) -> DeviceStart {
        match self.logins.start_device(&owner(), name, LoginOptions::default()).await.unwrap() {
            Started::Begun(begun) => begun,
            Started::AlreadyAuthenticated => panic!("{name} is signed in"),
        }
    }

    pub async fn status(&self, name: &str) -> LoginStatus {
        self.logins.status(MASTER_TENANT, name).await.unwrap()
    }

    /// The progress of the newest sign-in, which is this one.
    pub async fn progress(&self, name: &str, login: LoginId) -> Progress {
        let pending = self.status(name).await.pending.unwrap();
        assert_eq!(pending.login_id, login);
        pending.progress
    }

    /// The process ends, and everything that it had in memory.
    pub async fn stop(self) {
        self.shutdown.cancel();
        self.tracker.close();
        tokio::time::timeout(Duration::from_secs(10), self.tracker.wait()).await.unwrap();
    }
}

pub fn force() -> LoginOptions {
    LoginOptions { force: true, ..LoginOptions::default() }
}

pub fn code_of(error: &Progress) -> &str {
    match error {
        Progress::Failed { code, .. } => code,
        other => panic!("{other:?}"),
    }
}

/// Opens an address as a browser does, on the loopback that `host` says instead of `localhost`.
pub async fn open(url: &str, host: &str) -> Page {
    let url = url.replacen("localhost", host, 1);
    let response = http_client::build(Duration::from_secs(10)).unwrap().get(url).send().await.unwrap();
    Page { status: response.status().as_u16(), text: response.text().await.unwrap() }
}

pub async fn is_listening(port: u16) -> bool {
    tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok()
}

pub async fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port()
}

/// Looks until it is so.
pub async fn until<F: Future<Output = bool>>(what: &str, condition: impl Fn() -> F) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !condition().await {
        assert!(Instant::now() < deadline, "not within 20 seconds: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

pub fn in_minutes(now: DateTime<Utc>, minutes: i64) -> DateTime<Utc> {
    now + chrono::TimeDelta::minutes(minutes)
}
