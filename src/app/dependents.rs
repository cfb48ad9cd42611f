//! Who depends on a provider, and what becomes of them when it is renamed or removed.
//!
//! Pools know their accounts by id. Agents know theirs by name: a rename is written into those of the database, in the
//! same transaction; those of the configuration file can't be changed from here and stand in its way.

use crate::domain::agent::ManagedBy;
use crate::domain::catalogue::TenantCatalogue;
use crate::domain::ids::TenantId;
use crate::domain::pool::effective::{forget_provider, names_provider, rename_provider};
use crate::store::agents::{self, AgentRow};
use crate::store::pools;
use crate::store::providers::ProviderRow;
use chrono::{DateTime, Utc};
use sqlx::PgConnection;

/// By name and key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dependents {
    /// The owners of the pools that it is in; itself, when it owns one that has members.
    pub pools: Vec<String>,
    pub agents: Vec<String>,
}

impl Dependents {
    pub fn is_empty(&self) -> bool {
        self.pools.is_empty() && self.agents.is_empty()
    }
}

/// The agents of the configuration file that name a provider.
pub(super) fn in_file(tenant: &TenantCatalogue, name: &str) -> Vec<String> {
    let agents = tenant.agents.iter().filter(|agent| agent.managed_by == ManagedBy::File);
    let naming = agents
        .filter(|agent| agent.provider.as_deref() == Some(name) || names_provider(&agent.other_config, name));
    naming.map(|agent| agent.key.clone()).collect()
}

/// Who depends on a locked provider, besides the configuration file, with the agents locked.
pub(super) async fn find(
    tx: &mut PgConnection,
    tenant: TenantId,
    row: &ProviderRow,
) -> sqlx::Result<(Dependents, Vec<AgentRow>)> {
    let seats = pools::seats(tx, tenant, &[row.id]).await?;
    let used = seats.into_iter().filter(|seat| seat.owner_id != row.id || seat.has_members);
    let pools = used.map(|seat| seat.owner_name).collect();
    let rows = agents::lock_naming(tx, tenant, &row.name).await?;
    let mut agents: Vec<String> = rows.iter().map(|agent| agent.agent_key.clone()).collect();
    agents.sort_unstable();
    Ok((Dependents { pools, agents }, rows))
}

/// Writes a provider's new name wherever agents of the database have the old one.
pub(super) async fn rename(
    tx: &mut PgConnection,
    tenant: TenantId,
    old: &str,
    new: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    for mut agent in agents::lock_naming(tx, tenant, old).await? {
        if agent.provider.as_deref() == Some(old) {
            agent.provider = Some(new.to_owned());
        }
        rename_provider(&mut agent.other_config, old, new);
        agent.updated_at = now;
        agents::update(tx, &agent).await?;
    }
    Ok(())
}

/// Frees a locked provider of all who depend on it: it leaves its pool, its own pool is dissolved, agents that name it
/// go to the default provider and, with it, back to that one's way of routing.
pub(super) async fn detach(
    tx: &mut PgConnection,
    tenant: TenantId,
    row: &ProviderRow,
    naming: Vec<AgentRow>,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    pools::leave(tx, tenant, row.id).await?;
    pools::dissolve(tx, tenant, row.id).await?;
    for mut agent in naming {
        if agent.provider.as_deref() == Some(row.name.as_str()) {
            agent.provider = None;
            agent.other_config.shift_remove("chatgpt_oauth_routing");
        } else {
            forget_provider(&mut agent.other_config, &row.name);
        }
        agent.updated_at = now;
        agents::update(tx, &agent).await?;
    }
    Ok(())
}
