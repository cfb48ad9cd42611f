//! A sign-in server that a test can hold, break and question: its refresh tokens rotate, and a spent one is refused.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use gateway::app::clock::ManualClock;
use gateway::upstream::http_client;
use gateway::upstream::openai_auth::{OpenAiAuth, OpenAiAuthConfig, TokenSet};
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex};
use tokio::sync::{Notify, Semaphore};

/// How long an access token of this issuer lives.
pub const LIFETIME: TimeDelta = TimeDelta::hours(10);

/// What the token endpoint does with one request instead of its work.
pub enum Instead {
    /// Refuses or fails, before it looks at the token.
    Answer(u16, Value),
    /// Spends the token and makes a new one, then holds the answer back until [`Issuer::release`].
    HoldAnswer,
    /// Spends the token, answers with what is left of the new set.
    Without(&'static [&'static str]),
    /// Takes the spent token once more, as the real one does for a while.
    TolerateReuse,
}

#[derive(Default)]
struct Book {
    /// Refresh token -> (account, generation).
    current: HashMap<String, (String, u32)>,
    spent: HashMap<String, (String, u32)>,
    instead: VecDeque<Instead>,
    refreshes: Vec<Value>,
    revoked: Vec<Value>,
    /// Every token that was ever given out.
    given: HashSet<String>,
}

#[derive(Clone)]
pub struct Issuer {
    url: String,
    clock: ManualClock,
    book: Arc<Mutex<Book>>,
    held: Arc<Semaphore>,
    arrived: Arc<Notify>,
}

impl Issuer {
    pub async fn start(clock: ManualClock) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            clock,
            book: Arc::default(),
            held: Arc::new(Semaphore::new(0)),
            arrived: Arc::default(),
        };
        let routes = Router::new()
            .route("/oauth/token", post(token))
            .route("/oauth/revoke", post(revoke))
            .with_state(issuer.clone());
        #[expect(clippy::disallowed_methods, reason = "ends with the test's runtime")]
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        issuer
    }

    pub fn auth(&self) -> OpenAiAuth {
        let config = OpenAiAuthConfig::new(self.url.parse().unwrap());
        OpenAiAuth::new(http_client::build(std::time::Duration::from_secs(10)).unwrap(), config)
    }

    /// The tokens of a fresh sign-in of `account`.
    pub fn sign_in(&self, account: &str) -> TokenSet {
        let set = self.book.lock().unwrap().issue(&self.clock, account, 0);
        let text = |name: &str| set[name].as_str().map(Into::into);
        TokenSet {
            id_token: text("id_token"),
            access_token: text("access_token"),
            refresh_token: text("refresh_token"),
        }
    }

    pub fn next(&self, instead: Instead) {
        self.book.lock().unwrap().instead.push_back(instead);
    }

    /// Lets one held answer go.
    pub fn release(&self) {
        self.held.add_permits(1);
    }

    /// Waits until a request is being held.
    pub async fn holding(&self) {
        tokio::time::timeout(std::time::Duration::from_secs(10), self.arrived.notified())
            .await
            .expect("no request arrived");
    }

    pub fn refreshes(&self) -> Vec<Value> {
        self.book.lock().unwrap().refreshes.clone()
    }

    pub fn revoked(&self) -> Vec<Value> {
        self.book.lock().unwrap().revoked.clone()
    }

    pub fn given(&self) -> HashSet<String> {
        self.book.lock().unwrap().given.clone()
    }
}

impl Book {
    fn issue(&mut self, clock: &ManualClock, account: &str, generation: u32) -> Value {
        let now = clock.now();
        let auth = json!({
            "chatgpt_account_id": format!("acc-{account}"),
            "chatgpt_user_id": format!("user-{account}"),
            "chatgpt_plan_type": if generation == 0 { "plus" } else { "pro" },
        });
        let claims = |kind: &str| {
            json!({
                "iss": "https://issuer.test", "iat": now.timestamp(), "exp": (now + LIFETIME).timestamp(),
                "kind": kind, "generation": generation, "email": format!("{account}@example.com"),
                "https://api.openai.com/auth": auth,
            })
        };
        let jwt = |claims: &Value| {
            let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
            format!("{}.{}.c2lnbmF0dXJl", part(&json!({"alg": "none"})), part(claims))
        };
        let refresh = format!("rt-{account}-{generation}-secret");
        self.current.insert(refresh.clone(), (account.to_owned(), generation));
        let set = json!({
            "id_token": jwt(&claims("id")), "access_token": jwt(&claims("access")), "refresh_token": refresh,
            "token_type": "Bearer", "expires_in": LIFETIME.num_seconds(),
        });
        for token in ["id_token", "access_token", "refresh_token"] {
            self.given.insert(set[token].as_str().unwrap().to_owned());
        }
        set
    }
}

async fn token(State(issuer): State<Issuer>, Json(body): Json<Value>) -> Response {
    let token = body["refresh_token"].as_str().unwrap_or_default().to_owned();
    let (answer, hold) = {
        let mut book = issuer.book.lock().unwrap();
        book.refreshes.push(body);
        let instead = book.instead.pop_front();
        if let Some(Instead::Answer(status, body)) = instead {
            return (StatusCode::from_u16(status).unwrap(), Json(body)).into_response();
        }
        if matches!(instead, Some(Instead::TolerateReuse))
            && let Some(known) = book.spent.remove(&token)
        {
            book.current.insert(token.clone(), known);
        }
        let Some((account, generation)) = book.current.remove(&token) else {
            let code = if book.spent.contains_key(&token) { "refresh_token_reused" } else { "invalid_grant" };
            return (StatusCode::UNAUTHORIZED, Json(json!({"error": {"code": code, "message": "no"}})))
                .into_response();
        };
        book.spent.insert(token, (account.clone(), generation));
        let mut answer = book.issue(&issuer.clock, &account, generation + 1);
        if let Some(Instead::Without(names)) = instead {
            for name in names {
                answer.as_object_mut().unwrap().remove(*name);
            }
            if names.contains(&"refresh_token") {
                // A set without a new refresh token leaves the old one good.
                let old = format!("rt-{account}-{generation}-secret");
                let known = book.spent.remove(&old).unwrap();
                book.current.insert(old, known);
            }
        }
        (answer, matches!(instead, Some(Instead::HoldAnswer)))
    };
    if hold {
        issuer.arrived.notify_one();
        issuer.held.acquire().await.unwrap().forget();
    }
    Json(answer).into_response()
}

async fn revoke(State(issuer): State<Issuer>, Json(body): Json<Value>) -> StatusCode {
    issuer.book.lock().unwrap().revoked.push(body);
    StatusCode::OK
}
