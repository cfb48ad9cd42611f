//! Who may call.

use super::desk::{Desk, TOKEN, bare, request};
use axum::body::Body;
use axum::http::Method;
use serde_json::{Value, json};

async fn sign_in(desk: &Desk) -> String {
    let body = Body::from(json!({ "token": TOKEN }).to_string());
    let answer = desk.ask(bare(Method::POST, "/v1/auth/session").body(body).unwrap()).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let cookie = answer.header("set-cookie").to_owned();
    for part in ["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age="] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains(TOKEN) && !answer.text.contains(TOKEN));
    let session = answer.json();
    assert_eq!((&session["role"], &session["demo"]), (&json!("owner"), &json!(false)));
    assert_eq!(session["tenant"]["id"], "0193a5b0-7000-7000-8000-000000000001");
    cookie.split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_browser_signs_in_with_the_token_and_changes_things_only_from_our_own_page() {
    let desk = Desk::new().await;
    let wrong = Body::from(json!({"token": "gw_wrong"}).to_string());
    let refused = desk.ask(bare(Method::POST, "/v1/auth/session").body(wrong).unwrap()).await;
    assert_eq!(refused.error().1, "invalid_token");
    assert_eq!((refused.status.as_u16(), refused.header("set-cookie")), (401, ""));

    let cookie = sign_in(&desk).await;
    let with = |method: Method, path: &str| bare(method, path).header("cookie", &cookie);
    let session = desk.ask(with(Method::GET, "/v1/auth/session").body(Body::empty()).unwrap()).await;
    assert_eq!(session.status, 200, "{}", session.text);
    let make = || Body::from(json!({"agent_key": "a"}).to_string());
    let forged = desk.ask(with(Method::POST, "/v1/agents").body(make()).unwrap()).await;
    assert_eq!(forged.status, 403);
    assert!(forged.error().2.contains("x-gateway-csrf"), "{}", forged.text);
    let chat = json!({"model": "gpt-5.5", "messages": [{"role": "user", "content": "hi"}]}).to_string();
    let forged = desk.ask(with(Method::POST, "/v1/chat/completions").body(chat.into()).unwrap()).await;
    assert_eq!(forged.status, 403, "{}", forged.text);
    let ours = with(Method::POST, "/v1/agents").header("x-gateway-csrf", "1");
    let ours = desk.ask(ours.body(make()).unwrap()).await;
    assert_eq!(ours.status, 201, "{}", ours.text);

    let out = desk.ask(with(Method::DELETE, "/v1/auth/session").body(Body::empty()).unwrap()).await;
    assert_eq!(out.status, 204);
    assert!(out.header("set-cookie").contains("Max-Age=0"), "{}", out.header("set-cookie"));
    let secure = bare(Method::POST, "/v1/auth/session").header("x-forwarded-proto", "https");
    let secure = desk.ask(secure.body(json!({ "token": TOKEN }).to_string().into()).unwrap()).await;
    assert!(secure.header("set-cookie").contains("; Secure"));
}

#[tokio::test]
async fn a_forged_cookie_is_nobody() {
    let desk = Desk::new().await;
    let cookie = sign_in(&desk).await;
    let shorter = &cookie[..cookie.len() - 1];
    for forged in [
        format!("{cookie}x"),
        shorter.to_owned(),
        format!("gateway_session={TOKEN}"),
        "gateway_session=".to_owned(),
        format!("another_session={}", cookie.split_once('=').unwrap().1),
    ] {
        let ask = bare(Method::GET, "/v1/overview").header("cookie", &forged);
        assert_eq!(desk.ask(ask.body(Body::empty()).unwrap()).await.status, 401, "{forged}");
    }
    // A wrong bearer token is not outweighed by a good cookie.
    let ask = bare(Method::GET, "/v1/overview").header("cookie", &cookie).header("authorization", "Bearer x");
    assert_eq!(desk.ask(ask.body(Body::empty()).unwrap()).await.status, 401);
}

/// Every route of the document but the public ones, which `access::routes` lists with their reasons.
#[tokio::test]
async fn no_route_of_the_api_answers_without_a_token() {
    let desk = Desk::new().await;
    let document: Value = serde_json::from_str(&gateway::http::openapi()).unwrap();
    let mut asked = 0;
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let method: Method = method.to_uppercase().parse().unwrap();
            if !path.starts_with("/v1/") || operation.get("security").is_none() {
                continue;
            }
            let place = path.replace("{*id}", "x").replace("{id}", "x").replace("{provider}", "x");
            for token in [None, Some("Bearer gw_wrong"), Some("Basic Z3c6eA=="), Some("Bearer ")] {
                let mut ask = bare(method.clone(), &place);
                if let Some(token) = token {
                    ask = ask.header("authorization", token);
                }
                let answer = desk.ask(ask.body(Body::from("{}")).unwrap()).await;
                assert_eq!(answer.status, 401, "{method} {place} {token:?}: {}", answer.text);
                let error = &answer.json()["error"];
                let model_route =
                    ["/v1/responses", "/v1/chat", "/v1/models"].iter().any(|p| place.starts_with(p));
                assert_eq!(error.is_object(), model_route, "{method} {place}: {}", answer.text);
                assert!(!answer.header("x-request-id").is_empty());
            }
            asked += 1;
        }
    }
    assert!(asked > 20, "{asked}");
}

#[tokio::test]
async fn another_tenant_is_not_found_whatever_it_is_called() {
    let desk = Desk::new().await;
    for name in ["x-gateway-tenant-id", "x-goclaw-tenant-id"] {
        for (tenant, status) in [
            ("master", 200),
            ("0193a5b0-7000-7000-8000-000000000001", 200),
            ("other", 404),
            ("0193a5b0-7000-7000-8000-000000000002", 404),
            ("", 404),
        ] {
            let ask = request(Method::GET, "/v1/providers").header(name, tenant);
            let answer = desk.ask(ask.body(Body::empty()).unwrap()).await;
            assert_eq!(answer.status, status, "{name}: {tenant}: {}", answer.text);
        }
    }
}
