//! Walking along a tape: history first, then sub-second steps.

use super::{Bar, Series, Tape};

/// Minutes of the tape that become history before the replay starts.
pub(crate) const HISTORY: usize = 7 * 24 * 60;

/// A minute of the past in dollars.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PastMinute {
    pub(crate) open: f64,
    pub(crate) high: f64,
    pub(crate) low: f64,
    pub(crate) close: f64,
    pub(crate) turnover: f64,
}

/// Where the replay stands, for each asset.
#[derive(Debug)]
pub(crate) struct Player {
    tape: Tape,
    /// Price before the current minute, and the minute's index, by asset.
    heads: Vec<(f64, usize)>,
    /// Minutes passed of the current one, 0 to 1.
    phase: f64,
    steps: u64,
}

impl Player {
    pub(crate) fn new(tape: Tape) -> Self {
        let heads =
            tape.series.iter().map(|series| (series.anchor, HISTORY % series.bars.len().max(1))).collect();
        Self { tape, heads, phase: 0.0, steps: 0 }
    }

    /// The minutes before the replay starts, oldest first, ending at the anchor price.
    pub(crate) fn history(&self, asset: &str) -> Vec<PastMinute> {
        let Some(series) = self.series(asset).filter(|series| !series.bars.is_empty()) else {
            return Vec::new();
        };
        let mut close = series.anchor;
        let mut out: Vec<PastMinute> = (0..HISTORY)
            .rev()
            .map(|minute| {
                let bar = series.bars[minute % series.bars.len()];
                let base = close / bar.close;
                let past = PastMinute {
                    open: base * bar.open,
                    high: base * bar.high,
                    low: base * bar.low,
                    close,
                    turnover: bar.turnover,
                };
                close = base;
                past
            })
            .collect();
        out.reverse();
        out
    }

    /// Moves on by some minutes (a fraction, most times).
    pub(crate) fn advance(&mut self, minutes: f64) {
        self.steps += 1;
        self.phase += minutes.clamp(0.0, 10_000.0);
        while self.phase >= 1.0 {
            self.phase -= 1.0;
            for (head, series) in self.heads.iter_mut().zip(&self.tape.series) {
                if let Some(bar) = series.bars.get(head.1) {
                    head.0 *= bar.close;
                    head.1 = (head.1 + 1) % series.bars.len();
                }
            }
        }
    }

    /// The asset's dollar price now.
    pub(crate) fn price(&self, asset: &str) -> Option<f64> {
        let index = self.tape.series.iter().position(|series| series.asset == asset)?;
        let (before, minute) = *self.heads.get(index)?;
        let bar = self.tape.series[index].bars.get(minute)?;
        // A whisper of noise, so that a quiet minute still ticks.
        let noise = (self.luck(index as u64) - 0.5) * 0.000_02;
        Some(before * (path(bar, self.phase) + noise))
    }

    /// The value that trades per minute now, in dollars.
    pub(crate) fn turnover(&self, asset: &str) -> f64 {
        let index = self.tape.series.iter().position(|series| series.asset == asset);
        let bar = index.and_then(|index| self.tape.series[index].bars.get(self.heads.get(index)?.1));
        bar.map_or(0.0, |bar| bar.turnover)
    }

    /// A number from 0 to 1 that depends on seed, step and `salt` alone.
    pub(crate) fn luck(&self, salt: u64) -> f64 {
        let mut x = self.tape.seed ^ self.steps.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ salt.rotate_left(32);
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((x ^ (x >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn series(&self, asset: &str) -> Option<&Series> {
        self.tape.series.iter().find(|series| series.asset == asset)
    }
}

/// The way through a minute: open, the nearer extreme, the other one, close.
fn path(bar: &Bar, phase: f64) -> f64 {
    let rising = bar.close >= bar.open;
    let (first, second) = if rising { (bar.low, bar.high) } else { (bar.high, bar.low) };
    let points = [bar.open, first, second, bar.close];
    let along = phase.clamp(0.0, 0.999_999) * 3.0;
    let leg = if along < 1.0 {
        0
    } else if along < 2.0 {
        1
    } else {
        2
    };
    let part = along - leg as f64;
    points[leg] + (points[leg + 1] - points[leg]) * part
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_seed_same_prices() {
        let walk = |seed| {
            let mut player = Player::new(Tape::generated(seed));
            let mut out = Vec::new();
            for _ in 0..500 {
                player.advance(0.05);
                out.push(player.price("BTC").unwrap());
            }
            out
        };
        assert_eq!(walk(7), walk(7));
        assert_ne!(walk(7), walk(8));
    }

    #[test]
    fn history_ends_where_the_replay_starts_and_looks_like_a_market() {
        let player = Player::new(Tape::generated(7));
        let history = player.history("BTC");
        let last = history.last().unwrap();
        assert!((last.close - player.price("BTC").unwrap()).abs() / last.close < 0.001);
        assert_eq!(history.len(), HISTORY);
        for minute in &history {
            assert!(minute.low > 0.0 && minute.high >= minute.low && minute.turnover > 0.0);
            assert!(minute.high / minute.low < 1.2, "a minute of {minute:?}");
        }
        let (top, bottom) =
            history.iter().fold((0.0_f64, f64::MAX), |(t, b), m| (t.max(m.high), b.min(m.low)));
        assert!(top / bottom > 1.01 && top / bottom < 2.0, "week from {bottom} to {top}");
    }
}
