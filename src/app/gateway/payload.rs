//! What a client asked, in the form from which each kind of upstream gets its body.

use crate::domain::agent;
use crate::domain::catalogue::{Provider, Resolved};
use crate::domain::chat::from_responses;
use crate::domain::responses::error::UpstreamError;
use crate::domain::responses::request::{self, Draft, Head, Prepared, RequestError, Target};
use crate::domain::routing::failover::Failure;
use bytes::Bytes;
use serde_json::Value;

/// See the variants; what goes upstream is made per attempt, as accounts differ.
#[derive(Debug)]
pub enum Payload {
    /// A native Codex client's own body: goes through as it is.
    Native { body: Bytes, head: Head },
    /// A Responses request of any other client.
    Responses(Bytes),
    /// A Chat Completions request for an upstream that speaks it.
    Chat(Value),
    /// A request that was translated or made here: chat for a Codex account, an agent's turn.
    Draft { draft: Draft, dropped: Vec<String>, max_output_tokens: Option<u64> },
}

impl Payload {
    /// The body for a ChatGPT account.
    pub(super) fn for_codex(&self, resolved: &Resolved, provider: &Provider) -> Result<Prepared, Failure> {
        let facts = provider.model(&resolved.model);
        let effort = match resolved.agent.as_ref().and_then(|(_, e)| e.thinking_level.as_deref()) {
            Some(level) => agent::effort_of(level).map_err(|text| {
                client_fault(RequestError { message: text, param: Some("reasoning.effort".into()), code: "invalid_value" })
            })?,
            None => None,
        };
        let target = Target {
            model: &resolved.model,
            model_is_lite: facts.map(|m| m.lite),
            default_effort: effort,
            efforts: facts.map(|m| m.efforts.as_slice()).filter(|e| !e.is_empty()),
            service_tiers: facts.map(|m| m.service_tiers.as_slice()),
        };
        match self {
            Self::Native { body, head } => request::prepare_native(body, head, &target).map_err(client_fault),
            Self::Responses(body) => request::prepare_foreign(body, &target).map_err(client_fault),
            Self::Draft { draft, dropped, max_output_tokens } => {
                let mut prepared = request::prepare_draft(draft.clone(), &target).map_err(client_fault)?;
                prepared.dropped.extend(dropped.iter().cloned());
                prepared.max_output_tokens = *max_output_tokens;
                Ok(prepared)
            }
            Self::Chat(_) => unreachable!("a chat body is translated before it goes to an account"),
        }
    }

    /// The body for an OpenAI-compatible upstream.
    pub(super) fn for_chat(&self, resolved: &Resolved) -> Result<Value, Failure> {
        let responses = |body: &[u8]| {
            let value: Value = serde_json::from_slice(body).map_err(|error| {
                client_fault(RequestError { message: format!("the body is not JSON: {error}"), param: None, code: "invalid_json" })
            })?;
            from_responses::to_chat(&value, &resolved.model).map_err(client_fault)
        };
        match self {
            Self::Native { body, .. } | Self::Responses(body) => responses(body),
            Self::Chat(body) => from_responses::chat_to_chat(body, &resolved.model).map_err(client_fault),
            Self::Draft { draft, max_output_tokens, .. } => {
                let mut draft = draft.clone();
                draft.model.clone_from(&resolved.model);
                let mut body = responses(&draft.into_body())?;
                if let (Some(limit), Some(members)) = (max_output_tokens, body.as_object_mut()) {
                    members.insert("max_tokens".into(), (*limit).into());
                }
                Ok(body)
            }
        }
    }
}

fn client_fault(error: RequestError) -> Failure {
    Failure::Refused(UpstreamError {
        status: Some(400),
        code: Some(error.code.into()),
        kind: Some("invalid_request_error".into()),
        message: error.message,
        param: error.param,
        ..UpstreamError::default()
    })
}
