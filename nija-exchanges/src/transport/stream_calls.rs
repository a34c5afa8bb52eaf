//! What a stream asks over HTTP, through the lane of whoever reads it.

use nija_core::{LimitScope, StreamLane, UserId, VenueError, VenueId};
use std::{sync::Arc, time::Duration};

use super::{Address, WsConfig, WsConnection};

/// The calls of one stream: a user's own, or those of prices, which need no user's key.
#[derive(Clone)]
pub struct StreamCalls {
    lane: Arc<dyn StreamLane>,
    user: Option<UserId>,
}

impl StreamCalls {
    /// Of a user's stream.
    #[must_use]
    pub fn of(user: UserId, lane: Arc<dyn StreamLane>) -> Self {
        Self { lane, user: Some(user) }
    }

    /// Of a stream of prices.
    #[must_use]
    pub fn public(lane: Arc<dyn StreamLane>) -> Self {
        Self { lane, user: None }
    }

    /// Asks under the stream's key. `call` sends something: what is answered from memory is not asked.
    ///
    /// # Errors
    /// [`VenueError::RateLimited`] when the venue wants nothing sent, or as the call.
    pub async fn ask<T>(&self, call: impl Future<Output = Result<T, VenueError>>) -> Result<T, VenueError> {
        self.lane.ask(self.user, call).await
    }

    /// Asks without a key.
    ///
    /// # Errors
    /// As [`StreamCalls::ask`].
    pub async fn ask_public<T>(
        &self,
        call: impl Future<Output = Result<T, VenueError>>,
    ) -> Result<T, VenueError> {
        self.lane.ask(None, call).await
    }

    /// For how long the venue wants nothing sent.
    #[must_use]
    pub fn held(&self) -> Option<Duration> {
        self.lane.held(self.user)
    }

    /// Connects. Venues count connections by address and apart from requests: too many of them hold no order, a ban holds all.
    ///
    /// # Errors
    /// Why there is no connection, in words.
    pub async fn open(
        &self,
        venue: &VenueId,
        address: &Address,
        config: &WsConfig,
    ) -> Result<WsConnection, String> {
        let pass = self.lane.enter(None).await.map_err(|error| error.to_string())?;
        WsConnection::connect(address, config).await.map_err(|(error, turned_away)| {
            if let Some(turned_away) = turned_away {
                let (venue, banned) = (venue.clone(), turned_away.banned);
                let scope = if banned { LimitScope::Ip } else { LimitScope::Account };
                let retry_after = turned_away.retry_after;
                pass.went(Some(&VenueError::RateLimited { venue, scope, banned, retry_after }));
            }
            error.0
        })
    }
}

impl std::fmt::Debug for StreamCalls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StreamCalls").field("user", &self.user).finish_non_exhaustive()
    }
}
