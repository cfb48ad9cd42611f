//! Which headers pass between a native client and the upstream. Names are lower case.

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

#[cfg(test)]
mod tests {
    use super::*;

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
