//! Failed sign-ins: told by the audit log, and never more than it can bear.

use super::{Browser, OWNER, PASSWORD, code, member, member_of, owner, with_token};
use crate::keys::add_tenant;
use crate::support::statements::Statements;
use crate::support::world::World;
use serde_json::{Value, json};

const ADA: &str = "ada@example.com";
const ELSEWHERE: &str = "203.0.113.7";

/// The entries of failed sign-ins, oldest first.
pub async fn told(by: &Browser, tenant: &str) -> Vec<Value> {
    let headers = [("x-gateway-tenant-id", tenant)];
    let mut entries = Vec::new();
    let mut page = String::new();
    loop {
        let path = format!("/v1/activity?action=sign_in.fail&limit=200{page}");
        let answer = by.ask("GET", &path, &headers, &Value::Null).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let body = answer.json();
        entries.extend(body["entries"].as_array().unwrap().iter().cloned());
        let Some(next) = body["next"].as_i64() else { break };
        page = format!("&before={next}");
    }
    entries.reverse();
    entries
}

async fn over(world: &World) {
    let sql = "update sign_in_failures set ends_at = now() - interval '1 second'";
    sqlx::query(sql).execute(&world.db.pool).await.unwrap();
}

#[tokio::test]
async fn the_log_tells_of_the_first_failure_and_of_all_of_them_once_their_time_is_over() {
    let world = World::new().await;
    let (one, two) = (world.bare_node().await, world.bare_node().await);
    add_tenant(&world).await;
    let owner = owner(&one).await;
    member_of(&owner, &one, ADA, "viewer", Some("other")).await;
    for node in [&one, &two, &one] {
        let wrong = Browser::at(node, ELSEWHERE).sign_in(OWNER, "a wrong password").await;
        assert_eq!(code(&wrong), (401, "invalid_credentials".into()));
        assert_eq!(Browser::at(node, ELSEWHERE).sign_in(ADA, "a wrong password").await.status, 401);
    }
    Browser::at(&one, ELSEWHERE).post("/v1/auth/session", json!({"token": "gw_wrong"})).await;
    Browser::at(&one, ELSEWHERE).sign_in("hunter2@password.example", "a wrong password").await;
    one.app.people.tell_failures().await.unwrap();
    two.app.people.tell_failures().await.unwrap();
    let first = told(&owner, "master").await;
    assert_eq!(first.len(), 3, "{first:?}");
    assert!(
        !format!("{first:?}").contains("hunter2"),
        "what was typed for an account that is none: {first:?}"
    );
    let of = |entries: &[Value], name: Value| {
        let found = entries.iter().rfind(|entry| entry["object"]["name"] == name);
        found.unwrap_or_else(|| panic!("{name}: {entries:?}")).clone()
    };
    for name in [json!(OWNER), json!("token"), Value::Null] {
        let entry = of(&first, name);
        assert_eq!(entry["actor"]["address"], ELSEWHERE, "{entry}");
        assert_eq!(entry["after"]["until"], Value::Null, "{entry}");
    }
    // Each in the log of the person's tenant.
    assert_eq!(of(&told(&owner, "other").await, json!(ADA))["after"]["address"], ELSEWHERE);
    // More of them write nothing until their time is over.
    Browser::at(&one, ELSEWHERE).sign_in(OWNER, "a wrong password").await;
    one.app.people.tell_failures().await.unwrap();
    assert_eq!(told(&owner, "master").await.len(), 3);
    over(&world).await;
    tokio::join!(async { one.app.people.tell_failures().await.unwrap() }, async {
        two.app.people.tell_failures().await.unwrap();
    });
    let all = told(&owner, "master").await;
    assert_eq!(all.len(), 4, "{all:?}");
    let entry = of(&all, json!(OWNER));
    assert_eq!(entry["after"]["failures"], 4, "{entry}");
    assert!(entry["after"]["until"].is_string(), "{entry}");
    let left: i64 =
        sqlx::query_scalar("select count(*) from sign_in_failures").fetch_one(&world.db.pool).await.unwrap();
    assert_eq!(left, 0);
}

#[tokio::test]
async fn an_attack_from_everywhere_makes_a_bounded_number_of_entries() {
    let world = World::new().await;
    let node = world.bare_node().await;
    let owner = owner(&node).await;
    let attackers: Vec<Browser> =
        (0..260).map(|n| Browser::at(&node, &format!("203.0.{}.{}", n / 200, n % 200))).collect();
    for attacker in &attackers {
        attacker.post("/v1/auth/session", json!({"token": "gw_wrong"})).await;
    }
    node.app.people.tell_failures().await.unwrap();
    over(&world).await;
    node.app.people.tell_failures().await.unwrap();
    let entries = told(&owner, "master").await;
    assert!((200..=202).contains(&entries.len()), "{}", entries.len());
    let beyond = entries.iter().rfind(|entry| entry["after"]["address"] == "several").unwrap();
    assert_eq!(beyond["after"]["failures"], 60, "{beyond}");
}

#[tokio::test]
async fn it_is_as_much_work_to_fail_for_an_account_that_is_there_as_for_one_that_is_not() {
    let world = World::new().await;
    let node = world.bare_node().await;
    let owner = owner(&node).await;
    member(&owner, &node, ADA, "viewer").await;
    let elsewhere = Browser::at(&node, ELSEWHERE);
    let statements = Statements::watch();
    let mut seen = Vec::new();
    for email in ["nobody@example.com", ADA, "nobody@example.org", OWNER] {
        statements.take();
        assert_eq!(elsewhere.sign_in(email, "a wrong password").await.status, 401);
        let shape = statements.take().into_iter().map(|line| line.rsplit_once(": ").unwrap().0.to_owned());
        seen.push(shape.collect::<Vec<_>>());
    }
    assert!(!seen[0].is_empty() && seen.windows(2).all(|two| two[0] == two[1]), "{seen:?}");
}

#[tokio::test]
async fn what_a_signed_in_person_gets_wrong_is_told_as_well() {
    let world = World::new().await;
    let node = world.bare_node().await;
    let owner = owner(&node).await;
    let body = json!({"current": "a wrong password", "new": "another good password"});
    let refused = owner.post("/v1/account/password", body).await;
    assert_eq!(code(&refused), (400, "wrong_password".into()));
    node.app.people.tell_failures().await.unwrap();
    let entries = told(&with_token(&node).await, "master").await;
    assert_eq!((entries.len(), &entries[0]["object"]["name"]), (1, &json!(OWNER)), "{entries:?}");
}

#[tokio::test]
async fn whoever_signs_in_with_the_old_password_while_it_is_changed_is_not_in_afterwards() {
    let world = World::new().await;
    let (one, two) = (world.bare_node().await, world.bare_node().await);
    let owner = owner(&one).await;
    // The change holds the person's row: whoever comes in meanwhile has been recognised by the old password.
    let mut tx = world.db.pool.begin().await.unwrap();
    sqlx::query("update users set password_hash = 'x' where email = $1")
        .bind(OWNER)
        .execute(&mut *tx)
        .await
        .unwrap();
    let late = Browser::new(&two);
    let (answer, ()) = tokio::join!(late.sign_in(OWNER, PASSWORD), async {
        crate::support::world::until("it waits for the change", async || {
            // What a session waits for is told to its own role alone.
            let mut server = world.db.db.owner().await.unwrap();
            let sql = "select count(*) from pg_stat_activity where wait_event_type = 'Lock'
                       and datname = current_database()";
            sqlx::query_scalar::<_, i64>(sql).fetch_one(&mut server).await.unwrap() > 0
        })
        .await;
        tx.commit().await.unwrap();
    });
    assert_eq!(code(&answer), (401, "invalid_credentials".into()), "{}", answer.text());
    assert!(!late.is_in().await && owner.is_in().await);
}
