//! Ids and times of the simulator: reproducible, and shaped like the real ones.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

/// SHA-256 over the parts, kept apart by a zero byte.
pub(super) fn digest(parts: &[&str]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.finalize().into()
}

/// The S256 challenge of a PKCE verifier: base64url of its SHA-256, 43 characters.
pub(super) fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
}

pub(super) fn base64url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(super) fn from_base64url(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// The first `len` (at most 64) hex digits of the digest.
pub(super) fn hex(digest: &[u8; 32], len: usize) -> String {
    let mut text = hex::encode(digest);
    text.truncate(len);
    text
}

/// The first `len` (at most 32) letters and digits that the digest picks.
pub(super) fn alphanumeric(digest: &[u8; 32], len: usize) -> String {
    const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    digest.iter().take(len).map(|byte| char::from(ALPHABET[usize::from(*byte) % 62])).collect()
}

/// `xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx` from the digest.
pub(super) fn uuid_shaped(digest: &[u8; 32]) -> String {
    let hex = hex(digest, 32);
    format!("{}-{}-4{}-8{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..])
}

/// Milliseconds since 1970. The simulator stands outside the crate's clock: it plays another company's server.
pub(super) fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Whole milliseconds of a duration.
pub(super) fn millis(duration: std::time::Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
