//! `gateway` and `gateway demo`.

use super::commands::print;
use crate::app::App;
use crate::app::audit::Setting;
use crate::app::boot::{self, Running};
use crate::config::{self, Config, ConfigChange, ConfigWatch, Loader, Overrides};
use crate::demo;
use crate::http;
use crate::http::admin::invitations::link;
use crate::http::listener::activity::Patience;
use crate::http::listener::{Bounds, Exempt, Listener, tls};
use crate::http::login_callback;
use crate::lifecycle::{Ended, Limits, Shutdown, Signal, signals};
use crate::telemetry::logs;
use anyhow::Context as _;
use futures_util::{Stream, StreamExt as _};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use secrecy::{ExposeSecret as _, SecretString};
use std::io::IsTerminal as _;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// The signals that ask the process to end, one stream from the start to the end.
type Signals = Pin<Box<dyn Stream<Item = Signal> + Send>>;

/// File descriptors beside those of clients and of their calls upstream: the database, files, tools.
const OTHER_DESCRIPTORS: u64 = 512;

/// Where people and programs find it.
struct Urls {
    dashboard: String,
    api: String,
}

/// Flags of `gateway demo`.
#[derive(Debug, clap::Args)]
pub struct DemoArgs {
    /// No requests by itself: only what you send
    #[arg(long)]
    quiet: bool,
    /// Port of the simulated OpenAI (0: any free one)
    #[arg(long, default_value_t = 0)]
    simulator_port: u16,
}

pub(super) async fn serve(overrides: Overrides) -> anyhow::Result<()> {
    let source = Loader::of_this_process(overrides);
    let loaded = source.load()?;
    let log = logs::init(loaded.config.telemetry.log_format, &loaded.config.telemetry.log_level)?;
    let mut signals: Signals = Box::pin(signals()?);
    let shutdown = Shutdown::new();
    let starting = boot::start(loaded.config.clone(), shutdown.clone(), false);
    let Some(running) = started(starting, &mut signals, &shutdown).await? else { return Ok(()) };
    match ConfigWatch::start(source, loaded) {
        Ok(watch) => {
            let app = running.app.clone();
            let apply = move |change: &ConfigChange| {
                let config = change.loaded.config.clone();
                if let Err(error) = log.set_filter(&config.telemetry.log_level) {
                    tracing::warn!(%error, "the log level was not changed");
                }
                app.config.store(config);
                let reloading = app.clone();
                let settings: Vec<Setting> = change.applied.iter().cloned().map(setting).collect();
                app.shutdown.tasks().spawn("reload_catalogue", async move {
                    if let Err(error) = reloading.reload().await {
                        tracing::warn!(%error, "the catalogue could not be read anew");
                    }
                    if settings.is_empty() {
                        return;
                    }
                    if let Err(error) = reloading.audit.settings_changed(&reloading.clock, &settings).await {
                        tracing::warn!(%error, "the audit log was not told of changed settings");
                    }
                });
            };
            shutdown.tasks().spawn_until_stopped("watch_config", watch.run(apply));
        }
        Err(error) => tracing::warn!(%error, "changes of the settings need a restart"),
    }
    // Standard output of a service is a log: a link that makes an owner is shown only to a person at a terminal.
    let shown = std::io::stdout().is_terminal();
    let owner = if shown { running.app.people.invite_owner().await } else { Ok(None) };
    let owner = owner.unwrap_or_else(|error| {
        tracing::warn!(%error, "no link for the first owner was made");
        None
    });
    let welcome = move |urls: &Urls, token: Option<&SecretString>, config: &Config| {
        welcome(urls, token, owner.as_ref(), config)
    };
    run(running, &mut signals, welcome).await
}

fn setting(change: config::Change) -> Setting {
    let config::Change { path, from, to } = change;
    Setting { path, from, to }
}

pub(super) async fn demo(overrides: Overrides, args: DemoArgs) -> anyhow::Result<()> {
    let loaded = Loader::of_this_process(overrides).load()?;
    logs::init(loaded.config.telemetry.log_format, &loaded.config.telemetry.log_level)?;
    // From here on a signal does not leave the directory behind.
    let mut signals: Signals = Box::pin(signals()?);
    let stage = demo::Stage::set((*loaded.config).clone(), args.simulator_port).await?;
    let played = play(&stage, &mut signals, args.quiet).await;
    stage.strike().await;
    played
}

async fn play(stage: &demo::Stage, signals: &mut Signals, quiet: bool) -> anyhow::Result<()> {
    let shutdown = Shutdown::new();
    let starting = boot::start(stage.config(), shutdown.clone(), true);
    let Some(running) = started(starting, signals, &shutdown).await? else { return Ok(()) };
    if let Err(error) = stage.connect_accounts(&running.app).await {
        shutdown.begin();
        shutdown.tasks().stop();
        running.close().await;
        return Err(error);
    }
    let (token, _) = boot::gateway_token(&stage.config())?;
    if !quiet {
        stage.begin_traffic(&running.app, token.clone());
    }
    let simulator = stage.simulator_url();
    run(running, signals, move |urls, _, config| {
        // A configured one may be that of the real gateway.
        let token =
            if config.server.token.is_some() { "the configured one" } else { token.expose_secret() };
        print(&format!(
            "\nDEMO - everything upstream is simulated, nothing is kept\n\n  dashboard  {}\n  token      {token}\n  \
             API        {}/v1\n  simulator  {simulator}\n",
            urls.dashboard, urls.api
        ))
    })
    .await
}

/// Waits for the start. The first signal lets it come to its end, so that it can be undone in order; the second one
/// gives it up.
async fn started(
    starting: impl Future<Output = anyhow::Result<Running>>,
    signals: &mut Signals,
    shutdown: &Shutdown,
) -> anyhow::Result<Option<Running>> {
    let mut starting = pin!(starting);
    tokio::select! {
        running = &mut starting => return running.map(Some),
        Some(signal) = signals.next() => tracing::info!(?signal, "told to end while starting"),
    }
    shutdown.begin();
    tokio::select! {
        biased;
        Some(_) = signals.next() => Ok(None),
        running = starting => running.map(Some),
    }
}

/// Serves until the end, and closes everything. `welcome` gets the address, the token if it is new, and the settings.
async fn run(
    mut running: Running,
    signals: &mut Signals,
    welcome: impl FnOnce(&Urls, Option<&SecretString>, &Config) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let shutdown = running.app.shutdown.clone();
    let served = listen_and_serve(&mut running, signals, welcome).await;
    shutdown.begin();
    shutdown.tasks().stop();
    if matches!(served, Ok(Ended::AtOnce)) {
        running.close_at_once().await;
        return Ok(());
    }
    tokio::select! {
        biased;
        Some(signal) = signals.next() => tracing::warn!(?signal, "ending at once"),
        () = running.close() => {}
    }
    served.map(drop)
}

async fn listen_and_serve(
    running: &mut Running,
    signals: &mut Signals,
    welcome: impl FnOnce(&Urls, Option<&SecretString>, &Config) -> anyhow::Result<()>,
) -> anyhow::Result<Ended> {
    let app = running.app.clone();
    let shutdown = app.shutdown.clone();
    if shutdown.is_draining() {
        return Ok(Ended::Drained);
    }
    let config = app.config.load_full();
    let server = &config.server;
    let tls = match (&server.tls.certificate, &server.tls.key) {
        (Some(certificate), Some(key)) => {
            let files = tls::Files { certificate: certificate.clone(), key: key.clone() };
            let certificate = tls::Certificate::open(files).await.context("gateway.tls")?;
            shutdown.tasks().spawn_until_stopped("watch_certificate", Arc::clone(&certificate).watch());
            Some(certificate.acceptor()?)
        }
        _ => None,
    };
    let bounds = bounds(server);
    room_for(bounds.connections);
    let socket = bind(&server.host, server.port).await?;
    // Only set here, and once.
    let _ = socket.local_addr().map(|address| app.bound.set(address));
    let admin = match server.admin.port {
        Some(port) => {
            let socket = bind(&server.admin.host, port).await?;
            let _ = socket.local_addr().map(|address| app.admin_bound.set(address));
            Some(Listener { socket, tls: tls.clone(), bounds, exempt: exempt(&app) })
        }
        None => None,
    };
    let (_, none) = tokio::sync::mpsc::unbounded_channel();
    let doors = std::mem::replace(&mut running.doors, none);
    let callback = login_callback::run(app.logins.clone(), doors, shutdown.draining());
    shutdown.tasks().spawn("sign_in_callback", callback);
    let router = if admin.is_some() { http::public_router(&app) } else { http::router(&app) };
    let listener = Listener { socket, tls, bounds, exempt: exempt(&app) };
    let (draining, stopping) = (shutdown.draining(), shutdown.tasks().stopping());
    if let Some(admin) = admin {
        let serving = admin.serve(http::router(&app), draining.clone(), stopping.clone());
        shutdown.tasks().spawn("serve_admin", serving);
    }
    shutdown.tasks().spawn("serve", listener.serve(router, draining, stopping));
    let urls = Urls { dashboard: app.dashboard_url(), api: app.public_url() };
    if let Err(error) = welcome(&urls, running.new_token.as_ref(), &config) {
        tracing::warn!(%error, "the welcome was not printed");
    }
    let grace = || Limits::with_grace(Duration::from_secs(app.config.load().server.shutdown_grace_seconds));
    let ended = shutdown.run(signals, grace).await;
    tracing::info!(?ended, "stopped");
    Ok(ended)
}

async fn bind(host: &str, port: u16) -> anyhow::Result<TcpListener> {
    TcpListener::bind((host, port)).await.with_context(|| format!("{host}:{port} can't be listened on"))
}

/// A trusted proxy carries the connections of many.
fn exempt(app: &Arc<App>) -> Exempt {
    let config = Arc::clone(&app.config);
    Arc::new(move |address| config.load().server.trusted_proxies.iter().any(|block| block.contains(address)))
}

fn bounds(server: &config::Server) -> Bounds {
    let patience = Patience {
        head: Duration::from_secs(server.request_head_seconds),
        idle: Duration::from_secs(server.keep_alive_seconds),
        stall: Duration::from_secs(server.stall_seconds),
    };
    Bounds { connections: server.max_connections, per_address: server.max_connections_per_address, patience }
}

/// Many systems begin with 1,024 descriptors and allow more; each client may need one for itself and one upstream.
fn room_for(connections: usize) {
    let wanted = (connections as u64).saturating_mul(2).saturating_add(OTHER_DESCRIPTORS);
    let limit = getrlimit(Resource::Nofile);
    let most = limit.maximum.unwrap_or(u64::MAX);
    if limit.current.is_some_and(|current| current < wanted.min(most)) {
        let raised = Rlimit { current: Some(wanted.min(most)), maximum: limit.maximum };
        if let Err(error) = setrlimit(Resource::Nofile, raised) {
            tracing::debug!(%error, "the limit of file descriptors was not raised");
        }
    }
    if most < wanted {
        tracing::warn!(
            most,
            wanted,
            "fewer file descriptors are allowed than gateway.max_connections may need"
        );
    }
}

/// Where it is and how to sign in. The token itself is shown only to a person at a terminal, and only once: standard
/// output of a service is a log.
fn welcome(
    urls: &Urls,
    new_token: Option<&SecretString>,
    owner: Option<&SecretString>,
    config: &Config,
) -> anyhow::Result<()> {
    let token = match new_token {
        Some(token) if std::io::stdout().is_terminal() => {
            format!("{}   (`gateway token` shows it again)", token.expose_secret())
        }
        _ if config.server.token.is_some() => "the configured one (`gateway token` shows it)".to_owned(),
        _ => format!("`gateway token` shows it (kept in {})", config.data_dir.join("token").display()),
    };
    let Urls { dashboard, api } = urls;
    let owner = owner.map_or_else(String::new, |invitation| {
        format!("  owner      {}   (once: makes the first owner's account)\n", link(dashboard, invitation))
    });
    print(&format!(
        "\ngateway is ready\n\n  dashboard  {dashboard}\n  token      {token}\n{owner}  API        {api}/v1\n"
    ))
}
