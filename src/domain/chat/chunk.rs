//! A Responses stream, told to a chat client as `chat.completion.chunk` events.
//!
//! This runs for every token of every answer: the text of a delta is copied as the JSON it came in, and only a
//! stop sequence or a length limit makes it decode.
//!
//! Texts of several messages follow each other without a separator, as in `response.output_text` of OpenAI's own
//! libraries. Custom tools are told as functions whose arguments are the free text, since the streaming shape of
//! Chat Completions knows no other.

mod calls;
mod frame;
#[cfg(test)]
mod tests;
mod texts;
mod wire;

use super::completion::{annotations, image, usage};
use super::names::ToolNames;
use super::stop::StopFilter;
use crate::domain::responses::error::UpstreamError;
use crate::domain::responses::event::{Event, EventKind, Outcome, Terminal, Usage};
use crate::domain::responses::hide_ids;
use crate::domain::responses::limit::OutputLimit;
use bytes::Bytes;
use calls::Calls;
use frame::{DONE, Envelope, error_type, json};
use serde_json::Value;
use texts::{Channel, Part, Texts};
use wire::{ItemEvent, Opening, Piece, decode};

/// How one answer is told to a chat client, streamed or whole.
#[derive(Clone, Debug, Default)]
pub struct ChunkOptions {
    /// The client set `stream_options.include_usage`.
    pub include_usage: bool,
    /// The answer's id until the upstream gives one.
    pub id: String,
    /// When the answer began, in Unix seconds, until the upstream says.
    pub created: i64,
    /// The model until the upstream names the one that serves.
    pub model: String,
    pub names: ToolNames,
    /// Stop sequences to apply here; empty when the upstream applies them.
    pub stop: Vec<String>,
    /// The limit to apply here, in tokens as [`OutputLimit`] estimates them; `None` when the upstream counts. Only
    /// in a stream: an answer that is told whole is cut while it is collected.
    pub max_output_tokens: Option<u64>,
    /// An estimate, for the usage of an answer that is cut here; 0 when unknown.
    pub input_tokens: u64,
    /// Tell messages of the phase `commentary` as reasoning, so that `content` is the answer alone.
    pub commentary_as_reasoning: bool,
}

/// Turns the events of one response into chunks. Ends exactly once, whatever comes.
#[derive(Debug)]
pub struct ChunkTranslator {
    envelope: Envelope,
    names: ToolNames,
    stop: Option<StopFilter>,
    /// Counts whenever the answer may be cut here.
    limit: Option<OutputLimit>,
    input_tokens: u64,
    /// The output tokens, as estimated, at which the answer was cut here.
    cut: Option<u64>,
    include_usage: bool,
    texts: Texts,
    calls: Calls,
    /// Characters of the content in messages that are over.
    content_chars: u64,
    finished: bool,
}

impl ChunkTranslator {
    pub fn new(options: ChunkOptions) -> Self {
        let stop = StopFilter::new(&options.stop);
        Self {
            limit: (stop.is_some() || options.max_output_tokens.is_some())
                .then(|| OutputLimit::new(options.max_output_tokens)),
            stop,
            input_tokens: options.input_tokens,
            cut: None,
            envelope: Envelope::new(options.id, options.created, options.model, options.include_usage),
            names: options.names,
            include_usage: options.include_usage,
            texts: Texts::new(options.commentary_as_reasoning),
            calls: Calls::default(),
            content_chars: 0,
            finished: false,
        }
    }

    /// Whether the stream has ended, by the upstream or by a local cut: nothing more will come out.
    pub fn is_finished(&self) -> bool {
        self.finished
    }

    /// The output tokens, as estimated, after which a stop sequence or the limit ended the answer here.
    pub fn cut(&self) -> Option<u64> {
        self.cut
    }

    /// Appends the frames that `event` means to the client, each a complete `data: …` with its blank line.
    pub fn on_event(&mut self, event: &Event, out: &mut Vec<Bytes>) {
        if self.finished {
            return;
        }
        if let Some(limit) = &mut self.limit
            && limit.on_event(event)
        {
            if let Some(fitting) = limit.fitting(event) {
                self.tell_event(&fitting, out);
            }
            self.flush(out);
            return self.cut_with("length", out);
        }
        self.tell_event(event, out);
    }

    fn tell_event(&mut self, event: &Event, out: &mut Vec<Bytes>) {
        let data = &event.frame.data[..];
        match event.kind {
            EventKind::OutputTextDelta => self.delta(Part::Text, data, out),
            EventKind::RefusalDelta => self.delta(Part::Refusal, data, out),
            EventKind::ReasoningSummaryTextDelta => self.delta(Part::Summary, data, out),
            EventKind::ReasoningTextDelta => self.delta(Part::Reasoning, data, out),
            EventKind::OutputTextDone => self.whole(Part::Text, data, out),
            EventKind::RefusalDone => self.whole(Part::Refusal, data, out),
            EventKind::ReasoningSummaryTextDone => self.whole(Part::Summary, data, out),
            EventKind::ReasoningTextDone => self.whole(Part::Reasoning, data, out),
            EventKind::FunctionCallArgumentsDelta | EventKind::CustomToolCallInputDelta => {
                if let Some((piece, raw)) = Piece::parse(data).and_then(|p| p.delta().map(|raw| (p, raw))) {
                    let said = self.calls.delta(&piece, raw);
                    self.say_call(said, out);
                }
            }
            EventKind::FunctionCallArgumentsDone | EventKind::CustomToolCallInputDone => {
                if let Some((piece, raw)) = Piece::parse(data).and_then(|p| p.whole().map(|raw| (p, raw))) {
                    let said = self.calls.arguments_done(&piece, raw);
                    self.say_call(said, out);
                }
            }
            EventKind::OutputItemAdded => {
                if let Some(event) = ItemEvent::parse(data) {
                    self.item_added(event.output_index(), &event.item, out);
                }
            }
            EventKind::OutputItemDone => {
                if let Some(event) = ItemEvent::parse(data) {
                    self.item_done(event.output_index(), &event.item, out);
                }
            }
            EventKind::Created | EventKind::InProgress => {
                if let Ok(Opening { response }) = serde_json::from_slice::<Opening<'_>>(data) {
                    let created = response.created();
                    self.envelope.learn(response.id.as_deref(), created, response.model);
                }
            }
            EventKind::Completed | EventKind::Incomplete | EventKind::Failed | EventKind::Error => {
                if let Some(terminal) = event.terminal() {
                    self.end(terminal, data, out);
                }
            }
            EventKind::ContentPartAdded
            | EventKind::ContentPartDone
            | EventKind::ReasoningSummaryPartAdded
            | EventKind::ReasoningSummaryPartDone
            | EventKind::Keepalive
            | EventKind::RateLimits
            | EventKind::Metadata
            | EventKind::Vendor
            | EventKind::Comment
            | EventKind::Other => {}
        }
    }

    /// Ends the stream with an error that is not the upstream's own, such as a lost connection or a shutdown.
    pub fn fail(&mut self, code: &str, message: &str, out: &mut Vec<Bytes>) {
        self.end_with_error(message, error_type(code), Some(code), None, out);
    }

    fn delta(&mut self, part: Part, data: &[u8], out: &mut Vec<Bytes>) {
        let Some((piece, raw)) = Piece::parse(data).and_then(|p| p.delta().map(|raw| (p, raw))) else {
            return;
        };
        let at = self.texts.item(piece.output_index(), piece.item_id());
        self.tell(at, part, piece.part_index(), raw, out);
    }

    /// A text that is told whole, unless its deltas were.
    fn whole(&mut self, part: Part, data: &[u8], out: &mut Vec<Bytes>) {
        let Some((piece, raw)) = Piece::parse(data).and_then(|p| p.whole().map(|raw| (p, raw))) else {
            return;
        };
        let at = self.texts.item(piece.output_index(), piece.item_id());
        let part_index = piece.part_index();
        if !self.texts.was_told(at, part, part_index) {
            self.tell(at, part, part_index, raw, out);
        }
    }

    fn item_added(&mut self, output_index: Option<u64>, item: &Value, out: &mut Vec<Bytes>) {
        match item["type"].as_str() {
            Some("function_call" | "custom_tool_call") => {
                self.flush(out);
                let said = self.calls.added(output_index, item, &self.names);
                self.say_call(said, out);
            }
            Some("message" | "reasoning") => {
                let at = self.texts.item(output_index, item["id"].as_str());
                self.texts.set_commentary(at, item["phase"] == "commentary");
            }
            _ => {}
        }
    }

    fn item_done(&mut self, output_index: Option<u64>, item: &Value, out: &mut Vec<Bytes>) {
        match item["type"].as_str() {
            Some("function_call" | "custom_tool_call") => {
                self.flush(out);
                for said in self.calls.item_done(output_index, item, &self.names) {
                    self.say_call(Some(said), out);
                }
            }
            Some("message") => {
                let at = self.texts.item(output_index, item["id"].as_str());
                if !self.texts.close(at) {
                    return;
                }
                self.texts.set_commentary(at, item["phase"] == "commentary");
                self.tell_rest(at, Part::Text, &item["content"], "output_text", "text", out);
                self.tell_rest(at, Part::Refusal, &item["content"], "refusal", "refusal", out);
                self.flush(out);
                self.annotate(at, item, out);
            }
            Some("reasoning") => {
                let at = self.texts.item(output_index, item["id"].as_str());
                self.tell_rest(at, Part::Summary, &item["summary"], "summary_text", "text", out);
                self.tell_rest(at, Part::Reasoning, &item["content"], "reasoning_text", "text", out);
            }
            Some("image_generation_call") => {
                if let (false, Some(image)) = (self.finished, image(item)) {
                    out.push(self.envelope.delta(&["\"images\":", &Value::from(vec![image]).to_string()]));
                }
            }
            _ => {}
        }
    }

    /// The texts of a finished item, when nothing of this sort was told of it.
    fn tell_rest(
        &mut self,
        at: usize,
        part: Part,
        list: &Value,
        kind: &str,
        key: &str,
        out: &mut Vec<Bytes>,
    ) {
        if self.texts.has_told(at, part) {
            return;
        }
        for (index, entry) in (0..).zip(list.as_array().into_iter().flatten()) {
            if let (Some(true), Some(text)) = (entry["type"].as_str().map(|t| t == kind), entry[key].as_str())
            {
                let text = json(text);
                self.tell(at, part, index, &text[1..text.len() - 1], out);
            }
        }
    }

    /// Citations of a finished message, their places counted in the whole content.
    fn annotate(&mut self, at: usize, item: &Value, out: &mut Vec<Bytes>) {
        if self.finished || !self.texts.is_content(at) {
            return;
        }
        let found = annotations(item, &mut self.content_chars);
        if !found.is_empty() {
            out.push(self.envelope.delta(&["\"annotations\":", &json(&found)]));
        }
    }

    /// Tells a text, given as the inside of a JSON string.
    fn tell(&mut self, at: usize, part: Part, part_index: u64, raw: &str, out: &mut Vec<Bytes>) {
        if raw.is_empty() || self.finished {
            return;
        }
        match self.texts.tell(at, part, part_index) {
            None => {}
            Some(Channel::Reasoning { gap }) => {
                let gap = if gap { "\\n\\n" } else { "" };
                out.push(self.envelope.delta(&["\"reasoning_content\":\"", gap, raw, "\""]));
            }
            Some(Channel::Refusal) => out.push(self.envelope.delta(&["\"refusal\":\"", raw, "\""])),
            Some(Channel::Content) => match &mut self.stop {
                None => out.push(self.envelope.delta(&["\"content\":\"", raw, "\""])),
                Some(stop) => {
                    let (text, stopped) = stop.push(&decode(raw));
                    self.content(&text, out);
                    if stopped {
                        self.cut_with(self.good_reason(), out);
                    }
                }
            },
        }
    }

    fn content(&mut self, text: &str, out: &mut Vec<Bytes>) {
        if !text.is_empty() {
            out.push(self.envelope.delta(&["\"content\":", &json(text)]));
        }
    }

    /// Gives out the text that was held back for a stop sequence.
    fn flush(&mut self, out: &mut Vec<Bytes>) {
        if let (false, Some(stop)) = (self.finished, &mut self.stop) {
            let text = stop.flush();
            self.content(&text, out);
        }
    }

    fn say_call(&mut self, said: Option<String>, out: &mut Vec<Bytes>) {
        if let (false, Some(members)) = (self.finished, said) {
            out.push(self.envelope.delta(&[&members]));
        }
    }

    fn end(&mut self, terminal: Terminal, data: &[u8], out: &mut Vec<Bytes>) {
        let incomplete = match terminal.outcome {
            Outcome::Failed(error) => return self.end_with_upstream_error(&error, out),
            Outcome::Incomplete { reason } => Some(reason),
            Outcome::Completed { .. } => None,
        };
        self.envelope.learn(terminal.response_id.as_deref(), None, terminal.model);
        self.backfill(data, out);
        self.flush(out);
        for said in self.calls.settle() {
            self.say_call(Some(said), out);
        }
        let reason = match incomplete.as_deref() {
            Some("content_filter") => "content_filter",
            Some(_) => "length",
            None => self.good_reason(),
        };
        let usage = terminal.usage.map(usage);
        self.finish(reason, usage.as_ref(), out);
    }

    /// What only the terminal event tells. A text is never told twice: only an answer without any text takes it.
    fn backfill(&mut self, data: &[u8], out: &mut Vec<Bytes>) {
        let told = |part| self.texts.has_told_any(part);
        let no_text = !told(Part::Text) && !told(Part::Refusal);
        let no_reasoning = no_text && !told(Part::Summary) && !told(Part::Reasoning);
        for (index, item) in (0..).zip(wire::final_items(data)) {
            let wanted = match item["type"].as_str() {
                Some("message") => no_text,
                Some("reasoning") => no_reasoning,
                // One without its own id, or without a name so far, is looked up by its place.
                Some("function_call" | "custom_tool_call") => true,
                _ => false,
            };
            if wanted {
                self.item_done(Some(index), &item, out);
            }
        }
    }

    fn good_reason(&self) -> &'static str {
        if self.calls.any_announced() { "tool_calls" } else { "stop" }
    }

    /// Ends the answer here. Its usage is an estimate, since the upstream has not told it.
    fn cut_with(&mut self, reason: &str, out: &mut Vec<Bytes>) {
        if self.finished {
            return;
        }
        let output_tokens = self.limit.as_ref().map_or(0, OutputLimit::tokens);
        self.cut = Some(output_tokens);
        let told = Usage { input_tokens: self.input_tokens, output_tokens, ..Usage::default() };
        self.finish(reason, Some(&usage(told)), out);
    }

    fn finish(&mut self, reason: &str, usage: Option<&Value>, out: &mut Vec<Bytes>) {
        if std::mem::replace(&mut self.finished, true) {
            return;
        }
        out.push(self.envelope.finish(reason));
        if let (true, Some(usage)) = (self.include_usage, usage) {
            out.push(self.envelope.usage(usage));
        }
        out.push(Bytes::from_static(DONE));
    }

    fn end_with_upstream_error(&mut self, error: &UpstreamError, out: &mut Vec<Bytes>) {
        let kind = error.kind.as_deref().unwrap_or_else(|| error_type(error.name().unwrap_or_default()));
        self.end_with_error(&hide_ids(&error.message), kind, error.name(), error.param.as_deref(), out);
    }

    fn end_with_error(
        &mut self,
        message: &str,
        kind: &str,
        code: Option<&str>,
        param: Option<&str>,
        out: &mut Vec<Bytes>,
    ) {
        if std::mem::replace(&mut self.finished, true) {
            return;
        }
        out.push(frame::error(message, kind, code, param));
        out.push(Bytes::from_static(DONE));
    }
}
