//! Invitations: links that work once.

use super::{Browser, OWNER, PASSWORD, code, member, owner, token_of, with_token};
use crate::program::process::Home;
use crate::support::database::database;
use crate::support::world::TOKEN;
use crate::support::world::{Answer, World};
use reqwest::Method;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

const ADA: &str = "ada@example.com";
const PATH: &str = "/v1/invitations/accept";

async fn offer(browser: &Browser, token: &str) -> Answer {
    let headers = [("x-gateway-invitation", token)];
    browser.ask("GET", "/v1/invitations/by-token", &headers, &Value::Null).await
}

#[tokio::test]
async fn the_first_owner_comes_by_a_link_that_works_once_and_is_replaced_until_then() {
    let world = World::new().await;
    let node = world.bare_node().await;
    let first = node.app.people.invite_owner().await.unwrap().unwrap();
    let second = node.app.people.invite_owner().await.unwrap().unwrap();
    let browser = Browser::new(&node);
    assert_eq!(code(&offer(&browser, first.expose_secret()).await), (404, "invalid_invitation".into()));
    let offered = offer(&browser, second.expose_secret()).await.json();
    assert_eq!((&offered["kind"], &offered["role"]), (&json!("owner"), &json!("owner")));
    let accept = |email: &str| json!({"token": second.expose_secret(), "email": email, "password": PASSWORD});
    // Nobody sees it in the list.
    let listed = with_token(&node).await.get("/v1/invitations").await.json();
    assert_eq!(listed, json!({"invitations": []}));
    let accepted = browser.post(PATH, accept(OWNER)).await;
    assert_eq!(accepted.json()["role"], "owner", "{}", accepted.text());
    assert!(browser.is_in().await);
    assert_eq!(Browser::new(&node).post(PATH, accept(ADA)).await.status, 404);
    assert!(node.app.people.invite_owner().await.unwrap().is_none());
}

#[tokio::test]
async fn a_service_prints_no_link_into_its_log_and_a_command_makes_one() {
    let db = database().await;
    let home = Home::new().with("GATEWAY_POSTGRES_DSN", &db.url).with("GATEWAY_TOKEN", TOKEN);
    let mut gateway = home.serve().await;
    let made = home.run(&["owner-link"]);
    let link = String::from_utf8(made.stdout).unwrap();
    let token = link.trim().split_once("/invite#").unwrap_or_else(|| panic!("{link}")).1;
    let client = gateway.client("");
    let accept = json!({"token": token, "email": OWNER, "password": PASSWORD});
    let accepted = client.request(Method::POST, PATH).json(&accept).send().await.unwrap();
    assert_eq!(accepted.status(), 200);
    let again = home.run(&["owner-link"]);
    assert!(!again.status.success() && again.stdout.is_empty());
    gateway.stop().await;
    let told = gateway.log() + &gateway.stdout();
    assert!(told.contains("gateway is ready") && !told.contains("gwi_"), "{told}");
}

#[tokio::test]
async fn an_invitation_is_used_by_one_of_many_who_try_at_once() {
    let world = World::new().await;
    let (one, two) = (world.bare_node().await, world.bare_node().await);
    let owner = owner(&one).await;
    let token = token_of(&owner.post("/v1/invitations", json!({"kind": "member"})).await);
    let browsers = [Browser::new(&one), Browser::new(&two), Browser::new(&one), Browser::new(&two)];
    let tried = browsers.iter().enumerate().map(|(n, browser)| {
        browser
            .post(PATH, json!({"token": token, "email": format!("ada{n}@example.com"), "password": PASSWORD}))
    });
    let answers = futures_util::future::join_all(tried).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    assert!(answers.iter().all(|answer| answer.status == 200 || code(answer).1 == "invalid_invitation"));
    let users = owner.get("/v1/users").await.json();
    assert_eq!(users["users"].as_array().unwrap().len(), 2, "{users}");
    assert_eq!(users["users"][1]["role"], "viewer", "the least, unless it is said");
}

#[tokio::test]
async fn an_invitation_is_for_the_address_that_it_names() {
    let world = World::new().await;
    let node = world.bare_node().await;
    let owner = owner(&node).await;
    let invite = json!({"kind": "member", "email": "Ada@Example.com", "role": "operator"});
    let invited = owner.post("/v1/invitations", invite).await;
    let token = token_of(&invited);
    assert_eq!(invited.json()["email"], ADA);
    assert!(!owner.get("/v1/invitations").await.text().contains(&token));
    let offered = offer(&Browser::new(&node), &token).await.json();
    assert_eq!(
        offered,
        json!({"kind": "member", "tenant_name": "Master", "email": ADA, "role": "operator", "provider_name": null})
    );
    let accept = |email: &str, password: &str| json!({"token": token, "email": email, "password": password});
    let browser = Browser::new(&node);
    assert_eq!(code(&browser.post(PATH, accept("eve@example.com", PASSWORD)).await).1, "other_address");
    assert_eq!(code(&browser.post(PATH, accept(ADA, "short")).await).1, "invalid_password");
    assert_eq!(browser.post(PATH, accept("ADA@example.com", PASSWORD)).await.status, 200);
    // Who is a member already is not invited again, and the link stays good.
    let again = token_of(&owner.post("/v1/invitations", json!({"kind": "member"})).await);
    let as_ada = json!({"token": again, "email": ADA, "password": PASSWORD});
    assert_eq!(code(&Browser::new(&node).post(PATH, as_ada).await), (409, "already_member".into()));
    assert_eq!(offer(&browser, &again).await.status, 200);
}

#[tokio::test]
async fn a_withdrawn_or_late_invitation_is_as_one_that_never_was() {
    let world = World::new().await;
    let node = world.bare_node().await;
    let owner = owner(&node).await;
    let withdrawn = owner.post("/v1/invitations", json!({"kind": "member"})).await;
    let path = format!("/v1/invitations/{}", withdrawn.json()["id"].as_str().unwrap());
    assert_eq!(owner.delete(&path).await.status, 204);
    assert_eq!(owner.delete(&path).await.status, 404);
    let late =
        token_of(&owner.post("/v1/invitations", json!({"kind": "member", "expires_in_hours": 1})).await);
    sqlx::query("update invitations set expires_at = now()").execute(&world.db.pool).await.unwrap();
    let browser = Browser::new(&node);
    let mut texts = Vec::new();
    for token in [token_of(&withdrawn), late, "gwi_unknown".into(), String::new()] {
        let accept = json!({"token": token, "email": ADA, "password": PASSWORD});
        for answer in [browser.post(PATH, accept).await, offer(&browser, &token).await] {
            assert_eq!(code(&answer), (404, "invalid_invitation".into()));
            texts.push(answer.json()["error"].clone());
        }
    }
    assert!(texts.windows(2).all(|two| two[0] == two[1]), "{texts:?}");
    assert_eq!(owner.get("/v1/invitations").await.json(), json!({"invitations": []}));
}

#[tokio::test]
async fn what_makes_no_sense_is_not_offered() {
    let world = World::new().await;
    let node = world.bare_node().await;
    let owner = owner(&node).await;
    for wrong in [
        json!({}),
        json!({"kind": "owner"}),
        json!({"kind": "member", "provider_name": "team"}),
        json!({"kind": "connect"}),
        json!({"kind": "connect", "provider_name": "No Name"}),
        json!({"kind": "connect", "provider_name": "team", "role": "admin"}),
        json!({"kind": "member", "email": "nobody"}),
        json!({"kind": "member", "expires_in_hours": 0}),
        json!({"kind": "member", "expires_in_hours": 721}),
        json!({"kind": "member", "role": "root"}),
    ] {
        let answer = owner.post("/v1/invitations", wrong.clone()).await;
        assert_eq!(answer.status, 400, "{wrong}: {}", answer.text());
    }
}

#[tokio::test]
async fn who_is_signed_in_joins_another_tenant_without_a_password() {
    let world = World::new().await;
    let node = world.bare_node().await;
    let owner = owner(&node).await;
    sqlx::query("insert into tenants values (gen_random_uuid(), 'other', 'Other', now())")
        .execute(&world.db.pool)
        .await
        .unwrap();
    let ada = member(&owner, &node, ADA, "viewer").await;
    let there = [("x-gateway-tenant-id", "other")];
    let invite = async |email: &str| {
        let body = json!({"kind": "member", "email": email});
        token_of(&owner.ask("POST", "/v1/invitations", &there, &body).await)
    };
    let elses = invite("eve@example.com").await;
    assert_eq!(code(&ada.post(PATH, json!({ "token": elses })).await).1, "other_address");
    let hers = invite(ADA).await;
    assert_eq!(code(&Browser::new(&node).post(PATH, json!({ "token": hers })).await).1, "invalid_password");
    let joined = ada.post(PATH, json!({ "token": hers })).await;
    assert_eq!(joined.json()["tenants"].as_array().unwrap().len(), 2, "{}", joined.text());
}
