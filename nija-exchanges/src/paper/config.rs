//! Settings of a paper venue.

use nija_core::{Executor, FeeSchedule, VenueId};
use rust_decimal::Decimal;
use std::{collections::BTreeMap, fmt, sync::Arc};

/// Settings of a [`super::PaperExecutor`].
#[derive(Debug, Clone)]
pub struct PaperConfig {
    /// Its id.
    pub venue: VenueId,
    /// What each user starts with, by asset.
    pub starting_balances: BTreeMap<String, Decimal>,
    /// Fees of every user, taken in the quote asset.
    pub fees: FeeSchedule,
    /// Where the generated market starts: the same seed and the same clock give the same prices.
    pub seed: u64,
    /// Whose prices orders meet.
    pub market: PaperMarket,
}

/// Whose prices orders meet.
#[derive(Clone)]
pub enum PaperMarket {
    /// A random walk for BTC-USD, ETH-USD and SOL-USD, with a ten-level book each.
    Generated,
    /// What this venue publishes. Only its public calls are used.
    Over(Arc<dyn Executor>),
}

impl fmt::Debug for PaperMarket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Generated => f.write_str("Generated"),
            Self::Over(executor) => write!(f, "Over({})", executor.contract().venue),
        }
    }
}

impl Default for PaperConfig {
    /// The venue `paper`, 10,000 USD for each user, 0.25 % maker and 0.40 % taker, and a generated market.
    #[allow(clippy::expect_used)] // A literal that fits.
    fn default() -> Self {
        Self {
            venue: VenueId::new("paper").expect("five letters"),
            starting_balances: BTreeMap::from([("USD".to_owned(), Decimal::new(10_000, 0))]),
            fees: FeeSchedule { maker: Decimal::new(25, 4), taker: Decimal::new(40, 4), from_venue: true },
            seed: 7,
            market: PaperMarket::Generated,
        }
    }
}
