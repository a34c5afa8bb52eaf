//! Exchange credentials: sealed on the caller's device, never returned.

use serde::{Deserialize, Serialize};

/// A public key of the signer.
///
/// Seal with HPKE (RFC 9180) base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM, `info` =
/// `"nija-credential-v1"`, and as AAD the UTF-8 bytes of `user_id`, a zero byte, `venue`, a zero byte, `key_id`.
/// The plaintext is the JSON of [`CredentialPlaintext`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SealingKey {
    /// Names this key; goes back with the sealed credential.
    pub key_id: String,
    /// Raw X25519 public key (32 bytes), base64.
    pub public_key: String,
    /// Always `DHKEM_X25519_HKDF_SHA256-HKDF_SHA256-AES_256_GCM`.
    pub suite: String,
}

/// `GET /v1/credentials/sealing-key`: the newest key as [`SealingKey`], and all keys that open, signed.
///
/// What counts is `signed`: a device pins the vault's key and seals to a key of a list that it verified
/// ([`PublishedKeys::verify`](crate::PublishedKeys::verify)). The fields beside it are for people and for tests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SealingKeys {
    /// Names the newest key.
    pub key_id: String,
    /// Raw X25519 public key (32 bytes), base64.
    pub public_key: String,
    /// Always `DHKEM_X25519_HKDF_SHA256-HKDF_SHA256-AES_256_GCM`.
    pub suite: String,
    /// Every key that is opened for, signed by the vault's identity.
    pub signed: crate::PublishedKeys,
}

/// What is sealed: the venue's key pair as JSON. It exists only on the user's device and inside the signer.
#[derive(Clone, Serialize, Deserialize, zeroize::Zeroize, zeroize::ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
pub struct CredentialPlaintext {
    /// The venue's public API key or key name.
    pub key: String,
    /// The venue's secret or private key.
    pub secret: String,
    /// Some venues have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passphrase: Option<String>,
}

impl std::fmt::Debug for CredentialPlaintext {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CredentialPlaintext { .. }")
    }
}

/// `POST /v1/credentials/store`. The answer is a [`Credential`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StoreCredential {
    /// The venue, for instance `kraken`.
    pub venue: String,
    /// The user's name for it.
    pub label: String,
    /// Which sealing key was used.
    pub key_id: String,
    /// HPKE encapsulated key, base64.
    pub encapsulated_key: String,
    /// HPKE ciphertext with its tag, base64.
    pub ciphertext: String,
}

/// A stored credential without its secret (`GET /v1/credentials` lists them).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Credential {
    /// Opaque id.
    pub id: String,
    /// The venue.
    pub venue: String,
    /// The user's name for it.
    pub label: String,
    /// Grows by one at every rotation.
    pub version: u32,
    /// `delegated`, `session` or `device`.
    pub custody: String,
    /// `active`, `revoked` or `destroyed`.
    pub status: String,
    /// What the venue says that the key may do, or `unknown` where the venue cannot say.
    pub rights: Vec<String>,
    /// RFC 3339, UTC.
    pub created_at: String,
}

/// A venue this server trades at (`GET /v1/venues`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Venue {
    /// Its id, as orders and credentials name it.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// `up`, `degraded` or `down`.
    pub status: String,
    /// Typical answer time in milliseconds, where one was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency_ms: Option<u64>,
    /// Whether the caller has an active credential here.
    pub connected: bool,
    /// Whether the venue needs a credential at all (paper does not).
    pub needs_credential: bool,
}
