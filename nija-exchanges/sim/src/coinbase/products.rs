//! The products that the simulated Coinbase lists.

use crate::engine::{Engine, FeeSchedule, MarketSpec};
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// A product. Its index in [`PRODUCTS`] is its market in the engine.
#[derive(Debug)]
pub(super) struct Product {
    pub(super) id: &'static str,
    pub(super) base: &'static str,
    pub(super) quote: &'static str,
    base_name: &'static str,
    quote_name: &'static str,
    /// Largest order in base.
    base_max: i64,
}

pub(super) const PRICE_DECIMALS: u32 = 2;
pub(super) const LOT_DECIMALS: u32 = 8;
/// Digits of costs and fees: Coinbase writes them out far beyond the cent, and a cost is not rounded at all.
const COST_DECIMALS: u32 = PRICE_DECIMALS + LOT_DECIMALS;

/// Assets that an account has wallets for, and their names.
pub(super) const ASSETS: [(&str, &str); 5] =
    [("BTC", "Bitcoin"), ("ETH", "Ethereum"), ("SOL", "Solana"), ("USD", "US Dollar"), ("USDT", "Tether")];

pub(super) static PRODUCTS: [Product; 5] = [
    product("BTC-USD", ["BTC", "USD"], ["Bitcoin", "US Dollar"], 3_400),
    product("ETH-USD", ["ETH", "USD"], ["Ethereum", "US Dollar"], 42_000),
    product("SOL-USD", ["SOL", "USD"], ["Solana", "US Dollar"], 900_000),
    product("BTC-USDT", ["BTC", "USDT"], ["Bitcoin", "Tether"], 3_400),
    product("ETH-USDT", ["ETH", "USDT"], ["Ethereum", "Tether"], 42_000),
];

const fn product(
    id: &'static str,
    [base, quote]: [&'static str; 2],
    [base_name, quote_name]: [&'static str; 2],
    base_max: i64,
) -> Product {
    Product { id, base, quote, base_name, quote_name, base_max }
}

impl Product {
    pub(super) fn base_max(&self) -> Decimal {
        Decimal::from(self.base_max)
    }
}

/// The engine's markets, in the order of [`PRODUCTS`].
pub(super) fn markets() -> Vec<MarketSpec> {
    PRODUCTS
        .iter()
        .map(|product| MarketSpec {
            symbol: product.id.to_owned(),
            base: product.base.to_owned(),
            quote: product.quote.to_owned(),
            tick: Decimal::new(1, PRICE_DECIMALS),
            price_decimals: PRICE_DECIMALS,
            lot_decimals: LOT_DECIMALS,
            cost_decimals: COST_DECIMALS,
            min_qty: Decimal::new(1, LOT_DECIMALS),
            min_cost: Decimal::ONE,
        })
        .collect()
}

/// The first row as recorded in 2025; the rest as published earlier, and not checked since.
pub(super) fn fees() -> FeeSchedule {
    FeeSchedule::from_hundredths(&[
        (0, 60, 120),
        (10_000, 25, 40),
        (50_000, 15, 25),
        (100_000, 10, 20),
        (1_000_000, 8, 18),
        (15_000_000, 6, 16),
        (75_000_000, 3, 12),
        (250_000_000, 0, 8),
    ])
}

/// A product by its id.
pub(super) fn find(id: &str) -> Option<(usize, &'static Product)> {
    PRODUCTS.iter().enumerate().find(|(_, product)| product.id == id)
}

/// A product as List Products and Get Product tell it.
pub(super) fn json(engine: &Engine, market: usize, now_ns: i64) -> Value {
    let product = &PRODUCTS[market];
    let state = &engine.markets()[market];
    let day = state.stats(now_ns);
    let last = state.last_price();
    let change =
        if day.open.is_zero() { Decimal::ZERO } else { (last - day.open) * Decimal::ONE_HUNDRED / day.open };
    let (bids, asks) = engine.depth(market, 1);
    let mid = bids.first().zip(asks.first()).map(|(bid, ask)| (bid.price + ask.price) / Decimal::TWO);
    json!({
        "product_id": product.id,
        "price": plain(last),
        "price_percentage_change_24h": plain(change.round_dp(8)),
        "volume_24h": plain(day.volume),
        "volume_percentage_change_24h": "0",
        "base_increment": plain(Decimal::new(1, LOT_DECIMALS)),
        "quote_increment": plain(Decimal::new(1, PRICE_DECIMALS)),
        "quote_min_size": "1",
        "quote_max_size": "150000000",
        "base_min_size": plain(Decimal::new(1, LOT_DECIMALS)),
        "base_max_size": product.base_max.to_string(),
        "base_name": product.base_name,
        "quote_name": product.quote_name,
        "watched": false,
        "is_disabled": false,
        "new": false,
        "status": "online",
        "cancel_only": false,
        "limit_only": false,
        "post_only": false,
        "trading_disabled": false,
        "auction_mode": false,
        "product_type": "SPOT",
        "quote_currency_id": product.quote,
        "base_currency_id": product.base,
        "fcm_trading_session_details": null,
        "mid_market_price": mid.map(plain).unwrap_or_default(),
        "alias": "",
        "alias_to": [],
        "base_display_symbol": product.base,
        "quote_display_symbol": product.quote,
        "view_only": false,
        "price_increment": plain(Decimal::new(1, PRICE_DECIMALS)),
        "display_name": product.id,
        "product_venue": "CBE",
        "approximate_quote_24h_volume": plain((day.volume * day.vwap).round_dp(2)),
    })
}

/// Digits without trailing zeros, as Coinbase writes numbers.
pub(super) fn plain(value: Decimal) -> String {
    value.normalize().to_string()
}
