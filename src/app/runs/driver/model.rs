//! One question to the model, through the pool like any other request.

use super::Driver;
use super::end::{Stop, stopped};
use super::tell::Phases;
use crate::app::gateway::{Served, Step};
use crate::domain::agent_loop::Limit;
use crate::domain::agent_loop::compaction::{self, INSTRUCTIONS};
use crate::domain::agent_loop::event::{Fault, Phase, RunEvent};
use crate::domain::agent_loop::merge::own_event;
use crate::domain::catalogue::Provider;
use crate::domain::ids::RequestId;
use crate::domain::responses::assemble::Assembler;
use crate::domain::responses::event::{EventKind, Usage, WireUsage};
use crate::domain::responses::forward::AnswerOptions;
use crate::domain::routing::refusal::Refusal;
use crate::domain::session::text_of;
use crate::domain::tool::cut_middle;
use crate::store::sessions;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// How often a question is asked again whose answer failed.
const RETRIES: u32 = 2;
/// The longest wait before that.
const PATIENCE: Duration = Duration::from_secs(30);
/// Bytes of a tool's output that a summary is made of.
const SUMMARIZED: usize = 2_000;

/// What the model answered.
pub(super) struct Told {
    pub items: Vec<Value>,
    pub usage: Option<Usage>,
    /// Why it is not whole.
    pub incomplete: Option<String>,
    pub text: String,
    pub provider: Arc<Provider>,
    pub request: RequestId,
}

impl Driver {
    /// Asks until there is an answer; a failure that may pass is waited for, as long as nobody has seen a part of the
    /// answer that can't be taken back.
    pub(super) async fn ask(&mut self, last: Option<Limit>) -> Result<Told, Stop> {
        let (mut attempt, mut compacted) = (0, false);
        loop {
            let refusal = match self.ask_once(last).await? {
                Ok(told) => return Ok(told),
                Err(refusal) => refusal,
            };
            if refusal.code == Refusal::shutting_down().code {
                return Err(Stop::Interrupted);
            }
            if self.sink.as_ref().is_some_and(super::super::answer::Sink::is_committed) {
                return Err(Stop::Failed(refusal));
            }
            if refusal.code == "context_length_exceeded" && !compacted {
                compacted = true;
                if self.compact().await? {
                    continue;
                }
            }
            let wait = refusal.retry_after.map_or(Duration::from_secs(1 << attempt), Duration::from_secs);
            if !refusal.retryable || attempt >= RETRIES || wait > PATIENCE {
                return Err(Stop::Failed(refusal));
            }
            attempt += 1;
            let error = Fault { code: refusal.code.clone(), message: refusal.message.clone() };
            let iteration = self.progress.iterations + 1;
            self.tell(&RunEvent::Retrying { attempt, max_attempts: RETRIES, error, iteration }).await;
            tokio::select! {
                biased;
                stop = stopped(&self.live, self.deadline, &self.parts) => return Err(stop),
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    async fn ask_once(&mut self, last: Option<Limit>) -> Result<Result<Told, Refusal>, Stop> {
        let job = &self.job;
        let (id, mut record) = self.first.take().unwrap_or_else(|| {
            let id = RequestId(self.parts.clock.new_id());
            (id, self.parts.gateway.begin(id, job.asker(), job.endpoint, job.audience))
        });
        record.asked_for(&job.model_asked);
        let ask = match job.ask(id, self.transcript.input(), &self.transcript.makers, (&self.offered, last)) {
            Ok(ask) => ask,
            Err(error) => return Ok(Err(record.refused(error.into()))),
        };
        let serving = self.parts.gateway.clone().serve(ask, record);
        let mut served = tokio::select! {
            biased;
            stop = stopped(&self.live, self.deadline, &self.parts) => return Err(stop),
            served = serving => match served {
                Ok(served) => served,
                Err(refusal) => return Ok(Err(refusal)),
            },
        };
        // `None` for an upstream that keeps it itself.
        let limit = served.head.max_output_tokens;
        if let Some(sink) = &mut self.sink {
            // Where no tool of ours can follow, the front ends the answer itself, to the character.
            let mut head = served.head.clone();
            if !self.offered.is_empty() {
                head.max_output_tokens = limit.and(self.job.base.prepared.max_output_tokens);
            }
            sink.opened(&head);
        }
        let options = AnswerOptions {
            max_output_tokens: limit,
            response_id: format!("resp_{}", id.0.simple()),
            model: self.job.resolved.model.clone(),
            created_at: self.parts.clock.now().timestamp(),
            ..AnswerOptions::default()
        };
        let mut assembler = Assembler::new(options);
        match self.read(&mut served, &mut assembler).await {
            Ok(Ok(())) => {}
            Ok(Err(refusal)) => return Ok(Err(refusal)),
            Err(stop) => {
                let provider = served.head.provider.clone();
                drop(served);
                self.keep_partial(&assembler, provider, &stop).await?;
                return Err(stop);
            }
        }
        self.flush().await;
        Ok(self.told(&assembler, &served, id))
    }

    /// Reads the answer to its end, telling it as it comes.
    async fn read(
        &mut self,
        served: &mut Served,
        assembler: &mut Assembler,
    ) -> Result<Result<(), Refusal>, Stop> {
        let mut phases = Phases::default();
        while !assembler.is_finished() {
            let flush_at = self.pending.as_ref().map_or_else(far, |pending| pending.until);
            let next = tokio::select! {
                biased;
                stop = stopped(&self.live, self.deadline, &self.parts) => return Err(stop),
                next = served.step() => next,
                () = tokio::time::sleep_until(flush_at) => {
                    self.flush().await;
                    continue;
                }
            };
            let event = match next {
                None => break,
                Some(Step::Idle) => continue,
                Some(Step::Broken(refusal)) => return Ok(Err(refusal)),
                Some(Step::Event(event)) => event,
            };
            assembler.on_event(&event);
            self.hear(&event, &mut phases).await;
            if let Some(sink) = &mut self.sink {
                let heard = tokio::select! {
                    biased;
                    heard = sink.event(event) => heard,
                    stop = stopped(&self.live, self.deadline, &self.parts) => return Err(stop),
                };
                if !heard {
                    let cut = self.live.cut.is_cancelled();
                    return Err(if cut { Stop::Cut } else { Stop::Cancelled("the client hung up") });
                }
            }
        }
        if assembler.is_finished() && !served.is_done() {
            served.cut();
            let response = assembler.finish().unwrap_or_default();
            if let Some(sink) = &mut self.sink {
                let members = [("response", response.to_string())];
                sink.hold(own_event(EventKind::Incomplete, "response.incomplete", &members), None);
            }
        }
        Ok(Ok(()))
    }

    fn told(&self, assembler: &Assembler, served: &Served, request: RequestId) -> Result<Told, Refusal> {
        let response = assembler.finish().map_err(|incomplete| {
            let now = self.parts.clock.now().timestamp();
            let refusal = Refusal::of(&incomplete.into(), &served.head.provider.name, now);
            Refusal { attempts: served.head.attempts, ..refusal }
        })?;
        let usage = serde_json::from_value::<WireUsage>(response["usage"].clone());
        let incomplete = response["incomplete_details"]["reason"].as_str().map(str::to_owned);
        Ok(Told {
            items: assembler.items(),
            usage: usage.ok().map(Usage::from),
            incomplete,
            text: assembler.final_text(),
            provider: served.head.provider.clone(),
            request,
        })
    }

    /// Of an answer that was stopped, what was said is kept; a call that was not whole is not.
    async fn keep_partial(
        &mut self,
        assembler: &Assembler,
        provider: Arc<Provider>,
        stop: &Stop,
    ) -> Result<(), Stop> {
        self.flush().await;
        let whole_answer = matches!(stop, Stop::Cut);
        let mut items = assembler.items();
        if !whole_answer {
            items.retain(|item| item["type"] == "message" && text_of(item).is_some());
        }
        if items.is_empty() || !stop.keeps_what_was_said() {
            return Ok(());
        }
        self.content = assembler.final_text();
        self.progress.iterations += 1;
        self.progress.served(&provider.name);
        self.keep(items, Some(provider.id), Usage::default()).await
    }

    /// Makes a summary when the conversation fills three quarters of the window.
    pub(super) async fn compact_if_due(&mut self) -> Result<(), Stop> {
        if compaction::is_due(self.context, self.job.window) {
            self.compact().await?;
        }
        Ok(())
    }

    /// Puts a summary in the place of the conversation's beginning; `false` when there is none to put. The items
    /// themselves stay stored.
    async fn compact(&mut self) -> Result<bool, Stop> {
        let Some((mut told, count)) = self.transcript.to_summarize(self.job.window) else { return Ok(false) };
        self.activity(Phase::Compacting, Vec::new()).await;
        for item in &mut told {
            if let Some(output) = item["output"].as_str() {
                item["output"] = cut_middle(output, SUMMARIZED).into();
            }
        }
        told.push(json!({"type": "message", "role": "user",
            "content": [{"type": "input_text", "text": "Write the summary now."}]}));
        let Some(summary) = self.side_answer(told).await? else { return Ok(false) };
        let upto = self.transcript.compact(count, &summary);
        // Place 0: what it stands for is not stored.
        if let Some((session, _)) = self.job.session
            && upto > 0
        {
            let now = self.parts.clock.now();
            let mut tx = self.parts.db.tenant(self.job.tenant).await?;
            sessions::compact(&mut tx, session, upto, &summary, now).await?;
            tx.commit().await?;
        }
        self.context = self.transcript.estimate();
        Ok(true)
    }

    /// An answer of text alone that nobody sees; `None`: it failed, and the conversation goes on as it is.
    async fn side_answer(&mut self, input: Vec<Value>) -> Result<Option<String>, Stop> {
        let id = RequestId(self.parts.clock.new_id());
        let job = &self.job;
        let mut record = self.parts.gateway.begin(id, job.asker(), job.endpoint, job.audience);
        record.asked_for(&job.model_asked);
        let ask = job.side_question(id, INSTRUCTIONS, input, &self.transcript.makers);
        let asking = async {
            let mut served = self.parts.gateway.clone().serve(ask, record).await?;
            let mut assembler = Assembler::new(AnswerOptions::default());
            while let Some(step) = served.step().await {
                match step {
                    Step::Event(event) => assembler.on_event(&event),
                    Step::Idle => {}
                    Step::Broken(refusal) => return Err(refusal),
                }
            }
            Ok(assembler.text())
        };
        let answered = tokio::select! {
            biased;
            stop = stopped(&self.live, self.deadline, &self.parts) => return Err(stop),
            answered = asking => answered,
        };
        match answered {
            Ok(text) if !text.trim().is_empty() => Ok(Some(text)),
            Ok(_) => Ok(None),
            Err(refusal) => {
                tracing::warn!(run_id = %self.job.id, code = %refusal.code, "a conversation could not be summarized");
                Ok(None)
            }
        }
    }
}

/// No time at all: a day from now.
fn far() -> Instant {
    Instant::now() + Duration::from_hours(24)
}
