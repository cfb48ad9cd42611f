//! Restarts, dead processes, and what is left lying about.

use super::world::{ADA, World, code_of, is_listening, open, until};
use crate::support::world::owner;
use chrono::TimeDelta;
use gateway::app::logins::{AccountState, LoginError};

#[tokio::test]
async fn a_restart_in_the_middle_of_a_sign_in_is_not_noticed() {
    let world = World::new().await;
    let first = world.gateway();
    let begun = first.browser("openai-codex").await;
    let redirect = world.agree(&begun.auth_url, ADA);
    first.stop().await;
    let port = world.ports()[0];
    until("the port is closed with the process", || async { !is_listening(port).await }).await;

    let second = world.gateway();
    second.logins.resume().await.unwrap();
    let page = open(&redirect, "127.0.0.1").await;
    assert_eq!(page.status, 200, "{}", page.text);
    assert_eq!(second.status("openai-codex").await.state, AccountState::Ready);
    until("the port is closed", || async { !is_listening(port).await }).await;
}

#[tokio::test]
async fn a_start_without_pending_sign_ins_opens_no_port() {
    let world = World::new().await;
    let gateway = world.gateway();
    world.connect(&gateway, "openai-codex", ADA).await;
    until("the port is closed", || async { !is_listening(world.ports()[0]).await }).await;
    gateway.logins.resume().await.unwrap();
    assert_eq!(gateway.logins.listener().open_port().await, None);
}

#[tokio::test]
async fn an_exchange_that_a_dead_process_left_behind_is_ended() {
    let world = World::new().await;
    let gateway = world.gateway();
    let begun = gateway.browser("openai-codex").await;
    world.sql("update pending_logins set status = 'exchanging'").await;
    world.hand.advance(TimeDelta::minutes(2));
    gateway.logins.expire_logins().await.unwrap();
    assert!(world.dump("pending_logins").await.contains("\"exchanging\""), "it may still be under way");
    world.hand.advance(TimeDelta::minutes(1));
    gateway.logins.expire_logins().await.unwrap();
    assert_eq!(code_of(&gateway.progress("openai-codex", begun.login_id).await), "sign_in_interrupted");
}

#[tokio::test]
async fn the_table_holds_no_secret_in_the_open_and_none_at_all_in_the_end() {
    let world = World::new().await;
    let gateway = world.gateway();
    let begun = gateway.browser("openai-codex").await;
    let pending = world.dump("pending_logins").await;
    let sealed = pending.matches("aes-gcm:").count();
    assert_eq!(sealed, 1, "{pending}");

    let redirect = world.agree(&begun.auth_url, ADA);
    gateway.logins.callback(&owner(), "openai-codex", &redirect).await.unwrap();
    let done = world.dump("pending_logins").await;
    assert!(!done.contains("aes-gcm:") && !done.contains("ac_"), "{done}");
    // A JWT has this in its middle; a sealed text, which is plain base64, never does.
    for token in ["rt_", ".eyJ"] {
        assert!(!world.dump("grants").await.contains(token));
    }
}

#[tokio::test]
async fn a_verifier_that_was_moved_from_another_row_does_not_open() {
    let world = World::new().await;
    let gateway = world.gateway();
    let first = gateway.browser("first").await;
    let second = gateway.browser("second").await;
    world
        .sql("update pending_logins set verifier = (select verifier from pending_logins where provider_name = 'first')")
        .await;
    let redirect = world.agree(&second.auth_url, ADA);
    let error = gateway.logins.callback(&owner(), "second", &redirect).await.unwrap_err();
    assert!(matches!(error, LoginError::Vault(_)), "{error}");
    assert_eq!(code_of(&gateway.progress("second", second.login_id).await), "internal");
    assert!(gateway.status("first").await.pending.is_some_and(|it| it.login_id == first.login_id));
}
