//! What would have happened to requests that were served if the pool had had another strategy: they are decided once more,
//! in their order, with turns and conversations of their own.
//!
//! An account that was left out of a request then is left out again; one that failed at it fails at it again.

use super::affinity::{ConversationKey, Homes};
use super::decide::{AccountSnapshot, Availability, PoolSnapshot, decide};
use super::health::{BlockReason, Gate};
use super::rotation::Rotation;
use crate::domain::ids::ProviderId;
use crate::domain::pool::config::{Affinity, Strategy};
use crate::domain::quota::readiness::Readiness;
use chrono::{DateTime, TimeDelta, Utc};

#[cfg(test)]
mod tests;

/// How a pool decides.
#[derive(Clone, Debug)]
pub struct Rules<'a> {
    pub strategy: Strategy,
    pub affinity: Affinity,
    /// Owner first.
    pub accounts: &'a [(ProviderId, &'a str)],
    /// The one that is asked first where there is an order, as an index.
    pub primary: usize,
    /// Conversations that rest for so long are forgotten.
    pub conversation_ttl: TimeDelta,
}

/// A request as it was. Indices are those of [`Rules::accounts`].
#[derive(Clone, Debug)]
pub struct Past {
    pub at: DateTime<Utc>,
    pub conversation: Option<ConversationKey>,
    /// Left out by the decision of then.
    pub excluded: Vec<usize>,
    /// To be tried when all others fail.
    pub troubled: Vec<usize>,
    /// Those that were tried and did not answer.
    pub failed: Vec<usize>,
    pub served: Option<usize>,
    /// Of each account, as it was known then.
    pub quota: Vec<Readiness>,
}

/// What became of all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replayed {
    /// Requests that each account served, and would have served.
    pub served: Vec<(u32, u32)>,
    /// Another account would have served.
    pub moved: u32,
    /// No account would have.
    pub unserved: u32,
}

/// Decides them once more. `requests` are in the order in which they came.
pub fn replay(rules: &Rules<'_>, requests: &[Past]) -> Replayed {
    let mut told = Replayed { served: vec![(0, 0); rules.accounts.len()], ..Replayed::default() };
    let mut rotation = Rotation::new(0);
    let mut homes = Homes::new(rules.conversation_ttl, requests.len() + 1);
    for past in requests {
        let simulated = one(rules, past, &mut rotation, &mut homes);
        if let Some(index) = past.served {
            told.served[index].0 += 1;
        }
        match simulated {
            Some(index) => told.served[index].1 += 1,
            None => told.unserved += 1,
        }
        told.moved += u32::from(simulated.is_some() && past.served.is_some() && simulated != past.served);
    }
    told
}

fn one(rules: &Rules<'_>, past: &Past, rotation: &mut Rotation, homes: &mut Homes) -> Option<usize> {
    let key = past.conversation.filter(|_| rules.affinity == Affinity::Conversation);
    let known = key.and_then(|key| homes.get(key, past.at));
    let place = |id: ProviderId| rules.accounts.iter().position(|(account, _)| *account == id);
    let pool = PoolSnapshot {
        strategy: rules.strategy,
        accounts: (0..rules.accounts.len()).map(|index| account(rules, past, index)).collect(),
        primary: rules.primary,
        home: known.and_then(|home| place(home.home)),
        last: known.and_then(|home| place(home.last)),
        bound: false,
    };
    let plan = decide(&pool, rotation, past.at);
    let served = plan.attempts.into_iter().find(|index| !past.failed.contains(index))?;
    if let Some(key) = key {
        homes.served(key, rules.accounts[served].0, |id| place(id).is_some(), past.at);
    }
    Some(served)
}

fn account<'a>(rules: &Rules<'a>, past: &Past, index: usize) -> AccountSnapshot<'a> {
    let (id, name) = rules.accounts[index];
    // Why it was left out does not matter here, and for how long neither.
    let shut = |soft| Gate::Shut {
        reason: BlockReason::Failing,
        until: DateTime::<Utc>::MAX_UTC,
        told: false,
        soft,
    };
    AccountSnapshot {
        id,
        name,
        availability: Availability::Ready,
        gate: if past.excluded.contains(&index) {
            shut(false)
        } else if past.troubled.contains(&index) {
            shut(true)
        } else {
            Gate::Open
        },
        busy: false,
        quota: match past.quota.get(index) {
            // Whether it could serve is what the decision of then says.
            Some(Readiness::Exhausted { .. }) | None => Readiness::Unknown,
            Some(known) => known.clone(),
        },
        lists_model: None,
    }
}
