//! An account that is drained goes on with its conversations and takes nothing else; and the account that is asked first.

use super::{MODEL, NAMES, ask, pooled, served_by};
use crate::support::world::{World, until};
use serde_json::{Value, json};

fn turn(key: &str) -> Value {
    json!({"model": MODEL, "input": "hello", "stream": true, "store": false, "prompt_cache_key": key})
}

#[tokio::test]
async fn a_drained_account_keeps_its_conversations_and_gets_no_new_ones() {
    let world = World::new().await;
    let node = pooled(&world, "round_robin", "conversation").await;
    let other = world.bare_node().await;
    let home = served_by(&node, &turn("old")).await;
    let drain = |on: bool| json!({ "draining": on });
    let path = format!("/v1/providers/{home}");
    assert_eq!(node.put(&path, &drain(true)).await.status, 200);
    let shown = node.get(&path).await.json();
    assert_eq!(
        (&shown["draining"], &shown["status"]["state"]),
        (&json!(true), &json!("draining")),
        "{shown}"
    );
    for n in 0..6 {
        assert_ne!(served_by(&node, &ask(&format!("{n}"))).await, home);
        assert_ne!(served_by(&node, &turn(&format!("new-{n}"))).await, home);
        assert_eq!(served_by(&node, &turn("old")).await, home);
    }
    let newest = node.get("/v1/requests?limit=200").await.json();
    let left_out =
        newest["requests"].as_array().unwrap().iter().find(|r| r["provider_name"] != home.as_str());
    let id = left_out.unwrap()["id"].as_str().unwrap().to_owned();
    let decision = node.get(&format!("/v1/requests/{id}")).await.json()["decision"].clone();
    assert_eq!(decision["excluded"][0]["provider_name"], home.as_str(), "{decision}");
    assert_eq!(decision["excluded"][0]["reason"], "draining", "{decision}");
    let activity = node.get(&format!("/v1/providers/{}/codex-pool-activity", NAMES[0])).await.json();
    let counts = activity["provider_counts"].as_array().unwrap();
    assert!(
        counts.iter().all(|c| (c["provider_name"] == home.as_str()) == (c["draining"] == true)),
        "{activity}"
    );
    assert_eq!(node.get("/v1/overview").await.json()["providers"]["draining"], 1);

    // The other replica hears of it, and a restart forgets nothing.
    until("the other replica knows", async || other.get(&path).await.json()["status"]["state"] == "draining")
        .await;
    node.stop().await;
    let again = world.bare_node().await;
    assert_eq!(again.get(&path).await.json()["draining"], true);
    assert_eq!(again.put(&path, &drain(false)).await.status, 200);
    assert_eq!(again.get(&path).await.json()["status"]["state"], "ready");
}

#[tokio::test]
async fn draining_is_written_down_and_a_viewer_may_not() {
    let world = World::new().await;
    let node = pooled(&world, "round_robin", "conversation").await;
    let viewer = crate::keys::Key::of(
        &node,
        gateway::domain::ids::MASTER_TENANT,
        gateway::domain::access::Role::Viewer,
    )
    .await;
    let path = format!("/v1/providers/{}", NAMES[1]);
    assert_eq!(viewer.call(&node, "PUT", &path, json!({"draining": true})).await.status, 403);
    assert_eq!(node.put(&path, &json!({"draining": true})).await.status, 200);
    let log = node.get("/v1/activity?action=provider.update&limit=1").await.json();
    assert_eq!(log["entries"][0]["after"], json!({"draining": true}), "{log}");
}

#[tokio::test]
async fn the_primary_account_is_asked_first_and_the_reason_tells_it() {
    let world = World::new().await;
    let node = pooled(&world, "priority_order", "request").await;
    let first = json!({"settings": {"codex_pool": {"primary_provider_name": NAMES[2]}}});
    assert_eq!(node.put(&format!("/v1/providers/{}", NAMES[0]), &first).await.status, 200);
    assert_eq!(served_by(&node, &ask("hi")).await, NAMES[2]);
    node.record(1).await;
    let id = node.get("/v1/requests").await.json()["requests"][0]["id"].as_str().unwrap().to_owned();
    let decision = node.get(&format!("/v1/requests/{id}")).await.json()["decision"].clone();
    assert_eq!(decision["why_code"], "primary", "{decision}");
    assert_eq!(decision["attempts"], json!([NAMES[2], NAMES[0], NAMES[1]]));
}
