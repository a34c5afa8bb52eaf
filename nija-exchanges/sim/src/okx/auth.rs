//! Checking OKX's request signatures, with code of our own: nothing here is shared with those who sign.

use super::error::{OkxError, Result};
use crate::clock::parse_rfc3339;
use crate::venue::Keys;
use axum::http::request::Parts;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// A request is good for this long, and no longer before its time.
const WINDOW_NS: i64 = 30_000_000_000;

/// The headers of a signed request.
struct Claim<'a> {
    key: &'a str,
    passphrase: &'a str,
    sign: &'a str,
    timestamp: &'a str,
}

pub(super) fn header<'a>(parts: &'a Parts, name: &str) -> &'a str {
    parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

impl<'a> Claim<'a> {
    fn of(parts: &'a Parts) -> Result<Self> {
        let need = |name: &str, code: u32| match header(parts, name) {
            "" => Err(OkxError::empty_header(code, name)),
            value => Ok(value),
        };
        Ok(Self {
            key: need("OK-ACCESS-KEY", 50103)?,
            passphrase: need("OK-ACCESS-PASSPHRASE", 50104)?,
            sign: need("OK-ACCESS-SIGN", 50106)?,
            timestamp: need("OK-ACCESS-TIMESTAMP", 50107)?,
        })
    }
}

/// Who signed a request: its key's name.
pub(super) fn authenticate(keys: &Keys, parts: &Parts, body: &[u8], now_ns: i64) -> Result<String> {
    let claim = Claim::of(parts)?;
    let sent_ns = iso(claim.timestamp).ok_or_else(OkxError::timestamp)?;
    if !in_time(sent_ns, now_ns) {
        return Err(OkxError::late());
    }
    let key = keys.get(claim.key).ok_or_else(OkxError::key)?;
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
    let mut signed = format!("{}{}{target}", claim.timestamp, parts.method).into_bytes();
    signed.extend_from_slice(body);
    if !verify(&key.secret, &signed, claim.sign) {
        return Err(OkxError::signature());
    }
    if key.passphrase.as_deref() != Some(claim.passphrase) {
        return Err(OkxError::passphrase());
    }
    Ok(key.key.clone())
}

/// Whether a moment is within the window around now.
pub(super) fn in_time(sent_ns: i64, now_ns: i64) -> bool {
    now_ns.saturating_sub(sent_ns).saturating_abs() <= WINDOW_NS
}

/// `2020-12-08T09:08:57.715Z`, in UTC.
fn iso(text: &str) -> Option<i64> {
    (text.len() <= 40 && text.ends_with('Z')).then(|| parse_rfc3339(text)).flatten()
}

/// Whether this is the base64 HMAC-SHA256 of what was signed.
pub(super) fn verify(secret: &str, signed: &[u8], signature: &str) -> bool {
    let (Ok(signature), Ok(mut mac)) =
        (STANDARD.decode(signature), Hmac::<Sha256>::new_from_slice(secret.as_bytes()))
    else {
        return false;
    };
    mac.update(signed);
    mac.verify_slice(&signature).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_signature_is_accepted_and_a_changed_one_is_not() {
        // Worked out with openssl: printf %s "$signed" | openssl dgst -sha256 -hmac "$secret" -binary | base64
        let secret = "22582BD0CFF14C41EDBF1AB98506286D";
        let signed = b"2020-12-08T09:08:57.715ZGET/api/v5/account/balance?ccy=BTC";
        let signature = "HiZhvSfMtWJA3uUIVXV3a/bSXNPCWvYFXoGCVS8V4zY=";
        assert!(verify(secret, signed, signature));
        assert!(!verify(secret, &signed[1..], signature));
        assert!(!verify("22582BD0CFF14C41EDBF1AB98506286E", signed, signature));
        assert!(!verify(secret, signed, &signature[1..]));
        assert!(!verify(secret, signed, ""));
    }

    #[test]
    fn moments_are_in_utc_and_within_half_a_minute() {
        assert_eq!(iso("1970-01-01T00:00:01.500Z"), Some(1_500_000_000));
        for bad in ["", "1597026383", "1970-01-01T00:00:01.500", "1970-01-01T00:00:01.500+00:00", "Z"] {
            assert_eq!(iso(bad), None, "{bad}");
        }
        assert!(in_time(0, WINDOW_NS) && in_time(WINDOW_NS, 0));
        assert!(!in_time(0, WINDOW_NS + 1) && !in_time(WINDOW_NS + 1, 0));
        assert!(!in_time(i64::MIN, i64::MAX));
    }
}
