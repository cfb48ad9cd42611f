//! The encryption key and the backup, with the real program.

use super::process::{Client, Home, until};
use crate::support::database::{database, empty_database};
use gateway::demo::simulator::{COMPAT_KEY, Simulator, SimulatorSpec};
use reqwest::Method;
use serde_json::json;

const ADA: &str = "ada@example.com";
const OTHER_KEY: &str = "0000000000000000000000000000000000000000000000000000000000000001";
const NEW_KEY: &str = "0000000000000000000000000000000000000000000000000000000000000002";

async fn simulator() -> Simulator {
    Simulator::start(SimulatorSpec::with_emails([ADA])).await.unwrap()
}

/// One account, one provider with a key, one agent with a conversation.
async fn furnish(client: &Client, simulator: &Simulator) {
    client.connect("openai-codex", simulator, ADA).await;
    let local = json!({"name": "local", "provider_type": "openai_compat",
                       "api_base": simulator.compat_base(), "api_key": COMPAT_KEY});
    client.done(Method::POST, "/v1/providers", local).await;
    client.done(Method::POST, "/v1/agents", json!({"agent_key": "helper", "model": "gpt-5.5"})).await;
    say(client, "my name is Ada").await;
}

async fn say(client: &Client, text: &str) {
    let request = client
        .request(Method::POST, "/v1/chat/completions")
        .header("x-gateway-session-key", "talk")
        .json(&json!({"model": "agent:helper", "messages": [{"role": "user", "content": text}]}));
    let response = request.send().await.unwrap();
    let status = response.status();
    assert_eq!(status, 200, "{}", response.text().await.unwrap());
}

/// Both kinds of secrets are used.
async fn serves(client: &Client) {
    for model in ["gpt-5.5", "local/sim-chat"] {
        let (status, answer) = client.ask(model, "hello").await;
        assert_eq!(status, 200, "{model}: {answer}");
    }
}

async fn remembers(client: &Client, simulator: &Simulator) {
    say(client, "what is my name?").await;
    let sent = simulator.account(ADA).response_bodies().last().unwrap().to_string();
    assert!(sent.contains("my name is Ada"), "{sent}");
}

#[tokio::test]
async fn a_wrong_key_ends_the_start_and_names_both_keys_by_their_ids() {
    let db = database().await;
    let home = Home::new().with("GATEWAY_POSTGRES_DSN", &db.url);
    home.serve().await.stop().await;
    let right = std::fs::read_to_string(home.data().join("encryption.key")).unwrap();
    let elsewhere =
        Home::new().with("GATEWAY_POSTGRES_DSN", &db.url).with("GATEWAY_ENCRYPTION_KEY", OTHER_KEY);
    let error = elsewhere.fails(&[]);
    assert!(error.contains("wrong encryption key"), "{error}");
    assert!(error.contains("sealed with key") && error.contains("there is"), "{error}");
    for key in [right.trim(), OTHER_KEY] {
        assert!(!error.contains(key), "{error}");
    }
    // Without any key, none may be made either.
    let error = Home::new().with("GATEWAY_POSTGRES_DSN", &db.url).fails(&[]);
    assert!(error.contains("key"), "{error}");
}

#[tokio::test]
async fn the_key_is_rotated_while_it_serves_and_while_it_does_not() {
    let simulator = simulator().await;
    let home = Home::new().on(&simulator);
    let mut gateway = home.serve().await;
    let client = gateway.client(&home.token());
    furnish(&client, &simulator).await;
    let key = || std::fs::read_to_string(home.data().join("encryption.key")).unwrap();
    let first = key();
    let said = home.ok(&["key", "rotate"]);
    assert!(said.contains("secrets are sealed with the key"), "{said}");
    let second = key();
    assert_ne!(first, second);
    serves(&client).await;
    // A refresh seals with the key of now and opens what the rotation has sealed.
    simulator.account(ADA).expire_access_tokens();
    serves(&client).await;
    client.done(Method::PUT, "/v1/providers/local", json!({"api_key": COMPAT_KEY})).await;
    serves(&client).await;
    gateway.stop().await;
    assert!(!gateway.log().contains("ERROR"), "{}", gateway.log());

    let said = home.ok(&["key", "rotate"]);
    assert!(said.contains("secrets are sealed with the key"), "{said}");
    assert_ne!(key(), second);
    let mut gateway = home.serve().await;
    let client = gateway.client(&home.token());
    serves(&client).await;
    simulator.account(ADA).expire_access_tokens();
    serves(&client).await;
    gateway.stop().await;
    assert!(home.postgres().is_empty());
}

#[tokio::test]
async fn a_backup_made_while_it_serves_is_restored_into_an_empty_directory() {
    let simulator = simulator().await;
    let home = Home::new().on(&simulator);
    let mut gateway = home.serve().await;
    let client = gateway.client(&home.token());
    furnish(&client, &simulator).await;
    let file = home.dir.path().join("all.backup");
    let file = file.to_str().unwrap();
    home.ok(&["backup", file]);
    serves(&client).await;
    gateway.stop().await;

    let fresh = Home::new().on(&simulator);
    std::fs::create_dir(fresh.data()).unwrap();
    std::fs::copy(home.data().join("encryption.key"), fresh.data().join("encryption.key")).unwrap();
    fresh.ok(&["restore", file]);
    let mut restored = fresh.serve().await;
    let client = restored.client(&fresh.token());
    until("the account is there", async || {
        client.get("/v1/providers/openai-codex").await.1["status"]["state"] == "ready"
    })
    .await;
    serves(&client).await;
    remembers(&client, &simulator).await;

    let error = fresh.fails(&["restore", file]);
    assert!(error.contains("--replace"), "{error}");
    client.done(Method::POST, "/v1/agents", json!({"agent_key": "later"})).await;
    fresh.ok(&["restore", file, "--replace"]);
    until("what came later is gone, here too", async || client.get("/v1/agents/later").await.0 == 404).await;
    serves(&client).await;
    restored.stop().await;
    assert!(fresh.postgres().is_empty() && home.postgres().is_empty());
}

#[tokio::test]
async fn a_backup_goes_from_one_external_database_to_another() {
    let simulator = simulator().await;
    let (from, to) = (empty_database().await, empty_database().await);
    let home = Home::new().on(&simulator).with("GATEWAY_POSTGRES_DSN", &from.url);
    let mut gateway = home.serve().await;
    furnish(&gateway.client(&home.token()), &simulator).await;
    gateway.stop().await;
    let file = home.dir.path().join("all.backup");
    home.ok(&["backup", file.to_str().unwrap()]);
    let home = home.with("GATEWAY_POSTGRES_DSN", &to.url);
    home.ok(&["restore", file.to_str().unwrap()]);
    let mut gateway = home.serve().await;
    let client = gateway.client(&home.token());
    serves(&client).await;
    remembers(&client, &simulator).await;
    gateway.stop().await;
}

#[tokio::test]
async fn a_configured_key_is_replaced_with_the_old_one_among_the_previous() {
    let simulator = simulator().await;
    let db = database().await;
    let home = Home::new().on(&simulator).with("GATEWAY_POSTGRES_DSN", &db.url);
    let home = home.with("GATEWAY_ENCRYPTION_KEY", OTHER_KEY);
    let mut gateway = home.serve().await;
    furnish(&gateway.client(&home.token()), &simulator).await;
    gateway.stop().await;

    let home = home.with("GATEWAY_ENCRYPTION_KEY", NEW_KEY);
    let error = home.fails(&[]);
    assert!(error.contains("wrong encryption key") && error.contains("KEYS_PREVIOUS"), "{error}");

    let home = home.with("GATEWAY_ENCRYPTION_KEYS_PREVIOUS", OTHER_KEY);
    let shown = home.ok(&["check-config"]);
    assert!(shown.contains("encryption_keys_previous") && !shown.contains(OTHER_KEY), "{shown}");
    let mut gateway = home.serve().await;
    gateway.says("gateway key rotate").await;
    let client = gateway.client(&home.token());
    serves(&client).await;
    let said = home.ok(&["key", "rotate"]);
    assert!(said.contains("secrets are sealed with the key") && said.contains("can go"), "{said}");
    assert!(!said.contains(NEW_KEY) && !said.contains("before the next start"), "{said}");
    serves(&client).await;
    gateway.stop().await;
    for key in [OTHER_KEY, NEW_KEY] {
        assert!(!gateway.log().contains(key));
    }

    // The old key is not needed any more.
    let home = home.with("GATEWAY_ENCRYPTION_KEYS_PREVIOUS", "");
    let mut gateway = home.serve().await;
    serves(&gateway.client(&home.token())).await;
    gateway.stop().await;
    assert!(!gateway.log().contains("gateway key rotate"), "{}", gateway.log());

    // From a configured key to one in the data directory.
    let home = home.with("GATEWAY_ENCRYPTION_KEY", "").with("GATEWAY_ENCRYPTION_KEYS_PREVIOUS", NEW_KEY);
    let mut gateway = home.serve().await;
    home.ok(&["key", "rotate"]);
    serves(&gateway.client(&home.token())).await;
    gateway.stop().await;
    let home = home.with("GATEWAY_ENCRYPTION_KEYS_PREVIOUS", "");
    let mut gateway = home.serve().await;
    serves(&gateway.client(&home.token())).await;
    gateway.stop().await;
}
