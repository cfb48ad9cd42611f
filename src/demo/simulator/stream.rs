//! From frames to bytes on the wire: what a stream script changes, when each write happens, how the stream ends.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use futures_util::Stream;
use serde_json::{Value, json};
use tokio::time::Sleep;

use super::events::Envelope;
use super::frames::{Frame, Frames};
use super::net::Conn;
use super::script::{Chunking, CutMode, Failure, FailureFrame, StreamScript};
use super::state::Shared;

/// One thing that the body does next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    Pause(Duration),
    Write(Bytes),
    Reset,
    Hang,
}

const TERMINALS: [&str; 4] = ["response.completed", "response.incomplete", "response.failed", "[DONE]"];

/// Counts the script's failure and cut from the first event with text on, and ends before the terminal one.
pub(super) fn count_from_text(frames: &Frames, script: &mut StreamScript) {
    let kinds = || frames.list.iter().map(|frame| &*frame.kind);
    let first = kinds().position(|kind| kind == "response.output_text.delta").unwrap_or_default();
    let last = kinds().position(|kind| TERMINALS.contains(&kind)).unwrap_or(frames.list.len());
    let counted = |events: usize| (first + events).min(last);
    if let Some(events) = script.failure.as_mut().and_then(|failure| failure.after_events.as_mut()) {
        *events = counted(*events);
    }
    if let Some(cut) = &mut script.cut {
        cut.after_events = counted(cut.after_events);
    }
}

/// Ends the frames with the script's failure; `envelope` tells of which response.
pub(super) fn fail(frames: &mut Frames, envelope: Envelope, failure: &Failure) {
    let before_output = || {
        let output =
            |frame: &Frame| frame.kind == "response.output_item.added" || TERMINALS.contains(&&*frame.kind);
        frames.list.iter().position(output).unwrap_or(frames.list.len())
    };
    let keep = failure.after_events.unwrap_or_else(before_output);
    frames.truncate(keep);
    let mut error = json!({ "code": failure.code, "message": failure.message });
    for (key, value) in &failure.extra {
        error[key.as_str()] = value.clone();
    }
    let mut nested = error.clone();
    for (key, default) in [("type", json!("server_error")), ("param", Value::Null)] {
        if nested.get(key).is_none() {
            nested[key] = default;
        }
    }
    let flat = |frames: &mut Frames, fields: &Value| {
        let text = fields.to_string();
        let inner =
            text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).unwrap_or_default().to_owned();
        frames.event("error", |buffer| {
            buffer.push(b',');
            buffer.extend_from_slice(inner.as_bytes());
        });
    };
    let nest = |frames: &mut Frames| {
        let text = nested.to_string();
        frames.event("error", |buffer| {
            buffer.extend_from_slice(b",\"error\":");
            buffer.extend_from_slice(text.as_bytes());
        });
    };
    match failure.frame {
        FailureFrame::Failed => envelope.fail(frames, error),
        FailureFrame::Error => nest(frames),
        FailureFrame::FlatError => flat(frames, &nested),
        FailureFrame::ErrorThenFailed => {
            nest(frames);
            envelope.fail(frames, error);
        }
    }
}

/// The script as steps. `pace` is the pause before every event when the script names none.
pub(super) fn plan(frames: Frames, script: &StreamScript, pace: Duration) -> VecDeque<Step> {
    let per_event = script.per_event_ms.map_or(pace, Duration::from_millis);
    let mut list = frames.list;
    if script.no_terminal {
        list.retain(|frame| !TERMINALS.contains(&&*frame.kind));
    }
    let buffer = Bytes::from(frames.buffer);
    let mut pieces: Vec<(Duration, Bytes)> = Vec::with_capacity(list.len() + 1);
    for (index, frame) in list.iter().enumerate() {
        if script.cut.is_some_and(|cut| index >= cut.after_events) {
            break;
        }
        if let Some(garbage) = script.garbage.as_ref().filter(|garbage| garbage.at_event == index) {
            pieces.push((Duration::ZERO, Bytes::from(garbage.text.clone())));
        }
        let keepalive = if frame.kind == "keepalive" { script.keepalive_ms } else { 0 };
        let pause = per_event + Duration::from_millis(keepalive);
        pieces.push((pause, restyled(buffer.slice(frame.start..frame.end), script)));
    }
    let mut steps = VecDeque::with_capacity(pieces.len() + 2);
    if script.before_first_ms > 0 {
        steps.push_back(Step::Pause(Duration::from_millis(script.before_first_ms)));
    }
    for (pause, bytes) in chunked(pieces, script.chunking) {
        if !pause.is_zero() {
            steps.push_back(Step::Pause(pause));
        }
        steps.push_back(Step::Write(bytes));
    }
    match script.cut.map(|cut| cut.mode) {
        Some(CutMode::Reset) => steps.push_back(Step::Reset),
        Some(CutMode::Hang) => steps.push_back(Step::Hang),
        Some(CutMode::Eof) | None => {}
    }
    steps
}

fn restyled(frame: Bytes, script: &StreamScript) -> Bytes {
    if !script.crlf && !script.no_event_lines {
        return frame;
    }
    let mut text = String::from_utf8_lossy(&frame);
    if script.no_event_lines && text.starts_with("event:") {
        text = Cow::Owned(text.split_once('\n').map_or_else(String::new, |(_, rest)| rest.to_owned()));
    }
    if script.crlf { Bytes::from(text.replace('\n', "\r\n")) } else { Bytes::from(text.into_owned()) }
}

fn chunked(pieces: Vec<(Duration, Bytes)>, chunking: Chunking) -> Vec<(Duration, Bytes)> {
    if chunking == Chunking::PerEvent {
        return pieces;
    }
    // What no pause divides is one run of bytes, whatever the frames in it.
    let mut runs: Vec<(Duration, Vec<u8>)> = Vec::new();
    for (pause, bytes) in pieces {
        match runs.last_mut().filter(|_| pause.is_zero()) {
            Some((_, run)) => run.extend_from_slice(&bytes),
            None => runs.push((pause, bytes.to_vec())),
        }
    }
    let mut state = if let Chunking::Random { seed, .. } = chunking { seed | 1 } else { 1 };
    let mut size = || match chunking {
        Chunking::PerEvent | Chunking::Whole => usize::MAX,
        Chunking::PerByte => 1,
        Chunking::Random { max, .. } => {
            // Xorshift: the same cuts for the same seed.
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            usize::try_from(state % (max.max(1) as u64)).unwrap_or(0) + 1
        }
    };
    let mut chunks = Vec::new();
    for (mut pause, run) in runs {
        let mut rest = Bytes::from(run);
        while !rest.is_empty() {
            let chunk = rest.split_to(size().min(rest.len()));
            chunks.push((std::mem::take(&mut pause), chunk));
        }
    }
    chunks
}

/// The body of a streamed answer: plays the steps, one write each, and counts how it ended.
pub(super) struct Player {
    steps: VecDeque<Step>,
    sleep: Option<Pin<Box<Sleep>>>,
    /// A chunk was handed out: let the connection write it before the next.
    wrote: bool,
    finished: bool,
    conn: Conn,
    shared: Arc<Shared>,
    account: usize,
}

impl Player {
    pub(super) fn body(shared: Arc<Shared>, account: usize, conn: Conn, steps: VecDeque<Step>) -> Body {
        {
            let counters = &mut shared.lock().accounts[account].counters;
            counters.in_flight += 1;
            counters.max_in_flight = counters.max_in_flight.max(counters.in_flight);
        }
        Body::from_stream(Self { steps, sleep: None, wrote: false, finished: false, conn, shared, account })
    }
}

impl Stream for Player {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        if std::mem::take(&mut self.wrote) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        loop {
            if let Some(sleep) = &mut self.sleep {
                if sleep.as_mut().poll(cx).is_pending() {
                    return Poll::Pending;
                }
                self.sleep = None;
            }
            match self.steps.pop_front() {
                Some(Step::Pause(duration)) => self.sleep = Some(Box::pin(tokio::time::sleep(duration))),
                Some(Step::Write(bytes)) => {
                    self.wrote = true;
                    return Poll::Ready(Some(Ok(bytes)));
                }
                Some(Step::Reset) => {
                    self.finished = true;
                    self.conn.reset();
                    return Poll::Ready(Some(Err(io::ErrorKind::ConnectionReset.into())));
                }
                Some(Step::Hang) => {
                    // Nothing wakes it: only the reader's leaving ends this.
                    self.steps.push_front(Step::Hang);
                    return Poll::Pending;
                }
                None => {
                    self.finished = true;
                    return Poll::Ready(None);
                }
            }
        }
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        let counters = &mut self.shared.lock().accounts[self.account].counters;
        counters.in_flight -= 1;
        if self.finished {
            counters.completed += 1;
        } else {
            counters.cancelled += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::simulator::script::{Cut, Garbage};

    fn frames() -> Frames {
        Frames::parse("event: a\ndata: 1\n\nevent: b\ndata: 2\n\nevent: response.completed\ndata: 3\n\n")
    }

    fn written(steps: &VecDeque<Step>) -> String {
        let bytes = steps.iter().filter_map(|step| match step {
            Step::Write(bytes) => Some(bytes.as_ref()),
            Step::Pause(_) | Step::Reset | Step::Hang => None,
        });
        String::from_utf8(bytes.flatten().copied().collect()).expect("text")
    }

    fn cut(after_events: usize, mode: CutMode) -> StreamScript {
        StreamScript { cut: Some(Cut { after_events, mode }), ..StreamScript::default() }
    }

    #[test]
    fn a_cut_stream_has_exactly_the_events_before_the_cut() {
        let steps = plan(frames(), &cut(2, CutMode::Reset), Duration::ZERO);
        assert_eq!(written(&steps), "event: a\ndata: 1\n\nevent: b\ndata: 2\n\n");
        assert_eq!(steps.back(), Some(&Step::Reset));
        let steps = plan(frames(), &cut(0, CutMode::Eof), Duration::ZERO);
        assert!(steps.is_empty());
        let steps = plan(frames(), &cut(1, CutMode::Hang), Duration::ZERO);
        assert_eq!(steps.back(), Some(&Step::Hang));
    }

    #[test]
    fn however_the_bytes_are_cut_they_stay_the_same() {
        let whole = written(&plan(frames(), &StreamScript::default(), Duration::ZERO));
        for chunking in [Chunking::Whole, Chunking::PerByte, Chunking::Random { seed: 7, max: 5 }] {
            let script = StreamScript { chunking, ..StreamScript::default() };
            let steps = plan(frames(), &script, Duration::ZERO);
            assert_eq!(written(&steps), whole, "{chunking:?}");
            assert_eq!(steps.len() == 1, chunking == Chunking::Whole);
        }
    }

    #[test]
    fn styles_garbage_and_a_missing_terminal_are_as_scripted() {
        let script =
            StreamScript { crlf: true, no_event_lines: true, no_terminal: true, ..StreamScript::default() };
        assert_eq!(written(&plan(frames(), &script, Duration::ZERO)), "data: 1\r\n\r\ndata: 2\r\n\r\n");
        let garbage = Some(Garbage { at_event: 1, text: "<html>".into() });
        let script = StreamScript { garbage, ..cut(2, CutMode::Eof) };
        assert_eq!(
            written(&plan(frames(), &script, Duration::ZERO)),
            "event: a\ndata: 1\n\n<html>event: b\ndata: 2\n\n"
        );
    }

    #[test]
    fn a_cut_counted_from_the_text_comes_after_text_and_before_the_end() {
        let mut frames = Frames::default();
        for kind in ["response.created", "response.output_text.delta", "response.output_text.delta"] {
            frames.event(kind, |_| ());
        }
        frames.event("response.completed", |_| ());
        for (events, counted) in [(1, 2), (2, 3), (60, 3)] {
            let mut script = StreamScript { from_text: true, ..cut(events, CutMode::Eof) };
            count_from_text(&frames, &mut script);
            assert_eq!(script.cut.map(|cut| cut.after_events), Some(counted));
        }
    }

    #[test]
    fn the_pace_is_a_pause_before_every_event() {
        let steps = plan(frames(), &StreamScript::default(), Duration::from_millis(3));
        let pauses = steps.iter().filter(|step| **step == Step::Pause(Duration::from_millis(3))).count();
        assert_eq!(pauses, 3);
    }
}
