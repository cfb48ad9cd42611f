//! Making a cluster, and saying who may enter it.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use super::account::{Account, name_of};
use super::connection::{NAME, SUPERUSER};
use super::error::{EmbeddedError, failed};
use super::layout::{Layout, last_lines, write_whole};
use super::process::{end_with_this_thread, fixed_environment};
use super::programs::Programs;

/// The beginning of the names of half-made clusters.
const HALF_MADE: &str = "data.new-";

/// Runs `initdb` in a temporary sibling and renames it: a crash half way leaves nothing half made.
pub(super) fn initialise(
    layout: &Layout,
    account: &Account,
    programs: &Programs,
) -> Result<(), EmbeddedError> {
    remove_half_made(layout)?;
    let temporary = layout.state.join(format!("{HALF_MADE}{}", std::process::id()));
    DirBuilder::new().mode(0o700).create(&temporary).map_err(failed("create the directory", &temporary))?;
    account.own(&temporary)?;

    let initdb = programs.initdb();
    let mut command = Command::new(&initdb);
    command
        .arg("--pgdata")
        .arg(&temporary)
        .args(["--username", SUPERUSER, "--encoding=UTF8", "--locale=C", "--data-checksums"])
        .args(["--auth-local=peer", "--auth-host=reject", "--no-instructions"])
        .current_dir(&temporary)
        .stdin(Stdio::null());
    fixed_environment(&mut command);
    account.apply(&mut command);
    end_with_this_thread(&mut command, rustix::process::Signal::TERM);
    let output = command.output().map_err(failed("run", &initdb))?;
    if !output.status.success() {
        let text =
            format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        // What is left tells nothing more, and the next start would remove it anyway.
        let _ = fs::remove_dir_all(&temporary);
        return Err(EmbeddedError::Initdb { status: output.status.to_string(), output: last_lines(&text) });
    }
    write_access(&temporary, account)?;
    fs::rename(&temporary, &layout.cluster).map_err(failed("rename", &temporary))?;
    sync_dir(&layout.state)
}

/// Only the user that runs Postgres, ourselves and root get in, by who they are; nobody over the network.
pub(super) fn write_access(cluster: &Path, account: &Account) -> Result<(), EmbeddedError> {
    let hba = "# Written by the gateway at every start.\nlocal all all peer map=gateway\n";
    let mut users = vec![account.name.clone(), "root".to_owned()];
    users.extend(name_of(rustix::process::geteuid().as_raw()));
    users.sort();
    users.dedup();
    let mut ident = "# Written by the gateway at every start.\n".to_owned();
    for user in users {
        let user = user.replace('"', "\"\"");
        for role in [NAME, SUPERUSER] {
            ident.extend(["gateway \"", &user, "\" ", role, "\n"]);
        }
    }
    for (name, contents) in [("pg_hba.conf", hba), ("pg_ident.conf", ident.as_str())] {
        let path = cluster.join(name);
        if fs::read(&path).ok().as_deref() != Some(contents.as_bytes()) {
            write_whole(&path, contents.as_bytes(), Some(account))?;
        }
    }
    Ok(())
}

fn remove_half_made(layout: &Layout) -> Result<(), EmbeddedError> {
    let entries = fs::read_dir(&layout.state).map_err(failed("list", &layout.state))?;
    for entry in entries.filter_map(Result::ok) {
        if entry.file_name().to_string_lossy().starts_with(HALF_MADE) {
            fs::remove_dir_all(entry.path()).map_err(failed("remove", &entry.path()))?;
        }
    }
    Ok(())
}

/// A rename lasts once its directory is on the disk.
fn sync_dir(dir: &Path) -> Result<(), EmbeddedError> {
    let sync = || -> io::Result<()> { File::open(dir)?.sync_all() };
    sync().map_err(failed("write to disk", dir))
}
