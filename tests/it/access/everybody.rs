//! Every route, asked by everybody: with nothing, with what is worth nothing any more, and as every role, with a key and as
//! a person.

use super::routes::{Route, guarded};
use crate::keys::{Key, OTHER, add_tenant};
use crate::people::{Browser, OWNER, id_of, member, member_of, owner};
use crate::support::world::{Answer, Node, TOKEN, World};
use axum::Router;
use axum::body::Body;
use gateway::domain::access::Role;
use gateway::domain::ids::MASTER_TENANT;
use http_body_util::BodyExt as _;
use serde_json::json;
use tower::ServiceExt as _;

/// Somebody who asks, by what they send.
pub struct Asker {
    name: String,
    role: Role,
    headers: Vec<(&'static str, String)>,
}

impl Asker {
    pub fn key(name: &str, role: Role, key: &Key) -> Self {
        Self { name: format!("{name} key"), role, headers: vec![("authorization", key.bearer.clone())] }
    }

    /// Whoever is signed in with this browser, on our own page.
    pub fn person(name: &str, role: Role, browser: &Browser) -> Self {
        let cookie = format!("gateway_session={}", browser.cookie().unwrap());
        let headers = vec![("cookie", cookie), ("x-gateway-csrf", "1".into())];
        Self { name: format!("{name} person"), role, headers }
    }

    fn with(name: &str, headers: Vec<(&'static str, String)>) -> Self {
        Self { name: name.into(), role: Role::Viewer, headers }
    }

    /// The whole answer; of a stream without an end its head.
    pub async fn ask(&self, router: &Router, route: &Route, path: &str, body: Body) -> Answer {
        let mut request = axum::http::Request::builder().method(&*route.method).uri(path);
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let request = request.header("content-type", "application/json").body(body).unwrap();
        let (head, body) = router.clone().oneshot(request).await.unwrap().into_parts();
        let is_stream = head.status.is_success() && route.is_endless();
        let body = if is_stream { <_>::default() } else { body.collect().await.unwrap().to_bytes() };
        Answer { status: head.status.as_u16(), headers: head.headers, body }
    }

    async fn ask_least(&self, router: &Router, route: &Route) -> Answer {
        self.ask(router, route, &route.path, Body::from(route.body.to_string())).await
    }
}

/// A code of either shape of errors.
fn code(answer: &Answer) -> String {
    let body = answer.json();
    body["code"].as_str().or(body["error"]["code"].as_str()).unwrap_or_default().to_owned()
}

/// Each role with a key and as a person, the gateway's token, and another tenant's admins.
async fn askers(world: &World, node: &Node) -> Vec<Asker> {
    add_tenant(world).await;
    let the_owner = owner(node).await;
    let mut all = Vec::new();
    for role in [Role::Viewer, Role::Operator, Role::Admin] {
        let email = format!("{}@example.com", role.as_str());
        let browser = member(&the_owner, node, &email, role.as_str()).await;
        all.push(Asker::key(role.as_str(), role, &Key::of(node, MASTER_TENANT, role).await));
        all.push(Asker::person(role.as_str(), role, &browser));
    }
    let theirs = Key::of(node, OTHER, Role::Admin).await;
    let them = member_of(&the_owner, node, "them@example.com", "admin", Some("other")).await;
    all.push(Asker::key("another tenant's", Role::Admin, &theirs));
    all.push(Asker::person("another tenant's", Role::Admin, &them));
    all.push(Asker::person("owner", Role::Owner, &the_owner));
    let mut token = Asker::with("the token", vec![("authorization", format!("Bearer {TOKEN}"))]);
    token.role = Role::Owner;
    all.push(token);
    all
}

#[tokio::test]
async fn every_role_may_on_every_route_what_the_table_says_and_nothing_else() {
    let world = World::new().await;
    let node = world.bare_node().await;
    let router = node.router();
    for asker in askers(&world, &node).await {
        for route in guarded() {
            let answer = asker.ask_least(&router, &route).await;
            let said = format!("{} by {}: {} {}", route.name, asker.name, answer.status, answer.text());
            assert!(answer.status != 401 && answer.status != 500, "{said}");
            // Another refusal than the table's has a code of its own: a key is no person, say.
            let refused = answer.status == 403 && code(&answer) == "forbidden";
            match route.refuses(asker.role) {
                None => assert!(!refused, "{said}"),
                Some(needed) => {
                    assert!(refused, "{said}");
                    let named = format!("the permission {}, ", needed.as_str());
                    assert!(
                        answer.text().contains(&named),
                        "it demands another one than it documents: {said}"
                    );
                }
            }
        }
    }
    node.stop().await;
}

#[tokio::test]
async fn whoever_may_not_use_a_route_is_refused_before_anything_else_is_read() {
    let world = World::new().await;
    let node = world.bare_node().await;
    let router = node.router();
    let bodies = ["{\"broken".to_owned(), "[".repeat(50_000), "\"\\u0000\"".into(), "x".repeat(2 << 20)];
    let nobody = Asker::with("nobody", Vec::new());
    let askers = askers(&world, &node).await;
    for route in guarded() {
        let query: Vec<String> = route.query.iter().map(|name| format!("{name}=%FF")).collect();
        let path = format!("{}?{}", route.path, query.join("&"));
        for body in &bodies {
            let answer = nobody.ask(&router, &route, &path, Body::from(body.clone())).await;
            assert_eq!(answer.status, 401, "{} by nobody: {}", route.name, answer.text());
            for asker in askers.iter().filter(|asker| route.refuses(asker.role).is_some()) {
                let answer = asker.ask(&router, &route, &path, Body::from(body.clone())).await;
                let said = format!("{} by {}: {} {}", route.name, asker.name, answer.status, answer.text());
                assert_eq!((answer.status, &*code(&answer)), (403, "forbidden"), "{said}");
            }
        }
    }
    node.stop().await;
}

#[tokio::test]
async fn what_is_worth_nothing_gets_past_no_route() {
    let world = World::new().await;
    let node = world.bare_node().await;
    let owner = owner(&node).await;
    let [revoked, expired] =
        [Key::of(&node, MASTER_TENANT, Role::Admin).await, Key::of(&node, MASTER_TENANT, Role::Admin).await];
    assert_eq!(node.post(&format!("/v1/keys/{}/revoke", revoked.id), &json!({})).await.status, 200);
    sqlx::query("update api_keys set expires_at = now() where id = $1::uuid")
        .bind(&expired.id)
        .execute(&world.db.pool)
        .await
        .unwrap();
    node.app.keys.reload().await.unwrap();
    let ended = member(&owner, &node, "ada@example.com", "admin").await;
    let idle = member(&owner, &node, "bob@example.com", "admin").await;
    let removed = member(&owner, &node, "eve@example.com", "admin").await;
    let mut worthless = vec![
        Asker::key("a revoked", Role::Admin, &revoked),
        Asker::key("an expired", Role::Admin, &expired),
        Asker::person("a signed out", Role::Admin, &ended),
        Asker::person("an idle", Role::Admin, &idle),
        Asker::person("a removed", Role::Admin, &removed),
        Asker::with("a made-up cookie", vec![("cookie", "gateway_session=x".into())]),
    ];
    for token in ["", "Bearer", "Bearer gw_wrong", "Basic Z3c6Z3c=", "Bearer gw_test_token_"] {
        worthless.push(Asker::with(token, vec![("authorization", token.into())]));
    }
    assert_eq!(ended.delete("/v1/auth/session").await.status, 204);
    assert_eq!(
        owner.delete(&format!("/v1/users/{}", id_of(&owner, "eve@example.com").await)).await.status,
        204
    );
    sqlx::query(
        "update browser_sessions set last_seen_at = now() - interval '90 days' where user_id = $1::uuid",
    )
    .bind(id_of(&owner, "bob@example.com").await)
    .execute(&world.db.pool)
    .await
    .unwrap();
    let router = node.router();
    for route in guarded() {
        for asker in &worthless {
            let answer = asker.ask_least(&router, &route).await;
            assert_eq!(answer.status, 401, "{} with {}: {}", route.name, asker.name, answer.text());
        }
    }
    node.stop().await;
}

#[tokio::test]
async fn a_cookie_alone_changes_nothing_on_any_route() {
    let world = World::new().await;
    let node = world.bare_node().await;
    let owner = owner(&node).await;
    let cookie = format!("gateway_session={}", owner.cookie().unwrap());
    let router = node.router();
    let before = id_of(&owner, OWNER).await;
    for route in guarded().filter(|route| route.method != "GET") {
        // What a form of another page can send, and what it can't.
        for kind in ["text/plain", "application/x-www-form-urlencoded", "application/json"] {
            let request = axum::http::Request::builder().method(&*route.method).uri(&route.path);
            let request = request.header("cookie", &cookie).header("content-type", kind);
            let request = request.body(Body::from(route.body.to_string())).unwrap();
            let answer = router.clone().oneshot(request).await.unwrap();
            assert_eq!(answer.status(), 403, "{} as {kind}", route.name);
        }
    }
    assert_eq!(id_of(&owner, OWNER).await, before);
    node.stop().await;
}
