//! The stop at the venue: one order for the whole position, replaced by cancelling, waiting for the confirmation, and placing. The stop
//! that is watched here guards the position in between.

use nija_core::{
    Instrument, LedgerError, Order, OrderKind, OrderSize, OrderState, Price, ProtectionPlan, Quantity, Side,
    TimeInForce,
};
use rust_decimal::Decimal;
use std::time::Duration;

use crate::engine::held::BRIEF;

use super::{
    guard::{Next, Seen, Step},
    names::Purpose,
};

const SOON: Duration = Duration::from_millis(500);
const LATER: Duration = Duration::from_secs(10);

impl Step<'_> {
    /// Sees to it that what rests is what should rest.
    pub(super) async fn rest(&self, seen: &Seen) -> Result<Next, LedgerError> {
        if self.is_told_apart_soon(seen) {
            return Ok(Next::Wait(SOON));
        }
        let wanted = self.wanted(seen);
        let resting = seen.live(Purpose::Rest);
        match (resting, wanted) {
            (Some(order), Some((kind, quantity))) if is_as_wanted(order, kind, quantity) => {
                if seen.quote.is_some() {
                    self.guard.set_note(None);
                }
                Ok(Next::Wait(LATER))
            }
            (Some(order), _) => {
                self.cancel(order.id()).await;
                Ok(Next::Wait(SOON))
            }
            (None, _) if self.is_shut() => Ok(Next::Wait(LATER)),
            (None, _) if self.is_unread() => Ok(Next::Wait(SOON)),
            (None, wanted) => match (self.must_undo(seen, wanted.is_some()).await?, wanted) {
                (true, _) => self.undo(seen).await,
                (false, Some((kind, quantity))) => self.place(seen, kind, quantity).await,
                (false, None) => Ok(Next::Wait(LATER)),
            },
        }
    }

    /// Whether an answer that is on its way is going to tell how much is to be guarded: until then what rests stays as it is.
    fn is_told_apart_soon(&self, seen: &Seen) -> bool {
        seen.held_since.is_some_and(|since| self.inner.clock.now().since(since) < BRIEF)
    }

    async fn place(&self, seen: &Seen, kind: OrderKind, quantity: Quantity) -> Result<Next, LedgerError> {
        let now = self.inner.clock.now();
        let again_at = *self.guard.rest_again_at.lock();
        if let Some(at) = again_at.filter(|at| *at > now) {
            return Ok(Next::Wait(at.since(now)));
        }
        // An end that nobody saw coming (a refusal by the venue) must not lead to one order after the other.
        *self.guard.rest_again_at.lock() = Some(now.plus(SOON * 4));
        let sent = self.send(seen, Purpose::Rest, (kind, TimeInForce::Gtc), quantity).await?;
        let refused = sent
            .as_ref()
            .is_none_or(|order| matches!(order.state, OrderState::Rejected | OrderState::Failed));
        if refused {
            let words = sent.and_then(|order| order.reason).map_or_else(String::new, |reason| reason.text);
            let note = format!("its stop does not rest at {}, it is watched here: {words}", self.key.0);
            self.guard.set_note(Some(note));
            *self.guard.rest_again_at.lock() = Some(now.plus(self.inner.config.protection.retry_rest));
        }
        Ok(Next::Wait(SOON))
    }

    /// What should rest now; `None` where the venue does not take it, or something else needs what it would hold.
    fn wanted(&self, seen: &Seen) -> Option<(OrderKind, Quantity)> {
        let stop = seen.protection.stop_price(seen.position.side())?;
        let rules = self.inner.market.instrument(self.key)?;
        let note = |what: String| {
            self.guard.set_note(Some(what));
            None
        };
        if self.inner.kills.flattens(self.user.id, &self.key.0) {
            return note("a kill switch is closing the position".to_owned());
        }
        let now = self.inner.clock.now();
        if self.guard.away_until.lock().is_some_and(|until| until > now) {
            return note("its stop made room for another exit and is watched here".to_owned());
        }
        if !rules.resting.stop_limit {
            return note(format!("{} takes no stop orders: it is watched here", self.key.0));
        }
        let side = seen.position.side().opposite();
        let gap = self.inner.config.protection.stop_limit_gap;
        let untouched = seen.protection.taken.is_empty();
        let kind = resting_kind(&seen.protection.plan, untouched, &rules, (side, stop), gap)?;
        let quantity = Quantity::new(seen.position.quantity.abs() - seen.others - seen.held).ok()?;
        let quantity = quantity.floor_to(rules.lot_size);
        match rules.fit(side, kind, quantity, stop) {
            Ok((quantity, kind)) => Some((kind, quantity)),
            Err(error) => note(format!("its stop cannot rest, it is watched here: {error}")),
        }
    }
}

/// What rests for a plan at a venue, where its stop is `stop` and its exit on this side. `untouched`: none of its take-profits is taken.
pub(in crate::engine) fn resting_kind(
    plan: &ProtectionPlan,
    untouched: bool,
    rules: &Instrument,
    (side, stop): (Side, Price),
    gap: Decimal,
) -> Option<OrderKind> {
    // All at one price, and the stop besides: the venue can see to both.
    let whole = match &*plan.take_profits {
        [profit] if profit.share == Decimal::ONE && untouched => Some(profit.price),
        _ => None,
    };
    let take_profit = whole.filter(|_| rules.resting.bracket);
    // Where the limit of a bracket's stop is the venue's own, it takes one that accepts as much.
    let own = take_profit.and(rules.reach.bracket);
    let gap = own.map_or(gap, |own| gap.max(own));
    let factor = match side {
        Side::Sell => Decimal::ONE - gap,
        Side::Buy => Decimal::ONE + gap,
    };
    let price = Price::new(stop.get() * factor).ok()?;
    // Rounded away from the stop, so that a venue with a limit of its own does not find this one nearer.
    let price = match side {
        Side::Sell => price.floor_to(rules.tick_size)?,
        Side::Buy => price.ceil_to(rules.tick_size),
    };
    let kind = match take_profit {
        Some(take_profit) => OrderKind::Bracket { take_profit, stop, price },
        None => OrderKind::StopLimit { stop, price },
    };
    Some(rules.reach.bring_near(kind, side, stop))
}

/// Whether it was sent as what should rest; what the router made of it for want of goods is the venue's business.
fn is_as_wanted(order: &Order, kind: OrderKind, quantity: Quantity) -> bool {
    let signal = &order.intent.signal;
    signal.kind == kind && signal.size == OrderSize::Base(quantity) && order.filled.is_zero()
}
