//! The pool, the migrations, and what the other files of `store` share.

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, PgConnection, PgPool};
use std::time::Duration;

/// The migrations, embedded.
pub static MIGRATIONS: Migrator = sqlx::migrate!();

/// How the pool is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolSettings {
    /// At least 4: a refresh of a sign-in takes two connections.
    pub max_connections: u32,
    /// How long a caller waits for a free connection before it is an error.
    pub acquire_timeout: Duration,
}

impl Default for PoolSettings {
    fn default() -> Self {
        Self { max_connections: 16, acquire_timeout: Duration::from_secs(10) }
    }
}

/// A pool over at least one working connection.
pub async fn connect(options: PgConnectOptions, settings: PoolSettings) -> Result<PgPool, sqlx::Error> {
    let options = options.application_name("gateway");
    PgPoolOptions::new()
        .max_connections(settings.max_connections.max(4))
        .acquire_timeout(settings.acquire_timeout)
        .idle_timeout(Duration::from_mins(5))
        .max_lifetime(Duration::from_mins(30))
        .connect_with(options)
        .await
}

/// Applies the migrations that are missing. Replicas that start together take turns (an advisory lock).
///
/// On a connection of its own: were this cancelled half way, a pooled one would go back with the lock in its hand.
pub async fn migrate(pool: &PgPool) -> Result<(), MigrateError> {
    let mut connection = PgConnection::connect_with(pool.connect_options().as_ref()).await?;
    // "already exists, skipping" at every start is no news.
    sqlx::query("set client_min_messages = warning").execute(&mut connection).await?;
    MIGRATIONS.run(&mut connection).await?;
    connection.close().await?;
    Ok(())
}

/// The constraint that a write would have broken by storing a value twice.
pub fn unique_violation(error: &sqlx::Error) -> Option<&str> {
    let database = error.as_database_error()?;
    if database.is_unique_violation() { database.constraint() } else { None }
}

/// Whether a lock could not be had in the time allowed.
pub fn is_lock_timeout(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(|error| error.code().map(|code| code == "55P03")).unwrap_or(false)
}

/// Whether Postgres ended this transaction because it and another one waited for each other.
pub fn is_deadlock(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(|error| error.code().map(|code| code == "40P01")).unwrap_or(false)
}
