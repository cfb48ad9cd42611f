//! API keys: their life, what they reach, and their limits.

mod api;
mod fair;
mod limits;
mod owners;
mod reach;

use crate::support::world::{Answer, Node, World, request};
use axum::body::Body;
use gateway::app::keys::NewKey;
use gateway::domain::access::{Actor, Role};
use gateway::domain::ids::TenantId;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

pub const RESPONSES: &str = "/v1/responses";
pub const CHAT: &str = "/v1/chat/completions";

/// Another tenant than the default one.
pub const OTHER: TenantId = TenantId(uuid::Uuid::from_u128(0x0193_a5b0_7000_7000_8000_0000_0000_0002));

/// A key and its id.
#[derive(Clone, Debug)]
pub struct Key {
    pub id: String,
    pub bearer: String,
}

impl Key {
    /// Makes one as the owner.
    pub async fn make(node: &Node, body: &Value) -> Self {
        let answer = node.post("/v1/keys", body).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        let made = answer.json();
        let text = |member: &str| made[member].as_str().unwrap().to_owned();
        Self { id: text("id"), bearer: format!("Bearer {}", text("key")) }
    }

    /// Makes one in any tenant.
    pub async fn of(node: &Node, tenant: TenantId, role: Role) -> Self {
        let new = NewKey {
            name: role.as_str().into(),
            role,
            expires_at: None,
            models: None,
            agents: None,
            providers: None,
            limits: Vec::new(),
        };
        let (made, key) = node.app.keys.create(&Actor::gateway(tenant), new).await.unwrap();
        Self { id: made.id.to_string(), bearer: format!("Bearer {}", key.expose_secret()) }
    }

    pub async fn call(&self, node: &Node, method: &str, path: &str, body: Value) -> Answer {
        let headers = [("authorization", self.bearer.as_str())];
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        request(node.router(), method, path, &headers, body).await
    }

    pub async fn get(&self, node: &Node, path: &str) -> Answer {
        self.call(node, "GET", path, Value::Null).await
    }

    /// Asks a model, or an agent.
    pub async fn ask(&self, node: &Node, model: &str) -> Answer {
        self.call(node, "POST", RESPONSES, json!({"model": model, "input": "hi"})).await
    }
}

/// A key as its page shows it.
pub async fn shown(node: &Node, key: &Key) -> Value {
    let answer = node.get(&format!("/v1/keys/{}", key.id)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

/// What the limits of a key count: used and reserved, in the order in which they are told.
pub async fn counts(node: &Node, key: &Key) -> Vec<(u64, u64)> {
    let limits = shown(node, key).await["limits"].as_array().unwrap().clone();
    limits.iter().map(|l| (l["used"].as_u64().unwrap(), l["reserved"].as_u64().unwrap())).collect()
}

/// What requests hold of all limits, in rows.
pub async fn held(world: &World) -> i64 {
    sqlx::query_scalar("select count(*) from limit_reservations").fetch_one(&world.db.pool).await.unwrap()
}

/// Makes the other tenant.
pub async fn add_tenant(world: &World) {
    sqlx::query("insert into tenants (id, slug, name, created_at) values ($1, 'other', 'Other', now())")
        .bind(OTHER.0)
        .execute(&world.db.pool)
        .await
        .unwrap();
}
