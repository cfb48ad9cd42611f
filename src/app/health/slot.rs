//! One attempt at one account: it counts as open until it is dropped, whatever happens.

use super::Accounts;
use super::queue::{Place, Turn};
use crate::domain::ids::ProviderId;
use crate::domain::quota::readiness::Readiness;
use crate::domain::routing::decide::ExclusionReason;
use crate::domain::routing::failover::{Cause, Verdict};
use crate::domain::routing::health::{Failed, Gate};
use chrono::{DateTime, TimeDelta, Utc};
use std::sync::Arc;

/// What an attempt's failure tells of its account.
#[derive(Clone, Debug)]
pub struct SlotOutcome {
    pub verdict: Verdict,
    pub message: String,
    pub resets_at: Option<DateTime<Utc>>,
    pub retry_after: Option<TimeDelta>,
    /// The account's own list is known and does not name the model.
    pub unlisted: bool,
}

/// See the module.
pub struct Slot {
    /// Handed on when this is dropped.
    place: Place,
    model: String,
    began: DateTime<Utc>,
    probes: bool,
}

/// Why a planned request does not go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoPlace {
    /// The account serves as many as it may.
    Busy,
    /// It got into trouble since the decision. `told`: `until` is what the upstream said.
    Shut { reason: ExclusionReason, until: Option<DateTime<Utc>>, told: bool },
    /// The same, but as a last resort it can still be asked.
    Doubtful,
}

impl Accounts {
    /// Takes a place on the account. To look whether it is free, and whether it may be asked, and to take it is one
    /// step.
    pub fn begin(
        self: &Arc<Self>,
        id: ProviderId,
        model: &str,
        most_open: Option<usize>,
        last_resort: bool,
    ) -> Result<Slot, NoPlace> {
        let place = self.place(id, most_open.unwrap_or(usize::MAX)).ok_or(NoPlace::Busy)?;
        self.begin_on(place, model, last_resort)
    }

    /// The same on a place that was waited for.
    pub fn begin_turn(&self, turn: Turn, model: &str) -> Result<Slot, NoPlace> {
        self.begin_on(turn.0, model, false)
    }

    fn begin_on(&self, place: Place, model: &str, last_resort: bool) -> Result<Slot, NoPlace> {
        let (began, id) = (self.clock.now(), place.id);
        // From here on its drop frees the place.
        let mut slot = Slot { place, model: model.to_owned(), began, probes: false };
        if slot.place.live.is_troubled() {
            let judged = slot.place.live.change(|health| health.begin(model, last_resort, began));
            slot.probes = judged.map_err(|gate| match gate {
                Gate::Shut { reason, until, told, soft: false } => {
                    NoPlace::Shut { reason: reason.into(), until: Some(until), told }
                }
                Gate::Shut { .. } | Gate::Open | Gate::Probe => NoPlace::Doubtful,
            })?;
        }
        if let Readiness::Exhausted { until, .. } = self.quotas.readiness(id, model, began)
            && until.is_none_or(|at| began < at)
        {
            return Err(NoPlace::Shut { reason: ExclusionReason::Exhausted, until, told: until.is_some() });
        }
        Ok(slot)
    }
}

impl Slot {
    /// The account began to answer.
    pub fn answers(&mut self) {
        self.probes = false;
        if self.place.live.is_troubled() {
            let changes = self.place.live.change(|health| health.answers(&self.model, self.began));
            self.place.accounts.tell(self.place.id, changes);
        }
    }

    /// The answer came to its good end.
    pub fn succeeded(&self) {
        let now = self.place.accounts.clock.now();
        self.place.live.change(|health| health.succeeded(now));
        self.place.accounts.incidents().succeeded(self.place.id, now);
    }

    /// The attempt failed, before or after its commit point.
    pub fn failed(&mut self, outcome: &SlotOutcome) {
        self.probes = false;
        let now = self.place.accounts.clock.now();
        let cause = outcome.verdict.cause;
        let incident = !matches!(cause, Cause::Client | Cause::ForeignContent)
            && self.place.accounts.incidents().failed(self.place.id, cause, now);
        let failed = Failed {
            model: &self.model,
            verdict: outcome.verdict,
            message: &outcome.message,
            began: self.began,
            resets_at: outcome.resets_at,
            retry_after: outcome.retry_after,
            incident,
            unlisted: outcome.unlisted,
        };
        let changes = self.place.live.change(|health| {
            let mut changes: Vec<_> = health.failed(&failed, now).into_iter().collect();
            if incident {
                changes.extend(health.pardon());
            }
            changes
        });
        self.place.accounts.tell(self.place.id, changes);
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if self.probes {
            self.place.live.change(|health| health.end_probe(self.began));
        }
    }
}
