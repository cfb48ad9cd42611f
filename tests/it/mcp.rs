//! MCP both ways: servers whose tools agents call, and the gateway as a server.

mod api;
mod own;
mod real;
mod servers;

use crate::support::world::Node;
use gateway::app::mcp::{ServerView, State};
use gateway::config::McpServer;
use gateway::domain::ids::MASTER_TENANT;
use gateway::domain::tool::ToolOutput;
use serde_json::Value;
use std::path::PathBuf;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long a server may take in a test.
const PATIENCE: Duration = Duration::from_mins(1);

fn repository(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The scripted server, in one of its ways.
fn scripted(way: &str) -> McpServer {
    McpServer {
        command: Some(repository("tests/fixtures/mcp-server.sh").display().to_string()),
        args: vec![way.to_owned()],
        env: [("TOKEN".to_owned(), "s3cr3t-token".into())].into(),
        ..McpServer::default()
    }
}

/// A server once it is connected.
async fn connected(node: &Node, server: &str) -> ServerView {
    let view = node.app.mcp.settled(MASTER_TENANT, server, PATIENCE).await.unwrap();
    assert_eq!(view.status.state, State::Connected, "{server}: {:?}", view.status);
    view
}

async fn call(node: &Node, server: &str, tool: &str, arguments: Value) -> ToolOutput {
    node.app.mcp.call(MASTER_TENANT, server, tool, arguments, &CancellationToken::new()).await
}
