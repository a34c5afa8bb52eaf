//! An order in doubt: the venue is asked until evidence settles it. Nothing else does.

use nija_core::{
    AmbiguityBound, Lookup, OpenPurpose, OrderId, OrderLeg, OrderRef, OrderState, Reason, Symbol, Timestamp,
    VenueError,
};
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;

use crate::{
    lane::Sending,
    planted::{Bug, planted},
};

use super::{
    backoff::Backoff, conn::Ask, draft::Draft, inner::Inner, live::LiveOrder, news::News, reroute::Dead,
    user::User, venue::Venue,
};

/// A look-up reaches this much further back than the order can have been sent, for clocks that differ.
const SKEW: Duration = Duration::from_secs(60);

/// The longest between two look-ups of an order in doubt, and what is between them when many others fail.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// What one look-up came to.
pub(super) enum Found {
    /// The venue has it; its state was taken up.
    Yes,
    /// The venue looked, after the bound had passed, and has it not: it is dead.
    ProvenAbsent,
    /// The venue has it not yet, or could not be asked.
    Open,
}

impl Inner {
    /// Starts finding out about an order, unless somebody is at it.
    pub(super) fn resolve_later(self: &Arc<Self>, user: &Arc<User>, order: OrderId) {
        let (inner, user) = (self.clone(), user.clone());
        self.tasks.spawn(async move {
            {
                let mut state = user.state.lock().await;
                match state.orders.get_mut(&order) {
                    Some(live) if !live.resolving => live.resolving = true,
                    _ => return,
                }
            }
            inner.resolve(&user, order).await;
            if let Some(live) = user.state.lock().await.orders.get_mut(&order) {
                live.resolving = false;
            }
        });
    }

    /// Asks until it is settled.
    async fn resolve(self: &Arc<Self>, user: &Arc<User>, order: OrderId) {
        let began = self.clock.now();
        let mut backoff = Backoff::new(Duration::from_millis(500), LONGEST_PAUSE);
        loop {
            let Some((venue, leg, symbol)) = self.leg_in_doubt(user, order).await else {
                return;
            };
            let found = self.look_up(user, &venue, order, &symbol, &leg).await;
            match found {
                Found::Yes => {}
                Found::ProvenAbsent => {
                    let reason = Reason::new(
                        "proven_absent",
                        format!("it never arrived: {} has no such order after its deadline", venue.id),
                    );
                    self.release(user, order, leg.attempt, Dead::movable(reason)).await;
                    return;
                }
                Found::Open => self.mark_unknown(user, order).await,
            }
            if self.leg_in_doubt(user, order).await.is_none() {
                return;
            }
            let now = self.clock.now();
            if now.since(began) >= self.config.alarm_after {
                let seconds = now.since(began).as_secs();
                venue.alarm(
                    order,
                    &format!("order {order} has been in doubt at {} for {seconds} s", venue.id),
                );
            }
            let until_proof = self.dead_at(&venue, &leg).map(|at| at.since(now));
            let pause = venue.lane.retry_pause(backoff.spread(self.entropy.as_ref()), LONGEST_PAUSE);
            let wait = match until_proof {
                Some(wait) if !wait.is_zero() => pause.min(wait),
                _ => pause,
            };
            tokio::time::sleep(wait.max(Duration::from_millis(1))).await;
        }
    }

    /// The proof holds: the order moves on or ends. This task is done with it then, so that the next attempt can have its own.
    async fn release(self: &Arc<Self>, user: &Arc<User>, order: OrderId, attempt: u32, dead: Dead) {
        if let Some(live) = user.state.lock().await.orders.get_mut(&order) {
            live.resolving = false;
        }
        self.dead(user, order, attempt, dead).await;
    }

    /// The leg of an order that may or may not be at its venue.
    async fn leg_in_doubt(&self, user: &User, order: OrderId) -> Option<(Arc<Venue>, OrderLeg, Symbol)> {
        let state = user.state.lock().await;
        let live = state.orders.get(&order)?;
        let leg = live.order.leg.clone()?;
        let symbol = live.order.intent.signal.symbol.clone();
        let venue = self.venue(&leg.venue)?.clone();
        live.in_doubt().then_some((venue, leg, symbol))
    }

    /// Asks once, and takes up what is found.
    pub(super) async fn look_up(
        self: &Arc<Self>,
        user: &Arc<User>,
        venue: &Arc<Venue>,
        order: OrderId,
        symbol: &Symbol,
        leg: &OrderLeg,
    ) -> Found {
        let proves = self.is_late_enough(user, venue, order, leg).await;
        let answer = self.ask_venue(user, venue, symbol, leg).await;
        match answer {
            Ok(Lookup::Found(report)) => {
                let missing = !report.filled.is_zero();
                match self.hear(user, venue, vec![News::Report(report)]).await {
                    Ok(()) => {
                        if missing && let Some(conn) = user.conn(&venue.id) {
                            conn.ask(Ask::FILLS);
                        }
                        Found::Yes
                    }
                    Err(error) => {
                        tracing::error!(%order, %error, "what a look-up found could not be put on record");
                        Found::Open
                    }
                }
            }
            // The question was put after the bound, so the answer is about all time.
            Ok(Lookup::Absent) if proves || planted(Bug::TrustsAbsenceAtOnce) => Found::ProvenAbsent,
            Ok(Lookup::Absent) => Found::Open,
            Err(error) => {
                tracing::warn!(%order, venue = %venue.id, %error, "an order could not be looked up");
                Found::Open
            }
        }
    }

    /// Whether the absence of an order, asked for now, is proof.
    async fn is_late_enough(&self, user: &User, venue: &Venue, order: OrderId, leg: &OrderLeg) -> bool {
        let (now, asked) = (self.clock.now(), Instant::now());
        let Some(at) = self.dead_at(venue, leg).filter(|at| now >= *at) else { return false };
        let state = user.state.lock().await;
        state
            .orders
            .get(&order)
            .is_none_or(|live| live.has_waited_until(at, asked, leg.deadline.minus(self.config.send_window)))
    }

    async fn ask_venue(
        &self,
        user: &User,
        venue: &Venue,
        symbol: &Symbol,
        leg: &OrderLeg,
    ) -> Result<Lookup, VenueError> {
        let account = self
            .account(user.id, venue, OpenPurpose::Reconcile)
            .await
            .map_err(|error| VenueError::Sign(error.into()))?;
        let order = OrderRef {
            symbol: symbol.clone(),
            client_id: leg.client_id,
            venue_order_id: leg.venue_order_id.clone(),
        };
        let since = leg.deadline.minus(self.config.send_window).minus(SKEW);
        self.ask(venue, Some(user.id), Sending::Urgent, venue.executor.find(&account, &order, since)).await
    }

    /// When the absence of an order is proof: the venue's bound after the order's deadline. A venue without a bound never gives proof.
    fn dead_at(&self, venue: &Venue, leg: &OrderLeg) -> Option<Timestamp> {
        match venue.executor.contract().ambiguity_bound {
            AmbiguityBound::Deadline(bound) if planted(Bug::ShortensTheBound) => {
                Some(leg.deadline.plus(bound.min(Duration::from_secs(5))))
            }
            AmbiguityBound::Deadline(bound) => Some(leg.deadline.plus(bound)),
            AmbiguityBound::Unbounded => None,
        }
    }

    /// An order that the venue once had and has no more, neither open nor closed: it cannot fill any further. Its fills were
    /// asked for before; one that comes late counts all the same. What was asked of an earlier attempt says nothing of this one.
    pub(super) async fn gone(
        self: &Arc<Self>,
        user: &Arc<User>,
        venue: &Venue,
        order: OrderId,
        attempt: u32,
    ) {
        let mut state = user.state.lock().await;
        let mut draft = Draft::new(self.clock.now());
        let standing = draft.order(&state, order).map(|order| order.state);
        let same = |live: &LiveOrder| live.order.leg.as_ref().is_some_and(|leg| leg.attempt == attempt);
        let complete = state.orders.get(&order).is_some_and(|live| same(live) && !live.misses_fills());
        if !complete || !matches!(standing, Some(OrderState::Working | OrderState::PartialFill)) {
            return;
        }
        let reason = Reason::new("gone_at_venue", format!("{} no longer has this order", venue.id));
        draft.change(&state, order, OrderState::Cancelled, Some(reason), None);
        if let Err(error) = self.record(user, &mut state, draft.events).await {
            tracing::error!(%order, %error, "an end could not be put on record");
        }
    }

    /// Says honestly that nobody knows, where the journal does not say so yet.
    async fn mark_unknown(self: &Arc<Self>, user: &Arc<User>, order: OrderId) {
        let mut state = user.state.lock().await;
        let mut draft = Draft::new(self.clock.now());
        let standing = draft.order(&state, order).map(|order| order.state);
        if !matches!(standing, Some(OrderState::Queued | OrderState::Executing)) {
            return;
        }
        let reason = Reason::new(
            "outcome_unknown",
            "it may have been sent before the platform restarted; the venue is being asked",
        );
        draft.change(&state, order, OrderState::Unknown, Some(reason), None);
        if let Err(error) = self.record(user, &mut state, draft.events).await {
            tracing::error!(%order, %error, "an order in doubt could not be put on record");
        }
    }
}
