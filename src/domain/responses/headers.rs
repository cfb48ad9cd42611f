//! Which headers pass between a native client and the upstream. Names are lower case.

use super::sse::encode;
use bytes::Bytes;
use serde_json::{Map, json};

/// Whether a request header is passed on. Identity (`user-agent`, `originator`, `version`), credentials and everything
/// that describes the hop to us stay behind; the Lite header is derived from the body.
pub fn passes_upstream(name: &str) -> bool {
    matches!(name, "session-id" | "thread-id" | "x-client-request-id" | "x-openai-subagent")
        || name.starts_with("x-codex-") && name != "x-codex-routing-hint"
}

/// Whether a header of the answer is passed back.
pub fn passes_downstream(name: &str) -> bool {
    matches!(name, "openai-model" | "x-models-etag" | "x-reasoning-included") || name.starts_with("x-codex-")
}

/// Headers of an answer as an event, for a native client that got its head before they were known: the client reads
/// `openai-model`, `x-codex-turn-state`, `x-models-etag` and `x-reasoning-included` from `headers` of such an event as
/// it does from the head (that is how a WebSocket brings them).
pub fn metadata_event<'a>(headers: impl Iterator<Item = (&'a str, &'a str)>) -> Bytes {
    let mut told = Map::new();
    for (name, value) in headers {
        told.entry(name)
            .and_modify(|first| *first = format!("{}, {value}", first.as_str().unwrap_or_default()).into())
            .or_insert_with(|| value.into());
    }
    encode(
        "response.metadata",
        json!({ "type": "response.metadata", "headers": told }).to_string().as_bytes(),
    )
}

#[cfg(test)]
mod tests {
    use super::super::event::{Event, EventKind};
    use super::super::sse::FrameSplitter;
    use super::*;

    #[test]
    fn late_headers_are_an_event_that_is_known_as_metadata() {
        let headers = [("openai-model", "gpt-5.5"), ("x-a", "1"), ("x-a", "2")];
        let mut splitter = FrameSplitter::default();
        splitter.push(&metadata_event(headers.into_iter()));
        let event = Event::from(splitter.next_frame().expect("a frame"));
        assert_eq!(event.kind, EventKind::Metadata);
        let data: serde_json::Value = serde_json::from_slice(&event.frame.data).expect("JSON");
        let headers = json!({"openai-model": "gpt-5.5", "x-a": "1, 2"});
        assert_eq!(data, json!({"type": "response.metadata", "headers": headers}));
    }

    #[test]
    fn neither_credentials_nor_identity_pass() {
        for name in
            ["authorization", "chatgpt-account-id", "cookie", "user-agent", "originator", "version", "host"]
        {
            assert!(!passes_upstream(name), "{name}");
        }
        assert!(!passes_upstream("x-openai-internal-codex-responses-lite"), "derived from the body");
        assert!(passes_upstream("x-codex-turn-state") && passes_upstream("session-id"));
        assert!(!passes_downstream("set-cookie") && passes_downstream("x-codex-turn-state"));
    }
}
