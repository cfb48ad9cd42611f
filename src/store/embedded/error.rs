//! Why the embedded Postgres could not do its work. Each text says what to do.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What goes wrong with the embedded Postgres, for the person who starts the gateway.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// `database.embedded.bin_dir` was given and does not hold the programs.
    #[error(
        "there are no Postgres programs in {}: `initdb` and `postgres` are expected there (setting \
         database.embedded.bin_dir, environment GATEWAY_PG_BIN)",
        dir.display()
    )]
    WrongBinDir {
        /// As it was given.
        dir: PathBuf,
    },
    /// Nothing usable in any of the known places.
    #[error(
        "no Postgres programs of version {minimum} or newer were found ({found}). Install the system's \
         Postgres server package, name the directory that holds `initdb` and `postgres` (GATEWAY_PG_BIN), or \
         use a server of your own (GATEWAY_POSTGRES_DSN)"
    )]
    NoPrograms {
        /// The oldest major version that serves.
        minimum: u32,
        /// What was found instead, for people.
        found: String,
    },
    /// An existing cluster needs the programs of exactly its own major version.
    #[error(
        "the database in {} was made by Postgres {wanted} and opens with Postgres {wanted} only; found: \
         {found}. Install version {wanted} beside the others, or name the directory of its programs \
         (GATEWAY_PG_BIN)",
        dir.display()
    )]
    WrongMajor {
        /// The cluster.
        dir: PathBuf,
        /// The major version in its `PG_VERSION`.
        wanted: u32,
        /// What was found instead, for people.
        found: String,
    },
    /// Another process holds the owner's lock.
    #[error(
        "another gateway ({}) is using {}: stop it, or give this one a data directory of its own",
        pid.map_or_else(|| "its process id is not known".to_owned(), |pid| format!("process {pid}")),
        dir.display()
    )]
    Owned {
        /// The owner's process id, when it has written it down already.
        pid: Option<u32>,
        /// The state directory.
        dir: PathBuf,
    },
    /// Postgres looks its user up by name, and this one has none.
    #[error(
        "the user id {uid} has no entry in the system's user database, and Postgres cannot run without one: \
         run the gateway as a named user, or use a Postgres server of your own (GATEWAY_POSTGRES_DSN)"
    )]
    UnnamedUser {
        /// The numeric user id.
        uid: u32,
    },
    /// We are root, Postgres refuses root, and there is nobody else.
    #[error(
        "Postgres does not run as root, and neither a user `postgres` nor `nobody` exists: run the gateway \
         as another user, or use a Postgres server of your own (GATEWAY_POSTGRES_DSN)"
    )]
    NobodyToRunIt,
    /// The cluster belongs to somebody we can not become.
    #[error(
        "{} belongs to the user {owner}, and this gateway runs as {us}: run it as {owner} (or as root), or \
         hand the directory over with `chown -R`",
        dir.display()
    )]
    ForeignCluster {
        /// The cluster.
        dir: PathBuf,
        /// Its owner's name or number.
        owner: String,
        /// Our own name.
        us: String,
    },
    /// The user that runs Postgres can not enter the directory.
    #[error(
        "the user {user}, who runs the embedded Postgres, cannot enter {}: open it with `chmod o+x`, or \
         choose another data directory, such as /var/lib/gateway",
        dir.display()
    )]
    Unreachable {
        /// Who was tried.
        user: String,
        /// The first directory, from the root, that is closed.
        dir: PathBuf,
    },
    /// The programs cannot be run by the user that has to run them.
    #[error(
        "the user {user}, who has to run the embedded Postgres, cannot run {}",
        program.display()
    )]
    Unusable {
        /// Who was tried.
        user: String,
        /// What was tried.
        program: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A path that Postgres's own files cannot express.
    #[error("the data directory's path holds a line break or another control character: {}", path.display())]
    OddPath {
        /// The path.
        path: PathBuf,
    },
    /// Something else lies where the cluster should be.
    #[error(
        "{} exists and holds no Postgres database: move it away, or choose another data directory",
        dir.display()
    )]
    NotACluster {
        /// The place of the cluster.
        dir: PathBuf,
    },
    /// A directory for the socket that is not ours.
    #[error("{} exists and does not belong to us: remove it", dir.display())]
    ForeignSocketDir {
        /// The directory.
        dir: PathBuf,
    },
    /// `initdb` failed.
    #[error("initdb failed ({status}):\n{output}")]
    Initdb {
        /// How it ended.
        status: String,
        /// The end of what it printed.
        output: String,
    },
    /// A former server on this cluster did not end.
    #[error("a former Postgres is still running on {} and does not stop (processes {pids})", dir.display())]
    Predecessor {
        /// The cluster.
        dir: PathBuf,
        /// Their process ids.
        pids: String,
    },
    /// The server ended before it was ready.
    #[error("Postgres ended while starting ({status}); the end of {}:\n{tail}", log.display())]
    EndedAtStart {
        /// How it ended.
        status: String,
        /// Its log file.
        log: PathBuf,
        /// The last lines of this start.
        tail: String,
    },
    /// The server was not ready in time.
    #[error("Postgres was not ready after {} s; the end of {}:\n{tail}", limit.as_secs(), log.display())]
    SlowStart {
        /// How long we waited.
        limit: Duration,
        /// Its log file.
        log: PathBuf,
        /// The last lines of this start.
        tail: String,
    },
    /// The start was given up by the caller.
    #[error("the start of the embedded Postgres was cancelled")]
    Cancelled,
    /// The file system or the process table said no.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was tried, as a verb with its object.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The server runs, and making the role and the database failed.
    #[error("cannot prepare the embedded database")]
    Prepare(#[source] sqlx::Error),
}

/// Names the action and the path of a failed system call: `.map_err(failed("open", &path))`.
pub(super) fn failed<'a>(
    action: &'static str,
    path: &'a Path,
) -> impl FnOnce(io::Error) -> EmbeddedError + 'a {
    move |source| EmbeddedError::Io { action, path: path.to_owned(), source }
}
