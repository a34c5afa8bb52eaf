//! Sealing keys that the vault signed: a device that pinned the vault's public key seals to nothing else.

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::seal::SEALING_SUITE;
use crate::wire::SealingKey;

/// What is signed: this, then the payload as it is.
const DOMAIN: &[u8] = b"nija sealing keys\x01";

/// How far a device's clock may be behind the vault's.
const SKEW_MICROS: i64 = 10 * 60 * 1_000_000;

/// A signed list of sealing keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PublishedKeys {
    /// JSON, signed as the text that it is.
    pub payload: String,
    /// Who says that it signed, hexadecimal. It is not believed.
    pub signer: String,
    /// Ed25519, hexadecimal.
    pub signature: String,
}

#[derive(Deserialize)]
struct Payload {
    issued_at_micros: i64,
    expires_at_micros: i64,
    keys: Vec<Key>,
}

#[derive(Deserialize)]
struct Key {
    key_id: String,
    public_key: String,
}

/// Why a list of keys must not be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PinError {
    /// Signed by somebody else, or changed.
    #[error("the sealing keys are not signed by the pinned key")]
    NotSigned,
    /// Not of now: somebody may be showing an old list.
    #[error("the sealing keys are out of date, or this device's clock is wrong")]
    OutOfDate,
    /// Signed, and not a list of keys that this version knows.
    #[error("the sealing keys cannot be read")]
    Malformed,
}

/// A vault's public key from its 64 hexadecimal digits, as `nija vault status` prints it.
///
/// # Errors
/// [`PinError::NotSigned`] when it is none.
pub fn parse_pin(text: &str) -> Result<[u8; 32], PinError> {
    let mut pin = [0; 32];
    hex::decode_to_slice(text.trim(), &mut pin).map_err(|_| PinError::NotSigned)?;
    Ok(pin)
}

impl PublishedKeys {
    /// The keys of the list, the one to seal to first, if `pinned` signed it and it is good at `now_micros` (microseconds
    /// since 1970 UTC).
    ///
    /// # Errors
    /// [`PinError`]; the list must not be used then.
    pub fn verify(&self, pinned: &[u8; 32], now_micros: i64) -> Result<Vec<SealingKey>, PinError> {
        let signature = hex::decode(&self.signature).map_err(|_| PinError::NotSigned)?;
        UnparsedPublicKey::new(&ED25519, pinned)
            .verify(&[DOMAIN, self.payload.as_bytes()].concat(), &signature)
            .map_err(|_| PinError::NotSigned)?;
        let payload: Payload = serde_json::from_str(&self.payload).map_err(|_| PinError::Malformed)?;
        if now_micros >= payload.expires_at_micros
            || now_micros < payload.issued_at_micros.saturating_sub(SKEW_MICROS)
        {
            return Err(PinError::OutOfDate);
        }
        let keys = payload
            .keys
            .into_iter()
            .map(|key| {
                let public = hex::decode(&key.public_key).ok().filter(|bytes| bytes.len() == 32);
                let public_key = STANDARD.encode(public.ok_or(PinError::Malformed)?);
                Ok(SealingKey { key_id: key.key_id, public_key, suite: SEALING_SUITE.to_owned() })
            })
            .collect::<Result<Vec<_>, _>>()?;
        if keys.is_empty() { Err(PinError::Malformed) } else { Ok(keys) }
    }

    /// Who the list says that it is signed by: what a device without a pin pins at its first use, once
    /// [`PublishedKeys::verify`] has passed with it.
    ///
    /// # Errors
    /// [`PinError::NotSigned`] when it names no key.
    pub fn claimed_signer(&self) -> Result<[u8; 32], PinError> {
        parse_pin(&self.signer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};

    /// Made by a vault; its key was thrown away.
    const FROZEN: &str = include_str!("../tests/published-keys.json");
    const HOUR: i64 = 3_600_000_000;

    #[derive(Deserialize)]
    struct Frozen {
        pinned: String,
        issued_at_micros: i64,
        keys: PublishedKeys,
    }

    fn frozen() -> ([u8; 32], i64, PublishedKeys) {
        let frozen: Frozen = serde_json::from_str(FROZEN).expect("JSON");
        let mut pinned = [0; 32];
        hex::decode_to_slice(frozen.pinned, &mut pinned).expect("hexadecimal");
        (pinned, frozen.issued_at_micros, frozen.keys)
    }

    #[test]
    fn a_list_that_a_vault_signed_is_taken_while_it_is_good() {
        let (pinned, issued, list) = frozen();
        let keys = list.verify(&pinned, issued + HOUR).expect("good");
        assert_eq!(keys.len(), 2, "one in use, and the one before");
        assert!(crate::associated_data("user", "venue", &keys[0].key_id).is_ok());
        assert!(list.verify(&pinned, issued - HOUR / 12).is_ok(), "a clock may be a little behind");
        assert_eq!(list.verify(&pinned, issued - HOUR), Err(PinError::OutOfDate));
        assert_eq!(list.verify(&pinned, issued + 24 * HOUR), Err(PinError::OutOfDate));
    }

    #[test]
    fn what_was_changed_or_signed_by_another_is_refused() {
        let (pinned, issued, good) = frozen();
        let stranger = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).expect("seed");
        let mut other = [0; 32];
        other.copy_from_slice(stranger.public_key().as_ref());
        assert_eq!(good.verify(&other, issued), Err(PinError::NotSigned));
        let mut changed = good.clone();
        changed.payload = changed.payload.replacen("key_id\":\"", "key_id\":\"0", 1);
        assert_eq!(changed.verify(&pinned, issued), Err(PinError::NotSigned));
        // A stranger's list that says of itself that the vault signed it.
        let forged = PublishedKeys {
            signature: hex::encode(stranger.sign(&[DOMAIN, good.payload.as_bytes()].concat())),
            ..good.clone()
        };
        assert_eq!(forged.verify(&pinned, issued), Err(PinError::NotSigned));
        // Something else that the vault signed is not a list.
        let without_domain =
            PublishedKeys { signature: hex::encode(stranger.sign(good.payload.as_bytes())), ..good };
        assert_eq!(without_domain.verify(&other, issued), Err(PinError::NotSigned));
    }
}
