//! The commands that do one thing and end.

use crate::app::audit;
use crate::app::boot::{self, Database};
use crate::app::catalogue::CHANNEL;
use crate::app::clock::Clock;
use crate::app::people::invite_owner;
use crate::app::vault::rotation;
use crate::config::{Config, Loader, Overrides};
use crate::domain::audit::Head;
use crate::http::admin::invitations::link;
use crate::http::listener::tls;
use crate::store::backup::{self, BackupError, BackupMeta, Header, RestoreOptions};
use crate::store::notify::notify;
use anyhow::{Context as _, bail};
use secrecy::{ExposeSecret as _, SecretString};
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// Writes a line to standard output.
pub(super) fn print(line: &str) -> anyhow::Result<()> {
    writeln!(std::io::stdout(), "{line}").context("standard output can't be written")
}

pub(super) fn settings(overrides: Overrides) -> anyhow::Result<Arc<Config>> {
    Ok(Loader::of_this_process(overrides).load()?.config)
}

pub(super) fn token(overrides: Overrides) -> anyhow::Result<()> {
    let (token, _) = boot::gateway_token(&*settings(overrides)?)?;
    print(token.expose_secret())
}

pub(super) async fn owner_link(overrides: Overrides) -> anyhow::Result<()> {
    let config = settings(overrides)?;
    with_database(&config, async |database| {
        let Some(token) = invite_owner(&database.db, &Clock::system()).await? else {
            bail!("there is an owner, who can invite others");
        };
        print(&link(&config.server.address(None), &token))
    })
    .await
}

pub(super) fn check_config(overrides: Overrides, json: bool) -> anyhow::Result<()> {
    let loaded = Loader::of_this_process(overrides).load()?;
    if json { print(&format!("{:#}", loaded.report())) } else { print(loaded.table().trim_end()) }
}

/// Opens the database for a command, does `work` and closes it again, also when that fails.
pub(super) async fn with_database<T, F: AsyncFnOnce(&Database) -> anyhow::Result<T>>(
    config: &Config,
    work: F,
) -> anyhow::Result<T> {
    let database = boot::open_database(config, true).await?;
    let done = match database.db.migrate().await.context("the database can't be migrated") {
        Ok(()) => work(&database).await,
        Err(error) => Err(error),
    };
    database.close().await;
    done
}

pub(super) async fn migrate(overrides: Overrides) -> anyhow::Result<()> {
    let config = settings(overrides)?;
    with_database(&config, async |_| print("the database is up to date")).await
}

pub(super) async fn backup(overrides: Overrides, file: &Path) -> anyhow::Result<()> {
    let config = settings(overrides)?;
    with_database(&config, async |database| {
        let mut conn = database.db.beside().await?;
        let meta = BackupMeta {
            created_at: Clock::system().now(),
            created_by: concat!("gateway ", env!("CARGO_PKG_VERSION")).into(),
        };
        let summary = backup::backup_to_file(&mut conn, file, &meta).await?;
        print(&format!("{}: {summary}", file.display()))
    })
    .await
}

pub(super) async fn restore(overrides: Overrides, file: &Path, replace: bool) -> anyhow::Result<()> {
    let config = settings(overrides)?;
    with_database(&config, async |database| {
        // It empties and fills the tables themselves.
        let mut conn = database.db.owner().await?;
        let mut source = tokio::fs::File::open(file).await.with_context(|| file.display().to_string())?;
        let note = |meta: &Header, replaced: &[Head]| audit::of_restore(&Clock::system(), meta, replaced);
        let options = RestoreOptions { replace };
        let restored = backup::restore(&mut conn, &mut source, &options, Some(&note)).await;
        let summary = match restored {
            Err(error @ BackupError::NotEmpty { .. }) => bail!("{error} (--replace)"),
            restored => restored?,
        };
        // A table that is empty now told nobody.
        notify(&mut conn, CHANNEL, &["restore".into()]).await?;
        print(&format!("{}: {summary}", file.display()))?;
        if replace {
            print("restart the gateways that serve from this database")?;
        }
        Ok(())
    })
    .await
}

pub(super) async fn rotate_key(overrides: Overrides, new_key_file: Option<&Path>) -> anyhow::Result<()> {
    let config = settings(overrides)?;
    let new_key = match new_key_file {
        Some(path) => {
            let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
            Some(SecretString::from(text.trim()))
        }
        None => None,
    };
    with_database(&config, async |database| {
        let (clock, source) = (Clock::system(), boot::key_source(&config));
        let rotated = rotation::rotate(&database.db, &clock, &source, new_key.as_ref()).await?;
        print(&format!("{} secrets are sealed with the key {} now", rotated.values, rotated.key))?;
        if config.encryption_key.is_some() && new_key.is_some() {
            print("set encryption_key (GATEWAY_ENCRYPTION_KEY) to the new key before the next start")?;
        }
        if !config.encryption_keys_previous.is_empty() {
            print(
                "once every gateway was restarted with the new key, the previous keys \
                 (GATEWAY_ENCRYPTION_KEYS_PREVIOUS) can go",
            )?;
        }
        Ok(())
    })
    .await
}

/// A request by hand: a health check must not need the HTTP client's set-up.
pub(super) async fn health(overrides: Overrides) -> anyhow::Result<()> {
    let config = settings(overrides)?;
    let host = match config.server.host.as_str() {
        "0.0.0.0" => "127.0.0.1",
        "::" => "::1",
        host => host,
    };
    let tls = match &config.server.tls.certificate {
        Some(certificate) => Some(tls::connector(certificate).await?),
        None => None,
    };
    let ask = async {
        let stream = tokio::net::TcpStream::connect((host, config.server.port)).await?;
        match tls {
            Some(tls) => {
                let name = rustls::pki_types::ServerName::try_from("gateway").expect("a host name");
                healthz(tls.connect(name, stream).await?).await
            }
            None => healthz(stream).await,
        }
    };
    let address = format!("{host}:{}", config.server.port);
    let answer = tokio::time::timeout(Duration::from_secs(5), ask)
        .await
        .with_context(|| format!("{address} gave no answer within 5 seconds"))?
        .with_context(|| format!("{address} does not answer"))?;
    if !answer.starts_with(b"HTTP/1.1 200") {
        bail!("the gateway at {address} is not healthy");
    }
    print("ok")
}

/// The beginning of the answer.
async fn healthz(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> std::io::Result<Vec<u8>> {
    stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: gateway\r\nconnection: close\r\n\r\n").await?;
    let mut answer = Vec::new();
    match stream.take(4096).read_to_end(&mut answer).await {
        // A TLS peer may leave without a word.
        Err(error) if answer.is_empty() => Err(error),
        _ => Ok(answer),
    }
}
