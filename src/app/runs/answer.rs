//! A run's answer on its way to a client of the OpenAI endpoints: the same steps as a plain answer has.

use super::log::Live;
use crate::app::gateway::{AnswerHead, Served, Step};
use crate::domain::agent_loop::OwnTools;
use crate::domain::agent_loop::merge::Merger;
use crate::domain::responses::event::{Event, EventKind, Usage};
use crate::domain::routing::refusal::Refusal;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::DropGuard;

/// Steps that a client may be behind before the run waits for it.
const BEHIND: usize = 64;

/// Where the driver hands the run's answers on.
#[derive(Debug)]
pub(super) struct Sink {
    opened: Option<oneshot::Sender<Result<AnswerHead, Refusal>>>,
    steps: mpsc::Sender<Step>,
    merger: Merger,
    /// Something of the present answer went to the client.
    sent: bool,
    /// The last event of the answer before, and its tokens: the last one of all ends the whole.
    held: Option<(Event, Option<Usage>)>,
}

/// The client's end of it. Dropping it cancels the run: nobody else waits for this answer.
#[derive(Debug)]
pub struct RunAnswer {
    pub head: AnswerHead,
    steps: mpsc::Receiver<Step>,
    live: Arc<Live>,
    heartbeat: Duration,
    /// Taken from the channel ahead of its turn.
    next: Option<Step>,
    /// Cancels the run when it is dropped; `None`: the answer is over.
    hold: Option<DropGuard>,
}

/// An answer before it began.
#[derive(Debug)]
pub(super) struct Opening {
    opened: oneshot::Receiver<Result<AnswerHead, Refusal>>,
    steps: mpsc::Receiver<Step>,
    live: Arc<Live>,
    hold: DropGuard,
    heartbeat: Duration,
}

/// Both ends. `own`: whose calls the client does not see.
pub(super) fn sink(live: Arc<Live>, own: OwnTools, heartbeat: Duration) -> (Sink, Opening) {
    let (send, opened) = oneshot::channel();
    let (steps, receive) = mpsc::channel(BEHIND);
    let sink = Sink { opened: Some(send), steps, merger: Merger::new(own), sent: false, held: None };
    let hold = live.cancel.clone().drop_guard();
    (sink, Opening { opened, steps: receive, live, hold, heartbeat })
}

impl Sink {
    /// Another answer begins, served like this.
    pub fn opened(&mut self, head: &AnswerHead) {
        if let Some(opened) = self.opened.take() {
            // Whoever asked may be gone: the next step tells.
            let _ = opened.send(Ok(head.clone()));
        }
        if let Some((_, usage)) = self.held.take() {
            self.merger.swallow(usage);
            self.merger.next_step();
        }
        self.sent = false;
    }

    /// Whether the client has seen something of the present answer, or waits for nothing but the first one.
    pub fn is_committed(&self) -> bool {
        self.sent || self.opened.is_some()
    }

    /// Hands an event on; `false` when the client is gone.
    pub async fn event(&mut self, event: Event) -> bool {
        if let Some(terminal) = event.terminal() {
            self.held = Some((event, terminal.usage));
            return true;
        }
        let Some(event) = self.merger.on_event(event) else { return true };
        self.sent |= event.is_visible();
        self.steps.send(Step::Event(event)).await.is_ok()
    }

    /// The run is over and written down: the client gets its last event.
    pub async fn end(mut self) {
        if let Some((event, usage)) = self.held.take() {
            let event = self.merger.end(event, usage);
            let _ = self.steps.send(Step::Event(event)).await;
        }
    }

    /// The run failed; what the upstream said of it goes on as it is.
    pub async fn fail(self, refusal: Refusal) {
        if self.held.as_ref().is_some_and(|(event, _)| event.kind == EventKind::Failed) {
            return self.end().await;
        }
        match self.opened {
            Some(opened) => {
                let _ = opened.send(Err(refusal));
            }
            None => {
                let _ = self.steps.send(Step::Broken(refusal)).await;
            }
        }
    }

    /// An event of our own as the last one of the present answer.
    pub fn hold(&mut self, event: Event, usage: Option<Usage>) {
        self.held = Some((event, usage));
    }
}

impl Opening {
    /// Waits until an account begins to answer.
    pub async fn wait(mut self) -> Result<RunAnswer, Refusal> {
        match (&mut self.opened).await {
            Ok(Ok(head)) => Ok(RunAnswer {
                head,
                steps: self.steps,
                live: self.live,
                heartbeat: self.heartbeat,
                next: None,
                hold: Some(self.hold),
            }),
            Ok(Err(refusal)) => {
                self.hold.disarm();
                Err(refusal)
            }
            // The driver is gone without a word: the process goes down.
            Err(_) => Err(Refusal::shutting_down()),
        }
    }
}

impl RunAnswer {
    async fn step(&mut self) -> Option<Step> {
        if self.is_done() {
            return None;
        }
        let step = match self.next.take() {
            Some(step) => step,
            None => match tokio::time::timeout(self.heartbeat, self.steps.recv()).await {
                Ok(Some(step)) => step,
                Ok(None) => Step::Broken(Refusal::shutting_down()),
                Err(_) => return Some(Step::Idle),
            },
        };
        let last = match &step {
            Step::Event(event) => event.kind.is_terminal(),
            Step::Broken(_) => true,
            Step::Idle => false,
        };
        if last {
            self.let_go();
        }
        Some(step)
    }

    fn is_done(&self) -> bool {
        self.hold.is_none()
    }

    /// The answer is over: what becomes of the run is no longer the client's.
    fn let_go(&mut self) {
        if let Some(hold) = self.hold.take() {
            hold.disarm();
        }
    }

    fn ready(&mut self) -> Option<Event> {
        if self.is_done() || self.next.is_some() {
            return None;
        }
        match self.steps.try_recv().ok()? {
            Step::Event(event) if !event.kind.is_terminal() => Some(event),
            other => {
                self.next = Some(other);
                None
            }
        }
    }

    async fn cut(&mut self) {
        self.let_go();
        self.live.cut.cancel();
        self.steps.close();
        self.live.over.cancelled().await;
    }
}

/// An answer past its commit point, whoever gives it.
#[derive(Debug)]
pub enum Source {
    Model(Box<Served>),
    Agent(Box<RunAnswer>),
}

impl Source {
    /// What is known when it begins.
    pub fn head(&self) -> &AnswerHead {
        match self {
            Self::Model(served) => &served.head,
            Self::Agent(answer) => &answer.head,
        }
    }

    /// See [`Served::step`].
    pub async fn step(&mut self) -> Option<Step> {
        match self {
            Self::Model(served) => served.step().await,
            Self::Agent(answer) => answer.step().await,
        }
    }

    /// See [`Served::ready`].
    pub async fn ready(&mut self, turn: bool) -> Option<Event> {
        match self {
            Self::Model(served) => served.ready(turn).await,
            Self::Agent(answer) => {
                if turn {
                    tokio::task::yield_now().await;
                }
                answer.ready()
            }
        }
    }

    /// The front ended the answer at the client's own limit. An agent's conversation keeps what was said until then
    /// before this returns.
    pub async fn cut(&mut self) {
        match self {
            Self::Model(served) => served.cut(),
            Self::Agent(answer) => answer.cut().await,
        }
    }

    /// See [`Served::heartbeat`].
    pub fn heartbeat(&self) -> Duration {
        match self {
            Self::Model(served) => served.heartbeat(),
            Self::Agent(answer) => answer.heartbeat,
        }
    }

    /// See [`Served::is_done`].
    pub fn is_done(&self) -> bool {
        match self {
            Self::Model(served) => served.is_done(),
            Self::Agent(answer) => answer.is_done(),
        }
    }
}
