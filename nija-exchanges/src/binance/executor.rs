//! Binance as an [`Executor`](nija_core::Executor).

use futures::stream::BoxStream;
use nija_core::{
    Clock, FeeSchedule, LimitScope, LimitUsage, Lookup, MarketEvent, OrderRef, StreamLane, Symbol, Timestamp,
    UserId, VenueAccount, VenueContract, VenueError, VenueId,
};
use std::{sync::Arc, time::Duration};

use super::{
    BinanceConfig, UserStream, account,
    contract::{self, LONGEST_WINDOW, SHORTEST_WINDOW},
    fills::Traded,
    market::Market,
    stream,
};
use crate::client_ids::ClientIds;
use crate::hand_on::hand_on;
use crate::public_list::PublicList;
use crate::transport::{
    Address, AddressError, HttpClient, LimitBound, LimitCount, LimitHeader, Protocol, WsConfig,
};

/// rest-api.md, "IP Limits". The count of orders is an account's, and calls of many accounts share a connection.
const LIMITS: &[LimitHeader] = &[LimitHeader {
    scope: LimitScope::Ip,
    name: "weight in 1 min",
    window: Duration::from_secs(60),
    orders: true,
    count: LimitCount::Used("x-mbx-used-weight-1m"),
    limit: LimitBound::Documented(6000),
}];

/// Binance Spot.
#[derive(Debug, Clone)]
pub struct BinanceExecutor(Arc<Binance>);

#[derive(Debug)]
pub(super) struct Binance {
    pub(super) venue: VenueId,
    pub(super) http: HttpClient,
    pub(super) market: Market,
    pub(super) client_ids: ClientIds,
    pub(super) traded: Traded,
    /// Without `/stream` or `/ws`.
    pub(super) streams: Address,
    pub(super) ws_api: Address,
    pub(super) websocket: WsConfig,
    pub(super) book_depth: usize,
    pub(super) window: Duration,
    pub(super) knows_key_rights: bool,
    pub(super) user_stream: UserStream,
    contract: VenueContract,
}

impl BinanceExecutor {
    /// Checks the addresses; connects to nothing yet.
    ///
    /// # Errors
    /// [`VenueError::NotSent`] names the address that cannot be used.
    pub fn new(config: BinanceConfig, clock: Arc<dyn Clock>) -> Result<Self, VenueError> {
        let venue = config.venue;
        let unusable =
            |error: AddressError| VenueError::NotSent { venue: venue.clone(), message: error.to_string() };
        let rest = Address::parse(&config.rest, Protocol::Http).map_err(unusable)?;
        let streams = config.ws_public.trim_end_matches('/');
        let streams = streams.strip_suffix("/stream").or(streams.strip_suffix("/ws")).unwrap_or(streams);
        let streams = Address::parse(streams, Protocol::WebSocket).map_err(unusable)?;
        let mut ws_api = Address::parse(&config.ws_private, Protocol::WebSocket).map_err(unusable)?;
        if !ws_api.has_path() {
            ws_api = Address::parse(&ws_api.join("/ws-api/v3"), Protocol::WebSocket).map_err(unusable)?;
        }
        let http = HttpClient::new(venue.clone(), rest, &config.http)?;
        let http = http.with_limit_headers(LIMITS).limited_by_address();
        let window = config.receive_window.clamp(SHORTEST_WINDOW, LONGEST_WINDOW);
        Ok(Self(Arc::new(Binance {
            market: Market::new(venue.clone(), http.clone(), clock, config.order_lists),
            // Its words alone tell a limit by address from an account's.
            http: http.reading_limits(),
            client_ids: ClientIds::default(),
            traded: Traded::default(),
            streams,
            ws_api,
            websocket: config.websocket,
            book_depth: config.book_depth.clamp(1, 1000),
            window,
            knows_key_rights: config.knows_key_rights,
            user_stream: config.user_stream,
            contract: contract::contract(venue.clone(), config.order_lists),
            venue,
        })))
    }
}

hand_on! { BinanceExecutor =>
    fn default_fees(&self) -> FeeSchedule {
        account::default_fees()
    }

    async fn fees(&self, account: &VenueAccount, symbol: &Symbol) -> Result<FeeSchedule, VenueError> {
        self.0.fees(account, symbol).await
    }

    async fn find(
        &self,
        account: &VenueAccount,
        order: &OrderRef,
        _since: Timestamp,
    ) -> Result<Lookup, VenueError> {
        self.0.find(account, order).await
    }

    fn limits_used(&self, user: Option<UserId>) -> Vec<LimitUsage> {
        self.0.http.limits_used(user)
    }

    fn market_stream(
        &self,
        symbols: Vec<Symbol>,
        lane: Arc<dyn StreamLane>,
    ) -> BoxStream<'static, MarketEvent> {
        stream::market(self.0.clone(), symbols, lane)
    }
}
