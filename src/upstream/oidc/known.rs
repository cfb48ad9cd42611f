//! What is known of issuers: their metadata and keys, read when somebody signs in and kept for a while.

use super::{Door, OidcError};
use openidconnect::core::CoreProviderMetadata;
use openidconnect::{DiscoveryError, IssuerUrl};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How long they count.
const FRESH: Duration = Duration::from_hours(1);
/// How often at most an unknown key makes us look again.
const RENEWALS: Duration = Duration::from_mins(1);
/// How long an issuer that failed is not asked: who waited for the same answer hears it at once.
const REST: Duration = Duration::from_secs(2);

type Read = Result<Arc<CoreProviderMetadata>, OidcError>;

#[derive(Debug, Default)]
struct Slot {
    last: Option<(Instant, Read)>,
    renewed_at: Option<Instant>,
}

/// By issuer.
#[derive(Debug, Default)]
pub(super) struct Known(Mutex<HashMap<String, Arc<tokio::sync::Mutex<Slot>>>>);

impl Known {
    fn slot(&self, issuer: &str) -> Arc<tokio::sync::Mutex<Slot>> {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        slots.entry(issuer.to_owned()).or_default().clone()
    }

    /// What is known of the issuer; it is asked when that is nothing, or old. One question at a time.
    pub(super) async fn get(&self, issuer: &str, http: &reqwest::Client) -> Read {
        let slot = self.slot(issuer);
        let mut slot = slot.lock().await;
        if let Some((at, read)) = &slot.last
            && at.elapsed() < if read.is_ok() { FRESH } else { REST }
        {
            return read.clone();
        }
        slot.ask(issuer, http).await
    }

    /// The same, after something was signed with a key that is not known.
    pub(super) async fn renew(&self, issuer: &str, http: &reqwest::Client) -> Read {
        let slot = self.slot(issuer);
        let mut slot = slot.lock().await;
        if slot.renewed_at.is_some_and(|at| at.elapsed() < RENEWALS)
            && let Some((_, read)) = &slot.last
        {
            return read.clone();
        }
        slot.renewed_at = Some(Instant::now());
        slot.ask(issuer, http).await
    }
}

impl Slot {
    async fn ask(&mut self, issuer: &str, http: &reqwest::Client) -> Read {
        let read = discover(issuer, http).await.map(Arc::new);
        self.last = Some((Instant::now(), read.clone()));
        read
    }
}

async fn discover(issuer: &str, http: &reqwest::Client) -> Result<CoreProviderMetadata, OidcError> {
    let url = IssuerUrl::new(issuer.to_owned()).map_err(|_| OidcError::Unreadable)?;
    CoreProviderMetadata::discover_async(url, &Door(http)).await.map_err(|error| match error {
        DiscoveryError::Request(error) => error,
        DiscoveryError::Response(status, ..) => OidcError::Status(status.as_u16()),
        DiscoveryError::Validation(_) => OidcError::Untrusted("its metadata is of another issuer"),
        _ => OidcError::Unreadable,
    })
}
