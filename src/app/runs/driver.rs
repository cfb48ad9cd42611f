//! Drives one run: asks the model, calls the tools, keeps the history, and does what `agent_loop` says next.

mod end;

mod model;

mod tell;

use super::Parts;
use super::answer::Sink;
use super::job::Job;
use super::log::Live;
use crate::app::conversations::{Transcript, storable};
use crate::app::gateway::RequestGuard;
use crate::domain::agent_loop::compaction;
use crate::domain::agent_loop::event::{Phase, RunEvent};
use crate::domain::agent_loop::{Action, AgentLoop, Answer, End, Limit, OwnTools, ToolCall};
use crate::domain::chat::stop::cut_items;
use crate::domain::ids::{ProviderId, RequestId};
use crate::domain::responses::event::Usage;
use crate::domain::routing::refusal::Refusal;
use crate::domain::tool::{ToolOutput, ToolSpec};
use crate::store::runs::Progress;
use crate::store::{runs, sessions};
use end::Stop;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::Arc;
use tell::Pending;
use tokio::time::Instant;

/// A run on its way.
pub(super) struct Driver {
    parts: Arc<Parts>,
    job: Job,
    live: Arc<Live>,
    sink: Option<Sink>,
    /// The record of the client's own request: the first question's.
    first: Option<(RequestId, RequestGuard)>,
    transcript: Transcript,
    state: AgentLoop,
    /// What the model may call of ours.
    offered: Vec<ToolSpec>,
    own: OwnTools,
    progress: Progress,
    /// The place of the newest event in the log.
    seq: i64,
    pending: Option<Pending>,
    /// What the model said last.
    content: String,
    /// Tokens of the last question and its answer, and of what came since.
    context: u64,
    deadline: Instant,
}

/// What a driver begins with.
pub(super) struct Start {
    pub job: Job,
    pub transcript: Transcript,
    pub live: Arc<Live>,
    pub offered: Vec<ToolSpec>,
    pub own: OwnTools,
    pub sink: Option<Sink>,
    pub first: Option<(RequestId, RequestGuard)>,
    /// The text of what was said.
    pub message: String,
    /// It was interrupted before, and goes on.
    pub resumed: bool,
    /// The place of the newest event in the log: 0 for a new run.
    pub seq: i64,
    pub progress: Progress,
}

impl Start {
    /// Of a new run that nobody's request waits for.
    pub async fn new(parts: &Parts, job: Job, transcript: Transcript, message: String) -> Self {
        let mut offered = parts.tools.offered(&job.context).await;
        // A client's own tool of that name is meant.
        offered.retain(|tool| !job.base.client_tools.contains(&tool.name));
        Self {
            live: Live::new(job.id),
            own: OwnTools {
                names: offered.iter().map(|tool| tool.name.clone()).collect(),
                beside_clients: !job.base.client_tools.is_empty(),
            },
            job,
            transcript,
            offered,
            sink: None,
            first: None,
            message,
            resumed: false,
            seq: 0,
            progress: Progress::default(),
        }
    }
}

impl Driver {
    /// Drives a run until it is over, and that is written down.
    pub async fn run(parts: Arc<Parts>, start: Start) {
        let Start { mut job, transcript, live, offered, own, sink, first, message, resumed, seq, progress } =
            start;
        job.context.cancel = live.cancel.child_token();
        let mut driver = Self {
            state: AgentLoop::new(job.limits),
            own,
            context: transcript.estimate() + job.base.draft.instructions.len() as u64 / 4,
            deadline: Instant::now() + job.wall_time,
            parts,
            job,
            live,
            sink,
            first,
            transcript,
            offered,
            progress,
            seq,
            pending: None,
            content: String::new(),
        };
        let _open = driver.parts.gateway.shutdown.stream();
        let job = &driver.job;
        let started = RunEvent::Started {
            agent_key: job.agent_key.clone(),
            session_id: job.session.as_ref().map(|(id, _)| id.to_string()),
            session_key: job.session.as_ref().map(|(_, key)| key.clone()),
            model: job.resolved.model.clone(),
            message,
            resumed,
        };
        driver.tell(&started).await;
        let outcome = driver.drive().await;
        driver.finish(outcome).await;
    }

    async fn drive(&mut self) -> Result<End, Stop> {
        let mut action = self.state.begin();
        loop {
            action = match action {
                Action::Ask { last } => {
                    self.take_up().await?;
                    let answer = self.answer(last).await?;
                    self.state.answered(answer)
                }
                Action::Call(wanted) => {
                    self.call(wanted).await?;
                    self.state.called()
                }
                Action::End { end, open } => {
                    let why = format!("Not called: the run ended ({}).", end.as_str());
                    self.close(&open, &why).await?;
                    if end != End::Finished || !self.take_up().await? {
                        return Ok(end);
                    }
                    self.state.more_said()
                }
            };
        }
    }

    /// Takes up what was said while the run was busy; whether there was anything.
    async fn take_up(&mut self) -> Result<bool, Stop> {
        let Some((session, _)) = self.job.session else { return Ok(false) };
        let now = self.parts.clock.now();
        let mut tx = self.parts.db.tenant(self.job.tenant).await?;
        sessions::lock(&mut tx, session, now).await?;
        let (waiting, last) = sessions::append_waiting(&mut tx, session, self.job.id, now).await?;
        if waiting.is_empty() {
            return Ok(false);
        }
        tx.commit().await?;
        self.transcript.push(waiting, None, last);
        self.activity(Phase::MessageInjected, Vec::new()).await;
        Ok(true)
    }

    /// One answer of the model, in the history.
    async fn answer(&mut self, last: Option<Limit>) -> Result<Answer, Stop> {
        self.compact_if_due().await?;
        self.activity(Phase::Thinking, Vec::new()).await;
        let told = self.ask(last).await?;
        let (mut calls, mut client_calls) = (Vec::new(), false);
        for item in &told.items {
            match ToolCall::of(item) {
                Some(call) if self.own.takes(&call.name) => calls.push(call),
                Some(_) => client_calls = true,
                None => client_calls |= item["type"] == "custom_tool_call",
            }
        }
        let usage = told.usage.unwrap_or_default();
        self.progress.iterations += 1;
        self.progress.usage += usage;
        self.progress.served(&told.provider.name);
        self.context = match usage.input_tokens + usage.output_tokens {
            0 => self.transcript.estimate(),
            counted => counted,
        };
        self.content = told.text;
        self.keep(told.items, Some(told.provider.id), usage).await?;
        self.tell(&RunEvent::Usage {
            input_tokens: usage.input_tokens,
            cached_tokens: usage.cached_input_tokens,
            output_tokens: usage.output_tokens,
            reasoning_tokens: usage.reasoning_tokens,
            iteration: self.progress.iterations,
            provider_name: told.provider.name.clone(),
            request_id: told.request.to_string(),
        })
        .await;
        Ok(Answer {
            calls,
            client_calls,
            tokens: usage.input_tokens + usage.output_tokens,
            incomplete: told.incomplete,
        })
    }

    /// Makes the calls side by side; their outputs are in the history in the order of the calls.
    async fn call(&mut self, wanted: Vec<(ToolCall, Option<String>)>) -> Result<(), Stop> {
        let made = wanted.iter().filter(|(_, refused)| refused.is_none());
        let names = made.map(|(call, _)| call.name.clone()).collect();
        self.activity(Phase::ToolExec, names).await;
        let iteration = self.progress.iterations;
        for (ToolCall { call_id, name, arguments }, _) in &wanted {
            let (id, name, arguments) = (call_id.clone(), name.clone(), arguments.clone());
            self.tell(&RunEvent::ToolCall { id, name, arguments, iteration }).await;
        }
        let mut outputs: Vec<(ToolCall, Option<ToolOutput>)> = Vec::with_capacity(wanted.len());
        for (call, refused) in wanted {
            let output = refused.map(|text| ToolOutput { text, is_error: true });
            if let Some(output) = &output {
                self.tell_result(&call, output, 0).await;
            }
            outputs.push((call, output));
        }
        let stopped = self.make_calls(&mut outputs).await;
        let why = "The call was stopped before it ended.";
        let items: Vec<Value> = outputs
            .iter()
            .map(|(call, output)| output_item(call, output.as_ref().map_or(why, |output| &output.text)))
            .collect();
        self.context += items.iter().map(compaction::estimate).sum::<u64>();
        self.keep(items, None, Usage::default()).await?;
        stopped.map_or(Ok(()), Err)
    }

    /// Fills in the outputs that are missing; why it stopped before all were there.
    async fn make_calls(&mut self, outputs: &mut [(ToolCall, Option<ToolOutput>)]) -> Option<Stop> {
        let context = self.job.context.clone();
        let tools = self.parts.tools.clone();
        let most = self.parts.tools.max_parallel();
        let missing = |at: &usize| outputs[*at].1.is_none();
        let mut waiting: VecDeque<usize> = (0..outputs.len()).filter(missing).collect();
        let mut running = FuturesUnordered::new();
        loop {
            while running.len() < most
                && let Some(at) = waiting.pop_front()
            {
                let call = outputs[at].0.clone();
                let (tools, context) = (&tools, &context);
                running.push(async move {
                    let started = Instant::now();
                    let output = tools.call(context, &call.name, &call.arguments).await;
                    (at, output, started.elapsed())
                });
            }
            let done = tokio::select! {
                biased;
                stop = end::stopped(&self.live, self.deadline, &self.parts) => return Some(stop),
                done = running.next() => done,
            };
            let (at, output, took) = done?;
            let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
            let call = outputs[at].0.clone();
            self.tell_result(&call, &output, millis).await;
            outputs[at].1 = Some(output);
        }
    }

    /// Calls that nobody makes get an output that says why.
    async fn close(&mut self, open: &[ToolCall], why: &str) -> Result<(), Stop> {
        if open.is_empty() {
            return Ok(());
        }
        let items = open.iter().map(|call| output_item(call, why)).collect();
        self.keep(items, None, Usage::default()).await
    }

    /// Puts items into the history, here and in Postgres, in one transaction with what the run used. What the person
    /// said goes before the first answer to it.
    async fn keep(&mut self, items: Vec<Value>, maker: Option<ProviderId>, usage: Usage) -> Result<(), Stop> {
        let mut items: Vec<Value> = items.into_iter().map(storable).collect();
        cut_items(&mut items, &self.job.stop);
        let now = self.parts.clock.now();
        let mut tx = self.parts.db.tenant(self.job.tenant).await?;
        let mut last = 0;
        if let Some((session, _)) = &self.job.session {
            if !sessions::lock(&mut tx, *session, now).await? {
                return Err(Stop::failed(
                    "session_deleted",
                    "the conversation was deleted while the run was on",
                ));
            }
            if !self.job.said.is_empty() {
                let said = &self.job.said;
                let place = sessions::append(&mut tx, *session, said, (None, Some(self.job.id)), now).await?;
                self.transcript.placed(said.len(), place);
            }
            last = sessions::append(&mut tx, *session, &items, (maker, Some(self.job.id)), now).await?;
            if usage != Usage::default() {
                sessions::count(&mut tx, *session, usage).await?;
            }
        }
        if !runs::progress(&mut tx, self.job.id, self.parts.owner, &self.progress).await? {
            return Err(Stop::Lost);
        }
        tx.commit().await?;
        self.job.said.clear();
        self.transcript.push(items, maker, last);
        Ok(())
    }
}

fn output_item(call: &ToolCall, text: &str) -> Value {
    json!({"type": "function_call_output", "call_id": call.call_id, "output": text})
}

/// A conversation that could not be written: the client may try again.
pub(super) fn not_stored() -> Refusal {
    Refusal {
        status: 503,
        kind: "server_error".into(),
        code: "conversation_not_stored".into(),
        message: "the answer could not be added to the stored conversation".into(),
        param: None,
        resets_at: None,
        retry_after: Some(2),
        retryable: true,
        attempts: 0,
    }
}
