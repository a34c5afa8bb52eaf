//! Shares at several venues at once, where the router found that this pays.

use nija_core::{
    AccountState, Approved, ExecutionMethod, JournalEvent, LedgerError, Notional, OrderId, OrderIntent,
    OrderSize, Reason, RouteDecision, RoutePlan, RouteShare, Side, Timestamp, TradeSignal,
};
use rust_decimal::Decimal;
use std::sync::{Arc, atomic::Ordering};

use crate::engine::{
    EngineError,
    answers::Submitted,
    inner::Inner,
    route::Wanted,
    state::UserState,
    submit::{Placed, is_taken},
    user::User,
};
use crate::planted::{Bug, planted};

/// What becomes of an order by its split.
pub(in crate::engine) enum Shared {
    /// It goes to one venue.
    No,
    /// A share for each venue.
    At(Vec<Share>),
    /// No venue takes it alone, and a lane of one that should take a share is full.
    Busy,
    /// No venue takes it alone, and one of its shares cannot go.
    Refused(Reason),
}

/// A share with its place in its venue's lane.
pub(in crate::engine) struct Share {
    approved: Approved<OrderIntent>,
    decision: RouteDecision,
    placed: Placed,
}

impl Inner {
    /// The children of a split, each with a place in its lane. Where one of them cannot go the order goes to the best venue whole, if one takes it.
    pub(in crate::engine) fn shares(
        &self,
        approved: &Approved<OrderIntent>,
        decision: &RouteDecision,
        account: &AccountState,
        now: Timestamp,
    ) -> Shared {
        if decision.split.len() < 2 {
            return Shared::No;
        }
        let whole = decision.venue.is_some();
        let or_whole = |shared| if whole { Shared::No } else { shared };
        // The whole was checked; the rate of entries counts it once.
        let account = AccountState { last_entry_at: None, ..account.clone() };
        let mut shares = Vec::with_capacity(decision.split.len());
        for (n, share) in (0..).zip(&decision.split) {
            let mut share = share.clone();
            if planted(Bug::SharesTheWhole) {
                let others = decision.split.iter().filter(|other| other.venue != share.venue);
                share.plan.quantity =
                    others.fold(share.plan.quantity, |sum, other| sum.plus(other.plan.quantity));
            }
            let Some(size) = share_size(&approved.get().signal, &share.plan) else {
                let words = format!("the share at {} is worth more than can be counted", share.venue);
                return or_whole(Shared::Refused(Reason::new("share_refused", words)));
            };
            let Some(mut intent) = self.child_intent(approved.get(), n, size, now) else {
                return or_whole(Shared::Busy);
            };
            if intent.signal.signal_type.is_exit() {
                // It closes the position there, and whatever becomes of it no other.
                intent.signal.venue = Some(share.venue.clone());
            }
            let approved = match self.risk.assess(intent, &account).verdict {
                Ok(approved) if approved.get().signal.size == size => approved,
                Ok(_) => {
                    let words = format!(
                        "{} of it at {} is more than risk allows there",
                        share.plan.quantity, share.venue
                    );
                    return or_whole(Shared::Refused(Reason::new("share_refused", words)));
                }
                Err(reason) => return or_whole(Shared::Refused(reason)),
            };
            let own = own_decision(decision, &share);
            let Some(placed) = self.place_in_lane(&approved, &own, 0, now, false) else {
                return or_whole(Shared::Busy);
            };
            shares.push(Share { approved, decision: own, placed });
        }
        Shared::At(shares)
    }

    /// Takes up an order and all its shares in one commit: a restart finds all of them or none.
    pub(in crate::engine) async fn begin_split(
        self: &Arc<Self>,
        user: &Arc<User>,
        state: &mut UserState,
        intent: OrderIntent,
        allowed: OrderSize,
        decision: RouteDecision,
        shares: Vec<Share>,
    ) -> Result<Submitted, EngineError> {
        if self.draining.load(Ordering::SeqCst) {
            drop(shares);
            return self.known(state, intent, EngineError::Draining).await;
        }
        let order = intent.id;
        let mut events = vec![JournalEvent::IntentAccepted { intent: intent.clone() }];
        events.extend(taken_apart(order, allowed, decision, &shares));
        if let Err(error) = self.record(user, state, events).await {
            return match is_taken(&error) {
                Some(first) => self.first(&intent, first).await,
                None => Err(error.into()),
            };
        }
        self.send_shares(user, state, order, shares);
        let taken = state.order(order).cloned().ok_or(EngineError::NoSuchOrder)?;
        Ok(Submitted { order: taken, replayed: false })
    }
}

impl Inner {
    /// An exit whose attempt, if it had one, is `over` goes to all the venues that hold a part of its position by now, where none holds all of it any more; false
    /// where it goes on as one order. It becomes a parent in the one commit in which its attempt ends; `worded` adds to the decision what was
    /// before it.
    pub(in crate::engine) async fn share_again(
        self: &Arc<Self>,
        user: &Arc<User>,
        state: &mut UserState,
        approved: &Approved<OrderIntent>,
        account: &AccountState,
        over: &[JournalEvent],
        worded: impl Fn(RouteDecision) -> RouteDecision,
    ) -> Result<bool, LedgerError> {
        let (intent, now) = (approved.get(), self.clock.now());
        let order = intent.id;
        if !intent.signal.signal_type.is_exit() || intent.signal.venue.is_some() || intent.parent.is_some() {
            return Ok(false);
        }
        let decision = self.route(user, state, &Wanted::for_order(approved, order).at_several(), now);
        if decision.venue.is_some() {
            return Ok(false);
        }
        let Shared::At(shares) = self.shares(approved, &decision, account, now) else {
            return Ok(false);
        };
        let mut events = over.to_vec();
        events.extend(taken_apart(order, intent.signal.size, worded(decision), &shares));
        self.record(user, state, events).await?;
        self.send_shares(user, state, order, shares);
        Ok(true)
    }

    fn send_shares(
        self: &Arc<Self>,
        user: &Arc<User>,
        state: &mut UserState,
        order: OrderId,
        shares: Vec<Share>,
    ) {
        for share in shares {
            self.enqueue(user, state, &share.approved, share.placed);
        }
        self.look_after(user, order);
    }
}

/// What the journal says of an order that is carried out by shares from now on.
fn taken_apart(
    order: OrderId,
    allowed: OrderSize,
    decision: RouteDecision,
    shares: &[Share],
) -> Vec<JournalEvent> {
    let (size, decision) = (Some(allowed), Some(decision));
    let mut events = vec![JournalEvent::Scheduled { order, method: ExecutionMethod::Split, size, decision }];
    for share in shares {
        let intent = share.approved.get().clone();
        let (order, decision, leg) = (intent.id, share.decision.clone(), share.placed.leg.clone());
        events.push(JournalEvent::IntentAccepted { intent });
        events.push(JournalEvent::Routed { order, decision, leg });
    }
    events
}

/// Of a decision to share an order that goes to one venue all the same: where it really goes, and why.
pub(in crate::engine) fn unshared(decision: &mut RouteDecision) {
    if let (Some(venue), false) = (&decision.venue, decision.split.is_empty()) {
        decision.reason = format!("all of it at {venue}: a share could not go; {}", decision.reason);
    }
    decision.split.clear();
}

/// What a share is asked for: money where its order is, so that it buys less if it is routed again at a higher price, and all shares
/// together never spend more than their order. An exit's share is what its venue holds.
fn share_size(whole: &TradeSignal, plan: &RoutePlan) -> Option<OrderSize> {
    if matches!(whole.size, OrderSize::Base(_)) || whole.signal_type.is_exit() {
        return Some(OrderSize::Base(plan.quantity));
    }
    let worth = plan.quantity.at(plan.price).ok()?.get();
    // A buy's fees come out of its money. A rebate is not counted on.
    let fees = if whole.side == Side::Buy { plan.fees.max(Decimal::ZERO) } else { Decimal::ZERO };
    Notional::new(worth.checked_add(fees)?).ok().map(OrderSize::Quote)
}

/// A share's own decision: its venue takes this much, whatever it had against the whole.
fn own_decision(whole: &RouteDecision, share: &RouteShare) -> RouteDecision {
    let mut own = whole.clone();
    own.venue = Some(share.venue.clone());
    own.split.clear();
    own.incomplete = None;
    for chosen in own.candidates.iter_mut().filter(|candidate| candidate.venue == share.venue) {
        chosen.plan = Some(share.plan.clone());
        chosen.cost = share.cost;
        chosen.score = share.cost.map(|cost| cost.score());
        chosen.rejections.clear();
    }
    own
}

#[cfg(test)]
mod tests {
    use super::*;
    use nija_core::{OrderKind, Quantity, Symbol, VenueId};

    #[test]
    fn a_split_that_cannot_go_leaves_a_decision_for_one_venue() {
        let venue = |id| VenueId::new(id).unwrap();
        let plan = RoutePlan {
            quantity: Quantity::ZERO,
            kind: OrderKind::Market,
            price: "1".parse().unwrap(),
            fees: rust_decimal::Decimal::ZERO,
            latency: None,
        };
        let share = |id| RouteShare { venue: venue(id), plan: plan.clone(), cost: None };
        let mut decision = RouteDecision {
            symbol: Symbol::new("BTC-USD").unwrap(),
            side: Side::Buy,
            policy: "expected_cost".into(),
            venue: Some(venue("a")),
            reason: "split: 1 at a, 1 at b".to_owned(),
            candidates: Vec::new(),
            split: vec![share("a"), share("b")],
            incomplete: None,
            decided_at: Timestamp::from_micros(0),
        };
        unshared(&mut decision);
        assert_eq!(decision.reason, "all of it at a: a share could not go; split: 1 at a, 1 at b");
        assert_eq!(decision.split, []);
        let told = decision.clone();
        unshared(&mut decision);
        assert_eq!(decision, told);
    }
}
