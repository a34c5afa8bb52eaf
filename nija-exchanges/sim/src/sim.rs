//! Starting simulators, and the handle to those that run.

use crate::account::{Account, NewAccount};
use crate::faults::{Fault, FaultKind, RandomFaults};
use crate::inspect::{self, BalanceView, OrderView, TradeView};
use crate::kraken::Tier;
use crate::tape::Tape;
use crate::tls::{self, TlsError};
use crate::venue::{Venue, VenueKind, VenueProfile, VenueSetup};
use crate::{admin, feed, http};
use rust_decimal::Decimal;
use serde::Serialize;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Why simulators did not start.
#[derive(Debug, thiserror::Error)]
pub enum SimError {
    /// The address cannot be parsed.
    #[error("bad listen address {0:?}: expected HOST:PORT")]
    Address(String),
    /// The address cannot be bound.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The certificate cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// Two venues bear the same name.
    #[error("two venues are named {0:?}")]
    DuplicateName(String),
}

/// Entry point: [`Sim::builder`].
#[derive(Debug)]
pub struct Sim;

impl Sim {
    /// Settings with the defaults: one Kraken, seed 7, a generated tape, ten accounts, a port given by the system.
    #[must_use]
    pub fn builder() -> SimBuilder {
        SimBuilder {
            venues: Vec::new(),
            seed: 7,
            tape: None,
            accounts: 10,
            balances: None,
            listen: "127.0.0.1:0".to_owned(),
            speed: 1.0,
            lenient: false,
            tier: Tier::default(),
            paused: false,
            tls: None,
        }
    }
}

/// What to start.
#[derive(Debug, Clone)]
pub struct SimBuilder {
    venues: Vec<(String, VenueKind, Option<VenueProfile>)>,
    seed: u64,
    tape: Option<Tape>,
    accounts: usize,
    balances: Option<BTreeMap<String, Decimal>>,
    listen: String,
    speed: f64,
    lenient: bool,
    tier: Tier,
    paused: bool,
    tls: Option<(PathBuf, PathBuf)>,
}

impl SimBuilder {
    /// Adds one venue of each kind, named for its kind.
    #[must_use]
    pub fn venues(mut self, kinds: impl IntoIterator<Item = VenueKind>) -> Self {
        self.venues.extend(kinds.into_iter().map(|kind| (kind.name().to_owned(), kind, None)));
        self
    }

    /// Adds a venue under a name of its own. Each venue's spread and fees differ a little from those before it.
    #[must_use]
    pub fn venue_named(mut self, name: impl Into<String>, kind: VenueKind) -> Self {
        self.venues.push((name.into(), kind, None));
        self
    }

    /// Adds a venue with a profile of its own.
    #[must_use]
    pub fn venue_with(mut self, name: impl Into<String>, kind: VenueKind, profile: VenueProfile) -> Self {
        self.venues.push((name.into(), kind, Some(profile)));
        self
    }

    /// Sets the seed of everything that is drawn.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Sets the tape.
    #[must_use]
    pub fn tape(mut self, tape: Tape) -> Self {
        self.tape = Some(tape);
        self
    }

    /// Sets how many accounts each venue starts with. The last of them may withdraw, when there are two or more.
    #[must_use]
    pub fn accounts(mut self, accounts: usize) -> Self {
        self.accounts = accounts;
        self
    }

    /// Sets what each account starts with, by canonical asset.
    #[must_use]
    pub fn balances(mut self, balances: BTreeMap<String, Decimal>) -> Self {
        self.balances = Some(balances);
        self
    }

    /// Sets where to listen. With port 0 the system chooses; else venue number `n` takes `port + 2n` and the next one.
    #[must_use]
    pub fn listen(mut self, address: impl Into<String>) -> Self {
        self.listen = address.into();
        self
    }

    /// Sets how many tape minutes pass in a real one.
    #[must_use]
    pub fn speed(mut self, speed: f64) -> Self {
        self.speed = speed;
        self
    }

    /// Accepts order fields that the simulator does not know, and ignores them.
    #[must_use]
    pub fn lenient(mut self, lenient: bool) -> Self {
        self.lenient = lenient;
        self
    }

    /// Sets the tier whose rate limits apply.
    #[must_use]
    pub fn tier(mut self, tier: Tier) -> Self {
        self.tier = tier;
        self
    }

    /// Lifts all rate limits.
    #[must_use]
    pub fn no_limits(self) -> Self {
        self.tier(Tier::Unlimited)
    }

    /// Serves the venues (but not their admin ports) over TLS, with a certificate and its key, both PEM files.
    #[must_use]
    pub fn tls(mut self, certificate: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        self.tls = Some((certificate.into(), key.into()));
        self
    }

    /// Starts with the tape standing still.
    #[must_use]
    pub fn paused(mut self, paused: bool) -> Self {
        self.paused = paused;
        self
    }

    /// Starts the venues.
    ///
    /// # Errors
    /// [`SimError`] when the address is bad or taken, or two venues have one name.
    pub async fn start(self) -> Result<SimHandle, SimError> {
        let address: SocketAddr = self.listen.parse().map_err(|_| SimError::Address(self.listen.clone()))?;
        let mut wanted = self.venues.clone();
        if wanted.is_empty() {
            wanted.push((VenueKind::Kraken.name().to_owned(), VenueKind::Kraken, None));
        }
        let tls = self.tls.as_ref().map(|(certificate, key)| tls::acceptor(certificate, key)).transpose()?;
        let stop = watch::Sender::new(false);
        let mut venues: Vec<VenueHandle> = Vec::new();
        let mut tasks = Vec::new();
        for (index, (name, kind, profile)) in wanted.into_iter().enumerate() {
            if venues.iter().any(|venue| venue.name == name) {
                return Err(SimError::DuplicateName(name));
            }
            let venue = Arc::new(Venue::new(VenueSetup {
                name,
                kind,
                profile: profile.unwrap_or_else(|| VenueProfile::nth(index)),
                index: index as u64,
                seed: self.seed,
                tier: self.tier,
                lenient: self.lenient,
            }));
            venue.paused.store(self.paused, Ordering::SeqCst);
            let rest = bind(address, 2 * index).await?;
            let admin = bind(address, 2 * index + 1).await?;
            venues.push(self.handle(&venue, &rest, &admin));
            tasks.push(tokio::spawn(http::serve(rest, Arc::clone(&venue), tls.clone(), stop.subscribe())));
            tasks.push(tokio::spawn(serve_admin(admin, venue, stop.subscribe())));
        }
        let tape = self.tape.unwrap_or_else(|| Tape::generated(self.seed));
        let player = feed::player(tape);
        let all: Vec<Arc<Venue>> = venues.iter().map(|handle| Arc::clone(&handle.venue)).collect();
        feed::prepare(&player, &all);
        tasks.push(tokio::spawn(feed::run(player, all, self.speed, stop.subscribe())));
        Ok(SimHandle { venues, stop, tasks })
    }

    fn handle(&self, venue: &Arc<Venue>, rest: &TcpListener, admin: &TcpListener) -> VenueHandle {
        let at = |listener: &TcpListener| {
            listener.local_addr().map(|address| address.to_string()).unwrap_or_default()
        };
        let accounts = (0..self.accounts).map(|index| {
            let withdraws = index > 0 && index + 1 == self.accounts;
            let withdraw = venue.protocol.withdraw_right().filter(|_| withdraws);
            let rights = venue.protocol.trading_rights().iter().copied().chain(withdraw);
            venue.add_account(NewAccount {
                balances: self.balances.clone(),
                permissions: Some(rights.map(str::to_owned).collect()),
                ..NewAccount::default()
            })
        });
        let (public, private) = venue.protocol.stream_paths();
        let s = if self.tls.is_some() { "s" } else { "" };
        VenueHandle {
            name: venue.name.clone(),
            kind: venue.kind,
            rest: format!("http{s}://{}", at(rest)),
            ws_public: format!("ws{s}://{}{public}", at(rest)),
            ws_private: format!("ws{s}://{}{private}", at(rest)),
            admin: format!("http://{}", at(admin)),
            accounts: accounts.collect(),
            venue: Arc::clone(venue),
        }
    }
}

/// Running venues. Dropping it stops them too, without waiting.
#[derive(Debug)]
pub struct SimHandle {
    venues: Vec<VenueHandle>,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
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
    venue: Arc<Venue>,
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

async fn bind(mut address: SocketAddr, offset: usize) -> Result<TcpListener, SimError> {
    if address.port() != 0 {
        address.set_port(address.port().saturating_add(u16::try_from(offset).unwrap_or(u16::MAX)));
    }
    TcpListener::bind(address).await.map_err(|source| SimError::Listen { address, source })
}

async fn serve_admin(listener: TcpListener, venue: Arc<Venue>, mut stop: watch::Receiver<bool>) {
    let server = axum::serve(listener, admin::router(venue));
    // Admin requests are short; there is nothing to wait for.
    tokio::select! {
        _ = server => {}
        _ = stop.wait_for(|stop| *stop) => {}
    }
}
