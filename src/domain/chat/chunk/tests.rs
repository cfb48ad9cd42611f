use super::*;
use crate::domain::chat::testing::{cases, chunks, events_of, golden, options, read};
use crate::domain::responses::fixtures::{events, stream, streams};
use proptest::prelude::*;
use serde_json::json;

fn text(frames: &[Bytes]) -> String {
    String::from_utf8(frames.concat()).expect("UTF-8")
}

#[test]
fn recorded_streams_become_the_recorded_chunks() {
    golden("chat-stream").bind(|| {
        for (name, stream) in streams() {
            insta::assert_snapshot!(name, text(&chunks(&events(&stream, &[]), options())));
        }
    });
}

/// A case: a line of options, then a line for each event.
#[test]
fn odd_streams_become_the_recorded_chunks() {
    golden("chat-stream").bind(|| {
        for (name, case) in cases("chat-stream", "ndjson") {
            let lines: Vec<Value> =
                case.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
            let asked = &lines[0];
            let stop: Vec<String> = serde_json::from_value(asked["stop"].clone()).unwrap_or_default();
            let long: Vec<String> = serde_json::from_value(asked["names"].clone()).unwrap_or_default();
            let options = ChunkOptions {
                stop,
                names: ToolNames::new(long.iter().map(String::as_str)),
                max_output_tokens: asked["max_output_tokens"].as_u64(),
                commentary_as_reasoning: asked["commentary_as_reasoning"] == true,
                include_usage: asked["include_usage"] == true,
                ..options()
            };
            let frames = chunks(&events_of(&lines[1..]), options);
            read(&frames);
            insta::assert_snapshot!(name, text(&frames));
        }
    });
}

#[test]
fn a_lost_connection_is_told_once_and_ends_the_stream() {
    let stream = stream("disconnect-clean-eof-no-terminal");
    let mut translator = ChunkTranslator::new(options());
    let mut out = Vec::new();
    for event in events(&stream, &[]) {
        translator.on_event(&event, &mut out);
    }
    assert!(!translator.is_finished());
    translator.fail("stream_disconnected", "the upstream closed the stream", &mut out);
    translator.fail("shutdown", "again", &mut out);
    assert!(translator.is_finished());
    let answer = read(&out);
    assert_eq!((answer.ends, answer.finish_reason), (1, None));
    assert_eq!(answer.error.expect("an error")["code"], "stream_disconnected");
    assert_eq!(answer.content, "Clean EOF but no terminal event");
}

fn message(text: &str) -> Vec<Event> {
    let deltas: Vec<Value> = text
        .chars()
        .map(|c| json!({"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": c.to_string()}))
        .collect();
    let mut list = deltas;
    list.push(
        json!({"type": "response.output_text.done", "output_index": 0, "content_index": 0, "text": text}),
    );
    list.push(json!({"type": "response.output_item.done", "output_index": 0,
        "item": {"type": "message", "content": [{"type": "output_text", "text": text}]}}));
    list.push(json!({"type": "response.completed", "response": {"output": [], "usage": {"input_tokens": 1, "output_tokens": 2}}}));
    events_of(&list)
}

#[test]
fn text_is_told_as_it_came_with_every_escape_intact() {
    let hard = "quote \" slash \\ line\n\u{2028} \u{1f600} é \u{7f} end";
    assert_eq!(read(&chunks(&message(hard), options())).content, hard);
    let with_stop = ChunkOptions { stop: vec!["never".into()], ..options() };
    assert_eq!(read(&chunks(&message(hard), with_stop)).content, hard);
}

#[test]
fn a_limit_ends_the_answer_with_length_and_takes_what_fits() {
    let limited = ChunkOptions { max_output_tokens: Some(2), ..options() };
    let answer = read(&chunks(&message(&"x".repeat(100)), limited));
    assert_eq!((answer.finish_reason.as_deref(), answer.ends), (Some("length"), 1));
    assert!((8..=12).contains(&answer.content.len()), "{}", answer.content.len());
}

proptest! {
    #[test]
    fn the_chunks_do_not_depend_on_where_the_stream_was_cut(
        which in 0usize..1000,
        cuts in prop::collection::vec(0usize..100_000, 0..20),
    ) {
        let all = streams();
        let (_, stream) = &all[which % all.len()];
        prop_assert_eq!(chunks(&events(stream, &cuts), options()), chunks(&events(stream, &[]), options()));
    }

    #[test]
    fn an_answer_stops_at_its_stop_sequence_and_nowhere_else(text in "[abc]{0,20}", stop in "[abc]{1,3}") {
        let limited = ChunkOptions { stop: vec![stop.clone()], ..options() };
        let answer = read(&chunks(&message(&text), limited));
        prop_assert_eq!(answer.content, text.split(&stop).next().unwrap_or_default());
        prop_assert_eq!((answer.ends, answer.finish_reason.as_deref()), (1, Some("stop")));
    }

    /// Events lost, doubled or out of order: whatever comes, the stream ends once and each frame is whole.
    #[test]
    fn a_damaged_stream_still_ends_exactly_once(
        which in 0usize..1000,
        order in prop::collection::vec(0usize..1000, 0..40),
    ) {
        let all = streams();
        let (_, stream) = &all[which % all.len()];
        let whole = events(stream, &[]);
        let mut translator = ChunkTranslator::new(options());
        let mut out = Vec::new();
        for at in order {
            translator.on_event(&whole[at % whole.len()], &mut out);
        }
        translator.fail("lost", "lost", &mut out);
        let answer = read(&out);
        prop_assert_eq!(answer.ends, 1);
        prop_assert!(answer.roles <= 1);
        prop_assert!(answer.error.is_some() != answer.finish_reason.is_some());
    }
}
