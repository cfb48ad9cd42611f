//! Signing in, and how often that may fail.

use super::{Browser, OWNER, PASSWORD, code, member, owner, with_token};
use crate::support::world::World;
use serde_json::json;

const ELSEWHERE: &str = "203.0.113.7";

#[tokio::test]
async fn a_person_signs_in_with_their_password_and_the_token_still_works() {
    let world = World::new().await;
    let node = world.bare_node().await;
    let methods = Browser::new(&node).get("/v1/auth/methods").await.json();
    assert_eq!(methods, json!({"password": true, "token": true, "oidc": [], "needs_owner": true}));
    owner(&node).await;
    assert_eq!(Browser::new(&node).get("/v1/auth/methods").await.json()["needs_owner"], false);

    let browser = Browser::new(&node);
    let answer = browser.sign_in(" Owner@Example.com ", PASSWORD).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let cookie = answer.header("set-cookie").unwrap();
    for part in ["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=604800"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let session = browser.get("/v1/auth/session").await.json();
    assert_eq!(session, answer.json());
    assert_eq!(session["user"]["email"], OWNER);
    assert_eq!(
        (&session["user"]["has_totp"], &session["user"]["has_password"]),
        (&json!(false), &json!(true))
    );
    assert_eq!((&session["role"], &session["tenant"]["slug"]), (&json!("owner"), &json!("master")));
    assert_eq!(session["permissions"].as_array().unwrap().len(), 10);
    assert_eq!(session["tenants"][0]["role"], "owner");

    let session = with_token(&node).await.get("/v1/auth/session").await.json();
    assert!(session.get("user").is_none(), "{session}");
    assert_eq!(session["role"], "owner");
}

#[tokio::test]
async fn who_is_unknown_costs_as_much_work_as_who_is_known_and_hears_the_same() {
    let world = World::new().await;
    let node = world.bare_node().await;
    owner(&node).await;
    let mut answers = Vec::new();
    for (email, password) in
        [(OWNER, "a wrong password"), ("nobody@example.com", PASSWORD), ("no address", PASSWORD), ("", "")]
    {
        let before = node.app.people.passwords_checked();
        let answer = Browser::new(&node).sign_in(email, password).await;
        assert_eq!(code(&answer), (401, "invalid_credentials".into()), "{email}");
        assert_eq!(node.app.people.passwords_checked() - before, 1, "{email}");
        assert!(answer.header("set-cookie").is_none());
        answers.push(answer.json()["error"].clone());
    }
    assert!(answers.windows(2).all(|two| two[0] == two[1]), "{answers:?}");
}

#[tokio::test]
async fn an_attack_from_elsewhere_on_any_replica_locks_nobody_out_at_home() {
    let world = World::with(|config| config.access.sign_in_attempts = 5).await;
    let (one, two) = (world.bare_node().await, world.bare_node().await);
    owner(&one).await;
    // All at once, from many addresses, on both: no more are looked at than may fail.
    let before = one.app.people.passwords_checked() + two.app.people.passwords_checked();
    let attackers: Vec<Browser> = (0..12)
        .map(|n| Browser::at(if n % 2 == 0 { &one } else { &two }, &format!("203.0.113.{n}")))
        .collect();
    let answers =
        futures_util::future::join_all(attackers.iter().map(|a| a.sign_in(OWNER, "a wrong password"))).await;
    let looked_at = one.app.people.passwords_checked() + two.app.people.passwords_checked() - before;
    assert_eq!(looked_at, 5);
    let refused: Vec<_> = answers.iter().filter(|answer| answer.status == 429).collect();
    assert_eq!(refused.len(), 7);
    for answer in refused {
        assert_eq!(code(answer).1, "too_many_attempts");
        let seconds: u64 = answer.header("retry-after").unwrap().parse().unwrap();
        assert!((800..=900).contains(&seconds), "{seconds}");
    }
    // Even the right password is not looked at from there; at home it is.
    assert_eq!(Browser::at(&two, ELSEWHERE).sign_in(OWNER, PASSWORD).await.status, 429);
    assert_eq!(Browser::new(&two).sign_in(OWNER, PASSWORD).await.status, 200);

    // The window ends.
    let later = "update sign_in_attempts set resets_at = now() - interval '1 second'";
    sqlx::query(later).execute(&world.db.pool).await.unwrap();
    assert_eq!(Browser::at(&two, ELSEWHERE).sign_in(OWNER, PASSWORD).await.status, 200);
}

#[tokio::test]
async fn one_address_tries_only_so_many_accounts_and_those_at_home_there_go_on() {
    let world = World::with(|config| config.access.sign_in_attempts_per_address = 4).await;
    let node = world.bare_node().await;
    let owner = owner(&node).await;
    member(&owner, &node, "ada@example.com", "viewer").await;
    for n in 0..4 {
        let answer = Browser::new(&node).sign_in(&format!("guess{n}@example.com"), PASSWORD).await;
        assert_eq!(answer.status, 401);
    }
    assert_eq!(Browser::new(&node).sign_in("guess9@example.com", PASSWORD).await.status, 429);
    assert_eq!(Browser::new(&node).sign_in("ada@example.com", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn what_succeeds_is_no_failure() {
    let world = World::with(|config| config.access.sign_in_attempts = 3).await;
    let node = world.bare_node().await;
    owner(&node).await;
    for _ in 0..5 {
        assert_eq!(Browser::at(&node, ELSEWHERE).sign_in(OWNER, PASSWORD).await.status, 200);
    }
}

#[tokio::test]
async fn a_page_of_another_origin_signs_nobody_in() {
    let world = World::new().await;
    let node = world.bare_node().await;
    owner(&node).await;
    let body = json!({"email": OWNER, "password": PASSWORD});
    for (site, status) in [("cross-site", 403), ("same-site", 403), ("same-origin", 200), ("none", 200)] {
        let headers = [("sec-fetch-site", site)];
        let answer = Browser::new(&node).ask("POST", "/v1/auth/sign-in", &headers, &body).await;
        assert_eq!(answer.status, status, "{site}: {}", answer.text());
    }
    // What older browsers say.
    for (origin, status) in [
        ("https://evil.example", 403),
        ("null", 403),
        ("http://gateway.example:18790.evil.example", 403),
        ("http://gateway.example:18790", 200),
    ] {
        let headers = [("host", "gateway.example:18790"), ("origin", origin)];
        let answer = Browser::new(&node).ask("POST", "/v1/auth/sign-in", &headers, &body).await;
        assert_eq!(answer.status, status, "{origin}: {}", answer.text());
    }
}

#[tokio::test]
async fn the_address_that_people_use_is_our_own_page_behind_a_proxy_that_has_another_name() {
    let world =
        World::with(|config| config.server.public_url = Some("https://gateway.example/".into())).await;
    let node = world.bare_node().await;
    owner(&node).await;
    let body = json!({"email": OWNER, "password": PASSWORD});
    for (origin, status) in [("https://gateway.example", 200), ("https://other.example", 403)] {
        let headers = [("host", "10.1.2.3:18790"), ("origin", origin)];
        let answer = Browser::new(&node).ask("POST", "/v1/auth/sign-in", &headers, &body).await;
        assert_eq!(answer.status, status, "{origin}: {}", answer.text());
    }
}

#[tokio::test]
async fn over_tls_the_cookie_is_of_this_host_alone_and_no_other_one_counts() {
    let world = World::new().await;
    let node = world.bare_node().await;
    owner(&node).await;
    let (browser, tls) = (Browser::new(&node), [("x-forwarded-proto", "https")]);
    let body = json!({"email": OWNER, "password": PASSWORD});
    let answer = browser.ask("POST", "/v1/auth/sign-in", &tls, &body).await;
    let cookie = answer.header("set-cookie").unwrap().to_owned();
    assert!(cookie.starts_with("__Host-gateway_session=") && cookie.contains("; Secure"), "{cookie}");
    assert!(cookie.contains("; Path=/;") && !cookie.contains("Domain"), "{cookie}");
    let value = browser.cookie().unwrap();
    let stranger = Browser::new(&node);
    let asked = async |cookie: String, over_tls: bool| {
        let mut headers = vec![("cookie", cookie.as_str())];
        headers.extend(tls.iter().filter(|_| over_tls));
        stranger.ask("GET", "/v1/auth/session", &headers, &json!(null)).await.status
    };
    assert_eq!(asked(format!("__Host-gateway_session={value}"), true).await, 200);
    // A neighbour below the same domain can set one of the plain name.
    assert_eq!(asked(format!("gateway_session={value}"), true).await, 401);
    assert_eq!(asked(format!("__Host-gateway_session={value}"), false).await, 401);
}
