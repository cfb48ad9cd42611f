//! What routing asks: can this account serve this model now, and how much is left of it.

use super::debit::Ledger;
use super::evidence::{Evidence, Exhaustion};
use super::window::WindowKind;
use chrono::{DateTime, TimeDelta, Utc};
use std::sync::Arc;

/// Whether an account can serve.
#[derive(Clone, Debug, PartialEq)]
pub enum Readiness {
    /// Neither healthy nor exhausted: nobody has said.
    Unknown,
    Available {
        /// Shared: a request asks this of every account of its pool.
        headroom: Arc<Headroom>,
    },
    /// Somebody with authority said so. A lease: after `until` it is something else by itself.
    Exhausted { until: Option<DateTime<Utc>>, window: WindowKind },
}

/// How much is left.
#[derive(Clone, Debug, PartialEq)]
pub struct Headroom {
    /// Only windows of which something is known.
    pub windows: Vec<WindowRoom>,
    /// The size of the plan, relative to Plus.
    pub capacity: f64,
}

/// One window's rest.
#[derive(Clone, Debug, PartialEq)]
pub struct WindowRoom {
    pub kind: WindowKind,
    pub length: TimeDelta,
    /// 0 to 1, our own traffic since the last word debited.
    pub remaining: f64,
    pub resets_at: Option<DateTime<Utc>>,
}

/// How large a plan is, Plus being 1, by the messages in five hours that the plans are sold with: Plus (and a seat of a
/// team) 30 to 150, Pro 300 to 1500. Smaller plans are set by their share of that. An unknown plan counts as Plus.
pub fn capacity(plan: Option<&str>) -> f64 {
    match plan.map(str::to_ascii_lowercase).as_deref() {
        Some("pro") => 10.0,
        Some("prolite" | "pro_lite") => 5.0,
        Some("go") => 0.3,
        Some("free" | "guest") => 0.1,
        _ => 1.0,
    }
}

/// Judges the evidence. `plan` is what the sign-in says, for as long as nothing newer was told.
pub fn readiness(
    evidence: &Evidence,
    ledger: &Ledger,
    plan: Option<&str>,
    model: &str,
    now: DateTime<Utc>,
) -> Readiness {
    if let Some(Exhaustion { until, window }) = evidence.exhaustion(model, now) {
        return Readiness::Exhausted { until, window };
    }
    let capacity = capacity(evidence.plan().or(plan));
    let meter = evidence.meter_of(model);
    let room = |w: &super::evidence::WindowView<'_>| WindowRoom {
        kind: w.length.kind(),
        length: w.length.delta(),
        remaining: ((100.0 - w.used_percent - ledger.debit(w, capacity)) / 100.0).clamp(0.0, 1.0),
        resets_at: w.resets_at,
    };
    let windows: Vec<WindowRoom> = evidence.windows_of(meter, now).iter().map(room).collect();
    if windows.is_empty() && !evidence.is_known(model, now) {
        return Readiness::Unknown;
    }
    Readiness::Available { headroom: Arc::new(Headroom { windows, capacity }) }
}
