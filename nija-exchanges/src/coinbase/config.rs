//! Where Coinbase is, and how long to wait for it.

use nija_core::VenueId;

use crate::transport::{HttpConfig, WsConfig};

/// Settings of a [`super::CoinbaseExecutor`].
#[derive(Debug, Clone)]
pub struct CoinbaseConfig {
    /// The venue's id on this platform.
    pub venue: VenueId,
    /// REST base address: `https://api.coinbase.com`.
    pub rest: String,
    /// WebSocket address of market data: `wss://advanced-trade-ws.coinbase.com`.
    pub ws_public: String,
    /// WebSocket address of the user's own orders: `wss://advanced-trade-ws-user.coinbase.com`.
    pub ws_private: String,
    /// The host that tokens are made for, where it is not that of `rest`: for a gateway in front of Coinbase,
    /// `api.coinbase.com`.
    pub token_host: Option<String>,
    /// Limits of REST calls.
    pub http: HttpConfig,
    /// Limits of WebSocket connections. A book's snapshot holds every level of it, which can be several megabytes.
    pub websocket: WsConfig,
    /// Levels a side of a streamed book that are handed on. The whole book is kept in any case.
    pub book_depth: usize,
}

impl CoinbaseConfig {
    /// Usual limits at these addresses.
    #[must_use]
    pub fn new(
        venue: VenueId,
        rest: impl Into<String>,
        ws_public: impl Into<String>,
        ws_private: impl Into<String>,
    ) -> Self {
        Self {
            venue,
            rest: rest.into(),
            ws_public: ws_public.into(),
            ws_private: ws_private.into(),
            token_host: None,
            http: HttpConfig::default(),
            websocket: WsConfig { max_message: 32 * 1024 * 1024, ..WsConfig::default() },
            book_depth: 50,
        }
    }

    /// Coinbase itself.
    #[must_use]
    pub fn live(venue: VenueId) -> Self {
        Self::new(
            venue,
            "https://api.coinbase.com",
            "wss://advanced-trade-ws.coinbase.com",
            "wss://advanced-trade-ws-user.coinbase.com",
        )
    }
}
