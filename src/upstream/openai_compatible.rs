//! Any upstream that speaks Chat Completions. Its chunks become Responses events here, so that the rest of the
//! gateway knows one dialect.

use super::codex::{Patience, connection, read_json, send};
use super::idle::Idle;
use crate::domain::chat::into_events::EventTranslator;
use crate::domain::responses::event::Event;
use crate::domain::routing::failover::Failure;
use eventsource_stream::Eventsource;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use reqwest::RequestBuilder;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use std::collections::VecDeque;
use std::time::Duration;

/// The pooled HTTP client, for this kind of upstream.
#[derive(Clone, Debug)]
pub struct CompatibleClient {
    http: reqwest::Client,
}

/// Where, and as whom.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// Up to and including the version, such as `https://api.example.com/v1`.
    pub api_base: &'a str,
    pub api_key: Option<&'a SecretString>,
}

impl CompatibleClient {
    pub fn new(http: reqwest::Client) -> Self {
        Self { http }
    }

    /// Sends a chat request (streaming) and waits for the head of the answer, which `translator` makes events of.
    pub async fn open(
        &self,
        target: Target<'_>,
        body: &Value,
        translator: EventTranslator,
        patience: Patience,
    ) -> Result<CompatibleEvents, Failure> {
        let request = authorized(self.http.post(url(target, "chat/completions")), target).json(body);
        let response = send(request, patience.first_byte).await?;
        let chunks = response.bytes_stream().eventsource();
        Ok(CompatibleEvents {
            chunks: chunks.map(|chunk| chunk.map(|event| event.data).map_err(broken)).boxed(),
            translator,
            ready: VecDeque::new(),
            idle: Idle::new(patience.idle),
            ended: false,
        })
    }

    /// The upstream's model list: the entries of `data`.
    pub async fn models(&self, target: Target<'_>) -> Result<Vec<Value>, Failure> {
        let wait = Duration::from_secs(30);
        let response = send(authorized(self.http.get(url(target, "models")), target), wait).await?;
        match read_json(response, wait).await?.get_mut("data").map(Value::take) {
            Some(Value::Array(entries)) => Ok(entries),
            _ => Err(Failure::Connection("the model list has no member \"data\"".into())),
        }
    }
}

fn url(target: Target<'_>, path: &str) -> String {
    format!("{}/{path}", target.api_base.trim_end_matches('/'))
}

fn authorized(request: RequestBuilder, target: Target<'_>) -> RequestBuilder {
    match target.api_key {
        Some(key) => request.bearer_auth(key.expose_secret()),
        None => request,
    }
}

fn broken(error: eventsource_stream::EventStreamError<reqwest::Error>) -> Failure {
    match error {
        eventsource_stream::EventStreamError::Transport(error) => connection(error),
        eventsource_stream::EventStreamError::Utf8(_) | eventsource_stream::EventStreamError::Parser(_) => {
            Failure::Connection("the upstream's stream is not one of server-sent events".into())
        }
    }
}

/// The events of one answer, translated.
pub struct CompatibleEvents {
    chunks: BoxStream<'static, Result<String, Failure>>,
    translator: EventTranslator,
    ready: VecDeque<Event>,
    idle: Idle,
    ended: bool,
}

impl std::fmt::Debug for CompatibleEvents {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CompatibleEvents").field("ended", &self.ended).finish_non_exhaustive()
    }
}

impl CompatibleEvents {
    /// An event that is here already.
    pub fn ready(&mut self) -> Option<Event> {
        self.ready.pop_front()
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
            match self.idle.next(&mut self.chunks).await {
                Ok(Some(Ok(data))) => match self.translator.on_chunk(&data) {
                    Ok(events) => self.ready.extend(events),
                    Err(error) => {
                        self.ended = true;
                        return Some(Err(Failure::Connection(error.to_string())));
                    }
                },
                Ok(Some(Err(failure))) | Err(failure) => {
                    self.ended = true;
                    return Some(Err(failure));
                }
                Ok(None) => {
                    self.ended = true;
                    self.ready.extend(self.translator.finish());
                }
            }
        }
    }
}
