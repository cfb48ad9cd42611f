//! Fresh tokens that are refused without a reason: one account's end, or many accounts' passing trouble.

use super::{NAMES, RESPONSES, account, ask, id, pooled, served_by};
use crate::support::world::{Node, World, until};
use gateway::demo::simulator::Script;
use gateway::domain::ids::MASTER_TENANT;
use gateway::domain::token::Grant;

/// The account's next tokens are refused, the renewed one included.
fn refuse(world: &World, index: usize) {
    for _ in 0..2 {
        account(world, index).script(Script::fixture("error-401-token_expired"));
    }
}

async fn are(node: &Node, states: [&str; 3]) {
    until("the states are as they should be", async || {
        std::iter::zip(NAMES, states).all(|(name, state)| {
            // What a page shows and what a request finds are read one after the other.
            let sign_in = node.app.tokens.state(MASTER_TENANT, id(node, name));
            let is_over = matches!(sign_in, Some(Grant::NeedsReauth { .. }));
            node.state(name) == state && is_over == (state == "needs_reauth")
        })
    })
    .await;
}

fn refreshes(world: &World) -> [u64; 3] {
    [0, 1, 2].map(|index| account(world, index).counters().refreshes)
}

#[tokio::test]
async fn two_accounts_that_are_refused_need_their_owners_and_a_third_one_alike_takes_that_back() {
    let world = World::new().await;
    let node = pooled(&world, "priority_order", "request").await;
    let other = world.bare_node().await;
    refuse(&world, 0);
    refuse(&world, 1);
    assert_eq!(served_by(&node, &ask("hi")).await, NAMES[2]);
    are(&node, ["needs_reauth", "needs_reauth", "ready"]).await;
    are(&other, ["needs_reauth", "needs_reauth", "ready"]).await;
    // The third one is met by another replica, which knows of the first two from the database.
    refuse(&world, 2);
    assert_eq!(other.post(RESPONSES, &ask("hi")).await.status, 503);
    for replica in [&node, &other] {
        are(replica, ["ready"; 3]).await;
    }
    assert_eq!(refreshes(&world), [1; 3], "one each");
    assert_eq!(served_by(&node, &ask("hi")).await, NAMES[0]);
    assert_eq!(served_by(&other, &ask("hi")).await, NAMES[0]);
}

#[tokio::test]
async fn while_all_are_refused_alike_nobody_is_given_up_and_no_token_is_renewed_over_and_over() {
    let world = World::new().await;
    let node = pooled(&world, "priority_order", "request").await;
    for index in 0..3 {
        account(&world, index).set_default(Script::fixture("error-401-token_expired"));
    }
    for _ in 0..6 {
        assert_eq!(node.post(RESPONSES, &ask("hi")).await.status, 503);
        are(&node, ["ready"; 3]).await;
    }
    let [first, second, third] = refreshes(&world);
    // The first two once more, since they were taken back with what they had.
    assert_eq!((first, second, third), (2, 2, 1));
    for index in 0..3 {
        account(&world, index).clear_scripts();
    }
    assert_eq!(served_by(&node, &ask("hi")).await, NAMES[0], "at once");
}

#[tokio::test]
async fn what_the_owner_did_since_and_what_ended_for_a_reason_is_not_taken_back() {
    let world = World::new().await;
    let node = pooled(&world, "priority_order", "request").await;
    refuse(&world, 0);
    assert_eq!(served_by(&node, &ask("hi")).await, NAMES[1]);
    // The second one was revoked; something else has changed the first one since.
    account(&world, 1).script(Script::fixture("error-401-token_invalidated"));
    assert_eq!(served_by(&node, &ask("hi")).await, NAMES[2]);
    are(&node, ["needs_reauth", "needs_reauth", "ready"]).await;
    let left = "update grants set state_since = state_since + interval '1 second' where provider_id = $1";
    let first = id(&node, NAMES[0]);
    sqlx::query(left).bind(first.0).execute(&world.db.pool).await.unwrap();
    // As if the revoked one had met the same just before.
    sqlx::query("update grants set refused_at = now() where provider_id = $1")
        .bind(id(&node, NAMES[1]).0)
        .execute(&world.db.pool)
        .await
        .unwrap();
    refuse(&world, 2);
    assert_eq!(node.post(RESPONSES, &ask("hi")).await.status, 503);
    are(&node, ["needs_reauth", "needs_reauth", "ready"]).await;
}
