//! Agents of the database: made, changed, removed. Those of the configuration file are read only.

use crate::app::audit::{self, Change};
use crate::app::catalogue::Catalogues;
use crate::app::clock::Clock;
use crate::config::Config;
use crate::domain::access::Actor;
use crate::domain::agent::{ManagedBy, effort_of};
use crate::domain::ids::{AgentId, TenantId};
use crate::domain::pool::effective::{AgentRouting, RoutingError};
use crate::domain::provider::{CHATGPT_OAUTH, is_slug};
use crate::domain::tool::ToolsConfig;
use crate::store::agents::{self, AgentRow};
use crate::store::db::Db;
use crate::store::db::unique_violation;
use crate::store::{pools, providers};
use arc_swap::ArcSwap;
use serde_json::{Map, Value, json};
use sqlx::PgConnection;
use sqlx::types::Json;
use std::sync::Arc;

/// What it works with.
#[derive(Debug)]
pub struct Agents {
    pub db: Db,
    pub clock: Clock,
    pub config: Arc<ArcSwap<Config>>,
    pub catalogues: Arc<Catalogues>,
}

/// What to write; `None` leaves a value as it is (or at its default), `Some(None)` clears it.
#[derive(Clone, Debug, Default)]
pub struct AgentChange {
    pub agent_key: Option<String>,
    pub display_name: Option<Option<String>>,
    pub provider: Option<Option<String>>,
    pub model: Option<Option<String>>,
    pub context_window: Option<u32>,
    pub max_tool_iterations: Option<u32>,
    pub workspace: Option<Option<String>>,
    pub agent_type: Option<String>,
    pub is_default: Option<bool>,
    pub status: Option<String>,
    pub system_prompt: Option<Option<String>>,
    pub tools_config: Option<Map<String, Value>>,
    /// Replaces the whole object.
    pub other_config: Option<Map<String, Value>>,
}

/// Why it was not done. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum AgentError {
    #[error(
        "\"{0}\" is not an agent key: lower-case letters, digits and hyphens, at most 64, beginning and ending with a letter or digit"
    )]
    InvalidKey(String),
    #[error("{field}: {reason}")]
    InvalidValue { field: &'static str, reason: String },
    #[error(transparent)]
    Routing(RoutingError),
    #[error("an agent with the key \"{0}\" already exists")]
    KeyTaken(String),
    #[error("agent \"{0}\" is defined in the configuration file; change it there")]
    ManagedByFile(String),
    #[error("agent not found")]
    NotFound,
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
}

impl Agents {
    /// Makes an agent; its key.
    pub async fn create(&self, actor: &Actor, change: AgentChange) -> Result<String, AgentError> {
        let (tenant, now) = (actor.tenant, self.clock.now());
        let defaults = self.config.load().agents.defaults.clone();
        let mut row = AgentRow {
            id: self.clock.new_id(),
            tenant_id: tenant.0,
            agent_key: String::new(),
            display_name: None,
            provider: None,
            model: None,
            context_window: i32::try_from(defaults.context_window).unwrap_or(i32::MAX),
            max_tool_iterations: i32::try_from(defaults.max_tool_iterations).unwrap_or(i32::MAX),
            workspace: None,
            agent_type: "open".into(),
            is_default: false,
            status: "active".into(),
            system_prompt: None,
            tools_config: Json(Map::new()),
            other_config: Json(Map::new()),
            created_at: now,
            updated_at: now,
        };
        apply(&mut row, change)?;
        self.refuse_file_agent(tenant, &row.agent_key)?;
        let mut tx = self.db.tenant(tenant).await?;
        check_routing(&mut tx, tenant, &mut row, &defaults.provider).await?;
        if row.is_default {
            agents::clear_default(&mut tx, tenant, AgentId(row.id)).await?;
        }
        agents::insert(&mut tx, &row).await.map_err(|e| taken(e, &row.agent_key))?;
        let made = Change::new("agent.create").on(row.id, &row.agent_key).made(view(&row));
        audit::record(&mut tx, &self.clock, actor, &made).await?;
        tx.commit().await?;
        self.catalogues.reload().await?;
        Ok(row.agent_key)
    }

    /// Changes what is given; the agent's key afterwards.
    pub async fn update(
        &self,
        actor: &Actor,
        id_or_key: &str,
        change: AgentChange,
    ) -> Result<String, AgentError> {
        let tenant = actor.tenant;
        self.refuse_file_agent(tenant, id_or_key)?;
        let mut tx = self.db.tenant(tenant).await?;
        let mut row = agents::lock(&mut tx, tenant, id_or_key).await?.ok_or(AgentError::NotFound)?;
        let (old, before) = (view(&row), (row.provider.clone(), routing_of(&row).cloned()));
        apply(&mut row, change)?;
        self.refuse_file_agent(tenant, &row.agent_key)?;
        // What this write leaves alone does not block it, even if its pool has changed since.
        if before != (row.provider.clone(), routing_of(&row).cloned()) {
            let default = self.config.load().agents.defaults.provider.clone();
            check_routing(&mut tx, tenant, &mut row, &default).await?;
        }
        row.updated_at = self.clock.now();
        if row.is_default {
            agents::clear_default(&mut tx, tenant, AgentId(row.id)).await?;
        }
        agents::update(&mut tx, &row).await.map_err(|e| taken(e, &row.agent_key))?;
        let change = Change::new("agent.update").on(row.id, &row.agent_key).between(&old, &view(&row));
        audit::record(&mut tx, &self.clock, actor, &change).await?;
        tx.commit().await?;
        self.catalogues.reload().await?;
        Ok(row.agent_key)
    }

    /// Removes an agent; its conversations stay.
    pub async fn delete(&self, actor: &Actor, id_or_key: &str) -> Result<(), AgentError> {
        let tenant = actor.tenant;
        self.refuse_file_agent(tenant, id_or_key)?;
        let mut tx = self.db.tenant(tenant).await?;
        let row = agents::lock(&mut tx, tenant, id_or_key).await?.ok_or(AgentError::NotFound)?;
        agents::delete(&mut tx, tenant, AgentId(row.id)).await?;
        let change = Change::new("agent.delete").on(row.id, &row.agent_key).removed(view(&row));
        audit::record(&mut tx, &self.clock, actor, &change).await?;
        tx.commit().await?;
        self.catalogues.reload().await?;
        Ok(())
    }

    fn refuse_file_agent(&self, tenant: TenantId, key: &str) -> Result<(), AgentError> {
        match self.catalogues.current().tenant(tenant).agent(key) {
            Some(agent) if agent.managed_by == ManagedBy::File => {
                Err(AgentError::ManagedByFile(key.to_owned()))
            }
            _ => Ok(()),
        }
    }
}

/// For the audit log.
fn view(row: &AgentRow) -> Value {
    json!({
        "agent_key": row.agent_key,
        "display_name": row.display_name,
        "provider": row.provider,
        "model": row.model,
        "context_window": row.context_window,
        "max_tool_iterations": row.max_tool_iterations,
        "workspace": row.workspace,
        "agent_type": row.agent_type,
        "is_default": row.is_default,
        "status": row.status,
        "system_prompt": row.system_prompt,
        "tools_config": row.tools_config.0,
        "other_config": row.other_config.0,
    })
}

fn routing_of(row: &AgentRow) -> Option<&Value> {
    row.other_config.get("chatgpt_oauth_routing")
}

/// Whether the agent's routing object can be followed at its provider. It means nothing, and is not looked at, where
/// that is no ChatGPT account; of a provider that is not there yet nobody knows the members.
async fn check_routing(
    tx: &mut PgConnection,
    tenant: TenantId,
    row: &mut AgentRow,
    default_provider: &str,
) -> Result<(), AgentError> {
    if routing_of(row).is_none() {
        return Ok(());
    }
    let name = row.provider.as_deref().unwrap_or(default_provider);
    let provider = providers::get_by_name(tx, tenant, name).await?;
    if provider.as_ref().is_some_and(|provider| provider.provider_type != CHATGPT_OAUTH) {
        return Ok(());
    }
    let routing = AgentRouting::parse(routing_of(row)).map_err(AgentError::Routing)?;
    if let Some(provider) = provider {
        let members = pools::member_names(tx, tenant, provider.id).await?;
        routing.check(&provider.name, &members).map_err(AgentError::Routing)?;
    }
    // Kept as they are meant, so that a rename finds them.
    if let AgentRouting::Custom { extras, .. } = routing
        && let Some(Value::Object(object)) = row.other_config.get_mut("chatgpt_oauth_routing")
        && object.contains_key("extra_provider_names")
    {
        object.insert("extra_provider_names".into(), extras.into());
    }
    Ok(())
}

fn taken(error: sqlx::Error, key: &str) -> AgentError {
    if unique_violation(&error).is_some() { AgentError::KeyTaken(key.to_owned()) } else { error.into() }
}

fn apply(row: &mut AgentRow, change: AgentChange) -> Result<(), AgentError> {
    if let Some(key) = change.agent_key {
        row.agent_key = key;
    }
    if !is_slug(&row.agent_key) {
        return Err(AgentError::InvalidKey(row.agent_key.clone()));
    }
    let positive = |field, value: u32| match i32::try_from(value) {
        Ok(n) if n > 0 => Ok(n),
        _ => Err(AgentError::InvalidValue {
            field,
            reason: format!("{value} is not between 1 and {}", i32::MAX),
        }),
    };
    if let Some(tokens) = change.context_window {
        row.context_window = positive("context_window", tokens)?;
    }
    if let Some(rounds) = change.max_tool_iterations {
        row.max_tool_iterations = positive("max_tool_iterations", rounds)?;
    }
    if let Some(status) = change.status {
        if !matches!(status.as_str(), "active" | "inactive") {
            let reason = format!("\"{status}\" is neither \"active\" nor \"inactive\"");
            return Err(AgentError::InvalidValue { field: "status", reason });
        }
        row.status = status;
    }
    if let Some(other) = change.other_config {
        check_other_config(&other)?;
        row.other_config = Json(other);
    }
    if let Some(tools) = change.tools_config {
        ToolsConfig::parse(&tools)
            .map_err(|error| AgentError::InvalidValue { field: "tools_config", reason: error.to_string() })?;
        row.tools_config = Json(tools);
    }
    let blank_is_none = |text: Option<String>| text.filter(|t| !t.trim().is_empty());
    if let Some(name) = change.display_name {
        row.display_name = blank_is_none(name);
    }
    if let Some(provider) = change.provider {
        row.provider = blank_is_none(provider);
    }
    if let Some(model) = change.model {
        row.model = blank_is_none(model);
    }
    if let Some(workspace) = change.workspace {
        row.workspace = blank_is_none(workspace);
    }
    if let Some(prompt) = change.system_prompt {
        row.system_prompt = blank_is_none(prompt);
    }
    row.agent_type = change.agent_type.unwrap_or_else(|| std::mem::take(&mut row.agent_type));
    row.is_default = change.is_default.unwrap_or(row.is_default);
    Ok(())
}

fn check_other_config(other: &Map<String, Value>) -> Result<(), AgentError> {
    match other.get("thinking_level") {
        None | Some(Value::Null) => {}
        Some(Value::String(level)) => {
            effort_of(level).map_err(|reason| AgentError::InvalidValue {
                field: "other_config.thinking_level",
                reason,
            })?;
        }
        Some(found) => {
            let reason = format!("{found} is not a text");
            return Err(AgentError::InvalidValue { field: "other_config.thinking_level", reason });
        }
    }
    match other.get("temperature") {
        None | Some(Value::Null) => {}
        Some(value) if value.as_f64().is_some_and(|t| (0.0..=2.0).contains(&t)) => {}
        Some(found) => {
            let reason = format!("{found} is not a number from 0 to 2");
            return Err(AgentError::InvalidValue { field: "other_config.temperature", reason });
        }
    }
    for (key, field) in [
        ("max_tokens", "other_config.max_tokens"),
        ("max_run_tokens", "other_config.max_run_tokens"),
        ("max_run_seconds", "other_config.max_run_seconds"),
    ] {
        match other.get(key) {
            None | Some(Value::Null) => {}
            Some(value) if value.as_u64().is_some_and(|n| n > 0) => {}
            Some(found) => {
                let reason = format!("{found} is not a positive whole number");
                return Err(AgentError::InvalidValue { field, reason });
            }
        }
    }
    Ok(())
}
