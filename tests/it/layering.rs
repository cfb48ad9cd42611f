//! The direction of the arrows between the modules: every `use` line and path of `src` is read, and the test fails
//! when one turns round, or when a layer names a library that belongs to another.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// What a layer may use of ours; `None` is everything. The first matching prefix of a module's path counts.
const LAYERS: &[(&str, Option<&[&str]>)] = &[
    ("domain", Some(&[])),
    ("config", Some(&["domain"])),
    ("telemetry", Some(&["domain", "config"])),
    ("lifecycle", Some(&[])),
    ("store", Some(&["domain"])),
    ("upstream", Some(&["domain"])),
    ("app", Some(&["store", "upstream", "domain", "config", "telemetry", "lifecycle"])),
    ("http", Some(&["app", "domain", "telemetry"])),
    ("demo::simulator", Some(&[])),
    ("demo", None),
    ("cli", None),
];

/// Words that a layer must not contain outside comments and strings, and why.
const BANNED: &[(&str, &[&str], &str)] = &[
    ("domain", &["tokio", "axum", "sqlx", "reqwest", "tracing", "SystemTime", "Instant"], "it is pure"),
    (
        "http",
        &["sqlx", "reqwest", "PgPool", "PgConnection"],
        "it knows status codes and nothing of SQL or upstreams",
    ),
    ("store", &["reqwest", "axum"], "it is SQL and nothing else"),
    ("upstream", &["sqlx", "axum"], "it is HTTP calls and nothing else"),
    ("app", &["axum"], "a use case knows no status codes"),
];

/// A word, or one other character. `::` is one token.
fn tokens(source: &str) -> Vec<String> {
    let chars: Vec<char> = source.chars().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let rest = &chars[at..];
        at += match rest {
            ['/', '/', ..] => rest.iter().take_while(|c| **c != '\n').count(),
            ['/', '*', ..] => block_comment(rest),
            ['"', ..] => string(rest),
            ['r', '"' | '#', ..] if raw_string(rest).is_some() => raw_string(rest).unwrap(),
            // A character, not a lifetime: 'a' or '\n'.
            ['\'', '\\', ..] => 3 + rest[3..].iter().take_while(|c| **c != '\'').count(),
            ['\'', _, '\'', ..] => 3,
            [':', ':', ..] => {
                found.push("::".to_owned());
                2
            }
            [c, ..] if c.is_alphabetic() || *c == '_' => {
                let word: String = rest.iter().take_while(|c| c.is_alphanumeric() || **c == '_').collect();
                let length = word.chars().count();
                found.push(word);
                length
            }
            [c, ..] => {
                if !c.is_whitespace() {
                    found.push(c.to_string());
                }
                1
            }
            [] => 1,
        };
    }
    found
}

fn block_comment(rest: &[char]) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        match rest[at..] {
            ['/', '*', ..] => (depth, at) = (depth + 1, at + 2),
            ['*', '/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

fn string(rest: &[char]) -> usize {
    let mut at = 1;
    while at < rest.len() && rest[at] != '"' {
        at += if rest[at] == '\\' { 2 } else { 1 };
    }
    at + 1
}

fn raw_string(rest: &[char]) -> Option<usize> {
    let hashes = rest[1..].iter().take_while(|c| **c == '#').count();
    if rest.get(1 + hashes) != Some(&'"') {
        return None;
    }
    let mut at = 2 + hashes;
    while at < rest.len() {
        let closing =
            rest[at] == '"' && rest[at + 1..].iter().take(hashes).filter(|c| **c == '#').count() == hashes;
        if closing {
            return Some(at + 1 + hashes);
        }
        at += 1;
    }
    Some(at)
}

/// The absolute paths of ours that a file names. `module` is the file's own: `["app", "tokens"]`.
fn paths(tokens: &[String], module: &[&str]) -> BTreeSet<Vec<String>> {
    let mut found = BTreeSet::new();
    let mut inner: Vec<(String, usize)> = Vec::new();
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate() {
        let next = |offset: usize| tokens.get(at + offset).map_or("", String::as_str);
        match token.as_str() {
            "mod" if next(2) == "{" => inner.push((next(1).to_owned(), depth)),
            "{" => depth += 1,
            "}" => {
                depth -= 1;
                if inner.last().is_some_and(|(_, opened)| *opened == depth) {
                    inner.pop();
                }
            }
            // Not the continuation of a path (`gateway::crate` does not exist, `super::super` is taken whole).
            "crate" | "super" if at == 0 || tokens[at - 1] != "::" => {
                let mut base: Vec<String> = module.iter().map(|part| (*part).to_owned()).collect();
                base.extend(inner.iter().map(|(name, _)| name.clone()));
                let mut start = at;
                if token == "crate" {
                    base.clear();
                } else {
                    base.pop();
                    while tokens[start + 1..].first().is_some_and(|t| t == "::")
                        && tokens.get(start + 2).is_some_and(|t| t == "super")
                    {
                        base.pop();
                        start += 2;
                    }
                }
                follow(tokens, start + 1, &base, &mut found);
            }
            _ => {}
        }
    }
    found
}

/// Follows a path from the `::` after its base, into groups; returns where it ended.
fn follow(tokens: &[String], mut at: usize, base: &[String], found: &mut BTreeSet<Vec<String>>) -> usize {
    let mut path = base.to_vec();
    while tokens.get(at).is_some_and(|token| token == "::") {
        at += 1;
        match tokens.get(at).map(String::as_str) {
            Some("{") => {
                at += 1;
                while tokens.get(at).is_some_and(|token| token != "}") {
                    at = match tokens[at].as_str() {
                        "," => at + 1,
                        name => {
                            let mut inner = path.clone();
                            inner.push(name.to_owned());
                            let mut next = follow(tokens, at + 1, &inner, found);
                            while tokens.get(next).is_some_and(|token| token != "," && token != "}") {
                                next += 1;
                            }
                            next
                        }
                    };
                }
                return at + 1;
            }
            Some(name) => {
                path.push(name.to_owned());
                at += 1;
            }
            None => break,
        }
    }
    found.insert(path);
    at
}

fn matches(module: &[&str], layer: &str) -> bool {
    let layer: Vec<&str> = layer.split("::").collect();
    module.len() >= layer.len() && module[..layer.len()] == layer[..]
}

/// What is wrong with one file.
fn violations(module: &[&str], source: &str) -> Vec<String> {
    let name = module.join("::");
    let tokens = tokens(source);
    let mut wrong = Vec::new();
    for (layer, words, why) in BANNED {
        if matches(module, layer) {
            let named = words.iter().filter(|word| tokens.iter().any(|token| token == *word));
            wrong.extend(named.map(|word| format!("{name} names {word}, but {layer} must not: {why}")));
        }
    }
    let Some((layer, Some(allowed))) = LAYERS.iter().find(|(layer, _)| matches(module, layer)) else {
        return wrong;
    };
    let layers: BTreeSet<&str> = LAYERS.iter().filter_map(|(layer, _)| layer.split("::").next()).collect();
    for path in paths(&tokens, module) {
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let Some(first) = path.first().filter(|first| layers.contains(**first)) else {
            continue;
        };
        if !matches(&path, layer) && !allowed.contains(first) {
            wrong.push(format!(
                "{name} uses crate::{}, but {layer} may use only {allowed:?}",
                path.join("::")
            ));
        }
    }
    wrong
}

/// The module of a file below `src`; none for the roots, which see all.
fn module_of(path: &Path) -> Option<Vec<String>> {
    let path = path.with_extension("");
    let parts: Vec<String> = path.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    (parts != ["main"] && parts != ["lib"]).then_some(parts)
}

fn sources(dir: &Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn no_arrow_between_the_layers_turns_round() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    assert!(files.len() > 20, "the sources are where this test looks");
    let mut wrong = Vec::new();
    for file in files {
        let Some(module) = module_of(file.strip_prefix(&src).unwrap()) else {
            continue;
        };
        let module: Vec<&str> = module.iter().map(String::as_str).collect();
        assert!(
            LAYERS.iter().any(|(layer, _)| matches(&module, layer)),
            "{} is in no layer",
            module.join("::")
        );
        wrong.extend(violations(&module, &fs::read_to_string(&file).unwrap()));
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn a_planted_violation_is_caught_however_it_is_written() {
    for (module, source) in [
        (vec!["domain", "pool"], "use crate::store::pools;"),
        (vec!["store", "accounts"], "use crate::{domain::ids::TenantId, upstream::codex};"),
        (vec!["store", "accounts"], "use crate::{\n    domain::{ids, provider},\n    upstream,\n};"),
        (vec!["upstream", "codex"], "fn f() -> crate::store::Row { crate::store::row() }"),
        (vec!["upstream"], "use super::store::accounts;"),
        (vec!["upstream", "codex"], "use super::super::config::Upstream;"),
        (vec!["http", "admin", "pools"], "mod tests { use super::super::super::super::store; }"),
        (vec!["http"], "pub use crate::store as s;"),
        (vec!["http", "admin"], "async fn f(pool: sqlx::PgPool) {}"),
        (vec!["app", "gateway"], "use axum::Json;"),
        (vec!["domain", "token"], "fn f() { let t = std::time::SystemTime::now(); }"),
        (vec!["domain", "token"], "/* use nothing */ use tokio::time;"),
        (vec!["config", "load"], "use crate::app::App;"),
        (vec!["lifecycle"], "use crate::config::Config;"),
        (vec!["demo", "simulator", "server"], "use crate::domain::claims;"),
    ] {
        assert!(!violations(&module, source).is_empty(), "{module:?}: {source}");
    }
}

#[test]
fn what_is_allowed_is_not_reported() {
    for (module, source) in [
        (vec!["domain", "pool"], "use crate::domain::ids; use super::routing; use std::time::Duration;"),
        (vec!["store", "accounts"], "use crate::domain::ids::TenantId; use super::error::StoreError;"),
        (
            vec!["app", "gateway"],
            "use crate::{store, upstream::codex, domain::{ids}, config, telemetry, lifecycle};",
        ),
        (vec!["app", "gateway"], "mod tests { use super::*; use super::super::tokens; }"),
        (vec!["domain", "chat"], "//! Not `crate::store`.\nconst TEXT: &str = \"crate::store and tokio\";"),
        (
            vec!["domain", "chat"],
            "const TEXT: &str = r#\"use \"tokio\";\"#; const QUOTE: char = '\"'; fn f<'a>() {}",
        ),
        (vec!["demo", "simulator", "server"], "use super::accounts; use crate::demo::simulator::scripts;"),
        (vec!["demo"], "use crate::{app, http, config};"),
        (vec!["cli"], "use crate::store::backup;"),
        (vec!["config", "section"], "pub(in crate::config) use section;"),
    ] {
        assert_eq!(violations(&module, source), Vec::<String>::new(), "{module:?}: {source}");
    }
}
