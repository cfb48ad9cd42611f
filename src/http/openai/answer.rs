//! From an opened answer to the client: as a stream of server-sent events, or as one object.

use super::error::{ATTEMPTS, OpenAiError};
use crate::app::App;
use crate::app::gateway::{AnswerHead, Ask, RequestGuard, Step};
use crate::app::runs::{AgentAsk, Source};
use crate::domain::chat::chunk::ChunkTranslator;
use crate::domain::ids::RequestId;
use crate::domain::responses::assemble::Assembler;
use crate::domain::responses::audience::Audience;
use crate::domain::responses::event::Event;
use crate::domain::responses::forward::{AnswerOptions, Forwarder};
use crate::domain::responses::headers::metadata_event;
use crate::domain::responses::sse::{HEARTBEAT, comment};
use crate::domain::routing::refusal::{Presentation, Refusal};
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::Value;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};
use utoipa::ToSchema;

/// Who served, for the client.
pub const PROVIDER: HeaderName = HeaderName::from_static("x-gateway-provider");
/// Parameters of the request that the upstream does not take and that were left out.
pub const DROPPED: HeaderName = HeaderName::from_static("x-gateway-dropped");

/// How often the rest of an answer is looked for before what came is written.
const TURNS: usize = 16;

type Opening = Pin<Box<dyn Future<Output = Result<Source, Refusal>> + Send>>;

/// What a client asks: a model, or an agent.
#[derive(Debug)]
pub enum Question {
    Model(Box<(Ask, RequestGuard)>),
    Agent(Box<AgentAsk>),
}

impl Question {
    /// Begins to answer it.
    fn open(self, app: &Arc<App>) -> Opening {
        match self {
            Self::Model(asked) => {
                let (gateway, (ask, record)) = (app.gateway.clone(), *asked);
                Box::pin(async move { Ok(Source::Model(Box::new(gateway.serve(ask, record).await?))) })
            }
            Self::Agent(ask) => {
                let runs = app.runs.clone();
                Box::pin(async move { Ok(Source::Agent(Box::new(Box::pin(runs.open(*ask)).await?))) })
            }
        }
    }

    /// The client's request.
    pub fn id(&self) -> RequestId {
        match self {
            Self::Model(asked) => asked.0.id,
            Self::Agent(ask) => ask.id,
        }
    }

    /// The upstream's name of the model.
    pub fn model(&self) -> &str {
        match self {
            Self::Model(asked) => &asked.0.resolved.model,
            Self::Agent(ask) => &ask.request.resolved.model,
        }
    }

    fn audience(&self) -> Audience {
        match self {
            Self::Model(asked) => asked.0.audience,
            Self::Agent(ask) => ask.request.audience,
        }
    }
}

/// A dialect in which events reach the client.
pub trait Front: Send + 'static {
    /// The bytes that an event becomes.
    fn on_event(&mut self, event: &Event, out: &mut Vec<Bytes>);
    /// The typed end of a stream that broke.
    fn fail(&mut self, code: &str, message: &str, out: &mut Vec<Bytes>);
    /// The answer is complete for the client, whatever the upstream still sends.
    fn is_finished(&self) -> bool;
}

impl Front for Forwarder {
    fn on_event(&mut self, event: &Event, out: &mut Vec<Bytes>) {
        Self::on_event(self, event, out);
    }
    fn fail(&mut self, code: &str, message: &str, out: &mut Vec<Bytes>) {
        out.push(Self::fail(self, code, message));
    }
    fn is_finished(&self) -> bool {
        Self::is_finished(self)
    }
}

impl Front for ChunkTranslator {
    fn on_event(&mut self, event: &Event, out: &mut Vec<Bytes>) {
        Self::on_event(self, event, out);
    }
    fn fail(&mut self, code: &str, message: &str, out: &mut Vec<Bytes>) {
        Self::fail(self, code, message, out);
    }
    fn is_finished(&self) -> bool {
        Self::is_finished(self)
    }
}

/// What is kept here for an answer.
#[derive(Clone, Copy, Debug, Default)]
pub struct Kept {
    /// The client's own limit, which the upstream does not take.
    pub max_output_tokens: Option<u64>,
    /// The prompt cache key is ours.
    pub hide_prompt_cache_key: bool,
    /// An estimate, for the usage of an answer that is ended here.
    pub input_tokens: u64,
}

impl Kept {
    fn of(served: &AnswerHead) -> Self {
        Self {
            max_output_tokens: served.max_output_tokens,
            hide_prompt_cache_key: served.hide_prompt_cache_key,
            input_tokens: served.input_tokens,
        }
    }

    /// For whoever writes Responses objects. `id` and `created_at` are for an answer that the upstream never began.
    pub fn options(self, id: RequestId, model: &str, created_at: i64) -> AnswerOptions {
        AnswerOptions {
            max_output_tokens: self.max_output_tokens,
            hide_prompt_cache_key: self.hide_prompt_cache_key,
            response_id: format!("resp_{}", id.0.simple()),
            model: model.to_owned(),
            created_at,
            input_tokens: self.input_tokens,
        }
    }
}

/// Streams an answer. `front` is made when it is known which limit of the client has to be kept here.
///
/// A refusal within the grace period is an HTTP error. After it the head of the response goes out with heartbeats, so
/// that no proxy cuts the line while a model thinks; the request can still move to another account, and a refusal is
/// then the stream's one terminal event.
pub async fn stream<F: Front>(
    app: &Arc<App>,
    question: Question,
    front: impl FnOnce(Kept) -> F + Send + 'static,
) -> Result<Response, OpenAiError> {
    let codex = question.audience() == Audience::Codex;
    let config = app.config.load();
    let heartbeat = Duration::from_secs(config.server.heartbeat_seconds);
    let grace = Duration::from_secs(config.server.head_grace_seconds);
    let mut opening = question.open(app);
    match tokio::time::timeout(grace, &mut opening).await {
        Ok(Ok(served)) => {
            let headers = answer_headers(served.head());
            let front = front(Kept::of(served.head()));
            Ok(sse(headers, Body::from_stream(run(Ok(served), front, codex))))
        }
        Ok(Err(refusal)) => match refusal.presentation(codex) {
            Presentation::Status(_) => Err(refusal.into()),
            Presentation::FailedStream => Ok(failed_stream(&refusal, front(Kept::default()))),
        },
        Err(_) => Ok(sse(HeaderMap::new(), Body::from_stream(late(opening, front, heartbeat, codex)))),
    }
}

/// A refusal as a stream that only fails, for a Codex client.
pub fn failed_stream(refusal: &Refusal, mut front: impl Front) -> Response {
    let mut out = Vec::new();
    front.fail(refusal.stream_code(true), &refusal.message, &mut out);
    let mut headers = HeaderMap::new();
    if refusal.attempts > 0 {
        headers.insert(ATTEMPTS, HeaderValue::from(refusal.attempts));
    }
    sse(headers, Body::from(out.concat()))
}

/// An answer whose head went out before it began.
fn late<F: Front>(
    mut opening: Opening,
    front: impl FnOnce(Kept) -> F + Send + 'static,
    heartbeat: Duration,
    codex: bool,
) -> impl futures_util::Stream<Item = Result<Bytes, Infallible>> + Send {
    async_stream::stream! {
        yield Ok(Bytes::from_static(HEARTBEAT));
        let opened = loop {
            match tokio::time::timeout(heartbeat, &mut opening).await {
                Ok(opened) => break opened,
                Err(_) => yield Ok(Bytes::from_static(HEARTBEAT)),
            }
        };
        let head = late_head(&opened, codex);
        if !head.is_empty() {
            yield Ok(head);
        }
        let front = front(opened.as_ref().map(|opened| Kept::of(opened.head())).unwrap_or_default());
        for await bytes in run(opened, front, codex) {
            yield bytes;
        }
    }
}

/// What the head would have said: our part as comments, which every client skips; the upstream's part as the event
/// from which a native client takes it.
fn late_head(opened: &Result<Source, Refusal>, codex: bool) -> Bytes {
    let mut out = Vec::new();
    match opened {
        Ok(served) => {
            let headers = answer_headers(served.head());
            let said = |name: &HeaderName| Some(format!("{name}: {}", headers.get(name)?.to_str().ok()?));
            out.extend([PROVIDER, ATTEMPTS, DROPPED].iter().filter_map(said).map(|text| comment(&text)));
            if codex {
                let headers =
                    headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
                out.push(metadata_event(headers));
            }
        }
        Err(refusal) if refusal.attempts > 0 => {
            out.push(comment(&format!("{ATTEMPTS}: {}", refusal.attempts)));
        }
        Err(_) => {}
    }
    out.concat().into()
}

fn run<F: Front>(
    opened: Result<Source, Refusal>,
    mut front: F,
    codex: bool,
) -> impl futures_util::Stream<Item = Result<Bytes, Infallible>> + Send {
    async_stream::stream! {
        let mut out = Vec::with_capacity(8);
        match opened {
            Ok(mut served) => {
                let mut spoke = Instant::now();
                while let Some(step) = served.step().await {
                    match step {
                        Step::Event(event) => {
                            front.on_event(&event, &mut out);
                            // What comes together goes on together: a write costs more than all else. A turn is
                            // microseconds, and no event waits for more than a few.
                            let (mut turns, mut turn) = (0, false);
                            while !front.is_finished() && turns < TURNS {
                                match served.ready(turn).await {
                                    Some(event) => {
                                        front.on_event(&event, &mut out);
                                        turn = false;
                                    }
                                    None if turn => break,
                                    None => {
                                        turn = true;
                                        turns += 1;
                                    }
                                }
                            }
                        }
                        Step::Idle => out.push(Bytes::from_static(HEARTBEAT)),
                        // Something was seen already: a code that clients repeat is right here, the turn is lost.
                        Step::Broken(refusal) => front.fail(&refusal.code, &refusal.message, &mut out),
                    }
                    if front.is_finished() && !served.is_done() {
                        served.cut().await;
                    }
                    // The upstream's own signs of life may be none to this client.
                    if out.is_empty() && spoke.elapsed() >= served.heartbeat() {
                        out.push(Bytes::from_static(HEARTBEAT));
                    }
                    if !out.is_empty() {
                        spoke = Instant::now();
                    }
                    if let Some(bytes) = joined(&mut out) {
                        yield Ok(bytes);
                    }
                    if front.is_finished() {
                        break;
                    }
                }
            }
            Err(refusal) => front.fail(refusal.stream_code(codex), &refusal.message, &mut out),
        }
        if let Some(bytes) = joined(&mut out) {
            yield Ok(bytes);
        }
    }
}

/// All of it as one piece, and `out` empty. A piece that is alone is not copied.
fn joined(out: &mut Vec<Bytes>) -> Option<Bytes> {
    if out.len() < 2 {
        return out.pop();
    }
    let bytes = out.concat().into();
    out.clear();
    Some(bytes)
}

/// Waits for the whole answer. Gives the final Responses object.
pub async fn collect(app: &Arc<App>, question: Question) -> Result<(HeaderMap, Value), OpenAiError> {
    let (id, model, now) = (question.id(), question.model().to_owned(), app.clock.now().timestamp());
    let mut served = question.open(app).await?;
    let mut assembler = Assembler::new(Kept::of(served.head()).options(id, &model, now));
    while let Some(step) = served.step().await {
        match step {
            Step::Event(event) => assembler.on_event(&event),
            Step::Idle => {}
            Step::Broken(refusal) => return Err(refusal.into()),
        }
        if assembler.is_finished() {
            if !served.is_done() {
                served.cut().await;
            }
            break;
        }
    }
    let response = assembler.finish().map_err(|incomplete| {
        let head = served.head();
        Refusal { attempts: head.attempts, ..Refusal::of(&incomplete.into(), &head.provider.name, now) }
    })?;
    Ok((answer_headers(served.head()), response))
}

/// Headers of a whole answer.
pub fn json(headers: HeaderMap, value: &Value) -> Response {
    (headers, axum::Json(value)).into_response()
}

fn answer_headers(served: &AnswerHead) -> HeaderMap {
    let mut headers = served.headers.clone();
    if let Ok(name) = HeaderValue::from_str(&served.provider.name) {
        headers.insert(PROVIDER, name);
    }
    headers.insert(ATTEMPTS, HeaderValue::from(served.attempts));
    if !served.dropped.is_empty() {
        headers.insert(DROPPED, dropped_header(&served.dropped));
    }
    headers
}

/// The names come from the client: what a header can't carry is shown as `?`, and a long list is cut.
fn dropped_header(dropped: &[String]) -> HeaderValue {
    const MOST: usize = 2_000;
    let names = dropped.join(", ");
    let visible = names.chars().map(|c| if matches!(c, ' '..='~') { c } else { '?' });
    let mut text: String = visible.take(MOST).collect();
    if names.chars().nth(MOST).is_some() {
        text.push_str(", ...");
    }
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("?"))
}

/// One server-sent event. The body is a sequence of them, each with an empty line after it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ServerSentEvent {
    id: Option<String>,
    /// Its type.
    event: Option<String>,
    /// JSON, but for OpenAI's `[DONE]`.
    data: String,
}

/// A stream of server-sent events that no proxy holds back.
pub fn sse(mut headers: HeaderMap, body: Body) -> Response {
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache, no-transform"));
    // nginx would hold the events back.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    (headers, body).into_response()
}
