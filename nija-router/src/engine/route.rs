//! Asking the router where an order is to go.

use nija_core::{Approved, OrderId, OrderIntent, RouteDecision, RouteRequest, Timestamp, VenueId};
use std::time::Instant;

use super::{inner::Inner, state::UserState, user::User, view::Holdings};

/// What a route is wanted for.
pub(super) struct Wanted<'a> {
    approved: &'a Approved<OrderIntent>,
    /// A live order that does not stand in its way: itself, or the one that it is a part of.
    except: Option<OrderId>,
    /// The venue that it keeps away from.
    avoid: Option<&'a VenueId>,
    /// Whether it may go to several venues.
    may_split: bool,
}

impl<'a> Wanted<'a> {
    /// An intent that has just come.
    pub(super) const fn anew(approved: &'a Approved<OrderIntent>) -> Self {
        Self { approved, except: None, avoid: None, may_split: true }
    }

    /// What is on record already, as this order or as a part of it, goes on as the one order that it is.
    pub(super) const fn for_order(approved: &'a Approved<OrderIntent>, order: OrderId) -> Self {
        Self { approved, except: Some(order), avoid: None, may_split: false }
    }

    /// Not to this venue.
    pub(super) const fn away_from(self, venue: Option<&'a VenueId>) -> Self {
        Self { avoid: venue, ..self }
    }

    /// To several venues where that is better.
    pub(super) const fn at_several(self) -> Self {
        Self { may_split: true, ..self }
    }
}

impl Inner {
    /// Asks the router.
    pub(super) fn route(
        &self,
        user: &User,
        state: &UserState,
        wanted: &Wanted<'_>,
        now: Timestamp,
    ) -> RouteDecision {
        let began = Instant::now();
        let holdings = Holdings::new(state, wanted.except);
        let signal = &wanted.approved.get().signal;
        let (venues, volatility) = self.views(user, &holdings, signal, wanted.avoid, now);
        let decision = self.router.route(&RouteRequest {
            volatility,
            preference: state.routing,
            may_split: wanted.may_split,
            ..RouteRequest::new(wanted.approved, now, &venues)
        });
        self.routing_latency.record(began.elapsed());
        decision
    }
}
