//! The tape: what the market did, minute by minute, replayed to all venues in step.
//!
//! A tape holds *shapes* (ratios), not prices: recorded days of 2017 play at the price levels of today. Floats are
//! fine here, since a tape is not money: prices become decimals on the market's grid before an engine sees them.

mod generate;
mod player;
mod recorded;

pub(crate) use self::player::Player;

use std::path::PathBuf;

/// What can go wrong while reading a tape.
#[derive(Debug, thiserror::Error)]
pub enum TapeError {
    /// The file cannot be read.
    #[error("cannot read tape {path}: {source}")]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file holds no usable minute.
    #[error("tape {path} holds no candle: expected lines of time,open,high,low,close,volume")]
    Empty {
        /// Which file.
        path: PathBuf,
    },
}

/// One minute of one asset against the dollar, as ratios to the price before it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Bar {
    pub(crate) open: f64,
    pub(crate) high: f64,
    pub(crate) low: f64,
    pub(crate) close: f64,
    /// Traded value in dollars.
    pub(crate) turnover: f64,
}

/// One asset's minutes and the price at which its replay starts.
#[derive(Debug, Clone)]
pub(crate) struct Series {
    pub(crate) asset: &'static str,
    pub(crate) anchor: f64,
    pub(crate) bars: Vec<Bar>,
}

/// Market data for BTC, ETH, SOL and some stocks against the dollar.
#[derive(Debug, Clone)]
pub struct Tape {
    pub(crate) series: Vec<Series>,
    pub(crate) seed: u64,
    source: String,
}

/// The assets of every tape and the dollar prices at which their replay starts.
pub(crate) const ANCHORS: [(&str, f64); 6] =
    [("BTC", 64_250.0), ("ETH", 3_120.0), ("SOL", 148.0), ("AAPL", 228.0), ("SPY", 562.0), ("ZVZZT", 14.5)];

impl Tape {
    /// A market made by a fixed generator: the same seed gives the same tape.
    #[must_use]
    pub fn generated(seed: u64) -> Self {
        Self { series: generate::series(seed), seed, source: format!("generated, seed {seed}") }
    }

    /// A recorded tape: one CSV of one-minute candles (its name says `eth`, `sol`, `aapl` or `spy`, else it is BTC), or a folder of
    /// them. Assets that it lacks are generated from the seed.
    ///
    /// # Errors
    /// [`TapeError`] when the path cannot be read or holds no candle.
    pub fn recorded(path: impl Into<PathBuf>, seed: u64) -> Result<Self, TapeError> {
        let path = path.into();
        let mut series = generate::series(seed);
        for (asset, bars) in recorded::load(&path)? {
            if let Some(slot) = series.iter_mut().find(|slot| slot.asset == asset) {
                slot.bars = bars;
            }
        }
        Ok(Self { series, seed, source: path.display().to_string() })
    }

    /// The recorded days where the fixtures are at hand (`NIJA_FIXTURES`, or `../shared/fixtures` beside the checkout),
    /// else the generated tape.
    #[must_use]
    pub fn recorded_or_generated(seed: u64) -> Self {
        let root =
            std::env::var_os("NIJA_FIXTURES").map_or_else(|| "../shared/fixtures".into(), PathBuf::from);
        Self::recorded(root.join("market"), seed).unwrap_or_else(|_| Self::generated(seed))
    }

    /// Where the tape comes from, in words.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }
}
