//! The log is read with filters and in pages, and taken away as a file.

use super::Desk;
use crate::support::world::{TOKEN, request};
use axum::body::Body;
use gateway::app::audit::{self, Change};
use gateway::app::clock::Clock;
use gateway::domain::access::{Actor, Role, Who};
use gateway::domain::ids::{KeyId, MASTER_TENANT, UserId};
use serde_json::{Value, json};
use uuid::Uuid;

fn numbers(page: &Value) -> Vec<i64> {
    page["entries"].as_array().unwrap().iter().map(|entry| entry["seq"].as_i64().unwrap()).collect()
}

/// Entries of a user, a key and the token.
async fn furnished() -> Desk {
    let desk = Desk::new().await;
    let (clock, db) = (Clock::system(), &desk.world.db.db);
    let who = |who: Who, name: &str| Actor {
        role: Role::Admin,
        who,
        name: name.into(),
        ..Actor::gateway(MASTER_TENANT)
    };
    let ada = who(Who::User(UserId(Uuid::from_u128(1))), "Ada@example.com");
    let key = who(Who::Key(KeyId(Uuid::from_u128(2))), "ci");
    for (actor, change) in [
        (&ada, Change::new("provider.create").on(7, "main")),
        (&key, Change::new("provider.update").on(7, "main")),
        (&ada, Change::new("agent.create").on(8, "helper")),
        (&key, Change::new("agent_note.create").name("100% =cmd")),
    ] {
        let mut tx = db.tenant(MASTER_TENANT).await.unwrap();
        audit::record(&mut tx, &clock, actor, &change).await.unwrap();
        tx.commit().await.unwrap();
    }
    desk.agent("later").await;
    desk
}

#[tokio::test]
async fn filters_find_actors_actions_objects_and_times() {
    let desk = furnished().await;
    let found = async |query: &str| numbers(&desk.activity(query).await);
    assert_eq!(found("").await, [5, 4, 3, 2, 1]);
    assert_eq!(found("actor=user").await, [3, 1]);
    assert_eq!(found("actor=ada%40EXAMPLE").await, [3, 1], "a part of a name");
    assert_eq!(found("actor=00000000-0000-0000-0000-000000000002").await, [4, 2], "an id");
    assert_eq!(found("actor=").await.len(), 5);
    assert_eq!(found("action=provider.update").await, [2]);
    assert_eq!(found("action=provider").await, [2, 1]);
    assert_eq!(found("action=agent").await, [5, 3], "the noun, not what begins with it");
    assert_eq!(found("object=agent&actor=ci").await, [0; 0]);
    assert_eq!(found("object=7").await, [2, 1]);
    assert_eq!(found("object=HELP").await, [3]);
    assert_eq!(found("object=%25").await, [4], "a percent sign is one");
    let third = desk.activity("action=agent.create&actor=user").await["entries"][0]["at"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(found(&format!("since={third}")).await, [5, 4, 3]);
    assert_eq!(found(&format!("until={third}")).await, [2, 1]);
    assert_eq!(found("since=%2B200000-01-01T00:00:00Z").await, [0; 0], "a year that Postgres does not have");
    assert_eq!(found("since=-200000-01-01T00:00:00Z").await.len(), 5);
    for wrong in ["since=yesterday", "before=x", "limit=x"] {
        let answer = desk.send("GET", &format!("/v1/activity?{wrong}"), &Value::Null).await;
        assert_eq!(answer.status, 400, "{wrong}");
    }
    desk.node.stop().await;
}

#[tokio::test]
async fn pages_go_on_where_the_last_one_ended_whatever_comes_meanwhile() {
    let desk = furnished().await;
    let first = desk.activity("limit=2").await;
    assert_eq!((numbers(&first), &first["next"]), (vec![5, 4], &json!(4)));
    desk.agent("meanwhile").await;
    let second = desk.activity("limit=2&before=4").await;
    assert_eq!((numbers(&second), &second["next"]), (vec![3, 2], &json!(2)));
    let last = desk.activity("limit=2&before=2").await;
    assert_eq!((numbers(&last), last.get("next")), (vec![1], None));
    let entry = &last["entries"][0];
    assert_eq!(entry["actor"], json!({"kind": "user", "id": Uuid::from_u128(1), "name": "Ada@example.com"}));
    assert_eq!(entry["object"], json!({"type": "provider", "id": "7", "name": "main"}));
    assert_eq!(entry["hash"].as_str().unwrap().len(), 64);
    assert_eq!((entry.get("before"), entry.get("after"), entry.get("request_id")), (None, None, None));
    desk.node.stop().await;
}

#[tokio::test]
async fn the_log_is_taken_away_as_lines_of_json_or_as_a_table() {
    let desk = furnished().await;
    // More than are read at a time.
    for _ in 0..3 {
        let mut tx = desk.world.db.db.tenant(MASTER_TENANT).await.unwrap();
        for n in 0..200 {
            let change = Change::new("agent.update").on(n, "many").made(json!({ "n": n }));
            audit::record(&mut tx, &Clock::system(), &Actor::gateway(MASTER_TENANT), &change).await.unwrap();
        }
        tx.commit().await.unwrap();
    }
    let answer = desk.send("GET", "/v1/activity/export", &Value::Null).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/x-ndjson")));
    assert!(answer.header("content-disposition").unwrap().contains("activity.jsonl"));
    let lines: Vec<Value> = answer.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 605);
    for (before, after) in lines.iter().zip(&lines[1..]) {
        assert_eq!(before["hash"], after["previous"]);
    }
    assert_eq!(lines[604]["after"], json!({"n": 199}));
    let answer = desk.send("GET", "/v1/activity/export?format=csv&action=agent_note", &Value::Null).await;
    let text = answer.text();
    assert!(text.starts_with("tenant_id,seq,id,at,actor_kind,") && text.lines().count() == 2, "{text}");
    assert!(text.contains(",ci,,,agent_note.create,agent_note,,100% =cmd,,,"), "{text}");
    let answer = desk.send("GET", "/v1/activity/export?format=xlsx", &Value::Null).await;
    assert_eq!((answer.status, answer.json()["code"].as_str()), (400, Some("invalid_format")));
    for path in ["/v1/activity", "/v1/activity/export"] {
        let headers = [("authorization", "Bearer wrong")];
        assert_eq!(request(desk.router.clone(), "GET", path, &headers, Body::empty()).await.status, 401);
    }
    assert!(!answer.text().contains(TOKEN));
    desk.node.stop().await;
}
