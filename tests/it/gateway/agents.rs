//! Agents: prompt, model, thinking level, limit, and conversations that are kept.

use super::{CHAT, MODEL, RESPONSES, ask, told};
use crate::support::world::{Answer, CODEX, GRACE, Node, World, owner};
use gateway::app::agents::AgentChange;
use gateway::demo::simulator::{Script, Source, StreamScript};
use serde_json::{Value, json};
use std::sync::Arc;

const AGENT: &str = "agent:helper";
const SESSION: &[(&str, &str)] = &[("x-gateway-session-key", "one")];

fn helper(other: &Value) -> AgentChange {
    AgentChange {
        agent_key: Some("helper".into()),
        provider: Some(Some(CODEX.into())),
        model: Some(Some(MODEL.into())),
        system_prompt: Some(Some("You are a helper.".into())),
        other_config: Some(other.as_object().unwrap().clone()),
        ..AgentChange::default()
    }
}

async fn with_agent(world: &World, other: Value) -> Node {
    let node = world.node().await;
    node.app.agents.create(&owner(), helper(&other)).await.unwrap();
    node
}

fn sent(world: &World) -> Arc<Value> {
    world.ada().response_bodies().last().unwrap().clone()
}

async fn count(world: &World, table: &str) -> i64 {
    let sql = format!("select count(*) from {table}");
    sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(&world.db.pool).await.unwrap()
}

async fn say(node: &Node, path: &str, text: &str, stream: bool) -> Answer {
    let answer = node.post_with(path, SESSION, &ask(path, AGENT, text, stream)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer
}

#[tokio::test]
async fn an_agent_answers_with_its_prompt_its_model_its_thinking_level_and_its_limit() {
    let world = World::new().await;
    let node = with_agent(&world, json!({"thinking_level": "high", "max_tokens": 4})).await;
    for (path, stream) in [(RESPONSES, true), (RESPONSES, false), (CHAT, true), (CHAT, false)] {
        let answer = node.post(path, &ask(path, AGENT, "tell me a long story", stream)).await;
        let told = told(path, stream, &answer);
        let end = if path == CHAT { "length" } else { "incomplete" };
        assert_eq!((told.ends, told.end.as_str()), (1, end), "{}", answer.text());
        let sent = sent(&world);
        assert_eq!(sent["model"], MODEL);
        assert_eq!(sent["reasoning"]["effort"], "high");
        assert_eq!(sent["instructions"], "You are a helper.");
        assert_eq!(sent["max_output_tokens"], Value::Null);
    }
    let (row, _) = node.record(4).await;
    assert_eq!((row.agent_key.as_deref(), row.model.as_str()), (Some("helper"), AGENT));
    // The caller's own system text comes after the agent's.
    let mut body = ask(RESPONSES, AGENT, "hi", false);
    body["instructions"] = json!("Speak Latin.");
    node.post(RESPONSES, &body).await;
    assert_eq!(sent(&world)["instructions"], "You are a helper.\n\nSpeak Latin.");
}

#[tokio::test]
async fn an_unknown_thinking_level_names_the_valid_ones() {
    let world = World::new().await;
    let node = world.node().await;
    let body = json!({"agent_key": "odd", "provider": CODEX, "model": MODEL, "other_config": {"thinking_level": "enormous"}});
    let answer = node.post("/v1/agents", &body).await;
    assert_eq!(answer.status, 400);
    assert!(answer.text().contains("medium") && answer.text().contains("xhigh"), "{}", answer.text());
    let mut body = ask(RESPONSES, MODEL, "hi", false);
    body["reasoning"] = json!({"effort": "enormous"});
    let answer = node.post(RESPONSES, &body).await;
    assert_eq!(answer.status, 400);
    assert!(answer.text().contains("medium"), "{}", answer.text());
    let mut body = ask(CHAT, MODEL, "hi", false);
    body["reasoning_effort"] = json!("enormous");
    let answer = node.post(CHAT, &body).await;
    assert_eq!((answer.status, answer.json()["error"]["param"].as_str()), (400, Some("reasoning_effort")));
}

#[tokio::test]
async fn a_session_key_keeps_the_conversation_over_turns_and_restarts() {
    for (path, stream) in [(RESPONSES, true), (RESPONSES, false), (CHAT, true), (CHAT, false)] {
        let world = World::new().await;
        let node = with_agent(&world, json!({})).await;
        say(&node, path, "my name is Ada", stream).await;
        say(&node, path, "what is it?", stream).await;
        let second = sent(&world);
        let input = second["input"].to_string();
        assert!(input.contains("my name is Ada") && input.contains("You said: my name is Ada"), "{input}");
        let key = second["prompt_cache_key"].clone();
        node.stop().await;

        let node = world.bare_node().await;
        let answer = say(&node, path, "and now?", stream).await;
        let third = sent(&world);
        let input = third["input"].to_string();
        assert!(input.contains("my name is Ada") && input.contains("what is it?"), "{input}");
        assert_eq!(third["prompt_cache_key"], key);
        assert!(!answer.text().contains(key.as_str().unwrap()), "our key is not shown");
        assert_eq!(world.ada().counters().refused, 0);

        // Another session knows nothing of it.
        let other = [("x-goclaw-session-key", "two")];
        node.post_with(path, &other, &ask(path, AGENT, "hello", stream)).await;
        let other = sent(&world);
        assert!(!other["input"].to_string().contains("Ada"));
        assert_ne!(other["prompt_cache_key"], key);
        node.stop().await;
    }
}

#[tokio::test]
async fn a_client_that_sends_the_whole_conversation_does_not_double_it() {
    let world = World::new().await;
    let node = with_agent(&world, json!({})).await;
    say(&node, CHAT, "first", false).await;
    let body = json!({"model": AGENT, "messages": [
        {"role": "user", "content": "first"}, {"role": "assistant", "content": "You said: first"},
        {"role": "user", "content": "second"}]});
    assert_eq!(node.post_with(CHAT, SESSION, &body).await.status, 200);
    assert_eq!(sent(&world)["input"].to_string().matches("You said: first").count(), 1);
}

#[tokio::test]
async fn the_key_of_a_kept_conversation_is_ours_even_if_the_client_gave_one() {
    let world = World::new().await;
    let node = with_agent(&world, json!({})).await;
    for (path, stream) in [(RESPONSES, true), (RESPONSES, false), (CHAT, false)] {
        let mut body = ask(path, AGENT, "hi", stream);
        body["prompt_cache_key"] = json!("mine");
        let answer = node.post_with(path, SESSION, &body).await;
        let key = sent(&world)["prompt_cache_key"].as_str().unwrap().to_owned();
        assert_ne!(key, "mine");
        assert!(!answer.text().contains(&key), "{}", answer.text());
    }
}

#[tokio::test]
async fn the_history_is_stored_before_the_end_is_told() {
    let world = World::new().await;
    let node = with_agent(&world, json!({})).await;
    let router = node.router();
    let request = axum::http::Request::post(RESPONSES)
        .header("authorization", format!("Bearer {}", crate::support::world::TOKEN))
        .header("x-gateway-session-key", "one")
        .body(axum::body::Body::from(ask(RESPONSES, AGENT, "hi", true).to_string()))
        .unwrap();
    let response = tower::ServiceExt::oneshot(router, request).await.unwrap();
    let mut pieces = response.into_body().into_data_stream();
    let mut said = 0;
    while let Some(piece) = futures_util::StreamExt::next(&mut pieces).await {
        if String::from_utf8_lossy(&piece.unwrap()).contains("event: response.completed") {
            said += 1;
            assert!(count(&world, "session_items").await >= 2);
        }
    }
    assert_eq!(said, 1);
}

#[tokio::test]
async fn without_a_session_key_nothing_is_stored() {
    let world = World::new().await;
    let node = with_agent(&world, json!({})).await;
    for path in [RESPONSES, CHAT] {
        node.post(path, &ask(path, AGENT, "hi", true)).await;
    }
    // Nor is an answer that failed, or a session of no agent.
    world.script(Script::fixture("failed-rate-limit-midstream"));
    say(&node, RESPONSES, "hi", true).await;
    node.post_with(RESPONSES, SESSION, &ask(RESPONSES, MODEL, "hi", true)).await;
    assert_eq!((count(&world, "sessions").await, count(&world, "session_items").await), (0, 0));
    for bad in ["", "  ", &"x".repeat(256)] {
        let answer =
            node.post_with(CHAT, &[("x-gateway-session-key", bad)], &ask(CHAT, AGENT, "hi", true)).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "invalid_session_key"), "{bad:?}");
    }
}

#[tokio::test]
async fn encrypted_reasoning_is_replayed_only_to_the_account_that_made_it() {
    let world = World::new().await;
    let node = with_agent(&world, json!({"thinking_level": "high"})).await;
    say(&node, RESPONSES, "think", true).await;
    say(&node, RESPONSES, "again", true).await;
    assert!(sent(&world)["input"].to_string().contains("encrypted_content"), "{}", sent(&world));
    node.connect("second", &world.sim.account(GRACE)).await;
    let change = AgentChange { provider: Some(Some("second".into())), ..AgentChange::default() };
    node.app.agents.update(&owner(), "helper", change).await.unwrap();
    say(&node, RESPONSES, "elsewhere", true).await;
    let other = world.sim.account(GRACE).response_bodies().last().unwrap().clone();
    let input = other["input"].to_string();
    assert!(input.contains("You said: think") && !input.contains("encrypted_content"), "{input}");
}

#[tokio::test]
async fn an_answer_that_was_cut_leaves_a_conversation_that_goes_on() {
    let world = World::new().await;
    let node = with_agent(&world, json!({"thinking_level": "high", "max_tokens": 3})).await;
    for text in ["one long enough text", "and another one"] {
        for (path, stream) in [(RESPONSES, true), (CHAT, false)] {
            let answer = say(&node, path, text, stream).await;
            let said = told(path, stream, &answer).text;
            let kept: Vec<Value> =
                sqlx::query_scalar("select item from session_items order by seq desc limit 1")
                    .fetch_all(&world.db.pool)
                    .await
                    .unwrap();
            if !said.is_empty() {
                assert_eq!(super::text_of(&json!(kept)), said, "kept is what was told");
            }
        }
    }
    assert_eq!(world.ada().counters().refused, 0);
    // A call that is cut, or that nobody answers, does not block the next turn.
    let call = Source::ToolCall {
        name: "shell".into(),
        arguments: json!({"command": "echo a rather long command"}).to_string(),
    };
    world.script(Script::stream(StreamScript { source: call, ..StreamScript::default() }));
    let mut body = ask(RESPONSES, AGENT, "call it", true);
    body["tools"] =
        json!([{"type": "function", "name": "shell", "parameters": {"type": "object", "properties": {}}}]);
    node.post_with(RESPONSES, SESSION, &body).await;
    say(&node, RESPONSES, "never mind", true).await;
    assert_eq!(world.ada().counters().refused, 0);
}

#[tokio::test]
async fn an_answer_that_ended_at_the_clients_stop_is_kept_up_to_it() {
    let world = World::new().await;
    let node = with_agent(&world, json!({})).await;
    for (stream, said, stop, kept) in [
        (true, "one two STOP three", json!("STOP"), "one two "),
        (false, "four five STOP six", json!(["never", "STOP"]), "four five "),
        (true, "all of it", json!(["STOP"]), "all of it"),
        (false, "STOP at once", json!("STOP"), ""),
        (true, "STOP at once", json!("STOP"), ""),
    ] {
        world.script(Script::text(said));
        let mut body = ask(CHAT, AGENT, "count", stream);
        body["stop"] = stop;
        let answer = node.post_with(CHAT, SESSION, &body).await;
        let told = told(CHAT, stream, &answer);
        assert_eq!((told.text.as_str(), told.end.as_str()), (kept, "stop"), "{}", answer.text());
        say(&node, CHAT, "go on", false).await;
        let input = sent(&world)["input"].as_array().unwrap().clone();
        let turn = input.len() - 1 - usize::from(!kept.is_empty());
        assert_eq!(super::text_of(&json!(input[turn..input.len() - 1])), kept, "{input:?}");
        assert!(!json!(input).to_string().contains("STOP"), "{input:?}");
    }
    assert_eq!(world.ada().counters().refused, 0);
}

#[tokio::test]
async fn the_output_of_a_kept_call_may_come_alone() {
    let world = World::new().await;
    let node = with_agent(&world, json!({})).await;
    let tools =
        json!([{"type": "function", "name": "weather", "parameters": {"type": "object", "properties": {}}}]);
    let mut body = ask(RESPONSES, AGENT, "weather {}", false);
    body["tools"] = tools.clone();
    let answer = node.post_with(RESPONSES, SESSION, &body).await.json();
    let output = answer["output"].as_array().unwrap().clone();
    let call = output.iter().find(|item| item["type"] == "function_call").unwrap();
    let body = json!({"model": AGENT, "tools": tools, "input": [
        {"type": "function_call_output", "call_id": call["call_id"], "output": "31 degrees"}]});
    let answer = node.post_with(RESPONSES, SESSION, &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(answer.text().contains("31 degrees"));
    // Without the conversation there is no such call.
    let answer = node.post(RESPONSES, &body).await;
    assert_eq!(answer.status, 400, "{}", answer.text());
    let answer = node.post_with(RESPONSES, &[("x-gateway-session-key", "another")], &body).await;
    assert_eq!(answer.status, 400, "{}", answer.text());
}

#[tokio::test]
async fn a_conversation_that_cannot_be_stored_does_not_end_well() {
    let world = World::new().await;
    let node = with_agent(&world, json!({})).await;
    let mut owner = world.db.db.owner().await.unwrap();
    sqlx::query("alter table session_items rename to gone").execute(&mut owner).await.unwrap();
    let answer = node.post_with(RESPONSES, SESSION, &ask(RESPONSES, AGENT, "hi", true)).await;
    assert!(answer.status >= 500, "{}", answer.text());
    // A Codex client would repeat that 30 times.
    let headers = [SESSION, super::AS_CODEX].concat();
    let answer = node.post_with(RESPONSES, &headers, &ask(RESPONSES, AGENT, "hi", true)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.events().pop().unwrap()["response"]["error"]["code"], "server_is_overloaded");
}
