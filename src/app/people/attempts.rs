//! Attempts are taken before anything is looked at, and given back when they were no failures: many at once, on many
//! replicas, don't get further than one after the other.

use super::{People, PeopleError, Visitor, seconds_until};
use crate::domain::people::attempts::{Bounds, buckets};
use crate::store::users;
use chrono::TimeDelta;

/// An attempt that was taken. Dropped, it stays a failure.
#[must_use]
pub(super) struct Attempt(Vec<String>);

impl People {
    /// Takes an attempt at the account of this address, or says when there may be one.
    pub(super) async fn attempt(&self, email: &str, visitor: &Visitor) -> Result<Attempt, PeopleError> {
        let access = self.config.load().access.clone();
        let bounds =
            Bounds { per_account: access.sign_in_attempts, per_address: access.sign_in_attempts_per_address };
        let now = self.clock.now();
        let resets_at = now + TimeDelta::minutes(access.sign_in_window_minutes.into());
        let address = visitor.address_key();
        let mut tx = self.db.begin_work().await?;
        let known = users::knows_address(&mut tx, email, &address).await?;
        let mut taken = Vec::new();
        for bucket in buckets(email, &address, known, bounds) {
            if let Err(until) =
                users::take_attempt(&mut tx, &bucket.name, bucket.most, now, resets_at).await?
            {
                tracing::warn!(%address, "too many sign-ins failed");
                return Err(PeopleError::TooManyAttempts(seconds_until(until, now)));
            }
            taken.push(bucket.name);
        }
        tx.commit().await?;
        Ok(Attempt(taken))
    }

    /// It was no failure.
    pub(super) async fn succeeded(&self, attempt: Attempt) -> Result<(), PeopleError> {
        Ok(users::give_attempts_back(&mut *self.db.work().await?, &attempt.0).await?)
    }
}
