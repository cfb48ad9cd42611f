//! The accounts: what signs them in, what is known of them, and the clients that ask them.

use crate::app::clock::Clock;
use crate::app::health::Accounts;
use crate::app::health::homes::{self, HomeSharing};
use crate::app::health::share::Sharing;
use crate::app::login_listener::{Door, ListenerSettings};
use crate::app::logins::{LoginParts, LoginSettings, Logins};
use crate::app::models::Models;
use crate::app::placements::Placements;
use crate::app::quota::{QuotaParts, Quotas};
use crate::app::tokens::{Tokens, TokensDeps};
use crate::app::vault::Vault;
use crate::config::Config;
use crate::lifecycle::Shutdown;
use crate::store::db::Db;
use crate::upstream::codex::CodexClient;
use crate::upstream::http_client;
use crate::upstream::oidc::Issuers;
use crate::upstream::openai_auth::{OpenAiAuth, OpenAiAuthConfig};
use crate::upstream::openai_compatible::CompatibleClient;
use crate::upstream::web::WebClient;
use anyhow::Context as _;
use arc_swap::ArcSwap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio_util::task::TaskTracker;

/// What signs accounts in and keeps them so.
pub(super) struct SignIns {
    pub tokens: Tokens,
    pub logins: Arc<Logins>,
    pub doors: UnboundedReceiver<Door>,
}

pub(super) fn sign_ins(
    config: &Config,
    db: &Db,
    vault: &Vault,
    clock: &Clock,
    auth: OpenAiAuth,
    careful: &TaskTracker,
    shutdown: &Shutdown,
) -> SignIns {
    let tokens = Tokens::new(TokensDeps {
        db: db.clone(),
        vault: vault.clone(),
        clock: clock.clone(),
        auth: auth.clone(),
        tracker: careful.clone(),
    });
    let (logins, doors) = Logins::new(LoginParts {
        db: db.clone(),
        vault: vault.clone(),
        tokens: tokens.clone(),
        clock: clock.clone(),
        auth,
        settings: login_settings(config),
        tracker: careful.clone(),
        shutdown: shutdown.draining(),
    });
    SignIns { tokens, logins, doors }
}

/// The live state of the accounts, and what shares it.
pub(super) struct LiveAccounts {
    pub accounts: Arc<Accounts>,
    pub sharing: Arc<Sharing>,
    pub homes: Arc<HomeSharing>,
}

/// The leases and homes of the last run are taken up.
pub(super) async fn live_accounts(
    config: &ArcSwap<Config>,
    db: &Db,
    clock: &Clock,
    quotas: &Arc<Quotas>,
    shutdown: &Shutdown,
) -> anyhow::Result<LiveAccounts> {
    let (news, heard) = mpsc::unbounded_channel();
    let (moves, arrivals) = mpsc::channel(homes::CAPACITY);
    let minutes = i64::try_from(config.load().routing.conversation_ttl_minutes).unwrap_or(60);
    let ttl = chrono::TimeDelta::minutes(minutes);
    let accounts = Arc::new(Accounts::new(clock.clone(), quotas.clone(), ttl, news, moves));
    let id = clock.new_id();
    let sharing = Arc::new(Sharing { db: db.clone(), clock: clock.clone(), accounts: accounts.clone(), id });
    sharing.load().await.context("the accounts' leases can't be read")?;
    let homes =
        Arc::new(HomeSharing { db: db.clone(), clock: clock.clone(), accounts: accounts.clone(), ttl, id });
    homes.load().await.context("the homes of conversations can't be read")?;
    let (writer, stopping) = (sharing.clone(), shutdown.tasks().stopping());
    shutdown.tasks().spawn("write_leases", async move { writer.run(heard, stopping).await });
    let (writer, stopping) = (homes.clone(), shutdown.tasks().stopping());
    shutdown.tasks().spawn("write_homes", async move { writer.run(arrivals, stopping).await });
    Ok(LiveAccounts { accounts, sharing, homes })
}

/// Quotas are asked for with what model lists are asked for.
pub(super) fn quota_parts(models: &Models) -> QuotaParts {
    QuotaParts {
        db: models.db.clone(),
        clock: models.clock.clone(),
        config: models.config.clone(),
        catalogues: models.catalogues.clone(),
        tokens: models.tokens.clone(),
        codex: models.codex.clone(),
    }
}

/// The clients of the remotes; those of providers share one pool of connections.
pub(super) struct Upstreams {
    pub auth: OpenAiAuth,
    pub codex: CodexClient,
    pub compatible: CompatibleClient,
    pub web: WebClient,
    pub issuers: Issuers,
}

pub(super) fn upstreams(config: &Config) -> anyhow::Result<Upstreams> {
    let connect_timeout = Duration::from_secs(config.upstream.connect_timeout_seconds);
    let http = http_client::build(connect_timeout).context("the HTTP client can't be built")?;
    let chatgpt = &config.chatgpt;
    let auth = OpenAiAuthConfig {
        client_id: chatgpt.client_id.clone(),
        originator: chatgpt.originator.clone(),
        scope: chatgpt.scopes.join(" "),
        ..OpenAiAuthConfig::new(chatgpt.issuer.parse().context("chatgpt.issuer is not a URL")?)
    };
    Ok(Upstreams {
        auth: OpenAiAuth::new(http.clone(), auth),
        codex: CodexClient::new(http.clone(), &chatgpt.originator, chatgpt.client_version.clone()),
        issuers: Issuers::new(http.clone()),
        compatible: CompatibleClient::new(http),
        web: WebClient::new(connect_timeout).context("the HTTP client can't be built")?,
    })
}

fn login_settings(config: &Config) -> LoginSettings {
    let loopback = || vec!["127.0.0.1".into(), "::1".into()];
    LoginSettings {
        listener: ListenerSettings {
            hosts: config.chatgpt.callback_host.clone().map_or_else(loopback, |host| vec![host]),
            ports: config.chatgpt.callback_ports.clone(),
        },
        redirect_host: config.chatgpt.redirect_host.clone(),
    }
}

/// Workspaces are asked for with what model lists are asked for.
pub(super) fn placements(models: &Models) -> Placements {
    Placements::new(
        models.db.clone(),
        models.clock.clone(),
        models.config.clone(),
        models.catalogues.clone(),
        models.tokens.clone(),
        models.codex.clone(),
    )
}
