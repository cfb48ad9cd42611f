//! What the demo's accounts did before it began: a week of requests and of quota, so that every page has something to
//! tell. It is made of the clock alone: the same moment has the same past.

use crate::app::App;
use crate::app::agents::AgentChange;
use crate::app::keys::NewKey;
use crate::domain::access::{Actor, Role};
use crate::domain::catalogue::Provider;
use crate::domain::ids::{KeyId, MASTER_TENANT, ProviderId};
use crate::domain::quota::envelope::QuotaWindow;
use crate::domain::quota::window::WindowKind;
use crate::store::{quota, requests};
use chrono::{DateTime, Datelike as _, TimeDelta, Timelike as _, Utc, Weekday};
use std::sync::Arc;
use std::time::Duration;

mod traffic;

/// How far back the past goes.
const DAYS: i64 = 7;
/// Requests that are written at once.
const BATCH: usize = 250;
/// Waiting for the simulator's word on the quotas.
const BOUND: Duration = Duration::from_secs(5);
/// The account that a job uses up before its reset.
const BUSY: &str = "codex-linus";

/// Agents, with what they are called and told.
const AGENTS: [(&str, &str, &str); 2] = [
    ("reviewer", "Code reviewer", "Review the change: correctness first, then clarity. Be brief."),
    ("release-notes", "Release notes", "Write release notes for people who use the product."),
];
/// API keys.
const KEYS: [&str; 2] = ["ci", "editor"];

/// The same numbers every time (splitmix64).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// From the first up to, and without, the second.
    fn between(&mut self, from: i64, to: i64) -> i64 {
        let span = u64::try_from((to - from).max(1)).unwrap_or(1);
        from + i64::try_from(self.next() % span).unwrap_or_default()
    }

    fn percent(&mut self, percent: i64) -> bool {
        self.between(0, 100) < percent
    }
}

/// How busy an hour is: people work by day, and less at the weekend.
fn busy(at: DateTime<Utc>) -> f64 {
    let of_hour = match at.hour() {
        8..=11 | 13..=17 => 14.0,
        12 | 18..=20 => 6.0,
        7 | 21 | 22 => 3.0,
        _ => 1.0,
    };
    if matches!(at.weekday(), Weekday::Sat | Weekday::Sun) { of_hour / 3.0 } else { of_hour }
}

/// Writes it all. The accounts are signed in, the pool's owner first.
pub(super) async fn write(app: &App, names: &[&str]) -> anyhow::Result<()> {
    let gateway = Actor::gateway(MASTER_TENANT);
    for (key, name, prompt) in AGENTS {
        let change = AgentChange {
            agent_key: Some(key.into()),
            display_name: Some(Some(name.into())),
            system_prompt: Some(Some(prompt.into())),
            ..AgentChange::default()
        };
        app.agents.create(&gateway, change).await?;
    }
    let mut keys: Vec<KeyId> = Vec::new();
    for name in KEYS {
        let new = NewKey {
            name: name.into(),
            role: Role::Operator,
            expires_at: None,
            models: None,
            agents: None,
            providers: None,
            limits: Vec::new(),
        };
        keys.push(KeyId(app.keys.create(&gateway, new).await?.0.id));
    }
    app.reload().await?;
    // What there is now is the simulator's word; the past leads up to it.
    app.quotas.refresh_tenant(MASTER_TENANT, TimeDelta::zero(), BOUND).await;
    let now = app.clock.now();
    let catalogue = app.catalogues.current();
    let tenant = catalogue.tenant(MASTER_TENANT);
    let accounts: Vec<&Arc<Provider>> = names.iter().filter_map(|name| tenant.provider(name)).collect();
    let agents: Vec<String> = AGENTS.iter().map(|(key, ..)| (*key).to_owned()).collect();
    let people: Vec<(ProviderId, String)> = accounts.iter().map(|a| (a.id, a.name.clone())).collect();
    let records = traffic::week(now, &people, &agents, &keys);
    let mut tx = app.db.begin_work().await?;
    for batch in records.chunks(BATCH) {
        requests::insert(&mut tx, batch).await?;
    }
    for account in accounts {
        let known = app.quotas.envelope(account, now).windows;
        for window in known.iter().filter(|window| window.meter.is_none()) {
            quota::add_samples(&mut tx, &samples(account, window, now)).await?;
        }
    }
    tx.commit().await?;
    app.quotas.load().await?;
    Ok(())
}

/// A window's figures over the last days, the present ones last.
fn samples(account: &Provider, window: &QuotaWindow, now: DateTime<Utc>) -> Vec<quota::SampleRow> {
    let Some(resets_at) = window.reset_at else { return Vec::new() };
    let length = TimeDelta::seconds(window.length_seconds.max(1));
    let mut chance = Chance(account.name.bytes().map(u64::from).sum());
    let mut rows = Vec::new();
    let mut end = resets_at;
    // The present window leads up to what is known; those before it ended at some figure.
    let mut last = (now, window.used_percent);
    while end > now - TimeDelta::days(DAYS) {
        let begin = end - length;
        let is_job = account.name == BUSY && window.kind == WindowKind::FiveHour && end == resets_at;
        for at in times(begin, last.0, now) {
            rows.push(quota::SampleRow {
                provider_id: account.id.0,
                meter: "codex".into(),
                length_seconds: window.length_seconds,
                observed_at: at,
                used_percent: if is_job { of_job(last, begin, at) } else { of_work(last, begin, at) },
                resets_at: Some(end),
                source: "header".into(),
            });
        }
        #[expect(clippy::cast_precision_loss, reason = "a percentage")]
        let figure = chance.between(45, 92) as f64;
        (end, last) = (begin, (begin, figure));
    }
    rows
}

/// Ten minutes apart in the last day, and an hour before: as the gateway keeps them.
fn times(from: DateTime<Utc>, to: DateTime<Utc>, now: DateTime<Utc>) -> Vec<DateTime<Utc>> {
    let mut times = Vec::new();
    let mut at = from.max(now - TimeDelta::days(DAYS)) + TimeDelta::minutes(1);
    while at < to {
        times.push(at);
        at += TimeDelta::minutes(if now - at < TimeDelta::days(1) { 10 } else { 60 });
    }
    times
}

/// In proportion to the work that was done by then.
fn of_work((to, figure): (DateTime<Utc>, f64), begin: DateTime<Utc>, at: DateTime<Utc>) -> f64 {
    let all = work(begin, to);
    let used = if all > 0.0 { figure * work(begin, at) / all } else { figure };
    (used * 100.0).round() / 100.0
}

/// Little, until a job of the last hundred minutes.
fn of_job((to, figure): (DateTime<Utc>, f64), begin: DateTime<Utc>, at: DateTime<Utc>) -> f64 {
    const JOB: f64 = 100.0;
    let before = figure / 3.0;
    let left = minutes(to - at);
    let used = if left < JOB {
        figure - (figure - before) * left / JOB
    } else {
        before * minutes(at - begin) / (minutes(to - begin) - JOB).max(1.0)
    };
    (used.clamp(0.0, figure) * 100.0).round() / 100.0
}

/// The work of a span: its minutes, each as busy as its hour.
fn work(from: DateTime<Utc>, to: DateTime<Utc>) -> f64 {
    let (mut at, mut sum) = (from, 0.0);
    while at < to {
        let hour = TimeDelta::hours(1) - TimeDelta::seconds(at.timestamp().rem_euclid(3_600));
        let next = (at + hour).min(to);
        sum += busy(at) * minutes(next - at);
        at = next;
    }
    sum
}

#[expect(clippy::cast_precision_loss, reason = "seconds of weeks")]
fn minutes(delta: TimeDelta) -> f64 {
    delta.num_seconds() as f64 / 60.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("a time")
    }

    #[test]
    fn what_was_used_rises_to_what_is_known_faster_by_day_and_steeply_in_a_job() {
        let (begin, now) = (at("2026-11-19T00:00:00Z"), at("2026-11-19T20:00:00Z"));
        for used in [of_work, of_job] {
            let figures: Vec<f64> =
                (0..=20).map(|hour| used((now, 60.0), begin, begin + TimeDelta::hours(hour))).collect();
            assert!(figures.is_sorted(), "{figures:?}");
            assert!((figures[20] - 60.0).abs() < 0.01 && figures[0] < 1.0, "{figures:?}");
        }
        let by_night = of_work((now, 60.0), begin, at("2026-11-19T06:00:00Z"));
        assert!(by_night < 5.0, "{by_night}");
        let before = of_job((now, 90.0), begin, now - TimeDelta::minutes(100));
        assert!((before - 30.0).abs() < 1.0, "{before}");
    }

    #[test]
    fn the_figures_are_dense_in_the_last_day_only() {
        let now = at("2026-11-22T12:00:00Z");
        let times = times(now - TimeDelta::days(3), now, now);
        let recent = times.iter().filter(|t| now - **t < TimeDelta::days(1)).count();
        assert!(
            (140..=145).contains(&recent) && (47..=49).contains(&(times.len() - recent)),
            "{}",
            times.len()
        );
    }
}
