//! Sign-in with OpenID Connect as data: what an issuer vouches for, which role that gives, and what becomes of a person's
//! roles when they come in that way.
//!
//! Decision (2026-11-22): a person is known by issuer and subject, and never by an e-mail address that an issuer sends;
//! and what people gave, people take, what an issuer gave, it takes. So a role that somebody got by an invitation stays
//! theirs whatever their groups are, and one that their groups gave follows them at every sign-in. Cost: who is to be
//! governed by groups alone must not be invited.

use crate::domain::access::Role;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// How long somebody may take at the issuer's page, in minutes.
pub const SIGN_IN_MINUTES: i64 = 10;
/// The longest address within the gateway to which a sign-in leads back.
const RETURN_MOST: usize = 2_048;
/// Groups of one person that are looked at.
const GROUPS_MOST: usize = 2_000;

/// What an issuer vouches for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claims {
    /// Of the person, at this issuer, for good.
    pub subject: String,
    pub email: Option<String>,
    /// Whether the issuer knows that the address is theirs.
    pub email_verified: bool,
    pub name: Option<String>,
    /// `None`: it does not say.
    pub groups: Option<Vec<String>>,
}

impl Claims {
    /// These, with what only the others say. An address counts with who says that it is verified.
    #[must_use]
    pub fn or(self, others: Self) -> Self {
        let (email, email_verified) = match self.email {
            Some(email) => (Some(email), self.email_verified),
            None => (others.email, others.email_verified),
        };
        Self {
            subject: self.subject,
            email,
            email_verified,
            name: self.name.or(others.name),
            groups: self.groups.or(others.groups),
        }
    }

    /// Whether there is nothing left to ask for.
    pub fn are_complete(&self) -> bool {
        self.email.is_some() && self.groups.is_some()
    }
}

/// The groups that stand under `claim`: a member of this name, or else the end of a path with dots (`realm_access.roles`).
/// One group may stand there alone.
pub fn groups_in(claims: &Map<String, Value>, claim: &str) -> Option<Vec<String>> {
    let by_path = || {
        let mut steps = claim.split('.');
        let first = claims.get(steps.next()?)?;
        steps.try_fold(first, |value, step| value.get(step))
    };
    match claims.get(claim).or_else(by_path)? {
        Value::String(group) => Some(vec![group.clone()]),
        Value::Array(groups) => {
            let named = groups.iter().filter_map(Value::as_str);
            Some(named.take(GROUPS_MOST).map(str::to_owned).collect())
        }
        _ => None,
    }
}

/// The highest role that one of the groups gives, and at least the one that everybody has. `None`: there is no place here
/// for them.
pub fn role_of(groups: &[String], roles: &BTreeMap<String, Role>, everybodys: Option<Role>) -> Option<Role> {
    groups.iter().filter_map(|group| roles.get(group).copied()).max().max(everybodys)
}

/// Who gave a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Giver {
    People,
    /// The issuer with which they sign in.
    Issuer,
}

/// What somebody is before they come in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Before {
    /// Whether they own the installation, and by whom.
    pub owner: Option<Giver>,
    /// Nobody else does.
    pub is_last_owner: bool,
    /// Their role in the issuer's tenant, and by whom.
    pub member: Option<(Role, Giver)>,
    /// They may do nothing in that tenant.
    pub disabled: bool,
}

/// What they are then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct After {
    pub owner: bool,
    pub member: Option<Role>,
}

/// What becomes of somebody to whom the groups give `mapped`.
pub fn settle(before: Before, mapped: Option<Role>) -> After {
    let present = before.member.map(|(role, _)| role);
    if before.disabled {
        return After { owner: before.owner.is_some(), member: present };
    }
    let owner = match before.owner {
        Some(Giver::People) => true,
        Some(Giver::Issuer) => mapped == Some(Role::Owner) || before.is_last_owner,
        None => mapped == Some(Role::Owner),
    };
    let member = match before.member {
        Some((role, Giver::People)) => Some(role),
        // An owner without a membership would be in no list.
        Some((role, Giver::Issuer)) if owner && mapped.is_none() => Some(role),
        Some((_, Giver::Issuer)) | None => mapped.map(|role| role.min(Role::Admin)),
    };
    After { owner, member }
}

/// Why somebody does not come in with OpenID Connect. The page says it in the person's language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("there is no such issuer")]
    UnknownIssuer,
    #[error("the issuer can't be reached, or does not answer as it should")]
    Unavailable,
    #[error("this sign-in took too long, was used before, or was begun in another browser")]
    Expired,
    #[error("the sign-in was cancelled")]
    Cancelled,
    #[error("the issuer refused the sign-in")]
    Denied,
    #[error("the issuer's answer can't be trusted")]
    Untrusted,
    #[error("the issuer does not vouch for an e-mail address")]
    Unverified,
    #[error("there is an account with this e-mail address; its owner can link it")]
    EmailTaken,
    #[error("none of your groups has a role here")]
    NoRole,
    #[error("this account is disabled")]
    Disabled,
    #[error("this identity belongs to another account")]
    IdentityTaken,
    #[error("this is the only way in that is left: set a password first")]
    LastWay,
    #[error("your role here is your issuer's to give: you come in by it, and not with a password")]
    Managed,
}

impl Refused {
    /// Whether somebody tried to come in and must not, as a wrong password is: the audit log tells of it.
    pub const fn is_failed_sign_in(self) -> bool {
        match self {
            Self::Expired
            | Self::Denied
            | Self::Untrusted
            | Self::Unverified
            | Self::EmailTaken
            | Self::NoRole
            | Self::Disabled
            | Self::IdentityTaken => true,
            Self::UnknownIssuer | Self::Unavailable | Self::Cancelled | Self::LastWay | Self::Managed => {
                false
            }
        }
    }

    /// Its name in addresses and in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnknownIssuer => "unknown_issuer",
            Self::Unavailable => "issuer_unavailable",
            Self::Expired => "sign_in_expired",
            Self::Cancelled => "cancelled",
            Self::Denied => "issuer_refused",
            Self::Untrusted => "issuer_untrusted",
            Self::Unverified => "email_unverified",
            Self::EmailTaken => "email_taken",
            Self::NoRole => "no_role",
            Self::Disabled => "disabled",
            Self::IdentityTaken => "identity_taken",
            Self::LastWay => "last_way",
            Self::Managed => "managed",
        }
    }
}

/// What the audit log calls the issuer of this name.
pub fn in_the_log(name: &str) -> String {
    format!("OpenID Connect: {name}")
}

/// The page of the gateway's own that is asked for, or its first one: a sign-in leads to no other site.
pub fn return_path(asked: Option<&str>) -> String {
    let own = |path: &&str| {
        let second = path.chars().nth(1);
        path.starts_with('/')
            && !matches!(second, Some('/' | '\\'))
            && path.len() <= RETURN_MOST
            && path.chars().all(|c| c.is_ascii_graphic() && c != '\\')
    };
    asked.filter(own).unwrap_or("/").to_owned()
}

/// The page with the reason for which somebody did not come in.
pub fn with_reason(path: &str, reason: &str) -> String {
    let (path, fragment) = path.split_once('#').map_or((path, None), |(path, rest)| (path, Some(rest)));
    let sign = if path.contains('?') { '&' } else { '?' };
    let fragment = fragment.map_or_else(String::new, |rest| format!("#{rest}"));
    format!("{path}{sign}sign_in_error={reason}{fragment}")
}

#[cfg(test)]
mod tests;
