use async_trait::async_trait;
use futures::{StreamExt, stream::BoxStream};
use nija_core::{
    AccountEvent, AmbiguityBound, Candle, CandleInterval, Clock, CredentialId, CredentialMeta, ExecutionId,
    ExecutionReport, Executor, FeeSchedule, Instrument, KeyRights, Liquidity, Lookup, MarketEvent, Notional,
    OpenPurpose, OrderBook, OrderLookup, OrderRef, OrderState, Placement, Price, PriceReach, Quantity, Quote,
    RepeatedClientId, RestingOrders, SealedCredential, SealingKey, Signer, StreamLane, Symbol, SystemClock,
    TimeInForce, Timestamp, UserId, Vault, VaultError, VenueAccount, VenueBalance, VenueContract, VenueError,
    VenueFill, VenueId, VenueOrder, VenueOrderId,
};
use parking_lot::Mutex;
use rust_decimal::Decimal;
use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

type Listeners = Arc<Mutex<HashMap<UserId, UnboundedSender<AccountEvent>>>>;

/// Fills every order whole within the call and says so on the account's stream; what may rest, rests.
pub(crate) struct InstantVenue {
    /// What a call takes.
    latency: Duration,
    /// Whether its answer names what it filled; its account stream tells it otherwise.
    tells_at_once: bool,
    /// Whether it takes no order and gives no answer.
    hangs: AtomicBool,
    contract: VenueContract,
    listeners: Listeners,
    serial: AtomicU64,
    price: Price,
}

#[allow(dead_code)] // Each bench takes what it needs.
impl InstantVenue {
    pub(crate) fn new() -> Self {
        Self { tells_at_once: true, ..Self::named("instant", Duration::ZERO) }
    }

    pub(crate) fn set_hangs(&self, hangs: bool) {
        self.hangs.store(hangs, Ordering::Relaxed);
    }

    pub(crate) fn named(name: &str, latency: Duration) -> Self {
        Self {
            latency,
            tells_at_once: false,
            hangs: AtomicBool::new(false),
            contract: VenueContract {
                venue: VenueId::new(name).unwrap(),
                name: "Instant",
                needs_credential: false,
                repeated_client_id: RepeatedClientId::Rejected,
                lookup: OrderLookup::ByClientId,
                ambiguity_bound: AmbiguityBound::Deadline(Duration::from_secs(1)),
                limit_scopes: Vec::new(),
                resting: RestingOrders::ALL,
                ordered_nonces: false,
                reach: PriceReach::UNBOUNDED,
            },
            listeners: Listeners::default(),
            serial: AtomicU64::new(0),
            price: Price::new(Decimal::from(60_000)).unwrap(),
        }
    }

    fn venue(&self) -> VenueId {
        self.contract.venue.clone()
    }
}

#[async_trait]
impl Executor for InstantVenue {
    fn contract(&self) -> &VenueContract {
        &self.contract
    }

    async fn instruments(&self) -> Result<Vec<Instrument>, VenueError> {
        Ok(vec![Instrument {
            venue: self.venue(),
            symbol: Symbol::new("BTC-USD").unwrap(),
            venue_symbol: "BTCUSD".into(),
            lot_size: Decimal::new(1, 8),
            tick_size: Decimal::new(1, 2),
            min_quantity: Quantity::new(Decimal::new(1, 6)).unwrap(),
            max_quantity: None,
            min_notional: Notional::ZERO,
            reach: PriceReach::UNBOUNDED,
            tradable: true,
            resting: RestingOrders::ALL,
        }])
    }

    async fn quote(&self, symbol: &Symbol) -> Result<Quote, VenueError> {
        Err(VenueError::NotListed { venue: self.venue(), symbol: symbol.clone() })
    }

    async fn book(&self, symbol: &Symbol, _: usize) -> Result<OrderBook, VenueError> {
        Err(VenueError::NotListed { venue: self.venue(), symbol: symbol.clone() })
    }

    async fn candles(&self, _: &Symbol, _: CandleInterval, _: usize) -> Result<Vec<Candle>, VenueError> {
        Ok(Vec::new())
    }

    fn default_fees(&self) -> FeeSchedule {
        FeeSchedule { maker: Decimal::ZERO, taker: Decimal::new(10, 4), from_venue: false }
    }

    async fn fees(&self, _: &VenueAccount, _: &Symbol) -> Result<FeeSchedule, VenueError> {
        Ok(self.default_fees())
    }

    async fn balances(&self, _: &VenueAccount) -> Result<Vec<VenueBalance>, VenueError> {
        let total = Decimal::from(1_000_000_000_000i64);
        let at = SystemClock.now();
        Ok(vec![VenueBalance { venue: self.venue(), asset: "USD".into(), total, available: total, at }])
    }

    async fn key_rights(&self, _: &VenueAccount) -> Result<KeyRights, VenueError> {
        Ok(KeyRights::default())
    }

    async fn place(
        &self,
        account: &VenueAccount,
        order: &VenueOrder,
        _: Notional,
    ) -> Result<Placement, VenueError> {
        if self.hangs.load(Ordering::Relaxed) {
            return std::future::pending().await;
        }
        if !self.latency.is_zero() {
            tokio::time::sleep(self.latency).await;
        }
        let n = self.serial.fetch_add(1, Ordering::Relaxed);
        let (venue_order_id, at) = (VenueOrderId::new(&format!("o{n}")).unwrap(), SystemClock.now());
        if order.time_in_force() == TimeInForce::Gtc {
            return Ok(Placement { venue_order_id, report: None, fills: Vec::new() });
        }
        let fill = VenueFill {
            venue: self.venue(),
            execution_id: ExecutionId::new(&format!("e{n}")).unwrap(),
            venue_order_id: venue_order_id.clone(),
            client_id: Some(order.client_id()),
            symbol: order.symbol().clone(),
            side: order.side(),
            quantity: order.quantity(),
            price: self.price,
            fee_asset: "USD".into(),
            fee: Decimal::new(6, 2),
            liquidity: Liquidity::Taker,
            at,
        };
        let report = ExecutionReport {
            venue: self.venue(),
            venue_order_id: venue_order_id.clone(),
            client_id: Some(order.client_id()),
            symbol: order.symbol().clone(),
            side: order.side(),
            kind: order.kind(),
            state: OrderState::Filled,
            quantity: order.quantity(),
            filled: order.quantity(),
            average_price: Some(self.price),
            reason: None,
            at,
        };
        if self.tells_at_once {
            return Ok(Placement { venue_order_id, report: Some(report), fills: vec![fill] });
        }
        if let Some(listener) = self.listeners.lock().get(&account.user) {
            listener.send(AccountEvent::Fill(fill)).unwrap();
        }
        Ok(Placement { venue_order_id, report: Some(report), fills: Vec::new() })
    }

    async fn cancel(&self, _: &VenueAccount, _: &OrderRef) -> Result<(), VenueError> {
        Ok(())
    }

    async fn cancel_all(&self, _: &VenueAccount) -> Result<Option<u64>, VenueError> {
        Ok(None)
    }

    async fn find(&self, _: &VenueAccount, _: &OrderRef, _: Timestamp) -> Result<Lookup, VenueError> {
        Ok(Lookup::Absent)
    }

    async fn open_orders(&self, _: &VenueAccount) -> Result<Vec<ExecutionReport>, VenueError> {
        Ok(Vec::new())
    }

    async fn fills_since(&self, _: &VenueAccount, _: Timestamp) -> Result<Vec<VenueFill>, VenueError> {
        Ok(Vec::new())
    }

    fn market_stream(&self, symbols: Vec<Symbol>, _: Arc<dyn StreamLane>) -> BoxStream<'static, MarketEvent> {
        let size = Quantity::new(Decimal::from(1000)).unwrap();
        let price = self.price;
        let ticks = futures::stream::unfold(symbols, move |symbols| async move {
            let at = SystemClock.now();
            let quote = Quote { bid: price, bid_size: size, ask: price, ask_size: size, at };
            let quotes: Vec<_> =
                symbols.iter().map(|symbol| MarketEvent::Quote { symbol: symbol.clone(), quote }).collect();
            tokio::time::sleep(Duration::from_millis(10)).await;
            Some((futures::stream::iter(quotes), symbols))
        });
        futures::stream::iter([MarketEvent::Connected]).chain(ticks.flatten()).boxed()
    }

    fn account_stream(
        &self,
        account: VenueAccount,
        _: Arc<dyn StreamLane>,
    ) -> BoxStream<'static, AccountEvent> {
        let (sender, receiver) = unbounded_channel();
        sender.send(AccountEvent::Connected).unwrap();
        self.listeners.lock().insert(account.user, sender);
        futures::stream::unfold(receiver, |mut receiver| async move {
            let event = receiver.recv().await?;
            Some((event, receiver))
        })
        .boxed()
    }
}

/// A vault that holds nothing: the venue needs no key.
pub(crate) struct NoVault;

fn empty<T>() -> Result<T, VaultError> {
    Err(VaultError::Storage("this vault is empty".into()))
}

#[async_trait]
impl Vault for NoVault {
    async fn sealing_key(&self) -> Result<SealingKey, VaultError> {
        empty()
    }

    async fn store(
        &self,
        _: UserId,
        _: &VenueId,
        _: &str,
        _: &SealedCredential,
    ) -> Result<CredentialMeta, VaultError> {
        empty()
    }

    async fn open_sealed(
        &self,
        _: UserId,
        _: &VenueId,
        _: &SealedCredential,
    ) -> Result<Arc<dyn Signer>, VaultError> {
        empty()
    }

    async fn set_rights(&self, _: UserId, _: CredentialId, _: KeyRights) -> Result<(), VaultError> {
        empty()
    }

    async fn list(&self, _: UserId) -> Result<Vec<CredentialMeta>, VaultError> {
        Ok(Vec::new())
    }

    async fn active(&self) -> Result<Vec<CredentialMeta>, VaultError> {
        Ok(Vec::new())
    }

    async fn open(&self, _: UserId, _: &VenueId, _: OpenPurpose) -> Result<Arc<dyn Signer>, VaultError> {
        empty()
    }

    async fn rollback(&self, _: UserId, _: CredentialId) -> Result<CredentialMeta, VaultError> {
        empty()
    }

    async fn revoke(&self, _: UserId, _: CredentialId) -> Result<(), VaultError> {
        empty()
    }

    async fn verify_audit(&self) -> Result<u64, VaultError> {
        Ok(0)
    }
}
