//! One call upstream with an account's token: a refused one is refreshed once, a dead sign-in is marked.

use super::{AccessToken, TokenError, Tokens};
use crate::domain::catalogue::Provider;
use crate::domain::ids::ProviderId;
use crate::domain::routing::failover::{Failure, Next, classify};
use crate::domain::token::ReauthReason;
use crate::upstream::codex::Access;
use chrono::{DateTime, TimeDelta, Utc};
use std::sync::Arc;

/// So many accounts whose tokens are refused without a word within [`ALIKE`] are the upstream's trouble.
const INCIDENT: usize = 3;
/// See [`INCIDENT`].
const ALIKE: TimeDelta = TimeDelta::minutes(1);

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
    /// so, unless many accounts are refused alike: that says nothing of this one.
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
            Next::RefreshAndRetry => {
                let token = self.force_refresh(provider.tenant, provider.id, version).await;
                let token = token.map_err(token_failure)?;
                let version = token.version;
                let failure = match call(token).await {
                    Ok(done) => return Ok(done),
                    Err(failure) => failure,
                };
                match classify(&failure).next {
                    Next::RefreshAndRetry if self.refused_alike(provider.id) => Err(failure),
                    Next::RefreshAndRetry | Next::MarkAndMoveOn => {
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
        let code = match failure {
            Failure::Refused(error) => error.name().unwrap_or("unauthorized").to_owned(),
            _ => "unauthorized".to_owned(),
        };
        let reason = ReauthReason::Rejected { code };
        let marked = self.mark_needs_reauth(provider.tenant, provider.id, version, reason).await;
        if let Err(error) = marked {
            tracing::warn!(provider = %provider.name, %error, "the dead sign-in could not be marked");
        }
    }

    /// Notes that a fresh token was refused without a reason; whether that is many accounts' fate at the moment.
    fn refused_alike(&self, id: ProviderId) -> bool {
        let now = self.deps().clock.now();
        let mut refused = self.0.refused.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let alike = note(&mut refused, id, now) >= INCIDENT;
        if alike {
            tracing::warn!("fresh tokens of many accounts are refused: no sign-in is given up for it");
        }
        alike
    }
}

/// Accounts that were refused of late, this one included.
fn note(refused: &mut Vec<(ProviderId, DateTime<Utc>)>, id: ProviderId, now: DateTime<Utc>) -> usize {
    refused.retain(|(known, at)| *known != id && now - *at <= ALIKE);
    refused.push((id, now));
    refused.len()
}

fn token_failure(error: TokenError) -> Failure {
    match error {
        TokenError::NeedsReauth { .. } | TokenError::SignedOut => Failure::NeedsReauth,
        passing @ TokenError::Unavailable { .. } => Failure::TokenUnavailable(passing.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_that_are_refused_within_a_minute_are_counted_once_each() {
        let id = |n| ProviderId(uuid::Uuid::from_u128(n));
        let at = |seconds| DateTime::<Utc>::UNIX_EPOCH + TimeDelta::seconds(seconds);
        let mut refused = Vec::new();
        assert_eq!(note(&mut refused, id(1), at(0)), 1);
        assert_eq!(note(&mut refused, id(1), at(1)), 1);
        assert_eq!(note(&mut refused, id(2), at(2)), 2);
        assert_eq!(note(&mut refused, id(3), at(3)), 3);
        assert_eq!(note(&mut refused, id(4), at(100)), 1, "the others were refused long ago");
    }
}
