//! Groups give roles, and take them.

use super::issuer::Issuer;
use super::{ADA, accounts, ada, corp, installation, sign_in, told, users};
use crate::people::{Browser, OWNER, PASSWORD, code, id_of, member, owner};
use crate::support::world::World;
use gateway::config::OidcIssuer;
use gateway::domain::access::Role;
use serde_json::json;

#[tokio::test]
async fn who_is_in_no_group_of_ours_is_refused_and_leaves_no_trace() {
    let (issuer, world, node, owner) = installation(|_| {}).await;
    for groups in [json!(["elsewhere"]), json!([]), json!(null)] {
        issuer.next(&json!({"sub": "ada", "email": ADA, "email_verified": true, "groups": groups})).await;
        let browser = Browser::new(&node);
        assert_eq!(sign_in(&browser, &issuer).await, "/keys?sign_in_error=no_role", "{groups}");
        assert!(!browser.is_in().await);
    }
    assert_eq!(users(&owner).await.len(), 1);
    let left: i64 =
        sqlx::query_scalar("select count(*) from user_identities").fetch_one(&world.db.pool).await.unwrap();
    assert_eq!(left, 0);
    node.stop().await;
}

#[tokio::test]
async fn a_role_follows_the_groups_at_every_sign_in_and_goes_with_the_last() {
    let (issuer, _world, node, owner) = installation(|_| {}).await;
    let first = ada(&node, &issuer, &["ops"]).await;
    // An admin's change holds until the issuer says otherwise.
    let path = format!("/v1/users/{}", id_of(&owner, ADA).await);
    assert_eq!(owner.put(&path, json!({"role": "admin"})).await.status, 200);
    ada(&node, &issuer, &["staff"]).await;
    assert_eq!(first.get("/v1/auth/session").await.json()["role"], "viewer", "also where they were before");

    issuer.next(&json!({"sub": "ada", "email": ADA, "email_verified": true, "groups": ["elsewhere"]})).await;
    assert_eq!(sign_in(&Browser::new(&node), &issuer).await, "/keys?sign_in_error=no_role");
    assert!(!first.is_in().await, "the sessions are over");
    assert_eq!(users(&owner).await.len(), 1);
    let told: Vec<_> = told(&owner, &["user.create", "user.update", "user.remove"]).await;
    let actions: Vec<_> =
        told.iter().map(|(action, actor, after)| (action.as_str(), actor.as_str(), after)).collect();
    let by = "OpenID Connect: corp";
    assert_eq!(actions[1], ("user.update", by, &json!({"role": "operator"})));
    assert_eq!(actions[3], ("user.update", by, &json!({"role": "viewer"})));
    assert_eq!((actions[4].0, actions[4].1, actions.len()), ("user.remove", by, 5));
    node.stop().await;
}

#[tokio::test]
async fn what_people_gave_no_group_changes() {
    let (issuer, _world, node, owner) = installation(|_| {}).await;
    let browser = member(&owner, &node, ADA, "admin").await;
    accounts::link(&browser, &issuer, "ada", PASSWORD).await;
    for groups in [json!(["staff"]), json!([])] {
        issuer
            .next(
                &json!({"sub": "ada", "email": "new@example.com", "email_verified": true, "groups": groups}),
            )
            .await;
        assert_eq!(sign_in(&Browser::new(&node), &issuer).await, "/keys", "{groups}");
        assert!(users(&owner).await.contains(&(ADA.into(), "admin".into())));
    }
    node.stop().await;
}

#[tokio::test]
async fn an_owner_by_a_group_is_one_no_more_without_it_unless_nobody_else_is() {
    let (issuer, world, node, _owner) = installation(|_| {}).await;
    let browser = ada(&node, &issuer, &["root"]).await;
    assert_eq!(browser.get("/v1/auth/session").await.json()["role"], "owner");
    ada(&node, &issuer, &["staff"]).await;
    assert_eq!(browser.get("/v1/auth/session").await.json()["role"], "viewer");

    ada(&node, &issuer, &["root"]).await;
    // The other owner goes.
    let sql = "update users set is_owner = false where email = $1";
    sqlx::query(sql).bind(OWNER).execute(&world.db.pool).await.unwrap();
    let last = ada(&node, &issuer, &[]).await;
    assert_eq!(last.get("/v1/auth/session").await.json()["role"], "owner");
    node.stop().await;
}

#[tokio::test]
async fn who_is_disabled_stays_out_whatever_their_groups_are() {
    let (issuer, _world, node, owner) = installation(|_| {}).await;
    let browser = ada(&node, &issuer, &["staff"]).await;
    let path = format!("/v1/users/{}", id_of(&owner, ADA).await);
    assert_eq!(owner.put(&path, json!({"disabled": true})).await.status, 200);
    assert_eq!(code(&browser.get("/v1/auth/session").await), (403, "no_access".into()));
    for groups in [json!(["root"]), json!([])] {
        issuer.next(&json!({"sub": "ada", "email": ADA, "email_verified": true, "groups": groups})).await;
        assert_eq!(sign_in(&Browser::new(&node), &issuer).await, "/keys?sign_in_error=disabled", "{groups}");
    }
    assert!(users(&owner).await.contains(&(ADA.into(), "viewer".into())), "as they were");
    assert_eq!(owner.put(&path, json!({"disabled": false})).await.status, 200);
    ada(&node, &issuer, &["staff"]).await;
    node.stop().await;
}

#[tokio::test]
async fn an_issuer_of_another_tenant_gives_roles_there_and_everybody_may_have_one() {
    let issuer = Issuer::start().await;
    let settings =
        OidcIssuer { tenant: Some("other".into()), default_role: Some(Role::Viewer), ..corp(&issuer) };
    let world = World::with(|config| config.access.oidc = vec![settings]).await;
    let node = world.bare_node().await;
    issuer.expect_back_at(&format!("{}/v1/auth/oidc/corp/callback", node.app.dashboard_url())).await;
    let owner = owner(&node).await;
    issuer.next(&json!({"sub": "ada", "email": ADA, "email_verified": true})).await;
    // It does not exist yet.
    assert_eq!(sign_in(&Browser::new(&node), &issuer).await, "/keys?sign_in_error=unknown_issuer");
    let made = owner.post("/v1/tenants", json!({"slug": "other", "name": "Other"})).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let browser = ada(&node, &issuer, &[]).await;
    let session = browser.get("/v1/auth/session").await.json();
    assert_eq!((&session["role"], &session["tenant"]["slug"]), (&json!("viewer"), &json!("other")));
    assert_eq!(users(&owner).await.len(), 1, "nobody in the first tenant");
    node.stop().await;
}
