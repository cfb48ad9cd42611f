//! An OpenAI-compatible Chat Completions endpoint, for the gateway's generic providers.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{ConnectInfo, State as Shares};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::{Value, json};

use super::answer::{self, deltas};
use super::call::{self, Ruling};
use super::frames::Frames;
use super::ids;
use super::net::Conn;
use super::refusal::Refusal;
use super::script::{self, Endpoint, Source, StreamScript};
use super::state::{RecordedRequest, Shared};
use super::stream::{self, Player};

/// The only key this endpoint takes.
pub const COMPAT_KEY: &str = "sim-compat-key";

fn check_key(shared: &Shared, headers: &HeaderMap) -> Result<(), Refusal> {
    let given = headers.get("authorization").and_then(|value| value.to_str().ok());
    if given.and_then(|value| value.strip_prefix("Bearer ")) == Some(COMPAT_KEY) {
        return Ok(());
    }
    shared.lock().accounts[shared.compat()].counters.unauthorized += 1;
    let message = "Incorrect API key provided.";
    Err(Refusal::error(401, Some("invalid_request_error"), None, Some("invalid_api_key"), message))
}

pub(super) async fn model_list(
    Shares(shared): Shares<Arc<Shared>>,
    ConnectInfo(conn): ConnectInfo<Conn>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    if let Err(refusal) = check_key(&shared, &headers) {
        return refusal.into_response();
    }
    let index = shared.compat();
    let models = {
        let account = &mut shared.lock().accounts[index];
        account.counters.model_polls += 1;
        account.remember(RecordedRequest::new(&method, &uri, &headers, Arc::new(Value::Null)));
        account.spec.models.clone()
    };
    match call::rule(&shared, index, Endpoint::Models, &conn).await {
        Ruling::Answer(response) => response,
        Ruling::Lose => call::lose(&conn),
        Ruling::Proceed | Ruling::Stream(_) => {
            let entry = |id: &String| json!({ "id": id, "object": "model", "created": 1_795_300_000, "owned_by": "sim" });
            Json(json!({ "object": "list", "data": models.iter().map(entry).collect::<Vec<_>>() }))
                .into_response()
        }
    }
}

/// What a chat request must look like.
fn validate(body: &Value, models: &[String]) -> Result<(), Refusal> {
    let model = body["model"].as_str().ok_or_else(|| Refusal::missing("model"))?;
    if !models.iter().any(|known| known == model) {
        let message = format!("The model `{model}` does not exist or you do not have access to it.");
        let kind = Some("invalid_request_error");
        return Err(Refusal::error(404, kind, None, Some("model_not_found"), message));
    }
    let messages = body["messages"].as_array().filter(|messages| !messages.is_empty());
    let messages = messages.ok_or_else(|| Refusal::missing("messages"))?;
    for (index, message) in messages.iter().enumerate() {
        let roles = ["assistant", "developer", "system", "tool", "user"];
        let role = message["role"].as_str().unwrap_or_default();
        if !roles.contains(&role) {
            return Err(Refusal::value(&format!("messages[{index}].role"), role, &roles));
        }
        if role == "tool" && !message["tool_call_id"].is_string() {
            return Err(Refusal::missing(&format!("messages[{index}].tool_call_id")));
        }
    }
    for (index, tool) in body["tools"].as_array().into_iter().flatten().enumerate() {
        if !tool["function"]["name"].is_string() {
            return Err(Refusal::missing(&format!("tools[{index}].function.name")));
        }
    }
    if !body["stream_options"].is_null() && body["stream"] != true {
        let message = "The 'stream_options' parameter is only allowed when 'stream' is enabled.";
        return Err(Refusal::codeless("stream_options", message));
    }
    Ok(())
}

/// The answer before its shape: text, or calls of `(id, name, arguments)`.
struct Reply {
    reasoning: Option<String>,
    text: String,
    calls: Vec<(String, String, String)>,
}

fn decide(shared: &Shared, body: &Value, source: &Source) -> Reply {
    let call = |name: &str, arguments: String| {
        let id = format!("call_{}", ids::alphanumeric(&shared.fresh("call"), 24));
        (id, name.to_owned(), arguments)
    };
    let thinks = body["model"] == "sim-reasoner" || !body["reasoning_effort"].is_null();
    let reasoning = thinks.then(|| "The user wants a short answer.".to_owned());
    let mut reply = Reply { reasoning, text: String::new(), calls: Vec::new() };
    match source {
        Source::Text { text } => {
            reply.text.clone_from(text);
            return reply;
        }
        Source::ToolCall { name, arguments } => {
            reply.calls.push(call(name, arguments.clone()));
            return reply;
        }
        Source::ToolCalls { text, calls } => {
            reply.text.clone_from(text);
            reply.calls.extend(calls.iter().map(|(name, arguments)| call(name, arguments.clone())));
            return reply;
        }
        Source::Generated | Source::Fixture(_) | Source::Raw(_) => {}
    }
    let none = Vec::new();
    let messages = body["messages"].as_array().unwrap_or(&none);
    let asked = messages.iter().rposition(|message| message["role"] == "user");
    let prompt = asked.map(|at| answer::text_of(&messages[at]["content"])).unwrap_or_default();
    let since = &messages[asked.map_or(0, |at| at + 1)..];
    let tool_answers = since.iter().filter(|message| message["role"] == "tool");
    let outputs: Vec<String> = tool_answers.map(|message| answer::text_of(&message["content"])).collect();
    if outputs.is_empty() && body["tool_choice"] != "none" {
        let forced = body["tool_choice"]["function"]["name"].as_str();
        let must = prompt.to_ascii_lowercase().contains("use the tool") || body["tool_choice"] == "required";
        let tools: Vec<&Value> =
            body["tools"].as_array().into_iter().flatten().map(|tool| &tool["function"]).collect();
        let named = |tool: &&&Value| {
            let name = tool["name"].as_str().unwrap_or_default();
            forced.map_or_else(|| answer::mentions(&prompt, name).is_some(), |forced| forced == name)
        };
        let mut wanted: Vec<&Value> = tools.iter().filter(named).take(4).copied().collect();
        if wanted.is_empty() && must {
            wanted.extend(tools.first());
        }
        for tool in wanted {
            let name = tool["name"].as_str().unwrap_or_default();
            reply.calls.push(call(name, answer::arguments(&prompt, name, &tool["parameters"])));
        }
    }
    if reply.calls.is_empty() {
        reply.text = answer::reply(&prompt, &outputs, &body["response_format"]);
    }
    reply
}

fn usage(size: usize, reply: &Reply) -> Value {
    let reasoning = reply.reasoning.as_ref().map_or(0, |text| text.len() / 4);
    let arguments: usize = reply.calls.iter().map(|(_, _, arguments)| arguments.len() / 4 + 12).sum();
    let (input, output) = ((size / 4).max(1), reply.text.len() / 4 + arguments + reasoning + 1);
    json!({
        "prompt_tokens": input, "completion_tokens": output, "total_tokens": input + output,
        "prompt_tokens_details": { "cached_tokens": 0 },
        "completion_tokens_details": { "reasoning_tokens": reasoning },
    })
}

fn finish(reply: &Reply, script: &StreamScript) -> &'static str {
    match script.incomplete.as_deref() {
        Some("content_filter") => "content_filter",
        Some(_) => "length",
        None if reply.calls.is_empty() => "stop",
        None => "tool_calls",
    }
}

fn completion(id: &str, created: i64, model: &str, reply: &Reply, finish: &str, usage: &Value) -> Value {
    let text = if reply.calls.is_empty() { json!(reply.text) } else { Value::Null };
    let mut message = json!({ "role": "assistant", "content": text, "refusal": null });
    if let Some(reasoning) = &reply.reasoning {
        message["reasoning_content"] = json!(reasoning);
    }
    if !reply.calls.is_empty() {
        let call = |(id, name, arguments): &(String, String, String)| json!({ "id": id, "type": "function", "function": { "name": name, "arguments": arguments } });
        message["tool_calls"] = reply.calls.iter().map(call).collect();
    }
    json!({
        "id": id, "object": "chat.completion", "created": created, "model": model,
        "choices": [{ "index": 0, "message": message, "logprobs": null, "finish_reason": finish }],
        "usage": usage, "system_fingerprint": "fp_sim",
    })
}

fn chunks(id: &str, created: i64, model: &str, reply: &Reply, finish: &str, usage: Option<&Value>) -> Frames {
    let mut frames = Frames::default();
    let mut chunk = |choices: Value, with_usage: Option<&Value>| {
        let mut value = json!({
            "id": id, "object": "chat.completion.chunk", "created": created, "model": model,
            "system_fingerprint": "fp_sim", "choices": choices,
        });
        if usage.is_some() {
            value["usage"] = with_usage.cloned().unwrap_or_default();
        }
        frames.data("chunk", &value.to_string());
    };
    let choice = |delta: Value, finish: Option<&str>| json!([{ "index": 0, "delta": delta, "logprobs": null, "finish_reason": finish }]);
    chunk(choice(json!({ "role": "assistant", "content": "" }), None), None);
    for piece in deltas(reply.reasoning.as_deref().unwrap_or_default()) {
        chunk(choice(json!({ "reasoning_content": piece }), None), None);
    }
    for piece in deltas(&reply.text) {
        chunk(choice(json!({ "content": piece }), None), None);
    }
    for (index, (id, name, arguments)) in reply.calls.iter().enumerate() {
        let head = json!({ "name": name, "arguments": "" });
        let call = json!([{ "index": index, "id": id, "type": "function", "function": head }]);
        chunk(choice(json!({ "tool_calls": call }), None), None);
        for piece in deltas(arguments) {
            let call = json!([{ "index": index, "function": { "arguments": piece } }]);
            chunk(choice(json!({ "tool_calls": call }), None), None);
        }
    }
    chunk(choice(json!({}), Some(finish)), None);
    if let Some(usage) = usage {
        chunk(json!([]), Some(usage));
    }
    frames.data("[DONE]", "[DONE]");
    frames
}

pub(super) async fn chat(
    Shares(shared): Shares<Arc<Shared>>,
    ConnectInfo(conn): ConnectInfo<Conn>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match respond(shared, conn, method, uri, headers, body).await {
        Ok(response) => response,
        Err(refusal) => refusal.into_response(),
    }
}

async fn respond(
    shared: Arc<Shared>,
    conn: Conn,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<Response, Refusal> {
    check_key(&shared, &headers)?;
    let index = shared.compat();
    let body = Arc::new(serde_json::from_slice::<Value>(&bytes).unwrap_or_default());
    let models = {
        let account = &mut shared.lock().accounts[index];
        account.counters.responses += 1;
        account.remember(RecordedRequest::new(&method, &uri, &headers, Arc::clone(&body)));
        account.spec.models.clone()
    };
    validate(&body, &models).inspect_err(|_| shared.lock().accounts[index].counters.refused += 1)?;
    let script = match call::rule(&shared, index, Endpoint::Responses, &conn).await {
        Ruling::Answer(response) => return Ok(response),
        Ruling::Lose => return Ok(call::lose(&conn)),
        Ruling::Stream(script) => script,
        Ruling::Proceed => Box::default(),
    };
    if script.before_headers_ms > 0 {
        tokio::time::sleep(Duration::from_millis(script.before_headers_ms)).await;
    }
    let asked = body["model"].as_str().unwrap_or_default();
    let model = script.served_model.as_deref().unwrap_or(asked);
    let id = format!("chatcmpl-{}", ids::hex(&shared.fresh("chat"), 29));
    let created = ids::now_ms().div_euclid(1000);
    let mut reply = decide(&shared, &body, &script.source);
    if script.empty {
        reply.text.clear();
        reply.calls.clear();
    }
    let (finish, usage) = (finish(&reply, &script), usage(bytes.len(), &reply));
    if body["stream"] != true {
        shared.lock().accounts[index].counters.completed += 1;
        return Ok(Json(completion(&id, created, model, &reply, finish, &usage)).into_response());
    }
    let include = body["stream_options"]["include_usage"] == true;
    let mut frames = match &script.source {
        Source::Fixture(name) => {
            Frames::parse(&script::sse_fixture(name).map_err(|problem| script::broken(&problem))?)
        }
        Source::Raw(text) => Frames::parse(text),
        Source::Generated | Source::Text { .. } | Source::ToolCall { .. } | Source::ToolCalls { .. } => {
            chunks(&id, created, model, &reply, finish, include.then_some(&usage))
        }
    };
    if let Some(failure) = &script.failure {
        frames.truncate(failure.after_events.unwrap_or(0));
        let error = json!({ "message": failure.message, "type": "server_error", "param": null, "code": failure.code });
        frames.data("error", &json!({ "error": error }).to_string());
        frames.data("[DONE]", "[DONE]");
    }
    let steps = stream::plan(frames, &script, shared.spec.pace);
    let mut response = Player::body(shared, index, conn, steps).into_response();
    let fixed = [("content-type", "text/event-stream; charset=utf-8"), ("cache-control", "no-cache")];
    let fixed =
        fixed.into_iter().chain(script.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    for (name, value) in fixed {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    Ok(response)
}
