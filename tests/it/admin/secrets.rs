//! No secret in any answer or log line, over a whole life of a gateway.

use super::desk::{ADA, GRACE};
use crate::program::process::{Client, Home, until};
use crate::support::database::database;
use crate::support::leaks::secret_in;
use gateway::demo::simulator::{COMPAT_KEY, Endpoint, RedirectPorts, Script, Simulator, SimulatorSpec};
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::Mutex;

const LINUS: &str = "linus@example.com";
const REFUSED: &str = "sk-refused-key";

/// Keeps everything that the gateway answered.
struct Heard {
    client: Client,
    text: Mutex<String>,
}

impl Heard {
    async fn call(&self, method: Method, path: &str, body: Value) -> Value {
        let mut response = self.client.request(method, path).json(&body).send().await.unwrap();
        let head = format!("\n{path} {:?}\n", response.headers());
        let feed = path.starts_with("/v1/events");
        let mut body = Vec::new();
        // The feed has no end.
        let wait = std::time::Duration::from_secs(if feed { 1 } else { 60 });
        while let Ok(chunk) = tokio::time::timeout(wait, response.chunk()).await {
            let Some(chunk) = chunk.unwrap() else { break };
            body.extend_from_slice(&chunk);
        }
        let body = String::from_utf8(body).unwrap();
        self.text.lock().unwrap().push_str(&(head + &body));
        serde_json::from_str(&body).unwrap_or(Value::Null)
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        self.call(Method::POST, path, body).await
    }

    async fn get(&self, path: &str) -> Value {
        self.call(Method::GET, path, json!({})).await
    }

    async fn ask(&self, model: &str) -> Value {
        self.post("/v1/responses", json!({"model": model, "input": "hi", "stream": true})).await;
        self.post("/v1/responses", json!({"model": model, "input": "hi"})).await
    }
}

/// The tokens, codes and verifiers in what the gateway sent upstream.
fn sent_to(simulator: &Simulator) -> Vec<String> {
    let mut secrets = Vec::new();
    for account in simulator.accounts() {
        for request in account.last_requests() {
            let token = request.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
            secrets.extend(token.map(str::to_owned));
            for key in ["code", "code_verifier", "refresh_token", "device_auth_id", "token"] {
                secrets.extend(request.body.get(key).and_then(Value::as_str).map(str::to_owned));
            }
        }
    }
    secrets
}

/// MCP servers that are connected, that repeat their secret on the way out, and that are nowhere; their secrets.
async fn mcp_servers(heard: &Heard, simulator: &Simulator) -> [String; 2] {
    const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/mcp-server.sh");
    let (in_env, in_header) = ("an-environments-secret", "a-headers-secret");
    let stdio = |name, way| json!({"name": name, "command": SCRIPT, "args": [way], "env": {"TOKEN": in_env}});
    let headers = json!({"authorization": format!("Bearer {in_header}")});
    let nowhere =
        json!({"name": "nowhere", "url": format!("{}/mcp", simulator.compat_base()), "headers": headers});
    for (server, state) in
        [(stdio("good", "good"), "connected"), (stdio("gone", "gone"), "failed"), (nowhere, "failed")]
    {
        let path = format!("/v1/mcp/servers/{}", server["name"].as_str().unwrap());
        heard.post("/v1/mcp/servers", server).await;
        until("its state is told", async || heard.get(&path).await["status"]["state"] == state).await;
    }
    heard.get("/v1/mcp/servers").await;
    [in_env.to_owned(), in_header.to_owned()]
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one walk over everything that is shown")]
async fn no_answer_and_no_log_line_holds_a_secret() {
    let mut spec = SimulatorSpec::with_emails([ADA, GRACE, LINUS]);
    spec.redirect_ports = RedirectPorts::Any;
    let simulator = Simulator::start(spec).await.unwrap();
    let db = database().await;
    let home = Home::new().on(&simulator).with("GATEWAY_POSTGRES_DSN", &db.url).with("GATEWAY_LOG", "trace");
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    home.write_config(&format!("{{\"chatgpt\": {{\"callback_ports\": [{port}]}}}}"));
    let mut gateway = home.serve().await;
    let token = home.token();
    let heard = Heard { client: gateway.client(&token), text: Mutex::default() };
    let mut secrets = vec![token.clone(), COMPAT_KEY.to_owned(), REFUSED.to_owned()];

    // Import, browser and device; each also refused once.
    let auth_json = simulator.account(ADA).auth_json();
    for key in ["id_token", "access_token", "refresh_token"] {
        secrets.push(auth_json["tokens"][key].as_str().unwrap().to_owned());
    }
    heard.post("/v1/auth/chatgpt/openai-codex/import", json!({ "auth_json": auth_json })).await;
    let broken = json!({"auth_json": {"tokens": {"access_token": REFUSED, "refresh_token": REFUSED}}});
    heard.post("/v1/auth/chatgpt/x/import", broken).await;
    let begun = heard.post("/v1/auth/chatgpt/codex-b/start", json!({"method": "browser"})).await;
    let back = simulator.authorize(begun["auth_url"].as_str().unwrap(), Some(GRACE)).unwrap();
    let code = back.split(['?', '&']).find_map(|part| part.strip_prefix("code=")).unwrap();
    secrets.push(code.to_owned());
    let forged = json!({"redirect_url": back.replace("state=", "state=x")});
    heard.post("/v1/auth/chatgpt/codex-b/callback", forged).await;
    let connected = heard.post("/v1/auth/chatgpt/codex-b/callback", json!({ "redirect_url": back })).await;
    assert_eq!(connected["authenticated"], true, "{connected}");
    let begun = heard.post("/v1/auth/chatgpt/codex-c/start", json!({"method": "device"})).await;
    simulator.decide_device(begun["user_code"].as_str().unwrap(), Some(LINUS)).unwrap();
    until("the device flow ends", async || {
        heard.get("/v1/auth/chatgpt/codex-c/status").await["authenticated"] == true
    })
    .await;

    // An API key, right and wrong.
    for (name, key) in [("local", COMPAT_KEY), ("wrong", REFUSED)] {
        let body = json!({"name": name, "provider_type": "openai_compat",
                          "api_base": simulator.compat_base(), "api_key": key});
        heard.post("/v1/providers", body).await;
        heard.post(&format!("/v1/providers/{name}/verify"), json!({})).await;
    }

    secrets.extend(mcp_servers(&heard, &simulator).await);

    // Requests that are answered and refused, with a refresh that works and one that does not.
    until("the accounts serve", async || heard.ask("openai-codex/gpt-5.5").await["status"] == "completed")
        .await;
    simulator.account(ADA).expire_access_tokens();
    let answer = heard.ask("openai-codex/gpt-5.5").await;
    assert_eq!(answer["status"], "completed", "{answer}");
    let grace = simulator.account(GRACE);
    grace.script_on(Endpoint::Token, Script::fixture("token-error-401-refresh_token_expired"));
    grace.expire_access_tokens();
    for model in ["codex-b/gpt-5.5", "local/sim-chat", "wrong/sim-chat", "no-such/model"] {
        heard.ask(model).await;
    }
    until("the account needs its owner", async || {
        heard.get("/v1/providers/codex-b").await["status"]["state"] == "needs_reauth"
    })
    .await;

    // A person, who comes by a link and mistypes.
    let link = String::from_utf8(home.run(&["owner-link"]).stdout).unwrap();
    let token_of_link = link.trim().split_once('#').unwrap().1.to_owned();
    let [right, wrong] = ["a persons own password", "a mistyped password"];
    let accept = json!({"token": token_of_link, "email": ADA, "password": right});
    assert_eq!(heard.post("/v1/invitations/accept", accept.clone()).await["role"], "owner");
    heard.post("/v1/invitations/accept", accept).await;
    for password in [right, wrong] {
        heard.post("/v1/auth/sign-in", json!({"email": ADA, "password": password})).await;
    }
    secrets.extend([token_of_link, right.to_owned(), wrong.to_owned()]);

    // A session, and everything that can be read.
    let opened = heard.client.request(Method::POST, "/v1/auth/session").json(&json!({ "token": token }));
    let opened = opened.send().await.unwrap();
    let cookie = opened.headers()["set-cookie"].to_str().unwrap().to_owned();
    secrets.push(cookie.split([';', '=']).nth(1).unwrap().to_owned());
    assert!(!opened.text().await.unwrap().contains(&token));
    heard.post("/v1/auth/session", json!({"token": format!("{token}x")})).await;
    let document: Value = serde_json::from_str(&gateway::http::openapi()).unwrap();
    for (path, operations) in document["paths"].as_object().unwrap() {
        if operations.get("get").is_none() {
            continue;
        }
        for name in ["openai-codex", "codex-b", "codex-c", "local"] {
            let path = path.replace("{*id}", "gpt-5.5").replace("{id}", name).replace("{provider}", name);
            heard.get(&path).await;
        }
    }
    secrets.extend(sent_to(&simulator));
    gateway.stop().await;

    let key = std::fs::read_to_string(home.data().join("encryption.key")).unwrap();
    secrets.push(key.trim().to_owned());
    secrets.retain(|secret| secret.len() >= 8);
    secrets.sort();
    secrets.dedup();
    assert!(secrets.len() >= 12, "the scenario handles secrets: {}", secrets.len());
    let (answers, log) = (heard.text.into_inner().unwrap(), gateway.log() + &gateway.stdout());
    for (place, text) in [("an answer", &answers), ("the log", &log)] {
        for secret in &secrets {
            if let Some(at) = text.find(secret.as_str()) {
                let from = text[..at].char_indices().rev().nth(300).map_or(0, |(index, _)| index);
                panic!("{place} holds a secret ({}…) after: {}", &secret[..4], &text[from..at]);
            }
        }
        // Whatever else there may be, by its shape.
        if let Some((what, before)) = secret_in(text) {
            panic!("{place} holds {what} after: {before}");
        }
        for shape in ["eyJ", "aes-gcm:", "code_verifier", "refresh_token=", "Bearer ey", "Bearer gw_"] {
            let found = text.lines().find(|row| row.contains(shape));
            assert!(found.is_none(), "{place} holds {shape}: {}", found.unwrap_or_default());
        }
    }
}
