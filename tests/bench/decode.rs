//! A chunked body of server-sent events, read for no more than their number: as cheap as a client can be.

use memchr::memchr;

/// Where a chunked body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// In the line with the size, so much of it read.
    Size(usize),
    /// In the line with the size, past an extension.
    SizeEnd(usize),
    /// In a chunk, so much of it still to come.
    Data(usize),
    /// In the line end behind a chunk.
    DataEnd,
    /// In the last line; we send no trailers and expect none.
    Last,
    Done,
}

/// Counts the events of one answer.
#[derive(Debug)]
pub struct Events {
    place: Place,
    line_empty: bool,
}

impl Default for Events {
    fn default() -> Self {
        Self { place: Place::Size(0), line_empty: true }
    }
}

impl Events {
    /// Whether the body has ended.
    pub fn is_done(&self) -> bool {
        self.place == Place::Done
    }

    /// Reads on. Tells how many events became complete; what is not a chunked body is an error.
    pub fn feed(&mut self, mut bytes: &[u8]) -> Result<usize, String> {
        let mut events = 0;
        while let Some(first) = bytes.first().copied() {
            match self.place {
                Place::Size(size) => {
                    bytes = &bytes[1..];
                    self.place = match first {
                        b'\r' | b';' => Place::SizeEnd(size),
                        digit => {
                            let digit = char::from(digit).to_digit(16).ok_or("no size of a chunk")?;
                            Place::Size(size * 16 + digit as usize)
                        }
                    };
                }
                Place::SizeEnd(size) => {
                    bytes = &bytes[1..];
                    self.place = match (first, size) {
                        (b'\n', 0) => Place::Last,
                        (b'\n', size) => Place::Data(size),
                        _ => Place::SizeEnd(size),
                    };
                }
                Place::Data(left) => {
                    let (data, rest) = bytes.split_at(left.min(bytes.len()));
                    events += self.count(data);
                    bytes = rest;
                    self.place =
                        if data.len() == left { Place::DataEnd } else { Place::Data(left - data.len()) };
                }
                Place::DataEnd | Place::Last => {
                    bytes = &bytes[1..];
                    self.place = match (first, self.place) {
                        (b'\r', place) => place,
                        (b'\n', Place::DataEnd) => Place::Size(0),
                        (b'\n', _) => Place::Done,
                        _ => return Err("no line end behind a chunk".into()),
                    };
                }
                Place::Done => return Err("more than one answer".into()),
            }
        }
        Ok(events)
    }

    /// A blank line ends an event.
    fn count(&mut self, mut data: &[u8]) -> usize {
        let mut events = 0;
        while let Some(at) = memchr(b'\n', data) {
            events += usize::from(at == 0 && self.line_empty);
            self.line_empty = true;
            data = &data[at + 1..];
        }
        self.line_empty &= data.is_empty();
        events
    }
}
