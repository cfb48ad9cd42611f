//! How many at a time.

use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Lets a number of callers through at a time, and the number may change.
#[derive(Debug)]
pub struct Gate {
    semaphore: Arc<Semaphore>,
    size: Mutex<usize>,
}

impl Default for Gate {
    fn default() -> Self {
        Self { semaphore: Arc::new(Semaphore::new(0)), size: Mutex::new(0) }
    }
}

impl Gate {
    /// Waits for a place; `size` places is what there is from now on. Whoever is through stays.
    pub async fn enter(&self, size: usize) -> OwnedSemaphorePermit {
        {
            let mut now = self.size.lock().unwrap_or_else(PoisonError::into_inner);
            if size > *now {
                self.semaphore.add_permits(size - *now);
                *now = size;
            } else if size < *now {
                // Those that are taken are taken back at another time.
                *now -= self.semaphore.forget_permits(*now - size);
            }
        }
        let semaphore = self.semaphore.clone();
        semaphore.acquire_owned().await.expect("nobody closes it")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt as _;

    #[tokio::test]
    async fn as_many_enter_as_there_are_places_also_after_a_change() {
        let gate = Gate::default();
        let (first, second) = (gate.enter(2).await, gate.enter(2).await);
        assert!(gate.enter(2).now_or_never().is_none());
        let third = gate.enter(3).await;
        drop((first, second, third));
        let only = gate.enter(1).await;
        assert!(gate.enter(1).now_or_never().is_none());
        drop(only);
        assert!(gate.enter(1).now_or_never().is_some());
    }
}
