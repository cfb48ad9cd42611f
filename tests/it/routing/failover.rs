//! Any failure of an account before the first visible event moves on, and the client never knows.

use super::{CHAT, MODEL, NAMES, RESPONSES, account, ask, calls, pooled, provider};
use crate::support::world::World;
use gateway::demo::simulator::{Cut, CutMode, Failure, Script, StreamScript};
use serde_json::json;

fn stream(change: impl FnOnce(&mut StreamScript)) -> Script {
    let mut script = StreamScript::default();
    change(&mut script);
    Script::stream(script)
}

/// Every way in which an account can fail before its first word.
fn faults() -> Vec<(&'static str, Script)> {
    let cut = |after_events, mode| stream(|s| s.cut = Some(Cut { after_events, mode }));
    let failing = |code: &str| stream(|s| s.failure = Some(Failure::before_output(code, "no")));
    vec![
        ("connection reset", Script::Reset),
        ("no first byte", Script::Hang),
        ("429 usage", Script::fixture("error-429-usage_limit_reached")),
        ("429 rate", Script::fixture("error-429-rate_limit_exceeded")),
        ("429 not included", Script::fixture("error-429-usage_not_included")),
        ("500", Script::fixture("error-500-server_error")),
        ("503", Script::fixture("error-503-server_is_overloaded")),
        ("402", Script::fixture("error-402-deactivated_workspace")),
        ("403", Script::fixture("error-403-forbidden")),
        ("403 page", Script::fixture("error-403-cloudflare-challenge")),
        ("model not in the plan", Script::fixture("error-400-model-not-supported")),
        ("usage limit in a 200", Script::fixture("failed-usage-limit-before-output")),
        ("overload in a 200", Script::fixture("error-overloaded-before-output")),
        ("server error in a 200", failing("server_error")),
        ("empty completion", stream(|s| s.empty = true)),
        ("end without a terminal event", cut(2, CutMode::Eof)),
        ("reset before the first word", cut(2, CutMode::Reset)),
        ("silence after the head", cut(1, CutMode::Hang)),
    ]
}

#[tokio::test]
async fn a_stream_that_dies_before_its_first_word_moves_to_the_next_account() {
    let world = World::with(|config| {
        config.upstream.first_byte_timeout_seconds = 1;
        config.upstream.idle_timeout_seconds = 1;
    })
    .await;
    let node = pooled(&world, "priority_order", "request").await;
    let mut recorded = 0;
    for (what, fault) in faults() {
        for (path, streams) in [(RESPONSES, true), (RESPONSES, false), (CHAT, true)] {
            node.forgive();
            account(&world, 0).script(fault.clone());
            let text = format!("say {what} back");
            let body = if path == CHAT {
                json!({"model": MODEL, "stream": streams, "messages": [{"role": "user", "content": text}]})
            } else {
                json!({"model": MODEL, "stream": streams, "input": text})
            };
            let answer = node.post(path, &body).await;
            assert_eq!(answer.status, 200, "{what} {path}: {}", answer.text());
            assert_eq!(provider(&answer), NAMES[1], "{what}");
            assert_eq!(answer.header("x-gateway-attempts"), Some("2"), "{what}");
            recorded += 1;
        }
    }
    let (row, attempts) = node.record(recorded).await;
    assert_eq!((row.status.as_str(), row.provider_name.as_deref()), ("completed", Some(NAMES[1])));
    let outcomes: Vec<&str> = attempts.iter().map(|a| a.outcome.as_str()).collect();
    assert_eq!(outcomes, ["failed", "served"]);
    assert_eq!(node.app.accounts.open(super::id(&node, NAMES[0])), 0);
}

#[tokio::test]
async fn after_the_first_word_nothing_is_sent_twice_and_there_is_one_typed_end() {
    let world = World::new().await;
    let node = pooled(&world, "priority_order", "request").await;
    for mode in [CutMode::Eof, CutMode::Reset] {
        node.forgive();
        account(&world, 0).script(stream(|s| s.cut = Some(Cut { after_events: 8, mode })));
        let answer = node.post(RESPONSES, &ask("a sentence that is long enough to be cut")).await;
        assert_eq!((answer.status, provider(&answer).as_str()), (200, NAMES[0]));
        let ends: Vec<_> = answer
            .events()
            .into_iter()
            .filter(|e| {
                matches!(e["type"].as_str(), Some("response.completed" | "response.failed" | "error"))
            })
            .collect();
        assert_eq!(ends.len(), 1, "{}", answer.text());
        assert_eq!(ends[0]["type"], "response.failed");
    }
    assert_eq!(calls(&world), [2, 0, 0], "no other account was asked");
}

#[tokio::test]
async fn what_the_client_did_wrong_touches_no_other_account() {
    let world = World::new().await;
    let node = pooled(&world, "round_robin", "request").await;
    for fixture in
        ["error-400-context_length_exceeded", "error-400-cyber_policy", "error-400-unsupported-parameter"]
    {
        for index in 0..3 {
            account(&world, index).script(Script::fixture(fixture));
        }
        let before: usize = calls(&world).iter().sum();
        let answer = node.post(RESPONSES, &ask("hi")).await;
        assert_eq!(answer.status, 400, "{}", answer.text());
        assert_eq!(calls(&world).iter().sum::<usize>(), before + 1, "{fixture}");
        for index in 0..3 {
            account(&world, index).clear_scripts();
        }
    }
    for name in NAMES {
        assert_eq!(node.state(name), "ready", "nobody is blamed");
    }
}

#[tokio::test]
async fn an_expired_token_is_refreshed_and_a_dead_sign_in_moves_on() {
    let world = World::new().await;
    let node = pooled(&world, "priority_order", "request").await;
    account(&world, 0).script(Script::fixture("error-401-token_expired"));
    assert_eq!(super::served_by(&node, &ask("hi")).await, NAMES[0], "one refresh, one retry");
    account(&world, 0).script(Script::fixture("error-401-token_invalidated"));
    assert_eq!(super::served_by(&node, &ask("hi")).await, NAMES[1]);
    node.app.reload().await.unwrap();
    assert_eq!(node.state(NAMES[0]), "needs_reauth");
    assert_eq!(super::served_by(&node, &ask("hi")).await, NAMES[1], "it is left alone");
}

#[tokio::test]
async fn when_all_are_out_every_reason_is_told_and_the_earliest_release() {
    let world = World::new().await;
    let node = pooled(&world, "priority_order", "request").await;
    account(&world, 0).script(super::used_up(&node, 600));
    account(&world, 1).script(super::used_up(&node, 60));
    account(&world, 2).script(super::used_up(&node, 6000));
    for asked in 0..2 {
        let answer = node.post(RESPONSES, &ask("hi")).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (429, "usage_limit_reached"),
            "{}",
            answer.text()
        );
        let wait: i64 = answer.header("retry-after").unwrap().parse().unwrap();
        assert!((55..=60).contains(&wait), "{wait}");
        for name in NAMES {
            assert!(answer.text().contains(name), "{}", answer.text());
        }
        assert_eq!(calls(&world), [1, 1, 1], "asked once each: {asked}");
    }
    node.forgive();
    for (index, fixture) in
        ["error-500-server_error", "error-503-server_is_overloaded", "error-402-deactivated_workspace"]
            .into_iter()
            .enumerate()
    {
        account(&world, index).script(Script::fixture(fixture));
    }
    let answer = node.post(RESPONSES, &ask("hi")).await;
    assert_eq!((answer.status, answer.code().as_str()), (503, "no_account_available"), "{}", answer.text());
    assert_eq!(answer.header("x-should-retry"), Some("true"));
    assert_eq!(answer.header("x-gateway-attempts"), Some("3"));
}

#[tokio::test]
async fn a_release_that_is_near_is_waited_for_once_when_that_is_configured() {
    let world = World::with(|config| config.routing.max_wait_seconds = 5).await;
    let node = pooled(&world, "priority_order", "request").await;
    account(&world, 0).script(super::used_up(&node, 2));
    account(&world, 1).script(super::used_up(&node, 600));
    account(&world, 2).script(super::used_up(&node, 600));
    assert_eq!(super::served_by(&node, &ask("hi")).await, NAMES[0]);
}

#[tokio::test]
async fn a_model_that_a_plan_lacks_is_learnt_and_not_asked_for_again() {
    let world = World::new().await;
    let node = pooled(&world, "priority_order", "request").await;
    account(&world, 0).script(Script::fixture("error-400-model-not-supported"));
    assert_eq!(super::served_by(&node, &ask("hi")).await, NAMES[1]);
    assert_eq!(super::served_by(&node, &ask("hi")).await, NAMES[1]);
    assert_eq!(calls(&world), [1, 2, 0]);
    assert_eq!(node.state(NAMES[0]), "ready", "for its other models");
}
