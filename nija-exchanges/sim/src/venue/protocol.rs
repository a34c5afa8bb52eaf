//! What a venue's folder provides. The server, the faults and the handles know a venue through this alone.

use super::Venue;
use crate::engine::{AccountId, Engine, FeeSchedule, MarketId, MarketSpec, OrderId};
use crate::faults::Fault;
use crate::inspect::OrderView;
use axum::body::Body;
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{Response, StatusCode};
use futures::future::BoxFuture;
use std::sync::Arc;

/// A venue's protocol over one engine. A value serves one venue and may keep state of its own (counters, tokens).
pub(crate) trait Protocol: Send + Sync {
    /// What is listed, in the order of the engine's markets.
    fn markets(&self) -> Vec<MarketSpec>;

    /// The venue's published fees.
    fn fees(&self) -> FeeSchedule;

    /// Settles in the engine what [`MarketSpec`] does not say, before anything is placed.
    fn prepare(&self, _engine: &mut Engine) {}

    /// Whether a market trades at a moment, by its regular hours.
    fn trades_at(&self, _market: MarketId, _unix_s: i64) -> bool {
        true
    }

    /// Called with each step of the tape: time has passed.
    fn tick(&self, _venue: &Venue, _now_ns: i64) {}

    /// Opens or closes markets that have hours, or leaves that to the clock again (`None`). False where none have.
    fn set_market_open(&self, _venue: &Venue, _open: Option<bool>) -> bool {
        false
    }

    /// A market by its canonical symbol (`BTC-USD`) or any name the venue has for it.
    fn find_market(&self, name: &str) -> Option<MarketId>;

    /// Paths of the public and the private stream.
    fn stream_paths(&self) -> (&'static str, &'static str);

    /// Whether a path is a stream's.
    fn is_stream(&self, path: &str) -> bool {
        let path = path.trim_end_matches('/');
        let (public, private) = self.stream_paths();
        path == public || path == private
    }

    /// Whether a request needs a key: what faults hit that name no path.
    fn is_private(&self, path: &str) -> bool;

    /// The key that a request claims to be signed with, for faults that concern one key.
    fn claimed_key(&self, parts: &Parts) -> Option<String>;

    /// New credentials in the venue's own form: random, and good for nothing but this simulator.
    fn credentials(&self) -> Credentials;

    /// The rights of an ordinary trading key, in the venue's words.
    fn trading_rights(&self) -> &'static [&'static str];

    /// The right to withdraw or transfer, which no key given to NIJA should have; `None` where keys cannot tell.
    fn withdraw_right(&self) -> Option<&'static str>;

    /// The venue's id of an order.
    fn order_name(&self, id: OrderId) -> String;

    /// The venue's id of a fill.
    fn fill_name(&self, id: u64) -> String;

    /// The client's id of an order that bears this one itself: a venue may know whose it is where the order does not say so.
    fn client_of(&self, _order: OrderId, own: Option<&str>) -> Option<String> {
        own.map(str::to_owned)
    }

    /// An account's orders that the engine does not know, since they wait for a price outside of it or ended so.
    fn waiting(&self, _account: AccountId) -> Vec<OrderView> {
        Vec::new()
    }

    /// Loses one of those; false where there is none of that id.
    fn lose_waiting(&self, _account: AccountId, _id: &str) -> bool {
        false
    }

    /// Carries out one REST request.
    fn handle(&self, venue: &Venue, parts: &Parts, body: &[u8], fault: Option<&Fault>) -> Answer;

    /// Serves one stream's connection.
    fn stream(&self, venue: Arc<Venue>, request: Request) -> BoxFuture<'static, Response<Body>>;
}

/// Credentials as a venue gives them out.
#[derive(Debug, Clone)]
pub(crate) struct Credentials {
    pub(crate) key: String,
    pub(crate) secret: String,
    pub(crate) passphrase: Option<String>,
}

/// What goes back to a client.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) content_type: &'static str,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn new(status: StatusCode, content_type: &'static str, body: impl Into<String>) -> Self {
        Self { status, content_type, headers: Vec::new(), body: body.into() }
    }

    /// JSON with a status.
    pub(crate) fn json(status: StatusCode, body: &serde_json::Value) -> Self {
        Self::new(status, "application/json", body.to_string())
    }

    /// Adds a header, such as a rate limit's.
    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}
