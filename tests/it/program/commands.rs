//! The commands that do one thing and end.

use super::process::{Home, until};
use serde_json::Value;
use std::os::unix::fs::PermissionsExt as _;

#[test]
fn check_config_shows_every_value_with_its_source_and_no_secret() {
    let home = Home::new()
        .with("GATEWAY_TOKEN", "gw_very-secret")
        .with("GATEWAY_POSTGRES_DSN", "postgres://me:hunter2@db.example/gateway");
    home.write_config("{\"agents\": {\"defaults\": {\"model\": \"from-the-file\"}}}");
    let text = home.ok(&["check-config"]);
    let line =
        |key: &str| text.lines().find(|line| line.contains(key)).unwrap_or_else(|| panic!("{key}:\n{text}"));
    assert!(line("agents.defaults.model").contains("from-the-file"));
    assert!(line("gateway.token").contains("GATEWAY_TOKEN") && line("gateway.token").contains("***"));
    let json = home.ok(&["check-config", "--json"]);
    let parsed: Value = serde_json::from_str(&json).unwrap();
    assert!(parsed.is_object());
    for secret in ["very-secret", "hunter2"] {
        assert!(!text.contains(secret) && !json.contains(secret), "{text}{json}");
    }
}

#[test]
fn a_wrong_key_is_an_error_that_names_the_place_and_the_nearest_known_key() {
    let home = Home::new();
    home.write_config("{\"gateway\": {\"prot\": 1}, \"agents\": {\"defaults\": {\"max_tokens\": \"many\"}}}");
    for command in [&["check-config"][..], &["serve"], &["token"]] {
        let error = home.fails(command);
        for part in
            ["unknown key \"prot\" in gateway", "\"port\"", "config.json:1:", "agents.defaults.max_tokens"]
        {
            assert!(error.contains(part), "{command:?} {part}: {error}");
        }
    }
}

#[test]
fn the_token_is_made_once_is_private_and_is_the_configured_one_when_there_is_one() {
    let home = Home::new();
    let token = home.token();
    assert!(token.starts_with("gw_") && token.len() == 43, "{token}");
    assert_eq!(home.token(), token);
    let mode = std::fs::metadata(home.data().join("token")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let home = home.with("GATEWAY_TOKEN", "mine");
    assert_eq!(home.token(), "mine");
}

/// `make run` and a look at the token in another terminal begin at the same moment.
#[test]
fn processes_that_make_the_token_together_agree_on_one() {
    let home = Home::new();
    let children: Vec<_> = (0..12)
        .map(|_| home.command(&["token"]).stdout(std::process::Stdio::piped()).spawn().unwrap())
        .collect();
    let mut tokens: Vec<String> = children
        .into_iter()
        .map(|child| String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap())
        .collect();
    tokens.push(format!("{}\n", home.token()));
    tokens.dedup();
    assert_eq!(tokens.len(), 1, "{tokens:?}");
}

#[test]
fn an_unknown_command_or_flag_is_refused_with_a_hint() {
    let home = Home::new();
    let error = home.fails(&["serv"]);
    assert!(error.contains("serv") && error.contains("serve"), "{error}");
    let error = home.fails(&["--prot", "1"]);
    assert!(error.contains("--prot") && error.contains("--port"), "{error}");
    assert!(home.ok(&["--version"]).starts_with("gateway "));
    assert!(home.ok(&["--help"]).contains("check-config"));
}

#[test]
fn health_fails_when_nobody_listens() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let error = Home::new().fails(&["health", "--port", &port.to_string()]);
    assert!(error.contains(&port.to_string()), "{error}");
}

#[tokio::test]
async fn health_succeeds_while_a_gateway_answers() {
    let db = crate::support::database::database().await;
    let home = Home::new().with("GATEWAY_POSTGRES_DSN", &db.url);
    let mut gateway = home.serve().await;
    let port = gateway.url.rsplit_once(':').unwrap().1.to_owned();
    assert_eq!(home.ok(&["health", "--port", &port]).trim(), "ok");
    gateway.stop().await;
    home.fails(&["health", "--port", &port]);
}

#[tokio::test]
async fn the_demo_answers_and_leaves_nothing_behind() {
    let home = Home::new();
    let mut demo = home.spawn(&["demo", "--quiet"]);
    demo.ready().await;
    let text = demo.stdout();
    assert!(text.contains("DEMO"), "{text}");
    let token = text.lines().find_map(|line| line.trim().strip_prefix("token")).unwrap().trim().to_owned();
    let client = demo.client(&token);
    let session = client.get("/v1/auth/session").await;
    assert_eq!((session.0, &session.1["demo"]), (200, &Value::Bool(true)));
    let providers = client.get("/v1/providers").await.1;
    let shown: Vec<_> =
        providers["providers"].as_array().unwrap().iter().map(|p| &p["status"]["state"]).collect();
    assert_eq!(shown, ["ready", "ready", "ready"]);
    let (status, answer) = client.ask("gpt-5.5", "hello demo").await;
    assert_eq!(status, 200, "{answer}");
    assert!(answer.to_string().contains("hello demo"), "{answer}");

    let directory = demo_directory(&home).expect("the demo has a directory");
    let postgres = super::process::processes_in(&directory.join("postgres/data"));
    assert!(!postgres.is_empty());
    demo.stop().await;
    assert!(demo_directory(&home).is_none(), "the directory is gone");
    for id in postgres {
        assert!(!std::path::Path::new(&format!("/proc/{id}/stat")).exists(), "process {id} is left");
    }
    assert!(!home.data().exists(), "the real data directory is not touched");
}

#[tokio::test]
async fn a_demo_that_is_stopped_while_it_starts_leaves_nothing_behind() {
    let home = Home::new();
    let mut demo = home.spawn(&["demo", "--quiet"]);
    until("it has begun", async || demo_directory(&home).is_some()).await;
    let directory = demo_directory(&home).unwrap();
    until("Postgres starts", async || {
        !super::process::processes_in(&directory.join("postgres/data")).is_empty()
    })
    .await;
    demo.signal(rustix::process::Signal::TERM);
    demo.wait().await;
    assert!(demo_directory(&home).is_none(), "the directory is gone: {}", demo.log());
}

fn demo_directory(home: &Home) -> Option<std::path::PathBuf> {
    let entries = std::fs::read_dir(home.dir.path()).unwrap().filter_map(Result::ok);
    entries
        .map(|e| e.path())
        .find(|p| p.file_name().is_some_and(|n| n.to_string_lossy().starts_with("gateway-demo-")))
}
