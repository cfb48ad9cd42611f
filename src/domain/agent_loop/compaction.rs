//! When a conversation fills its model's window, and which part of it is then told as a summary.

use crate::domain::responses::request::call_direction;
use serde_json::{Value, json};
use std::collections::HashSet;

/// Percent of the window from which on a conversation is compacted.
const FULL: u64 = 75;
/// Percent of the window that the last turns may keep.
const KEPT: u64 = 25;

/// What the model is asked for.
pub const INSTRUCTIONS: &str = "Summarize the conversation so far for yourself: you will go on with it and see only \
    this summary and the last messages. Keep what was asked for and decided, facts, names, numbers, file paths, results of \
    tools that still matter, and what is left to do. Write plain text, no preamble.";

/// Whether so many tokens are too many for the window.
pub fn is_due(tokens: u64, window: u64) -> bool {
    tokens.saturating_mul(100) >= window.saturating_mul(FULL)
}

/// Tokens of an item, roughly: four bytes a token. Images count as the upstream does, about a thousand.
pub fn estimate(item: &Value) -> u64 {
    fn size(value: &Value) -> u64 {
        match value {
            Value::String(text) if text.starts_with("data:image/") => 4_000,
            Value::String(text) => text.len() as u64,
            Value::Array(list) => list.iter().map(size).sum(),
            Value::Object(members) => members.values().map(size).sum(),
            _ => 4,
        }
    }
    size(item) / 4 + 4
}

/// How many items from the front go into the summary; 0: there is nothing that could. What stays begins with what a
/// person said where it can, never parts a call from its output, and fits a quarter of the window if it can.
pub fn split(items: &[Value], window: u64) -> usize {
    let budget = window.saturating_mul(KEPT) / 100;
    let (mut kept, mut best_turn, mut best_step) = (0u64, None, None);
    // Outputs behind this place whose calls are still before it.
    let mut open: HashSet<&str> = HashSet::new();
    for (at, item) in items.iter().enumerate().rev() {
        kept = kept.saturating_add(estimate(item));
        match call_direction(item) {
            Some((id, true)) => {
                open.remove(id);
            }
            Some((id, false)) => {
                open.insert(id);
            }
            None => {}
        }
        if at == 0 || !open.is_empty() || item["type"] == "reasoning" {
            continue;
        }
        let cuttable = !follows_reasoning(items, at);
        if kept <= budget && cuttable {
            best_step = Some(at);
            if item["role"] == "user" {
                best_turn = Some(at);
            }
        } else if best_step.is_none() && cuttable {
            // Not even the last step fits: it stays whole.
            best_step = Some(at);
            break;
        }
    }
    best_turn.or(best_step).unwrap_or_default()
}

/// Reasoning belongs to the item that follows it.
fn follows_reasoning(items: &[Value], at: usize) -> bool {
    at > 0 && items[at - 1]["type"] == "reasoning"
}

/// The summary as the first item of what goes on.
pub fn summary_item(summary: &str) -> Value {
    let text = format!("Summary of the conversation so far, which is no longer shown:\n\n{summary}");
    json!({"type": "message", "role": "developer", "content": [{"type": "input_text", "text": text}]})
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn said(role: &str, length: usize) -> Value {
        json!({"type": "message", "role": role, "content": [{"type": "input_text", "text": "x".repeat(length)}]})
    }

    fn call(id: &str) -> Value {
        json!({"type": "function_call", "call_id": id, "name": "f", "arguments": "{}"})
    }

    fn output(id: &str, length: usize) -> Value {
        json!({"type": "function_call_output", "call_id": id, "output": "y".repeat(length)})
    }

    #[test]
    fn three_quarters_of_the_window_are_full() {
        assert!(!is_due(749, 1000) && is_due(750, 1000));
    }

    #[test]
    fn the_last_turns_stay_and_begin_with_what_a_person_said() {
        let items = [said("user", 4000), said("assistant", 4000), said("user", 40), said("assistant", 40)];
        assert_eq!(split(&items, 1000), 2);
    }

    #[test]
    fn a_long_turn_is_cut_between_its_steps_and_never_between_a_call_and_its_output() {
        let items = [
            said("user", 40),
            call("a"),
            output("a", 4000),
            call("b"),
            call("c"),
            output("b", 100),
            output("c", 100),
        ];
        assert_eq!(split(&items, 1000), 3);
    }

    #[test]
    fn one_message_alone_has_nothing_to_summarize() {
        assert_eq!((split(&[said("user", 99_999)], 1000), split(&[], 1000)), (0, 0));
    }

    proptest! {
        #[test]
        fn no_call_is_parted_from_its_output(kinds in prop::collection::vec((0u8..4, 0usize..3000), 0..40), window in 100u64..5000) {
            let mut items = Vec::new();
            for (n, (kind, length)) in kinds.into_iter().enumerate() {
                match kind {
                    0 => items.push(said("user", length)),
                    1 => items.push(said("assistant", length)),
                    2 => items.push(json!({"type": "reasoning", "id": n.to_string()})),
                    _ => {
                        items.push(call(&n.to_string()));
                        items.push(output(&n.to_string(), length));
                    }
                }
            }
            let at = split(&items, window);
            prop_assert!(at <= items.len());
            let mut calls = HashSet::new();
            for item in &items[at..] {
                match call_direction(item) {
                    Some((id, true)) => { calls.insert(id.to_owned()); }
                    Some((id, false)) => prop_assert!(calls.contains(id), "the call of {id} was left behind"),
                    None => {}
                }
            }
        }
    }
}
