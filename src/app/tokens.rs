//! The token manager: access tokens in memory, one refresh per account at a time over all tasks and all processes.

use crate::app::clock::Clock;
use crate::app::vault::{Vault, VaultError};
use crate::domain::claims::{Identity, MissingClaim};
use crate::domain::ids::{ProviderId, TenantId};
use crate::domain::token::{Grant, ReauthReason};
use crate::upstream::openai_auth::{OpenAiAuth, TokenSet};
use chrono::{DateTime, Utc};
use secrecy::SecretString;
use sqlx::{PgConnection, PgPool};
use std::sync::Arc;
use tokio_util::task::TaskTracker;

/// An access token with what a call needs beside it.
#[derive(Clone, Debug)]
pub struct AccessToken {
    pub token: SecretString,
    /// The value of the `chatgpt-account-id` header.
    pub account_id: String,
    pub is_fedramp: bool,
    /// Which state of the sign-in this is: hand it back to [`Tokens::force_refresh`] and [`Tokens::mark_needs_reauth`].
    pub version: i64,
    pub expires_at: DateTime<Utc>,
}

/// Why there is no access token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    #[error("not signed in")]
    SignedOut,
    #[error("sign-in needed: {reason}")]
    NeedsReauth {
        since: DateTime<Utc>,
        reason: ReauthReason,
    },
    /// Passing: the issuer or the database does not answer.
    #[error("the sign-in cannot be renewed at the moment: {cause}")]
    Unavailable { retry_at: DateTime<Utc>, cause: String },
}

/// Why a sign-in cannot be stored.
#[derive(Debug, thiserror::Error)]
pub enum AdoptError {
    #[error("the sign-in server gave no {0} token")]
    MissingToken(&'static str),
    #[error(transparent)]
    MissingClaim(#[from] MissingClaim),
    /// The same account is signed in through another provider of this tenant.
    #[error("this ChatGPT account ({}) is already connected as \"{name}\"", email.as_deref().unwrap_or("no e-mail"))]
    AlreadyConnected {
        provider_id: ProviderId,
        name: String,
        email: Option<String>,
    },
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
}

/// A sign-in that was stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adopted {
    pub identity: Identity,
    pub expires_at: DateTime<Utc>,
    pub version: i64,
}

/// What [`Tokens`] works with.
#[derive(Clone, Debug)]
pub struct TokensDeps {
    pub pool: PgPool,
    pub vault: Vault,
    pub clock: Clock,
    pub auth: OpenAiAuth,
    /// Refreshes run on it: a client that hangs up cannot cut one off, and shutdown waits for it.
    pub tracker: TaskTracker,
}

/// The token manager. Clones share everything.
#[derive(Clone)]
pub struct Tokens(Arc<TokensDeps>);

impl Tokens {
    pub fn new(deps: TokensDeps) -> Self {
        Self(Arc::new(deps))
    }

    /// Brings memory up to date with the database: at start, and after every `NOTIFY` about grants. Reads only what
    /// changed.
    pub async fn load(&self) -> Result<(), sqlx::Error> {
        unimplemented!()
    }

    /// Brings one provider up to date with the database: after [`Tokens::adopt`] was committed, after a deletion, and
    /// when another replica says that it changed.
    pub async fn invalidate(&self, provider: ProviderId) -> Result<(), sqlx::Error> {
        unimplemented!()
    }

    /// The access token, from memory when it is fresh. Near its end it is refreshed in the background; past it, the
    /// caller waits.
    pub async fn get(&self, tenant: TenantId, provider: ProviderId) -> Result<Arc<AccessToken>, TokenError> {
        unimplemented!()
    }

    /// A token newer than `seen_version`, which the API refused with a 401. When the sign-in has moved on meanwhile,
    /// that is returned and nothing is refreshed.
    pub async fn force_refresh(
        &self,
        tenant: TenantId,
        provider: ProviderId,
        seen_version: i64,
    ) -> Result<Arc<AccessToken>, TokenError> {
        unimplemented!()
    }

    /// The API refused version `seen_version` after a refresh: only the owner can help. Whether it applied; not when
    /// the sign-in has moved on meanwhile.
    pub async fn mark_needs_reauth(
        &self,
        tenant: TenantId,
        provider: ProviderId,
        seen_version: i64,
        reason: ReauthReason,
    ) -> Result<bool, sqlx::Error> {
        unimplemented!()
    }

    /// What is known of a sign-in, from memory; `None` when signed out.
    pub fn state(&self, tenant: TenantId, provider: ProviderId) -> Option<Grant> {
        unimplemented!()
    }

    /// Stores a completed sign-in in the caller's transaction. After its commit: [`Tokens::invalidate`].
    pub async fn adopt(
        &self,
        db: &mut PgConnection,
        tenant: TenantId,
        provider: ProviderId,
        tokens: &TokenSet,
    ) -> Result<Adopted, AdoptError> {
        unimplemented!()
    }

    /// Signs out: forgets the tokens here and in the database, and revokes them at the issuer in the background.
    /// Whether there was a sign-in.
    pub async fn forget(&self, tenant: TenantId, provider: ProviderId) -> Result<bool, sqlx::Error> {
        unimplemented!()
    }

    /// One background pass: refreshes what is due, the most urgent first. Idempotent. How many were refreshed.
    pub async fn refresh_due(&self) -> Result<usize, sqlx::Error> {
        unimplemented!()
    }
}
