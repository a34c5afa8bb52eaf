//! What Coinbase sends and takes. Unknown fields are ignored; optional fields are those that some answers lack or leave empty.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use crate::decode::{Num, Sparse};

/// A refusal: the body of a 4xx (`{"error": "INVALID_ARGUMENT", "error_details": ..., "message": ...}`), and the
/// `error_response` of an order.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Failure {
    pub(super) error: Option<String>,
    pub(super) message: Option<String>,
    pub(super) error_details: Option<String>,
    pub(super) preview_failure_reason: Option<String>,
    pub(super) new_order_failure_reason: Option<String>,
}

/// `GET /time`.
#[derive(Debug, Deserialize)]
pub(super) struct ServerTime {
    #[serde(rename = "epochMillis")]
    pub(super) epoch_millis: Num,
}

/// `GET /market/products`.
#[derive(Debug, Deserialize)]
pub(super) struct Products {
    pub(super) products: Vec<Product>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Product {
    pub(super) product_id: String,
    pub(super) base_increment: Sparse,
    pub(super) quote_increment: Sparse,
    #[serde(default)]
    pub(super) price_increment: Sparse,
    #[serde(default)]
    pub(super) base_min_size: Sparse,
    #[serde(default)]
    pub(super) base_max_size: Sparse,
    #[serde(default)]
    pub(super) quote_min_size: Sparse,
    #[serde(default)]
    pub(super) product_type: Option<String>,
    #[serde(default)]
    pub(super) status: Option<String>,
    #[serde(default)]
    pub(super) is_disabled: Option<bool>,
    #[serde(default)]
    pub(super) trading_disabled: Option<bool>,
    #[serde(default)]
    pub(super) cancel_only: Option<bool>,
    #[serde(default)]
    pub(super) limit_only: Option<bool>,
    #[serde(default)]
    pub(super) post_only: Option<bool>,
    #[serde(default)]
    pub(super) auction_mode: Option<bool>,
    #[serde(default)]
    pub(super) view_only: Option<bool>,
    /// The product whose book this one shares: `BTC-USD` for `BTC-USDC`.
    #[serde(default)]
    pub(super) alias: Option<String>,
}

/// `GET /market/product_book`.
#[derive(Debug, Deserialize)]
pub(super) struct ProductBook {
    pub(super) pricebook: PriceBook,
}

#[derive(Debug, Deserialize)]
pub(super) struct PriceBook {
    pub(super) bids: Vec<Level>,
    pub(super) asks: Vec<Level>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Level {
    pub(super) price: Num,
    pub(super) size: Num,
}

/// `GET /market/products/{id}/candles`.
#[derive(Debug, Deserialize)]
pub(super) struct Candles {
    pub(super) candles: Vec<Candle>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Candle {
    /// Unix seconds.
    pub(super) start: Num,
    pub(super) open: Num,
    pub(super) high: Num,
    pub(super) low: Num,
    pub(super) close: Num,
    pub(super) volume: Num,
}

/// `GET /accounts`: a page.
#[derive(Debug, Deserialize)]
pub(super) struct Accounts {
    pub(super) accounts: Vec<Account>,
    #[serde(default)]
    pub(super) has_next: Option<bool>,
    #[serde(default)]
    pub(super) cursor: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Account {
    pub(super) currency: String,
    pub(super) available_balance: Money,
    #[serde(default)]
    pub(super) hold: Option<Money>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Money {
    pub(super) value: Num,
}

/// `GET /transaction_summary`.
#[derive(Debug, Deserialize)]
pub(super) struct TransactionSummary {
    pub(super) fee_tier: FeeTier,
}

/// Rates: `0.006` is 0.6 %.
#[derive(Debug, Deserialize)]
pub(super) struct FeeTier {
    pub(super) taker_fee_rate: Num,
    pub(super) maker_fee_rate: Num,
}

/// `GET /key_permissions`.
#[derive(Debug, Deserialize)]
pub(super) struct KeyPermissions {
    pub(super) can_view: bool,
    pub(super) can_trade: bool,
    pub(super) can_transfer: bool,
}

/// `POST /orders`, the request.
#[derive(Debug, Serialize)]
pub(super) struct NewOrder<'a> {
    pub(super) client_order_id: String,
    pub(super) product_id: &'a str,
    pub(super) side: &'static str,
    pub(super) order_configuration: NewTerms,
}

/// One of Coinbase's order forms. Numbers go out as text.
#[derive(Debug, Serialize)]
pub(super) enum NewTerms {
    #[serde(rename = "market_market_ioc")]
    Market { base_size: Decimal },
    #[serde(rename = "limit_limit_gtc")]
    LimitGtc { base_size: Decimal, limit_price: Decimal, post_only: bool },
    #[serde(rename = "sor_limit_ioc")]
    LimitIoc { base_size: Decimal, limit_price: Decimal },
    #[serde(rename = "stop_limit_stop_limit_gtc")]
    StopLimitGtc {
        base_size: Decimal,
        limit_price: Decimal,
        stop_price: Decimal,
        stop_direction: &'static str,
    },
    #[serde(rename = "trigger_bracket_gtc")]
    BracketGtc { base_size: Decimal, limit_price: Decimal, stop_trigger_price: Decimal },
}

/// `POST /orders`, the answer. A refusal comes with status 200 as well.
#[derive(Debug, Deserialize)]
pub(super) struct Created {
    pub(super) success: bool,
    #[serde(default)]
    pub(super) success_response: Option<Success>,
    #[serde(default)]
    pub(super) error_response: Option<Failure>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Success {
    pub(super) order_id: String,
}

/// `POST /orders/batch_cancel`, the request.
#[derive(Debug, Serialize)]
pub(super) struct CancelOrders<'a> {
    pub(super) order_ids: &'a [String],
}

/// `POST /orders/batch_cancel`, the answer.
#[derive(Debug, Deserialize)]
pub(super) struct Cancelled {
    pub(super) results: Vec<CancelResult>,
}

#[derive(Debug, Deserialize)]
pub(super) struct CancelResult {
    pub(super) success: bool,
    #[serde(default)]
    pub(super) failure_reason: Option<String>,
    pub(super) order_id: String,
}

/// `GET /orders/historical/batch`: a page.
#[derive(Debug, Deserialize)]
pub(super) struct Orders {
    pub(super) orders: Vec<Order>,
    #[serde(default)]
    pub(super) has_next: Option<bool>,
    #[serde(default)]
    pub(super) cursor: Option<String>,
}

/// `GET /orders/historical/{id}`.
#[derive(Debug, Deserialize)]
pub(super) struct OneOrder {
    pub(super) order: Order,
}

#[derive(Debug, Deserialize)]
pub(super) struct Order {
    pub(super) order_id: String,
    #[serde(default)]
    pub(super) client_order_id: Option<String>,
    pub(super) product_id: String,
    pub(super) side: String,
    pub(super) status: String,
    #[serde(default)]
    pub(super) order_configuration: BTreeMap<String, Option<Terms>>,
    pub(super) created_time: String,
    #[serde(default)]
    pub(super) last_fill_time: Option<String>,
    #[serde(default)]
    pub(super) filled_size: Sparse,
    #[serde(default)]
    pub(super) average_filled_price: Sparse,
    #[serde(default)]
    pub(super) reject_message: Option<String>,
    #[serde(default)]
    pub(super) cancel_message: Option<String>,
}

/// An order's form; which fields it has depends on its name.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Terms {
    pub(super) base_size: Sparse,
    /// Of a bracket the take-profit.
    pub(super) limit_price: Sparse,
    pub(super) stop_price: Sparse,
    pub(super) stop_direction: Option<String>,
    pub(super) stop_trigger_price: Sparse,
}

/// `GET /orders/historical/fills`: a page.
#[derive(Debug, Deserialize)]
pub(super) struct Fills {
    pub(super) fills: Vec<Fill>,
    #[serde(default)]
    pub(super) cursor: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Fill {
    /// Unique; `trade_id` is unique among plain fills alone (List Fills).
    #[serde(default)]
    pub(super) entry_id: Option<String>,
    pub(super) trade_id: String,
    pub(super) order_id: String,
    pub(super) trade_time: String,
    #[serde(default)]
    pub(super) trade_type: Option<String>,
    pub(super) price: Num,
    pub(super) size: Num,
    #[serde(default)]
    pub(super) commission: Sparse,
    pub(super) product_id: String,
    #[serde(default)]
    pub(super) liquidity_indicator: Option<String>,
    #[serde(default)]
    pub(super) size_in_quote: Option<bool>,
    pub(super) side: String,
}

pub mod ws;
