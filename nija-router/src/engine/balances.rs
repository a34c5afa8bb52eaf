//! What the venues said a user has.

use nija_core::{VenueBalance, VenueId};
use std::collections::BTreeMap;

/// A balance, and whether a fill came after the venue told it: clocks differ, so nobody can say then whether the fill is in it.
#[derive(Debug)]
struct Told {
    balance: VenueBalance,
    doubtful: bool,
}

/// Balances by venue and asset; looked up by reference, since every route asks.
#[derive(Debug, Default)]
pub(crate) struct Balances(BTreeMap<VenueId, BTreeMap<String, Told>>);

impl Balances {
    pub(crate) fn get(&self, venue: &VenueId, asset: &str) -> Option<&VenueBalance> {
        self.0.get(venue)?.get(asset).map(|told| &told.balance)
    }

    /// A balance that a fill may change: the venue is to be asked for it unless it tells it by itself.
    pub(crate) fn doubt(&mut self, venue: &VenueId, asset: &str) -> Option<&mut VenueBalance> {
        let told = self.0.get_mut(venue)?.get_mut(asset)?;
        told.doubtful = true;
        Some(&mut told.balance)
    }

    /// What the venue said.
    pub(crate) fn insert(&mut self, balance: VenueBalance) {
        self.put(balance, false);
    }

    /// What follows from a fill alone.
    pub(crate) fn guess(&mut self, balance: VenueBalance) {
        self.put(balance, true);
    }

    fn put(&mut self, balance: VenueBalance, doubtful: bool) {
        let (venue, asset) = (balance.venue.clone(), balance.asset.clone());
        self.0.entry(venue).or_default().insert(asset, Told { balance, doubtful });
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &VenueBalance> {
        self.0.values().flat_map(BTreeMap::values).map(|told| &told.balance)
    }

    /// Whether the venue has not told a balance since a fill changed it.
    pub(crate) fn doubtful_at(&self, venue: &VenueId) -> bool {
        self.0.get(venue).is_some_and(|assets| assets.values().any(|told| told.doubtful))
    }

    /// Drops those of one venue that are not to be kept.
    pub(crate) fn retain_at(&mut self, venue: &VenueId, keep: impl Fn(&VenueBalance) -> bool) {
        if let Some(assets) = self.0.get_mut(venue) {
            assets.retain(|_, told| keep(&told.balance));
        }
    }
}
