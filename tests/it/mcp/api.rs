//! `/v1/mcp/servers`.

use super::scripted;
use crate::program::process::until;
use crate::support::world::{Node, World};
use serde_json::{Value, json};

const SECRET: &str = "s3cr3t-of-the-api";

/// A good server, with a secret.
fn server() -> Value {
    let script = scripted("good");
    json!({"name": "docs", "transport": "stdio", "command": script.command, "args": script.args,
           "env": {"TOKEN": SECRET, "OTHER": "another-secret"}})
}

async fn connected(node: &Node, name: &str) -> Value {
    let mut server = Value::Null;
    until("the server is connected", async || {
        server = node.get(&format!("/v1/mcp/servers/{name}")).await.json();
        server["status"]["state"] == "connected"
    })
    .await;
    server
}

/// What the server was started with.
async fn environment(node: &Node, name: &str) -> String {
    super::call(node, name, "environment", json!({})).await.text
}

#[tokio::test]
async fn a_server_is_made_read_changed_and_removed_and_its_secrets_stay_inside() {
    let world = World::new().await;
    let node = world.bare_node().await;
    let made = node.post("/v1/mcp/servers", &server()).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let made = made.json();
    assert_eq!(made["env"], json!({"OTHER": "***", "TOKEN": "***"}));
    assert_eq!(
        (&made["managed_by"], &made["enabled"], &made["timeout_seconds"]),
        (&json!("database"), &json!(true), &json!(60))
    );
    let id = made["id"].as_str().unwrap().to_owned();
    let shown = connected(&node, &id).await;
    assert_eq!(shown["status"]["tool_count"], 6);
    assert_eq!(shown["tools"][0], json!({"name": "child", "description": "The tool child"}));
    assert!(environment(&node, "docs").await.contains(&format!("TOKEN={SECRET}")));
    // In the database it is sealed.
    let (env, headers): (String, Option<String>) =
        sqlx::query_as("select env, headers from mcp_servers").fetch_one(&world.db.pool).await.unwrap();
    assert!(env.starts_with("aes-gcm:") && !env.contains(SECRET) && headers.is_none(), "{env}");

    // A mask keeps a secret, an absent one goes, a new name follows.
    let change = json!({"name": "manual", "env": {"TOKEN": "***"}, "timeout_seconds": 5});
    let changed = node.put(&format!("/v1/mcp/servers/{id}"), &change).await;
    assert_eq!(changed.status, 200, "{}", changed.text());
    assert_eq!(changed.json()["env"], json!({"TOKEN": "***"}));
    assert_eq!(node.get("/v1/mcp/servers/docs").await.status, 404);
    connected(&node, "manual").await;
    let environment = environment(&node, "manual").await;
    assert!(
        environment.contains(&format!("TOKEN={SECRET}")) && !environment.contains("OTHER"),
        "{environment}"
    );

    let again = node.post("/v1/mcp/servers/manual/reconnect", &json!({})).await;
    assert_eq!((again.status, &again.json()["status"]["state"]), (200, &json!("connecting")));
    connected(&node, "manual").await;

    let off = node.put("/v1/mcp/servers/manual", &json!({"enabled": false})).await.json();
    assert_eq!(off["status"]["state"], "disabled");
    let refused = node.post("/v1/mcp/servers/manual/reconnect", &json!({})).await;
    assert_eq!((refused.status, &refused.json()["code"]), (409, &json!("disabled")));

    // Another transport drops what only the old one had.
    let url = "http://127.0.0.1:9/mcp?key=hidden-in-query";
    let change = json!({"transport": "streamable_http", "url": url, "headers": {"authorization": "Bearer hidden-in-header"}});
    let moved = node.put("/v1/mcp/servers/manual", &change).await.json();
    assert_eq!(
        (&moved["headers"], moved.get("command"), moved.get("env")),
        (&json!({"authorization": "***"}), None, None)
    );
    node.put("/v1/mcp/servers/manual", &json!({"enabled": true})).await;
    let mut error = String::new();
    until("it fails", async || {
        let shown = node.get("/v1/mcp/servers/manual").await.json();
        error = shown["status"]["error"].as_str().unwrap_or_default().to_owned();
        shown["status"]["state"] == "failed"
    })
    .await;
    assert!(error.to_lowercase().contains("connection refused") && !error.contains("hidden"), "{error}");

    let all = node.get("/v1/mcp/servers").await;
    assert_eq!(all.json()["servers"].as_array().unwrap().len(), 1);
    assert!(!all.text().contains("hidden-in-header") && !all.text().contains(SECRET));
    assert_eq!(node.delete("/v1/mcp/servers/manual").await.json(), json!({"status": "deleted"}));
    assert_eq!(node.delete("/v1/mcp/servers/manual").await.status, 404);
    assert_eq!(node.get("/v1/mcp/servers").await.json(), json!({"servers": []}));
    node.stop().await;
}

#[tokio::test]
async fn what_a_server_must_be_is_said_rule_by_rule() {
    let world = World::new().await;
    let node = world.bare_node().await;
    let taken = json!({"name": "taken", "command": "true", "enabled": false});
    assert_eq!(node.post("/v1/mcp/servers", &taken).await.status, 201);
    for (body, status, code, fields) in [
        (json!({}), 400, "invalid_mcp_server", &["name", "transport"][..]),
        (
            json!({"name": "A b", "command": "x", "timeout_seconds": 0}),
            400,
            "invalid_mcp_server",
            &["name", "timeout_seconds"],
        ),
        (
            json!({"name": "a", "transport": "sse", "url": "http://x"}),
            400,
            "invalid_mcp_server",
            &["transport"],
        ),
        (
            json!({"name": "a", "transport": "stdio", "url": "http://x"}),
            400,
            "invalid_mcp_server",
            &["url", "command"],
        ),
        (
            json!({"name": "a", "url": "http://me:pw@x", "headers": {"host": "y"}}),
            400,
            "invalid_mcp_server",
            &["url", "headers.host"],
        ),
        (json!({"name": "a", "command": "x", "env": {"A": "***"}}), 400, "invalid_mcp_server", &["env.A"]),
        (json!({"name": "taken", "command": "x"}), 409, "name_taken", &[]),
        (json!({"name": "a", "comand": "x"}), 400, "invalid_body", &[]),
        (json!({"name": "a", "command": "x", "env": {"A": 1}}), 400, "invalid_body", &[]),
    ] {
        let answer = node.post("/v1/mcp/servers", &body).await;
        let said = answer.json();
        assert_eq!((answer.status, &said["code"]), (status, &json!(code)), "{body}: {said}");
        let violations = said["violations"].as_array().cloned().unwrap_or_default();
        let named: Vec<&str> = violations.iter().map(|broken| broken["field"].as_str().unwrap()).collect();
        assert_eq!(named, fields, "{body}: {said}");
    }
    node.stop().await;
}

#[tokio::test]
async fn a_server_of_the_file_is_shown_and_cannot_be_changed_here() {
    let world = World::with(|config| drop(config.mcp.servers.insert("docs".into(), scripted("good")))).await;
    let node = world.bare_node().await;
    let shown = connected(&node, "docs").await;
    assert_eq!(
        (&shown["id"], &shown["managed_by"], &shown["env"]),
        (&Value::Null, &json!("file"), &json!({"TOKEN": "***"}))
    );
    for answer in [
        node.put("/v1/mcp/servers/docs", &json!({"enabled": false})).await,
        node.delete("/v1/mcp/servers/docs").await,
        node.post("/v1/mcp/servers", &server()).await,
    ] {
        assert_eq!(
            (answer.status, &answer.json()["code"]),
            (409, &json!("managed_by_file")),
            "{}",
            answer.text()
        );
    }
    assert_eq!(node.post("/v1/mcp/servers/docs/reconnect", &json!({})).await.status, 200);
    connected(&node, "docs").await;
    node.stop().await;
}

#[tokio::test]
async fn a_server_of_the_database_comes_back_after_a_restart_and_reaches_every_replica() {
    let world = World::new().await;
    let (node, other) = (world.bare_node().await, world.bare_node().await);
    assert_eq!(node.post("/v1/mcp/servers", &server()).await.status, 201);
    until("the other replica has it", async || {
        other.app.mcp.list(gateway::domain::ids::MASTER_TENANT).len() == 1
    })
    .await;
    connected(&other, "docs").await;
    node.stop().await;
    let node = world.bare_node().await;
    connected(&node, "docs").await;
    assert!(environment(&node, "docs").await.contains(SECRET));
    node.stop().await;
    other.stop().await;
}
