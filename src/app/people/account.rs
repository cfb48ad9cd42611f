//! What people change about themselves.

use super::sessions::NewCookie;
use super::{People, PeopleError, Visitor, user_of};
use crate::app::audit::{self, Change};
use crate::domain::access::Actor;
use crate::domain::ids::{BrowserSessionId, UserId};
use crate::domain::people;
use crate::domain::people::oidc::Refused;
use crate::domain::people::totp::{Codes, RECOVERY_CODES, recovery_code, recovery_digest};
use crate::store::browser_sessions::{self, Holder};
use crate::store::users::{self, UserRow};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;

/// One-time codes that were begun: for the authenticator app.
#[derive(Debug)]
pub struct TotpSetup {
    /// In base 32, to be typed.
    pub secret: SecretString,
    /// To be shown as a QR code.
    pub url: SecretString,
}

impl People {
    pub(super) async fn user(&self, actor: &Actor) -> Result<UserRow, PeopleError> {
        let id = user_of(actor)?;
        users::get(&mut *self.db.work().await?, id).await?.ok_or(PeopleError::NotFound("user"))
    }

    /// Changes one's own name; an empty one is none.
    pub async fn rename(&self, actor: &Actor, name: &str) -> Result<(), PeopleError> {
        let (user, name) = (self.user(actor).await?, people::display_name(name)?);
        let mut tx = self.db.begin_work().await?;
        users::set_display_name(&mut tx, UserId(user.id), name.as_deref()).await?;
        let shown = |name: &Option<String>| json!({"display_name": name});
        let told = Change::new("user.rename").on(user.id, &user.email);
        let told = told.between(&shown(&user.display_name), &shown(&name));
        audit::record(&mut tx, &self.clock, actor, &told).await?;
        Ok(tx.commit().await?)
    }

    /// Changes one's own password, for which the present one is needed if there is one. All other sessions end, and this
    /// one gets another cookie.
    pub async fn change_password(
        &self,
        actor: &Actor,
        session: Option<BrowserSessionId>,
        current: Option<&SecretString>,
        new: &SecretString,
        visitor: &Visitor,
    ) -> Result<Option<NewCookie>, PeopleError> {
        let user = self.user(actor).await?;
        people::check_password(new.expose_secret(), &user.email)?;
        if user.password_hash.is_some() {
            self.prove_password(&user, current, visitor).await?;
        } else if user.is_managed {
            return Err(Refused::Managed.into());
        }
        let hash = self.passwords.hash(new).await?;
        let mut tx = self.db.begin_work().await?;
        if !users::set_password(&mut tx, UserId(user.id), &hash, user.password_hash.as_deref()).await? {
            // Somebody else changed it meanwhile: what was proved is not the present one any more.
            return Err(PeopleError::WrongPassword);
        }
        let told = Change::new("user.set_password").on(user.id, &user.email);
        let told = told.secret(&["password"], user.password_hash.is_some(), true);
        audit::record(&mut tx, &self.clock, actor, &told).await?;
        browser_sessions::delete_others(&mut tx, Holder::User(UserId(user.id)), session).await?;
        tx.commit().await?;
        match session {
            Some(session) => self.renew(session).await.map(Some),
            None => Ok(None),
        }
    }

    /// Begins one-time codes; they are in force once [`People::confirm_totp`] has seen one.
    pub async fn begin_totp(&self, actor: &Actor) -> Result<TotpSetup, PeopleError> {
        let user = self.user(actor).await?;
        let (id, codes) = (UserId(user.id), Codes::from_random(rand::random(), &user.email));
        let sealed = self.vault.seal(&codes.secret(), &users::totp_aad(id));
        if !users::begin_totp(&mut *self.db.work().await?, id, &sealed).await? {
            return Err(PeopleError::TotpActive);
        }
        Ok(TotpSetup { secret: codes.secret(), url: codes.url() })
    }

    /// Puts one-time codes in force; the recovery codes, shown this once.
    pub async fn confirm_totp(
        &self,
        actor: &Actor,
        code: &str,
        visitor: &Visitor,
    ) -> Result<Vec<SecretString>, PeopleError> {
        let user = self.user(actor).await?;
        if user.has_totp {
            return Err(PeopleError::TotpActive);
        }
        let (Some(codes), Some(sealed)) = (self.codes(&user)?, &user.totp_secret) else {
            return Err(PeopleError::NoTotp);
        };
        let attempt = self.attempt(&user.email, visitor).await?;
        let (id, now) = (UserId(user.id), self.clock.now());
        let Some(step) = codes.step_of(code, now) else {
            self.failed(Some(id), visitor).await?;
            return Err(PeopleError::WrongCode);
        };
        let recovery: Vec<String> = (0..RECOVERY_CODES).map(|_| recovery_code(rand::random())).collect();
        let digests: Vec<[u8; 32]> = recovery.iter().map(|code| recovery_digest(code)).collect();
        let mut tx = self.db.begin_work().await?;
        if !users::confirm_totp(&mut tx, id, sealed, step, now).await? {
            // Begun anew, or confirmed, in the meantime.
            return Err(PeopleError::WrongCode);
        }
        users::insert_recovery_codes(&mut tx, id, &digests).await?;
        let told = Change::new("user.enable_totp").on(user.id, &user.email);
        audit::record(&mut tx, &self.clock, actor, &told.secret(&["totp"], false, true)).await?;
        tx.commit().await?;
        self.succeeded(attempt).await?;
        Ok(recovery.into_iter().map(SecretString::from).collect())
    }

    /// Ends one-time codes, for which a code or the password is needed.
    pub async fn end_totp(
        &self,
        actor: &Actor,
        code: Option<&str>,
        password: Option<&SecretString>,
        visitor: &Visitor,
    ) -> Result<(), PeopleError> {
        let user = self.user(actor).await?;
        if !user.has_totp {
            return Err(PeopleError::NoTotp);
        }
        match code {
            Some(code) => {
                let attempt = self.attempt(&user.email, visitor).await?;
                if !self.take_code(&user, code).await? {
                    self.failed(Some(UserId(user.id)), visitor).await?;
                    return Err(PeopleError::WrongCode);
                }
                self.succeeded(attempt).await?;
            }
            None => self.prove_password(&user, password, visitor).await?,
        }
        let mut tx = self.db.begin_work().await?;
        users::clear_totp(&mut tx, UserId(user.id)).await?;
        let told = Change::new("user.disable_totp").on(user.id, &user.email);
        audit::record(&mut tx, &self.clock, actor, &told.secret(&["totp"], true, false)).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Somebody who is signed in shows that it is still them.
    pub(super) async fn prove_password(
        &self,
        user: &UserRow,
        password: Option<&SecretString>,
        visitor: &Visitor,
    ) -> Result<(), PeopleError> {
        let password = password.ok_or(PeopleError::WrongPassword)?;
        let attempt = self.attempt(&user.email, visitor).await?;
        if !self.passwords.verify(password, user.password_hash.as_deref()).await? {
            self.failed(Some(UserId(user.id)), visitor).await?;
            return Err(PeopleError::WrongPassword);
        }
        self.succeeded(attempt).await
    }
}
