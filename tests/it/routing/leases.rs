//! A blocked account is a lease: kept over a restart, told to the other replicas, and over when it ends.

use super::{NAMES, RESPONSES, account, ask, calls, id, pooled, served_by, used_up};
use crate::support::world::{World, until};
use gateway::demo::simulator::Script;
use gateway::domain::ids::MASTER_TENANT;
use std::time::{Duration, Instant};

#[tokio::test]
async fn a_used_up_account_gets_nothing_until_its_reset_in_any_process_and_traffic_right_after() {
    let world = World::new().await;
    let node = pooled(&world, "priority_order", "request").await;
    let other = world.bare_node().await;
    account(&world, 0).script(used_up(&node, 4));
    assert_eq!(served_by(&node, &ask("hi")).await, NAMES[1]);
    let begun = Instant::now();
    until("the other replica knows", async || other.state(NAMES[0]) == "exhausted").await;
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    while begun.elapsed() < Duration::from_secs(2) {
        assert_eq!(served_by(&node, &ask("hi")).await, NAMES[1]);
        assert_eq!(served_by(&other, &ask("hi")).await, NAMES[1]);
    }
    assert_eq!(calls(&world)[0], 1, "it was left alone");
    for node in [&node, &other] {
        until("it serves again", async || served_by(node, &ask("hi")).await == NAMES[0]).await;
        assert!(begun.elapsed() < Duration::from_secs(4 + 5), "{:?}", begun.elapsed());
    }
}

#[tokio::test]
async fn leases_survive_a_restart() {
    let world = World::new().await;
    let node = pooled(&world, "priority_order", "request").await;
    account(&world, 0).script(used_up(&node, 600));
    account(&world, 1).script(Script::fixture("error-402-deactivated_workspace"));
    assert_eq!(served_by(&node, &ask("hi")).await, NAMES[2]);
    node.stop().await;
    let again = world.bare_node().await;
    assert_eq!((again.state(NAMES[0]), again.state(NAMES[1])), ("exhausted".into(), "cooling_down".into()));
    assert_eq!(served_by(&again, &ask("hi")).await, NAMES[2]);
    assert_eq!(calls(&world), [1, 1, 2]);
}

#[tokio::test]
async fn a_lease_that_the_database_does_not_take_is_written_when_it_can_be() {
    let world = World::new().await;
    let node = pooled(&world, "priority_order", "request").await;
    let other = world.bare_node().await;
    let rename = async |from: &str, to: &str| {
        let sql = format!("alter table {from} rename to {to}");
        sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut world.db.db.owner().await.unwrap()).await.unwrap();
    };
    rename("account_blocks", "away").await;
    for (index, next) in [(0, 1), (1, 2)] {
        account(&world, index).script(Script::fixture("error-402-deactivated_workspace"));
        assert_eq!(served_by(&node, &ask("hi")).await, NAMES[next]);
    }
    rename("away", "account_blocks").await;
    for name in &NAMES[..2] {
        until("the other replica knows", async || other.state(name) == "cooling_down").await;
    }
    let kept: i64 =
        sqlx::query_scalar("select count(*) from account_blocks").fetch_one(&world.db.pool).await.unwrap();
    assert_eq!(kept, 2);
}

#[tokio::test]
async fn a_failing_account_is_left_alone_told_and_lifted_by_an_operator() {
    let world = World::new().await;
    let node = pooled(&world, "priority_order", "request").await;
    let other = world.bare_node().await;
    for _ in 0..5 {
        account(&world, 0).script(Script::fixture("error-500-server_error"));
        assert_eq!(served_by(&node, &ask("hi")).await, NAMES[1]);
    }
    assert_eq!(node.state(NAMES[0]), "cooling_down");
    until("the other replica knows", async || other.state(NAMES[0]) == "cooling_down").await;
    assert_eq!(served_by(&node, &ask("hi")).await, NAMES[1]);
    assert_eq!(calls(&world)[0], 5);
    let answer = other.post("/v1/providers/openai-codex/release", &serde_json::json!({})).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    until("the first one hears", async || node.state(NAMES[0]) == "ready").await;
    assert_eq!(served_by(&node, &ask("hi")).await, NAMES[0]);
}

#[tokio::test]
async fn a_used_up_account_that_an_operator_releases_serves_at_once_until_it_is_refused_again() {
    let world = World::new().await;
    let node = pooled(&world, "priority_order", "request").await;
    let other = world.bare_node().await;
    account(&world, 0).script(used_up(&node, 600));
    assert_eq!(served_by(&node, &ask("hi")).await, NAMES[1]);
    until("the other replica knows", async || other.state(NAMES[0]) == "exhausted").await;
    let answer = other.post("/v1/providers/openai-codex/release", &serde_json::json!({})).await;
    assert_eq!(
        (answer.status, other.state(NAMES[0])),
        (200, "ready".into()),
        "at once where it was asked for"
    );
    until("the first one hears", async || node.state(NAMES[0]) == "ready").await;
    until("the upstream was asked", async || {
        let catalogue = other.app.catalogues.current();
        let provider = catalogue.tenant(MASTER_TENANT).provider(NAMES[0]).unwrap();
        other.app.quotas.envelope(provider, other.app.clock.now()).success
    })
    .await;
    assert_eq!(served_by(&node, &ask("hi")).await, NAMES[0]);
    account(&world, 0).script(used_up(&node, 600));
    assert_eq!(served_by(&node, &ask("hi")).await, NAMES[1]);
    assert_eq!(node.state(NAMES[0]), "exhausted");
    node.stop().await;
    other.stop().await;
    assert_eq!(world.bare_node().await.state(NAMES[0]), "exhausted", "and both are kept");
}

#[tokio::test]
async fn an_account_in_trouble_is_asked_when_nobody_else_can_serve() {
    let world = World::new().await;
    let node = pooled(&world, "priority_order", "request").await;
    for _ in 0..5 {
        account(&world, 0).script(Script::fixture("error-500-server_error"));
        served_by(&node, &ask("hi")).await;
    }
    assert_eq!(node.state(NAMES[0]), "cooling_down");
    account(&world, 1).script(used_up(&node, 600));
    account(&world, 2).script(used_up(&node, 600));
    assert_eq!(served_by(&node, &ask("hi")).await, NAMES[0], "a breaker may be wrong");
    assert_eq!(node.state(NAMES[0]), "ready");
}

#[tokio::test]
async fn many_accounts_that_fail_alike_are_one_incident_and_nobody_is_condemned() {
    let world = World::new().await;
    let node = pooled(&world, "round_robin", "request").await;
    for _ in 0..8 {
        for index in 0..3 {
            account(&world, index).script(Script::fixture("error-500-server_error"));
        }
        assert_eq!(node.post(RESPONSES, &ask("hi")).await.status, 503);
    }
    let overview = node.get("/v1/overview").await.json();
    assert_eq!(overview["incident"]["cause"], "server_error", "{overview}");
    assert_eq!(overview["incident"]["accounts"], 3);
    for name in NAMES {
        assert_eq!(node.state(name), "ready");
        assert_eq!(node.app.accounts.open(id(&node, name)), 0);
    }
    served_by(&node, &ask("hi")).await;
    assert!(node.get("/v1/overview").await.json()["incident"].is_null());
}
