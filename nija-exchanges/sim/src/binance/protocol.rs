//! Binance as a [`Protocol`].

use super::limits::Limits;
use super::listen_keys::ListenKeys;
use super::private::credential;
use super::routes::{READ, TRADE, WITHDRAW};
use super::{rest, symbols, ws, ws_api};
use crate::engine::{FeeSchedule, LinkId, MarketId, MarketSpec, OrderId};
use crate::faults::Fault;
use crate::venue::{Answer, Credentials, Protocol, Venue};
use axum::body::Body;
use axum::extract::Request;
use axum::http::Response;
use axum::http::request::Parts;
use futures::future::BoxFuture;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;

/// What one venue keeps beside its engine.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) limits: Limits,
    pub(crate) listen_keys: ListenKeys,
    /// The clients' names of order lists.
    pub(crate) list_names: Mutex<HashMap<LinkId, String>>,
}

/// Binance Spot.
#[derive(Debug, Default)]
pub(crate) struct Binance(Arc<State>);

impl Protocol for Binance {
    fn markets(&self) -> Vec<MarketSpec> {
        symbols::markets()
    }

    fn fees(&self) -> FeeSchedule {
        symbols::fees()
    }

    fn find_market(&self, name: &str) -> Option<MarketId> {
        symbols::find_market(name)
    }

    fn stream_paths(&self) -> (&'static str, &'static str) {
        ("/stream", "/ws-api/v3")
    }

    fn is_stream(&self, path: &str) -> bool {
        let path = path.trim_end_matches('/');
        matches!(path, "/stream" | "/ws" | "/ws-api/v3") || path.starts_with("/ws/")
    }

    fn is_private(&self, path: &str) -> bool {
        let signed = ["account", "order", "openOrder", "allOrder", "myTrades", "userDataStream", "rateLimit"];
        path.starts_with("/sapi/")
            || path
                .strip_prefix("/api/v3/")
                .is_some_and(|rest| signed.iter().any(|name| rest.starts_with(name)))
    }

    fn claimed_key(&self, parts: &Parts) -> Option<String> {
        parts.headers.get("x-mbx-apikey")?.to_str().ok().map(str::to_owned)
    }

    fn credentials(&self) -> Credentials {
        Credentials { key: credential(), secret: credential(), passphrase: None }
    }

    fn trading_rights(&self) -> &'static [&'static str] {
        &[READ, TRADE]
    }

    fn withdraw_right(&self) -> Option<&'static str> {
        Some(WITHDRAW)
    }

    fn order_name(&self, id: OrderId) -> String {
        id.to_string()
    }

    fn fill_name(&self, id: u64) -> String {
        id.to_string()
    }

    fn handle(&self, venue: &Venue, parts: &Parts, body: &[u8], fault: Option<&Fault>) -> Answer {
        rest::handle(venue, &self.0, parts, body, fault)
    }

    fn stream(&self, venue: Arc<Venue>, request: Request) -> BoxFuture<'static, Response<Body>> {
        let state = Arc::clone(&self.0);
        if request.uri().path().starts_with("/ws-api/") {
            Box::pin(ws_api::serve(venue, state, request))
        } else {
            Box::pin(ws::serve(venue, state, request))
        }
    }
}
