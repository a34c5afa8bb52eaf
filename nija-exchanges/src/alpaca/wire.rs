//! What Alpaca sends. Unknown fields are ignored; optional fields are those that some answers lack or send as null.

use serde::Deserialize;
use std::{borrow::Cow, collections::HashMap};

use crate::decode::Num;

/// `GET /v2/assets`, one asset.
#[derive(Debug, Deserialize)]
pub(super) struct Asset {
    pub(super) class: String,
    pub(super) symbol: String,
    #[serde(default)]
    pub(super) status: Option<String>,
    #[serde(default)]
    pub(super) tradable: bool,
    #[serde(default)]
    pub(super) fractionable: bool,
    #[serde(default)]
    pub(super) min_order_size: Option<Num>,
    #[serde(default)]
    pub(super) min_trade_increment: Option<Num>,
    #[serde(default)]
    pub(super) price_increment: Option<Num>,
}

/// `GET /v2/clock`.
#[derive(Debug, Deserialize)]
pub(super) struct Clock {
    pub(super) is_open: bool,
    pub(super) next_open: String,
    pub(super) next_close: String,
}

/// `GET /v2/account`.
#[derive(Debug, Deserialize)]
pub(super) struct Account {
    pub(super) status: String,
    #[serde(default)]
    pub(super) currency: Option<String>,
    pub(super) cash: Num,
    /// What may be spent without borrowing: less than the cash by what open orders hold and what has not settled.
    #[serde(default)]
    pub(super) non_marginable_buying_power: Option<Num>,
    #[serde(default)]
    pub(super) buying_power: Option<Num>,
    #[serde(default)]
    pub(super) crypto_tier: Option<serde_json::Value>,
    #[serde(default)]
    pub(super) trading_blocked: bool,
    #[serde(default)]
    pub(super) account_blocked: bool,
    #[serde(default)]
    pub(super) trade_suspended_by_user: bool,
}

/// `GET /v2/positions`, one position.
#[derive(Debug, Deserialize)]
pub(super) struct Position {
    pub(super) symbol: String,
    pub(super) asset_class: String,
    pub(super) qty: Num,
    #[serde(default)]
    pub(super) qty_available: Option<Num>,
}

/// An order, by REST and in the account stream.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Order {
    pub(super) id: String,
    #[serde(default)]
    pub(super) client_order_id: Option<String>,
    #[serde(default)]
    pub(super) submitted_at: Option<String>,
    #[serde(default)]
    pub(super) created_at: Option<String>,
    #[serde(default)]
    pub(super) updated_at: Option<String>,
    /// Missing in an order of several legs.
    #[serde(default)]
    pub(super) symbol: Option<String>,
    /// Missing where the order was for an amount of money.
    #[serde(default)]
    pub(super) qty: Option<Num>,
    #[serde(default)]
    pub(super) filled_qty: Option<Num>,
    #[serde(default)]
    pub(super) filled_avg_price: Option<Num>,
    #[serde(default)]
    pub(super) side: Option<String>,
    #[serde(default, rename = "type")]
    pub(super) kind: Option<String>,
    #[serde(default)]
    pub(super) limit_price: Option<Num>,
    #[serde(default)]
    pub(super) stop_price: Option<Num>,
    pub(super) status: String,
    #[serde(default)]
    pub(super) replaced_by: Option<String>,
    #[serde(default)]
    pub(super) replaces: Option<String>,
    /// `simple`, `bracket`, `oco`, `oto`; empty for crypto.
    #[serde(default)]
    pub(super) order_class: Option<String>,
    #[serde(default)]
    pub(super) legs: Option<Vec<Self>>,
}

/// `DELETE /v2/orders`, one order.
#[derive(Debug, Deserialize)]
pub(super) struct CancelStatus {
    #[serde(default)]
    pub(super) id: Option<String>,
    pub(super) status: u16,
}

/// `GET /v2/account/activities/FILL`, one execution.
#[derive(Debug, Deserialize)]
pub(super) struct Activity {
    pub(super) id: String,
    pub(super) transaction_time: String,
    pub(super) price: Num,
    pub(super) qty: Num,
    pub(super) side: String,
    pub(super) symbol: String,
    pub(super) order_id: String,
    #[serde(default)]
    pub(super) cum_qty: Option<Num>,
}

/// `.../latest/quotes`, one symbol.
#[derive(Debug, Deserialize)]
pub(super) struct Quote {
    pub(super) bp: Num,
    pub(super) bs: Num,
    pub(super) ap: Num,
    #[serde(rename = "as")]
    pub(super) ask_size: Num,
}

#[derive(Debug, Deserialize)]
pub(super) struct Quotes {
    pub(super) quotes: HashMap<String, Quote>,
}

/// `.../latest/orderbooks`, one symbol.
#[derive(Debug, Deserialize)]
pub(super) struct Book<'a> {
    #[serde(borrow)]
    pub(super) t: Cow<'a, str>,
    #[serde(default)]
    pub(super) b: Vec<ws::Level>,
    #[serde(default)]
    pub(super) a: Vec<ws::Level>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Books<'a> {
    #[serde(borrow)]
    pub(super) orderbooks: HashMap<String, Book<'a>>,
}

/// `.../bars`, one bar.
#[derive(Debug, Deserialize)]
pub(super) struct Bar {
    pub(super) t: String,
    pub(super) o: Num,
    pub(super) h: Num,
    pub(super) l: Num,
    pub(super) c: Num,
    pub(super) v: Num,
}

#[derive(Debug, Deserialize)]
pub(super) struct Bars {
    #[serde(default)]
    pub(super) bars: Option<HashMap<String, Vec<Bar>>>,
    #[serde(default)]
    pub(super) next_page_token: Option<String>,
}

/// Any message of the account stream.
#[derive(Debug, Deserialize)]
pub(super) struct AccountMessage<'a> {
    #[serde(borrow)]
    pub(super) stream: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(super) data: Option<&'a serde_json::value::RawValue>,
}

/// The data of `authorization`.
#[derive(Debug, Deserialize)]
pub(super) struct Authorization {
    #[serde(default)]
    pub(super) status: String,
}

/// The data of `listening`.
#[derive(Debug, Deserialize)]
pub(super) struct Listening {
    #[serde(default)]
    pub(super) streams: Vec<String>,
    #[serde(default)]
    pub(super) error: Option<String>,
}

/// The data of `trade_updates`.
#[derive(Debug, Deserialize)]
pub(super) struct TradeUpdate {
    pub(super) event: String,
    #[serde(default)]
    pub(super) execution_id: Option<String>,
    #[serde(default)]
    pub(super) timestamp: Option<String>,
    pub(super) order: Order,
}

/// The price streams.
pub mod ws {
    #![allow(missing_docs, unreachable_pub)] // Public for the benches alone.

    use super::{Cow, Deserialize, Num};

    /// Any message: which fields it has depends on `T`.
    #[derive(Debug, Deserialize)]
    pub struct Message<'a> {
        #[serde(borrow, rename = "T")]
        pub kind: Cow<'a, str>,
        #[serde(borrow, default, rename = "S")]
        pub symbol: Option<Cow<'a, str>>,
        #[serde(borrow, default)]
        pub t: Option<Cow<'a, str>>,
        #[serde(default)]
        pub bp: Option<Num>,
        #[serde(default)]
        pub bs: Option<Num>,
        #[serde(default)]
        pub ap: Option<Num>,
        #[serde(default, rename = "as")]
        pub ask_size: Option<Num>,
        #[serde(default)]
        pub b: Vec<Level>,
        #[serde(default)]
        pub a: Vec<Level>,
        /// A whole book, not a change of one.
        #[serde(default)]
        pub r: bool,
        #[serde(borrow, default)]
        pub msg: Option<Cow<'a, str>>,
        #[serde(default)]
        pub code: Option<i64>,
    }

    /// A price and what there is at it.
    #[derive(Debug, Clone, Copy, Deserialize)]
    pub struct Level {
        pub p: Num,
        pub s: Num,
    }
}
