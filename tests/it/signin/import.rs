//! From the official client's auth.json.

use super::world::{ADA, GRACE, World, force};
use crate::support::world::owner;
use gateway::app::logins::{AccountState, LoginOptions};
use gateway::domain::ids::MASTER_TENANT;
use serde_json::json;

#[tokio::test]
async fn an_auth_json_of_today_and_one_of_yesterday_connect_their_accounts() {
    let world = World::new().await;
    let gateway = world.gateway();
    let today = world.account(ADA).auth_json();
    let options = LoginOptions { display_name: Some("Imported".into()), ..LoginOptions::default() };
    let connected = gateway.logins.import(&owner(), "today", &today, options).await.unwrap();
    assert_eq!((connected.provider_name.as_str(), connected.email.as_deref()), ("today", Some(ADA)));
    assert_eq!(world.provider("today").await.unwrap().display_name.as_deref(), Some("Imported"));

    let tokens = world.account(GRACE).mint_tokens();
    let yesterday = json!({
        "OPENAI_API_KEY": null,
        "tokens": {"id_token": tokens.id_token, "access_token": tokens.access_token, "refresh_token": tokens.refresh_token},
        "last_refresh": "2025-06-01T10:00:00Z"
    });
    gateway.logins.import(&owner(), "yesterday", &yesterday, LoginOptions::default()).await.unwrap();
    let status = gateway.status("yesterday").await;
    assert_eq!((status.state, status.email.as_deref()), (AccountState::Ready, Some(GRACE)));
    assert_eq!(world.account(GRACE).counters().refresh_attempts, 0, "the tokens are not tried");

    let id = world.provider("yesterday").await.unwrap().id;
    let token = gateway.tokens.get(MASTER_TENANT, id).await.unwrap();
    gateway.tokens.force_refresh(MASTER_TENANT, id, token.version).await.unwrap();
}

#[tokio::test]
async fn an_import_obeys_the_rules_of_names_and_identity() {
    let world = World::new().await;
    let gateway = world.gateway();
    world.connect(&gateway, "first", ADA).await;
    world.add_provider("groq", "groq").await;
    let import = |name: &'static str, email: &str, options: LoginOptions| {
        let (logins, file) = (gateway.logins.clone(), world.account(email).auth_json());
        async move { logins.import(&owner(), name, &file, options).await }
    };
    let error = |outcome: Result<_, gateway::app::logins::LoginError>| outcome.unwrap_err().code().to_owned();
    assert_eq!(error(import("second", ADA, LoginOptions::default()).await), "account_already_connected");
    assert_eq!(error(import("first", GRACE, LoginOptions::default()).await), "account_mismatch");
    assert_eq!(error(import("groq", GRACE, LoginOptions::default()).await), "provider_type_conflict");
    assert_eq!(error(import("No Slug", GRACE, LoginOptions::default()).await), "invalid_name");
    assert!(import("first", ADA, LoginOptions::default()).await.unwrap().replaced.is_none());
    assert_eq!(import("first", GRACE, force()).await.unwrap().replaced.as_deref(), Some(ADA));
}

#[tokio::test]
async fn what_is_not_a_sign_in_of_this_issuer_is_refused_and_never_echoed() {
    let world = World::new().await;
    let gateway = world.gateway();
    let mut foreign = world.account(ADA).auth_json();
    foreign["tokens"]["oauth_provenance"]["issuer"] = json!("https://auth.example.org");
    let opaque = json!({"tokens": {"access_token": "at-opaque-secret", "refresh_token": "rt_opaque-secret"}});
    let key = json!({"auth_mode": "apikey", "OPENAI_API_KEY": "sk-secret"});
    for (file, code) in [
        (foreign, "foreign_auth_json"),
        (opaque, "unidentified_account"),
        (key, "invalid_auth_json"),
        (json!("secret"), "invalid_auth_json"),
    ] {
        let error = gateway.logins.import(&owner(), "p", &file, LoginOptions::default()).await.unwrap_err();
        assert_eq!(error.code(), code, "{error}");
        assert!(
            !error.to_string().contains("secret") && !format!("{error:?}").contains("secret"),
            "{error:?}"
        );
    }
    assert!(world.provider("p").await.is_none());
}
