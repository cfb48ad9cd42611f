//! A new encryption key: `gateway key rotate`.
//!
//! The order of the steps is what makes it safe: the new key is on disk before the first value is sealed with it, all
//! values change in one transaction, and the old key is noted among the previous ones before its file is replaced. So
//! at every moment all values can be opened with keys that are on disk, and a start after a crash finishes the swap.

use super::keys::{FoundKeys, KeyFiles, KeySource};
use super::{EncryptionKey, KeyRing, VaultError, key_id, open_with, seal_with};
use crate::domain::ids::TenantId;
use crate::store::db::Db;
use crate::store::installation::{self, Place};
use secrecy::SecretString;
use sqlx::{Connection as _, PgConnection};
use std::collections::HashMap;

/// What a rotation did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotated {
    /// The id of the key that seals now.
    pub key: String,
    /// How many values were sealed anew.
    pub values: usize,
}

/// A rotation in its steps; [`rotate`] takes them in order. Other rotations and starts wait while it lives.
#[derive(Debug)]
pub struct Rotation {
    connection: PgConnection,
    ring: KeyRing,
    new: EncryptionKey,
    /// Set when the sealing key is a file.
    files: Option<KeyFiles>,
}

/// Seals every secret of the database with a new key.
///
/// Keys of the data directory: a fresh key (or `new_key`) replaces the file. A configured key: `new_key`, or, without
/// it, the configured key, for values that a previous key has sealed. The operator then configures `new_key`, and keeps
/// the old one among the previous keys until no gateway runs with it.
pub async fn rotate(
    db: &Db,
    source: &KeySource,
    new_key: Option<&SecretString>,
) -> Result<Rotated, VaultError> {
    let mut rotation = Rotation::begin(db, source, new_key).await?;
    rotation.store_new_key()?;
    let values = rotation.reseal().await?;
    rotation.retire_old_key()?;
    rotation.promote_new_key()?;
    rotation.finish(values).await
}

impl Rotation {
    /// Waits for its turn and decides on the new key. Changes nothing.
    pub async fn begin(
        db: &Db,
        source: &KeySource,
        new_key: Option<&SecretString>,
    ) -> Result<Self, VaultError> {
        let mut connection = db.beside().await?;
        installation::lock_key_for_session(&mut connection).await?;
        let found = source.read()?;
        let given = new_key.map(EncryptionKey::parse).transpose()?;
        if let Some(mut ring) = source.configured_ring(&found)? {
            if let Some(given) = &given {
                ring.others.push(given.clone());
            }
            let new = given.unwrap_or_else(|| ring.primary.clone());
            return Ok(Self { connection, ring, new, files: None });
        }
        let mut ring = Self::file_ring(&found)?;
        // One that an earlier rotation left may have sealed values already: it has to stay on disk, so it is taken.
        let new = match (found.next, given) {
            (Some(next), Some(given)) if next.id() != given.id() => {
                return Err(VaultError::UnfinishedRotation { key: next.id().to_owned() });
            }
            (Some(next), _) => next,
            (None, Some(given)) => given,
            (None, None) => EncryptionKey::generate(),
        };
        if new.id() == ring.primary.id() {
            return Err(VaultError::SameKey { key: new.id().to_owned() });
        }
        ring.others.push(new.clone());
        Ok(Self { connection, ring, new, files: Some(source.files()) })
    }

    fn file_ring(found: &FoundKeys) -> Result<KeyRing, VaultError> {
        found.ring().ok_or(VaultError::NothingToRotate)
    }

    /// Step 1: the new key is on disk.
    pub fn store_new_key(&self) -> Result<(), VaultError> {
        self.files.as_ref().map_or(Ok(()), |files| files.write_next(&self.new))
    }

    /// Step 2: every value is sealed with the new key, or, if this fails, none. How many were changed.
    pub async fn reseal(&mut self) -> Result<usize, VaultError> {
        let mut transaction = self.connection.begin().await?;
        let mut changed = 0;
        let mut tenants: HashMap<TenantId, EncryptionKey> = HashMap::new();
        for (place, tenant, sealed) in installation::sealed_values(&mut transaction).await? {
            let aad = place.aad();
            let own = tenant.and_then(|tenant| tenants.get(&tenant));
            // What a tenant's own key seals stays as it is: that key is wrapped anew.
            if own.is_some_and(|own| key_id(&sealed) == Some(own.id())) {
                continue;
            }
            if own.is_none() && key_id(&sealed) == Some(self.new.id()) {
                remember(&mut tenants, place, &open_with(&self.ring, &sealed, &aad)?)?;
                continue;
            }
            let secret = open_with(&self.ring, &sealed, &aad)?;
            remember(&mut tenants, place, &secret)?;
            let own = tenant.and_then(|tenant| tenants.get(&tenant));
            let sealed = seal_with(own.unwrap_or(&self.new), &secret, &aad);
            installation::replace_sealed(&mut transaction, place, &sealed).await?;
            changed += 1;
        }
        transaction.commit().await?;
        Ok(changed)
    }

    /// Step 3: the old key is among the previous ones.
    pub fn retire_old_key(&self) -> Result<(), VaultError> {
        self.files.as_ref().map_or(Ok(()), KeyFiles::retire_primary)
    }

    /// Step 4: the new key is the sealing one.
    pub fn promote_new_key(&self) -> Result<(), VaultError> {
        self.files.as_ref().map_or(Ok(()), KeyFiles::promote_next)
    }

    async fn finish(self, values: usize) -> Result<Rotated, VaultError> {
        self.connection.close().await?;
        Ok(Rotated { key: self.new.id().to_owned(), values })
    }
}

/// A tenant's key, for what comes after it.
fn remember(
    tenants: &mut HashMap<TenantId, EncryptionKey>,
    place: Place,
    secret: &SecretString,
) -> Result<(), VaultError> {
    if let Place::TenantKey(tenant) = place {
        tenants.insert(tenant, EncryptionKey::parse(secret)?);
    }
    Ok(())
}
