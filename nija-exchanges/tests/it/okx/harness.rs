//! OKX on the wire, BTC at 60,000 and standing still.

use async_trait::async_trait;
use nija_core::{Clock, CredentialSecret, Executor, Price, Side, Symbol, SystemClock, VenueAccount};
use nija_exchanges::{
    okx::{OkxConfig, OkxExecutor},
    testing::{Harness, TestSigner, Trader, VenueFault},
};
use nija_sim::{Account, NewAccount, Sim, SimHandle, VenueHandle, VenueKind};
use rust_decimal::Decimal;
use std::{collections::BTreeMap, sync::Arc, time::Duration};

use crate::sim_faults;
use crate::support::{dec, id, user};

pub(crate) const ORDER: &str = "/api/v5/trade/order";

pub(crate) fn usdt() -> Symbol {
    Symbol::new("BTC-USDT").unwrap()
}

pub(crate) struct Okx {
    sim: SimHandle,
    pub(crate) executor: Arc<OkxExecutor>,
}

impl Okx {
    pub(crate) async fn start() -> Self {
        let builder = Sim::builder().venues([VenueKind::Okx]).accounts(1).no_limits().paused(true);
        let sim = builder.start().await.unwrap();
        assert!(sim.set_price("BTC-USDT", 60_000.into()));
        let executor = OkxExecutor::new(Self::config(sim.venue(VenueKind::Okx)), Arc::new(SystemClock));
        Self { executor: Arc::new(executor.unwrap()), sim }
    }

    pub(crate) fn config(venue: &VenueHandle) -> OkxConfig {
        let mut config = OkxConfig::new(
            id("okx"),
            venue.rest.as_str(),
            venue.ws_public.as_str(),
            venue.ws_private.as_str(),
        );
        // Long enough for a loaded machine, short enough for an answer that never comes.
        config.http.timeout = Duration::from_secs(5);
        config
    }

    pub(crate) fn venue(&self) -> &VenueHandle {
        self.sim.venue(VenueKind::Okx)
    }

    /// A new key at the simulator.
    pub(crate) fn key(&self) -> Account {
        self.key_with(10_000)
    }

    pub(crate) fn key_with(&self, usdt: u64) -> Account {
        self.venue().add_account(NewAccount {
            balances: Some(BTreeMap::from([("USDT".to_owned(), Decimal::from(usdt))])),
            ..NewAccount::default()
        })
    }

    /// An account that signs with a key of the simulator.
    pub(crate) fn signed(&self, account: &Account) -> VenueAccount {
        let (key, secret) = (account.key.clone(), account.secret.clone());
        let secret = CredentialSecret::new(key, secret, account.passphrase.clone());
        VenueAccount {
            user: user(),
            signer: Arc::new(TestSigner::new(Arc::new(self.executor.authenticator()), secret)),
        }
    }

    pub(crate) async fn trader(&self, key: &Account) -> Trader {
        let mut trader = Trader::new(self).await;
        trader.account = self.signed(key);
        trader
    }
}

#[async_trait]
impl Harness for Okx {
    fn executor(&self) -> Arc<dyn Executor> {
        self.executor.clone()
    }

    fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(SystemClock)
    }

    fn symbol(&self) -> Symbol {
        usdt()
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
        assert!(self.venue().set_price("BTC-USDT", (limit.get() * factor).round_dp(1)));
    }

    fn price_band(&self) -> i64 {
        // 51138: sells may not be limited too far below the last price.
        80
    }

    fn stops_hold_goods(&self) -> bool {
        // Place algo order: nothing is frozen in advance.
        false
    }

    fn fault(&self, fault: VenueFault) -> bool {
        // OKX's counterpart of a nonce is the timestamp.
        sim_faults::cause(self.venue(), fault, ORDER, &["read_only"])
    }

    fn heal(&self) {
        self.venue().clear_faults();
    }
}
