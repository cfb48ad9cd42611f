//! `/v1/agents`: those of the database and, read only, those of the configuration file.

use super::pools::{PoolAffinity, PoolStrategy};
use super::providers::{Done, given};
use crate::app::App;
use crate::app::agents::{AgentChange, AgentError};
use crate::domain::agent::{Agent, AgentDefaults, ManagedBy};
use crate::domain::catalogue::TenantCatalogue;
use crate::domain::pool::config::{Affinity, Strategy};
use crate::domain::pool::effective::{EffectivePool, RoutingError, Source};
use crate::http::error::{ApiError, ErrorBody};
use crate::http::extract::{Caller, JsonBody};
use crate::http::permit::{ManageAgents, Permitted, Read};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::sync::Arc;
use utoipa::ToSchema;

/// An agent.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Agent)]
pub struct AgentBody {
    /// Null for an agent of the configuration file.
    #[schema(required)]
    id: Option<String>,
    agent_key: String,
    #[schema(required)]
    display_name: Option<String>,
    /// Null: the default one.
    #[schema(required)]
    provider: Option<String>,
    /// Null: the default one.
    #[schema(required)]
    model: Option<String>,
    context_window: u32,
    max_tool_iterations: u32,
    #[schema(required)]
    workspace: Option<String>,
    agent_type: String,
    #[schema(required)]
    system_prompt: Option<String>,
    is_default: bool,
    #[schema(value_type = AgentStatus)]
    status: &'static str,
    #[schema(value_type = AgentManagedBy)]
    managed_by: &'static str,
    /// `{}`: the default ones.
    #[schema(value_type = AgentToolsConfig)]
    tools_config: Map<String, Value>,
    #[schema(value_type = AgentOtherConfig)]
    other_config: Map<String, Value>,
    #[schema(required)]
    created_at: Option<DateTime<Utc>>,
    #[schema(required)]
    updated_at: Option<DateTime<Utc>>,
    effective: EffectiveBody,
}

/// The members of `other_config` that mean something here; others are kept as they are.
#[derive(Debug, Serialize, ToSchema)]
pub struct AgentOtherConfig {
    /// `off`, `low`, `medium`, `high`, and what the model's catalogue lists.
    thinking_level: Option<String>,
    /// Most tokens of one answer.
    max_tokens: Option<u64>,
    /// Input and output tokens that all model calls of a run may use together.
    max_run_tokens: Option<u64>,
    /// Seconds that a run may take.
    max_run_seconds: Option<u64>,
    /// 0 to 2, for models that take one.
    temperature: Option<f64>,
    chatgpt_oauth_routing: Option<RoutingInput>,
}

/// The tools that an agent may call: names, `mcp:<server>` (all tools of an MCP server) or `*`.
#[derive(Debug, Serialize, ToSchema)]
pub struct AgentToolsConfig {
    /// Nothing is allowed that is not listed.
    allow: Option<Vec<String>>,
    /// Wins over `allow`.
    deny: Option<Vec<String>>,
}

/// The agent's own use of its provider's pool; null and `{}` are the provider's way. It means nothing where the provider
/// is no ChatGPT account.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ChatgptOauthRouting)]
pub struct RoutingInput {
    /// `inherit` (the provider's way) or `custom`.
    override_mode: Option<String>,
    /// `primary_first` without names switches the pool off.
    #[schema(value_type = Option<PoolStrategy>)]
    strategy: Option<Strategy>,
    /// Members of the provider's pool to use, in order; none: all of them.
    extra_provider_names: Option<Vec<String>>,
}

/// Whether an agent answers.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AgentStatus {
    Active,
    Inactive,
}

/// Who may change an agent: the API, or only whoever edits the configuration file.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AgentManagedBy {
    Database,
    File,
}

/// What the agent really uses, defaults included.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EffectiveAgent)]
pub struct EffectiveBody {
    provider: String,
    model: String,
    #[schema(required)]
    thinking_level: Option<String>,
    #[schema(required)]
    max_tokens: Option<u64>,
    /// Its own lists when it says anything about tools, else the default ones.
    #[schema(value_type = AgentToolsConfig)]
    tools_config: Map<String, Value>,
    /// Null: its tools have no files.
    #[schema(required)]
    workspace: Option<String>,
    /// Null while its provider is not there.
    #[schema(required)]
    routing: Option<RoutingBody>,
}

/// The accounts that answer for the agent.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EffectiveRouting)]
pub struct RoutingBody {
    #[schema(value_type = PoolStrategy)]
    strategy: Strategy,
    #[schema(value_type = PoolAffinity)]
    affinity: Affinity,
    /// Whether more than one account is in play.
    active: bool,
    /// By name, the owner first.
    accounts: Vec<String>,
    #[schema(value_type = RoutingSource)]
    source: Source,
}

/// Whose word a routing is. It documents `domain::pool::effective::Source`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RoutingSource {
    /// The provider's pool as it is.
    Provider,
    /// The agent's own routing.
    Agent,
    /// There is no pool, or the agent switched it off.
    Single,
}

impl From<EffectivePool> for RoutingBody {
    fn from(pool: EffectivePool) -> Self {
        Self {
            strategy: pool.strategy,
            affinity: pool.affinity,
            active: pool.active,
            accounts: pool.accounts.iter().map(|account| account.name.clone()).collect(),
            source: pool.source,
        }
    }
}

impl AgentBody {
    /// Of an agent, as of now.
    pub fn new(agent: &Agent, tenant: &TenantCatalogue, defaults: &AgentDefaults) -> Self {
        let effective = agent.effective(defaults);
        Self {
            id: agent.id.map(|id| id.to_string()),
            agent_key: agent.key.clone(),
            display_name: agent.display_name.clone(),
            provider: agent.provider.clone(),
            model: agent.model.clone(),
            context_window: agent.context_window,
            max_tool_iterations: agent.max_tool_iterations,
            workspace: agent.workspace.clone(),
            agent_type: agent.agent_type.clone(),
            system_prompt: agent.system_prompt.clone(),
            is_default: agent.is_default,
            status: if agent.active { "active" } else { "inactive" },
            managed_by: match agent.managed_by {
                ManagedBy::Database => "database",
                ManagedBy::File => "file",
            },
            tools_config: agent.tools_config.clone(),
            other_config: agent.other_config.clone(),
            created_at: agent.created_at,
            updated_at: agent.updated_at,
            effective: EffectiveBody {
                provider: effective.provider,
                model: effective.model,
                thinking_level: effective.thinking_level,
                max_tokens: effective.max_tokens,
                tools_config: effective.tools_config,
                workspace: effective.workspace,
                routing: tenant.agent_pool(agent, defaults).map(RoutingBody::from),
            },
        }
    }
}

/// The tenant's agents.
#[derive(Debug, Serialize, ToSchema)]
pub struct AgentList {
    agents: Vec<AgentBody>,
}

/// A new agent, or changes to one: what is absent stays (or is the default), null clears.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AgentInput)]
pub struct WriteAgent {
    /// A slug, unique in the tenant; needed for a new agent.
    agent_key: Option<String>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    display_name: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    provider: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    model: Option<Option<String>>,
    context_window: Option<u32>,
    max_tool_iterations: Option<u32>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    workspace: Option<Option<String>>,
    agent_type: Option<String>,
    is_default: Option<bool>,
    /// `active` or `inactive`.
    status: Option<String>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    system_prompt: Option<Option<String>>,
    #[schema(value_type = Option<AgentToolsConfig>)]
    tools_config: Option<Map<String, Value>>,
    /// Replaces the whole object.
    #[schema(value_type = Option<AgentOtherConfig>)]
    other_config: Option<Map<String, Value>>,
}

impl From<WriteAgent> for AgentChange {
    fn from(body: WriteAgent) -> Self {
        Self {
            agent_key: body.agent_key,
            display_name: body.display_name,
            provider: body.provider,
            model: body.model,
            context_window: body.context_window,
            max_tool_iterations: body.max_tool_iterations,
            workspace: body.workspace,
            agent_type: body.agent_type,
            is_default: body.is_default,
            status: body.status,
            system_prompt: body.system_prompt,
            tools_config: body.tools_config,
            other_config: body.other_config,
        }
    }
}

/// Lists the agents
#[utoipa::path(operation_id = "agents_list", get, path = "/v1/agents", tag = "agents", security(("token" = ["read"])), responses(
    (status = 200, description = "Those of the database, oldest first, then those of the file", body = AgentList)))]
pub async fn list(State(app): State<Arc<App>>, caller: Permitted<Read>) -> Result<Json<AgentList>, ApiError> {
    let (catalogue, defaults) = (app.catalogues.current(), app.catalogues.defaults());
    let tenant = catalogue.tenant(caller.tenant());
    let agents = tenant.agents.iter().map(|agent| AgentBody::new(agent, tenant, &defaults));
    Ok(Json(AgentList { agents: agents.collect() }))
}

/// Makes an agent
#[utoipa::path(operation_id = "agents_create", post, path = "/v1/agents", tag = "agents", request_body = WriteAgent, security(("token" = ["manage_agents"])), responses(
    (status = 201, description = "Made", body = AgentBody),
    (status = 400, description = "A value is wrong", body = ErrorBody),
    (status = 409, description = "The key is taken", body = ErrorBody)))]
pub async fn create(
    State(app): State<Arc<App>>,
    caller: Permitted<ManageAgents>,
    JsonBody(body): JsonBody<WriteAgent>,
) -> Result<(StatusCode, Json<AgentBody>), ApiError> {
    let key = app.agents.create(caller.actor(), body.into()).await?;
    Ok((StatusCode::CREATED, Json(read(&app, &caller, &key)?)))
}

/// One agent, by id or key
#[utoipa::path(operation_id = "agents_get", get, path = "/v1/agents/{id}", tag = "agents",
    params(("id" = String, Path, description = "Id or key")),
    security(("token" = ["read"])), responses((status = 200, description = "The agent", body = AgentBody),
              (status = 404, description = "There is none", body = ErrorBody)))]
pub async fn get(
    State(app): State<Arc<App>>,
    caller: Permitted<Read>,
    Path(id): Path<String>,
) -> Result<Json<AgentBody>, ApiError> {
    Ok(Json(read(&app, &caller, &id)?))
}

/// Changes an agent
#[utoipa::path(operation_id = "agents_update", put, path = "/v1/agents/{id}", tag = "agents", request_body = WriteAgent,
    params(("id" = String, Path, description = "Id or key")),
    security(("token" = ["manage_agents"])), responses((status = 200, description = "Changed", body = AgentBody),
              (status = 400, description = "A value is wrong", body = ErrorBody),
              (status = 404, description = "There is none", body = ErrorBody),
              (status = 409, description = "The key is taken, or the file defines this agent", body = ErrorBody)))]
pub async fn update(
    State(app): State<Arc<App>>,
    caller: Permitted<ManageAgents>,
    Path(id): Path<String>,
    JsonBody(body): JsonBody<WriteAgent>,
) -> Result<Json<AgentBody>, ApiError> {
    let key = app.agents.update(caller.actor(), &id, body.into()).await?;
    Ok(Json(read(&app, &caller, &key)?))
}

/// Removes an agent; its conversations stay
#[utoipa::path(operation_id = "agents_delete", delete, path = "/v1/agents/{id}", tag = "agents",
    params(("id" = String, Path, description = "Id or key")),
    security(("token" = ["manage_agents"])), responses((status = 200, description = "Removed", body = Done),
              (status = 404, description = "There is none", body = ErrorBody),
              (status = 409, description = "The file defines this agent", body = ErrorBody)))]
pub async fn delete(
    State(app): State<Arc<App>>,
    caller: Permitted<ManageAgents>,
    Path(id): Path<String>,
) -> Result<Json<Done>, ApiError> {
    app.agents.delete(caller.actor(), &id).await?;
    Ok(Json(Done { status: "deleted" }))
}

fn read(app: &App, caller: &Caller, id: &str) -> Result<AgentBody, ApiError> {
    let catalogue = app.catalogues.current();
    let tenant = catalogue.tenant(caller.tenant());
    let agent = find(tenant, id).ok_or_else(|| ApiError::not_found("agent"))?;
    Ok(AgentBody::new(agent, tenant, &app.catalogues.defaults()))
}

/// By id, else by key.
pub(super) fn find<'a>(tenant: &'a TenantCatalogue, id: &str) -> Option<&'a Agent> {
    let by_id = |a: &&Arc<Agent>| a.id.is_some_and(|own| own.to_string() == id);
    let mut agents = tenant.agents.iter();
    agents.clone().find(by_id).or_else(|| agents.find(|a| a.key == id)).map(|a| &**a)
}

impl From<AgentError> for ApiError {
    fn from(error: AgentError) -> Self {
        let text = error.to_string();
        match error {
            AgentError::InvalidKey(_) => Self::bad_request("invalid_agent_key", text),
            AgentError::InvalidValue { field, .. } => {
                Self::bad_request("invalid_value", text).with("field", field.into())
            }
            AgentError::Routing(error) => {
                let code = match error {
                    RoutingError::OutsidePool { .. } => "account_outside_pool",
                    RoutingError::NotAnObject(_)
                    | RoutingError::UnknownMember(_)
                    | RoutingError::UnknownMode(_)
                    | RoutingError::UnknownStrategy(_)
                    | RoutingError::NotNames(_) => "invalid_value",
                };
                Self::bad_request(code, text).with("field", "other_config.chatgpt_oauth_routing".into())
            }
            AgentError::KeyTaken(_) => Self::new(StatusCode::CONFLICT, "key_taken", text),
            AgentError::ManagedByFile(_) => Self::new(StatusCode::CONFLICT, "managed_by_file", text),
            AgentError::NotFound => Self::not_found("agent"),
            AgentError::Database(error) => Self::internal(&error),
        }
    }
}
