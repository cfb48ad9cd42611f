//! What a client asked, in the form from which each kind of upstream gets its body.

use crate::app::conversations::Makers;
use crate::domain::agent;
use crate::domain::catalogue::{Provider, Resolved};
use crate::domain::chat::from_responses::{self, ToolMap};
use crate::domain::responses::error::UpstreamError;
use crate::domain::responses::request::{
    self, Draft, Head, Prepared, RequestError, Target, without_encrypted_reasoning,
};
use crate::domain::routing::failover::Failure;
use bytes::Bytes;
use serde_json::{Map, Value};

/// See the variants; what goes upstream is made per attempt, as accounts differ.
#[derive(Debug)]
pub enum Payload {
    /// A native Codex client's own body: goes through as it is.
    Native { body: Bytes, head: Head },
    /// A Responses request of any other client.
    Responses(Bytes),
    /// A Chat Completions request for an upstream that speaks it.
    Chat(Value),
    /// A request that was translated or made here: chat for a Codex account, an agent's turn. The `Prepared` has
    /// everything but the body. `sampling` is for an upstream that takes it, `makers` says whose the reasoning of a
    /// stored conversation is.
    Draft { draft: Draft, prepared: Prepared, sampling: Map<String, Value>, makers: Makers },
}

/// A request for an OpenAI-compatible upstream.
pub(super) struct ForChat {
    pub(super) body: Value,
    /// What its tool calls are translated back with.
    pub(super) tools: ToolMap,
    /// Members of the client's body that were not sent.
    pub(super) dropped: Vec<String>,
}

/// What is known of the model that a request goes to.
pub fn target<'a>(resolved: &'a Resolved, provider: &'a Provider) -> Result<Target<'a>, RequestError> {
    let facts = provider.model(&resolved.model);
    let level = resolved.agent.as_ref().and_then(|(_, effective)| effective.thinking_level.as_deref());
    let default_effort = match level.map(agent::effort_of).transpose() {
        Ok(effort) => effort.flatten(),
        Err(text) => return Err(RequestError::new("invalid_value", Some("reasoning.effort".into()), text)),
    };
    Ok(Target {
        model: &resolved.model,
        model_is_lite: facts.map(|m| m.lite),
        default_effort,
        efforts: facts.map(|m| m.efforts.as_slice()).filter(|e| !e.is_empty()),
        default_cache_key: "",
        service_tiers: facts.map(|m| m.service_tiers.as_slice()),
    })
}

impl Payload {
    /// All of its text, as JSON.
    pub fn text(&self) -> Bytes {
        match self {
            Self::Native { body, .. } | Self::Responses(body) => body.clone(),
            Self::Chat(value) => value.to_string().into(),
            Self::Draft { draft, .. } => draft.clone().into_body(),
        }
    }

    /// The client's own limit of the answer, in tokens.
    pub fn max_tokens(&self) -> Option<u64> {
        match self {
            Self::Native { head, .. } => head.max_output_tokens,
            Self::Responses(body) => request::read_head(body).ok()?.max_output_tokens,
            Self::Chat(value) => {
                ["max_completion_tokens", "max_tokens"].iter().find_map(|name| value.get(*name)?.as_u64())
            }
            Self::Draft { prepared, .. } => prepared.max_output_tokens,
        }
    }

    /// The body for a ChatGPT account. With `moved`, what only another account can read is left out.
    pub(super) fn for_codex(
        &self,
        resolved: &Resolved,
        provider: &Provider,
        moved: bool,
    ) -> Result<Prepared, Failure> {
        let target = target(resolved, provider).map_err(client_fault)?;
        let portable = |body: &Bytes| {
            if moved {
                without_encrypted_reasoning(body).map_err(|_| Failure::Bound)
            } else {
                Ok(body.clone())
            }
        };
        match self {
            Self::Native { body, head } => {
                request::prepare_native(&portable(body)?, head, &target).map_err(client_fault)
            }
            Self::Responses(body) => {
                request::prepare_foreign(&portable(body)?, &target).map_err(client_fault)
            }
            Self::Draft { draft, prepared, makers, .. } => {
                let mut prepared = prepared.clone();
                prepared.finish(makers.readable_by(draft.clone(), provider, moved));
                Ok(prepared)
            }
            Self::Chat(_) => unreachable!("a chat body is translated before it goes to an account"),
        }
    }

    /// The body for an OpenAI-compatible upstream.
    pub(super) fn for_chat(&self, resolved: &Resolved, provider: &Provider) -> Result<ForChat, Failure> {
        let responses = |body: &[u8]| {
            let value: Value = serde_json::from_slice(body).map_err(|error| {
                client_fault(RequestError::new(
                    "invalid_json",
                    None,
                    format!("the body is not JSON: {error}"),
                ))
            })?;
            let chat = from_responses::to_chat(&value, &resolved.model).map_err(client_fault)?;
            Ok(ForChat { body: chat, tools: ToolMap::new(&value), dropped: Vec::new() })
        };
        match self {
            Self::Native { body, .. } | Self::Responses(body) => responses(body),
            Self::Chat(body) => Ok(ForChat {
                body: from_responses::chat_to_chat(body, &resolved.model),
                tools: ToolMap::default(),
                dropped: Vec::new(),
            }),
            Self::Draft { draft, prepared, sampling, makers } => {
                let draft = makers.readable_by(draft.clone(), provider, false);
                let mut chat = responses(&draft.into_body())?;
                if let Some(members) = chat.body.as_object_mut() {
                    members.extend(sampling.clone());
                    if let Some(temperature) = resolved.agent.as_ref().and_then(|(_, e)| e.temperature) {
                        members.entry("temperature").or_insert(temperature.into());
                    }
                    if let Some(limit) = prepared.max_output_tokens {
                        members.insert("max_tokens".into(), limit.into());
                    }
                }
                let dropped = prepared.dropped.iter().filter(|key| !sampling.contains_key(*key));
                Ok(ForChat { dropped: dropped.cloned().collect(), ..chat })
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
