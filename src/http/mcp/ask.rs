//! An agent is asked by an MCP client.

use crate::app::App;
use crate::domain::ids::{RequestId, TenantId};
use crate::http::openai::responses;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue};
use serde_json::{Value, json};
use std::sync::Arc;

/// Asks an agent and waits for its answer: the text, or why there is none. With a session key the conversation goes on.
pub(super) async fn ask_agent(
    app: &Arc<App>,
    tenant: TenantId,
    agent: &str,
    message: &str,
    session_key: Option<&str>,
) -> Result<String, String> {
    let mut headers = HeaderMap::new();
    if let Some(key) = session_key {
        let key = HeaderValue::from_str(key)
            .map_err(|_| "session_key has to be 1 to 255 visible ASCII characters".to_owned())?;
        headers.insert("x-gateway-session-key", key);
    }
    let id = RequestId(app.clock.new_id());
    let body = json!({"model": format!("agent:{agent}"), "input": message});
    let answer = responses::whole(app, id, tenant, &headers, Body::from(body.to_string())).await;
    answer.map(|response| text(&response)).map_err(|refused| refused.0.message)
}

/// What the agent said at last; what it said between tool calls only when that is all.
fn text(response: &Value) -> String {
    let items = response["output"].as_array().map(Vec::as_slice).unwrap_or_default();
    let messages = || items.iter().filter(|item| item["type"] == "message");
    let said = |item: &Value| -> String {
        let parts = item["content"].as_array().map(Vec::as_slice).unwrap_or_default();
        parts.iter().filter_map(|part| part["text"].as_str()).collect()
    };
    let last: String = messages().filter(|item| item["phase"] != "commentary").map(said).collect();
    if last.is_empty() { messages().map(said).collect() } else { last }
}
