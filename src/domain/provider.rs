//! Kinds of providers, their names and what state one is in.

use super::routing::health::ModelBlock;
use chrono::{DateTime, Utc};
use serde::Serialize;

/// What a provider speaks upstream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire {
    /// The Responses API of a ChatGPT subscription.
    Codex,
    /// OpenAI-compatible Chat Completions.
    ChatCompletions,
}

/// One row of the table of types: all but the first are OpenAI-compatible with a preset base URL.
#[derive(Debug, PartialEq, Eq)]
pub struct ProviderType {
    /// As `provider_type` says it.
    pub name: &'static str,
    /// For people.
    pub title: &'static str,
    pub wire: Wire,
    pub default_api_base: Option<&'static str>,
    pub needs_api_key: bool,
}

/// The type of an account signed in with ChatGPT.
pub const CHATGPT_OAUTH: &str = "chatgpt_oauth";

const fn preset(
    name: &'static str,
    title: &'static str,
    base: &'static str,
    needs_api_key: bool,
) -> ProviderType {
    ProviderType { name, title, wire: Wire::ChatCompletions, default_api_base: Some(base), needs_api_key }
}

/// Every type that this gateway serves. Base URLs as the services document them.
pub const TYPES: &[ProviderType] = &[
    ProviderType {
        name: CHATGPT_OAUTH,
        title: "ChatGPT (sign-in)",
        wire: Wire::Codex,
        default_api_base: None,
        needs_api_key: false,
    },
    ProviderType {
        name: "openai_compat",
        title: "OpenAI-compatible",
        wire: Wire::ChatCompletions,
        default_api_base: None,
        needs_api_key: false,
    },
    preset("openrouter", "OpenRouter", "https://openrouter.ai/api/v1", true),
    preset("groq", "Groq", "https://api.groq.com/openai/v1", true),
    preset("deepseek", "DeepSeek", "https://api.deepseek.com/v1", true),
    preset("mistral", "Mistral", "https://api.mistral.ai/v1", true),
    preset("xai", "xAI", "https://api.x.ai/v1", true),
    preset("ollama", "Ollama", "http://127.0.0.1:11434/v1", false),
];

impl ProviderType {
    /// The row of that name.
    pub fn named(name: &str) -> Option<&'static Self> {
        TYPES.iter().find(|t| t.name == name)
    }

    /// Whether accounts of it sign in with ChatGPT (and only they form pools).
    pub fn is_chatgpt(&self) -> bool {
        self.wire == Wire::Codex
    }
}

/// Whether a name can be one: `^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`, at most 64 characters.
pub fn is_slug(name: &str) -> bool {
    let ok = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let bytes = name.as_bytes();
    bytes.len() <= 64
        && bytes.first().is_some_and(|b| ok(*b))
        && bytes.last().is_some_and(|b| ok(*b))
        && bytes.iter().all(|b| ok(*b) || *b == b'-')
}

/// The state of a provider, as the API tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    pub state: State,
    pub since: DateTime<Utc>,
    pub reason: Option<String>,
    /// When it ends by itself, where that is known.
    pub until: Option<DateTime<Utc>>,
    /// Models that it does not serve for now, whatever the state of the whole.
    pub model_blocks: Vec<ModelBlock>,
}

/// See [`Status`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Ready,
    NeedsReauth,
    Disabled,
    SignedOut,
    /// Left alone for a while after it failed.
    CoolingDown,
    /// A window of its quota, or its credits, are used up.
    Exhausted,
    /// It takes nothing new and goes on with the conversations that live on it: a person said so.
    Draining,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_lower_case_words_joined_by_hyphens() {
        for good in ["a", "openai-codex", "a-1", "0"] {
            assert!(is_slug(good), "{good}");
        }
        for bad in ["", "-a", "a-", "A", "a_b", "a b", "é", &"a".repeat(65)] {
            assert!(!is_slug(bad), "{bad}");
        }
    }

    #[test]
    fn every_type_has_a_slug_like_name_of_its_own() {
        for (i, t) in TYPES.iter().enumerate() {
            assert!(TYPES[i + 1..].iter().all(|other| other.name != t.name));
            assert_eq!(ProviderType::named(t.name), Some(t));
        }
    }
}
