//! The issuer, and a person's browser at its pages.

use reqwest::redirect::Policy;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use url::Url;

/// What the issuer knows the gateway by.
pub const SECRET: &str = "the-gateway's-client-secret";

pub struct Issuer {
    pub url: String,
    http: reqwest::Client,
    process: Child,
}

impl Issuer {
    pub async fn start() -> Self {
        let clients = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/e2e");
        let installed = clients.join("node_modules/oidc-provider");
        assert!(installed.exists(), "{} is missing: run .ci/install-clients.sh", installed.display());
        let mut command = Command::new("node");
        command.arg("oidc-server.js").current_dir(clients).kill_on_drop(true);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let url = lines.next_line().await.unwrap().expect("the issuer's address");
        gateway::upstream::http_client::install_tls_provider();
        let http = reqwest::Client::builder().redirect(Policy::none()).build().unwrap();
        Self { url, http, process }
    }

    pub async fn stop(&mut self) {
        self.process.kill().await.unwrap();
    }

    /// See `oidc-server.js`.
    pub async fn control(&self, change: &Value) {
        let request = self.http.post(format!("{}/__test", self.url)).json(change);
        assert_eq!(request.send().await.unwrap().status(), 200);
    }

    pub async fn expect_back_at(&self, address: &str) {
        self.control(&json!({"redirect_uris": [address]})).await;
    }

    /// Who signs in next.
    pub async fn next(&self, person: &Value) {
        self.control(&json!({ "person": person })).await;
    }

    /// How often a path was asked for.
    pub async fn asked(&self, path: &str) -> u64 {
        let answer = self.http.get(format!("{}/__test", self.url)).send().await.unwrap();
        let answer: Value = answer.json().await.unwrap();
        answer["asked"][path].as_u64().unwrap_or(0)
    }

    /// Signs in at the issuer's page; the address that leads back, without its host.
    pub async fn visit(&self, page: &str) -> String {
        self.visit_and(page, "").await
    }

    /// The same, with what a button says.
    pub async fn visit_and(&self, page: &str, form: &str) -> String {
        let mut cookies = BTreeMap::new();
        let mut at = Url::parse(page).unwrap();
        for _ in 0..10 {
            if !at.as_str().starts_with(&self.url) {
                return at[url::Position::BeforePath..].to_owned();
            }
            let is_form = at.path().starts_with("/interaction/");
            let request = if is_form {
                let form = self.http.post(at.clone()).body(form.to_owned());
                form.header("content-type", "application/x-www-form-urlencoded")
            } else {
                self.http.get(at.clone())
            };
            let pairs: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let answer = request.header("cookie", pairs.join("; ")).send().await.unwrap();
            for set in answer.headers().get_all("set-cookie") {
                let pair = set.to_str().unwrap().split(';').next().unwrap();
                let (name, value) = pair.split_once('=').unwrap();
                cookies.insert(name.to_owned(), value.to_owned());
            }
            let to = answer.headers().get("location").map(|to| to.to_str().unwrap().to_owned());
            let Some(to) = to else { panic!("{at}: {}", answer.text().await.unwrap()) };
            at = at.join(&to).unwrap();
        }
        panic!("the issuer sends from page to page");
    }
}
