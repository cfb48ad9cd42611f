//! The conversations of agents. The history lives here, not upstream (`store: false`).

use crate::domain::agent_loop::compaction;
use crate::domain::catalogue::Provider;
use crate::domain::ids::{ProviderId, SessionId, TenantId, digest_uuid};
use crate::domain::provider::Wire;
use crate::domain::responses::request::Draft;
use crate::store::sessions;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use sqlx::PgConnection;
use std::collections::HashMap;
use std::sync::Arc;

/// What a model is asked with, oldest first, and whose each part is.
#[derive(Clone, Debug, Default)]
pub struct Transcript {
    /// What stands for everything before the items.
    summary: Option<Value>,
    /// Each item with its place in the stored conversation; 0 where nothing is stored.
    items: Vec<(i64, Value)>,
    pub makers: Makers,
}

impl Transcript {
    /// A stored conversation, as far as it is not summarized.
    pub async fn load(conn: &mut PgConnection, session: SessionId) -> sqlx::Result<Self> {
        let compaction = sessions::compaction(conn, session).await?;
        let after = compaction.as_ref().map_or(0, |c| c.upto_seq);
        let mut transcript =
            Self { summary: compaction.map(|c| compaction::summary_item(&c.summary)), ..Self::default() };
        for row in sessions::items(conn, session, after, None).await? {
            let item = row.item.0;
            // Nobody can be given what nobody is known to have made.
            if item["type"] == "reasoning" && row.provider_id.is_none() {
                continue;
            }
            transcript.push(vec![item], row.provider_id.map(ProviderId), row.seq);
        }
        Ok(transcript)
    }

    /// Appends items of one maker, the last of which has this place.
    pub fn push(&mut self, items: Vec<Value>, maker: Option<ProviderId>, last: i64) {
        let count = i64::try_from(items.len()).unwrap_or_default();
        for (item, place) in items.into_iter().zip(1..) {
            if let (Some(maker), "reasoning") = (maker, item["type"].as_str().unwrap_or_default()) {
                Arc::make_mut(&mut self.makers.0).insert(Makers::key(&item), maker);
            }
            self.items.push(((last - count + place).max(0), item));
        }
    }

    /// The newest items have their place now, the last of them this one.
    pub fn placed(&mut self, count: usize, last: i64) {
        for ((place, _), back) in self.items.iter_mut().rev().take(count).zip(0..) {
            *place = last - back;
        }
    }

    /// Nothing has been said.
    pub fn is_empty(&self) -> bool {
        self.summary.is_none() && self.items.is_empty()
    }

    /// The input of the next question. Calls that were interrupted are still to be closed.
    pub fn input(&self) -> Vec<Value> {
        self.summary.iter().chain(self.items.iter().map(|(_, item)| item)).cloned().collect()
    }

    /// Tokens of it, roughly.
    pub fn estimate(&self) -> u64 {
        self.summary.iter().chain(self.items.iter().map(|(_, item)| item)).map(compaction::estimate).sum()
    }

    /// The part from the front that a summary should stand for, for a model with this window: what to summarize, and
    /// how many items it takes. `None`: there is none.
    pub fn to_summarize(&self, window: u64) -> Option<(Vec<Value>, usize)> {
        let items: Vec<Value> = self.items.iter().map(|(_, item)| item.clone()).collect();
        let count = compaction::split(&items, window);
        (count > 0)
            .then(|| (self.summary.iter().cloned().chain(items[..count].iter().cloned()).collect(), count))
    }

    /// Puts a summary in the place of so many items; the place of the last of them.
    pub fn compact(&mut self, count: usize, summary: &str) -> i64 {
        let upto = self.items.drain(..count).next_back().map_or(0, |(place, _)| place);
        self.summary = Some(compaction::summary_item(summary));
        upto
    }
}

/// Which account made which reasoning item of a conversation, by the item's digest.
#[derive(Clone, Debug, Default)]
pub struct Makers(Arc<HashMap<[u8; 32], ProviderId>>);

impl Makers {
    fn key(item: &Value) -> [u8; 32] {
        Sha256::digest(item.to_string()).into()
    }

    /// The request without the reasoning that the provider cannot read. With `moved`, also without what the client
    /// brought: nobody knows who made that.
    pub(crate) fn readable_by(&self, mut draft: Draft, provider: &Provider, moved: bool) -> Draft {
        draft.input.retain(|item| {
            item["type"] != "reasoning"
                || match self.0.get(&Self::key(item)) {
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

/// What is new to a stored conversation: clients of the chat API send the whole of it each time, and only what follows
/// the last answer is not here already.
pub fn after_last_answer(mut items: Vec<Value>) -> Vec<Value> {
    let answered = |item: &Value| {
        item["role"] == "assistant"
            || matches!(item["type"].as_str(), Some("function_call" | "reasoning" | "custom_tool_call"))
    };
    let from = items.iter().rposition(answered).map_or(0, |at| at + 1);
    items.split_off(from)
}

/// An item as Postgres takes it: it refuses the character NUL.
pub fn storable(mut item: Value) -> Value {
    fn clean(value: &mut Value) {
        match value {
            Value::String(text) if text.contains('\0') => *text = text.replace('\0', "\u{fffd}"),
            Value::Array(list) => list.iter_mut().for_each(clean),
            Value::Object(members) => members.values_mut().for_each(clean),
            _ => {}
        }
    }
    clean(&mut item);
    item
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

    #[test]
    fn a_summary_takes_the_place_of_the_items_that_it_tells() {
        let said = |role: &str, n: usize| json!({"type":"message","role":role,"content":"x".repeat(n)});
        let mut transcript = Transcript::default();
        transcript.push(vec![said("user", 4000), said("assistant", 4000)], None, 2);
        transcript.push(vec![said("user", 40)], None, 3);
        let (told, count) = transcript.to_summarize(1000).expect("long");
        assert_eq!((told.len(), count), (2, 2));
        assert_eq!(transcript.compact(count, "short"), 2);
        let input = transcript.input();
        assert_eq!((input.len(), &input[0]["role"]), (2, &json!("developer")));
        assert!(input[0]["content"][0]["text"].as_str().is_some_and(|t| t.ends_with("short")));
        assert_eq!(transcript.to_summarize(1000), None);
    }

    #[test]
    fn nul_is_replaced_wherever_it_stands() {
        assert_eq!(
            storable(json!({"a": ["x\0y", {"b": "\0"}]})),
            json!({"a": ["x\u{fffd}y", {"b": "\u{fffd}"}]})
        );
    }
}
