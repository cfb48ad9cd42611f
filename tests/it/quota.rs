//! The quota of accounts, against a simulated upstream and a real database.

use crate::support::database::database;
use crate::support::world::{ADA, CODEX, COMPAT, GRACE, Node, World, owner, until};
use chrono::{DateTime, TimeDelta, Utc};
use gateway::app::clock::Clock;
use gateway::demo::simulator::{AccountHandle, COMPAT_KEY, Endpoint, Script, UsageChange};
use gateway::domain::catalogue::Provider;
use gateway::domain::ids::{MASTER_TENANT, ProviderId};
use gateway::domain::quota::evidence::Evidence;
use gateway::domain::quota::readiness::Readiness;
use gateway::domain::quota::window::WindowKind;
use gateway::domain::responses::error::UpstreamError;
use gateway::domain::responses::event::Usage;
use gateway::store::providers::{self, NewProvider};
use gateway::store::quota::{self, BeliefRow, SampleRow};
use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

const MODEL: &str = "gpt-5.5";
const QUOTA: &str = "/v1/auth/chatgpt/openai-codex/quota";

fn now() -> DateTime<Utc> {
    Clock::system().now()
}

fn provider(node: &Node, name: &str) -> Arc<Provider> {
    node.app.catalogues.current().tenant(MASTER_TENANT).provider(name).unwrap().clone()
}

/// Asks the upstream at once.
async fn ask(node: &Node) -> Value {
    node.app.quotas.refresh(&provider(node, CODEX), TimeDelta::zero(), Duration::from_secs(5)).await;
    told(node, CODEX)
}

/// The envelope, from memory.
fn told(node: &Node, name: &str) -> Value {
    let provider = provider(node, name);
    serde_json::to_value(node.app.quotas.envelope(&provider, now())).unwrap()
}

fn readiness(node: &Node, name: &str) -> Readiness {
    node.app.quotas.readiness(provider(node, name).id, MODEL, now())
}

fn questions(account: &AccountHandle) -> usize {
    account.last_requests().iter().filter(|request| request.path.ends_with("/wham/usage")).count()
}

/// An answer of the usage endpoint: (length, percent, seconds to the reset) of each window.
fn usage(windows: &[(i64, f64, i64)]) -> Value {
    let window = |place: usize| {
        windows.get(place).map(|(length, used, left)| {
            json!({"used_percent": used, "limit_window_seconds": length, "reset_after_seconds": left,
                "reset_at": now().timestamp() + left})
        })
    };
    json!({"plan_type": "pro", "rate_limit":
        {"allowed": true, "limit_reached": false, "primary_window": window(0), "secondary_window": window(1)}})
}

/// Headers of an answer, the same way.
fn headers(used: u32, left: i64) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("x-codex-primary-used-percent", used.to_string()),
        ("x-codex-primary-window-minutes", "300".to_owned()),
        ("x-codex-primary-reset-at", (now().timestamp() + left).to_string()),
    ] {
        headers.insert(name, value.parse().unwrap());
    }
    headers
}

fn limit_reached(left: i64) -> UpstreamError {
    let body = json!({"error": {"type": "usage_limit_reached", "message": "The usage limit has been reached",
        "resets_at": now().timestamp() + left, "limit_window_minutes": 300, "resets_in_seconds": left}});
    UpstreamError::from_http(429, None, body.to_string().as_bytes())
}

#[tokio::test]
async fn a_weekly_only_plan_is_told_as_a_week_wherever_it_stands() {
    let world = World::new().await;
    let node = world.node().await;
    let weekly = usage(&[(604_800, 22.0, 155_800)]);
    world.ada().set_default_on(Endpoint::Usage, Script::status(200, weekly));
    let answer = node.get(QUOTA).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let told = answer.json();
    assert_eq!((&told["success"], &told["plan_type"]), (&json!(true), &json!("pro")));
    assert_eq!(told["core_usage"]["five_hour"], Value::Null);
    assert_eq!(told["core_usage"]["weekly"]["remaining_percent"], 78.0);
    let [window] = &**told["windows"].as_array().unwrap() else { panic!("{told}") };
    assert_eq!(
        (&window["kind"], &window["label"], &window["source"], &window["length_seconds"]),
        (&json!("weekly"), &json!("Weekly"), &json!("usage_api"), &json!(604_800))
    );
}

#[tokio::test]
async fn a_used_up_account_is_exhausted_until_its_reset_and_then_can_serve_again() {
    let world = World::with(|config| config.quota.poll = true).await;
    let node = world.node().await;
    let out =
        UsageChange { five_hour_used: Some(100.0), five_hour_resets_in: Some(4), ..UsageChange::default() };
    world.ada().set_usage(out);
    let id = provider(&node, CODEX).id;
    node.app.quotas.observe_refusal(id, MODEL, &limit_reached(4), now());
    let Readiness::Exhausted { until: Some(lease), window } = readiness(&node, CODEX) else {
        panic!("{:?}", readiness(&node, CODEX));
    };
    assert_eq!(window, WindowKind::FiveHour);
    assert!(lease > now() && lease <= now() + TimeDelta::seconds(4));
    until("the lease is over", async || !matches!(readiness(&node, CODEX), Readiness::Exhausted { .. }))
        .await;
    assert!(now() >= lease && now() < lease + TimeDelta::seconds(2), "neither early nor late");
    // The new window is read by itself, soon after the reset.
    until("the new window is known", async || {
        let told = told(&node, CODEX);
        told["core_usage"]["five_hour"]["remaining_percent"] == 100.0
    })
    .await;
    assert!(matches!(readiness(&node, CODEX), Readiness::Available { .. }));
}

#[tokio::test]
async fn what_nobody_has_said_is_unknown() {
    let world = World::new().await;
    let node = world.node().await;
    assert_eq!(readiness(&node, CODEX), Readiness::Unknown);
    let before = told(&node, CODEX);
    assert_eq!((&before["success"], &before["last_updated"]), (&json!(false), &Value::Null));
    let nulls = json!({"plan_type": "unknown_future_plan", "rate_limit": null, "credits": null});
    world.ada().set_default_on(Endpoint::Usage, Script::status(200, nulls));
    let told = ask(&node).await;
    assert_eq!(
        (&told["success"], &told["windows"], told.get("core_usage")),
        (&json!(true), &json!([]), None)
    );
    assert_eq!(told["plan_type"], "unknown_future_plan");
    assert_eq!(readiness(&node, CODEX), Readiness::Unknown);
}

#[tokio::test]
async fn every_failure_has_its_code_and_what_is_known_stays() {
    let world = World::new().await;
    let node = world.node().await;
    assert_eq!(ask(&node).await["success"], true);
    let ada = world.ada();
    for (script, code, retryable) in [
        (Script::fixture("error-402-deactivated_workspace"), "payment_required", false),
        (Script::fixture("error-403-cloudflare-challenge"), "quota_api_forbidden", false),
        (Script::status(404, json!({"detail": "Not Found"})), "quota_endpoint_not_found", false),
        (Script::fixture("error-429-slow_down"), "rate_limited", true),
        (Script::fixture("error-503-server_is_overloaded"), "provider_unavailable", true),
        (Script::status(400, json!({"detail": "no"})), "quota_request_failed", true),
        (Script::status(200, json!("<html>hello</html>")), "unknown_upstream_error", true),
        (Script::Reset, "network_error", true),
    ] {
        ada.script_on(Endpoint::Usage, script);
        let told = ask(&node).await;
        assert_eq!((&told["error_code"], &told["success"]), (&json!(code), &json!(false)), "{told}");
        assert_eq!(told["retryable"], retryable, "{code}");
        assert!(told["error"].is_string() && told["action_hint"].is_string(), "{told}");
        assert_eq!(told["windows"].as_array().unwrap().len(), 2, "what is known stays: {told}");
        assert_eq!(told.get("is_forbidden").is_some(), code == "quota_api_forbidden");
    }
    ada.script_on(Endpoint::Usage, Script::Hang);
    let account = provider(&node, CODEX);
    node.app.quotas.refresh(&account, TimeDelta::zero(), Duration::from_millis(100)).await;
    assert_eq!(told(&node, CODEX)["error_code"], "network_timeout");
    assert_eq!(node.state(CODEX), "ready", "none of it condemns the account");
    // A real turn tells: the endpoint's failure is no news any more.
    node.app.quotas.observe_headers(account.id, &headers(33, 9_000), now());
    let after = told(&node, CODEX);
    assert_eq!((&after["success"], after.get("error_code")), (&json!(true), None));
}

#[tokio::test]
async fn a_refused_token_is_renewed_once_and_a_dead_one_needs_its_owner() {
    let world = World::new().await;
    let node = world.node().await;
    world.ada().expire_access_tokens();
    assert_eq!(ask(&node).await["success"], true);
    assert_eq!(world.ada().counters().unauthorized, 1);

    world.ada().revoke_tokens();
    let told = ask(&node).await;
    assert_eq!(
        (&told["error_code"], &told["needs_reauth"]),
        (&json!("reauth_required"), &json!(true)),
        "{told}"
    );
    until("the account needs its owner", async || {
        node.app.reload().await.unwrap();
        node.state(CODEX) == "needs_reauth"
    })
    .await;
    let asked = questions(&world.ada());
    assert_eq!(node.get(QUOTA).await.json()["error_code"], "reauth_required");
    assert_eq!(questions(&world.ada()), asked, "nobody asks with a dead token");

    // Signing in again makes it well, and keeps what is known.
    node.connect(CODEX, &world.ada()).await;
    assert_eq!(ask(&node).await["success"], true);
}

#[tokio::test]
async fn a_restart_keeps_what_is_known_and_asks_nothing() {
    let world = World::new().await;
    let node = world.node().await;
    ask(&node).await;
    let id = provider(&node, CODEX).id;
    node.app.quotas.observe_headers(id, &headers(61, 9_000), now() + TimeDelta::seconds(1));
    node.app.quotas.observe_refusal(id, "gpt-6-sol", &limit_reached(600), now());
    let before = told(&node, CODEX)["windows"].clone();
    node.stop().await;

    let asked = questions(&world.ada());
    let node = world.bare_node().await;
    let after = told(&node, CODEX)["windows"].clone();
    assert_eq!(after.as_array().unwrap().len(), 2);
    for (old, new) in before.as_array().unwrap().iter().zip(after.as_array().unwrap()) {
        for key in ["label", "used_percent", "source", "observed_at", "reset_at"] {
            assert_eq!(old[key], new[key], "{key}");
        }
    }
    assert!(matches!(readiness(&node, CODEX), Readiness::Exhausted { until: Some(_), .. }));
    assert_eq!(questions(&world.ada()), asked);
}

#[tokio::test]
async fn another_replica_learns_of_it_at_once_and_both_agree() {
    let world = World::new().await;
    let (a, b) = (world.node().await, world.bare_node().await);
    let id = provider(&a, CODEX).id;
    let mut changes = b.app.quotas.changes();
    a.app.quotas.observe_refusal(id, MODEL, &limit_reached(600), now());
    until("the other one knows", async || matches!(readiness(&b, CODEX), Readiness::Exhausted { .. })).await;
    assert_eq!(readiness(&a, CODEX), readiness(&b, CODEX));
    assert_eq!(changes.recv().await.unwrap(), id);

    // Each heard something that the other did not.
    let later = now() + TimeDelta::seconds(30);
    a.app.quotas.observe_headers(id, &headers(50, 9_000), later);
    b.app.quotas.observe_headers(id, &headers(55, 9_000), later);
    until("both know both", async || {
        [&a, &b].iter().all(|node| told(node, CODEX)["windows"][0]["used_percent"] == 55.0)
    })
    .await;
}

#[tokio::test]
async fn an_account_is_read_by_itself_once_it_is_connected_and_not_over_and_over() {
    let world = World::with(|config| config.quota.poll = true).await;
    let node = world.node().await;
    until("its quota is known", async || told(&node, CODEX)["success"] == true).await;
    let answer = node.get(QUOTA).await.json();
    assert_eq!(answer["core_usage"]["five_hour"]["remaining_percent"], 90.0);
    for _ in 0..3 {
        node.app.quotas.refresh_due().await;
        node.get("/v1/quota?refresh=true").await;
    }
    assert_eq!(questions(&world.ada()), 1);
    // A used-up limit is looked into at once.
    let id = provider(&node, CODEX).id;
    node.app.quotas.observe_refusal(id, MODEL, &limit_reached(600), now());
    until("it is asked again", async || questions(&world.ada()) == 2).await;
}

#[tokio::test]
async fn many_requests_at_once_are_one_question() {
    let world = World::new().await;
    let node = world.node().await;
    world.ada().script_on(Endpoint::Usage, Script::Default.delayed(200));
    let all = (0..8).map(|_| node.get(QUOTA));
    for answer in futures_util::future::join_all(all).await {
        assert_eq!(answer.json()["success"], true, "{}", answer.text());
    }
    assert_eq!(questions(&world.ada()), 1);
}

#[tokio::test]
async fn own_traffic_is_debited_at_once() {
    let world = World::new().await;
    let node = world.node().await;
    let id = provider(&node, CODEX).id;
    node.app.quotas.observe_headers(id, &headers(50, 9_000), now());
    let room = || match readiness(&node, CODEX) {
        Readiness::Available { headroom } => headroom.windows[0].remaining,
        other => panic!("{other:?}"),
    };
    let before = room();
    let usage = Usage { input_tokens: 100_000, output_tokens: 10_000, ..Usage::default() };
    node.app.quotas.observe_served(id, MODEL, &usage, now());
    assert!(room() < before - 0.01, "{before} {}", room());
    assert_eq!(told(&node, CODEX)["windows"][0]["used_percent"], 50.0, "what is told is what was told");
}

#[tokio::test]
async fn the_whole_tenant_is_told_at_once_with_forecasts_and_credits() {
    let world = World::new().await;
    let node = world.node().await;
    node.connect("grace", &world.sim.account(GRACE)).await;
    node.add_compat(&world, COMPAT_KEY).await;
    let cold = node.get("/v1/quota").await.json();
    assert_eq!(cold["providers"].as_array().unwrap().len(), 2, "accounts only: {cold}");
    assert_eq!(cold["providers"][0]["windows"], json!([]));
    assert_eq!((questions(&world.ada()), questions(&world.sim.account(GRACE))), (0, 0));

    let warm = node.get("/v1/quota?refresh=true").await.json();
    for told in warm["providers"].as_array().unwrap() {
        assert_eq!(
            told["provider_id"],
            provider(&node, told["provider_name"].as_str().unwrap()).id.0.to_string()
        );
        assert_eq!(told["windows"].as_array().unwrap().len(), 2);
        let forecasts = told["forecast"].as_array().unwrap();
        assert_eq!(forecasts.len(), 2);
        assert_eq!(
            (&forecasts[0]["kind"], &forecasts[0]["verdict"]),
            (&json!("five_hour"), &json!("unknown"))
        );
        assert!(forecasts[0]["text"].is_string() && forecasts[0]["runs_out_at"].is_null());
        assert_eq!(told["credits"]["has_credits"], false);
        assert!(told["reset_credits"]["available"].is_u64(), "{told}");
    }
    assert_eq!(node.get("/v1/auth/openai/quota").await.json()["provider_name"], CODEX);
    for (path, status) in [
        ("/v1/auth/chatgpt/nobody/quota", 404),
        ("/v1/providers/nobody/quota/history", 404),
        (&*format!("/v1/auth/chatgpt/{COMPAT}/quota"), 400),
    ] {
        assert_eq!(node.get(path).await.status, status, "{path}");
    }
    let other = [("x-gateway-tenant-id", "0193a5b0-7000-7000-8000-000000000002")];
    for path in ["/v1/quota", QUOTA] {
        assert_eq!(node.request("GET", path, &other, axum::body::Body::empty()).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn the_history_is_written_behind_and_goes_with_its_provider() {
    let world = World::new().await;
    let node = world.node().await;
    let id = provider(&node, CODEX).id;
    for (minute, used) in [(0, 10), (1, 12), (2, 15)] {
        let at = now() - TimeDelta::minutes(10 - minute);
        node.app.quotas.observe_headers(id, &headers(used, 9_000), at);
    }
    let path = format!("/v1/providers/{id}/quota/history");
    until("it is written", async || {
        node.get(&path).await.json()["windows"][0]["samples"].as_array().is_some_and(|all| all.len() == 3)
    })
    .await;
    let history = node.get(&path).await.json();
    let window = &history["windows"][0];
    assert_eq!((&window["kind"], &window["meter"]), (&json!("five_hour"), &Value::Null));
    let used: Vec<f64> =
        window["samples"].as_array().unwrap().iter().map(|s| s["used_percent"].as_f64().unwrap()).collect();
    assert_eq!(used, [10.0, 12.0, 15.0]);
    let nothing = node.get(&format!("{path}?to=2026-01-01T00:00:00Z")).await.json();
    assert_eq!(nothing["windows"], json!([]));
    assert_eq!(
        node.get(&format!("{path}?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z")).await.status,
        400
    );

    let gone = node.request("DELETE", "/v1/providers/openai-codex", &[], axum::body::Body::empty()).await;
    assert_eq!(gone.status, 200, "{}", gone.text());
    for table in ["quota_beliefs", "quota_history"] {
        let sql = sqlx::AssertSqlSafe(format!("select count(*) from {table}"));
        let left: i64 = sqlx::query_scalar(sql).fetch_one(&world.db.pool).await.unwrap();
        assert_eq!(left, 0, "{table}");
    }
}

#[tokio::test]
async fn another_account_behind_the_same_provider_starts_from_nothing() {
    let world = World::new().await;
    let node = world.node().await;
    let id = provider(&node, CODEX).id;
    node.app.quotas.observe_refusal(id, MODEL, &limit_reached(600), now());
    node.app.logins.logout(&owner(), CODEX).await.unwrap();
    node.connect(CODEX, &world.sim.account(GRACE)).await;
    until("the old account is forgotten", async || {
        node.app.quotas.refresh_due().await;
        readiness(&node, CODEX) == Readiness::Unknown
    })
    .await;
    node.stop().await;
    let node = world.bare_node().await;
    assert_eq!(readiness(&node, CODEX), Readiness::Unknown);
    assert_ne!(ADA, GRACE);
}

fn sample(id: ProviderId, at: DateTime<Utc>, used_percent: f64) -> SampleRow {
    SampleRow {
        provider_id: id.0,
        meter: "codex".into(),
        length_seconds: 18_000,
        observed_at: at,
        used_percent,
        resets_at: None,
        source: "header".into(),
    }
}

#[tokio::test]
async fn old_history_is_thinned_to_a_figure_an_hour_and_then_pruned() {
    let db = database().await;
    let mut conn = db.pool.acquire().await.unwrap();
    let start: DateTime<Utc> = "2026-11-01T00:00:00Z".parse().unwrap();
    let new = NewProvider {
        id: ProviderId(uuid::Uuid::now_v7()),
        name: "one".into(),
        display_name: None,
        provider_type: "chatgpt_oauth".into(),
        api_base: None,
        api_key: None,
        enabled: true,
        settings: json!({}),
    };
    let id = providers::insert(&mut conn, MASTER_TENANT, &new, start).await.unwrap().id;
    let samples: Vec<SampleRow> = (0..180)
        .map(|m| sample(id, start + TimeDelta::minutes(m), f64::from(i32::try_from(m).unwrap())))
        .collect();
    quota::add_samples(&mut conn, &samples).await.unwrap();
    quota::add_samples(&mut conn, &samples[..10]).await.unwrap();
    let two_hours = start + TimeDelta::hours(2);
    assert_eq!(quota::thin(&mut conn, start, two_hours).await.unwrap(), 118);
    assert_eq!(quota::thin(&mut conn, start, two_hours).await.unwrap(), 0, "once is enough");
    let all = (start, start + TimeDelta::days(1));
    let left = quota::history(&mut conn, MASTER_TENANT, id, all, 1_000).await.unwrap();
    assert_eq!(left.len(), 62);
    assert_eq!(left[..3].iter().map(|s| s.used_percent).collect::<Vec<_>>(), [59.0, 119.0, 120.0]);
    assert_eq!(quota::prune(&mut conn, two_hours).await.unwrap(), 2);
    let other = gateway::domain::ids::TenantId(uuid::Uuid::now_v7());
    assert!(quota::history(&mut conn, other, id, all, 1_000).await.unwrap().is_empty());

    // A belief of a provider that is gone is not written.
    let gone = ProviderId(uuid::Uuid::now_v7());
    let mut tx = sqlx::Connection::begin(&mut *conn).await.unwrap();
    assert_eq!(quota::lock(&mut tx, &[id, gone]).await.unwrap(), [id]);
    let row = BeliefRow { provider_id: id, account_id: "a".into(), evidence: Evidence::default() };
    quota::put(&mut tx, std::slice::from_ref(&row), "me", start).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(quota::list_all(&mut conn).await.unwrap(), [row]);
}
