//! `invitations`: one-time links. Of a link's token there is only the SHA-256.

use crate::domain::ids::{InvitationId, LoginId, TenantId, UserId};
use crate::domain::people::invitation::Offer;
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

/// An invitation as stored.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct InvitationRow {
    pub id: Uuid,
    pub tenant_id: Uuid,
    pub kind: String,
    pub email: Option<String>,
    pub role: Option<String>,
    pub provider_name: Option<String>,
    pub created_at: DateTime<Utc>,
    pub expires_at: Option<DateTime<Utc>>,
    pub accepted_at: Option<DateTime<Utc>>,
}

macro_rules! columns {
    () => {
        "id, tenant_id, kind, email, role, provider_name, created_at, expires_at, accepted_at"
    };
}

/// An invitation to be made.
#[derive(Clone, Debug)]
pub struct NewInvitation<'a> {
    pub id: InvitationId,
    pub offer: &'a Offer,
    pub digest: [u8; 32],
    pub email: Option<&'a str>,
    pub created_by: Option<UserId>,
    pub now: DateTime<Utc>,
    pub expires_at: Option<DateTime<Utc>>,
}

pub async fn insert(
    conn: &mut PgConnection,
    tenant: TenantId,
    new: &NewInvitation<'_>,
) -> sqlx::Result<InvitationRow> {
    // The owner's needs no role: its kind says it.
    let role = if let Offer::Member { role } = new.offer { Some(role.as_str()) } else { None };
    sqlx::query_as(concat!(
        "insert into invitations (id, tenant_id, kind, digest, email, role, provider_name, created_by, created_at,
                                  expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) returning ",
        columns!()
    ))
    .bind(new.id.0)
    .bind(tenant.0)
    .bind(new.offer.kind())
    .bind(new.digest.as_slice())
    .bind(new.email)
    .bind(role)
    .bind(new.offer.provider())
    .bind(new.created_by.map(|id| id.0))
    .bind(new.now)
    .bind(new.expires_at)
    .fetch_one(conn)
    .await
}

/// A tenant's invitations that can be used, the newest first; that of the first owner is nobody's to see.
pub async fn open(
    conn: &mut PgConnection,
    tenant: TenantId,
    now: DateTime<Utc>,
) -> sqlx::Result<Vec<InvitationRow>> {
    sqlx::query_as(concat!(
        "select ",
        columns!(),
        " from invitations where tenant_id = $1 and kind <> 'owner' and accepted_at is null
           and (expires_at is null or expires_at > $2) order by created_at desc, id"
    ))
    .bind(tenant.0)
    .bind(now)
    .fetch_all(conn)
    .await
}

/// By the digest of its token, whichever tenant's it is.
pub async fn by_digest(conn: &mut PgConnection, digest: &[u8; 32]) -> sqlx::Result<Option<InvitationRow>> {
    sqlx::query_as(concat!("select ", columns!(), " from invitations where digest = $1"))
        .bind(digest.as_slice())
        .fetch_optional(conn)
        .await
}

/// Uses it up. `false`: somebody did, or it is too late.
pub async fn accept(
    conn: &mut PgConnection,
    tenant: TenantId,
    id: InvitationId,
    by: UserId,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let done = sqlx::query(
        "update invitations set accepted_at = $4, accepted_by = $3
         where tenant_id = $1 and id = $2 and accepted_at is null and (expires_at is null or expires_at > $4)",
    )
    .bind(tenant.0)
    .bind(id.0)
    .bind(by.0)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Notes a sign-in that was begun with it: when that one completes, the invitation is used up.
pub async fn add_login(
    conn: &mut PgConnection,
    tenant: TenantId,
    id: InvitationId,
    login: LoginId,
) -> sqlx::Result<()> {
    sqlx::query("update invitations set login_ids = login_ids || $3 where tenant_id = $1 and id = $2")
        .bind(tenant.0)
        .bind(id.0)
        .bind(login.0)
        .execute(conn)
        .await
        .map(drop)
}

/// Takes one back. Whether there was one that could be used.
pub async fn delete(conn: &mut PgConnection, tenant: TenantId, id: InvitationId) -> sqlx::Result<bool> {
    let sql = "delete from invitations where tenant_id = $1 and id = $2 and kind <> 'owner' and accepted_at is null";
    let done = sqlx::query(sql).bind(tenant.0).bind(id.0).execute(conn).await?;
    Ok(done.rows_affected() == 1)
}

/// Takes back what invites a first owner.
pub async fn delete_owners(conn: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query("delete from invitations where kind = 'owner' and accepted_at is null")
        .execute(conn)
        .await
        .map(drop)
}

/// Forgets those that were used or have expired before `until`.
pub async fn prune(conn: &mut PgConnection, until: DateTime<Utc>) -> sqlx::Result<u64> {
    let sql = "delete from invitations where coalesce(accepted_at, expires_at) < $1";
    Ok(sqlx::query(sql).bind(until).execute(conn).await?.rows_affected())
}
