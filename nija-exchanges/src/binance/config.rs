//! Where Binance is, and how long to wait for it.

use nija_core::VenueId;
use std::time::Duration;

use crate::transport::{HttpConfig, WsConfig};

/// How a user's own stream is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserStream {
    /// A signed request on the WebSocket API (web-socket-api.md, "User Data Stream subscription").
    WebSocketApi,
    /// A listen key from REST, and a stream of that name at the public address (user-data-stream.md, "API Endpoints"). Binance
    /// itself has retired it.
    ListenKey,
}

/// Settings of a [`super::BinanceExecutor`].
#[derive(Debug, Clone)]
pub struct BinanceConfig {
    /// The venue's id on this platform.
    pub venue: VenueId,
    /// REST base address: `https://api.binance.com`.
    pub rest: String,
    /// Market streams: `wss://stream.binance.com:9443`, with or without `/stream` or `/ws`.
    pub ws_public: String,
    /// The WebSocket API: `wss://ws-api.binance.com:443/ws-api/v3`. Without a path, `/ws-api/v3` is appended.
    pub ws_private: String,
    /// Limits of REST calls.
    pub http: HttpConfig,
    /// Limits of WebSocket connections.
    pub websocket: WsConfig,
    /// Levels of a streamed book, 1 to 1000.
    pub book_depth: usize,
    /// How long after its timestamp Binance may take a request up, at most 60 s. Orders with less time left get less.
    pub receive_window: Duration,
    /// Whether `/sapi/v1/account/apiRestrictions` is there, which says what a key may do. Without it nothing is known of the
    /// right to withdraw.
    pub knows_key_rights: bool,
    /// How a user's own stream is opened.
    pub user_stream: UserStream,
    /// Whether `orderList/oco` is there, which places a bracket.
    pub order_lists: bool,
}

impl BinanceConfig {
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
            receive_window: super::contract::RECEIVE_WINDOW,
            knows_key_rights: true,
            user_stream: UserStream::WebSocketApi,
            order_lists: true,
        }
    }

    /// Binance itself (rest-api.md, web-socket-streams.md and web-socket-api.md, "General API Information").
    #[must_use]
    pub fn live(venue: VenueId) -> Self {
        Self::new(
            venue,
            "https://api.binance.com",
            "wss://stream.binance.com:9443",
            "wss://ws-api.binance.com:443/ws-api/v3",
        )
    }

    /// The test network (testnet/general-info.md). It has no `/sapi`, so nothing says what a key may do; its money is play money.
    #[must_use]
    pub fn testnet(venue: VenueId) -> Self {
        Self {
            knows_key_rights: false,
            ..Self::new(
                venue,
                "https://testnet.binance.vision",
                "wss://stream.testnet.binance.vision",
                "wss://ws-api.testnet.binance.vision/ws-api/v3",
            )
        }
    }

    /// Binance.US. Unverified: its documentation names these hosts and listen keys, and lists neither `apiRestrictions`,
    /// signed stream subscriptions nor `orderList/oco`, so key rights stay unknown, the stream is opened by listen key, and there are no
    /// brackets.
    #[must_use]
    pub fn us(venue: VenueId) -> Self {
        Self {
            knows_key_rights: false,
            user_stream: UserStream::ListenKey,
            order_lists: false,
            ..Self::new(
                venue,
                "https://api.binance.us",
                "wss://stream.binance.us:9443",
                "wss://ws-api.binance.us:443/ws-api/v3",
            )
        }
    }
}
