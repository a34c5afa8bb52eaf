//! Exchange credentials: sealed on the caller's device, never returned.

use rust_decimal::Decimal;
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

/// The guided rotation of a key: `POST /v1/credentials/rotate` verifies the new one beside the old one, then
/// `POST /v1/credentials/rotate/{venue}/switch`, `/retire` and `/rollback`. The sealed key comes as [`StoreCredential`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct KeyRotation {
    /// The venue.
    pub venue: String,
    /// The credential.
    pub credential: String,
    /// `verified` (the old key is in use), `switched` (the new one is, and the old one can be gone back to), `retired` (the old one
    /// is destroyed), `rolled_back` or `cancelled`.
    pub step: String,
    /// The version that is replaced.
    pub old_version: u32,
    /// The version that replaces it, once it is stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_version: Option<u32>,
    /// What the venue says that the new key may do, or `unknown`.
    pub rights: Vec<String>,
    /// How many resting orders the new key was seen to see.
    pub orders_seen: u64,
    /// When the new key passed its checks. RFC 3339, UTC.
    pub started_at: String,
    /// When it took over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub switched_at: Option<String>,
    /// When the rotation ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<String>,
    /// Why the last step was not taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
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
    /// A digest of the venue's key id by which the device tells its keys apart, in custody mode `device`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// How it is doing; in lists and after a check.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health: Option<KeyHealth>,
}

/// How a stored key is doing. Times are RFC 3339, UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct KeyHealth {
    /// What its owner should do something about, worst first: `can_withdraw` (new positions are stopped), `refused`,
    /// `cannot_trade`, `rights_changed`, `expires`, `old`, `any_address`, `rights_unknown`.
    pub problems: Vec<String>,
    /// When its present version was stored.
    pub stored_at: String,
    /// When it should be replaced.
    pub rotate_by: String,
    /// When it last signed or was opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<String>,
    /// When the venue was last asked about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checked_at: Option<String>,
    /// When the venue ends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    /// Whether the venue takes it from listed addresses alone, where it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_listed_addresses: Option<bool>,
    /// Until when it is unlocked, in custody mode `session`; absent while it is locked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unlocked_until: Option<String>,
    /// Rights that it gained since it was stored, in the venue's words.
    pub rights_gained: Vec<String>,
    /// Rights that it lost.
    pub rights_lost: Vec<String>,
}

/// HPKE ciphertext for the signer. What is in it and bound to it depends on the call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SealedBlob {
    /// Which sealing key was used.
    pub key_id: String,
    /// HPKE encapsulated key, base64.
    pub encapsulated_key: String,
    /// HPKE ciphertext with its tag, base64.
    pub ciphertext: String,
}

/// How a device derives the key to its `session` credentials from a passphrase: Argon2id, version 1.3, 32 bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct KeyDerivation {
    /// 16 random bytes, hexadecimal.
    pub salt: String,
    /// Memory in KiB: 65536. A device refuses to derive with less.
    pub memory_kib: u32,
    /// Passes: 3.
    pub passes: u32,
    /// Lanes: 4.
    pub lanes: u32,
}

/// `POST /v1/credentials/session`: a key that only its owner's device unlocks (custody mode `session`).
///
/// `sealed` is sealed as a credential is, but its plaintext is the locked form: `NJSL`, a byte 1, a nonce (12 bytes), and the credential's
/// JSON under AES-256-GCM with the derived key and the additional data `nija session`, the user's id (16 bytes) and the venue.
/// `unlock` is the derived key, sealed with the HPKE `info` `nija-unlock-v1` and the additional data of a credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StoreSessionKey {
    /// The venue.
    pub venue: String,
    /// The user's name for it.
    pub label: String,
    /// The locked credential.
    pub sealed: SealedBlob,
    /// How the device derived its key.
    pub derivation: KeyDerivation,
    /// The derived key, for the check with the venue and as the first unlock.
    pub unlock: SealedBlob,
    /// How long that unlock lasts: 1 to 86400.
    pub seconds: u32,
}

/// `POST /v1/credentials/session/{venue}/unlock`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UnlockKey {
    /// The derived key, sealed with the HPKE `info` `nija-unlock-v1`.
    pub unlock: SealedBlob,
    /// How long it may be used: 1 to 86400.
    pub seconds: u32,
}

/// An unlock as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Unlocked {
    /// The venue.
    pub venue: String,
    /// When it ends. RFC 3339, UTC.
    pub until: String,
}

/// What is at a venue when the key there was locked. Nothing here can move or end it until the next unlock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Locked {
    /// The venue.
    pub venue: String,
    /// Exits that rest there, by their ids: stops, and limits of the user's.
    pub resting: Vec<String>,
    /// Entries that could not be cancelled in time: they may still fill.
    pub entries: Vec<String>,
    /// Positions with no stop at the venue, by their ids.
    pub unguarded: Vec<String>,
}

/// `POST /v1/credentials/device`: notes that the user trades with a key that stays on the device (custody mode `device`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RegisterDeviceKey {
    /// The venue.
    pub venue: String,
    /// The user's name for it.
    pub label: String,
    /// A digest by which the device tells its keys apart: 32 hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
}

/// What the signer lets pass, whatever the rest of the platform asks for. Amounts are in the quote currency of an order's pair.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OrderPolicy {
    /// The pairs that may be traded. Any other is refused, bought and sold alike.
    pub pairs: Vec<PolicyPair>,
    /// The most that one buy may cost. A sell may be an exit, and no amount holds it up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_order: Option<Decimal>,
    /// The most that all buys within any 60 minutes may cost together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_buys_per_hour: Option<Decimal>,
}

/// A pair of an order policy, with the prices that may be paid; both or none. With prices, a buy must state a limit within them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PolicyPair {
    /// Canonical symbol, `BTC-USD`.
    pub symbol: String,
    /// The lowest price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low: Option<Decimal>,
    /// The highest price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high: Option<Decimal>,
}

/// `GET /v1/credentials/policy`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PolicySetting {
    /// The policy; absent where the user has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<OrderPolicy>,
    /// Names what stands: the `ETag`, which a change sends back as `If-Match`.
    pub version: String,
}

/// `PUT /v1/credentials/policy`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SetPolicy {
    /// The new policy; without one there is none any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<OrderPolicy>,
    /// The account's password: needed for whatever allows more than before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
}

impl std::fmt::Debug for SetPolicy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SetPolicy").field("policy", &self.policy).finish_non_exhaustive()
    }
}

/// `DELETE /v1/credentials`: destroys the keys that open the user's stored exchange keys, for ever.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EraseCredentials {
    /// The account's password.
    pub password: String,
}

impl std::fmt::Debug for EraseCredentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EraseCredentials { .. }")
    }
}

/// `POST /v1/credentials/{id}/destroy`: destroys what is stored of one key, for ever.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DestroyCredential {
    /// The account's password.
    pub password: String,
}

impl std::fmt::Debug for DestroyCredential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DestroyCredential { .. }")
    }
}

/// What was erased. `GET /v1/credentials/audit/{audit_seq}/proof` proves it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Erasure {
    /// The audit entry that records it.
    pub audit_seq: u64,
    /// The data keys that were destroyed, as the entry names them.
    pub keys: Vec<String>,
    /// How many credentials nobody can open any more.
    pub credentials: u64,
}

/// A line of the vault's audit log about the caller's keys (`GET /v1/credentials/audit`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct KeyEvent {
    /// Its place in the log.
    pub seq: u64,
    /// When. RFC 3339, UTC.
    pub at: String,
    /// What was done: `store`, `open`, `sign`, `rotate` and so on.
    pub action: String,
    /// `ok`, `refused` or `intended`.
    pub outcome: String,
    /// Where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub venue: Option<String>,
    /// Which version of the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    /// What for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<String>,
    /// How many uses it stands for.
    pub count: u64,
    /// More about it; of a refusal, why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// By whom, where that was not the key's owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// From where: `api` and the client's address, `cli`, `upkeep`, `engine` for what the order engine did, or `process` for what else the server did of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
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
