//! Real servers: one from npm over both transports, one from Python's index. `make test` installs them (`.ci/install-clients.sh`).

use super::{call, connected, repository};
use crate::support::world::{CODEX, Node, World};
use gateway::config::McpServer;
use gateway::demo::simulator::Script;
use gateway::domain::ids::MASTER_TENANT;
use serde_json::{Value, json};

/// What was installed, as an absolute path.
fn installed(path: &str) -> String {
    let path = repository("tests/e2e").join(path);
    assert!(path.exists(), "{} is missing: run .ci/install-clients.sh", path.display());
    path.display().to_string()
}

fn everything(args: &[&str]) -> McpServer {
    let program = installed("node_modules/@modelcontextprotocol/server-everything/dist/index.js");
    let args = std::iter::once(program).chain(args.iter().map(|arg| (*arg).to_owned()));
    McpServer { command: Some("node".into()), args: args.collect(), ..McpServer::default() }
}

async fn with(name: &str, server: McpServer) -> (World, Node) {
    let world = World::with(|config| drop(config.mcp.servers.insert(name.to_owned(), server))).await;
    let node = world.bare_node().await;
    (world, node)
}

/// What every one of them must do.
async fn lists_and_echoes(node: &Node, server: &str) {
    connected(node, server).await;
    let tools = node.app.mcp.tools(MASTER_TENANT);
    let echo = tools.iter().find(|tool| tool.tool == "echo").unwrap();
    assert_eq!(echo.qualified, format!("mcp_{server}_echo"));
    assert_eq!(echo.spec.parameters["required"], json!(["message"]));
    let output = call(node, server, "echo", json!({"message": "Grüße"})).await;
    assert_eq!((output.text.as_str(), output.is_error), ("Echo: Grüße", false));
    let output = call(node, server, "echo", json!({})).await;
    assert!(output.is_error && output.text.contains("message"), "{}", output.text);
    let output = call(node, server, "get-tiny-image", json!({})).await;
    assert!(output.text.contains("[image, image/png,"), "{}", output.text);
}

#[tokio::test]
async fn a_server_from_npm_is_used_over_its_standard_input() {
    let (_world, node) = with("every-thing", everything(&[])).await;
    lists_and_echoes(&node, "every-thing").await;
    node.stop().await;
}

#[tokio::test]
async fn a_server_from_npm_is_used_over_http_and_connected_again_after_it_was_gone() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let start = || {
        let McpServer { command, args, .. } = everything(&["streamableHttp"]);
        tokio::process::Command::new(command.unwrap())
            .args(args)
            .env("PORT", port.to_string())
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap()
    };
    let running = start();
    let server = McpServer { url: Some(format!("http://127.0.0.1:{port}/mcp")), ..McpServer::default() };
    let (_world, node) = with("web", server).await;
    // The first try may have come before it listened.
    wait_for(&node, |status| status == "connected").await;
    lists_and_echoes(&node, "web").await;
    drop(running);
    let output = call(&node, "web", "echo", json!({"message": "x"})).await;
    assert!(output.is_error && output.text.contains("\"web\" failed"), "{}", output.text);
    wait_for(&node, |status| status == "failed").await;
    let _again = start();
    wait_for(&node, |status| status == "connected").await;
    lists_and_echoes(&node, "web").await;
    node.stop().await;
}

/// One from npm and one from Python's index, side by side, as an agent's tools.
#[tokio::test]
async fn an_agent_uses_the_tools_of_real_servers() {
    let world = World::with(|config| {
        config.mcp.servers.insert("things".into(), everything(&[]));
        let command = Some(installed(".venv/bin/mcp-server-time"));
        config.mcp.servers.insert("time".into(), McpServer { command, ..McpServer::default() });
    })
    .await;
    let node = world.node().await;
    connected(&node, "things").await;
    connected(&node, "time").await;
    let agent = json!({"agent_key": "worker", "provider": CODEX, "model": "gpt-5.5",
        "tools_config": {"allow": ["mcp:things", "mcp:time"], "deny": ["mcp_things_get-env"]}});
    assert_eq!(node.post("/v1/agents", &agent).await.status, 201);
    let zone = json!({"source_timezone": "Etc/UTC", "time": "12:00", "target_timezone": "Asia/Tokyo"});
    world.script(Script::calls(
        "",
        &[
            ("mcp_things_echo", json!({"message": "Grüße"})),
            ("mcp_time_convert_time", zone),
            ("mcp_things_get-env", json!({})),
        ],
    ));
    world.script(Script::text("Both answered."));
    let run = node.post("/v1/agents/worker/runs", &json!({"message": "go"})).await;
    assert_eq!((run.status, &run.json()["content"]), (200, &json!("Both answered.")), "{}", run.text());
    let asked = world.ada().response_bodies();
    let names: Vec<&str> =
        asked[0]["tools"].as_array().unwrap().iter().filter_map(|t| t["name"].as_str()).collect();
    assert!(names.contains(&"mcp_things_echo") && names.contains(&"mcp_time_convert_time"), "{names:?}");
    assert!(!names.contains(&"mcp_things_get-env") && !names.contains(&"read_file"), "{names:?}");
    let input = asked[1]["input"].as_array().unwrap().iter();
    let outputs: Vec<&str> = input.filter_map(|item| item["output"].as_str()).collect();
    assert!(outputs[0].contains("Echo: Grüße") && outputs[1].contains("T21:00:00+09:00"), "{outputs:?}");
    assert!(outputs[2].contains("there is no tool"), "{outputs:?}");
    node.stop().await;
}

async fn wait_for(node: &Node, mut right: impl FnMut(&Value) -> bool) {
    crate::program::process::until("the state is there", async || {
        let server = node.get("/v1/mcp/servers/web").await.json();
        right(&server["status"]["state"])
    })
    .await;
}

#[tokio::test]
async fn a_server_from_pypi_is_used_over_its_standard_input() {
    let server = McpServer { command: Some(installed(".venv/bin/mcp-server-time")), ..McpServer::default() };
    let (_world, node) = with("time", server).await;
    connected(&node, "time").await;
    let names: Vec<String> =
        node.app.mcp.tools(MASTER_TENANT).into_iter().map(|tool| tool.qualified).collect();
    assert_eq!(names, ["mcp_time_convert_time", "mcp_time_get_current_time"]);
    let arguments = json!({"source_timezone": "Etc/UTC", "time": "12:00", "target_timezone": "Asia/Tokyo"});
    let output = call(&node, "time", "convert_time", arguments).await;
    assert!(!output.is_error && output.text.contains("T21:00:00+09:00"), "{}", output.text);
    let output = call(&node, "time", "get_current_time", json!({"timezone": "No/Where"})).await;
    assert!(output.is_error, "{}", output.text);
    node.stop().await;
}
