//! What another strategy would have done.

use super::{MODEL, NAMES, ask, pooled, served_by};
use crate::keys::{Key, OTHER, add_tenant};
use crate::support::world::World;
use gateway::domain::access::Role;
use serde_json::{Value, json};

fn simulated(preview: &Value) -> Vec<(String, i64, i64)> {
    let rows = preview["by_account"].as_array().unwrap_or_else(|| panic!("{preview}")).iter();
    rows.map(|row| {
        let count = |member: &str| row[member].as_i64().unwrap();
        (row["provider_name"].as_str().unwrap().to_owned(), count("actual"), count("simulated"))
    })
    .collect()
}

#[tokio::test]
async fn the_last_requests_are_decided_once_more_under_another_strategy() {
    let world = World::new().await;
    let node = pooled(&world, "priority_order", "conversation").await;
    for n in 0..6 {
        served_by(&node, &ask(&format!("{n}"))).await;
    }
    let turn =
        json!({"model": MODEL, "input": "hi", "stream": true, "store": false, "prompt_cache_key": "one"});
    for _ in 0..3 {
        served_by(&node, &turn).await;
    }
    node.record(9).await;
    let path = format!("/v1/providers/{}/pool-preview", NAMES[0]);
    let same = node.get(&path).await.json();
    let row = |at: usize, actual, simulated| (NAMES[at].to_owned(), actual, simulated);
    assert_eq!(simulated(&same), [row(0, 9, 9), row(1, 0, 0), row(2, 0, 0)]);
    assert_eq!((&same["moved"], &same["unserved"], &same["requests"]), (&json!(0), &json!(0), &json!(9)));
    assert_eq!(
        (&same["strategy"], &same["current_strategy"]),
        (&json!("priority_order"), &json!("priority_order"))
    );
    assert_eq!(same["notes"], json!(["fewer_requests"]));

    let turns = node.get(&format!("{path}?strategy=round_robin&requests=9")).await.json();
    assert_eq!(turns["notes"], json!([]), "{turns}");
    let told = simulated(&turns);
    assert_eq!(told.iter().map(|(_, actual, _)| actual).sum::<i64>(), 9);
    assert_eq!(told.iter().map(|(.., simulated)| simulated).sum::<i64>(), 9);
    // Six take turns; the conversation stays where it began.
    let mut counts: Vec<i64> = told.iter().map(|(.., simulated)| *simulated).collect();
    counts.sort_unstable();
    assert_eq!(counts, [2, 2, 5], "{turns}");
    assert_eq!(turns["current_strategy"], "priority_order");

    let three = node.get(&format!("{path}?strategy=quota_aware&requests=3")).await.json();
    assert_eq!(three["requests"], 3, "{three}");
}

#[tokio::test]
async fn a_preview_is_of_a_pool_with_a_strategy_that_there_is_and_of_ones_own_tenant() {
    let world = World::new().await;
    let node = pooled(&world, "round_robin", "conversation").await;
    let path = |name: &str, query: &str| format!("/v1/providers/{name}/pool-preview?{query}");
    for (name, query, status, code) in [
        (NAMES[1], "strategy=round_robin", 400, "no_pool"),
        (NAMES[0], "strategy=fastest", 400, "invalid_value"),
        (NAMES[0], "strategy=round_robin&requests=0", 400, "invalid_value"),
        (NAMES[0], "strategy=round_robin&requests=501", 400, "invalid_value"),
        ("ghost", "strategy=round_robin", 404, "not_found"),
    ] {
        let answer = node.get(&path(name, query)).await;
        assert_eq!((answer.status, &answer.json()["code"]), (status, &json!(code)), "{name} {query}");
    }
    add_tenant(&world).await;
    node.app.reload().await.unwrap();
    let other = Key::of(&node, OTHER, Role::Viewer).await;
    assert_eq!(other.get(&node, &path(NAMES[0], "strategy=round_robin")).await.status, 404);
}
