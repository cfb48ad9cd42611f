//! Several accounts behave as one endpoint: failover within the request, leases, strategies, conversations.

mod accounts;
mod conversations;
mod draining;
mod failover;
mod leases;
mod preview;
mod refusals;

use crate::support::world::{ADA, Answer, Node, World};
use gateway::demo::simulator::{AccountHandle, Script};
use gateway::domain::ids::{MASTER_TENANT, ProviderId};
use serde_json::{Value, json};

pub const MODEL: &str = "gpt-5.5";
pub const RESPONSES: &str = "/v1/responses";
pub const CHAT: &str = "/v1/chat/completions";
/// The owner and the members of the pool, with the accounts behind them.
pub const NAMES: [&str; 3] = ["openai-codex", "codex-grace", "codex-linus"];
pub const EMAILS: [&str; 3] = [ADA, "grace@example.com", "linus@example.com"];

/// Three accounts in a pool.
pub async fn pooled(world: &World, strategy: &str, affinity: &str) -> Node {
    let node = world.bare_node().await;
    for (name, email) in NAMES.iter().zip(EMAILS) {
        node.connect(name, &world.sim.account(email)).await;
    }
    make_pool(&node, strategy, affinity).await;
    node
}

pub async fn make_pool(node: &Node, strategy: &str, affinity: &str) {
    let pool = json!({"settings": {"codex_pool":
        {"strategy": strategy, "affinity": affinity, "extra_provider_names": NAMES[1..]}}});
    let body = axum::body::Body::from(pool.to_string());
    let json = [("content-type", "application/json")];
    let answer = node.request("PUT", "/v1/providers/openai-codex", &json, body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

pub fn account(world: &World, index: usize) -> AccountHandle {
    world.sim.account(EMAILS[index])
}

pub fn id(node: &Node, name: &str) -> ProviderId {
    node.app.catalogues.current().tenant(MASTER_TENANT).provider(name).unwrap().id
}

pub fn ask(text: &str) -> Value {
    json!({"model": MODEL, "input": text, "stream": true})
}

/// Asks, and who served.
pub async fn served_by(node: &Node, body: &Value) -> String {
    let answer = node.post(RESPONSES, body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    provider(&answer)
}

pub fn provider(answer: &Answer) -> String {
    answer.header("x-gateway-provider").unwrap_or_else(|| panic!("{}", answer.text())).to_owned()
}

/// A used-up limit that ends in so many seconds.
pub fn used_up(node: &Node, seconds: i64) -> Script {
    let resets_at = node.app.clock.now().timestamp() + seconds;
    let error = json!({"type": "usage_limit_reached", "message": "The usage limit has been reached",
        "resets_at": resets_at, "resets_in_seconds": seconds});
    Script::status(429, json!({ "error": error }))
}

/// How many model calls each account got.
pub fn calls(world: &World) -> [usize; 3] {
    [0, 1, 2].map(|index| usize::try_from(account(world, index).counters().responses).unwrap())
}
