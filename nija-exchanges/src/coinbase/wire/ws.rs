//! WebSocket messages.
#![allow(missing_docs)] // Public for the benches alone.

use serde::Deserialize;
use serde_json::value::RawValue;
use std::{borrow::Cow, collections::HashMap};

use crate::decode::{Num, Sparse};

/// Any message.
#[derive(Debug, Deserialize)]
pub struct Message<'a> {
    #[serde(borrow, default)]
    pub channel: Option<Cow<'a, str>>,
    /// Counts the messages of a connection, those of all channels together.
    #[serde(default)]
    pub sequence_num: Option<u64>,
    #[serde(borrow, default)]
    pub events: Option<&'a RawValue>,
    /// `error` in a refusal, which has no channel.
    #[serde(borrow, default, rename = "type")]
    pub kind: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub message: Option<Cow<'a, str>>,
}

/// An event of `subscriptions`: what this connection is subscribed to now.
#[derive(Debug, Deserialize)]
pub struct Subscriptions<'a> {
    #[serde(borrow, default)]
    pub subscriptions: HashMap<Cow<'a, str>, Vec<Cow<'a, str>>>,
}

/// An event of `l2_data`.
#[derive(Debug, Deserialize)]
pub struct Book<'a> {
    #[serde(borrow, rename = "type")]
    pub kind: Cow<'a, str>,
    #[serde(borrow)]
    pub product_id: Cow<'a, str>,
    #[serde(borrow, default)]
    pub updates: Vec<BookUpdate<'a>>,
}

/// A level as it is now; a quantity of zero takes it away.
#[derive(Debug, Deserialize)]
pub struct BookUpdate<'a> {
    /// `bid` or `offer`.
    #[serde(borrow)]
    pub side: Cow<'a, str>,
    pub price_level: Num,
    pub new_quantity: Num,
}

/// An event of `ticker`.
#[derive(Debug, Deserialize)]
pub struct Tickers<'a> {
    #[serde(borrow, default)]
    pub tickers: Vec<Ticker<'a>>,
}

#[derive(Debug, Deserialize)]
pub struct Ticker<'a> {
    #[serde(borrow)]
    pub product_id: Cow<'a, str>,
    #[serde(default)]
    pub best_bid: Sparse,
    #[serde(default)]
    pub best_bid_quantity: Sparse,
    #[serde(default)]
    pub best_ask: Sparse,
    #[serde(default)]
    pub best_ask_quantity: Sparse,
}

/// An event of `user`.
#[derive(Debug, Deserialize)]
pub struct User<'a> {
    #[serde(borrow, rename = "type")]
    pub kind: Cow<'a, str>,
    #[serde(borrow, default)]
    pub orders: Vec<Order<'a>>,
}

/// An order as it is now; quantities are cumulative.
#[derive(Debug, Deserialize)]
pub struct Order<'a> {
    #[serde(borrow)]
    pub order_id: Cow<'a, str>,
    #[serde(borrow, default)]
    pub client_order_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub product_id: Cow<'a, str>,
    #[serde(borrow)]
    pub order_side: Cow<'a, str>,
    #[serde(borrow)]
    pub status: Cow<'a, str>,
    #[serde(borrow, default)]
    pub order_type: Option<Cow<'a, str>>,
    #[serde(default)]
    pub limit_price: Sparse,
    /// Of stop orders and brackets what sets the stop off.
    #[serde(default)]
    pub stop_price: Sparse,
    #[serde(default)]
    pub cumulative_quantity: Sparse,
    #[serde(default)]
    pub leaves_quantity: Sparse,
    #[serde(default)]
    pub avg_price: Sparse,
    #[serde(borrow, default)]
    pub cancel_reason: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub reject_reason: Option<Cow<'a, str>>,
}
