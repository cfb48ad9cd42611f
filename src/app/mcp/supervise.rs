//! One task per server: it connects, keeps the list of tools, notices the end, and tries again.

use super::connect::{Connection, Happening, Peer, ping, tools};
use super::definition::Definition;
use super::{Live, McpParts, State, Status};
use crate::app::clock::Clock;
use crate::domain::mcp::Reach;
use crate::lifecycle::Tasks;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// The pause after the first failure; it doubles with every further one.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);
/// A connection that stood so long was a good one: the next pause is the first again.
const STOOD: Duration = Duration::from_mins(1);
/// How often a server that is reached over HTTP is asked whether it is there: nothing else tells.
const LOOK: Duration = Duration::from_mins(1);

/// What keeps one server running.
pub(super) struct Runner {
    live: watch::Sender<Live>,
    /// Another definition, or none, has taken the place of this one.
    stop: CancellationToken,
    /// Nothing of it runs any more.
    ended: CancellationToken,
    /// Somebody wants a new connection.
    again: Notify,
    /// A call found the connection broken.
    doubted: Notify,
}

/// What the task of one server works with.
struct Task {
    runner: Arc<Runner>,
    definition: Arc<Definition>,
    clock: Clock,
    http: reqwest::Client,
    tasks: Tasks,
}

/// How a connection came to its end.
enum End {
    /// For good.
    Stopped,
    /// Because somebody wants another one.
    Again,
    Broken(String),
}

impl Runner {
    /// Begins to run a server, once what ran in its place has ended.
    pub(super) fn start(
        definition: &Arc<Definition>,
        before: Option<Arc<Self>>,
        parts: &McpParts,
    ) -> Arc<Self> {
        let (state, error) = match (&definition.fault, definition.enabled) {
            (_, false) => (State::Disabled, None),
            (Some(fault), true) => (State::Failed, Some(fault.clone())),
            (None, true) => (State::Connecting, None),
        };
        let runner = Arc::new(Self {
            live: Live::new(state, error, parts.clock.now()),
            stop: parts.tasks.stopping().child_token(),
            ended: CancellationToken::new(),
            again: Notify::new(),
            doubted: Notify::new(),
        });
        let task = Task {
            runner: runner.clone(),
            definition: definition.clone(),
            clock: parts.clock.clone(),
            http: parts.http.clone(),
            tasks: parts.tasks.clone(),
        };
        let runs = state == State::Connecting;
        parts.tasks.spawn("mcp_server", async move {
            let _ended = task.runner.ended.clone().drop_guard();
            if let Some(before) = before {
                before.ended.cancelled().await;
            }
            if runs {
                Box::pin(task.run()).await;
            }
        });
        runner
    }

    /// Ends it, soon.
    pub(super) fn stop(&self) {
        self.stop.cancel();
    }

    /// As of now.
    pub(super) fn live(&self) -> Live {
        self.live.borrow().clone()
    }

    /// As of now, and every change.
    pub(super) fn watch(&self) -> watch::Receiver<Live> {
        self.live.subscribe()
    }

    /// Connects anew, at once.
    pub(super) fn reconnect(&self, clock: &Clock) {
        self.become_state(State::Connecting, None, clock);
        self.again.notify_one();
    }

    /// Has the connection looked at.
    pub(super) fn doubt(&self) {
        self.doubted.notify_one();
    }

    fn become_state(&self, state: State, error: Option<String>, clock: &Clock) {
        let now = clock.now();
        self.live.send_modify(|live| {
            let since = if live.status.state == state { live.status.since } else { now };
            live.status = Status { state, error, since };
            live.peer = None;
        });
    }
}

impl Task {
    async fn run(self) {
        let mut pause = FIRST_PAUSE;
        loop {
            let began = Instant::now();
            let broken = match Box::pin(self.connection()).await {
                End::Stopped => return,
                End::Again => {
                    pause = FIRST_PAUSE;
                    continue;
                }
                End::Broken(why) => why,
            };
            if began.elapsed() >= STOOD {
                pause = FIRST_PAUSE;
            }
            tracing::warn!(server = %self.definition.name, error = %broken, again_in = ?pause, "an MCP server failed");
            self.runner.become_state(State::Failed, Some(broken), &self.clock);
            tokio::select! {
                () = self.runner.stop.cancelled() => return,
                () = self.runner.again.notified() => pause = FIRST_PAUSE,
                () = tokio::time::sleep(pause) => pause = (pause * 2).min(LONGEST_PAUSE),
            }
        }
    }

    /// One connection from its beginning to its end.
    async fn connection(&self) -> End {
        let opening = Box::pin(Connection::open(&self.definition, &self.http, &self.tasks));
        let mut connection = match self.unless_stopped(opening).await {
            None => return End::Stopped,
            Some(Err(error)) => return End::Broken(error),
            Some(Ok(connection)) => connection,
        };
        // What was asked for while it connected is there.
        let _ = futures_util::FutureExt::now_or_never(self.runner.again.notified());
        let end = match self.list(connection.peer()).await {
            Ok(()) => self.keep(&mut connection).await,
            Err(end) => end,
        };
        self.runner.live.send_modify(|live| live.peer = None);
        let told = connection.close().await;
        match (end, told) {
            (End::Broken(why), Some(told)) => {
                End::Broken(format!("{why}; {}", self.definition.redacted(&told)))
            }
            (end, _) => end,
        }
    }

    /// Watches over a connection; why it has to be closed.
    async fn keep(&self, connection: &mut Connection) -> End {
        let over_http = matches!(self.definition.reach, Reach::StreamableHttp { .. });
        loop {
            tokio::select! {
                biased;
                () = self.runner.stop.cancelled() => return End::Stopped,
                () = self.runner.again.notified() => return End::Again,
                happening = connection.next() => match happening {
                    Happening::Ended => return End::Broken("it closed the connection".to_owned()),
                    Happening::ToolsChanged => {
                        if let Err(end) = self.list(connection.peer()).await {
                            return end;
                        }
                    }
                },
                () = self.look(over_http) => match self.ping(connection.peer()).await {
                    None => return End::Stopped,
                    Some(Err(why)) => return End::Broken(why),
                    Some(Ok(())) => {}
                },
            }
        }
    }

    /// Until there is a reason to see whether the server is still there.
    async fn look(&self, over_http: bool) {
        let now_and_then =
            async { if over_http { tokio::time::sleep(LOOK).await } else { std::future::pending().await } };
        tokio::select! {
            () = self.runner.doubted.notified() => {}
            () = now_and_then => {}
        }
    }

    /// Asks for the tools; whoever can list them is connected.
    async fn list(&self, peer: Peer) -> Result<(), End> {
        let tools = match self.unless_stopped(tools(&peer, &self.definition)).await {
            None => return Err(End::Stopped),
            Some(Err(why)) => return Err(End::Broken(why)),
            Some(Ok(tools)) => tools,
        };
        let now = self.clock.now();
        self.runner.live.send_modify(|live| {
            if live.status.state != State::Connected {
                tracing::info!(server = %self.definition.name, tools = tools.len(), "an MCP server is connected");
                live.status = Status { state: State::Connected, error: None, since: now };
            }
            if *live.tools != tools {
                live.tools = Arc::new(tools);
            }
            live.peer = Some(peer);
        });
        Ok(())
    }

    async fn ping(&self, peer: Peer) -> Option<Result<(), String>> {
        self.unless_stopped(ping(&peer, &self.definition)).await
    }

    async fn unless_stopped<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        self.runner.stop.run_until_cancelled(work).await
    }
}
