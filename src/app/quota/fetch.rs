//! Asking the usage endpoint: beside the requests, seldom, one question per account at a time.

use super::live::{Account, Dirty};
use super::{Quotas, sign_in_error};
use crate::app::tokens::AccessToken;
use crate::domain::catalogue::Provider;
use crate::domain::ids::TenantId;
use crate::domain::provider::State;
use crate::domain::quota::envelope::ErrorCode;
use crate::domain::quota::evidence::Evidence;
use crate::domain::quota::parse;
use crate::domain::quota::schedule::{Pace, due_at, incident_pause};
use crate::domain::routing::failover::Failure;
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::StreamExt as _;
use serde_json::Value;
use std::hash::BuildHasher as _;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

/// How long one answer is waited for.
const PATIENCE: Duration = Duration::from_secs(10);
/// A person who asks again and again asks the upstream no more often than this.
const AT_MOST_EVERY: TimeDelta = TimeDelta::seconds(10);

/// The whole way to the upstream is in trouble.
#[derive(Debug, Default)]
pub(super) struct Incident {
    until: Option<DateTime<Utc>>,
    streak: u32,
}

impl Quotas {
    /// One background pass: brings the accounts up to date with the catalogue and asks about those that are due, the
    /// longest due first. Idempotent.
    pub async fn refresh_due(&self) {
        self.sync();
        let config = self.parts.config.load_full().quota.clone();
        let now = self.parts.clock.now();
        if !config.poll || self.in_incident(now) {
            return;
        }
        let pace = Pace {
            active: TimeDelta::seconds(config.active_interval_seconds.into()),
            idle: TimeDelta::seconds(config.idle_interval_seconds.into()),
        };
        let catalogue = self.parts.catalogues.current();
        let mut due: Vec<(DateTime<Utc>, Arc<Provider>)> = catalogue
            .providers()
            .filter(|p| p.kind.is_chatgpt() && p.status().state == State::Ready)
            .filter_map(|p| Some((self.due_at(p, pace, now)?, p.clone())))
            .filter(|(at, _)| *at <= now)
            .collect();
        due.sort_by_key(|(at, _)| *at);
        // The rest is still due at the next pass, when something more urgent may have come up.
        due.truncate(config.max_concurrent_polls * 8);
        let tried = due.len();
        let answers = futures_util::stream::iter(due)
            .map(|(_, provider)| async move { self.ask(&provider, now).await })
            .buffer_unordered(config.max_concurrent_polls)
            .collect::<Vec<_>>()
            .await;
        let failed = answers.iter().filter(|answer| answer.is_some_and(is_the_upstreams)).count();
        self.note_incident(tried, failed);
    }

    /// Fetches an account's quota unless it is younger than `max_age`; waits at most `bound`. Its outcome is in
    /// [`Quotas::envelope`].
    pub async fn refresh(&self, provider: &Provider, max_age: TimeDelta, bound: Duration) {
        let begun = self.parts.clock.now();
        if !provider.kind.is_chatgpt() || sign_in_error(provider).is_some() {
            return;
        }
        let account = self.account(provider.id, begun);
        {
            let live = account.live();
            let is_young = |at: Option<DateTime<Utc>>, age| at.is_some_and(|at| begun - at < age);
            let told = live.evidence.polled_at().max(live.evidence.heard_at());
            let tried = live.tried_at();
            // What was told before a reset says nothing after it.
            let is_over = live.evidence.silent_since(begun).is_some_and(|reset| tried < Some(reset));
            if !is_over && (is_young(told, max_age) || is_young(tried, AT_MOST_EVERY.min(max_age))) {
                return;
            }
        }
        if tokio::time::timeout(bound, self.ask(provider, begun)).await.is_err() {
            account.live().failed(ErrorCode::NetworkTimeout, self.parts.clock.now());
        }
    }

    /// The same for all accounts of a tenant, at most so many at once, within `bound` for all of them.
    pub async fn refresh_tenant(&self, tenant: TenantId, max_age: TimeDelta, bound: Duration) {
        let catalogue = self.parts.catalogues.current();
        let at_once = self.parts.config.load().quota.max_concurrent_polls;
        let all = futures_util::stream::iter(catalogue.tenant(tenant).providers.clone())
            .map(|provider| async move { self.refresh(&provider, max_age, bound).await })
            .buffer_unordered(at_once)
            .count();
        // Whoever was not reached keeps what is known of it.
        let _ = tokio::time::timeout(bound, all).await;
    }

    fn due_at(&self, provider: &Provider, pace: Pace, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let facts = self.known(provider.id)?.live().facts(now);
        let of_this_question = (provider.id.0, facts.polled_at, facts.tried_at);
        #[expect(clippy::cast_precision_loss, reason = "a fraction")]
        let jitter = (self.seed.hash_one(of_this_question) >> 11) as f64 / (1_u64 << 53) as f64;
        Some(due_at(&facts, pace, now, jitter))
    }

    /// Asks, unless somebody has asked since `begun`. The error of the answer, if it was one.
    async fn ask(&self, provider: &Provider, begun: DateTime<Utc>) -> Option<ErrorCode> {
        let account = self.account(provider.id, begun);
        let _asking = account.asking.lock().await;
        if account.live().tried_at() >= Some(begun) {
            return None;
        }
        match self.fetch(provider).await {
            Ok((account_id, body)) => {
                self.told(provider, &account, account_id, &body);
                None
            }
            Err(failure) => {
                let code = ErrorCode::of(&failure);
                account.live().failed(code, self.parts.clock.now());
                let reason = match &failure {
                    Failure::Connection(text) | Failure::TokenUnavailable(text) => text.clone(),
                    Failure::Refused(error) => error.message.clone(),
                    _ => String::new(),
                };
                tracing::info!(provider = %provider.name, ?code, %reason, "quota not read");
                Some(code)
            }
        }
    }

    fn told(&self, provider: &Provider, account: &Account, account_id: String, body: &Value) {
        let now = self.parts.clock.now();
        let said = parse::usage(body, now);
        let change = {
            let mut live = account.live();
            if live.account_id.as_ref().is_some_and(|known| *known != account_id) {
                live.forget(now);
            }
            live.account_id = Some(account_id);
            live.answered(now);
            let change = live.take(provider.id, Evidence::of(&said), true, now);
            // The other replicas have to know that it was asked, or they ask too.
            live.dirty = Dirty::Now;
            change
        };
        self.nudge.notify_one();
        self.tell(provider.id, change);
    }

    /// One question, with its one token refresh.
    async fn fetch(&self, provider: &Provider) -> Result<(String, Value), Failure> {
        let config = self.parts.config.load_full();
        let api_base = config.chatgpt.api_base.as_str();
        let ask = |token: Arc<AccessToken>| async move {
            let body = self.parts.codex.usage(token.access(provider, api_base), PATIENCE).await?;
            Ok((token.account_id.clone(), body))
        };
        self.parts.tokens.call(provider, ask).await
    }

    fn in_incident(&self, now: DateTime<Utc>) -> bool {
        let incident = self.incident.lock().unwrap_or_else(PoisonError::into_inner);
        incident.until.is_some_and(|until| now < until)
    }

    fn note_incident(&self, tried: usize, failed: usize) {
        let mut incident = self.incident.lock().unwrap_or_else(PoisonError::into_inner);
        match incident_pause(tried, failed, incident.streak) {
            Some(pause) => {
                *incident =
                    Incident { until: Some(self.parts.clock.now() + pause), streak: incident.streak + 1 };
                tracing::warn!(
                    tried,
                    failed,
                    seconds = pause.num_seconds(),
                    "the usage endpoint fails for many accounts alike: it is left alone for a while"
                );
            }
            None if tried > 0 && failed == 0 => *incident = Incident::default(),
            None => {}
        }
    }
}

/// Failures that say nothing of the account.
fn is_the_upstreams(code: ErrorCode) -> bool {
    match code {
        ErrorCode::RateLimited
        | ErrorCode::ProviderUnavailable
        | ErrorCode::NetworkTimeout
        | ErrorCode::NetworkError
        | ErrorCode::QuotaApiForbidden
        | ErrorCode::QuotaEndpointNotFound
        | ErrorCode::UnknownUpstreamError => true,
        ErrorCode::MissingAccountId
        | ErrorCode::ReauthRequired
        | ErrorCode::PaymentRequired
        | ErrorCode::QuotaRequestFailed => false,
    }
}
