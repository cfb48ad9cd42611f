//! Invitations: made, looked at and used. The link's token is shown once and stored as a digest.

use super::sign_in::Opened;
use super::{People, PeopleError, Visitor, digest, random_secret, role_named};
use crate::app::audit::{self, Change};
use crate::app::clock::Clock;
use crate::domain::access::{Actor, Role, Who};
use crate::domain::ids::{InvitationId, LoginId, MASTER_TENANT, TenantId, UserId};
use crate::domain::people;
use crate::domain::people::invitation::{self, HOURS_MOST, Offer};
use crate::domain::people::member::may_give;
use crate::domain::people::session::Way;
use crate::store::db::{Db, unique_violation};
use crate::store::invitations::{self as store, InvitationRow, NewInvitation};
use crate::store::users::{self, UserRow};
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

/// What links' tokens begin with.
const PREFIX: &str = "gwi_";
/// How long somebody who has connected their account may still look at how it went.
const AFTERWARDS: TimeDelta = TimeDelta::hours(1);

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Invite {
    /// `member` or `connect`.
    pub kind: String,
    /// Only for this address.
    pub email: Option<String>,
    pub role: Option<Role>,
    pub provider_name: Option<String>,
    pub hours: u32,
}

/// An invitation, for who may make them.
#[derive(Clone, Debug)]
pub struct Invited {
    pub id: InvitationId,
    pub offer: Offer,
    pub email: Option<String>,
    pub created_at: DateTime<Utc>,
    pub expires_at: Option<DateTime<Utc>>,
}

/// What an invitation is to who has its link.
#[derive(Clone, Debug)]
pub struct Offered {
    pub tenant_name: String,
    pub offer: Offer,
    pub email: Option<String>,
}

/// What somebody types who accepts.
#[derive(Debug)]
pub struct Acceptance {
    pub token: SecretString,
    pub email: Option<String>,
    pub display_name: Option<String>,
    /// Of a new account, or of the one that there is. Not needed from who is signed in.
    pub password: Option<SecretString>,
    /// A one-time code, where the account has them.
    pub code: Option<String>,
}

/// What the link of a `connect` invitation allows: the sign-in of one provider's account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectPass {
    pub id: InvitationId,
    pub tenant: TenantId,
    pub provider: String,
    /// An account was connected with it: there is only the outcome to be looked at.
    pub used: bool,
}

fn offer_of(row: &InvitationRow) -> Offer {
    match (row.kind.as_str(), &row.role, &row.provider_name) {
        ("connect", _, Some(provider)) => Offer::Connect { provider: provider.clone() },
        ("member", Some(role), _) => Offer::Member { role: role_named(role) },
        // The column's checks leave only "owner".
        _ => Offer::Owner,
    }
}

impl From<InvitationRow> for Invited {
    fn from(row: InvitationRow) -> Self {
        Self {
            id: InvitationId(row.id),
            offer: offer_of(&row),
            email: row.email,
            created_at: row.created_at,
            expires_at: row.expires_at,
        }
    }
}

/// The token of a link that makes the first owner; it replaces the one that was made before. `None`: there is an owner.
pub async fn invite_owner(db: &Db, clock: &Clock) -> Result<Option<SecretString>, PeopleError> {
    let mut tx = db.begin_work().await?;
    if users::has_owner(&mut tx).await? {
        return Ok(None);
    }
    store::delete_owners(&mut tx).await?;
    let token = random_secret(PREFIX);
    let new = NewInvitation {
        id: InvitationId(clock.new_id()),
        offer: &Offer::Owner,
        digest: digest(token.expose_secret()),
        email: None,
        created_by: None,
        now: clock.now(),
        expires_at: None,
    };
    store::insert(&mut tx, MASTER_TENANT, &new).await?;
    tx.commit().await?;
    Ok(Some(token))
}

/// As the audit log keeps it.
fn told(row: &InvitationRow) -> Value {
    json!({"kind": row.kind, "role": row.role, "provider": row.provider_name, "email": row.email, "expires_at": row.expires_at})
}

impl People {
    /// Invites somebody. The link's token is in nobody's hands but the caller's.
    pub async fn invite(
        &self,
        actor: &Actor,
        invite: Invite,
    ) -> Result<(Invited, SecretString), PeopleError> {
        let offer = invitation::offer(&invite.kind, invite.role, invite.provider_name.as_deref())?;
        if let Some(role) = offer.role() {
            may_give(actor.role, role)?;
        }
        if invite.hours == 0 || invite.hours > HOURS_MOST {
            return Err(invitation::Refused::Hours.into());
        }
        let email = invite.email.as_deref().map(people::email).transpose()?;
        let created_by = if let Who::User(id) = actor.who { Some(id) } else { None };
        let (token, now) = (random_secret(PREFIX), self.clock.now());
        let new = NewInvitation {
            id: InvitationId(self.clock.new_id()),
            offer: &offer,
            digest: digest(token.expose_secret()),
            email: email.as_deref(),
            created_by,
            now,
            expires_at: Some(now + TimeDelta::hours(invite.hours.into())),
        };
        let mut tx = self.db.tenant(actor.tenant).await?;
        let row = store::insert(&mut tx, actor.tenant, &new).await?;
        let told = Change::new("invitation.create").id(row.id).made(told(&row));
        audit::record(&mut tx, &self.clock, actor, &told).await?;
        tx.commit().await?;
        Ok((row.into(), token))
    }

    /// A tenant's invitations that nobody has used yet, the newest first.
    pub async fn invitations(&self, tenant: TenantId) -> Result<Vec<Invited>, PeopleError> {
        let rows = store::open(&mut *self.db.tenant(tenant).await?, tenant, self.clock.now()).await?;
        Ok(rows.into_iter().map(Invited::from).collect())
    }

    /// Takes an invitation back.
    pub async fn withdraw(&self, actor: &Actor, id: InvitationId) -> Result<(), PeopleError> {
        let mut tx = self.db.tenant(actor.tenant).await?;
        if !store::delete(&mut tx, actor.tenant, id).await? {
            return Err(PeopleError::NotFound("invitation"));
        }
        let told = Change::new("invitation.withdraw").id(id);
        audit::record(&mut tx, &self.clock, actor, &told).await?;
        tx.commit().await?;
        Ok(())
    }

    /// See [`invite_owner`].
    pub async fn invite_owner(&self) -> Result<Option<SecretString>, PeopleError> {
        invite_owner(&self.db, &self.clock).await
    }

    async fn usable(&self, token: &str) -> Result<InvitationRow, PeopleError> {
        let row = store::by_digest(&mut *self.db.work().await?, &digest(token)).await?;
        let open =
            |row: &InvitationRow| invitation::is_open(row.expires_at, row.accepted_at, self.clock.now());
        row.filter(open).ok_or(PeopleError::InvalidInvitation)
    }

    /// What a link offers.
    pub async fn offered(&self, token: &str) -> Result<Offered, PeopleError> {
        let row = self.usable(token).await?;
        let mut db = self.db.work().await?;
        let tenant = users::tenant(&mut db, TenantId(row.tenant_id)).await?;
        let tenant_name = tenant.ok_or(PeopleError::InvalidInvitation)?.name;
        Ok(Offered { tenant_name, offer: offer_of(&row), email: row.email })
    }

    /// Accepts an invitation to be a member or the first owner, and comes in. Somebody with an account proves that it is
    /// theirs; `signed_in` already did.
    pub async fn accept(
        &self,
        typed: Acceptance,
        signed_in: Option<UserId>,
        visitor: &Visitor,
    ) -> Result<Opened, PeopleError> {
        let row = self.usable(typed.token.expose_secret()).await?;
        let role = offer_of(&row).role().ok_or(PeopleError::InvalidInvitation)?;
        let (user, is_new) = self.acceptor(&row, typed, signed_in, visitor).await?;
        let (id, tenant, now) = (UserId(user.id), TenantId(row.tenant_id), self.clock.now());
        let mut tx = self.db.begin_work().await?;
        if is_new {
            users::insert(&mut tx, &user).await.map_err(|error| match unique_violation(&error) {
                // Somebody of this address came in the meantime.
                Some("users_email_key") => PeopleError::InvalidCredentials,
                _ => error.into(),
            })?;
        }
        if !store::accept(&mut tx, tenant, InvitationId(row.id), id, now).await? {
            return Err(PeopleError::InvalidInvitation);
        }
        let joined = users::insert_member(&mut tx, tenant, id, role.min(Role::Admin).as_str(), now).await?;
        let becomes_owner = role == Role::Owner && !user.is_owner;
        if becomes_owner {
            users::set_owner(&mut tx, id, true).await?;
            store::delete_owners(&mut tx).await?;
        } else if !joined {
            return Err(PeopleError::AlreadyMember);
        }
        let actor = Actor {
            tenant,
            role,
            who: Who::User(id),
            name: user.email.as_str().into(),
            from: visitor.address,
            request: None,
        };
        let told = Change::new("invitation.accept").id(row.id).made(told(&row));
        audit::record(&mut tx, &self.clock, &actor, &told).await?;
        tx.commit().await?;
        tracing::info!(user = %id, %tenant, role = role.as_str(), "an invitation was accepted");
        let user = UserRow { is_owner: user.is_owner || becomes_owner, ..user };
        self.enter(&user, Way::Invitation, visitor).await
    }

    /// Who accepts, and whether they are new.
    async fn acceptor(
        &self,
        row: &InvitationRow,
        typed: Acceptance,
        signed_in: Option<UserId>,
        visitor: &Visitor,
    ) -> Result<(UserRow, bool), PeopleError> {
        let Some(password) = &typed.password else {
            let id = signed_in.ok_or(people::Malformed::ShortPassword)?;
            let user =
                users::get(&mut *self.db.work().await?, id).await?.ok_or(PeopleError::NotFound("user"))?;
            return match &row.email {
                Some(email) if *email != user.email => Err(PeopleError::OtherAddress),
                _ => Ok((user, false)),
            };
        };
        let email = match (&row.email, &typed.email) {
            (Some(email), None) => email.clone(),
            (invited, Some(typed)) => {
                let typed = people::email(typed)?;
                if invited.as_ref().is_some_and(|invited| *invited != typed) {
                    return Err(PeopleError::OtherAddress);
                }
                typed
            }
            (None, None) => return Err(people::Malformed::Email.into()),
        };
        if users::by_email(&mut *self.db.work().await?, &email).await?.is_some() {
            let user = self.recognise(&email, password, typed.code.as_deref(), visitor).await?;
            return Ok((user, false));
        }
        people::check_password(password.expose_secret(), &email)?;
        let display_name = people::display_name(typed.display_name.as_deref().unwrap_or_default())?;
        let user = UserRow {
            id: self.clock.new_id(),
            email,
            display_name,
            is_owner: false,
            password_hash: Some(self.passwords.hash(password).await?),
            totp_secret: None,
            has_totp: false,
            is_managed: false,
            created_at: self.clock.now(),
        };
        Ok((user, true))
    }

    /// What the link of a `connect` invitation allows.
    pub async fn connect_pass(&self, token: &str) -> Result<ConnectPass, PeopleError> {
        let row = store::by_digest(&mut *self.db.work().await?, &digest(token)).await?;
        let row = row.ok_or(PeopleError::InvalidInvitation)?;
        let now = self.clock.now();
        let open = match row.accepted_at {
            None => invitation::is_open(row.expires_at, None, now),
            Some(at) => now < at + AFTERWARDS,
        };
        match offer_of(&row) {
            Offer::Connect { provider } if open => Ok(ConnectPass {
                id: InvitationId(row.id),
                tenant: TenantId(row.tenant_id),
                provider,
                used: row.accepted_at.is_some(),
            }),
            Offer::Connect { .. } | Offer::Member { .. } | Offer::Owner => {
                Err(PeopleError::InvalidInvitation)
            }
        }
    }

    /// Notes a sign-in that was begun with the link: when that one completes, the link is used up.
    pub async fn began_with(&self, pass: &ConnectPass, login: LoginId) -> Result<(), PeopleError> {
        let mut tx = self.db.tenant(pass.tenant).await?;
        store::add_login(&mut tx, pass.tenant, pass.id, login).await?;
        tx.commit().await?;
        Ok(())
    }
}
