//! The token manager on a real Postgres, against an issuer whose refresh tokens rotate.

mod issuer;
mod sign_in_server;
mod simulated;

use crate::support::database::{TestDb, database};
use crate::support::world::owner;
use chrono::{DateTime, TimeDelta, Utc};
use gateway::app::clock::{Clock, ManualClock};
use gateway::app::tokens::{AccessToken, AdoptError, TokenError, Tokens, TokensDeps};
use gateway::app::vault::{EncryptionKey, KeyRing, Vault};
use gateway::domain::access::Actor;
use gateway::domain::ids::{MASTER_TENANT, ProviderId, TenantId};
use gateway::domain::token::{Grant, ReauthReason};
use gateway::store::db::{Db, PoolSettings, is_lock_timeout};
use gateway::store::grants::OnLocked;
use gateway::store::{grants, providers};
use gateway::upstream::openai_auth::OpenAiAuth;
use issuer::{Instead, Issuer, LIFETIME};
use secrecy::ExposeSecret;
use serde_json::json;
use std::fmt::Write as _;
use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

/// One database, one issuer, and as many gateways as a test wants.
struct World {
    db: TestDb,
    clock: Clock,
    hand: ManualClock,
    vault: Vault,
    issuer: Issuer,
}

impl World {
    async fn new() -> Self {
        Self::at(DateTime::from_timestamp(1_800_000_000, 0).unwrap()).await
    }

    /// For tokens that carry the real time.
    async fn now() -> Self {
        Self::at(Clock::system().now()).await
    }

    async fn at(start: DateTime<Utc>) -> Self {
        let (clock, hand) = Clock::manual(start);
        let ring = KeyRing { primary: EncryptionKey::generate(), others: Vec::new() };
        Self {
            db: database().await,
            clock,
            issuer: Issuer::start(hand.clone()).await,
            hand,
            vault: Vault::new(ring),
        }
    }

    /// A pool like that of another process.
    async fn pool(&self) -> Db {
        let options = sqlx::postgres::PgConnectOptions::from_str(&self.db.url).unwrap();
        Db::connect(options, PoolSettings::default()).await.unwrap()
    }

    fn gateway_with(&self, db: Db, auth: OpenAiAuth) -> Tokens {
        Tokens::new(TokensDeps {
            db,
            vault: self.vault.clone(),
            clock: self.clock.clone(),
            auth,
            tracker: TaskTracker::new(),
        })
    }

    /// A gateway that has just started.
    async fn gateway(&self) -> Tokens {
        let tokens = self.gateway_with(self.pool().await, self.issuer.auth());
        tokens.load().await.unwrap();
        tokens
    }

    async fn provider(&self, tenant: TenantId, name: &str) -> ProviderId {
        let mut connection = self.db.pool.acquire().await.unwrap();
        let new = providers::NewProvider {
            id: ProviderId(self.clock.new_id()),
            name: name.to_owned(),
            display_name: None,
            provider_type: "chatgpt_oauth".to_owned(),
            api_base: None,
            api_key: None,
            enabled: true,
            settings: json!({}),
        };
        providers::insert(&mut connection, tenant, &new, self.clock.now()).await.unwrap().id
    }

    /// A provider with a fresh sign-in of `account`.
    async fn signed_in(&self, account: &str) -> ProviderId {
        let provider = self.provider(MASTER_TENANT, account).await;
        self.sign_in(provider, account).await;
        provider
    }

    async fn sign_in(&self, provider: ProviderId, account: &str) {
        let tokens = self.gateway_with(self.db.db.clone(), self.issuer.auth());
        let mut connection = self.db.pool.acquire().await.unwrap();
        let set = self.issuer.sign_in(account);
        tokens.adopt(&mut connection, MASTER_TENANT, provider, &set).await.unwrap();
    }

    async fn row(&self, provider: ProviderId) -> grants::GrantRow {
        let mut connection = self.db.pool.acquire().await.unwrap();
        grants::get(&mut connection, MASTER_TENANT, provider).await.unwrap().unwrap()
    }

    async fn intent(&self, provider: ProviderId) -> Option<grants::RefreshIntent> {
        let mut connection = self.db.pool.acquire().await.unwrap();
        grants::intent(&mut connection, MASTER_TENANT, provider).await.unwrap()
    }

    fn token_ends(&self) {
        self.hand.advance(LIFETIME + TimeDelta::seconds(1));
    }

    /// To the last minutes of a fresh token, where it is refreshed but still good.
    fn token_ages(&self) {
        self.hand.advance(LIFETIME - TimeDelta::minutes(4));
    }
}

/// Polls until it holds.
async fn until<F: AsyncFnMut() -> bool>(what: &str, mut holds: F) {
    for _ in 0..1000 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("never: {what}");
}

fn text(token: &AccessToken) -> &str {
    token.token.expose_secret()
}

fn unavailable_until(error: &TokenError) -> DateTime<Utc> {
    match error {
        TokenError::Unavailable { retry_at, .. } => *retry_at,
        other => panic!("{other:?}"),
    }
}

fn reason(error: &TokenError) -> ReauthReason {
    match error {
        TokenError::NeedsReauth { reason, .. } => reason.clone(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_callers_over_two_gateways_cause_exactly_one_refresh() {
    let world = World::new().await;
    let provider = world.signed_in("anna").await;
    let gateways = [world.gateway().await, world.gateway().await];
    world.token_ends();

    let mut callers = tokio::task::JoinSet::new();
    for caller in 0..50 {
        let tokens = gateways[caller % 2].clone();
        callers.spawn(async move { tokens.get(MASTER_TENANT, provider).await });
    }
    let answers = callers.join_all().await;

    let first = answers[0].as_ref().unwrap();
    assert!(answers.iter().all(|answer| text(answer.as_ref().unwrap()) == text(first)));
    assert_eq!(world.issuer.refreshes().len(), 1);
    assert_eq!(world.issuer.refreshes()[0]["refresh_reason"], "proactive_expiry");
    assert_eq!(world.intent(provider).await, None);
    assert_eq!(world.row(provider).await.plan_type.as_deref(), Some("pro"), "the newer plan is taken in");
}

#[tokio::test]
async fn a_fresh_token_needs_no_database() {
    let world = World::new().await;
    let provider = world.signed_in("anna").await;
    let pool = world.pool().await;
    let tokens = world.gateway_with(pool.clone(), world.issuer.auth());
    tokens.load().await.unwrap();
    pool.close().await;

    let token = tokens.get(MASTER_TENANT, provider).await.unwrap();
    assert_eq!(token.account_id, "acc-anna");
    assert_eq!(token.expires_at, world.clock.now() + LIFETIME);
    assert!(world.issuer.refreshes().is_empty());
}

#[tokio::test]
async fn a_token_near_its_end_is_served_and_renewed_behind_the_answer() {
    let world = World::new().await;
    let provider = world.signed_in("anna").await;
    let tokens = world.gateway().await;
    let old = tokens.get(MASTER_TENANT, provider).await.unwrap();
    world.token_ages();
    world.issuer.next(Instead::HoldAnswer);

    for _ in 0..10 {
        let served = tokens.get(MASTER_TENANT, provider).await.unwrap();
        assert_eq!(served.version, old.version, "nobody waits while the old token is good");
    }
    world.issuer.holding().await;
    world.issuer.release();
    until("the new token is served", async || {
        tokens.get(MASTER_TENANT, provider).await.unwrap().version > old.version
    })
    .await;
    assert_eq!(world.issuer.refreshes().len(), 1);
}

#[tokio::test]
async fn an_outage_keeps_the_sign_in_serves_what_is_good_and_does_not_hammer() {
    let world = World::new().await;
    let provider = world.signed_in("anna").await;
    let tokens = world.gateway().await;
    world.token_ages();
    for _ in 0..3 {
        world.issuer.next(Instead::Answer(503, json!({"error": {"code": "server_error"}})));
    }

    tokens.get(MASTER_TENANT, provider).await.unwrap();
    until("the failed attempt", async || world.issuer.refreshes().len() == 1).await;
    until("its end", async || tokens.refresh_due().await.unwrap() == 0).await;
    for _ in 0..20 {
        tokens.get(MASTER_TENANT, provider).await.unwrap();
        tokens.refresh_due().await.unwrap();
    }
    assert_eq!(world.issuer.refreshes().len(), 1, "a pause follows a failure");

    world.hand.advance(TimeDelta::minutes(5));
    let error = tokens.get(MASTER_TENANT, provider).await.unwrap_err();
    let pause_ends = unavailable_until(&error);
    for _ in 0..20 {
        let again = tokens.get(MASTER_TENANT, provider).await.unwrap_err();
        assert_eq!(unavailable_until(&again), pause_ends);
    }
    assert_eq!(world.issuer.refreshes().len(), 2);
    assert!(matches!(world.row(provider).await.grant(), Grant::Valid { .. }));

    // A third failure, then the issuer is back.
    world.hand.advance(TimeDelta::minutes(1));
    tokens.get(MASTER_TENANT, provider).await.unwrap_err();
    world.hand.advance(TimeDelta::minutes(1));
    tokens.get(MASTER_TENANT, provider).await.unwrap();
    assert_eq!(world.issuer.refreshes().len(), 4);
    assert_eq!(world.intent(provider).await, None);
}

#[tokio::test]
async fn an_issuer_that_cannot_be_reached_leaves_no_intent_behind() {
    let world = World::new().await;
    let provider = world.signed_in("anna").await;
    let nowhere = "http://127.0.0.1:9".parse().unwrap();
    let config = gateway::upstream::openai_auth::OpenAiAuthConfig::new(nowhere);
    let auth =
        OpenAiAuth::new(gateway::upstream::http_client::build(Duration::from_secs(10)).unwrap(), config);
    let tokens = world.gateway_with(world.pool().await, auth);
    tokens.load().await.unwrap();
    world.token_ends();

    let error = tokens.get(MASTER_TENANT, provider).await.unwrap_err();
    unavailable_until(&error);
    assert_eq!(world.intent(provider).await, None);
    // Another gateway, which does reach it, is not held up.
    world.gateway().await.get(MASTER_TENANT, provider).await.unwrap();
}

#[tokio::test]
async fn a_refused_refresh_token_needs_its_owner_everywhere_and_is_never_sent_again() {
    let world = World::new().await;
    let provider = world.signed_in("anna").await;
    let (here, there) = (world.gateway().await, world.gateway().await);
    world.token_ends();
    world.issuer.next(Instead::Answer(401, json!({"error": {"code": "refresh_token_reused"}})));

    let expected = ReauthReason::Refused { code: "refresh_token_reused".into() };
    let error = here.get(MASTER_TENANT, provider).await.unwrap_err();
    assert_eq!(reason(&error), expected);
    there.load().await.unwrap();
    for tokens in [&here, &there, &world.gateway().await] {
        assert_eq!(reason(&tokens.get(MASTER_TENANT, provider).await.unwrap_err()), expected);
        assert_eq!(tokens.refresh_due().await.unwrap(), 0);
        let version = world.row(provider).await.version;
        assert_eq!(
            reason(&tokens.force_refresh(MASTER_TENANT, provider, version).await.unwrap_err()),
            expected
        );
    }
    assert_eq!(world.issuer.refreshes().len(), 1);

    // Its owner comes back.
    world.sign_in(provider, "anna").await;
    here.invalidate(provider).await.unwrap();
    there.load().await.unwrap();
    here.get(MASTER_TENANT, provider).await.unwrap();
    there.get(MASTER_TENANT, provider).await.unwrap();
}

/// Runs a gateway of its own that dies, as by `kill -9`, while the issuer has spent its refresh token.
fn crash_during_exchange(world: &World, provider: ProviderId) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    world.issuer.next(Instead::HoldAnswer);
    let (url, issuer) = (world.db.url.clone(), world.issuer.clone());
    let (vault, clock) = (world.vault.clone(), world.clock.clone());
    std::thread::spawn(move || {
        runtime.block_on(async {
            let options = sqlx::postgres::PgConnectOptions::from_str(&url).unwrap();
            let db = Db::connect(options, PoolSettings::default()).await.unwrap();
            let tracker = TaskTracker::new();
            let tokens = Tokens::new(TokensDeps { db, vault, clock, auth: issuer.auth(), tracker });
            tokens.load().await.unwrap();
            tokio::select! {
                _ = tokens.get(MASTER_TENANT, provider) => panic!("the answer was not held"),
                () = issuer.holding() => {}
            }
        });
        // Every task ends where it stands; every connection is cut.
        runtime.shutdown_background();
    })
    .join()
    .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_that_dies_between_exchange_and_commit_is_recovered_by_one_careful_retry() {
    let world = World::new().await;
    let provider = world.signed_in("anna").await;
    world.token_ends();
    crash_during_exchange(&world, provider);
    assert!(world.intent(provider).await.is_some(), "the intent outlives the process");

    let tokens = world.gateway().await;
    let mut waits = unavailable_until(&tokens.get(MASTER_TENANT, provider).await.unwrap_err());
    assert!(waits > world.clock.now(), "the dead one could still be waiting for its answer");
    assert_eq!(world.issuer.refreshes().len(), 1);

    world.hand.advance(waits - world.clock.now());
    world.issuer.next(Instead::TolerateReuse);
    let token = tokens.get(MASTER_TENANT, provider).await.unwrap();
    waits = world.clock.now();
    assert!(token.expires_at > waits);
    assert_eq!(world.issuer.refreshes().len(), 2);
    assert_eq!(world.intent(provider).await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_spent_token_after_a_crash_needs_its_owner_and_the_reason_says_why() {
    let world = World::new().await;
    let provider = world.signed_in("anna").await;
    world.token_ends();
    crash_during_exchange(&world, provider);
    world.hand.advance(TimeDelta::minutes(1));

    let tokens = world.gateway().await;
    let error = tokens.get(MASTER_TENANT, provider).await.unwrap_err();
    assert_eq!(reason(&error), ReauthReason::Interrupted { code: "refresh_token_reused".into() });
    assert!(error.to_string().contains("interrupted"), "{error}");
    for _ in 0..5 {
        tokens.get(MASTER_TENANT, provider).await.unwrap_err();
    }
    assert_eq!(world.issuer.refreshes().len(), 2, "one retry, no more");
}

#[tokio::test]
async fn a_lost_answer_keeps_the_sign_in_and_its_intent() {
    let world = World::new().await;
    let provider = world.signed_in("anna").await;
    let auth = world.issuer.auth().with_exchange_timeout(Duration::from_millis(200));
    let tokens = world.gateway_with(world.pool().await, auth);
    tokens.load().await.unwrap();
    world.token_ends();
    world.issuer.next(Instead::HoldAnswer);

    let retry_at = unavailable_until(&tokens.get(MASTER_TENANT, provider).await.unwrap_err());
    assert!(matches!(world.row(provider).await.grant(), Grant::Valid { .. }));
    assert!(world.intent(provider).await.is_some());

    world.hand.advance(retry_at - world.clock.now());
    let error = tokens.get(MASTER_TENANT, provider).await.unwrap_err();
    assert_eq!(reason(&error), ReauthReason::Interrupted { code: "refresh_token_reused".into() });
    assert_eq!(world.issuer.refreshes().len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_hangs_up_does_not_cut_a_refresh_off() {
    let world = World::new().await;
    let provider = world.signed_in("anna").await;
    let tokens = world.gateway().await;
    let before = world.row(provider).await.version;
    world.token_ends();
    world.issuer.next(Instead::HoldAnswer);

    {
        let mut client = Box::pin(tokens.get(MASTER_TENANT, provider));
        tokio::select! {
            _ = &mut client => panic!("the answer was not held"),
            () = world.issuer.holding() => {}
        }
    }
    world.issuer.release();
    until("the tokens are stored", async || world.row(provider).await.version > before).await;
    tokens.get(MASTER_TENANT, provider).await.unwrap();
    assert_eq!(world.issuer.refreshes().len(), 1);
}

#[tokio::test]
async fn new_tokens_survive_a_database_connection_that_breaks_before_the_commit() {
    let world = World::new().await;
    let provider = world.signed_in("anna").await;
    let tokens = world.gateway().await;
    world.token_ends();
    world.issuer.next(Instead::HoldAnswer);

    let (token, ()) = tokio::join!(tokens.get(MASTER_TENANT, provider), async {
        world.issuer.holding().await;
        sqlx::query(
            "select pg_terminate_backend(pid) from pg_stat_activity
             where datname = current_database() and pid <> pg_backend_pid()",
        )
        .execute(&mut world.db.db.owner().await.unwrap())
        .await
        .unwrap();
        world.issuer.release();
    });
    assert!(token.unwrap().expires_at > world.clock.now());
    assert_eq!(world.issuer.refreshes().len(), 1);
    assert_eq!(world.intent(provider).await, None);
    world.gateway().await.get(MASTER_TENANT, provider).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_401s_of_one_token_cause_one_forced_refresh() {
    let world = World::new().await;
    let provider = world.signed_in("anna").await;
    let gateways = [world.gateway().await, world.gateway().await];
    let seen = gateways[0].get(MASTER_TENANT, provider).await.unwrap().version;

    let mut callers = tokio::task::JoinSet::new();
    for caller in 0..20 {
        let tokens = gateways[caller % 2].clone();
        callers.spawn(async move { tokens.force_refresh(MASTER_TENANT, provider, seen).await });
    }
    for answer in callers.join_all().await {
        assert!(answer.unwrap().version > seen);
    }
    assert_eq!(world.issuer.refreshes().len(), 1);
    assert_eq!(world.issuer.refreshes()[0]["refresh_reason"], "unauthorized_recovery");
}

#[tokio::test]
async fn a_forced_refresh_that_fails_does_not_hand_the_refused_token_out_again() {
    let world = World::new().await;
    let provider = world.signed_in("anna").await;
    let tokens = world.gateway().await;
    let seen = tokens.get(MASTER_TENANT, provider).await.unwrap().version;
    world.issuer.next(Instead::Answer(502, json!({})));
    unavailable_until(&tokens.force_refresh(MASTER_TENANT, provider, seen).await.unwrap_err());
    // The pause ends with a newer sign-in, not before its time.
    unavailable_until(&tokens.force_refresh(MASTER_TENANT, provider, seen).await.unwrap_err());
    world.sign_in(provider, "anna").await;
    tokens.invalidate(provider).await.unwrap();
    assert!(tokens.force_refresh(MASTER_TENANT, provider, seen).await.unwrap().version > seen);
    assert_eq!(world.issuer.refreshes().len(), 1);
}

#[tokio::test]
async fn a_late_verdict_about_an_old_token_does_not_hit_its_successor() {
    let world = World::new().await;
    let provider = world.signed_in("anna").await;
    let tokens = world.gateway().await;
    let old = tokens.get(MASTER_TENANT, provider).await.unwrap().version;
    let new = tokens.force_refresh(MASTER_TENANT, provider, old).await.unwrap().version;
    let rejected = ReauthReason::Rejected { code: "token_invalidated".into() };

    let late = tokens.mark_needs_reauth(MASTER_TENANT, provider, old, rejected.clone()).await.unwrap();
    assert!(!late);
    tokens.get(MASTER_TENANT, provider).await.unwrap();

    assert!(tokens.mark_needs_reauth(MASTER_TENANT, provider, new, rejected.clone()).await.unwrap());
    assert_eq!(reason(&tokens.get(MASTER_TENANT, provider).await.unwrap_err()), rejected);
    assert!(matches!(
        tokens.state(MASTER_TENANT, provider),
        Some(Grant::NeedsReauth { reason, .. }) if reason == rejected
    ));
}

#[tokio::test]
async fn what_a_refresh_does_not_bring_stays_as_it_was() {
    let world = World::new().await;
    let provider = world.signed_in("anna").await;
    let tokens = world.gateway().await;
    let before = world.row(provider).await;
    world.token_ends();
    world.issuer.next(Instead::Without(&["id_token", "refresh_token"]));
    tokens.get(MASTER_TENANT, provider).await.unwrap();
    let after = world.row(provider).await;
    assert_eq!((&after.id_token, &after.refresh_token), (&before.id_token, &before.refresh_token));
    assert_ne!(after.access_token, before.access_token);

    // Without an access token the new refresh token is kept, and the old access token is not passed off as new.
    world.token_ends();
    world.issuer.next(Instead::Without(&["id_token", "access_token"]));
    let retry_at = unavailable_until(&tokens.get(MASTER_TENANT, provider).await.unwrap_err());
    assert_ne!(world.row(provider).await.refresh_token, after.refresh_token);
    world.hand.advance(retry_at - world.clock.now());
    tokens.get(MASTER_TENANT, provider).await.unwrap();
}

#[tokio::test]
async fn the_same_account_under_a_second_name_is_recognised() {
    let world = World::new().await;
    world.signed_in("anna").await;
    let second = world.provider(MASTER_TENANT, "second").await;
    let tokens = world.gateway().await;
    let mut transaction = world.db.pool.begin().await.unwrap();
    let set = world.issuer.sign_in("anna");
    let error = tokens.adopt(&mut transaction, MASTER_TENANT, second, &set).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        r#"this ChatGPT account (anna@example.com) is already connected as "anna""#
    );
    // The caller's transaction still works, and another account fits.
    let other = world.issuer.sign_in("bob");
    let adopted = tokens.adopt(&mut transaction, MASTER_TENANT, second, &other).await.unwrap();
    transaction.commit().await.unwrap();
    tokens.invalidate(second).await.unwrap();
    assert_eq!(adopted.identity.account_id, "acc-bob");
    assert_eq!(adopted.expires_at, world.clock.now() + LIFETIME);
    assert_eq!(tokens.get(MASTER_TENANT, second).await.unwrap().version, adopted.version);
}

#[tokio::test]
async fn a_sign_in_without_a_refresh_token_or_an_account_is_refused() {
    let world = World::new().await;
    let provider = world.provider(MASTER_TENANT, "anna").await;
    let tokens = world.gateway().await;
    let mut connection = world.db.pool.acquire().await.unwrap();
    let mut set = world.issuer.sign_in("anna");
    set.refresh_token = None;
    let error = tokens.adopt(&mut connection, MASTER_TENANT, provider, &set).await.unwrap_err();
    assert!(matches!(error, AdoptError::MissingToken("refresh")));
    let mut set = world.issuer.sign_in("anna");
    (set.id_token, set.access_token) = (None, Some("opaque".into()));
    let error = tokens.adopt(&mut connection, MASTER_TENANT, provider, &set).await.unwrap_err();
    assert!(matches!(error, AdoptError::MissingClaim(_)));
}

#[tokio::test]
async fn tenants_see_nothing_of_each_other() {
    let world = World::new().await;
    let ours = world.signed_in("anna").await;
    let other = TenantId(world.clock.new_id());
    sqlx::query("insert into tenants (id, slug, name, created_at) values ($1, 'other', 'Other', now())")
        .bind(other.0)
        .execute(&world.db.pool)
        .await
        .unwrap();
    let theirs = world.provider(other, "anna").await;
    let tokens = world.gateway().await;
    // The same account may be signed in by two tenants.
    let mut connection = world.db.pool.acquire().await.unwrap();
    let set = world.issuer.sign_in("anna");
    tokens.adopt(&mut connection, other, theirs, &set).await.unwrap();
    tokens.load().await.unwrap();

    tokens.get(other, theirs).await.unwrap();
    assert_eq!(tokens.get(other, ours).await.unwrap_err(), TokenError::SignedOut);
    assert_eq!(tokens.state(other, ours), None);
    assert!(!tokens.forget(&Actor::gateway(other), ours).await.unwrap());
    let version = world.row(ours).await.version;
    let rejected = ReauthReason::Rejected { code: "x".into() };
    assert!(!tokens.mark_needs_reauth(other, ours, version, rejected).await.unwrap());
    assert_eq!(tokens.force_refresh(other, ours, version).await.unwrap_err(), TokenError::SignedOut);
    tokens.get(MASTER_TENANT, ours).await.unwrap();
}

#[tokio::test]
async fn signing_out_forgets_everywhere_and_revokes_at_the_issuer() {
    let world = World::new().await;
    let provider = world.signed_in("anna").await;
    let (here, there) = (world.gateway().await, world.gateway().await);
    let before = here.get(MASTER_TENANT, provider).await.unwrap().version;

    assert!(here.forget(&owner(), provider).await.unwrap());
    assert!(!here.forget(&owner(), provider).await.unwrap());
    there.load().await.unwrap();
    for tokens in [&here, &there] {
        assert_eq!(tokens.get(MASTER_TENANT, provider).await.unwrap_err(), TokenError::SignedOut);
        assert_eq!(tokens.state(MASTER_TENANT, provider), None);
    }
    until("the revocation", async || world.issuer.revoked().len() == 1).await;
    assert_eq!(world.issuer.revoked()[0]["token"], "rt-anna-0-secret");
    assert_eq!(world.issuer.revoked()[0]["token_type_hint"], "refresh_token");

    // A version from before cannot be taken for the next sign-in's.
    world.sign_in(provider, "anna").await;
    here.invalidate(provider).await.unwrap();
    assert!(here.get(MASTER_TENANT, provider).await.unwrap().version >= before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_background_pass_renews_what_is_due_and_nothing_else() {
    let world = World::new().await;
    let mut old = Vec::new();
    for n in 0..6 {
        old.push(world.signed_in(&format!("old-{n}")).await);
    }
    world.hand.advance(LIFETIME / 2);
    let young = world.signed_in("young").await;
    let first = world.gateway().await;
    assert_eq!(first.refresh_due().await.unwrap(), 0, "a start refreshes nothing that has life left");

    world.hand.advance(LIFETIME / 2 - TimeDelta::minutes(4));
    let second = world.gateway().await;
    let (a, b) = tokio::join!(first.refresh_due(), second.refresh_due());
    assert!(a.unwrap() + b.unwrap() >= 6);
    assert_eq!(world.issuer.refreshes().len(), 6);
    first.load().await.unwrap();
    assert_eq!(first.refresh_due().await.unwrap(), 0);
    let young = first.get(MASTER_TENANT, young).await.unwrap();
    assert!(text(&young).len() > 20);
    assert_eq!(world.issuer.refreshes().len(), 6);
    for provider in old {
        assert!(
            first.get(MASTER_TENANT, provider).await.unwrap().expires_at > world.clock.now() + LIFETIME / 2
        );
    }
}

#[tokio::test]
async fn a_row_that_does_not_open_stops_nobody_else() {
    let world = World::new().await;
    let (good, bad) = (world.signed_in("good").await, world.signed_in("bad").await);
    // A ciphertext that was copied from another row.
    sqlx::query(
        "update grants set access_token = (select access_token from grants where provider_id = $1)
         where provider_id = $2",
    )
    .bind(good.0)
    .bind(bad.0)
    .execute(&world.db.pool)
    .await
    .unwrap();
    let tokens = world.gateway().await;
    tokens.get(MASTER_TENANT, good).await.unwrap();
    assert_eq!(reason(&tokens.get(MASTER_TENANT, bad).await.unwrap_err()), ReauthReason::Unreadable);
}

/// Collects everything that is logged.
#[derive(Clone, Default)]
struct Log(Arc<std::sync::Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn neither_logs_nor_debug_output_show_a_token() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    // Of this thread, on which all of this test runs.
    let _guard = tracing::subscriber::set_default(subscriber);

    let world = World::new().await;
    let provider = world.signed_in("anna").await;
    let tokens = world.gateway().await;
    let mut shown = String::new();
    let mut show = |value: &dyn std::fmt::Debug| write!(shown, "{value:?}{value:#?}").unwrap();
    world.token_ends();
    show(&tokens.get(MASTER_TENANT, provider).await);
    world.token_ends();
    world.issuer.next(Instead::Answer(500, json!({"error": {"code": "rt-anna-1-secret x"}})));
    show(&tokens.get(MASTER_TENANT, provider).await);
    world.hand.advance(TimeDelta::minutes(1));
    world
        .issuer
        .next(Instead::Answer(401, json!({"error": "refresh_token_reused", "echo": "rt-anna-1-secret"})));
    show(&tokens.get(MASTER_TENANT, provider).await);
    tokens.forget(&owner(), provider).await.unwrap();
    until("the revocation", async || world.issuer.revoked().len() == 1).await;
    show(&tokens);
    show(&world.vault);
    show(&world.issuer.auth());
    show(&world.issuer.sign_in("anna"));

    let logged = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(logged.contains("sign-in renewed") && logged.contains("sign-in needed"), "{logged}");
    for token in world.issuer.given() {
        assert!(!logged.contains(&token), "logged: {token}");
        assert!(!shown.contains(&token), "shown: {token}");
    }
    for shape in ["eyJ", "rt-anna"] {
        assert!(!logged.contains(shape) && !shown.contains(shape), "{shape}");
    }
}

#[tokio::test]
async fn the_stores_find_a_grant_by_all_its_keys() {
    let world = World::new().await;
    let provider = world.signed_in("anna").await;
    let mut connection = world.db.pool.acquire().await.unwrap();
    let row = grants::get_any(&mut connection, provider).await.unwrap().unwrap();
    let (issuer, account, user) = ("https://issuer.test", "acc-anna", "user-anna");
    let found =
        grants::find_by_identity(&mut connection, MASTER_TENANT, issuer, account, user).await.unwrap();
    assert_eq!(found.as_ref(), Some(&row));
    let stranger = TenantId(Uuid::nil());
    assert_eq!(
        grants::find_by_identity(&mut connection, stranger, issuer, account, user).await.unwrap(),
        None
    );
    assert_eq!(grants::get(&mut connection, stranger, provider).await.unwrap(), None);
    assert_eq!(grants::list_all(&mut connection).await.unwrap(), std::slice::from_ref(&row));
    let versions = grants::versions(&mut connection).await.unwrap();
    assert_eq!((versions[0].version, &versions[0].grant), (row.version, &row.grant()));
    let due = grants::due(&mut connection, row.access_expires_at, 10).await.unwrap();
    assert_eq!(due, versions);
    let not_yet = row.access_expires_at - TimeDelta::seconds(1);
    assert!(grants::due(&mut connection, not_yet, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_locked_row_is_passed_over_or_waited_for_in_bounds() {
    let world = World::new().await;
    let provider = world.signed_in("anna").await;
    let mut holder = world.db.pool.begin().await.unwrap();
    grants::lock(&mut holder, MASTER_TENANT, provider, OnLocked::Wait).await.unwrap().unwrap();

    let mut other = world.db.pool.begin().await.unwrap();
    let skipped = grants::lock(&mut other, MASTER_TENANT, provider, OnLocked::Skip).await.unwrap();
    assert_eq!(skipped, None);
    grants::set_lock_timeout(&mut other, Duration::from_millis(50)).await.unwrap();
    let error = grants::lock(&mut other, MASTER_TENANT, provider, OnLocked::Wait).await.unwrap_err();
    assert!(is_lock_timeout(&error), "{error}");
    other.rollback().await.unwrap();

    // The intent's foreign key does not wait for the lock.
    let mut second = world.db.pool.acquire().await.unwrap();
    let intent =
        grants::RefreshIntent { grant_version: 1, holder: "test".into(), started_at: world.clock.now() };
    let written = grants::write_intent(&mut second, MASTER_TENANT, provider, &intent);
    assert!(tokio::time::timeout(Duration::from_secs(5), written).await.unwrap().unwrap());
    assert_eq!(grants::intent(&mut holder, MASTER_TENANT, provider).await.unwrap(), Some(intent));
    grants::clear_intent(&mut holder, MASTER_TENANT, provider).await.unwrap();
    holder.commit().await.unwrap();
    assert_eq!(world.intent(provider).await, None);
}
