//! From the settings to a running application, read from top to bottom like a recipe.

use crate::app::access::{self, Access};
use crate::app::agents::Agents;
use crate::app::audit::Audit;
use crate::app::catalogue::Catalogues;
use crate::app::clock::Clock;
use crate::app::events::Events;
use crate::app::gateway::Gateway;
use crate::app::health::Accounts;
use crate::app::health::homes::{self, HomeSharing};
use crate::app::health::share::Sharing;
use crate::app::keys::{KeyParts, KeyRing, Keys};
use crate::app::limits::{LimitParts, Limits};
use crate::app::login_listener::{Door, ListenerSettings};
use crate::app::logins::{LoginParts, LoginSettings, Logins};
use crate::app::mcp::{McpParts, McpServers};
use crate::app::models::Models;
use crate::app::people::{People, PeopleParts};
use crate::app::placements::Placements;
use crate::app::providers::Providers;
use crate::app::quota::{QuotaParts, Quotas};
use crate::app::records::Recorder;
use crate::app::runs::{RunParts, Runs, process_number};
use crate::app::sessions::Sessions;
use crate::app::tenants::Tenants;
use crate::app::tokens::{Tokens, TokensDeps};
use crate::app::tools::{Toolbox, ToolboxParts};
use crate::app::traces::Traces;
use crate::app::vault::Vault;
use crate::app::vault::keys::{self, KeySource};
use crate::app::{App, background, events, records};
use crate::config::Config;
use crate::lifecycle::{Shutdown, Tasks};
use crate::store::db::{Db, PoolSettings};
use crate::store::embedded::{self, Embedded, EmbeddedSettings};
use crate::telemetry::metrics::Metrics;
use crate::upstream::codex::CodexClient;
use crate::upstream::http_client;
use crate::upstream::mcp;
use crate::upstream::openai_auth::{OpenAiAuth, OpenAiAuthConfig};
use crate::upstream::openai_compatible::CompatibleClient;
use crate::upstream::web::WebClient;
use anyhow::Context as _;
use arc_swap::ArcSwap;
use secrecy::{ExposeSecret, SecretString};
use sqlx::postgres::PgConnectOptions;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio_util::task::TaskTracker;

/// A started application.
pub struct Running {
    pub app: Arc<App>,
    /// The sign-in pages to serve, for `http::login_callback`.
    pub doors: UnboundedReceiver<Door>,
    /// The gateway's token, when it was made at this start.
    pub new_token: Option<SecretString>,
    database: Database,
    /// Refreshes and exchanges that must not be cut off.
    careful: TaskTracker,
}

/// A database that was opened, with the embedded server when that is ours.
#[derive(Debug)]
pub struct Database {
    pub db: Db,
    embedded: Option<Embedded>,
}

impl Database {
    /// Closes the pool, and stops the server when it is ours. A connection that is still in use is not waited for
    /// long.
    pub async fn close(self) {
        if tokio::time::timeout(Duration::from_secs(2), self.db.close()).await.is_err() {
            tracing::debug!("a database connection is still in use");
        }
        if let Some(embedded) = self.embedded {
            embedded.stop().await;
        }
    }
}

/// Opens the configured database, else the embedded one. With `shared`, the embedded one of a gateway that runs on
/// this data directory will do.
pub async fn open_database(config: &Config, shared: bool) -> anyhow::Result<Database> {
    let (options, embedded) = match &config.database.url {
        Some(url) => {
            let options: PgConnectOptions =
                url.expose_secret().parse().context("database.url is not a Postgres URL")?;
            (options, None)
        }
        None => {
            prepare_data_dir(&config.data_dir)?;
            let running = if shared { embedded::connect_running(&config.data_dir).await } else { None };
            match running {
                Some(options) => (options, None),
                None => {
                    let mut settings = EmbeddedSettings::new(&config.data_dir);
                    settings.bin_dir.clone_from(&config.database.embedded.bin_dir);
                    let server = Embedded::start(&settings).await?;
                    (server.connect_options(), Some(server))
                }
            }
        }
    };
    let settings =
        PoolSettings { max_connections: config.database.max_connections, ..PoolSettings::default() };
    let db = Db::connect(options, settings).await.context("the database can't be reached")?;
    Ok(Database { db, embedded })
}

/// Where the keys are.
pub fn key_source(config: &Config) -> KeySource {
    KeySource {
        data_dir: config.data_dir.clone(),
        configured: config.encryption_key.clone(),
        previous: config.encryption_keys_previous.clone(),
        shared_database: config.database.url.is_some(),
    }
}

/// Makes the data directory. Others may pass through it (the embedded Postgres is another user's when we are root),
/// and what is secret in it has its own mode.
pub fn prepare_data_dir(path: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(path)
        .with_context(|| format!("the data directory {} can't be made", path.display()))
}

/// The gateway's token: configured, else kept in the data directory. The flag tells whether it was made just now.
pub fn gateway_token(config: &Config) -> anyhow::Result<(SecretString, bool)> {
    if let Some(token) = &config.server.token {
        return Ok((token.clone(), false));
    }
    prepare_data_dir(&config.data_dir)?;
    access::load_or_make_token(&config.data_dir)
        .with_context(|| format!("the token in {} can't be read or made", config.data_dir.display()))
}

/// Starts everything but the sockets. When that fails, nothing is left running.
pub async fn start(config: Arc<Config>, shutdown: Shutdown, demo: bool) -> anyhow::Result<Running> {
    let database = open_database(&config, false).await?;
    match assemble(config, shutdown.clone(), demo, database.db.clone()).await {
        Ok(Assembled { app, doors, new_token, careful }) => {
            Ok(Running { app, doors, new_token, database, careful })
        }
        Err(error) => {
            shutdown.begin();
            shutdown.tasks().stop();
            database.close().await;
            Err(error)
        }
    }
}

/// What stands on a database.
struct Assembled {
    app: Arc<App>,
    doors: UnboundedReceiver<Door>,
    new_token: Option<SecretString>,
    careful: TaskTracker,
}

async fn assemble(config: Arc<Config>, shutdown: Shutdown, demo: bool, db: Db) -> anyhow::Result<Assembled> {
    let clock = Clock::system();
    db.migrate().await.context("the database can't be migrated")?;

    prepare_data_dir(&config.data_dir)?;
    let opened = keys::open(&db, &key_source(&config), &clock).await?;
    for warning in &opened.warnings {
        tracing::warn!("{warning}");
    }
    let vault = opened.vault;
    let (token, is_new) = gateway_token(&config)?;
    let ring = Arc::new(KeyRing::default());
    let access = Access::new(&token, clock.clone()).with_keys(ring.clone());

    let Upstreams { auth, codex, compatible, web } = upstreams(&config)?;
    let careful = TaskTracker::new();
    let SignIns { tokens, logins, doors } = sign_ins(&config, &db, &vault, &clock, auth, &careful, &shutdown);
    tokens.load().await?;

    let config = Arc::new(ArcSwap::new(config));
    let catalogues = Arc::new(Catalogues::new(db.clone(), vault.clone(), config.clone()));
    catalogues.reload().await?;
    let models = Arc::new(Models {
        db: db.clone(),
        clock: clock.clone(),
        config: config.clone(),
        catalogues: catalogues.clone(),
        tokens: tokens.clone(),
        codex: codex.clone(),
        compatible: compatible.clone(),
        tasks: shutdown.tasks().clone(),
    });
    let quotas = Arc::new(Quotas::new(quota_parts(&models)));
    quotas.load().await?;
    let placements = Arc::new(placements(&models));
    let metrics = Arc::new(Metrics::new());
    let LiveAccounts { accounts, sharing, homes } =
        live_accounts(&config, &db, &clock, &quotas, &shutdown).await?;
    let (events, recorder) = telling(&db, &clock, &metrics, shutdown.tasks());
    let process = process_number(&clock);
    let (keys, limits) = keys_at_work(&models, &quotas, ring, process).await?;
    let gateway = Arc::new(Gateway {
        config: config.clone(),
        clock: clock.clone(),
        catalogues: catalogues.clone(),
        tokens: tokens.clone(),
        codex,
        compatible,
        accounts: accounts.clone(),
        quotas: quotas.clone(),
        limits,
        recorder,
        metrics: metrics.clone(),
        shutdown: shutdown.clone(),
    });
    let AtWork { mcp, tools, runs } = agents_at_work(&db, &vault, web, &gateway, process).await?;
    let people = People::new(PeopleParts {
        db: db.clone(),
        vault: vault.clone(),
        clock: clock.clone(),
        config: config.clone(),
        catalogues: catalogues.clone(),
        token_mark: access.mark(),
    });
    let Edited { providers, agents, tenants } = edited(&models, vault);
    let app = Arc::new(App {
        people,
        mcp,
        tenants,
        providers,
        agents,
        tools,
        runs,
        sessions: Sessions { db: db.clone(), clock: clock.clone() },
        audit: Audit { db: db.clone() },
        traces: Traces { db: db.clone(), clock: clock.clone(), zones: Arc::default() },
        events,
        config,
        clock,
        db,
        access,
        keys,
        tokens,
        logins,
        catalogues,
        models,
        accounts,
        sharing,
        homes,
        quotas,
        placements,
        gateway,
        metrics,
        shutdown,
        bound: OnceLock::new(),
        admin_bound: OnceLock::new(),
        demo,
    });
    background::spawn(&app).await?;
    Ok(Assembled { app, doors, new_token: is_new.then_some(token), careful })
}

/// What people change.
struct Edited {
    providers: Providers,
    agents: Agents,
    tenants: Tenants,
}

fn edited(models: &Arc<Models>, vault: Vault) -> Edited {
    let Models { db, clock, config, catalogues, tokens, .. } = &**models;
    let tenants = Tenants {
        db: db.clone(),
        clock: clock.clone(),
        vault: vault.clone(),
        catalogues: catalogues.clone(),
    };
    let agents = Agents {
        db: db.clone(),
        clock: clock.clone(),
        config: config.clone(),
        catalogues: catalogues.clone(),
    };
    let providers = Providers {
        db: db.clone(),
        clock: clock.clone(),
        vault,
        tokens: tokens.clone(),
        catalogues: catalogues.clone(),
        models: models.clone(),
    };
    Edited { providers, agents, tenants }
}

/// What happens is told and written down.
fn telling(db: &Db, clock: &Clock, metrics: &Arc<Metrics>, tasks: &Tasks) -> (Events, Recorder) {
    let (events, teller) = events::channel(clock.clone());
    tasks.spawn("tell_events", teller.run(db.clone(), tasks.stopping()));
    let (recorder, writer) = records::channel(metrics.clone(), events.clone());
    tasks.spawn("write_records", writer.run(db.clone(), tasks.stopping()));
    (events, recorder)
}

/// API keys and their limits, with what gives back what ended requests held, and what those of dead processes did.
async fn keys_at_work(
    models: &Models,
    quotas: &Arc<Quotas>,
    ring: Arc<KeyRing>,
    process: i64,
) -> anyhow::Result<(Keys, Arc<Limits>)> {
    let Models { db, clock, catalogues, tasks, .. } = models;
    let (limits, writer, sweeper) = Limits::new(LimitParts {
        db: db.clone(),
        clock: clock.clone(),
        catalogues: catalogues.clone(),
        quotas: quotas.clone(),
        tasks: tasks.clone(),
        process,
    });
    tasks.spawn("settle_limits", writer.run(db.clone(), tasks.stopping()));
    tasks.spawn_until_stopped("sweep_limits", sweeper.run());
    let keys = Keys::new(KeyParts {
        db: db.clone(),
        clock: clock.clone(),
        ring,
        catalogues: catalogues.clone(),
        limits: limits.clone(),
    });
    keys.reload().await.context("the API keys can't be read")?;
    Ok((keys, limits))
}

/// Workspaces are asked for with what model lists are asked for.
fn placements(models: &Models) -> Placements {
    Placements::new(
        models.db.clone(),
        models.clock.clone(),
        models.config.clone(),
        models.catalogues.clone(),
        models.tokens.clone(),
        models.codex.clone(),
    )
}

/// What agents work with.
struct AtWork {
    mcp: Arc<McpServers>,
    tools: Toolbox,
    runs: Runs,
}

/// The MCP servers are connected, and the runs have what writes their log and tells the others that this process lives.
async fn agents_at_work(
    db: &Db,
    vault: &Vault,
    web: WebClient,
    gateway: &Arc<Gateway>,
    owner: i64,
) -> anyhow::Result<AtWork> {
    let tasks = gateway.shutdown.tasks();
    let connect_timeout = Duration::from_secs(gateway.config.load().upstream.connect_timeout_seconds);
    let mcp = Arc::new(McpServers::new(McpParts {
        db: db.clone(),
        clock: gateway.clock.clone(),
        vault: vault.clone(),
        config: gateway.config.clone(),
        tasks: tasks.clone(),
        http: mcp::client(connect_timeout).context("the HTTP client for MCP servers can't be built")?,
    }));
    mcp.reload().await.context("the MCP servers can't be read")?;
    let tools = Toolbox::new(ToolboxParts {
        config: gateway.config.clone(),
        db: db.clone(),
        clock: gateway.clock.clone(),
        web,
        mcp: mcp.clone(),
    });
    let (runs, writer, keeper) = Runs::new(RunParts {
        db: db.clone(),
        clock: gateway.clock.clone(),
        config: gateway.config.clone(),
        catalogues: gateway.catalogues.clone(),
        gateway: gateway.clone(),
        tools: tools.clone(),
        owner,
    });
    tasks.spawn("write_runs", writer.run(db.clone(), tasks.stopping()));
    tasks.spawn("keep_runs", keeper.run(tasks.stopping()));
    Ok(AtWork { mcp, tools, runs })
}

/// What signs accounts in and keeps them so.
struct SignIns {
    tokens: Tokens,
    logins: Arc<Logins>,
    doors: UnboundedReceiver<Door>,
}

fn sign_ins(
    config: &Config,
    db: &Db,
    vault: &Vault,
    clock: &Clock,
    auth: OpenAiAuth,
    careful: &TaskTracker,
    shutdown: &Shutdown,
) -> SignIns {
    let tokens = Tokens::new(TokensDeps {
        db: db.clone(),
        vault: vault.clone(),
        clock: clock.clone(),
        auth: auth.clone(),
        tracker: careful.clone(),
    });
    let (logins, doors) = Logins::new(LoginParts {
        db: db.clone(),
        vault: vault.clone(),
        tokens: tokens.clone(),
        clock: clock.clone(),
        auth,
        settings: login_settings(config),
        tracker: careful.clone(),
        shutdown: shutdown.draining(),
    });
    SignIns { tokens, logins, doors }
}

/// The live state of the accounts, and what shares it.
struct LiveAccounts {
    accounts: Arc<Accounts>,
    sharing: Arc<Sharing>,
    homes: Arc<HomeSharing>,
}

/// The leases and homes of the last run are taken up.
async fn live_accounts(
    config: &ArcSwap<Config>,
    db: &Db,
    clock: &Clock,
    quotas: &Arc<Quotas>,
    shutdown: &Shutdown,
) -> anyhow::Result<LiveAccounts> {
    let (news, heard) = mpsc::unbounded_channel();
    let (moves, arrivals) = mpsc::channel(homes::CAPACITY);
    let minutes = i64::try_from(config.load().routing.conversation_ttl_minutes).unwrap_or(60);
    let ttl = chrono::TimeDelta::minutes(minutes);
    let accounts = Arc::new(Accounts::new(clock.clone(), quotas.clone(), ttl, news, moves));
    let id = clock.new_id();
    let sharing = Arc::new(Sharing { db: db.clone(), clock: clock.clone(), accounts: accounts.clone(), id });
    sharing.load().await.context("the accounts' leases can't be read")?;
    let homes =
        Arc::new(HomeSharing { db: db.clone(), clock: clock.clone(), accounts: accounts.clone(), ttl, id });
    homes.load().await.context("the homes of conversations can't be read")?;
    let (writer, stopping) = (sharing.clone(), shutdown.tasks().stopping());
    shutdown.tasks().spawn("write_leases", async move { writer.run(heard, stopping).await });
    let (writer, stopping) = (homes.clone(), shutdown.tasks().stopping());
    shutdown.tasks().spawn("write_homes", async move { writer.run(arrivals, stopping).await });
    Ok(LiveAccounts { accounts, sharing, homes })
}

/// Quotas are asked for with what model lists are asked for.
fn quota_parts(models: &Models) -> QuotaParts {
    QuotaParts {
        db: models.db.clone(),
        clock: models.clock.clone(),
        config: models.config.clone(),
        catalogues: models.catalogues.clone(),
        tokens: models.tokens.clone(),
        codex: models.codex.clone(),
    }
}

/// The clients of the remotes; those of providers share one pool of connections.
struct Upstreams {
    auth: OpenAiAuth,
    codex: CodexClient,
    compatible: CompatibleClient,
    web: WebClient,
}

fn upstreams(config: &Config) -> anyhow::Result<Upstreams> {
    let connect_timeout = Duration::from_secs(config.upstream.connect_timeout_seconds);
    let http = http_client::build(connect_timeout).context("the HTTP client can't be built")?;
    let chatgpt = &config.chatgpt;
    let auth = OpenAiAuthConfig {
        client_id: chatgpt.client_id.clone(),
        originator: chatgpt.originator.clone(),
        scope: chatgpt.scopes.join(" "),
        ..OpenAiAuthConfig::new(chatgpt.issuer.parse().context("chatgpt.issuer is not a URL")?)
    };
    Ok(Upstreams {
        auth: OpenAiAuth::new(http.clone(), auth),
        codex: CodexClient::new(http.clone(), &chatgpt.originator, chatgpt.client_version.clone()),
        compatible: CompatibleClient::new(http),
        web: WebClient::new(connect_timeout).context("the HTTP client can't be built")?,
    })
}

fn login_settings(config: &Config) -> LoginSettings {
    let loopback = || vec!["127.0.0.1".into(), "::1".into()];
    LoginSettings {
        listener: ListenerSettings {
            hosts: config.chatgpt.callback_host.clone().map_or_else(loopback, |host| vec![host]),
            ports: config.chatgpt.callback_ports.clone(),
        },
        redirect_host: config.chatgpt.redirect_host.clone(),
    }
}

impl Running {
    /// Waits for what must not be cut off, then closes the database.
    pub async fn close(self) {
        self.careful.close();
        if tokio::time::timeout(Duration::from_secs(35), self.careful.wait()).await.is_err() {
            tracing::warn!("a token refresh or a sign-in did not end in time");
        }
        self.database.close().await;
    }

    /// Closes the database and waits for nothing else.
    pub async fn close_at_once(self) {
        self.database.close().await;
    }
}
