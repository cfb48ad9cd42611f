//! Which tools an agent may call: `{"allow": ["read_file", "mcp:docs"], "deny": ["exec"]}`.
//!
//! An agent gets tools by being given them: without `allow` there are none. `deny` wins.

use super::BUILT_IN;
use serde_json::{Map, Value};
use std::fmt;
use std::str::FromStr;

/// The lists of one agent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ToolsConfig {
    pub allow: Vec<Pattern>,
    pub deny: Vec<Pattern>,
}

/// One entry of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// `*`
    All,
    /// `mcp:<server>`: every tool of that MCP server.
    Server(String),
    /// A tool's name, as the model sees it.
    Name(String),
}

/// Why a `tools_config` was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ToolsConfigError {
    #[error("there is no member \"{0}\"; there are \"allow\" and \"deny\"")]
    UnknownMember(String),
    #[error("{member}: {found} is not a list of tool names")]
    NotAList { member: &'static str, found: String },
    #[error("{member}[{index}]: {found} is not a text")]
    NotAText { member: &'static str, index: usize, found: String },
    #[error("{member}[{index}]: {reason}")]
    Pattern { member: &'static str, index: usize, reason: String },
}

impl Pattern {
    fn matches(&self, name: &str, server: Option<&str>) -> bool {
        match self {
            Self::All => true,
            Self::Server(own) => server == Some(own),
            Self::Name(own) => own == name,
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("*"),
            Self::Server(server) => write!(f, "mcp:{server}"),
            Self::Name(name) => f.write_str(name),
        }
    }
}

/// The error says what would be right.
impl FromStr for Pattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let plain = |text: &str, more: &str| {
            let known = |c: char| c.is_ascii_alphanumeric() || more.contains(c);
            (1..=64).contains(&text.len()) && text.chars().all(known)
        };
        if text == "*" {
            return Ok(Self::All);
        }
        if let Some(server) = text.strip_prefix("mcp:") {
            return plain(server, "-_.").then(|| Self::Server(server.to_owned())).ok_or_else(|| {
                format!(
                    "\"{text}\" names no MCP server; \"mcp:docs\" stands for all tools of the server \"docs\""
                )
            });
        }
        if BUILT_IN.contains(&text) || (text.starts_with("mcp_") && plain(text, "-_")) {
            return Ok(Self::Name(text.to_owned()));
        }
        let near = BUILT_IN
            .iter()
            .map(|known| (strsim::osa_distance(known, &text.to_lowercase()), known))
            .min()
            .filter(|(distance, known)| *distance <= known.len() / 3 + 1)
            .map(|(_, known)| format!("; did you mean \"{known}\"?"));
        Err(format!(
            "there is no tool \"{text}\"{} Right are \"*\" (all), \"mcp:<server>\" (all of an MCP server), \
             \"mcp_<server>_<tool>\", and the built-in {}",
            near.as_deref().unwrap_or("."),
            BUILT_IN.join(", ")
        ))
    }
}

impl ToolsConfig {
    /// Reads the object of an agent, strictly.
    pub fn parse(config: &Map<String, Value>) -> Result<Self, ToolsConfigError> {
        let mut parsed = Self::default();
        for (member, value) in config {
            let (member, list) = match member.as_str() {
                "allow" => ("allow", &mut parsed.allow),
                "deny" => ("deny", &mut parsed.deny),
                unknown => return Err(ToolsConfigError::UnknownMember(unknown.to_owned())),
            };
            let items = match value {
                Value::Null => continue,
                Value::Array(items) => items,
                other => return Err(ToolsConfigError::NotAList { member, found: other.to_string() }),
            };
            for (index, item) in items.iter().enumerate() {
                let text = item.as_str().ok_or_else(|| ToolsConfigError::NotAText {
                    member,
                    index,
                    found: item.to_string(),
                })?;
                list.push(text.parse().map_err(|reason| ToolsConfigError::Pattern {
                    member,
                    index,
                    reason,
                })?);
            }
        }
        Ok(parsed)
    }

    /// What can be understood of it, for when nobody is there to be told of errors.
    pub fn lenient(config: &Map<String, Value>) -> Self {
        let list = |member: &str| {
            let items = config.get(member).and_then(Value::as_array);
            items.into_iter().flatten().filter_map(|item| item.as_str()?.parse().ok()).collect()
        };
        Self { allow: list("allow"), deny: list("deny") }
    }

    /// Whether the tool may be called; `server` is the MCP server that it is of.
    pub fn allows(&self, name: &str, server: Option<&str>) -> bool {
        let any = |list: &[Pattern]| list.iter().any(|pattern| pattern.matches(name, server));
        any(&self.allow) && !any(&self.deny)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn parse(config: &Value) -> Result<ToolsConfig, String> {
        ToolsConfig::parse(config.as_object().expect("an object")).map_err(|error| error.to_string())
    }

    #[test]
    fn deny_wins_over_allow_also_for_one_tool_of_a_server() {
        let config =
            parse(&json!({"allow": ["mcp:docs", "read_file"], "deny": ["mcp_docs_delete"]})).expect("right");
        assert!(config.allows("mcp_docs_search", Some("docs")));
        assert!(!config.allows("mcp_docs_delete", Some("docs")));
        assert!(!config.allows("mcp_mail_send", Some("mail")));
        assert!(config.allows("read_file", None) && !config.allows("write_file", None));
        let all = parse(&json!({"allow": ["*"], "deny": ["mcp:mail"]})).expect("right");
        assert!(all.allows("exec", None) && !all.allows("mcp_mail_send", Some("mail")));
    }

    #[test]
    fn without_an_allow_list_there_are_no_tools() {
        for config in [json!({}), json!({"allow": []}), json!({"allow": null}), json!({"deny": ["exec"]})] {
            let config = parse(&config).expect("right");
            assert!(BUILT_IN.iter().all(|name| !config.allows(name, None)));
        }
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place_and_what_would_be_right() {
        for (config, place, right) in [
            (json!({"alow": []}), "\"alow\"", "\"allow\" and \"deny\""),
            (json!({"allow": "read_file"}), "allow: \"read_file\"", "list"),
            (json!({"deny": {"exec": true}}), "deny:", "list"),
            (json!({"allow": ["exec", 7]}), "allow[1]: 7", "text"),
            (json!({"allow": ["read_fil"]}), "allow[0]", "did you mean \"read_file\"?"),
            (json!({"allow": ["Read_File"]}), "allow[0]", "did you mean \"read_file\"?"),
            (json!({"allow": ["nothing like it"]}), "nothing like it", "mcp:<server>"),
            (json!({"allow": ["mcp:"]}), "allow[0]", "\"mcp:docs\""),
            (json!({"allow": ["mcp:a b"]}), "mcp:a b", "\"mcp:docs\""),
            (json!({"allow": ["mcp_docs_ä"]}), "mcp_docs_ä", "built-in"),
        ] {
            let error = parse(&config).expect_err("wrong");
            assert!(error.contains(place) && error.contains(right), "{config}: {error}");
        }
    }

    #[test]
    fn a_pattern_is_written_as_it_was_read() {
        for text in ["*", "mcp:docs", "mcp_docs_search", "read_file"] {
            assert_eq!(text.parse::<Pattern>().expect("right").to_string(), text);
        }
    }
}
