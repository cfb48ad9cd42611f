//! A stored conversation as text: for lists, for the search, and to take away.

use serde_json::Value;
use std::fmt::Write as _;

/// Characters of a title that nobody chose.
const TITLE: usize = 80;
/// Bytes of an item that the search knows of.
const SEARCHED: usize = 60_000;

/// Whether a conversation may be called so: 1 to 255 characters.
pub fn is_session_key(key: &str) -> bool {
    (1..=255).contains(&key.chars().count())
}

/// What a message says, its parts joined; `None` for anything that is no message, or that says nothing.
pub fn text_of(item: &Value) -> Option<String> {
    if item["type"] != "message" {
        return None;
    }
    let text = match &item["content"] {
        Value::String(text) => text.clone(),
        Value::Array(parts) => {
            let texts = parts.iter().filter_map(|p| p["text"].as_str().or_else(|| p["refusal"].as_str()));
            texts.collect::<Vec<_>>().join("\n")
        }
        _ => String::new(),
    };
    (!text.trim().is_empty()).then_some(text)
}

/// What the search knows of an item: what people and the model said.
pub fn searched(item: &Value) -> Option<String> {
    // A text with NUL is refused by Postgres.
    let mut text = text_of(item)?.replace('\0', "");
    text.truncate(text.floor_char_boundary(SEARCHED));
    Some(text)
}

/// A title made of the first thing that was said: its first line, cut at a word.
pub fn title_of(text: &str) -> String {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    if line.chars().count() <= TITLE {
        return line.to_owned();
    }
    let cut: String = line.chars().take(TITLE).collect();
    let end = cut.rfind(char::is_whitespace).filter(|at| *at > TITLE / 2).unwrap_or(cut.len());
    format!("{}…", cut[..end].trim_end())
}

/// A conversation as Markdown: who said what, and the tools that were called.
pub fn markdown<'a>(title: &str, items: impl IntoIterator<Item = &'a Value>) -> String {
    let mut out = format!("# {}\n", title.replace('\n', " "));
    for item in items {
        let text = |key: &str| item[key].as_str().unwrap_or_default();
        let written = match (text("type"), text("role")) {
            ("message", role) => match text_of(item) {
                Some(said) => {
                    let who = match role {
                        "user" => "User",
                        "assistant" if item["phase"] == "commentary" => "Assistant (while working)",
                        "assistant" => "Assistant",
                        _ => "Instructions",
                    };
                    write!(out, "\n## {who}\n\n{}\n", said.trim())
                }
                None => Ok(()),
            },
            ("function_call", _) => {
                write!(out, "\n### Tool call: {}\n\n{}", text("name"), fenced("json", text("arguments")))
            }
            ("function_call_output", _) => {
                let output = match &item["output"] {
                    Value::String(text) => text.clone(),
                    other => other.to_string(),
                };
                write!(out, "\n### Tool result\n\n{}", fenced("", &output))
            }
            _ => Ok(()),
        };
        debug_assert!(written.is_ok(), "a String takes everything");
    }
    out
}

/// A block whose fence is longer than any in it.
fn fenced(language: &str, text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat((longest + 1).max(3));
    format!("{fence}{language}\n{}\n{fence}\n", text.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_title_is_the_first_line_cut_at_a_word() {
        assert_eq!(title_of("\n  Hello there \nmore"), "Hello there");
        let long = title_of(&"word ".repeat(40));
        assert!(long.ends_with("word…") && long.chars().count() <= TITLE + 1);
        assert_eq!(title_of(&"日".repeat(200)).chars().count(), TITLE + 1);
        assert_eq!(title_of(" \n "), "");
    }

    #[test]
    fn the_search_knows_what_was_said_and_no_tool_output_or_reasoning() {
        let said =
            json!({"type": "message", "role": "user", "content": [{"type": "input_text", "text": "a\0b"}]});
        assert_eq!(searched(&said).as_deref(), Some("ab"));
        assert_eq!(searched(&json!({"type": "function_call_output", "output": "x"})), None);
        assert_eq!(searched(&json!({"type": "message", "content": " "})), None);
        let long = json!({"type": "message", "content": "é".repeat(SEARCHED)});
        assert!(searched(&long).is_some_and(|text| text.len() <= SEARCHED));
    }

    #[test]
    fn a_conversation_is_readable_as_markdown() {
        let items = [
            json!({"type": "message", "role": "user", "content": "What is in `a.txt`?"}),
            json!({"type": "reasoning", "encrypted_content": "gAAA"}),
            json!({"type": "function_call", "name": "read_file", "arguments": "{\"path\":\"a.txt\"}", "call_id": "c"}),
            json!({"type": "function_call_output", "call_id": "c", "output": "```\ncode\n```"}),
            json!({"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Code."}]}),
        ];
        let text = markdown("A file", &items);
        assert_eq!(
            text,
            "# A file\n\n## User\n\nWhat is in `a.txt`?\n\n### Tool call: read_file\n\n```json\n{\"path\":\"a.txt\"}\n```\n\
             \n### Tool result\n\n````\n```\ncode\n```\n````\n\n## Assistant\n\nCode.\n"
        );
    }
}
