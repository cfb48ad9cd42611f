//! Conversations as people see them.

use super::{Desk, RUNS, text};
use gateway::demo::simulator::Script;
use serde_json::{Value, json};

async fn only(desk: &Desk) -> Value {
    let list = desk.get("/v1/sessions").await;
    assert_eq!(list["sessions"].as_array().unwrap().len(), 1, "{list}");
    list["sessions"][0].clone()
}

#[tokio::test]
async fn a_conversation_is_listed_read_renamed_exported_cut_back_and_deleted() {
    let desk = Desk::new().await;
    desk.script([text("Hello Ada."), text("It is Ada.")]);
    desk.run("My name is Ada").await;
    desk.run("What is it?").await;
    let session = only(&desk).await;
    let path = format!("/v1/sessions/{}", session["id"].as_str().unwrap());
    assert_eq!((&session["title"], &session["agent_key"]), (&json!("My name is Ada"), &json!("worker")));
    assert!(session["usage"]["total_tokens"].as_i64().unwrap() > 0, "{session}");
    let items = desk.get(&format!("{path}/items")).await;
    let said: Vec<&Value> =
        items["items"].as_array().unwrap().iter().filter(|row| row["item"]["type"] == "message").collect();
    assert_eq!(said.len(), 4);
    assert_eq!((&said[1]["provider_name"], said[1]["run_id"].is_string()), (&json!("openai-codex"), true));
    let page = desk.get(&format!("{path}/items?limit=1")).await;
    assert_eq!((page["items"].as_array().unwrap().len(), &page["next_after"]), (1, &json!(1)));

    let answer =
        desk.node.request("PATCH", &path, &[], json!({"title": " A name "}).to_string().into()).await;
    assert_eq!((answer.status, &answer.json()["title"]), (200, &json!("A name")));
    let answer = desk.node.request("PATCH", &path, &[], json!({"title": ""}).to_string().into()).await;
    assert_eq!(answer.status, 400);

    let markdown = desk.node.get(&format!("{path}/export?format=markdown")).await;
    assert!(
        markdown.text().starts_with("# A name\n") && markdown.text().contains("## Assistant\n\nHello Ada.")
    );
    let whole = desk.get(&format!("{path}/export")).await;
    assert_eq!(
        (&whole["title"], whole["items"].as_array().unwrap().len()),
        (&json!("A name"), items["items"].as_array().unwrap().len())
    );

    let second = said[2]["seq"].as_i64().unwrap();
    let answer = desk.node.post(&format!("{path}/rewind"), &json!({"before_seq": second})).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    desk.script([text("Again: Ada.")]);
    desk.run("Say it again").await;
    let asked = desk.asked();
    let sent = asked.last().unwrap()["input"].to_string();
    assert!(sent.contains("My name is Ada") && !sent.contains("What is it?"), "{sent}");

    assert_eq!(desk.node.request("DELETE", &path, &[], "".into()).await.status, 200);
    assert_eq!(desk.node.get(&path).await.status, 404);
    assert_eq!(desk.get("/v1/sessions").await["sessions"], json!([]));
    // The record of its runs stays.
    assert_eq!(desk.get("/v1/runs").await["runs"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn what_was_said_is_found_again_in_any_script() {
    let desk = Desk::new().await;
    for (key, message) in
        [("a", "[say] the heron flies"), ("b", "[say] 日本語の鷺です"), ("c", "[say] nothing")]
    {
        assert_eq!(desk.node.post(RUNS, &json!({"message": message, "session_key": key})).await.status, 200);
    }
    for (words, key) in [("heron", "a"), ("HERON%20flies", "a"), ("%E9%B7%BA", "b"), ("noth", "c")] {
        let found = desk.get(&format!("/v1/sessions?q={words}")).await;
        let found = found["sessions"].as_array().unwrap();
        assert_eq!((found.len(), &found[0]["session_key"]), (1, &json!(key)), "{words}");
        assert!(found[0]["snippet"].is_string());
    }
    assert_eq!(desk.get("/v1/sessions?q=100%25").await["sessions"], json!([]));
    assert_eq!(desk.get("/v1/sessions?agent=nobody").await["sessions"], json!([]));
    let page = desk.get("/v1/sessions?limit=2").await;
    let next = page["next_before"].as_str().unwrap();
    let rest = desk.get(&format!("/v1/sessions?limit=2&before={next}")).await;
    assert_eq!((rest["sessions"].as_array().unwrap().len(), rest.get("next_before")), (1, None));
    assert_eq!(desk.node.get("/v1/sessions?before=x").await.status, 400);
}

#[tokio::test]
async fn a_conversation_in_which_a_run_is_on_is_neither_cut_nor_deleted() {
    let desk = Desk::new().await;
    desk.script([Script::Hang]);
    let id = desk.begin("hello", "one").await;
    let session = only(&desk).await;
    assert_eq!(session["running_run_id"], json!(id));
    let path = format!("/v1/sessions/{}", session["id"].as_str().unwrap());
    for answer in [
        desk.node.request("DELETE", &path, &[], "".into()).await,
        desk.node.post(&format!("{path}/rewind"), &json!({"before_seq": 1})).await,
    ] {
        assert_eq!((answer.status, answer.json()["code"].as_str()), (409, Some("session_busy")));
    }
    assert_eq!(desk.cancel(&id).await.status, 200);
    assert_eq!(desk.node.request("DELETE", &path, &[], "".into()).await.status, 200);
}
