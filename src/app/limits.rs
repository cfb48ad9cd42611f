//! The limits of keys, kept over all replicas: a request reserves before it begins and settles when it is over.
//!
//! 2026-11-22: what is counted is in Postgres, under one row lock per rule (`gateway_reserve` in migration 0014), and a
//! request of a key with limits pays one round trip for it when it begins; one of any other key pays nothing. Counters
//! in memory would be faster and would have to be divided between replicas, and a divided limit either refuses what is
//! still free or lets through what is not. Cost: without the database, keys with limits are refused.
//!
//! What is reserved is held by a [`Ticket`], and free again when that is dropped, whatever happened; what a process held
//! that died is freed by the others (`limits::sweep`).

mod estimate;
mod settle;
mod sweep;
mod turn;

pub use settle::SettleWriter;
pub use sweep::Sweeper;

use crate::app::catalogue::Catalogues;
use crate::app::clock::Clock;
use crate::app::gateway::Ask;
use crate::app::quota::Quotas;
use crate::domain::api_key::{ApiKey, Rule};
use crate::domain::ids::{KeyId, ProviderId, TenantId};
use crate::domain::limits::{Meter, Reached};
use crate::domain::pool::effective::EffectivePool;
use crate::domain::quota::debit::weight;
use crate::domain::responses::event::Usage;
use crate::domain::routing::refusal::Refusal;
use crate::lifecycle::Tasks;
use crate::store::db::Db;
use crate::store::limits::{self, Settled, Want};
use crate::telemetry::metrics::{LimitMeter, Metrics};
use chrono::{DateTime, Utc};
use settle::Settlement;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc;
use turn::Turn;
use uuid::Uuid;

/// How long a request waits for what is about to be given back.
const GRACE: Duration = Duration::from_millis(250);

/// What they work with.
pub struct LimitParts {
    pub db: Db,
    pub clock: Clock,
    pub catalogues: Arc<Catalogues>,
    pub quotas: Arc<Quotas>,
    pub tasks: Tasks,
    pub metrics: Arc<Metrics>,
    /// This process, as its runs name it: it holds the advisory lock of that number while it lives.
    pub process: i64,
}

/// The limits of all keys.
pub struct Limits {
    parts: LimitParts,
    /// One per key that has limits: its requests come one after the other here, as they would before its rows.
    turns: Mutex<HashMap<KeyId, Arc<Turn>>>,
    desk: Desk,
}

/// Where tickets are given back. Clones share it.
#[derive(Clone, Debug)]
struct Desk {
    ended: mpsc::UnboundedSender<Settlement>,
    /// Tickets that may hold something in Postgres.
    live: Arc<Mutex<HashSet<Uuid>>>,
}

impl Desk {
    fn live(&self) -> MutexGuard<'_, HashSet<Uuid>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What an admitted request holds, until it is dropped.
#[derive(Debug)]
pub struct Ticket {
    id: Uuid,
    holds: Vec<Hold>,
    used: Usage,
    desk: Desk,
    turn: Arc<Turn>,
    /// It is counted among the open ones of its key, once it is in.
    open: Option<turn::Open>,
}

/// A part of a rule that is held.
#[derive(Clone, Copy, Debug)]
struct Hold {
    limit: Uuid,
    scope: Uuid,
    meter: Meter,
}

impl Ticket {
    /// What the request really used. Without it, it used nothing.
    pub fn spend(&mut self, usage: Usage) {
        self.used = usage;
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let settled = self.holds.iter().map(|hold| Settled {
            ticket: self.id,
            limit: hold.limit,
            scope: hold.scope,
            used: in_units(hold.meter, &self.used),
        });
        let settlement = Settlement { ticket: self.id, turn: self.turn.clone(), settled: settled.collect() };
        self.open = None;
        if settlement.settled.is_empty() || self.desk.ended.send(settlement).is_err() {
            self.desk.live().remove(&self.id);
        }
    }
}

/// What some use counts for in a meter.
fn in_units(meter: Meter, usage: &Usage) -> i64 {
    let tokens = match meter {
        Meter::Tokens => usage.input_tokens.saturating_add(usage.output_tokens),
        Meter::PoolShare => whole(weight(usage)),
        Meter::Requests | Meter::Concurrent => 0,
    };
    i64::try_from(tokens).unwrap_or(i64::MAX)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to what fits")]
fn whole(number: f64) -> u64 {
    number.clamp(0.0, 9e15).ceil() as u64
}

impl Limits {
    /// The limits of this process; what has to be spawned comes with them.
    pub fn new(parts: LimitParts) -> (Arc<Self>, SettleWriter, Sweeper) {
        let (ended, heard) = mpsc::unbounded_channel();
        let desk = Desk { ended, live: Arc::default() };
        let writer = SettleWriter { heard, live: desk.live.clone() };
        let sweeper = Sweeper { db: parts.db.clone(), process: parts.process, live: desk.live.clone() };
        (Arc::new(Self { parts, turns: Mutex::default(), desk }), writer, sweeper)
    }

    /// Lets a request of a key in by all of its rules, or says which is in the way. A key without rules needs no ticket
    /// and waits for nothing.
    pub async fn admit(&self, key: &ApiKey, ask: &Ask) -> Result<Option<Ticket>, Refusal> {
        if key.rules.is_empty() {
            return Ok(None);
        }
        let turn = self.turn(key.id);
        let mut given_back = turn.watch();
        let mut again = true;
        loop {
            let now = self.parts.clock.now();
            let reached = match turn.reached(key, now) {
                Some(reached) => reached,
                None => match self.reserve(key, ask, &turn, now).await? {
                    Ok(ticket) => return Ok(Some(ticket)),
                    Err(reached) => reached,
                },
            };
            if !again || reached.is_spent() {
                self.parts.metrics.limit_refused(label(reached.limit.meter));
                return Err(reached.refusal(now));
            }
            // The client's last answer may be over for it and not yet given back here.
            again = false;
            let _ = tokio::time::timeout(GRACE, given_back.changed()).await;
        }
    }

    async fn reserve(
        &self,
        key: &ApiKey,
        ask: &Ask,
        turn: &Arc<Turn>,
        now: DateTime<Utc>,
    ) -> Result<Result<Ticket, Reached>, Refusal> {
        let (rules, wants, holds) = self.wants(key, ask, now);
        let id = self.parts.clock.new_id();
        self.desk.live().insert(id);
        let (desk, of) = (self.desk.clone(), turn.clone());
        let mut ticket = Ticket { id, holds, used: Usage::default(), desk, turn: of, open: None };
        let (db, process, key) = (self.parts.db.clone(), self.parts.process, key.clone());
        // A task of its own: a client that hangs up meanwhile must not leave open whether something is reserved.
        let reserving = self.parts.tasks.spawn("reserve", async move {
            let turn = ticket.turn.clone();
            let _one = turn.next().await;
            if let Some(reached) = turn.reached(&key, now) {
                ticket.holds.clear();
                return Ok(Err(reached));
            }
            let mut conn = db.work().await?;
            let Some(way) = limits::reserve(&mut conn, key.tenant, id, process, &wants).await? else {
                ticket.open = Some(turn.clone().open());
                return Ok(Ok(ticket));
            };
            ticket.holds.clear();
            let place = usize::try_from(way.place).unwrap_or_default();
            let (rule, amount) = (rules[place], wants[place].amount);
            let reached = Reached {
                limit: rule.limit,
                key: key.name.to_string(),
                used: shown(&rule, way.used, amount),
                reserved: shown(&rule, way.reserved, amount),
            };
            if reached.is_spent() {
                turn.is_spent(rule, reached.clone(), now);
            }
            Ok::<_, sqlx::Error>(Err(reached))
        });
        match reserving.await {
            Ok(Ok(outcome)) => Ok(outcome),
            Ok(Err(error)) => {
                tracing::warn!(%error, "the limits of a key could not be looked at");
                Err(unavailable())
            }
            Err(_) => Err(unavailable()),
        }
    }

    /// What a request wants of each rule, with the rule and with what is to be given back.
    fn wants(&self, key: &ApiKey, ask: &Ask, now: DateTime<Utc>) -> (Vec<Rule>, Vec<Want>, Vec<Hold>) {
        let most = estimate::most(ask);
        let pool = &ask.resolved.pool;
        let (mut rules, mut wants, mut holds) = (Vec::new(), Vec::new(), Vec::new());
        for rule in key.rules.iter() {
            let meter = rule.limit.meter;
            let amount = i64::try_from(rule.limit.amount).unwrap_or(i64::MAX);
            let (amount, scope) = match meter {
                // What is no subscription has no quota that could be shared.
                Meter::PoolShare if !pool.owner().kind.is_chatgpt() => continue,
                Meter::PoolShare => (self.tokens_of(pool, amount, now), pool.owner().id.0),
                Meter::Requests | Meter::Tokens | Meter::Concurrent => (amount, Uuid::nil()),
            };
            let wanted = match meter {
                Meter::Requests | Meter::Concurrent => 1,
                Meter::Tokens | Meter::PoolShare => in_units(meter, &most),
            };
            let began = rule.limit.counted_in().map(|window| window.around(now).0);
            wants.push(Want {
                limit: rule.id,
                scope,
                window: began.unwrap_or(DateTime::UNIX_EPOCH),
                amount,
                wanted,
                at_once: meter == Meter::Requests,
                beyond: matches!(meter, Meter::Tokens | Meter::PoolShare),
            });
            rules.push(*rule);
            if meter != Meter::Requests {
                holds.push(Hold { limit: rule.id, scope, meter });
            }
        }
        (rules, wants, holds)
    }

    /// Weighted tokens that so many percent of a pool's week are taken to be.
    fn tokens_of(&self, pool: &EffectivePool, percent: i64, now: DateTime<Utc>) -> i64 {
        let week: f64 =
            pool.accounts.iter().map(|account| self.parts.quotas.weekly_tokens(account.id, now)).sum();
        #[expect(clippy::cast_precision_loss, reason = "1 to 100")]
        let part = week * percent as f64 / 100.0;
        i64::try_from(whole(part)).unwrap_or(i64::MAX).max(1)
    }

    /// Percent of its week that weighted tokens are of a pool; 0 for one that is gone.
    pub fn percent_of(&self, tenant: TenantId, owner: ProviderId, tokens: u64, now: DateTime<Utc>) -> u64 {
        let catalogue = self.parts.catalogues.current();
        let pool = catalogue.tenant(tenant).pool(owner);
        pool.map_or(0, |pool| percent(tokens, self.tokens_of(pool, 100, now)))
    }

    fn turn(&self, key: KeyId) -> Arc<Turn> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        // Keys that nobody uses at the moment are forgotten now and then.
        if turns.len() >= 1024 {
            turns.retain(|_, turn| Arc::strong_count(turn) > 1);
        }
        turns.entry(key).or_default().clone()
    }
}

fn label(meter: Meter) -> LimitMeter {
    match meter {
        Meter::Requests => LimitMeter::Requests,
        Meter::Tokens => LimitMeter::Tokens,
        Meter::Concurrent => LimitMeter::Concurrent,
        Meter::PoolShare => LimitMeter::PoolShare,
    }
}

/// As people are told: of a pool's share in percent, where `amount` tokens are the whole of the rule.
fn shown(rule: &Rule, counted: i64, amount: i64) -> u64 {
    let counted = u64::try_from(counted).unwrap_or_default();
    match rule.limit.meter {
        Meter::PoolShare => percent(counted, amount).saturating_mul(rule.limit.amount) / 100,
        _ => counted,
    }
}

fn percent(tokens: u64, whole: i64) -> u64 {
    let whole = u64::try_from(whole).unwrap_or_default().max(1);
    tokens.saturating_mul(100) / whole
}

/// Nobody can tell whether the key may: it may not, for the moment.
fn unavailable() -> Refusal {
    Refusal {
        code: "limits_unavailable".into(),
        message: "the limits of this key can't be looked at for the moment".into(),
        retry_after: Some(2),
        ..Refusal::shutting_down()
    }
}
