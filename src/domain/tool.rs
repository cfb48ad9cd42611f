//! Tools: what a model is told of one, what a call gives, and which of them an agent may call.

mod allow;
mod kept;
mod terms;

pub use allow::{Pattern, ToolsConfig, ToolsConfigError};
pub use kept::Kept;
pub use terms::search_terms;

use serde_json::{Map, Value};

/// The names of the built-in tools, in the order in which they are offered.
pub const BUILT_IN: [&str; 10] = [
    "read_file",
    "write_file",
    "edit_file",
    "list_files",
    "search_files",
    "exec",
    "web_fetch",
    "remember",
    "recall",
    "forget",
];

/// A tool as the model is told of it.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolSpec {
    pub name: String,
    pub description: String,
    /// JSON schema of type `object`.
    pub parameters: Value,
}

/// What a call gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolOutput {
    /// For the model; already cut to the bound, see [`cut_middle`].
    pub text: String,
    /// For people and the log.
    pub is_error: bool,
}

impl ToolOutput {
    /// The call did what was asked.
    pub fn done(text: impl Into<String>) -> Self {
        Self { text: text.into(), is_error: false }
    }

    /// It did not; the text says to the model what was wrong, where, and what would be right.
    pub fn failed(text: impl Into<String>) -> Self {
        Self { text: text.into(), is_error: true }
    }
}

impl From<ToolOutput> for Result<String, String> {
    fn from(output: ToolOutput) -> Self {
        if output.is_error { Err(output.text) } else { Ok(output.text) }
    }
}

impl From<Result<String, String>> for ToolOutput {
    fn from(outcome: Result<String, String>) -> Self {
        outcome.map_or_else(Self::failed, Self::done)
    }
}

/// The longest note that [`cut_middle`] and [`Kept`] put where something is left out, in bytes.
const NOTE: usize = 56;

fn left_out(bytes: u64) -> String {
    format!("\n… [{bytes} bytes left out] …\n")
}

/// The text, at most `most_bytes` long (and never asked to be shorter than 64): what is too much is left out of the
/// middle, since the beginning says what it is and the end how it ended. Cut on character boundaries.
pub fn cut_middle(text: &str, most_bytes: usize) -> String {
    if text.len() <= most_bytes {
        return text.to_owned();
    }
    let room = most_bytes.saturating_sub(NOTE);
    let head = text.floor_char_boundary(room.div_ceil(2));
    let tail = text.ceil_char_boundary(text.len() - room / 2);
    format!("{}{}{}", &text[..head], left_out((tail - head) as u64), &text[tail..])
}

/// Whether an agent may call the built-in tool of this name. What does not belong into a `tools_config` allows nothing:
/// it was refused when it was written, or is older than these rules.
pub fn allowed(tools_config: &Map<String, Value>, name: &str) -> bool {
    ToolsConfig::lenient(tools_config).allows(name, None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn a_short_text_stays_as_it_is_and_a_long_one_loses_its_middle() {
        assert_eq!(cut_middle("short", 64), "short");
        let long = format!("begin{}end", "x".repeat(1_000));
        let cut = cut_middle(&long, 100);
        assert!(cut.starts_with("beginx") && cut.ends_with("xend"), "{cut}");
        assert!(cut.contains("bytes left out] …"), "{cut}");
    }

    proptest! {
        #[test]
        fn a_cut_text_keeps_its_bound_and_tells_truly_what_is_left_out(
            text in "[aä€😀\\n]{0,400}", most in 64_usize..600,
        ) {
            let cut = cut_middle(&text, most);
            prop_assert!(cut.len() <= most);
            if text.len() > most {
                let (head, rest) = cut.split_once("\n… [").expect("a note");
                let (count, tail) = rest.split_once(" bytes left out] …\n").expect("a note");
                prop_assert!(text.starts_with(head) && text.ends_with(tail));
                prop_assert_eq!(head.len() + count.parse::<usize>().expect("a number") + tail.len(), text.len());
            } else {
                prop_assert_eq!(cut, text);
            }
        }
    }

    #[test]
    fn an_agent_calls_what_it_was_allowed_and_nothing_else() {
        let of = |config: Value| config.as_object().cloned().expect("an object");
        assert!(!allowed(&of(json!({})), "read_file"));
        assert!(allowed(&of(json!({"allow": ["read_file"]})), "read_file"));
        assert!(!allowed(&of(json!({"allow": ["*"], "deny": ["exec"]})), "exec"));
        assert!(!allowed(&of(json!({"allow": "*"})), "read_file"));
    }
}
