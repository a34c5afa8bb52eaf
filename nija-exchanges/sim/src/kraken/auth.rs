//! Checking Kraken's request signatures, with code of our own: nothing here is shared with those who sign.

use super::error::KrakenError;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256, Sha512};

/// Checks `API-Sign = base64(HMAC-SHA512(base64dec(secret), path + SHA256(nonce + body)))`.
pub(crate) fn verify(
    secret: &str,
    path: &str,
    nonce: &str,
    body: &[u8],
    sign: &str,
) -> Result<(), KrakenError> {
    let refuse = |_| KrakenError::INVALID_SIGNATURE;
    let secret = STANDARD.decode(secret).map_err(refuse)?;
    let sign = STANDARD.decode(sign).map_err(refuse)?;
    let mut inner = Sha256::new();
    inner.update(nonce.as_bytes());
    inner.update(body);
    let mut mac = Hmac::<Sha512>::new_from_slice(&secret).map_err(|_| KrakenError::INVALID_SIGNATURE)?;
    mac.update(path.as_bytes());
    mac.update(&inner.finalize());
    mac.verify_slice(&sign).map_err(|_| KrakenError::INVALID_SIGNATURE)
}
