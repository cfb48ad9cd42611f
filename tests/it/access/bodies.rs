//! Bodies that are too large or too deep, and what every answer says to a browser, over all routes of the document.

use super::routes::{Route, routes};
use crate::support::world::{World, request};
use axum::body::Body;

fn with_body() -> impl Iterator<Item = Route> {
    routes().into_iter().filter(|route| ["POST", "PUT", "PATCH"].contains(&&*route.method))
}

/// On a thread with the stack of a server's: a reader that recurses would end the process.
#[tokio::test]
async fn a_body_that_is_nested_deeply_is_a_bad_request_everywhere() {
    let world = World::new().await;
    let node = world.node().await;
    let router = node.router();
    let depth = 50_000;
    let deep = "[".repeat(depth) + &"]".repeat(depth);
    let bodies = [
        deep.clone(),
        format!("{{\"a\": {deep}}}"),
        format!("{{\"model\": \"gpt-5.5\", \"input\": {deep}, \"messages\": {deep}, \"message\": {deep}}}"),
        "{\"model\": ".repeat(depth),
    ];
    let codex = [("originator", "codex_cli_rs")];
    for route in with_body().filter(|route| route.takes_body) {
        for body in &bodies {
            for headers in [&[][..], &codex] {
                let answer =
                    request(router.clone(), &route.method, &route.path, headers, Body::from(body.clone()));
                let answer = answer.await;
                let begin = &body[..40];
                // A Codex client is told in a stream only what it should repeat.
                assert_eq!(answer.status, 400, "{} {begin}: {}", route.name, answer.text());
            }
        }
    }
    for path in ["/mcp"] {
        let headers =
            [("content-type", "application/json"), ("accept", "application/json, text/event-stream")];
        let answer = request(router.clone(), "POST", path, &headers, Body::from(bodies[1].clone())).await;
        assert!((400..500).contains(&answer.status), "{path}: {} {}", answer.status, answer.text());
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_everywhere() {
    let world = World::with(|config| config.server.max_body_mib = 1).await;
    let node = world.bare_node().await;
    let router = node.router();
    let large = format!("{{\"a\": \"{}\"}}", "x".repeat(1 << 20));
    for route in with_body().filter(|route| route.takes_body) {
        let answer =
            request(router.clone(), &route.method, &route.path, &[], Body::from(large.clone())).await;
        // The Codex client repeats a 413.
        let for_models = ["/v1/responses", "/v1/chat/completions"].contains(&&*route.path);
        let expected = if for_models { 400 } else { 413 };
        assert_eq!(answer.status, expected, "{}: {}", route.name, answer.text());
    }
}

/// Postgres holds no NUL: it would be an error of ours.
#[tokio::test]
async fn a_nul_character_in_an_address_is_a_bad_request_everywhere() {
    let world = World::new().await;
    let node = world.bare_node().await;
    let router = node.router();
    for route in routes() {
        let with = |query: &str| format!("{}?{query}", route.path);
        for path in [with("agent=a%00b"), with("q=%00"), format!("{}%00", route.path)] {
            let answer = request(router.clone(), &route.method, &path, &[], Body::from("{}")).await;
            assert_eq!(answer.status, 400, "{} {path}: {}", route.method, answer.text());
            let error = &answer.json()["error"];
            assert!(error.is_string() || error["message"].is_string(), "{error}");
        }
    }
}

#[tokio::test]
async fn every_answer_of_every_route_tells_a_browser_to_do_nothing_with_it() {
    let world = World::new().await;
    let node = world.bare_node().await;
    let router = node.router();
    let mut asked: Vec<(String, String, &str)> = Vec::new();
    for route in routes().into_iter().filter(|route| !route.path.ends_with("/events")) {
        for token in ["Bearer gw_wrong", "Bearer gw_test_token"] {
            asked.push((route.method.clone(), route.path.clone(), token));
        }
        asked.push(("TRACE".into(), route.path.clone(), "Bearer gw_wrong"));
    }
    for path in ["/", "/providers", "/assets/none.js", "/v1/none", "/v1/models/a/b", "/mcp"] {
        asked.push(("GET".into(), path.into(), "Bearer gw_wrong"));
    }
    for (method, path, token) in &asked {
        let headers = [("authorization", *token), ("origin", "https://evil.example")];
        let answer = request(router.clone(), method, path, &headers, Body::from("{}")).await;
        let header = |name: &str| answer.header(name).unwrap_or_else(|| panic!("{method} {path}: no {name}"));
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("x-frame-options"), "DENY");
        assert_eq!(header("referrer-policy"), "no-referrer");
        assert_eq!(header("cross-origin-resource-policy"), "same-origin");
        let csp = header("content-security-policy");
        assert!(csp.contains("frame-ancestors 'none'") && csp.contains("base-uri 'none'"), "{csp}");
        let page = answer.header("content-type").is_some_and(|kind| kind.starts_with("text/html"));
        assert!(csp.contains(if page { "script-src 'self'" } else { "default-src 'none'" }), "{path}: {csp}");
        assert!(!csp.contains("unsafe-eval") && !csp.contains("script-src 'self' 'unsafe"), "{csp}");
        assert_eq!(answer.header("access-control-allow-origin"), None, "{method} {path}");
        assert!(answer.header("cache-control").is_some(), "{method} {path}");
    }
    let preflight = [("origin", "https://evil.example"), ("access-control-request-method", "POST")];
    let answer = request(router, "OPTIONS", "/v1/agents", &preflight, Body::empty()).await;
    assert_eq!(answer.header("access-control-allow-origin"), None);
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
}

/// A browser that came over TLS comes over nothing else; what a client says of that itself is nothing.
#[tokio::test]
async fn whoever_comes_over_tls_is_told_to_stay_and_only_a_trusted_proxy_can_say_that_they_do() {
    use axum::extract::ConnectInfo;
    use tower::ServiceExt as _;
    let world =
        World::with(|config| config.server.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()]).await;
    let node = world.bare_node().await;
    let router = node.router();
    let told = async |peer: &str, host: &str, proto: Option<&str>| {
        let peer = std::net::SocketAddr::new(peer.parse().unwrap(), 4711);
        let request = axum::http::Request::builder().uri("/healthz").header("host", host);
        let request =
            proto.into_iter().fold(request, |request, proto| request.header("x-forwarded-proto", proto));
        let request = request.extension(ConnectInfo(peer)).body(Body::empty()).unwrap();
        let answer = router.clone().oneshot(request).await.unwrap();
        answer.headers().get("strict-transport-security").map(|value| value.to_str().unwrap().to_owned())
    };
    let year = Some("max-age=31536000".to_owned());
    assert_eq!(told("10.1.2.3", "gateway.example", Some("https")).await, year);
    assert_eq!(told("10.1.2.3", "gateway.example", Some("http")).await, None);
    assert_eq!(told("10.1.2.3", "gateway.example", None).await, None);
    assert_eq!(told("192.0.2.1", "gateway.example", Some("https")).await, None);
    assert_eq!(told("10.1.2.3", "localhost:18790", Some("https")).await, None, "of every program there");
    node.stop().await;
    let quiet = world.node_with(|config| config.server.hsts_seconds = 0).await;
    let headers = [("x-forwarded-proto", "https")];
    let answer = quiet.request("GET", "/healthz", &headers, Body::empty()).await;
    assert_eq!(answer.header("strict-transport-security"), None);
    quiet.stop().await;
}
