//! How to connect to an embedded Postgres, also for another process of ours.

use std::fs;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sqlx::postgres::{PgConnectOptions, PgSslMode};

use super::error::EmbeddedError;
use super::layout::{PORT, state_dir, write_whole};

/// The gateway's database and its role, which is no superuser: row-level security holds here as on any other
/// server.
pub(super) const NAME: &str = "gateway";

/// The cluster's first role and database, for making the gateway's own.
pub(super) const SUPERUSER: &str = "postgres";

/// Where the server's socket is. Written to the state directory while it runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ConnectionFile {
    /// The process that runs the server.
    pub(super) gateway_pid: u32,
    /// The directory of the socket.
    pub(super) socket_dir: PathBuf,
}

impl ConnectionFile {
    fn path(state: &Path) -> PathBuf {
        state.join("connection.json")
    }

    pub(super) fn write(&self, state: &Path) -> Result<(), EmbeddedError> {
        let text = serde_json::to_vec(self).expect("socket directories are UTF-8 by choice");
        write_whole(&Self::path(state), &text, None)
    }

    pub(super) fn remove(state: &Path) {
        // Best effort: what is left over is recognised by its dead socket.
        let _ = fs::remove_file(Self::path(state));
    }

    /// `None` also when the file is a left-over and nobody listens.
    pub(super) fn read_living(data_dir: &Path) -> Option<Self> {
        let file = fs::read(Self::path(&state_dir(data_dir))).ok()?;
        let connection: Self = serde_json::from_slice(&file).ok()?;
        UnixStream::connect(connection.socket_dir.join(format!(".s.PGSQL.{PORT}"))).ok()?;
        Some(connection)
    }
}

/// For the gateway's own role and database.
pub(super) fn options(socket_dir: &Path) -> PgConnectOptions {
    options_as(socket_dir, NAME, NAME)
}

pub(super) fn options_as(socket_dir: &Path, role: &str, database: &str) -> PgConnectOptions {
    // Everything is said, so that PGPORT and its like in our environment change nothing.
    PgConnectOptions::new_without_pgpass()
        .host("localhost")
        .socket(socket_dir)
        .port(PORT)
        .username(role)
        .database(database)
        .ssl_mode(PgSslMode::Disable)
        .application_name("gateway")
}

/// The same as a URL, for people and other programs.
pub(super) fn url(socket_dir: &Path) -> String {
    let mut host = String::new();
    for byte in socket_dir.to_string_lossy().bytes() {
        if byte.is_ascii_alphanumeric() {
            host.push(char::from(byte));
        } else {
            host.extend(["%", &hex::encode([byte])]);
        }
    }
    format!("postgres://{NAME}@{host}:{PORT}/{NAME}?sslmode=disable")
}

#[cfg(test)]
mod tests {
    use std::str::FromStr as _;

    use super::*;

    #[test]
    fn the_url_leads_to_the_same_socket_whatever_is_in_the_path() {
        for dir in [
            "/run/gateway",
            "/tmp/with space/+plus",
            "/home/jürgen/データ",
            "/a%20b/c?d#e@f:g",
            "/o'neil/\"q\"",
        ] {
            let parsed = PgConnectOptions::from_str(&url(Path::new(dir))).unwrap();
            assert_eq!(parsed.get_socket(), Some(&PathBuf::from(dir)), "{}", url(Path::new(dir)));
            assert_eq!((parsed.get_username(), parsed.get_database()), (NAME, Some(NAME)));
        }
    }

    #[test]
    fn a_left_over_connection_file_leads_nowhere() {
        let root = tempfile::tempdir().unwrap();
        let state = state_dir(root.path());
        fs::create_dir(&state).unwrap();
        assert_eq!(ConnectionFile::read_living(root.path()), None);
        ConnectionFile { gateway_pid: 1, socket_dir: state.join("run") }.write(&state).unwrap();
        assert_eq!(ConnectionFile::read_living(root.path()), None);
    }
}
