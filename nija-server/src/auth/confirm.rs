//! The password once more, before what cannot be undone or what allows more than before.

use nija_core::UserId;
use zeroize::Zeroizing;

use super::sha256;
use crate::{
    problem::{ApiResult, Problem, kinds},
    state::App,
};

/// Checks the account's password. Wrong ones count as wrong logins do.
pub(crate) async fn confirm(app: &App, user: UserId, password: Option<String>) -> ApiResult<()> {
    let needed = || Problem::new(kinds::CONFIRMATION_NEEDED, "give the account's password to confirm this");
    let password = Zeroizing::new(password.ok_or_else(needed)?);
    let row = app.accounts.user(user).await?.ok_or_else(needed)?;
    let (key, now) = (sha256(row.email.as_bytes()), app.now());
    if let Some(until) = app.accounts.locked_until(key, now).await? {
        let seconds = until.since(now).as_secs() + 1;
        let what = format!("too many wrong passwords; try again in {seconds} s");
        return Err(Problem::new(kinds::LOGIN_LOCKED, what).retry_after(seconds));
    }
    if app.hasher.verify(password, Some(row.password_hash)).await? {
        return Ok(app.accounts.login_succeeded(key).await?);
    }
    app.accounts.login_failed(key, now, app.config.auth.lockout_after).await?;
    Err(Problem::new(kinds::CONFIRMATION_NEEDED, "that is not the account's password"))
}
