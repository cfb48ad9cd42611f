//! API keys: made, changed, revoked, and kept in memory by every replica.
//!
//! A request is authenticated from memory alone: one digest and one look into a table. What changes is told to the other
//! replicas like every change of the catalogue, so that a revoked key works nowhere after a second; an answer that it has
//! begun goes on to its end.
//!
//! The key of a person is worth no more than the person: what became of them (another role, disabled, gone) is read with
//! the keys, and heard of in the same way.

mod change;
mod ring;
mod view;

pub use change::{KeyChange, NewKey};
pub use ring::{Digest, KeyRing};
pub use view::{KeyView, LimitView};

use crate::app::access::{digest, make_token};
use crate::app::audit::{self, Change};
use crate::app::catalogue::Catalogues;
use crate::app::clock::Clock;
use crate::app::limits::Limits;
use crate::domain::access::{Actor, Role, Who};
use crate::domain::api_key::{ApiKey, Reach, Rule, Standing, Violation};
use crate::domain::catalogue::TenantName;
use crate::domain::ids::{KeyId, ProviderId, TenantId, UserId};
use crate::domain::limits::{Limit, Meter, Window};
use crate::store::api_keys::{self, DayRow, KeyRow, OwnerRow, WholeRow};
use crate::store::db::Db;
use crate::store::limits::{self, LimitRow};
use chrono::{DateTime, SubsecRound as _, Utc};
use secrecy::{ExposeSecret as _, SecretString};
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::Mutex;
use uuid::Uuid;

/// Characters of a key that are shown: `gw_` and five of forty.
const SHOWN: usize = 8;
/// Days of use that a key is told of.
const DAYS: i64 = 14;

/// What they work with.
pub struct KeyParts {
    pub db: Db,
    pub clock: Clock,
    pub ring: Arc<KeyRing>,
    pub catalogues: Arc<Catalogues>,
    pub limits: Arc<Limits>,
}

/// All API keys.
pub struct Keys {
    parts: KeyParts,
    /// One rebuild at a time: an older reading must not replace a newer one.
    rebuild: Mutex<()>,
}

/// Why it was not done. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("{}", listed(.0))]
    Invalid(Vec<Violation>),
    #[error("a key can't have the role {}, which is above {}", .0.as_str(), .1.as_str())]
    RoleTooHigh(Role, Role),
    #[error("a key that has limits, allow-lists or an end of its own can't give access to anybody")]
    Restricted,
    #[error("key not found")]
    NotFound,
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
}

fn listed(wrong: &[Violation]) -> String {
    let lines: Vec<String> = wrong.iter().map(|w| format!("{}: {}", w.field, w.message)).collect();
    lines.join("; ")
}

/// Who asks, for `/v1/me`.
#[derive(Debug)]
pub struct Whoami {
    pub tenant: TenantName,
    /// When a key asks: the key, and what it used by day.
    pub key: Option<(KeyView, Vec<DayRow>)>,
}

impl Keys {
    /// None is known until the first [`reload`](Self::reload).
    pub fn new(parts: KeyParts) -> Self {
        Self { parts, rebuild: Mutex::default() }
    }

    /// Reads all keys anew.
    pub async fn reload(&self) -> sqlx::Result<()> {
        let _one = self.rebuild.lock().await;
        let mut tx = self.parts.db.begin_work().await?;
        sqlx::query("set transaction isolation level repeatable read, read only").execute(&mut *tx).await?;
        let rows = api_keys::list_all(&mut tx).await?;
        let rules = limits::list_all(&mut tx).await?;
        tx.commit().await?;
        let mut by_key: HashMap<Uuid, Vec<Rule>> = HashMap::new();
        for rule in rules {
            let key = rule.key_id;
            by_key.entry(key).or_default().extend(read_rule(&rule));
        }
        let keys = rows.into_iter().filter_map(|row| {
            let rules = by_key.remove(&row.key.id).unwrap_or_default();
            Some((Digest::try_from(row.key.digest.as_slice()).ok()?, facts(row, rules)?))
        });
        self.parts.ring.replace(keys.collect());
        Ok(())
    }

    /// What holds for a key that asks, as of now; `None` for anybody else. An error: it was revoked just now.
    pub fn of(&self, actor: &Actor) -> Result<Option<Arc<ApiKey>>, KeyError> {
        let Who::Key(id) = actor.who else { return Ok(None) };
        self.parts.ring.get(id, self.parts.clock.now()).map(Some).ok_or(KeyError::NotFound)
    }

    /// Makes a key. It is told once, here, and can't be read again.
    pub async fn create(&self, actor: &Actor, new: NewKey) -> Result<(KeyView, SecretString), KeyError> {
        self.may_give_access(actor)?;
        let most = actor.role.min(crate::domain::api_key::HIGHEST_ROLE);
        if new.role > most {
            return Err(KeyError::RoleTooHigh(new.role, most));
        }
        let now = self.now();
        let key = SecretString::from(make_token());
        let owner = match actor.who {
            Who::User(id) => Some((Some(id), actor.name.to_string())),
            Who::Key(_) => self.of(actor)?.and_then(|key| key.owner.clone()),
            Who::Token | Who::Gateway => None,
        };
        let (owner_id, owner_name) = owner.unzip();
        let mut row = KeyRow {
            id: self.parts.clock.new_id(),
            tenant_id: actor.tenant,
            name: String::new(),
            digest: digest(key.expose_secret()).to_vec(),
            prefix: key.expose_secret().chars().take(SHOWN).collect(),
            role: new.role.as_str().into(),
            owner_id: owner_id.flatten().map(|id| id.0),
            owner_name,
            models: None,
            agents: None,
            providers: None,
            created_at: now,
            expires_at: None,
            last_used_at: None,
            revoked_at: None,
        };
        let mut tx = self.parts.db.tenant(actor.tenant).await?;
        let rules = self.apply(&mut tx, &mut row, new.into()).await?;
        api_keys::insert(&mut tx, &row).await?;
        limits::replace(&mut tx, actor.tenant, row.id, &rules.unwrap_or_default()).await?;
        let view = self.view(&mut tx, row).await?;
        let change = Change::new("key.create").on(view.id, &view.name).made(view.told());
        audit::record(&mut tx, &self.parts.clock, actor, &change).await?;
        tx.commit().await?;
        self.reload().await?;
        Ok((view, key))
    }

    /// Changes what is given.
    pub async fn update(&self, actor: &Actor, id: KeyId, change: KeyChange) -> Result<KeyView, KeyError> {
        self.may_give_access(actor)?;
        let mut tx = self.parts.db.tenant(actor.tenant).await?;
        let mut row = api_keys::lock(&mut tx, actor.tenant, id.0).await?.ok_or(KeyError::NotFound)?;
        let before = self.view(&mut tx, row.clone()).await?.told();
        let rules = self.apply(&mut tx, &mut row, change).await?;
        api_keys::update(&mut tx, &row).await?;
        if let Some(rules) = rules {
            limits::replace(&mut tx, actor.tenant, row.id, &rules).await?;
        }
        let view = self.view(&mut tx, row).await?;
        let change = Change::new("key.update").on(view.id, &view.name).between(&before, &view.told());
        audit::record(&mut tx, &self.parts.clock, actor, &change).await?;
        tx.commit().await?;
        self.reload().await?;
        Ok(view)
    }

    /// Ends a key for good; it stays in the list. Once more changes nothing.
    pub async fn revoke(&self, actor: &Actor, id: KeyId) -> Result<KeyView, KeyError> {
        self.may_give_access(actor)?;
        let mut tx = self.parts.db.tenant(actor.tenant).await?;
        let mut row = api_keys::lock(&mut tx, actor.tenant, id.0).await?.ok_or(KeyError::NotFound)?;
        if row.revoked_at.is_none() {
            let before = self.view(&mut tx, row.clone()).await?.told();
            row.revoked_at = Some(self.now());
            api_keys::update(&mut tx, &row).await?;
            let after = self.view(&mut tx, row.clone()).await?.told();
            let change = Change::new("key.revoke").on(row.id, &row.name).between(&before, &after);
            audit::record(&mut tx, &self.parts.clock, actor, &change).await?;
        }
        let view = self.view(&mut tx, row).await?;
        tx.commit().await?;
        self.reload().await?;
        Ok(view)
    }

    /// Removes a key with its limits; its requests stay in the record.
    pub async fn delete(&self, actor: &Actor, id: KeyId) -> Result<(), KeyError> {
        self.may_give_access(actor)?;
        let mut tx = self.parts.db.tenant(actor.tenant).await?;
        let row = api_keys::lock(&mut tx, actor.tenant, id.0).await?.ok_or(KeyError::NotFound)?;
        let removed = self.view(&mut tx, row).await?;
        api_keys::delete(&mut tx, actor.tenant, id.0).await?;
        let change = Change::new("key.delete").on(removed.id, &removed.name).removed(removed.told());
        audit::record(&mut tx, &self.parts.clock, actor, &change).await?;
        tx.commit().await?;
        self.reload().await?;
        Ok(())
    }

    /// A tenant's keys, oldest first.
    pub async fn list(&self, tenant: TenantId) -> Result<Vec<KeyView>, KeyError> {
        let mut tx = self.parts.db.tenant(tenant).await?;
        let rows = api_keys::list(&mut tx, tenant).await?;
        Ok(self.views(&mut tx, tenant, rows).await?)
    }

    /// One key.
    pub async fn get(&self, tenant: TenantId, id: KeyId) -> Result<KeyView, KeyError> {
        let mut tx = self.parts.db.tenant(tenant).await?;
        let row = api_keys::get(&mut tx, tenant, id.0).await?.ok_or(KeyError::NotFound)?;
        Ok(self.view(&mut tx, row).await?)
    }

    /// Who asks, with what a key may know of itself.
    pub async fn whoami(&self, actor: &Actor) -> Result<Whoami, KeyError> {
        let mut tx = self.parts.db.tenant(actor.tenant).await?;
        let catalogue = self.parts.catalogues.current();
        let tenant = catalogue.tenant_name(actor.tenant).cloned().ok_or(KeyError::NotFound)?;
        let mut key = None;
        if let Who::Key(id) = actor.who {
            let row = api_keys::get(&mut tx, actor.tenant, id.0).await?.ok_or(KeyError::NotFound)?;
            let (today, _) = Window::Day.around(self.parts.clock.now());
            let since = today - chrono::TimeDelta::days(DAYS - 1);
            let days = api_keys::usage(&mut tx, actor.tenant, id.0, since).await?;
            key = Some((self.view(&mut tx, row).await?, every_day(since, days)));
        }
        Ok(Whoami { tenant, key })
    }

    /// One pass: writes down when keys were used.
    pub async fn write_uses(&self) -> sqlx::Result<()> {
        let uses = self.parts.ring.take_uses();
        if uses.is_empty() {
            return Ok(());
        }
        api_keys::used(&mut *self.parts.db.work().await?, &uses).await
    }

    /// As Postgres keeps it, so that what is told at once is what is told later.
    fn now(&self) -> DateTime<Utc> {
        self.parts.clock.now().trunc_subsecs(6)
    }

    /// Whether somebody whose role allows it may decide who else has access: no key that may less than its role.
    pub fn may_give_access(&self, actor: &Actor) -> Result<(), KeyError> {
        match self.of(actor)? {
            Some(key) if key.is_restricted() => Err(KeyError::Restricted),
            _ => Ok(()),
        }
    }
}

/// The days since `since` one by one, those without use as well.
fn every_day(since: DateTime<Utc>, used: Vec<DayRow>) -> Vec<DayRow> {
    let mut used: HashMap<_, _> = used.into_iter().map(|day| (day.day, day)).collect();
    let days = (0..DAYS).map(|n| (since + chrono::TimeDelta::days(n)).date_naive());
    days.map(|day| used.remove(&day).unwrap_or(DayRow { day, requests: 0, tokens: 0 })).collect()
}

/// A rule that a newer version knows is left out: this one can't hold anybody to it.
pub(super) fn read_rule(row: &LimitRow) -> Option<Rule> {
    let meter = Meter::named(&row.meter)?;
    let window = row.period.as_deref().map(Window::named);
    if window == Some(None) {
        return None;
    }
    let amount = u64::try_from(row.amount).ok()?;
    Some(Rule { id: row.id, limit: Limit { meter, window: window.flatten(), amount } })
}

/// Whose name stands on a key and who has no id is forgotten.
fn standing(key: &KeyRow, owner: &OwnerRow) -> Option<Standing> {
    if key.owner_id.is_none() && key.owner_name.is_none() {
        return None;
    }
    // A role that is not known may the least.
    let role = |name: &String| Role::named(name).unwrap_or(Role::Viewer);
    Some(match (owner.owns_all, &owner.member_role, owner.member_disabled_at) {
        (Some(true), _, _) => Standing::Member(Role::Owner),
        (_, Some(_), Some(_)) => Standing::Disabled,
        (_, Some(name), None) => Standing::Member(role(name)),
        (_, None, _) => Standing::Gone,
    })
}

fn facts(row: WholeRow, mut rules: Vec<Rule>) -> Option<ApiKey> {
    let WholeRow { key: row, owner } = row;
    let standing = standing(&row, &owner);
    let role = Role::named(&row.role)?;
    // The order in which every replica takes them.
    rules.sort_unstable_by_key(|rule| rule.id);
    Some(ApiKey {
        id: KeyId(row.id),
        tenant: row.tenant_id,
        name: row.name.into(),
        role: standing.map_or(role, |standing| standing.bounds(role)),
        owner: row.owner_name.map(|name| (row.owner_id.map(UserId), name)),
        standing,
        reach: Arc::new(Reach {
            models: row.models,
            agents: row.agents,
            providers: row.providers.map(|ids| ids.into_iter().map(ProviderId).collect()),
        }),
        rules: rules.into(),
        expires_at: row.expires_at,
        revoked_at: row.revoked_at,
    })
}
