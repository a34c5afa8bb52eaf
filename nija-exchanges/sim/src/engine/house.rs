//! The house: maker levels around the tape's mid, and the small trades that make prices move.

use super::core::Engine;
use super::market::MarketSpec;
use super::types::{MarketId, Side};
use rust_decimal::{Decimal, RoundingStrategy};

/// How the house quotes.
#[derive(Debug, Clone)]
pub struct HouseProfile {
    /// Levels on each side.
    pub levels: usize,
    /// Half of the spread in hundredths of a basis point.
    pub half_spread_cbp: i64,
    /// Distance between levels in hundredths of a basis point.
    pub step_cbp: i64,
    /// Quote amount at the best level, about; deeper levels hold more.
    pub top_notional: Decimal,
    /// Varies the quantities between venues.
    pub seed: u64,
}

impl Engine {
    /// Moves the house's quotes around a new mid, fills users' orders that they cross, and fires what that triggers.
    pub fn set_mid(&mut self, market: MarketId, mid: Decimal, now_ns: i64) {
        let Some(state) = self.markets.get_mut(market) else {
            return;
        };
        if mid <= Decimal::ZERO {
            return;
        }
        state.mid = mid;
        if self.waiting.is_halted(market) {
            return;
        }
        let asks = ladder(&self.house, &state.spec, mid, Side::Sell, now_ns);
        let bids = ladder(&self.house, &state.spec, mid, Side::Buy, now_ns);
        let mut changed = false;
        for (side, levels) in [(Side::Sell, &asks), (Side::Buy, &bids)] {
            for price in state.book.house_prices(side) {
                if !levels.iter().any(|(level, _)| *level == price) {
                    changed |= state.book.set_house(side, price, Decimal::ZERO, now_ns);
                }
            }
        }
        for (side, levels) in [(Side::Sell, asks), (Side::Buy, bids)] {
            for (price, qty) in levels {
                let left = self.take_for_house(market, side, Some(price), qty, now_ns);
                changed |= self.markets[market].book.set_house(side, price, left, now_ns);
            }
        }
        if changed {
            self.markets[market].version += 1;
        }
        self.markets[market].sample_spread(now_ns);
        self.run_triggers(market, now_ns);
    }

    /// Prints the smallest trade at a price (on the grid) without touching the book, so that the last price is known.
    pub fn print_at(&mut self, market: MarketId, price: Decimal, now_ns: i64) {
        let Some(state) = self.markets.get_mut(market) else {
            return;
        };
        let price = (price / state.spec.tick).round() * state.spec.tick;
        let qty = state.spec.min_qty;
        if price > Decimal::ZERO {
            state.print(price, qty, Side::Buy, true, now_ns);
            self.run_triggers(market, now_ns);
        }
    }

    /// A trade of the crowd: takes `qty` of the best level, whoever rests there.
    pub fn crowd_trade(&mut self, market: MarketId, side: Side, qty: Decimal, now_ns: i64) {
        let Some(state) = self.markets.get(market).filter(|_| !self.is_halted(market)) else {
            return;
        };
        let qty = qty.round_dp_with_strategy(state.spec.lot_decimals, RoundingStrategy::ToZero);
        self.take_for_house(market, side, None, qty, now_ns);
        self.run_triggers(market, now_ns);
    }
}

/// Prices and quantities of one side, best first.
fn ladder(
    house: &HouseProfile,
    spec: &MarketSpec,
    mid: Decimal,
    side: Side,
    now_ns: i64,
) -> Vec<(Decimal, Decimal)> {
    let minute = u64::try_from(now_ns / 60_000_000_000).unwrap_or_default();
    let mut out: Vec<(Decimal, Decimal)> = Vec::with_capacity(house.levels);
    for level in 0..i64::try_from(house.levels).unwrap_or(0) {
        let distance = mid * Decimal::new(house.half_spread_cbp + level * house.step_cbp, 6);
        let mut price = match side {
            Side::Buy => ((mid - distance) / spec.tick).floor() * spec.tick,
            Side::Sell => ((mid + distance) / spec.tick).ceil() * spec.tick,
        };
        // Low prices round to the same tick: keep levels one tick apart, and the two sides too.
        let worst = out.last().map_or(mid, |(previous, _)| *previous);
        match side {
            Side::Buy if price >= worst => price = (worst / spec.tick).ceil() * spec.tick - spec.tick,
            Side::Sell if price <= worst => price = (worst / spec.tick).floor() * spec.tick + spec.tick,
            _ => {}
        }
        if price <= Decimal::ZERO {
            break;
        }
        let luck = scramble(house.seed ^ minute, price, side) % 1_000;
        let notional = house.top_notional
            * Decimal::new(10 + 4 * level, 1)
            * Decimal::new(400 + i64::try_from(luck).unwrap_or(0), 3);
        let qty = (notional / price).round_dp(spec.lot_decimals.min(6));
        out.push((price, qty));
    }
    out
}

/// A number that looks random and depends on nothing but its arguments.
fn scramble(seed: u64, price: Decimal, side: Side) -> u64 {
    let mantissa = u64::try_from(price.normalize().mantissa().unsigned_abs()).unwrap_or_default();
    let mut x = seed ^ mantissa.rotate_left(17) ^ if side == Side::Buy { 0x9e37_79b9 } else { 0x7f4a_7c15 };
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}
