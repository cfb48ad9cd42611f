//! The child process of a `stdio` server.

use crate::lifecycle::Tasks;
use rustix::process::{Pid, Signal, kill_process_group};
use secrecy::ExposeSecret as _;
use std::collections::VecDeque;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::sync::oneshot;

use super::definition::Definition;
use crate::domain::mcp::Secrets;

/// What a program gets of the gateway's environment. The rest may hold the gateway's own secrets.
const INHERITED: [&str; 11] =
    ["HOME", "LANG", "LC_ALL", "LC_CTYPE", "LOGNAME", "PATH", "SHELL", "TERM", "TMPDIR", "TZ", "USER"];
/// How long a program whose input ended may take to end by itself.
const GRACE: Duration = Duration::from_millis(700);
/// How long it may take after it was told to.
const LAST_GRACE: Duration = Duration::from_millis(1_300);
/// How long the rest of its log is read after its end.
const LAST_WORDS: Duration = Duration::from_millis(300);
/// The longest line of its log that is kept, in bytes.
const MOST_LINE: u64 = 2_000;
/// The last lines that are kept for the error that its end may be.
const LAST_LINES: usize = 5;

/// A running program, in a process group of its own: what it starts ends with it.
pub(super) struct Process {
    child: Child,
    group: Group,
    last_lines: LastLines,
    /// Its sender is dropped when the log was read to its end.
    log_ended: oneshot::Receiver<()>,
}

type LastLines = Arc<Mutex<VecDeque<String>>>;

/// Ends every process of the group when it is dropped.
struct Group(Option<Pid>);

impl Group {
    fn signal(&self, signal: Signal) {
        if let Some(group) = self.0 {
            // There may be nobody left.
            let _ = kill_process_group(group, signal);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.signal(Signal::KILL);
    }
}

impl Process {
    /// Starts the program; its output and input are the transport's.
    pub(super) fn start(
        definition: &Arc<Definition>,
        command: &str,
        args: &[String],
        env: &Secrets,
        tasks: &Tasks,
    ) -> std::io::Result<(Self, ChildStdout, ChildStdin)> {
        let inherited =
            INHERITED.into_iter().filter_map(|name| std::env::var_os(name).map(|value| (name, value)));
        let mut child = Command::new(command)
            .args(args)
            .env_clear()
            .envs(inherited)
            .envs(env.iter().map(|(name, value)| (name, value.expose_secret())))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        let group = Group(child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?)));
        let last_lines = LastLines::default();
        let (reading_log, log_ended) = oneshot::channel();
        if let Some(stderr) = child.stderr.take() {
            // Until it is told to stop: a grandchild that left the group may hold the pipe open for ever.
            let reading = read_log(stderr, definition.clone(), last_lines.clone());
            tasks.spawn_until_stopped("mcp_server_log", async move {
                let _reading_log = reading_log;
                reading.await;
            });
        }
        let missing = || std::io::Error::other("the program has no pipes");
        let stdout = child.stdout.take().ok_or_else(missing)?;
        let stdin = child.stdin.take().ok_or_else(missing)?;
        Ok((Self { child, group, last_lines, log_ended }, stdout, stdin))
    }

    /// Waits for the program, whose input is closed, and ends it when it does not end by itself; how it ended.
    pub(super) async fn end(mut self) -> String {
        let mut status = self.within(GRACE).await;
        if status.is_none() {
            self.group.signal(Signal::TERM);
            status = self.within(LAST_GRACE).await;
        }
        self.group.signal(Signal::KILL);
        if status.is_none() {
            status = self.child.wait().await.ok();
        }
        // What it said at last may still be on its way.
        let _ = tokio::time::timeout(LAST_WORDS, &mut self.log_ended).await;
        let told = status.map_or_else(|| "it ended".to_owned(), |status| format!("it ended with {status}"));
        let lines = self.last_lines.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.is_empty() {
            return told;
        }
        format!(
            "{told}; its last words: {}",
            lines.iter().map(String::as_str).collect::<Vec<_>>().join(" | ")
        )
    }

    async fn within(&mut self, time: Duration) -> Option<ExitStatus> {
        tokio::time::timeout(time, self.child.wait()).await.ok()?.ok()
    }
}

/// The program's log, line by line: into ours at debug, and the last lines kept.
async fn read_log(stderr: ChildStderr, definition: Arc<Definition>, last: LastLines) {
    let mut reader = BufReader::new(stderr);
    let mut line = Vec::new();
    loop {
        line.clear();
        match (&mut reader).take(MOST_LINE).read_until(b'\n', &mut line).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let text = definition.redacted(String::from_utf8_lossy(&line).trim_end());
        if text.trim().is_empty() {
            continue;
        }
        tracing::debug!(server = %definition.name, line = %text, "an MCP server says");
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.len() == LAST_LINES {
            last.pop_front();
        }
        last.push_back(text);
    }
}
