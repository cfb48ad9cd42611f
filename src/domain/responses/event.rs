//! What an event of a Responses stream means to the gateway: may the client see it, does it end the stream.
//!
//! Only what is acted on is read; everything else passes as the bytes it came in.

use super::error::UpstreamError;
use super::sse::Frame;
use serde::{Deserialize, Serialize};

/// The kinds that something depends on. All others are [`EventKind::Other`] and pass through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    Created,
    InProgress,
    OutputItemAdded,
    OutputItemDone,
    ContentPartAdded,
    ContentPartDone,
    OutputTextDelta,
    OutputTextDone,
    RefusalDelta,
    RefusalDone,
    ReasoningSummaryPartAdded,
    ReasoningSummaryPartDone,
    ReasoningSummaryTextDelta,
    ReasoningSummaryTextDone,
    ReasoningTextDelta,
    ReasoningTextDone,
    FunctionCallArgumentsDelta,
    FunctionCallArgumentsDone,
    CustomToolCallInputDelta,
    CustomToolCallInputDone,
    /// `response.completed`, also under its alias `response.done`.
    Completed,
    Incomplete,
    Failed,
    Error,
    Keepalive,
    /// `codex.rate_limits`: the quota as of now.
    RateLimits,
    /// `codex.response.metadata` or `response.metadata`.
    Metadata,
    /// Any further `codex.*` or `responsesapi.*` frame.
    Vendor,
    /// No event at all: a comment.
    Comment,
    Other,
}

#[derive(Deserialize)]
struct Typed<'a> {
    #[serde(borrow, rename = "type")]
    kind: std::borrow::Cow<'a, str>,
}

impl EventKind {
    /// From the frame's `event:` line, else from the `type` member of its data.
    pub fn of(frame: &Frame) -> Self {
        if frame.data.is_empty() {
            return Self::Comment;
        }
        if !frame.event.is_empty() {
            return Self::named(&frame.event);
        }
        serde_json::from_slice::<Typed<'_>>(&frame.data)
            .map_or(Self::Other, |t| Self::named(t.kind.as_bytes()))
    }

    /// From an event's name.
    pub fn named(name: &[u8]) -> Self {
        match name {
            b"response.created" => Self::Created,
            b"response.in_progress" => Self::InProgress,
            b"response.output_item.added" => Self::OutputItemAdded,
            b"response.output_item.done" => Self::OutputItemDone,
            b"response.content_part.added" => Self::ContentPartAdded,
            b"response.content_part.done" => Self::ContentPartDone,
            b"response.output_text.delta" => Self::OutputTextDelta,
            b"response.output_text.done" => Self::OutputTextDone,
            b"response.refusal.delta" => Self::RefusalDelta,
            b"response.refusal.done" => Self::RefusalDone,
            b"response.reasoning_summary_part.added" => Self::ReasoningSummaryPartAdded,
            b"response.reasoning_summary_part.done" => Self::ReasoningSummaryPartDone,
            b"response.reasoning_summary_text.delta" => Self::ReasoningSummaryTextDelta,
            b"response.reasoning_summary_text.done" => Self::ReasoningSummaryTextDone,
            b"response.reasoning_text.delta" => Self::ReasoningTextDelta,
            b"response.reasoning_text.done" => Self::ReasoningTextDone,
            b"response.function_call_arguments.delta" => Self::FunctionCallArgumentsDelta,
            b"response.function_call_arguments.done" => Self::FunctionCallArgumentsDone,
            b"response.custom_tool_call_input.delta" => Self::CustomToolCallInputDelta,
            b"response.custom_tool_call_input.done" => Self::CustomToolCallInputDone,
            b"response.completed" | b"response.done" => Self::Completed,
            b"response.incomplete" => Self::Incomplete,
            b"response.failed" => Self::Failed,
            b"error" => Self::Error,
            b"keepalive" => Self::Keepalive,
            b"codex.rate_limits" => Self::RateLimits,
            b"codex.response.metadata" | b"response.metadata" => Self::Metadata,
            other if other.starts_with(b"codex.") || other.starts_with(b"responsesapi.") => Self::Vendor,
            _ => Self::Other,
        }
    }

    /// Whether the stream ends here.
    pub fn is_terminal(self) -> bool {
        matches!(self, Self::Completed | Self::Incomplete | Self::Failed | Self::Error)
    }

    /// Whether only a Codex client may see it: strict SDKs fail on types that they do not know.
    pub fn is_vendor(self) -> bool {
        matches!(self, Self::Keepalive | Self::RateLimits | Self::Metadata | Self::Vendor)
    }
}

/// One event of a stream with its kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub kind: EventKind,
    pub frame: Frame,
}

impl From<Frame> for Event {
    fn from(frame: Frame) -> Self {
        Self { kind: EventKind::of(&frame), frame }
    }
}

impl Event {
    /// Whether a client would see something of the answer: the commit point of a request is the first such event.
    ///
    /// A reasoning item that only announces itself is not: nothing of it has been shown, and another account can
    /// still take over.
    pub fn is_visible(&self) -> bool {
        match self.kind {
            EventKind::OutputTextDelta
            | EventKind::OutputTextDone
            | EventKind::RefusalDelta
            | EventKind::RefusalDone
            | EventKind::ReasoningSummaryTextDelta
            | EventKind::ReasoningSummaryTextDone
            | EventKind::ReasoningTextDelta
            | EventKind::ReasoningTextDone
            | EventKind::FunctionCallArgumentsDelta
            | EventKind::FunctionCallArgumentsDone
            | EventKind::CustomToolCallInputDelta
            | EventKind::CustomToolCallInputDone
            | EventKind::OutputItemDone
            // `web_search_call.searching`, `image_generation_call.partial_image` and whatever comes tomorrow.
            | EventKind::Other => true,
            EventKind::OutputItemAdded => item_shows_something(&self.frame.data),
            EventKind::Created
            | EventKind::InProgress
            | EventKind::ContentPartAdded
            | EventKind::ContentPartDone
            | EventKind::ReasoningSummaryPartAdded
            | EventKind::ReasoningSummaryPartDone
            | EventKind::Completed
            | EventKind::Incomplete
            | EventKind::Failed
            | EventKind::Error
            | EventKind::Keepalive
            | EventKind::RateLimits
            | EventKind::Metadata
            | EventKind::Vendor
            | EventKind::Comment => false,
        }
    }

    /// How the stream ended, when this event ends it.
    pub fn terminal(&self) -> Option<Terminal> {
        self.kind.is_terminal().then(|| Terminal::parse(self.kind, &self.frame.data))
    }
}

fn item_shows_something(data: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Added<'a> {
        #[serde(borrow)]
        item: Item<'a>,
    }
    #[derive(Deserialize)]
    struct Item<'a> {
        #[serde(borrow, rename = "type")]
        kind: std::borrow::Cow<'a, str>,
        #[serde(default)]
        content: Option<Vec<serde::de::IgnoredAny>>,
        #[serde(default)]
        summary: Option<Vec<serde::de::IgnoredAny>>,
    }
    let Ok(Added { item }) = serde_json::from_slice::<Added<'_>>(data) else {
        return true;
    };
    match &*item.kind {
        "message" => item.content.is_some_and(|c| !c.is_empty()),
        "reasoning" => item.summary.is_some_and(|s| !s.is_empty()),
        _ => true,
    }
}

/// Tokens of one answer. Cached tokens are part of the input, reasoning tokens part of the output: never add them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    pub input_tokens: u64,
    pub cached_input_tokens: u64,
    pub output_tokens: u64,
    pub reasoning_tokens: u64,
}

impl std::ops::AddAssign for Usage {
    fn add_assign(&mut self, more: Self) {
        self.input_tokens += more.input_tokens;
        self.cached_input_tokens += more.cached_input_tokens;
        self.output_tokens += more.output_tokens;
        self.reasoning_tokens += more.reasoning_tokens;
    }
}

/// How a stream ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Terminal {
    pub outcome: Outcome,
    pub usage: Option<Usage>,
    /// The model that really served, when the response names one.
    pub model: Option<String>,
    pub response_id: Option<String>,
}

/// What the terminal event says.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// `has_output`: the `output` list of the event itself is not empty. It is often empty on a good answer.
    Completed {
        has_output: bool,
    },
    /// The reason, such as `max_output_tokens` or `content_filter`.
    Incomplete {
        reason: String,
    },
    Failed(UpstreamError),
}

impl Terminal {
    fn parse(kind: EventKind, data: &[u8]) -> Self {
        #[derive(Deserialize, Default)]
        struct Envelope {
            #[serde(default)]
            response: Option<Body>,
        }
        #[derive(Deserialize, Default)]
        struct Body {
            #[serde(default)]
            id: Option<String>,
            #[serde(default)]
            model: Option<String>,
            #[serde(default)]
            output: Option<Vec<serde::de::IgnoredAny>>,
            #[serde(default)]
            usage: Option<WireUsage>,
            #[serde(default)]
            incomplete_details: Option<Details>,
        }
        #[derive(Deserialize)]
        struct Details {
            #[serde(default)]
            reason: Option<String>,
        }
        let body = serde_json::from_slice::<Envelope>(data).unwrap_or_default().response.unwrap_or_default();
        let outcome = match kind {
            EventKind::Completed => {
                Outcome::Completed { has_output: body.output.as_ref().is_some_and(|o| !o.is_empty()) }
            }
            EventKind::Incomplete => Outcome::Incomplete {
                reason: body.incomplete_details.and_then(|d| d.reason).unwrap_or_else(|| "unknown".into()),
            },
            _ => Outcome::Failed(UpstreamError::from_event(data)),
        };
        Self { outcome, usage: body.usage.map(Usage::from), model: body.model, response_id: body.id }
    }
}

/// `usage` as the upstream writes it. Numbers may come as `1.0`.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub struct WireUsage {
    #[serde(default)]
    input_tokens: f64,
    #[serde(default)]
    input_tokens_details: Option<WireInputDetails>,
    #[serde(default)]
    output_tokens: f64,
    #[serde(default)]
    output_tokens_details: Option<WireOutputDetails>,
}
#[derive(Clone, Copy, Debug, Default, Deserialize)]
struct WireInputDetails {
    #[serde(default)]
    cached_tokens: Option<f64>,
}
#[derive(Clone, Copy, Debug, Default, Deserialize)]
struct WireOutputDetails {
    #[serde(default)]
    reasoning_tokens: Option<f64>,
}

impl From<WireUsage> for Usage {
    fn from(wire: WireUsage) -> Self {
        let cached = wire.input_tokens_details.and_then(|d| d.cached_tokens).unwrap_or_default();
        let reasoning = wire.output_tokens_details.and_then(|d| d.reasoning_tokens).unwrap_or_default();
        Self {
            input_tokens: to_count(wire.input_tokens),
            cached_input_tokens: to_count(cached),
            output_tokens: to_count(wire.output_tokens),
            reasoning_tokens: to_count(reasoning),
        }
    }
}

/// A count or a place of the wire, where numbers may come as `1.0`.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped; a token count fits by far"
)]
pub fn to_count(number: f64) -> u64 {
    number.clamp(0.0, 9e15) as u64
}

#[cfg(test)]
mod tests {
    use super::super::sse::encode;
    use super::*;

    fn event(name: &str, data: &str) -> Event {
        let mut splitter = super::super::sse::FrameSplitter::default();
        splitter.push(&encode(name, data.as_bytes()));
        splitter.next_frame().expect("one frame").into()
    }

    #[test]
    fn the_kind_comes_from_the_data_when_there_is_no_event_line() {
        assert_eq!(event("", r#"{"type":"response.completed"}"#).kind, EventKind::Completed);
        assert_eq!(event("codex.something", "{}").kind, EventKind::Vendor);
        assert_eq!(event("response.tomorrow", "{}").kind, EventKind::Other);
    }

    #[test]
    fn announcing_a_message_or_reasoning_shows_nothing_and_a_tool_call_does() {
        let added =
            |item: &str| event("response.output_item.added", &format!(r#"{{"item":{item}}}"#)).is_visible();
        assert!(!added(r#"{"type":"message","content":[]}"#));
        assert!(!added(r#"{"type":"reasoning","summary":[],"encrypted_content":"x"}"#));
        assert!(added(r#"{"type":"function_call","name":"f"}"#));
        assert!(!event("response.created", "{}").is_visible());
        assert!(event("response.output_text.delta", "{}").is_visible());
    }

    #[test]
    fn a_terminal_event_tells_usage_and_outcome() {
        let done = event(
            "response.completed",
            r#"{"response":{"id":"resp_1","model":"m","output":[],"usage":{"input_tokens":5.0,"input_tokens_details":{"cached_tokens":3},"output_tokens":2,"output_tokens_details":{"reasoning_tokens":1}}}}"#,
        );
        let terminal = done.terminal().expect("terminal");
        assert_eq!(terminal.outcome, Outcome::Completed { has_output: false });
        assert_eq!(
            terminal.usage,
            Some(Usage { input_tokens: 5, cached_input_tokens: 3, output_tokens: 2, reasoning_tokens: 1 })
        );
        let cut = event(
            "response.incomplete",
            r#"{"response":{"incomplete_details":{"reason":"max_output_tokens"}}}"#,
        );
        assert_eq!(
            cut.terminal().map(|t| t.outcome),
            Some(Outcome::Incomplete { reason: "max_output_tokens".into() })
        );
    }
}
