//! Coinbase as an [`Executor`](nija_core::Executor).

use futures::stream::BoxStream;
use nija_core::{
    Clock, FeeSchedule, LimitScope, LimitUsage, Lookup, MarketEvent, OrderRef, StreamLane, Symbol, Timestamp,
    UserId, VenueAccount, VenueContract, VenueError, VenueId,
};
use std::{sync::Arc, time::Duration};

use super::{CoinbaseAuthenticator, CoinbaseConfig, account, contract, market::Market, place::Sent, stream};
use crate::client_ids::ClientIds;
use crate::hand_on::hand_on;
use crate::public_list::PublicList;
use crate::transport::{
    Address, AddressError, HttpClient, LimitBound, LimitCount, LimitHeader, Protocol, WsConfig,
};

/// Advanced Trade REST rate limits: every answer tells what is left of the second, of the address's share for public calls and
/// of the user's for private ones.
const PUBLIC_LIMIT: &[LimitHeader] = &[limit(LimitScope::Ip, "public requests in 1 s", false)];
const PRIVATE_LIMIT: &[LimitHeader] = &[limit(LimitScope::Account, "private requests in 1 s", true)];

const fn limit(scope: LimitScope, name: &'static str, orders: bool) -> LimitHeader {
    LimitHeader {
        scope,
        name,
        window: Duration::from_secs(1),
        orders,
        count: LimitCount::Remaining("x-ratelimit-remaining"),
        limit: LimitBound::Header("x-ratelimit-limit"),
    }
}

/// Coinbase Advanced Trade.
#[derive(Debug, Clone)]
pub struct CoinbaseExecutor(Arc<Coinbase>);

#[derive(Debug)]
pub(super) struct Coinbase {
    pub(super) venue: VenueId,
    pub(super) market: Market,
    pub(super) http: HttpClient,
    pub(super) client_ids: ClientIds,
    pub(super) sent: Sent,
    pub(super) ws_public: Address,
    pub(super) ws_private: Address,
    pub(super) websocket: WsConfig,
    pub(super) book_depth: usize,
    token_host: String,
    contract: VenueContract,
}

impl CoinbaseExecutor {
    /// Checks the addresses; connects to nothing yet.
    ///
    /// # Errors
    /// [`VenueError::NotSent`] names the address that cannot be used.
    pub fn new(config: CoinbaseConfig, clock: Arc<dyn Clock>) -> Result<Self, VenueError> {
        let venue = config.venue;
        let unusable =
            |error: AddressError| VenueError::NotSent { venue: venue.clone(), message: error.to_string() };
        let rest = Address::parse(&config.rest, Protocol::Http).map_err(unusable)?;
        let ws_public = Address::parse(&config.ws_public, Protocol::WebSocket).map_err(unusable)?;
        let ws_private = Address::parse(&config.ws_private, Protocol::WebSocket).map_err(unusable)?;
        let token_host = config.token_host.unwrap_or_else(|| rest.authority());
        let http = HttpClient::new(venue.clone(), rest, &config.http)?;
        Ok(Self(Arc::new(Coinbase {
            sent: Sent::new(clock.now()),
            market: Market::new(venue.clone(), http.clone().with_limit_headers(PUBLIC_LIMIT), clock),
            http: http.with_limit_headers(PRIVATE_LIMIT),
            client_ids: ClientIds::default(),
            ws_public,
            ws_private,
            websocket: config.websocket,
            book_depth: config.book_depth.max(1),
            token_host,
            contract: contract::contract(venue.clone()),
            venue,
        })))
    }

    /// What signs for this venue: it makes tokens by the venue's clock as this executor measures it.
    #[must_use]
    pub fn authenticator(&self) -> CoinbaseAuthenticator {
        let venue = &*self.0;
        CoinbaseAuthenticator::with_clock(venue.venue.clone(), &venue.token_host, venue.market.offset.clone())
    }
}

hand_on! { CoinbaseExecutor =>
    fn default_fees(&self) -> FeeSchedule {
        account::default_fees()
    }

    async fn fees(&self, account: &VenueAccount, symbol: &Symbol) -> Result<FeeSchedule, VenueError> {
        self.0.market.listed(symbol).await?;
        self.0.fees(account).await
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
        let mut used = self.0.market.limits_used();
        used.extend(self.0.http.limits_used(user));
        used
    }

    fn market_stream(
        &self,
        symbols: Vec<Symbol>,
        lane: Arc<dyn StreamLane>,
    ) -> BoxStream<'static, MarketEvent> {
        stream::market(self.0.clone(), symbols, lane)
    }
}
