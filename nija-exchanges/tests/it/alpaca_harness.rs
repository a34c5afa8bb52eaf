//! A simulated Alpaca on loopback, for crypto and for stocks.

use async_trait::async_trait;
use nija_core::{Clock, CredentialSecret, Executor, Price, Side, Symbol, SystemClock, VenueAccount};
use nija_exchanges::{
    alpaca::{AlpacaAuthenticator, AlpacaConfig, AlpacaExecutor, DataKey, OAUTH},
    testing::{Harness, TestSigner, VenueFault},
};
use nija_sim::{Account, Fault, FaultKind, NewAccount, Sim, SimHandle, VenueHandle, VenueKind};
use rust_decimal::Decimal;
use std::{sync::Arc, time::Duration};

use crate::{
    sim_faults,
    support::{dec, id, user},
    wire::{PATIENCE, beyond, funded},
};

/// An account that signs with a key of the simulator.
pub(crate) fn signed(account: &Account) -> VenueAccount {
    credential(&account.key, &account.secret)
}

/// An account that signs with the same key's OAuth token.
pub(crate) fn by_token(account: &Account) -> VenueAccount {
    credential(OAUTH, &account.secret)
}

fn credential(key: &str, secret: &str) -> VenueAccount {
    let secret = CredentialSecret::new(key.to_owned(), secret.to_owned(), None);
    let authenticator = Arc::new(AlpacaAuthenticator::new(id("alpaca")));
    VenueAccount { user: user(), signer: Arc::new(TestSigner::new(authenticator, secret)) }
}

/// Alpaca on the wire, its stock market open, BTC at 60,000 and all prices standing still.
pub(crate) struct Alpaca {
    sim: SimHandle,
    pub(crate) executor: Arc<AlpacaExecutor>,
    symbol: Symbol,
}

impl Alpaca {
    /// Trading BTC.
    pub(crate) async fn start() -> Self {
        Self::trading("BTC-USD", 60_000.into()).await
    }

    /// Trading a share that has no fractions.
    pub(crate) async fn stocks() -> Self {
        Self::trading("ZVZZT-USD", dec("14.50")).await
    }

    pub(crate) async fn trading(symbol: &str, price: Decimal) -> Self {
        let builder = Sim::builder().venues([VenueKind::Alpaca]).accounts(1).no_limits().paused(true);
        let sim = builder.start().await.unwrap();
        let venue = sim.venue(VenueKind::Alpaca);
        assert!(venue.set_market_open(Some(true)));
        assert!(venue.set_price(symbol, price));
        let executor = AlpacaExecutor::new(Self::config(venue), Arc::new(SystemClock)).unwrap();
        Self { sim, executor: Arc::new(executor), symbol: Symbol::new(symbol).unwrap() }
    }

    /// With the operator's data key, and books compared often enough for tests of gaps.
    pub(crate) fn config(venue: &VenueHandle) -> AlpacaConfig {
        let operator = venue.add_account(NewAccount::default());
        Self::keyless_config(venue).data_key(DataKey::new(operator.key, operator.secret))
    }

    pub(crate) fn keyless_config(venue: &VenueHandle) -> AlpacaConfig {
        let mut config = AlpacaConfig::new(
            id("alpaca"),
            venue.rest.as_str(),
            venue.ws_public.as_str(),
            venue.ws_private.as_str(),
        );
        config.http.timeout = PATIENCE;
        config.book_check = Duration::from_millis(500);
        config.account_check = Duration::from_millis(500);
        config.poll = Duration::from_millis(50);
        config
    }

    pub(crate) fn venue(&self) -> &VenueHandle {
        self.sim.venue(VenueKind::Alpaca)
    }

    /// A new key at the simulator.
    pub(crate) fn key(&self) -> Account {
        funded(self.venue(), "BTC-USD", 10_000)
    }
}

#[async_trait]
impl Harness for Alpaca {
    fn executor(&self) -> Arc<dyn Executor> {
        self.executor.clone()
    }

    fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(SystemClock)
    }

    fn symbol(&self) -> Symbol {
        self.symbol.clone()
    }

    async fn account(&self) -> VenueAccount {
        signed(&self.key())
    }

    async fn reach(&self, side: Side, limit: Price) {
        // What rested is told from what took by the time in between: the venue's clock moves on.
        self.venue().fault(Fault::new(FaultKind::ClockSkew).ms(2_000));
        assert!(self.venue().set_price(self.symbol.as_str(), beyond(limit, side).round_dp(2)));
    }

    fn tells_fees(&self) -> bool {
        self.symbol.base() == "BTC"
    }

    fn requests(&self) -> Option<u64> {
        Some(self.venue().requests())
    }

    fn fault(&self, fault: VenueFault) -> bool {
        match fault {
            // There is no nonce, and its clock is not followed: orders are found by their ids, at any time.
            VenueFault::BadNonce | VenueFault::ClockBehind => false,
            VenueFault::ServerError => {
                self.venue().fault(Fault::new(FaultKind::Http5xx).on("/v2/orders").status(504));
                true
            }
            other => sim_faults::cause(self.venue(), other, "/v2/orders", &["data"]),
        }
    }

    fn heal(&self) {
        self.venue().clear_faults();
    }
}
