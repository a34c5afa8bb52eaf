//! Dust: what is left of a position and is less than its venue takes in one order. Nobody can close it, so it takes no place among the
//! positions that a plan allows and holds no kill switch up; the next buy there makes it a part of a position again.

use nija_core::{
    Dust, Ineligible, NO_EXECUTION_VENUE_AVAILABLE, OrderState, Position, Price, Quantity, Reason,
    RouteDecision, Side, TradeSignal,
};
use rust_decimal::Decimal;

use super::{inner::Inner, market::Key, state::UserState};

/// A balance that is below a position by less than this share of it is what a venue's rounding left of it.
const NEARLY: Decimal = Decimal::from_parts(98, 0, 0, false, 2);

impl Inner {
    /// Whether all of a position is less than one order. One whose venue tells no rules is none: it is tried.
    pub(super) fn is_dust(&self, state: &UserState, position: &Position) -> bool {
        self.is_too_little(position, there(state, position))
    }

    /// Whether so many base units of a position are less than one order.
    pub(super) fn is_too_little(&self, position: &Position, units: Decimal) -> bool {
        let key = (position.venue.clone(), position.symbol.clone());
        let Some(rules) = self.market.instrument(&key) else {
            return false;
        };
        let quote = self.market.snapshot().markets.get(&key).and_then(|view| view.quote);
        let price = quote.map(|quote| quote.taker_price(position.side().opposite()));
        let price = price.or_else(|| Price::new(position.entry_price()).ok());
        let quantity = Quantity::new(units).ok();
        quantity.zip(price).is_some_and(|(quantity, price)| rules.is_dust(quantity, price))
    }

    /// Positions that are dust.
    pub(super) fn dust(&self, state: &UserState) -> Vec<Key> {
        let dust = state.positions.iter().filter(|(_, position)| self.is_dust(state, position));
        dust.map(|(key, _)| key.clone()).collect()
    }

    /// Why an order goes nowhere, and how it ends. An exit that is merely too small is refused, and told whether that is for good.
    pub(super) fn nowhere(
        &self,
        state: &UserState,
        signal: &TradeSignal,
        decision: &RouteDecision,
    ) -> (OrderState, Reason) {
        match self.too_small(state, signal, decision) {
            Some(reason) => (OrderState::Rejected, reason),
            None => (OrderState::Failed, Reason::new(NO_EXECUTION_VENUE_AVAILABLE, decision.reason.clone())),
        }
    }

    fn too_small(&self, state: &UserState, signal: &TradeSignal, decision: &RouteDecision) -> Option<Reason> {
        let positions: Vec<_> = state.positions.values().filter(|open| is_closed_by(open, signal)).collect();
        let closing = |open: &Position| state.sums.closing(&open.venue, &open.symbol, signal.side, None);
        let only_the_size = |open: &&Position| {
            // Of a position that other exits hold whole nothing is left to be too small.
            let held = closing(open) >= open.quantity.abs();
            decision.candidates.iter().any(|candidate| match candidate.rejections.as_slice() {
                [Ineligible::BelowMinNotional] => candidate.venue == open.venue,
                [Ineligible::InsufficientPosition] => candidate.venue == open.venue && held,
                _ => false,
            })
        };
        if positions.is_empty() || !positions.iter().all(only_the_size) {
            return None;
        }
        let base = signal.symbol.base();
        let amount =
            |quantity: Decimal, at: &Position| format!("{} {base} at {}", quantity.normalize(), at.venue);
        let largest =
            positions.iter().filter(|open| !self.is_dust(state, open)).max_by_key(|open| open.quantity.abs());
        let Some(open) = largest else {
            let all: Vec<_> = positions.iter().map(|open| amount(open.quantity.abs(), open)).collect();
            let words = format!(
                "{} cannot be closed: it is less than the smallest order there; what you buy there next makes it a position again",
                all.join(" and ")
            );
            return Some(Reason::new("dust", words));
        };
        let held = closing(open);
        if held > Decimal::ZERO {
            let words = format!(
                "other exits hold {}, and what is left of the position is less than the smallest order there: cancel one of them to close it",
                amount(held, open)
            );
            return Some(Reason::new("held_by_exits", words));
        }
        let words = format!(
            "that is less than the smallest order at {}; your position is {}",
            open.venue,
            amount(open.quantity.abs(), open)
        );
        Some(Reason::new(Ineligible::BelowMinNotional.as_str(), words))
    }
}

/// What of a position there is to close at its venue.
fn there(state: &UserState, position: &Position) -> Decimal {
    let held = position.quantity.abs();
    let balance = state.balances.get(&position.venue, position.symbol.base()).map(|balance| balance.total);
    match (position.side(), balance) {
        (Side::Buy, Some(balance)) if balance < held && balance >= held * NEARLY => balance,
        _ => held,
    }
}

/// Whether a signal is an exit that could close something of a position.
fn is_closed_by(position: &Position, signal: &TradeSignal) -> bool {
    signal.signal_type.is_exit()
        && position.symbol == signal.symbol
        && position.side() != signal.side
        && signal.venue.as_ref().is_none_or(|venue| *venue == position.venue)
}

/// A position that is dust, by its owner.
pub(super) fn named(position: &Position) -> Dust {
    Dust {
        user: position.user,
        venue: position.venue.clone(),
        symbol: position.symbol.clone(),
        quantity: position.quantity.normalize(),
    }
}
