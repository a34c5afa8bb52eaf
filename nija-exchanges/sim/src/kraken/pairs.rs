//! The pairs and assets that the simulated Kraken lists, with Kraken's several names for each.

use crate::engine::{FeeSchedule, MarketSpec};
use rust_decimal::Decimal;

/// A pair under all its names. Its index in [`PAIRS`] is its market in the engine.
#[derive(Debug)]
pub(crate) struct Pair {
    pub(crate) name: &'static str,
    pub(crate) altname: &'static str,
    pub(crate) wsname: &'static str,
    /// The name in WebSocket v2.
    pub(crate) v2: &'static str,
    pub(crate) base: &'static Asset,
    pub(crate) quote: &'static Asset,
    pub(crate) price_decimals: u32,
    /// Least volume in units of 10^-8.
    min_volume: i64,
}

/// An asset under all its names.
#[derive(Debug)]
pub(crate) struct Asset {
    pub(crate) name: &'static str,
    pub(crate) altname: &'static str,
    /// The name everywhere else.
    pub(crate) canonical: &'static str,
    pub(crate) decimals: u32,
    pub(crate) display_decimals: u32,
}

pub(crate) const LOT_DECIMALS: u32 = 8;
pub(crate) const COST_DECIMALS: u32 = 5;

const XBT: Asset =
    Asset { name: "XXBT", altname: "XBT", canonical: "BTC", decimals: 10, display_decimals: 5 };
const ETH: Asset =
    Asset { name: "XETH", altname: "ETH", canonical: "ETH", decimals: 10, display_decimals: 5 };
const SOL: Asset = Asset { name: "SOL", altname: "SOL", canonical: "SOL", decimals: 10, display_decimals: 5 };
const USD: Asset = Asset { name: "ZUSD", altname: "USD", canonical: "USD", decimals: 4, display_decimals: 2 };
const USDT: Asset =
    Asset { name: "USDT", altname: "USDT", canonical: "USDT", decimals: 8, display_decimals: 4 };

/// All assets.
pub(crate) static ASSETS: [Asset; 5] = [XBT, ETH, SOL, USD, USDT];

/// All pairs.
pub(crate) static PAIRS: [Pair; 5] = [
    pair(["XXBTZUSD", "XBTUSD", "XBT/USD", "BTC/USD"], &ASSETS[0], &ASSETS[3], 1, 5_000),
    pair(["XETHZUSD", "ETHUSD", "ETH/USD", "ETH/USD"], &ASSETS[1], &ASSETS[3], 2, 100_000),
    pair(["SOLUSD", "SOLUSD", "SOL/USD", "SOL/USD"], &ASSETS[2], &ASSETS[3], 2, 2_000_000),
    pair(["XBTUSDT", "XBTUSDT", "XBT/USDT", "BTC/USDT"], &ASSETS[0], &ASSETS[4], 1, 5_000),
    pair(["ETHUSDT", "ETHUSDT", "ETH/USDT", "ETH/USDT"], &ASSETS[1], &ASSETS[4], 2, 100_000),
];

const fn pair(
    [name, altname, wsname, v2]: [&'static str; 4],
    base: &'static Asset,
    quote: &'static Asset,
    price_decimals: u32,
    min_volume: i64,
) -> Pair {
    Pair { name, altname, wsname, v2, base, quote, price_decimals, min_volume }
}

impl Pair {
    pub(crate) fn min_volume(&self) -> Decimal {
        Decimal::new(self.min_volume, LOT_DECIMALS).normalize()
    }

    pub(crate) fn min_cost(&self) -> Decimal {
        Decimal::new(5, 1)
    }

    pub(crate) fn tick(&self) -> Decimal {
        Decimal::new(1, self.price_decimals)
    }
}

/// The engine's markets, in the order of [`PAIRS`].
pub(crate) fn markets() -> Vec<MarketSpec> {
    PAIRS
        .iter()
        .map(|pair| MarketSpec {
            symbol: format!("{}-{}", pair.base.canonical, pair.quote.canonical),
            base: pair.base.canonical.to_owned(),
            quote: pair.quote.canonical.to_owned(),
            tick: pair.tick(),
            price_decimals: pair.price_decimals,
            lot_decimals: LOT_DECIMALS,
            cost_decimals: COST_DECIMALS,
            min_qty: pair.min_volume(),
            min_cost: pair.min_cost(),
        })
        .collect()
}

/// Kraken's spot fees: 0.25 % maker and 0.40 % taker at first.
pub(crate) fn fees() -> FeeSchedule {
    FeeSchedule::from_hundredths(&[
        (0, 25, 40),
        (10_000, 20, 35),
        (50_000, 14, 24),
        (100_000, 12, 22),
        (250_000, 10, 20),
        (500_000, 8, 18),
        (1_000_000, 6, 16),
        (2_500_000, 4, 14),
        (5_000_000, 2, 12),
        (10_000_000, 0, 10),
    ])
}

/// A pair by any of its names, with its market.
pub(crate) fn find(name: &str) -> Option<(usize, &'static Pair)> {
    let same = |known: &str| known.eq_ignore_ascii_case(name);
    let slashless = |known: &str| known.replace('/', "").eq_ignore_ascii_case(name);
    PAIRS.iter().enumerate().find(|(_, pair)| {
        same(pair.name) || same(pair.altname) || same(pair.wsname) || same(pair.v2) || slashless(pair.v2)
    })
}

/// A market by any of its names, the canonical `BTC-USD` too.
pub(crate) fn find_market(name: &str) -> Option<usize> {
    find(&name.replace('-', "/")).map(|(market, _)| market)
}

/// A pair by its WebSocket v2 name, which must be exact.
pub(crate) fn find_v2(name: &str) -> Option<(usize, &'static Pair)> {
    PAIRS.iter().enumerate().find(|(_, pair)| pair.v2 == name)
}

/// An asset by any of its names.
pub(crate) fn asset(name: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.name == name || asset.altname == name || asset.canonical == name)
}
