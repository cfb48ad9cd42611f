//! The audit log: what is written, when, by whom, and how it is found out that somebody wrote it anew.

mod addresses;
mod chain;
mod reading;
mod routes;

use crate::support::world::{Answer, Node, World, request};
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::{Extension, Router};
use gateway::config::Config;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Executor as _};
use std::net::SocketAddr;

/// Where the tests' client is.
pub const CLIENT: &str = "192.0.2.7";

/// A gateway that somebody works with over the network.
pub struct Desk {
    pub world: World,
    pub node: Node,
    pub router: Router,
}

impl Desk {
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let world = World::with(change).await;
        let node = world.bare_node().await;
        let router = from(&node, CLIENT);
        Self { world, node, router }
    }

    pub async fn send(&self, method: &str, path: &str, body: &Value) -> Answer {
        request(self.router.clone(), method, path, &[], Body::from(body.to_string())).await
    }

    pub async fn agent(&self, key: &str) {
        let answer = self.send("POST", "/v1/agents", &json!({ "agent_key": key })).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
    }

    /// The newest entries, oldest first.
    pub async fn log(&self) -> Vec<Value> {
        let mut entries = self.activity("limit=200").await["entries"].as_array().unwrap().clone();
        entries.reverse();
        entries
    }

    pub async fn activity(&self, query: &str) -> Value {
        let answer = self.send("GET", &format!("/v1/activity?{query}"), &Value::Null).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }

    /// As whoever owns the tables, and with the log's own guards off.
    pub async fn tamper(&self, sql: &str) {
        let mut owner = self.world.db.db.owner().await.unwrap();
        owner
            .execute("alter table audit_entries disable trigger append_only, no force row level security")
            .await
            .unwrap();
        owner.execute("alter table audit_heads no force row level security").await.unwrap();
        let done = owner.execute(AssertSqlSafe(sql)).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
        assert!(done.rows_affected() > 0, "{sql}");
    }
}

/// A router whose requests come from this address.
pub fn from(node: &Node, address: &str) -> Router {
    let peer = SocketAddr::new(address.parse().unwrap(), 4711);
    node.router().layer(Extension(ConnectInfo(peer)))
}
