//! Every recorded stream, at both endpoints, streamed and whole, however it is cut.

use super::{AS_CODEX, CHAT, MODEL, RESPONSES, Told, ask, native_turn, text_of, told, told_by_events};
use crate::support::world::{Node, World, events, last_turn};
use gateway::demo::simulator::{
    Chunking, Cut, CutMode, Failure, FailureFrame, Garbage, Script, StreamScript,
};
use serde_json::{Value, json};

const CHUNKINGS: [Chunking; 4] =
    [Chunking::PerEvent, Chunking::Whole, Chunking::PerByte, Chunking::Random { seed: 42, max: 37 }];

fn fixtures() -> Vec<String> {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures");
    let files = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let streams = files.filter(|path| path.extension().is_some_and(|e| e == "sse"));
    let mut names: Vec<String> =
        streams.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

fn recorded(name: &str) -> String {
    std::fs::read_to_string(format!("{}/tests/fixtures/{name}.sse", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn script(name: &str, chunking: Chunking) -> Script {
    Script::stream(StreamScript { chunking, ..StreamScript::fixture(name) })
}

/// Whether a recorded stream ends before anything of it can be seen: then there is an HTTP error instead.
fn ends_before_its_first_word(name: &str) -> bool {
    matches!(
        name,
        "disconnect-after-created" | "error-overloaded-before-output" | "failed-usage-limit-before-output"
    )
}

/// How it must end: with the recording's terminal event, or as failed without one.
fn expected_end(name: &str, path: &str) -> String {
    let data = events(&recorded(name));
    let told = told_by_events(&data);
    let calls = data.iter().any(|event| {
        event["type"] == "response.output_item.done" && event["item"]["type"] == "function_call"
    });
    match (told.end.as_str(), path == CHAT) {
        ("" | "error" | "failed", _) => "failed".into(),
        ("completed", true) if calls => "tool_calls".into(),
        ("completed", true) => "stop".into(),
        ("incomplete", true) => "length".into(),
        (end, _) => end.to_owned(),
    }
}

async fn check(world: &World, node: &Node, name: &str, path: &str, stream: bool) {
    let mut first: Option<Told> = None;
    for chunking in CHUNKINGS {
        let what = format!("{name} {path} stream={stream} {chunking:?}");
        world.script(script(name, chunking));
        node.forgive();
        let answer = node.post(path, &ask(path, MODEL, "hi", stream)).await;
        let failed = expected_end(name, path) == "failed";
        if ends_before_its_first_word(name) || (failed && !stream) {
            assert!(matches!(answer.status, 429 | 503), "{what}: {} {}", answer.status, answer.text());
            assert!(answer.json()["error"]["message"].is_string(), "{what}");
            continue;
        }
        assert_eq!(answer.status, 200, "{what}: {}", answer.text());
        let told = told(path, stream, &answer);
        assert_eq!(told.ends, 1, "{what}: {}", answer.text());
        assert_eq!(told.end, expected_end(name, path), "{what}");
        let expected = told_by_events(&events(&recorded(name))).text;
        if path == RESPONSES || !expected.is_empty() {
            assert_eq!(told.text, expected, "{what}");
        }
        for secret in
            ["safety_identifier\":\"", "user-FAKE", "event: codex.", "\"codex.", "keepalive", "obfuscation-"]
        {
            assert!(!answer.text().contains(secret), "{what}: {secret}");
        }
        match &first {
            Some(first) => assert_eq!(&told, first, "{what}"),
            None => first = Some(told),
        }
    }
}

#[tokio::test]
async fn every_recorded_stream_ends_once_with_the_same_text_on_responses_streamed() {
    let world = World::new().await;
    let node = world.node().await;
    for name in fixtures() {
        check(&world, &node, &name, RESPONSES, true).await;
    }
}

#[tokio::test]
async fn every_recorded_stream_ends_once_with_the_same_text_on_responses_whole() {
    let world = World::new().await;
    let node = world.node().await;
    for name in fixtures() {
        check(&world, &node, &name, RESPONSES, false).await;
    }
}

#[tokio::test]
async fn every_recorded_stream_ends_once_with_the_same_text_on_chat_streamed() {
    let world = World::new().await;
    let node = world.node().await;
    for name in fixtures() {
        check(&world, &node, &name, CHAT, true).await;
    }
}

#[tokio::test]
async fn every_recorded_stream_ends_once_with_the_same_text_on_chat_whole() {
    let world = World::new().await;
    let node = world.node().await;
    for name in fixtures() {
        check(&world, &node, &name, CHAT, false).await;
    }
}

#[tokio::test]
async fn a_codex_client_gets_the_recorded_bytes_or_a_final_failure() {
    let world = World::new().await;
    let node = world.node().await;
    for name in fixtures() {
        for chunking in CHUNKINGS {
            world.script(script(&name, chunking));
            node.forgive();
            let answer = node.post_with(RESPONSES, AS_CODEX, &native_turn("hi")).await;
            let what = format!("{name} {chunking:?}: {}", answer.text());
            if name == "failed-usage-limit-before-output" {
                assert_eq!((answer.status, answer.code()), (429, "usage_limit_reached".into()), "{what}");
                continue;
            }
            assert_eq!(answer.status, 200, "{what}");
            let events = answer.events();
            let told = told_by_events(&events);
            assert_eq!(told.ends, 1, "{what}");
            if ends_before_its_first_word(&name) {
                assert_eq!(events[0]["response"]["error"]["code"], "server_is_overloaded", "{what}");
            } else if told_by_events(&self::events(&recorded(&name))).ends == 1 {
                assert_eq!(answer.text(), recorded(&name), "{what}");
            } else {
                assert!(answer.text().starts_with(&recorded(&name)), "{what}");
                assert_eq!(told.end, "failed");
            }
        }
    }
}

#[tokio::test]
async fn a_break_after_the_first_word_is_one_typed_end() {
    let world = World::new().await;
    let node = world.node().await;
    let cut = |mode| StreamScript { cut: Some(Cut { after_events: 8, mode }), ..StreamScript::default() };
    let fail = |frame| {
        let failure = Failure { frame, ..Failure::after(8, "rate_limit_exceeded", "try again in 2 s") };
        StreamScript::failing(failure)
    };
    let scripts = [
        cut(CutMode::Eof),
        cut(CutMode::Reset),
        fail(FailureFrame::Failed),
        fail(FailureFrame::Error),
        fail(FailureFrame::FlatError),
        fail(FailureFrame::ErrorThenFailed),
        StreamScript { no_terminal: true, ..StreamScript::default() },
    ];
    for (n, script) in scripts.into_iter().enumerate() {
        for path in [RESPONSES, CHAT] {
            world.script(Script::stream(script.clone()));
            node.forgive();
            let body = ask(path, MODEL, "say something that is long enough to be cut", true);
            let answer = node.post(path, &body).await;
            assert_eq!(answer.status, 200, "{n} {}", answer.text());
            let told = told(path, true, &answer);
            assert_eq!((told.ends, told.end.as_str()), (1, "failed"), "{n} {path} {}", answer.text());
            assert!(!told.text.is_empty(), "{n}");
            assert!(!told.text.contains("rate"), "an error is no content");
        }
        world.script(Script::stream(script));
        node.forgive();
        let answer = node.post_with(RESPONSES, AS_CODEX, &native_turn("say something long enough")).await;
        let told = told_by_events(&answer.events());
        assert_eq!((told.ends, told.end.as_str()), (1, "failed"), "codex {n} {}", answer.text());
    }
}

#[tokio::test]
async fn styles_of_the_wire_change_nothing() {
    let world = World::new().await;
    let node = world.node().await;
    let garbage = |text: &str| Some(Garbage { at_event: 3, text: text.into() });
    let styles = [
        StreamScript { crlf: true, ..StreamScript::default() },
        StreamScript { no_event_lines: true, ..StreamScript::default() },
        StreamScript { no_deltas: true, ..StreamScript::default() },
        StreamScript { populated_output: true, ..StreamScript::default() },
        StreamScript { prelude: true, keepalives: 3, ..StreamScript::default() },
        StreamScript { crlf: true, chunking: Chunking::PerByte, ..StreamScript::default() },
        StreamScript { garbage: garbage(": a comment\n\n"), ..StreamScript::default() },
        StreamScript {
            garbage: garbage("event: codex.tomorrow\ndata: {\"type\":\"codex.tomorrow\"}\n\n"),
            ..StreamScript::default()
        },
    ];
    for (n, style) in styles.into_iter().enumerate() {
        for (path, stream) in [(RESPONSES, true), (RESPONSES, false), (CHAT, true), (CHAT, false)] {
            world.script(Script::stream(style.clone()));
            let answer = node.post(path, &ask(path, MODEL, "U+2028:\u{2028} é", stream)).await;
            let told = told(path, stream, &answer);
            assert_eq!(told.ends, 1, "{n} {path} {stream} {}", answer.text());
            assert!(
                told.text.starts_with("You said: U+2028:\u{2028} é\n"),
                "{n} {path} {stream} {}",
                told.text
            );
            assert!(!answer.text().contains("codex."), "{n} {path} {stream}");
        }
    }
}

#[tokio::test]
async fn usage_keeps_its_subsets_and_what_is_ours_is_not_shown() {
    let world = World::new().await;
    let node = world.node().await;
    for path in [RESPONSES, CHAT] {
        for round in 0..2 {
            let answer =
                node.post(path, &ask(path, MODEL, &format!("a stable beginning {path}"), false)).await;
            let body = answer.json();
            let usage = &body["usage"];
            let (input, cached, details) = if path == CHAT {
                (
                    &usage["prompt_tokens"],
                    &usage["prompt_tokens_details"]["cached_tokens"],
                    "completion_tokens",
                )
            } else {
                (&usage["input_tokens"], &usage["input_tokens_details"]["cached_tokens"], "output_tokens")
            };
            assert!(cached.as_u64().unwrap() <= input.as_u64().unwrap());
            assert_eq!(
                cached.as_u64().unwrap() > 0,
                round == 1,
                "the key of the prompt cache is stable: {usage}"
            );
            assert_eq!(
                usage["total_tokens"].as_u64().unwrap(),
                input.as_u64().unwrap() + usage[details].as_u64().unwrap()
            );
            let key = world.ada().response_bodies().last().unwrap()["prompt_cache_key"].clone();
            assert!(!answer.text().contains(key.as_str().unwrap()), "our prompt cache key is not shown");
            assert!(!answer.text().contains(&world.ada().spec().user_id));
        }
        let streamed = node.post(path, &ask(path, MODEL, &format!("a stable beginning {path}"), true)).await;
        let key = world.ada().response_bodies().last().unwrap()["prompt_cache_key"].clone();
        assert!(!streamed.text().contains(key.as_str().unwrap()));
        assert!(!streamed.text().contains(&world.ada().spec().user_id));
    }
    // The client's own key is its own.
    let mut body = ask(RESPONSES, MODEL, "hi", false);
    body["prompt_cache_key"] = json!("mine");
    assert_eq!(node.post(RESPONSES, &body).await.json()["prompt_cache_key"], "mine");
}

#[tokio::test]
async fn the_same_conversation_keeps_its_cache_key_and_session_and_another_gets_its_own() {
    let world = World::new().await;
    let node = world.node().await;
    let turn = |first: &str, more: bool| {
        let mut messages =
            vec![json!({"role": "system", "content": "be brief"}), json!({"role": "user", "content": first})];
        if more {
            messages.push(json!({"role": "assistant", "content": "You said"}));
            messages.push(json!({"role": "user", "content": "go on"}));
        }
        json!({"model": MODEL, "messages": messages})
    };
    let mut seen = Vec::new();
    for body in [turn("one", false), turn("one", true), turn("two", false)] {
        assert_eq!(node.post(CHAT, &body).await.status, 200);
        let request = last_turn(&world.ada());
        let key = request.body["prompt_cache_key"].as_str().unwrap().to_owned();
        for name in ["session-id", "thread-id", "x-client-request-id"] {
            assert_eq!(request.header(name), Some(key.as_str()), "{name}");
        }
        seen.push(key);
    }
    assert_eq!(seen[0], seen[1]);
    assert_ne!(seen[0], seen[2]);
}

#[tokio::test]
async fn a_whole_answer_holds_the_items_that_the_stream_told() {
    let world = World::new().await;
    let node = world.node().await;
    for name in fixtures() {
        if expected_end(&name, RESPONSES) == "failed" {
            continue;
        }
        world.script(script(&name, Chunking::PerEvent));
        let response = node.post(RESPONSES, &ask(RESPONSES, MODEL, "hi", false)).await.json();
        let recorded = events(&recorded(&name));
        let items: Vec<&Value> = recorded
            .iter()
            .filter(|event| event["type"] == "response.output_item.done")
            .map(|event| &event["item"])
            .collect();
        let kinds = |items: &[&Value]| items.iter().map(|i| i["type"].clone()).collect::<Vec<_>>();
        let output: Vec<&Value> = response["output"].as_array().unwrap().iter().collect();
        assert_eq!(kinds(&output), kinds(&items), "{name}");
        assert_eq!(text_of(&response["output"]), told_by_events(&recorded).text, "{name}");
    }
}
