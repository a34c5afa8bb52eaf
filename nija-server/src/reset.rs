//! The way back for somebody whose password is lost: a token that whoever runs the machine makes.

use nija_core::{Clock, OsEntropy, SystemClock};
use std::{path::Path, time::Duration};
use zeroize::Zeroizing;

use crate::{
    accounts::{Accounts, RESET_LIFE},
    auth::{Email, RandomSecret},
};

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ResetError {
    /// Not the data folder of a server.
    #[error("{0} has no accounts.db: name the server's data folder with --data-dir")]
    NoAccounts(String),
    /// Nobody has this address.
    #[error("there is no account with this address")]
    NoSuchAccount,
    /// The accounts cannot be read or written.
    #[error("{0}")]
    Storage(String),
}

/// A token that sets a new password once, at `POST /v1/auth/reset`.
pub struct ResetToken {
    /// To hand to the account's owner.
    pub token: Zeroizing<String>,
    /// The account.
    pub user: String,
    /// How long it works.
    pub life: Duration,
}

/// Makes a token for an account of the server with this data folder, which may be running. An earlier one of the account works no more.
///
/// # Errors
/// [`ResetError`].
pub async fn reset_token(data_dir: &Path, email: &str) -> Result<ResetToken, ResetError> {
    let path = data_dir.join("accounts.db");
    if !path.is_file() {
        return Err(ResetError::NoAccounts(data_dir.display().to_string()));
    }
    let email = Email::parse(email).ok_or(ResetError::NoSuchAccount)?;
    let storage = |error: crate::accounts::AccountsError| ResetError::Storage(error.to_string());
    let accounts = Accounts::open(&path).await.map_err(storage)?;
    let entropy = OsEntropy::new().map_err(|error| ResetError::Storage(error.to_string()))?;
    let secret = RandomSecret::generate("nrs_", &entropy);
    let added = accounts.add_reset(email.as_str().to_owned(), secret.hash, SystemClock.now()).await;
    let user = added.map_err(storage)?.ok_or(ResetError::NoSuchAccount)?;
    Ok(ResetToken { token: secret.text, user: user.to_string(), life: RESET_LIFE })
}

impl std::fmt::Debug for ResetToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ResetToken").field("user", &self.user).finish_non_exhaustive()
    }
}
