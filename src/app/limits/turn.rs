//! One key's requests in this process: in line before its rows, and what is known without asking.

use crate::domain::api_key::{ApiKey, Rule};
use crate::domain::limits::{Meter, Reached};
use chrono::{DateTime, Utc};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;

/// See the module. However many requests a key makes at once, it takes one connection of the pool.
#[derive(Debug)]
pub(super) struct Turn {
    line: tokio::sync::Mutex<()>,
    open: AtomicU64,
    /// Counts what was given back in Postgres.
    given_back: watch::Sender<u64>,
    /// A rule that is used up, until when.
    spent: Mutex<Option<(Rule, DateTime<Utc>, Reached)>>,
}

impl Default for Turn {
    fn default() -> Self {
        let given_back = watch::Sender::new(0);
        Self {
            line: tokio::sync::Mutex::default(),
            open: AtomicU64::new(0),
            given_back,
            spent: Mutex::default(),
        }
    }
}

/// One that is open.
#[derive(Debug)]
pub(super) struct Open(Arc<Turn>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Turn {
    pub(super) fn open(self: Arc<Self>) -> Open {
        self.open.fetch_add(1, Ordering::Relaxed);
        Open(self)
    }

    /// A ticket's part was given back.
    pub(super) fn gave_back(&self) {
        self.given_back.send_modify(|count| *count += 1);
    }

    /// Tells of what is given back from now on.
    pub(super) fn watch(&self) -> watch::Receiver<u64> {
        self.given_back.subscribe()
    }

    pub(super) async fn next(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.line.lock().await
    }

    /// What was used up is so until its window ends, as long as the rule is the same.
    pub(super) fn is_spent(&self, rule: Rule, reached: Reached, now: DateTime<Utc>) {
        if let Some(window) = rule.limit.counted_in()
            && rule.limit.meter != Meter::PoolShare
        {
            let spent = (rule, window.around(now).1, reached);
            *self.spent.lock().unwrap_or_else(PoisonError::into_inner) = Some(spent);
        }
    }

    /// The rule that is in the way as far as this process knows: a client that goes on asking costs the database nothing.
    pub(super) fn reached(&self, key: &ApiKey, now: DateTime<Utc>) -> Option<Reached> {
        let spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((rule, until, reached)) = &*spent
            && now < *until
            && key.rules.contains(rule)
        {
            return Some(reached.clone());
        }
        let open = self.open.load(Ordering::Relaxed);
        let full = key.rules.iter().find(|r| r.limit.meter == Meter::Concurrent && r.limit.amount <= open)?;
        Some(Reached { limit: full.limit, key: key.name.to_string(), used: 0, reserved: open })
    }
}
