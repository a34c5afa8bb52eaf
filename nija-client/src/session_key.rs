//! Custody mode `session`: the key that unlocks a user's exchange key is derived here from a passphrase, and kept nowhere.

use argon2::{Algorithm, Argon2, Params, Version};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use zeroize::Zeroizing;

use crate::error::ClientError;
use crate::seal::{credential_json, seal_bytes};
use crate::wire::{CredentialPlaintext, KeyDerivation, SealedBlob, SealingKey};

const MAGIC: &[u8] = b"NJSL\x01";
const UNLOCK_INFO: &[u8] = b"nija-unlock-v1";
/// The only costs there are: a server must not be able to ask for a weaker derivation.
const COSTS: (u32, u32, u32) = (64 * 1024, 3, 4);
/// A shorter passphrase is guessed offline by whoever copies the database.
const LEAST_LENGTH: usize = 12;

/// The derived key. Wiped when it is dropped.
pub(crate) struct SessionKey {
    bytes: Zeroizing<[u8; 32]>,
    derivation: KeyDerivation,
}

impl SessionKey {
    /// With a fresh salt, for a key that is stored now.
    pub(crate) fn new(passphrase: &str) -> Result<Self, ClientError> {
        if passphrase.chars().count() < LEAST_LENGTH {
            let what = format!("the passphrase has fewer than {LEAST_LENGTH} characters");
            return Err(ClientError::Invalid(what));
        }
        let mut salt = [0u8; 16];
        aws_lc_rs::rand::fill(&mut salt).map_err(|_| ClientError::Sealing("no randomness".to_owned()))?;
        let (memory_kib, passes, lanes) = COSTS;
        Self::again(passphrase, KeyDerivation { salt: hex::encode(salt), memory_kib, passes, lanes })
    }

    /// As it was derived before. Takes a part of a second and 64 MiB: not for a thread that others wait for.
    pub(crate) fn again(passphrase: &str, derivation: KeyDerivation) -> Result<Self, ClientError> {
        let unknown =
            || ClientError::Sealing("this version does not know that way to derive a key".to_owned());
        let failed =
            |_| ClientError::Sealing("the key could not be derived: is there enough memory?".to_owned());
        if (derivation.memory_kib, derivation.passes, derivation.lanes) != COSTS {
            return Err(unknown());
        }
        let mut salt = [0u8; 16];
        hex::decode_to_slice(&derivation.salt, &mut salt).map_err(|_| unknown())?;
        let params = Params::new(COSTS.0, COSTS.1, COSTS.2, Some(32)).map_err(failed)?;
        let mut bytes = Zeroizing::new([0u8; 32]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(passphrase.as_bytes(), &salt, bytes.as_mut_slice())
            .map_err(failed)?;
        Ok(Self { bytes, derivation })
    }

    pub(crate) fn derivation(&self) -> KeyDerivation {
        self.derivation.clone()
    }

    /// Locks a credential under this key and seals it to the signer.
    pub(crate) fn seal_credential(
        &self,
        key: &SealingKey,
        user_id: &str,
        venue: &str,
        plaintext: &CredentialPlaintext,
    ) -> Result<SealedBlob, ClientError> {
        let failed = |_| ClientError::Sealing("encryption failed".to_owned());
        let mut nonce = [0u8; 12];
        aws_lc_rs::rand::fill(&mut nonce).map_err(failed)?;
        let mut json = credential_json(plaintext)?;
        let cipher = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, self.bytes.as_slice()).map_err(failed)?);
        let aad = Aad::from(lock_aad(user_id, venue)?);
        let tag = cipher
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), aad, &mut json)
            .map_err(failed)?;
        let locked = [MAGIC, &nonce, json.as_slice(), tag.as_ref()].concat();
        seal_bytes(crate::seal::SEALING_INFO, user_id, venue, key, &locked)
    }

    /// Seals this key to the signer.
    pub(crate) fn seal_unlock(
        &self,
        key: &SealingKey,
        user_id: &str,
        venue: &str,
    ) -> Result<SealedBlob, ClientError> {
        seal_bytes(UNLOCK_INFO, user_id, venue, key, self.bytes.as_slice())
    }
}

/// Binds a locked credential to its user and venue.
fn lock_aad(user_id: &str, venue: &str) -> Result<Vec<u8>, ClientError> {
    let user: uuid::Uuid =
        user_id.parse().map_err(|_| ClientError::Invalid("the user's id is not a UUID".to_owned()))?;
    Ok([b"nija session".as_slice(), user.as_bytes(), venue.as_bytes()].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by the dashboard's libraries: every device must derive and lock alike.
    const VECTOR: &str = include_str!("../../nija-vault/tests/vectors/session-v1.json");

    #[test]
    fn it_derives_and_locks_as_every_other_device() {
        let vector: serde_json::Value = serde_json::from_str(VECTOR).expect("JSON");
        let text = |field: &str| vector[field].as_str().expect("text").to_owned();
        let derivation: KeyDerivation =
            serde_json::from_value(vector["derivation"].clone()).expect("derivation");
        let key = SessionKey::again(&text("passphrase"), derivation.clone()).expect("derives");
        assert_eq!(hex::encode(*key.bytes), text("key"));
        let locked = hex::decode(text("locked")).expect("hex");
        let (head, sealed) = locked.split_at(MAGIC.len() + 12);
        assert!(head.starts_with(MAGIC));
        let nonce: [u8; 12] = head[MAGIC.len()..].try_into().expect("12");
        let cipher = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key.bytes.as_slice()).expect("key"));
        let mut buffer = sealed.to_vec();
        let aad = Aad::from(lock_aad(&text("user"), &text("venue")).expect("a UUID"));
        let opened =
            cipher.open_in_place(Nonce::assume_unique_for_key(nonce), aad, &mut buffer).expect("opens");
        assert_eq!(opened, text("plaintext").as_bytes());

        let weaker = KeyDerivation { memory_kib: 8, ..derivation };
        assert!(matches!(SessionKey::again("a passphrase", weaker), Err(ClientError::Sealing(_))));
        assert!(matches!(SessionKey::new("short"), Err(ClientError::Invalid(_))));
    }
}
