//! API keys: what holds for one, and what one may be made of.

use super::access::Role;
use super::ids::{KeyId, ProviderId, TenantId, UserId};
use super::limits::Limit;
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::sync::Arc;

/// The highest role that a key can have: what only owners may (programs on the host, other tenants) takes a person or
/// the gateway's own token.
pub const HIGHEST_ROLE: Role = Role::Admin;
/// The most names that a list has.
const MOST_NAMES: usize = 1_000;
/// The longest name, in characters.
const LONGEST_NAME: usize = 100;

/// What a request of a key needs to know of it. It holds no secret.
#[derive(Clone, Debug)]
pub struct ApiKey {
    pub id: KeyId,
    pub tenant: TenantId,
    pub name: Arc<str>,
    /// What it may do now: never more than the person may whose key it is.
    pub role: Role,
    /// The person whose key it is, or was: one who is forgotten has no id.
    pub owner: Option<(Option<UserId>, String)>,
    /// How it stands with that person; `None`: it is nobody's in particular.
    pub standing: Option<Standing>,
    /// What it may use.
    pub reach: Arc<Reach>,
    pub rules: Arc<[Rule]>,
    pub expires_at: Option<DateTime<Utc>>,
    pub revoked_at: Option<DateTime<Utc>>,
}

/// A limit of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Of its row: what was used is counted there.
    pub id: uuid::Uuid,
    pub limit: Limit,
}

/// What a key may use; `None` is all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// Models, as `<model>` or `<provider>/<model>`. Those of agents are held to it as well.
    pub models: Option<Vec<String>>,
    /// Keys of agents.
    pub agents: Option<Vec<String>>,
    /// Accounts, one by one: the owner of a pool does not stand for its members.
    pub providers: Option<Vec<ProviderId>>,
}

impl Reach {
    /// Whether it is everything.
    pub fn is_all(&self) -> bool {
        self.models.is_none() && self.agents.is_none() && self.providers.is_none()
    }
}

/// How it stands with the person whose key it is, in the key's tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// They may do what this role may.
    Member(Role),
    Disabled,
    /// They are no member any more, or forgotten.
    Gone,
}

impl Standing {
    /// What a key of this role may while it stands so with its owner.
    pub fn bounds(self, role: Role) -> Role {
        match self {
            Self::Member(owner) => role.min(owner),
            Self::Disabled | Self::Gone => role,
        }
    }
}

/// Whether a key works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyState {
    Active,
    Expired,
    Revoked,
    /// The person whose key it is may do nothing for the time being.
    OwnerDisabled,
    /// The person whose key it is is no member of the tenant any more.
    OwnerGone,
}

impl KeyState {
    /// Of a key with these times, whose owner stands so.
    pub fn at(
        expires_at: Option<DateTime<Utc>>,
        revoked_at: Option<DateTime<Utc>>,
        standing: Option<Standing>,
        now: DateTime<Utc>,
    ) -> Self {
        match (revoked_at, expires_at, standing) {
            (Some(_), _, _) => Self::Revoked,
            (None, Some(at), _) if at <= now => Self::Expired,
            (None, _, Some(Standing::Gone)) => Self::OwnerGone,
            (None, _, Some(Standing::Disabled)) => Self::OwnerDisabled,
            (None, _, Some(Standing::Member(_)) | None) => Self::Active,
        }
    }
}

impl ApiKey {
    /// Whether it works.
    pub fn state(&self, now: DateTime<Utc>) -> KeyState {
        KeyState::at(self.expires_at, self.revoked_at, self.standing, now)
    }

    /// Whether it may less than its role, or for a time only: then it gives nobody access, which could be more than it
    /// has itself, or last longer.
    pub fn is_restricted(&self) -> bool {
        !self.reach.is_all() || !self.rules.is_empty() || self.expires_at.is_some()
    }
}

/// Something that a value of a key breaks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Violation {
    pub field: String,
    pub message: String,
}

/// What is wrong with a key's name.
pub fn check_name(name: &str) -> Option<Violation> {
    let length = name.trim().chars().count();
    let good = (1..=LONGEST_NAME).contains(&length) && !name.chars().any(char::is_control);
    let message = || format!("a name has 1 to {LONGEST_NAME} characters on one line");
    (!good).then(|| Violation { field: "name".into(), message: message() })
}

/// What is wrong with an end: it lies ahead.
pub fn check_expiry(expires_at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Option<Violation> {
    let past = expires_at.is_some_and(|at| at <= now);
    past.then(|| Violation {
        field: "expires_at".into(),
        message: "it takes a time that is still to come".into(),
    })
}

/// What is wrong with the names of an allow-list.
pub fn check_names(field: &str, names: Option<&[String]>) -> Option<Violation> {
    let names = names?;
    let message = if names.len() > MOST_NAMES {
        format!("it takes at most {MOST_NAMES} names")
    } else if names.iter().any(|name| name.trim().is_empty() || name.chars().count() > 256) {
        "a name in it is empty or too long".to_owned()
    } else {
        return None;
    };
    Some(Violation { field: field.into(), message })
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    #[test]
    fn a_key_works_until_its_end_or_until_it_is_revoked() {
        let now = DateTime::<Utc>::UNIX_EPOCH;
        let later = now + TimeDelta::seconds(1);
        let at = |expires, revoked, standing| KeyState::at(expires, revoked, standing, now);
        assert_eq!(at(None, None, None), KeyState::Active);
        assert_eq!(at(Some(later), None, None), KeyState::Active);
        assert_eq!(at(Some(now), None, None), KeyState::Expired);
        assert_eq!(at(Some(now), Some(now), None), KeyState::Revoked);
        assert_eq!(at(None, None, Some(Standing::Member(Role::Viewer))), KeyState::Active);
        assert_eq!(at(None, None, Some(Standing::Disabled)), KeyState::OwnerDisabled);
        assert_eq!(at(Some(later), None, Some(Standing::Gone)), KeyState::OwnerGone);
    }

    #[test]
    fn a_key_may_no_more_than_its_owner() {
        for role in Role::ALL {
            for owner in Role::ALL {
                assert_eq!(Standing::Member(owner).bounds(role), role.min(owner));
            }
        }
    }

    #[test]
    fn names_are_bounded() {
        for good in ["ci", "é", &"x".repeat(100)] {
            assert_eq!(check_name(good), None, "{good}");
        }
        for bad in ["", "  ", "a\nb", &"x".repeat(101)] {
            assert!(check_name(bad).is_some(), "{bad}");
        }
    }
}
