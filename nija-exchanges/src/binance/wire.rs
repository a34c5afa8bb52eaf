//! What Binance sends. Unknown fields are ignored; optional fields are those that some answers lack.

use serde::Deserialize;
use std::borrow::Cow;

use crate::decode::{Level, Num};

/// What is sent instead of an answer.
#[derive(Debug, Deserialize)]
pub(super) struct Refusal<'a> {
    #[serde(default)]
    pub(super) code: Option<i64>,
    #[serde(borrow, default)]
    pub(super) msg: Cow<'a, str>,
}

/// `time`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ServerTime {
    pub(super) server_time: i64,
}

/// `exchangeInfo`.
#[derive(Debug, Deserialize)]
pub(super) struct ExchangeInfo {
    pub(super) symbols: Vec<SymbolInfo>,
}

/// One symbol of `exchangeInfo`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SymbolInfo {
    pub(super) symbol: String,
    pub(super) status: String,
    pub(super) base_asset: String,
    pub(super) quote_asset: String,
    #[serde(default)]
    pub(super) is_spot_trading_allowed: Option<bool>,
    #[serde(default)]
    pub(super) order_types: Vec<String>,
    #[serde(default)]
    pub(super) oco_allowed: bool,
    #[serde(default)]
    pub(super) filters: Vec<Filter>,
}

/// A filter of any kind: each has some of these.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Filter {
    pub(super) filter_type: String,
    pub(super) min_price: Option<Num>,
    pub(super) max_price: Option<Num>,
    pub(super) tick_size: Option<Num>,
    pub(super) min_qty: Option<Num>,
    pub(super) max_qty: Option<Num>,
    pub(super) step_size: Option<Num>,
    pub(super) min_notional: Option<Num>,
    pub(super) max_notional: Option<Num>,
    pub(super) apply_to_market: Option<bool>,
    pub(super) apply_min_to_market: Option<bool>,
    pub(super) apply_max_to_market: Option<bool>,
    pub(super) multiplier_up: Option<Num>,
    pub(super) multiplier_down: Option<Num>,
    pub(super) bid_multiplier_up: Option<Num>,
    pub(super) bid_multiplier_down: Option<Num>,
    pub(super) ask_multiplier_up: Option<Num>,
    pub(super) ask_multiplier_down: Option<Num>,
}

/// `ticker/bookTicker`, one symbol.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BookTicker {
    pub(super) bid_price: Num,
    pub(super) bid_qty: Num,
    pub(super) ask_price: Num,
    pub(super) ask_qty: Num,
}

/// `depth`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Depth {
    pub(super) last_update_id: u64,
    pub(super) bids: Vec<Level>,
    pub(super) asks: Vec<Level>,
}

/// `account`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Account {
    #[serde(default)]
    pub(super) can_trade: Option<bool>,
    #[serde(default)]
    pub(super) commission_rates: Option<Rates>,
    pub(super) balances: Vec<Balance>,
    #[serde(default)]
    pub(super) permissions: Vec<String>,
}

/// One asset of `account`.
#[derive(Debug, Deserialize)]
pub(super) struct Balance {
    pub(super) asset: String,
    pub(super) free: Num,
    pub(super) locked: Num,
}

/// Rates by role and by side; an execution pays the sum of the two that fit it.
#[derive(Debug, Deserialize)]
pub(super) struct Rates {
    pub(super) maker: Num,
    pub(super) taker: Num,
    #[serde(default)]
    pub(super) buyer: Option<Num>,
    #[serde(default)]
    pub(super) seller: Option<Num>,
}

/// `account/commission`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Commission {
    pub(super) standard_commission: Rates,
    #[serde(default)]
    pub(super) special_commission: Option<Rates>,
    #[serde(default)]
    pub(super) tax_commission: Option<Rates>,
}

/// `apiRestrictions`: every field is a right, `ipRestrict` and `createTime` aside.
pub(super) type Restrictions = std::collections::BTreeMap<String, serde_json::Value>;

/// An order: placed, looked up, listed or cancelled.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Order {
    pub(super) symbol: String,
    pub(super) order_id: u64,
    /// Of the list that it is in; -1 where it is in none.
    #[serde(default)]
    pub(super) order_list_id: Option<i64>,
    pub(super) client_order_id: String,
    pub(super) price: Num,
    #[serde(default)]
    pub(super) stop_price: Option<Num>,
    pub(super) orig_qty: Num,
    pub(super) executed_qty: Num,
    /// Spelt so by Binance.
    #[serde(default)]
    pub(super) cummulative_quote_qty: Option<Num>,
    pub(super) status: String,
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) side: String,
    #[serde(default)]
    pub(super) time: Option<i64>,
    #[serde(default)]
    pub(super) update_time: Option<i64>,
    #[serde(default)]
    pub(super) transact_time: Option<i64>,
}

/// A new list of orders.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OrderList {
    pub(super) order_list_id: i64,
    pub(super) order_reports: Vec<Order>,
}

/// A cancelled order, or a whole cancelled list of `openOrders`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Cancelled {
    /// The orders of a list; none where this is an order.
    #[serde(default)]
    pub(super) order_reports: Vec<serde::de::IgnoredAny>,
    #[serde(default)]
    pub(super) list_client_order_id: Option<String>,
}

/// An execution of `myTrades`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Trade {
    pub(super) id: u64,
    pub(super) order_id: u64,
    /// Of the list that its order is in; -1 where it is in none.
    #[serde(default)]
    pub(super) order_list_id: Option<i64>,
    pub(super) price: Num,
    pub(super) qty: Num,
    pub(super) commission: Num,
    pub(super) commission_asset: String,
    pub(super) time: i64,
    pub(super) is_buyer: bool,
    pub(super) is_maker: bool,
}

/// `userDataStream`. Debug is not derived: the key opens the account's stream.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ListenKey {
    pub(super) listen_key: String,
}

/// Streams.
pub mod ws {
    #![allow(missing_docs, unreachable_pub)] // Public for the benches alone.

    use super::{Cow, Deserialize, Level as Pair, Num};
    use serde_json::value::RawValue;

    /// A message of combined market streams: data of a stream, or the answer to a request.
    #[derive(Debug, Deserialize)]
    pub struct Message<'a> {
        #[serde(borrow, default)]
        pub stream: Option<Cow<'a, str>>,
        #[serde(borrow, default)]
        pub data: Option<&'a RawValue>,
        #[serde(default)]
        pub id: Option<u64>,
        #[serde(default)]
        pub code: Option<i64>,
        #[serde(borrow, default)]
        pub msg: Option<Cow<'a, str>>,
        #[serde(borrow, default)]
        pub error: Option<&'a RawValue>,
    }

    /// A difference of a book.
    #[derive(Debug, Deserialize)]
    pub struct Update {
        #[serde(rename = "U")]
        pub first: u64,
        #[serde(rename = "u")]
        pub last: u64,
        #[serde(rename = "b", default)]
        pub bids: Vec<Level>,
        #[serde(rename = "a", default)]
        pub asks: Vec<Level>,
    }

    /// `[price, quantity]`.
    #[derive(Debug, Clone, Copy)]
    pub struct Level {
        pub price: rust_decimal::Decimal,
        pub quantity: rust_decimal::Decimal,
    }

    impl<'de> Deserialize<'de> for Level {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            Pair::deserialize(deserializer).map(|pair| Self { price: pair.price, quantity: pair.quantity })
        }
    }

    /// Best prices.
    #[derive(Debug, Deserialize)]
    pub struct BookTicker {
        #[serde(rename = "u")]
        pub update: u64,
        #[serde(rename = "b")]
        pub bid: Num,
        #[serde(rename = "B")]
        pub bid_size: Num,
        #[serde(rename = "a")]
        pub ask: Num,
        #[serde(rename = "A")]
        pub ask_size: Num,
    }

    /// A message of the WebSocket API, or of a listen key's stream.
    #[derive(Debug, Deserialize)]
    pub struct Private<'a> {
        #[serde(borrow, default)]
        pub id: Option<&'a RawValue>,
        #[serde(default)]
        pub status: Option<u16>,
        #[serde(borrow, default)]
        pub error: Option<Failure<'a>>,
        #[serde(borrow, default)]
        pub event: Option<&'a RawValue>,
    }

    #[derive(Debug, Deserialize)]
    pub struct Failure<'a> {
        pub code: i64,
        #[serde(borrow, default)]
        pub msg: Cow<'a, str>,
    }

    /// What kind of event it is.
    #[derive(Debug, Deserialize)]
    pub struct Kind<'a> {
        #[serde(borrow, default, rename = "e")]
        pub event: Option<Cow<'a, str>>,
    }

    /// `executionReport`.
    #[derive(Debug, Deserialize)]
    pub struct Execution<'a> {
        #[serde(borrow, rename = "s")]
        pub symbol: Cow<'a, str>,
        #[serde(borrow, rename = "c")]
        pub client_id: Cow<'a, str>,
        /// The order's own client id, where this is its cancel.
        #[serde(borrow, rename = "C", default)]
        pub original_id: Option<Cow<'a, str>>,
        #[serde(borrow, rename = "S")]
        pub side: Cow<'a, str>,
        #[serde(borrow, rename = "o")]
        pub kind: Cow<'a, str>,
        #[serde(rename = "q")]
        pub ordered: Num,
        #[serde(rename = "p")]
        pub price: Num,
        #[serde(rename = "P", default)]
        pub stop: Option<Num>,
        /// Of the list that it is in; -1 where it is in none.
        #[serde(rename = "g", default)]
        pub list_id: Option<i64>,
        #[serde(borrow, rename = "x")]
        pub execution: Cow<'a, str>,
        #[serde(borrow, rename = "X")]
        pub status: Cow<'a, str>,
        #[serde(borrow, rename = "r", default)]
        pub reason: Option<Cow<'a, str>>,
        #[serde(rename = "i")]
        pub order_id: u64,
        #[serde(rename = "l")]
        pub last_quantity: Num,
        #[serde(rename = "z")]
        pub filled: Num,
        #[serde(rename = "L")]
        pub last_price: Num,
        #[serde(rename = "n", default)]
        pub commission: Option<Num>,
        #[serde(borrow, rename = "N", default)]
        pub commission_asset: Option<Cow<'a, str>>,
        #[serde(rename = "T")]
        pub time: i64,
        #[serde(rename = "t")]
        pub trade_id: i64,
        #[serde(rename = "m", default)]
        pub maker: bool,
        #[serde(rename = "Z", default)]
        pub cost: Option<Num>,
        /// When the order was made.
        #[serde(rename = "O", default)]
        pub created: Option<i64>,
    }

    /// `outboundAccountPosition`.
    #[derive(Debug, Deserialize)]
    pub struct Position {
        #[serde(rename = "B")]
        pub balances: Vec<Balance>,
    }

    #[derive(Debug, Deserialize)]
    pub struct Balance {
        #[serde(rename = "a")]
        pub asset: String,
        #[serde(rename = "f")]
        pub free: Num,
        #[serde(rename = "l")]
        pub locked: Num,
    }
}
