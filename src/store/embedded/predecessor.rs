//! What a former server may have left on our cluster: living processes, and files that keep a new one from
//! starting.
//!
//! Called under the owner's lock, so nobody else is entitled to the cluster. A process belongs to it when its
//! name is `postgres` and its working directory is the cluster: a reused process id does not look like that,
//! a shell that somebody left in the directory does not either.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::account::Account;
use super::error::{EmbeddedError, failed};
use super::layout::PORT;

/// Until the fast shutdown becomes an immediate one, that becomes a kill, and that becomes an error.
const STEPS: [(Signal, Duration); 3] = [
    (Signal::INT, Duration::from_secs(15)),
    (Signal::QUIT, Duration::from_secs(5)),
    (Signal::KILL, Duration::from_secs(5)),
];

/// A process of a former server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Survivor {
    pid: Pid,
    parent: i32,
}

/// Ends what still runs on `cluster`, then removes its `postmaster.pid`. Postgres itself would refuse to
/// start while the process id in there answers, even when it is a zombie or somebody else's by now.
pub(super) fn clear(cluster: &Path, account: &Account) -> Result<(), EmbeddedError> {
    for (signal, patience) in STEPS {
        let survivors = survivors(cluster, account);
        if survivors.is_empty() {
            return remove(&cluster.join("postmaster.pid"));
        }
        tracing::warn!(
            pids = pids(&survivors),
            ?signal,
            "a former Postgres still runs on our cluster: ending it"
        );
        for survivor in &survivors {
            // A postmaster ends its own children; by force it has to be all of them at once.
            let child = survivors.iter().any(|other| other.pid.as_raw_nonzero().get() == survivor.parent);
            if !child || signal == Signal::KILL {
                // It may have ended by itself since we looked.
                let _ = kill_process(survivor.pid, signal);
            }
        }
        let deadline = Instant::now() + patience;
        while Instant::now() < deadline && !self::survivors(cluster, account).is_empty() {
            std::thread::park_timeout(Duration::from_millis(10));
        }
    }
    let survivors = survivors(cluster, account);
    if survivors.is_empty() {
        return remove(&cluster.join("postmaster.pid"));
    }
    Err(EmbeddedError::Predecessor { dir: cluster.to_owned(), pids: pids(&survivors) })
}

/// Removes the socket that a killed server leaves, with its lock file.
pub(super) fn remove_socket(socket_dir: &Path) -> Result<(), EmbeddedError> {
    let socket = socket_dir.join(format!(".s.PGSQL.{PORT}"));
    remove(&socket)?;
    remove(&PathBuf::from(format!("{}.lock", socket.display())))
}

fn remove(path: &Path) -> Result<(), EmbeddedError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed("remove", path)(error)),
        _ => Ok(()),
    }
}

fn pids(survivors: &[Survivor]) -> String {
    let pids: Vec<_> = survivors.iter().map(|survivor| survivor.pid.as_raw_nonzero().to_string()).collect();
    pids.join(", ")
}

#[cfg(target_os = "linux")]
fn survivors(cluster: &Path, account: &Account) -> Vec<Survivor> {
    use std::os::unix::fs::MetadataExt as _;
    let Ok(own) = fs::metadata(cluster) else {
        return Vec::new();
    };
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .filter_map(Result::ok)
        .filter_map(|entry| {
            let pid = Pid::from_raw(entry.file_name().to_str()?.parse().ok()?)?;
            let (name, parent) = parse_stat(&fs::read_to_string(entry.path().join("stat")).ok()?)?;
            if !["postgres", "postmaster"].contains(&name.as_str()) {
                return None;
            }
            let cwd = entry.path().join("cwd");
            let ours = match fs::metadata(&cwd) {
                Ok(found) => (found.dev(), found.ino()) == (own.dev(), own.ino()),
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                    account.read_link(&cwd).is_some_and(|dir| dir == cluster)
                }
                Err(_) => false,
            };
            ours.then_some(Survivor { pid, parent })
        })
        .collect()
}

/// The name and the parent's id from `/proc/<pid>/stat`. The name stands in brackets and may itself hold
/// brackets.
#[cfg(target_os = "linux")]
fn parse_stat(stat: &str) -> Option<(String, i32)> {
    let (before, after) = stat.rsplit_once(')')?;
    let (_, name) = before.split_once('(')?;
    let parent = after.split_whitespace().nth(1)?.parse().ok()?;
    Some((name.to_owned(), parent))
}

/// Without `/proc`, `lsof` knows the working directories (it belongs to macOS).
#[cfg(not(target_os = "linux"))]
fn survivors(cluster: &Path, _account: &Account) -> Vec<Survivor> {
    let arguments = ["-a", "-c", "postgres", "-d", "cwd", "-F", "pRn"];
    let Ok(output) = std::process::Command::new("lsof").args(arguments).output() else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let (mut pid, mut parent) = (None, 0);
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        match (line.get(..1), line.get(1..)) {
            (Some("p"), Some(text)) => pid = text.parse().ok().and_then(Pid::from_raw),
            (Some("R"), Some(text)) => parent = text.parse().unwrap_or(0),
            (Some("n"), Some(dir)) if Path::new(dir) == cluster => {
                found.extend(pid.map(|pid| Survivor { pid, parent }));
            }
            _ => {}
        }
    }
    found
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_process_name_with_brackets_and_spaces_does_not_confuse_the_parent() {
        assert_eq!(parse_stat("12 (post gres) (x) S 7 12 12 0"), Some(("post gres) (x".to_owned(), 7)));
        assert_eq!(parse_stat("12 postgres"), None);
    }

    #[test]
    fn a_stale_pid_file_with_a_living_process_of_somebody_else_is_removed_and_the_process_left_alone() {
        let cluster = tempfile::tempdir().unwrap();
        let pid_file = cluster.path().join("postmaster.pid");
        let mut other =
            std::process::Command::new("sleep").arg("60").current_dir(cluster.path()).spawn().unwrap();
        fs::write(&pid_file, format!("{}\n", other.id())).unwrap();
        let us = Account { uid: 0, gid: 0, name: "us".to_owned(), become_it: false };
        clear(cluster.path(), &us).unwrap();
        assert!(!pid_file.exists());
        assert!(other.try_wait().unwrap().is_none(), "a process that is no postgres was ended");
        other.kill().unwrap();
        other.wait().unwrap();
    }
}
