//! People: how they sign in and stay so, what they change about themselves, whom a tenant invites and what becomes of its
//! members.
//!
//! A person is one for the whole installation, so who they are is the gateway's own work; which of them a tenant sees and
//! changes goes through that tenant's wall, but for what only an owner may do.

mod account;
mod attempts;
mod failures;
mod identities;
mod invitations;
mod members;
mod oidc;
mod passwords;
mod sessions;
mod sign_in;

pub use account::TotpSetup;
pub use identities::Identity;
pub use invitations::{Acceptance, ConnectPass, Invite, Invited, Offered, invite_owner};
pub use members::{Change, Member};
pub use oidc::{Back, Begun, Returned};
pub use sessions::{NewCookie, SignedIn};
pub use sign_in::{Opened, SignIn};

use crate::app::access::digest;
use crate::app::catalogue::Catalogues;
use crate::app::clock::Clock;
use crate::app::vault::{Vault, VaultError};
use crate::config::Config;
use crate::domain::access::{Actor, Role, Who};
use crate::domain::catalogue::TenantName;
use crate::domain::ids::{MASTER_TENANT, TenantId, UserId};
use crate::domain::people::oidc::Refused;
use crate::domain::people::{Malformed, Place, attempts as counting, invitation, member};
use crate::store;
use crate::store::browser_sessions::Holder;
use crate::store::db::Db;
use crate::store::users::{self, PlaceRow, UserRow};
use crate::upstream::oidc::Issuers;
use arc_swap::ArcSwap;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use passwords::Passwords;
use secrecy::SecretString;
use std::net::IpAddr;
use std::sync::Arc;

/// How long an address is remembered from which a person came.
const ADDRESSES: TimeDelta = TimeDelta::days(90);
/// How long an invitation is kept that can't be used any more.
const INVITATIONS: TimeDelta = TimeDelta::days(30);

/// Everything that people need.
pub struct PeopleParts {
    pub db: Db,
    pub vault: Vault,
    pub clock: Clock,
    pub config: Arc<ArcSwap<Config>>,
    pub catalogues: Arc<Catalogues>,
    pub issuers: Issuers,
    /// Tells the sessions that were opened with the present token from those of an earlier one.
    pub token_mark: [u8; 32],
}

/// The use cases.
pub struct People {
    db: Db,
    vault: Vault,
    clock: Clock,
    config: Arc<ArcSwap<Config>>,
    catalogues: Arc<Catalogues>,
    issuers: Issuers,
    token_mark: [u8; 32],
    passwords: Passwords,
}

/// Who comes, as far as it can be seen.
#[derive(Clone, Debug, Default)]
pub struct Visitor {
    pub address: Option<IpAddr>,
    /// What the browser calls itself.
    pub agent: Option<String>,
}

impl Visitor {
    /// What counts as one address.
    fn address_key(&self) -> String {
        counting::address_key(self.address)
    }
}

/// A person, without what signs them in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub id: UserId,
    pub email: String,
    pub display_name: Option<String>,
    pub is_owner: bool,
    pub has_totp: bool,
    pub has_password: bool,
    /// A role of theirs is an issuer's to give and to take: they come in by it, and get no password.
    pub is_managed: bool,
}

impl From<&UserRow> for Person {
    fn from(row: &UserRow) -> Self {
        Self {
            id: UserId(row.id),
            email: row.email.clone(),
            display_name: row.display_name.clone(),
            is_owner: row.is_owner,
            has_totp: row.has_totp,
            has_password: row.password_hash.is_some(),
            is_managed: row.is_managed,
        }
    }
}

/// Why it was not done. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum PeopleError {
    #[error("the e-mail address, the password or the code is wrong")]
    InvalidCredentials,
    #[error("this account needs a code of its authenticator app, or a recovery code")]
    TotpRequired,
    #[error("too many failed attempts; try again in {0} seconds")]
    TooManyAttempts(u64),
    #[error("too many people sign in at once; try again in a moment")]
    Busy,
    #[error("this account may not use any tenant")]
    NoAccess,
    #[error("the present password is wrong")]
    WrongPassword,
    #[error("the code is wrong or was used before")]
    WrongCode,
    #[error("this is for people; you came with the gateway's token or with a key")]
    NotAPerson,
    #[error("one-time codes are in force already; switch them off first")]
    TotpActive,
    #[error("there are no one-time codes; begin with them first")]
    NoTotp,
    #[error("{0} not found")]
    NotFound(&'static str),
    #[error("this invitation is unknown, was used, or has expired")]
    InvalidInvitation,
    #[error("this invitation is for another e-mail address")]
    OtherAddress,
    #[error("they are a member already")]
    AlreadyMember,
    #[error(transparent)]
    Malformed(#[from] Malformed),
    #[error(transparent)]
    Invitation(#[from] invitation::Refused),
    #[error(transparent)]
    Member(#[from] member::Refused),
    #[error(transparent)]
    Oidc(#[from] Refused),
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
    #[error("a secret can't be opened")]
    Vault(#[from] VaultError),
    #[error("a password can't be hashed: {0}")]
    Hashing(String),
}

/// A secret that is worth as much as a password: 256 random bits.
fn random_secret(prefix: &str) -> SecretString {
    format!("{prefix}{}", URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())).into()
}

/// A role of a membership. The column's check leaves no others; a role that is not known may the least.
fn role_named(name: &str) -> Role {
    Role::named(name).unwrap_or(Role::Viewer)
}

fn place(row: PlaceRow) -> Place {
    let role = row.role.as_deref().map_or(Role::Owner, role_named);
    Place { tenant: TenantId(row.id), slug: row.slug, name: row.name, role }
}

fn place_in(tenant: &TenantName, role: Role) -> Place {
    Place { tenant: tenant.id, slug: tenant.slug.clone(), name: tenant.name.clone(), role }
}

impl People {
    pub fn new(parts: PeopleParts) -> Self {
        let PeopleParts { db, vault, clock, config, catalogues, issuers, token_mark } = parts;
        Self { db, vault, clock, config, catalogues, issuers, token_mark, passwords: Passwords::new() }
    }

    /// How many passwords were looked at since the start, right or wrong, of people who exist or not.
    pub fn passwords_checked(&self) -> u64 {
        self.passwords.checked()
    }

    /// Whether the installation has an owner who is a person.
    pub async fn has_owner(&self) -> Result<bool, PeopleError> {
        Ok(users::has_owner(&mut *self.db.work().await?).await?)
    }

    /// The tenants that somebody may touch, and as what; the first is theirs when they ask for none. A program that names
    /// its tenant with every request costs no look into the database.
    pub async fn places(&self, actor: &Actor) -> Result<Vec<Place>, PeopleError> {
        Ok(match actor.who {
            Who::Token | Who::Gateway => self.all_places(),
            Who::Key(_) => {
                let catalogue = self.catalogues.current();
                catalogue.tenant_name(actor.tenant).map(|own| place_in(own, actor.role)).into_iter().collect()
            }
            Who::User(id) => {
                let mut db = self.db.work().await?;
                match users::get(&mut db, id).await? {
                    Some(user) => places_of(&mut db, &user).await?,
                    None => Vec::new(),
                }
            }
        })
    }

    /// Every tenant, for whoever has the gateway's token.
    fn all_places(&self) -> Vec<Place> {
        let catalogue = self.catalogues.current();
        let mut all: Vec<&TenantName> = catalogue.tenants().iter().collect();
        all.sort_by_key(|tenant| (tenant.id != MASTER_TENANT, tenant.created_at, tenant.id));
        all.into_iter().map(|tenant| place_in(tenant, Role::Owner)).collect()
    }

    /// The person that somebody is, if they are one.
    pub async fn person(&self, actor: &Actor) -> Result<Option<Person>, PeopleError> {
        let Who::User(id) = actor.who else { return Ok(None) };
        Ok(users::get(&mut *self.db.work().await?, id).await?.as_ref().map(Person::from))
    }

    /// One background pass: forgets what is over. How many rows went.
    pub async fn prune(&self) -> sqlx::Result<u64> {
        let now = self.clock.now();
        let idle_since = now - self.lifetime().idle;
        let mut db = self.db.work().await?;
        Ok(store::browser_sessions::prune(&mut db, idle_since, now).await?
            + store::identities::prune(&mut db, now).await?
            + store::invitations::prune(&mut db, now - INVITATIONS).await?
            + users::prune(&mut db, now, now - ADDRESSES).await?)
    }

    /// Whose sessions they see and end.
    fn holder(&self, actor: &Actor) -> Result<Holder, PeopleError> {
        match actor.who {
            Who::User(id) => Ok(Holder::User(id)),
            Who::Token => Ok(Holder::Token(self.token_mark)),
            Who::Key(_) | Who::Gateway => Err(PeopleError::NotAPerson),
        }
    }
}

/// The tenants of a person: an owner's are all.
async fn places_of(db: &mut sqlx::PgConnection, user: &UserRow) -> sqlx::Result<Vec<Place>> {
    let rows =
        if user.is_owner { users::all_places(db).await? } else { users::places(db, UserId(user.id)).await? };
    Ok(rows.into_iter().map(place).collect())
}

/// Who they are, without which nothing of an account can be changed.
fn user_of(actor: &Actor) -> Result<UserId, PeopleError> {
    match actor.who {
        Who::User(id) => Ok(id),
        Who::Token | Who::Key(_) | Who::Gateway => Err(PeopleError::NotAPerson),
    }
}

/// Whole seconds until then, at least one.
fn seconds_until(then: DateTime<Utc>, now: DateTime<Utc>) -> u64 {
    u64::try_from((then - now).num_seconds()).unwrap_or(0).max(1)
}
