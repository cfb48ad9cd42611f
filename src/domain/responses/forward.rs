//! The Responses front: an upstream stream as a client of `POST /v1/responses` gets it.
//!
//! A Codex client gets the very frames. Any other client gets the public shape of them: no vendor frames, nothing
//! about the account, `output` filled in. Whoever listens, a stream ends with exactly one terminal event.

use super::audience::Audience;
use super::error::UpstreamError;
use super::event::{Event, EventKind};
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
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped; a count fits by far"
    )]
    Some(number.clamp(0.0, 9e15) as u64)
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
mod tests {
    use super::super::fixtures::{events, stream, streams};
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn options(limit: Option<u64>) -> AnswerOptions {
        AnswerOptions {
            max_output_tokens: limit,
            hide_prompt_cache_key: true,
            response_id: "resp_ours".into(),
            model: "asked-for".into(),
            created_at: 1_795_300_000,
            input_tokens: 50,
        }
    }

    fn forward(audience: Audience, limit: Option<u64>, events: &[Event]) -> (Forwarder, Vec<Bytes>) {
        let mut forwarder = Forwarder::new(audience, options(limit));
        let mut out = Vec::new();
        for event in events {
            forwarder.on_event(event, &mut out);
        }
        (forwarder, out)
    }

    fn foreign(stream: &[u8]) -> Vec<Event> {
        events(&forward(Audience::Foreign, None, &events(stream, &[])).1.concat(), &[])
    }

    fn data(event: &Event) -> Value {
        serde_json::from_slice(&event.frame.data).expect("JSON")
    }

    fn names(events: &[Event]) -> Vec<&str> {
        events.iter().map(|e| std::str::from_utf8(&e.frame.event).expect("text")).collect()
    }

    fn one(name: &str, data: &Value) -> Vec<u8> {
        encode(name, data.to_string().as_bytes()).to_vec()
    }

    #[test]
    fn a_codex_client_gets_the_very_bytes() {
        for (name, stream) in streams().into_iter().filter(|(name, _)| !name.starts_with("error-")) {
            let (_, out) = forward(Audience::Codex, None, &events(&stream, &[]));
            assert_eq!(out.concat(), stream, "{name}");
        }
    }

    #[test]
    fn what_a_foreign_client_gets_unchanged_is_not_copied() {
        let events = events(&stream("text-answer"), &[]);
        let delta = events.iter().find(|e| e.kind == EventKind::OutputTextDelta).expect("a delta");
        let mut out = Vec::new();
        let mut forwarder = Forwarder::new(Audience::Foreign, options(None));
        forwarder.on_event(&events[0], &mut out);
        forwarder.on_event(delta, &mut out);
        assert_eq!(out[1].as_ptr(), delta.frame.raw.as_ptr());
    }

    #[test]
    fn every_stream_cut_anywhere_ends_with_exactly_one_terminal_event_under_rising_numbers() {
        for (name, stream) in streams() {
            let all = events(&stream, &[]);
            for audience in [Audience::Codex, Audience::Foreign] {
                for (limit, end) in
                    [None, Some(3)].into_iter().flat_map(|l| (0..=all.len()).map(move |n| (l, n)))
                {
                    let (mut forwarder, mut out) = forward(audience, limit, &all[..end]);
                    out.push(forwarder.fail("server_error", "the upstream went away"));
                    assert!(forwarder.is_finished());
                    assert!(forwarder.fail("x", "y").is_empty());
                    let seen = events(&out.concat(), &[]);
                    let terminals = seen.iter().filter(|e| e.kind.is_terminal()).count();
                    assert_eq!(terminals, 1, "{name} {audience:?} {limit:?} after {end}");
                    assert!(seen.last().is_some_and(|e| e.kind.is_terminal()));
                    let numbers: Vec<u64> =
                        seen.iter().filter_map(|e| sequence_number(&e.frame.data)).collect();
                    assert!(
                        numbers.is_sorted_by(|a, b| a < b),
                        "{name} {audience:?} {limit:?} {end}: {numbers:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_foreign_client_sees_public_events_only_and_nothing_of_the_account() {
        for (name, stream) in streams() {
            let out = forward(Audience::Foreign, None, &events(&stream, &[])).1.concat();
            let text = String::from_utf8(out.clone()).expect("text");
            for hidden in ["user-FAKE", "codex.", "org-fake", "\"prompt_cache_key\":\"", "keepalive\""] {
                assert!(!text.contains(hidden), "{name} shows {hidden}");
            }
            let seen = events(&out, &[]);
            let first = seen.iter().find(|e| e.kind != EventKind::Comment).expect("an event");
            assert_eq!(first.kind, EventKind::Created, "{name}");
            assert!(seen.iter().all(|e| !e.kind.is_vendor() && e.kind != EventKind::Error), "{name}");
        }
    }

    #[test]
    fn the_output_of_the_end_is_what_the_items_were() {
        for (name, stream) in streams() {
            let seen = foreign(&stream);
            let Some(end) = seen.iter().find(|e| e.kind == EventKind::Completed) else { continue };
            let items: Vec<Value> =
                seen.iter().filter(|e| e.kind == EventKind::OutputItemDone).map(data).collect();
            let mut items: Vec<(u64, Value)> = items
                .into_iter()
                .map(|d| (d["output_index"].as_u64().expect("index"), d["item"].clone()))
                .collect();
            items.sort_by_key(|(at, _)| *at);
            let items: Vec<Value> = items.into_iter().map(|(_, item)| item).collect();
            assert_eq!(data(end)["response"]["output"], json!(items), "{name}");
        }
    }

    #[test]
    fn an_error_event_becomes_the_one_failed_response() {
        for audience in [Audience::Codex, Audience::Foreign] {
            let all = events(&stream("error-overloaded-before-output"), &[]);
            let seen = events(&forward(audience, None, &all).1.concat(), &[]);
            assert_eq!(names(&seen), ["response.created", "response.in_progress", "response.failed"]);
            let failed = data(&seen[2]);
            assert_eq!(failed["response"]["error"]["code"], "server_is_overloaded");
            assert_eq!(failed["response"]["id"], data(&seen[0])["response"]["id"]);
            assert_eq!(
                (&failed["response"]["status"], &failed["sequence_number"]),
                (&json!("failed"), &json!(2))
            );
        }
    }

    #[test]
    fn a_failure_before_anything_else_is_announced_to_a_foreign_client() {
        let (mut forwarder, _) = forward(Audience::Foreign, None, &[]);
        let seen = events(&forwarder.interrupt(), &[]);
        assert_eq!(names(&seen), ["response.created", "response.failed"]);
        let (created, failed) = (data(&seen[0]), data(&seen[1]));
        assert_eq!(
            (&created["response"]["id"], &created["response"]["model"]),
            (&json!("resp_ours"), &json!("asked-for"))
        );
        assert_eq!((&created["sequence_number"], &failed["sequence_number"]), (&json!(0), &json!(1)));
        let (mut forwarder, _) = forward(Audience::Codex, None, &[]);
        assert_eq!(names(&events(&forwarder.interrupt(), &[])), ["response.failed"]);
    }

    #[test]
    fn an_alias_of_the_end_gets_its_real_name_and_a_done_marker_is_no_event() {
        let end =
            json!({"type": "response.done", "response": {"id": "r", "output": []}, "sequence_number": 4});
        for audience in [Audience::Codex, Audience::Foreign] {
            let mut bytes =
                one("response.created", &json!({"type": "response.created", "response": {"id": "r"}}));
            bytes.extend(one("response.done", &end));
            bytes.extend(b"data: [DONE]\n\n");
            let seen = events(&forward(audience, None, &events(&bytes, &[])).1.concat(), &[]);
            assert_eq!(names(&seen), ["response.created", "response.completed"]);
            assert_eq!(data(&seen[1])["type"], "response.completed");
        }
        assert!(!names(&foreign(b"data: [DONE]\n\n")).contains(&""));
    }

    #[test]
    fn a_last_event_that_cannot_be_read_is_a_failure_and_a_missing_blank_line_is_mended() {
        let seen = foreign(b"event: response.completed\ndata: {\"response\":\n\n");
        assert_eq!(names(&seen), ["response.created", "response.failed"]);
        let cut = b"event: response.output_text.delta\ndata: {}";
        for audience in [Audience::Codex, Audience::Foreign] {
            let (_, out) = forward(audience, None, &events(cut, &[]));
            assert!(out.last().expect("the event").ends_with(b"{}\n\n"));
        }
    }

    #[test]
    fn events_of_tomorrow_pass_and_are_cleaned_when_they_carry_the_response() {
        let mut bytes = one("response.created", &json!({"type": "response.created", "response": {}}));
        bytes.extend(one(
            "response.queued",
            &json!({"type": "response.queued", "response": {"safety_identifier": "user-1"}}),
        ));
        bytes.extend(one(
            "response.tomorrow",
            &json!({"type": "response.tomorrow", "x": "\"safety_identifier\""}),
        ));
        let seen = foreign(&bytes);
        assert_eq!(names(&seen), ["response.created", "response.queued", "response.tomorrow"]);
        assert_eq!(data(&seen[1])["response"]["safety_identifier"], Value::Null);
    }

    #[test]
    fn an_answer_is_cut_at_the_output_limit_and_closed_in_order() {
        let all = events(&stream("text-answer"), &[]);
        let (forwarder, out) = forward(Audience::Foreign, Some(2), &all);
        let seen = events(&out.concat(), &[]);
        let tail: Vec<&str> = names(&seen).into_iter().skip_while(|n| !n.contains("done")).collect();
        assert_eq!(
            tail,
            [
                "response.output_text.done",
                "response.content_part.done",
                "response.output_item.done",
                "response.incomplete"
            ]
        );
        let deltas = seen.iter().filter(|e| e.kind == EventKind::OutputTextDelta);
        let text: String = deltas.filter_map(|e| data(e)["delta"].as_str().map(str::to_owned)).collect();
        let full = seen.iter().find(|e| e.kind == EventKind::OutputTextDone).map(data).expect("the text");
        assert_eq!(full["text"], text.as_str());
        assert_eq!(text.len(), 11);
        let end = data(seen.last().expect("the end"));
        let response = &end["response"];
        assert_eq!(response["incomplete_details"], json!({"reason": "max_output_tokens"}));
        assert_eq!((&response["status"], &response["max_output_tokens"]), (&json!("incomplete"), &json!(2)));
        assert_eq!(response["output"][0]["status"], "incomplete");
        assert_eq!(response["output"][0]["content"][0]["text"], text.as_str());
        assert_eq!(response["usage"]["total_tokens"], 52);
        assert_eq!(forwarder.cut(), Some(2));
    }

    #[test]
    fn half_a_call_is_never_given_out_as_whole() {
        let all = events(&stream("parallel-tool-calls-interleaved"), &[]);
        let (_, out) = forward(Audience::Foreign, Some(2), &all);
        let seen = events(&out.concat(), &[]);
        assert!(!seen.iter().any(|e| e.kind == EventKind::FunctionCallArgumentsDone));
        let calls = seen.iter().filter(|e| e.kind == EventKind::OutputItemDone).map(data);
        let cut: Vec<Value> = calls.filter(|d| d["item"]["type"] == "function_call").collect();
        assert!(!cut.is_empty() && cut.iter().all(|d| d["item"]["status"] == "incomplete"));
    }

    #[test]
    fn an_answer_within_the_limit_is_only_cleaned() {
        for (name, stream) in streams() {
            let all = events(&stream, &[]);
            let (limited, out) = forward(Audience::Foreign, Some(100_000), &all);
            let free = forward(Audience::Foreign, None, &all).1.concat();
            let out = String::from_utf8(out.concat()).expect("text");
            let free = String::from_utf8(free).expect("text");
            let told = "\"max_output_tokens\":";
            assert_eq!(out.replace(&format!("{told}100000"), &format!("{told}null")), free, "{name}");
            assert_eq!(limited.cut(), None);
        }
    }

    proptest! {
        #[test]
        fn the_client_gets_the_same_bytes_however_the_upstreams_were_cut(
            which in any::<prop::sample::Index>(),
            cuts in prop::collection::vec(any::<usize>(), 0..16),
            limit in prop::option::of(0u64..20),
            codex in any::<bool>(),
        ) {
            let all = streams();
            let (_, stream) = which.get(&all);
            let audience = if codex { Audience::Codex } else { Audience::Foreign };
            let whole = forward(audience, limit, &events(stream, &[])).1.concat();
            let pieces = forward(audience, limit, &events(stream, &cuts)).1.concat();
            prop_assert_eq!(whole, pieces);
        }
    }
}
