//! What a changed file changes. Pure but for the loader's values: the watch brings the text.

use super::load::{FileText, Loaded, Loader};
use super::problem::ConfigError;
use super::report::leaves;
use super::tree::{Step, key_path, path_text};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;

/// The keys, and sections, that are read once at start.
pub const NEEDS_RESTART: [&str; 20] = [
    "gateway.host",
    "gateway.port",
    "gateway.token",
    "gateway.allowed_origins",
    "gateway.max_body_mib",
    "gateway.max_connections",
    "gateway.max_connections_per_address",
    "gateway.request_head_seconds",
    "gateway.keep_alive_seconds",
    "gateway.stall_seconds",
    "gateway.tls",
    "gateway.admin",
    "database",
    "data_dir",
    "encryption_key",
    "encryption_keys_previous",
    "chatgpt",
    "routing.conversation_ttl_minutes",
    "upstream.connect_timeout_seconds",
    "telemetry.log_format",
];

/// A valid change of the file.
#[derive(Clone)]
pub struct ConfigChange {
    /// The settings now in force: the new ones, but what needs a restart is as it was at the start.
    pub loaded: Loaded,
    /// What is in force from now on.
    pub applied: Vec<Change>,
    /// What stands in the file and waits for a restart; said again at every change until then.
    pub needs_restart: Vec<Change>,
}

/// One changed value, secrets masked.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The key: `agents.defaults.model`.
    pub path: String,
    /// The value in force before; none when the key was not there.
    pub from: Option<Value>,
    /// The value in the file, or its default; none when the key is not there any more.
    pub to: Option<Value>,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.from, &self.to) {
            (Some(from), Some(to)) if from != to => write!(f, "{}: {from} -> {to}", self.path),
            (Some(_), Some(_)) => write!(f, "{}: changed", self.path),
            (None, Some(to)) => write!(f, "{}: {to}", self.path),
            (_, None) => write!(f, "{}: removed", self.path),
        }
    }
}

/// What the file's present text changes in the running settings; nothing when it says the same.
pub(super) fn reload(
    loader: &Loader,
    running: &Loaded,
    file: Option<FileText>,
) -> Result<Option<ConfigChange>, ConfigError> {
    let new = loader.build(file)?;
    let changes = differences(running, &new);
    if changes.is_empty() {
        return Ok(None);
    }
    let mut tree = (*new.tree).clone();
    for pinned in NEEDS_RESTART.map(key_path) {
        tree.remove(&pinned);
        if let Some(node) = running.tree.get(&pinned) {
            tree.set(&pinned, node.clone());
        }
    }
    let mut problems = Vec::new();
    let effective = loader.finish(tree, new.file.clone(), &mut problems);
    if !problems.is_empty() {
        return Err(ConfigError::Invalid(problems));
    }
    let (needs_restart, applied) = changes.into_iter().partition(|change| waits(&change.path));
    Ok(Some(ConfigChange { loaded: effective, applied, needs_restart }))
}

fn waits(path: &str) -> bool {
    NEEDS_RESTART
        .iter()
        .any(|key| path.strip_prefix(key).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
}

fn differences(running: &Loaded, new: &Loaded) -> Vec<Change> {
    let before = by_path(running);
    let after = by_path(new);
    let mut changes: Vec<Change> = before
        .iter()
        .filter(|(path, leaf)| after.get(*path) != Some(leaf))
        .map(|(path, leaf)| Change {
            path: path.clone(),
            from: Some(leaf.shown.clone()),
            to: after.get(path).map(|leaf| leaf.shown.clone()),
        })
        .collect();
    changes.extend(after.iter().filter(|(path, _)| !before.contains_key(*path)).map(|(path, leaf)| Change {
        path: path.clone(),
        from: None,
        to: Some(leaf.shown.clone()),
    }));
    changes
}

/// A value as it is shown, and beside a mask the secret that tells whether it changed.
#[derive(PartialEq)]
struct Leaf {
    shown: Value,
    secret: Option<Value>,
}

fn by_path(loaded: &Loaded) -> BTreeMap<String, Leaf> {
    leaves(&loaded.masked())
        .into_iter()
        .filter(|(_, shown)| *shown != Value::Object(serde_json::Map::new()))
        .map(|(path, shown)| {
            let secret = is_masked(&shown).then(|| secret_at(loaded, &path)).flatten();
            (path_text(&path), Leaf { shown, secret })
        })
        .collect()
}

/// Whether a mask stands in for a secret, or in a list for each of several or for those of its items.
fn is_masked(shown: &Value) -> bool {
    match shown {
        Value::Array(items) => items.iter().any(is_masked),
        Value::Object(members) => members.values().any(is_masked),
        other => other == super::values::MASK,
    }
}

fn secret_at(loaded: &Loaded, path: &[Step]) -> Option<Value> {
    loaded.tree.get(path).map(super::tree::Node::to_json)
}
