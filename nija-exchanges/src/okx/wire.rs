//! What OKX sends and takes. Unknown fields are ignored; optional fields are those that some answers lack or leave empty. Numbers
//! and times are text.

use nija_core::OrderKind;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;

use super::algo;
use crate::decode::{Level, Num, Sparse};

/// What every answer is wrapped in.
#[derive(Debug, Deserialize)]
pub(super) struct Outer<'a> {
    #[serde(borrow)]
    pub(super) code: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(super) msg: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(super) data: Option<&'a RawValue>,
}

/// An entry that says what became of it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Acted<'a> {
    #[serde(borrow, default)]
    pub(super) ord_id: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(super) algo_id: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) s_code: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(super) s_msg: Cow<'a, str>,
}

/// `public/time`.
#[derive(Debug, Deserialize)]
pub(super) struct ServerTime {
    pub(super) ts: Num,
}

/// One of `public/instruments`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Instrument {
    pub(super) inst_id: String,
    pub(super) base_ccy: String,
    pub(super) quote_ccy: String,
    pub(super) tick_sz: Sparse,
    pub(super) lot_sz: Sparse,
    pub(super) min_sz: Sparse,
    pub(super) state: String,
    #[serde(default)]
    pub(super) max_lmt_sz: Sparse,
    #[serde(default)]
    pub(super) max_mkt_sz: Sparse,
    #[serde(default)]
    pub(super) max_mkt_amt: Sparse,
    #[serde(default)]
    pub(super) max_lmt_amt: Sparse,
    /// Which of the fee groups it is in.
    #[serde(default)]
    pub(super) group_id: String,
    /// How far from the index a limit may be at most, as a part of it.
    #[serde(default)]
    pub(super) max_px_lmt_pct: Sparse,
}

/// `market/ticker`. A side without orders is empty.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Ticker {
    pub(super) bid_px: Sparse,
    pub(super) bid_sz: Sparse,
    pub(super) ask_px: Sparse,
    pub(super) ask_sz: Sparse,
}

/// `market/books`.
#[derive(Debug, Deserialize)]
pub(super) struct Book {
    pub(super) bids: Vec<Level>,
    pub(super) asks: Vec<Level>,
}

/// `account/balance`.
#[derive(Debug, Deserialize)]
pub(super) struct Balances {
    pub(super) details: Vec<Balance>,
}

/// One currency of `account/balance`, and of the account channel.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Balance {
    pub(super) ccy: String,
    pub(super) cash_bal: Num,
    #[serde(default)]
    pub(super) avail_bal: Sparse,
    #[serde(default)]
    pub(super) avail_eq: Sparse,
}

/// `account/trade-fee`. A rate below zero is charged, one above is paid back.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TradeFee {
    #[serde(default)]
    pub(super) fee_group: Vec<FeeGroup>,
    #[serde(default)]
    pub(super) maker: Sparse,
    #[serde(default)]
    pub(super) taker: Sparse,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FeeGroup {
    #[serde(default)]
    pub(super) group_id: String,
    pub(super) maker: Num,
    pub(super) taker: Num,
}

/// `account/config`, of which the key's rights are asked.
#[derive(Debug, Deserialize)]
pub(super) struct AccountConfig {
    /// `read_only,trade,withdraw`.
    pub(super) perm: String,
    /// The addresses that the key is bound to, with commas between them; empty where there are none.
    #[serde(default)]
    pub(super) ip: Option<String>,
}

/// `trade/order`, the request.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewOrder<'a> {
    pub(super) inst_id: &'a str,
    pub(super) td_mode: &'static str,
    pub(super) cl_ord_id: String,
    pub(super) side: &'static str,
    pub(super) ord_type: &'static str,
    pub(super) sz: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) px: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tgt_ccy: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ban_amend: Option<bool>,
}

/// An order to cancel, by either id.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CancelOrder<'a> {
    pub(super) inst_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ord_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cl_ord_id: Option<String>,
}

/// An order as REST tells it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Order {
    pub(super) inst_id: String,
    pub(super) ord_id: String,
    #[serde(default)]
    pub(super) cl_ord_id: String,
    pub(super) side: String,
    pub(super) ord_type: String,
    #[serde(default)]
    pub(super) px: Sparse,
    pub(super) sz: Num,
    /// What `sz` counts of a market order.
    #[serde(default)]
    pub(super) tgt_ccy: String,
    #[serde(default)]
    pub(super) acc_fill_sz: Sparse,
    #[serde(default)]
    pub(super) avg_px: Sparse,
    pub(super) state: String,
    #[serde(default)]
    pub(super) cancel_source: String,
    #[serde(default)]
    pub(super) cancel_source_reason: String,
    /// The algo order that it came from.
    #[serde(default)]
    pub(super) algo_id: String,
    #[serde(default)]
    pub(super) algo_cl_ord_id: String,
    pub(super) u_time: Num,
}

/// `trade/order-algo`, the request.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewAlgo<'a> {
    pub(super) inst_id: &'a str,
    pub(super) td_mode: &'static str,
    pub(super) algo_cl_ord_id: String,
    pub(super) side: &'static str,
    pub(super) ord_type: &'static str,
    pub(super) sz: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tp_trigger_px: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tp_ord_px: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sl_trigger_px: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sl_ord_px: Option<String>,
}

/// An algo order to cancel, by either id.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CancelAlgo<'a> {
    pub(super) inst_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) algo_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) algo_cl_ord_id: Option<&'a str>,
}

/// An algo order, of REST and of the algo orders channel.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Algo {
    pub(super) inst_id: String,
    pub(super) algo_id: String,
    #[serde(default)]
    pub(super) algo_cl_ord_id: String,
    pub(super) side: String,
    pub(super) ord_type: String,
    #[serde(default)]
    pub(super) sz: Sparse,
    pub(super) state: String,
    #[serde(default)]
    pub(super) tp_trigger_px: Sparse,
    #[serde(default)]
    pub(super) tp_ord_px: Sparse,
    #[serde(default)]
    pub(super) sl_trigger_px: Sparse,
    #[serde(default)]
    pub(super) sl_ord_px: Sparse,
    /// The order that it became.
    #[serde(default)]
    pub(super) ord_id: String,
    #[serde(default)]
    pub(super) ord_id_list: Vec<String>,
    #[serde(default)]
    pub(super) fail_code: String,
    pub(super) u_time: Num,
}

impl Algo {
    /// OKX's id of the order that it became. Ours become one: only market orders are split.
    pub(super) fn child(&self) -> Option<&str> {
        let listed = self.ord_id_list.last().map(String::as_str);
        [listed.unwrap_or_default(), &self.ord_id].into_iter().find(|id| !id.is_empty())
    }

    pub(super) fn kind(&self) -> OrderKind {
        let (profit, stop) = ([self.tp_trigger_px, self.tp_ord_px], [self.sl_trigger_px, self.sl_ord_px]);
        algo::kind(&self.ord_type, profit, stop)
    }
}

/// An execution of `trade/fills`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Fill {
    pub(super) inst_id: String,
    pub(super) trade_id: String,
    pub(super) ord_id: String,
    #[serde(default)]
    pub(super) cl_ord_id: String,
    /// What pages go by.
    pub(super) bill_id: String,
    pub(super) fill_px: Num,
    pub(super) fill_sz: Num,
    pub(super) side: String,
    #[serde(default)]
    pub(super) exec_type: String,
    #[serde(default)]
    pub(super) fee_ccy: String,
    #[serde(default)]
    pub(super) fee: Sparse,
    #[serde(default)]
    pub(super) fill_time: Sparse,
    pub(super) ts: Num,
}

pub mod ws;
