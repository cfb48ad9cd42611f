//! Where each ChatGPT account's calls have to go, asked of the backend beside the requests.
//!
//! An account is asked about once it is connected, after every change of its tokens and once a day. Nothing waits for
//! the answer and nothing stops for the lack of one: what was told last counts until something else is told.

use crate::app::catalogue::Catalogues;
use crate::app::clock::Clock;
use crate::app::tokens::Tokens;
use crate::config::Config;
use crate::domain::catalogue::Provider;
use crate::domain::ids::ProviderId;
use crate::domain::placement::{Placement, Unplaced, backend_base};
use crate::domain::routing::refusal::Refusal;
use crate::store::account_checks;
use crate::store::db::Db;
use crate::upstream::codex::{Access, CodexClient};
use arc_swap::ArcSwap;
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::StreamExt as _;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// An answer older than this is asked for anew.
const FRESH_FOR: TimeDelta = TimeDelta::days(1);
/// How long an account whose check failed is left alone.
const REST: TimeDelta = TimeDelta::minutes(10);
/// Accounts that are asked about at once.
const AT_ONCE: usize = 8;

/// Asks.
pub struct Placements {
    db: Db,
    clock: Clock,
    config: Arc<ArcSwap<Config>>,
    catalogues: Arc<Catalogues>,
    tokens: Tokens,
    codex: CodexClient,
    /// One pass at a time: who comes second finds the catalogue with what the first was told.
    pass: tokio::sync::Mutex<()>,
    /// The version of the sign-in with which a check last failed, and when.
    failed: Mutex<HashMap<ProviderId, (i64, DateTime<Utc>)>>,
}

/// Why an account's placement is not known anew.
#[derive(Debug, thiserror::Error)]
pub enum PlacementError {
    /// The upstream's words.
    #[error("{0}")]
    Upstream(String),
    #[error(transparent)]
    Unplaced(#[from] Unplaced),
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
}

impl Placements {
    pub fn new(
        db: Db,
        clock: Clock,
        config: Arc<ArcSwap<Config>>,
        catalogues: Arc<Catalogues>,
        tokens: Tokens,
        codex: CodexClient,
    ) -> Self {
        let (pass, failed) = (tokio::sync::Mutex::default(), Mutex::default());
        Self { db, clock, config, catalogues, tokens, codex, pass, failed }
    }

    /// One pass: every account that was not asked about for a day, or not since its tokens changed.
    pub async fn check_due(&self) -> sqlx::Result<()> {
        let _one = self.pass.lock().await;
        let now = self.clock.now();
        let due = account_checks::due(&mut *self.db.work().await?, now - FRESH_FOR).await?;
        let catalogue = self.catalogues.current();
        let due = due
            .into_iter()
            .filter(|(id, version)| !self.rests(*id, *version, now))
            .filter_map(|(id, version)| Some((catalogue.providers().find(|p| p.id == id)?.clone(), version)));
        let stored = futures_util::stream::iter(due)
            .map(|(provider, version)| async move {
                let checked = self.check(&provider).await;
                self.note(&provider, version, &checked);
                checked.is_ok()
            })
            .buffer_unordered(AT_ONCE)
            .fold(false, |any, stored| std::future::ready(any || stored))
            .await;
        if stored { self.catalogues.reload().await } else { Ok(()) }
    }

    async fn check(&self, provider: &Provider) -> Result<(), PlacementError> {
        let token = self
            .tokens
            .get(provider.tenant, provider.id)
            .await
            .map_err(|error| PlacementError::Upstream(error.to_string()))?;
        let config = self.config.load();
        // Asked is always the configured backend: what it told before may be what is wrong.
        let api_base = provider.api_base.as_deref().unwrap_or(&config.chatgpt.api_base);
        let access = Access {
            api_base,
            token: &token.token,
            account_id: &token.account_id,
            is_fedramp: token.is_fedramp,
            routing_override: None,
        };
        let answer = self.codex.check_accounts(access).await.map_err(|failure| {
            let now = self.clock.now().timestamp();
            PlacementError::Upstream(Refusal::of(&failure, &provider.name, now).message)
        })?;
        let placement = Placement::read(&answer, &token.account_id)?;
        if let Some(origin) = &placement.backend_origin
            && backend_base(origin, api_base).is_none()
        {
            tracing::warn!(
                provider = %provider.name, %origin, %api_base,
                "the workspace wants its calls elsewhere; they stay, as tokens are not sent from here to there"
            );
        }
        let now = self.clock.now();
        let mut conn = self.db.work().await?;
        account_checks::put(&mut conn, provider.id, &token.account_id, token.version, &placement, now)
            .await?;
        Ok(())
    }

    fn rests(&self, id: ProviderId, version: i64, now: DateTime<Utc>) -> bool {
        self.failed().get(&id).is_some_and(|(failed, at)| *failed == version && now - *at < REST)
    }

    /// Says a failure once, until there is an answer again.
    fn note(&self, provider: &Provider, version: i64, checked: &Result<(), PlacementError>) {
        let mut failed = self.failed();
        match checked {
            Ok(()) => {
                failed.remove(&provider.id);
            }
            Err(error) => {
                let again = failed.insert(provider.id, (version, self.clock.now())).is_some();
                let text = "where its calls have to go was not told; the last answer counts";
                if again {
                    tracing::debug!(provider = %provider.name, %error, "{text}");
                } else {
                    tracing::warn!(provider = %provider.name, %error, "{text}");
                }
            }
        }
    }

    fn failed(&self) -> std::sync::MutexGuard<'_, HashMap<ProviderId, (i64, DateTime<Utc>)>> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
