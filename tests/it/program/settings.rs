//! The settings file of a gateway that runs.

use super::process::{Home, until};
use crate::support::database::database;
use gateway::demo::simulator::{Simulator, SimulatorSpec};
use serde_json::json;

fn config(model: &str, more: &str) -> String {
    format!("{{\"agents\": {{\"defaults\": {{\"model\": \"{model}\"}}}}{more}}}")
}

#[tokio::test]
async fn a_changed_file_applies_to_the_next_request_and_a_wrong_one_is_refused() {
    let simulator = Simulator::start(SimulatorSpec::with_emails(["ada@example.com"])).await.unwrap();
    let db = database().await;
    let home = Home::new().on(&simulator).with("GATEWAY_POSTGRES_DSN", &db.url);
    home.write_config(&config("gpt-5.5", ""));
    let mut gateway = home.serve().await;
    let client = gateway.client(&home.token());
    client.connect("openai-codex", &simulator, "ada@example.com").await;
    let asked = async || {
        let body = json!({"messages": [{"role": "user", "content": "hi"}]});
        let (status, answer) = client.post("/v1/chat/completions", body).await;
        assert_eq!(status, 200, "{answer}");
        let bodies = simulator.account("ada@example.com").response_bodies();
        bodies.last().unwrap()["model"].as_str().unwrap().to_owned()
    };
    assert_eq!(asked().await, "gpt-5.5");

    let agent = "\"list\": {\"reviewer\": {\"system_prompt\": \"Review.\"}}";
    home.write_config(&format!("{{\"agents\": {{\"defaults\": {{\"model\": \"gpt-5.6-sol\"}}, {agent}}}}}"));
    gateway.says("changed settings applied").await;
    assert!(gateway.log().contains("agents.defaults.model"), "{}", gateway.log());
    until("the next request uses it", async || asked().await == "gpt-5.6-sol").await;
    until("the log tells of it", async || {
        let (_, log) = client.get("/v1/activity?action=config.reload").await;
        log["entries"][0]["after"]["agents.defaults.model"] == "gpt-5.6-sol"
            && log["entries"][0]["before"]["agents.defaults.model"] == "gpt-5.5"
    })
    .await;
    until("the file's agent is there", async || client.get("/v1/agents/reviewer").await.0 == 200).await;

    home.write_config(&config("gpt-5.5", ", \"gatway\": {}"));
    gateway.says("refused").await;
    assert!(gateway.log().contains("gatway"), "{}", gateway.log());
    assert_eq!(asked().await, "gpt-5.6-sol");

    home.write_config(&config("gpt-5.5", ", \"gateway\": {\"allowed_origins\": [\"https://a.example\"]}"));
    gateway.says("need a restart").await;
    assert!(gateway.log().contains("gateway.allowed_origins"), "{}", gateway.log());
    until("what needs no restart applies", async || asked().await == "gpt-5.5").await;
    gateway.stop().await;
}
