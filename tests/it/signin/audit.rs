//! As whom a sign-in completes that ends without a request of the API.

use super::world::{ADA, GRACE, World, open};
use crate::support::world::owner;
use gateway::app::logins::{LoginOptions, Started};
use gateway::domain::access::{Actor, Role, Who};
use gateway::domain::ids::UserId;
use std::time::Duration;
use uuid::Uuid;

fn grace() -> Actor {
    let who = Who::User(UserId(Uuid::from_u128(7)));
    let from = Some("192.0.2.7".parse().unwrap());
    Actor { role: Role::Operator, who, name: "grace@example.com".into(), from, ..owner() }
}

/// Action, kind, id, name and address of every entry.
async fn log(world: &World) -> Vec<(String, String, Option<Uuid>, String, Option<String>)> {
    sqlx::query_as(
        "select action, actor_kind, actor_id, actor_name, actor_address from audit_entries order by seq",
    )
    .fetch_all(&world.db.pool)
    .await
    .unwrap()
}

fn by_grace(action: &str) -> (String, String, Option<Uuid>, String, Option<String>) {
    let (name, address) = ("grace@example.com".to_owned(), Some("192.0.2.7".to_owned()));
    (action.to_owned(), "user".to_owned(), Some(Uuid::from_u128(7)), name, address)
}

#[tokio::test]
async fn a_browser_that_comes_back_completes_the_sign_in_as_whoever_began_it() {
    let world = World::new().await;
    let (one, two) = (world.gateway(), world.gateway());
    let begun = one.logins.start_browser(&grace(), "openai-codex", LoginOptions::default()).await.unwrap();
    let Started::Begun(begun) = begun else { panic!() };
    assert!(log(&world).await.is_empty(), "nothing was changed yet");
    // The process that began it is gone.
    one.stop().await;
    two.logins.resume().await.unwrap();
    let page = open(&world.agree(&begun.auth_url, ADA), "127.0.0.1").await;
    assert_eq!(page.status, 200, "{}", page.text);
    assert_eq!(log(&world).await, [by_grace("provider.connect")]);
}

#[tokio::test]
async fn a_code_typed_on_another_device_completes_the_sign_in_as_whoever_began_it() {
    let world = World::new().await;
    let gateway = world.running_gateway();
    let begun = gateway.logins.start_device(&grace(), "openai-codex", LoginOptions::default()).await.unwrap();
    let Started::Begun(begun) = begun else { panic!() };
    world.sim.decide_device(&begun.user_code, Some(GRACE)).unwrap();
    tokio::time::timeout(Duration::from_secs(20), gateway.logins.connected().notified()).await.unwrap();
    assert_eq!(log(&world).await, [by_grace("provider.connect")]);
}

#[tokio::test]
async fn an_address_pasted_by_somebody_else_completes_the_sign_in_as_them() {
    let world = World::new().await;
    let gateway = world.gateway();
    let begun = gateway.browser("openai-codex").await;
    let redirect = world.agree(&begun.auth_url, ADA);
    gateway.logins.callback(&grace(), "openai-codex", &redirect).await.unwrap();
    assert_eq!(log(&world).await, [by_grace("provider.connect")]);
}
