//! The one writer of upstream bodies that are not a Codex client's own.

use crate::domain::ids::digest_uuid;
use bytes::Bytes;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

/// The reasoning of earlier turns comes back only in this form, since nothing is stored upstream.
const ENCRYPTED_REASONING: &str = "reasoning.encrypted_content";

/// An upstream request in parts. Everything in it is in the upstream's shape already; [`Draft::into_body`] adds what
/// each request must say (`stream`, `store`, `include`) and leaves out what it must not.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Draft {
    /// The upstream's name of the model.
    pub model: String,
    /// The system text, may be empty.
    pub instructions: String,
    /// Input items, oldest first.
    pub input: Vec<Value>,
    /// Flat tools: `{type, name, …}`, not the nested shape of Chat Completions.
    pub tools: Vec<Value>,
    pub tool_choice: Option<Value>,
    /// Sent only when there are tools; always `false` in a Lite body.
    pub parallel_tool_calls: Option<bool>,
    /// `reasoning.effort` as the upstream names it.
    pub effort: Option<String>,
    /// `reasoning.summary`: `auto`, `concise` or `detailed`.
    pub summary: Option<String>,
    /// `{verbosity, format}`.
    pub text: Option<Value>,
    pub service_tier: Option<String>,
    /// What the upstream keeps its prompt cache by. Never sent when empty.
    pub prompt_cache_key: String,
    /// Besides the encrypted reasoning, which is always asked for.
    pub include: Vec<String>,
}

impl Draft {
    /// Whether this is the Responses-Lite shape: its tools travel in an `additional_tools` item. The request then
    /// needs the header `x-openai-internal-codex-responses-lite: true`.
    pub fn is_lite(&self) -> bool {
        self.input.iter().any(|item| item["type"] == "additional_tools")
    }

    /// A key for the upstream's prompt cache that all turns of a conversation share, from what they share: the system
    /// text and the first item. Two conversations that begin alike share a cache, which is what a cache is for.
    pub fn conversation_key(&self) -> String {
        let mut digest = Sha256::new();
        digest.update(self.model.as_bytes());
        digest.update([0]);
        digest.update(self.instructions.as_bytes());
        digest.update([0]);
        if let Some(first) = self.input.first() {
            digest.update(first.to_string().as_bytes());
        }
        digest_uuid(&digest.finalize().into())
    }

    /// The body, its keys in the order in which the Codex client writes them.
    pub fn into_body(mut self) -> Bytes {
        let lite = self.is_lite();
        self.keep_the_word_json_in_the_input();
        let mut body = Map::new();
        body.insert("model".into(), self.model.into());
        body.insert("stream".into(), true.into());
        // A classic body without `instructions` was refused once; a Lite body has none.
        if !lite || !self.instructions.is_empty() {
            body.insert("instructions".into(), self.instructions.into());
        }
        body.insert("input".into(), self.input.into());
        let has_tools = !self.tools.is_empty();
        // Top-level tools are refused in a Lite body, even an empty list.
        if has_tools && !lite {
            body.insert("tools".into(), self.tools.into());
        }
        if let Some(choice) = self.tool_choice.filter(|_| has_tools || lite) {
            body.insert("tool_choice".into(), choice);
        }
        let parallel = if lite { Some(false) } else { self.parallel_tool_calls.filter(|_| has_tools) };
        if let Some(parallel) = parallel {
            body.insert("parallel_tool_calls".into(), parallel.into());
        }
        let mut reasoning = Map::new();
        if let Some(effort) = self.effort {
            reasoning.insert("effort".into(), effort.into());
        }
        if let Some(summary) = self.summary {
            reasoning.insert("summary".into(), summary.into());
        }
        if lite {
            reasoning.insert("context".into(), "all_turns".into());
        }
        if !reasoning.is_empty() {
            body.insert("reasoning".into(), reasoning.into());
        }
        body.insert("store".into(), false.into());
        if !self.include.iter().any(|i| i == ENCRYPTED_REASONING) {
            self.include.push(ENCRYPTED_REASONING.into());
        }
        body.insert("include".into(), self.include.into());
        if !self.prompt_cache_key.is_empty() {
            body.insert("prompt_cache_key".into(), self.prompt_cache_key.into());
        }
        if let Some(tier) = self.service_tier {
            body.insert("service_tier".into(), tier.into());
        }
        if let Some(text) = self.text {
            body.insert("text".into(), text);
        }
        Value::Object(body).to_string().into()
    }

    /// The format `json_object` is refused unless the input, not the instructions, says "json" somewhere: system
    /// text that says it goes into the input then, as the first message.
    fn keep_the_word_json_in_the_input(&mut self) {
        let says_json = |text: &str| text.to_ascii_lowercase().contains("json");
        let wanted =
            self.text.as_ref().is_some_and(|t| t.pointer("/format/type") == Some(&json!("json_object")));
        if wanted && says_json(&self.instructions) && !self.input.iter().any(|i| says_json(&i.to_string())) {
            let text = std::mem::take(&mut self.instructions);
            let content = json!([{"type": "input_text", "text": text}]);
            self.input.insert(0, json!({"type": "message", "role": "developer", "content": content}));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(draft: Draft) -> Value {
        serde_json::from_slice(&draft.into_body()).expect("JSON")
    }

    #[test]
    fn an_empty_draft_says_what_the_upstream_insists_on_and_nothing_else() {
        assert_eq!(
            body(Draft { model: "m".into(), parallel_tool_calls: Some(true), ..Draft::default() }),
            json!({"model": "m", "stream": true, "instructions": "", "input": [], "store": false,
                   "include": ["reasoning.encrypted_content"]})
        );
    }

    #[test]
    fn a_lite_draft_keeps_the_whole_contract() {
        let tools = json!({"type": "additional_tools", "role": "developer", "tools": []});
        let lite = body(Draft { input: vec![tools], parallel_tool_calls: Some(true), ..Draft::default() });
        assert_eq!(lite["parallel_tool_calls"], json!(false));
        assert_eq!(lite["reasoning"], json!({"context": "all_turns"}));
        assert_eq!((lite.get("tools"), lite.get("instructions")), (None, None));
    }

    #[test]
    fn a_json_object_answer_has_the_word_json_in_its_input() {
        let draft = Draft {
            instructions: "Answer in JSON.".into(),
            input: vec![json!({"type": "message", "role": "user", "content": "hi"})],
            text: Some(json!({"format": {"type": "json_object"}})),
            ..Draft::default()
        };
        let moved = body(draft);
        assert_eq!(moved["instructions"], "");
        assert_eq!(moved.pointer("/input/0/role"), Some(&json!("developer")));
        assert_eq!(moved.pointer("/input/0/content/0/text"), Some(&json!("Answer in JSON.")));
    }
}
