//! What is read of the upstream's events. Texts stay the JSON they came in: they are copied, not decoded.

use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// A delta, or the `…done` that repeats the whole.
#[derive(Deserialize)]
pub(super) struct Piece<'a> {
    #[serde(default)]
    output_index: Option<Index>,
    #[serde(default, borrow)]
    item_id: Option<Cow<'a, str>>,
    #[serde(default)]
    content_index: Option<Index>,
    #[serde(default)]
    summary_index: Option<Index>,
    #[serde(default, borrow)]
    delta: Option<&'a RawValue>,
    #[serde(default, borrow)]
    text: Option<&'a RawValue>,
    #[serde(default, borrow)]
    refusal: Option<&'a RawValue>,
    #[serde(default, borrow)]
    arguments: Option<&'a RawValue>,
    #[serde(default, borrow)]
    input: Option<&'a RawValue>,
}

impl<'a> Piece<'a> {
    pub(super) fn parse(data: &'a [u8]) -> Option<Self> {
        serde_json::from_slice(data).ok()
    }

    pub(super) fn output_index(&self) -> Option<u64> {
        self.output_index.map(|i| i.0)
    }

    pub(super) fn item_id(&self) -> Option<&str> {
        self.item_id.as_deref()
    }

    /// Which part of its item.
    pub(super) fn part_index(&self) -> u64 {
        self.summary_index.or(self.content_index).map_or(0, |i| i.0)
    }

    /// The delta, as the inside of a JSON string.
    pub(super) fn delta(&self) -> Option<&'a str> {
        inside(self.delta?)
    }

    /// What a `…done` event repeats, as the inside of a JSON string.
    pub(super) fn whole(&self) -> Option<&'a str> {
        inside(self.text.or(self.refusal).or(self.arguments).or(self.input)?)
    }
}

fn inside(raw: &RawValue) -> Option<&str> {
    raw.get().strip_prefix('"')?.strip_suffix('"')
}

/// The text of the inside of a JSON string.
pub(super) fn decode(raw: &str) -> String {
    if raw.contains('\\') {
        serde_json::from_str(&format!("\"{raw}\"")).unwrap_or_else(|_| raw.to_owned())
    } else {
        raw.to_owned()
    }
}

/// A small number, which may be written `1.0`.
#[derive(Clone, Copy)]
struct Index(u64);

impl<'de> Deserialize<'de> for Index {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast saturates")]
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        f64::deserialize(deserializer).map(|n| Self(n as u64))
    }
}

/// `output_item.added` and `output_item.done`.
#[derive(Deserialize)]
pub(super) struct ItemEvent {
    #[serde(default)]
    output_index: Option<Index>,
    pub(super) item: Value,
}

impl ItemEvent {
    pub(super) fn parse(data: &[u8]) -> Option<Self> {
        serde_json::from_slice(data).ok()
    }

    pub(super) fn output_index(&self) -> Option<u64> {
        self.output_index.map(|i| i.0)
    }
}

/// `response.created`: who answers.
#[derive(Deserialize)]
pub(super) struct Opening<'a> {
    #[serde(borrow)]
    pub(super) response: Head<'a>,
}

#[derive(Deserialize)]
pub(super) struct Head<'a> {
    #[serde(default, borrow)]
    pub(super) id: Option<Cow<'a, str>>,
    #[serde(default)]
    created_at: Option<f64>,
    #[serde(default)]
    pub(super) model: Option<String>,
}

impl Head<'_> {
    #[expect(clippy::cast_possible_truncation, reason = "seconds; a cast saturates")]
    pub(super) fn created(&self) -> Option<i64> {
        self.created_at.map(|n| n as i64)
    }
}

/// The items that a terminal event repeats; often none.
pub(super) fn final_items(data: &[u8]) -> Vec<Value> {
    #[derive(Deserialize)]
    struct Terminal {
        response: Body,
    }
    #[derive(Deserialize)]
    struct Body {
        #[serde(default)]
        output: Option<Vec<Value>>,
    }
    serde_json::from_slice::<Terminal>(data).ok().and_then(|t| t.response.output).unwrap_or_default()
}
