//! Signing out: the tokens are forgotten, the provider and its pool stay.

use super::connect::check_type;
use super::{LoginError, Logins};
use crate::domain::access::Actor;
use crate::store::providers;

impl Logins {
    /// Forgets the provider's tokens and has the issuer revoke them, best effort. Signed out already is signed out.
    pub async fn logout(&self, actor: &Actor, provider_name: &str) -> Result<(), LoginError> {
        let tenant = actor.tenant;
        let mut db = self.db.tenant(tenant).await?;
        let provider = providers::get_by_name(&mut db, tenant, provider_name)
            .await?
            .ok_or_else(|| LoginError::NotFound(provider_name.chars().take(80).collect()))?;
        drop(db);
        check_type(&provider)?;
        if self.tokens.forget(actor, provider.id).await? {
            tracing::info!(provider = provider.name, "a ChatGPT account was signed out");
        }
        Ok(())
    }
}
