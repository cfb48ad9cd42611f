//! Limits under load, over replicas, and with nobody to give back what was held.

use super::{CHAT, Key, RESPONSES, counts, held, shown};
use crate::runs::worker;
use crate::support::world::{Answer, COMPAT, Node, World, owner, until};
use futures_util::StreamExt as _;
use futures_util::future::join_all;
use futures_util::stream::FuturesUnordered;
use gateway::demo::simulator::{COMPAT_KEY, Script, StreamScript};
use serde_json::{Value, json};
use std::time::Duration;

fn limit(meter: &str, window: Option<&str>, amount: u64) -> Value {
    match window {
        Some(window) => json!({"meter": meter, "window": window, "amount": amount}),
        None => json!({"meter": meter, "amount": amount}),
    }
}

async fn key(node: &Node, limits: &[Value]) -> Key {
    Key::make(node, &json!({"name": "ci", "limits": limits})).await
}

/// Answers take so long.
fn slow(world: &World, millis: u64) {
    let stream = StreamScript { before_first_ms: millis, ..StreamScript::default() };
    world.ada().set_default(Script::stream(stream));
}

fn code(answer: &Answer) -> String {
    match answer.status {
        200 => "served".into(),
        429 => answer.code(),
        _ => panic!("{} {}", answer.status, answer.text()),
    }
}

fn count(answers: &[Answer], what: &str) -> usize {
    answers.iter().filter(|answer| code(answer) == what).count()
}

async fn nothing_is_held(world: &World) {
    until("nothing is held", async || held(world).await == 0).await;
}

/// The tokens of the requests of a key that were served: all, and the most of one.
async fn tokens(world: &World) -> (u64, u64) {
    let sql = "select coalesce(sum(t), 0)::bigint, coalesce(max(t), 0)::bigint from (
        select coalesce(input_tokens, 0) + coalesce(output_tokens, 0) as t from requests where key_id is not null) r";
    let (all, most): (i64, i64) = sqlx::query_as(sql).fetch_one(&world.db.pool).await.unwrap();
    (u64::try_from(all).unwrap(), u64::try_from(most).unwrap())
}

#[tokio::test]
async fn two_hundred_requests_at_once_pass_neither_ten_streams_nor_a_thousand_tokens_by_more_than_one_request()
 {
    let world = World::new().await;
    let node = world.node().await;
    slow(&world, 50);
    let key = key(&node, &[limit("concurrent", None, 10), limit("tokens", Some("day"), 1_000)]).await;
    let body = json!({"model": "gpt-5.5", "input": "word ".repeat(60)});
    let ask = || key.call(&node, "POST", RESPONSES, body.clone());
    let answers = join_all((0..200).map(|_| ask())).await;
    assert!(count(&answers, "served") >= 1);
    // Then one after the other, until nothing is left.
    let mut last = ask().await;
    for _ in 0..500 {
        if last.status == 429 {
            break;
        }
        last = ask().await;
    }
    assert_eq!(code(&last), "limit_reached", "{}", last.text());
    nothing_is_held(&world).await;
    assert!(world.ada().counters().max_in_flight <= 10);
    let served = world.ada().counters().completed;
    until("all are recorded", async || {
        let sql = "select count(*) from requests where key_id is not null and status = 'completed'";
        let recorded: i64 = sqlx::query_scalar(sql).fetch_one(&world.db.pool).await.unwrap();
        u64::try_from(recorded).unwrap() == served
    })
    .await;
    let (all, most) = tokens(&world).await;
    let counted = counts(&node, &key).await;
    assert_eq!(counted, [(all, 0), (0, 0)], "what is counted is what was used");
    assert!(all >= 1_000 && all < 1_000 + most, "{all} of 1000, the largest request has {most}");
    node.stop().await;
}

#[tokio::test]
async fn over_two_gateways_no_more_streams_are_open_than_one_key_may_have() {
    let world = World::new().await;
    let (a, b) = (world.node().await, world.bare_node().await);
    slow(&world, 600_000);
    let key = key(&a, &[limit("concurrent", None, 10)]).await;
    until("the other one knows the key", async || key.get(&b, "/v1/me").await.status == 200).await;
    let nodes = [&a, &b];
    let mut asked: FuturesUnordered<_> = (0..200).map(|n| key.ask(nodes[n % 2], "gpt-5.5")).collect();
    // The others are open, and stay so.
    let answers: Vec<Answer> = asked.by_ref().take(190).collect().await;
    assert_eq!(count(&answers, "too_many_streams"), 190);
    assert_eq!(held(&world).await, 10);
    let further = async { assert!(asked.next().await.is_none(), "one of the ten ended") };
    let open = until("ten are open", async || world.ada().counters().in_flight == 10);
    tokio::select! {
        () = further => {}
        () = open => {}
    }
    assert_eq!(world.ada().counters().max_in_flight, 10);
    let refused = answers.iter().find(|answer| answer.status == 429).unwrap();
    let text = refused.json()["error"]["message"].as_str().unwrap().to_owned();
    assert!(text.starts_with("concurrent streams of key \"ci\": 10 of 10"), "{text}");
    assert_eq!(refused.header("retry-after"), Some("2"));
    assert_eq!(refused.json()["error"]["type"], "rate_limit_exceeded");
    // Hung up: what they held is free.
    drop(asked);
    nothing_is_held(&world).await;
    a.stop().await;
    b.stop().await;
}

#[tokio::test]
async fn tokens_over_two_gateways_are_never_over_by_more_than_one_request() {
    let world = World::new().await;
    let (a, b) = (Node::with_compat(&world).await, world.bare_node().await);
    // This upstream keeps `max_tokens`: several requests fit in at once.
    let key = key(&a, &[limit("tokens", Some("week"), 1_000)]).await;
    until("the other one knows the key", async || key.get(&b, "/v1/me").await.status == 200).await;
    let nodes = [&a, &b];
    let body = json!({"model": format!("{COMPAT}/sim-chat"), "max_tokens": 50,
        "messages": [{"role": "user", "content": "hi"}]});
    let mut served = 0;
    for _ in 0..8 {
        let answers = join_all((0..25).map(|n| key.call(nodes[n % 2], "POST", CHAT, body.clone()))).await;
        served += count(&answers, "served");
    }
    assert!(served > 1, "{served}");
    nothing_is_held(&world).await;
    let (used, reserved) = counts(&a, &key).await[0];
    until("all are recorded", async || tokens(&world).await.0 == used).await;
    let (_, most) = tokens(&world).await;
    assert!(used < 1_000 + most && reserved == 0, "{used}, the largest request has {most}");
    a.stop().await;
    b.stop().await;
}

#[tokio::test]
async fn a_limit_that_is_used_up_is_told_with_its_rule_and_its_reset_and_is_not_asked_for_again() {
    let world = World::new().await;
    let node = world.node().await;
    let key = key(&node, &[limit("requests", Some("month"), 1)]).await;
    assert_eq!(key.ask(&node, "gpt-5.5").await.status, 200);
    let refused = key.ask(&node, "gpt-5.5").await;
    assert_eq!(refused.status, 429, "{}", refused.text());
    let error = refused.json()["error"].clone();
    assert_eq!((&error["code"], &error["type"]), (&json!("limit_reached"), &json!("usage_limit_reached")));
    let text = error["message"].as_str().unwrap();
    assert!(text.starts_with("requests per month of key \"ci\": 1 of 1 are used; it resets at "), "{text}");
    assert_eq!(refused.header("x-should-retry"), Some("false"));
    let resets_at = shown(&node, &key).await["limits"][0]["resets_at"].as_str().unwrap().to_owned();
    let resets_at: chrono::DateTime<chrono::Utc> = resets_at.parse().unwrap();
    assert_eq!(error["resets_at"], resets_at.timestamp());
    let wait: i64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!(((resets_at - node.app.clock.now()).num_seconds() - wait).abs() < 5, "{wait}");
    // Raised, it goes on at once; what was used stays used.
    let raised = json!({"limits": [limit("requests", Some("month"), 2)]});
    let path = format!("/v1/keys/{}", key.id);
    node.request("PUT", &path, &[], axum::body::Body::from(raised.to_string())).await;
    assert_eq!(key.ask(&node, "gpt-5.5").await.status, 200);
    assert_eq!(key.ask(&node, "gpt-5.5").await.status, 429);
    assert_eq!(counts(&node, &key).await, [(2, 0)]);
    // In a new window all is there again.
    sqlx::query("update limit_uses set window_started_at = window_started_at - interval '40 days'")
        .execute(&world.db.pool)
        .await
        .unwrap();
    assert_eq!(counts(&node, &key).await, [(0, 0)]);
    node.stop().await;
    let again = world.bare_node().await;
    assert_eq!(key.ask(&again, "gpt-5.5").await.status, 200);
    assert_eq!(counts(&again, &key).await, [(1, 0)]);
    again.stop().await;
}

#[tokio::test]
async fn a_client_that_hangs_up_gives_back_what_it_held_and_has_used_what_it_saw() {
    let world = World::new().await;
    let node = world.node().await;
    let Script::Stream(text) = Script::text(&"word ".repeat(400)) else { panic!("a text is a stream") };
    world.ada().set_default(Script::stream(StreamScript { per_event_ms: Some(20), ..*text }));
    let key = key(&node, &[limit("concurrent", None, 1), limit("tokens", Some("day"), 1_000_000)]).await;
    let url = node.listen().await;
    let client = reqwest_client();
    let body = json!({"model": "gpt-5.5", "input": "hi", "stream": true});
    let answer = client
        .post(format!("{url}{RESPONSES}"))
        .header("authorization", &key.bearer)
        .json(&body)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    let mut seen = String::new();
    let mut bytes = answer.bytes_stream();
    while seen.matches("output_text.delta").count() < 20 {
        seen.push_str(&String::from_utf8_lossy(&bytes.next().await.unwrap().unwrap()));
    }
    assert_eq!(held(&world).await, 2);
    assert_eq!(code(&key.ask(&node, "gpt-5.5").await), "too_many_streams");
    drop(bytes);
    nothing_is_held(&world).await;
    let used = counts(&node, &key).await[0].0;
    assert!((5..10_000).contains(&used), "{used}");
    world.ada().set_default(Script::text("short"));
    assert_eq!(key.ask(&node, "gpt-5.5").await.status, 200);
    node.stop().await;
}

fn reqwest_client() -> reqwest::Client {
    gateway::upstream::http_client::build(Duration::from_secs(5)).unwrap()
}

#[tokio::test]
async fn one_request_after_the_other_is_never_too_many() {
    let world = World::new().await;
    let node = world.node().await;
    let key = key(&node, &[limit("concurrent", None, 1)]).await;
    for n in 0..30 {
        let answer = key.ask(&node, "gpt-5.5").await;
        assert_eq!(answer.status, 200, "request {n}: {}", answer.text());
    }
    node.stop().await;
}

#[tokio::test]
async fn what_a_dead_process_held_is_free_again_and_what_a_living_one_holds_is_not() {
    let world = World::new().await;
    let (a, b) = (world.node().await, world.bare_node().await);
    slow(&world, 60_000);
    let key = key(&a, &[limit("concurrent", None, 2), limit("tokens", Some("day"), 1_000_000)]).await;
    until("the other one knows the key", async || key.get(&b, "/v1/me").await.status == 200).await;
    let (router, bearer) = (b.router(), key.bearer.clone());
    b.shutdown.tasks().spawn_until_stopped("client", async move {
        let body = json!({"model": "gpt-5.5", "input": "hi"}).to_string();
        let headers = [("authorization", bearer.as_str())];
        crate::support::world::request(router, "POST", RESPONSES, &headers, body.into()).await;
    });
    until("the other one serves", async || held(&world).await == 2).await;
    // As a process leaves it that was killed: rows of a number whose lock nobody has.
    sqlx::query(
        "insert into limit_reservations (limit_id, scope, ticket, tenant_id, window_started_at, amount, owner)
         select limit_id, scope, gen_random_uuid(), tenant_id, window_started_at, amount, 42 from limit_reservations",
    )
    .execute(&world.db.pool)
    .await
    .unwrap();
    assert_eq!(held(&world).await, 4);
    until("the dead one's is free", async || held(&world).await == 2).await;
    tokio::time::sleep(Duration::ZERO).await;
    assert_eq!(counts(&a, &key).await[1], (0, 1));
    b.stop().await;
    nothing_is_held(&world).await;
    a.stop().await;
}

#[tokio::test]
async fn an_agents_run_counts_every_question_and_ends_at_the_limit() {
    let world = World::new().await;
    let node = world.node().await;
    let dir = tempfile::tempdir().unwrap();
    node.app.agents.create(&owner(), worker(dir.path())).await.unwrap();
    let key = key(&node, &[limit("requests", Some("day"), 2)]).await;
    for _ in 0..3 {
        world.script(Script::calls("", &[("list_files", json!({}))]));
    }
    let run = key.call(&node, "POST", "/v1/agents/worker/runs", json!({"message": "hi"})).await;
    assert_eq!(run.status, 429, "{}", run.text());
    assert_eq!(run.json()["error"]["code"], "limit_reached");
    assert_eq!(counts(&node, &key).await, [(2, 0)]);
    node.stop().await;
}

#[tokio::test]
async fn a_share_of_a_pool_is_counted_for_that_pool() {
    let world = World::new().await;
    let node = world.node().await;
    let key = key(&node, &[limit("pool_share", None, 1)]).await;
    assert_eq!(key.ask(&node, "gpt-5.5").await.status, 200);
    nothing_is_held(&world).await;
    let used: i64 =
        sqlx::query_scalar("select used from limit_uses").fetch_one(&world.db.pool).await.unwrap();
    assert!(used > 0);
    sqlx::query("update limit_uses set used = 1000000000").execute(&world.db.pool).await.unwrap();
    let refused = key.ask(&node, "gpt-5.5").await;
    assert_eq!((refused.status, refused.code().as_str()), (429, "limit_reached"), "{}", refused.text());
    assert!(refused.text().contains("share of a pool's weekly quota of key"), "{}", refused.text());
    assert!(counts(&node, &key).await[0].0 > 1);
    // What has no quota is not shared.
    node.add_compat(&world, COMPAT_KEY).await;
    assert_eq!(key.ask(&node, &format!("{COMPAT}/sim-chat")).await.status, 200);
    node.stop().await;
}

#[tokio::test]
async fn a_request_that_no_account_took_uses_no_tokens() {
    let world = World::new().await;
    let node = world.node().await;
    let key = key(&node, &[limit("tokens", Some("day"), 1_000_000)]).await;
    world.ada().set_default(Script::status(500, json!({})));
    assert_eq!(key.ask(&node, "gpt-5.5").await.status, 503);
    nothing_is_held(&world).await;
    assert_eq!(counts(&node, &key).await, [(0, 0)]);
    node.stop().await;
}
