//! Where a provider's account and its newest sign-in stand.

use super::connect::reauth_reason;
use super::{LoginError, Logins};
use crate::domain::ids::{LoginId, TenantId};
use crate::domain::oauth::{LOGIN_MINUTES, Login, LoginMethod, LoginState, LoginWay};
use crate::store;
use chrono::{DateTime, TimeDelta, Utc};

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

impl Logins {
    /// Where the provider's account and its newest sign-in stand. An unknown name is signed out.
    pub async fn status(&self, tenant: TenantId, provider_name: &str) -> Result<LoginStatus, LoginError> {
        let now = self.clock.now();
        let mut conn = self.db.tenant(tenant).await?;
        let newest = store::logins::of_provider(&mut conn, tenant, provider_name).await?.into_iter().next();
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
                let error = reauth_reason(&grant);
                LoginStatus {
                    state: if error.is_some() { AccountState::NeedsReauth } else { AccountState::Ready },
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
            LoginState::Failed { code, error } => {
                Progress::Failed { code: code.clone(), error: error.clone() }
            }
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
