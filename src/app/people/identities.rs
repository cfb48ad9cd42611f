//! Who people are at issuers of OpenID Connect: who comes in as whom, with which role, and what is linked to an account.

use super::oidc::Begun;
use super::sign_in::Opened;
use super::{People, PeopleError, Visitor, places_of, user_of};
use crate::app::audit::{self, Change};
use crate::config::OidcIssuer;
use crate::domain::access::{Actor, Role, Who};
use crate::domain::ids::{BrowserSessionId, IdentityId, MASTER_TENANT, TenantId, UserId};
use crate::domain::people;
use crate::domain::people::oidc::{After, Before, Claims, Refused, in_the_log, role_of, settle};
use crate::domain::people::session::Way;
use crate::store::browser_sessions;
use crate::store::identities::{self, IdentityRow};
use crate::store::users::{self, UserRow};
use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde_json::json;
use sqlx::PgConnection;

/// Who somebody is at an issuer, for themselves.
#[derive(Clone, Debug)]
pub struct Identity {
    pub id: IdentityId,
    /// Its name in the settings; `None`: it is not there any more.
    pub issuer_name: Option<String>,
    /// For people.
    pub label: String,
    /// The address that the issuer knows them by.
    pub email: Option<String>,
    pub created_at: DateTime<Utc>,
    pub last_used_at: Option<DateTime<Utc>>,
}

/// An issuer, and the tenant whose roles it gives.
struct Place<'a> {
    issuer: &'a OidcIssuer,
    tenant: TenantId,
}

impl People {
    /// One's own identities, in the order in which they came.
    pub async fn identities(&self, actor: &Actor) -> Result<Vec<Identity>, PeopleError> {
        let id = user_of(actor)?;
        let rows = identities::list(&mut *self.db.work().await?, id).await?;
        let config = self.config.load();
        let shown = |row: IdentityRow| {
            let issuer = config.access.oidc.iter().find(|issuer| issuer.issuer == row.issuer);
            Identity {
                id: IdentityId(row.id),
                issuer_name: issuer.map(|issuer| issuer.name.clone()),
                label: issuer.map_or(row.issuer, |issuer| issuer.label().to_owned()),
                email: row.email,
                created_at: row.created_at,
                last_used_at: row.last_used_at,
            }
        };
        Ok(rows.into_iter().map(shown).collect())
    }

    /// Begins to link who somebody is at an issuer to their account: for good another way in, so they show that it is
    /// them, if they have a password.
    pub async fn begin_link(
        &self,
        actor: &Actor,
        session: Option<BrowserSessionId>,
        issuer_name: &str,
        password: Option<&SecretString>,
        address: &str,
        visitor: &Visitor,
    ) -> Result<Begun, PeopleError> {
        let user = self.user(actor).await?;
        let session = session.ok_or(PeopleError::NotAPerson)?;
        if user.password_hash.is_some() {
            self.prove_password(&user, password, visitor).await?;
        }
        self.begin_oidc(issuer_name, address, "/account", Some(session), visitor).await
    }

    /// Links an identity to the account of who began this in their session.
    pub(super) async fn link(
        &self,
        issuer: &OidcIssuer,
        claims: &Claims,
        session: BrowserSessionId,
        visitor: &Visitor,
    ) -> Result<(), PeopleError> {
        let now = self.clock.now();
        let mut tx = self.db.begin_work().await?;
        let id = browser_sessions::user_of(&mut tx, session, now).await?.ok_or(Refused::Expired)?;
        let known = identities::lock(&mut tx, &issuer.issuer, &claims.subject).await?;
        if let Some(known) = known {
            return if known.user_id == id.0 { Ok(()) } else { Err(Refused::IdentityTaken.into()) };
        }
        let user = users::get(&mut tx, id).await?.ok_or(Refused::Expired)?;
        let places = places_of(&mut tx, &user).await?;
        let here = places.first().ok_or(PeopleError::NoAccess)?;
        identities::insert(&mut tx, &self.identity(issuer, claims, id, None)).await?;
        let actor = acting(&user, here.tenant, here.role, visitor);
        let told = Change::new("user.link").on(user.id, &user.email).made(shown(issuer, claims));
        audit::record(&mut tx, &self.clock, &actor, &told).await?;
        Ok(tx.commit().await?)
    }

    /// Takes one of one's own identities away, unless nothing else signs one in.
    pub async fn unlink(&self, actor: &Actor, id: IdentityId) -> Result<(), PeopleError> {
        let user = self.user(actor).await?;
        let mut tx = self.db.begin_work().await?;
        let all = identities::lock_all(&mut tx, UserId(user.id)).await?;
        let row = all.iter().find(|row| row.id == id.0).ok_or(PeopleError::NotFound("identity"))?;
        if all.len() == 1 && user.password_hash.is_none() {
            return Err(Refused::LastWay.into());
        }
        identities::delete(&mut tx, UserId(user.id), id).await?;
        let told = json!({ "issuer": row.issuer, "email": row.email });
        let told = Change::new("user.unlink").on(user.id, &user.email).removed(told);
        audit::record(&mut tx, &self.clock, actor, &told).await?;
        Ok(tx.commit().await?)
    }

    /// Somebody for whom an issuer vouches comes in, with the roles that their groups give now.
    pub(super) async fn enter_as(
        &self,
        issuer: &OidcIssuer,
        claims: &Claims,
        visitor: &Visitor,
    ) -> Result<Opened, PeopleError> {
        let groups = claims.groups.as_deref().unwrap_or_default();
        let mapped = role_of(groups, &issuer.roles, issuer.default_role);
        let mut tx = self.db.begin_work().await?;
        let at = Place { issuer, tenant: self.tenant_of(issuer)? };
        let owners = users::lock_owners(&mut tx).await?;
        let user = match identities::lock(&mut tx, &issuer.issuer, &claims.subject).await? {
            Some(row) => {
                let now = self.clock.now();
                identities::used(&mut tx, IdentityId(row.id), claims.email.as_deref(), now).await?;
                users::get(&mut tx, UserId(row.user_id)).await?.ok_or(PeopleError::NoAccess)?
            }
            None => self.newcomer(&mut tx, &at, claims, mapped.ok_or(Refused::NoRole)?, visitor).await?,
        };
        let id = UserId(user.id);
        let before = identities::standing(&mut tx, at.tenant, id, &issuer.issuer).await?;
        let before = Before { is_last_owner: owners == [id], ..before };
        let after = settle(before, mapped);
        if after.owner && mapped != Some(Role::Owner) && before.is_last_owner {
            tracing::warn!(user = %id, issuer = issuer.name, "the last owner stays one without a group for it");
        }
        self.apply(&mut tx, &at, &user, before, after, visitor).await?;
        let user = users::get(&mut tx, id).await?.ok_or(PeopleError::NoAccess)?;
        let shut_out = places_of(&mut tx, &user).await?.is_empty();
        if shut_out {
            users::delete_if_nowhere(&mut tx, id).await?;
        }
        // Also when they don't come in: what their groups gave is gone.
        tx.commit().await?;
        if shut_out {
            return Err(if before.disabled { Refused::Disabled } else { Refused::NoRole }.into());
        }
        self.enter(&user, Way::Oidc, visitor).await
    }

    /// The tenant whose roles the issuer gives.
    pub(super) fn tenant_of(&self, issuer: &OidcIssuer) -> Result<TenantId, PeopleError> {
        let Some(slug) = &issuer.tenant else { return Ok(MASTER_TENANT) };
        let catalogue = self.catalogues.current();
        let found = catalogue.tenant_of_slug(slug);
        if found.is_none() {
            tracing::error!(
                issuer = issuer.name,
                tenant = slug,
                "access.oidc names a tenant that does not exist"
            );
        }
        Ok(found.ok_or(Refused::UnknownIssuer)?.id)
    }

    fn identity(
        &self,
        issuer: &OidcIssuer,
        claims: &Claims,
        user: UserId,
        last_used_at: Option<DateTime<Utc>>,
    ) -> IdentityRow {
        IdentityRow {
            id: self.clock.new_id(),
            user_id: user.0,
            issuer: issuer.issuer.clone(),
            subject: claims.subject.clone(),
            email: claims.email.clone(),
            created_at: self.clock.now(),
            last_used_at,
        }
    }

    /// Makes an account for who comes for the first time. An address that somebody has here already is not theirs to take.
    async fn newcomer(
        &self,
        tx: &mut PgConnection,
        at: &Place<'_>,
        claims: &Claims,
        role: Role,
        visitor: &Visitor,
    ) -> Result<UserRow, PeopleError> {
        let email = claims.email.as_deref().filter(|_| claims.email_verified).ok_or(Refused::Unverified)?;
        let email = people::email(email).map_err(|_| Refused::Unverified)?;
        if users::by_email(tx, &email).await?.is_some() {
            return Err(Refused::EmailTaken.into());
        }
        let user = UserRow {
            id: self.clock.new_id(),
            email,
            display_name: claims.name.as_deref().and_then(|name| people::display_name(name).ok()).flatten(),
            is_owner: false,
            password_hash: None,
            totp_secret: None,
            has_totp: false,
            is_managed: true,
            created_at: self.clock.now(),
        };
        users::insert(tx, &user).await?;
        let identity = self.identity(at.issuer, claims, UserId(user.id), Some(user.created_at));
        identities::insert(tx, &identity).await?;
        let told = Change::new("user.create").on(user.id, &user.email).made(shown(at.issuer, claims));
        audit::record(tx, &self.clock, &acting(&user, at.tenant, role, visitor), &told).await?;
        Ok(user)
    }

    /// Writes what becomes of somebody's roles, and that it did.
    async fn apply(
        &self,
        tx: &mut PgConnection,
        at: &Place<'_>,
        user: &UserRow,
        before: Before,
        after: After,
        visitor: &Visitor,
    ) -> Result<(), PeopleError> {
        let (id, issuer) = (UserId(user.id), at.issuer);
        match (before.owner.is_some(), after.owner) {
            (false, true) => identities::give_owner(tx, id, &issuer.issuer).await?,
            (true, false) => users::set_owner(tx, id, false).await?,
            (true, true) | (false, false) => {}
        }
        let had = before.member.map(|(role, _)| role);
        match after.member {
            Some(role) if had != Some(role) => {
                let now = self.clock.now();
                identities::give_role(tx, at.tenant, id, role, &issuer.issuer, now).await?;
            }
            None if had.is_some() => {
                users::delete_member(tx, at.tenant, id).await?;
            }
            Some(_) | None => {}
        }
        let role = |owner: bool, member: Option<Role>| if owner { Some(Role::Owner) } else { member };
        let (was, is) = (role(before.owner.is_some(), had), role(after.owner, after.member));
        if was == is {
            return Ok(());
        }
        let named = |role: Option<Role>| json!({ "role": role.map(Role::as_str) });
        let told = match is {
            Some(_) => Change::new("user.update").between(&named(was), &named(is)),
            None => Change::new("user.remove").removed(named(was)),
        };
        // Nobody here decided it.
        let actor = Actor {
            name: in_the_log(&issuer.name).into(),
            from: visitor.address,
            ..Actor::gateway(at.tenant)
        };
        audit::record(tx, &self.clock, &actor, &told.on(user.id, &user.email)).await?;
        tracing::info!(user = %id, issuer = issuer.name, ?was, ?is, "groups changed a role");
        Ok(())
    }
}

/// As the audit log keeps it.
fn shown(issuer: &OidcIssuer, claims: &Claims) -> serde_json::Value {
    json!({ "issuer": issuer.issuer, "email": claims.email, "display_name": claims.name })
}

/// Somebody who is just coming in.
fn acting(user: &UserRow, tenant: TenantId, role: Role, visitor: &Visitor) -> Actor {
    Actor {
        tenant,
        role,
        who: Who::User(UserId(user.id)),
        name: user.email.as_str().into(),
        from: visitor.address,
        request: None,
    }
}
