//! Pools: written with their owner, in its transaction.
//!
//! The owner and everyone whom the write names are locked, in the order of their ids, before the rules are looked at;
//! whoever joins or leaves a pool with one of them in the meantime waits. The constraints of the tables say the same
//! once more: what they refuse is judged anew ([`crate::store::pools::broken_rule`]).

use crate::domain::ids::{ProviderId, TenantId};
use crate::domain::pool::config::{PoolChange, PoolSettings, PoolSettingsError};
use crate::domain::pool::validate::{Account, Place, PoolViolation, PoolWrite, validate};
use crate::store::pools::{self, Seat};
use crate::store::providers::ProviderRow;
use chrono::{DateTime, Utc};
use sqlx::PgConnection;

/// Why a pool was not written.
#[derive(Debug, thiserror::Error)]
pub enum PoolError {
    #[error(transparent)]
    Settings(#[from] PoolSettingsError),
    /// All of them, never none.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Rules(Vec<PoolViolation>),
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
}

/// Writes what `owner` says of its pool. `locked` are the rows that this transaction holds: the owner and all whom
/// `change` names.
pub(super) async fn write(
    tx: &mut PgConnection,
    tenant: TenantId,
    owner: &ProviderRow,
    change: PoolChange,
    locked: &[ProviderRow],
    now: DateTime<Utc>,
) -> Result<(), PoolError> {
    let before = match pools::get(tx, tenant, owner.id).await? {
        Some(pool) => Some(PoolSettings {
            strategy: pool.strategy,
            affinity: pool.affinity,
            extra_provider_names: pools::member_names(tx, tenant, owner.id).await?,
            primary_provider_name: pools::primary_name(tx, tenant, owner.id).await?,
        }),
        None => None,
    };
    let after = change.over(&owner.name, before.clone());
    if before.as_ref() == Some(&after) {
        return Ok(());
    }
    let members = before.as_ref().map(|pool| pool.extra_provider_names.as_slice());
    let primary = after.primary_provider_name.as_deref();
    let write =
        PoolWrite { owner: &owner.name, before: members, after: &after.extra_provider_names, primary };
    let broken = validate(&accounts(tx, tenant, locked).await?, write);
    if !broken.is_empty() {
        return Err(PoolError::Rules(broken));
    }
    let changed = members != Some(&after.extra_provider_names);
    let joining = if changed { ids(owner, &after.extra_provider_names, locked)? } else { Vec::new() };
    pools::dissolve_empty(tx, tenant, &joining).await?;
    pools::put(tx, tenant, owner.id, after.strategy, after.affinity, now).await?;
    if changed {
        pools::set_members(tx, tenant, owner.id, &joining).await?;
    }
    pools::set_primary(tx, tenant, owner.id, primary).await?;
    Ok(())
}

/// The locked providers, as the rules see them.
async fn accounts(
    tx: &mut PgConnection,
    tenant: TenantId,
    locked: &[ProviderRow],
) -> Result<Vec<Account>, sqlx::Error> {
    let ids: Vec<ProviderId> = locked.iter().map(|row| row.id).collect();
    let seats = pools::seats(tx, tenant, &ids).await?;
    let account = |row: &ProviderRow| Account {
        name: row.name.clone(),
        provider_type: row.provider_type.clone(),
        place: seats.iter().find(|seat| seat.provider_id == row.id).map(place).unwrap_or_default(),
    };
    Ok(locked.iter().map(account).collect())
}

fn place(seat: &Seat) -> Place {
    if seat.owner_id != seat.provider_id {
        return Place::MemberOf(seat.owner_name.clone());
    }
    if seat.has_members { Place::Owner } else { Place::Free }
}

fn ids(owner: &ProviderRow, names: &[String], locked: &[ProviderRow]) -> Result<Vec<ProviderId>, PoolError> {
    let (mut ids, mut unknown) = (Vec::with_capacity(names.len()), Vec::new());
    for name in names {
        match locked.iter().find(|row| row.name == *name) {
            Some(row) => ids.push(row.id),
            // A member from before that got this name after the rows were locked.
            None => {
                unknown
                    .push(PoolViolation::UnknownMember { owner: owner.name.clone(), member: name.clone() });
            }
        }
    }
    if unknown.is_empty() { Ok(ids) } else { Err(PoolError::Rules(unknown)) }
}
