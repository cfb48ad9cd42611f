//! One request: plan, attempts, record.
//!
//! The commit point is the first event that a client could see. Before it any failure of an account moves on to the
//! next one and the client never knows; after it nothing is sent twice, and the stream ends with exactly one terminal
//! event. Nothing here reads the database.

mod attempt;

mod payload;

mod line;
mod record;

mod served;

mod turn_state;

pub use payload::{Payload, target};
pub use record::RequestGuard;
pub use served::{AnswerHead, Served, Step};

use crate::app::catalogue::Catalogues;
use crate::app::clock::Clock;
use crate::app::health::{self, Accounts, Conversation, NoPlace, Slot, SlotOutcome};
use crate::app::keys::KeyRing;
use crate::app::limits::Limits;
use crate::app::quota::Quotas;
use crate::app::records::Recorder;
use crate::app::tokens::Tokens;
use crate::config::Config;
use crate::domain::access::Permission;
use crate::domain::api_key::ApiKey;
use crate::domain::catalogue::{Provider, Resolved};
use crate::domain::ids::{RequestId, TenantId};
use crate::domain::pool::config::Affinity;
use crate::domain::pool::effective::EffectivePool;
use crate::domain::responses::audience::Audience;
use crate::domain::responses::event::Event;
use crate::domain::routing::affinity::Home;
use crate::domain::routing::decide::{Exclusion, ExclusionReason, decide};
use crate::domain::routing::failover::{Cause, Failure, Next, Verdict, classify};
use crate::domain::routing::refusal::{Out, Refusal};
use crate::lifecycle::Shutdown;
use crate::telemetry::metrics::{Endpoint, Metrics};
use crate::upstream::Events;
use crate::upstream::codex::CodexClient;
use crate::upstream::openai_compatible::CompatibleClient;
use arc_swap::ArcSwap;
use chrono::{DateTime, TimeDelta, Utc};
use line::Line;
use reqwest::header::HeaderMap;
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use turn_state::TURN_STATE;

/// What every request needs; one value per process.
pub struct Gateway {
    pub config: Arc<ArcSwap<Config>>,
    pub clock: Clock,
    pub catalogues: Arc<Catalogues>,
    pub tokens: Tokens,
    pub codex: CodexClient,
    pub compatible: CompatibleClient,
    pub accounts: Arc<Accounts>,
    pub quotas: Arc<Quotas>,
    pub limits: Arc<Limits>,
    pub keys: Arc<KeyRing>,
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
    /// The API key that asks: its limits count.
    pub key: Option<Arc<ApiKey>>,
    pub endpoint: Endpoint,
    pub audience: Audience,
    /// `model` as the client wrote it.
    pub model_asked: String,
    pub resolved: Resolved,
    pub payload: Payload,
    /// Headers of a native client that may go upstream.
    pub headers: HeaderMap,
    /// The key of the agent's stored conversation that this request continues.
    pub session_key: Option<String>,
    /// What the client calls the conversation that this request belongs to.
    pub conversation: Option<String>,
    /// It holds a compaction item: only the account that made it can read on.
    pub bound: bool,
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

/// What one account made of a request.
enum Asked {
    Opened(Box<(Arc<Provider>, Opened, Slot)>),
    /// No other account would answer otherwise.
    Refused(Refusal),
    Failed(Out),
}

/// What came of a walk over the accounts.
enum Walked {
    Opened(Box<(Arc<Provider>, Opened, Slot)>),
    Refused(Refusal),
    /// The account that was waited for could not serve after all.
    Again,
    Out {
        excluded: Vec<Exclusion>,
        outs: Vec<Out>,
    },
}

impl Gateway {
    /// Begins the record of an authenticated request. Whoever holds it drops it when the request is over.
    pub fn begin(
        &self,
        id: RequestId,
        (tenant, key): (TenantId, Option<&ApiKey>),
        endpoint: Endpoint,
        audience: Audience,
    ) -> RequestGuard {
        RequestGuard::begin(self, id, (tenant, key.map(|key| key.id)), endpoint, audience)
    }

    /// Walks the plan until an account begins to answer. What comes back is past the commit point; a refusal means
    /// that the client has seen nothing.
    pub async fn serve(self: Arc<Self>, ask: Ask, mut record: RequestGuard) -> Result<Served, Refusal> {
        record.understood(&ask);
        self.still_works(&ask).map_err(|refusal| record.refused(refusal))?;
        if let Some(key) = &ask.key {
            match self.limits.admit(key, &ask).await {
                Ok(ticket) => record.admitted(ticket, &ask),
                Err(refusal) => return Err(record.refused(refusal)),
            }
        }
        let pool = ask.resolved.pool.clone();
        let conversation = self.conversation(&ask, &pool);
        record.belongs_to(conversation.key);
        let routing = self.config.load().routing.clone();
        let mut line = Line::new(&ask, &routing);
        let patience = TimeDelta::seconds(i64::try_from(routing.max_wait_seconds).unwrap_or_default());
        let stop = self.shutdown.stop_streams();
        let mut waited = false;
        loop {
            let (excluded, outs) = match self.walk(&ask, &mut record, &conversation, &mut line).await {
                Walked::Opened(opened) => {
                    let (provider, opened, slot) = *opened;
                    return Ok(Served::new(&self, provider, opened, record, slot, &ask));
                }
                Walked::Refused(refusal) => return Err(record.refused(refusal)),
                Walked::Again => continue,
                Walked::Out { excluded, outs } => (excluded, outs),
            };
            if line.wait(&self.accounts, &stop, &self.metrics).await {
                self.still_works(&ask).map_err(|refusal| record.refused(refusal))?;
                continue;
            }
            // Only now: a description of a thousand accounts costs more than the decision.
            let now = self.clock.now();
            let names = excluded.iter().map(|e| Out::excluded(&pool.accounts[e.index].name, e));
            let outs: Vec<Out> = names.chain(outs).collect();
            let may_wait = !waited && patience > TimeDelta::zero();
            let near = Out::earliest(&outs).filter(|at| may_wait && *at - now <= patience);
            let Some(release) = near else {
                let mut refusal = Refusal::all_out(outs, &ask.model_asked, now);
                if refusal.code == "model_not_found" && pool.accounts.len() > 1 {
                    refusal.list_models(self.models_of(&ask).iter().map(String::as_str));
                }
                return Err(record.refused(refusal));
            };
            waited = true;
            line.begin_anew();
            let wait = (release - now).to_std().unwrap_or_default();
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = stop.cancelled() => {}
            }
        }
    }

    /// Whether the key that asks may still do so: a run goes on for long, and a request may have waited.
    fn still_works(&self, ask: &Ask) -> Result<(), Refusal> {
        let Some(key) = &ask.key else { return Ok(()) };
        let now = self.keys.get(key.id, self.clock.now());
        if now.is_some_and(|key| key.role.may(Permission::UseModels)) {
            return Ok(());
        }
        let text = "this API key may not ask models any more";
        let refusal = Refusal::invalid_request("invalid_api_key", text, None);
        Err(Refusal { status: 401, ..refusal })
    }

    /// The models of a pool that the client may ask.
    fn models_of(&self, ask: &Ask) -> BTreeSet<String> {
        let seen = self.catalogues.seen_by(ask.tenant, ask.key.as_deref());
        let accounts = ask.resolved.pool.accounts.iter();
        let models = accounts.flat_map(|account| account.models.iter().map(|model| &model.id));
        models.filter(|model| seen.offers(&ask.resolved.provider, model)).cloned().collect()
    }

    /// One walk over the accounts: in the order of the decision, or to the one that was waited for.
    async fn walk(
        &self,
        ask: &Ask,
        record: &mut RequestGuard,
        conversation: &Conversation,
        line: &mut Line,
    ) -> Walked {
        let pool = &ask.resolved.pool;
        let mut turn = line.turn.take();
        let by_turn = turn.is_some();
        let (mut queue, mut excluded) = match &turn {
            Some(turn) => {
                let at = pool.accounts.iter().position(|account| account.id == turn.account());
                (at.into_iter().map(|at| (at, false)).collect(), Vec::new())
            }
            None => self.plan(ask, record, conversation, line),
        };
        while let Some((index, last_resort)) = queue.pop_front() {
            let provider = &pool.accounts[index];
            let begun = match turn.take() {
                Some(turn) => self.accounts.begin_turn(turn, &ask.resolved.model),
                None => self.accounts.begin(provider.id, &ask.resolved.model, line.most, last_resort),
            };
            let slot = match begun {
                Ok(slot) => slot,
                Err(NoPlace::Busy) => {
                    line.busy.push(provider.id);
                    line.outs.push(Out::busy(&provider.name));
                    continue;
                }
                // An attempt may take minutes: what happened to the others meanwhile counts.
                Err(NoPlace::Doubtful) => {
                    queue.push_back((index, true));
                    continue;
                }
                Err(NoPlace::Shut { reason, until, told }) => {
                    excluded.push(Exclusion { index, reason, until, told });
                    continue;
                }
            };
            match self.ask_account(ask, record, conversation, provider, slot).await {
                Asked::Opened(opened) => return Walked::Opened(opened),
                Asked::Refused(refusal) => return Walked::Refused(refusal),
                Asked::Failed(out) => line.failed(provider.id, out),
            }
        }
        if by_turn {
            return Walked::Again;
        }
        Walked::Out { excluded, outs: line.outs() }
    }

    /// Decides; what is tried, in order, and what is left out. Who failed while this request waited is not asked again.
    fn plan(
        &self,
        ask: &Ask,
        record: &mut RequestGuard,
        conversation: &Conversation,
        line: &mut Line,
    ) -> (VecDeque<(usize, bool)>, Vec<Exclusion>) {
        let (now, pool) = (self.clock.now(), &ask.resolved.pool);
        let snapshot = self.accounts.snapshot(pool, &ask.resolved.model, conversation, line.most, now);
        let plan = self.accounts.with_rotation(pool, |rotation| decide(&snapshot, rotation, now));
        record.planned(&plan, &snapshot);
        let busy = plan.excluded.iter().filter(|out| out.reason == ExclusionReason::Busy);
        line.plan(busy.map(|out| pool.accounts[out.index].id));
        let attempts = plan.attempts.iter().zip(0..).map(|(i, place)| (*i, place >= plan.last_resort_from));
        let queue = attempts.filter(|(i, _)| !line.has_failed(pool.accounts[*i].id)).collect();
        (queue, plan.excluded)
    }

    /// Asks one account, to its commit point.
    async fn ask_account(
        &self,
        ask: &Ask,
        record: &mut RequestGuard,
        conversation: &Conversation,
        provider: &Arc<Provider>,
        mut slot: Slot,
    ) -> Asked {
        let pool = &ask.resolved.pool;
        record.begin_attempt(provider);
        let stop = self.shutdown.stop_streams();
        let attempted = tokio::select! {
            biased;
            attempted = self.attempt(ask, provider, conversation) => attempted,
            () = stop.cancelled() => {
                let refusal = Refusal::shutting_down();
                record.attempt_failed(&refusal, None);
                return Asked::Refused(refusal);
            }
        };
        let failure = match attempted {
            Ok(opened) => {
                slot.answers();
                self.accounts.served(conversation, pool, provider.id);
                record.committed(opened.head.iter().any(Event::is_visible));
                return Asked::Opened(Box::new((provider.clone(), opened, slot)));
            }
            Err(failure) => failure,
        };
        let now = self.clock.now();
        let mut refusal = Refusal::of(&failure, &provider.name, now.timestamp());
        if refusal.code == "model_not_found" && pool.accounts.len() == 1 {
            refusal.list_models(self.models_of(ask).iter().map(String::as_str));
        }
        let verdict = note(&self.quotas, &mut slot, &failure, &refusal, (provider, &ask.resolved.model), now);
        record.attempt_failed(&refusal, Some(&failure));
        tracing::info!(
            request_id = %ask.id, provider = %provider.name, code = %refusal.code,
            cause = verdict.cause.as_str(), reason = %refusal.message, "attempt failed"
        );
        if verdict.next == Next::Return {
            return Asked::Refused(refusal);
        }
        Asked::Failed(Out::failed(refusal, verdict.cause, now))
    }

    /// What is known of the conversation that a request belongs to.
    fn conversation(&self, ask: &Ask, pool: &EffectivePool) -> Conversation {
        let now = self.clock.now();
        let stays = pool.affinity == Affinity::Conversation;
        let key = ask
            .conversation
            .as_deref()
            .filter(|_| pool.active)
            .map(|name| health::conversation_key(ask.tenant, pool.accounts[0].id, name));
        let mut home = key.and_then(|key| self.accounts.home(key, now));
        // The turn's state says who made it, also after a restart and on another replica.
        let made_by = ask.headers.get(TURN_STATE).and_then(|state| turn_state::maker(state, pool));
        if let Some(maker) = made_by {
            home =
                Some(home.map_or(Home { home: maker, last: maker, at: now }, |h| Home { last: maker, ..h }));
        }
        Conversation { key, home, stays, bound: ask.bound }
    }
}

/// What a failed attempt says of the account, for its health and its quota.
fn note(
    quotas: &Quotas,
    slot: &mut Slot,
    failure: &Failure,
    refusal: &Refusal,
    (provider, model): (&Provider, &str),
    now: DateTime<Utc>,
) -> Verdict {
    let verdict = classify(failure);
    let (mut resets_at, mut retry_after) = (None, None);
    if let Failure::Refused(error) = failure {
        if verdict.cause == Cause::UsageLimit {
            quotas.observe_refusal(provider.id, model, error, now);
        }
        resets_at = error.resets_at(now.timestamp()).and_then(|at| believable(at, now));
        retry_after = error.retry_after_seconds.and_then(|s| TimeDelta::try_milliseconds(millis(s)));
    }
    let unlisted = !provider.models.is_empty() && provider.model(model).is_none();
    slot.failed(&SlotOutcome { verdict, message: refusal.message.clone(), resets_at, retry_after, unlisted });
    verdict
}

/// A reset that can be one: within the longest window that there is.
fn believable(at: i64, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(at, 0).filter(|at| *at - now <= TimeDelta::days(40))
}

#[expect(clippy::cast_possible_truncation, reason = "clamped to what fits")]
fn millis(seconds: f64) -> i64 {
    (seconds.clamp(0.0, 1e9) * 1000.0).ceil() as i64
}
