//! The handles to simulators that run: what a test does to them, and sees of them.

use crate::account::{Account, NewAccount};
use crate::faults::{Fault, FaultKind, RandomFaults};
use crate::inspect::{self, BalanceView, OrderView, TradeView};
use crate::venue::{Venue, VenueKind};
use rust_decimal::Decimal;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Running venues. Dropping it stops them too, without waiting.
#[derive(Debug)]
pub struct SimHandle {
    pub(crate) venues: Vec<VenueHandle>,
    pub(crate) stop: watch::Sender<bool>,
    pub(crate) tasks: Vec<JoinHandle<()>>,
}

impl SimHandle {
    /// All venues, in the order they were asked for.
    #[must_use]
    pub fn venues(&self) -> &[VenueHandle] {
        &self.venues
    }

    /// The first venue of a kind.
    ///
    /// # Panics
    /// When none was started.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a test asking for a venue it did not start is a bug in the test")]
    pub fn venue(&self, kind: VenueKind) -> &VenueHandle {
        self.venues.iter().find(|venue| venue.kind == kind).expect("a venue of this kind was started")
    }

    /// A venue by its name.
    #[must_use]
    pub fn venue_named(&self, name: &str) -> Option<&VenueHandle> {
        self.venues.iter().find(|venue| venue.name == name)
    }

    /// Stops the tape at all venues.
    pub fn pause_tape(&self) {
        self.venues.iter().for_each(VenueHandle::pause_tape);
    }

    /// Lets the tape run again at all venues.
    pub fn resume_tape(&self) {
        self.venues.iter().for_each(VenueHandle::resume_tape);
    }

    /// Sets a market's mid at all venues (and stops the tape). False when no venue knows the symbol.
    pub fn set_price(&self, symbol: &str, price: Decimal) -> bool {
        self.venues.iter().fold(false, |known, venue| venue.set_price(symbol, price) | known)
    }

    /// Stops all venues and waits until their connections are closed.
    pub async fn shutdown(mut self) {
        self.stop.send_replace(true);
        for task in std::mem::take(&mut self.tasks) {
            let _ = task.await;
        }
    }
}

impl Drop for SimHandle {
    fn drop(&mut self) {
        self.stop.send_replace(true);
    }
}

/// One running venue.
#[derive(Clone, Serialize)]
pub struct VenueHandle {
    /// Its name.
    #[serde(rename = "venue")]
    pub name: String,
    /// Its protocol.
    pub kind: VenueKind,
    /// Base URL of REST: `{rest}/0/public/Time`.
    pub rest: String,
    /// Full URL of the public stream.
    pub ws_public: String,
    /// Full URL of the private stream.
    pub ws_private: String,
    /// Base URL of the admin port.
    pub admin: String,
    /// The accounts it was started with.
    pub accounts: Vec<Account>,
    #[serde(skip)]
    pub(crate) venue: Arc<Venue>,
}

impl std::fmt::Debug for VenueHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VenueHandle")
            .field("name", &self.name)
            .field("rest", &self.rest)
            .finish_non_exhaustive()
    }
}

impl VenueHandle {
    /// Injects a fault.
    pub fn fault(&self, fault: Fault) {
        self.venue.inject(fault);
    }

    /// Injects faults drawn from a seed.
    pub fn random_faults(&self, faults: RandomFaults) {
        self.venue.inject_random(faults);
    }

    /// Removes all faults and heals what they did, but for nonces and rights.
    pub fn clear_faults(&self) {
        self.venue.heal();
    }

    /// How many requests faults have hit so far.
    #[must_use]
    pub fn fault_hits(&self) -> u64 {
        self.venue.faults.hits()
    }

    /// How often each kind of fault has hit: a request, a message of a stream, or the venue.
    #[must_use]
    pub fn fault_hits_by_kind(&self) -> BTreeMap<FaultKind, u64> {
        self.venue.faults.hits_by_kind()
    }

    /// Carries out one REST request as if it had come over the wire, without a connection and without faults: status and body. For
    /// tests that ask more often than connections allow. `None` when the target or a header is none that HTTP can carry.
    #[must_use]
    pub fn request(
        &self,
        method: &str,
        target: &str,
        headers: &[(String, Vec<u8>)],
        body: &[u8],
    ) -> Option<(u16, String)> {
        let mut request = axum::http::Request::builder().method(method).uri(target);
        for (name, value) in headers {
            request = request.header(name, value.as_slice());
        }
        let (parts, ()) = request.body(()).ok()?.into_parts();
        let answer = self.venue.protocol.handle(&self.venue, &parts, body, None);
        Some((answer.status.as_u16(), answer.body))
    }

    /// How many HTTP requests have come over the wire so far, upgrades to streams included.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.venue.requests.load(Ordering::Relaxed)
    }

    /// How many messages of streams are still going to be lost ([`FaultKind::StreamGap`]).
    #[must_use]
    pub fn stream_gaps_left(&self) -> u64 {
        self.venue.streams.gap.load(Ordering::Relaxed)
    }

    /// Opens another account.
    #[must_use]
    pub fn add_account(&self, new: NewAccount) -> Account {
        self.venue.add_account(new)
    }

    /// Makes another key to the account of one that is there; `None` for an unknown key.
    #[must_use]
    pub fn add_key(&self, beside: &str, new: NewAccount) -> Option<Account> {
        self.venue.add_key(beside, new)
    }

    /// Changes what a key may do, as its owner can at a venue; false for an unknown key.
    pub fn set_permissions(&self, key: &str, permissions: Vec<String>) -> bool {
        self.venue.set_permissions(key, permissions)
    }

    /// Stops the tape at this venue.
    pub fn pause_tape(&self) {
        self.venue.paused.store(true, Ordering::SeqCst);
    }

    /// Lets the tape run again at this venue.
    pub fn resume_tape(&self) {
        self.venue.paused.store(false, Ordering::SeqCst);
    }

    /// Sets a market's mid (`BTC-USD` or any name the venue has for it) and stops the tape; quotes are renewed around
    /// it, and the last price becomes it. False when the symbol is unknown or the price not positive.
    pub fn set_price(&self, symbol: &str, price: Decimal) -> bool {
        self.venue.set_price(symbol, price)
    }

    /// Opens or closes markets that have hours (stocks), or leaves that to the clock again (`None`). False where none have.
    pub fn set_market_open(&self, open: Option<bool>) -> bool {
        self.venue.set_market_open(open)
    }

    /// A market's best bid and ask now.
    #[must_use]
    pub fn best(&self, symbol: &str) -> Option<(Decimal, Decimal)> {
        let market = self.venue.market(symbol)?;
        let (bids, asks) = self.venue.engine.lock().depth(market, 1);
        Some((bids.first()?.price, asks.first()?.price))
    }

    /// Waits until something at the venue changes: a price, an order, a fault healed.
    pub async fn changed(&self) {
        // The venue lives as long as this handle, so the wait ends with a change.
        let _ = self.venue.changed.subscribe().changed().await;
    }

    /// A key's orders, oldest first; empty for an unknown key.
    #[must_use]
    pub fn orders(&self, key: &str) -> Vec<OrderView> {
        inspect::orders(&self.venue, key).unwrap_or_default()
    }

    /// The venue loses an order of a key, open or not: from here on it knows nothing of it but its executions. False where there is none of that
    /// id ([`OrderView::id`]).
    pub fn lose_order(&self, key: &str, id: &str) -> bool {
        inspect::lose_order(&self.venue, key, id)
    }

    /// A key's executions, oldest first; empty for an unknown key.
    #[must_use]
    pub fn trades(&self, key: &str) -> Vec<TradeView> {
        inspect::trades(&self.venue, key).unwrap_or_default()
    }

    /// A key's balances by canonical asset; empty for an unknown key.
    #[must_use]
    pub fn balances(&self, key: &str) -> BTreeMap<String, BalanceView> {
        inspect::balances(&self.venue, key).unwrap_or_default()
    }

    /// All of an asset at the venue: users, house and fees. Only new accounts change it.
    #[must_use]
    pub fn total_supply(&self, asset: &str) -> Decimal {
        self.venue.engine.lock().total_supply(asset)
    }
}
