//! Server-sent events, split into frames without copying.
//!
//! `eventsource-stream` parses the pending line anew for every chunk, which is quadratic on the megabyte lines of
//! this protocol, and gives back strings; a pass-through stream needs the bytes. So the splitter of the Codex stream
//! is ours. Lines end at LF, CR LF or CR and nowhere else: U+2028, U+2029 and U+0085 stand raw inside JSON strings.

use bytes::{Buf, Bytes, BytesMut};

/// One event as it came: its bytes, blank line included, and where its parts are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Everything, ready to be forwarded. At the end of a stream the closing blank line may be missing.
    pub raw: Bytes,
    /// The `event:` field, empty when there was none.
    pub event: Bytes,
    /// The `data:` lines joined with LF, empty when there were none (a comment).
    pub data: Bytes,
}

/// Cuts a byte stream into [`Frame`]s, wherever its chunks are cut.
#[derive(Debug, Default)]
pub struct FrameSplitter {
    buffer: BytesMut,
    /// Where the search goes on: everything before it has been looked at.
    scanned: usize,
    /// Start of the line that `scanned` is in.
    line_start: usize,
}

impl FrameSplitter {
    /// Appends what came from the network.
    pub fn push(&mut self, chunk: &[u8]) {
        self.buffer.extend_from_slice(chunk);
    }

    /// Bytes of the event that is not complete yet.
    pub fn pending(&self) -> usize {
        self.buffer.len()
    }

    /// The next complete frame.
    pub fn next_frame(&mut self) -> Option<Frame> {
        loop {
            let at = self.scanned + memchr::memchr2(b'\n', b'\r', &self.buffer[self.scanned..])?;
            let end = match self.buffer[at] {
                b'\n' => at + 1,
                // A CR at the very end may be half of a CR LF: wait for one more byte.
                _ => match self.buffer.get(at + 1) {
                    None => {
                        self.scanned = at;
                        return None;
                    }
                    Some(b'\n') => at + 2,
                    Some(_) => at + 1,
                },
            };
            let blank = at == self.line_start;
            self.scanned = end;
            self.line_start = end;
            if !blank {
                continue;
            }
            let raw = self.buffer.split_to(end).freeze();
            self.scanned = 0;
            self.line_start = 0;
            if raw.len() > 2 {
                return Some(parse(raw));
            }
            // A blank line with nothing before it is no event.
        }
    }

    /// What is left when the stream ends: an event without its closing blank line.
    pub fn finish(&mut self) -> Option<Frame> {
        if let Some(frame) = self.next_frame() {
            return Some(frame);
        }
        let raw = std::mem::take(&mut self.buffer).freeze();
        self.scanned = 0;
        self.line_start = 0;
        let frame = parse(raw);
        (!frame.data.is_empty()).then_some(frame)
    }
}

fn parse(raw: Bytes) -> Frame {
    let mut event = Bytes::new();
    let mut data: Option<Bytes> = None;
    let mut joined: Option<BytesMut> = None;
    let mut rest = raw.clone();
    if rest.starts_with(b"\xef\xbb\xbf") {
        rest.advance(3);
    }
    while !rest.is_empty() {
        let end = memchr::memchr2(b'\n', b'\r', &rest).unwrap_or(rest.len());
        let line = rest.split_to(end);
        rest.advance(usize::from(!rest.is_empty()));
        if let Some(value) = field(&line, b"event") {
            event = value;
        } else if let Some(value) = field(&line, b"data") {
            match (&mut joined, &data) {
                (Some(all), _) => {
                    all.extend_from_slice(b"\n");
                    all.extend_from_slice(&value);
                }
                (None, Some(first)) => {
                    let mut all = BytesMut::from(&first[..]);
                    all.extend_from_slice(b"\n");
                    all.extend_from_slice(&value);
                    joined = Some(all);
                }
                (None, None) => data = Some(value),
            }
        }
    }
    let data = joined.map(BytesMut::freeze).or(data).unwrap_or_default();
    Frame { raw, event, data }
}

/// The value of a `name: value` line, one space after the colon removed.
fn field(line: &Bytes, name: &[u8]) -> Option<Bytes> {
    let rest = line.strip_prefix(name)?.strip_prefix(b":")?;
    let rest = rest.strip_prefix(b" ").unwrap_or(rest);
    Some(line.slice_ref(rest))
}

/// Writes one event, as this server sends them.
pub fn encode(event: &str, data: &[u8]) -> Bytes {
    let mut out = BytesMut::with_capacity(event.len() + data.len() + 18);
    if !event.is_empty() {
        out.extend_from_slice(b"event: ");
        out.extend_from_slice(event.as_bytes());
        out.extend_from_slice(b"\n");
    }
    out.extend_from_slice(b"data: ");
    out.extend_from_slice(data);
    out.extend_from_slice(b"\n\n");
    out.freeze()
}

/// A comment, which every client skips. `text` is one line.
pub fn comment(text: &str) -> Bytes {
    format!(": {text}\n\n").into()
}

/// A comment that keeps proxies from cutting an idle stream.
pub const HEARTBEAT: &[u8] = b": keep-alive\n\n";

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn split(chunks: &[&[u8]]) -> Vec<Frame> {
        let mut splitter = FrameSplitter::default();
        let mut frames = Vec::new();
        for chunk in chunks {
            splitter.push(chunk);
            while let Some(frame) = splitter.next_frame() {
                frames.push(frame);
            }
        }
        frames.extend(splitter.finish());
        frames
    }

    #[test]
    fn fields_comments_and_several_data_lines_are_read() {
        let frames = split(&[b": hi\n\nevent: a\ndata: 1\ndata:2\nid: 7\n\ndata\xe2\x80\xa8: no\ndata: {\"x\":\"\xe2\x80\xa8\"}\n\n"]);
        assert_eq!(frames.len(), 3);
        assert!(frames[0].data.is_empty());
        assert_eq!((&frames[1].event[..], &frames[1].data[..]), (&b"a"[..], &b"1\n2"[..]));
        assert_eq!(&frames[2].data[..], "{\"x\":\"\u{2028}\"}".as_bytes());
    }

    #[test]
    fn an_event_without_its_blank_line_is_given_at_the_end() {
        let frames = split(&[b"data: 1\n\ndata: 2"]);
        assert_eq!(frames.iter().map(|f| &f.data[..]).collect::<Vec<_>>(), [b"1", b"2"]);
    }

    #[test]
    fn what_is_encoded_splits_into_the_same_event() {
        let frames = split(&[&encode("response.created", b"{}"), HEARTBEAT]);
        assert_eq!(&frames[0].event[..], b"response.created");
        assert_eq!(&frames[0].data[..], b"{}");
        assert_eq!(frames.len(), 2);
        assert_eq!(split(&[&comment("keep-alive")]), split(&[HEARTBEAT]));
    }

    proptest! {
        #[test]
        fn the_splitter_does_not_care_where_chunks_are_cut_or_how_lines_end(
            events in prop::collection::vec(("[a-z.]{1,8}", "[ -~é\u{2028}]{1,40}"), 1..8),
            ending in prop::sample::select(vec!["\n", "\r\n", "\r"]),
            cuts in prop::collection::vec(0usize..2000, 0..12),
        ) {
            let text = events.iter().map(|(e, d)| format!("event: {e}{ending}data: {d}{ending}{ending}")).collect::<Vec<_>>().concat();
            let bytes = text.as_bytes();
            let mut at: Vec<usize> = cuts.into_iter().map(|c| c % (bytes.len() + 1)).collect();
            at.extend([0, bytes.len()]);
            at.sort_unstable();
            let chunks: Vec<&[u8]> = at.windows(2).map(|w| &bytes[w[0]..w[1]]).collect();
            let frames = split(&chunks);
            prop_assert_eq!(frames.len(), events.len());
            for (frame, (event, data)) in frames.iter().zip(&events) {
                prop_assert_eq!(&frame.event[..], event.as_bytes());
                // The one leading space that the format takes away was ours.
                prop_assert_eq!(&frame.data[..], data.as_bytes());
            }
        }
    }
}
