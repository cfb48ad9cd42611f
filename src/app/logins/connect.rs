//! From tokens to a connected account: whether they may go under this name, and storing them.

use super::{LoginError, LoginOptions, Logins};
use crate::app::audit::{self, Change};
use crate::app::tokens::{AdoptError, Adopted};
use crate::domain::access::Actor;
use crate::domain::claims::Identity;
use crate::domain::ids::{LoginId, ProviderId};
use crate::domain::provider::CHATGPT_OAUTH;
use crate::domain::token::Grant;
use crate::store::grants::{self, GrantRow, OnLocked};
use crate::store::providers::{self, NewProvider, ProviderRow};
use crate::store::{db, logins};
use crate::upstream::openai_auth::TokenSet;
use secrecy::ExposeSecret;
use serde_json::json;

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
    /// Who connects it.
    pub actor: Actor,
    /// What that is called in the audit log.
    pub action: &'static str,
    pub provider_name: String,
    pub options: LoginOptions,
    /// The sign-in that ends with it, in the same transaction.
    pub login: Option<LoginId>,
}

pub(super) fn check_type(provider: &ProviderRow) -> Result<(), LoginError> {
    if provider.provider_type == CHATGPT_OAUTH {
        return Ok(());
    }
    Err(LoginError::OtherType { name: provider.name.clone(), provider_type: provider.provider_type.clone() })
}

/// Whether the tokens are of the account that this sign-in is of. Tokens that do not say whose they are, are not.
fn is_of(old: &GrantRow, tokens: &TokenSet) -> bool {
    let id_token = tokens.id_token.as_ref().map(ExposeSecret::expose_secret);
    let access_token = tokens.access_token.as_ref().map_or("", |it| it.expose_secret());
    Identity::read(id_token, access_token).is_ok_and(|new| {
        new.account_id == old.account_id
            && new.user_id == old.user_id
            && new.issuer.is_none_or(|issuer| issuer == old.issuer)
    })
}

/// Why the account needs its owner; `None` when it does not.
pub(super) fn reauth_reason(grant: &GrantRow) -> Option<String> {
    match grant.grant() {
        Grant::NeedsReauth { reason, .. } => Some(reason.to_string()),
        Grant::Valid { .. } => None,
    }
}

/// As people know an account.
fn account(grant: &GrantRow) -> String {
    grant.email.clone().unwrap_or_else(|| grant.account_id.clone())
}

/// For the audit log: which account is there now, in the place of which.
fn told(
    action: &'static str,
    provider: &ProviderRow,
    is_new: bool,
    old: Option<&GrantRow>,
    adopted: &Adopted,
) -> Change {
    let Identity { email, account_id, plan_type, .. } = &adopted.identity;
    let mut after = json!({ "account": email.as_ref().unwrap_or(account_id), "plan_type": plan_type });
    if is_new {
        after["provider_type"] = json!(provider.provider_type);
        after["display_name"] = json!(provider.display_name);
        after["api_base"] = json!(provider.api_base);
    }
    let change = Change::new(action).on(provider.id, &provider.name).made(after);
    match old {
        Some(old) => change.removed(json!({ "account": account(old), "plan_type": old.plan_type })),
        None => change,
    }
}

impl Logins {
    /// Stores the tokens under the target's name, all or nothing.
    ///
    /// Tokens that are refused are dropped, not revoked: when the account is connected under another name, its session
    /// may be the same one, and revoking would sign that name out as well.
    pub(super) async fn connect(&self, target: &Target, tokens: &TokenSet) -> Result<Connected, LoginError> {
        let connected = match self.try_connect(target, tokens).await {
            // Somebody made a provider of this name in the same moment: now it is there to be looked at.
            Err(LoginError::Database(error)) if db::unique_violation(&error).is_some() => {
                self.try_connect(target, tokens).await?
            }
            other => other?,
        };
        // The other replicas hear of it from the database, and so does this one should this fail.
        if let Err(error) = self.tokens.invalidate(connected.provider_id).await {
            tracing::warn!(%error, "a new sign-in could not be read back");
        }
        self.connected.notify_one();
        tracing::info!(
            provider = connected.provider_name,
            replaced = connected.replaced.is_some(),
            "a ChatGPT account was connected"
        );
        Ok(connected)
    }

    async fn try_connect(&self, target: &Target, tokens: &TokenSet) -> Result<Connected, LoginError> {
        let (tenant, now) = (target.actor.tenant, self.clock.now());
        let mut tx = self.db.tenant(tenant).await?;
        logins::lock_tenant(&mut tx, tenant).await?;
        if let Some(login) = target.login {
            let stored = logins::lock(&mut tx, tenant, login).await?.ok_or(LoginError::Cancelled)?;
            let state = stored.login.state.complete().map_err(|_| LoginError::Cancelled)?;
            logins::save_state(&mut tx, tenant, login, &state, now).await?;
        }
        let found = providers::get_by_name(&mut tx, tenant, &target.provider_name).await?;
        let is_new = found.is_none();
        let (provider, old) = match found {
            Some(provider) => {
                check_type(&provider)?;
                let old = grants::lock(&mut tx, tenant, provider.id, OnLocked::Wait).await?;
                (provider, old)
            }
            None => (providers::insert(&mut tx, tenant, &self.new_provider(target), now).await?, None),
        };
        let adopted = match self.tokens.adopt(&mut tx, tenant, provider.id, tokens).await {
            Err(AdoptError::AlreadyConnected { name, email, .. }) => {
                let account = email.unwrap_or_else(|| "no e-mail".into());
                return Err(LoginError::AlreadyConnected { account, provider_name: name });
            }
            Err(AdoptError::MissingToken(which)) => return Err(LoginError::Incomplete(which)),
            Err(AdoptError::MissingClaim(missing)) => return Err(missing.into()),
            Err(AdoptError::Database(error)) => return Err(error.into()),
            Ok(adopted) => adopted,
        };
        let replaced = old.as_ref().filter(|old| !is_of(old, tokens)).map(account);
        if let Some(present) = replaced.as_ref().filter(|_| !target.options.force) {
            return Err(LoginError::OtherAccount {
                provider_name: provider.name,
                present: present.clone(),
                offered: adopted.identity.email.unwrap_or(adopted.identity.account_id),
            });
        }
        let change = told(target.action, &provider, is_new, old.as_ref(), &adopted);
        audit::record(&mut tx, &self.clock, &target.actor, &change).await?;
        tx.commit().await?;
        Ok(Connected {
            provider_id: provider.id,
            provider_name: provider.name,
            email: adopted.identity.email,
            replaced,
        })
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
