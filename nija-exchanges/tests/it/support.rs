//! A simulated Kraken on loopback, and harnesses of each venue for the conformance suite.

use async_trait::async_trait;
use nija_core::{
    Authenticator, Clock, Executor, ManualClock, NoSigner, Price, Side, Symbol, SystemClock, Timestamp,
    UserId, VenueAccount, VenueId,
};
use nija_exchanges::{
    kraken::{KrakenAuthenticator, KrakenConfig, KrakenExecutor},
    paper::{PaperConfig, PaperExecutor, PaperMarket},
    testing::{Harness, VenueFault, eventually},
};
use nija_sim::{Account, Fault, FaultKind, VenueHandle, VenueKind};
use rust_decimal::Decimal;
use std::{sync::Arc, time::Duration};

use crate::wire::{self, OnTheWire, PATIENCE, Wire};

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

/// An account that signs with a key of the simulated Kraken.
pub(crate) fn signed(account: &Account) -> VenueAccount {
    wire::signed(Arc::new(KrakenAuthenticator::new(id("kraken"))), account)
}

pub(crate) type Kraken = OnTheWire<KrakenWire>;

pub(crate) struct KrakenWire;

impl Wire for KrakenWire {
    type Executor = KrakenExecutor;
    const KIND: VenueKind = VenueKind::Kraken;
    const PLACES: u32 = 1;
    const ORDERS: &'static str = "/0/private/AddOrder";
    const LOOKS: &'static [&'static str] = &["query-funds", "query-open-trades", "query-closed-trades"];

    fn open(venue: &VenueHandle) -> KrakenExecutor {
        KrakenExecutor::new(Kraken::config(venue), Arc::new(SystemClock)).unwrap()
    }

    fn authenticator(_: &KrakenExecutor) -> Arc<dyn Authenticator> {
        Arc::new(KrakenAuthenticator::new(id("kraken")))
    }

    fn own_fault(venue: &VenueHandle, fault: VenueFault) -> Option<bool> {
        (fault == VenueFault::NonceForgotten).then(|| {
            venue.fault(Fault::new(FaultKind::NonceReset));
            true
        })
    }
}

impl Kraken {
    pub(crate) fn config(venue: &VenueHandle) -> KrakenConfig {
        let (public, private) = (venue.ws_public.as_str(), venue.ws_private.as_str());
        let mut config = KrakenConfig::new(id("kraken"), venue.rest.as_str(), public, private);
        config.http.timeout = PATIENCE;
        config
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
