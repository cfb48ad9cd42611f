//! The store of providers.

use crate::support::database::database;
use chrono::{DateTime, TimeDelta, Utc};
use gateway::domain::ids::{MASTER_TENANT, ProviderId, TenantId};
use gateway::store::db::unique_violation;
use gateway::store::providers::{self, NewProvider, ProviderChange};
use serde_json::json;
use uuid::Uuid;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
}

fn new(name: &str) -> NewProvider {
    NewProvider {
        id: ProviderId(Uuid::now_v7()),
        name: name.to_owned(),
        display_name: Some("Shown".to_owned()),
        provider_type: "openai_compat".to_owned(),
        api_base: Some("https://api.example.com/v1".to_owned()),
        api_key: Some("sealed".to_owned()),
        enabled: true,
        settings: json!({"models": ["a"]}),
    }
}

#[tokio::test]
async fn a_provider_is_found_by_its_id_and_by_its_name() {
    let db = database().await;
    let mut db = db.pool.acquire().await.unwrap();
    let row = providers::insert(&mut db, MASTER_TENANT, &new("one"), at(0)).await.unwrap();
    assert_eq!((row.name.as_str(), row.created_at, row.updated_at), ("one", at(0), at(0)));
    let found = providers::get(&mut db, MASTER_TENANT, row.id).await.unwrap();
    assert_eq!(found.as_ref(), Some(&row));
    for key in ["one", &row.id.to_string()] {
        assert_eq!(providers::find(&mut db, MASTER_TENANT, key).await.unwrap().as_ref(), Some(&row));
    }
    assert_eq!(providers::find(&mut db, MASTER_TENANT, "two").await.unwrap(), None);
}

#[tokio::test]
async fn a_name_may_look_like_an_id() {
    let db = database().await;
    let mut db = db.pool.acquire().await.unwrap();
    let name = Uuid::now_v7().to_string();
    let row = providers::insert(&mut db, MASTER_TENANT, &new(&name), at(0)).await.unwrap();
    assert_eq!(providers::find(&mut db, MASTER_TENANT, &name).await.unwrap(), Some(row));
}

#[tokio::test]
async fn a_name_that_is_taken_breaks_the_constraint_that_says_so() {
    let db = database().await;
    let mut db = db.pool.acquire().await.unwrap();
    providers::insert(&mut db, MASTER_TENANT, &new("one"), at(0)).await.unwrap();
    let error = providers::insert(&mut db, MASTER_TENANT, &new("one"), at(0)).await.unwrap_err();
    assert_eq!(unique_violation(&error), Some("providers_tenant_id_name_key"));
    let error = providers::insert(&mut db, MASTER_TENANT, &new("Not A Slug"), at(0)).await.unwrap_err();
    assert_eq!(unique_violation(&error), None);
}

#[tokio::test]
async fn a_change_touches_what_it_names_and_can_clear() {
    let db = database().await;
    let mut db = db.pool.acquire().await.unwrap();
    let row = providers::insert(&mut db, MASTER_TENANT, &new("one"), at(0)).await.unwrap();
    let nothing = ProviderChange::default();
    let same = providers::update(&mut db, MASTER_TENANT, row.id, &nothing, at(1)).await.unwrap().unwrap();
    assert_eq!(same, providers::ProviderRow { updated_at: at(1), ..row.clone() });

    let change = ProviderChange {
        name: Some("renamed".into()),
        display_name: Some(None),
        provider_type: Some("openrouter".into()),
        api_base: Some(None),
        api_key: Some(Some("sealed again".into())),
        enabled: Some(false),
        draining: Some(true),
        settings: Some(json!({})),
    };
    let changed = providers::update(&mut db, MASTER_TENANT, row.id, &change, at(2)).await.unwrap().unwrap();
    let expected = providers::ProviderRow {
        name: "renamed".into(),
        display_name: None,
        provider_type: "openrouter".into(),
        api_base: None,
        api_key: Some("sealed again".into()),
        enabled: false,
        draining: true,
        settings: json!({}),
        updated_at: at(2),
        ..row
    };
    assert_eq!(changed, expected);
    assert_eq!(providers::get(&mut db, MASTER_TENANT, row.id).await.unwrap(), Some(expected));
}

#[tokio::test]
async fn one_tenant_cannot_read_change_or_delete_what_is_anothers() {
    let db = database().await;
    let mut db = db.pool.acquire().await.unwrap();
    let row = providers::insert(&mut db, MASTER_TENANT, &new("one"), at(0)).await.unwrap();
    let other = TenantId(Uuid::now_v7());
    assert_eq!(providers::get(&mut db, other, row.id).await.unwrap(), None);
    assert_eq!(providers::find(&mut db, other, "one").await.unwrap(), None);
    assert!(providers::list(&mut db, other).await.unwrap().is_empty());
    let change = ProviderChange { enabled: Some(false), ..ProviderChange::default() };
    assert_eq!(providers::update(&mut db, other, row.id, &change, at(1)).await.unwrap(), None);
    assert!(!providers::delete(&mut db, other, row.id).await.unwrap());
    assert_eq!(providers::list_all(&mut db).await.unwrap(), [row]);
}

#[tokio::test]
async fn the_oldest_comes_first_and_what_is_deleted_is_gone() {
    let db = database().await;
    let mut db = db.pool.acquire().await.unwrap();
    let mut ids = Vec::new();
    for (name, seconds) in [("b", 2), ("a", 3), ("c", 1)] {
        let when = at(0) + TimeDelta::seconds(seconds);
        let row = providers::insert(&mut db, MASTER_TENANT, &new(name), when).await.unwrap();
        ids.push(row.id);
    }
    let names = |rows: Vec<providers::ProviderRow>| rows.into_iter().map(|row| row.name).collect::<Vec<_>>();
    assert_eq!(names(providers::list(&mut db, MASTER_TENANT).await.unwrap()), ["c", "b", "a"]);
    assert!(providers::delete(&mut db, MASTER_TENANT, ids[0]).await.unwrap());
    assert!(!providers::delete(&mut db, MASTER_TENANT, ids[0]).await.unwrap());
    assert_eq!(names(providers::list_all(&mut db).await.unwrap()), ["c", "a"]);
}
