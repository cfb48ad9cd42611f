//! A Codex client's own request passes; nobody else's does as it came.

use super::{AS_CODEX, CHAT, MODEL, RESPONSES, ask, native_turn};
use crate::support::world::{TOKEN, World, last_turn};
use axum::body::Body;
use serde_json::{Value, json};

/// A body of the Lite shape, as the client sends it for `gpt-6.1-sol`.
fn lite_turn() -> Value {
    json!({
        "model": "gpt-6.1-sol", "stream": true,
        "input": [
            {"type": "additional_tools", "id": "at_1", "role": "developer", "tools": [
                {"type": "namespace", "name": "functions", "description": "", "tools": [
                    {"type": "function", "name": "wait", "description": "waits", "strict": false,
                     "parameters": {"type": "object", "properties": {}}}]}]},
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hi"}]},
        ],
        "tool_choice": "auto", "parallel_tool_calls": false,
        "reasoning": {"effort": "medium", "context": "all_turns"},
        "store": false, "include": ["reasoning.encrypted_content"], "prompt_cache_key": "the-session",
        "client_metadata": {"session_id": "the-session"},
    })
}

#[tokio::test]
async fn a_native_body_passes_as_it_is_under_our_own_name() {
    let world = World::new().await;
    let node = world.node().await;
    let headers = [
        ("originator", "codex_exec"),
        ("user-agent", "codex_exec/0.169.0 (Debian 12.0.0; x86_64)"),
        ("session-id", "0199-session"),
        ("thread-id", "0199-thread"),
        ("x-client-request-id", "0199-thread"),
        ("x-codex-window-id", "0199-thread:1"),
        ("x-codex-turn-metadata", "{\"turn_id\":\"t\"}"),
        ("chatgpt-account-id", "somebody-elses"),
        ("cookie", "a=b"),
        ("version", "0.169.0"),
        // Not to be believed: the body has no Lite shape.
        ("x-openai-internal-codex-responses-lite", "true"),
    ];
    let text = native_turn("hi").to_string().replace("\"tools\":[],", "");
    let answer = node.request("POST", RESPONSES, &headers, Body::from(text.clone())).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let request = last_turn(&world.ada());
    // The order of the members is part of it.
    assert_eq!(request.body.to_string(), text);
    for (name, value) in
        headers.iter().filter(|(name, _)| name.contains("-id") || name.starts_with("x-codex-"))
    {
        if *name != "chatgpt-account-id" {
            assert_eq!(request.header(name), Some(*value), "{name}");
        }
    }
    assert_eq!(request.header("chatgpt-account-id"), Some(world.ada().spec().account_id.as_str()));
    assert_eq!(request.header("originator"), Some("gateway"));
    assert!(request.header("user-agent").unwrap().starts_with("gateway/"));
    assert_eq!(request.header("accept"), Some("text/event-stream"));
    for absent in ["cookie", "version", "x-openai-internal-codex-responses-lite", "content-encoding"] {
        assert_eq!(request.header(absent), None, "{absent}");
    }
    assert!(!request.header("authorization").unwrap().contains(TOKEN));
    for name in
        ["authorization", "chatgpt-account-id", "originator", "user-agent", "content-type", "session-id"]
    {
        assert_eq!(request.headers.iter().filter(|(n, _)| n == name).count(), 1, "{name} goes once");
    }
    assert!(answer.header("x-codex-turn-state").is_some() && answer.header("openai-model").is_some());
}

#[tokio::test]
async fn the_lite_header_follows_from_the_body() {
    let world = World::new().await;
    let node = world.node().await;
    let answer = node.post_with(RESPONSES, AS_CODEX, &lite_turn()).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let request = last_turn(&world.ada());
    assert_eq!(request.header("x-openai-internal-codex-responses-lite"), Some("true"));
    assert_eq!(*request.body, lite_turn());
}

#[tokio::test]
async fn a_compressed_native_body_arrives_the_same() {
    let world = World::new().await;
    let node = world.node().await;
    let text = native_turn("hi").to_string().replace("\"tools\":[],", "");
    let packed =
        ruzstd::encoding::compress_to_vec(text.as_bytes(), ruzstd::encoding::CompressionLevel::Fastest);
    let headers = [AS_CODEX, &[("content-encoding", "zstd")]].concat();
    let answer = node.request("POST", RESPONSES, &headers, Body::from(packed)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let request = last_turn(&world.ada());
    assert_eq!(request.body.to_string(), text);
    assert_eq!(request.header("content-encoding"), None);
    let answer = node.request("POST", RESPONSES, &headers, Body::from("not zstd")).await;
    assert_eq!((answer.status, answer.code().as_str()), (400, "invalid_encoding"));
    let headers = [("content-encoding", "br")];
    assert_eq!(node.request("POST", RESPONSES, &headers, Body::from("x")).await.status, 415);
}

#[tokio::test]
async fn what_the_upstream_refuses_is_not_sent_and_the_client_is_told() {
    let world = World::new().await;
    let node = world.node().await;
    let mut body = ask(RESPONSES, MODEL, "hi", false);
    let extra = json!({
        "temperature": 0.3, "top_p": 0.9, "user": "u", "metadata": {"a": "b"}, "safety_identifier": "x",
        "truncation": "auto", "max_output_tokens": 500, "store": true, "top_logprobs": 2,
        "prompt_cache_retention": "24h", "stream_options": {"include_obfuscation": false}, "unheard_of": 1,
        "naïve\u{2028}": 2, "service_tier": "auto",
    });
    body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    let answer = node.post(RESPONSES, &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let dropped = answer.header("x-gateway-dropped").unwrap().to_owned();
    for name in [
        "temperature",
        "top_p",
        "user",
        "metadata",
        "safety_identifier",
        "truncation",
        "unheard_of",
        "na?ve?",
    ] {
        assert!(dropped.split(", ").any(|d| d == name), "{name}: {dropped}");
    }
    assert!(!dropped.contains("max_output_tokens"), "that is kept here: {dropped}");
    assert_eq!(world.ada().counters().refused, 0);

    let mut body = ask(CHAT, MODEL, "hi", false);
    let extra = json!({
        "temperature": 0.3, "top_p": 0.9, "presence_penalty": 0.1, "frequency_penalty": 0.1, "seed": 7,
        "logit_bias": {"1": 1}, "logprobs": true, "top_logprobs": 2, "user": "u", "metadata": {"a": "b"}, "store": false,
        "max_tokens": 500, "stop": ["###"], "n": 1, "prediction": {"type": "content", "content": "x"},
    });
    body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    let answer = node.post(CHAT, &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let dropped = answer.header("x-gateway-dropped").unwrap().to_owned();
    for name in [
        "temperature",
        "top_p",
        "presence_penalty",
        "frequency_penalty",
        "seed",
        "logit_bias",
        "logprobs",
        "user",
    ] {
        assert!(dropped.split(", ").any(|d| d == name), "{name}: {dropped}");
    }
    assert_eq!(world.ada().counters().refused, 0);
    let sent = world.ada().response_bodies().last().unwrap().clone();
    assert_eq!((&sent["stream"], &sent["store"]), (&json!(true), &json!(false)));
    assert!(sent["instructions"].is_string());
    let request = last_turn(&world.ada());
    assert_eq!(request.header("originator"), Some("gateway"));

    // A long list does not become a header that clients refuse.
    let mut body = ask(RESPONSES, MODEL, "hi", true);
    for n in 0..5_000 {
        body[format!("unknown_{n}")] = json!(n);
    }
    let answer = node.post(RESPONSES, &body).await;
    assert_eq!(answer.status, 200);
    assert!(answer.header("x-gateway-dropped").unwrap().len() < 4_000);
}

#[tokio::test]
async fn a_tool_call_and_its_output_make_the_round_trip() {
    let world = World::new().await;
    let node = world.node().await;
    let tool = json!({"type": "function", "function": {"name": "weather", "description": "w",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}});
    for stream in [false, true] {
        let mut body = ask(CHAT, MODEL, "weather {\"city\":\"Hanoi\"}", stream);
        body["tools"] = json!([tool]);
        let answer = node.post(CHAT, &body).await;
        let call = if stream {
            let deltas: Vec<Value> = answer
                .events()
                .iter()
                .map(|e| e["choices"][0]["delta"]["tool_calls"][0].clone())
                .filter(|c| !c.is_null())
                .collect();
            let arguments: String =
                deltas.iter().filter_map(|d| d["function"]["arguments"].as_str()).collect();
            json!({"id": deltas[0]["id"], "type": "function", "function": {"name": deltas[0]["function"]["name"], "arguments": arguments}})
        } else {
            answer.json()["choices"][0]["message"]["tool_calls"][0].clone()
        };
        assert_eq!(call["function"]["name"], "weather", "{}", answer.text());
        assert_eq!(call["function"]["arguments"], "{\"city\":\"Hanoi\"}");
        let messages = body["messages"].as_array_mut().unwrap();
        messages.push(json!({"role": "assistant", "content": null, "tool_calls": [call]}));
        messages.push(json!({"role": "tool", "tool_call_id": call["id"], "content": "31 degrees"}));
        let answer = node.post(CHAT, &body).await;
        assert!(answer.text().contains("31"), "{}", answer.text());
    }
    assert_eq!(world.ada().counters().refused, 0);
}
