//! Pools: which accounts an owner has, in which order. Membership is by id.

use crate::domain::ids::{ProviderId, TenantId};
use crate::domain::pool::config::{Affinity, PoolConfig, Strategy};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use std::collections::HashMap;
use uuid::Uuid;

/// Where an account stands.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Seat {
    #[sqlx(try_from = "Uuid")]
    pub provider_id: ProviderId,
    #[sqlx(try_from = "Uuid")]
    pub owner_id: ProviderId,
    pub owner_name: String,
    /// Whether that pool has any member besides its owner.
    pub has_members: bool,
}

#[derive(sqlx::FromRow)]
struct PoolRow {
    owner_id: Uuid,
    strategy: String,
    affinity: String,
    members: Vec<Uuid>,
    primary_id: Option<Uuid>,
}

impl PoolRow {
    /// What a newer version wrote and this one does not know is the default.
    fn config(self) -> PoolConfig {
        PoolConfig {
            strategy: Strategy::named(&self.strategy).unwrap_or_default(),
            affinity: Affinity::named(&self.affinity).unwrap_or_default(),
            // Who left the pool is not its primary account.
            primary: self.primary_id.filter(|id| self.members.contains(id)).map(ProviderId),
            members: self.members.into_iter().map(ProviderId).collect(),
        }
    }
}

/// The pools of all tenants by their owners, for the catalogue.
pub async fn list_all(db: &mut PgConnection) -> sqlx::Result<HashMap<ProviderId, PoolConfig>> {
    let rows: Vec<PoolRow> = sqlx::query_as(
        "select p.owner_id, p.strategy, p.affinity, p.primary_id,
             array(select a.provider_id from pool_accounts a
                   where a.owner_id = p.owner_id and a.position > 0 order by a.position) as members
         from pools p",
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (ProviderId(row.owner_id), row.config())).collect())
}

/// An owner's pool.
pub async fn get(
    db: &mut PgConnection,
    tenant: TenantId,
    owner: ProviderId,
) -> sqlx::Result<Option<PoolConfig>> {
    let row: Option<PoolRow> = sqlx::query_as(
        "select p.owner_id, p.strategy, p.affinity, p.primary_id,
             array(select a.provider_id from pool_accounts a
                   where a.owner_id = p.owner_id and a.position > 0 order by a.position) as members
         from pools p where p.tenant_id = $1 and p.owner_id = $2",
    )
    .bind(tenant.0)
    .bind(owner.0)
    .fetch_optional(db)
    .await?;
    Ok(row.map(PoolRow::config))
}

/// The names of an owner's members, in order; empty without a pool.
pub async fn member_names(
    db: &mut PgConnection,
    tenant: TenantId,
    owner: ProviderId,
) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar(
        "select p.name from pool_accounts a join providers p on p.id = a.provider_id
         where a.tenant_id = $1 and a.owner_id = $2 and a.position > 0 order by a.position",
    )
    .bind(tenant.0)
    .bind(owner.0)
    .fetch_all(db)
    .await
}

/// The name of the member that an owner's pool asks first where there is an order; `None`: the owner.
pub async fn primary_name(
    db: &mut PgConnection,
    tenant: TenantId,
    owner: ProviderId,
) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar(
        "select m.name from pools p
             join pool_accounts a on a.owner_id = p.owner_id and a.provider_id = p.primary_id and a.position > 0
             join providers m on m.id = a.provider_id
         where p.tenant_id = $1 and p.owner_id = $2",
    )
    .bind(tenant.0)
    .bind(owner.0)
    .fetch_optional(db)
    .await
}

/// Makes a member of an owner's pool the one that is asked first; `None`: the owner.
pub async fn set_primary(
    db: &mut PgConnection,
    tenant: TenantId,
    owner: ProviderId,
    member: Option<&str>,
) -> sqlx::Result<()> {
    sqlx::query(
        "update pools p set primary_id = (
             select a.provider_id from pool_accounts a join providers m on m.id = a.provider_id
             where a.owner_id = p.owner_id and a.position > 0 and m.name = $3)
         where p.tenant_id = $1 and p.owner_id = $2",
    )
    .bind(tenant.0)
    .bind(owner.0)
    .bind(member)
    .execute(db)
    .await?;
    Ok(())
}

/// Where these accounts stand; those without a pool have no seat.
pub async fn seats(
    db: &mut PgConnection,
    tenant: TenantId,
    providers: &[ProviderId],
) -> sqlx::Result<Vec<Seat>> {
    sqlx::query_as(
        "select a.provider_id, a.owner_id, o.name as owner_name,
             exists (select from pool_accounts m where m.owner_id = a.owner_id and m.position > 0) as has_members
         from pool_accounts a join providers o on o.id = a.owner_id
         where a.tenant_id = $1 and a.provider_id = any($2)",
    )
    .bind(tenant.0)
    .bind(uuids(providers))
    .fetch_all(db)
    .await
}

/// Makes the pool or changes how it is used; the members stay. The owner takes its own seat.
///
/// A rule that another writer broke in the same moment is a [`broken_rule`].
pub async fn put(
    db: &mut PgConnection,
    tenant: TenantId,
    owner: ProviderId,
    strategy: Strategy,
    affinity: Affinity,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query(
        "insert into pools (owner_id, tenant_id, strategy, affinity, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $5)
         on conflict (owner_id) do update
             set strategy = excluded.strategy, affinity = excluded.affinity, updated_at = excluded.updated_at",
    )
    .bind(owner.0)
    .bind(tenant.0)
    .bind(strategy.as_str())
    .bind(affinity.as_str())
    .bind(now)
    .execute(&mut *db)
    .await?;
    sqlx::query(
        "insert into pool_accounts (provider_id, owner_id, tenant_id, position) values ($1, $1, $2, 0)
         on conflict (owner_id, position) do nothing",
    )
    .bind(owner.0)
    .bind(tenant.0)
    .execute(db)
    .await?;
    Ok(())
}

/// Replaces the members of a pool that is there.
///
/// A rule that another writer broke in the same moment is a [`broken_rule`].
pub async fn set_members(
    db: &mut PgConnection,
    tenant: TenantId,
    owner: ProviderId,
    members: &[ProviderId],
) -> sqlx::Result<()> {
    sqlx::query("delete from pool_accounts where tenant_id = $1 and owner_id = $2 and position > 0")
        .bind(tenant.0)
        .bind(owner.0)
        .execute(&mut *db)
        .await?;
    sqlx::query(
        "insert into pool_accounts (provider_id, owner_id, tenant_id, position)
         select member, $2, $1, place from unnest($3::uuid[]) with ordinality as it (member, place)",
    )
    .bind(tenant.0)
    .bind(owner.0)
    .bind(uuids(members))
    .execute(db)
    .await?;
    Ok(())
}

/// Ends a pool: its accounts are free again. Whether there was one.
pub async fn dissolve(db: &mut PgConnection, tenant: TenantId, owner: ProviderId) -> sqlx::Result<bool> {
    let done = sqlx::query("delete from pools where tenant_id = $1 and owner_id = $2")
        .bind(tenant.0)
        .bind(owner.0)
        .execute(db)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends the pools of these owners that have no member: who joins another pool loses nothing by it.
pub async fn dissolve_empty(
    db: &mut PgConnection,
    tenant: TenantId,
    owners: &[ProviderId],
) -> sqlx::Result<()> {
    sqlx::query(
        "delete from pools p where p.tenant_id = $1 and p.owner_id = any($2)
             and not exists (select from pool_accounts a where a.owner_id = p.owner_id and a.position > 0)",
    )
    .bind(tenant.0)
    .bind(uuids(owners))
    .execute(db)
    .await?;
    Ok(())
}

/// Takes a member out of the pool that it is in. Whether it was in one.
pub async fn leave(db: &mut PgConnection, tenant: TenantId, member: ProviderId) -> sqlx::Result<bool> {
    let done =
        sqlx::query("delete from pool_accounts where tenant_id = $1 and provider_id = $2 and position > 0")
            .bind(tenant.0)
            .bind(member.0)
            .execute(&mut *db)
            .await?;
    // Should it come back, it comes back as a member like any other.
    sqlx::query("update pools set primary_id = null where tenant_id = $1 and primary_id = $2")
        .bind(tenant.0)
        .bind(member.0)
        .execute(db)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Whether a write was refused because another one changed a pool, or who can be in it, in the same moment.
pub fn broken_rule(error: &sqlx::Error) -> bool {
    let Some(error) = error.as_database_error() else { return false };
    let ours = error.table().is_some_and(|table| matches!(table, "pools" | "pool_accounts"));
    ours && (error.is_unique_violation() || error.is_foreign_key_violation() || error.is_check_violation())
}

fn uuids(ids: &[ProviderId]) -> Vec<Uuid> {
    ids.iter().map(|id| id.0).collect()
}
