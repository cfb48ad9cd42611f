//! The sign-in server (`auth.openai.com`): authorize URL, code exchange, refresh, revoke, device flow.
//!
//! Facts: what `@openai/codex` 0.169 sends, November 2026. Whether each call is bounded in time matters most here: a
//! refresh that hangs holds the lock of its account.

use crate::domain::token::{self, RefreshOutcome, Spent};
use chrono::{DateTime, Utc};
use oauth2::{
    AuthUrl, AuthorizationCode, ClientId, CsrfToken, HttpRequest, HttpResponse, PkceCodeVerifier,
    RedirectUrl, RequestTokenError, Scope, TokenUrl,
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use std::borrow::Cow;
use std::fmt;
use std::pin::Pin;
use std::time::Duration;
use url::Url;
use wire::{DeviceTokenAnswer, RefreshAnswer, SignInClient, UserCodeAnswer, interval, parse};

mod wire;

/// The issuer of ChatGPT sign-ins.
pub const DEFAULT_ISSUER: &str = "https://auth.openai.com";
/// The client id of the Codex CLI: the issuer gives subscription tokens to no other.
pub const CODEX_CLIENT_ID: &str = "app_EMoamEEZ73f0CkXaXp7hrann";
/// Who we say we are.
pub const ORIGINATOR: &str = "gateway";
/// Enough for model calls; the official client asks for its connectors as well.
pub const SCOPE: &str = "openid profile email offline_access";

/// An exchange that takes longer is given up; its outcome is then unknown.
pub const EXCHANGE_TIMEOUT: Duration = Duration::from_secs(30);
const REVOKE_TIMEOUT: Duration = Duration::from_secs(10);
/// Longer answers are not ours; token answers are a few kilobytes.
const MAX_ANSWER: usize = 1 << 20;

/// The tokens of one answer; each may be missing from a refresh's, and then the old one stays.
#[derive(Clone, Debug, Default)]
pub struct TokenSet {
    pub id_token: Option<SecretString>,
    pub access_token: Option<SecretString>,
    pub refresh_token: Option<SecretString>,
}

/// Why a refresh happens, told to the issuer as the official client does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefreshReason {
    /// The access token ends soon.
    ProactiveExpiry,
    /// Its end cannot be read, and the last refresh is old.
    Scheduled,
    /// The API answered 401.
    UnauthorizedRecovery,
}

impl RefreshReason {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ProactiveExpiry => "proactive_expiry",
            Self::Scheduled => "scheduled",
            Self::UnauthorizedRecovery => "unauthorized_recovery",
        }
    }
}

/// What is being revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    Access,
    Refresh,
}

/// A sign-in on another device has begun.
#[derive(Clone)]
pub struct DeviceCode {
    /// A credential of this sign-in: whoever polls with it gets the code.
    pub device_auth_id: SecretString,
    /// What the user types.
    pub user_code: String,
    /// Where the user types it.
    pub verification_url: String,
    /// How often to poll.
    pub interval: Duration,
    /// As the issuer says; the flow is given up after 15 minutes in any case.
    pub expires_at: Option<DateTime<Utc>>,
}

impl fmt::Debug for DeviceCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceCode").field("interval", &self.interval).finish_non_exhaustive()
    }
}

/// One look at a sign-in on another device.
#[derive(Debug)]
pub enum DevicePoll {
    Pending,
    /// The user agreed. Here the issuer makes the PKCE pair.
    Approved {
        code: SecretString,
        verifier: SecretString,
    },
}

/// A call to the sign-in server failed. Its text never holds a token, a code or a URL with one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    #[error("the sign-in server answered HTTP {status} ({})", code.as_deref().unwrap_or("no code"))]
    Status { status: u16, code: Option<String> },
    #[error("the sign-in server did not answer in time")]
    Timeout,
    #[error("the sign-in server cannot be reached")]
    Unreachable,
    #[error("the connection to the sign-in server broke")]
    Broken,
    #[error("the sign-in server's answer cannot be read")]
    Unreadable,
    #[error("the redirect URI is not a URL")]
    InvalidRedirectUri,
}

impl AuthError {
    /// What the failure means for the refresh token that was sent.
    pub fn outcome(&self) -> RefreshOutcome {
        match self {
            Self::Status { status, code } => token::classify_refusal(*status, code.as_deref()),
            Self::Unreachable | Self::InvalidRedirectUri => RefreshOutcome::Unavailable { spent: Spent::No },
            Self::Timeout | Self::Broken | Self::Unreadable => {
                RefreshOutcome::Unavailable { spent: Spent::Unknown }
            }
        }
    }

    fn of(error: &reqwest::Error) -> Self {
        if error.is_connect() {
            Self::Unreachable
        } else if error.is_timeout() {
            Self::Timeout
        } else {
            Self::Broken
        }
    }
}

/// What differs between installations.
#[derive(Clone, Debug)]
pub struct OpenAiAuthConfig {
    pub issuer: Url,
    pub client_id: String,
    pub originator: String,
    pub scope: String,
}

impl OpenAiAuthConfig {
    /// The values for `issuer` that need no thought.
    pub fn new(issuer: Url) -> Self {
        Self {
            issuer,
            client_id: CODEX_CLIENT_ID.to_owned(),
            originator: ORIGINATOR.to_owned(),
            scope: SCOPE.to_owned(),
        }
    }
}

/// The sign-in server.
#[derive(Clone, Debug)]
pub struct OpenAiAuth {
    http: reqwest::Client,
    config: OpenAiAuthConfig,
    exchange_timeout: Duration,
}

impl OpenAiAuth {
    pub fn new(http: reqwest::Client, config: OpenAiAuthConfig) -> Self {
        Self { http, config, exchange_timeout: EXCHANGE_TIMEOUT }
    }

    /// The same with another bound on every exchange, for tests of lost answers.
    #[must_use]
    pub fn with_exchange_timeout(mut self, timeout: Duration) -> Self {
        self.exchange_timeout = timeout;
        self
    }

    /// The longest that an exchange can take.
    pub fn exchange_timeout(&self) -> Duration {
        self.exchange_timeout
    }

    /// The issuer, without a trailing slash: as it stands in `iss`.
    pub fn issuer(&self) -> &str {
        self.config.issuer.as_str().trim_end_matches('/')
    }

    /// The redirect URI with which a device code is exchanged.
    pub fn device_redirect_uri(&self) -> String {
        self.endpoint("/deviceauth/callback")
    }

    fn endpoint(&self, path: &str) -> String {
        format!("{}{path}", self.issuer())
    }

    /// The URL that the user's browser opens. `prompt_login` makes the issuer ask for an account even when the browser
    /// is signed in already: how a second account is added.
    pub fn authorize_url(
        &self,
        redirect_uri: &str,
        challenge: &str,
        state: &str,
        prompt_login: bool,
    ) -> Result<Url, AuthError> {
        let auth_url =
            AuthUrl::new(self.endpoint("/oauth/authorize")).map_err(|_| AuthError::InvalidRedirectUri)?;
        let redirect =
            RedirectUrl::new(redirect_uri.to_owned()).map_err(|_| AuthError::InvalidRedirectUri)?;
        let client = self.client().set_auth_uri(auth_url).set_redirect_uri(redirect);
        let mut request = client
            .authorize_url(|| CsrfToken::new(state.to_owned()))
            .add_scopes(self.config.scope.split_whitespace().map(|scope| Scope::new(scope.to_owned())))
            .add_extra_param("code_challenge", challenge)
            .add_extra_param("code_challenge_method", "S256")
            .add_extra_param("id_token_add_organizations", "true")
            .add_extra_param("codex_cli_simplified_flow", "true")
            .add_extra_param("originator", self.config.originator.as_str());
        if prompt_login {
            request = request.add_extra_param("prompt", "login");
        }
        Ok(request.url().0)
    }

    /// Exchanges the code of a browser sign-in. `redirect_uri` must be byte-equal to the authorize URL's.
    pub async fn exchange_code(
        &self,
        code: &SecretString,
        redirect_uri: &str,
        verifier: &SecretString,
    ) -> Result<TokenSet, AuthError> {
        let token_url =
            TokenUrl::new(self.endpoint("/oauth/token")).map_err(|_| AuthError::InvalidRedirectUri)?;
        let redirect =
            RedirectUrl::new(redirect_uri.to_owned()).map_err(|_| AuthError::InvalidRedirectUri)?;
        let answer = self
            .client()
            .set_token_uri(token_url)
            .exchange_code(AuthorizationCode::new(code.expose_secret().to_owned()))
            .set_pkce_verifier(PkceCodeVerifier::new(verifier.expose_secret().to_owned()))
            .set_redirect_uri(Cow::Owned(redirect))
            .request_async(&Bridge(self))
            .await
            // The library's other errors carry the answer's body, which may hold tokens: they end here.
            .map_err(|error| match error {
                RequestTokenError::Request(error) => error,
                RequestTokenError::ServerResponse(_)
                | RequestTokenError::Parse(..)
                | RequestTokenError::Other(_) => AuthError::Unreadable,
            })?;
        Ok(answer.into())
    }

    /// Exchanges what an approved device sign-in gave.
    pub async fn exchange_device_code(
        &self,
        code: &SecretString,
        verifier: &SecretString,
    ) -> Result<TokenSet, AuthError> {
        self.exchange_code(code, &self.device_redirect_uri(), verifier).await
    }

    /// Trades the refresh token for new tokens. The token is spent by this: the caller must store the new one before
    /// anyone uses the answer, and must not call it twice with the same token knowingly.
    pub async fn refresh(
        &self,
        refresh_token: &SecretString,
        reason: RefreshReason,
    ) -> Result<TokenSet, AuthError> {
        let body = json!({
            "client_id": self.config.client_id,
            "grant_type": "refresh_token",
            "refresh_reason": reason.as_str(),
            "refresh_token": refresh_token.expose_secret(),
        });
        let answer = self.post("/oauth/token", &body, self.exchange_timeout).await?;
        let tokens: TokenSet = parse::<RefreshAnswer>(&answer)?.into();
        if tokens.access_token.is_none() && tokens.refresh_token.is_none() {
            return Err(AuthError::Unreadable);
        }
        Ok(tokens)
    }

    /// Ends the session at the issuer. Best effort: what is forgotten locally stays forgotten when this fails.
    pub async fn revoke(&self, token: &SecretString, kind: TokenKind) -> Result<(), AuthError> {
        let token = token.expose_secret();
        let body = match kind {
            TokenKind::Refresh => json!({
                "token": token,
                "token_type_hint": "refresh_token",
                "client_id": self.config.client_id,
            }),
            TokenKind::Access => json!({"token": token, "token_type_hint": "access_token"}),
        };
        self.post("/oauth/revoke", &body, REVOKE_TIMEOUT).await.map(drop)
    }

    /// Begins a sign-in on another device. `Status { status: 404, .. }` says that this issuer has none.
    pub async fn device_start(&self) -> Result<DeviceCode, AuthError> {
        let body = json!({"client_id": self.config.client_id});
        let answer = self.post("/api/accounts/deviceauth/usercode", &body, self.exchange_timeout).await?;
        let answer: UserCodeAnswer = parse(&answer)?;
        Ok(DeviceCode {
            device_auth_id: answer.device_auth_id.into_secret(),
            user_code: answer.user_code,
            verification_url: self.endpoint("/codex/device"),
            interval: interval(answer.interval.as_ref()),
            expires_at: answer.expires_at.and_then(|at| at.as_str()?.parse().ok()),
        })
    }

    /// Looks whether the user has agreed.
    pub async fn device_poll(
        &self,
        device_auth_id: &SecretString,
        user_code: &str,
    ) -> Result<DevicePoll, AuthError> {
        let body = json!({"device_auth_id": device_auth_id.expose_secret(), "user_code": user_code});
        match self.post("/api/accounts/deviceauth/token", &body, self.exchange_timeout).await {
            Ok(answer) => {
                let answer: DeviceTokenAnswer = parse(&answer)?;
                Ok(DevicePoll::Approved {
                    code: answer.authorization_code.into_secret(),
                    verifier: answer.code_verifier.into_secret(),
                })
            }
            Err(AuthError::Status { status: 403 | 404, .. }) => Ok(DevicePoll::Pending),
            Err(error) => Err(error),
        }
    }

    fn client(&self) -> SignInClient {
        oauth2::Client::new(ClientId::new(self.config.client_id.clone()))
    }

    /// POSTs JSON as the official client does and returns the body of a success.
    async fn post(&self, path: &str, body: &Value, timeout: Duration) -> Result<Vec<u8>, AuthError> {
        let request = self
            .http
            .post(self.endpoint(path))
            .header("originator", &self.config.originator)
            .timeout(timeout)
            .json(body)
            .build()
            .map_err(|_| AuthError::Unreachable)?;
        Ok(self.send(request).await?.into_body())
    }

    /// The `oauth2` crate's requests over our client; an error status ends here, where status and code are known.
    async fn bridge(&self, request: HttpRequest) -> Result<HttpResponse, AuthError> {
        let mut request = reqwest::Request::try_from(request).map_err(|_| AuthError::Unreachable)?;
        *request.timeout_mut() = Some(self.exchange_timeout);
        self.send(request).await
    }

    async fn send(&self, request: reqwest::Request) -> Result<HttpResponse, AuthError> {
        let mut response = self.http.execute(request).await.map_err(|error| AuthError::of(&error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| AuthError::of(&error))? {
            if body.len() + chunk.len() > MAX_ANSWER {
                return Err(AuthError::Unreadable);
            }
            body.extend_from_slice(&chunk);
        }
        if !status.is_success() {
            return Err(AuthError::Status { status: status.as_u16(), code: token::error_code(&body) });
        }
        let mut response = HttpResponse::new(body);
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        Ok(response)
    }
}

/// [`OpenAiAuth::bridge`] as the `oauth2` crate's client. Not a closure: whoever spawned a future that holds one could
/// not show that it is `Send`.
struct Bridge<'a>(&'a OpenAiAuth);

impl<'c> oauth2::AsyncHttpClient<'c> for Bridge<'_> {
    type Error = AuthError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, AuthError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.0.bridge(request))
    }
}
