//! The phone: whose it is, what it was given, and the venues that the app knows.

use nija_core::{Clock, Entropy, OrderId, UserId, VenueAccount, VenueClientId, VenueId};
use nija_exchanges::VenueConfig;
use parking_lot::Mutex;
use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    sync::Arc,
};
use tokio::sync::MutexGuard;

use crate::{
    books::{self, Names},
    error::DeviceError,
    held::Work,
    journal::Trade,
    nonces::Nonces,
    sealed::DeviceKeyInfo,
    spent::Spent,
    store::{KeyWrap, Store},
    venue::Place,
};

/// What the phone is made of.
pub struct DeviceParts {
    /// Whose keys these are.
    pub user: UserId,
    /// The host's secure store.
    pub store: Arc<dyn Store>,
    /// The host's hardware key; without one the store alone keeps the exchange keys.
    pub wrap: Option<Arc<dyn KeyWrap>>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// A clock that nobody sets ([`SteadyClock`](crate::SteadyClock)).
    pub steady: Arc<dyn Clock>,
    /// Randomness for ids.
    pub entropy: Arc<dyn Entropy>,
}

/// The phone's own desk. One process at a time may use a store.
pub struct Device {
    pub(crate) parts: DeviceParts,
    pub(crate) names: Names,
    pub(crate) spent: Arc<Spent>,
    /// One counter a key, whoever opened it.
    pub(crate) nonces: Mutex<HashMap<String, Arc<Nonces>>>,
    places: BTreeMap<VenueId, Place>,
}

impl Device {
    /// With the venues that the app knows. Their addresses are the app's own and no server's: some venues take the secret itself with each
    /// request, and whoever named the address would have it.
    ///
    /// # Errors
    /// [`DeviceError::Venue`] for an address that cannot be used.
    pub fn new(parts: DeviceParts, venues: &[VenueConfig]) -> Result<Self, DeviceError> {
        let names = Names::of(parts.user);
        let spent = Arc::new(Spent::new(Arc::clone(&parts.store), names.spent()));
        let mut places = BTreeMap::new();
        for config in venues {
            places.insert(config.venue().clone(), Place::open(config, &parts.clock)?);
        }
        Ok(Self { parts, names, spent, nonces: Mutex::default(), places })
    }

    /// The venues.
    pub fn venues(&self) -> impl Iterator<Item = &VenueId> {
        self.places.keys()
    }

    pub(crate) fn places(&self) -> impl Iterator<Item = &Place> {
        self.places.values()
    }

    pub(crate) fn place(&self, venue: &VenueId) -> Result<&Place, DeviceError> {
        self.places.get(venue).ok_or_else(|| DeviceError::UnknownVenue(venue.clone()))
    }

    /// A venue with its key open and its orders in hand; whoever wants it next waits.
    pub(crate) async fn desk(&self, venue: &VenueId) -> Result<Desk<'_>, DeviceError> {
        let place = self.place(venue)?;
        // First the turn, then the key: whoever locks it has the turn as well.
        let book = self.book(place).await?;
        let (account, info, work) = self.account(place)?;
        Ok(Desk { device: self, place, account, info, book, _work: work })
    }

    /// The orders of a venue, read once. Those in doubt begin to wait anew: this process did not see the time before.
    pub(crate) async fn book<'a>(
        &'a self,
        place: &'a Place,
    ) -> Result<MutexGuard<'a, Option<Vec<Trade>>>, DeviceError> {
        let mut book = place.trades.lock().await;
        if book.is_none() {
            let trades = books::load(self.parts.store.as_ref(), &self.names.trades(&place.venue))?;
            let now = self.parts.steady.now();
            let mut waiting = place.waiting.lock();
            let legs = trades.iter().flat_map(|trade| &trade.legs).filter(|leg| leg.in_doubt());
            waiting.extend(legs.map(|leg| (leg.client_id, now)));
            *book = Some(trades);
        }
        Ok(book)
    }
}

/// A venue while the phone works at it.
pub(crate) struct Desk<'a> {
    pub(crate) device: &'a Device,
    pub(crate) place: &'a Place,
    pub(crate) account: VenueAccount,
    pub(crate) info: Arc<DeviceKeyInfo>,
    book: MutexGuard<'a, Option<Vec<Trade>>>,
    _work: Work,
}

impl Desk<'_> {
    pub(crate) fn trades(&self) -> &[Trade] {
        self.book.as_deref().unwrap_or_default()
    }

    pub(crate) fn trade(&self, id: OrderId) -> Result<&Trade, DeviceError> {
        self.trades().iter().find(|trade| trade.id == id).ok_or(DeviceError::NoSuchTrade(id))
    }

    /// Changes a trade and keeps it before anything else happens.
    pub(crate) fn change(&mut self, id: OrderId, change: impl FnOnce(&mut Trade)) -> Result<(), DeviceError> {
        let name = self.device.names.trades(&self.place.venue);
        let trades = self.book.get_or_insert_default();
        let trade = trades.iter_mut().find(|trade| trade.id == id).ok_or(DeviceError::NoSuchTrade(id))?;
        change(trade);
        books::save(self.device.parts.store.as_ref(), &name, trades)
    }

    /// Forgets an order that could not be put on record, and so was not sent.
    pub(crate) fn unsent(&mut self, id: OrderId, client_id: VenueClientId) {
        if let Some(trade) = self.book.get_or_insert_default().iter_mut().find(|trade| trade.id == id) {
            trade.legs.retain(|leg| leg.client_id != client_id);
        }
    }

    /// Takes up a new trade, kept before anything is sent.
    pub(crate) fn begin(&mut self, trade: Trade) -> Result<(), DeviceError> {
        let name = self.device.names.trades(&self.place.venue);
        let trades = self.book.get_or_insert_default();
        trades.push(trade);
        let kept = books::save(self.device.parts.store.as_ref(), &name, trades);
        if kept.is_err() {
            // Not on record, so not begun.
            trades.pop();
        }
        kept
    }
}

impl fmt::Debug for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Device").field("venues", &self.places.keys()).finish_non_exhaustive()
    }
}

impl fmt::Debug for DeviceParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceParts").field("user", &self.user).finish_non_exhaustive()
    }
}
