//! What the venues said a user has.

use nija_core::{Timestamp, VenueBalance, VenueId};
use std::collections::BTreeMap;

/// A balance, and when a fill was taken up that may not be in it: clocks differ, so nobody can say then whether it is.
#[derive(Debug)]
struct Told {
    balance: VenueBalance,
    doubted_at: Option<Timestamp>,
}

/// Balances by venue and asset; looked up by reference, since every route asks.
#[derive(Debug, Default)]
pub(crate) struct Balances(BTreeMap<VenueId, BTreeMap<String, Told>>);

impl Balances {
    pub(crate) fn get(&self, venue: &VenueId, asset: &str) -> Option<&VenueBalance> {
        self.0.get(venue)?.get(asset).map(|told| &told.balance)
    }

    /// A balance that a fill may change: the venue is to be asked for it unless it tells it by itself.
    pub(crate) fn doubt(
        &mut self,
        venue: &VenueId,
        asset: &str,
        now: Timestamp,
    ) -> Option<&mut VenueBalance> {
        let told = self.0.get_mut(venue)?.get_mut(asset)?;
        told.doubted_at = Some(now);
        Some(&mut told.balance)
    }

    /// What the venue said, about a moment not before `since`: of fills that were taken up later it may not know.
    pub(crate) fn insert(&mut self, balance: VenueBalance, since: Timestamp) {
        let known = self.0.get(&balance.venue).and_then(|assets| assets.get(&balance.asset));
        let doubted_at = known.and_then(|told| told.doubted_at).filter(|doubted_at| *doubted_at > since);
        self.put(balance, doubted_at);
    }

    /// What follows from a fill alone.
    pub(crate) fn guess(&mut self, balance: VenueBalance, now: Timestamp) {
        self.put(balance, Some(now));
    }

    fn put(&mut self, balance: VenueBalance, doubted_at: Option<Timestamp>) {
        let (venue, asset) = (balance.venue.clone(), balance.asset.clone());
        self.0.entry(venue).or_default().insert(asset, Told { balance, doubted_at });
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &VenueBalance> {
        self.0.values().flat_map(BTreeMap::values).map(|told| &told.balance)
    }

    /// Whether the venue has not told a balance since a fill changed it.
    pub(crate) fn doubtful_at(&self, venue: &VenueId) -> bool {
        self.0.get(venue).is_some_and(|assets| assets.values().any(|told| told.doubted_at.is_some()))
    }

    /// Drops those of one venue that are not to be kept.
    pub(crate) fn retain_at(&mut self, venue: &VenueId, keep: impl Fn(&VenueBalance) -> bool) {
        if let Some(assets) = self.0.get_mut(venue) {
            assets.retain(|_, told| keep(&told.balance));
        }
    }
}
