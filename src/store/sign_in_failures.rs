//! `sign_in_failures`: what the audit log has still to tell of failed sign-ins.

use crate::domain::ids::{MASTER_TENANT, TenantId, UserId};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;

/// A sign-in that failed.
#[derive(Clone, Copy, Debug)]
pub struct Failure<'a> {
    /// Whose account it was about; `None`: nobody's.
    pub user: Option<UserId>,
    /// What the account is called when it is no person's.
    pub other: &'a str,
    /// Whose log tells of it when it is no person's.
    pub tenant: TenantId,
    pub address: &'a str,
    pub now: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
}

/// Counts one. The same work is done whether or not there is such a person. Once there are `most` rows, what is new shares
/// one of the master tenant, without account and address (`*`).
pub async fn count(conn: &mut PgConnection, failure: &Failure<'_>, most: i64) -> sqlx::Result<()> {
    sqlx::query(
        "with account as (
             select coalesce((select email from users where id = $1), $2) as name,
                 coalesce((select m.tenant_id from memberships m join tenants t on t.id = m.tenant_id where m.user_id = $1
                           order by t.slug <> 'master', m.created_at, t.id limit 1), $3) as tenant_id
         ), room as (
             select (select count(*) from sign_in_failures) < $7 or exists (
                 select from sign_in_failures f, account a where f.account = a.name and f.address = $4) as there
         )
         insert into sign_in_failures as f (tenant_id, account, address, failures, began_at, ends_at)
         select case when r.there then a.tenant_id else $8 end, case when r.there then a.name else '' end,
             case when r.there then $4 else '*' end, 1, $5, $6
         from account a, room r
         on conflict (account, address) do update set failures = f.failures + 1",
    )
    .bind(failure.user.map(|id| id.0))
    .bind(failure.other)
    .bind(failure.tenant.0)
    .bind(failure.address)
    .bind(failure.now)
    .bind(failure.ends_at)
    .bind(most)
    .bind(MASTER_TENANT.0)
    .execute(conn)
    .await
    .map(drop)
}

/// Failures of which the log has to tell something.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct FailureRow {
    #[sqlx(try_from = "uuid::Uuid")]
    pub tenant_id: TenantId,
    pub account: String,
    pub address: String,
    pub failures: i32,
    pub began_at: DateTime<Utc>,
    /// The newest of them, if it is over.
    pub ended_at: Option<DateTime<Utc>>,
}

/// Takes those that the log has to tell of: the first ones of an account and address, and all of them once their time is
/// over, after which they are forgotten. Another replica that takes some at the same time takes others.
pub async fn take(conn: &mut PgConnection, now: DateTime<Utc>) -> sqlx::Result<Vec<FailureRow>> {
    let rows = sqlx::query_as(
        "with due as (
             select account, address from sign_in_failures where failures > told and (told = 0 or ends_at <= $1)
             for update skip locked
         )
         update sign_in_failures f set told = f.failures from due d
         where f.account = d.account and f.address = d.address
         returning f.tenant_id, f.account, f.address, f.failures, f.began_at,
             case when f.ends_at <= $1 then f.ends_at end as ended_at",
    )
    .bind(now)
    .fetch_all(&mut *conn)
    .await?;
    sqlx::query("delete from sign_in_failures where ends_at <= $1 and told = failures")
        .bind(now)
        .execute(conn)
        .await?;
    Ok(rows)
}
