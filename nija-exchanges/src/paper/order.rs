//! An order of the paper venue, and the id that carries it over a restart.

use nija_core::{
    ExecutionId, ExecutionReport, OrderKind, OrderState, Price, Quantity, Side, Symbol, Timestamp,
    VenueClientId, VenueFill, VenueId, VenueOrder, VenueOrderId,
};
use rust_decimal::Decimal;

/// An order and what became of it.
#[derive(Debug, Clone)]
pub(super) struct PaperOrder {
    pub(super) client_id: VenueClientId,
    pub(super) venue_order_id: VenueOrderId,
    pub(super) symbol: Symbol,
    pub(super) side: Side,
    pub(super) kind: OrderKind,
    /// Whether its stop has gone off: from then on it is a limit order at its worst price.
    pub(super) triggered: bool,
    pub(super) quantity: Quantity,
    pub(super) filled: Quantity,
    pub(super) cost: Decimal,
    pub(super) state: OrderState,
    pub(super) reason: Option<String>,
    pub(super) updated: Timestamp,
    pub(super) executions: u32,
    /// What it holds of the asset it pays with.
    pub(super) held: Decimal,
}

impl PaperOrder {
    pub(super) fn new(order: &VenueOrder, now: Timestamp) -> Option<Self> {
        let (client_id, kind, quantity) = (order.client_id(), order.kind(), order.quantity());
        Some(Self {
            client_id,
            venue_order_id: order_id(client_id, quantity, kind)?,
            symbol: order.symbol().clone(),
            side: order.side(),
            kind,
            triggered: false,
            quantity,
            filled: Quantity::ZERO,
            cost: Decimal::ZERO,
            state: OrderState::Working,
            reason: None,
            updated: now,
            executions: 0,
            held: Decimal::ZERO,
        })
    }

    /// An order that is known by an execution of an earlier run. What did not execute then is gone.
    pub(super) fn restored(fill: &VenueFill) -> Option<Self> {
        let (quantity, kind) = parse_order_id(&fill.venue_order_id)?;
        Some(Self {
            client_id: fill.client_id?,
            venue_order_id: fill.venue_order_id.clone(),
            symbol: fill.symbol.clone(),
            side: fill.side,
            kind,
            triggered: false,
            quantity,
            filled: Quantity::ZERO,
            cost: Decimal::ZERO,
            state: OrderState::Cancelled,
            reason: Some("the paper venue was restarted".into()),
            updated: fill.at,
            executions: 0,
            held: Decimal::ZERO,
        })
    }

    pub(super) fn remaining(&self) -> Quantity {
        self.quantity.minus(self.filled)
    }

    pub(super) const fn is_open(&self) -> bool {
        matches!(self.state, OrderState::Working | OrderState::PartialFill)
    }

    /// The price at which it rests in the market now, where it does.
    pub(super) const fn resting_price(&self) -> Option<Price> {
        match self.kind {
            OrderKind::Market => None,
            OrderKind::Limit { price } => Some(price),
            OrderKind::StopLimit { .. } | OrderKind::Bracket { .. } if self.triggered => {
                self.kind.worst_price()
            }
            OrderKind::StopLimit { .. } | OrderKind::Bracket { .. } => self.kind.take_profit(),
        }
    }

    /// The asset it pays with.
    pub(super) fn pays_with(&self) -> &str {
        match self.side {
            Side::Buy => self.symbol.quote(),
            Side::Sell => self.symbol.base(),
        }
    }

    /// Counts an execution in.
    pub(super) fn count(&mut self, quantity: Quantity, price: Price, at: Timestamp) {
        self.filled = self.filled.plus(quantity);
        self.cost += quantity.get() * price.get();
        self.executions += 1;
        self.updated = at;
        if self.remaining().is_zero() {
            self.state = OrderState::Filled;
            self.reason = None;
        } else if self.is_open() {
            self.state = OrderState::PartialFill;
        }
    }

    /// The id of the next execution: unique over restarts, since client ids are never used twice.
    pub(super) fn next_execution(&self) -> Option<ExecutionId> {
        ExecutionId::new(&format!("{}-{}", self.client_id, self.executions)).ok()
    }

    pub(super) fn report(&self, venue: &VenueId) -> ExecutionReport {
        ExecutionReport {
            venue: venue.clone(),
            venue_order_id: self.venue_order_id.clone(),
            client_id: Some(self.client_id),
            symbol: self.symbol.clone(),
            side: self.side,
            kind: self.kind,
            state: self.state,
            quantity: self.quantity,
            filled: self.filled,
            average_price: self.cost.checked_div(self.filled.get()).and_then(|price| Price::new(price).ok()),
            reason: self.reason.clone(),
            at: self.updated,
        }
    }
}

/// `<client id>:<quantity>:` and `m`, `l<price>`, `s<stop>_<price>` or `b<take profit>_<stop>_<price>`: the journal keeps order ids with fills, so that a restart knows the rest.
fn order_id(client_id: VenueClientId, quantity: Quantity, kind: OrderKind) -> Option<VenueOrderId> {
    let kind = match kind {
        OrderKind::Market => "m".to_owned(),
        OrderKind::Limit { price } => format!("l{price}"),
        OrderKind::StopLimit { stop, price } => format!("s{stop}_{price}"),
        OrderKind::Bracket { take_profit, stop, price } => format!("b{take_profit}_{stop}_{price}"),
    };
    VenueOrderId::new(&format!("{client_id}:{quantity}:{kind}")).ok()
}

fn parse_order_id(id: &VenueOrderId) -> Option<(Quantity, OrderKind)> {
    let mut parts = id.as_str().split(':').skip(1);
    let quantity = Quantity::new(parts.next()?.parse().ok()?).ok()?;
    let (letter, prices) = parts.next()?.split_at_checked(1)?;
    let mut prices = prices.split('_').map(|text| text.parse::<Price>().ok());
    let mut price = || prices.next()?;
    let kind = match letter {
        "m" => OrderKind::Market,
        "l" => OrderKind::Limit { price: price()? },
        "s" => OrderKind::StopLimit { stop: price()?, price: price()? },
        "b" => OrderKind::Bracket { take_profit: price()?, stop: price()?, price: price()? },
        _ => return None,
    };
    Some((quantity, kind))
}
