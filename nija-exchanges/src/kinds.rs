//! The kinds of venue that can be traded at: the one table that every host reads, the platform as well as a phone.

use nija_core::{Authenticator, Clock, Executor, Fill, VenueError, VenueId};
use std::sync::Arc;

use crate::{
    alpaca::{AlpacaAuthenticator, AlpacaConfig, AlpacaExecutor},
    binance::{BinanceAuthenticator, BinanceConfig, BinanceExecutor},
    coinbase::{CoinbaseConfig, CoinbaseExecutor},
    kraken::{KrakenAuthenticator, KrakenConfig, KrakenExecutor},
    okx::{OkxConfig, OkxExecutor},
    paper::{PaperConfig, PaperExecutor, PaperMarket},
};

/// One venue.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum VenueConfig {
    /// Simulated fills inside this process; needs no key.
    Paper(PaperConfig),
    /// Binance Spot, Binance.US, the test network, or whatever speaks its protocol at these addresses.
    Binance(BinanceConfig),
    /// Kraken Spot, or whatever speaks its protocol at these addresses.
    Kraken(KrakenConfig),
    /// Coinbase Advanced Trade, or whatever speaks its protocol at these addresses.
    Coinbase(CoinbaseConfig),
    /// Alpaca, for stocks and crypto, or whatever speaks its protocol at these addresses.
    Alpaca(AlpacaConfig),
    /// OKX spot, in any of its regions, its demo, or whatever speaks its protocol at these addresses.
    Okx(OkxConfig),
}

/// Where a venue is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VenueAddresses {
    /// REST base address.
    pub rest: String,
    /// WebSocket address of market data.
    pub ws_public: String,
    /// WebSocket address of the user's own stream.
    pub ws_private: String,
}

/// What a venue's configuration makes.
pub struct OpenedVenue {
    /// Places, cancels and looks up.
    pub executor: Arc<dyn Executor>,
    /// Signs for it, where it needs keys.
    pub authenticator: Option<Arc<dyn Authenticator>>,
}

impl std::fmt::Debug for OpenedVenue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OpenedVenue").field("venue", &self.executor.contract().venue).finish_non_exhaustive()
    }
}

impl OpenedVenue {
    /// The paper venue, with what its users did before.
    #[must_use]
    pub fn paper(config: &PaperConfig, clock: &Arc<dyn Clock>, fills: &[Fill]) -> Self {
        let executor = PaperExecutor::new(config.clone(), clock.clone());
        executor.restore(fills);
        Self { executor: Arc::new(executor), authenticator: None }
    }
}

impl VenueConfig {
    /// Names of the kinds that are reached over the network.
    pub const KINDS: &[&str] = &[
        "kraken",
        "coinbase",
        "binance",
        "binance-us",
        "binance-testnet",
        "alpaca",
        "alpaca-paper",
        "okx",
        "okx-eea",
        "okx-us",
        "okx-demo",
    ];

    /// A venue of a kind at its real addresses; `None` for a kind that is not in [`VenueConfig::KINDS`].
    #[must_use]
    pub fn live(kind: &str, venue: VenueId) -> Option<Self> {
        Some(match kind {
            "binance" => Self::Binance(BinanceConfig::live(venue)),
            "binance-us" => Self::Binance(BinanceConfig::us(venue)),
            "binance-testnet" => Self::Binance(BinanceConfig::testnet(venue)),
            "kraken" => Self::Kraken(KrakenConfig::live(venue)),
            "coinbase" => Self::Coinbase(CoinbaseConfig::live(venue)),
            "alpaca" => Self::Alpaca(AlpacaConfig::live(venue)),
            "alpaca-paper" => Self::Alpaca(AlpacaConfig::paper(venue)),
            "okx" => Self::Okx(OkxConfig::live(venue)),
            "okx-eea" => Self::Okx(OkxConfig::eea(venue)),
            "okx-us" => Self::Okx(OkxConfig::us(venue)),
            "okx-demo" => Self::Okx(OkxConfig::demo(venue)),
            _ => return None,
        })
    }

    /// A venue of a kind at other addresses; `None` for a kind that is not in [`VenueConfig::KINDS`].
    #[must_use]
    pub fn at(kind: &str, venue: VenueId, addresses: VenueAddresses) -> Option<Self> {
        let VenueAddresses { rest, ws_public, ws_private } = addresses;
        Some(match kind {
            "binance" => Self::Binance(BinanceConfig::new(venue, rest, ws_public, ws_private)),
            "binance-us" => {
                Self::Binance(BinanceConfig { rest, ws_public, ws_private, ..BinanceConfig::us(venue) })
            }
            "binance-testnet" => {
                Self::Binance(BinanceConfig { rest, ws_public, ws_private, ..BinanceConfig::testnet(venue) })
            }
            "kraken" => Self::Kraken(KrakenConfig::new(venue, rest, ws_public, ws_private)),
            "coinbase" => Self::Coinbase(CoinbaseConfig::new(venue, rest, ws_public, ws_private)),
            "alpaca" | "alpaca-paper" => Self::Alpaca(AlpacaConfig::new(venue, rest, ws_public, ws_private)),
            "okx" | "okx-eea" | "okx-us" => Self::Okx(OkxConfig::new(venue, rest, ws_public, ws_private)),
            "okx-demo" => Self::Okx(OkxConfig { rest, ws_public, ws_private, ..OkxConfig::demo(venue) }),
            _ => return None,
        })
    }

    /// The venue's id.
    #[must_use]
    pub const fn venue(&self) -> &VenueId {
        match self {
            Self::Paper(config) => &config.venue,
            Self::Binance(config) => &config.venue,
            Self::Kraken(config) => &config.venue,
            Self::Coinbase(config) => &config.venue,
            Self::Alpaca(config) => &config.venue,
            Self::Okx(config) => &config.venue,
        }
    }

    /// The paper venue under the name `paper`, with fills at the prices that another venue publishes.
    ///
    /// # Errors
    /// [`VenueError::NotSent`] when that venue's address cannot be used.
    pub fn paper_over(market: &Self, clock: &Arc<dyn Clock>) -> Result<Self, VenueError> {
        let market = PaperMarket::Over(market.executor(clock)?);
        Ok(Self::Paper(PaperConfig { market, ..PaperConfig::default() }))
    }

    /// The venue's executor, for what needs no key: prices, books, instruments. Connects to nothing yet.
    ///
    /// # Errors
    /// [`VenueError::NotSent`] when an address cannot be used.
    pub fn executor(&self, clock: &Arc<dyn Clock>) -> Result<Arc<dyn Executor>, VenueError> {
        Ok(self.open(clock)?.executor)
    }

    /// The venue's executor, and what makes its signatures. Connects to nothing yet.
    ///
    /// # Errors
    /// [`VenueError::NotSent`] when an address cannot be used.
    pub fn open(&self, clock: &Arc<dyn Clock>) -> Result<OpenedVenue, VenueError> {
        Ok(match self {
            Self::Paper(config) => OpenedVenue::paper(config, clock, &[]),
            Self::Binance(config) => OpenedVenue {
                executor: Arc::new(BinanceExecutor::new(config.clone(), clock.clone())?),
                authenticator: Some(Arc::new(BinanceAuthenticator::new(config.venue.clone()))),
            },
            Self::Kraken(config) => OpenedVenue {
                executor: Arc::new(KrakenExecutor::new(config.clone(), clock.clone())?),
                authenticator: Some(Arc::new(KrakenAuthenticator::new(config.venue.clone()))),
            },
            Self::Coinbase(config) => {
                let executor = CoinbaseExecutor::new(config.clone(), clock.clone())?;
                // It follows the venue's clock as its executor measures it.
                let authenticator = Arc::new(executor.authenticator());
                OpenedVenue { executor: Arc::new(executor), authenticator: Some(authenticator) }
            }
            Self::Alpaca(config) => OpenedVenue {
                executor: Arc::new(AlpacaExecutor::new(config.clone(), clock.clone())?),
                authenticator: Some(Arc::new(AlpacaAuthenticator::new(config.venue.clone()))),
            },
            Self::Okx(config) => {
                let executor = OkxExecutor::new(config.clone(), clock.clone())?;
                // It follows the venue's clock as its executor measures it.
                let authenticator = Arc::new(executor.authenticator());
                OpenedVenue { executor: Arc::new(executor), authenticator: Some(authenticator) }
            }
        })
    }
}
