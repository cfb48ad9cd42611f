//! Through the listener, and by paste.

use super::world::{ADA, GRACE, World, code_of, force, in_minutes, is_listening, open, until};
use crate::support::world::owner;
use chrono::TimeDelta;
use gateway::app::login_listener::Listening;
use gateway::app::logins::{AccountState, LoginError, LoginOptions, Progress, Started};
use gateway::demo::simulator::{Endpoint, Script};
use gateway::domain::ids::MASTER_TENANT;
use serde_json::json;
use tokio::net::TcpListener;

#[tokio::test]
async fn a_browser_sign_in_connects_the_account_and_makes_the_provider() {
    let world = World::new().await;
    let gateway = world.gateway();
    let options = LoginOptions {
        display_name: Some(" Ada ".into()),
        api_base: Some("http://127.0.0.1:9/backend-api".into()),
        force: false,
    };
    let begun = gateway.browser_with("openai-codex", options).await.unwrap();
    let port = world.ports()[0];
    assert_eq!(begun.listening, Listening::Yes { port });
    assert_eq!(begun.redirect_uri, format!("http://localhost:{port}/auth/callback"));
    assert_eq!(begun.expires_at, in_minutes(world.clock.now(), 15));
    assert!(world.provider("openai-codex").await.is_none(), "made when the sign-in completes, not before");
    assert_eq!(gateway.progress("openai-codex", begun.login_id).await, Progress::Pending);

    let page = open(&world.agree(&begun.auth_url, ADA), "127.0.0.1").await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains(ADA) && page.text.contains("openai-codex"), "{}", page.text);
    assert!(page.text.contains("You can close this tab"), "{}", page.text);
    assert!(!page.text.contains("ac_"), "the code is not shown");

    let provider = world.provider("openai-codex").await.unwrap();
    assert_eq!((provider.provider_type.as_str(), provider.enabled), ("chatgpt_oauth", true));
    assert_eq!(provider.display_name.as_deref(), Some("Ada"));
    assert_eq!(provider.api_base.as_deref(), Some("http://127.0.0.1:9/backend-api"));
    let status = gateway.status("openai-codex").await;
    assert_eq!(status.state, AccountState::Ready);
    assert_eq!((status.email.as_deref(), status.plan_type.as_deref()), (Some(ADA), Some("plus")));
    assert_eq!(status.pending.unwrap().progress, Progress::Completed);
    assert!(gateway.tokens.get(MASTER_TENANT, provider.id).await.is_ok(), "ready for the next request");
    until("the port is closed", || async { !is_listening(port).await }).await;
}

#[tokio::test]
async fn the_redirect_arrives_on_the_other_loopback_too() {
    let world = World::new().await;
    let gateway = world.gateway();
    let begun = gateway.browser("openai-codex").await;
    if TcpListener::bind("[::1]:0").await.is_err() {
        return;
    }
    let page = open(&world.agree(&begun.auth_url, ADA), "[::1]").await;
    assert_eq!(page.status, 200, "{}", page.text);
}

#[tokio::test]
async fn a_pasted_redirect_finishes_the_sign_in() {
    let world = World::new().await;
    let gateway = world.gateway();
    let begun = gateway.browser("openai-codex").await;
    let redirect = world.agree(&begun.auth_url, ADA);
    let query = redirect.split_once('?').unwrap().1;
    let connected = gateway.logins.callback(&owner(), "openai-codex", query).await.unwrap();
    assert_eq!(connected.provider_name, "openai-codex");
    assert_eq!(connected.provider_id, world.provider("openai-codex").await.unwrap().id);
    assert_eq!(connected.email.as_deref(), Some(ADA));
}

#[tokio::test]
async fn what_is_pasted_wrongly_is_refused_in_goclaws_words_and_consumes_nothing() {
    let world = World::new().await;
    let gateway = world.gateway();
    let paste = |name: &'static str, text: String| {
        let logins = gateway.logins.clone();
        async move { logins.callback(&owner(), name, &text).await.unwrap_err().to_string() }
    };
    assert_eq!(paste("openai-codex", "?code=ac_1&state=s".into()).await, "no pending OAuth flow");
    let begun = gateway.browser("openai-codex").await;
    let redirect = world.agree(&begun.auth_url, ADA);
    assert_eq!(paste("openai-codex", String::new()).await, "redirect_url is required");
    assert_eq!(
        paste("openai-codex", "http://localhost:1455/".into()).await,
        "no authorization code in redirect URL"
    );
    let invalid = "invalid state parameter (possible CSRF)";
    assert_eq!(paste("openai-codex", "?code=ac_1&state=guess".into()).await, invalid);
    assert_eq!(paste("openai-codex", "?code=ac_1".into()).await, invalid);
    assert_eq!(paste("openai-codex", "?error=access_denied".into()).await, invalid);
    assert_eq!(paste("other", redirect.clone()).await, "no pending OAuth flow", "of another provider");

    assert_eq!(gateway.progress("openai-codex", begun.login_id).await, Progress::Pending);
    gateway.logins.callback(&owner(), "openai-codex", &redirect).await.unwrap();
}

#[tokio::test]
async fn the_listener_ignores_what_has_no_known_state_and_keeps_listening() {
    let world = World::new().await;
    let gateway = world.gateway();
    let begun = gateway.browser("openai-codex").await;
    let redirect = world.agree(&begun.auth_url, ADA);
    let base = &begun.redirect_uri;
    for query in [
        "?code=ac_1&state=guess",
        "?code=ac_1",
        "?error=access_denied&state=guess",
        "?error=x",
        "",
        "?state=x",
    ] {
        let page = open(&format!("{base}{query}"), "127.0.0.1").await;
        assert_eq!(page.status, 400, "{query}");
    }
    let origin = base.strip_suffix("/auth/callback").unwrap();
    for path in ["/", "/cancel", "/success", "/auth/callback/x", "/healthz"] {
        assert_eq!(open(&format!("{origin}{path}"), "127.0.0.1").await.status, 404, "{path}");
    }
    assert_eq!(gateway.progress("openai-codex", begun.login_id).await, Progress::Pending);
    assert_eq!(open(&redirect, "127.0.0.1").await.status, 200);
}

#[tokio::test]
async fn a_code_is_brought_once_and_its_replay_changes_nothing() {
    let world = World::new().await;
    let gateway = world.gateway();
    let first = gateway.browser("openai-codex").await;
    // A second one keeps the port open.
    gateway.browser("second").await;
    let redirect = world.agree(&first.auth_url, ADA);
    assert_eq!(open(&redirect, "127.0.0.1").await.status, 200);
    let again = open(&redirect, "127.0.0.1").await;
    assert_eq!(again.status, 200);
    assert!(again.text.contains("has been completed before"), "{}", again.text);
    let pasted = gateway.logins.callback(&owner(), "openai-codex", &redirect).await.unwrap_err();
    assert_eq!((pasted.to_string().as_str(), pasted.code()), ("no pending OAuth flow", "no_pending_flow"));
    assert_eq!(world.account(ADA).counters().sign_ins, 1);
}

#[tokio::test]
async fn two_replicas_that_get_the_callback_at_once_exchange_it_once() {
    let world = World::new().await;
    let (one, two) = (world.gateway(), world.gateway());
    let begun = one.browser("openai-codex").await;
    let redirect = world.agree(&begun.auth_url, ADA);
    world.account(ADA).set_default_on(Endpoint::Token, Script::Default.delayed(300));
    let calls = (0..8).map(|n| {
        let logins = if n % 2 == 0 { one.logins.clone() } else { two.logins.clone() };
        let redirect = redirect.clone();
        async move { logins.callback(&owner(), "openai-codex", &redirect).await }
    });
    let outcomes = futures_util::future::join_all(calls).await;
    let id = world.provider("openai-codex").await.unwrap().id;
    for outcome in outcomes {
        assert_eq!(outcome.unwrap().provider_id, id, "who comes second hears how it went");
    }
    assert_eq!(world.account(ADA).counters().sign_ins, 1);
}

#[tokio::test]
async fn who_declines_is_told_so_on_the_page_and_in_the_dashboard() {
    let world = World::new().await;
    let gateway = world.gateway();
    let begun = gateway.browser("openai-codex").await;
    let page = open(&world.refuse(&begun.auth_url), "127.0.0.1").await;
    assert_eq!(page.status, 400);
    assert!(page.text.contains("declined in the browser"), "{}", page.text);
    assert_eq!(code_of(&gateway.progress("openai-codex", begun.login_id).await), "sign_in_denied");
    assert!(world.provider("openai-codex").await.is_none());

    let begun = gateway.browser("openai-codex").await;
    let denied = world.refuse(&begun.auth_url) + "&error_description=missing_codex_entitlement";
    let error = gateway.logins.callback(&owner(), "openai-codex", &denied).await.unwrap_err();
    assert!(error.to_string().contains("has not enabled Codex"), "{error}");
}

#[tokio::test]
async fn a_sign_in_that_nobody_finishes_ends_after_fifteen_minutes() {
    let world = World::new().await;
    let gateway = world.gateway();
    let begun = gateway.browser("openai-codex").await;
    let redirect = world.agree(&begun.auth_url, ADA);
    world.hand.advance(TimeDelta::minutes(15));
    let error = gateway.logins.callback(&owner(), "openai-codex", &redirect).await.unwrap_err();
    assert!(matches!(error, LoginError::NoPendingFlow), "{error}");
    assert_eq!(code_of(&gateway.progress("openai-codex", begun.login_id).await), "sign_in_expired");
    assert_eq!(open(&redirect, "127.0.0.1").await.status, 400);

    gateway.logins.expire_logins().await.unwrap();
    assert!(world.dump("pending_logins").await.contains("\"expired\""));
    until("the port is closed", || async { !is_listening(world.ports()[0]).await }).await;
    assert_eq!(world.account(ADA).counters().sign_ins, 0);

    world.hand.advance(TimeDelta::minutes(16));
    assert!(gateway.status("openai-codex").await.pending.is_none(), "old failures are not shown for ever");
    world.hand.advance(TimeDelta::hours(25));
    gateway.logins.expire_logins().await.unwrap();
    assert_eq!(world.dump("pending_logins").await, "");
}

#[tokio::test]
async fn a_taken_port_falls_back_to_the_next_and_then_to_pasting() {
    let world = World::new().await;
    let _other = TcpListener::bind(("127.0.0.1", world.ports()[0])).await.unwrap();
    let second = world.gateway();
    let begun = second.browser("openai-codex").await;
    assert_eq!(begun.listening, Listening::Yes { port: world.ports()[1] });
    assert!(begun.redirect_uri.contains(&world.ports()[1].to_string()));
    assert_eq!(open(&world.agree(&begun.auth_url, ADA), "127.0.0.1").await.status, 200);

    let busy = second.browser("keeps-the-port").await;
    let third = world.gateway();
    let begun = third.browser("pasted").await;
    let Listening::No { reason } = &begun.listening else {
        panic!("{:?} and {:?}", busy.listening, begun.listening)
    };
    assert!(reason.contains("paste"), "{reason}");
    assert!(
        begun.redirect_uri.contains(&world.ports()[0].to_string()),
        "the issuer takes registered ports only"
    );
    let redirect = world.agree(&begun.auth_url, GRACE);
    third.logins.callback(&owner(), "pasted", &redirect).await.unwrap();
    assert_eq!(third.status("pasted").await.email.as_deref(), Some(GRACE));
}

#[tokio::test]
async fn one_replicas_listener_finishes_what_another_began() {
    let world = World::new().await;
    let (one, two) = (world.gateway(), world.gateway());
    two.browser("two").await;
    // The port is two's; a load balancer or a second host looks the same from here.
    let begun = one.browser("one").await;
    let Listening::Yes { port } = begun.listening else { panic!("{:?}", begun.listening) };
    assert_eq!(port, world.ports()[1]);
    let redirect =
        world.agree(&begun.auth_url, ADA).replacen(&port.to_string(), &world.ports()[0].to_string(), 1);
    assert_eq!(open(&redirect, "127.0.0.1").await.status, 200);
    assert_eq!(one.status("one").await.state, AccountState::Ready);
    one.logins.expire_logins().await.unwrap();
    until("one's port is closed as well", || async { !is_listening(port).await }).await;
}

#[tokio::test]
async fn an_issuer_that_does_not_answer_costs_no_sign_in() {
    let world = World::new().await;
    let gateway = world.gateway();
    let begun = gateway.browser("openai-codex").await;
    let redirect = world.agree(&begun.auth_url, ADA);
    world.account(ADA).script_on(Endpoint::Token, Script::status(503, json!({"detail": "later"})));
    let page = open(&redirect, "127.0.0.1").await;
    assert_eq!(page.status, 503);
    assert!(page.text.contains("Reload this page"), "{}", page.text);
    assert_eq!(gateway.progress("openai-codex", begun.login_id).await, Progress::Pending);
    assert_eq!(open(&redirect, "127.0.0.1").await.status, 200, "the same address works later");
}

#[tokio::test]
async fn a_code_that_the_issuer_refuses_ends_the_sign_in() {
    let world = World::new().await;
    let gateway = world.gateway();
    let begun = gateway.browser("openai-codex").await;
    let redirect = world.agree(&begun.auth_url, ADA);
    let state = redirect.rsplit_once("state=").unwrap().1;
    let made_up = format!("ac_made-up#{state}");
    let error = gateway.logins.callback(&owner(), "openai-codex", &made_up).await.unwrap_err();
    assert_eq!(error.code(), "code_refused");
    assert!(!error.to_string().contains("ac_made-up"), "{error}");
    assert_eq!(code_of(&gateway.progress("openai-codex", begun.login_id).await), "code_refused");
}

#[tokio::test]
async fn a_browser_that_hangs_up_does_not_lose_the_code() {
    let world = World::new().await;
    let gateway = world.gateway();
    let begun = gateway.browser("openai-codex").await;
    let redirect = world.agree(&begun.auth_url, ADA);
    world.account(ADA).script_on(Endpoint::Token, Script::Default.delayed(300));
    let owner = owner();
    let callback = gateway.logins.callback(&owner, "openai-codex", &redirect);
    let hung_up = tokio::time::timeout(std::time::Duration::from_millis(100), callback).await;
    assert!(hung_up.is_err(), "it was dropped on the way");
    let gateway = &gateway;
    until("the account is connected", || async move {
        gateway.status("openai-codex").await.state == AccountState::Ready
    })
    .await;
}

#[tokio::test]
async fn a_cancelled_sign_in_cannot_be_finished_also_not_by_an_exchange_under_way() {
    let world = World::new().await;
    let gateway = world.gateway();
    let begun = gateway.browser("openai-codex").await;
    let redirect = world.agree(&begun.auth_url, ADA);
    assert_eq!(gateway.logins.cancel(&owner(), "openai-codex", None).await.unwrap(), 1);
    let error = gateway.logins.callback(&owner(), "openai-codex", &redirect).await.unwrap_err();
    assert!(matches!(error, LoginError::NoPendingFlow), "{error}");
    assert!(gateway.status("openai-codex").await.pending.is_none());
    until("the port is closed", || async { !is_listening(world.ports()[0]).await }).await;

    let begun = gateway.browser("openai-codex").await;
    let redirect = world.agree(&begun.auth_url, ADA);
    world.account(ADA).script_on(Endpoint::Token, Script::Default.delayed(500));
    let owner = owner();
    let callback = gateway.logins.callback(&owner, "openai-codex", &redirect);
    let cancel = async {
        until("it is exchanged", || async { world.dump("pending_logins").await.contains("\"exchanging\"") })
            .await;
        gateway.logins.cancel(&owner, "openai-codex", Some(begun.login_id)).await.unwrap()
    };
    let (outcome, cancelled) = tokio::join!(callback, cancel);
    assert_eq!(cancelled, 1);
    assert!(matches!(outcome.unwrap_err(), LoginError::Cancelled));
    assert!(world.provider("openai-codex").await.is_none(), "nothing was stored");
}

#[tokio::test]
async fn start_says_when_nothing_is_to_be_done_unless_it_is_forced() {
    let world = World::new().await;
    let gateway = world.gateway();
    world.connect(&gateway, "openai-codex", ADA).await;
    let start =
        gateway.logins.start_browser(&owner(), "openai-codex", LoginOptions::default()).await.unwrap();
    assert!(matches!(start, Started::AlreadyAuthenticated));
    assert!(!is_listening(world.ports()[0]).await);
    let begun = gateway.browser_with("openai-codex", force()).await.unwrap();
    assert!(begun.auth_url.contains("prompt=login"), "the browser may be signed in to another account");

    world.sql("update grants set state = 'needs_reauth', state_reason = 'refresh_token_expired'").await;
    let status = gateway.status("openai-codex").await;
    assert_eq!(status.state, AccountState::NeedsReauth);
    assert!(status.error.unwrap().contains("refresh_token_expired"));
    gateway.browser("openai-codex").await;
}

#[tokio::test]
async fn a_name_that_cannot_be_a_providers_is_refused_at_the_start() {
    let world = World::new().await;
    let gateway = world.gateway();
    world.add_provider("groq", "groq").await;
    for (name, code) in
        [("Open AI", "invalid_name"), ("", "invalid_name"), ("groq", "provider_type_conflict")]
    {
        let error = gateway.browser_with(name, LoginOptions::default()).await.unwrap_err();
        assert_eq!(error.code(), code, "{error}");
    }
    let error = gateway.browser_with("groq", LoginOptions::default()).await.unwrap_err();
    assert_eq!(error.to_string(), "provider \"groq\" already exists as type \"groq\"");
    let options = LoginOptions { api_base: Some("ftp://x".into()), ..LoginOptions::default() };
    assert_eq!(gateway.browser_with("a", options).await.unwrap_err().code(), "invalid_api_base");
    assert_eq!(world.dump("pending_logins").await, "");

    // The name is taken while the person signs in.
    let begun = gateway.browser("late").await;
    world.add_provider("late", "openai_compat").await;
    let redirect = world.agree(&begun.auth_url, ADA);
    let error = gateway.logins.callback(&owner(), "late", &redirect).await.unwrap_err();
    assert_eq!(error.to_string(), "provider \"late\" already exists as type \"openai_compat\"");
    assert_eq!(world.dump("grants").await, "");
}

#[tokio::test]
async fn many_sign_ins_at_once_share_the_port_and_do_not_mix() {
    let world = World::new().await;
    let gateway = world.gateway();
    let ada = gateway.browser("ada").await;
    let grace = gateway.browser("grace").await;
    assert_eq!(ada.listening, grace.listening);
    assert_eq!(open(&world.agree(&grace.auth_url, GRACE), "127.0.0.1").await.status, 200);
    assert!(is_listening(world.ports()[0]).await, "one still waits");
    assert_eq!(open(&world.agree(&ada.auth_url, ADA), "127.0.0.1").await.status, 200);
    assert_eq!(gateway.status("ada").await.email.as_deref(), Some(ADA));
    assert_eq!(gateway.status("grace").await.email.as_deref(), Some(GRACE));
    // The port is free again and can be had by somebody else.
    until("the port is free", || async { TcpListener::bind(("127.0.0.1", world.ports()[0])).await.is_ok() })
        .await;
}

#[tokio::test]
async fn a_browsers_spare_connection_holds_neither_the_port_nor_the_shutdown() {
    let world = World::new().await;
    let gateway = world.gateway();
    let begun = gateway.browser("openai-codex").await;
    let port = world.ports()[0];
    let _spare = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    assert_eq!(open(&world.agree(&begun.auth_url, ADA), "127.0.0.1").await.status, 200);
    until("the port is free", || async { TcpListener::bind(("127.0.0.1", port)).await.is_ok() }).await;

    let begun = gateway.browser("second").await;
    assert_eq!(begun.listening, Listening::Yes { port });
    let _spare = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    gateway.stop().await;
    assert!(!is_listening(port).await);
}
