//! Administrators: who is one, and the token by which the first becomes one.

use axum::{extract::FromRequestParts, http::request::Parts};
use nija_core::Entropy;
use parking_lot::Mutex;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{CurrentUser, RandomSecret, sha256};
use crate::{
    problem::{Problem, kinds},
    state::AppState,
};

/// A caller who is an administrator at this moment.
#[derive(Debug, Clone)]
pub(crate) struct Admin(pub(crate) CurrentUser);

impl FromRequestParts<AppState> for Admin {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Problem> {
        let user = CurrentUser::from_request_parts(parts, app).await?;
        if app.accounts.is_admin(user.id).await? {
            return Ok(Self(user));
        }
        tracing::warn!(user = %user.id, path = parts.uri.path(), "somebody who is no administrator asked for what is an administrator's");
        Err(Problem::new(kinds::FORBIDDEN, "this is for the server's administrators"))
    }
}

/// The token that makes the first administrator. It lives until it is used or the server stops; there is none where there is an administrator.
#[derive(Default)]
pub(crate) struct AdminToken(Mutex<Option<[u8; 32]>>);

impl AdminToken {
    /// Makes one, to be shown to whoever started the server.
    pub(crate) fn make(&self, entropy: &dyn Entropy) -> Zeroizing<String> {
        let secret = RandomSecret::generate("nat_", entropy);
        *self.0.lock() = Some(secret.hash);
        secret.text
    }

    /// Whether this is it.
    pub(crate) fn is(&self, token: &str) -> bool {
        let hash = sha256(token.as_bytes());
        self.0.lock().is_some_and(|known| bool::from(known.ct_eq(&hash)))
    }

    /// It works no more.
    pub(crate) fn use_up(&self) {
        *self.0.lock() = None;
    }
}
