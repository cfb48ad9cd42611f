//! Sign-ins come and go.

use super::{Tokens, slot};
use crate::domain::claims::{Identity, MissingClaim};
use crate::domain::ids::{ProviderId, TenantId};
use crate::store::grants::{self, GrantRow, SignIn, TokenColumn};
use crate::store::{db, providers};
use crate::upstream::openai_auth::{TokenKind, TokenSet};
use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use sqlx::{Connection, PgConnection};

/// Why a sign-in cannot be stored.
#[derive(Debug, thiserror::Error)]
pub enum AdoptError {
    #[error("the sign-in server gave no {0} token")]
    MissingToken(&'static str),
    #[error(transparent)]
    MissingClaim(#[from] MissingClaim),
    /// The same account is signed in through another provider of this tenant.
    #[error("this ChatGPT account ({}) is already connected as \"{name}\"", email.as_deref().unwrap_or("no e-mail"))]
    AlreadyConnected { provider_id: ProviderId, name: String, email: Option<String> },
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
}

/// A sign-in that was stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adopted {
    pub identity: Identity,
    pub expires_at: DateTime<Utc>,
    pub version: i64,
}

impl Tokens {
    /// Stores a completed sign-in in the caller's transaction. After its commit: [`Tokens::invalidate`].
    ///
    /// The same account on the same provider is a renewed sign-in, another account replaces the one that was there; an
    /// account that another provider of this tenant holds is refused.
    pub async fn adopt(
        &self,
        db: &mut PgConnection,
        tenant: TenantId,
        provider: ProviderId,
        tokens: &TokenSet,
    ) -> Result<Adopted, AdoptError> {
        let deps = self.deps();
        let access = tokens.access_token.as_ref().ok_or(AdoptError::MissingToken("access"))?;
        let refresh = tokens.refresh_token.as_ref().ok_or(AdoptError::MissingToken("refresh"))?;
        let id_token = tokens.id_token.as_ref();
        let identity = Identity::read(id_token.map(ExposeSecret::expose_secret), access.expose_secret())?;
        let issuer = identity.issuer.clone().unwrap_or_else(|| deps.auth.issuer().to_owned());
        let now = deps.clock.now();
        let seal =
            |token: &SecretString, column| deps.vault.seal_for(tenant, token, &grants::aad(provider, column));
        let sign_in = SignIn {
            issuer,
            account_id: identity.account_id.clone(),
            user_id: identity.user_id.clone(),
            email: identity.email.clone(),
            plan_type: identity.plan_type.clone(),
            access_token: seal(access, TokenColumn::Access),
            refresh_token: seal(refresh, TokenColumn::Refresh),
            id_token: id_token.map(|token| seal(token, TokenColumn::Id)),
            access_expires_at: slot::expiry_of(access, now),
        };
        already_connected(db, tenant, provider, &sign_in).await?;
        // A savepoint: when another sign-in of this account comes first, the caller's transaction can still be used.
        let mut savepoint = db.begin().await?;
        let stored = grants::upsert(&mut savepoint, tenant, provider, &sign_in, now).await;
        let version = match stored {
            Ok(version) => version,
            Err(error) => {
                savepoint.rollback().await?;
                if db::unique_violation(&error).is_some() {
                    already_connected(db, tenant, provider, &sign_in).await?;
                }
                return Err(error.into());
            }
        };
        savepoint.commit().await?;
        Ok(Adopted { identity, expires_at: sign_in.access_expires_at, version })
    }

    /// Signs out: forgets the tokens here and in the database, and revokes them at the issuer in the background.
    /// Whether there was a sign-in.
    pub async fn forget(&self, tenant: TenantId, provider: ProviderId) -> Result<bool, sqlx::Error> {
        let mut connection = self.deps().db.work().await?;
        // Waits for a refresh that is under way: its new token is the one to be revoked.
        let row = grants::delete(&mut connection, tenant, provider).await?;
        drop(connection);
        self.invalidate(provider).await?;
        let Some(row) = row else { return Ok(false) };
        let this = self.clone();
        self.deps().tracker.spawn(async move { this.revoke(&row).await });
        Ok(true)
    }

    async fn revoke(&self, row: &GrantRow) {
        let aad = grants::aad(row.provider_id, TokenColumn::Refresh);
        let Ok(token) = self.deps().vault.open(&row.refresh_token, &aad) else {
            return;
        };
        if let Err(error) = self.deps().auth.revoke(&token, TokenKind::Refresh).await {
            tracing::info!(provider_id = %row.provider_id, %error, "signed out here, but not revoked at the issuer");
        }
    }
}

/// Refuses an account that another provider of this tenant holds.
async fn already_connected(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: ProviderId,
    sign_in: &SignIn,
) -> Result<(), AdoptError> {
    let SignIn { issuer, account_id, user_id, .. } = sign_in;
    let held = grants::find_by_identity(db, tenant, issuer, account_id, user_id).await?;
    let Some(held) = held.filter(|held| held.provider_id != provider) else {
        return Ok(());
    };
    let name = providers::get(db, tenant, held.provider_id).await?.map(|row| row.name).unwrap_or_default();
    Err(AdoptError::AlreadyConnected { provider_id: held.provider_id, name, email: held.email })
}
