//! Two gateways on one database.

use super::process::{Client, Home, Process, until};
use crate::support::database::{database, empty_database};
use gateway::app::clock::Clock;
use gateway::demo::simulator::{AccountSpec, Simulator, SimulatorSpec};
use reqwest::Method;
use serde_json::json;
use std::time::{Duration, Instant};

const ADA: &str = "ada@example.com";
const KEY: &str = "5c1f4b0e7a9d3c2b1a0f9e8d7c6b5a493827160514f3e2d1c0b9a8978695a4b3";

/// Homes of two replicas: one database, one key, one token.
fn homes(url: &str, simulator: &Simulator) -> [Home; 2] {
    [(), ()].map(|()| {
        Home::new()
            .on(simulator)
            .with("GATEWAY_POSTGRES_DSN", url)
            .with("GATEWAY_ENCRYPTION_KEY", KEY)
            .with("GATEWAY_TOKEN", "gw_shared")
    })
}

async fn both(homes: &[Home; 2]) -> ([Process; 2], [Client; 2]) {
    let (a, b) = tokio::join!(homes[0].serve(), homes[1].serve());
    let clients = [a.client("gw_shared"), b.client("gw_shared")];
    ([a, b], clients)
}

async fn within_a_second(what: &str, condition: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    until(what, condition).await;
    assert!(begun.elapsed() < Duration::from_secs(1), "{what}: {:?}", begun.elapsed());
}

#[tokio::test]
async fn both_come_up_together_on_an_empty_database_and_see_each_others_changes() {
    let simulator = Simulator::start(SimulatorSpec::with_emails([ADA])).await.unwrap();
    let db = empty_database().await;
    let homes = homes(&db.url, &simulator);
    let (mut gateways, [a, b]) = both(&homes).await;
    let applied: i64 = sqlx::query_scalar("select count(*) from _sqlx_migrations where success")
        .fetch_one(&db.pool)
        .await
        .unwrap();
    let files = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations")).unwrap();
    let files = files.filter(|f| f.as_ref().unwrap().path().extension().is_some_and(|e| e == "sql")).count();
    assert_eq!(usize::try_from(applied).unwrap(), files);

    a.done(Method::POST, "/v1/agents", json!({"agent_key": "helper"})).await;
    within_a_second("the other one knows the agent", async || b.get("/v1/agents/helper").await.0 == 200)
        .await;
    b.done(
        Method::POST,
        "/v1/providers",
        json!({"name": "local", "provider_type": "openai_compat", "api_base": simulator.compat_base(),
               "api_key": gateway::demo::simulator::COMPAT_KEY}),
    )
    .await;
    within_a_second("the other one knows the provider", async || a.get("/v1/providers/local").await.0 == 200)
        .await;
    until("and its models", async || a.get("/v1/providers/local").await.1["model_count"] == 2).await;
    let (status, answer) = a.ask("local/sim-chat", "hello").await;
    assert_eq!(status, 200, "{answer}");

    a.connect("openai-codex", &simulator, ADA).await;
    within_a_second("the other one has the account", async || {
        b.get("/v1/providers/openai-codex").await.1["status"]["state"] == "ready"
    })
    .await;
    let (status, answer) = b.ask("gpt-5.5", "hello").await;
    assert_eq!(status, 200, "{answer}");
    for path in ["/v1/agents/helper", "/v1/providers/local"] {
        b.done(Method::DELETE, path, json!({})).await;
        within_a_second("the other one forgets it", async || a.get(path).await.0 == 404).await;
    }
    // A session of one is a session of the other: both have the same token.
    let opened = a.request(Method::POST, "/v1/auth/session").json(&json!({"token": "gw_shared"}));
    let opened = opened.send().await.unwrap();
    let cookie = opened.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let there = Client::new(&b.url, "").request(Method::GET, "/v1/auth/session");
    assert_eq!(there.header("cookie", cookie).send().await.unwrap().status(), 200);
    for gateway in &mut gateways {
        gateway.stop().await;
    }
}

async fn fifty(clients: &[Client; 2]) {
    let ask = async |n: usize| clients[n % 2].ask("gpt-5.5", &format!("question {n}")).await;
    for (status, answer) in futures_util::future::join_all((0..50).map(ask)).await {
        assert_eq!(status, 200, "{answer}");
    }
}

#[tokio::test]
async fn fifty_requests_with_a_refused_token_over_two_processes_cause_one_refresh() {
    let simulator = Simulator::start(SimulatorSpec::with_emails([ADA])).await.unwrap();
    let db = database().await;
    let homes = homes(&db.url, &simulator);
    let (mut gateways, clients) = both(&homes).await;
    clients[0].connect("openai-codex", &simulator, ADA).await;
    // Both hold the token and have used it.
    for client in &clients {
        until("it serves", async || client.ask("gpt-5.5", "hi").await.0 == 200).await;
    }
    let account = simulator.account(ADA);
    assert_eq!(account.counters().refresh_attempts, 0);
    account.expire_access_tokens();
    fifty(&clients).await;
    let counters = account.counters();
    assert_eq!((counters.refresh_attempts, counters.refreshes), (1, 1), "{counters:?}");
    assert_eq!(counters.reused_refresh_tokens, 0);
    assert!(counters.unauthorized >= 1, "{counters:?}");
    for gateway in &mut gateways {
        gateway.stop().await;
    }
}

#[tokio::test]
async fn fifty_requests_after_the_tokens_end_over_two_processes_cause_one_refresh() {
    let mut account = AccountSpec::new(ADA);
    account.access_token_ttl = Duration::from_secs(20);
    let simulator = Simulator::start(SimulatorSpec::new(vec![account])).await.unwrap();
    let db = database().await;
    let homes = homes(&db.url, &simulator);
    let (mut gateways, clients) = both(&homes).await;
    clients[0].connect("openai-codex", &simulator, ADA).await;
    for client in &clients {
        until("it serves", async || client.ask("gpt-5.5", "hi").await.0 == 200).await;
    }
    let account = simulator.account(ADA);
    let before = account.counters();
    assert_eq!(before.refresh_attempts, 0, "the token was young enough: {before:?}");
    // It is due after half of its life; the background pass looks once a minute and may not come first here.
    let sql = "update grants set access_expires_at = now() - interval '1 minute', version = version + 1";
    sqlx::query(sql).execute(&db.pool).await.unwrap();
    for client in &clients {
        until("it knows that the token has ended", async || {
            let at = client.get("/v1/providers/openai-codex").await.1["account"]["token_expires_at"].clone();
            at.as_str()
                .and_then(|t| t.parse::<chrono::DateTime<chrono::Utc>>().ok())
                .is_some_and(|t| t < Clock::system().now())
        })
        .await;
    }
    fifty(&clients).await;
    let counters = account.counters();
    assert_eq!((counters.refresh_attempts, counters.refreshes), (1, 1), "{counters:?}");
    assert_eq!((counters.reused_refresh_tokens, counters.unauthorized), (0, 0), "{counters:?}");
    for gateway in &mut gateways {
        gateway.stop().await;
    }
}
