//! What memory knows of one sign-in.

use super::{AccessToken, TokenError};
use crate::app::vault::{Vault, VaultError};
use crate::domain::claims::{self, Claims};
use crate::domain::ids::{ProviderId, TenantId};
use crate::domain::token::{self, Grant, ReauthReason};
use crate::store::grants::{self, GrantRow, Metadata, SealedTokens, TokenColumn};
use arc_swap::ArcSwap;
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::{ExposeSecret, SecretString};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// One version of a sign-in.
#[derive(Debug)]
pub(super) struct Live {
    pub version: i64,
    pub grant: Grant,
    token: Option<Arc<AccessToken>>,
    /// How long its access token was meant to live.
    lifetime: Option<TimeDelta>,
    /// The token says itself when it ends.
    pub readable_expiry: bool,
}

/// What can be done with a sign-in right now.
pub(super) enum Readiness {
    Fresh(Arc<AccessToken>),
    /// Good, but near its end.
    Ageing(Arc<AccessToken>),
    Ended,
    NeedsReauth {
        since: DateTime<Utc>,
        reason: ReauthReason,
    },
}

impl Live {
    /// Opens a row. A row that cannot be opened is a sign-in that only its owner can bring back.
    pub(super) fn open(row: &GrantRow, vault: &Vault) -> Self {
        let grant = row.grant();
        if matches!(grant, Grant::NeedsReauth { .. }) {
            return Self { version: row.version, grant, token: None, lifetime: None, readable_expiry: false };
        }
        match open_token(row, vault) {
            Ok(token) => {
                let text = token.token.expose_secret();
                let (lifetime, readable_expiry) =
                    (claims::lifetime(text), claims::expires_at(text).is_some());
                Self { version: row.version, grant, token: Some(Arc::new(token)), lifetime, readable_expiry }
            }
            Err(error) => {
                tracing::error!(provider_id = %row.provider_id, %error, "stored tokens cannot be opened");
                let grant = Grant::NeedsReauth { since: row.refreshed_at, reason: ReauthReason::Unreadable };
                Self { version: row.version, grant, token: None, lifetime: None, readable_expiry: false }
            }
        }
    }

    pub(super) fn readiness(&self, provider: ProviderId, now: DateTime<Utc>) -> Readiness {
        match (&self.grant, &self.token) {
            (Grant::NeedsReauth { since, reason }, _) => {
                Readiness::NeedsReauth { since: *since, reason: reason.clone() }
            }
            (grant, Some(token)) if grant.is_usable(now) => {
                if self.needs_refresh(provider, now) {
                    Readiness::Ageing(token.clone())
                } else {
                    Readiness::Fresh(token.clone())
                }
            }
            _ => Readiness::Ended,
        }
    }

    pub(super) fn needs_refresh(&self, provider: ProviderId, now: DateTime<Utc>) -> bool {
        // The version is in the seed, so that an account's turn moves from one refresh to the next.
        let seed = provider.0.as_u64_pair().1 ^ self.version.cast_unsigned();
        let jitter = token::refresh_jitter(self.lifetime, seed);
        self.grant.needs_refresh(now, token::refresh_ahead(self.lifetime), jitter)
    }

    /// Whether this may take the place of `other`: never an older version, and at the same version never a valid
    /// sign-in over one that was found to need its owner. One that could not be opened is no such finding.
    fn supersedes(&self, other: &Self) -> bool {
        let needs_owner = |live: &Self| matches!(live.grant, Grant::NeedsReauth { .. });
        let unreadable = matches!(other.grant, Grant::NeedsReauth { reason: ReauthReason::Unreadable, .. });
        self.version > other.version || (self.version == other.version && (needs_owner(self) || unreadable))
    }
}

fn open_token(row: &GrantRow, vault: &Vault) -> Result<AccessToken, VaultError> {
    let open = |sealed: &str, column| vault.open(sealed, &grants::aad(row.provider_id, column));
    let token = open(&row.access_token, TokenColumn::Access)?;
    // Not needed now; but a sign-in that cannot be renewed is better known at once.
    open(&row.refresh_token, TokenColumn::Refresh)?;
    let id_token = row.id_token.as_deref().map(|sealed| open(sealed, TokenColumn::Id)).transpose()?;
    let claims = Claims::read(id_token.as_ref().map(ExposeSecret::expose_secret), token.expose_secret());
    Ok(AccessToken {
        token,
        account_id: row.account_id.clone(),
        is_fedramp: claims.is_fedramp,
        version: row.version,
        expires_at: row.access_expires_at,
    })
}

/// When an access token ends; one that does not say is good for eight days.
pub(super) fn expiry_of(access_token: &SecretString, now: DateTime<Utc>) -> DateTime<Utc> {
    claims::expires_at(access_token.expose_secret()).unwrap_or(now + token::UNREADABLE_EXPIRY)
}

/// A passing failure: until when the issuer is left alone.
#[derive(Clone, Debug)]
struct Failure {
    version: i64,
    count: u32,
    until: DateTime<Utc>,
    cause: String,
}

/// New tokens that the database did not take yet. The old refresh token is spent: these are all there is.
#[derive(Clone, Debug)]
pub(super) struct Unsaved {
    pub version: i64,
    pub tokens: SealedTokens,
    pub metadata: Metadata,
}

/// One sign-in in memory.
#[derive(Debug)]
pub(super) struct Slot {
    pub tenant: TenantId,
    pub provider: ProviderId,
    live: ArcSwap<Live>,
    /// Held by the one refresh of this process.
    pub flight: Arc<tokio::sync::Mutex<()>>,
    failure: Mutex<Option<Failure>>,
    unsaved: Mutex<Option<Unsaved>>,
    /// No refresh is begun in the background before this: another process is at it.
    background_from: Mutex<Option<DateTime<Utc>>>,
    /// The version that was refused although it was new, with many others', and when.
    refused: Mutex<Option<(i64, DateTime<Utc>)>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Slot {
    pub(super) fn new(tenant: TenantId, provider: ProviderId, live: Live) -> Self {
        Self {
            tenant,
            provider,
            live: ArcSwap::from_pointee(live),
            flight: Arc::default(),
            failure: Mutex::default(),
            unsaved: Mutex::default(),
            background_from: Mutex::default(),
            refused: Mutex::default(),
        }
    }

    pub(super) fn live(&self) -> Arc<Live> {
        self.live.load_full()
    }

    pub(super) fn readiness(&self, now: DateTime<Utc>) -> Readiness {
        self.live.load().readiness(self.provider, now)
    }

    /// Takes a newer version in. A failure that an older token met says nothing about the new one.
    pub(super) fn publish(&self, live: Live) {
        let live = Arc::new(live);
        self.live.rcu(|current| if live.supersedes(current) { live.clone() } else { current.clone() });
    }

    /// Notes a passing failure of `version`; until when nobody should try again.
    pub(super) fn fail(&self, version: i64, cause: String, now: DateTime<Utc>) -> DateTime<Utc> {
        let mut failure = locked(&self.failure);
        let before = failure.as_ref().filter(|failure| failure.version == version).map_or(0, |f| f.count);
        let until = now + token::retry_delay(before + 1);
        *failure = Some(Failure { version, count: before + 1, until, cause });
        until
    }

    /// Notes that nothing can be done for `version` before `until`.
    pub(super) fn pause(&self, version: i64, until: DateTime<Utc>, cause: &str) {
        *locked(&self.failure) = Some(Failure { version, count: 0, until, cause: cause.to_owned() });
    }

    /// The failure that still stands at `now`. One of an older version does not.
    pub(super) fn failure(&self, now: DateTime<Utc>) -> Option<TokenError> {
        let version = self.live.load().version;
        let failure = locked(&self.failure);
        let failure = failure.as_ref().filter(|failure| failure.version == version && now < failure.until)?;
        Some(TokenError::Unavailable { retry_at: failure.until, cause: failure.cause.clone() })
    }

    pub(super) fn leave_to_others(&self, until: DateTime<Utc>) {
        *locked(&self.background_from) = Some(until);
    }

    /// Whether a refresh may be begun in the background.
    pub(super) fn background_allowed(&self, now: DateTime<Utc>) -> bool {
        locked(&self.background_from).is_none_or(|from| now >= from) && self.failure(now).is_none()
    }

    /// Notes that `version` was refused although it was new, with many others'.
    pub(super) fn note_refused(&self, version: i64, now: DateTime<Utc>) {
        *locked(&self.refused) = Some((version, now));
    }

    /// When `version` was so refused.
    pub(super) fn refused(&self, version: i64) -> Option<DateTime<Utc>> {
        locked(&self.refused).filter(|(refused, _)| *refused == version).map(|(_, at)| at)
    }

    pub(super) fn keep_unsaved(&self, unsaved: Unsaved) {
        *locked(&self.unsaved) = Some(unsaved);
    }

    pub(super) fn unsaved(&self) -> Option<Unsaved> {
        locked(&self.unsaved).clone()
    }

    pub(super) fn drop_unsaved(&self) {
        *locked(&self.unsaved) = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    fn live(version: i64, grant: Grant) -> Live {
        let token = AccessToken {
            token: "secret-token".into(),
            account_id: "acc".into(),
            is_fedramp: false,
            version,
            expires_at: at(600),
        };
        Live { version, grant, token: Some(Arc::new(token)), lifetime: None, readable_expiry: true }
    }

    fn valid(version: i64) -> Live {
        live(version, Grant::Valid { expires_at: at(600) })
    }

    fn refused(version: i64) -> Live {
        let reason = ReauthReason::Refused { code: "refresh_token_reused".into() };
        live(version, Grant::NeedsReauth { since: at(0), reason })
    }

    fn slot(live: Live) -> Slot {
        Slot::new(TenantId(Uuid::nil()), ProviderId(Uuid::nil()), live)
    }

    #[test]
    fn a_failure_does_not_outlive_the_token_that_met_it() {
        let slot = slot(valid(1));
        slot.fail(1, "down".into(), at(0));
        assert!(slot.failure(at(1)).is_some());
        slot.publish(valid(2));
        assert!(slot.failure(at(1)).is_none());
    }

    #[test]
    fn failures_in_a_row_pause_longer_and_end_by_themselves() {
        let slot = slot(valid(1));
        assert_eq!(slot.fail(1, "down".into(), at(0)), at(5));
        assert_eq!(slot.fail(1, "down".into(), at(5)), at(15));
        assert!(slot.failure(at(14)).is_some());
        assert!(slot.failure(at(15)).is_none());
    }

    #[test]
    fn a_late_reader_never_brings_an_older_state_back() {
        let slot = slot(valid(2));
        slot.publish(valid(1));
        assert_eq!(slot.live().version, 2);
        slot.publish(refused(2));
        slot.publish(valid(2));
        assert!(matches!(slot.live().grant, Grant::NeedsReauth { .. }));
        slot.publish(valid(3));
        assert!(matches!(slot.live().grant, Grant::Valid { .. }));
    }

    #[test]
    fn a_row_that_can_be_opened_again_is_valid_again() {
        let unreadable = Grant::NeedsReauth { since: at(0), reason: ReauthReason::Unreadable };
        let slot = slot(live(1, unreadable));
        slot.publish(valid(1));
        assert!(matches!(slot.live().grant, Grant::Valid { .. }));
    }

    #[test]
    fn what_memory_holds_prints_no_token() {
        assert!(!format!("{:?}", slot(valid(1))).contains("secret-token"));
    }
}
