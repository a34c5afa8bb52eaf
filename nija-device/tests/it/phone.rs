//! A phone and a simulated venue.

use nija_device::core::{
    Clock, CredentialSecret, ManualClock, OrderPolicy, OrderSize, OsEntropy, Price, Symbol, SystemClock,
    Timestamp, UserId, VenueAccount, VenueId,
};
use nija_device::{
    Device, DeviceParts, KeyWrap, NewKey, Opening, Store, StoreFailed, Trade, VenueAddresses, VenueConfig,
    WrapFailed,
};
use nija_exchanges::testing::TestSigner;
use nija_sim::{Account, Fault, FaultKind, NewAccount, OrderView, Sim, SimHandle, VenueHandle, VenueKind};
use rust_decimal::Decimal;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// All simulated venues.
pub(crate) const FIVE: [VenueKind; 5] =
    [VenueKind::Kraken, VenueKind::Binance, VenueKind::Coinbase, VenueKind::Okx, VenueKind::Alpaca];

pub(crate) fn btc() -> Symbol {
    Symbol::new("BTC-USD").unwrap()
}

pub(crate) fn price(text: &str) -> Price {
    text.parse().unwrap()
}

pub(crate) fn user(id: u128) -> UserId {
    UserId::from_uuid(uuid::Uuid::from_u128(id))
}

type Hook = Box<dyn FnMut(&str, &str) -> Result<(), StoreFailed> + Send>;

/// The phone's secure store: a map, and what a test wants to happen when something is kept.
#[derive(Default)]
pub(crate) struct MapStore {
    pub(crate) kept: Mutex<HashMap<String, String>>,
    hook: Mutex<Option<Hook>>,
    /// What the hook lets fail is kept all the same: the answer was lost, not the value.
    pub(crate) keeps_what_fails: AtomicBool,
}

impl MapStore {
    /// Calls `hook` with the name and the text before anything is kept.
    pub(crate) fn on_set(&self, hook: impl FnMut(&str, &str) -> Result<(), StoreFailed> + Send + 'static) {
        *self.hook.lock().unwrap() = Some(Box::new(hook));
    }

    pub(crate) fn heal(&self) {
        *self.hook.lock().unwrap() = None;
    }

    /// Everything that is kept, to be put back later.
    pub(crate) fn copy(&self) -> HashMap<String, String> {
        self.kept.lock().unwrap().clone()
    }

    /// Puts back, from a copy, what is kept under names with `part` in them; what the copy does not have is gone.
    pub(crate) fn put_back(&self, copy: &HashMap<String, String>, part: &str) {
        let mut kept = self.kept.lock().unwrap();
        kept.retain(|name, _| !name.contains(part));
        kept.extend(copy.iter().filter(|(name, _)| name.contains(part)).map(|(n, t)| (n.clone(), t.clone())));
    }

    /// Changes the one text that is kept under a name with `part` in it.
    pub(crate) fn edit(&self, part: &str, edit: impl FnOnce(&str) -> String) {
        let mut kept = self.kept.lock().unwrap();
        let text = kept.iter_mut().find(|(name, _)| name.contains(part)).unwrap().1;
        *text = edit(text);
    }

    /// Everything that is kept, as one text.
    pub(crate) fn dump(&self) -> String {
        self.kept.lock().unwrap().values().cloned().collect::<Vec<_>>().join("\n")
    }
}

impl Store for MapStore {
    fn get(&self, key: &str) -> Result<Option<String>, StoreFailed> {
        Ok(self.kept.lock().unwrap().get(key).cloned())
    }

    fn set(&self, key: &str, value: &str) -> Result<(), StoreFailed> {
        let told = self.hook.lock().unwrap().as_mut().map_or(Ok(()), |hook| hook(key, value));
        if told.is_ok() || self.keeps_what_fails.load(Ordering::SeqCst) {
            self.kept.lock().unwrap().insert(key.to_owned(), value.to_owned());
        }
        told
    }

    fn delete(&self, key: &str) -> Result<(), StoreFailed> {
        self.kept.lock().unwrap().remove(key);
        Ok(())
    }
}

/// Stands for the phone's hardware: it opens what it wrapped itself.
pub(crate) struct Chip(pub(crate) u8);

impl KeyWrap for Chip {
    fn wrap(&self, plain: &[u8]) -> Result<Vec<u8>, WrapFailed> {
        Ok(std::iter::once(self.0).chain(plain.iter().map(|byte| byte ^ self.0)).collect())
    }

    fn unwrap(&self, wrapped: &[u8]) -> Result<zeroize::Zeroizing<Vec<u8>>, WrapFailed> {
        match wrapped.split_first() {
            Some((mark, rest)) if *mark == self.0 => {
                Ok(rest.iter().map(|byte| byte ^ self.0).collect::<Vec<_>>().into())
            }
            _ => Err(WrapFailed),
        }
    }
}

/// The machine's time, set forward by as much as a test wants.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shifted(Arc<Mutex<Duration>>);

impl Shifted {
    pub(crate) fn forward(&self, by: Duration) {
        *self.0.lock().unwrap() += by;
    }
}

impl Clock for Shifted {
    fn now(&self) -> Timestamp {
        SystemClock.now().plus(*self.0.lock().unwrap())
    }
}

/// A venue with BTC at 60,000 and standing still, and a phone with a key for it.
pub(crate) struct Phone {
    pub(crate) sim: SimHandle,
    pub(crate) kind: VenueKind,
    pub(crate) account: Account,
    pub(crate) store: Arc<MapStore>,
    pub(crate) clock: Shifted,
    pub(crate) steady: ManualClock,
    pub(crate) device: Device,
}

impl Phone {
    pub(crate) async fn at(kind: VenueKind) -> Self {
        Self::with_policy(kind, None).await
    }

    pub(crate) async fn with_policy(kind: VenueKind, policy: Option<OrderPolicy>) -> Self {
        let sim = Sim::builder().venues([kind]).accounts(2).no_limits().paused(true).start().await.unwrap();
        assert!(sim.set_price("BTC-USD", 60_000.into()));
        let (store, clock, steady) =
            (Arc::new(MapStore::default()), Shifted::default(), ManualClock::default());
        let account = sim.venue(kind).accounts[0].clone();
        let device = device(&sim, kind, &store, &clock, &steady, Some(9));
        let phone = Self { sim, kind, account, store, clock, steady, device };
        phone.device.connect(phone.key(&phone.account, policy)).await.unwrap();
        phone
    }

    /// The app ends and starts again, with what its store kept.
    pub(crate) fn restart(&mut self) {
        self.steady = ManualClock::default();
        self.device = device(&self.sim, self.kind, &self.store, &self.clock, &self.steady, Some(9));
    }

    pub(crate) fn another(&self, chip: Option<u8>) -> Device {
        device(&self.sim, self.kind, &self.store, &self.clock, &self.steady, chip)
    }

    pub(crate) fn key(&self, account: &Account, policy: Option<OrderPolicy>) -> NewKey {
        let (key, secret) = (account.key.clone(), account.secret.clone());
        let secret = CredentialSecret::new(key, secret, account.passphrase.clone());
        NewKey { venue: self.id(), label: "phone".into(), secret, policy }
    }

    pub(crate) fn id(&self) -> VenueId {
        VenueId::new(self.kind.name()).unwrap()
    }

    pub(crate) fn venue(&self) -> &VenueHandle {
        self.sim.venue(self.kind)
    }

    /// What is really at the venue, oldest first.
    pub(crate) fn orders(&self) -> Vec<OrderView> {
        let mut orders = self.venue().orders(&self.account.key);
        orders.sort_by_key(|order| order.opened_ns);
        orders
    }

    pub(crate) fn open_orders(&self) -> Vec<OrderView> {
        self.orders().into_iter().filter(|order| order.status == "open").collect()
    }

    pub(crate) fn balance(&self, asset: &str) -> Decimal {
        self.venue().balances(&self.account.key).get(asset).map_or(Decimal::ZERO, |balance| balance.total)
    }

    /// The owner cancels everything at the exchange itself, under another key of theirs.
    pub(crate) async fn owner_cancels_all(&self) {
        let other = self.venue().add_key(&self.account.key, NewAccount::default()).unwrap();
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let opened = config(&self.sim, self.kind).open(&clock).unwrap();
        let secret = CredentialSecret::new(other.key, other.secret, other.passphrase);
        let signer = TestSigner::new(opened.authenticator.unwrap(), secret);
        let account = VenueAccount { user: user(9), signer: Arc::new(signer) };
        opened.executor.cancel_all(&account).await.unwrap();
        assert_eq!(self.open_orders(), []);
    }

    /// Buys for 600 USD with a stop at 57,000.
    pub(crate) async fn opened(&self) -> Trade {
        self.device.open(&self.id(), opening()).await.unwrap()
    }

    /// All clocks go on by this much, as they do when time passes: the phone's two, and the venue's.
    pub(crate) fn wait(&self, by: Duration) {
        self.clock.forward(by);
        self.steady.advance(by);
        let ahead = i64::try_from(self.clock.0.lock().unwrap().as_millis()).unwrap();
        self.venue().fault(Fault::new(FaultKind::ClockSkew).ms(ahead));
    }
}

pub(crate) fn opening() -> Opening {
    Opening {
        symbol: btc(),
        size: OrderSize::Quote("600".parse().unwrap()),
        limit: None,
        stop: price("57000"),
        take_profit: None,
    }
}

fn config(sim: &SimHandle, kind: VenueKind) -> VenueConfig {
    let venue = sim.venue(kind);
    let addresses = VenueAddresses {
        rest: venue.rest.clone(),
        ws_public: venue.ws_public.clone(),
        ws_private: venue.ws_private.clone(),
    };
    VenueConfig::at(kind.name(), VenueId::new(kind.name()).unwrap(), addresses).unwrap()
}

fn device(
    sim: &SimHandle,
    kind: VenueKind,
    store: &Arc<MapStore>,
    clock: &Shifted,
    steady: &ManualClock,
    chip: Option<u8>,
) -> Device {
    let parts = DeviceParts {
        user: user(1),
        store: store.clone(),
        wrap: chip.map(|mark| Arc::new(Chip(mark)) as Arc<dyn KeyWrap>),
        clock: Arc::new(clock.clone()),
        steady: Arc::new(steady.clone()),
        entropy: Arc::new(OsEntropy::new().unwrap()),
    };
    Device::new(parts, &[config(sim, kind)]).unwrap()
}
