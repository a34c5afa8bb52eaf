//! A user's account as risk sees it.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

use crate::{OrderId, Position, Price, Quantity, Quote, Side, Symbol, Timestamp, UserId, VenueId};

/// What a user has of an asset at a venue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VenueBalance {
    /// Venue.
    pub venue: VenueId,
    /// Canonical asset name: `USD`, `BTC`.
    pub asset: String,
    /// All of it.
    pub total: Decimal,
    /// What working orders do not hold.
    pub available: Decimal,
    /// When the venue said so.
    pub at: Timestamp,
}

/// A user's plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// $29 a month.
    #[default]
    Basic,
    /// $99 a month.
    Pro,
    /// $299 a month.
    Enterprise,
}

impl Tier {
    /// The name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Basic => "basic",
            Self::Pro => "pro",
            Self::Enterprise => "enterprise",
        }
    }
}

/// What an order that is or may be live can still do to the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkingOrder {
    /// The order.
    pub order: OrderId,
    /// Where it was or may have been sent.
    pub venue: VenueId,
    /// What it trades.
    pub symbol: Symbol,
    /// Direction.
    pub side: Side,
    /// Base units that may still fill.
    pub remaining: Quantity,
    /// The price that values it: its limit, or what the route expects of a market order.
    pub price: Price,
    /// Whether it can only reduce a position.
    pub exit: bool,
}

/// Everything about a user that risk may look at, taken at one moment.
#[derive(Debug, Clone)]
pub struct AccountState {
    /// Whose.
    pub user: UserId,
    /// Plan.
    pub tier: Tier,
    /// When this was taken.
    pub now: Timestamp,
    /// Whether the user paused trading.
    pub paused: bool,
    /// Whether the platform's kill switch is on.
    pub halted: bool,
    /// Open positions.
    pub positions: Vec<Position>,
    /// Money and assets, with their age.
    pub balances: Vec<VenueBalance>,
    /// Quote units held by orders that are or may be live, by venue and currency.
    pub reserved: HashMap<(VenueId, String), Decimal>,
    /// Orders that are or may be live.
    pub working_orders: usize,
    /// The same orders, with what each may still fill.
    pub working: Vec<WorkingOrder>,
    /// Cash and positions in USD, where every position has a price.
    pub equity: Option<Decimal>,
    /// Realised since 00:00 UTC, after fees, in USD.
    pub realised_today: Decimal,
    /// When the user's last entry was taken up.
    pub last_entry_at: Option<Timestamp>,
    /// Newest prices of the symbol in question, by venue.
    pub quotes: HashMap<VenueId, Quote>,
    /// Venues the user is connected to.
    pub venues: Vec<VenueId>,
}

impl AccountState {
    /// The open positions in a symbol, over all venues.
    pub fn positions_in<'a>(&'a self, symbol: &'a Symbol) -> impl Iterator<Item = &'a Position> {
        self.positions.iter().filter(move |position| position.symbol == *symbol)
    }
}
