//! The live state of the accounts in this process: health, open requests, whose turn it is, where conversations live.
//!
//! The request path reads and writes nothing else than this. Leases go to Postgres behind it, and by `NOTIFY` to the
//! other replicas (`health::share`).

pub mod homes;
pub mod share;

mod queue;
mod slot;

pub use queue::{Lane, Turn, Waiting};
pub use slot::{NoPlace, Slot, SlotOutcome};

use crate::app::App;
use crate::app::audit;
use crate::app::clock::Clock;
use crate::app::quota::Quotas;
use crate::domain::access::Actor;
use crate::domain::catalogue::Provider;
use crate::domain::ids::{ByProvider, ProviderId, TenantId};
use crate::domain::pool::effective::EffectivePool;
use crate::domain::provider::{State, Status};
use crate::domain::quota::readiness::Readiness;
use crate::domain::routing::affinity::{ConversationKey, Home, Homes};
use crate::domain::routing::decide::{AccountSnapshot, Availability, PoolSnapshot};
use crate::domain::routing::failover::Cause;
use crate::domain::routing::health::{Block, BlockReason, Change, Gate, Health, LastError, ModelBlock};
use crate::domain::routing::incident::{Incident, Incidents};
use crate::domain::routing::rotation::Rotation;
use chrono::{DateTime, TimeDelta, Utc};
use queue::Queue;
use sha2::{Digest as _, Sha256};
use share::News;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::mpsc;

/// Conversations whose home is remembered, at most: some tens of megabytes.
const MOST_HOMES: usize = 200_000;

/// One value per process.
pub struct Accounts {
    clock: Clock,
    quotas: Arc<Quotas>,
    live: RwLock<ByProvider<Arc<Live>>>,
    rotations: Mutex<ByProvider<Rotation>>,
    homes: Mutex<Homes>,
    incidents: Mutex<Incidents>,
    /// Who waits for a place.
    queue: Queue,
    news: mpsc::UnboundedSender<News>,
    /// Lossy: what does not fit is told with the conversation's next move.
    moves: mpsc::Sender<(ConversationKey, Home)>,
}

/// One account's part.
#[derive(Default)]
struct Live {
    health: Mutex<Health>,
    /// There is no lease: the common case, told without a lock.
    troubled: AtomicBool,
    open: AtomicUsize,
}

/// Why an account is left alone, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cooldown {
    pub until: DateTime<Utc>,
    pub reason: BlockReason,
    pub since: DateTime<Utc>,
}

impl Accounts {
    /// Nothing is known yet. What changes is sent to `news`, and where conversations live to `moves`.
    pub fn new(
        clock: Clock,
        quotas: Arc<Quotas>,
        conversation_ttl: TimeDelta,
        news: mpsc::UnboundedSender<News>,
        moves: mpsc::Sender<(ConversationKey, Home)>,
    ) -> Self {
        Self {
            clock,
            quotas,
            live: RwLock::default(),
            rotations: Mutex::default(),
            homes: Mutex::new(Homes::new(conversation_ttl, MOST_HOMES)),
            incidents: Mutex::default(),
            queue: Queue::default(),
            news,
            moves,
        }
    }

    fn live(&self, id: ProviderId) -> Arc<Live> {
        if let Some(live) = self.live.read().unwrap_or_else(PoisonError::into_inner).get(&id) {
            return live.clone();
        }
        self.live.write().unwrap_or_else(PoisonError::into_inner).entry(id).or_default().clone()
    }

    /// The pool as a request for `model` finds it now. `most_open` is the number of requests that an account serves
    /// at a time.
    pub fn snapshot<'a>(
        &self,
        pool: &'a EffectivePool,
        model: &str,
        conversation: &Conversation,
        most_open: Option<usize>,
        now: DateTime<Utc>,
    ) -> PoolSnapshot<'a> {
        let known = self.live.read().unwrap_or_else(PoisonError::into_inner);
        let quotas = self.quotas.known_now();
        let index_of =
            |id: Option<ProviderId>| id.and_then(|id| pool.accounts.iter().position(|p| p.id == id));
        let accounts = pool
            .accounts
            .iter()
            .map(|provider| {
                let live = known.get(&provider.id);
                AccountSnapshot {
                    id: provider.id,
                    name: &provider.name,
                    availability: availability(provider),
                    gate: live.map_or(Gate::Open, |live| live.gate(model, now)),
                    busy: most_open
                        .is_some_and(|most| live.is_some_and(|l| l.open.load(Ordering::Relaxed) >= most)),
                    quota: quotas.readiness(provider.id, model, now),
                    lists_model: (!provider.models.is_empty()).then(|| provider.model(model).is_some()),
                }
            })
            .collect();
        let home = conversation.home;
        PoolSnapshot {
            strategy: pool.strategy,
            primary: index_of(pool.primary).unwrap_or(0),
            accounts,
            home: index_of(home.filter(|_| conversation.stays).map(|h| h.home)),
            last: index_of(home.filter(|_| conversation.stays || conversation.bound).map(|h| h.last)),
            bound: conversation.bound,
        }
    }

    /// Decides under the lock of the pool's turns, so that two requests at once do not take the same one.
    pub fn with_rotation<T>(&self, pool: &EffectivePool, decide: impl FnOnce(&mut Rotation) -> T) -> T {
        let owner = pool.accounts[0].id;
        let mut rotations = self.rotations.lock().unwrap_or_else(PoisonError::into_inner);
        let rotation = rotations.entry(owner).or_insert_with(|| Rotation::new(random_offset()));
        if rotation.len() > 2 * pool.accounts.len() {
            rotation.retain(|id| pool.accounts.iter().any(|p| p.id == id));
        }
        decide(rotation)
    }

    /// An account answered a request of the conversation: that is where it lives from now on, or on loan.
    pub fn served(&self, conversation: &Conversation, pool: &EffectivePool, by: ProviderId) {
        if let Some(key) = conversation.key {
            let is_member = |id| pool.accounts.iter().any(|p| p.id == id);
            let news = self.homes().served(key, by, is_member, self.clock.now());
            if let Some(home) = news {
                let _ = self.moves.try_send((key, home));
            }
        }
    }

    /// Where a conversation lives.
    pub fn home(&self, key: ConversationKey, now: DateTime<Utc>) -> Option<Home> {
        self.homes().get(key, now)
    }

    fn homes(&self) -> MutexGuard<'_, Homes> {
        self.homes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn incidents(&self) -> MutexGuard<'_, Incidents> {
        self.incidents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Trouble of the upstream as a whole, at this moment.
    pub fn incident(&self) -> Option<Incident> {
        self.incidents().current(self.clock.now()).cloned()
    }

    /// The lease that keeps the whole account from serving, the longest if there are several.
    pub fn cooldown(&self, id: ProviderId, now: DateTime<Utc>) -> Option<Cooldown> {
        let live = self.live(id);
        let health = live.health();
        let active = health.blocks().iter().filter(|b| b.model.is_none() && now < b.until);
        active.max_by_key(|b| (!b.reason.is_soft(), b.until)).map(|b| Cooldown {
            until: b.until,
            reason: b.reason,
            since: b.since,
        })
    }

    /// The models that the account does not serve for now.
    fn model_blocks(&self, id: ProviderId, now: DateTime<Utc>) -> Vec<ModelBlock> {
        let live = self.live(id);
        if live.is_troubled() { live.health().model_blocks(now) } else { Vec::new() }
    }

    /// The last failure that was not the client's.
    pub fn last_error(&self, id: ProviderId) -> Option<LastError> {
        self.live(id).health().last_error.clone()
    }

    /// Failures in a row, and their cause.
    pub fn streak(&self, id: ProviderId) -> (u32, Option<Cause>) {
        self.live(id).health().streak()
    }

    /// Requests that are open on the account.
    pub fn open(&self, id: ProviderId) -> usize {
        self.live(id).open.load(Ordering::Relaxed)
    }

    /// The provider's state for people: what the catalogue says, and what is live.
    pub fn status(&self, provider: &Provider, now: DateTime<Utc>) -> Status {
        let status = provider.status();
        if !matches!(status.state, State::Ready | State::Draining) {
            return status;
        }
        let model_blocks = self.model_blocks(provider.id, now);
        if let Readiness::Exhausted { until, .. } = self.quotas.readiness(provider.id, "", now) {
            let refused = self.last_error(provider.id).filter(|error| error.cause == Cause::UsageLimit);
            let since = refused.map_or(now, |error| error.at);
            let reason = Some("usage_limit".into());
            return Status { state: State::Exhausted, since, reason, until, model_blocks };
        }
        let Some(cooldown) = self.cooldown(provider.id, now) else {
            return Status { model_blocks, ..status };
        };
        let state = match cooldown.reason {
            BlockReason::SpendLimit => State::Exhausted,
            _ => State::CoolingDown,
        };
        let reason = Some(cooldown.reason.as_str().to_owned());
        Status { state, since: cooldown.since, reason, until: Some(cooldown.until), model_blocks }
    }

    /// Whether a request could go to the provider now, at least as a last resort.
    pub fn can_serve(&self, provider: &Provider, now: DateTime<Utc>) -> bool {
        let status = self.status(provider, now);
        matches!(status.state, State::Ready | State::Draining)
            || status.state == State::CoolingDown
                && self.cooldown(provider.id, now).is_some_and(|c| c.reason.is_soft())
    }

    /// An operator says that all is well again: every lease is lifted.
    pub fn forgive(&self, id: ProviderId) {
        let changes = self.live(id).change(Health::forgive);
        self.tell(id, changes);
    }

    /// One pass: drops leases that ran out long ago.
    pub fn prune(&self, now: DateTime<Utc>) {
        let all: Vec<Arc<Live>> = {
            let known = self.live.read().unwrap_or_else(PoisonError::into_inner);
            known.values().filter(|live| live.is_troubled()).cloned().collect()
        };
        for live in all {
            live.change(|health| health.prune(now));
        }
    }

    fn tell(&self, id: ProviderId, changes: Vec<Change>) {
        for change in changes {
            let _ = self.news.send(News { provider: id, change, at: self.clock.now() });
        }
    }

    /// A lease of another replica's, or of before the start.
    pub fn adopt(&self, id: ProviderId, block: Block) {
        self.live(id).change(|health| health.adopt(block));
    }

    /// Another replica saw the account serve.
    pub fn forget(&self, id: ProviderId, model: Option<&str>, reason: BlockReason, since: DateTime<Utc>) {
        self.live(id).change(|health| health.forget(model, reason, since));
    }
}

impl App {
    /// An operator says that all is well with a provider again: its leases are lifted, what exhausted its quota counts no
    /// longer, and the upstream is asked beside the requests. Whatever it says from now on counts again.
    pub async fn release(self: &Arc<Self>, actor: &Actor, provider: &Arc<Provider>) -> sqlx::Result<()> {
        let change = audit::Change::new("provider.release").on(provider.id, &*provider.name);
        // What is held against an account is memory that is written down behind: the entry goes first.
        let mut tx = self.db.tenant(actor.tenant).await?;
        audit::record(&mut tx, &self.clock, actor, &change).await?;
        tx.commit().await?;
        tracing::info!(provider = %provider.name, "released by an operator");
        self.accounts.forgive(provider.id);
        self.quotas.release(provider, self.clock.now());
        let (app, provider) = (self.clone(), provider.clone());
        self.shutdown.tasks().spawn_until_stopped("ask_quota", async move {
            app.quotas.refresh(&provider, TimeDelta::zero(), Duration::from_secs(30)).await;
        });
        Ok(())
    }
}

impl Live {
    fn health(&self) -> MutexGuard<'_, Health> {
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_troubled(&self) -> bool {
        self.troubled.load(Ordering::Relaxed)
    }

    fn gate(&self, model: &str, now: DateTime<Utc>) -> Gate {
        if self.is_troubled() { self.health().gate(model, now) } else { Gate::Open }
    }

    /// The one way to change the health: the flag follows it.
    fn change<T>(&self, change: impl FnOnce(&mut Health) -> T) -> T {
        let mut health = self.health();
        let changed = change(&mut health);
        self.troubled.store(!health.is_clear(), Ordering::Relaxed);
        changed
    }
}

/// What is known of a request's conversation before it is routed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Conversation {
    pub key: Option<ConversationKey>,
    pub home: Option<Home>,
    /// It is kept on its home while that can serve.
    pub stays: bool,
    /// It was compacted: only the account that did it can read it.
    pub bound: bool,
}

/// A conversation's key within its pool.
pub fn conversation_key(tenant: TenantId, owner: ProviderId, name: &str) -> ConversationKey {
    let mut digest = Sha256::new();
    digest.update(tenant.0);
    digest.update(owner.0);
    digest.update(name);
    let digest: [u8; 32] = digest.finalize().into();
    let mut half = [0; 16];
    half.copy_from_slice(&digest[..16]);
    ConversationKey(u128::from_be_bytes(half))
}

/// A short name of an account that tells nothing of it, for what a client carries back to us.
pub fn tag(id: ProviderId) -> String {
    let digest: [u8; 32] = Sha256::digest(id.0).into();
    hex::encode(&digest[..4])
}

fn availability(provider: &Provider) -> Availability {
    match provider.status().state {
        State::Disabled => Availability::Disabled,
        State::SignedOut => Availability::SignedOut,
        State::NeedsReauth => Availability::NeedsReauth,
        State::Draining => Availability::Draining,
        State::Ready | State::CoolingDown | State::Exhausted => Availability::Ready,
    }
}

fn random_offset() -> usize {
    let (high, low) = uuid::Uuid::now_v7().as_u64_pair();
    usize::try_from((high ^ low) % 1_000_003).unwrap_or_default()
}
