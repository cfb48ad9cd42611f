//! Browsers' sessions: opened, recognised by their cookie, listed and ended. All of it is in the database, so that every
//! replica knows them and the end of one is its end everywhere.

use super::{People, PeopleError, Visitor, digest, places_of, random_secret};
use crate::domain::access::{Actor, Who};
use crate::domain::ids::BrowserSessionId;
use crate::domain::people::Place;
use crate::domain::people::session::{Lifetime, Step, TOUCH, Verdict, Way};
use crate::store::browser_sessions::{self as store, Found, Holder, NewSession, SessionRow};
use crate::store::users;
use chrono::TimeDelta;
use secrecy::{ExposeSecret as _, SecretString};
use std::sync::Arc;

/// A cookie to be set: its value, and how long the browser keeps it.
#[derive(Debug)]
pub struct NewCookie {
    pub value: SecretString,
    pub seconds: i64,
}

/// Somebody who was recognised by their cookie.
#[derive(Debug)]
pub struct SignedIn {
    pub session: BrowserSessionId,
    pub who: Who,
    /// What people know them by.
    pub name: Arc<str>,
    /// The tenants that they may touch; the first is theirs when they ask for none.
    pub places: Vec<Place>,
    /// The cookie's next value.
    pub cookie: Option<NewCookie>,
}

impl People {
    /// How long sessions live.
    pub(super) fn lifetime(&self) -> Lifetime {
        let access = &self.config.load().access;
        Lifetime {
            idle: TimeDelta::minutes(access.session_idle_minutes.into()),
            absolute: TimeDelta::hours(access.session_hours.into()),
            value: TimeDelta::minutes(access.session_rotation_minutes.into()),
        }
    }

    pub(super) async fn open(
        &self,
        holder: Holder,
        way: Way,
        visitor: &Visitor,
        password_hash: Option<&str>,
    ) -> Result<(BrowserSessionId, NewCookie), PeopleError> {
        let (value, now, lifetime) = (random_secret(""), self.clock.now(), self.lifetime());
        let session = NewSession {
            id: BrowserSessionId(self.clock.new_id()),
            holder,
            method: way.as_str(),
            digest: digest(value.expose_secret()),
            address: visitor.address.map(|address| address.to_string()),
            user_agent: visitor.agent.clone(),
            now,
            expires_at: now + lifetime.absolute,
        };
        if !store::insert(&mut *self.db.work().await?, &session, password_hash).await? {
            return Err(PeopleError::InvalidCredentials);
        }
        Ok((session.id, NewCookie { value, seconds: lifetime.absolute.num_seconds() }))
    }

    /// Who has this cookie. `None`: nobody any more.
    pub async fn recognise_cookie(
        &self,
        value: &str,
        visitor: &Visitor,
    ) -> Result<Option<SignedIn>, PeopleError> {
        let (shown, now) = (digest(value), self.clock.now());
        let mut db = self.db.work().await?;
        let Some(found) = store::find(&mut db, &shown).await? else { return Ok(None) };
        // A changed token ends the sessions that the old one opened.
        if matches!(found.holder, Holder::Token(mark) if mark != self.token_mark) {
            return Ok(None);
        }
        let step = match found.times.judge(found.shown, &self.lifetime(), now) {
            Verdict::Over => return Ok(None),
            Verdict::Copied => {
                tracing::warn!(session = %found.id, "an old value of a session was shown; the session is ended");
                store::delete(&mut db, found.holder, found.id).await?;
                return Ok(None);
            }
            Verdict::Good(step) => step,
        };
        let (who, name, places) = match found.holder {
            Holder::Token(_) => (Who::Token, "token".into(), self.all_places()),
            Holder::User(id) => {
                let Some(user) = users::get(&mut db, id).await? else { return Ok(None) };
                (Who::User(id), user.email.as_str().into(), places_of(&mut db, &user).await?)
            }
        };
        let cookie = self.turn(&mut db, &found, step, &shown).await?;
        self.touch(&mut db, &found, visitor).await?;
        Ok(Some(SignedIn { session: found.id, who, name, places, cookie }))
    }

    /// Does what the session's value is due for.
    async fn turn(
        &self,
        db: &mut sqlx::PgConnection,
        found: &Found,
        step: Step,
        shown: &store::Digest,
    ) -> Result<Option<NewCookie>, PeopleError> {
        let now = self.clock.now();
        match step {
            Step::Nothing => Ok(None),
            Step::Confirm => {
                store::confirm_value(db, found.id, shown, now).await?;
                Ok(None)
            }
            Step::Rotate => {
                let value = random_secret("");
                let next = digest(value.expose_secret());
                let handed_out = store::offer_value(db, found.id, &next, found.times.next_since, now).await?;
                let seconds = (found.times.expires_at - now).num_seconds();
                Ok(handed_out.then_some(NewCookie { value, seconds }))
            }
        }
    }

    /// Writes the visit down, now and then.
    async fn touch(
        &self,
        db: &mut sqlx::PgConnection,
        found: &Found,
        visitor: &Visitor,
    ) -> Result<(), PeopleError> {
        let now = self.clock.now();
        let address = visitor.address.map(|address| address.to_string());
        if now < found.times.last_seen_at + TOUCH && address == found.address {
            return Ok(());
        }
        store::touch(db, found.id, address.as_deref(), now).await?;
        if let Holder::User(id) = found.holder {
            users::seen(db, id, &visitor.address_key(), now).await?;
        }
        Ok(())
    }

    /// Another value at once, for a session that may do more or whose owner changed their password.
    pub(super) async fn renew(&self, id: BrowserSessionId) -> Result<NewCookie, PeopleError> {
        let (value, now) = (random_secret(""), self.clock.now());
        let mut db = self.db.work().await?;
        store::replace_value(&mut db, id, &digest(value.expose_secret()), now).await?;
        Ok(NewCookie { value, seconds: self.lifetime().absolute.num_seconds() })
    }

    /// Ends the session of this cookie, whoever's it is.
    pub async fn sign_out(&self, value: &str) -> Result<(), PeopleError> {
        Ok(store::delete_by_value(&mut *self.db.work().await?, &digest(value)).await?)
    }

    /// One's own sessions, the newest first; each with the time at which it ends if nobody comes any more.
    pub async fn sessions(&self, actor: &Actor) -> Result<Vec<SessionRow>, PeopleError> {
        let (holder, now, idle) = (self.holder(actor)?, self.clock.now(), self.lifetime().idle);
        let mut rows = store::list(&mut *self.db.work().await?, holder, now - idle, now).await?;
        for row in &mut rows {
            row.expires_at = row.expires_at.min(row.last_seen_at + idle);
        }
        Ok(rows)
    }

    /// Ends one of one's own sessions.
    pub async fn end_session(&self, actor: &Actor, id: BrowserSessionId) -> Result<(), PeopleError> {
        let holder = self.holder(actor)?;
        let ended = store::delete(&mut *self.db.work().await?, holder, id).await?;
        if ended { Ok(()) } else { Err(PeopleError::NotFound("session")) }
    }

    /// Ends one's other sessions. How many there were.
    pub async fn end_other_sessions(
        &self,
        actor: &Actor,
        keep: Option<BrowserSessionId>,
    ) -> Result<u64, PeopleError> {
        let holder = self.holder(actor)?;
        Ok(store::delete_others(&mut *self.db.work().await?, holder, keep).await?)
    }
}
