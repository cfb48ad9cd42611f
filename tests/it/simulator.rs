//! The simulated OpenAI over its socket: sign-in, refresh, streams, quota, scripts, control.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gateway::demo::simulator::{
    AccountHandle, AccountSpec, COMPAT_KEY, Chunking, CutMode, Endpoint, Failure, Script, Simulator,
    SimulatorSpec, StreamScript, TokenSet, UsageChange,
};
use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

const CLIENT_ID: &str = "app_EMoamEEZ73f0CkXaXp7hrann";
const ADA: &str = "ada@example.com";

fn client() -> Client {
    // Another test of this process may have been first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client")
}

async fn simulator() -> Simulator {
    let spec = SimulatorSpec::with_emails([ADA, "eve@example.com"]);
    Simulator::start(spec).await.expect("loopback has a free port")
}

fn turn(text: &str) -> Value {
    json!({
        "model": "gpt-5.5", "instructions": "", "stream": true, "store": false,
        "input": [{ "type": "message", "role": "user", "content": [{ "type": "input_text", "text": text }] }],
    })
}

async fn send(sim: &Simulator, account: &AccountHandle, tokens: &TokenSet, body: &Value) -> Response {
    client()
        .post(format!("{}/codex/responses", sim.api_base()))
        .bearer_auth(&tokens.access_token)
        .header("chatgpt-account-id", account.spec().account_id)
        .json(body)
        .send()
        .await
        .expect("an answer")
}

/// The `data:` lines as JSON.
fn events(text: &str) -> Vec<Value> {
    let data = text.lines().filter_map(|line| line.strip_prefix("data: ")).filter(|data| *data != "[DONE]");
    data.map(|data| serde_json::from_str(data).expect("JSON")).collect()
}

async fn answer(sim: &Simulator, email: &str, body: &Value) -> Vec<Value> {
    let account = sim.account(email);
    let response = send(sim, &account, &account.mint_tokens(), body).await;
    assert_eq!(response.status(), StatusCode::OK);
    events(&response.text().await.expect("a body"))
}

fn text_of(events: &[Value]) -> String {
    let deltas = events.iter().filter(|event| event["type"] == "response.output_text.delta");
    deltas.filter_map(|event| event["delta"].as_str()).collect()
}

fn verifier() -> (String, String) {
    let verifier = "v".repeat(86);
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
    (verifier, challenge)
}

fn authorize_url(sim: &Simulator, challenge: &str) -> String {
    let mut url = url::Url::parse(&format!("{}/oauth/authorize", sim.issuer())).expect("a URL");
    url.query_pairs_mut()
        .append_pair("response_type", "code")
        .append_pair("client_id", CLIENT_ID)
        .append_pair("redirect_uri", "http://127.0.0.1:1455/auth/callback")
        .append_pair("code_challenge", challenge)
        .append_pair("code_challenge_method", "S256")
        .append_pair("state", "the-state")
        .append_pair("scope", "openid profile email offline_access");
    url.into()
}

fn parameter(url: &str, name: &str) -> Option<String> {
    let url = url::Url::parse(url).expect("a URL");
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

async fn exchange(sim: &Simulator, code: &str, redirect_uri: &str, verifier: &str) -> Response {
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", CLIENT_ID),
        ("code", code),
        ("redirect_uri", redirect_uri),
        ("code_verifier", verifier),
    ];
    client().post(format!("{}/oauth/token", sim.issuer())).form(&form).send().await.expect("an answer")
}

async fn refresh(sim: &Simulator, refresh_token: &str) -> Response {
    let body = json!({
        "client_id": CLIENT_ID, "grant_type": "refresh_token", "refresh_reason": "scheduled",
        "refresh_token": refresh_token,
    });
    client().post(format!("{}/oauth/token", sim.issuer())).json(&body).send().await.expect("an answer")
}

async fn json_of(response: Response) -> Value {
    response.json().await.expect("JSON")
}

#[tokio::test]
async fn a_browser_sign_in_ends_with_tokens_of_the_chosen_account() {
    let sim = simulator().await;
    let (verifier, challenge) = verifier();
    let url = authorize_url(&sim, &challenge);
    let page = client().get(&url).send().await.expect("a page").text().await.expect("HTML");
    assert!(page.contains("DEMO"));
    assert!(
        page.contains(r#"name="account" value="ada@example.com" id="account-ada@example.com""#),
        "{page}"
    );

    let response = client().post(&url).form(&[("account", ADA)]).send().await.expect("an answer");
    assert_eq!(response.status(), StatusCode::FOUND);
    let target = response.headers()["location"].to_str().expect("text").to_owned();
    assert!(target.starts_with("http://127.0.0.1:1455/auth/callback?"));
    assert_eq!(parameter(&target, "state").as_deref(), Some("the-state"));
    let code = parameter(&target, "code").expect("a code");

    let redirect = "http://127.0.0.1:1455/auth/callback";
    let tokens = exchange(&sim, &code, redirect, &verifier).await;
    assert_eq!(tokens.status(), StatusCode::OK);
    let tokens: TokenSet = tokens.json().await.expect("tokens");
    let claims = tokens.id_token.split('.').nth(1).expect("three parts");
    let claims: Value =
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).expect("base64")).expect("JSON");
    assert_eq!(claims["email"], ADA);
    assert_eq!(sim.account(ADA).counters().sign_ins, 1);

    let again = exchange(&sim, &code, redirect, &verifier).await;
    assert_eq!(json_of(again).await["error"], "invalid_grant");
}

#[tokio::test]
async fn a_code_is_worth_nothing_without_its_verifier_or_redirect() {
    let sim = simulator().await;
    let (verifier, challenge) = verifier();
    let url = authorize_url(&sim, &challenge);
    for (redirect, verifier) in [
        ("http://127.0.0.1:1455/auth/callback", "w".repeat(86)),
        ("http://localhost:1455/auth/callback", verifier),
    ] {
        let target = sim.authorize(&url, Some(ADA)).expect("a valid URL");
        let code = parameter(&target, "code").expect("a code");
        let response = exchange(&sim, &code, redirect, &verifier).await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST);
        assert_eq!(json_of(response).await["error"], "invalid_grant");
    }
    let denied = sim.authorize(&url, None).expect("a valid URL");
    assert_eq!(parameter(&denied, "error").as_deref(), Some("access_denied"));
    assert_eq!(parameter(&denied, "code"), None);
}

#[tokio::test]
async fn the_device_flow_waits_for_the_person_and_then_hands_out_a_code() {
    let sim = simulator().await;
    let post = async |path: &str, body: Value| {
        client().post(format!("{}{path}", sim.issuer())).json(&body).send().await.expect("an answer")
    };
    let started =
        json_of(post("/api/accounts/deviceauth/usercode", json!({ "client_id": CLIENT_ID })).await).await;
    assert_eq!(started["interval"], "1");
    let poll = json!({ "device_auth_id": started["device_auth_id"], "user_code": started["user_code"] });
    let pending = post("/api/accounts/deviceauth/token", poll.clone()).await;
    assert_eq!(pending.status(), StatusCode::FORBIDDEN);
    assert_eq!(json_of(pending).await["error"]["code"], "deviceauth_authorization_pending");

    let page = format!("{}/codex/device", sim.issuer());
    let code = started["user_code"].as_str().expect("a code");
    let wrong = client().post(&page).form(&[("user_code", "AAAA-00000"), ("account", ADA)]).send().await;
    assert_eq!(wrong.expect("a page").status(), StatusCode::BAD_REQUEST);
    let typed = code.to_lowercase();
    let approved = client().post(&page).form(&[("user_code", typed.as_str()), ("account", ADA)]).send().await;
    assert_eq!(approved.expect("a page").status(), StatusCode::OK);

    let granted = json_of(post("/api/accounts/deviceauth/token", poll.clone()).await).await;
    let field = |name: &str| granted[name].as_str().expect("text").to_owned();
    let redirect = format!("{}/deviceauth/callback", sim.issuer());
    let tokens = exchange(&sim, &field("authorization_code"), &redirect, &field("code_verifier")).await;
    assert_eq!(tokens.status(), StatusCode::OK);
    let used = post("/api/accounts/deviceauth/token", poll).await;
    assert_eq!(used.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn refresh_tokens_rotate_and_scripts_bend_the_token_endpoint() {
    let sim = simulator().await;
    let ada = sim.account(ADA);
    let first = ada.mint_tokens();
    ada.script_on(Endpoint::Token, Script::status(500, json!({ "error": "server_error" })));
    ada.script_on(Endpoint::Token, Script::fixture("token-error-401-app_session_terminated"));
    assert_eq!(refresh(&sim, &first.refresh_token).await.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(refresh(&sim, &first.refresh_token).await.status(), StatusCode::UNAUTHORIZED);
    let second: TokenSet = refresh(&sim, &first.refresh_token).await.json().await.expect("tokens");
    assert_ne!(second.refresh_token, first.refresh_token);
    let reused = refresh(&sim, &first.refresh_token).await;
    assert_eq!(reused.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(json_of(reused).await["error"]["code"], "refresh_token_reused");
    let counters = ada.counters();
    assert_eq!((counters.refresh_attempts, counters.refreshes, counters.reused_refresh_tokens), (4, 1, 1));
    assert_eq!(ada.last_requests()[0].body["refresh_reason"], "scheduled");
    assert_eq!(send(&sim, &ada, &second, &turn("hi")).await.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_lost_refresh_answer_has_rotated_the_token_all_the_same() {
    let sim = simulator().await;
    let ada = sim.account(ADA);
    let tokens = ada.mint_tokens();
    ada.script_on(Endpoint::Token, Script::LoseAnswer);
    let body = json!({
        "client_id": CLIENT_ID, "grant_type": "refresh_token", "refresh_token": tokens.refresh_token,
    });
    let lost = client().post(format!("{}/oauth/token", sim.issuer())).json(&body).send().await;
    assert!(lost.is_err(), "{lost:?}");
    assert_eq!(ada.counters().refreshes, 1);
    assert_eq!(refresh(&sim, &tokens.refresh_token).await.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn expired_revoked_and_foreign_tokens_are_refused_in_their_own_words() {
    let sim = simulator().await;
    let (ada, eve) = (sim.account(ADA), sim.account("eve@example.com"));
    let tokens = ada.mint_tokens();
    assert_eq!(send(&sim, &eve, &tokens, &turn("hi")).await.status(), StatusCode::FORBIDDEN);
    ada.expire_access_tokens();
    let expired = send(&sim, &ada, &tokens, &turn("hi")).await;
    assert_eq!(json_of(expired).await["error"]["code"], "token_expired");
    ada.revoke_tokens();
    let revoked = send(&sim, &ada, &tokens, &turn("hi")).await;
    assert_eq!(json_of(revoked).await["error"]["code"], "token_invalidated");
    assert_eq!(ada.counters().unauthorized, 2);
    let revoke = json!({ "token": eve.mint_tokens().refresh_token, "token_type_hint": "refresh_token" });
    let done = client().post(format!("{}/oauth/revoke", sim.issuer())).json(&revoke).send().await;
    assert_eq!(done.expect("an answer").status(), StatusCode::OK);
    assert_eq!(eve.counters().revocations, 1);
}

#[tokio::test]
async fn an_ordinary_answer_streams_the_prompt_back_and_reports_the_limits() {
    let sim = simulator().await;
    let ada = sim.account(ADA);
    let response = send(&sim, &ada, &ada.mint_tokens(), &turn("hello")).await;
    let header = |name: &str| response.headers()[name].to_str().expect("text").to_owned();
    assert_eq!(header("content-type"), "text/event-stream; charset=utf-8");
    assert_eq!(header("openai-model"), "gpt-5.5");
    assert_eq!(header("x-codex-primary-used-percent"), "10.1");
    assert!(header("x-codex-turn-state").starts_with("ts_"));
    let events = events(&response.text().await.expect("a body"));
    assert!(text_of(&events).starts_with("You said: hello\n\n"));
    let deltas = events.iter().filter(|event| event["type"] == "response.output_text.delta").count();
    assert!((20..=60).contains(&deltas), "{deltas} deltas");
    let last = events.last().expect("events");
    assert_eq!((&last["type"], &last["response"]["output"]), (&json!("response.completed"), &json!([])));
    assert_eq!(last["response"]["safety_identifier"], ada.spec().user_id);
    assert_eq!(ada.counters().completed, 1);
}

#[tokio::test]
async fn a_tool_round_trip_quotes_the_output_and_the_reasoning_replays() {
    let sim = simulator().await;
    let mut body = turn("call get_weather {\"city\":\"Oslo\"}");
    body["tools"] =
        json!([{ "type": "function", "name": "get_weather", "parameters": { "type": "object" } }]);
    body["reasoning"] = json!({ "effort": "low", "summary": "auto" });
    body["include"] = json!(["reasoning.encrypted_content"]);
    let first = answer(&sim, ADA, &body).await;
    let items: Vec<Value> = first
        .iter()
        .filter(|event| event["type"] == "response.output_item.done")
        .map(|event| event["item"].clone())
        .collect();
    assert_eq!(items[0]["type"], "reasoning");
    assert_eq!(items[1]["arguments"], "{\"city\":\"Oslo\"}");
    let output = json!({ "type": "function_call_output", "call_id": items[1]["call_id"], "output": "rain" });
    body["input"].as_array_mut().expect("a list").extend(items.into_iter().chain([output]));
    assert_eq!(text_of(&answer(&sim, ADA, &body).await), "The tool answered: rain");

    let eve = sim.account("eve@example.com");
    let foreign = send(&sim, &eve, &eve.mint_tokens(), &body).await;
    assert_eq!(foreign.status(), StatusCode::BAD_REQUEST);
    assert_eq!(json_of(foreign).await["error"]["code"], "invalid_encrypted_content");
}

#[tokio::test]
async fn a_zstd_body_is_read_and_remembered_in_plain() {
    let sim = simulator().await;
    let ada = sim.account(ADA);
    let plain = turn("packed").to_string();
    let packed =
        ruzstd::encoding::compress_to_vec(plain.as_bytes(), ruzstd::encoding::CompressionLevel::Fastest);
    let response = client()
        .post(format!("{}/codex/responses", sim.api_base()))
        .bearer_auth(ada.mint_tokens().access_token)
        .header("chatgpt-account-id", ada.spec().account_id)
        .header("content-type", "application/json")
        .header("content-encoding", "zstd")
        .body(packed)
        .send()
        .await
        .expect("an answer");
    assert!(text_of(&events(&response.text().await.expect("a body"))).starts_with("You said: packed"));
    assert_eq!(*ada.response_bodies()[0], turn("packed"));
}

#[tokio::test]
async fn a_full_window_refuses_with_429_until_it_is_reset() {
    let sim = simulator().await;
    let ada = sim.account(ADA);
    let usage =
        UsageChange { five_hour_used: Some(99.95), five_hour_cost: Some(0.1), ..UsageChange::default() };
    ada.set_usage(usage);
    let tokens = ada.mint_tokens();
    assert_eq!(send(&sim, &ada, &tokens, &turn("hi")).await.status(), StatusCode::OK);
    let refused = send(&sim, &ada, &tokens, &turn("hi")).await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.headers()["x-codex-rate-limit-reached-type"], "rate_limit_reached");
    assert_eq!(json_of(refused).await["error"]["type"], "usage_limit_reached");
    let polled = client()
        .get(format!("{}/wham/usage", sim.api_base()))
        .bearer_auth(&tokens.access_token)
        .header("chatgpt-account-id", ada.spec().account_id)
        .send()
        .await;
    assert_eq!(json_of(polled.expect("an answer")).await["rate_limit"]["limit_reached"], true);
    ada.reset();
    assert_eq!(send(&sim, &ada, &tokens, &turn("hi")).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn an_invalid_body_is_refused_and_leaves_the_script_for_the_next() {
    let sim = simulator().await;
    let ada = sim.account(ADA);
    ada.script(Script::text("scripted"));
    let mut body = turn("hi");
    body["temperature"] = json!(1);
    let refused = send(&sim, &ada, &ada.mint_tokens(), &body).await;
    assert_eq!(json_of(refused).await["detail"], "Unsupported parameter: temperature");
    assert_eq!(ada.counters().refused, 1);
    assert_eq!(text_of(&answer(&sim, ADA, &turn("hi")).await), "scripted");
}

#[tokio::test]
async fn a_cut_stream_delivers_its_events_and_then_breaks() {
    let sim = simulator().await;
    let ada = sim.account(ADA);
    let tokens = ada.mint_tokens();
    ada.script(Script::stream(StreamScript::cut_after(5, CutMode::Reset)));
    let mut response = send(&sim, &ada, &tokens, &turn("hi")).await;
    let mut seen = Vec::new();
    let broken = loop {
        match response.chunk().await {
            Ok(Some(chunk)) => seen.extend_from_slice(&chunk),
            Ok(None) => break false,
            Err(_) => break true,
        }
    };
    assert!(broken, "the connection ended well");
    assert_eq!(events(std::str::from_utf8(&seen).expect("text")).len(), 5);

    ada.script(Script::stream(StreamScript::cut_after(5, CutMode::Eof)));
    let clean = send(&sim, &ada, &tokens, &turn("hi")).await.text().await.expect("a clean end");
    assert_eq!(events(&clean).len(), 5);

    ada.script(Script::Reset);
    let url = format!("{}/codex/responses", sim.api_base());
    let request = client().post(url).bearer_auth(&tokens.access_token).json(&turn("hi"));
    assert!(request.header("chatgpt-account-id", ada.spec().account_id).send().await.is_err());
}

#[tokio::test]
async fn a_recorded_stream_arrives_byte_for_byte_however_it_is_cut() {
    let sim = simulator().await;
    let ada = sim.account(ADA);
    let recorded = std::fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/fixtures/parallel-tool-calls-interleaved.sse"
    ))
    .expect("the fixture exists");
    for chunking in [Chunking::PerEvent, Chunking::Whole, Chunking::Random { seed: 3, max: 40 }] {
        let script = StreamScript::fixture("parallel-tool-calls-interleaved");
        ada.script(Script::stream(StreamScript { chunking, ..script }));
        let text = send(&sim, &ada, &ada.mint_tokens(), &turn("hi")).await.text().await.expect("a body");
        assert_eq!(text, recorded);
    }
}

#[tokio::test]
async fn a_failure_before_output_shows_nothing_of_the_answer() {
    let sim = simulator().await;
    let failure = Failure::before_output("server_is_overloaded", "Please try again later.");
    sim.account(ADA).script(Script::stream(StreamScript::failing(failure)));
    let events = answer(&sim, ADA, &turn("hi")).await;
    let kinds: Vec<&str> = events.iter().filter_map(|event| event["type"].as_str()).collect();
    assert_eq!(kinds, ["response.created", "response.in_progress", "response.failed"]);
    assert_eq!(events[2]["response"]["error"]["code"], "server_is_overloaded");
}

#[tokio::test]
async fn the_reader_who_leaves_is_counted() {
    let sim = simulator().await;
    let ada = sim.account(ADA);
    ada.script(Script::stream(StreamScript::cut_after(3, CutMode::Hang)));
    let mut response = send(&sim, &ada, &ada.mint_tokens(), &turn("hi")).await;
    assert!(response.chunk().await.expect("bytes").is_some());
    assert_eq!(ada.counters().in_flight, 1);
    drop(response);
    let deadline = Instant::now() + Duration::from_secs(5);
    while ada.counters().cancelled == 0 {
        assert!(Instant::now() < deadline, "nobody noticed");
        tokio::task::yield_now().await;
    }
    assert_eq!(ada.counters().in_flight, 0);
}

#[tokio::test]
async fn a_stopped_simulator_breaks_what_is_open() {
    let sim = simulator().await;
    let ada = sim.account(ADA);
    ada.script(Script::stream(StreamScript::cut_after(3, CutMode::Hang)));
    let mut response = send(&sim, &ada, &ada.mint_tokens(), &turn("hi")).await;
    assert!(response.chunk().await.expect("bytes").is_some());
    let url = sim.url();
    sim.shutdown().await;
    let ended = async { while let Ok(Some(_)) = response.chunk().await {} };
    tokio::time::timeout(Duration::from_secs(5), ended).await.expect("the stream hangs on");
    assert!(client().get(url).send().await.is_err());
}

#[tokio::test]
async fn the_calls_around_a_turn_answer_and_the_handshake_is_refused_with_426() {
    let sim = simulator().await;
    let ada = sim.account(ADA);
    let tokens = ada.mint_tokens();
    let get = async |path: &str, extra: Option<(&str, &str)>| {
        let request = client()
            .get(format!("{}{path}", sim.api_base()))
            .bearer_auth(&tokens.access_token)
            .header("chatgpt-account-id", ada.spec().account_id);
        let request = extra.into_iter().fold(request, |request, (name, value)| request.header(name, value));
        request.send().await.expect("an answer")
    };
    let models = get("/codex/models?client_version=0.169.0", None).await;
    let etag = models.headers()["etag"].to_str().expect("text").to_owned();
    let slugs = json_of(models).await;
    assert!(slugs["models"].as_array().expect("a list").iter().any(|model| model["slug"] == "gpt-5.3-codex"));
    let unchanged = get("/codex/models?client_version=0.169.0", Some(("if-none-match", &etag))).await;
    assert_eq!(unchanged.status(), StatusCode::NOT_MODIFIED);
    let check = json_of(get("/wham/accounts/check", None).await).await;
    assert_eq!(check["default_account_id"], ada.spec().account_id);
    assert_eq!(json_of(get("/wham/rate-limit-reset-credits", None).await).await["available_count"], 0);
    assert_eq!(json_of(get("/wham/settings/user", None).await).await["commit_attribution_enabled"], false);
    let upgrade = get("/codex/responses", Some(("upgrade", "websocket"))).await;
    assert_eq!(upgrade.status(), StatusCode::UPGRADE_REQUIRED);
    let counters = ada.counters();
    assert_eq!((counters.model_polls, counters.account_checks), (2, 1));
}

#[tokio::test]
async fn the_compatible_endpoint_streams_completes_and_calls_tools() {
    let sim = simulator().await;
    let chat = async |body: Value| {
        let request =
            client().post(format!("{}/chat/completions", sim.compat_base())).bearer_auth(COMPAT_KEY);
        request.json(&body).send().await.expect("an answer")
    };
    let hello = json!([{ "role": "user", "content": "hello" }]);
    let whole = json_of(chat(json!({ "model": "sim-chat", "messages": hello })).await).await;
    let text = whole["choices"][0]["message"]["content"].as_str().expect("text").to_owned();
    assert!(text.starts_with("You said: hello"));
    let stream = chat(json!({
        "model": "sim-reasoner", "messages": hello, "stream": true, "stream_options": { "include_usage": true },
    }));
    let body = stream.await.text().await.expect("a body");
    assert!(body.ends_with("data: [DONE]\n\n"));
    let chunks = events(&body);
    let streamed: String =
        chunks.iter().filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str()).collect();
    assert_eq!(streamed, text);
    assert!(body.contains("reasoning_content"));
    assert!(chunks.last().expect("chunks")["usage"]["total_tokens"].is_u64());

    let tools =
        json!([{ "type": "function", "function": { "name": "look", "parameters": { "type": "object" } } }]);
    let messages = json!([{ "role": "user", "content": "look {\"at\":1}" }]);
    let called =
        json_of(chat(json!({ "model": "sim-chat", "messages": messages, "tools": tools })).await).await;
    assert_eq!(called["choices"][0]["finish_reason"], "tool_calls");
    let call = &called["choices"][0]["message"]["tool_calls"][0]["function"];
    assert_eq!(call["arguments"], "{\"at\":1}");

    sim.compat().script(Script::fixture("error-429-slow_down"));
    assert_eq!(
        chat(json!({ "model": "sim-chat", "messages": hello })).await.status(),
        StatusCode::TOO_MANY_REQUESTS
    );
    let failure = Failure::after(2, "server_error", "The server had an error.");
    sim.compat().script(Script::stream(StreamScript::failing(failure)));
    let broken = chat(json!({ "model": "sim-chat", "messages": hello, "stream": true })).await;
    let broken = events(&broken.text().await.expect("a body"));
    assert_eq!((broken.len(), &broken[2]["error"]["code"]), (3, &json!("server_error")));
    let wrong = client().get(format!("{}/models", sim.compat_base())).bearer_auth("nope").send().await;
    assert_eq!(wrong.expect("an answer").status(), StatusCode::UNAUTHORIZED);
    assert_eq!(sim.compat().counters().responses, 5);
}

#[tokio::test]
async fn another_process_scripts_an_account_over_http() {
    let sim = simulator().await;
    let post = async |path: &str, body: Value| {
        client().post(format!("{}/__sim{path}", sim.url())).json(&body).send().await.expect("an answer")
    };
    let base = format!("/accounts/{ADA}");
    let script =
        json!({ "script": { "kind": "stream", "source": { "text": { "text": "from afar" } } }, "times": 2 });
    assert_eq!(post(&format!("{base}/script"), script).await.status(), StatusCode::OK);
    let tokens: TokenSet = post(&format!("{base}/tokens"), json!({})).await.json().await.expect("tokens");
    let ada = sim.account(ADA);
    for _ in 0..2 {
        let response = send(&sim, &ada, &tokens, &turn("hi")).await;
        assert_eq!(text_of(&events(&response.text().await.expect("a body"))), "from afar");
    }
    let usage = json_of(post(&format!("{base}/usage"), json!({ "five_hour_used": 77 })).await).await;
    assert_eq!(usage["usage"]["rate_limit"]["primary_window"]["used_percent"], 77);
    let auth = json_of(post(&format!("{base}/auth-json"), json!({})).await).await;
    assert_eq!((&auth["auth_mode"], auth["tokens"]["refresh_token"].is_string()), (&json!("chatgpt"), true));
    assert_eq!(post(&format!("{base}/expire"), json!({})).await.status(), StatusCode::OK);
    assert_eq!(send(&sim, &ada, &tokens, &turn("hi")).await.status(), StatusCode::UNAUTHORIZED);
    let seen = client().get(format!("{}/__sim{base}", sim.url())).send().await.expect("an answer");
    let seen = json_of(seen).await;
    assert_eq!(seen["counters"]["responses"], 2);
    assert_eq!(seen["last_requests"][0]["body"]["model"], "gpt-5.5");
    assert_eq!(
        post(&format!("{base}/script"), json!({ "script": { "kind": "nonsense" } })).await.status(),
        400
    );
    assert_eq!(post("/accounts/nobody/reset", json!({})).await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_streams_at_once_all_arrive_whole() {
    let mut spec = AccountSpec::new(ADA);
    (spec.five_hour_cost, spec.weekly_cost) = (0.0, 0.0);
    let sim = Simulator::start(SimulatorSpec::new(vec![spec])).await.expect("a free port");
    let ada = sim.account(ADA);
    let tokens = ada.mint_tokens();
    let (client, url) = (client(), format!("{}/codex/responses", sim.api_base()));
    let started = Instant::now();
    let mut all = tokio::task::JoinSet::new();
    for number in 0..64 {
        let request = client.post(&url).bearer_auth(&tokens.access_token);
        let request =
            request.header("chatgpt-account-id", ada.spec().account_id).json(&turn(&number.to_string()));
        all.spawn(async move {
            let text = request.send().await.expect("an answer").text().await.expect("a body");
            text_of(&events(&text)).starts_with(&format!("You said: {number}\n"))
        });
    }
    while let Some(whole) = all.join_next().await {
        assert!(whole.expect("no panic"));
    }
    assert_eq!(ada.counters().completed, 64);
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
}
