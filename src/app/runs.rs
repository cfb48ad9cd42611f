//! Runs of agents: begun, queued for, watched, cancelled, taken up again.
//!
//! A run goes on without its client: its log is in Postgres, and whoever comes back reads on from where they stopped.
//! Only the answer to a request of the OpenAI endpoints ends with its client, since nobody else can get it.

mod answer;

mod driver;

mod job;

mod log;

mod owner;

mod prepare;

mod watch;

pub use crate::store::runs::{Filter, RunRow};
pub use answer::{RunAnswer, Source};
pub use log::{LogWriter, Told};
pub use owner::{Keeper, process_number};
pub use prepare::{AgentAsk, AgentRequest, RunAsk};

use crate::app::catalogue::Catalogues;
use crate::app::clock::Clock;
use crate::app::conversations::{Transcript, after_last_answer, storable};
use crate::app::gateway::{Gateway, RequestGuard};
use crate::app::tools::Toolbox;
use crate::config::Config;
use crate::domain::api_key::ApiKey;
use crate::domain::ids::{RequestId, RunId, SessionId, TenantId};
use crate::domain::responses::event::Usage;
use crate::domain::routing::refusal::Refusal;
use crate::domain::session::title_of;
use crate::store::db::Db;
use crate::store::notify::notify;
use crate::store::runs::{self, NewRun, Progress};
use crate::store::sessions;
use answer::Opening;
use arc_swap::ArcSwap;
use driver::{Driver, Start};
use job::Job;
use log::{Live, Log};
use prepare::Prepare;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch as watched;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// The channel on which replicas are asked to cancel a run.
pub const CHANNEL: &str = "gateway_runs";
/// How long a request of the OpenAI endpoints waits for its conversation to be free.
const TURN: Duration = Duration::from_mins(1);
/// How often it looks.
const LOOK: Duration = Duration::from_millis(100);
/// How long a cancelled run may take to end.
const CANCELLED: Duration = Duration::from_secs(5);
/// Characters of the message in a run's row.
const MESSAGE: usize = 2_000;

/// What the runs work with.
pub struct RunParts {
    pub db: Db,
    pub clock: Clock,
    pub config: Arc<ArcSwap<Config>>,
    pub catalogues: Arc<Catalogues>,
    pub gateway: Arc<Gateway>,
    pub tools: Toolbox,
    /// Of this process ([`process_number`]).
    pub owner: i64,
}

/// Shared by all drivers of this process.
struct Parts {
    db: Db,
    clock: Clock,
    config: Arc<ArcSwap<Config>>,
    catalogues: Arc<Catalogues>,
    gateway: Arc<Gateway>,
    tools: Toolbox,
    log: Log,
    live: Arc<LiveRuns>,
    /// This process, in the rows of its runs.
    owner: i64,
    held: watched::Receiver<bool>,
    stop_streams: CancellationToken,
}

/// The runs that this process drives.
#[derive(Debug, Default)]
struct LiveRuns(Mutex<HashMap<RunId, Arc<Live>>>);

impl LiveRuns {
    fn lock(&self) -> MutexGuard<'_, HashMap<RunId, Arc<Live>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, live: Arc<Live>) {
        self.lock().insert(live.id, live);
    }

    fn get(&self, id: RunId) -> Option<Arc<Live>> {
        self.lock().get(&id).cloned()
    }

    fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    fn remove(&self, id: RunId) {
        self.lock().remove(&id);
    }
}

/// All runs. Clones share everything.
#[derive(Clone)]
pub struct Runs(Arc<Parts>);

/// What came of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Started {
    /// A run has begun.
    Running(RunId),
    /// One is on in that conversation: it takes the message up at its next step.
    Queued(RunId),
}

/// Why a run did not begin, or what was asked of it can't be done. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error("run not found")]
    NotFound,
    /// Which there are instead.
    #[error("{0}")]
    AgentNotFound(String),
    #[error("the run is {0}")]
    NotRunning(String),
    #[error("only an interrupted run can be resumed, and this one is {0}")]
    NotInterrupted(String),
    #[error("another run is on in this conversation")]
    SessionBusy,
    /// The request can't be asked as it is, or nobody could serve it.
    #[error("{}", .0.message)]
    Refused(Refusal),
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
}

/// A run that was entered into the record.
struct Entered {
    job: Job,
    transcript: Transcript,
}

impl Runs {
    /// Runs of this process; what has to be spawned comes with them.
    pub fn new(parts: RunParts) -> (Self, LogWriter, Keeper) {
        let RunParts { db, clock, config, catalogues, gateway, tools, owner } = parts;
        let (log, writer) = log::channel();
        let (holding, held) = watched::channel(false);
        let stop_streams = gateway.shutdown.stop_streams();
        let live = Arc::new(LiveRuns::default());
        let keeper = Keeper { db: db.clone(), clock: clock.clone(), owner, live: live.clone(), holding };
        let parts =
            Parts { db, clock, config, catalogues, gateway, tools, log, live, owner, held, stop_streams };
        (Self(Arc::new(parts)), writer, keeper)
    }

    /// Begins a run, or queues the message for the one that is on in its conversation. Who hangs up meanwhile has sent it
    /// all the same.
    pub async fn start(&self, tenant: TenantId, ask: RunAsk) -> Result<Started, RunError> {
        let prepared = prepare::of_message(&self.0, tenant, ask)?;
        self.may_begin().await?;
        let runs = self.clone();
        self.whole(async move { runs.begin(tenant, prepared).await }).await
    }

    async fn begin(&self, tenant: TenantId, prepared: Prepare) -> Result<Started, RunError> {
        let Prepare { job, said, message } = prepared;
        let said: Vec<Value> = said.into_iter().map(storable).collect();
        let mut entering = self.enter(job, &message, Some(&said)).await?;
        loop {
            let Busy { session, run, job } = match entering {
                Ok(entered) => {
                    let Entered { job, transcript } = entered;
                    let id = job.id;
                    self.spawn(Start::new(&self.0, job, transcript, message).await);
                    return Ok(Started::Running(id));
                }
                Err(busy) => busy,
            };
            if let Some(run) = run
                && self.enqueue(tenant, session, run, &said).await?
            {
                return Ok(Started::Queued(run));
            }
            // It has just ended.
            entering = self.enter(job, &message, Some(&said)).await?;
        }
    }

    /// Answers a request of the OpenAI endpoints through its agent. What comes back is past the commit point of its
    /// first answer.
    pub async fn open(&self, ask: AgentAsk) -> Result<RunAnswer, Refusal> {
        let AgentAsk { id, mut record, request } = ask;
        let mut prepared = prepare::of_request(&self.0, request);
        if let Err(error) = self.may_begin().await {
            return Err(record.refused(error.into_refusal()));
        }
        let until = Instant::now() + TURN;
        loop {
            let (runs, first) = (self.clone(), (id, record));
            // Who hangs up drops the opening, which cancels a run that was begun meanwhile.
            let opened = self.whole(async move { runs.open_now(prepared, first).await }).await;
            let (busy, given_back) = match opened.map_err(RunError::into_refusal)? {
                Ok(opening) => return opening.wait().await,
                Err(busy) => busy,
            };
            (prepared, record) = (busy, given_back);
            if Instant::now() >= until || self.0.stop_streams.is_cancelled() {
                return Err(record.refused(RunError::SessionBusy.into_refusal()));
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Begins a run for a request, or gives everything back when its conversation is busy.
    async fn open_now(
        &self,
        prepared: Prepare,
        first: (RequestId, RequestGuard),
    ) -> Result<Result<Opening, (Prepare, RequestGuard)>, RunError> {
        let Prepare { job, said, message } = prepared;
        let (id, mut record) = first;
        let Entered { mut job, mut transcript } = match self.enter(job, &message, None).await {
            Ok(Ok(entered)) => entered,
            Ok(Err(Busy { job, .. })) => return Ok(Err((Prepare { job, said, message }, record))),
            Err(error) => {
                let refusal = record.refused(RunError::from(error).into_refusal());
                return Err(RunError::Refused(refusal));
            }
        };
        // Clients of the chat API send the whole conversation each time.
        let said = if transcript.is_empty() { said } else { after_last_answer(said) };
        transcript.push(said.clone(), None, 0);
        job.said = said.into_iter().map(storable).collect();
        let mut start = Start::new(&self.0, job, transcript, message).await;
        let heartbeat = Duration::from_secs(self.0.config.load().server.heartbeat_seconds);
        let (sink, opening) = answer::sink(start.live.clone(), start.own.clone(), heartbeat);
        start.sink = Some(sink);
        start.first = Some((id, record));
        self.spawn(start);
        Ok(Ok(opening))
    }

    /// Work that is done whole, whether or not somebody still waits for what comes of it: a run that stands in the record
    /// has a driver.
    async fn whole<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, RunError>> + Send + 'static,
    ) -> Result<T, RunError> {
        let done = self.0.gateway.shutdown.tasks().spawn("begin_run", work);
        done.await.unwrap_or_else(|_| Err(RunError::Refused(Refusal::shutting_down())))
    }

    /// Goes on with a run whose process died or went down, on behalf of `key` when one asks.
    pub async fn resume(
        &self,
        tenant: TenantId,
        id: RunId,
        key: Option<Arc<ApiKey>>,
    ) -> Result<RunId, RunError> {
        let runs = self.clone();
        self.whole(async move { runs.resume_now(tenant, id, key).await }).await
    }

    async fn resume_now(
        &self,
        tenant: TenantId,
        id: RunId,
        key: Option<Arc<ApiKey>>,
    ) -> Result<RunId, RunError> {
        let row = self.get(tenant, id).await?;
        if row.status != "interrupted" {
            return Err(RunError::NotInterrupted(row.status));
        }
        self.may_begin().await?;
        let ask = RunAsk {
            agent: row.agent_key.clone(),
            session_key: row.session_key.clone(),
            model: Some(row.model.clone()),
            key,
            ..RunAsk::default()
        };
        let Prepare { mut job, .. } = prepare::of_message(&self.0, tenant, ask)?;
        let Some(session) = row.session_id.map(SessionId) else {
            let text = "nothing was kept of this run's conversation: send the request again";
            let refusal = Refusal::invalid_request("not_resumable", text, None);
            return Err(RunError::Refused(Refusal { status: 409, ..refusal }));
        };
        let mut tx = self.0.db.tenant(tenant).await?;
        sessions::lock(&mut tx, session, self.0.clock.now()).await?;
        if !runs::take_up(&mut tx, tenant, id, self.0.owner).await? {
            return Err(RunError::SessionBusy);
        }
        let transcript = Transcript::load(&mut tx, session).await?;
        tx.commit().await?;
        job.id = id;
        job.session = Some((session, row.session_key.clone().unwrap_or_default()));
        let (seq, progress) = (row.last_seq, progress_of(&row));
        let start = Start::new(&self.0, job, transcript, row.message).await;
        self.spawn(Start { resumed: true, seq, progress, ..start });
        Ok(id)
    }

    /// Ends a run at once, whichever process drives it. Returns when that is written down.
    pub async fn cancel(&self, tenant: TenantId, id: RunId) -> Result<(), RunError> {
        let row = self.get(tenant, id).await?;
        if !row.is_running() {
            return Err(RunError::NotRunning(row.status));
        }
        if let Some(live) = self.0.live.get(id) {
            live.cancel.cancel();
            let _ = tokio::time::timeout(CANCELLED, live.over.cancelled()).await;
            return Ok(());
        }
        notify(&mut *self.0.db.work().await?, CHANNEL, &[id.to_string()]).await?;
        let until = Instant::now() + CANCELLED;
        while self.get(tenant, id).await?.is_running() && Instant::now() < until {
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }

    /// Another replica asks to cancel a run.
    pub fn heard(&self, payload: &str) {
        let id = payload.parse().ok().map(RunId);
        if let Some(live) = id.and_then(|id| self.0.live.get(id)) {
            live.cancel.cancel();
        }
    }

    /// One run.
    pub async fn get(&self, tenant: TenantId, id: RunId) -> Result<RunRow, RunError> {
        let mut conn = self.0.db.tenant(tenant).await?;
        runs::get(&mut conn, tenant, id).await?.ok_or(RunError::NotFound)
    }

    /// A tenant's runs, newest first.
    pub async fn page(&self, tenant: TenantId, filter: &Filter, limit: u32) -> Result<Vec<RunRow>, RunError> {
        Ok(runs::page(&mut *self.0.db.tenant(tenant).await?, tenant, filter, limit).await?)
    }

    /// Waits until a run is over; its row then.
    pub async fn wait(&self, tenant: TenantId, id: RunId) -> Result<RunRow, RunError> {
        if let Some(live) = self.0.live.get(id) {
            live.over.cancelled().await;
        }
        loop {
            let row = self.get(tenant, id).await?;
            if !row.is_running() {
                return Ok(row);
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Removes the logs of runs that ended this long ago.
    pub async fn prune(&self) -> sqlx::Result<u64> {
        let days = i64::from(self.0.config.load().agents.run_log_days);
        let before = self.0.clock.now() - chrono::TimeDelta::days(days);
        runs::prune_events(&mut *self.0.db.work().await?, before).await
    }

    /// No run begins before the others can tell that this process lives.
    async fn may_begin(&self) -> Result<(), RunError> {
        let mut held = self.0.held.clone();
        match tokio::time::timeout(Duration::from_secs(5), held.wait_for(|held| *held)).await {
            Ok(Ok(_)) if !self.0.stop_streams.is_cancelled() => Ok(()),
            _ => Err(RunError::Refused(Refusal::shutting_down())),
        }
    }

    /// Enters a run into the record, in one transaction with its conversation. `said` goes into the history at once.
    async fn enter(
        &self,
        mut job: Job,
        message: &str,
        said: Option<&[Value]>,
    ) -> sqlx::Result<Result<Entered, Busy>> {
        let now = self.0.clock.now();
        let preview: String =
            storable(message.into()).as_str().unwrap_or_default().chars().take(MESSAGE).collect();
        let mut tx = self.0.db.tenant(job.tenant).await?;
        if let Some((session, key)) = &mut job.session {
            let title = Some(title_of(&preview)).filter(|title| !title.is_empty());
            let new = (*session, title.as_deref());
            *session = sessions::open(&mut tx, job.tenant, &job.agent_key, key, new, now).await?;
        }
        let run = NewRun {
            id: job.id,
            tenant: job.tenant,
            agent_key: &job.agent_key,
            session: job.session.as_ref().map(|(id, key)| (*id, key.as_str())),
            endpoint: job.endpoint.as_str(),
            model: &job.resolved.model,
            message: &preview,
            owner: self.0.owner,
            now,
        };
        if !runs::insert(&mut tx, &run).await? {
            let (session, _) = job.session.as_ref().expect("only a conversation is busy");
            let session = *session;
            let run = runs::running_in(&mut tx, session).await?;
            return Ok(Err(Busy { session, run, job }));
        }
        let mut transcript = Transcript::default();
        if let Some((session, _)) = &job.session {
            // What was said to a run that died before it could take it up.
            sessions::append_waiting(&mut tx, *session, job.id, now).await?;
            if let Some(said) = said {
                sessions::append(&mut tx, *session, said, (None, Some(job.id)), now).await?;
            }
            transcript = Transcript::load(&mut tx, *session).await?;
        }
        tx.commit().await?;
        Ok(Ok(Entered { job, transcript }))
    }

    /// Leaves a message for the run that is on; `false` when it is over.
    async fn enqueue(
        &self,
        tenant: TenantId,
        session: SessionId,
        run: RunId,
        said: &[Value],
    ) -> Result<bool, RunError> {
        let now = self.0.clock.now();
        let mut tx = self.0.db.tenant(tenant).await?;
        // A run ends under the same lock: either it sees the message or it is over now.
        sessions::lock(&mut tx, session, now).await?;
        if runs::running_in(&mut tx, session).await? != Some(run) {
            return Ok(false);
        }
        for item in said {
            sessions::enqueue(&mut tx, session, (self.0.clock.new_id(), item), now).await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    fn spawn(&self, start: Start) {
        self.0.live.add(start.live.clone());
        let guard = Driven(self.0.live.clone(), start.live.clone());
        let parts = self.0.clone();
        self.0.gateway.shutdown.tasks().spawn("run", async move {
            let _guard = guard;
            Box::pin(Driver::run(parts, start)).await;
        });
    }
}

/// A task drives the run. Without one, by whatever accident, it is not among the live ones, and is marked.
struct Driven(Arc<LiveRuns>, Arc<Live>);

impl Drop for Driven {
    fn drop(&mut self) {
        self.0.remove(self.1.id);
        self.1.over.cancel();
    }
}

/// A run is on in the conversation already.
struct Busy {
    session: SessionId,
    run: Option<RunId>,
    /// Given back, for another try.
    job: Job,
}

fn progress_of(row: &RunRow) -> Progress {
    let number = |n: i64| u64::try_from(n).unwrap_or_default();
    Progress {
        iterations: u32::try_from(row.iterations).unwrap_or_default(),
        usage: Usage {
            input_tokens: number(row.input_tokens),
            cached_input_tokens: number(row.cached_tokens),
            output_tokens: number(row.output_tokens),
            reasoning_tokens: number(row.reasoning_tokens),
        },
        served_by: row.served_by.clone(),
    }
}

impl RunError {
    /// In the terms of the OpenAI API.
    pub fn into_refusal(self) -> Refusal {
        let (status, code) = match &self {
            Self::Refused(_) => (0, ""),
            Self::NotFound => (404, "run_not_found"),
            Self::AgentNotFound(_) => (404, "agent_not_found"),
            Self::NotRunning(_) => (409, "run_not_running"),
            Self::NotInterrupted(_) => (409, "run_not_interrupted"),
            Self::SessionBusy => (409, "session_busy"),
            Self::Database(error) => {
                tracing::error!(%error, "a run could not begin");
                return driver::not_stored();
            }
        };
        match self {
            Self::Refused(refusal) => refusal,
            other => Refusal { status, ..Refusal::invalid_request(code, other.to_string(), None) },
        }
    }
}
