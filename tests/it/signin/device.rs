//! By device code.

use super::world::{ADA, GRACE, World, code_of, until};
use crate::support::world::owner;
use chrono::TimeDelta;
use gateway::app::logins::{AccountState, LoginOptions, Progress, Started};
use gateway::demo::simulator::{Endpoint, Script};
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn a_code_approved_on_another_device_connects_the_account() {
    let world = World::new().await;
    let gateway = world.running_gateway();
    let begun = gateway.device("openai-codex").await;
    assert_eq!(begun.verification_url, format!("{}/codex/device", world.sim.issuer()));
    assert_eq!(begun.interval_seconds, 1);
    assert!((890..=900).contains(&begun.expires_in), "the issuer's end, which is ours as well");
    let status = gateway.status("openai-codex").await;
    assert_eq!(status.state, AccountState::SignedOut);
    assert_eq!(status.pending.unwrap().progress, Progress::Pending);
    assert!(!world.dump("pending_logins").await.contains("deviceauth_"), "the device's id is sealed");

    world.sim.decide_device(&begun.user_code, Some(ADA)).unwrap();
    // Nobody asks the API when a device sign-in ends; this is how the rest of the gateway hears of it.
    tokio::time::timeout(Duration::from_secs(20), gateway.logins.connected().notified()).await.unwrap();
    assert_eq!(gateway.status("openai-codex").await.state, AccountState::Ready);
    assert_eq!(gateway.progress("openai-codex", begun.login_id).await, Progress::Completed);
    assert_eq!(gateway.status("openai-codex").await.email.as_deref(), Some(ADA));
    assert_eq!(world.account(ADA).counters().sign_ins, 1);
}

#[tokio::test]
async fn a_code_declined_on_the_other_device_fails() {
    let world = World::new().await;
    let gateway = world.running_gateway();
    let begun = gateway.device("openai-codex").await;
    world.sim.decide_device(&begun.user_code, None).unwrap();
    let (gateway, login) = (&gateway, begun.login_id);
    until("it fails", || async move { gateway.progress("openai-codex", login).await != Progress::Pending })
        .await;
    let Progress::Failed { error, .. } = gateway.progress("openai-codex", login).await else { panic!() };
    assert_eq!(error, "the sign-in was declined on the other device");
}

#[tokio::test]
async fn a_code_that_nobody_types_expires() {
    let world = World::new().await;
    let gateway = world.gateway();
    let begun = gateway.device("openai-codex").await;
    world.hand.advance(TimeDelta::minutes(15));
    assert_eq!(code_of(&gateway.progress("openai-codex", begun.login_id).await), "sign_in_expired");
    until("the poller has ended it", || async { world.dump("pending_logins").await.contains("\"expired\"") })
        .await;
    assert!(!world.dump("pending_logins").await.contains("aes-gcm:"), "its secrets are forgotten");
}

#[tokio::test]
async fn a_cancelled_code_connects_nothing() {
    let world = World::new().await;
    let gateway = world.running_gateway();
    let begun = gateway.device("openai-codex").await;
    gateway.logins.cancel(&owner(), "openai-codex", None).await.unwrap();
    world.sim.decide_device(&begun.user_code, Some(ADA)).unwrap();
    // The poller ends by itself, so that nothing is left to stop.
    gateway.logins.expire_logins().await.unwrap();
    gateway.stop().await;
    assert_eq!(world.account(ADA).counters().sign_ins, 0);
    assert_eq!(world.dump("grants").await, "");
}

#[tokio::test]
async fn another_replica_goes_on_polling_when_the_first_has_died() {
    let world = World::new().await;
    let first = world.running_gateway();
    let begun = first.device("openai-codex").await;
    first.stop().await;
    world.sim.decide_device(&begun.user_code, Some(ADA)).unwrap();
    let second = world.running_gateway();
    second.logins.resume().await.unwrap();
    let second = &second;
    until("the account is connected", || async move {
        second.status("openai-codex").await.state == AccountState::Ready
    })
    .await;
}

#[tokio::test]
async fn many_pollers_exchange_an_approved_code_once() {
    let world = World::new().await;
    let gateways = [world.running_gateway(), world.running_gateway(), world.running_gateway()];
    let begun = gateways[0].device("openai-codex").await;
    for gateway in &gateways {
        gateway.logins.resume_device_flows().await.unwrap();
        gateway.logins.resume_device_flows().await.unwrap();
    }
    world.sim.decide_device(&begun.user_code, Some(ADA)).unwrap();
    until("the account is connected", || async { world.grant("openai-codex").await.is_some() }).await;
    for gateway in gateways {
        gateway.stop().await;
    }
    assert_eq!(world.account(ADA).counters().sign_ins, 1);
}

#[tokio::test]
async fn an_approved_code_survives_an_issuer_that_is_down_for_a_moment() {
    let world = World::new().await;
    let gateway = world.running_gateway();
    world.account(ADA).script_on(Endpoint::Token, Script::status(502, json!({"detail": "later"})));
    let begun = gateway.device("openai-codex").await;
    world.sim.decide_device(&begun.user_code, Some(ADA)).unwrap();
    let gateway = &gateway;
    until("the account is connected", || async move {
        gateway.status("openai-codex").await.state == AccountState::Ready
    })
    .await;
}

#[tokio::test]
async fn a_device_sign_in_obeys_the_same_rules_of_identity() {
    let world = World::new().await;
    let gateway = world.running_gateway();
    world.connect(&gateway, "first", ADA).await;
    let begun = gateway.device("second").await;
    world.sim.decide_device(&begun.user_code, Some(ADA)).unwrap();
    let (gateway, login) = (&gateway, begun.login_id);
    until("it fails", || async move { gateway.progress("second", login).await != Progress::Pending }).await;
    assert_eq!(code_of(&gateway.progress("second", login).await), "account_already_connected");
    assert!(world.provider("second").await.is_none());

    let again = gateway.logins.start_device(&owner(), "first", LoginOptions::default()).await.unwrap();
    assert!(matches!(again, Started::AlreadyAuthenticated));
    let begun = gateway.device("second").await;
    world.sim.decide_device(&begun.user_code, Some(GRACE)).unwrap();
    until("the other account is connected", || async move {
        gateway.status("second").await.state == AccountState::Ready
    })
    .await;
}
