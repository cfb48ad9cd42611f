//! `pending_logins`: sign-ins that were begun, so that any replica can finish them.
//!
//! What is secret of one (PKCE verifier, device id) is sealed before it comes here, and forgotten when it ends.

use crate::domain::access::{Actor, Role, Who};
use crate::domain::ids::{LoginId, TenantId};
use crate::domain::oauth::{Login, LoginMethod, LoginState, LoginWay};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

/// A sign-in with its sealed columns.
#[derive(Clone, Debug)]
pub struct StoredLogin {
    /// The sign-in.
    pub login: Login,
    /// Sealed: the PKCE verifier (browser). Gone when the sign-in has ended.
    pub verifier: Option<String>,
    /// Sealed: the issuer's id of the device flow. Gone when the sign-in has ended.
    pub device_auth: Option<String>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    tenant_id: Uuid,
    provider_name: String,
    display_name: Option<String>,
    api_base: Option<String>,
    force: bool,
    method: String,
    oauth_state: Option<String>,
    redirect_uri: Option<String>,
    auth_url: Option<String>,
    verifier: Option<String>,
    device_auth: Option<String>,
    user_code: Option<String>,
    verification_url: Option<String>,
    poll_interval_seconds: Option<i32>,
    status: String,
    error_code: Option<String>,
    error: Option<String>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    actor_kind: String,
    actor_id: Option<Uuid>,
    actor_name: String,
    actor_address: Option<String>,
}

impl From<Row> for StoredLogin {
    fn from(row: Row) -> Self {
        let way = if row.method == LoginMethod::Device.as_str() {
            LoginWay::Device {
                user_code: row.user_code.unwrap_or_default(),
                verification_url: row.verification_url.unwrap_or_default(),
                interval_seconds: row
                    .poll_interval_seconds
                    .and_then(|it| u32::try_from(it).ok())
                    .unwrap_or(5),
            }
        } else {
            LoginWay::Browser {
                oauth_state: row.oauth_state.unwrap_or_default(),
                redirect_uri: row.redirect_uri.unwrap_or_default(),
                auth_url: row.auth_url.unwrap_or_default(),
            }
        };
        let state = match row.status.as_str() {
            "pending" => LoginState::Pending,
            "exchanging" => LoginState::Exchanging,
            "completed" => LoginState::Completed,
            "cancelled" => LoginState::Cancelled,
            "expired" => LoginState::Expired,
            // The column's check leaves only "failed".
            _ => LoginState::Failed {
                code: row.error_code.unwrap_or_default(),
                error: row.error.unwrap_or_default(),
            },
        };
        let begun_by = Actor {
            tenant: TenantId(row.tenant_id),
            // What they may do now is not known here, and what they began they might.
            role: Role::Viewer,
            who: Who::of(&row.actor_kind, row.actor_id).unwrap_or(Who::Gateway),
            name: row.actor_name.into(),
            from: row.actor_address.and_then(|address| address.parse().ok()),
            request: None,
        };
        Self {
            login: Login {
                id: LoginId(row.id),
                tenant: TenantId(row.tenant_id),
                begun_by,
                provider_name: row.provider_name,
                display_name: row.display_name,
                api_base: row.api_base,
                force: row.force,
                way,
                state,
                created_at: row.created_at,
                updated_at: row.updated_at,
                expires_at: row.expires_at,
            },
            verifier: row.verifier,
            device_auth: row.device_auth,
        }
    }
}

/// Writes a new sign-in. A device's first poll is allowed at once.
pub async fn insert(db: &mut PgConnection, tenant: TenantId, new: &StoredLogin) -> Result<(), sqlx::Error> {
    let login = &new.login;
    let (browser, device) = match &login.way {
        LoginWay::Browser { oauth_state, redirect_uri, auth_url } => {
            (Some((oauth_state, redirect_uri, auth_url)), None)
        }
        LoginWay::Device { user_code, verification_url, interval_seconds } => {
            (None, Some((user_code, verification_url, i32::try_from(*interval_seconds).unwrap_or(i32::MAX))))
        }
    };
    sqlx::query(
        "insert into pending_logins (id, tenant_id, provider_name, display_name, api_base, force, method, oauth_state,
            redirect_uri, auth_url, verifier, device_auth, user_code, verification_url, poll_interval_seconds,
            next_poll_at, status, created_at, updated_at, expires_at, actor_kind, actor_id, actor_name, actor_address)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23,
            $24)",
    )
    .bind(login.id.0)
    .bind(tenant.0)
    .bind(&login.provider_name)
    .bind(&login.display_name)
    .bind(&login.api_base)
    .bind(login.force)
    .bind(login.method().as_str())
    .bind(browser.map(|it| it.0))
    .bind(browser.map(|it| it.1))
    .bind(browser.map(|it| it.2))
    .bind(&new.verifier)
    .bind(&new.device_auth)
    .bind(device.map(|it| it.0))
    .bind(device.map(|it| it.1))
    .bind(device.map(|it| it.2))
    .bind(device.map(|_| login.created_at))
    .bind(login.state.as_str())
    .bind(login.created_at)
    .bind(login.updated_at)
    .bind(login.expires_at)
    .bind(login.begun_by.who.kind())
    .bind(login.begun_by.who.id())
    .bind(&*login.begun_by.name)
    .bind(login.begun_by.from.map(|address| address.to_string()))
    .execute(db)
    .await
    .map(drop)
}

/// The sign-in of a `state` parameter, of any tenant: the callback knows nothing else, and the parameter is 256
/// random bits that only the person who began it has seen.
pub async fn find_by_state(
    db: &mut PgConnection,
    oauth_state: &str,
) -> Result<Option<StoredLogin>, sqlx::Error> {
    let row: Option<Row> = sqlx::query_as("select * from pending_logins where oauth_state = $1")
        .bind(oauth_state)
        .fetch_optional(db)
        .await?;
    Ok(row.map(Into::into))
}

/// One sign-in.
pub async fn get(
    db: &mut PgConnection,
    tenant: TenantId,
    id: LoginId,
) -> Result<Option<StoredLogin>, sqlx::Error> {
    let row: Option<Row> = sqlx::query_as("select * from pending_logins where tenant_id = $1 and id = $2")
        .bind(tenant.0)
        .bind(id.0)
        .fetch_optional(db)
        .await?;
    Ok(row.map(Into::into))
}

/// As [`get`], locked until the transaction ends: who holds it may change its state.
pub async fn lock(
    db: &mut PgConnection,
    tenant: TenantId,
    id: LoginId,
) -> Result<Option<StoredLogin>, sqlx::Error> {
    let row: Option<Row> =
        sqlx::query_as("select * from pending_logins where tenant_id = $1 and id = $2 for update")
            .bind(tenant.0)
            .bind(id.0)
            .fetch_optional(db)
            .await?;
    Ok(row.map(Into::into))
}

/// A provider's sign-ins, newest first.
pub async fn of_provider(
    db: &mut PgConnection,
    tenant: TenantId,
    provider_name: &str,
) -> Result<Vec<StoredLogin>, sqlx::Error> {
    let rows: Vec<Row> = sqlx::query_as(
        "select * from pending_logins where tenant_id = $1 and provider_name = $2 order by created_at desc, id desc",
    )
    .bind(tenant.0)
    .bind(provider_name)
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Every sign-in of every tenant that has not ended, oldest first.
pub async fn unfinished(db: &mut PgConnection) -> Result<Vec<StoredLogin>, sqlx::Error> {
    let rows: Vec<Row> = sqlx::query_as(
        "select * from pending_logins where status in ('pending', 'exchanging') order by created_at, id",
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Writes a new state; the caller holds the row ([`lock`]). An ended sign-in forgets its secrets. Whether there was
/// such a row.
pub async fn save_state(
    db: &mut PgConnection,
    tenant: TenantId,
    id: LoginId,
    state: &LoginState,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let (code, error) = match state {
        LoginState::Failed { code, error } => (Some(code), Some(error)),
        _ => (None, None),
    };
    let ended = !matches!(state, LoginState::Pending | LoginState::Exchanging);
    let done = sqlx::query(
        "update pending_logins set status = $3, error_code = $4, error = $5, updated_at = $6,
            verifier = case when $7 then null else verifier end,
            device_auth = case when $7 then null else device_auth end
         where tenant_id = $1 and id = $2",
    )
    .bind(tenant.0)
    .bind(id.0)
    .bind(state.as_str())
    .bind(code)
    .bind(error)
    .bind(now)
    .bind(ended)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Takes the right to poll a device sign-in once; the next may be taken at `next`. False: not due, ended, or taken.
pub async fn claim_poll(
    db: &mut PgConnection,
    tenant: TenantId,
    id: LoginId,
    now: DateTime<Utc>,
    next: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(
        "update pending_logins set next_poll_at = $4
         where tenant_id = $1 and id = $2 and status = 'pending' and method = 'device' and next_poll_at <= $3",
    )
    .bind(tenant.0)
    .bind(id.0)
    .bind(now)
    .bind(next)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Makes the tenant's sign-ins complete one after the other, until the transaction ends. Other work on the tenant's
/// rows goes on: this lock does not conflict with foreign keys.
pub async fn lock_tenant(db: &mut PgConnection, tenant: TenantId) -> Result<(), sqlx::Error> {
    sqlx::query("select 1 from tenants where id = $1 for no key update")
        .bind(tenant.0)
        .execute(db)
        .await
        .map(drop)
}

/// Whether any account of this tenant is signed in.
pub async fn any_account(db: &mut PgConnection, tenant: TenantId) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("select exists (select 1 from grants where tenant_id = $1)")
        .bind(tenant.0)
        .fetch_one(db)
        .await
}

/// Removes sign-ins that ended before `before`, of every tenant. How many.
pub async fn prune(db: &mut PgConnection, before: DateTime<Utc>) -> Result<u64, sqlx::Error> {
    let done = sqlx::query(
        "delete from pending_logins where status not in ('pending', 'exchanging') and updated_at < $1",
    )
    .bind(before)
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}
