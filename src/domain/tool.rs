//! Tools of agents: what a model is told of one, and what a call gave.

use serde_json::Value;

/// A tool as the model is told of it.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolSpec {
    pub name: String,
    pub description: String,
    /// A JSON schema, of type object.
    pub parameters: Value,
}

/// What a call gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolOutput {
    /// For the model, already cut to the bound.
    pub text: String,
    /// For people and the log.
    pub is_error: bool,
}

/// The text, at most about `most_bytes` of it: what is too much is left out of the middle, with a note that says so.
pub fn cut_middle(text: &str, most_bytes: usize) -> String {
    if text.len() <= most_bytes {
        return text.to_owned();
    }
    let head = text.floor_char_boundary(most_bytes / 2);
    let tail = text.ceil_char_boundary(text.len() - (most_bytes - most_bytes / 2));
    format!("{}\n… [{} bytes left out] …\n{}", &text[..head], tail - head, &text[tail..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_keeps_its_ends_and_says_how_much_is_missing() {
        assert_eq!(cut_middle("short", 5), "short");
        assert_eq!(cut_middle("0123456789", 4), "01\n… [6 bytes left out] …\n89");
        let cut = cut_middle(&"é".repeat(100), 21);
        assert!(cut.starts_with("ééééé\n") && cut.ends_with("\nééééé"), "{cut}");
    }
}
