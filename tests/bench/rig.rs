//! What is measured: the simulated OpenAI in this process, and the real program before it in another.

use anyhow::{Context as _, bail};
use gateway::demo::simulator::{AccountHandle, AccountSpec, Script, Simulator, SimulatorSpec};
use gateway::upstream::http_client;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// The provider that plain model names go to.
const PROVIDER: &str = "openai-codex";
const TOKEN: &str = "gw_bench";
/// The first start of a debug build on a busy machine takes seconds.
const PATIENCE: Duration = Duration::from_mins(1);

/// The simulator, on threads of its own.
pub struct Upstream {
    simulator: Simulator,
    /// Where its tasks run. Dropped last.
    _runtime: Runtime,
}

impl Upstream {
    /// With so many accounts, none of which ever runs dry, and all of which give the same answer.
    pub fn start(accounts: usize, answer: &str) -> anyhow::Result<Self> {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().thread_name("simulator").enable_all().build()?;
        let accounts = (0..accounts).map(|n| {
            let mut account = AccountSpec::new(&format!("bench-{n}@example.com"));
            (account.five_hour_cost, account.weekly_cost) = (0.0, 0.0);
            account
        });
        let mut spec = SimulatorSpec::new(accounts.collect());
        spec.pace = Duration::ZERO;
        let simulator = runtime.block_on(Simulator::start(spec)).context("the simulator does not start")?;
        for account in simulator.accounts() {
            account.set_default(Script::text(answer));
        }
        Ok(Self { simulator, _runtime: runtime })
    }

    pub fn account(&self, at: usize) -> AccountHandle {
        self.simulator.accounts().swap_remove(at)
    }

    pub fn address(&self) -> anyhow::Result<SocketAddr> {
        Ok(self.simulator.url().trim_start_matches("http://").parse()?)
    }
}

/// A database of its own.
pub struct Database {
    pub url: url::Url,
    name: String,
}

impl Database {
    pub async fn new() -> anyhow::Result<Self> {
        let name = format!("gateway_bench_{}", uuid::Uuid::now_v7().simple());
        on_server(format!("create database {name}")).await?;
        let mut url = server()?;
        url.set_path(&name);
        Ok(Self { url, name })
    }

    pub async fn drop(self) -> anyhow::Result<()> {
        on_server(format!("drop database {} with (force)", self.name)).await
    }
}

/// A running gateway with one account, or a pool of several, on a database of its own. It ends when this is dropped.
pub struct Gateway {
    pub address: SocketAddr,
    /// How many accounts it has.
    pub accounts: usize,
    child: Child,
    database: Option<Database>,
    directory: tempfile::TempDir,
}

impl Gateway {
    /// Starts the program and waits until it can serve the accounts, which take turns when there are several.
    pub async fn start(
        program: &Path,
        upstream: &Upstream,
        accounts: &[AccountHandle],
    ) -> anyhow::Result<Self> {
        let directory = tempfile::Builder::new().prefix("gateway-bench-").tempdir()?;
        let database = Database::new().await?;
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let log = std::fs::File::create(directory.path().join("log"))?;
        // Nothing of the caller's settings: neither environment nor files.
        let child = Command::new(program)
            .env_clear()
            .env("HOME", directory.path())
            .env("GATEWAY_TOKEN", TOKEN)
            .env("GATEWAY_POSTGRES_DSN", database.url.as_str())
            .env("GATEWAY_CHATGPT_ISSUER", upstream.simulator.issuer())
            .env("GATEWAY_CHATGPT_API_BASE", upstream.simulator.api_base())
            .arg("--port")
            .arg(port.to_string())
            .arg("--data-dir")
            .arg(directory.path().join("data"))
            .current_dir(directory.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .with_context(|| format!("{} does not start", program.display()))?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let database = Some(database);
        let mut gateway = Self { address, accounts: accounts.len(), child, database, directory };
        let connected = gateway.connect(accounts).await;
        connected.with_context(|| format!("the gateway's log ends with:\n{}", gateway.log()))?;
        Ok(gateway)
    }

    /// The process's id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    async fn connect(&mut self, accounts: &[AccountHandle]) -> anyhow::Result<()> {
        let http = http_client::build(Duration::from_secs(5))?;
        let base = format!("http://{}", self.address);
        let deadline = Instant::now() + PATIENCE;
        while !http.get(format!("{base}/readyz")).send().await.is_ok_and(|r| r.status().is_success()) {
            if let Some(status) = self.child.try_wait()? {
                bail!("it ended: {status}");
            }
            wait_until(deadline, "ready").await?;
        }
        let names: Vec<String> = (0..accounts.len()).map(provider).collect();
        for (account, name) in accounts.iter().zip(&names) {
            let import = http
                .post(format!("{base}/v1/auth/chatgpt/{name}/import"))
                .bearer_auth(TOKEN)
                .json(&json!({"auth_json": account.auth_json()}));
            taken("the account", import).await?;
        }
        if names.len() > 1 {
            let pool = json!({"strategy": "round_robin", "extra_provider_names": names[1..]});
            let put = http
                .put(format!("{base}/v1/providers/{PROVIDER}"))
                .bearer_auth(TOKEN)
                .json(&json!({"settings": {"codex_pool": pool}}));
            taken("the pool", put).await?;
        }
        loop {
            let models: Value =
                http.get(format!("{base}/v1/models")).bearer_auth(TOKEN).send().await?.json().await?;
            if models["data"].as_array().is_some_and(|list| list.iter().any(|model| model["id"] == MODEL)) {
                return Ok(());
            }
            wait_until(deadline, "sure of the account's models").await?;
        }
    }

    fn log(&self) -> String {
        let log = std::fs::read_to_string(self.directory.path().join("log")).unwrap_or_default();
        let from = log.lines().count().saturating_sub(20);
        log.lines().skip(from).collect::<Vec<_>>().join("\n")
    }

    /// Ends the program and takes its database away.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        match self.database.take() {
            Some(database) => database.drop().await,
            None => Ok(()),
        }
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The name of an account's provider, by its place.
fn provider(at: usize) -> String {
    if at == 0 { PROVIDER.to_owned() } else { format!("{PROVIDER}-{at}") }
}

async fn taken(what: &str, request: reqwest::RequestBuilder) -> anyhow::Result<()> {
    let response = request.send().await?;
    let status = response.status();
    let told = response.text().await?;
    if !status.is_success() {
        bail!("{what} was not taken, {status}: {told}");
    }
    Ok(())
}

async fn wait_until(deadline: Instant, what: &str) -> anyhow::Result<()> {
    if Instant::now() > deadline {
        bail!("the gateway is not {what} after {} s", PATIENCE.as_secs());
    }
    tokio::time::sleep(Duration::from_millis(20)).await;
    Ok(())
}

fn server() -> anyhow::Result<url::Url> {
    let url = std::env::var("GATEWAY_TEST_POSTGRES").context(
        "GATEWAY_TEST_POSTGRES is not set: run `make bench`, or `.ci/test-postgres.sh cargo bench`",
    )?;
    url::Url::parse(&url).context("GATEWAY_TEST_POSTGRES is no URL")
}

async fn on_server(sql: String) -> anyhow::Result<()> {
    let mut server = PgConnection::connect(server()?.as_str()).await?;
    server.execute(AssertSqlSafe(sql)).await?;
    Ok(server.close().await?)
}

/// The model that everything asks for.
pub const MODEL: &str = "gpt-5.5";

/// The owner's token.
pub const BEARER: &str = TOKEN;
