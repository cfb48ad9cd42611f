//! The token manager: access tokens in memory, one refresh per account at a time over all tasks and all processes.
//!
//! `get` reads memory only. Postgres is the truth behind it: the row of a sign-in is locked while its refresh token is
//! exchanged, and a change by another replica arrives through `NOTIFY` (`load`, `invalidate`).

mod call;
mod refresh;
mod save;
mod sign_in;
mod slot;

pub use sign_in::{AdoptError, Adopted};

use crate::app::clock::Clock;
use crate::app::vault::Vault;
use crate::domain::ids::{ProviderId, TenantId};
use crate::domain::token::{Grant, REFRESH_HORIZON, ReauthReason};
use crate::store::db::Db;
use crate::store::grants::{self, GrantRow};
use crate::upstream::openai_auth::OpenAiAuth;
use arc_swap::ArcSwap;
use chrono::{DateTime, Utc};
use futures_util::StreamExt as _;
use refresh::Patience;
use secrecy::SecretString;
use slot::{Live, Readiness, Slot};
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::Arc;
use tokio::sync::{Mutex, Semaphore};
use tokio_util::task::TaskTracker;

/// How many due sign-ins one background pass looks at; the next pass takes the rest.
const DUE_AT_ONCE: i64 = 5000;

/// An access token with what a call needs beside it.
#[derive(Clone, Debug)]
pub struct AccessToken {
    pub token: SecretString,
    /// The value of the `chatgpt-account-id` header.
    pub account_id: String,
    pub is_fedramp: bool,
    /// Which state of the sign-in this is: hand it back to [`Tokens::force_refresh`] and [`Tokens::mark_needs_reauth`].
    pub version: i64,
    pub expires_at: DateTime<Utc>,
}

/// Why there is no access token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    #[error("not signed in")]
    SignedOut,
    #[error("sign-in needed: {reason}")]
    NeedsReauth { since: DateTime<Utc>, reason: ReauthReason },
    /// Passing: the issuer or the database does not answer.
    #[error("the sign-in cannot be renewed at the moment: {cause}")]
    Unavailable { retry_at: DateTime<Utc>, cause: String },
}

/// What [`Tokens`] works with.
#[derive(Clone, Debug)]
pub struct TokensDeps {
    pub db: Db,
    pub vault: Vault,
    pub clock: Clock,
    pub auth: OpenAiAuth,
    /// Refreshes run on it: a client that hangs up cannot cut one off, and shutdown waits for it.
    pub tracker: TaskTracker,
}

/// The token manager. Clones share everything.
#[derive(Clone)]
pub struct Tokens(Arc<Shared>);

struct Shared {
    deps: TokensDeps,
    slots: ArcSwap<HashMap<ProviderId, Arc<Slot>>>,
    /// Held by who changes the set of slots.
    sync: Mutex<()>,
    /// A refresh takes two connections and may wait for a lock: together they never take more than half of the pool.
    permits: Semaphore,
    /// Names this instance in intents.
    holder: String,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").field("sign_ins", &self.0.slots.load().len()).finish_non_exhaustive()
    }
}

impl Tokens {
    pub fn new(deps: TokensDeps) -> Self {
        let permits = (deps.db.max_connections() / 4).max(1);
        Self(Arc::new(Shared {
            slots: ArcSwap::default(),
            sync: Mutex::default(),
            permits: Semaphore::new(permits as usize),
            holder: deps.clock.new_id().to_string(),
            deps,
        }))
    }

    /// Brings memory up to date with the database: at start, and after every `NOTIFY` about grants. Reads only what
    /// changed.
    pub async fn load(&self) -> Result<(), sqlx::Error> {
        let _sync = self.0.sync.lock().await;
        let mut connection = self.deps().db.work().await?;
        let slots = self.0.slots.load_full();
        if slots.is_empty() {
            let rows = grants::list_all(&mut connection).await?;
            let loaded = rows.iter().map(|row| (row.provider_id, self.slot_of(row))).collect();
            self.0.slots.store(Arc::new(loaded));
            return Ok(());
        }
        let versions = grants::versions(&mut connection).await?;
        let there: HashSet<ProviderId> = versions.iter().map(|version| version.provider_id).collect();
        for gone in slots.keys().filter(|id| !there.contains(id)) {
            self.apply(*gone, None);
        }
        for version in versions {
            let known = slots.get(&version.provider_id).is_some_and(|slot| {
                let live = slot.live();
                live.version > version.version
                    || (live.version == version.version && live.grant == version.grant)
            });
            if !known {
                let row = grants::get_any(&mut connection, version.provider_id).await?;
                self.apply(version.provider_id, row.as_ref());
            }
        }
        Ok(())
    }

    /// Brings one provider up to date with the database: after [`Tokens::adopt`] was committed, after a deletion, and
    /// when another replica says that it changed.
    pub async fn invalidate(&self, provider: ProviderId) -> Result<(), sqlx::Error> {
        let _sync = self.0.sync.lock().await;
        let mut connection = self.deps().db.work().await?;
        let row = grants::get_any(&mut connection, provider).await?;
        self.apply(provider, row.as_ref());
        Ok(())
    }

    /// The access token, from memory when it is fresh. Near its end it is refreshed in the background; past it, the
    /// caller waits.
    pub async fn get(&self, tenant: TenantId, provider: ProviderId) -> Result<Arc<AccessToken>, TokenError> {
        let slot = self.slot(tenant, provider).ok_or(TokenError::SignedOut)?;
        match slot.readiness(self.now()) {
            Readiness::Fresh(token) => Ok(token),
            Readiness::Ageing(token) => {
                self.refresh_behind(&slot);
                Ok(token)
            }
            Readiness::Ended => self.refresh(&slot, slot.live().version, false, Patience::Wait).await,
            Readiness::NeedsReauth { since, reason } => Err(TokenError::NeedsReauth { since, reason }),
        }
    }

    /// A token newer than `seen_version`, which the API refused with a 401. When the sign-in has moved on meanwhile,
    /// that is returned and nothing is refreshed.
    pub async fn force_refresh(
        &self,
        tenant: TenantId,
        provider: ProviderId,
        seen_version: i64,
    ) -> Result<Arc<AccessToken>, TokenError> {
        let slot = self.slot(tenant, provider).ok_or(TokenError::SignedOut)?;
        self.refresh(&slot, seen_version, true, Patience::Wait).await
    }

    /// The API refused version `seen_version` after a refresh: only the owner can help. Whether it applied; not when
    /// the sign-in has moved on meanwhile.
    pub async fn mark_needs_reauth(
        &self,
        tenant: TenantId,
        provider: ProviderId,
        seen_version: i64,
        reason: ReauthReason,
    ) -> Result<bool, sqlx::Error> {
        let mut transaction = self.deps().db.begin_work().await?;
        let now = self.now();
        let applied =
            self.give_up_sign_in(&mut transaction, (tenant, provider), seen_version, &reason, now).await?;
        transaction.commit().await?;
        if applied {
            tracing::warn!(provider_id = %provider, %reason, "sign-in needed");
        }
        self.invalidate(provider).await?;
        Ok(applied)
    }

    /// What is known of a sign-in, from memory; `None` when signed out.
    pub fn state(&self, tenant: TenantId, provider: ProviderId) -> Option<Grant> {
        self.slot(tenant, provider).map(|slot| slot.live().grant.clone())
    }

    /// One background pass: refreshes what is due, the most urgent first. Idempotent. How many have
    /// new tokens now.
    pub async fn refresh_due(&self) -> Result<usize, sqlx::Error> {
        let now = self.now();
        let mut connection = self.deps().db.work().await?;
        let rows = grants::due(&mut connection, now + REFRESH_HORIZON, DUE_AT_ONCE).await?;
        drop(connection);
        let mut due = Vec::new();
        for row in rows {
            let known = self.slot(row.tenant_id, row.provider_id);
            if known.is_none_or(|slot| slot.live().version < row.version) {
                self.invalidate(row.provider_id).await?;
            }
            let Some(slot) = self.slot(row.tenant_id, row.provider_id) else {
                continue;
            };
            if slot.background_allowed(now) && slot.live().needs_refresh(slot.provider, now) {
                due.push(slot);
            }
        }
        // Half of the permits: a request that waits for its token does not stand behind a thousand others.
        let at_once = (self.permits().available_permits() / 2).max(1);
        let refreshed = futures_util::stream::iter(due)
            .map(|slot| async move {
                let before = slot.live().version;
                // Its failure is noted and logged where it happens.
                drop(self.refresh(&slot, before, false, Patience::Yield).await);
                slot.live().version > before
            })
            .buffer_unordered(at_once)
            .filter(|refreshed| std::future::ready(*refreshed))
            .count()
            .await;
        Ok(refreshed)
    }

    fn deps(&self) -> &TokensDeps {
        &self.0.deps
    }

    fn permits(&self) -> &Semaphore {
        &self.0.permits
    }

    fn holder(&self) -> &str {
        &self.0.holder
    }

    fn now(&self) -> DateTime<Utc> {
        self.0.deps.clock.now()
    }

    /// Another tenant's sign-in is none.
    fn slot(&self, tenant: TenantId, provider: ProviderId) -> Option<Arc<Slot>> {
        self.0.slots.load().get(&provider).filter(|slot| slot.tenant == tenant).cloned()
    }

    fn slot_of(&self, row: &GrantRow) -> Arc<Slot> {
        Arc::new(Slot::new(row.tenant_id, row.provider_id, Live::open(row, &self.deps().vault)))
    }

    /// Takes in what the database says of one provider. The caller holds `sync`.
    fn apply(&self, provider: ProviderId, row: Option<&GrantRow>) {
        let slots = self.0.slots.load_full();
        match (slots.get(&provider), row) {
            (Some(slot), Some(row)) if slot.tenant == row.tenant_id => {
                slot.publish(Live::open(row, &self.deps().vault));
            }
            (None, None) => {}
            (_, row) => {
                let mut changed = HashMap::clone(&slots);
                match row {
                    Some(row) => changed.insert(provider, self.slot_of(row)),
                    None => changed.remove(&provider),
                };
                self.0.slots.store(Arc::new(changed));
            }
        }
    }
}
