//! Providers: made, changed, removed, verified.

use crate::app::catalogue::Catalogues;
use crate::app::clock::Clock;
use crate::app::models::{Models, ModelsError};
use crate::app::tokens::Tokens;
use crate::app::vault::Vault;
use crate::domain::ids::{ProviderId, TenantId};
use crate::domain::provider::{ProviderType, TYPES, is_slug};
use crate::store::agents;
use crate::store::db::unique_violation;
use crate::store::providers::{self, NewProvider, ProviderChange, ProviderRow, api_key_aad};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};
use sqlx::PgPool;
use std::sync::Arc;

/// What it works with.
pub struct Providers {
    pub db: PgPool,
    pub clock: Clock,
    pub vault: Vault,
    pub tokens: Tokens,
    pub catalogues: Arc<Catalogues>,
    pub models: Arc<Models>,
}

/// What a new provider is made of, as a client says it.
#[derive(Debug)]
pub struct Create {
    pub name: String,
    pub provider_type: String,
    pub display_name: Option<String>,
    pub api_base: Option<String>,
    pub api_key: Option<SecretString>,
    pub enabled: bool,
    pub settings: Map<String, Value>,
}

/// What is to change; `None` leaves a value as it is, `Some(None)` clears it.
#[derive(Debug, Default)]
pub struct Update {
    pub name: Option<String>,
    pub display_name: Option<Option<String>>,
    pub api_base: Option<Option<String>>,
    /// `***` and the empty text leave the key as it is.
    pub api_key: Option<SecretString>,
    pub enabled: Option<bool>,
    /// Merged key by key; a null removes its key.
    pub settings: Option<Map<String, Value>>,
}

/// Why it was not done. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    #[error(
        "\"{0}\" is not a name: lower-case letters, digits and hyphens, at most 64, beginning and ending with a letter or digit"
    )]
    InvalidName(String),
    #[error("unknown provider_type \"{name}\"; one of {}", TYPES.iter().map(|t| t.name).collect::<Vec<_>>().join(", "))]
    UnknownType { name: String },
    #[error("api_base \"{0}\" is not an http or https URL")]
    InvalidApiBase(String),
    #[error("provider type \"{0}\" needs an api_base")]
    ApiBaseRequired(String),
    #[error("provider type \"{0}\" needs an api_key")]
    ApiKeyRequired(String),
    #[error("a chatgpt_oauth provider signs in with ChatGPT and takes no api_key")]
    NoApiKey,
    #[error("settings.codex_pool is not served yet by this version; remove it")]
    PoolsNotServed,
    #[error("a provider named \"{0}\" already exists")]
    NameTaken(String),
    #[error("provider not found")]
    NotFound,
    #[error("provider \"{name}\" is used by agents: {}", agents.join(", "))]
    InUse { name: String, agents: Vec<String> },
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
}

impl Providers {
    /// Makes a provider. A ChatGPT one has no account until somebody signs in.
    pub async fn create(&self, tenant: TenantId, create: Create) -> Result<ProviderId, ProviderError> {
        if !is_slug(&create.name) {
            return Err(ProviderError::InvalidName(create.name));
        }
        let kind = ProviderType::named(&create.provider_type)
            .ok_or_else(|| ProviderError::UnknownType { name: create.provider_type.clone() })?;
        let api_base = check_api_base(create.api_base)?;
        // `***` is how an answer shows a key: whoever sends an answer back has none.
        let api_key = create.api_key.filter(|key| !matches!(key.expose_secret().trim(), "" | "***"));
        if kind.is_chatgpt() && api_key.is_some() {
            return Err(ProviderError::NoApiKey);
        }
        if kind.needs_api_key && api_key.is_none() {
            return Err(ProviderError::ApiKeyRequired(create.provider_type));
        }
        if !kind.is_chatgpt() && api_base.is_none() && kind.default_api_base.is_none() {
            return Err(ProviderError::ApiBaseRequired(create.provider_type));
        }
        check_settings(&create.settings)?;
        let id = ProviderId(self.clock.new_id());
        let api_key = api_key.map(|key| self.vault.seal(&key, &api_key_aad(id)));
        let new = NewProvider {
            id,
            name: create.name,
            display_name: create.display_name,
            provider_type: create.provider_type,
            api_base,
            api_key,
            enabled: create.enabled,
            settings: Value::Object(create.settings),
        };
        let mut conn = self.db.acquire().await?;
        providers::insert(&mut conn, tenant, &new, self.clock.now())
            .await
            .map_err(|e| taken(e, &new.name))?;
        drop(conn);
        self.catalogues.reload().await?;
        self.models.fetch_behind(tenant, &id.to_string());
        Ok(id)
    }

    /// Changes what is given and leaves the rest.
    pub async fn update(
        &self,
        tenant: TenantId,
        id_or_name: &str,
        update: Update,
    ) -> Result<(), ProviderError> {
        let mut tx = self.db.begin().await?;
        let row = locked(&mut tx, tenant, id_or_name).await?;
        let kind = ProviderType::named(&row.provider_type);
        let chatgpt = kind.is_some_and(ProviderType::is_chatgpt);
        let api_base = update.api_base.map(check_api_base).transpose()?;
        if matches!(api_base, Some(None)) && !chatgpt && kind.is_none_or(|k| k.default_api_base.is_none()) {
            return Err(ProviderError::ApiBaseRequired(row.provider_type));
        }
        if let Some(name) = update.name.as_ref().filter(|n| **n != row.name) {
            if !is_slug(name) {
                return Err(ProviderError::InvalidName(name.clone()));
            }
            refuse_when_used(&mut tx, tenant, &row).await?;
        }
        let api_key = update.api_key.filter(|key| !matches!(key.expose_secret().trim(), "" | "***"));
        if chatgpt && api_key.is_some() {
            return Err(ProviderError::NoApiKey);
        }
        let settings = match update.settings {
            Some(changes) => {
                check_settings(&changes)?;
                Some(merged(row.settings.clone(), changes))
            }
            None => None,
        };
        let change = ProviderChange {
            display_name: update.display_name,
            provider_type: None,
            api_base,
            api_key: api_key.map(|key| Some(self.vault.seal(&key, &api_key_aad(row.id)))),
            enabled: update.enabled,
            settings,
            name: update.name,
        };
        let name = change.name.clone().unwrap_or_default();
        providers::update(&mut tx, tenant, row.id, &change, self.clock.now())
            .await
            .map_err(|e| taken(e, &name))?;
        tx.commit().await?;
        self.catalogues.reload().await?;
        if change.api_base.is_some() || change.api_key.is_some() {
            self.models.fetch_behind(tenant, &row.id.to_string());
        }
        Ok(())
    }

    /// Removes a provider with its sign-in. Refused while an agent of the database names it.
    pub async fn delete(&self, tenant: TenantId, id_or_name: &str) -> Result<(), ProviderError> {
        let mut tx = self.db.begin().await?;
        let row = locked(&mut tx, tenant, id_or_name).await?;
        refuse_when_used(&mut tx, tenant, &row).await?;
        providers::delete(&mut tx, tenant, row.id).await?;
        tx.commit().await?;
        self.tokens.invalidate(row.id).await?;
        self.catalogues.reload().await?;
        Ok(())
    }

    /// Whether the provider answers, and has `model` when one is named. Asks for the model list: that costs no quota.
    pub async fn verify(
        &self,
        tenant: TenantId,
        id_or_name: &str,
        model: Option<&str>,
    ) -> Result<Result<(), String>, ProviderError> {
        let catalogue = self.catalogues.current();
        let provider = catalogue.tenant(tenant).provider(id_or_name).ok_or(ProviderError::NotFound)?;
        match self.models.fetch(provider).await {
            Ok(_) => {}
            Err(ModelsError::Upstream(text)) => return Ok(Err(text)),
            Err(ModelsError::Database(error)) => return Err(error.into()),
        }
        let fresh = self.catalogues.current();
        let provider = fresh.tenant(tenant).provider(id_or_name).ok_or(ProviderError::NotFound)?;
        Ok(match model {
            Some(model) if provider.model(model).is_none() => {
                let known: Vec<&str> = provider.models.iter().map(|m| m.id.as_str()).collect();
                Err(format!("the provider has no model \"{model}\"; it has {}", known.join(", ")))
            }
            _ => Ok(()),
        })
    }
}

async fn locked(
    tx: &mut sqlx::PgConnection,
    tenant: TenantId,
    id_or_name: &str,
) -> Result<ProviderRow, ProviderError> {
    providers::lock(tx, tenant, id_or_name).await?.ok_or(ProviderError::NotFound)
}

async fn refuse_when_used(
    tx: &mut sqlx::PgConnection,
    tenant: TenantId,
    row: &ProviderRow,
) -> Result<(), ProviderError> {
    let agents = agents::keys_of_provider(tx, tenant, &row.name).await?;
    if agents.is_empty() { Ok(()) } else { Err(ProviderError::InUse { name: row.name.clone(), agents }) }
}

fn taken(error: sqlx::Error, name: &str) -> ProviderError {
    if unique_violation(&error).is_some() { ProviderError::NameTaken(name.to_owned()) } else { error.into() }
}

fn check_api_base(api_base: Option<String>) -> Result<Option<String>, ProviderError> {
    let Some(text) = api_base.map(|t| t.trim().trim_end_matches('/').to_owned()).filter(|t| !t.is_empty())
    else {
        return Ok(None);
    };
    match url::Url::parse(&text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() && url.password().is_none() => {
            Ok(Some(text))
        }
        _ => Err(ProviderError::InvalidApiBase(text)),
    }
}

fn check_settings(settings: &Map<String, Value>) -> Result<(), ProviderError> {
    match settings.get("codex_pool") {
        None | Some(Value::Null) => Ok(()),
        Some(_) => Err(ProviderError::PoolsNotServed),
    }
}

fn merged(old: Value, changes: Map<String, Value>) -> Value {
    let Value::Object(mut settings) = old else { return Value::Object(changes) };
    for (key, value) in changes {
        if value.is_null() {
            settings.shift_remove(&key);
        } else {
            settings.insert(key, value);
        }
    }
    Value::Object(settings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn settings_are_merged_key_by_key_and_null_removes_one() {
        let changes = json!({"b": null, "c": 3});
        let after = merged(json!({"a": 1, "b": 2}), changes.as_object().expect("object").clone());
        assert_eq!(after, json!({"a": 1, "c": 3}));
    }

    #[test]
    fn a_base_url_is_http_and_holds_no_password() {
        assert_eq!(
            check_api_base(Some("https://a.b/v1/".into())).ok().flatten().as_deref(),
            Some("https://a.b/v1")
        );
        assert_eq!(check_api_base(Some("  ".into())).ok(), Some(None));
        for bad in ["a.b/v1", "ftp://a", "https://u:p@a"] {
            assert!(check_api_base(Some(bad.into())).is_err(), "{bad}");
        }
    }
}
