//! Signing in with OpenID Connect, at a real issuer (npm's `oidc-provider`, see `tests/e2e/oidc-server.js`).

mod accounts;
mod attacks;
mod issuer;
mod roles;

use super::{Browser, OWNER, PASSWORD, id_of, owner};
use crate::support::world::{Answer, Node, World};
use gateway::config::OidcIssuer;
use gateway::domain::access::Role;
use issuer::Issuer;
use serde_json::{Value, json};

const ADA: &str = "ada@example.com";

/// The gateway as the issuer's confidential client, with a role for two groups.
fn corp(issuer: &Issuer) -> OidcIssuer {
    let roles = [("ops", Role::Operator), ("staff", Role::Viewer), ("root", Role::Owner)];
    OidcIssuer {
        name: "corp".into(),
        display_name: Some("Example Corp".into()),
        issuer: issuer.url.clone(),
        client_id: "gateway".into(),
        client_secret: Some(issuer::SECRET.into()),
        scopes: ["openid", "email", "profile", "groups"].map(Into::into).into(),
        roles: roles.map(|(group, role)| (group.to_owned(), role)).into(),
        ..OidcIssuer::default()
    }
}

/// An issuer, and a gateway with an owner that people sign in to with it.
async fn installation(change: impl FnOnce(&mut OidcIssuer)) -> (Issuer, World, Node, Browser) {
    let issuer = Issuer::start().await;
    let mut settings = corp(&issuer);
    change(&mut settings);
    let world = World::with(|config| config.access.oidc = vec![settings]).await;
    let node = world.bare_node().await;
    issuer.expect_back_at(&format!("{}/v1/auth/oidc/corp/callback", node.app.dashboard_url())).await;
    let owner = owner(&node).await;
    (issuer, world, node, owner)
}

/// Where an answer sends the browser.
fn sent_to(answer: &Answer) -> String {
    assert_eq!(answer.status, 303, "{}", answer.text());
    answer.header("location").unwrap().to_owned()
}

/// The issuer's page that a sign-in begins at.
async fn begin(browser: &Browser) -> String {
    sent_to(&browser.get("/v1/auth/oidc/corp/start?return_to=/keys").await)
}

/// Goes through a sign-in; the page of ours that it leads to.
async fn sign_in(browser: &Browser, issuer: &Issuer) -> String {
    let back = issuer.visit(&begin(browser).await).await;
    sent_to(&browser.get(&back).await)
}

/// Somebody who came in as Ada, with these groups.
async fn ada(node: &Node, issuer: &Issuer, groups: &[&str]) -> Browser {
    issuer
        .next(&json!({"sub": "ada", "email": ADA, "email_verified": true, "name": "Ada", "groups": groups}))
        .await;
    let browser = Browser::new(node);
    assert_eq!(sign_in(&browser, issuer).await, "/keys");
    browser
}

/// The users that the owner sees: address and role.
async fn users(by: &Browser) -> Vec<(String, String)> {
    let users = by.get("/v1/users").await.json();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    users["users"]
        .as_array()
        .unwrap()
        .iter()
        .map(|user| (text(&user["email"]), text(&user["role"])))
        .collect()
}

/// What the audit log has of these actions, the oldest first: action, who, what is there now.
async fn told(by: &Browser, actions: &[&str]) -> Vec<(String, String, Value)> {
    let page = by.get("/v1/activity?limit=100").await.json();
    let entries = page["entries"].as_array().unwrap().iter().rev();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    entries
        .map(|entry| (text(&entry["action"]), text(&entry["actor"]["name"]), entry["after"].clone()))
        .filter(|(action, ..)| actions.contains(&action.as_str()))
        .collect()
}

#[tokio::test]
async fn who_comes_for_the_first_time_gets_an_account_with_the_role_of_their_groups() {
    let (issuer, _world, node, owner) = installation(|_| {}).await;
    let methods = Browser::new(&node).get("/v1/auth/methods").await.json();
    assert_eq!(methods["oidc"], json!([{"name": "corp", "label": "Example Corp"}]));

    let browser = ada(&node, &issuer, &["ops", "staff", "elsewhere"]).await;
    let session = browser.get("/v1/auth/session").await.json();
    assert_eq!((&session["user"]["email"], &session["role"]), (&json!(ADA), &json!("operator")));
    assert_eq!(session["user"]["display_name"], "Ada");
    assert_eq!(session["user"]["has_password"], false);
    let sessions = browser.get("/v1/account/sessions").await.json();
    assert_eq!(sessions["sessions"][0]["method"], "oidc");
    let identities = browser.get("/v1/account/identities").await.json();
    let identity = &identities["identities"][0];
    assert_eq!((&identity["issuer"], &identity["label"]), (&json!("corp"), &json!("Example Corp")));
    assert_eq!((&identity["email"], identity["last_used_at"].is_string()), (&json!(ADA), true));

    // The second time it is the same account, and nothing is new.
    let id = id_of(&owner, ADA).await;
    let before = told(&owner, &["user.create", "user.update"]).await;
    let actors: Vec<_> = before.iter().map(|(action, actor, _)| (action.as_str(), actor.as_str())).collect();
    assert_eq!(actors, [("user.create", ADA), ("user.update", "OpenID Connect: corp")]);
    assert_eq!(before[1].2, json!({"role": "operator"}));
    ada(&node, &issuer, &["ops"]).await;
    assert_eq!((id_of(&owner, ADA).await, told(&owner, &["user.create", "user.update"]).await), (id, before));
    assert_eq!(issuer.asked("/.well-known/openid-configuration").await, 1, "kept");
    node.stop().await;
}

#[tokio::test]
async fn what_the_issuer_says_in_its_userinfo_alone_counts_too_and_a_public_client_needs_no_secret() {
    let public = |issuer: &mut OidcIssuer| {
        issuer.client_id = "public".into();
        issuer.client_secret = None;
    };
    let (issuer, _world, node, owner) = installation(public).await;
    issuer.control(&json!({"claims_in": "userinfo"})).await;
    ada(&node, &issuer, &["ops"]).await;
    assert!(users(&owner).await.contains(&(ADA.into(), "operator".into())));
    assert_eq!(issuer.asked("/me").await, 1);
    node.stop().await;
}

#[tokio::test]
async fn new_keys_of_the_issuer_are_fetched_when_one_signed_and_not_over_and_over() {
    let (issuer, _world, node, _owner) = installation(|_| {}).await;
    ada(&node, &issuer, &["ops"]).await;
    assert_eq!(issuer.asked("/jwks").await, 1);
    issuer.control(&json!({"rotate": true})).await;
    ada(&node, &issuer, &["ops"]).await;
    ada(&node, &issuer, &["ops"]).await;
    assert_eq!(issuer.asked("/jwks").await, 2);
    // Once more so soon: it is not asked again, and nobody comes in.
    issuer.control(&json!({"rotate": true})).await;
    assert_eq!(sign_in(&Browser::new(&node), &issuer).await, "/keys?sign_in_error=issuer_untrusted");
    assert_eq!(issuer.asked("/jwks").await, 2);
    node.stop().await;
}

#[tokio::test]
async fn an_issuer_that_is_down_is_said_on_the_page_and_the_password_still_works() {
    let (mut issuer, _world, node, _owner) = installation(|_| {}).await;
    issuer.next(&json!({"sub": "ada", "email": ADA, "email_verified": true, "groups": ["ops"]})).await;
    let browser = Browser::new(&node);
    let page = begin(&browser).await;
    let back = issuer.visit(&page).await;
    issuer.stop().await;
    // Between the page and the way back, and before anything is known.
    assert_eq!(sent_to(&browser.get(&back).await), "/keys?sign_in_error=issuer_unavailable");
    let (_other, _world, cold, _owner) = installation(|corp| corp.issuer = issuer.url.clone()).await;
    let refused = Browser::new(&cold).get("/v1/auth/oidc/corp/start").await;
    assert_eq!(sent_to(&refused), "/?sign_in_error=issuer_unavailable");
    assert_eq!(Browser::new(&cold).sign_in(OWNER, PASSWORD).await.status, 200);
    node.stop().await;
    cold.stop().await;
}
