//! A user's account as risk sees it.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{
    ClientOrderId, OrderSize, Position, Quote, RiskSettings, Side, Symbol, Timestamp, UserId, VenueId,
};

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

/// What alike orders that are or may be live can still do to the account: all of one direction in one symbol at one venue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkingOrders {
    /// Where they were or may have been sent.
    pub venue: VenueId,
    /// What they trade.
    pub symbol: Symbol,
    /// Direction.
    pub side: Side,
    /// Whether they can only reduce a position.
    pub exit: bool,
    /// How many.
    pub orders: usize,
    /// Base units that may still fill.
    pub remaining: Decimal,
    /// Quote units of that, by the limits, or by what the route expects of a market order.
    pub worth: Decimal,
    /// What they hold: quote units of buys, fees included; base units of sells.
    pub hold: Decimal,
}

/// An entry that was taken up a moment ago.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecentEntry {
    /// Its id.
    pub client_order_id: ClientOrderId,
    /// What it trades.
    pub symbol: Symbol,
    /// Direction.
    pub side: Side,
    /// How much, as asked for.
    pub size: OrderSize,
    /// When it was taken up.
    pub at: Timestamp,
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
    /// Whether the platform's kill switch is on, or the user's own.
    pub halted: bool,
    /// Open positions.
    pub positions: Vec<Position>,
    /// Those of them that are less than their venue takes in one order.
    pub dust: Vec<(VenueId, Symbol)>,
    /// Money and assets, with their age.
    pub balances: Vec<VenueBalance>,
    /// Orders that are or may be live.
    pub working_orders: usize,
    /// The same orders, summed.
    pub working: Vec<WorkingOrders>,
    /// USD that one unit of the quote currency of the symbol in question is worth; missing where no fresh price tells.
    pub quote_rate: Option<Decimal>,
    /// Cash and positions in USD, where every position has a price.
    pub equity: Option<Decimal>,
    /// Realised since 00:00 UTC, after fees, in USD.
    pub realised_today: Decimal,
    /// USD that the positions opened since 00:00 UTC have won so far at the market, below zero where they have lost.
    pub unrealised_today: Decimal,
    /// A currency in which something was lost since 00:00 UTC and whose price in USD is missing, so that `realised_today` does not have it.
    pub unmeasured_loss: Option<String>,
    /// USD, after fees, that the account is below the best that it ended a day with: what was realised since, and the open positions at the
    /// market, taken together. Zero when it is at its best.
    pub below_best: Decimal,
    /// When the user's last entry was taken up.
    pub last_entry_at: Option<Timestamp>,
    /// The newest entries that were taken up and not refused.
    pub recent_entries: Vec<RecentEntry>,
    /// The user's own limits.
    pub limits: RiskSettings,
    /// Newest prices of the symbol in question, by venue.
    pub quotes: Vec<(VenueId, Quote)>,
    /// Venues the user is connected to.
    pub venues: Vec<VenueId>,
}

impl AccountState {
    /// A Basic account with nothing in it.
    #[must_use]
    pub fn empty(user: UserId, now: Timestamp) -> Self {
        Self {
            user,
            tier: Tier::default(),
            now,
            paused: false,
            halted: false,
            positions: Vec::new(),
            dust: Vec::new(),
            balances: Vec::new(),
            working_orders: 0,
            working: Vec::new(),
            quote_rate: Some(Decimal::ONE),
            equity: None,
            realised_today: Decimal::ZERO,
            unrealised_today: Decimal::ZERO,
            unmeasured_loss: None,
            below_best: Decimal::ZERO,
            last_entry_at: None,
            recent_entries: Vec::new(),
            limits: RiskSettings::default(),
            quotes: Vec::new(),
            venues: Vec::new(),
        }
    }

    /// The open positions in a symbol, over all venues.
    pub fn positions_in<'a>(&'a self, symbol: &'a Symbol) -> impl Iterator<Item = &'a Position> {
        self.positions.iter().filter(move |position| position.symbol == *symbol)
    }

    /// Whether nobody can close a position, since it is less than its venue takes in one order.
    #[must_use]
    pub fn is_dust(&self, position: &Position) -> bool {
        self.dust.iter().any(|(venue, symbol)| *venue == position.venue && *symbol == position.symbol)
    }

    /// Units of a currency that buys hold at a venue.
    #[must_use]
    pub fn reserved(&self, venue: &VenueId, currency: &str) -> Decimal {
        self.working
            .iter()
            .filter(|orders| orders.side == Side::Buy && orders.venue == *venue)
            .filter(|orders| orders.symbol.quote() == currency)
            .map(|orders| orders.hold)
            .sum()
    }
}
