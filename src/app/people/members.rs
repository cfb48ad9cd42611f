//! The members of a tenant.

use super::{People, PeopleError, role_named};
use crate::app::audit;
use crate::domain::access::{Actor, Role};
use crate::domain::ids::{TenantId, UserId};
use crate::domain::people;
use crate::domain::people::member::{self, Standing, Wanted};
use crate::store::api_keys;
use crate::store::db::Tx;
use crate::store::users::{self, MemberRow};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

/// A member, as the tenant sees them.
#[derive(Clone, Debug)]
pub struct Member {
    pub id: UserId,
    pub email: String,
    pub display_name: Option<String>,
    /// An owner has that role everywhere.
    pub role: Role,
    pub disabled: bool,
    pub has_password: bool,
    pub has_totp: bool,
    pub last_seen_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
}

impl From<MemberRow> for Member {
    fn from(row: MemberRow) -> Self {
        Self {
            id: UserId(row.id),
            role: role_of(&row),
            email: row.email,
            display_name: row.display_name,
            disabled: row.disabled_at.is_some(),
            has_password: row.has_password,
            has_totp: row.has_totp,
            last_seen_at: row.last_seen_at,
            created_at: row.created_at,
        }
    }
}

/// As the audit log keeps it.
fn told(row: &MemberRow) -> Value {
    json!({
        "role": role_of(row).as_str(),
        "display_name": row.display_name,
        "disabled": row.disabled_at.is_some(),
    })
}

fn role_of(row: &MemberRow) -> Role {
    if row.is_owner { Role::Owner } else { role_named(&row.role) }
}

/// What is to change of a member. `None` leaves it.
#[derive(Clone, Debug, Default)]
pub struct Change {
    pub role: Option<Role>,
    pub disabled: Option<bool>,
    /// What this tenant calls them.
    pub display_name: Option<String>,
}

impl People {
    /// The tenant's members, in the order in which they came.
    pub async fn members(&self, tenant: TenantId) -> Result<Vec<Member>, PeopleError> {
        let rows = users::members(&mut *self.db.tenant(tenant).await?, tenant).await?;
        Ok(rows.into_iter().map(Member::from).collect())
    }

    /// Changes a member.
    pub async fn change_member(
        &self,
        actor: &Actor,
        id: UserId,
        change: Change,
    ) -> Result<Member, PeopleError> {
        let name = change.display_name.as_deref().map(people::display_name).transpose()?.flatten();
        let wanted = Wanted { role: change.role, disabled: change.disabled, removed: false };
        let (mut tx, mut row) = self.checked(actor, id, wanted).await?;
        let before = told(&row);
        if let Some(role) = change.role {
            if (role == Role::Owner) != row.is_owner {
                // Only an owner gets here, and their transaction is the gateway's.
                users::set_owner(&mut tx, id, role == Role::Owner).await?;
            }
            row.is_owner = role == Role::Owner;
            role.min(Role::Admin).as_str().clone_into(&mut row.role);
        }
        match change.disabled {
            Some(true) => row.disabled_at = row.disabled_at.or_else(|| Some(self.clock.now())),
            Some(false) => row.disabled_at = None,
            None => {}
        }
        if name.is_some() {
            row.display_name.clone_from(&name);
        }
        users::update_member(&mut tx, actor.tenant, &row, name.as_deref()).await?;
        let change = audit::Change::new("user.update").on(id, &row.email).between(&before, &told(&row));
        audit::record(&mut tx, &self.clock, actor, &change).await?;
        tx.commit().await?;
        Ok(row.into())
    }

    /// Ends a membership, and the keys that they made there. Who is nowhere a member any more is forgotten.
    pub async fn remove_member(&self, actor: &Actor, id: UserId) -> Result<(), PeopleError> {
        let wanted = Wanted { removed: true, ..Wanted::default() };
        let (mut tx, row) = self.checked(actor, id, wanted).await?;
        if row.is_owner {
            users::set_owner(&mut tx, id, false).await?;
        }
        users::delete_member(&mut tx, actor.tenant, id).await?;
        let change = audit::Change::new("user.remove").on(id, &row.email).removed(told(&row));
        audit::record(&mut tx, &self.clock, actor, &change).await?;
        let now = self.clock.now();
        for (key, name) in api_keys::revoke_of(&mut tx, actor.tenant, id.0, now).await? {
            let change = audit::Change::new("key.revoke").on(key, &name);
            let change = change.between(&json!({"revoked_at": null}), &json!({"revoked_at": now}));
            audit::record(&mut tx, &self.clock, actor, &change).await?;
        }
        tx.commit().await?;
        // A tenant does not know where else they are.
        users::delete_if_nowhere(&mut *self.db.work().await?, id).await?;
        Ok(())
    }

    /// The transaction in which somebody changes a member, whom they may change so. Only an owner changes who is an owner,
    /// which is nothing of one tenant.
    async fn checked(
        &self,
        actor: &Actor,
        id: UserId,
        wanted: Wanted,
    ) -> Result<(Tx, MemberRow), PeopleError> {
        let (mut tx, owners) = if actor.role == Role::Owner {
            let mut tx = self.db.begin_work().await?;
            let owners = users::lock_owners(&mut tx).await?;
            (tx, owners)
        } else {
            (self.db.tenant(actor.tenant).await?, Vec::new())
        };
        let row =
            users::lock_member(&mut tx, actor.tenant, id).await?.ok_or(PeopleError::NotFound("user"))?;
        let standing = Standing { role: role_of(&row), is_last_owner: owners == [id] };
        member::check(actor.role, standing, wanted)?;
        Ok((tx, row))
    }
}
