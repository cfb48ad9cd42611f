//! axum. Knows status codes; nothing about SQL or upstreams.

pub mod admin;

pub mod openai;

pub mod mcp;

pub mod listener;

pub mod login_callback;

pub mod dashboard;

pub mod health;

pub mod error;

pub mod extract;

pub mod permit;

pub mod cookie;

mod document;
pub mod https;

use crate::app::App;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::middleware;
use axum::routing::{any, get};
use std::sync::Arc;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::{AllowOrigin, CorsLayer};
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::trace::TraceLayer;
use utoipa::OpenApi as _;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt as _};
use utoipa_axum::routes;

/// Bodies of admin routes; model routes have a limit of their own.
const ADMIN_BODY: usize = 1 << 20;

/// What the document says besides the routes. A path with a wildcard is written here by hand: the router's form of
/// it is not that of OpenAPI.
#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "gateway",
        description = "Several ChatGPT/Codex subscriptions behind one reliable endpoint.",
        license(name = "MIT", identifier = "MIT")
    ),
    paths(openai::models::get),
    modifiers(&Security)
)]
struct Document;

/// How a caller shows who they are. Each route names the permission that it needs as a scope, which the tests hold it to.
struct Security;

impl utoipa::Modify for Security {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
        let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        document.components.get_or_insert_default().add_security_scheme("token", bearer);
    }
}

/// Every route with its place in the document. `message_body`: bytes that a message to an agent, images included, may
/// have.
fn documented(message_body: usize) -> OpenApiRouter<Arc<App>> {
    use admin::oidc as admin_oidc;
    use admin::{
        account, activity, agents, capacity, codex_pool_activity, events, invitations, keys, mcp_servers, me,
        oauth, overview, pool_preview, providers, quota, requests, runs, session, sessions, tenants, tools,
        traces, usage, users,
    };
    OpenApiRouter::with_openapi(Document::openapi())
        .merge(for_models())
        .routes(routes!(session::methods))
        .routes(routes!(session::sign_in))
        .routes(routes!(session::create, session::get, session::delete))
        .merge(account::routes())
        .merge(admin_oidc::routes())
        .routes(routes!(users::list))
        .routes(routes!(users::update, users::delete))
        .routes(routes!(invitations::list, invitations::create))
        .routes(routes!(invitations::delete))
        .routes(routes!(invitations::by_token))
        .routes(routes!(invitations::accept))
        .routes(routes!(overview::get))
        .routes(routes!(traces::list))
        .routes(routes!(requests::list))
        .routes(routes!(requests::get))
        .routes(routes!(capacity::get))
        .routes(routes!(usage::get))
        .routes(routes!(usage::export))
        .routes(routes!(events::watch))
        .routes(routes!(providers::types))
        .routes(routes!(providers::list, providers::create))
        .routes(routes!(providers::get, providers::update, providers::delete))
        .routes(routes!(providers::models))
        .routes(routes!(providers::verify))
        .routes(routes!(providers::release))
        .routes(routes!(agents::list, agents::create))
        .routes(routes!(agents::get, agents::update, agents::delete))
        .routes(routes!(tools::list))
        .routes(routes!(runs::create).layer(DefaultBodyLimit::max(message_body)))
        .routes(routes!(runs::list))
        .routes(routes!(runs::get))
        .routes(routes!(runs::watch))
        .routes(routes!(runs::cancel))
        .routes(routes!(runs::resume))
        .routes(routes!(sessions::list))
        .routes(routes!(sessions::get, sessions::update, sessions::delete))
        .routes(routes!(sessions::items))
        .routes(routes!(sessions::rewind))
        .routes(routes!(sessions::export))
        .routes(routes!(me::get))
        .routes(routes!(keys::list, keys::create))
        .routes(routes!(keys::get, keys::update, keys::delete))
        .routes(routes!(keys::revoke))
        .routes(routes!(mcp_servers::list, mcp_servers::create))
        .routes(routes!(mcp_servers::get, mcp_servers::update, mcp_servers::delete))
        .routes(routes!(mcp_servers::reconnect))
        .routes(routes!(activity::list))
        .routes(routes!(activity::export))
        .routes(routes!(tenants::list, tenants::create))
        .routes(routes!(tenants::get, tenants::update, tenants::delete))
        .routes(routes!(codex_pool_activity::of_agent))
        .routes(routes!(codex_pool_activity::of_provider))
        .routes(routes!(pool_preview::get))
        .merge(oauth::routes())
        .merge(quota::routes())
        .merge(for_probes())
        .routes(routes!(health::metrics))
}

/// What clients of models call.
fn for_models() -> OpenApiRouter<Arc<App>> {
    use openai::{chat_completions, models, responses};
    OpenApiRouter::new()
        .routes(routes!(responses::create, responses::upgrade))
        .routes(routes!(responses::get))
        .routes(routes!(chat_completions::create))
        .routes(routes!(models::list))
}

/// What a load balancer asks.
fn for_probes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(health::healthz)).routes(routes!(health::readyz))
}

/// The OpenAPI document, as JSON.
pub fn openapi() -> String {
    let mut document = documented(0).into_openapi();
    document::add_common_answers(&mut document);
    let mut text = document.to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}

/// The whole server, without its socket.
pub fn router(app: &Arc<App>) -> Router {
    let message_body = app.config.load().server.max_body_mib << 20;
    let (routes, _) = documented(message_body).split_for_parts();
    layered(with_unlisted(routes).fallback(dashboard::serve), app)
}

/// What stands open when everything else has a listener of its own: what holders of keys use, their own account included.
pub fn public_router(app: &Arc<App>) -> Router {
    let (routes, _) = for_models().merge(for_probes()).routes(routes!(admin::me::get)).split_for_parts();
    let nothing = || async { error::ApiError::not_found("route") };
    layered(with_unlisted(routes).fallback(nothing), app)
}

/// Paths of clients of models that a router and a document write in different ways.
fn with_unlisted(routes: Router<Arc<App>>) -> Router<Arc<App>> {
    routes.route("/v1/models/{*id}", get(openai::models::get)).route("/mcp", any(mcp::serve))
}

/// The layers from the outside inwards: every request has an id and a span, every answer the same security headers, every
/// error the same shape; a panic is a 500.
fn layered(routes: Router<Arc<App>>, app: &Arc<App>) -> Router {
    routes
        .layer(DefaultBodyLimit::max(ADMIN_BODY))
        .layer(CatchPanicLayer::new())
        .layer(middleware::from_fn(error::without_nul))
        .layer(middleware::from_fn(error::in_our_shape))
        .layer(middleware::from_fn(cookie::with_next_value))
        .layer(cors(&app.config.load().server.allowed_origins))
        .layer(middleware::map_response(dashboard::security_headers))
        .layer(middleware::from_fn_with_state(app.clone(), https::only))
        .layer(SetResponseHeaderLayer::if_not_present(
            header::CACHE_CONTROL,
            HeaderValue::from_static("no-store"),
        ))
        .layer(TraceLayer::new_for_http().make_span_with(|request: &Request| {
            let id = request.extensions().get::<crate::domain::ids::RequestId>().copied();
            // The path alone: a query can hold a code.
            tracing::info_span!(
                "request",
                id = id.map(tracing::field::display),
                method = %request.method(),
                path = request.uri().path(),
            )
        }))
        .layer(middleware::from_fn(extract::with_request_id))
        .with_state(app.clone())
}

/// Closed unless origins are configured. Cookies are never part of it: they are for our own page.
fn cors(origins: &[String]) -> CorsLayer {
    let layer = CorsLayer::new()
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            HeaderName::from_static("x-gateway-session-key"),
            // Of MCP clients.
            HeaderName::from_static("mcp-protocol-version"),
            HeaderName::from_static("mcp-method"),
            HeaderName::from_static("mcp-name"),
        ])
        .expose_headers([extract::REQUEST_ID, openai::PROVIDER, openai::DROPPED, openai::ATTEMPTS]);
    if origins.iter().any(|o| o == "*") {
        return layer.allow_origin(AllowOrigin::any());
    }
    layer.allow_origin(AllowOrigin::list(origins.iter().filter_map(|o| o.parse().ok())))
}
