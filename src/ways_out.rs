//! What an order policy would shut a user in with: a pair that it does not name can no longer be sold.

use nija_core::{OrderPolicy, Symbol, UserId};

use crate::{Platform, PlatformError};

impl Platform {
    /// Pairs that the user holds, or has orders in that may still fill, and that could be sold under the policy of before and not under the one
    /// that is wanted. Stops and kill switches could not close them either.
    ///
    /// # Errors
    /// [`PlatformError::Engine`] when the user's account cannot be read.
    pub async fn shut_in(
        &self,
        user: UserId,
        before: Option<&OrderPolicy>,
        wanted: Option<&OrderPolicy>,
    ) -> Result<Vec<Symbol>, PlatformError> {
        let lets = |policy: Option<&OrderPolicy>, pair: &Symbol| policy.is_none_or(|it| it.lets_out_of(pair));
        let mut at_stake = self.engine().at_stake(user).await?;
        at_stake.retain(|pair| lets(before, pair) && !lets(wanted, pair));
        Ok(at_stake.into_iter().collect())
    }
}
