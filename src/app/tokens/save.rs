//! New tokens on their way into the database. The old refresh token is spent: they are all there is.

use super::refresh::Failure;
use super::slot::{Live, Readiness, Slot, Unsaved, expiry_of};
use super::{AccessToken, TokenError, Tokens};
use crate::domain::claims::Claims;
use crate::store::db::Tx;
use crate::store::grants::{self, GrantRow, Metadata, SealedTokens, TokenColumn};
use crate::upstream::openai_auth::TokenSet;
use chrono::{DateTime, Utc};
use secrecy::ExposeSecret;
use std::sync::Arc;
use std::time::Duration;

/// Pauses between the attempts to store new tokens in a database that does not answer.
const SAVE_PAUSES: [Duration; 5] = [
    Duration::ZERO,
    Duration::from_millis(250),
    Duration::from_millis(750),
    Duration::from_secs(2),
    Duration::from_secs(4),
];

impl Tokens {
    /// Commits new tokens, on the connection that holds the lock or, if that broke, on another.
    pub(super) async fn store(
        &self,
        slot: &Slot,
        mut transaction: Tx,
        row: &GrantRow,
        tokens: &TokenSet,
    ) -> Result<Arc<AccessToken>, Failure> {
        let now = self.now();
        let unsaved = Unsaved {
            version: row.version,
            tokens: self.seal(slot, row, tokens, now),
            metadata: metadata(tokens),
        };
        slot.keep_unsaved(unsaved.clone());
        let saved = grants::rotate(
            &mut transaction,
            slot.tenant,
            slot.provider,
            row.version,
            &unsaved.tokens,
            &unsaved.metadata,
            now,
        )
        .await;
        let saved = match saved {
            Ok(saved) => transaction.commit().await.map(|()| saved),
            Err(error) => {
                // Its lock must not stand in the way of the next attempt.
                drop(transaction);
                Err(error)
            }
        };
        match saved {
            Ok(Some(row)) => {
                tracing::info!(
                    provider_id = %slot.provider, version = row.version, expires_at = %row.access_expires_at,
                    "sign-in renewed"
                );
                self.saved(slot, &row)
            }
            // The lock kept the row as it was; if it still moved, the database knows better.
            Ok(None) => self.save(slot, unsaved).await,
            Err(error) => {
                tracing::error!(provider_id = %slot.provider, %error, "new tokens not stored, trying again");
                self.save(slot, unsaved).await
            }
        }
    }

    fn seal(&self, slot: &Slot, row: &GrantRow, tokens: &TokenSet, now: DateTime<Utc>) -> SealedTokens {
        let seal = |token: &Option<_>, column| {
            token.as_ref().map(|token| {
                self.deps().vault.seal_for(slot.tenant, token, &grants::aad(slot.provider, column))
            })
        };
        SealedTokens {
            access_token: seal(&tokens.access_token, TokenColumn::Access),
            refresh_token: seal(&tokens.refresh_token, TokenColumn::Refresh),
            id_token: seal(&tokens.id_token, TokenColumn::Id),
            access_expires_at: tokens
                .access_token
                .as_ref()
                .map_or(row.access_expires_at, |token| expiry_of(token, now)),
        }
    }

    /// Stores new tokens that an earlier attempt could not store. The old refresh token is spent, so this is tried
    /// with patience, and if it fails the tokens stay in memory for the next refresh to store.
    pub(super) async fn save(&self, slot: &Slot, unsaved: Unsaved) -> Result<Arc<AccessToken>, Failure> {
        let mut last = None;
        for pause in SAVE_PAUSES {
            tokio::time::sleep(pause).await;
            match self.try_save(slot, &unsaved).await {
                Ok(Some(row)) => return self.saved(slot, &row),
                Ok(None) => {
                    slot.drop_unsaved();
                    return Err(Failure::Token(TokenError::SignedOut));
                }
                Err(error) => last = Some(error),
            }
        }
        Err(last.map_or_else(|| Failure::Passing("new tokens not stored".to_owned()), Failure::Database))
    }

    /// The row with the new tokens in it; as it stands, when it has moved on (that may be our own commit whose answer
    /// was lost, or a newer sign-in); `None` when it is gone.
    async fn try_save(&self, slot: &Slot, unsaved: &Unsaved) -> Result<Option<GrantRow>, sqlx::Error> {
        let mut transaction = self.deps().db.begin_work().await?;
        let Unsaved { version, tokens, metadata } = unsaved;
        let now = self.now();
        let row =
            grants::rotate(&mut transaction, slot.tenant, slot.provider, *version, tokens, metadata, now)
                .await?;
        let row = match row {
            Some(row) => Some(row),
            None => grants::get(&mut transaction, slot.tenant, slot.provider).await?,
        };
        transaction.commit().await?;
        Ok(row)
    }

    fn saved(&self, slot: &Slot, row: &GrantRow) -> Result<Arc<AccessToken>, Failure> {
        slot.drop_unsaved();
        slot.publish(Live::open(row, &self.deps().vault));
        match slot.readiness(self.now()) {
            Readiness::Fresh(token) | Readiness::Ageing(token) => Ok(token),
            Readiness::NeedsReauth { since, reason } => {
                Err(Failure::Token(TokenError::NeedsReauth { since, reason }))
            }
            Readiness::Ended => {
                Err(Failure::Passing("the sign-in server gave no access token that lasts".to_owned()))
            }
        }
    }
}

/// What newer tokens say about the account.
fn metadata(tokens: &TokenSet) -> Metadata {
    let text = |token: &Option<secrecy::SecretString>| {
        token.as_ref().map(|token| token.expose_secret().to_owned()).unwrap_or_default()
    };
    let claims = Claims::read(Some(&text(&tokens.id_token)), &text(&tokens.access_token));
    Metadata { email: claims.email, plan_type: claims.plan_type }
}
