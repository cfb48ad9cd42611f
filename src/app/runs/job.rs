//! What a run is about: the agent as it was when the run began, what to ask it with, and where its answer goes.

use crate::app::conversations::Makers;
use crate::app::gateway::{Ask, Payload};
use crate::app::tools::ToolContext;
use crate::domain::agent_loop::{Limit, Limits};
use crate::domain::api_key::ApiKey;
use crate::domain::catalogue::Resolved;
use crate::domain::ids::{RequestId, RunId, SessionId, TenantId};
use crate::domain::responses::audience::Audience;
use crate::domain::responses::request::{Draft, Prepared, RequestError, close_calls};
use crate::domain::tool::ToolSpec;
use crate::telemetry::metrics::Endpoint;
use reqwest::header::HeaderMap;
use serde_json::{Map, Value, json};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

/// One run, ready to be driven.
#[derive(Debug)]
pub(super) struct Job {
    pub id: RunId,
    pub tenant: TenantId,
    /// The API key that asked for it: each question counts against its limits.
    pub key: Option<Arc<ApiKey>>,
    pub agent_key: String,
    pub resolved: Resolved,
    pub endpoint: Endpoint,
    pub audience: Audience,
    pub model_asked: String,
    pub headers: HeaderMap,
    pub session: Option<(SessionId, String)>,
    /// What routing calls the conversation.
    pub conversation: Option<String>,
    pub base: Base,
    pub context: ToolContext,
    pub limits: Limits,
    pub wall_time: Duration,
    /// Of the model, in tokens.
    pub window: u64,
    /// The client's stop sequences: nothing behind one is kept.
    pub stop: Vec<String>,
    /// What the person said in this run, not stored yet: it is, with the first answer to it.
    pub said: Vec<Value>,
}

/// A question without its input.
#[derive(Clone, Debug)]
pub(super) struct Base {
    pub draft: Draft,
    pub prepared: Prepared,
    pub sampling: Map<String, Value>,
    /// A Lite body's `additional_tools`, which stand before all else.
    pub lite_tools: Option<Value>,
    /// The names of the tools that the client brought.
    pub client_tools: HashSet<String>,
}

impl Base {
    /// Of a client's request, whose input is taken out and given back.
    pub fn of(mut draft: Draft, prepared: Prepared, sampling: Map<String, Value>) -> (Self, Vec<Value>) {
        let mut input = std::mem::take(&mut draft.input);
        let lite = input.iter().position(|item| item["type"] == "additional_tools");
        let lite_tools = lite.map(|at| input.remove(at));
        let listed = lite_tools.as_ref().and_then(|item| item["tools"].as_array());
        let names = draft.tools.iter().chain(listed.into_iter().flatten());
        let client_tools = names.filter_map(|tool| tool["name"].as_str().map(str::to_owned)).collect();
        (Self { draft, prepared, sampling, lite_tools, client_tools }, input)
    }
}

impl Job {
    /// Who asks.
    pub fn asker(&self) -> (TenantId, Option<&ApiKey>) {
        (self.tenant, self.key.as_deref())
    }

    /// The most tokens of one answer.
    pub fn answer_limit(&self) -> Option<u64> {
        self.resolved.agent.as_ref().and_then(|(_, effective)| effective.max_tokens)
    }

    /// A question to the model. `last`: the limit for which it is the last one, without tools.
    pub fn ask(
        &self,
        id: RequestId,
        mut input: Vec<Value>,
        makers: &Makers,
        (offered, last): (&[ToolSpec], Option<Limit>),
    ) -> Result<Ask, RequestError> {
        let Base { mut draft, mut prepared, sampling, lite_tools, .. } = self.base.clone();
        prepared.max_output_tokens = prepared.max_output_tokens.into_iter().chain(self.answer_limit()).min();
        if let Some(limit) = last {
            let text = limit.last_words();
            input.push(json!({"type": "message", "role": "developer",
                "content": [{"type": "input_text", "text": text}]}));
            draft.tool_choice = Some("none".into());
        }
        close_calls(&mut input, |n| format!("input[{n}]"))?;
        let mut tools: Vec<Value> = offered.iter().map(function).collect();
        if let Some(mut lite) = lite_tools {
            if let Some(list) = lite["tools"].as_array_mut() {
                list.append(&mut tools);
            }
            input.insert(0, lite);
        } else if !tools.is_empty() {
            draft.tools.append(&mut tools);
            draft.parallel_tool_calls.get_or_insert(true);
        }
        draft.input = input;
        Ok(self.request(id, draft, prepared, sampling, makers.clone()))
    }

    /// A question of our own about the conversation, without tools.
    pub fn side_question(
        &self,
        id: RequestId,
        instructions: &str,
        mut input: Vec<Value>,
        makers: &Makers,
    ) -> Ask {
        // A part of a conversation may hold a call whose output is in the other part: what can't be closed goes as it is.
        let _ = close_calls(&mut input, |n| format!("input[{n}]"));
        let draft = Draft {
            model: self.base.draft.model.clone(),
            instructions: instructions.into(),
            input,
            effort: self.base.draft.effort.clone(),
            service_tier: self.base.draft.service_tier.clone(),
            ..Draft::default()
        };
        self.request(id, draft, Prepared::default(), Map::new(), makers.clone())
    }

    fn request(
        &self,
        id: RequestId,
        draft: Draft,
        prepared: Prepared,
        sampling: Map<String, Value>,
        makers: Makers,
    ) -> Ask {
        Ask {
            id,
            tenant: self.tenant,
            key: self.key.clone(),
            endpoint: self.endpoint,
            audience: self.audience,
            model_asked: self.model_asked.clone(),
            resolved: self.resolved.clone(),
            payload: Payload::Draft { draft, prepared, sampling, makers },
            headers: self.headers.clone(),
            session_key: self.session.as_ref().map(|(_, key)| key.clone()),
            conversation: self.conversation.clone(),
            bound: false,
        }
    }
}

/// A tool in the shape of a request.
fn function(tool: &ToolSpec) -> Value {
    json!({
        "type": "function", "name": tool.name, "description": tool.description,
        "parameters": tool.parameters, "strict": false,
    })
}
