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
mod start;
mod status;
mod sweep;

pub use callback::CallbackPage;
pub use connect::Connected;
pub use error::LoginError;
pub use import::IMPORT_WARNING;
pub use start::{BrowserStart, DeviceStart, Started};
pub use status::{AccountState, LoginStatus, PendingLogin, Progress};

use crate::app::clock::Clock;
use crate::app::login_listener::{Door, ListenerSettings, LoginListener};
use crate::app::tokens::Tokens;
use crate::app::vault::Vault;
use crate::domain::ids::{LoginId, TenantId};
use crate::domain::oauth::LoginState;
use crate::store;
use crate::store::db::Db;
use crate::upstream::openai_auth::OpenAiAuth;
use secrecy::SecretString;
use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use tokio::sync::Notify;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

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
        Self { listener: ListenerSettings::default(), redirect_host: "localhost".into() }
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

/// Everything that the sign-ins need.
pub struct LoginParts {
    /// The database.
    pub db: Db,
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
    db: Db,
    vault: Vault,
    tokens: Tokens,
    clock: Clock,
    auth: OpenAiAuth,
    redirect_host: String,
    listener: LoginListener,
    tracker: TaskTracker,
    shutdown: CancellationToken,
    connected: Notify,
    /// The device sign-ins that this process polls.
    polling: Mutex<HashSet<LoginId>>,
}

impl Logins {
    /// The use cases, and the doors for `http::login_callback::run`.
    pub fn new(parts: LoginParts) -> (Arc<Self>, UnboundedReceiver<Door>) {
        let LoginParts { db, vault, tokens, clock, auth, settings, tracker, shutdown } = parts;
        let (listener, doors) = LoginListener::new(settings.listener);
        let redirect_host = settings.redirect_host;
        let (connected, polling) = (Notify::new(), Mutex::default());
        let logins = Self {
            db,
            vault,
            tokens,
            clock,
            auth,
            redirect_host,
            listener,
            tracker,
            shutdown,
            connected,
            polling,
        };
        (Arc::new(logins), doors)
    }

    /// Told after every account that this process connected, by whichever way: many end without a request of the API.
    pub fn connected(&self) -> &Notify {
        &self.connected
    }

    /// The callback listener, for health and tests.
    pub fn listener(&self) -> &LoginListener {
        &self.listener
    }

    /// Ends the provider's pending sign-ins, or only the one with this id. How many there were.
    pub async fn cancel(
        &self,
        tenant: TenantId,
        provider_name: &str,
        only: Option<LoginId>,
    ) -> Result<usize, LoginError> {
        let mut conn = self.db.tenant(tenant).await?;
        let logins = store::logins::of_provider(&mut conn, tenant, provider_name).await?;
        drop(conn);
        let mut ended = 0;
        for login in logins.into_iter().map(|stored| stored.login) {
            if only.is_some_and(|only| only != login.id) {
                continue;
            }
            if self.transition(tenant, login.id, LoginState::cancel).await?.is_ok() {
                ended += 1;
            }
            self.listener.done_with(login.id).await;
        }
        Ok(ended)
    }

    /// Takes a sign-in one step on, its row locked. The inner error: it does not go there (or is gone).
    async fn transition<E>(
        &self,
        tenant: TenantId,
        id: LoginId,
        step: impl FnOnce(LoginState) -> Result<LoginState, E> + Send,
    ) -> Result<Result<LoginState, Option<E>>, LoginError> {
        let mut tx = self.db.tenant(tenant).await?;
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

    fn seal(&self, tenant: TenantId, secret: &SecretString, id: LoginId, column: &str) -> String {
        self.vault.seal_for(tenant, secret, &format!("login:{id}:{column}"))
    }

    fn unseal(&self, sealed: Option<&str>, id: LoginId, column: &str) -> Result<SecretString, LoginError> {
        // A row without its secret has ended meanwhile.
        let sealed = sealed.ok_or(LoginError::NoPendingFlow)?;
        Ok(self.vault.open(sealed, &format!("login:{id}:{column}"))?)
    }
}
