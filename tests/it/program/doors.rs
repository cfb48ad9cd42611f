//! The program's listeners: TLS, the admin API on its own, and the settings that bound their clients.

use super::process::{Client, Home, Process, until};
use crate::support::database::database;
use gateway::upstream::http_client::install_tls_provider;
use reqwest::{Certificate, Version};
use std::path::PathBuf;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A certificate of its own for loopback, and its key, as PEM.
fn certificate() -> (String, String) {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned(), "localhost".to_owned()]).unwrap();
    (made.cert.pem(), made.signing_key.serialize_pem())
}

struct Files {
    certificate: PathBuf,
    key: PathBuf,
}

impl Files {
    fn of(home: &Home) -> Self {
        Self { certificate: home.dir.path().join("tls.crt"), key: home.dir.path().join("tls.key") }
    }

    fn write(&self, certificate: &str, key: &str) {
        std::fs::write(&self.certificate, certificate).unwrap();
        std::fs::write(&self.key, key).unwrap();
    }
}

const TLS: &str = "{\"gateway\": {\"tls\": {\"certificate\": \"tls.crt\", \"key\": \"tls.key\"}}}";

/// Trusts this certificate and no other; every request on a connection of its own.
fn trusting(certificate: &str) -> reqwest::Client {
    install_tls_provider();
    let certificate = Certificate::from_pem(certificate.as_bytes()).unwrap();
    reqwest::Client::builder().tls_certs_only([certificate]).pool_max_idle_per_host(0).build().unwrap()
}

async fn asked(client: &reqwest::Client, gateway: &Process) -> Option<Version> {
    let answer = client.get(format!("{}/healthz", gateway.url)).send().await.ok()?;
    assert_eq!(answer.status(), 200);
    Some(answer.version())
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[tokio::test]
async fn with_a_certificate_it_speaks_tls_alone_and_a_changed_one_is_used_without_a_restart() {
    let db = database().await;
    let port = free_port();
    let home = Home::new().with("GATEWAY_POSTGRES_DSN", &db.url).with("GATEWAY_PORT", port.to_string());
    let files = Files::of(&home);
    let (first, first_key) = certificate();
    files.write(&first, &first_key);
    home.write_config(TLS);
    let mut gateway = home.serve().await;
    assert!(gateway.url.starts_with("https://"), "{}", gateway.url);
    let old = trusting(&first);
    assert_eq!(asked(&old, &gateway).await, Some(Version::HTTP_2));
    assert_eq!(home.ok(&["health"]).trim(), "ok");
    let sign_in = old.post(format!("{}/v1/auth/session", gateway.url));
    let sign_in = sign_in.json(&serde_json::json!({"token": home.token()})).send().await.unwrap();
    let cookie = sign_in.headers()["set-cookie"].to_str().unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("; Secure"), "{cookie}");
    let strict = sign_in.headers()["strict-transport-security"].to_str().unwrap();
    assert_eq!(strict, "max-age=31536000");
    let plain = gateway.url.replace("https://", "http://");
    assert!(Client::new(&plain, "").request(reqwest::Method::GET, "/healthz").send().await.is_err());

    // Of another key: no pair, and refused.
    let (second, second_key) = certificate();
    std::fs::write(&files.certificate, &second).unwrap();
    gateway.says("the changed certificate is refused").await;
    assert!(asked(&old, &gateway).await.is_some());
    std::fs::write(&files.key, &second_key).unwrap();
    gateway.says("the changed certificate is in use").await;
    assert!(asked(&trusting(&second), &gateway).await.is_some());
    // A client of before goes on with its TLS session, without seeing a certificate again.
    assert!(asked(&trusting(&first), &gateway).await.is_none(), "the old certificate is not shown any more");

    std::fs::write(&files.key, "no key").unwrap();
    gateway.says("has no private key").await;
    assert!(asked(&trusting(&second), &gateway).await.is_some());
    let log = gateway.log();
    assert!(!log.contains("PRIVATE KEY") && !log.contains("no key"), "{log}");
    gateway.stop().await;
}

#[tokio::test]
async fn a_certificate_that_can_not_be_used_is_a_clear_error_at_the_start() {
    let db = database().await;
    let home = Home::new().with("GATEWAY_POSTGRES_DSN", &db.url);
    home.write_config(TLS);
    let error = home.fails(&[]);
    assert!(error.contains("gateway.tls") && error.contains("tls.crt can't be read"), "{error}");
    let files = Files::of(&home);
    let ((one, _), (_, another_key)) = (certificate(), certificate());
    files.write(&one, &another_key);
    let error = home.fails(&[]);
    assert!(error.contains("do not make a certificate with its key"), "{error}");
    home.write_config("{\"gateway\": {\"tls\": {\"certificate\": \"tls.crt\"}}}");
    let error = home.fails(&[]);
    assert!(error.contains("gateway.tls.key") && error.contains("a certificate and its key"), "{error}");
}

#[tokio::test]
async fn with_an_admin_listener_the_main_one_serves_models_mcp_and_health_and_nothing_else() {
    let db = database().await;
    let home = Home::new().with("GATEWAY_POSTGRES_DSN", &db.url);
    home.write_config("{\"gateway\": {\"admin\": {\"port\": 0}}}");
    let mut gateway = home.serve().await;
    let main = gateway.client(&home.token());
    let text = gateway.stdout();
    let dashboard = text.lines().find_map(|line| line.trim().strip_prefix("dashboard")).unwrap().trim();
    assert_ne!(dashboard, gateway.url);
    let admin = Client::new(dashboard, &home.token());
    for path in ["/healthz", "/readyz", "/v1/models", "/v1/me"] {
        assert_eq!(main.get(path).await.0, 200, "{path}");
        assert_eq!(admin.get(path).await.0, 200, "{path}");
    }
    assert_eq!(main.get("/v1/responses/resp_1").await.1["error"]["code"], "response_not_found");
    assert_ne!(main.get("/mcp").await.0, 404);
    for path in ["/v1/providers", "/v1/auth/session", "/v1/overview", "/metrics", "/"] {
        let (status, answer) = main.get(path).await;
        assert_eq!((status, answer["code"].as_str()), (404, Some("not_found")), "{path}: {answer}");
        assert_eq!(admin.get(path).await.0, 200, "{path}");
    }
    // Nothing of the document but what is named here stands open.
    let document: serde_json::Value = serde_json::from_str(&gateway::http::openapi()).unwrap();
    for (path, operations) in document["paths"].as_object().unwrap() {
        let open = ["/v1/responses", "/v1/chat/completions", "/v1/models", "/v1/me", "/healthz", "/readyz"];
        if open.iter().any(|prefix| path.starts_with(prefix)) {
            continue;
        }
        for method in operations.as_object().unwrap().keys() {
            let Ok(method) = method.to_uppercase().parse::<reqwest::Method>() else { continue };
            let path = path.replace(['{', '}'], "");
            let (status, answer) = main.send(method.clone(), &path, serde_json::json!({})).await;
            assert_eq!((status, answer["error"].as_str()), (404, Some("route not found")), "{method} {path}");
        }
    }
    gateway.stop().await;
}

#[tokio::test]
async fn the_settings_bound_who_stands_in_the_door() {
    let db = database().await;
    let home = Home::new().with("GATEWAY_POSTGRES_DSN", &db.url);
    home.write_config("{\"gateway\": {\"max_connections\": 2, \"request_head_seconds\": 1}}");
    let mut gateway = home.serve().await;
    let address = gateway.url.strip_prefix("http://").unwrap().to_owned();
    let mut silent = TcpStream::connect(&address).await.unwrap();
    let _other = TcpStream::connect(&address).await.unwrap();
    let mut third = TcpStream::connect(&address).await.unwrap();
    third.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    third.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    gateway.says("too many connections").await;
    let closed = tokio::time::timeout(Duration::from_secs(10), silent.read(&mut [0; 16])).await;
    assert!(matches!(closed, Ok(Ok(0) | Err(_))), "{closed:?}");
    let client = gateway.client("");
    let health = async || {
        client.request(reqwest::Method::GET, "/healthz").send().await.is_ok_and(|a| a.status() == 200)
    };
    until("there is room again", health).await;
    gateway.stop().await;
}
