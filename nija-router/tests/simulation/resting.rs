//! An order at a simulated venue.

use nija_core::{
    OrderKind, OrderState, Price, Quantity, Side, Symbol, Timestamp, VenueClientId, VenueOrderId,
};

#[derive(Debug, Clone)]
pub(crate) struct Resting {
    pub(crate) id: VenueOrderId,
    /// Absent for one that its user made by hand.
    pub(crate) client: Option<VenueClientId>,
    pub(crate) symbol: Symbol,
    pub(crate) side: Side,
    pub(crate) kind: OrderKind,
    pub(crate) trades: Trades,
    pub(crate) quantity: Quantity,
    pub(crate) filled: Quantity,
    pub(crate) state: OrderState,
    pub(crate) at: Timestamp,
}

/// At which price an order trades now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trades {
    /// At any.
    Anyhow,
    /// At this one or better: a limit, a stop that went off, the profit of a bracket that has begun to fill.
    At(Price),
    /// A stop waits for its price. Of a bracket the profit stands ready besides; whichever of the two comes first ends the other.
    Waits,
}

impl Resting {
    pub(crate) fn is_open(&self) -> bool {
        matches!(self.state, OrderState::Working | OrderState::PartialFill)
    }

    pub(crate) fn left(&self) -> Quantity {
        self.quantity.minus(self.filled)
    }
}
