//! The decision: which accounts are tried, in which order, and why not the others.
//!
//! A pure function of a snapshot. Every account is either attempted or excluded with its reason. An account whose
//! block may be wrong (a breaker, an overloaded model, a probe on its way) is not excluded but tried last: when all
//! others fail, asking it costs one request and may save the answer.

use super::health::{BlockReason, Gate};
use super::rotation::Rotation;
use super::score::{BAND, score};
use crate::domain::ids::ProviderId;
use crate::domain::pool::config::Strategy;
use crate::domain::quota::readiness::Readiness;
use chrono::{DateTime, Utc};
use std::fmt;

/// A pool at one moment, for one request.
#[derive(Debug)]
pub struct PoolSnapshot<'a> {
    pub strategy: Strategy,
    /// Owner first, then the members in order.
    pub accounts: Vec<AccountSnapshot<'a>>,
    /// The account that strategies with an order ask first; it is 0, the owner, unless a person chose another.
    pub primary: usize,
    /// The account that the request's conversation lives on, as an index.
    pub home: Option<usize>,
    /// The one that served it last: `home`, or the one it is on loan to.
    pub last: Option<usize>,
    /// Only `last` can read the conversation: it was compacted there.
    pub bound: bool,
}

/// What the decision needs to know of one account.
#[derive(Clone, Debug)]
pub struct AccountSnapshot<'a> {
    pub id: ProviderId,
    pub name: &'a str,
    pub availability: Availability,
    pub gate: Gate,
    /// It serves as many requests as it may.
    pub busy: bool,
    pub quota: Readiness,
    /// Whether the account's own list names the model; `None` when the list is not known.
    pub lists_model: Option<bool>,
}

/// Whether an account can be asked at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Availability {
    Ready,
    /// Switched off by a person.
    Disabled,
    /// Never signed in, or signed out.
    SignedOut,
    /// The grant is gone; only its owner can bring it back.
    NeedsReauth,
    /// It goes on with the conversations that live on it, and takes nothing else: a person said so.
    Draining,
}

impl Availability {
    /// `lives`: the request's conversation lives on the account.
    fn excludes(self, lives: bool) -> Option<ExclusionReason> {
        match self {
            Self::Ready => None,
            Self::Draining => (!lives).then_some(ExclusionReason::Draining),
            Self::Disabled => Some(ExclusionReason::Disabled),
            Self::SignedOut => Some(ExclusionReason::SignedOut),
            Self::NeedsReauth => Some(ExclusionReason::NeedsReauth),
        }
    }
}

/// Why an account is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exclusion {
    /// Which of the snapshot's accounts.
    pub index: usize,
    pub reason: ExclusionReason,
    /// When it can serve again, where that is known.
    pub until: Option<DateTime<Utc>>,
    /// `until` is what the upstream said.
    pub told: bool,
}

/// The reasons, as the API names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ExclusionReason {
    Disabled,
    SignedOut,
    NeedsReauth,
    Exhausted,
    CoolingDown,
    SpendLimit,
    NotIncluded,
    PaymentRequired,
    Forbidden,
    ModelNotInPlan,
    /// It serves as many requests as it may.
    Busy,
    /// Another account compacted the conversation.
    ForeignConversation,
    /// It takes nothing new.
    Draining,
}

impl fmt::Display for ExclusionReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Disabled => "is disabled",
            Self::SignedOut => "is not signed in",
            Self::NeedsReauth => "needs to be signed in again",
            Self::Exhausted => "has used up its quota",
            Self::CoolingDown => "is cooling down",
            Self::SpendLimit => "has used up its credits or spend limit",
            Self::NotIncluded => "has a plan without Codex",
            Self::PaymentRequired => "has a deactivated or unpaid workspace",
            Self::Forbidden => "was refused by the upstream",
            Self::ModelNotInPlan => "has a plan without this model",
            Self::Busy => "serves as many requests as it may",
            Self::ForeignConversation => "cannot read this conversation, which another account compacted",
            Self::Draining => "is draining and takes nothing new",
        })
    }
}

/// Why the first account is the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// There is no other.
    #[default]
    Only,
    Owner,
    /// A person made it the one that comes first, instead of the owner.
    Primary,
    /// Those before it in the pool's order cannot serve.
    Next,
    Turn,
    Quota,
    /// The conversation lives there.
    Home,
    /// The conversation was moved there, as its home cannot serve.
    Loan,
    /// All are in trouble; this is the one that may be out of it soonest.
    LastResort,
    /// Nobody can serve.
    Nobody,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Only => "it is the only account",
            Self::Owner => "the pool's owner comes first and can serve",
            Self::Primary => "it is the pool's primary account and can serve",
            Self::Next => "it is the first in the pool's order that can serve",
            Self::Turn => "it is its turn",
            Self::Quota => "of the quota that is left, it would lose the most at its next reset",
            Self::Home => "the conversation lives on it, with its prompt cache",
            Self::Loan => "the conversation's home cannot serve; it was moved here",
            Self::LastResort => "every account is in trouble; it may be out of it soonest",
            Self::Nobody => "no account can serve",
        })
    }
}

/// The order of attempts with the reasons of those that are not in it. Indices are the snapshot's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    pub attempts: Vec<usize>,
    /// From this place on, the attempts are a last resort.
    pub last_resort_from: usize,
    pub excluded: Vec<Exclusion>,
    pub why: Why,
}

/// See the module. The first attempt takes its turn in `rotation`: a decision and its turn are one step.
pub fn decide(pool: &PoolSnapshot<'_>, rotation: &mut Rotation, now: DateTime<Utc>) -> Plan {
    let mut plan = Plan::default();
    let mut ready: Vec<usize> = Vec::with_capacity(pool.accounts.len());
    let mut soft: Vec<(DateTime<Utc>, usize)> = Vec::new();
    // A list may be stale, and is when nobody's names the model.
    let somebody_lists = pool.accounts.iter().any(|a| a.lists_model == Some(true));
    for (index, account) in pool.accounts.iter().enumerate() {
        let mut exclude = |reason, until, told| {
            plan.excluded.push(Exclusion { index, reason, until, told });
        };
        if pool.bound && pool.last.is_some_and(|last| last != index) {
            exclude(ExclusionReason::ForeignConversation, None, false);
            continue;
        }
        let lives = pool.home == Some(index) || pool.bound && pool.last == Some(index);
        if let Some(reason) = account.availability.excludes(lives) {
            exclude(reason, None, false);
            continue;
        }
        if let Gate::Shut { reason, until, told, soft: false } = account.gate {
            exclude(reason.into(), Some(until), told);
            continue;
        }
        match account.quota {
            // A probe finds out; until its lease ends, the quota's word stands, also for a last resort.
            Readiness::Exhausted { until, .. } if until.is_none_or(|at| now < at) => {
                exclude(ExclusionReason::Exhausted, until, until.is_some());
            }
            _ if somebody_lists && account.lists_model == Some(false) => {
                exclude(ExclusionReason::ModelNotInPlan, None, false);
            }
            _ if account.busy => exclude(ExclusionReason::Busy, None, false),
            _ => match account.gate {
                Gate::Shut { until, .. } => soft.push((until, index)),
                Gate::Open | Gate::Probe => ready.push(index),
            },
        }
    }
    let chosen = order(pool, &mut ready, rotation, now);
    plan.last_resort_from = ready.len();
    soft.sort_unstable();
    plan.attempts = ready;
    plan.attempts.extend(soft.into_iter().map(|(_, index)| index));
    plan.why = match plan.attempts.first() {
        None => Why::Nobody,
        Some(_) if pool.accounts.len() == 1 => Why::Only,
        Some(_) if plan.last_resort_from == 0 => Why::LastResort,
        Some(_) => chosen,
    };
    plan
}

impl From<BlockReason> for ExclusionReason {
    fn from(reason: BlockReason) -> Self {
        match reason {
            BlockReason::Failing | BlockReason::Overload | BlockReason::RateLimit => Self::CoolingDown,
            BlockReason::SpendLimit => Self::SpendLimit,
            BlockReason::NotIncluded => Self::NotIncluded,
            BlockReason::PaymentRequired => Self::PaymentRequired,
            BlockReason::Forbidden => Self::Forbidden,
            BlockReason::ModelNotInPlan => Self::ModelNotInPlan,
        }
    }
}

/// Puts those that can serve in order and says why the first is the first.
fn order(pool: &PoolSnapshot<'_>, ready: &mut [usize], rotation: &mut Rotation, now: DateTime<Utc>) -> Why {
    if matches!(pool.strategy, Strategy::PrimaryFirst | Strategy::PriorityOrder) {
        return by_rank(pool, ready);
    }
    let mut candidates = candidates(pool, ready, rotation, now);
    let mut why = Why::Turn;
    if pool.strategy == Strategy::QuotaAware {
        candidates.sort_unstable_by(|a, b| b.value.total_cmp(&a.value).then(a.index.cmp(&b.index)));
        let best = candidates.first().map_or(0.0, |c| c.value);
        let band = candidates.iter().take_while(|c| c.value >= best * (1.0 - BAND)).count();
        by_turn(&mut candidates[..band]);
        if band < 2 {
            why = Why::Quota;
        }
    } else {
        by_turn(&mut candidates);
    }
    for (place, candidate) in candidates.iter().enumerate() {
        ready[place] = candidate.index;
    }
    // Home if it can serve, else where the loan is. The others keep their order.
    for (preferred, reason) in [(pool.last, Why::Loan), (pool.home, Why::Home)] {
        if let Some(at) = preferred.and_then(|index| ready.iter().position(|i| *i == index)) {
            ready[..=at].rotate_right(1);
            why = reason;
        }
    }
    // A conversation that stays takes a turn as well: what counts is who serves how much.
    if let Some(first) = ready.first().and_then(|first| candidates.iter().find(|c| c.index == *first)) {
        rotation.take(pool.accounts[first.index].id, first.weight);
    }
    why
}

/// The primary account first, then the pool's order.
fn by_rank(pool: &PoolSnapshot<'_>, ready: &mut [usize]) -> Why {
    if let Some(at) = ready.iter().position(|index| *index == pool.primary) {
        ready[..=at].rotate_right(1);
    }
    match ready.first() {
        Some(&first) if first == pool.primary && first == 0 => Why::Owner,
        Some(&first) if first == pool.primary => Why::Primary,
        _ => Why::Next,
    }
}

/// An account that can serve, among others that take turns with it.
struct Candidate {
    index: usize,
    /// Turns that it has had.
    turns: f64,
    /// Where it stands among those who have had as many.
    tie: usize,
    /// What speaks for it, by its quota.
    value: f64,
    weight: f64,
}

fn candidates(
    pool: &PoolSnapshot<'_>,
    ready: &[usize],
    rotation: &mut Rotation,
    now: DateTime<Utc>,
) -> Vec<Candidate> {
    let ids: Vec<ProviderId> = ready.iter().map(|index| pool.accounts[*index].id).collect();
    let turns = rotation.begin(&ids);
    let candidate = |(&index, turns): (&usize, f64)| {
        let (value, weight) = match pool.strategy {
            Strategy::QuotaAware => {
                let score = score(&pool.accounts[index].quota, now);
                (score.value, score.weight)
            }
            _ => (0.0, 1.0),
        };
        Candidate { index, turns, tie: rotation.tie(index, pool.accounts.len()), value, weight }
    };
    ready.iter().zip(turns).map(candidate).collect()
}

fn by_turn(candidates: &mut [Candidate]) {
    // A stable sort is quick with what is in order already but for a few runs, as those who take turns are.
    candidates.sort_by(|a, b| a.turns.total_cmp(&b.turns).then(a.tie.cmp(&b.tie)));
}

/// How many names a stored decision lists of each kind.
const LISTED: usize = 16;

impl Plan {
    /// The decision for people: the JSON that is stored with a request.
    pub fn describe(&self, pool: &PoolSnapshot<'_>) -> serde_json::Value {
        let name = |index: &usize| pool.accounts[*index].name;
        let excluded = self.excluded.iter().take(LISTED).map(|e| {
            serde_json::json!({
                "provider_name": name(&e.index), "reason": e.reason, "until": e.until,
                "detail": e.reason.to_string(),
            })
        });
        serde_json::json!({
            "strategy": pool.strategy.as_str(),
            "why": self.why.to_string(),
            "why_code": self.why,
            "home": pool.home.as_ref().map(&name),
            "attempts": self.attempts.iter().take(LISTED).map(&name).collect::<Vec<_>>(),
            "last_resort": self.attempts.iter().skip(self.last_resort_from).take(LISTED).map(&name).collect::<Vec<_>>(),
            "excluded": excluded.collect::<Vec<_>>(),
            "candidates": pool.accounts.len(),
        })
    }
}

#[cfg(test)]
mod tests;
