//! Coinbase on the wire, BTC at 60,000 and standing still.

use async_trait::async_trait;
use nija_core::{Clock, CredentialSecret, Executor, Price, Side, Symbol, SystemClock, VenueAccount};
use nija_exchanges::{
    coinbase::{CoinbaseConfig, CoinbaseExecutor},
    testing::{Harness, TestSigner, VenueFault},
};
use nija_sim::{Account, NewAccount, Sim, SimHandle, VenueHandle, VenueKind};
use rust_decimal::Decimal;
use std::{collections::BTreeMap, sync::Arc, time::Duration};

use crate::sim_faults;
use crate::support::{btc, dec, id, user};

pub(crate) const ORDERS: &str = "/api/v3/brokerage/orders";

pub(crate) struct Coinbase {
    sim: SimHandle,
    pub(crate) executor: Arc<CoinbaseExecutor>,
}

impl Coinbase {
    pub(crate) async fn start() -> Self {
        let builder = Sim::builder().venues([VenueKind::Coinbase]).accounts(1).no_limits().paused(true);
        let sim = builder.start().await.unwrap();
        assert!(sim.set_price("BTC-USD", 60_000.into()));
        let executor =
            CoinbaseExecutor::new(Self::config(sim.venue(VenueKind::Coinbase)), Arc::new(SystemClock));
        Self { executor: Arc::new(executor.unwrap()), sim }
    }

    pub(crate) fn config(venue: &VenueHandle) -> CoinbaseConfig {
        let mut config = CoinbaseConfig::new(
            id("coinbase"),
            venue.rest.as_str(),
            venue.ws_public.as_str(),
            venue.ws_private.as_str(),
        );
        // Long enough for a loaded machine, short enough for an answer that never comes.
        config.http.timeout = Duration::from_secs(5);
        config
    }

    pub(crate) fn venue(&self) -> &VenueHandle {
        self.sim.venue(VenueKind::Coinbase)
    }

    /// A new key at the simulator.
    pub(crate) fn key(&self) -> Account {
        self.venue().add_account(NewAccount {
            balances: Some(BTreeMap::from([("USD".to_owned(), Decimal::from(10_000))])),
            ..NewAccount::default()
        })
    }

    /// An account that signs with a key of the simulator.
    pub(crate) fn signed(&self, account: &Account) -> VenueAccount {
        let secret = CredentialSecret::new(account.key.clone(), account.secret.clone(), None);
        VenueAccount {
            user: user(),
            signer: Arc::new(TestSigner::new(Arc::new(self.executor.authenticator()), secret)),
        }
    }
}

#[async_trait]
impl Harness for Coinbase {
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
        self.signed(&self.key())
    }

    async fn reach(&self, side: Side, limit: Price) {
        // Well past the limit, so that the other side of the book is there whatever the spread.
        let factor = match side {
            Side::Buy => dec("0.99"),
            Side::Sell => dec("1.01"),
        };
        assert!(self.venue().set_price("BTC-USD", (limit.get() * factor).round_dp(2)));
    }

    fn fault(&self, fault: VenueFault) -> bool {
        // Coinbase has no nonces in order.
        fault != VenueFault::BadNonce && sim_faults::cause(self.venue(), fault, ORDERS, &["view"])
    }

    fn heal(&self) {
        self.venue().clear_faults();
    }
}
