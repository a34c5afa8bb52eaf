//! Sealing with HPKE (RFC 9180): DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM, base mode.

use hpke::aead::AesGcm256;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable};
use nija_core::{
    CredentialSecret, SEALING_INFO, SealedCredential, SealingKey, UserId, VaultError, VenueId, sealing_aad,
};
use std::fmt;
use zeroize::Zeroizing;

use super::data_key::{KeyId, SecretKey, short_digest};

/// Seals a credential's JSON (`{"key": ..., "secret": ..., "passphrase": ...}`) to the signer's key, as a device does
/// before anything leaves it.
///
/// # Errors
/// [`VaultError::UnknownSealingKey`] when the key is not an X25519 public key.
pub fn seal(
    key: &SealingKey,
    user: UserId,
    venue: &VenueId,
    plaintext_json: &[u8],
) -> Result<SealedCredential, VaultError> {
    let bad_key = |_| VaultError::UnknownSealingKey { key_id: key.key_id.clone() };
    let public = <X25519HkdfSha256 as Kem>::PublicKey::from_bytes(&key.public_key).map_err(bad_key)?;
    let (encapsulated, ciphertext) =
        hpke::single_shot_seal_with_rng::<AesGcm256, HkdfSha256, X25519HkdfSha256>(
            &OpModeS::Base,
            &public,
            SEALING_INFO,
            plaintext_json,
            &sealing_aad(user, venue, &key.key_id),
            &mut rand::rng(),
        )
        .map_err(bad_key)?;
    Ok(SealedCredential {
        key_id: key.key_id.clone(),
        encapsulated_key: encapsulated.to_bytes().to_vec(),
        ciphertext,
    })
}

/// [`seal`] from the parts of a credential.
///
/// # Errors
/// As [`seal`].
pub fn seal_credential(
    key: &SealingKey,
    user: UserId,
    venue: &VenueId,
    api_key: &str,
    secret: &str,
    passphrase: Option<&str>,
) -> Result<SealedCredential, VaultError> {
    #[derive(serde::Serialize)]
    struct Plaintext<'a> {
        key: &'a str,
        secret: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        passphrase: Option<&'a str>,
    }
    let plaintext = Plaintext { key: api_key, secret, passphrase };
    // A JSON escape takes at most six bytes for one: the buffer never moves and leaves a copy behind.
    let most = 64 + 6 * (api_key.len() + secret.len() + passphrase.map_or(0, str::len));
    let mut json = Zeroizing::new(Vec::with_capacity(most));
    serde_json::to_writer(&mut *json, &plaintext)
        .map_err(|_| VaultError::Malformed("it has no JSON form"))?;
    seal(key, user, venue, &json)
}

/// One of the signer's key pairs. The private half wipes itself when dropped.
pub(crate) struct SealingPair {
    pub(crate) id: KeyId,
    private: <X25519HkdfSha256 as Kem>::PrivateKey,
    public: Vec<u8>,
}

impl SealingPair {
    /// The pair of a private key. The public half is computed, never stored: whoever can write the database must not be
    /// able to publish a key of their own.
    pub(crate) fn new(private: &SecretKey) -> Result<Self, VaultError> {
        let private = <X25519HkdfSha256 as Kem>::PrivateKey::from_bytes(private.as_slice())
            .map_err(|_| VaultError::Envelope("its content is not a sealing key"))?;
        let public = X25519HkdfSha256::sk_to_pk(&private).to_bytes().to_vec();
        Ok(Self { id: short_digest("nija sealing key id", &[&public]), private, public })
    }

    /// What is published.
    pub(crate) fn published(&self) -> SealingKey {
        SealingKey { key_id: sealing_key_id(&self.id), public_key: self.public.clone() }
    }

    /// Opens what [`seal`] made for this user, venue and key.
    pub(crate) fn open(
        &self,
        user: UserId,
        venue: &VenueId,
        sealed: &SealedCredential,
    ) -> Result<CredentialSecret, VaultError> {
        let encapsulated = <X25519HkdfSha256 as Kem>::EncappedKey::from_bytes(&sealed.encapsulated_key)
            .map_err(|_| VaultError::NotOpened)?;
        let json = hpke::single_shot_open::<AesGcm256, HkdfSha256, X25519HkdfSha256>(
            &OpModeR::Base,
            &self.private,
            &encapsulated,
            SEALING_INFO,
            &sealed.ciphertext,
            &sealing_aad(user, venue, &sealed.key_id),
        )
        .map(Zeroizing::new)
        .map_err(|_| VaultError::NotOpened)?;
        super::parse_sealed_json(&json)
    }
}

/// A sealing key's name as text: it is a digest of the public key, so that a device can check that the two belong together.
pub(crate) fn sealing_key_id(id: &KeyId) -> String {
    hex::encode(id)
}

impl fmt::Debug for SealingPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealingPair({})", sealing_key_id(&self.id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The published vector of this very suite (mode 0, KEM 0x0020, KDF 0x0001, AEAD 0x0002, first encryption) from the
    /// test vectors that accompany RFC 9180.
    #[test]
    fn the_suite_is_the_one_of_rfc_9180() {
        let unhex = |text: &str| hex::decode(text).unwrap();
        let private = <X25519HkdfSha256 as Kem>::PrivateKey::from_bytes(&unhex(
            "497b4502664cfea5d5af0b39934dac72242a74f8480451e1aee7d6a53320333d",
        ))
        .unwrap();
        let encapsulated = <X25519HkdfSha256 as Kem>::EncappedKey::from_bytes(&unhex(
            "6c93e09869df3402d7bf231bf540fadd35cd56be14f97178f0954db94b7fc256",
        ))
        .unwrap();
        let opened = hpke::single_shot_open::<AesGcm256, HkdfSha256, X25519HkdfSha256>(
            &OpModeR::Base,
            &private,
            &encapsulated,
            &unhex("4f6465206f6e2061204772656369616e2055726e"),
            &unhex(
                "e5d84cd531cfb583096e7cfa9641bd3079cf3a91cda813c52deb5f512be9931980a41de125a925cdad859d5b7a",
            ),
            &unhex("436f756e742d30"),
        )
        .unwrap();
        assert_eq!(opened, b"Beauty is truth, truth beauty");
    }

    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Vector {
        throwaway_private_key: String,
        public_key: String,
        key_id: String,
        user: UserId,
        venue: VenueId,
        plaintext: String,
        encapsulated_key: String,
        ciphertext: String,
    }

    /// Frozen, and for every other implementation to check itself against.
    #[test]
    fn what_a_device_sealed_in_version_1_opens() {
        let text = include_str!("../../tests/vectors/sealed-v1.json");
        let vector: Vector = serde_json::from_str(text).unwrap();
        let mut private = SecretKey::default();
        hex::decode_to_slice(&vector.throwaway_private_key, private.as_mut_slice()).unwrap();
        let pair = SealingPair::new(&private).unwrap();
        assert_eq!(hex::encode(&pair.published().public_key), vector.public_key);
        assert_eq!(pair.published().key_id, vector.key_id);
        let sealed = SealedCredential {
            key_id: vector.key_id,
            encapsulated_key: hex::decode(vector.encapsulated_key).unwrap(),
            ciphertext: hex::decode(vector.ciphertext).unwrap(),
        };
        let opened = pair.open(vector.user, &vector.venue, &sealed).unwrap();
        let expected = super::super::parse_sealed_json(vector.plaintext.as_bytes()).unwrap();
        assert_eq!(opened.expose_key("test"), expected.expose_key("test"));
        assert_eq!(opened.expose_secret("test"), expected.expose_secret("test"));
        assert_eq!(opened.expose_passphrase("test"), Some("pass\nphrase"));
    }
}
