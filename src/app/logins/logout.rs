//! Signing out: the tokens are forgotten, the provider and its pool stay.

use super::connect::check_type;
use super::{LoginError, Logins};
use crate::domain::ids::TenantId;
use crate::store::grants::{self, GrantRow, TokenColumn};
use crate::store::providers;
use crate::upstream::openai_auth::TokenKind;
use tracing::Instrument as _;

impl Logins {
    /// Forgets the provider's tokens, then asks the issuer to revoke them. What the issuer says changes nothing.
    pub async fn logout(&self, tenant: TenantId, provider_name: &str) -> Result<(), LoginError> {
        let mut tx = self.pool.begin().await?;
        let provider = providers::get_by_name(&mut tx, tenant, provider_name)
            .await?
            .ok_or_else(|| LoginError::NotFound(provider_name.chars().take(80).collect()))?;
        check_type(&provider)?;
        // Waits for a refresh that is under way, and so gets the token that is valid after it.
        let gone = grants::delete(&mut tx, tenant, provider.id).await?;
        tx.commit().await?;
        let Some(gone) = gone else { return Ok(()) };
        tracing::info!(provider = provider.name, "a ChatGPT account was signed out");
        self.revoke(&gone).await;
        Ok(())
    }

    async fn revoke(&self, gone: &GrantRow) {
        let token = self.vault.open(&gone.refresh_token, &grants::aad(gone.provider_id, TokenColumn::Refresh));
        let Ok(token) = token else {
            tracing::warn!(provider = %gone.provider_id, "a forgotten token could not be opened to revoke it");
            return;
        };
        let (auth, provider) = (self.auth.clone(), gone.provider_id);
        // On a task of its own, so that it is sent even when the caller hangs up.
        let revoke = async move {
            if let Err(error) = auth.revoke(&token, TokenKind::Refresh).await {
                tracing::warn!(%provider, %error, "a forgotten token could not be revoked");
            }
        };
        let _ = self.tracker.spawn(revoke.in_current_span()).await;
    }
}
