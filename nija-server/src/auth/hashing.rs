//! Argon2id, on blocking threads, a few at a time.

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};
use std::sync::Arc;
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use crate::config::AuthConfig;

/// Hashes and checks passwords.
#[derive(Clone)]
pub(crate) struct Hasher {
    params: Params,
    places: Arc<Semaphore>,
    nobody: Arc<str>,
}

/// The hash could not be made or read.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the password could not be hashed: {0}")]
pub(crate) struct HashError(String);

fn failed(error: impl std::fmt::Display) -> HashError {
    HashError(error.to_string())
}

impl Hasher {
    /// With the configured parameters.
    pub(crate) fn new(config: &AuthConfig) -> Result<Self, HashError> {
        let (m, t, p) = (config.argon2_memory_kib, config.argon2_iterations, config.argon2_parallelism);
        let params = Params::new(m, t, p, None).map_err(failed)?;
        let mut random = [0u8; 48];
        getrandom::fill(&mut random).map_err(failed)?;
        let (salt, output) = random.split_at(16);
        let encode = |bytes: &[u8]| BASE64_STANDARD_NO_PAD.encode(bytes);
        // A well-formed hash of nothing: checking any password against it takes as long as a real one and fails.
        let nobody = format!("$argon2id$v=19$m={m},t={t},p={p}${}${}", encode(salt), encode(output));
        Ok(Self {
            params,
            places: Arc::new(Semaphore::new(config.hashing_concurrency)),
            nobody: nobody.into(),
        })
    }

    /// Hashes a new password.
    pub(crate) async fn hash(&self, password: Zeroizing<String>) -> Result<String, HashError> {
        let argon2 = self.argon2();
        self.run(move || Ok(argon2.hash_password(password.as_bytes()).map_err(failed)?.to_string())).await
    }

    /// Checks a password. Without a stored hash (no such account) it takes as long and answers no.
    pub(crate) async fn verify(
        &self,
        password: Zeroizing<String>,
        stored: Option<String>,
    ) -> Result<bool, HashError> {
        let argon2 = self.argon2();
        let known = stored.is_some();
        let stored = stored.unwrap_or_else(|| self.nobody.to_string());
        self.run(move || {
            let hash = PasswordHash::new(&stored).map_err(failed)?;
            let matches = argon2.verify_password(password.as_bytes(), &hash).is_ok();
            Ok(matches && known)
        })
        .await
    }

    /// Whether a stored hash was made with weaker or other parameters than the configured ones.
    pub(crate) fn is_outdated(&self, stored: &str) -> bool {
        let mine =
            format!("$m={},t={},p={}$", self.params.m_cost(), self.params.t_cost(), self.params.p_cost());
        !stored.contains(&mine)
    }

    fn argon2(&self) -> Argon2<'static> {
        Argon2::new(Algorithm::Argon2id, Version::V0x13, self.params.clone())
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, HashError> + Send + 'static,
    ) -> Result<T, HashError> {
        let place = self.places.clone().acquire_owned().await.map_err(failed)?;
        tokio::task::spawn_blocking(move || {
            let _held_while_hashing = place;
            work()
        })
        .await
        .map_err(failed)?
    }
}

impl std::fmt::Debug for Hasher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hasher { .. }")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hasher() -> Hasher {
        Hasher::new(&AuthConfig { argon2_memory_kib: 64, argon2_iterations: 1, ..AuthConfig::default() })
            .unwrap()
    }

    fn secret(text: &str) -> Zeroizing<String> {
        Zeroizing::new(text.to_owned())
    }

    #[tokio::test]
    async fn only_the_right_password_passes_and_nobody_has_one() {
        let hasher = hasher();
        let hash = hasher.hash(secret("lamp river stone")).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=64,t=1,p=1$"));
        assert!(hasher.verify(secret("lamp river stone"), Some(hash.clone())).await.unwrap());
        assert!(!hasher.verify(secret("lamp river stonE"), Some(hash.clone())).await.unwrap());
        assert!(!hasher.verify(secret("lamp river stone"), None).await.unwrap());
        assert!(!hasher.is_outdated(&hash));
        assert!(hasher.is_outdated("$argon2id$v=19$m=8,t=1,p=1$x$y"));
    }

    #[tokio::test]
    async fn the_hash_of_nobody_is_really_computed() {
        // Were it malformed, it would be refused before hashing, and the time would tell.
        assert!(PasswordHash::new(&hasher().nobody).is_ok());
    }
}
