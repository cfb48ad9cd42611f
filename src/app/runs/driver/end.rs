//! How a run ends: the last event is in Postgres before anybody hears of it.

use super::super::Parts;
use super::super::log::{self, Live};
use super::{Driver, not_stored};
use crate::domain::agent_loop::event::{Fault, RunEvent, Tokens};
use crate::domain::agent_loop::{End, Limit};
use crate::domain::routing::refusal::Refusal;
use crate::store::runs::{self, Ended};
use crate::store::sessions;
use std::time::Duration;
use tokio::time::Instant;

/// How long after a failure the database is tried again, and how often.
const AGAIN: [Duration; 3] = [Duration::from_millis(200), Duration::from_secs(1), Duration::from_secs(3)];

/// Why a run stops before the model is done.
#[derive(Debug)]
pub(super) enum Stop {
    /// By whom.
    Cancelled(&'static str),
    /// The client has all that it wanted.
    Cut,
    /// The process goes down.
    Interrupted,
    /// No account could answer, or the answer broke off.
    Failed(Refusal),
    Limit(Limit),
    /// Another process took it for dead, or somebody deleted it: nothing more may be written.
    Lost,
    Database(sqlx::Error),
}

impl From<sqlx::Error> for Stop {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

impl Stop {
    pub(super) fn failed(code: &str, message: &str) -> Self {
        Self::Failed(Refusal { status: 409, ..Refusal::invalid_request(code, message, None) })
    }

    /// Whether a part of an answer that somebody has seen stays in the history.
    pub(super) fn keeps_what_was_said(&self) -> bool {
        matches!(self, Self::Cancelled(_) | Self::Cut | Self::Limit(_))
    }
}

/// Waits for what stops a run from outside.
pub(super) async fn stopped(live: &Live, deadline: Instant, parts: &Parts) -> Stop {
    tokio::select! {
        biased;
        () = live.cut.cancelled() => Stop::Cut,
        () = live.cancel.cancelled() => Stop::Cancelled("cancelled"),
        () = parts.stop_streams.cancelled() => Stop::Interrupted,
        () = tokio::time::sleep_until(deadline) => Stop::Limit(Limit::WallTime),
    }
}

/// The end as it is written down.
struct Last {
    status: &'static str,
    reason: String,
    /// With the HTTP status that says the same.
    error: Option<(Fault, u16)>,
    resumable: bool,
}

impl Driver {
    /// Writes the end down and tells it.
    pub(super) async fn finish(mut self, outcome: Result<End, Stop>) {
        self.flush().await;
        let (last, refusal) = match outcome {
            Ok(end) => (completed(end.as_str()), None),
            Err(Stop::Cut) => (completed("client_limit"), None),
            Err(Stop::Limit(limit)) => {
                let message = format!("the run reached its limit {}", limit.as_str());
                let refusal =
                    Refusal { status: 504, ..Refusal::invalid_request(limit.as_str(), message, None) };
                (failed(&refusal), Some(refusal))
            }
            Err(Stop::Cancelled(by)) => {
                let last = Last { status: "cancelled", reason: by.into(), error: None, resumable: false };
                let refusal = Refusal::invalid_request("run_cancelled", "the run was cancelled", None);
                (last, Some(Refusal { status: 409, ..refusal }))
            }
            Err(Stop::Interrupted) => {
                let refusal = Refusal::shutting_down();
                (Last { status: "interrupted", resumable: true, ..failed(&refusal) }, Some(refusal))
            }
            Err(Stop::Failed(refusal)) => (failed(&refusal), Some(refusal)),
            Err(Stop::Database(error)) => {
                tracing::error!(%error, run_id = %self.job.id, "a run can't go on without the database");
                let refusal = not_stored();
                (Last { status: "interrupted", resumable: true, ..failed(&refusal) }, Some(refusal))
            }
            Err(Stop::Lost) => {
                let refusal = Refusal { code: "run_lost".into(), ..Refusal::shutting_down() };
                self.over(Some(refusal)).await;
                return;
            }
        };
        let event = self.last_event(&last);
        self.parts.log.flush().await;
        self.seq += 1;
        let row = log::row(self.job.id, self.seq, self.parts.clock.now(), &event);
        let mut written = self.write_end(&last, &row).await;
        for wait in AGAIN {
            match written {
                Ok(_) => break,
                Err(error) => {
                    tracing::warn!(%error, run_id = %self.job.id, "the end of a run can't be stored yet");
                    tokio::time::sleep(wait).await;
                    written = self.write_end(&last, &row).await;
                }
            }
        }
        match written {
            Ok(true) => self.live.tell(row),
            Ok(false) => {}
            Err(error) => {
                tracing::error!(%error, run_id = %self.job.id, "the end of a run could not be stored");
                self.over(Some(refusal.unwrap_or_else(not_stored))).await;
                return;
            }
        }
        self.over(refusal).await;
    }

    /// In one transaction: the end, its event, and what was said meanwhile and nobody answers any more.
    async fn write_end(&self, last: &Last, row: &runs::EventRow) -> sqlx::Result<bool> {
        let now = self.parts.clock.now();
        let mut tx = self.parts.db.tenant(self.job.tenant).await?;
        if let Some((session, _)) = self.job.session {
            sessions::lock(&mut tx, session, now).await?;
            sessions::append_waiting(&mut tx, session, self.job.id, now).await?;
        }
        runs::progress(&mut tx, self.job.id, self.parts.owner, &self.progress).await?;
        let ended = Ended {
            status: last.status,
            reason: Some(&last.reason),
            error: last.error.as_ref().map(|(e, status)| (e.code.as_str(), e.message.as_str(), *status)),
            content: (last.status == "completed" || !self.content.is_empty()).then_some(&self.content),
        };
        if !runs::end(&mut tx, self.job.id, self.parts.owner, &ended, now).await? {
            return Ok(false);
        }
        runs::append_events(&mut tx, std::slice::from_ref(row)).await?;
        if let Some((session, _)) = self.job.session {
            sessions::delete_empty(&mut tx, session).await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    fn last_event(&self, last: &Last) -> RunEvent {
        let (usage, iterations) = (Tokens::from(self.progress.usage), self.progress.iterations);
        let served_by = self.progress.served_by.clone();
        match &last.error {
            Some((error, _)) => RunEvent::Failed {
                error: error.clone(),
                resumable: last.resumable,
                usage,
                iterations,
                served_by,
            },
            None if last.status == "cancelled" => {
                RunEvent::Cancelled { reason: last.reason.clone(), usage, iterations, served_by }
            }
            None => RunEvent::Completed {
                content: self.content.clone(),
                reason: last.reason.clone(),
                usage,
                iterations,
                served_by,
            },
        }
    }

    /// Whoever waits gets the last word.
    async fn over(&mut self, refusal: Option<Refusal>) {
        self.parts.live.remove(self.job.id);
        self.live.over.cancel();
        match (self.sink.take(), refusal) {
            (Some(sink), Some(refusal)) => sink.fail(refusal).await,
            (Some(sink), None) => sink.end().await,
            (None, _) => {}
        }
    }
}

fn completed(reason: &str) -> Last {
    Last { status: "completed", reason: reason.into(), error: None, resumable: false }
}

fn failed(refusal: &Refusal) -> Last {
    let error = Fault { code: refusal.code.clone(), message: refusal.message.clone() };
    let reason = refusal.code.clone();
    Last { status: "failed", reason, error: Some((error, refusal.status)), resumable: false }
}
