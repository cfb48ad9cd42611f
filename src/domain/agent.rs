//! An agent: a name for a model with a prompt, a thinking level and a place where its conversations are kept.

use super::ids::AgentId;
use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

/// Who may change an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ManagedBy {
    Database,
    /// `agents.list` of the configuration file: shown, never changed by the API.
    File,
}

/// An agent as it is written down. What is absent comes from the defaults.
#[derive(Clone, Debug, PartialEq)]
pub struct Agent {
    /// `None`: it is in the file.
    pub id: Option<AgentId>,
    pub key: String,
    pub display_name: Option<String>,
    pub provider: Option<String>,
    pub model: Option<String>,
    pub system_prompt: Option<String>,
    pub thinking_level: Option<String>,
    pub max_tokens: Option<u64>,
    /// For models that take one; a ChatGPT account takes none.
    pub temperature: Option<f64>,
    pub context_window: u32,
    pub max_tool_iterations: u32,
    pub is_default: bool,
    pub active: bool,
    pub managed_by: ManagedBy,
    pub workspace: Option<String>,
    pub agent_type: String,
    /// `other_config.chatgpt_oauth_routing`, as written.
    pub routing: Option<Map<String, Value>>,
    pub tools_config: Map<String, Value>,
    pub other_config: Map<String, Value>,
    pub created_at: Option<DateTime<Utc>>,
    pub updated_at: Option<DateTime<Utc>>,
}

/// What holds where an agent (or a request without a model) says nothing: `agents.defaults` of the configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct AgentDefaults {
    pub provider: String,
    pub model: String,
    pub thinking_level: Option<String>,
    pub max_tokens: Option<u64>,
    pub temperature: Option<f64>,
    pub system_prompt: Option<String>,
    /// `allow` and `deny`, see [`ToolsConfig`](super::tool::ToolsConfig).
    pub tools_config: Map<String, Value>,
    pub workspace: Option<String>,
}

/// What an agent really uses.
#[derive(Clone, Debug, PartialEq)]
pub struct Effective {
    pub provider: String,
    pub model: String,
    pub thinking_level: Option<String>,
    /// `None`: no limit of ours.
    pub max_tokens: Option<u64>,
    pub temperature: Option<f64>,
    pub system_prompt: Option<String>,
    /// Its own when it says anything about tools, else the default ones.
    pub tools_config: Map<String, Value>,
    pub workspace: Option<String>,
}

impl Agent {
    /// The provider that it names, else the default one.
    pub fn provider_or<'a>(&'a self, default: &'a str) -> &'a str {
        self.provider.as_deref().filter(|name| !name.trim().is_empty()).unwrap_or(default)
    }

    /// Its own settings over the defaults.
    pub fn effective(&self, defaults: &AgentDefaults) -> Effective {
        let text = |own: &Option<String>| own.clone().filter(|t| !t.trim().is_empty());
        Effective {
            provider: self.provider_or(&defaults.provider).to_owned(),
            model: text(&self.model).unwrap_or_else(|| defaults.model.clone()),
            thinking_level: text(&self.thinking_level).or_else(|| defaults.thinking_level.clone()),
            max_tokens: self.max_tokens.or(defaults.max_tokens),
            temperature: self.temperature.or(defaults.temperature),
            system_prompt: text(&self.system_prompt).or_else(|| defaults.system_prompt.clone()),
            tools_config: if self.tools_config.is_empty() {
                &defaults.tools_config
            } else {
                &self.tools_config
            }
            .clone(),
            workspace: text(&self.workspace).or_else(|| defaults.workspace.clone()),
        }
    }
}

/// The levels that an agent can ask for. Which of them a model has is in its catalogue.
pub const THINKING_LEVELS: &[&str] =
    &["off", "none", "minimal", "low", "medium", "high", "xhigh", "max", "ultra"];

/// `reasoning.effort` of a thinking level. `off` leaves it out; `ultra` is a client's notion and goes out as `xhigh`.
pub fn effort_of(level: &str) -> Result<Option<&str>, String> {
    match level {
        "off" => Ok(None),
        "ultra" => Ok(Some("xhigh")),
        known if THINKING_LEVELS.contains(&known) => Ok(Some(known)),
        unknown => {
            Err(format!("unknown thinking level \"{unknown}\"; one of {}", THINKING_LEVELS.join(", ")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agents_own_settings_win_and_blanks_do_not_count() {
        let defaults = AgentDefaults {
            provider: "openai-codex".into(),
            model: "gpt-5.3-codex".into(),
            thinking_level: Some("low".into()),
            max_tokens: Some(8192),
            temperature: Some(0.5),
            system_prompt: None,
            tools_config: Map::from_iter([("allow".into(), vec!["recall"].into())]),
            workspace: Some("/srv/agents".into()),
        };
        let agent = Agent {
            id: None,
            key: "a".into(),
            display_name: None,
            provider: Some(" ".into()),
            model: Some("m".into()),
            system_prompt: Some("be kind".into()),
            thinking_level: None,
            max_tokens: Some(5),
            temperature: None,
            context_window: 1,
            max_tool_iterations: 1,
            is_default: false,
            active: true,
            managed_by: ManagedBy::Database,
            workspace: None,
            agent_type: "open".into(),
            routing: None,
            tools_config: Map::new(),
            other_config: Map::new(),
            created_at: None,
            updated_at: None,
        };
        let effective = agent.effective(&defaults);
        assert_eq!((&*effective.provider, &*effective.model), ("openai-codex", "m"));
        assert_eq!((effective.thinking_level.as_deref(), effective.max_tokens), (Some("low"), Some(5)));
        assert_eq!(effective.temperature, Some(0.5));
        assert_eq!(
            (&effective.tools_config, effective.workspace),
            (&defaults.tools_config, defaults.workspace.clone())
        );
        let none = Map::from_iter([("allow".into(), Value::Array(Vec::new()))]);
        let own = Agent { tools_config: none.clone(), ..agent };
        assert_eq!(own.effective(&defaults).tools_config, none);
    }

    #[test]
    fn an_unknown_thinking_level_names_the_valid_ones() {
        assert_eq!(effort_of("off"), Ok(None));
        assert_eq!(effort_of("ultra"), Ok(Some("xhigh")));
        assert!(effort_of("enormous").is_err_and(|e| e.contains("medium")));
    }
}
