//! The object that the app trades with on the phone.

use nija_device::core::{CredentialSecret, OrderId, OsEntropy, SystemClock, UserId, VenueId};
use nija_device::{Device, DeviceError, DeviceParts, NewKey, SteadyClock, Trade};
use std::future::Future;
use std::sync::Arc;

use super::error::DeviceTradeError;
use super::host::{Clock, DeviceKey, HostClock, HostKey, HostStore};
use super::records::{
    DeviceBalance, DeviceKeyRecord, DeviceOpening, DevicePolicy, DeviceSale, DeviceTrade, DeviceVenue, read,
};
use crate::runtime::handle;
use crate::store::SecureStore;

/// Custody mode `device`: exchange keys that are on this phone alone, and the orders that it signs with them and sends to the exchange
/// itself. No server sees a key, a signature or an order of it. One process at a time may use a store.
///
/// A position is opened together with its stop resting at the exchange, or not at all. Call `settle` when the app comes to the front: it
/// looks up what is in doubt and finishes what was interrupted.
#[derive(uniffi::Object)]
pub struct DeviceTrader {
    device: Arc<Device>,
}

/// Runs `work` to its end, whatever becomes of the caller: an order that is on its way has its stop placed.
async fn run<T: Send + 'static>(
    work: impl Future<Output = Result<T, DeviceError>> + Send + 'static,
) -> Result<T, DeviceTradeError> {
    let runtime = handle().map_err(|_| DeviceTradeError::Internal)?;
    runtime.spawn(work).await.map_err(|_| DeviceTradeError::Internal)?.map_err(DeviceTradeError::from)
}

#[uniffi::export]
impl DeviceTrader {
    /// The desk of one user (`user_id` as the server names them, so that two who share a phone share nothing). `key` is the phone's
    /// hardware key; without one the store alone keeps the exchange keys.
    #[uniffi::constructor(default(key = None, clock = None))]
    pub fn new(
        user_id: String,
        venues: Vec<DeviceVenue>,
        store: Arc<dyn SecureStore>,
        key: Option<Arc<dyn DeviceKey>>,
        clock: Option<Arc<dyn Clock>>,
    ) -> Result<Arc<Self>, DeviceTradeError> {
        let user: UserId = read("user_id", &user_id)?;
        let venues = venues.into_iter().map(DeviceVenue::config).collect::<Result<Vec<_>, _>>()?;
        let clock: Arc<dyn nija_device::core::Clock> = match clock {
            Some(clock) => Arc::new(HostClock(clock)),
            None => Arc::new(SystemClock),
        };
        let parts = DeviceParts {
            user,
            store: Arc::new(HostStore(store)),
            wrap: key.map(|key| Arc::new(HostKey(key)) as Arc<dyn nija_device::KeyWrap>),
            clock,
            steady: Arc::new(SteadyClock::default()),
            entropy: Arc::new(OsEntropy::new().map_err(|_| DeviceTradeError::Internal)?),
        };
        // Executors may begin work of their own.
        let runtime = handle().map_err(|_| DeviceTradeError::Internal)?;
        let _inside = runtime.enter();
        Ok(Arc::new(Self { device: Arc::new(Device::new(parts, &venues)?) }))
    }

    /// Asks the exchange what the key may do and keeps it on this phone. One that may withdraw is refused. Nothing goes to any server:
    /// call `NijaClient.registerDeviceKey` with the answer's fingerprint to have it listed there.
    /// (Arguments and no record: a Kotlin record would print its secret.)
    #[uniffi::method(default(passphrase = None, policy = None))]
    pub async fn connect(
        &self,
        venue: String,
        label: String,
        key: String,
        secret: String,
        passphrase: Option<String>,
        policy: Option<DevicePolicy>,
    ) -> Result<DeviceKeyRecord, DeviceTradeError> {
        let secret = CredentialSecret::new(key, secret, passphrase);
        let policy = policy.map(TryInto::try_into).transpose()?;
        let (device, venue) = self.at(&venue)?;
        let new = NewKey { venue, label, secret, policy };
        run(async move { device.connect(new).await }).await.map(DeviceKeyRecord::from)
    }

    /// The keys on this phone.
    pub fn keys(&self) -> Result<Vec<DeviceKeyRecord>, DeviceTradeError> {
        Ok(self.device.keys()?.into_iter().map(DeviceKeyRecord::from).collect())
    }

    /// Asks the exchange again what the key may do.
    pub async fn check_key(&self, venue: String) -> Result<DeviceKeyRecord, DeviceTradeError> {
        let (device, venue) = self.at(&venue)?;
        run(async move { device.check(&venue).await }).await.map(DeviceKeyRecord::from)
    }

    /// Changes what the phone's signer lets pass; the hardware key has to open the exchange key for it.
    #[uniffi::method(default(policy = None))]
    pub async fn set_policy(
        &self,
        venue: String,
        policy: Option<DevicePolicy>,
    ) -> Result<DeviceKeyRecord, DeviceTradeError> {
        let policy = policy.map(TryInto::try_into).transpose()?;
        let (device, venue) = self.at(&venue)?;
        run(async move { device.set_policy(&venue, policy).await }).await.map(DeviceKeyRecord::from)
    }

    /// Wipes the open key from memory, as when the app goes to the background; an entry that is on its way has its stop placed first. The next call has the hardware open it again.
    pub async fn lock(&self, venue: String) -> Result<(), DeviceTradeError> {
        let (device, venue) = self.at(&venue)?;
        run(async move { device.lock(&venue).await }).await
    }

    /// Removes a key from this phone, unless something is open under it. At the exchange only its owner can end it.
    pub async fn forget_key(&self, venue: String) -> Result<(), DeviceTradeError> {
        let (device, venue) = self.at(&venue)?;
        run(async move { device.forget(&venue).await }).await
    }

    /// What the user has at an exchange, as it says now.
    pub async fn balances(&self, venue: String) -> Result<Vec<DeviceBalance>, DeviceTradeError> {
        let (device, venue) = self.at(&venue)?;
        let balances = run(async move { device.balances(&venue).await }).await?;
        Ok(balances.into_iter().map(DeviceBalance::from).collect())
    }

    /// Buys, and has the stop rest at the exchange. Look at the answer's `protection`: `Missing` and `InDoubt` are to be shown at once.
    pub async fn open_position(
        &self,
        venue: String,
        opening: DeviceOpening,
    ) -> Result<DeviceTrade, DeviceTradeError> {
        let (device, venue) = self.at(&venue)?;
        let opening = opening.try_into()?;
        run(async move { device.open(&venue, opening).await }).await.map(DeviceTrade::from)
    }

    /// Sells a position that this phone opened; its stop is put back where that is refused.
    pub async fn close_position(&self, venue: String, id: String) -> Result<DeviceTrade, DeviceTradeError> {
        let (device, venue, id) = self.trade_at(&venue, &id)?;
        run(async move { device.close(&venue, id).await }).await.map(DeviceTrade::from)
    }

    /// Sells something that the user has.
    pub async fn sell(&self, venue: String, sale: DeviceSale) -> Result<DeviceTrade, DeviceTradeError> {
        let (device, venue) = self.at(&venue)?;
        let sale = sale.try_into()?;
        run(async move { device.sell(&venue, sale).await }).await.map(DeviceTrade::from)
    }

    /// Cancels a sale that rests.
    pub async fn cancel(&self, venue: String, id: String) -> Result<DeviceTrade, DeviceTradeError> {
        let (device, venue, id) = self.trade_at(&venue, &id)?;
        run(async move { device.cancel(&venue, id).await }).await.map(DeviceTrade::from)
    }

    /// One trade, after asking the exchange about what is not settled.
    pub async fn trade(&self, venue: String, id: String) -> Result<DeviceTrade, DeviceTradeError> {
        let (device, venue, id) = self.trade_at(&venue, &id)?;
        run(async move { device.trade(&venue, id).await }).await.map(DeviceTrade::from)
    }

    /// All trades of an exchange as the phone knows them; nobody is asked and no key is opened.
    pub async fn trades(&self, venue: String) -> Result<Vec<DeviceTrade>, DeviceTradeError> {
        let (device, venue) = self.at(&venue)?;
        run(async move { device.trades(&venue).await }).await.map(shown)
    }

    /// Looks up what is in doubt and finishes what was interrupted: every unfinished trade comes as far as it can.
    pub async fn settle(&self, venue: String) -> Result<Vec<DeviceTrade>, DeviceTradeError> {
        let (device, venue) = self.at(&venue)?;
        run(async move { device.settle(&venue).await }).await.map(shown)
    }

    /// After `JournalDoubted`: asks the exchange for every order that this phone sent and its list does not name, takes them up, and goes on
    /// from there. Sends no order. Refused with `too_early` while a forgotten order may still be on its way. Then call `settle`, and look at
    /// `stopLost`: such a position has no stop any more, and its owner closes it.
    pub async fn reconcile(&self, venue: String) -> Result<Vec<DeviceTrade>, DeviceTradeError> {
        let (device, venue) = self.at(&venue)?;
        run(async move { device.reconcile(&venue).await }).await.map(shown)
    }

    /// The user looked at the exchange and the order in doubt is not there. Taken ten minutes after it was sent at the earliest.
    pub async fn dismiss(&self, venue: String, id: String) -> Result<DeviceTrade, DeviceTradeError> {
        let (device, venue, id) = self.trade_at(&venue, &id)?;
        run(async move { device.dismiss(&venue, id).await }).await.map(DeviceTrade::from)
    }
}

impl DeviceTrader {
    fn at(&self, venue: &str) -> Result<(Arc<Device>, VenueId), DeviceTradeError> {
        Ok((Arc::clone(&self.device), read("venue", venue)?))
    }

    fn trade_at(&self, venue: &str, id: &str) -> Result<(Arc<Device>, VenueId, OrderId), DeviceTradeError> {
        let (device, venue) = self.at(venue)?;
        Ok((device, venue, read("id", id)?))
    }
}

fn shown(trades: Vec<Trade>) -> Vec<DeviceTrade> {
    trades.into_iter().map(DeviceTrade::from).collect()
}
