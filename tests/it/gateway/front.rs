//! The rest of the front: models, names, refusals of what is not served, bodies that are too large.

use super::{AS_CODEX, CHAT, MODEL, RESPONSES, ask, native_turn};
use crate::support::world::{CODEX, COMPAT, GRACE, TOKEN, World};
use axum::body::Body;
use gateway::demo::simulator::COMPAT_KEY;
use serde_json::json;

#[tokio::test]
async fn a_response_cannot_be_looked_up_and_the_reason_is_said() {
    let world = World::new().await;
    let node = world.bare_node().await;
    let answer = node.get("/v1/responses/resp_1").await;
    assert_eq!((answer.status, answer.code().as_str()), (404, "response_not_found"));
    assert!(answer.text().contains("stores no responses"));
    let mut body = ask(RESPONSES, MODEL, "hi", false);
    body["previous_response_id"] = json!("resp_1");
    let node = world.node().await;
    let answer = node.post(RESPONSES, &body).await;
    assert_eq!(
        (answer.status, answer.json()["error"]["param"].as_str()),
        (400, Some("previous_response_id"))
    );
}

#[tokio::test]
async fn a_websocket_is_refused_so_that_the_codex_client_falls_back_at_once() {
    let world = World::new().await;
    let node = world.bare_node().await;
    let upgrade = [("connection", "upgrade"), ("upgrade", "websocket"), ("sec-websocket-version", "13")];
    assert_eq!(node.request("GET", RESPONSES, &upgrade, Body::empty()).await.status, 426);
    assert_eq!(node.get(RESPONSES).await.status, 405);
}

#[tokio::test]
async fn nobody_is_served_without_the_key() {
    let world = World::new().await;
    let node = world.node().await;
    for (method, path) in
        [("POST", RESPONSES), ("POST", CHAT), ("GET", "/v1/models"), ("GET", "/v1/models/gpt-5.5")]
    {
        for key in ["Bearer wrong", "Basic x", "Bearer "] {
            let body = Body::from(ask(path, MODEL, "hi", true).to_string());
            let answer = node.request(method, path, &[("authorization", key)], body).await;
            assert_eq!(answer.status, 401, "{method} {path} {key}");
            assert_eq!(answer.json()["error"]["type"], "authentication_error");
        }
    }
    assert_eq!(world.ada().counters().responses, 0);
}

#[tokio::test]
async fn a_body_that_is_too_large_or_no_json_is_a_400() {
    let world = World::with(|config| config.server.max_body_mib = 1).await;
    let node = world.node().await;
    let large = ask(RESPONSES, MODEL, &"x".repeat(1_100_000), true).to_string();
    for (path, headers) in [(RESPONSES, &[][..]), (CHAT, &[]), (RESPONSES, AS_CODEX)] {
        let answer = node.request("POST", path, headers, Body::from(large.clone())).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "request_too_large"), "{path}");
        for broken in ["", "{", "[]", "{\"model\": 7}", "\u{0}"] {
            let answer = node.request("POST", path, headers, Body::from(broken)).await;
            assert_eq!(answer.status, 400, "{path} {broken:?} {}", answer.text());
        }
    }
    // Over a socket as well: the client reads the reason instead of a broken connection.
    let url = node.listen().await;
    let client = reqwest::Client::new();
    let body = "x".repeat(3 << 20);
    let response =
        client.post(format!("{url}{RESPONSES}")).bearer_auth(TOKEN).body(body).send().await.unwrap();
    assert_eq!(response.status(), 400);
    assert_eq!(world.ada().counters().responses, 0);
}

#[tokio::test]
async fn models_are_listed_in_the_shape_of_each_client() {
    let world = World::new().await;
    let node = world.node().await;
    node.add_compat(&world, COMPAT_KEY).await;
    let list = node.get("/v1/models").await.json();
    let ids: Vec<&str> = list["data"].as_array().unwrap().iter().filter_map(|m| m["id"].as_str()).collect();
    for id in ["gpt-5.5", "gpt-5.3-codex", "sim-chat"] {
        assert!(ids.contains(&id), "{id}: {ids:?}");
    }
    assert_eq!(list["object"], "list");
    let native = node.get("/v1/models?client_version=0.169.0").await.json();
    let slugs: Vec<&str> =
        native["models"].as_array().unwrap().iter().filter_map(|m| m["slug"].as_str()).collect();
    assert!(slugs.contains(&"gpt-5.5") && !slugs.contains(&"sim-chat"), "{slugs:?}");
    assert!(native["models"][0]["base_instructions"].is_string());
    for id in ["gpt-5.5", "openai-codex/gpt-5.5", "local/sim-chat"] {
        assert_eq!(node.get(&format!("/v1/models/{id}")).await.json()["id"], id);
    }
    let answer = node.get("/v1/models/nope").await;
    assert_eq!((answer.status, answer.code().as_str()), (404, "model_not_found"));
}

#[tokio::test]
async fn a_plain_name_goes_to_the_default_provider_and_a_prefix_names_another() {
    let world = World::new().await;
    let node = world.node().await;
    node.connect("second", &world.sim.account(GRACE)).await;
    node.add_compat(&world, COMPAT_KEY).await;
    for (model, provider) in [
        (MODEL, CODEX),
        ("openai-codex/gpt-5.5", CODEX),
        ("second/gpt-5.5", "second"),
        ("sim-chat", COMPAT),
        ("local/sim-chat", COMPAT),
        ("default", CODEX),
        ("", CODEX),
    ] {
        for path in [RESPONSES, CHAT] {
            let answer = node.post(path, &ask(path, model, "hi", false)).await;
            assert_eq!(answer.status, 200, "{model} {}", answer.text());
            assert_eq!(answer.header("x-gateway-provider"), Some(provider), "{model}");
        }
    }
}

#[tokio::test]
async fn a_request_and_its_attempt_are_recorded() {
    let world = World::new().await;
    let node = world.node().await;
    let answer = node.post(RESPONSES, &ask(RESPONSES, MODEL, "hi", true)).await;
    let completed = answer.events().pop().unwrap();
    let usage = &completed["response"]["usage"];
    let (row, attempts) = node.record(1).await;
    assert_eq!((row.status.as_str(), row.http_status, row.error_code), ("completed", 200, None));
    assert_eq!(
        (row.endpoint.as_str(), row.client.as_str(), row.model.as_str()),
        ("responses", "other", MODEL)
    );
    assert_eq!((row.provider_name.as_deref(), row.served_model.as_deref()), (Some(CODEX), Some(MODEL)));
    assert_eq!(row.input_tokens, usage["input_tokens"].as_i64());
    assert_eq!(row.output_tokens, usage["output_tokens"].as_i64());
    assert_eq!(row.cached_input_tokens, usage["input_tokens_details"]["cached_tokens"].as_i64());
    assert_eq!(row.reasoning_tokens, usage["output_tokens_details"]["reasoning_tokens"].as_i64());
    assert!(row.reasoning_tokens <= row.output_tokens && row.cached_input_tokens <= row.input_tokens);
    assert!(row.first_event_ms.is_some_and(|ms| ms <= row.duration_ms));
    assert_eq!(Some(row.id.to_string().as_str()), answer.header("x-request-id"));
    assert_eq!((attempts.len(), attempts[0].outcome.as_str()), (1, "served"));

    let script = gateway::demo::simulator::Script::fixture("error-429-usage_limit_reached");
    world.script(script);
    node.post(CHAT, &ask(CHAT, MODEL, "hi", false)).await;
    let (row, attempts) = node.record(2).await;
    assert_eq!((row.status.as_str(), row.http_status), ("failed", 429));
    assert_eq!(
        (row.endpoint.as_str(), row.error_code.as_deref()),
        ("chat_completions", Some("usage_limit_reached"))
    );
    assert_eq!(
        (attempts[0].outcome.as_str(), attempts[0].error_code.as_deref()),
        ("failed", Some("usage_limit_reached"))
    );

    world.script(gateway::demo::simulator::Script::fixture("error-400-context_length_exceeded"));
    node.forgive();
    node.post(RESPONSES, &ask(RESPONSES, MODEL, "hi", false)).await;
    let (row, _) = node.record(3).await;
    assert_eq!((row.status.as_str(), row.http_status), ("refused", 400));
}

#[tokio::test]
async fn a_request_that_gets_to_no_account_leaves_its_row_too() {
    let world = World::with(|config| config.server.max_body_mib = 1).await;
    let node = world.node().await;
    let agent = serde_json::json!({"agent_key": "helper", "provider": CODEX, "model": MODEL});
    assert_eq!(node.post("/v1/agents", &agent).await.status, 201);
    let key = [("x-gateway-session-key", "")];
    let large = ask(RESPONSES, MODEL, &"x".repeat(1_100_000), true).to_string();
    let zstd = [("content-encoding", "br")];
    let model = |model: &str| json!({"model": model, "input": "hi", "messages": []}).to_string();
    let cases = [
        (model("no-such-model"), &[][..], 404, "model_not_found", "no-such-model"),
        (model("agent:nobody"), &[], 404, "agent_not_found", "agent:nobody"),
        ("{".into(), &[], 400, "invalid_json", ""),
        (json!({"model": "m", "stream": "x"}).to_string(), &[], 400, "invalid_type", "m"),
        (large, &[], 400, "request_too_large", ""),
        (model(MODEL), &zstd, 415, "unsupported_encoding", ""),
        (ask(RESPONSES, "agent:helper", "hi", true).to_string(), &key, 400, "", "agent:helper"),
        // Text that Postgres would not take, or that would fill it.
        (model("no\0such"), &[], 404, "model_not_found", "no\u{fffd}such"),
        (model(&"m".repeat(100_000)), &[], 404, "model_not_found", &"m".repeat(256)),
    ];
    let mut count = 0;
    for (path, headers, endpoint, client) in [
        (RESPONSES, &[][..], "responses", "other"),
        (RESPONSES, AS_CODEX, "responses", "codex"),
        (CHAT, &[], "chat_completions", "other"),
    ] {
        for (body, more, status, code, model) in &cases {
            // Nobody without the key leaves a row.
            let stranger = [("authorization", "Bearer wrong")];
            assert_eq!(node.request("POST", path, &stranger, Body::from("{}")).await.status, 401);
            let answer =
                node.request("POST", path, &[headers, more].concat(), Body::from(body.clone())).await;
            assert_eq!(answer.status, *status, "{path} {}", answer.text());
            assert_eq!(answer.header("x-gateway-attempts"), None);
            count += 1;
            let (row, attempts) = node.record(count).await;
            assert_eq!((row.status.as_str(), row.http_status), ("refused", i32::from(*status)), "{code}");
            assert_eq!((row.endpoint.as_str(), row.client.as_str()), (endpoint, client));
            assert_eq!(row.model, *model);
            assert_eq!((row.provider_name, attempts.len()), (None, 0));
            assert_eq!(row.error_code, Some(answer.code()));
            assert!(code.is_empty() || row.error_code.as_deref() == Some(*code), "{:?}", row.error_code);
            assert!(row.error_message.is_some_and(|text| (1..=4_000).contains(&text.chars().count())));
            assert_eq!(Some(row.id.to_string().as_str()), answer.header("x-request-id"));
        }
    }
    assert_eq!((node.records().await.len(), world.ada().counters().responses), (count, 0));
}

#[tokio::test]
async fn every_answer_says_how_many_accounts_were_tried() {
    let world =
        World::with(|config| config.server.allowed_origins = vec!["https://chat.example".into()]).await;
    let node = world.node().await;
    let cases = [
        (RESPONSES, &[][..], ask(RESPONSES, MODEL, "hi", true)),
        (RESPONSES, &[], ask(RESPONSES, MODEL, "hi", false)),
        (RESPONSES, AS_CODEX, native_turn("hi")),
        (CHAT, &[], ask(CHAT, MODEL, "hi", true)),
        (CHAT, &[], ask(CHAT, MODEL, "hi", false)),
    ];
    for (path, headers, body) in cases {
        node.forgive();
        let answer = node.post_with(path, headers, &body).await;
        assert_eq!((answer.status, answer.header("x-gateway-attempts")), (200, Some("1")), "{path}");
        for refusal in ["error-429-usage_limit_reached", "error-500-server_error"] {
            node.forgive();
            world.script(gateway::demo::simulator::Script::fixture(refusal));
            let answer = node.post_with(path, headers, &body).await;
            assert_eq!(answer.header("x-gateway-attempts"), Some("1"), "{path} {refusal}");
        }
    }
    let origin = [("origin", "https://chat.example")];
    let exposed = node.request("GET", "/v1/models", &origin, Body::empty()).await;
    let exposed = exposed.header("access-control-expose-headers").unwrap().to_owned();
    for name in ["x-request-id", "x-gateway-provider", "x-gateway-dropped", "x-gateway-attempts"] {
        assert!(exposed.contains(name), "{exposed}");
    }
}
