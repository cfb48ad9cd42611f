//! The live feed, over real sockets and real notifications.

use crate::program::process::Home;
use crate::support::database::database;
use crate::support::world::{CODEX, Node, TOKEN, World, until};
use axum::body::Body;
use futures_util::stream;
use gateway::app::events::Event;
use gateway::domain::ids::{MASTER_TENANT, ProviderId, TenantId};
use gateway::lifecycle::{Ended, Limits};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// A client of the feed.
struct Watch {
    response: reqwest::Response,
    text: String,
}

/// One event: id, type, data.
type Seen = (String, String, Value);

impl Watch {
    async fn at(url: &str, headers: &[(&str, &str)]) -> Self {
        let mut request = reqwest::Client::new().get(url).bearer_auth(TOKEN);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream; charset=utf-8");
        assert_eq!(response.headers()["x-accel-buffering"], "no");
        Self { response, text: String::new() }
    }

    async fn new(base: &str) -> Self {
        let mut watch = Self::at(&format!("{base}/v1/events"), &[]).await;
        // From here on it hears.
        assert!(watch.block().await.unwrap().contains("id: "));
        watch
    }

    /// The next lines up to an empty one; `None` at the end.
    async fn block(&mut self) -> Option<String> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.text = rest;
                return Some(block);
            }
            let chunk = tokio::time::timeout(Duration::from_secs(15), self.response.chunk()).await;
            let chunk = chunk.expect("something within 15 seconds").ok().flatten()?;
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    async fn next(&mut self) -> Seen {
        loop {
            let block = self.block().await.expect("the stream goes on");
            let field = |name: &str| {
                block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).map(str::to_owned)
            };
            if let (Some(id), Some(kind), Some(data)) = (field("id"), field("event"), field("data")) {
                return (id, kind, serde_json::from_str(&data).unwrap());
            }
        }
    }

    /// Up to the event `last`, each once, in order.
    async fn until(&mut self, last: u64) -> Vec<(String, u64)> {
        let mut seen = Vec::new();
        loop {
            let (id, kind, data) = self.next().await;
            if kind != "provider.cooldown" {
                continue;
            }
            let n = data["cooldown"].as_u64().unwrap();
            seen.push((id, n));
            if n == last {
                return seen;
            }
        }
    }
}

fn tell(node: &Node, tenant: TenantId, n: u64) {
    let provider_id = ProviderId(Uuid::from_u128(1));
    let provider_name = CODEX.into();
    let event =
        Event::ProviderCooldown { provider_id, provider_name, cooldown: json!(n), model_blocks: vec![] };
    node.app.events.publish(tenant, &event);
}

#[tokio::test]
async fn a_finished_request_is_told_when_it_can_be_read() {
    let world = World::new().await;
    let node = world.node().await;
    let mut watch = Watch::new(&node.listen().await).await;
    let answer = node.post("/v1/responses", &json!({"model": "gpt-5.5", "input": "hi"})).await;
    assert_eq!(answer.status, 200);
    let (kind, data) = loop {
        let (_, kind, data) = watch.next().await;
        // The answer's headers told of the quota.
        if kind != "provider.quota" {
            break (kind, data);
        }
    };
    assert_eq!((kind.as_str(), &data["type"]), ("request.finished", &json!("request.finished")));
    assert_eq!(data["id"].as_str(), answer.header("x-request-id"));
    assert_eq!((&data["status"], &data["provider_name"]), (&json!("completed"), &json!(CODEX)));
    assert_eq!((&data["attempt_count"], &data["used_failover"]), (&json!(1), &json!(false)));
    let read = node.get(&format!("/v1/requests/{}", data["id"].as_str().unwrap())).await;
    assert_eq!((read.status, &read.json()["status"]), (200, &json!("completed")));
}

#[tokio::test]
async fn every_replica_hears_each_event_once_and_a_client_goes_on_at_another_one() {
    let world = World::new().await;
    let (one, two) = (world.node().await, world.bare_node().await);
    let (first, second) = (one.listen().await, two.listen().await);
    let (mut a, mut b) = (Watch::new(&first).await, Watch::new(&second).await);
    for n in 0..20 {
        tell(if n % 2 == 0 { &one } else { &two }, MASTER_TENANT, n);
        // Another tenant's are not heard.
        tell(&one, TenantId(Uuid::from_u128(2)), 1_000 + n);
    }
    let sorted = |mut seen: Vec<(String, u64)>| {
        seen.sort_by_key(|(_, n)| *n);
        seen
    };
    // Each of the two tells in its own order.
    let read = async |watch: &mut Watch| {
        let mut seen = Vec::new();
        while seen.len() < 20 {
            let (id, kind, data) = watch.next().await;
            if kind == "provider.cooldown" {
                seen.push((id, data["cooldown"].as_u64().unwrap()));
            }
        }
        seen
    };
    let (heard, there) = (read(&mut a).await, read(&mut b).await);
    assert_eq!(heard, there, "all hear the same in the same order");
    assert_eq!(
        sorted(heard.clone()).iter().map(|(_, n)| *n).collect::<Vec<_>>(),
        (0..20).collect::<Vec<_>>()
    );

    // It stopped after the fifth, and goes on at the other replica.
    let last = &heard[4].0;
    let url = format!("{second}/v1/events");
    let by_header = Watch::at(&url, &[("last-event-id", last)]).await;
    let by_query = Watch::at(&format!("{url}?last_event_id={last}"), &[]).await;
    for mut watch in [by_header, by_query] {
        let mut seen = Vec::new();
        while seen.len() < 15 {
            let (id, kind, _) = watch.next().await;
            assert_ne!(kind, "reset");
            seen.push(id);
        }
        assert_eq!(seen, heard[5..].iter().map(|(id, _)| id.clone()).collect::<Vec<_>>());
    }
    for (n, unknown) in [(77, Uuid::now_v7().to_string()), (78, "nonsense".into())] {
        let mut watch = Watch::at(&url, &[("last-event-id", &unknown)]).await;
        let (id, kind, data) = watch.next().await;
        assert_eq!((kind.as_str(), data), ("reset", json!({"type": "reset"})));
        // And the reset is a place to go on from.
        tell(&one, MASTER_TENANT, n);
        assert_eq!(watch.next().await.1, "provider.cooldown");
        let again = Watch::at(&url, &[("last-event-id", &id)]).await.next().await;
        assert_eq!((again.1.as_str(), &again.2["cooldown"]), ("provider.cooldown", &json!(n)));
    }
    // The process of the first one told its part and hears no second time.
    tell(&one, MASTER_TENANT, 99);
    assert_eq!(a.until(99).await.iter().filter(|(_, n)| *n == 99).count(), 1);
}

#[tokio::test]
async fn what_may_have_been_missed_while_the_database_was_away_is_said() {
    let world = World::new().await;
    let node = world.node().await;
    let mut watch = Watch::new(&node.listen().await).await;
    let killed: i64 = sqlx::query_scalar(
        "select count(pg_terminate_backend(pid)) from pg_stat_activity
         where datname = current_database() and query ilike 'listen%'",
    )
    .fetch_one(&mut world.db.db.owner().await.unwrap())
    .await
    .unwrap();
    assert_eq!(killed, 1, "one connection hears everything");
    assert_eq!(watch.next().await.1, "reset");
    tell(&node, MASTER_TENANT, 5);
    assert_eq!(watch.until(5).await.len(), 1);
    // Changes of the catalogue are heard again as well.
    let before = node.app.catalogues.current();
    sqlx::query("update providers set display_name = 'Ada'").execute(&world.db.pool).await.unwrap();
    until("the catalogue is read anew", async || {
        !std::sync::Arc::ptr_eq(&before, &node.app.catalogues.current())
    })
    .await;
}

#[tokio::test]
async fn what_changes_about_an_account_is_told() {
    let world = World::new().await;
    let node = world.node().await;
    // The state that is known before the change.
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    let mut watch = Watch::new(&node.listen().await).await;
    world.script(gateway::demo::simulator::Script::fixture("error-402-deactivated_workspace"));
    assert_eq!(node.post("/v1/responses", &json!({"model": "gpt-5.5", "input": "hi"})).await.status, 503);
    let mut told = std::collections::HashMap::new();
    while told.len() < 4 {
        let (_, kind, data) = watch.next().await;
        told.insert(kind, data);
    }
    assert_eq!(told["provider.status"]["status"]["state"], "cooling_down", "{told:?}");
    assert_eq!(told["provider.cooldown"]["cooldown"]["reason"], "payment_required");
    assert_eq!(told["provider.health"]["health"]["last_error"]["cause"], "payment_required");
    assert_eq!(told["provider.status"]["provider_name"], CODEX);
    let released = node.post(&format!("/v1/providers/{CODEX}/release"), &json!({})).await;
    assert_eq!(released.status, 200);
    loop {
        let (_, kind, data) = watch.next().await;
        if kind == "provider.status" {
            assert_eq!(data["status"]["state"], "ready");
            break;
        }
    }
}

#[tokio::test]
async fn a_model_that_an_account_does_not_serve_for_now_is_told_though_the_account_is_ready() {
    let world = World::new().await;
    let node = world.node().await;
    // The state that is known before the change.
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    let mut watch = Watch::new(&node.listen().await).await;
    world.script(gateway::demo::simulator::Script::fixture("error-503-server_is_overloaded"));
    assert_eq!(node.post("/v1/responses", &json!({"model": "gpt-5.5", "input": "hi"})).await.status, 503);
    let mut told = std::collections::HashMap::new();
    while !(told.contains_key("provider.status") && told.contains_key("provider.cooldown")) {
        let (_, kind, data) = watch.next().await;
        told.insert(kind, data);
    }
    let status = node.get(&format!("/v1/providers/{CODEX}")).await.json()["status"].take();
    let [block] = &**status["model_blocks"].as_array().unwrap() else { panic!("{status}") };
    assert_eq!((&block["model"], &block["reason"]), (&json!("gpt-5.5"), &json!("overload")));
    assert_eq!(status["state"], "ready");
    assert_eq!(told["provider.status"]["status"]["model_blocks"], json!([block]), "{told:?}");
    assert_eq!(told["provider.cooldown"]["cooldown"], Value::Null);
    assert_eq!(told["provider.cooldown"]["model_blocks"], json!([block]));
    let activity = node.get(&format!("/v1/providers/{CODEX}/codex-pool-activity")).await.json();
    assert_eq!(activity["provider_counts"][0]["model_blocks"], json!([block]), "{activity}");
    node.post(&format!("/v1/providers/{CODEX}/release"), &json!({})).await;
    while watch.next().await.2["model_blocks"] != json!([]) {}
}

#[tokio::test]
async fn a_quiet_feed_stays_alive_and_only_who_may_read_gets_it() {
    let world = World::with(|config| config.server.heartbeat_seconds = 1).await;
    let node = world.node().await;
    let url = node.listen().await;
    let mut watch = Watch::new(&url).await;
    for _ in 0..2 {
        assert_eq!(watch.block().await.unwrap(), ": keep-alive");
    }
    let refused =
        node.request("GET", "/v1/events", &[("authorization", "Bearer wrong")], Body::empty()).await;
    assert_eq!(refused.status, 401);
    let opened = node.post("/v1/auth/session", &json!({"token": TOKEN})).await;
    let cookie = opened.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    let client = reqwest::Client::new();
    assert_eq!(client.get(format!("{url}/v1/events")).send().await.unwrap().status(), 401);
    let by_cookie = client.get(format!("{url}/v1/events")).header("cookie", cookie).send().await.unwrap();
    assert_eq!(by_cookie.status(), 200);
}

#[tokio::test]
async fn an_open_feed_ends_with_the_first_signal_and_uses_up_no_grace() {
    let world = World::new().await;
    let node = world.node().await;
    let mut watch = Watch::new(&node.listen().await).await;
    node.shutdown.begin();
    assert_eq!(watch.block().await, None);
    let begun = Instant::now();
    let ended = node.shutdown.run(stream::pending(), || Limits::with_grace(Duration::from_mins(1))).await;
    assert_eq!(ended, Ended::Drained);
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_process_with_open_feeds_ends_as_fast_as_one_without() {
    let db = database().await;
    let home = Home::new().with("GATEWAY_POSTGRES_DSN", &db.url).with("GATEWAY_TOKEN", TOKEN);
    let mut gateway = home.serve().await;
    let client = gateway.client(TOKEN);
    let mut open = Vec::new();
    for _ in 0..3 {
        let response = client.request(Method::GET, "/v1/events").send().await.unwrap();
        assert_eq!(response.status(), 200);
        open.push(response);
    }
    let begun = Instant::now();
    gateway.stop().await;
    // The grace is 30 seconds.
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}
