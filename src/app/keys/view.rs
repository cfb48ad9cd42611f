//! Keys as people see them, with what their limits count.

use super::{Keys, read_rule};
use crate::domain::access::Role;
use crate::domain::api_key::KeyState;
use crate::domain::ids::{KeyId, ProviderId, TenantId, UserId};
use crate::domain::limits::{Limit, Meter, Window};
use crate::store::api_keys::{self, KeyRow};
use crate::store::limits::{self, UseRow};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use sqlx::PgConnection;
use std::collections::HashMap;
use uuid::Uuid;

/// A key, for people. It holds no secret.
#[derive(Clone, Debug)]
pub struct KeyView {
    pub id: Uuid,
    pub name: String,
    pub prefix: String,
    pub role: String,
    /// What it may do now: its role, or its owner's where that is lower.
    pub effective_role: Role,
    /// One who is forgotten has no id.
    pub owner: Option<(Option<UserId>, String)>,
    pub models: Option<Vec<String>>,
    pub agents: Option<Vec<String>>,
    /// By name; one that is gone is left out.
    pub providers: Option<Vec<String>>,
    pub limits: Vec<LimitView>,
    pub created_at: DateTime<Utc>,
    pub expires_at: Option<DateTime<Utc>>,
    pub last_used_at: Option<DateTime<Utc>>,
    pub revoked_at: Option<DateTime<Utc>>,
    pub state: KeyState,
}

impl KeyView {
    /// As the audit log keeps it: what people decide, not what is counted.
    pub(super) fn told(&self) -> Value {
        let limits = self.limits.iter().map(|view| {
            let limit = &view.limit;
            json!({"meter": limit.meter.as_str(), "window": limit.window.map(Window::as_str), "amount": limit.amount})
        });
        json!({
            "name": self.name,
            "prefix": self.prefix,
            "role": self.role,
            "models": self.models,
            "agents": self.agents,
            "providers": self.providers,
            "limits": limits.collect::<Vec<_>>(),
            "expires_at": self.expires_at,
            "revoked_at": self.revoked_at,
        })
    }
}

/// A limit, and what it counts in its present window.
#[derive(Clone, Debug)]
pub struct LimitView {
    pub limit: Limit,
    /// Of a pool's share in percent, of the pool with the most.
    pub used: u64,
    /// By requests that are open.
    pub reserved: u64,
    pub resets_at: Option<DateTime<Utc>>,
}

impl Keys {
    pub(super) async fn view(&self, conn: &mut PgConnection, row: KeyRow) -> sqlx::Result<KeyView> {
        let tenant = row.tenant_id;
        let mut views = self.views(conn, tenant, vec![row]).await?;
        Ok(views.remove(0))
    }

    pub(super) async fn views(
        &self,
        conn: &mut PgConnection,
        tenant: TenantId,
        rows: Vec<KeyRow>,
    ) -> sqlx::Result<Vec<KeyView>> {
        let now = self.parts.clock.now();
        let names: HashMap<Uuid, String> = api_keys::providers(conn, tenant).await?.into_iter().collect();
        let uses = limits::uses(conn, tenant).await?;
        let mut rules: HashMap<Uuid, Vec<LimitView>> = HashMap::new();
        for row in limits::list(conn, tenant).await? {
            let Some(rule) = read_rule(&row) else { continue };
            let uses: Vec<&UseRow> = uses.iter().filter(|count| count.limit_id == row.id).collect();
            rules.entry(row.key_id).or_default().push(self.count(tenant, rule.limit, &uses, now));
        }
        for views in rules.values_mut() {
            views.sort_by_key(|view| (view.limit.meter, view.limit.window));
        }
        let view = |row: KeyRow| {
            let provider = |id: &Uuid| names.get(id).cloned();
            // A tenant does not see what becomes of people elsewhere, where an owner is one, too. What holds is in memory;
            // a key that was just made is not there yet, and was made by its owner.
            let standing = self.parts.ring.standing(KeyId(row.id));
            let role = Role::named(&row.role).unwrap_or(Role::Viewer);
            KeyView {
                limits: rules.remove(&row.id).unwrap_or_default(),
                state: KeyState::at(row.expires_at, row.revoked_at, standing, now),
                effective_role: standing.map_or(role, |standing| standing.bounds(role)),
                owner: row.owner_name.map(|name| (row.owner_id.map(UserId), name)),
                providers: row.providers.map(|ids| ids.iter().filter_map(provider).collect()),
                id: row.id,
                name: row.name,
                prefix: row.prefix,
                role: row.role,
                models: row.models,
                agents: row.agents,
                created_at: row.created_at,
                expires_at: row.expires_at,
                last_used_at: row.last_used_at,
                revoked_at: row.revoked_at,
            }
        };
        Ok(rows.into_iter().map(view).collect())
    }

    fn count(&self, tenant: TenantId, limit: Limit, rows: &[&UseRow], now: DateTime<Utc>) -> LimitView {
        let window = limit.counted_in().map(|window| window.around(now));
        let current = |count: &&&UseRow| window.is_none_or(|(began, _)| count.window_started_at >= began);
        let number = |n: i64| u64::try_from(n).unwrap_or_default();
        let counted = rows.iter().filter(current).map(|count| {
            let (used, reserved) = (number(count.used), number(count.reserved));
            match limit.meter {
                Meter::PoolShare => {
                    let percent =
                        |tokens| self.parts.limits.percent_of(tenant, ProviderId(count.scope), tokens, now);
                    (percent(used), percent(reserved))
                }
                _ => (used, reserved),
            }
        });
        let (used, reserved) = counted.max().unwrap_or_default();
        LimitView { limit, used, reserved, resets_at: window.map(|(_, ends)| ends) }
    }
}
