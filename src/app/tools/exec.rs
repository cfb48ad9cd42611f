//! `exec`: a shell command in the workspace, with bounds.
//!
//! A command is a process group of its own with a clean environment. What it may take is bounded three times: the kernel
//! limits the data of each process (`ulimit -d`; the address space, `ulimit -v`, would end every program that reserves
//! more than it uses, such as Node.js or Java), a watch adds up the memory and the number of all of them (Linux), and
//! time ends it. However it ends, by itself too, everything that it started ends with it.
//!
//! Where bubblewrap works, the command sees the system read-only, the workspace, and nothing else: no home directories,
//! no data of the gateway, no processes of others, and no network unless that is configured. Where it does not, a command
//! can do what the gateway's user can; that is why `exec` is off until somebody switches it on.

mod gate;
mod group;
mod sandbox;

pub use gate::Gate;
pub use sandbox::Sandbox;

use super::workspace::Workspace;
use crate::domain::tool::{Kept, ToolOutput};
use group::Group;
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::io::AsyncReadExt as _;
use tokio::net::unix::pipe;
use tokio::process::Command;
use tokio_util::sync::CancellationToken;

/// A command that writes more than this is stopped: nobody reads it, and it costs.
const MOST_OUTPUT: u64 = 256 << 20;
/// How often memory and processes are counted. It reads all of `/proc`, a few milliseconds; what one process takes in
/// between is the kernel's to bound.
const WATCH: Duration = Duration::from_millis(250);
/// How long to wait for the rest of the output once everything was killed.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// Sets the limits, and becomes the command. `$1` is in KiB. A program that takes too much memory is the one that the
/// kernel ends first, not the gateway.
const WRAPPER: &str = "{ echo 1000 >/proc/self/oom_score_adj; } 2>/dev/null; ulimit -c 0; ulimit -d \"$1\" 2>/dev/null || :; \
                       exec /bin/sh -c \"$2\"";

/// The arguments.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exec {
    pub command: String,
    /// In seconds.
    pub timeout_seconds: Option<u64>,
    /// Where to run it, relative to the workspace.
    pub directory: Option<String>,
}

/// What bounds one command.
#[derive(Clone, Copy, Debug)]
pub struct ExecLimits {
    pub timeout: Duration,
    pub memory_mib: u64,
    pub processes: usize,
    pub output_bytes: usize,
    pub network: bool,
}

/// Where a command runs.
#[derive(Debug)]
pub struct Place {
    pub workspace: PathBuf,
    /// The workspace or a directory inside.
    pub directory: PathBuf,
    /// Something that no other call has: it marks the command's processes.
    pub mark: String,
}

impl Place {
    /// Checks the directory.
    pub fn new(workspace: &Workspace, directory: Option<&str>, mark: String) -> Result<Self, String> {
        let root = workspace.root().to_owned();
        let directory = match directory.filter(|directory| !directory.is_empty()) {
            None => root.clone(),
            Some(directory) => {
                let path = workspace.relative(directory)?;
                let wrong = |error| super::workspace::fault(&path, &error);
                if !workspace.dir().metadata(&path).map_err(wrong)?.is_dir() {
                    return Err(format!("directory: \"{}\" is not a directory", path.display()));
                }
                root.join(workspace.dir().canonicalize(&path).map_err(wrong)?)
            }
        };
        Ok(Self { workspace: root, directory, mark })
    }
}

/// Why a command ended.
enum Ended {
    Exited(std::process::ExitStatus),
    Stopped(String),
}

/// Runs a command to its end. When the future is dropped or `cancel` says so, everything that it started is killed.
pub async fn run(
    call: &Exec,
    place: &Place,
    limits: ExecLimits,
    sandbox: Option<&Path>,
    cancel: &CancellationToken,
) -> ToolOutput {
    let begun = Instant::now();
    let (mut group, mut output) = match start(call, place, limits, sandbox) {
        Ok(started) => started,
        Err(error) => return ToolOutput::failed(format!("the command can't be started: {error}")),
    };
    let mut kept = Kept::new(limits.output_bytes.saturating_sub(256));
    let ended = {
        let time_out = tokio::time::sleep(limits.timeout);
        tokio::pin!(time_out);
        let mut watch = tokio::time::interval(WATCH);
        watch.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut buffer = vec![0; 64 * 1024];
        let mut open = true;
        loop {
            tokio::select! {
                biased;
                () = cancel.cancelled() => break Ended::Stopped("the run was cancelled".to_owned()),
                () = &mut time_out => {
                    let seconds = limits.timeout.as_secs();
                    break Ended::Stopped(format!(
                        "it took longer than {seconds} s (timeout_seconds of the call can be up to \
                         tools.exec.max_timeout_seconds)"
                    ));
                }
                status = group.wait() => break match status {
                    Ok(status) => Ended::Exited(status),
                    Err(error) => Ended::Stopped(format!("its end can't be waited for: {error}")),
                },
                _ = watch.tick() => {
                    let usage = group.usage();
                    if usage.memory > limits.memory_mib << 20 {
                        break Ended::Stopped(format!(
                            "it took {} MiB of memory, and {} are allowed (tools.exec.memory_mib in config.json)",
                            usage.memory >> 20, limits.memory_mib
                        ));
                    }
                    if usage.processes > limits.processes {
                        break Ended::Stopped(format!(
                            "it started {} processes, and {} are allowed (tools.exec.max_processes in config.json)",
                            usage.processes, limits.processes
                        ));
                    }
                }
                read = output.read(&mut buffer), if open => match read {
                    Ok(0) | Err(_) => open = false,
                    Ok(count) => {
                        kept.push(&buffer[..count]);
                        if kept.seen() > MOST_OUTPUT {
                            break Ended::Stopped(format!("it wrote more than {} MiB", MOST_OUTPUT >> 20));
                        }
                    }
                },
            }
        }
    };
    group.kill();
    // What it wrote last is still in the pipe.
    let mut buffer = vec![0; 64 * 1024];
    let _ = tokio::time::timeout(LAST_WORDS, async {
        while let Ok(count @ 1..) = output.read(&mut buffer).await {
            kept.push(&buffer[..count]);
        }
    })
    .await;
    answer(kept, &ended, begun.elapsed())
}

fn answer(kept: Kept, ended: &Ended, took: Duration) -> ToolOutput {
    let mut text = kept.into_text();
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    let took = format!("{:.1} s", took.as_secs_f64());
    let (note, is_error) = match ended {
        Ended::Stopped(why) => (format!("stopped after {took}: {why}"), true),
        Ended::Exited(status) => match (status.code(), signal(*status)) {
            (Some(0), _) if text.is_empty() => (format!("exit code 0 after {took}, no output"), false),
            (Some(code), _) => (format!("exit code {code} after {took}"), code != 0),
            (None, Some(signal)) => (format!("ended by signal {signal} after {took}"), true),
            (None, None) => (format!("ended after {took}"), true),
        },
    };
    ToolOutput { text: text + "[" + &note + "]", is_error }
}

fn signal(status: std::process::ExitStatus) -> Option<i32> {
    use std::os::unix::process::ExitStatusExt as _;
    status.signal()
}

fn start(
    call: &Exec,
    place: &Place,
    limits: ExecLimits,
    sandbox: Option<&Path>,
) -> std::io::Result<(Group, pipe::Receiver)> {
    // One pipe for both, so that the order stays.
    let (reader, writer) = std::io::pipe()?;
    let mut command = match sandbox {
        Some(bubblewrap) => {
            let mut command = Command::new(bubblewrap);
            command.args(sandbox::arguments(&place.workspace, limits.network));
            command.arg("--chdir").arg(&place.directory).args(["--", "/bin/sh"]);
            command
        }
        None => Command::new("/bin/sh"),
    };
    command
        .args(["-c", WRAPPER, "sh", &(limits.memory_mib * 1_024).to_string(), &call.command])
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".into()))
        .env("HOME", &place.workspace)
        .env("LANG", "C.UTF-8")
        .env(group::MARK, &place.mark)
        .current_dir(&place.directory)
        .stdin(Stdio::null())
        .stdout(writer.try_clone()?)
        .stderr(writer)
        .process_group(0)
        .kill_on_drop(true);
    let child = command.spawn()?;
    // Its copies of the pipe's other end stay open until it is gone.
    drop(command);
    let reader = pipe::Receiver::from_owned_fd(reader.into())?;
    Ok((Group::new(child, place.mark.clone()), reader))
}

#[cfg(test)]
mod tests;
