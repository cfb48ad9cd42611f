//! One account in memory.

use crate::domain::ids::ProviderId;
use crate::domain::quota::debit::Ledger;
use crate::domain::quota::envelope::ErrorCode;
use crate::domain::quota::evidence::{Evidence, WindowView};
use crate::domain::quota::forecast::Sample;
use crate::domain::quota::readiness::{Readiness, capacity, readiness};
use crate::domain::quota::schedule::Facts;
use crate::domain::quota::window::{MeterId, WindowLength};
use crate::domain::responses::event::Usage;
use crate::store::quota::SampleRow;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The history has at most one figure of a window in this time.
const SAMPLE_EVERY: TimeDelta = TimeDelta::seconds(60);
/// Figures of a window that are kept in memory: a third of its length at one an hour, and the last hours at one a minute.
const SAMPLES: usize = 720;
/// Seconds.
const WEEK: i64 = 604_800;
/// Models of which a judgement is kept.
const JUDGED: usize = 16;
/// It is made anew after this, whatever happened.
const JUDGED_FOR: TimeDelta = TimeDelta::seconds(60);
/// Changes that nobody would see are saved this seldom.
const SAVE_EVERY: TimeDelta = TimeDelta::seconds(60);

/// An account, shared.
pub(super) struct Account {
    live: Mutex<Live>,
    /// Held by who asks the usage endpoint: one question at a time.
    pub(super) asking: tokio::sync::Mutex<()>,
}

/// What is known and to be done.
pub(super) struct Live {
    /// The ChatGPT account, once the catalogue told.
    pub(super) account_id: Option<String>,
    /// As the sign-in says.
    pub(super) plan: Option<String>,
    pub(super) evidence: Evidence,
    ledger: Ledger,
    pub(super) dirty: Dirty,
    /// Figures that are not in the database yet.
    pub(super) unsaved: Vec<SampleRow>,
    history: BTreeMap<(MeterId, WindowLength), Vec<Sample>>,
    known_since: DateTime<Utc>,
    tried_at: Option<DateTime<Utc>>,
    failures: u32,
    error: Option<(ErrorCode, DateTime<Utc>)>,
    /// What people saw last.
    shown: Vec<Shown>,
    /// What was judged, while it holds: routing asks of a thousand accounts for every request.
    judged: Vec<Judged>,
}

/// Whether a model can be served, from one moment to another.
struct Judged {
    model: String,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
    readiness: Readiness,
}

/// What has to be saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dirty {
    No,
    /// Since when.
    Later(DateTime<Utc>),
    Now,
}

/// What new evidence changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Nothing,
    /// The age of figures, or fractions of them.
    Small,
    /// What a person would see, or another replica has to know.
    Visible,
}

/// A window as a person sees it.
#[derive(Clone, Debug, PartialEq)]
struct Shown {
    meter: MeterId,
    length: WindowLength,
    used_percent: f64,
    resets_at: Option<DateTime<Utc>>,
}

impl Account {
    pub(super) fn new(now: DateTime<Utc>) -> Self {
        let live = Live {
            account_id: None,
            plan: None,
            evidence: Evidence::default(),
            ledger: Ledger::default(),
            dirty: Dirty::No,
            unsaved: Vec::new(),
            history: BTreeMap::new(),
            known_since: now,
            tried_at: None,
            failures: 0,
            error: None,
            shown: Vec::new(),
            judged: Vec::new(),
        };
        Self { live: Mutex::new(live), asking: tokio::sync::Mutex::default() }
    }

    /// Never held over an await.
    pub(super) fn live(&self) -> MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Live {
    /// Takes in evidence; `is_ours` when this process heard it, and has to save it.
    pub(super) fn take(
        &mut self,
        provider: ProviderId,
        proved: Evidence,
        is_ours: bool,
        now: DateTime<Utc>,
    ) -> Change {
        // What people see at once, and everything.
        let newest = |e: &Evidence| ((e.refused_at(), e.released_at()), e.observed_at());
        let before = newest(&self.evidence);
        let was_out = self.evidence.exhaustion("", now).is_some();
        self.evidence.join(proved);
        self.judged.clear();
        let after = newest(&self.evidence);
        if before == after && !is_ours {
            return Change::Nothing;
        }
        let is_out = self.evidence.exhaustion("", now).is_some();
        let mut change =
            if was_out != is_out || before.0 != after.0 { Change::Visible } else { Change::Small };
        let windows = self.evidence.windows(now);
        let mut shown = Vec::with_capacity(windows.len());
        for window in &windows {
            self.ledger.learn(window);
            let new = Shown {
                meter: window.meter.clone(),
                length: window.length,
                used_percent: window.used_percent,
                resets_at: window.resets_at,
            };
            if !self.shown.iter().any(|old| old.looks_like(&new)) {
                change = Change::Visible;
            }
            shown.push(new);
            let samples = self.history.entry((window.meter.clone(), window.length)).or_default();
            if let Some(sample) = next_sample(samples, window) {
                samples.push(sample);
                if samples.len() > SAMPLES {
                    samples.drain(..SAMPLES / 8);
                }
                if is_ours {
                    self.unsaved.push(row(provider, window));
                }
            }
        }
        if change == Change::Visible {
            self.shown = shown;
        }
        if is_ours {
            self.dirty = match (change, self.dirty) {
                (Change::Visible, _) | (_, Dirty::Now) => Dirty::Now,
                (_, Dirty::Later(since)) => Dirty::Later(since),
                (_, Dirty::No) => Dirty::Later(now),
            };
        }
        change
    }

    /// Whether `model` can be served now.
    pub(super) fn readiness(&mut self, model: &str, now: DateTime<Utc>) -> Readiness {
        let holds = |j: &&Judged| j.model == model && j.from <= now && now < j.until;
        if let Some(judged) = self.judged.iter().find(holds) {
            return judged.readiness.clone();
        }
        let readiness = readiness(&self.evidence, &self.ledger, self.plan.as_deref(), model, now);
        self.judged.retain(|j| j.model != model);
        if self.judged.len() >= JUDGED {
            self.judged.clear();
        }
        let longest = now + JUDGED_FOR;
        self.judged.push(Judged {
            model: model.to_owned(),
            from: now,
            until: self.evidence.next_change(now).map_or(longest, |change| change.min(longest)),
            readiness: readiness.clone(),
        });
        readiness
    }

    /// An answer of `model` was served.
    pub(super) fn served(&mut self, model: &str, usage: &Usage, now: DateTime<Utc>) {
        self.ledger.served(self.evidence.meter_of(model), usage, now);
        self.judged.clear();
    }

    /// Weighted tokens that a week of the account is taken to hold.
    pub(super) fn weekly_tokens(&self) -> f64 {
        let capacity = capacity(self.evidence.plan().or(self.plan.as_deref()));
        WindowLength::from_seconds(WEEK).map_or(0.0, |week| self.ledger.tokens_in(week, capacity))
    }

    /// Whether it is time to save.
    pub(super) fn must_save(&self, now: DateTime<Utc>) -> bool {
        match self.dirty {
            Dirty::No => false,
            Dirty::Now => true,
            Dirty::Later(since) => now - since >= SAVE_EVERY,
        }
    }

    /// A figure that the database has.
    pub(super) fn remember(&mut self, row: &SampleRow) {
        let Some(length) = WindowLength::from_seconds(row.length_seconds) else { return };
        let sample = Sample { at: row.observed_at, used_percent: row.used_percent, resets_at: row.resets_at };
        let samples = self.history.entry((MeterId::named(&row.meter), length)).or_default();
        // Oldest first, whatever was heard since.
        let place = samples.partition_point(|known| known.at < sample.at);
        if samples.get(place).is_none_or(|known| known.at != sample.at) {
            samples.insert(place, sample);
        }
        if samples.len() > SAMPLES {
            samples.drain(..SAMPLES / 8);
        }
    }

    /// The windows of the main meter that have a history.
    pub(super) fn lengths(&self) -> impl Iterator<Item = WindowLength> {
        self.history.keys().filter(|(meter, _)| meter.is_main()).map(|(_, length)| *length)
    }

    pub(super) fn history(&self, window: &WindowView<'_>) -> &[Sample] {
        let found = self.history.get(&(window.meter.clone(), window.length));
        found.map_or(&[], Vec::as_slice)
    }

    /// Another account took the provider's place.
    pub(super) fn forget(&mut self, now: DateTime<Utc>) {
        let fresh = Account::new(now).live.into_inner().unwrap_or_else(PoisonError::into_inner);
        *self = fresh;
    }

    /// The sign-in is as of `since`: a failure of an older one says nothing any more.
    pub(super) fn signed_in(&mut self, since: DateTime<Utc>, now: DateTime<Utc>) {
        if self.error.is_some_and(|(code, at)| code == ErrorCode::ReauthRequired && at < since) {
            (self.error, self.failures, self.tried_at) = (None, 0, None);
            self.known_since = now;
        }
    }

    /// The usage endpoint answered.
    pub(super) fn answered(&mut self, now: DateTime<Utc>) {
        (self.error, self.failures, self.tried_at) = (None, 0, Some(now));
    }

    /// It did not.
    pub(super) fn failed(&mut self, code: ErrorCode, now: DateTime<Utc>) {
        self.failures = self.failures.saturating_add(1);
        (self.error, self.tried_at) = (Some((code, now)), Some(now));
    }

    pub(super) fn tried_at(&self) -> Option<DateTime<Utc>> {
        self.tried_at
    }

    /// Of the last question, when nothing was heard since.
    pub(super) fn error(&self) -> Option<ErrorCode> {
        let (code, at) = self.error?;
        let heard_since = self.evidence.heard_at().max(self.evidence.polled_at()) > Some(at);
        if heard_since { None } else { Some(code) }
    }

    pub(super) fn facts(&self, now: DateTime<Utc>) -> Facts {
        Facts {
            known_since: self.known_since,
            polled_at: self.evidence.polled_at(),
            tried_at: self.tried_at,
            failures: self.failures,
            heard_at: self.evidence.heard_at(),
            served_at: self.ledger.last_at(),
            refused_at: self.evidence.refused_at(),
            silent_since: self.evidence.silent_since(now),
        }
    }
}

impl Shown {
    fn looks_like(&self, new: &Self) -> bool {
        let same_reset = match (self.resets_at, new.resets_at) {
            (Some(a), Some(b)) => (a - b).abs() <= self.length.jitter(),
            (a, b) => a == b,
        };
        self.meter == new.meter
            && self.length == new.length
            && same_reset
            && (self.used_percent - new.used_percent).abs() < 0.5
    }
}

/// A figure for the history: one that differs, and not too soon after the last.
fn next_sample(samples: &[Sample], window: &WindowView<'_>) -> Option<Sample> {
    let sample =
        Sample { at: window.observed_at, used_percent: window.used_percent, resets_at: window.resets_at };
    let Some(last) = samples.last() else { return Some(sample) };
    let same_reset = match (last.resets_at, sample.resets_at) {
        (Some(a), Some(b)) => (a - b).abs() <= window.length.jitter(),
        (a, b) => a == b,
    };
    let differs = !same_reset || (last.used_percent - sample.used_percent).abs() >= 0.01;
    // A new window is worth its first figure at once.
    let is_time = sample.at - last.at >= SAMPLE_EVERY || !same_reset && sample.at > last.at;
    (differs && is_time).then_some(sample)
}

fn row(provider: ProviderId, window: &WindowView<'_>) -> SampleRow {
    SampleRow {
        provider_id: provider.0,
        meter: window.meter.as_str().to_owned(),
        length_seconds: window.length.seconds(),
        observed_at: window.observed_at,
        used_percent: window.used_percent,
        resets_at: window.resets_at,
        source: window.source.as_str().to_owned(),
    }
}
