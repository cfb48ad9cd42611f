//! One call upstream with an account's token: a refused one is refreshed once, a dead sign-in is marked.

use super::sign_in::on;
use super::{AccessToken, TokenError, Tokens};
use crate::app::audit::{self, Change};
use crate::domain::access::Actor;
use crate::domain::catalogue::Provider;
use crate::domain::routing::failover::{Failure, Next, classify};
use crate::domain::token::ReauthReason;
use crate::store::grants;
use crate::upstream::codex::Access;
use chrono::TimeDelta;
use serde_json::json;
use std::sync::Arc;

/// So many accounts whose tokens are refused without a word within [`ALIKE`] are the upstream's trouble.
const INCIDENT: i64 = 3;
/// See [`INCIDENT`].
const ALIKE: TimeDelta = TimeDelta::minutes(1);
/// In such trouble, a token that was refused right after its renewal is not renewed again for so long. Below [`ALIKE`],
/// so that an incident that lasts is still known as one when it is tried again.
const RENEWED: TimeDelta = TimeDelta::seconds(30);

impl AccessToken {
    /// Who asks, and where: the provider's own base, else where its workspace wants it, else the configured one.
    pub fn access<'a>(&'a self, provider: &'a Provider, configured: &'a str) -> Access<'a> {
        Access {
            api_base: provider.codex_base(configured),
            token: &self.token,
            account_id: &self.account_id,
            is_fedramp: self.is_fedramp,
            routing_override: provider.routing_override(),
        }
    }
}

impl Tokens {
    /// Calls with the account's token. A 401 gets one forced refresh and one retry; then the sign-in is over, and marked
    /// so. Unless many accounts are refused alike without a reason: that says nothing of this one, nor of those that
    /// were marked for it just before, which are taken back.
    pub async fn call<T, F: Future<Output = Result<T, Failure>>>(
        &self,
        provider: &Provider,
        call: impl Fn(Arc<AccessToken>) -> F,
    ) -> Result<T, Failure> {
        let token = self.get(provider.tenant, provider.id).await.map_err(token_failure)?;
        let version = token.version;
        let failure = match call(token).await {
            Ok(done) => return Ok(done),
            Err(failure) => failure,
        };
        match classify(&failure).next {
            Next::RefreshAndRetry if self.was_just_renewed(provider, version) => Err(failure),
            Next::RefreshAndRetry => {
                let token = self.force_refresh(provider.tenant, provider.id, version).await;
                let token = token.map_err(token_failure)?;
                let version = token.version;
                let failure = match call(token).await {
                    Ok(done) => return Ok(done),
                    Err(failure) => failure,
                };
                match classify(&failure).next {
                    Next::RefreshAndRetry => match self.give_up(provider, version, &failure).await {
                        GivenUp::Yes => Err(Failure::NeedsReauth),
                        GivenUp::No => Err(failure),
                    },
                    Next::MarkAndMoveOn => {
                        self.mark_dead(provider, version, &failure).await;
                        Err(Failure::NeedsReauth)
                    }
                    Next::Return | Next::StripAndRetry | Next::MoveOn => Err(failure),
                }
            }
            Next::MarkAndMoveOn => {
                self.mark_dead(provider, version, &failure).await;
                Err(Failure::NeedsReauth)
            }
            Next::Return | Next::StripAndRetry | Next::MoveOn => Err(failure),
        }
    }

    async fn mark_dead(&self, provider: &Provider, version: i64, failure: &Failure) {
        let marked = self.mark_needs_reauth(provider.tenant, provider.id, version, rejected(failure)).await;
        if let Err(error) = marked {
            tracing::warn!(provider = %provider.name, %error, "the dead sign-in could not be marked");
        }
    }

    /// Whether the token is known to be refused although it is new, in a trouble of many accounts.
    fn was_just_renewed(&self, provider: &Provider, version: i64) -> bool {
        let slot = self.slot(provider.tenant, provider.id);
        slot.and_then(|slot| slot.refused(version)).is_some_and(|at| self.now() - at < RENEWED)
    }

    /// A token that was just renewed was refused without a reason.
    async fn give_up(&self, provider: &Provider, version: i64, failure: &Failure) -> GivenUp {
        match self.try_give_up(provider, version, failure).await {
            Ok(given_up) => given_up,
            Err(error) => {
                tracing::warn!(provider = %provider.name, %error, "a refused sign-in could not be noted");
                GivenUp::No
            }
        }
    }

    async fn try_give_up(
        &self,
        provider: &Provider,
        version: i64,
        failure: &Failure,
    ) -> Result<GivenUp, sqlx::Error> {
        let (tenant, id, now) = (provider.tenant, provider.id, self.now());
        let mut transaction = self.deps().db.begin_work().await?;
        let alike = grants::note_refused(&mut transaction, tenant, id, version, now - ALIKE, now).await?;
        if alike < INCIDENT {
            let reason = rejected(failure);
            // At the very moment of the refusal: that is how it is known what it was marked for.
            self.give_up_sign_in(&mut transaction, (tenant, id), version, &reason, now).await?;
            transaction.commit().await?;
            tracing::warn!(provider_id = %id, %reason, "sign-in needed");
            self.invalidate(id).await?;
            return Ok(GivenUp::Yes);
        }
        let mut taken_back = grants::take_back(&mut transaction, now - ALIKE, now).await?;
        // The ends of the tenants' logs are locked in one order.
        taken_back.sort_unstable();
        for (tenant, id) in &taken_back {
            let change = on(&mut transaction, Change::new("provider.keep_sign_in"), *tenant, *id).await?;
            let (before, after) = (json!({ "sign_in": "needs_reauth" }), json!({ "sign_in": "valid" }));
            let change = change.between(&before, &after);
            audit::record(&mut transaction, &self.deps().clock, &Actor::gateway(*tenant), &change).await?;
        }
        transaction.commit().await?;
        if let Some(slot) = self.slot(tenant, id) {
            slot.note_refused(version, now);
        }
        tracing::warn!(
            accounts = alike,
            taken_back = taken_back.len(),
            "fresh tokens of many accounts are refused: no sign-in is given up for it"
        );
        for (_, id) in taken_back {
            self.invalidate(id).await?;
        }
        Ok(GivenUp::No)
    }
}

/// Whether a sign-in was given up.
enum GivenUp {
    Yes,
    No,
}

fn rejected(failure: &Failure) -> ReauthReason {
    let code = match failure {
        Failure::Refused(error) => error.name().unwrap_or("unauthorized").to_owned(),
        _ => "unauthorized".to_owned(),
    };
    ReauthReason::Rejected { code }
}

fn token_failure(error: TokenError) -> Failure {
    match error {
        TokenError::NeedsReauth { .. } | TokenError::SignedOut => Failure::NeedsReauth,
        passing @ TokenError::Unavailable { .. } => Failure::TokenUnavailable(passing.to_string()),
    }
}
