//! Sign-in with ChatGPT: browser, pasted redirect, device code, and import of the official client's tokens.
//!
//! A pending sign-in is a row of `pending_logins`, never a thing of one process: any replica, and the same one after a
//! restart, can finish it. What one process does have is the callback listener's port and the polling of device
//! codes; both are taken up again from the table ([`Logins::resume`]).

mod callback;
mod connect;
mod device;
mod error;
mod import;
mod logout;
mod sweep;

pub use callback::CallbackPage;
pub use connect::Connected;
pub use error::LoginError;
pub use import::IMPORT_WARNING;

use crate::app::clock::Clock;
use crate::app::login_listener::{Door, ListenerSettings, Listening, LoginListener};
use crate::app::tokens::Tokens;
use crate::app::vault::Vault;
use crate::domain::ids::{LoginId, TenantId};
use crate::domain::oauth::{self, LOGIN_MINUTES, Login, LoginMethod, LoginState, LoginWay, Pkce};
use crate::store;
use crate::store::logins::StoredLogin;
use crate::upstream::openai_auth::OpenAiAuth;
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretString;
use sqlx::PgPool;
use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use url::Url;

/// The type of the providers that sign in.
pub const CHATGPT_OAUTH: &str = "chatgpt_oauth";

/// What differs between installations.
#[derive(Clone, Debug)]
pub struct LoginSettings {
    /// Where the callback listener may open.
    pub listener: ListenerSettings,
    /// The host in the redirect URL. The issuer takes `localhost` and `127.0.0.1`.
    pub redirect_host: String,
}

impl Default for LoginSettings {
    fn default() -> Self {
        Self {
            listener: ListenerSettings::default(),
            redirect_host: "localhost".into(),
        }
    }
}

/// What a sign-in may be begun with.
#[derive(Clone, Debug, Default)]
pub struct LoginOptions {
    /// For a provider that is made.
    pub display_name: Option<String>,
    /// For a provider that is made: an http(s) URL.
    pub api_base: Option<String>,
    /// Go on although the provider is signed in, and let another account replace it.
    pub force: bool,
}

/// A begun browser sign-in.
#[derive(Clone, Debug)]
pub struct BrowserStart {
    /// The sign-in.
    pub login_id: LoginId,
    /// The provider that it will connect.
    pub provider_name: String,
    /// The page to open.
    pub auth_url: String,
    /// Where the issuer sends the browser.
    pub redirect_uri: String,
    /// From then on it is too late.
    pub expires_at: DateTime<Utc>,
    /// Whether the redirect arrives by itself.
    pub listening: Listening,
}

/// A begun device sign-in.
#[derive(Clone, Debug)]
pub struct DeviceStart {
    /// The sign-in.
    pub login_id: LoginId,
    /// The provider that it will connect.
    pub provider_name: String,
    /// Where the code is typed.
    pub verification_url: String,
    /// What is typed.
    pub user_code: String,
    /// Seconds between two polls.
    pub interval_seconds: u32,
    /// From then on it is too late.
    pub expires_at: DateTime<Utc>,
    /// Seconds until then.
    pub expires_in: i64,
}

/// What `start` did.
#[derive(Clone, Debug)]
pub enum Started<T> {
    /// A sign-in was begun.
    Begun(T),
    /// The provider is signed in, and nobody forced another sign-in.
    AlreadyAuthenticated,
}

/// Where a provider's sign-in stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountState {
    /// No tokens.
    SignedOut,
    /// Can be used.
    Ready,
    /// Only its owner can bring it back.
    NeedsReauth,
}

/// A provider's account and its newest sign-in.
#[derive(Clone, Debug)]
pub struct LoginStatus {
    /// The account's state.
    pub state: AccountState,
    /// The name that was asked for, when there is such a provider.
    pub provider_name: Option<String>,
    /// The account's address.
    pub email: Option<String>,
    /// The account's plan, as the issuer writes it.
    pub plan_type: Option<String>,
    /// When the access token ends (it is refreshed before).
    pub expires_at: Option<DateTime<Utc>>,
    /// Why it needs its owner.
    pub error: Option<String>,
    /// The newest sign-in, pending or ended within the last quarter of an hour, unless cancelled.
    pub pending: Option<PendingLogin>,
}

/// A sign-in as the dashboard sees it.
#[derive(Clone, Debug)]
pub struct PendingLogin {
    /// Which.
    pub login_id: LoginId,
    /// How.
    pub method: LoginMethod,
    /// Where it stands.
    pub progress: Progress,
    /// From then on it is too late.
    pub expires_at: DateTime<Utc>,
    /// What its method needs; for a pending one only.
    pub way: Option<LoginWay>,
}

/// Where a sign-in stands, in the API's three words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Waits for the person, or for the exchange.
    Pending,
    /// The account is connected.
    Completed,
    /// It did not work.
    Failed {
        /// Stable.
        code: String,
        /// For people.
        error: String,
    },
}

/// Everything that the sign-ins need.
pub struct LoginParts {
    /// The database.
    pub pool: PgPool,
    /// Seals verifiers and device ids.
    pub vault: Vault,
    /// Stores and forgets the accounts' tokens.
    pub tokens: Tokens,
    /// The time.
    pub clock: Clock,
    /// The sign-in server.
    pub auth: OpenAiAuth,
    /// Ports and hosts.
    pub settings: LoginSettings,
    /// Where exchanges and polls run, so that shutdown waits for them.
    pub tracker: TaskTracker,
    /// Ends the polling.
    pub shutdown: CancellationToken,
}

/// The use cases of signing in.
pub struct Logins {
    pool: PgPool,
    vault: Vault,
    tokens: Tokens,
    clock: Clock,
    auth: OpenAiAuth,
    redirect_host: String,
    listener: LoginListener,
    tracker: TaskTracker,
    shutdown: CancellationToken,
    /// The device sign-ins that this process polls.
    polling: Mutex<HashSet<LoginId>>,
}

impl Logins {
    /// The use cases, and the doors for `http::login_callback::run`.
    pub fn new(parts: LoginParts) -> (Arc<Self>, UnboundedReceiver<Door>) {
        let LoginParts {
            pool,
            vault,
            tokens,
            clock,
            auth,
            settings,
            tracker,
            shutdown,
        } = parts;
        let (listener, doors) = LoginListener::new(settings.listener);
        let redirect_host = settings.redirect_host;
        let polling = Mutex::default();
        let logins = Self {
            pool,
            vault,
            tokens,
            clock,
            auth,
            redirect_host,
            listener,
            tracker,
            shutdown,
            polling,
        };
        (Arc::new(logins), doors)
    }

    /// The callback listener, for health and tests.
    pub fn listener(&self) -> &LoginListener {
        &self.listener
    }

    /// Begins a browser sign-in. It can be finished by the listener or by a pasted redirect.
    pub async fn start_browser(
        &self,
        tenant: TenantId,
        provider_name: &str,
        options: LoginOptions,
    ) -> Result<Started<BrowserStart>, LoginError> {
        let Some(start) = self.may_start(tenant, provider_name, options).await? else {
            return Ok(Started::AlreadyAuthenticated);
        };
        let id = LoginId(self.clock.new_id());
        let listening = self.listener.open_for(id, None).await;
        let begun = self.begin_browser(tenant, id, start, listening).await;
        if begun.is_err() {
            self.listener.done_with(id).await;
        }
        begun.map(Started::Begun)
    }

    async fn begin_browser(
        &self,
        tenant: TenantId,
        id: LoginId,
        start: Start,
        listening: Listening,
    ) -> Result<BrowserStart, LoginError> {
        let port = match listening {
            Listening::Yes { port } => port,
            Listening::No { .. } => self.listener.first_port(),
        };
        let redirect_uri = format!("http://{}:{port}/auth/callback", self.redirect_host);
        let pkce = Pkce::from_random(&rand::random());
        let oauth_state = oauth::state_parameter(&rand::random());
        let auth_url = self
            .auth
            .authorize_url(
                &redirect_uri,
                &pkce.challenge,
                &oauth_state,
                start.ask_for_account,
            )
            .map_err(|error| LoginError::Unavailable(error.to_string()))?
            .to_string();
        let way = LoginWay::Browser {
            oauth_state,
            redirect_uri: redirect_uri.clone(),
            auth_url: auth_url.clone(),
        };
        let verifier = Some(self.seal(&pkce.verifier, id, "verifier"));
        let login = self.new_login(tenant, id, start, way, None);
        let (provider_name, expires_at) = (login.provider_name.clone(), login.expires_at);
        self.insert(StoredLogin {
            login,
            verifier,
            device_auth: None,
        })
        .await?;
        tracing::info!(provider = provider_name, login = %id, ?listening, "a browser sign-in was begun");
        Ok(BrowserStart {
            login_id: id,
            provider_name,
            auth_url,
            redirect_uri,
            expires_at,
            listening,
        })
    }

    /// Begins a device sign-in and polls for its approval in the background.
    pub async fn start_device(
        self: &Arc<Self>,
        tenant: TenantId,
        provider_name: &str,
        options: LoginOptions,
    ) -> Result<Started<DeviceStart>, LoginError> {
        let Some(start) = self.may_start(tenant, provider_name, options).await? else {
            return Ok(Started::AlreadyAuthenticated);
        };
        let device = self.auth.device_start().await.map_err(device::start_error)?;
        let id = LoginId(self.clock.new_id());
        let interval_seconds = u32::try_from(device.interval.as_secs()).unwrap_or(5).max(1);
        let way = LoginWay::Device {
            user_code: device.user_code.clone(),
            verification_url: device.verification_url.clone(),
            interval_seconds,
        };
        let device_auth = Some(self.seal(&device.device_auth_id, id, "device_auth"));
        let login = self.new_login(tenant, id, start, way, device.expires_at);
        let begun = DeviceStart {
            login_id: id,
            provider_name: login.provider_name.clone(),
            verification_url: device.verification_url,
            user_code: device.user_code,
            interval_seconds,
            expires_at: login.expires_at,
            expires_in: (login.expires_at - login.created_at).num_seconds(),
        };
        self.insert(StoredLogin {
            login,
            verifier: None,
            device_auth,
        })
        .await?;
        tracing::info!(provider = begun.provider_name, login = %id, "a device sign-in was begun");
        self.poll_device(tenant, id);
        Ok(Started::Begun(begun))
    }

    /// Where the provider's account and its newest sign-in stand. An unknown name is signed out.
    pub async fn status(&self, tenant: TenantId, provider_name: &str) -> Result<LoginStatus, LoginError> {
        let now = self.clock.now();
        let mut conn = self.pool.acquire().await?;
        let newest = store::logins::of_provider(&mut conn, tenant, provider_name)
            .await?
            .into_iter()
            .next();
        let pending = newest.and_then(|stored| PendingLogin::of(stored.login, now));
        let provider = store::providers::get_by_name(&mut conn, tenant, provider_name).await?;
        let grant = match &provider {
            Some(provider) => store::grants::get(&mut conn, tenant, provider.id).await?,
            None => None,
        };
        let provider_name = provider.map(|it| it.name);
        Ok(match grant {
            None => LoginStatus {
                state: AccountState::SignedOut,
                provider_name,
                email: None,
                plan_type: None,
                expires_at: None,
                error: None,
                pending,
            },
            Some(grant) => {
                let error = connect::reauth_reason(&grant);
                LoginStatus {
                    state: if error.is_some() {
                        AccountState::NeedsReauth
                    } else {
                        AccountState::Ready
                    },
                    provider_name,
                    email: grant.email,
                    plan_type: grant.plan_type,
                    expires_at: Some(grant.access_expires_at),
                    error,
                    pending,
                }
            }
        })
    }

    /// Ends the provider's pending sign-ins, or only the one with this id. How many there were.
    pub async fn cancel(
        &self,
        tenant: TenantId,
        provider_name: &str,
        only: Option<LoginId>,
    ) -> Result<usize, LoginError> {
        let mut conn = self.pool.acquire().await?;
        let logins = store::logins::of_provider(&mut conn, tenant, provider_name).await?;
        drop(conn);
        let mut ended = 0;
        for login in logins.into_iter().map(|stored| stored.login) {
            if only.is_some_and(|only| only != login.id) {
                continue;
            }
            if self
                .transition(tenant, login.id, LoginState::cancel)
                .await?
                .is_ok()
            {
                ended += 1;
            }
            self.listener.done_with(login.id).await;
        }
        Ok(ended)
    }

    /// What `start` needs to know first; `None`: signed in, and not forced.
    async fn may_start(
        &self,
        tenant: TenantId,
        provider_name: &str,
        options: LoginOptions,
    ) -> Result<Option<Start>, LoginError> {
        if !connect::is_slug(provider_name) {
            return Err(LoginError::InvalidName(provider_name.chars().take(80).collect()));
        }
        let options = checked(options)?;
        let mut conn = self.pool.acquire().await?;
        let mut ask_for_account = options.force;
        if let Some(provider) = store::providers::get_by_name(&mut conn, tenant, provider_name).await? {
            connect::check_type(&provider)?;
            if let Some(grant) = store::grants::get(&mut conn, tenant, provider.id).await? {
                if !options.force && connect::reauth_reason(&grant).is_none() {
                    return Ok(None);
                }
            }
        } else {
            // The browser may still be signed in to the account that was connected before this one.
            ask_for_account |= store::logins::any_account(&mut conn, tenant).await?;
        }
        Ok(Some(Start {
            provider_name: provider_name.to_owned(),
            options,
            ask_for_account,
        }))
    }

    fn new_login(
        &self,
        tenant: TenantId,
        id: LoginId,
        start: Start,
        way: LoginWay,
        ends: Option<DateTime<Utc>>,
    ) -> Login {
        let now = self.clock.now();
        let limit = now + TimeDelta::minutes(LOGIN_MINUTES);
        Login {
            id,
            tenant,
            provider_name: start.provider_name,
            display_name: start.options.display_name,
            api_base: start.options.api_base,
            force: start.options.force,
            way,
            state: LoginState::Pending,
            created_at: now,
            updated_at: now,
            // An issuer's clock that is wrong must not end a sign-in before it began.
            expires_at: ends
                .filter(|ends| *ends > now)
                .map_or(limit, |ends| ends.min(limit)),
        }
    }

    async fn insert(&self, new: StoredLogin) -> Result<(), LoginError> {
        let mut conn = self.pool.acquire().await?;
        Ok(store::logins::insert(&mut conn, new.login.tenant, &new).await?)
    }

    /// Takes a sign-in one step on, its row locked. The inner error: it does not go there (or is gone).
    async fn transition<E>(
        &self,
        tenant: TenantId,
        id: LoginId,
        step: impl FnOnce(LoginState) -> Result<LoginState, E> + Send,
    ) -> Result<Result<LoginState, Option<E>>, LoginError> {
        let mut tx = self.pool.begin().await?;
        let Some(stored) = store::logins::lock(&mut tx, tenant, id).await? else {
            return Ok(Err(None));
        };
        let state = match step(stored.login.state) {
            Ok(state) => state,
            Err(refused) => return Ok(Err(Some(refused))),
        };
        store::logins::save_state(&mut tx, tenant, id, &state, self.clock.now()).await?;
        tx.commit().await?;
        Ok(Ok(state))
    }

    fn seal(&self, secret: &SecretString, id: LoginId, column: &str) -> String {
        self.vault.seal(secret, &format!("login:{id}:{column}"))
    }

    fn unseal(&self, sealed: Option<&str>, id: LoginId, column: &str) -> Result<SecretString, LoginError> {
        // A row without its secret has ended meanwhile.
        let sealed = sealed.ok_or(LoginError::NoPendingFlow)?;
        Ok(self.vault.open(sealed, &format!("login:{id}:{column}"))?)
    }
}

/// A start that may go on.
struct Start {
    provider_name: String,
    options: LoginOptions,
    /// Have the issuer ask for an account even of a browser that is signed in.
    ask_for_account: bool,
}

fn checked(options: LoginOptions) -> Result<LoginOptions, LoginError> {
    let text = |text: Option<String>| text.map(|it| it.trim().to_owned()).filter(|it| !it.is_empty());
    let api_base = text(options.api_base);
    if let Some(base) = &api_base {
        let is_http =
            Url::parse(base).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        if !is_http {
            return Err(LoginError::InvalidApiBase);
        }
    }
    Ok(LoginOptions {
        display_name: text(options.display_name),
        api_base,
        force: options.force,
    })
}

impl PendingLogin {
    fn of(login: Login, now: DateTime<Utc>) -> Option<Self> {
        let expired = || Progress::Failed {
            code: "sign_in_expired".into(),
            error: format!("the sign-in was not finished within {LOGIN_MINUTES} minutes; start again"),
        };
        let progress = match &login.state {
            LoginState::Pending if now >= login.expires_at => expired(),
            LoginState::Pending | LoginState::Exchanging => Progress::Pending,
            LoginState::Completed => Progress::Completed,
            LoginState::Failed { code, error } => Progress::Failed {
                code: code.clone(),
                error: error.clone(),
            },
            LoginState::Expired => expired(),
            LoginState::Cancelled => return None,
        };
        let ended = progress != Progress::Pending;
        if ended && now - login.updated_at.max(login.expires_at.min(now)) > TimeDelta::minutes(LOGIN_MINUTES)
        {
            return None;
        }
        Some(Self {
            login_id: login.id,
            method: login.method(),
            progress,
            expires_at: login.expires_at,
            way: (!ended).then_some(login.way),
        })
    }
}
