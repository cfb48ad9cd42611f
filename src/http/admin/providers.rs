//! `/v1/providers`.

use super::pools::{PoolBody, settings};
use crate::app::App;
use crate::app::dependents::Dependents;
use crate::app::providers::{Create, ProviderError, Update};
use crate::domain::catalogue::{Provider, TenantCatalogue};
use crate::domain::pool::validate::PoolViolation;
use crate::domain::provider::TYPES;
use crate::domain::routing::health::ModelBlock;
use crate::http::error::{ApiError, ErrorBody};
use crate::http::extract::JsonBody;
use crate::http::permit::{ManageProviders, Permitted, Read};
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use utoipa::ToSchema;

/// A provider: one account, or one API key, behind a name.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Provider)]
pub struct ProviderBody {
    id: String,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    tenant_id: String,
    name: String,
    #[schema(required)]
    display_name: Option<String>,
    provider_type: &'static str,
    #[schema(required)]
    api_base: Option<String>,
    /// `***` when there is one.
    #[schema(required)]
    api_key: Option<&'static str>,
    enabled: bool,
    /// It takes nothing new and goes on with the conversations that live on it.
    draining: bool,
    /// With `codex_pool` where it manages a pool.
    #[schema(value_type = Object)]
    settings: Value,
    /// Null for a provider that is no ChatGPT account.
    #[schema(required)]
    pool: Option<PoolBody>,
    status: ProviderStatus,
    /// Of a `chatgpt_oauth` provider; null when it was never signed in.
    #[schema(required)]
    account: Option<Account>,
    model_count: usize,
}

/// Whether a provider can serve.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProviderStatus {
    #[schema(value_type = ProviderState)]
    state: crate::domain::provider::State,
    since: DateTime<Utc>,
    /// A code.
    #[schema(required)]
    reason: Option<String>,
    #[schema(required)]
    until: Option<DateTime<Utc>>,
    /// Models that it does not serve for now, while it may serve others.
    model_blocks: Vec<ModelBlockBody>,
}

/// A model that an account does not serve for now.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ModelBlock)]
pub struct ModelBlockBody {
    model: String,
    /// A code: `overload`, `model_not_in_plan`.
    reason: &'static str,
    until: DateTime<Utc>,
}

impl From<ModelBlock> for ModelBlockBody {
    fn from(block: ModelBlock) -> Self {
        Self { model: block.model, reason: block.reason.as_str(), until: block.until }
    }
}

/// The states of a provider. It documents `domain::provider::State`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProviderState {
    /// It can serve.
    Ready,
    /// Its owner has to sign in again.
    NeedsReauth,
    /// Switched off by a person.
    Disabled,
    /// Never signed in, or signed out.
    SignedOut,
    /// Left alone for a while after it failed; `until` says for how long.
    CoolingDown,
    /// A window of its quota, or its credits, are used up.
    Exhausted,
    /// It takes nothing new and goes on with the conversations that live on it: a person said so.
    Draining,
}

/// The signed-in account.
#[derive(Debug, Serialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "the API's own names")]
pub struct Account {
    #[schema(required)]
    email: Option<String>,
    /// As the upstream names it; unknown ones are shown as they are.
    #[schema(required)]
    plan_type: Option<String>,
    account_id: String,
    connected_at: DateTime<Utc>,
    token_expires_at: DateTime<Utc>,
}

impl ProviderBody {
    /// Of a provider, as of now.
    pub fn new(p: &Provider, tenant: &TenantCatalogue, app: &App) -> Self {
        let status = app.accounts.status(p, app.clock.now());
        Self {
            id: p.id.to_string(),
            created_at: p.created_at,
            updated_at: p.updated_at,
            tenant_id: p.tenant.to_string(),
            name: p.name.clone(),
            display_name: p.display_name.clone(),
            provider_type: p.kind.name,
            api_base: p.api_base.clone(),
            api_key: p.has_api_key.then_some("***"),
            enabled: p.enabled,
            draining: p.draining,
            settings: settings(p, tenant),
            pool: PoolBody::of(p, tenant),
            status: ProviderStatus {
                state: status.state,
                since: status.since,
                reason: status.reason,
                until: status.until,
                model_blocks: status.model_blocks.into_iter().map(Into::into).collect(),
            },
            account: p.grant.as_ref().map(|g| Account {
                email: g.email.clone(),
                plan_type: g.plan_type.clone(),
                account_id: g.account_id.clone(),
                connected_at: g.connected_at,
                token_expires_at: g.access_expires_at,
            }),
            model_count: p.models.len(),
        }
    }
}

/// The tenant's providers, oldest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProviderList {
    providers: Vec<ProviderBody>,
}

/// A new provider.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateProvider {
    /// A slug, unique in the tenant.
    name: String,
    /// One of `GET /v1/provider-types`.
    provider_type: String,
    display_name: Option<String>,
    api_base: Option<String>,
    #[schema(value_type = Option<String>)]
    api_key: Option<SecretString>,
    enabled: Option<bool>,
    /// `codex_pool` in it makes the provider the owner of a pool: `{"strategy", "extra_provider_names", "affinity",
    /// "primary_provider_name"}`.
    #[schema(value_type = Option<Object>)]
    settings: Option<Map<String, Value>>,
}

/// Changes to a provider; what is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateProvider {
    name: Option<String>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    display_name: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    api_base: Option<Option<String>>,
    /// `***` and the empty text leave the key as it is.
    #[schema(value_type = Option<String>)]
    api_key: Option<SecretString>,
    enabled: Option<bool>,
    /// True: it takes no new conversation, and no request without one; those that live on it go on.
    draining: Option<bool>,
    /// Merged key by key; a null removes its key. `codex_pool` is the pool that it manages: what is absent in it stays,
    /// `extra_provider_names` is the whole list of members, null dissolves it; `primary_provider_name` (the owner or a
    /// member) is asked first where there is an order, null is the owner.
    #[schema(value_type = Option<Object>)]
    settings: Option<Map<String, Value>>,
}

/// Tells an absent member (`None`) from a null one (`Some(None)`).
pub(super) fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    d: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(d).map(Some)
}

/// What was done.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Status)]
pub struct Done {
    /// `updated`, `deleted` or `released`.
    pub(super) status: &'static str,
}

/// The models of a provider.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProviderModelList)]
pub struct ProviderModels {
    models: Vec<ProviderModel>,
    /// When the upstream told them.
    #[schema(required)]
    fetched_at: Option<DateTime<Utc>>,
}

/// One model.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProviderModel {
    id: String,
    name: String,
    #[schema(required)]
    context_window: Option<u64>,
    /// Empty when unknown.
    thinking_levels: Vec<String>,
}

/// What to check besides that the provider answers.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = VerifyProvider)]
pub struct Verify {
    model: Option<String>,
}

/// Whether the provider answers.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = VerifyResult)]
pub struct Verified {
    valid: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// The kinds of providers.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProviderTypeList)]
pub struct ProviderTypes {
    types: Vec<ProviderTypeBody>,
}

/// One kind.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProviderType)]
pub struct ProviderTypeBody {
    #[serde(rename = "type")]
    name: &'static str,
    #[serde(rename = "name")]
    title: &'static str,
    #[schema(required)]
    default_api_base: Option<&'static str>,
    needs_api_key: bool,
}

/// Lists the kinds of providers
#[utoipa::path(operation_id = "providers_types", get, path = "/v1/provider-types", tag = "providers", security(("token" = ["read"])), responses(
    (status = 200, description = "In the order to offer them", body = ProviderTypes)))]
pub async fn types(_: Permitted<Read>) -> Result<Json<ProviderTypes>, ApiError> {
    let body = |t: &'static crate::domain::provider::ProviderType| ProviderTypeBody {
        name: t.name,
        title: t.title,
        default_api_base: t.default_api_base,
        needs_api_key: t.needs_api_key,
    };
    Ok(Json(ProviderTypes { types: TYPES.iter().map(body).collect() }))
}

/// Lists the providers
#[utoipa::path(operation_id = "providers_list", get, path = "/v1/providers", tag = "providers", security(("token" = ["read"])), responses(
    (status = 200, description = "Oldest first", body = ProviderList)))]
pub async fn list(
    State(app): State<Arc<App>>,
    caller: Permitted<Read>,
) -> Result<Json<ProviderList>, ApiError> {
    let catalogue = app.catalogues.current();
    let tenant = catalogue.tenant(caller.tenant());
    let providers = tenant.providers.iter().map(|p| ProviderBody::new(p, tenant, &app)).collect();
    Ok(Json(ProviderList { providers }))
}

/// Makes a provider
#[utoipa::path(operation_id = "providers_create", post, path = "/v1/providers", tag = "providers", request_body = CreateProvider, security(("token" = ["manage_providers"])), responses(
    (status = 201, description = "Made", body = ProviderBody),
    (status = 400, description = "A value is wrong, or a pool breaks rules: `violations`", body = ErrorBody),
    (status = 409, description = "The name is taken", body = ErrorBody)))]
pub async fn create(
    State(app): State<Arc<App>>,
    caller: Permitted<ManageProviders>,
    JsonBody(body): JsonBody<CreateProvider>,
) -> Result<(StatusCode, Json<ProviderBody>), ApiError> {
    let create = Create {
        name: body.name,
        provider_type: body.provider_type,
        display_name: body.display_name,
        api_base: body.api_base,
        api_key: body.api_key,
        enabled: body.enabled.unwrap_or(true),
        settings: body.settings.unwrap_or_default(),
    };
    let id = app.providers.create(caller.actor(), create).await?;
    let catalogue = app.catalogues.current();
    let tenant = catalogue.tenant(caller.tenant());
    let made = ProviderBody::new(find(tenant, &id.to_string())?, tenant, &app);
    Ok((StatusCode::CREATED, Json(made)))
}

/// One provider, by id or name
#[utoipa::path(operation_id = "providers_get", get, path = "/v1/providers/{id}", tag = "providers",
    params(("id" = String, Path, description = "Id or name")),
    security(("token" = ["read"])), responses((status = 200, description = "The provider", body = ProviderBody),
              (status = 404, description = "There is none", body = ErrorBody)))]
pub async fn get(
    State(app): State<Arc<App>>,
    caller: Permitted<Read>,
    Path(id): Path<String>,
) -> Result<Json<ProviderBody>, ApiError> {
    let catalogue = app.catalogues.current();
    let tenant = catalogue.tenant(caller.tenant());
    Ok(Json(ProviderBody::new(find(tenant, &id)?, tenant, &app)))
}

/// Changes a provider; a new name follows through to pools and agents
#[utoipa::path(operation_id = "providers_update", put, path = "/v1/providers/{id}", tag = "providers", request_body = UpdateProvider,
    params(("id" = String, Path, description = "Id or name")),
    security(("token" = ["manage_providers"])), responses((status = 200, description = "Changed", body = Done),
              (status = 400, description = "A value is wrong, or a pool breaks rules: `violations`", body = ErrorBody),
              (status = 404, description = "There is none", body = ErrorBody),
              (status = 409, description = "The new name is taken, or agents of the configuration file have the old one: `dependents`", body = ErrorBody)))]
pub async fn update(
    State(app): State<Arc<App>>,
    caller: Permitted<ManageProviders>,
    Path(id): Path<String>,
    JsonBody(body): JsonBody<UpdateProvider>,
) -> Result<Json<Done>, ApiError> {
    let update = Update {
        name: body.name,
        display_name: body.display_name,
        api_base: body.api_base,
        api_key: body.api_key,
        enabled: body.enabled,
        draining: body.draining,
        settings: body.settings,
    };
    app.providers.update(caller.actor(), &id, update).await?;
    Ok(Json(Done { status: "updated" }))
}

/// What to do about those who depend on it.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
pub struct DeleteQuery {
    /// Take it away from them first: it leaves its pool, its own pool is dissolved, agents of the database that name it
    /// go to the default provider.
    #[serde(default)]
    detach: bool,
}

/// Removes a provider with its sign-in
#[utoipa::path(operation_id = "providers_delete", delete, path = "/v1/providers/{id}", tag = "providers",
    params(("id" = String, Path, description = "Id or name"), DeleteQuery),
    security(("token" = ["manage_providers"])), responses((status = 200, description = "Removed", body = Done),
              (status = 404, description = "There is none", body = ErrorBody),
              (status = 409, description = "A pool or agents need it: `dependents`", body = ErrorBody)))]
pub async fn delete(
    State(app): State<Arc<App>>,
    caller: Permitted<ManageProviders>,
    Path(id): Path<String>,
    Query(query): Query<DeleteQuery>,
) -> Result<Json<Done>, ApiError> {
    app.providers.delete(caller.actor(), &id, query.detach).await?;
    Ok(Json(Done { status: "deleted" }))
}

/// The models of a provider, as its upstream last told them
#[utoipa::path(operation_id = "providers_models", get, path = "/v1/providers/{id}/models", tag = "providers",
    params(("id" = String, Path, description = "Id or name")),
    security(("token" = ["read"])), responses((status = 200, description = "The models", body = ProviderModels),
              (status = 404, description = "There is none", body = ErrorBody)))]
pub async fn models(
    State(app): State<Arc<App>>,
    caller: Permitted<Read>,
    Path(id): Path<String>,
) -> Result<Json<ProviderModels>, ApiError> {
    let catalogue = app.catalogues.current();
    let provider = find(catalogue.tenant(caller.tenant()), &id)?;
    let models = provider.models.iter().map(|m| ProviderModel {
        id: m.id.clone(),
        name: m.name.clone(),
        context_window: m.context_window,
        thinking_levels: m.efforts.clone(),
    });
    Ok(Json(ProviderModels { models: models.collect(), fetched_at: provider.models_fetched_at }))
}

/// Asks the provider's upstream for its models: whether the sign-in or the key works
#[utoipa::path(operation_id = "providers_verify", post, path = "/v1/providers/{id}/verify", tag = "providers", request_body = Verify,
    params(("id" = String, Path, description = "Id or name")),
    security(("token" = ["manage_providers"])), responses((status = 200, description = "Whether it answers", body = Verified),
              (status = 404, description = "There is none", body = ErrorBody)))]
pub async fn verify(
    State(app): State<Arc<App>>,
    caller: Permitted<ManageProviders>,
    Path(id): Path<String>,
    JsonBody(body): JsonBody<Verify>,
) -> Result<Json<Verified>, ApiError> {
    let error = app.providers.verify(caller.tenant(), &id, body.model.as_deref()).await?.err();
    Ok(Json(Verified { valid: error.is_none(), error }))
}

/// Says that all is well with a provider again: what was held against it is lifted, and its quota is asked for
#[utoipa::path(operation_id = "providers_release", post, path = "/v1/providers/{id}/release", tag = "providers",
    params(("id" = String, Path, description = "Id or name")),
    security(("token" = ["manage_providers"])), responses((status = 200, description = "`{\"status\": \"released\"}`", body = Done),
              (status = 404, description = "There is none", body = ErrorBody)))]
pub async fn release(
    State(app): State<Arc<App>>,
    caller: Permitted<ManageProviders>,
    Path(id): Path<String>,
) -> Result<Json<Done>, ApiError> {
    let catalogue = app.catalogues.current();
    let provider = catalogue.tenant(caller.tenant()).provider(&id);
    let provider = provider.ok_or_else(|| ApiError::not_found("provider"))?;
    app.release(caller.actor(), provider).await.map_err(|error| ApiError::internal(&error))?;
    Ok(Json(Done { status: "released" }))
}

fn find<'a>(tenant: &'a TenantCatalogue, id: &str) -> Result<&'a Provider, ApiError> {
    tenant.provider(id).map(|p| &**p).ok_or_else(|| ApiError::not_found("provider"))
}

impl From<ProviderError> for ApiError {
    fn from(error: ProviderError) -> Self {
        let text = error.to_string();
        match error {
            ProviderError::InvalidName(_) => Self::bad_request("invalid_name", text),
            ProviderError::UnknownType { .. } => Self::bad_request("unknown_provider_type", text),
            ProviderError::InvalidApiBase(_) => Self::bad_request("invalid_api_base", text),
            ProviderError::ApiBaseRequired(_) => Self::bad_request("api_base_required", text),
            ProviderError::ApiKeyRequired(_) => Self::bad_request("api_key_required", text),
            ProviderError::NoApiKey => Self::bad_request("api_key_not_taken", text),
            ProviderError::PoolSettings(_) => Self::bad_request("invalid_pool", text),
            ProviderError::PoolRules(broken) => {
                let violation = |v: &PoolViolation| json!({ "code": v.code(), "message": v.to_string(), "providers": v.providers() });
                Self::bad_request("pool_rules_broken", text)
                    .with("violations", broken.iter().map(violation).collect())
            }
            ProviderError::Contended => Self::new(StatusCode::CONFLICT, "contended", text),
            ProviderError::NameTaken(_) => Self::new(StatusCode::CONFLICT, "name_taken", text),
            ProviderError::NotFound => Self::not_found("provider"),
            ProviderError::InUse { dependents: Dependents { pools, agents }, .. } => {
                Self::new(StatusCode::CONFLICT, "in_use", text)
                    .with("dependents", json!({ "agents": agents, "pools": pools }))
            }
            ProviderError::NamedInFile { agents, .. } => Self::new(StatusCode::CONFLICT, "in_use", text)
                .with("dependents", json!({ "agents": agents, "pools": [] })),
            ProviderError::Database(error) => Self::internal(&error),
        }
    }
}
