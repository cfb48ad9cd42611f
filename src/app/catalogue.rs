//! The catalogue in memory: built from Postgres and the configuration file, rebuilt when either changes.

use crate::app::vault::Vault;
use crate::config::{AgentEntry, AgentTools, Config};
use crate::domain::agent::{Agent, AgentDefaults, ManagedBy};
use crate::domain::api_key::{ApiKey, Reach};
use crate::domain::catalogue::{
    Catalogue, GrantFacts, Model, Provider, RoutingFault, TenantCatalogue, TenantName,
};
use crate::domain::ids::{KeyId, MASTER_TENANT, ProviderId, TenantId};
use crate::domain::placement::backend_base;
use crate::domain::pool::config::PoolConfig;
use crate::domain::provider::ProviderType;
use crate::domain::token::Grant;
use crate::store::account_checks::{self, CheckRow};
use crate::store::agents::AgentRow;
use crate::store::db::Db;
use crate::store::grants::GrantRow;
use crate::store::providers::{ProviderRow, api_key_aad};
use crate::store::tenants::TenantRow;
use crate::store::{agents, grants, models, pools, providers, tenants as tenant_rows};
use arc_swap::ArcSwap;
use secrecy::SecretString;
use std::collections::HashMap;
use std::ops::Deref;
use std::sync::{Arc, PoisonError};
use tokio::sync::Mutex;

/// The channel on which Postgres tells of a change; the trigger of the first migration sends to it.
pub const CHANNEL: &str = "gateway_catalogue";

/// A part of a catalogue, and what it was made from: it holds as long as both are the present ones.
#[derive(Debug)]
struct Part {
    whole: Arc<Catalogue>,
    reach: Arc<Reach>,
    seen: Arc<TenantCatalogue>,
}

/// A tenant's part of the catalogue as somebody sees it.
#[derive(Debug)]
pub enum Seen {
    Whole(Arc<Catalogue>, TenantId),
    Part(Arc<TenantCatalogue>),
}

impl Deref for Seen {
    type Target = TenantCatalogue;
    fn deref(&self) -> &TenantCatalogue {
        match self {
            Self::Whole(catalogue, tenant) => catalogue.tenant(*tenant),
            Self::Part(part) => part,
        }
    }
}

/// The one catalogue of this process.
#[derive(Debug)]
pub struct Catalogues {
    db: Db,
    vault: Vault,
    config: Arc<ArcSwap<Config>>,
    current: ArcSwap<Catalogue>,
    keys: ArcSwap<HashMap<ProviderId, SecretString>>,
    /// What keys that do not reach all are shown, each made when it is first asked for.
    parts: std::sync::Mutex<HashMap<KeyId, Part>>,
    /// One rebuild at a time: an older reading must not replace a newer one. It keeps the faults that were told, so that
    /// each is told once.
    rebuild: Mutex<Vec<RoutingFault>>,
}

impl Catalogues {
    /// Empty until the first [`reload`](Self::reload).
    pub fn new(db: Db, vault: Vault, config: Arc<ArcSwap<Config>>) -> Self {
        Self {
            db,
            vault,
            config,
            current: ArcSwap::default(),
            keys: ArcSwap::default(),
            parts: std::sync::Mutex::default(),
            rebuild: Mutex::default(),
        }
    }

    /// As of the last rebuild.
    pub fn current(&self) -> Arc<Catalogue> {
        self.current.load_full()
    }

    /// A tenant's part as of the last rebuild; with a key, what of it the key reaches.
    pub fn seen_by(&self, tenant: TenantId, key: Option<&ApiKey>) -> Seen {
        let whole = self.current();
        let Some(key) = key.filter(|key| !key.reach.is_all()) else { return Seen::Whole(whole, tenant) };
        let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = parts.get(&key.id)
            && Arc::ptr_eq(&known.whole, &whole)
            && Arc::ptr_eq(&known.reach, &key.reach)
        {
            return Seen::Part(known.seen.clone());
        }
        let default_provider = self.config.load().agents.defaults.provider.clone();
        let part = Arc::new(whole.tenant(key.tenant).part(&key.reach, &default_provider));
        // Keys that are gone are forgotten with the catalogue that they saw.
        parts.retain(|_, known| Arc::ptr_eq(&known.whole, &whole));
        parts.insert(key.id, Part { whole, reach: key.reach.clone(), seen: part.clone() });
        Seen::Part(part)
    }

    /// `agents.defaults` as of now.
    pub fn defaults(&self) -> AgentDefaults {
        let config = self.config.load();
        let defaults = &config.agents.defaults;
        AgentDefaults {
            provider: defaults.provider.clone(),
            model: defaults.model.clone(),
            thinking_level: defaults.thinking_level.clone(),
            max_tokens: Some(u64::from(defaults.max_tokens)),
            temperature: defaults.temperature,
            system_prompt: defaults.system_prompt.clone(),
            tools_config: tools_config(&defaults.tools),
            workspace: defaults.workspace.clone(),
        }
    }

    /// The API key of an OpenAI-compatible provider.
    pub fn api_key(&self, id: ProviderId) -> Option<SecretString> {
        self.keys.load().get(&id).cloned()
    }

    /// Reads everything anew.
    pub async fn reload(&self) -> sqlx::Result<()> {
        let mut told = self.rebuild.lock().await;
        let mut tx = self.db.begin_work().await?;
        sqlx::query("set transaction isolation level repeatable read, read only").execute(&mut *tx).await?;
        let tenant_rows = tenant_rows::list(&mut tx).await?;
        let provider_rows = providers::list_all(&mut tx).await?;
        let grant_rows = grants::list_all(&mut tx).await?;
        let check_rows = account_checks::list_all(&mut tx).await?;
        let model_rows = models::list_all(&mut tx).await?;
        let mut pools = pools::list_all(&mut tx).await?;
        let agent_rows = agents::list_all(&mut tx).await?;
        tx.commit().await?;

        let mut grants: HashMap<ProviderId, GrantRow> =
            grant_rows.into_iter().map(|g| (g.provider_id, g)).collect();
        let mut checks: HashMap<ProviderId, CheckRow> =
            check_rows.into_iter().map(|c| (c.provider_id, c)).collect();
        let mut models: HashMap<ProviderId, models::ModelsRow> =
            model_rows.into_iter().map(|m| (ProviderId(m.provider_id), m)).collect();
        // Before anything is opened with them.
        self.vault
            .load_tenants(tenant_rows.iter().filter_map(|row| Some((row.id, row.sealing_key.clone()?))));
        let mut tenants: HashMap<TenantId, Parts> =
            tenant_rows.iter().map(|row| (row.id, Parts::default())).collect();
        let mut keys = HashMap::new();
        let api_base = self.config.load().chatgpt.api_base.clone();
        for row in provider_rows {
            if let Some(sealed) = &row.api_key {
                match self.vault.open(sealed, &api_key_aad(row.id)) {
                    Ok(key) => {
                        keys.insert(row.id, key);
                    }
                    Err(error) => {
                        tracing::error!(provider = %row.name, %error, "its API key can't be opened");
                    }
                }
            }
            let tenant = row.tenant_id;
            let (grant, list, pool) = (grants.remove(&row.id), models.remove(&row.id), pools.remove(&row.id));
            let grant = grant.map(|grant| grant_facts(grant, checks.remove(&row.id), &api_base));
            if let Some(provider) = provider(row, grant, list, pool) {
                tenants.entry(tenant).or_default().providers.push(Arc::new(provider));
            }
        }
        for row in agent_rows {
            let tenant = TenantId(row.tenant_id);
            tenants.entry(tenant).or_default().agents.push(Arc::new(stored_agent(row)));
        }
        let names = tenant_rows.into_iter();
        let names = names
            .map(|TenantRow { id, slug, name, created_at, .. }| TenantName { id, slug, name, created_at })
            .collect();
        let config = self.config.load_full();
        add_file_agents(&config, &mut tenants.entry(MASTER_TENANT).or_default().agents);
        let (mut built, mut faults) = (HashMap::new(), Vec::new());
        for (id, Parts { providers, agents }) in tenants {
            let (tenant, wrong) = TenantCatalogue::new(providers, agents, &config.agents.defaults.provider);
            built.insert(id, tenant);
            faults.extend(wrong);
        }
        for RoutingFault { agent, error } in faults.iter().filter(|fault| !told.contains(fault)) {
            tracing::warn!(%agent, %error, "the agent's routing is not followed as it is written");
        }
        *told = faults;
        self.keys.store(Arc::new(keys));
        self.current.store(Arc::new(Catalogue::new(built, names)));
        Ok(())
    }
}

/// What a tenant's part is built from.
#[derive(Default)]
struct Parts {
    providers: Vec<Arc<Provider>>,
    agents: Vec<Arc<Agent>>,
}

/// The file's agents belong to the default tenant; one of the database with the same key gives way, as the file can't
/// be changed from here.
fn add_file_agents(config: &Config, agents: &mut Vec<Arc<Agent>>) {
    for (key, entry) in &config.agents.list {
        agents.retain(|a| a.key != *key);
        agents.push(Arc::new(file_agent(key, entry, config)));
    }
}

/// `api_base` is the configured one, which says whether another origin is followed.
fn grant_facts(grant: GrantRow, check: Option<CheckRow>, api_base: &str) -> GrantFacts {
    let needs_reauth = match grant.grant() {
        Grant::Valid { .. } => None,
        Grant::NeedsReauth { since, reason } => Some((since, Some(reason.to_code()))),
    };
    let check = check.filter(|check| check.account_id == grant.account_id);
    GrantFacts {
        state_since: needs_reauth.as_ref().map_or(grant.connected_at, |(since, _)| *since),
        account_id: grant.account_id,
        email: grant.email,
        plan_type: grant.plan_type,
        connected_at: grant.connected_at,
        access_expires_at: grant.access_expires_at,
        needs_reauth,
        routing_override: check.as_ref().and_then(CheckRow::routing_override),
        backend_base: check.and_then(|check| backend_base(&check.backend_origin?, api_base)),
    }
}

fn provider(
    row: ProviderRow,
    grant: Option<GrantFacts>,
    list: Option<models::ModelsRow>,
    pool: Option<PoolConfig>,
) -> Option<Provider> {
    let Some(kind) = ProviderType::named(&row.provider_type) else {
        tracing::warn!(provider = %row.name, provider_type = %row.provider_type, "unknown type, left out");
        return None;
    };
    let fetched_at = list.as_ref().map(|l| l.fetched_at);
    Some(Provider {
        id: row.id,
        tenant: row.tenant_id,
        api_base: row.api_base.or_else(|| kind.default_api_base.map(str::to_owned)),
        name: row.name,
        display_name: row.display_name,
        kind,
        has_api_key: row.api_key.is_some(),
        enabled: row.enabled,
        draining: row.draining,
        settings: row.settings,
        pool,
        created_at: row.created_at,
        updated_at: row.updated_at,
        grant,
        models: list.into_iter().flat_map(|l| l.models.0).filter_map(|m| Model::from_entry(&m)).collect(),
        models_fetched_at: fetched_at,
    })
}

fn stored_agent(row: AgentRow) -> Agent {
    let other = &row.other_config.0;
    Agent {
        id: Some(crate::domain::ids::AgentId(row.id)),
        thinking_level: other.get("thinking_level").and_then(|v| v.as_str()).map(str::to_owned),
        max_tokens: other.get("max_tokens").and_then(serde_json::Value::as_u64),
        temperature: other.get("temperature").and_then(serde_json::Value::as_f64),
        routing: other.get("chatgpt_oauth_routing").and_then(|v| v.as_object()).cloned(),
        key: row.agent_key,
        display_name: row.display_name,
        provider: row.provider,
        model: row.model,
        system_prompt: row.system_prompt,
        context_window: u32::try_from(row.context_window).unwrap_or_default(),
        max_tool_iterations: u32::try_from(row.max_tool_iterations).unwrap_or_default(),
        workspace: row.workspace,
        agent_type: row.agent_type,
        is_default: row.is_default,
        active: row.status == "active",
        managed_by: ManagedBy::Database,
        tools_config: row.tools_config.0,
        other_config: row.other_config.0,
        created_at: Some(row.created_at),
        updated_at: Some(row.updated_at),
    }
}

/// An agent's lists as the API writes them.
fn tools_config(tools: &AgentTools) -> serde_json::Map<String, serde_json::Value> {
    let lists = [("allow", &tools.allow), ("deny", &tools.deny)];
    lists.into_iter().map(|(name, list)| (name.to_owned(), list.clone().into())).collect()
}

fn file_agent(key: &str, entry: &AgentEntry, config: &Config) -> Agent {
    let defaults = &config.agents.defaults;
    let mut other = serde_json::Map::new();
    if let Some(level) = &entry.thinking_level {
        other.insert("thinking_level".into(), level.clone().into());
    }
    if let Some(tokens) = entry.max_tokens {
        other.insert("max_tokens".into(), tokens.into());
    }
    if let Some(temperature) = entry.temperature {
        other.insert("temperature".into(), temperature.into());
    }
    let routing = entry.chatgpt_oauth_routing.as_ref().and_then(|r| serde_json::to_value(r).ok());
    if let Some(routing) = &routing {
        other.insert("chatgpt_oauth_routing".into(), routing.clone());
    }
    Agent {
        id: None,
        key: key.to_owned(),
        display_name: entry.display_name.clone(),
        provider: entry.provider.clone(),
        model: entry.model.clone(),
        system_prompt: entry.system_prompt.clone(),
        thinking_level: entry.thinking_level.clone(),
        max_tokens: entry.max_tokens.map(u64::from),
        temperature: entry.temperature,
        context_window: entry.context_window.unwrap_or(defaults.context_window),
        max_tool_iterations: entry.max_tool_iterations.unwrap_or(defaults.max_tool_iterations),
        workspace: entry.workspace.clone(),
        agent_type: "predefined".into(),
        is_default: entry.default,
        active: true,
        managed_by: ManagedBy::File,
        routing: routing.and_then(|r| r.as_object().cloned()),
        tools_config: entry.tools.as_ref().map(tools_config).unwrap_or_default(),
        other_config: other,
        created_at: None,
        updated_at: None,
    }
}
