//! The tools of agents: who may call what, and what a call answers.

mod notes;
mod web;

use crate::support::world::{Node, World};
use axum::body::Body;
use gateway::app::tools::ToolContext;
use gateway::config::Config;
use gateway::domain::ids::MASTER_TENANT;
use gateway::domain::tool::{BUILT_IN, ToolOutput};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

/// An agent that may call everything.
fn context(workspace: Option<&Path>) -> ToolContext {
    ToolContext {
        tenant: MASTER_TENANT,
        agent_key: "helper".into(),
        workspace: workspace.map(Path::to_owned),
        tools_config: json!({"allow": ["*"]}).as_object().unwrap().clone(),
        cancel: CancellationToken::new(),
    }
}

fn allowing(allow: &[&str], deny: &[&str]) -> ToolContext {
    let tools_config = json!({"allow": allow, "deny": deny}).as_object().unwrap().clone();
    ToolContext { tools_config, ..context(None) }
}

async fn call(node: &Node, ctx: &ToolContext, name: &str, arguments: &Value) -> ToolOutput {
    node.app.tools.call(ctx, name, &arguments.to_string()).await
}

/// As when the file changes.
fn configure(node: &Node, change: impl FnOnce(&mut Config)) {
    let mut config = Config::clone(&node.app.config.load());
    change(&mut config);
    node.app.config.store(Arc::new(config));
}

async fn names(node: &Node, ctx: &ToolContext) -> Vec<String> {
    node.app.tools.offered(ctx).await.into_iter().map(|tool| tool.name).collect()
}

#[tokio::test]
async fn an_agent_is_offered_what_it_was_allowed_and_what_is_switched_on() {
    let world = World::new().await;
    let node = world.bare_node().await;
    let without_exec: Vec<&str> = BUILT_IN.into_iter().filter(|name| *name != "exec").collect();
    assert_eq!(names(&node, &allowing(&["*"], &[])).await, without_exec);
    assert_eq!(names(&node, &allowing(&["recall", "read_file"], &[])).await, ["read_file", "recall"]);
    assert!(names(&node, &allowing(&[], &[])).await.is_empty());
    assert_eq!(names(&node, &allowing(&["*"], &["web_fetch", "mcp:docs"])).await.len(), 8);
    configure(&node, |config| {
        config.tools.exec.enabled = true;
        config.tools.web_fetch.enabled = false;
    });
    let offered = names(&node, &allowing(&["*"], &[])).await;
    assert!(offered.contains(&"exec".to_owned()) && !offered.contains(&"web_fetch".to_owned()));
}

#[tokio::test]
async fn a_call_that_is_not_allowed_or_wrong_says_what_would_be_right() {
    let world = World::new().await;
    let node = world.bare_node().await;
    let dir = TempDir::new().unwrap();
    let ctx = context(Some(dir.path()));
    for (ctx, name, arguments, part) in [
        (&ctx, "raed_file", "{}", "there are read_file, write_file"),
        (&ctx, "mcp_docs_search", "{}", "no tool \"mcp_docs_search\""),
        (&ctx, "exec", "{\"command\": \"id\"}", "tools.exec.enabled"),
        (&ctx, "read_file", "", "missing field `path`"),
        (&ctx, "read_file", "{\"path\": 1}", "path: invalid type"),
        (&ctx, "read_file", "not json", "one JSON object"),
        (&ctx, "read_file", "{\"path\": \"../x\"}", "out of the workspace"),
        (&ctx, "web_fetch", "{\"url\": \"nowhere\"}", "no URL"),
        (&ctx, "recall", "{\"limit\": 0}", "between 1 and 100"),
        (&context(None), "read_file", "{\"path\": \"a\"}", "\"workspace\" of agent \"helper\""),
        (&context(Some(Path::new("relative"))), "list_files", "{}", "absolute"),
        (&allowing(&["recall"], &[]), "read_file", "{\"path\": \"a\"}", "there are recall"),
        (&allowing(&[], &[]), "read_file", "{\"path\": \"a\"}", "nor any other"),
        (&allowing(&["*"], &["recall"]), "recall", "{}", "no tool \"recall\" for this agent"),
    ] {
        let output = node.app.tools.call(ctx, name, arguments).await;
        assert!(output.is_error && output.text.contains(part), "{name} {arguments}: {}", output.text);
    }
}

#[tokio::test]
async fn no_workspace_may_hold_the_gateways_keys() {
    let world = World::new().await;
    let node = world.bare_node().await;
    let data = node.app.config.load().data_dir.clone();
    for workspace in [data.clone(), data.join("inner"), data.parent().unwrap().to_owned()] {
        let output = call(&node, &context(Some(&workspace)), "list_files", &json!({})).await;
        assert!(output.is_error && output.text.contains("keeps its keys"), "{}", output.text);
    }
}

#[tokio::test]
async fn files_are_written_edited_found_and_read_and_a_long_output_loses_its_middle() {
    let world = World::new().await;
    let node = world.bare_node().await;
    let dir = TempDir::new().unwrap();
    let ctx = context(Some(dir.path()));
    let written =
        call(&node, &ctx, "write_file", &json!({"path": "src/a.txt", "content": "alpha\nbeta\n"})).await;
    assert!(!written.is_error, "{}", written.text);
    let edited = call(
        &node,
        &ctx,
        "edit_file",
        &json!({"path": "src/a.txt", "old_text": "beta", "new_text": "gamma"}),
    )
    .await;
    assert!(!edited.is_error, "{}", edited.text);
    let found = call(&node, &ctx, "search_files", &json!({"pattern": "g.mma"})).await;
    assert_eq!(found.text, "src/a.txt:2: gamma");
    assert_eq!(call(&node, &ctx, "list_files", &json!({"glob": "*.txt"})).await.text, "src/a.txt  12 bytes");
    assert_eq!(call(&node, &ctx, "read_file", &json!({"path": "src/a.txt"})).await.text, "alpha\ngamma\n");
    configure(&node, |config| {
        config.tools.output_bytes = 1_024;
        config.tools.exec.enabled = true;
        config.tools.exec.sandbox = "off".into();
    });
    let long = call(&node, &ctx, "exec", &json!({"command": "seq 10000"})).await;
    assert!(long.text.len() <= 1_024 && long.text.starts_with("1\n2\n"), "{}", long.text);
    assert!(
        long.text.contains("bytes left out") && long.text.contains("10000\n[exit code 0"),
        "{}",
        long.text
    );
}

#[tokio::test]
async fn a_command_runs_within_the_bounds_that_are_configured_now() {
    let world = World::new().await;
    let node = world.bare_node().await;
    let dir = TempDir::new().unwrap();
    let ctx = context(Some(dir.path()));
    configure(&node, |config| {
        config.tools.exec.enabled = true;
        config.tools.exec.max_timeout_seconds = 1;
    });
    let begun = Instant::now();
    let output = call(&node, &ctx, "exec", &json!({"command": "echo a > b; sleep 100"})).await;
    assert!(output.is_error && output.text.contains("took longer than 1 s"), "{}", output.text);
    assert!(begun.elapsed() < Duration::from_secs(10));
    assert!(dir.path().join("b").is_file());
    let long = call(&node, &ctx, "exec", &json!({"command": "true", "timeout_seconds": 2})).await;
    assert!(long.is_error && long.text.contains("between 1 and 1"), "{}", long.text);
    for (arguments, part) in [
        (json!({"command": " "}), "command is empty"),
        (json!({"command": "true", "directory": "../"}), "out of the workspace"),
        (json!({"command": "true", "directory": "/etc"}), "outside of the workspace"),
        (json!({"command": "true", "directory": "b"}), "not a directory"),
    ] {
        let output = call(&node, &ctx, "exec", &arguments).await;
        assert!(output.is_error && output.text.contains(part), "{arguments}: {}", output.text);
    }
    configure(&node, |config| config.tools.exec.enabled = false);
    assert!(call(&node, &ctx, "exec", &json!({"command": "true"})).await.text.contains("switched off"));
}

#[tokio::test]
async fn a_cancelled_call_answers_at_once() {
    let world = World::new().await;
    let node = world.bare_node().await;
    let dir = TempDir::new().unwrap();
    let ctx = context(Some(dir.path()));
    configure(&node, |config| config.tools.exec.enabled = true);
    let stop = async {
        let deadline = Instant::now() + Duration::from_secs(10);
        while !dir.path().join("begun").exists() {
            assert!(Instant::now() < deadline, "it does not begin");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        ctx.cancel.cancel();
        Instant::now()
    };
    let command = json!({"command": "echo > begun; sleep 1000", "timeout_seconds": 500});
    let (output, cancelled) = tokio::join!(call(&node, &ctx, "exec", &command), stop);
    assert!(output.is_error && output.text.contains("cancelled"), "{}", output.text);
    assert!(cancelled.elapsed() < Duration::from_secs(1), "{:?}", cancelled.elapsed());
    let late = call(&node, &ctx, "list_files", &json!({})).await;
    assert!(late.is_error && late.text.contains("cancelled"), "{}", late.text);
}

#[tokio::test]
async fn the_api_lists_the_tools_with_their_schemas_and_why_one_can_not_be_called() {
    let world = World::new().await;
    let node = world.bare_node().await;
    let answer = node.get("/v1/tools").await.json();
    let tools = answer["tools"].as_array().unwrap();
    let listed: Vec<&str> = tools.iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    assert_eq!(listed, BUILT_IN);
    let exec = &tools[5];
    assert_eq!((&exec["source"], &exec["enabled"]), (&json!("builtin"), &json!(false)));
    assert!(exec["reason"].as_str().unwrap().contains("tools.exec.enabled"), "{exec}");
    let read = &tools[0];
    assert_eq!((&read["enabled"], read.get("reason")), (&json!(true), None));
    assert_eq!(read["parameters"]["required"], json!(["path"]));
    configure(&node, |config| {
        config.tools.exec.enabled = true;
        config.tools.exec.sandbox = "off".into();
    });
    let exec = node.get("/v1/tools").await.json()["tools"][5].clone();
    assert_eq!(exec["enabled"], true);
    assert!(exec["reason"].as_str().unwrap().contains("without a sandbox"), "{exec}");
    let nobody = node.request("GET", "/v1/tools", &[("authorization", "Bearer x")], Body::default()).await;
    assert_eq!(nobody.status, 401);
}

#[tokio::test]
async fn an_agents_tools_are_checked_when_they_are_written_and_come_from_the_defaults_when_it_has_none() {
    let world = World::with(|config| {
        config.agents.defaults.tools.allow = vec!["recall".into()];
        config.agents.defaults.workspace = Some("/srv/agents".into());
        let reader = serde_json::from_value(json!({"tools": {"allow": ["read_file"], "deny": ["mcp:docs"]}}));
        config.agents.list.insert("reader".into(), reader.unwrap());
        config.agents.list.insert("plain".into(), gateway::config::AgentEntry::default());
    })
    .await;
    let node = world.bare_node().await;
    for (tools, part) in [
        (json!({"allow": ["raed_file"]}), "did you mean \"read_file\"?"),
        (json!({"allow": "read_file"}), "not a list"),
        (json!({"alow": []}), "\"allow\" and \"deny\""),
        (json!({"deny": [1]}), "deny[0]: 1 is not a text"),
    ] {
        let answer = node.post("/v1/agents", &json!({"agent_key": "helper", "tools_config": tools})).await;
        let error = answer.json();
        assert_eq!(
            (answer.status, &error["code"], &error["field"]),
            (400, &json!("invalid_value"), &json!("tools_config"))
        );
        assert!(error["error"].as_str().unwrap().contains(part), "{error}");
    }
    let made = node
        .post("/v1/agents", &json!({"agent_key": "helper", "tools_config": {"allow": ["*", "mcp:docs"]}}))
        .await;
    assert_eq!(made.status, 201, "{}", made.text());
    assert_eq!(made.json()["effective"]["tools_config"], json!({"allow": ["*", "mcp:docs"]}));
    let reader = node.get("/v1/agents/reader").await.json();
    assert_eq!(reader["tools_config"], json!({"allow": ["read_file"], "deny": ["mcp:docs"]}));
    let plain = node.get("/v1/agents/plain").await.json();
    assert_eq!(plain["tools_config"], json!({}));
    assert_eq!(plain["effective"]["tools_config"], json!({"allow": ["recall"], "deny": []}));
    assert_eq!(plain["effective"]["workspace"], "/srv/agents");
}
