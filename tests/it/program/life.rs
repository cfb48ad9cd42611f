//! From the start of the program to its end, whichever way it ends.

use super::process::{Client, Home, Process, until};
use crate::support::database::{database, empty_database};
use gateway::demo::simulator::{Cut, CutMode, Script, Simulator, SimulatorSpec, StreamScript};
use gateway::lifecycle::Tasks;
use reqwest::Method;
use rustix::process::Signal;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const ADA: &str = "ada@example.com";

async fn simulator() -> Simulator {
    Simulator::start(SimulatorSpec::with_emails([ADA])).await.unwrap()
}

async fn looks_healthy(gateway: &Process) {
    let client = gateway.client("");
    let (status, health) = client.get("/healthz").await;
    assert_eq!((status, &health["status"]), (200, &json!("ok")));
    let (status, ready) = client.get("/readyz").await;
    assert_eq!(
        (status, ready),
        (200, json!({"status": "ready", "database": true, "provider": false, "draining": false}))
    );
    let (status, metrics) = client.get("/metrics").await;
    assert_eq!(status, 200);
    assert!(metrics.as_str().unwrap().contains("gateway_build"), "{metrics}");
}

#[tokio::test]
async fn it_serves_on_an_external_database_and_keeps_its_token_to_itself() {
    let db = empty_database().await;
    let home = Home::new().with("GATEWAY_POSTGRES_DSN", &db.url).with("GATEWAY_LOG", "trace");
    let mut gateway = home.serve().await;
    looks_healthy(&gateway).await;
    let token = home.token();
    assert_eq!(gateway.client(&token).get("/v1/auth/session").await.0, 200);
    assert!(home.postgres().is_empty());
    gateway.stop().await;
    assert!(gateway.stdout().contains("gateway token"), "{}", gateway.stdout());
    for text in [gateway.stdout(), gateway.log()] {
        assert!(!text.contains(&token), "{text}");
    }

    let begun = Instant::now();
    let mut again = home.serve().await;
    println!("warm start on an external database: {:?}", begun.elapsed());
    again.stop().await;
}

#[tokio::test]
async fn it_serves_on_its_own_postgres_which_ends_with_it() {
    let home = Home::new();
    let begun = Instant::now();
    let mut gateway = home.serve().await;
    println!("first start on the embedded database: {:?}", begun.elapsed());
    looks_healthy(&gateway).await;
    assert!(!home.postgres().is_empty());
    gateway.stop().await;
    assert!(home.postgres().is_empty(), "no process of Postgres is left");

    let begun = Instant::now();
    let mut again = home.serve().await;
    println!("warm start on the embedded database: {:?}", begun.elapsed());
    again.stop().await;
}

#[tokio::test]
async fn a_second_gateway_on_the_same_data_directory_is_refused_and_the_first_goes_on() {
    let home = Home::new();
    let mut first = home.serve().await;
    let error = home.fails(&[]);
    assert!(error.contains(&format!("process {}", first.id())), "{error}");
    assert!(error.contains(&home.data().display().to_string()), "{error}");
    looks_healthy(&first).await;
    first.stop().await;
}

#[tokio::test]
async fn a_taken_port_is_a_clear_error_and_leaves_no_postgres() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let home = Home::new();
    let error = home.fails(&["--port", &port.to_string()]);
    assert!(error.contains(&format!("127.0.0.1:{port}")), "{error}");
    assert!(error.to_lowercase().contains("in use"), "{error}");
    assert!(home.postgres().is_empty());
}

#[tokio::test]
async fn a_database_that_is_not_there_is_a_clear_error_without_its_password() {
    let home = Home::new().with("GATEWAY_POSTGRES_DSN", "postgres://me:hunter2@127.0.0.1:9/gateway");
    let error = home.fails(&[]);
    assert!(error.contains("database") && !error.contains("hunter2"), "{error}");
}

/// A gateway with one account, and a client of it.
async fn with_account(simulator: &Simulator, home: &Home) -> (Process, Client) {
    let gateway = home.serve().await;
    let client = gateway.client(&home.token());
    client.connect("openai-codex", simulator, ADA).await;
    (gateway, client)
}

/// A stream that was begun; its whole text comes when it ends.
async fn begin_stream(client: &Client, simulator: &Simulator) -> tokio::task::JoinHandle<String> {
    let request = client
        .request(Method::POST, "/v1/responses")
        .json(&json!({"model": "gpt-5.5", "input": "a long story", "stream": true}));
    let mut response = request.send().await.unwrap();
    assert_eq!(response.status(), 200);
    let first = response.chunk().await.unwrap().unwrap();
    assert_eq!(simulator.account(ADA).counters().in_flight, 1);
    Tasks::new().spawn("reader", async move {
        let mut text = first.to_vec();
        while let Ok(Some(chunk)) = response.chunk().await {
            text.extend_from_slice(&chunk);
        }
        String::from_utf8(text).unwrap()
    })
}

fn terminals(text: &str) -> Vec<Value> {
    text.lines()
        .filter_map(|line| serde_json::from_str::<Value>(line.strip_prefix("data: ")?).ok())
        .filter(|event| {
            let kind = event["type"].as_str().unwrap_or_default();
            matches!(kind, "response.completed" | "response.incomplete" | "response.failed" | "error")
        })
        .collect()
}

#[tokio::test]
async fn at_sigterm_it_is_not_ready_at_once_and_an_open_stream_finishes() {
    let (simulator, db) = (simulator().await, database().await);
    let home = Home::new().on(&simulator).with("GATEWAY_POSTGRES_DSN", &db.url);
    let (mut gateway, client) = with_account(&simulator, &home).await;
    simulator
        .account(ADA)
        .script(Script::stream(StreamScript { per_event_ms: Some(100), ..StreamScript::default() }));
    // Opened before: the drain closes the door for new connections.
    let probe = Client::new(&gateway.url, "");
    assert_eq!(probe.get("/readyz").await.0, 200);
    let stream = begin_stream(&client, &simulator).await;
    gateway.signal(Signal::TERM);
    gateway.says("shutting down").await;
    match probe.request(Method::GET, "/readyz").send().await {
        Ok(response) => assert_eq!(response.status(), 503),
        Err(error) => assert!(error.is_connect() || error.is_request(), "{error:?}"),
    }
    assert!(!stream.is_finished(), "the stream was long enough for this test");
    let text = stream.await.unwrap();
    let ends = terminals(&text);
    assert_eq!(ends.len(), 1, "{text}");
    assert_eq!(ends[0]["type"], "response.completed", "{text}");
    let status = gateway.wait().await;
    assert_eq!(status.code(), Some(0), "{}", gateway.log());
}

#[tokio::test]
async fn a_stream_that_outlives_its_grace_gets_one_typed_end_and_nothing_is_left() {
    let simulator = simulator().await;
    let home = Home::new().on(&simulator);
    home.write_config("{\"gateway\": {\"shutdown_grace_seconds\": 1}}");
    let (mut gateway, client) = with_account(&simulator, &home).await;
    simulator.account(ADA).script(Script::stream(StreamScript {
        cut: Some(Cut { after_events: 6, mode: CutMode::Hang }),
        ..StreamScript::default()
    }));
    let stream = begin_stream(&client, &simulator).await;
    let begun = Instant::now();
    gateway.signal(Signal::TERM);
    let text = stream.await.unwrap();
    let ends = terminals(&text);
    assert_eq!(ends.len(), 1, "{text}");
    assert_eq!(ends[0]["type"], "response.failed", "{text}");
    assert!(ends[0]["response"]["error"]["code"].is_string(), "{text}");
    let status = gateway.wait().await;
    assert_eq!(status.code(), Some(0), "{}", gateway.log());
    assert!(begun.elapsed() < Duration::from_secs(8), "it took {:?}\n{}", begun.elapsed(), gateway.log());
    assert!(home.postgres().is_empty());
}

#[tokio::test]
async fn a_second_signal_ends_at_once() {
    let (simulator, db) = (simulator().await, database().await);
    let home = Home::new().on(&simulator).with("GATEWAY_POSTGRES_DSN", &db.url);
    let (mut gateway, client) = with_account(&simulator, &home).await;
    simulator.account(ADA).script(Script::stream(StreamScript::cut_after(6, CutMode::Hang)));
    let _stream = begin_stream(&client, &simulator).await;
    gateway.signal(Signal::TERM);
    gateway.says("shutting down").await;
    let begun = Instant::now();
    gateway.signal(Signal::TERM);
    gateway.wait().await;
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}\n{}", begun.elapsed(), gateway.log());
}

/// A load balancer's spare connection, or somebody with `nc`.
#[tokio::test]
async fn a_connection_without_a_request_does_not_hold_the_way_out() {
    use tokio::io::AsyncWriteExt as _;
    let db = database().await;
    let home = Home::new().with("GATEWAY_POSTGRES_DSN", &db.url);
    let mut gateway = home.serve().await;
    let address = gateway.url.strip_prefix("http://").unwrap().to_owned();
    let _silent = tokio::net::TcpStream::connect(&address).await.unwrap();
    let mut half = tokio::net::TcpStream::connect(&address).await.unwrap();
    half.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n").await.unwrap();
    looks_healthy(&gateway).await;
    let begun = Instant::now();
    gateway.stop().await;
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}\n{}", begun.elapsed(), gateway.log());
}

#[tokio::test]
async fn sigterm_while_it_starts_ends_it_without_an_orphan() {
    let home = Home::new();
    let mut gateway = home.spawn(&[]);
    until("Postgres starts", async || !home.postgres().is_empty()).await;
    gateway.signal(Signal::TERM);
    gateway.wait().await;
    until("Postgres has ended", async || home.postgres().is_empty()).await;
    home.serve().await.stop().await;
}

#[tokio::test]
async fn after_kill_9_accounts_agents_and_conversations_are_there() {
    let simulator = simulator().await;
    let home = Home::new().on(&simulator);
    let (mut gateway, client) = with_account(&simulator, &home).await;
    client.done(Method::POST, "/v1/agents", json!({"agent_key": "helper", "model": "gpt-5.5"})).await;
    let say = async |client: &Client, text: &str| {
        let request = client
            .request(Method::POST, "/v1/chat/completions")
            .header("x-gateway-session-key", "talk")
            .json(&json!({"model": "agent:helper", "messages": [{"role": "user", "content": text}]}));
        let response = request.send().await.unwrap();
        let status = response.status();
        let body = response.text().await.unwrap();
        assert_eq!(status, 200, "{body}");
    };
    say(&client, "my name is Ada").await;
    gateway.kill().await;

    let mut gateway = home.serve().await;
    let client = gateway.client(&home.token());
    let provider = client.get("/v1/providers/openai-codex").await.1;
    assert_eq!((&provider["account"]["email"], &provider["status"]["state"]), (&json!(ADA), &json!("ready")));
    assert_eq!(client.get("/v1/agents/helper").await.0, 200);
    say(&client, "what is my name?").await;
    let sent = simulator.account(ADA).response_bodies().last().unwrap().to_string();
    assert!(sent.contains("my name is Ada") && sent.contains("what is my name?"), "{sent}");
    gateway.stop().await;
    assert!(home.postgres().is_empty());
}

#[tokio::test]
async fn after_kill_9_in_the_middle_of_a_run_nothing_runs_its_history_is_whole_and_the_session_goes_on() {
    let simulator = simulator().await;
    let home = Home::new().on(&simulator);
    let (mut gateway, client) = with_account(&simulator, &home).await;
    let workspace = home.dir.path().join("desk");
    std::fs::create_dir(&workspace).unwrap();
    std::fs::write(workspace.join("a.txt"), "alpha").unwrap();
    let agent = json!({"agent_key": "worker", "model": "gpt-5.5", "workspace": workspace,
        "tools_config": {"allow": ["read_file"]}});
    client.done(Method::POST, "/v1/agents", agent).await;
    simulator.account(ADA).script(Script::calls("", &[("read_file", json!({"path": "a.txt"}))]));
    simulator.account(ADA).script(Script::Hang);
    let message = json!({"message": "what is in a.txt?", "session_key": "one", "stream": true});
    let running = client.request(Method::POST, "/v1/agents/worker/runs").json(&message).send().await.unwrap();
    until("the model is asked again", async || simulator.account(ADA).response_bodies().len() == 2).await;
    gateway.kill().await;
    drop(running);

    let mut gateway = home.serve().await;
    let client = gateway.client(&home.token());
    until("nothing runs", async || client.get("/v1/runs?status=running").await.1["runs"] == json!([])).await;
    let run = client.get("/v1/runs").await.1["runs"][0].clone();
    assert_eq!(run["status"], "interrupted", "{run}");
    let items = format!("/v1/sessions/{}/items", run["session_id"].as_str().unwrap());
    let items = client.get(&items).await.1["items"].to_string();
    assert!(items.contains("what is in a.txt?") && items.contains("alpha"), "{items}");
    simulator.account(ADA).script(Script::text("It says alpha."));
    let resume = format!("/v1/runs/{}/resume", run["id"].as_str().unwrap());
    let resumed = client.done(Method::POST, &resume, json!({})).await;
    assert_eq!((&resumed["status"], &resumed["content"]), (&json!("completed"), &json!("It says alpha.")));
    let next = json!({"message": "and now?", "session_key": "one"});
    let next = client.done(Method::POST, "/v1/agents/worker/runs", next).await;
    assert_eq!(next["status"], "completed");
    let sent = simulator.account(ADA).response_bodies().last().unwrap().to_string();
    assert!(sent.contains("alpha") && sent.contains("It says alpha."), "{sent}");
    gateway.stop().await;
}
