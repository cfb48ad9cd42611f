//! From the settings to a running application, read from top to bottom like a recipe.

mod accounts;
mod database;

pub use database::{Database, gateway_token, key_source, open_database, prepare_data_dir};

use crate::app::access::Access;
use crate::app::agents::Agents;
use crate::app::audit::Audit;
use crate::app::catalogue::Catalogues;
use crate::app::clock::Clock;
use crate::app::events::Events;
use crate::app::gateway::Gateway;
use crate::app::keys::{KeyParts, KeyRing, Keys};
use crate::app::limits::{LimitParts, Limits};
use crate::app::login_listener::Door;
use crate::app::mcp::{McpParts, McpServers};
use crate::app::models::Models;
use crate::app::people::{People, PeopleParts};
use crate::app::providers::Providers;
use crate::app::quota::Quotas;
use crate::app::records::Recorder;
use crate::app::runs::{RunParts, Runs, process_number};
use crate::app::sessions::Sessions;
use crate::app::tenants::Tenants;
use crate::app::tools::{Toolbox, ToolboxParts};
use crate::app::traces::Traces;
use crate::app::vault::Vault;
use crate::app::vault::keys;
use crate::app::{App, background, events, records};
use crate::config::Config;
use crate::lifecycle::{Shutdown, Tasks};
use crate::store::db::Db;
use crate::telemetry::metrics::Metrics;
use crate::upstream::mcp;
use crate::upstream::web::WebClient;
use accounts::{
    LiveAccounts, SignIns, Upstreams, live_accounts, placements, quota_parts, sign_ins, upstreams,
};
use anyhow::Context as _;
use arc_swap::ArcSwap;
use secrecy::SecretString;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::sync::mpsc::UnboundedReceiver;
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
    let keys::Opened { vault, warnings } = keys::open(&db, &key_source(&config), &clock).await?;
    for warning in warnings {
        tracing::warn!("{warning}");
    }
    let (token, is_new) = gateway_token(&config)?;
    let ring = Arc::new(KeyRing::default());
    let access = Access::new(&token, clock.clone()).with_keys(ring.clone());

    let Upstreams { auth, codex, compatible, web, issuers } = upstreams(&config)?;
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
        pass: Mutex::default(),
    });
    let quotas = Arc::new(Quotas::new(quota_parts(&models)));
    quotas.load().await?;
    let placements = Arc::new(placements(&models));
    let metrics = Arc::new(Metrics::new());
    let LiveAccounts { accounts, sharing, homes } =
        live_accounts(&config, &db, &clock, &quotas, &shutdown).await?;
    let (events, recorder) = telling(&db, &clock, &metrics, shutdown.tasks());
    let process = process_number(&clock);
    let (keys, limits) = keys_at_work(&models, &quotas, &metrics, ring.clone(), process).await?;
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
        keys: ring,
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
        issuers,
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
    metrics: &Arc<Metrics>,
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
        metrics: metrics.clone(),
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
