//! One-time codes and recovery codes.

use super::{Browser, OWNER, PASSWORD, code, member, owner};
use crate::support::world::World;
use gateway::app::boot;
use serde_json::{Value, json};
use totp_rs::{Builder, Secret};

/// The code of an authenticator app, so many steps from now.
fn app_code(secret: &str, steps: i64) -> String {
    let app = Builder::new().with_secret(Secret::try_from_base32(secret).unwrap()).build_noncompliant();
    let now = gateway::app::clock::Clock::system().now().timestamp();
    app.generate(u64::try_from(now + 30 * steps).unwrap()).to_string()
}

/// Puts one-time codes in force: the app's secret and the recovery codes.
async fn begun(browser: &Browser) -> (String, Vec<String>) {
    let setup = browser.post("/v1/account/totp", json!({})).await.json();
    let secret = setup["secret"].as_str().unwrap().to_owned();
    let url = setup["otpauth_url"].as_str().unwrap();
    assert!(url.starts_with("otpauth://totp/") && url.contains(&secret), "{url}");
    // The step before now: the next codes are still to come.
    let confirmed = browser.post("/v1/account/totp/confirm", json!({"code": app_code(&secret, -1)})).await;
    assert_eq!(confirmed.status, 200, "{}", confirmed.text());
    let codes: Vec<String> = serde_json::from_value(confirmed.json()["recovery_codes"].clone()).unwrap();
    assert_eq!(codes.len(), 10);
    (secret, codes)
}

fn with_code(code: &str) -> Value {
    json!({"email": OWNER, "password": PASSWORD, "totp": code})
}

#[tokio::test]
async fn a_one_time_code_is_asked_for_and_taken_once_over_all_replicas() {
    let world = World::new().await;
    let (one, two) = (world.bare_node().await, world.bare_node().await);
    let owner = owner(&one).await;
    let (secret, _) = begun(&owner).await;
    assert_eq!(owner.get("/v1/auth/session").await.json()["user"]["has_totp"], true);

    let browser = Browser::new(&one);
    assert_eq!(code(&browser.sign_in(OWNER, PASSWORD).await), (401, "totp_required".into()));
    assert_eq!(code(&browser.sign_in(OWNER, "a wrong password").await).1, "invalid_credentials");
    let wrong = browser.post("/v1/auth/sign-in", with_code("000000")).await;
    assert_eq!(code(&wrong), (401, "invalid_credentials".into()));
    assert!(!browser.is_in().await);

    let right = app_code(&secret, 0);
    let browsers = [Browser::new(&one), Browser::new(&two), Browser::new(&one), Browser::new(&two)];
    let tried = browsers.iter().map(|browser| browser.post("/v1/auth/sign-in", with_code(&right)));
    let statuses: Vec<u16> =
        futures_util::future::join_all(tried).await.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    // Nor is one of an earlier step, even though it would be right.
    let earlier = Browser::new(&two).post("/v1/auth/sign-in", with_code(&app_code(&secret, -1))).await;
    assert_eq!(earlier.status, 401);
}

#[tokio::test]
async fn a_recovery_code_works_once() {
    let world = World::new().await;
    let node = world.bare_node().await;
    let owner = owner(&node).await;
    let (_, codes) = begun(&owner).await;
    let try_with =
        async |code: &str| Browser::new(&node).post("/v1/auth/sign-in", with_code(code)).await.status;
    assert_eq!(try_with(&codes[0].to_uppercase()).await, 200);
    assert_eq!(try_with(&codes[0]).await, 401);
    assert_eq!(try_with(&codes[1]).await, 200);
    assert_eq!(try_with("aaaa-aaaa-aaaa-aaaa").await, 401);
    let stored: Vec<u8> = sqlx::query_scalar("select digest from recovery_codes limit 1")
        .fetch_one(&world.db.pool)
        .await
        .unwrap();
    assert_eq!(stored.len(), 32);
}

#[tokio::test]
async fn one_time_codes_are_confirmed_before_they_count_and_ended_only_by_their_owner() {
    let world = World::new().await;
    let node = world.bare_node().await;
    let owner = owner(&node).await;
    let confirm = async |code: &str| owner.post("/v1/account/totp/confirm", json!({ "code": code })).await;
    assert_eq!(code(&confirm("123456").await), (409, "no_totp".into()));
    owner.post("/v1/account/totp", json!({})).await;
    assert_eq!(code(&confirm("000000").await), (400, "wrong_code".into()));
    // Begun and not confirmed: nobody is locked out.
    assert_eq!(Browser::new(&node).sign_in(OWNER, PASSWORD).await.status, 200);
    let (secret, codes) = begun(&owner).await;
    assert_eq!(code(&owner.post("/v1/account/totp", json!({})).await), (409, "totp_active".into()));

    let end = async |body: Value| owner.ask("DELETE", "/v1/account/totp", &[], &body).await;
    assert_eq!(code(&end(json!({})).await), (400, "wrong_password".into()));
    assert_eq!(code(&end(json!({"password": "a wrong password"})).await).1, "wrong_password");
    assert_eq!(code(&end(json!({"code": "000000"})).await).1, "wrong_code");
    assert_eq!(end(json!({"code": app_code(&secret, 0)})).await.status, 204);
    assert_eq!(code(&end(json!({"code": codes[0]})).await), (409, "no_totp".into()));
    assert_eq!(Browser::new(&node).sign_in(OWNER, PASSWORD).await.status, 200);
    begun(&owner).await;
    assert_eq!(end(json!({"password": PASSWORD})).await.status, 204);
}

#[tokio::test]
async fn the_secret_of_the_codes_is_sealed_and_survives_a_rotation_of_the_key() {
    let world = World::new().await;
    let node = world.bare_node().await;
    let owner = owner(&node).await;
    let (secret, _) = begun(&owner).await;
    let stored = async || -> String {
        sqlx::query_scalar("select totp_secret from users").fetch_one(&world.db.pool).await.unwrap()
    };
    let before = stored().await;
    assert!(before.starts_with("aes-gcm:") && !before.contains(&secret));
    let source = boot::key_source(&node.app.config.load());
    let key = "6b".repeat(32).into();
    gateway::app::vault::rotation::rotate(&node.app.db, &node.app.clock, &source, Some(&key)).await.unwrap();
    assert_ne!(stored().await, before);
    let rotated = world
        .node_with(|config| {
            config.encryption_key = Some("6b".repeat(32).into());
        })
        .await;
    let answer = Browser::new(&rotated).post("/v1/auth/sign-in", with_code(&app_code(&secret, 0))).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

#[tokio::test]
async fn guesses_at_a_code_or_a_password_are_counted_for_who_is_signed_in_too() {
    let world = World::with(|config| config.access.sign_in_attempts = 3).await;
    let node = world.bare_node().await;
    let owner = owner(&node).await;
    let ada = member(&owner, &node, "ada@example.com", "viewer").await;
    for _ in 0..3 {
        let body = json!({"current": "a wrong password", "new": "another password"});
        assert_eq!(ada.post("/v1/account/password", body).await.status, 400);
    }
    let right = json!({"current": PASSWORD, "new": "another password"});
    assert_eq!(ada.post("/v1/account/password", right).await.status, 429);
}

#[tokio::test]
async fn people_choose_what_they_are_called() {
    let world = World::new().await;
    let node = world.bare_node().await;
    let owner = owner(&node).await;
    let rename = async |name: &str| owner.put("/v1/account", json!({ "display_name": name })).await.status;
    assert_eq!(rename(" The Owner ").await, 204);
    assert_eq!(owner.get("/v1/auth/session").await.json()["user"]["display_name"], "The Owner");
    assert_eq!(rename("two\nlines").await, 400);
    assert_eq!(rename("").await, 204);
    assert_eq!(owner.get("/v1/auth/session").await.json()["user"]["display_name"], Value::Null);
}

#[tokio::test]
async fn what_people_change_about_themselves_is_in_the_audit_log_under_their_name() {
    let world = World::new().await;
    let node = world.bare_node().await;
    let owner = owner(&node).await;
    assert_eq!(owner.put("/v1/account", json!({"display_name": "Ada"})).await.status, 204);
    let (secret, _) = begun(&owner).await;
    let ended = json!({"code": app_code(&secret, 0)});
    assert_eq!(owner.ask("DELETE", "/v1/account/totp", &[], &ended).await.status, 204);
    let change = json!({"current": PASSWORD, "new": "another correct horse"});
    assert_eq!(owner.post("/v1/account/password", change).await.status, 204);
    let log = owner.get("/v1/activity").await;
    let entries = log.json()["entries"].as_array().unwrap().clone();
    let actions: Vec<&str> = entries.iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    let expected =
        ["user.set_password", "user.disable_totp", "user.enable_totp", "user.rename", "invitation.accept"];
    assert_eq!(actions, expected);
    for entry in &entries {
        assert_eq!((&entry["actor"]["kind"], &entry["actor"]["name"]), (&json!("user"), &json!(OWNER)));
        assert_eq!(entry["actor"]["address"], super::HOME);
    }
    for secret in [PASSWORD, "another correct horse", &secret] {
        assert!(!log.text().contains(secret), "{secret}");
    }
}
