//! What all accounts of a tenant have left together.

use super::Quotas;
use crate::domain::catalogue::{Provider, TenantCatalogue};
use crate::domain::ids::TenantId;
use crate::domain::provider::State;
use crate::domain::quota::capacity::{Account, WindowCapacity, capacity};
use crate::domain::quota::forecast::{Present, Sample};
use crate::domain::quota::readiness;
use crate::domain::quota::window::{MeterId, Source, WindowLength};
use crate::store::quota::{self, SampledRow};
use chrono::{DateTime, Utc};
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

/// Windows that are told of while nothing is known of any: five hours and a week, in seconds.
const USUAL: [i64; 2] = [18_000, 604_800];
/// The history is read at so many points of a window's length: twice as fine as it is told.
const FINE: i64 = 200;

/// What memory has of one account.
struct Memory<'a> {
    provider: &'a Provider,
    plan_type: Option<String>,
    /// Every window of the main meter that was ever heard of, with what is known of it now.
    windows: Vec<(WindowLength, Option<(Present, Source)>)>,
}

impl Quotas {
    /// Every window of the main meter, of the accounts that can be used: who is switched off or signed out has nothing
    /// to give.
    pub async fn capacity(
        &self,
        tenant: TenantId,
        catalogue: &TenantCatalogue,
        now: DateTime<Utc>,
    ) -> sqlx::Result<Vec<WindowCapacity>> {
        let usable = |p: &&std::sync::Arc<Provider>| {
            p.kind.is_chatgpt() && matches!(p.status().state, State::Ready | State::Draining)
        };
        let accounts: Vec<Memory<'_>> =
            catalogue.providers.iter().filter(usable).map(|provider| self.memory(provider, now)).collect();
        if accounts.is_empty() {
            return Ok(Vec::new());
        }
        let mut lengths: BTreeSet<WindowLength> =
            accounts.iter().flat_map(|account| account.windows.iter().map(|(length, _)| *length)).collect();
        if accounts.iter().any(|account| account.windows.is_empty()) {
            lengths.extend(USUAL.into_iter().filter_map(WindowLength::from_seconds));
        }
        let ids: Vec<Uuid> = accounts.iter().map(|account| account.provider.id.0).collect();
        let mut tx = self.parts.db.tenant(tenant).await?;
        let mut told = Vec::with_capacity(lengths.len());
        for length in lengths {
            // What held at the beginning was told before it.
            let span = (now - length.delta() * 2, now);
            let rows = quota::sampled(&mut tx, tenant, &ids, length.seconds(), span, length.seconds() / FINE)
                .await?;
            let mut histories = by_account(rows);
            let windows: Vec<Account<'_>> =
                accounts.iter().filter_map(|account| account.of(length, &mut histories)).collect();
            told.push(capacity(length, &windows, now));
        }
        Ok(told)
    }

    fn memory<'a>(&self, provider: &'a Provider, now: DateTime<Utc>) -> Memory<'a> {
        let of_sign_in = provider.grant.as_ref().and_then(|grant| grant.plan_type.clone());
        let Some(account) = self.known(provider.id) else {
            return Memory { provider, plan_type: of_sign_in, windows: Vec::new() };
        };
        let live = account.live();
        let present = live.evidence.windows_of(&MeterId::main(), now);
        let lengths: BTreeSet<WindowLength> =
            present.iter().map(|window| window.length).chain(live.lengths()).collect();
        let windows = lengths.into_iter().map(|length| {
            let known = present.iter().find(|window| window.length == length).map(|window| {
                let present = Present {
                    length,
                    used_percent: window.used_percent,
                    resets_at: window.resets_at,
                    observed_at: window.observed_at,
                };
                (present, window.source)
            });
            (length, known)
        });
        Memory {
            provider,
            windows: windows.collect(),
            plan_type: live.evidence.plan().map(str::to_owned).or(of_sign_in),
        }
    }
}

impl Memory<'_> {
    /// As far as a window goes. `None`: the account has no such window. One of which nothing was ever heard may have any.
    fn of(&self, length: WindowLength, histories: &mut HashMap<Uuid, Vec<Sample>>) -> Option<Account<'_>> {
        let window = self.windows.iter().find(|(known, _)| *known == length);
        if window.is_none() && !self.windows.is_empty() {
            return None;
        }
        Some(Account {
            name: &self.provider.name,
            plan_type: self.plan_type.clone(),
            weight: readiness::capacity(self.plan_type.as_deref()),
            present: window.and_then(|(_, present)| *present),
            history: histories.remove(&self.provider.id.0).unwrap_or_default(),
        })
    }
}

fn by_account(rows: Vec<SampledRow>) -> HashMap<Uuid, Vec<Sample>> {
    let mut histories: HashMap<Uuid, Vec<Sample>> = HashMap::new();
    for row in rows {
        let sample = Sample { at: row.observed_at, used_percent: row.used_percent, resets_at: row.resets_at };
        histories.entry(row.provider_id).or_default().push(sample);
    }
    histories
}
