//! Where Alpaca is, how long to wait for it, and what it does not tell.

use nija_core::VenueId;
use rust_decimal::Decimal;
use std::time::Duration;

use super::DataKey;
use crate::transport::{HttpConfig, WsConfig};

/// Settings of an [`super::AlpacaExecutor`].
#[derive(Debug, Clone)]
pub struct AlpacaConfig {
    /// The venue's id on this platform.
    pub venue: VenueId,
    /// Trading base address: `https://api.alpaca.markets`.
    pub rest: String,
    /// Market data base address: `https://data.alpaca.markets`.
    pub data: String,
    /// Base address of the price streams: `wss://stream.data.alpaca.markets`. The stream's own path may stand behind it.
    pub ws_public: String,
    /// Address of the account stream: `wss://api.alpaca.markets/stream`. Without a path, `/stream` is appended.
    pub ws_private: String,
    /// The operator's own key, for what is nobody's account. It signs nothing else.
    pub data_key: Option<DataKey>,
    /// Stock feed: `iex` (free), `sip`, `delayed_sip`.
    pub stock_feed: String,
    /// What crypto costs, where it is not the published rate of the account's tier. Stocks cost no commission.
    pub fees: Option<AlpacaFees>,
    /// Limits of REST calls.
    pub http: HttpConfig,
    /// Limits of WebSocket connections.
    pub websocket: WsConfig,
    /// Levels of a streamed book.
    pub book_depth: usize,
    /// Book updates carry no number that would show a lost one: books are compared with REST this often.
    pub book_check: Duration,
    /// How often a user's orders and executions are compared with REST while their stream is up: its messages bear no numbers, so
    /// that a lost one is noticed in no other way. Each time takes three of 200 calls a minute.
    pub account_check: Duration,
    /// How often crypto prices are asked for where there is no data key.
    pub poll: Duration,
}

/// Crypto fees as rates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AlpacaFees {
    /// For orders that rest.
    pub maker: Decimal,
    /// For orders that take.
    pub taker: Decimal,
}

impl Default for AlpacaFees {
    /// The first tier.
    fn default() -> Self {
        Self::of_tier(1).unwrap_or(Self { maker: Decimal::ZERO, taker: Decimal::ZERO })
    }
}

impl AlpacaFees {
    /// The published rates of a tier of 30 days' volume (docs.alpaca.markets, "Crypto Spot Trading Fees"), counted from one: up to
    /// 100,000 USD 0.15 % and 0.25 %, from 100 million nothing and 0.10 %. That `crypto_tier` of an account counts these tiers is
    /// unverified.
    #[must_use]
    pub fn of_tier(tier: u32) -> Option<Self> {
        let (maker, taker) = match tier {
            1 => (15, 25),
            2 => (12, 22),
            3 => (10, 20),
            4 => (8, 18),
            5 => (5, 15),
            6 => (2, 13),
            7 => (2, 12),
            8 => (0, 10),
            _ => return None,
        };
        Some(Self { maker: Decimal::new(maker, 4), taker: Decimal::new(taker, 4) })
    }
}

impl AlpacaConfig {
    /// Usual limits at these addresses. Alpaca's own trading hosts are given Alpaca's data host; at any other address (a
    /// simulator) trading and data are taken to be the same.
    #[must_use]
    pub fn new(
        venue: VenueId,
        rest: impl Into<String>,
        ws_public: impl Into<String>,
        ws_private: impl Into<String>,
    ) -> Self {
        let rest = rest.into();
        let data = if rest.contains("://") && rest.trim_end_matches('/').ends_with("api.alpaca.markets") {
            "https://data.alpaca.markets".to_owned()
        } else {
            rest.clone()
        };
        Self {
            venue,
            rest,
            data,
            ws_public: ws_public.into(),
            ws_private: ws_private.into(),
            data_key: None,
            stock_feed: "iex".to_owned(),
            fees: None,
            http: HttpConfig::default(),
            websocket: WsConfig::default(),
            book_depth: 25,
            book_check: Duration::from_secs(10),
            account_check: Duration::from_secs(15),
            poll: Duration::from_secs(1),
        }
    }

    /// Alpaca itself, with real money.
    #[must_use]
    pub fn live(venue: VenueId) -> Self {
        Self::new(
            venue,
            "https://api.alpaca.markets",
            "wss://stream.data.alpaca.markets",
            "wss://api.alpaca.markets/stream",
        )
    }

    /// Alpaca's paper trading: real prices, play money, keys of its own.
    #[must_use]
    pub fn paper(venue: VenueId) -> Self {
        Self::new(
            venue,
            "https://paper-api.alpaca.markets",
            "wss://stream.data.alpaca.markets",
            "wss://paper-api.alpaca.markets/stream",
        )
    }

    /// With the operator's own key.
    #[must_use]
    pub fn data_key(mut self, key: DataKey) -> Self {
        self.data_key = Some(key);
        self
    }
}
