//! What a refused token leads to: one refresh, one retry, and then the owner.

use super::{AS_CODEX, MODEL, RESPONSES, ask, native_turn};
use crate::support::world::{Answer, CODEX, Node, World, until};
use gateway::demo::simulator::Script;

async fn say(node: &Node) -> Answer {
    node.post(RESPONSES, &ask(RESPONSES, MODEL, "hi", true)).await
}

/// The account is dead for this gateway, its page says so, and nobody asks upstream for it again.
async fn is_left_alone(world: &World, node: &Node) {
    until("the provider needs a sign-in", async || node.state(CODEX) == "needs_reauth").await;
    let before = world.ada().counters();
    let answer = say(node).await;
    assert_eq!(answer.status, 503, "{}", answer.text());
    assert!(answer.text().contains("signed in again"), "{}", answer.text());
    assert_eq!(answer.header("x-should-retry"), Some("false"));
    let answer = node.post_with(RESPONSES, AS_CODEX, &native_turn("hi")).await;
    assert_eq!(answer.status, 200);
    assert!(answer.text().contains("signed in again"), "{}", answer.text());
    let after = world.ada().counters();
    assert_eq!((after.responses, after.refresh_attempts), (before.responses, before.refresh_attempts));
    assert_eq!(after.unauthorized, before.unauthorized);
}

#[tokio::test]
async fn a_refused_token_is_refreshed_once_and_the_client_sees_nothing() {
    let world = World::new().await;
    let node = world.node().await;
    world.ada().expire_access_tokens();
    let answer = say(&node).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(answer.text().contains("response.completed"));
    let counters = world.ada().counters();
    // The background may have asked for the model list with the refused token as well.
    assert!(counters.unauthorized >= 1, "{counters:?}");
    assert_eq!((counters.refreshes, counters.responses), (1, 1), "{counters:?}");
    assert_eq!(node.state(CODEX), "ready");
    assert_eq!(say(&node).await.status, 200);
    assert_eq!(world.ada().counters().refreshes, 1);
}

#[tokio::test]
async fn many_requests_with_one_refused_token_refresh_it_once() {
    let world = World::new().await;
    let node = world.node().await;
    world.ada().expire_access_tokens();
    let answers = futures_util::future::join_all((0..20).map(|_| say(&node))).await;
    assert!(answers.iter().all(|answer| answer.status == 200));
    let counters = world.ada().counters();
    assert_eq!((counters.refreshes, counters.reused_refresh_tokens), (1, 0));
}

#[tokio::test]
async fn a_token_that_is_refused_after_its_refresh_needs_its_owner() {
    let world = World::new().await;
    let node = world.node().await;
    for _ in 0..2 {
        world.script(Script::fixture("error-401-token_expired"));
    }
    let answer = say(&node).await;
    assert_eq!((answer.status, answer.code().as_str()), (503, "needs_reauth"), "{}", answer.text());
    assert_eq!(world.ada().counters().refreshes, 1);
    is_left_alone(&world, &node).await;
}

#[tokio::test]
async fn an_invalidated_token_needs_its_owner() {
    let world = World::new().await;
    let node = world.node().await;
    world.script(Script::fixture("error-401-token_invalidated"));
    let answer = say(&node).await;
    assert_eq!((answer.status, answer.code().as_str()), (503, "needs_reauth"), "{}", answer.text());
    assert_eq!(world.ada().counters().refresh_attempts, 0, "a refresh could not help");
    is_left_alone(&world, &node).await;
}

#[tokio::test]
async fn a_deactivated_account_needs_its_owner() {
    let world = World::new().await;
    let node = world.node().await;
    world.script(Script::fixture("error-401-account_deactivated"));
    let answer = node.post_with(RESPONSES, AS_CODEX, &native_turn("hi")).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.events()[0]["response"]["error"]["code"], "server_is_overloaded");
    is_left_alone(&world, &node).await;
}

#[tokio::test]
async fn a_dead_refresh_token_needs_its_owner() {
    let world = World::new().await;
    let node = world.node().await;
    world.ada().expire_access_tokens();
    world.ada().expire_refresh_tokens();
    let answer = say(&node).await;
    assert_eq!((answer.status, answer.code().as_str()), (503, "needs_reauth"), "{}", answer.text());
    is_left_alone(&world, &node).await;
}

#[tokio::test]
async fn a_sign_in_that_was_revoked_needs_its_owner_and_a_new_one_brings_it_back() {
    let world = World::new().await;
    let node = world.node().await;
    world.ada().revoke_tokens();
    assert_eq!(say(&node).await.code(), "needs_reauth");
    is_left_alone(&world, &node).await;
    node.connect(CODEX, &world.ada()).await;
    assert_eq!(node.state(CODEX), "ready");
    assert_eq!(say(&node).await.status, 200);
}

#[tokio::test]
async fn an_issuer_that_is_down_costs_no_sign_in() {
    let world = World::new().await;
    let node = world.node().await;
    world.ada().expire_access_tokens();
    for _ in 0..4 {
        world
            .ada()
            .script_on(gateway::demo::simulator::Endpoint::Token, Script::fixture("error-500-server_error"));
    }
    let answer = say(&node).await;
    assert_eq!((answer.status, answer.code().as_str()), (503, "token_unavailable"), "{}", answer.text());
    assert_eq!(answer.header("x-should-retry"), Some("true"));
    assert_eq!(node.state(CODEX), "ready");
}
