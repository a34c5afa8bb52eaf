//! Starting simulators.

use crate::account::NewAccount;
use crate::handle::{SimHandle, VenueHandle};
use crate::kraken::Tier;
use crate::tape::Tape;
use crate::tls::{self, TlsError};
use crate::venue::{Venue, VenueKind, VenueProfile, VenueSetup};
use crate::{admin, feed, http};
use rust_decimal::Decimal;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::net::TcpListener;
use tokio::sync::watch;

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
