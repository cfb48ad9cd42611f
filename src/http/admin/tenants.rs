//! Tenants, for the owner.

use super::providers::Done;
use crate::app::App;
use crate::app::tenants::{Counts, TenantError};
use crate::domain::catalogue::TenantName;
use crate::http::error::{ApiError, ErrorBody};
use crate::http::extract::JsonBody;
use crate::http::permit::{ManageTenants, Permitted};
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

/// A tenant.
#[derive(Debug, Serialize, ToSchema)]
pub struct TenantBody {
    id: String,
    slug: String,
    name: String,
    created_at: DateTime<Utc>,
    /// How many people are its members; owners may touch every tenant without that.
    members: i64,
    /// How many it has.
    providers: i64,
    /// How many are in its database; the file's agents are the default tenant's.
    agents: i64,
}

/// All tenants, the default one first.
#[derive(Debug, Serialize, ToSchema)]
pub struct TenantList {
    tenants: Vec<TenantBody>,
}

/// A new tenant.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateTenant {
    /// Lower-case letters, digits and hyphens; unique.
    slug: String,
    /// For people; the slug when it is absent.
    name: Option<String>,
}

/// What is to change.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateTenant {
    slug: Option<String>,
    name: Option<String>,
}

/// A removal can't be taken back.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Confirmation {
    /// The tenant's slug.
    confirm: Option<String>,
}

/// Lists the tenants
#[utoipa::path(operation_id = "tenants_list", get, path = "/v1/tenants", tag = "tenants",
    security(("token" = ["manage_tenants"])), responses((status = 200, body = TenantList)))]
pub async fn list(
    State(app): State<Arc<App>>,
    _: Permitted<ManageTenants>,
) -> Result<Json<TenantList>, ApiError> {
    let mut tenants = Vec::new();
    for tenant in app.tenants.list() {
        tenants.push(body(&app, tenant).await?);
    }
    Ok(Json(TenantList { tenants }))
}

/// Makes a tenant
#[utoipa::path(operation_id = "tenants_create", post, path = "/v1/tenants", tag = "tenants", request_body = CreateTenant,
    security(("token" = ["manage_tenants"])), responses((status = 201, description = "Made", body = TenantBody),
              (status = 400, description = "A value is wrong", body = ErrorBody),
              (status = 409, description = "The slug is taken", body = ErrorBody)))]
pub async fn create(
    State(app): State<Arc<App>>,
    caller: Permitted<ManageTenants>,
    JsonBody(new): JsonBody<CreateTenant>,
) -> Result<(StatusCode, Json<TenantBody>), ApiError> {
    let name = new.name.as_deref().unwrap_or(&new.slug);
    let made = app.tenants.create(caller.actor(), &new.slug, name).await?;
    Ok((StatusCode::CREATED, Json(body(&app, made).await?)))
}

/// One tenant, by id or slug
#[utoipa::path(operation_id = "tenants_get", get, path = "/v1/tenants/{id}", tag = "tenants",
    params(("id" = String, Path, description = "Id or slug")),
    security(("token" = ["manage_tenants"])), responses((status = 200, body = TenantBody),
              (status = 404, description = "There is none", body = ErrorBody)))]
pub async fn get(
    State(app): State<Arc<App>>,
    _: Permitted<ManageTenants>,
    Path(id): Path<String>,
) -> Result<Json<TenantBody>, ApiError> {
    let tenant = app.tenants.find(&id)?;
    Ok(Json(body(&app, tenant).await?))
}

/// Gives a tenant another slug or name
#[utoipa::path(operation_id = "tenants_update", put, path = "/v1/tenants/{id}", tag = "tenants", request_body = UpdateTenant,
    params(("id" = String, Path, description = "Id or slug")),
    security(("token" = ["manage_tenants"])), responses((status = 200, description = "Changed", body = TenantBody),
              (status = 400, description = "A value is wrong", body = ErrorBody),
              (status = 404, description = "There is none", body = ErrorBody),
              (status = 409, description = "The slug is taken, or the tenant is the default one", body = ErrorBody)))]
pub async fn update(
    State(app): State<Arc<App>>,
    caller: Permitted<ManageTenants>,
    Path(id): Path<String>,
    JsonBody(change): JsonBody<UpdateTenant>,
) -> Result<Json<TenantBody>, ApiError> {
    let (slug, name) = (change.slug.as_deref(), change.name.as_deref());
    let tenant = app.tenants.update(caller.actor(), &id, slug, name).await?;
    Ok(Json(body(&app, tenant).await?))
}

/// Removes a tenant with everything in it; its secrets can't be opened again
#[utoipa::path(operation_id = "tenants_delete", delete, path = "/v1/tenants/{id}", tag = "tenants",
    params(("id" = String, Path, description = "Id or slug"), Confirmation),
    security(("token" = ["manage_tenants"])), responses((status = 200, description = "Removed", body = Done),
              (status = 404, description = "There is none", body = ErrorBody),
              (status = 409, description = "It is the default one, or `confirm` is not its slug: `dependents`", body = ErrorBody)))]
pub async fn delete(
    State(app): State<Arc<App>>,
    caller: Permitted<ManageTenants>,
    Path(id): Path<String>,
    Query(query): Query<Confirmation>,
) -> Result<Json<Done>, ApiError> {
    app.tenants.delete(caller.actor(), &id, query.confirm.as_deref()).await?;
    Ok(Json(Done { status: "deleted" }))
}

async fn body(app: &App, tenant: TenantName) -> Result<TenantBody, ApiError> {
    let has = app.tenants.counts(tenant.id).await?;
    let TenantName { id, slug, name, created_at } = tenant;
    let Counts { members, providers, agents } = has;
    Ok(TenantBody { id: id.to_string(), slug, name, created_at, members, providers, agents })
}

impl From<TenantError> for ApiError {
    fn from(error: TenantError) -> Self {
        let text = error.to_string();
        let conflict = |code: &str| Self::new(StatusCode::CONFLICT, code, text.clone());
        match error {
            TenantError::InvalidSlug(_) => Self::bad_request("invalid_slug", text),
            TenantError::InvalidName => Self::bad_request("invalid_name", text),
            TenantError::SlugTaken(_) => conflict("slug_taken"),
            TenantError::IsMaster => conflict("default_tenant"),
            TenantError::Unconfirmed { has, .. } => conflict("unconfirmed")
                .with("dependents", serde_json::json!({"providers": has.providers, "agents": has.agents})),
            TenantError::NotFound => Self::not_found("tenant"),
            TenantError::Database(error) => Self::internal(&error),
        }
    }
}
