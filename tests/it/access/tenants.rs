//! Tenants: made, renamed, removed, and what goes with them.

use crate::support::world::{CODEX, Node, World};
use gateway::app::vault::key_id;
use gateway::domain::access::Actor;
use gateway::domain::ids::{MASTER_TENANT, TenantId};
use gateway::store::{grants, tenants};
use serde_json::{Value, json};

async fn make(node: &Node, slug: &str) -> TenantId {
    let answer = node.post("/v1/tenants", &json!({"slug": slug, "name": "Team"})).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    TenantId(answer.json()["id"].as_str().unwrap().parse().unwrap())
}

#[tokio::test]
async fn a_tenant_is_made_renamed_listed_and_removed() {
    let world = World::new().await;
    let node = world.bare_node().await;
    make(&node, "blue").await;
    let list = node.get("/v1/tenants").await.json();
    let slugs: Vec<&str> =
        list["tenants"].as_array().unwrap().iter().map(|t| t["slug"].as_str().unwrap()).collect();
    assert_eq!(slugs, ["master", "blue"]);

    let renamed = node.put("/v1/tenants/blue", &json!({"slug": "navy", "name": " Navy "})).await.json();
    assert_eq!((&renamed["slug"], &renamed["name"]), (&json!("navy"), &json!("Navy")));
    assert_eq!(node.get("/v1/tenants/blue").await.status, 404);

    let asked = node.delete("/v1/tenants/navy").await;
    assert_eq!((asked.status, &asked.json()["code"]), (409, &json!("unconfirmed")));
    assert_eq!(node.delete("/v1/tenants/navy?confirm=navy").await.status, 200);
    assert_eq!(node.get("/v1/tenants/navy").await.status, 404);
}

#[tokio::test]
async fn what_is_wrong_is_said_and_changes_nothing() {
    let world = World::new().await;
    let node = world.bare_node().await;
    make(&node, "blue").await;
    for (body, code) in [
        (json!({"slug": "Blue"}), "invalid_slug"),
        (json!({"slug": ""}), "invalid_slug"),
        (json!({"slug": "0193a5b0-7000-7000-8000-000000000009"}), "invalid_slug"),
        (json!({"slug": "green", "name": " "}), "invalid_name"),
        (json!({"slug": "blue"}), "slug_taken"),
        (json!({"slug": "green", "nmae": "x"}), "invalid_body"),
    ] {
        assert_eq!(node.post("/v1/tenants", &body).await.json()["code"], code, "{body}");
    }
    assert_eq!(
        node.put("/v1/tenants/master", &json!({"slug": "main"})).await.json()["code"],
        "default_tenant"
    );
    assert_eq!(node.delete("/v1/tenants/master?confirm=master").await.json()["code"], "default_tenant");
    assert_eq!(node.get("/v1/tenants").await.json()["tenants"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_tenants_secrets_are_sealed_with_its_own_key_and_gone_with_it() {
    let world = World::new().await;
    let node = world.node().await;
    let blue = make(&node, "blue").await;
    let options = gateway::app::logins::LoginOptions::default();
    node.app
        .logins
        .import(blue, CODEX, &world.sim.account(crate::support::world::GRACE).auth_json(), options)
        .await
        .unwrap();
    let mut conn = node.app.db.work().await.unwrap();
    let keys_of = |rows: &[grants::GrantRow], tenant: TenantId| -> Vec<String> {
        let of = rows.iter().filter(|row| row.tenant_id == tenant);
        of.map(|row| key_id(&row.refresh_token).unwrap().to_owned()).collect()
    };
    let rows = grants::list_all(&mut conn).await.unwrap();
    let (ours, theirs) = (keys_of(&rows, MASTER_TENANT), keys_of(&rows, blue));
    assert_ne!(ours, theirs);
    let wrapped = tenants::list(&mut conn).await.unwrap();
    assert!(wrapped.iter().all(|tenant| tenant.sealing_key.as_deref().and_then(key_id).is_some()));

    // Another process reads them, until the row is gone.
    let other = world.bare_node().await;
    assert!(other.app.catalogues.current().tenant(blue).provider(CODEX).is_some());
    node.app.tenants.delete(&Actor::gateway(MASTER_TENANT), "blue", Some("blue")).await.unwrap();
    let left = grants::list_all(&mut conn).await.unwrap();
    assert!(left.iter().all(|row| row.tenant_id == MASTER_TENANT));
    assert_eq!(node.get("/v1/providers").await.json()["providers"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn files_and_commands_of_another_tenants_agents_stay_apart() {
    let dir = tempfile::tempdir().unwrap();
    let roots = dir.path().join("roots");
    std::fs::create_dir(&roots).unwrap();
    let world = World::with(|config| {
        config.tools.workspace_roots = vec![roots.to_str().unwrap().to_owned()];
    })
    .await;
    let node = world.bare_node().await;
    let blue = make(&node, "blue").await;
    std::fs::create_dir_all(roots.join(blue.to_string())).unwrap();
    let call = async |tenant: TenantId, workspace: std::path::PathBuf| {
        let config: Value = json!({"allow": ["list_files"]});
        let context = gateway::app::tools::ToolContext {
            tenant,
            agent_key: "helper".into(),
            workspace: Some(workspace),
            tools_config: config.as_object().unwrap().clone(),
            cancel: tokio_util::sync::CancellationToken::new(),
        };
        node.app.tools.call(&context, "list_files", "{}").await
    };
    assert!(!call(MASTER_TENANT, roots.join("any")).await.is_error);
    assert!(call(blue, roots.join("any")).await.text.contains("is not allowed"));
    assert!(!call(blue, roots.join(blue.to_string()).join("mine")).await.is_error);
}
