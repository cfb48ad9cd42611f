//! A private Postgres as a child of the gateway, for who has no database server.
//!
//! The same engine, migrations and code path as with a server of one's own: `initdb` and `postgres` from the
//! system's package, on a unix socket that only this user and root can reach. The server lives exactly as
//! long as the [`Embedded`]: it is stopped with it, restarted with back-off when it dies, ended by the kernel
//! when the gateway is killed, and what slips through all that is cleared away by the next start.

mod account;
mod cluster;
mod connection;
mod error;
mod layout;
mod lock;
mod predecessor;
mod process;
mod programs;
mod supervisor;

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use super::db::ROLES;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _};
use tokio::sync::{oneshot, watch};

pub use self::error::EmbeddedError;

use self::connection::{ConnectionFile, NAME, SUPERUSER};
use self::supervisor::{Event, Started, Wires};

/// Where the embedded Postgres lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmbeddedSettings {
    /// The gateway's data directory; everything of Postgres is in `postgres` below it. Made when missing. As
    /// root it (and each directory above it) must let the Postgres user pass through, mode 0711 at least.
    pub data_dir: PathBuf,
    /// The directory of `initdb` and `postgres`, and no other; `None` searches the path and the usual places.
    pub bin_dir: Option<PathBuf>,
    /// How long the server may take to become ready. Recovery after a crash reads up to a gigabyte.
    pub start_timeout: Duration,
}

impl EmbeddedSettings {
    /// With the programs found by themselves, and two minutes to start.
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self { data_dir: data_dir.into(), bin_dir: None, start_timeout: Duration::from_mins(2) }
    }
}

/// Whether the server takes connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerState {
    /// It does.
    Ready,
    /// It ended unexpectedly and is being restarted. The pool reconnects by itself afterwards.
    Restarting,
    /// It was stopped and stays so.
    Stopped,
}

/// How the server ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopOutcome {
    /// Orderly: the next start needs no recovery.
    Fast,
    /// It did not end within 15 s and was told to drop everything; the next start recovers.
    Immediate,
    /// It did not react to that either.
    Killed,
    /// It was down at that moment, waiting for a restart.
    WasDown,
}

/// The running server. Dropping it stops the server as well, in the background; [`Embedded::stop`] waits for
/// it.
#[derive(Debug)]
pub struct Embedded {
    events: Sender<Event>,
    state: watch::Receiver<ServerState>,
    stopped: oneshot::Receiver<StopOutcome>,
    socket_dir: PathBuf,
    major: u32,
}

impl Embedded {
    /// Starts the server, after making the cluster, the role and the database where they are missing. About a
    /// second the first time, a tenth of it later.
    ///
    /// Cancel-safe: a start that is dropped stops what it has started.
    pub async fn start(settings: &EmbeddedSettings) -> Result<Self, EmbeddedError> {
        let (events, inbox) = channel();
        let (state_in, state) = watch::channel(ServerState::Ready);
        let (started_in, started) = oneshot::channel();
        let (stopped_in, stopped) = oneshot::channel();
        let wires = Wires {
            events: inbox,
            notify: events.clone(),
            state: state_in,
            started: started_in,
            stopped: stopped_in,
        };
        let for_thread = settings.clone();
        std::thread::Builder::new()
            .name("postgres-supervisor".to_owned())
            .spawn(move || supervisor::run(&for_thread, wires))
            .map_err(error::failed("start a thread for", &settings.data_dir))?;
        // From here on the value's own end stops the server.
        let mut starting = Starting { events: Some(events) };
        let Started { state_dir, socket_dir, major } =
            started.await.unwrap_or(Err(EmbeddedError::Cancelled))?;
        let events = starting.events.take().expect("taken once");
        let embedded = Self { events, state, stopped, socket_dir, major };
        match embedded.prepare(&state_dir).await {
            Ok(()) => Ok(embedded),
            Err(error) => {
                embedded.stop().await;
                Err(error)
            }
        }
    }

    /// For a pool on the gateway's database, as the gateway's role.
    pub fn connect_options(&self) -> PgConnectOptions {
        connection::options(&self.socket_dir)
    }

    /// The same as a URL. It holds no secret: who may connect is decided by the user of the operating system.
    pub fn url(&self) -> String {
        connection::url(&self.socket_dir)
    }

    /// The server's major version.
    pub fn major_version(&self) -> u32 {
        self.major
    }

    /// Whether the server takes connections, and each change of it. Readiness follows this.
    pub fn state(&self) -> watch::Receiver<ServerState> {
        self.state.clone()
    }

    /// Stops the server: a fast shutdown (open transactions are rolled back), after 15 s an immediate one.
    /// Close the pools first. When this returns no process is left, and the data directory is free for the
    /// next owner.
    pub async fn stop(mut self) -> StopOutcome {
        // A supervisor that is gone has stopped already.
        let _ = self.events.send(Event::Stop);
        (&mut self.stopped).await.unwrap_or(StopOutcome::WasDown)
    }

    /// The role and the database, and the file that tells other processes of ours where the socket is.
    async fn prepare(&self, state_dir: &Path) -> Result<(), EmbeddedError> {
        let options = connection::options_as(&self.socket_dir, SUPERUSER, SUPERUSER);
        let mut superuser = PgConnection::connect_with(&options).await.map_err(EmbeddedError::Prepare)?;
        make_database(&mut superuser).await.map_err(EmbeddedError::Prepare)?;
        superuser.close().await.map_err(EmbeddedError::Prepare)?;
        ConnectionFile { gateway_pid: std::process::id(), socket_dir: self.socket_dir.clone() }
            .write(state_dir)
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        let _ = self.events.send(Event::Stop);
    }
}

/// Stops a server whose start was dropped half way.
struct Starting {
    events: Option<Sender<Event>>,
}

impl Drop for Starting {
    fn drop(&mut self) {
        if let Some(events) = &self.events {
            let _ = events.send(Event::Stop);
        }
    }
}

/// At every start, so that a database that somebody dropped by hand comes back (empty) instead of an error
/// for ever.
async fn make_database(superuser: &mut PgConnection) -> Result<(), sqlx::Error> {
    let role: Option<i32> = sqlx::query_scalar("select 1 from pg_roles where rolname = $1")
        .bind(NAME)
        .fetch_optional(&mut *superuser)
        .await?;
    if role.is_none() {
        superuser.execute(AssertSqlSafe(format!("create role {NAME} login"))).await?;
        // The values of a row that breaks a rule stay out of the server's log.
        superuser
            .execute(AssertSqlSafe(format!("alter role {NAME} set log_error_verbosity = 'terse'")))
            .await?;
    }
    let database: Option<i32> = sqlx::query_scalar("select 1 from pg_database where datname = $1")
        .bind(NAME)
        .fetch_optional(&mut *superuser)
        .await?;
    if database.is_none() {
        superuser.execute(AssertSqlSafe(format!("create database {NAME} owner {NAME}"))).await?;
    }
    // What the gateway takes on (migration 0013); its own role makes no roles.
    for role in ROLES {
        let there: Option<i32> = sqlx::query_scalar("select 1 from pg_roles where rolname = $1")
            .bind(role)
            .fetch_optional(&mut *superuser)
            .await?;
        if there.is_none() {
            superuser.execute(AssertSqlSafe(format!("create role {role} nologin"))).await?;
            superuser.execute(AssertSqlSafe(format!("grant {role} to {NAME}"))).await?;
        }
    }
    Ok(())
}

/// How to connect to the server that *another* process of the gateway runs on this data directory; `None`
/// when nobody does. For the commands that work beside a gateway that serves (`backup`, `key rotate`); they
/// must run as the same user or as root.
pub async fn connect_running(data_dir: &Path) -> Option<PgConnectOptions> {
    let data_dir = data_dir.to_owned();
    let found = tokio::task::spawn_blocking(move || ConnectionFile::read_living(&data_dir)).await.ok()??;
    tracing::debug!(gateway_pid = found.gateway_pid, "using the embedded Postgres of a running gateway");
    Some(connection::options(&found.socket_dir))
}
