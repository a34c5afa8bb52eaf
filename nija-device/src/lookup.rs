//! Asking the venue what became of an order: found, provably absent, gone, or not known yet.

use nija_core::{
    AmbiguityBound, Lookup, OrderId, OrderRef, OrderState, Reason, Side, Symbol, TimeInForce, Timestamp,
    VenueClientId,
};
use rust_decimal::Decimal;
use std::time::Duration;

use crate::{DeviceError, Leg, device::Desk};

/// A look-up reaches this much further back than the order can have been sent, for clocks that differ.
const SKEW: Duration = Duration::from_secs(60);
/// Looks at one order within one call, and how long after the first the second is; each further pause is twice as long.
const LOOKS: u32 = 5;
const FIRST_PAUSE: Duration = Duration::from_millis(100);

impl Desk<'_> {
    /// Asks the venue about every order of a trade that is not settled.
    pub(crate) async fn refresh(&mut self, id: OrderId) -> Result<(), DeviceError> {
        let trade = self.trade(id)?;
        let unsettled =
            |leg: &&Leg| !leg.state.is_final() || (!leg.filled.is_zero() && leg.base_change.is_none());
        let legs: Vec<_> = trade.legs.iter().filter(unsettled).map(|leg| leg.client_id).collect();
        for client_id in legs {
            let mut pause = FIRST_PAUSE;
            for look in 1..=LOOKS {
                self.look_up(id, client_id).await?;
                let Some(leg) = self.trade(id)?.legs.iter().find(|leg| leg.client_id == client_id) else {
                    break;
                };
                // An order that rests is looked at once; one that fills now or not, and one in doubt, is worth some waiting.
                let rests = leg.is_live() && leg.time_in_force == TimeInForce::Gtc;
                let settled = leg.state.is_final() && (leg.filled.is_zero() || leg.base_change.is_some());
                if rests || settled || look == LOOKS {
                    break;
                }
                tokio::time::sleep(pause).await;
                pause *= 2;
            }
        }
        Ok(())
    }

    /// Asks once about one order. That the venue cannot be asked changes nothing.
    async fn look_up(&mut self, id: OrderId, client_id: VenueClientId) -> Result<(), DeviceError> {
        let trade = self.trade(id)?;
        let Some(leg) = trade.legs.iter().find(|leg| leg.client_id == client_id).cloned() else {
            return Ok(());
        };
        let order = self.named(&trade.symbol, &leg);
        let symbol = trade.symbol.clone();
        let since = leg.sent_at.minus(SKEW);
        let mut now_known = leg.clone();
        if !leg.state.is_final() {
            // The question is put after the bound, so the answer is about all time.
            let proves = self.proves_absence(&leg);
            match self.place.executor.find(&self.account, &order, since).await {
                Ok(Lookup::Found(report)) => now_known.take(&report),
                Ok(Lookup::Absent) if leg.was_confirmed() => {
                    now_known.lose();
                    if proves {
                        self.end_gone(&symbol, &mut now_known, since).await;
                    }
                }
                Ok(Lookup::Absent) if proves => {
                    let words = "it never arrived: the exchange has no such order after its deadline";
                    now_known.end(OrderState::Failed, Reason::new("proven_absent", words));
                }
                Ok(Lookup::Absent) => {}
                Err(error) => {
                    tracing::warn!(venue = %self.place.venue, %error, "an order could not be looked up");
                }
            }
        }
        if now_known.state.is_final() && !now_known.filled.is_zero() && now_known.base_change.is_none() {
            now_known.base_change = self.base_change(&symbol, &now_known, since).await;
        }
        if now_known == leg {
            return Ok(());
        }
        self.change(id, |trade| {
            if let Some(leg) = trade.legs.iter_mut().find(|leg| leg.client_id == client_id) {
                *leg = now_known;
            }
        })
    }

    /// Ends an order that the venue once had and has no more, neither open nor closed: it cannot fill any further. What it filled before is asked
    /// for first. While an execution is missing that was told of, or one of its kind is there that no order is known of, nothing ends by itself.
    async fn end_gone(&self, symbol: &Symbol, leg: &mut Leg, since: Timestamp) {
        let fills = match self.place.executor.fills_since(&self.account, since).await {
            Ok(fills) => fills,
            Err(error) => {
                tracing::warn!(venue = %self.place.venue, %error, "fills could not be asked for");
                return;
            }
        };
        if leg.count(symbol, &fills) {
            let words = format!("{} no longer has this order", self.place.venue);
            leg.end(OrderState::Cancelled, Reason::new("gone_at_venue", words));
        }
    }

    /// The owner looked: an order that the venue once had is not there. Its executions are asked for all the same.
    pub(crate) async fn end_at_word(
        &self,
        symbol: &Symbol,
        leg: &mut Leg,
        reason: Reason,
    ) -> Result<(), DeviceError> {
        let fills = self.place.executor.fills_since(&self.account, leg.sent_at.minus(SKEW)).await?;
        leg.count(symbol, &fills);
        leg.end(OrderState::Cancelled, reason);
        if !leg.filled.is_zero() {
            leg.base_change = self.base_change(symbol, leg, leg.sent_at.minus(SKEW)).await;
        }
        Ok(())
    }

    /// What an order changed in the base asset, fees included: from its fills once they are all there. A sale without them all counts
    /// as what was sold; a buy as what is there to sell, for a stop over more than that would be refused.
    async fn base_change(&self, symbol: &Symbol, leg: &Leg, since: Timestamp) -> Option<Decimal> {
        let executor = &self.place.executor;
        match executor.fills_since(&self.account, since).await {
            Ok(fills) => {
                let mine: Vec<_> = fills.iter().filter(|fill| leg.owns(fill)).collect();
                let seen: Decimal = mine.iter().map(|fill| fill.quantity.get()).sum();
                if seen == leg.filled.get() {
                    return Some(mine.iter().map(|fill| fill.base_change()).sum());
                }
            }
            Err(error) => tracing::warn!(venue = %self.place.venue, %error, "fills could not be asked for"),
        }
        match leg.side {
            Side::Sell => Some(-leg.filled.get()),
            Side::Buy => {
                let balances = executor.balances(&self.account).await.ok()?;
                let free = balances.iter().find(|balance| balance.asset == symbol.base())?.available;
                Some(leg.filled.get().min(free))
            }
        }
    }

    /// Whether the venue's not knowing an order, asked for now, is proof that it will never come.
    fn proves_absence(&self, leg: &Leg) -> bool {
        let AmbiguityBound::Deadline(bound) = self.place.executor.contract().ambiguity_bound else {
            return false;
        };
        self.has_waited(leg, leg.deadline.plus(bound), self.device.parts.clock.now())
    }

    /// Whether a moment is past by the phone's clock, and as much time as lies between by the clock that nobody sets. Time in which the app
    /// did not run does not count: an order that was sent before this start waits anew.
    pub(crate) fn has_waited(&self, leg: &Leg, until: Timestamp, now: Timestamp) -> bool {
        let began = self.place.waiting.lock().get(&leg.client_id).copied().unwrap_or(self.place.began);
        now >= until && self.device.parts.steady.now().since(began) >= until.since(leg.sent_at)
    }

    /// An order by its names at the venue.
    pub(crate) fn named(&self, symbol: &Symbol, leg: &Leg) -> OrderRef {
        OrderRef {
            symbol: symbol.clone(),
            client_id: leg.client_id,
            venue_order_id: leg.venue_order_id.clone(),
        }
    }
}
