//! The phone: whose it is, what it was given, and the venues that the app knows.

use nija_core::{Clock, Entropy, OrderId, Timestamp, UserId, VenueAccount, VenueClientId, VenueId};
use nija_exchanges::VenueConfig;
use parking_lot::Mutex;
use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    sync::Arc,
};
use tokio::sync::MutexGuard;

use crate::{
    books::{Book, Names, Shelf},
    chain::JournalKey,
    error::DeviceError,
    held::Work,
    journal::Trade,
    mark,
    nonces::Nonces,
    sealed::{self, DeviceKeyInfo},
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
            places.insert(config.venue().clone(), Place::open(config, &parts.clock, parts.steady.as_ref())?);
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
    ///
    /// The orders are those that were written last, and the venue was asked whether it has any of this phone's that they do not name. Where it
    /// could not be asked, what is here may be looked at; [`Desk::may_send`] asks again.
    pub(crate) async fn desk(&self, venue: &VenueId) -> Result<Desk<'_>, DeviceError> {
        let mut desk = self.unchecked_desk(venue).await?;
        desk.believe()?;
        match desk.compare().await {
            Err(DeviceError::Venue(error)) => {
                tracing::warn!(%venue, %error, "the exchange could not be asked for orders that are not known");
            }
            other => other?,
        }
        desk.believe()?;
        Ok(desk)
    }

    /// A venue with its key open and its orders in hand, which may not be the newest.
    pub(crate) async fn unchecked_desk(&self, venue: &VenueId) -> Result<Desk<'_>, DeviceError> {
        let place = self.place(venue)?;
        // First the turn, then the key: whoever locks it has the turn as well.
        let mut book = self.book(place).await?;
        let (key, _work) = self.key_at_work(place)?;
        let journal = JournalKey::of(self.parts.user, venue, key.info.id, &key.held)?;
        let known = book.get_or_insert_with(Book::default);
        let takes_over = key.info.takes_over.clone();
        known.prove(self.shelf(place), takes_over.as_deref(), &journal)?;
        if takes_over.is_some() && known.doubt.is_none() {
            known.take_over(self.shelf(place), self.parts.clock.now(), &journal)?;
            self.has_taken_over(place, &key)?;
        }
        let (account, info, work) = self.account(place)?;
        Ok(Desk { device: self, place, account, info, journal, book, _work: work })
    }

    pub(crate) fn shelf<'a>(&'a self, place: &'a Place) -> Shelf<'a> {
        Shelf { store: self.parts.store.as_ref(), names: &self.names, venue: &place.venue }
    }

    /// The orders of a venue, read once. Those that are not over begin to wait anew: this process did not see the time before.
    pub(crate) async fn book<'a>(
        &'a self,
        place: &'a Place,
    ) -> Result<MutexGuard<'a, Option<Book>>, DeviceError> {
        let mut book = place.book.lock().await;
        if book.is_none() {
            let key = self.parts.store.get(&self.names.key(&place.venue))?;
            // Where there is no key, nothing was sent that it would matter for.
            let takes_over = match key {
                Some(key) => sealed::about(&key)?.takes_over,
                None => Some(String::new()),
            };
            let read = Book::load(self.shelf(place), takes_over.as_deref())?;
            let now = self.parts.steady.now();
            let mut waiting = place.waiting.lock();
            let legs = read.trades.iter().flat_map(|trade| &trade.legs).filter(|leg| !leg.state.is_final());
            waiting.extend(legs.map(|leg| (leg.client_id, now)));
            *book = Some(read);
        }
        Ok(book)
    }

    /// The orders of a venue, where they are to be believed as far as that can be told without the key.
    pub(crate) async fn sound_book<'a>(
        &'a self,
        place: &'a Place,
    ) -> Result<MutexGuard<'a, Option<Book>>, DeviceError> {
        let book = self.book(place).await?;
        self.sound(place, book.as_ref())?;
        Ok(book)
    }

    pub(crate) fn sound(&self, place: &Place, book: Option<&Book>) -> Result<(), DeviceError> {
        match book.and_then(|book| book.doubt) {
            Some(doubt) => Err(DeviceError::JournalDoubted { venue: place.venue.clone(), doubt }),
            None => Ok(()),
        }
    }
}

/// A venue while the phone works at it.
pub(crate) struct Desk<'a> {
    pub(crate) device: &'a Device,
    pub(crate) place: &'a Place,
    pub(crate) account: VenueAccount,
    pub(crate) info: Arc<DeviceKeyInfo>,
    pub(crate) journal: JournalKey,
    book: MutexGuard<'a, Option<Book>>,
    _work: Work,
}

impl Desk<'_> {
    pub(crate) fn trades(&self) -> &[Trade] {
        self.book.as_ref().map(|book| book.trades.as_slice()).unwrap_or_default()
    }

    pub(crate) fn trade(&self, id: OrderId) -> Result<&Trade, DeviceError> {
        self.trades().iter().find(|trade| trade.id == id).ok_or(DeviceError::NoSuchTrade(id))
    }

    pub(crate) fn book(&mut self) -> &mut Book {
        self.book.get_or_insert_with(Book::default)
    }

    /// When the journal was written, where this key wrote it; it may not be the newest.
    pub(crate) fn written_under_this_key(&self) -> Option<Timestamp> {
        let book = self.book.as_ref().filter(|book| book.is_authentic(&self.journal))?;
        book.written_at()
    }

    /// Whether a trade had ended and was left out of the journal.
    pub(crate) fn left_out(&self, id: OrderId) -> bool {
        self.book.as_ref().is_some_and(|book| book.left_out.contains(&id))
    }

    /// An id for a new trade, by which its orders are known again at the venue.
    pub(crate) fn new_id(&self) -> OrderId {
        let parts = &self.device.parts;
        mark::marked(OrderId::generate(parts.clock.now(), parts.entropy.as_ref()), &self.journal.marks)
    }

    /// Goes on only with a journal that is to be believed.
    pub(crate) fn believe(&self) -> Result<(), DeviceError> {
        self.device.sound(self.place, self.book.as_ref())
    }

    /// Sends nothing on the word of a journal alone. That the venue cannot be asked for orders that nobody knows of holds up no exit.
    pub(crate) async fn may_send(&mut self, is_exit: bool) -> Result<(), DeviceError> {
        match self.compare().await {
            Err(DeviceError::Venue(error)) if is_exit => {
                tracing::warn!(venue = %self.place.venue, %error, "an exit goes out though not all orders are known");
            }
            other => other?,
        }
        self.believe()
    }

    /// Changes a trade and keeps it before anything else happens.
    pub(crate) fn change(&mut self, id: OrderId, change: impl FnOnce(&mut Trade)) -> Result<(), DeviceError> {
        let mut trades = self.book().trades.iter_mut();
        change(trades.find(|trade| trade.id == id).ok_or(DeviceError::NoSuchTrade(id))?);
        self.save()
    }

    /// Forgets an order that could not be put on record, and so was not sent.
    pub(crate) fn unsent(&mut self, id: OrderId, client_id: VenueClientId) {
        if let Some(trade) = self.book().trades.iter_mut().find(|trade| trade.id == id) {
            trade.legs.retain(|leg| leg.client_id != client_id);
        }
    }

    /// Takes up a new trade, kept before anything is sent.
    pub(crate) fn begin(&mut self, trade: Trade) -> Result<(), DeviceError> {
        self.book().trades.push(trade);
        let kept = self.save();
        if kept.is_err() {
            // Not on record, so not begun.
            self.book().trades.pop();
        }
        kept
    }

    /// Keeps what is here, instead of what was.
    pub(crate) fn save(&mut self) -> Result<(), DeviceError> {
        let (shelf, now) = (self.device.shelf(self.place), self.device.parts.clock.now());
        self.book.get_or_insert_with(Book::default).save(shelf, now, &self.journal)
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
