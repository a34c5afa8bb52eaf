//! Keys as Coinbase gives them out, with code of our own: nothing here is shared with those who sign.

use crate::account::random;
use crate::venue::Credentials;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use p256::SecretKey;
use p256::elliptic_curve::sec1::ToSec1Point as _;
use p256::pkcs8::{DecodePrivateKey as _, LineEnding};

/// The public half of a key.
#[derive(Debug, Clone)]
pub(super) enum PublicKey {
    /// ECDSA over P-256.
    Es256(Box<p256::ecdsa::VerifyingKey>),
    /// Ed25519.
    EdDsa(ed25519_dalek::VerifyingKey),
}

impl PublicKey {
    /// From a secret: PEM (with line breaks real or written out), or an Ed25519 seed, perhaps with its public key, in base64.
    pub(super) fn of(secret: &str) -> Option<Self> {
        let secret = secret.replace("\\n", "\n");
        if secret.contains("-----BEGIN") {
            let pem = secret.trim();
            let key = SecretKey::from_sec1_pem(pem).ok().or_else(|| SecretKey::from_pkcs8_pem(pem).ok())?;
            let point = key.public_key().to_sec1_point(false);
            let key = p256::ecdsa::VerifyingKey::from_sec1_point(&point).ok()?;
            return Some(Self::Es256(Box::new(key)));
        }
        let plain: String = secret.split_whitespace().collect();
        let raw = STANDARD.decode(plain).ok().filter(|raw| matches!(raw.len(), 32 | 64))?;
        let seed: [u8; 32] = raw.get(..32)?.try_into().ok()?;
        Some(Self::EdDsa(ed25519_dalek::SigningKey::from_bytes(&seed).verifying_key()))
    }

    /// The name of its algorithm in a token.
    pub(super) fn algorithm(&self) -> &'static str {
        match self {
            Self::Es256(_) => "ES256",
            Self::EdDsa(_) => "EdDSA",
        }
    }

    /// Whether 64 bytes are its signature under a message.
    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Es256(key) => {
                use p256::ecdsa::signature::Verifier as _;
                p256::ecdsa::Signature::from_slice(signature)
                    .is_ok_and(|signature| key.verify(message, &signature).is_ok())
            }
            Self::EdDsa(key) => ed25519_dalek::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify_strict(message, &signature).is_ok()),
        }
    }
}

/// A fresh key of Coinbase's usual kind: ECDSA, named by organization and key.
pub(super) fn credentials() -> Credentials {
    let secret = loop {
        // All but a few of these are keys.
        if let Ok(key) = SecretKey::from_slice(&random::<32>())
            && let Ok(pem) = key.to_sec1_pem(LineEnding::LF)
        {
            break pem.to_string();
        }
    };
    let uuid = |bytes: [u8; 16]| {
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{}-{}-4{}-8{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..])
    };
    let key = format!("organizations/{}/apiKeys/{}", uuid(random()), uuid(random()));
    Credentials { key, secret, passphrase: None }
}
