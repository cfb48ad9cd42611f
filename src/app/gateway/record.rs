//! What happened to one request, written down when it is dropped: also when the client hung up.
//!
//! It begins right after the authentication, so that a request which is refused before an account is chosen leaves
//! its row too. Who is not authenticated leaves none: a 401 is anybody's.

use super::{Ask, Gateway};
use crate::app::clock::Clock;
use crate::app::limits::Ticket;
use crate::app::records::Recorder;
use crate::domain::catalogue::Provider;
use crate::domain::ids::{KeyId, RequestId, TenantId};
use crate::domain::provider::Wire;
use crate::domain::responses::audience::Audience;
use crate::domain::responses::event::{Event, Outcome, Terminal, Usage};
use crate::domain::responses::limit::OutputLimit;
use crate::domain::routing::affinity::ConversationKey;
use crate::domain::routing::decide::{Plan, PoolSnapshot};
use crate::domain::routing::failover::{Failure, classify};
use crate::domain::routing::refusal::Refusal;
use crate::lifecycle::StreamGuard;
use crate::store::requests::{AttemptRecord, RequestRecord};
use crate::telemetry::metrics::{
    ActiveStream, AttemptOutcome, Client, Endpoint, Metrics, ProviderKind, RequestOutcome, TokenCounts,
};
use std::sync::Arc;
use std::time::Instant;

/// Lives as long as the request does.
pub struct RequestGuard {
    record: Unwritten,
    started: Instant,
    attempt: Option<(AttemptRecord, ProviderKind, Instant)>,
    /// What it holds of its key's limits.
    held: Option<Held>,
    upstream_model: String,
    clock: Clock,
    endpoint: Endpoint,
    client: Client,
    recorder: Recorder,
    metrics: Arc<Metrics>,
    _active: ActiveStream,
    /// Shutdown waits for it.
    _open: StreamGuard,
}

/// A ticket, and what is known of the use for an answer whose end does not tell it.
struct Held {
    ticket: Ticket,
    input_tokens: u64,
    output: OutputLimit,
}

impl std::fmt::Debug for RequestGuard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RequestGuard").field("id", &self.record.id).finish_non_exhaustive()
    }
}

impl RequestGuard {
    pub(super) fn begin(
        gateway: &Gateway,
        id: RequestId,
        (tenant, key): (TenantId, Option<KeyId>),
        endpoint: Endpoint,
        audience: Audience,
    ) -> Self {
        let client = match audience {
            Audience::Codex => Client::Codex,
            Audience::Foreign => Client::Other,
        };
        Self {
            record: Unwritten(Some(RequestRecord {
                id,
                tenant,
                key,
                started_at: gateway.clock.now(),
                duration_ms: 0,
                first_event_ms: None,
                endpoint: endpoint.as_str(),
                client: client.as_str(),
                model: String::new(),
                served_model: None,
                agent_key: None,
                session_key: None,
                conversation: None,
                provider: None,
                pool_owner: None,
                strategy: None,
                decision: None,
                status: "cancelled",
                http_status: 200,
                error: None,
                usage: None,
                attempts: Vec::new(),
            })),
            started: Instant::now(),
            attempt: None,
            held: None,
            upstream_model: String::new(),
            clock: gateway.clock.clone(),
            endpoint,
            client,
            recorder: gateway.recorder.clone(),
            metrics: gateway.metrics.clone(),
            _active: gateway.metrics.stream(),
            _open: gateway.shutdown.stream(),
        }
    }

    /// `model` as the client wrote it.
    pub fn asked_for(&mut self, model: &str) {
        model.clone_into(&mut self.record.model);
    }

    /// The request was understood and goes to the accounts.
    pub(super) fn understood(&mut self, ask: &Ask) {
        let provider = &ask.resolved.provider;
        self.record.agent_key = ask.resolved.agent.as_ref().map(|(a, _)| a.key.clone());
        self.record.session_key.clone_from(&ask.session_key);
        self.record.pool_owner = Some((provider.id, provider.name.clone()));
        self.upstream_model.clone_from(&ask.resolved.model);
    }

    /// It is in by the limits of its key. What it holds is free again with this record.
    pub(super) fn admitted(&mut self, ticket: Option<Ticket>, ask: &Ask) {
        self.held = ticket.map(|ticket| Held {
            ticket,
            input_tokens: super::attempt::estimate(ask.payload.text().len()),
            output: OutputLimit::new(None),
        });
    }

    /// An event of the answer went by: a client that hangs up before the end has used what it saw.
    pub(super) fn heard(&mut self, event: &Event) {
        if let Some(held) = &mut self.held {
            held.output.on_event(event);
        }
    }

    /// What the request used: as it was told, else as it looks. A request that no account took used nothing.
    fn settle(&mut self) {
        let Some(mut held) = self.held.take() else { return };
        let was_asked = self.attempt.is_some() || self.record.provider.is_some();
        let estimated = || Usage {
            input_tokens: held.input_tokens,
            output_tokens: held.output.tokens(),
            ..Usage::default()
        };
        if let Some(usage) = self.record.usage.or_else(|| was_asked.then(estimated)) {
            held.ticket.spend(usage);
        }
    }

    /// The conversation that it belongs to, by its key.
    pub(super) fn belongs_to(&mut self, conversation: Option<ConversationKey>) {
        self.record.conversation = conversation.map(|key| key.0);
    }

    /// The decision that the attempts follow. A second one, after a wait, takes the place of the first.
    pub(super) fn planned(&mut self, plan: &Plan, pool: &PoolSnapshot<'_>) {
        self.record.strategy = (pool.accounts.len() > 1).then(|| pool.strategy.as_str());
        self.record.decision = Some(plan.describe(pool));
    }

    /// The attempts so far, the present one included.
    pub(super) fn attempts(&self) -> usize {
        self.record.attempts.len() + usize::from(self.attempt.is_some())
    }

    pub(super) fn begin_attempt(&mut self, provider: &Provider) {
        self.end_attempt();
        let attempt = AttemptRecord {
            provider: provider.id,
            provider_name: provider.name.clone(),
            started_at: self.clock.now(),
            model: self.upstream_model.clone(),
            outcome: "cancelled",
            error: None,
            cause: None,
            fault: None,
            http_status: None,
            first_event_ms: None,
            duration_ms: 0,
        };
        let kind = match provider.kind.wire {
            Wire::Codex => ProviderKind::ChatgptOauth,
            Wire::ChatCompletions => ProviderKind::OpenaiCompat,
        };
        self.attempt = Some((attempt, kind, Instant::now()));
    }

    /// The attempt came to nothing: by this failure, or without one by our own doing, which is nobody's fault.
    pub(super) fn attempt_failed(&mut self, refusal: &Refusal, failure: Option<&Failure>) {
        if let Some((attempt, ..)) = &mut self.attempt {
            let error = Some((refusal.code.clone(), refusal.message.clone()));
            match failure {
                Some(failure) => {
                    attempt.error = error;
                    blame(attempt, failure);
                }
                // An account that has served did so, whatever we made of it.
                None if attempt.outcome == "served" => {}
                None => {
                    attempt.error = error;
                    attempt.cause = Some("gateway");
                }
            }
        }
        self.end_attempt();
    }

    /// The commit point is reached: `visible` when by an event that shows something.
    pub(super) fn committed(&mut self, visible: bool) {
        if let Some((attempt, _, started)) = &mut self.attempt {
            self.record.provider = Some((attempt.provider, attempt.provider_name.clone()));
            attempt.first_event_ms = visible.then(|| millis(*started));
        }
        if visible {
            self.record.first_event_ms = Some(millis(self.started));
            self.metrics.first_event(self.endpoint, self.started.elapsed());
        }
    }

    /// The answer ended as the upstream said.
    pub(super) fn ended(&mut self, terminal: &Terminal) {
        self.record.usage = terminal.usage;
        self.record.served_model.clone_from(&terminal.model);
        let outcome = match &terminal.outcome {
            Outcome::Completed { .. } => {
                self.record.status = "completed";
                "served"
            }
            Outcome::Incomplete { .. } => {
                self.record.status = "incomplete";
                "served"
            }
            Outcome::Failed(error) => {
                self.record.status = "failed";
                let code = error.name().unwrap_or("upstream_failed").to_owned();
                self.record.error = Some((code, error.message.clone()));
                "failed"
            }
        };
        if let Some((attempt, ..)) = &mut self.attempt {
            attempt.outcome = outcome;
            attempt.error.clone_from(&self.record.error);
            if let Outcome::Failed(error) = &terminal.outcome {
                blame(attempt, &Failure::Refused(error.clone()));
            }
        }
    }

    /// We ended the answer ourselves at the client's own limit: it got what it asked for.
    pub(super) fn cut(&mut self) {
        self.record.status = "incomplete";
        if let Some((attempt, ..)) = &mut self.attempt {
            attempt.outcome = "served";
        }
    }

    /// The stream broke after the commit point.
    pub(super) fn broken(&mut self, refusal: &Refusal, failure: Option<&Failure>) {
        self.record.status = "failed";
        self.record.error = Some((refusal.code.clone(), refusal.message.clone()));
        self.attempt_failed(refusal, failure);
    }

    /// Nothing was served. Gives the refusal back as the client gets it, with the attempts that were made.
    #[must_use]
    pub fn refused(&mut self, refusal: Refusal) -> Refusal {
        // A fault of the client's counts as neither success nor failure.
        self.record.status = if refusal.status < 429 { "refused" } else { "failed" };
        self.record.http_status = refusal.status;
        self.record.error = Some((refusal.code.clone(), refusal.message.clone()));
        Refusal { attempts: self.attempts(), ..refusal }
    }

    fn end_attempt(&mut self) {
        if let Some((mut attempt, kind, started)) = self.attempt.take() {
            attempt.duration_ms = millis(started);
            let outcome = match attempt.outcome {
                "served" => AttemptOutcome::Served,
                "failed" => AttemptOutcome::Failed,
                _ => AttemptOutcome::Cancelled,
            };
            self.metrics.attempt(kind, outcome);
            self.record.attempts.push(attempt);
        }
    }
}

impl Drop for RequestGuard {
    fn drop(&mut self) {
        self.settle();
        self.end_attempt();
        self.record.duration_ms = millis(self.started);
        let outcome = match self.record.status {
            "completed" => RequestOutcome::Completed,
            "incomplete" => RequestOutcome::Incomplete,
            "failed" => RequestOutcome::Failed,
            "refused" => RequestOutcome::Refused,
            _ => RequestOutcome::Cancelled,
        };
        self.metrics.request(self.endpoint, outcome, self.client, self.started.elapsed());
        if let Some(usage) = &self.record.usage {
            self.metrics.tokens(TokenCounts {
                input: usage.input_tokens,
                cached_input: usage.cached_input_tokens,
                output: usage.output_tokens,
                reasoning: usage.reasoning_tokens,
            });
        }
        if let Some(record) = self.record.0.take() {
            self.recorder.record(record);
        }
    }
}

fn blame(attempt: &mut AttemptRecord, failure: &Failure) {
    let verdict = classify(failure);
    attempt.outcome = "failed";
    attempt.cause = Some(verdict.cause.as_str());
    attempt.fault = Some(verdict.fault.as_str());
    if let Failure::Refused(error) = failure {
        attempt.http_status = error.status;
    }
}

/// A record, until the end takes it out to have it written.
struct Unwritten(Option<RequestRecord>);

impl std::ops::Deref for Unwritten {
    type Target = RequestRecord;
    fn deref(&self) -> &RequestRecord {
        self.0.as_ref().expect("it is taken at the end only")
    }
}

impl std::ops::DerefMut for Unwritten {
    fn deref_mut(&mut self) -> &mut RequestRecord {
        self.0.as_mut().expect("it is taken at the end only")
    }
}

fn millis(since: Instant) -> i64 {
    i64::try_from(since.elapsed().as_millis()).unwrap_or(i64::MAX)
}
