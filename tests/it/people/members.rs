//! The members of a tenant, their roles, and the wall to the next one.

use super::{Browser, OWNER, PASSWORD, code, id_of, member, owner, token_of};
use crate::support::world::World;
use serde_json::json;

const ADA: &str = "ada@example.com";
const BOB: &str = "bob@example.com";
const EVE: &str = "eve@example.com";
const OTHER: &str = "0193a5b0-7000-7000-8000-0000000000aa";

async fn other_tenant(world: &World) {
    sqlx::query("insert into tenants values ($1::uuid, 'other', 'Other', now())")
        .bind(OTHER)
        .execute(&world.db.pool)
        .await
        .unwrap();
}

#[tokio::test]
async fn each_role_may_what_the_table_says() {
    let world = World::new().await;
    let node = world.bare_node().await;
    let owner = owner(&node).await;
    let admin = member(&owner, &node, ADA, "admin").await;
    let operator = member(&admin, &node, BOB, "operator").await;
    let viewer = member(&admin, &node, EVE, "viewer").await;
    let program = json!({"name": "tools", "command": "/bin/true"});
    for (method, path, body, statuses) in [
        ("GET", "/v1/providers", json!(null), [200, 200, 200, 200]),
        ("POST", "/v1/agents", json!({"agent_key": "?"}), [403, 400, 400, 400]),
        ("GET", "/v1/users", json!(null), [403, 403, 200, 200]),
        ("POST", "/v1/invitations", json!({"kind": "?"}), [403, 403, 400, 400]),
        ("POST", "/v1/mcp/servers", program, [403, 403, 403, 201]),
    ] {
        for (who, status) in [&viewer, &operator, &admin, &owner].into_iter().zip(statuses) {
            let answer = who.ask(method, path, &[], &body).await;
            assert_eq!(answer.status, status, "{method} {path}: {}", answer.text());
        }
    }
    let session = viewer.get("/v1/auth/session").await.json();
    assert_eq!((&session["role"], &session["permissions"]), (&json!("viewer"), &json!(["read"])));
}

#[tokio::test]
async fn a_change_of_a_member_counts_at_once_on_every_replica() {
    let world = World::new().await;
    let (one, two) = (world.bare_node().await, world.bare_node().await);
    let owner = owner(&one).await;
    let ada = member(&owner, &one, ADA, "viewer").await.moved(&two);
    let path = format!("/v1/users/{}", id_of(&owner, ADA).await);
    assert_eq!(ada.get("/v1/users").await.status, 403);
    let changed = owner.put(&path, json!({"role": "admin", "display_name": "Ada L."})).await.json();
    assert_eq!((&changed["role"], &changed["display_name"]), (&json!("admin"), &json!("Ada L.")));
    assert_eq!(ada.get("/v1/users").await.status, 200);
    // The tenant calls them so; they call themselves as they like.
    assert_eq!(ada.get("/v1/auth/session").await.json()["user"]["display_name"], json!(null));

    assert_eq!(owner.put(&path, json!({"disabled": true})).await.json()["disabled"], true);
    assert_eq!(code(&ada.get("/v1/providers").await), (403, "no_access".into()));
    assert_eq!(code(&Browser::new(&two).sign_in(ADA, PASSWORD).await), (403, "no_access".into()));
    assert_eq!(owner.put(&path, json!({"disabled": false})).await.json()["disabled"], false);
    assert_eq!(ada.get("/v1/providers").await.status, 200);

    assert_eq!(owner.delete(&path).await.status, 204);
    assert!(!ada.is_in().await);
    assert_eq!(owner.delete(&path).await.status, 404);
    assert_eq!(Browser::new(&two).sign_in(ADA, PASSWORD).await.status, 401);
}

#[tokio::test]
async fn the_last_owner_is_neither_removed_nor_demoted_nor_disabled() {
    let world = World::new().await;
    let (one, two) = (world.bare_node().await, world.bare_node().await);
    let owner = owner(&one).await;
    let ada = member(&owner, &two, ADA, "owner").await;
    let (mine, adas) = (id_of(&owner, OWNER).await, id_of(&owner, ADA).await);
    let path = |id: &str| format!("/v1/users/{id}");
    assert_eq!(code(&ada.put(&path(&mine), json!({"disabled": true})).await), (409, "owner".into()));
    // Both demote each other at the same time: one of them stays.
    let (mine_path, adas_path) = (path(&mine), path(&adas));
    let (a, b) = tokio::join!(
        owner.put(&adas_path, json!({"role": "admin"})),
        ada.put(&mine_path, json!({"role": "admin"}))
    );
    let statuses = [a.status, b.status];
    assert!(
        statuses.contains(&200) && statuses.iter().any(|status| [403, 409].contains(status)),
        "{statuses:?}"
    );
    let (left, id) = if a.status == 200 { (&owner, &mine) } else { (&ada, &adas) };
    for change in [json!({"role": "admin"}), json!({"role": "viewer", "disabled": true})] {
        assert_eq!(code(&left.put(&path(id), change).await), (409, "last_owner".into()));
    }
    assert_eq!(code(&left.delete(&path(id)).await), (409, "last_owner".into()));
    assert_eq!(left.get("/v1/auth/session").await.json()["role"], "owner");
}

#[tokio::test]
async fn an_admin_gives_no_more_than_they_have_and_touches_nobody_above() {
    let world = World::new().await;
    let node = world.bare_node().await;
    let owner = owner(&node).await;
    let admin = member(&owner, &node, ADA, "admin").await;
    let path = format!("/v1/users/{}", id_of(&owner, OWNER).await);
    for change in [json!({"role": "viewer"}), json!({"disabled": true}), json!({"display_name": "x"})] {
        assert_eq!(admin.put(&path, change).await.status, 403);
    }
    assert_eq!(admin.delete(&path).await.status, 403);
    let mine = format!("/v1/users/{}", id_of(&owner, ADA).await);
    assert_eq!(admin.put(&mine, json!({"role": "owner"})).await.status, 403);
    let invite = json!({"kind": "member", "role": "owner"});
    assert_eq!(admin.post("/v1/invitations", invite).await.status, 403);
}

#[tokio::test]
async fn a_tenant_sees_its_own_people_and_a_user_only_their_tenants() {
    let world = World::new().await;
    let node = world.bare_node().await;
    other_tenant(&world).await;
    let owner = owner(&node).await;
    let there = [("x-gateway-tenant-id", "other")];
    let ada = member(&owner, &node, ADA, "admin").await;
    let bob = member(&owner, &node, BOB, "viewer").await;
    // Bob is an admin of the other tenant, and keeps his password.
    let invite = json!({"kind": "member", "email": BOB, "role": "admin"});
    let invited = owner.ask("POST", "/v1/invitations", &there, &invite).await;
    let token = token_of(&invited);
    let wrong = json!({"token": token, "password": "a wrong password"});
    assert_eq!(
        code(&Browser::new(&node).post("/v1/invitations/accept", wrong).await).1,
        "invalid_credentials"
    );
    let right = json!({"token": token, "password": PASSWORD});
    let accepted = Browser::new(&node).post("/v1/invitations/accept", right).await;
    assert_eq!(accepted.status, 200, "{}", accepted.text());

    let places = bob.get("/v1/auth/session").await.json()["tenants"].clone();
    assert_eq!(places[0]["slug"], "master");
    assert_eq!((&places[1]["slug"], &places[1]["role"]), (&json!("other"), &json!("admin")));
    for asked in ["other", OTHER] {
        let session =
            bob.ask("GET", "/v1/auth/session", &[("x-goclaw-tenant-id", asked)], &json!(null)).await;
        assert_eq!(
            (&session.json()["role"], &session.json()["tenant"]["slug"]),
            (&json!("admin"), &json!("other"))
        );
    }
    assert_eq!(bob.get("/v1/users").await.status, 403, "a viewer of the first one");
    let theirs = bob.ask("GET", "/v1/users", &there, &json!(null)).await.json();
    assert_eq!(theirs["users"].as_array().unwrap().len(), 1, "{theirs}");
    // An owner is one everywhere; nobody else is let in, and a tenant that is not theirs is as one that is not there.
    assert_eq!(owner.ask("GET", "/v1/users", &there, &json!(null)).await.status, 200);
    let denied = ada.ask("GET", "/v1/users", &there, &json!(null)).await;
    let unknown = ada.ask("GET", "/v1/users", &[("x-gateway-tenant-id", "nowhere")], &json!(null)).await;
    assert_eq!(code(&denied), (404, "not_found".into()));
    assert_eq!(denied.json()["error"], unknown.json()["error"]);
    let both = [("x-gateway-tenant-id", "other"), ("x-goclaw-tenant-id", "master")];
    assert_eq!(bob.ask("GET", "/v1/auth/session", &both, &json!(null)).await.status, 404);

    // An admin of the one can't touch a member of the other.
    let adas = format!("/v1/users/{}", id_of(&owner, ADA).await);
    assert_eq!(bob.ask("PUT", &adas, &there, &json!({"role": "viewer"})).await.status, 404);
    assert_eq!(bob.ask("DELETE", &adas, &there, &json!(null)).await.status, 404);
    // Removed here, Bob is still a member there.
    let bobs = format!("/v1/users/{}", id_of(&owner, BOB).await);
    assert_eq!(ada.delete(&bobs).await.status, 204);
    assert_eq!(bob.get("/v1/auth/session").await.json()["tenant"]["slug"], "other");
}
