//! The effective settings as people see them: secrets masked, and for each value its source.

use super::load::{Loaded, to_json};
use super::tree::{Source, Step, path_text};
use serde_json::{Map, Value, json};
use std::fmt::Write;

impl Loaded {
    /// The effective settings in the file's shape, secrets as `***`.
    pub fn masked(&self) -> Value {
        to_json(&self.config)
    }

    /// Every effective value: its path, the value (secrets as `***`) and its source.
    pub fn values(&self) -> Vec<(String, Value, Source)> {
        leaves(&self.masked())
            .into_iter()
            .map(|(path, value)| (path_text(&path), value, self.tree.source_of(&path)))
            .collect()
    }

    /// `{"file": path or null, "values": {…}, "sources": {"gateway.port": "environment GATEWAY_PORT", …}}`.
    pub fn report(&self) -> Value {
        let sources: Map<String, Value> =
            self.values().into_iter().map(|(path, _, source)| (path, source.to_string().into())).collect();
        json!({ "file": self.file, "values": self.masked(), "sources": sources })
    }

    /// One line a value, for a terminal: `gateway.port = 18790   (default)`.
    pub fn table(&self) -> String {
        let lines: Vec<(String, Source)> = self
            .values()
            .into_iter()
            .map(|(path, value, source)| (format!("{path} = {value}"), source))
            .collect();
        let width = lines.iter().map(|(line, _)| line.chars().count().min(60)).max().unwrap_or(0);
        let mut text = match &self.file {
            Some(file) => format!("# {}\n", file.display()),
            None => "# no configuration file\n".to_owned(),
        };
        for (line, source) in lines {
            writeln!(text, "{line:width$}  ({source})").expect("writing to a string cannot fail");
        }
        text
    }
}

/// The values of a tree that are no objects, or empty ones, in order.
pub(super) fn leaves(value: &Value) -> Vec<(Vec<Step>, Value)> {
    match value {
        Value::Object(members) if !members.is_empty() => members
            .iter()
            .flat_map(|(key, member)| {
                leaves(member).into_iter().map(|(rest, leaf)| {
                    let mut path = vec![Step::Key(key.clone())];
                    path.extend(rest);
                    (path, leaf)
                })
            })
            .collect(),
        leaf => vec![(Vec::new(), leaf.clone())],
    }
}
