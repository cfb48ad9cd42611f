//! `/v1/events`: what happens, as it happens.

use crate::app::App;
use crate::app::events::{Heard, Watcher};
use crate::domain::responses::sse::HEARTBEAT;
use crate::http::error::{ApiError, ErrorBody};
use crate::http::openai::{ServerSentEvent, sse};
use crate::http::permit::{Permitted, Read};
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use bytes::Bytes;
use futures_util::Stream;
use serde::Deserialize;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How long a client waits before it comes back, in milliseconds.
const RETRY: u32 = 2_000;

/// Query of the stream.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EventsQuery {
    /// The id of the last event that was seen, for clients that can't send the header `Last-Event-ID`.
    last_event_id: Option<String>,
}

/// What happens in the tenant, as server-sent events
///
/// Types: `provider.status`, `provider.health`, `provider.quota`, `provider.cooldown`, `request.finished`, and `reset`:
/// events may have been missed, so read everything anew. `Last-Event-ID` goes on where another stream ended.
#[utoipa::path(operation_id = "events_watch", get, path = "/v1/events", tag = "events", params(EventsQuery), security(("token" = ["read"])), responses(
    (status = 200, description = "Without an end", body = ServerSentEvent, content_type = "text/event-stream"),
    (status = 401, description = "Signed out", body = ErrorBody)))]
pub async fn watch(
    State(app): State<Arc<App>>,
    caller: Permitted<Read>,
    headers: HeaderMap,
    Query(query): Query<EventsQuery>,
) -> Result<Response, ApiError> {
    let header = headers.get("last-event-id").map(|id| String::from_utf8_lossy(id.as_bytes()).into_owned());
    // What is no id of ours is as one that is too old.
    let after = header.or(query.last_event_id).map(|id| id.trim().parse().unwrap_or(Uuid::nil()));
    let watcher = app.events.watch(caller.tenant(), after);
    let heartbeat = Duration::from_secs(app.config.load().server.heartbeat_seconds);
    // It ends with the first signal and not with the grace: nothing is lost by coming back to another replica.
    let events = stream(watcher, heartbeat, app.shutdown.draining());
    Ok(sse(HeaderMap::new(), Body::from_stream(events)))
}

fn stream(
    mut watcher: Watcher,
    heartbeat: Duration,
    end: CancellationToken,
) -> impl Stream<Item = Result<Bytes, Infallible>> + Send {
    async_stream::stream! {
        // An id without data is no event: it tells a client where to go on when it is cut off before the first one.
        let place = watcher.begin.map(|id| format!("id: {id}\n")).unwrap_or_default();
        yield Ok(Bytes::from(format!("retry: {RETRY}\n{place}\n")));
        loop {
            tokio::select! {
                biased;
                () = end.cancelled() => break,
                heard = watcher.next() => yield Ok(frame(&heard)),
                () = tokio::time::sleep(heartbeat) => yield Ok(Bytes::from_static(HEARTBEAT)),
            }
        }
    }
}

fn frame(heard: &Heard) -> Bytes {
    Bytes::from(format!("id: {}\nevent: {}\ndata: {}\n\n", heard.id, heard.name, heard.data))
}
