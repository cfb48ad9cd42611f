//! What all accounts have left together, through the API.

use crate::keys::{Key, OTHER, add_tenant};
use crate::support::world::{CODEX, GRACE, Node, World};
use chrono::{DateTime, TimeDelta, Utc};
use gateway::domain::access::Role;
use gateway::domain::ids::MASTER_TENANT;
use gateway::store::quota::{SampleRow, add_samples};
use serde_json::{Value, json};
use std::time::Duration;

async fn heard(node: &Node) {
    node.app.quotas.refresh_tenant(MASTER_TENANT, TimeDelta::zero(), Duration::from_secs(10)).await;
}

fn window<'a>(capacity: &'a Value, kind: &str) -> &'a Value {
    let windows = capacity["windows"].as_array().unwrap_or_else(|| panic!("{capacity}"));
    windows.iter().find(|window| window["kind"] == kind).unwrap_or_else(|| panic!("{capacity}"))
}

fn time(value: &Value) -> DateTime<Utc> {
    value.as_str().unwrap_or_else(|| panic!("{value}")).parse().unwrap()
}

#[tokio::test]
async fn accounts_are_summed_and_one_that_nobody_heard_of_is_named_and_counted_nowhere() {
    let world = World::new().await;
    let node = world.bare_node().await;
    assert_eq!(node.get("/v1/capacity").await.json()["windows"], json!([]));
    node.connect(CODEX, &world.ada()).await;
    let nothing = node.get("/v1/capacity").await.json();
    for kind in ["five_hour", "weekly"] {
        let window = window(&nothing, kind);
        assert_eq!(
            (&window["accounts"], &window["unknown_accounts"]),
            (&json!(0), &json!([CODEX])),
            "{window}"
        );
        assert_eq!((&window["remaining_percent"], &window["used_percent"]), (&Value::Null, &Value::Null));
        assert_eq!(window["forecast"]["verdict"], "unknown");
    }
    heard(&node).await;
    // Ten and twenty percent are used, as the simulator's accounts begin.
    node.connect("grace", &world.sim.account(GRACE)).await;
    let one = node.get("/v1/capacity").await.json();
    let hours = window(&one, "five_hour");
    assert_eq!((&hours["accounts"], &hours["unknown_accounts"]), (&json!(1), &json!(["grace"])), "{hours}");
    assert_eq!((&hours["remaining_percent"], &hours["weight_total"]), (&json!(90.0), &json!(1.0)));
    let by_account = hours["by_account"].as_array().unwrap();
    assert_eq!(
        (&by_account[0]["source"], &by_account[0]["plan_type"]),
        (&json!("usage_api"), &json!("plus"))
    );
    assert_eq!((&by_account[1]["remaining_percent"], &by_account[1]["source"]), (&Value::Null, &Value::Null));
    heard(&node).await;
    let both = node.get("/v1/capacity").await.json();
    assert_eq!(window(&both, "weekly")["remaining_percent"], 80.0);
    assert_eq!(window(&both, "weekly")["resets"].as_array().unwrap().len(), 2);

    // Who is switched off has nothing to give.
    assert_eq!(node.put("/v1/providers/grace", &json!({"enabled": false})).await.status, 200);
    let without = node.get("/v1/capacity").await.json();
    assert_eq!(window(&without, "weekly")["by_account"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn the_stored_history_is_told_and_carries_a_look_ahead() {
    let world = World::new().await;
    let node = world.node().await;
    heard(&node).await;
    let now = node.app.clock.now();
    let before = node.get("/v1/capacity").await.json();
    let reset = time(&window(&before, "five_hour")["by_account"][0]["reset_at"]);
    let account = node.app.catalogues.current().tenant(MASTER_TENANT).provider(CODEX).unwrap().id;
    // Ten percent in an hour and a half, steadily.
    let samples: Vec<SampleRow> = (1..=9)
        .map(|back| SampleRow {
            provider_id: account.0,
            meter: "codex".into(),
            length_seconds: 18_000,
            observed_at: now - TimeDelta::minutes(10 * i64::from(back)),
            used_percent: 10.0 - f64::from(back),
            resets_at: Some(reset),
            source: "header".into(),
        })
        .collect();
    add_samples(&mut node.app.db.work().await.unwrap(), &samples).await.unwrap();
    node.app.quotas.load().await.unwrap();
    let told = node.get("/v1/capacity").await.json();
    let hours = window(&told, "five_hour");
    let history = hours["history"].as_array().unwrap();
    assert!((20..=120).contains(&history.len()), "{}", history.len());
    assert!(history.is_sorted_by_key(|point| time(&point["at"])));
    assert!(history.iter().all(|p| (85.0..=100.0).contains(&p["remaining_percent"].as_f64().unwrap())));
    let forecast = &hours["forecast"];
    assert_eq!(
        (&forecast["verdict"], &forecast["runs_out_at"]),
        (&json!("lasts"), &Value::Null),
        "{forecast}"
    );
    let points = forecast["points"].as_array().unwrap();
    assert!(!points.is_empty() && points.len() <= 120, "{}", points.len());
    for point in points {
        let [low, mid, high] =
            ["low_percent", "mid_percent", "high_percent"].map(|m| point[m].as_f64().unwrap());
        assert!(low <= mid && mid <= high && (0.0..=100.0).contains(&mid), "{point}");
    }
    let returned = hours["resets"][0]["returns_percent"].as_f64().unwrap();
    assert_eq!(time(&hours["resets"][0]["at"]), reset);
    assert!((20.0..40.0).contains(&returned), "three hours of six percent each on top of ten: {returned}");
}

#[tokio::test]
async fn a_tenant_sees_the_capacity_of_its_own_accounts_only() {
    let world = World::new().await;
    let node = world.node().await;
    heard(&node).await;
    add_tenant(&world).await;
    node.app.reload().await.unwrap();
    let other = Key::of(&node, OTHER, Role::Viewer).await;
    assert_eq!(other.get(&node, "/v1/capacity").await.json()["windows"], json!([]));
}
