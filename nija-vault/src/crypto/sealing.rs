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
    seal_with(SEALING_INFO, key, user, venue, plaintext_json)
}

/// Seals for a purpose that `info` names.
pub(super) fn seal_with(
    info: &[u8],
    key: &SealingKey,
    user: UserId,
    venue: &VenueId,
    plaintext: &[u8],
) -> Result<SealedCredential, VaultError> {
    let aad = sealing_aad(user, venue, &key.key_id);
    let (encapsulated_key, ciphertext) = seal_to(&key.public_key, info, &aad, plaintext, &mut rand::rng())
        .map_err(|_| VaultError::UnknownSealingKey { key_id: key.key_id.clone() })?;
    Ok(SealedCredential { key_id: key.key_id.clone(), encapsulated_key, ciphertext })
}

/// HPKE's single shot: the encapsulated key and the ciphertext.
fn seal_to(
    public_key: &[u8],
    info: &[u8],
    aad: &[u8],
    plaintext: &[u8],
    randomness: &mut impl rand::CryptoRng,
) -> Result<(Vec<u8>, Vec<u8>), hpke::HpkeError> {
    let public = <X25519HkdfSha256 as Kem>::PublicKey::from_bytes(public_key)?;
    let (encapsulated, ciphertext) = hpke::single_shot_seal_with_rng::<
        AesGcm256,
        HkdfSha256,
        X25519HkdfSha256,
    >(&OpModeS::Base, &public, info, plaintext, aad, randomness)?;
    Ok((encapsulated.to_bytes().to_vec(), ciphertext))
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
    seal(key, user, venue, &credential_json(api_key, secret, passphrase)?)
}

/// The JSON that is sealed.
pub(super) fn credential_json(
    api_key: &str,
    secret: &str,
    passphrase: Option<&str>,
) -> Result<Zeroizing<Vec<u8>>, VaultError> {
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
    Ok(json)
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
        let aad = sealing_aad(user, venue, &sealed.key_id);
        let json = self.open_with(SEALING_INFO, &aad, &sealed.encapsulated_key, &sealed.ciphertext)?;
        super::parse_sealed_json(&json)
    }

    /// HPKE's single shot, back.
    pub(crate) fn open_with(
        &self,
        info: &[u8],
        aad: &[u8],
        encapsulated_key: &[u8],
        ciphertext: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let encapsulated = <X25519HkdfSha256 as Kem>::EncappedKey::from_bytes(encapsulated_key)
            .map_err(|_| VaultError::NotOpened)?;
        hpke::single_shot_open::<AesGcm256, HkdfSha256, X25519HkdfSha256>(
            &OpModeR::Base,
            &self.private,
            &encapsulated,
            info,
            ciphertext,
            aad,
        )
        .map(Zeroizing::new)
        .map_err(|_| VaultError::NotOpened)
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

    /// Gives out what it was made with, once.
    struct Given(Vec<u8>);

    impl rand::TryRng for Given {
        type Error = std::convert::Infallible;

        fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
            panic!("nothing asks for a number")
        }

        fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
            panic!("nothing asks for a number")
        }

        fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
            assert_eq!(bytes.len(), self.0.len(), "asked for once, and for all of it");
            bytes.copy_from_slice(&std::mem::take(&mut self.0));
            Ok(())
        }
    }

    impl rand::TryCryptoRng for Given {}

    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Rfc9180 {
        #[serde(rename = "source")]
        _source: String,
        info: String,
        ikm_e: String,
        sk_rm: String,
        pk_rm: String,
        enc: String,
        key: String,
        base_nonce: String,
        encryptions: Vec<Encryption>,
    }

    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Encryption {
        sequence: u64,
        aad: String,
        plaintext: String,
        ciphertext: String,
    }

    fn unhex(text: &str) -> Vec<u8> {
        hex::decode(text).unwrap()
    }

    fn secret(text: &str) -> SecretKey {
        let mut key = SecretKey::default();
        hex::decode_to_slice(text, key.as_mut_slice()).unwrap();
        key
    }

    /// Both ways through what devices and the signer call, and the key schedule's outcome through the envelope's cipher.
    #[test]
    fn the_vector_of_rfc_9180_for_this_suite_passes_through_both_ends() {
        let vector: Rfc9180 = serde_json::from_str(include_str!("../../tests/vectors/rfc9180.json")).unwrap();
        let (info, first) = (unhex(&vector.info), &vector.encryptions[0]);
        assert_eq!(first.sequence, 0);
        let (encapsulated, ciphertext) = seal_to(
            &unhex(&vector.pk_rm),
            &info,
            &unhex(&first.aad),
            &unhex(&first.plaintext),
            &mut Given(unhex(&vector.ikm_e)),
        )
        .unwrap();
        assert_eq!(hex::encode(&encapsulated), vector.enc);
        assert_eq!(hex::encode(&ciphertext), first.ciphertext);

        let pair = SealingPair::new(&secret(&vector.sk_rm)).unwrap();
        assert_eq!(hex::encode(&pair.public), vector.pk_rm);
        let opened = pair.open_with(&info, &unhex(&first.aad), &encapsulated, &ciphertext).unwrap();
        assert_eq!(hex::encode(&*opened), first.plaintext);

        let key = super::super::DataKey::new([0; 16], &secret(&vector.key)).unwrap();
        for encryption in &vector.encryptions {
            let mut nonce: [u8; 12] = unhex(&vector.base_nonce).try_into().unwrap();
            for (byte, of_sequence) in nonce[4..].iter_mut().zip(encryption.sequence.to_be_bytes()) {
                *byte ^= of_sequence;
            }
            let mut buffer = Zeroizing::new(unhex(&encryption.ciphertext));
            key.decrypt(nonce, &unhex(&encryption.aad), &mut buffer).unwrap();
            assert_eq!(hex::encode(&*buffer), encryption.plaintext, "sequence {}", encryption.sequence);
        }
    }

    #[test]
    fn no_flipped_bit_of_what_a_device_sealed_opens() {
        let pair = SealingPair::new(&super::super::data_key::random_key().unwrap()).unwrap();
        let (info, aad) = (b"info", b"aad");
        let (encapsulated, ciphertext) = seal_to(&pair.public, info, aad, b"{}", &mut rand::rng()).unwrap();
        pair.open_with(info, aad, &encapsulated, &ciphertext).unwrap();
        for bit in 0..(ciphertext.len() * 8) {
            let mut bad = ciphertext.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            let opened = pair.open_with(info, aad, &encapsulated, &bad);
            assert_eq!(opened.unwrap_err(), VaultError::NotOpened, "bit {bit} of the ciphertext");
        }
        for bit in 0..(encapsulated.len() * 8) {
            let mut bad = encapsulated.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            // X25519 ignores the topmost bit, but HPKE binds the bytes as they came.
            let opened = pair.open_with(info, aad, &bad, &ciphertext);
            assert_eq!(opened.unwrap_err(), VaultError::NotOpened, "bit {bit} of the encapsulated key");
        }
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
