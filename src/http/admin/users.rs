//! `/v1/users`: the members of the tenant.

use super::session::RoleName;
use crate::app::App;
use crate::app::people::{Change, Member};
use crate::domain::access::Role;
use crate::domain::ids::UserId;
use crate::http::error::{ApiError, ErrorBody};
use crate::http::extract::JsonBody;
use crate::http::permit::{ManageMembers, Permitted};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;
use uuid::Uuid;

/// A member of the tenant.
#[derive(Debug, Serialize, ToSchema)]
pub struct User {
    id: String,
    email: String,
    #[schema(required)]
    display_name: Option<String>,
    /// In this tenant; an owner's is `owner` everywhere.
    #[schema(value_type = RoleName)]
    role: Role,
    /// Of the whole installation.
    is_owner: bool,
    /// They may do nothing in this tenant.
    disabled: bool,
    has_password: bool,
    has_totp: bool,
    #[schema(required)]
    last_seen_at: Option<DateTime<Utc>>,
    /// When they became a member.
    created_at: DateTime<Utc>,
}

impl From<Member> for User {
    fn from(member: Member) -> Self {
        Self {
            id: member.id.to_string(),
            email: member.email,
            display_name: member.display_name,
            role: member.role,
            is_owner: member.role == Role::Owner,
            disabled: member.disabled,
            has_password: member.has_password,
            has_totp: member.has_totp,
            last_seen_at: member.last_seen_at,
            created_at: member.created_at,
        }
    }
}

/// The tenant's members.
#[derive(Debug, Serialize, ToSchema)]
pub struct UserList {
    users: Vec<User>,
}

/// What is to change; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UserUpdate {
    /// At most one's own.
    #[schema(value_type = Option<RoleName>)]
    role: Option<Role>,
    disabled: Option<bool>,
    /// What this tenant calls them.
    display_name: Option<String>,
}

/// Of a path: what is no id is nobody's.
fn user_id(text: &str) -> Result<UserId, ApiError> {
    Uuid::parse_str(text).map(UserId).map_err(|_| ApiError::not_found("user"))
}

/// Lists the tenant's members
#[utoipa::path(operation_id = "users_list", get, path = "/v1/users", tag = "users",
    security(("token" = ["manage_members"])), responses((status = 200, description = "In the order in which they came", body = UserList)))]
pub async fn list(
    State(app): State<Arc<App>>,
    caller: Permitted<ManageMembers>,
) -> Result<Json<UserList>, ApiError> {
    let members = app.people.members(caller.tenant()).await?;
    Ok(Json(UserList { users: members.into_iter().map(User::from).collect() }))
}

/// Changes a member
#[utoipa::path(operation_id = "users_update", put, path = "/v1/users/{id}", tag = "users", request_body = UserUpdate,
    params(("id" = String, Path, description = "The user's id")),
    security(("token" = ["manage_members"])), responses((status = 200, description = "Changed", body = User),
    (status = 400, description = "Not a name", body = ErrorBody),
    (status = 404, description = "There is no such member", body = ErrorBody),
    (status = 409, description = "The last owner, or an owner who would be disabled", body = ErrorBody)))]
pub async fn update(
    State(app): State<Arc<App>>,
    caller: Permitted<ManageMembers>,
    Path(id): Path<String>,
    JsonBody(body): JsonBody<UserUpdate>,
) -> Result<Json<User>, ApiError> {
    app.keys.may_give_access(caller.actor())?;
    let change = Change { role: body.role, disabled: body.disabled, display_name: body.display_name };
    let member = app.people.change_member(caller.actor(), user_id(&id)?, change).await?;
    // Their keys are worth what they are; the other replicas hear of it.
    app.keys.reload().await.map_err(|error| ApiError::internal(&error))?;
    Ok(Json(member.into()))
}

/// Ends a membership, and the keys of that person in the tenant
#[utoipa::path(operation_id = "users_delete", delete, path = "/v1/users/{id}", tag = "users",
    params(("id" = String, Path, description = "The user's id")),
    security(("token" = ["manage_members"])), responses((status = 204, description = "No member any more"),
    (status = 404, description = "There is no such member", body = ErrorBody),
    (status = 409, description = "The last owner", body = ErrorBody)))]
pub async fn delete(
    State(app): State<Arc<App>>,
    caller: Permitted<ManageMembers>,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    app.keys.may_give_access(caller.actor())?;
    app.people.remove_member(caller.actor(), user_id(&id)?).await?;
    app.keys.reload().await.map_err(|error| ApiError::internal(&error))?;
    Ok(StatusCode::NO_CONTENT)
}
