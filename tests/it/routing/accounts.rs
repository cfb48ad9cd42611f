//! The strategies, end to end: the two cases of the product page.

use super::{NAMES, account, ask, calls, pooled, served_by, used_up};
use crate::support::world::{World, owner, until};
use gateway::app::agents::AgentChange;
use serde_json::json;

/// A team of eight users on one agent that inherits the pool of three accounts.
#[tokio::test]
async fn a_team_of_eight_is_spread_evenly_and_sees_its_quota_live() {
    let world = World::new().await;
    let node = pooled(&world, "round_robin", "conversation").await;
    let agent = AgentChange {
        agent_key: Some("helper".into()),
        provider: Some(Some(NAMES[0].into())),
        model: Some(Some(super::MODEL.into())),
        ..AgentChange::default()
    };
    node.app.agents.create(&owner(), agent).await.unwrap();
    // Each user has conversations of some turns; a conversation stays on its account.
    for conversation in 0..12 {
        for user in 0..8 {
            let key = format!("user-{user}-conversation-{conversation}");
            let mut homes = Vec::new();
            for turn in 0..2 {
                let body = json!({"model": "agent:helper", "input": format!("turn {turn}"), "stream": true});
                let answer =
                    node.post_with(super::RESPONSES, &[("x-gateway-session-key", key.as_str())], &body).await;
                assert_eq!(answer.status, 200, "{}", answer.text());
                homes.push(super::provider(&answer));
            }
            assert_eq!(homes[0], homes[1], "a conversation stays");
        }
    }
    let served = calls(&world);
    assert_eq!(served.iter().sum::<usize>(), 192);
    assert!(served.iter().all(|n| n.abs_diff(64) <= 2), "{served:?}");
    let quota = node.get("/v1/quota").await.json();
    for provider in quota["providers"].as_array().unwrap() {
        assert_eq!(provider["windows"][0]["source"], "header", "{provider}");
    }
    until("the activity is there", async || {
        let activity = node.get("/v1/agents/helper/codex-pool-activity?limit=50").await.json();
        activity["stats_sample_size"] == 120
    })
    .await;
    let activity = node.get("/v1/agents/helper/codex-pool-activity").await.json();
    assert_eq!(activity["strategy"], "round_robin");
    assert_eq!(activity["pool_providers"], json!(NAMES));
    for counts in activity["provider_counts"].as_array().unwrap() {
        assert_eq!(counts["health_state"], "healthy", "{counts}");
        assert!(counts["quota"].is_object(), "{counts}");
    }
}

/// The Pro account first, the Plus account when its quota runs out, and back after the reset.
#[tokio::test]
async fn heavy_and_light_are_kept_apart_and_the_heavy_one_comes_back_after_its_reset() {
    let world = World::new().await;
    let node = pooled(&world, "priority_order", "conversation").await;
    let turn = |n: i32| {
        json!({"model": super::MODEL, "input": format!("{n}"), "stream": true,
        "prompt_cache_key": "one-conversation"})
    };
    for n in 0..3 {
        assert_eq!(served_by(&node, &turn(n)).await, NAMES[0]);
    }
    account(&world, 0).script(used_up(&node, 2));
    for n in 0..3 {
        assert_eq!(served_by(&node, &turn(n)).await, NAMES[1]);
    }
    until("it is back", async || served_by(&node, &turn(9)).await == NAMES[0]).await;
    assert_eq!(calls(&world)[2], 0);
}

#[tokio::test]
async fn a_request_without_a_conversation_takes_its_turn() {
    let world = World::new().await;
    let node = pooled(&world, "round_robin", "conversation").await;
    for n in 0..30 {
        served_by(&node, &ask(&format!("{n}"))).await;
    }
    assert_eq!(calls(&world), [10, 10, 10]);
}

#[tokio::test]
async fn an_owner_that_is_signed_out_or_switched_off_does_not_take_the_pool_down() {
    let world = World::new().await;
    let node = pooled(&world, "primary_first", "request").await;
    let off = gateway::app::providers::Update { enabled: Some(false), ..Default::default() };
    node.app.providers.update(&owner(), NAMES[0], off).await.unwrap();
    assert_eq!(served_by(&node, &ask("hi")).await, NAMES[1]);
    let answer = node.get("/readyz").await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

#[tokio::test]
async fn an_account_serves_no_more_at_a_time_than_it_may() {
    let world = World::with(|config| {
        config.routing.max_concurrent_per_account = Some(1);
        config.routing.max_queue_seconds = 0;
    })
    .await;
    let node = pooled(&world, "priority_order", "request").await;
    for index in 0..3 {
        let slow = gateway::demo::simulator::StreamScript { before_first_ms: 800, ..Default::default() };
        account(&world, index).script(gateway::demo::simulator::Script::stream(slow));
    }
    let body = ask("hi");
    let (a, b, c, d) = tokio::join!(
        node.post(super::RESPONSES, &body),
        node.post(super::RESPONSES, &body),
        node.post(super::RESPONSES, &body),
        node.post(super::RESPONSES, &body),
    );
    let mut statuses: Vec<u16> = [a, b, c, d].iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 200, 200, 503]);
    assert_eq!(calls(&world), [1, 1, 1]);
}
