//! Which account of a pool is asked first.

use super::{accounts, pool, provider};
use crate::admin::desk::Desk;
use serde_json::{Value, json};

async fn set(desk: &Desk, change: Value) -> crate::admin::desk::Answer {
    desk.put("/v1/providers/main", json!({"settings": {"codex_pool": change}})).await
}

/// The primary account as the settings have it, and as every account of the pool shows it.
async fn primary(desk: &Desk) -> (Option<String>, Option<String>) {
    let main = provider(desk, "main").await;
    let text = |value: &Value| value.as_str().map(str::to_owned);
    (text(&main["settings"]["codex_pool"]["primary_provider_name"]), text(&main["pool"]["primary"]))
}

fn some(name: &str) -> (Option<String>, Option<String>) {
    (Some(name.to_owned()), Some(name.to_owned()))
}

/// The owner is the default and stands in no setting.
fn owner(name: &str) -> (Option<String>, Option<String>) {
    (None, Some(name.to_owned()))
}

#[tokio::test]
async fn the_primary_account_is_chosen_kept_renamed_and_forgotten_with_its_membership() {
    let desk = accounts(&["main", "b", "c"]).await;
    pool(&desk, "main", &["b", "c"]).await;
    assert_eq!(primary(&desk).await, owner("main"));
    assert_eq!(set(&desk, json!({"primary_provider_name": "c"})).await.status, 200);
    assert_eq!(primary(&desk).await, some("c"));
    assert_eq!(provider(&desk, "b").await["pool"]["primary"], "c");
    // What does not name it leaves it; another order does too.
    assert_eq!(set(&desk, json!({"strategy": "priority_order"})).await.status, 200);
    pool(&desk, "main", &["c", "b"]).await;
    assert_eq!(primary(&desk).await, some("c"));
    assert_eq!(desk.put("/v1/providers/c", json!({"name": "carol"})).await.status, 200);
    assert_eq!(primary(&desk).await, some("carol"));
    // Who leaves is it no longer, also when it comes back.
    pool(&desk, "main", &["b"]).await;
    assert_eq!(primary(&desk).await, owner("main"));
    pool(&desk, "main", &["b", "carol"]).await;
    assert_eq!(primary(&desk).await, owner("main"));
    assert_eq!(set(&desk, json!({"primary_provider_name": "b"})).await.status, 200);
    assert_eq!(desk.delete("/v1/providers/b?detach=true").await.status, 200);
    assert_eq!(primary(&desk).await, owner("main"));
    assert_eq!(set(&desk, json!({"primary_provider_name": "carol"})).await.status, 200);
    assert_eq!(set(&desk, json!({"primary_provider_name": null})).await.status, 200);
    assert_eq!(primary(&desk).await, owner("main"));
    assert_eq!(set(&desk, json!({"primary_provider_name": "main"})).await.status, 200);
    assert_eq!(primary(&desk).await, owner("main"));
}

#[tokio::test]
async fn an_account_outside_the_pool_is_not_made_primary_and_all_that_is_wrong_is_told() {
    let desk = accounts(&["main", "b", "c"]).await;
    pool(&desk, "main", &["b"]).await;
    let change = json!({"extra_provider_names": ["b", "ghost"], "primary_provider_name": "c"});
    let answer = set(&desk, change).await;
    assert_eq!(answer.error().1, "pool_rules_broken");
    let violations = answer.json()["violations"].clone();
    let codes: Vec<&str> =
        violations.as_array().unwrap().iter().map(|v| v["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["unknown_pool_member", "primary_not_in_pool"]);
    assert_eq!(set(&desk, json!({"primary_provider_name": 7})).await.error().1, "invalid_pool");
    assert_eq!(primary(&desk).await, owner("main"), "nothing was changed");
}
