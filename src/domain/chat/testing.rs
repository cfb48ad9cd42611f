//! What the tests of the translations share: golden files, and answers read back from what was sent.

use super::chunk::{ChunkOptions, ChunkTranslator};
use crate::domain::responses::event::Event;
use crate::domain::responses::fixtures::events;
use crate::domain::responses::sse::encode;
use bytes::Bytes;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// Events from their data.
pub(super) fn events_of(list: &[Value]) -> Vec<Event> {
    let frames = list.iter().map(|v| encode(v["type"].as_str().expect("a type"), v.to_string().as_bytes()));
    events(&frames.collect::<Vec<_>>().concat(), &[])
}

/// The options of most tests.
pub(super) fn options() -> ChunkOptions {
    ChunkOptions {
        include_usage: true,
        id: "chatcmpl-fallback".into(),
        created: 1_795_300_000,
        model: "asked-model".into(),
        ..ChunkOptions::default()
    }
}

/// What the client gets of the events.
pub(super) fn chunks(events: &[Event], options: ChunkOptions) -> Vec<Bytes> {
    let mut translator = ChunkTranslator::new(options);
    let mut out = Vec::new();
    for event in events {
        translator.on_event(event, &mut out);
    }
    out
}

/// An answer as a chat client puts it together.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Read {
    pub(super) content: String,
    pub(super) reasoning: String,
    pub(super) refusal: String,
    /// By index: id, name, arguments.
    pub(super) calls: BTreeMap<u64, (String, String, String)>,
    pub(super) finish_reason: Option<String>,
    pub(super) usage: Option<Value>,
    pub(super) error: Option<Value>,
    pub(super) roles: usize,
    /// How many times `[DONE]` came.
    pub(super) ends: usize,
}

/// Reads frames as a client does. Every frame must be whole, and nothing may follow the end.
pub(super) fn read(frames: &[Bytes]) -> Read {
    let mut all = Read::default();
    for frame in frames {
        let text = std::str::from_utf8(frame).expect("UTF-8");
        let data = text.strip_prefix("data: ").and_then(|t| t.strip_suffix("\n\n")).expect("a whole frame");
        assert_eq!(all.ends, 0, "after the end: {data}");
        if data == "[DONE]" {
            all.ends += 1;
            continue;
        }
        let chunk: Value = serde_json::from_str(data).expect(data);
        if !chunk["error"].is_null() {
            all.error = Some(chunk["error"].clone());
            continue;
        }
        assert_eq!(chunk["object"], "chat.completion.chunk");
        if !chunk["usage"].is_null() {
            all.usage = Some(chunk["usage"].clone());
        }
        for choice in chunk["choices"].as_array().expect("choices") {
            let delta = &choice["delta"];
            all.roles += usize::from(delta["role"] == "assistant");
            all.content.push_str(delta["content"].as_str().unwrap_or_default());
            all.reasoning.push_str(delta["reasoning_content"].as_str().unwrap_or_default());
            all.refusal.push_str(delta["refusal"].as_str().unwrap_or_default());
            for call in delta["tool_calls"].as_array().into_iter().flatten() {
                let index = call["index"].as_u64().expect("index");
                assert!(index <= all.calls.len() as u64, "indexes have no gaps");
                let entry = all.calls.entry(index).or_default();
                entry.0.push_str(call["id"].as_str().unwrap_or_default());
                entry.1.push_str(call["function"]["name"].as_str().unwrap_or_default());
                entry.2.push_str(call["function"]["arguments"].as_str().unwrap_or_default());
            }
            if let Some(reason) = choice["finish_reason"].as_str() {
                assert_eq!(all.finish_reason.replace(reason.to_owned()), None, "one finish");
            }
        }
    }
    all
}

/// The settings of golden files: snapshots beside their cases.
pub(super) fn golden(folder: &str) -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(folder));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_sort_maps(false);
    settings.set_omit_expression(true);
    settings
}

/// The cases of one folder of golden files.
pub(super) fn cases(folder: &str, extension: &str) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(folder);
    let mut found: Vec<(String, String)> = (std::fs::read_dir(folder).expect("golden files"))
        .map(|entry| entry.expect("entry").path())
        .filter(|path| path.extension().is_some_and(|e| e == extension))
        .map(|path| {
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            (name, std::fs::read_to_string(&path).expect("a case"))
        })
        .collect();
    found.sort();
    assert!(!found.is_empty());
    found
}
