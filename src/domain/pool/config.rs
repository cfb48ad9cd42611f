//! What an owner says of its pool: `settings.codex_pool` as clients write and read it, by name, and the same as it is
//! stored and routed on, by id.

use crate::domain::ids::ProviderId;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::HashSet;

/// The order in which a pool's accounts are asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// The owner while it can serve; the members only when it fails.
    #[default]
    PrimaryFirst,
    /// The owner, then the members in order: the first that can serve.
    PriorityOrder,
    /// In turn over all accounts.
    RoundRobin,
    /// By what is left of each account's quota and would lapse at its next reset.
    QuotaAware,
}

impl Strategy {
    pub const ALL: [Self; 4] = [Self::PrimaryFirst, Self::PriorityOrder, Self::RoundRobin, Self::QuotaAware];

    /// As the API and the database write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PrimaryFirst => "primary_first",
            Self::PriorityOrder => "priority_order",
            Self::RoundRobin => "round_robin",
            Self::QuotaAware => "quota_aware",
        }
    }

    /// The one of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.as_str() == name)
    }

    /// All names, for texts.
    pub fn names() -> String {
        Self::ALL.map(Self::as_str).join(", ")
    }
}

/// What stays on one account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Affinity {
    /// The requests of a conversation, while its account can serve: a change costs the prompt cache.
    #[default]
    Conversation,
    /// Nothing: every request is decided by itself.
    Request,
}

impl Affinity {
    pub const ALL: [Self; 2] = [Self::Conversation, Self::Request];

    /// As the API and the database write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Conversation => "conversation",
            Self::Request => "request",
        }
    }

    /// The one of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|a| a.as_str() == name)
    }
}

/// An owner's pool as it is stored: membership is by id, so that a rename changes nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PoolConfig {
    pub strategy: Strategy,
    pub affinity: Affinity,
    /// In order, without the owner.
    pub members: Vec<ProviderId>,
    /// The member that is asked first where there is an order; `None`: the owner.
    pub primary: Option<ProviderId>,
}

/// An owner's pool as clients see it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PoolSettings {
    pub strategy: Strategy,
    pub affinity: Affinity,
    /// In order, without the owner.
    pub extra_provider_names: Vec<String>,
    /// The member that is asked first where there is an order; `None`: the owner.
    pub primary_provider_name: Option<String>,
}

impl PoolSettings {
    /// `settings.codex_pool`. The primary account is in it where it is not the owner.
    pub fn to_json(&self) -> Value {
        let mut pool = json!({
            "strategy": self.strategy.as_str(),
            "extra_provider_names": self.extra_provider_names,
            "affinity": self.affinity.as_str(),
        });
        if let Some(primary) = &self.primary_provider_name {
            pool["primary_provider_name"] = json!(primary);
        }
        pool
    }
}

/// What a client writes into `settings.codex_pool`: what is absent stays as it is, a null is the default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PoolChange {
    pub strategy: Option<Strategy>,
    pub affinity: Option<Affinity>,
    /// Trimmed, each once, in the order of the first occurrence.
    pub extra_provider_names: Option<Vec<String>>,
    /// `Some(None)`: the owner.
    pub primary_provider_name: Option<Option<String>>,
}

/// Why `settings.codex_pool` can't be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PoolSettingsError {
    #[error("settings.codex_pool must be an object or null, not {0}")]
    NotAnObject(String),
    #[error(
        "settings.codex_pool has no member \"{0}\"; it has strategy, extra_provider_names, affinity, primary_provider_name"
    )]
    UnknownMember(String),
    #[error("settings.codex_pool.strategy: unknown strategy {0}; one of {names}", names = Strategy::names())]
    UnknownStrategy(String),
    #[error("settings.codex_pool.affinity: unknown affinity {0}; one of conversation, request")]
    UnknownAffinity(String),
    #[error("settings.codex_pool.primary_provider_name must be a provider's name or null; found {0}")]
    NotAName(String),
    #[error("settings.codex_pool.extra_provider_names must be a list of provider names; found {0}")]
    NotNames(String),
}

impl PoolChange {
    /// Reads the object.
    pub fn parse(value: &Value) -> Result<Self, PoolSettingsError> {
        let object = value.as_object().ok_or_else(|| PoolSettingsError::NotAnObject(shown(value)))?;
        let mut change = Self::default();
        for (key, value) in object {
            match key.as_str() {
                "strategy" => {
                    let strategy =
                        one_of(value, Strategy::named).map_err(PoolSettingsError::UnknownStrategy)?;
                    change.strategy = Some(strategy);
                }
                "affinity" => {
                    let affinity =
                        one_of(value, Affinity::named).map_err(PoolSettingsError::UnknownAffinity)?;
                    change.affinity = Some(affinity);
                }
                "extra_provider_names" => {
                    change.extra_provider_names = Some(names(value).map_err(PoolSettingsError::NotNames)?);
                }
                "primary_provider_name" => {
                    let name = match value {
                        Value::Null => None,
                        Value::String(name) => Some(name.trim().to_owned()).filter(|name| !name.is_empty()),
                        other => return Err(PoolSettingsError::NotAName(shown(other))),
                    };
                    change.primary_provider_name = Some(name);
                }
                unknown => return Err(PoolSettingsError::UnknownMember(unknown.to_owned())),
            }
        }
        Ok(change)
    }

    /// The pool of `owner` afterwards; `before` is `None` where there was none. A primary account that leaves with this
    /// change is none any more; one that the change itself names stays for the rules to judge.
    pub fn over(self, owner: &str, before: Option<PoolSettings>) -> PoolSettings {
        let before = before.unwrap_or_default();
        let stays =
            |name: &String| self.extra_provider_names.as_ref().is_none_or(|names| names.contains(name));
        let primary = self
            .primary_provider_name
            .clone()
            .unwrap_or_else(|| before.primary_provider_name.clone().filter(stays));
        PoolSettings {
            primary_provider_name: primary.filter(|name| name != owner),
            strategy: self.strategy.unwrap_or(before.strategy),
            affinity: self.affinity.unwrap_or(before.affinity),
            extra_provider_names: self.extra_provider_names.unwrap_or(before.extra_provider_names),
        }
    }
}

/// What a write says of the pool: `settings.codex_pool` taken out of the settings, which never hold it inside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum PoolEdit {
    #[default]
    Keep,
    Dissolve,
    Set(PoolChange),
}

impl PoolEdit {
    /// Takes it out of the settings that a client sent.
    pub fn take(settings: &mut Map<String, Value>) -> Result<Self, PoolSettingsError> {
        match settings.shift_remove("codex_pool") {
            None => Ok(Self::Keep),
            Some(Value::Null) => Ok(Self::Dissolve),
            Some(value) => PoolChange::parse(&value).map(Self::Set),
        }
    }
}

/// The value of that name, the default for null; else what was found.
pub(super) fn one_of<T: Default>(value: &Value, named: impl Fn(&str) -> Option<T>) -> Result<T, String> {
    match value {
        Value::Null => Ok(T::default()),
        Value::String(name) => named(name.trim()).ok_or_else(|| shown(value)),
        _ => Err(shown(value)),
    }
}

/// A list of names, trimmed, without blanks and repetitions; null is empty. Else what was found.
pub(super) fn names(value: &Value) -> Result<Vec<String>, String> {
    let list = match value {
        Value::Null => return Ok(Vec::new()),
        Value::Array(list) => list,
        _ => return Err(shown(value)),
    };
    let mut seen = HashSet::new();
    let mut names = Vec::with_capacity(list.len());
    for entry in list {
        let name = entry.as_str().ok_or_else(|| shown(entry))?.trim();
        if !name.is_empty() && seen.insert(name) {
            names.push(name.to_owned());
        }
    }
    Ok(names)
}

/// A value for an error's text, not at any length.
pub(super) fn shown(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(80) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::Strategy;
    use super::*;
    use proptest::prelude::*;

    fn parse(value: &Value) -> Result<PoolChange, String> {
        PoolChange::parse(value).map_err(|e| e.to_string())
    }

    #[test]
    fn names_are_trimmed_and_kept_once_in_their_order() {
        let change = parse(&json!({"extra_provider_names": [" b", "a", "b ", "", "a", "c"]})).expect("good");
        assert_eq!(change.extra_provider_names.as_deref(), Some(&["b", "a", "c"].map(str::to_owned)[..]));
        assert_eq!((change.strategy, change.affinity), (None, None));
    }

    #[test]
    fn what_is_absent_stays_and_null_is_the_default() {
        let before = PoolSettings {
            strategy: Strategy::RoundRobin,
            affinity: Affinity::Request,
            extra_provider_names: vec!["a".into()],
            primary_provider_name: Some("a".into()),
        };
        let after = |value| parse(&value).expect("good").over("main", Some(before.clone()));
        assert_eq!(after(json!({})), before);
        let other = PoolSettings { strategy: Strategy::QuotaAware, ..before.clone() };
        assert_eq!(after(json!({"strategy": "quota_aware"})), other);
        let nulls = json!({"strategy": null, "affinity": null, "extra_provider_names": null,
            "primary_provider_name": null});
        assert_eq!(after(nulls), PoolSettings::default());
        assert_eq!(parse(&json!({})).expect("good").over("main", None), PoolSettings::default());
    }

    #[test]
    fn the_primary_account_is_a_member_as_long_as_it_is_one_else_the_owner() {
        let before = PoolSettings {
            extra_provider_names: ["a", "b"].map(str::to_owned).to_vec(),
            primary_provider_name: Some("a".into()),
            ..PoolSettings::default()
        };
        for (change, primary) in [
            (json!({}), Some("a")),
            (json!({"primary_provider_name": "b"}), Some("b")),
            (json!({"primary_provider_name": null}), None),
            (json!({"primary_provider_name": " main "}), None),
            (json!({"extra_provider_names": ["b", "a"]}), Some("a")),
            (json!({"extra_provider_names": ["b"]}), None),
            // For the rules to refuse.
            (json!({"extra_provider_names": ["b"], "primary_provider_name": "a"}), Some("a")),
        ] {
            let after = parse(&change).expect("good").over("main", Some(before.clone()));
            assert_eq!(after.primary_provider_name.as_deref(), primary, "{change}");
            let shown = after.to_json();
            assert_eq!(shown.get("primary_provider_name").and_then(Value::as_str), primary, "{change}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (value, text) in [
            (json!([]), "settings.codex_pool must be an object or null, not []"),
            (
                json!({"strategy": "fastest"}),
                "settings.codex_pool.strategy: unknown strategy \"fastest\"; one of primary_first, priority_order, round_robin, quota_aware",
            ),
            (
                json!({"affinity": 1}),
                "settings.codex_pool.affinity: unknown affinity 1; one of conversation, request",
            ),
            (
                json!({"extra_provider_names": "a"}),
                "settings.codex_pool.extra_provider_names must be a list of provider names; found \"a\"",
            ),
            (
                json!({"extra_provider_names": ["a", 1]}),
                "settings.codex_pool.extra_provider_names must be a list of provider names; found 1",
            ),
            (
                json!({"members": []}),
                "settings.codex_pool has no member \"members\"; it has strategy, extra_provider_names, affinity, primary_provider_name",
            ),
            (
                json!({"primary_provider_name": ["a"]}),
                "settings.codex_pool.primary_provider_name must be a provider's name or null; found [\"a\"]",
            ),
        ] {
            assert_eq!(parse(&value), Err(text.to_owned()));
        }
    }

    #[test]
    fn the_pool_is_taken_out_of_the_settings() {
        let mut settings = json!({"a": 1, "codex_pool": {"strategy": "round_robin"}, "b": 2});
        let settings = settings.as_object_mut().expect("object");
        let edit = PoolEdit::take(settings).expect("good");
        assert!(matches!(edit, PoolEdit::Set(PoolChange { strategy: Some(Strategy::RoundRobin), .. })));
        assert_eq!(Value::Object(settings.clone()), json!({"a": 1, "b": 2}));
        assert_eq!(PoolEdit::take(settings), Ok(PoolEdit::Keep));
        settings.insert("codex_pool".into(), Value::Null);
        assert_eq!(PoolEdit::take(settings), Ok(PoolEdit::Dissolve));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(
            strategy in 0..4usize, affinity in 0..2usize, names in prop::collection::hash_set("[a-z0-9]{1,6}", 0..5)
        ) {
            let settings = PoolSettings {
                strategy: Strategy::ALL[strategy],
                affinity: Affinity::ALL[affinity],
                primary_provider_name: names.iter().next().cloned(),
                extra_provider_names: names.into_iter().collect(),
            };
            let read = PoolChange::parse(&settings.to_json()).expect("its own JSON").over("the-owner", None);
            prop_assert_eq!(read, settings);
        }
    }
}
