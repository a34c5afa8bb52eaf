//! Random secrets that we hand out, and their hashes that we keep.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use nija_core::Entropy;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// A secret of 256 random bits as text: a refresh token, a stream ticket, a password for the demo.
pub(crate) struct RandomSecret {
    /// To hand out, once.
    pub(crate) text: Zeroizing<String>,
    /// To keep. A plain hash is enough: nobody guesses 256 random bits.
    pub(crate) hash: [u8; 32],
}

impl RandomSecret {
    pub(crate) fn generate(prefix: &str, entropy: &dyn Entropy) -> Self {
        let mut bytes = Zeroizing::new([0u8; 32]);
        entropy.fill(bytes.as_mut_slice());
        let text = Zeroizing::new(format!("{prefix}{}", BASE64_URL_SAFE_NO_PAD.encode(bytes.as_slice())));
        let hash = sha256(text.as_bytes());
        Self { text, hash }
    }
}

/// SHA-256.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}
