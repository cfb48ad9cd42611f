//! Tools that fail, hang, are not there, or run side by side.

use super::{Desk, assert_valid, kinds, read, text};
use crate::support::world::{CODEX, GRACE, World, until};
use gateway::app::agents::AgentChange;
use gateway::demo::simulator::{Cut, CutMode, Failure, Script, StreamScript};
use serde_json::{Map, json};

#[tokio::test]
async fn a_tool_that_fails_or_is_not_there_is_told_to_the_model_and_ends_nothing() {
    let desk = Desk::new().await;
    desk.script([
        Script::calls(
            "",
            &[read("missing.txt"), ("no_such_tool", json!({})), ("exec", json!({"command": "id"}))],
        ),
        text("I could not."),
    ]);
    let events = desk.stream("go").await;
    let results: Vec<_> = events.iter().filter(|event| event["type"] == "tool.result").collect();
    assert_eq!(results.len(), 3);
    assert!(results.iter().all(|result| result["is_error"] == true), "{results:?}");
    assert_eq!(events.last().unwrap()["content"], "I could not.");
    let asked = desk.asked();
    assert_valid(&asked[1]);
    let sent = asked[1]["input"].to_string();
    assert!(sent.contains("missing.txt") && sent.contains("no_such_tool"), "{sent}");
}

#[tokio::test]
async fn arguments_that_are_not_what_the_tool_takes_are_told_with_their_place() {
    let desk = Desk::new().await;
    desk.script([Script::calls("", &[("read_file", json!({"path": 7}))]), text("Sorry.")]);
    let events = desk.stream("go").await;
    let result = events.iter().find(|event| event["type"] == "tool.result").unwrap();
    assert!(result["is_error"] == true && result["result"].as_str().unwrap().contains("path"), "{result}");
}

#[tokio::test]
async fn a_tool_that_never_returns_is_stopped_and_the_run_goes_on() {
    let world = World::with(|config| {
        config.tools.exec.enabled = true;
        config.tools.exec.timeout_seconds = 1;
    })
    .await;
    let allow = |agent: &mut AgentChange| {
        agent.tools_config = Some(Map::from_iter([("allow".into(), json!(["exec", "list_files"]))]));
    };
    let desk = Desk::of(world, allow).await;
    let calls = [("exec", json!({"command": "echo begun; sleep 1000"})), ("list_files", json!({}))];
    desk.script([Script::calls("", &calls), text("It did not end.")]);
    let events = desk.stream("go").await;
    let results: Vec<_> = events.iter().filter(|event| event["type"] == "tool.result").collect();
    // The quick one is not kept waiting, and the history has them in the order of the calls.
    assert_eq!((&results[0]["name"], &results[1]["name"]), (&json!("list_files"), &json!("exec")));
    assert!(
        results[1]["is_error"] == true && results[1]["result"].as_str().unwrap().contains("begun"),
        "{results:?}"
    );
    assert_eq!(events.last().unwrap()["content"], "It did not end.");
    let asked = desk.asked();
    assert_valid(&asked[1]);
    let sent = asked[1]["input"].as_array().unwrap().iter().filter_map(|item| item["output"].as_str());
    assert!(sent.collect::<Vec<_>>()[0].contains("begun"));
}

#[tokio::test]
async fn an_account_that_fails_between_two_steps_costs_the_run_nothing() {
    let desk = Desk::new().await;
    desk.node.connect("second", &desk.world.sim.account(GRACE)).await;
    let body = json!({"settings": {"codex_pool": {"strategy": "primary_first", "extra_provider_names": ["second"]}}});
    let answer =
        desk.node.request("PUT", &format!("/v1/providers/{CODEX}"), &[], body.to_string().into()).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    std::fs::write(desk.dir.path().join("a.txt"), "alpha").unwrap();
    desk.script([Script::calls("", &[read("a.txt")]), Script::fixture("error-429-usage_limit_reached")]);
    desk.world.sim.account(GRACE).script(text("It says alpha."));
    let events = desk.stream("what is in a.txt?").await;
    let end = events.last().unwrap();
    assert_eq!((&end["type"], &end["content"]), (&json!("run.completed"), &json!("It says alpha.")));
    assert_eq!(end["served_by"], json!([CODEX, "second"]));
    let bodies = desk.world.sim.account(GRACE).response_bodies();
    assert_valid(&bodies[0]);
    assert!(
        !bodies[0]["input"].to_string().contains("encrypted_content"),
        "what the first account made stays there"
    );
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_asked_again_and_what_came_of_it_does_not_count() {
    let desk = Desk::new().await;
    let broken =
        StreamScript { cut: Some(Cut { after_events: 8, mode: CutMode::Reset }), ..StreamScript::default() };
    desk.script([Script::stream(broken), text("Whole.")]);
    let events = desk.stream("tell me a long story").await;
    assert!(kinds(&events).contains(&"run.retrying"), "{:?}", kinds(&events));
    let end = events.last().unwrap();
    assert_eq!((&end["type"], &end["content"]), (&json!("run.completed"), &json!("Whole.")));
    let session = events[0]["session_id"].as_str().unwrap();
    let items = desk.get(&format!("/v1/sessions/{session}/items")).await;
    assert!(!items["items"].to_string().contains("story is"), "{items}");
}

#[tokio::test]
async fn a_failure_that_does_not_pass_ends_the_run_with_its_reason() {
    let desk = Desk::new().await;
    desk.script([Script::stream(StreamScript {
        failure: Some(Failure::before_output("context_length_exceeded", "too long")),
        ..StreamScript::default()
    })]);
    let answer = desk.node.post(super::RUNS, &json!({"message": "hi"})).await;
    let run = answer.json();
    assert_eq!(
        (&run["status"], &run["error"]["code"]),
        (&json!("failed"), &json!("context_length_exceeded")),
        "{run}"
    );
    assert!(answer.status >= 400);
}

#[tokio::test]
async fn fifty_steps_end_as_one_run_with_a_valid_history() {
    let desk = Desk::with(|agent| agent.max_tool_iterations = Some(60)).await;
    std::fs::write(desk.dir.path().join("a.txt"), "alpha").unwrap();
    let step = |n: usize| Script::calls("", &[("read_file", json!({"path": "a.txt", "offset": n + 1}))]);
    desk.script((0..50).map(step).chain([text("Fifty times.")]));
    let run = desk.run("read it fifty times").await;
    assert_eq!((&run["content"], &run["iterations"]), (&json!("Fifty times."), &json!(51)));
    let asked = desk.asked();
    assert_eq!(asked.len(), 51);
    assert_valid(asked.last().unwrap());
    assert_eq!(desk.world.ada().counters().refused, 0);
}

#[tokio::test]
async fn cancelling_stops_the_model_in_mid_sentence_and_keeps_what_was_said() {
    let desk = Desk::new().await;
    desk.script([Script::stream(StreamScript { per_event_ms: Some(50), ..StreamScript::default() })]);
    let id = desk.begin("tell me a very long story about the sea", "one").await;
    let seen = format!("/v1/runs/{id}");
    until("something was said", async || {
        let mut conn = desk.node.app.db.work().await.unwrap();
        let run = gateway::domain::ids::RunId(id.parse().unwrap());
        let events = gateway::store::runs::events(&mut conn, run, 0, 500).await.unwrap();
        events.iter().any(|event| event.kind == "chunk")
    })
    .await;
    let asked = std::time::Instant::now();
    assert_eq!(desk.cancel(&id).await.status, 200);
    let took = asked.elapsed();
    assert!(took < std::time::Duration::from_secs(2), "{took:?}");
    let run = desk.get(&seen).await;
    assert_eq!((&run["status"], &run["reason"]), (&json!("cancelled"), &json!("cancelled")));
    assert_eq!(desk.cancel(&id).await.status, 409);
    until("the upstream's stream is closed", async || desk.world.ada().counters().in_flight == 0).await;
    let session = run["session_id"].as_str().unwrap();
    let items = desk.get(&format!("/v1/sessions/{session}/items")).await;
    assert!(
        items["items"].as_array().unwrap().iter().any(|row| row["item"]["role"] == "assistant"),
        "{items}"
    );
    // The conversation goes on.
    let run = desk.run("and then?").await;
    assert_eq!(run["status"], "completed");
    assert_valid(desk.asked().last().unwrap());
}
