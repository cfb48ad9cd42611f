//! What must be left out of a body before it may go to another account.

use crate::domain::responses::fields::Fields;
use bytes::Bytes;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// The conversation was compacted by one account, and no other can read what is left of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the conversation was compacted by another account and can only go on there")]
pub struct AccountBound;

/// An upstream body without the reasoning that only the account which made it can decrypt; all else keeps its bytes.
///
/// Calls stay, with their outputs: they do not depend on the reasoning before them. A body that cannot be read is
/// given back as it is, the upstream will say what is wrong with it.
///
/// # Errors
/// It holds a compaction item: leaving that out would lose the conversation.
pub fn without_encrypted_reasoning(body: &Bytes) -> Result<Bytes, AccountBound> {
    let Ok(mut fields) = Fields::parse(body) else { return Ok(body.clone()) };
    let Some(Ok(items)) = fields.get("input").map(serde_json::from_str::<Vec<&RawValue>>) else {
        return Ok(body.clone());
    };
    let mut kept = Vec::with_capacity(items.len());
    for item in &items {
        match binding(item) {
            Binding::Compaction => return Err(AccountBound),
            Binding::Reasoning => {}
            Binding::None => kept.push(item.get()),
        }
    }
    if kept.len() == items.len() {
        return Ok(body.clone());
    }
    let input = format!("[{}]", kept.join(","));
    fields.set("input", input);
    Ok(fields.write().into())
}

enum Binding {
    None,
    Reasoning,
    Compaction,
}

fn binding(item: &RawValue) -> Binding {
    #[derive(Deserialize)]
    struct Item<'a> {
        #[serde(borrow, rename = "type", default)]
        kind: Cow<'a, str>,
        #[serde(default)]
        encrypted_content: Option<IgnoredAny>,
    }
    match serde_json::from_str::<Item<'_>>(item.get()) {
        Ok(Item { kind, encrypted_content: Some(_) }) if kind == "reasoning" => Binding::Reasoning,
        Ok(Item { kind, .. })
            if matches!(&*kind, "compaction" | "compaction_summary" | "context_compaction") =>
        {
            Binding::Compaction
        }
        _ => Binding::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_encrypted_reasoning_is_left_out() {
        let body = Bytes::from_static(
            br#"{"model":"m","input":[{"type":"message", "x":1.0},{"type":"reasoning","encrypted_content":"g"},{"role":"user"}],"store":false}"#,
        );
        let moved = without_encrypted_reasoning(&body).expect("portable");
        assert_eq!(
            &moved[..],
            br#"{"model":"m","input":[{"type":"message", "x":1.0},{"role":"user"}],"store":false}"#
        );
        assert_eq!(without_encrypted_reasoning(&moved).expect("portable").as_ptr(), moved.as_ptr());
    }

    #[test]
    fn a_compacted_conversation_stays_where_it_is() {
        let body = Bytes::from_static(br#"{"input":[{"type":"compaction","encrypted_content":"g"}]}"#);
        assert_eq!(without_encrypted_reasoning(&body), Err(AccountBound));
    }
}
