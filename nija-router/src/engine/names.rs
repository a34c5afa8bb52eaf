//! Which order a venue's message is about: by the client ids we gave out and by the venue's own ids.

use nija_core::{OrderId, OrderLeg, VenueClientId, VenueId, VenueOrderId};
use std::collections::VecDeque;

use super::ids::{ById, ByName};

/// Orders that ended and are still known by name here; older ones are looked up in the ledger.
const ENDED_KEPT: usize = 256;

/// The names of a user's live orders and of the newest ended ones.
#[derive(Debug, Default)]
pub(crate) struct Names {
    clients: ById<VenueClientId, OrderId>,
    venues: ByName<(VenueId, VenueOrderId), OrderId>,
    of_order: ById<OrderId, Given>,
    ended: VecDeque<OrderId>,
}

#[derive(Debug, Default)]
struct Given {
    clients: Vec<VenueClientId>,
    venues: Vec<(VenueId, VenueOrderId)>,
}

impl Names {
    /// An order goes out under this leg; names of earlier legs stay known.
    pub(crate) fn note_leg(&mut self, order: OrderId, leg: &OrderLeg) {
        if self.clients.insert(leg.client_id, order).is_none() {
            self.of_order.entry(order).or_default().clients.push(leg.client_id);
        }
        if let Some(id) = &leg.venue_order_id {
            self.note_venue(order, &leg.venue, id);
        }
    }

    /// The venue calls an order this.
    pub(crate) fn note_venue(&mut self, order: OrderId, venue: &VenueId, id: &VenueOrderId) {
        let given = self.of_order.get(&order);
        if given.is_some_and(|given| given.venues.iter().any(|(at, known)| known == id && at == venue)) {
            // Said before, as most messages of an order are.
            return;
        }
        let name = (venue.clone(), id.clone());
        if self.venues.insert(name.clone(), order).is_none() {
            self.of_order.entry(order).or_default().venues.push(name);
        }
    }

    pub(crate) fn by_client(&self, id: VenueClientId) -> Option<OrderId> {
        self.clients.get(&id).copied()
    }

    pub(crate) fn by_venue(&self, venue: &VenueId, id: &VenueOrderId) -> Option<OrderId> {
        self.venues.get(&(venue.clone(), id.clone())).copied()
    }

    /// Whether the venue has said what it calls an order.
    pub(crate) fn known_at(&self, order: OrderId, venue: &VenueId) -> bool {
        self.of_order.get(&order).is_some_and(|given| given.venues.iter().any(|(at, _)| at == venue))
    }

    /// An order ended: its names are kept for late fills, for a while.
    pub(crate) fn note_end(&mut self, order: OrderId) {
        self.ended.push_back(order);
        if self.ended.len() > ENDED_KEPT
            && let Some(oldest) = self.ended.pop_front()
            && let Some(given) = self.of_order.remove(&oldest)
        {
            for id in &given.clients {
                self.clients.remove(id);
            }
            for name in &given.venues {
                self.venues.remove(name);
            }
        }
    }
}
