//! The real program as a child process, and a client of it.

use crate::support::leaks;
use gateway::demo::simulator::Simulator;
use gateway::upstream::http_client;
use reqwest::{Method, RequestBuilder};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{Read, Write as _};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long anything may take before a test gives up.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// An installation: a working directory, a data directory in it, and the settings of the environment.
pub struct Home {
    pub dir: TempDir,
    pub env: BTreeMap<String, String>,
}

impl Home {
    /// With a directory that the embedded Postgres can pass through, and any free port.
    pub fn new() -> Self {
        let dir = tempfile::Builder::new().prefix("gw-it-").tempdir().unwrap();
        std::fs::set_permissions(dir.path(), PermissionsExt::from_mode(0o711)).unwrap();
        let mut env = BTreeMap::from([
            ("HOME".to_owned(), dir.path().display().to_string()),
            ("TMPDIR".to_owned(), dir.path().display().to_string()),
            ("GATEWAY_PORT".to_owned(), "0".to_owned()),
            ("GATEWAY_DATA_DIR".to_owned(), dir.path().join("data").display().to_string()),
            // Nobody answers there: a test that forgets its simulator talks to no real server.
            ("GATEWAY_CHATGPT_ISSUER".to_owned(), "http://127.0.0.1:9".to_owned()),
            ("GATEWAY_CHATGPT_API_BASE".to_owned(), "http://127.0.0.1:9/backend-api".to_owned()),
        ]);
        for name in ["PATH", "GATEWAY_PG_BIN"] {
            env.extend(std::env::var(name).ok().map(|value| (name.to_owned(), value)));
        }
        Self { dir, env }
    }

    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.env.insert(name.to_owned(), value.into());
        self
    }

    #[must_use]
    pub fn on(self, simulator: &Simulator) -> Self {
        self.with("GATEWAY_CHATGPT_ISSUER", simulator.issuer())
            .with("GATEWAY_CHATGPT_API_BASE", simulator.api_base())
    }

    pub fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// Writes `config.json` into the working directory, as an editor does: whole or not at all.
    pub fn write_config(&self, text: &str) {
        let path = self.dir.path().join("config.json");
        let new = path.with_extension("new");
        std::fs::write(&new, text).unwrap();
        std::fs::rename(new, path).unwrap();
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gateway"));
        command.args(args).env_clear().envs(&self.env).current_dir(self.dir.path()).stdin(Stdio::null());
        command
    }

    /// Runs a command to its end.
    pub fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// Runs a command that has to succeed; what it printed.
    pub fn ok(&self, args: &[&str]) -> String {
        let output = self.run(args);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{args:?}: {}\n{text}{errors}", output.status);
        text
    }

    /// Runs a command that has to fail; what it complained about.
    pub fn fails(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert!(!output.status.success(), "{args:?} succeeded: {}", String::from_utf8_lossy(&output.stdout));
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    pub fn token(&self) -> String {
        self.ok(&["token"]).trim().to_owned()
    }

    /// Starts it and waits until it says that it is ready.
    pub async fn serve(&self) -> Process {
        let mut process = self.spawn(&[]);
        process.ready().await;
        process
    }

    pub fn spawn(&self, args: &[&str]) -> Process {
        let mut child = self.command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let stdout = collect(child.stdout.take().unwrap());
        let stderr = collect(child.stderr.take().unwrap());
        Process { child, stdout, stderr, url: String::new() }
    }

    /// The processes of the embedded Postgres.
    pub fn postgres(&self) -> Vec<u32> {
        processes_in(&self.data().join("postgres/data"))
    }
}

/// Every process whose working directory is this one.
pub fn processes_in(dir: &Path) -> Vec<u32> {
    let Ok(dir) = std::fs::canonicalize(dir) else { return Vec::new() };
    let entries = std::fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    entries
        .filter(|entry| std::fs::read_link(entry.path().join("cwd")).is_ok_and(|cwd| cwd == dir))
        .filter_map(|entry| entry.file_name().to_string_lossy().parse().ok())
        .collect()
}

type Text = Arc<Mutex<Vec<u8>>>;

fn collect(mut from: impl Read + Send + 'static) -> Text {
    let text = Text::default();
    let into = Arc::clone(&text);
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(n @ 1..) = from.read(&mut buffer) {
            into.lock().unwrap().extend_from_slice(&buffer[..n]);
        }
    });
    text
}

/// A gateway that runs. Dropping it kills it.
pub struct Process {
    child: Child,
    stdout: Text,
    stderr: Text,
    pub url: String,
}

impl Process {
    pub fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.stdout.lock().unwrap()).into_owned()
    }

    pub fn log(&self) -> String {
        String::from_utf8_lossy(&self.stderr.lock().unwrap()).into_owned()
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub async fn ready(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let text = self.stdout();
            let url = text.lines().find_map(|line| line.trim().strip_prefix("API"));
            if let Some(url) = url.and_then(|url| url.trim().strip_suffix("/v1")) {
                url.clone_into(&mut self.url);
                return;
            }
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("it ended with {status} and was never ready:\n{text}{}", self.log());
            }
            assert!(Instant::now() < deadline, "never ready:\n{text}{}", self.log());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    pub async fn says(&self, words: &str) {
        until(&format!("the log says {words:?}:\n{}", self.log()), async || self.log().contains(words)).await;
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap()
    }

    pub async fn wait(&mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.ended() {
                return status;
            }
            assert!(Instant::now() < deadline, "it does not end:\n{}", self.log());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// SIGTERM, and its orderly end.
    pub async fn stop(&mut self) {
        self.signal(Signal::TERM);
        let status = self.wait().await;
        assert!(status.success(), "{status}:\n{}", self.log());
    }

    /// `kill -9`.
    pub async fn kill(&mut self) {
        self.signal(Signal::KILL);
        self.wait().await;
    }

    pub fn client(&self, token: &str) -> Client {
        Client::new(&self.url, token)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            let text = format!("--- stdout\n{}\n--- log\n{}\n", self.stdout(), self.log());
            let _ = std::io::stderr().write_all(text.as_bytes());
        }
    }
}

/// Who has the gateway's token; the empty one is nobody's.
#[derive(Clone)]
pub struct Client {
    pub url: String,
    token: String,
    http: reqwest::Client,
}

impl Client {
    pub fn new(url: &str, token: &str) -> Self {
        http_client::install_tls_provider();
        let http = http_client::build(Duration::from_secs(10)).unwrap();
        Self { url: url.to_owned(), token: token.to_owned(), http }
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.url));
        if self.token.is_empty() { request } else { request.bearer_auth(&self.token) }
    }

    pub async fn send(&self, method: Method, path: &str, body: Value) -> (u16, Value) {
        answer(self.request(method, path).json(&body)).await
    }

    pub async fn get(&self, path: &str) -> (u16, Value) {
        answer(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.send(Method::POST, path, body).await
    }

    /// A call that has to succeed.
    pub async fn done(&self, method: Method, path: &str, body: Value) -> Value {
        let (status, answer) = self.send(method.clone(), path, body).await;
        assert!((200..300).contains(&status), "{method} {path}: {status} {answer}");
        answer
    }

    /// Connects an account as `auth.json`, and waits until its models are known.
    pub async fn connect(&self, provider: &str, simulator: &Simulator, email: &str) {
        let auth_json = simulator.account(email).auth_json();
        let path = format!("/v1/auth/chatgpt/{provider}/import");
        self.done(Method::POST, &path, serde_json::json!({ "auth_json": auth_json })).await;
        until("the models are known", async || {
            self.get(&format!("/v1/providers/{provider}")).await.1["model_count"].as_u64() > Some(0)
        })
        .await;
    }

    /// A short answer through the Responses endpoint.
    pub async fn ask(&self, model: &str, text: &str) -> (u16, Value) {
        self.post("/v1/responses", serde_json::json!({ "model": model, "input": text })).await
    }
}

async fn answer(request: RequestBuilder) -> (u16, Value) {
    let (http, request) = request.build_split();
    let request = request.unwrap();
    let (method, path) = (request.method().to_string(), request.url().path().to_owned());
    let response = http.execute(request).await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let text = response.text().await.unwrap();
    leaks::assert_none(&method, &path, &headers, text.as_bytes());
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

/// Looks until it is so.
pub async fn until(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !condition().await {
        assert!(Instant::now() < deadline, "not within {PATIENCE:?}: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
