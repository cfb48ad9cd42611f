//! A chat chunk, as far as it is read. Strings are borrowed where they can be.

use super::state::Said;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::borrow::Cow;

#[derive(Deserialize)]
pub(super) struct Chunk<'a> {
    #[serde(default, borrow)]
    pub(super) object: Option<Cow<'a, str>>,
    #[serde(default, borrow)]
    pub(super) model: Option<Cow<'a, str>>,
    #[serde(default, borrow)]
    pub(super) choices: Option<Vec<Choice<'a>>>,
    #[serde(default)]
    pub(super) usage: Option<Value>,
    #[serde(default, borrow)]
    error: Option<&'a RawValue>,
    #[serde(default, borrow)]
    detail: Option<&'a RawValue>,
}

impl Chunk<'_> {
    /// The shapes in which a stream tells that it failed.
    pub(super) fn is_error(&self) -> bool {
        self.error.is_some()
            || self.object.as_deref() == Some("error")
            || (self.detail.is_some() && self.choices.is_none())
    }
}

#[derive(Deserialize)]
pub(super) struct Choice<'a> {
    #[serde(default)]
    pub(super) index: Option<u64>,
    /// A server that does not stream puts the whole `message` here.
    #[serde(default, borrow, alias = "message")]
    pub(super) delta: Option<Delta<'a>>,
    #[serde(default, borrow)]
    pub(super) finish_reason: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
pub(super) struct Delta<'a> {
    #[serde(default, borrow)]
    content: Option<&'a RawValue>,
    #[serde(default, borrow)]
    reasoning_content: Option<Cow<'a, str>>,
    /// Under this name it may be an object, too.
    #[serde(default, borrow)]
    reasoning: Option<&'a RawValue>,
    #[serde(default, borrow)]
    pub(super) refusal: Option<Cow<'a, str>>,
    #[serde(default, borrow)]
    pub(super) tool_calls: Option<Vec<Call<'a>>>,
    #[serde(default, borrow)]
    pub(super) function_call: Option<Function<'a>>,
}

impl Delta<'_> {
    pub(super) fn reasoning(&self) -> Option<Cow<'_, str>> {
        let named = self.reasoning_content.as_deref().filter(|t| !t.is_empty()).map(Cow::Borrowed);
        named.or_else(|| serde_json::from_str::<String>(self.reasoning?.get()).ok().map(Cow::Owned))
    }

    /// The content: a string, or the parts of which some servers make it.
    pub(super) fn content(&self) -> Vec<(Said, String)> {
        let Some(raw) = self.content.map(RawValue::get) else {
            return Vec::new();
        };
        if raw.starts_with('"') {
            return serde_json::from_str(raw).map(|text| vec![(Said::Text, text)]).unwrap_or_default();
        }
        let parts: Vec<Value> = serde_json::from_str(raw).unwrap_or_default();
        parts.iter().flat_map(of_part).collect()
    }
}

fn of_part(part: &Value) -> Vec<(Said, String)> {
    let said = |said: Said, text: &Value| text.as_str().map(|t| (said, t.to_owned()));
    match part["type"].as_str() {
        Some("text") => said(Said::Text, &part["text"]).into_iter().collect(),
        Some("refusal") => said(Said::Refusal, &part["refusal"]).into_iter().collect(),
        Some("thinking") => match &part["thinking"] {
            Value::Array(inner) => inner.iter().filter_map(|p| said(Said::Reasoning, &p["text"])).collect(),
            text => said(Said::Reasoning, text).into_iter().collect(),
        },
        _ => Vec::new(),
    }
}

#[derive(Deserialize)]
pub(super) struct Call<'a> {
    #[serde(default)]
    pub(super) index: Option<u64>,
    #[serde(default, borrow)]
    pub(super) id: Option<Cow<'a, str>>,
    #[serde(default, borrow)]
    pub(super) function: Option<Function<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Function<'a> {
    #[serde(default, borrow)]
    pub(super) name: Option<Cow<'a, str>>,
    /// A string, piece by piece; some servers send the object itself.
    #[serde(default, borrow)]
    arguments: Option<&'a RawValue>,
}

impl Function<'_> {
    pub(super) fn arguments(&self) -> String {
        match self.arguments.map(RawValue::get) {
            None => String::new(),
            Some(raw) if raw.starts_with('"') => serde_json::from_str(raw).unwrap_or_default(),
            Some(raw) => raw.to_owned(),
        }
    }
}
