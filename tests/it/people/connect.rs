//! The link that lets somebody connect their own account, and do nothing else.

use super::{Browser, code, owner, token_of};
use crate::support::world::{ADA, GRACE, World, until};
use gateway::demo::simulator::Simulator;
use serde_json::{Value, json};

/// Somebody with a link for the provider `team-1`.
struct Guest {
    browser: Browser,
    token: String,
}

impl Guest {
    async fn ask(&self, method: &str, path: &str, body: &Value) -> crate::support::world::Answer {
        let headers = [("x-gateway-invitation", self.token.as_str())];
        self.browser.ask(method, path, &headers, body).await
    }

    async fn start(&self, body: Value) -> crate::support::world::Answer {
        self.ask("POST", "/v1/auth/chatgpt/team-1/start", &body).await
    }

    async fn status(&self) -> Value {
        let answer = self.ask("GET", "/v1/auth/chatgpt/team-1/status", &Value::Null).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }
}

async fn guest(world: &World) -> (crate::support::world::Node, Browser, Guest) {
    let node = world.bare_node().await;
    let owner = owner(&node).await;
    let invite = json!({"kind": "connect", "provider_name": "team-1"});
    let token = token_of(&owner.post("/v1/invitations", invite).await);
    let browser = Browser::at(&node, "203.0.113.7");
    (node, owner, Guest { browser, token })
}

fn authorize(simulator: &Simulator, begun: &Value, who: &str) -> String {
    simulator.authorize(begun["auth_url"].as_str().unwrap(), Some(who)).unwrap()
}

#[tokio::test]
async fn a_guest_connects_their_own_account_and_the_link_is_used_up() {
    let world = World::new().await;
    let (_node, owner, guest) = guest(&world).await;
    assert_eq!(guest.status().await["authenticated"], false);
    let cancelled = guest.start(json!({})).await.json();
    let only = json!({ "login_id": cancelled["login_id"] });
    assert_eq!(guest.ask("POST", "/v1/auth/chatgpt/team-1/cancel", &only).await.status, 200);
    let begun = guest.start(json!({"display_name": "Ada's"})).await.json();
    let back = json!({ "redirect_url": authorize(&world.sim, &begun, ADA) });
    let connected = guest.ask("POST", "/v1/auth/chatgpt/team-1/callback", &back).await;
    assert_eq!(connected.json()["authenticated"], true, "{}", connected.text());
    assert_eq!(owner.get("/v1/providers/team-1").await.status, 200);

    // There is only the outcome to be looked at.
    assert_eq!(guest.status().await["authenticated"], true);
    assert_eq!(code(&guest.start(json!({})).await), (403, "invitation_used".into()));
    assert_eq!(owner.get("/v1/invitations").await.json(), json!({"invitations": []}));
    let offer = [("x-gateway-invitation", guest.token.as_str())];
    let offered = guest.browser.ask("GET", "/v1/invitations/by-token", &offer, &Value::Null).await;
    assert_eq!(offered.status, 404);
    sqlx::query("update invitations set accepted_at = accepted_at - interval '2 hours'")
        .execute(&world.db.pool)
        .await
        .unwrap();
    let late = guest.ask("GET", "/v1/auth/chatgpt/team-1/status", &Value::Null).await;
    assert_eq!(code(&late), (401, "invalid_invitation".into()));
}

#[tokio::test]
async fn a_sign_in_that_ends_without_a_request_uses_the_link_up_too() {
    let world = World::new().await;
    let (_node, owner, guest) = guest(&world).await;
    let begun = guest.start(json!({"method": "device"})).await.json();
    world.sim.decide_device(begun["user_code"].as_str().unwrap(), Some(GRACE)).unwrap();
    until("the account is connected", async || guest.status().await["authenticated"] == true).await;
    assert_eq!(code(&guest.start(json!({})).await), (403, "invitation_used".into()));
    assert_eq!(owner.get("/v1/invitations").await.json(), json!({"invitations": []}));
}

#[tokio::test]
async fn a_guest_reaches_nothing_else() {
    let world = World::new().await;
    let (node, owner, guest) = guest(&world).await;
    for body in [json!({"force": true}), json!({"api_base": "https://evil.example.com"})] {
        assert_eq!(guest.start(body).await.status, 403);
    }
    // Of every route, only those of this provider's sign-in let the link in; it opens no session either.
    let document: Value = serde_json::from_str(&gateway::http::openapi()).unwrap();
    let allowed = ["status", "start", "callback", "cancel"];
    let mut asked = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let own = path.starts_with("/v1/auth/chatgpt/") && allowed.iter().any(|end| path.ends_with(end));
            if operation.get("security").is_none() || own {
                continue;
            }
            let id = "0193a5b0-7000-7000-8000-00000000abcd";
            let path = path.replace("{id}", id).replace("{*id}", "x").replace("{provider}", "team-1");
            let answer = guest.ask(&method.to_uppercase(), &path, &json!({})).await;
            assert_eq!(answer.status, 401, "{method} {path}: {}", answer.text());
            asked += 1;
        }
    }
    assert!(asked > 50, "{asked}");
    for end in allowed {
        let method = if end == "status" { "GET" } else { "POST" };
        for provider in ["team-2", "openai-codex"] {
            let path = format!("/v1/auth/chatgpt/{provider}/{end}");
            let body = match end {
                "callback" => json!({"redirect_url": "http://localhost/?code=x"}),
                _ => json!({}),
            };
            let answer = guest.ask(method, &path, &body).await;
            assert_eq!(code(&answer), (403, "forbidden".into()), "{path}");
        }
    }
    let older = guest.ask("GET", "/v1/auth/openai/status", &Value::Null).await;
    assert_eq!(older.status, 403);
    let accept = json!({"token": guest.token, "email": "eve@example.com", "password": super::PASSWORD});
    assert_eq!(guest.browser.post("/v1/invitations/accept", accept).await.status, 404);
    // An invitation to be a member connects nothing, and a withdrawn link nothing at all.
    let member = token_of(&owner.post("/v1/invitations", json!({"kind": "member"})).await);
    let as_member = Guest { browser: Browser::new(&node), token: member };
    assert_eq!(as_member.start(json!({})).await.status, 401);
    let id = owner.get("/v1/invitations").await.json()["invitations"][1]["id"].as_str().unwrap().to_owned();
    assert_eq!(owner.delete(&format!("/v1/invitations/{id}")).await.status, 204);
    assert_eq!(guest.start(json!({})).await.status, 401);
}
