//! Accounts that come and go while the engine runs.

use nija_core::{Timestamp, UserId, VenueId};

use super::{Engine, EngineError};

impl Engine {
    /// Connects an account whose credential was just stored: balances, fees, stream, reconciliation.
    ///
    /// # Errors
    /// [`EngineError::Venue`] when the venue refuses the key. A venue that is merely down is asked again in the background.
    pub async fn connect(&self, user: UserId, venue: &VenueId) -> Result<(), EngineError> {
        self.connect_since(user, venue, self.inner.clock.now()).await
    }

    /// As [`Engine::connect`], of an account that trades here since an earlier moment: what happened at the venue meanwhile is
    /// asked for.
    ///
    /// # Errors
    /// As there.
    pub async fn connect_since(
        &self,
        user: UserId,
        venue: &VenueId,
        since: Timestamp,
    ) -> Result<(), EngineError> {
        self.connect_for(user, venue, since, None).await
    }

    pub(super) async fn connect_for(
        &self,
        user: UserId,
        venue: &VenueId,
        since: Timestamp,
        until: Option<Timestamp>,
    ) -> Result<(), EngineError> {
        let venue = self.inner.known_venue(venue)?.clone();
        let user = self.inner.user(user).await?;
        let custody = self.inner.custody(user.id, &venue).await?;
        let (inner, owner) = (self.inner.clone(), user.clone());
        let conn = self
            .run(async move {
                let mut state = owner.state.lock().await;
                let before = inner.disconnect(&owner, &mut state, &venue.id).await;
                let since = before.as_ref().map_or(since, |conn| conn.since);
                let conn = inner.connect(&owner, &venue, since, custody);
                before.iter().for_each(|before| conn.inherit(before));
                Ok(conn)
            })
            .await?;
        if let Some(until) = until {
            self.inner.close_in_time(&user, &conn, until);
        }
        self.inner.accounts_tried(&user).await;
        let refused = conn.refused.lock().clone();
        refused.map_or(Ok(()), |error| Err(error.into()))
    }

    /// Stops using an account. Its orders stay at the venue.
    pub async fn disconnect(&self, user: UserId, venue: &VenueId) {
        let known = self.inner.users.read().get(&user).cloned();
        let Some(user) = known else { return };
        let (inner, venue) = (self.inner.clone(), venue.clone());
        // To its end, whoever stops waiting for it.
        let done = self.inner.tasks.run(async move {
            let mut state = user.state.lock().await;
            inner.disconnect(&user, &mut state, &venue).await;
            state.balances.retain_at(&venue, |_| false);
            state.balances_read.remove(&venue);
        });
        if done.await.is_none() {
            tracing::debug!("the engine was stopped, and the account with it");
        }
    }
}
