//! Where things stand in the host's store.

use nija_core::{UserId, VenueId};

use crate::{error::DeviceError, journal::Trade, store::Store};

/// Ended trades that are kept for the user to look at.
const KEPT: usize = 50;

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

    pub(crate) fn nonces(&self, fingerprint: &str) -> String {
        format!("nija.device.nonces.{fingerprint}")
    }

    pub(crate) fn spent(&self) -> String {
        format!("nija.device.{}.spent", self.0)
    }
}

/// The orders of a venue, oldest first.
pub(crate) fn load(store: &dyn Store, name: &str) -> Result<Vec<Trade>, DeviceError> {
    match store.get(name)? {
        Some(text) => {
            serde_json::from_str(&text).map_err(|_| DeviceError::Damaged("the orders of this phone"))
        }
        None => Ok(Vec::new()),
    }
}

/// Keeps them; the oldest that have ended are left out.
pub(crate) fn save(store: &dyn Store, name: &str, trades: &mut Vec<Trade>) -> Result<(), DeviceError> {
    let mut spare = trades.iter().filter(|trade| trade.done).count().saturating_sub(KEPT);
    trades.retain(|trade| {
        let goes = trade.done && spare > 0;
        spare -= usize::from(goes);
        !goes
    });
    let text =
        serde_json::to_string(trades).map_err(|_| DeviceError::Damaged("the orders cannot be written"))?;
    Ok(store.set(name, &text)?)
}
