//! `remember`, `recall` and `forget`.

use crate::app::clock::Clock;
use crate::config::ToolNotes;
use crate::domain::ids::TenantId;
use crate::domain::tool::search_terms;
use crate::store::db::Db;
use crate::store::notes;
use serde::Deserialize;

/// Notes that are shown at most.
const MOST: i64 = 100;

/// The arguments of `remember`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Remember {
    note: String,
}

/// The arguments of `recall`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recall {
    query: Option<String>,
    limit: Option<i64>,
}

/// The arguments of `forget`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Forget {
    number: i64,
}

/// Whose notes, and where they are.
#[derive(Clone, Copy, Debug)]
pub struct Notes<'a> {
    pub db: &'a Db,
    pub clock: &'a Clock,
    pub tenant: TenantId,
    pub agent_key: &'a str,
}

/// The model is told what it can do, the log the rest.
#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` gives")]
fn broken(error: sqlx::Error) -> String {
    tracing::error!(%error, "an agent's notes can't be reached");
    "the notes can't be reached at the moment; go on without them, or try again later".to_owned()
}

impl Notes<'_> {
    /// Keeps a note.
    pub async fn remember(&self, call: &Remember, limits: &ToolNotes) -> Result<String, String> {
        // Postgres keeps no zero byte in a text.
        let note = call.note.replace('\0', "");
        let note = note.trim();
        if note.is_empty() {
            return Err("note is empty; it has to say what to remember".to_owned());
        }
        let most = limits.max_note_bytes;
        if note.len() > most {
            return Err(format!(
                "note has {} bytes, and one note may have {most}; shorten it, or make several of it",
                note.len()
            ));
        }
        let mut tx = self.db.tenant(self.tenant).await.map_err(broken)?;
        let now = self.clock.now();
        let number = notes::add(&mut tx, self.tenant, self.agent_key, note, limits.max_notes, now).await;
        let number = number.map_err(broken)?;
        tx.commit().await.map_err(broken)?;
        match number {
            Some(number) => Ok(format!("remembered as note {number}")),
            None => Err(format!(
                "there are {} notes already, and no more are kept; forget one that is of no use any more, then remember \
                 this",
                limits.max_notes
            )),
        }
    }

    /// Finds notes.
    pub async fn recall(&self, call: &Recall) -> Result<String, String> {
        let limit = call.limit.unwrap_or(10);
        if !(1..=MOST).contains(&limit) {
            return Err(format!("limit: {limit} is not between 1 and {MOST}"));
        }
        let query = call.query.as_deref().unwrap_or_default().replace('\0', "");
        let query = query.trim();
        let mut conn = self.db.tenant(self.tenant).await.map_err(broken)?;
        let found = if query.is_empty() {
            notes::newest(&mut conn, self.tenant, self.agent_key, limit).await
        } else {
            notes::search(&mut conn, self.tenant, self.agent_key, query, &search_terms(query), limit).await
        };
        let found = found.map_err(broken)?;
        let count = notes::count(&mut conn, self.tenant, self.agent_key).await.map_err(broken)?;
        if found.is_empty() {
            return Ok(match count {
                0 => "there are no notes yet".to_owned(),
                count => format!(
                    "none of the {count} notes has to do with that; try other words, or no query for the newest"
                ),
            });
        }
        let lines: Vec<String> = found
            .iter()
            .map(|note| format!("{}. ({}) {}", note.number, note.created_at.format("%Y-%m-%d"), note.note))
            .collect();
        let rest = count - i64::try_from(found.len()).unwrap_or_default();
        let more = if rest > 0 { format!("\n[{rest} other notes]") } else { String::new() };
        Ok(lines.join("\n") + &more)
    }

    /// Removes a note.
    pub async fn forget(&self, call: &Forget) -> Result<String, String> {
        let mut tx = self.db.tenant(self.tenant).await.map_err(broken)?;
        let number = call.number;
        let removed = notes::remove(&mut tx, self.tenant, self.agent_key, number).await.map_err(broken)?;
        tx.commit().await.map_err(broken)?;
        let missing = || format!("there is no note {number}; recall shows the notes with their numbers");
        if removed { Ok(format!("note {number} is forgotten")) } else { Err(missing()) }
    }
}
