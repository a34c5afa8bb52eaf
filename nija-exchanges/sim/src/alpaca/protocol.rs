//! Alpaca as a [`Protocol`].

use super::state::State;
use super::{assets, hours, ids, rest, ws};
use crate::account::random;
use crate::engine::{Engine, FeeSchedule, MarketId, MarketSpec, OrderId};
use crate::faults::Fault;
use crate::venue::{Answer, Credentials, Protocol, Venue};
use axum::body::Body;
use axum::extract::Request;
use axum::http::Response;
use axum::http::request::Parts;
use futures::future::BoxFuture;
use parking_lot::Mutex;
use std::sync::Arc;
use time::OffsetDateTime;

/// Alpaca.
#[derive(Default)]
pub(crate) struct Alpaca {
    pub(crate) state: Arc<Mutex<State>>,
}

/// Stock markets, by number.
pub(crate) fn stocks() -> impl Iterator<Item = MarketId> {
    let stock = |(_, asset): &(usize, &assets::Asset)| asset.class == assets::Class::Stock;
    assets::ASSETS.iter().enumerate().filter(stock).map(|(market, _)| market)
}

/// A unix time as a moment.
pub(crate) fn moment(ns: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(ns)).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// Whether the stock market is open, by hand or by the clock.
pub(crate) fn is_open(state: &State, now_ns: i64) -> bool {
    state.open.unwrap_or_else(|| hours::is_open(moment(now_ns)))
}

impl Protocol for Alpaca {
    fn markets(&self) -> Vec<MarketSpec> {
        assets::markets()
    }

    fn fees(&self) -> FeeSchedule {
        assets::fees()
    }

    fn prepare(&self, engine: &mut Engine) {
        stocks().for_each(|market| engine.set_free_of_fees(market));
        // "Placing Orders": when the take-profit is executed in part, the stop is adjusted to the rest.
        engine.set_linked_shrink();
    }

    fn trades_at(&self, market: MarketId, unix_s: i64) -> bool {
        let stock = assets::ASSETS.get(market).is_some_and(|asset| asset.class == assets::Class::Stock);
        !stock || hours::is_open(moment(unix_s.saturating_mul(1_000_000_000)))
    }

    fn tick(&self, venue: &Venue, now_ns: i64) {
        let mut engine = venue.engine.lock();
        let open = is_open(&self.state.lock(), now_ns);
        stocks().for_each(|market| engine.set_halted(market, !open, now_ns));
    }

    fn set_market_open(&self, venue: &Venue, open: Option<bool>) -> bool {
        self.state.lock().open = open;
        self.tick(venue, venue.clock.now_ns());
        true
    }

    fn find_market(&self, name: &str) -> Option<MarketId> {
        assets::find(name).map(|(market, _)| market)
    }

    fn stream_paths(&self) -> (&'static str, &'static str) {
        (ws::CRYPTO, ws::ACCOUNT)
    }

    fn is_stream(&self, path: &str) -> bool {
        ws::kind(path).is_some()
    }

    fn is_private(&self, path: &str) -> bool {
        path.starts_with("/v2/") && !path.starts_with("/v2/stocks/")
    }

    fn claimed_key(&self, parts: &Parts) -> Option<String> {
        parts.headers.get("apca-api-key-id")?.to_str().ok().map(str::to_owned)
    }

    fn credentials(&self) -> Credentials {
        let letters = |bytes: &[u8], alphabet: &[u8]| -> String {
            bytes.iter().map(|byte| char::from(alphabet[usize::from(*byte) % alphabet.len()])).collect()
        };
        let capitals = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
        let all = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        Credentials {
            key: format!("PK{}", letters(&random::<18>(), capitals)),
            secret: letters(&random::<40>(), all),
            passphrase: None,
        }
    }

    fn trading_rights(&self) -> &'static [&'static str] {
        // The scopes of OAuth; a key pair always has all of them.
        &["trading", "data", "account:write"]
    }

    fn withdraw_right(&self) -> Option<&'static str> {
        None
    }

    fn order_name(&self, id: OrderId) -> String {
        ids::order(id)
    }

    fn fill_name(&self, id: u64) -> String {
        ids::execution(id)
    }

    fn handle(&self, venue: &Venue, parts: &Parts, body: &[u8], fault: Option<&Fault>) -> Answer {
        rest::handle(self, venue, parts, body, fault)
    }

    fn stream(&self, venue: Arc<Venue>, request: Request) -> BoxFuture<'static, Response<Body>> {
        Box::pin(ws::serve(venue, Arc::clone(&self.state), request))
    }
}
