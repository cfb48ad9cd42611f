//! A call of a tool, and what becomes of its result. Whatever goes wrong is a text that a model can act on.

use super::connect::{Peer, said, shown};
use super::supervise::Runner;
use super::{Live, McpServers, Server, State};
use crate::domain::ids::TenantId;
use crate::domain::tool::{ToolOutput, cut_middle};
use rmcp::ServiceError;
use rmcp::model::{CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, ResourceContents};
use serde_json::{Map, Value};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long a call waits for a server that is being tried again.
const BRIEFLY: Duration = Duration::from_secs(3);

impl McpServers {
    /// Calls a tool of a server, by the server's own name for it. Bounded by the server's time and ended by `cancel`,
    /// of which the server is told; the output is as long as the server made it.
    pub async fn call(
        &self,
        tenant: TenantId,
        server: &str,
        tool: &str,
        arguments: Value,
        cancel: &CancellationToken,
    ) -> ToolOutput {
        let Some(found) = self.server(tenant, server) else {
            return wrong(format!("there is no MCP server \"{server}\""));
        };
        let arguments = match arguments {
            Value::Object(arguments) => arguments,
            Value::Null => Map::new(),
            other => {
                let found = cut_middle(&other.to_string(), 100);
                return wrong(format!("the arguments of \"{tool}\" have to be a JSON object, not {found}"));
            }
        };
        let call = found.call(tool, arguments);
        match cancel.run_until_cancelled(call).await {
            Some(output) => output,
            None => wrong(format!("the call of \"{tool}\" of the MCP server \"{server}\" was cancelled")),
        }
    }
}

impl Server {
    async fn call(&self, tool: &str, arguments: Map<String, Value>) -> ToolOutput {
        let name = &self.definition.name;
        let timeout = self.definition.timeout;
        let (peer, live) = match connected(&self.runner, timeout).await {
            Ok(connected) => connected,
            Err(why) => return wrong(format!("the MCP server \"{name}\" is not available: {why}")),
        };
        if !live.tools.iter().any(|known| known.name == tool) {
            let known: Vec<&str> = live.tools.iter().map(|tool| tool.name.as_str()).collect();
            let known = if known.is_empty() { "no tools".to_owned() } else { known.join(", ") };
            return wrong(format!("the MCP server \"{name}\" has no tool \"{tool}\"; it has {known}"));
        }
        let params = CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments);
        // Dropped before its answer, it is cancelled at the server, too.
        let answered = tokio::time::timeout(timeout, peer.call_tool_once(params)).await;
        let failed = |what: String| wrong(format!("the MCP server \"{name}\" failed: {what}"));
        match answered {
            Ok(Ok(CallToolResponse::Complete(result))) => output(&result),
            Ok(Ok(CallToolResponse::InputRequired(_))) => {
                failed(format!("\"{tool}\" asks a person for input, and there is none here"))
            }
            Ok(Ok(_)) => failed(format!("\"{tool}\" answers with a task, which is not supported")),
            // Its own words, such as which argument is wrong.
            Ok(Err(ServiceError::McpError(error))) => wrong(format!(
                "the MCP server \"{name}\" refuses the call: {}",
                shown(&self.definition, &error.message)
            )),
            Ok(Err(error)) => {
                self.runner.doubt();
                let error = shown(&self.definition, &said(&error));
                failed(format!("{error}; whether \"{tool}\" did its work is not known"))
            }
            Err(_) => {
                self.runner.doubt();
                failed(format!("\"{tool}\" did not answer within {} seconds", timeout.as_secs()))
            }
        }
    }
}

/// The way in, when the server is connected or about to be; else why not.
async fn connected(runner: &Runner, timeout: Duration) -> Result<(Peer, Live), String> {
    let mut watch = runner.watch();
    let first = watch.borrow().status.clone();
    let patience = match first.state {
        State::Disabled => return Err("it is switched off".to_owned()),
        State::Connected => Duration::ZERO,
        State::Connecting => timeout,
        State::Failed => BRIEFLY.min(timeout),
    };
    if !patience.is_zero() {
        let ready = watch.wait_for(|live| match first.state {
            State::Connecting => live.status.state != State::Connecting,
            _ => live.status.state == State::Connected,
        });
        // When the time is over, what it says then counts.
        let _ = tokio::time::timeout(patience, ready).await;
    }
    let live = watch.borrow().clone();
    match (live.peer.clone(), live.status.error.as_deref().or(first.error.as_deref())) {
        (Some(peer), _) => Ok((peer, live)),
        (None, Some(error)) => Err(error.to_owned()),
        (None, None) => Err("it is not connected yet".to_owned()),
    }
}

fn wrong(text: String) -> ToolOutput {
    ToolOutput { text, is_error: true }
}

fn output(result: &CallToolResult) -> ToolOutput {
    let mut parts: Vec<String> = result.content.iter().map(content).collect();
    // A server that has both says the same twice.
    if parts.is_empty() {
        parts.extend(result.structured_content.as_ref().map(Value::to_string));
    }
    let text = match parts.join("\n") {
        empty if empty.is_empty() => "(the tool returned nothing)".to_owned(),
        text => text,
    };
    ToolOutput { text, is_error: result.is_error == Some(true) }
}

fn content(block: &ContentBlock) -> String {
    match block {
        ContentBlock::Text(text) => text.text.clone(),
        ContentBlock::Image(image) => left_out("image", &image.mime_type, image.data.len()),
        ContentBlock::Audio(audio) => left_out("audio", &audio.mime_type, audio.data.len()),
        ContentBlock::Resource(embedded) => match &embedded.resource {
            ResourceContents::TextResourceContents { uri, text, .. } => format!("{uri}:\n{text}"),
            ResourceContents::BlobResourceContents { uri, mime_type, blob, .. } => {
                let kind = mime_type.as_deref().unwrap_or("application/octet-stream");
                format!("{uri}: {}", left_out("file", kind, blob.len()))
            }
            _ => "[a resource of an unknown kind]".to_owned(),
        },
        ContentBlock::ResourceLink(link) => match &link.description {
            Some(description) => format!("{} ({}): {description}", link.uri, link.name),
            None => format!("{} ({})", link.uri, link.name),
        },
        _ => "[content of an unknown kind]".to_owned(),
    }
}

/// What a model's text can't carry. Base64 has four characters for three bytes.
fn left_out(what: &str, mime_type: &str, base64: usize) -> String {
    format!("[{what}, {mime_type}, {} bytes, left out]", base64 / 4 * 3)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(result: Value) -> ToolOutput {
        output(&serde_json::from_value(result).expect("a result"))
    }

    #[test]
    fn a_result_becomes_the_text_that_a_model_reads() {
        let result = of(json!({"content": [
            {"type": "text", "text": "one"},
            {"type": "image", "data": "AAAAAAAA", "mimeType": "image/png"},
            {"type": "resource", "resource": {"uri": "file:///a", "text": "inside"}},
            {"type": "resource", "resource": {"uri": "file:///b", "blob": "AAAA", "mimeType": "application/zip"}},
            {"type": "resource_link", "uri": "file:///c", "name": "c"},
        ]}));
        let expected = "one\n[image, image/png, 6 bytes, left out]\nfile:///a:\ninside\nfile:///b: [file, application/zip, \
                        3 bytes, left out]\nfile:///c (c)";
        assert_eq!(result, ToolOutput { text: expected.into(), is_error: false });
    }

    #[test]
    fn structured_content_stands_in_where_there_is_no_text_and_an_error_stays_one() {
        let result = of(json!({"content": [], "structuredContent": {"n": 1}, "isError": true}));
        assert_eq!(result, ToolOutput { text: "{\"n\":1}".into(), is_error: true });
        assert_eq!(of(json!({"content": []})).text, "(the tool returned nothing)");
    }
}
