//! The symbols that the simulated Binance lists. Those in USD are Binance.US's; Binance itself lists stablecoins alone.

use crate::engine::{FeeSchedule, MarketSpec};
use rust_decimal::Decimal;

/// A symbol. Its index in [`SYMBOLS`] is its market in the engine.
#[derive(Debug)]
pub(crate) struct Symbol {
    pub(crate) name: &'static str,
    pub(crate) base: &'static str,
    pub(crate) quote: &'static str,
    /// Digits of a quantity.
    pub(crate) lot_decimals: u32,
}

/// Digits of a price.
pub(crate) const PRICE_DECIMALS: u32 = 2;
/// Digits of amounts and commissions.
pub(crate) const DECIMALS: u32 = 8;

/// All symbols.
pub(crate) static SYMBOLS: [Symbol; 6] = [
    symbol("BTCUSDT", "BTC", "USDT", 5),
    symbol("ETHUSDT", "ETH", "USDT", 4),
    symbol("SOLUSDT", "SOL", "USDT", 3),
    symbol("BTCUSD", "BTC", "USD", 5),
    symbol("ETHUSD", "ETH", "USD", 4),
    symbol("SOLUSD", "SOL", "USD", 3),
];

const fn symbol(name: &'static str, base: &'static str, quote: &'static str, lot_decimals: u32) -> Symbol {
    Symbol { name, base, quote, lot_decimals }
}

impl Symbol {
    pub(crate) fn tick(&self) -> Decimal {
        Decimal::new(1, PRICE_DECIMALS)
    }

    /// The step of quantities, and the least one.
    pub(crate) fn step(&self) -> Decimal {
        Decimal::new(1, self.lot_decimals)
    }

    pub(crate) fn max_qty(&self) -> Decimal {
        Decimal::from(9_000)
    }

    /// The most that a market order may take.
    pub(crate) fn max_market_qty(&self) -> Decimal {
        Decimal::from(120)
    }

    pub(crate) fn min_notional(&self) -> Decimal {
        Decimal::from(5)
    }

    pub(crate) fn max_notional(&self) -> Decimal {
        Decimal::from(9_000_000)
    }
}

/// The engine's markets, in the order of [`SYMBOLS`].
pub(crate) fn markets() -> Vec<MarketSpec> {
    SYMBOLS
        .iter()
        .map(|symbol| MarketSpec {
            symbol: format!("{}-{}", symbol.base, symbol.quote),
            base: symbol.base.to_owned(),
            quote: symbol.quote.to_owned(),
            tick: symbol.tick(),
            price_decimals: PRICE_DECIMALS,
            lot_decimals: symbol.lot_decimals,
            cost_decimals: DECIMALS,
            min_qty: symbol.step(),
            min_cost: symbol.min_notional(),
        })
        .collect()
}

/// Binance's spot fees, 0.1 % on both sides at first, taken from what is received.
pub(crate) fn fees() -> FeeSchedule {
    FeeSchedule::from_hundredths(&[(0, 10, 10), (1_000_000, 9, 10), (5_000_000, 8, 10), (20_000_000, 4, 6)])
        .in_received_asset(DECIMALS)
}

/// A symbol by Binance's name, in capitals, with its market.
pub(crate) fn find(name: &str) -> Option<(usize, &'static Symbol)> {
    SYMBOLS.iter().enumerate().find(|(_, symbol)| symbol.name == name)
}

/// A market by any of its names, the canonical `BTC-USDT` too.
pub(crate) fn find_market(name: &str) -> Option<usize> {
    find(&name.replace(['-', '/'], "").to_ascii_uppercase()).map(|(market, _)| market)
}
