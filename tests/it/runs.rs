//! Agents at work: runs with tools, their log, their conversations, and what ends them.

mod limits;
mod log;
mod sessions;
mod tools;

use crate::support::world::{ADA, Answer, CODEX, Node, TOKEN, World, events, owner, until};
use gateway::app::agents::AgentChange;
use gateway::demo::simulator::Script;
use serde_json::{Map, Value, json};
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;

pub const RUNS: &str = "/v1/agents/worker/runs";

/// An agent with file tools in a directory of its own.
pub struct Desk {
    pub world: World,
    pub node: Node,
    pub dir: TempDir,
}

impl Desk {
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub async fn with(change: impl FnOnce(&mut AgentChange)) -> Self {
        Self::of(World::new().await, change).await
    }

    pub async fn of(world: World, change: impl FnOnce(&mut AgentChange)) -> Self {
        let dir = TempDir::new().unwrap();
        let node = world.node().await;
        let mut agent = worker(dir.path());
        change(&mut agent);
        node.app.agents.create(&owner(), agent).await.unwrap();
        Self { world, node, dir }
    }

    /// The next answers of the account, in turn.
    pub fn script(&self, scripts: impl IntoIterator<Item = Script>) {
        for script in scripts {
            self.world.script(script);
        }
    }

    /// A run, to its end.
    pub async fn run(&self, message: &str) -> Value {
        let answer = self.node.post(RUNS, &json!({"message": message, "session_key": "one"})).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }

    /// The events of a run's stream.
    pub async fn stream(&self, message: &str) -> Vec<Value> {
        let body = json!({"message": message, "session_key": "one", "stream": true});
        let answer = self.node.post(RUNS, &body).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        events(&answer.text())
    }

    /// The bodies that the upstream got, oldest first.
    pub fn asked(&self) -> Vec<Arc<Value>> {
        self.world.ada().response_bodies()
    }

    pub async fn get(&self, path: &str) -> Value {
        let answer = self.node.get(path).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }

    /// Begins a run and returns when it is on: its id.
    pub async fn begin(&self, message: &str, session: &str) -> String {
        let body = json!({"message": message, "session_key": session, "stream": true});
        let (router, body) = (self.node.router(), body.to_string());
        let before: Vec<Value> = self.running().await;
        self.node.shutdown.tasks().spawn("client", async move {
            crate::support::world::request(router, "POST", RUNS, &[], body.into()).await
        });
        until("the run is on", async || self.running().await.len() > before.len()).await;
        let new = self.running().await.into_iter().find(|run| !before.contains(run)).unwrap();
        new["id"].as_str().unwrap().to_owned()
    }

    /// As `begin`, and its first request is at the upstream: what is sent from now on comes after it.
    pub async fn begin_asking(&self, message: &str, session: &str) -> String {
        let before = self.asked().len();
        let id = self.begin(message, session).await;
        until("the upstream is asked", async || self.asked().len() > before).await;
        id
    }

    pub async fn running(&self) -> Vec<Value> {
        self.get("/v1/runs?status=running&limit=100").await["runs"].as_array().unwrap().clone()
    }

    /// Messages that wait for a run to take them up.
    pub async fn queued(&self) -> i64 {
        let sql = "select count(*) from queued_messages";
        sqlx::query_scalar(sql).fetch_one(&self.world.db.pool).await.unwrap()
    }

    /// Cancels a run.
    pub async fn cancel(&self, id: &str) -> Answer {
        self.node.post(&format!("/v1/runs/{id}/cancel"), &json!({})).await
    }
}

/// The newest run, once none is on.
pub async fn until_over(desk: &Desk) -> Value {
    until("the run is over", async || desk.running().await.is_empty()).await;
    desk.get("/v1/runs").await["runs"][0].clone()
}

/// An agent that may use every built-in tool but `exec`.
pub fn worker(workspace: &Path) -> AgentChange {
    AgentChange {
        agent_key: Some("worker".into()),
        provider: Some(Some(CODEX.into())),
        model: Some(Some("gpt-5.5".into())),
        system_prompt: Some(Some("You work.".into())),
        workspace: Some(Some(workspace.to_str().unwrap().into())),
        tools_config: Some(Map::from_iter([
            ("allow".into(), json!(["*"])),
            ("deny".into(), json!(["exec"])),
        ])),
        ..AgentChange::default()
    }
}

/// The types of events, one after the other, without pieces of text.
pub fn kinds(events: &[Value]) -> Vec<&str> {
    let kinds = events.iter().map(|event| event["type"].as_str().unwrap());
    kinds.filter(|kind| !matches!(*kind, "chunk" | "thinking" | "activity")).collect()
}

/// Every call of a request has its output right behind its step, and no output stands alone: as the upstream demands.
pub fn assert_valid(body: &Value) {
    let items = body["input"].as_array().unwrap();
    let mut open: Vec<&str> = Vec::new();
    for item in items {
        match item["type"].as_str() {
            Some("function_call") => open.push(item["call_id"].as_str().unwrap()),
            Some("function_call_output") => {
                let id = item["call_id"].as_str().unwrap();
                assert!(open.contains(&id), "an output without its call: {id}");
                open.retain(|other| *other != id);
            }
            _ => {}
        }
    }
    assert!(open.is_empty(), "calls without output: {open:?}");
}

pub fn text(text: &str) -> Script {
    Script::text(text)
}

pub fn read(path: &str) -> (&'static str, Value) {
    ("read_file", json!({"path": path}))
}

#[tokio::test]
async fn an_agent_reads_and_writes_files_over_several_steps_and_says_what_it_did() {
    let desk = Desk::new().await;
    std::fs::write(desk.dir.path().join("a.txt"), "alpha\n").unwrap();
    std::fs::write(desk.dir.path().join("b.txt"), "beta\n").unwrap();
    desk.script([
        Script::calls("Let me look.", &[read("a.txt"), read("b.txt")]),
        Script::calls("", &[("write_file", json!({"path": "c.txt", "content": "alpha beta"}))]),
        text("Done: c.txt has both."),
    ]);
    let events = desk.stream("join the files").await;
    assert_eq!(
        kinds(&events),
        [
            "run.started",
            "usage",
            "tool.call",
            "tool.call",
            "tool.result",
            "tool.result",
            "usage",
            "tool.call",
            "tool.result",
            "usage",
            "run.completed"
        ]
    );
    let numbers: Vec<i64> = events.iter().map(|event| event["seq"].as_i64().unwrap()).collect();
    assert_eq!(numbers, (1..=i64::try_from(events.len()).unwrap()).collect::<Vec<_>>());
    let end = events.last().unwrap();
    assert_eq!((&end["content"], &end["reason"]), (&json!("Done: c.txt has both."), &json!("finished")));
    assert_eq!((&end["iterations"], &end["served_by"]), (&json!(3), &json!([CODEX])));
    assert_eq!(std::fs::read_to_string(desk.dir.path().join("c.txt")).unwrap(), "alpha beta");
    let said: String =
        events.iter().filter(|e| e["type"] == "chunk").map(|e| e["content"].as_str().unwrap()).collect();
    assert_eq!(said, "Let me look.Done: c.txt has both.");
    let usage: Vec<&Value> = events.iter().filter(|e| e["type"] == "usage").collect();
    let sum: i64 = usage.iter().map(|e| e["input_tokens"].as_i64().unwrap()).sum();
    assert_eq!(end["usage"]["input_tokens"], sum);
    // Each step was asked with the whole history, in the order of the calls.
    let asked = desk.asked();
    assert_eq!(asked.len(), 3);
    for body in &asked {
        assert_valid(body);
    }
    let outputs: Vec<&str> = asked[1]["input"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|item| item["type"] == "function_call_output")
        .map(|item| item["output"].as_str().unwrap())
        .collect();
    assert!(outputs[0].contains("alpha") && outputs[1].contains("beta"), "{outputs:?}");
    assert_eq!(
        (&asked[0]["instructions"], &asked[0]["parallel_tool_calls"]),
        (&json!("You work."), &json!(true))
    );
    assert_eq!(asked[0]["prompt_cache_key"], asked[2]["prompt_cache_key"]);
    assert_eq!(desk.world.sim.account(ADA).counters().refused, 0);
    // And the run is in the record as it ended.
    let id = events[0]["run_id"].as_str().unwrap();
    let run = desk.get(&format!("/v1/runs/{id}")).await;
    assert_eq!((&run["status"], &run["content"]), (&json!("completed"), &end["content"]));
    assert_eq!((&run["message"], &run["iterations"]), (&json!("join the files"), &json!(3)));
}

#[tokio::test]
async fn the_openai_endpoints_run_the_same_agent_and_show_one_answer() {
    for (path, stream) in [
        ("/v1/responses", true),
        ("/v1/responses", false),
        ("/v1/chat/completions", true),
        ("/v1/chat/completions", false),
    ] {
        let desk = Desk::new().await;
        std::fs::write(desk.dir.path().join("a.txt"), "alpha").unwrap();
        desk.script([Script::calls("Looking. ", &[read("a.txt")]), text("It says alpha.")]);
        let body = crate::gateway::ask(path, "agent:worker", "what is in a.txt?", stream);
        let headers = [("x-gateway-session-key", "one")];
        let answer = desk.node.post_with(path, &headers, &body).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let told = crate::gateway::told(path, stream, &answer);
        assert_eq!(
            (told.text.as_str(), told.ends),
            ("Looking. It says alpha.", 1),
            "{path}: {}",
            answer.text()
        );
        assert!(
            !answer.text().contains("function_call") && !answer.text().contains("tool_calls\":["),
            "{}",
            answer.text()
        );
        assert_eq!(answer.headers["x-gateway-provider"], CODEX);
        assert_valid(&desk.asked()[1]);
        // It is a run like any other, and its conversation is kept.
        let runs = desk.get("/v1/runs").await;
        assert_eq!(
            (runs["runs"].as_array().unwrap().len(), &runs["runs"][0]["status"]),
            (1, &json!("completed"))
        );
        let session = runs["runs"][0]["session_id"].as_str().unwrap().to_owned();
        let items = desk.get(&format!("/v1/sessions/{session}/items")).await;
        let types: Vec<&str> = items["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["item"]["type"].as_str().unwrap())
            .filter(|kind| *kind != "reasoning")
            .collect();
        assert_eq!(types, ["message", "message", "function_call", "function_call_output", "message"]);
    }
}

#[tokio::test]
async fn a_client_brings_tools_of_its_own_beside_the_agents() {
    let desk = Desk::new().await;
    std::fs::write(desk.dir.path().join("a.txt"), "alpha").unwrap();
    desk.script([
        Script::calls("", &[read("a.txt"), ("get_weather", json!({"city": "Oslo"}))]),
        text("Cold, and alpha."),
    ]);
    let tools = json!([{"type": "function", "name": "get_weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}]);
    let body = json!({"model": "agent:worker", "input": "weather and a.txt", "tools": tools});
    let headers = [("x-gateway-session-key", "one")];
    let answer = desk.node.post_with("/v1/responses", &headers, &body).await.json();
    let calls: Vec<&Value> =
        answer["output"].as_array().unwrap().iter().filter(|item| item["type"] == "function_call").collect();
    assert_eq!(
        (calls.len(), &calls[0]["name"]),
        (1, &json!("get_weather")),
        "the agent's own call stays here"
    );
    let id = calls[0]["call_id"].clone();
    let body = json!({"model": "agent:worker", "tools": tools, "input": [{"type": "function_call_output", "call_id": id, "output": "-3"}]});
    let answer = desk.node.post_with("/v1/responses", &headers, &body).await;
    assert!(answer.text().contains("Cold, and alpha."), "{}", answer.text());
    let asked = desk.asked();
    assert_valid(&asked[1]);
    assert!(asked[1]["input"].to_string().contains("alpha"), "what our tool gave is in the history");
}

#[tokio::test]
async fn what_cannot_begin_says_why_and_leaves_nothing() {
    let desk = Desk::new().await;
    for (path, body, status, code) in [
        ("/v1/agents/nobody/runs", json!({"message": "hi"}), 404, "not_found"),
        (RUNS, json!({"message": " "}), 400, "invalid_message"),
        (RUNS, json!({"message": "hi", "session_key": ""}), 400, "invalid_session_key"),
        (RUNS, json!({"message": "hi", "images": ["file:///etc/passwd"]}), 400, "invalid_images"),
        (RUNS, json!({"message": "hi", "thinking_level": "enormous"}), 400, "invalid_value"),
        (RUNS, json!({"message": "hi", "mode": "x"}), 400, "invalid_body"),
    ] {
        let answer = desk.node.post(path, &body).await;
        assert_eq!(
            (answer.status, answer.json()["code"].as_str()),
            (status, Some(code)),
            "{}",
            answer.text()
        );
    }
    assert_eq!(desk.get("/v1/runs").await["runs"], json!([]));
    let answer =
        desk.node.post_with(RUNS, &[("authorization", "Bearer no")], &json!({"message": "hi"})).await;
    assert_eq!(answer.status, 401);
    assert!(!answer.text().contains(TOKEN));
}

#[tokio::test]
async fn a_run_may_ask_for_another_model_thinking_level_and_show_images() {
    let desk = Desk::new().await;
    let image = "data:image/png;base64,iVBORw0KGgo=";
    let body = json!({"message": "what is it?", "model": "gpt-5.6-luna", "thinking_level": "low", "images": [image]});
    let answer = desk.node.post(RUNS, &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let asked = desk.asked();
    let asked = &asked[0];
    assert_eq!((&asked["model"], &asked["reasoning"]["effort"]), (&json!("gpt-5.6-luna"), &json!("low")));
    assert_eq!(asked["input"][0]["content"][1]["image_url"], image);
}
