//! What the sign-in server is sent, and what becomes of its answers.

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use gateway::domain::oauth::{Pkce, state_parameter};
use gateway::upstream::http_client;
use gateway::upstream::openai_auth::{
    AuthError, DevicePoll, OpenAiAuth, OpenAiAuthConfig, RefreshReason, TokenKind,
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

type Answers = Arc<Mutex<VecDeque<(u16, String)>>>;
type Requests = Arc<Mutex<Vec<(String, HeaderMap, String)>>>;

#[derive(Clone, Default)]
struct Server {
    answers: Answers,
    requests: Requests,
}

impl Server {
    async fn start(answers: impl IntoIterator<Item = (u16, Value)>) -> (Self, OpenAiAuth) {
        let answers = answers.into_iter().map(|(status, body)| (status, body.to_string())).collect();
        Self::start_raw(answers).await
    }

    async fn start_raw(answers: VecDeque<(u16, String)>) -> (Self, OpenAiAuth) {
        let server = Self { answers: Arc::new(Mutex::new(answers)), requests: Arc::default() };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let routes = Router::new().fallback(answer).with_state(server.clone());
        #[expect(clippy::disallowed_methods, reason = "ends with the test's runtime")]
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        let config = OpenAiAuthConfig::new(url.parse().unwrap());
        (server, OpenAiAuth::new(http_client::build(Duration::from_secs(10)).unwrap(), config))
    }

    fn request(&self, index: usize) -> (String, HeaderMap, String) {
        self.requests.lock().unwrap()[index].clone()
    }
}

async fn answer(State(server): State<Server>, uri: Uri, headers: HeaderMap, body: String) -> Response {
    server.requests.lock().unwrap().push((uri.path().to_owned(), headers, body));
    let Some((status, body)) = server.answers.lock().unwrap().pop_front() else {
        return std::future::pending().await;
    };
    let status = StatusCode::from_u16(status).unwrap();
    (status, [("content-type", "application/json")], body).into_response()
}

fn secret(text: &str) -> SecretString {
    text.into()
}

#[tokio::test]
async fn the_authorize_url_asks_for_a_code_with_pkce() {
    let (_, auth) = Server::start([]).await;
    let pkce = Pkce::from_random(&[7; 64]);
    let state = state_parameter(&[8; 32]);
    let redirect = "http://localhost:1455/auth/callback";
    let url = auth.authorize_url(redirect, &pkce.challenge, &state, false).unwrap();
    assert_eq!(url.path(), "/oauth/authorize");
    let query: HashMap<_, _> = url.query_pairs().into_owned().collect();
    let expected = [
        ("response_type", "code"),
        ("client_id", "app_EMoamEEZ73f0CkXaXp7hrann"),
        ("redirect_uri", redirect),
        ("code_challenge", &pkce.challenge),
        ("code_challenge_method", "S256"),
        ("state", &state),
        ("scope", "openid profile email offline_access"),
        ("id_token_add_organizations", "true"),
        ("codex_cli_simplified_flow", "true"),
        ("originator", "gateway"),
    ];
    for (name, value) in expected {
        assert_eq!(query.get(name).map(String::as_str), Some(value), "{name}");
    }
    assert_eq!(query.len(), expected.len());
    assert!(!url.as_str().contains(pkce.verifier.expose_secret()));
    let again = auth.authorize_url(redirect, &pkce.challenge, &state, true).unwrap();
    assert!(again.query_pairs().any(|pair| pair == ("prompt".into(), "login".into())));
    let error = auth.authorize_url("not a url", "c", "s", false).unwrap_err();
    assert_eq!(error, AuthError::InvalidRedirectUri);
}

#[tokio::test]
async fn a_code_is_exchanged_as_a_form_with_the_same_redirect_uri() {
    let tokens = json!({"id_token": "i", "access_token": "a", "refresh_token": "r", "scope": "x"});
    let (server, auth) = Server::start([(200, tokens)]).await;
    let redirect = "http://127.0.0.1:1455/auth/callback";
    let set = auth.exchange_code(&secret("the-code"), redirect, &secret("the-verifier")).await.unwrap();
    assert_eq!(set.id_token.unwrap().expose_secret(), "i");
    assert_eq!(set.access_token.unwrap().expose_secret(), "a");
    assert_eq!(set.refresh_token.unwrap().expose_secret(), "r");

    let (path, headers, body) = server.request(0);
    assert_eq!(path, "/oauth/token");
    assert_eq!(headers["content-type"], "application/x-www-form-urlencoded");
    let form: HashMap<_, _> = url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    let expected = [
        ("grant_type", "authorization_code"),
        ("client_id", "app_EMoamEEZ73f0CkXaXp7hrann"),
        ("code", "the-code"),
        ("redirect_uri", redirect),
        ("code_verifier", "the-verifier"),
    ];
    for (name, value) in expected {
        assert_eq!(form.get(name).map(String::as_str), Some(value), "{name}");
    }
    assert_eq!(form.len(), expected.len());
}

#[tokio::test]
async fn a_refused_code_says_why_and_shows_neither_code_nor_body() {
    let refusal = json!({"error": {"code": "invalid_grant", "message": "the-code is used"}});
    let (_, auth) = Server::start([(400, refusal), (200, json!({"access_token": 5, "x": "the-code"}))]).await;
    let (code, verifier) = (secret("the-code"), secret("the-verifier"));
    let error = auth.exchange_code(&code, "http://x/", &verifier).await.unwrap_err();
    assert_eq!(error, AuthError::Status { status: 400, code: Some("invalid_grant".into()) });
    let unreadable = auth.exchange_code(&code, "http://x/", &verifier).await.unwrap_err();
    assert_eq!(unreadable, AuthError::Unreadable);
    for error in [error, unreadable] {
        assert!(!format!("{error} {error:?}").contains("the-"), "{error:?}");
    }
}

#[tokio::test]
async fn a_refresh_is_the_json_that_the_official_client_sends() {
    let (server, auth) = Server::start([(200, json!({"access_token": "a2", "refresh_token": ""}))]).await;
    let set = auth.refresh(&secret("rt-1"), RefreshReason::UnauthorizedRecovery).await.unwrap();
    assert_eq!(set.access_token.unwrap().expose_secret(), "a2");
    assert!(set.refresh_token.is_none() && set.id_token.is_none(), "an empty token is none");
    let (path, headers, body) = server.request(0);
    assert_eq!(path, "/oauth/token");
    assert_eq!(headers["content-type"], "application/json");
    assert_eq!(headers["originator"], "gateway");
    assert_eq!(headers["user-agent"], http_client::USER_AGENT);
    assert_eq!(
        body,
        r#"{"client_id":"app_EMoamEEZ73f0CkXaXp7hrann","grant_type":"refresh_token","refresh_reason":"unauthorized_recovery","refresh_token":"rt-1"}"#
    );
}

#[tokio::test]
async fn a_refresh_that_hangs_is_given_up_and_an_empty_answer_is_no_answer() {
    let (_, auth) = Server::start([(200, json!({"id_token": "only"}))]).await;
    let auth = auth.with_exchange_timeout(Duration::from_millis(100));
    let error = auth.refresh(&secret("rt-1"), RefreshReason::Scheduled).await.unwrap_err();
    assert_eq!(error, AuthError::Unreadable);
    let error = auth.refresh(&secret("rt-1"), RefreshReason::Scheduled).await.unwrap_err();
    assert_eq!(error, AuthError::Timeout);
}

#[tokio::test]
async fn redirects_are_not_followed_and_flooding_is_cut_off() {
    let (server, auth) =
        Server::start_raw([(302, String::new()), (200, "x".repeat(2 << 20))].into_iter().collect()).await;
    let error = auth.refresh(&secret("rt-1"), RefreshReason::Scheduled).await.unwrap_err();
    assert_eq!(error, AuthError::Status { status: 302, code: None });
    let error = auth.refresh(&secret("rt-1"), RefreshReason::Scheduled).await.unwrap_err();
    assert_eq!(error, AuthError::Unreadable);
    assert_eq!(server.requests.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn revoking_names_the_kind_of_token() {
    let (server, auth) = Server::start([(200, json!({})), (200, json!({}))]).await;
    auth.revoke(&secret("rt-1"), TokenKind::Refresh).await.unwrap();
    auth.revoke(&secret("at-1"), TokenKind::Access).await.unwrap();
    let body = |index| serde_json::from_str::<Value>(&server.request(index).2).unwrap();
    let refresh = json!({
        "token": "rt-1", "token_type_hint": "refresh_token", "client_id": "app_EMoamEEZ73f0CkXaXp7hrann",
    });
    assert_eq!(body(0), refresh);
    assert_eq!(body(1), json!({"token": "at-1", "token_type_hint": "access_token"}));
    assert_eq!(server.request(0).0, "/oauth/revoke");
}

#[tokio::test]
async fn a_device_sign_in_waits_for_its_user_and_is_exchanged_with_the_issuers_verifier() {
    let (server, auth) = Server::start([
        (
            200,
            json!({"device_auth_id": "dev", "usercode": "ABCD-12345", "interval": "7",
                   "expires_at": "2026-11-21T23:59:00.000000+00:00"}),
        ),
        (403, json!({"error": {"code": "deviceauth_authorization_pending"}})),
        (404, json!({})),
        (200, json!({"authorization_code": "ac", "code_challenge": "cc", "code_verifier": "cv"})),
        (200, json!({"id_token": "i", "access_token": "a", "refresh_token": "r"})),
    ])
    .await;
    let device = auth.device_start().await.unwrap();
    assert_eq!((device.user_code.as_str(), device.interval), ("ABCD-12345", Duration::from_secs(7)));
    assert_eq!(device.verification_url, format!("{}/codex/device", auth.issuer()));
    assert_eq!(device.expires_at.unwrap().to_rfc3339(), "2026-11-21T23:59:00+00:00");
    for _ in 0..2 {
        let poll = auth.device_poll(&device.device_auth_id, &device.user_code).await.unwrap();
        assert!(matches!(poll, DevicePoll::Pending));
    }
    let poll = auth.device_poll(&device.device_auth_id, &device.user_code).await.unwrap();
    let DevicePoll::Approved { code, verifier } = poll else { panic!("not approved") };
    auth.exchange_device_code(&code, &verifier).await.unwrap();

    let body = |index| serde_json::from_str::<Value>(&server.request(index).2).unwrap();
    assert_eq!(body(0), json!({"client_id": "app_EMoamEEZ73f0CkXaXp7hrann"}));
    assert_eq!(body(1), json!({"device_auth_id": "dev", "user_code": "ABCD-12345"}));
    let (_, _, form) = server.request(4);
    let form: HashMap<_, _> = url::form_urlencoded::parse(form.as_bytes()).into_owned().collect();
    assert_eq!((form["code"].as_str(), form["code_verifier"].as_str()), ("ac", "cv"));
    assert_eq!(form["redirect_uri"], format!("{}/deviceauth/callback", auth.issuer()));
    assert!(!format!("{device:?}").contains("dev\"") && !format!("{device:?}").contains("ABCD"));
}

#[tokio::test]
async fn an_issuer_without_a_device_flow_or_in_trouble_is_told_apart_from_waiting() {
    let (_, auth) = Server::start([(404, json!({})), (500, json!({})), (200, json!({"odd": true}))]).await;
    assert!(matches!(auth.device_start().await, Err(AuthError::Status { status: 404, .. })));
    let poll = auth.device_poll(&secret("dev"), "CODE").await;
    assert!(matches!(poll, Err(AuthError::Status { status: 500, .. })));
    assert!(matches!(auth.device_poll(&secret("dev"), "CODE").await, Err(AuthError::Unreadable)));
}
