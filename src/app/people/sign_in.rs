//! Signing in.

use super::sessions::NewCookie;
use super::{People, PeopleError, Person, Visitor, places_of};
use crate::domain::access::Role;
use crate::domain::ids::{BrowserSessionId, UserId};
use crate::domain::people::session::Way;
use crate::domain::people::totp::{Codes, is_app_code, recovery_digest};
use crate::domain::people::{self, Place};
use crate::store::browser_sessions::Holder;
use crate::store::users::{self, UserRow};
use secrecy::SecretString;

/// What a person types.
#[derive(Debug)]
pub struct SignIn {
    pub email: String,
    pub password: SecretString,
    /// A code of their app, or a recovery code.
    pub code: Option<String>,
}

/// A session that was opened.
#[derive(Debug)]
pub struct Opened {
    pub session: BrowserSessionId,
    pub cookie: NewCookie,
    /// `None`: whoever has the token.
    pub person: Option<Person>,
    /// Never empty; the first is theirs when they ask for none.
    pub places: Vec<Place>,
}

impl People {
    /// With e-mail address, password and, where it is in force, a one-time code.
    pub async fn sign_in(&self, typed: SignIn, visitor: &Visitor) -> Result<Opened, PeopleError> {
        // What is no address is nobody's, after as much work.
        let email = people::email(&typed.email).unwrap_or_default();
        let user = self.recognise(&email, &typed.password, typed.code.as_deref(), visitor).await?;
        self.enter(&user, Way::Password, visitor).await
    }

    /// Whoever shows the gateway's token; that it is the right one is [`crate::app::access`]'s to say.
    pub async fn enter_with_token(&self, visitor: &Visitor) -> Result<Opened, PeopleError> {
        let (session, cookie) = self.open(Holder::Token(self.token_mark), Way::Token, visitor, None).await?;
        Ok(Opened { session, cookie, person: None, places: self.all_places() })
    }

    /// A person who was recognised comes in.
    pub(super) async fn enter(
        &self,
        user: &UserRow,
        way: Way,
        visitor: &Visitor,
    ) -> Result<Opened, PeopleError> {
        let id = UserId(user.id);
        let mut db = self.db.work().await?;
        let places = places_of(&mut db, user).await?;
        if places.is_empty() {
            return Err(PeopleError::NoAccess);
        }
        users::seen(&mut db, id, &visitor.address_key(), self.clock.now()).await?;
        drop(db);
        let hash = user.password_hash.as_deref();
        let (session, cookie) = self.open(Holder::User(id), way, visitor, hash).await?;
        tracing::info!(user = %id, way = way.as_str(), "signed in");
        Ok(Opened { session, cookie, person: Some(user.into()), places })
    }

    /// The person with this address, if they are who they say. Who does not exist costs as much as who does.
    pub(super) async fn recognise(
        &self,
        email: &str,
        password: &SecretString,
        code: Option<&str>,
        visitor: &Visitor,
    ) -> Result<UserRow, PeopleError> {
        let attempt = self.attempt(email, visitor).await?;
        let user = users::by_email(&mut *self.db.work().await?, email).await?;
        let hash = user.as_ref().and_then(|user| user.password_hash.as_deref());
        let right = self.passwords.verify(password, hash).await?;
        let id = user.as_ref().map(|user| UserId(user.id));
        let Some(user) = user.filter(|_| right) else {
            self.failed(id, visitor).await?;
            return Err(PeopleError::InvalidCredentials);
        };
        if user.has_totp {
            let Some(code) = code.filter(|code| !code.trim().is_empty()) else {
                self.succeeded(attempt).await?;
                return Err(PeopleError::TotpRequired);
            };
            if !self.take_code(&user, code).await? {
                self.failed(id, visitor).await?;
                return Err(PeopleError::InvalidCredentials);
            }
        }
        self.succeeded(attempt).await?;
        Ok(user)
    }

    /// Takes a code of the app or a recovery code. `false`: it is wrong, or was taken before.
    pub(super) async fn take_code(&self, user: &UserRow, code: &str) -> Result<bool, PeopleError> {
        let (id, now) = (UserId(user.id), self.clock.now());
        if !is_app_code(code) {
            let mut db = self.db.work().await?;
            let taken = users::take_recovery_code(&mut db, id, &recovery_digest(code), now).await?;
            if taken {
                tracing::warn!(user = %id, "a recovery code was used");
            }
            return Ok(taken);
        }
        let Some(codes) = self.codes(user)? else { return Ok(false) };
        let Some(step) = codes.step_of(code, now) else { return Ok(false) };
        Ok(users::take_totp_step(&mut *self.db.work().await?, id, step).await?)
    }

    /// The secret of somebody's one-time codes, in force or begun.
    pub(super) fn codes(&self, user: &UserRow) -> Result<Option<Codes>, PeopleError> {
        let Some(sealed) = &user.totp_secret else { return Ok(None) };
        let secret = self.vault.open(sealed, &users::totp_aad(UserId(user.id)))?;
        Ok(Codes::from_secret(&secret, &user.email))
    }
}

impl Opened {
    /// The role in the tenant that is theirs when they ask for none.
    pub fn role(&self) -> Role {
        self.places.first().map_or(Role::Viewer, |place| place.role)
    }
}
