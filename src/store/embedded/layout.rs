//! Where the embedded Postgres keeps its things.
//!
//! ```text
//! <data directory>/postgres/     ours (root's, when we are root): 0711 as root, else 0700
//!   lock                         held by the process that runs the server
//!   connection.json              how another process of ours gets in meanwhile
//!   server.log, .1, .2           this start and the two before
//!   data/                        the cluster, the Postgres user's
//!   run/                         the socket, the Postgres user's; elsewhere when the path is too long
//! ```

use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::account::Account;
use super::error::{EmbeddedError, failed};

/// The port in the socket's name; nothing listens on the network.
pub(super) const PORT: u16 = 5432;

/// The size of `sun_path` with its closing zero.
const SUN_PATH: usize = if cfg!(target_os = "linux") { 108 } else { 104 };

/// The longest name Postgres makes in the socket directory.
const LONGEST_SOCKET_NAME: &str = "/.s.PGSQL.5432.lock";

/// How many lines of the log an error shows.
const TAIL_LINES: usize = 20;

/// How many bytes at the log's end are looked at for them.
const TAIL_BYTES: u64 = 16 * 1024;

/// The paths of one embedded Postgres, absolute and free of symbolic links.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    /// The gateway's data directory.
    pub(super) data_dir: PathBuf,
    /// `postgres` below it.
    pub(super) state: PathBuf,
    /// The cluster.
    pub(super) cluster: PathBuf,
    /// The server's output.
    pub(super) log: PathBuf,
}

/// The state directory below a gateway's data directory.
pub(super) fn state_dir(data_dir: &Path) -> PathBuf {
    data_dir.join("postgres")
}

impl Layout {
    /// Makes the directories that are missing.
    pub(super) fn create(data_dir: &Path) -> Result<Self, EmbeddedError> {
        if data_dir.as_os_str().as_bytes().iter().any(u8::is_ascii_control) {
            return Err(EmbeddedError::OddPath { path: data_dir.to_owned() });
        }
        // As root, another user has to pass through to the cluster.
        let mode = if rustix::process::geteuid().is_root() { 0o711 } else { 0o700 };
        let state = state_dir(data_dir);
        DirBuilder::new()
            .recursive(true)
            .mode(mode)
            .create(&state)
            .map_err(failed("create the directory", &state))?;
        let state = fs::canonicalize(&state).map_err(failed("resolve", &state))?;
        if state.as_os_str().as_bytes().iter().any(u8::is_ascii_control) {
            return Err(EmbeddedError::OddPath { path: state });
        }
        let data_dir = state.parent().map_or_else(|| data_dir.to_owned(), Path::to_owned);
        let (cluster, log) = (state.join("data"), state.join("server.log"));
        Ok(Self { data_dir, state, cluster, log })
    }

    /// The major version of the cluster; `None` when there is none yet.
    pub(super) fn cluster_major(&self) -> Result<Option<u32>, EmbeddedError> {
        let path = self.cluster.join("PG_VERSION");
        match fs::read_to_string(&path) {
            Ok(text) => {
                let major = text.trim().split('.').next().and_then(|major| major.parse().ok());
                Ok(Some(major.ok_or_else(|| EmbeddedError::NotACluster { dir: self.cluster.clone() })?))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let empty = fs::read_dir(&self.cluster).map_or(true, |mut entries| entries.next().is_none());
                if empty { Ok(None) } else { Err(EmbeddedError::NotACluster { dir: self.cluster.clone() }) }
            }
            Err(error) => Err(failed("read", &path)(error)),
        }
    }

    /// Makes the directory of the socket: `run` beside the cluster when a socket's path may be that long,
    /// else one below the runtime directory or `/tmp`, named after the state directory.
    pub(super) fn create_socket_dir(&self, account: &Account) -> Result<PathBuf, EmbeddedError> {
        let near = self.state.join("run");
        let dir = if fits(&near) { near } else { self.short_socket_dir(account) };
        private_dir(&dir, account)?;
        Ok(dir)
    }

    fn short_socket_dir(&self, account: &Account) -> PathBuf {
        let name =
            format!("gateway-{}", &hex::encode(Sha256::digest(self.state.as_os_str().as_bytes()))[..16]);
        let runtime = if account.become_it {
            Some(PathBuf::from("/run")).filter(|dir| dir.is_dir())
        } else {
            std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|dir| {
                dir.is_absolute()
                    && fs::metadata(dir).is_ok_and(|found| found.is_dir() && found.uid() == account.uid)
            })
        };
        runtime
            .map(|dir| dir.join(&name))
            .filter(|dir| fits(dir))
            .unwrap_or_else(|| Path::new("/tmp").join(&name))
    }

    /// Removes what a stopped server leaves of a socket directory outside of the state directory.
    pub(super) fn remove_socket_dir(&self, dir: &Path) {
        if !dir.starts_with(&self.state) {
            // Best effort: an empty directory in /run or /tmp harms nobody, and the next start takes it over.
            let _ = fs::remove_dir(dir);
        }
    }

    /// Moves the former logs aside and opens a new one.
    pub(super) fn rotate_log(&self) -> Result<(), EmbeddedError> {
        let older = |n: u32| self.state.join(format!("server.log.{n}"));
        for (from, to) in [(older(1), older(2)), (self.log.clone(), older(1))] {
            match fs::rename(&from, &to) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(failed("rename", &from)(error));
                }
                _ => {}
            }
        }
        self.open_log().map(drop)
    }

    /// For the server's output. Appending, so that what a restart says comes after what led to it.
    pub(super) fn open_log(&self) -> Result<File, EmbeddedError> {
        OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(&self.log)
            .map_err(failed("open", &self.log))
    }

    /// The last lines of the log, of those after `offset`.
    pub(super) fn log_tail(&self, offset: u64) -> String {
        let read = || -> io::Result<String> {
            let mut log = File::open(&self.log)?;
            let end = log.seek(SeekFrom::End(0))?;
            log.seek(SeekFrom::Start(offset.max(end.saturating_sub(TAIL_BYTES)).min(end)))?;
            let mut bytes = Vec::new();
            log.read_to_end(&mut bytes)?;
            Ok(last_lines(&String::from_utf8_lossy(&bytes)))
        };
        read().unwrap_or_else(|error| format!("(the log cannot be read: {error})"))
    }
}

/// The last lines of a text, for an error.
pub(super) fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    if lines.is_empty() {
        return "(nothing was written)".to_owned();
    }
    lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
}

/// Whether a socket fits below `dir`, and whether the client library can express it (it takes UTF-8 only).
fn fits(dir: &Path) -> bool {
    dir.to_str().is_some_and(|text| text.len() + LONGEST_SOCKET_NAME.len() < SUN_PATH)
}

/// A directory that only `account` can enter; one that exists must be its own, and a directory rather than a
/// link to one.
fn private_dir(dir: &Path, account: &Account) -> Result<(), EmbeddedError> {
    match DirBuilder::new().mode(0o700).create(dir) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            return Err(failed("create the directory", dir)(error));
        }
        _ => {}
    }
    let found = fs::symlink_metadata(dir).map_err(failed("look at", dir))?;
    let ours = [account.uid, rustix::process::geteuid().as_raw()].contains(&found.uid());
    if !found.is_dir() || !ours {
        return Err(EmbeddedError::ForeignSocketDir { dir: dir.to_owned() });
    }
    account.own(dir)?;
    fs::set_permissions(dir, fs::Permissions::from_mode(0o700)).map_err(failed("change the mode of", dir))
}

/// Writes a file as a whole or not at all: a temporary sibling, then a rename.
pub(super) fn write_whole(
    path: &Path,
    contents: &[u8],
    account: Option<&Account>,
) -> Result<(), EmbeddedError> {
    use std::io::Write as _;
    let mut name = path.file_name().unwrap_or_else(|| OsStr::new("file")).to_owned();
    name.push(".new");
    let temporary = path.with_file_name(name);
    match fs::remove_file(&temporary) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(failed("remove", &temporary)(error));
        }
        _ => {}
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&temporary)
        .map_err(failed("create", &temporary))?;
    file.write_all(contents).and_then(|()| file.sync_all()).map_err(failed("write", &temporary))?;
    if let Some(account) = account {
        account.own(&temporary)?;
    }
    fs::rename(&temporary, path).map_err(failed("rename", &temporary))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ourselves() -> Account {
        let (uid, gid) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
        Account { uid, gid, name: "us".to_owned(), become_it: false }
    }

    #[test]
    fn a_socket_path_may_fill_the_system_s_limit_and_not_more() {
        let longest = SUN_PATH - 1 - LONGEST_SOCKET_NAME.len();
        assert!(fits(Path::new(&format!("/{}", "d".repeat(longest - 1)))));
        assert!(!fits(Path::new(&format!("/{}", "d".repeat(longest)))));
        assert!(!fits(Path::new(OsStr::from_bytes(b"/data-\xff"))));
    }

    #[test]
    fn a_deep_data_directory_gets_a_short_socket_directory_of_its_own() {
        let root = tempfile::tempdir().unwrap();
        let layout = Layout::create(&root.path().join("d".repeat(120))).unwrap();
        let other = Layout::create(&root.path().join("e".repeat(120))).unwrap();
        let (dir, other_dir) = (layout.short_socket_dir(&ourselves()), other.short_socket_dir(&ourselves()));
        assert!(fits(&dir) && dir != other_dir, "{} {}", dir.display(), other_dir.display());
    }

    #[test]
    fn a_socket_directory_that_is_a_link_is_refused() {
        let root = tempfile::tempdir().unwrap();
        let (target, link) = (root.path().join("target"), root.path().join("link"));
        fs::create_dir(&target).unwrap();
        std::os::unix::fs::symlink(&target, &link).unwrap();
        assert!(matches!(private_dir(&link, &ourselves()), Err(EmbeddedError::ForeignSocketDir { .. })));
    }

    #[test]
    fn a_socket_directory_that_others_can_enter_is_closed() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("run");
        fs::create_dir(&dir).unwrap();
        fs::set_permissions(&dir, fs::Permissions::from_mode(0o777)).unwrap();
        private_dir(&dir, &ourselves()).unwrap();
        assert_eq!(fs::metadata(&dir).unwrap().mode() & 0o777, 0o700);
    }

    #[test]
    fn the_log_keeps_this_start_and_the_two_before() {
        let root = tempfile::tempdir().unwrap();
        let layout = Layout::create(root.path()).unwrap();
        for start in ["one", "two", "three", "four"] {
            layout.rotate_log().unwrap();
            fs::write(&layout.log, start).unwrap();
        }
        let read = |name: &str| fs::read_to_string(layout.state.join(name)).unwrap();
        assert_eq!(
            [read("server.log"), read("server.log.1"), read("server.log.2")],
            ["four", "three", "two"]
        );
    }

    #[test]
    fn the_tail_of_the_log_begins_after_the_offset_and_keeps_its_last_lines() {
        let root = tempfile::tempdir().unwrap();
        let layout = Layout::create(root.path()).unwrap();
        fs::write(&layout.log, "before\nfirst\nsecond\n").unwrap();
        assert_eq!(layout.log_tail("before\n".len() as u64), "first\nsecond");
        assert_eq!(layout.log_tail(10_000), "(nothing was written)");
        let lines: Vec<_> = (0..100).map(|n| format!("line {n}")).collect();
        fs::write(
            &layout.log,
            lines.join(
                "
",
            ),
        )
        .unwrap();
        assert!(layout.log_tail(0).starts_with("line 80\n") && layout.log_tail(0).ends_with("line 99"));
    }

    #[test]
    fn a_path_with_a_line_break_is_refused() {
        assert!(matches!(Layout::create(Path::new("/tmp/a\nb")), Err(EmbeddedError::OddPath { .. })));
    }

    #[test]
    fn a_directory_with_other_things_in_it_is_not_taken_for_a_cluster() {
        let root = tempfile::tempdir().unwrap();
        let layout = Layout::create(root.path()).unwrap();
        assert_eq!(layout.cluster_major().unwrap(), None);
        fs::create_dir(&layout.cluster).unwrap();
        assert_eq!(layout.cluster_major().unwrap(), None);
        fs::write(layout.cluster.join("holiday.jpg"), "x").unwrap();
        assert!(matches!(layout.cluster_major(), Err(EmbeddedError::NotACluster { .. })));
        fs::write(layout.cluster.join("PG_VERSION"), "15\n").unwrap();
        assert_eq!(layout.cluster_major().unwrap(), Some(15));
    }
}
