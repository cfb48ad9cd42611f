//! One request: plan, attempts, record.
//!
//! The commit point is the first event that a client could see. Before it any failure of an account moves on to the
//! next one and the client never knows; after it nothing is sent twice, and the stream ends with exactly one terminal
//! event. Nothing here reads the database.

mod payload;

mod record;

mod served;

pub use payload::{Payload, target};
pub use record::RequestGuard;
pub use served::{Served, Step};

use crate::app::catalogue::Catalogues;
use crate::app::clock::Clock;
use crate::app::conversations::Turn;
use crate::app::records::Recorder;
use crate::app::tokens::{AccessToken, TokenError, Tokens};
use crate::config::Config;
use crate::domain::catalogue::{Provider, Resolved};
use crate::domain::chat::into_events::EventTranslator;
use crate::domain::ids::{RequestId, TenantId};
use crate::domain::provider::Wire;
use crate::domain::responses::audience::Audience;
use crate::domain::responses::event::{Event, EventKind, Outcome};
use crate::domain::responses::headers::passes_downstream;
use crate::domain::routing::decide::decide;
use crate::domain::routing::failover::{Failure, Next, classify};
use crate::domain::routing::refusal::Refusal;
use crate::domain::token::ReauthReason;
use crate::lifecycle::Shutdown;
use crate::telemetry::metrics::{Endpoint, Metrics};
use crate::upstream::Events;
use crate::upstream::codex::{self, Access, CodexClient, Patience};
use crate::upstream::openai_compatible::{self, CompatibleClient};
use arc_swap::ArcSwap;
use reqwest::header::HeaderMap;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

/// What every request needs; one value per process.
pub struct Gateway {
    pub config: Arc<ArcSwap<Config>>,
    pub clock: Clock,
    pub catalogues: Arc<Catalogues>,
    pub tokens: Tokens,
    pub codex: CodexClient,
    pub compatible: CompatibleClient,
    pub recorder: Recorder,
    pub metrics: Arc<Metrics>,
    /// Counts the open streams and says when they have to end.
    pub shutdown: Shutdown,
}

/// One request of a client, its dialect already understood.
#[derive(Debug)]
pub struct Ask {
    pub id: RequestId,
    pub tenant: TenantId,
    pub endpoint: Endpoint,
    pub audience: Audience,
    /// `model` as the client wrote it.
    pub model_asked: String,
    pub resolved: Resolved,
    pub payload: Payload,
    /// Headers of a native client that may go upstream.
    pub headers: HeaderMap,
    /// An agent's conversation that this request continues.
    pub turn: Option<Turn>,
}

/// An attempt that reached its commit point.
struct Opened {
    head: VecDeque<Event>,
    events: Events,
    headers: HeaderMap,
    dropped: Vec<String>,
    max_output_tokens: Option<u64>,
    hide_prompt_cache_key: bool,
    /// Of the request, as estimated from its size.
    input_tokens: u64,
}

impl Gateway {
    /// Begins the record of an authenticated request. Whoever holds it drops it when the request is over.
    pub fn begin(
        &self,
        id: RequestId,
        tenant: TenantId,
        endpoint: Endpoint,
        audience: Audience,
    ) -> RequestGuard {
        RequestGuard::begin(self, id, tenant, endpoint, audience)
    }

    /// Walks the plan until an account begins to answer. What comes back is past the commit point; a refusal means
    /// that the client has seen nothing.
    pub async fn serve(self: Arc<Self>, mut ask: Ask, mut record: RequestGuard) -> Result<Served, Refusal> {
        record.understood(&ask);
        let plan = decide(&[ask.resolved.provider.candidate()]);
        let mut last = None;
        for id in &plan.attempts {
            // The plan names only candidates; with one account there is one.
            let provider = ask.resolved.provider.clone();
            debug_assert_eq!(provider.id, *id);
            record.begin_attempt(&provider);
            let stop = self.shutdown.stop_streams();
            let attempted = tokio::select! {
                biased;
                attempted = self.attempt(&ask, &provider) => attempted,
                () = stop.cancelled() => {
                    let refusal = Refusal::shutting_down();
                    record.attempt_failed(&refusal);
                    return Err(record.refused(refusal));
                }
            };
            match attempted {
                Ok(opened) => {
                    record.committed(opened.head.iter().any(Event::is_visible));
                    return Ok(Served::new(&self, provider, opened, record, ask.turn.take()));
                }
                Err(failure) => {
                    let mut refusal = Refusal::of(&failure, &provider.name, self.clock.now().timestamp());
                    if refusal.code == "model_not_found" {
                        refusal.list_models(provider.models.iter().map(|m| m.id.as_str()));
                    }
                    record.attempt_failed(&refusal);
                    tracing::info!(
                        request_id = %ask.id, provider = %provider.name, code = %refusal.code,
                        reason = %refusal.message, "attempt failed"
                    );
                    let next = classify(&failure).next;
                    last = Some(refusal);
                    if next == Next::Return {
                        break;
                    }
                }
            }
        }
        let refusal = last.unwrap_or_else(|| Refusal::nobody(&plan, &ask.model_asked));
        Err(record.refused(refusal))
    }

    /// One account, with its one token refresh.
    async fn attempt(&self, ask: &Ask, provider: &Provider) -> Result<Opened, Failure> {
        if provider.kind.wire == Wire::ChatCompletions {
            return self.open_compatible(ask, provider).await;
        }
        let token = self.tokens.get(provider.tenant, provider.id).await.map_err(token_failure)?;
        let failure = match self.open_codex(ask, provider, &token).await {
            Ok(opened) => return Ok(opened),
            Err(failure) => failure,
        };
        match classify(&failure).next {
            Next::RefreshAndRetry => {
                let token = self
                    .tokens
                    .force_refresh(provider.tenant, provider.id, token.version)
                    .await
                    .map_err(token_failure)?;
                let again = self.open_codex(ask, provider, &token).await;
                if let Err(failure) = &again
                    && matches!(classify(failure).next, Next::RefreshAndRetry | Next::MarkAndMoveOn)
                {
                    self.mark_dead(provider, &token, failure).await;
                    return Err(Failure::NeedsReauth);
                }
                again
            }
            Next::MarkAndMoveOn => {
                self.mark_dead(provider, &token, &failure).await;
                Err(Failure::NeedsReauth)
            }
            Next::Return | Next::MoveOn => Err(failure),
        }
    }

    async fn mark_dead(&self, provider: &Provider, token: &AccessToken, failure: &Failure) {
        let code = match failure {
            Failure::Refused(error) => error.name().unwrap_or("unauthorized").to_owned(),
            _ => "unauthorized".to_owned(),
        };
        let reason = ReauthReason::Rejected { code };
        if let Err(error) =
            self.tokens.mark_needs_reauth(provider.tenant, provider.id, token.version, reason).await
        {
            tracing::warn!(provider = %provider.name, %error, "the dead sign-in could not be marked");
        }
    }

    async fn open_codex(
        &self,
        ask: &Ask,
        provider: &Provider,
        token: &AccessToken,
    ) -> Result<Opened, Failure> {
        let config = self.config.load();
        let prepared = ask.payload.for_codex(&ask.resolved, provider)?;
        let input_tokens = estimate(prepared.body.len());
        let turn = codex::Turn {
            access: Access {
                api_base: provider.codex_base(&config.chatgpt.api_base),
                token: &token.token,
                account_id: &token.account_id,
                is_fedramp: token.is_fedramp,
                routing_override: provider.routing_override(),
            },
            body: prepared.body,
            lite: prepared.lite,
            session: &prepared.prompt_cache_key,
            headers: ask.headers.clone(),
        };
        let (headers, events) = self.codex.open(turn, patience(&config)).await?;
        let mut events = Events::Codex(events);
        let head = read_head(&mut events).await?;
        let headers = match ask.audience {
            Audience::Codex => headers
                .into_iter()
                .filter_map(|(n, v)| Some((n?, v)))
                .filter(|(n, _)| passes_downstream(n.as_str()))
                .collect(),
            Audience::Foreign => HeaderMap::new(),
        };
        Ok(Opened {
            head,
            events,
            headers,
            dropped: prepared.dropped,
            max_output_tokens: prepared.max_output_tokens,
            hide_prompt_cache_key: prepared.prompt_cache_key_is_ours,
            input_tokens,
        })
    }

    async fn open_compatible(&self, ask: &Ask, provider: &Provider) -> Result<Opened, Failure> {
        let payload::ForChat { body, tools, dropped } = ask.payload.for_chat(&ask.resolved)?;
        let key = self.catalogues.api_key(provider.id);
        let api_base = provider.api_base.as_deref().unwrap_or_default();
        let target = openai_compatible::Target { api_base, api_key: key.as_ref() };
        let seed = ask.id.0.simple().to_string();
        let created_at = self.clock.now().timestamp();
        let translator = EventTranslator::new(&ask.resolved.model, &seed, created_at, tools);
        let events = self.compatible.open(target, &body, translator, patience(&self.config.load())).await?;
        let mut events = Events::Compatible(events);
        let head = read_head(&mut events).await?;
        Ok(Opened {
            head,
            events,
            headers: HeaderMap::new(),
            dropped,
            max_output_tokens: None,
            hide_prompt_cache_key: true,
            input_tokens: 0,
        })
    }
}

/// Tokens of a body of so many bytes. Told only for an answer that is ended here, of which the upstream never says.
fn estimate(bytes: usize) -> u64 {
    bytes as u64 / 4
}

fn patience(config: &Config) -> Patience {
    Patience {
        first_byte: Duration::from_secs(config.upstream.first_byte_timeout_seconds),
        idle: Duration::from_secs(config.upstream.idle_timeout_seconds),
    }
}

fn token_failure(error: TokenError) -> Failure {
    match error {
        TokenError::NeedsReauth { .. } | TokenError::SignedOut => Failure::NeedsReauth,
        passing @ TokenError::Unavailable { .. } => Failure::TokenUnavailable(passing.to_string()),
    }
}

/// Reads up to the commit point: the first visible event, or a good end. A refusal inside the stream, an end without
/// a terminal event and an answer without anything in it are failures of the attempt.
async fn read_head(events: &mut Events) -> Result<VecDeque<Event>, Failure> {
    let mut head = VecDeque::new();
    loop {
        let event = events.next().await.ok_or(Failure::EndedEarly)??;
        if event.kind == EventKind::Comment {
            continue;
        }
        if let Some(terminal) = event.terminal() {
            match terminal.outcome {
                Outcome::Failed(error) => return Err(Failure::Refused(error)),
                Outcome::Completed { has_output: false }
                    if terminal.usage.is_none_or(|u| u.output_tokens == 0) =>
                {
                    return Err(Failure::EmptyCompletion);
                }
                Outcome::Completed { .. } | Outcome::Incomplete { .. } => {
                    head.push_back(event);
                    return Ok(head);
                }
            }
        }
        let visible = event.is_visible();
        head.push_back(event);
        if visible {
            return Ok(head);
        }
    }
}
