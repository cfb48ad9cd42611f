//! The keys of people: worth what their owner is, and nothing once there is none.

use super::{Key, OTHER, add_tenant, shown};
use crate::people::{Browser, OWNER, id_of, member, member_of, owner};
use crate::support::world::{Node, World, until};
use serde_json::{Value, json};

const ADA: &str = "ada@example.com";

/// A key that somebody makes for themselves.
async fn own(by: &Browser, tenant: Option<&str>, role: &str) -> Key {
    let headers: Vec<_> = tenant.iter().map(|slug| ("x-gateway-tenant-id", *slug)).collect();
    let made = by.ask("POST", "/v1/keys", &headers, &json!({"name": "mine", "role": role})).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let made = made.json();
    let text = |member: &str| made[member].as_str().unwrap().to_owned();
    Key { id: text("id"), bearer: format!("Bearer {}", text("key")) }
}

async fn works(key: &Key, node: &Node) -> bool {
    match key.get(node, "/v1/providers").await.status {
        200 => true,
        401 => false,
        other => panic!("{other}"),
    }
}

/// The state and the role that it has now, once the replica has heard.
async fn stands(node: &Node, key: &Key, state: &str, role: &str) {
    let so = async || {
        let key = shown(node, key).await;
        (&key["state"], &key["effective_role"]) == (&json!(state), &json!(role))
    };
    until(&format!("the key is {state} as {role}"), so).await;
}

#[tokio::test]
async fn the_keys_of_somebody_who_is_disabled_work_nowhere_until_they_are_enabled() {
    let world = World::new().await;
    let (one, two) = (world.bare_node().await, world.bare_node().await);
    let owner = owner(&one).await;
    let ada = member(&owner, &one, ADA, "admin").await;
    let path = format!("/v1/users/{}", id_of(&owner, ADA).await);
    let (key, nobodys) =
        (own(&ada, None, "admin").await, Key::make(&one, &json!({"name": "nobody's"})).await);
    until("both know it", async || works(&key, &one).await && works(&key, &two).await).await;

    assert_eq!(owner.put(&path, json!({"disabled": true})).await.status, 200);
    assert!(!works(&key, &one).await, "at once, where it was done");
    until("and everywhere", async || !works(&key, &two).await).await;
    for node in [&one, &two] {
        stands(node, &key, "owner_disabled", "admin").await;
        assert!(works(&nobodys, node).await);
    }
    assert_eq!(shown(&one, &key).await["owner"]["name"], ADA);

    assert_eq!(owner.put(&path, json!({"disabled": false})).await.status, 200);
    assert!(works(&key, &one).await);
    until("and everywhere", async || works(&key, &two).await).await;
    one.stop().await;
    two.stop().await;
}

#[tokio::test]
async fn the_keys_of_somebody_who_is_removed_are_over_and_the_log_says_so() {
    let world = World::new().await;
    let (one, two) = (world.bare_node().await, world.bare_node().await);
    add_tenant(&world).await;
    let owner = owner(&one).await;
    // They stay known elsewhere.
    member_of(&owner, &one, ADA, "viewer", Some("other")).await;
    let invited =
        owner.post("/v1/invitations", json!({"kind": "member", "email": ADA, "role": "admin"})).await;
    let ada = Browser::new(&one);
    let body = json!({"token": crate::people::token_of(&invited), "password": crate::people::PASSWORD});
    assert_eq!(ada.post("/v1/invitations/accept", body).await.status, 200);
    let (here, there) =
        (own(&ada, Some("master"), "operator").await, own(&owner, Some("other"), "viewer").await);
    until("both know them", async || works(&here, &two).await && works(&there, &two).await).await;

    let path = format!("/v1/users/{}", id_of(&owner, ADA).await);
    assert_eq!(owner.delete(&path).await.status, 204);
    assert!(!works(&here, &one).await);
    until("and everywhere", async || !works(&here, &two).await).await;
    assert_eq!(shown(&one, &here).await["state"], "revoked");
    let log = owner.get("/v1/activity?action=key.revoke").await.json();
    let entry = &log["entries"].as_array().or(log["activity"].as_array()).unwrap()[0];
    assert_eq!((&entry["object"]["id"], &entry["actor"]["name"]), (&json!(here.id), &json!(OWNER)), "{log}");
    // Who comes back does not find them working again.
    let invited =
        owner.post("/v1/invitations", json!({"kind": "member", "email": ADA, "role": "admin"})).await;
    let body = json!({"token": crate::people::token_of(&invited), "password": crate::people::PASSWORD});
    assert_eq!(Browser::new(&one).post("/v1/invitations/accept", body).await.status, 200);
    assert!(!works(&here, &one).await && works(&there, &one).await);
    one.stop().await;
    two.stop().await;
}

#[tokio::test]
async fn the_key_of_somebody_who_is_forgotten_works_no_more_and_keeps_their_name() {
    let world = World::new().await;
    let node = world.bare_node().await;
    let owner = owner(&node).await;
    let ada = member(&owner, &node, ADA, "admin").await;
    let key = own(&ada, None, "viewer").await;
    // As when their last tenant goes, and with it all that a tenant could revoke.
    sqlx::query("delete from users where email = $1").bind(ADA).execute(&world.db.pool).await.unwrap();
    until("it works no more", async || !works(&key, &node).await).await;
    let key = shown(&node, &key).await;
    assert_eq!(
        (&key["state"], &key["owner"]),
        (&json!("owner_gone"), &json!({"id": Value::Null, "name": ADA})),
        "{key}"
    );
    node.stop().await;
}

#[tokio::test]
async fn a_key_never_may_more_than_its_owner() {
    let world = World::new().await;
    let (one, two) = (world.bare_node().await, world.bare_node().await);
    let first = owner(&one).await;
    let ada = member(&first, &one, ADA, "owner").await;
    let path = format!("/v1/users/{}", id_of(&first, ADA).await);
    let key = own(&ada, None, "admin").await;
    until("both know it", async || works(&key, &two).await).await;
    for (role, may) in [("admin", 200), ("operator", 403), ("viewer", 403), ("admin", 200)] {
        assert_eq!(first.put(&path, json!({"role": role})).await.status, 200);
        assert_eq!(key.get(&one, "/v1/keys").await.status, may, "as {role}, at once");
        stands(&two, &key, "active", role).await;
        assert_eq!(key.get(&two, "/v1/keys").await.status, may, "as {role}");
        let shown = shown(&one, &key).await;
        assert_eq!((&shown["role"], &shown["effective_role"]), (&json!("admin"), &json!(role)));
        let me = key.get(&one, "/v1/me").await.json();
        assert_eq!((&me["role"], &me["key"]["effective_role"]), (&json!(role), &json!(role)), "{me}");
    }
    one.stop().await;
    two.stop().await;
}

#[tokio::test]
async fn a_key_of_an_owner_works_in_every_tenant_as_long_as_they_are_one() {
    let world = World::new().await;
    let node = world.bare_node().await;
    add_tenant(&world).await;
    let first = owner(&node).await;
    let ada = member(&first, &node, ADA, "owner").await;
    let key = own(&ada, Some("other"), "admin").await;
    assert!(works(&key, &node).await);
    let path = format!("/v1/users/{}", id_of(&first, ADA).await);
    assert_eq!(first.put(&path, json!({"role": "admin"})).await.status, 200);
    assert!(!works(&key, &node).await, "they are nobody in that tenant");
    let there = [("x-gateway-tenant-id", "other")];
    let shown = first.ask("GET", &format!("/v1/keys/{}", key.id), &there, &json!(null)).await.json();
    assert_eq!(shown["state"], "owner_gone", "{shown} {OTHER}");
    node.stop().await;
}

#[tokio::test]
async fn a_key_that_ends_or_may_less_than_its_role_gives_nobody_access() {
    let world = World::new().await;
    let node = world.bare_node().await;
    let owner = owner(&node).await;
    member(&owner, &node, ADA, "viewer").await;
    let user = format!("/v1/users/{}", id_of(&owner, ADA).await);
    let other = Key::make(&node, &json!({"name": "other"})).await;
    for restriction in [
        json!({"expires_at": "2090-01-01T00:00:00Z"}),
        json!({"models": ["gpt-5.5"]}),
        json!({"limits": [{"meter": "requests", "window": "day", "amount": 1000}]}),
    ] {
        let mut body = json!({"name": "bounded", "role": "admin"});
        body.as_object_mut().unwrap().extend(restriction.as_object().unwrap().clone());
        let key = Key::make(&node, &body).await;
        let (mine, others) = (format!("/v1/keys/{}", key.id), format!("/v1/keys/{}", other.id));
        for (method, path, body) in [
            ("POST", "/v1/keys", json!({"name": "child", "role": "admin"})),
            ("PUT", &*mine, json!({"expires_at": null, "models": null, "limits": null})),
            ("POST", &*format!("{others}/revoke"), json!({})),
            ("DELETE", &*others, Value::Null),
            ("POST", "/v1/invitations", json!({"kind": "member", "role": "admin"})),
            ("PUT", &*user, json!({"role": "admin"})),
            ("DELETE", &*user, Value::Null),
        ] {
            let answer = key.call(&node, method, path, body).await;
            assert_eq!(answer.status, 403, "{method} {path} with {restriction}: {}", answer.text());
        }
        assert_eq!(key.get(&node, "/v1/keys").await.status, 200, "it may look");
    }
    let free = Key::make(&node, &json!({"name": "free", "role": "admin"})).await;
    let made = free.call(&node, "POST", "/v1/keys", json!({"name": "child"})).await;
    assert_eq!(made.status, 201, "{}", made.text());
    node.stop().await;
}

#[tokio::test]
async fn a_run_of_a_key_that_is_revoked_asks_nothing_more() {
    use crate::runs::{Desk, text, until_over};
    use gateway::demo::simulator::Script;
    let desk = Desk::new().await;
    let key = Key::make(&desk.node, &json!({"name": "ci"})).await;
    desk.script([Script::calls("", &[("list_files", json!({}))]).held(), text("Never said.")]);
    let body = json!({"message": "hello", "stream": false});
    let asking = key.call(&desk.node, "POST", crate::runs::RUNS, body);
    let revoking = async {
        until("the run is on", async || !desk.running().await.is_empty() && desk.asked().len() == 1).await;
        let path = format!("/v1/keys/{}/revoke", key.id);
        assert_eq!(desk.node.post(&path, &json!({})).await.status, 200);
        desk.world.ada().go_on();
    };
    tokio::join!(asking, revoking);
    let run = until_over(&desk).await;
    assert_eq!(
        (&run["status"], &run["error"]["code"]),
        (&json!("failed"), &json!("invalid_api_key")),
        "{run}"
    );
    assert_eq!(desk.asked().len(), 1);
}
