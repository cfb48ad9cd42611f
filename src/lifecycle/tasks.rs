//! The only place where tasks are spawned: each has a name, and shutdown waits for all of them.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

/// Spawns tasks and waits for them. Clones share the tasks.
#[derive(Clone, Default)]
pub struct Tasks {
    tracker: TaskTracker,
    stop: CancellationToken,
    running: Arc<Mutex<BTreeMap<&'static str, usize>>>,
}

impl Tasks {
    /// No tasks yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Runs a future as a task. Its log lines carry the name, and so does the error line if it panics. A task that
    /// goes on for ever has to watch [`Tasks::stopping`].
    pub fn spawn<F>(&self, name: &'static str, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.spawn_boxed(name, future.boxed())
    }

    /// All that a task's harness is made of is compiled once for each kind of result, not once for each task.
    fn spawn_boxed<T: Send + 'static>(
        &self,
        name: &'static str,
        future: BoxFuture<'static, T>,
    ) -> JoinHandle<T> {
        let running = Running::new(Arc::clone(&self.running), name);
        let named = async move {
            let _running = running;
            match AssertUnwindSafe(future).catch_unwind().await {
                Ok(output) => output,
                Err(panic) => {
                    tracing::error!("the task panicked");
                    resume_unwind(panic)
                }
            }
        };
        self.tracker.spawn(named.instrument(tracing::info_span!("task", name)))
    }

    /// Runs a future as a task until it ends or the tasks are told to stop, which drops it where it waits.
    pub fn spawn_until_stopped<F>(&self, name: &'static str, future: F) -> JoinHandle<()>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let stop = self.stop.clone();
        self.spawn(name, async move {
            stop.run_until_cancelled_owned(future).await;
        })
    }

    /// Cancelled when tasks have to end: after the last stream did.
    pub fn stopping(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// The names of the tasks that run, each with how many.
    pub fn running(&self) -> BTreeMap<&'static str, usize> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Tells all tasks to stop.
    pub fn stop(&self) {
        self.tracker.close();
        self.stop.cancel();
    }

    /// Waits until every task has ended, after [`Tasks::stop`].
    pub async fn ended(&self) {
        self.tracker.wait().await;
    }
}

struct Running {
    all: Arc<Mutex<BTreeMap<&'static str, usize>>>,
    name: &'static str,
}

impl Running {
    fn new(all: Arc<Mutex<BTreeMap<&'static str, usize>>>, name: &'static str) -> Self {
        *all.lock().unwrap_or_else(PoisonError::into_inner).entry(name).or_default() += 1;
        Self { all, name }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = all.get_mut(self.name) {
            *count -= 1;
            if *count == 0 {
                all.remove(self.name);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_task_is_named_while_it_runs_and_waited_for_at_the_end() {
        let tasks = Tasks::new();
        let stopping = tasks.stopping();
        let first = tasks.spawn("writer", async move {
            stopping.cancelled().await;
            7
        });
        let second = tasks.spawn_until_stopped("watcher", std::future::pending());
        assert_eq!(tasks.running(), BTreeMap::from([("watcher", 1), ("writer", 1)]));
        tasks.stop();
        tasks.ended().await;
        assert!(tasks.running().is_empty());
        assert_eq!(first.await.unwrap(), 7);
        second.await.unwrap();
    }

    #[tokio::test]
    async fn a_task_that_panics_takes_no_other_with_it_and_is_not_counted_any_more() {
        let tasks = Tasks::new();
        let broken = tasks.spawn("broken", async { panic!("on purpose") });
        let whole = tasks.spawn("whole", async { "fine" });
        assert!(broken.await.unwrap_err().is_panic());
        assert_eq!(whole.await.unwrap(), "fine");
        assert!(tasks.running().is_empty());
    }
}
