use super::*;
use crate::demo::simulator::script::{self, Failure, FailureFrame};
use crate::demo::simulator::stream;

fn body() -> Value {
    json!({
        "model": "gpt-5.5", "instructions": "You are a helpful assistant.",
        "prompt_cache_key": "01a20000-0000-7000-8000-cfe3fb2c3ea9", "reasoning": { "effort": "medium" },
    })
}

fn envelope() -> Envelope {
    Envelope::new(&body(), "gpt-5.5", &[7; 32], "user-FAKE", 1_795_300_000_000)
}

fn data(frames: &Frames, frame: &crate::demo::simulator::frames::Frame) -> Value {
    let text = std::str::from_utf8(&frames.buffer[frame.start..frame.end]).expect("text");
    let line = text.lines().find_map(|line| line.strip_prefix("data: ")).expect("a data line");
    let value: Value = serde_json::from_str(line).expect("JSON");
    assert_eq!(value["type"], *frame.kind);
    value
}

/// The keys of a value in their order, lists by their first element.
fn shape(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            Value::Object(map.iter().map(|(key, value)| (key.clone(), shape(value))).collect())
        }
        Value::Array(list) => Value::Array(list.first().map(shape).into_iter().collect()),
        _ => Value::Null,
    }
}

/// Kind and shape of each event; runs of deltas count once.
fn outline(frames: &Frames) -> Vec<(String, String)> {
    let events = frames.list.iter().map(|frame| {
        let mut data = data(frames, frame);
        // Echoes of the request: theirs is not ours.
        if let Some(response) = data.get_mut("response") {
            response["tools"] = Value::Null;
        }
        (frame.kind.to_string(), shape(&data).to_string())
    });
    let mut events: Vec<_> = events.collect();
    events.dedup();
    events
}

fn recorded(name: &str) -> Vec<(String, String)> {
    outline(&Frames::parse(&script::sse_fixture(name).expect("the fixture exists")))
}

#[track_caller]
fn same(ours: &Frames, fixture: &str) {
    let (ours, theirs) = (outline(ours), recorded(fixture));
    let kinds = |events: &[(String, String)]| events.iter().map(|(kind, _)| kind.clone()).collect::<Vec<_>>();
    assert_eq!(kinds(&ours), kinds(&theirs), "{fixture}: order");
    for (ours, theirs) in ours.iter().zip(&theirs) {
        assert_eq!(ours, theirs, "{fixture}: shape");
    }
}

fn message(text: &str) -> Item {
    Item::Message { id: "msg_1".into(), text: text.into() }
}

fn reasoning(summary: &[&str]) -> Item {
    let summary = summary.iter().map(|text| (*text).to_owned()).collect();
    Item::Reasoning { id: "rs_1".into(), encrypted: Some("gAAAAABxyz".into()), summary }
}

fn call() -> Item {
    Item::FunctionCall {
        id: "fc_1".into(),
        call_id: "call_1".into(),
        name: "get_weather".into(),
        namespace: None,
        arguments: "{\"city\":\"Paris\"}".into(),
    }
}

fn answer(items: &[Item], populated: bool, incomplete: Option<&str>, no_deltas: bool) -> Frames {
    let mut frames = Frames::default();
    envelope().begin(&mut frames);
    let status = if incomplete.is_some() { "incomplete" } else { "completed" };
    for (index, item) in items.iter().enumerate() {
        write_item(&mut frames, index, item, no_deltas, status);
    }
    envelope().end(&mut frames, Usage::estimate(400, false, items), populated.then_some(items), incomplete);
    frames
}

#[test]
fn an_answer_has_the_order_and_the_keys_of_the_recorded_ones() {
    let text = message("The capital of France is Paris.");
    same(&answer(std::slice::from_ref(&text), false, None, false), "text-answer");
    same(&answer(std::slice::from_ref(&text), true, None, false), "text-answer-output-populated");
    same(
        &answer(std::slice::from_ref(&text), true, Some("max_output_tokens"), false),
        "incomplete-max-output-tokens",
    );
    let thought = reasoning(&["**One**\n\nFirst thing.", "**Two**\n\nSecond thing."]);
    same(&answer(&[thought, text.clone()], false, None, false), "reasoning-summary-and-text");
    same(&answer(&[reasoning(&[]), text], false, None, false), "reasoning-encrypted-only");
    same(&answer(&[call()], false, None, true), "tool-call-no-deltas");
    let compaction = Item::Compaction { id: "cmp_1".into(), encrypted: "gAAAAABxyz".into() };
    same(&answer(&[compaction], false, None, false), "compaction-v2");
}

#[test]
fn a_call_has_the_events_of_the_recorded_one() {
    let ours = outline(&answer(&[call()], false, None, false));
    let theirs = recorded("commentary-then-tool-call");
    assert_eq!(ours[2..], theirs[theirs.len() - 5..]);
}

#[test]
fn vendor_frames_and_failures_are_shaped_as_recorded() {
    let mut ours = Frames::default();
    envelope().begin(&mut ours);
    let mut failure = Failure::before_output("server_is_overloaded", "Our servers are currently overloaded.");
    failure.frame = FailureFrame::ErrorThenFailed;
    stream::fail(&mut ours, envelope(), &failure);
    let kinds: Vec<_> = outline(&ours).into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, ["response.created", "response.in_progress", "error", "response.failed"]);
    assert_eq!(outline(&ours)[3], recorded("error-overloaded-before-output")[3]);

    let mut late = answer(&[message("Here is the first half of the answer")], false, None, false);
    stream::fail(
        &mut late,
        envelope(),
        &Failure::after(6, "rate_limit_exceeded", "Please try again in 1.398s."),
    );
    same(&late, "failed-rate-limit-midstream");
}

#[test]
fn sequence_numbers_count_every_event_but_the_vendor_s() {
    let mut frames = Frames::default();
    frames.vendor("codex.rate_limits", &json!({ "plan_type": "plus" }));
    envelope().begin(&mut frames);
    frames.event("keepalive", |_| ());
    write_item(&mut frames, 0, &message("Hello there, you."), false, "completed");
    let numbers: Vec<u64> =
        frames.list.iter().filter_map(|frame| data(&frames, frame)["sequence_number"].as_u64()).collect();
    let expected: Vec<u64> = (0..u64::try_from(frames.list.len()).expect("small") - 1).collect();
    assert_eq!(numbers, expected);
}

#[test]
fn a_custom_call_streams_its_input() {
    let item = Item::CustomCall {
        id: "ctc_1".into(),
        call_id: "call_1".into(),
        name: "exec".into(),
        input: "text(\"hello from the tool\");\n".into(),
    };
    let kinds: Vec<_> =
        outline(&answer(&[item], false, None, false)).into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(
        kinds[3..5],
        ["response.custom_tool_call_input.delta", "response.custom_tool_call_input.done"]
    );
}
