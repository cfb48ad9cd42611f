//! Beginning a sign-in.

use super::connect::{check_type, reauth_reason};
use super::{LoginError, LoginOptions, Logins, device};
use crate::app::login_listener::Listening;
use crate::domain::ids::{LoginId, TenantId};
use crate::domain::oauth::{self, LOGIN_MINUTES, Login, LoginState, LoginWay, Pkce};
use crate::domain::provider::is_slug;
use crate::store;
use crate::store::logins::StoredLogin;
use chrono::{DateTime, TimeDelta, Utc};
use std::sync::Arc;
use url::Url;

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

impl Logins {
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
        let _starting = self.listener.starting(id);
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
            .authorize_url(&redirect_uri, &pkce.challenge, &oauth_state, start.ask_for_account)
            .map_err(|error| LoginError::Unavailable(error.to_string()))?
            .to_string();
        let way =
            LoginWay::Browser { oauth_state, redirect_uri: redirect_uri.clone(), auth_url: auth_url.clone() };
        let verifier = Some(self.seal(tenant, &pkce.verifier, id, "verifier"));
        let login = self.new_login(tenant, id, start, way, None);
        let (provider_name, expires_at) = (login.provider_name.clone(), login.expires_at);
        self.insert(StoredLogin { login, verifier, device_auth: None }).await?;
        tracing::info!(provider = provider_name, login = %id, ?listening, "a browser sign-in was begun");
        Ok(BrowserStart { login_id: id, provider_name, auth_url, redirect_uri, expires_at, listening })
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
        let device_auth = Some(self.seal(tenant, &device.device_auth_id, id, "device_auth"));
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
        self.insert(StoredLogin { login, verifier: None, device_auth }).await?;
        tracing::info!(provider = begun.provider_name, login = %id, "a device sign-in was begun");
        self.poll_device(tenant, id);
        Ok(Started::Begun(begun))
    }
    /// What `start` needs to know first; `None`: signed in, and not forced.
    async fn may_start(
        &self,
        tenant: TenantId,
        provider_name: &str,
        options: LoginOptions,
    ) -> Result<Option<Start>, LoginError> {
        if !is_slug(provider_name) {
            return Err(LoginError::InvalidName(provider_name.chars().take(80).collect()));
        }
        let options = checked(options)?;
        let mut conn = self.db.tenant(tenant).await?;
        let mut ask_for_account = options.force;
        if let Some(provider) = store::providers::get_by_name(&mut conn, tenant, provider_name).await? {
            check_type(&provider)?;
            let grant = store::grants::get(&mut conn, tenant, provider.id).await?;
            if !options.force && grant.is_some_and(|grant| reauth_reason(&grant).is_none()) {
                return Ok(None);
            }
        } else {
            // The browser may still be signed in to the account that was connected before this one.
            ask_for_account |= store::logins::any_account(&mut conn, tenant).await?;
        }
        Ok(Some(Start { provider_name: provider_name.to_owned(), options, ask_for_account }))
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
            expires_at: ends.filter(|ends| *ends > now).map_or(limit, |ends| ends.min(limit)),
        }
    }

    async fn insert(&self, new: StoredLogin) -> Result<(), LoginError> {
        let mut tx = self.db.tenant(new.login.tenant).await?;
        store::logins::insert(&mut tx, new.login.tenant, &new).await?;
        Ok(tx.commit().await?)
    }
}

/// A start that may go on.
struct Start {
    provider_name: String,
    options: LoginOptions,
    /// Have the issuer ask for an account even of a browser that is signed in.
    ask_for_account: bool,
}

pub(super) fn checked(options: LoginOptions) -> Result<LoginOptions, LoginError> {
    let text = |text: Option<String>| text.map(|it| it.trim().to_owned()).filter(|it| !it.is_empty());
    let api_base = text(options.api_base);
    if let Some(base) = &api_base {
        let is_http =
            Url::parse(base).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        if !is_http {
            return Err(LoginError::InvalidApiBase);
        }
    }
    Ok(LoginOptions { display_name: text(options.display_name), api_base, force: options.force })
}
