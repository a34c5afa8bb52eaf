//! The protocols that can be spoken, each with the folder that speaks it.

use super::protocol::Protocol;
use crate::{alpaca, binance, coinbase, kraken, okx};
use std::sync::Arc;

/// Which venue's protocol is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum VenueKind {
    /// Binance Spot; Binance.US and the test network speak the same.
    Binance,
    /// Kraken Spot.
    Kraken,
    /// Alpaca, stocks and crypto.
    Alpaca,
    /// Coinbase Advanced Trade.
    Coinbase,
    /// OKX, spot.
    Okx,
}

impl VenueKind {
    /// Every kind.
    pub const ALL: &[Self] = &[Self::Kraken, Self::Alpaca, Self::Binance, Self::Coinbase, Self::Okx];

    /// In small letters, as the command line spells it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Binance => "binance",
            Self::Kraken => "kraken",
            Self::Alpaca => "alpaca",
            Self::Coinbase => "coinbase",
            Self::Okx => "okx",
        }
    }

    /// The kind of a name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }

    pub(crate) fn protocol(self) -> Arc<dyn Protocol> {
        match self {
            Self::Binance => Arc::new(binance::Binance::default()),
            Self::Kraken => Arc::new(kraken::Kraken),
            Self::Alpaca => Arc::new(alpaca::Alpaca::default()),
            Self::Coinbase => Arc::new(coinbase::Coinbase::default()),
            Self::Okx => Arc::new(okx::Okx::default()),
        }
    }
}
