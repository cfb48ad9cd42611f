//! The log of a run: read again, read on, and never left open.

use super::{Desk, RUNS, assert_valid, kinds, text};
use crate::support::world::{events, until};
use gateway::demo::simulator::{Script, StreamScript};
use serde_json::{Value, json};

fn slow() -> Script {
    Script::stream(StreamScript { per_event_ms: Some(40), ..StreamScript::default() })
}

#[tokio::test]
async fn a_client_reads_on_where_it_stopped_and_after_the_end() {
    let desk = Desk::new().await;
    let all = desk.stream("hello").await;
    let id = all[0]["run_id"].as_str().unwrap();
    let again = events(&desk.node.get(&format!("/v1/runs/{id}/events")).await.text());
    assert_eq!(again, all);
    let rest = events(&desk.node.get(&format!("/v1/runs/{id}/events?after=2")).await.text());
    assert_eq!(rest, all[2..]);
    let headers = [("last-event-id", "3")];
    let path = format!("/v1/runs/{id}/events");
    let rest = desk.node.request("GET", &path, &headers, "".into()).await;
    assert_eq!(events(&rest.text()), all[3..]);
}

#[tokio::test]
async fn many_watch_one_run_here_and_at_another_replica_and_all_see_the_same() {
    let desk = Desk::new().await;
    let other = desk.world.bare_node().await;
    desk.script([slow()]);
    let id = desk.begin("tell me a story", "one").await;
    let path = format!("/v1/runs/{id}/events");
    let (here, there, late) = tokio::join!(desk.node.get(&path), other.get(&path), async {
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        desk.node.get(&path).await
    });
    let seen = events(&here.text());
    assert_eq!(kinds(&seen).last(), Some(&"run.completed"));
    assert_eq!(events(&there.text()), seen);
    assert_eq!(events(&late.text()), seen);
    other.stop().await;
}

#[tokio::test]
async fn a_run_is_cancelled_from_another_replica() {
    let desk = Desk::new().await;
    let other = desk.world.bare_node().await;
    desk.script([Script::Hang]);
    let id = desk.begin("hello", "one").await;
    let answer = other.post(&format!("/v1/runs/{id}/cancel"), &json!({})).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(other.get(&format!("/v1/runs/{id}")).await.json()["status"], "cancelled");
    other.stop().await;
}

#[tokio::test]
async fn a_message_sent_meanwhile_is_taken_up_at_the_next_step() {
    let desk = Desk::new().await;
    desk.script([Script::calls("", &[("list_files", json!({}))]).held(), text("Both done.")]);
    let id = desk.begin_asking("first", "one").await;
    let queued = desk.node.post(RUNS, &json!({"message": "second", "session_key": "one"})).await;
    desk.world.ada().go_on();
    assert_eq!((queued.status, queued.json()), (202, json!({"queued": true, "run_id": id})));
    let seen = events(&desk.node.get(&format!("/v1/runs/{id}/events")).await.text());
    assert!(seen.iter().any(|event| event["phase"] == "message_injected"), "{seen:?}");
    assert_eq!(seen.last().unwrap()["content"], "Both done.");
    let asked = desk.asked();
    assert_eq!(asked.len(), 2);
    assert!(
        !asked[0]["input"].to_string().contains("second") && asked[1]["input"].to_string().contains("second")
    );
    assert_valid(&asked[1]);
}

#[tokio::test]
async fn a_message_that_comes_with_the_last_word_is_answered_by_the_same_run() {
    let desk = Desk::new().await;
    // The first answer is under way until the second message is there, however long that takes.
    desk.script([text("The first.").held(), text("And the second.")]);
    let id = desk.begin_asking("tell me a story", "one").await;
    let body = json!({"message": "second", "session_key": "one", "stream": true});
    let (answer, ()) = tokio::join!(desk.node.post(RUNS, &body), async {
        until("it is queued", async || desk.queued().await == 1).await;
        desk.world.ada().go_on();
    });
    let seen = events(&answer.text());
    assert_eq!((&seen[0]["phase"], &seen[0]["run_id"]), (&json!("message_queued"), &json!(id)));
    assert_eq!(seen.last().unwrap()["content"], "And the second.");
}

#[tokio::test]
async fn runs_of_a_process_that_is_gone_are_marked_and_can_be_resumed() {
    let desk = Desk::new().await;
    desk.script([Script::Hang]);
    let id = desk.begin("hello", "one").await;
    // As after kill -9: another process wrote it, and its lock is free.
    let mut conn = desk.node.app.db.work().await.unwrap();
    sqlx::query("update runs set owner = 4711 where id = $1")
        .bind(id.parse::<uuid::Uuid>().unwrap())
        .execute(&mut *conn)
        .await
        .unwrap();
    let path = format!("/v1/runs/{id}");
    until("it is marked", async || desk.get(&path).await["status"] == "interrupted").await;
    assert!(desk.running().await.is_empty());
    let seen = events(&desk.node.get(&format!("{path}/events")).await.text());
    let end = seen.last().unwrap();
    assert_eq!((&end["type"], &end["resumable"]), (&json!("run.failed"), &json!(true)));
    // What still drove it here may write nothing more, and the conversation goes on.
    desk.node.app.runs.heard(&id);
    desk.script([text("Here I am again.")]);
    let resumed = desk.node.post(&format!("{path}/resume"), &json!({"stream": true})).await;
    let seen = events(&resumed.text());
    assert_eq!(
        (&seen[0]["type"], &seen[0]["resumed"]),
        (&json!("run.started"), &json!(true)),
        "{}",
        resumed.text()
    );
    assert_eq!(seen.last().unwrap()["content"], "Here I am again.");
    assert_eq!(desk.get(&path).await["status"], "completed");
    assert_eq!(desk.node.post(&format!("{path}/resume"), &json!({})).await.status, 409);
}

#[tokio::test]
async fn a_shutdown_ends_a_run_as_interrupted_after_its_grace() {
    let desk = Desk::new().await;
    desk.script([Script::Hang]);
    let id = desk.begin("hello", "one").await;
    let other = desk.world.bare_node().await;
    desk.node.stop().await;
    let run = other.get(&format!("/v1/runs/{id}")).await.json();
    assert_eq!(
        (&run["status"], &run["error"]["code"]),
        (&json!("interrupted"), &json!("server_shutting_down")),
        "{run}"
    );
    let resumed = other.post(&format!("/v1/runs/{id}/resume"), &json!({})).await;
    assert_eq!((resumed.status, &resumed.json()["status"]), (200, &json!("completed")), "{}", resumed.text());
    other.stop().await;
}

#[tokio::test]
async fn a_client_of_the_openai_endpoints_that_hangs_up_ends_its_run() {
    let desk = Desk::new().await;
    desk.script([Script::Hang]);
    let body = json!({"model": "agent:worker", "input": "hello", "stream": true}).to_string();
    let client = desk.node.shutdown.tasks().spawn(
        "client",
        crate::support::world::request(desk.node.router(), "POST", "/v1/responses", &[], body.into()),
    );
    until("the run is on", async || !desk.running().await.is_empty()).await;
    client.abort();
    until("the run is over", async || desk.running().await.is_empty()).await;
    assert_eq!(desk.get("/v1/runs").await["runs"][0]["status"], "cancelled");
}

#[tokio::test]
async fn a_client_that_hangs_up_at_any_moment_leaves_no_run_without_a_driver() {
    let desk = Desk::new().await;
    desk.world.ada().set_default(Script::Hang);
    let ask = |path: &'static str, body: Value| {
        let router = desk.node.router();
        async move {
            crate::support::world::request(router, "POST", path, &[], body.to_string().into()).await;
        }
    };
    // Given up after so many steps of its work: somewhere in the middle of its begin.
    for steps in (0..60).step_by(3) {
        let both: [std::pin::Pin<Box<dyn Future<Output = ()> + Send>>; 2] = [
            Box::pin(ask(
                "/v1/responses",
                json!({"model": "agent:worker", "input": "hello", "stream": true}),
            )),
            Box::pin(ask(RUNS, json!({"message": "hello", "stream": true}))),
        ];
        for request in both {
            // Or when it has come to where it waits for the upstream, which says nothing.
            let _ =
                tokio::time::timeout(std::time::Duration::from_millis(250), give_up_after(steps, request))
                    .await;
        }
    }
    let all = async || desk.get("/v1/runs?limit=200").await["runs"].as_array().unwrap().clone();
    // Those of the OpenAI endpoints end with their client; the others go on, each with a driver that can be told to end.
    let of = |runs: &[Value], endpoint: &str, status: &str| {
        runs.iter().filter(|run| run["endpoint"] == endpoint && run["status"] == status).count()
    };
    until("those whose client is gone are over", async || of(&all().await, "responses", "running") == 0)
        .await;
    for run in desk.running().await {
        let answer = desk.cancel(run["id"].as_str().unwrap()).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    let runs = all().await;
    assert!(!runs.is_empty());
    assert!(runs.iter().all(|run| run["status"] == "cancelled"), "{runs:?}");
}

/// Polls a future so many times, and drops it.
async fn give_up_after(polls: usize, future: impl Future<Output = ()> + Unpin) {
    let (mut future, mut left) = (future, polls);
    std::future::poll_fn(|context| {
        if left == 0 {
            return std::task::Poll::Ready(());
        }
        left -= 1;
        std::pin::Pin::new(&mut future).poll(context)
    })
    .await;
}

#[tokio::test]
async fn two_hundred_runs_at_once_all_end_and_each_has_its_own_words() {
    let desk = Desk::new().await;
    let one = |n: usize| {
        let router = desk.node.router();
        async move {
            let body = json!({"message": format!("[say] number {n}"), "session_key": format!("s{n}"), "stream": true});
            let answer =
                crate::support::world::request(router, "POST", RUNS, &[], body.to_string().into()).await;
            assert_eq!(answer.status, 200, "{n}: {}", answer.text());
            events(&answer.text()).last().unwrap()["content"].clone()
        }
    };
    let said = futures_util::future::join_all((0..200).map(one)).await;
    let expected: Vec<Value> = (0..200).map(|n| json!(format!("number {n}"))).collect();
    assert_eq!(said, expected);
    assert!(desk.running().await.is_empty());
}
