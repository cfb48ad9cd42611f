//! What an agent makes of its provider's pool.

use super::{accounts, pool};
use crate::admin::desk::{ADA, Desk, GRACE};
use serde_json::{Value, json};

const OUTSIDE: &str = "agent routing cannot change pool membership for provider \"main\"; manage members on the provider instead";

fn with(routing: &Value) -> Value {
    json!({"other_config": {"chatgpt_oauth_routing": routing}})
}

async fn effective(desk: &Desk, key: &str) -> Value {
    desk.get(&format!("/v1/agents/{key}")).await.json()["effective"]["routing"].clone()
}

#[tokio::test]
async fn an_agent_shows_what_it_really_goes_over() {
    let desk = accounts(&["main", "b", "c"]).await;
    desk.local("local").await;
    pool(&desk, "main", &["b", "c"]).await;
    let settings = json!({"settings": {"codex_pool": {"strategy": "round_robin", "affinity": "request"}}});
    desk.put("/v1/providers/main", settings).await;
    desk.post("/v1/agents", json!({"agent_key": "a", "provider": "main"})).await;
    let shown = |strategy: &str, active: bool, accounts: &[&str], source: &str| {
        json!({"strategy": strategy, "affinity": "request", "active": active, "accounts": accounts,
               "source": source})
    };
    let custom = |strategy: &str, names: &[&str]| json!({"override_mode": "custom", "strategy": strategy, "extra_provider_names": names});
    for (routing, result) in [
        (json!({}), shown("round_robin", true, &["main", "b", "c"], "provider")),
        (json!({"override_mode": "inherit"}), shown("round_robin", true, &["main", "b", "c"], "provider")),
        (custom("primary_first", &[]), shown("primary_first", false, &["main"], "single")),
        (custom("quota_aware", &[]), shown("quota_aware", true, &["main", "b", "c"], "agent")),
        (custom("priority_order", &["c"]), shown("priority_order", true, &["main", "c"], "agent")),
    ] {
        let answer = desk.put("/v1/agents/a", with(&routing)).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_eq!(effective(&desk, "a").await, result, "{routing}");
    }
    for (routing, code, text) in [
        (custom("round_robin", &["b", "x"]), "account_outside_pool", OUTSIDE),
        (custom("fastest", &[]), "invalid_value", "unknown strategy \"fastest\"; one of primary_first"),
        (json!({"override_mode": "mine"}), "invalid_value", "unknown mode \"mine\"; one of inherit, custom"),
        (json!([]), "invalid_value", "must be an object or null"),
    ] {
        let made =
            json!({"agent_key": "new", "provider": "main", "other_config": with(&routing)["other_config"]});
        for answer in [desk.put("/v1/agents/a", with(&routing)).await, desk.post("/v1/agents", made).await] {
            let (status, named, said) = answer.error();
            assert_eq!((status, &*named), (400, code), "{said}");
            assert!(said.contains(text), "{said}");
            assert_eq!(answer.json()["field"], "other_config.chatgpt_oauth_routing");
        }
    }
    // On another type of provider it means nothing.
    let mut local = with(&custom("fastest", &["x"]));
    local["provider"] = "local".into();
    assert_eq!(desk.put("/v1/agents/a", local).await.status, 200);
    let single = json!({"strategy": "primary_first", "affinity": "conversation", "active": false,
                        "accounts": ["local"], "source": "single"});
    assert_eq!(effective(&desk, "a").await, single);
    // Moving it to where it would mean something is judged.
    let back = desk.put("/v1/agents/a", json!({"provider": "main"})).await;
    assert_eq!(back.error().1, "invalid_value");
}

#[tokio::test]
async fn a_pool_that_changed_later_neither_blocks_an_unrelated_write_nor_widens_an_agent() {
    let desk = accounts(&["main", "b", "c"]).await;
    pool(&desk, "main", &["b", "c"]).await;
    let routing =
        json!({"override_mode": "custom", "strategy": "priority_order", "extra_provider_names": ["b"]});
    let body = json!({"agent_key": "a", "provider": "main", "other_config": with(&routing)["other_config"]});
    assert_eq!(desk.post("/v1/agents", body).await.status, 201);
    pool(&desk, "main", &["c"]).await;
    assert_eq!(effective(&desk, "a").await["accounts"], json!(["main"]));
    let unrelated = desk.put("/v1/agents/a", json!({"display_name": "A", "provider": "main"})).await;
    assert_eq!(unrelated.status, 200, "{}", unrelated.text);
    let mut other = with(&routing);
    other["other_config"]["thinking_level"] = "low".into();
    assert_eq!(desk.put("/v1/agents/a", other).await.status, 200, "the routing is what it was");
    let touched =
        json!({"override_mode": "custom", "strategy": "round_robin", "extra_provider_names": ["b"]});
    assert_eq!(desk.put("/v1/agents/a", with(&touched)).await.error().2, OUTSIDE);
}

#[tokio::test]
async fn an_agent_of_the_file_with_routing_that_cannot_be_followed_still_serves() {
    let desk = Desk::with(
        r#"{"agents": {"list": {"fixed": {"model": "gpt-5.5", "chatgpt_oauth_routing":
            {"override_mode": "custom", "strategy": "round_robin", "extra_provider_names": ["ghost"]}}}}}"#,
    )
    .await;
    desk.connect("openai-codex", ADA).await;
    assert_eq!(effective(&desk, "fixed").await["accounts"], json!(["openai-codex"]));
    let answer = desk.post("/v1/responses", json!({"model": "agent:fixed", "input": "hi"})).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
}

#[tokio::test]
async fn a_models_list_names_the_owner_that_answers_for_its_members() {
    let desk = Desk::new().await;
    desk.connect("helper", GRACE).await;
    super::account(&desk, "openai-codex").await;
    pool(&desk, "openai-codex", &["helper"]).await;
    let model = desk.get("/v1/models/gpt-5.5").await.json();
    assert_eq!(model["owned_by"], "openai-codex", "{model}");
    assert!(model["context_window"].as_u64() > Some(0), "{model}");
    let member = desk.get("/v1/models/helper/gpt-5.5").await.json();
    assert_eq!(member["owned_by"], "helper", "{member}");
}
