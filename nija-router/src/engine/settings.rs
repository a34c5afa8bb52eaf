//! What users set for themselves, and what their plan is.

use nija_core::{JournalEvent, RoutingPreference, Tier, Timestamp, UserId};

use super::{Engine, EngineError};

impl Engine {
    /// Pauses or resumes a user's trading; answers since when it is paused. Exits pass all the time.
    ///
    /// # Errors
    /// [`EngineError::Ledger`].
    pub async fn set_paused(&self, user: UserId, paused: bool) -> Result<Option<Timestamp>, EngineError> {
        let inner = self.inner.clone();
        self.run(async move {
            let user = inner.user(user).await?;
            let mut state = user.state.lock().await;
            if state.paused.is_some() != paused {
                let event = JournalEvent::Paused { paused };
                inner.record(&user, &mut state, vec![event]).await?;
            }
            Ok(state.paused)
        })
        .await
    }

    /// How a user wants venues to be chosen.
    ///
    /// # Errors
    /// [`EngineError::Ledger`].
    pub async fn routing_preference(&self, user: UserId) -> Result<RoutingPreference, EngineError> {
        let user = self.inner.user(user).await?;
        Ok(user.state.lock().await.routing)
    }

    /// Sets how a user wants venues to be chosen, from the next order on, where that is still what was `seen`; `None` otherwise.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] when the weights do not sum to one, or [`EngineError::Ledger`].
    pub async fn change_routing_preference(
        &self,
        user: UserId,
        seen: RoutingPreference,
        wanted: RoutingPreference,
    ) -> Result<Option<RoutingPreference>, EngineError> {
        if let Some(weights) = wanted.weights {
            weights.check().map_err(|error| EngineError::Invalid(error.to_string()))?;
        }
        let inner = self.inner.clone();
        self.run(async move {
            let user = inner.user(user).await?;
            let mut state = user.state.lock().await;
            if state.routing != seen {
                return Ok(None);
            }
            if state.routing != wanted {
                let event = JournalEvent::RoutingPreferred { preference: wanted };
                inner.record(&user, &mut state, vec![event]).await?;
            }
            Ok(Some(state.routing))
        })
        .await
    }

    /// Sets a user's plan; `Basic` until then.
    pub fn set_tier(&self, user: UserId, tier: Tier) {
        self.inner.tiers.write().insert(user, tier);
    }
}
