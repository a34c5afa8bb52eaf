//! Closing positions at market, each by one order at a time.

use nija_core::{
    AmbiguityBound, Dust, Order, OrderId, OrderKind, OrderSize, Position, Quantity, SignalType, TimeInForce,
    TradeSignal, Unconfirmed,
};
use rust_decimal::Decimal;
use std::time::Duration;

use super::sweep::Round;
use crate::engine::{EngineError, derived, dust, live::LiveOrder, state::UserState};

/// Orders that close nothing of a position before a person is called; each tries many times by itself.
const MOST: u32 = 8;

/// All orders to close one position: one that is larger than its venue's largest order takes several.
const MOST_PARTS: u32 = 64;

/// From the first failure of such an order to the next one; twice as long each time.
const FIRST_WAIT: Duration = Duration::from_millis(250);

/// A position that is open still.
pub(super) enum Closing {
    /// Another round will know more.
    Waits(Unconfirmed),
    /// A person must see to it.
    Stuck(Unconfirmed),
    /// It is too small to be closed.
    Dust(Dust),
}

impl Round<'_> {
    /// What the orders that close this position are named for.
    fn cause(&self, position: &Position) -> String {
        format!("k{}{}", self.switch.id.as_uuid().simple(), &derived::short(position.id.as_str())[..12])
    }

    /// Whether an order is one of this switch's own.
    pub(super) fn is_own(&self, live: &LiveOrder) -> bool {
        let name = &live.order.intent.signal.client_order_id;
        let own = format!("{}k{}", derived::RESERVED, self.switch.id.as_uuid().simple());
        name.as_str().starts_with(&own)
    }

    /// Closes what is open and in no order's hands; answers with what each position that is open still waits for.
    pub(super) async fn flatten(&self) -> Vec<Closing> {
        let (dust, positions): (Vec<_>, Vec<_>) = {
            let state = self.user.state.lock().await;
            self.open(&state)
                .filter(|open| !state.orders.values().any(|live| self.is_held_by(&state, open, live)))
                .cloned()
                .partition(|open| self.inner.is_dust(&state, open))
        };
        let mut left: Vec<_> = dust.iter().map(|open| Closing::Dust(dust::named(open))).collect();
        for position in positions {
            left.extend(self.close(&position).await);
        }
        left
    }

    /// Positions in the scope.
    pub(super) fn open<'s>(&self, state: &'s UserState) -> impl Iterator<Item = &'s Position> + use<'s, '_> {
        let scope = &self.switch.scope;
        state.positions.values().filter(move |open| scope.covers(&open.venue))
    }

    /// Whether an order whose cancel is under way still has to do with a position. One in doubt holds nothing up: what it may sell is reserved.
    fn is_held_by(&self, state: &UserState, position: &Position, live: &LiveOrder) -> bool {
        let here = live.order.leg.as_ref().is_none_or(|leg| leg.venue == position.venue);
        let same = live.order.intent.signal.symbol == position.symbol;
        // What is carried out by others holds nothing itself.
        let itself = live.order.schedule.is_none();
        here && same && itself && self.is_to_go(state, live) && !live.in_doubt()
    }

    /// An order in doubt that may close all of a position, or all but dust, and will be known: to try beside it would only use up the tries.
    async fn in_doubt(&self, position: &Position) -> Option<OrderId> {
        let state = self.user.state.lock().await;
        let side = position.side().opposite();
        let closing = state.closing(&position.venue, &position.symbol, side, None);
        let left = position.quantity.abs() - closing;
        if left > Decimal::ZERO && !self.inner.is_too_little(position, left) {
            return None;
        }
        let bound = self.inner.venue(&position.venue)?.executor.contract().ambiguity_bound;
        let closes = |live: &&LiveOrder| {
            let signal = &live.order.intent.signal;
            live.in_doubt()
                && live.at(&position.venue)
                && signal.symbol == position.symbol
                && signal.side == side
        };
        let found = state.orders.values().find(closes).map(|live| live.order.id());
        found.filter(|_| bound != AmbiguityBound::Unbounded)
    }

    async fn close(&self, position: &Position) -> Option<Closing> {
        let (venue, base) = (Some(position.venue.clone()), position.symbol.base());
        let open = position.quantity.abs().normalize();
        if let Some(order) = self.in_doubt(position).await {
            let why = format!("it may close {open} {base}, and the venue is being asked");
            return Some(Closing::Waits(self.left(venue, Some(order), why)));
        }
        let (mut last, mut failures): (Option<Order>, u32) = (None, 0);
        for n in 0..MOST_PARTS {
            failures += u32::from(last.as_ref().is_some_and(|last| last.filled.is_zero()));
            if failures == MOST {
                break;
            }
            let name = derived::client_order_id(&self.cause(position), n)?;
            match self.inner.ledger.order_by_client_id(self.user.id, &name).await {
                Ok(Some(order)) if order.state.is_final() => last = Some(order),
                Ok(Some(order)) => {
                    let why = format!("it closes {open} {base} and is {}", order.state);
                    return Some(Closing::Waits(self.left(venue, Some(order.id()), why)));
                }
                Ok(None) if last.as_ref().is_some_and(|last| self.is_early(last, failures)) => {
                    let why = format!("{open} {base} are still to be closed{}", said(last.as_ref()));
                    return Some(Closing::Waits(self.left(venue, None, why)));
                }
                Ok(None) => {
                    return Some(Closing::Waits(match self.inner.accept(self.exit(position, name)).await {
                        Ok(sent) => {
                            self.left(venue, Some(sent.order.id()), format!("it closes {open} {base}"))
                        }
                        Err(error) => self.not_closed(position, &error),
                    }));
                }
                Err(error) => return Some(Closing::Waits(self.not_closed(position, &error.into()))),
            }
        }
        let why = format!("{open} {base} could not be closed{}", said(last.as_ref()));
        Some(Closing::Stuck(self.left(venue, None, why)))
    }

    /// Whether the next order should wait a little: the last one failed a moment ago.
    fn is_early(&self, last: &Order, failures: u32) -> bool {
        let wait = FIRST_WAIT * 2_u32.saturating_pow(failures.saturating_sub(1).min(5));
        last.filled.is_zero() && self.inner.clock.now() < last.updated_at.plus(wait)
    }

    fn not_closed(&self, position: &Position, error: &EngineError) -> Unconfirmed {
        let open = position.quantity.abs().normalize();
        let why = format!("{open} {} are still to be closed: {error}", position.symbol.base());
        self.left(Some(position.venue.clone()), None, why)
    }

    fn exit(&self, position: &Position, name: nija_core::ClientOrderId) -> TradeSignal {
        TradeSignal {
            signal_type: SignalType::Exit,
            kind: OrderKind::Market,
            time_in_force: TimeInForce::Ioc,
            venue: Some(position.venue.clone()),
            strategy: Some("kill switch".to_owned()),
            ..TradeSignal::market(
                self.user.id,
                name,
                position.symbol.clone(),
                position.side().opposite(),
                OrderSize::Base(Quantity::new(position.quantity.abs()).unwrap_or(Quantity::ZERO)),
            )
        }
    }
}

fn said(last: Option<&Order>) -> String {
    let reason = last.and_then(|order| order.reason.as_ref());
    reason.map_or_else(String::new, |reason| format!(": {}", reason.text))
}
