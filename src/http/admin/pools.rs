//! Pools as clients see them: by name, in their owner's settings and beside every account.

use crate::domain::catalogue::{Provider, TenantCatalogue};
use crate::domain::pool::config::{Affinity, PoolSettings, Strategy};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// Where a ChatGPT account stands in the pools.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProviderPool)]
pub struct PoolBody {
    #[schema(value_type = PoolRole)]
    role: &'static str,
    /// Of the pool that it is in; its own name where it manages one.
    #[schema(required)]
    owner: Option<String>,
    #[schema(required, value_type = Option<PoolStrategy>)]
    strategy: Option<Strategy>,
    #[schema(required, value_type = Option<PoolAffinity>)]
    affinity: Option<Affinity>,
    /// Of that pool, in order, without the owner.
    members: Vec<String>,
    /// Of that pool: the account that is asked first where there is an order.
    #[schema(required)]
    primary: Option<String>,
}

/// What an account is in its pool.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PoolRole {
    Owner,
    Member,
    None,
}

/// In which order a pool's accounts are asked. It documents `domain::pool::config::Strategy`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PoolStrategy {
    /// The owner while it can serve; the members only when it fails.
    PrimaryFirst,
    /// The owner, then the members in order: the first that can serve.
    PriorityOrder,
    /// In turn over all accounts.
    RoundRobin,
    /// By what is left of each account's quota and would lapse at its next reset.
    QuotaAware,
}

/// What stays on one account. It documents `domain::pool::config::Affinity`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PoolAffinity {
    /// The requests of a conversation, while its account can serve.
    Conversation,
    /// Nothing.
    Request,
}

impl PoolBody {
    /// `None` for a provider that is no ChatGPT account.
    pub(super) fn of(provider: &Provider, tenant: &TenantCatalogue) -> Option<Self> {
        if !provider.kind.is_chatgpt() {
            return None;
        }
        let owner = tenant.owner_of(provider.id);
        let role = match (owner, &provider.pool) {
            (Some(_), _) => "member",
            (None, Some(_)) => "owner",
            (None, None) => "none",
        };
        let owner = owner.map_or(provider, |owner| &**owner);
        let pool = owner.pool.as_ref();
        Some(Self {
            role,
            owner: pool.map(|_| owner.name.clone()),
            strategy: pool.map(|pool| pool.strategy),
            affinity: pool.map(|pool| pool.affinity),
            members: members(owner, tenant),
            primary: pool.map(|_| primary(owner, tenant).unwrap_or_else(|| owner.name.clone())),
        })
    }
}

/// The names of an owner's members.
fn members(owner: &Provider, tenant: &TenantCatalogue) -> Vec<String> {
    let accounts = tenant.pool(owner.id).into_iter().flat_map(|pool| pool.accounts.iter().skip(1));
    accounts.map(|account| account.name.clone()).collect()
}

/// The name of the member that is asked first, where it is not the owner.
fn primary(owner: &Provider, tenant: &TenantCatalogue) -> Option<String> {
    let pool = tenant.pool(owner.id)?;
    let account = pool.accounts.iter().find(|account| Some(account.id) == pool.primary)?;
    Some(account.name.clone())
}

/// The settings as clients see them: the pool is one of them.
pub(super) fn settings(provider: &Provider, tenant: &TenantCatalogue) -> Value {
    let mut settings = provider.settings.clone();
    if let (Some(pool), Some(settings)) = (&provider.pool, settings.as_object_mut()) {
        let pool = PoolSettings {
            strategy: pool.strategy,
            affinity: pool.affinity,
            extra_provider_names: members(provider, tenant),
            primary_provider_name: primary(provider, tenant),
        };
        settings.insert("codex_pool".into(), pool.to_json());
    }
    settings
}
