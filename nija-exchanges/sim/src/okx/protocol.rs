//! OKX as a [`Protocol`].

use super::algo::{Algo, AlgoBook};
use super::auth::header;
use super::ids::{self, Kind};
use super::limits::Limits;
use super::notes::Notes;
use super::watchers::Watchers;
use super::{algo_trigger, instruments, rest, routes, ws};
use crate::account::random;
use crate::engine::{AccountId, Engine, FeeSchedule, MarketId, MarketSpec, OrderId};
use crate::faults::Fault;
use crate::inspect::OrderView;
use crate::venue::{Answer, Credentials, Protocol, Venue};
use axum::body::Body;
use axum::extract::Request;
use axum::http::Response;
use axum::http::request::Parts;
use futures::future::BoxFuture;
use parking_lot::Mutex;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;

/// Pending orders in one instrument (general information).
const PENDING: usize = 500;

/// What one venue keeps beside its engine. Whoever holds the engine's lock may take these; never the other way.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) limits: Limits,
    /// What the engine does not know of orders.
    pub(super) notes: Mutex<BTreeMap<OrderId, Notes>>,
    pub(super) algos: Mutex<AlgoBook>,
    /// Orders whose stops have not begun to wait.
    pub(super) attached: Mutex<BTreeSet<OrderId>>,
    pub(super) watchers: Watchers,
}

/// OKX, spot.
#[derive(Debug, Default)]
pub(crate) struct Okx(Arc<State>);

impl Protocol for Okx {
    fn markets(&self) -> Vec<MarketSpec> {
        instruments::markets()
    }

    fn fees(&self) -> FeeSchedule {
        instruments::fees()
    }

    fn prepare(&self, engine: &mut Engine) {
        engine.set_max_open_per_market(PENDING);
        // The account's mode of self trade prevention is its default, `cancel_maker`.
        engine.set_self_trade_cancels_maker(true);
    }

    fn tick(&self, venue: &Venue, now_ns: i64) {
        algo_trigger::settle(venue, &self.0, now_ns);
    }

    fn find_market(&self, name: &str) -> Option<MarketId> {
        instruments::find(&name.replace('/', "-").to_ascii_uppercase()).map(|(market, _)| market)
    }

    fn stream_paths(&self) -> (&'static str, &'static str) {
        ("/ws/v5/public", "/ws/v5/private")
    }

    fn is_stream(&self, path: &str) -> bool {
        ws::Address::of(path).is_some()
    }

    fn is_private(&self, path: &str) -> bool {
        routes::is_private(path)
    }

    fn claimed_key(&self, parts: &Parts) -> Option<String> {
        Some(header(parts, "OK-ACCESS-KEY").to_owned()).filter(|key| !key.is_empty())
    }

    fn credentials(&self) -> Credentials {
        let key = hex(&random::<16>());
        let parts = [&key[..8], &key[8..12], &key[12..16], &key[16..20], &key[20..]];
        Credentials {
            key: parts.join("-"),
            secret: hex(&random::<16>()).to_ascii_uppercase(),
            passphrase: Some(format!("Pass-{}!", hex(&random::<4>()))),
        }
    }

    fn trading_rights(&self) -> &'static [&'static str] {
        &[routes::READ, routes::TRADE]
    }

    fn withdraw_right(&self) -> Option<&'static str> {
        Some(routes::WITHDRAW)
    }

    fn order_name(&self, id: OrderId) -> String {
        ids::id(Kind::Order, id)
    }

    fn fill_name(&self, id: u64) -> String {
        ids::id(Kind::Bill, id)
    }

    fn client_of(&self, order: OrderId, own: Option<&str>) -> Option<String> {
        let algo = || self.0.notes_of(order).algo.map(|(_, client_id)| client_id);
        own.map(str::to_owned).or_else(algo).filter(|id| !id.is_empty())
    }

    fn waiting(&self, account: AccountId) -> Vec<OrderView> {
        let algos = self.0.algos.lock();
        let own = algos.ended().chain(algos.live()).filter(|algo| algo.account == account);
        // One that went off is the order that it became.
        own.filter(|algo| algo.order.is_none()).map(Algo::view).collect()
    }

    fn lose_waiting(&self, account: AccountId, id: &str) -> bool {
        self.0.algos.lock().lose(|algo| algo.account == account && algo.view().id == id)
    }

    fn handle(&self, venue: &Venue, parts: &Parts, body: &[u8], fault: Option<&Fault>) -> Answer {
        rest::handle(&self.0, venue, parts, body, fault)
    }

    fn stream(&self, venue: Arc<Venue>, request: Request) -> BoxFuture<'static, Response<Body>> {
        Box::pin(ws::serve(Arc::clone(&self.0), venue, request))
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}
