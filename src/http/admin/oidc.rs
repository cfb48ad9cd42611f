//! Signing in with OpenID Connect: `/v1/auth/oidc/{name}/start` leads to the issuer's page, which leads back to `callback`.
//! A browser comes here by itself, so what goes wrong is said on the sign-in page, by a code in its address.

use crate::app::App;
use crate::app::people::{Back, Begun, PeopleError, Returned};
use crate::domain::ids::IdentityId;
use crate::domain::people::oidc::{Refused, return_path, with_reason};
use crate::http::cookie;
use crate::http::error::{ApiError, ErrorBody};
use crate::http::extract::{Coming, JsonBody, is_own_site};
use crate::http::permit::{Permitted, SignedIn};
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Response};
use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

/// All of them.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(start))
        .routes(routes!(callback))
        .routes(routes!(list, link))
        .routes(routes!(unlink))
}

/// Where to go afterwards.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct StartQuery {
    /// A path of the dashboard.
    return_to: Option<String>,
}

/// What an issuer sends a browser back with.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CallbackQuery {
    state: Option<String>,
    #[param(value_type = Option<String>)]
    code: Option<SecretString>,
    error: Option<String>,
    /// Who answers (RFC 9207).
    iss: Option<String>,
}

/// Who one is at an issuer.
#[derive(Debug, Serialize, ToSchema)]
pub struct Identity {
    id: String,
    /// The issuer's name; null: it is no way in any more.
    #[schema(required)]
    issuer: Option<String>,
    /// For people.
    label: String,
    /// As the issuer knows one.
    #[schema(required)]
    email: Option<String>,
    created_at: DateTime<Utc>,
    #[schema(required)]
    last_used_at: Option<DateTime<Utc>>,
}

/// In the order in which they came.
#[derive(Debug, Serialize, ToSchema)]
pub struct IdentityList {
    identities: Vec<Identity>,
}

/// Which identity to link.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkStart {
    /// The issuer's name.
    issuer: String,
    /// One's own; only who has none leaves it out.
    #[schema(value_type = Option<String>)]
    password: Option<SecretString>,
}

/// Where the browser goes now. It comes back to the account page.
#[derive(Debug, Serialize, ToSchema)]
pub struct LinkStarted {
    url: String,
}

/// Begins a sign-in at an issuer's page
#[utoipa::path(operation_id = "oidc_start", get, path = "/v1/auth/oidc/{name}/start", tag = "session",
    params(("name" = String, Path, description = "The issuer's name"), StartQuery),
    responses((status = 303, description = "To the issuer, or to the sign-in page, which says why not"),
    (status = 403, description = "A page of another origin asks", body = ErrorBody)))]
pub async fn start(
    State(app): State<Arc<App>>,
    Coming(visitor): Coming,
    Path(name): Path<String>,
    Query(query): Query<StartQuery>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    only_as_a_page(&headers)?;
    let to = return_path(query.return_to.as_deref());
    match app.people.begin_oidc(&name, &app.dashboard_url(), &to, None, &visitor).await {
        Ok(begun) => sent(&begun.url, [begun_cookie(&begun, &headers)?]),
        Err(error) => sent(&refused(&to, error)?, []),
    }
}

/// Ends a sign-in that the issuer's page led back from
#[utoipa::path(operation_id = "oidc_callback", get, path = "/v1/auth/oidc/{name}/callback", tag = "session",
    params(("name" = String, Path, description = "The issuer's name"), CallbackQuery),
    responses((status = 303, description = "To the page, signed in, or to the sign-in page, which says why not")))]
pub async fn callback(
    State(app): State<Arc<App>>,
    Coming(visitor): Coming,
    Path(name): Path<String>,
    Query(query): Query<CallbackQuery>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let back = Back {
        state: query.state,
        code: query.code,
        error: query.error,
        issuer: query.iss,
        cookie: cookie::shown_of_sign_in(&headers).map(SecretString::from),
    };
    let Returned { to, outcome } = app.people.finish_oidc(&name, back, &visitor).await;
    let over = cookie::of_sign_in("", 0, &headers)?;
    match outcome {
        Ok(Some(opened)) => sent(&to, [over, cookie::set(&opened.cookie, &headers)?]),
        Ok(None) => sent(&to, [over]),
        // The cookie is of another sign-in, perhaps, which is still under way.
        Err(error @ PeopleError::Oidc(Refused::Expired)) => sent(&refused(&to, error)?, []),
        Err(error) => sent(&refused(&to, error)?, [over]),
    }
}

/// The browser is sent on.
fn sent<const N: usize>(to: &str, cookies: [HeaderValue; N]) -> Result<Response, ApiError> {
    let to = HeaderValue::from_str(to).map_err(|error| ApiError::internal(&error))?;
    let cookies = AppendHeaders(cookies.map(|set| (header::SET_COOKIE, set)));
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, to)], cookies).into_response())
}

/// The page, with the reason. What broke on our side is an error as any other.
fn refused(to: &str, error: PeopleError) -> Result<String, ApiError> {
    let reason = match &error {
        PeopleError::Oidc(refused) => refused.as_str(),
        PeopleError::TooManyAttempts(_) => "too_many_attempts",
        PeopleError::NoAccess => "no_access",
        _ => return Err(error.into()),
    };
    Ok(with_reason(to, reason))
}

fn begun_cookie(begun: &Begun, headers: &HeaderMap) -> Result<HeaderValue, ApiError> {
    cookie::of_sign_in(begun.cookie.value.expose_secret(), begun.cookie.seconds, headers)
}

/// A link may lead here from anywhere; a page of another site can't use up somebody's sign-ins with pictures of ours.
fn only_as_a_page(headers: &HeaderMap) -> Result<(), ApiError> {
    let foreign = headers.get("sec-fetch-site").is_some_and(|site| !is_own_site(site));
    let mode = headers.get("sec-fetch-mode").map(HeaderValue::as_bytes);
    if foreign && mode != Some(b"navigate") {
        return Err(ApiError::forbidden("a sign-in begins as a page of its own"));
    }
    Ok(())
}

/// Lists who one is at issuers
#[utoipa::path(operation_id = "account_identities", get, path = "/v1/account/identities", tag = "account",
    security(("token" = [])), responses((status = 200, description = "In the order in which they came", body = IdentityList),
    (status = 403, description = "Not a person", body = ErrorBody)))]
pub async fn list(
    State(app): State<Arc<App>>,
    caller: Permitted<SignedIn>,
) -> Result<Json<IdentityList>, ApiError> {
    let shown = |row: crate::app::people::Identity| Identity {
        id: row.id.to_string(),
        issuer: row.issuer_name,
        label: row.label,
        email: row.email,
        created_at: row.created_at,
        last_used_at: row.last_used_at,
    };
    let identities = app.people.identities(caller.actor()).await?.into_iter().map(shown).collect();
    Ok(Json(IdentityList { identities }))
}

/// Begins to link who one is at an issuer to the account
#[utoipa::path(operation_id = "account_identity_link", post, path = "/v1/account/identities", tag = "account", request_body = LinkStart,
    security(("token" = [])), responses((status = 200, description = "The issuer's page", body = LinkStarted),
    (status = 400, description = "The password is wrong", body = ErrorBody),
    (status = 403, description = "Not a person", body = ErrorBody),
    (status = 404, description = "There is no such issuer", body = ErrorBody),
    (status = 429, description = "Too many attempts failed; see `retry-after`", body = ErrorBody),
    (status = 502, description = "The issuer can't be reached", body = ErrorBody),
    (status = 503, description = "Too many sign in at once", body = ErrorBody)))]
pub async fn link(
    State(app): State<Arc<App>>,
    caller: Permitted<SignedIn>,
    Coming(visitor): Coming,
    headers: HeaderMap,
    JsonBody(body): JsonBody<LinkStart>,
) -> Result<Response, ApiError> {
    let (actor, session, address) = (caller.actor(), caller.session(), app.dashboard_url());
    let password = body.password.as_ref();
    let begun = app.people.begin_link(actor, session, &body.issuer, password, &address, &visitor).await?;
    let cookie = begun_cookie(&begun, &headers)?;
    Ok(([(header::SET_COOKIE, cookie)], Json(LinkStarted { url: begun.url })).into_response())
}

/// Takes one of one's own identities away
#[utoipa::path(operation_id = "account_identity_unlink", delete, path = "/v1/account/identities/{id}", tag = "account",
    params(("id" = String, Path, description = "The identity's id")),
    security(("token" = [])), responses((status = 204, description = "It is no way in any more"),
    (status = 403, description = "Not a person", body = ErrorBody),
    (status = 404, description = "There is no such identity", body = ErrorBody),
    (status = 409, description = "It is the only way in", body = ErrorBody)))]
pub async fn unlink(
    State(app): State<Arc<App>>,
    caller: Permitted<SignedIn>,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let id = Uuid::parse_str(&id).map_err(|_| ApiError::not_found("identity"))?;
    app.people.unlink(caller.actor(), IdentityId(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The status that a refusal has where a program asks.
pub(super) fn status(refused: Refused) -> StatusCode {
    match refused {
        Refused::UnknownIssuer => StatusCode::NOT_FOUND,
        Refused::Unavailable | Refused::Denied | Refused::Untrusted => StatusCode::BAD_GATEWAY,
        Refused::Expired | Refused::Cancelled => StatusCode::BAD_REQUEST,
        Refused::Unverified | Refused::NoRole | Refused::Disabled | Refused::Managed => StatusCode::FORBIDDEN,
        Refused::EmailTaken | Refused::IdentityTaken | Refused::LastWay => StatusCode::CONFLICT,
    }
}
