//! `/v1/invitations`: one-time links to become a member, or to connect one's own account.

use super::session::{RoleName, Session, opened};
use crate::app::App;
use crate::app::people::{Acceptance, Invite, Invited};
use crate::domain::access::Role;
use crate::domain::ids::InvitationId;
use crate::http::error::{ApiError, ErrorBody};
use crate::http::extract::{Coming, JsonBody, OwnPage};
use crate::http::permit::{INVITATION_HEADER, ManageMembers, Permitted, SignedIn};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;
use uuid::Uuid;

/// An invitation that nobody has used yet.
#[derive(Debug, Serialize, ToSchema)]
pub struct Invitation {
    id: String,
    /// `member` or `connect`.
    kind: &'static str,
    /// Only for this address.
    #[schema(required)]
    email: Option<String>,
    #[schema(required, value_type = Option<RoleName>)]
    role: Option<Role>,
    #[schema(required)]
    provider_name: Option<String>,
    created_at: DateTime<Utc>,
    #[schema(required)]
    expires_at: Option<DateTime<Utc>>,
}

impl From<Invited> for Invitation {
    fn from(invited: Invited) -> Self {
        Self {
            id: invited.id.to_string(),
            kind: invited.offer.kind(),
            email: invited.email,
            role: invited.offer.role(),
            provider_name: invited.offer.provider().map(str::to_owned),
            created_at: invited.created_at,
            expires_at: invited.expires_at,
        }
    }
}

/// The tenant's invitations.
#[derive(Debug, Serialize, ToSchema)]
pub struct InvitationList {
    invitations: Vec<Invitation>,
}

/// Invites somebody.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewInvitation {
    /// `member`: becomes a user of this tenant. `connect`: connects their own ChatGPT account as one provider, and becomes
    /// no user.
    kind: String,
    /// Only for this address.
    email: Option<String>,
    /// Of a member; `viewer` unless it is said. At most one's own.
    #[schema(value_type = Option<RoleName>)]
    role: Option<Role>,
    /// Of `connect`: the provider to sign in. It need not exist yet.
    provider_name: Option<String>,
    /// 1 to 720.
    #[serde(default = "three_days")]
    expires_in_hours: u32,
}

fn three_days() -> u32 {
    72
}

/// An invitation with its link.
#[derive(Debug, Serialize, ToSchema)]
pub struct CreatedInvitation {
    #[serde(flatten)]
    invitation: Invitation,
    /// Shown this once.
    url: String,
}

/// What an invitation is to who has its link.
#[derive(Debug, Serialize, ToSchema)]
pub struct InvitationOffer {
    /// `owner`, `member` or `connect`.
    kind: &'static str,
    tenant_name: String,
    #[schema(required)]
    email: Option<String>,
    #[schema(required, value_type = Option<RoleName>)]
    role: Option<Role>,
    #[schema(required)]
    provider_name: Option<String>,
}

/// Accepts an invitation.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AcceptInvitation {
    /// What stands in the link after `#`.
    #[schema(value_type = String)]
    token: SecretString,
    /// Needed when the invitation names none.
    email: Option<String>,
    /// Of a new account.
    display_name: Option<String>,
    /// Of a new account: at least 12 characters. Of an account that there is: its password. Who is signed in leaves it out.
    #[schema(value_type = Option<String>)]
    password: Option<SecretString>,
    /// A one-time code, when the answer is `totp_required`.
    totp: Option<String>,
}

/// The address of a link: what stands after `#` is sent to no server and stands in no log.
pub fn link(public_url: &str, token: &SecretString) -> String {
    format!("{public_url}/invite#{}", token.expose_secret())
}

/// Lists the invitations that nobody has used yet
#[utoipa::path(operation_id = "invitations_list", get, path = "/v1/invitations", tag = "users",
    security(("token" = ["manage_members"])), responses((status = 200, description = "The newest first", body = InvitationList)))]
pub async fn list(
    State(app): State<Arc<App>>,
    caller: Permitted<ManageMembers>,
) -> Result<Json<InvitationList>, ApiError> {
    let invited = app.people.invitations(caller.tenant()).await?;
    Ok(Json(InvitationList { invitations: invited.into_iter().map(Invitation::from).collect() }))
}

/// Invites somebody
#[utoipa::path(operation_id = "invitations_create", post, path = "/v1/invitations", tag = "users", request_body = NewInvitation,
    security(("token" = ["manage_members"])), responses((status = 201, description = "Invited; send the link", body = CreatedInvitation),
    (status = 400, description = "A value is wrong", body = ErrorBody)))]
pub async fn create(
    State(app): State<Arc<App>>,
    caller: Permitted<ManageMembers>,
    JsonBody(body): JsonBody<NewInvitation>,
) -> Result<(StatusCode, Json<CreatedInvitation>), ApiError> {
    app.keys.may_give_access(caller.actor())?;
    let invite = Invite {
        kind: body.kind,
        email: body.email,
        role: body.role,
        provider_name: body.provider_name,
        hours: body.expires_in_hours,
    };
    let (invited, token) = app.people.invite(caller.actor(), invite).await?;
    let url = link(&app.public_url(), &token);
    Ok((StatusCode::CREATED, Json(CreatedInvitation { invitation: invited.into(), url })))
}

/// Takes an invitation back
#[utoipa::path(operation_id = "invitations_delete", delete, path = "/v1/invitations/{id}", tag = "users",
    params(("id" = String, Path, description = "The invitation's id")),
    security(("token" = ["manage_members"])), responses((status = 204, description = "The link is worth nothing any more"),
    (status = 404, description = "There is no such invitation, or it was used", body = ErrorBody)))]
pub async fn delete(
    State(app): State<Arc<App>>,
    caller: Permitted<ManageMembers>,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    app.keys.may_give_access(caller.actor())?;
    let id = Uuid::parse_str(&id).map_err(|_| ApiError::not_found("invitation"))?;
    app.people.withdraw(caller.actor(), InvitationId(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Tells what a link offers
#[utoipa::path(operation_id = "invitations_by_token", get, path = "/v1/invitations/by-token", tag = "users",
    params(("x-gateway-invitation" = String, Header, description = "What stands in the link after `#`")),
    responses((status = 200, description = "The offer", body = InvitationOffer),
    (status = 404, description = "Unknown, used or expired", body = ErrorBody)))]
pub async fn by_token(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
) -> Result<Json<InvitationOffer>, ApiError> {
    let token = headers.get(INVITATION_HEADER).and_then(|token| token.to_str().ok()).unwrap_or_default();
    let offered = app.people.offered(token).await?;
    Ok(Json(InvitationOffer {
        kind: offered.offer.kind(),
        tenant_name: offered.tenant_name,
        email: offered.email,
        role: offered.offer.role(),
        provider_name: offered.offer.provider().map(str::to_owned),
    }))
}

/// Accepts an invitation and signs in
#[utoipa::path(operation_id = "invitations_accept", post, path = "/v1/invitations/accept", tag = "users", request_body = AcceptInvitation,
    responses((status = 200, description = "Accepted and signed in; the cookie is set", body = Session),
    (status = 400, description = "A value is wrong", body = ErrorBody),
    (status = 401, description = "There is an account of this address: its password is wrong, or `totp_required`", body = ErrorBody),
    (status = 404, description = "Unknown, used, expired, or of another kind", body = ErrorBody),
    (status = 409, description = "They are a member already", body = ErrorBody),
    (status = 429, description = "Too many attempts failed; see `retry-after`", body = ErrorBody),
    (status = 503, description = "Too many sign in at once", body = ErrorBody)))]
pub async fn accept(
    _: OwnPage,
    State(app): State<Arc<App>>,
    caller: Result<Permitted<SignedIn>, ApiError>,
    Coming(visitor): Coming,
    headers: HeaderMap,
    JsonBody(body): JsonBody<AcceptInvitation>,
) -> Result<Response, ApiError> {
    let signed_in = caller.ok().and_then(|caller| caller.user());
    let typed = Acceptance {
        token: body.token,
        email: body.email,
        display_name: body.display_name,
        password: body.password,
        code: body.totp,
    };
    opened(&app, app.people.accept(typed, signed_in, &visitor).await?, &headers)
}
