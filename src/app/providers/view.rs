//! A provider as the audit log tells of it.

use crate::domain::ids::TenantId;
use crate::store::providers::ProviderRow;
use crate::store::{grants, pools};
use serde_json::{Value, json};
use sqlx::PgConnection;

/// The provider with its pool and its account, as this transaction sees them.
pub(super) async fn view(tx: &mut PgConnection, tenant: TenantId, row: &ProviderRow) -> sqlx::Result<Value> {
    let pool = match pools::get(tx, tenant, row.id).await? {
        Some(pool) => json!({
            "strategy": pool.strategy,
            "affinity": pool.affinity,
            "primary_provider_name": pools::primary_name(tx, tenant, row.id).await?,
            "extra_provider_names": pools::member_names(tx, tenant, row.id).await?,
        }),
        None => Value::Null,
    };
    let account = grants::get(tx, tenant, row.id).await?.map(|grant| grant.email.unwrap_or(grant.account_id));
    Ok(json!({
        "name": row.name,
        "provider_type": row.provider_type,
        "display_name": row.display_name,
        "api_base": row.api_base,
        "api_key": row.api_key.as_ref().map(|_| "***"),
        "enabled": row.enabled,
        "draining": row.draining,
        "settings": row.settings,
        "codex_pool": pool,
        "account": account,
    }))
}
