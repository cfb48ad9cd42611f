//! Waiting for the next piece of a stream, but not for ever.

use crate::domain::routing::failover::Failure;
use futures_util::{Stream, StreamExt as _};
use std::pin::Pin;
use std::time::Duration;
use tokio::time::{Instant, Sleep};

/// Counts from the last piece, also when a wait is given up and another begun: whoever sends heartbeats meanwhile
/// does not prolong it. One timer for the whole stream, since there is a wait per event.
#[derive(Debug)]
pub(super) struct Idle {
    most: Duration,
    timer: Pin<Box<Sleep>>,
}

impl Idle {
    pub(super) fn new(most: Duration) -> Self {
        Self { most, timer: Box::pin(tokio::time::sleep(most)) }
    }

    /// The stream's next item, or [`Failure::Timeout`]. Dropping the future loses nothing.
    pub(super) async fn next<S: Stream + Unpin>(
        &mut self,
        stream: &mut S,
    ) -> Result<Option<S::Item>, Failure> {
        tokio::select! {
            biased;
            item = stream.next() => {
                self.timer.as_mut().reset(Instant::now() + self.most);
                Ok(item)
            }
            () = self.timer.as_mut() => Err(Failure::Timeout),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::stream;

    #[tokio::test(start_paused = true)]
    async fn waits_that_are_given_up_count_as_one_silence() {
        let mut idle = Idle::new(Duration::from_secs(100));
        let mut silent = stream::pending::<()>();
        for _ in 0..9 {
            let wait = tokio::time::timeout(Duration::from_secs(11), idle.next(&mut silent));
            assert!(wait.await.is_err(), "not yet");
        }
        let wait = tokio::time::timeout(Duration::from_secs(11), idle.next(&mut silent)).await;
        assert!(matches!(wait, Ok(Err(Failure::Timeout))));
    }

    #[tokio::test(start_paused = true)]
    async fn every_piece_begins_the_count_anew() {
        let mut idle = Idle::new(Duration::from_secs(10));
        let pieces = stream::unfold(0, |n| async move {
            tokio::time::sleep(Duration::from_secs(9)).await;
            (n < 3).then_some((n, n + 1))
        });
        let mut pieces = std::pin::pin!(pieces);
        let mut got = Vec::new();
        while let Ok(Some(n)) = idle.next(&mut pieces).await {
            got.push(n);
        }
        assert_eq!(got, [0, 1, 2]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_piece_wakes_the_one_that_waits_for_it() {
        let (send, mut receive) = tokio::sync::mpsc::channel(1);
        let mut pieces = stream::poll_fn(move |context| receive.poll_recv(context));
        let mut idle = Idle::new(Duration::from_secs(10));
        let mut wait = tokio_test::task::spawn(idle.next(&mut pieces));
        tokio_test::assert_pending!(wait.poll());
        send.try_send("piece").expect("there is room");
        assert!(wait.is_woken());
        assert_eq!(tokio_test::assert_ready_ok!(wait.poll()), Some("piece"));
    }
}
