//! The Responses front: an upstream stream as a client of `POST /v1/responses` gets it.
//!
//! A Codex client gets the very frames. Any other client gets the public shape of them: no vendor frames, nothing
//! about the account, `output` filled in. Whoever listens, a stream ends with exactly one terminal event.

use super::audience::Audience;
use super::error::UpstreamError;
use super::event::{Event, EventKind, to_count};
use super::fields::{Fields, quote};
use super::limit::OutputLimit;
use super::origin::{Ending, Origin};
use super::output::Output;
use super::sse::{HEARTBEAT, encode};
use bytes::{Bytes, BytesMut};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

pub use super::origin::AnswerOptions;

/// Turns the events of one answer into the bytes for its client.
#[derive(Clone, Debug)]
pub struct Forwarder {
    audience: Audience,
    origin: Origin,
    /// Kept only when there is a limit: it means reading every delta.
    limited: Option<(OutputLimit, Output)>,
    /// The data of every `output_item.done`, for a terminal event with an empty `output`.
    done: Vec<Bytes>,
    /// The data of the last event that carries a sequence number.
    last: Option<Bytes>,
    /// The number that the next event of our own gets at least.
    next_number: u64,
    announced: bool,
    finished: bool,
    cut: Option<u64>,
}

impl Forwarder {
    pub fn new(audience: Audience, options: AnswerOptions) -> Self {
        let limited =
            options.max_output_tokens.map(|limit| (OutputLimit::new(Some(limit)), Output::default()));
        Self {
            audience,
            origin: Origin::new(audience, options),
            limited,
            done: Vec::new(),
            last: None,
            next_number: 0,
            announced: false,
            finished: false,
            cut: None,
        }
    }

    /// Takes the next event and appends what the client gets of it: often its own bytes, sometimes nothing.
    pub fn on_event(&mut self, event: &Event, out: &mut Vec<Bytes>) {
        if self.finished {
            return;
        }
        self.origin.on_event(event);
        if event.kind == EventKind::Error {
            // A Codex client ignores `error` and takes the end of the stream for a fault of the network.
            let error = UpstreamError::from_event(&event.frame.data);
            out.push(self.fail(error.name().unwrap_or("server_error"), &error.message));
            return;
        }
        if numbered(event.kind) {
            self.last = Some(event.frame.data.clone());
        }
        if let Some((limit, output)) = &mut self.limited {
            if limit.on_event(event) {
                self.cut_at(event, out);
                return;
            }
            output.on_event(event);
        }
        match self.audience {
            Audience::Codex => out.push(native(event)),
            Audience::Foreign => self.foreign(event, out),
        }
        self.finished |= event.kind.is_terminal();
    }

    /// Whether the client has its terminal event. Whatever comes now is dropped, and the upstream may be, too.
    pub fn is_finished(&self) -> bool {
        self.finished
    }

    /// The output tokens, as estimated, after which the output limit ended the answer here.
    pub fn cut(&self) -> Option<u64> {
        self.cut
    }

    /// Ends a stream that broke after its start: `response.failed` under the response's own id. Empty when the client
    /// has its terminal event already.
    ///
    /// `code`: a Codex client takes some for final and sends the turn again for all others.
    pub fn fail(&mut self, code: &str, message: &str) -> Bytes {
        if self.finished {
            return Bytes::new();
        }
        let mut out = BytesMut::new();
        out.extend(self.announcement());
        let response = self.origin.response(&Ending::Failed { code, message }, &[]);
        out.extend_from_slice(&self.own_event("response.failed", &response));
        self.finished = true;
        out.freeze()
    }

    /// Ends a stream because this process goes down. Clients that try again find another, or the next one.
    pub fn interrupt(&mut self) -> Bytes {
        self.fail("server_error", "the gateway is shutting down; send the request again")
    }

    fn foreign(&mut self, event: &Event, out: &mut Vec<Bytes>) {
        match event.kind {
            // A sign of life that is no event: strict SDKs fail on types that they do not know.
            EventKind::Keepalive => out.push(Bytes::from_static(HEARTBEAT)),
            EventKind::RateLimits | EventKind::Metadata | EventKind::Vendor => {}
            EventKind::Comment => out.push(whole(event)),
            EventKind::Created => {
                out.extend(self.rewritten(event));
                self.announced = true;
            }
            EventKind::InProgress | EventKind::Completed | EventKind::Incomplete | EventKind::Failed => {
                out.extend(self.announcement());
                match self.rewritten(event) {
                    Some(frame) => out.push(frame),
                    None if event.kind == EventKind::Failed => {
                        let error = UpstreamError::from_event(&event.frame.data);
                        out.push(self.fail(error.name().unwrap_or("server_error"), &error.message));
                    }
                    None if event.kind.is_terminal() => {
                        out.push(
                            self.fail("server_error", "the last event of the upstream could not be read"),
                        );
                    }
                    // What cannot be read cannot be cleaned, and the client loses nothing with it.
                    None => {}
                }
            }
            EventKind::Other if &event.frame.data[..] == b"[DONE]" => {}
            EventKind::Other
                if memchr::memmem::find(&event.frame.data, b"\"safety_identifier\"").is_some() =>
            {
                // A kind of tomorrow that carries the response object, as `response.queued` would.
                out.extend(self.announcement());
                out.extend(self.rewritten(event));
            }
            _ => {
                if event.kind == EventKind::OutputItemDone {
                    self.done.push(event.frame.data.clone());
                }
                out.extend(self.announcement());
                out.push(whole(event));
            }
        }
    }

    /// An event with its response object as a foreign client may see it. `None` when there is none in it.
    fn rewritten(&self, event: &Event) -> Option<Bytes> {
        let mut fields = Fields::parse(&event.frame.data).ok()?;
        let mut response = Fields::parse(fields.present("response")?.as_bytes()).ok()?;
        self.origin.scrub(&mut response);
        if matches!(event.kind, EventKind::Completed | EventKind::Incomplete)
            && !has_items(response.get("output"))
        {
            response.set("output", items_of(&self.done));
        }
        let response = response.write();
        let name = match event.kind {
            EventKind::Completed => COMPLETED.to_owned(),
            _ => serde_json::from_str(fields.get("type")?).ok()?,
        };
        fields.set("type", quote(&name));
        fields.set("response", response);
        Some(encode(&name, fields.write().as_bytes()))
    }

    /// `response.created` for a foreign client that has not seen one: strict SDKs fail on any other first event.
    fn announcement(&mut self) -> Option<Bytes> {
        if self.announced || self.audience == Audience::Codex {
            return None;
        }
        self.announced = true;
        let response = self.origin.response(&Ending::InProgress, &[]);
        let created = event_data("response.created", &response, 0);
        self.next_number = 1;
        Some(encode("response.created", created.as_bytes()))
    }

    /// An event with a response object, under the next sequence number.
    fn own_event(&mut self, name: &str, response: &str) -> Bytes {
        let number = self.take_number();
        encode(name, event_data(name, response, number).as_bytes())
    }

    fn take_number(&mut self) -> u64 {
        let last = self.last.take().and_then(|data| sequence_number(&data));
        let number = last.map_or(0, |n| n + 1).max(self.next_number);
        self.next_number = number + 1;
        number
    }

    /// Ends the answer at the output limit: the part of this delta that still fits, the ends of all that is open, and
    /// `response.incomplete`.
    fn cut_at(&mut self, event: &Event, out: &mut Vec<Bytes>) {
        let Some((limit, mut output)) = self.limited.take() else { return };
        out.extend(self.announcement());
        if let Some(rest) = limit.fitting(event) {
            output.on_event(&rest);
            out.push(rest.frame.raw);
        } else {
            // The number of the event that is not sent is free again.
            self.next_number = sequence_number(&event.frame.data).unwrap_or(self.next_number);
            self.last = None;
        }
        for mut closing in output.closing_events() {
            closing.insert("sequence_number".into(), self.take_number().into());
            let name = closing["type"].as_str().unwrap_or_default().to_owned();
            out.push(encode(&name, serde_json::Value::Object(closing).to_string().as_bytes()));
        }
        let ending = Ending::Cut { output_tokens: limit.tokens() };
        let response = self.origin.response(&ending, &output.items("incomplete"));
        out.push(self.own_event("response.incomplete", &response));
        self.cut = Some(limit.tokens());
        self.finished = true;
    }
}

const COMPLETED: &str = "response.completed";

/// What counts in the upstream's sequence numbers: all but vendor frames and comments.
fn numbered(kind: EventKind) -> bool {
    !matches!(kind, EventKind::RateLimits | EventKind::Metadata | EventKind::Vendor | EventKind::Comment)
}

fn sequence_number(data: &[u8]) -> Option<u64> {
    #[derive(Deserialize)]
    struct Numbered {
        sequence_number: f64,
    }
    let number = serde_json::from_slice::<Numbered>(data).ok()?.sequence_number;
    Some(to_count(number))
}

fn event_data(name: &str, response: &str, number: u64) -> String {
    format!(r#"{{"type":"{name}","response":{response},"sequence_number":{number}}}"#)
}

/// A frame as a Codex client gets it: as it came, but for an alias that it does not know.
fn native(event: &Event) -> Bytes {
    if event.kind == EventKind::Completed
        && let Ok(mut fields) = Fields::parse(&event.frame.data)
        && fields.get("type") == Some("\"response.done\"")
    {
        fields.set("type", quote(COMPLETED));
        return encode(COMPLETED, fields.write().as_bytes());
    }
    whole(event)
}

/// The bytes of a frame. The last one of a broken connection may lack the blank line that ends it.
fn whole(event: &Event) -> Bytes {
    let raw = &event.frame.raw;
    if [&b"\n\n"[..], b"\r\n\r\n", b"\r\r"].iter().any(|end| raw.ends_with(end)) {
        return raw.clone();
    }
    let mut complete = BytesMut::from(&raw[..]);
    complete.extend_from_slice(b"\n\n");
    complete.freeze()
}

fn has_items(output: Option<&str>) -> bool {
    let items = output.map(serde_json::from_str::<Vec<IgnoredAny>>);
    matches!(items, Some(Ok(items)) if !items.is_empty())
}

/// The items of `output_item.done` events as a JSON list, by their `output_index`.
fn items_of(done: &[Bytes]) -> String {
    #[derive(Deserialize)]
    struct Done<'a> {
        #[serde(default)]
        output_index: f64,
        #[serde(borrow)]
        item: &'a RawValue,
    }
    let mut items: Vec<Done<'_>> = done.iter().filter_map(|data| serde_json::from_slice(data).ok()).collect();
    items.sort_by(|a, b| a.output_index.total_cmp(&b.output_index));
    format!("[{}]", items.iter().map(|done| done.item.get()).collect::<Vec<_>>().join(","))
}

#[cfg(test)]
mod tests;
