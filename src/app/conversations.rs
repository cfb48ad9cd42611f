//! The conversations of agents. The history lives here, not upstream (`store: false`).

use crate::app::clock::Clock;
use crate::domain::catalogue::Provider;
use crate::domain::chat::stop::cut_items;
use crate::domain::ids::{ProviderId, SessionId, TenantId, digest_uuid};
use crate::domain::provider::Wire;
use crate::domain::responses::request::Draft;
use crate::store::sessions;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use sqlx::PgPool;
use std::collections::HashMap;

/// One turn of a stored conversation: what was there before, and what is to be added when it is answered.
#[derive(Debug)]
pub struct Turn {
    db: PgPool,
    clock: Clock,
    tenant: TenantId,
    agent_key: String,
    pub session_key: String,
    /// What the person said in this turn.
    said: Vec<Value>,
    /// The client's own stop sequences: it never got what follows one.
    pub stop: Vec<String>,
}

/// A conversation's next turn, before an account is chosen for it.
#[derive(Debug)]
pub struct Begun {
    /// The history, then what is new.
    pub input: Vec<Value>,
    pub makers: Makers,
    pub turn: Turn,
}

/// Reads a conversation and makes the input of its next turn: the history, then what is new.
///
/// Clients of the chat API send the whole conversation each time; it is here already, so only what follows the last
/// answer in `items` is new. The calls of the whole are still to be closed: an answer that was cut may have left one
/// open.
pub async fn begin(
    db: &PgPool,
    clock: &Clock,
    tenant: TenantId,
    agent_key: &str,
    session_key: &str,
    items: Vec<Value>,
) -> sqlx::Result<Begun> {
    let mut conn = db.acquire().await?;
    let history = sessions::items(&mut conn, tenant, agent_key, session_key).await?;
    let said = if history.is_empty() { items } else { after_last_answer(items) };
    let mut makers = Makers::default();
    let mut input: Vec<Value> = Vec::with_capacity(history.len() + said.len());
    for row in history {
        let item = row.item.0;
        if item["type"] == "reasoning" {
            // Nobody can be given what nobody is known to have made.
            let Some(maker) = row.provider_id else { continue };
            makers.0.insert(item.to_string(), ProviderId(maker));
        }
        input.push(item);
    }
    input.extend(said.iter().cloned());
    let turn = Turn {
        db: db.clone(),
        clock: clock.clone(),
        tenant,
        agent_key: agent_key.to_owned(),
        session_key: session_key.to_owned(),
        said,
        stop: Vec::new(),
    };
    Ok(Begun { input, makers, turn })
}

/// Which account made which reasoning item of a stored conversation.
#[derive(Clone, Debug, Default)]
pub struct Makers(HashMap<String, ProviderId>);

impl Makers {
    /// The request without the reasoning that the provider cannot read. With `moved`, also without what the client
    /// brought: nobody knows who made that.
    pub(crate) fn readable_by(&self, mut draft: Draft, provider: &Provider, moved: bool) -> Draft {
        draft.input.retain(|item| {
            item["type"] != "reasoning"
                || match self.0.get(&item.to_string()) {
                    Some(maker) => is_readable(item, *maker, provider),
                    None => !moved,
                }
        });
        draft
    }
}

/// What the upstream keeps a conversation's prompt cache by: the same for all its turns, telling nothing of its name.
pub fn cache_key(tenant: TenantId, agent_key: &str, session_key: &str) -> String {
    let digest = Sha256::digest(format!("{tenant}\0{agent_key}\0{session_key}"));
    digest_uuid(&digest.into())
}

/// Whether the upstream that a turn goes to can read a reasoning item. A ChatGPT account takes only what it encrypted
/// itself; of an answer that was cut, that part is missing.
fn is_readable(item: &Value, maker: ProviderId, provider: &Provider) -> bool {
    let whole = provider.kind.wire != Wire::Codex || item["encrypted_content"].is_string();
    whole && maker == provider.id
}

fn after_last_answer(mut items: Vec<Value>) -> Vec<Value> {
    let answered = |item: &Value| {
        item["role"] == "assistant"
            || matches!(item["type"].as_str(), Some("function_call" | "reasoning" | "custom_tool_call"))
    };
    let from = items.iter().rposition(answered).map_or(0, |at| at + 1);
    items.split_off(from)
}

impl Turn {
    /// Stores the turn, in one transaction: what was said, and of the answer what the client got.
    pub(crate) async fn keep(self, mut answer: Vec<Value>, provider: ProviderId) -> sqlx::Result<()> {
        cut_items(&mut answer, &self.stop);
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        let id = SessionId(uuid::Uuid::now_v7());
        let session =
            sessions::open(&mut tx, self.tenant, &self.agent_key, &self.session_key, id, now).await?;
        sessions::append(&mut tx, session, &self.said, None, now).await?;
        sessions::append(&mut tx, session, &answer, Some(provider), now).await?;
        tx.commit().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_follows_the_last_answer_is_new() {
        let user = |text: &str| json!({"type":"message","role":"user","content":text});
        let answer = json!({"type":"message","role":"assistant","content":"hi"});
        assert_eq!(after_last_answer(vec![user("a"), answer.clone(), user("b")]), vec![user("b")]);
        assert_eq!(after_last_answer(vec![user("a")]), vec![user("a")]);
        let output = json!({"type":"function_call_output","call_id":"c","output":"1"});
        let call = json!({"type":"function_call","call_id":"c"});
        assert_eq!(after_last_answer(vec![user("a"), call, output.clone()]), vec![output]);
    }
}
