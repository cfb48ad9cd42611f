//! Sign-in by device code: asking the issuer, every few seconds, whether the person has agreed.
//!
//! Every process may poll every pending sign-in: a poll needs the row's next slot (`next_poll_at`), which only one of
//! them gets. So a sign-in whose process died goes on, and the issuer never sees two pollers.

use super::callback::{Claim, exchange_error};
use super::{LoginError, Logins};
use crate::domain::ids::{LoginId, TenantId};
use crate::domain::oauth::{Login, LoginState, LoginWay};
use crate::domain::token::RefreshOutcome;
use crate::store;
use crate::upstream::openai_auth::{AuthError, DevicePoll, TokenSet};
use chrono::TimeDelta;
use secrecy::SecretString;
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use tracing::Instrument as _;

/// How often a code is brought to an issuer that does not answer. It was given out once only: nobody else has it.
const EXCHANGES: u32 = 3;
const EXCHANGE_PAUSE: Duration = Duration::from_secs(2);

/// After a failure of ours (the database).
const ERROR_PAUSE: Duration = Duration::from_secs(5);

enum Next {
    Wait(Duration),
    Over,
}

pub(super) fn start_error(error: AuthError) -> LoginError {
    match error {
        AuthError::Status { status: 404, .. } => LoginError::NoDeviceSignIn,
        error => LoginError::Unavailable(error.to_string()),
    }
}

impl Logins {
    /// Polls this sign-in in the background until it ends or the process does. Once per process.
    pub(super) fn poll_device(self: &Arc<Self>, tenant: TenantId, id: LoginId) {
        if !self.polled().insert(id) {
            return;
        }
        let this = Arc::clone(self);
        let poll = async move {
            let _ended = Polled { logins: &this, id };
            loop {
                let pause = match this.poll_once(tenant, id).await {
                    Ok(Next::Wait(pause)) => pause,
                    Ok(Next::Over) => return,
                    Err(error) => {
                        tracing::warn!(login = %id, %error, "a device sign-in could not be polled");
                        ERROR_PAUSE
                    }
                };
                tokio::select! {
                    () = tokio::time::sleep(pause) => {}
                    () = this.shutdown.cancelled() => return,
                }
            }
        };
        self.tracker.spawn(poll.in_current_span());
    }

    fn polled(&self) -> std::sync::MutexGuard<'_, std::collections::HashSet<LoginId>> {
        self.polling.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn poll_once(&self, tenant: TenantId, id: LoginId) -> Result<Next, LoginError> {
        let now = self.clock.now();
        let mut db = self.db.tenant(tenant).await?;
        let Some(stored) = store::logins::get(&mut db, tenant, id).await? else {
            return Ok(Next::Over);
        };
        let login = stored.login;
        let LoginWay::Device { user_code, interval_seconds, .. } = &login.way else {
            return Ok(Next::Over);
        };
        if login.state != LoginState::Pending {
            return Ok(Next::Over);
        }
        if now >= login.expires_at {
            drop(db);
            let (updated_at, expires_at) = (login.updated_at, login.expires_at);
            let expire = move |state: LoginState| state.expire(now, updated_at, expires_at);
            let _ = self.transition(tenant, id, expire).await?;
            return Ok(Next::Over);
        }
        let interval = Duration::from_secs(u64::from(*interval_seconds));
        let next = now + TimeDelta::seconds(i64::from(*interval_seconds));
        if !store::logins::claim_poll(&mut db, tenant, id, now, next).await? {
            return Ok(Next::Wait(interval));
        }
        drop(db);
        let device_auth = self.unseal(stored.device_auth.as_deref(), id, "device_auth")?;
        match self.auth.device_poll(&device_auth, user_code).await {
            Ok(DevicePoll::Pending) => Ok(Next::Wait(interval)),
            Ok(DevicePoll::Approved { code, verifier }) => {
                self.finish_device(&login, &code, &verifier).await?;
                Ok(Next::Over)
            }
            Err(error) => match error.outcome() {
                RefreshOutcome::Refused { code } => {
                    let text = match code.as_str() {
                        "access_denied" => "the sign-in was declined on the other device".to_owned(),
                        code => format!("the sign-in was refused: {code}"),
                    };
                    self.fail(&login, &LoginError::Denied(text)).await?;
                    Ok(Next::Over)
                }
                RefreshOutcome::Refreshed { .. } | RefreshOutcome::Unavailable { .. } => {
                    tracing::debug!(login = %id, %error, "a poll of a device sign-in failed");
                    Ok(Next::Wait(interval))
                }
            },
        }
    }

    async fn finish_device(
        &self,
        login: &Login,
        code: &SecretString,
        verifier: &SecretString,
    ) -> Result<(), LoginError> {
        let Claim::Ours(_) = self.claim(login.tenant, login.id).await? else {
            return Ok(());
        };
        let tokens = match self.exchange_device(code, verifier).await {
            // Pending again would be a promise that nobody can keep: the code is gone.
            Err(LoginError::Unavailable(reason)) => Err(LoginError::Denied(format!("{reason}; start again"))),
            other => other,
        };
        // An error is in the row and in the log; there is nobody else to tell.
        match self.settle(login, login.begun_by.clone(), tokens).await {
            Err(error @ (LoginError::Database(_) | LoginError::Vault(_))) => Err(error),
            _ => Ok(()),
        }
    }

    async fn exchange_device(
        &self,
        code: &SecretString,
        verifier: &SecretString,
    ) -> Result<TokenSet, LoginError> {
        let mut tries = 0;
        loop {
            tries += 1;
            match self.auth.exchange_device_code(code, verifier).await.map_err(exchange_error) {
                Err(LoginError::Unavailable(reason)) if tries < EXCHANGES => {
                    tracing::warn!(%reason, "a device sign-in could not be exchanged yet");
                    tokio::time::sleep(EXCHANGE_PAUSE).await;
                }
                outcome => return outcome,
            }
        }
    }
}

/// A process polls a sign-in once; this ends it, also when the task is dropped.
struct Polled<'a> {
    logins: &'a Logins,
    id: LoginId,
}

impl Drop for Polled<'_> {
    fn drop(&mut self) {
        self.logins.polled().remove(&self.id);
    }
}
