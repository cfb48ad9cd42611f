//! Providers: made, changed, removed, verified.

mod view;

use crate::app::audit::{self, Change};
use crate::app::catalogue::Catalogues;
use crate::app::clock::Clock;
use crate::app::dependents::{self, Dependents};
use crate::app::models::{Models, ModelsError};
use crate::app::pools::{self, PoolError};
use crate::app::tokens::Tokens;
use crate::app::vault::Vault;
use crate::domain::access::Actor;
use crate::domain::ids::{ProviderId, TenantId};
use crate::domain::pool::config::{PoolEdit, PoolSettingsError};
use crate::domain::pool::validate::PoolViolation;
use crate::domain::provider::{ProviderType, TYPES, is_slug};
use crate::store::db::Db;
use crate::store::db::unique_violation;
use crate::store::pools::{self as pool_rows, broken_rule};
use crate::store::providers::{self, NewProvider, ProviderChange, ProviderRow, api_key_aad};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use view::view;

/// What it works with.
pub struct Providers {
    pub db: Db,
    pub clock: Clock,
    pub vault: Vault,
    pub tokens: Tokens,
    pub catalogues: Arc<Catalogues>,
    pub models: Arc<Models>,
}

/// What a new provider is made of, as a client says it.
#[derive(Clone, Debug)]
pub struct Create {
    pub name: String,
    pub provider_type: String,
    pub display_name: Option<String>,
    pub api_base: Option<String>,
    pub api_key: Option<SecretString>,
    pub enabled: bool,
    /// `codex_pool` in it is the pool that it manages.
    pub settings: Map<String, Value>,
}

/// What is to change; `None` leaves a value as it is, `Some(None)` clears it.
#[derive(Clone, Debug, Default)]
pub struct Update {
    pub name: Option<String>,
    pub display_name: Option<Option<String>>,
    pub api_base: Option<Option<String>>,
    /// `***` and the empty text leave the key as it is.
    pub api_key: Option<SecretString>,
    pub enabled: Option<bool>,
    /// It takes nothing new and goes on with the conversations that live on it.
    pub draining: Option<bool>,
    /// Merged key by key; a null removes its key. `codex_pool` is the pool, of which what is absent stays, too.
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
    #[error(transparent)]
    PoolSettings(PoolSettingsError),
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    PoolRules(Vec<PoolViolation>),
    #[error("others are changing the same pools; try again")]
    Contended,
    #[error("a provider named \"{0}\" already exists")]
    NameTaken(String),
    #[error("provider not found")]
    NotFound,
    #[error("provider \"{name}\" is used by {}; remove it there first, or with ?detach=true", used(.dependents))]
    InUse { name: String, dependents: Dependents },
    #[error(
        "provider \"{name}\" is named by agents of the configuration file: {}; change them there first",
        agents.join(", ")
    )]
    NamedInFile { name: String, agents: Vec<String> },
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
}

impl From<PoolError> for ProviderError {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Settings(error) => Self::PoolSettings(error),
            PoolError::Rules(broken) => Self::PoolRules(broken),
            PoolError::Database(error) => Self::Database(error),
        }
    }
}

/// How often a write is judged anew when another one gets in between. The locks make once rare.
const ATTEMPTS: usize = 4;

impl Providers {
    /// Makes a provider. A ChatGPT one has no account until somebody signs in.
    pub async fn create(&self, actor: &Actor, create: Create) -> Result<ProviderId, ProviderError> {
        let id = judged(|| self.try_create(actor, create.clone())).await?;
        self.catalogues.reload().await?;
        self.models.fetch_behind(actor.tenant, &id.to_string());
        Ok(id)
    }

    async fn try_create(&self, actor: &Actor, mut create: Create) -> Result<ProviderId, ProviderError> {
        let tenant = actor.tenant;
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
        let pool = PoolEdit::take(&mut create.settings).map_err(ProviderError::PoolSettings)?;
        let (id, now) = (ProviderId(self.clock.new_id()), self.clock.now());
        let api_key = api_key.map(|key| self.vault.seal_for(tenant, &key, &api_key_aad(id)));
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
        let mut tx = self.db.tenant(tenant).await?;
        let row = providers::insert(&mut tx, tenant, &new, now).await.map_err(|e| taken(e, &new.name))?;
        if let PoolEdit::Set(change) = pool {
            let names = change.extra_provider_names.as_deref().unwrap_or_default();
            let locked = providers::lock_with(&mut tx, tenant, &id.to_string(), names).await?;
            pools::write(&mut tx, tenant, &row, change, &locked, now).await?;
        }
        let made = view(&mut tx, tenant, &row).await?;
        let change = Change::new("provider.create").on(id, &row.name).made(made);
        audit::record(&mut tx, &self.clock, actor, &change).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Changes what is given and leaves the rest. A new name follows through to the agents of the database.
    pub async fn update(&self, actor: &Actor, id_or_name: &str, update: Update) -> Result<(), ProviderError> {
        let upstream_changed = update.api_base.is_some() || update.api_key.is_some();
        let id = judged(|| self.try_update(actor, id_or_name, update.clone())).await?;
        self.catalogues.reload().await?;
        if upstream_changed {
            self.models.fetch_behind(actor.tenant, &id.to_string());
        }
        Ok(())
    }

    async fn try_update(
        &self,
        actor: &Actor,
        id_or_name: &str,
        mut update: Update,
    ) -> Result<ProviderId, ProviderError> {
        let tenant = actor.tenant;
        let pool = match &mut update.settings {
            Some(settings) => PoolEdit::take(settings).map_err(ProviderError::PoolSettings)?,
            None => PoolEdit::Keep,
        };
        let names = match &pool {
            PoolEdit::Set(change) => change.extra_provider_names.as_deref().unwrap_or_default(),
            PoolEdit::Keep | PoolEdit::Dissolve => &[],
        };
        let now = self.clock.now();
        let mut tx = self.db.tenant(tenant).await?;
        let locked = providers::lock_with(&mut tx, tenant, id_or_name, names).await?;
        let row = target(&locked, id_or_name)?;
        let kind = ProviderType::named(&row.provider_type);
        let chatgpt = kind.is_some_and(ProviderType::is_chatgpt);
        let api_base = update.api_base.map(check_api_base).transpose()?;
        if matches!(api_base, Some(None)) && !chatgpt && kind.is_none_or(|k| k.default_api_base.is_none()) {
            return Err(ProviderError::ApiBaseRequired(row.provider_type.clone()));
        }
        let api_key = update.api_key.filter(|key| !matches!(key.expose_secret().trim(), "" | "***"));
        if chatgpt && api_key.is_some() {
            return Err(ProviderError::NoApiKey);
        }
        if let Some(name) = update.name.as_ref().filter(|n| **n != row.name) {
            if !is_slug(name) {
                return Err(ProviderError::InvalidName(name.clone()));
            }
            self.refuse_when_in_file(tenant, row)?;
        }
        let before = view(&mut tx, tenant, row).await?;
        match pool {
            PoolEdit::Keep => {}
            PoolEdit::Dissolve => drop(pool_rows::dissolve(&mut tx, tenant, row.id).await?),
            PoolEdit::Set(change) => pools::write(&mut tx, tenant, row, change, &locked, now).await?,
        }
        let change = ProviderChange {
            display_name: update.display_name,
            provider_type: None,
            api_base,
            api_key: api_key.map(|key| Some(self.vault.seal_for(tenant, &key, &api_key_aad(row.id)))),
            enabled: update.enabled,
            draining: update.draining,
            settings: update.settings.map(|changes| merged(row.settings.clone(), changes)),
            name: update.name,
        };
        let name = change.name.as_ref().unwrap_or(&row.name);
        let written = providers::update(&mut tx, tenant, row.id, &change, now).await;
        let written = written.map_err(|e| taken(e, name))?.ok_or(ProviderError::NotFound)?;
        if written.name != row.name {
            dependents::rename(&mut tx, tenant, &row.name, &written.name, now).await?;
        }
        let after = view(&mut tx, tenant, &written).await?;
        let mut told = Change::new("provider.update").on(row.id, &written.name).between(&before, &after);
        if change.api_key.is_some() {
            told = told.secret(&["api_key"], row.api_key.is_some(), true);
        }
        audit::record(&mut tx, &self.clock, actor, &told).await?;
        tx.commit().await?;
        Ok(row.id)
    }

    /// Removes a provider with its sign-in. Refused while a pool or an agent needs it; `detach` takes it away from
    /// them first, but for agents of the configuration file.
    pub async fn delete(&self, actor: &Actor, id_or_name: &str, detach: bool) -> Result<(), ProviderError> {
        let id = judged(|| self.try_delete(actor, id_or_name, detach)).await?;
        self.tokens.invalidate(id).await?;
        self.catalogues.reload().await?;
        Ok(())
    }

    async fn try_delete(
        &self,
        actor: &Actor,
        id_or_name: &str,
        detach: bool,
    ) -> Result<ProviderId, ProviderError> {
        let tenant = actor.tenant;
        let mut tx = self.db.tenant(tenant).await?;
        let locked = providers::lock_with(&mut tx, tenant, id_or_name, &[]).await?;
        let row = target(&locked, id_or_name)?;
        let (mut dependents, agents) = dependents::find(&mut tx, tenant, row).await?;
        if detach {
            self.refuse_when_in_file(tenant, row)?;
        } else {
            dependents.agents.extend(self.in_file(tenant, &row.name));
            if !dependents.is_empty() {
                return Err(ProviderError::InUse { name: row.name.clone(), dependents });
            }
        }
        let mut removed = view(&mut tx, tenant, row).await?;
        if !dependents.is_empty() {
            removed["detached_from"] = json!({ "pools": dependents.pools, "agents": dependents.agents });
        }
        // Also where nobody depends on it: a pool without members goes with its owner.
        dependents::detach(&mut tx, tenant, row, agents, self.clock.now()).await?;
        providers::delete(&mut tx, tenant, row.id).await?;
        let change = Change::new("provider.delete").on(row.id, &row.name).removed(removed);
        audit::record(&mut tx, &self.clock, actor, &change).await?;
        tx.commit().await?;
        Ok(row.id)
    }

    fn in_file(&self, tenant: TenantId, name: &str) -> Vec<String> {
        dependents::in_file(self.catalogues.current().tenant(tenant), name)
    }

    fn refuse_when_in_file(&self, tenant: TenantId, row: &ProviderRow) -> Result<(), ProviderError> {
        let agents = self.in_file(tenant, &row.name);
        if agents.is_empty() {
            return Ok(());
        }
        Err(ProviderError::NamedInFile { name: row.name.clone(), agents })
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

/// Tries again when the constraints of the pools refused what the rules had let pass: another write came in between,
/// and now the rules see it.
async fn judged<T, F>(write: impl Fn() -> F) -> Result<T, ProviderError>
where
    F: Future<Output = Result<T, ProviderError>>,
{
    for _ in 0..ATTEMPTS {
        match write().await {
            Err(ProviderError::Database(error)) if broken_rule(&error) => {}
            done => return done,
        }
    }
    Err(ProviderError::Contended)
}

/// The one that is meant: the id goes first.
fn target<'a>(locked: &'a [ProviderRow], id_or_name: &str) -> Result<&'a ProviderRow, ProviderError> {
    let id = id_or_name.parse().ok().map(ProviderId);
    let by_id = locked.iter().find(|row| Some(row.id) == id);
    by_id.or_else(|| locked.iter().find(|row| row.name == id_or_name)).ok_or(ProviderError::NotFound)
}

fn used(by: &Dependents) -> String {
    let pools: Vec<String> = by.pools.iter().map(|owner| format!("the pool of \"{owner}\"")).collect();
    let agents = (!by.agents.is_empty()).then(|| format!("agents: {}", by.agents.join(", ")));
    pools.into_iter().chain(agents).collect::<Vec<_>>().join(" and ")
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
