//! People: how they sign in and stay so, whom they invite, and what becomes of members.

mod account;
mod connect;
mod failures;
mod invitations;
mod members;
mod oidc;
mod sessions;
mod sign_in;

use crate::support::world::{Answer, Node, TOKEN};
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Mutex;
use tower::ServiceExt as _;

pub const PASSWORD: &str = "correct horse battery";
pub const OWNER: &str = "owner@example.com";
/// Where everybody sits unless it is said.
pub const HOME: &str = "10.0.0.1";

/// A browser, with the cookies that it was given last.
pub struct Browser {
    router: Router,
    address: SocketAddr,
    cookies: Mutex<BTreeMap<String, String>>,
}

impl Browser {
    pub fn new(node: &Node) -> Self {
        Self::at(node, HOME)
    }

    /// One that comes from there.
    pub fn at(node: &Node, address: &str) -> Self {
        let address = SocketAddr::new(address.parse().unwrap(), 4711);
        Self { router: node.router(), address, cookies: Mutex::default() }
    }

    /// The same browser, talking to another replica.
    pub fn moved(&self, node: &Node) -> Self {
        let cookies = Mutex::new(self.cookies.lock().unwrap().clone());
        Self { router: node.router(), address: self.address, cookies }
    }

    /// The value of its session.
    pub fn cookie(&self) -> Option<String> {
        let cookies = self.cookies.lock().unwrap();
        cookies.get("__Host-gateway_session").or_else(|| cookies.get("gateway_session")).cloned()
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[], &Value::Null).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.ask("POST", path, &[], &body).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.ask("PUT", path, &[], &body).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.ask("DELETE", path, &[], &Value::Null).await
    }

    /// As our own page asks: with the cookie and the header that no other page can send.
    pub async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        let ours: Vec<_> = [("x-gateway-csrf", "1")].into_iter().chain(headers.iter().copied()).collect();
        self.send(method, path, &ours, body).await
    }

    /// As any page can make it ask.
    pub async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        let mut request =
            axum::http::Request::builder().method(method).uri(path).header("user-agent", "a test");
        let cookies = self.cookies.lock().unwrap().clone();
        if !cookies.is_empty() {
            let pairs: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header("cookie", pairs.join("; "));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        let request = request.extension(ConnectInfo(self.address)).body(body).unwrap();
        let (head, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let answer = Answer { status: head.status.as_u16(), headers: head.headers, body };
        for set in answer.headers.get_all("set-cookie") {
            let (name, value) = set.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
            let mut cookies = self.cookies.lock().unwrap();
            match value {
                "" => cookies.remove(name),
                value => cookies.insert(name.to_owned(), value.to_owned()),
            };
        }
        answer
    }

    pub async fn sign_in(&self, email: &str, password: &str) -> Answer {
        self.post("/v1/auth/sign-in", json!({"email": email, "password": password})).await
    }

    /// Signs in, which has to work.
    pub async fn signed_in(self, email: &str) -> Self {
        let answer = self.sign_in(email, PASSWORD).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        self
    }

    /// Whether it is signed in.
    pub async fn is_in(&self) -> bool {
        self.get("/v1/auth/session").await.status == 200
    }
}

/// What an admin route says went wrong.
pub fn code(answer: &Answer) -> (u16, String) {
    (answer.status, answer.json()["code"].as_str().unwrap_or_default().to_owned())
}

/// The token of an invitation's link.
pub fn token_of(invited: &Answer) -> String {
    assert_eq!(invited.status, 201, "{}", invited.text());
    invited.json()["url"].as_str().unwrap().split_once("/invite#").unwrap().1.to_owned()
}

/// The first owner, who has just come in.
pub async fn owner(node: &Node) -> Browser {
    use secrecy::ExposeSecret as _;
    let token = node.app.people.invite_owner().await.unwrap().unwrap();
    let browser = Browser::new(node);
    let body = json!({"token": token.expose_secret(), "email": OWNER, "password": PASSWORD});
    let answer = browser.post("/v1/invitations/accept", body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    browser
}

/// A member with this role, who has just come in.
pub async fn member(by: &Browser, node: &Node, email: &str, role: &str) -> Browser {
    member_of(by, node, email, role, None).await
}

/// The same of a tenant, by its slug.
pub async fn member_of(by: &Browser, node: &Node, email: &str, role: &str, tenant: Option<&str>) -> Browser {
    let headers: Vec<_> = tenant.iter().map(|slug| ("x-gateway-tenant-id", *slug)).collect();
    let body = json!({"kind": "member", "email": email, "role": role});
    let invited = by.ask("POST", "/v1/invitations", &headers, &body).await;
    let browser = Browser::new(node);
    let body = json!({"token": token_of(&invited), "password": PASSWORD});
    let answer = browser.post("/v1/invitations/accept", body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    browser
}

/// The id of a user.
pub async fn id_of(by: &Browser, email: &str) -> String {
    let users = by.get("/v1/users").await.json();
    let found = users["users"].as_array().unwrap().iter().find(|user| user["email"] == email);
    found.unwrap_or_else(|| panic!("{email}: {users}"))["id"].as_str().unwrap().to_owned()
}

/// A browser that signed in with the gateway's token.
pub async fn with_token(node: &Node) -> Browser {
    let browser = Browser::new(node);
    let answer = browser.post("/v1/auth/session", json!({ "token": TOKEN })).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    browser
}
