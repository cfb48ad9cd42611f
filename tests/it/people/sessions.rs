//! A browser's session, over two replicas.

use super::{Browser, OWNER, PASSWORD, code, member, owner, with_token};
use crate::support::world::{Node, World};
use serde_json::json;

async fn two() -> (World, Node, Node) {
    let world = World::new().await;
    let (one, two) = (world.bare_node().await, world.bare_node().await);
    (world, one, two)
}

/// Lets so many minutes pass for all sessions.
async fn pass(world: &World, minutes: i32) {
    let sql = "update browser_sessions set value_since = value_since - make_interval(mins => $1),
        next_since = next_since - make_interval(mins => $1), last_seen_at = last_seen_at - make_interval(mins => $1),
        expires_at = expires_at - make_interval(mins => $1)";
    sqlx::query(sql).bind(minutes).execute(&world.db.pool).await.unwrap();
}

#[tokio::test]
async fn a_session_of_one_replica_is_known_to_the_other_and_its_end_as_well() {
    let (_world, one, two) = two().await;
    let owner = owner(&one).await;
    let there = owner.moved(&two);
    assert!(there.is_in().await);
    assert_eq!(owner.delete("/v1/auth/session").await.status, 204);
    assert!(!there.is_in().await && owner.cookie().is_none());
}

#[tokio::test]
async fn a_session_ends_after_a_rest_and_in_any_case_after_a_week() {
    let (world, one, _two) = two().await;
    let resting = owner(&one).await;
    pass(&world, 24 * 60 - 1).await;
    assert!(resting.is_in().await);
    pass(&world, 24 * 60).await;
    assert!(!resting.is_in().await);

    let busy = Browser::new(&one).signed_in(OWNER).await;
    for day in 0..14 {
        let here = busy.is_in().await;
        assert_eq!(here, day < 14, "{day}");
        pass(&world, 12 * 60).await;
    }
    assert!(!busy.is_in().await, "seven days are over");
}

#[tokio::test]
async fn the_cookie_gets_another_value_and_the_old_one_gives_a_copy_away() {
    let (world, one, two) = two().await;
    let owner = owner(&one).await;
    let first = owner.cookie().unwrap();
    assert_eq!(owner.cookie().unwrap(), first);
    pass(&world, 16).await;
    let copied = owner.moved(&two);
    // The answer is lost: the first value goes on until the next one is shown.
    let lost = owner.moved(&two);
    lost.get("/v1/account/sessions").await;
    assert_ne!(lost.cookie().unwrap(), first);
    assert!(owner.is_in().await && owner.cookie().unwrap() == first, "one at a time is handed out");
    pass(&world, 2).await;
    assert!(owner.is_in().await);
    let second = owner.cookie().unwrap();
    assert!(second != first && second != lost.cookie().unwrap());
    // The value that was lost is worth nothing any more.
    assert!(!lost.is_in().await);
    assert!(copied.moved(&one).is_in().await, "nobody has shown the next one yet");
    // It is shown, on the other replica: what was under way goes on for a moment.
    assert!(owner.moved(&two).is_in().await);
    assert!(copied.is_in().await && copied.cookie().unwrap() == first);
    pass(&world, 2).await;
    assert!(!copied.is_in().await, "a copy");
    assert!(!owner.is_in().await, "and nobody can tell which of both took it");
}

#[tokio::test]
async fn people_see_and_end_their_own_sessions_and_nobody_elses() {
    let (_world, one, two) = two().await;
    let owner = owner(&one).await;
    let phone = Browser::at(&two, "10.0.0.9").signed_in(OWNER).await;
    let other = member(&owner, &one, "ada@example.com", "admin").await;
    let listed = owner.get("/v1/account/sessions").await.json();
    let sessions = listed["sessions"].as_array().unwrap();
    assert_eq!(sessions.len(), 2, "{listed}");
    let current = sessions.iter().find(|session| session["current"] == true).unwrap();
    assert_eq!((&current["address"], &current["method"]), (&json!("10.0.0.1"), &json!("invitation")));
    assert_eq!(current["user_agent"], "a test");
    let phones = sessions.iter().find(|session| session["address"] == "10.0.0.9").unwrap();
    assert_eq!((&phones["current"], &phones["method"]), (&json!(false), &json!("password")));

    let path = format!("/v1/account/sessions/{}", phones["id"].as_str().unwrap());
    assert_eq!(code(&other.delete(&path).await), (404, "not_found".into()));
    assert!(phone.is_in().await);
    assert_eq!(owner.delete(&path).await.status, 204);
    assert!(!phone.is_in().await && owner.is_in().await);
    assert_eq!(owner.delete(&path).await.status, 404);

    let again = Browser::new(&two).signed_in(OWNER).await;
    assert_eq!(again.post("/v1/account/sessions/revoke-others", json!({})).await.status, 204);
    assert!(again.is_in().await && !owner.is_in().await && other.is_in().await);
}

#[tokio::test]
async fn whoever_has_the_token_sees_the_sessions_that_it_opened_and_another_token_ends_them() {
    let (world, one, two) = two().await;
    let owner = owner(&one).await;
    let browser = with_token(&one).await;
    let listed = browser.get("/v1/account/sessions").await.json();
    assert_eq!(listed["sessions"].as_array().unwrap().len(), 1, "{listed}");
    assert_eq!(listed["sessions"][0]["method"], "token");
    for (path, body) in
        [("/v1/account/totp", json!({})), ("/v1/account/password", json!({"new": "another password"}))]
    {
        assert_eq!(code(&browser.post(path, body).await), (403, "not_a_person".into()));
    }
    assert!(browser.moved(&two).is_in().await);
    let with_another_token = world.node_with(|config| config.server.token = Some("gw_another".into())).await;
    assert!(!browser.moved(&with_another_token).is_in().await);
    assert!(owner.moved(&with_another_token).is_in().await);
}

#[tokio::test]
async fn another_password_ends_the_other_sessions_and_changes_this_ones_cookie() {
    let (_world, one, two) = two().await;
    let owner = owner(&one).await;
    let elsewhere = Browser::new(&two).signed_in(OWNER).await;
    let copied = owner.moved(&two);
    let change = |current: &str, new: &str| json!({"current": current, "new": new});
    let path = "/v1/account/password";
    assert_eq!(code(&owner.post(path, change("a wrong one", "another password")).await).1, "wrong_password");
    assert_eq!(code(&owner.post(path, json!({"new": "another password"})).await).1, "wrong_password");
    assert_eq!(code(&owner.post(path, change(PASSWORD, "short")).await).1, "invalid_password");
    assert!(elsewhere.is_in().await);
    assert_eq!(owner.post(path, change(PASSWORD, "another password")).await.status, 204);
    assert!(owner.is_in().await && !elsewhere.is_in().await && !copied.is_in().await);
    assert_eq!(Browser::new(&two).sign_in(OWNER, PASSWORD).await.status, 401);
    assert_eq!(Browser::new(&two).sign_in(OWNER, "another password").await.status, 200);
}

#[tokio::test]
async fn a_changing_request_without_the_header_of_our_page_is_refused() {
    let (_world, one, _two) = two().await;
    let owner = owner(&one).await;
    let agent = json!({"agent_key": "a"});
    for path in ["/v1/agents", "/v1/account/sessions/revoke-others", "/v1/invitations"] {
        let forged = owner.send("POST", path, &[], &agent).await;
        assert_eq!(code(&forged), (403, "forbidden".into()), "{path}");
    }
    assert_eq!(owner.send("GET", "/v1/agents", &[], &json!(null)).await.status, 200);
    assert_eq!(owner.post("/v1/agents", agent).await.status, 201);
}

#[tokio::test]
async fn what_is_over_is_forgotten() {
    let (world, one, _two) = two().await;
    let owner = owner(&one).await;
    Browser::at(&one, "203.0.113.7").sign_in(OWNER, "a wrong password").await;
    one.app.people.prune().await.unwrap();
    assert!(owner.is_in().await);
    pass(&world, 25 * 60).await;
    sqlx::query("update sign_in_attempts set resets_at = now()").execute(&world.db.pool).await.unwrap();
    one.app.people.prune().await.unwrap();
    for table in ["browser_sessions", "sign_in_attempts"] {
        let left: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(format!("select count(*) from {table}")))
            .fetch_one(&world.db.pool)
            .await
            .unwrap();
        assert_eq!(left, 0, "{table}");
    }
}
