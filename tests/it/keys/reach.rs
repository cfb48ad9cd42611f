//! The allow-lists of a key, wherever it asks.

use super::{CHAT, Key};
use crate::routing::{NAMES, pooled};
use crate::runs::worker;
use crate::support::world::{CODEX, World, owner, until};
use gateway::app::agents::AgentChange;
use serde_json::{Value, json};

/// The names of `/v1/models`.
async fn models(node: &crate::support::world::Node, key: &Key) -> Vec<String> {
    let list = key.get(node, "/v1/models").await.json();
    list["data"].as_array().unwrap().iter().map(|m| m["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_key_finds_only_its_models_and_is_told_which_there_are() {
    let world = World::new().await;
    let node = world.node().await;
    let key = Key::make(&node, &json!({"name": "ci", "models": ["gpt-5.5"]})).await;
    assert_eq!(models(&node, &key).await, ["gpt-5.5"]);
    assert_eq!(key.ask(&node, "gpt-5.5").await.status, 200);
    let all = node.get("/v1/models").await.json();
    let other = all["data"].as_array().unwrap().iter().find(|m| m["id"] != "gpt-5.5").unwrap()["id"].clone();
    for name in [other.as_str().unwrap().to_owned(), format!("{CODEX}/{}", other.as_str().unwrap())] {
        let chat = json!({"model": name, "messages": [{"role": "user", "content": "hi"}]});
        for answer in [key.ask(&node, &name).await, key.call(&node, "POST", CHAT, chat).await] {
            assert_eq!(
                (answer.status, answer.code().as_str()),
                (404, "model_not_found"),
                "{}",
                answer.text()
            );
            let text = answer.json()["error"]["message"].as_str().unwrap().to_owned();
            assert!(text.ends_with("models: gpt-5.5"), "{text}");
        }
        assert_eq!(key.get(&node, &format!("/v1/models/{name}")).await.status, 404);
    }
    assert_eq!(world.ada().counters().responses, 1);
    let native = key.get(&node, "/v1/models?client_version=0.169.0").await.json();
    let slugs: Vec<&Value> = native["models"].as_array().unwrap().iter().map(|m| &m["slug"]).collect();
    assert_eq!(slugs, [&json!("gpt-5.5")]);
    node.stop().await;
}

#[tokio::test]
async fn a_key_reaches_only_its_accounts_also_within_a_pool() {
    let world = World::new().await;
    let node = pooled(&world, "round_robin", "request").await;
    let key = Key::make(&node, &json!({"name": "ci", "providers": [NAMES[0], NAMES[2]]})).await;
    for _ in 0..6 {
        let answer = key.ask(&node, "gpt-5.5").await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_ne!(answer.header("x-gateway-provider"), Some(NAMES[1]));
    }
    assert_eq!(world.sim.account(super::super::routing::EMAILS[1]).counters().responses, 0);
    let refused = key.ask(&node, &format!("{}/gpt-5.5", NAMES[1])).await;
    assert_eq!(refused.status, 404, "{}", refused.text());
    // Where the owner is not allowed, its members stand alone.
    let member = Key::make(&node, &json!({"name": "member", "providers": [NAMES[1]]})).await;
    let answer = member.ask(&node, "gpt-5.5").await;
    assert_eq!(answer.header("x-gateway-provider"), Some(NAMES[1]), "{}", answer.text());
    // A rename changes nothing.
    let renamed = gateway::app::providers::Update { name: Some("renamed".into()), ..Default::default() };
    node.app.providers.update(&owner(), NAMES[1], renamed).await.unwrap();
    assert_eq!(super::shown(&node, &member).await["providers"], json!(["renamed"]));
    assert_eq!(member.ask(&node, "gpt-5.5").await.status, 200);
    node.stop().await;
}

#[tokio::test]
async fn a_key_asks_only_its_agents_by_every_way() {
    let world = World::new().await;
    let node = world.node().await;
    let dir = tempfile::tempdir().unwrap();
    let other = AgentChange { agent_key: Some("other".into()), ..worker(dir.path()) };
    for agent in [worker(dir.path()), other] {
        node.app.agents.create(&owner(), agent).await.unwrap();
    }
    let key = Key::make(&node, &json!({"name": "ci", "agents": ["worker"]})).await;
    assert!(models(&node, &key).await.contains(&"agent:worker".to_owned()));
    assert!(!models(&node, &key).await.contains(&"agent:other".to_owned()));
    assert_eq!(key.ask(&node, "agent:worker").await.status, 200);
    let refused = key.ask(&node, "agent:other").await;
    assert_eq!((refused.status, refused.code().as_str()), (404, "agent_not_found"), "{}", refused.text());
    let run = async |agent: &str, body: Value| {
        key.call(&node, "POST", &format!("/v1/agents/{agent}/runs"), body).await
    };
    assert_eq!(run("worker", json!({"message": "hi"})).await.status, 200);
    let refused = run("other", json!({"message": "hi"})).await;
    assert_eq!(refused.status, 404, "{}", refused.text());
    assert!(refused.text().contains("agents: worker"), "{}", refused.text());
    let tool = async |name: &str, arguments: Value| {
        let message = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": {"name": name, "arguments": arguments}});
        let headers = [
            ("authorization", key.bearer.as_str()),
            ("accept", "application/json, text/event-stream"),
            ("content-type", "application/json"),
            ("host", "127.0.0.1"),
            ("mcp-protocol-version", "2025-11-25"),
        ];
        node.request("POST", "/mcp", &headers, axum::body::Body::from(message.to_string())).await.text()
    };
    let listed = tool("list_agents", json!({})).await;
    assert!(listed.contains("worker") && !listed.contains("other"), "{listed}");
    let asked = tool("ask_agent", json!({"agent": "other", "message": "hi"})).await;
    assert!(asked.contains("there is no agent"), "{asked}");
    // The model that an agent uses is held to the list of models.
    let models = Key::make(&node, &json!({"name": "models", "models": ["gpt-5.4"]})).await;
    assert_eq!(models.ask(&node, "agent:worker").await.status, 404);
    let path = "/v1/agents/worker/runs";
    let allowed = Key::make(&node, &json!({"name": "models", "models": ["gpt-5.5"]})).await;
    let other_model = json!({"message": "hi", "model": "gpt-5.4"});
    assert_eq!(allowed.call(&node, "POST", path, other_model).await.status, 404);
    until("the runs are over", async || {
        node.get("/v1/runs?status=running").await.json()["runs"] == json!([])
    })
    .await;
    node.stop().await;
}
