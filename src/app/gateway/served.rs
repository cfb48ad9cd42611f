//! An answer past its commit point, event by event.

use super::record::RequestGuard;
use super::{Ask, Gateway, Opened};
use crate::app::clock::Clock;
use crate::app::health::Slot;
use crate::app::quota::Quotas;
use crate::domain::catalogue::Provider;
use crate::domain::responses::event::{Event, EventKind, Outcome, Terminal};
use crate::domain::routing::failover::Failure;
use crate::domain::routing::refusal::Refusal;
use crate::upstream::Events;
use futures_util::FutureExt as _;
use reqwest::header::HeaderMap;
use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, Sleep};
use tokio_util::sync::WaitForCancellationFutureOwned;

/// What the front does next.
#[derive(Debug)]
pub enum Step {
    /// Hand it to the client.
    Event(Event),
    /// Nothing came for a while: keep the line open.
    Idle,
    /// The stream broke: end it with this, typed.
    Broken(Refusal),
}

/// What is known of an answer when it begins.
#[derive(Clone, Debug)]
pub struct AnswerHead {
    /// Who serves.
    pub provider: Arc<Provider>,
    /// Headers of the upstream's answer that a native client gets.
    pub headers: HeaderMap,
    /// How many accounts were tried, this one included.
    pub attempts: usize,
    /// Parameters of the request that could not be sent.
    pub dropped: Vec<String>,
    /// The client's own limit, kept by us.
    pub max_output_tokens: Option<u64>,
    /// The prompt cache key is ours: no foreign client sees it.
    pub hide_prompt_cache_key: bool,
    /// Of the request, as estimated; 0 when the upstream counts to the end.
    pub input_tokens: u64,
}

/// The rest of an answer. Dropping it frees the account at once and writes the record.
pub struct Served {
    pub head: AnswerHead,
    /// Events that were read before the commit point was reached.
    first: VecDeque<Event>,
    /// `None` once the answer was cut: the account is free again.
    events: Option<Events>,
    /// How the events ended too early, when that was found ahead of its turn.
    failure: Option<Failure>,
    /// Free again when this is dropped.
    slot: Slot,
    quotas: Arc<Quotas>,
    clock: Clock,
    /// The name that went upstream.
    model: String,
    record: RequestGuard,
    heartbeat: Duration,
    /// One timer and one registration for all waits: there is a wait per event.
    silence: Pin<Box<Sleep>>,
    stop: Pin<Box<WaitForCancellationFutureOwned>>,
    done: bool,
}

impl std::fmt::Debug for Served {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Served")
            .field("provider", &self.head.provider.name)
            .field("done", &self.done)
            .finish_non_exhaustive()
    }
}

impl Served {
    pub(super) fn new(
        gateway: &Gateway,
        provider: Arc<Provider>,
        opened: Opened,
        record: RequestGuard,
        slot: Slot,
        ask: &Ask,
    ) -> Self {
        let model = ask.resolved.model.clone();
        let heartbeat = Duration::from_secs(gateway.config.load().server.heartbeat_seconds);
        Self {
            head: AnswerHead {
                provider,
                headers: opened.headers,
                attempts: record.attempts(),
                dropped: opened.dropped,
                max_output_tokens: opened.max_output_tokens,
                hide_prompt_cache_key: opened.hide_prompt_cache_key,
                input_tokens: opened.input_tokens,
            },
            first: opened.head,
            events: Some(opened.events),
            failure: None,
            slot,
            quotas: gateway.quotas.clone(),
            clock: gateway.clock.clone(),
            model,
            record,
            heartbeat,
            silence: Box::pin(tokio::time::sleep(heartbeat)),
            stop: Box::pin(gateway.shutdown.stop_streams().cancelled_owned()),
            done: false,
        }
    }

    /// The next thing to do; `None` after the terminal event or the break. Dropping the future loses nothing.
    pub async fn step(&mut self) -> Option<Step> {
        let events = self.events.as_mut().filter(|_| !self.done)?;
        let event = match self.first.pop_front().or_else(|| events.ready()) {
            Some(event) => event,
            None => {
                if let Some(failure) = self.failure.take() {
                    return Some(self.broken(&failure));
                }
                self.silence.as_mut().reset(Instant::now() + self.heartbeat);
                tokio::select! {
                    biased;
                    next = events.next() => match next {
                        Some(Ok(event)) => event,
                        Some(Err(failure)) => return Some(self.broken(&failure)),
                        None => return Some(self.broken(&Failure::EndedEarly)),
                    },
                    () = self.stop.as_mut() => return Some(self.stopped()),
                    () = self.silence.as_mut() => return Some(Step::Idle),
                }
            }
        };
        self.look_at(&event);
        if let Some(terminal) = event.terminal() {
            self.done = true;
            self.ended(&terminal);
        }
        Some(Step::Event(event))
    }

    /// A further event that comes without a wait; the terminal one comes from [`Self::step`] alone. With `turn`,
    /// whoever reads the upstream's connection gets a turn first: it hands over one piece at a time. Dropping the
    /// future loses nothing.
    pub async fn ready(&mut self, turn: bool) -> Option<Event> {
        if turn {
            tokio::task::yield_now().await;
        }
        let events = self.events.as_mut().filter(|_| !self.done && self.failure.is_none())?;
        let event = match self.first.pop_front().or_else(|| events.ready()) {
            Some(event) => event,
            None => match events.next().now_or_never()? {
                Some(Ok(event)) => event,
                ended => {
                    self.failure = Some(ended.and_then(Result::err).unwrap_or(Failure::EndedEarly));
                    return None;
                }
            },
        };
        if event.kind.is_terminal() {
            self.first.push_front(event);
            return None;
        }
        self.look_at(&event);
        Some(event)
    }

    fn look_at(&mut self, event: &Event) {
        self.record.heard(event);
        if event.kind == EventKind::RateLimits {
            self.quotas.observe_event(self.head.provider.id, &event.frame.data, self.clock.now());
        }
    }

    /// What the terminal event says of the account.
    fn ended(&mut self, terminal: &Terminal) {
        self.record.ended(terminal);
        let now = self.clock.now();
        if let Some(usage) = &terminal.usage {
            self.quotas.observe_served(self.head.provider.id, &self.model, usage, now);
        }
        match &terminal.outcome {
            Outcome::Completed { .. } | Outcome::Incomplete { .. } => self.slot.succeeded(),
            Outcome::Failed(error) => {
                let failure = Failure::Refused(error.clone());
                let refusal = Refusal::of(&failure, &self.head.provider.name, now.timestamp());
                self.note(&failure, &refusal);
            }
        }
    }

    /// Silence after which a client gets a heartbeat.
    pub fn heartbeat(&self) -> Duration {
        self.heartbeat
    }

    /// Whether the terminal event was given out, or the break.
    pub fn is_done(&self) -> bool {
        self.done
    }

    /// The answer was ended here, at a limit of the client's or ours: the account is free.
    pub fn cut(&mut self) {
        self.done = true;
        self.events = None;
        self.record.cut();
        self.slot.succeeded();
    }

    fn broken(&mut self, failure: &Failure) -> Step {
        let refusal = Refusal::of(failure, &self.head.provider.name, self.clock.now().timestamp());
        self.note(failure, &refusal);
        self.end(refusal, Some(failure))
    }

    /// The account's health and quota hear of a failure after the commit point as of one before it.
    fn note(&mut self, failure: &Failure, refusal: &Refusal) {
        let whose = (&*self.head.provider, self.model.as_str());
        super::note(&self.quotas, &mut self.slot, failure, refusal, whose, self.clock.now());
    }

    fn stopped(&mut self) -> Step {
        self.end(Refusal::shutting_down(), None)
    }

    fn end(&mut self, refusal: Refusal, failure: Option<&Failure>) -> Step {
        let refusal = Refusal { attempts: self.head.attempts, ..refusal };
        self.done = true;
        self.record.broken(&refusal, failure);
        Step::Broken(refusal)
    }
}
