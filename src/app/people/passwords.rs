//! Hashing of passwords: argon2id on blocking threads, few at a time, since each takes its memory.

use super::PeopleError;
use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use secrecy::{ExposeSecret as _, SecretString};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::Semaphore;

/// The first choice of OWASP's password storage cheat sheet: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// Of the same cost as every hash that is made here, of no password: who is not known costs as much as who is.
const NOBODYS: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$Z2F0ZXdheSBub2JvZHlzIQ$c2VlIHRoZSBzZWEgc2hlbGxzIG9uIHRoZSBzaG9yZSE";
/// Most hashes at a time, whatever the machine.
const MOST: usize = 4;
/// How long somebody waits for their turn.
const PATIENCE: Duration = Duration::from_secs(10);

/// Hashes and verifies.
pub(super) struct Passwords {
    turns: Arc<Semaphore>,
    checked: AtomicU64,
}

impl Passwords {
    pub(super) fn new() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self { turns: Arc::new(Semaphore::new(cores.min(MOST))), checked: AtomicU64::new(0) }
    }

    /// How many were verified.
    pub(super) fn checked(&self) -> u64 {
        self.checked.load(Ordering::Relaxed)
    }

    /// A PHC string with a salt of its own.
    pub(super) async fn hash(&self, password: &SecretString) -> Result<String, PeopleError> {
        let password = password.clone();
        self.in_turn(move || {
            let hash = argon2()?.hash_password(password.expose_secret().as_bytes());
            hash.map(|hash| hash.to_string()).map_err(|error| error.to_string())
        })
        .await
    }

    /// Whether it is the password of this hash. The same work is done when there is none.
    pub(super) async fn verify(
        &self,
        password: &SecretString,
        hash: Option<&str>,
    ) -> Result<bool, PeopleError> {
        let (password, known) = (password.clone(), hash.is_some());
        let hash = hash.unwrap_or(NOBODYS).to_owned();
        let same = self
            .in_turn(move || {
                let hash = PasswordHash::new(&hash).map_err(|error| error.to_string())?;
                Ok(argon2()?.verify_password(password.expose_secret().as_bytes(), &hash).is_ok())
            })
            .await?;
        self.checked.fetch_add(1, Ordering::Relaxed);
        Ok(same && known)
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, String> + Send + 'static,
    ) -> Result<T, PeopleError> {
        let turn = tokio::time::timeout(PATIENCE, self.turns.clone().acquire_owned()).await;
        let turn = turn.map_err(|_| PeopleError::Busy)?.map_err(|_| PeopleError::Busy)?;
        let done = tokio::task::spawn_blocking(move || {
            // Held by the work itself: who hangs up does not make room for one more.
            let _turn = turn;
            work()
        });
        done.await.map_err(|error| PeopleError::Hashing(error.to_string()))?.map_err(PeopleError::Hashing)
    }
}

fn argon2() -> Result<Argon2<'static>, String> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|error| error.to_string())?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_known_by_its_hash_and_nobody_has_the_one_of_nobody() {
        let passwords = Passwords::new();
        let (right, wrong) = (SecretString::from("correct horse"), SecretString::from("incorrect horse"));
        let hash = passwords.hash(&right).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert_ne!(hash, passwords.hash(&right).await.unwrap(), "salted");
        assert!(passwords.verify(&right, Some(&hash)).await.unwrap());
        assert!(!passwords.verify(&wrong, Some(&hash)).await.unwrap());
        assert!(!passwords.verify(&right, None).await.unwrap());
        assert_eq!(passwords.checked(), 3);
    }

    #[test]
    fn nobodys_hash_costs_what_the_others_cost() {
        let hash = PasswordHash::new(NOBODYS).unwrap();
        let params = Params::try_from(&hash).unwrap();
        assert_eq!((params.m_cost(), params.t_cost(), params.p_cost()), (MEMORY_KIB, PASSES, LANES));
        assert_eq!(hash.hash.unwrap().len(), 32);
    }
}
