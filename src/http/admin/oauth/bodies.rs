//! What the sign-in routes take and answer.

use crate::app::login_listener::Listening;
use crate::app::logins::{
    AccountState, BrowserStart, Connected, DeviceStart, IMPORT_WARNING, LoginOptions, LoginStatus,
    PendingLogin, Progress, Started,
};
use crate::domain::ids::LoginId;
use crate::domain::oauth::{LoginMethod, LoginWay};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// How to sign in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = LoginMethod)]
pub enum Method {
    /// A page that redirects back.
    #[default]
    Browser,
    /// A short code, typed on any device.
    Device,
}

impl From<LoginMethod> for Method {
    fn from(method: LoginMethod) -> Self {
        match method {
            LoginMethod::Browser => Self::Browser,
            LoginMethod::Device => Self::Device,
        }
    }
}

/// `POST …/start`. An empty body is a browser sign-in.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = StartLogin)]
pub struct StartRequest {
    /// How to sign in.
    pub method: Method,
    /// For a provider that is made.
    pub display_name: Option<String>,
    /// For a provider that is made: another backend.
    pub api_base: Option<String>,
    /// Sign in although the provider is signed in; another account may then replace it.
    pub force: bool,
}

impl StartRequest {
    /// What the use case takes.
    pub fn options(self) -> LoginOptions {
        LoginOptions { display_name: self.display_name, api_base: self.api_base, force: self.force }
    }
}

/// Whether the redirect arrives by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Listener)]
pub struct ListenerBody {
    /// If not, the redirect has to be pasted.
    pub listening: bool,
    /// On which port of the gateway's machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl From<Listening> for ListenerBody {
    fn from(listening: Listening) -> Self {
        match listening {
            Listening::Yes { port } => Self { listening: true, port: Some(port), reason: None },
            Listening::No { reason } => Self { listening: false, port: None, reason: Some(reason) },
        }
    }
}

/// The answer of `POST …/start`.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = LoginStarted)]
pub enum StartResponse {
    /// Open the page.
    Browser(BrowserBody),
    /// Type the code.
    Device(DeviceBody),
    /// Signed in, and not forced: `already_authenticated`.
    Status(StatusWord),
}

impl StartResponse {
    /// The sign-in that was begun.
    pub fn login_id(&self) -> Option<LoginId> {
        match self {
            Self::Browser(begun) => Some(LoginId(begun.login_id)),
            Self::Device(begun) => Some(LoginId(begun.login_id)),
            Self::Status(_) => None,
        }
    }
}

/// A begun browser sign-in.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = BrowserLogin)]
pub struct BrowserBody {
    /// The page to open.
    pub auth_url: String,
    /// The provider that it will connect.
    pub provider_name: String,
    /// To find this sign-in in the status.
    pub login_id: Uuid,
    /// Where the page sends the browser.
    pub redirect_uri: String,
    /// From then on it is too late.
    pub expires_at: DateTime<Utc>,
    /// Whether the redirect arrives by itself.
    pub listener: ListenerBody,
}

/// A begun device sign-in.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = DeviceLogin)]
pub struct DeviceBody {
    /// Where the code is typed.
    pub verification_url: String,
    /// The code.
    pub user_code: String,
    /// Seconds until it is too late.
    pub expires_in: i64,
    /// Seconds between the gateway's polls.
    pub interval: u32,
    /// The provider that it will connect.
    pub provider_name: String,
    /// To find this sign-in in the status.
    pub login_id: Uuid,
    /// From then on it is too late.
    pub expires_at: DateTime<Utc>,
}

/// An outcome in a word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Status)]
pub struct StatusWord {
    /// `already_authenticated`, `cancelled` or `logged out`.
    pub status: &'static str,
}

impl StatusWord {
    /// Of `POST …/start`.
    pub const ALREADY_AUTHENTICATED: Self = Self { status: "already_authenticated" };
    /// Of `POST …/cancel`.
    pub const CANCELLED: Self = Self { status: "cancelled" };
    /// Of `POST …/logout`.
    pub const LOGGED_OUT: Self = Self { status: "logged out" };
}

impl From<Started<BrowserStart>> for StartResponse {
    fn from(started: Started<BrowserStart>) -> Self {
        match started {
            Started::AlreadyAuthenticated => Self::Status(StatusWord::ALREADY_AUTHENTICATED),
            Started::Begun(begun) => Self::Browser(BrowserBody {
                auth_url: begun.auth_url,
                provider_name: begun.provider_name,
                login_id: begun.login_id.0,
                redirect_uri: begun.redirect_uri,
                expires_at: begun.expires_at,
                listener: begun.listening.into(),
            }),
        }
    }
}

impl From<Started<DeviceStart>> for StartResponse {
    fn from(started: Started<DeviceStart>) -> Self {
        match started {
            Started::AlreadyAuthenticated => Self::Status(StatusWord::ALREADY_AUTHENTICATED),
            Started::Begun(begun) => Self::Device(DeviceBody {
                verification_url: begun.verification_url,
                user_code: begun.user_code,
                expires_in: begun.expires_in,
                interval: begun.interval_seconds,
                provider_name: begun.provider_name,
                login_id: begun.login_id.0,
                expires_at: begun.expires_at,
            }),
        }
    }
}

/// The account's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = LoginState)]
pub enum AccountStateBody {
    /// No tokens.
    SignedOut,
    /// Can be used.
    Ready,
    /// Only its owner can bring it back.
    NeedsReauth,
}

/// The answer of `GET …/status`.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = LoginStatus)]
pub struct StatusResponse {
    /// True while the account can be used.
    pub authenticated: bool,
    /// The same, finer.
    pub state: AccountStateBody,
    /// Absent when there is no such provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider_name: Option<String>,
    /// The account's address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The account's plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan_type: Option<String>,
    /// When the access token ends; it is refreshed before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<DateTime<Utc>>,
    /// Why the account needs its owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The newest sign-in, pending or lately ended.
    pub pending: Option<PendingBody>,
}

/// Where a sign-in stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = LoginProgress)]
pub enum ProgressBody {
    /// Waits for the person.
    Pending,
    /// The account is connected.
    Completed,
    /// It did not work.
    Failed,
}

/// A sign-in.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = PendingLogin)]
pub struct PendingBody {
    /// Which.
    pub login_id: Uuid,
    /// How.
    pub method: Method,
    /// Where it stands.
    pub state: ProgressBody,
    /// Why it failed.
    #[schema(required)]
    pub error: Option<String>,
    /// The same for programs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_code: Option<String>,
    /// From then on it is too late.
    pub expires_at: DateTime<Utc>,
    /// Device: where the code is typed. This and the next two only for who may manage providers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verification_url: Option<String>,
    /// Device: the code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_code: Option<String>,
    /// Browser: the page to open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_url: Option<String>,
}

impl From<PendingLogin> for PendingBody {
    fn from(login: PendingLogin) -> Self {
        let (state, error, error_code) = match login.progress {
            Progress::Pending => (ProgressBody::Pending, None, None),
            Progress::Completed => (ProgressBody::Completed, None, None),
            Progress::Failed { code, error } => (ProgressBody::Failed, Some(error), Some(code)),
        };
        let (verification_url, user_code, auth_url) = match login.way {
            Some(LoginWay::Device { verification_url, user_code, .. }) => {
                (Some(verification_url), Some(user_code), None)
            }
            Some(LoginWay::Browser { auth_url, .. }) => (None, None, Some(auth_url)),
            None => (None, None, None),
        };
        Self {
            login_id: login.login_id.0,
            method: login.method.into(),
            state,
            error,
            error_code,
            expires_at: login.expires_at,
            verification_url,
            user_code,
            auth_url,
        }
    }
}

impl StatusResponse {
    /// Who may not manage providers does not learn what finishes a pending sign-in: the address holds its `state`, and
    /// with the code any account could be put in the provider's place.
    pub fn shown(mut status: LoginStatus, manages: bool) -> Self {
        if let Some(pending) = status.pending.as_mut().filter(|_| !manages) {
            pending.way = None;
        }
        Self {
            authenticated: status.state == AccountState::Ready,
            state: match status.state {
                AccountState::SignedOut => AccountStateBody::SignedOut,
                AccountState::Ready => AccountStateBody::Ready,
                AccountState::NeedsReauth => AccountStateBody::NeedsReauth,
            },
            provider_name: status.provider_name,
            email: status.email,
            plan_type: status.plan_type,
            expires_at: status.expires_at,
            error: status.error,
            pending: status.pending.map(Into::into),
        }
    }
}

/// `POST …/callback`.
#[derive(Clone, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = LoginCallback)]
pub struct CallbackRequest {
    /// The address that the browser ended at, or its query, or `code#state`. Holds a code, hence no `Debug`.
    pub redirect_url: String,
}

/// `POST …/import`.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ImportLogin)]
pub struct ImportRequest {
    /// The content of the Codex CLI's auth.json, parsed. Holds tokens, hence no `Debug`.
    pub auth_json: serde_json::Value,
    /// For a provider that is made.
    #[serde(default)]
    pub display_name: Option<String>,
    /// For a provider that is made: another backend.
    #[serde(default)]
    pub api_base: Option<String>,
    /// Let the account replace another one.
    #[serde(default)]
    pub force: bool,
}

impl ImportRequest {
    /// What the use case takes.
    pub fn into_parts(self) -> (serde_json::Value, LoginOptions) {
        let Self { auth_json, display_name, api_base, force } = self;
        (auth_json, LoginOptions { display_name, api_base, force })
    }
}

/// `POST …/cancel`. An empty body ends all of the provider's.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = CancelLogin)]
pub struct CancelRequest {
    /// Only this one.
    pub login_id: Option<Uuid>,
}

/// The answer of `POST …/callback` and `POST …/import`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = LoginCompleted)]
pub struct ConnectedResponse {
    /// Always true.
    pub authenticated: bool,
    /// The provider, new or not.
    pub provider_name: String,
    /// Its id.
    pub provider_id: Uuid,
    /// What the person has to know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warning: Option<String>,
}

impl ConnectedResponse {
    /// Of a callback.
    pub fn of_callback(connected: Connected) -> Self {
        let warning = connected.replaced.as_deref().map(replaced);
        Self::new(connected, warning)
    }

    /// Of an import.
    pub fn of_import(connected: Connected) -> Self {
        let warning = match connected.replaced.as_deref() {
            Some(old) => format!("{IMPORT_WARNING}; {}", replaced(old)),
            None => IMPORT_WARNING.to_owned(),
        };
        Self::new(connected, Some(warning))
    }

    fn new(connected: Connected, warning: Option<String>) -> Self {
        Self {
            authenticated: true,
            provider_name: connected.provider_name,
            provider_id: connected.provider_id.0,
            warning,
        }
    }
}

fn replaced(old: &str) -> String {
    format!("the account {old}, which was signed in here before, was replaced")
}

#[cfg(test)]
mod tests;
