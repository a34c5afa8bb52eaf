//! Whose order is it that a venue speaks of?

use nija_core::{LedgerError, OrderId, PageRequest, Side, Symbol, VenueClientId, VenueId, VenueOrderId};
use std::collections::HashSet;
use uuid::Uuid;

use super::{inner::Inner, state::UserState, user::User};
use crate::planted::{Bug, planted};

/// Orders searched in the ledger for a venue's id that nobody knows.
const RECENT_ORDERS: usize = 200;

/// Orders of others that are remembered as such; only a saved search is lost with them.
const EXTERNAL_KEPT: usize = 4096;

/// What a venue may say of an order's identity.
pub(super) struct Named<'a> {
    pub(super) venue: &'a VenueId,
    pub(super) client: Option<VenueClientId>,
    pub(super) id: &'a VenueOrderId,
    pub(super) symbol: &'a Symbol,
    pub(super) side: Side,
}

/// Whose an order is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    /// Ours.
    Ours(OrderId),
    /// Perhaps one of ours whose placement has not been answered: it is held until that is known.
    Perhaps,
    /// Made elsewhere.
    External,
}

impl Inner {
    /// By our client id, by the venue's id, and last by looking into the ledger: nothing is taken for external while it may be ours.
    pub(super) async fn owner(
        &self,
        user: &User,
        state: &mut UserState,
        named: &Named<'_>,
    ) -> Result<Owner, LedgerError> {
        let by_client = named.client.and_then(|id| state.names.by_client(id));
        if let Some(order) = by_client.or_else(|| state.names.by_venue(named.venue, named.id)) {
            return Ok(Owner::Ours(order));
        }
        let key = (named.venue.clone(), named.id.clone());
        if state.external.contains(&key) {
            return Ok(Owner::External);
        }
        let found = match named.client {
            Some(id) => self.by_derivation(user, id).await?,
            None if may_be_ours(state, named) => return Ok(Owner::Perhaps),
            None => self.by_search(user, named).await?,
        };
        match found {
            Some(order) => {
                state.names.note_venue(order, named.venue, named.id);
                Ok(Owner::Ours(order))
            }
            None => {
                if state.external.len() >= EXTERNAL_KEPT {
                    state.external.clear();
                }
                state.external.insert(key);
                Ok(Owner::External)
            }
        }
    }

    /// A client id is its order's id plus the attempt.
    async fn by_derivation(&self, user: &User, id: VenueClientId) -> Result<Option<OrderId>, LedgerError> {
        if id.as_uuid().get_version_num() != 7 {
            return Ok(None);
        }
        let last = self.config.max_failovers.max(self.config.max_exit_retries);
        for attempt in 0..=last {
            let order = id.as_uuid().as_u128().wrapping_sub(u128::from(attempt));
            let order = OrderId::from_uuid(Uuid::from_u128(order));
            if self.ledger.order(user.id, order).await?.is_some() {
                return Ok(Some(order));
            }
        }
        Ok(None)
    }

    async fn by_search(&self, user: &User, named: &Named<'_>) -> Result<Option<OrderId>, LedgerError> {
        let newest = PageRequest { before: None, limit: RECENT_ORDERS };
        let page = self.ledger.orders(user.id, None, newest).await?;
        Ok(page
            .rows
            .iter()
            .map(|(_, order)| order)
            .find(|order| {
                order.leg.as_ref().is_some_and(|leg| {
                    leg.venue == *named.venue && leg.venue_order_id.as_ref() == Some(named.id)
                })
            })
            .map(nija_core::Order::id))
    }
}

impl UserState {
    /// What a venue's list of open orders does not name is over: that it is on record need not be remembered.
    pub(super) fn forget_external(&mut self, venue: &VenueId, open: &HashSet<VenueOrderId>) {
        self.external_recorded.retain(|(at, id)| at != venue || open.contains(id));
    }

    /// An order of others is on record. Too many are read from the journal again when the next one is met.
    pub(super) fn note_external(&mut self, venue: &VenueId, id: &VenueOrderId) {
        if self.external_recorded.len() >= EXTERNAL_KEPT {
            self.external_recorded.clear();
            self.external_read = false;
        }
        self.external_recorded.insert((venue.clone(), id.clone()));
    }
}

/// Whether an order of ours is out there whose name at the venue is not known yet.
fn may_be_ours(state: &UserState, named: &Named<'_>) -> bool {
    state.orders.values().any(|live| {
        let signal = &live.order.intent.signal;
        (live.may_be_there() || planted(Bug::ForgetsWhatIsHeld))
            && live.at(named.venue)
            && signal.symbol == *named.symbol
            && signal.side == named.side
            && !state.names.known_at(live.order.id(), named.venue)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_made_is_remembered_while_it_is_open_and_within_a_bound() {
        let (a, b): (VenueId, VenueId) = ("a".parse().unwrap(), "b".parse().unwrap());
        let id = |n: usize| VenueOrderId::new(&format!("o{n}")).unwrap();
        let mut state = UserState::default();
        state.external_read = true;
        for n in 0..3 {
            state.note_external(&a, &id(n));
        }
        state.note_external(&b, &id(9));
        state.forget_external(&a, &[id(1)].into());
        let mut kept: Vec<_> = state.external_recorded.iter().cloned().collect();
        kept.sort();
        assert_eq!(kept, [(a.clone(), id(1)), (b, id(9))]);
        for n in 0..3 * EXTERNAL_KEPT {
            state.note_external(&a, &id(n));
        }
        assert!(state.external_recorded.len() <= EXTERNAL_KEPT && !state.external_read);
    }
}
