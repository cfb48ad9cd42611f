//! What a pool's last requests would have done under another strategy.

use crate::app::App;
use crate::domain::agent::Agent;
use crate::domain::catalogue::TenantCatalogue;
use crate::domain::ids::{ProviderId, TenantId};
use crate::domain::pool::config::Strategy;
use crate::domain::pool::effective::{AgentRouting, EffectivePool};
use crate::domain::quota::readiness::{Headroom, Readiness, WindowRoom, capacity};
use crate::domain::quota::window::WindowLength;
use crate::domain::routing::affinity::ConversationKey;
use crate::domain::routing::replay::{Past, Replayed, Rules, replay};
use crate::store::quota::{self, SampledRow};
use crate::store::requests::{self, AttemptRow, Filter, ReplayRow};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use uuid::Uuid;

/// Lengths of the windows whose history is looked at, in seconds: five hours, a week, a month.
const LENGTHS: [i64; 3] = [18_000, 604_800, 2_592_000];
/// The history is read at so many points of a window's length.
const FINE: i64 = 400;

/// What there is to know about the numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Note {
    /// There are fewer than were asked for.
    FewerRequests,
    /// Requests of agents with a routing of their own: the pool's strategy does not move them.
    OwnRoutingLeftOut,
    /// Some were asked when the pool had other accounts.
    MembersChanged,
    /// Of some, the conversation was not written down: they count as by themselves.
    ConversationsUnknown,
    /// Of some account nothing was known of its quota then: it counts as on pace.
    QuotaUnknown,
}

/// What came of it.
#[derive(Debug)]
pub struct Preview {
    pub current: Strategy,
    pub requests: usize,
    /// From the first to the last of them.
    pub between: Option<(DateTime<Utc>, DateTime<Utc>)>,
    pub accounts: Vec<String>,
    pub replayed: Replayed,
    pub notes: Vec<Note>,
}

/// A window's figures by account, oldest first.
type Histories = BTreeMap<WindowLength, HashMap<Uuid, Vec<SampledRow>>>;

impl App {
    /// Decides the last requests to a pool once more. `None`: the provider manages no pool.
    pub async fn pool_preview(
        &self,
        tenant: TenantId,
        owner: ProviderId,
        strategy: Strategy,
        count: u32,
    ) -> sqlx::Result<Option<Preview>> {
        let catalogue = self.catalogues.current();
        let catalogue = catalogue.tenant(tenant);
        let Some(pool) = catalogue.pool(owner).filter(|pool| pool.active && pool.owner().id == owner) else {
            return Ok(None);
        };
        let mut notes = BTreeSet::new();
        let mut tx = self.db.tenant(tenant).await?;
        let filter = Filter { pool_owner: Some(owner), ..Filter::default() };
        let newest = requests::page(&mut tx, tenant, &filter, None, count).await?;
        if newest.len() < count as usize {
            notes.insert(Note::FewerRequests);
        }
        let ids: Vec<Uuid> = newest.iter().map(|row| row.id).collect();
        let mut rows = requests::for_replay(&mut tx, tenant, &ids).await?;
        let before = rows.len();
        rows.retain(|row| !row.agent_key.as_deref().is_some_and(|key| routes_itself(catalogue, key)));
        if rows.len() < before {
            notes.insert(Note::OwnRoutingLeftOut);
        }
        let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
        let attempts = requests::attempts_of(&mut tx, tenant, &ids).await?;
        let between = rows.first().zip(rows.last()).map(|(first, last)| (first.started_at, last.started_at));
        let mut histories = Histories::new();
        if let Some((first, last)) = between.filter(|_| strategy == Strategy::QuotaAware) {
            let accounts: Vec<Uuid> = pool.accounts.iter().map(|account| account.id.0).collect();
            for length in LENGTHS.into_iter().filter_map(WindowLength::from_seconds) {
                let span = (first - length.delta(), last);
                let step = length.seconds() / FINE;
                let rows = quota::sampled(&mut tx, tenant, &accounts, length.seconds(), span, step).await?;
                let by_account = histories.entry(length).or_default();
                for row in rows {
                    by_account.entry(row.provider_id).or_default().push(row);
                }
            }
        }
        drop(tx);
        let past = past(pool, &rows, &attempts, &histories, &mut notes);
        if strategy == Strategy::QuotaAware
            && past.iter().any(|request| request.quota.contains(&Readiness::Unknown))
        {
            notes.insert(Note::QuotaUnknown);
        }
        let accounts: Vec<(ProviderId, &str)> =
            pool.accounts.iter().map(|account| (account.id, account.name.as_str())).collect();
        let minutes = self.config.load().routing.conversation_ttl_minutes;
        let rules = Rules {
            strategy,
            affinity: pool.affinity,
            accounts: &accounts,
            primary: pool.accounts.iter().position(|a| Some(a.id) == pool.primary).unwrap_or(0),
            conversation_ttl: TimeDelta::minutes(i64::try_from(minutes).unwrap_or(60)),
        };
        Ok(Some(Preview {
            current: pool.strategy,
            requests: past.len(),
            between,
            replayed: replay(&rules, &past),
            accounts: pool.accounts.iter().map(|account| account.name.clone()).collect(),
            notes: notes.into_iter().collect(),
        }))
    }
}

/// Whether the pool's own strategy does not count for an agent.
fn routes_itself(catalogue: &TenantCatalogue, key: &str) -> bool {
    let routing = |agent: &Arc<Agent>| agent.routing.as_ref().map(AgentRouting::from_object);
    matches!(catalogue.agent(key).and_then(routing), Some(Ok(AgentRouting::Custom { .. })))
}

/// The requests as they were, by the places that the accounts have now.
fn past(
    pool: &EffectivePool,
    rows: &[ReplayRow],
    attempts: &[AttemptRow],
    histories: &Histories,
    notes: &mut BTreeSet<Note>,
) -> Vec<Past> {
    let place = |id: Uuid| pool.accounts.iter().position(|account| account.id.0 == id);
    let named = |name: &str| pool.accounts.iter().position(|account| account.name == name);
    let mut failed: HashMap<Uuid, Vec<usize>> = HashMap::new();
    for attempt in attempts.iter().filter(|a| a.outcome == "failed" && a.fault.as_deref() != Some("client")) {
        failed.entry(attempt.request_id).or_default().extend(place(attempt.provider_id));
    }
    rows.iter()
        .map(|row| {
            let texts = |list: &str, of: &dyn Fn(&serde_json::Value) -> Option<String>| -> Vec<String> {
                row.decision[list].as_array().into_iter().flatten().filter_map(of).collect()
            };
            let name = |value: &serde_json::Value| value.as_str().map(str::to_owned);
            let excluded = texts("excluded", &|e| name(&e["provider_name"]));
            let asked = texts("attempts", &name);
            let is_gone = asked.iter().chain(&excluded).any(|name| named(name).is_none());
            if is_gone || row.decision["candidates"] != pool.accounts.len() {
                notes.insert(Note::MembersChanged);
            }
            if row.conversation.is_none() && !row.decision["home"].is_null() {
                notes.insert(Note::ConversationsUnknown);
            }
            Past {
                at: row.started_at,
                conversation: row.conversation.map(|key| ConversationKey(key.as_u128())),
                excluded: excluded.iter().filter_map(|name| named(name)).collect(),
                troubled: texts("last_resort", &name).iter().filter_map(|name| named(name)).collect(),
                failed: failed.remove(&row.id).unwrap_or_default(),
                served: row.provider_id.and_then(place),
                quota: pool
                    .accounts
                    .iter()
                    .map(|account| {
                        let plan = account.grant.as_ref().and_then(|grant| grant.plan_type.as_deref());
                        readiness_at(histories, account.id.0, capacity(plan), row.started_at)
                    })
                    .collect(),
            }
        })
        .collect()
}

/// What was known of an account's quota at a moment.
fn readiness_at(histories: &Histories, account: Uuid, capacity: f64, at: DateTime<Utc>) -> Readiness {
    let room = |(length, by_account): (&WindowLength, &HashMap<Uuid, Vec<SampledRow>>)| {
        let rows = by_account.get(&account)?;
        let last = rows[..rows.partition_point(|row| row.observed_at <= at)].last()?;
        last.resets_at.is_none_or(|reset| at < reset).then(|| WindowRoom {
            kind: length.kind(),
            length: length.delta(),
            remaining: ((100.0 - last.used_percent) / 100.0).clamp(0.0, 1.0),
            resets_at: last.resets_at,
        })
    };
    let windows: Vec<WindowRoom> = histories.iter().filter_map(room).collect();
    if windows.is_empty() {
        return Readiness::Unknown;
    }
    Readiness::Available { headroom: Arc::new(Headroom { windows, capacity }) }
}
