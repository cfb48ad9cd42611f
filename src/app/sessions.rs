//! Stored conversations, for people: listed, searched, read, renamed, cut back, taken away, removed.

use crate::app::audit::{self, Change};
use crate::app::clock::Clock;
use crate::domain::access::Actor;
use crate::domain::ids::{SessionId, TenantId};
use crate::store::db::Db;
use crate::store::{runs, sessions};
use serde_json::json;

pub use crate::store::sessions::{CompactionRow, Filter, ItemRow, SessionRow};

/// Reads and changes conversations.
#[derive(Clone, Debug)]
pub struct Sessions {
    pub db: Db,
    pub clock: Clock,
}

/// Why it was not done. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    #[error("session not found")]
    NotFound,
    #[error("a run is on in this conversation; cancel it or wait until it is over")]
    Busy,
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
}

/// A part of a conversation.
#[derive(Debug)]
pub struct Items {
    pub items: Vec<ItemRow>,
    /// After which place it goes on; `None` at its end.
    pub next: Option<i64>,
}

impl Sessions {
    /// A tenant's conversations, newest first, and whether there are more.
    pub async fn page(
        &self,
        tenant: TenantId,
        filter: &Filter,
        limit: u32,
    ) -> Result<(Vec<SessionRow>, bool), SessionError> {
        let mut conn = self.db.tenant(tenant).await?;
        let mut rows = sessions::page(&mut conn, tenant, filter, limit + 1).await?;
        let more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        Ok((rows, more))
    }

    /// One conversation.
    pub async fn get(&self, tenant: TenantId, id: SessionId) -> Result<SessionRow, SessionError> {
        let mut conn = self.db.tenant(tenant).await?;
        sessions::get(&mut conn, tenant, id).await?.ok_or(SessionError::NotFound)
    }

    /// Its items behind `after`, `limit` at most; `None`: all.
    pub async fn items(
        &self,
        tenant: TenantId,
        id: SessionId,
        after: i64,
        limit: Option<u32>,
    ) -> Result<Items, SessionError> {
        self.get(tenant, id).await?;
        let mut conn = self.db.tenant(tenant).await?;
        let mut items = sessions::items(&mut conn, id, after, limit.map(|most| most + 1)).await?;
        let more = limit.is_some_and(|most| items.len() > most as usize);
        items.truncate(limit.map_or(usize::MAX, |most| most as usize));
        let next = items.last().filter(|_| more).map(|row| row.seq);
        Ok(Items { items, next })
    }

    /// The summaries that stand for its beginning when the model is asked.
    pub async fn compactions(
        &self,
        tenant: TenantId,
        id: SessionId,
    ) -> Result<Vec<CompactionRow>, SessionError> {
        Ok(sessions::compactions(&mut *self.db.tenant(tenant).await?, id).await?)
    }

    /// Gives it another title.
    pub async fn rename(&self, actor: &Actor, id: SessionId, title: &str) -> Result<(), SessionError> {
        let mut tx = self.db.tenant(actor.tenant).await?;
        let old = sessions::rename(&mut tx, actor.tenant, id, title).await?.ok_or(SessionError::NotFound)?;
        let change = Change::new("session.rename").on(id, title);
        let change = change.between(&json!({ "title": old }), &json!({ "title": title }));
        audit::record(&mut tx, &self.clock, actor, &change).await?;
        Ok(tx.commit().await?)
    }

    /// Removes it with its items.
    pub async fn delete(&self, actor: &Actor, id: SessionId) -> Result<(), SessionError> {
        let mut tx = self.db.tenant(actor.tenant).await?;
        let row = self.lock_idle(&mut tx, actor.tenant, id).await?;
        sessions::delete(&mut tx, actor.tenant, id).await?;
        let change = named(Change::new("session.delete"), &row);
        let change = change.removed(json!({ "agent_key": row.agent_key, "items": row.item_count }));
        audit::record(&mut tx, &self.clock, actor, &change).await?;
        Ok(tx.commit().await?)
    }

    /// Removes what was said from a place on; how many items that were.
    pub async fn rewind(&self, actor: &Actor, id: SessionId, from_seq: i64) -> Result<u64, SessionError> {
        let mut tx = self.db.tenant(actor.tenant).await?;
        let row = self.lock_idle(&mut tx, actor.tenant, id).await?;
        let removed = sessions::rewind(&mut tx, id, from_seq).await?;
        let change = named(Change::new("session.rewind"), &row);
        let change = change.removed(json!({ "items": removed, "from_seq": from_seq }));
        audit::record(&mut tx, &self.clock, actor, &change).await?;
        tx.commit().await?;
        Ok(removed)
    }

    /// Locks a conversation in which no run is on.
    async fn lock_idle(
        &self,
        conn: &mut sqlx::PgConnection,
        tenant: TenantId,
        id: SessionId,
    ) -> Result<SessionRow, SessionError> {
        let row = sessions::get(conn, tenant, id).await?.ok_or(SessionError::NotFound)?;
        sessions::lock(conn, id, self.clock.now()).await?;
        match runs::running_in(conn, id).await? {
            Some(_) => Err(SessionError::Busy),
            None => Ok(row),
        }
    }
}

fn named(change: Change, row: &SessionRow) -> Change {
    change.on(row.id, row.title.as_deref().unwrap_or(&row.session_key))
}
