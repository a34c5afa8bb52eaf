//! Access tokens: JWTs signed with Ed25519 keys that rotate.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use nija_core::{Tier, Timestamp, UserId};
use parking_lot::RwLock;
use serde::{Deserialize, Serialize};
use std::{collections::HashMap, sync::Arc, time::Duration};
use zeroize::Zeroizing;

use crate::accounts::{Accounts, AccountsError, SigningKeyRow};

const ISSUER: &str = "nija";
/// A start finds a younger key or makes a new one.
const ROTATE_AFTER: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// Keys are kept for checking this long: longer than any token lives after the last signature.
const KEEP: Duration = Duration::from_secs(32 * 24 * 60 * 60);

/// What an access token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Claims {
    /// Always `nija`.
    pub(crate) iss: String,
    /// The user.
    pub(crate) sub: UserId,
    /// The session.
    pub(crate) sid: String,
    /// The user's tier when it was issued.
    pub(crate) tier: Tier,
    /// When it was issued, seconds since 1970.
    pub(crate) iat: i64,
    /// When it ends, seconds since 1970.
    pub(crate) exp: i64,
}

/// Issues and checks access tokens.
pub(crate) struct Tokens {
    life: Duration,
    header: Header,
    signing: EncodingKey,
    checking: HashMap<String, DecodingKey>,
    validation: Validation,
    /// Tokens whose signature was checked before, by their hash: an app sends the same one with every request.
    seen: RwLock<HashMap<[u8; 32], Arc<Claims>>>,
}

/// Tokens remembered at the same time; beyond that all are checked anew.
const REMEMBERED: usize = 50_000;

/// No token could be issued, or the keys cannot be used.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the token keys cannot be used: {0}")]
pub(crate) struct TokenError(String);

fn failed(error: impl std::fmt::Display) -> TokenError {
    TokenError(error.to_string())
}

impl Tokens {
    /// Loads the keys; makes a new one when there is none young enough.
    pub(crate) async fn load(
        accounts: &Accounts,
        life: Duration,
        now: Timestamp,
    ) -> Result<Self, TokenError> {
        let mut rows = accounts.signing_keys(now.minus(KEEP)).await.map_err(failed)?;
        if rows.first().is_none_or(|newest| now.since(newest.created_at) > ROTATE_AFTER) {
            let (kid, pkcs8) = generate()?;
            let keep = || SigningKeyRow { kid: kid.clone(), pkcs8: pkcs8.clone(), created_at: now };
            accounts.add_signing_key(keep(), now.minus(KEEP)).await.map_err(failed)?;
            rows.insert(0, keep());
        }
        Self::from_rows(&rows, life)
    }

    fn from_rows(rows: &[SigningKeyRow], life: Duration) -> Result<Self, TokenError> {
        let newest = rows.first().ok_or_else(|| failed("there is no key"))?;
        let checking = rows
            .iter()
            .map(|row| {
                let pair = Ed25519KeyPair::from_pkcs8(&row.pkcs8).map_err(failed)?;
                Ok((row.kid.clone(), DecodingKey::from_ed_der(pair.public_key().as_ref())))
            })
            .collect::<Result<_, TokenError>>()?;
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some(newest.kid.clone());
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[ISSUER]);
        validation.set_required_spec_claims(&["exp", "iss", "sub"]);
        // The end is checked below, by the platform's clock and to the second.
        validation.validate_exp = false;
        validation.validate_aud = false;
        let signing = EncodingKey::from_ed_der(&newest.pkcs8);
        Ok(Self { life, header, signing, checking, validation, seen: RwLock::default() })
    }

    /// A token for a session.
    pub(crate) fn issue(
        &self,
        user: UserId,
        session: &str,
        tier: Tier,
        now: Timestamp,
    ) -> Result<String, TokenError> {
        let seconds = |at: Timestamp| at.micros().div_euclid(1_000_000);
        let claims = Claims {
            iss: ISSUER.to_owned(),
            sub: user,
            sid: session.to_owned(),
            tier,
            iat: seconds(now),
            exp: seconds(now.plus(self.life)),
        };
        jsonwebtoken::encode(&self.header, &claims, &self.signing).map_err(failed)
    }

    /// What a token says, when it is one of ours and has not ended.
    pub(crate) fn check(&self, token: &str, now: Timestamp) -> Option<Arc<Claims>> {
        // The whole token is hashed, signature included: what is found is the very token that was checked.
        let hash = super::sha256(token.as_bytes());
        let seen = self.seen.read().get(&hash).cloned();
        let claims = match seen {
            Some(claims) => claims,
            None => self.check_signature(token, hash)?,
        };
        (now.micros() < claims.exp.saturating_mul(1_000_000)).then_some(claims)
    }

    fn check_signature(&self, token: &str, hash: [u8; 32]) -> Option<Arc<Claims>> {
        let kid = jsonwebtoken::decode_header(token).ok()?.kid?;
        let claims =
            jsonwebtoken::decode::<Claims>(token, self.checking.get(&kid)?, &self.validation).ok()?.claims;
        let claims = Arc::new(claims);
        let mut seen = self.seen.write();
        if seen.len() == REMEMBERED {
            seen.clear();
        }
        seen.insert(hash, claims.clone());
        Some(claims)
    }

    /// How long a token lives.
    pub(crate) const fn life(&self) -> Duration {
        self.life
    }
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokens").field("keys", &self.checking.len()).finish_non_exhaustive()
    }
}

impl From<AccountsError> for TokenError {
    fn from(error: AccountsError) -> Self {
        failed(error)
    }
}

fn generate() -> Result<(String, Zeroizing<Vec<u8>>), TokenError> {
    let pair = Ed25519KeyPair::generate().map_err(failed)?;
    let document = pair.to_pkcs8v1().map_err(failed)?;
    // The name follows from the public key, so that it never names two keys.
    let kid = hex::encode(&super::sha256(pair.public_key().as_ref())[..8]);
    Ok((kid, Zeroizing::new(document.as_ref().to_vec())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use nija_core::SeededEntropy;

    const LIFE: Duration = Duration::from_secs(900);

    fn tokens() -> (Tokens, SigningKeyRow) {
        let (kid, pkcs8) = generate().unwrap();
        let row = SigningKeyRow { kid, pkcs8, created_at: Timestamp::from_micros(0) };
        (Tokens::from_rows(std::slice::from_ref(&row), LIFE).unwrap(), row)
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    fn user() -> UserId {
        UserId::generate(at(0), &SeededEntropy::new(1))
    }

    #[test]
    fn a_token_says_who_until_its_last_second() {
        let (tokens, _) = tokens();
        let token = tokens.issue(user(), "s1", Tier::Pro, at(1000)).unwrap();
        let claims = tokens.check(&token, at(1899)).unwrap();
        assert_eq!((claims.sub, claims.sid.as_str(), claims.tier), (user(), "s1", Tier::Pro));
        assert_eq!(tokens.check(&token, at(1900)), None, "a token that was checked before ends, too");
        assert!(tokens.check(&token, at(1899)).is_some(), "and is found again");
    }

    #[test]
    fn forged_tokens_are_refused() {
        let (ours, row) = tokens();
        let (theirs, _) = tokens();
        let token = theirs.issue(user(), "s1", Tier::Pro, at(0)).unwrap();
        assert_eq!(ours.check(&token, at(1)), None, "another key");
        let good = ours.issue(user(), "s1", Tier::Basic, at(0)).unwrap();
        let parts: Vec<&str> = good.split('.').collect();
        let foreign = theirs.issue(user(), "s1", Tier::Enterprise, at(0)).unwrap();
        let payload = foreign.split('.').nth(1).unwrap();
        assert_eq!(
            ours.check(&format!("{}.{payload}.{}", parts[0], parts[2]), at(1)),
            None,
            "another payload"
        );
        let mut header = Header::new(Algorithm::HS256);
        header.kid = Some(row.kid);
        let claims = ours.check(&good, at(1)).unwrap();
        let symmetric =
            jsonwebtoken::encode(&header, claims.as_ref(), &EncodingKey::from_secret(b"x")).unwrap();
        assert_eq!(ours.check(&symmetric, at(1)), None, "another algorithm");
        assert_eq!(ours.check(&format!("{}.{}.", parts[0], parts[1]), at(1)), None, "no signature");
    }
}
