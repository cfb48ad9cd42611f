//! `POST /backend-api/codex/responses`: authenticate, read, validate, obey the script, answer.

use std::io::Read as _;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{ConnectInfo, State as Shares};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::{Value, json};

use super::answer::{self, Item};
use super::call::{self, Ruling};
use super::events::{self, Envelope, Usage};
use super::frames::Frames;
use super::net::Conn;
use super::refusal::Refusal;
use super::script::{self, Endpoint, Source, StreamScript};
use super::spec::AccountSpec;
use super::state::{RecordedRequest, Shared};
use super::stream::{self, Player};
use super::validate::{self, Strict};
use super::{chaos, ids, models};

/// The largest decompressed body.
const LARGEST: u64 = 64 * 1024 * 1024;

/// Milliseconds before every event of an answer that takes its time.
const SLOW_MS: u64 = 150;

/// The WebSocket handshake: this simulator speaks SSE only, which the client takes 426 for.
pub(super) async fn upgrade(headers: HeaderMap) -> Response {
    let asked = headers.get("upgrade").and_then(|value| value.to_str().ok());
    if asked.is_some_and(|value| value.eq_ignore_ascii_case("websocket")) {
        return (StatusCode::UPGRADE_REQUIRED, axum::Json(json!({ "detail": "Upgrade Required" })))
            .into_response();
    }
    (StatusCode::METHOD_NOT_ALLOWED, axum::Json(json!({ "detail": "Method Not Allowed" }))).into_response()
}

/// The body after its content encoding.
pub(super) fn decoded(headers: &HeaderMap, body: Bytes) -> Result<Bytes, Refusal> {
    match headers.get("content-encoding").map(HeaderValue::as_bytes) {
        None | Some(b"" | b"identity") => Ok(body),
        Some(b"zstd") => {
            let broken = |_| Refusal::detail("The request body is not valid zstd");
            let decoder = ruzstd::decoding::StreamingDecoder::new(body.as_ref()).map_err(broken)?;
            let mut plain = Vec::new();
            let read = decoder.take(LARGEST).read_to_end(&mut plain);
            read.map_err(|_| Refusal::detail("The request body is not valid zstd"))?;
            Ok(plain.into())
        }
        Some(_) => Err(Refusal::new(415, json!({ "detail": "Unsupported content encoding" }))),
    }
}

pub(super) async fn create(
    Shares(shared): Shares<Arc<Shared>>,
    ConnectInfo(conn): ConnectInfo<Conn>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match respond(shared, conn, method, uri, headers, body).await {
        Ok(response) => response,
        Err(refusal) => refusal.into_response(),
    }
}

async fn respond(
    shared: Arc<Shared>,
    conn: Conn,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    let account = shared.authenticate(&headers)?;
    let read = decoded(&headers, body).and_then(|plain| {
        let value = serde_json::from_slice::<Value>(&plain);
        Ok((plain.len(), value.map_err(|error| Refusal::detail(format!("Invalid JSON: {error}")))?))
    });
    let (size, body) = read.map(|(size, value)| (size, Arc::new(value))).inspect_err(|_| {
        let counters = &mut shared.lock().accounts[account].counters;
        counters.responses += 1;
        counters.refused += 1;
    })?;
    let spec = {
        let mut state = shared.lock();
        let account = &mut state.accounts[account];
        account.counters.responses += 1;
        account.remember(RecordedRequest::new(&method, &uri, &headers, Arc::clone(&body)));
        account.spec.clone()
    };
    let strict = Strict { instructions: shared.spec.require_instructions };
    let valid =
        validate::validate(&body, &headers, &spec, strict).and_then(|()| own_turn_state(&headers, &spec));
    valid.inspect_err(|_| shared.lock().accounts[account].counters.refused += 1)?;

    let ruling = match call::rule(&shared, account, Endpoint::Responses, &conn).await {
        Ruling::Proceed => chaos::strike(&shared, account, &headers, &body, &conn).await,
        scripted => scripted,
    };
    let (stream, lose) = match ruling {
        Ruling::Answer(response) => return Ok(response),
        Ruling::Stream(stream) => (Some(stream), false),
        Ruling::Proceed => (None, false),
        Ruling::Lose => (None, true),
    };
    let paid = charge(&shared, account, &body);
    // An explicit stream is played even by an account that has run dry.
    let (limits, cached) = match (paid, &stream) {
        (Ok(paid), _) => paid,
        (Err(_), Some(_)) => (shared.lock().accounts[account].meter.headers(ids::now_ms()), false),
        (Err(refusal), None) => return Err(refusal),
    };
    if lose {
        return Ok(call::lose(&conn));
    }
    let mut stream = stream.unwrap_or_default();
    if stream.before_headers_ms > 0 {
        tokio::time::sleep(Duration::from_millis(stream.before_headers_ms)).await;
    }
    let turn = Turn { body: &body, size, spec: &spec, cached };
    let (frames, model) =
        compose(&shared, account, &turn, &mut stream).map_err(|problem| script::broken(&problem))?;
    let mut out = answer_headers(&shared, &spec, &model, limits);
    if !headers.contains_key("x-codex-turn-state") {
        out.push(("x-codex-turn-state".into(), turn_state(&spec)));
    }
    out.extend(stream.headers.iter().map(|(name, value)| (name.clone(), value.clone())));
    let steps = stream::plan(frames, &stream, shared.spec.pace);
    let mut response = Player::body(shared, account, conn, steps).into_response();
    for (name, value) in out {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    Ok(response)
}

type Paid = (Vec<(String, String)>, bool);

/// Takes the price: the rate-limit headers afterwards, and whether the prompt was cached.
fn charge(shared: &Shared, account: usize, body: &Value) -> Result<Paid, Refusal> {
    let now = ids::now_ms();
    let mut state = shared.lock();
    let account = &mut state.accounts[account];
    if let Err(refusal) = account.meter.charge(now) {
        account.counters.limited += 1;
        return Err(refusal);
    }
    let cached = body["prompt_cache_key"].as_str().is_some_and(|key| account.cached(key));
    Ok((account.meter.headers(now), cached))
}

/// Opaque to clients; only the account that gave it out takes it back.
fn turn_state(spec: &AccountSpec) -> String {
    format!("ts_{}", ids::hex(&ids::digest(&["turn", &spec.user_id, &spec.account_id]), 32))
}

fn own_turn_state(headers: &HeaderMap, spec: &AccountSpec) -> Result<(), Refusal> {
    match headers.get("x-codex-turn-state") {
        Some(state) if state.as_bytes() != turn_state(spec).as_bytes() => {
            Err(Refusal::detail("Invalid x-codex-turn-state"))
        }
        _ => Ok(()),
    }
}

fn answer_headers(
    shared: &Shared,
    spec: &AccountSpec,
    model: &str,
    limits: Vec<(String, String)>,
) -> Vec<(String, String)> {
    let mut headers: Vec<(String, String)> = [
        ("content-type", "text/event-stream; charset=utf-8"),
        ("cache-control", "no-cache"),
        ("x-reasoning-included", "true"),
        ("openai-model", model),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    headers.push(("x-models-etag".into(), models::etag(&spec.models)));
    headers.push(("x-request-id".into(), format!("req_{}", ids::hex(&shared.fresh("request"), 32))));
    headers.extend(limits);
    headers
}

/// A request to answer.
struct Turn<'a> {
    body: &'a Value,
    size: usize,
    spec: &'a AccountSpec,
    cached: bool,
}

/// The frames of the answer and the model it names.
fn compose(
    shared: &Shared,
    account: usize,
    turn: &Turn<'_>,
    script: &mut StreamScript,
) -> Result<(Frames, String), String> {
    let asked = turn.body["model"].as_str().unwrap_or_default();
    let model = script.served_model.as_deref().unwrap_or(asked).to_owned();
    let envelope =
        Envelope::new(turn.body, &model, &shared.fresh("response"), &turn.spec.user_id, ids::now_ms());
    let mut frames = match &script.source {
        Source::Fixture(name) => Frames::parse(&script::sse_fixture(name)?),
        Source::Raw(text) => Frames::parse(text),
        Source::Generated | Source::Text { .. } | Source::ToolCall { .. } | Source::ToolCalls { .. } => {
            if answer::wants_time(turn.body) {
                script.per_event_ms.get_or_insert(SLOW_MS);
            }
            let says = if script.empty { Vec::new() } else { answer::decide(turn.body, &script.source) };
            let items = if says.is_empty() {
                Vec::new()
            } else {
                answer::with_ids(says, turn.body, turn.spec, |what| shared.fresh(what))
            };
            generated(shared, account, turn, script, &envelope, &items)
        }
    };
    if script.from_text {
        stream::count_from_text(&frames, script);
    }
    if let Some(failure) = &script.failure {
        stream::fail(&mut frames, envelope, failure);
    }
    Ok((frames, model))
}

fn generated(
    shared: &Shared,
    account: usize,
    turn: &Turn<'_>,
    script: &StreamScript,
    envelope: &Envelope,
    items: &[Item],
) -> Frames {
    let mut frames = Frames::default();
    if script.prelude {
        let limits = shared.lock().accounts[account].meter.frame(ids::now_ms());
        frames.vendor("codex.rate_limits", &limits);
        let metadata = json!({
            "request_id": format!("req_{}", ids::hex(&shared.fresh("request"), 24)),
            "headers": {
                "x-codex-turn-state": turn_state(turn.spec), "openai-model": turn.body["model"],
                "x-models-etag": models::etag(&turn.spec.models),
            },
        });
        frames.vendor("codex.response.metadata", &metadata);
    }
    envelope.begin(&mut frames);
    for _ in 0..script.keepalives {
        frames.event("keepalive", |_| ());
    }
    let last = items.len().saturating_sub(1);
    for (index, item) in items.iter().enumerate() {
        let cut_short = script.incomplete.is_some() && index == last;
        let status = if cut_short { "incomplete" } else { "completed" };
        events::write_item(&mut frames, index, item, script.no_deltas, status);
    }
    let usage = Usage::estimate(turn.size, turn.cached, items);
    // The recorded incomplete answers come with their output; complete ones mostly without.
    let populated = script.populated_output || script.incomplete.is_some();
    envelope.clone().end(&mut frames, usage, populated.then_some(items), script.incomplete.as_deref());
    frames
}
