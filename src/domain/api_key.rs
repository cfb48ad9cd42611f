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
    pub role: Role,
    /// The person whose key it is.
    pub owner: Option<(UserId, String)>,
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

/// Whether a key works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyState {
    Active,
    Expired,
    Revoked,
}

impl KeyState {
    /// Of a key with these times.
    pub fn at(
        expires_at: Option<DateTime<Utc>>,
        revoked_at: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
    ) -> Self {
        match (revoked_at, expires_at) {
            (Some(_), _) => Self::Revoked,
            (None, Some(at)) if at <= now => Self::Expired,
            (None, _) => Self::Active,
        }
    }
}

impl ApiKey {
    /// Whether it works.
    pub fn state(&self, now: DateTime<Utc>) -> KeyState {
        KeyState::at(self.expires_at, self.revoked_at, now)
    }

    /// Whether it may less than its role: then it makes no keys, which could be more than it is.
    pub fn is_restricted(&self) -> bool {
        !self.reach.is_all() || !self.rules.is_empty()
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
        assert_eq!(KeyState::at(None, None, now), KeyState::Active);
        assert_eq!(KeyState::at(Some(later), None, now), KeyState::Active);
        assert_eq!(KeyState::at(Some(now), None, now), KeyState::Expired);
        assert_eq!(KeyState::at(Some(now), Some(now), now), KeyState::Revoked);
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
