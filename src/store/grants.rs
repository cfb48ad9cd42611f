//! The sign-ins of ChatGPT accounts, and the intents to refresh them. The token columns are sealed; nothing here can
//! open them.

use crate::domain::ids::{ProviderId, TenantId};
use crate::domain::token::{Grant, ReauthReason};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

mod intents;
mod refusals;

pub use intents::{RefreshIntent, clear_intent, intent, write_intent};
pub use refusals::{note_refused, take_back};

/// The columns of [`GrantRow`]; named for the reason given in `providers`.
macro_rules! columns {
    () => {
        "provider_id, tenant_id, issuer, account_id, user_id, email, plan_type, access_token, refresh_token, id_token, \
         access_expires_at, version, state, state_reason, state_since, connected_at, refreshed_at"
    };
}

/// A locking read of one row; the argument is what follows the lock.
macro_rules! locking {
    ($on_locked:literal) => {
        concat!(
            "select ",
            columns!(),
            " from grants where tenant_id = $1 and provider_id = $2 for no key update",
            $on_locked
        )
    };
}

/// One sign-in. Its `Debug` shows sealed tokens: ciphertexts.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct GrantRow {
    #[sqlx(try_from = "Uuid")]
    pub provider_id: ProviderId,
    #[sqlx(try_from = "Uuid")]
    pub tenant_id: TenantId,
    pub issuer: String,
    pub account_id: String,
    pub user_id: String,
    pub email: Option<String>,
    pub plan_type: Option<String>,
    /// Sealed with [`aad`] of [`TokenColumn::Access`]; the next two likewise.
    pub access_token: String,
    pub refresh_token: String,
    pub id_token: Option<String>,
    pub access_expires_at: DateTime<Utc>,
    /// Grows with every change of the tokens, also over a sign-out.
    pub version: i64,
    state: String,
    state_reason: Option<String>,
    state_since: DateTime<Utc>,
    pub connected_at: DateTime<Utc>,
    pub refreshed_at: DateTime<Utc>,
}

impl GrantRow {
    /// The life cycle's view of this row.
    pub fn grant(&self) -> Grant {
        grant(&self.state, self.state_reason.as_deref(), self.state_since, self.access_expires_at)
    }
}

fn grant(state: &str, reason: Option<&str>, since: DateTime<Utc>, expires_at: DateTime<Utc>) -> Grant {
    if state == "valid" {
        Grant::Valid { expires_at }
    } else {
        Grant::NeedsReauth { since, reason: ReauthReason::from_code(reason.unwrap_or("unknown")) }
    }
}

/// A column that holds a sealed token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenColumn {
    Access,
    Refresh,
    Id,
}

/// What a token of this provider is sealed with, besides the key: it opens in no other row and no other column.
pub fn aad(provider: ProviderId, column: TokenColumn) -> String {
    let column = match column {
        TokenColumn::Access => "access_token",
        TokenColumn::Refresh => "refresh_token",
        TokenColumn::Id => "id_token",
    };
    format!("grant:{provider}:{column}")
}

/// Sealed tokens on their way in. A missing one leaves the stored one as it is (not on a first sign-in).
#[derive(Clone, Debug)]
pub struct SealedTokens {
    pub access_token: Option<String>,
    pub refresh_token: Option<String>,
    pub id_token: Option<String>,
    pub access_expires_at: DateTime<Utc>,
}

/// A completed sign-in.
#[derive(Clone, Debug)]
pub struct SignIn {
    pub issuer: String,
    pub account_id: String,
    pub user_id: String,
    pub email: Option<String>,
    pub plan_type: Option<String>,
    pub access_token: String,
    pub refresh_token: String,
    pub id_token: Option<String>,
    pub access_expires_at: DateTime<Utc>,
}

/// What a replica needs to see that it is behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantVersion {
    pub provider_id: ProviderId,
    pub tenant_id: TenantId,
    pub version: i64,
    pub grant: Grant,
}

/// Stores a sign-in, the first or a later one of this provider, and returns its version. The same account under a
/// second name breaks `grants_tenant_id_issuer_account_id_user_id_key`.
///
/// The version is never below the milliseconds since 1970: who remembers a version from before a sign-out cannot take
/// the next sign-in for the one it knew.
pub async fn upsert(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: ProviderId,
    sign_in: &SignIn,
    now: DateTime<Utc>,
) -> Result<i64, sqlx::Error> {
    let version: i64 = sqlx::query_scalar(
        "insert into grants as g (provider_id, tenant_id, issuer, account_id, user_id, email, plan_type, access_token,
                             refresh_token, id_token, access_expires_at, version, state, state_since, connected_at,
                             refreshed_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'valid', $13, $13, $13)
         on conflict (provider_id) do update set
             issuer = excluded.issuer, account_id = excluded.account_id, user_id = excluded.user_id,
             email = excluded.email, plan_type = excluded.plan_type, access_token = excluded.access_token,
             refresh_token = excluded.refresh_token, id_token = excluded.id_token,
             access_expires_at = excluded.access_expires_at,
             version = greatest(g.version + 1, excluded.version), state = 'valid', state_reason = null,
             state_since = excluded.state_since, connected_at = excluded.connected_at,
             refreshed_at = excluded.refreshed_at
             where g.tenant_id = excluded.tenant_id
         returning version",
    )
    .bind(provider.0)
    .bind(tenant.0)
    .bind(&sign_in.issuer)
    .bind(&sign_in.account_id)
    .bind(&sign_in.user_id)
    .bind(&sign_in.email)
    .bind(&sign_in.plan_type)
    .bind(&sign_in.access_token)
    .bind(&sign_in.refresh_token)
    .bind(&sign_in.id_token)
    .bind(sign_in.access_expires_at)
    .bind(now.timestamp_millis())
    .bind(now)
    .fetch_one(&mut *db)
    .await?;
    // A new sign-in has a new refresh token: whatever was interrupted before does not concern it.
    clear_intent(db, tenant, provider).await?;
    Ok(version)
}

pub async fn get(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: ProviderId,
) -> Result<Option<GrantRow>, sqlx::Error> {
    sqlx::query_as(concat!("select ", columns!(), " from grants where tenant_id = $1 and provider_id = $2"))
        .bind(tenant.0)
        .bind(provider.0)
        .fetch_optional(db)
        .await
}

/// Without the tenant, for the catalogue's shell, which knows of a change by its provider only.
pub async fn get_any(db: &mut PgConnection, provider: ProviderId) -> Result<Option<GrantRow>, sqlx::Error> {
    sqlx::query_as(concat!("select ", columns!(), " from grants where provider_id = $1"))
        .bind(provider.0)
        .fetch_optional(db)
        .await
}

/// What [`lock`] does about a row that another transaction holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnLocked {
    /// Wait for it, as long as [`set_lock_timeout`] says.
    Wait,
    /// Pass it over, as if it were not there.
    Skip,
}

/// As [`get`], and no other transaction can change or lock the row until this one ends.
///
/// `for no key update`, not `for update`: the intent is written by a second connection while this lock is held, and
/// its foreign key needs a key-share lock on this very row.
pub async fn lock(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: ProviderId,
    on_locked: OnLocked,
) -> Result<Option<GrantRow>, sqlx::Error> {
    let sql = match on_locked {
        OnLocked::Wait => locking!(""),
        OnLocked::Skip => locking!(" skip locked"),
    };
    sqlx::query_as(sql).bind(tenant.0).bind(provider.0).fetch_optional(db).await
}

/// How long this transaction waits for any lock.
pub async fn set_lock_timeout(
    db: &mut PgConnection,
    timeout: std::time::Duration,
) -> Result<(), sqlx::Error> {
    sqlx::query("select set_config('lock_timeout', $1, true)")
        .bind(format!("{}ms", timeout.as_millis()))
        .execute(db)
        .await
        .map(drop)
}

/// Of every tenant.
pub async fn list_all(db: &mut PgConnection) -> Result<Vec<GrantRow>, sqlx::Error> {
    sqlx::query_as(concat!("select ", columns!(), " from grants order by tenant_id, provider_id"))
        .fetch_all(db)
        .await
}

/// Versions and states of every tenant's sign-ins, without the tokens.
pub async fn versions(db: &mut PgConnection) -> Result<Vec<GrantVersion>, sqlx::Error> {
    let rows: Vec<VersionRow> = sqlx::query_as(
        "select provider_id, tenant_id, version, state, state_reason, state_since, access_expires_at from grants",
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(VersionRow::into_version).collect())
}

/// Valid sign-ins of every tenant whose access token ends before `before`, the most urgent first.
pub async fn due(
    db: &mut PgConnection,
    before: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<GrantVersion>, sqlx::Error> {
    let rows: Vec<VersionRow> = sqlx::query_as(
        "select provider_id, tenant_id, version, state, state_reason, state_since, access_expires_at
         from grants where state = 'valid' and access_expires_at <= $1 order by access_expires_at limit $2",
    )
    .bind(before)
    .bind(limit)
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(VersionRow::into_version).collect())
}

#[derive(sqlx::FromRow)]
struct VersionRow {
    provider_id: Uuid,
    tenant_id: Uuid,
    version: i64,
    state: String,
    state_reason: Option<String>,
    state_since: DateTime<Utc>,
    access_expires_at: DateTime<Utc>,
}

impl VersionRow {
    fn into_version(self) -> GrantVersion {
        GrantVersion {
            provider_id: ProviderId(self.provider_id),
            tenant_id: TenantId(self.tenant_id),
            version: self.version,
            grant: grant(&self.state, self.state_reason.as_deref(), self.state_since, self.access_expires_at),
        }
    }
}

/// The provider through which this account is signed in already.
pub async fn find_by_identity(
    db: &mut PgConnection,
    tenant: TenantId,
    issuer: &str,
    account_id: &str,
    user_id: &str,
) -> Result<Option<GrantRow>, sqlx::Error> {
    sqlx::query_as(concat!(
        "select ",
        columns!(),
        " from grants where tenant_id = $1 and issuer = $2 and account_id = $3 and user_id = $4"
    ))
    .bind(tenant.0)
    .bind(issuer)
    .bind(account_id)
    .bind(user_id)
    .fetch_optional(db)
    .await
}

/// Who an account belongs to, as a newer id token says it. What it does not say stays.
#[derive(Clone, Debug, Default)]
pub struct Metadata {
    pub email: Option<String>,
    pub plan_type: Option<String>,
}

/// Stores the tokens of a refresh over version `version` and removes its intent. The row as it stands then, or `None`
/// when it has moved on or is gone: then nothing was changed.
///
/// The sign-in is valid afterwards whatever it was: these tokens are newer than the ones that were found wanting.
pub async fn rotate(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: ProviderId,
    version: i64,
    tokens: &SealedTokens,
    metadata: &Metadata,
    now: DateTime<Utc>,
) -> Result<Option<GrantRow>, sqlx::Error> {
    let row: Option<GrantRow> = sqlx::query_as(concat!(
        "update grants set
             access_token = coalesce($4, access_token), refresh_token = coalesce($5, refresh_token),
             id_token = coalesce($6, id_token), access_expires_at = $7, email = coalesce($8, email),
             plan_type = coalesce($9, plan_type), version = version + 1, refreshed_at = $10,
             state_since = case when state = 'valid' then state_since else $10 end,
             state = 'valid', state_reason = null
         where tenant_id = $1 and provider_id = $2 and version = $3
         returning ",
        columns!()
    ))
    .bind(tenant.0)
    .bind(provider.0)
    .bind(version)
    .bind(&tokens.access_token)
    .bind(&tokens.refresh_token)
    .bind(&tokens.id_token)
    .bind(tokens.access_expires_at)
    .bind(&metadata.email)
    .bind(&metadata.plan_type)
    .bind(now)
    .fetch_optional(&mut *db)
    .await?;
    if row.is_some() {
        clear_intent(db, tenant, provider).await?;
    }
    Ok(row)
}

/// Notes that only the owner can bring version `version` back, and removes its intent. Whether it applied: not when
/// the row has moved on, is gone, or says so already.
pub async fn mark_needs_reauth(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: ProviderId,
    version: i64,
    reason: &ReauthReason,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(
        "update grants set state = 'needs_reauth', state_reason = $4, state_since = $5
         where tenant_id = $1 and provider_id = $2 and version = $3 and state = 'valid'",
    )
    .bind(tenant.0)
    .bind(provider.0)
    .bind(version)
    .bind(reason.to_code())
    .bind(now)
    .execute(&mut *db)
    .await?;
    if done.rows_affected() == 1 {
        clear_intent(db, tenant, provider).await?;
    }
    Ok(done.rows_affected() == 1)
}

/// Signs out; the row as it was.
pub async fn delete(
    db: &mut PgConnection,
    tenant: TenantId,
    provider: ProviderId,
) -> Result<Option<GrantRow>, sqlx::Error> {
    sqlx::query_as(concat!(
        "delete from grants where tenant_id = $1 and provider_id = $2 returning ",
        columns!()
    ))
    .bind(tenant.0)
    .bind(provider.0)
    .fetch_optional(db)
    .await
}
