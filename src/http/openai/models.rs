//! `/v1/models`: what there is to ask.

use super::ask::resolve;
use super::error::OpenAiError;
use crate::app::App;
use crate::domain::catalogue::{Model, Provider, TenantCatalogue};
use crate::http::permit::{ModelPermitted, Read};
use axum::Json;
use axum::extract::{Path, Query, State};
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;

/// Query of the list.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
pub struct ListQuery {
    /// Sent by a Codex client, which gets the native shape.
    client_version: Option<String>,
}

/// OpenAI's list of models.
#[derive(Debug, serde::Serialize, utoipa::ToSchema)]
pub struct ModelList {
    /// `list`.
    object: &'static str,
    data: Vec<ModelEntry>,
}

/// The list that a Codex client gets: each model as its account describes it.
#[derive(Debug, serde::Serialize, utoipa::ToSchema)]
pub struct NativeModelList {
    models: Vec<Value>,
}

/// One list or the other.
#[derive(Debug, serde::Serialize, utoipa::ToSchema)]
#[serde(untagged)]
pub enum AnyModelList {
    OpenAi(ModelList),
    Native(NativeModelList),
}

/// A model or an agent, in OpenAI's shape and with what we know besides.
#[derive(Debug, serde::Serialize, utoipa::ToSchema)]
#[schema(as = Model)]
pub struct ModelEntry {
    /// As `model` of a request takes it.
    id: String,
    /// `model`.
    object: &'static str,
    /// When the list was fetched, in Unix seconds; 0 when unknown.
    created: i64,
    /// The provider that answers, `gateway` for an agent.
    owned_by: String,
    display_name: String,
    #[schema(required)]
    context_window: Option<u64>,
    /// Empty when unknown.
    thinking_levels: Vec<String>,
}

/// Lists the models of all connected providers and the agents
#[utoipa::path(operation_id = "models_list", 
    get, path = "/v1/models", tag = "models", params(ListQuery),
    security(("token" = ["read"])), responses((status = 200, description = "OpenAI's list; the native one for a Codex client", body = AnyModelList))
)]
pub async fn list(
    State(app): State<Arc<App>>,
    caller: ModelPermitted<Read>,
    Query(query): Query<ListQuery>,
) -> Result<Json<AnyModelList>, OpenAiError> {
    let seen = app.catalogues.seen_by(caller.0.tenant(), caller.0.key(&app)?.as_deref());
    let tenant: &TenantCatalogue = &seen;
    if query.client_version.is_some() {
        return Ok(Json(AnyModelList::Native(NativeModelList { models: native(tenant) })));
    }
    let models = tenant.models().into_iter().map(|(model, provider)| entry(model, provider));
    let agents = tenant.agents.iter().filter(|a| a.active).map(|agent| ModelEntry {
        id: format!("agent:{}", agent.key),
        object: "model",
        created: agent.created_at.map_or(0, |at| at.timestamp()),
        owned_by: "gateway".into(),
        display_name: agent.display_name.clone().unwrap_or_else(|| agent.key.clone()),
        context_window: Some(u64::from(agent.context_window)),
        thinking_levels: Vec::new(),
    });
    let data = models.chain(agents).collect();
    Ok(Json(AnyModelList::OpenAi(ModelList { object: "list", data })))
}

/// One model or agent
#[utoipa::path(operation_id = "models_get", 
    get, path = "/v1/models/{id}", tag = "models",
    params(("id" = String, Path, description = "A name as `model` takes it; it may hold slashes")),
    security(("token" = ["read"])), responses((status = 200, description = "The model", body = ModelEntry),
              (status = 404, description = "No such model; the text lists what there is", body = serde_json::Value))
)]
pub async fn get(
    State(app): State<Arc<App>>,
    caller: ModelPermitted<Read>,
    Path(id): Path<String>,
) -> Result<Json<ModelEntry>, OpenAiError> {
    let resolved = resolve(&app, (caller.0.tenant(), caller.0.key(&app)?.as_deref()), Some(&id))?;
    let provider = &resolved.provider;
    let accounts = &resolved.pool.accounts;
    let known = accounts.iter().find_map(|a| a.model(&resolved.model)).map(|model| entry(model, provider));
    // An account may have a model that its list does not tell; the upstream judges.
    let entry = known.unwrap_or_else(|| ModelEntry {
        id: String::new(),
        object: "model",
        created: 0,
        owned_by: provider.name.clone(),
        display_name: resolved.model.clone(),
        context_window: None,
        thinking_levels: Vec::new(),
    });
    Ok(Json(ModelEntry { id, ..entry }))
}

fn entry(model: &Model, provider: &Provider) -> ModelEntry {
    ModelEntry {
        id: model.id.clone(),
        object: "model",
        created: provider.models_fetched_at.map_or(0, |at| at.timestamp()),
        owned_by: provider.name.clone(),
        display_name: model.name.clone(),
        context_window: model.context_window,
        thinking_levels: model.efforts.clone(),
    }
}

/// The entries of ChatGPT accounts as the upstream told them. One bad entry makes the Codex client throw the whole
/// list away, so only complete ones are given.
fn native(tenant: &TenantCatalogue) -> Vec<Value> {
    const NEEDED: &[&str] = &[
        "slug",
        "display_name",
        "supported_reasoning_levels",
        "shell_type",
        "visibility",
        "supported_in_api",
        "priority",
        "support_verbosity",
        "truncation_policy",
        "experimental_supported_tools",
    ];
    let complete = |entry: &Value| {
        NEEDED.iter().all(|key| entry.get(key).is_some())
            && (entry.get("base_instructions").is_some() || entry.get("model_messages").is_some())
    };
    let mut seen = std::collections::HashSet::new();
    let providers = tenant.providers.iter().filter(|p| p.enabled && p.kind.is_chatgpt());
    let offered = |p: &Provider, m: &Model| {
        let answers = tenant.owner_of(p.id).map_or(p, |owner| owner.as_ref());
        complete(&m.native) && tenant.offers(answers, &m.id)
    };
    let models = providers.flat_map(|p| p.models.iter().filter(|m| offered(p, m)));
    models.filter(|m| seen.insert(m.id.clone())).map(|m| (*m.native).clone()).collect()
}
