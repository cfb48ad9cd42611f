//! From tokens to a connected account: whose they are, whether they may go under this name, and storing them.

use super::{CHATGPT_OAUTH, LoginError, LoginOptions, Logins};
use crate::domain::claims::{self, Claims, Identity};
use crate::domain::ids::{LoginId, ProviderId, TenantId};
use crate::domain::token::{Grant, UNREADABLE_EXPIRY};
use crate::store::grants::{self, GrantRow, SignIn, TokenColumn};
use crate::store::providers::{self, NewProvider, ProviderRow};
use crate::store::{db, logins};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use sqlx::PgConnection;

/// A completed sign-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connected {
    /// The provider, new or not.
    pub provider_id: ProviderId,
    /// Its name.
    pub provider_name: String,
    /// The account's address, when the tokens say it.
    pub email: Option<String>,
    /// The account that was signed in before, when it was another one and `force` replaced it.
    pub replaced: Option<String>,
}

/// What is to be connected.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub tenant: TenantId,
    pub provider_name: String,
    pub options: LoginOptions,
    /// The sign-in that ends with it, in the same transaction.
    pub login: Option<LoginId>,
}

/// The tokens of one sign-in, complete.
#[derive(Clone, Debug)]
pub(super) struct Tokens {
    pub id_token: Option<SecretString>,
    pub access_token: SecretString,
    pub refresh_token: SecretString,
    /// Where the claims do not name the workspace.
    pub account_id: Option<String>,
}

/// Names that a provider may have.
pub(super) fn is_slug(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    name.len() <= 100
        && name.starts_with(plain)
        && name.ends_with(plain)
        && name.chars().all(|c| plain(c) || c == '-')
}

pub(super) fn check_type(provider: &ProviderRow) -> Result<(), LoginError> {
    if provider.provider_type == CHATGPT_OAUTH {
        return Ok(());
    }
    Err(LoginError::OtherType { name: provider.name.clone(), provider_type: provider.provider_type.clone() })
}

/// Why the account needs its owner; `None` when it does not.
pub(super) fn reauth_reason(grant: &GrantRow) -> Option<String> {
    match grant.grant() {
        Grant::NeedsReauth { reason, .. } => Some(reason.to_string()),
        Grant::Valid { .. } => None,
    }
}

impl Logins {
    /// Stores the tokens under the target's name, all or nothing.
    ///
    /// Tokens that are refused are dropped, not revoked: when the account is connected under another name, its session
    /// may be the same one, and revoking would sign that name out as well.
    pub(super) async fn connect(&self, target: &Target, tokens: &Tokens) -> Result<Connected, LoginError> {
        let access_token = tokens.access_token.expose_secret();
        let mut claims = Claims::read(tokens.id_token.as_ref().map(|it| it.expose_secret()), access_token);
        claims.account_id = claims.account_id.or_else(|| tokens.account_id.clone());
        let identity = claims.identity()?;
        let connected = match self.try_connect(target, tokens, &identity).await {
            // Somebody made a provider of this name in the same moment: now it is there to be looked at.
            Err(LoginError::Database(error)) if db::unique_violation(&error).is_some() => {
                self.try_connect(target, tokens, &identity).await?
            }
            other => other?,
        };
        tracing::info!(
            provider = connected.provider_name,
            plan = identity.plan_type,
            replaced = connected.replaced.is_some(),
            "a ChatGPT account was connected"
        );
        Ok(connected)
    }

    async fn try_connect(
        &self,
        target: &Target,
        tokens: &Tokens,
        identity: &Identity,
    ) -> Result<Connected, LoginError> {
        let (tenant, now) = (target.tenant, self.clock.now());
        let mut tx = self.pool.begin().await?;
        logins::lock_tenant(&mut tx, tenant).await?;
        if let Some(login) = target.login {
            let stored = logins::lock(&mut tx, tenant, login).await?.ok_or(LoginError::Cancelled)?;
            let state = stored.login.state.complete().map_err(|_| LoginError::Cancelled)?;
            logins::save_state(&mut tx, tenant, login, &state, now).await?;
        }
        let present = providers::get_by_name(&mut tx, tenant, &target.provider_name).await?;
        if let Some(provider) = &present {
            check_type(provider)?;
        }
        let sign_in = self.unsealed_sign_in(identity);
        refuse_second_name(&mut tx, tenant, &sign_in, present.as_ref()).await?;
        let replaced = match &present {
            Some(provider) => replaced(&mut tx, tenant, provider, &sign_in, target.options.force).await?,
            None => None,
        };
        let provider = match present {
            Some(provider) => provider,
            None => providers::insert(&mut tx, tenant, &self.new_provider(target), now).await?,
        };
        let seal = |token: &SecretString, column| self.vault.seal(token, &grants::aad(provider.id, column));
        let sign_in = SignIn {
            access_token: seal(&tokens.access_token, TokenColumn::Access)?,
            refresh_token: seal(&tokens.refresh_token, TokenColumn::Refresh)?,
            id_token: tokens.id_token.as_ref().map(|it| seal(it, TokenColumn::Id)).transpose()?,
            access_expires_at: claims::expires_at(tokens.access_token.expose_secret())
                .unwrap_or(now + UNREADABLE_EXPIRY),
            ..sign_in
        };
        grants::upsert(&mut tx, tenant, provider.id, &sign_in, now).await?;
        tx.commit().await?;
        Ok(Connected {
            provider_id: provider.id,
            provider_name: provider.name,
            email: identity.email.clone(),
            replaced,
        })
    }

    fn unsealed_sign_in(&self, identity: &Identity) -> SignIn {
        SignIn {
            issuer: identity.issuer.clone().unwrap_or_else(|| self.auth.issuer().to_owned()),
            account_id: identity.account_id.clone(),
            user_id: identity.user_id.clone(),
            email: identity.email.clone(),
            plan_type: identity.plan_type.clone(),
            access_token: String::new(),
            refresh_token: String::new(),
            id_token: None,
            access_expires_at: self.clock.now(),
        }
    }

    fn new_provider(&self, target: &Target) -> NewProvider {
        NewProvider {
            id: ProviderId(self.clock.new_id()),
            name: target.provider_name.clone(),
            display_name: target.options.display_name.clone(),
            provider_type: CHATGPT_OAUTH.into(),
            api_base: target.options.api_base.clone(),
            api_key: None,
            enabled: true,
            settings: json!({}),
        }
    }
}

/// An account has one name only.
async fn refuse_second_name(
    db: &mut PgConnection,
    tenant: TenantId,
    new: &SignIn,
    present: Option<&ProviderRow>,
) -> Result<(), LoginError> {
    let known = grants::find_by_identity(db, tenant, &new.issuer, &new.account_id, &new.user_id).await?;
    let Some(known) = known.filter(|known| present.is_none_or(|present| present.id != known.provider_id)) else {
        return Ok(());
    };
    let other = providers::get(db, tenant, known.provider_id).await?;
    let account = new.email.clone().or(known.email).unwrap_or(known.account_id);
    Err(LoginError::AlreadyConnected { account, provider_name: other.map_or_else(String::new, |it| it.name) })
}

/// The other account that loses its place in this provider, if there is one and it may.
async fn replaced(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: &ProviderRow,
    new: &SignIn,
    force: bool,
) -> Result<Option<String>, LoginError> {
    let same = |old: &GrantRow| {
        (&old.issuer, &old.account_id, &old.user_id) == (&new.issuer, &new.account_id, &new.user_id)
    };
    let Some(old) = grants::lock(db, tenant, provider.id).await?.filter(|old| !same(old)) else {
        return Ok(None);
    };
    let present = old.email.unwrap_or(old.account_id);
    if force {
        return Ok(Some(present));
    }
    let offered = new.email.clone().unwrap_or_else(|| new.account_id.clone());
    Err(LoginError::OtherAccount { provider_name: provider.name.clone(), present, offered })
}

#[cfg(test)]
mod tests {
    use super::is_slug;

    #[test]
    fn a_provider_name_is_a_slug() {
        for good in ["a", "1", "openai-codex", "a--b", "team-2"] {
            assert!(is_slug(good), "{good}");
        }
        for bad in ["", "-", "-a", "a-", "A", "a b", "a/b", "ä", "a.b", &"a".repeat(101)] {
            assert!(!is_slug(bad), "{bad}");
        }
    }
}
