//! Where Kraken is, and how long to wait for it.

use nija_core::VenueId;

use super::KrakenTier;
use crate::transport::{HttpConfig, WsConfig};

/// Settings of a [`super::KrakenExecutor`].
#[derive(Debug, Clone)]
pub struct KrakenConfig {
    /// The venue's id on this platform.
    pub venue: VenueId,
    /// REST base address: `https://api.kraken.com`.
    pub rest: String,
    /// Public WebSocket address: `wss://ws.kraken.com/v2`. Without a path, `/v2` is appended.
    pub ws_public: String,
    /// Private WebSocket address: `wss://ws-auth.kraken.com/v2`. Without a path, `/v2` is appended.
    pub ws_private: String,
    /// Limits of REST calls.
    pub http: HttpConfig,
    /// Limits of WebSocket connections. Kraken sends a heartbeat about once a second where nothing else comes.
    pub websocket: WsConfig,
    /// Levels of a streamed book: 10 or 25.
    pub book_depth: usize,
    /// The tier that users' call counters are counted by, which Kraken does not tell.
    pub tier: KrakenTier,
}

impl KrakenConfig {
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
            http: HttpConfig::default(),
            websocket: WsConfig::default(),
            book_depth: 25,
            tier: KrakenTier::default(),
        }
    }

    /// Kraken itself.
    #[must_use]
    pub fn live(venue: VenueId) -> Self {
        Self::new(venue, "https://api.kraken.com", "wss://ws.kraken.com/v2", "wss://ws-auth.kraken.com/v2")
    }
}
