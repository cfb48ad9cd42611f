//! The Responses endpoint of a ChatGPT subscription, and the model list beside it.

use super::idle::Idle;
use crate::domain::placement::RoutingOverride;
use crate::domain::responses::error::UpstreamError;
use crate::domain::responses::event::Event;
use crate::domain::responses::sse::FrameSplitter;
use crate::domain::routing::failover::Failure;
use bytes::Bytes;
use chrono::DateTime;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use reqwest::header::{
    ACCEPT, CONTENT_TYPE, DATE, ETAG, HeaderMap, HeaderName, HeaderValue, IF_NONE_MATCH, RETRY_AFTER,
};
use reqwest::{RequestBuilder, Response};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use std::time::Duration;

/// An event that is not complete after this many bytes is not one: an answer's largest events are a few MiB.
const MAX_EVENT_BYTES: usize = 64 << 20;
/// How much of a refusal's body is read.
const MAX_ERROR_BYTES: usize = 64 << 10;

/// The client of one installation: the pooled HTTP client and how we introduce ourselves.
#[derive(Clone, Debug)]
pub struct CodexClient {
    pub(super) http: reqwest::Client,
    originator: HeaderValue,
    client_version: String,
}

/// Who asks: one account's access, as headers.
#[derive(Clone, Copy, Debug)]
pub struct Access<'a> {
    /// Up to and including `/backend-api`.
    pub api_base: &'a str,
    pub token: &'a SecretString,
    pub account_id: &'a str,
    pub is_fedramp: bool,
    /// What the account's workspace asks for, see `domain::placement`.
    pub routing_override: Option<RoutingOverride>,
}

/// One model turn.
#[derive(Debug)]
pub struct Turn<'a> {
    pub access: Access<'a>,
    pub body: Bytes,
    /// The body is of the "Lite" shape, which a header has to say.
    pub lite: bool,
    /// The stable id of the conversation: `session-id`, `thread-id` and `x-client-request-id` where the client gave none.
    pub session: &'a str,
    /// Headers of a native client that pass, already chosen by `domain::responses::headers`.
    pub headers: HeaderMap,
}

/// Bounds on waiting. There is none on the whole answer.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Until the head of the answer.
    pub first_byte: Duration,
    /// Between two pieces of the stream.
    pub idle: Duration,
}

/// The model list of an account.
#[derive(Debug)]
pub enum ModelList {
    /// The entries, native shape, and the list's ETag.
    Changed {
        entries: Vec<Value>,
        etag: Option<String>,
    },
    Unchanged,
}

impl CodexClient {
    /// `originator` names this program; `client_version` is what the model list is asked for.
    pub fn new(http: reqwest::Client, originator: &str, client_version: String) -> Self {
        let originator = HeaderValue::from_str(originator).unwrap_or(HeaderValue::from_static("gateway"));
        Self { http, originator, client_version }
    }

    /// Sends a turn and waits for the head of the answer.
    pub async fn open(
        &self,
        turn: Turn<'_>,
        patience: Patience,
    ) -> Result<(HeaderMap, CodexEvents), Failure> {
        let url = format!("{}/codex/responses", turn.access.api_base.trim_end_matches('/'));
        let mut headers = turn.headers;
        if !turn.session.is_empty()
            && let Ok(session) = HeaderValue::from_str(turn.session)
        {
            for name in ["session-id", "thread-id", "x-client-request-id"] {
                headers.entry(HeaderName::from_static(name)).or_insert_with(|| session.clone());
            }
        }
        if turn.lite {
            headers.insert("x-openai-internal-codex-responses-lite", HeaderValue::from_static("true"));
        }
        headers.insert(ACCEPT, HeaderValue::from_static("text/event-stream"));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let request = self.authorized(self.http.post(url), turn.access).headers(headers).body(turn.body);
        let response = send(request, patience.first_byte).await?;
        let headers = response.headers().clone();
        Ok((headers, CodexEvents::new(response, patience.idle)))
    }

    /// The account's models; `etag` is the one of the list that we have.
    pub async fn models(&self, access: Access<'_>, etag: Option<&str>) -> Result<ModelList, Failure> {
        let url = format!("{}/codex/models", access.api_base.trim_end_matches('/'));
        let mut request = self.http.get(url).query(&[("client_version", &self.client_version)]);
        if let Some(etag) = etag {
            request = request.header(IF_NONE_MATCH, etag);
        }
        let wait = Duration::from_secs(30);
        let response = send(self.authorized(request, access), wait).await?;
        if response.status() == reqwest::StatusCode::NOT_MODIFIED {
            return Ok(ModelList::Unchanged);
        }
        let etag = response.headers().get(ETAG).and_then(|e| e.to_str().ok()).map(str::to_owned);
        let mut list: Value = read_json(response, wait).await?;
        match list.get_mut("models").map(Value::take) {
            Some(Value::Array(entries)) => Ok(ModelList::Changed { entries, etag }),
            _ => Err(Failure::Connection("the model list has no member \"models\"".into())),
        }
    }

    pub(super) fn authorized(&self, request: RequestBuilder, access: Access<'_>) -> RequestBuilder {
        credentials(request, access).header("originator", self.originator.clone())
    }
}

/// What every call for an account carries, and the account's own calls (`/wham/…`) nothing besides.
pub(super) fn credentials(request: RequestBuilder, access: Access<'_>) -> RequestBuilder {
    let mut request =
        request.bearer_auth(access.token.expose_secret()).header("chatgpt-account-id", access.account_id);
    if access.is_fedramp {
        request = request.header("x-openai-fedramp", "true");
    }
    if let Some(routing) = access.routing_override {
        request = request.header("x-openai-account-routing-override", routing.as_str());
    }
    request
}

/// Sends, and turns everything that is not a success (or 304) into a [`Failure`].
pub(super) async fn send(request: RequestBuilder, first_byte: Duration) -> Result<Response, Failure> {
    let response = match tokio::time::timeout(first_byte, request.send()).await {
        Err(_) => return Err(Failure::Timeout),
        Ok(Err(error)) => return Err(connection(error)),
        Ok(Ok(response)) => response,
    };
    let status = response.status();
    if status.is_success() || status == reqwest::StatusCode::NOT_MODIFIED {
        return Ok(response);
    }
    let retry_after = retry_after(response.headers());
    let limit_headers = limit_headers(response.headers());
    let body = read_some(response, MAX_ERROR_BYTES, Duration::from_secs(10)).await;
    let error = UpstreamError::from_http(status.as_u16(), retry_after, &body);
    Err(Failure::Refused(UpstreamError { limit_headers, ..error }))
}

/// What a refusal's head says of the quota.
fn limit_headers(headers: &HeaderMap) -> Vec<(String, String)> {
    let ours = headers.iter().filter(|(name, _)| name.as_str().starts_with("x-codex-"));
    ours.filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
        .collect()
}

/// Seconds to wait: said as such, or as a date, which is measured against the date of the answer itself.
fn retry_after(headers: &HeaderMap) -> Option<f64> {
    let text = |name| headers.get(name)?.to_str().ok().map(str::trim);
    let said = text(RETRY_AFTER)?;
    if let Ok(seconds) = said.parse::<f64>() {
        return Some(seconds).filter(|s| s.is_finite() && *s >= 0.0);
    }
    let date = |text: &str| DateTime::parse_from_rfc2822(text).ok();
    let wait = date(said)?.signed_duration_since(date(text(DATE)?)?).num_seconds();
    u32::try_from(wait).ok().map(f64::from)
}

pub(super) async fn read_json(response: Response, wait: Duration) -> Result<Value, Failure> {
    match tokio::time::timeout(wait, response.json()).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(connection(error)),
        Err(_) => Err(Failure::Timeout),
    }
}

pub(super) async fn read_some(response: Response, most: usize, wait: Duration) -> Vec<u8> {
    let mut body = Vec::new();
    let mut stream = response.bytes_stream();
    let read = async {
        while let Some(Ok(chunk)) = stream.next().await {
            body.extend_from_slice(&chunk[..chunk.len().min(most - body.len())]);
            if body.len() >= most {
                break;
            }
        }
    };
    // What came in time is enough to say what was refused.
    let _ = tokio::time::timeout(wait, read).await;
    body
}

/// The reason without the URL, which may hold more than an operator should read.
pub(super) fn connection(error: reqwest::Error) -> Failure {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    Failure::Connection(text)
}

/// The events of one answer, as they come.
pub struct CodexEvents {
    body: BoxStream<'static, reqwest::Result<Bytes>>,
    splitter: FrameSplitter,
    idle: Idle,
    ended: bool,
}

impl std::fmt::Debug for CodexEvents {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CodexEvents").field("ended", &self.ended).finish_non_exhaustive()
    }
}

impl CodexEvents {
    fn new(response: Response, idle: Duration) -> Self {
        Self {
            body: response.bytes_stream().boxed(),
            splitter: FrameSplitter::default(),
            idle: Idle::new(idle),
            ended: false,
        }
    }

    /// An event that is here already.
    pub fn ready(&mut self) -> Option<Event> {
        self.splitter.next_frame().map(Event::from)
    }

    /// The next event; `None` at the end of the stream. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Option<Result<Event, Failure>> {
        loop {
            if let Some(event) = self.ready() {
                return Some(Ok(event));
            }
            if self.ended {
                return None;
            }
            match self.idle.next(&mut self.body).await {
                Ok(Some(Ok(chunk))) => self.splitter.push(&chunk),
                Ok(Some(Err(error))) => {
                    self.ended = true;
                    return Some(Err(connection(error)));
                }
                Ok(None) => {
                    self.ended = true;
                    return self.splitter.finish().map(|frame| Ok(Event::from(frame)));
                }
                Err(failure) => {
                    self.ended = true;
                    return Some(Err(failure));
                }
            }
            if self.splitter.pending() > MAX_EVENT_BYTES {
                self.ended = true;
                return Some(Err(Failure::Connection("an event of the stream has no end".into())));
            }
        }
    }
}
