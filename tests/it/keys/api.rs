//! The life of a key.

use super::{Key, OTHER, RESPONSES, add_tenant, shown};
use crate::support::world::{World, until};
use axum::body::Body;
use gateway::domain::access::Role;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

#[tokio::test]
async fn a_key_is_shown_once_and_only_its_digest_is_stored() {
    let world = World::new().await;
    let node = world.bare_node().await;
    let answer = node.post("/v1/keys", &json!({"name": " ci "})).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let made = answer.json();
    let key = made["key"].as_str().unwrap();
    assert!(
        key.len() == 43 && key.starts_with("gw_") && key[3..].bytes().all(|b| b.is_ascii_alphanumeric()),
        "{key}"
    );
    assert_eq!(
        (&made["name"], &made["role"], &made["state"]),
        (&json!("ci"), &json!("operator"), &json!("active"))
    );
    assert_eq!(made["prefix"], key[..8]);
    assert_eq!(made["models"], Value::Null);
    for path in ["/v1/keys".to_owned(), format!("/v1/keys/{}", made["id"].as_str().unwrap())] {
        assert!(!node.get(&path).await.text().contains(&key[8..]), "{path}");
    }
    let digest: Vec<u8> =
        sqlx::query_scalar("select digest from api_keys").fetch_one(&world.db.pool).await.unwrap();
    assert_eq!(digest, Sha256::digest(key.as_bytes()).to_vec());
    node.stop().await;
}

#[tokio::test]
async fn everything_that_is_wrong_with_a_key_is_told_at_once() {
    let world = World::new().await;
    let node = world.bare_node().await;
    let body = json!({"name": "", "expires_at": "2020-01-01T00:00:00Z", "agents": ["ghost"], "providers": ["ghost"],
        "limits": [{"meter": "tokens", "amount": 0}, {"meter": "concurrent", "window": "day", "amount": 1}]});
    let answer = node.post("/v1/keys", &body).await;
    assert_eq!(
        (answer.status, answer.json()["code"].as_str()),
        (400, Some("invalid_key")),
        "{}",
        answer.text()
    );
    let answer = answer.json();
    let wrong = answer["violations"].as_array().unwrap().iter().map(|v| v["field"].as_str().unwrap());
    assert_eq!(
        wrong.collect::<Vec<_>>(),
        [
            "name",
            "expires_at",
            "agents",
            "providers",
            "limits[0].window",
            "limits[0].amount",
            "limits[1].window"
        ]
    );
    assert!(node.get("/v1/keys").await.json()["keys"].as_array().unwrap().is_empty());
    node.stop().await;
}

#[tokio::test]
async fn a_change_keeps_what_it_does_not_name_and_null_clears() {
    let world = World::new().await;
    let node = world.node().await;
    let body = json!({"name": "ci", "models": ["gpt-5.5"], "providers": ["openai-codex"],
        "expires_at": "2090-01-01T00:00:00Z", "limits": [{"meter": "requests", "window": "day", "amount": 5}]});
    let key = Key::make(&node, &body).await;
    let path = format!("/v1/keys/{}", key.id);
    let put = async |change: Value| {
        let answer = node.request("PUT", &path, &[], Body::from(change.to_string())).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    };
    assert_eq!(key.ask(&node, "gpt-5.5").await.status, 200);
    let renamed = put(json!({"name": "build"})).await;
    assert_eq!((&renamed["name"], &renamed["providers"]), (&json!("build"), &json!(["openai-codex"])));
    assert_eq!(renamed["limits"][0]["used"], 1);
    // A limit that stays goes on counting.
    let raised = put(json!({"limits": [{"meter": "requests", "window": "day", "amount": 9}]})).await;
    assert_eq!((&raised["limits"][0]["used"], &raised["limits"][0]["amount"]), (&json!(1), &json!(9)));
    let cleared = put(json!({"models": null, "providers": null, "expires_at": null, "limits": null})).await;
    assert_eq!(
        (&cleared["models"], &cleared["expires_at"], &cleared["limits"]),
        (&Value::Null, &Value::Null, &json!([]))
    );
    assert_eq!(node.request("DELETE", &path, &[], Body::empty()).await.status, 200);
    assert_eq!(node.get(&path).await.status, 404);
    assert_eq!(key.get(&node, "/v1/me").await.status, 401);
    node.stop().await;
}

#[tokio::test]
async fn nobody_makes_a_key_that_may_more_than_they_do() {
    let world = World::new().await;
    let node = world.bare_node().await;
    let owner = node.post("/v1/keys", &json!({"name": "x", "role": "owner"})).await;
    assert_eq!((owner.status, owner.json()["code"].as_str()), (403, Some("role_too_high")));
    let admin = Key::make(&node, &json!({"name": "admin", "role": "admin"})).await;
    let made = admin.call(&node, "POST", "/v1/keys", json!({"name": "x", "role": "admin"})).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let bound = json!({"name": "bound", "role": "admin", "limits": [{"meter": "requests", "window": "day", "amount": 5}]});
    let bound = Key::make(&node, &bound).await;
    let made = bound.call(&node, "POST", "/v1/keys", json!({"name": "x"})).await;
    assert_eq!(made.status, 403, "a key with limits could make one without: {}", made.text());
    let path = format!("/v1/keys/{}", bound.id);
    assert_eq!(bound.call(&node, "PUT", &path, json!({"limits": null})).await.status, 403);
    node.stop().await;
}

#[tokio::test]
async fn a_revoked_key_stops_on_every_replica_as_soon_as_they_are_told() {
    let world = World::new().await;
    let (a, b) = (world.bare_node().await, world.bare_node().await);
    let key = Key::make(&a, &json!({"name": "ci"})).await;
    until("the other one knows the key", async || key.get(&b, "/v1/me").await.status == 200).await;
    let revoked = a.post(&format!("/v1/keys/{}/revoke", key.id), &json!({})).await;
    assert_eq!((revoked.status, revoked.json()["state"].as_str()), (200, Some("revoked")));
    assert_eq!(key.get(&a, "/v1/me").await.status, 401);
    until("the other one takes it no more", async || key.get(&b, "/v1/me").await.status == 401).await;
    // A revoked key stays one.
    let again = a.post(&format!("/v1/keys/{}/revoke", key.id), &json!({})).await;
    assert_eq!(again.json()["revoked_at"], revoked.json()["revoked_at"]);
    a.stop().await;
    b.stop().await;
}

#[tokio::test]
async fn an_expired_key_is_none() {
    let world = World::new().await;
    let node = world.bare_node().await;
    let key = Key::make(&node, &json!({"name": "ci", "expires_at": "2090-01-01T00:00:00Z"})).await;
    assert_eq!(key.get(&node, "/v1/me").await.status, 200);
    sqlx::query("update api_keys set expires_at = now()").execute(&world.db.pool).await.unwrap();
    until("it is over", async || key.get(&node, "/v1/me").await.status == 401).await;
    assert_eq!(shown(&node, &key).await["state"], "expired");
    let refused = key.ask(&node, "gpt-5.5").await;
    assert_eq!(
        (refused.status, refused.json()["error"]["type"].as_str()),
        (401, Some("authentication_error"))
    );
    node.stop().await;
}

#[tokio::test]
async fn a_key_never_leaves_its_tenant() {
    let world = World::new().await;
    let node = world.node().await;
    add_tenant(&world).await;
    let ours = Key::make(&node, &json!({"name": "ours"})).await;
    let theirs = Key::of(&node, OTHER, Role::Admin).await;
    let master = "0193a5b0-7000-7000-8000-000000000001";
    for (key, tenant, status) in [
        (&theirs, "master", 404),
        (&theirs, master, 404),
        (&theirs, "other", 200),
        (&theirs, &OTHER.to_string(), 200),
        (&ours, "other", 404),
        (&ours, "master", 200),
    ] {
        for name in ["x-gateway-tenant-id", "x-goclaw-tenant-id"] {
            let headers = [("authorization", key.bearer.as_str()), (name, tenant)];
            let answer = node.request("GET", "/v1/me", &headers, Body::empty()).await;
            assert_eq!(answer.status, status, "{tenant}: {}", answer.text());
        }
    }
    // It sees nothing of ours: no provider, no model, no key.
    assert_eq!(theirs.get(&node, "/v1/providers").await.json()["providers"], json!([]));
    assert_eq!(theirs.get(&node, "/v1/models").await.json()["data"], json!([]));
    assert_eq!(theirs.ask(&node, "gpt-5.5").await.status, 404);
    let keys = theirs.get(&node, "/v1/keys").await.json();
    assert_eq!(keys["keys"].as_array().unwrap().len(), 1);
    let (id, unknown) = (ours.id.as_str(), "0193a5b0-7000-7000-8000-00000000abcd");
    for (method, action) in [("GET", ""), ("PUT", ""), ("DELETE", ""), ("POST", "/revoke")] {
        let ask = async |id: &str| {
            let answer = theirs.call(&node, method, &format!("/v1/keys/{id}{action}"), json!({})).await;
            let mut body = answer.json();
            body["request_id"] = Value::Null;
            (answer.status, body)
        };
        assert_eq!(ask(id).await, ask(unknown).await, "{method}");
    }
    assert_eq!(ours.get(&node, "/v1/me").await.status, 200);
    node.stop().await;
}

#[tokio::test]
async fn a_key_opens_no_browser_session() {
    let world = World::new().await;
    let node = world.bare_node().await;
    let key = Key::make(&node, &json!({"name": "ci", "role": "admin"})).await;
    let token = key.bearer.strip_prefix("Bearer ").unwrap();
    let answer = node.post("/v1/auth/session", &json!({ "token": token })).await;
    assert_eq!(answer.status, 401, "{}", answer.text());
    node.stop().await;
}

#[tokio::test]
async fn a_key_can_look_at_itself_and_sees_its_limits_and_its_use() {
    let world = World::new().await;
    let node = world.node().await;
    let body = json!({"name": "ci", "role": "operator", "limits": [{"meter": "tokens", "window": "day", "amount": 1_000_000}]});
    let key = Key::make(&node, &body).await;
    assert_eq!(key.ask(&node, "gpt-5.5").await.status, 200);
    until("its use is told", async || key.get(&node, "/v1/me").await.json()["usage"]["requests"] == 1).await;
    let me = key.get(&node, "/v1/me").await.json();
    assert_eq!((&me["kind"], &me["name"], &me["role"]), (&json!("key"), &json!("ci"), &json!("operator")));
    assert_eq!((&me["tenant"]["slug"], &me["tenant"]["name"]), (&json!("master"), &json!("Master")));
    let days = me["usage"]["days"].as_array().unwrap();
    assert_eq!((days.len(), &days[13]["requests"]), (14, &json!(1)));
    let tokens = days[13]["tokens"].as_u64().unwrap();
    assert!(tokens > 0 && me["usage"]["tokens"] == tokens);
    until("it is settled", async || {
        let me = key.get(&node, "/v1/me").await.json();
        me["key"]["limits"][0]["used"] == tokens && me["key"]["limits"][0]["reserved"] == 0
    })
    .await;
    let owner = node.get("/v1/me").await.json();
    assert_eq!((&owner["kind"], &owner["role"]), (&json!("token"), &json!("owner")));
    assert!(owner.get("key").is_none() && owner.get("usage").is_none());
    node.app.keys.write_uses().await.unwrap();
    assert!(shown(&node, &key).await["last_used_at"].is_string());
    node.stop().await;
}

#[tokio::test]
async fn a_viewers_key_reads_and_asks_nothing() {
    let world = World::new().await;
    let node = world.node().await;
    let key = Key::make(&node, &json!({"name": "eyes", "role": "viewer"})).await;
    assert_eq!(key.get(&node, "/v1/models").await.status, 200);
    let answer = key.call(&node, "POST", RESPONSES, json!({"model": "gpt-5.5", "input": "hi"})).await;
    assert_eq!(answer.status, 403, "{}", answer.text());
    assert_eq!(answer.json()["error"]["type"], "permission_error");
    node.stop().await;
}
