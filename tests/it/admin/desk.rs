//! A gateway in this process, asked through its router.

use crate::program::process::until;
use crate::support::database::{TestDb, database};
use crate::support::leaks;
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use gateway::app::App;
use gateway::app::boot::{self, Running};
use gateway::config::Loader;
use gateway::demo::simulator::{COMPAT_KEY, Simulator, SimulatorSpec};
use gateway::http;
use gateway::lifecycle::Shutdown;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use std::sync::Arc;
use tower::ServiceExt as _;

pub const TOKEN: &str = "gw_the-owner";
pub const ADA: &str = "ada@example.com";
pub const GRACE: &str = "grace@example.com";

pub struct Desk {
    pub app: Arc<App>,
    pub simulator: Simulator,
    router: Router,
    _db: TestDb,
    _running: Running,
    _dir: tempfile::TempDir,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("{}: {:?}", self.status, self.text))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Status, code and text of an error of an admin route, in the shape that all of them have.
    pub fn error(&self) -> (u16, String, String) {
        let body = self.json();
        assert_eq!(body["request_id"].as_str(), Some(self.header("x-request-id")), "{}", self.text);
        let text = |key: &str| body[key].as_str().unwrap_or_else(|| panic!("{key}: {body}")).to_owned();
        (self.status.as_u16(), text("code"), text("error"))
    }
}

impl Desk {
    pub async fn new() -> Self {
        Self::with("{}").await
    }

    /// With these settings of the file.
    pub async fn with(file: &str) -> Self {
        let (db, dir) = (database().await, tempfile::tempdir().unwrap());
        let simulator = Simulator::start(SimulatorSpec::with_emails([ADA, GRACE])).await.unwrap();
        let path = dir.path().join("config.json");
        std::fs::write(&path, file).unwrap();
        let mut loader = Loader::default();
        for (name, value) in [
            ("GATEWAY_DATA_DIR", dir.path().display().to_string()),
            ("GATEWAY_CONFIG", path.display().to_string()),
            ("GATEWAY_POSTGRES_DSN", db.url.clone()),
            ("GATEWAY_TOKEN", TOKEN.to_owned()),
            ("GATEWAY_CHATGPT_ISSUER", simulator.issuer()),
            ("GATEWAY_CHATGPT_API_BASE", simulator.api_base()),
        ] {
            loader.env.insert(name.to_owned(), value);
        }
        let config = loader.load().unwrap_or_else(|error| panic!("{error}")).config;
        let running = boot::start(config, Shutdown::new(), false).await.unwrap();
        let app = running.app.clone();
        Self { router: http::router(&app), app, simulator, _db: db, _running: running, _dir: dir }
    }

    pub async fn ask(&self, request: Request<Body>) -> Answer {
        let (method, path) = (request.method().to_string(), request.uri().to_string());
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        leaks::assert_none(&method, &path, &head.headers, &bytes);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Answer { status: head.status, headers: head.headers, text }
    }

    /// As the owner.
    pub async fn call(&self, method: Method, path: &str, body: &str) -> Answer {
        self.ask(request(method, path).body(Body::from(body.to_owned())).unwrap()).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, "").await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.call(Method::POST, path, &body.to_string()).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.call(Method::PUT, path, &body.to_string()).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.call(Method::DELETE, path, "").await
    }

    /// Connects an account, and waits until its models are known.
    pub async fn connect(&self, provider: &str, email: &str) {
        let auth_json = self.simulator.account(email).auth_json();
        let path = format!("/v1/auth/chatgpt/{provider}/import");
        let answer = self.post(&path, json!({ "auth_json": auth_json })).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let path = format!("/v1/providers/{provider}");
        until("the models are known", async || {
            self.get(&path).await.json()["model_count"].as_u64() > Some(0)
        })
        .await;
    }

    /// A provider with an API key.
    pub async fn local(&self, name: &str) -> Value {
        let body = json!({"name": name, "provider_type": "openai_compat",
                          "api_base": self.simulator.compat_base(), "api_key": COMPAT_KEY});
        let answer = self.post("/v1/providers", body).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        answer.json()
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.app.shutdown.begin();
        self.app.shutdown.tasks().stop();
    }
}

/// A request of the owner.
pub fn request(method: Method, path: &str) -> axum::http::request::Builder {
    bare(method, path).header(header::AUTHORIZATION, format!("Bearer {TOKEN}"))
}

/// A request of nobody.
pub fn bare(method: Method, path: &str) -> axum::http::request::Builder {
    Request::builder().method(method).uri(path).header(header::CONTENT_TYPE, "application/json")
}
