//! What a device encrypts for custody mode `session`, before it seals it to the signer.
//!
//! Format 1: `NJSL`, 1 (1 byte), nonce (12), ciphertext and tag of the credential's JSON. AES-256-GCM under a key that the device
//! derives from the user's passphrase (Argon2id); the additional data binds user and venue. The vault keeps this inside an envelope of
//! its own and can open it only while it is told the key.

use nija_core::{CredentialSecret, KeyDerivation, SealedCredential, SealingKey, UserId, VaultError, VenueId};
use zeroize::Zeroizing;

use super::data_key::{DataKey, NONCE_LEN, SecretKey, TAG_LEN, random};
use super::passphrase::{LANES, MEMORY_KIB, PASSES, derive};
use super::sealing::{SealingPair, credential_json, seal_with};

const MAGIC: &[u8] = b"NJSL\x01";
const UNLOCK_INFO: &[u8] = b"nija-unlock-v1";

/// A device's key to its `session` credentials.
pub struct UnlockKey {
    bytes: SecretKey,
    derivation: KeyDerivation,
}

impl UnlockKey {
    /// Derives a new key with a fresh salt.
    ///
    /// # Errors
    /// [`VaultError::Root`] when there is not enough memory; [`VaultError::Storage`] when there is no randomness.
    pub fn new(passphrase: &str) -> Result<Self, VaultError> {
        let salt: [u8; 16] = random()?;
        let derivation =
            KeyDerivation { salt: hex::encode(salt), memory_kib: MEMORY_KIB, passes: PASSES, lanes: LANES };
        Ok(Self { bytes: derive(passphrase, &salt)?, derivation })
    }

    /// Derives the key again, on this or another device of the user.
    ///
    /// # Errors
    /// [`VaultError::Malformed`] when this version does not derive in that way.
    pub fn again(passphrase: &str, derivation: KeyDerivation) -> Result<Self, VaultError> {
        const UNKNOWN: VaultError =
            VaultError::Malformed("this version does not know that way to derive a key");
        // A server must not be able to ask for a weaker derivation.
        if !Self::is_known(derivation.memory_kib, derivation.passes, derivation.lanes) {
            return Err(UNKNOWN);
        }
        let mut salt = [0u8; 16];
        hex::decode_to_slice(&derivation.salt, &mut salt).map_err(|_| UNKNOWN)?;
        Ok(Self { bytes: derive(passphrase, &salt)?, derivation })
    }

    /// Whether this version derives with these costs: a server must not take a weaker lock for this one.
    #[must_use]
    pub const fn is_known(memory_kib: u32, passes: u32, lanes: u32) -> bool {
        memory_kib == MEMORY_KIB && passes == PASSES && lanes == LANES
    }

    /// How it was derived; the vault keeps this.
    #[must_use]
    pub const fn derivation(&self) -> &KeyDerivation {
        &self.derivation
    }

    /// Encrypts a credential under this key and seals it to the signer, for [`Custody::store_locked`](nija_core::Custody).
    ///
    /// # Errors
    /// As [`seal`](crate::seal).
    pub fn seal_credential(
        &self,
        key: &SealingKey,
        user: UserId,
        venue: &VenueId,
        api_key: &str,
        secret: &str,
        passphrase: Option<&str>,
    ) -> Result<SealedCredential, VaultError> {
        let json = credential_json(api_key, secret, passphrase)?;
        let nonce: [u8; NONCE_LEN] = random()?;
        let mut locked = [MAGIC, &nonce, json.as_slice()].concat();
        let tag = DataKey::new([0; 16], &self.bytes)?.encrypt(
            nonce,
            &aad(user, venue),
            locked.get_mut(MAGIC.len() + NONCE_LEN..).unwrap_or_default(),
        )?;
        locked.extend_from_slice(tag.as_ref());
        seal_with(nija_core::SEALING_INFO, key, user, venue, &locked)
    }

    /// Seals this key to the signer, for [`Custody::unlock`](nija_core::Custody).
    ///
    /// # Errors
    /// As [`seal`](crate::seal).
    pub fn seal_unlock(
        &self,
        key: &SealingKey,
        user: UserId,
        venue: &VenueId,
    ) -> Result<SealedCredential, VaultError> {
        seal_with(UNLOCK_INFO, key, user, venue, self.bytes.as_slice())
    }
}

impl std::fmt::Debug for UnlockKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("UnlockKey { .. }")
    }
}

fn aad(user: UserId, venue: &VenueId) -> Vec<u8> {
    let mut bytes = b"nija session".to_vec();
    bytes.extend_from_slice(user.as_uuid().as_bytes());
    bytes.extend_from_slice(venue.as_str().as_bytes());
    bytes
}

/// Whether bytes have the form of a locked credential.
pub(crate) fn is_locked(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC) && bytes.len() > MAGIC.len() + NONCE_LEN + TAG_LEN
}

/// Opens a locked credential with the device's key.
pub(crate) fn open_locked(
    key: &DataKey,
    user: UserId,
    venue: &VenueId,
    locked: &[u8],
) -> Result<CredentialSecret, VaultError> {
    let body = locked.strip_prefix(MAGIC).ok_or(VaultError::NotOpened)?;
    let (nonce, body) = body.split_first_chunk::<NONCE_LEN>().ok_or(VaultError::NotOpened)?;
    let mut buffer = Zeroizing::new(body.to_vec());
    key.decrypt(*nonce, &aad(user, venue), &mut buffer).map_err(|_| VaultError::NotOpened)?;
    super::parse_sealed_json(&buffer)
}

impl SealingPair {
    /// Opens what a device sealed with [`UnlockKey::seal_credential`], down to what the device's key opens.
    pub(crate) fn open_outer(
        &self,
        user: UserId,
        venue: &VenueId,
        sealed: &SealedCredential,
    ) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let aad = nija_core::sealing_aad(user, venue, &sealed.key_id);
        let inner =
            self.open_with(nija_core::SEALING_INFO, &aad, &sealed.encapsulated_key, &sealed.ciphertext)?;
        if is_locked(&inner) {
            Ok(inner)
        } else {
            Err(VaultError::Malformed("it is not locked by a device's key"))
        }
    }

    /// Opens what a device sealed with [`UnlockKey::seal_unlock`].
    pub(crate) fn open_unlock(
        &self,
        user: UserId,
        venue: &VenueId,
        sealed: &SealedCredential,
    ) -> Result<DataKey, VaultError> {
        let aad = nija_core::sealing_aad(user, venue, &sealed.key_id);
        let bytes = self.open_with(UNLOCK_INFO, &aad, &sealed.encapsulated_key, &sealed.ciphertext)?;
        let mut key = SecretKey::default();
        if bytes.len() != key.len() {
            return Err(VaultError::Malformed("it is not a derived key"));
        }
        key.copy_from_slice(&bytes);
        DataKey::new([0; 16], &key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize)]
    struct Vector {
        passphrase: String,
        derivation: KeyDerivation,
        key: String,
        user: UserId,
        venue: VenueId,
        plaintext: String,
        locked: String,
    }

    /// Made by the dashboard's libraries, and frozen: what one device locked, every other must derive and open alike.
    #[test]
    fn what_another_implementation_derived_and_locked_opens() {
        let vector: Vector =
            serde_json::from_str(include_str!("../../tests/vectors/session-v1.json")).unwrap();
        let again = UnlockKey::again(&vector.passphrase, vector.derivation.clone()).unwrap();
        assert_eq!(hex::encode(again.bytes.as_slice()), vector.key);
        let key = DataKey::new([0; 16], &again.bytes).unwrap();
        let locked = hex::decode(&vector.locked).unwrap();
        assert!(is_locked(&locked));
        let opened = open_locked(&key, vector.user, &vector.venue, &locked).unwrap();
        let expected = super::super::parse_sealed_json(vector.plaintext.as_bytes()).unwrap();
        assert_eq!(opened.expose_secret("test"), expected.expose_secret("test"));
        let elsewhere = VenueId::new("kraken").unwrap();
        assert!(open_locked(&key, vector.user, &elsewhere, &locked).is_err());
        let weaker = KeyDerivation { memory_kib: 8, ..vector.derivation };
        assert!(UnlockKey::again(&vector.passphrase, weaker).is_err());
    }
}
