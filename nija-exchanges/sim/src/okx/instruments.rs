//! The spot instruments that the simulated OKX lists, and its fees.

use crate::engine::{FeeAsset, FeeSchedule, FeeTier, MarketSpec};
use rust_decimal::Decimal;

/// An instrument. Its index in [`INSTRUMENTS`] is its market in the engine.
#[derive(Debug)]
pub(super) struct Instrument {
    pub(super) id: &'static str,
    pub(super) base: &'static str,
    pub(super) quote: &'static str,
    /// Digits of a price; the tick is one of the last.
    pub(super) price_decimals: u32,
    /// Digits of a quantity.
    pub(super) lot_decimals: u32,
    /// Least quantity in units of this many digits after the point.
    min: (i64, u32),
    /// Its group of fees.
    pub(super) group: &'static str,
}

/// Digits of amounts, fees and balances. OKX does not say how many it keeps; its examples show up to 16.
pub(super) const DECIMALS: u32 = 12;
/// The most that a market order may be worth (in USD), a limit order may hold, and be worth.
pub(super) const MOST_MARKET: i64 = 1_000_000;
pub(super) const MOST_LIMIT_SZ: i64 = 999_999_999;
pub(super) const MOST_LIMIT: i64 = 20_000_000;

/// All instruments.
pub(super) static INSTRUMENTS: [Instrument; 6] = [
    of("BTC-USDT", "BTC", "USDT", 1, 8, (1, 5), "1"),
    of("ETH-USDT", "ETH", "USDT", 2, 6, (1, 4), "1"),
    of("SOL-USDT", "SOL", "USDT", 2, 6, (1, 3), "1"),
    of("BTC-USD", "BTC", "USD", 1, 8, (1, 5), "9"),
    of("ETH-USD", "ETH", "USD", 2, 6, (1, 4), "9"),
    of("SOL-USD", "SOL", "USD", 2, 6, (1, 3), "9"),
];

const fn of(
    id: &'static str,
    base: &'static str,
    quote: &'static str,
    price_decimals: u32,
    lot_decimals: u32,
    min: (i64, u32),
    group: &'static str,
) -> Instrument {
    Instrument { id, base, quote, price_decimals, lot_decimals, min, group }
}

impl Instrument {
    pub(super) fn tick(&self) -> Decimal {
        Decimal::new(1, self.price_decimals)
    }

    pub(super) fn lot(&self) -> Decimal {
        Decimal::new(1, self.lot_decimals)
    }

    pub(super) fn min_sz(&self) -> Decimal {
        Decimal::new(self.min.0, self.min.1)
    }
}

/// The engine's markets, in the order of [`INSTRUMENTS`].
pub(super) fn markets() -> Vec<MarketSpec> {
    INSTRUMENTS
        .iter()
        .map(|instrument| MarketSpec {
            symbol: instrument.id.to_owned(),
            base: instrument.base.to_owned(),
            quote: instrument.quote.to_owned(),
            tick: instrument.tick(),
            price_decimals: instrument.price_decimals,
            lot_decimals: instrument.lot_decimals,
            cost_decimals: DECIMALS,
            min_qty: instrument.min_sz(),
            min_cost: Decimal::ZERO,
        })
        .collect()
}

/// The fees of the levels, from what an order receives (fee type 0). Beyond the first they are assumed, as is what volume they
/// take: OKX shows them on its site alone.
pub(super) fn fees() -> FeeSchedule {
    let tier = |volume: i64, maker: i64, taker: i64| FeeTier {
        volume: Decimal::from(volume),
        maker_pct: Decimal::new(maker, 4),
        taker_pct: Decimal::new(taker, 4),
    };
    let tiers = vec![
        tier(0, 800, 1_000),
        tier(5_000_000, 675, 800),
        tier(10_000_000, 600, 700),
        tier(20_000_000, 500, 600),
    ];
    FeeSchedule { tiers, asset: FeeAsset::Received { base_decimals: DECIMALS } }
}

/// The name of the level with these fees: `Lv1`, then `VIP1` and on.
pub(super) fn level(schedule: &FeeSchedule, tier: &FeeTier) -> String {
    match schedule.tiers.iter().position(|known| known == tier) {
        None | Some(0) => "Lv1".to_owned(),
        Some(above) => format!("VIP{above}"),
    }
}

/// An instrument by OKX's name, with its market.
pub(super) fn find(id: &str) -> Option<(usize, &'static Instrument)> {
    INSTRUMENTS.iter().enumerate().find(|(_, instrument)| instrument.id == id)
}

/// A number without trailing zeros.
pub(super) fn plain(value: Decimal) -> String {
    value.normalize().to_string()
}

/// Milliseconds, as a text.
pub(super) fn ms(ns: i64) -> String {
    ns.div_euclid(1_000_000).to_string()
}
