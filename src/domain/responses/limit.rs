//! An output limit that is kept here, since the subscription backend refuses `max_output_tokens`.

use super::event::{Event, EventKind};
use super::fields::{Fields, quote};
use super::sse::{Frame, encode};
use serde::Deserialize;
use std::borrow::Cow;

/// Quarters of a token that a character counts for. There is no tokenizer here: English text and code come to about
/// four ASCII characters a token, and scripts that need more bytes to about one character a token.
const ASCII: u64 = 1;
const OTHER: u64 = 4;

/// Counts what a stream shows (text, refusals, reasoning, arguments) against a limit in tokens.
///
/// Only deltas count: hidden reasoning does not, nor an item that comes without deltas. It is an estimate, made to
/// keep a promise about length roughly and not to bill anything.
#[derive(Clone, Debug)]
pub struct OutputLimit {
    limit: Option<u64>,
    quarters: u64,
    fitting: String,
}

impl OutputLimit {
    /// `limit` in tokens; `None` counts without ever ending anything.
    pub fn new(limit: Option<u64>) -> Self {
        Self { limit, quarters: 0, fitting: String::new() }
    }

    /// Counts an event. `true` when it goes beyond the limit: it must not be sent as it is, and the answer ends here
    /// with what [`OutputLimit::fitting`] leaves of it.
    pub fn on_event(&mut self, event: &Event) -> bool {
        if !is_delta(event.kind) {
            return false;
        }
        let Ok(Wire { delta }) = serde_json::from_slice::<Wire<'_>>(&event.frame.data) else { return false };
        // Whole tokens count: a started one is still free.
        let most = self.limit.map_or(u64::MAX, |tokens| tokens.saturating_mul(4).saturating_add(3));
        for (at, char) in delta.char_indices() {
            let more = if char.is_ascii() { ASCII } else { OTHER };
            if self.quarters.saturating_add(more) > most {
                delta[..at].clone_into(&mut self.fitting);
                return true;
            }
            self.quarters += more;
        }
        false
    }

    /// The event that went beyond the limit with as much of its delta as is still within it; `None` when that is
    /// nothing.
    pub fn fitting(&self, event: &Event) -> Option<Event> {
        if self.fitting.is_empty() {
            return None;
        }
        let mut fields = Fields::parse(&event.frame.data).ok()?;
        fields.set("delta", quote(&self.fitting));
        let data = fields.write();
        let name: String = serde_json::from_str(fields.get("type")?).ok()?;
        let raw = encode(&name, data.as_bytes());
        Some(Event { kind: event.kind, frame: Frame { raw, event: name.into(), data: data.into() } })
    }

    /// Output tokens so far, as estimated.
    pub fn tokens(&self) -> u64 {
        self.quarters / 4
    }
}

#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(borrow, default)]
    delta: Cow<'a, str>,
}

/// Whether an event brings a piece of what the client will read.
fn is_delta(kind: EventKind) -> bool {
    matches!(
        kind,
        EventKind::OutputTextDelta
            | EventKind::RefusalDelta
            | EventKind::ReasoningSummaryTextDelta
            | EventKind::ReasoningTextDelta
            | EventKind::FunctionCallArgumentsDelta
            | EventKind::CustomToolCallInputDelta
    )
}

#[cfg(test)]
mod tests {
    use super::super::sse::{FrameSplitter, encode};
    use super::*;

    fn delta(text: &str) -> Event {
        let mut splitter = FrameSplitter::default();
        splitter.push(&encode(
            "response.output_text.delta",
            serde_json::json!({"type": "response.output_text.delta", "delta": text}).to_string().as_bytes(),
        ));
        splitter.next_frame().expect("a frame").into()
    }

    #[test]
    fn an_answer_of_exactly_the_limit_is_whole() {
        let mut limit = OutputLimit::new(Some(2));
        assert!(!limit.on_event(&delta("12345678")));
        assert_eq!(limit.tokens(), 2);
        assert!(!limit.on_event(&delta("123")));
        assert!(limit.on_event(&delta("4")));
        assert_eq!(limit.fitting(&delta("4")), None);
    }

    #[test]
    fn what_still_fits_of_the_last_piece_is_told_in_whole_characters() {
        let mut limit = OutputLimit::new(Some(1));
        let event = delta("ab\"éf");
        assert!(limit.on_event(&event));
        assert_eq!((limit.fitting(&event), limit.tokens()), (Some(delta("ab\"é")), 1));
    }

    #[test]
    fn without_a_limit_it_only_counts() {
        let mut limit = OutputLimit::new(None);
        assert!(!limit.on_event(&delta(&"日本語".repeat(1000))));
        assert_eq!(limit.tokens(), 3000);
    }
}
