//! Exchange credentials and what is known about them.

use serde::{Deserialize, Serialize};
use std::fmt;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{CredentialId, Timestamp, UserId, VenueId};

/// A venue's key pair in the clear. It exists inside the signer for the length of one call, is wiped when dropped, and
/// implements neither `Serialize` nor a telling `Debug`.
#[derive(Clone, Zeroize, ZeroizeOnDrop, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CredentialSecret {
    key: String,
    secret: String,
    #[serde(default)]
    passphrase: Option<String>,
}

impl CredentialSecret {
    /// From its parts.
    #[must_use]
    pub const fn new(key: String, secret: String, passphrase: Option<String>) -> Self {
        Self { key, secret, passphrase }
    }

    /// The venue's public key id. `_reason` says in the code why it is read here.
    #[must_use]
    pub fn expose_key(&self, _reason: &'static str) -> &str {
        &self.key
    }

    /// The secret. `_reason` says in the code why it is read here.
    #[must_use]
    pub fn expose_secret(&self, _reason: &'static str) -> &str {
        &self.secret
    }

    /// The passphrase, where the venue has one. `_reason` says in the code why it is read here.
    #[must_use]
    pub fn expose_passphrase(&self, _reason: &'static str) -> Option<&str> {
        self.passphrase.as_deref()
    }

    /// The form that is put into an envelope: a 1, then key, secret and passphrase, each a 4-byte big-endian length and its bytes; a
    /// missing passphrase is left out.
    #[must_use]
    pub fn to_bytes(&self, _reason: &'static str) -> Zeroizing<Vec<u8>> {
        let parts = [Some(self.key.as_str()), Some(self.secret.as_str()), self.passphrase.as_deref()];
        let size = 1 + parts.iter().flatten().map(|part| 4 + part.len()).sum::<usize>();
        // As long as it gets, so that it never moves and leaves a copy behind.
        let mut out = Zeroizing::new(Vec::with_capacity(size));
        out.push(1);
        for part in parts.into_iter().flatten() {
            let length = u32::try_from(part.len()).unwrap_or(u32::MAX);
            out.extend_from_slice(&length.to_be_bytes());
            out.extend_from_slice(part.as_bytes());
        }
        out
    }

    /// Reads that form; `None` for anything else.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (1, mut rest) = bytes.split_first()? else {
            return None;
        };
        let mut parts: [Option<Zeroizing<String>>; 3] = [None, None, None];
        for slot in &mut parts {
            if rest.is_empty() {
                break;
            }
            let (length, tail) = rest.split_first_chunk::<4>()?;
            let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
            let (part, tail) = tail.split_at_checked(length)?;
            let text = std::str::from_utf8(part).ok()?;
            *slot = Some(Zeroizing::new(text.to_owned()));
            rest = tail;
        }
        match parts {
            [Some(mut key), Some(mut secret), passphrase] if rest.is_empty() => Some(Self::new(
                std::mem::take(&mut *key),
                std::mem::take(&mut *secret),
                passphrase.map(|mut text| std::mem::take(&mut *text)),
            )),
            _ => None,
        }
    }
}

impl fmt::Debug for CredentialSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CredentialSecret { .. }")
    }
}

/// A credential as it comes from the user's device: HPKE ciphertext for the signer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedCredential {
    /// Which of the signer's keys it was sealed to.
    pub key_id: String,
    /// The encapsulated key (32 bytes).
    pub encapsulated_key: Vec<u8>,
    /// Ciphertext and tag.
    pub ciphertext: Vec<u8>,
}

/// The signer's public key, to seal a credential to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealingKey {
    /// Names it.
    pub key_id: String,
    /// X25519 public key (32 bytes).
    pub public_key: Vec<u8>,
}

/// The HPKE `info` of a sealed credential.
pub const SEALING_INFO: &[u8] = b"nija-credential-v1";

/// The HPKE additional data of a sealed credential: it opens for this user, venue and key alone.
#[must_use]
pub fn sealing_aad(user: UserId, venue: &VenueId, key_id: &str) -> Vec<u8> {
    format!("{user}\0{venue}\0{key_id}").into_bytes()
}

/// Who can make the key sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CustodyMode {
    /// The signer, day and night, inside the user's policy.
    Delegated,
    /// The signer, while the user's unlock lasts.
    Session,
    /// The user's device alone.
    Device,
}

/// Whether a credential can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CredentialStatus {
    /// Yes.
    Active,
    /// No longer; its record stays.
    Revoked,
    /// No longer, and its ciphertext is destroyed.
    Destroyed,
}

/// What a key may do, as far as the venue says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct KeyRights {
    /// `None` where the venue cannot say.
    pub can_trade: Option<bool>,
    /// `None` where the venue cannot say. `Some(true)` is refused at the door.
    pub can_withdraw: Option<bool>,
    /// The venue's own names of the rights.
    pub names: Vec<String>,
    /// When the venue ends the key; `None` where it does not, or does not say.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
    /// Whether the venue takes the key from listed addresses alone; `None` where it cannot say.
    #[serde(default)]
    pub from_listed_addresses: Option<bool>,
}

/// A stored credential without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialMeta {
    /// Its id.
    pub id: CredentialId,
    /// Whose.
    pub user: UserId,
    /// Where.
    pub venue: VenueId,
    /// The user's name for it.
    pub label: String,
    /// Grows by one at every rotation.
    pub version: u32,
    /// Custody.
    pub custody: CustodyMode,
    /// Usable or not.
    pub status: CredentialStatus,
    /// What it may do.
    pub rights: KeyRights,
    /// When it was first stored.
    pub created_at: Timestamp,
    /// When its present version was stored: the age of the key that is in use.
    pub stored_at: Timestamp,
}
