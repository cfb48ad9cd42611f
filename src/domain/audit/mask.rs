//! The second wall around secrets: what a view should have masked and did not.

use super::change::MASK;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// Names of members whose values are secrets, without their case, `-` and `_`.
const SECRET_NAMES: [&str; 17] = [
    "accesstoken",
    "apikey",
    "authorization",
    "bearer",
    "clientsecret",
    "code",
    "codeverifier",
    "cookie",
    "credential",
    "idtoken",
    "password",
    "passwordhash",
    "privatekey",
    "refreshtoken",
    "secret",
    "token",
    "totp",
];

/// Members whose values are all secrets, whatever their names.
const SECRET_GROUPS: [&str; 2] = ["env", "headers"];

/// How tokens begin, ours and those of others.
const PREFIXES: [&str; 11] =
    ["gw_", "sk-", "rt_", "ghp_", "gho_", "github_pat_", "glpat-", "xoxb-", "xoxp-", "AKIA", "AIza"];

/// The shortest text behind such a beginning that is a token.
const TOKEN: usize = 12;

/// Texts above this many bytes are kept as their beginning and a digest.
const LONG: usize = 4096;
/// The beginning of a long text, in characters.
const BEGINNING: usize = 512;

/// The view without secrets, and long texts cut.
pub(super) fn masked(view: Value) -> Value {
    match view {
        Value::String(text) => Value::String(cut(masked_text(&text))),
        Value::Array(items) => items.into_iter().map(masked).collect(),
        Value::Object(members) => {
            let member = |(name, value): (String, Value)| {
                let plain: String = name.chars().filter(|c| !matches!(c, '-' | '_')).collect();
                let plain = plain.to_lowercase();
                let value = if SECRET_NAMES.contains(&plain.as_str()) {
                    hidden(value)
                } else if SECRET_GROUPS.contains(&plain.as_str()) {
                    hidden_members(value)
                } else {
                    masked(value)
                };
                (name, value)
            };
            Value::Object(members.into_iter().map(member).collect())
        }
        other => other,
    }
}

/// Whether there is one can be seen, and nothing else.
fn hidden(value: Value) -> Value {
    match value {
        Value::Null | Value::Bool(_) => value,
        Value::String(text) if text.is_empty() => text.into(),
        _ => MASK.into(),
    }
}

fn hidden_members(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            Value::Object(members.into_iter().map(|(name, value)| (name, hidden(value))).collect())
        }
        other => hidden(other),
    }
}

/// A text without what looks like a token, and without the queries and users of its URLs.
fn masked_text(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let word = rest.find(|c: char| !is_of_a_word(c)).unwrap_or(rest.len());
        let (word, behind) = rest.split_at(word);
        push_word(&mut result, word);
        let between = behind.find(is_of_a_word).unwrap_or(behind.len());
        let (between, behind) = behind.split_at(between);
        result.push_str(between);
        rest = behind;
    }
    result
}

fn is_of_a_word(c: char) -> bool {
    !c.is_whitespace()
        && !matches!(c, '"' | '\'' | ',' | ';' | '(' | ')' | '<' | '>' | '[' | ']' | '{' | '}' | '`')
}

fn push_word(result: &mut String, word: &str) {
    if let Some((scheme, behind)) = word.split_once("://") {
        result.push_str(scheme);
        result.push_str("://");
        let (place, query) = match behind.find(['?', '#']) {
            Some(at) => (&behind[..at], Some(&behind[at..=at])),
            None => (behind, None),
        };
        let host_end = place.find('/').unwrap_or(place.len());
        let (host, path) = place.split_at(host_end);
        if let Some((_, host)) = host.rsplit_once('@') {
            result.push_str(MASK);
            result.push('@');
            result.push_str(host);
        } else {
            result.push_str(host);
        }
        for (n, part) in path.split('/').enumerate() {
            if n > 0 {
                result.push('/');
            }
            result.push_str(if is_token(part) { MASK } else { part });
        }
        if let Some(mark) = query {
            result.push_str(mark);
            result.push_str(MASK);
        }
        return;
    }
    // `--key=sk-…`, `key:sk-…`.
    match word.split_inclusive(['=', ':']).next_back() {
        Some(last) if last.len() < word.len() && is_token(last) => {
            result.push_str(&word[..word.len() - last.len()]);
            result.push_str(MASK);
        }
        _ => result.push_str(if is_token(word) { MASK } else { word }),
    }
}

fn is_token(word: &str) -> bool {
    let known = PREFIXES.iter().any(|prefix| {
        word.strip_prefix(prefix).is_some_and(|rest| {
            rest.len() >= TOKEN && rest.chars().all(|c| c.is_ascii_alphanumeric() || "-_.~+/=".contains(c))
        })
    });
    known || is_jwt(word)
}

fn is_jwt(word: &str) -> bool {
    let base64 = |part: &str| part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '='));
    let parts: Vec<&str> = word.split('.').collect();
    word.starts_with("eyJ")
        && (3..=5).contains(&parts.len())
        && word.len() > 24
        && parts.into_iter().all(base64)
}

/// A prompt of a hundred pages is told by its beginning, and by what tells it from another one.
fn cut(text: String) -> String {
    if text.len() <= LONG {
        return text;
    }
    let beginning: String = text.chars().take(BEGINNING).collect();
    let digest = hex::encode(Sha256::digest(text.as_bytes()));
    format!("{beginning}… ({} bytes, SHA-256 {digest})", text.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn members_that_are_secrets_by_name_are_masked_at_every_depth() {
        let view = json!({
            "a": {"API-Key": "k", "password": null, "refresh_token": "r"},
            "list": [{"clientSecret": "s"}],
            "headers": {"x-anything": "v"},
            "env": {"PATH_TO": "v", "EMPTY": ""},
            "has_password": true, "tokens": 5, "token": true,
        });
        let shown = json!({
            "a": {"API-Key": "***", "password": null, "refresh_token": "***"},
            "list": [{"clientSecret": "***"}],
            "headers": {"x-anything": "***"},
            "env": {"PATH_TO": "***", "EMPTY": ""},
            "has_password": true, "tokens": 5, "token": true,
        });
        assert_eq!(masked(view), shown);
    }

    #[test]
    fn what_looks_like_a_token_is_masked_wherever_it_stands() {
        for (text, shown) in [
            ("gw_0123456789abcdefghijABCDEFGHIJ0123456789", "***"),
            ("--token=sk-proj-0123456789abcdef", "--token=***"),
            ("Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl, please", "Bearer ***, please"),
            ("https://ada:pw@host/mcp?key=abc#x", "https://***@host/mcp?***"),
            ("see https://host/a/sk-0123456789abcdef/b.", "see https://host/a/***/b."),
            ("https://host/plain", "https://host/plain"),
            ("a sk-learn fan, gw_short, and eyJ.a.b", "a sk-learn fan, gw_short, and eyJ.a.b"),
            ("multi\n  line\ttext: ok", "multi\n  line\ttext: ok"),
        ] {
            assert_eq!(masked_text(text), shown);
        }
    }

    #[test]
    fn a_long_text_is_told_by_its_beginning_and_its_digest() {
        let (one, other) = ("ü".repeat(3000), "ü".repeat(2999) + "x");
        let (one, other) = (masked(json!(one)), masked(json!(other)));
        assert_ne!(one, other);
        assert!(one.as_str().is_some_and(|text| text.len() < 1200 && text.contains("6000 bytes")));
    }

    proptest! {
        #[test]
        fn no_token_gets_through_whatever_is_around_it(
            before in "[a-z \\n\"'(=:]{0,12}[ =:\"'(\\n]", token in "(gw_|sk-)[A-Za-z0-9]{20,40}", after in "([ \"',)\\n][a-z]{0,9})?"
        ) {
            let shown = masked_text(&format!("{before}{token}{after}"));
            prop_assert!(!shown.contains(&token), "{}", shown);
        }

        #[test]
        fn a_text_without_tokens_stays_as_it_is(text in "[a-zäöü ,.;\\n()\"']{0,60}") {
            prop_assert_eq!(masked_text(&text), text);
        }
    }
}
