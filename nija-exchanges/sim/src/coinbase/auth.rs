//! Checking Coinbase's tokens (JWT), with code of our own: nothing here is shared with those who sign.
//!
//! What is required follows "API key authentication": `sub` and `kid` name the key, `iss` is `cdp`, `nbf` has come and `exp` has
//! not, they are two minutes apart at most, and `uri` names method, host and path. No leeway is given for clocks (what Coinbase
//! gives is not documented).

use super::key::PublicKey;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

/// The host that clients of the real venue name.
const REAL_HOST: &str = "api.coinbase.com";
/// Seconds that a token may live.
const LIFE: i64 = 120;
/// Longest token.
const LONGEST: usize = 4_096;

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: String,
    #[serde(default)]
    typ: Option<String>,
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
    iss: String,
    nbf: i64,
    exp: i64,
    #[serde(default)]
    uri: Option<String>,
    #[serde(default)]
    uris: Vec<String>,
}

/// What a token is presented for.
#[derive(Debug, Clone, Copy)]
pub(super) enum For<'a> {
    /// A request: its method, its `Host` header and its path.
    Request { method: &'a str, host: &'a str, path: &'a str },
    /// A subscription, whose token names no request.
    Stream,
}

/// The key that a token claims to be signed with, unchecked.
pub(super) fn claimed(token: &str) -> Option<String> {
    Some(header(token)?.kid)
}

/// Whether a token is good: signed by this key, for this purpose, now.
pub(super) fn verify(token: &str, name: &str, key: &PublicKey, purpose: For<'_>, now_s: i64) -> bool {
    let check = || {
        let header = header(token)?;
        let (message, signature) = token.rsplit_once('.')?;
        let signed = key.verifies(message.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).ok()?);
        let (_, claims) = message.split_once('.')?;
        let claims: Claims = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()?;
        let named = header.alg == key.algorithm() && header.kid == name && claims.sub == name;
        let typed = header.typ.is_none_or(|typ| typ == "JWT") && claims.iss == "cdp";
        let timely = claims.nbf <= now_s && now_s < claims.exp && claims.exp - claims.nbf <= LIFE;
        let meant = match purpose {
            For::Stream => true,
            For::Request { method, host, path } => {
                let wanted = [REAL_HOST, host].map(|host| format!("{method} {host}{path}"));
                claims.uri.iter().chain(&claims.uris).any(|uri| wanted.contains(uri))
            }
        };
        Some(signed && named && typed && timely && meant)
    };
    check().unwrap_or(false)
}

fn header(token: &str) -> Option<Header> {
    if token.len() > LONGEST || token.split('.').count() != 3 {
        return None;
    }
    let (header, _) = token.split_once('.')?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).ok()?).ok()
}
