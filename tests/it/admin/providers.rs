//! `/v1/providers`.

use super::desk::{ADA, Desk};
use crate::program::process::until;
use gateway::demo::simulator::COMPAT_KEY;
use serde_json::{Value, json};

#[tokio::test]
async fn a_provider_is_made_read_changed_and_removed_by_id_and_by_name() {
    let desk = Desk::new().await;
    let made = desk.local("local").await;
    let id = made["id"].as_str().unwrap().to_owned();
    assert_eq!(
        (&made["api_key"], &made["enabled"], &made["settings"]),
        (&json!("***"), &json!(true), &json!({}))
    );
    assert_eq!((&made["status"]["state"], &made["account"]), (&json!("ready"), &Value::Null));
    assert_eq!(made["tenant_id"], "0193a5b0-7000-7000-8000-000000000001");
    for place in [id.as_str(), "local"] {
        let answer = desk.get(&format!("/v1/providers/{place}")).await;
        assert_eq!((answer.status.as_u16(), answer.json()["name"].clone()), (200, json!("local")));
    }
    assert_eq!(desk.get("/v1/providers").await.json()["providers"].as_array().unwrap().len(), 1);
    let changed = json!({"display_name": "Mine", "name": "mine"});
    let changed = desk.put(&format!("/v1/providers/{id}"), changed).await;
    assert_eq!((changed.status.as_u16(), changed.json()), (200, json!({"status": "updated"})));
    assert_eq!(desk.get("/v1/providers/local").await.status, 404);
    let mine = desk.get("/v1/providers/mine").await.json();
    assert_eq!((&mine["id"], &mine["display_name"]), (&json!(id), &json!("Mine")));
    desk.put("/v1/providers/mine", json!({"display_name": null})).await;
    assert_eq!(desk.get("/v1/providers/mine").await.json()["display_name"], Value::Null);
    let removed = desk.delete("/v1/providers/mine").await;
    assert_eq!((removed.status.as_u16(), removed.json()), (200, json!({"status": "deleted"})));
    assert_eq!(desk.delete("/v1/providers/mine").await.status, 404);
    assert_eq!(desk.put("/v1/providers/mine", json!({})).await.status, 404);
}

#[tokio::test]
async fn what_a_provider_must_be_is_said_with_a_code() {
    let desk = Desk::new().await;
    desk.local("local").await;
    let base = "https://api.example/v1";
    let compat = |name: &str| json!({"name": name, "provider_type": "openai_compat", "api_base": base});
    let of_type = |name: &str, more: Value| {
        let mut body = json!({"name": "a", "provider_type": name});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    for (body, status, code) in [
        (compat("Not A Slug"), 400, "invalid_name"),
        (compat("-a"), 400, "invalid_name"),
        (compat(""), 400, "invalid_name"),
        (of_type("nonsense", json!({})), 400, "unknown_provider_type"),
        (of_type("openai_compat", json!({})), 400, "api_base_required"),
        (of_type("openai_compat", json!({"api_base": "ftp://x"})), 400, "invalid_api_base"),
        (of_type("openrouter", json!({})), 400, "api_key_required"),
        (of_type("openrouter", json!({"api_key": "***"})), 400, "api_key_required"),
        (of_type("chatgpt_oauth", json!({"api_key": "sk-1"})), 400, "api_key_not_taken"),
        (of_type("chatgpt_oauth", json!({"settings": {"codex_pool": 1}})), 400, "invalid_pool"),
        (compat("local"), 409, "name_taken"),
    ] {
        let (got, named, text) = desk.post("/v1/providers", body.clone()).await.error();
        assert_eq!((got, &*named), (status, code), "{body}: {text}");
    }
    desk.local("second").await;
    for (body, code) in [
        (json!({"name": "local"}), "name_taken"),
        (json!({"name": "A B"}), "invalid_name"),
        (json!({"api_base": "x"}), "invalid_api_base"),
        (json!({"provider_type": "openai_compat"}), "invalid_body"),
    ] {
        assert_eq!(desk.put("/v1/providers/second", body.clone()).await.error().1, code, "{body}");
    }
    let types = desk.get("/v1/provider-types").await.json();
    let types = types["types"].as_array().unwrap();
    for name in ["chatgpt_oauth", "openai_compat", "openrouter"] {
        assert!(types.iter().any(|t| t["type"] == name && t["needs_api_key"].is_boolean()), "{name}");
    }
}

/// An address without which a provider of its type cannot be reached must not be cleared either.
#[tokio::test]
async fn what_a_provider_needs_cannot_be_taken_from_it() {
    let desk = Desk::new().await;
    desk.local("local").await;
    for nothing in [json!(null), json!(" ")] {
        let (status, code, _) = desk.put("/v1/providers/local", json!({ "api_base": nothing })).await.error();
        assert_eq!((status, &*code), (400, "api_base_required"));
    }
    assert_eq!(desk.get("/v1/providers/local").await.json()["api_base"], desk.simulator.compat_base());
}

#[tokio::test]
async fn a_masked_or_empty_key_leaves_the_key_and_settings_are_merged() {
    let desk = Desk::new().await;
    desk.local("local").await;
    for key in ["***", "", "  "] {
        desk.put("/v1/providers/local", json!({"api_key": key, "settings": {"a": 1}})).await;
        let verified = desk.post("/v1/providers/local/verify", json!({})).await;
        assert_eq!(verified.json(), json!({"valid": true}), "{key:?}");
    }
    desk.put("/v1/providers/local", json!({"settings": {"b": {"c": 2}}})).await;
    let changed = desk.put("/v1/providers/local", json!({"settings": {"a": null, "d": 4}})).await;
    assert_eq!(changed.status, 200, "{}", changed.text);
    assert_eq!(desk.get("/v1/providers/local").await.json()["settings"], json!({"b": {"c": 2}, "d": 4}));
    desk.put("/v1/providers/local", json!({"api_key": "sk-wrong"})).await;
    let verified = desk.post("/v1/providers/local/verify", json!({})).await.json();
    assert_eq!(verified["valid"], false, "{verified}");
    assert!(!verified.to_string().contains("sk-wrong"), "{verified}");
    desk.put("/v1/providers/local", json!({ "api_key": COMPAT_KEY })).await;
    assert_eq!(desk.post("/v1/providers/local/verify", json!({})).await.json(), json!({"valid": true}));
}

#[tokio::test]
async fn the_greatest_and_smallest_numbers_in_settings_can_be_read_again() {
    let desk = Desk::new().await;
    desk.local("local").await;
    let settings = json!({"a": f64::MAX, "b": f64::MIN, "c": f64::MIN_POSITIVE, "d": 5e-324, "e": u64::MAX, "f": i64::MIN});
    for changed in [settings.clone(), json!({"g": 1})] {
        let answer = desk.put("/v1/providers/local", json!({ "settings": changed })).await;
        assert_eq!(answer.status, 200, "{}", answer.json());
    }
    let read = desk.get("/v1/providers/local").await.json();
    for (key, value) in settings.as_object().unwrap() {
        assert_eq!(&read["settings"][key], value, "{key}");
    }
    desk.get("/v1/providers").await.json()["providers"].as_array().unwrap();
}

#[tokio::test]
async fn settings_written_by_many_at_once_are_all_kept() {
    let desk = Desk::new().await;
    desk.local("local").await;
    let write = |n: usize| desk.put("/v1/providers/local", json!({"settings": {format!("k{n}"): n}}));
    for answer in futures_util::future::join_all((0..12).map(write)).await {
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
    let settings = desk.get("/v1/providers/local").await.json()["settings"].clone();
    assert_eq!(settings.as_object().unwrap().len(), 12, "{settings}");
}

#[tokio::test]
async fn the_models_are_those_of_the_upstream_and_verify_asks_it() {
    let desk = Desk::new().await;
    desk.local("local").await;
    let models = async || desk.get("/v1/providers/local/models").await.json();
    until("the models are known", async || models().await["models"].as_array().unwrap().len() == 2).await;
    assert_eq!(models().await["models"][0]["id"], "sim-chat");
    assert!(models().await["fetched_at"].is_string());
    let has = desk.post("/v1/providers/local/verify", json!({"model": "sim-chat"})).await.json();
    assert_eq!(has, json!({"valid": true}));
    let has_not = desk.post("/v1/providers/local/verify", json!({"model": "gpt-99"})).await.json();
    assert_eq!(has_not["valid"], false);
    assert!(has_not["error"].as_str().unwrap().contains("sim-chat"), "{has_not}");
    desk.put("/v1/providers/local", json!({"api_base": "http://127.0.0.1:9/v1"})).await;
    let gone = desk.post("/v1/providers/local/verify", json!({})).await.json();
    assert_eq!(gone["valid"], false, "{gone}");
    let signed_out = json!({"name": "codex", "provider_type": "chatgpt_oauth"});
    assert_eq!(desk.post("/v1/providers", signed_out).await.json()["status"]["state"], "signed_out");
    assert_eq!(desk.post("/v1/providers/codex/verify", json!({})).await.json()["valid"], false);
}

#[tokio::test]
async fn a_disabled_provider_serves_nobody_until_it_is_enabled_again() {
    let desk = Desk::new().await;
    desk.connect("openai-codex", ADA).await;
    let ask =
        async || desk.post("/v1/responses", json!({"model": "openai-codex/gpt-5.5", "input": "hi"})).await;
    assert_eq!(ask().await.status, 200);
    desk.put("/v1/providers/openai-codex", json!({"enabled": false})).await;
    let provider = desk.get("/v1/providers/openai-codex").await.json();
    assert_eq!(provider["status"]["state"], "disabled");
    assert_eq!(provider["account"]["email"], ADA, "the sign-in is kept");
    let refused = ask().await;
    assert!(refused.status.as_u16() >= 400, "{}", refused.text);
    assert!(refused.text.contains("disabled"), "{}", refused.text);
    let overview = desk.get("/v1/overview").await.json();
    assert_eq!(
        overview["providers"],
        json!({"total": 1, "ready": 0, "needs_reauth": 0, "disabled": 1, "cooling_down": 0, "exhausted": 0, "draining": 0})
    );
    desk.put("/v1/providers/openai-codex", json!({"enabled": true})).await;
    assert_eq!(ask().await.status, 200);
    let out = desk.post("/v1/auth/chatgpt/openai-codex/logout", json!({})).await;
    assert_eq!(out.json(), json!({"status": "logged out"}));
    let provider = desk.get("/v1/providers/openai-codex").await.json();
    assert_eq!((&provider["status"]["state"], &provider["account"]), (&json!("signed_out"), &Value::Null));
}
