//! A user's own limits, on record.

use nija_core::{JournalEvent, RiskSettings, RiskStanding, Timestamp, UserId};
use rust_decimal::Decimal;

use super::{Engine, EngineError};

/// Symbols that a list may name.
const SYMBOLS: usize = 200;

impl Engine {
    /// A user's own limits: what holds, and what waits for its time.
    ///
    /// # Errors
    /// [`EngineError::Ledger`].
    pub async fn risk_settings(&self, user: UserId) -> Result<RiskStanding, EngineError> {
        let user = self.inner.user(user).await?;
        let state = user.state.lock().await;
        Ok(state.limits.clone())
    }

    /// What holds for a user now: the platform's limits, the plan's and the user's own, field by field the tightest.
    ///
    /// # Errors
    /// [`EngineError::Ledger`].
    pub async fn effective_limits(&self, user: UserId) -> Result<RiskSettings, EngineError> {
        let standing = self.risk_settings(user).await?;
        let given = self.inner.config.limits.given(self.inner.tier(user));
        Ok(given.and(standing.at(self.inner.clock.now())))
    }

    /// Changes a user's own limits, provided that they still stand as the caller saw them: whatever is tighter holds at once, whatever is
    /// looser after [`crate::RiskLimits::loosening_delay`], in place of what waited before. `None` when they have changed meanwhile; nothing
    /// is recorded then.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] when a limit makes no sense, or [`EngineError::Ledger`].
    pub async fn change_risk_settings(
        &self,
        user: UserId,
        seen: &RiskStanding,
        wanted: RiskSettings,
    ) -> Result<Option<RiskStanding>, EngineError> {
        check(&wanted)?;
        let delay = self.inner.config.limits.loosening_delay;
        self.restand(user, seen.clone(), move |standing, now| standing.change(wanted, now, delay)).await
    }

    /// Takes back a loosening that waits; as [`Engine::change_risk_settings`] otherwise.
    ///
    /// # Errors
    /// [`EngineError::Ledger`].
    pub async fn keep_risk_settings(
        &self,
        user: UserId,
        seen: &RiskStanding,
    ) -> Result<Option<RiskStanding>, EngineError> {
        self.restand(user, seen.clone(), |standing, now| standing.keep(now)).await
    }

    async fn restand(
        &self,
        user: UserId,
        seen: RiskStanding,
        change: impl FnOnce(&RiskStanding, Timestamp) -> RiskStanding + Send + 'static,
    ) -> Result<Option<RiskStanding>, EngineError> {
        let inner = self.inner.clone();
        self.run(async move {
            let user = inner.user(user).await?;
            let mut state = user.state.lock().await;
            if state.limits != seen {
                return Ok(None);
            }
            let standing = change(&state.limits, inner.clock.now());
            if standing != state.limits {
                let event = JournalEvent::RiskSettingsChanged { standing };
                inner.record(&user, &mut state, vec![event]).await?;
            }
            Ok(Some(state.limits.clone()))
        })
        .await
    }
}

fn check(wanted: &RiskSettings) -> Result<(), EngineError> {
    let percent = |whole: i64| Decimal::new(whole, 2);
    let shares = [
        ("max_equity_share", wanted.max_equity_share, percent(2)),
        ("max_daily_loss", wanted.max_daily_loss, Decimal::ZERO),
        ("max_drawdown", wanted.max_drawdown, Decimal::ZERO),
        ("price_collar", wanted.price_collar, Decimal::ZERO),
    ];
    for (name, share, least) in shares {
        if share.is_some_and(|share| share < least || share > Decimal::ONE) {
            return Err(EngineError::Invalid(format!("{name} must be a share from {least} to 1")));
        }
    }
    if wanted.largest_position.is_some_and(|most| most.is_sign_negative()) {
        return Err(EngineError::Invalid("largest_position must not be negative".into()));
    }
    if wanted.allowed_symbols.as_ref().is_some_and(|list| list.len() > SYMBOLS) {
        return Err(EngineError::Invalid(format!("allowed_symbols names more than {SYMBOLS} symbols")));
    }
    Ok(())
}
