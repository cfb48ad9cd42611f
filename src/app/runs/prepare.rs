//! From what somebody asks an agent to a run that can begin.

use super::job::{Base, Job};
use super::{Parts, RunError};
use crate::app::conversations::cache_key;
use crate::app::gateway::{RequestGuard, target};
use crate::app::tools::ToolContext;
use crate::domain::agent::{Agent, Effective, effort_of};
use crate::domain::agent_loop::Limits;
use crate::domain::api_key::ApiKey;
use crate::domain::catalogue::{Resolved, Unresolved};
use crate::domain::ids::{RequestId, RunId, SessionId, TenantId};
use crate::domain::responses::audience::Audience;
use crate::domain::responses::request::{Draft, Prepared};
use crate::domain::routing::refusal::Refusal;
use crate::domain::session::text_of;
use crate::telemetry::metrics::Endpoint;
use reqwest::header::HeaderMap;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// A message to an agent. What is `None` is the agent's own.
#[derive(Clone, Debug, Default)]
pub struct RunAsk {
    /// Its key, or the id of one of the database.
    pub agent: String,
    pub message: String,
    /// URLs of the web or `data:` URLs.
    pub images: Vec<String>,
    /// `None`: a new conversation, whose key is the run's id.
    pub session_key: Option<String>,
    pub model: Option<String>,
    pub thinking_level: Option<String>,
    /// The API key that asks.
    pub key: Option<Arc<ApiKey>>,
}

/// A request of the OpenAI endpoints that an agent answers.
#[derive(Debug)]
pub struct AgentAsk {
    pub id: RequestId,
    pub record: RequestGuard,
    pub request: AgentRequest,
}

/// What such a request says.
#[derive(Debug)]
pub struct AgentRequest {
    pub tenant: TenantId,
    /// The API key that asks.
    pub key: Option<Arc<ApiKey>>,
    pub endpoint: Endpoint,
    pub audience: Audience,
    pub model_asked: String,
    /// With its agent.
    pub resolved: Resolved,
    pub draft: Draft,
    pub prepared: Prepared,
    pub sampling: Map<String, Value>,
    pub headers: HeaderMap,
    /// `None`: nothing is kept.
    pub session_key: Option<String>,
    pub conversation: Option<String>,
    pub stop: Vec<String>,
}

/// A run that can begin.
pub(super) struct Prepare {
    pub job: Job,
    pub said: Vec<Value>,
    /// The text of what was said.
    pub message: String,
}

/// A run for a message.
pub(super) fn of_message(parts: &Parts, tenant: TenantId, ask: RunAsk) -> Result<Prepare, RunError> {
    let tenant_catalogue = parts.catalogues.seen_by(tenant, ask.key.as_deref());
    let by_id = |agent: &&Arc<Agent>| agent.id.is_some_and(|id| id.to_string() == ask.agent);
    let agent = tenant_catalogue.agent(&ask.agent).or_else(|| tenant_catalogue.agents.iter().find(by_id));
    let key = agent.map_or(ask.agent.as_str(), |agent| agent.key.as_str());
    let name = format!("agent:{key}");
    let mut resolved =
        tenant_catalogue.resolve(Some(&name), &parts.catalogues.defaults()).map_err(|e| unresolved(&e))?;
    if let Some(model) = ask.model.filter(|model| !model.trim().is_empty()) {
        resolved.model = model;
        tenant_catalogue
            .check_model(&resolved)
            .map_err(|error| RunError::Refused(Refusal::not_found("model_not_found", error.to_string())))?;
    }
    if let Some(level) = ask.thinking_level {
        effort_of(&level).map_err(|text| invalid("thinking_level", text))?;
        if let Some((_, effective)) = &mut resolved.agent {
            effective.thinking_level = Some(level);
        }
    }
    let target = target(&resolved, &resolved.provider).map_err(|e| RunError::Refused(e.into()))?;
    let effort = target.effort(None, "thinking_level").map_err(|e| RunError::Refused(e.into()))?;
    let id = RunId(parts.clock.new_id());
    let session_key = ask.session_key.unwrap_or_else(|| id.to_string());
    let draft = Draft {
        model: resolved.model.clone(),
        effort,
        // Asked for so that there is something to show of what the model thinks.
        summary: Some("auto".into()),
        ..Draft::default()
    };
    let request = AgentRequest {
        tenant,
        key: ask.key,
        endpoint: Endpoint::Runs,
        audience: Audience::Foreign,
        model_asked: name,
        resolved,
        draft,
        prepared: Prepared { prompt_cache_key_is_ours: true, ..Prepared::default() },
        sampling: Map::new(),
        headers: HeaderMap::new(),
        conversation: Some(session_key.clone()),
        session_key: Some(session_key),
        stop: Vec::new(),
    };
    let Prepare { mut job, .. } = of_request(parts, request);
    job.id = id;
    let texts = (!ask.message.is_empty()).then(|| json!({"type": "input_text", "text": ask.message}));
    let images =
        ask.images.iter().map(|url| json!({"type": "input_image", "image_url": url, "detail": "auto"}));
    let content: Vec<Value> = texts.into_iter().chain(images).collect();
    let said = vec![json!({"type": "message", "role": "user", "content": content})];
    Ok(Prepare { job, said, message: ask.message })
}

/// A run for a request of the OpenAI endpoints: its agent's prompt stands before the caller's.
pub(super) fn of_request(parts: &Parts, request: AgentRequest) -> Prepare {
    let AgentRequest {
        tenant, key, endpoint, audience, model_asked, resolved, mut draft, mut prepared, ..
    } = request;
    let (agent, effective) = resolved.agent.clone().expect("a run has an agent");
    if let Some(prompt) = &effective.system_prompt {
        draft.instructions = match draft.instructions.as_str() {
            "" => prompt.clone(),
            own => format!("{prompt}\n\n{own}"),
        };
    }
    if let Some(key) = &request.session_key {
        prepared.prompt_cache_key_is_ours = true;
        draft.prompt_cache_key = cache_key(tenant, &agent.key, key);
    }
    let (base, said) = Base::of(draft, prepared, request.sampling);
    let message = said.iter().rev().find(|item| item["role"] == "user").and_then(text_of).unwrap_or_default();
    let job = Job {
        id: RunId(parts.clock.new_id()),
        tenant,
        key,
        agent_key: agent.key.clone(),
        endpoint,
        audience,
        model_asked,
        headers: request.headers,
        session: request.session_key.map(|key| (SessionId(parts.clock.new_id()), key)),
        conversation: request.conversation,
        base,
        context: context(tenant, &agent, &effective),
        limits: limits(parts, &agent),
        wall_time: wall_time(parts, &agent),
        window: window(&agent, &resolved),
        resolved,
        stop: request.stop,
        said: Vec::new(),
    };
    Prepare { job, said, message }
}

fn context(tenant: TenantId, agent: &Agent, effective: &Effective) -> ToolContext {
    ToolContext {
        tenant,
        agent_key: agent.key.clone(),
        workspace: effective.workspace.clone().map(Into::into),
        tools_config: effective.tools_config.clone(),
        cancel: CancellationToken::new(),
    }
}

fn limits(parts: &Parts, agent: &Agent) -> Limits {
    let defaults = &parts.config.load().agents.defaults;
    Limits {
        iterations: agent.max_tool_iterations,
        tokens: agent.other_config.get("max_run_tokens").and_then(Value::as_u64).or(defaults.max_run_tokens),
        repeats: defaults.max_repeated_calls,
    }
}

fn wall_time(parts: &Parts, agent: &Agent) -> Duration {
    let own = agent.other_config.get("max_run_seconds").and_then(Value::as_u64);
    Duration::from_secs(own.unwrap_or_else(|| u64::from(parts.config.load().agents.defaults.max_run_seconds)))
}

/// Tokens that the conversation may fill: what the agent allows, and no more than the model has.
fn window(agent: &Agent, resolved: &Resolved) -> u64 {
    let models = resolved.pool.accounts.iter().filter_map(|p| p.model(&resolved.model)?.context_window);
    models.chain([u64::from(agent.context_window)]).min().unwrap_or_else(|| u64::from(agent.context_window))
}

fn invalid(param: &str, text: impl Into<String>) -> RunError {
    RunError::Refused(Refusal::invalid_request("invalid_value", text, Some(param.into())))
}

fn unresolved(error: &Unresolved) -> RunError {
    let code = match error {
        Unresolved::UnknownAgent { .. } => return RunError::AgentNotFound(error.to_string()),
        Unresolved::InactiveAgent { .. } => "agent_inactive",
        Unresolved::UnknownProvider { .. } => "provider_not_found",
        Unresolved::UnknownModel { .. } => "model_not_found",
    };
    RunError::Refused(Refusal { status: 409, ..Refusal::invalid_request(code, error.to_string(), None) })
}
