//! The use cases: they read the clock, open transactions, call upstreams and ask the domain.

pub mod clock;

mod batches;

pub mod audit;

pub mod vault;

pub mod access;

pub mod keys;

pub mod limits;
pub mod people;

pub mod tokens;

pub mod login_listener;

pub mod logins;

pub mod catalogue;

pub mod models;

pub mod placements;

pub mod conversations;

pub mod events;

pub mod records;

pub mod quota;

pub mod health;

pub mod gateway;

pub mod runs;

pub mod sessions;

pub mod traces;
pub mod usage;

pub mod pools;
pub mod preview;

pub mod activity;
pub mod dependents;

pub mod providers;

pub mod tenants;

pub mod agents;

pub mod mcp;
pub mod tools;

pub mod readiness;

pub mod announce;
pub mod attention;

pub mod background;

pub mod boot;

use crate::config::Config;
use arc_swap::ArcSwap;
use std::sync::Arc;

/// The running application: what every route and every background task works with.
pub struct App {
    pub config: Arc<ArcSwap<Config>>,
    pub clock: clock::Clock,
    pub db: crate::store::db::Db,
    pub access: access::Access,
    pub audit: audit::Audit,
    pub keys: keys::Keys,
    pub people: people::People,
    pub tokens: tokens::Tokens,
    pub logins: Arc<logins::Logins>,
    pub catalogues: Arc<catalogue::Catalogues>,
    pub models: Arc<models::Models>,
    pub placements: Arc<placements::Placements>,
    pub providers: providers::Providers,
    pub agents: agents::Agents,
    pub tenants: tenants::Tenants,
    pub tools: tools::Toolbox,
    pub mcp: Arc<mcp::McpServers>,
    pub traces: traces::Traces,
    pub accounts: Arc<health::Accounts>,
    pub sharing: Arc<health::share::Sharing>,
    pub homes: Arc<health::homes::HomeSharing>,
    pub quotas: Arc<quota::Quotas>,
    pub events: events::Events,
    pub gateway: Arc<gateway::Gateway>,
    pub runs: runs::Runs,
    pub sessions: sessions::Sessions,
    pub metrics: Arc<crate::telemetry::metrics::Metrics>,
    pub shutdown: crate::lifecycle::Shutdown,
    /// The port that was really bound, once there is one.
    pub bound: std::sync::OnceLock<std::net::SocketAddr>,
    /// That of the admin listener, when there is one.
    pub admin_bound: std::sync::OnceLock<std::net::SocketAddr>,
    /// Everything upstream is simulated.
    pub demo: bool,
}

impl App {
    /// Brings memory up to date with the database.
    pub async fn reload(&self) -> sqlx::Result<()> {
        // First of all: a revoked key ends at once.
        self.keys.reload().await?;
        self.tokens.load().await?;
        self.catalogues.reload().await?;
        self.mcp.reload().await
    }

    /// The address that people use, without a slash at the end.
    pub fn public_url(&self) -> String {
        self.config.load().server.address(self.bound.get().map(std::net::SocketAddr::port))
    }

    /// The address of the dashboard, without a slash at the end: the admin listener's when there is one.
    pub fn dashboard_url(&self) -> String {
        let config = self.config.load();
        match (config.server.admin.port, self.admin_bound.get()) {
            (Some(_), Some(bound)) => config.server.own_url(&config.server.admin.host, bound.port()),
            _ => self.public_url(),
        }
    }
}
