//! The gateway's own `/mcp`, asked by a raw client and by another gateway. The official SDKs ask it in `tests/e2e`.

use super::{call, connected};
use crate::support::world::{Node, TOKEN, World};
use gateway::config::McpServer;
use gateway::domain::ids::MASTER_TENANT;
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

const ACCEPT: &str = "application/json, text/event-stream";

/// A raw client of one gateway.
struct Raw {
    url: String,
    http: reqwest::Client,
}

impl Raw {
    async fn of(node: &Node) -> Self {
        let http = gateway::upstream::http_client::build(std::time::Duration::from_secs(5)).unwrap();
        Self { url: format!("{}/mcp", node.listen().await), http }
    }

    async fn send(&self, headers: &[(&str, &str)], message: &Value) -> Response {
        let mut request = self.http.request(Method::POST, &self.url).header("accept", ACCEPT).json(message);
        if !headers.iter().any(|(name, _)| *name == "authorization") {
            request = request.bearer_auth(TOKEN);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap()
    }

    /// The answer to a request, in whichever way it comes.
    async fn ask(&self, method: &str, params: Value) -> Value {
        let message = json!({"jsonrpc": "2.0", "id": 7, "method": method, "params": params});
        let response = self.send(&[("mcp-protocol-version", "2025-11-25")], &message).await;
        assert_eq!(response.status(), StatusCode::OK);
        let text = response.text().await.unwrap();
        let data =
            text.lines().filter_map(|line| line.strip_prefix("data: ")).find(|data| data.contains("\"id\""));
        serde_json::from_str(data.unwrap_or(&text)).unwrap_or_else(|_| panic!("{text}"))
    }
}

fn initialize() -> Value {
    json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "raw", "version": "1"}}})
}

#[tokio::test]
async fn without_a_token_or_from_a_strangers_page_nobody_gets_in() {
    let world =
        World::with(|config| config.server.allowed_origins = vec!["https://chat.example.com".into()]).await;
    let node = world.bare_node().await;
    let raw = Raw::of(&node).await;
    for (headers, status) in [
        (&[("authorization", "Bearer wrong")][..], 401),
        (&[("authorization", "Basic x")], 401),
        (&[("origin", "https://evil.example.com")], 403),
        (&[("origin", "null")], 403),
        (&[("origin", "http://127.0.0.1.evil.example.com")], 403),
        (&[("origin", "https://chat.example.com")], 200),
        (&[], 200),
    ] {
        let response = raw.send(headers, &initialize()).await;
        assert_eq!(response.status().as_u16(), status, "{headers:?}");
        if status != 200 {
            let body: Value = response.json().await.unwrap();
            assert!(body["code"].is_string() && body["request_id"].is_string(), "{body}");
        }
    }
    // There are no sessions: nothing to listen to and nothing to end.
    for method in [Method::GET, Method::DELETE] {
        let request = raw.http.request(method, &raw.url).bearer_auth(TOKEN).header("accept", ACCEPT);
        assert_eq!(request.send().await.unwrap().status(), 405);
    }
    node.stop().await;
}

#[tokio::test]
async fn a_client_that_speaks_by_hand_is_understood_and_told_what_is_wrong() {
    let world = World::new().await;
    let node = world.bare_node().await;
    let raw = Raw::of(&node).await;
    let begun = raw.send(&[], &initialize()).await;
    assert!(begun.headers().get("mcp-session-id").is_none());
    let text = begun.text().await.unwrap();
    assert!(text.contains("\"name\":\"gateway\"") && text.contains("2025-11-25"), "{text}");
    let initialized = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    assert_eq!(raw.send(&[], &initialized).await.status(), StatusCode::ACCEPTED);
    let listed = raw.ask("tools/list", json!({})).await;
    let tools = listed["result"]["tools"].as_array().unwrap();
    let names: Vec<&str> = tools.iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["pool_status", "quota", "list_agents", "ask_agent"]);
    for (name, arguments, words) in [
        ("nothing", json!({}), "known are pool_status, quota, list_agents, ask_agent"),
        ("quota", json!({"x": 1}), "unknown field `x`"),
        ("ask_agent", json!({"agent": "a"}), "missing field `message`"),
    ] {
        let answer = raw.ask("tools/call", json!({"name": name, "arguments": arguments})).await;
        let said = answer["error"]["message"].as_str().unwrap_or_else(|| panic!("{answer}"));
        assert!(said.contains(words), "{said}");
    }
    node.stop().await;
}

/// Two gateways: the second uses the tools of the first, so both ends are ours and HTTP is between them.
#[tokio::test]
async fn a_gateway_uses_the_tools_of_another_gateway() {
    let world = World::new().await;
    let serving = world.node().await;
    let agent = json!({"agent_key": "helper", "display_name": "Helper", "system_prompt": "Help."});
    assert_eq!(serving.post("/v1/agents", &agent).await.status, 201);
    let url = format!("{}/mcp", serving.listen().await);
    let server = McpServer {
        url: Some(url),
        headers: [("authorization".to_owned(), format!("Bearer {TOKEN}").into())].into(),
        ..McpServer::default()
    };
    let asking = World::with(|config| drop(config.mcp.servers.insert("front".into(), server))).await;
    let asking = asking.bare_node().await;
    connected(&asking, "front").await;
    let names: Vec<String> =
        asking.app.mcp.tools(MASTER_TENANT).into_iter().map(|tool| tool.qualified).collect();
    let expected =
        ["ask_agent", "list_agents", "pool_status", "quota"].map(|tool| format!("mcp_front_{tool}"));
    assert_eq!(names, expected);

    let json_of = async |tool: &str| -> Value {
        let output = call(&asking, "front", tool, json!({})).await;
        assert!(!output.is_error, "{}", output.text);
        serde_json::from_str(&output.text).unwrap()
    };
    let status = json_of("pool_status").await;
    let account = &status["accounts"][0];
    assert_eq!((&account["name"], &account["status"]["state"]), (&json!("openai-codex"), &json!("ready")));
    assert_eq!(account["health"]["consecutive_failures"], 0);
    assert!(account["quota"]["windows"].is_array(), "{status}");
    assert_eq!(json_of("quota").await["providers"][0]["provider_name"], "openai-codex");
    assert_eq!(json_of("list_agents").await["agents"][0]["agent_key"], "helper");

    let ask = json!({"agent": "helper", "message": "my name is Ada", "session_key": "mcp-1"});
    let output = call(&asking, "front", "ask_agent", ask).await;
    assert!(!output.is_error && output.text.contains("You said: my name is Ada"), "{}", output.text);
    let output = call(&asking, "front", "ask_agent", json!({"agent": "nobody", "message": "hi"})).await;
    assert!(output.is_error && output.text.contains("nobody"), "{}", output.text);
    let output =
        call(&asking, "front", "ask_agent", json!({"agent": "helper", "message": "hi", "session_key": ""}))
            .await;
    assert!(output.is_error && output.text.contains("1 to 255"), "{}", output.text);
    asking.stop().await;
    serving.stop().await;
}

#[tokio::test]
async fn a_wrong_key_is_an_error_of_the_server_that_says_so() {
    let world = World::new().await;
    let serving = world.bare_node().await;
    let server = McpServer {
        url: Some(format!("{}/mcp", serving.listen().await)),
        headers: [("authorization".to_owned(), "Bearer gw_wrong-key".into())].into(),
        ..McpServer::default()
    };
    let asking = World::with(|config| drop(config.mcp.servers.insert("front".into(), server))).await;
    let asking = asking.bare_node().await;
    let output = call(&asking, "front", "quota", json!({})).await;
    assert!(
        output.is_error && output.text.contains("401") && !output.text.contains("gw_wrong"),
        "{}",
        output.text
    );
    asking.stop().await;
    serving.stop().await;
}
