//! Servers that misbehave, against the scripted one.

use super::{call, connected, scripted};
use crate::program::process::until;
use crate::support::world::{Node, World};
use gateway::app::mcp::State;
use gateway::config::McpServer;
use gateway::domain::ids::{MASTER_TENANT, TenantId};
use rustix::process::{Pid, test_kill_process};
use serde_json::json;
use std::time::Instant;
use tokio_util::sync::CancellationToken;

async fn world(servers: impl IntoIterator<Item = (&'static str, McpServer)>) -> (World, Node) {
    let servers = servers.into_iter().map(|(name, server)| (name.to_owned(), server)).collect();
    let world = World::with(|config| config.mcp.servers = servers).await;
    let node = world.bare_node().await;
    (world, node)
}

#[tokio::test]
async fn a_server_of_the_file_offers_its_tools_by_name_to_its_tenant_alone() {
    let (_world, node) = world([("docs", scripted("good"))]).await;
    connected(&node, "docs").await;
    let tools = node.app.mcp.tools(MASTER_TENANT);
    let names: Vec<&str> = tools.iter().map(|tool| tool.qualified.as_str()).collect();
    let expected = ["child", "crash", "environment", "fail", "grow", "hang"].map(|t| format!("mcp_docs_{t}"));
    assert_eq!(names, expected);
    assert_eq!(tools[0].spec.name, "mcp_docs_child");
    assert_eq!(tools[0].spec.parameters["type"], "object", "a schema without a type is an object's");
    let stranger = TenantId(uuid::Uuid::now_v7());
    assert!(node.app.mcp.tools(stranger).is_empty());
    let output = node.app.mcp.call(stranger, "docs", "grow", json!({}), &CancellationToken::new()).await;
    assert!(output.is_error && output.text.contains("no MCP server \"docs\""), "{}", output.text);
    node.stop().await;
}

#[tokio::test]
async fn a_program_gets_a_clean_environment_and_what_it_was_given() {
    let (_world, node) = world([("docs", scripted("good"))]).await;
    connected(&node, "docs").await;
    let output = call(&node, "docs", "environment", json!({})).await;
    assert!(output.text.contains("TOKEN=s3cr3t-token") && output.text.contains("PATH"), "{}", output.text);
    for ours in ["GATEWAY_TEST_POSTGRES", "CARGO_MANIFEST_DIR"] {
        assert!(std::env::var_os(ours).is_some() && !output.text.contains(ours), "{}", output.text);
    }
    node.stop().await;
}

#[tokio::test]
async fn a_changed_list_of_tools_is_read_anew() {
    let (_world, node) = world([("docs", scripted("good"))]).await;
    connected(&node, "docs").await;
    assert_eq!(call(&node, "docs", "grow", json!({})).await.text, "grown");
    until("the new tool is there", async || {
        node.app.mcp.tools(MASTER_TENANT).iter().any(|tool| tool.tool == "another")
    })
    .await;
    node.stop().await;
}

#[tokio::test]
async fn a_server_that_dies_is_one_clear_error_and_comes_back() {
    let (_world, node) = world([("docs", scripted("good")), ("other", scripted("good"))]).await;
    connected(&node, "docs").await;
    connected(&node, "other").await;
    let output = call(&node, "docs", "crash", json!({})).await;
    assert!(output.is_error && output.text.contains("\"docs\" failed"), "{}", output.text);
    assert!(output.text.contains("whether \"crash\" did its work is not known"), "{}", output.text);
    until("its death is told", async || {
        let view = node.app.mcp.find(MASTER_TENANT, "docs").unwrap();
        let error = view.status.error.unwrap_or_default();
        assert!(!error.contains("s3cr3t"), "{error}");
        error.contains("exit status: 7") && error.contains("out of memory near ***")
    })
    .await;
    assert_eq!(call(&node, "other", "grow", json!({})).await.text, "grown", "the other one works on");
    // Its tools are still offered, and a call waits for it to be back.
    assert_eq!(node.app.mcp.tools(MASTER_TENANT).iter().filter(|tool| tool.server == "docs").count(), 6);
    let output = call(&node, "docs", "grow", json!({})).await;
    assert_eq!((output.text.as_str(), output.is_error), ("grown", false));
    node.stop().await;
}

#[tokio::test]
async fn a_server_that_can_not_start_says_why_and_keeps_its_secrets() {
    let mut gone = scripted("gone");
    gone.env.insert("WHERE".into(), "db.internal".into());
    let missing = McpServer { command: Some("/no/such/program".into()), ..McpServer::default() };
    let (_world, node) = world([("gone", gone), ("missing", missing)]).await;
    for (name, words) in
        [("gone", "no database at ***, key ***"), ("missing", "\"/no/such/program\" can't be started")]
    {
        until("it failed", async || {
            node.app.mcp.find(MASTER_TENANT, name).unwrap().status.state == State::Failed
        })
        .await;
        let error = node.app.mcp.find(MASTER_TENANT, name).unwrap().status.error.unwrap();
        assert!(error.contains(words), "{error}");
        let output = call(&node, name, "anything", json!({})).await;
        let said = format!("the MCP server \"{name}\" is not available: ");
        assert!(output.is_error && output.text.starts_with(&said), "{}", output.text);
    }
    node.stop().await;
}

#[tokio::test]
async fn a_server_that_never_answers_costs_its_time_and_no_more() {
    let silent = McpServer { timeout_seconds: 1, ..scripted("silent") };
    let hanging = McpServer { timeout_seconds: 1, ..scripted("good") };
    let (_world, node) = world([("silent", silent), ("hanging", hanging)]).await;
    until("it failed", async || {
        let view = node.app.mcp.find(MASTER_TENANT, "silent").unwrap();
        view.status.error.is_some_and(|error| error.contains("did not answer within 1 seconds"))
    })
    .await;
    connected(&node, "hanging").await;
    let output = call(&node, "hanging", "hang", json!({})).await;
    assert!(
        output.is_error && output.text.contains("\"hang\" did not answer within 1 seconds"),
        "{}",
        output.text
    );
    node.stop().await;
}

#[tokio::test]
async fn a_cancelled_call_ends_at_once_and_the_server_hears_of_it() {
    let dir = tempfile::tempdir().unwrap();
    let notes = dir.path().join("notes");
    let mut server = scripted("good");
    server.env.insert("NOTES".into(), notes.display().to_string().into());
    let (_world, node) = world([("docs", server)]).await;
    connected(&node, "docs").await;
    let cancel = CancellationToken::new();
    let began = Instant::now();
    let (output, ()) =
        tokio::join!(node.app.mcp.call(MASTER_TENANT, "docs", "hang", json!({}), &cancel), async {
            // It has to be under way.
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            cancel.cancel();
        });
    assert!(output.is_error && output.text.contains("cancelled"), "{}", output.text);
    assert!(began.elapsed().as_secs() < 5);
    until("the server heard of it", async || {
        std::fs::read_to_string(&notes).is_ok_and(|notes| notes.contains("cancelled"))
    })
    .await;
    node.stop().await;
}

#[tokio::test]
async fn a_server_of_the_newest_protocol_alone_is_used_too() {
    let (_world, node) = world([("docs", scripted("newest"))]).await;
    connected(&node, "docs").await;
    assert_eq!(call(&node, "docs", "grow", json!({})).await.text, "grown");
    node.stop().await;
}

#[tokio::test]
async fn wrong_calls_say_what_would_be_right() {
    let (_world, node) = world([("docs", scripted("good"))]).await;
    connected(&node, "docs").await;
    for (tool, arguments, words) in [
        ("serach", json!({}), "has no tool \"serach\"; it has child, crash, environment"),
        ("grow", json!([1]), "have to be a JSON object, not [1]"),
        ("fail", json!({}), "refuses the call: the argument city is missing"),
    ] {
        let output = call(&node, "docs", tool, arguments).await;
        assert!(output.is_error && output.text.contains(words), "{}", output.text);
    }
    node.stop().await;
}

#[tokio::test]
async fn every_process_of_a_server_ends_with_the_gateway_and_with_its_definition() {
    let (world, node) = world([("docs", scripted("good"))]).await;
    let mut children = Vec::new();
    connected(&node, "docs").await;
    children.push(call(&node, "docs", "child", json!({})).await.text);
    // The settings change: the server is another one, then none.
    let mut config = (**node.app.config.load()).clone();
    config.mcp.servers.insert("docs".into(), McpServer { timeout_seconds: 5, ..scripted("good") });
    node.app.config.store(config.clone().into());
    node.app.reload().await.unwrap();
    connected(&node, "docs").await;
    ended(&children[0]).await;
    children.push(call(&node, "docs", "child", json!({})).await.text);
    config.mcp.servers.clear();
    node.app.config.store(config.into());
    node.app.reload().await.unwrap();
    assert!(node.app.mcp.list(MASTER_TENANT).is_empty());
    ended(&children[1]).await;
    node.stop().await;

    let node = world.bare_node().await;
    connected(&node, "docs").await;
    children.push(call(&node, "docs", "child", json!({})).await.text);
    node.stop().await;
    ended(&children[2]).await;
}

async fn ended(process: &str) {
    let process = Pid::from_raw(process.trim().parse().unwrap()).unwrap();
    until("the process ended", async || !is_alive(process)).await;
}

/// A process that ended and that nobody took note of is still in the table.
fn is_alive(process: Pid) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", process.as_raw_nonzero()));
    let zombie = stat.is_ok_and(|stat| stat.contains(") Z "));
    test_kill_process(process).is_ok() && !zombie
}

#[tokio::test]
async fn an_unchanged_server_runs_on_when_another_one_changes() {
    let (_world, node) = world([("docs", scripted("good"))]).await;
    let before = connected(&node, "docs").await.status.since;
    let mut config = (**node.app.config.load()).clone();
    config.mcp.servers.insert("other".into(), McpServer { enabled: false, ..scripted("good") });
    node.app.config.store(config.into());
    node.app.reload().await.unwrap();
    assert_eq!(connected(&node, "docs").await.status.since, before);
    let other = node.app.mcp.find(MASTER_TENANT, "other").unwrap();
    assert_eq!(other.status.state, State::Disabled);
    let output = call(&node, "other", "grow", json!({})).await;
    assert!(output.text.contains("switched off"), "{}", output.text);
    node.stop().await;
}
