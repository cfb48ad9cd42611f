use super::*;
use crate::domain::chat::chunk::ChunkTranslator;
use crate::domain::chat::testing::{Read, cases, chunks, golden, options, read};
use crate::domain::responses::event::EventKind;
use crate::domain::responses::fixtures::{events, streams};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn translator(tools: ToolMap) -> EventTranslator {
    EventTranslator::new("asked-model", "0", 1_795_300_000, tools)
}

/// The events of a recorded chat stream.
fn run(stream: &str, tools: ToolMap) -> Vec<Event> {
    let mut translator = translator(tools);
    let mut found = Vec::new();
    for event in events(stream.as_bytes(), &[]) {
        let data = std::str::from_utf8(&event.frame.data).expect("UTF-8");
        found.extend(translator.on_chunk(data).expect(data));
    }
    found.extend(translator.finish());
    found
}

fn data(event: &Event) -> Value {
    serde_json::from_slice(&event.frame.data).expect("JSON")
}

/// What every consumer of a Responses stream counts on.
fn check(events: &[Event]) {
    let mut open: BTreeMap<u64, (Value, String)> = BTreeMap::new();
    let mut done = Vec::new();
    for (number, event) in events.iter().enumerate() {
        let value = data(event);
        assert_eq!(value["sequence_number"], number);
        assert_eq!(value["type"].as_str().map(str::as_bytes), Some(&event.frame.event[..]));
        assert_eq!(event, &Event::from(event.frame.clone()));
        let index = value["output_index"].as_u64();
        if let Some(id) = value["item_id"].as_str() {
            assert_eq!(open[&index.expect("index")].0["id"], id, "{value}");
        }
        match event.kind {
            EventKind::OutputItemAdded => {
                assert_eq!(index, Some((open.len() + done.len()) as u64), "indexes count up");
                open.insert(index.expect("index"), (value["item"].clone(), String::new()));
            }
            EventKind::OutputTextDelta
            | EventKind::RefusalDelta
            | EventKind::ReasoningSummaryTextDelta
            | EventKind::FunctionCallArgumentsDelta
            | EventKind::CustomToolCallInputDelta => {
                let text = value["delta"].as_str().expect("delta");
                open.get_mut(&index.expect("index")).expect("open").1.push_str(text);
            }
            EventKind::OutputItemDone => {
                let item = &value["item"];
                let (added, text) = open.remove(&index.expect("index")).expect("was added");
                assert_eq!((&added["id"], &added["type"]), (&item["id"], &item["type"]));
                let parts = item["content"].as_array().or(item["summary"].as_array());
                let whole: String = match parts {
                    Some(parts) => {
                        (parts.iter()).filter_map(|p| p["text"].as_str().or(p["refusal"].as_str())).collect()
                    }
                    None => item["arguments"].as_str().or(item["input"].as_str()).expect("text").to_owned(),
                };
                assert_eq!(whole, text, "the deltas make the item");
                done.push((index, item.clone()));
            }
            kind if kind.is_terminal() => {
                assert_eq!(number + 1, events.len(), "nothing follows the end");
                if kind != EventKind::Failed {
                    assert!(open.is_empty());
                    done.sort_by_key(|(index, _)| *index);
                    let items: Vec<Value> = done.iter().map(|(_, item)| item.clone()).collect();
                    assert_eq!(value["response"]["output"], Value::from(items));
                }
            }
            _ => {}
        }
    }
    if let Some(first) = events.first().filter(|e| e.kind != EventKind::Failed) {
        assert_eq!(first.kind, EventKind::Created);
    }
}

#[test]
fn recorded_chat_streams_become_the_recorded_events() {
    golden("chat-upstream").bind(|| {
        for (name, stream) in cases("chat-upstream", "sse") {
            let patch = json!({"tools": [{"type": "custom", "name": "patch"},
                {"type": "namespace", "name": "clock", "tools": [{"type": "function", "name": "now"}]}]});
            let found = run(&stream, ToolMap::new(&patch));
            check(&found);
            let text: Vec<String> =
                found.iter().map(|e| String::from_utf8_lossy(&e.frame.data).into_owned()).collect();
            insta::assert_snapshot!(name, text.join("\n"));
        }
    });
}

#[test]
fn data_that_is_no_chunk_is_an_error() {
    let mut translator = translator(ToolMap::default());
    assert!(translator.on_chunk("<html>").is_err());
    assert!(translator.on_chunk("[1]").is_err());
    assert_eq!(translator.finish(), Vec::new());
}

/// Text, calls and usage survive the way to a chat client and back.
#[test]
fn a_recorded_answer_survives_the_round_trip() {
    for (name, stream) in streams() {
        let there = events(&stream, &[]);
        let frames = chunks(&there, options());
        let back = run(&String::from_utf8(frames.concat()).expect("UTF-8"), ToolMap::default());
        check(&back);
        let again = chunks(&back, options());
        let (first, second) = (read(&frames), read(&again));
        let error = |e: &Option<Value>| e.as_ref().map(|e| (e["code"].clone(), e["message"].clone()));
        assert_eq!(error(&first.error), error(&second.error), "{name}");
        let without = |r| Read { error: None, roles: 0, ..r };
        assert_eq!(without(first), without(second), "{name}");
    }
}

fn piece() -> impl Strategy<Value = Value> {
    let text = || prop::sample::select(vec!["", "a", "\"é\n", "{\"x\":1}"]);
    let call = (prop::option::of(0u64..3), prop::option::of(0u64..3), prop::option::of(Just("f")), text()).prop_map(
        |(index, id, name, arguments)| {
            json!({"index": index, "id": id.map(|n| format!("call_{n}")), "function": {"name": name, "arguments": arguments}})
        },
    );
    let delta = prop_oneof![
        text().prop_map(|t| json!({"content": t})),
        text().prop_map(|t| json!({"reasoning_content": t})),
        text().prop_map(|t| json!({"refusal": t, "content": null})),
        prop::collection::vec(call, 1..3).prop_map(|calls| json!({"tool_calls": calls})),
    ];
    let finish = prop::option::weighted(
        0.2,
        prop::sample::select(vec!["stop", "length", "tool_calls", "content_filter"]),
    );
    (delta, finish).prop_map(
        |(delta, finish)| json!({"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}),
    )
}

proptest! {
    #[test]
    fn whatever_an_upstream_sends_the_events_are_well_formed(pieces in prop::collection::vec(piece(), 0..20)) {
        let mut translator = translator(ToolMap::default());
        let mut found = Vec::new();
        for piece in &pieces {
            found.extend(translator.on_chunk(&piece.to_string()).expect("a chunk"));
        }
        found.extend(translator.finish());
        found.extend(translator.finish());
        check(&found);
        let finished = pieces.iter().any(|p| p["choices"][0]["finish_reason"].is_string());
        prop_assert_eq!(translator.is_finished(), finished);
        prop_assert_eq!(found.iter().any(|e| e.kind.is_terminal()), finished);
        // A chat client gets the same text out of them.
        let mut chat = ChunkTranslator::new(options());
        let mut frames = Vec::new();
        for event in &found {
            chat.on_event(event, &mut frames);
        }
        let sent: String = pieces.iter().filter_map(|p| p["choices"][0]["delta"]["content"].as_str()).collect();
        prop_assert_eq!(read(&frames).content, sent);
    }
}
