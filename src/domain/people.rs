//! People who sign in: their addresses and passwords, the tenants they may touch, and what may be changed of them.

pub mod attempts;
pub mod invitation;
pub mod member;
pub mod oidc;
pub mod session;
pub mod totp;

use crate::domain::access::Role;
use crate::domain::ids::TenantId;
use std::collections::HashSet;

/// The longest address, as in RFC 5321.
const EMAIL_BYTES: usize = 254;
/// Characters that a password has at least: length is what counts (NIST SP 800-63B).
pub const PASSWORD_LEAST: usize = 12;
/// Bytes that a password has at most, so that hashing one stays cheap.
pub const PASSWORD_MOST: usize = 512;
/// The longest name that people see.
pub const NAME_MOST: usize = 100;

/// What is wrong with something that a person typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    #[error("this is not an e-mail address")]
    Email,
    #[error("a password has at least {PASSWORD_LEAST} characters")]
    ShortPassword,
    #[error("a password has at most {PASSWORD_MOST} bytes")]
    LongPassword,
    #[error("this password is too easy to guess: it is the e-mail address or repeats a few characters")]
    PlainPassword,
    #[error("a name has 1 to {NAME_MOST} characters and no line breaks")]
    Name,
}

/// The address as it is stored and compared: whoever types it in another case is the same person.
pub fn email(text: &str) -> Result<String, Malformed> {
    let text = text.trim().to_lowercase();
    let (name, host) = text.split_once('@').ok_or(Malformed::Email)?;
    // A colon would end the account's name in the address that authenticator apps read.
    let plain =
        |c: char| !c.is_whitespace() && !c.is_control() && !matches!(c, '@' | ':' | '<' | '>' | ',' | '"');
    let good = !name.is_empty() && !host.is_empty() && name.chars().chain(host.chars()).all(plain);
    if good && text.len() <= EMAIL_BYTES { Ok(text) } else { Err(Malformed::Email) }
}

/// Whether somebody may take this password. `email` is normalised.
pub fn check_password(password: &str, email: &str) -> Result<(), Malformed> {
    if password.chars().count() < PASSWORD_LEAST {
        return Err(Malformed::ShortPassword);
    }
    if password.len() > PASSWORD_MOST {
        return Err(Malformed::LongPassword);
    }
    let different: HashSet<char> = password.chars().collect();
    let typed = password.to_lowercase();
    let is_address = typed == email || email.split('@').any(|part| typed == part);
    if different.len() < 5 || is_address { Err(Malformed::PlainPassword) } else { Ok(()) }
}

/// A name that people see, without the space around it; an empty one is none.
pub fn display_name(text: &str) -> Result<Option<String>, Malformed> {
    let text = text.trim();
    if text.chars().count() > NAME_MOST || text.chars().any(char::is_control) {
        return Err(Malformed::Name);
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

/// A tenant that somebody may touch, and as what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub tenant: TenantId,
    pub slug: String,
    pub name: String,
    pub role: Role,
}

/// The place that is meant by a tenant's id or slug.
pub fn choose<'a>(places: &'a [Place], asked: &str) -> Option<&'a Place> {
    places.iter().find(|place| place.slug == asked || place.tenant.to_string() == asked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_the_same_in_any_case() {
        assert_eq!(email(" Ada@Example.COM ").unwrap(), "ada@example.com");
        for wrong in ["", "ada", "@example.com", "ada@", "a@b@c", "a b@c", "a:b@c", "a\n@b", "<a@b>", "a,b@c"]
        {
            assert_eq!(email(wrong), Err(Malformed::Email), "{wrong}");
        }
        assert!(email(&format!("{}@example.com", "a".repeat(250))).is_err());
    }

    #[test]
    fn a_password_is_long_and_not_the_address() {
        let check = |password: &str| check_password(password, "ada.lovelace@example.com");
        assert_eq!(check("correct horse battery"), Ok(()));
        assert_eq!(check("übergrößenträger"), Ok(()));
        assert_eq!(check("elevenchars"), Err(Malformed::ShortPassword));
        assert_eq!(check(&"long enough".repeat(50)), Err(Malformed::LongPassword));
        assert_eq!(check("aaaaaaaaaaaa"), Err(Malformed::PlainPassword));
        assert_eq!(check("Ada.Lovelace@Example.com"), Err(Malformed::PlainPassword));
        assert_eq!(check("ada.lovelace"), Err(Malformed::PlainPassword));
    }

    #[test]
    fn a_name_is_one_line() {
        assert_eq!(display_name("  Ada Lovelace ").unwrap().as_deref(), Some("Ada Lovelace"));
        assert_eq!(display_name("  ").unwrap(), None);
        assert!(display_name("Ada\nLovelace").is_err() && display_name(&"a".repeat(101)).is_err());
    }

    #[test]
    fn a_tenant_is_chosen_by_id_or_slug_among_those_at_hand() {
        let id = TenantId(uuid::Uuid::from_u128(7));
        let places = [Place { tenant: id, slug: "research".into(), name: "R".into(), role: Role::Viewer }];
        assert!(choose(&places, "research").is_some() && choose(&places, &id.to_string()).is_some());
        assert!(choose(&places, "other").is_none() && choose(&places, "").is_none());
    }
}
