//! The tools that the gateway offers to MCP clients.

use super::ask::ask_agent;
use crate::app::App;
use crate::app::catalogue::Seen;
use crate::domain::access::Permission;
use crate::domain::api_key::ApiKey;
use crate::domain::catalogue::{Provider, TenantCatalogue};
use crate::http::admin::agents::AgentBody;
use crate::http::admin::providers::ProviderBody;
use crate::http::admin::quota::ProviderQuota;
use crate::http::extract::Caller;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, Implementation, JsonObject,
    ListToolsResult, PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool, ToolAnnotations,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, ServerHandler};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// The gateway for one request of one caller.
#[derive(Clone)]
pub(super) struct GatewayTools {
    pub(super) app: Arc<App>,
    pub(super) caller: Caller,
    /// The API key that asks.
    pub(super) key: Option<Arc<ApiKey>>,
}

/// No arguments.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AskAgent {
    agent: String,
    message: String,
    session_key: Option<String>,
}

impl ServerHandler for GatewayTools {
    fn get_info(&self) -> ServerConfig {
        let us = Implementation::new("gateway", env!("CARGO_PKG_VERSION")).with_title("Gateway");
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(us)
            .with_instructions("The state of this gateway's accounts and their quota, and its agents to ask.")
    }

    async fn list_tools(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(tools(&self.caller)))
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        tools(&self.caller).into_iter().find(|tool| tool.name == name)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let arguments = request.arguments.unwrap_or_default();
        let result = match &*request.name {
            "pool_status" => read::<Nothing>(arguments).map(|_| self.pool_status())?,
            "quota" => read::<Nothing>(arguments).map(|_| self.quota())?,
            "list_agents" => read::<Nothing>(arguments).map(|_| self.agents())?,
            "ask_agent" => {
                let ask: AskAgent = read(arguments)?;
                if !self.caller.may(Permission::UseModels) {
                    return Ok(refused("your role does not allow to ask agents").into());
                }
                let (app, tenant) = (&self.app, self.caller.tenant());
                let session = ask.session_key.as_deref();
                let key = self.key.clone();
                let asked = Box::pin(ask_agent(app, tenant, &ask.agent, &ask.message, session, key));
                match context.ct.run_until_cancelled(asked).await {
                    Some(Ok(text)) => CallToolResult::success(vec![ContentBlock::text(text)]),
                    Some(Err(why)) => refused(&why),
                    None => refused("cancelled"),
                }
            }
            unknown => {
                let known = tools(&self.caller);
                let known: Vec<&str> = known.iter().map(|tool| &*tool.name).collect();
                let text = format!("there is no tool \"{unknown}\"; known are {}", known.join(", "));
                return Err(ErrorData::invalid_params(text, None));
            }
        };
        Ok(result.into())
    }
}

impl GatewayTools {
    fn seen(&self) -> Seen {
        self.app.catalogues.seen_by(self.caller.tenant(), self.key.as_deref())
    }

    fn pool_status(&self) -> CallToolResult {
        let seen = self.seen();
        let tenant: &TenantCatalogue = &seen;
        let accounts: Vec<Value> =
            tenant.providers.iter().map(|provider| account(&self.app, provider, tenant)).collect();
        let pools: Vec<Value> = tenant
            .providers
            .iter()
            .filter_map(|owner| Some((owner, owner.pool.as_ref()?, tenant.pool(owner.id)?)))
            .map(|(owner, config, pool)| {
                let accounts: Vec<&str> = pool.accounts.iter().map(|account| &*account.name).collect();
                json!({"owner": owner.name, "strategy": config.strategy, "affinity": config.affinity,
                       "accounts": accounts})
            })
            .collect();
        let incident = self.app.accounts.incident().map(|incident| {
            json!({"cause": incident.cause.as_str(), "since": incident.since, "accounts": incident.accounts})
        });
        let now = self.app.clock.now();
        CallToolResult::structured(
            json!({"pools": pools, "accounts": accounts, "incident": incident, "generated_at": now}),
        )
    }

    fn quota(&self) -> CallToolResult {
        let (seen, now) = (self.seen(), self.app.clock.now());
        let accounts = seen.providers.iter().filter(|p| p.kind.is_chatgpt());
        let quotas: Vec<Value> =
            accounts.map(|p| json!(ProviderQuota::new(p, self.app.quotas.overview(p, now)))).collect();
        CallToolResult::structured(json!({"providers": quotas, "generated_at": now}))
    }

    fn agents(&self) -> CallToolResult {
        let (seen, defaults) = (self.seen(), self.app.catalogues.defaults());
        let tenant: &TenantCatalogue = &seen;
        let agents: Vec<Value> = tenant
            .agents
            .iter()
            .map(|agent| json!(AgentBody::new(agent, tenant, &defaults)))
            .map(|agent| pick(&agent, &["agent_key", "display_name", "status", "is_default", "effective"]))
            .collect();
        CallToolResult::structured(json!({"agents": agents}))
    }
}

/// One account: what its page shows, its health, and its quota where it has one.
fn account(app: &App, provider: &Provider, tenant: &TenantCatalogue) -> Value {
    let now = app.clock.now();
    let body = json!(ProviderBody::new(provider, tenant, app));
    let mut shown = pick(
        &body,
        &["name", "display_name", "provider_type", "enabled", "status", "pool", "account", "model_count"],
    );
    let (failures, cause) = app.accounts.streak(provider.id);
    let error = app.accounts.last_error(provider.id);
    shown["health"] = json!({
        "consecutive_failures": failures,
        "cause": cause.map(crate::domain::routing::failover::Cause::as_str),
        "last_error": error.map(|error| json!({
            "at": error.at, "cause": error.cause.as_str(), "message": error.message,
        })),
    });
    let cooldown = app.accounts.cooldown(provider.id, now);
    shown["cooldown"] =
        json!(cooldown.map(|c| json!({"until": c.until, "reason": c.reason, "since": c.since})));
    if provider.kind.is_chatgpt() {
        shown["quota"] = json!(ProviderQuota::new(provider, app.quotas.overview(provider, now)));
    }
    shown
}

/// Some members of an object, in this order.
fn pick(object: &Value, members: &[&str]) -> Value {
    let members = members.iter().filter_map(|name| Some(((*name).to_owned(), object.get(name)?.clone())));
    Value::Object(members.collect::<Map<_, _>>())
}

/// What the caller may call, in a stable order.
fn tools(caller: &Caller) -> Vec<Tool> {
    let nothing = json!({"type": "object", "properties": {}, "additionalProperties": false});
    let mut tools = vec![
        reading(
            "pool_status",
            "The pools and accounts of this gateway: which can serve, which cannot and why, their health, and what is \
             left of their quota.",
            &nothing,
        ),
        reading(
            "quota",
            "What is left of every account's quota: each window with its reset, the age of the number, and a forecast.",
            &nothing,
        ),
        reading(
            "list_agents",
            "The agents of this gateway, with the model and provider each uses.",
            &nothing,
        ),
    ];
    if caller.may(Permission::UseModels) {
        let ask = json!({
            "type": "object",
            "properties": {
                "agent": {"type": "string", "description": "The agent's key, as list_agents tells it."},
                "message": {"type": "string", "description": "What to say to the agent."},
                "session_key": {"type": "string", "description":
                    "Names a conversation that is kept and goes on; without one every question stands alone."},
            },
            "required": ["agent", "message"],
            "additionalProperties": false,
        });
        tools.push(Tool::new(
            "ask_agent",
            "Asks an agent of this gateway and returns its answer.",
            object(&ask),
        ));
    }
    tools
}

fn reading(name: &'static str, description: &'static str, schema: &Value) -> Tool {
    Tool::new(name, description, object(schema)).with_annotations(ToolAnnotations::new().read_only(true))
}

fn object(schema: &Value) -> JsonObject {
    schema.as_object().cloned().unwrap_or_default()
}

/// The arguments, or what is wrong with them.
fn read<T: DeserializeOwned>(arguments: JsonObject) -> Result<T, ErrorData> {
    serde_path_to_error::deserialize(Value::Object(arguments))
        .map_err(|error| ErrorData::invalid_params(format!("wrong arguments: {error}"), None))
}

fn refused(why: &str) -> CallToolResult {
    CallToolResult::error(vec![ContentBlock::text(why)])
}
