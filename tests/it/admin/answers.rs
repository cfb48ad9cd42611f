//! The shape of errors, the overview and the record.

use super::desk::{ADA, Desk, bare, request};
use crate::program::process::until;
use axum::body::Body;
use axum::http::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn every_error_has_one_shape_and_the_id_of_its_request() {
    let desk = Desk::new().await;
    let shaped = async |method: Method, path: &str, body: &str| desk.call(method, path, body).await.error();
    assert_eq!(shaped(Method::GET, "/v1/nothing", "").await.0, 404);
    assert_eq!(shaped(Method::GET, "/v1/providers/none", "").await.1, "not_found");
    let (status, code, _) = shaped(Method::PATCH, "/v1/providers", "").await;
    assert_eq!((status, &*code), (405, "method_not_allowed"));
    let (status, code, text) = shaped(Method::GET, "/v1/traces?limit=many", "").await;
    assert_eq!((status, &*code), (400, "invalid_request"));
    assert!(text.contains("limit"), "{text}");
    assert_eq!(shaped(Method::GET, "/v1/providers/%ff", "").await.0, 400);
    let large = format!("{{\"agent_key\": \"{}\"}}", "a".repeat(1 << 20));
    let (status, code, _) = shaped(Method::POST, "/v1/agents", &large).await;
    assert_eq!((status, &*code), (413, "body_too_large"));

    for (body, part) in [
        ("{\"name\": }", "line 1"),
        ("5", "invalid type"),
        ("{\"name\": \"a\", \"provider_type\": \"openai_compat\", \"api_bas\": \"x\"}", "api_bas"),
        ("{\"name\": 5}", "name"),
        ("{\"name\": \"a\", \"provider_type\": \"openai_compat\", \"settings\": []}", "settings"),
        ("{} {}", ""),
    ] {
        let (status, code, text) = shaped(Method::POST, "/v1/providers", body).await;
        assert_eq!((status, &*code), (400, "invalid_body"), "{body}");
        assert!(text.contains(part), "{body}: {text}");
    }
    for path in ["start", "import", "cancel", "callback"] {
        let path = format!("/v1/auth/chatgpt/openai-codex/{path}");
        let (status, _, text) = shaped(Method::POST, &path, "{\"methd\": \"device\"}").await;
        assert_eq!(status, 400, "{path}");
        assert!(text.contains("methd"), "{text}");
    }
}

#[tokio::test]
async fn errors_of_model_routes_have_openais_shape_also_those_of_the_server_itself() {
    let desk = Desk::new().await;
    for (method, path) in [(Method::PUT, "/v1/chat/completions"), (Method::DELETE, "/v1/models")] {
        let answer = desk.call(method, path, "").await;
        assert_eq!(answer.status, 405, "{}", answer.text);
        assert!(answer.json()["error"]["message"].is_string(), "{}", answer.text);
        assert!(!answer.header("allow").is_empty());
    }
    let answer = desk.call(Method::POST, "/v1/chat/completions", "{").await;
    assert_eq!(answer.status, 400);
    assert!(answer.json()["error"]["message"].is_string(), "{}", answer.text);
}

#[tokio::test]
async fn every_answer_says_that_it_is_not_for_caches_frames_or_other_sites() {
    let desk = Desk::new().await;
    for path in ["/v1/providers", "/healthz", "/v1/nothing"] {
        let answer = desk.get(path).await;
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("x-frame-options"), "DENY");
        assert!(answer.header("content-security-policy").contains("default-src 'none'"));
        assert!(answer.header("access-control-allow-origin").is_empty());
    }
    let preflight = bare(Method::OPTIONS, "/v1/agents")
        .header("origin", "https://evil.example")
        .header("access-control-request-method", "POST");
    let preflight = desk.ask(preflight.body(Body::empty()).unwrap()).await;
    assert!(preflight.header("access-control-allow-origin").is_empty());
}

#[tokio::test]
async fn an_allowed_origin_may_ask_with_a_token() {
    let desk = Desk::with("{\"gateway\": {\"allowed_origins\": [\"https://chat.example\"]}}").await;
    for (origin, allowed) in [("https://chat.example", "https://chat.example"), ("https://evil.example", "")]
    {
        let ask = request(Method::GET, "/v1/models").header("origin", origin);
        let answer = desk.ask(ask.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.header("access-control-allow-origin"), allowed);
        assert!(answer.header("access-control-allow-credentials").is_empty());
    }
}

#[tokio::test]
async fn the_checklist_ticks_itself_and_the_record_tells_what_was_served() {
    let desk = Desk::new().await;
    let checklist = async || desk.get("/v1/overview").await.json()["checklist"].clone();
    let ticked = async |key: &str| checklist().await[key] == Value::Bool(true);
    assert_eq!(
        checklist().await,
        json!({"account_connected": false, "models_loaded": false, "first_request_served": false,
               "agent_created": false})
    );
    desk.connect("openai-codex", ADA).await;
    assert!(ticked("account_connected").await && ticked("models_loaded").await);
    assert!(!ticked("first_request_served").await);
    let asked = desk.post("/v1/responses", json!({"model": "gpt-5.5", "input": "hi"})).await;
    assert_eq!(asked.status, 200, "{}", asked.text);
    until("the first request is seen", async || ticked("first_request_served").await).await;
    assert!(!ticked("agent_created").await);
    desk.post("/v1/agents", json!({"agent_key": "helper"})).await;
    assert!(ticked("agent_created").await);

    let refused = desk.post("/v1/responses", json!({"model": "openai-codex/gpt-99", "input": "hi"})).await;
    assert_eq!(refused.status, 404, "{}", refused.text);
    until("both are recorded", async || {
        desk.get("/v1/traces").await.json()["traces"].as_array().unwrap().len() == 2
    })
    .await;
    let traces = desk.get("/v1/traces").await.json()["traces"].clone();
    let (newest, first) = (&traces[0], &traces[1]);
    assert_eq!((&newest["status"], &newest["http_status"]), (&json!("refused"), &json!(404)), "{newest}");
    assert_eq!(first["id"].as_str(), Some(asked.header("x-request-id")));
    assert_eq!((&first["status"], &first["provider_name"]), (&json!("completed"), &json!("openai-codex")));
    assert_eq!((&first["endpoint"], &first["client"]), (&json!("responses"), &json!("other")));
    assert!(first["usage"]["output_tokens"].as_i64() > Some(0), "{first}");
    assert_eq!(first["attempts"][0]["outcome"], "served");
    assert_eq!(desk.get("/v1/traces?limit=1").await.json()["traces"].as_array().unwrap().len(), 1);

    let overview = desk.get("/v1/overview").await.json();
    assert_eq!(
        overview["providers"],
        json!({"total": 1, "ready": 1, "needs_reauth": 0, "disabled": 0, "cooling_down": 0, "exhausted": 0, "draining": 0})
    );
    let day = &overview["last_24h"];
    assert_eq!((&day["requests"], &day["succeeded"], &day["failed"]), (&json!(2), &json!(1), &json!(0)));
    assert_eq!(overview["recent"].as_array().unwrap().len(), 2);
    assert!(overview["base_url"].as_str().unwrap().ends_with("/v1"));
}
