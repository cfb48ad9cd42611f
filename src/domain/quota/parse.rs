//! From what upstream says to an [`Observation`]. Nothing here fails: what is odd is left out, and what is left out is
//! unknown. (Shapes as seen of the backend in September to November 2026.)
//!
//! A reset is believed only in the future and no further away than its window is long; a percentage may be a fraction, a
//! text, or above 100.

use super::window::{MeterId, WindowLength};
use crate::domain::quota::window::Source;
use crate::domain::responses::error::UpstreamError;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// What one answer said of an account.
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    pub at: DateTime<Utc>,
    pub source: Source,
    pub plan: Option<String>,
    pub meters: Vec<MeterReading>,
    pub credits: Option<Credits>,
    pub reset_credits: Option<ResetCredits>,
    /// Models of which it says whether they can be used.
    pub models: Vec<(String, ModelUse)>,
}

/// One meter's part of it. All its windows are listed when any is.
#[derive(Clone, Debug, PartialEq)]
pub struct MeterReading {
    pub meter: MeterId,
    /// `GPT-5.3-Codex-Spark`; `None` when it was not told.
    pub name: Option<String>,
    pub windows: Vec<WindowReading>,
    pub allowed: Option<bool>,
    pub limit_reached: Option<bool>,
    /// A workspace's budget is spent, and until when where that is told.
    pub spent: Option<Option<DateTime<Utc>>>,
}

/// One window of a meter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WindowReading {
    pub length: WindowLength,
    /// Hundredths of a percent; above 10,000 is more than all.
    pub used: u32,
    pub resets_at: Option<DateTime<Utc>>,
}

/// Bought credits, with which an account goes on past its windows.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Credits {
    pub has_credits: bool,
    pub unlimited: bool,
    /// As upstream writes it.
    pub balance: Option<String>,
}

/// Resets that an account's owner can have before their time, by a click at the upstream. (`rate_limit_reset_credits`
/// of the usage endpoint.)
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ResetCredits {
    pub available: u32,
    /// Those of which it says that they would help now.
    pub applicable: Option<u32>,
}

/// Whether a model can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ModelUse {
    pub available: bool,
    pub available_at: Option<DateTime<Utc>>,
}

/// A refusal for a used-up limit.
#[derive(Clone, Debug, PartialEq)]
pub struct LimitRefusal {
    pub at: DateTime<Utc>,
    /// The model that was asked for: it may have a meter of its own.
    pub model: String,
    /// The meter that upstream named.
    pub meter: Option<MeterId>,
    /// Of the window that is used up.
    pub length: Option<WindowLength>,
    pub until: Option<DateTime<Utc>>,
}

/// Codes by which upstream says that a limit is used up, as opposed to asking for a pause.
const LIMIT_CODES: &[&str] = &[
    "usage_limit_reached",
    "insufficient_quota",
    "credit_balance_exhausted",
    "organization_spend_limit_exceeded",
    "project_spend_limit_exceeded",
    "organization_usage_limit_exceeded",
];

/// From the answer of the usage endpoint.
pub fn usage(body: &Value, at: DateTime<Utc>) -> Observation {
    let mut meters = Vec::new();
    let spent = body.get("spend_control").filter(|control| flag(control.get("reached")) == Some(true));
    let spent = spent.map(|control| {
        let limit = control.get("individual_limit").unwrap_or(&Value::Null);
        reset(limit, at, TimeDelta::days(366)).ok().flatten()
    });
    if let Some(mut main) = meter(MeterId::main(), None, body.get("rate_limit"), at) {
        main.spent = spent;
        meters.push(main);
    } else if spent.is_some() {
        let (meter, windows) = (MeterId::main(), Vec::new());
        meters.push(MeterReading { meter, name: None, windows, allowed: None, limit_reached: None, spent });
    }
    meters.extend(meter(MeterId::named("code_review"), None, body.get("code_review_rate_limit"), at));
    meters.extend(additional(body.get("additional_rate_limits"), at));
    let models = body.get("model_usage").and_then(Value::as_object);
    let models = models.into_iter().flatten().filter_map(|(model, said)| {
        let available = flag(said.get("available"))?;
        Some((model.clone(), ModelUse { available, available_at: moment(said.get("available_at"), at) }))
    });
    Observation {
        at,
        source: Source::UsageApi,
        plan: text(body.get("plan_type")),
        models: models.collect(),
        credits: credits(body.get("credits")),
        reset_credits: reset_credits(body.get("rate_limit_reset_credits")),
        meters,
    }
}

/// From a `codex.rate_limits` frame. `None` when it is not JSON.
pub fn event(data: &[u8], at: DateTime<Utc>) -> Option<Observation> {
    let body: Value = serde_json::from_slice(data).ok()?;
    let id = text(body.get("metered_limit_name")).map_or_else(MeterId::main, |name| MeterId::named(&name));
    let name = if id.is_main() { None } else { text(body.get("limit_name")) };
    let mut meters: Vec<MeterReading> = meter(id, name, body.get("rate_limits"), at).into_iter().collect();
    meters.extend(meter(MeterId::named("code_review"), None, body.get("code_review_rate_limits"), at));
    meters.extend(additional(body.get("additional_rate_limits"), at));
    Some(Observation {
        at,
        source: Source::Event,
        plan: text(body.get("plan_type")),
        meters,
        credits: credits(body.get("credits")),
        reset_credits: None,
        models: Vec::new(),
    })
}

/// From the headers of an answer, their names in lower case. `None` when none of them is about quota.
pub fn headers<'a>(
    headers: impl IntoIterator<Item = (&'a str, &'a str)>,
    at: DateTime<Utc>,
) -> Option<Observation> {
    let ours: BTreeMap<&str, &str> = headers
        .into_iter()
        .filter_map(|(name, value)| Some((name.strip_prefix("x-codex-")?, value.trim())))
        .collect();
    let said = |name: &str| ours.get(name).copied().filter(|value| !value.is_empty());
    let reached = said("rate-limit-reached-type").map(|_| true);
    let active = said("active-limit").map(MeterId::named);
    let mut families: BTreeMap<&str, Vec<WindowReading>> = BTreeMap::new();
    for name in ours.keys() {
        let Some(slot) = name.strip_suffix("-used-percent") else { continue };
        let family = ["primary", "secondary"].iter().find_map(|place| {
            let before = slot.strip_suffix(place)?;
            if before.is_empty() { Some("") } else { before.strip_suffix('-') }
        });
        let Some(family) = family else { continue };
        let windows = families.entry(family).or_default();
        windows.extend(slot_of_headers(slot, &said, at));
    }
    let meters: Vec<MeterReading> = families
        .into_iter()
        .filter(|(_, windows)| !windows.is_empty())
        .map(|(family, windows)| {
            let meter = MeterId::named(family);
            let is_active = active.as_ref().unwrap_or(&MeterId::main()) == &meter;
            let name = said(&format!("{family}-limit-name")).map(str::to_owned);
            let limit_reached = if is_active { reached } else { None };
            MeterReading { meter, name, windows, allowed: None, limit_reached, spent: None }
        })
        .collect();
    let has = said("credits-has-credits").and_then(truth);
    let credits = has.map(|has_credits| Credits {
        has_credits,
        unlimited: said("credits-unlimited").and_then(truth).unwrap_or(false),
        balance: said("credits-balance").map(str::to_owned),
    });
    let plan = said("plan-type").map(str::to_owned);
    if meters.is_empty() && credits.is_none() && plan.is_none() {
        return None;
    }
    let (reset_credits, models) = (None, Vec::new());
    Some(Observation { at, source: Source::Header, plan, meters, credits, reset_credits, models })
}

/// From a refusal of the upstream. `None` when it is about something else than a used-up limit.
pub fn refusal(error: &UpstreamError, model: &str, at: DateTime<Utc>) -> Option<LimitRefusal> {
    if !error.is_any(LIMIT_CODES) {
        return None;
    }
    let length = error.limit_window_minutes.and_then(|m| WindowLength::from_seconds(m.checked_mul(60)?));
    // Without its length it may be any window; the longest known one is 30 days.
    let longest = length.map_or(TimeDelta::days(31), |length| length.delta() + length.jitter());
    let until = [
        error.resets_at.and_then(|seconds| DateTime::from_timestamp(seconds, 0)),
        error.resets_in_seconds.and_then(|seconds| after(at, Some(seconds))),
        error.retry_after_seconds.and_then(|seconds| after(at, whole(seconds))),
    ]
    .into_iter()
    .flatten()
    .find(|until| *until > at && *until <= at + longest);
    let active = error.limit_headers.iter().find(|(name, _)| name == "x-codex-active-limit");
    let meter = active.map(|(_, value)| MeterId::named(value)).filter(|meter| !meter.is_main());
    Some(LimitRefusal { at, model: model.to_owned(), meter, length, until })
}

fn slot_of_headers<'a>(
    slot: &str,
    said: &impl Fn(&str) -> Option<&'a str>,
    at: DateTime<Utc>,
) -> Option<WindowReading> {
    let number = |what: &str| said(&format!("{slot}-{what}")).and_then(|v| v.parse::<f64>().ok());
    let length = WindowLength::from_seconds(whole(number("window-minutes")? * 60.0)?)?;
    let resets_at = believable(
        number("reset-at").and_then(whole).and_then(|s| DateTime::from_timestamp(s, 0)),
        after(at, number("reset-after-seconds").and_then(whole)),
        at,
        length.delta() + length.jitter(),
    );
    Some(WindowReading { length, used: hundredths(number("used-percent")?)?, resets_at: resets_at.ok()? })
}

fn meter(
    meter: MeterId,
    name: Option<String>,
    limit: Option<&Value>,
    at: DateTime<Utc>,
) -> Option<MeterReading> {
    let limit = limit?.as_object()?;
    Some(MeterReading {
        meter,
        name,
        // By what they hold, not by what they are called.
        windows: limit.values().filter_map(|slot| window(slot, at)).collect(),
        allowed: flag(limit.get("allowed")),
        limit_reached: flag(limit.get("limit_reached")),
        spent: None,
    })
}

fn window(slot: &Value, at: DateTime<Utc>) -> Option<WindowReading> {
    let used = hundredths(number(slot.get("used_percent"))?)?;
    let minutes = |key| number(slot.get(key)).map(|minutes| minutes * 60.0);
    let seconds = number(slot.get("limit_window_seconds"));
    let seconds =
        seconds.or_else(|| minutes("window_minutes")).or_else(|| minutes("limit_window_minutes"))?;
    let length = WindowLength::from_seconds(whole(seconds)?)?;
    let resets_at = reset(slot, at, length.delta() + length.jitter()).ok()?;
    Some(WindowReading { length, used, resets_at })
}

/// A list, or a map by name.
fn additional(limits: Option<&Value>, at: DateTime<Utc>) -> Vec<MeterReading> {
    let one = |key: Option<&str>, said: &Value| {
        let name = text(said.get("limit_name")).or_else(|| key.map(str::to_owned));
        let id = text(said.get("metered_feature")).or_else(|| text(said.get("metered_limit_name")));
        let id = MeterId::named(&id.or_else(|| name.clone())?);
        let limit = said.get("rate_limit").or_else(|| said.get("rate_limits")).unwrap_or(said);
        // The main meter is told in its own place.
        if id.is_main() { None } else { meter(id, name, Some(limit), at) }
    };
    match limits {
        Some(Value::Array(list)) => list.iter().filter_map(|said| one(None, said)).collect(),
        Some(Value::Object(map)) => map.iter().filter_map(|(key, said)| one(Some(key), said)).collect(),
        _ => Vec::new(),
    }
}

fn reset_credits(said: Option<&Value>) -> Option<ResetCredits> {
    let count = |key| u32::try_from(whole(number(said?.get(key))?)?).ok();
    Some(ResetCredits {
        available: count("available_count")?,
        applicable: count("applicable_available_count"),
    })
}

fn credits(said: Option<&Value>) -> Option<Credits> {
    let said = said?;
    Some(Credits {
        has_credits: flag(said.get("has_credits"))?,
        unlimited: flag(said.get("unlimited")).unwrap_or(false),
        balance: text(said.get("balance")).or_else(|| number(said.get("balance")).map(|n| n.to_string())),
    })
}

/// The reading is of a window that is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Over;

fn reset(slot: &Value, at: DateTime<Utc>, longest: TimeDelta) -> Result<Option<DateTime<Utc>>, Over> {
    let told = moment(slot.get("reset_at"), at);
    believable(told, after(at, number(slot.get("reset_after_seconds")).and_then(whole)), at, longest)
}

/// The moment that was told, else the one after so many seconds (their clock may differ from ours), if either makes sense.
fn believable(
    told: Option<DateTime<Utc>>,
    after: Option<DateTime<Utc>>,
    at: DateTime<Utc>,
    longest: TimeDelta,
) -> Result<Option<DateTime<Utc>>, Over> {
    match [told, after].into_iter().flatten().find(|reset| *reset > at && *reset <= at + longest) {
        Some(reset) => Ok(Some(reset)),
        // Numbers of a window that has ended say nothing of the one that runs.
        None if told.is_some_and(|told| told <= at && told > DateTime::UNIX_EPOCH) => Err(Over),
        None => Ok(None),
    }
}

fn after(at: DateTime<Utc>, seconds: Option<i64>) -> Option<DateTime<Utc>> {
    at.checked_add_signed(TimeDelta::try_seconds(seconds?)?)
}

/// Unix seconds (or milliseconds, or RFC 3339).
fn moment(said: Option<&Value>, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
    if let Some(seconds) = number(said).and_then(whole) {
        // Nothing resets in the year 33658.
        let in_milliseconds = seconds > at.timestamp().saturating_mul(100);
        return if in_milliseconds {
            DateTime::from_timestamp_millis(seconds)
        } else {
            DateTime::from_timestamp(seconds, 0)
        };
    }
    DateTime::parse_from_rfc3339(said?.as_str()?).ok().map(|time| time.to_utc())
}

fn number(said: Option<&Value>) -> Option<f64> {
    let number = match said? {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => text.trim().trim_end_matches('%').parse().ok()?,
        _ => return None,
    };
    number.is_finite().then_some(number)
}

fn flag(said: Option<&Value>) -> Option<bool> {
    match said? {
        Value::Bool(flag) => Some(*flag),
        Value::String(text) => truth(text),
        _ => None,
    }
}

/// Python writes `True`.
fn truth(text: &str) -> Option<bool> {
    match text.trim() {
        t if t.eq_ignore_ascii_case("true") => Some(true),
        t if t.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

fn text(said: Option<&Value>) -> Option<String> {
    said?.as_str().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

#[expect(clippy::cast_possible_truncation, reason = "checked to be in range")]
fn whole(number: f64) -> Option<i64> {
    (number.is_finite() && number.abs() < 1e15).then(|| number.round() as i64)
}

/// Percent to hundredths, at most ten times everything.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be in range")]
fn hundredths(percent: f64) -> Option<u32> {
    percent.is_finite().then(|| (percent.clamp(0.0, 1_000.0) * 100.0).round() as u32)
}

#[cfg(test)]
mod tests;
