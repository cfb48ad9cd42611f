//! The audit log: written in the transaction of the change, read with filters, verified, taken away.
//!
//! An entry is of a person's (or a command's) change to what is stored. Asking models and agents is use, not change: the
//! requests and runs are their own record. What the gateway does by itself is written where it decides over somebody's
//! object (a sign-in that is given up), not where it keeps house. And what its own settings became while it ran, and that
//! sign-ins failed.

use crate::app::clock::Clock;
use crate::domain::access::Actor;
use crate::domain::audit::chain::{Broken, Walk};
use crate::domain::audit::{Chained, Entry, Head};
use crate::domain::ids::{MASTER_TENANT, TenantId};
use crate::store::audit::{self, Page};
use crate::store::backup::Header;
use crate::store::db::Db;
use futures_util::Stream;
use serde_json::{Value, json};
use sqlx::{Connection as _, PgConnection};

pub use crate::domain::audit::Change;
pub use crate::store::audit::Filter;

/// Entries that are read at a time.
const AT_ONCE: u32 = 500;

/// Writes a change down, in its own transaction: either both happen or neither. The tenant's other changes wait from here
/// until that transaction ends, so it is the last thing before the commit.
pub async fn record(
    tx: &mut PgConnection,
    clock: &Clock,
    actor: &Actor,
    change: &Change,
) -> sqlx::Result<()> {
    let entry = Entry::new(actor, change, clock.new_id(), clock.now());
    audit::append(tx, actor.tenant, entry).await.map(drop)
}

/// A restore, which puts another log in the place of the one whose ends `replaced` are. Written behind the restored one.
pub fn of_restore(clock: &Clock, backup: &Header, replaced: &[Head]) -> Entry {
    let ends: Vec<String> = replaced.iter().map(Head::to_string).collect();
    let rows: u64 = backup.tables.iter().map(|table| table.rows).sum();
    let change = Change::new("database.restore").removed(json!({ "audit_log_ends": ends })).made(json!({
        "backup_of": backup.created_at,
        "created_by": backup.created_by,
        "rows": rows,
    }));
    Entry::new(&Actor::gateway(MASTER_TENANT), &change, clock.new_id(), clock.now())
}

/// Reads the log.
#[derive(Clone, Debug)]
pub struct Audit {
    pub db: Db,
}

/// What became of one tenant's chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    pub tenant: TenantId,
    /// Its end, or the first place where it does not hold.
    pub end: Result<Head, Broken>,
}

/// A setting that has another value while the gateway runs, secrets masked.
#[derive(Clone, Debug)]
pub struct Setting {
    pub path: String,
    /// `None`: it was not there.
    pub from: Option<Value>,
    pub to: Option<Value>,
}

impl Audit {
    /// Settings were changed in the file, and are in force. They are of the whole installation: the master tenant's log
    /// tells of them.
    pub async fn settings_changed(&self, clock: &Clock, settings: &[Setting]) -> sqlx::Result<()> {
        let all = |pick: fn(&Setting) -> &Option<Value>| -> Value {
            settings.iter().map(|setting| (setting.path.clone(), json!(pick(setting)))).collect()
        };
        let change = Change::new("config.reload").removed(all(|s| &s.from)).made(all(|s| &s.to));
        let mut tx = self.db.begin_work().await?;
        record(&mut tx, clock, &Actor::gateway(MASTER_TENANT), &change).await?;
        tx.commit().await
    }

    /// A tenant's entries, newest first, and whether there are more.
    pub async fn page(
        &self,
        tenant: TenantId,
        filter: &Filter,
        before: Option<i64>,
        limit: u32,
    ) -> sqlx::Result<(Vec<Chained>, bool)> {
        let mut tx = self.db.tenant(tenant).await?;
        let mut entries = audit::page(&mut tx, tenant, filter, Page::Before(before), limit + 1).await?;
        let more = entries.len() > limit as usize;
        entries.truncate(limit as usize);
        Ok((entries, more))
    }

    /// All entries of a tenant, oldest first, a few hundred at a time; no connection is held between them.
    pub fn export(
        &self,
        tenant: TenantId,
        filter: Filter,
    ) -> impl Stream<Item = sqlx::Result<Vec<Chained>>> + Send + use<> {
        let db = self.db.clone();
        async_stream::try_stream! {
            let mut after = 0;
            loop {
                let mut tx = db.tenant(tenant).await?;
                let entries = audit::page(&mut tx, tenant, &filter, Page::After(after), AT_ONCE).await?;
                drop(tx);
                let Some(last) = entries.last() else { break };
                after = last.seq;
                yield entries;
            }
        }
    }

    /// Every tenant that has entries.
    pub async fn tenants(&self) -> sqlx::Result<Vec<TenantId>> {
        audit::tenants(&mut *self.db.work().await?).await
    }

    /// Walks every tenant's chain from its first entry to its last. `kept`: heads from outside of the database, through
    /// which the chains have to have gone. Others go on writing meanwhile.
    pub async fn verify(&self, kept: &[Head]) -> sqlx::Result<Vec<Verified>> {
        let mut connection = self.db.beside().await?;
        let mut tx = connection.begin_with("begin isolation level repeatable read, read only").await?;
        let heads = audit::heads(&mut tx).await?;
        let mut tenants = audit::tenants(&mut tx).await?;
        tenants.extend(kept.iter().map(|head| head.tenant));
        tenants.sort_unstable();
        tenants.dedup();
        let mut verified = Vec::new();
        for tenant in tenants {
            let head = heads.iter().find(|head| head.tenant == tenant).copied();
            let end = walk(&mut tx, Walk::new(Head::none(tenant), kept), tenant, head).await?;
            verified.push(Verified { tenant, end });
        }
        Ok(verified)
    }
}

async fn walk(
    tx: &mut PgConnection,
    mut walk: Walk,
    tenant: TenantId,
    head: Option<Head>,
) -> sqlx::Result<Result<Head, Broken>> {
    // Also from numbers that no entry has.
    let (mut after, all) = (i64::MIN, Filter::default());
    loop {
        let entries = audit::page(tx, tenant, &all, Page::After(after), AT_ONCE).await?;
        let Some(last) = entries.last() else { return Ok(walk.end(head)) };
        after = last.seq;
        for entry in &entries {
            if let Err(broken) = walk.step(entry) {
                return Ok(Err(broken));
            }
        }
    }
}
