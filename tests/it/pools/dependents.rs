//! A rename follows through; nothing that is needed is removed unasked.

use super::{accounts, extras, members, pool, provider};
use crate::admin::desk::Desk;
use serde_json::{Value, json};

fn routing(names: &[&str]) -> Value {
    json!({"thinking_level": "low", "chatgpt_oauth_routing":
           {"override_mode": "custom", "strategy": "round_robin", "extra_provider_names": names}})
}

async fn agent(desk: &Desk, key: &str, provider: &str, other: Value) {
    let body = json!({"agent_key": key, "provider": provider, "other_config": other});
    let made = desk.post("/v1/agents", body).await;
    assert_eq!(made.status, 201, "{}", made.text);
}

#[tokio::test]
async fn a_rename_follows_through_to_pools_and_agents() {
    let desk = accounts(&["main", "b", "c"]).await;
    pool(&desk, "main", &["b", "c"]).await;
    agent(&desk, "first", "main", routing(&["c", " b "])).await;
    agent(&desk, "second", "b", json!({})).await;
    for (old, new) in [("b", "bee"), ("main", "boss")] {
        let answer = desk.put(&format!("/v1/providers/{old}"), json!({"name": new})).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
    assert_eq!(members(&desk, "boss").await, ["bee", "c"]);
    assert_eq!(provider(&desk, "bee").await["pool"]["owner"], "boss");
    let first = desk.get("/v1/agents/first").await.json();
    assert_eq!((&first["provider"], &first["other_config"]), (&json!("boss"), &routing(&["c", "bee"])));
    assert_eq!(first["effective"]["routing"]["accounts"], json!(["boss", "c", "bee"]));
    assert_eq!(desk.get("/v1/agents/second").await.json()["provider"], "bee");
    // Name and pool in one write: the old names are those that are there.
    let both = json!({"name": "main", "settings": {"codex_pool": {"extra_provider_names": ["c"]}}});
    assert_eq!(desk.put("/v1/providers/boss", both).await.status, 200);
    assert_eq!(members(&desk, "main").await, ["c"]);
    // A name that is taken changes nothing anywhere.
    assert_eq!(desk.put("/v1/providers/main", json!({"name": "c"})).await.error().1, "name_taken");
    assert_eq!(desk.get("/v1/agents/first").await.json()["provider"], "main");
}

#[tokio::test]
async fn what_the_file_names_is_neither_renamed_nor_removed_from_here() {
    let desk = Desk::with(
        r#"{"agents": {"list": {
            "fixed": {"provider": "main"},
            "picky": {"provider": "main", "chatgpt_oauth_routing":
                {"override_mode": "custom", "strategy": "round_robin", "extra_provider_names": ["b"]}}
        }}}"#,
    )
    .await;
    for name in ["main", "b"] {
        super::account(&desk, name).await;
    }
    pool(&desk, "main", &["b"]).await;
    for (name, agents) in [("main", json!(["fixed", "picky"])), ("b", json!(["picky"]))] {
        let path = format!("/v1/providers/{name}");
        let rename = desk.put(&path, json!({"name": "other"})).await;
        let detached = desk.delete(&format!("{path}?detach=true")).await;
        for answer in [rename, detached] {
            let (status, code, text) = answer.error();
            assert_eq!((status, &*code), (409, "in_use"));
            assert!(text.contains("configuration file"), "{text}");
            assert_eq!(answer.json()["dependents"], json!({"agents": agents, "pools": []}));
        }
        let plain = desk.delete(&path).await;
        assert_eq!(plain.json()["dependents"], json!({"agents": agents, "pools": ["main"]}));
        // Everything else can be changed, its own name sent along.
        assert_eq!(desk.put(&path, json!({"name": name, "display_name": "x"})).await.status, 200);
    }
}

#[tokio::test]
async fn a_member_and_an_owner_are_removed_only_when_that_is_meant() {
    let desk = accounts(&["main", "b", "c"]).await;
    pool(&desk, "main", &["b", "c"]).await;
    agent(&desk, "picky", "main", routing(&["b"])).await;
    agent(&desk, "direct", "b", json!({"chatgpt_oauth_routing": {}})).await;
    let refused = desk.delete("/v1/providers/b").await;
    let (status, code, text) = refused.error();
    assert_eq!((status, &*code), (409, "in_use"));
    assert!(text.contains("the pool of \"main\"") && text.contains("direct, picky"), "{text}");
    assert_eq!(refused.json()["dependents"], json!({"agents": ["direct", "picky"], "pools": ["main"]}));
    assert_eq!(members(&desk, "main").await, ["b", "c"]);

    assert_eq!(desk.delete("/v1/providers/b?detach=true").await.status, 200);
    assert_eq!(desk.get("/v1/providers/b").await.status, 404);
    assert_eq!(members(&desk, "main").await, ["c"]);
    let direct = desk.get("/v1/agents/direct").await.json();
    assert_eq!((&direct["provider"], &direct["other_config"]), (&Value::Null, &json!({})));
    // It had chosen one member: without it the owner is left, and not the whole pool.
    let picky = desk.get("/v1/agents/picky").await.json();
    assert_eq!(picky["effective"]["routing"]["accounts"], json!(["main"]));
    assert_eq!(picky["other_config"]["thinking_level"], "low");

    let refused = desk.delete("/v1/providers/main?detach=false").await;
    assert_eq!(refused.json()["dependents"], json!({"agents": ["picky"], "pools": ["main"]}));
    assert_eq!(desk.delete("/v1/providers/main?detach=true").await.status, 200);
    assert_eq!(provider(&desk, "c").await["pool"]["role"], "none", "the pool is dissolved");
    let picky = desk.get("/v1/agents/picky").await.json();
    assert_eq!(
        (&picky["provider"], &picky["other_config"]),
        (&Value::Null, &json!({"thinking_level": "low"}))
    );
    assert_eq!(desk.delete("/v1/providers/c").await.status, 200, "nobody needs it");
}

#[tokio::test]
async fn an_empty_pool_goes_with_its_owner() {
    let desk = accounts(&["main"]).await;
    desk.put("/v1/providers/main", extras(&[])).await;
    assert_eq!(desk.delete("/v1/providers/main").await.status, 200);
}

#[tokio::test]
async fn joining_and_removing_at_once_leaves_no_trace_of_who_is_gone() {
    for _ in 0..6 {
        let desk = accounts(&["main", "b"]).await;
        let (joined, removed) =
            tokio::join!(super::put_pool(&desk, "main", &["b"]), desk.delete("/v1/providers/b"));
        match (joined.status.as_u16(), removed.status.as_u16()) {
            (200, 409) => assert_eq!(members(&desk, "main").await, ["b"]),
            (400, 200) => assert_eq!(members(&desk, "main").await, Vec::<String>::new()),
            other => panic!("{other:?} {} {}", joined.text, removed.text),
        }
    }
}

#[tokio::test]
async fn renames_and_pools_written_at_once_do_not_stand_in_each_others_way() {
    let desk = accounts(&["main", "b", "c"]).await;
    for key in ["one", "two", "three"] {
        agent(&desk, key, "b", routing(&[])).await;
    }
    for round in 0..6 {
        let (old, new) = if round % 2 == 0 { ("b", "bee") } else { ("bee", "b") };
        let (path, rename, both) = (format!("/v1/providers/{old}"), json!({ "name": new }), ["c", old]);
        let (renamed, joined, agent) = tokio::join!(
            desk.put(&path, rename),
            super::put_pool(&desk, "main", &both),
            desk.put("/v1/agents/two", json!({"is_default": round % 2 == 0})),
        );
        assert_eq!(
            (renamed.status.as_u16(), agent.status.as_u16()),
            (200, 200),
            "{} {}",
            renamed.text,
            agent.text
        );
        match joined.status.as_u16() {
            200 => assert_eq!(members(&desk, "main").await, ["c", new]),
            400 => assert_eq!(joined.json()["violations"][0]["code"], "unknown_pool_member"),
            other => panic!("{other} {}", joined.text),
        }
        for key in ["one", "two", "three"] {
            assert_eq!(desk.get(&format!("/v1/agents/{key}")).await.json()["provider"], *new);
        }
        desk.put("/v1/providers/main", extras(&[])).await;
    }
}
