//! `/v1/responses`: OpenAI's Responses API, stored nowhere.

use super::answer::{self, Kept, Question, ServerSentEvent};
use super::ask::{audience, conversation, model_in, native_headers, read_body, resolve, session_key};
use super::error::OpenAiError;
use crate::app::App;
use crate::app::gateway::{Ask, Payload, RequestGuard, target};
use crate::app::runs::{AgentAsk, AgentRequest};
use crate::domain::api_key::ApiKey;
use crate::domain::chat::from_responses::sampling;
use crate::domain::ids::{RequestId, TenantId};
use crate::domain::responses::audience::Audience;
use crate::domain::responses::forward::Forwarder;
use crate::domain::responses::request;
use crate::domain::routing::refusal::{Presentation, Refusal};
use crate::http::permit::{ModelPermitted, Read, UseModels};
use crate::telemetry::metrics::Endpoint;
use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

/// Whose request it is, and with which key.
type Asker = (TenantId, Option<Arc<ApiKey>>);

/// Answers a Responses request
///
/// Streams when `stream` is true. Every parameter that the upstream does not take is left out and named in the
/// header `x-gateway-dropped`; `max_output_tokens` is kept here.
#[utoipa::path(operation_id = "responses_create", 
    post, path = "/v1/responses", tag = "models",
    request_body(content = serde_json::Value, description = "OpenAI's Responses request"),
    security(("token" = ["use_models"])), responses((status = 200, description = "A response object, or its events",
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
    let audience = audience(&headers);
    let asker = (caller.0.tenant(), caller.0.key(&app)?);
    let record = app.gateway.begin(id, (asker.0, asker.1.as_deref()), Endpoint::Responses, audience);
    match answer(&app, id, asker, audience, &headers, body, record).await {
        // A Codex client repeats a 5xx up to 30 times, whoever it comes from.
        Err(OpenAiError(refusal))
            if refusal.presentation(audience == Audience::Codex) == Presentation::FailedStream =>
        {
            let options = Kept::default().options(id, "", app.clock.now().timestamp());
            Ok(answer::failed_stream(&refusal, Forwarder::new(audience, options)))
        }
        answered => answered,
    }
}

async fn answer(
    app: &Arc<App>,
    id: RequestId,
    asker: Asker,
    audience: Audience,
    headers: &HeaderMap,
    body: Body,
    mut record: RequestGuard,
) -> Result<Response, OpenAiError> {
    let understood = understand(app, id, asker, audience, headers, body, &mut record).await;
    let Understood { asked, stream } = match understood {
        Ok(understood) => understood,
        Err(OpenAiError(refusal)) => return Err(record.refused(refusal).into()),
    };
    let question = match asked {
        Asked::Model(ask) => Question::Model(Box::new((*ask, record))),
        Asked::Agent(request) => Question::Agent(Box::new(AgentAsk { id, record, request: *request })),
    };
    if stream {
        let (model, now) = (question.model().to_owned(), app.clock.now().timestamp());
        let front = move |kept: Kept| Forwarder::new(audience, kept.options(id, &model, now));
        return answer::stream(app, question, front).await;
    }
    let (headers, response) = answer::collect(app, question).await?;
    Ok(answer::json(headers, &response))
}

/// A request that can go to an account.
struct Understood {
    asked: Asked,
    stream: bool,
}

/// Who is asked.
enum Asked {
    Model(Box<Ask>),
    Agent(Box<AgentRequest>),
}

/// Reads the request and finds out who is meant; what of it is known goes into the record.
async fn understand(
    app: &Arc<App>,
    id: RequestId,
    (tenant, key): Asker,
    audience: Audience,
    headers: &HeaderMap,
    body: Body,
    record: &mut RequestGuard,
) -> Result<Understood, OpenAiError> {
    let body = read_body(app, headers, body).await?;
    let head = request::read_head(&body).inspect_err(|_| record.asked_for(&model_in(&body)))?;
    record.asked_for(head.model.as_deref().unwrap_or_default());
    let resolved = resolve(app, (tenant, key.as_deref()), head.model.as_deref())?;
    let stream = head.stream;
    let model_asked = head.model.clone().unwrap_or_default();
    let bound = head.compacted;
    let session = session_key(headers)?;
    let conversation = conversation(session.as_deref(), head.prompt_cache_key.as_deref(), headers);
    let headers = match audience {
        Audience::Codex => native_headers(headers),
        Audience::Foreign => HeaderMap::new(),
    };
    if resolved.agent.is_some() {
        let (draft, prepared) = request::draft_foreign(&body, &target(&resolved, &resolved.provider)?)?;
        let request = AgentRequest {
            tenant,
            key,
            endpoint: Endpoint::Responses,
            audience,
            model_asked,
            resolved,
            draft,
            prepared,
            sampling: sampling(&serde_json::from_slice(&body).unwrap_or_default()),
            headers,
            session_key: session,
            conversation,
            stop: Vec::new(),
        };
        return Ok(Understood { asked: Asked::Agent(Box::new(request)), stream });
    }
    let payload = match audience {
        Audience::Codex => Payload::Native { body, head },
        Audience::Foreign => Payload::Responses(body),
    };
    let ask = Ask {
        id,
        tenant,
        key,
        endpoint: Endpoint::Responses,
        audience,
        model_asked,
        resolved,
        payload,
        headers,
        session_key: None,
        conversation,
        bound,
    };
    Ok(Understood { asked: Asked::Model(Box::new(ask)), stream })
}

/// Looks a response up: there is none
#[utoipa::path(operation_id = "responses_get", 
    get, path = "/v1/responses/{id}", tag = "models",
    params(("id" = String, Path, description = "A response's id")),
    security(("token" = ["read"])), responses((status = 404, description = "Nothing is stored", body = serde_json::Value))
)]
pub async fn get(_: ModelPermitted<Read>, Path(id): Path<String>) -> Result<Response, OpenAiError> {
    let text =
        format!("response \"{id}\" not found: this gateway stores no responses (store is always false)");
    Err(OpenAiError(Refusal { param: None, ..Refusal::not_found("response_not_found", text) }))
}

/// A WebSocket upgrade: not spoken, and said so in the way that makes the Codex CLI fall back to HTTP at once
#[utoipa::path(operation_id = "responses_upgrade", 
    get, path = "/v1/responses", tag = "models",
    security(("token" = ["read"])), responses((status = 426, description = "Use POST"), (status = 405, description = "Use POST"))
)]
pub async fn upgrade(_: ModelPermitted<Read>, headers: HeaderMap) -> Result<Response, OpenAiError> {
    let upgrade =
        headers.get(header::UPGRADE).is_some_and(|v| v.as_bytes().eq_ignore_ascii_case(b"websocket"));
    let (status, text) = if upgrade {
        (StatusCode::UPGRADE_REQUIRED, "responses are not served over WebSocket; use POST /v1/responses")
    } else {
        (StatusCode::METHOD_NOT_ALLOWED, "use POST /v1/responses")
    };
    let refusal = Refusal { status: status.as_u16(), ..Refusal::invalid_request("use_post", text, None) };
    let mut response = OpenAiError(refusal).into_response();
    response.headers_mut().insert(header::ALLOW, header::HeaderValue::from_static("POST"));
    Ok(response)
}
