//! Coinbase's private keys, in the forms that it gives out: an EC key (P-256) as PEM, or an Ed25519 key as base64.

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair},
};
use base64::{
    Engine as _,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use nija_core::AuthError;
use zeroize::Zeroizing;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

const FORM: AuthError = AuthError::BadSecret(
    "Coinbase's private keys are PEM (-----BEGIN EC PRIVATE KEY-----, for ECDSA) or 64 bytes in base64 (for Ed25519)",
);

/// A key ready to sign.
pub(super) enum SigningKey {
    /// ECDSA over P-256 with SHA-256.
    Es256(EcdsaKeyPair),
    /// Ed25519.
    EdDsa(Ed25519KeyPair),
}

impl SigningKey {
    /// Reads a secret. Line breaks in a PEM may be real ones or the two characters `\n`, as the downloaded JSON has them.
    pub(super) fn parse(secret: &str) -> Result<Self, AuthError> {
        match pem(secret)? {
            Some(der) => Self::from_der(&der),
            None => Self::from_raw(&decode(secret)?),
        }
    }

    fn from_der(der: &[u8]) -> Result<Self, AuthError> {
        if let Ok(pair) = EcdsaKeyPair::from_private_key_der(&ECDSA_P256_SHA256_FIXED_SIGNING, der) {
            return Ok(Self::Es256(pair));
        }
        match Ed25519KeyPair::from_pkcs8_maybe_unchecked(der) {
            Ok(pair) => Ok(Self::EdDsa(pair)),
            Err(_) => Err(AuthError::BadSecret("the PEM holds neither a P-256 nor an Ed25519 private key")),
        }
    }

    /// The seed alone, or the seed and the public key.
    fn from_raw(raw: &[u8]) -> Result<Self, AuthError> {
        let pair = match raw.len() {
            32 => Ed25519KeyPair::from_seed_unchecked(raw),
            64 => Ed25519KeyPair::from_seed_and_public_key(&raw[..32], &raw[32..]),
            _ => return Err(FORM),
        };
        pair.map(Self::EdDsa)
            .map_err(|_| AuthError::BadSecret("the two halves of the Ed25519 key do not belong together"))
    }

    /// The name of the algorithm in a token.
    pub(super) const fn algorithm(&self) -> &'static str {
        match self {
            Self::Es256(_) => "ES256",
            Self::EdDsa(_) => "EdDSA",
        }
    }

    /// 64 bytes: `r` and `s`, or Ed25519's.
    pub(super) fn sign(&self, message: &[u8]) -> Result<[u8; 64], AuthError> {
        let failed = AuthError::BadSecret("the key cannot sign");
        let bytes: Option<[u8; 64]> = match self {
            Self::Es256(pair) => pair
                .sign(&SystemRandom::new(), message)
                .ok()
                .and_then(|signed| signed.as_ref().try_into().ok()),
            Self::EdDsa(pair) => pair.sign(message).as_ref().try_into().ok(),
        };
        bytes.ok_or(failed)
    }
}

/// The bytes between a PEM's first and last line; `None` where there is no first line.
fn pem(text: &str) -> Result<Option<Zeroizing<Vec<u8>>>, AuthError> {
    let Some((_, rest)) = text.split_once("-----BEGIN ") else { return Ok(None) };
    let (_, rest) = rest.split_once("-----").ok_or(FORM)?;
    let (body, _) = rest.split_once("-----END ").ok_or(FORM)?;
    decode(body).map(Some)
}

/// Base64 with line breaks, real or written out, between its characters.
fn decode(text: &str) -> Result<Zeroizing<Vec<u8>>, AuthError> {
    let mut plain = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut bytes = text.bytes().peekable();
    while let Some(byte) = bytes.next() {
        match (byte, bytes.peek()) {
            (b'\\', Some(b'n' | b'r')) => {
                bytes.next();
            }
            (byte, _) if byte.is_ascii_whitespace() => {}
            (byte, _) => plain.push(byte),
        }
    }
    let mut decoded = Zeroizing::new(vec![0; plain.len() / 4 * 3 + 3]);
    let length = BASE64.decode_slice(plain.as_slice(), &mut decoded).map_err(|_| FORM)?;
    decoded.truncate(length);
    Ok(decoded)
}
