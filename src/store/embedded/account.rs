//! Which user of the operating system runs Postgres, which refuses root.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
#[cfg(target_os = "linux")]
use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::error::{EmbeddedError, failed};

/// The user that runs Postgres and owns its files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) uid: u32,
    pub(super) gid: u32,
    pub(super) name: String,
    /// We are root and become this user; otherwise it is who we are.
    pub(super) become_it: bool,
}

impl Account {
    /// Ourselves; or, as root, the present owner of `cluster` or `data_dir`, else `postgres`, else `nobody`.
    pub(super) fn choose(cluster: &Path, data_dir: &Path) -> Result<Self, EmbeddedError> {
        let own_uid = rustix::process::geteuid();
        let cluster_owner = owner(cluster)?;
        if !own_uid.is_root() {
            let uid = own_uid.as_raw();
            let name = name_of(uid).ok_or(EmbeddedError::UnnamedUser { uid })?;
            if let Some((owner, _)) = cluster_owner.filter(|(owner, _)| *owner != uid) {
                return Err(EmbeddedError::ForeignCluster {
                    dir: cluster.to_owned(),
                    owner: name_of(owner).unwrap_or_else(|| owner.to_string()),
                    us: name,
                });
            }
            return Ok(Self { uid, gid: rustix::process::getegid().as_raw(), name, become_it: false });
        }
        if cluster_owner.is_some_and(|(uid, _)| uid == 0) {
            return Err(EmbeddedError::ForeignCluster {
                dir: cluster.to_owned(),
                owner: "root, as whom Postgres does not run,".to_owned(),
                us: "root".to_owned(),
            });
        }
        let present = match cluster_owner {
            Some(present) => Some(present),
            None => owner(data_dir)?.filter(|(uid, _)| *uid != 0),
        };
        if let Some((uid, gid)) = present {
            let name = name_of(uid).ok_or(EmbeddedError::UnnamedUser { uid })?;
            let gid = ids_of(&name).map_or(gid, |(_, gid)| gid);
            return Ok(Self { uid, gid, name, become_it: true });
        }
        ["postgres", "nobody"]
            .into_iter()
            .find_map(|name| {
                let (uid, gid) = ids_of(name).filter(|(uid, _)| *uid != 0)?;
                Some(Self { uid, gid, name: name.to_owned(), become_it: true })
            })
            .ok_or(EmbeddedError::NobodyToRunIt)
    }

    /// Makes `command` run as this user. std drops the supplementary groups with the user id.
    pub(super) fn apply(&self, command: &mut Command) {
        if self.become_it {
            command.uid(self.uid).gid(self.gid);
        }
    }

    /// Hands a file or directory of ours over to this user.
    pub(super) fn own(&self, path: &Path) -> Result<(), EmbeddedError> {
        if self.become_it {
            std::os::unix::fs::lchown(path, Some(self.uid), Some(self.gid))
                .map_err(failed("change the owner of", path))?;
        }
        Ok(())
    }

    /// Tries, as this user, to run the program and to enter the directory: only the attempt knows about
    /// modes, access lists and mounts alike.
    pub(super) fn check_access(&self, postgres: &Path, dir: &Path) -> Result<(), EmbeddedError> {
        if !self.become_it {
            return Ok(());
        }
        self.try_in(postgres, Path::new("/")).map_err(|source| EmbeddedError::Unusable {
            user: self.name.clone(),
            program: postgres.to_owned(),
            source,
        })?;
        if self.try_in(postgres, dir).is_ok() {
            return Ok(());
        }
        let mut from_the_root: Vec<&Path> = dir.ancestors().collect();
        from_the_root.reverse();
        let closed =
            from_the_root.into_iter().find(|step| self.try_in(postgres, step).is_err()).unwrap_or(dir);
        Err(EmbeddedError::Unreachable { user: self.name.clone(), dir: closed.to_owned() })
    }

    /// std changes the user first and the directory after it, so that the directory's permissions are this
    /// user's.
    fn try_in(&self, postgres: &Path, dir: &Path) -> io::Result<()> {
        let mut command = Command::new(postgres);
        command
            .arg("--version")
            .current_dir(dir)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        self.apply(&mut command);
        let status = command.status()?;
        if status.success() { Ok(()) } else { Err(io::Error::other(format!("it ended with {status}"))) }
    }

    /// Where `link` points to, read as this user: in a container even root may lack the right
    /// (`CAP_SYS_PTRACE`) to look at another user's `/proc/<pid>/cwd`.
    #[cfg(target_os = "linux")]
    pub(super) fn read_link(&self, link: &Path) -> Option<PathBuf> {
        use std::os::unix::ffi::OsStringExt as _;
        let mut command = Command::new("readlink");
        command.arg(link).stdin(Stdio::null()).stderr(Stdio::null());
        self.apply(&mut command);
        let mut target = command.output().ok().filter(|output| output.status.success())?.stdout;
        if target.last() == Some(&b'\n') {
            target.pop();
        }
        Some(PathBuf::from(std::ffi::OsString::from_vec(target)))
    }
}

/// The user and group ids of the owner; `None` when there is nothing at `path`.
fn owner(path: &Path) -> Result<Option<(u32, u32)>, EmbeddedError> {
    match fs::metadata(path) {
        Ok(metadata) => Ok(Some((metadata.uid(), metadata.gid()))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed("look at", path)(error)),
    }
}

/// The name of a user id.
pub(super) fn name_of(uid: u32) -> Option<String> {
    passwd(|entry| entry.uid == uid).map(|entry| entry.name).or_else(|| id(&["-un", &uid.to_string()]))
}

/// The user id and the primary group id of a user.
fn ids_of(name: &str) -> Option<(u32, u32)> {
    passwd(|entry| entry.name == name).map(|entry| (entry.uid, entry.gid)).or_else(|| {
        let uid = id(&["-u", name])?.parse().ok()?;
        let gid = id(&["-g", name])?.parse().ok()?;
        Some((uid, gid))
    })
}

struct PasswdEntry {
    name: String,
    uid: u32,
    gid: u32,
}

fn passwd(wanted: impl Fn(&PasswdEntry) -> bool) -> Option<PasswdEntry> {
    let file = fs::read("/etc/passwd").ok()?;
    String::from_utf8_lossy(&file).lines().filter_map(parse_passwd).find(wanted)
}

fn parse_passwd(line: &str) -> Option<PasswdEntry> {
    let mut fields = line.split(':');
    let name = fields.next().filter(|name| !name.is_empty() && !name.starts_with('#'))?.to_owned();
    let uid = fields.nth(1)?.parse().ok()?;
    let gid = fields.next()?.parse().ok()?;
    Some(PasswdEntry { name, uid, gid })
}

/// Users that live elsewhere than in the file (LDAP, macOS) are known to `id`.
fn id(arguments: &[&str]) -> Option<String> {
    let output =
        Command::new("id").args(arguments).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let text = text.trim();
    // For a user id without a name some `id`s print the number.
    (output.status.success() && !text.is_empty() && arguments.get(1) != Some(&text)).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_of_the_user_database_is_read_by_position() {
        let entry =
            parse_passwd("postgres:x:101:104:PostgreSQL administrator,,,:/var/lib/postgresql:/bin/bash")
                .unwrap();
        assert_eq!((entry.name.as_str(), entry.uid, entry.gid), ("postgres", 101, 104));
        assert!(parse_passwd("# User Database").is_none());
        assert!(parse_passwd("+::::::").is_none());
        assert!(parse_passwd("").is_none());
    }

    #[test]
    fn a_user_id_without_a_name_has_none() {
        assert_eq!(name_of(3_999_999_901), None);
        assert_eq!(name_of(0).as_deref(), Some("root"));
        assert_eq!(ids_of("root"), Some((0, 0)));
        assert_eq!(ids_of("no-such-user-here"), None);
    }
}
