//! Frames of an event stream, one after the other in one buffer.

use std::borrow::Cow;

use serde_json::Value;

/// One frame of a stream in the buffer, its blank line included.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    pub(super) kind: Cow<'static, str>,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// Frames one after the other in one buffer.
#[derive(Debug, Default)]
pub(super) struct Frames {
    pub(super) buffer: Vec<u8>,
    pub(super) list: Vec<Frame>,
    sequence: u64,
}

const NOISE: &str =
    "v9utmWKf14hMNRG6t8wpLEq5n2UsD68gTR1qNm3r3uwpQ0A6zdbiJr09DJ4zUPStAM31yqV8HaCraDwQ5i238e5BibHhnehdZ9G0Y";

/// How many of them carry a sequence number.
fn numbered(list: &[Frame]) -> u64 {
    list.iter().filter(|frame| !frame.kind.starts_with("codex.")).count() as u64
}

impl Frames {
    /// Frames as they are recorded; what follows the last blank line is a frame of its own.
    pub(super) fn parse(text: &str) -> Self {
        let mut frames = Self { buffer: text.as_bytes().to_vec(), ..Self::default() };
        let mut start = 0;
        for piece in text.split_inclusive("\n\n") {
            let end = start + piece.len();
            if piece.trim().is_empty() {
                if let Some(last) = frames.list.last_mut() {
                    last.end = end;
                }
            } else {
                let kind = piece.lines().find_map(|line| line.strip_prefix("event: ")).unwrap_or_default();
                frames.list.push(Frame { kind: Cow::Owned(kind.to_owned()), start, end });
            }
            start = end;
        }
        frames.sequence = numbered(&frames.list);
        frames
    }

    /// Only the first `keep` frames; what comes next follows them in number too.
    pub(super) fn truncate(&mut self, keep: usize) {
        self.list.truncate(keep);
        self.sequence = numbered(&self.list);
    }

    /// A frame whose JSON begins with the type and ends with the sequence number.
    pub(super) fn event(&mut self, kind: &'static str, fields: impl FnOnce(&mut Vec<u8>)) {
        let start = self.open(kind);
        fields(&mut self.buffer);
        let number = self.sequence;
        self.sequence += 1;
        self.buffer.extend_from_slice(format!(",\"sequence_number\":{number}}}\n\n").as_bytes());
        self.close(kind, start);
    }

    /// A vendor frame: no sequence number.
    pub(super) fn vendor(&mut self, kind: &'static str, fields: &Value) {
        let start = self.open(kind);
        let text = fields.to_string();
        if let Some(inner) = text.strip_prefix('{').filter(|inner| *inner != "}") {
            self.buffer.push(b',');
            self.buffer.extend_from_slice(inner.as_bytes());
        } else {
            self.buffer.push(b'}');
        }
        self.buffer.extend_from_slice(b"\n\n");
        self.close(kind, start);
    }

    /// A frame without an event line, as chat completions have them.
    pub(super) fn data(&mut self, kind: &'static str, data: &str) {
        let start = self.buffer.len();
        self.buffer.extend_from_slice(b"data: ");
        self.buffer.extend_from_slice(data.as_bytes());
        self.buffer.extend_from_slice(b"\n\n");
        self.close(kind, start);
    }

    fn open(&mut self, kind: &'static str) -> usize {
        let start = self.buffer.len();
        self.buffer.extend_from_slice(format!("event: {kind}\ndata: {{\"type\":\"{kind}\"").as_bytes());
        start
    }

    fn close(&mut self, kind: &'static str, start: usize) {
        self.list.push(Frame { kind: Cow::Borrowed(kind), start, end: self.buffer.len() });
    }

    /// Padding of a length that varies, as the backend adds to deltas.
    pub(super) fn obfuscation(&self) -> &'static str {
        let number = usize::try_from(self.sequence).unwrap_or_default();
        let from = (number * 13) % 80;
        &NOISE[from..from + 6 + number % 10]
    }
}
