//! Where OKX is, and how long to wait for it.

use nija_core::VenueId;
use std::time::Duration;

use crate::transport::{HttpConfig, WsConfig};

/// Settings of a [`super::OkxExecutor`].
#[derive(Debug, Clone)]
pub struct OkxConfig {
    /// The venue's id on this platform.
    pub venue: VenueId,
    /// REST base address: `https://openapi.okx.com`.
    pub rest: String,
    /// Market streams: `wss://ws.okx.com:8443`, with or without `/ws/v5/public`.
    pub ws_public: String,
    /// The user's own streams: `wss://ws.okx.com:8443`, with or without `/ws/v5/private`. The business service, which streams orders
    /// that wait for a trigger, is beside it.
    pub ws_private: String,
    /// Whether this is the demo: its requests carry a header that says so (Demo Trading Services).
    pub demo: bool,
    /// Limits of REST calls.
    pub http: HttpConfig,
    /// Limits of WebSocket connections.
    pub websocket: WsConfig,
    /// Levels a side of a streamed book that are handed on, 1 to 400.
    pub book_depth: usize,
}

impl OkxConfig {
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
            demo: false,
            http: HttpConfig::default(),
            // WebSocket, Connect: a text `ping` is answered with `pong`; after 30 s without data OKX closes.
            websocket: WsConfig {
                silence: Duration::from_secs(10),
                ask: Some("ping"),
                ..WsConfig::default()
            },
            book_depth: 50,
        }
    }

    /// OKX for accounts that are neither of the EEA nor of the United States or Australia (Production Trading Services).
    #[must_use]
    pub fn live(venue: VenueId) -> Self {
        Self::new(venue, "https://openapi.okx.com", "wss://ws.okx.com:8443", "wss://ws.okx.com:8443")
    }

    /// OKX for accounts of the EEA, registered at my.okx.com. Keys of one region are unknown in another.
    #[must_use]
    pub fn eea(venue: VenueId) -> Self {
        Self::new(venue, "https://eea.okx.com", "wss://wseea.okx.com:8443", "wss://wseea.okx.com:8443")
    }

    /// OKX for accounts of the United States and Australia, registered at app.okx.com.
    #[must_use]
    pub fn us(venue: VenueId) -> Self {
        Self::new(venue, "https://us.okx.com", "wss://wsus.okx.com:8443", "wss://wsus.okx.com:8443")
    }

    /// The demo, with play money and keys of its own (Demo Trading Services).
    #[must_use]
    pub fn demo(venue: VenueId) -> Self {
        Self {
            demo: true,
            ..Self::new(
                venue,
                "https://openapi.okx.com",
                "wss://wspap.okx.com:8443",
                "wss://wspap.okx.com:8443",
            )
        }
    }
}
