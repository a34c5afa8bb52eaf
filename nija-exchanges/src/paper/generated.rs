//! A market made of dice: integer ticks, a walk that is pulled back to where it began, and a book that follows from the seed.

use nija_core::{
    BookLevel, Candle, Instrument, Notional, OrderBook, Price, PriceReach, Quantity, Quote, Symbol,
    Timestamp, VenueId,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rust_decimal::Decimal;
use std::cell::OnceCell;

use super::candles::Candles;

/// Between two moves.
pub(super) const STEP: i64 = 250_000;
const STEPS_IN_MINUTE: i64 = 240;
/// After a longer silence the market is caught up minute by minute.
const FINE_STEPS: i64 = 10 * STEPS_IN_MINUTE;
const LEVELS: i64 = 10;

/// Symbol, start in ticks, decimals of the tick, decimals of the lot, smallest order in lots.
const LISTED: [(&str, i64, u32, u32, i64); 3] = [
    ("BTC-USD", 630_000, 1, 8, 5_000),
    ("ETH-USD", 250_000, 2, 8, 100_000),
    ("SOL-USD", 15_000, 2, 8, 2_000_000),
];

/// One symbol's market.
#[derive(Debug)]
pub(super) struct GeneratedMarket {
    pub(super) instrument: Instrument,
    seed: u64,
    home: i64,
    mid: i64,
    decimals: u32,
    /// Moves made, counted from 1970; `None` before the first look.
    step: Option<i64>,
    dice: ChaCha8Rng,
    candles: Candles,
    /// All levels as they are since the last move, once somebody looked.
    drawn: OnceCell<OrderBook>,
}

/// All symbols.
pub(super) fn markets(venue: &VenueId, seed: u64) -> Vec<GeneratedMarket> {
    LISTED
        .iter()
        .zip(1_u64..)
        .filter_map(|(&(symbol, home, tick, lot, min), nth)| {
            let seed = mix(seed, nth);
            let instrument = Instrument {
                venue: venue.clone(),
                symbol: Symbol::new(symbol).ok()?,
                venue_symbol: symbol.to_owned(),
                lot_size: Decimal::new(1, lot),
                tick_size: Decimal::new(1, tick),
                min_quantity: Quantity::new(Decimal::new(min, lot)).ok()?,
                max_quantity: None,
                min_notional: Notional::new(Decimal::new(5, 1)).ok()?,
                reach: PriceReach::UNBOUNDED,
                tradable: true,
                resting: nija_core::RestingOrders::ALL,
            };
            Some(GeneratedMarket {
                instrument,
                seed,
                home,
                mid: home,
                decimals: tick,
                step: None,
                dice: ChaCha8Rng::seed_from_u64(seed),
                candles: Candles::default(),
                drawn: OnceCell::new(),
            })
        })
        .collect()
}

impl GeneratedMarket {
    /// Moves on to `now`; `each` sees the market after every move.
    pub(super) fn advance(&mut self, now: Timestamp, mut each: impl FnMut(&Self, Timestamp)) {
        let target = now.micros().div_euclid(STEP);
        let history = i64::try_from(super::candles::KEPT).unwrap_or(0) * STEPS_IN_MINUTE;
        let mut step = self.step.unwrap_or(target - history).max(target - history);
        while step < target {
            let (moved, reach) = if target - step > FINE_STEPS {
                // 15 is close to the square root of the steps in a minute.
                (STEPS_IN_MINUTE, 15)
            } else {
                (1, 1)
            };
            step += moved;
            self.roll(reach);
            self.drawn.take();
            self.step = Some(step);
            let at = Timestamp::from_micros(step * STEP);
            if let Some(price) = self.price(self.mid) {
                let volume =
                    Quantity::new(Decimal::new(self.draw(step, 99, 1_000_000), 8)).unwrap_or(Quantity::ZERO);
                self.candles.record(at, price, volume);
            }
            each(self, at);
        }
        self.step = Some(step);
    }

    /// Best prices.
    pub(super) fn quote(&self, at: Timestamp) -> Option<Quote> {
        let book = self.levels();
        let (bid, ask) = (book.bids.first()?, book.asks.first()?);
        Some(Quote { bid: bid.price, bid_size: bid.quantity, ask: ask.price, ask_size: ask.quantity, at })
    }

    /// The book, ten levels a side at most.
    pub(super) fn book(&self, depth: usize, at: Timestamp) -> OrderBook {
        let book = self.levels();
        let side = |levels: &[BookLevel]| levels.iter().take(depth).cloned().collect();
        OrderBook { bids: side(&book.bids), asks: side(&book.asks), at }
    }

    fn levels(&self) -> &OrderBook {
        self.drawn.get_or_init(|| self.draw_levels())
    }

    fn draw_levels(&self) -> OrderBook {
        let half_spread = (self.home / 20_000).max(1);
        let gap = (self.home / 10_000).max(1);
        let step = self.step.unwrap_or(0);
        let side = |sign: i64| {
            (0..LEVELS)
                .filter_map(|level| {
                    let ticks = self.mid + sign * (half_spread + level * gap);
                    // Between about 20,000 and 120,000 USD on each level.
                    let cents = 2_000_000 + self.draw(step, sign * (level + 1), 10_000_000);
                    let price = self.price(ticks)?;
                    let quantity = Notional::new(Decimal::new(cents, 2)).ok()?.over(price).ok()?;
                    Some(BookLevel { price, quantity: quantity.floor_to(Decimal::new(1, 6)) })
                })
                .collect()
        };
        OrderBook { bids: side(-1), asks: side(1), at: Timestamp::from_micros(step * STEP) }
    }

    /// Candles of so many minutes.
    pub(super) fn candles(&self, minutes: u32, limit: usize) -> Vec<Candle> {
        self.candles.newest(minutes, limit)
    }

    fn roll(&mut self, reach: i64) {
        let swing = (self.home / 10_000).max(1) * reach;
        let pull = (self.home - self.mid) * reach / 5_000;
        self.mid += self.dice.random_range(-swing..=swing) + pull;
        self.mid = self.mid.clamp(self.home / 4, self.home * 4);
    }

    fn price(&self, ticks: i64) -> Option<Price> {
        Price::new(Decimal::new(ticks, self.decimals)).ok()
    }

    /// A number below `bound` that follows from the seed and the place alone.
    fn draw(&self, step: i64, place: i64, bound: u64) -> i64 {
        let mixed = mix(mix(self.seed, step.unsigned_abs()), place.unsigned_abs() * 2 + u64::from(place < 0));
        i64::try_from(mixed % bound).unwrap_or(0)
    }
}

/// Spreads the bits of two numbers over one (the finaliser of SplitMix64).
const fn mix(a: u64, b: u64) -> u64 {
    let mut z = a.wrapping_add(b.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use nija_core::CandleInterval;

    const NOON: i64 = 1_790_000_000_000_000;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(NOON + seconds * 1_000_000)
    }

    fn market(seed: u64) -> GeneratedMarket {
        markets(&VenueId::new("paper").unwrap(), seed).remove(0)
    }

    #[test]
    fn the_same_seed_and_clock_give_the_same_prices_and_another_seed_does_not() {
        let run = |seed| {
            let mut market = market(seed);
            market.advance(at(0), |_, _| {});
            market.advance(at(30), |_, _| {});
            market.book(10, at(30))
        };
        assert_eq!(run(1), run(1));
        assert_ne!(run(1), run(2));
    }

    #[test]
    fn books_are_sorted_never_crossed_and_on_the_tick() {
        let mut market = market(3);
        for minute in 0..200 {
            market.advance(at(minute * 60), |_, _| {});
            let book = market.book(10, at(minute * 60));
            assert_eq!((book.bids.len(), book.asks.len()), (10, 10));
            assert!(book.bids.windows(2).all(|pair| pair[0].price > pair[1].price));
            assert!(book.asks.windows(2).all(|pair| pair[0].price < pair[1].price));
            assert!(book.bids[0].price < book.asks[0].price);
            for level in book.bids.iter().chain(&book.asks) {
                assert!((level.price.get() % market.instrument.tick_size).is_zero());
                assert!(!level.quantity.is_zero());
            }
        }
    }

    #[test]
    fn a_long_silence_is_caught_up_and_leaves_whole_candles() {
        let mut market = market(4);
        market.advance(at(0), |_, _| {});
        let mut seen = 0;
        market.advance(at(30 * 24 * 3600), |_, _| seen += 1);
        assert!(seen > 0 && seen < 10_000, "{seen} moves");
        let candles = market.candles(CandleInterval::FiveMinutes.minutes(), 100);
        assert_eq!(candles.len(), 100);
        for candle in &candles {
            assert!(candle.low <= candle.open && candle.open <= candle.high);
            assert!(candle.low <= candle.close && candle.close <= candle.high);
        }
        assert!(
            candles.windows(2).all(|pair| pair[1].start.micros() - pair[0].start.micros() == 300_000_000)
        );
    }
}
