//! What was used, counted through the API.

use crate::activity::{at, now, provider, request, write};
use crate::keys::{Key, OTHER, add_tenant};
use crate::support::world::{CODEX, GRACE, Node, World};
use chrono::{DateTime, TimeDelta, Utc};
use gateway::domain::access::Role;
use gateway::domain::ids::{KeyId, MASTER_TENANT};
use gateway::domain::responses::event::Usage;
use gateway::store::requests::RequestRecord;
use serde_json::{Value, json};

fn used(input_tokens: u64) -> Usage {
    Usage { input_tokens, cached_input_tokens: input_tokens / 2, output_tokens: 10, reasoning_tokens: 4 }
}

/// Key and number of requests of each row.
fn rows(usage: &Value) -> Vec<(Option<&str>, i64)> {
    let rows = usage["rows"].as_array().unwrap_or_else(|| panic!("{usage}"));
    rows.iter().map(|row| (row["key"].as_str(), row["requests"].as_i64().unwrap())).collect()
}

/// A world in which two accounts served: three requests of a key and an agent, one of them after a failure, one that was
/// refused, and one that nobody answered.
async fn served(node: &Node, world: &World, key: &Key) -> DateTime<Utc> {
    let now = now(node);
    node.connect("grace", &world.sim.account(GRACE)).await;
    let (ada, grace) = (provider(node, CODEX), provider(node, "grace"));
    let id = Some(KeyId(key.id.parse().unwrap()));
    let good = |ago| RequestRecord {
        key: id,
        agent_key: Some("helper".into()),
        served_model: Some("gpt-5.5-codex".into()),
        usage: Some(used(100)),
        ..request(at(now, ago), &ada, &[(&ada, "served", None)])
    };
    let moved = request(at(now, 3_000), &ada, &[(&ada, "failed", Some("account")), (&grace, "served", None)]);
    let moved =
        RequestRecord { key: id, agent_key: Some("helper".into()), first_event_ms: Some(700), ..moved };
    let refused = RequestRecord {
        status: "refused",
        error: Some(("invalid_prompt".into(), "no".into())),
        ..request(at(now, 2_000), &ada, &[])
    };
    let failed = request(at(now, 1_000), &ada, &[(&ada, "failed", Some("upstream"))]);
    write(node, vec![good(5_000), good(4_000), moved, refused, failed]).await;
    now
}

#[tokio::test]
async fn usage_is_counted_by_whatever_is_asked_for_and_every_row_adds_up_to_the_totals() {
    let world = World::new().await;
    let node = world.node().await;
    let key = Key::of(&node, MASTER_TENANT, Role::Operator).await;
    served(&node, &world, &key).await;
    let (ada, grace) = (provider(&node, CODEX).0.to_string(), provider(&node, "grace").0.to_string());
    for (by, expected) in [
        ("account", vec![(Some(ada.as_str()), 3), (Some(grace.as_str()), 1), (None, 1)]),
        ("agent", vec![(Some("helper"), 3), (None, 2)]),
        ("key", vec![(Some(key.id.as_str()), 3), (None, 2)]),
        ("model", vec![(Some("gpt-5.5"), 3), (Some("gpt-5.5-codex"), 2)]),
        ("cause", vec![(Some("refused"), 2), (None, 2), (Some("invalid_prompt"), 1)]),
    ] {
        let usage = node.get(&format!("/v1/usage?by={by}")).await.json();
        let mut told = rows(&usage);
        let mut expected = expected;
        told.sort_unstable();
        expected.sort_unstable();
        assert_eq!(told, expected, "{by}: {usage}");
        let totals = json!({
            "requests": 5, "completed": 3, "incomplete": 0, "failed": 1, "cancelled": 0, "refused": 1, "failovers": 1,
            "input_tokens": 200, "cached_input_tokens": 100, "output_tokens": 20, "reasoning_tokens": 8,
        });
        assert_eq!(usage["totals"], totals, "{by}");
        assert_eq!((&usage["by"], &usage["tz"]), (&json!(by), &json!("UTC")));
    }
    let by_account = node.get("/v1/usage?by=account").await.json();
    assert_eq!(by_account["rows"][0]["name"], CODEX);
    let by_key = node.get("/v1/usage?by=key").await.json();
    assert_eq!(by_key["rows"][0]["name"], "operator");

    // A row's filter gives the row.
    for (filter, requests) in [
        (format!("account={CODEX}"), 3),
        (format!("account={grace}"), 1),
        ("agent=helper".to_owned(), 3),
        (format!("key={}", key.id), 3),
        ("model=gpt-5.5-codex".to_owned(), 2),
        ("account=nobody".to_owned(), 0),
        (format!("agent=helper&account={grace}"), 1),
    ] {
        let usage = node.get(&format!("/v1/usage?by=model&{filter}")).await.json();
        assert_eq!(usage["totals"]["requests"], requests, "{filter}: {usage}");
    }
}

#[tokio::test]
async fn days_and_hours_are_those_of_the_zone_and_all_of_them_are_there() {
    let world = World::new().await;
    let node = world.node().await;
    let ada = provider(&node, CODEX);
    let time = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
    let at = |text: &str| request(time(text), &ada, &[(&ada, "served", None)]);
    // Half past five in the afternoon in UTC is half past midnight of the next day in Ho Chi Minh City.
    write(&node, vec![at("2026-11-20T17:30:00Z"), at("2026-11-20T16:59:59Z"), at("2026-11-21T00:00:00Z")])
        .await;
    let span = "from=2026-11-19T17:00:00Z&to=2026-11-21T17:00:00Z";
    let days = node.get(&format!("/v1/usage?by=day&tz=Asia/Ho_Chi_Minh&{span}")).await.json();
    assert_eq!(rows(&days), [(Some("2026-11-20"), 1), (Some("2026-11-21"), 2)], "{days}");
    let days = node.get(&format!("/v1/usage?{span}")).await.json();
    assert_eq!(rows(&days), [(Some("2026-11-19"), 0), (Some("2026-11-20"), 2), (Some("2026-11-21"), 1)]);

    let hours = node.get(&format!("/v1/usage?by=weekday_hour&tz=Asia/Ho_Chi_Minh&{span}")).await.json();
    let hours = rows(&hours);
    assert_eq!((hours.len(), hours[0].0, hours[167].0), (168, Some("1-00"), Some("7-23")));
    let busy: Vec<_> = hours.into_iter().filter(|(_, requests)| *requests > 0).collect();
    assert_eq!(busy, [(Some("5-23"), 1), (Some("6-00"), 1), (Some("6-07"), 1)]);
}

#[tokio::test]
async fn a_question_that_cannot_be_answered_is_refused_with_the_reason() {
    let world = World::new().await;
    let node = world.bare_node().await;
    for (query, field) in [
        ("by=person", "by"),
        ("tz=Mars/Olympus", "tz"),
        ("tz=Asia/FOO3", "tz"),
        ("tz=", "tz"),
        ("from=yesterday", "from"),
        ("from=2026-11-22T00:00:00Z&to=2026-11-22T00:00:00Z", "from"),
        ("from=2026-01-01T00:00:00Z&to=2026-06-01T00:00:00Z", "from"),
        ("key=mine", "key"),
    ] {
        for path in ["/v1/usage", "/v1/usage/export"] {
            let answer = node.get(&format!("{path}?{query}")).await;
            let body = answer.json();
            assert_eq!((answer.status, &body["code"]), (400, &json!("invalid_value")), "{query}: {body}");
            assert_eq!(body["field"], field, "{query}");
        }
    }
    let longest = "from=2026-08-22T00:00:00Z&to=2026-11-22T00:00:00Z";
    assert_eq!(rows(&node.get(&format!("/v1/usage?{longest}")).await.json()).len(), 92);
}

#[tokio::test]
async fn the_file_has_what_the_answer_has() {
    let world = World::new().await;
    let node = world.node().await;
    let ada = provider(&node, CODEX);
    let model = "=cmd|' /C calc'!A0".to_owned();
    let record = RequestRecord { model, ..request(at(now(&node), 1_000), &ada, &[(&ada, "served", None)]) };
    write(&node, vec![record]).await;
    let file = node.get("/v1/usage/export?by=model").await;
    assert_eq!(file.header("content-type"), Some("text/csv; charset=utf-8"));
    assert_eq!(file.header("content-disposition"), Some("attachment; filename=\"usage-by-model.csv\""));
    let text = file.text();
    let lines: Vec<&str> = text.split("\r\n").collect();
    assert!(lines[0].starts_with("model,name,requests,"), "{text}");
    assert!(lines[1].starts_with("\"'=cmd|' /C calc'!A0\",,1,1,"), "{text}");
    assert_eq!((lines.len(), lines[2]), (3, ""));
}

#[tokio::test]
async fn a_tenant_counts_its_own_requests_and_nobody_elses() {
    let world = World::new().await;
    let node = world.node().await;
    add_tenant(&world).await;
    node.app.reload().await.unwrap();
    let key = Key::of(&node, MASTER_TENANT, Role::Operator).await;
    served(&node, &world, &key).await;
    let other = Key::of(&node, OTHER, Role::Viewer).await;
    for query in ["by=account", "by=key", "by=day", &format!("by=model&key={}", key.id)] {
        let usage = other.get(&node, &format!("/v1/usage?{query}")).await.json();
        assert_eq!(usage["totals"]["requests"], 0, "{query}: {usage}");
        assert!(!usage.to_string().contains(CODEX), "{usage}");
    }
}

#[tokio::test]
async fn requests_are_found_by_their_key_and_by_what_went_wrong() {
    let world = World::new().await;
    let node = world.node().await;
    let key = Key::of(&node, MASTER_TENANT, Role::Operator).await;
    served(&node, &world, &key).await;
    let held = node.get(&format!("/v1/requests?key={}", key.id)).await.json();
    let found = held["requests"].as_array().unwrap();
    assert_eq!(found.len(), 3);
    assert!(found.iter().all(|r| r["key_id"] == key.id.as_str() && r["key_name"] == "operator"), "{held}");
    let failed = node.get("/v1/requests?cause=refused").await.json();
    let listed: Vec<_> = failed["requests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| (r["status"].clone(), r["cause"].clone()))
        .collect();
    assert_eq!(listed, [(json!("failed"), json!("refused")), (json!("completed"), json!("refused"))]);
    let neither = node.get(&format!("/v1/requests?cause=refused&key={}&outcome=failed", key.id)).await.json();
    assert_eq!(neither["requests"], json!([]));
    assert_eq!(node.get("/v1/requests?key=mine").await.json()["code"], "invalid_value");

    // A key that is gone has no name any more, and its requests stay.
    assert_eq!(node.delete(&format!("/v1/keys/{}", key.id)).await.status, 200);
    let of_key = node.get(&format!("/v1/requests?key={}", key.id)).await.json();
    assert_eq!(
        (of_key["requests"].as_array().unwrap().len(), &of_key["requests"][0]["key_name"]),
        (3, &Value::Null)
    );
}

#[tokio::test]
async fn the_overview_tells_what_routing_added_and_what_waits_for_a_person() {
    let world = World::new().await;
    let node = world.node().await;
    let empty = node.get("/v1/overview").await.json();
    assert_eq!((&empty["last_24h"]["added_latency_ms"], &empty["attention"]), (&Value::Null, &json!([])));
    let key = Key::of(&node, MASTER_TENANT, Role::Operator).await;
    let now = served(&node, &world, &key).await;
    let overview = node.get("/v1/overview").await.json();
    let day = &overview["last_24h"];
    for (member, expected) in [
        ("failovers", json!(1)),
        ("incomplete", json!(0)),
        ("cancelled", json!(0)),
        ("refused", json!(1)),
        ("failed", json!(1)),
        ("reasoning_tokens", json!(8)),
        // Each attempt took 250 ms to its first event; the request that moved had its own after 700.
        ("first_event_ms", json!({"p50": 300, "p95": 700})),
        ("added_latency_ms", json!({"p50": 50, "p95": 450})),
    ] {
        assert_eq!(day[member], expected, "{member}: {day}");
    }
    let told: Vec<_> = overview["attention"]
        .as_array()
        .unwrap()
        .iter()
        .map(|a| (a["kind"].as_str().unwrap(), a["severity"].as_str().unwrap(), a["count"].as_i64()))
        .collect();
    assert_eq!(told, [("requests_failed", "now", Some(1)), ("requests_refused", "soon", Some(1))]);
    let since: DateTime<Utc> = overview["attention"][0]["since"].as_str().unwrap().parse().unwrap();
    assert_eq!(since, now - TimeDelta::seconds(1));
}

#[tokio::test]
async fn the_longest_names_that_are_stored_fit_into_the_index_that_usage_reads() {
    let world = World::new().await;
    let node = world.node().await;
    let ada = provider(&node, CODEX);
    // Four bytes each, and nothing that could be made smaller.
    let long = |seed: u32| -> String {
        (0..300_u32)
            .map(|n| char::from_u32(0x10000 + (n * 7_919 + seed * 104_729) % 0x10000).unwrap())
            .collect()
    };
    let record = RequestRecord {
        key: Some(KeyId(uuid::Uuid::from_u128(7))),
        model: long(1),
        served_model: Some(long(2)),
        agent_key: Some(long(3)),
        status: "refused",
        error: Some((long(4), String::new())),
        usage: Some(used(u64::from(u32::MAX))),
        ..request(at(now(&node), 1_000), &ada, &[])
    };
    write(&node, vec![record]).await;
    let usage = node.get("/v1/usage?by=cause").await.json();
    assert_eq!(usage["rows"][0]["key"].as_str().unwrap().chars().count(), 64);
}
