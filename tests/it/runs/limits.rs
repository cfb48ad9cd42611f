//! Each limit ends a run with its name.

use super::{Desk, assert_valid, kinds, read, text};
use gateway::demo::simulator::{Script, StreamScript};
use serde_json::{Map, Value, json};

fn other(members: &[(&str, Value)]) -> Map<String, Value> {
    members.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect()
}

#[tokio::test]
async fn after_the_last_round_the_model_answers_without_tools() {
    let desk = Desk::with(|agent| agent.max_tool_iterations = Some(2)).await;
    std::fs::write(desk.dir.path().join("a.txt"), "alpha").unwrap();
    desk.script([
        Script::calls("", &[read("a.txt")]),
        Script::calls("", &[("list_files", json!({}))]),
        text("That is all I know."),
    ]);
    let run = desk.run("look around").await;
    assert_eq!(
        (&run["reason"], &run["content"]),
        (&json!("max_tool_iterations"), &json!("That is all I know."))
    );
    let asked = desk.asked();
    assert_eq!((&asked[1]["tool_choice"], &asked[2]["tool_choice"]), (&Value::Null, &json!("none")));
    assert!(asked[2]["input"].to_string().contains("without tools"));
    assert_valid(&asked[2]);
}

#[tokio::test]
async fn the_same_call_again_and_again_is_stopped() {
    let desk = Desk::new().await;
    std::fs::write(desk.dir.path().join("a.txt"), "alpha").unwrap();
    let again = || Script::calls("", &[read("a.txt")]);
    desk.script([again(), again(), again(), again(), text("Enough.")]);
    let events = desk.stream("go").await;
    let results: Vec<&Value> = events.iter().filter(|event| event["type"] == "tool.result").collect();
    assert_eq!(
        results.iter().map(|r| r["is_error"] == true).collect::<Vec<_>>(),
        [false, false, false, true]
    );
    let end = events.last().unwrap();
    assert_eq!((&end["reason"], &end["content"]), (&json!("repeated_tool_calls"), &json!("Enough.")));
}

#[tokio::test]
async fn tokens_and_time_of_a_run_are_bounded() {
    let desk = Desk::with(|agent| agent.other_config = Some(other(&[("max_run_tokens", json!(1))]))).await;
    desk.script([Script::calls("", &[("list_files", json!({}))])]);
    let run = desk.run("go").await;
    assert_eq!((&run["status"], &run["reason"]), (&json!("completed"), &json!("max_run_tokens")));
    // What was left open is closed: the next turn is valid.
    desk.run("and now").await;
    assert_valid(desk.asked().last().unwrap());

    let desk = Desk::with(|agent| agent.other_config = Some(other(&[("max_run_seconds", json!(1))]))).await;
    desk.script([Script::Hang]);
    let events = desk.stream("go").await;
    let end = events.last().unwrap();
    assert_eq!((&end["type"], &end["error"]["code"]), (&json!("run.failed"), &json!("max_run_seconds")));
    for (key, value) in [("max_run_tokens", json!(0)), ("max_run_seconds", json!("long"))] {
        let body = json!({"other_config": {key: value}});
        let answer = desk.node.request("PUT", "/v1/agents/worker", &[], body.to_string().into()).await;
        assert_eq!(answer.status, 400, "{}", answer.text());
        assert!(answer.text().contains(key), "{}", answer.text());
    }
}

#[tokio::test]
async fn an_answer_that_the_upstream_cut_ends_the_run_with_the_upstreams_reason() {
    let desk = Desk::new().await;
    desk.script([Script::stream(StreamScript {
        incomplete: Some("max_output_tokens".into()),
        ..StreamScript::default()
    })]);
    let run = desk.run("go").await;
    assert_eq!((&run["status"], &run["reason"]), (&json!("completed"), &json!("max_output_tokens")));
}

#[tokio::test]
async fn an_agents_own_limit_of_an_answer_is_kept_in_a_run() {
    let desk = Desk::with(|agent| agent.other_config = Some(other(&[("max_tokens", json!(4))]))).await;
    let events = desk.stream("tell me a long story").await;
    let end = events.last().unwrap();
    assert_eq!(end["reason"], "max_output_tokens", "{:?}", kinds(&events));
    assert!(end["content"].as_str().unwrap().len() < 40, "{end}");
}

#[tokio::test]
async fn a_long_conversation_is_summarized_and_the_whole_of_it_stays_readable() {
    let desk = Desk::with(|agent| agent.context_window = Some(2_000)).await;
    desk.run(&format!("remember the word heron. {}", "x ".repeat(600))).await;
    desk.run(&format!("more. {}", "y ".repeat(600))).await;
    desk.script([text("They spoke of a heron."), text("A heron.")]);
    let events = desk.stream(&format!("which bird? {}", "z ".repeat(2000))).await;
    assert!(events.iter().any(|event| event["phase"] == "compacting"), "{events:?}");
    assert_eq!(events.last().unwrap()["content"], "A heron.");
    let asked = desk.asked();
    let last = asked.last().unwrap()["input"].to_string();
    assert!(last.contains("They spoke of a heron.") && !last.contains("x x x x"), "{last}");
    let session = events[0]["session_id"].as_str().unwrap();
    let items = desk.get(&format!("/v1/sessions/{session}/items")).await;
    assert_eq!(items["compactions"].as_array().unwrap().len(), 1);
    assert!(items["items"].to_string().contains("remember the word heron"));
    // The next turn begins with the summary, also after a restart.
    desk.run("and now?").await;
    assert!(desk.asked().last().unwrap()["input"].to_string().contains("They spoke of a heron."));
}
