//! What happened to one request, written down when it is dropped: also when the client hung up.

use super::{Ask, Gateway};
use crate::app::clock::Clock;
use crate::app::records::Recorder;
use crate::domain::catalogue::Provider;
use crate::domain::ids::ProviderId;
use crate::domain::provider::Wire;
use crate::domain::responses::audience::Audience;
use crate::domain::responses::event::{Outcome, Terminal};
use crate::domain::routing::decide::Plan;
use crate::domain::routing::failover::{Failure, Fault, classify};
use crate::domain::routing::refusal::Refusal;
use crate::lifecycle::StreamGuard;
use crate::store::requests::{AttemptRecord, RequestRecord};
use crate::telemetry::metrics::{
    ActiveStream, AttemptOutcome, Client, Metrics, ProviderKind, RequestOutcome, TokenCounts,
};
use serde_json::json;
use std::sync::Arc;
use std::time::Instant;

/// Lives as long as the request does.
pub(super) struct RequestGuard {
    record: RequestRecord,
    started: Instant,
    attempt: Option<(AttemptRecord, ProviderKind, Instant)>,
    upstream_model: String,
    clock: Clock,
    endpoint: crate::telemetry::metrics::Endpoint,
    client: Client,
    recorder: Recorder,
    metrics: Arc<Metrics>,
    _active: ActiveStream,
    /// Shutdown waits for it.
    _open: StreamGuard,
}

impl RequestGuard {
    pub(super) fn begin(gateway: &Gateway, ask: &Ask) -> Self {
        let client = match ask.audience {
            Audience::Codex => Client::Codex,
            Audience::Foreign => Client::Other,
        };
        Self {
            record: RequestRecord {
                id: ask.id,
                tenant: ask.tenant,
                started_at: gateway.clock.now(),
                duration_ms: 0,
                first_event_ms: None,
                endpoint: ask.endpoint.as_str(),
                client: client.as_str(),
                model: ask.model_asked.clone(),
                served_model: None,
                agent_key: ask.resolved.agent.as_ref().map(|(a, _)| a.key.clone()),
                session_key: ask.turn.as_ref().map(|t| t.session_key.clone()),
                provider: None,
                pool_owner: Some((ask.resolved.provider.id, ask.resolved.provider.name.clone())),
                strategy: None,
                decision: None,
                status: "cancelled",
                http_status: 200,
                error: None,
                usage: None,
                attempts: Vec::new(),
            },
            started: Instant::now(),
            attempt: None,
            upstream_model: ask.resolved.model.clone(),
            clock: gateway.clock.clone(),
            endpoint: ask.endpoint,
            client,
            recorder: gateway.recorder.clone(),
            metrics: gateway.metrics.clone(),
            _active: gateway.metrics.stream(),
            _open: gateway.shutdown.stream(),
        }
    }

    /// What was decided. `names` are those of the plan's accounts.
    pub(super) fn decided<'a>(&mut self, plan: &Plan, name: impl Fn(ProviderId) -> Option<&'a str>) {
        let attempts: Vec<_> = plan.attempts.iter().filter_map(|id| name(*id)).collect();
        let excluded: Vec<_> = plan
            .excluded
            .iter()
            .map(|out| json!({ "provider_name": out.name, "reason": out.reason, "until": null, "detail": null }))
            .collect();
        self.record.decision = Some(json!({ "attempts": attempts, "excluded": excluded }));
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

    /// Nothing was served.
    pub(super) fn refused(&mut self, refusal: &Refusal) {
        // A fault of the client's counts as neither success nor failure.
        self.record.status = if refusal.status < 429 { "refused" } else { "failed" };
        self.record.http_status = refusal.status;
        self.record.error = Some((refusal.code.clone(), refusal.message.clone()));
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
        self.recorder.record(self.record.clone());
    }
}

fn blame(attempt: &mut AttemptRecord, failure: &Failure) {
    attempt.outcome = "failed";
    attempt.cause = Some(match failure {
        Failure::Connection(_) => "connection",
        Failure::Timeout => "timeout",
        Failure::Refused(_) => "refused",
        Failure::EndedEarly => "ended_early",
        Failure::EmptyCompletion => "empty_completion",
        Failure::NeedsReauth => "needs_reauth",
        Failure::TokenUnavailable(_) => "token_unavailable",
    });
    attempt.fault = Some(match classify(failure).fault {
        Fault::Client => "client",
        Fault::Account => "account",
        Fault::Upstream => "upstream",
    });
    if let Failure::Refused(error) = failure {
        attempt.http_status = error.status;
    }
}

fn millis(since: Instant) -> i64 {
    i64::try_from(since.elapsed().as_millis()).unwrap_or(i64::MAX)
}
