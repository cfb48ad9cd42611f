//! An agent is asked by an MCP client.

use crate::app::App;
use crate::app::runs::{RunAsk, Started};
use crate::domain::api_key::ApiKey;
use crate::domain::ids::TenantId;
use crate::domain::session::is_session_key;
use std::sync::Arc;

/// Asks an agent and waits for its answer: the text, or why there is none. With a session key the conversation goes on.
pub(super) async fn ask_agent(
    app: &Arc<App>,
    tenant: TenantId,
    agent: &str,
    message: &str,
    session_key: Option<&str>,
    key: Option<Arc<ApiKey>>,
) -> Result<String, String> {
    if session_key.is_some_and(|key| !is_session_key(key)) {
        return Err("session_key has to have 1 to 255 characters".to_owned());
    }
    let ask = RunAsk {
        agent: agent.to_owned(),
        message: message.to_owned(),
        session_key: session_key.map(str::to_owned),
        key,
        ..RunAsk::default()
    };
    let started = app.runs.start(tenant, ask).await.map_err(|error| error.into_refusal().message)?;
    let (Started::Running(id) | Started::Queued(id)) = started;
    let run = app.runs.wait(tenant, id).await.map_err(|error| error.into_refusal().message)?;
    match run.error_message {
        None => Ok(run.content.unwrap_or_default()),
        Some(message) => Err(message),
    }
}
