//! WebSocket messages.
#![allow(missing_docs, unreachable_pub)] // Public for the benches alone.

use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

use crate::decode::{Level as Pair, Num, Sparse};

/// Any message but `pong`: data of a channel, or an event.
#[derive(Debug, Deserialize)]
pub struct Message<'a> {
    #[serde(borrow, default)]
    pub event: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub arg: Option<Arg<'a>>,
    #[serde(borrow, default)]
    pub code: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub msg: Option<Cow<'a, str>>,
    /// `snapshot` or `update` of a book.
    #[serde(borrow, default)]
    pub action: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub data: Option<&'a RawValue>,
}

/// The channel that a message is of.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Arg<'a> {
    #[serde(borrow)]
    pub channel: Cow<'a, str>,
    #[serde(borrow, default)]
    pub inst_id: Option<Cow<'a, str>>,
}

/// A book, its changes, or its best level.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Book {
    #[serde(default)]
    pub bids: Vec<Level>,
    #[serde(default)]
    pub asks: Vec<Level>,
    pub seq_id: i64,
    /// The number of the message before; -1 in a snapshot, none in `bbo-tbt`.
    #[serde(default)]
    pub prev_seq_id: Option<i64>,
}

/// `[price, quantity, "0", orders]`.
#[derive(Debug, Clone, Copy)]
pub struct Level {
    pub price: Decimal,
    pub quantity: Decimal,
}

impl<'de> Deserialize<'de> for Level {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Pair::deserialize(deserializer).map(|pair| Self { price: pair.price, quantity: pair.quantity })
    }
}

/// An order of the orders channel. `fill...` and `tradeId` are of this message alone.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Order<'a> {
    #[serde(borrow)]
    pub inst_id: Cow<'a, str>,
    #[serde(borrow)]
    pub ord_id: Cow<'a, str>,
    #[serde(borrow, default)]
    pub cl_ord_id: Cow<'a, str>,
    #[serde(borrow)]
    pub side: Cow<'a, str>,
    #[serde(borrow)]
    pub ord_type: Cow<'a, str>,
    #[serde(default)]
    pub px: Sparse,
    pub sz: Num,
    #[serde(borrow, default)]
    pub tgt_ccy: Cow<'a, str>,
    #[serde(default)]
    pub acc_fill_sz: Sparse,
    #[serde(default)]
    pub avg_px: Sparse,
    #[serde(borrow)]
    pub state: Cow<'a, str>,
    #[serde(borrow, default)]
    pub trade_id: Cow<'a, str>,
    #[serde(default)]
    pub fill_px: Sparse,
    #[serde(default)]
    pub fill_sz: Sparse,
    #[serde(default)]
    pub fill_time: Sparse,
    #[serde(default)]
    pub fill_fee: Sparse,
    #[serde(borrow, default)]
    pub fill_fee_ccy: Cow<'a, str>,
    #[serde(borrow, default)]
    pub exec_type: Cow<'a, str>,
    #[serde(borrow, default)]
    pub cancel_source: Cow<'a, str>,
    /// The algo order that it came from.
    #[serde(borrow, default)]
    pub algo_id: Cow<'a, str>,
    #[serde(borrow, default)]
    pub algo_cl_ord_id: Cow<'a, str>,
    #[serde(default)]
    pub c_time: Sparse,
    pub u_time: Num,
}

/// An account of the account channel.
#[derive(Debug, Deserialize)]
pub struct Account {
    #[serde(default)]
    pub details: Vec<super::Balance>,
}
