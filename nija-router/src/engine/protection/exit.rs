//! Carrying out what went off.

use nija_core::{
    Hit, HitCause, JournalEvent, LedgerError, Order, OrderKind, OrderSize, ProtectionPart, Quantity,
    SignalType, TimeInForce, Timestamp, TradeSignal,
};
use rust_decimal::Decimal;
use std::time::Duration;

use super::{
    guard::{LOOK_AGAIN, Next, Seen, Step, alarm_name},
    names::Purpose,
};
use crate::{
    engine::derived,
    planted::{Bug, planted},
};

const SOON: Duration = Duration::from_millis(500);
/// The longest wait between two exits that came to nothing.
const LONGEST: Duration = Duration::from_secs(30);

impl Step<'_> {
    /// The stop went off: what rests has a while to fill, then the position is closed at market.
    pub(super) async fn carry_out_stop(&self, seen: &Seen, hit: Hit) -> Result<Next, LedgerError> {
        if planted(Bug::ForgetsStops) {
            return Ok(Next::Wait(LONGEST));
        }
        if let Some(order) = seen.live(Purpose::Rest) {
            let waited = self.inner.clock.now().since(hit.at);
            let patience = self.inner.config.protection.escalate_after;
            if waited < patience && order.intent.signal.kind.stop().is_some() {
                return Ok(Next::Wait(patience - waited));
            }
            if planted(Bug::NeverEscalates) {
                return Ok(Next::Wait(LONGEST));
            }
            self.cancel(order.id()).await;
            return Ok(Next::Wait(SOON));
        }
        // A take-profit on its way ends by itself, at once or not at all.
        if !seen.own.is_empty() {
            return Ok(Next::Wait(SOON));
        }
        // The user's own exits that rest for a better price hold what the stop needs, and the stop comes first.
        if !seen.resting.is_empty() && !planted(Bug::SparesOtherExits) {
            for order in &seen.resting {
                self.cancel_for(
                    *order,
                    "cancelled since the stop of its position went off and needs what it held",
                )
                .await;
            }
            if !self.can_be_sold(seen, seen.free()) {
                return Ok(Next::Wait(SOON));
            }
        }
        if !self.can_be_sold(seen, seen.position.quantity.abs()) && !planted(Bug::SellsDustForEver) {
            // It has done what it could. What is bought here next is not for this stop to sell.
            let (id, (venue, symbol)) = (seen.protection.id, self.key.clone());
            let done = JournalEvent::ProtectionRemoved { id, venue, symbol };
            return Ok(if self.put(seen, done).await? { Next::Again } else { Next::Wait(SOON) });
        }
        if !self.can_be_sold(seen, seen.free()) && !planted(Bug::SellsDustForEver) {
            // Too little, or in the hands of exits that end by themselves: their end wakes this.
            return Ok(Next::Wait(LOOK_AGAIN));
        }
        self.exit(seen, Purpose::Stop, seen.free()).await
    }

    /// Take-profits that went off; `None` when none is left to be carried out.
    pub(super) async fn carry_out_take_profits(&self, seen: &Seen) -> Result<Option<Next>, LedgerError> {
        let due = (0..seen.protection.plan.take_profits.len()).find(|n| {
            seen.protection.hit(ProtectionPart::TakeProfit(*n)).is_some()
                && !seen.protection.taken.contains(n)
        });
        let Some(n) = due else {
            return Ok(None);
        };
        let purpose = Purpose::Take(n);
        let whole = seen.position.quantity.abs();
        if self.can_be_sold(seen, whole) && !self.can_be_sold(seen, seen.free()) {
            // The user's own exits close all of it: what one of them leaves is taken once it has ended.
            return Ok(None);
        }
        if seen.live(purpose).is_some() {
            return Ok(Some(Next::Wait(SOON)));
        }
        // What rests is asked to give up what it holds; a bracket whose profit is being taken goes on.
        if let Some(order) = seen.live(Purpose::Rest) {
            if order.intent.signal.kind.take_profit().is_some() && !order.filled.is_zero() {
                return Ok(Some(Next::Wait(SOON)));
            }
            self.cancel(order.id()).await;
            return Ok(Some(Next::Wait(SOON)));
        }
        let sold = self.filled_for(seen, purpose).await?;
        let left = seen.protection.to_take(n) - sold;
        let left = left.min(seen.position.quantity.abs());
        if !self.can_be_sold(seen, left) {
            let (id, (venue, symbol)) = (seen.protection.id, self.key.clone());
            let taken = JournalEvent::ProtectionTaken { id, venue, symbol, take_profit: n };
            return Ok(Some(if self.put(seen, taken).await? { Next::Again } else { Next::Wait(SOON) }));
        }
        self.exit(seen, purpose, left.min(seen.free())).await.map(Some)
    }

    /// Whether this many base units make an order at all.
    pub(super) fn can_be_sold(&self, seen: &Seen, quantity: Decimal) -> bool {
        let (Ok(quantity), Some(rules)) = (Quantity::new(quantity), self.inner.market.instrument(self.key))
        else {
            return quantity > Decimal::ZERO;
        };
        let entry = nija_core::Price::new(seen.position.entry_price()).ok();
        let Some(reference) = seen.price().or(entry) else {
            return !quantity.is_zero();
        };
        rules.fit(seen.position.side().opposite(), OrderKind::Market, quantity, reference).is_ok()
            || !rules.tradable
    }

    /// Base units that all orders for a purpose filled, those of earlier processes included.
    async fn filled_for(&self, seen: &Seen, purpose: Purpose) -> Result<Decimal, LedgerError> {
        let cause = purpose.cause(seen.protection.id);
        let mut filled = Decimal::ZERO;
        for n in 0.. {
            let Some(order) = self.made(&cause, n).await? else {
                break;
            };
            filled += order.filled.get();
        }
        Ok(filled)
    }

    pub(super) async fn made(&self, cause: &str, n: u32) -> Result<Option<Order>, LedgerError> {
        match derived::client_order_id(cause, n) {
            Some(name) => self.inner.ledger.order_by_client_id(self.user.id, &name).await,
            None => Ok(None),
        }
    }

    /// The first number for a cause that no order has.
    pub(super) async fn next_number(&self, cause: &str) -> Result<u32, LedgerError> {
        let mut n = self.guard.numbers.lock().get(cause).copied().unwrap_or_default();
        while self.made(cause, n).await?.is_some() {
            n += 1;
        }
        self.guard.numbers.lock().insert(cause.to_owned(), n);
        Ok(n)
    }

    /// Closes this many base units at market; after a failure a while later, and a person is called when it goes on.
    async fn exit(&self, seen: &Seen, purpose: Purpose, quantity: Decimal) -> Result<Next, LedgerError> {
        let now = self.inner.clock.now();
        let (failures, last) = self.failures(&purpose.cause(seen.protection.id)).await?;
        if let Some(last) = last {
            let due = last.plus((SOON * 2_u32.saturating_pow(failures.min(8))).min(LONGEST));
            if due > now {
                return Ok(Next::Wait(due.since(now)));
            }
        }
        if failures >= 3
            && let Some(venue) = self.inner.venue(&self.key.0)
        {
            let name = alarm_name(&seen.protection);
            let what = format!("{} at {} should be closed and cannot be", self.key.1, self.key.0);
            venue.alarm(name, &what);
        }
        let Ok(quantity) = Quantity::new(quantity) else {
            return Ok(Next::Wait(LONGEST));
        };
        self.send(seen, purpose, (OrderKind::Market, TimeInForce::Ioc), quantity).await?;
        // It is on its way or has failed: the next look tells.
        Ok(Next::Wait(SOON))
    }

    /// How many of the last orders for a cause closed nothing, and when the last of them ended.
    async fn failures(&self, cause: &str) -> Result<(u32, Option<Timestamp>), LedgerError> {
        let (mut failures, mut last) = (0, None);
        let next = self.next_number(cause).await?;
        for n in (next.saturating_sub(8)..next).rev() {
            let Some(order) = self.made(cause, n).await?.filter(|order| order.filled.is_zero()) else {
                break;
            };
            failures += 1;
            last = last.or(Some(order.updated_at));
        }
        Ok((failures, last))
    }

    /// Sends an order named for its purpose; `None` when it was not taken up.
    pub(super) async fn send(
        &self,
        seen: &Seen,
        purpose: Purpose,
        (kind, time_in_force): (OrderKind, TimeInForce),
        quantity: Quantity,
    ) -> Result<Option<Order>, LedgerError> {
        let cause = purpose.cause(seen.protection.id);
        let n = self.next_number(&cause).await?;
        let Some(name) = derived::client_order_id(&cause, n) else {
            return Ok(None);
        };
        let take = matches!(purpose, Purpose::Take(_));
        let hit = seen.protection.hit(ProtectionPart::Stop);
        let strategy = match purpose {
            Purpose::Stop if hit.is_some_and(|hit| hit.cause == HitCause::CannotRest) => {
                format!("undone: its stop does not rest at {}", self.key.0)
            }
            Purpose::Rest | Purpose::Stop => "stop loss".to_owned(),
            Purpose::Take(n) => format!("take profit {}", n + 1),
        };
        let signal = TradeSignal {
            kind,
            time_in_force,
            signal_type: if take { SignalType::Exit } else { SignalType::StopLoss },
            venue: Some(self.key.0.clone()),
            strategy: Some(strategy),
            ..TradeSignal::market(
                self.user.id,
                name,
                self.key.1.clone(),
                seen.position.side().opposite(),
                OrderSize::Base(quantity),
            )
        };
        match self.inner.accept(signal).await {
            Ok(submitted) => Ok(Some(submitted.order)),
            Err(error) => {
                tracing::error!(user = %self.user.id, venue = %self.key.0, symbol = %self.key.1, %error, "an order that guards a position was not taken up");
                Ok(None)
            }
        }
    }
}
