//! A simulated venue on loopback, its price at 60,000 and standing still: what the harnesses of all venues have in common.

use async_trait::async_trait;
use nija_core::{
    Authenticator, Clock, CredentialSecret, Executor, Price, Side, Symbol, SystemClock, VenueAccount,
};
use nija_exchanges::testing::{Harness, TestSigner, Trader, VenueFault};
use nija_sim::{Account, NewAccount, Sim, SimHandle, Tier, VenueHandle, VenueKind};
use rust_decimal::Decimal;
use std::{collections::BTreeMap, sync::Arc, time::Duration};

use crate::{
    sim_faults,
    support::{dec, user},
};

/// Long enough for a loaded machine, short enough for an answer that never comes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// What is a venue's own.
pub(crate) trait Wire: Sized + Send + Sync + 'static {
    type Executor: Executor + 'static;
    const KIND: VenueKind;
    const SYMBOL: &'static str = "BTC-USD";
    /// Digits of its prices.
    const PLACES: u32 = 2;
    /// Where new orders go.
    const ORDERS: &'static str;
    /// The rights of a key that may only look.
    const LOOKS: &'static [&'static str];
    /// See [`Harness::price_band`] and [`Harness::stops_hold_goods`].
    const PRICE_BAND: i64 = 200;
    const STOPS_HOLD_GOODS: bool = true;

    fn open(venue: &VenueHandle) -> Self::Executor;

    fn authenticator(executor: &Self::Executor) -> Arc<dyn Authenticator>;

    /// A fault that this venue has in a way of its own, or not at all; `None` for those that are as elsewhere.
    fn own_fault(_: &VenueHandle, _: VenueFault) -> Option<bool> {
        None
    }
}

pub(crate) struct OnTheWire<W: Wire> {
    sim: SimHandle,
    pub(crate) executor: Arc<W::Executor>,
}

impl<W: Wire> OnTheWire<W> {
    pub(crate) async fn start() -> Self {
        Self::start_with(W::open).await
    }

    pub(crate) async fn start_with(open: impl FnOnce(&VenueHandle) -> W::Executor) -> Self {
        Self::start_at(Tier::Unlimited, open).await
    }

    /// At a venue with limits, which tells of them in its headers.
    pub(crate) async fn start_limited() -> Self {
        Self::start_at(Tier::Pro, W::open).await
    }

    async fn start_at(tier: Tier, open: impl FnOnce(&VenueHandle) -> W::Executor) -> Self {
        let builder = Sim::builder().venues([W::KIND]).accounts(1).tier(tier).paused(true);
        let sim = builder.start().await.unwrap();
        assert!(sim.set_price(W::SYMBOL, 60_000.into()));
        let executor = Arc::new(open(sim.venue(W::KIND)));
        Self { sim, executor }
    }

    pub(crate) fn venue(&self) -> &VenueHandle {
        self.sim.venue(W::KIND)
    }

    /// A new key at the simulator.
    pub(crate) fn key(&self) -> Account {
        self.key_with(10_000)
    }

    /// A new key of an account with so much money.
    pub(crate) fn key_with(&self, money: u64) -> Account {
        funded(self.venue(), W::SYMBOL, money)
    }

    /// An account that signs with a key of the simulator.
    pub(crate) fn signed(&self, account: &Account) -> VenueAccount {
        signed(W::authenticator(&self.executor), account)
    }

    /// A user who trades with this key.
    pub(crate) async fn trader(&self, key: &Account) -> Trader {
        let mut trader = Trader::new(self).await;
        trader.account = self.signed(key);
        trader
    }

    /// Moves the market well past a limit, so that the other side of the book is there whatever the spread.
    pub(crate) fn set(&self, limit: Price, side: Side) {
        assert!(self.venue().set_price(W::SYMBOL, beyond(limit, side).round_dp(W::PLACES)));
    }
}

/// A price at which an order of this side with this limit trades.
pub(crate) fn beyond(limit: Price, side: Side) -> Decimal {
    let factor = match side {
        Side::Buy => dec("0.99"),
        Side::Sell => dec("1.01"),
    };
    limit.get() * factor
}

/// A new key of an account with so much of what a symbol is paid in.
pub(crate) fn funded(venue: &VenueHandle, symbol: &str, money: u64) -> Account {
    let symbol = Symbol::new(symbol).unwrap();
    venue.add_account(NewAccount {
        balances: Some(BTreeMap::from([(symbol.quote().to_owned(), Decimal::from(money))])),
        ..NewAccount::default()
    })
}

/// An account that signs with a key of the simulator.
pub(crate) fn signed(authenticator: Arc<dyn Authenticator>, account: &Account) -> VenueAccount {
    let (key, secret) = (account.key.clone(), account.secret.clone());
    let secret = CredentialSecret::new(key, secret, account.passphrase.clone());
    VenueAccount { user: user(), signer: Arc::new(TestSigner::new(authenticator, secret)) }
}

#[async_trait]
impl<W: Wire> Harness for OnTheWire<W> {
    fn executor(&self) -> Arc<dyn Executor> {
        self.executor.clone()
    }

    fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(SystemClock)
    }

    fn symbol(&self) -> Symbol {
        Symbol::new(W::SYMBOL).unwrap()
    }

    async fn account(&self) -> VenueAccount {
        self.signed(&self.key())
    }

    async fn reach(&self, side: Side, limit: Price) {
        self.set(limit, side);
    }

    fn price_band(&self) -> i64 {
        W::PRICE_BAND
    }

    fn stops_hold_goods(&self) -> bool {
        W::STOPS_HOLD_GOODS
    }

    fn requests(&self) -> Option<u64> {
        Some(self.venue().requests())
    }

    fn fault(&self, fault: VenueFault) -> bool {
        W::own_fault(self.venue(), fault)
            .unwrap_or_else(|| sim_faults::cause(self.venue(), fault, W::ORDERS, W::LOOKS))
    }

    fn heal(&self) {
        self.venue().clear_faults();
    }
}
