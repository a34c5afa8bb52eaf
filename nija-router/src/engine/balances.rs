//! What the venues said a user has.

use nija_core::{VenueBalance, VenueId};
use std::collections::HashMap;

/// Balances by venue and asset; looked up by reference, since every route asks.
#[derive(Debug, Default)]
pub(crate) struct Balances(HashMap<VenueId, HashMap<String, VenueBalance>>);

impl Balances {
    pub(crate) fn get(&self, venue: &VenueId, asset: &str) -> Option<&VenueBalance> {
        self.0.get(venue)?.get(asset)
    }

    pub(crate) fn get_mut(&mut self, venue: &VenueId, asset: &str) -> Option<&mut VenueBalance> {
        self.0.get_mut(venue)?.get_mut(asset)
    }

    pub(crate) fn insert(&mut self, balance: VenueBalance) {
        self.0.entry(balance.venue.clone()).or_default().insert(balance.asset.clone(), balance);
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &VenueBalance> {
        self.0.values().flat_map(HashMap::values)
    }

    /// Drops those of one venue that are not to be kept.
    pub(crate) fn retain_at(&mut self, venue: &VenueId, keep: impl Fn(&VenueBalance) -> bool) {
        if let Some(assets) = self.0.get_mut(venue) {
            assets.retain(|_, balance| keep(balance));
        }
    }
}
