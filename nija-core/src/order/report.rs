//! What a venue says about an order.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{OrderKind, OrderState, Side, TimeInForce};
use crate::{
    Approved, ExecutionId, OrderId, OrderIntent, Price, Quantity, Symbol, Timestamp, UserId, VenueClientId,
    VenueId, VenueOrderId,
};

/// An order as it is sent to a venue. Made from an approved intent alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VenueOrder {
    user: UserId,
    client_id: VenueClientId,
    symbol: Symbol,
    side: Side,
    kind: OrderKind,
    quantity: Quantity,
    time_in_force: TimeInForce,
    reduce_only: bool,
    deadline: Timestamp,
}

impl VenueOrder {
    /// Only what risk let through can become a venue order; `quantity` and `kind` are those that the route fitted to the
    /// venue's rules. The venue must not match it after `deadline` where it can promise that.
    #[must_use]
    pub fn from_approved(
        approved: &Approved<OrderIntent>,
        client_id: VenueClientId,
        kind: OrderKind,
        quantity: Quantity,
        deadline: Timestamp,
    ) -> Self {
        let signal = &approved.get().signal;
        Self {
            user: signal.user,
            client_id,
            symbol: signal.symbol.clone(),
            side: signal.side,
            kind,
            quantity,
            time_in_force: signal.time_in_force,
            reduce_only: signal.signal_type.is_exit(),
            deadline,
        }
    }

    /// Whose order.
    #[must_use]
    pub const fn user(&self) -> UserId {
        self.user
    }

    /// The id that the venue sees.
    #[must_use]
    pub const fn client_id(&self) -> VenueClientId {
        self.client_id
    }

    /// Canonical symbol.
    #[must_use]
    pub const fn symbol(&self) -> &Symbol {
        &self.symbol
    }

    /// Direction.
    #[must_use]
    pub const fn side(&self) -> Side {
        self.side
    }

    /// Kind, its prices already on the tick.
    #[must_use]
    pub const fn kind(&self) -> OrderKind {
        self.kind
    }

    /// Base units, already on the lot.
    #[must_use]
    pub const fn quantity(&self) -> Quantity {
        self.quantity
    }

    /// How long it stays.
    #[must_use]
    pub const fn time_in_force(&self) -> TimeInForce {
        self.time_in_force
    }

    /// Whether it may only reduce a position.
    #[must_use]
    pub const fn reduce_only(&self) -> bool {
        self.reduce_only
    }

    /// Not to be matched after this, where the venue can promise it.
    #[must_use]
    pub const fn deadline(&self) -> Timestamp {
        self.deadline
    }
}

/// The state of an order as its venue reports it. Quantities are cumulative.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecutionReport {
    /// The venue.
    pub venue: VenueId,
    /// The venue's id.
    pub venue_order_id: VenueOrderId,
    /// Our id, where the venue echoes it.
    pub client_id: Option<VenueClientId>,
    /// Canonical symbol.
    pub symbol: Symbol,
    /// Direction.
    pub side: Side,
    /// Kind, as far as the venue tells it. Of a bracket whose stop's limit the venue sets itself, with the venue's limit
    /// ([`OrderKind::keeps`]).
    pub kind: OrderKind,
    /// One of `Working`, `PartialFill`, `Filled`, `Cancelled`, `Expired`, `Rejected`.
    pub state: OrderState,
    /// Base units ordered.
    pub quantity: Quantity,
    /// Base units filled so far.
    pub filled: Quantity,
    /// Average price so far.
    pub average_price: Option<Price>,
    /// The venue's words, where it has some.
    pub reason: Option<String>,
    /// By the venue's clock.
    pub at: Timestamp,
}

/// Whether an order rested or took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Liquidity {
    /// It rested.
    Maker,
    /// It took.
    Taker,
}

/// One execution as the venue reports it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VenueFill {
    /// The venue.
    pub venue: VenueId,
    /// Unique within the venue: seen twice, counted once.
    pub execution_id: ExecutionId,
    /// The venue's order id.
    pub venue_order_id: VenueOrderId,
    /// Our id, where the venue echoes it.
    pub client_id: Option<VenueClientId>,
    /// Canonical symbol.
    pub symbol: Symbol,
    /// Direction.
    pub side: Side,
    /// Base units.
    pub quantity: Quantity,
    /// Price.
    pub price: Price,
    /// What the fee was paid in.
    pub fee_asset: String,
    /// How much of that asset; negative is a rebate.
    pub fee: Decimal,
    /// Maker or taker.
    pub liquidity: Liquidity,
    /// By the venue's clock.
    pub at: Timestamp,
}

impl VenueFill {
    /// What it changed in the base asset: what was bought less a fee taken out of it, or, below zero, what was sold with such a fee on top.
    #[must_use]
    pub fn base_change(&self) -> Decimal {
        let fee = if self.fee_asset == self.symbol.base() { self.fee } else { Decimal::ZERO };
        match self.side {
            Side::Buy => self.quantity.get() - fee,
            Side::Sell => -self.quantity.get() - fee,
        }
    }
}

impl Fill {
    /// Whether a fee was taken that counts as nothing: nobody told what its asset was worth.
    #[must_use]
    pub fn lacks_fee(&self) -> bool {
        self.fee_in_quote.is_zero() && !self.execution.fee.is_zero()
    }
}

/// A fill in the journal: the venue's execution, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fill {
    /// Whose.
    pub user: UserId,
    /// Our order; absent for an order made elsewhere.
    pub order: Option<OrderId>,
    /// The fee valued in the quote currency at the time of the fill; zero also where nobody could tell.
    pub fee_in_quote: Decimal,
    /// What the venue said.
    #[serde(flatten)]
    pub execution: VenueFill,
}
