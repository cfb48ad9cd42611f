//! What a key is made of, checked as a whole: every value that is wrong is told.

use super::{KeyError, Keys};
use crate::domain::access::Role;
use crate::domain::api_key::{Violation, check_expiry, check_name, check_names};
use crate::domain::limits::{self, Limit};
use crate::store::api_keys::{self, KeyRow};
use crate::store::limits::LimitRow;
use chrono::{DateTime, SubsecRound as _, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

/// A new key. A list that is `None` allows all.
#[derive(Clone, Debug)]
pub struct NewKey {
    pub name: String,
    pub role: Role,
    pub expires_at: Option<DateTime<Utc>>,
    pub models: Option<Vec<String>>,
    /// Keys of agents.
    pub agents: Option<Vec<String>>,
    /// Names or ids.
    pub providers: Option<Vec<String>>,
    pub limits: Vec<Limit>,
}

/// What to write; `None` leaves a value as it is, `Some(None)` clears it.
#[derive(Clone, Debug, Default)]
pub struct KeyChange {
    pub name: Option<String>,
    pub expires_at: Option<Option<DateTime<Utc>>>,
    pub models: Option<Option<Vec<String>>>,
    pub agents: Option<Option<Vec<String>>>,
    pub providers: Option<Option<Vec<String>>>,
    /// All of them. One that stays, by meter and window, keeps what it counts.
    pub limits: Option<Vec<Limit>>,
}

impl From<NewKey> for KeyChange {
    fn from(new: NewKey) -> Self {
        Self {
            name: Some(new.name),
            expires_at: Some(new.expires_at),
            models: Some(new.models),
            agents: Some(new.agents),
            providers: Some(new.providers),
            limits: Some(new.limits),
        }
    }
}

impl Keys {
    /// Puts a change into a row; the rules, when they change.
    pub(super) async fn apply(
        &self,
        conn: &mut PgConnection,
        row: &mut KeyRow,
        change: KeyChange,
    ) -> Result<Option<Vec<LimitRow>>, KeyError> {
        let KeyChange { name, expires_at, models, agents, providers, limits } = change;
        let mut wrong = Vec::new();
        if let Some(name) = name {
            wrong.extend(check_name(&name));
            name.trim().clone_into(&mut row.name);
        }
        if let Some(at) = expires_at {
            wrong.extend(check_expiry(at, self.parts.clock.now()));
            row.expires_at = at.map(|at| at.trunc_subsecs(6));
        }
        for (field, list) in [("models", &models), ("agents", &agents), ("providers", &providers)] {
            wrong.extend(check_names(field, list.as_ref().and_then(Option::as_deref)));
        }
        if let Some(models) = models {
            row.models = models;
        }
        if let Some(agents) = agents {
            wrong.extend(self.unknown_agents(row, agents.as_deref()));
            row.agents = agents;
        }
        if let Some(names) = providers {
            row.providers = match names {
                None => None,
                Some(names) => {
                    let known = api_keys::providers(conn, row.tenant_id).await?;
                    let (ids, unknown) = provider_ids(&names, &known);
                    wrong.extend(unknown);
                    Some(ids)
                }
            };
        }
        let rules = limits.map(|limits| {
            wrong.extend(limits::violations(&limits));
            limits.into_iter().map(|limit| self.rule(row.id, limit)).collect()
        });
        if wrong.is_empty() { Ok(rules) } else { Err(KeyError::Invalid(wrong)) }
    }

    fn unknown_agents(&self, row: &KeyRow, keys: Option<&[String]>) -> Option<Violation> {
        let catalogue = self.parts.catalogues.current();
        let tenant = catalogue.tenant(row.tenant_id);
        let unknown: Vec<&str> =
            keys?.iter().map(String::as_str).filter(|key| tenant.agent(key).is_none()).collect();
        let known: Vec<&str> = tenant.agents.iter().map(|agent| agent.key.as_str()).collect();
        missing("agents", &unknown, &known)
    }

    fn rule(&self, key: Uuid, limit: Limit) -> LimitRow {
        LimitRow {
            id: self.parts.clock.new_id(),
            key_id: key,
            meter: limit.meter.as_str().into(),
            period: limit.window.map(|window| window.as_str().into()),
            amount: i64::try_from(limit.amount).unwrap_or(i64::MAX),
        }
    }
}

/// The ids of providers that are named, and what is wrong with the others. A UUID is also a valid name: the id goes first.
fn provider_ids(names: &[String], known: &[(Uuid, String)]) -> (Vec<Uuid>, Option<Violation>) {
    let id_of = |name: &String| {
        let by_id = known.iter().find(|(id, _)| id.to_string() == *name);
        by_id.or_else(|| known.iter().find(|(_, of)| of == name)).map(|(id, _)| *id)
    };
    let unknown: Vec<&str> = names.iter().filter(|name| id_of(name).is_none()).map(String::as_str).collect();
    let known: Vec<&str> = known.iter().map(|(_, name)| name.as_str()).collect();
    (names.iter().filter_map(id_of).collect(), missing("providers", &unknown, &known))
}

fn missing(what: &str, unknown: &[&str], known: &[&str]) -> Option<Violation> {
    if unknown.is_empty() {
        return None;
    }
    let known = if known.is_empty() { "none yet".into() } else { known.join(", ") };
    let message = format!("there is no {}; there are {known}", unknown.join(", "));
    Some(Violation { field: what.into(), message })
}
