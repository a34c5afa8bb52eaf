//! Shares at several venues at once, where the router found that this pays.

use nija_core::{
    AccountState, Approved, ExecutionMethod, JournalEvent, OrderIntent, OrderSize, RouteDecision, Timestamp,
};
use std::sync::{Arc, atomic::Ordering};

use crate::engine::{
    EngineError,
    answers::Submitted,
    inner::Inner,
    state::UserState,
    submit::{Placed, is_taken},
    user::User,
};

/// A share with its place in its venue's lane.
pub(in crate::engine) struct Share {
    approved: Approved<OrderIntent>,
    decision: RouteDecision,
    placed: Placed,
}

impl Inner {
    /// The children of a split, each with a place in its lane. `None` where one of them cannot go: the order goes to the best venue whole then.
    pub(in crate::engine) fn shares(
        &self,
        approved: &Approved<OrderIntent>,
        decision: &RouteDecision,
        account: &AccountState,
        now: Timestamp,
    ) -> Option<Vec<Share>> {
        if decision.split.len() < 2 {
            return None;
        }
        // The whole was checked; the rate of entries counts it once.
        let account = AccountState { last_entry_at: None, ..account.clone() };
        let mut shares = Vec::with_capacity(decision.split.len());
        for (n, share) in (0..).zip(&decision.split) {
            let size = OrderSize::Base(share.plan.quantity);
            let intent = self.child_intent(approved.get(), n, size, now)?;
            let approved = self.risk.assess(intent, &account).verdict.ok()?;
            if approved.get().signal.size != size {
                return None;
            }
            let mut own = decision.clone();
            own.venue = Some(share.venue.clone());
            own.split.clear();
            let chosen = own.candidates.iter_mut().find(|candidate| candidate.venue == share.venue)?;
            chosen.plan = Some(share.plan.clone());
            let placed = self.place_in_lane(&approved, &own, 0, now, false)?;
            shares.push(Share { approved, decision: own, placed });
        }
        Some(shares)
    }

    /// Takes up an order and all its shares in one commit: a restart finds all of them or none.
    pub(in crate::engine) async fn begin_split(
        self: &Arc<Self>,
        user: &Arc<User>,
        state: &mut UserState,
        intent: OrderIntent,
        decision: RouteDecision,
        shares: Vec<Share>,
    ) -> Result<Submitted, EngineError> {
        if self.draining.load(Ordering::SeqCst) {
            drop(shares);
            return self.known(state, intent, EngineError::Draining).await;
        }
        let order = intent.id;
        let mut events = vec![
            JournalEvent::IntentAccepted { intent: intent.clone() },
            JournalEvent::Scheduled { order, method: ExecutionMethod::Split, decision: Some(decision) },
        ];
        for share in &shares {
            let intent = share.approved.get().clone();
            let (order, decision, leg) = (intent.id, share.decision.clone(), share.placed.leg.clone());
            events.push(JournalEvent::IntentAccepted { intent });
            events.push(JournalEvent::Routed { order, decision, leg });
        }
        if let Err(error) = self.record(user, state, events).await {
            return match is_taken(&error) {
                Some(first) => self.first(&intent, first).await,
                None => Err(error.into()),
            };
        }
        for share in shares {
            self.enqueue(user, state, &share.approved, share.placed);
        }
        self.look_after(user, order);
        let taken = state.order(order).cloned().ok_or(EngineError::NoSuchOrder)?;
        Ok(Submitted { order: taken, replayed: false })
    }
}
