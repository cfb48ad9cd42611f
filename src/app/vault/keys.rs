//! The key files of the data directory, and which key a start takes.
//!
//! `encryption.key` seals. `encryption.key.next` exists while a rotation is under way, or after one that was cut off.
//! `encryption.key.previous` holds older keys, one a line: a gateway that ran during a rotation may have sealed a last
//! value with one of them.

use super::{EncryptionKey, KeyRing, Vault, VaultError};
use crate::app::clock::Clock;
use crate::store::db::Db;
use crate::store::{installation, tenants};
use secrecy::{ExposeSecret, SecretString};
use sqlx::Connection as _;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// What `installation.key_check` says when it is opened.
const KEY_CHECK: &str = "gateway";

/// Where the keys come from.
#[derive(Clone, Debug)]
pub struct KeySource {
    /// `GATEWAY_ENCRYPTION_KEY` or the file's `encryption_key`; `None`: the data directory's.
    pub configured: Option<SecretString>,
    /// `GATEWAY_ENCRYPTION_KEYS_PREVIOUS` or the file's `encryption_keys_previous`: keys that only open.
    pub previous: Vec<SecretString>,
    pub data_dir: PathBuf,
    /// Replicas may share the database, so that a key which only this machine has deserves a warning.
    pub shared_database: bool,
}

/// A vault whose key was checked against the database, and what the operator should hear about it.
#[derive(Debug)]
pub struct Opened {
    pub vault: Vault,
    pub warnings: Vec<String>,
}

/// The key files of one data directory.
#[derive(Clone, Debug)]
pub struct KeyFiles {
    dir: PathBuf,
}

/// What the files hold.
#[derive(Debug, Default)]
pub struct FoundKeys {
    pub primary: Option<EncryptionKey>,
    pub next: Option<EncryptionKey>,
    pub previous: Vec<EncryptionKey>,
    /// Older keys that no file holds: the configured ones.
    pub configured: Vec<EncryptionKey>,
}

impl FoundKeys {
    /// Every key that is there, the sealing one first; `None` without a sealing key.
    pub fn ring(&self) -> Option<KeyRing> {
        let others = self.next.iter().chain(&self.previous).chain(&self.configured).cloned().collect();
        Some(KeyRing { primary: self.primary.clone()?, others })
    }

    fn all(&self) -> impl Iterator<Item = &EncryptionKey> {
        self.primary.iter().chain(&self.next).chain(&self.previous).chain(&self.configured)
    }
}

impl KeyFiles {
    pub fn new(data_dir: &Path) -> Self {
        Self { dir: data_dir.to_owned() }
    }

    /// The sealing key's file.
    pub fn primary(&self) -> PathBuf {
        self.dir.join("encryption.key")
    }

    fn next(&self) -> PathBuf {
        self.dir.join("encryption.key.next")
    }

    fn previous(&self) -> PathBuf {
        self.dir.join("encryption.key.previous")
    }

    /// What is there. A file that cannot be read or parsed is an error: a lost key is not to be papered over.
    pub fn read(&self) -> Result<FoundKeys, VaultError> {
        Ok(FoundKeys {
            primary: one(&self.primary())?,
            next: one(&self.next())?,
            previous: keys_in(&self.previous())?,
            configured: Vec::new(),
        })
    }

    /// Makes the sealing key. Fails when there is one.
    fn create(&self) -> Result<EncryptionKey, VaultError> {
        let key = EncryptionKey::generate();
        fs::create_dir_all(&self.dir).map_err(in_file(&self.dir))?;
        self.write(&self.primary(), &[&key], false)?;
        Ok(key)
    }

    /// Puts the next key on disk, before anything is sealed with it.
    pub(super) fn write_next(&self, key: &EncryptionKey) -> Result<(), VaultError> {
        self.write(&self.next(), &[key], true)
    }

    /// Notes the sealing key among the previous ones, so that it can be replaced.
    pub(super) fn retire_primary(&self) -> Result<(), VaultError> {
        let found = self.read()?;
        let Some(primary) = &found.primary else {
            return Ok(());
        };
        if found.previous.iter().any(|key| key.id() == primary.id()) {
            return Ok(());
        }
        let previous: Vec<&EncryptionKey> = std::iter::once(primary).chain(&found.previous).collect();
        self.write(&self.previous(), &previous, true)
    }

    /// Makes the next key the sealing one. After [`KeyFiles::retire_primary`] only.
    pub(super) fn promote_next(&self) -> Result<(), VaultError> {
        match fs::rename(self.next(), self.primary()) {
            Ok(()) => self.sync(),
            // The swap was done before, and its caller cut off.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(in_file(&self.next())(error)),
        }
    }

    /// The whole file or none of it, readable by its owner only, on disk when this returns.
    fn write(&self, path: &Path, keys: &[&EncryptionKey], replace: bool) -> Result<(), VaultError> {
        let failed = || in_file(path);
        // A temporary file is made with mode 0600.
        let mut file = tempfile::NamedTempFile::new_in(&self.dir).map_err(failed())?;
        for key in keys {
            writeln!(file, "{}", key.to_text().expose_secret()).map_err(failed())?;
        }
        file.as_file().sync_all().map_err(failed())?;
        if replace {
            file.persist(path).map_err(|error| failed()(error.error))?;
        } else {
            file.persist_noclobber(path).map_err(|error| failed()(error.error))?;
        }
        self.sync()
    }

    fn sync(&self) -> Result<(), VaultError> {
        File::open(&self.dir).and_then(|dir| dir.sync_all()).map_err(in_file(&self.dir))
    }
}

fn in_file(path: &Path) -> impl FnOnce(io::Error) -> VaultError {
    let path = path.to_owned();
    move |source| VaultError::File { path, source }
}

fn one(path: &Path) -> Result<Option<EncryptionKey>, VaultError> {
    Ok(keys_in(path)?.into_iter().next())
}

/// The keys of a file, one a line; none when there is no file.
fn keys_in(path: &Path) -> Result<Vec<EncryptionKey>, VaultError> {
    let text = match fs::read_to_string(path) {
        Ok(text) => SecretString::from(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(in_file(path)(error)),
    };
    let in_this = |source| VaultError::KeyFile { path: path.to_owned(), source: Box::new(source) };
    let lines = text.expose_secret().lines().map(str::trim).filter(|line| !line.is_empty());
    let keys: Vec<_> =
        lines.map(|line| EncryptionKey::parse(&line.into())).collect::<Result<_, _>>().map_err(in_this)?;
    // An empty key file is a damaged one, not a missing one.
    if keys.is_empty() { Err(in_this(VaultError::MalformedKey)) } else { Ok(keys) }
}

impl KeySource {
    pub(super) fn files(&self) -> KeyFiles {
        KeyFiles::new(&self.data_dir)
    }

    /// What the key files hold, and the configured older keys behind it.
    pub(super) fn read(&self) -> Result<FoundKeys, VaultError> {
        let configured = self.previous.iter().map(EncryptionKey::parse).collect::<Result<_, _>>()?;
        Ok(FoundKeys { configured, ..self.files().read()? })
    }

    /// The configured keys, with those of the data directory behind them: who moves from the file to the environment
    /// can still open what the file's key has sealed.
    pub(super) fn configured_ring(&self, found: &FoundKeys) -> Result<Option<KeyRing>, VaultError> {
        let Some(configured) = &self.configured else {
            return Ok(None);
        };
        let others = found.all().cloned().collect();
        Ok(Some(KeyRing { primary: EncryptionKey::parse(configured)?, others }))
    }
}

/// The vault for this database: finds the key, makes one at the very first start, and proves that it is the right one.
/// Replicas that start together take turns.
pub async fn open(db: &Db, source: &KeySource, clock: &Clock) -> Result<Opened, VaultError> {
    // Not a pooled connection: waiting for a rotation must not use up the pool.
    let mut connection = db.beside().await?;
    let mut transaction = connection.begin().await?;
    installation::lock_key_for_transaction(&mut transaction).await?;
    let installed = installation::get(&mut transaction).await?;
    let mut warnings = Vec::new();

    let sealed_by = installed.as_ref().and_then(|row| super::key_id(&row.key_check)).map(str::to_owned);
    let vault = vault_for(source, sealed_by.as_deref(), installed.is_some(), &mut warnings)?;

    match &installed {
        None => {
            let check = vault.seal(&KEY_CHECK.into(), installation::KEY_CHECK_AAD);
            installation::insert(&mut transaction, clock.new_id(), &check, clock.now()).await?;
        }
        Some(row) => {
            let wrong = || VaultError::WrongKey {
                wanted: sealed_by.clone().unwrap_or_else(|| "unknown".to_owned()),
                have: vault.key_ids(),
            };
            let check = vault.open(&row.key_check, installation::KEY_CHECK_AAD).map_err(|_| wrong())?;
            if check.expose_secret() != KEY_CHECK {
                return Err(wrong());
            }
            let primary = vault.key_ids().remove(0);
            if sealed_by.as_deref() != Some(primary.as_str()) {
                warnings.push(format!(
                    "the database is still sealed with an older key; `gateway key rotate` seals it with {primary}"
                ));
            }
        }
    }
    let mut keys = Vec::new();
    for tenant in tenants::list(&mut transaction).await? {
        let wrapped = match tenant.sealing_key {
            Some(wrapped) => wrapped,
            None => {
                let wrapped = vault.make_tenant(tenant.id);
                tenants::set_sealing_key(&mut transaction, tenant.id, &wrapped).await?;
                wrapped
            }
        };
        keys.push((tenant.id, wrapped));
    }
    transaction.commit().await?;
    connection.close().await?;
    vault.load_tenants(keys);
    Ok(Opened { vault, warnings })
}

fn vault_for(
    source: &KeySource,
    sealed_by: Option<&str>,
    installed: bool,
    warnings: &mut Vec<String>,
) -> Result<Vault, VaultError> {
    let files = source.files();
    let mut found = source.read()?;
    if let Some(ring) = source.configured_ring(&found)? {
        return Ok(Vault::new(ring));
    }
    // A rotation was cut off between its commit and the swap of the files: the rest of it is done now.
    if found.next.as_ref().is_some_and(|next| Some(next.id()) == sealed_by) {
        files.retire_primary()?;
        files.promote_next()?;
        found = source.read()?;
    }
    if found.primary.is_none() {
        // With rows that some lost key has sealed, a new key would only hide the loss. A configured older key is not
        // lost: that is how one moves from a configured key to the file's.
        if installed && !found.configured.iter().any(|key| Some(key.id()) == sealed_by) {
            let wanted = sealed_by.unwrap_or("unknown").to_owned();
            return Err(VaultError::WrongKey {
                wanted,
                have: found.all().map(|key| key.id().to_owned()).collect(),
            });
        }
        found.primary = Some(files.create()?);
        if source.shared_database {
            warnings.push(format!(
                "no encryption key is configured: one was made in {}; gateways that share this database need the same \
                 key (GATEWAY_ENCRYPTION_KEY)",
                files.primary().display()
            ));
        }
    }
    let ring = found.ring().expect("a sealing key was found or made");
    Ok(Vault::watching(ring, source.clone()))
}
