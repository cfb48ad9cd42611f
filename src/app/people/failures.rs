//! Failed sign-ins in the audit log.
//!
//! Whoever fails writes no entry: they are counted by account and address, and a pass tells the log of them: soon after the
//! first, and once more, with their number, when the time in which they are counted is over. So an attack makes a bounded
//! number of entries, and it takes as long to fail for an account that exists as for one that does not.

use super::{People, PeopleError, Visitor};
use crate::app::audit::{self, Change};
use crate::domain::access::{Actor, Role, Who};
use crate::domain::ids::{MASTER_TENANT, TenantId, UserId};
use crate::domain::people::oidc::in_the_log;
use crate::store::sign_in_failures::{self as store, Failure, FailureRow};
use chrono::TimeDelta;
use serde_json::json;

/// Accounts and addresses that are told apart at a time.
const MOST: i64 = 200;
/// What the gateway's token is called among the accounts. It is no address.
const TOKEN: &str = "token";
/// What stands for an address when there are too many.
const MANY: &str = "*";

impl People {
    /// A sign-in failed; `None`: of nobody who is known.
    pub(super) async fn failed(&self, user: Option<UserId>, visitor: &Visitor) -> Result<(), PeopleError> {
        self.count_failure(user, "", MASTER_TENANT, visitor).await
    }

    /// Somebody showed what is not the gateway's token.
    pub async fn token_refused(&self, visitor: &Visitor) -> Result<(), PeopleError> {
        self.count_failure(None, TOKEN, MASTER_TENANT, visitor).await
    }

    /// Somebody came back from an issuer's page and must not come in.
    pub(super) async fn refused_at_issuer(&self, name: &str, visitor: &Visitor) -> Result<(), PeopleError> {
        let config = self.config.load_full();
        // Any other name is what somebody typed.
        let Some(issuer) = config.access.issuer(name) else { return Ok(()) };
        let tenant = self.tenant_of(issuer).unwrap_or(MASTER_TENANT);
        self.count_failure(None, &in_the_log(name), tenant, visitor).await
    }

    /// `other` and `tenant`: what the log names, and whose log it is, when it is about no person.
    async fn count_failure(
        &self,
        user: Option<UserId>,
        other: &str,
        tenant: TenantId,
        visitor: &Visitor,
    ) -> Result<(), PeopleError> {
        let (now, address) = (self.clock.now(), visitor.address_key());
        let window = TimeDelta::minutes(self.config.load().access.sign_in_window_minutes.into());
        let failure = Failure { user, other, tenant, address: &address, now, ends_at: now + window };
        Ok(store::count(&mut *self.db.work().await?, &failure, MOST).await?)
    }

    /// One background pass: the log tells of what was counted.
    pub async fn tell_failures(&self) -> Result<(), PeopleError> {
        let mut tx = self.db.begin_work().await?;
        let mut rows = store::take(&mut tx, self.clock.now()).await?;
        // Whoever writes to several logs takes them in one order.
        rows.sort_unstable_by(|a, b| (a.tenant_id.0, &a.account).cmp(&(b.tenant_id.0, &b.account)));
        for row in rows {
            let (actor, change) = told(&row);
            audit::record(&mut tx, &self.clock, &actor, &change).await?;
        }
        Ok(tx.commit().await?)
    }
}

fn told(row: &FailureRow) -> (Actor, Change) {
    let actor = Actor {
        tenant: row.tenant_id,
        role: Role::Viewer,
        who: Who::Gateway,
        name: "somebody unknown".into(),
        from: row.address.parse().ok(),
        request: None,
    };
    let change = Change::new("sign_in.fail").made(json!({
        "address": if row.address == MANY { "several" } else { &row.address },
        "failures": row.failures,
        "since": row.began_at,
        "until": row.ended_at,
    }));
    let change = if row.account.is_empty() { change } else { change.name(&row.account) };
    (actor, change)
}
