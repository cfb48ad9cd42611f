//! The sockets of the callback listener, opened only while a browser sign-in of this process is pending.
//!
//! This file binds and closes; `http::login_callback` answers on what it is handed. The port has to be known before
//! the page's address is made (it is part of the redirect URL), so opening is a call with an answer, not a signal.

use crate::domain::ids::LoginId;
use std::collections::HashSet;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

/// Where to listen.
#[derive(Clone, Debug)]
pub struct ListenerSettings {
    /// Addresses or names to bind, all of them. Both loopbacks: a browser may take `localhost` for either.
    pub hosts: Vec<String>,
    /// The ports to try in order. The issuer knows 1455 and 1457 and refuses others.
    pub ports: Vec<u16>,
}

impl Default for ListenerSettings {
    fn default() -> Self {
        Self { hosts: vec!["127.0.0.1".into(), "::1".into()], ports: vec![1455, 1457] }
    }
}

/// Whether a sign-in's redirect is listened for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listening {
    /// On this port.
    Yes {
        /// Also in the redirect URL.
        port: u16,
    },
    /// The redirect has to be pasted.
    No {
        /// For people.
        reason: String,
    },
}

/// One bound socket.
#[derive(Debug)]
pub struct Socket {
    /// To accept on.
    pub listener: TcpListener,
    /// Tells, when dropped with the listener, that the port is free again.
    pub held: TaskTrackerToken,
}

/// An open port, to be answered on until `closing`.
#[derive(Debug)]
pub struct Door {
    /// One for each address.
    pub sockets: Vec<Socket>,
    /// Stop accepting; requests under way are finished.
    pub closing: CancellationToken,
}

struct Open {
    port: u16,
    closing: CancellationToken,
    held: TaskTracker,
}

#[derive(Default)]
struct State {
    open: Option<Open>,
    /// The last one closed: its sockets may not be dropped yet.
    closed: Option<TaskTracker>,
    waiting: HashSet<LoginId>,
}

/// Opens the port for the first pending sign-in and closes it behind the last.
pub struct LoginListener {
    settings: ListenerSettings,
    doors: mpsc::UnboundedSender<Door>,
    state: Mutex<State>,
    starting: Arc<std::sync::Mutex<HashSet<LoginId>>>,
}

/// A sign-in that is being begun.
#[derive(Debug)]
pub struct Starting {
    id: LoginId,
    all: Arc<std::sync::Mutex<HashSet<LoginId>>>,
}

impl Drop for Starting {
    fn drop(&mut self) {
        locked(&self.all).remove(&self.id);
    }
}

fn locked(ids: &std::sync::Mutex<HashSet<LoginId>>) -> std::sync::MutexGuard<'_, HashSet<LoginId>> {
    ids.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Closing waits for nobody, so the sockets are dropped within moments; this only guards against a stuck task.
const CLOSE_LIMIT: Duration = Duration::from_secs(2);

impl LoginListener {
    /// The listener, and the doors that it opens (for `http::login_callback::run`). Without somebody at the other
    /// end every sign-in is told to paste.
    pub fn new(settings: ListenerSettings) -> (Self, mpsc::UnboundedReceiver<Door>) {
        let (doors, receiver) = mpsc::unbounded_channel();
        (Self { settings, doors, state: Mutex::default(), starting: Arc::default() }, receiver)
    }

    /// The port that a redirect URL names when none could be opened.
    pub fn first_port(&self) -> u16 {
        self.settings.ports.first().copied().unwrap_or(1455)
    }

    /// Opens a port for this sign-in, or joins the open one. `only`: the port that its redirect URL already names.
    pub async fn open_for(&self, id: LoginId, only: Option<u16>) -> Listening {
        let mut state = self.state.lock().await;
        if let Some(open) = &state.open {
            let port = open.port;
            if only.is_some_and(|only| only != port) {
                return Listening::No { reason: format!("port {port} is open for other sign-ins") };
            }
            state.waiting.insert(id);
            return Listening::Yes { port };
        }
        if self.doors.is_closed() {
            return Listening::No { reason: "this process does not listen for redirects".into() };
        }
        if let Some(held) = state.closed.take() {
            let _ = tokio::time::timeout(CLOSE_LIMIT, held.wait()).await;
        }
        match self.bind(only).await {
            Ok((port, listeners)) => {
                let held = TaskTracker::new();
                held.close();
                let closing = CancellationToken::new();
                let sockets =
                    listeners.into_iter().map(|listener| Socket { listener, held: held.token() }).collect();
                if self.doors.send(Door { sockets, closing: closing.clone() }).is_err() {
                    return Listening::No { reason: "this process does not listen for redirects".into() };
                }
                state.open = Some(Open { port, closing, held });
                state.waiting.insert(id);
                Listening::Yes { port }
            }
            Err(reason) => Listening::No { reason },
        }
    }

    /// This sign-in needs the port no more.
    pub async fn done_with(&self, id: LoginId) {
        let mut state = self.state.lock().await;
        state.waiting.remove(&id);
        state.close_if_idle();
    }

    /// Marks a sign-in as being begun, until the value is dropped: it waits at the port, and nobody else can know it.
    pub fn starting(&self, id: LoginId) -> Starting {
        locked(&self.starting).insert(id);
        Starting { id, all: Arc::clone(&self.starting) }
    }

    /// Those that wait at the port and are not just being begun: each was to be found in the table before this call,
    /// or never will be.
    pub async fn waiting(&self) -> Vec<LoginId> {
        let state = self.state.lock().await;
        let starting = locked(&self.starting);
        state.waiting.iter().filter(|id| !starting.contains(id)).copied().collect()
    }

    /// The open port and how many sign-ins wait at it.
    pub async fn open_port(&self) -> Option<(u16, usize)> {
        let state = self.state.lock().await;
        state.open.as_ref().map(|open| (open.port, state.waiting.len()))
    }

    async fn bind(&self, only: Option<u16>) -> Result<(u16, Vec<TcpListener>), String> {
        let ports: Vec<u16> = match only {
            Some(port) => vec![port],
            None => self.settings.ports.clone(),
        };
        let mut why = Vec::new();
        for port in ports {
            match bind_all(&self.settings.hosts, port).await {
                Ok(listeners) => return Ok((port, listeners)),
                Err(error) => why.push(format!("port {port}: {error}")),
            }
        }
        Err(format!(
            "no port for the redirect could be opened ({}); paste the address instead",
            why.join("; ")
        ))
    }
}

impl State {
    fn close_if_idle(&mut self) {
        if self.waiting.is_empty()
            && let Some(open) = self.open.take()
        {
            open.closing.cancel();
            self.closed = Some(open.held);
        }
    }
}

/// Binds the port on every address. An address that the machine does not have (no IPv6) is left out; one that
/// somebody else holds spoils the port, since the browser may come out there.
async fn bind_all(hosts: &[String], port: u16) -> std::io::Result<Vec<TcpListener>> {
    let mut addresses: Vec<SocketAddr> = Vec::new();
    for host in hosts {
        for address in tokio::net::lookup_host((host.as_str(), port)).await? {
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
    }
    let mut listeners = Vec::new();
    let mut missing = None;
    for address in addresses {
        match TcpListener::bind(address).await {
            Ok(listener) => listeners.push(listener),
            Err(error) if matches!(error.kind(), ErrorKind::AddrInUse | ErrorKind::PermissionDenied) => {
                return Err(error);
            }
            Err(error) => missing = Some(error),
        }
    }
    match missing {
        Some(error) if listeners.is_empty() => Err(error),
        _ if listeners.is_empty() => Err(ErrorKind::AddrNotAvailable.into()),
        _ => Ok(listeners),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn id(n: u128) -> LoginId {
        LoginId(Uuid::from_u128(n))
    }

    fn settings(ports: &[u16]) -> ListenerSettings {
        ListenerSettings { ports: ports.into(), ..ListenerSettings::default() }
    }

    async fn free_port() -> u16 {
        TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port()
    }

    #[tokio::test]
    async fn the_port_is_open_from_the_first_sign_in_to_the_last() {
        let port = free_port().await;
        let (listener, mut doors) = LoginListener::new(settings(&[port]));
        assert_eq!(listener.open_port().await, None);
        assert_eq!(listener.open_for(id(1), None).await, Listening::Yes { port });
        assert_eq!(listener.open_for(id(2), None).await, Listening::Yes { port });
        let door = doors.recv().await.unwrap();
        assert!(doors.try_recv().is_err(), "one door for both");

        listener.done_with(id(1)).await;
        assert!(!door.closing.is_cancelled());
        listener.done_with(id(2)).await;
        assert!(door.closing.is_cancelled());
        drop(door);
        assert_eq!(
            listener.open_for(id(3), None).await,
            Listening::Yes { port },
            "the same port opens again"
        );
    }

    #[tokio::test]
    async fn a_taken_port_falls_back_to_the_next_and_then_to_pasting() {
        let (first, second) = (free_port().await, free_port().await);
        let taken = TcpListener::bind(("127.0.0.1", first)).await.unwrap();
        let (listener, _doors) = LoginListener::new(settings(&[first, second]));
        assert_eq!(listener.open_for(id(1), None).await, Listening::Yes { port: second });

        let (other, _doors2) = LoginListener::new(settings(&[first, second]));
        let Listening::No { reason } = other.open_for(id(2), None).await else { panic!("both are taken") };
        assert!(reason.contains(&first.to_string()) && reason.contains(&second.to_string()), "{reason}");
        assert_eq!(other.first_port(), first);
        drop(taken);
    }

    #[tokio::test]
    async fn nobody_to_answer_means_nothing_is_opened() {
        let port = free_port().await;
        let (listener, doors) = LoginListener::new(settings(&[port]));
        drop(doors);
        assert!(matches!(listener.open_for(id(1), None).await, Listening::No { .. }));
        assert!(TcpListener::bind(("127.0.0.1", port)).await.is_ok());
    }

    #[tokio::test]
    async fn a_name_and_its_address_are_bound_once() {
        let hosts = vec!["127.0.0.1".into(), "localhost".into(), "127.0.0.1".into()];
        let port = free_port().await;
        let (listener, _doors) = LoginListener::new(ListenerSettings { hosts, ports: vec![port] });
        assert_eq!(listener.open_for(id(1), None).await, Listening::Yes { port });
    }

    #[tokio::test]
    async fn a_sign_in_that_is_being_begun_is_not_taken_for_one_that_ended() {
        let (listener, _doors) = LoginListener::new(settings(&[free_port().await]));
        let starting = listener.starting(id(1));
        listener.open_for(id(1), None).await;
        listener.open_for(id(2), None).await;
        assert_eq!(listener.waiting().await, [id(2)]);
        drop(starting);
        assert_eq!(listener.waiting().await.len(), 2);
    }
}
