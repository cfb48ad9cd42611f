//! The ways into the database, the migrations, and what the other files of `store` share.
//!
//! Tenants are kept apart twice: by the `TenantId` argument of every function here, and by row-level security. A
//! transaction of [`Db::tenant`] runs as the role `gateway_tenant`, to which Postgres shows the rows of the tenant that
//! the transaction names and no others, whatever a statement asks for. What the gateway does for all tenants at once
//! (the catalogue, refreshes, the record) runs as `gateway_work`, which sees all. Neither role owns a table, and neither
//! can log in: a connection takes them on (migration 0013 has the policies).

use crate::domain::ids::TenantId;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use sqlx::{
    AssertSqlSafe, Connection, Database, Executor as _, PgConnection, PgPool, Postgres, SqlSafeStr as _,
    SqlStr,
};
use sqlx_core::transaction::TransactionManager as _;
use std::ops::{Deref, DerefMut};
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

/// The roles that a connection takes on.
pub const ROLES: [&str; 2] = ["gateway_tenant", "gateway_work"];

/// A transaction; dropped without a commit, nothing of it happened.
///
/// Not sqlx's own: there, a `begin` that is cancelled half way (the client of a request is gone) or that fails after its
/// first word gives the connection back inside a transaction that nobody will ever end. Whoever gets it next works in
/// it, as the wrong role, and what they write is lost: <https://github.com/launchbadge/sqlx/issues/4393> (0.9.0).
#[derive(Debug)]
pub struct Tx {
    connection: PoolConnection<Postgres>,
    begun: bool,
}

type Manager = <Postgres as Database>::TransactionManager;

impl Tx {
    async fn begin(connection: PoolConnection<Postgres>, statement: SqlStr) -> Result<Self, sqlx::Error> {
        let mut tx = Self { connection, begun: false };
        Manager::begin(&mut tx.connection, Some(statement)).await?;
        tx.begun = true;
        Ok(tx)
    }

    /// Makes all of it happen.
    pub async fn commit(mut self) -> Result<(), sqlx::Error> {
        Manager::commit(&mut self.connection).await
    }
}

impl Deref for Tx {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.connection
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.connection
    }
}

impl Drop for Tx {
    fn drop(&mut self) {
        if self.begun {
            // Sent when the connection goes back to the pool; nothing after a commit.
            Manager::start_rollback(&mut self.connection);
        } else {
            // Nobody can tell what state it is in.
            self.connection.close_on_drop();
        }
    }
}

/// The database. Clones share the pool.
#[derive(Clone, Debug)]
pub struct Db(PgPool);

/// Takes on the role of the gateway's own work. Before the first migrations it is not there, and nothing else is.
const AS_WORK: &str = "select set_config('role', rolname, false) from pg_roles
    where rolname = 'gateway_work' and pg_has_role(rolname, 'member')";

impl Db {
    /// Of a server that answers. Connections are opened when they are needed.
    pub async fn connect(options: PgConnectOptions, settings: PoolSettings) -> Result<Self, sqlx::Error> {
        let options = options.application_name("gateway");
        PgConnection::connect_with(&options).await?.close().await?;
        let pool = PgPoolOptions::new()
            .max_connections(settings.max_connections.max(4))
            .acquire_timeout(settings.acquire_timeout)
            .idle_timeout(Duration::from_mins(5))
            .max_lifetime(Duration::from_mins(30))
            .after_connect(|conn, _| {
                Box::pin(async move {
                    conn.execute(AS_WORK).await?;
                    Ok(())
                })
            })
            .connect_lazy_with(options);
        Ok(Self(pool))
    }

    /// A transaction of one tenant, to which nothing of the others exists.
    pub async fn tenant(&self, tenant: TenantId) -> Result<Tx, sqlx::Error> {
        // One round trip. An id has no character that would have to be quoted.
        let begin = format!("begin; set local role gateway_tenant; set local gateway.tenant = '{tenant}'");
        Tx::begin(self.0.acquire().await?, AssertSqlSafe(begin).into_sql_str()).await
    }

    /// A connection for the gateway's own work, over all tenants.
    pub async fn work(&self) -> Result<PoolConnection<Postgres>, sqlx::Error> {
        self.0.acquire().await
    }

    /// A transaction of the gateway's own work, over all tenants.
    pub async fn begin_work(&self) -> Result<Tx, sqlx::Error> {
        Tx::begin(self.0.acquire().await?, "begin".into_sql_str()).await
    }

    /// A connection beside the pool for the gateway's own work: for what may wait long and must not use the pool up.
    pub async fn beside(&self) -> Result<PgConnection, sqlx::Error> {
        let mut connection = self.owner().await?;
        connection.execute(AS_WORK).await?;
        Ok(connection)
    }

    /// A connection beside the pool as the owner of the tables, for what changes the tables themselves.
    pub async fn owner(&self) -> Result<PgConnection, sqlx::Error> {
        PgConnection::connect_with(&self.0.connect_options()).await
    }

    /// Hears what is notified.
    pub async fn listener(&self) -> Result<PgListener, sqlx::Error> {
        PgListener::connect_with(&self.0).await
    }

    /// Closes every connection, once it is given back.
    pub async fn close(&self) {
        self.0.close().await;
    }

    /// The most connections of the pool.
    pub fn max_connections(&self) -> u32 {
        self.0.options().get_max_connections()
    }

    /// Applies the migrations that are missing. Replicas that start together take turns (an advisory lock).
    ///
    /// On a connection of its own: were this cancelled half way, a pooled one would go back with the lock in its hand.
    pub async fn migrate(&self) -> Result<(), MigrateError> {
        let mut connection = self.owner().await?;
        // "already exists, skipping" at every start is no news.
        sqlx::query("set client_min_messages = warning").execute(&mut connection).await?;
        MIGRATIONS.run(&mut connection).await?;
        connection.close().await?;
        Ok(())
    }
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
