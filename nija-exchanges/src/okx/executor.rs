//! OKX as an [`Executor`](nija_core::Executor).

use futures::stream::BoxStream;
use nija_core::{
    Clock, FeeSchedule, Lookup, MarketEvent, OrderRef, StreamLane, Symbol, Timestamp, VenueAccount,
    VenueContract, VenueError, VenueId,
};
use std::sync::Arc;

use super::{OkxAuthenticator, OkxConfig, account, contract, market::Market, orders::Known, stream};
use crate::client_ids::ClientIds;
use crate::hand_on::hand_on;
use crate::public_list::PublicList;
use crate::transport::{Address, AddressError, HttpClient, Protocol, WsConfig};

/// OKX spot.
#[derive(Debug, Clone)]
pub struct OkxExecutor(Arc<Okx>);

#[derive(Debug)]
pub(super) struct Okx {
    pub(super) venue: VenueId,
    pub(super) http: HttpClient,
    pub(super) market: Market,
    /// By OKX's id of an order.
    pub(super) known: ClientIds<Known>,
    pub(super) ws_public: Address,
    pub(super) ws_private: Address,
    /// Beside the private one: it tells of algo orders.
    pub(super) ws_business: Address,
    pub(super) websocket: WsConfig,
    pub(super) book_depth: usize,
    contract: VenueContract,
}

impl OkxExecutor {
    /// Checks the addresses; connects to nothing yet.
    ///
    /// # Errors
    /// [`VenueError::NotSent`] names the address that cannot be used.
    pub fn new(config: OkxConfig, clock: Arc<dyn Clock>) -> Result<Self, VenueError> {
        let venue = config.venue;
        let unusable =
            |error: AddressError| VenueError::NotSent { venue: venue.clone(), message: error.to_string() };
        let rest = Address::parse(&config.rest, Protocol::Http).map_err(unusable)?;
        let mut http = HttpClient::new(venue.clone(), rest, &config.http)?.reading_limits();
        if config.demo {
            http = http.with_header("x-simulated-trading", "1");
        }
        Ok(Self(Arc::new(Okx {
            market: Market::new(venue.clone(), http.clone(), clock),
            http,
            known: ClientIds::default(),
            ws_public: service(&config.ws_public, "public").map_err(unusable)?,
            ws_private: service(&config.ws_private, "private").map_err(unusable)?,
            ws_business: service(&config.ws_private, "business").map_err(unusable)?,
            websocket: config.websocket,
            book_depth: config.book_depth.clamp(1, 400),
            contract: contract::contract(venue.clone()),
            venue,
        })))
    }

    /// What signs for this venue. It follows the venue's clock as this executor measures it.
    #[must_use]
    pub fn authenticator(&self) -> OkxAuthenticator {
        OkxAuthenticator::with_clock(self.0.venue.clone(), self.0.market.offset.clone())
    }
}

/// The address of one of the WebSocket services, from that of the host or of any of them.
fn service(address: &str, name: &str) -> Result<Address, AddressError> {
    let base = address.trim_end_matches('/');
    let known = ["/public", "/private", "/business"].into_iter().find_map(|end| base.strip_suffix(end));
    let base = Address::parse(known.unwrap_or(base), Protocol::WebSocket)?;
    let path = if base.has_path() { format!("/{name}") } else { format!("/ws/v5/{name}") };
    Address::parse(&base.join(&path), Protocol::WebSocket)
}

hand_on! { OkxExecutor =>
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

    fn market_stream(
        &self,
        symbols: Vec<Symbol>,
        lane: Arc<dyn StreamLane>,
    ) -> BoxStream<'static, MarketEvent> {
        stream::market(self.0.clone(), symbols, lane)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_service_is_found_from_the_host_and_from_any_other() {
        for (given, expected) in [
            ("wss://ws.okx.com:8443", "wss://ws.okx.com:8443/ws/v5/private"),
            ("wss://ws.okx.com:8443/ws/v5/public", "wss://ws.okx.com:8443/ws/v5/private"),
            ("ws://127.0.0.1:9/ws/v5/private/", "ws://127.0.0.1:9/ws/v5/private"),
            ("ws://127.0.0.1:9/gate/ws/v5", "ws://127.0.0.1:9/gate/ws/v5/private"),
        ] {
            assert_eq!(service(given, "private").unwrap().as_str(), expected);
        }
    }
}
