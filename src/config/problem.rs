//! What can be wrong with the settings, in words that a person can act on.

use super::tree::{Source, Step, path_text, plain};
use std::fmt;
use std::path::PathBuf;

/// Why there are no settings to start with.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file that the flag or the variable names is not there.
    #[error("there is no configuration file {} (named by {named_by})", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
        /// `--config` or `GATEWAY_CONFIG`.
        named_by: &'static str,
    },
    /// The file that the running settings came from is not there any more.
    #[error("the configuration file {} is gone", path.display())]
    Gone {
        /// The file.
        path: PathBuf,
    },
    /// The file is there and cannot be read.
    #[error("cannot read the configuration file {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not JSON (comments and trailing commas are fine).
    #[error("{}:{line}:{column}: {message}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// From 1, in characters.
        column: usize,
        /// What is wrong there.
        message: String,
    },
    /// The settings break rules: every one that they break.
    #[error("{}", listed(.0))]
    Invalid(Vec<Problem>),
}

fn listed(problems: &[Problem]) -> String {
    let mut text = match problems.len() {
        1 => "1 problem in the settings:".to_owned(),
        many => format!("{many} problems in the settings:"),
    };
    for problem in problems {
        text.push_str("\n  - ");
        text.push_str(&problem.to_string());
    }
    text
}

/// One broken rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The key: `agents.defaults.model`.
    pub path: String,
    /// Where it was set.
    pub source: Source,
    /// The file, when it was set there.
    pub file: Option<PathBuf>,
    /// What is wrong.
    pub what: What,
}

/// What is wrong with a key or its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// There is no such key.
    UnknownKey {
        /// The key, as written.
        key: String,
        /// The object it stands in: `agents.defaults`; empty at the top.
        place: String,
        /// The key that was probably meant.
        nearest: Option<String>,
        /// Every key that there is in that place.
        known: Vec<String>,
    },
    /// The key stands twice in one object.
    Twice,
    /// The value has the wrong type, or is out of its range.
    Value {
        /// What was found, where it may be shown.
        found: Option<String>,
        /// What would be right.
        expected: String,
    },
    /// A rule over several values.
    Rule(String),
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.source, &self.file) {
            (Source::File { line, column }, Some(file)) => write!(f, "{}:{line}:{column}: ", file.display())?,
            (Source::File { line, column }, None) => write!(f, "{line}:{column}: ")?,
            (Source::Environment(name), _) => write!(f, "environment variable {name}: ")?,
            (Source::Flag(name), _) => write!(f, "flag {name}: ")?,
            (Source::Default, _) => {}
        }
        let path = if self.path.is_empty() { "the settings" } else { self.path.as_str() };
        match &self.what {
            What::UnknownKey { key, place, nearest, known } => {
                match place.as_str() {
                    "" => write!(f, "unknown key \"{key}\" at the top")?,
                    place => write!(f, "unknown key \"{key}\" in {place}")?,
                }
                match nearest {
                    Some(nearest) => write!(f, "; did you mean \"{nearest}\"?"),
                    None => write!(f, "; known are {}", known.join(", ")),
                }
            }
            What::Twice => write!(f, "{path} is set twice"),
            What::Value { found: Some(found), expected } => {
                write!(f, "{path}: found {found}, expected {expected}")
            }
            What::Value { found: None, expected } => write!(f, "{path}: {expected}"),
            What::Rule(rule) => write!(f, "{path}: {rule}"),
        }
    }
}

/// An unknown key, with the nearest of the place's keys; failing that, a place elsewhere that has this very key.
pub(super) fn unknown_key(path: &[Step], known: Vec<String>, elsewhere: &[String]) -> What {
    let place = path_text(&path[..path.len().saturating_sub(1)]);
    let key = match path.last() {
        Some(Step::Key(key)) => key.clone(),
        _ => String::new(),
    };
    let wanted = plain(&key);
    let nearest = known
        .iter()
        .map(|candidate| (strsim::damerau_levenshtein(&wanted, &plain(candidate)), candidate))
        .min_by_key(|(distance, _)| *distance)
        .filter(|(distance, candidate)| {
            let contained = wanted.len() >= 4 && plain(candidate).contains(&wanted);
            contained || *distance <= (wanted.len().max(candidate.len()) / 3).max(1)
        })
        .map(|(_, candidate)| candidate.clone())
        .or_else(|| {
            let last = |path: &String| path.rsplit('.').next().is_some_and(|last| plain(last) == wanted);
            elsewhere.iter().find(|path| last(path)).cloned()
        });
    What::UnknownKey { key, place, nearest, known }
}

/// What serde says of a value, in our words. It says `invalid type: <found>, expected <expected>`.
pub(super) fn wrong_value(said: &str) -> What {
    let body = ["invalid type: ", "invalid value: ", "unknown variant "]
        .iter()
        .find_map(|kind| said.strip_prefix(kind))
        .and_then(|body| body.split_once(", expected "));
    let Some((found, expected)) = body else {
        return What::Value { found: None, expected: said.to_owned() };
    };
    let section = ["struct ", "a map", "a sequence"].iter().any(|kind| expected.starts_with(kind));
    let credentials = found.contains("://") && found.contains('@');
    let found = match found {
        "map" => "an object".to_owned(),
        "sequence" => "a list".to_owned(),
        "null" => "null".to_owned(),
        // A string in the place of a section, or a URL with a password, may be a secret that went astray.
        text if text.starts_with("string") && (section || credentials) => "a string".to_owned(),
        text => text
            .trim_start_matches("string ")
            .trim_start_matches("integer ")
            .trim_start_matches("floating point ")
            .trim_start_matches("boolean ")
            .replace('`', ""),
    };
    let expected = match expected {
        "a boolean" => "true or false".to_owned(),
        "a sequence" => "a list".to_owned(),
        "a map" => "an object".to_owned(),
        "path string" => "a path".to_owned(),
        text if text.starts_with("struct ") => "an object".to_owned(),
        text => text.replace('`', "\""),
    };
    What::Value { found: Some(found), expected }
}
