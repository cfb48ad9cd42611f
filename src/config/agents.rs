//! `agents`: what every agent uses unless it says otherwise, and the agents that the file defines.

use super::section::section;
use super::values::{self, NonEmpty, OverrideMode, Slug, Strategy, ThinkingLevel, ToolPattern};
use std::collections::BTreeMap;

section! {
    /// The defaults, and the file's agents by their key.
    Agents {
        /// What every agent, and every call that names no provider, uses unless it says otherwise.
        defaults: AgentDefaults = AgentDefaults::default(),
        /// The file's agents. A key is a slug: `^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`.
        list: BTreeMap<String, AgentEntry> = BTreeMap::new(),
        /// Days that the event logs of runs are kept; the conversations themselves stay.
        #[serde(deserialize_with = "values::within::<1, 3_650, _, _>")]
        run_log_days: u32 = 30,
    }
}

section! {
    /// What every agent uses unless it says otherwise.
    AgentDefaults {
        /// A provider's name.
        #[serde(deserialize_with = "values::text::<Slug, _>")]
        provider: String = "openai-codex".into(),
        /// A model's name, without the provider.
        #[serde(deserialize_with = "values::text::<NonEmpty, _>")]
        model: String = "gpt-5.3-codex".into(),
        /// Most tokens of one answer.
        #[serde(deserialize_with = "values::within::<1, 10_000_000, _, _>")]
        max_tokens: u32 = 8_192,
        /// 0 to 2; null leaves it to the model. Models that take none never get it.
        #[serde(deserialize_with = "values::temperature")]
        temperature: Option<f64> = None,
        /// Most rounds of tool calls in one turn.
        #[serde(deserialize_with = "values::within::<1, 1_000, _, _>")]
        max_tool_iterations: u32 = 30,
        /// Seconds that a run may take, from its first question to its last answer.
        #[serde(deserialize_with = "values::within::<1, 604_800, _, _>")]
        max_run_seconds: u32 = 3_600,
        /// Input and output tokens that all model calls of a run may use together; null: no limit.
        #[serde(deserialize_with = "values::maybe_within::<1, 1_000_000_000, _, _>")]
        max_run_tokens: Option<u64> = None,
        /// How often the very same tool call may be made in a run; then the model is asked to answer.
        #[serde(deserialize_with = "values::within::<1, 100, _, _>")]
        max_repeated_calls: u32 = 3,
        /// Tokens that a conversation may fill.
        #[serde(deserialize_with = "values::within::<1_000, 100_000_000, _, _>")]
        context_window: u32 = 200_000,
        /// How hard the model thinks: one of [`super::THINKING_LEVELS`]; null leaves it to the model.
        #[serde(deserialize_with = "values::maybe_text::<ThinkingLevel, _>")]
        thinking_level: Option<String> = None,
        /// The directory that an agent's tools work in.
        #[serde(deserialize_with = "values::maybe_text::<NonEmpty, _>")]
        workspace: Option<String> = None,
        /// The system prompt of agents that have none of their own.
        #[serde(deserialize_with = "values::maybe_text::<NonEmpty, _>")]
        system_prompt: Option<String> = None,
        /// The tools of agents that say nothing about tools.
        tools: AgentTools = AgentTools::default(),
    }
}

section! {
    /// The tools that an agent may call. An entry is a tool's name, `mcp:<server>` (all tools of an MCP server) or `*`.
    AgentTools {
        /// None: no tools.
        #[serde(deserialize_with = "values::texts::<ToolPattern, _>")]
        allow: Vec<String> = Vec::new(),
        /// Wins over `allow`.
        #[serde(deserialize_with = "values::texts::<ToolPattern, _>")]
        deny: Vec<String> = Vec::new(),
    }
}

section! {
    /// One agent of the file. What is null comes from [`AgentDefaults`].
    AgentEntry {
        /// The name that people see.
        #[serde(alias = "displayName", deserialize_with = "values::maybe_text::<NonEmpty, _>")]
        display_name: Option<String> = None,
        /// See [`AgentDefaults::provider`].
        #[serde(deserialize_with = "values::maybe_text::<Slug, _>")]
        provider: Option<String> = None,
        /// See [`AgentDefaults::model`].
        #[serde(deserialize_with = "values::maybe_text::<NonEmpty, _>")]
        model: Option<String> = None,
        /// See [`AgentDefaults::thinking_level`].
        #[serde(deserialize_with = "values::maybe_text::<ThinkingLevel, _>")]
        thinking_level: Option<String> = None,
        /// See [`AgentDefaults::max_tokens`].
        #[serde(deserialize_with = "values::maybe_within::<1, 10_000_000, _, _>")]
        max_tokens: Option<u32> = None,
        /// See [`AgentDefaults::temperature`].
        #[serde(deserialize_with = "values::temperature")]
        temperature: Option<f64> = None,
        /// See [`AgentDefaults::system_prompt`].
        #[serde(deserialize_with = "values::maybe_text::<NonEmpty, _>")]
        system_prompt: Option<String> = None,
        /// See [`AgentDefaults::context_window`].
        #[serde(deserialize_with = "values::maybe_within::<1_000, 100_000_000, _, _>")]
        context_window: Option<u32> = None,
        /// See [`AgentDefaults::max_tool_iterations`].
        #[serde(deserialize_with = "values::maybe_within::<1, 1_000, _, _>")]
        max_tool_iterations: Option<u32> = None,
        /// See [`AgentDefaults::workspace`].
        #[serde(deserialize_with = "values::maybe_text::<NonEmpty, _>")]
        workspace: Option<String> = None,
        /// See [`AgentDefaults::tools`].
        tools: Option<AgentTools> = None,
        /// Whether this agent answers calls that name none. At most one does.
        default: bool = false,
        /// How the agent uses its provider's pool; null and `{}` are the provider's way.
        chatgpt_oauth_routing: Option<ChatgptOauthRouting> = None,
    }
}

section! {
    /// An agent's own use of its provider's pool.
    ChatgptOauthRouting {
        /// `inherit` (the provider's way) or `custom`.
        #[serde(deserialize_with = "values::maybe_text::<OverrideMode, _>")]
        override_mode: Option<String> = None,
        /// One of [`super::STRATEGIES`].
        #[serde(deserialize_with = "values::maybe_text::<Strategy, _>")]
        strategy: Option<String> = None,
        /// The pool's accounts to use, by provider name.
        #[serde(deserialize_with = "values::texts::<Slug, _>")]
        extra_provider_names: Vec<String> = Vec::new(),
    }
}
