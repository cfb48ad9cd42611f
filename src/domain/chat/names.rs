//! Function names that the upstream takes, and the way back to the ones that the client knows.
//!
//! The Responses backend takes at most 64 characters of `[A-Za-z0-9_-]`. Tool servers give out longer ones.

use std::collections::{HashMap, HashSet};

/// The longest function name that the upstream takes, in bytes.
pub const MAX_NAME: usize = 64;

/// The names of one request. Only the ones that had to change are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ToolNames {
    to_wire: HashMap<String, String>,
    to_client: HashMap<String, String>,
}

impl ToolNames {
    /// Gives every name that cannot stay a unique one that can. The same list gives the same names, so that a
    /// conversation's prompt cache survives its next turn.
    pub fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let names: Vec<&str> = names.into_iter().collect();
        let mut taken: HashSet<String> =
            names.iter().filter(|n| is_valid(n)).map(|n| (*n).to_owned()).collect();
        let mut all = Self::default();
        for name in names {
            if is_valid(name) || all.to_wire.contains_key(name) {
                continue;
            }
            let short = shorten(name);
            let mut wire = short.clone();
            let mut number = 0;
            while taken.contains(&wire) {
                number += 1;
                wire = numbered(&short, number);
            }
            taken.insert(wire.clone());
            all.to_client.insert(wire.clone(), name.to_owned());
            all.to_wire.insert(name.to_owned(), wire);
        }
        all
    }

    /// The name to send upstream.
    pub fn wire<'a>(&'a self, client: &'a str) -> &'a str {
        self.to_wire.get(client).map_or(client, String::as_str)
    }

    /// The name that the client gave.
    pub fn client<'a>(&'a self, wire: &'a str) -> &'a str {
        self.to_client.get(wire).map_or(wire, String::as_str)
    }

    /// Whether every name stayed as it was.
    pub fn is_empty(&self) -> bool {
        self.to_wire.is_empty()
    }
}

/// Whether the upstream takes the name as it is.
pub fn is_valid(name: &str) -> bool {
    (1..=MAX_NAME).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

/// A tool server's long prefix says less than the tool's own name: `mcp__server__tool` keeps the last part.
fn shorten(name: &str) -> String {
    let clean: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).collect();
    let last =
        clean.strip_prefix("mcp__").and_then(|rest| rest.rsplit("__").next()).filter(|l| !l.is_empty());
    let short = match last {
        Some(last) if clean.len() > MAX_NAME => format!("mcp__{last}"),
        _ => clean,
    };
    match short.len() {
        0 => "_".into(),
        _ => short[..short.len().min(MAX_NAME)].to_owned(),
    }
}

fn numbered(name: &str, n: usize) -> String {
    let suffix = format!("_{n}");
    format!("{}{suffix}", &name[..name.len().min(MAX_NAME - suffix.len())])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_long_tool_server_name_keeps_its_last_part() {
        let long = format!("mcp__{}__read_file", "server".repeat(12));
        let names = ToolNames::new([&*long, "plain"]);
        assert_eq!(names.wire(&long), "mcp__read_file");
        assert_eq!(names.client("mcp__read_file"), long);
        assert_eq!((names.wire("plain"), names.client("plain")), ("plain", "plain"));
    }

    #[test]
    fn a_shortened_name_never_takes_one_that_is_declared() {
        let names = ToolNames::new(["a.b", "a_b", "a b"]);
        assert_eq!((names.wire("a.b"), names.wire("a_b"), names.wire("a b")), ("a_b_1", "a_b", "a_b_2"));
    }

    proptest! {
        #[test]
        fn every_name_becomes_valid_and_unique_and_comes_back(
            names in prop::collection::hash_set("[a-zé. _]{0,3}|mcp__[a-z_]{60,80}|[a-z]{64,66}", 0..12)
        ) {
            let map = ToolNames::new(names.iter().map(String::as_str));
            let mut seen = HashSet::new();
            for name in &names {
                let wire = map.wire(name);
                prop_assert!(is_valid(wire), "{wire}");
                prop_assert!(seen.insert(wire.to_owned()));
                prop_assert_eq!(map.client(wire), name);
            }
        }
    }
}
