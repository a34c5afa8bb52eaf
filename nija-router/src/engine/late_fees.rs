//! Fees that nobody could value when their executions went on record: they are, as soon as somebody tells what their assets are worth.

use nija_core::{Fill, JournalEvent, LedgerError};
use std::sync::Arc;

use super::{fees::AGAIN, inner::Inner, money, realised::Realised, state::UNVALUED_KEPT, user::User};
use crate::planted::{Bug, planted};

impl Inner {
    /// Asks for their prices, as often as venues are asked for any; never ends.
    pub(super) async fn value_fees(self: Arc<Self>) {
        loop {
            tokio::time::sleep(AGAIN).await;
            if planted(Bug::ForgetsLateFees) {
                continue;
            }
            let users: Vec<_> = self.users.read().values().cloned().collect();
            for user in users {
                if let Err(error) = self.value_fees_of(&user).await {
                    tracing::warn!(user = %user.id, %error, "what fees are worth could not be put on record; it is tried again");
                }
            }
        }
    }

    async fn value_fees_of(self: &Arc<Self>, user: &Arc<User>) -> Result<(), LedgerError> {
        let lacking = user.state.lock().await.unvalued.clone();
        for venue in &self.venues {
            let there = lacking.iter().map(|fill| &fill.execution).filter(|fill| fill.venue == venue.id);
            self.price_fees(venue, there).await;
        }
        if lacking.is_empty() {
            return Ok(());
        }
        let mut state = user.state.lock().await;
        let now = self.clock.now();
        let (market, rates) = (self.market.snapshot(), self.market.rates(now));
        let told = |fill: &Fill| {
            let fee_in_quote = money::told_fee(&fill.execution, &market, &rates, &state.paid_fees)?;
            let fill = Fill { fee_in_quote, ..fill.clone() };
            (!fill.lacks_fee()).then_some(JournalEvent::FeeValued { fill })
        };
        let events: Vec<_> = state.unvalued.iter().filter_map(told).collect();
        if events.is_empty() {
            return Ok(());
        }
        let today = now.day_start();
        let is_older = events
            .iter()
            .any(|event| matches!(event, JournalEvent::FeeValued { fill } if fill.execution.at < today));
        let may_be_more = state.unvalued.len() == UNVALUED_KEPT;
        self.record(user, &mut state, events).await?;
        if may_be_more {
            state.unvalued = self.ledger.unvalued_fees(user.id, UNVALUED_KEPT).await?;
        }
        if is_older {
            // Days that are over ended otherwise than they were kept.
            let days = self.ledger.realised_by_day(user.id).await?;
            state.realised = Realised::new(&self.config.limits.currencies, today, &days);
        }
        Ok(())
    }
}
