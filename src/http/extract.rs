//! Who calls, and bodies with precise errors. A handler takes a [`Caller`] by what its route needs:
//! [`Permitted`](super::permit::Permitted).

use super::cookie;
use super::error::ApiError;
use crate::app::App;
use crate::app::people::Visitor;
use crate::domain::access::{Actor, Permission, Who};
use crate::domain::ids::{BrowserSessionId, RequestId, TenantId, UserId};
use crate::domain::peer::client_address;
use crate::domain::people::{Place, choose};
use axum::body::Bytes;
use axum::extract::{ConnectInfo, FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use serde::de::DeserializeOwned;
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// A page of another origin can't send it without being allowed to: it makes a changing request with a cookie ours.
pub const CSRF_HEADER: &str = "x-gateway-csrf";
/// Which tenant is meant, by id or slug.
const TENANT_HEADERS: [&str; 2] = ["x-gateway-tenant-id", "x-goclaw-tenant-id"];
/// The most that is kept of what a browser calls itself.
const AGENT_CHARACTERS: usize = 256;
/// Tells the client which request this was.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

tokio::task_local! {
    static CURRENT: RequestId;
}

/// The id of the request that this task serves.
pub fn current_request_id() -> Option<String> {
    CURRENT.try_with(ToString::to_string).ok()
}

/// Gives every request its id: in the log's span, in error bodies and in the answer's header.
pub async fn with_request_id(mut request: Request, next: Next) -> Response {
    let id = RequestId(uuid::Uuid::now_v7());
    request.extensions_mut().insert(id);
    let mut response = CURRENT.scope(id, next.run(request)).await;
    if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

/// Somebody authenticated, with the tenant that they may touch.
#[derive(Clone, Debug)]
pub struct Caller {
    actor: Actor,
    session: Option<BrowserSessionId>,
}

impl Caller {
    pub fn tenant(&self) -> TenantId {
        self.actor.tenant
    }

    /// Who they are, and from where.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// The browser session that they came with.
    pub fn session(&self) -> Option<BrowserSessionId> {
        self.session
    }

    /// The person that they are, if they are one.
    pub fn user(&self) -> Option<UserId> {
        if let Who::User(id) = self.actor.who { Some(id) } else { None }
    }

    /// Whether their role allows it, for what only some are shown.
    pub fn may(&self, permission: Permission) -> bool {
        self.actor.role.may(permission)
    }

    /// For what a route needs besides its permission, because of what its body says.
    pub fn require(&self, permission: Permission) -> Result<(), ApiError> {
        if self.may(permission) {
            return Ok(());
        }
        let (role, least) = (self.actor.role.as_str(), permission.least().as_str());
        let needs = permission.as_str();
        Err(ApiError::forbidden(format!(
            "this needs the permission {needs}, which roles from {least} on have; yours is {role}"
        )))
    }
}

impl Caller {
    /// Whoever makes this request.
    pub(super) async fn of(parts: &Parts, app: &App) -> Result<Self, ApiError> {
        let (actor, session) = match bearer(&parts.headers) {
            Some(token) => {
                let actor = app.access.bearer(token).ok_or_else(ApiError::unauthorized)?;
                (choose_tenant(app, actor, None, &parts.headers).await?, None)
            }
            None => by_cookie(parts, app).await?,
        };
        let from = address(parts, app);
        let request = parts.extensions.get::<RequestId>().copied();
        Ok(Self { actor: Actor { from, request, ..actor }, session })
    }
}

/// Somebody whose browser is signed in, and with which session.
async fn by_cookie(parts: &Parts, app: &App) -> Result<(Actor, Option<BrowserSessionId>), ApiError> {
    let value = cookie::shown(&parts.headers).ok_or_else(ApiError::unauthorized)?;
    let signed_in = app.people.recognise_cookie(value, &visitor(parts, app)).await?;
    let signed_in = signed_in.ok_or_else(ApiError::unauthorized)?;
    let reads = matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS);
    if !reads && !parts.headers.contains_key(CSRF_HEADER) {
        return Err(ApiError::forbidden(format!(
            "a changing request with a session cookie needs the header {CSRF_HEADER}"
        )));
    }
    if let Some(next) = &signed_in.cookie {
        cookie::hand_out(parts, next)?;
    }
    let first = signed_in.places.first().ok_or_else(|| {
        ApiError::new(StatusCode::FORBIDDEN, "no_access", "this account may not use any tenant any more")
    })?;
    let actor = Actor {
        tenant: first.tenant,
        role: first.role,
        who: signed_in.who,
        name: signed_in.name,
        from: None,
        request: None,
    };
    let actor = choose_tenant(app, actor, Some(signed_in.places), &parts.headers).await?;
    Ok((actor, Some(signed_in.session)))
}

/// Whoever it is, in the tenant that the request asks for among theirs; another one, and one that does not exist, are not
/// found. `places`: where they are known already.
async fn choose_tenant(
    app: &App,
    actor: Actor,
    places: Option<Vec<Place>>,
    headers: &HeaderMap,
) -> Result<Actor, ApiError> {
    let mut asked = Vec::new();
    for name in TENANT_HEADERS {
        asked.extend(headers.get(name).map(|asked| asked.to_str().unwrap_or_default()));
    }
    if asked.is_empty() {
        return Ok(actor);
    }
    let places = match places {
        Some(places) => places,
        None => app.people.places(&actor).await?,
    };
    let mut chosen: Option<&Place> = None;
    for asked in asked {
        let place = choose(&places, asked);
        if place.is_none() || chosen.is_some_and(|chosen| Some(chosen) != place) {
            return Err(ApiError::not_found("tenant"));
        }
        chosen = place;
    }
    Ok(match chosen {
        Some(place) => Actor { tenant: place.tenant, role: place.role, ..actor },
        None => actor,
    })
}

/// Who comes, and from where.
fn visitor(parts: &Parts, app: &App) -> Visitor {
    let agent = parts.headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
    Visitor {
        address: address(parts, app),
        agent: agent.map(|agent| agent.chars().take(AGENT_CHARACTERS).collect()),
    }
}

/// Whoever it is that comes to sign in.
#[derive(Debug)]
pub struct Coming(pub Visitor);

impl FromRequestParts<Arc<App>> for Coming {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Infallible> {
        Ok(Self(visitor(parts, app)))
    }
}

/// A page of another origin must not sign a browser in as somebody of its choice. Browsers say where a request is from: in
/// `Sec-Fetch-Site`, older ones in `Origin`. What says neither is no browser.
#[derive(Debug)]
pub struct OwnPage;

impl FromRequestParts<Arc<App>> for OwnPage {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let own = match parts.headers.get("sec-fetch-site") {
            Some(site) => is_own_site(site),
            None => parts.headers.get(header::ORIGIN).is_none_or(|origin| is_own(origin, parts, app)),
        };
        if own { Ok(Self) } else { Err(ApiError::forbidden("signing in is for the gateway's own page")) }
    }
}

/// What browsers say in `Sec-Fetch-Site` of what our own page asks, or a person by themselves.
pub fn is_own_site(site: &HeaderValue) -> bool {
    matches!(site.as_bytes(), b"same-origin" | b"none")
}

/// Whether an origin is that of the host that was asked, or the one that people use.
fn is_own(origin: &HeaderValue, parts: &Parts, app: &App) -> bool {
    let Some((_, host)) = origin.to_str().ok().and_then(|origin| origin.split_once("://")) else {
        return false;
    };
    let asked = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok()).or(parts.uri.host());
    let config = app.config.load();
    let public = config.server.public_url.as_deref().and_then(|url| url.split_once("://"));
    let public = public.map(|(_, rest)| rest.split('/').next().unwrap_or_default());
    [asked, public].into_iter().flatten().any(|own| own.eq_ignore_ascii_case(host))
}

/// From where the request comes: what trusted proxies (`gateway.trusted_proxies`) say counts, what others say does not.
/// `None`: not over the network.
pub fn address(parts: &Parts, app: &App) -> Option<IpAddr> {
    let ConnectInfo(peer) = parts.extensions.get::<ConnectInfo<SocketAddr>>()?;
    let config = app.config.load();
    let trusted = &config.server.trusted_proxies;
    if trusted.is_empty() {
        return Some(peer.ip().to_canonical());
    }
    let lines = |name: HeaderName| -> Vec<&str> {
        // A line that is no text says nothing, but it stands where it stands.
        parts.headers.get_all(name).iter().map(|line| line.to_str().unwrap_or_default()).collect()
    };
    let x_forwarded_for = lines(HeaderName::from_static("x-forwarded-for"));
    Some(client_address(peer.ip(), trusted, &x_forwarded_for, &lines(header::FORWARDED)))
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// A JSON body; an error names the place and what was found there. An empty body is `{}`.
#[derive(Debug)]
pub struct JsonBody<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Arc<App>> for JsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, ApiError> {
        let bytes =
            Bytes::from_request(request, app).await.map_err(|rejection| match rejection.status() {
                status @ StatusCode::PAYLOAD_TOO_LARGE => {
                    ApiError::new(status, "body_too_large", "the body is larger than this route takes")
                }
                status => ApiError::new(status, "invalid_body", rejection.body_text()),
            })?;
        if holds_nul(&bytes) {
            return Err(ApiError::bad_request("invalid_body", "a text of the body holds a NUL character"));
        }
        let bytes: &[u8] = if bytes.iter().all(u8::is_ascii_whitespace) { b"{}" } else { &bytes };
        let mut reader = serde_json::Deserializer::from_slice(bytes);
        let value = serde_path_to_error::deserialize(&mut reader)
            .map_err(|error| ApiError::bad_request("invalid_body", error.to_string()))?;
        reader.end().map_err(|error| ApiError::bad_request("invalid_body", error.to_string()))?;
        Ok(Self(value))
    }
}

/// Whether a string of this JSON text holds U+0000, which the database can't keep. Unescaped, it is no JSON.
fn holds_nul(json: &[u8]) -> bool {
    memchr::memmem::find_iter(json, b"\\u0000").any(|at| {
        let before = json[..at].iter().rev().take_while(|byte| **byte == b'\\').count();
        before % 2 == 0
    })
}

#[cfg(test)]
mod tests {
    use super::holds_nul;

    #[test]
    fn a_nul_is_seen_and_the_text_of_its_escape_is_none() {
        assert!(holds_nul(br#"{"a": "x\u0000"}"#) && holds_nul(br#"["\\\u0000"]"#));
        assert!(!holds_nul(br#"["\\u0000", "\u0001", "u0000"]"#));
    }
}
