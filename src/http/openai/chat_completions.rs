//! `/v1/chat/completions`: OpenAI's Chat Completions API.

use super::answer::{self, Kept, Question, ServerSentEvent};
use super::ask::{conversation, model_in, read_body, resolve, session_key};
use super::error::OpenAiError;
use crate::app::App;
use crate::app::conversations::Makers;
use crate::app::gateway::{Ask, Payload, RequestGuard, target};
use crate::app::runs::{AgentAsk, AgentRequest};
use crate::domain::api_key::ApiKey;
use crate::domain::chat::chunk::{ChunkOptions, ChunkTranslator};
use crate::domain::chat::from_responses::sampling;
use crate::domain::chat::{completion, request};
use crate::domain::ids::{RequestId, TenantId};
use crate::domain::provider::Wire;
use crate::domain::responses::audience::Audience;
use crate::domain::responses::request::Prepared;
use crate::domain::routing::refusal::Refusal;
use crate::http::permit::{ModelPermitted, UseModels};
use crate::telemetry::metrics::Endpoint;
use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::Value;
use std::sync::Arc;

/// Answers a Chat Completions request
///
/// Streams when `stream` is true. Sampling parameters that the upstream does not take are left out and named in the
/// header `x-gateway-dropped`; `max_tokens` and `stop` are kept here.
#[utoipa::path(operation_id = "chat_completions_create", 
    post, path = "/v1/chat/completions", tag = "models",
    request_body(content = serde_json::Value, description = "OpenAI's chat completion request"),
    security(("token" = ["use_models"])), responses((status = 200, description = "A chat completion, or its chunks",
               content((serde_json::Value = "application/json"), (ServerSentEvent = "text/event-stream"))),
              (status = "4XX", description = "An error in OpenAI's shape", body = serde_json::Value))
)]
pub async fn create(
    State(app): State<Arc<App>>,
    Extension(id): Extension<RequestId>,
    caller: ModelPermitted<UseModels>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, OpenAiError> {
    let (tenant, key) = (caller.0.tenant(), caller.0.key(&app)?);
    // A Codex client does not speak this dialect; whoever does is like any other.
    let mut record =
        app.gateway.begin(id, (tenant, key.as_deref()), Endpoint::ChatCompletions, Audience::Foreign);
    let understood = understand(&app, id, (tenant, key), &headers, body, &mut record).await;
    let Understood { asked, stream, options } = match understood {
        Ok(understood) => understood,
        Err(OpenAiError(refusal)) => return Err(record.refused(refusal).into()),
    };
    let question = match asked {
        Asked::Model(ask) => Question::Model(Box::new((*ask, record))),
        Asked::Agent(request) => Question::Agent(Box::new(AgentAsk { id, record, request: *request })),
    };
    if stream {
        let front = move |kept: Kept| {
            let Kept { max_output_tokens, input_tokens, .. } = kept;
            ChunkTranslator::new(ChunkOptions { max_output_tokens, input_tokens, ..options })
        };
        return answer::stream(&app, question, front).await;
    }
    let (headers, response) = answer::collect(&app, question).await?;
    Ok(answer::json(headers, &completion::completion(&response, &options)))
}

/// A request that can go to an account, and how its answer is told.
struct Understood {
    asked: Asked,
    stream: bool,
    options: ChunkOptions,
}

/// Who is asked.
enum Asked {
    Model(Box<Ask>),
    Agent(Box<AgentRequest>),
}

/// Reads the request and finds out who is meant; what of it is known goes into the record.
async fn understand(
    app: &App,
    id: RequestId,
    (tenant, key): (TenantId, Option<Arc<ApiKey>>),
    headers: &HeaderMap,
    body: Body,
    record: &mut RequestGuard,
) -> Result<Understood, OpenAiError> {
    let bytes = read_body(app, headers, body).await?;
    let head = request::read_head(&bytes).inspect_err(|_| record.asked_for(&model_in(&bytes)))?;
    record.asked_for(head.model.as_deref().unwrap_or_default());
    let body: Value = serde_json::from_slice(&bytes).map_err(|error| {
        Refusal::invalid_request("invalid_json", format!("the body is not JSON: {error}"), None)
    })?;
    let resolved = resolve(app, (tenant, key.as_deref()), head.model.as_deref())?;
    let model_asked = head.model.clone().unwrap_or_default();
    let mut options = ChunkOptions {
        include_usage: head.include_usage,
        model: resolved.model.clone(),
        id: format!("chatcmpl-{}", id.0.simple()),
        created: app.clock.now().timestamp(),
        stop: head.stop.clone(),
        ..ChunkOptions::default()
    };
    let session = session_key(headers)?;
    let conversation = conversation(session.as_deref(), head.prompt_cache_key.as_deref(), headers);
    let payload = if resolved.agent.is_none() && resolved.provider.kind.wire == Wire::ChatCompletions {
        // The upstream keeps these itself.
        options.stop.clear();
        Payload::Chat(body)
    } else {
        let translated = request::to_responses(&body, &target(&resolved, &resolved.provider)?)?;
        options.names = translated.names;
        let prepared = Prepared {
            dropped: translated.dropped,
            max_output_tokens: head.max_tokens,
            stream: head.stream,
            prompt_cache_key_is_ours: head.prompt_cache_key.is_none(),
            ..Prepared::default()
        };
        // Stop sequences are kept here.
        let mut sampling = sampling(&body);
        sampling.shift_remove("stop");
        if resolved.agent.is_some() {
            let request = AgentRequest {
                tenant,
                key,
                endpoint: Endpoint::ChatCompletions,
                audience: Audience::Foreign,
                model_asked,
                resolved,
                draft: translated.draft,
                prepared,
                sampling,
                headers: HeaderMap::new(),
                session_key: session,
                conversation,
                stop: head.stop,
            };
            return Ok(Understood { asked: Asked::Agent(Box::new(request)), stream: head.stream, options });
        }
        Payload::Draft { draft: translated.draft, prepared, sampling, makers: Makers::default() }
    };
    let ask = Ask {
        id,
        tenant,
        key,
        endpoint: Endpoint::ChatCompletions,
        audience: Audience::Foreign,
        model_asked,
        resolved,
        payload,
        headers: HeaderMap::new(),
        session_key: None,
        conversation,
        bound: false,
    };
    Ok(Understood { asked: Asked::Model(Box::new(ask)), stream: head.stream, options })
}
