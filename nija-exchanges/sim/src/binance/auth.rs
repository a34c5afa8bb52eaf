//! Checking Binance's request signatures, with code of our own: nothing here is shared with those who sign.

use super::error::BinanceError;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, SigningKey, VerifyingKey};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The longest window.
const LONGEST_MS: i64 = 60_000;
/// The window when none is sent.
const USUAL_MS: i64 = 5_000;

/// Checks a signature over a payload: hexadecimal HMAC-SHA256, or base64 Ed25519 where the key is one.
pub(crate) fn verify(secret: &str, payload: &[u8], signature: &str) -> Result<(), BinanceError> {
    if secret.contains("-----BEGIN") {
        let key = verifying_key(secret).ok_or_else(BinanceError::signature)?;
        let bytes = STANDARD.decode(signature).map_err(|_| BinanceError::signature())?;
        let signature = Signature::from_slice(&bytes).map_err(|_| BinanceError::signature())?;
        return key.verify_strict(payload, &signature).map_err(|_| BinanceError::signature());
    }
    let signature = unhex(signature).ok_or_else(BinanceError::signature)?;
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).map_err(|_| BinanceError::signature())?;
    mac.update(payload);
    mac.verify_slice(&signature).map_err(|_| BinanceError::signature())
}

/// What is signed of an HTTP request: its query and its body as they came, without the signature.
pub(crate) fn payload(query: &str, body: &[u8]) -> Vec<u8> {
    let mut payload = without_signature(query).into_bytes();
    match std::str::from_utf8(body) {
        Ok(body) => payload.extend_from_slice(without_signature(body).as_bytes()),
        Err(_) => payload.extend_from_slice(body),
    }
    payload
}

fn without_signature(text: &str) -> String {
    let kept: Vec<&str> = text.split('&').filter(|pair| !pair.starts_with("signature=")).collect();
    kept.join("&")
}

/// Whether a request is neither too old nor from the future.
pub(crate) fn in_time(timestamp_ns: i64, window_ms: Option<i64>, now_ns: i64) -> Result<(), BinanceError> {
    let window = window_ms.unwrap_or(USUAL_MS);
    if !(0..=LONGEST_MS).contains(&window) {
        return Err(BinanceError::new(-1131, "recvWindow must be less than 60000."));
    }
    if timestamp_ns >= now_ns.saturating_add(1_000_000_000) {
        return Err(BinanceError::ahead());
    }
    if now_ns.saturating_sub(timestamp_ns) > window * 1_000_000 {
        return Err(BinanceError::late());
    }
    Ok(())
}

/// The public key behind a PEM: of a public key (SPKI), or of a private one (PKCS#8), both of fixed form for Ed25519 (RFC 8410).
fn verifying_key(pem: &str) -> Option<VerifyingKey> {
    let inner: String = pem.lines().filter(|line| !line.starts_with("-----")).map(str::trim).collect();
    let der = STANDARD.decode(inner).ok()?;
    let after = |mark: &[u8]| -> Option<[u8; 32]> {
        let at = der.windows(mark.len()).position(|window| window == mark)? + mark.len();
        der.get(at..at + 32)?.try_into().ok()
    };
    if pem.contains("PRIVATE") {
        let seed = after(&[0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20])?;
        return Some(SigningKey::from_bytes(&seed).verifying_key());
    }
    VerifyingKey::from_bytes(&after(&[0x2b, 0x65, 0x70, 0x03, 0x21, 0x00])?).ok()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    text.as_bytes().chunks(2).map(|pair| Some(digit(pair[0])? * 16 + digit(pair[1])?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_left_out_wherever_it_stands() {
        assert_eq!(payload("a=1&signature=x", b""), b"a=1");
        assert_eq!(payload("a=1&b=2", b"c=3&signature=x"), b"a=1&b=2c=3");
        assert_eq!(payload("signature=x&a=1", &[0xff]), b"a=1\xff");
    }

    #[test]
    fn windows_and_clocks() {
        let second = 1_000_000_000;
        assert!(in_time(100 * second, None, 105 * second).is_ok());
        assert_eq!(in_time(100 * second, None, 105 * second + 1).unwrap_err().code, -1021);
        assert_eq!(in_time(101 * second, None, 100 * second).unwrap_err().code, -1021);
        assert!(in_time(101 * second - 1, None, 100 * second).is_ok());
        assert!(in_time(100 * second, Some(60_000), 160 * second).is_ok());
        assert_eq!(in_time(100 * second, Some(60_001), 100 * second).unwrap_err().code, -1131);
    }

    #[test]
    fn fixture_published_and_recorded_signatures_are_accepted_and_changed_ones_are_not() {
        let root = std::env::var_os("NIJA_FIXTURES").map_or_else(
            || std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/fixtures")),
            std::path::PathBuf::from,
        );
        let Ok(text) = std::fs::read_to_string(root.join("vectors/binance.json")) else {
            println!("SKIPPED fixture_published_and_recorded_signatures: fixtures missing");
            return;
        };
        let vectors: serde_json::Value = serde_json::from_str(&text).unwrap();
        let mut checked = 0;
        for list in ["official", "from_clients"] {
            for vector in vectors[list].as_array().unwrap() {
                let text = |name: &str| vector[name].as_str().unwrap();
                let secret = vector["secret"].as_str().or(vectors["keys"]["secret"].as_str()).unwrap();
                let mut signed = text("string_to_sign").as_bytes().to_vec();
                if let Some(target) = vector["target"].as_str() {
                    let query = target.split_once('?').unwrap().1;
                    assert_eq!(payload(query, text("body").as_bytes()), signed, "{}", vector["source"]);
                }
                assert!(verify(secret, &signed, text("expected")).is_ok(), "{}", vector["source"]);
                assert!(verify(secret, &signed, &text("expected").to_uppercase()).is_ok());
                signed[0] ^= 1;
                assert!(verify(secret, &signed, text("expected")).is_err());
                checked += 1;
            }
        }
        assert!(checked >= 19, "{checked}");
    }
}
