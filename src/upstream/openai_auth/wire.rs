//! The answers of the sign-in server, and the `oauth2` crate's view of them.

use super::{AuthError, TokenSet};
use oauth2::basic::{BasicRevocationErrorResponse, BasicTokenIntrospectionResponse, BasicTokenType};
use oauth2::{AccessToken, RefreshToken, Scope, StandardRevocableToken, TokenResponse};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;
use std::time::Duration;

pub(super) type SignInClient = oauth2::Client<
    TokenEndpointError,
    CodeAnswer,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
>;

/// Never made: error statuses end in `OpenAiAuth`'s bridge to the client.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct TokenEndpointError {}

impl oauth2::ErrorResponse for TokenEndpointError {}

impl fmt::Display for TokenEndpointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the token endpoint answered with an error")
    }
}

impl std::error::Error for TokenEndpointError {}

/// The answer to a code exchange. `token_type` is not asked for: the official client ignores it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct CodeAnswer {
    access_token: AccessToken,
    refresh_token: Option<RefreshToken>,
    id_token: Option<AccessToken>,
    #[serde(skip, default = "bearer")]
    token_type: BasicTokenType,
}

fn bearer() -> BasicTokenType {
    BasicTokenType::Bearer
}

impl TokenResponse for CodeAnswer {
    type TokenType = BasicTokenType;

    fn access_token(&self) -> &AccessToken {
        &self.access_token
    }
    fn token_type(&self) -> &BasicTokenType {
        &self.token_type
    }
    fn expires_in(&self) -> Option<Duration> {
        None
    }
    fn refresh_token(&self) -> Option<&RefreshToken> {
        self.refresh_token.as_ref()
    }
    fn scopes(&self) -> Option<&Vec<Scope>> {
        None
    }
}

impl From<CodeAnswer> for TokenSet {
    fn from(answer: CodeAnswer) -> Self {
        Self {
            id_token: secret(answer.id_token.map(AccessToken::into_secret)),
            access_token: secret(Some(answer.access_token.into_secret())),
            refresh_token: secret(answer.refresh_token.map(RefreshToken::into_secret)),
        }
    }
}

/// The answer to a refresh: everything in it is optional.
#[derive(Deserialize)]
pub(super) struct RefreshAnswer {
    #[serde(rename = "id_token")]
    id: Option<Opaque>,
    #[serde(rename = "access_token")]
    access: Option<Opaque>,
    #[serde(rename = "refresh_token")]
    refresh: Option<Opaque>,
}

impl From<RefreshAnswer> for TokenSet {
    fn from(answer: RefreshAnswer) -> Self {
        let text = |token: Option<Opaque>| secret(token.map(|token| token.0));
        Self {
            id_token: text(answer.id),
            access_token: text(answer.access),
            refresh_token: text(answer.refresh),
        }
    }
}

/// An empty token is none.
fn secret(token: Option<String>) -> Option<SecretString> {
    token.filter(|token| !token.is_empty()).map(SecretString::from)
}

#[derive(Deserialize)]
pub(super) struct UserCodeAnswer {
    pub device_auth_id: Opaque,
    #[serde(alias = "usercode")]
    pub user_code: String,
    pub interval: Option<Value>,
    pub expires_at: Option<Value>,
}

#[derive(Deserialize)]
pub(super) struct DeviceTokenAnswer {
    pub authorization_code: Opaque,
    pub code_verifier: Opaque,
}

/// A secret on its way from JSON to [`SecretString`].
#[derive(Deserialize)]
#[serde(transparent)]
pub(super) struct Opaque(String);

impl Opaque {
    pub fn into_secret(self) -> SecretString {
        self.0.into()
    }
}

/// The parser's own error quotes the text that it cannot read, so it stays here.
pub(super) fn parse<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, AuthError> {
    serde_json::from_slice(body).map_err(|_| AuthError::Unreadable)
}

/// Seconds, as a string or a number; 5 when it is neither, a minute at most.
pub(super) fn interval(value: Option<&Value>) -> Duration {
    let seconds =
        value.and_then(|value| value.as_u64().or_else(|| value.as_str()?.trim().parse().ok())).unwrap_or(5);
    Duration::from_secs(seconds.clamp(1, 60))
}
