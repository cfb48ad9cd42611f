//! Invitations: a link that works once.

use crate::domain::access::Role;
use crate::domain::people::Malformed;
use crate::domain::provider::is_slug;
use chrono::{DateTime, Utc};

/// What somebody is invited to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Offer {
    /// To own the installation: of the first start.
    Owner,
    /// To a tenant, with a role.
    Member { role: Role },
    /// To connect their own account as this provider, without becoming a user.
    Connect { provider: String },
}

impl Offer {
    /// Its name in the API and in the table.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Member { .. } => "member",
            Self::Connect { .. } => "connect",
        }
    }

    /// The role that it gives.
    pub fn role(&self) -> Option<Role> {
        match self {
            Self::Owner => Some(Role::Owner),
            Self::Member { role } => Some(*role),
            Self::Connect { .. } => None,
        }
    }

    /// The provider that it connects.
    pub fn provider(&self) -> Option<&str> {
        match self {
            Self::Connect { provider } => Some(provider),
            Self::Owner | Self::Member { .. } => None,
        }
    }
}

/// The longest that an invitation may wait, in hours: 30 days.
pub const HOURS_MOST: u32 = 720;

/// Why nobody can be invited so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error(transparent)]
    Malformed(#[from] Malformed),
    #[error("kind is \"member\" or \"connect\"")]
    Kind,
    #[error("a member has a role, and no provider_name")]
    Member,
    #[error("who connects an account has a provider_name, and no role")]
    Connect,
    #[error("provider_name is a name of at most 64 small letters, digits and inner hyphens")]
    ProviderName,
    #[error("expires_in_hours is 1 to {HOURS_MOST}")]
    Hours,
}

/// What is asked for, if it can be offered.
pub fn offer(kind: &str, role: Option<Role>, provider: Option<&str>) -> Result<Offer, Refused> {
    match (kind, role, provider) {
        ("member", role, None) => Ok(Offer::Member { role: role.unwrap_or(Role::Viewer) }),
        ("member", ..) => Err(Refused::Member),
        ("connect", None, Some(provider)) if is_slug(provider) => {
            Ok(Offer::Connect { provider: provider.to_owned() })
        }
        ("connect", None, Some(_)) => Err(Refused::ProviderName),
        ("connect", ..) => Err(Refused::Connect),
        _ => Err(Refused::Kind),
    }
}

/// Whether it can still be used.
pub fn is_open(
    expires_at: Option<DateTime<Utc>>,
    accepted_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> bool {
    accepted_at.is_none() && expires_at.is_none_or(|at| now < at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invitation_is_of_one_kind_and_has_only_what_belongs_to_it() {
        let member = offer("member", Some(Role::Admin), None).unwrap();
        assert_eq!((member.kind(), member.role(), member.provider()), ("member", Some(Role::Admin), None));
        assert_eq!(offer("member", None, None).unwrap().role(), Some(Role::Viewer));
        let connect = offer("connect", None, Some("team-1")).unwrap();
        assert_eq!((connect.role(), connect.provider()), (None, Some("team-1")));
        assert_eq!(offer("connect", None, Some("Team 1")), Err(Refused::ProviderName));
        assert_eq!(offer("connect", Some(Role::Viewer), Some("team-1")), Err(Refused::Connect));
        assert_eq!(offer("member", None, Some("team-1")), Err(Refused::Member));
        assert_eq!(
            offer("owner", None, None),
            Err(Refused::Kind),
            "the gateway itself invites the first owner"
        );
    }

    #[test]
    fn a_used_or_late_invitation_is_closed() {
        let at = |seconds: i64| DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap();
        assert!(is_open(None, None, at(0)) && is_open(Some(at(10)), None, at(9)));
        assert!(!is_open(Some(at(10)), None, at(10)) && !is_open(None, Some(at(1)), at(2)));
    }
}
