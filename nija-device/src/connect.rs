//! Keys: taken up after the venue was asked about them, opened by the phone's hardware, given up.

use nija_core::{
    CredentialId, CredentialSecret, KeyRights, OrderPolicy, VenueAccount, VenueBalance, VenueId,
};
use std::{fmt, sync::Arc};

use crate::{
    Device, DeviceError, DeviceKeyInfo,
    books::Book,
    held::{Held, Work},
    nonces::Nonces,
    sealed,
    signer::DeviceSigner,
    venue::{OpenKey, Place},
};

/// A key to take up.
pub struct NewKey {
    /// Where.
    pub venue: VenueId,
    /// The user's name for it.
    pub label: String,
    /// The key.
    pub secret: CredentialSecret,
    /// What the phone's signer shall let pass.
    pub policy: Option<OrderPolicy>,
}

impl fmt::Debug for NewKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewKey").field("venue", &self.venue).finish_non_exhaustive()
    }
}

impl Device {
    /// Asks the venue what the key may do and keeps it on this phone.
    ///
    /// # Errors
    /// [`DeviceError::KeyCanWithdraw`], [`DeviceError::KeyCannotTrade`], what the venue said; and [`DeviceError::StillTrading`] while
    /// orders of the key before are at the venue. Nothing is kept then.
    pub async fn connect(&self, new: NewKey) -> Result<DeviceKeyInfo, DeviceError> {
        let place = self.place(&new.venue)?;
        let mut book = self.book(place).await?;
        if self.parts.store.get(&self.names.key(&new.venue))?.is_none()
            && book.as_ref().is_some_and(|book| book.doubt.is_some())
        {
            // Nothing is open under a key that is not here: a journal that it left behind, and that is not what it was, is history.
            self.parts.store.delete(&self.names.trades(&new.venue))?;
            self.parts.store.delete(&self.names.head(&new.venue))?;
            *book = Some(Book::default());
        }
        self.sound(place, book.as_ref())?;
        if book.iter().flat_map(|book| &book.trades).any(|trade| !trade.done) {
            return Err(DeviceError::StillTrading { venue: new.venue });
        }
        let now = self.parts.clock.now();
        let mut info = DeviceKeyInfo {
            id: CredentialId::generate(now, self.parts.entropy.as_ref()),
            fingerprint: sealed::fingerprint(&new.venue, &new.secret),
            venue: new.venue,
            label: new.label,
            policy: new.policy,
            rights: KeyRights::default(),
            stored_at: now,
            in_hardware: self.parts.wrap.is_some(),
            takes_over: Some(book.as_ref().map(Book::digest).unwrap_or_default()),
        };
        let checking = self.opened(info.clone(), new.secret.clone());
        info.rights = self.admitted(place, &checking, false).await?;
        self.keep(&info, &new.secret)?;
        *place.key.lock() = Some(self.opened(info.clone(), new.secret));
        checking.held.wipe();
        if let Some(book) = book.as_mut() {
            // Proven anew under this key, under whose mark the venue can have nothing yet.
            (book.proven, book.compared) = (false, true);
        }
        Ok(info)
    }

    /// The keys on this phone, by venue. What is said here is proven once a key is opened.
    ///
    /// # Errors
    /// [`DeviceError::Store`], [`DeviceError::Damaged`].
    pub fn keys(&self) -> Result<Vec<DeviceKeyInfo>, DeviceError> {
        let kept = self.places().map(|place| self.parts.store.get(&self.names.key(&place.venue)));
        kept.filter_map(Result::transpose).map(|text| sealed::about(&text?)).collect()
    }

    /// Asks the venue again what the key may do, and notes it.
    ///
    /// # Errors
    /// As [`Device::connect`]: a key that may withdraw by now is refused here, and orders under it are the owner's to stop.
    pub async fn check(&self, venue: &VenueId) -> Result<DeviceKeyInfo, DeviceError> {
        let place = self.place(venue)?;
        let _turn = self.book(place).await?;
        let key = self.key(place)?;
        let rights = self.admitted(place, &key, true).await?;
        self.reseal(place, |info| info.rights = rights)
    }

    /// Changes what the signer lets pass. The hardware has to open the key for it.
    ///
    /// # Errors
    /// [`DeviceError::NoKey`], [`DeviceError::Wrap`], [`DeviceError::Store`].
    pub async fn set_policy(
        &self,
        venue: &VenueId,
        policy: Option<OrderPolicy>,
    ) -> Result<DeviceKeyInfo, DeviceError> {
        let place = self.place(venue)?;
        let _turn = self.book(place).await?;
        self.reseal(place, |info| info.policy = policy)
    }

    /// Wipes the open key from memory, once what is under way is done: an entry that was sent has its stop placed first. The next call has
    /// it opened again.
    ///
    /// # Errors
    /// [`DeviceError::UnknownVenue`], [`DeviceError::Store`].
    pub async fn lock(&self, venue: &VenueId) -> Result<(), DeviceError> {
        let place = self.place(venue)?;
        let _turn = self.book(place).await?;
        wipe(place);
        Ok(())
    }

    /// Removes a key from this phone. It is not withdrawn at the venue: only its owner can do that, there.
    ///
    /// # Errors
    /// [`DeviceError::StillTrading`]: without the key nothing here could close what is open.
    pub async fn forget(&self, venue: &VenueId) -> Result<(), DeviceError> {
        let place = self.place(venue)?;
        let book = self.sound_book(place).await?;
        if book.iter().flat_map(|book| &book.trades).any(|trade| !trade.done) {
            return Err(DeviceError::StillTrading { venue: venue.clone() });
        }
        wipe(place);
        Ok(self.parts.store.delete(&self.names.key(venue))?)
    }

    /// What the user has at a venue.
    ///
    /// # Errors
    /// [`DeviceError::NoKey`], [`DeviceError::Wrap`], [`DeviceError::Venue`].
    pub async fn balances(&self, venue: &VenueId) -> Result<Vec<VenueBalance>, DeviceError> {
        let place = self.place(venue)?;
        let (account, _, _work) = self.account(place)?;
        Ok(place.executor.balances(&account).await?)
    }

    /// The account that signs with the venue's key, which is opened where it is not.
    pub(crate) fn account(
        &self,
        place: &Place,
    ) -> Result<(VenueAccount, Arc<DeviceKeyInfo>, Work), DeviceError> {
        let key = self.key(place)?;
        Ok((self.signed(place, &key, true)?, key.info, key.held.work()))
    }

    /// The venue's key, kept open while this is held.
    pub(crate) fn key_at_work(&self, place: &Place) -> Result<(OpenKey, Work), DeviceError> {
        let key = self.key(place)?;
        let work = key.held.work();
        Ok((key, work))
    }

    /// Notes that the journal is this key's own from now on.
    pub(crate) fn has_taken_over(&self, place: &Place, key: &OpenKey) -> Result<(), DeviceError> {
        let info = DeviceKeyInfo { takes_over: None, ..DeviceKeyInfo::clone(&key.info) };
        let sealed = key
            .held
            .with(|secret| Ok(sealed::seal(self.parts.user, &info, secret, self.parts.wrap.as_deref())));
        let sealed = sealed.map_err(|_| DeviceError::Crypto("the key was locked meanwhile"))??;
        self.parts.store.set(&self.names.key(&place.venue), &sealed)?;
        *place.key.lock() = Some(OpenKey { info: Arc::new(info), ..key.clone() });
        Ok(())
    }

    fn key(&self, place: &Place) -> Result<OpenKey, DeviceError> {
        let mut open = place.key.lock();
        if let Some(key) = open.as_ref().filter(|key| key.held.is_open()) {
            return Ok(key.clone());
        }
        let kept = self.parts.store.get(&self.names.key(&place.venue))?;
        let kept = kept.ok_or_else(|| DeviceError::NoKey(place.venue.clone()))?;
        let (info, secret) = sealed::open(self.parts.user, &kept, self.parts.wrap.as_deref())?;
        if info.venue != place.venue {
            return Err(DeviceError::Damaged("a key of another venue stands here"));
        }
        let key = self.opened(info, secret);
        *open = Some(key.clone());
        Ok(key)
    }

    fn opened(&self, info: DeviceKeyInfo, secret: CredentialSecret) -> OpenKey {
        let mut counters = self.nonces.lock();
        let nonces = counters.entry(info.fingerprint.clone()).or_insert_with(|| {
            let name = self.names.nonces(&info.fingerprint);
            Arc::new(Nonces::new(Arc::clone(&self.parts.store), name))
        });
        OpenKey {
            nonces: Arc::clone(nonces),
            held: Held::open(secret, Arc::clone(&self.parts.steady)),
            info: Arc::new(info),
        }
    }

    fn signed(&self, place: &Place, key: &OpenKey, is_stored: bool) -> Result<VenueAccount, DeviceError> {
        let authenticator = place.authenticator.clone();
        let authenticator = authenticator.ok_or_else(|| DeviceError::NoKeyNeeded(place.venue.clone()))?;
        let signer = DeviceSigner {
            credential: key.info.id,
            authenticator,
            held: Arc::clone(&key.held),
            is_stored,
            policy: key.info.policy.clone().map(Arc::new),
            nonces: Arc::clone(&key.nonces),
            spent: Arc::clone(&self.spent),
            clock: Arc::clone(&self.parts.clock),
        };
        Ok(VenueAccount { user: self.parts.user, signer: Arc::new(signer) })
    }

    async fn admitted(
        &self,
        place: &Place,
        key: &OpenKey,
        is_stored: bool,
    ) -> Result<KeyRights, DeviceError> {
        let rights = place.executor.key_rights(&self.signed(place, key, is_stored)?).await?;
        match (rights.can_withdraw, rights.can_trade) {
            (Some(true), _) => Err(DeviceError::KeyCanWithdraw(place.venue.clone())),
            (_, Some(false)) => Err(DeviceError::KeyCannotTrade(place.venue.clone())),
            _ => Ok(rights),
        }
    }

    fn keep(&self, info: &DeviceKeyInfo, secret: &CredentialSecret) -> Result<(), DeviceError> {
        let sealed = sealed::seal(self.parts.user, info, secret, self.parts.wrap.as_deref())?;
        Ok(self.parts.store.set(&self.names.key(&info.venue), &sealed)?)
    }

    /// Encrypts the key anew with a change in what is said about it.
    fn reseal(
        &self,
        place: &Place,
        change: impl FnOnce(&mut DeviceKeyInfo),
    ) -> Result<DeviceKeyInfo, DeviceError> {
        let kept = self.parts.store.get(&self.names.key(&place.venue))?;
        let kept = kept.ok_or_else(|| DeviceError::NoKey(place.venue.clone()))?;
        let (mut info, secret) = sealed::open(self.parts.user, &kept, self.parts.wrap.as_deref())?;
        change(&mut info);
        self.keep(&info, &secret)?;
        let key = self.opened(info.clone(), secret);
        if let Some(before) = place.key.lock().replace(key) {
            before.held.wipe();
        }
        Ok(info)
    }
}

/// Ends the key that is open.
fn wipe(place: &Place) {
    if let Some(key) = place.key.lock().take() {
        key.held.wipe();
    }
}
