//! A venue's journal in the host's store: read, proven, written.

use nija_core::{OrderId, Symbol, Timestamp, UserId, VenueId};
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, collections::BTreeSet};

use crate::{
    chain::{self, Entry, Head, JournalDoubt, JournalKey},
    error::DeviceError,
    journal::Trade,
    store::Store,
};

/// Ended trades that are kept for the user to look at.
const KEPT: usize = 50;
/// Ids of ended trades that are remembered beyond them.
const REMEMBERED: usize = 500;

/// The names of what is kept, by user: two who share a phone share nothing else.
pub(crate) struct Names(UserId);

impl Names {
    pub(crate) const fn of(user: UserId) -> Self {
        Self(user)
    }

    pub(crate) fn key(&self, venue: &VenueId) -> String {
        format!("nija.device.{}.key.{venue}", self.0)
    }

    pub(crate) fn trades(&self, venue: &VenueId) -> String {
        format!("nija.device.{}.orders.{venue}", self.0)
    }

    pub(crate) fn head(&self, venue: &VenueId) -> String {
        format!("nija.device.{}.head.{venue}", self.0)
    }

    pub(crate) fn nonces(&self, fingerprint: &str) -> String {
        format!("nija.device.nonces.{fingerprint}")
    }

    pub(crate) fn spent(&self) -> String {
        format!("nija.device.{}.spent", self.0)
    }
}

/// An entry as it stands in the store.
#[derive(Serialize, Deserialize)]
struct Body<'a> {
    trades: Cow<'a, [Trade]>,
    left_out: Cow<'a, [OrderId]>,
}

/// Where a venue's journal and its head stand.
#[derive(Clone, Copy)]
pub(crate) struct Shelf<'a> {
    pub(crate) store: &'a dyn Store,
    pub(crate) names: &'a Names,
    pub(crate) venue: &'a VenueId,
}

/// The orders of a venue, oldest first, and how far they are to be believed.
#[derive(Debug, Default)]
pub(crate) struct Book {
    pub(crate) trades: Vec<Trade>,
    /// Trades that had ended and are not kept any more, oldest first: the venue may still speak of them.
    pub(crate) left_out: Vec<OrderId>,
    /// The entry that the store holds.
    entry: Option<Entry>,
    /// The head that the store holds for certain.
    head: Option<Head>,
    /// The head that must be in the store before anything else is: its entry is.
    owed: Option<Head>,
    /// Why it is not taken at its word.
    pub(crate) doubt: Option<JournalDoubt>,
    /// Whether the key made it.
    pub(crate) proven: bool,
    /// Whether the venue was asked, in this process, for orders that it does not name.
    pub(crate) compared: bool,
}

impl Book {
    /// Reads it, and looks whether it is the newest as far as that can be told without the key.
    pub(crate) fn load(shelf: Shelf<'_>, takes_over: Option<&str>) -> Result<Self, DeviceError> {
        let kept = shelf.store.get(&shelf.names.trades(shelf.venue))?;
        let counted = shelf.store.get(&shelf.names.head(shelf.venue))?;
        let entry = kept.as_deref().map(|text| Entry::read(text).ok_or(JournalDoubt::Unreadable)).transpose();
        let head =
            counted.as_deref().map(|text| Head::read(text).ok_or(JournalDoubt::HeadMissing)).transpose();
        let body = match &entry {
            Ok(Some(entry)) => serde_json::from_str(&entry.body).map_err(|_| JournalDoubt::Unreadable),
            _ => Ok(Body { trades: Cow::default(), left_out: Cow::default() }),
        };
        let compared = match (&entry, &head) {
            (Ok(entry), Ok(head)) => chain::compare(entry.as_ref(), head.as_ref(), takes_over),
            (Err(doubt), _) | (_, Err(doubt)) => Err(*doubt),
        };
        let (body, unread) = match body {
            Ok(body) => (Some(body), None),
            Err(doubt) => (None, Some(doubt)),
        };
        let (trades, left_out) = body
            .map(|Body { trades, left_out }| (trades.into_owned(), left_out.into_owned()))
            .unwrap_or_default();
        let (entry, head) = (entry.ok().flatten(), head.ok().flatten());
        Ok(Self { trades, left_out, entry, head, doubt: compared.err().or(unread), ..Self::default() })
    }

    /// Whether the key made it, or took it over; and completes the head that an end left behind.
    pub(crate) fn prove(
        &mut self,
        shelf: Shelf<'_>,
        takes_over: Option<&str>,
        key: &JournalKey,
    ) -> Result<(), DeviceError> {
        if self.doubt.is_some() || self.proven {
            return Ok(());
        }
        self.doubt = chain::prove(self.entry.as_ref(), self.head.as_ref(), takes_over, key).err();
        if self.doubt.is_some() {
            return Ok(());
        }
        if let Some(entry) = &self.entry
            && entry.is_of(key)
            && self.head.as_ref().is_none_or(|head| head.digest != entry.digest)
        {
            self.owed = Some(Head::of(entry, self.pairs(), key));
            self.pay(shelf)?;
        }
        self.proven = true;
        Ok(())
    }

    /// Begins the chain of a key that is new here with what there was before.
    pub(crate) fn take_over(
        &mut self,
        shelf: Shelf<'_>,
        now: Timestamp,
        key: &JournalKey,
    ) -> Result<(), DeviceError> {
        match &self.entry {
            Some(entry) if entry.is_of(key) => Ok(()),
            _ => self.save(shelf, now, key),
        }
    }

    /// Whether what is here was once written under this key, though it may not be the newest.
    pub(crate) fn is_authentic(&self, key: &JournalKey) -> bool {
        self.entry.as_ref().is_some_and(|entry| entry.is_of(key))
    }

    /// Puts aside what is here: this key did not write it.
    pub(crate) fn forget(&mut self) {
        self.trades.clear();
        self.left_out.clear();
    }

    /// When the newest entry was written.
    pub(crate) fn written_at(&self) -> Option<Timestamp> {
        self.entry.as_ref().map(|entry| entry.at)
    }

    /// The digest of what is here, for a key that takes it over; empty where there is nothing.
    pub(crate) fn digest(&self) -> String {
        self.entry.as_ref().map(|entry| entry.digest.clone()).unwrap_or_default()
    }

    /// The pairs that were ever traded, as far as known.
    pub(crate) fn pairs(&self) -> BTreeSet<Symbol> {
        let counted = self.owed.as_ref().or(self.head.as_ref());
        let counted = counted.into_iter().flat_map(|head| head.pairs.iter());
        counted.chain(self.trades.iter().map(|trade| &trade.symbol)).cloned().collect()
    }

    /// Keeps it, journal first, then head: when this returns, both are there. The oldest trades that have ended are left out.
    pub(crate) fn save(
        &mut self,
        shelf: Shelf<'_>,
        now: Timestamp,
        key: &JournalKey,
    ) -> Result<(), DeviceError> {
        self.pay(shelf)?;
        let pairs = self.pairs();
        let mut spare = self.trades.iter().filter(|trade| trade.done).count().saturating_sub(KEPT);
        let left_out = &mut self.left_out;
        self.trades.retain(|trade| {
            let goes = trade.done && spare > 0;
            spare -= usize::from(goes);
            left_out.extend(goes.then_some(trade.id));
            !goes
        });
        left_out.drain(..left_out.len().saturating_sub(REMEMBERED));
        let body =
            Body { trades: Cow::from(self.trades.as_slice()), left_out: Cow::from(self.left_out.as_slice()) };
        let body =
            serde_json::to_string(&body).map_err(|_| DeviceError::Damaged("the orders cannot be written"))?;
        // Should this fail, the store has the entry before or this one: both are ends that the head allows, and so is what is tried next.
        let entry = Entry::after(self.head.as_ref(), now, body, key);
        shelf.store.set(&shelf.names.trades(shelf.venue), &entry.text()?)?;
        self.owed = Some(Head::of(&entry, pairs, key));
        self.entry = Some(entry);
        self.pay(shelf)
    }

    /// Writes the head of the entry that is in the store.
    fn pay(&mut self, shelf: Shelf<'_>) -> Result<(), DeviceError> {
        if let Some(owed) = &self.owed {
            shelf.store.set(&shelf.names.head(shelf.venue), &owed.text()?)?;
            self.head = self.owed.take();
        }
        Ok(())
    }
}
