//! Sealing a venue's key pair to the signer, as `wire::SealingKey` documents it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hpke::aead::AesGcm256;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable, Kem, OpModeS, Serializable};
use zeroize::Zeroizing;

use crate::error::ClientError;
use crate::wire::{CredentialPlaintext, SealedBlob, SealingKey, StoreCredential};

/// The only suite there is.
pub const SEALING_SUITE: &str = "DHKEM_X25519_HKDF_SHA256-HKDF_SHA256-AES_256_GCM";
/// HPKE's `info`.
pub const SEALING_INFO: &[u8] = b"nija-credential-v1";

/// Seals `plaintext` for `user_id` at `venue`. What comes out opens only in the signer that owns `key`, and only for
/// this user, venue and key.
///
/// # Errors
/// [`ClientError::Sealing`] when `key` is of another suite or not a key, or the system has no randomness;
/// [`ClientError::Invalid`] when an id holds a zero byte, which would blur where it ends.
pub fn seal_credential(
    user_id: &str,
    venue: &str,
    label: &str,
    key: &SealingKey,
    plaintext: &CredentialPlaintext,
) -> Result<StoreCredential, ClientError> {
    let json = credential_json(plaintext)?;
    let SealedBlob { key_id, encapsulated_key, ciphertext } =
        seal_bytes(SEALING_INFO, user_id, venue, key, &json)?;
    Ok(StoreCredential {
        venue: venue.to_owned(),
        label: label.to_owned(),
        key_id,
        encapsulated_key,
        ciphertext,
    })
}

/// The JSON of a credential, in memory that is wiped.
pub(crate) fn credential_json(plaintext: &CredentialPlaintext) -> Result<Zeroizing<Vec<u8>>, ClientError> {
    let mut json = Zeroizing::new(Vec::with_capacity(512));
    serde_json::to_writer(&mut *json, plaintext).map_err(|error| ClientError::Sealing(error.to_string()))?;
    Ok(json)
}

/// Seals bytes for `user_id` at `venue`; `info` says what they are.
pub(crate) fn seal_bytes(
    info: &[u8],
    user_id: &str,
    venue: &str,
    key: &SealingKey,
    plaintext: &[u8],
) -> Result<SealedBlob, ClientError> {
    if key.suite != SEALING_SUITE {
        return Err(ClientError::Sealing(format!("this version does not know the suite {}", key.suite)));
    }
    let aad = associated_data(user_id, venue, &key.key_id)?;
    let recipient = recipient(&key.public_key)?;
    let (encapsulated, ciphertext) =
        hpke::single_shot_seal_with_rng::<AesGcm256, HkdfSha256, X25519HkdfSha256>(
            &OpModeS::Base,
            &recipient,
            info,
            plaintext,
            &aad,
            &mut rand::rng(),
        )
        .map_err(|error| ClientError::Sealing(error.to_string()))?;
    Ok(SealedBlob {
        key_id: key.key_id.clone(),
        encapsulated_key: STANDARD.encode(encapsulated.to_bytes()),
        ciphertext: STANDARD.encode(ciphertext),
    })
}

/// What binds a sealed credential to its user, venue and key.
///
/// # Errors
/// [`ClientError::Invalid`] when a part holds a zero byte.
pub fn associated_data(user_id: &str, venue: &str, key_id: &str) -> Result<Vec<u8>, ClientError> {
    let parts = [user_id, venue, key_id];
    if parts.iter().any(|part| part.contains('\0')) {
        return Err(ClientError::Invalid("an id holds a zero byte".to_owned()));
    }
    Ok(parts.join("\0").into_bytes())
}

fn recipient(public_key: &str) -> Result<<X25519HkdfSha256 as Kem>::PublicKey, ClientError> {
    let bytes = STANDARD.decode(public_key).map_err(|error| ClientError::Sealing(error.to_string()))?;
    <X25519HkdfSha256 as Kem>::PublicKey::from_bytes(&bytes)
        .map_err(|error| ClientError::Sealing(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hpke::{OpModeR, single_shot_open};

    /// Made by another implementation (pyhpke); the same vector holds the app's sealing.
    const VECTOR: &str = include_str!("../tests/hpke-vector.json");

    fn vector(field: &str) -> String {
        let vector: serde_json::Value = serde_json::from_str(VECTOR).expect("JSON");
        vector[field].as_str().expect(field).to_owned()
    }

    fn open(user: &str, venue: &str, key_id: &str, encapsulated: &str, sealed: &str) -> Option<Vec<u8>> {
        let private = STANDARD.decode(vector("recipientPrivateKey")).expect("base64");
        let private = <X25519HkdfSha256 as Kem>::PrivateKey::from_bytes(&private).expect("key");
        let encapsulated = STANDARD.decode(encapsulated).expect("base64");
        let encapsulated = <X25519HkdfSha256 as Kem>::EncappedKey::from_bytes(&encapsulated).expect("key");
        single_shot_open::<AesGcm256, HkdfSha256, X25519HkdfSha256>(
            &OpModeR::Base,
            &private,
            &encapsulated,
            SEALING_INFO,
            &STANDARD.decode(sealed).expect("base64"),
            &associated_data(user, venue, key_id).expect("clean"),
        )
        .ok()
    }

    fn sealing_key() -> SealingKey {
        SealingKey {
            key_id: vector("keyId"),
            public_key: vector("recipientPublicKey"),
            suite: SEALING_SUITE.to_owned(),
        }
    }

    fn key_pair() -> CredentialPlaintext {
        CredentialPlaintext { key: "k".to_owned(), secret: "s\"ä".to_owned(), passphrase: None }
    }

    #[test]
    fn the_frozen_vector_of_another_implementation_opens() {
        let opened = open(
            &vector("userId"),
            &vector("venue"),
            &vector("keyId"),
            &vector("encapsulatedKey"),
            &vector("ciphertext"),
        );
        assert_eq!(opened.expect("opens"), vector("plaintext").as_bytes());
    }

    #[test]
    fn what_is_sealed_opens_for_its_user_venue_and_key_only() {
        let sealed = seal_credential("u1", "kraken", "main", &sealing_key(), &key_pair()).expect("seals");
        assert_eq!((sealed.venue.as_str(), sealed.label.as_str()), ("kraken", "main"));
        let open_as = |user: &str, venue: &str, key_id: &str| {
            open(user, venue, key_id, &sealed.encapsulated_key, &sealed.ciphertext)
        };
        let opened = open_as("u1", "kraken", &sealed.key_id).expect("opens");
        assert_eq!(opened, "{\"key\":\"k\",\"secret\":\"s\\\"ä\"}".as_bytes());
        assert_eq!(open_as("u2", "kraken", &sealed.key_id), None);
        assert_eq!(open_as("u1", "coinbase", &sealed.key_id), None);
        assert_eq!(open_as("u1", "kraken", "other"), None);
    }

    #[test]
    fn each_sealing_differs() {
        let one = seal_credential("u", "v", "l", &sealing_key(), &key_pair()).expect("seals");
        let two = seal_credential("u", "v", "l", &sealing_key(), &key_pair()).expect("seals");
        assert_ne!(one.encapsulated_key, two.encapsulated_key);
        assert_ne!(one.ciphertext, two.ciphertext);
    }

    #[test]
    fn keys_that_cannot_be_trusted_are_refused() {
        let other_suite = SealingKey { suite: "other".to_owned(), ..sealing_key() };
        let short = SealingKey { public_key: STANDARD.encode([1; 31]), ..sealing_key() };
        // The all-zero point would make the shared secret known to everyone.
        let zero = SealingKey { public_key: STANDARD.encode([0; 32]), ..sealing_key() };
        let garbage = SealingKey { public_key: "not base64!".to_owned(), ..sealing_key() };
        for key in [other_suite, short, zero, garbage] {
            let refused = seal_credential("u", "v", "l", &key, &key_pair());
            assert!(matches!(refused, Err(ClientError::Sealing(_))), "{key:?}");
        }
        let blurred = seal_credential("u\0v", "v", "l", &sealing_key(), &key_pair());
        assert!(matches!(blurred, Err(ClientError::Invalid(_))));
    }
}
