//! The sealing keys as devices get them: signed by the vault, so that whoever stands between (an API node, a proxy) cannot put a
//! key of their own in place of them.

use nija_core::VaultError;
use serde::{Deserialize, Serialize};
use std::time::Duration;

use super::{Inner, LocalVault};
use crate::HashiVault;

/// How long a list is good for: a device does not seal to keys of an older one.
const VALID: Duration = Duration::from_secs(24 * 3600);

/// What is signed: `nija sealing keys`, format 1 (1 byte), then the payload as it is.
const DOMAIN: &[u8] = b"nija sealing keys\x01";

/// A signed list of sealing keys. The payload is signed as the text that it is: nobody has to write JSON in a certain way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublishedKeys {
    /// JSON: `issued_at_micros`, `expires_at_micros`, and `keys`, each with `key_id`, `public_key` (hexadecimal) and
    /// `made_at_micros`. The first is the one to seal to; the others are still opened for.
    pub payload: String,
    /// The vault's public key, hexadecimal. It proves nothing unless it is the one that was pinned.
    pub signer: String,
    /// Ed25519, hexadecimal.
    pub signature: String,
}

#[derive(Serialize)]
struct Payload {
    issued_at_micros: i64,
    expires_at_micros: i64,
    keys: Vec<Key>,
}

#[derive(Serialize)]
struct Key {
    key_id: String,
    public_key: String,
    made_at_micros: i64,
}

impl LocalVault {
    /// The sealing keys, newest first, signed now.
    ///
    /// # Errors
    /// [`VaultError::Storage`] when signing fails.
    pub fn published_keys(&self) -> Result<PublishedKeys, VaultError> {
        self.inner.published_keys()
    }
}

impl HashiVault {
    /// As [`LocalVault::published_keys`].
    ///
    /// # Errors
    /// As there.
    pub fn published_keys(&self) -> Result<PublishedKeys, VaultError> {
        self.inner().published_keys()
    }
}

impl Inner {
    fn published_keys(&self) -> Result<PublishedKeys, VaultError> {
        let (keyring, now) = (self.keyring.load(), self.clock.now());
        let payload = Payload {
            issued_at_micros: now.micros(),
            expires_at_micros: now.plus(VALID).micros(),
            keys: keyring
                .all_published()
                .map(|(key, at)| Key {
                    key_id: key.key_id,
                    public_key: hex::encode(key.public_key),
                    made_at_micros: at.micros(),
                })
                .collect(),
        };
        let payload =
            serde_json::to_string(&payload).map_err(|error| VaultError::Storage(error.to_string()))?;
        let signature = keyring.identity().sign(&[DOMAIN, payload.as_bytes()].concat())?;
        Ok(PublishedKeys {
            payload,
            signer: hex::encode(keyring.identity().public()),
            signature: hex::encode(signature),
        })
    }
}
