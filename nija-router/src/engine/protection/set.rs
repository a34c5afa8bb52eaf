//! Setting, changing and removing a protection.

use nija_core::{
    CustodyMode, JournalEvent, LedgerError, Order, OrderId, Position, PositionId, Protection, ProtectionId,
    ProtectionPlan, Quantity, UserId, VenueFill,
};
use std::sync::Arc;

use super::{ProtectionStatus, names::Purpose, rest::resting_kind};
use crate::engine::{EngineError, draft::Draft, inner::Inner, market::Key, state::UserState, user::User};

impl Inner {
    pub(super) async fn protect(
        self: &Arc<Self>,
        user: UserId,
        position: &PositionId,
        plan: ProtectionPlan,
    ) -> Result<ProtectionStatus, EngineError> {
        let user = self.user(user).await?;
        let mut state = user.state.lock().await;
        let (key, open) = open(&state, position)?;
        let quote = self.fresh_quote(&key);
        let market = quote.map(|quote| quote.taker_price(open.side().opposite()));
        plan.check(open.side(), market).map_err(|error| EngineError::Invalid(error.to_string()))?;
        if !plan.stops() {
            self.may_go_without(&user, &key)?;
        }
        if user.conn(&key.0).is_some_and(|conn| conn.is_attended()) {
            self.must_rest(&plan, &key, &open)?;
        }
        let id = ProtectionId::generate(self.clock.now(), self.entropy.as_ref());
        let held = open.quantity.abs();
        let (venue, symbol) = key.clone();
        let event = JournalEvent::ProtectionSet { id, venue, symbol, plan, order: None, held };
        self.record(&user, &mut state, vec![event]).await?;
        let status = self.status(&state, &user, &key);
        drop(state);
        status.ok_or(EngineError::NoSuchPosition)
    }

    pub(super) async fn unprotect(
        self: &Arc<Self>,
        user: UserId,
        position: &PositionId,
    ) -> Result<bool, EngineError> {
        let user = self.user(user).await?;
        let mut state = user.state.lock().await;
        let (key, _) = open(&state, position)?;
        let Some(id) = state.protections.get(&key).map(|standing| standing.id) else {
            return Ok(false);
        };
        self.may_go_without(&user, &key)?;
        let (venue, symbol) = key;
        let event = JournalEvent::ProtectionRemoved { id, venue, symbol };
        self.record(&user, &mut state, vec![event]).await?;
        Ok(true)
    }

    /// Where nothing here can sign while the user is away, a position keeps its stop.
    fn may_go_without(&self, user: &User, key: &Key) -> Result<(), EngineError> {
        let custody = user.conn(&key.0).map_or(CustodyMode::Delegated, |conn| conn.custody);
        if custody == CustodyMode::Delegated {
            return Ok(());
        }
        Err(EngineError::Invalid(format!(
            "your key for {} signs only while you are here, so this position must keep a stop; close it instead",
            key.0
        )))
    }

    /// Where nothing here can sign while the user is away, a stop is one that its venue keeps. Where one that follows the price will stand is not
    /// known yet.
    fn must_rest(&self, plan: &ProtectionPlan, key: &Key, open: &Position) -> Result<(), EngineError> {
        let (Some(stop), Some(rules)) = (plan.stop, self.market.instrument(key)) else {
            return Ok(());
        };
        let (side, gap) = (open.side().opposite(), self.config.protection.stop_limit_gap);
        let refused = |words: String| {
            let words = format!(
                "your key for {} signs only while you are here, and this stop would not rest there: {words}",
                key.0
            );
            EngineError::Invalid(words)
        };
        let whole = Quantity::new(open.quantity.abs()).map_err(|error| refused(error.to_string()))?;
        let kind = resting_kind(plan, true, &rules, (side, stop), gap);
        let kind = kind.ok_or_else(|| refused("there is no such price".to_owned()))?;
        rules.fit(side, kind, whole, stop).map(drop).map_err(|error| refused(error.to_string()))
    }

    /// The first fill of an entry that brings a protection along sets it, in the same commit: no position is there without it.
    pub(in crate::engine) async fn draft_protection(
        &self,
        user: &User,
        state: &UserState,
        draft: &mut Draft,
        order: OrderId,
        fill: &VenueFill,
    ) -> Result<(), LedgerError> {
        let live = draft.order(state, order).cloned();
        let order = match live {
            Some(order) => order,
            // A fill that comes after the order's end.
            None => match self.ledger.order(user.id, order).await? {
                Some(order) => order,
                None => return Ok(()),
            },
        };
        if !order.filled.is_zero() || self.brought_before(user, state, &order, fill).await? {
            return Ok(());
        }
        if let Some(event) = self.brought_along(state, &order, fill) {
            draft.events.push(event);
        }
        Ok(())
    }

    /// Whether another child of the same order has filled into the position that is open: what guards it, or that nothing does, is what the
    /// user has made of it since.
    async fn brought_before(
        &self,
        user: &User,
        state: &UserState,
        order: &Order,
        fill: &VenueFill,
    ) -> Result<bool, LedgerError> {
        let key = (fill.venue.clone(), fill.symbol.clone());
        let open = state.positions.get(&key).filter(|open| open.side() == fill.side);
        let (Some(open), Some(parent), Some(_)) =
            (open, order.intent.parent, &order.intent.signal.protection)
        else {
            return Ok(false);
        };
        // By the venue's clock.
        let opened_at = open.opened_at.minus(self.config.clock_margin);
        let filled_into = |child: &Order| {
            child.leg.as_ref().is_some_and(|leg| leg.venue == fill.venue)
                && !child.filled.is_zero()
                && child.updated_at >= opened_at
        };
        let children = self.ledger.children(user.id, parent).await?;
        Ok(children.iter().any(filled_into))
    }

    fn brought_along(&self, state: &UserState, order: &Order, fill: &VenueFill) -> Option<JournalEvent> {
        let plan = order.intent.signal.protection.as_deref()?.clone();
        let (venue, symbol) = (fill.venue.clone(), fill.symbol.clone());
        let key = (venue.clone(), symbol.clone());
        // What is carried out by several orders brings it along once to each venue.
        let cause = order.intent.parent.unwrap_or(order.id());
        if state.protections.get(&key).is_some_and(|standing| standing.order == Some(cause)) {
            return None;
        }
        let standing = state.positions.get(&key);
        let same = standing.filter(|open| open.side() == fill.side);
        let held = same.map(|open| open.quantity.abs()).unwrap_or_default();
        let id = ProtectionId::generate(self.clock.now(), self.entropy.as_ref());
        Some(JournalEvent::ProtectionSet { id, venue, symbol, plan, order: Some(cause), held })
    }

    pub(super) async fn protections_of(&self, user: &Arc<User>) -> Vec<ProtectionStatus> {
        let state = user.state.lock().await;
        let keys: Vec<Key> = state.protections.keys().cloned().collect();
        keys.iter().filter_map(|key| self.status(&state, user, key)).collect()
    }

    fn status(&self, state: &UserState, user: &Arc<User>, key: &Key) -> Option<ProtectionStatus> {
        let protection: Protection = state.protections.get(key)?.clone();
        let position = state.positions.get(key)?;
        let rests = |name: &nija_core::ClientOrderId| Purpose::of(name, protection.id) == Some(Purpose::Rest);
        let resting = state
            .orders
            .values()
            .filter(|live| live.at(&key.0) && rests(&live.order.intent.signal.client_order_id))
            .map(|live| live.order.id())
            .min();
        let guard = self.guards.get(user.id, key);
        Some(ProtectionStatus {
            position: position.id.clone(),
            stop: protection.stop_price(position.side()),
            resting,
            note: guard.and_then(|guard| guard.note()),
            protection,
        })
    }
}

fn open(state: &UserState, position: &PositionId) -> Result<(Key, Position), EngineError> {
    let found = state.positions.iter().find(|(_, open)| open.id == *position);
    found.map(|(key, open)| (key.clone(), open.clone())).ok_or(EngineError::NoSuchPosition)
}
