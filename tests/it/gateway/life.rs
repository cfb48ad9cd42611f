//! Time in a stream: limits, hang-ups, heartbeats, the early head, shutdown.

use super::{AS_CODEX, CHAT, MODEL, RESPONSES, ask, native_turn, told, told_by_events};
use crate::support::world::{Answer, Node, TOKEN, World, events, until};
use futures_util::StreamExt as _;
use gateway::demo::simulator::{Cut, CutMode, Script, StreamScript};
use gateway::lifecycle::Limits;
use serde_json::Value;
use std::fmt::Write as _;
use std::time::Duration;

const LONG: &str = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen";

/// Answers a few words, then nothing more.
fn stalls() -> Script {
    Script::stream(StreamScript {
        cut: Some(Cut { after_events: 9, mode: CutMode::Hang }),
        ..StreamScript::default()
    })
}

async fn send(url: &str, path: &str, headers: &[(&str, &str)], body: &Value) -> reqwest::Response {
    let mut request =
        reqwest::Client::new().post(format!("{url}{path}")).bearer_auth(TOKEN).body(body.to_string());
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap()
}

/// Reads a stream until it says `what`.
async fn read_until(response: &mut reqwest::Response, what: &str) -> String {
    let mut text = String::new();
    while !text.contains(what) {
        let chunk = tokio::time::timeout(Duration::from_secs(15), response.chunk()).await;
        let chunk = chunk.unwrap_or_else(|_| panic!("no {what:?} in {text:?}")).unwrap();
        text.push_str(std::str::from_utf8(&chunk.unwrap_or_else(|| panic!("ended: {text}"))).unwrap());
    }
    text
}

async fn is_free(world: &World) {
    until("the upstream stream is dropped", async || world.ada().counters().in_flight == 0).await;
}

#[tokio::test]
async fn a_limit_ends_the_answer_with_length_and_drops_the_upstream_at_once() {
    let world = World::new().await;
    let node = world.node().await;
    for (n, (path, stream)) in
        [(RESPONSES, true), (RESPONSES, false), (CHAT, true), (CHAT, false)].into_iter().enumerate()
    {
        // The upstream would go on for minutes.
        let slow = StreamScript {
            source: gateway::demo::simulator::Source::Text { text: LONG.repeat(200) },
            per_event_ms: Some(20),
            ..StreamScript::default()
        };
        world.script(Script::stream(slow));
        let mut body = ask(path, MODEL, "hi", stream);
        body[if path == CHAT { "max_tokens" } else { "max_output_tokens" }] = 5.into();
        let answer = tokio::time::timeout(Duration::from_secs(10), node.post(path, &body)).await.unwrap();
        let told = told(path, stream, &answer);
        let end = if path == CHAT { "length" } else { "incomplete" };
        assert_eq!((told.ends, told.end.as_str()), (1, end), "{path} {stream} {}", answer.text());
        assert!(!told.text.is_empty() && told.text.len() <= 24, "{:?}", told.text);
        assert!(LONG.starts_with(&told.text));
        if !stream {
            let usage = &answer.json()["usage"];
            let input = usage["input_tokens"].as_u64().or(usage["prompt_tokens"].as_u64()).unwrap();
            assert!(input > 0, "an estimate, as the upstream is not heard to its end: {usage}");
        }
        is_free(&world).await;
        assert_eq!(world.ada().counters().cancelled, n as u64 + 1);
        let (row, attempts) = node.record(n + 1).await;
        assert_eq!((row.status.as_str(), attempts[0].outcome.as_str()), ("incomplete", "served"));
    }
}

#[tokio::test]
async fn a_client_that_hangs_up_frees_the_account_at_once() {
    let world = World::new().await;
    let node = world.node().await;
    let url = node.listen().await;
    for (n, path) in [RESPONSES, CHAT].into_iter().enumerate() {
        world.script(stalls());
        let mut response = send(&url, path, &[], &ask(path, MODEL, LONG, true)).await;
        read_until(&mut response, "delta").await;
        assert_eq!(world.ada().counters().in_flight, 1);
        drop(response);
        is_free(&world).await;
        let (row, attempts) = node.record(n + 1).await;
        assert_eq!((row.status.as_str(), attempts[0].outcome.as_str()), ("cancelled", "cancelled"));
        assert_eq!(row.error_code, None, "it is nobody's failure");
    }
}

#[tokio::test]
async fn a_client_that_hangs_up_before_the_answer_frees_the_account_as_well() {
    let world = World::new().await;
    let node = world.node().await;
    let url = node.listen().await;
    for (n, stream) in [true, false].into_iter().enumerate() {
        world.script(stalls());
        let cut = Cut { after_events: 2, mode: CutMode::Hang };
        world.ada().set_default(Script::stream(StreamScript { cut: Some(cut), ..StreamScript::default() }));
        let body = ask(RESPONSES, MODEL, LONG, stream);
        let asking = send(&url, RESPONSES, &[], &body);
        if stream {
            // The first script answers some words; this one never does.
            drop(asking.await);
            is_free(&world).await;
            continue;
        }
        let before = world.ada().counters().responses;
        tokio::select! {
            _ = asking => panic!("there is no answer"),
            () = until("it was asked", async || world.ada().counters().responses > before && world.ada().counters().in_flight == 1) => {}
        }
        is_free(&world).await;
        assert_eq!(node.record(n + 1).await.0.status, "cancelled");
    }
}

#[tokio::test]
async fn an_idle_stream_gets_heartbeats() {
    let world = World::with(|config| config.server.heartbeat_seconds = 1).await;
    let node = world.node().await;
    let url = node.listen().await;
    for path in [RESPONSES, CHAT] {
        world.script(stalls());
        let mut response = send(&url, path, &[], &ask(path, MODEL, LONG, true)).await;
        read_until(&mut response, ": keep-alive\n\n: keep-alive\n\n").await;
    }
}

#[tokio::test]
async fn signs_of_life_that_a_client_may_not_see_do_not_keep_its_heartbeats_back() {
    let world = World::with(|config| {
        config.server.heartbeat_seconds = 1;
        config.server.head_grace_seconds = 0;
    })
    .await;
    let node = world.node().await;
    let url = node.listen().await;
    // The text comes first, so that the stream is open; then only keep-alives.
    let mut text = String::from(
        "event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"id\":\"resp_1\"}}\n\n",
    );
    text.push_str("event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"output_index\":0,\"delta\":\"hi\"}\n\n");
    for n in 0..20 {
        let _ =
            write!(text, "event: keepalive\ndata: {{\"type\":\"keepalive\",\"sequence_number\":{n}}}\n\n");
    }
    let source = gateway::demo::simulator::Source::Raw(text);
    world.script(Script::stream(StreamScript { source, per_event_ms: Some(300), ..StreamScript::default() }));
    let mut response = send(&url, CHAT, &[], &ask(CHAT, MODEL, LONG, true)).await;
    let told = read_until(&mut response, "hi").await;
    let told = told + &read_until(&mut response, ": keep-alive\n\n").await;
    assert!(!told.contains("[DONE]"), "{told}");
}

async fn slow_and_failing(
    node: &Node,
    world: &World,
    path: &str,
    headers: &[(&str, &str)],
    body: &Value,
) -> Answer {
    let fails = Script::fixture("error-503-server_is_overloaded");
    world.script(Script::Delay { ms: 1_500, then: Box::new(fails) });
    node.request("POST", path, headers, axum::body::Body::from(body.to_string())).await
}

#[tokio::test]
async fn after_the_grace_the_head_goes_out_and_a_failure_is_the_one_typed_end() {
    let world = World::with(|config| {
        config.server.heartbeat_seconds = 1;
        config.server.head_grace_seconds = 0;
    })
    .await;
    let node = world.node().await;
    for path in [RESPONSES, CHAT] {
        let answer = slow_and_failing(&node, &world, path, &[], &ask(path, MODEL, "hi", true)).await;
        assert_eq!(answer.status, 200);
        assert!(answer.text().starts_with(": keep-alive\n\n: keep-alive\n\n"), "{}", answer.text());
        let told = told(path, true, &answer);
        assert_eq!((told.ends, told.end.as_str()), (1, "failed"), "{}", answer.text());
        assert!(answer.text().contains("server_is_overloaded"));
        // Whoever does not stream still gets the status.
        let answer = slow_and_failing(&node, &world, path, &[], &ask(path, MODEL, "hi", false)).await;
        assert_eq!(answer.status, 503);
    }
    let limit = Script::fixture("error-429-usage_limit_reached");
    world.script(Script::Delay { ms: 1_500, then: Box::new(limit) });
    let answer = node.post_with(RESPONSES, AS_CODEX, &native_turn("hi")).await;
    let last = answer.events().pop().unwrap();
    assert_eq!(
        last["response"]["error"]["code"], "insufficient_quota",
        "the code that it does not repeat: {last}"
    );
    node.forgive();
    // An answer that comes late comes whole.
    world.script(Script::Default.delayed(1_200));
    let answer = node.post(RESPONSES, &ask(RESPONSES, MODEL, "hi", true)).await;
    let told = told_by_events(&answer.events());
    assert!(told.ends == 1 && told.text.starts_with("You said: hi"), "{}", answer.text());
}

#[tokio::test]
async fn what_the_head_could_not_say_any_more_is_said_in_the_stream() {
    let world = World::with(|config| config.server.head_grace_seconds = 0).await;
    let node = world.node().await;
    let late = |script: Script| world.script(script.delayed(300));
    late(Script::Default);
    let answer = node.post_with(RESPONSES, AS_CODEX, &native_turn("hi")).await;
    for name in ["x-gateway-provider", "x-gateway-attempts", "x-codex-turn-state", "openai-model"] {
        assert_eq!(answer.header(name), None);
    }
    let text = answer.text();
    let (before, after) = text.split_once("event: response.metadata\n").unwrap();
    assert!(before.contains(": x-gateway-provider: openai-codex\n\n: x-gateway-attempts: 1\n\n"), "{before}");
    assert!(!before.contains("event:") && after.contains("event: response.created"), "{text}");
    let events = answer.events();
    let headers = &events[0]["headers"];
    assert_eq!(events[0]["type"], "response.metadata");
    assert_eq!(
        (headers["openai-model"].as_str(), headers["x-gateway-attempts"].as_str()),
        (Some(MODEL), Some("1"))
    );
    assert!(headers["x-codex-turn-state"].is_string() && headers["x-models-etag"].is_string(), "{headers}");
    assert_eq!(events.iter().filter(|event| event["type"] == "response.metadata").count(), 1);
    assert_eq!(told_by_events(&events).ends, 1);

    // Others get comments alone.
    for path in [RESPONSES, CHAT] {
        late(Script::Default);
        let mut body = ask(path, MODEL, "hi", true);
        body["temperature"] = 0.5.into();
        let answer = node.post(path, &body).await;
        let text = answer.text();
        for comment in
            ["x-gateway-provider: openai-codex", "x-gateway-attempts: 1", "x-gateway-dropped: temperature"]
        {
            assert!(text.contains(&format!(": {comment}\n\n")), "{text}");
        }
        assert!(!text.contains("response.metadata") && !text.contains("x-codex"), "{text}");
        assert_eq!(told(path, true, &answer).ends, 1);
        late(Script::fixture("error-503-server_is_overloaded"));
        let answer = node.post(path, &body).await;
        assert!(answer.text().contains(": x-gateway-attempts: 1\n\n"), "{}", answer.text());
        assert_eq!(told(path, true, &answer).end, "failed");
    }
}

#[tokio::test]
async fn within_the_grace_a_failure_is_a_status() {
    let world = World::with(|config| config.server.head_grace_seconds = 10).await;
    let node = world.node().await;
    let answer = slow_and_failing(&node, &world, RESPONSES, &[], &ask(RESPONSES, MODEL, "hi", true)).await;
    assert_eq!(answer.status, 503);
}

#[tokio::test]
async fn shutdown_ends_open_streams_with_one_typed_event_each() {
    let world = World::with(|config| config.server.head_grace_seconds = 0).await;
    let node = world.node().await;
    let url = node.listen().await;
    let mut open = Vec::new();
    for (path, headers, body) in [
        (RESPONSES, &[][..], ask(RESPONSES, MODEL, LONG, true)),
        (CHAT, &[], ask(CHAT, MODEL, LONG, true)),
        (RESPONSES, AS_CODEX, native_turn(LONG)),
    ] {
        world.script(stalls());
        let mut response = send(&url, path, headers, &body).await;
        let begin = read_until(&mut response, "delta").await;
        open.push((path, begin, response));
    }
    // And some that have only their head.
    for (path, headers, body) in [
        (RESPONSES, &[][..], ask(RESPONSES, MODEL, LONG, true)),
        (CHAT, &[], ask(CHAT, MODEL, LONG, true)),
        (RESPONSES, AS_CODEX, native_turn(LONG)),
    ] {
        world.script(Script::Hang);
        let mut response = send(&url, path, headers, &body).await;
        let begin = read_until(&mut response, "keep-alive").await;
        open.push((path, begin, response));
    }
    assert_eq!(node.shutdown.open_streams(), 6);
    node.shutdown.begin();
    let grace = Limits {
        grace: Duration::ZERO,
        last_words: Duration::from_secs(5),
        tasks: Duration::from_millis(100),
    };
    let reading = async {
        for (n, (path, begin, response)) in open.into_iter().enumerate() {
            let pieces = response.bytes_stream().map(|piece| piece.unwrap().to_vec()).concat();
            let rest = tokio::time::timeout(Duration::from_secs(10), pieces).await.expect("the stream ends");
            let text = begin + std::str::from_utf8(&rest).unwrap();
            let told = if path == CHAT {
                super::told_by_chunks(&events(&text))
            } else {
                told_by_events(&events(&text))
            };
            assert_eq!((told.ends, told.end.as_str()), (1, "failed"), "{n} {text}");
            assert!(text.contains("shutting down"), "{n} {text}");
        }
    };
    let (_, ()) = tokio::join!(node.shutdown.run(futures_util::stream::pending(), || grace), reading);
}
