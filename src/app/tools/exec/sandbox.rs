//! Bubblewrap, where it is there and works.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;
use tokio::sync::OnceCell;

/// What a command sees of the system, read-only. Of `/etc` only what programs need: there can be secrets in it.
const SYSTEM: [&str; 24] = [
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/nix/store",
    "/etc/alternatives",
    "/etc/ca-certificates",
    "/etc/ca-certificates.conf",
    "/etc/group",
    "/etc/host.conf",
    "/etc/hosts",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/localtime",
    "/etc/nsswitch.conf",
    "/etc/passwd",
    "/etc/pki",
    "/etc/protocols",
    "/etc/resolv.conf",
    "/etc/ssl",
];

/// Whether there is one, looked up once.
#[derive(Debug, Default)]
pub struct Sandbox(OnceCell<Result<PathBuf, String>>);

impl Sandbox {
    /// The program, when it works here; else why not.
    pub async fn program(&self) -> Result<&Path, &str> {
        let found = self.0.get_or_init(probe).await;
        found.as_deref().map_err(String::as_str)
    }
}

async fn probe() -> Result<PathBuf, String> {
    let directories = ["/usr/bin", "/usr/local/bin", "/bin"].map(PathBuf::from);
    let program =
        directories.into_iter().map(|directory| directory.join("bwrap")).find(|path| path.is_file());
    let Some(program) = program else {
        return Err("bubblewrap (bwrap) is not installed".to_owned());
    };
    let mut command = Command::new(&program);
    command
        .args(arguments(Path::new("/tmp"), false))
        .args(["--", "/bin/sh", "-c", "exit 0"])
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    match tokio::time::timeout(Duration::from_secs(5), command.output()).await {
        Ok(Ok(output)) if output.status.success() => Ok(program),
        Ok(Ok(output)) => {
            let said = String::from_utf8_lossy(&output.stderr);
            Err(format!("bubblewrap does not work here: {}", said.lines().next().unwrap_or("it only fails")))
        }
        Ok(Err(error)) => Err(format!("bubblewrap can't be started: {error}")),
        Err(_) => Err("bubblewrap does not answer".to_owned()),
    }
}

/// Its arguments up to where the command begins. The workspace comes last: it may be below one of the others.
pub(super) fn arguments(workspace: &Path, network: bool) -> Vec<OsString> {
    let mut arguments: Vec<OsString> =
        ["--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL"].map(Into::into).into();
    if network {
        arguments.push("--share-net".into());
    }
    for path in SYSTEM {
        arguments.extend(["--ro-bind-try", path, path].map(OsString::from));
    }
    arguments.extend(["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"].map(OsString::from));
    arguments.extend(["--bind".into(), workspace.into(), workspace.into()]);
    arguments
}
