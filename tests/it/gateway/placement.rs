//! Calls go where the account's workspace wants them.

use super::{CHAT, MODEL, RESPONSES, ask};
use crate::support::world::{CODEX, Node, World, last_turn};
use gateway::demo::simulator::{Endpoint, RecordedRequest, Script};
use serde_json::{Value, json};

/// The same simulator under another name.
fn elsewhere(world: &World) -> String {
    world.sim.issuer().replace("127.0.0.1", "localhost")
}

fn host(origin: &str) -> &str {
    origin.split("://").nth(1).unwrap()
}

/// What `accounts/check` says from now on.
fn tell(world: &World, account: &Value) {
    world.ada().set_default_on(Endpoint::AccountsCheck, Script::status(200, json!({ "accounts": account })));
}

fn placed(world: &World, origin: &str, routing: &str) -> Value {
    json!([{"id": world.ada().spec().account_id, "plan_type": "team", "workspace_backend_origin": origin,
            "account_routing_override": routing}])
}

/// A turn is answered; the request that it became.
async fn turn(world: &World, node: &Node) -> RecordedRequest {
    let answer = node.post(RESPONSES, &ask(RESPONSES, MODEL, "hi", false)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    last_turn(&world.ada())
}

/// The tokens change, and the account is asked about anew.
async fn refreshed(world: &World, node: &Node) {
    world.ada().expire_access_tokens();
    turn(world, node).await;
    let before = world.ada().counters().account_checks;
    node.app.placements.check_due().await.unwrap();
    assert_eq!(world.ada().counters().account_checks, before + 1, "after a refresh it is asked anew");
}

#[tokio::test]
async fn an_account_is_called_where_its_workspace_lives() {
    let world = World::new().await;
    let origin = elsewhere(&world);
    tell(&world, &placed(&world, &origin, "us_cr"));
    let node = world.node().await;
    for path in [RESPONSES, CHAT] {
        assert_eq!(node.post(path, &ask(path, MODEL, "hi", true)).await.status, 200);
        let request = last_turn(&world.ada());
        assert_eq!(request.path, "/backend-api/codex/responses");
        assert_eq!(request.header("host"), Some(host(&origin)));
        assert_eq!(request.header("x-openai-account-routing-override"), Some("us_cr"));
    }
    let requests = world.ada().last_requests();
    let models = requests.iter().rfind(|request| request.path.ends_with("/models")).unwrap();
    assert_eq!(models.header("host"), Some(host(&origin)));
    // Asked is the configured backend, with nothing but who asks.
    let check = requests.iter().find(|request| request.path.ends_with("/wham/accounts/check")).unwrap();
    assert_eq!(check.header("host"), Some(host(&world.sim.issuer())));
    assert_eq!(check.header("originator"), None);
    assert_eq!(check.header("x-openai-account-routing-override"), None);
    // It is remembered, and asked once a day.
    node.stop().await;
    let checks = world.ada().counters().account_checks;
    let node = world.bare_node().await;
    node.app.placements.check_due().await.unwrap();
    assert_eq!(turn(&world, &node).await.header("host"), Some(host(&origin)));
    assert_eq!(world.ada().counters().account_checks, checks);
}

#[tokio::test]
async fn the_other_form_of_the_answer_says_the_same() {
    let world = World::new().await;
    let origin = elsewhere(&world);
    let id = world.ada().spec().account_id;
    let account =
        json!({"account_id": id, "workspace_backend_origin": origin, "account_routing_override": "us"});
    tell(&world, &json!({ id: { "account": account } }));
    let node = world.node().await;
    let request = turn(&world, &node).await;
    assert_eq!(request.header("host"), Some(host(&origin)));
    assert_eq!(request.header("x-openai-account-routing-override"), Some("us"));
}

#[tokio::test]
async fn what_was_told_last_counts_until_something_else_is_told() {
    let world = World::new().await;
    let origin = elsewhere(&world);
    tell(&world, &placed(&world, &origin, "us"));
    let node = world.node().await;
    for failing in [
        Script::status(500, json!({})),
        Script::status(200, json!({"accounts": []})),
        Script::status(200, json!("nonsense")),
    ] {
        world.ada().set_default_on(Endpoint::AccountsCheck, failing);
        refreshed(&world, &node).await;
        let request = turn(&world, &node).await;
        assert_eq!(request.header("host"), Some(host(&origin)));
        assert_eq!(request.header("x-openai-account-routing-override"), Some("us"));
        // What failed is left alone for a while.
        let checks = world.ada().counters().account_checks;
        node.app.placements.check_due().await.unwrap();
        assert_eq!(world.ada().counters().account_checks, checks);
    }
    world.ada().set_default_on(Endpoint::AccountsCheck, Script::Default);
    refreshed(&world, &node).await;
    let request = turn(&world, &node).await;
    assert_eq!(request.header("host"), Some(host(&world.sim.issuer())), "the constraint was lifted");
    assert_eq!(request.header("x-openai-account-routing-override"), None);
}

#[tokio::test]
async fn an_account_serves_also_when_nothing_was_ever_told() {
    let world = World::new().await;
    world.ada().set_default_on(Endpoint::AccountsCheck, Script::Reset);
    let node = world.node().await;
    assert_eq!(turn(&world, &node).await.header("host"), Some(host(&world.sim.issuer())));
}

#[tokio::test]
async fn tokens_go_to_no_foreign_host_and_not_past_a_providers_own_base() {
    let world = World::new().await;
    for foreign in
        ["https://evil.example", "https://chatgpt.com", "https://localhost@evil.example", "http://x"]
    {
        tell(&world, &placed(&world, foreign, "NO_CONSTRAINT"));
        let node = world.node().await;
        assert_eq!(turn(&world, &node).await.header("host"), Some(host(&world.sim.issuer())), "{foreign}");
        node.stop().await;
    }
    tell(&world, &placed(&world, &elsewhere(&world), "NO_CONSTRAINT"));
    let node = world.node().await;
    let path = format!("/v1/providers/{CODEX}");
    let body = json!({"api_base": world.sim.api_base()}).to_string();
    let answer = node.request("PUT", &path, &[], axum::body::Body::from(body)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(turn(&world, &node).await.header("host"), Some(host(&world.sim.issuer())));
}
