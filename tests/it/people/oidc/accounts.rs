//! Who an issuer's person is here: never somebody else by their address.

use super::issuer::Issuer;
use super::{ADA, ada, installation, sent_to, sign_in, told, users};
use crate::people::{Browser, PASSWORD, code, member};
use serde_json::json;

/// Links the identity of this subject to the account of who is signed in.
pub async fn link(browser: &Browser, issuer: &Issuer, subject: &str, password: &str) {
    issuer.next(&json!({"sub": subject, "email": "at-the-issuer@example.com", "groups": []})).await;
    let begun = browser.post("/v1/account/identities", json!({"issuer": "corp", "password": password})).await;
    assert_eq!(begun.status, 200, "{}", begun.text());
    let back = issuer.visit(begun.json()["url"].as_str().unwrap()).await;
    assert_eq!(sent_to(&browser.get(&back).await), "/account");
}

#[tokio::test]
async fn an_address_that_has_an_account_opens_it_only_after_its_owner_linked_it() {
    let (issuer, _world, node, owner) = installation(|_| {}).await;
    let person = member(&owner, &node, ADA, "viewer").await;
    let claims = json!({"sub": "ada", "email": "Ada@Example.com", "email_verified": true, "groups": ["ops"]});
    issuer.next(&claims).await;
    let stranger = Browser::new(&node);
    assert_eq!(sign_in(&stranger, &issuer).await, "/keys?sign_in_error=email_taken");
    assert!(!stranger.is_in().await);

    // Another way in is for who shows that they are the owner.
    let without =
        person.post("/v1/account/identities", json!({"issuer": "corp", "password": "a guess"})).await;
    assert_eq!(code(&without), (400, "wrong_password".into()));
    let nowhere =
        person.post("/v1/account/identities", json!({"issuer": "none", "password": PASSWORD})).await;
    assert_eq!(code(&nowhere), (404, "unknown_issuer".into()));
    link(&person, &issuer, "ada", PASSWORD).await;
    issuer.next(&claims).await;
    assert_eq!(sign_in(&stranger, &issuer).await, "/keys");
    let session = stranger.get("/v1/auth/session").await.json();
    assert_eq!((&session["user"]["email"], &session["role"]), (&json!(ADA), &json!("viewer")));
    let actions: Vec<_> = told(&owner, &["user.link", "user.create"]).await;
    assert_eq!(actions.len(), 1);
    assert_eq!((actions[0].0.as_str(), actions[0].1.as_str()), ("user.link", ADA));

    // It is theirs alone; and it can be taken away, as there is a password.
    let begun = owner.post("/v1/account/identities", json!({"issuer": "corp", "password": PASSWORD})).await;
    let back = issuer.visit(begun.json()["url"].as_str().unwrap()).await;
    assert_eq!(sent_to(&owner.get(&back).await), "/account?sign_in_error=identity_taken");
    let identities = person.get("/v1/account/identities").await.json();
    let path = format!("/v1/account/identities/{}", identities["identities"][0]["id"].as_str().unwrap());
    assert_eq!(owner.delete(&path).await.status, 404);
    assert_eq!(person.delete(&path).await.status, 204);
    assert_eq!(person.delete(&path).await.status, 404);
    assert_eq!(sign_in(&Browser::new(&node), &issuer).await, "/keys?sign_in_error=email_taken");
    assert_eq!(told(&owner, &["user.unlink"]).await.len(), 1);
    node.stop().await;
}

#[tokio::test]
async fn an_address_that_is_not_verified_makes_no_account() {
    let (issuer, _world, node, owner) = installation(|_| {}).await;
    for claims in [
        json!({"sub": "eve", "email": ADA, "groups": ["ops"]}),
        json!({"sub": "eve", "email": ADA, "email_verified": false, "groups": ["ops"]}),
        json!({"sub": "eve", "email": "no address", "email_verified": true, "groups": ["ops"]}),
        json!({"sub": "eve", "groups": ["ops"]}),
    ] {
        issuer.next(&claims).await;
        let said = sign_in(&Browser::new(&node), &issuer).await;
        assert_eq!(said, "/keys?sign_in_error=email_unverified", "{claims}");
    }
    assert_eq!(users(&owner).await.len(), 1);
    node.stop().await;
}

#[tokio::test]
async fn who_comes_by_an_issuer_alone_neither_loses_that_way_nor_gets_round_it() {
    let (issuer, _world, node, _owner) = installation(|_| {}).await;
    let browser = ada(&node, &issuer, &["ops"]).await;
    let identities = browser.get("/v1/account/identities").await.json();
    let path = format!("/v1/account/identities/{}", identities["identities"][0]["id"].as_str().unwrap());
    assert_eq!(code(&browser.delete(&path).await), (409, "last_way".into()));
    // A password would let them in whatever the issuer says of them.
    let body = json!({"new": PASSWORD});
    assert_eq!(code(&browser.post("/v1/account/password", body).await), (403, "managed".into()));
    assert_eq!(browser.get("/v1/auth/session").await.json()["user"]["is_managed"], true);
    node.stop().await;
}

#[tokio::test]
async fn a_link_that_was_begun_ends_with_the_session() {
    let (issuer, world, node, owner) = installation(|_| {}).await;
    issuer.next(&json!({"sub": "ada", "email": ADA, "email_verified": true, "groups": ["ops"]})).await;
    let begun = owner.post("/v1/account/identities", json!({"issuer": "corp", "password": PASSWORD})).await;
    let back = issuer.visit(begun.json()["url"].as_str().unwrap()).await;
    assert_eq!(owner.delete("/v1/auth/session").await.status, 204);
    assert_eq!(sent_to(&owner.get(&back).await), "/?sign_in_error=sign_in_expired");
    let linked: i64 =
        sqlx::query_scalar("select count(*) from user_identities").fetch_one(&world.db.pool).await.unwrap();
    assert_eq!(linked, 0);
    node.stop().await;
}
