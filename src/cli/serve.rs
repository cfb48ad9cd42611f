//! `gateway` and `gateway demo`.

use super::commands::print;
use crate::app::boot::{self, Running};
use crate::config::{Config, ConfigChange, ConfigWatch, Loader, Overrides};
use crate::demo;
use crate::http;
use crate::http::login_callback;
use crate::lifecycle::{Limits, Shutdown, signals};
use crate::telemetry::logs;
use anyhow::Context as _;
use axum::serve::ListenerExt as _;
use secrecy::{ExposeSecret as _, SecretString};
use std::io::IsTerminal as _;
use std::time::Duration;
use tokio::net::TcpListener;

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
    let loader = Loader::of_this_process(overrides);
    let settings = loader.load()?;
    let telemetry = &settings.config.telemetry;
    let log = logs::init(telemetry.log_format, &telemetry.log_level)?;
    let shutdown = Shutdown::new();
    let running = boot::start(settings.config.clone(), shutdown.clone(), false).await?;
    match ConfigWatch::start(loader, settings) {
        Ok(watch) => {
            let app = running.app.clone();
            let apply = move |change: &ConfigChange| {
                let config = change.loaded.config.clone();
                if let Err(error) = log.set_filter(&config.telemetry.log_level) {
                    tracing::warn!(%error, "the log level was not changed");
                }
                app.config.store(config);
                let reloading = app.clone();
                app.shutdown.tasks().spawn("reload_catalogue", async move {
                    if let Err(error) = reloading.reload().await {
                        tracing::warn!(%error, "the catalogue could not be read anew");
                    }
                });
            };
            shutdown.tasks().spawn_until_stopped("watch_config", watch.run(apply));
        }
        Err(error) => tracing::warn!(%error, "changes of the settings need a restart"),
    }
    run(running, shutdown, welcome).await
}

pub(super) async fn demo(overrides: Overrides, args: DemoArgs) -> anyhow::Result<()> {
    let loaded = Loader::of_this_process(overrides).load()?;
    logs::init(loaded.config.telemetry.log_format, &loaded.config.telemetry.log_level)?;
    let shutdown = Shutdown::new();
    let stage = demo::Stage::set((*loaded.config).clone(), args.simulator_port).await?;
    let running = boot::start(stage.config(), shutdown.clone(), true).await?;
    stage.connect_accounts(&running.app).await?;
    let (token, _) = boot::gateway_token(&stage.config())?;
    if !args.quiet {
        stage.begin_traffic(&running.app, token.clone());
    }
    let simulator = stage.simulator_url();
    let result = run(running, shutdown, move |url, _, _| {
        let token = token.expose_secret();
        print(&format!(
            "\nDEMO - everything upstream is simulated, nothing is kept\n\n  dashboard  {url}\n  token      {token}\n  \
             API        {url}/v1\n  simulator  {simulator}\n"
        ))
    })
    .await;
    stage.strike().await;
    result
}

async fn run(
    running: Running,
    shutdown: Shutdown,
    welcome: impl FnOnce(&str, Option<&SecretString>, &Config) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let served = listen_and_serve(running, shutdown, welcome).await;
    served.0.close().await;
    served.1
}

async fn listen_and_serve(
    mut running: Running,
    shutdown: Shutdown,
    welcome: impl FnOnce(&str, Option<&SecretString>, &Config) -> anyhow::Result<()>,
) -> (Running, anyhow::Result<()>) {
    let app = running.app.clone();
    let config = app.config.load_full();
    let address = (config.server.host.as_str(), config.server.port);
    let bound = TcpListener::bind(address)
        .await
        .with_context(|| format!("{}:{} can't be listened on", address.0, address.1));
    let listener = match bound {
        Ok(listener) => listener,
        Err(error) => {
            shutdown.begin();
            shutdown.tasks().stop();
            return (running, Err(error));
        }
    };
    if let Ok(address) = listener.local_addr() {
        // Only set here, and once.
        let _ = app.bound.set(address);
    }
    let (_, none) = tokio::sync::mpsc::unbounded_channel();
    let doors = std::mem::replace(&mut running.doors, none);
    let callback = login_callback::run(app.logins.clone(), doors, shutdown.draining());
    shutdown.tasks().spawn("sign_in_callback", callback);
    let listener = listener.tap_io(|stream| {
        // Small frames would otherwise wait 40 ms for Nagle.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY was not set");
        }
    });
    let server = axum::serve(listener, http::router(&app))
        .with_graceful_shutdown(shutdown.draining().cancelled_owned());
    let server = shutdown.tasks().spawn("serve", async move { server.await });
    if let Err(error) = welcome(&app.public_url(), running.new_token.as_ref(), &config) {
        tracing::warn!(%error, "the welcome was not printed");
    }
    let signals = match signals() {
        Ok(signals) => signals,
        Err(error) => return (running, Err(error.into())),
    };
    let grace = || Limits::with_grace(Duration::from_secs(app.config.load().server.shutdown_grace_seconds));
    let ended = shutdown.run(signals, grace).await;
    tracing::info!(?ended, "stopped");
    // It ended with the last connection; a client that keeps one open without a request is not waited for.
    server.abort();
    (running, Ok(()))
}

/// Where it is and how to sign in. The token itself is shown only to a person at a terminal, and only once: standard
/// output of a service is a log.
fn welcome(url: &str, new_token: Option<&SecretString>, config: &Config) -> anyhow::Result<()> {
    let token = match new_token {
        Some(token) if std::io::stdout().is_terminal() => {
            format!("{}   (`gateway token` shows it again)", token.expose_secret())
        }
        _ if config.server.token.is_some() => "the configured one (`gateway token` shows it)".to_owned(),
        _ => format!("`gateway token` shows it (kept in {})", config.data_dir.join("token").display()),
    };
    print(&format!("\ngateway is ready\n\n  dashboard  {url}\n  token      {token}\n  API        {url}/v1\n"))
}
