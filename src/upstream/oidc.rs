//! Issuers of OpenID Connect: discovery and keys (kept for a while), the address of a sign-in, and what a code that came
//! back is worth.
//!
//! Every call is bounded in time and size, redirects are not followed, and nothing that an issuer said is repeated: an
//! [`OidcError`] has a code of a plain shape at most.

use crate::domain::people::oidc::{Claims, groups_in};
use crate::domain::token::error_code;
use chrono::{DateTime, TimeDelta, Utc};
use known::Known;
use oauth2::{AsyncHttpClient, HttpRequest, HttpResponse};
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreClientAuthMethod, CoreErrorResponseType,
    CoreGenderClaim, CoreIdTokenVerifier, CoreJsonWebKey, CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm, CoreProviderMetadata, CoreRevocableToken, CoreRevocationErrorResponse,
    CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AdditionalClaims, AuthType, AuthorizationCode, Client, ClientId, ClientSecret, CsrfToken,
    EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet, IdToken, IdTokenFields, Nonce,
    OAuth2TokenResponse as _, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope,
    StandardErrorResponse, StandardTokenResponse, SubjectIdentifier, TokenResponse as _, UserInfoClaims,
};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::pin::Pin;
use std::time::Duration;
use url::Url;

mod known;

/// Of one call.
const CALL: Duration = Duration::from_secs(10);
/// Longer answers are no issuer's.
const MAX_ANSWER: usize = 1 << 20;
/// How far the issuer's clock may go ahead of ours or behind it.
const LEEWAY: TimeDelta = TimeDelta::seconds(60);

/// The gateway as an issuer knows it.
#[derive(Clone, Copy, Debug)]
pub struct Registration<'a> {
    /// To the letter.
    pub issuer: &'a str,
    pub client_id: &'a str,
    pub client_secret: Option<&'a SecretString>,
    pub redirect_uri: &'a str,
}

/// What a sign-in begins with.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    pub scopes: &'a [String],
    pub state: &'a str,
    pub nonce: &'a str,
    /// Of PKCE, S256.
    pub verifier: &'a SecretString,
}

/// What came back, and what it has to fit.
#[derive(Clone, Copy, Debug)]
pub struct Redeemed<'a> {
    pub code: &'a SecretString,
    pub nonce: &'a str,
    pub verifier: &'a SecretString,
    /// Where groups stand.
    pub groups_claim: &'a str,
    pub now: DateTime<Utc>,
}

/// Why a sign-in with an issuer goes no further. Its text never holds a token, a code, or words of the issuer's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OidcError {
    #[error("the issuer can't be reached, or did not answer in time")]
    Unreachable,
    #[error("the issuer answered HTTP {0}")]
    Status(u16),
    #[error("the issuer's answer can't be read, or is too long")]
    Unreadable,
    #[error("the issuer refused the exchange ({})", .0.as_deref().unwrap_or("no code"))]
    Refused(Option<String>),
    #[error("the id token is not to be trusted: {0}")]
    Untrusted(&'static str),
}

/// All issuers, over one pool of connections.
#[derive(Debug)]
pub struct Issuers {
    http: reqwest::Client,
    known: Known,
}

impl Issuers {
    pub fn new(http: reqwest::Client) -> Self {
        Self { http, known: Known::default() }
    }

    /// The address that the person's browser goes to.
    pub async fn authorize_url(
        &self,
        registration: Registration<'_>,
        asked: Asked<'_>,
    ) -> Result<Url, OidcError> {
        let metadata = self.known.get(registration.issuer, &self.http).await?;
        let verifier = PkceCodeVerifier::new(asked.verifier.expose_secret().to_owned());
        let (state, nonce) = (asked.state.to_owned(), asked.nonce.to_owned());
        let scopes = asked.scopes.iter().filter(|scope| *scope != "openid");
        let client = client(&metadata, registration)?;
        let (url, ..) = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                || CsrfToken::new(state),
                || Nonce::new(nonce),
            )
            .add_scopes(scopes.map(|scope| Scope::new(scope.clone())))
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
            .url();
        Ok(url)
    }

    /// What the issuer vouches for with this code. The userinfo is asked for what the id token does not say.
    pub async fn redeem(
        &self,
        registration: Registration<'_>,
        redeemed: Redeemed<'_>,
    ) -> Result<Claims, OidcError> {
        let metadata = self.known.get(registration.issuer, &self.http).await?;
        let door = Door(&self.http);
        let at_issuer = client(&metadata, registration)?;
        let tokens = at_issuer
            .exchange_code(AuthorizationCode::new(redeemed.code.expose_secret().to_owned()))
            .map_err(|_| OidcError::Unreadable)?
            .set_pkce_verifier(PkceCodeVerifier::new(redeemed.verifier.expose_secret().to_owned()))
            .request_async(&door)
            .await
            .map_err(|error| match error {
                RequestTokenError::Request(error) => error,
                RequestTokenError::ServerResponse(said) => {
                    let body = serde_json::to_vec(&said).unwrap_or_default();
                    OidcError::Refused(error_code(&body))
                }
                RequestTokenError::Parse(..) | RequestTokenError::Other(_) => OidcError::Unreadable,
            })?;
        let id_token = tokens.id_token().ok_or(OidcError::Untrusted("there is none"))?;
        let claims = match verified(&metadata, registration, id_token, redeemed) {
            Err(Wrong::Key) => {
                let metadata = self.known.renew(registration.issuer, &self.http).await?;
                verified(&metadata, registration, id_token, redeemed).map_err(Wrong::said)?
            }
            other => other.map_err(Wrong::said)?,
        };
        if claims.are_complete() || metadata.userinfo_endpoint().is_none() {
            return Ok(claims);
        }
        let subject = SubjectIdentifier::new(claims.subject.clone());
        let asking = at_issuer
            .user_info(tokens.access_token().clone(), Some(subject))
            .map_err(|_| OidcError::Unreadable)?;
        let said: Result<UserInfoClaims<AllClaims, CoreGenderClaim>, _> = asking.request_async(&door).await;
        match said {
            Ok(said) => Ok(claims.or(from_userinfo(&said, redeemed.groups_claim))),
            // What it would have said is missing, and the person hears what is.
            Err(_) => Ok(claims),
        }
    }
}

/// The claims that the standard does not name.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
struct AllClaims(Map<String, Value>);

impl AdditionalClaims for AllClaims {}

type AnyIdToken =
    IdToken<AllClaims, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;

type Tokens = StandardTokenResponse<
    IdTokenFields<
        AllClaims,
        EmptyExtraTokenFields,
        CoreGenderClaim,
        CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm,
    >,
    CoreTokenType,
>;

type AtIssuer = Client<
    AllClaims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    Tokens,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

fn client(metadata: &CoreProviderMetadata, registration: Registration<'_>) -> Result<AtIssuer, OidcError> {
    let secret =
        registration.client_secret.map(|secret| ClientSecret::new(secret.expose_secret().to_owned()));
    let redirect =
        RedirectUrl::new(registration.redirect_uri.to_owned()).map_err(|_| OidcError::Unreadable)?;
    // Without a list, basic authentication is what the standard says.
    let in_body = metadata.token_endpoint_auth_methods_supported().is_some_and(|ways| {
        ways.contains(&CoreClientAuthMethod::ClientSecretPost)
            && !ways.contains(&CoreClientAuthMethod::ClientSecretBasic)
    });
    let client_id = ClientId::new(registration.client_id.to_owned());
    Ok(Client::from_provider_metadata(metadata.clone(), client_id, secret)
        .set_auth_type(if in_body { AuthType::RequestBody } else { AuthType::BasicAuth })
        .set_redirect_uri(redirect))
}

/// What is wrong with an id token.
#[derive(Debug, PartialEq, Eq)]
enum Wrong {
    /// It was signed with a key that is not known, or not by the key of this name: there may be newer ones.
    Key,
    Other(&'static str),
}

impl Wrong {
    fn said(self) -> OidcError {
        OidcError::Untrusted(match self {
            Self::Key => "its signature fits no key of the issuer's",
            Self::Other(what) => what,
        })
    }
}

/// What an id token says, when it is this issuer's, for us, of this sign-in, and in force.
fn verified(
    metadata: &CoreProviderMetadata,
    registration: Registration<'_>,
    id_token: &AnyIdToken,
    redeemed: Redeemed<'_>,
) -> Result<Claims, Wrong> {
    use openidconnect::{ClaimsVerificationError as Error, SignatureVerificationError as Signature};
    // A shared secret signs nothing: who can read it could be anybody. Nor does nobody.
    let algorithms = metadata.id_token_signing_alg_values_supported().iter().filter(|algorithm| {
        use CoreJwsSigningAlgorithm as A;
        !matches!(algorithm, A::HmacSha256 | A::HmacSha384 | A::HmacSha512 | A::None)
    });
    let now = redeemed.now;
    let verifier = CoreIdTokenVerifier::new_public_client(
        ClientId::new(registration.client_id.to_owned()),
        metadata.issuer().clone(),
        metadata.jwks().clone(),
    )
    .set_allowed_algs(algorithms.cloned())
    .set_time_fn(move || now - LEEWAY)
    .set_issue_time_verifier_fn(move |issued| {
        if issued <= now + LEEWAY { Ok(()) } else { Err("issued in the future".to_owned()) }
    });
    let claims =
        id_token.claims(&verifier, &Nonce::new(redeemed.nonce.to_owned())).map_err(|error| match error {
            Error::SignatureVerification(Signature::NoMatchingKey | Signature::CryptoError(_)) => Wrong::Key,
            Error::SignatureVerification(_) => Wrong::Other("its signature is none that is accepted"),
            Error::Expired(_) => Wrong::Other("it has expired, or is of the future"),
            Error::InvalidAudience(_) => Wrong::Other("it is for somebody else"),
            Error::InvalidIssuer(_) => Wrong::Other("it is of another issuer"),
            Error::InvalidNonce(_) => Wrong::Other("it is of another sign-in"),
            _ => Wrong::Other("it is not as it should be"),
        })?;
    Ok(Claims {
        subject: claims.subject().to_string(),
        email: claims.email().map(|email| email.to_string()),
        email_verified: claims.email_verified() == Some(true),
        name: claims.name().and_then(|name| name.get(None)).map(|name| name.to_string()),
        groups: groups_in(&claims.additional_claims().0, redeemed.groups_claim),
    })
}

fn from_userinfo(said: &UserInfoClaims<AllClaims, CoreGenderClaim>, groups_claim: &str) -> Claims {
    Claims {
        subject: said.subject().to_string(),
        email: said.email().map(|email| email.to_string()),
        email_verified: said.email_verified() == Some(true),
        name: said.name().and_then(|name| name.get(None)).map(|name| name.to_string()),
        groups: groups_in(&said.additional_claims().0, groups_claim),
    }
}

/// The way out: our client, with bounds. Error statuses pass, where their bodies are read.
struct Door<'a>(&'a reqwest::Client);

impl Door<'_> {
    async fn pass(&self, request: HttpRequest) -> Result<HttpResponse, OidcError> {
        let mut request = reqwest::Request::try_from(request).map_err(|_| OidcError::Unreadable)?;
        *request.timeout_mut() = Some(CALL);
        let mut response = self.0.execute(request).await.map_err(|_| OidcError::Unreachable)?;
        let (status, headers) = (response.status(), response.headers().clone());
        if status.is_server_error() || status.is_redirection() {
            return Err(OidcError::Status(status.as_u16()));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|_| OidcError::Unreachable)? {
            if body.len() + chunk.len() > MAX_ANSWER {
                return Err(OidcError::Unreadable);
            }
            body.extend_from_slice(&chunk);
        }
        let mut answer = HttpResponse::new(body);
        *answer.status_mut() = status;
        *answer.headers_mut() = headers;
        Ok(answer)
    }
}

impl<'c> AsyncHttpClient<'c> for Door<'_> {
    type Error = OidcError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, OidcError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.pass(request))
    }
}

#[cfg(test)]
mod tests;
