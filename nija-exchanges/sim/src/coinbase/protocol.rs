//! Coinbase as a [`Protocol`].

use super::ids::{self, Kind};
use super::key::PublicKey;
use super::limits::Limits;
use super::{auth, key, products, rest, ws};
use crate::engine::{AccountId, FeeSchedule, MarketId, MarketSpec, OrderId};
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

/// Coinbase Advanced Trade.
#[derive(Default)]
pub(crate) struct Coinbase(Arc<State>);

/// What the protocol remembers beside the engine.
#[derive(Default)]
pub(super) struct State {
    pub(super) limits: Limits,
    /// The order of every client id ever used by an account: a repeat names it again.
    pub(super) client_ids: Mutex<HashMap<(AccountId, String), OrderId>>,
    /// Public keys worked out from secrets.
    public_keys: Mutex<HashMap<String, (String, PublicKey)>>,
}

impl State {
    /// The public half of a key's secret.
    pub(super) fn public_key(&self, name: &str, secret: &str) -> Option<PublicKey> {
        let mut known = self.public_keys.lock();
        match known.get(name) {
            Some((of, key)) if of == secret => Some(key.clone()),
            _ => {
                let key = PublicKey::of(secret)?;
                known.insert(name.to_owned(), (secret.to_owned(), key.clone()));
                Some(key)
            }
        }
    }
}

/// The token of a request.
pub(super) fn bearer(parts: &Parts) -> Option<&str> {
    parts.headers.get("authorization")?.to_str().ok()?.strip_prefix("Bearer ").map(str::trim)
}

impl Protocol for Coinbase {
    fn markets(&self) -> Vec<MarketSpec> {
        products::markets()
    }

    fn fees(&self) -> FeeSchedule {
        products::fees()
    }

    fn find_market(&self, name: &str) -> Option<MarketId> {
        products::find(&name.replace('/', "-").to_ascii_uppercase()).map(|(market, _)| market)
    }

    fn stream_paths(&self) -> (&'static str, &'static str) {
        ("", "")
    }

    fn is_private(&self, path: &str) -> bool {
        rest::is_private(path)
    }

    fn claimed_key(&self, parts: &Parts) -> Option<String> {
        auth::claimed(bearer(parts)?)
    }

    fn credentials(&self) -> Credentials {
        key::credentials()
    }

    fn trading_rights(&self) -> &'static [&'static str] {
        &["view", "trade"]
    }

    fn withdraw_right(&self) -> Option<&'static str> {
        Some("transfer")
    }

    fn order_name(&self, id: OrderId) -> String {
        ids::id(Kind::Order, id)
    }

    fn fill_name(&self, id: u64) -> String {
        ids::id(Kind::Fill, id)
    }

    fn handle(&self, venue: &Venue, parts: &Parts, body: &[u8], fault: Option<&Fault>) -> Answer {
        rest::handle(&self.0, venue, parts, body, fault)
    }

    fn stream(&self, venue: Arc<Venue>, request: Request) -> BoxFuture<'static, Response<Body>> {
        Box::pin(ws::serve(Arc::clone(&self.0), venue, request))
    }
}
