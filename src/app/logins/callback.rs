//! The browser came back: through the listener, or with what a person pasted.

use super::connect::Target;
use super::{Connected, LoginError, LoginOptions, Logins};
use crate::domain::access::Actor;
use crate::domain::ids::{LoginId, TenantId};
use crate::domain::oauth::{
    InvalidTransition, Login, LoginState, LoginWay, Redirect, denial, parse_redirect,
};
use crate::store;
use crate::store::logins::StoredLogin;
use crate::upstream::openai_auth::{AuthError, TokenSet};
use secrecy::SecretString;
use std::sync::Arc;
use std::time::Duration;
use subtle::ConstantTimeEq as _;
use tracing::Instrument as _;

/// What the browser is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallbackPage {
    /// The account is connected.
    Connected {
        /// Under this name.
        provider_name: String,
        /// Its address.
        email: Option<String>,
        /// What else to know.
        note: Option<String>,
    },
    /// It was connected before, by the same sign-in.
    AlreadyDone,
    /// No pending sign-in has this `state`. Nothing was changed.
    Unknown,
    /// The sign-in is still pending: the same address works later.
    TryAgain {
        /// Why not now.
        message: String,
    },
    /// The sign-in has ended without an account.
    Refused {
        /// Why.
        message: String,
    },
}

/// Who may exchange the code.
pub(super) enum Claim {
    /// We, and nobody else from now on.
    Ours(Box<StoredLogin>),
    /// Somebody else is at it.
    Theirs,
    /// Nobody: it has ended.
    Over,
}

/// How often and how long to look for the outcome of another's exchange, which ends within 30 seconds or not at all.
const LOOK_EVERY: Duration = Duration::from_millis(150);
const LOOKS: u32 = 400;

impl Logins {
    /// Finishes a sign-in of this provider with what a person pasted.
    pub async fn callback(
        self: &Arc<Self>,
        actor: &Actor,
        provider_name: &str,
        redirect_url: &str,
    ) -> Result<Connected, LoginError> {
        let tenant = actor.tenant;
        let redirect = parse_redirect(redirect_url)?;
        let state = match &redirect {
            Redirect::Callback { state, .. } => state.as_str(),
            Redirect::Denied { state, .. } => state.as_deref().unwrap_or_default(),
        };
        let now = self.clock.now();
        let mut db = self.db.tenant(tenant).await?;
        let logins = store::logins::of_provider(&mut db, tenant, provider_name).await?;
        drop(db);
        let mine = |login: &Login| match &login.way {
            LoginWay::Browser { oauth_state, .. } => oauth_state.as_bytes().ct_eq(state.as_bytes()).into(),
            LoginWay::Device { .. } => false,
        };
        let is_open = |login: &Login| matches!(login.way, LoginWay::Browser { .. }) && login.is_open(now);
        let any_open = logins.iter().any(|stored| is_open(&stored.login));
        match logins.into_iter().map(|stored| stored.login).find(mine) {
            Some(login) if login.is_open(now) => self.finish(login, actor.clone(), redirect).await,
            None if any_open => Err(LoginError::InvalidState),
            // Or it has ended: its code was used, or it is too late.
            Some(_) | None => Err(LoginError::NoPendingFlow),
        }
    }

    /// Finishes the sign-in that the query's `state` belongs to, of whatever tenant and begun on whatever replica.
    pub async fn callback_from_listener(self: &Arc<Self>, query: &str) -> CallbackPage {
        let Ok(redirect) = parse_redirect(&format!("?{query}")) else {
            return CallbackPage::Unknown;
        };
        let state = match &redirect {
            Redirect::Callback { state, .. } => Some(state),
            Redirect::Denied { state, .. } => state.as_ref(),
        };
        let Some(state) = state else {
            return CallbackPage::Unknown;
        };
        let login = match self.login_of_state(state).await {
            Ok(Some(login)) => login,
            Ok(None) => return CallbackPage::Unknown,
            Err(error) => return page_of(&error.into()),
        };
        if !login.is_open(self.clock.now()) {
            return match login.state {
                LoginState::Completed => CallbackPage::AlreadyDone,
                LoginState::Failed { error, .. } => CallbackPage::Refused { message: error },
                LoginState::Pending
                | LoginState::Exchanging
                | LoginState::Cancelled
                | LoginState::Expired => CallbackPage::Unknown,
            };
        }
        let begun_by = login.begun_by.clone();
        match self.finish(login, begun_by, redirect).await {
            Ok(Connected { provider_name, email, replaced, .. }) => {
                let note = replaced.map(|old| format!("in place of {old}"));
                CallbackPage::Connected { provider_name, email, note }
            }
            Err(error) => page_of(&error),
        }
    }

    async fn login_of_state(&self, state: &str) -> Result<Option<Login>, sqlx::Error> {
        let mut db = self.db.work().await?;
        Ok(store::logins::find_by_state(&mut db, state).await?.map(|stored| stored.login))
    }

    /// `actor`: as whom it completes.
    async fn finish(
        self: &Arc<Self>,
        login: Login,
        actor: Actor,
        redirect: Redirect,
    ) -> Result<Connected, LoginError> {
        let code = match redirect {
            Redirect::Callback { code, .. } => code,
            Redirect::Denied { error, description, .. } => {
                let refusal = LoginError::Denied(denial(&error, description.as_deref()));
                self.fail(&login, &refusal).await?;
                return Err(refusal);
            }
        };
        // On a task of its own: a browser that hangs up must not lose a code that is spent already.
        let this = Arc::clone(self);
        let exchange = async move { this.exchange(login, actor, code).await };
        match self.tracker.spawn(exchange.in_current_span()).await {
            Ok(outcome) => outcome,
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(_) => Err(LoginError::Cancelled),
        }
    }

    async fn exchange(
        &self,
        login: Login,
        actor: Actor,
        code: SecretString,
    ) -> Result<Connected, LoginError> {
        let stored = match self.claim(login.tenant, login.id).await? {
            Claim::Ours(stored) => stored,
            Claim::Theirs => return self.outcome_of(login.tenant, login.id).await,
            Claim::Over => return Err(LoginError::NoPendingFlow),
        };
        let LoginWay::Browser { redirect_uri, .. } = &stored.login.way else {
            return Err(LoginError::NoPendingFlow);
        };
        let tokens = match self.unseal(stored.verifier.as_deref(), login.id, "verifier") {
            Ok(verifier) => {
                self.auth.exchange_code(&code, redirect_uri, &verifier).await.map_err(exchange_error)
            }
            Err(error) => Err(error),
        };
        self.settle(&stored.login, actor, tokens).await
    }

    /// Takes the right to exchange: of all that bring a code at once, on whatever replica, one gets it.
    pub(super) async fn claim(&self, tenant: TenantId, id: LoginId) -> Result<Claim, LoginError> {
        let now = self.clock.now();
        let mut tx = self.db.tenant(tenant).await?;
        let Some(stored) = store::logins::lock(&mut tx, tenant, id).await? else {
            return Ok(Claim::Over);
        };
        match stored.login.state.clone().begin_exchange(now, stored.login.expires_at) {
            Ok(state) => {
                store::logins::save_state(&mut tx, tenant, id, &state, now).await?;
                tx.commit().await?;
                Ok(Claim::Ours(Box::new(stored)))
            }
            Err(InvalidTransition { .. }) if stored.login.state == LoginState::Exchanging => {
                Ok(Claim::Theirs)
            }
            Err(InvalidTransition { .. }) => Ok(Claim::Over),
        }
    }

    /// Ends a claimed sign-in with what its exchange brought: connected, failed, or pending again.
    pub(super) async fn settle(
        &self,
        login: &Login,
        actor: Actor,
        tokens: Result<TokenSet, LoginError>,
    ) -> Result<Connected, LoginError> {
        let outcome = match tokens {
            Ok(tokens) => self.connect(&target_of(login, actor), &tokens).await,
            Err(error) => Err(error),
        };
        match &outcome {
            Ok(_) => self.listener.done_with(login.id).await,
            Err(LoginError::Unavailable(reason)) => {
                tracing::warn!(provider = login.provider_name, %reason, "a sign-in could not be exchanged yet");
                let _ = self.transition(login.tenant, login.id, LoginState::release).await?;
            }
            Err(error) => self.fail(login, error).await?,
        }
        outcome
    }

    /// Ends a sign-in with its reason, unless it has ended otherwise.
    pub(super) async fn fail(&self, login: &Login, error: &LoginError) -> Result<(), LoginError> {
        tracing::warn!(provider = login.provider_name, code = error.code(), %error, "a sign-in failed");
        let text = error.to_string();
        let _ = self.transition(login.tenant, login.id, |state| state.fail(error.code(), &text)).await?;
        self.listener.done_with(login.id).await;
        Ok(())
    }

    /// What somebody else's exchange of the same sign-in came to.
    async fn outcome_of(&self, tenant: TenantId, id: LoginId) -> Result<Connected, LoginError> {
        for _ in 0..LOOKS {
            let mut db = self.db.tenant(tenant).await?;
            let Some(stored) = store::logins::get(&mut db, tenant, id).await? else {
                break;
            };
            match stored.login.state {
                LoginState::Exchanging => {}
                LoginState::Completed => return self.connected_by(&stored.login).await,
                LoginState::Pending => {
                    return Err(LoginError::Unavailable("the sign-in server did not answer".into()));
                }
                LoginState::Failed { code, error } => return Err(LoginError::Recorded { code, error }),
                LoginState::Cancelled | LoginState::Expired => return Err(LoginError::Cancelled),
            }
            drop(db);
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Err(LoginError::NoPendingFlow)
    }

    async fn connected_by(&self, login: &Login) -> Result<Connected, LoginError> {
        let mut db = self.db.tenant(login.tenant).await?;
        let provider = store::providers::get_by_name(&mut db, login.tenant, &login.provider_name)
            .await?
            .ok_or(LoginError::NoPendingFlow)?;
        let grant = store::grants::get(&mut db, login.tenant, provider.id).await?;
        Ok(Connected {
            provider_id: provider.id,
            provider_name: provider.name,
            email: grant.and_then(|it| it.email),
            replaced: None,
        })
    }
}

fn target_of(login: &Login, actor: Actor) -> Target {
    Target {
        actor,
        action: "provider.connect",
        provider_name: login.provider_name.clone(),
        options: LoginOptions {
            display_name: login.display_name.clone(),
            api_base: login.api_base.clone(),
            force: login.force,
        },
        login: Some(login.id),
    }
}

/// A refusal ends the sign-in. After anything else the code may still be good, and bringing it again does no harm:
/// if it is spent after all, the issuer will say so.
pub(super) fn exchange_error(error: AuthError) -> LoginError {
    match error {
        AuthError::Status { status: 429 | 500.., .. }
        | AuthError::Status { status: 403, code: None }
        | AuthError::Timeout
        | AuthError::Unreachable
        | AuthError::Broken
        | AuthError::Unreadable => LoginError::Unavailable(error.to_string()),
        AuthError::Status { status, code } => {
            LoginError::CodeRefused(code.unwrap_or_else(|| format!("HTTP {status}")))
        }
        AuthError::InvalidRedirectUri => LoginError::CodeRefused("invalid redirect URI".into()),
    }
}

fn page_of(error: &LoginError) -> CallbackPage {
    match error {
        LoginError::Unavailable(reason) => CallbackPage::TryAgain { message: capitalised(reason) },
        LoginError::NoPendingFlow | LoginError::InvalidState => CallbackPage::Unknown,
        error => CallbackPage::Refused { message: capitalised(&error.to_string()) },
    }
}

/// The error texts are parts of sentences; the page writes whole ones.
fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
