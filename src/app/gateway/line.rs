//! A request that may have to wait for a place on an account.

use super::Ask;
use crate::app::health::{Accounts, Lane, Turn};
use crate::config::Routing;
use crate::domain::ids::ProviderId;
use crate::domain::routing::refusal::Out;
use crate::telemetry::metrics::{Metrics, QueueOutcome};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// What happened to a request on its way to an account.
pub(super) struct Line {
    lane: Lane,
    /// Requests that an account serves at a time.
    pub most: Option<usize>,
    until: Instant,
    /// Where it may go without a plan: it has waited for that.
    pub turn: Option<Turn>,
    /// Accounts that serve as many as they may, as of the last walk.
    pub busy: Vec<ProviderId>,
    /// What was said of them.
    pub outs: Vec<Out>,
    failed: Vec<(ProviderId, Out)>,
}

impl Line {
    pub(super) fn new(ask: &Ask, routing: &Routing) -> Self {
        Self {
            lane: ask.key.as_ref().map_or(Lane::Tenant(ask.tenant), |key| Lane::Key(key.id)),
            most: routing.max_concurrent_per_account.and_then(|most| usize::try_from(most).ok()),
            until: Instant::now() + Duration::from_secs(routing.max_queue_seconds),
            turn: None,
            busy: Vec::new(),
            outs: Vec::new(),
            failed: Vec::new(),
        }
    }

    /// A new walk begins, with these accounts known to be busy.
    pub(super) fn plan(&mut self, busy: impl Iterator<Item = ProviderId>) {
        self.outs.clear();
        self.busy = busy.collect();
    }

    /// Some time has passed: whoever failed may be asked again.
    pub(super) fn begin_anew(&mut self) {
        self.failed.clear();
    }

    pub(super) fn failed(&mut self, account: ProviderId, out: Out) {
        self.failed.push((account, out));
    }

    pub(super) fn has_failed(&self, account: ProviderId) -> bool {
        self.failed.iter().any(|(id, _)| *id == account)
    }

    /// Why the accounts that were tried do not serve.
    pub(super) fn outs(&self) -> Vec<Out> {
        self.failed.iter().map(|(_, out)| out).chain(&self.outs).cloned().collect()
    }

    /// Waits for its turn on an account that is busy; `false` when there is none, or the time is over.
    pub(super) async fn wait(
        &mut self,
        accounts: &Arc<Accounts>,
        stop: &CancellationToken,
        metrics: &Metrics,
    ) -> bool {
        let failed: Vec<ProviderId> = self.failed.iter().map(|(id, _)| *id).collect();
        self.busy.retain(|id| !failed.contains(id));
        let Some(most) = self.most.filter(|_| !self.busy.is_empty() && Instant::now() < self.until) else {
            return false;
        };
        let queued = metrics.queued();
        let mut waiting = accounts.wait_for(self.lane, std::mem::take(&mut self.busy), most);
        self.turn = tokio::select! {
            biased;
            turn = waiting.turn() => turn,
            () = stop.cancelled() => None,
            () = tokio::time::sleep_until(self.until) => None,
        };
        let served = self.turn.is_some();
        queued.end(if served { QueueOutcome::Served } else { QueueOutcome::Refused });
        served
    }
}
