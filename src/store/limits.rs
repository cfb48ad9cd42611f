//! The limits of keys: the rules, what was used of them, and what open requests hold.

use crate::domain::ids::TenantId;
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

/// A rule as stored.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct LimitRow {
    pub id: Uuid,
    pub key_id: Uuid,
    pub meter: String,
    pub period: Option<String>,
    pub amount: i64,
}

/// What is counted of a rule in one scope.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct UseRow {
    pub limit_id: Uuid,
    pub scope: Uuid,
    pub window_started_at: DateTime<Utc>,
    pub used: i64,
    pub reserved: i64,
}

/// Of every tenant.
pub async fn list_all(conn: &mut PgConnection) -> sqlx::Result<Vec<LimitRow>> {
    sqlx::query_as("select id, key_id, meter, period, amount from limits order by id").fetch_all(conn).await
}

/// A tenant's rules.
pub async fn list(conn: &mut PgConnection, tenant: TenantId) -> sqlx::Result<Vec<LimitRow>> {
    sqlx::query_as("select id, key_id, meter, period, amount from limits where tenant_id = $1 order by id")
        .bind(tenant.0)
        .fetch_all(conn)
        .await
}

/// What a tenant's rules count.
pub async fn uses(conn: &mut PgConnection, tenant: TenantId) -> sqlx::Result<Vec<UseRow>> {
    sqlx::query_as(
        "select u.limit_id, u.scope, u.window_started_at, u.used, coalesce((
             select sum(r.amount) from limit_reservations r where r.limit_id = u.limit_id and r.scope = u.scope
                 and r.window_started_at = u.window_started_at), 0)::bigint as reserved
         from limit_uses u where u.tenant_id = $1",
    )
    .bind(tenant.0)
    .fetch_all(conn)
    .await
}

/// Makes these the rules of a key. One that stays, by meter and window, keeps what it counts.
pub async fn replace(
    conn: &mut PgConnection,
    tenant: TenantId,
    key: Uuid,
    rules: &[LimitRow],
) -> sqlx::Result<()> {
    sqlx::query(
        "delete from limits l where l.tenant_id = $1 and l.key_id = $2 and not exists (
             select from unnest($3::text[], $4::text[]) as n (meter, period)
             where n.meter = l.meter and n.period is not distinct from l.period)",
    )
    .bind(tenant.0)
    .bind(key)
    .bind(rules.iter().map(|rule| rule.meter.as_str()).collect::<Vec<_>>())
    .bind(rules.iter().map(|rule| rule.period.as_deref()).collect::<Vec<_>>())
    .execute(&mut *conn)
    .await?;
    for rule in rules {
        sqlx::query(
            "insert into limits (id, tenant_id, key_id, meter, period, amount) values ($1, $2, $3, $4, $5, $6)
             on conflict (key_id, meter, coalesce(period, '')) do update set amount = excluded.amount",
        )
        .bind(rule.id)
        .bind(tenant.0)
        .bind(key)
        .bind(&rule.meter)
        .bind(&rule.period)
        .bind(rule.amount)
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}

/// What a request wants of one rule.
#[derive(Clone, Debug)]
pub struct Want {
    pub limit: Uuid,
    /// The part of the rule: the owner of a pool, or nil.
    pub scope: Uuid,
    pub window: DateTime<Utc>,
    pub amount: i64,
    pub wanted: i64,
    /// It counts when the request begins; otherwise it is held until the request ends.
    pub at_once: bool,
    /// One request alone may go beyond what is left.
    pub beyond: bool,
}

/// The rule that is in the way: its place among the wants, and what it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct InTheWay {
    pub place: i32,
    pub used: i64,
    pub reserved: i64,
}

/// Lets a request in by all of its rules, or by none. One round trip, one transaction. The wants are in the order of
/// their limits, everywhere: who waits for whom never makes a circle.
pub async fn reserve(
    conn: &mut PgConnection,
    tenant: TenantId,
    ticket: Uuid,
    owner: i64,
    wants: &[Want],
) -> sqlx::Result<Option<InTheWay>> {
    sqlx::query_as(
        "select place, used, reserved from gateway_reserve($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(ticket)
    .bind(tenant.0)
    .bind(owner)
    .bind(wants.iter().map(|want| want.limit).collect::<Vec<_>>())
    .bind(wants.iter().map(|want| want.scope).collect::<Vec<_>>())
    .bind(wants.iter().map(|want| want.window).collect::<Vec<_>>())
    .bind(wants.iter().map(|want| want.amount).collect::<Vec<_>>())
    .bind(wants.iter().map(|want| want.wanted).collect::<Vec<_>>())
    .bind(wants.iter().map(|want| want.at_once).collect::<Vec<_>>())
    .bind(wants.iter().map(|want| want.beyond).collect::<Vec<_>>())
    .fetch_optional(conn)
    .await
}

/// What a request that is over used of one rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settled {
    pub ticket: Uuid,
    pub limit: Uuid,
    pub scope: Uuid,
    pub used: i64,
}

/// Frees what ended requests hold and counts what they used.
pub async fn settle(conn: &mut PgConnection, settled: &[Settled]) -> sqlx::Result<()> {
    sqlx::query("select gateway_settle($1, $2, $3, $4)")
        .bind(settled.iter().map(|s| s.ticket).collect::<Vec<_>>())
        .bind(settled.iter().map(|s| s.limit).collect::<Vec<_>>())
        .bind(settled.iter().map(|s| s.scope).collect::<Vec<_>>())
        .bind(settled.iter().map(|s| s.used).collect::<Vec<_>>())
        .execute(conn)
        .await
        .map(drop)
}

/// The processes that hold something, with the tickets of `owner` itself.
pub async fn holders(conn: &mut PgConnection, owner: i64) -> sqlx::Result<(Vec<i64>, Vec<Uuid>)> {
    let rows: Vec<(i64, Option<Uuid>)> =
        sqlx::query_as("select distinct owner, case when owner = $1 then ticket end from limit_reservations")
            .bind(owner)
            .fetch_all(conn)
            .await?;
    let others = rows.iter().filter(|(of, _)| *of != owner).map(|(of, _)| *of).collect();
    Ok((others, rows.into_iter().filter_map(|(_, ticket)| ticket).collect()))
}

/// Frees what a process holds; how many rows.
pub async fn free_owner(conn: &mut PgConnection, owner: i64) -> sqlx::Result<u64> {
    let done =
        sqlx::query("delete from limit_reservations where owner = $1").bind(owner).execute(conn).await?;
    Ok(done.rows_affected())
}

/// Frees what tickets hold; how many rows.
pub async fn free_tickets(conn: &mut PgConnection, tickets: &[Uuid]) -> sqlx::Result<u64> {
    let done = sqlx::query("delete from limit_reservations where ticket = any($1)")
        .bind(tickets)
        .execute(conn)
        .await?;
    Ok(done.rows_affected())
}
