//! Failures before the first word, in the upstream's meaning, and how each kind of client is told.

use super::{AS_CODEX, CHAT, MODEL, RESPONSES, ask, native_turn, told_by_events};
use crate::support::world::{Answer, CODEX, World, owner};
use gateway::demo::simulator::{Cut, CutMode, Failure, FailureFrame, Script, StreamScript};
use serde_json::{Value, json};

struct Case {
    what: &'static str,
    script: Script,
    status: u16,
    code: &'static str,
    retry: bool,
    /// For a Codex client: an HTTP status, or the code of `response.failed` in a 200.
    codex: Result<u16, &'static str>,
}

fn case(
    what: &'static str,
    script: Script,
    (status, code, retry): (u16, &'static str, bool),
    codex: Result<u16, &'static str>,
) -> Case {
    Case { what, script, status, code, retry, codex }
}

fn inside(code: &str, message: &str, frame: FailureFrame) -> Script {
    Script::stream(StreamScript::failing(Failure { frame, ..Failure::before_output(code, message) }))
}

fn cut(after_events: usize, mode: CutMode) -> Script {
    Script::stream(StreamScript { cut: Some(Cut { after_events, mode }), ..StreamScript::default() })
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn cases() -> Vec<Case> {
    let fixture = Script::fixture;
    let overloaded = Err("server_is_overloaded");
    vec![
        case("usage", fixture("error-429-usage_limit_reached"), (429, "usage_limit_reached", false), Ok(429)),
        case(
            "usage, in the stream",
            fixture("failed-usage-limit-before-output"),
            (429, "usage_limit_reached", false),
            Ok(429),
        ),
        case("no plan", fixture("error-429-usage_not_included"), (429, "usage_not_included", false), Ok(429)),
        case("rate", fixture("error-429-rate_limit_exceeded"), (429, "rate_limit_exceeded", true), Ok(429)),
        case("slow down", fixture("error-429-slow_down"), (429, "slow_down", true), Ok(429)),
        case(
            "rate, in the stream",
            inside("rate_limit_exceeded", "Please try again in 3s.", FailureFrame::Failed),
            (429, "rate_limit_exceeded", true),
            Ok(429),
        ),
        case(
            "rate, as error",
            inside("rate_limit_exceeded", "Please try again in 3s.", FailureFrame::Error),
            (429, "rate_limit_exceeded", true),
            Ok(429),
        ),
        case(
            "overload",
            fixture("error-503-server_is_overloaded"),
            (503, "server_is_overloaded", true),
            overloaded,
        ),
        case(
            "overload, in the stream",
            fixture("error-overloaded-before-output"),
            (503, "server_is_overloaded", true),
            overloaded,
        ),
        case(
            "overload, flat",
            inside("server_is_overloaded", "busy", FailureFrame::FlatError),
            (503, "server_is_overloaded", true),
            overloaded,
        ),
        case("server error", fixture("error-500-server_error"), (503, "server_error", true), overloaded),
        case(
            "too long",
            fixture("error-400-context_length_exceeded"),
            (400, "context_length_exceeded", false),
            Ok(400),
        ),
        case(
            "too long, in the stream",
            inside("context_length_exceeded", "too long", FailureFrame::Failed),
            (400, "context_length_exceeded", false),
            Ok(400),
        ),
        case("policy", fixture("error-400-cyber_policy"), (400, "cyber_policy", false), Ok(400)),
        case(
            "policy, in the stream",
            inside("cyber_policy", "no", FailureFrame::ErrorThenFailed),
            (400, "cyber_policy", false),
            Ok(400),
        ),
        case("no model", fixture("error-404-model_not_found"), (404, "model_not_found", false), Ok(404)),
        case(
            "no model on this plan",
            fixture("error-400-model-not-supported"),
            (404, "model_not_found", false),
            Ok(404),
        ),
        case(
            "blocked",
            fixture("error-403-cloudflare-challenge"),
            (503, "upstream_blocked", false),
            overloaded,
        ),
        case(
            "too large",
            Script::status(413, json!({"detail": "too large"})),
            (400, "request_too_large", false),
            Ok(400),
        ),
        case(
            "workspace gone",
            fixture("error-402-deactivated_workspace"),
            (503, "deactivated_workspace", false),
            overloaded,
        ),
        case(
            "broken off",
            fixture("disconnect-after-created"),
            (503, "upstream_stream_broken", true),
            overloaded,
        ),
        case("broken off at once", cut(0, CutMode::Eof), (503, "upstream_stream_broken", true), overloaded),
        case("reset", cut(2, CutMode::Reset), (503, "upstream_unreachable", true), overloaded),
        case("reset at once", Script::Reset, (503, "upstream_unreachable", true), overloaded),
        case(
            "nothing in it",
            Script::stream(StreamScript { empty: true, ..StreamScript::default() }),
            (503, "upstream_empty_answer", true),
            overloaded,
        ),
    ]
}

fn check_error(case: &Case, what: &str, answer: &Answer) {
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (case.status, case.code),
        "{what}: {}",
        answer.text()
    );
    let again = if case.retry { "true" } else { "false" };
    assert_eq!(answer.header("x-should-retry"), Some(again), "{what}");
    assert!(answer.header("x-request-id").is_some(), "{what}");
    if case.retry {
        assert!(answer.header("retry-after").unwrap().parse::<u64>().unwrap() > 0, "{what}");
    }
}

#[tokio::test]
async fn a_failure_before_the_first_word_is_an_http_error_with_the_upstreams_meaning() {
    let world = World::new().await;
    let node = world.node().await;
    for case in cases() {
        for path in [RESPONSES, CHAT] {
            for stream in [true, false] {
                world.script(case.script.clone());
                node.forgive();
                let what = format!("{} {path} stream={stream}", case.what);
                let answer = node.post(path, &ask(path, MODEL, "hi", stream)).await;
                check_error(&case, &what, &answer);
            }
        }
    }
}

#[tokio::test]
async fn a_codex_client_is_never_answered_with_a_status_that_it_repeats_thirty_times() {
    let world = World::new().await;
    let node = world.node().await;
    for case in cases() {
        world.script(case.script.clone());
        node.forgive();
        let answer = node.post_with(RESPONSES, AS_CODEX, &native_turn("hi")).await;
        let what = format!("{}: {} {}", case.what, answer.status, answer.text());
        match case.codex {
            Ok(status) => assert_eq!((answer.status, answer.code().as_str()), (status, case.code), "{what}"),
            Err(code) => {
                assert_eq!(answer.status, 200, "{what}");
                let events = answer.events();
                assert_eq!(told_by_events(&events).ends, 1, "{what}");
                assert_eq!(events.last().unwrap()["type"], "response.failed", "{what}");
                assert_eq!(events.last().unwrap()["response"]["error"]["code"], code, "{what}");
            }
        }
    }
}

#[tokio::test]
async fn a_used_up_limit_says_when_it_starts_anew() {
    let world = World::new().await;
    let node = world.node().await;
    let in_an_hour = node.app.clock.now().timestamp() + 3600;
    let error = json!({"type": "usage_limit_reached", "message": "The usage limit has been reached",
        "plan_type": "plus", "resets_at": in_an_hour, "resets_in_seconds": 3600});
    world.script(Script::status(429, json!({ "error": error })));
    let answer = node.post(RESPONSES, &ask(RESPONSES, MODEL, "hi", true)).await;
    let body = answer.json();
    assert_eq!(body["error"]["resets_at"], in_an_hour);
    assert_eq!(body["error"]["type"], "usage_limit_reached");
    assert!(body["error"]["message"].as_str().unwrap().contains(CODEX), "it names the account");
    assert_eq!(body["error"]["plan_type"], Value::Null, "the client would advertise by it");
    let wait: i64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((3590..=3600).contains(&wait), "{wait}");
}

#[tokio::test]
async fn a_wait_that_the_upstream_names_is_passed_on() {
    let world = World::new().await;
    let node = world.node().await;
    let message = "Rate limit reached for gpt-5.5 in organization org-secret. Please try again in 7.2s.";
    world.script(inside("rate_limit_exceeded", message, FailureFrame::Failed));
    let answer = node.post(RESPONSES, &ask(RESPONSES, MODEL, "hi", true)).await;
    assert_eq!(answer.header("retry-after"), Some("8"));
    assert!(!answer.text().contains("org-secret"), "{}", answer.text());
}

#[tokio::test]
async fn a_wait_that_is_said_as_a_date_is_one_in_seconds() {
    let world = World::new().await;
    let node = world.node().await;
    let then = node.app.clock.now() + chrono::TimeDelta::seconds(90);
    let headers = [("retry-after".to_owned(), then.format("%a, %d %b %Y %H:%M:%S GMT").to_string())];
    let body = json!({"error": {"code": "slow_down", "message": "slow down"}});
    world.script(Script::Status { status: 429, headers: headers.into(), body });
    let answer = node.post(RESPONSES, &ask(RESPONSES, MODEL, "hi", true)).await;
    let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((85..=90).contains(&wait), "{wait}");
}

#[tokio::test]
async fn an_upstream_that_is_not_there_is_a_503() {
    let world = World::with(|config| config.chatgpt.api_base = "http://127.0.0.1:9/backend-api".into()).await;
    let node = world.node().await;
    let answer = node.post(RESPONSES, &ask(RESPONSES, MODEL, "hi", true)).await;
    assert_eq!((answer.status, answer.code().as_str()), (503, "upstream_unreachable"));
    assert!(!answer.text().contains("127.0.0.1:9"), "{}", answer.text());
    let answer = node.post_with(RESPONSES, AS_CODEX, &native_turn("hi")).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.events()[0]["response"]["error"]["code"], "server_is_overloaded");
}

#[tokio::test]
async fn an_upstream_that_says_nothing_in_time_is_a_503() {
    let world = World::with(|config| {
        config.upstream.first_byte_timeout_seconds = 1;
        config.upstream.idle_timeout_seconds = 1;
    })
    .await;
    let node = world.node().await;
    for script in [Script::Hang, cut(0, CutMode::Hang), cut(2, CutMode::Hang)] {
        world.script(script);
        let answer = node.post(RESPONSES, &ask(RESPONSES, MODEL, "hi", true)).await;
        assert_eq!((answer.status, answer.code().as_str()), (503, "upstream_timeout"), "{}", answer.text());
    }
    let (row, attempts) = node.record(3).await;
    assert_eq!((row.status.as_str(), row.error_code.as_deref()), ("failed", Some("upstream_timeout")));
    assert_eq!((attempts.len(), attempts[0].outcome.as_str()), (1, "failed"));
    // After the first word it is a typed end.
    world.script(cut(8, CutMode::Hang));
    let answer = node.post(RESPONSES, &ask(RESPONSES, MODEL, "a text that is long enough", true)).await;
    let told = told_by_events(&answer.events());
    assert_eq!((told.ends, told.end.as_str()), (1, "failed"), "{}", answer.text());
}

#[tokio::test]
async fn an_unknown_model_is_a_404_that_lists_what_there_is() {
    let world = World::new().await;
    let node = world.node().await;
    for path in [RESPONSES, CHAT] {
        for (model, code) in [
            ("nope", "model_not_found"),
            ("openai-codex/nope", "model_not_found"),
            ("agent:nope", "agent_not_found"),
        ] {
            let answer = node.post(path, &ask(path, model, "hi", true)).await;
            assert_eq!((answer.status, answer.code().as_str()), (404, code), "{model} {}", answer.text());
            if code == "model_not_found" {
                let text = answer.text();
                assert!(
                    text.contains("nope") && text.contains("gpt-5.5") && text.contains("gpt-5.3-codex"),
                    "{text}"
                );
            }
            assert_eq!(answer.json()["error"]["param"], "model");
        }
    }
    let answer = node.post_with(RESPONSES, AS_CODEX, &json!({"model": "nope", "input": []})).await;
    assert_eq!((answer.status, answer.code().as_str()), (404, "model_not_found"));
}

#[tokio::test]
async fn without_an_account_the_refusal_says_why() {
    let world = World::new().await;
    let node = world.node().await;
    world.ada().reset();
    let id =
        node.app.catalogues.current().tenant(gateway::domain::ids::MASTER_TENANT).provider(CODEX).unwrap().id;
    let update = gateway::app::providers::Update { enabled: Some(false), ..Default::default() };
    node.app.providers.update(&owner(), &id.to_string(), update).await.unwrap();
    let answer = node.post(RESPONSES, &ask(RESPONSES, MODEL, "hi", true)).await;
    assert_eq!((answer.status, answer.code().as_str()), (503, "no_account_available"));
    assert!(answer.text().contains("is disabled"), "{}", answer.text());
    assert_eq!(answer.header("x-should-retry"), Some("false"));
    assert_eq!(world.ada().counters().responses, 0);
    let answer = node.post_with(RESPONSES, AS_CODEX, &native_turn("hi")).await;
    assert_eq!(answer.status, 200);
    assert!(answer.text().contains("is disabled"), "{}", answer.text());
}
