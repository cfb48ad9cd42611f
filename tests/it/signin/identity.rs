//! Whose account it is.

use super::world::{ADA, GRACE, World, force};
use crate::support::world::owner;
use gateway::app::logins::{AccountState, LoginError};
use gateway::domain::access::Actor;
use gateway::domain::ids::MASTER_TENANT;

#[tokio::test]
async fn an_account_that_is_connected_under_another_name_is_recognised_and_nothing_is_stored() {
    let world = World::new().await;
    let gateway = world.gateway();
    world.connect(&gateway, "first", ADA).await;
    let before = world.grant("first").await.unwrap();

    let begun = gateway.browser_with("second", force()).await.unwrap();
    let redirect = world.agree(&begun.auth_url, ADA);
    let error = gateway.logins.callback(&owner(), "second", &redirect).await.unwrap_err();
    assert_eq!(error.code(), "account_already_connected");
    assert_eq!(error.to_string(), format!("this ChatGPT account ({ADA}) is already connected as \"first\""));
    assert!(world.provider("second").await.is_none());
    assert_eq!(world.grant("first").await.unwrap(), before);
    assert_eq!(world.account(ADA).counters().revocations, 0, "the dropped tokens may share the session");
    let id = world.provider("first").await.unwrap().id;
    let token = gateway.tokens.get(MASTER_TENANT, id).await.unwrap();
    gateway.tokens.force_refresh(MASTER_TENANT, id, token.version).await.unwrap();
}

#[tokio::test]
async fn signing_in_again_with_the_same_account_keeps_the_provider_and_everything_on_it() {
    let world = World::new().await;
    let gateway = world.gateway();
    world.connect(&gateway, "openai-codex", ADA).await;
    world.sql("update providers set settings = '{\"mine\": 1}', enabled = false").await;
    world
        .sql(
            "insert into pools (owner_id, tenant_id, strategy, affinity, created_at, updated_at)
             select id, tenant_id, 'round_robin', 'request', now(), now() from providers",
        )
        .await;
    let (provider, grant) =
        (world.provider("openai-codex").await.unwrap(), world.grant("openai-codex").await.unwrap());

    let begun = gateway.browser_with("openai-codex", force()).await.unwrap();
    let redirect = world.agree(&begun.auth_url, ADA);
    let connected = gateway.logins.callback(&owner(), "openai-codex", &redirect).await.unwrap();
    assert_eq!(connected.replaced, None);
    assert_eq!(world.provider("openai-codex").await.unwrap(), provider);
    let renewed = world.grant("openai-codex").await.unwrap();
    assert!(renewed.version > grant.version && renewed.refresh_token != grant.refresh_token);
}

#[tokio::test]
async fn another_account_takes_a_providers_place_only_by_force_and_that_is_said() {
    let world = World::new().await;
    let gateway = world.gateway();
    world.connect(&gateway, "openai-codex", ADA).await;
    let before = world.grant("openai-codex").await.unwrap();

    // Signed out by the issuer, so that no force is needed to start.
    world.sql("update grants set state = 'needs_reauth', state_reason = 'refresh_token_expired'").await;
    let begun = gateway.browser("openai-codex").await;
    let redirect = world.agree(&begun.auth_url, GRACE);
    let error = gateway.logins.callback(&owner(), "openai-codex", &redirect).await.unwrap_err();
    assert_eq!(error.code(), "account_mismatch");
    assert!(error.to_string().contains(ADA) && error.to_string().contains(GRACE), "{error}");
    let kept = world.grant("openai-codex").await.unwrap();
    assert_eq!((kept.version, kept.account_id), (before.version, before.account_id));

    let begun = gateway.browser_with("openai-codex", force()).await.unwrap();
    let redirect = world.agree(&begun.auth_url, GRACE);
    let connected = gateway.logins.callback(&owner(), "openai-codex", &redirect).await.unwrap();
    assert_eq!(connected.replaced.as_deref(), Some(ADA));
    assert_eq!(gateway.status("openai-codex").await.email.as_deref(), Some(GRACE));
    world.connect(&gateway, "ada", ADA).await;
}

#[tokio::test]
async fn two_names_for_one_account_at_the_same_moment_end_with_one() {
    let world = World::new().await;
    let (one, two) = (world.gateway(), world.gateway());
    let (first, second) = (one.browser("first").await, two.browser("second").await);
    let (a, b) = (world.agree(&first.auth_url, ADA), world.agree(&second.auth_url, ADA));
    let owner = owner();
    let (a, b) =
        tokio::join!(one.logins.callback(&owner, "first", &a), two.logins.callback(&owner, "second", &b));
    assert_eq!(usize::from(a.is_ok()) + usize::from(b.is_ok()), 1, "{a:?} {b:?}");
    let error = a.err().or(b.err()).unwrap();
    assert!(matches!(error, LoginError::AlreadyConnected { .. }), "{error}");
}

#[tokio::test]
async fn signing_out_forgets_the_tokens_and_keeps_the_provider() {
    let world = World::new().await;
    let gateway = world.gateway();
    world.connect(&gateway, "openai-codex", ADA).await;
    let provider = world.provider("openai-codex").await.unwrap();
    gateway.logins.logout(&owner(), "openai-codex").await.unwrap();
    assert_eq!(world.dump("grants").await, "");
    assert_eq!(world.provider("openai-codex").await.unwrap(), provider);
    assert_eq!(gateway.status("openai-codex").await.state, AccountState::SignedOut);
    assert!(gateway.tokens.get(MASTER_TENANT, provider.id).await.is_err());
    gateway.logins.logout(&owner(), "openai-codex").await.unwrap();
    super::world::until("the issuer heard of it", || async {
        world.account(ADA).counters().revocations == 1
    })
    .await;

    let missing = gateway.logins.logout(&owner(), "nobody").await.unwrap_err();
    assert_eq!(missing.code(), "provider_not_found");
    // Any account may sign in where none is.
    world.connect(&gateway, "openai-codex", GRACE).await;
}

#[tokio::test]
async fn another_tenant_neither_sees_nor_finishes_a_sign_in() {
    let world = World::new().await;
    let gateway = world.gateway();
    let other = world.add_tenant().await;
    let begun = gateway.browser("openai-codex").await;
    let redirect = world.agree(&begun.auth_url, ADA);
    assert!(gateway.logins.status(other, "openai-codex").await.unwrap().pending.is_none());
    assert_eq!(
        gateway.logins.cancel(&Actor::gateway(other), "openai-codex", Some(begun.login_id)).await.unwrap(),
        0
    );
    let error = gateway.logins.callback(&Actor::gateway(other), "openai-codex", &redirect).await.unwrap_err();
    assert!(matches!(error, LoginError::NoPendingFlow), "{error}");
    gateway.logins.callback(&owner(), "openai-codex", &redirect).await.unwrap();
    let status = gateway.logins.status(other, "openai-codex").await.unwrap();
    assert_eq!((status.state, status.provider_name), (AccountState::SignedOut, None));
    assert_eq!(
        gateway.logins.logout(&Actor::gateway(other), "openai-codex").await.unwrap_err().code(),
        "provider_not_found"
    );
}
