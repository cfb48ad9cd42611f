//! What a run tells: each event has a place in the run's log, and a client that lost its connection reads on from
//! there.

use crate::domain::responses::event::Usage;
use serde::Serialize;
use serde_json::Value;

/// One event of a run, as the API shows it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type")]
pub enum RunEvent {
    #[serde(rename = "run.started")]
    Started {
        agent_key: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        session_id: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        session_key: Option<String>,
        model: String,
        message: String,
        /// It was interrupted before, and goes on.
        resumed: bool,
    },
    #[serde(rename = "activity")]
    Activity {
        phase: Phase,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        tools: Vec<String>,
        /// Which question to the model this is about, from 1.
        iteration: u32,
    },
    /// A piece of the summary of what the model thinks.
    #[serde(rename = "thinking")]
    Thinking { content: String, iteration: u32 },
    /// A piece of what it says; `phase` is the model's own word: `commentary`, `final_answer`.
    #[serde(rename = "chunk")]
    Chunk { content: String, phase: Option<String>, iteration: u32 },
    #[serde(rename = "tool.call")]
    ToolCall { id: String, name: String, arguments: String, iteration: u32 },
    #[serde(rename = "tool.result")]
    ToolResult { id: String, name: String, is_error: bool, result: String, duration_ms: u64, iteration: u32 },
    /// Tokens of one answer, and who gave it: the request's page says why.
    #[serde(rename = "usage")]
    Usage {
        input_tokens: u64,
        cached_tokens: u64,
        output_tokens: u64,
        reasoning_tokens: u64,
        iteration: u32,
        provider_name: String,
        request_id: String,
    },
    /// The question is asked again: what came of its answer so far does not count.
    #[serde(rename = "run.retrying")]
    Retrying { attempt: u32, max_attempts: u32, error: Fault, iteration: u32 },
    #[serde(rename = "run.completed")]
    Completed { content: String, reason: String, usage: Tokens, iterations: u32, served_by: Vec<String> },
    #[serde(rename = "run.failed")]
    Failed {
        error: Fault,
        /// `POST /v1/runs/{id}/resume` goes on with it.
        resumable: bool,
        usage: Tokens,
        iterations: u32,
        served_by: Vec<String>,
    },
    #[serde(rename = "run.cancelled")]
    Cancelled { reason: String, usage: Tokens, iterations: u32, served_by: Vec<String> },
}

/// What a run is busy with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// The model is asked.
    Thinking,
    ToolExec,
    /// A summary is made of the conversation's beginning.
    Compacting,
    /// What was said meanwhile goes to the model with the next question.
    MessageInjected,
}

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    pub code: String,
    pub message: String,
}

/// Tokens of a whole run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tokens {
    pub input_tokens: u64,
    pub cached_tokens: u64,
    pub output_tokens: u64,
    pub reasoning_tokens: u64,
    pub total_tokens: u64,
}

impl From<Usage> for Tokens {
    fn from(usage: Usage) -> Self {
        Self {
            input_tokens: usage.input_tokens,
            cached_tokens: usage.cached_input_tokens,
            output_tokens: usage.output_tokens,
            reasoning_tokens: usage.reasoning_tokens,
            total_tokens: usage.input_tokens + usage.output_tokens,
        }
    }
}

impl RunEvent {
    /// Its name.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Started { .. } => "run.started",
            Self::Activity { .. } => "activity",
            Self::Thinking { .. } => "thinking",
            Self::Chunk { .. } => "chunk",
            Self::ToolCall { .. } => "tool.call",
            Self::ToolResult { .. } => "tool.result",
            Self::Usage { .. } => "usage",
            Self::Retrying { .. } => "run.retrying",
            Self::Completed { .. } => "run.completed",
            Self::Failed { .. } => "run.failed",
            Self::Cancelled { .. } => "run.cancelled",
        }
    }

    /// As JSON.
    pub fn to_value(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

/// Whether an event of that name ends a run.
pub fn is_terminal(kind: &str) -> bool {
    matches!(kind, "run.completed" | "run.failed" | "run.cancelled")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_says_its_name_once_and_the_same_in_both_places() {
        let event = RunEvent::Thinking { content: "hm".into(), iteration: 1 };
        let value = event.to_value();
        assert_eq!(value["type"], event.kind());
        assert!(is_terminal("run.failed") && !is_terminal("run.retrying"));
    }
}
