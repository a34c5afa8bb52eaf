//! Kraken as an [`Executor`](nija_core::Executor).

use futures::stream::BoxStream;
use nija_core::{
    Clock, FeeSchedule, LimitUsage, Lookup, MarketEvent, OrderRef, StreamLane, Symbol, Timestamp, UserId,
    VenueAccount, VenueContract, VenueError, VenueId,
};
use std::sync::Arc;

use super::{KrakenConfig, account, contract, market::Market, private::Private, stream};
use crate::client_ids::ClientIds;
use crate::hand_on::hand_on;
use crate::public_list::PublicList;
use crate::transport::{Address, AddressError, HttpClient, Protocol, WsConfig};

/// Kraken Spot.
#[derive(Debug, Clone)]
pub struct KrakenExecutor(Arc<Kraken>);

#[derive(Debug)]
pub(super) struct Kraken {
    pub(super) venue: VenueId,
    pub(super) market: Market,
    pub(super) private: Private,
    pub(super) client_ids: ClientIds,
    pub(super) ws_public: Address,
    pub(super) ws_private: Address,
    pub(super) websocket: WsConfig,
    pub(super) book_depth: usize,
    contract: VenueContract,
}

impl KrakenExecutor {
    /// Checks the addresses; connects to nothing yet.
    ///
    /// # Errors
    /// [`VenueError::NotSent`] names the address that cannot be used.
    pub fn new(config: KrakenConfig, clock: Arc<dyn Clock>) -> Result<Self, VenueError> {
        let venue = config.venue;
        let unusable =
            |error: AddressError| VenueError::NotSent { venue: venue.clone(), message: error.to_string() };
        let rest = Address::parse(&config.rest, Protocol::Http).map_err(unusable)?;
        let socket = |text: &str| {
            let address = Address::parse(text, Protocol::WebSocket)?;
            if address.has_path() {
                Ok(address)
            } else {
                Address::parse(&address.join("/v2"), Protocol::WebSocket)
            }
        };
        let ws_public = socket(&config.ws_public).map_err(unusable)?;
        let ws_private = socket(&config.ws_private).map_err(unusable)?;
        let http = HttpClient::new(venue.clone(), rest, &config.http)?;
        Ok(Self(Arc::new(Kraken {
            private: Private::new(venue.clone(), http.clone(), clock.clone(), config.tier),
            market: Market::new(venue.clone(), http, clock),
            client_ids: ClientIds::default(),
            ws_public,
            ws_private,
            websocket: config.websocket,
            // The depths that Kraken offers, and the checksum covers ten levels in any case.
            book_depth: if config.book_depth <= 10 { 10 } else { 25 },
            contract: contract::contract(venue.clone()),
            venue,
        })))
    }
}

hand_on! { KrakenExecutor =>
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
        since: Timestamp,
    ) -> Result<Lookup, VenueError> {
        self.0.find(account, order, since).await
    }

    fn limits_used(&self, user: Option<UserId>) -> Vec<LimitUsage> {
        self.0.private.limits_used(user)
    }

    fn market_stream(
        &self,
        symbols: Vec<Symbol>,
        lane: Arc<dyn StreamLane>,
    ) -> BoxStream<'static, MarketEvent> {
        stream::market(self.0.clone(), symbols, lane)
    }
}
