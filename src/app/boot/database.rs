//! What is there before anything runs: the database, the data directory, the keys and the token in it.

use crate::app::access;
use crate::app::vault::keys::KeySource;
use crate::config::Config;
use crate::store::db::{Db, PoolSettings};
use crate::store::embedded::{self, Embedded, EmbeddedSettings};
use anyhow::Context as _;
use secrecy::{ExposeSecret as _, SecretString};
use sqlx::postgres::PgConnectOptions;
use std::path::Path;
use std::time::Duration;

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
