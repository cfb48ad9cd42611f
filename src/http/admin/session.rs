//! The browser's session: opened by a person or with the gateway's token, kept in a cookie that no script can read.

use super::oidc;
use crate::app::App;
use crate::app::people::{Opened, PeopleError, Person, SignIn as Typed};
use crate::domain::access::{Permission, Role};
use crate::domain::ids::TenantId;
use crate::domain::people::Place;
use crate::http::cookie;
use crate::http::error::{ApiError, ErrorBody};
use crate::http::extract::{Coming, JsonBody, OwnPage};
use crate::http::permit::{Permitted, SignedIn};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};

/// Opens a session with the token.
#[derive(Debug, Deserialize, ToSchema)]
pub struct CreateSession {
    /// The gateway's token; `gateway token` prints it.
    #[schema(value_type = String)]
    token: SecretString,
}

/// Opens a session as a person.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    email: String,
    #[schema(value_type = String)]
    password: SecretString,
    /// A code of the authenticator app, or a recovery code; needed when the answer is `totp_required`.
    totp: Option<String>,
}

/// How one can sign in.
#[derive(Debug, Serialize, ToSchema)]
pub struct SignInMethods {
    password: bool,
    token: bool,
    oidc: Vec<OidcMethod>,
    /// No person owns the installation yet.
    needs_owner: bool,
}

/// An issuer of the sign-in standard `OpenID` Connect.
#[derive(Debug, Serialize, ToSchema)]
pub struct OidcMethod {
    name: String,
    label: String,
}

/// Who is signed in, and where.
#[derive(Debug, Serialize, ToSchema)]
pub struct Session {
    #[schema(value_type = RoleName)]
    role: Role,
    tenant: Tenant,
    /// Absent with the gateway's token and with a key.
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<SessionUser>,
    /// What the role may do in this tenant.
    #[schema(value_type = Vec<PermissionName>)]
    permissions: Vec<&'static str>,
    /// The tenants that may be chosen.
    tenants: Vec<TenantChoice>,
    /// Of this program.
    version: &'static str,
    /// Everything here is simulated.
    demo: bool,
}

/// The roles, from the lowest. It documents `domain::access::Role`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Role)]
#[serde(rename_all = "snake_case")]
pub enum RoleName {
    Viewer,
    Operator,
    Admin,
    Owner,
}

/// The permissions' names, for the document.
struct PermissionName;

impl utoipa::PartialSchema for PermissionName {
    fn schema() -> RefOr<Schema> {
        let names = Permission::ALL.map(Permission::as_str);
        ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names)).into()
    }
}

impl ToSchema for PermissionName {
    fn name() -> Cow<'static, str> {
        "Permission".into()
    }
}

/// A tenant, for people.
#[derive(Debug, Serialize, ToSchema)]
pub struct Tenant {
    id: String,
    slug: String,
    name: String,
}

impl Tenant {
    pub(super) fn of(id: TenantId, slug: String, name: String) -> Self {
        Self { id: id.to_string(), slug, name }
    }
}

/// A tenant and the role in it.
#[derive(Debug, Serialize, ToSchema)]
pub struct TenantChoice {
    id: String,
    slug: String,
    name: String,
    #[schema(value_type = RoleName)]
    role: Role,
}

/// The person who is signed in.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionUser {
    id: String,
    email: String,
    #[schema(required)]
    display_name: Option<String>,
    has_totp: bool,
    has_password: bool,
    /// A role of theirs is an issuer's to give: they come in by it, and get no password.
    is_managed: bool,
}

impl From<Person> for SessionUser {
    fn from(person: Person) -> Self {
        Self {
            id: person.id.to_string(),
            email: person.email,
            display_name: person.display_name,
            has_totp: person.has_totp,
            has_password: person.has_password,
            is_managed: person.is_managed,
        }
    }
}

fn body(app: &App, at: &Place, person: Option<Person>, places: &[Place]) -> Session {
    let may = Permission::ALL.into_iter().filter(|permission| at.role.may(*permission));
    let choice = |place: &Place| TenantChoice {
        id: place.tenant.to_string(),
        slug: place.slug.clone(),
        name: place.name.clone(),
        role: place.role,
    };
    Session {
        role: at.role,
        tenant: Tenant::of(at.tenant, at.slug.clone(), at.name.clone()),
        user: person.map(SessionUser::from),
        permissions: may.map(Permission::as_str).collect(),
        tenants: places.iter().map(choice).collect(),
        version: env!("CARGO_PKG_VERSION"),
        demo: app.demo,
    }
}

/// The answer to whoever just came in.
pub fn opened(app: &App, opened: Opened, headers: &HeaderMap) -> Result<Response, ApiError> {
    let cookie = cookie::set(&opened.cookie, headers)?;
    let first = opened.places.first().ok_or(PeopleError::NoAccess)?;
    let session = body(app, first, opened.person, &opened.places);
    Ok(([(header::SET_COOKIE, cookie)], Json(session)).into_response())
}

/// Tells how one can sign in
#[utoipa::path(operation_id = "sign_in_methods", get, path = "/v1/auth/methods", tag = "session",
    responses((status = 200, description = "The ways", body = SignInMethods)))]
pub async fn methods(State(app): State<Arc<App>>) -> Result<Json<SignInMethods>, ApiError> {
    let needs_owner = !app.people.has_owner().await?;
    let oidc = app.people.issuers().into_iter().map(|(name, label)| OidcMethod { name, label }).collect();
    Ok(Json(SignInMethods { password: true, token: true, oidc, needs_owner }))
}

/// Signs a person in
#[utoipa::path(operation_id = "session_sign_in", post, path = "/v1/auth/sign-in", tag = "session", request_body = SignIn, responses(
    (status = 200, description = "Signed in; the cookie is set", body = Session),
    (status = 401, description = "`invalid_credentials`, or `totp_required`", body = ErrorBody),
    (status = 403, description = "The account may not use any tenant", body = ErrorBody),
    (status = 429, description = "Too many attempts failed; see `retry-after`", body = ErrorBody),
    (status = 503, description = "Too many sign in at once", body = ErrorBody)))]
pub async fn sign_in(
    _: OwnPage,
    State(app): State<Arc<App>>,
    Coming(visitor): Coming,
    headers: HeaderMap,
    JsonBody(typed): JsonBody<SignIn>,
) -> Result<Response, ApiError> {
    let typed = Typed { email: typed.email, password: typed.password, code: typed.totp };
    opened(&app, app.people.sign_in(typed, &visitor).await?, &headers)
}

/// Signs a browser in with the gateway's token
#[utoipa::path(operation_id = "session_create", post, path = "/v1/auth/session", tag = "session", request_body = CreateSession, responses(
    (status = 200, description = "Signed in; the cookie is set", body = Session),
    (status = 401, description = "Not the token", body = ErrorBody)))]
pub async fn create(
    _: OwnPage,
    State(app): State<Arc<App>>,
    Coming(visitor): Coming,
    headers: HeaderMap,
    JsonBody(body): JsonBody<CreateSession>,
) -> Result<Response, ApiError> {
    if !app.access.is_token(body.token.expose_secret().trim()) {
        app.people.token_refused(&visitor).await?;
        let text = "this is not the gateway's token";
        return Err(ApiError::new(StatusCode::UNAUTHORIZED, "invalid_token", text));
    }
    opened(&app, app.people.enter_with_token(&visitor).await?, &headers)
}

/// Tells who is signed in
#[utoipa::path(operation_id = "session_get", get, path = "/v1/auth/session", tag = "session", security(("token" = [])), responses(
    (status = 200, description = "Signed in", body = Session),
    (status = 401, description = "Signed out", body = ErrorBody)))]
pub async fn get(
    State(app): State<Arc<App>>,
    caller: Permitted<SignedIn>,
) -> Result<Json<Session>, ApiError> {
    let places = app.people.places(caller.actor()).await?;
    let here = places.iter().find(|place| place.tenant == caller.tenant());
    let here = here.ok_or_else(|| ApiError::not_found("tenant"))?;
    let person = app.people.person(caller.actor()).await?;
    Ok(Json(body(&app, here, person, &places)))
}

/// Signs a browser out
#[utoipa::path(operation_id = "session_delete", delete, path = "/v1/auth/session", tag = "session", responses((status = 204, description = "The session is over, the cookie gone")))]
pub async fn delete(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Response, ApiError> {
    if let Some(value) = cookie::shown(&headers) {
        app.people.sign_out(value).await?;
    }
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie::removed(&headers)?)]).into_response())
}

impl From<PeopleError> for ApiError {
    fn from(error: PeopleError) -> Self {
        let (status, code) = match &error {
            PeopleError::InvalidCredentials => (StatusCode::UNAUTHORIZED, "invalid_credentials"),
            PeopleError::TotpRequired => (StatusCode::UNAUTHORIZED, "totp_required"),
            PeopleError::TooManyAttempts(seconds) => {
                let seconds = *seconds;
                let status = StatusCode::TOO_MANY_REQUESTS;
                return Self::new(status, "too_many_attempts", error.to_string()).retry_after(seconds);
            }
            PeopleError::Busy => {
                return Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", error.to_string()).retry_after(5);
            }
            PeopleError::NoAccess => (StatusCode::FORBIDDEN, "no_access"),
            PeopleError::NotAPerson => (StatusCode::FORBIDDEN, "not_a_person"),
            // Not 401: they are signed in.
            PeopleError::WrongPassword => (StatusCode::BAD_REQUEST, "wrong_password"),
            PeopleError::WrongCode => (StatusCode::BAD_REQUEST, "wrong_code"),
            PeopleError::TotpActive => (StatusCode::CONFLICT, "totp_active"),
            PeopleError::NoTotp => (StatusCode::CONFLICT, "no_totp"),
            PeopleError::NotFound(what) => return Self::not_found(what),
            PeopleError::InvalidInvitation => (StatusCode::NOT_FOUND, "invalid_invitation"),
            PeopleError::OtherAddress => (StatusCode::BAD_REQUEST, "other_address"),
            PeopleError::AlreadyMember => (StatusCode::CONFLICT, "already_member"),
            PeopleError::Malformed(wrong) => (StatusCode::BAD_REQUEST, malformed(*wrong)),
            PeopleError::Invitation(_) => (StatusCode::BAD_REQUEST, "invalid_invitation"),
            PeopleError::Member(refused) => member(*refused),
            PeopleError::Oidc(refused) => (oidc::status(*refused), refused.as_str()),
            PeopleError::Database(_) | PeopleError::Vault(_) | PeopleError::Hashing(_) => {
                return Self::internal(&error);
            }
        };
        Self::new(status, code, error.to_string())
    }
}

fn malformed(wrong: crate::domain::people::Malformed) -> &'static str {
    use crate::domain::people::Malformed;
    match wrong {
        Malformed::Email => "invalid_email",
        Malformed::ShortPassword | Malformed::LongPassword | Malformed::PlainPassword => "invalid_password",
        Malformed::Name => "invalid_name",
    }
}

fn member(refused: crate::domain::people::member::Refused) -> (StatusCode, &'static str) {
    use crate::domain::people::member::Refused;
    match refused {
        Refused::Above(_) | Refused::Gives(_) => (StatusCode::FORBIDDEN, "forbidden"),
        Refused::LastOwner => (StatusCode::CONFLICT, "last_owner"),
        Refused::DisabledOwner => (StatusCode::CONFLICT, "owner"),
    }
}
