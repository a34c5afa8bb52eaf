//! Alpaca as an [`Executor`](nija_core::Executor).

use futures::stream::BoxStream;
use nija_core::{
    Clock, FeeSchedule, LimitScope, LimitUsage, Lookup, MarketEvent, OrderRef, Quote, StreamLane, Symbol,
    Timestamp, UserId, VenueAccount, VenueContract, VenueError, VenueId,
};
use parking_lot::Mutex;
use std::{collections::HashMap, sync::Arc, time::Duration};

use super::{
    AlpacaConfig, AlpacaFees, account, contract,
    fills::KnownOrders,
    market::Market,
    private::{Operator, Private},
    stream,
};
use crate::hand_on::hand_on;
use crate::transport::{
    Address, AddressError, HttpClient, LimitBound, LimitCount, LimitHeader, Protocol, WsConfig,
};

/// Where the price streams are below their base address.
pub(super) const CRYPTO_STREAM: &str = "/v1beta3/crypto/us";
const STOCK_STREAMS: &str = "/v2/";

/// "Usage limit": each answer tells the account's limit in `X-RateLimit-*`. The data host counts apart, and no order goes there.
const TRADING_LIMIT: &[LimitHeader] = &[limit("requests in 1 min", true)];
const DATA_LIMIT: &[LimitHeader] = &[limit("data requests in 1 min", false)];

const fn limit(name: &'static str, orders: bool) -> LimitHeader {
    LimitHeader {
        scope: LimitScope::Account,
        name,
        window: Duration::from_secs(60),
        orders,
        count: LimitCount::Remaining("x-ratelimit-remaining"),
        limit: LimitBound::Header("x-ratelimit-limit"),
    }
}

/// Alpaca.
#[derive(Debug, Clone)]
pub struct AlpacaExecutor(Arc<Alpaca>);

#[derive(Debug)]
pub(super) struct Alpaca {
    pub(super) venue: VenueId,
    pub(super) market: Market,
    pub(super) private: Private,
    pub(super) orders: KnownOrders,
    pub(super) fees: Option<AlpacaFees>,
    pub(super) tiers: Mutex<HashMap<UserId, (Option<AlpacaFees>, Timestamp)>>,
    pub(super) ws_crypto: Address,
    pub(super) ws_stocks: Address,
    pub(super) ws_private: Address,
    pub(super) websocket: WsConfig,
    pub(super) book_depth: usize,
    pub(super) book_check: Duration,
    pub(super) account_check: Duration,
    pub(super) poll: Duration,
    contract: VenueContract,
}

impl AlpacaExecutor {
    /// Checks the addresses; connects to nothing yet.
    ///
    /// # Errors
    /// [`VenueError::NotSent`] names the address that cannot be used.
    pub fn new(config: AlpacaConfig, clock: Arc<dyn Clock>) -> Result<Self, VenueError> {
        let venue = config.venue;
        let unusable =
            |error: AddressError| VenueError::NotSent { venue: venue.clone(), message: error.to_string() };
        let rest = Address::parse(&config.rest, Protocol::Http).map_err(unusable)?;
        let data = Address::parse(&config.data, Protocol::Http).map_err(unusable)?;
        // A stream's own path may stand behind the base.
        let public = config.ws_public.trim_end_matches('/');
        let base = match public.strip_suffix(CRYPTO_STREAM) {
            Some(base) => base,
            None => ["/iex", "/sip", "/delayed_sip"]
                .iter()
                .find_map(|feed| public.strip_suffix(feed)?.strip_suffix("/v2"))
                .unwrap_or(public),
        };
        let socket = |text: &str| Address::parse(text, Protocol::WebSocket);
        let ws_public = socket(base).map_err(unusable)?;
        let mut ws_private = socket(&config.ws_private).map_err(unusable)?;
        if !ws_private.has_path() {
            ws_private = socket(&ws_private.join("/stream")).map_err(unusable)?;
        }
        let trading = HttpClient::new(venue.clone(), rest, &config.http)?;
        let data = HttpClient::new(venue.clone(), data, &config.http)?.with_limit_headers(DATA_LIMIT);
        let operator = config.data_key.map(|key| Operator::new(venue.clone(), key, clock.clone()));
        Ok(Self(Arc::new(Alpaca {
            private: Private::new(venue.clone(), trading.clone().with_limit_headers(TRADING_LIMIT)),
            orders: KnownOrders::default(),
            fees: config.fees,
            tiers: Mutex::default(),
            ws_crypto: socket(&ws_public.join(CRYPTO_STREAM)).map_err(unusable)?,
            ws_stocks: socket(&ws_public.join(&format!("{STOCK_STREAMS}{}", config.stock_feed)))
                .map_err(unusable)?,
            market: Market::new(venue.clone(), trading, data, operator, config.stock_feed, clock),
            ws_private,
            websocket: config.websocket,
            book_depth: config.book_depth.max(1),
            book_check: config.book_check,
            account_check: config.account_check,
            poll: config.poll,
            contract: contract::contract(venue.clone()),
            venue,
        })))
    }
}

hand_on! { AlpacaExecutor =>
    fn default_fees(&self) -> FeeSchedule {
        account::schedule(self.0.fees.unwrap_or_default(), false)
    }

    async fn quote_for(&self, account: &VenueAccount, symbol: &Symbol) -> Result<Quote, VenueError> {
        self.0.market.quote_under(Some(account), symbol).await
    }

    async fn fees(&self, account: &VenueAccount, symbol: &Symbol) -> Result<FeeSchedule, VenueError> {
        self.0.fees(account, symbol).await
    }

    async fn find(
        &self,
        account: &VenueAccount,
        order: &OrderRef,
        _: Timestamp,
    ) -> Result<Lookup, VenueError> {
        self.0.find(account, order).await
    }

    fn limits_used(&self, user: Option<UserId>) -> Vec<LimitUsage> {
        let mut used = self.0.private.limits_used(user);
        used.extend(self.0.market.limits_used(user));
        used
    }

    fn market_stream(
        &self,
        symbols: Vec<Symbol>,
        lane: Arc<dyn StreamLane>,
    ) -> BoxStream<'static, MarketEvent> {
        stream::market(&self.0, &symbols, &lane)
    }
}
