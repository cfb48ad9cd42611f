//! Attempts are taken before anything is looked at, and given back when they were no failures: many at once, on many
//! replicas, don't get further than one after the other.

use super::{People, PeopleError, Visitor, seconds_until};
use crate::domain::people::attempts::{Bounds, Bucket, buckets, issuer_bucket};
use crate::store::users;
use chrono::TimeDelta;
use sqlx::PgConnection;

/// An attempt that was taken. Dropped, it stays a failure.
#[must_use]
pub(super) struct Attempt(Vec<String>);

impl People {
    /// Takes an attempt at the account of this address, or says when there may be one.
    pub(super) async fn attempt(&self, email: &str, visitor: &Visitor) -> Result<Attempt, PeopleError> {
        let address = visitor.address_key();
        let mut tx = self.db.begin_work().await?;
        let known = users::knows_address(&mut tx, email, &address).await?;
        let attempt = self.take(&mut tx, buckets(email, &address, known, self.bounds()), &address).await?;
        tx.commit().await?;
        Ok(attempt)
    }

    /// The same for a sign-in at an issuer's page: a failure until [`People::came_from_issuer`].
    pub(super) async fn begin_at_issuer(&self, visitor: &Visitor) -> Result<(), PeopleError> {
        let address = visitor.address_key();
        let bucket = issuer_bucket(&address, self.bounds());
        let mut tx = self.db.begin_work().await?;
        drop(self.take(&mut tx, vec![bucket], &address).await?);
        Ok(tx.commit().await?)
    }

    /// Somebody who began at the issuer's page came in.
    pub(super) async fn came_from_issuer(&self, visitor: &Visitor) -> Result<(), PeopleError> {
        self.succeeded(Attempt(vec![issuer_bucket(&visitor.address_key(), self.bounds()).name])).await
    }

    fn bounds(&self) -> Bounds {
        let access = &self.config.load().access;
        Bounds { per_account: access.sign_in_attempts, per_address: access.sign_in_attempts_per_address }
    }

    async fn take(
        &self,
        tx: &mut PgConnection,
        buckets: Vec<Bucket>,
        address: &str,
    ) -> Result<Attempt, PeopleError> {
        let now = self.clock.now();
        let window = self.config.load().access.sign_in_window_minutes;
        let resets_at = now + TimeDelta::minutes(window.into());
        let mut taken = Vec::new();
        for bucket in buckets {
            if let Err(until) = users::take_attempt(tx, &bucket.name, bucket.most, now, resets_at).await? {
                tracing::warn!(%address, "too many sign-ins failed");
                return Err(PeopleError::TooManyAttempts(seconds_until(until, now)));
            }
            taken.push(bucket.name);
        }
        Ok(Attempt(taken))
    }

    /// It was no failure.
    pub(super) async fn succeeded(&self, attempt: Attempt) -> Result<(), PeopleError> {
        Ok(users::give_attempts_back(&mut *self.db.work().await?, &attempt.0).await?)
    }
}
