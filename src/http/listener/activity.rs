//! What a connection is doing, and whether its client keeps up.
//!
//! The body of an answer is asked for its next piece when the client took the ones before (to within the buffers), in
//! HTTP/1.1 as in HTTP/2. So an answer whose last piece was handed over long ago, and which is not asked for another, has a
//! client that does not read; one that has no piece to give only waits for its source.

use axum::body::{Body, Bytes};
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use std::collections::BTreeMap;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep_until};

/// Pieces of an answer are handed over in this size at most, so that a slow client's progress shows.
const PIECE: usize = 16 * 1024;
/// A request's body that comes at less than this rate is a client that holds the connection; in bytes a second.
const LEAST_RATE: u64 = 1024;

/// How long a connection may keep us waiting.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// From the connection to its first whole head, the TLS handshake apart.
    pub head: Duration,
    /// Between the end of an answer and the next whole head.
    pub idle: Duration,
    /// Without progress in the middle of a body, in either direction.
    pub stall: Duration,
}

/// How it stands with a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Fine,
    /// Nothing is under way, and that for too long.
    Idle,
    /// A client does not take its answer.
    Stalled,
}

/// What is under way on a connection.
pub struct Activity {
    patience: Patience,
    state: Mutex<State>,
}

struct State {
    /// How long nothing may be under way from `idle_since` on.
    rest: Duration,
    idle_since: Instant,
    /// The requests that are served, each with the time since which its client has a piece to take.
    answers: BTreeMap<u64, Option<Instant>>,
    next: u64,
    leaving: bool,
}

impl Activity {
    pub fn new(patience: Patience) -> Self {
        let state = State {
            rest: patience.head,
            idle_since: Instant::now(),
            answers: BTreeMap::new(),
            next: 0,
            leaving: false,
        };
        Self { patience, state: Mutex::new(state) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A request is there.
    pub fn begin(this: &Arc<Self>) -> Answering {
        let mut state = this.state();
        let id = state.next;
        state.next += 1;
        state.answers.insert(id, None);
        drop(state);
        Answering { activity: Arc::clone(this), id }
    }

    /// No further request is wanted: what is idle from now on is not kept for longer than this.
    pub fn leave(&self, rest: Duration) {
        let mut state = self.state();
        state.leaving = true;
        state.rest = rest;
        state.idle_since = Instant::now();
    }

    pub fn standing(&self, now: Instant) -> Standing {
        let state = self.state();
        if state.answers.is_empty() {
            let rested = now.saturating_duration_since(state.idle_since) >= state.rest;
            return if rested { Standing::Idle } else { Standing::Fine };
        }
        let stalled = |since: &Instant| now.saturating_duration_since(*since) >= self.patience.stall;
        if state.answers.values().flatten().any(stalled) { Standing::Stalled } else { Standing::Fine }
    }

    /// When to ask for the standing again: at its next end, and now and then, since requests come and go in between.
    pub fn look_again(&self) -> Instant {
        let Patience { head, idle, stall } = self.patience;
        let now = Instant::now();
        let state = self.state();
        let end = if state.answers.is_empty() {
            state.idle_since + state.rest
        } else {
            state.answers.values().flatten().min().copied().unwrap_or(now) + stall
        };
        end.min(now + head.min(idle).min(stall))
    }
}

/// One request under way, until it is dropped.
pub struct Answering {
    activity: Arc<Activity>,
    id: u64,
}

impl Answering {
    fn has_piece(&self, since: Option<Instant>) {
        self.activity.state().answers.insert(self.id, since);
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        let mut state = self.activity.state();
        state.answers.remove(&self.id);
        if state.answers.is_empty() {
            state.idle_since = Instant::now();
            if !state.leaving {
                state.rest = self.activity.patience.idle;
            }
        }
    }
}

/// The body of an answer, watched.
pub struct Answered {
    body: Body,
    /// Of a piece that was larger than is handed over at once.
    rest: Bytes,
    answering: Answering,
}

impl Answered {
    pub fn new(body: Body, answering: Answering) -> Self {
        Self { body, rest: Bytes::new(), answering }
    }
}

impl HttpBody for Answered {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.rest.is_empty() {
            let Poll::Ready(polled) = Pin::new(&mut self.body).poll_frame(cx) else {
                self.answering.has_piece(None);
                return Poll::Pending;
            };
            match polled {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => self.rest = data,
                    Err(other) => {
                        self.answering.has_piece(Some(Instant::now()));
                        return Poll::Ready(Some(Ok(other)));
                    }
                },
                end_or_error => return Poll::Ready(end_or_error),
            }
        }
        self.answering.has_piece(Some(Instant::now()));
        let length = self.rest.len().min(PIECE);
        let piece = self.rest.split_to(length);
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (rest, inner) = (self.rest.len() as u64, self.body.size_hint());
        let mut hint = SizeHint::new();
        if let Some(upper) = inner.upper() {
            hint.set_upper(upper + rest);
        }
        hint.set_lower(inner.lower() + rest);
        hint
    }
}

/// The body of a request, which has to come.
pub struct Arriving {
    body: Incoming,
    stall: Duration,
    begun: Option<Instant>,
    read: u64,
    late: Option<Pin<Box<Sleep>>>,
}

impl Arriving {
    pub fn new(body: Incoming, stall: Duration) -> Self {
        Self { body, stall, begun: None, read: 0, late: None }
    }
}

impl HttpBody for Arriving {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Poll::Ready(polled) = Pin::new(&mut self.body).poll_frame(cx) {
            self.late = None;
            if let Some(Ok(frame)) = &polled {
                self.read += frame.data_ref().map_or(0, |data| data.len() as u64);
            }
            return Poll::Ready(polled.map(|frame| frame.map_err(io::Error::other)));
        }
        // Time counts from when somebody waits: a handler may ask for the body late.
        let now = Instant::now();
        let begun = *self.begun.get_or_insert(now);
        let (stall, read) = (self.stall, self.read);
        let late = self.late.get_or_insert_with(|| {
            let by_rate = begun + stall + Duration::from_secs(read / LEAST_RATE);
            Box::pin(sleep_until(by_rate.min(now + stall)))
        });
        ready!(late.as_mut().poll(cx));
        Poll::Ready(Some(Err(io::Error::new(io::ErrorKind::TimedOut, "the body came too slowly"))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::advance;

    const PATIENCE: Patience = Patience {
        head: Duration::from_secs(10),
        idle: Duration::from_secs(100),
        stall: Duration::from_secs(30),
    };

    fn poll(body: &mut Answered) -> Poll<Option<usize>> {
        let mut cx = Context::from_waker(std::task::Waker::noop());
        Pin::new(body)
            .poll_frame(&mut cx)
            .map(|frame| frame.map(|frame| frame.unwrap().into_data().unwrap().len()))
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_has_little_time_for_its_first_request_and_more_for_the_next() {
        let activity = Arc::new(Activity::new(PATIENCE));
        advance(Duration::from_secs(9)).await;
        assert_eq!(activity.standing(Instant::now()), Standing::Fine);
        advance(Duration::from_secs(1)).await;
        assert_eq!(activity.standing(activity.look_again()), Standing::Idle);
        let request = Activity::begin(&activity);
        advance(Duration::from_hours(1)).await;
        assert_eq!(activity.standing(Instant::now()), Standing::Fine, "our own time is not the client's");
        drop(request);
        advance(Duration::from_secs(99)).await;
        assert_eq!(activity.standing(Instant::now()), Standing::Fine);
        advance(Duration::from_secs(1)).await;
        assert_eq!(activity.standing(Instant::now()), Standing::Idle);
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_does_not_take_a_piece_is_stalled_and_a_silent_source_is_not() {
        let activity = Arc::new(Activity::new(PATIENCE));
        let pieces = async_stream::stream! {
            yield Ok::<_, io::Error>(Bytes::from_static(b"one"));
            std::future::pending::<()>().await;
        };
        let mut body = Answered::new(Body::from_stream(pieces), Activity::begin(&activity));
        assert_eq!(poll(&mut body), Poll::Ready(Some(3)));
        advance(Duration::from_secs(29)).await;
        assert_eq!(activity.standing(Instant::now()), Standing::Fine);
        advance(Duration::from_secs(1)).await;
        assert_eq!(activity.standing(Instant::now()), Standing::Stalled);
        assert_eq!(poll(&mut body), Poll::Pending, "it was taken after all");
        advance(Duration::from_hours(1)).await;
        assert_eq!(activity.standing(Instant::now()), Standing::Fine);
    }

    #[tokio::test(start_paused = true)]
    async fn a_large_answer_is_handed_over_in_pieces_and_says_its_length() {
        let activity = Arc::new(Activity::new(PATIENCE));
        let size = PIECE * 2 + 7;
        let mut body = Answered::new(Body::from(vec![b'x'; size]), Activity::begin(&activity));
        let mut left = size;
        for piece in [PIECE, PIECE, 7] {
            assert_eq!(body.size_hint().exact(), Some(left as u64));
            assert!(!body.is_end_stream());
            assert_eq!(poll(&mut body), Poll::Ready(Some(piece)));
            left -= piece;
        }
        assert!(body.is_end_stream());
        assert_eq!(poll(&mut body), Poll::Ready(None));
    }
}
