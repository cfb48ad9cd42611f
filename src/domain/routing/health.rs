//! The health of one account, and of each model on it: what its recent answers say about the next one.
//!
//! A used-up quota is not here: `domain::quota` keeps it, with everything else that is heard of it.
//!
//! A block is a lease: it has a reason and an end, and after its end one request goes through as a probe. A good
//! answer to a request that began after the block lifts it at once; another failure renews it.

use super::failover::{Cause, Fault, Verdict};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::VecDeque;

/// Failures in a row that open the breaker.
const OPEN_AFTER: u32 = 5;
/// Outcomes within [`WINDOW`] that are enough to judge a rate by.
const MIN_OUTCOMES: usize = 10;
/// How far back outcomes count.
const WINDOW: TimeDelta = TimeDelta::minutes(1);
/// Outcomes that are kept at most.
const KEPT: usize = 64;
/// The first cool-down of the breaker; it doubles with every failed probe.
const COOLDOWN: TimeDelta = TimeDelta::seconds(15);
/// The longest cool-down of the breaker.
const LONGEST_COOLDOWN: TimeDelta = TimeDelta::minutes(5);
/// How long a model without room is left alone on an account.
const OVERLOAD: TimeDelta = TimeDelta::minutes(2);
/// The pause after too much within a minute, when the upstream names none.
const RATE_PAUSE: TimeDelta = TimeDelta::seconds(5);
/// The longest wait that is believed of a `Retry-After` for a rate within a minute.
const LONGEST_RATE_PAUSE: TimeDelta = TimeDelta::minutes(10);
/// When an account that only its owner can help is looked at again.
const OWNER_REPROBE: TimeDelta = TimeDelta::hours(1);
/// When an account that was refused without a better reason is looked at again.
const FORBIDDEN: TimeDelta = TimeDelta::minutes(5);
/// Models of which people are told at most: their names come from clients.
const TOLD_MODELS: usize = 16;
/// Leases that one account has at most.
const MOST_BLOCKS: usize = 64;
/// A probe that tells nothing for so long holds nobody up any more.
const PROBE_PATIENCE: TimeDelta = TimeDelta::seconds(60);

/// Why an account, or a model on it, is left alone for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BlockReason {
    /// The breaker is open.
    Failing,
    RateLimit,
    SpendLimit,
    NotIncluded,
    PaymentRequired,
    Forbidden,
    /// Of a model.
    Overload,
    /// Of a model.
    ModelNotInPlan,
}

impl BlockReason {
    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Failing => "failing",
            Self::RateLimit => "rate_limit",
            Self::SpendLimit => "spend_limit",
            Self::NotIncluded => "not_included",
            Self::PaymentRequired => "payment_required",
            Self::Forbidden => "forbidden",
            Self::Overload => "overload",
            Self::ModelNotInPlan => "model_not_in_plan",
        }
    }

    /// Back from the stored text.
    pub fn named(text: &str) -> Option<Self> {
        [
            Self::Failing,
            Self::RateLimit,
            Self::SpendLimit,
            Self::NotIncluded,
            Self::PaymentRequired,
            Self::Forbidden,
            Self::Overload,
            Self::ModelNotInPlan,
        ]
        .into_iter()
        .find(|reason| reason.as_str() == text)
    }

    /// A block that may be wrong: when nobody else can serve, the account is asked all the same.
    pub fn is_soft(self) -> bool {
        matches!(self, Self::Failing | Self::Overload)
    }
}

/// One lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The model that it is about; `None` for the whole account.
    pub model: Option<String>,
    pub reason: BlockReason,
    pub since: DateTime<Utc>,
    /// From then on one request probes.
    pub until: DateTime<Utc>,
    /// `until` is what the upstream said, and so what a client may be told.
    pub told: bool,
    /// How often the breaker opened without a good answer between, for the next cool-down.
    pub opened: u32,
}

/// A model that an account does not serve for now, for people.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct ModelBlock {
    pub model: String,
    pub reason: BlockReason,
    /// From then on one request probes.
    pub until: DateTime<Utc>,
}

/// May a request go to the account?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    Open,
    /// A block has run out: the next request is the probe.
    Probe,
    /// Left alone until then. `told` as in [`Block`]; `soft` as in [`BlockReason::is_soft`], or a probe is on its way.
    Shut {
        reason: BlockReason,
        until: DateTime<Utc>,
        told: bool,
        soft: bool,
    },
}

/// What a record changed, for other replicas and for the next start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    Blocked(Block),
    /// The block of this model, or of the whole account, is gone.
    Lifted {
        model: Option<String>,
        reason: BlockReason,
    },
}

/// The last failure that was the account's or the upstream's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastError {
    pub at: DateTime<Utc>,
    pub cause: Cause,
    pub message: String,
}

/// One failed attempt, as health sees it.
#[derive(Clone, Copy, Debug)]
pub struct Failed<'a> {
    pub model: &'a str,
    pub verdict: Verdict,
    pub message: &'a str,
    /// When the attempt began.
    pub began: DateTime<Utc>,
    /// When the upstream said that the account can serve again.
    pub resets_at: Option<DateTime<Utc>>,
    /// For how long it said to wait.
    pub retry_after: Option<TimeDelta>,
    /// Many accounts fail alike: none is condemned for it.
    pub incident: bool,
    /// The account's own list is known and does not name the model: that it was refused is no news.
    pub unlisted: bool,
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct Health {
    /// Outcomes of the last minute, the newest last.
    outcomes: VecDeque<(DateTime<Utc>, bool)>,
    streak: u32,
    streak_cause: Option<Cause>,
    blocks: Vec<Block>,
    probe: Option<DateTime<Utc>>,
    pub last_error: Option<LastError>,
    pub last_success_at: Option<DateTime<Utc>>,
}

impl Health {
    /// Whether a request for the model may go now. Cheap: an account in good health has no blocks.
    pub fn gate(&self, model: &str, now: DateTime<Utc>) -> Gate {
        let mut gate = Gate::Open;
        for block in self.blocks.iter().filter(|b| b.model.as_deref().is_none_or(|m| m == model)) {
            let (reason, until, told) = (block.reason, block.until, block.told);
            if now < until {
                let worse = match gate {
                    Gate::Shut { until: earlier, soft, .. } => {
                        (soft && !reason.is_soft()) || (soft == reason.is_soft() && until > earlier)
                    }
                    Gate::Open | Gate::Probe => true,
                };
                if worse {
                    gate = Gate::Shut { reason, until, told, soft: reason.is_soft() };
                }
            } else if !matches!(gate, Gate::Shut { .. }) {
                gate = match self.probe {
                    Some(began) if now < began + PROBE_PATIENCE => {
                        Gate::Shut { reason, until: began + PROBE_PATIENCE, told: false, soft: true }
                    }
                    _ => Gate::Probe,
                };
            }
        }
        gate
    }

    /// Nothing to say about any model.
    pub fn is_clear(&self) -> bool {
        self.blocks.is_empty()
    }

    /// The leases, those that have run out and wait for their probe included.
    pub fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// The models that are left alone now, each once, by name.
    pub fn model_blocks(&self, now: DateTime<Utc>) -> Vec<ModelBlock> {
        let active = |b: &&Block| now < b.until;
        let mut told: Vec<(&str, &Block)> =
            self.blocks.iter().filter(active).filter_map(|b| Some((b.model.as_deref()?, b))).collect();
        // What is certain before what may be wrong, and the longest before the others.
        told.sort_unstable_by_key(|(model, b)| (*model, b.reason.is_soft(), std::cmp::Reverse(b.until)));
        told.dedup_by_key(|(model, _)| *model);
        let told = told.into_iter().take(TOLD_MODELS);
        told.map(|(model, b)| ModelBlock { model: model.to_owned(), reason: b.reason, until: b.until })
            .collect()
    }

    /// Failures since the last good answer, and their cause.
    pub fn streak(&self) -> (u32, Option<Cause>) {
        (self.streak, self.streak_cause)
    }

    /// A request goes out as the probe.
    pub fn begin_probe(&mut self, now: DateTime<Utc>) {
        self.probe = Some(now);
    }

    /// A planned request goes out now; whether as the probe. Judged anew, since the account may have been refused, or
    /// another request may probe it, after the decision: then it is the gate that is shut. As a last resort only what
    /// is certain keeps it back.
    pub fn begin(&mut self, model: &str, last_resort: bool, now: DateTime<Utc>) -> Result<bool, Gate> {
        match self.gate(model, now) {
            Gate::Open => Ok(false),
            Gate::Probe => {
                self.begin_probe(now);
                Ok(true)
            }
            Gate::Shut { soft: true, .. } if last_resort => Ok(false),
            shut @ Gate::Shut { .. } => Err(shut),
        }
    }

    /// The probe told nothing: its client hung up, or the request itself was wrong.
    pub fn end_probe(&mut self, began: DateTime<Utc>) {
        if self.probe == Some(began) {
            self.probe = None;
        }
    }

    /// The account began to answer a request that began at `began`: what was held against it before is over.
    pub fn answers(&mut self, model: &str, began: DateTime<Utc>) -> Vec<Change> {
        self.end_probe(began);
        self.lift(|b| b.since <= began && b.model.as_deref().is_none_or(|m| m == model))
    }

    /// An answer came to its good end.
    pub fn succeeded(&mut self, now: DateTime<Utc>) {
        self.streak = 0;
        self.streak_cause = None;
        self.last_success_at = Some(now);
        self.push(now, true);
    }

    /// An attempt failed. What the client did wrong says nothing.
    pub fn failed(&mut self, failed: &Failed<'_>, now: DateTime<Utc>) -> Option<Change> {
        self.end_probe(failed.began);
        if failed.verdict.fault == Fault::Client {
            return None;
        }
        let cause = failed.verdict.cause;
        self.last_error = Some(LastError { at: now, cause, message: failed.message.to_owned() });
        self.streak += 1;
        self.streak_cause = Some(cause);
        self.push(now, false);
        let wait = failed.retry_after;
        let told = failed.resets_at.is_some() || wait.is_some();
        let until = |default: TimeDelta| failed.resets_at.unwrap_or_else(|| now + wait.unwrap_or(default));
        let model = Some(failed.model.to_owned());
        let block = |model, reason, until, told| Block { model, reason, since: now, until, told, opened: 0 };
        let block = match cause {
            Cause::RateLimit => {
                let pause = wait.unwrap_or(RATE_PAUSE).clamp(TimeDelta::seconds(1), LONGEST_RATE_PAUSE);
                block(None, BlockReason::RateLimit, now + pause, wait.is_some())
            }
            Cause::SpendLimit => block(None, BlockReason::SpendLimit, until(OWNER_REPROBE), told),
            Cause::NotIncluded => block(None, BlockReason::NotIncluded, now + OWNER_REPROBE, false),
            Cause::PaymentRequired => block(None, BlockReason::PaymentRequired, now + OWNER_REPROBE, false),
            Cause::Forbidden => block(None, BlockReason::Forbidden, now + FORBIDDEN, false),
            Cause::Overload => block(model, BlockReason::Overload, now + OVERLOAD, false),
            Cause::ModelNotInPlan if failed.unlisted => return None,
            Cause::ModelNotInPlan => block(model, BlockReason::ModelNotInPlan, now + OWNER_REPROBE, false),
            Cause::Connection
            | Cause::Timeout
            | Cause::ServerError
            | Cause::BrokenStream
            | Cause::EmptyAnswer
            | Cause::Blocked
            | Cause::Unauthorized
            | Cause::TokenUnavailable => return self.breaker(failed, now),
            // A used-up quota is kept with the quota's other evidence, a dead sign-in with the grant.
            Cause::UsageLimit | Cause::NeedsReauth | Cause::Client | Cause::ForeignContent => return None,
        };
        Some(self.put(block))
    }

    /// Many accounts fail alike: this one is not condemned for it.
    pub fn pardon(&mut self) -> Vec<Change> {
        self.lift(|b| b.reason == BlockReason::Failing)
    }

    /// An operator says that all is well again.
    pub fn forgive(&mut self) -> Vec<Change> {
        self.streak = 0;
        self.streak_cause = None;
        self.outcomes.clear();
        self.probe = None;
        self.lift(|_| true)
    }

    /// A block that another replica made, or that was kept over a restart. The later end wins.
    pub fn adopt(&mut self, block: Block) {
        match self.blocks.iter_mut().find(|b| b.model == block.model && b.reason == block.reason) {
            Some(known) if known.since > block.since => {}
            Some(known) => *known = block,
            None => self.blocks.push(block),
        }
    }

    /// Another replica saw the account serve again.
    pub fn forget(&mut self, model: Option<&str>, reason: BlockReason, since: DateTime<Utc>) {
        self.blocks.retain(|b| b.model.as_deref() != model || b.reason != reason || b.since > since);
    }

    /// Drops leases that ran out long ago: nobody asked meanwhile.
    pub fn prune(&mut self, now: DateTime<Utc>) {
        self.blocks.retain(|b| now < b.until + TimeDelta::days(1));
    }

    fn breaker(&mut self, failed: &Failed<'_>, now: DateTime<Utc>) -> Option<Change> {
        if failed.incident {
            return None;
        }
        let open = self.blocks.iter().find(|b| b.reason == BlockReason::Failing && b.model.is_none());
        let opened = match open {
            // The answer of a request that began before the breaker opened changes nothing.
            Some(block) if now < block.until && failed.began < block.since => return None,
            Some(block) => block.opened + 1,
            None if self.streak >= OPEN_AFTER || self.mostly_fails(now) => 0,
            None => return None,
        };
        let cooldown = COOLDOWN.checked_mul(1 << opened.min(10)).unwrap_or(LONGEST_COOLDOWN);
        let until = now + cooldown.min(LONGEST_COOLDOWN);
        let block =
            Block { model: None, reason: BlockReason::Failing, since: now, until, told: false, opened };
        Some(self.put(block))
    }

    fn mostly_fails(&self, now: DateTime<Utc>) -> bool {
        let recent = self.outcomes.iter().filter(|(at, _)| now - *at <= WINDOW);
        let (all, bad) = recent.fold((0, 0), |(all, bad), (_, good)| (all + 1, bad + usize::from(!good)));
        all >= MIN_OUTCOMES && bad * 2 > all && self.streak >= 3
    }

    fn put(&mut self, block: Block) -> Change {
        self.blocks.retain(|b| b.model != block.model || b.reason != block.reason);
        if self.blocks.len() >= MOST_BLOCKS {
            // The names of models come from clients.
            self.blocks.remove(0);
        }
        self.blocks.push(block.clone());
        Change::Blocked(block)
    }

    fn lift(&mut self, which: impl Fn(&Block) -> bool) -> Vec<Change> {
        let mut lifted = Vec::new();
        self.blocks.retain(|b| {
            let gone = which(b);
            if gone {
                lifted.push(Change::Lifted { model: b.model.clone(), reason: b.reason });
            }
            !gone
        });
        lifted
    }

    fn push(&mut self, now: DateTime<Utc>, good: bool) {
        self.outcomes.push_back((now, good));
        while self.outcomes.len() > KEPT || self.outcomes.front().is_some_and(|(at, _)| now - *at > WINDOW) {
            self.outcomes.pop_front();
        }
    }
}

#[cfg(test)]
mod tests;
