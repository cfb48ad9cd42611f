//! One owner per embedded Postgres: an exclusive lock on a file, which the kernel gives back however the
//! owner ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use super::error::{EmbeddedError, failed};

/// A killed owner keeps its lock until the kernel has taken it down, which takes a moment.
const PATIENCE: Duration = Duration::from_millis(500);

/// Held as long as the server may run. Never inherited by a child: std opens every file close-on-exec.
#[derive(Debug)]
pub(super) struct OwnerLock(#[expect(dead_code, reason = "the lock lasts as long as the file is open")] File);

impl OwnerLock {
    /// Blocks its thread for half a second before it gives up.
    pub(super) fn acquire(state: &Path) -> Result<Self, EmbeddedError> {
        let path = state.join("lock");
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(failed("open", &path))?;
        let deadline = Instant::now() + PATIENCE;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::Error(error)) => return Err(failed("lock", &path)(error)),
                Err(TryLockError::WouldBlock) if Instant::now() < deadline => {
                    std::thread::park_timeout(Duration::from_millis(10));
                }
                Err(TryLockError::WouldBlock) => {
                    let mut text = String::new();
                    let pid = file.read_to_string(&mut text).ok().and_then(|_| text.trim().parse().ok());
                    return Err(EmbeddedError::Owned { pid, dir: state.to_owned() });
                }
            }
        }
        let pid = format!("{}\n", std::process::id());
        file.set_len(0)
            .and_then(|()| file.seek(SeekFrom::Start(0)))
            .and_then(|_| file.write_all(pid.as_bytes()))
            .map_err(failed("write", &path))?;
        Ok(Self(file))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_owner_is_told_the_pid_and_the_directory_of_the_first() {
        let root = tempfile::tempdir().unwrap();
        let first = OwnerLock::acquire(root.path()).unwrap();
        let error = OwnerLock::acquire(root.path()).unwrap_err().to_string();
        assert!(error.contains(&format!("process {}", std::process::id())), "{error}");
        assert!(error.contains(&root.path().display().to_string()), "{error}");
        drop(first);
        OwnerLock::acquire(root.path()).unwrap();
    }
}
