//! One attempt at one account: asked in its wire's own terms, and read up to the commit point.

use super::{Ask, Gateway, Opened, payload, turn_state};
use crate::app::health::Conversation;
use crate::app::tokens::AccessToken;
use crate::config::Config;
use crate::domain::catalogue::Provider;
use crate::domain::chat::into_events::EventTranslator;
use crate::domain::ids::ProviderId;
use crate::domain::provider::Wire;
use crate::domain::responses::audience::Audience;
use crate::domain::responses::event::{Event, EventKind, Outcome};
use crate::domain::responses::headers::passes_downstream;
use crate::domain::routing::failover::{Failure, Next, classify};
use crate::upstream::Events;
use crate::upstream::codex::{self, Patience};
use crate::upstream::openai_compatible;
use reqwest::header::HeaderMap;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

impl Gateway {
    /// One account, with its one token refresh.
    pub(super) async fn attempt(
        &self,
        ask: &Ask,
        provider: &Provider,
        conversation: &Conversation,
    ) -> Result<Opened, Failure> {
        if provider.kind.wire == Wire::ChatCompletions {
            return self.open_compatible(ask, provider).await;
        }
        let moved = conversation.home.is_some_and(|home| home.last != provider.id);
        match self.attempt_codex(ask, provider, moved).await {
            // Nothing was known of who made what the request holds: without it, once.
            Err(failure) if !moved && classify(&failure).next == Next::StripAndRetry => {
                self.attempt_codex(ask, provider, true).await
            }
            attempted => attempted,
        }
    }

    async fn attempt_codex(&self, ask: &Ask, provider: &Provider, moved: bool) -> Result<Opened, Failure> {
        let open =
            |token: Arc<AccessToken>| async move { self.open_codex(ask, provider, &token, moved).await };
        self.tokens.call(provider, open).await
    }

    async fn open_codex(
        &self,
        ask: &Ask,
        provider: &Provider,
        token: &AccessToken,
        moved: bool,
    ) -> Result<Opened, Failure> {
        let config = self.config.load();
        let prepared = ask.payload.for_codex(&ask.resolved, provider, moved)?;
        let input_tokens = estimate(prepared.body.len());
        let turn = codex::Turn {
            access: token.access(provider, &config.chatgpt.api_base),
            body: prepared.body,
            lite: prepared.lite,
            session: &prepared.prompt_cache_key,
            headers: turn_state::for_account(&ask.headers, provider.id),
        };
        let (headers, events) = self.codex.open(turn, patience(&config)).await?;
        self.quotas.observe_headers(provider.id, &headers, self.clock.now());
        let mut events = Events::Codex(events);
        let head = self.read_head(&mut events, provider.id).await?;
        let headers = match ask.audience {
            Audience::Codex => {
                let passing = headers.into_iter().filter_map(|(n, v)| Some((n?, v)));
                let passing = passing.filter(|(n, _)| passes_downstream(n.as_str())).collect();
                turn_state::for_client(passing, provider.id)
            }
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
        let payload::ForChat { body, tools, dropped } = ask.payload.for_chat(&ask.resolved, provider)?;
        let key = self.catalogues.api_key(provider.id);
        let api_base = provider.api_base.as_deref().unwrap_or_default();
        let target = openai_compatible::Target { api_base, api_key: key.as_ref() };
        let seed = ask.id.0.simple().to_string();
        let created_at = self.clock.now().timestamp();
        let translator = EventTranslator::new(&ask.resolved.model, &seed, created_at, tools);
        let events = self.compatible.open(target, &body, translator, patience(&self.config.load())).await?;
        let mut events = Events::Compatible(events);
        let head = self.read_head(&mut events, provider.id).await?;
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

    /// Reads up to the commit point: the first visible event, or a good end. A refusal inside the stream, an end without
    /// a terminal event and an answer without anything in it are failures of the attempt.
    async fn read_head(&self, events: &mut Events, provider: ProviderId) -> Result<VecDeque<Event>, Failure> {
        let mut head = VecDeque::new();
        loop {
            let event = events.next().await.ok_or(Failure::EndedEarly)??;
            if event.kind == EventKind::Comment {
                continue;
            }
            if event.kind == EventKind::RateLimits {
                self.quotas.observe_event(provider, &event.frame.data, self.clock.now());
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
}

/// Tokens of a body of so many bytes. Told only for an answer that is ended here, of which the upstream never says.
pub(super) fn estimate(bytes: usize) -> u64 {
    bytes as u64 / 4
}

fn patience(config: &Config) -> Patience {
    Patience {
        first_byte: Duration::from_secs(config.upstream.first_byte_timeout_seconds),
        idle: Duration::from_secs(config.upstream.idle_timeout_seconds),
    }
}
