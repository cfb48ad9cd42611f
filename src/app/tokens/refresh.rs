//! One exchange of a refresh token, so that over all processes it is sent once and its successor is never lost.
//!
//! 1. The row of the sign-in is locked, and read again: another process may have been faster.
//! 2. An intent is written and committed by a second connection. What is left of it later tells that a process died,
//!    or that an answer was lost, between here and step 4.
//! 3. The exchange, bounded in time.
//! 4. The new tokens and the end of the intent are committed; only then does anyone get the new access token.

use super::slot::{Live, Readiness, Slot};
use super::{AccessToken, TokenError, Tokens};
use crate::domain::token::{Grant, ReauthReason, RefreshOutcome, Spent};
use crate::store::db::{self, Tx};
use crate::store::grants::{self, GrantRow, OnLocked, RefreshIntent, TokenColumn};
use crate::upstream::openai_auth::{AuthError, RefreshReason};
use chrono::{DateTime, TimeDelta, Utc};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OwnedMutexGuard;

/// Added to the longest exchange: how long a lock is waited for, and how old another's intent must be before it is
/// certain that nobody is at it any more.
const MARGIN: Duration = Duration::from_secs(15);
/// How long a background refresh leaves a row alone that another process is working on.
const OTHERS_TURN: TimeDelta = TimeDelta::seconds(2);

/// Whether a refresh waits for another process that holds the row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Patience {
    Wait,
    /// Another process is at it: leave it to that.
    Yield,
}

/// How a refresh can fail.
pub(super) enum Failure {
    Token(TokenError),
    /// Passing; noted, so that nobody tries again at once.
    Passing(String),
    /// Passing, and known until when.
    Until(DateTime<Utc>, String),
    Database(sqlx::Error),
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

impl Tokens {
    /// Refreshes version `seen` of a sign-in, unless it has moved on already. Single flight in this process; the work
    /// runs on the tracker, so that a caller who goes away cuts nothing off.
    pub(super) async fn refresh(
        &self,
        slot: &Arc<Slot>,
        seen: i64,
        forced: bool,
        patience: Patience,
    ) -> Result<Arc<AccessToken>, TokenError> {
        let flight = slot.flight.clone().lock_owned().await;
        // Whoever held the flight before may have done the work, or found that it cannot be done now.
        let now = self.now();
        match slot.readiness(now) {
            Readiness::NeedsReauth { since, reason } => {
                return Err(TokenError::NeedsReauth { since, reason });
            }
            Readiness::Fresh(token) | Readiness::Ageing(token) if token.version != seen => return Ok(token),
            _ => {}
        }
        if let Some(failure) = slot.failure(now) {
            return Err(failure);
        }
        let work = self.clone().run(slot.clone(), flight, forced, patience);
        self.deps().tracker.spawn(work).await.unwrap_or_else(|_| {
            Err(TokenError::Unavailable { retry_at: self.now(), cause: "the gateway is stopping".to_owned() })
        })
    }

    /// Begins a refresh that nobody waits for, unless one is under way or the issuer is being left alone.
    pub(super) fn refresh_behind(&self, slot: &Arc<Slot>) {
        if !slot.background_allowed(self.now()) {
            return;
        }
        if let Ok(flight) = slot.flight.clone().try_lock_owned() {
            let work = self.clone().run(slot.clone(), flight, false, Patience::Yield);
            self.deps().tracker.spawn(async move { drop(work.await) });
        }
    }

    async fn run(
        self,
        slot: Arc<Slot>,
        flight: OwnedMutexGuard<()>,
        forced: bool,
        patience: Patience,
    ) -> Result<Arc<AccessToken>, TokenError> {
        let seen = slot.live();
        let result = self.exchange(&slot, &seen, forced, patience).await;
        let now = self.now();
        let result = result.map_err(|failure| match failure {
            Failure::Token(error) => error,
            Failure::Until(retry_at, cause) => TokenError::Unavailable { retry_at, cause },
            Failure::Passing(cause) => {
                let retry_at = slot.fail(slot.live().version, cause.clone(), now);
                tracing::warn!(provider_id = %slot.provider, cause, %retry_at, "sign-in not renewed, will try again");
                TokenError::Unavailable { retry_at, cause }
            }
            Failure::Database(error) => {
                let cause = if db::is_lock_timeout(&error) {
                    "another process holds it for too long"
                } else {
                    "the database does not answer"
                }
                .to_owned();
                let retry_at = slot.fail(slot.live().version, cause.clone(), now);
                tracing::error!(provider_id = %slot.provider, %error, "sign-in not renewed: database error");
                TokenError::Unavailable { retry_at, cause }
            }
        });
        drop(flight);
        // What is still good serves on, whatever became of its successor; but not to who has just seen it refused.
        match (result, slot.readiness(now)) {
            (Err(TokenError::Unavailable { .. }), Readiness::Fresh(token) | Readiness::Ageing(token))
                if !forced || token.version != seen.version =>
            {
                Ok(token)
            }
            (result, _) => result,
        }
    }

    async fn exchange(
        &self,
        slot: &Arc<Slot>,
        seen: &Live,
        forced: bool,
        patience: Patience,
    ) -> Result<Arc<AccessToken>, Failure> {
        let deps = self.deps();
        let _permit = self.permits().acquire().await.expect("the semaphore is never closed");
        if let Some(unsaved) = slot.unsaved() {
            return self.save(slot, unsaved).await;
        }
        let mut transaction = deps.db.begin_work().await?;
        grants::set_lock_timeout(&mut transaction, deps.auth.exchange_timeout() + MARGIN).await?;
        let on_locked = match patience {
            Patience::Wait => OnLocked::Wait,
            Patience::Yield => OnLocked::Skip,
        };
        let row = grants::lock(&mut transaction, slot.tenant, slot.provider, on_locked).await?;
        let Some(row) = row else {
            drop(transaction);
            let until = self.now() + OTHERS_TURN;
            slot.leave_to_others(until);
            // Gone, or another process is at it: the database knows which.
            self.invalidate(slot.provider).await?;
            return Err(match patience {
                Patience::Wait => Failure::Token(TokenError::SignedOut),
                Patience::Yield => Failure::Until(until, "another process is renewing it".to_owned()),
            });
        };
        let now = self.now();
        let current = Live::open(&row, &deps.vault);
        let answer = current.readiness(slot.provider, now);
        let moved_on = row.version != seen.version;
        slot.publish(current);
        match answer {
            Readiness::NeedsReauth { since, reason } => {
                return Err(Failure::Token(TokenError::NeedsReauth { since, reason }));
            }
            Readiness::Fresh(token) | Readiness::Ageing(token) if moved_on => return Ok(token),
            // Renewed between the decision to do so and the flight.
            Readiness::Fresh(token) if !forced => return Ok(token),
            _ => {}
        }

        let interrupted = grants::intent(&mut transaction, slot.tenant, slot.provider)
            .await?
            .filter(|intent| intent.grant_version == row.version);
        if let Some(intent) = &interrupted {
            // The lock is free, so its holder is dead or cut off; cut off, it may still be waiting for its answer.
            let over = intent.started_at + deps.auth.exchange_timeout() + MARGIN;
            if intent.holder != self.holder() && now < over {
                let cause = "another process was interrupted while renewing it";
                slot.pause(row.version, over, cause);
                return Err(Failure::Until(over, cause.to_owned()));
            }
            tracing::warn!(
                provider_id = %slot.provider, since = %intent.started_at,
                "an earlier renewal was interrupted; its refresh token is sent once more"
            );
        }
        let refresh_token =
            deps.vault.open(&row.refresh_token, &grants::aad(slot.provider, TokenColumn::Refresh)).map_err(
                |_| Failure::Token(TokenError::NeedsReauth { since: now, reason: ReauthReason::Unreadable }),
            )?;

        let intent =
            RefreshIntent { grant_version: row.version, holder: self.holder().to_owned(), started_at: now };
        let mut second = deps.db.work().await?;
        grants::write_intent(&mut second, slot.tenant, slot.provider, &intent).await?;
        drop(second);

        let reason = match (forced, seen.readable_expiry) {
            (true, _) => RefreshReason::UnauthorizedRecovery,
            (false, true) => RefreshReason::ProactiveExpiry,
            (false, false) => RefreshReason::Scheduled,
        };
        match deps.auth.refresh(&refresh_token, reason).await {
            Ok(tokens) => self.store(slot, transaction, &row, &tokens).await,
            Err(error) => self.refused(slot, transaction, &row, interrupted.is_some(), &error).await,
        }
    }

    /// Acts on an exchange that gave no tokens.
    async fn refused(
        &self,
        slot: &Slot,
        mut transaction: Tx,
        row: &GrantRow,
        interrupted: bool,
        error: &AuthError,
    ) -> Result<Arc<AccessToken>, Failure> {
        let (outcome, now) = (error.outcome(), self.now());
        let never_spent = matches!(outcome, RefreshOutcome::Unavailable { spent: Spent::No });
        let next = if interrupted {
            row.grant().after_retried_refresh(outcome, now)
        } else {
            row.grant().after_refresh(outcome, now)
        };
        match next {
            Ok(Grant::NeedsReauth { since, reason }) => {
                let (tenant, provider) = (slot.tenant, slot.provider);
                self.give_up_sign_in(&mut transaction, (tenant, provider), row.version, &reason, now).await?;
                transaction.commit().await?;
                tracing::warn!(provider_id = %provider, %reason, "sign-in needed");
                self.invalidate(provider).await?;
                Err(Failure::Token(TokenError::NeedsReauth { since, reason }))
            }
            Ok(Grant::Valid { .. }) => {
                // An intent of an earlier interruption is not cleared by an attempt that got nowhere.
                if never_spent && !interrupted {
                    grants::clear_intent(&mut transaction, slot.tenant, slot.provider).await?;
                    transaction.commit().await?;
                }
                Err(Failure::Passing(error.to_string()))
            }
            Err(error) => Err(Failure::Passing(error.to_string())),
        }
    }
}
