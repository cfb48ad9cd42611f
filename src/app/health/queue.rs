//! Requests that wait for an account which serves as many as it may.
//!
//! Whoever asks (a key; a tenant's people together) has a lane, and lanes are served in turn: one that sends a hundred
//! requests waits for its hundred, and one that sends a single one waits for a place or two. A place that comes free goes
//! straight to the next in turn that can use that account, so that no newcomer gets in between, and none is kept empty
//! while somebody waits for it. Each process has its own queue, as it has its own places.

use super::{Accounts, Live};
use crate::domain::ids::{KeyId, ProviderId, TenantId};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// Who asks, as far as turns go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    Key(KeyId),
    /// Whoever asks without a key.
    Tenant(TenantId),
}

/// A request that waits.
struct Waiter {
    id: u64,
    /// Any of them will do.
    accounts: Vec<ProviderId>,
    /// Requests that an account serves at a time.
    most: usize,
    place: oneshot::Sender<Place>,
}

/// See the module.
#[derive(Default)]
pub(super) struct Queue {
    lanes: Mutex<Lanes>,
    /// How many wait: a place that comes free while nobody does costs no lock.
    waiting: AtomicUsize,
}

/// None is empty; the first is next.
#[derive(Default)]
struct Lanes {
    lanes: VecDeque<(Lane, VecDeque<Waiter>)>,
    last_id: u64,
}

/// A place on an account: counted as open until it is dropped, and then handed on.
pub(super) struct Place {
    pub(super) accounts: Arc<Accounts>,
    pub(super) id: ProviderId,
    pub(super) live: Arc<Live>,
}

/// A request in the queue. Dropped, it is in it no more.
pub struct Waiting {
    accounts: Arc<Accounts>,
    lane: Lane,
    id: u64,
    place: oneshot::Receiver<Place>,
}

/// A place that was waited for.
pub struct Turn(pub(super) Place);

impl Turn {
    /// The account that it is on.
    pub fn account(&self) -> ProviderId {
        self.0.id
    }
}

impl Lanes {
    fn push(&mut self, lane: Lane, waiter: Waiter) {
        match self.lanes.iter_mut().find(|(of, _)| *of == lane) {
            Some((_, waiters)) => waiters.push_back(waiter),
            None => self.lanes.push_back((lane, VecDeque::from([waiter]))),
        }
    }

    /// The next in turn for an account with `open` requests, this one's included. Its lane goes to the end.
    fn next(&mut self, account: ProviderId, open: usize) -> Option<Waiter> {
        let wants = |waiter: &Waiter| waiter.accounts.contains(&account) && open <= waiter.most;
        let found = self
            .lanes
            .iter()
            .enumerate()
            .find_map(|(at, (_, waiters))| waiters.iter().position(wants).map(|place| (at, place)));
        let (at, place) = found?;
        let (lane, mut waiters) = self.lanes.remove(at)?;
        let waiter = waiters.remove(place);
        if !waiters.is_empty() {
            self.lanes.push_back((lane, waiters));
        }
        waiter
    }

    fn remove(&mut self, lane: Lane, id: u64) -> bool {
        let Some(at) = self.lanes.iter().position(|(of, _)| *of == lane) else { return false };
        let waiters = &mut self.lanes[at].1;
        let before = waiters.len();
        waiters.retain(|waiter| waiter.id != id);
        let removed = waiters.len() < before;
        if waiters.is_empty() {
            self.lanes.remove(at);
        }
        removed
    }
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Lanes> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Accounts {
    /// A place on an account, when it has one free.
    pub(super) fn place(self: &Arc<Self>, id: ProviderId, most: usize) -> Option<Place> {
        let live = self.live(id);
        live.open
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |open| (open < most).then_some(open + 1))
            .ok()?;
        Some(Place { accounts: self.clone(), id, live })
    }

    /// Waits in the lane for a place on any of these accounts. One that is free by now is there at once.
    pub fn wait_for(self: &Arc<Self>, lane: Lane, accounts: Vec<ProviderId>, most: usize) -> Waiting {
        let (send, place) = oneshot::channel();
        let mut lanes = self.queue.lock();
        // Said before it is looked once more: either whoever frees a place sees it, or the place is seen here.
        self.queue.waiting.fetch_add(1, Ordering::SeqCst);
        lanes.last_id += 1;
        let id = lanes.last_id;
        match accounts.iter().find_map(|id| self.place(*id, most)) {
            Some(free) => {
                self.queue.waiting.fetch_sub(1, Ordering::SeqCst);
                drop(lanes);
                // The receiver is here.
                let _ = send.send(free);
            }
            None => lanes.push(lane, Waiter { id, accounts, most, place: send }),
        }
        Waiting { accounts: self.clone(), lane, id, place }
    }

    /// Requests that wait.
    pub fn waiting(&self) -> usize {
        self.queue.waiting.load(Ordering::Relaxed)
    }
}

impl Waiting {
    /// When it is this one's turn.
    pub async fn turn(&mut self) -> Option<Turn> {
        (&mut self.place).await.ok().map(Turn)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if self.accounts.queue.lock().remove(self.lane, self.id) {
            self.accounts.queue.waiting.fetch_sub(1, Ordering::SeqCst);
        }
        // A place that was sent meanwhile is dropped with the receiver, and handed on.
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let queue = &self.accounts.queue;
        if queue.waiting.load(Ordering::SeqCst) == 0 {
            self.live.open.fetch_sub(1, Ordering::SeqCst);
            if queue.waiting.load(Ordering::SeqCst) == 0 {
                return;
            }
            // Somebody came to wait at the same moment, and may not have seen that this one is free: it is taken back.
            self.live.open.fetch_add(1, Ordering::SeqCst);
        }
        let mut lanes = queue.lock();
        let Some(waiter) = lanes.next(self.id, self.live.open.load(Ordering::SeqCst)) else {
            self.live.open.fetch_sub(1, Ordering::SeqCst);
            return;
        };
        queue.waiting.fetch_sub(1, Ordering::SeqCst);
        drop(lanes);
        let place = Self { accounts: self.accounts.clone(), id: self.id, live: self.live.clone() };
        // Whoever is gone drops it, and it goes to the one after.
        let _ = waiter.place.send(place);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn lanes(waiting: &[(u128, u64)]) -> Lanes {
        let mut lanes = Lanes::default();
        for (key, id) in waiting {
            let (place, _) = oneshot::channel();
            let lane = Lane::Key(KeyId(Uuid::from_u128(*key)));
            lanes.push(lane, Waiter { id: *id, accounts: vec![account(1)], most: 2, place });
        }
        lanes
    }

    fn account(n: u128) -> ProviderId {
        ProviderId(Uuid::from_u128(n))
    }

    #[test]
    fn lanes_are_served_in_turn_and_each_in_its_own_order() {
        let mut lanes = lanes(&[(1, 10), (1, 11), (1, 12), (2, 20), (3, 30), (2, 21)]);
        let mut order = Vec::new();
        while let Some(waiter) = lanes.next(account(1), 2) {
            order.push(waiter.id);
        }
        assert_eq!(order, [10, 20, 30, 11, 21, 12]);
    }

    #[test]
    fn who_cannot_use_an_account_or_came_with_a_lower_bound_is_passed_over() {
        let mut lanes = lanes(&[(1, 10), (2, 20)]);
        assert!(lanes.next(account(2), 1).is_none());
        assert!(lanes.next(account(1), 3).is_none(), "it serves more than it may by now");
        assert!(lanes.remove(Lane::Key(KeyId(Uuid::from_u128(1))), 10));
        assert_eq!(lanes.next(account(1), 2).map(|waiter| waiter.id), Some(20));
        assert!(lanes.lanes.is_empty());
    }
}
