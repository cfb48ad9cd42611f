//! What a run says of itself. Pieces of text that come close together are one event.

use super::super::log;
use super::Driver;
use crate::domain::agent_loop::ToolCall;
use crate::domain::agent_loop::event::{Phase, RunEvent};
use crate::domain::responses::event::{Event, EventKind, to_count};
use crate::domain::tool::ToolOutput;
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::HashMap;
use std::time::Duration;
use tokio::time::Instant;

/// How long a piece of text waits for the next one.
const TOGETHER: Duration = Duration::from_millis(30);
/// Bytes after which it waits no longer.
const ENOUGH: usize = 4_096;

/// Text that was not told yet.
#[derive(Debug)]
pub(super) struct Pending {
    kind: Piece,
    text: String,
    pub until: Instant,
}

#[derive(Debug, PartialEq, Eq)]
enum Piece {
    Thinking,
    Said(Option<String>),
}

/// The phases of the items of one answer, by their place.
#[derive(Debug, Default)]
pub(super) struct Phases(HashMap<u64, String>);

#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(borrow, default)]
    delta: Cow<'a, str>,
    #[serde(default)]
    output_index: f64,
    #[serde(default)]
    summary_index: f64,
    #[serde(borrow, default)]
    item: Option<Item<'a>>,
}

#[derive(Deserialize)]
struct Item<'a> {
    #[serde(borrow, default)]
    phase: Option<Cow<'a, str>>,
}

impl Driver {
    /// Appends an event to the run's log.
    pub(super) async fn tell(&mut self, event: &RunEvent) {
        self.flush().await;
        self.append(event).await;
    }

    async fn append(&mut self, event: &RunEvent) {
        self.seq += 1;
        let row = log::row(self.job.id, self.seq, self.parts.clock.now(), event);
        self.parts.log.append(&self.live, row).await;
    }

    pub(super) async fn activity(&mut self, phase: Phase, tools: Vec<String>) {
        let iteration = self.progress.iterations + u32::from(phase != Phase::ToolExec);
        self.tell(&RunEvent::Activity { phase, tools, iteration }).await;
    }

    pub(super) async fn tell_result(&mut self, call: &ToolCall, output: &ToolOutput, duration_ms: u64) {
        self.tell(&RunEvent::ToolResult {
            id: call.call_id.clone(),
            name: call.name.clone(),
            is_error: output.is_error,
            result: output.text.clone(),
            duration_ms,
            iteration: self.progress.iterations,
        })
        .await;
    }

    /// What of an event of the model's answer is told, as it comes.
    pub(super) async fn hear(&mut self, event: &Event, phases: &mut Phases) {
        let wire = || serde_json::from_slice::<Wire<'_>>(&event.frame.data).ok();
        match event.kind {
            EventKind::OutputItemAdded => {
                if let Some(Wire { item: Some(Item { phase: Some(phase) }), output_index, .. }) = wire() {
                    phases.0.insert(to_count(output_index), phase.into_owned());
                }
            }
            EventKind::OutputTextDelta | EventKind::RefusalDelta => {
                let Some(wire) = wire() else { return };
                let phase = phases.0.get(&to_count(wire.output_index)).cloned();
                self.piece(Piece::Said(phase), &wire.delta).await;
            }
            EventKind::ReasoningSummaryTextDelta | EventKind::ReasoningTextDelta => {
                let Some(wire) = wire() else { return };
                self.piece(Piece::Thinking, &wire.delta).await;
            }
            EventKind::ReasoningSummaryPartAdded if wire().is_some_and(|wire| wire.summary_index > 0.0) => {
                self.piece(Piece::Thinking, "\n\n").await;
            }
            _ => {}
        }
    }

    async fn piece(&mut self, kind: Piece, text: &str) {
        if text.is_empty() {
            return;
        }
        match &mut self.pending {
            Some(pending) if pending.kind == kind => pending.text.push_str(text),
            _ => {
                self.flush().await;
                self.pending =
                    Some(Pending { kind, text: text.to_owned(), until: Instant::now() + TOGETHER });
            }
        }
        if self.pending.as_ref().is_some_and(|pending| pending.text.len() >= ENOUGH) {
            self.flush().await;
        }
    }

    /// Tells the text that waits.
    pub(super) async fn flush(&mut self) {
        let Some(Pending { kind, text: content, .. }) = self.pending.take() else { return };
        let iteration = self.progress.iterations + 1;
        let event = match kind {
            Piece::Thinking => RunEvent::Thinking { content, iteration },
            Piece::Said(phase) => RunEvent::Chunk { content, phase, iteration },
        };
        self.append(&event).await;
    }
}
