//! The orders that the phone sent, as it keeps them.

use nija_core::{
    ExecutionReport, OrderId, OrderKind, OrderState, Price, Quantity, Reason, Side, Symbol, TimeInForce,
    Timestamp, VenueClientId, VenueFill, VenueOrderId,
};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// What an order is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Opens the position.
    Entry,
    /// Guards it at the venue: a stop, or a stop and a target of which one ends the other.
    Stop,
    /// Closes it, or sells what the user has.
    Exit,
}

/// One order at the venue, under a client id that was never used before and never will be again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leg {
    /// The id that the venue sees.
    pub client_id: VenueClientId,
    /// What for.
    pub role: Role,
    /// Direction.
    pub side: Side,
    /// Kind and prices as sent.
    pub kind: OrderKind,
    /// How long it stays.
    pub time_in_force: TimeInForce,
    /// Base units as sent.
    pub quantity: Quantity,
    /// What values it.
    pub reference: Price,
    /// When it was put on record, before a byte was sent.
    pub sent_at: Timestamp,
    /// The venue matches nothing after it, where it can promise that.
    pub deadline: Timestamp,
    /// `Executing` (on record, perhaps sent), `Unknown` (its answer was lost, or the venue does not name it any more), or what the venue said.
    pub state: OrderState,
    /// The venue's id, once it said so.
    pub venue_order_id: Option<VenueOrderId>,
    /// Base units filled.
    pub filled: Quantity,
    /// At this price on average.
    pub average_price: Option<Price>,
    /// What it changed in the base asset, fees taken out of it included; once it has ended and its fills are known.
    pub base_change: Option<Decimal>,
    /// Why it ended so, or what is known of it.
    pub reason: Option<Reason>,
}

impl Leg {
    /// Whether nobody knows if it is at the venue.
    #[must_use]
    pub const fn in_doubt(&self) -> bool {
        matches!(self.state, OrderState::Executing | OrderState::Unknown)
    }

    /// Whether it is at the venue and may fill.
    #[must_use]
    pub const fn is_live(&self) -> bool {
        matches!(self.state, OrderState::Working | OrderState::PartialFill)
    }

    /// What it changed in the base asset so far, as far as known.
    fn changed(&self) -> Decimal {
        self.base_change.unwrap_or(match self.side {
            Side::Buy => self.filled.get(),
            Side::Sell => -self.filled.get(),
        })
    }

    /// Takes up what the venue said. What is final stays so.
    pub(crate) fn take(&mut self, report: &ExecutionReport) {
        if self.state.is_final() {
            return;
        }
        self.venue_order_id = Some(report.venue_order_id.clone());
        self.filled = self.filled.max(report.filled);
        self.average_price = report.average_price.or(self.average_price);
        self.state = report.state;
        self.reason = report.reason.as_ref().map(|words| Reason::new("venue", words.clone()));
    }

    /// Whether the venue once had it.
    #[must_use]
    pub const fn was_confirmed(&self) -> bool {
        self.venue_order_id.is_some()
    }

    /// The venue once had it and does not name it now.
    pub(crate) fn lose(&mut self) {
        if self.is_live() {
            let words = "the exchange took this order and does not name it now";
            self.end(OrderState::Unknown, Reason::new("not_at_venue", words));
        }
    }

    /// Whether an execution is of it.
    pub(crate) fn owns(&self, fill: &VenueFill) -> bool {
        fill.client_id == Some(self.client_id) || self.venue_order_id.as_ref() == Some(&fill.venue_order_id)
    }

    /// Takes what it filled from its executions. `false` where that may not be all: some are missing that the venue told of, or there is one like
    /// them of which the venue names no order of ours.
    pub(crate) fn count(&mut self, symbol: &Symbol, fills: &[VenueFill]) -> bool {
        let seen: Decimal = fills.iter().filter(|fill| self.owns(fill)).map(|fill| fill.quantity.get()).sum();
        let is_nobodys = |fill: &VenueFill| {
            fill.symbol == *symbol && fill.side == self.side && fill.client_id.is_none() && !self.owns(fill)
        };
        let is_whole = seen >= self.filled.get() && !fills.iter().any(is_nobodys);
        self.filled = Quantity::new(seen).map_or(self.filled, |seen| self.filled.max(seen));
        is_whole
    }

    /// Ends it as one that is not at the venue, or says that nobody knows.
    pub(crate) fn end(&mut self, state: OrderState, reason: Reason) {
        self.state = state;
        self.reason = Some(reason);
    }
}

/// How a position that the phone opened is guarded now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Protection {
    /// There is nothing to guard: nothing is held, or it is a plain sale.
    NotNeeded,
    /// Its stop rests at the venue.
    Resting,
    /// Nobody knows yet: an order is in doubt, or the next step was not made.
    InDoubt,
    /// Something is held and no stop rests: its owner must act.
    Missing,
}

/// What the phone was asked to do, and every order that it sent for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trade {
    /// Its id; the client ids derive from it.
    pub id: OrderId,
    /// What is traded.
    pub symbol: Symbol,
    /// When it was asked for.
    pub opened_at: Timestamp,
    /// Where its stop goes off; `None` for a plain sale, and where it was lost.
    pub stop: Option<Price>,
    /// Where it is sold with a profit.
    pub take_profit: Option<Price>,
    /// Whether it is to be sold now.
    pub closing: bool,
    /// Whether nothing more will be done for it.
    pub done: bool,
    /// What its owner must know.
    pub note: Option<Reason>,
    /// The orders, oldest first.
    pub legs: Vec<Leg>,
    /// It was found at the venue after the journal was lost, and where its stop was to go off is not known.
    #[serde(default)]
    pub stop_lost: bool,
    /// Counts of client ids that a journal which was lost may have used: none of them is ever used again.
    #[serde(default)]
    pub skipped: u32,
}

impl Trade {
    /// One without orders and without a stop so far.
    pub(crate) const fn new(id: OrderId, symbol: Symbol, opened_at: Timestamp) -> Self {
        Self {
            id,
            symbol,
            opened_at,
            stop: None,
            take_profit: None,
            closing: false,
            done: false,
            note: None,
            legs: Vec::new(),
            stop_lost: false,
            skipped: 0,
        }
    }

    /// Whether it holds something, unlike a plain sale.
    #[must_use]
    pub const fn is_position(&self) -> bool {
        self.stop.is_some() || self.stop_lost
    }

    /// Base units that are held of it, as far as known.
    #[must_use]
    pub fn held(&self) -> Decimal {
        if !self.is_position() {
            return Decimal::ZERO;
        }
        self.legs.iter().map(Leg::changed).sum::<Decimal>().max(Decimal::ZERO)
    }

    /// Whether an order of it may or may not be at the venue.
    #[must_use]
    pub fn in_doubt(&self) -> bool {
        self.legs.iter().any(Leg::in_doubt)
    }

    /// How it is guarded.
    #[must_use]
    pub fn protection(&self) -> Protection {
        let resting = self.legs.iter().any(|leg| leg.role == Role::Stop && leg.is_live());
        if self.in_doubt() {
            Protection::InDoubt
        } else if resting {
            Protection::Resting
        } else if self.done || self.held().is_zero() {
            Protection::NotNeeded
        } else {
            Protection::Missing
        }
    }

    /// The next client id.
    pub(crate) fn next_client_id(&self) -> VenueClientId {
        let count = u32::try_from(self.legs.len()).unwrap_or(u32::MAX);
        VenueClientId::derive(self.id, count.saturating_add(self.skipped))
    }

    /// The newest order of a role.
    pub(crate) fn last(&self, role: Role) -> Option<&Leg> {
        self.legs.iter().rev().find(|leg| leg.role == role)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nija_core::{ExecutionId, Liquidity, VenueId};

    fn stop() -> Leg {
        let price: Price = "57000".parse().unwrap();
        Leg {
            client_id: VenueClientId::derive(OrderId::from_uuid(uuid::Uuid::from_u128(1 << 80)), 1),
            role: Role::Stop,
            side: Side::Sell,
            kind: OrderKind::StopLimit { stop: price, price },
            time_in_force: TimeInForce::Gtc,
            quantity: "0.02".parse().unwrap(),
            reference: price,
            sent_at: Timestamp::from_micros(1),
            deadline: Timestamp::from_micros(2),
            state: OrderState::PartialFill,
            venue_order_id: Some(VenueOrderId::new("its-own").unwrap()),
            filled: "0.01".parse().unwrap(),
            average_price: None,
            base_change: None,
            reason: None,
        }
    }

    fn fill(order: &str, client_id: Option<VenueClientId>, side: Side) -> VenueFill {
        VenueFill {
            venue: VenueId::new("kraken").unwrap(),
            execution_id: ExecutionId::new("e").unwrap(),
            venue_order_id: VenueOrderId::new(order).unwrap(),
            client_id,
            symbol: "BTC-USD".parse().unwrap(),
            side,
            quantity: "0.01".parse().unwrap(),
            price: "57000".parse().unwrap(),
            fee_asset: "USD".into(),
            fee: Decimal::ZERO,
            liquidity: Liquidity::Taker,
            at: Timestamp::from_micros(3),
        }
    }

    #[test]
    fn an_order_that_the_venue_lost_ends_only_with_all_that_it_can_have_filled() {
        let symbol: Symbol = "BTC-USD".parse().unwrap();
        let (ours, others) =
            (stop().client_id, VenueClientId::derive(OrderId::from_uuid(uuid::Uuid::from_u128(9)), 0));
        let counted = |fills: &[VenueFill]| {
            let mut leg = stop();
            (leg.count(&symbol, fills), leg.filled.to_string())
        };
        let own = || fill("its-own", None, Side::Sell);
        assert_eq!(counted(&[]), (false, "0.01".into()), "one is missing that the venue told of");
        assert_eq!(counted(&[own()]), (true, "0.01".into()));
        assert_eq!(counted(&[own(), fill("child", Some(ours), Side::Sell)]), (true, "0.02".into()));
        assert_eq!(counted(&[own(), fill("by-hand", Some(others), Side::Sell)]), (true, "0.01".into()));
        assert_eq!(counted(&[own(), fill("by-hand", None, Side::Buy)]), (true, "0.01".into()));
        assert_eq!(counted(&[own(), fill("whose", None, Side::Sell)]), (false, "0.01".into()));
    }

    #[test]
    fn only_an_order_that_was_there_is_lost() {
        let mut leg = stop();
        leg.lose();
        assert_eq!((leg.state, leg.in_doubt(), leg.was_confirmed()), (OrderState::Unknown, true, true));
        let mut over = Leg { state: OrderState::Filled, ..stop() };
        over.lose();
        assert_eq!(over.state, OrderState::Filled);
    }
}
