//! The thread that spawns the server, watches it, restarts it and stops it.
//!
//! A thread of its own, for the server's whole life: the kernel's "tell the child when its parent dies" means
//! the parent thread, and everything here blocks. A second thread per server waits for the end without
//! reaping, so that nobody ever signals a process id that the kernel has given to somebody else.

use std::ffi::OsString;
use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};
use tokio::sync::{oneshot, watch};

use super::account::Account;
use super::cluster;
use super::connection::ConnectionFile;
use super::error::{EmbeddedError, failed};
use super::layout::{Layout, PORT};
use super::lock::OwnerLock;
use super::predecessor;
use super::process::{end_with_this_thread, fixed_environment};
use super::programs::Programs;
use super::{EmbeddedSettings, ServerState, StopOutcome};

/// How long the fast shutdown may take before it becomes an immediate one, and that a kill.
const FAST: Duration = Duration::from_secs(15);
const IMMEDIATE: Duration = Duration::from_secs(5);

/// The wait before a restart doubles from the first to the second, and begins anew after a server that lived
/// so long.
const FIRST_DELAY: Duration = Duration::from_millis(100);
const LONGEST_DELAY: Duration = Duration::from_secs(30);
const LONG_LIFE: Duration = Duration::from_mins(1);

/// How often a starting server is asked whether it is ready: there is nothing to wait for but a file's
/// contents.
const READY_POLL: Duration = Duration::from_millis(5);

/// What the supervisor reacts to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// The server process ended and waits to be reaped.
    Ended,
    /// Nobody wants the server any more.
    Stop,
}

/// What the first start hands back.
#[derive(Debug)]
pub(super) struct Started {
    pub(super) state_dir: PathBuf,
    pub(super) socket_dir: PathBuf,
    pub(super) major: u32,
}

/// The supervisor's ends of the channels.
pub(super) struct Wires {
    pub(super) events: Receiver<Event>,
    /// For the threads that wait for a server's end.
    pub(super) notify: Sender<Event>,
    pub(super) state: watch::Sender<ServerState>,
    pub(super) started: oneshot::Sender<Result<Started, EmbeddedError>>,
    pub(super) stopped: oneshot::Sender<StopOutcome>,
}

/// The thread's body.
pub(super) fn run(settings: &EmbeddedSettings, wires: Wires) {
    let Wires { events, notify, state, started, stopped } = wires;
    let supervisor = match Supervisor::prepare(settings, events, notify, state) {
        Ok(supervisor) => supervisor,
        Err(error) => {
            // Who no longer listens has given the start up.
            let _ = started.send(Err(error));
            return;
        }
    };
    let server = match supervisor.start() {
        Ok(server) => server,
        Err(error) => {
            supervisor.tidy_up();
            let _ = started.send(Err(error));
            return;
        }
    };
    let told = started.send(Ok(Started {
        state_dir: supervisor.layout.state.clone(),
        socket_dir: supervisor.socket_dir.clone(),
        major: supervisor.programs.major,
    }));
    let outcome = if told.is_ok() { supervisor.watch(server) } else { supervisor.stop(server) };
    supervisor.tidy_up();
    supervisor.state.send_replace(ServerState::Stopped);
    // The lock is given back before anybody hears of the stop, and may start anew.
    drop(supervisor);
    let _ = stopped.send(outcome);
}

struct Supervisor {
    layout: Layout,
    account: Account,
    programs: Programs,
    socket_dir: PathBuf,
    start_timeout: Duration,
    events: Receiver<Event>,
    notify: Sender<Event>,
    state: watch::Sender<ServerState>,
    _lock: OwnerLock,
}

/// One life of the server. Not reaped before its `child` is waited for.
struct Server {
    child: Child,
    pid: Pid,
    since: Instant,
    /// Where its part of the log begins.
    log_offset: u64,
}

impl Server {
    fn signal(&self, signal: Signal) {
        // It fails only for a process that has ended, and the end is told by an event.
        let _ = kill_process(self.pid, signal);
    }

    /// Reaps a server that has ended.
    fn reap(mut self) -> String {
        self.child
            .wait()
            .map_or_else(|error| format!("its end is not known: {error}"), |status| status.to_string())
    }
}

impl Supervisor {
    fn prepare(
        settings: &EmbeddedSettings,
        events: Receiver<Event>,
        notify: Sender<Event>,
        state: watch::Sender<ServerState>,
    ) -> Result<Self, EmbeddedError> {
        let layout = Layout::create(&settings.data_dir)?;
        let lock = OwnerLock::acquire(&layout.state)?;
        let account = Account::choose(&layout.cluster, &layout.data_dir)?;
        let existing = layout.cluster_major()?;
        let programs = Programs::find(
            settings.bin_dir.as_deref(),
            std::env::var_os("PATH").as_deref(),
            existing.map(|major| (layout.cluster.as_path(), major)),
        )?;
        account.check_access(&programs.postgres(), &layout.state)?;
        if existing.is_none() {
            let begun = Instant::now();
            cluster::initialise(&layout, &account, &programs)?;
            tracing::info!(dir = %layout.cluster.display(), user = account.name, major = programs.major,
                took_ms = begun.elapsed().as_millis(), "made a new Postgres cluster");
        }
        let socket_dir = layout.create_socket_dir(&account)?;
        layout.rotate_log()?;
        let start_timeout = settings.start_timeout;
        Ok(Self { layout, account, programs, socket_dir, start_timeout, events, notify, state, _lock: lock })
    }

    /// From whatever state the cluster was left in to a server that takes connections.
    fn start(&self) -> Result<Server, EmbeddedError> {
        predecessor::clear(&self.layout.cluster, &self.account)?;
        predecessor::remove_socket(&self.socket_dir)?;
        cluster::write_access(&self.layout.cluster, &self.account)?;
        let server = self.spawn()?;
        self.wait_until_ready(server)
    }

    fn spawn(&self) -> Result<Server, EmbeddedError> {
        let log = self.layout.open_log()?;
        let log_offset = log.metadata().map_err(failed("look at", &self.layout.log))?.len();
        let postgres = self.programs.postgres();
        let mut command = Command::new(&postgres);
        command.arg("-D").arg(&self.layout.cluster);
        for setting in server_settings(&self.socket_dir) {
            command.arg("-c").arg(setting);
        }
        let for_errors = log.try_clone().map_err(failed("open", &self.layout.log))?;
        command.current_dir(&self.layout.cluster).stdin(Stdio::null()).stdout(log).stderr(for_errors);
        // Ctrl-C goes to the terminal's whole process group, and we want to drain before Postgres stops.
        command.process_group(0);
        fixed_environment(&mut command);
        self.account.apply(&mut command);
        end_with_this_thread(&mut command, Signal::INT);
        let since = Instant::now();
        let child = command.spawn().map_err(failed("run", &postgres))?;
        let pid = Pid::from_child(&child);
        let notify = self.notify.clone();
        let waiter = std::thread::Builder::new().name("postgres-waiter".to_owned()).spawn(move || {
            while let Err(rustix::io::Errno::INTR) =
                waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT)
            {}
            // A supervisor that is gone needs no news.
            let _ = notify.send(Event::Ended);
        });
        let server = Server { child, pid, since, log_offset };
        if let Err(error) = waiter {
            // Without its waiter a server's end would never be noticed.
            server.signal(Signal::QUIT);
            server.reap();
            return Err(failed("start a thread for", &postgres)(error));
        }
        Ok(server)
    }

    fn wait_until_ready(&self, server: Server) -> Result<Server, EmbeddedError> {
        let pid_file = self.layout.cluster.join("postmaster.pid");
        let (log, tail) =
            (self.layout.log.clone(), |server: &Server| self.layout.log_tail(server.log_offset));
        let deadline = Instant::now() + self.start_timeout;
        loop {
            match self.events.recv_timeout(READY_POLL) {
                Ok(Event::Ended) => {
                    let tail = tail(&server);
                    return Err(EmbeddedError::EndedAtStart { status: server.reap(), log, tail });
                }
                Ok(Event::Stop) | Err(RecvTimeoutError::Disconnected) => {
                    self.stop(server);
                    return Err(EmbeddedError::Cancelled);
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
            if fs::read_to_string(&pid_file).is_ok_and(|text| says_ready(&text, server.pid)) {
                return Ok(server);
            }
            if Instant::now() > deadline {
                let tail = tail(&server);
                self.stop(server);
                return Err(EmbeddedError::SlowStart { limit: self.start_timeout, log, tail });
            }
        }
    }

    /// Returns when the server has been stopped because somebody asked for it.
    fn watch(&self, mut server: Server) -> StopOutcome {
        let mut delay = FIRST_DELAY;
        loop {
            match self.events.recv() {
                Ok(Event::Stop) | Err(_) => return self.stop(server),
                Ok(Event::Ended) => {}
            }
            if server.since.elapsed() > LONG_LIFE {
                delay = FIRST_DELAY;
            }
            let (tail, status) = (self.layout.log_tail(server.log_offset), server.reap());
            tracing::error!(
                status,
                log_tail = tail,
                "the embedded Postgres ended unexpectedly: restarting it"
            );
            self.state.send_replace(ServerState::Restarting);
            server = loop {
                match self.events.recv_timeout(delay) {
                    Err(RecvTimeoutError::Timeout) => {}
                    Ok(_) | Err(RecvTimeoutError::Disconnected) => return StopOutcome::WasDown,
                }
                delay = (delay * 2).min(LONGEST_DELAY);
                match self.start() {
                    Ok(server) => break server,
                    Err(EmbeddedError::Cancelled) => return StopOutcome::WasDown,
                    Err(error) => {
                        tracing::error!(error = %error_chain(&error), retry_in_ms = delay.as_millis(),
                            "the embedded Postgres does not come back");
                    }
                }
            };
            tracing::info!("the embedded Postgres is back");
            self.state.send_replace(ServerState::Ready);
        }
    }

    /// Fast shutdown, then immediate, then by force.
    fn stop(&self, server: Server) -> StopOutcome {
        let steps = [
            (Signal::INT, FAST, StopOutcome::Fast),
            (Signal::QUIT, IMMEDIATE, StopOutcome::Immediate),
            (Signal::KILL, Duration::MAX, StopOutcome::Killed),
        ];
        for (signal, patience, outcome) in steps {
            server.signal(signal);
            let deadline = Instant::now().checked_add(patience);
            loop {
                let left = deadline
                    .map_or(Duration::MAX, |deadline| deadline.saturating_duration_since(Instant::now()));
                match self.events.recv_timeout(left) {
                    Ok(Event::Ended) => {
                        let status = server.reap();
                        tracing::info!(status, ?outcome, "the embedded Postgres has stopped");
                        return outcome;
                    }
                    Ok(Event::Stop) => {}
                    Err(_) => break,
                }
            }
            tracing::warn!(?signal, "the embedded Postgres does not stop: insisting");
        }
        server.reap();
        StopOutcome::Killed
    }

    fn tidy_up(&self) {
        ConnectionFile::remove(&self.layout.state);
        self.layout.remove_socket_dir(&self.socket_dir);
    }
}

/// Modest, and as durable as any server. On the command line they win over the files in the cluster.
fn server_settings(socket_dir: &Path) -> Vec<OsString> {
    let mut settings: Vec<OsString> = [
        "listen_addresses=",
        "unix_socket_permissions=0700",
        "ssl=off",
        "max_connections=60",
        "shared_buffers=64MB",
        "max_parallel_workers_per_gather=0",
        "fsync=on",
        "timezone=UTC",
        "log_timezone=UTC",
        "logging_collector=off",
        "log_destination=stderr",
        "log_line_prefix=%m [%p] ",
        // a line every five minutes that nobody needs, in a file that is rotated at start only
        "log_checkpoints=off",
    ]
    .into_iter()
    .map(OsString::from)
    .collect();
    settings.push(format!("port={PORT}").into());
    // A list, whose one entry is quoted: the path may hold commas and spaces.
    let quoted = socket_dir.to_string_lossy().replace('"', "\"\"");
    settings.push(format!("unix_socket_directories=\"{quoted}\"").into());
    settings
}

/// Line 1 of `postmaster.pid` is the process id, line 8 the state (`src/include/utils/pidfile.h` of
/// Postgres).
fn says_ready(pid_file: &str, pid: Pid) -> bool {
    let mut lines = pid_file.lines();
    let ours = lines.next().and_then(|line| line.trim().parse().ok()) == Some(pid.as_raw_nonzero().get());
    ours && lines.nth(6).is_some_and(|state| state.trim() == "ready")
}

fn error_chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_server_s_word_counts_as_ready() {
        let file =
            |state: &str| format!("77\n/data\n1700000000\n5432\n/data/run\n\n  5432001    98304\n{state}\n");
        let (ours, other) = (Pid::from_raw(77).unwrap(), Pid::from_raw(78).unwrap());
        assert!(says_ready(&file("ready   "), ours));
        assert!(!says_ready(&file("starting"), ours));
        assert!(!says_ready(&file("ready   "), other));
        assert!(!says_ready("77\n/data\n", ours));
        assert!(!says_ready("", ours));
    }

    #[test]
    fn the_socket_directory_is_one_entry_of_a_list() {
        let settings = server_settings(Path::new("/a, b/\"c\""));
        assert_eq!(settings.last().unwrap(), "unix_socket_directories=\"/a, b/\"\"c\"\"\"");
    }
}
