//! Finding `initdb` and `postgres`.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::error::EmbeddedError;

/// The oldest major version that serves.
pub(super) const MINIMUM_MAJOR: u32 = 14;

/// Where packages put the server's programs; a `*` stands for anything within one name.
const USUAL_PLACES: &[&str] = &[
    "/usr/lib/postgresql/*/bin",
    "/usr/lib/postgresql*/bin",
    "/usr/libexec/postgresql*",
    "/usr/pgsql-*/bin",
    "/usr/local/pgsql/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
    "/home/linuxbrew/.linuxbrew/opt/postgresql*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
    "/opt/local/lib/postgresql*/bin",
];

/// The programs of one Postgres version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Programs {
    pub(super) bin_dir: PathBuf,
    pub(super) major: u32,
}

impl Programs {
    pub(super) fn initdb(&self) -> PathBuf {
        self.bin_dir.join("initdb")
    }

    pub(super) fn postgres(&self) -> PathBuf {
        self.bin_dir.join("postgres")
    }

    /// The programs in `bin_dir` and nowhere else when it is given; otherwise those on `path` (the variable's
    /// value) and in the usual places. `existing` is a cluster and its major version, which must be met
    /// exactly; without one the newest version wins, and of equals the first found.
    pub(super) fn find(
        bin_dir: Option<&Path>,
        path: Option<&OsStr>,
        existing: Option<(&Path, u32)>,
    ) -> Result<Self, EmbeddedError> {
        if let Some(dir) = bin_dir {
            let named = programs_in(dir).ok_or_else(|| EmbeddedError::WrongBinDir { dir: dir.to_owned() })?;
            return select(vec![named], existing);
        }
        let mut seen = HashSet::new();
        let found = path
            .map(std::env::split_paths)
            .into_iter()
            .flatten()
            .filter(|dir| dir.is_absolute())
            .chain(USUAL_PLACES.iter().flat_map(|pattern| expand(pattern)))
            .filter(|dir| seen.insert(dir.clone()))
            .filter_map(|dir| programs_in(&dir))
            .collect();
        select(found, existing)
    }
}

fn select(found: Vec<Programs>, existing: Option<(&Path, u32)>) -> Result<Programs, EmbeddedError> {
    let told = if found.is_empty() {
        "none at all".to_owned()
    } else {
        let each: Vec<_> =
            found.iter().map(|one| format!("{} in {}", one.major, one.bin_dir.display())).collect();
        each.join(", ")
    };
    match existing {
        Some((dir, wanted)) => found
            .into_iter()
            .find(|one| one.major == wanted)
            .ok_or(EmbeddedError::WrongMajor { dir: dir.to_owned(), wanted, found: told }),
        None => found
            .into_iter()
            .filter(|one| one.major >= MINIMUM_MAJOR)
            // the last of equals is the greatest for `max_by_key`, and the first found is to win
            .rev()
            .max_by_key(|one| one.major)
            .ok_or(EmbeddedError::NoPrograms { minimum: MINIMUM_MAJOR, found: told }),
    }
}

/// Both programs are there, and `postgres` tells its version.
fn programs_in(dir: &Path) -> Option<Programs> {
    let postgres = dir.join("postgres");
    if !postgres.is_file() || !dir.join("initdb").is_file() {
        return None;
    }
    let output =
        Command::new(postgres).arg("--version").stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    let major = parse_major(&String::from_utf8_lossy(&output.stdout))?;
    Some(Programs { bin_dir: dir.to_owned(), major })
}

/// From `postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)` or `… 18beta1`.
fn parse_major(version: &str) -> Option<u32> {
    let (_, number) = version.split_once("(PostgreSQL) ")?;
    let digits = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
    number[..digits].parse().ok()
}

/// The directories a pattern stands for. At most one name in it holds a `*`.
fn expand(pattern: &str) -> Vec<PathBuf> {
    let Some((before, after)) = pattern.split_once('*') else {
        return vec![PathBuf::from(pattern)];
    };
    let (parent, prefix) = before.rsplit_once('/').unwrap_or(("", before));
    let rest = after.trim_start_matches('/');
    let Ok(entries) = fs::read_dir(parent) else {
        return Vec::new();
    };
    let mut dirs: Vec<PathBuf> = entries
        .filter_map(Result::ok)
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix))
        .map(|entry| if rest.is_empty() { entry.path() } else { entry.path().join(rest) })
        .collect();
    dirs.sort();
    dirs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn programs(bin_dir: &str, major: u32) -> Programs {
        Programs { bin_dir: PathBuf::from(bin_dir), major }
    }

    #[test]
    fn the_major_version_is_read_from_releases_and_betas() {
        assert_eq!(parse_major("postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)\n"), Some(15));
        assert_eq!(parse_major("postgres (PostgreSQL) 18beta1\n"), Some(18));
        assert_eq!(parse_major("postgres (PostgreSQL) 9.6.24"), Some(9));
        assert_eq!(parse_major("something else 15"), None);
    }

    #[test]
    fn a_new_cluster_takes_the_newest_programs_and_the_first_of_equals() {
        let found = vec![programs("/a", 14), programs("/b", 16), programs("/c", 16), programs("/d", 13)];
        assert_eq!(select(found, None).unwrap(), programs("/b", 16));
    }

    #[test]
    fn an_existing_cluster_takes_its_own_version_or_an_error_that_names_what_was_found() {
        let found = vec![programs("/a", 14), programs("/b", 16)];
        assert_eq!(select(found.clone(), Some((Path::new("/data"), 14))).unwrap(), programs("/a", 14));
        let error = select(found, Some((Path::new("/data"), 15))).unwrap_err().to_string();
        for part in ["/data", "Postgres 15", "14 in /a, 16 in /b"] {
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn programs_that_are_too_old_are_named_and_not_used() {
        let error = select(vec![programs("/old", 13)], None).unwrap_err().to_string();
        assert!(error.contains("13 in /old") && error.contains("GATEWAY_POSTGRES_DSN"), "{error}");
    }

    #[test]
    fn a_star_matches_within_one_name() {
        let root = tempfile::tempdir().unwrap();
        for dir in ["postgresql/15/bin", "postgresql/16/bin", "pgsql-14/bin"] {
            fs::create_dir_all(root.path().join(dir)).unwrap();
        }
        let below = |pattern: &str| expand(&format!("{}/{pattern}", root.path().display()));
        assert_eq!(
            below("postgresql/*/bin"),
            [root.path().join("postgresql/15/bin"), root.path().join("postgresql/16/bin")]
        );
        assert_eq!(below("pgsql-*/bin"), [root.path().join("pgsql-14/bin")]);
        assert!(below("missing/*/bin").is_empty());
    }
}
