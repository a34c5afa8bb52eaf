//! What really happened at a venue, for tests to compare with what a client believes.

use crate::engine::{Fill, Order, OrderType, Side, Status, TimeInForce};
use crate::venue::{Protocol, Venue};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An order as it stands at the venue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OrderView {
    /// The venue's id.
    pub id: String,
    /// The client's id.
    pub client_id: Option<String>,
    /// Canonical symbol.
    pub symbol: String,
    /// `buy` or `sell`.
    pub side: String,
    /// `market`, `limit`, `stop-loss` and so on.
    pub order_type: String,
    /// `gtc`, `ioc`, `fok` or `gtd`.
    pub time_in_force: String,
    /// Asked quantity, base (quote when `in_quote`).
    pub qty: Decimal,
    /// Whether `qty` is in quote.
    pub in_quote: bool,
    /// Limit price.
    pub limit: Option<Decimal>,
    /// Trigger price.
    pub trigger: Option<Decimal>,
    /// Base quantity executed.
    pub filled: Decimal,
    /// Quote before fees.
    pub cost: Decimal,
    /// Fees, in the asset that its executions name.
    pub fee: Decimal,
    /// `open`, `filled`, `canceled` or `expired`.
    pub status: String,
    /// Why it ended early.
    pub reason: Option<String>,
    /// Unix nanoseconds of acceptance.
    pub opened_ns: i64,
}

/// An execution as it stands at the venue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TradeView {
    /// The venue's id of this account's side of the trade.
    pub id: String,
    /// The venue's id of the order.
    pub order_id: String,
    /// The client's id of the order.
    pub client_id: Option<String>,
    /// Canonical symbol.
    pub symbol: String,
    /// `buy` or `sell`.
    pub side: String,
    /// Quote per base.
    pub price: Decimal,
    /// Base quantity.
    pub qty: Decimal,
    /// Quote before fees.
    pub cost: Decimal,
    /// The fee.
    pub fee: Decimal,
    /// What it was taken in: a canonical asset.
    pub fee_asset: String,
    /// Whether the order was resting.
    pub maker: bool,
    /// Unix nanoseconds.
    pub time_ns: i64,
}

/// A balance as it stands at the venue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BalanceView {
    /// All of it.
    pub total: Decimal,
    /// The part that open orders hold.
    pub held: Decimal,
}

/// A key's orders, oldest first.
pub(crate) fn orders(venue: &Venue, key: &str) -> Option<Vec<OrderView>> {
    let account = venue.account_of(key)?;
    let engine = venue.engine.lock();
    let symbol = |order: &Order| engine.markets()[order.ask.market].spec.symbol.clone();
    let mut all: Vec<&Order> = engine.closed_orders(account).chain(engine.open_orders(account)).collect();
    all.sort_by_key(|order| order.id);
    let protocol = venue.protocol.as_ref();
    let mut views: Vec<_> = all.into_iter().map(|order| order_view(protocol, order, symbol(order))).collect();
    views.extend(protocol.waiting(account));
    views.sort_by_key(|view| view.opened_ns);
    Some(views)
}

/// Loses an order of a key.
pub(crate) fn lose_order(venue: &Venue, key: &str, id: &str) -> bool {
    let Some(account) = venue.account_of(key) else { return false };
    let now_ns = venue.clock.now_ns();
    let mut engine = venue.engine.lock();
    let all = engine.closed_orders(account).chain(engine.open_orders(account));
    let found = all.map(|order| order.id).find(|order| venue.protocol.order_name(*order) == id);
    match found {
        Some(order) => engine.lose(order, now_ns),
        None => {
            drop(engine);
            return venue.protocol.lose_waiting(account, id);
        }
    }
    true
}

/// A key's executions, oldest first.
pub(crate) fn trades(venue: &Venue, key: &str) -> Option<Vec<TradeView>> {
    let account = venue.account_of(key)?;
    let engine = venue.engine.lock();
    let symbol = |fill: &Fill| engine.markets()[fill.market].spec.symbol.clone();
    let mut all: Vec<TradeView> =
        engine.fills(account).map(|fill| trade_view(venue.protocol.as_ref(), fill, symbol(fill))).collect();
    all.reverse();
    Some(all)
}

/// A key's balances by canonical asset.
pub(crate) fn balances(venue: &Venue, key: &str) -> Option<BTreeMap<String, BalanceView>> {
    let account = venue.account_of(key)?;
    let (all, _) = venue.engine.lock().balances(account);
    Some(all.into_iter().map(|(asset, b)| (asset, BalanceView { total: b.total, held: b.held })).collect())
}

fn order_view(protocol: &dyn Protocol, order: &Order, symbol: String) -> OrderView {
    let ask = &order.ask;
    OrderView {
        id: protocol.order_name(order.id),
        client_id: protocol.client_of(order.id, ask.client_id.as_deref()),
        symbol,
        side: side(ask.side),
        order_type: match ask.order_type {
            OrderType::Market => "market",
            OrderType::Limit => "limit",
            OrderType::StopLoss => "stop-loss",
            OrderType::StopLossLimit => "stop-loss-limit",
            OrderType::TakeProfit => "take-profit",
            OrderType::TakeProfitLimit => "take-profit-limit",
        }
        .to_owned(),
        time_in_force: match ask.tif {
            TimeInForce::Gtc => "gtc",
            TimeInForce::Ioc => "ioc",
            TimeInForce::Fok => "fok",
            TimeInForce::Gtd => "gtd",
        }
        .to_owned(),
        qty: ask.qty,
        in_quote: ask.in_quote,
        limit: ask.limit,
        trigger: ask.trigger,
        filled: order.filled,
        cost: order.cost,
        fee: order.fee,
        status: match order.status {
            Status::Open => "open",
            Status::Filled => "filled",
            Status::Canceled => "canceled",
            Status::Expired => "expired",
        }
        .to_owned(),
        reason: order.reason.map(str::to_owned),
        opened_ns: order.opened_ns,
    }
}

fn trade_view(protocol: &dyn Protocol, fill: &Fill, symbol: String) -> TradeView {
    TradeView {
        id: protocol.fill_name(fill.id),
        order_id: protocol.order_name(fill.order),
        client_id: protocol.client_of(fill.order, fill.client_id.as_deref()),
        symbol,
        side: side(fill.side),
        price: fill.price,
        qty: fill.qty,
        cost: fill.cost,
        fee: fill.fee,
        fee_asset: fill.fee_asset.clone(),
        maker: fill.maker,
        time_ns: fill.time_ns,
    }
}

pub(crate) fn side(side: Side) -> String {
    if side == Side::Buy { "buy" } else { "sell" }.to_owned()
}
