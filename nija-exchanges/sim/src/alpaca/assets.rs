//! What the simulated Alpaca lists.

use super::ids;
use crate::engine::{FeeSchedule, MarketId, MarketSpec};
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// Which of the two kinds of asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// Around the clock.
    Crypto,
    /// With hours.
    Stock,
}

/// One asset.
#[derive(Debug)]
pub(crate) struct Asset {
    pub(crate) class: Class,
    /// As Alpaca writes it: `BTC/USD`, `AAPL`.
    pub(crate) symbol: &'static str,
    pub(crate) base: &'static str,
    pub(crate) quote: &'static str,
    name: &'static str,
    exchange: &'static str,
    /// Digits of a quantity.
    lot_decimals: u32,
    /// Least quantity, in units of the last digit.
    min_qty: i64,
    /// Digits of a price.
    price_decimals: u32,
    pub(crate) fractionable: bool,
}

/// All assets, in the order of the engine's markets.
pub(crate) static ASSETS: [Asset; 6] = [
    crypto("BTC/USD", "BTC", "USD", 9, 15_000, 3),
    crypto("ETH/USD", "ETH", "USD", 9, 300_000, 3),
    crypto("SOL/USD", "SOL", "USD", 9, 6_000_000, 4),
    stock("AAPL", "Apple Inc. Common Stock", "NASDAQ", true),
    stock("SPY", "SPDR S&P 500 ETF Trust", "ARCA", true),
    // NASDAQ's own test symbol, here without fractions.
    stock("ZVZZT", "NASDAQ TEST STOCK", "NASDAQ", false),
];

const fn crypto(
    symbol: &'static str,
    base: &'static str,
    quote: &'static str,
    lot_decimals: u32,
    min_qty: i64,
    price_decimals: u32,
) -> Asset {
    Asset {
        class: Class::Crypto,
        symbol,
        base,
        quote,
        name: symbol,
        exchange: "CRYPTO",
        lot_decimals,
        min_qty,
        price_decimals,
        fractionable: true,
    }
}

const fn stock(
    symbol: &'static str,
    name: &'static str,
    exchange: &'static str,
    fractionable: bool,
) -> Asset {
    Asset {
        class: Class::Stock,
        symbol,
        base: symbol,
        quote: "USD",
        name,
        exchange,
        lot_decimals: if fractionable { 9 } else { 0 },
        min_qty: 1,
        // From one dollar on; none here is below.
        price_decimals: 2,
        fractionable,
    }
}

impl Asset {
    /// The class as Alpaca writes it.
    pub(crate) fn class_name(&self) -> &'static str {
        match self.class {
            Class::Crypto => "crypto",
            Class::Stock => "us_equity",
        }
    }

    /// Positions and old answers write pairs without their slash.
    pub(crate) fn legacy_symbol(&self) -> String {
        self.symbol.replace('/', "")
    }

    fn step(decimals: u32) -> String {
        Decimal::new(1, decimals).normalize().to_string()
    }

    /// As in `/v2/assets`.
    pub(crate) fn json(&self, market: MarketId) -> Value {
        let stock = self.class == Class::Stock;
        let mut out = json!({
            "id": ids::asset(market),
            "class": self.class_name(),
            "exchange": self.exchange,
            "symbol": self.symbol,
            "name": self.name,
            "status": "active",
            "tradable": true,
            "marginable": stock,
            "maintenance_margin_requirement": if stock { 30 } else { 100 },
            "shortable": false,
            "easy_to_borrow": false,
            "fractionable": self.fractionable,
            "attributes": [],
        });
        if !stock {
            let least = Decimal::new(self.min_qty, self.lot_decimals).normalize();
            out["min_order_size"] = json!(least.to_string());
            out["min_trade_increment"] = json!(Self::step(self.lot_decimals));
            out["price_increment"] = json!(Self::step(self.price_decimals));
        }
        out
    }
}

/// The engine's markets.
pub(crate) fn markets() -> Vec<MarketSpec> {
    ASSETS
        .iter()
        .map(|asset| MarketSpec {
            symbol: format!("{}-{}", asset.base, asset.quote),
            base: asset.base.to_owned(),
            quote: asset.quote.to_owned(),
            tick: Decimal::new(1, asset.price_decimals),
            price_decimals: asset.price_decimals,
            lot_decimals: asset.lot_decimals,
            // Prices of up to 4 places times quantities of 9: costs are exact.
            cost_decimals: 13,
            min_qty: Decimal::new(asset.min_qty, asset.lot_decimals),
            min_cost: match asset.class {
                Class::Crypto => Decimal::TEN,
                Class::Stock if asset.fractionable => Decimal::ONE,
                Class::Stock => Decimal::ZERO,
            },
        })
        .collect()
}

/// Crypto's tiers ("Crypto Spot Trading Fees"), taken from what a trade brings in; the engine is told that stocks are free.
pub(crate) fn fees() -> FeeSchedule {
    FeeSchedule::from_hundredths(&[
        (0, 15, 25),
        (100_000, 12, 22),
        (500_000, 10, 20),
        (1_000_000, 8, 18),
        (10_000_000, 5, 15),
        (25_000_000, 2, 13),
        (50_000_000, 2, 12),
        (100_000_000, 0, 10),
    ])
    .in_received_asset(9)
}

/// An asset by any of its names: `BTC/USD`, `BTCUSD`, `BTC-USD`, `AAPL`, `AAPL-USD`, or its id.
pub(crate) fn find(name: &str) -> Option<(MarketId, &'static Asset)> {
    let plain = |text: &str| text.replace(['/', '-'], "").to_ascii_uppercase();
    let wanted = plain(name);
    ASSETS.iter().enumerate().find(|(market, asset)| {
        plain(asset.symbol) == wanted
            || format!("{}{}", asset.base, asset.quote) == wanted
            || ids::asset(*market).eq_ignore_ascii_case(name)
    })
}
