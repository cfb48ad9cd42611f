//! A conversation stays on its account; what is bound to that account never reaches another one.

use super::{NAMES, RESPONSES, account, pooled, provider, served_by, used_up};
use crate::support::world::{Answer, Node, World, until};
use gateway::demo::simulator::Script;
use serde_json::{Value, json};

fn turn(key: &str, input: &Value) -> Value {
    json!({"model": super::MODEL, "input": input, "stream": true, "store": false, "prompt_cache_key": key})
}

fn index(name: &str) -> usize {
    NAMES.iter().position(|n| *n == name).unwrap()
}

/// The body of the newest model call of an account.
fn sent(world: &World, name: &str) -> Value {
    account(world, index(name)).response_bodies().last().unwrap().as_ref().clone()
}

async fn home_of(node: &Node, key: &str) -> String {
    served_by(node, &turn(key, &json!("hello"))).await
}

#[tokio::test]
async fn a_conversation_stays_is_lent_when_it_must_and_comes_home() {
    let world = World::new().await;
    let node = pooled(&world, "round_robin", "conversation").await;
    let home = home_of(&node, "k").await;
    for _ in 0..5 {
        assert_eq!(home_of(&node, "k").await, home);
    }
    account(&world, index(&home)).script(used_up(&node, 2));
    let lent = home_of(&node, "k").await;
    assert_ne!(lent, home);
    assert_eq!(home_of(&node, "k").await, lent, "a loan stays as well");
    until("it comes home", async || home_of(&node, "k").await == home).await;
}

#[tokio::test]
async fn a_conversation_stays_on_its_account_at_another_replica_and_over_a_restart() {
    let world = World::new().await;
    let node = pooled(&world, "round_robin", "conversation").await;
    let other = world.bare_node().await;
    let mut homes = Vec::new();
    for n in 0..6 {
        homes.push(home_of(&node, &format!("k{n}")).await);
    }
    assert_eq!(homes.iter().collect::<std::collections::HashSet<_>>().len(), 3, "{homes:?}");
    let count = || sqlx::query_scalar::<_, i64>("select count(*) from conversation_homes");
    until("the homes are kept", async || count().fetch_one(&world.db.pool).await.unwrap() == 6).await;
    // Both are told by the same commit.
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    for (n, home) in homes.iter().enumerate() {
        assert_eq!(home_of(&other, &format!("k{n}")).await, *home, "at the other replica");
    }
    node.stop().await;
    other.stop().await;
    let again = world.bare_node().await;
    for (n, home) in homes.iter().enumerate() {
        assert_eq!(home_of(&again, &format!("k{n}")).await, *home, "after a restart");
    }
}

/// The output items of an answer.
fn items(answer: &Answer) -> Vec<Value> {
    let done = answer.events().into_iter().filter(|e| e["type"] == "response.output_item.done");
    done.map(|mut e| e["item"].take()).collect()
}

fn said(text: &str) -> Value {
    json!({"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]})
}

fn with_reasoning(key: &str, input: &[Value]) -> Value {
    let mut body = turn(key, &json!(input));
    body["reasoning"] = json!({"effort": "high"});
    body["include"] = json!(["reasoning.encrypted_content"]);
    body
}

/// A first turn, with the reasoning that its account sealed.
async fn reasoned(node: &Node, key: &str) -> (String, Vec<Value>) {
    let first = node.post(RESPONSES, &with_reasoning(key, &[said("one")])).await;
    assert_eq!(first.status, 200, "{}", first.text());
    let mut history = vec![said("one")];
    history.extend(items(&first));
    assert!(json!(history).to_string().contains("encrypted_content"), "{history:?}");
    history.push(said("three"));
    (provider(&first), history)
}

#[tokio::test]
async fn encrypted_reasoning_is_left_out_when_a_conversation_moves() {
    let world = World::new().await;
    let node = pooled(&world, "round_robin", "conversation").await;
    let codex = [("originator", "codex_exec"), ("user-agent", "codex_exec/0.169.0")];
    for (key, headers) in [("native", &codex[..]), ("foreign", &[])] {
        let (home, history) = reasoned(&node, key).await;
        let stays = node.post_with(RESPONSES, headers, &with_reasoning(key, &history)).await;
        assert_eq!((stays.status, provider(&stays)), (200, home.clone()), "{}", stays.text());
        assert!(sent(&world, &home).to_string().contains("\"encrypted_content\":"));
        account(&world, index(&home)).script(Script::fixture("error-500-server_error"));
        let moved = node.post_with(RESPONSES, headers, &with_reasoning(key, &history)).await;
        assert_eq!(moved.status, 200, "{}", moved.text());
        assert_ne!(provider(&moved), home);
        let got = sent(&world, &provider(&moved)).to_string();
        assert!(!got.contains("\"encrypted_content\":") && got.contains("three"), "{got}");
    }
}

#[tokio::test]
async fn reasoning_of_nobody_known_is_left_out_after_one_refusal() {
    let world = World::new().await;
    let node = pooled(&world, "priority_order", "request").await;
    let history = [
        json!({"type": "reasoning", "summary": [], "encrypted_content": "sealed-by-somebody"}),
        said("go on"),
    ];
    assert_eq!(served_by(&node, &with_reasoning("k", &history)).await, NAMES[0]);
    assert!(!sent(&world, NAMES[0]).to_string().contains("sealed-by-somebody"));
    assert_eq!(node.state(NAMES[0]), "ready", "it is nobody's fault");
}

#[tokio::test]
async fn a_compacted_conversation_waits_for_its_account() {
    let world = World::new().await;
    let node = pooled(&world, "round_robin", "conversation").await;
    let codex = [("originator", "codex_exec"), ("user-agent", "codex_exec/0.169.0")];
    let compact = turn("k", &json!([said("a long story"), {"type": "compaction_trigger"}]));
    let compacted = node.post_with(RESPONSES, &codex, &compact).await;
    assert_eq!(compacted.status, 200, "{}", compacted.text());
    let home = provider(&compacted);
    let mut history = items(&compacted);
    assert_eq!(history[0]["type"], "compaction", "{history:?}");
    history.push(said("go on"));
    let go_on = turn("k", &json!(history));
    assert_eq!(provider(&node.post_with(RESPONSES, &codex, &go_on).await), home);
    account(&world, index(&home)).script(used_up(&node, 600));
    for asked in [1, 0] {
        let before: usize = super::calls(&world).iter().sum();
        let answer = node.post_with(RESPONSES, &codex, &go_on).await;
        assert_eq!(answer.status, 429, "{}", answer.text());
        assert!(answer.text().contains("compacted"), "{}", answer.text());
        assert!(answer.header("retry-after").is_some());
        let after: usize = super::calls(&world).iter().sum();
        assert_eq!(after - before, asked, "no other account was asked for what it cannot read");
    }
}

#[tokio::test]
async fn the_turns_state_comes_back_to_its_maker_alone() {
    let world = World::new().await;
    let node = pooled(&world, "round_robin", "conversation").await;
    let codex = |state: &str| {
        let mut headers = vec![("originator".to_owned(), "codex_exec".to_owned())];
        if !state.is_empty() {
            headers.push(("x-codex-turn-state".to_owned(), state.to_owned()));
        }
        headers
    };
    let send = async |node: &Node, state: &str, key: &str| {
        let headers = codex(state);
        let headers: Vec<(&str, &str)> = headers.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        node.post_with(RESPONSES, &headers, &turn(key, &json!([said("hi")]))).await
    };
    let first = send(&node, "", "k").await;
    let maker = provider(&first);
    let state = first.header("x-codex-turn-state").unwrap().to_owned();
    assert!(state.starts_with("gw-"), "it says whose it is: {state}");
    let received = |name: &str| {
        let turn = crate::support::world::last_turn(&account(&world, index(name)));
        turn.header("x-codex-turn-state").map(str::to_owned)
    };
    // Another process knows nothing of the conversation: the state tells.
    let other = world.bare_node().await;
    assert_eq!(provider(&send(&other, &state, "k").await), maker);
    let came_back = received(&maker).expect("its own state");
    assert!(!came_back.starts_with("gw-") && state.ends_with(&came_back), "{came_back}");
    account(&world, index(&maker)).script(used_up(&node, 600));
    let lent = provider(&send(&node, &state, "k").await);
    assert_ne!(lent, maker);
    assert_eq!(received(&lent), None);
}
