//! A week of requests to the demo's pool: by day more than by night, now and then one that moved on, a broken one, an
//! afternoon on which an account was used up, and trouble of another one within the last hour.

use super::{Chance, DAYS, busy};
use crate::domain::ids::{KeyId, MASTER_TENANT, ProviderId, RequestId};
use crate::domain::responses::event::Usage;
use crate::store::requests::{AttemptRecord, RequestRecord};
use chrono::{DateTime, TimeDelta, Timelike as _, Utc};
use serde_json::{Value, json};

/// Models, and how many in a hundred ask for them.
const MODELS: [(&str, i64); 3] = [("gpt-5.5", 62), ("gpt-6-sol", 24), ("gpt-6-luna", 14)];
/// How accounts fail: cause, status, code, text.
const FAILURES: [(&str, u16, &str, &str); 4] = [
    (
        "overload",
        503,
        "server_is_overloaded",
        "Our servers are currently overloaded. Please try again later.",
    ),
    ("rate_limit", 429, "rate_limit_exceeded", "Too many requests within a minute."),
    ("server_error", 502, "upstream_error", "Bad gateway"),
    ("connection", 502, "upstream_unreachable", "the connection broke before the answer began"),
];
const USED_UP: (&str, u16, &str, &str) =
    ("usage_limit", 429, "usage_limit_reached", "The usage limit has been reached");

type Account = (ProviderId, String);

/// The requests of the days before `now`, oldest first.
pub(super) fn week(
    now: DateTime<Utc>,
    accounts: &[Account],
    agents: &[String],
    keys: &[KeyId],
) -> Vec<RequestRecord> {
    let mut chance = Chance(0x0DE3_0000);
    let mut records = Vec::new();
    if accounts.is_empty() {
        return records;
    }
    let begin = now - TimeDelta::days(DAYS);
    let mut hour = begin;
    while hour < now {
        #[expect(clippy::cast_possible_truncation, reason = "at most 14")]
        let usual = busy(hour) as i64;
        let count = (usual + chance.between(-1, 2) * usual / 3).max(i64::from(chance.percent(30)));
        let mut at: Vec<i64> = (0..count).map(|_| chance.between(0, 3_600_000)).collect();
        at.sort_unstable();
        for millis in at {
            let started_at = hour + TimeDelta::milliseconds(millis);
            // The last ones have ended.
            if started_at < now - TimeDelta::minutes(2) {
                records.push(one(started_at, now, records.len(), (accounts, agents, keys), &mut chance));
            }
        }
        hour += TimeDelta::hours(1);
    }
    records
}

fn one(
    started_at: DateTime<Utc>,
    now: DateTime<Utc>,
    n: usize,
    (accounts, agents, keys): (&[Account], &[String], &[KeyId]),
    chance: &mut Chance,
) -> RequestRecord {
    let model = model(chance);
    let agent = if chance.percent(40) { agents.get(n / 5 % agents.len().max(1)) } else { None };
    // Three in a row are a conversation.
    let is_new = n.is_multiple_of(3) || chance.percent(20);
    let first = if is_new { n } else { n / 3 } % accounts.len();
    let order: Vec<&Account> =
        (0..accounts.len()).map(|step| &accounts[(first + step) % accounts.len()]).collect();
    let failures = failures(&order, started_at, now, chance);
    let all_failed = failures.len() >= order.len();
    let status = match chance.between(0, 100) {
        _ if all_failed => "failed",
        0..2 => "cancelled",
        2 => "incomplete",
        3 => "refused",
        _ => "completed",
    };
    let refused = status == "refused";
    let failures = if refused { Vec::new() } else { failures };
    let mut attempts: Vec<AttemptRecord> = Vec::new();
    let mut passed = chance.between(3, 40);
    for (account, failure) in order.iter().zip(&failures) {
        let took = chance.between(120, 1_400);
        attempts.push(AttemptRecord {
            error: Some((failure.2.into(), failure.3.into())),
            cause: Some(failure.0),
            fault: Some(if failure.0 == "usage_limit" { "account" } else { "upstream" }),
            http_status: Some(failure.1),
            outcome: "failed",
            duration_ms: took,
            ..attempt(account, started_at + TimeDelta::milliseconds(passed), model)
        });
        passed += took;
    }
    let answered = !refused && !all_failed;
    let (waited, talked) = (chance.between(500, 2_600), chance.between(1_200, 19_000));
    let server = order.get(failures.len()).filter(|_| answered).copied();
    if let Some(server) = server {
        let cancelled = status == "cancelled";
        attempts.push(AttemptRecord {
            outcome: if cancelled { "cancelled" } else { "served" },
            first_event_ms: Some(waited),
            duration_ms: waited + talked,
            ..attempt(server, started_at + TimeDelta::milliseconds(passed), model)
        });
    }
    let input = chance.between(1_800, 46_000).unsigned_abs();
    let output = chance.between(120, 2_400).unsigned_abs();
    let usage = Usage {
        input_tokens: input,
        cached_input_tokens: if is_new { input / 8 } else { input * 4 / 5 },
        output_tokens: output,
        reasoning_tokens: output * 2 / 5,
    };
    let error = match (refused, failures.last()) {
        (true, _) => {
            Some(("context_length_exceeded".into(), "The input is longer than the model's context.".into()))
        }
        (false, Some(last)) if all_failed => Some((last.2.into(), last.3.into())),
        _ => None,
    };
    RequestRecord {
        id: id(started_at, chance),
        tenant: MASTER_TENANT,
        key: (!chance.percent(15)).then(|| keys.get(n / 2 % keys.len().max(1)).copied()).flatten(),
        started_at,
        duration_ms: if answered { passed + waited + talked } else { passed },
        first_event_ms: answered.then_some(passed + waited),
        endpoint: if n.is_multiple_of(4) { "chat_completions" } else { "responses" },
        client: if agent.is_none() && n.is_multiple_of(2) { "codex" } else { "other" },
        model: agent.map_or_else(|| model.to_owned(), |agent| format!("agent:{agent}")),
        served_model: answered.then(|| model.to_owned()),
        agent_key: agent.cloned(),
        session_key: None,
        conversation: Some((n / 3) as u128 + 1),
        provider: server.cloned(),
        pool_owner: Some(accounts[0].clone()),
        strategy: (!refused).then_some("round_robin"),
        decision: (!refused).then(|| decision(&order, is_new, accounts.len())),
        status,
        http_status: if refused {
            400
        } else if all_failed {
            503
        } else {
            200
        },
        error,
        usage: matches!(status, "completed" | "incomplete").then_some(usage),
        attempts,
    }
}

fn model(chance: &mut Chance) -> &'static str {
    let mut drawn = chance.between(0, 100);
    let found = MODELS.iter().find(|(_, share)| {
        drawn -= share;
        drawn < 0
    });
    found.unwrap_or(&MODELS[0]).0
}

/// How the first accounts of the order failed at this moment, one after another.
fn failures(
    order: &[&Account],
    at: DateTime<Utc>,
    now: DateTime<Utc>,
    chance: &mut Chance,
) -> Vec<(&'static str, u16, &'static str, &'static str)> {
    let last_account = order.iter().map(|(_, name)| name.as_str()).max().unwrap_or_default();
    let first = order[0].1.as_str();
    let age = now - at;
    // An afternoon on which one was used up, until it was noticed; and trouble of another within the last hour.
    let afternoon = age.num_days() == 2 && (14..16).contains(&at.hour()) && first == last_account;
    let lately = age < TimeDelta::minutes(50) && age > TimeDelta::minutes(15) && first.ends_with("grace");
    let mut failed = Vec::new();
    if afternoon && chance.percent(50) {
        failed.push(USED_UP);
    } else if lately && chance.percent(70) {
        failed.push(FAILURES[2]);
    } else if chance.percent(4) {
        failed.push(FAILURES[usize::try_from(chance.between(0, 4)).unwrap_or_default()]);
        // It happens to all of them at once.
        if chance.percent(12) {
            failed = vec![FAILURES[0]; order.len()];
        }
    }
    failed
}

fn attempt((provider, name): &Account, started_at: DateTime<Utc>, model: &str) -> AttemptRecord {
    AttemptRecord {
        provider: *provider,
        provider_name: name.clone(),
        started_at,
        model: model.to_owned(),
        outcome: "served",
        error: None,
        cause: None,
        fault: None,
        http_status: None,
        first_event_ms: None,
        duration_ms: 0,
    }
}

/// As `domain::routing::decide::Plan::describe` writes it.
fn decision(order: &[&Account], is_new: bool, candidates: usize) -> Value {
    let names: Vec<&str> = order.iter().map(|(_, name)| name.as_str()).collect();
    let (why, code) = if is_new {
        ("it is its turn", "turn")
    } else {
        ("the conversation lives on it, with its prompt cache", "home")
    };
    json!({
        "strategy": "round_robin", "why": why, "why_code": code, "home": (!is_new).then_some(names[0]),
        "attempts": names, "last_resort": [], "excluded": [], "candidates": candidates,
    })
}

fn id(at: DateTime<Utc>, chance: &mut Chance) -> RequestId {
    let millis = u64::try_from(at.timestamp_millis()).unwrap_or_default();
    let mut random = [0; 10];
    random[..8].copy_from_slice(&chance.next().to_be_bytes());
    RequestId(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;
    use uuid::Uuid;

    fn made(now: &str) -> Vec<RequestRecord> {
        let accounts: Vec<Account> = ["openai-codex", "codex-grace", "codex-linus"]
            .iter()
            .zip(1..)
            .map(|(name, n)| (ProviderId(Uuid::from_u128(n)), (*name).to_owned()))
            .collect();
        let agents = ["reviewer".to_owned(), "release-notes".to_owned()];
        week(
            now.parse().expect("a time"),
            &accounts,
            &agents,
            &[KeyId(Uuid::from_u128(9)), KeyId(Uuid::from_u128(8))],
        )
    }

    #[test]
    fn the_same_moment_has_the_same_week_and_it_has_something_of_everything() {
        let records = made("2026-11-22T12:00:00Z");
        assert_eq!(format!("{records:?}"), format!("{:?}", made("2026-11-22T12:00:00Z")));
        assert!((500..2_000).contains(&records.len()), "{}", records.len());
        let statuses: HashSet<&str> = records.iter().map(|r| r.status).collect();
        assert_eq!(statuses.len(), 5, "{statuses:?}");
        let ids: HashSet<RequestId> = records.iter().map(|r| r.id).collect();
        assert_eq!(ids.len(), records.len());
        let moved = records.iter().filter(|r| r.attempts.len() > 1 && r.provider.is_some()).count();
        assert!(moved > 10, "{moved}");
        for record in &records {
            let served = record.attempts.iter().filter(|a| a.outcome == "served").count();
            assert_eq!(served == 1, matches!(record.status, "completed" | "incomplete"), "{record:?}");
            assert_eq!(record.usage.is_some(), served == 1, "{record:?}");
        }
        assert!(records.is_sorted_by_key(|r| r.started_at));
    }
}
