use super::*;
use crate::domain::ids::{LoginId, ProviderId};
use serde_json::json;

#[test]
fn an_empty_start_is_a_browser_sign_in() {
    let request: StartRequest = serde_json::from_value(json!({})).unwrap();
    assert_eq!((request.method, request.force), (Method::Browser, false));
    let request: StartRequest = serde_json::from_value(json!({"method": "device", "force": true})).unwrap();
    assert_eq!((request.method, request.options().force), (Method::Device, true));
}

#[test]
fn the_answers_have_the_documented_members() {
    let started = Started::Begun(BrowserStart {
        login_id: LoginId(Uuid::nil()),
        provider_name: "openai-codex".into(),
        auth_url: "https://auth.openai.com/oauth/authorize?x=1".into(),
        redirect_uri: "http://localhost:1455/auth/callback".into(),
        expires_at: DateTime::UNIX_EPOCH,
        listening: Listening::No { reason: "taken".into() },
    });
    assert_eq!(
        serde_json::to_value(StartResponse::from(started)).unwrap(),
        json!({
            "auth_url": "https://auth.openai.com/oauth/authorize?x=1",
            "provider_name": "openai-codex",
            "login_id": Uuid::nil(),
            "redirect_uri": "http://localhost:1455/auth/callback",
            "expires_at": "1970-01-01T00:00:00Z",
            "listener": {"listening": false, "reason": "taken"}
        })
    );
    let already = StartResponse::from(Started::<DeviceStart>::AlreadyAuthenticated);
    assert_eq!(serde_json::to_value(already).unwrap(), json!({"status": "already_authenticated"}));
}

#[test]
fn what_finishes_a_sign_in_is_shown_to_nobody_who_may_only_read() {
    let browser = LoginWay::Browser {
        oauth_state: "the-state".into(),
        redirect_uri: "http://localhost:1455/auth/callback".into(),
        auth_url: "https://auth.openai.com/oauth/authorize?state=the-state".into(),
    };
    let device = LoginWay::Device {
        user_code: "THE-CODE".into(),
        verification_url: "https://auth.openai.com/codex/device".into(),
        interval_seconds: 5,
    };
    for (way, method, secret) in
        [(browser, LoginMethod::Browser, "the-state"), (device, LoginMethod::Device, "THE-CODE")]
    {
        let shown = |manages| {
            let status = LoginStatus {
                state: AccountState::SignedOut,
                provider_name: None,
                email: None,
                plan_type: None,
                expires_at: None,
                error: None,
                pending: Some(PendingLogin {
                    login_id: LoginId(Uuid::nil()),
                    method,
                    progress: Progress::Pending,
                    expires_at: DateTime::UNIX_EPOCH,
                    way: Some(way.clone()),
                }),
            };
            serde_json::to_string(&StatusResponse::shown(status, manages)).unwrap()
        };
        assert!(shown(true).contains(secret));
        assert!(shown(false).contains("\"state\":\"pending\"") && !shown(false).contains(secret));
        assert!(!shown(false).contains("https://"), "{}", shown(false));
    }
}

#[test]
fn an_import_always_warns() {
    let connected = Connected {
        provider_id: ProviderId(Uuid::nil()),
        provider_name: "p".into(),
        email: None,
        replaced: Some("old@b.c".into()),
    };
    assert!(
        ConnectedResponse::of_callback(connected.clone()).warning.is_some_and(|it| it.contains("old@b.c"))
    );
    let import = ConnectedResponse::of_import(connected).warning.unwrap_or_default();
    assert!(import.contains("must not share a refresh token") && import.contains("old@b.c"), "{import}");
}
