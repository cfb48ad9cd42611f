//! What routing needs of a request, read without building a tree of it.

use super::RequestError;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

/// The parts of a `/v1/responses` body that decide where it goes and what has to change on the way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is an independent fact about the body")]
pub struct Head {
    pub model: Option<String>,
    /// Whether the client wants a stream; `false` when it does not say.
    pub stream: bool,
    /// The client's own key, `None` when empty.
    pub prompt_cache_key: Option<String>,
    /// An `additional_tools` item stands in `input`: the body has the Responses-Lite shape.
    pub lite: bool,
    /// `previous_response_id` or `conversation` is there: the client counts on something that nobody stores.
    pub previous_response_id: bool,
    pub max_output_tokens: Option<u64>,
    /// `reasoning.effort`.
    pub effort: Option<String>,
    /// `reasoning.context`.
    pub reasoning_context: Option<String>,
    pub parallel_tool_calls: Option<bool>,
    pub service_tier: Option<String>,
    pub store: Option<bool>,
    /// `prompt_cache_key` is there and empty, which the upstream refuses.
    pub empty_prompt_cache_key: bool,
    pub background: bool,
    /// `input` ends in a `compaction_trigger`: the answer will be one `compaction` item.
    pub compacts: bool,
    /// `input` holds encrypted reasoning: only the account that made it can read it. It may be left out.
    pub encrypted_reasoning: bool,
    /// `input` holds a `compaction` item: only the account that made it can go on with this conversation.
    pub compacted: bool,
    /// `client_metadata` claims a Lite body, as WebSocket frames do.
    pub metadata_says_lite: bool,
}

/// Reads the head of a body.
///
/// # Errors
/// The body is not a JSON object, or a member that is read has the wrong type or stands there twice.
pub fn read_head(body: &[u8]) -> Result<Head, RequestError> {
    if body.iter().find(|b| !b.is_ascii_whitespace()) != Some(&b'{') {
        return Err(RequestError::new("invalid_json", None, "the body must be a JSON object"));
    }
    let wire: Wire<'_> = serde_json::from_slice(body).map_err(|_| located(body))?;
    let reasoning = wire.reasoning.unwrap_or_default();
    let input = wire.input.unwrap_or_default();
    Ok(Head {
        model: wire.model.filter(|m| !m.is_empty()).map(Cow::into_owned),
        stream: wire.stream.unwrap_or(false),
        empty_prompt_cache_key: wire.prompt_cache_key.as_deref() == Some(""),
        prompt_cache_key: wire.prompt_cache_key.filter(|k| !k.is_empty()).map(Cow::into_owned),
        lite: input.lite,
        previous_response_id: wire.previous_response_id.is_some() || wire.conversation.is_some(),
        max_output_tokens: wire.max_output_tokens,
        effort: reasoning.effort,
        reasoning_context: reasoning.context,
        parallel_tool_calls: wire.parallel_tool_calls,
        service_tier: wire.service_tier,
        store: wire.store,
        background: wire.background.unwrap_or(false),
        compacts: input.compacts,
        encrypted_reasoning: input.encrypted_reasoning,
        compacted: input.compacted,
        metadata_says_lite: wire.client_metadata.is_some_and(|m| m.lite.is_some()),
    })
}

/// Reads the body once more, this time noting where it is wrong.
fn located(body: &[u8]) -> RequestError {
    let mut json = serde_json::Deserializer::from_slice(body);
    match serde_path_to_error::deserialize::<_, Wire<'_>>(&mut json) {
        Err(error) if error.inner().is_data() => {
            let path = error.path().to_string();
            let message = if path == "." {
                error.inner().to_string()
            } else {
                format!("`{path}` is not right: {}", error.inner())
            };
            RequestError::new("invalid_type", Some(path).filter(|p| p != "."), message)
        }
        Err(error) => {
            RequestError::new("invalid_json", None, format!("the body is not valid JSON: {}", error.inner()))
        }
        Ok(_) => RequestError::new("invalid_json", None, "something follows the JSON object of the body"),
    }
}

#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(borrow, default)]
    model: Option<Cow<'a, str>>,
    #[serde(default)]
    stream: Option<bool>,
    #[serde(borrow, default)]
    prompt_cache_key: Option<Cow<'a, str>>,
    #[serde(default)]
    previous_response_id: Option<IgnoredAny>,
    #[serde(default)]
    conversation: Option<IgnoredAny>,
    #[serde(default)]
    max_output_tokens: Option<u64>,
    #[serde(default)]
    reasoning: Option<Reasoning>,
    #[serde(default)]
    parallel_tool_calls: Option<bool>,
    #[serde(default)]
    service_tier: Option<String>,
    #[serde(default)]
    store: Option<bool>,
    #[serde(default)]
    background: Option<bool>,
    #[serde(default)]
    client_metadata: Option<Metadata>,
    #[serde(default)]
    input: Option<Input>,
}

#[derive(Default, Deserialize)]
struct Reasoning {
    #[serde(default)]
    effort: Option<String>,
    #[serde(default)]
    context: Option<String>,
}

#[derive(Deserialize)]
struct Metadata {
    #[serde(default, rename = "ws_request_header_x_openai_internal_codex_responses_lite")]
    lite: Option<IgnoredAny>,
}

#[derive(Default)]
struct Input {
    lite: bool,
    compacts: bool,
    encrypted_reasoning: bool,
    compacted: bool,
}

#[derive(Deserialize)]
struct Item<'a> {
    #[serde(borrow, rename = "type", default)]
    kind: Option<Cow<'a, str>>,
    #[serde(default)]
    encrypted_content: Option<IgnoredAny>,
}

impl<'de> Deserialize<'de> for Input {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextOrItems;
        impl<'de> Visitor<'de> for TextOrItems {
            type Value = Input;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or a list of items")
            }

            fn visit_str<E>(self, _: &str) -> Result<Input, E> {
                Ok(Input::default())
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Input, A::Error> {
                let mut found = Input::default();
                while let Some(item) = items.next_element::<Item<'de>>()? {
                    let kind = item.kind.as_deref().unwrap_or_default();
                    found.lite |= kind == "additional_tools";
                    found.compacted |=
                        matches!(kind, "compaction" | "compaction_summary" | "context_compaction");
                    found.encrypted_reasoning |= kind == "reasoning" && item.encrypted_content.is_some();
                    found.compacts = kind == "compaction_trigger";
                }
                Ok(found)
            }
        }
        deserializer.deserialize_any(TextOrItems)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_tells_what_routing_needs() {
        let head = read_head(
            br#"{"model":"gpt-6-sol","stream":true,"prompt_cache_key":"k","reasoning":{"effort":"high","context":"all_turns"},
                "parallel_tool_calls":false,"tools":[{"type":"function","name":"input"}],
                "input":[{"type":"additional_tools","tools":[{"type":"x"}]},{"role":"user","content":"\u00e9"},
                         {"type":"reasoning","encrypted_content":"g"},{"type":"compaction_trigger"}]}"#,
        )
        .expect("head");
        assert_eq!((head.model.as_deref(), head.stream, head.lite), (Some("gpt-6-sol"), true, true));
        assert!(head.encrypted_reasoning && head.compacts && !head.compacted && !head.previous_response_id);
        assert_eq!((head.effort.as_deref(), head.parallel_tool_calls), (Some("high"), Some(false)));
        let nothing = read_head(br#" {"input":"hi","prompt_cache_key":"","previous_response_id":null} "#)
            .expect("head");
        assert_eq!(nothing, Head { empty_prompt_cache_key: true, ..Head::default() });
    }

    #[test]
    fn a_fault_is_named_by_its_place() {
        let fault = |body: &str| read_head(body.as_bytes()).expect_err(body);
        let wrong = fault(r#"{"input":[{"type":"message"},{"type":7}]}"#);
        assert_eq!((wrong.code, wrong.param.as_deref()), ("invalid_type", Some("input[1].type")));
        assert_eq!(fault(r#"{"max_output_tokens":-1}"#).param.as_deref(), Some("max_output_tokens"));
        assert_eq!(fault(r#"{"input":7}"#).param.as_deref(), Some("input"));
        assert!(fault(r#"{"model":"a","model":"b"}"#).message.contains("duplicate field `model`"));
        for broken in ["", "[]", "\"x\"", "{", "{\"model\":}", "{} {}"] {
            assert_eq!(fault(broken).code, "invalid_json", "{broken}");
        }
    }
}
