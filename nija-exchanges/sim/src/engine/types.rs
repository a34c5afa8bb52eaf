//! Orders, fills and refusals as the engine sees them.

use rust_decimal::Decimal;

/// Index of an account within one engine.
pub type AccountId = usize;
/// Index of a market within one engine.
pub type MarketId = usize;
/// Engine-wide order number, rising from 1.
pub type OrderId = u64;
/// Engine-wide number of a group of linked orders.
pub type LinkId = u64;

/// Which way an order trades the base asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Acquire base, pay quote.
    Buy,
    /// Give base, receive quote.
    Sell,
}

impl Side {
    /// The other side.
    #[must_use]
    pub fn opposite(self) -> Self {
        match self {
            Self::Buy => Self::Sell,
            Self::Sell => Self::Buy,
        }
    }
}

/// How an order is priced and when it becomes active.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderType {
    /// Takes what the book offers now.
    Market,
    /// Never trades beyond its limit.
    Limit,
    /// Becomes a market order when the last price moves against the holder to the trigger.
    StopLoss,
    /// As [`OrderType::StopLoss`], becoming a limit order.
    StopLossLimit,
    /// Becomes a market order when the last price moves in the holder's favour to the trigger.
    TakeProfit,
    /// As [`OrderType::TakeProfit`], becoming a limit order.
    TakeProfitLimit,
}

impl OrderType {
    /// Whether the order waits for a trigger price.
    #[must_use]
    pub fn is_triggered(self) -> bool {
        !matches!(self, Self::Market | Self::Limit)
    }

    /// Whether the order, once active, carries a limit price.
    #[must_use]
    pub fn has_limit(self) -> bool {
        matches!(self, Self::Limit | Self::StopLossLimit | Self::TakeProfitLimit)
    }
}

/// How long an order may rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeInForce {
    /// Until cancelled.
    Gtc,
    /// Fill now what can be filled, cancel the rest.
    Ioc,
    /// Fill all now or nothing.
    Fok,
    /// Until the order's expiry.
    Gtd,
}

/// Where an order is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Waiting for its trigger or resting in the book.
    Open,
    /// Filled to the end.
    Filled,
    /// Ended before it was filled.
    Canceled,
    /// Ended by its own expiry.
    Expired,
}

impl Status {
    /// Whether the order can still trade.
    #[must_use]
    pub fn is_open(self) -> bool {
        self == Self::Open
    }
}

/// A request to trade, already translated from the venue's wire.
#[derive(Debug, Clone)]
pub struct NewOrder {
    /// Who asks.
    pub account: AccountId,
    /// Which market.
    pub market: MarketId,
    /// Which way.
    pub side: Side,
    /// Which kind.
    pub order_type: OrderType,
    /// Base quantity; for `in_quote` market buys, the quote amount to spend before fees.
    pub qty: Decimal,
    /// Whether `qty` is in quote (market buys only).
    pub in_quote: bool,
    /// Limit price in quote per base.
    pub limit: Option<Decimal>,
    /// Trigger price in quote per base.
    pub trigger: Option<Decimal>,
    /// How long it may rest.
    pub tif: TimeInForce,
    /// Refuse rather than take.
    pub post_only: bool,
    /// For [`TimeInForce::Gtd`]: unix nanoseconds.
    pub expires_ns: Option<i64>,
    /// The client's own id, unique among the account's open orders.
    pub client_id: Option<String>,
    /// The client's grouping number.
    pub userref: Option<i64>,
    /// Injected fault: on arrival at most this fraction (0 to 1) of the order may trade with the house.
    pub take_fraction: Option<Decimal>,
}

/// An order and all that happened to it.
#[derive(Debug, Clone)]
pub struct Order {
    /// Engine-wide number.
    pub id: OrderId,
    /// What was asked.
    pub ask: NewOrder,
    /// Base quantity executed.
    pub filled: Decimal,
    /// Quote paid or received before fees.
    pub cost: Decimal,
    /// Fees paid, in the asset that its fills name.
    pub fee: Decimal,
    /// What the order holds of the account: quote for buys, base for sells.
    pub held: Decimal,
    /// Life stage.
    pub status: Status,
    /// Why it ended early.
    pub reason: Option<&'static str>,
    /// Unix nanoseconds of acceptance.
    pub opened_ns: i64,
    /// Unix nanoseconds of the end.
    pub closed_ns: Option<i64>,
    /// Whether a trigger order has become active.
    pub triggered: bool,
    /// Ids of its fills.
    pub fills: Vec<u64>,
    /// The group of linked orders that it belongs to.
    pub link: Option<LinkId>,
}

impl Order {
    /// Base quantity left; for orders in quote, zero once ended.
    #[must_use]
    pub fn remaining(&self) -> Decimal {
        if self.ask.in_quote { Decimal::ZERO } else { (self.ask.qty - self.filled).max(Decimal::ZERO) }
    }

    /// Average execution price, or zero.
    #[must_use]
    pub fn avg_price(&self) -> Decimal {
        if self.filled.is_zero() { Decimal::ZERO } else { self.cost / self.filled }
    }
}

/// One execution of one user's order.
#[derive(Debug, Clone)]
pub struct Fill {
    /// Engine-wide fill number, rising; the two sides of a trade between users have two.
    pub id: u64,
    /// Number of the public trade it belongs to.
    pub trade_id: u64,
    /// The order.
    pub order: OrderId,
    /// The market.
    pub market: MarketId,
    /// The order's side.
    pub side: Side,
    /// The order's kind.
    pub order_type: OrderType,
    /// Quote per base.
    pub price: Decimal,
    /// Base quantity.
    pub qty: Decimal,
    /// Quote before fees.
    pub cost: Decimal,
    /// The fee.
    pub fee: Decimal,
    /// What the fee was taken in.
    pub fee_asset: String,
    /// Whether the order was resting.
    pub maker: bool,
    /// Unix nanoseconds.
    pub time_ns: i64,
    /// The client's id of the order.
    pub client_id: Option<String>,
    /// The client's grouping number of the order.
    pub userref: Option<i64>,
}

/// Why the engine refused a request. Nothing changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reject {
    /// Not enough free balance.
    #[error("insufficient funds")]
    InsufficientFunds,
    /// No such open order of this account.
    #[error("unknown order")]
    UnknownOrder,
    /// Below the market's least quantity.
    #[error("below the minimum quantity")]
    MinQty,
    /// Below the market's least cost.
    #[error("below the minimum cost")]
    MinCost,
    /// Price carries more digits than the market has.
    #[error("price has too many decimals")]
    PriceDecimals,
    /// Price is not a multiple of the tick.
    #[error("price is off the tick grid")]
    Tick,
    /// Quantity is not a multiple of the lot, zero or negative.
    #[error("bad quantity")]
    Quantity,
    /// Price missing, zero, negative or absurd.
    #[error("bad price")]
    Price,
    /// A post-only order would take.
    #[error("post-only order would take")]
    PostOnly,
    /// The client id is taken by an open order.
    #[error("client id in use by an open order")]
    DuplicateClientId,
    /// The book cannot fill the order whole.
    #[error("cannot be filled whole")]
    FillOrKill,
    /// Expiry lies in the past.
    #[error("expiry in the past")]
    Expiry,
    /// The account has too many open orders in this market.
    #[error("too many open orders")]
    TooManyOrders,
}
