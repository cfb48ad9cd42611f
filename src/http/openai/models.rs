//! `/v1/models`: what there is to ask.

use super::ask::resolve;
use super::error::OpenAiError;
use crate::app::App;
use crate::domain::access::Permission;
use crate::domain::catalogue::{Model, Provider, TenantCatalogue};
use crate::http::extract::ModelCaller;
use axum::Json;
use axum::extract::{Path, Query, State};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Query of the list.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
pub struct ListQuery {
    /// Sent by a Codex client, which gets the native shape.
    client_version: Option<String>,
}

/// Lists the models of all connected providers and the agents
#[utoipa::path(
    get, path = "/v1/models", tag = "models", params(ListQuery),
    responses((status = 200, description = "OpenAI's list, or the native one for a Codex client", body = serde_json::Value))
)]
pub async fn list(
    State(app): State<Arc<App>>,
    caller: ModelCaller,
    Query(query): Query<ListQuery>,
) -> Result<Json<Value>, OpenAiError> {
    caller.0.require(Permission::Read)?;
    let catalogue = app.catalogues.current();
    let tenant = catalogue.tenant(caller.0.tenant());
    if query.client_version.is_some() {
        return Ok(Json(json!({ "models": native(tenant) })));
    }
    let models = tenant.models().into_iter().map(|(model, provider)| entry(model, provider));
    let agents = tenant.agents.iter().filter(|a| a.active).map(|agent| {
        json!({"id": format!("agent:{}", agent.key), "object": "model", "created": 0, "owned_by": "gateway",
               "display_name": agent.display_name.as_deref().unwrap_or(&agent.key)})
    });
    Ok(Json(json!({ "object": "list", "data": models.chain(agents).collect::<Vec<_>>() })))
}

/// One model or agent
#[utoipa::path(
    get, path = "/v1/models/{*id}", tag = "models",
    params(("id" = String, Path, description = "A name as `model` takes it; it may hold slashes")),
    responses((status = 200, description = "The model", body = serde_json::Value),
              (status = 404, description = "No such model; the text lists what there is", body = serde_json::Value))
)]
pub async fn get(
    State(app): State<Arc<App>>,
    caller: ModelCaller,
    Path(id): Path<String>,
) -> Result<Json<Value>, OpenAiError> {
    caller.0.require(Permission::Read)?;
    let resolved = resolve(&app, caller.0.tenant(), Some(&id))?;
    let provider = &resolved.provider;
    let mut entry = match provider.model(&resolved.model) {
        Some(model) => entry(model, provider),
        None => json!({"object": "model", "created": 0, "owned_by": provider.name}),
    };
    entry["id"] = id.into();
    Ok(Json(entry))
}

fn entry(model: &Model, provider: &Provider) -> Value {
    let created = provider.models_fetched_at.map_or(0, |at| at.timestamp());
    json!({
        "id": model.id, "object": "model", "created": created, "owned_by": provider.name,
        "display_name": model.name, "context_window": model.context_window, "thinking_levels": model.efforts,
    })
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
    let models = providers.flat_map(|p| p.models.iter()).filter(|m| complete(&m.native));
    models.filter(|m| seen.insert(m.id.clone())).map(|m| (*m.native).clone()).collect()
}
