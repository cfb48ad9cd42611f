//! Signing in with OpenID Connect: to the issuer's page and back. Who came back is let in by [`super::identities`].

use super::sessions::NewCookie;
use super::sign_in::Opened;
use super::{People, PeopleError, Visitor, digest, random_secret};
use crate::config::OidcIssuer;
use crate::domain::ids::{BrowserSessionId, OidcSignInId};
use crate::domain::oauth::Pkce;
use crate::domain::people::oidc::{self, Refused, SIGN_IN_MINUTES};
use crate::store::identities::{self, NewSignIn, SignInRow};
use crate::upstream::oidc::{Asked, OidcError, Redeemed, Registration};
use chrono::TimeDelta;
use secrecy::{ExposeSecret as _, SecretString};

/// A sign-in that was begun.
#[derive(Debug)]
pub struct Begun {
    /// Where the browser goes.
    pub url: String,
    /// By which the browser is known that comes back.
    pub cookie: NewCookie,
}

/// What a browser comes back with.
#[derive(Debug, Default)]
pub struct Back {
    pub state: Option<String>,
    pub code: Option<SecretString>,
    /// The issuer's word for why there is no code.
    pub error: Option<String>,
    /// Who says so (RFC 9207).
    pub issuer: Option<String>,
    /// What [`Begun::cookie`] set.
    pub cookie: Option<SecretString>,
}

/// How a sign-in went, and the page of ours it leads to.
#[derive(Debug)]
pub struct Returned {
    pub to: String,
    /// `None`: an identity was linked to the account of who is signed in.
    pub outcome: Result<Option<Opened>, PeopleError>,
}

impl People {
    /// The issuers with which people sign in: their names, and what people call them.
    pub fn issuers(&self) -> Vec<(String, String)> {
        let named = |issuer: &OidcIssuer| (issuer.name.clone(), issuer.label().to_owned());
        self.config.load().access.oidc.iter().map(named).collect()
    }

    /// Begins a sign-in at the issuer of this name. `address`: that of the dashboard. `session`: somebody who is signed in
    /// links who they are there to their account.
    pub async fn begin_oidc(
        &self,
        name: &str,
        address: &str,
        return_to: &str,
        session: Option<BrowserSessionId>,
        visitor: &Visitor,
    ) -> Result<Begun, PeopleError> {
        let config = self.config.load_full();
        let issuer = config.access.issuer(name).ok_or(Refused::UnknownIssuer)?;
        self.begin_at_issuer(visitor).await?;
        let (state, browser, nonce) = (random_secret(""), random_secret(""), random_secret(""));
        let verifier = Pkce::from_random(&rand::random()).verifier;
        let redirect_uri = format!("{address}/v1/auth/oidc/{name}/callback");
        let asked = Asked {
            scopes: &issuer.scopes,
            state: state.expose_secret(),
            nonce: nonce.expose_secret(),
            verifier: &verifier,
        };
        let url = self.issuers.authorize_url(registration(issuer, &redirect_uri), asked).await;
        let url = url.map_err(|error| failed(name, &error))?;
        let id = OidcSignInId(self.clock.new_id());
        let life = TimeDelta::minutes(SIGN_IN_MINUTES);
        let new = NewSignIn {
            id,
            state: digest(state.expose_secret()),
            browser: digest(browser.expose_secret()),
            issuer_name: name,
            nonce: nonce.expose_secret(),
            verifier: &self.vault.seal(&verifier, &identities::verifier_aad(id)),
            redirect_uri: &redirect_uri,
            return_to,
            session,
            expires_at: self.clock.now() + life,
        };
        identities::begin(&mut *self.db.work().await?, &new).await?;
        Ok(Begun { url: url.into(), cookie: NewCookie { value: browser, seconds: life.num_seconds() } })
    }

    /// Ends the sign-in with which a browser came back. Whatever it comes with is worth one look.
    pub async fn finish_oidc(&self, name: &str, back: Back, visitor: &Visitor) -> Returned {
        let (to, mut outcome) = match self.take_back(name, &back).await {
            Ok(row) => {
                let to = row.return_to.clone();
                (to, self.redeem(name, &row, back, visitor).await)
            }
            Err(error) => (oidc::return_path(None), Err(error)),
        };
        if let Err(PeopleError::Oidc(refused)) = &outcome
            && refused.is_failed_sign_in()
            && let Err(error) = self.refused_at_issuer(name, visitor).await
        {
            outcome = Err(error);
        }
        Returned { to, outcome }
    }

    async fn take_back(&self, name: &str, back: &Back) -> Result<SignInRow, PeopleError> {
        let (Some(state), Some(cookie)) = (&back.state, &back.cookie) else {
            return Err(Refused::Expired.into());
        };
        let (state, browser) = (digest(state), digest(cookie.expose_secret()));
        let mut db = self.db.work().await?;
        let row = identities::take(&mut db, name, &state, &browser, self.clock.now()).await?;
        Ok(row.ok_or(Refused::Expired)?)
    }

    async fn redeem(
        &self,
        name: &str,
        row: &SignInRow,
        back: Back,
        visitor: &Visitor,
    ) -> Result<Option<Opened>, PeopleError> {
        let config = self.config.load_full();
        let issuer = config.access.issuer(name).ok_or(Refused::UnknownIssuer)?;
        if back.issuer.is_some_and(|said| said != issuer.issuer) {
            return Err(failed(name, &OidcError::Untrusted("another issuer answered")).into());
        }
        let code = match (back.error.as_deref(), back.code) {
            (None, Some(code)) => code,
            (Some("access_denied"), _) => return Err(Refused::Cancelled.into()),
            (Some(_), _) | (None, None) => return Err(Refused::Denied.into()),
        };
        let aad = identities::verifier_aad(OidcSignInId(row.id));
        let redeemed = Redeemed {
            code: &code,
            nonce: &row.nonce,
            verifier: &self.vault.open(&row.verifier, &aad)?,
            groups_claim: &issuer.groups_claim,
            now: self.clock.now(),
        };
        let claims = self.issuers.redeem(registration(issuer, &row.redirect_uri), redeemed).await;
        let claims = claims.map_err(|error| failed(name, &error))?;
        let opened = match row.session_id {
            Some(session) => {
                self.link(issuer, &claims, BrowserSessionId(session), visitor).await?;
                None
            }
            None => Some(self.enter_as(issuer, &claims, visitor).await?),
        };
        self.came_from_issuer(visitor).await?;
        Ok(opened)
    }
}

fn registration<'a>(issuer: &'a OidcIssuer, redirect_uri: &'a str) -> Registration<'a> {
    Registration {
        issuer: &issuer.issuer,
        client_id: &issuer.client_id,
        client_secret: issuer.client_secret.as_ref(),
        redirect_uri,
    }
}

/// For the log, what went wrong with the issuer; for the person, what kind of thing.
fn failed(name: &str, error: &OidcError) -> Refused {
    tracing::warn!(issuer = name, %error, "a sign-in with OpenID Connect failed");
    match error {
        OidcError::Unreachable | OidcError::Status(_) | OidcError::Unreadable => Refused::Unavailable,
        OidcError::Refused(_) => Refused::Denied,
        OidcError::Untrusted(_) => Refused::Untrusted,
    }
}
