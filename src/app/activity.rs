//! How a pool did of late: its newest requests, and the numbers of each of its accounts.

use crate::app::App;
use crate::app::traces::{AttemptRow, Filter, RequestRow};
use crate::domain::activity::{Attempt, Call, Counts, Outcome, counts, sample_size};
use crate::domain::agent::{Agent, AgentDefaults};
use crate::domain::catalogue::{Provider, TenantCatalogue};
use crate::domain::ids::{ProviderId, RequestId, TenantId};
use crate::domain::pool::effective::EffectivePool;
use crate::domain::provider::Status;
use crate::store::requests;
use serde_json::Value;
use std::collections::HashMap;
use uuid::Uuid;

/// The accounts that serve together, and which requests are theirs.
#[derive(Clone, Debug)]
pub struct Pool {
    pub accounts: EffectivePool,
    requests: Filter,
}

/// What a pool did.
#[derive(Debug, Default)]
pub struct Activity {
    /// `None` where there is no pool to look at.
    pub pool: Option<EffectivePool>,
    /// How many requests the numbers come from.
    pub sample: usize,
    /// Of each account, in the pool's order.
    pub counts: Vec<Counts>,
    /// Newest first.
    pub recent: Vec<Recent>,
    /// Requests of each agent in the sample, the busiest first.
    pub agents: Vec<(String, u32)>,
}

/// One request of the sample.
#[derive(Debug)]
pub struct Recent {
    pub row: RequestRow,
    pub call: Call,
    pub decision: Option<Value>,
}

/// The pool of a provider. A member of another one's pool is alone, with all requests in which it was tried. `None` for a
/// provider that is no ChatGPT account: only these form pools.
pub fn pool_of_provider(tenant: &TenantCatalogue, provider: &Provider) -> Option<Pool> {
    let accounts = tenant.pool(provider.id).filter(|_| provider.kind.is_chatgpt())?.clone();
    let requests = match tenant.owner_of(provider.id) {
        Some(_) => Filter { account: Some(provider.id), ..Filter::default() },
        None => Filter { pool_owner: Some(provider.id), ..Filter::default() },
    };
    Some(Pool { accounts, requests })
}

/// The pool that an agent uses, with its own routing. `None` when its provider is no ChatGPT account, or does not exist.
pub fn pool_of_agent(tenant: &TenantCatalogue, agent: &Agent, defaults: &AgentDefaults) -> Option<Pool> {
    let accounts = tenant.agent_pool(agent, defaults).filter(|pool| pool.owner().kind.is_chatgpt())?;
    let requests = Filter {
        pool_owner: Some(accounts.owner().id),
        agent_key: Some(agent.key.clone()),
        ..Filter::default()
    };
    Some(Pool { accounts, requests })
}

/// What is known of an account's quota, as `GET /v1/quota` shows it.
pub fn quota(app: &App, account: &Provider) -> Value {
    app.quotas.overview(account, app.clock.now()).to_json(account)
}

/// How an account is at the moment.
pub fn status(app: &App, account: &Provider) -> Status {
    app.accounts.status(account, app.clock.now())
}

/// The newest requests of a pool, `limit` of them one by one.
pub async fn activity(app: &App, tenant: TenantId, pool: Option<Pool>, limit: u32) -> sqlx::Result<Activity> {
    let Some(pool) = pool else { return Ok(Activity::default()) };
    let mut conn = app.db.tenant(tenant).await?;
    let rows = requests::page(&mut conn, tenant, &pool.requests, None, sample_size(limit)).await?;
    let ids: Vec<Uuid> = rows.iter().map(|r| r.id).collect();
    let attempts = requests::attempts_of(&mut conn, tenant, &ids).await?;
    let shown = ids.len().min(limit as usize);
    let mut decisions = requests::decisions_of(&mut conn, tenant, &ids[..shown]).await?;
    drop(conn);

    let calls = calls(&rows, attempts);
    Ok(Activity {
        sample: rows.len(),
        counts: pool.accounts.accounts.iter().map(|account| counts(&calls, account.id)).collect(),
        agents: busiest(&rows),
        recent: rows
            .into_iter()
            .zip(calls)
            .take(shown)
            .map(|(row, call)| Recent { decision: decisions.remove(&row.id), row, call })
            .collect(),
        pool: Some(pool.accounts),
    })
}

fn calls(rows: &[RequestRow], attempts: Vec<AttemptRow>) -> Vec<Call> {
    let mut by_request: HashMap<Uuid, Vec<Attempt>> = HashMap::new();
    for row in attempts {
        let error = match (row.error_code, row.error_message) {
            (Some(code), Some(text)) => Some(format!("{code}: {text}")),
            (code, text) => code.or(text),
        };
        by_request.entry(row.request_id).or_default().push(Attempt {
            provider: ProviderId(row.provider_id),
            provider_name: row.provider_name,
            started_at: row.started_at,
            outcome: Outcome::of(&row.outcome, row.fault.as_deref()),
            error,
        });
    }
    let call = |row: &RequestRow| Call {
        id: RequestId(row.id),
        started_at: row.started_at,
        attempts: by_request.remove(&row.id).unwrap_or_default(),
    };
    rows.iter().map(call).collect()
}

fn busiest(rows: &[RequestRow]) -> Vec<(String, u32)> {
    let mut agents: HashMap<&str, u32> = HashMap::new();
    for key in rows.iter().filter_map(|row| row.agent_key.as_deref()) {
        *agents.entry(key).or_default() += 1;
    }
    let mut agents: Vec<(String, u32)> = agents.into_iter().map(|(key, n)| (key.to_owned(), n)).collect();
    agents.sort_by(|(a, m), (b, n)| n.cmp(m).then_with(|| a.cmp(b)));
    agents
}
