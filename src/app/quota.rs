//! The quota of every account: in memory, so that routing asks it without waiting; told by the upstream's own answers,
//! fetched beside the requests, kept in Postgres, and shared with the other replicas.
//!
//! Nothing here stands on the path of a request but a short lock of one account.

mod capacity;
mod fetch;
mod live;
mod save;

use crate::app::catalogue::Catalogues;
use crate::app::clock::Clock;
use crate::app::tokens::Tokens;
use crate::config::Config;
use crate::domain::catalogue::{GrantFacts, Provider};
use crate::domain::ids::{ByProvider, ProviderId, TenantId};
use crate::domain::quota::envelope::{ErrorCode, QuotaEnvelope, envelope};
use crate::domain::quota::evidence::Evidence;
use crate::domain::quota::forecast::{Forecast, Present, Verdict, forecast};
use crate::domain::quota::parse::{self, Credits, Observation, ResetCredits};
use crate::domain::quota::readiness::Readiness;
use crate::domain::quota::window::WindowKind;
use crate::domain::responses::error::UpstreamError;
use crate::domain::responses::event::Usage;
use crate::store::db::Db;
use crate::store::quota;
use crate::upstream::codex::CodexClient;
use arc_swap::ArcSwap;
use chrono::{DateTime, Utc};
use live::{Account, Change, Dirty};
use reqwest::header::HeaderMap;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::hash::RandomState;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard};
use tokio::sync::{Notify, broadcast};

pub use crate::store::quota::{CHANNEL, SampleRow};

/// What it works with.
pub struct QuotaParts {
    pub db: Db,
    pub clock: Clock,
    pub config: Arc<ArcSwap<Config>>,
    pub catalogues: Arc<Catalogues>,
    pub tokens: Tokens,
    pub codex: CodexClient,
}

/// The quotas of this process; one value.
pub struct Quotas {
    parts: QuotaParts,
    accounts: RwLock<ByProvider<Arc<Account>>>,
    /// Names this process in notifications.
    name: String,
    /// Makes its jitter its own.
    seed: RandomState,
    /// There is something to save, or something was heard.
    nudge: Notify,
    heard: Mutex<HashSet<ProviderId>>,
    /// Notifications may have been missed.
    missed: AtomicBool,
    changes: broadcast::Sender<ProviderId>,
    incident: Mutex<fetch::Incident>,
    /// The whole history was thinned since the start.
    thinned: AtomicBool,
}

/// What is foreseen of one window.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WindowForecast {
    pub label: String,
    pub kind: WindowKind,
    /// The additional limit that it is of; `None` for the main one.
    pub meter: Option<String>,
    pub verdict: Verdict,
    pub runs_out_at: Option<DateTime<Utc>>,
    pub runs_out_in_seconds: Option<i64>,
    pub text: String,
}

/// One account's quota and its outlook.
#[derive(Clone, Debug)]
pub struct Overview {
    pub envelope: QuotaEnvelope,
    pub forecast: Vec<WindowForecast>,
    pub credits: Option<Credits>,
    pub reset_credits: Option<ResetCredits>,
}

/// The quotas with their set held still. Dropped at once: who adds an account waits for it.
pub struct KnownQuotas<'a>(RwLockReadGuard<'a, ByProvider<Arc<Account>>>);

impl KnownQuotas<'_> {
    /// As [`Quotas::readiness`].
    pub fn readiness(&self, provider: ProviderId, model: &str, now: DateTime<Utc>) -> Readiness {
        self.0.get(&provider).map_or(Readiness::Unknown, |account| account.live().readiness(model, now))
    }
}

impl Overview {
    /// As `GET /v1/quota` shows it.
    pub fn to_json(&self, provider: &Provider) -> Value {
        let mut quota = serde_json::to_value(&self.envelope).unwrap_or_default();
        if let Some(members) = quota.as_object_mut() {
            members.insert("provider_id".into(), json!(provider.id));
            members.insert("forecast".into(), json!(self.forecast));
            if let Some(credits) = &self.credits {
                members.insert("credits".into(), json!(credits));
            }
            if let Some(resets) = &self.reset_credits {
                members.insert("reset_credits".into(), json!(resets));
            }
        }
        quota
    }
}

impl Quotas {
    /// Knows nothing until [`Quotas::load`].
    pub fn new(parts: QuotaParts) -> Self {
        Self {
            name: parts.clock.new_id().to_string(),
            parts,
            accounts: RwLock::default(),
            seed: RandomState::new(),
            nudge: Notify::new(),
            heard: Mutex::default(),
            missed: AtomicBool::default(),
            // A slow listener misses some and reads the present state.
            changes: broadcast::channel(256).0,
            incident: Mutex::default(),
            thinned: AtomicBool::default(),
        }
    }

    /// Ids of accounts whose quota changed so that a person would see it, here or at another replica.
    pub fn changes(&self) -> broadcast::Receiver<ProviderId> {
        self.changes.subscribe()
    }

    /// The head of an answer came.
    pub fn observe_headers(&self, provider: ProviderId, headers: &HeaderMap, now: DateTime<Utc>) {
        let told = headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
        if let Some(said) = parse::headers(told, now) {
            self.observe(provider, &said);
        }
    }

    /// A `codex.rate_limits` frame came.
    pub fn observe_event(&self, provider: ProviderId, data: &[u8], now: DateTime<Utc>) {
        if let Some(said) = parse::event(data, now) {
            self.observe(provider, &said);
        }
    }

    /// A turn of `model` was refused. What is no used-up limit changes nothing but by its headers.
    pub fn observe_refusal(
        &self,
        provider: ProviderId,
        model: &str,
        error: &UpstreamError,
        now: DateTime<Utc>,
    ) {
        let headers = error.limit_headers.iter().map(|(name, value)| (&**name, &**value));
        let mut proved = parse::headers(headers, now).map(|said| Evidence::of(&said)).unwrap_or_default();
        if let Some(refused) = parse::refusal(error, model, now) {
            proved.join(Evidence::of_refusal(refused));
        }
        if proved != Evidence::default() {
            self.take(provider, proved, now);
        }
    }

    /// An operator says that all is well with the account: what exhausted it until now does so no longer.
    pub fn release(&self, provider: &Provider, now: DateTime<Utc>) {
        if provider.kind.is_chatgpt() {
            self.take(provider.id, Evidence::of_release(now), now);
        }
    }

    /// An answer of `model` was served: it counts at once.
    pub fn observe_served(&self, provider: ProviderId, model: &str, usage: &Usage, now: DateTime<Utc>) {
        if let Some(account) = self.known(provider) {
            account.live().served(model, usage, now);
        }
    }

    /// Tokens, weighted by what they cost (`domain::quota::debit::weight`), that a week of the account is taken to hold.
    pub fn weekly_tokens(&self, provider: ProviderId, now: DateTime<Utc>) -> f64 {
        self.account(provider, now).live().weekly_tokens()
    }

    /// Whether the account can serve `model` now, as far as its quota goes.
    pub fn readiness(&self, provider: ProviderId, model: &str, now: DateTime<Utc>) -> Readiness {
        self.known_now().readiness(provider, model, now)
    }

    /// For many questions in a row, none of which may wait.
    pub fn known_now(&self) -> KnownQuotas<'_> {
        KnownQuotas(self.accounts.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// What is told of an account, from memory.
    pub fn envelope(&self, provider: &Provider, now: DateTime<Utc>) -> QuotaEnvelope {
        self.overview(provider, now).envelope
    }

    /// The same with its outlook.
    pub fn overview(&self, provider: &Provider, now: DateTime<Utc>) -> Overview {
        let plan = provider.grant.as_ref().and_then(|grant| grant.plan_type.as_deref());
        let of_sign_in = sign_in_error(provider);
        let Some(account) = self.known(provider.id) else {
            let nothing = envelope(&provider.name, &Evidence::default(), plan, of_sign_in, now);
            let (forecast, credits, reset_credits) = (Vec::new(), None, None);
            return Overview { envelope: nothing, forecast, credits, reset_credits };
        };
        let live = account.live();
        let windows = live.evidence.windows(now);
        let forecasts = windows.iter().map(|window| {
            let present = Present {
                length: window.length,
                used_percent: window.used_percent,
                resets_at: window.resets_at,
                observed_at: window.observed_at,
            };
            let Forecast { verdict, runs_out_at, text } = forecast(live.history(window), present, now);
            let meter =
                (!window.meter.is_main()).then(|| window.name.unwrap_or(window.meter.as_str()).to_owned());
            WindowForecast {
                label: window.length.label(),
                kind: window.length.kind(),
                meter,
                verdict,
                runs_out_in_seconds: runs_out_at.map(|at| (at - now).num_seconds().max(0)),
                runs_out_at,
                text,
            }
        });
        Overview {
            forecast: forecasts.collect(),
            envelope: envelope(&provider.name, &live.evidence, plan, of_sign_in.or(live.error()), now),
            credits: live.evidence.credits().cloned(),
            reset_credits: live.evidence.reset_credits(),
        }
    }

    /// A provider's history between two moments, oldest first.
    pub async fn history(
        &self,
        tenant: TenantId,
        provider: ProviderId,
        between: (DateTime<Utc>, DateTime<Utc>),
    ) -> sqlx::Result<Vec<SampleRow>> {
        /// Sixty days of five windows at a figure an hour, and a day at one a minute.
        const MOST: u32 = 20_000;
        let mut conn = self.parts.db.tenant(tenant).await?;
        quota::history(&mut conn, tenant, provider, between, MOST).await
    }

    fn observe(&self, provider: ProviderId, said: &Observation) {
        self.take(provider, Evidence::of(said), said.at);
    }

    /// Takes in evidence of this process.
    fn take(&self, provider: ProviderId, proved: Evidence, now: DateTime<Utc>) {
        let change = self.account(provider, now).live().take(provider, proved, true, now);
        self.tell(provider, change);
    }

    fn tell(&self, provider: ProviderId, change: Change) {
        if change == Change::Visible {
            // Nobody listens: nobody has to know.
            let _ = self.changes.send(provider);
            self.nudge.notify_one();
        }
    }

    fn known(&self, provider: ProviderId) -> Option<Arc<Account>> {
        self.accounts.read().unwrap_or_else(PoisonError::into_inner).get(&provider).cloned()
    }

    fn account(&self, provider: ProviderId, now: DateTime<Utc>) -> Arc<Account> {
        if let Some(account) = self.known(provider) {
            return account;
        }
        let new = Account::new(now);
        // What is heard of it is its present sign-in's, and not that of one which follows before the next `sync`.
        let catalogue = self.parts.catalogues.current();
        if let Some(grant) = catalogue.providers().find(|p| p.id == provider).and_then(|p| p.grant.as_ref()) {
            let mut live = new.live();
            live.account_id = Some(grant.account_id.clone());
            live.plan.clone_from(&grant.plan_type);
        }
        let mut accounts = self.accounts.write().unwrap_or_else(PoisonError::into_inner);
        accounts.entry(provider).or_insert_with(|| Arc::new(new)).clone()
    }

    /// Brings the set of accounts up to date with the catalogue: a new one is known, a removed one is forgotten, and
    /// another account behind a provider starts from nothing.
    fn sync(&self) {
        let now = self.parts.clock.now();
        let catalogue = self.parts.catalogues.current();
        let mut there = HashSet::new();
        for provider in catalogue.providers().filter(|p| p.kind.is_chatgpt()) {
            let Some(grant) = &provider.grant else { continue };
            there.insert(provider.id);
            let account = self.account(provider.id, now);
            let mut live = account.live();
            if live.account_id.as_ref().is_some_and(|known| *known != grant.account_id) {
                live.forget(now);
                live.dirty = Dirty::Now;
                self.nudge.notify_one();
            }
            live.account_id = Some(grant.account_id.clone());
            live.plan.clone_from(&grant.plan_type);
            live.signed_in(grant.connected_at.max(grant.state_since), now);
        }
        let mut accounts = self.accounts.write().unwrap_or_else(PoisonError::into_inner);
        accounts.retain(|id, _| there.contains(id));
    }

    fn missed(&self) -> bool {
        self.missed.swap(false, Ordering::AcqRel)
    }
}

/// What stands against reading an account's quota before anything is sent.
fn sign_in_error(provider: &Provider) -> Option<ErrorCode> {
    match &provider.grant {
        None | Some(GrantFacts { needs_reauth: Some(_), .. }) => Some(ErrorCode::ReauthRequired),
        Some(grant) if grant.account_id.is_empty() => Some(ErrorCode::MissingAccountId),
        Some(_) => None,
    }
}
