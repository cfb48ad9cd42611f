//! What was used, by whom and when.

use crate::app::traces::{KEPT_FOR, Traces};
use crate::domain::catalogue::TenantCatalogue;
use crate::domain::ids::TenantId;
use crate::domain::usage::{By, Line, lines};
use crate::store::api_keys;
use crate::store::requests::usage::{self, Scope};
use chrono::{DateTime, Utc};
use std::collections::{HashMap, HashSet};

pub use crate::store::requests::usage::Scope as UsageScope;

/// What is to be counted.
#[derive(Clone, Debug)]
pub struct Question {
    /// From the first, before the second.
    pub between: (DateTime<Utc>, DateTime<Utc>),
    pub by: By,
    /// A time zone, see [`Traces::knows_zone`].
    pub zone: String,
    pub scope: Scope,
}

/// The zone that needs no look.
pub const UTC: &str = "UTC";

impl Traces {
    /// Requests from before then are not kept any more.
    pub fn kept_since(&self) -> DateTime<Utc> {
        self.clock.now() - KEPT_FOR
    }

    /// Whether it is a time zone's name. Which there are is asked of the database once: it takes a tenth of a second.
    pub async fn knows_zone(&self, name: &str) -> sqlx::Result<bool> {
        if name == UTC {
            return Ok(true);
        }
        let read = || async {
            let names = usage::zones(&mut *self.db.work().await?).await?;
            Ok::<_, sqlx::Error>(names.into_iter().collect::<HashSet<String>>())
        };
        Ok(self.zones.get_or_try_init(read).await?.contains(name))
    }

    /// A tenant's usage, in lines.
    pub async fn usage(
        &self,
        tenant: TenantId,
        catalogue: &TenantCatalogue,
        question: &Question,
    ) -> sqlx::Result<Vec<Line>> {
        let Question { between, by, zone, scope } = question;
        let mut tx = self.db.tenant(tenant).await?;
        let days = usage::days(&mut tx, *between, zone).await?;
        let sums = usage::sums(&mut tx, tenant, *between, *by, zone, scope).await?;
        let mut names = HashMap::new();
        match by {
            By::Account => {
                let ids: Vec<_> = sums.iter().filter_map(|(key, _)| key.as_ref()?.parse().ok()).collect();
                let before = usage::account_names(&mut tx, tenant, &ids).await?;
                names.extend(before.into_iter().map(|(id, name)| (id.to_string(), name)));
                names.extend(catalogue.providers.iter().map(|p| (p.id.to_string(), p.name.clone())));
            }
            By::Agent => {
                let of_agents =
                    catalogue.agents.iter().filter_map(|a| Some((a.key.clone(), a.display_name.clone()?)));
                names.extend(of_agents);
            }
            By::Key => {
                let keys = api_keys::list(&mut tx, tenant).await?;
                names.extend(keys.into_iter().map(|key| (key.id.to_string(), key.name)));
            }
            By::Model | By::Day | By::WeekdayHour | By::Cause => {}
        }
        Ok(lines(*by, days, sums, &names))
    }
}
