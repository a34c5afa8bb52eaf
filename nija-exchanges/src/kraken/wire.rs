//! What Kraken sends. Unknown fields are ignored; optional fields are those that some answers lack.

use serde::Deserialize;
use serde_json::value::RawValue;
use std::{borrow::Cow, collections::HashMap};

use crate::decode::{Level, Num};

/// Around every REST answer.
#[derive(Debug, Deserialize)]
pub(super) struct Envelope<'a> {
    #[serde(default)]
    pub(super) error: Vec<String>,
    #[serde(borrow, default)]
    pub(super) result: Option<&'a RawValue>,
}

/// `AssetPairs`, one pair.
#[derive(Debug, Deserialize)]
pub(super) struct AssetPair {
    pub(super) altname: String,
    pub(super) wsname: Option<String>,
    pub(super) base: String,
    pub(super) quote: String,
    pub(super) pair_decimals: u32,
    pub(super) lot_decimals: u32,
    pub(super) ordermin: Option<Num>,
    pub(super) costmin: Option<Num>,
    pub(super) tick_size: Option<Num>,
    pub(super) status: Option<String>,
}

/// `Time`.
#[derive(Debug, Deserialize)]
pub(super) struct ServerTime {
    pub(super) unixtime: i64,
}

/// `Depth`, one pair.
#[derive(Debug, Deserialize)]
pub(super) struct Depth {
    pub(super) asks: Vec<Level>,
    pub(super) bids: Vec<Level>,
}

/// `Ticker`, one pair: `[price, whole lots, lots]` each.
#[derive(Debug, Deserialize)]
pub(super) struct Ticker {
    pub(super) a: Vec<Num>,
    pub(super) b: Vec<Num>,
}

/// `TradeVolume`: per cent by pair. Without `fees_maker` the fee is the same for both.
#[derive(Debug, Deserialize)]
pub(super) struct TradeVolume {
    #[serde(default)]
    pub(super) fees: HashMap<String, Fee>,
    #[serde(default)]
    pub(super) fees_maker: HashMap<String, Fee>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Fee {
    pub(super) fee: Num,
}

/// `BalanceEx`, one asset.
#[derive(Debug, Deserialize)]
pub(super) struct BalanceEx {
    pub(super) balance: Num,
    pub(super) hold_trade: Option<Num>,
    pub(super) credit: Option<Num>,
    pub(super) credit_used: Option<Num>,
}

/// `GetApiKeyInfo`.
#[derive(Debug, Deserialize)]
pub(super) struct ApiKeyInfo {
    pub(super) permissions: Vec<String>,
    /// Seconds since 1970 UTC; zero for a key that does not end.
    #[serde(default)]
    pub(super) valid_until: Option<Num>,
    #[serde(default)]
    pub(super) ip_allowlist: Option<Vec<serde_json::Value>>,
}

/// `GetWebSocketsToken`. Debug is not derived: the token is a key to the account's stream.
#[derive(Deserialize)]
pub(super) struct StreamToken {
    pub(super) token: String,
}

/// `AddOrder`.
#[derive(Debug, Deserialize)]
pub(super) struct Added {
    pub(super) txid: Vec<String>,
}

/// `CancelOrder`, `CancelAll`.
#[derive(Debug, Deserialize)]
pub(super) struct Cancelled {
    pub(super) count: Option<u64>,
}

/// `OpenOrders`.
#[derive(Debug, Deserialize)]
pub(super) struct OpenOrders {
    pub(super) open: HashMap<String, Order>,
}

/// `ClosedOrders`: a page.
#[derive(Debug, Deserialize)]
pub(super) struct ClosedOrders {
    pub(super) closed: HashMap<String, Order>,
    pub(super) count: Option<Num>,
}

/// An order.
#[derive(Debug, Deserialize)]
pub(super) struct Order {
    pub(super) status: String,
    pub(super) opentm: Num,
    pub(super) closetm: Option<Num>,
    pub(super) cl_ord_id: Option<String>,
    pub(super) descr: OrderDescription,
    pub(super) vol: Num,
    pub(super) vol_exec: Num,
    pub(super) cost: Option<Num>,
    pub(super) price: Option<Num>,
    pub(super) reason: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct OrderDescription {
    pub(super) pair: String,
    #[serde(rename = "type")]
    pub(super) side: String,
    pub(super) ordertype: String,
    /// Not always a number: `+1.0000%` for a trailing stop.
    #[serde(default)]
    pub(super) price: String,
    #[serde(default)]
    pub(super) price2: String,
}

/// `TradesHistory`: a page.
#[derive(Debug, Deserialize)]
pub(super) struct TradesHistory {
    pub(super) trades: HashMap<String, Trade>,
    pub(super) count: Option<Num>,
}

/// An execution. The fee is in the quote currency.
#[derive(Debug, Deserialize)]
pub(super) struct Trade {
    pub(super) ordertxid: String,
    pub(super) pair: String,
    pub(super) time: Num,
    #[serde(rename = "type")]
    pub(super) side: String,
    pub(super) ordertype: Option<String>,
    pub(super) price: Num,
    pub(super) fee: Num,
    pub(super) vol: Num,
    pub(super) maker: Option<bool>,
}

/// WebSocket v2.
pub mod ws {
    #![allow(missing_docs, unreachable_pub)] // Public for the benches alone.

    use super::{Cow, Deserialize, Num, RawValue};

    /// Any message.
    #[derive(Debug, Deserialize)]
    pub struct Message<'a> {
        #[serde(borrow, default)]
        pub method: Option<Cow<'a, str>>,
        #[serde(borrow, default)]
        pub channel: Option<Cow<'a, str>>,
        #[serde(borrow, default, rename = "type")]
        pub kind: Option<Cow<'a, str>>,
        #[serde(default)]
        pub success: Option<bool>,
        #[serde(borrow, default)]
        pub error: Option<Cow<'a, str>>,
        #[serde(borrow, default)]
        pub symbol: Option<Cow<'a, str>>,
        #[serde(borrow, default)]
        pub result: Option<&'a RawValue>,
        #[serde(borrow, default)]
        pub data: Option<&'a RawValue>,
        #[serde(default)]
        pub sequence: Option<u64>,
    }

    /// What a subscription answer is about.
    #[derive(Debug, Deserialize)]
    pub struct Acknowledged<'a> {
        #[serde(borrow)]
        pub channel: Cow<'a, str>,
        #[serde(borrow, default)]
        pub symbol: Option<Cow<'a, str>>,
    }

    #[derive(Debug, Deserialize)]
    pub struct Ticker<'a> {
        #[serde(borrow)]
        pub symbol: Cow<'a, str>,
        pub bid: Num,
        pub bid_qty: Num,
        pub ask: Num,
        pub ask_qty: Num,
    }

    #[derive(Debug, Deserialize)]
    pub struct Book<'a> {
        #[serde(borrow)]
        pub symbol: Cow<'a, str>,
        #[serde(default)]
        pub bids: Vec<Level>,
        #[serde(default)]
        pub asks: Vec<Level>,
        #[serde(default)]
        pub checksum: Option<u32>,
    }

    #[derive(Debug, Clone, Copy, Deserialize)]
    pub struct Level {
        pub price: Num,
        pub qty: Num,
    }

    /// A change of an order, or an execution. Which fields come depends on `exec_type`.
    #[derive(Debug, Deserialize)]
    pub struct Execution<'a> {
        #[serde(borrow)]
        pub order_id: Cow<'a, str>,
        #[serde(borrow, default)]
        pub exec_type: Option<Cow<'a, str>>,
        #[serde(borrow, default)]
        pub exec_id: Option<Cow<'a, str>>,
        #[serde(borrow, default)]
        pub cl_ord_id: Option<Cow<'a, str>>,
        #[serde(borrow, default)]
        pub symbol: Option<Cow<'a, str>>,
        #[serde(borrow, default)]
        pub side: Option<Cow<'a, str>>,
        #[serde(borrow, default)]
        pub order_type: Option<Cow<'a, str>>,
        #[serde(borrow, default)]
        pub order_status: Option<Cow<'a, str>>,
        #[serde(default)]
        pub order_qty: Option<Num>,
        #[serde(default)]
        pub limit_price: Option<Num>,
        /// Zero where the order has none.
        #[serde(default)]
        pub stop_price: Option<Num>,
        #[serde(borrow, default)]
        pub triggers: Option<Trigger<'a>>,
        #[serde(default)]
        pub cum_qty: Option<Num>,
        #[serde(default)]
        pub cum_cost: Option<Num>,
        #[serde(default)]
        pub avg_price: Option<Num>,
        #[serde(default)]
        pub last_qty: Option<Num>,
        #[serde(default)]
        pub last_price: Option<Num>,
        #[serde(borrow, default)]
        pub liquidity_ind: Option<Cow<'a, str>>,
        #[serde(default)]
        pub fees: Vec<Fee>,
        #[serde(borrow, default)]
        pub reason: Option<Cow<'a, str>>,
        #[serde(borrow, default)]
        pub timestamp: Option<Cow<'a, str>>,
    }

    /// What sets an order off.
    #[derive(Debug, Deserialize)]
    pub struct Trigger<'a> {
        #[serde(default)]
        pub price: Option<Num>,
        /// `static`, or a distance: `pct`, `quote`.
        #[serde(borrow, default)]
        pub price_type: Option<Cow<'a, str>>,
    }

    #[derive(Debug, Deserialize)]
    pub struct Fee {
        pub asset: String,
        pub qty: Num,
    }

    #[derive(Debug, Deserialize)]
    pub struct Balance {
        pub asset: String,
        pub balance: Num,
    }
}
