//! The way out, in its phases.

use super::signals::Signal;
use super::tasks::Tasks;
use futures_util::{Stream, StreamExt};
use std::pin::pin;
use std::time::Duration;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

/// How long each phase may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// For open streams to finish by themselves.
    pub grace: Duration,
    /// For streams that were told to end to say so to their clients.
    pub last_words: Duration,
    /// For background tasks to write what they hold.
    pub tasks: Duration,
}

impl Limits {
    /// This grace for streams, and for the rest what is plenty for a loopback database.
    pub const fn with_grace(grace: Duration) -> Self {
        Self { grace, last_words: Duration::from_secs(5), tasks: Duration::from_secs(10) }
    }
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Every stream finished by itself, every task ended.
    Drained,
    /// Streams were told to end, or a task did not end in time.
    CutShort,
    /// A second signal: nothing was waited for.
    AtOnce,
}

/// The way out of the process. Clones share it.
#[derive(Clone, Default)]
pub struct Shutdown {
    draining: CancellationToken,
    stop_streams: CancellationToken,
    streams: TaskTracker,
    tasks: Tasks,
}

impl Shutdown {
    /// Nothing has begun.
    pub fn new() -> Self {
        Self::default()
    }

    /// The process's tasks.
    pub fn tasks(&self) -> &Tasks {
        &self.tasks
    }

    /// Cancelled at the first signal: stop accepting, answer not ready.
    pub fn draining(&self) -> CancellationToken {
        self.draining.clone()
    }

    /// Whether the process is on its way out.
    pub fn is_draining(&self) -> bool {
        self.draining.is_cancelled()
    }

    /// Cancelled when streams that are still open have to end, with a typed terminal event.
    pub fn stop_streams(&self) -> CancellationToken {
        self.stop_streams.clone()
    }

    /// Counts one open stream until the guard is dropped: whoever writes to a client holds one.
    #[must_use]
    pub fn stream(&self) -> StreamGuard {
        StreamGuard { _token: self.streams.token() }
    }

    /// How many streams are open.
    pub fn open_streams(&self) -> usize {
        self.streams.len()
    }

    /// Begins the way out as the first signal does.
    pub fn begin(&self) {
        self.draining.cancel();
    }

    /// Waits for the first signal (or [`Shutdown::begin`]) and walks the whole way out. Returns when the process may
    /// exit. `limits` is asked when the way begins, since the settings may have changed by then.
    pub async fn run(&self, signals: impl Stream<Item = Signal>, limits: impl FnOnce() -> Limits) -> Ended {
        let mut signals = pin!(signals.fuse());
        tokio::select! {
            Some(signal) = signals.next() => tracing::info!(?signal, "shutting down; the same signal again ends at once"),
            () = self.draining.cancelled() => tracing::info!("shutting down"),
        }
        self.begin();
        let way = self.way_out(limits());
        let ended = tokio::select! {
            biased;
            Some(signal) = signals.next() => {
                tracing::warn!(?signal, streams = self.open_streams(), "ending at once");
                Ended::AtOnce
            }
            ended = way => ended,
        };
        self.stop_streams.cancel();
        self.tasks.stop();
        ended
    }

    async fn way_out(&self, limits: Limits) -> Ended {
        let mut ended = Ended::Drained;
        self.streams.close();
        if timeout(limits.grace, self.streams.wait()).await.is_err() {
            ended = Ended::CutShort;
            tracing::warn!(streams = self.open_streams(), "the grace is over; open streams are told to end");
            self.stop_streams.cancel();
            if timeout(limits.last_words, self.streams.wait()).await.is_err() {
                tracing::warn!(streams = self.open_streams(), "streams did not end; they are dropped");
            }
        }
        // Also when there was none to tell: a stream that begins now ends now.
        self.stop_streams.cancel();
        self.tasks.stop();
        if timeout(limits.tasks, self.tasks.ended()).await.is_err() {
            ended = Ended::CutShort;
            tracing::warn!(tasks = ?self.tasks.running(), "tasks did not end in time");
        }
        ended
    }
}

/// One open stream.
pub struct StreamGuard {
    _token: TaskTrackerToken,
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::stream;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use tokio::time::{Instant, sleep};

    const GRACE: Duration = Duration::from_secs(30);

    fn limits() -> Limits {
        Limits::with_grace(GRACE)
    }

    /// Signals at these seconds.
    fn signals_at(seconds: &'static [u64]) -> impl Stream<Item = Signal> {
        let start = Instant::now();
        stream::iter(seconds)
            .then(move |at| async move {
                tokio::time::sleep_until(start + Duration::from_secs(*at)).await;
                Signal::Terminate
            })
            .chain(stream::pending())
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_signal_turns_readiness_off_and_nothing_else() {
        let shutdown = Shutdown::new();
        let stream = shutdown.stream();
        let mut run = pin!(shutdown.run(signals_at(&[1]), limits));
        assert!(timeout(Duration::from_millis(500), run.as_mut()).await.is_err());
        assert!(!shutdown.is_draining());
        assert!(timeout(Duration::from_secs(10), run.as_mut()).await.is_err());
        assert!(shutdown.is_draining());
        assert!(!shutdown.stop_streams().is_cancelled());
        assert!(!shutdown.tasks().stopping().is_cancelled());
        drop(stream);
        assert_eq!(run.await, Ended::Drained);
    }

    #[tokio::test(start_paused = true)]
    async fn with_nothing_open_the_way_out_takes_no_time() {
        let shutdown = Shutdown::new();
        let begun = Instant::now();
        assert_eq!(shutdown.run(signals_at(&[0]), limits).await, Ended::Drained);
        assert!(begun.elapsed() < Duration::from_millis(10));
    }

    #[tokio::test(start_paused = true)]
    async fn streams_that_outlive_their_grace_are_told_to_end_and_say_so() {
        let shutdown = Shutdown::new();
        let (stream, stop) = (shutdown.stream(), shutdown.stop_streams());
        let said = Arc::new(AtomicBool::new(false));
        let saying = Arc::clone(&said);
        shutdown.tasks().spawn("client", async move {
            stop.cancelled().await;
            sleep(Duration::from_secs(1)).await;
            saying.store(true, Ordering::SeqCst);
            drop(stream);
        });
        let begun = Instant::now();
        assert_eq!(shutdown.run(signals_at(&[0]), limits).await, Ended::CutShort);
        assert!(said.load(Ordering::SeqCst));
        assert_eq!(begun.elapsed().as_secs(), GRACE.as_secs() + 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_second_signal_ends_at_once() {
        let shutdown = Shutdown::new();
        let _stream = shutdown.stream();
        shutdown.tasks().spawn("stubborn", std::future::pending::<()>());
        let begun = Instant::now();
        assert_eq!(shutdown.run(signals_at(&[1, 3]), limits).await, Ended::AtOnce);
        assert_eq!(begun.elapsed().as_secs(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn tasks_go_on_while_streams_drain_and_stop_after_them() {
        let shutdown = Shutdown::new();
        let stream = shutdown.stream();
        let (stopping, streams) = (shutdown.tasks().stopping(), shutdown.clone());
        let open_at_stop = shutdown.tasks().spawn("recorder", async move {
            stopping.cancelled().await;
            streams.open_streams()
        });
        shutdown.tasks().spawn("client", async move {
            sleep(Duration::from_secs(5)).await;
            drop(stream);
        });
        assert_eq!(shutdown.run(signals_at(&[0]), limits).await, Ended::Drained);
        assert_eq!(open_at_stop.await.unwrap(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_that_never_ends_does_not_hold_the_process() {
        let shutdown = Shutdown::new();
        shutdown.tasks().spawn("stubborn", std::future::pending::<()>());
        let begun = Instant::now();
        assert_eq!(shutdown.run(signals_at(&[0]), limits).await, Ended::CutShort);
        assert_eq!(begun.elapsed(), limits().tasks);
    }

    #[tokio::test(start_paused = true)]
    async fn it_can_begin_without_a_signal() {
        let shutdown = Shutdown::new();
        shutdown.begin();
        assert_eq!(shutdown.run(stream::pending(), limits).await, Ended::Drained);
    }
}
