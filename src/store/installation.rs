//! The one row of the installation, and the list of every sealed value, for the rotation of the key.

use crate::domain::ids::{OidcSignInId, ProviderId, TenantId, UserId};
use crate::store::grants::{self, TokenColumn};
use crate::store::mcp_servers::{self, SealedColumn};
use crate::store::{identities, providers, tenants, users};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

/// What `key_check` is sealed with, besides the key.
pub const KEY_CHECK_AAD: &str = "installation:key_check";

/// Taken by who starts, and by who rotates the key: one at a time over all processes.
const KEY_LOCK: i64 = 0x6761_7465_6b65_7931;

/// The installation.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct InstallationRow {
    pub id: Uuid,
    /// A sealed constant: who can open it has the right key.
    pub key_check: String,
    pub created_at: DateTime<Utc>,
}

/// Waits for the lock on the key; it is released with the transaction.
pub async fn lock_key_for_transaction(db: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query("select pg_advisory_xact_lock($1)").bind(KEY_LOCK).execute(db).await.map(drop)
}

/// Waits for the lock on the key; it is released with the connection.
pub async fn lock_key_for_session(db: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query("select pg_advisory_lock($1)").bind(KEY_LOCK).execute(db).await.map(drop)
}

pub async fn get(db: &mut PgConnection) -> Result<Option<InstallationRow>, sqlx::Error> {
    sqlx::query_as("select id, key_check, created_at from installation").fetch_optional(db).await
}

/// The first start of all.
pub async fn insert(
    db: &mut PgConnection,
    id: Uuid,
    key_check: &str,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query("insert into installation (id, key_check, created_at) values ($1, $2, $3)")
        .bind(id)
        .bind(key_check)
        .bind(now)
        .execute(db)
        .await
        .map(drop)
}

/// Where a sealed value stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    KeyCheck,
    TenantKey(TenantId),
    ProviderApiKey(ProviderId),
    Grant(ProviderId, TokenColumn),
    LoginVerifier(Uuid),
    LoginDeviceAuth(Uuid),
    McpServer(Uuid, SealedColumn),
    UserTotp(UserId),
    OidcVerifier(OidcSignInId),
}

impl Place {
    /// What the value at this place is sealed with, besides the key.
    pub fn aad(self) -> String {
        match self {
            Self::KeyCheck => KEY_CHECK_AAD.to_owned(),
            Self::TenantKey(id) => tenants::sealing_key_aad(id),
            Self::ProviderApiKey(id) => providers::api_key_aad(id),
            Self::Grant(id, column) => grants::aad(id, column),
            Self::LoginVerifier(id) => login_aad(id, "verifier"),
            Self::LoginDeviceAuth(id) => login_aad(id, "device_auth"),
            Self::McpServer(id, column) => mcp_servers::aad(id, column),
            Self::UserTotp(id) => users::totp_aad(id),
            Self::OidcVerifier(id) => identities::verifier_aad(id),
        }
    }
}

/// What a column of a pending sign-in is sealed with, besides the key.
pub fn login_aad(id: Uuid, column: &str) -> String {
    format!("login:{id}:{column}")
}

/// A sealed value, where it stands, and whose key is to seal it: a tenant's, or the main one (`None`).
pub type Sealed = (Place, Option<TenantId>, String);

/// Every sealed value of every tenant, the tenants' own keys before what they seal. The rows stay locked until the
/// transaction ends.
pub async fn sealed_values(db: &mut PgConnection) -> Result<Vec<Sealed>, sqlx::Error> {
    let mut values = Vec::new();
    let check: Option<String> =
        sqlx::query_scalar("select key_check from installation for update").fetch_optional(&mut *db).await?;
    values.extend(check.map(|check| (Place::KeyCheck, None, check)));

    let tenants: Vec<(Uuid, String)> = sqlx::query_as(
        "select id, sealing_key from tenants where sealing_key is not null order by id for no key update",
    )
    .fetch_all(&mut *db)
    .await?;
    values.extend(tenants.into_iter().map(|(id, key)| (Place::TenantKey(TenantId(id)), None, key)));

    let keys: Vec<(Uuid, Uuid, String)> = sqlx::query_as(
        "select tenant_id, id, api_key from providers where api_key is not null order by id for no key update",
    )
    .fetch_all(&mut *db)
    .await?;
    values.extend(
        keys.into_iter()
            .map(|(tenant, id, key)| (Place::ProviderApiKey(ProviderId(id)), Some(TenantId(tenant)), key)),
    );

    let tokens: Vec<(Uuid, Uuid, String, String, Option<String>)> = sqlx::query_as(
        "select tenant_id, provider_id, access_token, refresh_token, id_token from grants
         order by provider_id for no key update",
    )
    .fetch_all(&mut *db)
    .await?;
    for (tenant, id, access, refresh, id_token) in tokens {
        let (id, tenant) = (ProviderId(id), Some(TenantId(tenant)));
        values.push((Place::Grant(id, TokenColumn::Access), tenant, access));
        values.push((Place::Grant(id, TokenColumn::Refresh), tenant, refresh));
        values.extend(id_token.map(|token| (Place::Grant(id, TokenColumn::Id), tenant, token)));
    }

    let logins: Vec<(Uuid, Uuid, Option<String>, Option<String>)> = sqlx::query_as(
        "select tenant_id, id, verifier, device_auth from pending_logins
         where verifier is not null or device_auth is not null order by id for no key update",
    )
    .fetch_all(&mut *db)
    .await?;
    for (tenant, id, verifier, device_auth) in logins {
        let tenant = Some(TenantId(tenant));
        values.extend(verifier.map(|value| (Place::LoginVerifier(id), tenant, value)));
        values.extend(device_auth.map(|value| (Place::LoginDeviceAuth(id), tenant, value)));
    }

    let servers: Vec<(Uuid, Uuid, Option<String>, Option<String>)> = sqlx::query_as(
        "select tenant_id, id, env, headers from mcp_servers where env is not null or headers is not null
         order by id for no key update",
    )
    .fetch_all(&mut *db)
    .await?;
    for (tenant, id, env, headers) in servers {
        let tenant = Some(TenantId(tenant));
        values.extend(env.map(|value| (Place::McpServer(id, SealedColumn::Env), tenant, value)));
        values.extend(headers.map(|value| (Place::McpServer(id, SealedColumn::Headers), tenant, value)));
    }

    let codes: Vec<(Uuid, String)> = sqlx::query_as(
        "select id, totp_secret from users where totp_secret is not null order by id for no key update",
    )
    .fetch_all(&mut *db)
    .await?;
    values.extend(codes.into_iter().map(|(id, secret)| (Place::UserTotp(UserId(id)), None, secret)));

    let sign_ins: Vec<(Uuid, String)> =
        sqlx::query_as("select id, verifier from oidc_sign_ins order by id for no key update")
            .fetch_all(&mut *db)
            .await?;
    let verifiers = sign_ins.into_iter();
    values.extend(verifiers.map(|(id, value)| (Place::OidcVerifier(OidcSignInId(id)), None, value)));
    Ok(values)
}

/// Replaces one sealed value. The grant's version stays: the token is the same.
pub async fn replace_sealed(db: &mut PgConnection, place: Place, sealed: &str) -> Result<(), sqlx::Error> {
    let query = match place {
        Place::KeyCheck => sqlx::query("update installation set key_check = $1").bind(sealed),
        Place::TenantKey(id) => return tenants::set_sealing_key(db, id, sealed).await,
        Place::ProviderApiKey(id) => {
            sqlx::query("update providers set api_key = $1 where id = $2").bind(sealed).bind(id.0)
        }
        Place::Grant(id, column) => match column {
            TokenColumn::Access => sqlx::query("update grants set access_token = $1 where provider_id = $2"),
            TokenColumn::Refresh => {
                sqlx::query("update grants set refresh_token = $1 where provider_id = $2")
            }
            TokenColumn::Id => sqlx::query("update grants set id_token = $1 where provider_id = $2"),
        }
        .bind(sealed)
        .bind(id.0),
        Place::LoginVerifier(id) => {
            sqlx::query("update pending_logins set verifier = $1 where id = $2").bind(sealed).bind(id)
        }
        Place::LoginDeviceAuth(id) => {
            sqlx::query("update pending_logins set device_auth = $1 where id = $2").bind(sealed).bind(id)
        }
        Place::McpServer(id, column) => match column {
            SealedColumn::Env => sqlx::query("update mcp_servers set env = $1 where id = $2"),
            SealedColumn::Headers => sqlx::query("update mcp_servers set headers = $1 where id = $2"),
        }
        .bind(sealed)
        .bind(id),
        Place::UserTotp(id) => {
            sqlx::query("update users set totp_secret = $1 where id = $2").bind(sealed).bind(id.0)
        }
        Place::OidcVerifier(id) => {
            sqlx::query("update oidc_sign_ins set verifier = $1 where id = $2").bind(sealed).bind(id.0)
        }
    };
    query.execute(db).await.map(drop)
}
