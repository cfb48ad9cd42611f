//! The model lists of the providers, fetched from their upstreams and kept in Postgres.

use crate::app::catalogue::Catalogues;
use crate::app::clock::Clock;
use crate::app::tokens::Tokens;
use crate::config::Config;
use crate::domain::catalogue::Provider;
use crate::domain::ids::TenantId;
use crate::domain::provider::{State, Wire};
use crate::domain::routing::failover::Failure;
use crate::domain::routing::refusal::Refusal;
use crate::lifecycle::Tasks;
use crate::store::db::Db;
use crate::store::models;
use crate::upstream::codex::{CodexClient, ModelList};
use crate::upstream::openai_compatible::{CompatibleClient, Target};
use arc_swap::ArcSwap;
use chrono::TimeDelta;
use std::sync::Arc;
use tokio::sync::Mutex;

/// A list older than this is asked for anew.
const FRESH_FOR: TimeDelta = TimeDelta::hours(6);

/// Fetches lists.
pub struct Models {
    pub db: Db,
    pub clock: Clock,
    pub config: Arc<ArcSwap<Config>>,
    pub catalogues: Arc<Catalogues>,
    pub tokens: Tokens,
    pub codex: CodexClient,
    pub compatible: CompatibleClient,
    /// Fetches that nobody waits for.
    pub tasks: Tasks,
    /// One pass at a time: who comes second finds the catalogue with what the first fetched.
    pub pass: Mutex<()>,
}

/// Why a list could not be fetched.
#[derive(Debug, thiserror::Error)]
pub enum ModelsError {
    /// The upstream's words.
    #[error("{0}")]
    Upstream(String),
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
}

impl Models {
    /// Asks a provider's upstream for its list and stores it; the number of models.
    pub async fn fetch(&self, provider: &Provider) -> Result<usize, ModelsError> {
        let told = |failure: &Failure| {
            ModelsError::Upstream(Refusal::of(failure, &provider.name, self.clock.now().timestamp()).message)
        };
        let known = {
            let mut conn = self.db.work().await?;
            models::etag(&mut conn, provider.id).await?
        };
        let etag = known.and_then(|(etag, _)| etag);
        let list = match provider.kind.wire {
            Wire::Codex => {
                let token = self
                    .tokens
                    .get(provider.tenant, provider.id)
                    .await
                    .map_err(|error| ModelsError::Upstream(error.to_string()))?;
                let config = self.config.load();
                let access = token.access(provider, &config.chatgpt.api_base);
                self.codex.models(access, etag.as_deref()).await.map_err(|f| told(&f))?
            }
            Wire::ChatCompletions => {
                let key = self.catalogues.api_key(provider.id);
                let api_base = provider.api_base.as_deref().unwrap_or_default();
                let entries = self.compatible.models(Target { api_base, api_key: key.as_ref() }).await;
                ModelList::Changed { entries: entries.map_err(|f| told(&f))?, etag: None }
            }
        };
        let now = self.clock.now();
        let mut conn = self.db.work().await?;
        match list {
            ModelList::Unchanged => {
                models::touch(&mut conn, provider.id, now).await?;
                Ok(provider.models.len())
            }
            ModelList::Changed { entries, etag } => {
                models::put(&mut conn, provider.id, &entries, etag.as_deref(), now).await?;
                drop(conn);
                self.catalogues.reload().await?;
                Ok(entries.len())
            }
        }
    }

    /// Fetches a provider's list while nobody waits: it was just made or connected.
    pub fn fetch_behind(self: &Arc<Self>, tenant: TenantId, id_or_name: &str) {
        let (models, catalogue, wanted) = (self.clone(), self.catalogues.current(), id_or_name.to_owned());
        self.tasks.spawn_until_stopped("fetch_models", async move {
            if let Some(provider) = catalogue.tenant(tenant).provider(&wanted)
                && let Err(error) = models.fetch(provider).await
            {
                tracing::info!(provider = %provider.name, %error, "model list not fetched");
            }
        });
    }

    /// One pass: every ready provider whose list is missing or old.
    pub async fn refresh_due(&self) {
        let _one = self.pass.lock().await;
        let now = self.clock.now();
        let catalogue = self.catalogues.current();
        let due = catalogue.providers().filter(|p| {
            p.status().state == State::Ready && p.models_fetched_at.is_none_or(|at| now - at > FRESH_FOR)
        });
        for provider in due {
            match self.fetch(provider).await {
                Ok(count) => tracing::info!(provider = %provider.name, models = count, "model list fetched"),
                Err(error) => tracing::warn!(provider = %provider.name, %error, "model list not fetched"),
            }
        }
    }
}
