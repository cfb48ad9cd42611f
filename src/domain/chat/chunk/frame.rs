//! The frame around a chat chunk, written once and copied for every delta.

use bytes::{BufMut, Bytes, BytesMut};
use serde::Serialize;
use serde_json::Value;

/// Ends a chat stream, always.
pub(super) const DONE: &[u8] = b"data: [DONE]\n\n";

/// What is the same in every chunk of one answer.
#[derive(Debug)]
pub(super) struct Envelope {
    id: String,
    created: i64,
    model: String,
    include_usage: bool,
    /// `data: {"id":…,"choices":`, made with the first chunk and fixed from then on.
    head: String,
    role_sent: bool,
}

impl Envelope {
    pub(super) fn new(id: String, created: i64, model: String, include_usage: bool) -> Self {
        Self { id, created, model, include_usage, head: String::new(), role_sent: false }
    }

    /// What the upstream says of its response. Too late once a chunk is out: an answer has one id.
    pub(super) fn learn(&mut self, id: Option<&str>, created: Option<i64>, model: Option<String>) {
        if !self.head.is_empty() {
            return;
        }
        if let Some(id) = id {
            self.id = format!("chatcmpl-{}", id.strip_prefix("resp_").unwrap_or(id));
        }
        self.created = created.unwrap_or(self.created);
        self.model = model.unwrap_or_else(|| std::mem::take(&mut self.model));
    }

    /// A chunk whose delta has the members that `parts` spell, as JSON without the braces.
    pub(super) fn delta(&mut self, parts: &[&str]) -> Bytes {
        self.choice(parts, "null")
    }

    /// The chunk that ends the answer.
    pub(super) fn finish(&mut self, reason: &str) -> Bytes {
        let members: &[&str] = if self.role_sent { &[] } else { &["\"content\":\"\""] };
        self.choice(members, &format!("\"{reason}\""))
    }

    fn choice(&mut self, parts: &[&str], reason: &str) -> Bytes {
        self.write_head();
        let mut out = BytesMut::with_capacity(
            self.head.len() + parts.iter().map(|p| p.len()).sum::<usize>() + reason.len() + 128,
        );
        out.put_slice(self.head.as_bytes());
        out.put_slice(b"[{\"index\":0,\"delta\":{");
        if !self.role_sent {
            self.role_sent = true;
            out.put_slice(b"\"role\":\"assistant\",");
            if !parts.first().is_some_and(|p| p.starts_with("\"content\"")) {
                out.put_slice(b"\"content\":null,");
            }
        }
        for part in parts {
            out.put_slice(part.as_bytes());
        }
        out.put_slice(b"},\"logprobs\":null,\"finish_reason\":");
        out.put_slice(reason.as_bytes());
        out.put_slice(if self.include_usage { b"}],\"usage\":null}\n\n" } else { b"}]}\n\n" });
        out.freeze()
    }

    /// The chunk without choices that tells the usage.
    pub(super) fn usage(&mut self, usage: &Value) -> Bytes {
        self.write_head();
        Bytes::from(format!("{}[],\"usage\":{usage}}}\n\n", self.head))
    }

    fn write_head(&mut self) {
        if self.head.is_empty() {
            self.head = format!(
                "data: {{\"id\":{},\"object\":\"chat.completion.chunk\",\"created\":{},\"model\":{},\"choices\":",
                json(&self.id),
                self.created,
                json(&self.model),
            );
        }
    }
}

/// A string, or a list of plain values, as JSON.
pub(super) fn json<T: Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).expect("has only string keys")
}

/// The frame of an error, in OpenAI's shape.
pub(super) fn error(message: &str, kind: &str, code: Option<&str>, param: Option<&str>) -> Bytes {
    let error =
        serde_json::json!({"error": {"message": message, "type": kind, "param": param, "code": code}});
    Bytes::from(format!("data: {error}\n\n"))
}

/// OpenAI's `type` for an error that has only a code.
pub(super) fn error_type(code: &str) -> &'static str {
    match code {
        "rate_limit_exceeded" | "slow_down" => "rate_limit_error",
        "usage_limit_reached" | "insufficient_quota" => "insufficient_quota",
        "context_length_exceeded"
        | "invalid_prompt"
        | "cyber_policy"
        | "bio_policy"
        | "misalignment_policy_violation"
        | "invalid_encrypted_content" => "invalid_request_error",
        _ => "server_error",
    }
}
