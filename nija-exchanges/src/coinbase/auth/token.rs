//! The token itself (RFC 7515 in its compact form).

use aws_lc_rs::rand;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use nija_core::{AuthError, Method, Timestamp};

use super::key::SigningKey;

/// Seconds that a token may live at most (API key authentication: "expires in 2 minutes").
const LIFE: i64 = 120;

/// What a token says.
pub(super) struct Token<'a> {
    pub(super) key_name: &'a str,
    pub(super) host: &'a str,
    /// The request it is for; none for a stream's.
    pub(super) request: Option<(Method, &'a str)>,
    /// By the venue's clock.
    pub(super) now: Timestamp,
    /// Unix second of its end where that is sooner than usual, by the venue's clock.
    pub(super) expires: Option<i64>,
}

impl Token<'_> {
    /// `header.claims.signature`.
    pub(super) fn sign(&self, key: &SigningKey) -> Result<String, AuthError> {
        // Names and paths go into JSON as they are: what would have to be escaped there is in no real one.
        let plain = |text: &str| text.bytes().all(|b| b.is_ascii_graphic() && b != b'"' && b != b'\\');
        let key_name = self.key_name.trim();
        if key_name.is_empty() || !plain(key_name) {
            return Err(AuthError::BadSecret(
                "the key's name looks like organizations/.../apiKeys/..., without spaces or quotes",
            ));
        }
        let mut token = String::with_capacity(640);
        let header = format!(
            r#"{{"alg":"{}","kid":"{key_name}","nonce":"{}","typ":"JWT"}}"#,
            key.algorithm(),
            nonce()?
        );
        URL_SAFE_NO_PAD.encode_string(header, &mut token);
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(self.claims(key_name), &mut token);
        let signature = key.sign(token.as_bytes())?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Ok(token)
    }

    fn claims(&self, key_name: &str) -> String {
        let now = self.now.micros().div_euclid(1_000_000);
        let expires = self.expires.map_or(now + LIFE, |at| at.min(now + LIFE));
        let uri = self.request.map_or_else(String::new, |(method, path)| {
            format!(r#","uri":"{} {}{path}""#, method.as_str(), self.host)
        });
        format!(r#"{{"sub":"{key_name}","iss":"cdp","nbf":{now},"exp":{expires}{uri}}}"#)
    }
}

/// 32 random bytes in hex. It makes tokens differ; nothing has to be replayed from it, so the system's generator is used.
fn nonce() -> Result<String, AuthError> {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut bytes = [0_u8; 32];
    rand::fill(&mut bytes)
        .map_err(|_| AuthError::BadSecret("this machine has no randomness to sign with"))?;
    Ok(bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|digit| char::from(DIGITS[usize::from(digit)]))
        .collect())
}
