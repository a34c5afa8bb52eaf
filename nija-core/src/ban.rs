//! A venue's word that it hears nothing from this address for a while.

use crate::{Timestamp, VenueId};

/// A venue turned this address away, whoever asks from it. What is sent meanwhile prolongs that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VenueBan {
    /// Which venue.
    pub venue: VenueId,
    /// When it said so last.
    pub at: Timestamp,
    /// Until when, by its word; missing where it did not say.
    pub until: Option<Timestamp>,
    /// Why, in words for people.
    pub reason: String,
}
