//! What is known of an account's quota, joined from everything that was heard of it.
//!
//! [`Evidence`] is a join-semilattice: every part of it keeps the greatest of what it was given under a total order, so
//! any order of observations, any doubling, and any way through replicas and the database give the same evidence. What
//! follows from it is judged when it is asked for ([`Evidence::windows`], [`Evidence::exhaustion`]), from the evidence and
//! the time alone.
//!
//! Authority: a refusal above headers and events of real turns, these above the usage endpoint, whose numbers lag by
//! minutes. Within one window the figure does not fall, unless a later real turn says less, or the usage endpoint still
//! does when its lag is over. A later reset is a new window. Past its reset a window is unknown. An exhaustion is a lease:
//! it ends at its reset (after a while, where none was told), and earlier when fresh evidence speaks against it. An
//! operator's release is evidence too: what exhausted the account before it no longer does; what is heard after it does.

mod readings;

use super::parse::{Credits, LimitRefusal, MeterReading, ModelUse, Observation, ResetCredits, WindowReading};
use super::window::{MeterId, Source, WindowKind, WindowLength, meter_is_of_model};
use chrono::{DateTime, TimeDelta, Utc};
use readings::{Reading, Readings, WindowEvidence};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// How far the usage endpoint may be behind.
pub const POLL_LAG: TimeDelta = TimeDelta::minutes(15);
/// A poll this much later than an exhaustion may speak against it: it still sticks at 99 % before.
const POLL_SETTLE: TimeDelta = TimeDelta::minutes(2);
/// A real turn that was answered this much later than an exhaustion speaks against it: it was not under way before.
const TURN_SETTLE: TimeDelta = TimeDelta::seconds(5);
/// Real turns that run side by side tell figures that are this much behind each other.
const TURN_HOLD: TimeDelta = TimeDelta::minutes(2);
/// An exhaustion whose end nobody told is tried again after this.
const LEASE: TimeDelta = TimeDelta::minutes(15);
/// Everything that was used up, in hundredths of a percent.
const FULL: u32 = 10_000;

/// Takes in another value of its kind: commutative, associative, idempotent.
trait Join {
    fn join(&mut self, other: Self);
}

/// The later one; of two at once, the greater.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Told<T> {
    pub at: DateTime<Utc>,
    pub value: T,
}

impl<T: Ord> Join for Option<T> {
    fn join(&mut self, other: Self) {
        if other > *self {
            *self = other;
        }
    }
}

impl<K: Ord, V: Join + Default> Join for BTreeMap<K, V> {
    fn join(&mut self, other: Self) {
        for (key, value) in other {
            self.entry(key).or_default().join(value);
        }
    }
}

/// Everything that is known of one account.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Evidence {
    plan: Option<Told<String>>,
    credits: Option<Told<Credits>>,
    reset_credits: Option<Told<ResetCredits>>,
    meters: BTreeMap<MeterId, MeterEvidence>,
    /// By the model that was asked for; which meter that is, is known when it is judged.
    refusals: BTreeMap<String, BTreeMap<i64, Option<Refused>>>,
    models: BTreeMap<String, Option<Told<ModelUse>>>,
    polled_at: Option<DateTime<Utc>>,
    heard_at: Option<DateTime<Utc>>,
    /// When an operator last said that all is well.
    released_at: Option<DateTime<Utc>>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct MeterEvidence {
    name: Option<Told<String>>,
    windows: BTreeMap<WindowLength, WindowEvidence>,
    /// Which windows there are.
    listed: Option<Told<BTreeSet<WindowLength>>>,
    turn: Option<Statement>,
    poll: Option<Statement>,
}

/// Whether the account can serve, as one answer put it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Statement {
    at: DateTime<Utc>,
    out: Option<Out>,
}

/// It can't, for what and until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Out {
    until: Option<DateTime<Utc>>,
    length: Option<WindowLength>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Refused {
    at: DateTime<Utc>,
    out: Out,
    meter: Option<MeterId>,
}

/// A window as it is believed to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WindowView<'a> {
    pub meter: &'a MeterId,
    /// The meter's name for people.
    pub name: Option<&'a str>,
    pub length: WindowLength,
    /// 0 to 1000, as upstream told it.
    pub used_percent: f64,
    pub resets_at: Option<DateTime<Utc>>,
    pub source: Source,
    pub observed_at: DateTime<Utc>,
}

/// An account that can't serve, for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exhaustion {
    /// `None` where nobody told.
    pub until: Option<DateTime<Utc>>,
    pub window: WindowKind,
}

impl Join for MeterEvidence {
    fn join(&mut self, other: Self) {
        self.name.join(other.name);
        self.windows.join(other.windows);
        self.listed.join(other.listed);
        self.turn.join(other.turn);
        self.poll.join(other.poll);
    }
}

impl Statement {
    fn new(said: &MeterReading, credits: Option<&Credits>, at: DateTime<Utc>) -> Option<Self> {
        let serves_on_credits = credits.is_some_and(|c| c.has_credits || c.unlimited);
        let full = said.windows.iter().filter(|w| w.used >= FULL).max_by_key(|w| (w.resets_at, w.length));
        // The percentage sticks at 99 for a while: the fullest window is it.
        let nearly =
            said.windows.iter().filter(|w| w.used >= FULL - 500).max_by_key(|w| (w.used, w.resets_at));
        let of = |window: Option<&WindowReading>| {
            Some(Out { until: window.and_then(|w| w.resets_at), length: window.map(|w| w.length) })
        };
        let out = match (said.spent, said.allowed, said.limit_reached) {
            (Some(until), ..) => Some(Out { until, length: None }),
            (None, Some(true), _) | (None, None, Some(false)) => None,
            (None, None, Some(true)) if serves_on_credits => None,
            (None, Some(false), _) | (None, None, Some(true)) => of(full.or(nearly)),
            (None, None, None) if said.windows.is_empty() => return None,
            (None, None, None) if serves_on_credits => None,
            (None, None, None) => full.and_then(|full| of(Some(full))),
        };
        Some(Self { at, out })
    }
}

impl Evidence {
    /// What one observation proves.
    pub fn of(said: &Observation) -> Self {
        let at = said.at;
        let is_poll = said.source == Source::UsageApi;
        let meters = said.meters.iter().map(|m| (m.meter.clone(), meter_evidence(m, said))).collect();
        Self {
            plan: said.plan.clone().map(|value| Told { at, value }),
            credits: said.credits.clone().map(|value| Told { at, value }),
            reset_credits: said.reset_credits.map(|value| Told { at, value }),
            meters,
            refusals: BTreeMap::new(),
            models: said
                .models
                .iter()
                .map(|(m, value)| (m.clone(), Some(Told { at, value: *value })))
                .collect(),
            polled_at: is_poll.then_some(at),
            heard_at: (!is_poll).then_some(at),
            released_at: None,
        }
    }

    /// What a refusal proves.
    pub fn of_refusal(said: LimitRefusal) -> Self {
        let LimitRefusal { at, model, meter, length, until } = said;
        let refused = Refused { at, out: Out { until, length }, meter };
        let by_length = BTreeMap::from([(length.map_or(0, WindowLength::seconds), Some(refused))]);
        Self { refusals: BTreeMap::from([(model, by_length)]), ..Self::default() }
    }

    /// An operator said at `at` that all is well.
    pub fn of_release(at: DateTime<Utc>) -> Self {
        Self { released_at: Some(at), ..Self::default() }
    }

    /// Takes in other evidence of the same account.
    pub fn join(&mut self, other: Self) {
        self.plan.join(other.plan);
        self.credits.join(other.credits);
        self.reset_credits.join(other.reset_credits);
        self.meters.join(other.meters);
        self.refusals.join(other.refusals);
        self.models.join(other.models);
        self.polled_at.join(other.polled_at);
        self.heard_at.join(other.heard_at);
        self.released_at.join(other.released_at);
    }

    /// Drops refusals that are long over, so that they do not gather.
    pub fn prune(&mut self, now: DateTime<Utc>) {
        for by_length in self.refusals.values_mut() {
            by_length.retain(|_, r| r.as_ref().is_some_and(|r| end(r.out, r.at) > now - TimeDelta::hours(1)));
        }
        self.refusals.retain(|_, by_length| !by_length.is_empty());
    }

    pub fn plan(&self) -> Option<&str> {
        self.plan.as_ref().map(|told| &*told.value)
    }

    pub fn credits(&self) -> Option<&Credits> {
        self.credits.as_ref().map(|told| &told.value)
    }

    pub fn reset_credits(&self) -> Option<ResetCredits> {
        self.reset_credits.as_ref().map(|told| told.value)
    }

    /// When the usage endpoint last answered.
    pub fn polled_at(&self) -> Option<DateTime<Utc>> {
        self.polled_at
    }

    /// When a real turn last told of the quota.
    pub fn heard_at(&self) -> Option<DateTime<Utc>> {
        self.heard_at
    }

    /// When a limit was last refused.
    pub fn refused_at(&self) -> Option<DateTime<Utc>> {
        self.refusals.values().flat_map(BTreeMap::values).flatten().map(|r| r.at).max()
    }

    /// When an operator last released the account.
    pub fn released_at(&self) -> Option<DateTime<Utc>> {
        self.released_at
    }

    /// The newest of everything that the upstream told.
    pub fn observed_at(&self) -> Option<DateTime<Utc>> {
        self.polled_at.max(self.heard_at).max(self.refused_at())
    }

    /// The last reset that came after the last word of its window: since then nothing is known of it.
    pub fn silent_since(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let windows = self.meters.values().flat_map(|meter| meter.windows.values());
        let resets = windows.filter_map(|w| {
            let resets = [&w.turn, &w.poll].map(|r| r.newest.and_then(|r| r.resets_at));
            resets.into_iter().flatten().max()
        });
        let refused = self.refusals.values().flat_map(BTreeMap::values).flatten().filter_map(|r| r.out.until);
        let heard = self.polled_at.max(self.heard_at);
        resets.chain(refused).filter(|reset| *reset <= now && Some(*reset) > heard).max()
    }

    /// When time alone changes what follows from it: the next reset, or end of an exhaustion.
    pub fn next_change(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let refused = self.refusals.values().flat_map(BTreeMap::values).flatten().map(|r| end(r.out, r.at));
        let models = self.models.values().flatten().map(|m| m.value.available_at.unwrap_or(m.at + LEASE));
        let meters = self.meters.values();
        let said = meters.clone().flat_map(|m| [m.turn, m.poll]).flatten();
        let outs = said.filter_map(|s| Some(end(s.out?, s.at)));
        let windows = meters.flat_map(|m| &m.windows).flat_map(|(length, w)| {
            let readings = [w.turn.newest, w.turn.peak, w.poll.newest, w.poll.peak];
            readings.into_iter().flatten().map(|r| r.resets_at.unwrap_or(r.at + length.delta()))
        });
        refused.chain(models).chain(outs).chain(windows).filter(|at| *at > now).min()
    }

    /// The meter that a model counts on.
    pub fn meter_of(&self, model: &str) -> &MeterId {
        static MAIN: LazyLock<MeterId> = LazyLock::new(MeterId::main);
        let own = self.meters.iter().find(|(id, evidence)| {
            !id.is_main() && evidence.name.as_ref().is_some_and(|name| meter_is_of_model(&name.value, model))
        });
        own.map_or_else(|| &*MAIN, |(id, _)| id)
    }

    /// Every window of which something is known, the main meter's first, short ones first.
    pub fn windows(&self, now: DateTime<Utc>) -> Vec<WindowView<'_>> {
        let mut meters: Vec<_> = self.meters.iter().collect();
        meters.sort_by_key(|(id, _)| !id.is_main());
        meters.into_iter().flat_map(|(id, evidence)| self.meter_windows(id, evidence, now)).collect()
    }

    /// The windows of one meter.
    pub fn windows_of(&self, meter: &MeterId, now: DateTime<Utc>) -> Vec<WindowView<'_>> {
        let found = self.meters.get_key_value(meter);
        found.map_or_else(Vec::new, |(id, evidence)| self.meter_windows(id, evidence, now))
    }

    fn meter_windows<'a>(
        &'a self,
        id: &'a MeterId,
        evidence: &'a MeterEvidence,
        now: DateTime<Utc>,
    ) -> Vec<WindowView<'a>> {
        let name = evidence.name.as_ref().map(|name| &*name.value);
        let view = |length: WindowLength, reading: Reading| WindowView {
            meter: id,
            name,
            length,
            used_percent: f64::from(reading.used) / 100.0,
            resets_at: reading.resets_at,
            source: reading.source,
            observed_at: reading.at,
        };
        let readings = evidence.windows.iter().filter(|(length, w)| evidence.lists(**length, w));
        let mut windows: BTreeMap<WindowLength, Reading> =
            readings.filter_map(|(length, w)| Some((*length, w.judge(*length, now)?))).collect();
        for refused in self.refusals_of(id, None) {
            let Some(length) = refused.out.length else { continue };
            if self.has_ended(evidence, refused.at, refused.out, false, now) {
                continue;
            }
            let read = windows.get(&length);
            let resets_at = refused.out.until.or_else(|| read.and_then(|r| r.resets_at));
            let used = read.map_or(FULL, |r| r.used.max(FULL));
            windows.insert(length, Reading { at: refused.at, source: Source::Refusal, used, resets_at });
        }
        windows.into_iter().map(|(length, reading)| view(length, reading)).collect()
    }

    /// The refusals that count for a meter, or for a model on it.
    fn refusals_of<'a>(
        &'a self,
        meter: &'a MeterId,
        model: Option<&'a str>,
    ) -> impl Iterator<Item = &'a Refused> {
        self.refusals.iter().flat_map(move |(asked, by_length)| {
            let of_model = model == Some(asked);
            // Only worked out where there is a refusal at all.
            let own = if of_model { None } else { Some(self.meter_of(asked)) };
            by_length.values().flatten().filter(move |r| of_model || r.meter.as_ref().or(own) == Some(meter))
        })
    }

    /// Whether `model` can't be served now, and until when.
    pub fn exhaustion(&self, model: &str, now: DateTime<Utc>) -> Option<Exhaustion> {
        static SILENT: MeterEvidence =
            MeterEvidence { name: None, windows: BTreeMap::new(), listed: None, turn: None, poll: None };
        let id = self.meter_of(model);
        let meter = self.meters.get(id).unwrap_or(&SILENT);
        let mut outs: Vec<Out> = Vec::new();
        let refused =
            self.refusals_of(id, Some(model)).filter(|r| !self.has_ended(meter, r.at, r.out, false, now));
        outs.extend(
            refused
                .map(|r| Out { until: r.out.until.or_else(|| meter.reset_of(r.out.length, now)), ..r.out }),
        );
        for (statement, of_poll) in [(meter.turn, false), (meter.poll, true)] {
            let Some(Statement { at, out: Some(out) }) = statement else { continue };
            if !self.has_ended(meter, at, out, of_poll, now) {
                outs.push(out);
            }
        }
        if let Some(Some(told)) = self.models.get(model)
            && !told.value.available
            && !self.is_released(told.at)
            && told.value.available_at.unwrap_or(told.at + LEASE) > now
        {
            outs.push(Out { until: told.value.available_at, length: None });
        }
        // All of them have to be over.
        let last = outs.into_iter().max()?;
        Some(Exhaustion {
            until: last.until,
            window: last.length.map_or(WindowKind::Other, WindowLength::kind),
        })
    }

    /// What was said at `at` was said before an operator's release.
    fn is_released(&self, at: DateTime<Utc>) -> bool {
        self.released_at.is_some_and(|released| at <= released)
    }

    /// Whether an exhaustion of a meter is over: its end has come, it was released, or something fresh speaks against it.
    fn has_ended(
        &self,
        meter: &MeterEvidence,
        at: DateTime<Utc>,
        out: Out,
        of_poll: bool,
        now: DateTime<Utc>,
    ) -> bool {
        if self.is_released(at) {
            return true;
        }
        if end(Out { until: out.until.or_else(|| meter.reset_of(out.length, now)), ..out }, at) <= now {
            return true;
        }
        let able = |statement: Option<Statement>| statement.filter(|s| s.out.is_none()).map(|s| s.at);
        let settle = if of_poll { TimeDelta::zero() } else { TURN_SETTLE };
        if able(meter.turn).is_some_and(|able| able > at + settle) {
            return true;
        }
        able(meter.poll)
            .is_some_and(|able| able > at + POLL_SETTLE || able > at && meter.is_clearly_free(at, out))
    }

    /// Whether somebody said that `model` can be served.
    pub fn is_known(&self, model: &str, now: DateTime<Utc>) -> bool {
        let meter = self.meters.get(self.meter_of(model));
        meter.is_some_and(|m| [m.turn, m.poll].iter().flatten().any(|s| now - s.at < TimeDelta::hours(6)))
    }
}

fn meter_evidence(said: &MeterReading, whole: &Observation) -> MeterEvidence {
    let at = whole.at;
    let is_poll = whole.source == Source::UsageApi;
    let windows = said.windows.iter().map(|w| {
        let reading = Reading { at, source: whole.source, used: w.used, resets_at: w.resets_at };
        let readings = Readings { newest: Some(reading), peak: Some(reading) };
        let mut evidence = WindowEvidence::default();
        *(if is_poll { &mut evidence.poll } else { &mut evidence.turn }) = readings;
        (w.length, evidence)
    });
    let mut evidence = MeterEvidence {
        name: said.name.clone().map(|value| Told { at, value }),
        windows: BTreeMap::new(),
        listed: (!said.windows.is_empty())
            .then(|| Told { at, value: said.windows.iter().map(|w| w.length).collect() }),
        turn: None,
        poll: None,
    };
    for (length, window) in windows {
        evidence.windows.entry(length).or_default().join(window);
    }
    let statement = Statement::new(said, whole.credits.as_ref(), at);
    *(if is_poll { &mut evidence.poll } else { &mut evidence.turn }) = statement;
    evidence
}

/// When an exhaustion ends by itself.
fn end(out: Out, at: DateTime<Utc>) -> DateTime<Utc> {
    out.until.unwrap_or(at + LEASE)
}

impl MeterEvidence {
    /// Whether the plan still has this window: a changed plan lists others.
    fn lists(&self, length: WindowLength, window: &WindowEvidence) -> bool {
        self.listed.as_ref().is_none_or(|listed| {
            listed.value.contains(&length)
                || window.newest_at().is_some_and(|at| at + TimeDelta::minutes(1) >= listed.at)
        })
    }

    fn reset_of(&self, length: Option<WindowLength>, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let length = length?;
        self.windows.get(&length)?.judge(length, now)?.resets_at
    }

    /// The usage endpoint tells of another window, or of one that is far from full.
    fn is_clearly_free(&self, at: DateTime<Utc>, out: Out) -> bool {
        let Some(length) = out.length else { return false };
        let newest = self.windows.get(&length).and_then(|w| w.poll.newest).filter(|r| r.at > at);
        newest.is_some_and(|r| {
            let is_another = out.until.zip(r.resets_at).is_some_and(|(old, new)| new > old + length.jitter());
            r.used < FULL - 1_000 || is_another
        })
    }
}

#[cfg(test)]
mod tests;
