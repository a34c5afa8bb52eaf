//! A child: an intent of its own, checked and routed as any other.

use nija_core::{
    JournalEvent, LedgerError, Order, OrderId, OrderIntent, OrderSize, OrderState, Timestamp, TradeSignal,
};
use std::sync::Arc;

use crate::engine::{
    derived,
    inner::Inner,
    route::Wanted,
    state::UserState,
    submit::{ended, full_only},
    user::User,
};

/// What became of making a child.
pub(super) enum Made {
    /// It is on record: on its way, or refused with its reason.
    Recorded,
    /// Every lane that would take it is full; nothing is on record.
    Busy,
}

impl Inner {
    /// The intent of a parent's next child.
    pub(super) fn child_intent(
        &self,
        parent: &OrderIntent,
        n: u32,
        size: OrderSize,
        now: Timestamp,
    ) -> Option<OrderIntent> {
        let client_order_id = derived::client_order_id(&parent.id.to_string(), n)?;
        let signal = TradeSignal { client_order_id, size, ..parent.signal.clone() };
        let id = OrderId::generate(now, self.entropy.as_ref());
        Some(OrderIntent { id, received_at: now, signal, parent: Some(parent.id) })
    }

    /// Makes the next child of a parent. Check and reserve, journal and lane are as for any signal; the user's lock is held.
    pub(super) async fn make_child(
        self: &Arc<Self>,
        user: &Arc<User>,
        state: &mut UserState,
        parent: &Order,
        size: OrderSize,
    ) -> Result<Made, LedgerError> {
        let now = self.clock.now();
        let n = parent.schedule.as_ref().map_or(0, |schedule| schedule.children);
        let Some(intent) = self.child_intent(&parent.intent, n, size, now) else {
            return Err(LedgerError::Invalid("a child's name is too long".to_owned()));
        };
        let order = intent.id;
        let accepted = JournalEvent::IntentAccepted { intent: intent.clone() };
        // What the user may do at all was checked when the parent came; its rate is the parent's.
        let account = self.account_state(user, state, &intent.signal.symbol, Some(parent.id()), now);
        let approved = match self.risk.assess(intent, &account).verdict {
            Ok(approved) => approved,
            Err(reason) => {
                let rejected = ended(order, OrderState::Rejected, reason);
                self.record(user, state, vec![accepted, rejected]).await?;
                return Ok(Made::Recorded);
            }
        };
        let decision = self.route(user, state, &Wanted::for_order(&approved, parent.id()), now);
        let Some(placed) = self.place_in_lane(&approved, &decision, 0, now, false) else {
            if full_only(&decision) {
                return Ok(Made::Busy);
            }
            let (end, why) = self.nowhere(state, &approved.get().signal, &decision);
            let failed = ended(order, end, why);
            let events = vec![accepted, JournalEvent::NotRouted { order, decision }, failed];
            self.record(user, state, events).await?;
            return Ok(Made::Recorded);
        };
        let routed = JournalEvent::Routed { order, decision, leg: placed.leg.clone() };
        self.record(user, state, vec![accepted, routed]).await?;
        self.enqueue(user, state, &approved, placed);
        Ok(Made::Recorded)
    }
}
