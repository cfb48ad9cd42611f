//! Secrets by their shape: nothing that the gateway answers may hold one, but for the answers that are there to show it.

use regex::Regex;
use std::sync::LazyLock;

/// What a secret looks like, whoever made it.
static SHAPES: LazyLock<Vec<(&str, Regex)>> = LazyLock::new(|| {
    let shapes = [
        ("a gateway key or token", r"\bgw_[A-Za-z0-9]{40}\b"),
        ("an API key", r"\bsk-[A-Za-z0-9_-]{16,}"),
        ("a JWT", r"\beyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]*"),
        ("a refresh token of the simulator", r"\brt_[0-9a-f]{48}\b"),
        ("an authorization code of the simulator", r"\bac_[A-Za-z0-9_-]{30,}"),
        ("a sealed value", r"aes-gcm:"),
        ("a private key", r"-----BEGIN [A-Z ]*PRIVATE KEY"),
        ("a password hash", r"\$argon2(id|i|d)\$"),
        ("the tests' API key", r"\bsim-compat-key\b"),
        ("the tests' token", r"\bgw_test_token\b"),
    ];
    shapes.map(|(what, shape)| (what, Regex::new(shape).unwrap())).into()
});

/// Routes that show a secret once, on purpose; and which.
const SHOWN: [(&str, &str, &str); 3] = [
    ("POST", "/v1/keys", "a gateway key or token"),
    ("POST", "/v1/invitations", "a JWT"),
    ("POST", "/v1/account/totp", "a JWT"),
];

/// The first secret in a text, by its shape, and the text before it.
pub fn secret_in(text: &str) -> Option<(&'static str, String)> {
    SHAPES.iter().find_map(|(what, shape)| {
        let found = shape.find(text)?;
        let from = text[..found.start()].char_indices().rev().nth(200).map_or(0, |(index, _)| index);
        Some((*what, text[from..found.start()].to_owned()))
    })
}

/// Fails when an answer shows what no answer may show.
pub fn assert_none(method: &str, path: &str, headers: &impl std::fmt::Debug, body: &[u8]) {
    let text = format!("{headers:?}\n{}", String::from_utf8_lossy(body));
    let Some((what, before)) = secret_in(&text) else { return };
    let path = path.split('?').next().unwrap_or_default();
    let on_purpose = SHOWN.iter().any(|(m, p, shown)| *m == method && *p == path && *shown == what);
    assert!(on_purpose, "{method} {path} shows {what} after: {before}");
}

#[test]
fn a_planted_secret_is_seen_in_a_header_and_in_a_body() {
    let key = format!("gw_{}", "aB3dE".repeat(8));
    let jwt = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2ln";
    for secret in [&*key, jwt, "sk-0123456789abcdef0123", &format!("rt_{}", "0f".repeat(24))] {
        assert!(secret_in(&format!("{{\"token\": \"{secret}\"}}")).is_some(), "{secret}");
        let shown = |headers: &str, body: &str| {
            let (headers, body) = (headers.to_owned(), body.to_owned());
            std::panic::catch_unwind(move || assert_none("GET", "/v1/keys?a=b", &headers, body.as_bytes()))
        };
        assert!(shown(secret, "").is_err() && shown("", secret).is_err() && shown("x", "y").is_ok());
    }
    assert_none("POST", "/v1/keys", &"", key.as_bytes());
}
