//! Who calls with the gateway's token. People and their browsers are [`crate::app::people`]'s.

use crate::app::clock::Clock;
use crate::app::keys::KeyRing;
use crate::domain::access::{Actor, Role, Who};
use crate::domain::ids::MASTER_TENANT;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use std::io::{ErrorKind, Write as _};
use std::path::Path;
use std::sync::Arc;
use subtle::ConstantTimeEq as _;

/// Knows the gateway's token, as a digest.
#[derive(Clone)]
pub struct Access {
    token_digest: [u8; 32],
    keys: Arc<KeyRing>,
    clock: Clock,
}

impl std::fmt::Debug for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Access")
    }
}

impl Access {
    /// For the owner's token.
    pub fn new(token: &SecretString, clock: Clock) -> Self {
        Self { token_digest: digest(token.expose_secret()), keys: Arc::default(), clock }
    }

    /// Whether it is the gateway's token.
    pub fn is_token(&self, token: &str) -> bool {
        bool::from(digest(token).ct_eq(&self.token_digest))
    }

    /// With these API keys.
    #[must_use]
    pub fn with_keys(self, keys: Arc<KeyRing>) -> Self {
        Self { keys, ..self }
    }

    /// The owner, when `token` is the gateway's; an API key with its own role and tenant, when it is one that works.
    pub fn bearer(&self, token: &str) -> Option<Actor> {
        let digest = digest(token);
        if bool::from(digest.ct_eq(&self.token_digest)) {
            return Some(owner());
        }
        let key = self.keys.find(&digest, self.clock.now())?;
        Some(Actor {
            tenant: key.tenant,
            role: key.role,
            who: Who::Key(key.id),
            name: key.name.clone(),
            from: None,
            request: None,
        })
    }

    /// Tells the browser sessions that this token opened from those of another one; it is nothing to find the token with.
    pub fn mark(&self) -> [u8; 32] {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.token_digest).expect("HMAC takes a key of any length");
        mac.update(b"gateway browser session");
        mac.finalize().into_bytes().into()
    }
}

/// Whoever has the gateway's token.
fn owner() -> Actor {
    Actor {
        tenant: MASTER_TENANT,
        role: Role::Owner,
        who: Who::Token,
        name: "token".into(),
        from: None,
        request: None,
    }
}

/// What is kept of a token, a key or a link: nothing to find it with, since each is random.
pub(super) fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// The token of the data directory, made (0600) when there is none. The flag tells whether it is new.
pub fn load_or_make_token(data_dir: &Path) -> std::io::Result<(SecretString, bool)> {
    let path = data_dir.join("token");
    let kept = || match std::fs::read_to_string(&path) {
        Ok(text) if text.trim().is_empty() => {
            let text = format!("{} is empty; remove it to have a new token made", path.display());
            Err(std::io::Error::new(ErrorKind::InvalidData, text))
        }
        Ok(text) => Ok(Some(SecretString::from(text.trim()))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    };
    if let Some(token) = kept()? {
        return Ok((token, false));
    }
    let token = make_token();
    let mut file = tempfile::Builder::new()
        .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))
        .tempfile_in(data_dir)?;
    writeln!(file, "{token}")?;
    file.as_file().sync_all()?;
    // `gateway token` may run while the gateway starts: the first one is everybody's.
    match file.persist_noclobber(&path) {
        Ok(_) => Ok((SecretString::from(token), true)),
        Err(lost) => kept()?.map(|token| (token, false)).ok_or(lost.error),
    }
}

/// `gw_` and 40 characters of base62.
pub(super) fn make_token() -> String {
    const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let random = std::iter::repeat_with(rand::random::<u8>);
    // 248 is the largest multiple of 62 in a byte: without the rest, every character is as likely.
    let characters = random.filter(|b| *b < 248).map(|b| char::from(ALPHABET[usize::from(b % 62)]));
    std::iter::once("gw_".to_owned()).chain(characters.take(40).map(String::from)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_token_is_the_owner_and_each_token_has_a_mark_of_its_own() {
        let access = Access::new(&SecretString::from("gw_right"), Clock::system());
        assert!(access.bearer("gw_right").is_some() && access.bearer("gw_wrong").is_none());
        assert_eq!(access.mark(), Access::new(&SecretString::from("gw_right"), Clock::system()).mark());
        assert_ne!(access.mark(), Access::new(&SecretString::from("gw_other"), Clock::system()).mark());
    }

    #[test]
    fn a_token_is_made_once_and_only_its_owner_can_read_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().expect("directory");
        let (first, new) = load_or_make_token(dir.path()).expect("token");
        let (second, again) = load_or_make_token(dir.path()).expect("token");
        assert!(new && !again);
        assert_eq!(first.expose_secret(), second.expose_secret());
        assert_eq!(first.expose_secret().len(), 43);
        let mode = std::fs::metadata(dir.path().join("token")).expect("file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
