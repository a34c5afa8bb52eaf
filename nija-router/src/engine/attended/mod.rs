//! Keys that sign only while their user is present (custody modes `session` and `device`). Once such a key is locked nothing here can
//! close a position, so one is opened only together with a stop that rests at its venue, and nothing is left at the venue that could open one.

mod check;
mod close;

pub use close::LeftBehind;

use nija_core::{Timestamp, UserId, VenueId};
use std::time::Duration;

use super::{Engine, EngineError};

impl Engine {
    /// As [`Engine::connect_since`], of an account whose key is locked at `until`. Shortly before that the account is closed as by
    /// [`Engine::close_account`].
    ///
    /// # Errors
    /// As [`Engine::connect`].
    pub async fn connect_until(
        &self,
        user: UserId,
        venue: &VenueId,
        since: Timestamp,
        until: Timestamp,
    ) -> Result<(), EngineError> {
        self.connect_for(user, venue, since, Some(until)).await
    }

    /// Before the key of an account is locked: nothing is opened there any more, entries that rest are cancelled, and stops that should rest
    /// are waited for, all of it for `within` at most. Answers with what is at the venue then. The account stays connected, and exits go on.
    ///
    /// # Errors
    /// [`EngineError::Ledger`].
    pub async fn close_account(
        &self,
        user: UserId,
        venue: &VenueId,
        within: Duration,
    ) -> Result<LeftBehind, EngineError> {
        let (inner, venue) = (self.inner.clone(), venue.clone());
        self.run(async move {
            let user = inner.user(user).await?;
            Ok(inner.close_account(&user, &venue, within).await)
        })
        .await
    }
}
