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
            for (limit, end) in [None, Some(3)].into_iter().flat_map(|l| (0..=all.len()).map(move |n| (l, n)))
            {
                let (mut forwarder, mut out) = forward(audience, limit, &all[..end]);
                out.push(forwarder.fail("server_error", "the upstream went away"));
                assert!(forwarder.is_finished());
                assert!(forwarder.fail("x", "y").is_empty());
                let seen = events(&out.concat(), &[]);
                let terminals = seen.iter().filter(|e| e.kind.is_terminal()).count();
                assert_eq!(terminals, 1, "{name} {audience:?} {limit:?} after {end}");
                assert!(seen.last().is_some_and(|e| e.kind.is_terminal()));
                let numbers: Vec<u64> = seen.iter().filter_map(|e| sequence_number(&e.frame.data)).collect();
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
    let end = json!({"type": "response.done", "response": {"id": "r", "output": []}, "sequence_number": 4});
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
