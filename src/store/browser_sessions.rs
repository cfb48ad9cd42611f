//! `browser_sessions`: browsers that are signed in. They belong to people and to no tenant: the gateway's own work.

use crate::domain::ids::{BrowserSessionId, UserId};
use crate::domain::people::session::{Shown, Times};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

/// The SHA-256 of a cookie's value.
pub type Digest = [u8; 32];

/// Whose a session is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    User(UserId),
    /// Whoever has the token of this mark.
    Token([u8; 32]),
}

impl Holder {
    fn columns(&self) -> (Option<Uuid>, Option<&[u8]>) {
        match self {
            Self::User(id) => (Some(id.0), None),
            Self::Token(mark) => (None, Some(mark)),
        }
    }
}

/// A session to be opened.
#[derive(Clone, Debug)]
pub struct NewSession {
    pub id: BrowserSessionId,
    pub holder: Holder,
    pub method: &'static str,
    pub digest: Digest,
    pub address: Option<String>,
    pub user_agent: Option<String>,
    pub now: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

/// A session that was found by one of its values.
#[derive(Clone, Debug)]
pub struct Found {
    pub id: BrowserSessionId,
    pub holder: Holder,
    pub shown: Shown,
    pub times: Times,
    pub address: Option<String>,
}

#[derive(sqlx::FromRow)]
struct FoundRow {
    id: Uuid,
    user_id: Option<Uuid>,
    token_mark: Option<Vec<u8>>,
    shown: String,
    value_since: DateTime<Utc>,
    next_since: Option<DateTime<Utc>>,
    address: Option<String>,
    last_seen_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
}

/// Opens a session; of a person, as long as their password is the one of this hash: whoever came in with the old one while
/// it was replaced stays outside. Whether it did.
pub async fn insert(
    conn: &mut PgConnection,
    session: &NewSession,
    password_hash: Option<&str>,
) -> sqlx::Result<bool> {
    let (user, mark) = session.holder.columns();
    // The lock waits for who is changing the password, and then looks again.
    let done = sqlx::query(
        "with person as (
             select id from users where id = $2 and password_hash is not distinct from $10 for share
         )
         insert into browser_sessions (id, user_id, token_mark, method, digest, value_since, address, user_agent,
                                       created_at, last_seen_at, expires_at)
         select $1, $2, $3, $4, $5, $6, $7, $8, $6, $6, $9 where $2 is null or exists (select from person)",
    )
    .bind(session.id.0)
    .bind(user)
    .bind(mark)
    .bind(session.method)
    .bind(session.digest.as_slice())
    .bind(session.now)
    .bind(&session.address)
    .bind(&session.user_agent)
    .bind(session.expires_at)
    .bind(password_hash)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The session that has, is to have or had this value.
pub async fn find(conn: &mut PgConnection, digest: &Digest) -> sqlx::Result<Option<Found>> {
    let row: Option<FoundRow> = sqlx::query_as(
        "select id, user_id, token_mark, value_since, next_since, address, last_seen_at, expires_at,
                case when digest = $1 then 'current' when next_digest = $1 then 'next' else 'previous' end as shown
         from browser_sessions where digest = $1 or next_digest = $1 or previous_digest = $1",
    )
    .bind(digest.as_slice())
    .fetch_optional(conn)
    .await?;
    Ok(row.and_then(|row| {
        let holder = match (row.user_id, row.token_mark) {
            (Some(user), _) => Holder::User(UserId(user)),
            (None, mark) => Holder::Token(mark?.try_into().ok()?),
        };
        Some(Found {
            id: BrowserSessionId(row.id),
            holder,
            shown: match row.shown.as_str() {
                "current" => Shown::Current,
                "next" => Shown::Next,
                _ => Shown::Previous,
            },
            times: Times {
                last_seen_at: row.last_seen_at,
                expires_at: row.expires_at,
                value_since: row.value_since,
                next_since: row.next_since,
            },
            address: row.address,
        })
    }))
}

/// The person whose session this is, while it is not over.
pub async fn user_of(
    conn: &mut PgConnection,
    id: BrowserSessionId,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<UserId>> {
    let user: Option<Option<Uuid>> =
        sqlx::query_scalar("select user_id from browser_sessions where id = $1 and expires_at > $2")
            .bind(id.0)
            .bind(now)
            .fetch_optional(conn)
            .await?;
    Ok(user.flatten().map(UserId))
}

/// Hands another value out, if nobody did since `before`. Whether it did.
pub async fn offer_value(
    conn: &mut PgConnection,
    id: BrowserSessionId,
    next: &Digest,
    before: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let done = sqlx::query(
        "update browser_sessions set next_digest = $2, next_since = $4
         where id = $1 and next_since is not distinct from $3",
    )
    .bind(id.0)
    .bind(next.as_slice())
    .bind(before)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The value that was handed out is in force.
pub async fn confirm_value(
    conn: &mut PgConnection,
    id: BrowserSessionId,
    shown: &Digest,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query(
        "update browser_sessions set previous_digest = digest, digest = next_digest, next_digest = null,
                                     next_since = null, value_since = $3
         where id = $1 and next_digest = $2",
    )
    .bind(id.0)
    .bind(shown.as_slice())
    .bind(now)
    .execute(conn)
    .await
    .map(drop)
}

/// Another value at once; the others are worth nothing from now on.
pub async fn replace_value(
    conn: &mut PgConnection,
    id: BrowserSessionId,
    digest: &Digest,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query(
        "update browser_sessions set digest = $2, value_since = $3, next_digest = null, next_since = null,
                                     previous_digest = null
         where id = $1",
    )
    .bind(id.0)
    .bind(digest.as_slice())
    .bind(now)
    .execute(conn)
    .await
    .map(drop)
}

/// Somebody came with it, from there.
pub async fn touch(
    conn: &mut PgConnection,
    id: BrowserSessionId,
    address: Option<&str>,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query(
        "update browser_sessions set last_seen_at = $3, address = $2 where id = $1 and last_seen_at < $3",
    )
    .bind(id.0)
    .bind(address)
    .bind(now)
    .execute(conn)
    .await
    .map(drop)
}

/// A session, for its holder.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct SessionRow {
    pub id: Uuid,
    pub method: String,
    pub address: Option<String>,
    pub user_agent: Option<String>,
    pub created_at: DateTime<Utc>,
    pub last_seen_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

/// Somebody's sessions that are not over; the newest first. `idle_since`: who was not seen since then is gone.
pub async fn list(
    conn: &mut PgConnection,
    holder: Holder,
    idle_since: DateTime<Utc>,
    now: DateTime<Utc>,
) -> sqlx::Result<Vec<SessionRow>> {
    let (user, mark) = holder.columns();
    sqlx::query_as(
        "select id, method, address, user_agent, created_at, last_seen_at, expires_at from browser_sessions
         where (user_id = $1 or token_mark = $2) and expires_at > $3 and last_seen_at > $4
         order by last_seen_at desc, id",
    )
    .bind(user)
    .bind(mark)
    .bind(now)
    .bind(idle_since)
    .fetch_all(conn)
    .await
}

/// Ends one of somebody's sessions. Whether there was one.
pub async fn delete(conn: &mut PgConnection, holder: Holder, id: BrowserSessionId) -> sqlx::Result<bool> {
    let (user, mark) = holder.columns();
    let done =
        sqlx::query("delete from browser_sessions where id = $3 and (user_id = $1 or token_mark = $2)")
            .bind(user)
            .bind(mark)
            .bind(id.0)
            .execute(conn)
            .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends all of somebody's sessions but this one. How many there were.
pub async fn delete_others(
    conn: &mut PgConnection,
    holder: Holder,
    keep: Option<BrowserSessionId>,
) -> sqlx::Result<u64> {
    let (user, mark) = holder.columns();
    let done = sqlx::query(
        "delete from browser_sessions where (user_id = $1 or token_mark = $2) and id is distinct from $3",
    )
    .bind(user)
    .bind(mark)
    .bind(keep.map(|id| id.0))
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// Ends whichever session has this value.
pub async fn delete_by_value(conn: &mut PgConnection, digest: &Digest) -> sqlx::Result<()> {
    sqlx::query("delete from browser_sessions where digest = $1 or next_digest = $1 or previous_digest = $1")
        .bind(digest.as_slice())
        .execute(conn)
        .await
        .map(drop)
}

/// Forgets what is over.
pub async fn prune(
    conn: &mut PgConnection,
    idle_since: DateTime<Utc>,
    now: DateTime<Utc>,
) -> sqlx::Result<u64> {
    let sql = "delete from browser_sessions where expires_at <= $1 or last_seen_at <= $2";
    Ok(sqlx::query(sql).bind(now).bind(idle_since).execute(conn).await?.rows_affected())
}
