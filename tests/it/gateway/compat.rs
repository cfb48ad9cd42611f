//! Any upstream that speaks Chat Completions, behind both endpoints.

use super::{AS_CODEX, CHAT, RESPONSES, ask, native_turn, told, told_by_events};
use crate::support::world::{COMPAT, Node, World, last_turn, owner};
use gateway::app::agents::AgentChange;
use gateway::demo::simulator::{COMPAT_KEY, Cut, CutMode, Script, StreamScript};
use serde_json::{Value, json};
use std::sync::Arc;

const FRONTS: [(&str, bool); 4] = [(RESPONSES, true), (RESPONSES, false), (CHAT, true), (CHAT, false)];
const MODEL: &str = "local/sim-chat";

fn sent(world: &World) -> Arc<Value> {
    world.sim.compat().response_bodies().last().unwrap().clone()
}

#[tokio::test]
async fn both_endpoints_answer_streamed_and_whole() {
    let world = World::new().await;
    let node = Node::with_compat(&world).await;
    for (path, stream) in FRONTS {
        let answer = node.post(path, &ask(path, MODEL, "hi", stream)).await;
        let told = told(path, stream, &answer);
        assert!(told.ends == 1 && told.text.starts_with("You said: hi"), "{path} {stream} {}", answer.text());
        assert_eq!(answer.header("x-gateway-provider"), Some(COMPAT));
        assert!(!answer.text().contains(COMPAT_KEY));
    }
    let (row, _) = node.record(4).await;
    assert_eq!((row.status.as_str(), row.provider_name.as_deref()), ("completed", Some(COMPAT)));
    assert!(row.input_tokens.unwrap() > 0 && row.output_tokens.unwrap() > 0);
}

#[tokio::test]
async fn a_codex_client_is_served_by_it_as_well() {
    let world = World::new().await;
    let node = Node::with_compat(&world).await;
    let mut body = native_turn("hi");
    body["model"] = json!(MODEL);
    let answer = node.post_with(RESPONSES, AS_CODEX, &body).await;
    let told = told_by_events(&answer.events());
    assert!(told.ends == 1 && told.text.starts_with("You said: hi"), "{}", answer.text());
    let request = last_turn(&world.sim.compat());
    for name in ["originator", "chatgpt-account-id", "session-id", "x-openai-internal-codex-responses-lite"] {
        assert_eq!(request.header(name), None, "{name}: the rules of Codex are not its");
    }
}

#[tokio::test]
async fn the_rules_of_codex_do_not_touch_its_requests() {
    let world = World::new().await;
    let node = Node::with_compat(&world).await;
    let mut body = ask(CHAT, MODEL, "hi", false);
    let own = json!({"temperature": 0.3, "top_p": 0.5, "seed": 7, "max_tokens": 100, "stop": ["###"], "logit_bias": {}, "user": "u"});
    body.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
    let answer = node.post(CHAT, &body).await;
    assert_eq!(answer.header("x-gateway-dropped"), None);
    let chat = sent(&world);
    for (key, value) in own.as_object().unwrap() {
        assert_eq!(&chat[key], value, "{key}");
    }
    for key in ["prompt_cache_key", "store", "include", "instructions", "input"] {
        assert_eq!(chat[key], Value::Null, "{key}");
    }
    let mut body = ask(RESPONSES, MODEL, "hi", false);
    body["temperature"] = json!(0.3);
    body["max_output_tokens"] = json!(100);
    node.post(RESPONSES, &body).await;
    let chat = sent(&world);
    assert_eq!((&chat["temperature"], &chat["max_tokens"]), (&json!(0.3), &json!(100)));
}

#[tokio::test]
async fn tools_make_the_round_trip_on_both_endpoints() {
    let world = World::new().await;
    let node = Node::with_compat(&world).await;
    let parameters = json!({"type": "object", "properties": {"city": {"type": "string"}}});
    for stream in [true, false] {
        let mut body = ask(RESPONSES, MODEL, "weather {\"city\":\"Hanoi\"}", stream);
        body["tools"] = json!([{"type": "function", "name": "weather", "parameters": parameters}]);
        let answer = node.post(RESPONSES, &body).await;
        let items: Vec<Value> = if stream {
            let done = answer.events().into_iter().filter(|e| e["type"] == "response.output_item.done");
            done.map(|e| e["item"].clone()).collect()
        } else {
            answer.json()["output"].as_array().unwrap().clone()
        };
        let call = items
            .iter()
            .find(|i| i["type"] == "function_call")
            .unwrap_or_else(|| panic!("{}", answer.text()));
        assert_eq!((&call["name"], &call["arguments"]), (&json!("weather"), &json!("{\"city\":\"Hanoi\"}")));
        body["input"] = json!([{"role": "user", "content": "weather?"}, call,
            {"type": "function_call_output", "call_id": call["call_id"], "output": "31 degrees"}]);
        let answer = node.post(RESPONSES, &body).await;
        assert!(told(RESPONSES, stream, &answer).text.contains("31 degrees"), "{}", answer.text());

        let mut body = ask(CHAT, MODEL, "weather {\"city\":\"Hanoi\"}", stream);
        body["tools"] =
            json!([{"type": "function", "function": {"name": "weather", "parameters": parameters}}]);
        let answer = node.post(CHAT, &body).await;
        assert_eq!(told(CHAT, stream, &answer).end, "tool_calls", "{}", answer.text());
        assert!(answer.text().contains("weather"));
    }
}

#[tokio::test]
async fn its_errors_keep_their_meaning_and_never_show_the_key() {
    let world = World::new().await;
    let node = Node::with_compat(&world).await;
    let compat = world.sim.compat();
    let error = |code: &str| json!({"error": {"message": "no", "type": "x", "code": code}});
    for (status, body, (expected, code)) in [
        (429, error("rate_limit_exceeded"), (429, "rate_limit_exceeded")),
        (400, error("context_length_exceeded"), (400, "context_length_exceeded")),
        (404, error("model_not_found"), (404, "model_not_found")),
        (500, error("boom"), (503, "boom")),
        (401, error("invalid_api_key"), (503, "invalid_api_key")),
    ] {
        for (path, stream) in FRONTS {
            compat.script(Script::status(status, body.clone()));
            node.forgive();
            let answer = node.post(path, &ask(path, MODEL, "hi", stream)).await;
            assert_eq!(
                (answer.status, answer.code().as_str()),
                (expected, code),
                "{path} {stream} {}",
                answer.text()
            );
        }
    }
    node.forgive();
    assert_eq!(node.state(COMPAT), "ready");
    let answer = node.post(CHAT, &ask(CHAT, "local/nope", "hi", false)).await;
    assert_eq!(answer.status, 404);
    assert!(answer.text().contains("sim-chat"), "{}", answer.text());
    // After the first word: one typed end.
    for (path, mode) in
        [(RESPONSES, CutMode::Eof), (CHAT, CutMode::Eof), (RESPONSES, CutMode::Reset), (CHAT, CutMode::Reset)]
    {
        compat.script(Script::stream(StreamScript {
            cut: Some(Cut { after_events: 3, mode }),
            ..StreamScript::default()
        }));
        let answer = node.post(path, &ask(path, MODEL, "a text that is long enough", true)).await;
        let told = told(path, true, &answer);
        assert_eq!((told.ends, told.end.as_str()), (1, "failed"), "{path} {}", answer.text());
    }
}

#[tokio::test]
async fn a_wrong_key_is_our_fault_and_not_the_clients_and_is_not_shown() {
    let world = World::new().await;
    let node = world.bare_node().await;
    node.add_compat(&world, "wrong-key-secret").await;
    for (path, stream) in FRONTS {
        let answer = node.post(path, &ask(path, MODEL, "hi", stream)).await;
        assert_eq!(answer.status, 503, "a 401 would send the client to its own key: {}", answer.text());
        assert!(!answer.text().contains("wrong-key-secret"));
        assert_eq!(answer.header("x-should-retry"), Some("false"));
    }
    for path in ["/v1/providers", "/v1/providers/local"] {
        let answer = node.get(path).await;
        assert_eq!(answer.status, 200);
        assert!(!answer.text().contains("wrong-key-secret"), "{path}");
    }
}

#[tokio::test]
async fn an_agent_speaks_through_it() {
    let world = World::new().await;
    let node = Node::with_compat(&world).await;
    let change = AgentChange {
        agent_key: Some("helper".into()),
        provider: Some(Some(COMPAT.into())),
        model: Some(Some("sim-chat".into())),
        system_prompt: Some(Some("You are a helper.".into())),
        other_config: Some(json!({"max_tokens": 77, "thinking_level": "low"}).as_object().unwrap().clone()),
        ..AgentChange::default()
    };
    node.app.agents.create(&owner(), change).await.unwrap();
    for (n, (path, stream)) in FRONTS.into_iter().enumerate() {
        let mut body = ask(path, "agent:helper", &format!("turn {n}"), stream);
        body["temperature"] = json!(0.3);
        let answer = node.post_with(path, &[("x-gateway-session-key", "one")], &body).await;
        let told = told(path, stream, &answer);
        let said = format!("You said: turn {n}");
        assert!(told.ends == 1 && told.text.starts_with(&said), "{}", answer.text());
        assert_eq!(answer.header("x-gateway-dropped"), None, "it was sent");
        let chat = sent(&world);
        assert_eq!(chat["messages"][0], json!({"role": "system", "content": "You are a helper."}));
        assert_eq!((&chat["max_tokens"], &chat["reasoning_effort"]), (&json!(77), &json!("low")));
        assert_eq!(chat["temperature"], 0.3);
        for before in 0..n {
            assert!(chat["messages"].to_string().contains(&format!("You said: turn {before}")), "{chat}");
        }
    }
    assert_eq!(world.sim.compat().counters().refused, 0);
}
