//! The password once more, before what cannot be undone or what allows more than before: the one place (ADR 17).

use nija_core::{Timestamp, UserId};
use std::time::Duration;
use zeroize::Zeroizing;

use super::sha256;
use crate::{
    problem::{ApiResult, Problem, kinds},
    state::App,
};

/// Checks the account's password. Wrong ones make their caller wait as wrong logins do.
pub(crate) async fn confirm(app: &App, user: UserId, password: Option<String>) -> ApiResult<()> {
    let needed = || Problem::new(kinds::CONFIRMATION_NEEDED, "give the account's password to confirm this");
    let password = Zeroizing::new(password.ok_or_else(needed)?);
    if is_password(app, user, password).await? {
        return Ok(());
    }
    Err(Problem::new(kinds::CONFIRMATION_NEEDED, "that is not the account's password"))
}

/// Whether it is the account's password; `login_locked` after too many that were not. They are counted apart from those of logins: whoever
/// knows an address could else keep its owner, an administrator say, from what takes the password, by logins that fail.
pub(crate) async fn is_password(app: &App, user: UserId, password: Zeroizing<String>) -> ApiResult<bool> {
    let gone = || Problem::new(kinds::SESSION_ENDED, "this account is gone; sign up again");
    let row = app.accounts.user(user).await?.ok_or_else(gone)?;
    let (key, now) = (sha256(format!("confirm {user}").as_bytes()), app.now());
    if let Some(until) = app.accounts.locked_until(key, now).await? {
        return Err(locked(until, now));
    }
    if app.hasher.verify(password, Some(row.password_hash)).await? {
        app.accounts.login_succeeded(key).await?;
        return Ok(true);
    }
    match app.accounts.login_failed(key, now, app.config.auth.lockout_after).await? {
        Some(until) => Err(locked(until, now)),
        None => Ok(false),
    }
}

/// Too many wrong passwords of an address.
pub(crate) fn locked(until: Timestamp, now: Timestamp) -> Problem {
    let wait: Duration = until.since(now);
    let seconds = wait.as_secs() + 1;
    let what = format!("too many wrong passwords for this address; try again in {seconds} s");
    Problem::new(kinds::LOGIN_LOCKED, what).retry_after(seconds)
}
