//! MCP servers as they are written down: what a definition has to be, and what their tools are called.

use crate::domain::provider::is_slug;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// The longest name of a server, so that its tools' names have room.
const MOST_NAME: usize = 32;
/// The longest name of a tool that every model takes.
const MOST_TOOL_NAME: usize = 64;
/// Headers that the transport itself sets.
const RESERVED_HEADERS: [&str; 6] =
    ["accept", "content-length", "host", "last-event-id", "mcp-protocol-version", "mcp-session-id"];

/// The ways to reach a server.
pub const TRANSPORTS: [&str; 2] = ["stdio", "streamable_http"];

/// Named values that are secrets: environment variables or headers.
pub type Secrets = BTreeMap<String, SecretString>;

/// How a server is reached. The values of `env` and `headers` are secrets.
#[derive(Clone, Debug)]
pub enum Reach {
    /// A program on this host, spoken to over its standard input and output.
    Stdio { command: String, args: Vec<String>, env: Secrets },
    /// A URL, spoken to by MCP's streamable HTTP.
    StreamableHttp { url: String, headers: Secrets },
}

impl Reach {
    /// One of [`TRANSPORTS`].
    pub fn transport(&self) -> &'static str {
        match self {
            Self::Stdio { .. } => TRANSPORTS[0],
            Self::StreamableHttp { .. } => TRANSPORTS[1],
        }
    }

    /// The same server, its secrets included.
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::Stdio { command, args, env },
                Self::Stdio { command: other_command, args: other_args, env: other_env },
            ) => command == other_command && args == other_args && exposed(env).eq(exposed(other_env)),
            (
                Self::StreamableHttp { url, headers },
                Self::StreamableHttp { url: other_url, headers: other_headers },
            ) => url == other_url && exposed(headers).eq(exposed(other_headers)),
            _ => false,
        }
    }

    /// The values that must not be shown.
    pub fn secrets(&self) -> &Secrets {
        match self {
            Self::Stdio { env, .. } => env,
            Self::StreamableHttp { headers, .. } => headers,
        }
    }
}

fn exposed(secrets: &Secrets) -> impl Iterator<Item = (&str, &str)> {
    secrets.iter().map(|(name, value)| (name.as_str(), value.expose_secret()))
}

/// A server as somebody wrote it.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// One of [`TRANSPORTS`]; absent, it follows from what else is there.
    pub transport: Option<String>,
    pub command: Option<String>,
    pub args: Vec<String>,
    pub env: Secrets,
    pub url: Option<String>,
    pub headers: Secrets,
}

/// One broken rule of a definition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// `command`, `env.TOKEN`, …
    pub field: String,
    /// What is wrong with it; no secret.
    pub message: String,
}

impl Violation {
    fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
    }
}

/// What is wrong with a server's name.
pub fn check_name(name: &str) -> Option<Violation> {
    (!is_slug(name) || name.len() > MOST_NAME).then(|| {
        let text = format!(
            "\"{name}\" is not a server name: at most {MOST_NAME} small letters, digits and inner hyphens, such as \
             \"docs\""
        );
        Violation::new("name", text)
    })
}

impl Draft {
    /// The values that must not be shown.
    pub fn secrets(&self) -> &Secrets {
        if self.headers.is_empty() { &self.env } else { &self.headers }
    }

    /// How the server is reached, or every rule that the draft breaks.
    pub fn check(self) -> Result<Reach, Vec<Violation>> {
        let mut broken = Vec::new();
        let filled = |text: &Option<String>| text.as_deref().is_some_and(|text| !text.trim().is_empty());
        let http = match (self.transport.as_deref(), filled(&self.command), filled(&self.url)) {
            (Some("stdio"), ..) | (None, true, false) => false,
            (Some("streamable_http"), ..) | (None, false, true) => true,
            (Some(other), ..) => {
                let text = format!("\"{other}\" is no transport; known are {}", TRANSPORTS.join(", "));
                return Err(vec![Violation::new("transport", text)]);
            }
            (None, ..) => {
                let text = "give either a command (stdio) or a url (streamable_http)";
                return Err(vec![Violation::new("transport", text)]);
            }
        };
        let mut foreign = |field: &str, there: bool, transport: &str| {
            if there {
                broken.push(Violation::new(field, format!("a {transport} server has none")));
            }
        };
        if http {
            foreign("command", filled(&self.command), TRANSPORTS[1]);
            foreign("args", !self.args.is_empty(), TRANSPORTS[1]);
            foreign("env", !self.env.is_empty(), TRANSPORTS[1]);
        } else {
            foreign("url", filled(&self.url), TRANSPORTS[0]);
            foreign("headers", !self.headers.is_empty(), TRANSPORTS[0]);
        }
        let reach = if http {
            let url = self.url.unwrap_or_default();
            broken.extend(check_url(&url));
            broken.extend(self.headers.iter().filter_map(|(name, value)| check_header(name, value)));
            Reach::StreamableHttp { url, headers: self.headers }
        } else {
            let command = self.command.unwrap_or_default();
            broken.extend(check_command(&command, &self.args));
            broken.extend(self.env.iter().filter_map(|(name, value)| check_variable(name, value)));
            Reach::Stdio { command, args: self.args, env: self.env }
        };
        if broken.is_empty() { Ok(reach) } else { Err(broken) }
    }
}

fn check_command(command: &str, args: &[String]) -> Vec<Violation> {
    let mut broken = Vec::new();
    if command.trim().is_empty() || command.contains('\0') {
        broken.push(Violation::new("command", "a stdio server needs the program to start, such as \"npx\""));
    }
    for (index, _) in args.iter().enumerate().filter(|(_, arg)| arg.contains('\0')) {
        broken.push(Violation::new("args", format!("argument {index} contains a NUL")));
    }
    broken
}

fn check_variable(name: &str, value: &SecretString) -> Option<Violation> {
    let first = |c: char| c.is_ascii_alphabetic() || c == '_';
    let named = name.starts_with(first) && name.chars().all(|c| first(c) || c.is_ascii_digit());
    if !named {
        let text = "the name of a variable has letters, digits and underscores, and begins with no digit";
        return Some(Violation::new(format!("env.{name}"), text));
    }
    value
        .expose_secret()
        .contains('\0')
        .then(|| Violation::new(format!("env.{name}"), "its value contains a NUL"))
}

fn check_url(text: &str) -> Option<Violation> {
    let wrong = |message: &str| Some(Violation::new("url", message));
    let Ok(url) = url::Url::parse(text) else { return wrong("not a URL; https://host/mcp is one") };
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return wrong("it has to begin with http:// or https:// and name a host");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return wrong(
            "user and password do not belong in it: it is shown to everybody; put them into headers",
        );
    }
    url.fragment().and_then(|_| wrong("it must not have a fragment"))
}

fn check_header(name: &str, value: &SecretString) -> Option<Violation> {
    let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    let field = format!("headers.{name}");
    if name.is_empty() || !name.chars().all(token) {
        return Some(Violation::new(field, "it is not the name of a header"));
    }
    if RESERVED_HEADERS.contains(&name.to_ascii_lowercase().as_str()) {
        return Some(Violation::new(field, "the transport sets this header itself"));
    }
    let visible = value.expose_secret().chars().all(|c| matches!(c, ' '..='~' | '\t'));
    (!visible).then(|| Violation::new(field, "its value has to be visible ASCII characters"))
}

/// The names that models see, one for each (server, tool): `mcp_<server>_<tool>`, without characters that a model's API
/// refuses, at most 64 bytes, and no two alike. The pairs come in a stable order, so that the names are stable too.
pub fn qualified_names<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<String> {
    let mut taken = BTreeSet::new();
    pairs
        .into_iter()
        .map(|(server, tool)| {
            let plain = format!("mcp_{}_{}", simple(server), simple(tool));
            let mut name = if plain.len() <= MOST_TOOL_NAME && !taken.contains(&plain) {
                plain.clone()
            } else {
                marked(&plain, server, tool, 0)
            };
            let mut again = 1;
            while taken.contains(&name) {
                name = marked(&plain, server, tool, again);
                again += 1;
            }
            taken.insert(name.clone());
            name
        })
        .collect()
}

fn simple(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).collect()
}

/// The name with a digest of whom it means in the place of its end.
fn marked(plain: &str, server: &str, tool: &str, again: u32) -> String {
    let digest = Sha256::digest(format!("{server}\0{tool}\0{again}"));
    let mark = hex::encode(&digest[..4]);
    // All ASCII by now.
    let head = &plain[..plain.len().min(MOST_TOOL_NAME - mark.len() - 1)];
    format!("{head}_{mark}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn secrets(pairs: &[(&str, &str)]) -> Secrets {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect()
    }

    fn fields(draft: Draft) -> Vec<String> {
        draft.check().err().unwrap_or_default().into_iter().map(|broken| broken.field).collect()
    }

    #[test]
    fn the_transport_follows_from_what_is_given() {
        let stdio = Draft { command: Some("npx".into()), ..Draft::default() }.check().unwrap();
        assert_eq!(stdio.transport(), "stdio");
        let http = Draft { url: Some("https://x/mcp".into()), ..Draft::default() }.check().unwrap();
        assert_eq!(http.transport(), "streamable_http");
        assert_eq!(fields(Draft::default()), ["transport"]);
        let both = Draft { command: Some("a".into()), url: Some("https://x".into()), ..Draft::default() };
        assert_eq!(fields(both), ["transport"]);
        let other = Draft { transport: Some("sse".into()), ..Draft::default() };
        assert_eq!(fields(other), ["transport"]);
    }

    #[test]
    fn every_broken_rule_is_named_and_no_secret_is() {
        let draft = Draft {
            transport: Some("streamable_http".into()),
            command: Some("npx".into()),
            args: vec!["-y".into()],
            url: Some("https://user:hidden@host/mcp".into()),
            headers: secrets(&[("accept", "x"), ("authorization", "Bearer hid\nden"), ("no such", "x")]),
            ..Draft::default()
        };
        let broken = draft.check().unwrap_err();
        let named: Vec<&str> = broken.iter().map(|broken| broken.field.as_str()).collect();
        let expected =
            ["command", "args", "url", "headers.accept", "headers.authorization", "headers.no such"];
        assert_eq!(named, expected);
        assert!(!format!("{broken:?}").contains("hid"), "{broken:?}");
        let draft = Draft {
            transport: Some("stdio".into()),
            args: vec!["a\0".into()],
            env: secrets(&[("1X", "x"), ("OK", "x"), ("NUL", "\0")]),
            ..Draft::default()
        };
        assert_eq!(fields(draft), ["command", "args", "env.1X", "env.NUL"]);
    }

    #[test]
    fn a_changed_secret_is_another_server() {
        let with =
            |value| Reach::Stdio { command: "a".into(), args: Vec::new(), env: secrets(&[("TOKEN", value)]) };
        assert!(with("one").is_same(&with("one")) && !with("one").is_same(&with("two")));
    }

    #[test]
    fn names_are_short_slugs() {
        assert_eq!(check_name("docs-2"), None);
        for wrong in ["", "Docs", "a_b", "-a", &"a".repeat(33)] {
            assert!(check_name(wrong).is_some(), "{wrong}");
        }
    }

    #[test]
    fn tools_are_named_after_their_server_and_no_two_alike() {
        let names =
            qualified_names([("docs", "search"), ("docs", "a.b"), ("docs", "a/b"), ("web", "search")]);
        assert_eq!(names[..2], ["mcp_docs_search", "mcp_docs_a_b"]);
        assert!(names[2].starts_with("mcp_docs_a_b_") && names[2].len() == 21, "{names:?}");
        assert_eq!(names[3], "mcp_web_search");
    }

    proptest! {
        #[test]
        fn every_name_is_unique_stable_and_one_that_models_take(
            pairs in prop::collection::btree_set(("[a-z-]{1,32}", ".{1,90}"), 0..12)
        ) {
            let pairs: Vec<(&str, &str)> = pairs.iter().map(|(s, t)| (s.as_str(), t.as_str())).collect();
            let names = qualified_names(pairs.iter().copied());
            prop_assert_eq!(&names, &qualified_names(pairs.iter().copied()));
            let different: BTreeSet<&String> = names.iter().collect();
            prop_assert_eq!(different.len(), pairs.len());
            for name in &names {
                prop_assert!(name.len() <= 64, "{}", name);
                prop_assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c)), "{}", name);
            }
        }
    }
}
