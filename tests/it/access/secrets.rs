//! Secrets are compared without telling how much of them is right, and upstreams are asked on known paths alone.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The Rust files below a directory of `src`, without what tests a module.
fn sources(below: &str) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut dirs = vec![root.join(below)];
    let mut found: Vec<PathBuf> = Vec::new();
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                dirs.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        let code: Vec<&str> = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        (path.strip_prefix(&root).unwrap().display().to_string(), code.join("\n"))
    };
    found.into_iter().filter(|path| !path.ends_with("tests.rs")).map(read).collect()
}

/// Comparisons with `==` of what is named like a secret, each with the reason why that is right. What is not here is
/// compared with `subtle`; or found by a digest or a random name of 256 bits in an index of the database, where timing
/// tells nothing of use: the first differing bit of a digest can't be steered.
const NO_SECRET: [(&str, &str, &str); 9] = [
    ("app/gateway/attempt.rs", "u.output_tokens == 0", "a count of tokens"),
    ("app/tokens/refresh.rs", "token.version != seen", "a version number"),
    ("app/vault/keys.rs", "check.expose_secret() != KEY_CHECK", "a constant that stands in the source"),
    ("app/mcp/manage.rs", "value.expose_secret() == MASK", "the mask, which stands in the source"),
    ("store/backup/restore.rs", "reader.digest() == *digest", "a checksum against damage, without a key"),
    ("domain/", "output_tokens == ", "a count of tokens"),
    (
        "app/mcp/manage.rs",
        "old.expose_secret() != secret.expose_secret()",
        "who may replace it is told that it was",
    ),
    (
        "app/people/sessions.rs",
        "mark != self.token_mark",
        "a stored mark and ours: neither comes from a caller",
    ),
    ("http/cookie.rs", "*name == SESSION_COOKIE", "a name that stands in the source"),
];

#[test]
fn secrets_are_compared_in_constant_time() {
    let name =
        "(token|secret|digest|signature|password|verifier|oauth_state|api_key|nonce|cookie|recovery|totp)";
    let compared = regex::Regex::new(&format!(
        r"(?i){name}[a-z_]*(\.[a-z_]+(\(\))?|\(\)|\[\.\.\])* *(==|!=)|(==|!=) *[&*]?[a-z_.]*{name}"
    ))
    .unwrap();
    let mut wrong = Vec::new();
    for (file, code) in sources("") {
        if file.starts_with("demo/") {
            continue;
        }
        for line in code.lines().filter(|line| compared.is_match(line)) {
            let known = NO_SECRET.iter().any(|(place, text, _)| {
                file.starts_with(place) && line.contains(text.trim_start_matches("u."))
            });
            if !known {
                wrong.push(format!("{file}: {}", line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "compare with subtle::ConstantTimeEq, or say why not:\n{}", wrong.join("\n"));
}

/// Every path that the gateway calls on an upstream that it brings a credential. Nothing of a client's request is ever a
/// part of one.
const UPSTREAM_PATHS: [&str; 14] = [
    "/api/accounts/deviceauth/token",
    "/api/accounts/deviceauth/usercode",
    "/api/codex/usage",
    "/codex/device",
    "/codex/models",
    "/codex/responses",
    "/deviceauth/callback",
    "/oauth/authorize",
    "/oauth/revoke",
    "/oauth/token",
    "/wham/accounts/check",
    "/wham/usage",
    "chat/completions",
    "models",
];

/// The modules that ask with a credential of an account or a provider. The others: `http_client` and `idle` ask nobody,
/// `mcp` and `oidc` ask the addresses that an administrator gave, `web` fetches public pages without any credential.
const ASKING: [&str; 5] = ["accounts", "codex", "openai_auth", "openai_compatible", "usage"];
const OTHERS: [&str; 5] = ["http_client", "idle", "mcp", "oidc", "web"];

#[test]
fn upstreams_are_asked_on_known_paths_alone() {
    let path = regex::Regex::new(r#""(?:\{[a-z_]*\})?(/[a-zA-Z][a-zA-Z/_-]*)""#).unwrap();
    let named = regex::Regex::new(r#"url\(target, "([^"]*)"\)"#).unwrap();
    // Whatever else makes a URL: a format with a variable behind its first slash.
    let open = regex::Regex::new(r#""\{[a-z_]*\}/[^"]*\{[^"]*""#).unwrap();
    let mut found = BTreeSet::new();
    for (file, code) in sources("upstream") {
        let module = file.trim_start_matches("upstream/").split(['/', '.']).next().unwrap().to_owned();
        assert!(ASKING.contains(&&*module) || OTHERS.contains(&&*module), "{file}: say whom it asks");
        if !ASKING.contains(&&*module) {
            continue;
        }
        // Whose callers are in the list themselves.
        let known =
            code.replace("fn url(target: Target<'_>, path: &str) -> String {\n    format!(\"{}/{path}\"", "");
        assert_eq!(open.find(&known).map(|found| found.as_str()), None, "{file}: a path with a variable");
        found.extend(path.captures_iter(&code).map(|c| c[1].to_owned()));
        found.extend(named.captures_iter(&code).map(|c| c[1].to_owned()));
        found.remove("/backend-api");
    }
    assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), UPSTREAM_PATHS);
}
