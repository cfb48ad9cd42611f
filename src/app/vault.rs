//! Secrets at rest: AES-256-GCM. What belongs to a tenant is sealed with the tenant's own key, which stands in the tenant's
//! row, wrapped by the main key: who deletes the row has destroyed the secrets, in every backup that comes after it too. What
//! belongs to nobody (the installation, people) is sealed with the main key itself.

use aes_gcm::Aes256Gcm;
use aes_gcm::aead::{Aead, Generate, KeyInit, Nonce, Payload};
use arc_swap::ArcSwap;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretBox, SecretString};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

pub mod keys;
pub mod rotation;

use crate::domain::ids::TenantId;
use crate::store::tenants;
use keys::KeySource;

/// What every sealed text begins with; GoClaw's as well.
const PREFIX: &str = "aes-gcm:";
const NONCE_LEN: usize = 12;
/// How often a running gateway looks at the key files when it meets values of another key that it knows.
const RELOAD_PAUSE: Duration = Duration::from_secs(10);

/// Why a secret cannot be sealed or opened. The text names key ids, never keys or ciphertexts.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    #[error("an encryption key must be 64 hex digits, 44 characters of base64, or 32 raw bytes")]
    MalformedKey,
    #[error("the stored value is not a sealed secret")]
    Malformed,
    #[error("the value is sealed with key {wanted}, which is not at hand (there is {})", list(have))]
    UnknownKey { wanted: String, have: Vec<String> },
    #[error("the value is damaged, or was moved from another row (key {key})")]
    Damaged { key: String },
    #[error("the secret is not text")]
    NotText,
    #[error(
        "wrong encryption key: this database is sealed with key {wanted}, there is {}; put the right key back \
         (GATEWAY_ENCRYPTION_KEY or encryption.key in the data directory; an older one that only has to open: \
         GATEWAY_ENCRYPTION_KEYS_PREVIOUS)",
        list(have)
    )]
    WrongKey { wanted: String, have: Vec<String> },
    #[error("the new key is the one in use ({key}); give another one")]
    SameKey { key: String },
    #[error("an earlier rotation to key {key} is unfinished: start or rotate without a new key first")]
    UnfinishedRotation { key: String },
    #[error("there is no key yet: the first start makes one")]
    NothingToRotate,
    #[error("{} cannot be read or written", path.display())]
    File { path: PathBuf, source: std::io::Error },
    #[error("{} holds no valid key", path.display())]
    KeyFile { path: PathBuf, source: Box<VaultError> },
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
}

fn list(ids: &[String]) -> String {
    if ids.is_empty() { "none".to_owned() } else { ids.join(", ") }
}

/// A 256-bit key. Its `Debug` shows the id.
#[derive(Clone)]
pub struct EncryptionKey {
    id: String,
    bytes: Arc<SecretBox<[u8; 32]>>,
}

impl fmt::Debug for EncryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EncryptionKey({})", self.id)
    }
}

impl EncryptionKey {
    /// 64 hex digits, 44 characters of base64, or 32 raw bytes.
    pub fn parse(text: &SecretString) -> Result<Self, VaultError> {
        let text = text.expose_secret();
        let bytes = match text.len() {
            64 => hex::decode(text).ok(),
            44 => STANDARD.decode(text).ok(),
            32 => Some(text.as_bytes().to_vec()),
            _ => None,
        };
        let bytes: [u8; 32] =
            bytes.and_then(|bytes| bytes.try_into().ok()).ok_or(VaultError::MalformedKey)?;
        Ok(Self::from_bytes(bytes))
    }

    /// A new one, from the system's random numbers.
    pub fn generate() -> Self {
        Self::from_bytes(aes_gcm::Key::<Aes256Gcm>::generate().into())
    }

    fn from_bytes(bytes: [u8; 32]) -> Self {
        let id = hex::encode(&Sha256::digest(bytes)[..4]);
        Self { id, bytes: Arc::new(SecretBox::new(Box::new(bytes))) }
    }

    /// The first 8 hex digits of the key's SHA-256: enough to tell keys apart, nothing to find one with.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// 64 hex digits, for the key file.
    fn to_text(&self) -> SecretString {
        hex::encode(self.bytes.expose_secret()).into()
    }

    fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new(self.bytes.expose_secret().into())
    }
}

/// The keys at hand: one seals, all open.
#[derive(Clone, Debug)]
pub struct KeyRing {
    pub primary: EncryptionKey,
    pub others: Vec<EncryptionKey>,
}

impl KeyRing {
    fn all(&self) -> impl Iterator<Item = &EncryptionKey> {
        std::iter::once(&self.primary).chain(&self.others)
    }

    fn get(&self, id: &str) -> Option<&EncryptionKey> {
        self.all().find(|key| key.id == id)
    }

    /// The ids, the sealing key's first.
    pub fn ids(&self) -> Vec<String> {
        self.all().map(|key| key.id.clone()).collect()
    }
}

/// Seals and opens. Clones share the ring. Its `Debug` shows key ids.
///
/// The associated data of every value names its row and column, so a ciphertext that is copied elsewhere does not open.
#[derive(Clone, Debug)]
pub struct Vault(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    ring: ArcSwap<KeyRing>,
    /// Set when the sealing key lives in the data directory: it can change under a running gateway.
    files: Option<KeySource>,
    reloaded_at: Mutex<Option<Instant>>,
    tenants: ArcSwap<HashMap<TenantId, EncryptionKey>>,
}

impl Vault {
    /// A vault of fixed keys.
    pub fn new(ring: KeyRing) -> Self {
        Self::of(ring, None)
    }

    /// A vault whose keys are files, which another process may rotate.
    fn watching(ring: KeyRing, files: KeySource) -> Self {
        Self::of(ring, Some(files))
    }

    fn of(ring: KeyRing, files: Option<KeySource>) -> Self {
        let ring = ArcSwap::from_pointee(ring);
        Self(Arc::new(Inner { ring, files, reloaded_at: Mutex::default(), tenants: ArcSwap::default() }))
    }

    /// The ids of the keys at hand, the sealing one first.
    pub fn key_ids(&self) -> Vec<String> {
        self.0.ring.load().ids()
    }

    /// Takes in the tenants' keys as they are stored. One that can't be unwrapped is left out and said.
    pub fn load_tenants(&self, wrapped: impl IntoIterator<Item = (TenantId, String)>) {
        let unwrapped = wrapped.into_iter().filter_map(|(tenant, wrapped)| match self.unwrap_key(tenant, &wrapped) {
            Ok(key) => Some((tenant, key)),
            Err(error) => {
                tracing::error!(%tenant, %error, "the key of a tenant can't be opened: neither can its secrets");
                None
            }
        });
        let keys = unwrapped.collect();
        self.0.tenants.store(Arc::new(keys));
    }

    /// A new tenant's key, wrapped for its row, and known here from now on.
    pub fn make_tenant(&self, tenant: TenantId) -> String {
        let key = EncryptionKey::generate();
        let wrapped = self.seal(&key.to_text(), &tenants::sealing_key_aad(tenant));
        self.0.tenants.rcu(|keys| {
            let mut keys = HashMap::clone(keys);
            keys.insert(tenant, key.clone());
            keys
        });
        wrapped
    }

    fn unwrap_key(&self, tenant: TenantId, wrapped: &str) -> Result<EncryptionKey, VaultError> {
        EncryptionKey::parse(&self.open(wrapped, &tenants::sealing_key_aad(tenant))?)
    }

    /// Like [`Vault::seal`], with the tenant's own key.
    pub fn seal_for(&self, tenant: TenantId, secret: &SecretString, aad: &str) -> String {
        match self.0.tenants.load().get(&tenant) {
            Some(key) => seal_with(key, secret, aad),
            None => {
                // A tenant whose row is not read yet: the next rotation of the main key puts it right.
                tracing::error!(%tenant, "a secret is sealed with the main key: the tenant's own is not at hand");
                self.seal(secret, aad)
            }
        }
    }

    /// `aes-gcm:<key id>:<base64 of nonce, ciphertext and tag>`, with the main key.
    pub fn seal(&self, secret: &SecretString, aad: &str) -> String {
        seal_with(&self.0.ring.load().primary, secret, aad)
    }

    /// Opens what [`Vault::seal`] made with the same associated data, under any key at hand. GoClaw's form, which
    /// names no key and binds no row, opens as well.
    pub fn open(&self, sealed: &str, aad: &str) -> Result<SecretString, VaultError> {
        let ring = self.0.ring.load_full();
        let key = key_id(sealed);
        if let Some(id) = key
            && let Some(own) = self.0.tenants.load().values().find(|own| own.id == id)
        {
            return open_with(&KeyRing { primary: own.clone(), others: Vec::new() }, sealed, aad);
        }
        if key.is_some_and(|id| id != ring.primary.id)
            && let Some(ring) = self.reload(key.is_some_and(|id| ring.get(id).is_none()))
        {
            return open_with(&ring, sealed, aad);
        }
        open_with(&ring, sealed, aad)
    }

    /// Reads the key files anew: another process may have rotated the key. Always when it is `urgent` (the key is
    /// not known), else not too often.
    fn reload(&self, urgent: bool) -> Option<Arc<KeyRing>> {
        let files = self.0.files.as_ref()?;
        {
            let mut last = self.0.reloaded_at.lock().unwrap_or_else(PoisonError::into_inner);
            if !urgent && last.is_some_and(|last| last.elapsed() < RELOAD_PAUSE) {
                return None;
            }
            *last = Some(Instant::now());
        }
        match files.read() {
            Ok(found) => {
                let ring = Arc::new(found.ring()?);
                if ring.ids() != self.key_ids() {
                    tracing::info!(keys = ?ring.ids(), "encryption keys read anew");
                    self.0.ring.store(ring.clone());
                }
                Some(ring)
            }
            Err(error) => {
                tracing::warn!(%error, "encryption keys cannot be read anew");
                None
            }
        }
    }
}

/// The id of the key that sealed this text; `None` when it names none.
pub fn key_id(sealed: &str) -> Option<&str> {
    sealed.strip_prefix(PREFIX)?.split_once(':').map(|(id, _)| id)
}

fn seal_with(key: &EncryptionKey, secret: &SecretString, aad: &str) -> String {
    let nonce = Nonce::<Aes256Gcm>::generate();
    let payload = Payload { msg: secret.expose_secret().as_bytes(), aad: aad.as_bytes() };
    let ciphertext = key.cipher().encrypt(&nonce, payload).expect("a secret is shorter than 64 GiB");
    let mut bytes = nonce.to_vec();
    bytes.extend(ciphertext);
    format!("{PREFIX}{}:{}", key.id, STANDARD.encode(bytes))
}

fn open_with(ring: &KeyRing, sealed: &str, aad: &str) -> Result<SecretString, VaultError> {
    let rest = sealed.strip_prefix(PREFIX).ok_or(VaultError::Malformed)?;
    let Some((id, text)) = rest.split_once(':') else {
        let bytes = STANDARD.decode(rest).map_err(|_| VaultError::Malformed)?;
        return ring
            .all()
            .find_map(|key| decrypt(key, &bytes, "").ok())
            .unwrap_or_else(|| Err(VaultError::Damaged { key: list(&ring.ids()) }));
    };
    let bytes = STANDARD.decode(text).map_err(|_| VaultError::Malformed)?;
    let key =
        ring.get(id).ok_or_else(|| VaultError::UnknownKey { wanted: id.to_owned(), have: ring.ids() })?;
    decrypt(key, &bytes, aad)?
}

/// The outer error: it does not decrypt. The inner one: it does, and is no text.
fn decrypt(
    key: &EncryptionKey,
    bytes: &[u8],
    aad: &str,
) -> Result<Result<SecretString, VaultError>, VaultError> {
    let damaged = || VaultError::Damaged { key: key.id.clone() };
    let (nonce, ciphertext) = bytes.split_at_checked(NONCE_LEN).ok_or(VaultError::Malformed)?;
    let nonce = Nonce::<Aes256Gcm>::try_from(nonce).map_err(|_| VaultError::Malformed)?;
    let payload = Payload { msg: ciphertext, aad: aad.as_bytes() };
    let plain = key.cipher().decrypt(&nonce, payload).map_err(|_| damaged())?;
    Ok(String::from_utf8(plain).map(SecretString::from).map_err(|_| VaultError::NotText))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(digit: char) -> EncryptionKey {
        EncryptionKey::parse(&digit.to_string().repeat(64).into()).unwrap()
    }

    fn vault(primary: char, others: &str) -> Vault {
        Vault::new(KeyRing { primary: key(primary), others: others.chars().map(key).collect() })
    }

    #[test]
    fn a_key_is_hex_base64_or_raw_and_always_the_same() {
        let raw = "0123456789abcdef0123456789ABCDEF";
        let hex = hex::encode(raw);
        let ids: Vec<String> = [raw.to_owned(), hex.clone(), hex.to_uppercase(), STANDARD.encode(raw)]
            .into_iter()
            .map(|text| EncryptionKey::parse(&text.into()).unwrap().id().to_owned())
            .collect();
        assert!(ids.iter().all(|id| *id == ids[0] && id.len() == 8));
        for wrong in ["", "short", &"g".repeat(64), &"=".repeat(44), &"é".repeat(32)] {
            assert!(matches!(EncryptionKey::parse(&wrong.into()), Err(VaultError::MalformedKey)), "{wrong}");
        }
    }

    #[test]
    fn a_sealed_value_names_its_key_and_differs_every_time() {
        let vault = vault('a', "");
        let (one, two) = (vault.seal(&"secret".into(), "row"), vault.seal(&"secret".into(), "row"));
        assert_ne!(one, two);
        assert!(one.starts_with(&format!("aes-gcm:{}:", vault.key_ids()[0])), "{one}");
    }

    #[test]
    fn a_value_opens_in_its_own_row_only() {
        let vault = vault('a', "");
        let sealed = vault.seal(&"secret".into(), "grant:1:access_token");
        assert_eq!(vault.open(&sealed, "grant:1:access_token").unwrap().expose_secret(), "secret");
        let error = vault.open(&sealed, "grant:2:access_token").unwrap_err();
        assert!(matches!(error, VaultError::Damaged { .. }), "{error}");
    }

    #[test]
    fn an_older_key_opens_and_an_unknown_one_is_named() {
        let sealed = vault('a', "").seal(&"secret".into(), "row");
        assert_eq!(vault('b', "a").open(&sealed, "row").unwrap().expose_secret(), "secret");
        let error = vault('b', "c").open(&sealed, "row").unwrap_err().to_string();
        for id in ['a', 'b', 'c'].map(|digit| key(digit).id) {
            assert!(error.contains(&id), "{error}");
        }
    }

    #[test]
    fn goclaws_form_opens_with_the_same_key() {
        let nonce = Nonce::<Aes256Gcm>::generate();
        let sealed = key('a').cipher().encrypt(&nonce, b"secret".as_ref()).unwrap();
        let text = format!("aes-gcm:{}", STANDARD.encode([nonce.as_slice(), &sealed].concat()));
        assert_eq!(vault('a', "").open(&text, "any").unwrap().expose_secret(), "secret");
        assert_eq!(vault('b', "a").open(&text, "any").unwrap().expose_secret(), "secret");
        assert!(matches!(vault('b', "").open(&text, "any"), Err(VaultError::Damaged { .. })));
    }

    #[test]
    fn plain_text_is_never_taken_for_a_secret() {
        for text in ["", "sk-plain", "aes-gcm:", "aes-gcm:%%%", "aes-gcm:abc:%%%", "aes-gcm:AAAA"] {
            assert!(vault('a', "").open(text, "row").is_err(), "{text}");
        }
    }

    #[test]
    fn a_tenants_secrets_open_with_its_own_key_and_go_with_it() {
        let vault = vault('a', "");
        let tenant = TenantId(uuid::Uuid::from_u128(7));
        let wrapped = vault.make_tenant(tenant);
        let sealed = vault.seal_for(tenant, &"secret".into(), "row");
        assert_ne!(key_id(&sealed), Some(key('a').id()));
        assert_eq!(vault.open(&sealed, "row").unwrap().expose_secret(), "secret");
        // Another process, with the row.
        let other = self::vault('a', "");
        assert!(matches!(other.open(&sealed, "row"), Err(VaultError::UnknownKey { .. })));
        other.load_tenants([(tenant, wrapped.clone())]);
        assert_eq!(other.open(&sealed, "row").unwrap().expose_secret(), "secret");
        // The row is gone, or stands in another tenant's place.
        other.load_tenants([]);
        assert!(other.open(&sealed, "row").is_err());
        other.load_tenants([(TenantId(uuid::Uuid::from_u128(8)), wrapped)]);
        assert!(other.open(&sealed, "row").is_err());
    }

    #[test]
    fn debug_output_shows_ids_and_no_keys() {
        let shown = format!("{:?} {:?}", vault('a', "b"), key('a'));
        assert!(shown.contains(key('a').id()) && !shown.contains("aaaaaaaa"), "{shown}");
    }

    proptest! {
        #[test]
        fn what_is_sealed_opens_again(secret in ".{0,200}", aad in ".{0,40}") {
            let vault = vault('a', "");
            let sealed = vault.seal(&secret.as_str().into(), &aad);
            let opened = vault.open(&sealed, &aad).unwrap();
            prop_assert_eq!(opened.expose_secret(), secret.as_str());
        }

        #[test]
        fn a_changed_byte_is_noticed(secret in ".{0,50}", at in any::<prop::sample::Index>(), flip in 1_u8..) {
            let vault = vault('a', "");
            let sealed = vault.seal(&secret.as_str().into(), "row");
            let (head, body) = sealed.rsplit_once(':').unwrap();
            let mut bytes = STANDARD.decode(body).unwrap();
            let at = at.index(bytes.len());
            bytes[at] ^= flip;
            let changed = format!("{head}:{}", STANDARD.encode(bytes));
            prop_assert!(vault.open(&changed, "row").is_err());
        }
    }
}
