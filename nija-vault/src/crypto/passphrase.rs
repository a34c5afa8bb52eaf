//! A root that is derived from a passphrase: Argon2id, and the root's id is the salt, so that the envelope of the
//! key-encryption key says all that deriving takes besides the passphrase.

use argon2::{Algorithm, Argon2, Params, Version};
use nija_core::VaultError;

use super::Root;
use super::data_key::{DataKey, KeyId, SecretKey, random};

/// RFC 9106's second recommended set: 64 MiB, three passes, four lanes. Another set needs another way to name itself:
/// whoever changes these numbers locks every vault that was made with them.
pub(super) const MEMORY_KIB: u32 = 64 * 1024;
pub(super) const PASSES: u32 = 3;
pub(super) const LANES: u32 = 4;

/// A shorter one is guessed offline by whoever copies the database.
const LEAST_LENGTH: usize = 12;

/// 32 bytes from a passphrase and a salt.
pub(crate) fn derive(passphrase: &str, salt: &KeyId) -> Result<SecretKey, VaultError> {
    const FAILED: &str = "the key could not be derived: is there enough memory (64 MiB)?";
    let failed = |_| VaultError::Root(FAILED.into());
    let params = Params::new(MEMORY_KIB, PASSES, LANES, Some(32)).map_err(failed)?;
    let mut key = SecretKey::default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.as_bytes(), salt, key.as_mut_slice())
        .map_err(failed)?;
    Ok(key)
}

impl Root {
    /// Derives the root of an existing vault, whose root id is known, or of a new one.
    pub(crate) fn from_passphrase(passphrase: &str, existing: Option<KeyId>) -> Result<Self, VaultError> {
        let salt = match existing {
            Some(salt) => salt,
            None if passphrase.chars().count() < LEAST_LENGTH => {
                return Err(VaultError::Root(format!(
                    "the passphrase has fewer than {LEAST_LENGTH} characters"
                )));
            }
            None => random()?,
        };
        DataKey::new(salt, &derive(passphrase, &salt)?).map(Self::guessed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by the reference implementation (argon2-cffi 25.1: `hash_secret_raw`, type ID, version 19).
    #[test]
    fn it_derives_what_the_reference_implementation_derives() {
        let key = derive("correct horse battery staple", b"0123456789abcdef").unwrap();
        assert_eq!(hex::encode(*key), REFERENCE);
    }

    const REFERENCE: &str = "efb51f9a76584f6dd6a4f7942a1a2f6ae5a6e4ec5142ff674dfd5d27eb45e446";

    #[test]
    fn a_short_passphrase_makes_no_new_vault_but_opens_an_old_one() {
        let refused = Root::from_passphrase("elevenchars", None);
        assert!(matches!(refused, Err(VaultError::Root(_))));
        let root = Root::from_passphrase("elevenchars", Some([7; 16])).unwrap();
        assert_eq!(root.key.id, [7; 16]);
    }

    #[test]
    fn two_vaults_with_one_passphrase_have_two_roots() {
        let one = Root::from_passphrase("the same words for both", None).unwrap();
        let two = Root::from_passphrase("the same words for both", None).unwrap();
        assert_ne!(one.key.id, two.key.id);
    }
}
