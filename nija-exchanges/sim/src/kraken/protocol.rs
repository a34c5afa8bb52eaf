//! Kraken as a [`Protocol`].

use super::{pairs, rest, txid, ws};
use crate::account::{TRADING_PERMISSIONS, WITHDRAW, random};
use crate::engine::{FeeSchedule, MarketId, MarketSpec, OrderId};
use crate::faults::Fault;
use crate::venue::{Answer, Credentials, Protocol, Venue};
use axum::body::Body;
use axum::extract::Request;
use axum::http::Response;
use axum::http::request::Parts;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::future::BoxFuture;
use std::sync::Arc;

/// Kraken Spot.
pub(crate) struct Kraken;

impl Protocol for Kraken {
    fn markets(&self) -> Vec<MarketSpec> {
        pairs::markets()
    }

    fn fees(&self) -> FeeSchedule {
        pairs::fees()
    }

    fn find_market(&self, name: &str) -> Option<MarketId> {
        pairs::find_market(name)
    }

    fn stream_paths(&self) -> (&'static str, &'static str) {
        ("/v2", "/ws-auth/v2")
    }

    fn is_private(&self, path: &str) -> bool {
        path.starts_with("/0/private/")
    }

    fn claimed_key(&self, parts: &Parts) -> Option<String> {
        parts.headers.get("api-key")?.to_str().ok().map(str::to_owned)
    }

    fn credentials(&self) -> Credentials {
        Credentials {
            key: STANDARD.encode(random::<42>()),
            secret: STANDARD.encode(random::<64>()),
            passphrase: None,
        }
    }

    fn trading_rights(&self) -> &'static [&'static str] {
        &TRADING_PERMISSIONS
    }

    fn withdraw_right(&self) -> Option<&'static str> {
        Some(WITHDRAW)
    }

    fn order_name(&self, id: OrderId) -> String {
        txid::order_txid(id)
    }

    fn fill_name(&self, id: u64) -> String {
        txid::trade_txid(id)
    }

    fn handle(&self, venue: &Venue, parts: &Parts, body: &[u8], fault: Option<&Fault>) -> Answer {
        rest::handle(venue, parts, body, fault)
    }

    fn stream(&self, venue: Arc<Venue>, request: Request) -> BoxFuture<'static, Response<Body>> {
        let private = request.uri().path().starts_with("/ws-auth/");
        Box::pin(ws::serve(venue, request, private))
    }
}
