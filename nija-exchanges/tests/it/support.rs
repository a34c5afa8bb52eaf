//! A simulated Kraken on loopback, and harnesses of each venue for the conformance suite.

use async_trait::async_trait;
use nija_core::{
    Clock, CredentialSecret, Executor, ManualClock, NoSigner, Price, Side, Symbol, SystemClock, Timestamp,
    UserId, VenueAccount, VenueId,
};
use nija_exchanges::{
    kraken::{KrakenAuthenticator, KrakenConfig, KrakenExecutor},
    paper::{PaperConfig, PaperExecutor, PaperMarket},
    testing::{Harness, TestSigner, VenueFault, eventually},
};
use nija_sim::{Account, Fault, FaultKind, NewAccount, Sim, SimHandle, VenueHandle, VenueKind};
use rust_decimal::Decimal;
use std::{collections::BTreeMap, sync::Arc, time::Duration};

use crate::sim_faults;

pub(crate) fn id(text: &str) -> VenueId {
    VenueId::new(text).unwrap()
}

pub(crate) fn btc() -> Symbol {
    Symbol::new("BTC-USD").unwrap()
}

pub(crate) fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}

pub(crate) fn user() -> UserId {
    UserId::from_uuid(uuid::Uuid::new_v4())
}

/// An account that signs with a key of the simulator.
pub(crate) fn signed(account: &Account) -> VenueAccount {
    let secret = CredentialSecret::new(account.key.clone(), account.secret.clone(), None);
    VenueAccount {
        user: user(),
        signer: Arc::new(TestSigner::new(Arc::new(KrakenAuthenticator::new(id("kraken"))), secret)),
    }
}

/// Kraken on the wire, BTC at 60,000 and standing still.
pub(crate) struct Kraken {
    sim: SimHandle,
    pub(crate) executor: Arc<KrakenExecutor>,
}

impl Kraken {
    pub(crate) async fn start() -> Self {
        let builder = Sim::builder().venues([VenueKind::Kraken]).accounts(1).no_limits().paused(true);
        let sim = builder.start().await.unwrap();
        assert!(sim.set_price("BTC-USD", 60_000.into()));
        let venue = sim.venue(VenueKind::Kraken);
        let executor = Arc::new(KrakenExecutor::new(Self::config(venue), Arc::new(SystemClock)).unwrap());
        Self { sim, executor }
    }

    pub(crate) fn config(venue: &VenueHandle) -> KrakenConfig {
        let mut config = KrakenConfig::new(
            id("kraken"),
            venue.rest.as_str(),
            venue.ws_public.as_str(),
            venue.ws_private.as_str(),
        );
        // Long enough for a loaded machine, short enough for an answer that never comes.
        config.http.timeout = Duration::from_secs(5);
        config
    }

    pub(crate) fn venue(&self) -> &VenueHandle {
        self.sim.venue(VenueKind::Kraken)
    }

    /// A new key at the simulator.
    pub(crate) fn key(&self) -> Account {
        self.venue().add_account(NewAccount {
            balances: Some(BTreeMap::from([("USD".to_owned(), Decimal::from(10_000))])),
            ..NewAccount::default()
        })
    }

    fn set(&self, limit: Price, side: Side) {
        // Well past the limit, so that the other side of the book is there whatever the spread.
        let factor = match side {
            Side::Buy => dec("0.99"),
            Side::Sell => dec("1.01"),
        };
        assert!(self.venue().set_price("BTC-USD", (limit.get() * factor).round_dp(1)));
    }
}

#[async_trait]
impl Harness for Kraken {
    fn executor(&self) -> Arc<dyn Executor> {
        self.executor.clone()
    }

    fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(SystemClock)
    }

    fn symbol(&self) -> Symbol {
        btc()
    }

    async fn account(&self) -> VenueAccount {
        signed(&self.key())
    }

    async fn reach(&self, side: Side, limit: Price) {
        self.set(limit, side);
    }

    fn fault(&self, fault: VenueFault) -> bool {
        if fault == VenueFault::NonceForgotten {
            self.venue().fault(Fault::new(FaultKind::NonceReset));
            return true;
        }
        let looks = ["query-funds", "query-open-trades", "query-closed-trades"];
        sim_faults::cause(self.venue(), fault, "/0/private/AddOrder", &looks)
    }

    fn heal(&self) {
        self.venue().clear_faults();
    }
}

/// The paper venue over its generated market, on a clock that stands still until it is moved.
pub(crate) struct Paper {
    pub(crate) executor: Arc<PaperExecutor>,
    pub(crate) clock: ManualClock,
}

impl Paper {
    pub(crate) fn start() -> Self {
        let clock = ManualClock::at(Timestamp::from_micros(1_790_000_000_000_000));
        let executor = PaperExecutor::new(PaperConfig::default(), Arc::new(clock.clone()));
        Self { executor: Arc::new(executor), clock }
    }
}

pub(crate) fn keyless() -> VenueAccount {
    VenueAccount { user: user(), signer: Arc::new(NoSigner) }
}

#[async_trait]
impl Harness for Paper {
    fn executor(&self) -> Arc<dyn Executor> {
        self.executor.clone()
    }

    fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(self.clock.clone())
    }

    fn symbol(&self) -> Symbol {
        btc()
    }

    async fn account(&self) -> VenueAccount {
        keyless()
    }

    async fn reach(&self, side: Side, limit: Price) {
        eventually("the generated market comes to the limit", || async {
            self.clock.advance(Duration::from_millis(250));
            let quote = self.executor.quote(&btc()).await.unwrap();
            match side {
                Side::Buy => quote.ask <= limit,
                Side::Sell => quote.bid >= limit,
            }
            .then_some(())
        })
        .await;
    }

    fn fault(&self, _: VenueFault) -> bool {
        false
    }
}

/// The paper venue over a Kraken on the wire.
pub(crate) struct PaperOverKraken {
    kraken: Kraken,
    executor: Arc<PaperExecutor>,
}

impl PaperOverKraken {
    pub(crate) async fn start() -> Self {
        let kraken = Kraken::start().await;
        let config =
            PaperConfig { market: PaperMarket::Over(kraken.executor.clone()), ..PaperConfig::default() };
        let executor = Arc::new(PaperExecutor::new(config, Arc::new(SystemClock)));
        Self { kraken, executor }
    }
}

#[async_trait]
impl Harness for PaperOverKraken {
    fn executor(&self) -> Arc<dyn Executor> {
        self.executor.clone()
    }

    fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(SystemClock)
    }

    fn symbol(&self) -> Symbol {
        btc()
    }

    async fn account(&self) -> VenueAccount {
        keyless()
    }

    async fn reach(&self, side: Side, limit: Price) {
        self.kraken.set(limit, side);
    }

    fn fault(&self, _: VenueFault) -> bool {
        false
    }
}
