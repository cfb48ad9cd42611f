//! The whole life of a sign-in against the simulated OpenAI, which knows nothing of our code.

use super::{World, reason, unavailable_until, until};
use crate::support::world::owner;
use chrono::TimeDelta;
use gateway::app::tokens::Tokens;
use gateway::demo::simulator::{AccountSpec, RedirectPorts, Simulator, SimulatorSpec};
use gateway::domain::ids::{MASTER_TENANT, ProviderId};
use gateway::domain::oauth::{self, Pkce};
use gateway::domain::token::ReauthReason;
use gateway::upstream::http_client;
use gateway::upstream::openai_auth::{DevicePoll, OpenAiAuth, OpenAiAuthConfig, TokenSet};
use std::time::Duration;
use url::Url;

const EMAIL: &str = "anna@example.com";

async fn simulator() -> (Simulator, OpenAiAuth) {
    let mut account = AccountSpec::new(EMAIL);
    // Four minutes: past half of it the token is due.
    account.access_token_ttl = Duration::from_mins(4);
    let mut spec = SimulatorSpec::new(vec![account]);
    spec.redirect_ports = RedirectPorts::Any;
    let simulator = Simulator::start(spec).await.unwrap();
    let config = OpenAiAuthConfig::new(simulator.issuer().parse().unwrap());
    (simulator, OpenAiAuth::new(http_client::build(Duration::from_secs(10)).unwrap(), config))
}

/// A sign-in in a browser that is not there.
async fn browser_sign_in(simulator: &Simulator, auth: &OpenAiAuth) -> TokenSet {
    let (pkce, state) = (Pkce::from_random(&[7; 64]), oauth::state_parameter(&[9; 32]));
    let redirect = "http://localhost:1455/auth/callback";
    let url = auth.authorize_url(redirect, &pkce.challenge, &state, false).unwrap();
    let back: Url = simulator.authorize(url.as_str(), Some(EMAIL)).unwrap().parse().unwrap();
    let value = |name: &str| back.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned();
    assert_eq!(value("state"), state);
    auth.exchange_code(&value("code").into(), redirect, &pkce.verifier).await.unwrap()
}

async fn adopt(world: &World, auth: &OpenAiAuth, set: &TokenSet) -> (Tokens, ProviderId) {
    let provider = world.provider(MASTER_TENANT, "anna").await;
    let tokens = world.gateway_with(world.pool().await, auth.clone());
    let mut connection = world.db.pool.acquire().await.unwrap();
    let adopted = tokens.adopt(&mut connection, MASTER_TENANT, provider, set).await.unwrap();
    assert_eq!(adopted.identity.email.as_deref(), Some(EMAIL));
    tokens.invalidate(provider).await.unwrap();
    (tokens, provider)
}

#[tokio::test]
async fn a_browser_sign_in_is_renewed_until_its_session_is_revoked() {
    // The simulator's tokens carry the real time.
    let world = World::now().await;
    let (simulator, auth) = simulator().await;
    let set = browser_sign_in(&simulator, &auth).await;
    let (tokens, provider) = adopt(&world, &auth, &set).await;
    let mut version = tokens.get(MASTER_TENANT, provider).await.unwrap().version;
    for _ in 0..3 {
        let next = tokens.force_refresh(MASTER_TENANT, provider, version).await.unwrap();
        assert!(next.version > version);
        version = next.version;
    }
    simulator.account(EMAIL).expire_refresh_tokens();
    let error = tokens.force_refresh(MASTER_TENANT, provider, version).await.unwrap_err();
    assert!(matches!(reason(&error), ReauthReason::Refused { .. }), "{error}");
}

#[tokio::test]
async fn a_refresh_token_that_someone_else_used_ends_the_sign_in() {
    let world = World::now().await;
    let (simulator, auth) = simulator().await;
    let set = browser_sign_in(&simulator, &auth).await;
    let (tokens, provider) = adopt(&world, &auth, &set).await;
    let reason_of_theirs = gateway::upstream::openai_auth::RefreshReason::Scheduled;
    auth.refresh(set.refresh_token.as_ref().unwrap(), reason_of_theirs).await.unwrap();

    world.hand.advance(TimeDelta::minutes(5));
    let error = tokens.get(MASTER_TENANT, provider).await.unwrap_err();
    assert_eq!(reason(&error), ReauthReason::Refused { code: "refresh_token_reused".into() });
}

#[tokio::test]
async fn a_device_sign_in_ends_in_the_same_place() {
    let world = World::now().await;
    let (simulator, auth) = simulator().await;
    let device = auth.device_start().await.unwrap();
    let poll = auth.device_poll(&device.device_auth_id, &device.user_code).await.unwrap();
    assert!(matches!(poll, DevicePoll::Pending));
    simulator.decide_device(&device.user_code, Some(EMAIL)).unwrap();
    let poll = auth.device_poll(&device.device_auth_id, &device.user_code).await.unwrap();
    let DevicePoll::Approved { code, verifier } = poll else { panic!("{poll:?}") };
    let set = auth.exchange_device_code(&code, &verifier).await.unwrap();
    let (tokens, provider) = adopt(&world, &auth, &set).await;
    tokens.get(MASTER_TENANT, provider).await.unwrap();

    // Signed out here, its refresh token is dead there.
    assert!(tokens.forget(&owner(), provider).await.unwrap());
    let token = set.refresh_token.unwrap();
    let why = gateway::upstream::openai_auth::RefreshReason::Scheduled;
    until("revoked", async || auth.refresh(&token, why).await.is_err()).await;
}

#[tokio::test]
async fn a_stopped_issuer_is_an_outage() {
    let world = World::now().await;
    let (simulator, auth) = simulator().await;
    let set = browser_sign_in(&simulator, &auth).await;
    let (tokens, provider) = adopt(&world, &auth, &set).await;
    simulator.shutdown().await;
    world.hand.advance(TimeDelta::minutes(3));
    tokens.get(MASTER_TENANT, provider).await.unwrap();
    world.hand.advance(TimeDelta::minutes(2));
    unavailable_until(&tokens.get(MASTER_TENANT, provider).await.unwrap_err());
}
