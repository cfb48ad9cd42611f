//! From where somebody did it.

use super::{Desk, from};
use crate::support::world::request;
use serde_json::{Value, json};

/// The address in the entry of a change that is made from `peer`, with these headers.
async fn seen(desk: &Desk, peer: &str, headers: &[(&str, &str)]) -> Value {
    let key = format!("agent-{}", uuid::Uuid::now_v7());
    let body = json!({ "agent_key": key }).to_string();
    let answer = request(from(&desk.node, peer), "POST", "/v1/agents", headers, body.into()).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    desk.log().await.pop().unwrap()["actor"]["address"].clone()
}

#[tokio::test]
async fn what_a_client_says_of_its_address_counts_only_through_a_trusted_proxy() {
    let trusted = || vec!["10.0.0.0/8".parse().unwrap()];
    let desk = Desk::with(|config| config.server.trusted_proxies = trusted()).await;
    let spoofed = ("x-forwarded-for", "203.0.113.9");
    assert_eq!(seen(&desk, "192.0.2.1", &[spoofed, ("forwarded", "for=203.0.113.9")]).await, "192.0.2.1");
    assert_eq!(seen(&desk, "10.0.0.1", &[]).await, "10.0.0.1");
    let through = ("x-forwarded-for", "203.0.113.9, 198.51.100.4, 10.0.0.7");
    assert_eq!(seen(&desk, "10.0.0.1", &[through]).await, "198.51.100.4", "not what stands in front of it");
    assert_eq!(
        seen(&desk, "10.0.0.1", &[spoofed, ("x-forwarded-for", "198.51.100.4")]).await,
        "198.51.100.4"
    );
    assert_eq!(seen(&desk, "10.0.0.1", &[("forwarded", "for=\"[2001:db8::4]:80\"")]).await, "2001:db8::4");
    assert_eq!(seen(&desk, "::ffff:192.0.2.1", &[]).await, "192.0.2.1");
    desk.node.stop().await;

    let desk = Desk::new().await;
    assert_eq!(seen(&desk, "10.0.0.1", &[spoofed]).await, "10.0.0.1", "nobody is trusted by default");
    desk.node.stop().await;
}

#[tokio::test]
async fn over_a_socket_the_address_is_the_connections() {
    let desk = Desk::new().await;
    let url = desk.node.listen().await;
    let client = crate::program::process::Client::new(&url, crate::support::world::TOKEN);
    client.done(reqwest::Method::POST, "/v1/agents", json!({"agent_key": "helper"})).await;
    assert_eq!(desk.log().await[0]["actor"]["address"], "127.0.0.1");
    desk.node.stop().await;
}
