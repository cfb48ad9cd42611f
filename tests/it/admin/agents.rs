//! `/v1/agents`.

use super::desk::Desk;
use serde_json::{Value, json};

const FILE: &str = r#"{"agents": {
    "defaults": {"model": "gpt-5.5", "thinking_level": "low", "max_tokens": 1000},
    "list": {"reviewer": {"display_name": "Reviewer", "thinking_level": "high", "system_prompt": "Review."}}
}}"#;

#[tokio::test]
async fn an_agent_is_made_read_changed_and_removed_and_shows_what_it_really_uses() {
    let desk = Desk::with(FILE).await;
    let other = json!({"thinking_level": "medium", "mine": [1]});
    let body = json!({"agent_key": "helper", "display_name": "Helper", "system_prompt": "Help.",
                      "other_config": other});
    let made = desk.post("/v1/agents", body).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let made = made.json();
    assert_eq!((&made["managed_by"], &made["status"]), (&json!("database"), &json!("active")));
    assert_eq!(made["other_config"], other);
    assert_eq!(
        made["effective"],
        json!({"provider": "openai-codex", "model": "gpt-5.5", "thinking_level": "medium", "max_tokens": 1000,
               "tools_config": {"allow": [], "deny": []}, "workspace": null, "routing": null})
    );
    let id = made["id"].as_str().unwrap();
    for place in [id, "helper"] {
        assert_eq!(desk.get(&format!("/v1/agents/{place}")).await.json()["id"], id);
    }
    let change = json!({"agent_key": "aide", "model": "gpt-5.6-sol", "other_config": {"max_tokens": 5}});
    let changed = desk.put(&format!("/v1/agents/{id}"), change).await;
    assert_eq!(changed.status, 200, "{}", changed.text);
    let changed = changed.json();
    assert_eq!((&changed["agent_key"], &changed["display_name"]), (&json!("aide"), &json!("Helper")));
    assert_eq!(
        changed["effective"],
        json!({"provider": "openai-codex", "model": "gpt-5.6-sol", "thinking_level": "low", "max_tokens": 5,
               "tools_config": {"allow": [], "deny": []}, "workspace": null, "routing": null})
    );
    let cleared = desk.put("/v1/agents/aide", json!({"model": null, "display_name": ""})).await.json();
    assert_eq!((&cleared["model"], &cleared["display_name"]), (&Value::Null, &Value::Null));
    assert_eq!(desk.get("/v1/agents/helper").await.status, 404);
    assert_eq!(desk.delete("/v1/agents/aide").await.json(), json!({"status": "deleted"}));
    assert_eq!(desk.delete("/v1/agents/aide").await.status, 404);
}

#[tokio::test]
async fn what_an_agent_must_be_is_said_with_a_code_and_the_field() {
    let desk = Desk::new().await;
    desk.post("/v1/agents", json!({"agent_key": "taken"})).await;
    let level = |level: Value| json!({"agent_key": "a", "other_config": {"thinking_level": level}});
    for (body, status, code, part) in [
        (json!({}), 400, "invalid_agent_key", ""),
        (json!({"agent_key": "A B"}), 400, "invalid_agent_key", "A B"),
        (json!({"agent_key": "taken"}), 409, "key_taken", "taken"),
        (json!({"agent_key": "a", "context_window": 0}), 400, "invalid_value", "context_window"),
        (json!({"agent_key": "a", "status": "asleep"}), 400, "invalid_value", "active"),
        (level(json!("enormous")), 400, "invalid_value", "minimal, low, medium"),
        (level(json!(3)), 400, "invalid_value", "thinking_level"),
        (json!({"agent_key": "a", "other_config": {"max_tokens": -1}}), 400, "invalid_value", "max_tokens"),
        (json!({"agent_key": "a", "thinking_level": "low"}), 400, "invalid_body", "thinking_level"),
    ] {
        let (got, named, text) = desk.post("/v1/agents", body.clone()).await.error();
        assert_eq!((got, &*named), (status, code), "{body}: {text}");
        assert!(text.contains(part), "{body}: {text}");
    }
}

#[tokio::test]
async fn there_is_one_default_agent() {
    let desk = Desk::new().await;
    for key in ["first", "second"] {
        let made = desk.post("/v1/agents", json!({"agent_key": key, "is_default": true})).await;
        assert_eq!(made.status, 201, "{}", made.text);
    }
    let defaults = async || {
        let agents = desk.get("/v1/agents").await.json();
        let all = agents["agents"].as_array().unwrap().clone();
        let marked = all.into_iter().filter(|a| a["is_default"] == true);
        marked.map(|a| a["agent_key"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(defaults().await, ["second"]);
    desk.put("/v1/agents/first", json!({"is_default": true})).await;
    assert_eq!(defaults().await, ["first"]);
    desk.put("/v1/agents/first", json!({"is_default": false})).await;
    assert!(defaults().await.is_empty());
}

#[tokio::test]
async fn an_agent_of_the_file_is_shown_and_cannot_be_changed_here() {
    let desk = Desk::with(FILE).await;
    let agent = desk.get("/v1/agents/reviewer").await.json();
    assert_eq!((&agent["id"], &agent["managed_by"]), (&Value::Null, &json!("file")));
    assert_eq!(
        agent["effective"],
        json!({"provider": "openai-codex", "model": "gpt-5.5", "thinking_level": "high", "max_tokens": 1000,
               "tools_config": {"allow": [], "deny": []}, "workspace": null, "routing": null})
    );
    for answer in [
        desk.put("/v1/agents/reviewer", json!({"model": "x"})).await,
        desk.delete("/v1/agents/reviewer").await,
        desk.post("/v1/agents", json!({"agent_key": "reviewer"})).await,
    ] {
        let (status, code, text) = answer.error();
        assert_eq!((status, &*code), (409, "managed_by_file"), "{text}");
    }
    desk.post("/v1/agents", json!({"agent_key": "other"})).await;
    let renamed = desk.put("/v1/agents/other", json!({"agent_key": "reviewer"})).await;
    assert_eq!(renamed.error().1, "managed_by_file");
    let models = desk.get("/v1/models").await.json();
    let ids: Vec<_> = models["data"].as_array().unwrap().iter().map(|m| m["id"].clone()).collect();
    assert!(ids.contains(&json!("agent:reviewer")) && ids.contains(&json!("agent:other")), "{ids:?}");
}
