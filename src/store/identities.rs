//! `user_identities` and `oidc_sign_ins`: who people are at issuers of OpenID Connect, the sign-ins under way there, and
//! the roles that an issuer gave. They belong to people and to no tenant: the gateway's own work.

use crate::domain::access::Role;
use crate::domain::ids::{BrowserSessionId, IdentityId, OidcSignInId, TenantId, UserId};
use crate::domain::people::oidc::{Before, Giver};
use crate::store::browser_sessions::Digest;
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

/// What the verifier of a sign-in is sealed with, besides the key.
pub fn verifier_aad(id: OidcSignInId) -> String {
    format!("oidc:{id}:verifier")
}

/// A sign-in that was begun.
#[derive(Clone, Debug)]
pub struct NewSignIn<'a> {
    pub id: OidcSignInId,
    pub state: Digest,
    pub browser: Digest,
    pub issuer_name: &'a str,
    pub nonce: &'a str,
    /// Sealed.
    pub verifier: &'a str,
    pub redirect_uri: &'a str,
    pub return_to: &'a str,
    /// In which session somebody links an identity to their account.
    pub session: Option<BrowserSessionId>,
    pub expires_at: DateTime<Utc>,
}

pub async fn begin(conn: &mut PgConnection, new: &NewSignIn<'_>) -> sqlx::Result<()> {
    sqlx::query(
        "insert into oidc_sign_ins (id, state, browser, issuer_name, nonce, verifier, redirect_uri, return_to,
                                    session_id, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(new.id.0)
    .bind(new.state.as_slice())
    .bind(new.browser.as_slice())
    .bind(new.issuer_name)
    .bind(new.nonce)
    .bind(new.verifier)
    .bind(new.redirect_uri)
    .bind(new.return_to)
    .bind(new.session.map(|id| id.0))
    .bind(new.expires_at)
    .execute(conn)
    .await
    .map(drop)
}

/// A sign-in that came back.
#[derive(Clone, sqlx::FromRow)]
pub struct SignInRow {
    pub id: Uuid,
    pub nonce: String,
    /// Sealed.
    pub verifier: String,
    pub redirect_uri: String,
    pub return_to: String,
    pub session_id: Option<Uuid>,
}

/// Takes a sign-in of this browser, which is gone then. `None`: there is none, or not any more.
pub async fn take(
    conn: &mut PgConnection,
    issuer_name: &str,
    state: &Digest,
    browser: &Digest,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<SignInRow>> {
    sqlx::query_as(
        "delete from oidc_sign_ins where issuer_name = $1 and state = $2 and browser = $3 and expires_at > $4
         returning id, nonce, verifier, redirect_uri, return_to, session_id",
    )
    .bind(issuer_name)
    .bind(state.as_slice())
    .bind(browser.as_slice())
    .bind(now)
    .fetch_optional(conn)
    .await
}

/// The columns of [`IdentityRow`].
macro_rules! columns {
    () => {
        "id, user_id, issuer, subject, email, created_at, last_used_at"
    };
}

/// Who is this subject: one sign-in of theirs at a time until the transaction ends, also of who is not known yet.
pub async fn lock(conn: &mut PgConnection, issuer: &str, subject: &str) -> sqlx::Result<Option<IdentityRow>> {
    sqlx::query("select pg_advisory_xact_lock(hashtextextended($1 || ' ' || $2, 0))")
        .bind(issuer)
        .bind(subject)
        .execute(&mut *conn)
        .await?;
    sqlx::query_as(concat!("select ", columns!(), " from user_identities where issuer = $1 and subject = $2"))
        .bind(issuer)
        .bind(subject)
        .fetch_optional(conn)
        .await
}

/// Who somebody is at an issuer.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct IdentityRow {
    pub id: Uuid,
    pub user_id: Uuid,
    pub issuer: String,
    pub subject: String,
    pub email: Option<String>,
    pub created_at: DateTime<Utc>,
    pub last_used_at: Option<DateTime<Utc>>,
}

pub async fn insert(conn: &mut PgConnection, row: &IdentityRow) -> sqlx::Result<()> {
    sqlx::query(
        "insert into user_identities (id, user_id, issuer, subject, email, created_at, last_used_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(row.id)
    .bind(row.user_id)
    .bind(&row.issuer)
    .bind(&row.subject)
    .bind(&row.email)
    .bind(row.created_at)
    .bind(row.last_used_at)
    .execute(conn)
    .await
    .map(drop)
}

/// Somebody came in with it; the issuer knows them by this address now.
pub async fn used(
    conn: &mut PgConnection,
    id: IdentityId,
    email: Option<&str>,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query("update user_identities set last_used_at = $3, email = coalesce($2, email) where id = $1")
        .bind(id.0)
        .bind(email)
        .bind(now)
        .execute(conn)
        .await
        .map(drop)
}

/// Somebody's identities, in the order in which they came.
pub async fn list(conn: &mut PgConnection, user: UserId) -> sqlx::Result<Vec<IdentityRow>> {
    sqlx::query_as(concat!(
        "select ",
        columns!(),
        " from user_identities where user_id = $1 order by created_at, id"
    ))
    .bind(user.0)
    .fetch_all(conn)
    .await
}

/// The same, locked until the transaction ends, with their account: two of them can't be taken away at the same time.
pub async fn lock_all(conn: &mut PgConnection, user: UserId) -> sqlx::Result<Vec<IdentityRow>> {
    sqlx::query("select from users where id = $1 for update").bind(user.0).execute(&mut *conn).await?;
    list(conn, user).await
}

/// Whether there was one.
pub async fn delete(conn: &mut PgConnection, user: UserId, id: IdentityId) -> sqlx::Result<bool> {
    let sql = "delete from user_identities where user_id = $1 and id = $2";
    let done = sqlx::query(sql).bind(user.0).bind(id.0).execute(conn).await?;
    Ok(done.rows_affected() == 1)
}

/// What somebody is in the issuer's tenant, and who gave it; locked until the transaction ends. Whether they are the last
/// owner is for who locked the owners.
pub async fn standing(
    conn: &mut PgConnection,
    tenant: TenantId,
    user: UserId,
    issuer: &str,
) -> sqlx::Result<Before> {
    let giver =
        |by: Option<String>| if by.as_deref() == Some(issuer) { Giver::Issuer } else { Giver::People };
    let owner: Option<(bool, Option<String>)> =
        sqlx::query_as("select is_owner, owner_issuer from users where id = $1 for update")
            .bind(user.0)
            .fetch_optional(&mut *conn)
            .await?;
    let member: Option<(String, Option<String>, bool)> = sqlx::query_as(
        "select role, issuer, disabled_at is not null from memberships where tenant_id = $1 and user_id = $2 for update",
    )
    .bind(tenant.0)
    .bind(user.0)
    .fetch_optional(conn)
    .await?;
    let disabled = member.as_ref().is_some_and(|(.., disabled)| *disabled);
    Ok(Before {
        owner: owner.and_then(|(is_owner, by)| is_owner.then(|| giver(by))),
        is_last_owner: false,
        // The column's check leaves no other names.
        member: member.and_then(|(role, by, _)| Some((Role::named(&role)?, giver(by)))),
        disabled,
    })
}

/// The issuer makes somebody an owner.
pub async fn give_owner(conn: &mut PgConnection, user: UserId, issuer: &str) -> sqlx::Result<()> {
    sqlx::query("update users set is_owner = true, owner_issuer = $2 where id = $1")
        .bind(user.0)
        .bind(issuer)
        .execute(conn)
        .await
        .map(drop)
}

/// The issuer gives somebody a role in its tenant.
pub async fn give_role(
    conn: &mut PgConnection,
    tenant: TenantId,
    user: UserId,
    role: Role,
    issuer: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query(
        "insert into memberships (tenant_id, user_id, role, issuer, created_at) values ($1, $2, $3, $4, $5)
         on conflict (tenant_id, user_id) do update set role = $3",
    )
    .bind(tenant.0)
    .bind(user.0)
    .bind(role.as_str())
    .bind(issuer)
    .bind(now)
    .execute(conn)
    .await
    .map(drop)
}

/// Forgets sign-ins that nobody finished.
pub async fn prune(conn: &mut PgConnection, now: DateTime<Utc>) -> sqlx::Result<u64> {
    let sql = "delete from oidc_sign_ins where expires_at <= $1";
    Ok(sqlx::query(sql).bind(now).execute(conn).await?.rows_affected())
}
