//! `users`, `memberships`, `recovery_codes` and what is counted of failed sign-ins.
//!
//! A person belongs to no tenant, so most of this is the gateway's own work ([`crate::store::db::Db::work`]); what a tenant
//! sees and changes of its members takes its id.

use crate::domain::ids::{TenantId, UserId};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

/// What the secret of somebody's one-time codes is sealed with, besides the key.
pub fn totp_aad(id: UserId) -> String {
    format!("user:{id}:totp")
}

/// A person, with what signs them in.
#[derive(Clone, sqlx::FromRow)]
pub struct UserRow {
    pub id: Uuid,
    pub email: String,
    pub display_name: Option<String>,
    pub is_owner: bool,
    pub password_hash: Option<String>,
    /// Sealed.
    pub totp_secret: Option<String>,
    pub has_totp: bool,
    /// A role of theirs is an issuer's to give and to take.
    pub is_managed: bool,
    pub created_at: DateTime<Utc>,
}

/// Without what signs them in.
impl std::fmt::Debug for UserRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UserRow").field("id", &self.id).field("email", &self.email).finish_non_exhaustive()
    }
}

/// The columns of [`UserRow`].
macro_rules! columns {
    () => {
        "id, email, display_name, is_owner, password_hash, totp_secret, has_totp, created_at,
         (owner_issuer is not null or exists (select from memberships m
                                              where m.user_id = users.id and m.issuer is not null)) as is_managed"
    };
}

pub async fn get(conn: &mut PgConnection, id: UserId) -> sqlx::Result<Option<UserRow>> {
    sqlx::query_as(concat!("select ", columns!(), " from users where id = $1"))
        .bind(id.0)
        .fetch_optional(conn)
        .await
}

/// `email` is normalised.
pub async fn by_email(conn: &mut PgConnection, email: &str) -> sqlx::Result<Option<UserRow>> {
    sqlx::query_as(concat!("select ", columns!(), " from users where email = $1"))
        .bind(email)
        .fetch_optional(conn)
        .await
}

/// Writes a new person; a taken address breaks `users_email_key`.
pub async fn insert(conn: &mut PgConnection, row: &UserRow) -> sqlx::Result<()> {
    sqlx::query(
        "insert into users (id, email, display_name, is_owner, password_hash, created_at)
         values ($1, $2, $3, $4, $5, $6)",
    )
    .bind(row.id)
    .bind(&row.email)
    .bind(&row.display_name)
    .bind(row.is_owner)
    .bind(&row.password_hash)
    .bind(row.created_at)
    .execute(conn)
    .await
    .map(drop)
}

pub async fn set_display_name(conn: &mut PgConnection, id: UserId, name: Option<&str>) -> sqlx::Result<()> {
    sqlx::query("update users set display_name = $2 where id = $1")
        .bind(id.0)
        .bind(name)
        .execute(conn)
        .await
        .map(drop)
}

/// Writes a new password, if `before` is still the present one. Whether it did.
pub async fn set_password(
    conn: &mut PgConnection,
    id: UserId,
    hash: &str,
    before: Option<&str>,
) -> sqlx::Result<bool> {
    let sql = "update users set password_hash = $2 where id = $1 and password_hash is not distinct from $3";
    let done = sqlx::query(sql).bind(id.0).bind(hash).bind(before).execute(conn).await?;
    Ok(done.rows_affected() == 1)
}

/// People make somebody an owner, or take that away whoever gave it.
pub async fn set_owner(conn: &mut PgConnection, id: UserId, is_owner: bool) -> sqlx::Result<()> {
    sqlx::query("update users set is_owner = $2, owner_issuer = null where id = $1")
        .bind(id.0)
        .bind(is_owner)
        .execute(conn)
        .await
        .map(drop)
}

/// The owners, locked until the transaction ends: two of them can't demote each other at the same time.
pub async fn lock_owners(conn: &mut PgConnection) -> sqlx::Result<Vec<UserId>> {
    let ids: Vec<Uuid> = sqlx::query_scalar("select id from users where is_owner order by id for update")
        .fetch_all(conn)
        .await?;
    Ok(ids.into_iter().map(UserId).collect())
}

pub async fn has_owner(conn: &mut PgConnection) -> sqlx::Result<bool> {
    sqlx::query_scalar("select exists (select from users where is_owner)").fetch_one(conn).await
}

/// Begins one-time codes anew, unless some are in force. Whether it did.
pub async fn begin_totp(conn: &mut PgConnection, id: UserId, sealed: &str) -> sqlx::Result<bool> {
    let sql = "update users set totp_secret = $2, totp_last_step = null where id = $1 and totp_confirmed_at is null";
    let done = sqlx::query(sql).bind(id.0).bind(sealed).execute(conn).await?;
    Ok(done.rows_affected() == 1)
}

/// One-time codes are in force from now on, if `sealed` is still the secret that was begun with.
pub async fn confirm_totp(
    conn: &mut PgConnection,
    id: UserId,
    sealed: &str,
    step: i64,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let done = sqlx::query(
        "update users set totp_confirmed_at = $4, totp_last_step = $3
         where id = $1 and totp_secret = $2 and totp_confirmed_at is null",
    )
    .bind(id.0)
    .bind(sealed)
    .bind(step)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Forgets one-time codes and recovery codes.
pub async fn clear_totp(conn: &mut PgConnection, id: UserId) -> sqlx::Result<()> {
    sqlx::query(
        "update users set totp_secret = null, totp_confirmed_at = null, totp_last_step = null where id = $1",
    )
    .bind(id.0)
    .execute(&mut *conn)
    .await?;
    sqlx::query("delete from recovery_codes where user_id = $1").bind(id.0).execute(conn).await.map(drop)
}

/// Takes the code of a time step. `false`: one of this step or a later one was taken before.
pub async fn take_totp_step(conn: &mut PgConnection, id: UserId, step: i64) -> sqlx::Result<bool> {
    let done = sqlx::query(
        "update users set totp_last_step = $2
         where id = $1 and totp_confirmed_at is not null and (totp_last_step is null or totp_last_step < $2)",
    )
    .bind(id.0)
    .bind(step)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

pub async fn insert_recovery_codes(
    conn: &mut PgConnection,
    id: UserId,
    digests: &[[u8; 32]],
) -> sqlx::Result<()> {
    let digests: Vec<&[u8]> = digests.iter().map(<[u8; 32]>::as_slice).collect();
    sqlx::query("insert into recovery_codes (user_id, digest) select $1, digest from unnest($2::bytea[]) as t (digest)")
        .bind(id.0)
        .bind(digests)
        .execute(conn)
        .await
        .map(drop)
}

/// Takes a recovery code. `false`: there is none such, or it was taken before.
pub async fn take_recovery_code(
    conn: &mut PgConnection,
    id: UserId,
    digest: &[u8; 32],
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let sql = "update recovery_codes set used_at = $3 where user_id = $1 and digest = $2 and used_at is null";
    let done = sqlx::query(sql).bind(id.0).bind(digest.as_slice()).bind(now).execute(conn).await?;
    Ok(done.rows_affected() == 1)
}

/// A tenant, and the role that somebody has there; `None`: whoever may touch all of them.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct PlaceRow {
    pub id: Uuid,
    pub slug: String,
    pub name: String,
    pub role: Option<String>,
}

/// Every tenant, the master first.
pub async fn all_places(conn: &mut PgConnection) -> sqlx::Result<Vec<PlaceRow>> {
    sqlx::query_as(
        "select id, slug, name, null::text as role from tenants order by slug <> 'master', created_at, id",
    )
    .fetch_all(conn)
    .await
}

/// The tenants in which somebody may do something, the master first.
pub async fn places(conn: &mut PgConnection, id: UserId) -> sqlx::Result<Vec<PlaceRow>> {
    sqlx::query_as(
        "select t.id, t.slug, t.name, m.role from memberships m join tenants t on t.id = m.tenant_id
         where m.user_id = $1 and m.disabled_at is null
         order by t.slug <> 'master', m.created_at, t.id",
    )
    .bind(id.0)
    .fetch_all(conn)
    .await
}

pub async fn tenant(conn: &mut PgConnection, tenant: TenantId) -> sqlx::Result<Option<PlaceRow>> {
    sqlx::query_as("select id, slug, name, null::text as role from tenants where id = $1")
        .bind(tenant.0)
        .fetch_optional(conn)
        .await
}

/// A member as the tenant sees them.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct MemberRow {
    pub id: Uuid,
    pub email: String,
    pub display_name: Option<String>,
    pub role: String,
    pub is_owner: bool,
    pub disabled_at: Option<DateTime<Utc>>,
    pub has_password: bool,
    pub has_totp: bool,
    pub last_seen_at: Option<DateTime<Utc>>,
    /// When they became a member.
    pub created_at: DateTime<Utc>,
}

/// What [`MemberRow`] is read from.
macro_rules! members {
    ($rest:literal) => {
        concat!(
            "select u.id, u.email, coalesce(m.display_name, u.display_name) as display_name, m.role, u.is_owner,
                    m.disabled_at, u.has_password, u.has_totp, u.last_seen_at, m.created_at
             from memberships m join users u on u.id = m.user_id where m.tenant_id = $1 ",
            $rest
        )
    };
}

/// A tenant's members, in the order in which they came.
pub async fn members(conn: &mut PgConnection, tenant: TenantId) -> sqlx::Result<Vec<MemberRow>> {
    sqlx::query_as(members!("order by m.created_at, u.id")).bind(tenant.0).fetch_all(conn).await
}

/// One member, their membership locked until the transaction ends.
pub async fn lock_member(
    conn: &mut PgConnection,
    tenant: TenantId,
    id: UserId,
) -> sqlx::Result<Option<MemberRow>> {
    sqlx::query_as(members!("and m.user_id = $2 for update of m"))
        .bind(tenant.0)
        .bind(id.0)
        .fetch_optional(conn)
        .await
}

/// Makes somebody a member; who is one already stays as they are. Whether it did.
pub async fn insert_member(
    conn: &mut PgConnection,
    tenant: TenantId,
    id: UserId,
    role: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let done = sqlx::query(
        "insert into memberships (tenant_id, user_id, role, created_at) values ($1, $2, $3, $4) on conflict do nothing",
    )
    .bind(tenant.0)
    .bind(id.0)
    .bind(role)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Writes what may change of a member.
pub async fn update_member(
    conn: &mut PgConnection,
    tenant: TenantId,
    row: &MemberRow,
    display_name: Option<&str>,
) -> sqlx::Result<()> {
    sqlx::query(
        "update memberships set role = $3, disabled_at = $4, display_name = coalesce($5, display_name)
         where tenant_id = $1 and user_id = $2",
    )
    .bind(tenant.0)
    .bind(row.id)
    .bind(&row.role)
    .bind(row.disabled_at)
    .bind(display_name)
    .execute(conn)
    .await
    .map(drop)
}

/// Ends a membership. Whether there was one.
pub async fn delete_member(conn: &mut PgConnection, tenant: TenantId, id: UserId) -> sqlx::Result<bool> {
    let sql = "delete from memberships where tenant_id = $1 and user_id = $2";
    let done = sqlx::query(sql).bind(tenant.0).bind(id.0).execute(conn).await?;
    Ok(done.rows_affected() == 1)
}

/// Forgets a person of whom no tenant knows any more, with their sessions and codes. Whether it did.
pub async fn delete_if_nowhere(conn: &mut PgConnection, id: UserId) -> sqlx::Result<bool> {
    let done = sqlx::query(
        "delete from users where id = $1 and not is_owner
         and not exists (select from memberships where user_id = $1)",
    )
    .bind(id.0)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Whether the person signed in from there before.
pub async fn knows_address(conn: &mut PgConnection, email: &str, address: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar(
        "select exists (select from known_addresses k join users u on u.id = k.user_id
                        where u.email = $1 and k.address = $2)",
    )
    .bind(email)
    .bind(address)
    .fetch_one(conn)
    .await
}

/// The person is there, and comes from this address.
pub async fn seen(
    conn: &mut PgConnection,
    id: UserId,
    address: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query(
        "with seen as (update users set last_seen_at = $3 where id = $1)
         insert into known_addresses values ($1, $2, $3) on conflict (user_id, address) do update set seen_at = $3",
    )
    .bind(id.0)
    .bind(address)
    .bind(now)
    .execute(conn)
    .await
    .map(drop)
}

/// Counts one more failure, which is taken back when it was none. The error: there were too many, until then.
pub async fn take_attempt(
    conn: &mut PgConnection,
    bucket: &str,
    most: u32,
    now: DateTime<Utc>,
    resets_at: DateTime<Utc>,
) -> sqlx::Result<Result<(), DateTime<Utc>>> {
    let taken: Option<i32> = sqlx::query_scalar(
        "insert into sign_in_attempts as a (bucket, failures, resets_at) values ($1, 1, $4)
         on conflict (bucket) do update set
             failures = case when a.resets_at <= $3 then 1 else a.failures + 1 end,
             resets_at = case when a.resets_at <= $3 then $4 else a.resets_at end
         where a.resets_at <= $3 or a.failures < $2
         returning failures",
    )
    .bind(bucket)
    .bind(i32::try_from(most).unwrap_or(i32::MAX))
    .bind(now)
    .bind(resets_at)
    .fetch_optional(&mut *conn)
    .await?;
    if taken.is_some() {
        return Ok(Ok(()));
    }
    let until = sqlx::query_scalar("select resets_at from sign_in_attempts where bucket = $1")
        .bind(bucket)
        .fetch_optional(conn)
        .await?;
    Ok(Err(until.unwrap_or(now)))
}

/// Takes attempts back that were no failures.
pub async fn give_attempts_back(conn: &mut PgConnection, buckets: &[String]) -> sqlx::Result<()> {
    sqlx::query("update sign_in_attempts set failures = greatest(failures - 1, 0) where bucket = any($1)")
        .bind(buckets)
        .execute(conn)
        .await
        .map(drop)
}

/// Forgets counters that have run out, people whose tenants are gone, and addresses that nobody came from since
/// `addresses`.
pub async fn prune(
    conn: &mut PgConnection,
    now: DateTime<Utc>,
    addresses: DateTime<Utc>,
) -> sqlx::Result<u64> {
    let attempts = sqlx::query("delete from sign_in_attempts where resets_at <= $1").bind(now);
    let people = sqlx::query(
        "delete from users where not is_owner and not exists (select from memberships where user_id = users.id)",
    );
    let known = sqlx::query("delete from known_addresses where seen_at < $1").bind(addresses);
    let mut gone = 0;
    for delete in [attempts, people, known] {
        gone += delete.execute(&mut *conn).await?.rows_affected();
    }
    Ok(gone)
}
