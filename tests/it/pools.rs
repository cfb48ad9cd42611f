//! Pools through the admin API, on a real Postgres.

mod dependents;
mod primary;
mod routing;
mod rules;

use crate::admin::desk::{Answer, Desk};
use serde_json::{Value, json};

/// A ChatGPT account that nobody has signed in.
async fn account(desk: &Desk, name: &str) {
    let answer = desk.post("/v1/providers", json!({"name": name, "provider_type": "chatgpt_oauth"})).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
}

async fn accounts(names: &[&str]) -> Desk {
    let desk = Desk::new().await;
    for name in names {
        account(&desk, name).await;
    }
    desk
}

fn extras(names: &[&str]) -> Value {
    json!({"settings": {"codex_pool": {"extra_provider_names": names}}})
}

async fn put_pool(desk: &Desk, owner: &str, members: &[&str]) -> Answer {
    desk.put(&format!("/v1/providers/{owner}"), extras(members)).await
}

/// Makes it, and it must be fine.
async fn pool(desk: &Desk, owner: &str, members: &[&str]) {
    let answer = put_pool(desk, owner, members).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
}

async fn provider(desk: &Desk, name: &str) -> Value {
    desk.get(&format!("/v1/providers/{name}")).await.json()
}

/// The members of an owner's pool, in order.
async fn members(desk: &Desk, owner: &str) -> Vec<String> {
    let body = provider(desk, owner).await;
    let names =
        body["settings"]["codex_pool"]["extra_provider_names"].as_array().cloned().unwrap_or_default();
    names.iter().map(|name| name.as_str().unwrap().to_owned()).collect()
}
